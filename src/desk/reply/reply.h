#ifndef SIGAP_DESK_REPLY_H
#define SIGAP_DESK_REPLY_H

#include "base/ctx.h"
#include "base/id.h"

/* What was said on a ticket, in time order. */
struct reply {
  int64_t id;
  struct uuid uuid;
  int64_t ticket_id;
  int64_t author_id;
  struct uuid author_uuid;
  struct str author_name;
  struct str text;    /* 1 character to 64 KiB */
  int64_t file_count; /* attachments of its own (desk/file) */
  int64_t created_at;
};
enum { REPLY_LIST_MAX = 10000 };

extern const struct problem_kind reply_list_too_large; /* TOO_LARGE: more text than a request may hold */

/* Of tickets the caller was found to read already (ticket_get, ticket_list). By id (time). */
enum status reply_list(struct ctx *ctx, int64_t ticket_id, struct reply **out, size_t *count) MUST_CHECK;
/* Only the row; the rules around it are ticket_reply's. Inside db_write. */
enum status reply_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, struct str text,
                      struct reply *out) MUST_CHECK;
/* So many files were attached to it (desk/file). Inside db_write. */
enum status reply_set_files(struct ctx *ctx, struct reply *reply, int64_t file_count) MUST_CHECK;

#endif
