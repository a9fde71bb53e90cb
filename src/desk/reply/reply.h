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

extern const struct problem_kind reply_not_found;
extern const struct problem_kind reply_list_too_large; /* TOO_LARGE: more text than a request may hold */

/* Of tickets the caller was found to read already (ticket_get, ticket_list). By id (time). */
enum status reply_list(struct ctx *ctx, int64_t ticket_id, struct reply **out, size_t *count) MUST_CHECK;
/* A part of it: at most `limit` (up to REPLY_LIST_MAX) behind the one with the number after_id; 0 from the
 * first. */
enum status reply_page(struct ctx *ctx, int64_t ticket_id, int64_t after_id, int64_t limit,
                       struct reply **out, size_t *count) MUST_CHECK;
/* The number of one of this ticket's, else reply_not_found. Walks the ticket's replies. */
enum status reply_find(struct ctx *ctx, int64_t ticket_id, struct uuid uuid, int64_t *id) MUST_CHECK;
/* Which stand at and before the number `id`, newest first: for a way back. At most `limit`, up to 1,000. */
enum status reply_back(struct ctx *ctx, int64_t ticket_id, int64_t id, int64_t limit, struct uuid **out,
                       size_t *count) MUST_CHECK;
/* Only the row; the rules around it are ticket_reply's. Inside db_write. */
enum status reply_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, struct str text,
                      struct reply *out) MUST_CHECK;
/* So many files were attached to it (desk/file). Inside db_write. */
enum status reply_set_files(struct ctx *ctx, struct reply *reply, int64_t file_count) MUST_CHECK;

#endif
