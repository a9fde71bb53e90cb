#include "desk/event/event.h"

#include "db/db.h"
#include "desk/statements.h"

enum { EVENT_LIST_MAX = 10000 };

enum status event_add(struct ctx *ctx, const struct event *event) {
  const struct event_insert_in in = {
      .tenant_id = event->tenant_id,
      .kind = event->kind,
      .ticket_id = event->ticket_id,
      .account_id = event->account_id,
      .old_value = event->old_value,
      .new_value = event->new_value,
      .created_at = event->created_at != 0 ? event->created_at : ctx->now_us,
  };
  db_ring(ctx);
  return sql_event_insert(ctx, &in, NULL);
}

static int64_t bounded(int64_t limit) {
  return limit < 0 ? 0 : limit < EVENT_LIST_MAX ? limit : EVENT_LIST_MAX;
}

static struct event *from_rows(struct ctx *ctx, const struct event_row *rows, size_t count) {
  struct event *events = ARENA_ARRAY(ctx->arena, struct event, count);
  for (size_t i = 0; i < count; i++) {
    events[i] = (struct event){
        .id = rows[i].id,
        .txn = rows[i].txn,
        .tenant_id = rows[i].tenant_id,
        .kind = (int)rows[i].kind,
        .ticket_id = rows[i].ticket_id,
        .account_id = rows[i].account_id,
        .old_value = rows[i].old_value,
        .new_value = rows[i].new_value,
        .created_at = rows[i].created_at,
    };
  }
  return events;
}

enum status event_list(struct ctx *ctx, int64_t after_id, int64_t limit, struct event **out, size_t *count) {
  const struct event_after_in in = {.after_id = after_id, .limit = bounded(limit)};
  struct event_row *rows = NULL;
  size_t n = 0;
  TRY(sql_event_after_all(ctx, &in, (size_t)in.limit, &rows, &n));
  *out = from_rows(ctx, rows, n);
  *count = n;
  return STATUS_OK;
}

/* ---- in the order of commits ---- */

int event_position_compare(const struct event_position *a, const struct event_position *b) {
  if (a->txn != b->txn) {
    return a->txn < b->txn ? -1 : 1;
  }
  return a->id < b->id ? -1 : a->id > b->id;
}

enum status event_horizon(struct ctx *ctx, struct event_position *out) {
  struct event_position_row row;
  TRY(sql_event_horizon(ctx, &row));
  *out = (struct event_position){row.txn, row.id};
  return STATUS_OK;
}

enum status event_newest(struct ctx *ctx, struct event_position *out) {
  struct event_position_row row;
  TRY(sql_event_newest(ctx, &row));
  *out = (struct event_position){row.txn, row.id};
  return STATUS_OK;
}

enum status event_is_ahead(struct ctx *ctx, const struct event_position *position, bool *yes) {
  struct event_position newest;
  TRY(event_newest(ctx, &newest));
  *yes = event_position_compare(position, &newest) > 0;
  return STATUS_OK;
}

static enum status follow_rows(struct ctx *ctx, int64_t tenant_id, const struct event_position *after,
                               const struct event_position *to, int64_t limit, struct event_row **rows,
                               size_t *count) {
  if (tenant_id == 0) {
    const struct event_follow_all_in in = {
        .after_txn = after->txn, .after_id = after->id, .to_txn = to->txn, .to_id = to->id, .limit = limit};
    return sql_event_follow_all_all(ctx, &in, (size_t)limit, rows, count);
  }
  const struct event_follow_tenant_in in = {.tenant_id = tenant_id,
                                            .after_txn = after->txn,
                                            .after_id = after->id,
                                            .to_txn = to->txn,
                                            .to_id = to->id,
                                            .limit = limit};
  return sql_event_follow_tenant_all(ctx, &in, (size_t)limit, rows, count);
}

enum status event_follow(struct ctx *ctx, int64_t tenant_id, const struct event_position *after,
                         int64_t limit, struct event **out, size_t *count, struct event_position *next) {
  /* The horizon first: whatever is below it stays visible to the statement that follows. */
  struct event_position horizon;
  TRY(event_horizon(ctx, &horizon));
  int64_t most = bounded(limit);
  struct event_row *rows = NULL;
  size_t n = 0;
  TRY(follow_rows(ctx, tenant_id, after, &horizon, most, &rows, &n));
  *out = from_rows(ctx, rows, n);
  *count = n;
  if (n > 0 && (int64_t)n == most) {
    *next = (struct event_position){rows[n - 1].txn, rows[n - 1].id};
    return STATUS_OK;
  }
  /* The horizon may fall back a little: the end of another database's transaction hides whose it was. */
  bool keep = most == 0;
  if (!keep && event_position_compare(after, &horizon) > 0) {
    TRY(event_is_ahead(ctx, after, &keep));
    keep = !keep;
  }
  *next = keep ? *after : horizon;
  return STATUS_OK;
}

/* Halves the range that the first such event can lie in. The times grow with the positions but for what
 * neighbours and clocks differ. */
enum status event_position_at(struct ctx *ctx, int64_t since, struct event_position *out) {
  struct event_position horizon;
  TRY(event_horizon(ctx, &horizon));
  bool by_txn = db_is_pgsql(ctx->db);
  int64_t low = 0; /* everything up to here was written before */
  int64_t high = by_txn ? horizon.txn - 1 : horizon.id;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    /* On PostgreSQL ids of any size belong to a transaction's number. */
    const struct event_first_from_in in = {.txn = by_txn ? middle + 1 : 0, .id = by_txn ? 0 : middle + 1};
    struct event_first_from_row row = {0};
    enum status status = sql_event_first_from(ctx, &in, &row);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
      return status;
    }
    int64_t found = by_txn ? row.txn : row.id;
    if (status == STATUS_NOT_FOUND || found > high || row.created_at >= since) {
      high = middle;
    } else {
      low = found;
    }
  }
  *out = by_txn ? (struct event_position){low + 1, 0} : (struct event_position){0, low};
  return STATUS_OK;
}
