#include <string.h>

#include "api/tiket/internal.h"
#include "desk/reply/reply.h"

/* Tickets, and what the technical team answers. */

/* An id that can't be one of ours is an id of nothing. */
static enum status ticket_id(struct call *call, struct uuid *out) {
  if (uuid_parse(call->match.params[0], out) == STATUS_OK) {
    return STATUS_OK;
  }
  return problem_set(&call->ctx, &ticket_not_found);
}

static void fill_ticket(struct tiket_ticket *out, const struct ticket *ticket) {
  *out = (struct tiket_ticket){.id = ticket->uuid,
                               .user_id = ticket->author_uuid,
                               .kind = ticket_request_kind(ticket),
                               .priority = tiket_priority_of(ticket->priority),
                               .status = tiket_status_of(ticket->status),
                               .description = ticket->description,
                               .created_at = ticket->created_at,
                               .status_changed_at = ticket->status_changed_at,
                               .updated_at = ticket->updated_at,
                               .removed = ticket->removed_at != 0,
                               .active = ticket->removed_at == 0};
  out->number_text = str_of(ticket_number(ticket, out->number));
}

enum status tiket_submit(struct call *call) {
  const struct tiket_ticket_in *in = call->input;
  struct ticket_new new_ticket = {
      .title = STR_NONE,
      .description = in->description,
      .category = in->kind == REQUEST_TECHNICAL ? CATEGORY_TECHNICAL : CATEGORY_SERVICE,
      .priority = in->priority,
      .request_kind = in->kind};
  struct ticket ticket;
  TRY(ticket_create(&call->ctx, &new_ticket, &ticket));
  struct tiket_ticket *answer = ARENA_NEW(call->ctx.arena, struct tiket_ticket);
  fill_ticket(answer, &ticket);
  return call_answer(call, 201, &tiket_ticket_out, answer);
}

/* ---- removing and restoring ---- */

static enum status say_done(struct call *call, const char *verb, const struct ticket *ticket) {
  char number[TICKET_NUMBER_SIZE];
  struct tiket_message *answer = ARENA_NEW(call->ctx.arena, struct tiket_message);
  answer->message =
      str_format(call->ctx.arena, "Successfully %s Ticket %s", verb, ticket_number(ticket, number));
  return call_answer(call, 200, &tiket_message_out, answer);
}

enum status tiket_remove(struct call *call) {
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, &uuid));
  TRY(ticket_remove(&call->ctx, uuid, false, &ticket));
  return say_done(call, "Remove", &ticket);
}

enum status tiket_restore(struct call *call) {
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, &uuid));
  TRY(ticket_restore(&call->ctx, uuid, &ticket));
  return say_done(call, "Restore", &ticket);
}

/* ---- the technical team's answer ---- */

enum status tiket_respond(struct call *call) {
  const struct tiket_answer_in *in = call->input;
  struct ticket_status_change change = tiket_status_change(in->status);
  struct uuid uuid;
  struct ticket ticket;
  TRY(ticket_id(call, &uuid));
  TRY(ticket_answer(&call->ctx, uuid, &change, in->text, &ticket));
  struct tiket_message *answer = ARENA_NEW(call->ctx.arena, struct tiket_message);
  answer->status = str_format(call->ctx.arena, "Status tiket berhasil diubah menjadi %s",
                              word_of(tiket_status_words, in->status));
  return call_answer(call, 200, &tiket_status_out, answer);
}

/* ---- the grouped lists ---- */

static enum status load_answers(struct ctx *ctx, const struct ticket *ticket, struct list *out) {
  struct reply *replies = NULL;
  size_t count = 0;
  TRY(reply_list(ctx, ticket->id, &replies, &count));
  struct tiket_answer *answers = ARENA_ARRAY(ctx->arena, struct tiket_answer, count + 1);
  for (size_t i = 0; i < count; i++) {
    answers[i] = (struct tiket_answer){.id = replies[i].uuid,
                                       .ticket_id = ticket->uuid,
                                       .text = replies[i].text,
                                       .created_at = replies[i].created_at};
  }
  *out = (struct list){answers, count};
  return STATUS_OK;
}

static enum status fill_group(struct ctx *ctx, const struct ticket *ticket, struct tiket_group *group) {
  struct tiket_ticket *item = ARENA_NEW(ctx->arena, struct tiket_ticket);
  struct tiket_user *user = ARENA_NEW(ctx->arena, struct tiket_user);
  *user = (struct tiket_user){
      .id = ticket->author_uuid, .username = ticket->author_name, .email = ticket->author_email};
  fill_ticket(item, ticket);
  item->user = user;
  TRY(load_answers(ctx, ticket, &item->answers));
  *group = (struct tiket_group){
      .id = user->id, .email = user->email, .username = user->username, .tickets = {item, 1}};
  return STATUS_OK;
}

static enum status say_page(struct call *call, struct ticket_filter *filter) {
  struct ctx *ctx = &call->ctx;
  const struct tiket_page_in *in = call->query;
  if (in->skip < 0 || in->limit < 1 || in->limit > TIKET_PAGE_MAX) {
    return problem_set(ctx, &tiket_bad_page);
  }
  call_widen(call);
  filter->skip = in->skip;
  filter->limit = in->limit;
  struct ticket *tickets = NULL;
  size_t count = 0;
  struct tiket_page *answer = ARENA_NEW(ctx->arena, struct tiket_page);
  TRY(ticket_total(ctx, filter, &answer->total));
  TRY(call_or_slow(call, ticket_list(ctx, filter, &tickets, &count)));
  struct tiket_group *groups = ARENA_ARRAY(ctx->arena, struct tiket_group, count + 1);
  for (size_t i = 0; i < count; i++) {
    TRY(call_or_slow(call, fill_group(ctx, &tickets[i], &groups[i])));
  }
  answer->groups = (struct list){groups, count};
  return call_answer(call, 200, &tiket_page_out, answer);
}

enum status tiket_list(struct call *call) {
  struct ticket_filter filter = {0};
  return say_page(call, &filter);
}

/* By a uuid, or the number other dialects show. TICKET_NOBODY: the page is checked and told empty all the
 * same. */
static enum status author_of(struct call *call, struct str user_id, int64_t *author_id) {
  struct uuid uuid = {0};
  int64_t number = 0;
  bool known = uuid_parse(user_id, &uuid) == STATUS_OK || str_int(user_id, &number) == STATUS_OK;
  *author_id = TICKET_NOBODY;
  return known ? ticket_person_number(&call->ctx, uuid, number, author_id) : STATUS_OK;
}

enum status tiket_report(struct call *call) {
  const struct tiket_page_in *in = call->query;
  struct ticket_filter filter = {
      .author_email = in->email.len > 0 ? in->email : STR_NONE,
      .author_name = in->username.len > 0 ? in->username : STR_NONE,
      .priorities = tiket_priorities(in->priority),
  };
  if (in->user_id.len > 0) {
    TRY(author_of(call, in->user_id, &filter.author_id));
  }
  return say_page(call, &filter);
}
