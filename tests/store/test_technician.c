#include <math.h>

#include "accounts.h"
#include "desk/technician/technician.h"

/* Technicians: accounts of that role with what they can do, where they are and whether they are free. */

static struct account technician_account(struct store *store, const char *email) {
  return account_of(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "Budi", email);
}

static struct technician change(struct store *store, const struct who *who, const struct account *account,
                                struct technician_change change) {
  struct technician technician;
  store->ctx.who = who;
  assert_ok(technician_change(&store->ctx, account->uuid, &change, &technician));
  return technician;
}

static int64_t found(struct store *store, const struct who *who, struct technician_filter filter) {
  struct technician *list = NULL;
  size_t count = 0;
  int64_t total = 0;
  store->ctx.who = who;
  filter.limit = filter.limit > 0 ? filter.limit : 100;
  assert_ok(technician_list(&store->ctx, &filter, &list, &count, &total));
  assert_int_equal(count, total);
  return total;
}

static void an_account_of_the_role_is_an_available_technician(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account account = technician_account(store, "t@example.com");
  store->ctx.who = &admin;
  struct technician technician;
  assert_ok(technician_get(&store->ctx, account.uuid, &technician));
  assert_int_equal(technician.account.id, account.id);
  assert_true(technician.is_available);
  assert_null(technician.employee_id.at);
  assert_int_equal(technician.skill_count, 0);
  assert_int_equal(technician.area_count, 0);
  assert_true(isnan(technician.latitude) && isnan(technician.longitude));
  assert_int_equal(technician.located_at, 0);
  assert_problem(technician_not_found, technician_get(&store->ctx, admin.uuid, &technician));
  bool available = false;
  assert_ok(technician_is_available(&store->ctx, account.id, &available));
  assert_true(available);
}

static void words_keep_their_order_and_a_repeated_one_counts_once(struct store *store) {
  struct who supervisor = caller_of(store, ROLE_SUPERVISOR, "s@example.com");
  struct account account = technician_account(store, "t@example.com");
  const struct str skills[] = {STR("Router"), STR(" Fiber "), STR("ROUTER"), STR("\u0130nternet")};
  const struct str areas[] = {STR("Jakarta Selatan"), STR("Bogor")};
  struct technician technician = change(store, &supervisor, &account,
                                        (struct technician_change){.has_employee_id = true,
                                                                   .has_skills = true,
                                                                   .has_areas = true,
                                                                   .employee_id = STR("EMP-1"),
                                                                   .skills = skills,
                                                                   .skill_count = 4,
                                                                   .areas = areas,
                                                                   .area_count = 2});
  assert_str(technician.employee_id, "EMP-1");
  assert_int_equal(technician.skill_count, 3);
  assert_str(technician.skills[0], "Router");
  assert_str(technician.skills[1], "Fiber");
  assert_str(technician.skills[2], "\u0130nternet");
  assert_int_equal(technician.area_count, 2);
  assert_str(technician.areas[1], "Bogor");
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_TECHNICIAN_CHANGED);
  assert_int_equal(event.account_id, account.id);
  /* What is not named stays; an empty list is none. */
  technician = change(store, &supervisor, &account, (struct technician_change){.has_skills = true});
  assert_int_equal(technician.skill_count, 0);
  assert_int_equal(technician.area_count, 2);
  assert_str(technician.employee_id, "EMP-1");
  technician = change(store, &supervisor, &account, (struct technician_change){.has_employee_id = true});
  assert_null(technician.employee_id.at);
}

static void faults_name_each_word(struct store *store) {
  struct who supervisor = caller_of(store, ROLE_SUPERVISOR, "s@example.com");
  struct account account = technician_account(store, "t@example.com");
  char long_word[102];
  memset(long_word, 'x', sizeof long_word);
  const struct str skills[] = {STR("ok"), STR(" "), STR("a\001b"), {long_word, 101}, {long_word, 100}};
  struct str many[TECHNICIAN_WORDS_MAX + 1];
  for (size_t i = 0; i < TECHNICIAN_WORDS_MAX + 1; i++) {
    many[i] = str_format(store->ctx.arena, "area %zu", i);
  }
  struct technician_change bad = {.has_employee_id = true,
                                  .has_skills = true,
                                  .has_areas = true,
                                  .employee_id = (struct str){long_word, 65},
                                  .skills = skills,
                                  .skill_count = 5,
                                  .areas = many,
                                  .area_count = TECHNICIAN_WORDS_MAX + 1};
  struct technician technician;
  store->ctx.who = &supervisor;
  assert_faults(technician_change(&store->ctx, account.uuid, &bad, &technician), "employee_id", "skills[1]",
                "skills[2]", "skills[3]", "service_areas");
  bad = (struct technician_change){.has_areas = true, .areas = many, .area_count = TECHNICIAN_WORDS_MAX};
  assert_ok(technician_change(&store->ctx, account.uuid, &bad, &technician));
  assert_int_equal(technician.area_count, TECHNICIAN_WORDS_MAX);
}

static void an_employee_number_is_taken_once_in_a_tenant(struct store *store) {
  struct who supervisor = caller_of(store, ROLE_SUPERVISOR, "s@example.com");
  struct account one = technician_account(store, "one@example.com");
  struct account two = technician_account(store, "two@example.com");
  struct technician_change number = {.has_employee_id = true, .employee_id = STR("EMP-1")};
  change(store, &supervisor, &one, number);
  change(store, &supervisor, &one, number); /* one's own again */
  struct technician technician;
  assert_problem(technician_employee_taken, technician_change(&store->ctx, two.uuid, &number, &technician));
  int64_t tenant = other_tenant(store);
  struct account manager = account_of(store, tenant, ROLE_MANAGER, "M", "m@example.com");
  struct account foreign = account_of(store, tenant, ROLE_TECHNICIAN, "T", "t@example.com");
  struct who who = who_of(&manager);
  change(store, &who, &foreign, number);
}

static void the_employee_number_of_a_deleted_account_is_gone_and_free(struct store *store) {
  struct who manager = caller_of(store, ROLE_MANAGER, "m@example.com");
  struct account one = technician_account(store, "one@example.com");
  struct account two = technician_account(store, "two@example.com");
  struct technician_change number = {.has_employee_id = true, .employee_id = STR("EMP-1")};
  change(store, &manager, &one, number);
  assert_ok(account_delete(&store->ctx, one.id));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM technician WHERE employee_id IS NOT NULL"), 0);
  change(store, &manager, &two, number);
}

struct leaving {
  struct who who;
  struct account account;
};

/* One deletes the account while the other gives it a number. */
static void delete_or_number(struct ctx *ctx, int number, void *arg) {
  const struct leaving *leaving = arg;
  ctx->who = &leaving->who;
  if (number == 0) {
    assert_ok(account_delete(ctx, leaving->account.id));
    return;
  }
  struct technician_change change = {.has_employee_id = true, .employee_id = STR("EMP-1")};
  struct technician technician;
  enum status status = technician_change(ctx, leaving->account.uuid, &change, &technician);
  assert_true(status == STATUS_OK || status == STATUS_NOT_FOUND);
}

static void a_number_given_to_an_account_in_its_last_moment_goes_with_it(struct store *store) {
  struct leaving leaving = {.who = caller_of(store, ROLE_MANAGER, "m@example.com")};
  for (int i = 0; i < 20; i++) {
    leaving.account = technician_account(store, str_format(store->ctx.arena, "t%d@example.com", i).at);
    store_race(store, 4, delete_or_number, &leaving);
    assert_int_equal(store_number(store, "SELECT COUNT(*) FROM technician WHERE employee_id IS NOT NULL"), 0);
  }
}

static void a_technician_is_made_whole_or_not_at_all(struct store *store) {
  struct who manager = caller_of(store, ROLE_MANAGER, "m@example.com");
  const struct str skills[] = {STR("fiber")};
  struct account_new account = {.tenant_id = TENANT_OPERATOR,
                                .name = STR("Budi"),
                                .email = STR("budi@example.com"),
                                .role = ROLE_TECHNICIAN,
                                .by = ACCOUNT_BY_CALLER};
  struct technician_change work = {.has_employee_id = true,
                                   .has_skills = true,
                                   .employee_id = STR("EMP-1"),
                                   .skills = skills,
                                   .skill_count = 1};
  store->ctx.who = &manager;
  struct technician technician;
  assert_ok(technician_create(&store->ctx, &account, &work, &technician));
  assert_str(technician.employee_id, "EMP-1");
  assert_int_equal(technician.skill_count, 1);
  account.email = STR("second@example.com");
  assert_problem(technician_employee_taken, technician_create(&store->ctx, &account, &work, &technician));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE role = 2"), 1);
  assert_account_counts_true(store);
}

static void a_list_filters_on_area_availability_and_all_named_skills(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account one = technician_account(store, "one@example.com");
  struct account two = technician_account(store, "two@example.com");
  struct account three = technician_account(store, "three@example.com");
  struct account gone = technician_account(store, "gone@example.com");
  const struct str skills[] = {STR("Fiber"), STR("Router"), STR("C%d_e\\")};
  const struct str areas[] = {STR("\u00c7ankaya"), STR("Bogor")};
  change(store, &admin, &one,
         (struct technician_change){.has_skills = true, .skills = skills, .skill_count = 3});
  change(store, &admin, &two,
         (struct technician_change){.has_skills = true,
                                    .has_areas = true,
                                    .skills = skills,
                                    .skill_count = 1,
                                    .areas = areas,
                                    .area_count = 2});
  change(store, &admin, &gone,
         (struct technician_change){.has_skills = true, .skills = skills, .skill_count = 3});
  assert_ok(account_disable(&store->ctx, gone.id));
  struct technician away;
  assert_ok(technician_set_available(&store->ctx, three.uuid, false, STR("sick"), &away));

  const struct str both[] = {STR("ROUTER"), STR("fiber")};
  const struct str twice[] = {STR("fiber"), STR("FIBER")};
  const struct str part[] = {STR("fib")};
  const struct str odd[] = {STR("c%D_E\\")};
  const struct {
    struct technician_filter filter;
    int64_t matches;
  } cases[] = {
      {{0}, 3},
      {{.available = TECHNICIAN_AVAILABLE}, 2},
      {{.available = TECHNICIAN_UNAVAILABLE}, 1},
      {{.service_area = STR("\u00e7ANKAYA")}, 1},
      {{.service_area = STR("\u00c7anka")}, 0},
      {{.service_area = STR("bogor"), .available = TECHNICIAN_UNAVAILABLE}, 0},
      {{.skills = both, .skill_count = 1}, 1},
      {{.skills = both, .skill_count = 2}, 1},
      {{.skills = twice, .skill_count = 2}, 2},
      {{.skills = part, .skill_count = 1}, 0},
      {{.skills = odd, .skill_count = 1}, 1},
      {{.skills = twice, .skill_count = 2, .service_area = STR("Bogor"), .available = TECHNICIAN_AVAILABLE},
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t matches = found(store, &admin, cases[i].filter);
    if (matches != cases[i].matches) {
      fail_msg("case %zu: %" PRId64 " matches", i, matches);
    }
  }
  struct technician_filter page = {.skip = 1, .limit = 1};
  struct technician *list = NULL;
  size_t count = 0;
  int64_t total = 0;
  assert_ok(technician_list(&store->ctx, &page, &list, &count, &total));
  assert_int_equal(count, 1);
  assert_int_equal(total, 3);
  assert_int_equal(list[0].account.id, two.id); /* newest first */
  assert_int_equal(list[0].area_count, 2);
  const struct str bad[] = {
      STR("a\x1f"
          "b")};
  struct technician_filter wrong = {.skills = bad, .skill_count = 1, .limit = 1};
  assert_faults(technician_list(&store->ctx, &wrong, &list, &count, &total), "skills");
}

static void free_and_active_ones_are_counted(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account one = technician_account(store, "one@example.com");
  struct account two = technician_account(store, "two@example.com");
  technician_account(store, "three@example.com");
  account_of(store, other_tenant(store), ROLE_TECHNICIAN, "F", "f@example.com");
  store->ctx.who = &admin;
  int64_t count = 0;
  assert_ok(technician_active_count(&store->ctx, &count));
  assert_int_equal(count, 3);
  struct technician technician;
  assert_ok(technician_set_available(&store->ctx, one.uuid, false, STR("sick"), &technician));
  assert_ok(technician_active_count(&store->ctx, &count));
  assert_int_equal(count, 2);
  assert_ok(account_disable(&store->ctx, one.id)); /* away and deactivated: not taken off twice */
  assert_ok(technician_active_count(&store->ctx, &count));
  assert_int_equal(count, 2);
  assert_ok(account_disable(&store->ctx, two.id));
  assert_ok(technician_active_count(&store->ctx, &count));
  assert_int_equal(count, 1);
}

static void a_place_is_kept_with_its_time(struct store *store) {
  struct account account = technician_account(store, "t@example.com");
  struct who who = who_of(&account);
  store->ctx.who = &who;
  struct technician technician;
  assert_ok(technician_locate(&store->ctx, account.uuid, -6.2, 106.8, &technician));
  assert_true(technician.latitude == -6.2 && technician.longitude == 106.8);
  assert_int_equal(technician.located_at, STORE_NOW);
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_TECHNICIAN_MOVED);
  assert_int_equal(event.account_id, account.id);
  store->ctx.now_us = STORE_NOW + TIME_MINUTE_US;
  assert_ok(technician_locate(&store->ctx, account.uuid, 90, -180, &technician));
  assert_int_equal(technician.located_at, STORE_NOW + TIME_MINUTE_US);
  assert_true(technician.is_available);
  assert_faults(technician_locate(&store->ctx, account.uuid, 90.0001, -180.0001, &technician), "lat", "lng");
  assert_faults(technician_locate(&store->ctx, account.uuid, NAN, INFINITY, &technician), "lat", "lng");
}

static void who_is_not_free_says_why(struct store *store) {
  struct account account = technician_account(store, "t@example.com");
  struct who who = who_of(&account);
  store->ctx.who = &who;
  struct technician technician;
  assert_faults(technician_set_available(&store->ctx, account.uuid, false, STR_NONE, &technician), "reason");
  assert_faults(technician_set_available(&store->ctx, account.uuid, false, STR("  "), &technician), "reason");
  assert_ok(technician_set_available(&store->ctx, account.uuid, false, STR("On sick leave"), &technician));
  assert_false(technician.is_available);
  assert_str(technician.reason, "On sick leave");
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_TECHNICIAN_AVAILABLE);
  assert_int_equal(event.new_value, 0);
  bool available = true;
  assert_ok(technician_is_available(&store->ctx, account.id, &available));
  assert_false(available);
  int64_t events = count_of(store, "event");
  assert_ok(technician_set_available(&store->ctx, account.uuid, false, STR("On sick leave"), &technician));
  assert_int_equal(count_of(store, "event"), events); /* nothing changed */
  assert_ok(technician_set_available(&store->ctx, account.uuid, true, STR("ignored"), &technician));
  assert_true(technician.is_available);
  assert_null(technician.reason.at);
  assert_int_equal(last_event(store).new_value, 1);
}

static void the_table_says_who_reads_and_writes(struct store *store) {
  static const struct {
    enum role role;
    bool reads, writes;
  } roles[] = {{ROLE_SUPER_ADMIN, true, true},  {ROLE_MANAGER, true, true},
               {ROLE_SUPERVISOR, true, true},   {ROLE_CUSTOMER_SERVICE, true, false},
               {ROLE_TECHNICIAN, false, false}, {ROLE_CUSTOMER, false, false}};
  struct account account = technician_account(store, "t@example.com");
  struct technician_change skills = {.has_skills = true};
  struct technician technician;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    struct who who = caller_of(store, roles[i].role, str_format(store->ctx.arena, "r%zu@example.com", i).at);
    store->ctx.who = &who;
    enum status refused = roles[i].role == ROLE_TECHNICIAN ? STATUS_NOT_FOUND : STATUS_FORBIDDEN;
    enum status unseen = roles[i].reads ? STATUS_OK : refused;
    assert_status(unseen, technician_get(&store->ctx, account.uuid, &technician));
    problem_clear(&store->ctx);
    assert_status(roles[i].writes ? STATUS_OK : refused,
                  technician_locate(&store->ctx, account.uuid, 1, 1, &technician));
    problem_clear(&store->ctx);
    assert_status(roles[i].writes ? STATUS_OK : refused,
                  technician_set_available(&store->ctx, account.uuid, true, STR_NONE, &technician));
    problem_clear(&store->ctx);
    assert_status(roles[i].writes ? STATUS_OK : STATUS_FORBIDDEN,
                  technician_change(&store->ctx, account.uuid, &skills, &technician));
    problem_clear(&store->ctx);
  }
  struct who oneself = who_of(&account);
  store->ctx.who = &oneself;
  assert_ok(technician_get(&store->ctx, account.uuid, &technician));
  assert_int_equal(found(store, &oneself, (struct technician_filter){0}), 1);
  assert_problem(access_forbidden, technician_change(&store->ctx, account.uuid, &skills, &technician));
  struct account manager = account_of(store, other_tenant(store), ROLE_MANAGER, "M", "foreign@example.com");
  struct who foreign = who_of(&manager);
  store->ctx.who = &foreign;
  assert_problem(technician_not_found, technician_get(&store->ctx, account.uuid, &technician));
  assert_problem(technician_not_found, technician_locate(&store->ctx, account.uuid, 1, 1, &technician));
  assert_int_equal(found(store, &foreign, (struct technician_filter){0}), 0);
}

int main(void) {
  keys_setup(true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_account_of_the_role_is_an_available_technician),
      STORE_TEST(words_keep_their_order_and_a_repeated_one_counts_once),
      STORE_TEST(faults_name_each_word),
      STORE_TEST(an_employee_number_is_taken_once_in_a_tenant),
      STORE_TEST(the_employee_number_of_a_deleted_account_is_gone_and_free),
      STORE_TEST(a_number_given_to_an_account_in_its_last_moment_goes_with_it),
      STORE_TEST(a_technician_is_made_whole_or_not_at_all),
      STORE_TEST(a_list_filters_on_area_availability_and_all_named_skills),
      STORE_TEST(free_and_active_ones_are_counted),
      STORE_TEST(a_place_is_kept_with_its_time),
      STORE_TEST(who_is_not_free_says_why),
      STORE_TEST(the_table_says_who_reads_and_writes),
  };
  return STORE_RUN(tests);
}
