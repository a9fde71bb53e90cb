#include "desk/ticket/ticket_day.h"

#include <string.h>

#include "base/time.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket_internal.h"

/* What happened on each day of the tenant's time zone. Changes are told by the quarter of an hour, and become
 * days when they are written, with the zone read once: every zone's day begins with a quarter. */
enum { FIELD_COUNT = sizeof(struct ticket_day_sums) / sizeof(int64_t), REBUILD_STEP = 5000 };

int64_t ticket_quarter(int64_t time_us) {
  return time_us / TICKET_QUARTER_US - (time_us % TICKET_QUARTER_US < 0);
}

/* ---- what a ticket adds ---- */

static struct ticket_day_sums sums_of_solved(const struct ticket *ticket) {
  int64_t due_at = ticket->sla.resolve_due_at;
  bool timed = ticket->assigned_at != 0 && ticket->assigned_at <= ticket->resolved_at;
  return (struct ticket_day_sums){
      .resolved = 1,
      .on_time = due_at == 0 || ticket->resolved_at <= due_at,
      .first_call = ticket->assignee_id != 0 && ticket->assignee_id == ticket->first_assignee_id &&
                    ticket->reopened_count == 0,
      .timed = timed,
      .work_us = timed ? ticket->resolved_at - ticket->assigned_at : 0,
      .ratings = ticket->rating != 0,
      .rating_sum = ticket->rating,
  };
}

static enum status tell_sums(struct ctx *ctx, const struct ticket *ticket, int64_t technician_id,
                             int64_t at_us, const struct ticket_day_sums *sums, int64_t by) {
  int64_t fields[FIELD_COUNT];
  memcpy(fields, sums, sizeof fields);
  int64_t quarter = ticket_quarter(at_us);
  for (int field = 0; field < FIELD_COUNT; field++) {
    if (fields[field] != 0) {
      TRY(ticket_tell_day(ctx, ticket, technician_id, quarter, field, by * fields[field]));
    }
  }
  return STATUS_OK;
}

enum status ticket_days_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) {
  const struct ticket_day_sums created = {.created = 1};
  TRY(tell_sums(ctx, ticket, 0, ticket->created_at, &created, by));
  bool is_solved = ticket->status == TICKET_RESOLVED || ticket->status == TICKET_CLOSED;
  if (!is_solved || ticket->resolved_at == 0) {
    return STATUS_OK;
  }
  const struct ticket_day_sums sums = sums_of_solved(ticket);
  TRY(tell_sums(ctx, ticket, 0, ticket->resolved_at, &sums, by));
  return ticket->assignee_id != 0
             ? tell_sums(ctx, ticket, ticket->assignee_id, ticket->resolved_at, &sums, by)
             : STATUS_OK;
}

/* ---- writing ---- */

static enum status add_day(struct ctx *ctx, int64_t tenant_id, int64_t technician_id, int64_t day,
                           const int64_t fields[FIELD_COUNT]) {
  struct ticket_day_sums sums;
  memcpy(&sums, fields, sizeof sums);
  const struct ticket_day_add_in in = {
      .tenant_id = tenant_id,
      .technician_id = technician_id,
      .day = day,
      .slot = ticket_sums_slot(ctx->db),
      .created = sums.created,
      .resolved = sums.resolved,
      .on_time = sums.on_time,
      .first_call = sums.first_call,
      .timed = sums.timed,
      .work_us = sums.work_us,
      .ratings = sums.ratings,
      .rating_sum = sums.rating_sum,
  };
  return sql_ticket_day_add(ctx, &in, NULL);
}

enum status ticket_days_write(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  struct ticket_sums_zone_row zone = {0};
  for (size_t i = 0; i < count;) {
    const int64_t *first = sums[i].key;
    if (i == 0 || first[1] != sums[i - 1].key[1]) {
      TRY(sql_ticket_sums_zone(ctx, &(struct ticket_sums_zone_in){first[1]}, &zone));
    }
    int64_t day = time_local_day(first[3] * TICKET_QUARTER_US, zone.timezone.at);
    int64_t end_us = time_day_start(day + 1, zone.timezone.at);
    int64_t fields[FIELD_COUNT] = {0};
    while (i < count && sums[i].key[1] == first[1] && sums[i].key[2] == first[2] &&
           sums[i].key[3] * TICKET_QUARTER_US < end_us) {
      fields[sums[i].key[4]] += sums[i].sum;
      i++;
    }
    TRY(add_day(ctx, first[1], first[2], day, fields));
  }
  return STATUS_OK;
}

/* ---- reading ---- */

#define SUMS_OF(row)                                                                   \
  {                                                                                    \
    .created = (row)->created, .resolved = (row)->resolved, .on_time = (row)->on_time, \
    .first_call = (row)->first_call, .timed = (row)->timed, .work_us = (row)->work_us, \
    .ratings = (row)->ratings, .rating_sum = (row)->rating_sum                         \
  }

enum status ticket_days_sum(struct ctx *ctx, int64_t technician_id, int64_t day_from, int64_t day_to,
                            struct ticket_day_sums *out) {
  const struct ticket_day_sum_in in = {.tenant_id = ctx->who->tenant_id,
                                       .technician_id = technician_id,
                                       .day_from = day_from,
                                       .day_to = day_to};
  struct ticket_day_sum_row row;
  TRY(db_flush(ctx));
  TRY(sql_ticket_day_sum(ctx, &in, &row));
  *out = (struct ticket_day_sums)SUMS_OF(&row);
  return STATUS_OK;
}

enum status ticket_days_each(struct ctx *ctx, int64_t technician_id, int64_t day_from, int64_t day_to,
                             struct ticket_day **out, size_t *count) {
  const struct ticket_day_list_in in = {.tenant_id = ctx->who->tenant_id,
                                        .technician_id = technician_id,
                                        .day_from = day_from,
                                        .day_to = day_to,
                                        .limit = TICKET_DAYS_MAX};
  struct ticket_day_list_row *rows = NULL;
  size_t found = 0;
  TRY(db_flush(ctx));
  TRY(sql_ticket_day_list_all(ctx, &in, TICKET_DAYS_MAX, &rows, &found));
  struct ticket_day *days = ARENA_ARRAY(ctx->arena, struct ticket_day, found);
  for (size_t i = 0; i < found; i++) {
    days[i] = (struct ticket_day){rows[i].day, SUMS_OF(&rows[i])};
  }
  *out = days;
  *count = found;
  return STATUS_OK;
}

enum status ticket_days_technicians(struct ctx *ctx, int64_t day_from, int64_t day_to,
                                    struct ticket_day_technician **out, size_t *count) {
  const struct ticket_day_technicians_in in = {.tenant_id = ctx->who->tenant_id,
                                               .day_from = day_from,
                                               .day_to = day_to,
                                               .limit = TICKET_DAY_TECHNICIANS_MAX};
  struct ticket_day_technicians_row *rows = NULL;
  size_t found = 0;
  TRY(db_flush(ctx));
  TRY(sql_ticket_day_technicians_all(ctx, &in, TICKET_DAY_TECHNICIANS_MAX, &rows, &found));
  struct ticket_day_technician *people = ARENA_ARRAY(ctx->arena, struct ticket_day_technician, found);
  for (size_t i = 0; i < found; i++) {
    people[i] = (struct ticket_day_technician){rows[i].technician_id, SUMS_OF(&rows[i])};
  }
  *out = people;
  *count = found;
  return STATUS_OK;
}

/* ---- making them anew ---- */

struct rebuild {
  int64_t tenant_id;
  bool with_ids; /* the blocks by ids alone, which no time zone changes */
  int64_t last_id;
  size_t seen;
};

static struct ticket what_counts(const struct ticket_sums_walk_row *row) {
  return (struct ticket){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .author_id = row->author_id,
      .assignee_id = row->assignee_id,
      .status = (int)row->status,
      .priority = (int)row->priority,
      .category = (int)row->category,
      .work_type = (int)row->work_type,
      .created_at = row->created_at,
      .scheduled_at = row->scheduled_at,
      .resolved_at = row->resolved_at,
      .assigned_at = row->assigned_at,
      .first_assignee_id = row->first_assignee_id,
      .reopened_count = row->reopened_count,
      .rating = row->rating,
      .sla = {.resolve_due_at = row->resolve_due_at, .marks = row->sla_marks},
  };
}

static enum status tell_again(struct ctx *ctx, void *arg, const void *row) {
  struct rebuild *rebuild = arg;
  const struct ticket ticket = what_counts(row);
  rebuild->last_id = ticket.id;
  rebuild->seen++;
  TRY(rebuild->with_ids ? ticket_blocks_tell(ctx, &ticket, 1) : STATUS_OK);
  TRY(ticket_schedule_tell(ctx, &ticket, 1));
  return ticket_days_tell(ctx, &ticket, 1);
}

/* Under the tenant's lock: whoever changes one of its tickets meanwhile waits with what it adds to the sums,
 * and adds it to the new ones. The tickets pass in steps, so that no more than a step is in memory. */
static enum status rebuild_run(struct ctx *ctx, void *arg) {
  struct rebuild *rebuild = arg;
  TRY(tenant_lock(ctx, rebuild->tenant_id));
  TRY(db_flush(ctx));
  TRY(sql_ticket_day_clear(ctx, &(struct ticket_day_clear_in){rebuild->tenant_id}, NULL));
  const struct ticket_block_clear_in blocks = {rebuild->tenant_id,
                                               rebuild->with_ids ? BLOCK_SMALL : BLOCK_DAY};
  TRY(sql_ticket_block_clear(ctx, &blocks, NULL));
  rebuild->last_id = 0;
  do {
    const struct ticket_sums_walk_in in = {
        .tenant_id = rebuild->tenant_id, .after_id = rebuild->last_id, .limit = REBUILD_STEP};
    rebuild->seen = 0;
    TRY(sql_ticket_sums_walk_each(ctx, &in, tell_again, rebuild));
    TRY(db_flush(ctx));
  } while (rebuild->seen == REBUILD_STEP);
  return rebuild->with_ids
             ? sql_ticket_sums_made(ctx, &(struct ticket_sums_made_in){rebuild->tenant_id}, NULL)
             : STATUS_OK;
}

enum status ticket_sums_rebuild(struct ctx *ctx, int64_t tenant_id) {
  return db_write(ctx, rebuild_run, &(struct rebuild){.tenant_id = tenant_id, .with_ids = true});
}

enum status ticket_days_rebuild(struct ctx *ctx, int64_t tenant_id) {
  return db_write(ctx, rebuild_run, &(struct rebuild){.tenant_id = tenant_id});
}

enum status ticket_sums_repair(struct ctx *ctx) {
  for (;;) {
    struct ticket_sums_missing_row missing;
    enum status status = sql_ticket_sums_missing(ctx, &missing);
    if (status == STATUS_NOT_FOUND) {
      return STATUS_OK;
    }
    TRY(status);
    TRY(ticket_sums_rebuild(ctx, missing.tenant_id));
  }
}
