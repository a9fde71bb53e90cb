#include "desk/customer/customer.h"

#include <math.h>

#include "db/db.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"

enum { WORD_MAX = 255, NIK_MAX = 64, ADDRESS_MAX = 1000, PAGE_MAX = 1000 };

const struct problem_kind customer_not_found = {STATUS_NOT_FOUND, "customer_not_found",
                                                "There is no such customer."};
const struct problem_kind customer_nik_taken = {STATUS_DUPLICATE, "nik_taken",
                                                "This identity number belongs to a customer already."};

/* ---- rows ---- */

static struct customer from_row(const struct customer_row *row, bool with_nik) {
  return (struct customer){
      .account = {.id = row->id,
                  .tenant_id = row->tenant_id,
                  .uuid = row->uuid,
                  .name = row->name,
                  .email = row->email,
                  .phone = row->phone,
                  .avatar = row->avatar,
                  .role = (int)row->role,
                  .is_active = row->is_active,
                  .must_change_password = row->must_change_password,
                  .language = (int)row->language,
                  .created_at = row->created_at,
                  .updated_at = row->updated_at},
      .nik = with_nik ? row->nik : STR_NONE,
      .address = row->address,
      .latitude = row->latitude,
      .longitude = row->longitude,
      .service_area = row->service_area,
      .service_package = row->service_package,
  };
}

/* Writes what the customer has beside the account. Inside db_write. */
static enum status put(struct ctx *ctx, const struct customer *customer) {
  struct customer_put_in in = {.account_id = customer->account.id,
                               .tenant_id = customer->account.tenant_id,
                               .nik = customer->nik,
                               .address = customer->address,
                               .latitude = customer->latitude,
                               .longitude = customer->longitude,
                               .service_area = customer->service_area,
                               .area_folded = str_fold(ctx->arena, customer->service_area),
                               .service_package = customer->service_package,
                               .now = ctx->now_us};
  enum status status = sql_customer_put(ctx, &in, NULL);
  return status == STATUS_DUPLICATE ? problem_set(ctx, &customer_nik_taken) : status;
}

static enum status tell_changed(struct ctx *ctx, const struct account *account) {
  struct event event = {.tenant_id = account->tenant_id,
                        .kind = EVENT_CUSTOMER_CHANGED,
                        .account_id = account->id,
                        .created_at = ctx->now_us};
  return event_add(ctx, &event);
}

/* ---- the input's faults ---- */

static void check_place(struct ctx *ctx, double latitude, double longitude) {
  if (!(latitude >= -90 && latitude <= 90)) {
    (void)problem_fault(ctx, STR("coordinates.lat"), STR("must be -90 to 90"));
  }
  if (!(longitude >= -180 && longitude <= 180)) {
    (void)problem_fault(ctx, STR("coordinates.lng"), STR("must be -180 to 180"));
  }
}

/* All faults at once; what is not said is not looked at. */
static enum status check(struct ctx *ctx, const struct customer_change *change) {
  if (change->has_name) {
    (void)problem_check_text(ctx, "name", change->name, true, WORD_MAX);
  }
  if (change->has_phone) {
    (void)problem_check_text(ctx, "phone", change->phone, true, WORD_MAX);
  }
  if (change->has_email && !email_is_valid(change->email)) {
    (void)problem_fault(ctx, STR("email"), STR("is not an e-mail address"));
  }
  if (change->has_nik) {
    (void)problem_check_text(ctx, "nik", change->nik, false, NIK_MAX);
  }
  if (change->has_address) {
    (void)problem_check_text(ctx, "address", change->address, true, ADDRESS_MAX);
  }
  if (change->has_place) {
    check_place(ctx, change->latitude, change->longitude);
  }
  if (change->has_area) {
    (void)problem_check_text(ctx, "service_area", change->service_area, true, WORD_MAX);
  }
  if (change->has_package) {
    (void)problem_check_text(ctx, "service_package", change->service_package, false, WORD_MAX);
  }
  return ctx->problem.kind == NULL ? STATUS_OK : ctx->problem.kind->status;
}

/* An empty word is none. */
static struct str or_none(struct str word) {
  return str_trim(word).len > 0 ? word : STR_NONE;
}

static void apply(const struct customer_change *change, struct customer *customer) {
  if (change->has_nik) {
    customer->nik = or_none(change->nik);
  }
  if (change->has_address) {
    customer->address = change->address;
  }
  if (change->has_place) {
    customer->latitude = change->latitude;
    customer->longitude = change->longitude;
  }
  if (change->has_area) {
    customer->service_area = change->service_area;
  }
  if (change->has_package) {
    customer->service_package = or_none(change->service_package);
  }
}

/* ---- making ---- */

static enum status with_account(struct ctx *ctx, const struct account *account, void *arg) {
  struct customer *customer = arg;
  customer->account = *account;
  TRY(put(ctx, customer));
  return account_invite(ctx, account->tenant_id, account->id);
}

enum status customer_create(struct ctx *ctx, const struct customer_new *new_customer, struct customer *out) {
  TRY(access_check(ctx, MAY_CUSTOMER_WRITE));
  if (access_scope(ctx->who->role, MAY_CUSTOMER_WRITE) != SCOPE_ALL) {
    return problem_set(ctx, &access_forbidden);
  }
  struct customer_change said = {.has_name = true,
                                 .has_phone = true,
                                 .has_email = true,
                                 .has_nik = true,
                                 .has_address = true,
                                 .has_place = true,
                                 .has_area = true,
                                 .has_package = true,
                                 .name = new_customer->name,
                                 .phone = new_customer->phone,
                                 .email = new_customer->email,
                                 .nik = new_customer->nik,
                                 .address = new_customer->address,
                                 .service_area = new_customer->service_area,
                                 .service_package = new_customer->service_package,
                                 .latitude = new_customer->latitude,
                                 .longitude = new_customer->longitude};
  TRY(check(ctx, &said));
  struct customer customer = {.latitude = NAN, .longitude = NAN};
  apply(&said, &customer);
  struct account_new new_account = {.tenant_id = ctx->who->tenant_id,
                                    .name = new_customer->name,
                                    .email = new_customer->email,
                                    .phone = new_customer->phone,
                                    .role = ROLE_CUSTOMER,
                                    .language = LANGUAGE_ENGLISH,
                                    .by = ACCOUNT_BY_OPERATOR, /* checked above */
                                    .with = with_account,
                                    .with_arg = &customer};
  struct account account;
  TRY(account_create(ctx, &new_account, &account));
  *out = customer;
  return STATUS_OK;
}

/* ---- reading ---- */

enum status customer_get(struct ctx *ctx, struct uuid uuid, struct customer *out) {
  TRY(access_check(ctx, MAY_CUSTOMER_READ));
  enum scope scope = access_scope(ctx->who->role, MAY_CUSTOMER_READ);
  if (scope == SCOPE_OWN && !uuid_equal(uuid, ctx->who->uuid)) {
    return problem_set(ctx, &customer_not_found);
  }
  struct customer_by_uuid_in in = {.tenant_id = ctx->who->tenant_id,
                                   .uuid = uuid,
                                   .readable_by = scope == SCOPE_READABLE ? ctx->who->account_id : 0};
  struct customer_row row;
  enum status status = sql_customer_by_uuid(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &customer_not_found);
  }
  TRY(status);
  *out = from_row(&row, scope != SCOPE_READABLE);
  return STATUS_OK;
}

/* The filter and the caller's scope, made one. */
struct search {
  int64_t tenant_id;
  int64_t account_id, readable_by; /* 0: not narrowed */
  struct str text_like, area_folded;
  int64_t created_from, created_to;
};

static enum status count_all(struct ctx *ctx, const struct search *search, int64_t *total) {
  if (search->area_folded.at != NULL) {
    struct customer_count_of_area_in in = {.tenant_id = search->tenant_id,
                                           .area_folded = search->area_folded,
                                           .account_id = search->account_id,
                                           .readable_by = search->readable_by,
                                           .text_like = search->text_like,
                                           .created_from = search->created_from,
                                           .created_to = search->created_to};
    struct customer_count_of_area_row row;
    TRY(sql_customer_count_of_area(ctx, &in, &row));
    *total = row.customers;
    return STATUS_OK;
  }
  bool everybody = search->account_id == 0 && search->readable_by == 0 && search->text_like.at == NULL &&
                   search->created_from == 0 && search->created_to == 0;
  if (everybody) {
    return account_total(ctx, search->tenant_id, ROLE_CUSTOMER, ACCOUNT_ACTIVE, total);
  }
  struct customer_count_in in = {.tenant_id = search->tenant_id,
                                 .account_id = search->account_id,
                                 .readable_by = search->readable_by,
                                 .text_like = search->text_like,
                                 .created_from = search->created_from,
                                 .created_to = search->created_to};
  struct customer_count_row row;
  TRY(sql_customer_count(ctx, &in, &row));
  *total = row.customers;
  return STATUS_OK;
}

static enum status load_page(struct ctx *ctx, const struct search *search, int64_t skip, int64_t limit,
                             struct customer_row **rows, size_t *count) {
  if (search->area_folded.at != NULL) {
    struct customer_page_of_area_in in = {.tenant_id = search->tenant_id,
                                          .area_folded = search->area_folded,
                                          .account_id = search->account_id,
                                          .readable_by = search->readable_by,
                                          .text_like = search->text_like,
                                          .created_from = search->created_from,
                                          .created_to = search->created_to,
                                          .skip = skip,
                                          .limit = limit};
    return sql_customer_page_of_area_all(ctx, &in, (size_t)limit, rows, count);
  }
  struct customer_page_in in = {.tenant_id = search->tenant_id,
                                .account_id = search->account_id,
                                .readable_by = search->readable_by,
                                .text_like = search->text_like,
                                .created_from = search->created_from,
                                .created_to = search->created_to,
                                .skip = skip,
                                .limit = limit};
  return sql_customer_page_all(ctx, &in, (size_t)limit, rows, count);
}

enum status customer_list(struct ctx *ctx, const struct customer_filter *filter, struct customer **out,
                          size_t *count, int64_t *total) {
  TRY(access_check(ctx, MAY_CUSTOMER_READ));
  if (filter->limit < 1 || filter->limit > PAGE_MAX || filter->skip < 0) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  enum scope scope = access_scope(ctx->who->role, MAY_CUSTOMER_READ);
  struct search search = {
      .tenant_id = ctx->who->tenant_id,
      .account_id = scope == SCOPE_OWN ? ctx->who->account_id : 0,
      .readable_by = scope == SCOPE_READABLE ? ctx->who->account_id : 0,
      .text_like = str_like(ctx->arena, filter->search),
      .area_folded = filter->service_area.len > 0 ? str_fold(ctx->arena, filter->service_area) : STR_NONE,
      .created_from = filter->created_from,
      .created_to = filter->created_to};
  struct customer_row *rows = NULL;
  size_t found = 0;
  TRY(load_page(ctx, &search, filter->skip, filter->limit, &rows, &found));
  TRY(count_all(ctx, &search, total));
  struct customer *list = ARENA_ARRAY(ctx->arena, struct customer, found);
  for (size_t i = 0; i < found; i++) {
    list[i] = from_row(&rows[i], scope != SCOPE_READABLE);
  }
  *out = list;
  *count = found;
  return STATUS_OK;
}

/* ---- changing ---- */

struct update {
  struct uuid uuid;
  const struct customer_change *change;
  struct customer after;
};

static bool same(struct str a, struct str b) {
  return (a.at == NULL) == (b.at == NULL) && str_equal(a, b);
}

/* What customers do not change about themselves: who they are to us, and what is sold to them. */
static bool standing_differs(const struct customer *a, const struct customer *b) {
  return !same(a->account.email, b->account.email) || !same(a->nik, b->nik) ||
         !same(a->service_area, b->service_area) || !same(a->service_package, b->service_package);
}

static enum status update_in_transaction(struct ctx *ctx, void *arg) {
  struct update *update = arg;
  const struct customer_change *change = update->change;
  /* Two changes at once: the second sees what the first did. */
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  struct customer before;
  TRY(customer_get(ctx, update->uuid, &before));
  struct customer after = before;
  apply(change, &after);
  if (change->has_email) {
    after.account.email = change->email;
  }
  if (access_scope(ctx->who->role, MAY_CUSTOMER_WRITE) == SCOPE_OWN && standing_differs(&before, &after)) {
    return problem_set(ctx, &access_forbidden);
  }
  struct account_change contact = {.has_name = change->has_name,
                                   .has_phone = change->has_phone,
                                   .has_email = change->has_email,
                                   .name = change->name,
                                   .phone = change->phone,
                                   .email = change->email};
  TRY(account_set_contact(ctx, &before.account, &contact, &after.account));
  TRY(put(ctx, &after));
  update->after = after;
  return tell_changed(ctx, &after.account);
}

enum status customer_change(struct ctx *ctx, struct uuid uuid, const struct customer_change *change,
                            struct customer *out) {
  TRY(access_check(ctx, MAY_CUSTOMER_WRITE));
  TRY(check(ctx, change));
  struct update update = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, update_in_transaction, &update));
  *out = update.after;
  return STATUS_OK;
}

/* ---- leaving ---- */

enum status customer_leave(struct ctx *ctx, const struct account *account) {
  return sql_customer_drop_nik(ctx, &(struct customer_drop_nik_in){account->id, ctx->now_us}, NULL);
}
