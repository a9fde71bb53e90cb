#include <sodium.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/session/session.h"
#include "desk/statements.h"

/* Failures in a window that begins with the first of them. */
enum { PAIR_MAX = 5, ACCOUNT_MAX = 50, ADDRESS_MAX = 100, ASK_MAX = 5, SUBJECT_LEN = 32, ROWS_MAX = 3 };
static const int64_t window_us = 15 * TIME_MINUTE_US;

/* Filled by throttle_setup before the first request. */
static bool counting;
static uint8_t subject_key[crypto_generichash_KEYBYTES];

void throttle_setup(bool on, struct str key) {
  counting = on;
  static const char purpose[] = "sign-in throttle";
  crypto_generichash_state state;
  if (sodium_init() < 0 ||
      crypto_generichash_init(&state, (const uint8_t *)purpose, sizeof(purpose) - 1, sizeof(subject_key)) !=
          0 ||
      crypto_generichash_update(&state, (const uint8_t *)key.at, key.len) != 0 ||
      crypto_generichash_final(&state, subject_key, sizeof(subject_key)) != 0) {
    die("libsodium can't hash");
  }
}

/* Each part with its length before it, so that no two subjects share their bytes. An absent part is its own
 * thing. */
static void subject_of(const char *kind, int64_t tenant_id, struct str email, struct str address,
                       uint8_t out[SUBJECT_LEN]) {
  crypto_generichash_state state;
  const struct str parts[] = {str_of(kind), {(const char *)&tenant_id, sizeof(tenant_id)}, email, address};
  int faults = crypto_generichash_init(&state, subject_key, sizeof(subject_key), SUBJECT_LEN);
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    uint64_t len = parts[i].at != NULL ? parts[i].len : UINT64_MAX;
    faults |= crypto_generichash_update(&state, (const uint8_t *)&len, sizeof(len));
    if (parts[i].at != NULL) {
      faults |= crypto_generichash_update(&state, (const uint8_t *)parts[i].at, parts[i].len);
    }
  }
  if ((faults | crypto_generichash_final(&state, out, SUBJECT_LEN)) != 0) {
    die("libsodium can't hash");
  }
}

static struct str subject_str(const uint8_t subject[SUBJECT_LEN]) {
  return (struct str){(const char *)subject, SUBJECT_LEN};
}

static struct str fold_email(struct ctx *ctx, struct str email) {
  return str_utf8(email) ? str_fold(ctx->arena, email) : email;
}

enum status throttle_check(struct ctx *ctx, int64_t tenant_id, struct str email, struct str address,
                           struct throttle *out) {
  struct throttle throttle = {0};
  if (!counting) {
    *out = throttle;
    return STATUS_OK;
  }
  struct str folded = fold_email(ctx, email);
  char network[ADDRESS_COUNTED_SIZE];
  address = address_counted(address, network);
  subject_of("pair", tenant_id, folded, address, throttle.pair);
  subject_of("account", tenant_id, folded, STR_NONE, throttle.account);
  subject_of("address", 0, STR_NONE, address, throttle.address);
  struct throttle_rows_in in = {
      .pair = subject_str(throttle.pair),
      .account = subject_str(throttle.account),
      .address = subject_str(throttle.address),
  };
  struct throttle_rows_row *rows = NULL;
  size_t count = 0;
  TRY(sql_throttle_rows_all(ctx, &in, ROWS_MAX, &rows, &count));
  int64_t until = 0;
  for (size_t i = 0; i < count; i++) {
    bool pair = str_equal(rows[i].subject, in.pair);
    int64_t max = pair ? PAIR_MAX : str_equal(rows[i].subject, in.account) ? ACCOUNT_MAX : ADDRESS_MAX;
    if (pair) {
      throttle.pair_failed = true;
    }
    if (rows[i].failures >= max && rows[i].window_ends_at > ctx->now_us && rows[i].window_ends_at > until) {
      until = rows[i].window_ends_at;
    }
  }
  if (until != 0) {
    ctx->problem.retry_after_s = (uint32_t)((until - ctx->now_us + TIME_SECOND_US - 1) / TIME_SECOND_US);
    return problem_set(ctx, &session_throttled);
  }
  *out = throttle;
  return STATUS_OK;
}

/* Always in this order, so that two failures at once wait for each other instead of colliding. */
static enum status count_in_transaction(struct ctx *ctx, void *arg) {
  const struct throttle *throttle = arg;
  const uint8_t *const subjects[ROWS_MAX] = {throttle->pair, throttle->account, throttle->address};
  for (unsigned i = 0; i < ROWS_MAX; i++) {
    struct throttle_fail_in in = {
        .subject = subject_str(subjects[i]), .now = ctx->now_us, .window_ends_at = ctx->now_us + window_us};
    TRY(sql_throttle_fail(ctx, &in, NULL));
  }
  return STATUS_OK;
}

enum status throttle_count(struct ctx *ctx, const struct throttle *throttle) {
  if (!counting) {
    return STATUS_OK;
  }
  struct throttle copy = *throttle;
  return db_write(ctx, count_in_transaction, &copy);
}

enum status throttle_forget(struct ctx *ctx, const struct throttle *throttle) {
  if (!counting || !throttle->pair_failed) {
    return STATUS_OK;
  }
  return sql_throttle_clear(ctx, &(struct throttle_clear_in){subject_str(throttle->pair)}, NULL);
}

enum status throttle_ask(struct ctx *ctx, int64_t tenant_id, struct str email, bool *fits) {
  uint8_t subject[SUBJECT_LEN];
  subject_of("link", tenant_id, fold_email(ctx, email), STR_NONE, subject);
  struct throttle_fail_in in = {
      .subject = subject_str(subject), .now = ctx->now_us, .window_ends_at = ctx->now_us + window_us};
  TRY(sql_throttle_fail(ctx, &in, NULL));
  struct throttle_rows_in rows = {.pair = in.subject, .account = in.subject, .address = in.subject};
  struct throttle_rows_row row;
  TRY(sql_throttle_rows(ctx, &rows, &row));
  *fits = !counting || row.failures <= ASK_MAX;
  return STATUS_OK;
}
