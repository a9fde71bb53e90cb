#include <stdlib.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

enum { PURGE_MAX = 1000 };

struct removal {
  struct uuid uuid;
  bool author_only;
  struct ticket ticket;
};

/* The mark, its history, event and counters. What comes back missed the changes of targets meanwhile. */
static enum status write_removal(struct ctx *ctx, const struct ticket *before, struct ticket *after) {
  bool removed = after->removed_at != 0;
  const struct ticket_update_removed_in in = {
      .id = after->id,
      .removed_at = after->removed_at,
      .removed_by = after->removed_by,
      .updated_at = after->updated_at,
  };
  TRY(sql_ticket_update_removed(ctx, &in, NULL));
  TRY(ticket_record(ctx, after, removed ? ACTIVITY_REMOVED : ACTIVITY_RESTORED, STR_NONE, STR_NONE,
                    (struct event){.kind = removed ? EVENT_TICKET_REMOVED : EVENT_TICKET_RESTORED}));
  if (removed) {
    return ticket_count_move(ctx, before, after);
  }
  TRY(ticket_update_clocks(ctx, after));
  return ticket_write(ctx, before, after);
}

/* Authors of any role that removes tickets at all. */
static bool may_remove_own(const struct who *who, const struct ticket *ticket) {
  return ticket->author_id == who->account_id && access_scope(who->role, MAY_TICKET_REMOVE) != SCOPE_NONE;
}

static enum status remove_run(struct ctx *ctx, void *arg) {
  struct removal *removal = arg;
  struct ticket before;
  TRY(ticket_load(ctx, removal->uuid, true, &before));
  if (before.removed_at != 0) {
    return problem_set(ctx, &ticket_not_found);
  }
  if (!may_remove_own(ctx->who, &before)) {
    if (!removal->author_only && !ticket_visible(ctx->who, &before)) {
      return problem_set(ctx, &ticket_not_found);
    }
    if (removal->author_only || access_scope(ctx->who->role, MAY_TICKET_REMOVE) != SCOPE_ALL) {
      return problem_set(ctx, &ticket_forbidden);
    }
  }
  removal->ticket = before;
  removal->ticket.removed_at = ctx->now_us;
  removal->ticket.removed_by = ctx->who->account_id;
  removal->ticket.updated_at = ctx->now_us;
  return write_removal(ctx, &before, &removal->ticket);
}

enum status ticket_remove(struct ctx *ctx, struct uuid uuid, bool author_only, struct ticket *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN)); /* what may not be seen is not found, before what may not be done */
  struct removal removal = {.uuid = uuid, .author_only = author_only};
  TRY(db_write(ctx, remove_run, &removal));
  *out = removal.ticket;
  return STATUS_OK;
}

static enum status restore_run(struct ctx *ctx, void *arg) {
  struct removal *removal = arg;
  const struct who *who = ctx->who;
  struct ticket before;
  TRY(ticket_load(ctx, removal->uuid, true, &before));
  bool any = access_scope(who->role, MAY_TICKET_REMOVE) == SCOPE_ALL;
  if (!any && !may_remove_own(who, &before)) {
    return problem_set(ctx, ticket_visible(who, &before) ? &ticket_forbidden : &ticket_not_found);
  }
  removal->ticket = before;
  if (before.removed_at == 0) {
    return STATUS_OK;
  }
  if (!any && before.removed_by != who->account_id) {
    return problem_set(ctx, &ticket_forbidden);
  }
  removal->ticket.removed_at = 0;
  removal->ticket.removed_by = 0;
  removal->ticket.updated_at = ctx->now_us;
  return write_removal(ctx, &before, &removal->ticket);
}

enum status ticket_restore(struct ctx *ctx, struct uuid uuid, struct ticket *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct removal removal = {.uuid = uuid};
  TRY(db_write(ctx, restore_run, &removal));
  *out = removal.ticket;
  return STATUS_OK;
}

/* ---- the clean-up ---- */

struct purge {
  const struct db_ints *statuses;
  int64_t before_us, max, removed;
};

struct candidate {
  int64_t id, status;
};

static int compare_ids(const void *left, const void *right) {
  const struct candidate *a = left, *b = right;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* At most purge->max, in the order of their ids: two purges at once then wait for each other and never both.
 */
static enum status find_candidates(struct ctx *ctx, const struct purge *purge, struct candidate *out,
                                   size_t *count) {
  size_t n = 0;
  for (unsigned i = 0; i < purge->statuses->count && i < DB_INTS_MAX; i++) {
    const struct ticket_purge_candidates_in in = {
        .status = purge->statuses->values[i],
        .before_at = purge->before_us,
        .limit = purge->max - (int64_t)n,
    };
    struct ticket_purge_candidates_row *rows = NULL;
    size_t found = 0;
    TRY(sql_ticket_purge_candidates_all(ctx, &in, (size_t)in.limit, &rows, &found));
    for (size_t j = 0; j < found; j++) {
      out[n++] = (struct candidate){rows[j].id, in.status};
    }
  }
  qsort(out, n, sizeof *out, compare_ids);
  *count = n;
  return STATUS_OK;
}

static enum status purge_one(struct ctx *ctx, struct purge *purge, const struct candidate *candidate) {
  struct ticket before;
  TRY(ticket_load_id(ctx, candidate->id, &before));
  if (before.removed_at != 0 || before.status != candidate->status || before.resolved_at == 0 ||
      before.resolved_at >= purge->before_us) {
    return STATUS_OK; /* somebody was faster, or the status stood twice in the set */
  }
  struct ticket after = before;
  after.removed_at = ctx->now_us;
  after.removed_by = 0;
  after.updated_at = ctx->now_us;
  purge->removed++;
  return write_removal(ctx, &before, &after);
}

static enum status purge_run(struct ctx *ctx, void *arg) {
  struct purge *purge = arg;
  struct candidate *found = ARENA_ARRAY(ctx->arena, struct candidate, (size_t)purge->max);
  size_t n = 0;
  TRY(find_candidates(ctx, purge, found, &n));
  purge->removed = 0;
  for (size_t i = 0; i < n; i++) {
    TRY(purge_one(ctx, purge, &found[i]));
  }
  return STATUS_OK;
}

enum status ticket_purge(struct ctx *ctx, const struct db_ints *statuses, int64_t before_us, int64_t max,
                         int64_t *removed) {
  struct purge purge = {
      .statuses = statuses, .before_us = before_us, .max = max < PURGE_MAX ? max : PURGE_MAX};
  /* An empty set would mean "any status" to the statement; nobody asks to remove that. */
  if (statuses->count == 0 || purge.max <= 0) {
    *removed = 0;
    return STATUS_OK;
  }
  const struct who *caller = ctx->who;
  ctx->who = NULL; /* the system does it, whoever asked */
  enum status status = db_write(ctx, purge_run, &purge);
  ctx->who = caller;
  TRY(status);
  *removed = purge.removed;
  return STATUS_OK;
}
