#include <limits.h>

#include "api/tenant/internal.h"
#include "desk/activity/activity.h"
#include "desk/file/file.h"
#include "desk/reply/reply.h"
#include "desk/ticket/ticket_everywhere.h"

/* Tickets, replies, activities. */

/* ---- as they are shown ---- */

/* Only a customer has a customer record, under the number of their account. */
static int64_t member_of(const struct ticket *ticket) {
  return ticket->author_role == ROLE_CUSTOMER ? ticket->author_id : 0;
}

static struct tenant_ticket show(const struct ticket *ticket, struct str attachment) {
  return (struct tenant_ticket){
      .id = ticket->uuid,
      .tenant_id = ticket->tenant_id,
      .user_id = ticket->author_id,
      .member_id = member_of(ticket),
      .agent_id = ticket->assignee_id,
      .title = ticket->title,
      .description = ticket->description,
      .attachment_url = attachment,
      .category = ticket->category,
      .priority = (int)tenant_priority_of(ticket->priority),
      .status = (int)tenant_status_of(ticket->status),
      .escalation_level = ticket->sla.escalation_level,
      .created_at = ticket->created_at,
      .updated_at = ticket->updated_at,
  };
}

static enum status show_tickets(struct call *call, const struct ticket *tickets, size_t count,
                                struct tenant_ticket **out) {
  struct arena *arena = call->ctx.arena;
  int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
  struct str *urls = ARENA_ARRAY(arena, struct str, count);
  struct tenant_ticket *shown = ARENA_ARRAY(arena, struct tenant_ticket, count);
  size_t with_files = 0;
  for (size_t i = 0; i < count; i++) {
    if (tickets[i].file_count > 0) {
      ids[with_files++] = tickets[i].id;
    }
  }
  if (with_files > 0) {
    TRY(file_first_urls(&call->ctx, ids, with_files, urls));
  }
  for (size_t i = 0, next = 0; i < count; i++) {
    shown[i] = show(&tickets[i], tickets[i].file_count > 0 ? urls[next++] : STR_NONE);
  }
  *out = shown;
  return STATUS_OK;
}

static struct str first_of_reply(struct call *call, const struct file *files, size_t count,
                                 int64_t reply_id) {
  for (size_t i = 0; i < count; i++) {
    if (files[i].reply_id == reply_id) {
      return file_url(&call->ctx, &files[i]);
    }
  }
  return STR_NONE;
}

/* Replies of one ticket. */
static enum status show_replies(struct call *call, struct uuid ticket, const struct reply *replies,
                                size_t count, struct list *out) {
  struct tenant_reply *shown = ARENA_ARRAY(call->ctx.arena, struct tenant_reply, count);
  struct file *files = NULL;
  size_t file_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (replies[i].file_count > 0 && files == NULL) {
      TRY(file_list(&call->ctx, replies[i].ticket_id, &files, &file_count));
    }
    shown[i] = (struct tenant_reply){
        .id = replies[i].uuid,
        .ticket_id = ticket,
        .user_id = replies[i].author_id,
        .message = replies[i].text,
        .attachment_url =
            replies[i].file_count > 0 ? first_of_reply(call, files, file_count, replies[i].id) : STR_NONE,
        .created_at = replies[i].created_at,
    };
  }
  *out = (struct list){shown, count};
  return STATUS_OK;
}

static enum status answer_ticket(struct call *call, int http, const char *message,
                                 const struct ticket *ticket) {
  struct tenant_ticket *shown = NULL;
  TRY(show_tickets(call, ticket, 1, &shown));
  return tenant_say(call, http, message, &tenant_ticket_answer, shown);
}

/* ---- the list ---- */

static struct db_ints statuses_of(int word) {
  switch (word) {
    case TENANT_OPEN:
      return (struct db_ints){{TICKET_NEW, TICKET_ASSIGNED}, 2};
    case TENANT_IN_PROGRESS:
      return (struct db_ints){{TICKET_IN_PROGRESS, TICKET_PENDING}, 2};
    case TENANT_RESOLVED:
      return (struct db_ints){{TICKET_RESOLVED}, 1};
    case TENANT_CLOSED:
      return (struct db_ints){{TICKET_CLOSED}, 1};
    default:
      return (struct db_ints){.count = 0};
  }
}

static struct db_ints priorities_of(int word) {
  switch (word) {
    case TENANT_LOW:
      return (struct db_ints){{PRIORITY_LOW}, 1};
    case TENANT_MEDIUM:
      return (struct db_ints){{PRIORITY_NORMAL}, 1};
    case TENANT_HIGH:
      return (struct db_ints){{PRIORITY_HIGH, PRIORITY_CRITICAL, PRIORITY_EMERGENCY}, 3};
    default:
      return (struct db_ints){.count = 0};
  }
}

static struct db_ints categories_of(int category) {
  return (struct db_ints){{category}, category != 0 ? 1 : 0};
}

static enum status bad_cursor(struct call *call, const struct problem_kind *absent) {
  if (call->ctx.problem.kind == absent) {
    problem_clear(&call->ctx);
  }
  return problem_fault(&call->ctx, STR("cursor"), STR("is no id of this list"));
}

/* What a list is about, and where its page begins. */
struct listing {
  struct ticket_filter filter;
  bool everywhere;
  int64_t cursor_id; /* 0: from the first */
};

static enum status list(struct call *call, const struct listing *listing, const struct ticket_filter *filter,
                        struct ticket **out, size_t *count) {
  struct ctx *ctx = &call->ctx;
  return call_or_slow(call, listing->everywhere ? ticket_list_everywhere(ctx, filter, out, count)
                                                : ticket_list(ctx, filter, out, count));
}

/* What stands before the page. Of one tenant the page before is known, too; of all of them only whether there
 * is any. */
static enum status look_back(struct call *call, const struct listing *listing,
                             struct tenant_pagination *page) {
  if (!listing->everywhere) {
    return call_or_slow(call, ticket_page_before(&call->ctx, &listing->filter, listing->cursor_id,
                                                 page->limit, &page->prev_cursor, &page->has_prev));
  }
  struct ticket_filter filter = listing->filter;
  struct ticket *tickets = NULL;
  size_t count = 0;
  filter.brief = true;
  filter.before_id = listing->cursor_id + 1;
  filter.after_id = 0;
  filter.limit = 1;
  TRY(list(call, listing, &filter, &tickets, &count));
  page->has_prev = count > 0;
  return STATUS_OK;
}

static enum status answer_list(struct call *call, struct listing *listing, int64_t limit) {
  struct tenant_pagination *page = ARENA_NEW(call->ctx.arena, struct tenant_pagination);
  struct ticket_filter filter = listing->filter;
  struct ticket *tickets = NULL;
  struct tenant_ticket *shown = NULL;
  size_t count = 0;
  page->limit = limit;
  filter.after_id = listing->cursor_id != 0 ? listing->cursor_id : LLONG_MIN + 1;
  filter.limit = limit + 1; /* one more tells whether there is a next page */
  TRY(list(call, listing, &filter, &tickets, &count));
  if ((int64_t)count > limit) {
    count = (size_t)limit;
    page->has_next = true;
    page->next_cursor = tickets[count - 1].uuid;
  }
  if (listing->cursor_id != 0) {
    TRY(look_back(call, listing, page));
  }
  TRY(show_tickets(call, tickets, count, &shown));
  return tenant_say_list(call, &tenant_tickets_answer, (struct list){shown, count}, page);
}

enum status tenant_ticket_list(struct call *call) {
  const struct tenant_tickets_in *in = call->query;
  struct listing listing = {.filter = {.statuses = statuses_of(in->status),
                                       .priorities = priorities_of(in->priority),
                                       .categories = categories_of(in->category),
                                       .author_id = in->member_id,
                                       .author_is_customer = true},
                            .everywhere = in->tenant == 0 && tenant_sees_all(call)};
  if (listing.everywhere && call->lane != LANE_POOL) {
    return STATUS_SLOW;
  }
  call_widen(call);
  if (in->tenant != 0) {
    TRY(call_select_tenant(call, in->tenant));
  }
  if (!uuid_is_none(in->page.cursor)) {
    struct ticket_place place;
    enum status status = ticket_find_place(&call->ctx, in->page.cursor, listing.everywhere, &place);
    if (status == STATUS_NOT_FOUND) {
      return bad_cursor(call, &ticket_not_found);
    }
    TRY(status);
    listing.cursor_id = place.id;
  }
  return answer_list(call, &listing, in->page.limit);
}

/* ---- one ticket ---- */

/* What is sent empty is none. */
static size_t link_count(struct str url) {
  return url.len > 0 ? 1 : 0;
}

enum status tenant_ticket_create(struct call *call) {
  const struct tenant_ticket_in *in = call->input;
  const enum ticket_priority priorities[] = {
      [TENANT_LOW] = PRIORITY_LOW, [TENANT_MEDIUM] = PRIORITY_NORMAL, [TENANT_HIGH] = PRIORITY_HIGH};
  const struct ticket_new new_ticket = {
      .title = in->title,
      .description = in->description,
      .category = (enum ticket_category)in->category,
      .priority = priorities[in->priority],
      .links = &in->attachment_url,
      .link_count = link_count(in->attachment_url),
  };
  struct ticket ticket;
  TRY(ticket_create(&call->ctx, &new_ticket, &ticket));
  return answer_ticket(call, 201, "ticket created", &ticket);
}

enum status tenant_ticket_get(struct call *call) {
  call_widen(call);
  struct tenant_ticket_detail *detail = ARENA_NEW(call->ctx.arena, struct tenant_ticket_detail);
  struct tenant_ticket *shown = NULL;
  struct reply *replies = NULL;
  size_t count = 0;
  struct uuid uuid;
  struct ticket ticket;
  TRY(tenant_ticket_id(call, &uuid));
  TRY(ticket_get(&call->ctx, uuid, &ticket));
  TRY(call_or_slow(call, reply_list(&call->ctx, ticket.id, &replies, &count)));
  TRY(show_tickets(call, &ticket, 1, &shown));
  detail->ticket = *shown;
  TRY(show_replies(call, ticket.uuid, replies, count, &detail->replies));
  return tenant_say(call, 200, "success", &tenant_detail_answer, detail);
}

struct change {
  struct uuid uuid;
  const struct tenant_change_in *in;
  struct ticket ticket;
};

/* The assignment before the status, so that both can be done in one call; what is so already is no change. */
static enum status change_run(struct ctx *ctx, void *arg) {
  struct change *change = arg;
  const struct tenant_change_in *in = change->in;
  TRY(ticket_get(ctx, change->uuid, &change->ticket));
  bool assigns = field_present(&tenant_change_in, in, "agent_id");
  if (assigns && in->agent_id != change->ticket.assignee_id) {
    const struct ticket_assignment assignment = {.assignee_id = in->agent_id};
    TRY(ticket_assign(ctx, change->uuid, &assignment, &change->ticket));
  }
  if (in->status == 0) {
    return STATUS_OK;
  }
  const struct db_ints reads_as = statuses_of(in->status);
  const struct ticket_status_change status = {.reads_as = reads_as,
                                              .set = (enum ticket_status)reads_as.values[0],
                                              .only_assigned = true,
                                              .keeps_agent = true};
  return ticket_set_status(ctx, change->uuid, &status, &change->ticket);
}

enum status tenant_ticket_change(struct call *call) {
  struct change change = {.in = call->input};
  TRY(tenant_ticket_id(call, &change.uuid));
  TRY(db_write(&call->ctx, change_run, &change));
  return answer_ticket(call, 200, "ticket updated", &change.ticket);
}

/* ---- replies ---- */

enum status tenant_reply_add(struct call *call) {
  const struct tenant_reply_in *in = call->input;
  struct uuid uuid;
  struct reply reply;
  struct list shown;
  TRY(tenant_ticket_id(call, &uuid));
  TRY(ticket_comment(&call->ctx, uuid, in->message, &in->attachment_url, link_count(in->attachment_url),
                     &reply));
  TRY(show_replies(call, uuid, &reply, 1, &shown));
  return tenant_say(call, 201, "reply added", &tenant_reply_answer, shown.at);
}

enum status tenant_reply_list(struct call *call) {
  const struct tenant_page_in *in = call->query;
  struct ctx *ctx = &call->ctx;
  call_widen(call);
  struct tenant_pagination *page = ARENA_NEW(ctx->arena, struct tenant_pagination);
  struct reply *replies = NULL;
  struct uuid *before = NULL;
  size_t count = 0, before_count = 0;
  int64_t cursor_id = 0;
  struct uuid uuid;
  struct ticket ticket;
  struct list shown;
  page->limit = in->limit != 0 ? in->limit : TENANT_LIMIT_MAX;
  TRY(tenant_ticket_id(call, &uuid));
  TRY(ticket_get(ctx, uuid, &ticket));
  if (!uuid_is_none(in->cursor)) {
    enum status status = reply_find(ctx, ticket.id, in->cursor, &cursor_id);
    if (status == STATUS_NOT_FOUND) {
      return bad_cursor(call, &reply_not_found);
    }
    TRY(status);
    TRY(reply_back(ctx, ticket.id, cursor_id, page->limit + 1, &before, &before_count));
    page->has_prev = true;
    page->prev_cursor = (int64_t)before_count > page->limit ? before[before_count - 1] : (struct uuid){0};
  }
  TRY(call_or_slow(call, reply_page(ctx, ticket.id, cursor_id, page->limit + 1, &replies, &count)));
  if ((int64_t)count > page->limit) {
    count = (size_t)page->limit;
    page->has_next = true;
    page->next_cursor = replies[count - 1].uuid;
  }
  TRY(show_replies(call, ticket.uuid, replies, count, &shown));
  return tenant_say_list(call, &tenant_replies_answer, shown, page);
}

/* ---- activities ---- */

static struct str action_of(struct call *call, const struct activity *activity) {
  static const char *const words[] = {
      [ACTIVITY_CREATED] = "created",
      [ACTIVITY_STATUS] = "status_changed",
      [ACTIVITY_ASSIGNED] = "assigned",
      [ACTIVITY_REPLIED] = "replied",
      [ACTIVITY_REMOVED] = "removed",
      [ACTIVITY_RESTORED] = "restored",
      [ACTIVITY_SLA_STARTED] = "sla_started",
      [ACTIVITY_SLA_PAUSED] = "sla_paused",
      [ACTIVITY_SLA_RESUMED] = "sla_resumed",
      [ACTIVITY_SLA_STOPPED] = "sla_stopped",
      [ACTIVITY_SLA_CHANGED] = "sla_changed",
      [ACTIVITY_SLA_WARNED] = "sla_warned",
      [ACTIVITY_SLA_BREACHED] = "escalated",
      [ACTIVITY_NOTE] = "noted",
      [ACTIVITY_RATED] = "rated",
  };
  if (activity->action == ACTIVITY_CHANGED) {
    return str_format(call->ctx.arena, "%.*s_changed", STR_ARG(activity->field));
  }
  bool known = activity->action > 0 && (size_t)activity->action < sizeof words / sizeof *words;
  return known && words[activity->action] != NULL ? str_of(words[activity->action]) : STR("changed");
}

/* A status or a priority of the history in the words of this dialect. */
static struct str shown_value(const struct activity *activity, struct str desk) {
  static const struct word statuses[] = {{"new", TICKET_NEW},
                                         {"assigned", TICKET_ASSIGNED},
                                         {"in_progress", TICKET_IN_PROGRESS},
                                         {"pending", TICKET_PENDING},
                                         {"resolved", TICKET_RESOLVED},
                                         {"closed", TICKET_CLOSED},
                                         {NULL, 0}};
  static const struct word priorities[] = {
      {"low", PRIORITY_LOW},           {"normal", PRIORITY_NORMAL},       {"high", PRIORITY_HIGH},
      {"critical", PRIORITY_CRITICAL}, {"emergency", PRIORITY_EMERGENCY}, {NULL, 0}};
  bool reprioritized = activity->action == ACTIVITY_CHANGED && str_is(activity->field, "priority");
  int value;
  if (activity->action == ACTIVITY_STATUS && word_value(statuses, desk, false, &value) == STATUS_OK) {
    return str_of(word_of(tenant_status_words, (int)tenant_status_of(value)));
  }
  if (reprioritized && word_value(priorities, desk, false, &value) == STATUS_OK) {
    return str_of(word_of(tenant_priority_words, (int)tenant_priority_of(value)));
  }
  return desk;
}

static struct str message_of(struct call *call, const struct activity *activity) {
  struct str from = shown_value(activity, activity->old_value);
  struct str to = shown_value(activity, activity->new_value);
  if (activity->action == ACTIVITY_SLA_BREACHED) {
    return str_format(call->ctx.arena, "%.*s overdue, level %.*s", STR_ARG(from), STR_ARG(to));
  }
  if (from.len == 0) {
    return to.len > 0 ? to : STR_NONE;
  }
  if (str_equal(from, to)) {
    return STR_NONE; /* two of the desk's words that read alike */
  }
  return str_format(call->ctx.arena, "%.*s → %.*s", STR_ARG(from), STR_ARG(to.len > 0 ? to : STR("-")));
}

enum status tenant_ticket_activities(struct call *call) {
  call_widen(call);
  struct activity *activities = NULL;
  size_t count = 0;
  struct uuid uuid;
  struct ticket ticket;
  TRY(tenant_ticket_id(call, &uuid));
  TRY(ticket_get(&call->ctx, uuid, &ticket));
  TRY(call_or_slow(call, activity_list(&call->ctx, ticket.id, &activities, &count)));
  struct tenant_activity *shown = ARENA_ARRAY(call->ctx.arena, struct tenant_activity, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = (struct tenant_activity){
        .id = activities[i].uuid,
        .ticket_id = ticket.uuid,
        .actor_id = activities[i].actor_id,
        .action = action_of(call, &activities[i]),
        .message = message_of(call, &activities[i]),
        .created_at = activities[i].created_at,
    };
  }
  return tenant_say_list(call, &tenant_activities_answer, (struct list){shown, count}, NULL);
}
