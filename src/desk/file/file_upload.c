#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "desk/access/access.h"
#include "desk/event/event.h"
#include "desk/file/file_internal.h"
#include "desk/statements.h"
#include "desk/ticket/ticket.h"

/* Uploads: what a content really is, whose it is, who may have it, and when it goes. */

const struct problem_kind file_wrong_type = {STATUS_INVALID, "wrong_file_type",
                                             "The file's content does not fit its type."};
const struct problem_kind file_not_found = {STATUS_NOT_FOUND, "file_not_found", "There is no such file."};
const struct problem_kind file_too_many = {STATUS_STATE, "too_many_files",
                                           "This ticket has as many files as one can have."};

enum {
  PNG_HEAD_BYTES = 33,      /* signature, and the chunk IHDR with its check */
  JPEG_SEGMENTS_MAX = 1000, /* before the frame: profiles and previews take some hundred */
  JPEG_FRAME_BYTES_MAX = 8 + 3 * 4,
  PDF_END_BYTES = 1024
};

/* ---- what a content is ---- */

static bool read_at(const struct file_bytes *bytes, int64_t from, void *to, size_t len) {
  return from >= 0 && (int64_t)len <= bytes->size - from && file_bytes_read(bytes, from, to, len);
}

static uint32_t number_at(const uint8_t *at, size_t len) {
  uint32_t number = 0;
  for (size_t i = 0; i < len; i++) {
    number = number << 8 | at[i];
  }
  return number;
}

/* CRC-32 as PNG has it (ISO 3309). */
static uint32_t check_sum(const uint8_t *at, size_t len) {
  uint32_t sum = UINT32_MAX;
  for (size_t i = 0; i < len; i++) {
    sum ^= at[i];
    for (int bit = 0; bit < 8; bit++) {
      sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320U : 0);
    }
  }
  return ~sum;
}

/* The depths that each of PNG's colour types has, as bits. */
static bool png_depth_fits(unsigned colour, unsigned depth) {
  static const uint32_t depths[] = {[0] = 1U << 1 | 1U << 2 | 1U << 4 | 1U << 8 | 1U << 16,
                                    [2] = 1U << 8 | 1U << 16,
                                    [3] = 1U << 1 | 1U << 2 | 1U << 4 | 1U << 8,
                                    [4] = 1U << 8 | 1U << 16,
                                    [6] = 1U << 8 | 1U << 16};
  return colour < sizeof depths / sizeof *depths && depth <= 16 && (depths[colour] >> depth & 1) != 0;
}

static bool png_read(const struct file_bytes *bytes, uint32_t *width, uint32_t *height) {
  uint8_t head[PNG_HEAD_BYTES];
  if (!read_at(bytes, 0, head, sizeof head)) {
    return false;
  }
  const uint8_t *chunk = head + 8;
  const uint8_t *header = chunk + 8;
  *width = number_at(header, 4);
  *height = number_at(header + 4, 4);
  return number_at(chunk, 4) == 13 && memcmp(chunk + 4, "IHDR", 4) == 0 &&
         number_at(header + 13, 4) == check_sum(chunk + 4, 17) && *width <= INT32_MAX &&
         *height <= INT32_MAX && png_depth_fits(header[9], header[8]) && header[10] == 0 && header[11] == 0 &&
         header[12] <= 1;
}

static bool jpeg_is_frame(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* The frame's own numbers agree with one another. */
static bool jpeg_read_frame(const struct file_bytes *bytes, int64_t at, uint32_t len, uint32_t *width,
                            uint32_t *height) {
  uint8_t frame[JPEG_FRAME_BYTES_MAX];
  if (len < 8 || len > sizeof frame || !read_at(bytes, at, frame, len)) {
    return false;
  }
  unsigned precision = frame[2];
  unsigned components = frame[7];
  *height = number_at(frame + 3, 2);
  *width = number_at(frame + 5, 2);
  return precision >= 2 && precision <= 16 && components >= 1 && len == 8 + 3 * components;
}

/* From segment to segment up to the frame. Only segments with a length stand there. */
static bool jpeg_read(const struct file_bytes *bytes, uint32_t *width, uint32_t *height) {
  int64_t at = 2;
  for (int i = 0; i < JPEG_SEGMENTS_MAX; i++) {
    uint8_t head[4];
    if (!read_at(bytes, at, head, sizeof head) || head[0] != 0xFF) {
      return false;
    }
    uint8_t marker = head[1];
    uint32_t len = number_at(head + 2, 2);
    if (marker == 0xFF) {
      at++; /* filled up */
      continue;
    }
    if (jpeg_is_frame(marker)) {
      return jpeg_read_frame(bytes, at + 2, len, width, height);
    }
    bool has_length = marker >= 0xC4 && !(marker >= 0xD0 && marker <= 0xDA);
    if (!has_length || len < 2) {
      return false;
    }
    at += 2 + (int64_t)len;
  }
  return false;
}

static bool pdf_fits(const struct file_bytes *bytes) {
  char head[8];
  char end[PDF_END_BYTES];
  size_t len = bytes->size < PDF_END_BYTES ? (size_t)bytes->size : PDF_END_BYTES;
  return read_at(bytes, 0, head, sizeof head) &&
         (memcmp(head, "%PDF-1.", 7) == 0 || memcmp(head, "%PDF-2.", 7) == 0) && head[7] >= '0' &&
         head[7] <= '9' && read_at(bytes, bytes->size - (int64_t)len, end, len) &&
         memmem(end, len, "%%EOF", 5) != NULL;
}

enum file_type file_examine(const struct file_bytes *bytes, int64_t *pixels, const char **why) {
  char first[8];
  size_t len = bytes->size < (int64_t)sizeof first ? (size_t)bytes->size : sizeof first;
  uint32_t width = 0;
  uint32_t height = 0;
  *why = NULL;
  if (!read_at(bytes, 0, first, len)) {
    return 0;
  }
  enum file_type type = file_sniff((struct str){first, len});
  if (type == 0) {
    *why = "must be a JPEG or PNG picture or a PDF document";
  } else if (type == FILE_PDF ? !pdf_fits(bytes)
                              : !(type == FILE_PNG ? png_read : jpeg_read)(bytes, &width, &height)) {
    *why = "must not have a damaged header";
  } else if (type != FILE_PDF && (width == 0 || height == 0)) {
    *why = "must not be a picture without pixels";
  } else if ((uint64_t)width * height > FILE_PIXELS_MAX) {
    *why = "must have at most 100 million pixels";
  }
  *pixels = (int64_t)((uint64_t)width * height);
  return *why == NULL ? type : 0;
}

/* ---- taking one in ---- */

static enum status wrong_type(struct ctx *ctx, const char *why) {
  problem_keep(ctx, &file_wrong_type);
  return problem_fault(ctx, STR("file"), str_of(why));
}

static enum status check_kind(struct ctx *ctx, enum file_kind kind, enum file_type type) {
  switch (kind) {
    case FILE_KIND_PHOTO:
      return type == FILE_JPEG || type == FILE_PNG ? STATUS_OK
                                                   : wrong_type(ctx, "must be a JPEG or PNG picture");
    case FILE_KIND_DOCUMENT:
      return type == FILE_PDF ? STATUS_OK : wrong_type(ctx, "must be a PDF document");
    case FILE_KIND_SIGNATURE:
      return type == FILE_PNG ? STATUS_OK : wrong_type(ctx, "must be a PNG picture");
    case FILE_KIND_NONE:
      break;
  }
  return problem_fault(ctx, STR("type"), STR("is unknown"));
}

enum status file_store_upload(struct ctx *ctx, struct str name, enum file_kind kind, int fd, int64_t offset,
                              int64_t size, struct file_new *out) {
  TRY(file_check_name(ctx, name));
  if (size > FILE_UPLOAD_MAX_BYTES) {
    return problem_set(ctx, &file_too_large);
  }
  if (size < 1) {
    return wrong_type(ctx, "must not be empty");
  }
  const struct file_bytes bytes = {.fd = fd, .offset = offset, .size = size};
  const char *why;
  int64_t pixels;
  enum file_type type = file_examine(&bytes, &pixels, &why);
  if (type == 0 && why == NULL) {
    LOG(LOG_ERROR, "an upload can't be read", LOG_S("error", strerror(errno)));
    return problem_set(ctx, &problem_broken);
  }
  TRY(type == 0 ? wrong_type(ctx, why) : check_kind(ctx, kind, type));
  struct file_new file = {.name = name, .type = type};
  TRY(file_keep(ctx, &bytes, &file));
  *out = file;
  return STATUS_OK;
}

struct upload {
  const struct file_new *from;
  enum file_kind kind;
  struct uuid ticket;
  struct file file;
};

/* The ticket counts it, and who follows the ticket hears of it. */
static enum status join_ticket(struct ctx *ctx, struct upload *upload) {
  struct ticket ticket;
  struct file_count_of_ticket_row now;
  int64_t changed = 0;
  TRY(ticket_get(ctx, upload->ticket, &ticket));
  TRY(sql_file_count_of_ticket(ctx, &(struct file_count_of_ticket_in){ticket.id}, &now));
  if (now.files >= FILE_LIST_MAX) {
    return problem_set(ctx, &file_too_many);
  }
  TRY(sql_file_ticket_count_add(ctx, &(struct file_ticket_count_add_in){ticket.id, 1, ctx->now_us},
                                &changed));
  if (changed == 0) {
    return problem_set(ctx, &ticket_not_found);
  }
  upload->file.ticket_id = ticket.id;
  return event_add(ctx, &(struct event){.tenant_id = ticket.tenant_id,
                                        .kind = EVENT_TICKET_CHANGED,
                                        .ticket_id = ticket.id,
                                        .account_id = ctx->who->account_id});
}

static enum status upload_run(struct ctx *ctx, void *arg) {
  struct upload *upload = arg;
  upload->file = file_of_new(upload->from);
  upload->file.kind = upload->kind;
  if (uuid_is_none(upload->ticket)) {
    return file_insert(ctx, ctx->who->home_tenant_id, &upload->file);
  }
  TRY(join_ticket(ctx, upload));
  return file_insert(ctx, ctx->who->tenant_id, &upload->file);
}

enum status file_upload(struct ctx *ctx, const struct file_new *new_file, enum file_kind kind,
                        struct uuid ticket, struct file *out) {
  /* Whoever may read a ticket may reply to it, so the ticket says the rest. */
  TRY(access_check(ctx, uuid_is_none(ticket) ? MAY_SIGNED_IN : MAY_TICKET_REPLY));
  struct upload upload = {.from = new_file, .kind = kind, .ticket = ticket};
  TRY(db_write(ctx, upload_run, &upload));
  *out = upload.file;
  return STATUS_OK;
}

/* ---- giving one out ---- */

static enum status check_ticket(struct ctx *ctx, struct uuid uuid) {
  struct ticket ticket;
  enum status status = ticket_get(ctx, uuid, &ticket);
  if (status != STATUS_NOT_FOUND && status != STATUS_FORBIDDEN) {
    return status;
  }
  problem_clear(ctx);
  return problem_set(ctx, &file_not_found);
}

enum status file_get(struct ctx *ctx, struct uuid uuid, struct file *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  const struct who *who = ctx->who;
  struct file_row row;
  const struct file_by_uuid_in in = {.tenant_id = who->tenant_id, .uuid = uuid, .own = who->account_id};
  enum status status = sql_file_by_uuid(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.url.at != NULL)) {
    return problem_set(ctx, &file_not_found);
  }
  TRY(status);
  if (row.ticket_id != 0) {
    TRY(check_ticket(ctx, row.ticket_uuid));
  } else if (row.uploader_id != who->account_id && who->role < ROLE_SUPERVISOR) {
    return problem_set(ctx, &file_not_found);
  }
  *out = file_from_row(&row);
  return STATUS_OK;
}

/* ---- letting go ---- */

enum { SWEEP_PAGE = 100, FOLDERS = 256 };
#define LOOSE_AGE_US TIME_DAY_US
/* Between the keeping of a content and the commit of its row: far longer than any request lasts. */
#define CONTENT_REST_US TIME_HOUR_US

static enum status drop_run(struct ctx *ctx, void *arg) {
  const struct file_loose_row *file = arg;
  int64_t dropped = 0;
  TRY(sql_file_drop_loose(ctx, &(struct file_drop_loose_in){file->id}, &dropped));
  return dropped > 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

/* Unless a row needs it. */
static enum status drop_content(struct ctx *ctx, void *arg, struct str hash) {
  (void)arg;
  struct file_by_hash_row other;
  enum status status = sql_file_by_hash(ctx, &(struct file_by_hash_in){hash}, &other);
  if (status == STATUS_NOT_FOUND) {
    file_forget(hash, CONTENT_REST_US);
    return STATUS_OK;
  }
  return status;
}

/* NOT_FOUND: nobody shows it beside their name. It lies in its uploader's own tenant, and the operator's
 * staff set portraits in every tenant. */
static enum status find_portrait(struct ctx *ctx, const struct file_loose_row *file) {
  char uuid[UUID_TEXT_SIZE];
  const struct str like = str_format(ctx->arena, "%%/api/files/%s%%", uuid_print(file->uuid, uuid));
  struct file_is_own_portrait_row own;
  enum status status =
      sql_file_is_own_portrait(ctx, &(struct file_is_own_portrait_in){file->uploader_id, like}, &own);
  if (status != STATUS_NOT_FOUND) {
    return status;
  }
  if (file->by_operator) {
    struct file_is_portrait_anywhere_row shown;
    return sql_file_is_portrait_anywhere(ctx, &(struct file_is_portrait_anywhere_in){like}, &shown);
  }
  struct file_is_portrait_row shown;
  return sql_file_is_portrait(ctx, &(struct file_is_portrait_in){file->tenant_id, like}, &shown);
}

/* Nobody attached it, and it is nobody's portrait. Attached in this very moment, it stays. */
static enum status drop_one(struct ctx *ctx, struct file_loose_row *file, int64_t *dropped) {
  enum status status = find_portrait(ctx, file);
  if (status != STATUS_NOT_FOUND) {
    return status;
  }
  status = db_write(ctx, drop_run, file);
  if (status == STATUS_NOT_FOUND) {
    return STATUS_OK;
  }
  TRY(status);
  ++*dropped;
  return drop_content(ctx, NULL, file->hash);
}

enum status file_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) {
  int64_t done = 0;
  int64_t after_id = 0;
  size_t count = SWEEP_PAGE;
  while (count == SWEEP_PAGE && done < max) {
    const struct file_loose_in in = {
        .after_id = after_id, .before = ctx->now_us - LOOSE_AGE_US, .limit = SWEEP_PAGE};
    struct file_loose_row *files = NULL;
    TRY(sql_file_loose_all(ctx, &in, SWEEP_PAGE, &files, &count));
    for (size_t i = 0; i < count && done < max; i++) {
      TRY(drop_one(ctx, &files[i], &done));
      after_id = files[i].id;
    }
  }
  /* What was kept and never became a row, because its request failed or the program ended: a folder an hour.
   */
  TRY(file_each_content(ctx, (uint8_t)(ctx->now_us / TIME_HOUR_US % FOLDERS), drop_content, NULL));
  *dropped = done;
  return STATUS_OK;
}
