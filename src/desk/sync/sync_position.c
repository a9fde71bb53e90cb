#include <sodium.h>
#include <string.h>

#include "base/base64.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"
#include "desk/sync/sync_internal.h"

/* Where a client stands, as text. It opens nothing that its owner may not see anyway; the check sum tells
 * what was damaged or made up from what a sync answered. */

const struct problem_kind sync_bad_position = {
    STATUS_INVALID, "sync_bad_position",
    "This is neither a position that a sync answered nor a time. Leave it out to get everything."};

enum {
  VERSION = 1,
  NUMBERS = 6,
  PLAIN_BYTES = 3 + NUMBERS * 8, /* version, phase, role, numbers */
  CHECK_BYTES = crypto_generichash_BYTES_MIN,
  POSITION_BYTES = PLAIN_BYTES + CHECK_BYTES,
  POSITION_TEXT = (POSITION_BYTES * 4 + 2) / 3,
};

/* How far the clocks of those who wrote and of who asks may disagree. */
#define CLOCK_MARGIN_US (10 * TIME_MINUTE_US)
/* Longer ago all is told anew, which is less work than to follow it. */
#define TIME_AGE_MAX_US (30 * TIME_DAY_US)

static void check_sum(const uint8_t plain[PLAIN_BYTES], uint8_t out[CHECK_BYTES]) {
  static const uint8_t purpose[crypto_generichash_KEYBYTES] = "sigap sync position";
  crypto_generichash(out, CHECK_BYTES, plain, PLAIN_BYTES, purpose, sizeof purpose);
}

static void put_number(uint8_t *out, int64_t number) {
  for (int i = 0; i < 8; i++) {
    out[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
  }
}

static int64_t get_number(const uint8_t *in) {
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) {
    number = number << 8 | in[i];
  }
  return (int64_t)number;
}

struct str sync_position_print(struct ctx *ctx, const struct sync_position *position) {
  uint8_t bytes[POSITION_BYTES] = {VERSION, (uint8_t)position->phase, (uint8_t)position->role};
  const int64_t numbers[NUMBERS] = {position->account_id, position->event.txn, position->event.id,
                                    position->notice.txn, position->notice.id, position->cursor};
  for (int i = 0; i < NUMBERS; i++) {
    put_number(bytes + 3 + 8 * i, numbers[i]);
  }
  check_sum(bytes, bytes + PLAIN_BYTES);
  struct buf text CLEANUP_BUF;
  buf_init(&text, POSITION_TEXT);
  base64url_encode(&text, (struct str){(const char *)bytes, sizeof bytes});
  return str_copy(ctx->arena, buf_str(&text));
}

static enum status parse_position(struct str text, struct sync_position *out) {
  uint8_t bytes[POSITION_TEXT];
  size_t len = 0;
  if (text.len != POSITION_TEXT || base64url_decode(text, bytes, &len) != STATUS_OK ||
      len != POSITION_BYTES || bytes[0] != VERSION) {
    return STATUS_INVALID;
  }
  uint8_t check[CHECK_BYTES];
  check_sum(bytes, check);
  if (memcmp(check, bytes + PLAIN_BYTES, CHECK_BYTES) != 0 || bytes[1] >= SYNC_PHASE_COUNT) {
    return STATUS_INVALID;
  }
  int64_t numbers[NUMBERS];
  for (int i = 0; i < NUMBERS; i++) {
    numbers[i] = get_number(bytes + 3 + 8 * i);
  }
  *out = (struct sync_position){.phase = (enum sync_phase)bytes[1],
                                .role = bytes[2],
                                .account_id = numbers[0],
                                .event = {numbers[1], numbers[2]},
                                .notice = {numbers[3], numbers[4]},
                                .cursor = numbers[5]};
  return STATUS_OK;
}

/* Before the caller's first notice from `since` on; see event_position_at. */
static enum status notice_position_at(struct ctx *ctx, int64_t since, struct event_position *out) {
  struct event_position horizon;
  TRY(notice_horizon(ctx, &horizon));
  bool by_txn = db_is_pgsql(ctx->db);
  int64_t low = 0;
  int64_t high = by_txn ? horizon.txn - 1 : horizon.id;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    const struct sync_notice_from_in in = {
        .account_id = ctx->who->account_id, .txn = by_txn ? middle + 1 : 0, .id = by_txn ? 0 : middle + 1};
    struct sync_notice_from_row row = {0};
    enum status status = sql_sync_notice_from(ctx, &in, &row);
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

static enum status start_full(struct ctx *ctx, struct sync_position *out) {
  *out = (struct sync_position){
      .phase = SYNC_FULL_TICKETS, .role = (int)ctx->who->role, .account_id = ctx->who->account_id};
  return event_horizon(ctx, &out->event);
}

static enum status from_time(struct ctx *ctx, int64_t time_us, struct sync_position *out) {
  if (time_us < ctx->now_us - TIME_AGE_MAX_US) {
    return start_full(ctx, out);
  }
  int64_t since = (time_us < ctx->now_us ? time_us : ctx->now_us) - CLOCK_MARGIN_US;
  *out = (struct sync_position){
      .phase = SYNC_CHANGES, .role = (int)ctx->who->role, .account_id = ctx->who->account_id};
  TRY(event_position_at(ctx, since, &out->event));
  return notice_position_at(ctx, since, &out->notice);
}

/* What was answered to somebody else, to the same person in another role, or by a store that was put back
 * behind it, says nothing about what this caller knows. */
static enum status is_usable(struct ctx *ctx, const struct sync_position *position, bool *yes) {
  bool ahead, notices_ahead;
  TRY(event_is_ahead(ctx, &position->event, &ahead));
  if (db_is_pgsql(ctx->db)) { /* transactions have one row of numbers */
    TRY(event_is_ahead(ctx, &position->notice, &notices_ahead));
  } else {
    struct event_position newest;
    TRY(notice_horizon(ctx, &newest));
    notices_ahead = event_position_compare(&position->notice, &newest) > 0;
  }
  *yes = position->account_id == ctx->who->account_id && position->role == (int)ctx->who->role && !ahead &&
         !notices_ahead;
  return STATUS_OK;
}

enum status sync_position_read(struct ctx *ctx, struct str text, struct sync_position *out) {
  if (text.len == 0) {
    return start_full(ctx, out);
  }
  int64_t time_us;
  if (time_parse(text, &time_us) == STATUS_OK) {
    return from_time(ctx, time_us, out);
  }
  struct sync_position position;
  if (parse_position(text, &position) != STATUS_OK) {
    enum status status = problem_set(ctx, &sync_bad_position);
    (void)problem_fault(ctx, STR("last_sync"), STR("must be a position that a sync answered, or a time"));
    return status;
  }
  bool usable;
  TRY(is_usable(ctx, &position, &usable));
  if (!usable) {
    return start_full(ctx, out);
  }
  *out = position;
  return STATUS_OK;
}
