#include "api/isp/isp_tickets.h"

#include <math.h>

#include "desk/customer/customer.h"
#include "desk/technician/technician.h"

/* Tickets: lists, and what is done with one. */

/* ---- as they are shown ---- */

static const struct isp_ticket_customer *show_customer(struct call *call, const struct ticket *ticket,
                                                       const struct ticket_person *person) {
  struct isp_ticket_customer *out = ARENA_NEW(call->ctx.arena, struct isp_ticket_customer);
  *out =
      (struct isp_ticket_customer){ticket->author_uuid, ticket->author_name, person->phone, person->address};
  return out;
}

static const struct isp_ticket_technician *show_technician(struct call *call,
                                                           const struct ticket_person *person) {
  if (person->id == 0) {
    return NULL;
  }
  struct isp_ticket_technician *out = ARENA_NEW(call->ctx.arena, struct isp_ticket_technician);
  *out = (struct isp_ticket_technician){person->uuid, person->name, person->phone};
  return out;
}

static struct isp_ticket show(struct call *call, const struct ticket *ticket,
                              const struct ticket_person *customer, const struct ticket_person *technician) {
  char number[TICKET_NUMBER_SIZE];
  return (struct isp_ticket){
      .id = ticket->uuid,
      .number = str_copy(call->ctx.arena, str_of(ticket_number(ticket, number))),
      .customer = show_customer(call, ticket, customer),
      .technician = show_technician(call, technician),
      .type = ticket->work_type,
      .priority = ticket->priority,
      .status = ticket->status,
      .category = ticket->category,
      .title = ticket->title,
      .description = ticket->description,
      .location = isp_place(call, ticket->latitude, ticket->longitude),
      .scheduled_at = ticket->scheduled_at,
      .completed_at = ticket->resolved_at,
      .sla_deadline = ticket->sla.resolve_due_at,
      .rating = ticket->rating != 0 ? (double)ticket->rating : NAN,
      .feedback = ticket->rating_text,
      .created_at = ticket->created_at,
      .updated_at = ticket->updated_at,
  };
}

enum status isp_show_tickets(struct call *call, const struct ticket *tickets, size_t count,
                             struct isp_ticket **out) {
  struct arena *arena = call->ctx.arena;
  int64_t *ids = ARENA_ARRAY(arena, int64_t, 2 * count);
  struct ticket_person *people = ARENA_ARRAY(arena, struct ticket_person, 2 * count);
  struct isp_ticket *shown = ARENA_ARRAY(arena, struct isp_ticket, count);
  for (size_t i = 0; i < count; i++) {
    ids[2 * i] = tickets[i].author_id;
    ids[2 * i + 1] = tickets[i].assignee_id;
  }
  for (size_t i = 0; i < 2 * count; i += TICKET_PEOPLE_MAX) {
    size_t rest = 2 * count - i;
    TRY(ticket_people(&call->ctx, ids + i, rest < TICKET_PEOPLE_MAX ? rest : TICKET_PEOPLE_MAX, people + i));
  }
  for (size_t i = 0; i < count; i++) {
    shown[i] = show(call, &tickets[i], &people[2 * i], &people[2 * i + 1]);
  }
  *out = shown;
  return STATUS_OK;
}

/* ---- lists ---- */

enum status isp_list_tickets(struct call *call, const struct ticket_filter *filter, struct list *out,
                             int64_t *total) {
  struct ticket *tickets = NULL;
  struct isp_ticket *shown = NULL;
  size_t count = 0;
  TRY(call_or_slow(call, total == NULL ? ticket_list(&call->ctx, filter, &tickets, &count)
                                       : ticket_list_and_total(&call->ctx, filter, &tickets, &count, total)));
  TRY(isp_show_tickets(call, tickets, count, &shown));
  *out = (struct list){shown, count};
  return STATUS_OK;
}

enum status isp_person_number(struct call *call, struct uuid uuid, int64_t *out) {
  int64_t number = 0;
  if (!uuid_is_none(uuid)) {
    TRY(ticket_person_number(&call->ctx, uuid, 0, &number));
  }
  *out = number;
  return STATUS_OK;
}

static struct db_ints only(int value) {
  struct db_ints set = {.values = {value}, .count = value != 0 ? 1 : 0};
  return set;
}

static enum status answer_list(struct call *call, struct ticket_filter *filter, const struct isp_page *page) {
  call_widen(call);
  struct isp_tickets_answer *answer = ARENA_NEW(call->ctx.arena, struct isp_tickets_answer);
  int64_t total = 0;
  filter->skip = isp_skip(page);
  filter->limit = isp_limit(page);
  TRY(isp_list_tickets(call, filter, &answer->tickets, &total));
  answer->pagination = isp_pagination(call, page, total);
  return isp_answer(call, 200, &isp_tickets_answer_out, answer);
}

enum status isp_ticket_list(struct call *call) {
  const struct isp_ticket_query *in = call->query;
  struct ticket_filter filter = {
      .statuses = only(in->status),
      .priorities = only(in->priority),
      .work_types = only(in->type),
      .created_from = in->created.from.begins,
      .created_to = in->created.to.over,
      .scheduled_from = in->scheduled.from.begins,
      .scheduled_to = in->scheduled.to.over,
  };
  TRY(isp_person_number(call, in->technician_id, &filter.assignee_id));
  TRY(isp_person_number(call, in->customer_id, &filter.author_id));
  return answer_list(call, &filter, &in->page);
}

static enum status list_of_person(struct call *call, struct ticket_filter *filter) {
  const struct isp_person_tickets_query *in = call->query;
  filter->statuses = only(in->status);
  filter->created_from = in->date.from.begins;
  filter->created_to = in->date.to.over;
  return answer_list(call, filter, &in->page);
}

enum status isp_customer_tickets(struct call *call) {
  struct uuid uuid;
  struct customer customer;
  TRY(isp_id(call, 0, &uuid));
  TRY(customer_get(&call->ctx, uuid, &customer));
  struct ticket_filter filter = {.author_id = customer.account.id};
  return list_of_person(call, &filter);
}

enum status isp_technician_tickets(struct call *call) {
  struct uuid uuid;
  struct technician technician;
  TRY(isp_id(call, 0, &uuid));
  TRY(technician_get(&call->ctx, uuid, &technician));
  struct ticket_filter filter = {.assignee_id = technician.account.id};
  return list_of_person(call, &filter);
}

/* ---- one ticket ---- */

static enum status answer_ticket(struct call *call, int http, const struct ticket *ticket) {
  struct isp_ticket_answer *answer = ARENA_NEW(call->ctx.arena, struct isp_ticket_answer);
  struct isp_ticket *shown = NULL;
  TRY(isp_show_tickets(call, ticket, 1, &shown));
  answer->ticket = shown;
  return isp_answer(call, http, &isp_ticket_answer_out, answer);
}

/* Optional words that say nothing are none. */
static struct str words(struct str text) {
  return str_trim(text).len > 0 ? text : STR_NONE;
}

static enum ticket_category category_of(int category, int type) {
  if (category != 0) {
    return (enum ticket_category)category;
  }
  return type == WORK_DISCONNECTION ? CATEGORY_SERVICE : CATEGORY_TECHNICAL;
}

enum status isp_ticket_create(struct call *call) {
  const struct isp_ticket_new_in *in = call->input;
  const struct ticket_new new_ticket = {
      .title = in->title,
      .description = in->description,
      .category = category_of(in->category, in->type),
      .priority = (enum ticket_priority)in->priority,
      .work_type = (enum work_type)in->type,
      .customer = in->customer_id,
      .has_place = true,
      .latitude = in->location->lat,
      .longitude = in->location->lng,
      .scheduled_at = in->scheduled_at,
      .links = in->attachments.at,
      .link_count = in->attachments.count,
  };
  struct ticket ticket;
  TRY(ticket_create(&call->ctx, &new_ticket, &ticket));
  return answer_ticket(call, 201, &ticket);
}

/* Whether a field of the change was named in the body. */
static bool said(const struct isp_ticket_change_in *in, const char *name) {
  return field_present(&isp_ticket_change_in, in, name);
}

enum status isp_ticket_change(struct call *call) {
  const struct isp_ticket_change_in *in = call->input;
  const struct ticket_change change = {
      .has_title = said(in, "title"),
      .has_description = said(in, "description"),
      .has_category = said(in, "category"),
      .has_priority = said(in, "priority"),
      .has_work_type = said(in, "type"),
      .has_place = said(in, "location"),
      .has_schedule = said(in, "scheduled_at"),
      .title = in->title,
      .description = in->description,
      .category = (enum ticket_category)in->category,
      .priority = (enum ticket_priority)in->priority,
      .work_type = (enum work_type)in->type,
      .latitude = in->location != NULL ? in->location->lat : NAN,
      .longitude = in->location != NULL ? in->location->lng : NAN,
      .scheduled_at = in->scheduled_at,
  };
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_change(&call->ctx, uuid, &change, &ticket));
  return answer_ticket(call, 200, &ticket);
}

enum status isp_ticket_remove(struct call *call) {
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_remove(&call->ctx, uuid, false, &ticket));
  return isp_say(call, "Ticket deleted");
}

enum status isp_ticket_restore(struct call *call) {
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_restore(&call->ctx, uuid, &ticket));
  return answer_ticket(call, 200, &ticket);
}

enum status isp_ticket_assign(struct call *call) {
  const struct isp_assign_in *in = call->input;
  const struct ticket_assignment assignment = {.assignee = in->technician_id,
                                               .technician_only = true,
                                               .scheduled_at = in->scheduled_at,
                                               .note = words(in->notes)};
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_assign(&call->ctx, uuid, &assignment, &ticket));
  return answer_ticket(call, 200, &ticket);
}

enum status isp_ticket_status(struct call *call) {
  const struct isp_status_in *in = call->input;
  const struct ticket_status_change change = {.set = (enum ticket_status)in->status, .only_assigned = true};
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_move(&call->ctx, uuid, &change, words(in->notes), in->attachments.at, in->attachments.count,
                  &ticket));
  return answer_ticket(call, 200, &ticket);
}

enum status isp_ticket_comment(struct call *call) {
  const struct isp_comment_in *in = call->input;
  struct isp_comment_answer *answer = ARENA_NEW(call->ctx.arena, struct isp_comment_answer);
  struct isp_comment *comment = ARENA_NEW(call->ctx.arena, struct isp_comment);
  struct uuid uuid;
  struct reply reply;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_comment(&call->ctx, uuid, in->comment, in->attachments.at, in->attachments.count, &reply));
  TRY(isp_show_comment(call, &reply, comment));
  answer->comment = comment;
  return isp_answer(call, 201, &isp_comment_answer_out, answer);
}

enum status isp_ticket_rate(struct call *call) {
  const struct isp_rating_in *in = call->input;
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_rate(&call->ctx, uuid, in->rating, words(in->feedback), &ticket));
  return answer_ticket(call, 200, &ticket);
}
