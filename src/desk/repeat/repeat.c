#include "desk/repeat/repeat.h"

#include <string.h>

#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"

const struct problem_kind repeat_under_way = {STATUS_STATE, "repeat_under_way",
                                              "A call with this Idempotency-Key is still being done."};
const struct problem_kind repeat_mistaken = {STATUS_STATE, "repeat_mistaken",
                                             "This Idempotency-Key came with another request before."};
const struct problem_kind repeat_too_large = {
    STATUS_TOO_LARGE, "repeat_too_large",
    "The answer is too long to be kept for a repeat: send this call without Idempotency-Key."};

bool repeat_key(struct repeat *repeat, int64_t account_id, struct str key) {
  bool fits = key.len >= 1 && key.len <= REPEAT_KEY_MAX;
  for (size_t i = 0; i < key.len && fits; i++) {
    fits = key.at[i] >= ' ' && key.at[i] <= '~';
  }
  if (!fits) {
    return false;
  }
  struct digest digest;
  digest_begin(&digest);
  digest_add(&digest, &account_id, sizeof account_id);
  digest_add_str(&digest, key);
  digest_end(&digest, repeat->key);
  return true;
}

static struct str bytes_of(const uint8_t hash[DIGEST_SIZE]) {
  return (struct str){(const char *)hash, DIGEST_SIZE};
}

/* ---- looking ---- */

struct looking {
  const struct repeat *repeat;
  void (*take)(void *arg, const struct repeat_answer *answer);
  void *arg;
  bool found;
};

static enum status take_row(struct ctx *ctx, void *arg, const void *found) {
  const struct repeat_find_row *row = found;
  struct looking *looking = arg;
  if (!str_equal(row->request_hash, bytes_of(looking->repeat->request))) {
    return problem_set(ctx, &repeat_mistaken);
  }
  looking->found = true;
  looking->take(looking->arg,
                &(struct repeat_answer){.status = row->status, .head = row->head, .body = row->body});
  return STATUS_OK;
}

enum status repeat_find(struct ctx *ctx, const struct repeat *repeat,
                        void (*take)(void *arg, const struct repeat_answer *answer), void *arg, bool *found) {
  struct looking looking = {.repeat = repeat, .take = take, .arg = arg};
  const struct repeat_find_in in = {.account_id = ctx->who->account_id,
                                    .key_hash = bytes_of(repeat->key),
                                    .after = ctx->now_us - REPEAT_KEPT_US};
  TRY(sql_repeat_find_each(ctx, &in, take_row, &looking));
  *found = looking.found;
  return STATUS_OK;
}

/* ---- keeping ---- */

enum status repeat_claim(struct ctx *ctx, const struct repeat *repeat) {
  struct repeat_claim_in in;
  struct repeat_claim_row row;
  memcpy(&in.lock, repeat->key, sizeof in.lock);
  TRY(sql_repeat_claim(ctx, &in, &row));
  return row.free ? STATUS_OK : problem_set(ctx, &repeat_under_way);
}

enum status repeat_keep(struct ctx *ctx, const struct repeat *repeat, const struct repeat_answer *answer) {
  if (answer->head.len + answer->body.len > REPEAT_ANSWER_MAX) {
    return problem_set(ctx, &repeat_too_large);
  }
  const struct repeat_keep_in in = {
      .tenant_id = ctx->who->home_tenant_id,
      .account_id = ctx->who->account_id,
      .key_hash = bytes_of(repeat->key),
      .request_hash = bytes_of(repeat->request),
      .status = answer->status,
      .head = answer->head,
      .body = answer->body,
      .now = ctx->now_us,
      .after = ctx->now_us - REPEAT_KEPT_US,
  };
  int64_t changed = 0;
  TRY(sql_repeat_keep(ctx, &in, &changed));
  return changed > 0 ? STATUS_OK : STATUS_RETRY;
}

/* ---- sweeping ---- */

struct sweep {
  int64_t max, dropped;
};

static enum status sweep_run(struct ctx *ctx, void *arg) {
  struct sweep *sweep = arg;
  const struct repeat_drop_past_in in = {.after = ctx->now_us - REPEAT_KEPT_US, .limit = sweep->max};
  return sql_repeat_drop_past(ctx, &in, &sweep->dropped);
}

enum status repeat_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) {
  struct sweep sweep = {.max = max};
  TRY(db_write(ctx, sweep_run, &sweep));
  *dropped = sweep.dropped;
  return STATUS_OK;
}
