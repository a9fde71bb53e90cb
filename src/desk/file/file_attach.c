#include <inttypes.h>
#include <string.h>

#include "desk/access/access.h"
#include "desk/file/file_internal.h"
#include "desk/statements.h"

/* Attachments: what a link names, and what a file is called from outside. */

enum { LINKS_MAX = 10, LINK_POINTS_MAX = 2048, NAME_POINTS_MAX = 255 };

#define FILE_PATH "/api/files/"

/* Before the path of a file; "" where it is not known. Filled once, at start. */
static struct str public_url = {"", 0};

void file_setup_url(const char *url) {
  public_url = url != NULL ? str_of(url) : STR("");
  while (str_ends(public_url, "/")) {
    public_url.len--;
  }
}

struct str file_url(struct ctx *ctx, const struct file *file) {
  char uuid[UUID_TEXT_SIZE];
  if (file->url.at != NULL) {
    return file->url;
  }
  return str_format(ctx->arena, "%.*s" FILE_PATH "%s", STR_ARG(public_url), uuid_print(file->uuid, uuid));
}

enum status file_first_urls(struct ctx *ctx, const int64_t *tickets, size_t count, struct str *out) {
  if (count > FILE_FIRSTS_MAX) {
    return problem_set(ctx, &problem_broken);
  }
  CLEANUP_BUF struct buf list;
  buf_init(&list, FILE_FIRSTS_MAX * 21 + 8);
  buf_add_char(&list, '[');
  for (size_t i = 0; i < count; i++) {
    buf_format(&list, i > 0 ? ",%" PRId64 : "%" PRId64, tickets[i]);
    out[i] = STR_NONE;
  }
  buf_add_char(&list, ']');
  struct file_first_row *rows = NULL;
  size_t found = 0;
  const struct file_first_in in = {.tickets = buf_str(&list), .limit = FILE_FIRSTS_MAX};
  TRY(sql_file_first_all(ctx, &in, FILE_FIRSTS_MAX, &rows, &found));
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < found && out[i].at == NULL; k++) {
      if (rows[k].ticket_id == tickets[i]) {
        out[i] = file_url(ctx, &(struct file){.uuid = rows[k].uuid, .url = rows[k].url});
      }
    }
  }
  return STATUS_OK;
}

static struct str skip(struct str text, size_t len) {
  return (struct str){text.at + len, text.len - len};
}

/* ---- what a link names ---- */

/* The scheme's length with its "://"; 0: none of ours. */
static size_t scheme_len(struct str link) {
  static const char *const schemes[] = {"https://", "http://"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t len = strlen(schemes[i]);
    if (link.len >= len && str_equal_fold((struct str){link.at, len}, str_of(schemes[i]))) {
      return len;
    }
  }
  return 0;
}

static struct str authority_of(struct str link) {
  struct str rest = skip(link, scheme_len(link));
  size_t len = 0;
  while (len < rest.len && strchr("/?#", rest.at[len]) == NULL) {
    len++;
  }
  return (struct str){rest.at, len};
}

/* The path on this server, where the link is one: without a host, under our public address, or under any host
 * as long as ours is not known. NONE: it leads elsewhere. */
static struct str own_path(struct str link) {
  if (link.len > 0 && link.at[0] == '/') {
    return link;
  }
  if (scheme_len(link) == 0) {
    return STR_NONE;
  }
  if (public_url.len == 0) {
    struct str authority = authority_of(link);
    return skip(link, (size_t)(authority.at + authority.len - link.at));
  }
  bool ours = link.len > public_url.len && str_equal_fold((struct str){link.at, public_url.len}, public_url);
  return ours ? skip(link, public_url.len) : STR_NONE;
}

/* "/api/files/<uuid>", also under "/v1". */
static bool names_upload(struct str link, struct uuid *uuid) {
  struct str path = own_path(link);
  if (str_starts(path, "/v1/")) {
    path = skip(path, 3);
  }
  return str_starts(path, FILE_PATH) && uuid_parse(skip(path, sizeof FILE_PATH - 1), uuid) == STATUS_OK;
}

/* What is wrong with an address elsewhere; NULL: nothing. */
static const char *address_fault(struct str link) {
  if (!str_utf8(link) || str_has_control(link)) {
    return "must be UTF-8 text without control characters";
  }
  if (str_points(link) > LINK_POINTS_MAX) {
    return "must be at most 2,048 characters";
  }
  if (scheme_len(link) == 0) {
    return "must be the url of an own upload or an http or https address";
  }
  struct str authority = authority_of(link);
  bool spaced = false;
  for (size_t i = 0; i < link.len; i++) {
    spaced = spaced || strchr(" \t\r\n\"<>\\", link.at[i]) != NULL;
  }
  return authority.len == 0 || authority.at[0] == ':' || spaced ? "must be a valid address" : NULL;
}

/* What an address elsewhere is called: its last path segment, else its host. */
static struct str address_name(struct str link) {
  struct str authority = authority_of(link);
  struct str path = skip(link, (size_t)(authority.at + authority.len - link.at));
  size_t end = 0;
  size_t start = 0;
  while (end < path.len && path.at[end] != '?' && path.at[end] != '#') {
    start = path.at[end] == '/' ? end + 1 : start;
    end++;
  }
  struct str name = {path.at + start, end - start};
  return str_cut_words(name.len > 0 ? name : authority, NAME_POINTS_MAX);
}

/* ---- attaching ---- */

struct attaching {
  int64_t tenant_id, ticket_id, reply_id;
  int64_t added;
};

static enum status link_fault(struct ctx *ctx, size_t index, const char *reason) {
  return problem_fault(ctx, str_format(ctx->arena, "attachments[%zu]", index), str_of(reason));
}

static enum status attach_address(struct ctx *ctx, struct attaching *to, struct str link) {
  struct file file = {.ticket_id = to->ticket_id,
                      .reply_id = to->reply_id,
                      .url = link,
                      .name = address_name(link),
                      .hash = STR("")};
  TRY(file_insert(ctx, to->tenant_id, &file));
  to->added++;
  return STATUS_OK;
}

/* From the ticket itself to one of its replies. */
static enum status move_to_reply(struct ctx *ctx, struct attaching *to, int64_t file_id, int64_t *changed) {
  TRY(sql_file_give_reply(ctx, &(struct file_give_reply_in){file_id, to->reply_id}, changed));
  if (*changed == 0) {
    return STATUS_OK;
  }
  const struct file_ticket_count_add_in ticket = {to->ticket_id, -1, ctx->now_us};
  return sql_file_ticket_count_add(ctx, &ticket, NULL);
}

static enum status attach_upload(struct ctx *ctx, struct attaching *to, size_t index, struct uuid uuid) {
  const struct file_own_upload_in in = {
      .tenant_id = to->tenant_id, .uuid = uuid, .uploader_id = ctx->who != NULL ? ctx->who->account_id : 0};
  struct file_own_upload_row file;
  enum status status = sql_file_own_upload(ctx, &in, &file);
  if (status == STATUS_NOT_FOUND) {
    return link_fault(ctx, index, "is no upload of yours");
  }
  TRY(status);
  if (file.ticket_id == to->ticket_id && file.reply_id == to->reply_id) {
    return STATUS_OK; /* it is there already */
  }
  int64_t changed = 0;
  if (file.ticket_id == 0) {
    const struct file_give_in give = {file.id, to->tenant_id, to->ticket_id, to->reply_id};
    TRY(sql_file_give(ctx, &give, &changed));
  } else if (file.ticket_id == to->ticket_id && file.reply_id == 0) {
    TRY(move_to_reply(ctx, to, file.id, &changed));
  }
  if (changed == 0) {
    return link_fault(ctx, index, "is attached elsewhere already");
  }
  to->added++;
  return STATUS_OK;
}

static enum status attach_one(struct ctx *ctx, struct attaching *to, size_t index, struct str link) {
  struct uuid uuid;
  if (names_upload(link, &uuid)) {
    return attach_upload(ctx, to, index, uuid);
  }
  const char *fault = address_fault(link);
  return fault != NULL ? link_fault(ctx, index, fault) : attach_address(ctx, to, link);
}

enum status file_attach(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, int64_t reply_id,
                        const struct str *links, size_t count, int64_t *added) {
  struct attaching to = {.tenant_id = tenant_id, .ticket_id = ticket_id, .reply_id = reply_id};
  if (count > LINKS_MAX) {
    return problem_fault(ctx, STR("attachments"), STR("must be at most 10"));
  }
  if (count > 0) {
    struct file_count_of_ticket_row now;
    TRY(sql_file_count_of_ticket(ctx, &(struct file_count_of_ticket_in){ticket_id}, &now));
    if (now.files + (int64_t)count > FILE_LIST_MAX) {
      return problem_set(ctx, &file_too_many);
    }
  }
  bool faulty = false;
  for (size_t i = 0; i < count; i++) {
    enum status status = attach_one(ctx, &to, i, links[i]);
    if (status != STATUS_OK && status != STATUS_INVALID) {
      return status;
    }
    faulty = faulty || status == STATUS_INVALID;
  }
  if (faulty) {
    return STATUS_INVALID; /* all of them were told */
  }
  *added = to.added;
  return STATUS_OK;
}
