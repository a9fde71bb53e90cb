#include <string.h>

#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"
#include "desk/file/file.h"

/* Uploads, and what was uploaded. */

static const struct word kind_words[] = {{"photo", FILE_KIND_PHOTO},
                                         {"document", FILE_KIND_DOCUMENT},
                                         {"signature", FILE_KIND_SIGNATURE},
                                         {NULL, 0}};

FIELDS(isp_upload_in, struct isp_upload_in, "IspUpload",
       {FIELD(struct isp_upload_in, type, WORD, "type", FIELD_REQUIRED, .words = kind_words,
              .text = "A photo is a JPEG or PNG picture, a document a PDF, a signature a PNG picture.",
              .example = "\"photo\""),
        FIELD(struct isp_upload_in, ticket_id, UUID, "ticket_id", 0,
              .text = "Attaches it to this ticket; without one it may be named in attachments within a day.",
              .example = "\"0190163d-8694-739b-aea5-966c26f8ad91\"")});

struct upload {
  struct uuid id;
  struct str filename, url;
  int type;
  int64_t size;
};
FIELDS(isp_upload_row, struct upload, "IspFile",
       {FIELD(struct upload, id, UUID, "id", FIELD_REQUIRED, .text = "The file.",
              .example = "\"0190163d-8694-739b-aea5-966c26f8ad91\""),
        FIELD(struct upload, filename, TEXT, "filename", FIELD_REQUIRED, .text = "As it was called.",
              .example = "\"router.jpg\""),
        FIELD(struct upload, url, TEXT, "url", FIELD_REQUIRED,
              .text = "Where it can be had, and what attachments name.",
              .example = "\"/api/files/0190163d-8694-739b-aea5-966c26f8ad91\""),
        FIELD(struct upload, type, WORD, "type", FIELD_REQUIRED, .words = kind_words,
              .text = "What it was uploaded as.", .example = "\"photo\""),
        FIELD(struct upload, size, INT, "size", FIELD_REQUIRED, .text = "Bytes.", .example = "204800")});
FIELDS(isp_upload_data, struct isp_one, "IspFileData",
       {FIELD(struct isp_one, one, OBJECT, "file", FIELD_REQUIRED, .of = &isp_upload_row,
              .text = "The file.")});
ISP_ENVELOPE(isp_upload_out, "IspFileAnswer", isp_upload_data);

/* ---- taking one in ---- */

static unsigned file_count(const struct call *call) {
  unsigned count = 0;
  for (unsigned i = 0; i < call->parts->count; i++) {
    count += call->parts->parts[i].filename.at != NULL;
  }
  return count;
}

enum status isp_upload(struct call *call) {
  const struct isp_upload_in *in = call->input;
  struct ctx *ctx = &call->ctx;
  const struct multipart_part *part = multipart_file(call->parts, "file");
  struct ticket ticket;
  struct file_new content;
  struct file file;
  if (part == NULL) {
    return problem_fault(ctx, STR("file"), STR("is required"));
  }
  if (file_count(call) > 1) {
    return problem_fault(ctx, STR("file"), STR("must be the only file"));
  }
  if (!uuid_is_none(in->ticket_id)) {
    TRY(ticket_get(ctx, in->ticket_id, &ticket)); /* before anything is kept */
  }
  TRY(file_store_upload(ctx, part->filename, (enum file_kind)in->type, call->exchange->body_fd, part->offset,
                        part->length, &content));
  TRY(file_upload(ctx, &content, (enum file_kind)in->type, in->ticket_id, &file));
  struct upload *shown = ARENA_NEW(ctx->arena, struct upload);
  *shown = (struct upload){.id = file.uuid,
                           .filename = file.name,
                           .url = file_url(ctx, &file),
                           .type = file.kind,
                           .size = file.size};
  return isp_answer_one(call, 201, &isp_upload_out, shown);
}

/* ---- giving one out ---- */

static bool is_plain(unsigned char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         (c != 0 && strchr("-._", c) != NULL);
}

struct str isp_disposition(struct arena *arena, struct str name) {
  enum { NAME_BYTES_MAX = 255 * 4 };
  struct buf out CLEANUP_BUF;
  buf_init(&out, 64 + NAME_BYTES_MAX * 4);
  buf_add_text(&out, "attachment; filename=\"");
  bool whole = true;
  for (size_t i = 0; i < name.len && i < NAME_BYTES_MAX; i++) {
    unsigned char c = (unsigned char)name.at[i];
    bool shown = is_plain(c) || c == ' ';
    whole = whole && shown;
    if (shown || (c & 0xC0) != 0x80) {
      buf_add_char(&out, shown ? (char)c : '_'); /* one for each letter, however many bytes it has */
    }
  }
  buf_add_char(&out, '"');
  if (!whole) {
    buf_add_text(&out, "; filename*=UTF-8''");
    for (size_t i = 0; i < name.len && i < NAME_BYTES_MAX; i++) {
      unsigned char c = (unsigned char)name.at[i];
      buf_format(&out, is_plain(c) ? "%c" : "%%%02X", c);
    }
  }
  return str_copy(arena, buf_str(&out));
}

enum status isp_file_get(struct call *call) {
  struct ctx *ctx = &call->ctx;
  struct uuid uuid;
  struct file file;
  int fd = -1;
  TRY(isp_id(call, 0, &uuid));
  TRY(file_get(ctx, uuid, &file));
  TRY(file_open(ctx, &file, &fd));
  call_header(call, "Content-Disposition", isp_disposition(ctx->arena, file.name));
  /* What is uploaded never changes. */
  call_header(call, "Cache-Control", STR("private, max-age=31536000, immutable"));
  call_tag(call, file.hash);
  return call_answer_file(call, 200, str_of(file_mime((enum file_type)file.type)), fd, file.size);
}
