#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"
#include "desk/webhook/webhook_internal.h"

const struct problem_kind webhook_not_found = {STATUS_NOT_FOUND, "webhook_not_found",
                                               "There is no such webhook."};
const struct problem_kind webhook_too_many = {
    STATUS_STATE, "webhook_too_many", "There are 20 webhooks already. Delete one that is no longer needed."};

/* ---- rows ---- */

static struct webhook from_row(const struct webhook_row *row) {
  return (struct webhook){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .uuid = row->uuid,
      .url = row->url,
      .description = row->description,
      .types = row->types,
      .is_active = row->is_active,
      .disabled_reason = (int)row->disabled_reason,
      .disabled_at = row->disabled_at,
      .failures = row->failures,
      .failing_since = row->failing_since,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
  };
}

static enum status load(struct ctx *ctx, struct uuid uuid, struct webhook *out) {
  struct webhook_row row;
  enum status status =
      sql_webhook_by_uuid(ctx, &(struct webhook_by_uuid_in){ctx->who->tenant_id, uuid}, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &webhook_not_found);
  }
  TRY(status);
  *out = from_row(&row);
  return STATUS_OK;
}

enum status webhook_own(struct ctx *ctx, struct uuid uuid, struct webhook *out) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  return load(ctx, uuid, out);
}

/* ---- what is said ---- */

/* A host that is an address, or means this machine. Names are judged when they are resolved, for each
 * connection. */
static bool is_reachable(struct ctx *ctx, struct str host) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (str_equal_fold(host, STR("localhost"))) {
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return webhook_may_connect((const struct sockaddr *)&in);
  }
  if (host.at[0] == '[') {
    host = (struct str){host.at + 1, host.len - 2};
    return inet_pton(AF_INET6, str_c(ctx->arena, host), &in6.sin6_addr) != 1 ||
           webhook_may_connect((const struct sockaddr *)&in6);
  }
  return inet_pton(AF_INET, str_c(ctx->arena, host), &in.sin_addr) != 1 ||
         webhook_may_connect((const struct sockaddr *)&in);
}

static bool is_port(struct str text) {
  int64_t port = 0;
  return str_int(text, &port) == STATUS_OK && port > 0 && port < 65536;
}

/* "host", "host:port", "[address]:port". */
static bool split_authority(struct str authority, struct str *host) {
  size_t end =
      authority.len > 0 && authority.at[0] == '[' ? str_find(authority, ']') + 1 : str_find(authority, ':');
  if (end == 0 || end > authority.len || str_find(authority, '@') < authority.len) {
    return false;
  }
  struct str port = {authority.at + end, authority.len - end};
  if (port.len > 0 && (port.at[0] != ':' || !is_port((struct str){port.at + 1, port.len - 1}))) {
    return false;
  }
  *host = (struct str){authority.at, end};
  return true;
}

static enum status check_url(struct ctx *ctx, struct str url) {
  struct str field = STR("url");
  if (url.len > WEBHOOK_URL_MAX) {
    return problem_fault(ctx, field, STR("must be at most 2000 characters"));
  }
  for (size_t i = 0; i < url.len; i++) {
    if (url.at[i] <= ' ' || url.at[i] > '~') {
      return problem_fault(ctx, field, STR("must be of printable ASCII characters without blanks"));
    }
  }
  size_t scheme = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
  if (scheme == 0) {
    return problem_fault(ctx, field, STR("must begin with https:// or http://"));
  }
  size_t end = scheme;
  while (end < url.len && strchr("/?#", url.at[end]) == NULL) {
    end++;
  }
  struct str host;
  if (!split_authority((struct str){url.at + scheme, end - scheme}, &host)) {
    return problem_fault(ctx, field, STR("must name a host, with a port where it needs one, and no user"));
  }
  return is_reachable(ctx, host) ? STATUS_OK : problem_fault(ctx, field, STR("must be a public address"));
}

static enum status check(struct ctx *ctx, const struct webhook_change *what) {
  enum status status = what->has_url ? check_url(ctx, what->url) : STATUS_OK;
  if (what->has_description) {
    enum status other =
        problem_check_text(ctx, "description", what->description, false, WEBHOOK_DESCRIPTION_MAX);
    status = status == STATUS_OK ? other : status;
  }
  const int64_t known = ((INT64_C(1) << WEBHOOK_TEST) - 1) & ~INT64_C(1);
  if (what->has_types && (what->types & ~known) != 0) {
    return problem_fault(ctx, STR("types"), STR("has an unknown type"));
  }
  return status;
}

/* ---- reading ---- */

enum status webhook_get(struct ctx *ctx, struct uuid uuid, struct webhook *out) {
  return webhook_own(ctx, uuid, out);
}

enum status webhook_list(struct ctx *ctx, struct webhook **out, size_t *count) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  struct webhook_row *rows = NULL;
  size_t found = 0;
  TRY(sql_webhook_all_all(ctx, &(struct webhook_all_in){ctx->who->tenant_id, WEBHOOK_MAX}, WEBHOOK_MAX, &rows,
                          &found));
  struct webhook *webhooks = ARENA_ARRAY(ctx->arena, struct webhook, found);
  for (size_t i = 0; i < found; i++) {
    webhooks[i] = from_row(&rows[i]);
  }
  *out = webhooks;
  *count = found;
  return STATUS_OK;
}

/* ---- writing ---- */

struct changing {
  struct uuid uuid;
  const struct webhook_change *what;
  struct webhook *out;
  unsigned char secret[WEBHOOK_SECRET_SIZE];
};

static struct str secret_of(const struct changing *changing) {
  return (struct str){(const char *)changing->secret, sizeof changing->secret};
}

static enum status run_create(struct ctx *ctx, void *arg) {
  struct changing *changing = arg;
  const struct webhook_change *what = changing->what;
  struct webhook_total_row total;
  TRY(sql_webhook_total(ctx, &(struct webhook_total_in){ctx->who->tenant_id}, &total));
  if (total.webhooks >= WEBHOOK_MAX) {
    return problem_set(ctx, &webhook_too_many);
  }
  struct event_position now;
  TRY(event_newest(ctx, &now));
  struct webhook_row row;
  TRY(sql_webhook_insert(ctx,
                         &(struct webhook_insert_in){
                             .tenant_id = ctx->who->tenant_id,
                             .uuid = uuid_v7(ctx->now_us),
                             .url = what->url,
                             .description = what->description.at != NULL ? what->description : STR(""),
                             .types = what->types,
                             .secret = secret_of(changing),
                             .is_active = !what->has_active || what->is_active,
                             .at_txn = now.txn,
                             .at_id = now.id,
                             .now = ctx->now_us,
                         },
                         &row));
  *changing->out = from_row(&row);
  return STATUS_OK;
}

enum status webhook_create(struct ctx *ctx, const struct webhook_change *what, struct webhook *out,
                           char secret[WEBHOOK_SECRET_TEXT_SIZE]) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  struct webhook_change full = *what;
  full.has_url = true;
  TRY(check(ctx, &full));
  struct changing changing = {.what = what, .out = out};
  random_bytes(changing.secret, sizeof changing.secret);
  enum status status = db_write(ctx, run_create, &changing);
  if (status == STATUS_OK) {
    webhook_secret_print(secret_of(&changing), secret);
  }
  sodium_memzero(changing.secret, sizeof changing.secret);
  return status;
}

static enum status switch_on(struct ctx *ctx, const struct webhook *webhook) {
  struct event_position now;
  int64_t changed = 0;
  TRY(event_newest(ctx, &now));
  TRY(sql_webhook_switch_on(ctx, &(struct webhook_switch_on_in){webhook->id, now.txn, now.id}, &changed));
  return changed == 0
             ? STATUS_OK
             : sql_webhook_free_all(ctx, &(struct webhook_free_all_in){webhook->id, ctx->now_us}, NULL);
}

static enum status run_update(struct ctx *ctx, void *arg) {
  struct changing *changing = arg;
  const struct webhook_change *what = changing->what;
  struct webhook webhook;
  TRY(load(ctx, changing->uuid, &webhook));
  const struct webhook_set_in in = {
      .id = webhook.id,
      .url = what->has_url ? what->url : webhook.url,
      .description = what->has_description ? what->description : webhook.description,
      .types = what->has_types ? what->types : webhook.types,
      .now = ctx->now_us,
  };
  TRY(sql_webhook_set(ctx, &in, NULL));
  if (what->has_active && what->is_active) {
    TRY(switch_on(ctx, &webhook));
  } else if (what->has_active) {
    TRY(sql_webhook_switch_off(ctx, &(struct webhook_switch_off_in){webhook.id}, NULL));
  }
  return load(ctx, changing->uuid, changing->out);
}

enum status webhook_update(struct ctx *ctx, struct uuid uuid, const struct webhook_change *change,
                           struct webhook *out) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  TRY(check(ctx, change));
  return db_write(ctx, run_update, &(struct changing){.uuid = uuid, .what = change, .out = out});
}

static enum status run_delete(struct ctx *ctx, void *arg) {
  const struct changing *changing = arg;
  struct webhook webhook;
  TRY(load(ctx, changing->uuid, &webhook));
  return sql_webhook_drop(
      ctx, &(struct webhook_drop_in){.id = webhook.id, .nothing = STR(""), .now = ctx->now_us}, NULL);
}

enum status webhook_delete(struct ctx *ctx, struct uuid uuid) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  return db_write(ctx, run_delete, &(struct changing){.uuid = uuid});
}

static enum status run_rotate(struct ctx *ctx, void *arg) {
  struct changing *changing = arg;
  struct webhook webhook;
  TRY(load(ctx, changing->uuid, &webhook));
  const struct webhook_set_secret_in in = {.id = webhook.id,
                                           .secret = secret_of(changing),
                                           .old_until = ctx->now_us + WEBHOOK_OVERLAP_US,
                                           .now = ctx->now_us};
  TRY(sql_webhook_set_secret(ctx, &in, NULL));
  return load(ctx, changing->uuid, changing->out);
}

enum status webhook_rotate(struct ctx *ctx, struct uuid uuid, struct webhook *out,
                           char secret[WEBHOOK_SECRET_TEXT_SIZE]) {
  TRY(access_check(ctx, MAY_WEBHOOK));
  struct changing changing = {.uuid = uuid, .out = out};
  random_bytes(changing.secret, sizeof changing.secret);
  enum status status = db_write(ctx, run_rotate, &changing);
  if (status == STATUS_OK) {
    webhook_secret_print(secret_of(&changing), secret);
  }
  sodium_memzero(changing.secret, sizeof changing.secret);
  return status;
}
