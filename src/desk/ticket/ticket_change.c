#include <math.h>

#include "desk/event/event.h"
#include "desk/ticket/ticket_internal.h"

/* A ticket's fields. */

enum { HISTORY_POINTS_MAX = 1000 };

struct changing {
  struct uuid uuid;
  const struct ticket_change *change;
  struct ticket before, after;
};

/* ---- who may what ---- */

static bool staff_only(const struct ticket_change *change) {
  return change->has_category || change->has_priority || change->has_work_type;
}

static bool may_change(const struct who *who, const struct ticket *ticket,
                       const struct ticket_change *change) {
  if (!ticket_in_scope(who, ticket, MAY_TICKET_CHANGE)) {
    return false;
  }
  switch (access_scope(who->role, MAY_TICKET_CHANGE)) {
    case SCOPE_ALL:
      return true;
    case SCOPE_ASSIGNED:
      return !staff_only(change) && !change->has_title;
    case SCOPE_OWN:
      return !staff_only(change) && !change->has_schedule && ticket->status == TICKET_NEW;
    default:
      return false;
  }
}

static bool names_nothing(const struct ticket_change *change) {
  return !staff_only(change) && !change->has_title && !change->has_description && !change->has_place &&
         !change->has_schedule;
}

/* ---- the history, in the desk's words ---- */

static struct str category_word(int category) {
  static const char *const words[] = {[CATEGORY_BILLING] = "billing",
                                      [CATEGORY_TECHNICAL] = "technical",
                                      [CATEGORY_ACCOUNT] = "account",
                                      [CATEGORY_SERVICE] = "service"};
  return str_of(words[category]);
}

static struct str priority_word(int priority) {
  static const char *const words[] = {[PRIORITY_LOW] = "low",
                                      [PRIORITY_NORMAL] = "normal",
                                      [PRIORITY_HIGH] = "high",
                                      [PRIORITY_CRITICAL] = "critical",
                                      [PRIORITY_EMERGENCY] = "emergency"};
  return str_of(words[priority]);
}

static struct str work_type_word(int work_type) {
  static const char *const words[] = {
      [WORK_NONE] = "none",       [WORK_NEW_INSTALLATION] = "new_installation",
      [WORK_REPAIR] = "repair",   [WORK_MAINTENANCE] = "maintenance",
      [WORK_UPGRADE] = "upgrade", [WORK_DISCONNECTION] = "disconnection"};
  return str_of(words[work_type]);
}

static struct str place_text(struct ctx *ctx, const struct ticket *ticket) {
  return isnan(ticket->latitude) ? STR_NONE
                                 : str_format(ctx->arena, "%.7g,%.7g", ticket->latitude, ticket->longitude);
}

/* The ticket has the whole text; its history must stay readable. */
static struct str long_text(struct ctx *ctx, struct str text) {
  if (str_points(text) <= HISTORY_POINTS_MAX) {
    return text;
  }
  struct str cut = str_cut_words(text, HISTORY_POINTS_MAX);
  return str_format(ctx->arena, "%.*s …", STR_ARG(cut));
}

static bool same_place(const struct ticket *a, const struct ticket *b) {
  return (isnan(a->latitude) && isnan(b->latitude)) ||
         (a->latitude == b->latitude && a->longitude == b->longitude);
}

/* An entry for each field that became another. */
static enum status record_fields(struct ctx *ctx, const struct ticket *before, const struct ticket *after,
                                 bool *changed) {
  const struct {
    const char *field;
    bool same;
    struct str old_text, new_text;
  } fields[] = {
      {"title", str_equal(before->title, after->title), before->title, after->title},
      {"description", str_equal(before->description, after->description), long_text(ctx, before->description),
       long_text(ctx, after->description)},
      {"category", before->category == after->category, category_word(before->category),
       category_word(after->category)},
      {"priority", before->priority == after->priority, priority_word(before->priority),
       priority_word(after->priority)},
      {"work_type", before->work_type == after->work_type, work_type_word(before->work_type),
       work_type_word(after->work_type)},
      {"location", same_place(before, after), place_text(ctx, before), place_text(ctx, after)},
      {"scheduled_at", before->scheduled_at == after->scheduled_at,
       ticket_time_text(ctx, before->scheduled_at), ticket_time_text(ctx, after->scheduled_at)},
  };
  *changed = false;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    if (!fields[i].same) {
      TRY(activity_add_change(ctx, after->tenant_id, after->id, fields[i].field, fields[i].old_text,
                              fields[i].new_text));
      *changed = true;
    }
  }
  return STATUS_OK;
}

/* ---- the change ---- */

static void apply(const struct ticket_change *change, struct ticket *ticket) {
  if (change->has_title) {
    ticket->title = change->title;
  }
  if (change->has_description) {
    ticket->description = change->description;
  }
  if (change->has_category) {
    ticket->category = (int)change->category;
  }
  if (change->has_priority) {
    ticket->priority = (int)change->priority;
  }
  if (change->has_work_type) {
    ticket->work_type = (int)change->work_type;
  }
  if (change->has_place) {
    ticket->latitude = change->latitude;
    ticket->longitude = change->longitude;
  }
  if (change->has_schedule) {
    ticket->scheduled_at = change->scheduled_at;
  }
}

static enum status change_run(struct ctx *ctx, void *arg) {
  struct changing *changing = arg;
  const struct ticket *before = &changing->before;
  struct ticket *after = &changing->after;
  TRY(ticket_load(ctx, changing->uuid, true, &changing->before));
  if (!ticket_visible(ctx->who, before)) {
    return problem_set(ctx, &ticket_not_found);
  }
  *after = *before;
  if (names_nothing(changing->change)) {
    return STATUS_OK;
  }
  if (!may_change(ctx->who, before, changing->change)) {
    return problem_set(ctx, &ticket_forbidden);
  }
  apply(changing->change, after);
  bool changed = false;
  TRY(record_fields(ctx, before, after, &changed));
  if (!changed) {
    return STATUS_OK;
  }
  after->updated_at = ctx->now_us;
  TRY(ticket_add_event(ctx, after, (struct event){.kind = EVENT_TICKET_CHANGED}));
  if (before->priority != after->priority || before->category != after->category) {
    TRY(ticket_update_clocks(ctx, after));
  }
  return ticket_write(ctx, before, after);
}

/* All faults at once. */
static enum status check_change(struct ctx *ctx, const struct ticket_change *change) {
  bool no_place = isnan(change->latitude) && isnan(change->longitude);
  const enum status found[] = {
      change->has_title ? ticket_check_title(ctx, change->title) : STATUS_OK,
      change->has_description ? ticket_check_text(ctx, STR("description"), change->description) : STATUS_OK,
      change->has_category ? ticket_check_range(ctx, STR("category"), (int)change->category, CATEGORY_BILLING,
                                                CATEGORY_SERVICE)
                           : STATUS_OK,
      change->has_priority
          ? ticket_check_range(ctx, STR("priority"), (int)change->priority, PRIORITY_LOW, PRIORITY_EMERGENCY)
          : STATUS_OK,
      change->has_work_type ? ticket_check_range(ctx, STR("work_type"), (int)change->work_type,
                                                 WORK_NEW_INSTALLATION, WORK_DISCONNECTION)
                            : STATUS_OK,
      change->has_place && !no_place ? ticket_check_place(ctx, change->latitude, change->longitude)
                                     : STATUS_OK,
  };
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    TRY(found[i]);
  }
  return STATUS_OK;
}

enum status ticket_change(struct ctx *ctx, struct uuid uuid, const struct ticket_change *change,
                          struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  TRY(check_change(ctx, change));
  struct changing changing = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, change_run, &changing));
  *out = changing.after;
  return STATUS_OK;
}
