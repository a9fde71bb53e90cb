#include "desk/reply/reply.h"

#include "desk/access/access.h"
#include "desk/statements.h"

const struct problem_kind reply_not_found = {STATUS_NOT_FOUND, "reply_not_found", "There is no such reply."};
const struct problem_kind reply_list_too_large = {STATUS_TOO_LARGE, "replies_too_large",
                                                  "This ticket has more replies than one answer can carry."};

/* What a request needs beside the replies it reads. */
enum { REPLY_ARENA_RESERVE_BYTES = 256 * 1024, REPLY_BACK_MAX = 1000 };

enum status reply_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, struct str text,
                      struct reply *out) {
  if (ctx->who == NULL) {
    return problem_set(ctx, &access_unauthenticated);
  }
  const struct reply_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .ticket_id = ticket_id,
      .author_id = ctx->who->account_id,
      .text = text,
      .created_at = ctx->now_us,
  };
  struct reply_insert_row row;
  TRY(sql_reply_insert(ctx, &in, &row));
  *out = (struct reply){
      .id = row.id,
      .uuid = in.uuid,
      .ticket_id = ticket_id,
      .author_id = in.author_id,
      .author_uuid = ctx->who->uuid,
      .author_name = ctx->who->name,
      .text = text,
      .created_at = ctx->now_us,
  };
  return STATUS_OK;
}

enum status reply_set_files(struct ctx *ctx, struct reply *reply, int64_t file_count) {
  const struct reply_update_files_in in = {.id = reply->id, .file_count = file_count};
  TRY(sql_reply_update_files(ctx, &in, NULL));
  reply->file_count = file_count;
  return STATUS_OK;
}

struct collection {
  struct reply *replies;
  size_t count, size;
};

/* Row by row, because ten thousand replies of full length are more than a request may hold: they are
 * refused while there is still room to say so. */
static enum status collect(struct ctx *ctx, void *arg, const void *row) {
  struct collection *all = arg;
  const struct reply_of_ticket_row *r = row;
  size_t grown = all->size == 0 ? 16 : all->size * 2;
  size_t need = r->author_name.len + r->text.len + 64 + REPLY_ARENA_RESERVE_BYTES;
  if (all->count == all->size) {
    need += grown * sizeof(struct reply);
  }
  if (arena_left(ctx->arena) < need) {
    return problem_set(ctx, &reply_list_too_large);
  }
  if (all->count == all->size) {
    struct reply *replies = ARENA_ARRAY(ctx->arena, struct reply, grown);
    for (size_t i = 0; i < all->count; i++) {
      replies[i] = all->replies[i];
    }
    all->replies = replies;
    all->size = grown;
  }
  all->replies[all->count++] = (struct reply){
      .id = r->id,
      .uuid = r->uuid,
      .ticket_id = r->ticket_id,
      .author_id = r->author_id,
      .author_uuid = r->author_uuid,
      .author_name = str_copy(ctx->arena, r->author_name),
      .text = str_copy(ctx->arena, r->text),
      .file_count = r->file_count,
      .created_at = r->created_at,
  };
  return STATUS_OK;
}

enum status reply_page(struct ctx *ctx, int64_t ticket_id, int64_t after_id, int64_t limit,
                       struct reply **out, size_t *count) {
  const struct reply_of_ticket_in in = {
      .ticket_id = ticket_id, .after_id = after_id, .limit = limit < REPLY_LIST_MAX ? limit : REPLY_LIST_MAX};
  struct collection all = {0};
  TRY(sql_reply_of_ticket_each(ctx, &in, collect, &all));
  *out = all.replies != NULL ? all.replies : ARENA_NEW(ctx->arena, struct reply);
  *count = all.count;
  return STATUS_OK;
}

enum status reply_list(struct ctx *ctx, int64_t ticket_id, struct reply **out, size_t *count) {
  return reply_page(ctx, ticket_id, 0, REPLY_LIST_MAX, out, count);
}

enum status reply_find(struct ctx *ctx, int64_t ticket_id, struct uuid uuid, int64_t *id) {
  struct reply_number_row row;
  enum status status = sql_reply_number(ctx, &(struct reply_number_in){ticket_id, uuid}, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &reply_not_found);
  }
  TRY(status);
  *id = row.id;
  return STATUS_OK;
}

enum status reply_back(struct ctx *ctx, int64_t ticket_id, int64_t id, int64_t limit, struct uuid **out,
                       size_t *count) {
  const struct reply_before_in in = {
      .ticket_id = ticket_id, .id = id, .limit = limit < REPLY_BACK_MAX ? limit : REPLY_BACK_MAX};
  struct reply_before_row *rows = NULL;
  size_t n = 0;
  TRY(sql_reply_before_all(ctx, &in, REPLY_BACK_MAX, &rows, &n));
  struct uuid *uuids = ARENA_ARRAY(ctx->arena, struct uuid, n);
  for (size_t i = 0; i < n; i++) {
    uuids[i] = rows[i].uuid;
  }
  *out = uuids;
  *count = n;
  return STATUS_OK;
}
