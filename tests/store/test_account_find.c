#include "accounts.h"

/* People as managers see them: lists with totals, reading, changing; and the counters behind the totals. */

static struct account *find(struct store *store, const struct who *who, struct account_search search,
                            size_t *count, int64_t *total) {
  struct account *list = NULL;
  store->ctx.who = who;
  search.limit = search.limit > 0 ? search.limit : 100;
  assert_ok(account_find(&store->ctx, &search, &list, count, total));
  return list;
}

/* How many a search tells, on its page and in all: the same where the page is large enough. */
static int64_t found(struct store *store, const struct who *who, struct account_search search) {
  size_t count = 0;
  int64_t total = 0;
  find(store, who, search, &count, &total);
  assert_int_equal(count, total);
  return total;
}

static void a_list_is_newest_first_with_its_total_page_by_page(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  for (int i = 0; i < 25; i++) {
    account_of(store, TENANT_OPERATOR, i % 2 == 0 ? ROLE_CUSTOMER : ROLE_TECHNICIAN, "Somebody",
               str_format(store->ctx.arena, "p%02d@example.com", i).at);
  }
  account_of(store, other_tenant(store), ROLE_CUSTOMER, "Foreigner", "foreign@example.com");
  size_t count = 0;
  int64_t total = 0;
  struct account *page = find(store, &admin, (struct account_search){.skip = 0, .limit = 10}, &count, &total);
  assert_int_equal(count, 10);
  assert_int_equal(total, 26);
  assert_str(page[0].email, "p24@example.com");
  page = find(store, &admin, (struct account_search){.skip = 20, .limit = 10}, &count, &total);
  assert_int_equal(count, 6);
  assert_int_equal(total, 26);
  assert_str(page[5].email, "admin@example.com");
  find(store, &admin, (struct account_search){.skip = 1000000, .limit = 10}, &count, &total);
  assert_int_equal(count, 0);
  assert_int_equal(total, 26);
  page = find(store, &admin, (struct account_search){.role = ROLE_TECHNICIAN, .limit = 5}, &count, &total);
  assert_int_equal(count, 5);
  assert_int_equal(total, 12);
  assert_str(page[0].email, "p23@example.com");
  struct account_search wrong = {.limit = 0};
  assert_faults(account_find(&store->ctx, &wrong, &page, &count, &total), "limit");
}

static void a_search_takes_letters_of_any_script_in_any_case_and_wildcards_literally(struct store *store) {
  struct who admin = caller_of(store, ROLE_MANAGER, "admin@example.com");
  static const char *const people[][2] = {
      {"\u0130smail \u00c7elik", "ismail@example.com"},
      {"\u03a3\u03c9\u03ba\u03c1\u03ac\u03c4\u03b7\u03c2", "socrates@example.com"},
      {"\u0411\u043e\u0440\u0438\u0441 \u0416\u0443\u043a", "boris@example.com"},
      {"Siti Nurhaliza", "SITI.N@Example.com"},
      {"100% sure", "percent@example.com"},
      {"under_score", "under_x@example.com"},
      {"back\\slash", "slash@example.com"}};
  for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
    account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, people[i][0], people[i][1]);
  }
  static const struct {
    const char *text;
    int64_t matches;
  } cases[] = {
      {"\u00e7el", 1},
      {"\u00c7EL", 1},
      {"\u03c3\u03a9\u03ba", 1},
      {"\u0416\u0423\u041a", 1},
      {"\u0431\u043e\u0440", 1},
      {"SITI nur", 1},
      {"siti.n@EXAMPLE", 1},
      {"%", 1},
      {"_", 1},
      {"r_s", 1},
      {"\\", 1},
      {"'; DROP TABLE account; --", 0},
      {"nobody", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t matches = found(store, &admin, (struct account_search){.text = str_of(cases[i].text)});
    if (matches != cases[i].matches) {
      fail_msg("%s: %" PRId64 " matches", cases[i].text, matches);
    }
  }
  assert_int_equal(
      found(store, &admin, (struct account_search){.text = STR("example"), .role = ROLE_CUSTOMER}), 7);
  assert_int_equal(
      found(store, &admin, (struct account_search){.text = STR("example"), .role = ROLE_TECHNICIAN}), 0);
  assert_int_equal(found(store, &admin, (struct account_search){.text = STR("")}), 8);
}

static void active_and_deactivated_ones_are_told_apart(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account gone = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Gone", "gone@example.com");
  store->ctx.who = &admin;
  assert_ok(account_disable(&store->ctx, gone.id));
  assert_int_equal(found(store, &admin, (struct account_search){.active = ACCOUNT_ACTIVE}), 1);
  assert_int_equal(found(store, &admin, (struct account_search){.active = ACCOUNT_INACTIVE}), 1);
  assert_int_equal(
      found(store, &admin, (struct account_search){.text = STR("gone"), .active = ACCOUNT_ACTIVE}), 0);
  assert_int_equal(
      found(store, &admin, (struct account_search){.text = STR("gone"), .active = ACCOUNT_INACTIVE}), 1);
}

static void lists_are_for_supervisors_up_and_reading_for_oneself_too(struct store *store) {
  static const struct {
    enum role role;
    bool lists;
  } roles[] = {{ROLE_SUPER_ADMIN, true},       {ROLE_MANAGER, true},     {ROLE_SUPERVISOR, true},
               {ROLE_CUSTOMER_SERVICE, false}, {ROLE_TECHNICIAN, false}, {ROLE_CUSTOMER, false}};
  struct account somebody =
      account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Somebody", "somebody@example.com");
  struct account foreigner = account_of(store, other_tenant(store), ROLE_CUSTOMER, "F", "f@example.com");
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    struct who who = caller_of(store, roles[i].role, str_format(store->ctx.arena, "r%zu@example.com", i).at);
    store->ctx.who = &who;
    struct account_search search = {.limit = 10};
    struct account *list = NULL;
    size_t count = 0;
    int64_t total = 0;
    struct account account;
    if (roles[i].lists) {
      assert_ok(account_find(&store->ctx, &search, &list, &count, &total));
      assert_ok(account_read(&store->ctx, somebody.uuid, &account));
    } else {
      assert_problem(access_forbidden, account_find(&store->ctx, &search, &list, &count, &total));
      assert_problem(account_not_found, account_read(&store->ctx, somebody.uuid, &account));
    }
    assert_ok(account_read(&store->ctx, who.uuid, &account));
    assert_int_equal(account.id, who.account_id);
    assert_problem(account_not_found, account_read(&store->ctx, foreigner.uuid, &account));
  }
  store->ctx.who = NULL;
  struct account account;
  assert_problem(access_unauthenticated, account_read(&store->ctx, somebody.uuid, &account));
}

/* ---- changing ---- */

static void everybody_changes_the_own_profile_and_nothing_else_of_oneself(struct store *store) {
  struct who who = caller_of(store, ROLE_CUSTOMER, "me@example.com");
  store->ctx.who = &who;
  struct account_change change = {.has_name = true,
                                  .has_phone = true,
                                  .has_avatar = true,
                                  .name = STR("\u0130smail"),
                                  .phone = STR("+90 5"),
                                  .avatar = STR("https://example.com/me.png")};
  struct account after;
  assert_ok(account_update(&store->ctx, who.uuid, &change, &after));
  struct account read;
  assert_ok(account_read(&store->ctx, who.uuid, &read));
  assert_str(read.name, "\u0130smail");
  assert_str(read.phone, "+90 5");
  assert_str(read.avatar, "https://example.com/me.png");
  assert_true(str_equal(after.name, read.name));
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_ACCOUNT_CHANGED);
  assert_int_equal(event.account_id, who.account_id);
  /* What one is already is no change, and writes no event. */
  int64_t events = count_of(store, "event");
  struct account_change same = {.has_email = true,
                                .has_role = true,
                                .has_active = true,
                                .email = STR("me@example.com"),
                                .role = ROLE_CUSTOMER,
                                .is_active = true};
  assert_ok(account_update(&store->ctx, who.uuid, &same, &after));
  assert_int_equal(count_of(store, "event"), events);
  struct account_change others[] = {{.has_email = true, .email = STR("new@example.com")},
                                    {.has_role = true, .role = ROLE_MANAGER},
                                    {.has_active = true, .is_active = false}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_problem(account_role_forbidden, account_update(&store->ctx, who.uuid, &others[i], &after));
  }
  struct account_change none = {.has_avatar = true};
  assert_ok(account_update(&store->ctx, who.uuid, &none, &after));
  assert_ok(account_read(&store->ctx, who.uuid, &read));
  assert_null(read.avatar.at);
}

static void every_fault_of_a_change_is_told_at_once(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "C", "c@example.com");
  store->ctx.who = &admin;
  struct account_change bad = {.has_name = true,
                               .has_phone = true,
                               .has_email = true,
                               .has_avatar = true,
                               .has_role = true,
                               .name = STR(" "),
                               .phone = STR("1\0012"),
                               .email = STR("nowhere"),
                               .avatar = STR("javascript:alert(1)"),
                               .role = (enum role)99};
  assert_faults(account_update(&store->ctx, account.uuid, &bad, &account), "name", "phone", "email", "avatar",
                "role");
  static const char *const avatars[] = {
      "ftp://example.com/x", "//example.com/x",           "https://", "http:///x", "x.png",
      "https://a b",         "data:image/png;base64,AA=="};
  for (size_t i = 0; i < sizeof avatars / sizeof *avatars; i++) {
    struct account_change change = {.has_avatar = true, .avatar = str_of(avatars[i])};
    assert_faults(account_update(&store->ctx, account.uuid, &change, &account), "avatar");
  }
  struct account_change upload = {.has_avatar = true,
                                  .avatar = STR("/api/files/0190163d-8694-739b-aea5-966c26f8ad91")};
  assert_ok(account_update(&store->ctx, account.uuid, &upload, &account));
}

static void who_is_above_changes_address_role_and_activity(struct store *store) {
  struct who manager = caller_of(store, ROLE_MANAGER, "manager@example.com");
  struct who peer = caller_of(store, ROLE_MANAGER, "peer@example.com");
  struct who supervisor = caller_of(store, ROLE_SUPERVISOR, "supervisor@example.com");
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "T", "t@example.com");
  struct account_change change = {.has_email = true,
                                  .has_role = true,
                                  .has_active = true,
                                  .email = STR("New@Example.com"),
                                  .role = ROLE_SUPERVISOR,
                                  .is_active = false};
  struct account after;
  store->ctx.who = &supervisor;
  assert_problem(account_role_forbidden, account_update(&store->ctx, account.uuid, &change, &after));
  store->ctx.who = &manager;
  assert_ok(account_update(&store->ctx, account.uuid, &change, &after));
  assert_ok(account_read(&store->ctx, account.uuid, &after));
  assert_str(after.email, "New@Example.com");
  assert_int_equal(after.role, ROLE_SUPERVISOR);
  assert_false(after.is_active);
  assert_account_counts_true(store);
  struct account_change back = {.has_active = true, .is_active = true};
  assert_ok(account_update(&store->ctx, account.uuid, &back, &after));
  assert_true(after.is_active);
  assert_account_counts_true(store);
  /* Nobody is made a peer, and peers leave one another alone. */
  struct account_change up = {.has_role = true, .role = ROLE_MANAGER};
  assert_problem(account_role_forbidden, account_update(&store->ctx, account.uuid, &up, &after));
  struct account_change name = {.has_name = true, .name = STR("X")};
  assert_problem(account_role_forbidden, account_update(&store->ctx, peer.uuid, &name, &after));
  struct account_change taken = {.has_email = true, .email = STR("PEER@example.com")};
  assert_problem(account_email_taken, account_update(&store->ctx, account.uuid, &taken, &after));
  struct account foreigner = account_of(store, other_tenant(store), ROLE_CUSTOMER, "F", "f@example.com");
  assert_problem(account_not_found, account_update(&store->ctx, foreigner.uuid, &name, &after));
}

static void the_last_active_super_admin_stays(struct store *store) {
  struct who one = caller_of(store, ROLE_SUPER_ADMIN, "one@example.com");
  struct who two = caller_of(store, ROLE_SUPER_ADMIN, "two@example.com");
  struct account_change down = {.has_role = true, .role = ROLE_MANAGER};
  struct account_change off = {.has_active = true, .is_active = false};
  struct account after;
  store->ctx.who = &one;
  assert_problem(account_role_forbidden, account_update(&store->ctx, one.uuid, &down, &after));
  assert_problem(account_role_forbidden, account_update(&store->ctx, one.uuid, &off, &after));
  assert_ok(account_update(&store->ctx, two.uuid, &off, &after));
  store->ctx.who = &two; /* a session that was not ended yet would still not do it */
  assert_problem(account_last_super_admin, account_update(&store->ctx, one.uuid, &down, &after));
  assert_problem(account_last_super_admin, account_update(&store->ctx, one.uuid, &off, &after));
}

static void a_role_change_or_deactivation_ends_the_sessions_and_a_name_does_not(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account_change changes[] = {{.has_name = true, .name = STR("Other")},
                                     {.has_role = true, .role = ROLE_SUPERVISOR},
                                     {.has_active = true, .is_active = false}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct account account = account_of(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "T",
                                        str_format(store->ctx.arena, "t%zu@example.com", i).at);
    struct session_token token;
    assert_ok(session_open(&store->ctx, &account, 3600, &token));
    store->ctx.who = &admin;
    struct account after;
    assert_ok(account_update(&store->ctx, account.uuid, &changes[i], &after));
    store->ctx.who = NULL;
    struct who who;
    if (i == 0) {
      assert_ok(session_resume(&store->ctx, token.token, &who));
    } else {
      assert_problem(session_ended, session_resume(&store->ctx, token.token, &who));
    }
  }
}

/* ---- counters ---- */

static void counters_follow_every_command(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account admin = account_of(store, TENANT_OPERATOR, ROLE_SUPER_ADMIN, "A", "a@example.com");
  struct account other = account_of(store, TENANT_OPERATOR, ROLE_SUPER_ADMIN, "B", "b@example.com");
  struct account one = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "C", "c@example.com");
  struct account two = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "D", "d@example.com");
  assert_account_counts_true(store);
  struct who who = who_of(&admin);
  ctx->who = &who;
  assert_ok(account_set_role(ctx, one.id, ROLE_TECHNICIAN));
  assert_account_counts_true(store);
  assert_ok(account_disable(ctx, one.id));
  assert_account_counts_true(store);
  assert_ok(account_disable(ctx, one.id));
  assert_account_counts_true(store);
  assert_ok(account_set_role(ctx, one.id, ROLE_SUPERVISOR));
  assert_account_counts_true(store);
  assert_ok(account_delete(ctx, one.id));
  assert_account_counts_true(store);
  assert_ok(account_delete(ctx, two.id));
  assert_account_counts_true(store);
  ctx->who = NULL;
  assert_ok(account_delete_self(ctx, &other));
  assert_account_counts_true(store);
  assert_problem(account_not_found, account_delete_self(ctx, &other));
  assert_account_counts_true(store);
  int64_t total = -1;
  assert_ok(account_total(ctx, TENANT_OPERATOR, 0, ACCOUNT_ANY, &total));
  assert_int_equal(total, 1);
  assert_ok(account_total(ctx, TENANT_OPERATOR, ROLE_SUPER_ADMIN, ACCOUNT_ACTIVE, &total));
  assert_int_equal(total, 1);
  assert_ok(account_total(ctx, TENANT_OPERATOR, ROLE_CUSTOMER, ACCOUNT_ANY, &total));
  assert_int_equal(total, 0);
}

static enum status refuse(struct ctx *ctx, const struct account *account, void *arg) {
  (void)account;
  (void)arg;
  return problem_set(ctx, &account_not_found);
}

static void what_belongs_to_a_new_account_fails_with_it(struct store *store) {
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("A"),
                                    .email = STR("a@example.com"),
                                    .role = ROLE_CUSTOMER,
                                    .by = ACCOUNT_BY_OPERATOR,
                                    .with = refuse};
  struct account account;
  assert_problem(account_not_found, account_create(&store->ctx, &new_account, &account));
  assert_int_equal(count_of(store, "account"), 0);
  assert_int_equal(count_of(store, "event"), 0);
  assert_account_counts_true(store);
}

int main(void) {
  keys_setup(true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_list_is_newest_first_with_its_total_page_by_page),
      STORE_TEST(a_search_takes_letters_of_any_script_in_any_case_and_wildcards_literally),
      STORE_TEST(active_and_deactivated_ones_are_told_apart),
      STORE_TEST(lists_are_for_supervisors_up_and_reading_for_oneself_too),
      STORE_TEST(everybody_changes_the_own_profile_and_nothing_else_of_oneself),
      STORE_TEST(every_fault_of_a_change_is_told_at_once),
      STORE_TEST(who_is_above_changes_address_role_and_activity),
      STORE_TEST(the_last_active_super_admin_stays),
      STORE_TEST(a_role_change_or_deactivation_ends_the_sessions_and_a_name_does_not),
      STORE_TEST(counters_follow_every_command),
      STORE_TEST(what_belongs_to_a_new_account_fails_with_it),
  };
  return STORE_RUN(tests);
}
