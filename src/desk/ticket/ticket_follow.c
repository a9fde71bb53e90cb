#include <string.h>

#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* Tickets by what happened to them. */

enum { FOLLOW_RESERVE_BYTES = 256 * 1024, FOLLOW_FIRST = 32 };

struct follow {
  struct ticket *tickets;
  size_t count, size;
};

static void grow(struct arena *arena, struct follow *follow) {
  size_t size = follow->size == 0 ? FOLLOW_FIRST : 2 * follow->size;
  struct ticket *tickets = ARENA_ARRAY(arena, struct ticket, size);
  if (follow->count > 0) {
    memcpy(tickets, follow->tickets, follow->count * sizeof *tickets);
  }
  follow->tickets = tickets;
  follow->size = size;
}

/* Row by row: texts that are more than a request may hold are refused while there is room to say so. */
static enum status take(struct ctx *ctx, void *arg, const void *found) {
  struct follow *follow = arg;
  struct ticket ticket = ticket_from_row(found);
  size_t need = ticket.title.len + ticket.description.len + ticket.author_name.len + ticket.author_email.len +
                ticket.rating_text.len + 2 * (follow->size + FOLLOW_FIRST) * sizeof ticket +
                FOLLOW_RESERVE_BYTES;
  if (arena_left(ctx->arena) < need) {
    return problem_set(ctx, &ticket_list_too_large);
  }
  if (follow->count == follow->size) {
    grow(ctx->arena, follow);
  }
  ticket.title = str_copy(ctx->arena, ticket.title);
  ticket.description = str_copy(ctx->arena, ticket.description);
  ticket.author_name = str_copy(ctx->arena, ticket.author_name);
  ticket.author_email = str_copy(ctx->arena, ticket.author_email);
  ticket.rating_text = str_copy(ctx->arena, ticket.rating_text);
  follow->tickets[follow->count++] = ticket;
  return STATUS_OK;
}

enum status ticket_follow(struct ctx *ctx, const struct event_position *after,
                          const struct event_position *to, struct ticket **out, size_t *count) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  enum scope scope = access_scope(ctx->who->role, MAY_TICKET_READ);
  const struct ticket_follow_in in = {
      .tenant_id = ctx->who->tenant_id,
      .after_txn = after->txn,
      .after_id = after->id,
      .to_txn = to->txn,
      .to_id = to->id,
      .kind_below = EVENT_ACCOUNT_CREATED,
      .author_id = scope == SCOPE_OWN ? ctx->who->account_id : 0,
      .readable_by = scope == SCOPE_READABLE ? ctx->who->account_id : 0,
  };
  struct follow follow = {0};
  TRY(sql_ticket_follow_each(ctx, &in, take, &follow));
  *out = follow.tickets;
  *count = follow.count;
  return STATUS_OK;
}
