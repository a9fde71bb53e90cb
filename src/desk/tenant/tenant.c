#include "desk/tenant/tenant.h"

#include <string.h>

#include "base/time.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"

enum { NAME_MAX_CHARACTERS = 255, DOMAIN_MAX_BYTES = 253, LABEL_MAX_BYTES = 63, PAGE = 1000 };

const struct problem_kind tenant_not_found = {STATUS_NOT_FOUND, "tenant_not_found",
                                              "There is no such tenant."};
const struct problem_kind tenant_inactive = {STATUS_FORBIDDEN, "tenant_inactive",
                                             "This tenant is not active."};
const struct problem_kind tenant_domain_taken = {STATUS_DUPLICATE, "domain_taken",
                                                 "This domain belongs to a tenant already."};
const struct problem_kind tenant_operator_stays = {STATUS_STATE, "operator_stays",
                                                   "The operator's own tenant can't be disabled."};

static void tenant_from_row(const struct tenant_row *row, struct tenant *out) {
  *out = (struct tenant){
      .id = row->id,
      .name = row->name,
      .domain = row->domain,
      .kind = row->kind,
      .timezone = row->timezone,
      .is_active = row->is_active,
      .created_at = row->created_at,
  };
}

static enum status found(struct ctx *ctx, enum status status, const struct tenant_row *row,
                         struct tenant *out) {
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &tenant_not_found);
  }
  TRY(status);
  tenant_from_row(row, out);
  return STATUS_OK;
}

enum status tenant_get(struct ctx *ctx, int64_t id, struct tenant *out) {
  struct tenant_row row;
  return found(ctx, sql_tenant_by_id(ctx, &(struct tenant_by_id_in){id}, &row), &row, out);
}

/* Lower-case letters only: domains are ASCII here, other scripts come as their xn-- form. */
static bool domain_lower(struct arena *arena, struct str domain, struct str *out) {
  if (domain.len == 0 || domain.len > DOMAIN_MAX_BYTES) {
    return false;
  }
  char *text = str_c(arena, domain);
  size_t label = 0;
  char before = '.';
  for (size_t i = 0; i < domain.len; i++) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') {
      text[i] = c = (char)(c - 'A' + 'a');
    }
    bool inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c == '.') {
      if (before == '.' || before == '-') {
        return false;
      }
      label = 0;
    } else if ((!inner && (c != '-' || before == '.')) || ++label > LABEL_MAX_BYTES) {
      return false;
    }
    before = c;
  }
  *out = (struct str){text, domain.len};
  return before != '.' && before != '-';
}

enum status tenant_by_domain(struct ctx *ctx, struct str domain, struct tenant *out) {
  struct str lower;
  if (!domain_lower(ctx->arena, domain, &lower)) {
    return problem_set(ctx, &tenant_not_found);
  }
  struct tenant_row row;
  int64_t before = db_act_in(ctx->db, DB_STRANGER); /* whose a domain is, everybody may ask */
  enum status status = sql_tenant_by_domain(ctx, &(struct tenant_by_domain_in){lower}, &row);
  db_act_in(ctx->db, before);
  return found(ctx, status, &row, out);
}

enum status tenant_of_host(struct ctx *ctx, struct str host, struct tenant *out) {
  struct str lower;
  struct tenant_row row;
  enum status status = STATUS_NOT_FOUND;
  if (host.len > 0 && host.at[host.len - 1] == '.') {
    host.len--; /* "desk.example." is the same name, told absolutely */
  }
  if (domain_lower(ctx->arena, host, &lower)) {
    status = sql_tenant_by_domain(ctx, &(struct tenant_by_domain_in){lower}, &row);
  }
  if (status == STATUS_NOT_FOUND) {
    status = sql_tenant_by_id(ctx, &(struct tenant_by_id_in){TENANT_OPERATOR}, &row);
  }
  if (status == STATUS_OK && !row.is_active) {
    return problem_set(ctx, &tenant_inactive);
  }
  return found(ctx, status, &row, out);
}

enum status tenant_list(struct ctx *ctx, struct tenant **out, size_t *count) {
  struct tenant *list = ARENA_ARRAY(ctx->arena, struct tenant, PAGE);
  size_t size = PAGE;
  size_t used = 0;
  struct tenant_page_in in = {.after_id = 0, .limit = PAGE};
  for (;;) {
    struct tenant_row *rows = NULL;
    size_t got = 0;
    TRY(sql_tenant_page_all(ctx, &in, PAGE, &rows, &got));
    if (used + got > size) {
      struct tenant *larger = ARENA_ARRAY(ctx->arena, struct tenant, size * 2);
      memcpy(larger, list, used * sizeof(*list));
      list = larger;
      size *= 2;
    }
    for (size_t i = 0; i < got; i++) {
      tenant_from_row(&rows[i], &list[used++]);
    }
    if (got < PAGE) {
      break;
    }
    in.after_id = rows[got - 1].id;
  }
  *out = list;
  *count = used;
  return STATUS_OK;
}

static enum status check_text(struct ctx *ctx, struct str field, struct str text) {
  if (str_trim(text).len == 0) {
    return problem_fault(ctx, field, STR("is required"));
  }
  if (!str_utf8(text) || str_has_control(text)) {
    return problem_fault(ctx, field, STR("must be text without control characters"));
  }
  if (str_points(text) > NAME_MAX_CHARACTERS) {
    return problem_fault(ctx, field, STR("must be at most 255 characters"));
  }
  return STATUS_OK;
}

static enum status check_zone(struct ctx *ctx, struct str zone) {
  if (zone.len == 0 || zone.len > NAME_MAX_CHARACTERS || memchr(zone.at, '\0', zone.len) != NULL ||
      time_zone_check(str_c(ctx->arena, zone)) != STATUS_OK) {
    return problem_fault(ctx, STR("timezone"), STR("is not a time zone of this machine, like Asia/Jakarta"));
  }
  return STATUS_OK;
}

struct addition {
  struct tenant_insert_in in;
  int64_t id;
};

static enum status insert_in_transaction(struct ctx *ctx, void *arg) {
  struct addition *addition = arg;
  const struct tenant_insert_in *in = &addition->in;
  struct tenant_row taken;
  if (in->domain.at != NULL) {
    enum status status = sql_tenant_by_domain(ctx, &(struct tenant_by_domain_in){in->domain}, &taken);
    if (status == STATUS_OK) {
      return problem_set(ctx, &tenant_domain_taken);
    }
    if (status != STATUS_NOT_FOUND) {
      return status;
    }
  }
  struct tenant_insert_row row;
  enum status status = sql_tenant_insert(ctx, in, &row);
  if (status == STATUS_DUPLICATE) {
    return problem_set(ctx, &tenant_domain_taken); /* somebody was faster by a moment */
  }
  TRY(status);
  addition->id = row.id;
  return STATUS_OK;
}

enum status tenant_add(struct ctx *ctx, const struct tenant_new *new_tenant, int64_t *id) {
  struct addition addition = {
      .in = {
          .name = new_tenant->name,
          .kind = new_tenant->kind.len > 0 ? new_tenant->kind : STR("standard"),
          .timezone = new_tenant->timezone.len > 0 ? new_tenant->timezone : STR("UTC"),
          .created_at = ctx->now_us,
      }};
  struct tenant_insert_in *in = &addition.in;
  enum status name = check_text(ctx, STR("name"), in->name);
  enum status kind = check_text(ctx, STR("kind"), in->kind);
  enum status zone = check_zone(ctx, in->timezone);
  enum status domain = STATUS_OK;
  if (new_tenant->domain.at != NULL && !domain_lower(ctx->arena, new_tenant->domain, &in->domain)) {
    domain = problem_fault(ctx, STR("domain"), STR("is not a host name"));
  }
  TRY(name);
  TRY(kind);
  TRY(zone);
  TRY(domain);
  TRY(db_write(ctx, insert_in_transaction, &addition));
  *id = addition.id;
  return STATUS_OK;
}

static enum status disable_in_transaction(struct ctx *ctx, void *arg) {
  const int64_t *id = arg;
  int64_t changed = 0;
  TRY(sql_tenant_deactivate(ctx, &(struct tenant_deactivate_in){*id}, &changed));
  if (changed == 0) {
    return problem_set(ctx, &tenant_not_found);
  }
  return session_end_tenant(ctx, *id);
}

enum status tenant_disable(struct ctx *ctx, int64_t id) {
  if (id == TENANT_OPERATOR) {
    return problem_set(ctx, &tenant_operator_stays);
  }
  return db_write(ctx, disable_in_transaction, &id);
}

static enum status zone_in_transaction(struct ctx *ctx, void *arg) {
  const struct tenant_zone_in *in = arg;
  TRY(tenant_lock(ctx, in->id));
  struct tenant before;
  TRY(tenant_get(ctx, in->id, &before));
  if (str_equal(before.timezone, in->timezone)) {
    return STATUS_OK;
  }
  TRY(sql_tenant_zone(ctx, in, NULL));
  return ticket_days_rebuild(ctx, in->id); /* its days begin at another time now */
}

enum status tenant_set_timezone(struct ctx *ctx, int64_t id, struct str timezone) {
  TRY(check_zone(ctx, timezone));
  return db_write(ctx, zone_in_transaction, &(struct tenant_zone_in){.id = id, .timezone = timezone});
}

enum status tenant_lock(struct ctx *ctx, int64_t id) {
  int64_t changed = 0;
  TRY(sql_tenant_decide(ctx, &(struct tenant_decide_in){id}, &changed));
  return changed == 0 ? problem_set(ctx, &tenant_not_found) : STATUS_OK;
}
