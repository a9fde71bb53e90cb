#include "desk/notice/notice.h"

#include "base/time.h"
#include "desk/access/access.h"
#include "desk/statements.h"

const struct problem_kind notice_not_found = {STATUS_NOT_FOUND, "notice_not_found",
                                              "There is no such notification."};

enum { NOTICE_STAFF_MAX = 200, NOTICE_LIST_MAX = 1000, NOTICE_CROWDED_MAX = 100 };
#define NOTICE_AGE_MAX_US (180 * TIME_DAY_US)

static struct notice notice_from_row(const struct notice_row *row) {
  return (struct notice){
      .id = row->id,
      .txn = row->txn,
      .uuid = row->uuid,
      .tenant_id = row->tenant_id,
      .account_id = row->account_id,
      .kind = (int)row->kind,
      .ticket_id = row->ticket_id,
      .ticket_uuid = row->ticket_uuid,
      .ticket_created_at = row->ticket_created_at,
      .ticket_title = row->ticket_title,
      .item_id = row->item_id,
      .item_uuid = row->item_uuid,
      .item_name = row->item_name,
      .actor_name = row->actor_name,
      .value = row->value,
      .created_at = row->created_at,
      .read_at = row->read_at,
  };
}

static struct notice *notices_from_rows(struct arena *arena, const struct notice_row *rows, size_t count) {
  struct notice *notices = ARENA_ARRAY(arena, struct notice, count);
  for (size_t i = 0; i < count; i++) {
    notices[i] = notice_from_row(&rows[i]);
  }
  return notices;
}

/* ---- telling ---- */

enum status notice_add(struct ctx *ctx, int64_t account_id, const struct notice_new *new_notice) {
  int64_t actor_id = ctx->who != NULL ? ctx->who->account_id : 0;
  if (account_id == 0 || account_id == actor_id) {
    return STATUS_OK;
  }
  const struct notice_insert_in in = {
      .tenant_id = new_notice->tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .account_id = account_id,
      .kind = new_notice->kind,
      .ticket_id = new_notice->ticket_id,
      .item_id = new_notice->item_id,
      .actor_id = actor_id,
      .value = new_notice->value,
      .created_at = ctx->now_us,
  };
  db_ring(ctx);
  return sql_notice_insert(ctx, &in, NULL);
}

enum status notice_add_staff(struct ctx *ctx, int role_from, int64_t but_account_id,
                             const struct notice_new *new_notice) {
  const struct notice_staff_in in = {
      .tenant_id = new_notice->tenant_id, .role_from = role_from, .limit = NOTICE_STAFF_MAX};
  struct notice_staff_row *staff = NULL;
  size_t count = 0;
  TRY(sql_notice_staff_all(ctx, &in, NOTICE_STAFF_MAX, &staff, &count));
  for (size_t i = 0; i < count; i++) {
    if (staff[i].id != but_account_id) {
      TRY(notice_add(ctx, staff[i].id, new_notice));
    }
  }
  return STATUS_OK;
}

/* ---- the caller's own ---- */

/* Runs what reads or marks the caller's own notices. The operator's staff have some in tenants where they
 * acted. */
static enum status on_own(struct ctx *ctx, db_command command, void *arg) {
  int64_t before = db_act_in(ctx->db, ctx->who->operator_staff ? DB_SYSTEM : ctx->who->home_tenant_id);
  enum status status = command(ctx, arg);
  db_act_in(ctx->db, before);
  return status;
}

struct listing {
  const struct notice_filter *filter;
  struct notice_row *rows;
  size_t count;
  int64_t total;
};

static enum status list_own(struct ctx *ctx, void *arg) {
  struct listing *listing = arg;
  const struct notice_filter *filter = listing->filter;
  const struct notice_page_in in = {
      .account_id = ctx->who->account_id,
      .unread = filter->read == NOTICE_UNREAD,
      .was_read = filter->read == NOTICE_READ,
      .kind = filter->kind,
      .skip = filter->skip,
      .limit = filter->limit < NOTICE_LIST_MAX ? filter->limit : NOTICE_LIST_MAX,
  };
  const struct notice_total_in all = {
      .account_id = in.account_id, .unread = in.unread, .was_read = in.was_read, .kind = in.kind};
  struct notice_total_row found;
  TRY(sql_notice_total(ctx, &all, &found));
  TRY(sql_notice_page_all(ctx, &in, NOTICE_LIST_MAX, &listing->rows, &listing->count));
  listing->total = found.notices;
  return STATUS_OK;
}

enum status notice_list(struct ctx *ctx, const struct notice_filter *filter, struct notice **out,
                        size_t *count, int64_t *total) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct listing listing = {.filter = filter};
  TRY(on_own(ctx, list_own, &listing));
  *out = notices_from_rows(ctx->arena, listing.rows, listing.count);
  *count = listing.count;
  *total = listing.total;
  return STATUS_OK;
}

static enum status count_unread(struct ctx *ctx, void *arg) {
  int64_t *count = arg;
  const struct notice_total_in in = {.account_id = ctx->who->account_id, .unread = 1};
  struct notice_total_row found;
  TRY(sql_notice_total(ctx, &in, &found));
  *count = found.notices;
  return STATUS_OK;
}

enum status notice_unread(struct ctx *ctx, int64_t *count) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  return on_own(ctx, count_unread, count);
}

static enum status tell_read(struct ctx *ctx, int64_t notice_id) {
  return event_add(ctx, &(struct event){.tenant_id = ctx->who->home_tenant_id,
                                        .kind = EVENT_NOTICE_READ,
                                        .account_id = ctx->who->account_id,
                                        .new_value = notice_id});
}

struct reading {
  struct uuid uuid;
  struct notice notice;
  int64_t changed;
};

static enum status read_one(struct ctx *ctx, void *arg) {
  struct reading *reading = arg;
  const struct notice_by_uuid_in in = {.account_id = ctx->who->account_id, .uuid = reading->uuid};
  struct notice_row row;
  enum status status = sql_notice_by_uuid(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &notice_not_found);
  }
  TRY(status);
  reading->notice = notice_from_row(&row);
  TRY(sql_notice_mark(ctx, &(struct notice_mark_in){row.id, ctx->now_us}, &reading->changed));
  if (reading->changed == 0) {
    return STATUS_OK;
  }
  reading->notice.read_at = ctx->now_us;
  return tell_read(ctx, row.id);
}

static enum status read_one_own(struct ctx *ctx, void *arg) {
  return on_own(ctx, read_one, arg);
}

enum status notice_read(struct ctx *ctx, struct uuid uuid, struct notice *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct reading reading = {.uuid = uuid};
  TRY(db_write(ctx, read_one_own, &reading));
  *out = reading.notice;
  return STATUS_OK;
}

static enum status read_all(struct ctx *ctx, void *arg) {
  int64_t *changed = arg;
  TRY(sql_notice_mark_all(ctx, &(struct notice_mark_all_in){ctx->who->account_id, ctx->now_us}, changed));
  return *changed == 0 ? STATUS_OK : tell_read(ctx, 0);
}

static enum status read_all_own(struct ctx *ctx, void *arg) {
  return on_own(ctx, read_all, arg);
}

enum status notice_read_all(struct ctx *ctx, int64_t *changed) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  int64_t n = 0;
  TRY(db_write(ctx, read_all_own, &n));
  *changed = n;
  return STATUS_OK;
}

/* ---- following ---- */

enum status notice_horizon(struct ctx *ctx, struct event_position *out) {
  struct notice_horizon_row row;
  TRY(sql_notice_horizon(ctx, &row));
  *out = (struct event_position){row.txn, row.id};
  return STATUS_OK;
}

struct following {
  int64_t account_id; /* 0 everybody's */
  struct event_position after, next;
  int64_t limit;
  struct notice_row *rows;
  size_t count;
};

/* Rows and horizon in one view of the store: nothing can be committed between them. */
static enum status follow(struct ctx *ctx, void *arg) {
  struct following *following = arg;
  struct event_position after = following->after;
  if (following->account_id != 0) {
    const struct notice_own_after_in in = {following->account_id, after.txn, after.id, following->limit};
    TRY(sql_notice_own_after_all(ctx, &in, NOTICE_LIST_MAX, &following->rows, &following->count));
  } else {
    const struct notice_any_after_in in = {after.txn, after.id, following->limit};
    TRY(sql_notice_any_after_all(ctx, &in, NOTICE_LIST_MAX, &following->rows, &following->count));
  }
  if ((int64_t)following->count < following->limit) {
    return notice_horizon(ctx, &following->next);
  }
  const struct notice_row *last = &following->rows[following->count - 1];
  following->next = (struct event_position){last->txn, last->id};
  return STATUS_OK;
}

static enum status follow_some(struct ctx *ctx, int64_t account_id, const struct event_position *after,
                               int64_t limit, struct notice **out, size_t *count,
                               struct event_position *next) {
  if (limit > NOTICE_LIST_MAX) {
    limit = NOTICE_LIST_MAX;
  }
  struct following following = {.account_id = account_id, .after = *after, .limit = limit > 0 ? limit : 1};
  TRY(db_read(ctx, follow, &following));
  *out = notices_from_rows(ctx->arena, following.rows, following.count);
  *count = following.count;
  *next = following.next;
  return STATUS_OK;
}

enum status notice_follow(struct ctx *ctx, const struct event_position *after, int64_t limit,
                          struct notice **out, size_t *count, struct event_position *next) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  int64_t before = db_act_in(ctx->db, ctx->who->operator_staff ? DB_SYSTEM : ctx->who->home_tenant_id);
  enum status status = follow_some(ctx, ctx->who->account_id, after, limit, out, count, next);
  db_act_in(ctx->db, before);
  return status;
}

enum status notice_follow_all(struct ctx *ctx, const struct event_position *after, int64_t limit,
                              struct notice **out, size_t *count, struct event_position *next) {
  return follow_some(ctx, 0, after, limit, out, count, next);
}

/* ---- sweeping ---- */

struct sweep {
  int64_t max, dropped;
  struct notice_crowded_row *crowded;
  size_t crowded_count;
};

static enum status sweep_run(struct ctx *ctx, void *arg) {
  struct sweep *sweep = arg;
  TRY(sql_notice_drop_old(ctx, &(struct notice_drop_old_in){ctx->now_us - NOTICE_AGE_MAX_US, sweep->max},
                          &sweep->dropped));
  for (size_t i = 0; i < sweep->crowded_count && sweep->dropped < sweep->max; i++) {
    int64_t dropped = 0;
    const struct notice_drop_surplus_in in = {sweep->crowded[i].account_id, NOTICE_KEEP,
                                              sweep->max - sweep->dropped};
    TRY(sql_notice_drop_surplus(ctx, &in, &dropped));
    sweep->dropped += dropped;
  }
  return STATUS_OK;
}

enum status notice_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) {
  struct sweep sweep = {.max = max > 0 ? max : 0};
  /* Who has too many is looked for outside of the write transaction: it reads the index whole. */
  const struct notice_crowded_in in = {.keep = NOTICE_KEEP, .limit = NOTICE_CROWDED_MAX};
  TRY(sql_notice_crowded_all(ctx, &in, NOTICE_CROWDED_MAX, &sweep.crowded, &sweep.crowded_count));
  TRY(db_write(ctx, sweep_run, &sweep));
  *dropped = sweep.dropped;
  return STATUS_OK;
}
