#include <sodium.h>

#include "base/base64.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/account/account_rows.h"
#include "desk/mail/mail.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"

/* Links that set a password. The token stands in the mail alone; the store knows its hash. */

const struct problem_kind account_link_dead = {STATUS_INVALID, "link_dead",
                                               "This link was used, replaced, is too old, or never was one."};

enum { TOKEN_BYTES = 32, HASH_BYTES = 32, TOKEN_TEXT_MAX = 64 };
#define RESET_LIFETIME_US (30 * TIME_MINUTE_US)
#define INVITATION_LIFETIME_US (7 * TIME_DAY_US)

/* The token has 256 random bits: its plain hash can't be turned back. */
static struct str hash_of(struct ctx *ctx, struct str token) {
  uint8_t *hash = arena_alloc(ctx->arena, HASH_BYTES);
  crypto_generichash(hash, HASH_BYTES, (const uint8_t *)token.at, token.len, NULL, 0);
  return (struct str){(const char *)hash, HASH_BYTES};
}

/* A new link, which replaces the account's older one, and its mail. Inside db_write. */
static enum status send_link(struct ctx *ctx, int64_t tenant_id, int64_t account_id, enum mail_kind kind,
                             int64_t lifetime_us) {
  uint8_t bytes[TOKEN_BYTES];
  random_bytes(bytes, sizeof bytes);
  CLEANUP_BUF struct buf token;
  buf_init(&token, TOKEN_TEXT_MAX);
  base64url_encode(&token, (struct str){(const char *)bytes, sizeof bytes});
  struct password_link_put_in in = {.account_id = account_id,
                                    .hash = hash_of(ctx, buf_str(&token)),
                                    .expires_at = ctx->now_us + lifetime_us};
  TRY(sql_password_link_put(ctx, &in, NULL));
  return mail_add(ctx, tenant_id, kind, account_id, 0, 0, str_copy(ctx->arena, buf_str(&token)));
}

enum status account_invite(struct ctx *ctx, int64_t tenant_id, int64_t account_id) {
  return send_link(ctx, tenant_id, account_id, MAIL_INVITATION, INVITATION_LIFETIME_US);
}

/* ---- forgotten ---- */

struct forgotten {
  int64_t tenant_id;
  struct str email;
};

static enum status forgot_in_transaction(struct ctx *ctx, void *arg) {
  const struct forgotten *forgotten = arg;
  /* This row is written whoever asks for whatever address, so that the commit costs the same. */
  bool fits = false;
  TRY(throttle_ask(ctx, forgotten->tenant_id, forgotten->email, &fits));
  struct account account;
  enum status status = account_by_email(ctx, forgotten->tenant_id, forgotten->email, &account);
  if (status == STATUS_NOT_FOUND) {
    problem_clear(ctx);
    return STATUS_OK;
  }
  TRY(status);
  return fits && account.is_active
             ? send_link(ctx, account.tenant_id, account.id, MAIL_PASSWORD_RESET, RESET_LIFETIME_US)
             : STATUS_OK;
}

enum status account_forgot(struct ctx *ctx, int64_t tenant_id, struct str email) {
  struct tenant tenant;
  TRY(tenant_get(ctx, tenant_id, &tenant));
  if (!tenant.is_active) {
    return problem_set(ctx, &tenant_inactive);
  }
  struct forgotten forgotten = {.tenant_id = tenant_id, .email = email};
  return db_write(ctx, forgot_in_transaction, &forgotten);
}

/* ---- using a link ---- */

struct reset {
  struct str link_hash, password_hash;
};

static enum status dead(struct ctx *ctx) {
  enum status status = problem_set(ctx, &account_link_dead);
  (void)problem_fault(ctx, STR("token"), STR("is no live link")); /* adds to the kind that is set */
  return status;
}

/* The link tells whose it is, through whatever host it came; from here on the call is in that tenant. */
static enum status owner_of(struct ctx *ctx, struct str link_hash, int64_t *account_id) {
  struct password_link_owner_in in = {.hash = link_hash, .now = ctx->now_us};
  struct password_link_owner_row row;
  db_act_in(ctx->db, DB_SYSTEM);
  enum status status = sql_password_link_owner(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return dead(ctx);
  }
  TRY(status);
  db_act_in(ctx->db, row.tenant_id);
  *account_id = row.account_id;
  return STATUS_OK;
}

static enum status reset_in_transaction(struct ctx *ctx, void *arg) {
  const struct reset *reset = arg;
  int64_t account_id = 0;
  TRY(owner_of(ctx, reset->link_hash, &account_id));
  int64_t used = 0;
  TRY(sql_password_link_use(ctx, &(struct password_link_use_in){reset->link_hash}, &used));
  if (used == 0) {
    return dead(ctx); /* somebody was faster by a moment */
  }
  struct account account;
  TRY(account_anywhere(ctx, account_id, &account));
  return account_put_hash(ctx, &account, reset->password_hash, 0);
}

enum status account_reset(struct ctx *ctx, struct str token, struct str password, enum password_rule rule) {
  if (token.len == 0 || token.len > TOKEN_TEXT_MAX) {
    return dead(ctx);
  }
  struct reset reset = {.link_hash = hash_of(ctx, token)};
  /* Looked at before the slow hash, so that guessing costs little. */
  int64_t account_id = 0;
  TRY(owner_of(ctx, reset.link_hash, &account_id));
  if (!password_fits(password, rule)) {
    return account_weak(ctx, rule);
  }
  TRY(password_hash(ctx, password, &reset.password_hash));
  return db_write(ctx, reset_in_transaction, &reset);
}
