#include "desk/technician/technician.h"

#include "db/db.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"

enum { EMPLOYEE_MAX = 64, WORD_MAX = 100, REASON_MAX = 1000, PAGE_MAX = 1000 };
enum word_kind { WORD_SKILL = 1, WORD_AREA = 2 }; /* stored */
/* Stands between the skills of a filter; no stored word holds a control character. */
#define MARK "\x1f"

const struct problem_kind technician_not_found = {STATUS_NOT_FOUND, "technician_not_found",
                                                  "There is no such technician."};
const struct problem_kind technician_employee_taken = {
    STATUS_DUPLICATE, "employee_taken", "This employee number belongs to a technician already."};

/* ---- rows ---- */

static struct technician from_row(const struct technician_row *row) {
  return (struct technician){
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
      .employee_id = row->employee_id,
      .is_available = row->is_available,
      .reason = row->reason,
      .latitude = row->latitude,
      .longitude = row->longitude,
      .located_at = row->located_at,
  };
}

/* The rows come by kind: skills, then areas. */
static enum status load_words(struct ctx *ctx, struct technician *technician) {
  enum { BOTH = 2 * TECHNICIAN_WORDS_MAX };
  struct technician_words_in in = {.account_id = technician->account.id, .limit = BOTH};
  struct technician_words_row *rows = NULL;
  size_t count = 0;
  TRY(sql_technician_words_all(ctx, &in, BOTH, &rows, &count));
  struct str *words = ARENA_ARRAY(ctx->arena, struct str, count);
  size_t skills = 0;
  for (size_t i = 0; i < count; i++) {
    words[i] = rows[i].word;
    skills += rows[i].kind == WORD_SKILL;
  }
  technician->skills = words;
  technician->skill_count = skills;
  technician->areas = words + skills;
  technician->area_count = count - skills;
  return STATUS_OK;
}

static enum status load(struct ctx *ctx, struct uuid uuid, struct technician *out) {
  const struct who *who = ctx->who;
  struct technician_by_uuid_in in = {
      .tenant_id = uuid_equal(uuid, who->uuid) ? who->home_tenant_id : who->tenant_id, .uuid = uuid};
  struct technician_row row;
  enum status status = sql_technician_by_uuid(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &technician_not_found);
  }
  TRY(status);
  struct technician technician = from_row(&row);
  TRY(load_words(ctx, &technician));
  *out = technician;
  return STATUS_OK;
}

/* ---- reading ---- */

enum status technician_get(struct ctx *ctx, struct uuid uuid, struct technician *out) {
  TRY(access_check(ctx, MAY_TECHNICIAN_READ));
  if (access_scope(ctx->who->role, MAY_TECHNICIAN_READ) != SCOPE_ALL && !uuid_equal(uuid, ctx->who->uuid)) {
    return problem_set(ctx, &technician_not_found);
  }
  return load(ctx, uuid, out);
}

enum status technician_find(struct ctx *ctx, int64_t tenant_id, int64_t account_id, struct technician *out,
                            bool *found) {
  struct account account;
  enum status status = account_by_id(ctx, tenant_id, account_id, &account);
  if (status == STATUS_OK) {
    status = technician_get(ctx, account.uuid, out);
  }
  *found = status == STATUS_OK;
  if (status == STATUS_NOT_FOUND) {
    problem_clear(ctx);
    return STATUS_OK;
  }
  return status;
}

static bool named_before(const struct str *folded, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (str_equal(folded[i], folded[n])) {
      return true;
    }
  }
  return false;
}

/* The filter's skills as the statement takes them, each once. */
static struct str join_skills(struct ctx *ctx, const struct technician_filter *filter, int64_t *count) {
  struct str joined = STR("");
  struct str *folded = ARENA_ARRAY(ctx->arena, struct str, filter->skill_count);
  int64_t named = 0;
  for (size_t i = 0; i < filter->skill_count; i++) {
    folded[i] = str_fold(ctx->arena, filter->skills[i]);
    if (!named_before(folded, i)) {
      joined = str_format(ctx->arena, "%.*s" MARK "%.*s" MARK, STR_ARG(joined), STR_ARG(folded[i]));
      named++;
    }
  }
  *count = named;
  return joined;
}

static enum status check_filter(struct ctx *ctx, const struct technician_filter *filter) {
  if (filter->limit < 1 || filter->limit > PAGE_MAX || filter->skip < 0) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  if (filter->skill_count > TECHNICIAN_WORDS_MAX) {
    return problem_fault(ctx, STR("skills"), STR("must be at most 50"));
  }
  for (size_t i = 0; i < filter->skill_count; i++) {
    TRY(problem_check_text(ctx, "skills", filter->skills[i], true, WORD_MAX));
  }
  return STATUS_OK;
}

enum status technician_list(struct ctx *ctx, const struct technician_filter *filter, struct technician **out,
                            size_t *count, int64_t *total) {
  TRY(access_check(ctx, MAY_TECHNICIAN_READ));
  TRY(check_filter(ctx, filter));
  bool all = access_scope(ctx->who->role, MAY_TECHNICIAN_READ) == SCOPE_ALL;
  struct technician_page_in in = {
      .tenant_id = ctx->who->tenant_id,
      .account_id = all ? 0 : ctx->who->account_id,
      .available = filter->available,
      .area = filter->service_area.len > 0 ? str_fold(ctx->arena, filter->service_area) : STR_NONE,
      .mark = STR(MARK),
      .skip = filter->skip,
      .limit = filter->limit};
  in.skills = join_skills(ctx, filter, &in.skill_count);
  struct technician_row *rows = NULL;
  size_t found = 0;
  TRY(sql_technician_page_all(ctx, &in, (size_t)filter->limit, &rows, &found));
  struct technician *list = ARENA_ARRAY(ctx->arena, struct technician, found);
  for (size_t i = 0; i < found; i++) {
    list[i] = from_row(&rows[i]);
    TRY(load_words(ctx, &list[i]));
  }
  struct technician_count_in counted = {.tenant_id = in.tenant_id,
                                        .account_id = in.account_id,
                                        .available = in.available,
                                        .area = in.area,
                                        .skills = in.skills,
                                        .mark = in.mark,
                                        .skill_count = in.skill_count};
  struct technician_count_row row;
  TRY(sql_technician_count(ctx, &counted, &row));
  *out = list;
  *count = found;
  *total = row.technicians;
  return STATUS_OK;
}

enum status technician_active_count(struct ctx *ctx, int64_t *count) {
  TRY(access_check(ctx, MAY_TECHNICIAN_READ));
  int64_t active = 0;
  TRY(account_total(ctx, ctx->who->tenant_id, ROLE_TECHNICIAN, ACCOUNT_ACTIVE, &active));
  struct technician_away_row away;
  TRY(sql_technician_away(ctx, &(struct technician_away_in){ctx->who->tenant_id}, &away));
  *count = active - away.technicians;
  return STATUS_OK;
}

enum status technician_is_available(struct ctx *ctx, int64_t account_id, bool *available) {
  struct technician_available_row row;
  enum status status = sql_technician_available(ctx, &(struct technician_available_in){account_id}, &row);
  if (status != STATUS_NOT_FOUND) {
    TRY(status);
  }
  *available = status == STATUS_NOT_FOUND || row.is_available;
  return STATUS_OK;
}

/* ---- changing ---- */

static enum status tell(struct ctx *ctx, const struct account *account, enum event_kind kind, int64_t value) {
  struct event event = {.tenant_id = account->tenant_id,
                        .kind = kind,
                        .account_id = account->id,
                        .new_value = value,
                        .created_at = ctx->now_us};
  return event_add(ctx, &event);
}

/* The technician, whom the caller may change: supervisors up anybody, technicians themselves. */
static enum status load_own(struct ctx *ctx, struct uuid uuid, struct technician *out) {
  TRY(access_check(ctx, MAY_TECHNICIAN_WRITE));
  return technician_get(ctx, uuid, out);
}

struct move {
  struct uuid uuid;
  double latitude, longitude;
  struct technician after;
};

static enum status move_in_transaction(struct ctx *ctx, void *arg) {
  struct move *move = arg;
  struct technician technician;
  TRY(load_own(ctx, move->uuid, &technician));
  struct technician_put_place_in in = {.account_id = technician.account.id,
                                       .tenant_id = technician.account.tenant_id,
                                       .latitude = move->latitude,
                                       .longitude = move->longitude,
                                       .now = ctx->now_us};
  TRY(sql_technician_put_place(ctx, &in, NULL));
  TRY(tell(ctx, &technician.account, EVENT_TECHNICIAN_MOVED, 0));
  return load(ctx, move->uuid, &move->after);
}

enum status technician_locate(struct ctx *ctx, struct uuid uuid, double latitude, double longitude,
                              struct technician *out) {
  TRY(access_check(ctx, MAY_TECHNICIAN_WRITE));
  enum status status = STATUS_OK;
  if (!(latitude >= -90 && latitude <= 90)) {
    status = problem_fault(ctx, STR("lat"), STR("must be -90 to 90"));
  }
  if (!(longitude >= -180 && longitude <= 180)) {
    status = problem_fault(ctx, STR("lng"), STR("must be -180 to 180"));
  }
  TRY(status);
  struct move move = {.uuid = uuid, .latitude = latitude, .longitude = longitude};
  TRY(db_write(ctx, move_in_transaction, &move));
  *out = move.after;
  return STATUS_OK;
}

struct availability {
  struct uuid uuid;
  bool available;
  struct str reason; /* NONE where available */
  struct technician after;
};

static enum status available_in_transaction(struct ctx *ctx, void *arg) {
  struct availability *availability = arg;
  struct technician before;
  TRY(load_own(ctx, availability->uuid, &before));
  struct technician_put_available_in in = {.account_id = before.account.id,
                                           .tenant_id = before.account.tenant_id,
                                           .is_available = availability->available,
                                           .reason = availability->reason,
                                           .now = ctx->now_us};
  TRY(sql_technician_put_available(ctx, &in, NULL));
  if (before.is_available != availability->available || !str_equal(before.reason, availability->reason)) {
    TRY(tell(ctx, &before.account, EVENT_TECHNICIAN_AVAILABLE, availability->available));
  }
  return load(ctx, availability->uuid, &availability->after);
}

enum status technician_set_available(struct ctx *ctx, struct uuid uuid, bool available, struct str reason,
                                     struct technician *out) {
  TRY(access_check(ctx, MAY_TECHNICIAN_WRITE));
  TRY(problem_check_text(ctx, "reason", reason, !available, REASON_MAX));
  struct availability availability = {
      .uuid = uuid, .available = available, .reason = available ? STR_NONE : reason};
  TRY(db_write(ctx, available_in_transaction, &availability));
  *out = availability.after;
  return STATUS_OK;
}

/* ---- employee number, skills, service areas ---- */

static void check_words(struct ctx *ctx, const char *field, const struct str *words, size_t count) {
  if (count > TECHNICIAN_WORDS_MAX) {
    (void)problem_fault(ctx, str_of(field), STR("must be at most 50"));
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const char *item = str_c(ctx->arena, str_format(ctx->arena, "%s[%zu]", field, i));
    (void)problem_check_text(ctx, item, words[i], true, WORD_MAX);
  }
}

static enum status check_change(struct ctx *ctx, const struct technician_change *change) {
  if (change->has_employee_id) {
    (void)problem_check_text(ctx, "employee_id", change->employee_id, false, EMPLOYEE_MAX);
  }
  if (change->has_skills) {
    check_words(ctx, "skills", change->skills, change->skill_count);
  }
  if (change->has_areas) {
    check_words(ctx, "service_areas", change->areas, change->area_count);
  }
  return ctx->problem.kind == NULL ? STATUS_OK : ctx->problem.kind->status;
}

static enum status put_words(struct ctx *ctx, const struct account *account, enum word_kind kind,
                             const struct str *words, size_t count) {
  TRY(sql_technician_word_drop(ctx, &(struct technician_word_drop_in){account->id, kind}, NULL));
  struct str *folded = ARENA_ARRAY(ctx->arena, struct str, count);
  for (size_t i = 0; i < count; i++) {
    struct str word = str_trim(words[i]);
    folded[i] = str_fold(ctx->arena, word);
    if (named_before(folded, i)) {
      continue;
    }
    struct technician_word_add_in in = {.account_id = account->id,
                                        .kind = kind,
                                        .position = (int64_t)i,
                                        .tenant_id = account->tenant_id,
                                        .word = word,
                                        .folded = folded[i]};
    TRY(sql_technician_word_add(ctx, &in, NULL));
  }
  return STATUS_OK;
}

/* Inside db_write. */
static enum status put_change(struct ctx *ctx, const struct account *account,
                              const struct technician_change *change) {
  struct str employee_id = str_trim(change->employee_id);
  struct technician_put_employee_in in = {.account_id = account->id,
                                          .tenant_id = account->tenant_id,
                                          .has_employee_id = change->has_employee_id,
                                          .employee_id = employee_id.len > 0 ? employee_id : STR_NONE,
                                          .now = ctx->now_us};
  enum status status = sql_technician_put_employee(ctx, &in, NULL);
  if (status == STATUS_DUPLICATE) {
    return problem_set(ctx, &technician_employee_taken);
  }
  TRY(status);
  if (change->has_skills) {
    TRY(put_words(ctx, account, WORD_SKILL, change->skills, change->skill_count));
  }
  if (change->has_areas) {
    TRY(put_words(ctx, account, WORD_AREA, change->areas, change->area_count));
  }
  return tell(ctx, account, EVENT_TECHNICIAN_CHANGED, 0);
}

struct update {
  struct uuid uuid;
  const struct technician_change *change;
  struct technician after;
};

static enum status change_in_transaction(struct ctx *ctx, void *arg) {
  struct update *update = arg;
  struct technician before;
  /* Who deletes the account at once comes before or after, and then finds the number. */
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  TRY(load(ctx, update->uuid, &before));
  TRY(put_change(ctx, &before.account, update->change));
  return load(ctx, update->uuid, &update->after);
}

enum status technician_change(struct ctx *ctx, struct uuid uuid, const struct technician_change *change,
                              struct technician *out) {
  TRY(access_check(ctx, MAY_TECHNICIAN_WRITE));
  if (access_scope(ctx->who->role, MAY_TECHNICIAN_WRITE) != SCOPE_ALL) {
    return problem_set(ctx, &access_forbidden);
  }
  TRY(check_change(ctx, change));
  struct update update = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, change_in_transaction, &update));
  *out = update.after;
  return STATUS_OK;
}

/* ---- making ---- */

struct creation {
  const struct technician_change *change;
  struct technician made;
};

static enum status with_account(struct ctx *ctx, const struct account *account, void *arg) {
  struct creation *creation = arg;
  TRY(put_change(ctx, account, creation->change));
  return load(ctx, account->uuid, &creation->made);
}

enum status technician_create(struct ctx *ctx, const struct account_new *new_account,
                              const struct technician_change *change, struct technician *out) {
  TRY(check_change(ctx, change));
  struct creation creation = {.change = change};
  struct account_new wanted = *new_account;
  wanted.role = ROLE_TECHNICIAN;
  wanted.with = with_account;
  wanted.with_arg = &creation;
  struct account account;
  TRY(account_create(ctx, &wanted, &account));
  *out = creation.made;
  return STATUS_OK;
}

/* ---- leaving ---- */

enum status technician_leave(struct ctx *ctx, const struct account *account) {
  return sql_technician_drop_employee(ctx, &(struct technician_drop_employee_in){account->id, ctx->now_us},
                                      NULL);
}
