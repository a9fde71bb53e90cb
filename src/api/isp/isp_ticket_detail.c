#include <stdlib.h>

#include "api/isp/isp_tickets.h"
#include "desk/activity/activity.h"

/* All about one ticket: attachments, comments, history. */

/* ---- people ---- */

/* Who is named anywhere on the page, in the order of their numbers. */
struct people {
  int64_t *ids;
  struct ticket_person *persons;
  size_t count;
};

static int compare_ids(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left;
  int64_t b = *(const int64_t *)right;
  return a < b ? -1 : a > b;
}

static enum status load_people(struct call *call, const struct reply *replies, size_t reply_count,
                               const struct activity *activities, size_t activity_count, struct people *out) {
  struct arena *arena = call->ctx.arena;
  int64_t *ids = ARENA_ARRAY(arena, int64_t, reply_count + activity_count);
  size_t all = 0;
  size_t count = 0;
  for (size_t i = 0; i < reply_count; i++) {
    ids[all++] = replies[i].author_id;
  }
  for (size_t i = 0; i < activity_count; i++) {
    ids[all++] = activities[i].actor_id;
  }
  qsort(ids, all, sizeof *ids, compare_ids);
  for (size_t i = 0; i < all; i++) {
    if (ids[i] != 0 && (count == 0 || ids[count - 1] != ids[i])) {
      ids[count++] = ids[i];
    }
  }
  struct ticket_person *persons = ARENA_ARRAY(arena, struct ticket_person, count);
  for (size_t i = 0; i < count; i += TICKET_PEOPLE_MAX) {
    size_t rest = count - i;
    TRY(ticket_people(&call->ctx, ids + i, rest < TICKET_PEOPLE_MAX ? rest : TICKET_PEOPLE_MAX, persons + i));
  }
  *out = (struct people){ids, persons, count};
  return STATUS_OK;
}

static const struct isp_user_brief *show_user(struct call *call, const struct people *people, int64_t id) {
  const int64_t *found = bsearch(&id, people->ids, people->count, sizeof id, compare_ids);
  if (found == NULL) {
    return NULL;
  }
  const struct ticket_person *person = &people->persons[found - people->ids];
  struct isp_user_brief *user = ARENA_NEW(call->ctx.arena, struct isp_user_brief);
  *user = (struct isp_user_brief){person->uuid, person->name, person->role};
  return user;
}

/* ---- attachments ---- */

static struct str file_word(const struct file *file) {
  if (file->url.at != NULL) {
    return STR("link");
  }
  switch (file->kind) {
    case FILE_KIND_DOCUMENT:
      return STR("document");
    case FILE_KIND_SIGNATURE:
      return STR("signature");
    default: /* pictures that came with a ticket have no kind */
      return STR("photo");
  }
}

/* Those of one reply; of the ticket itself where reply_id is 0. */
static struct list show_files(struct call *call, const struct file *files, size_t count, int64_t reply_id) {
  size_t own = 0;
  for (size_t i = 0; i < count; i++) {
    own += files[i].reply_id == reply_id;
  }
  struct isp_attachment *shown = ARENA_ARRAY(call->ctx.arena, struct isp_attachment, own);
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (files[i].reply_id == reply_id) {
      shown[n++] = (struct isp_attachment){
          .id = files[i].uuid,
          .filename = files[i].name,
          .url = file_url(&call->ctx, &files[i]),
          .type = file_word(&files[i]),
          .uploaded_by = files[i].uploader_uuid,
          .uploaded_at = files[i].created_at,
      };
    }
  }
  return (struct list){shown, n};
}

/* ---- comments ---- */

static struct isp_comment show_comment(struct call *call, const struct reply *reply,
                                       const struct people *people, const struct file *files, size_t count) {
  return (struct isp_comment){
      .id = reply->uuid,
      .user = show_user(call, people, reply->author_id),
      .comment = reply->text,
      .attachments = show_files(call, files, reply->file_count > 0 ? count : 0, reply->id),
      .created_at = reply->created_at,
  };
}

enum status isp_show_comment(struct call *call, const struct reply *reply, struct isp_comment *out) {
  struct file *files = NULL;
  size_t count = 0;
  struct people people;
  TRY(load_people(call, reply, 1, NULL, 0, &people));
  if (reply->file_count > 0) {
    TRY(file_list(&call->ctx, reply->ticket_id, &files, &count));
  }
  *out = show_comment(call, reply, &people, files, count);
  return STATUS_OK;
}

/* ---- history ---- */

static struct str action_word(struct call *call, const struct activity *activity) {
  static const char *const words[] = {
      [ACTIVITY_CREATED] = "created",
      [ACTIVITY_STATUS] = "status_changed",
      [ACTIVITY_ASSIGNED] = "assigned",
      [ACTIVITY_REPLIED] = "commented",
      [ACTIVITY_REMOVED] = "deleted",
      [ACTIVITY_RESTORED] = "restored",
      [ACTIVITY_SLA_STARTED] = "sla_started",
      [ACTIVITY_SLA_PAUSED] = "sla_paused",
      [ACTIVITY_SLA_RESUMED] = "sla_resumed",
      [ACTIVITY_SLA_STOPPED] = "sla_stopped",
      [ACTIVITY_SLA_CHANGED] = "sla_changed",
      [ACTIVITY_SLA_WARNED] = "sla_warned",
      [ACTIVITY_SLA_BREACHED] = "sla_breached",
      [ACTIVITY_NOTE] = "note",
      [ACTIVITY_RATED] = "rated",
  };
  if (activity->action == ACTIVITY_CHANGED) {
    bool is_type = str_is(activity->field, "work_type");
    return is_type ? STR("type_changed")
                   : str_format(call->ctx.arena, "%.*s_changed", STR_ARG(activity->field));
  }
  bool known = activity->action > 0 && (size_t)activity->action < sizeof words / sizeof *words;
  return known ? str_of(words[activity->action]) : STR_NONE;
}

static struct list show_history(struct call *call, const struct activity *activities, size_t count,
                                const struct people *people) {
  struct isp_history_entry *entries = ARENA_ARRAY(call->ctx.arena, struct isp_history_entry, count);
  for (size_t i = 0; i < count; i++) {
    entries[i] = (struct isp_history_entry){
        .id = activities[i].uuid,
        .action = action_word(call, &activities[i]),
        .old_value = activities[i].old_value,
        .new_value = activities[i].new_value,
        .user = show_user(call, people, activities[i].actor_id),
        .created_at = activities[i].created_at,
    };
  }
  return (struct list){entries, count};
}

/* ---- GET /api/tickets/:id ---- */

static enum status fill(struct call *call, const struct ticket *ticket, struct isp_ticket_detail *out) {
  struct ctx *ctx = &call->ctx;
  struct file *files = NULL;
  struct reply *replies = NULL;
  struct activity *activities = NULL;
  size_t file_count = 0;
  size_t reply_count = 0;
  size_t activity_count = 0;
  struct isp_ticket *shown = NULL;
  struct people people;
  TRY(isp_show_tickets(call, ticket, 1, &shown));
  TRY(file_list(ctx, ticket->id, &files, &file_count));
  TRY(call_or_slow(call, reply_list(ctx, ticket->id, &replies, &reply_count)));
  TRY(call_or_slow(call, activity_list(ctx, ticket->id, &activities, &activity_count)));
  TRY(load_people(call, replies, reply_count, activities, activity_count, &people));
  struct isp_comment *comments = ARENA_ARRAY(ctx->arena, struct isp_comment, reply_count);
  for (size_t i = 0; i < reply_count; i++) {
    comments[i] = show_comment(call, &replies[i], &people, files, file_count);
  }
  *out = (struct isp_ticket_detail){
      .ticket = *shown,
      .attachments = show_files(call, files, file_count, 0),
      .comments = {comments, reply_count},
      .history = show_history(call, activities, activity_count, &people),
  };
  return STATUS_OK;
}

enum status isp_ticket_get(struct call *call) {
  call_widen(call);
  struct isp_ticket_detail_answer *answer = ARENA_NEW(call->ctx.arena, struct isp_ticket_detail_answer);
  struct isp_ticket_detail *detail = ARENA_NEW(call->ctx.arena, struct isp_ticket_detail);
  struct uuid uuid;
  struct ticket ticket;
  TRY(isp_id(call, 0, &uuid));
  TRY(ticket_get(&call->ctx, uuid, &ticket));
  TRY(fill(call, &ticket, detail));
  answer->ticket = detail;
  return isp_answer(call, 200, &isp_ticket_detail_answer_out, answer);
}
