#include <stdatomic.h>

#include "accounts.h"
#include "desk/mail/mail.h"
#include "desk/team/team.h"

/* Teams, and the one account that each of them may have. */

static const struct uuid no_team = {{0}};

static struct team team_made(struct store *store, const struct who *who, const char *name, const char *code) {
  struct team_new new_team = {.name = str_of(name), .code = str_of(code), .is_active = true};
  struct team team = {0};
  store->ctx.who = who;
  assert_ok(team_create(&store->ctx, &new_team, &team));
  return team;
}

/* A registration as the caller of `tenant_id` makes it, without a password unless one is added. */
static struct account_new borrower(const struct who *who, enum role role, const char *email) {
  return (struct account_new){.tenant_id = who->tenant_id,
                              .name = STR("Pengguna Baru"),
                              .email = str_of(email),
                              .phone = STR("+628123456789"),
                              .role = role,
                              .language = LANGUAGE_INDONESIAN,
                              .by = ACCOUNT_BY_CALLER};
}

static struct team_member registered(struct store *store, const struct who *who, enum role role,
                                     const char *email, struct uuid team) {
  struct account_new new_account = borrower(who, role, email);
  struct team_member member = {0};
  store->ctx.who = who;
  assert_ok(team_register(&store->ctx, &new_account, team, &member));
  return member;
}

static enum status register_only(struct store *store, const struct who *who, enum role role,
                                 const char *email, struct uuid team) {
  struct account_new new_account = borrower(who, role, email);
  struct team_member member;
  store->ctx.who = who;
  return team_register(&store->ctx, &new_account, team, &member);
}

static const char *email_of(struct store *store, int role) {
  return str_format(store->ctx.arena, "role-%d@example.com", role).at;
}

/* Somebody has the team: who it is, is told. */
#define assert_occupied(email, call)                           \
  do {                                                         \
    assert_status(STATUS_STATE, (call));                       \
    assert_ptr_equal(store->ctx.problem.kind, &team_occupied); \
    assert_int_equal(store->ctx.problem.fault_count, 1);       \
    assert_str(store->ctx.problem.faults[0].field, "team");    \
    assert_str(store->ctx.problem.faults[0].reason, (email));  \
    problem_clear(&store->ctx);                                \
  } while (0)

/* ---- teams ---- */

static void a_team_keeps_what_was_said_of_it(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team_new new_team = {.name = STR(" Tim \"A\" "), .code = STR("TM01"), .is_active = false};
  struct team made, read;
  store->ctx.who = &admin;
  assert_ok(team_create(&store->ctx, &new_team, &made));
  assert_ok(team_get(&store->ctx, made.uuid, &read));
  assert_true(read.id > 0 && read.id == made.id);
  assert_int_equal(read.tenant_id, TENANT_OPERATOR);
  assert_str(read.name, " Tim \"A\" ");
  assert_str(read.code, "TM01");
  assert_false(read.is_active);
  assert_int_equal(read.created_at, STORE_NOW);
  assert_int_equal(read.updated_at, STORE_NOW);
}

static void names_and_codes_are_unique_in_a_tenant_without_letter_case_and_blanks(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team first = team_made(store, &admin, "Tim Satu", "TM01");
  struct team second = team_made(store, &admin, "Tim Dua", "TM02");
  struct ctx *ctx = &store->ctx;
  struct team team;
  struct team_new same_code = {.name = STR("Tim Tiga"), .code = STR(" tm01 ")};
  assert_problem(team_code_taken, team_create(ctx, &same_code, &team));
  struct team_new same_name = {.name = STR("TIM satu"), .code = STR("TM03")};
  assert_problem(team_name_taken, team_create(ctx, &same_name, &team));
  struct team_new same_both = {.name = STR("Tim Satu"), .code = STR("TM01")};
  assert_problem(team_code_taken, team_create(ctx, &same_both, &team)); /* the code is looked at first */
  struct team_change change = {.has_code = true, .code = STR("TM01")};
  assert_problem(team_code_taken, team_update(ctx, second.uuid, &change, &team));
  change = (struct team_change){.has_name = true, .name = STR("tim satu")};
  assert_problem(team_name_taken, team_update(ctx, second.uuid, &change, &team));
  assert_ok(team_update(ctx, first.uuid, &change, &team)); /* its own, in other letters */
  assert_str(team.name, "tim satu");
  /* Another tenant knows nothing of these. */
  int64_t tenant = other_tenant(store);
  struct account account = account_of(store, tenant, ROLE_SUPER_ADMIN, "A", "a@example.com");
  struct who foreign = who_of(&account);
  store->ctx.who = &foreign;
  assert_ok(team_create(ctx, &same_both, &team));
}

static void faults_of_a_team_are_told_at_once(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  store->ctx.who = &admin;
  struct team team;
  struct team_new bad = {.name = STR(" "), .code = STR("\xFF")};
  assert_faults(team_create(&store->ctx, &bad, &team), "name", "code");
  struct team made = team_made(store, &admin, "A", "A");
  struct team_change change = {.has_name = true, .has_code = true, .name = STR(""), .code = STR("a\001")};
  assert_faults(team_update(&store->ctx, made.uuid, &change, &team), "name", "code");
  char *long_text = arena_alloc(store->ctx.arena, 257);
  memset(long_text, 'x', 256);
  bad = (struct team_new){.name = {long_text, 256}, .code = {long_text, 255}};
  assert_faults(team_create(&store->ctx, &bad, &team), "name");
  assert_int_equal(count_of(store, "team"), 1);
}

static void a_change_changes_what_it_names(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team made = team_made(store, &admin, "Tim", "TM01");
  struct ctx *ctx = &store->ctx;
  struct team team;
  ctx->now_us += TIME_SECOND_US;
  assert_ok(team_update(ctx, made.uuid, &(struct team_change){0}, &team));
  assert_int_equal(team.updated_at, STORE_NOW); /* nothing is no change */
  struct team_change change = {.has_active = true, .is_active = false};
  assert_ok(team_update(ctx, made.uuid, &change, &team));
  change = (struct team_change){.has_code = true, .code = STR("TM09")};
  assert_ok(team_update(ctx, made.uuid, &change, &team));
  assert_ok(team_get(ctx, made.uuid, &team));
  assert_str(team.name, "Tim");
  assert_str(team.code, "TM09");
  assert_false(team.is_active);
  assert_int_equal(team.updated_at, STORE_NOW + TIME_SECOND_US);
  /* And the old code is free. */
  team_made(store, &admin, "Lain", "TM01");
}

static void everybody_signed_in_reads_and_a_super_admin_writes(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team made = team_made(store, &admin, "Tim", "TM01");
  struct ctx *ctx = &store->ctx;
  struct team team, *teams;
  size_t count = 0;
  int64_t total = 0;
  struct team_new new_team = {.name = STR("Lain"), .code = STR("TM02")};
  struct team_change change = {.has_name = true, .name = STR("Lain")};
  for (int role = ROLE_CUSTOMER; role < ROLE_SUPER_ADMIN; role++) {
    struct who who = caller_of(store, (enum role)role, email_of(store, role));
    ctx->who = &who;
    assert_ok(team_get(ctx, made.uuid, &team));
    assert_ok(team_list(ctx, 0, 10, &teams, &count, &total));
    assert_int_equal(total, 1);
    assert_problem(access_forbidden, team_create(ctx, &new_team, &team));
    assert_problem(access_forbidden, team_update(ctx, made.uuid, &change, &team));
    assert_problem(access_forbidden, team_delete(ctx, made.uuid));
  }
  ctx->who = NULL;
  assert_problem(access_unauthenticated, team_get(ctx, made.uuid, &team));
  assert_problem(access_unauthenticated, team_list(ctx, 0, 10, &teams, &count, &total));
  assert_problem(access_unauthenticated, team_create(ctx, &new_team, &team));
}

static void teams_are_listed_newest_first_with_their_true_total(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  static const char *const codes[] = {"A", "B", "C", "D", "E"};
  for (int i = 0; i < 5; i++) {
    team_made(store, &admin, codes[i], codes[i]);
  }
  struct ctx *ctx = &store->ctx;
  struct team *teams = NULL;
  size_t count = 0;
  int64_t total = 0;
  assert_ok(team_list(ctx, 0, 2, &teams, &count, &total));
  assert_int_equal(count, 2);
  assert_int_equal(total, 5);
  assert_str(teams[0].code, "E");
  assert_str(teams[1].code, "D");
  assert_ok(team_list(ctx, 4, 2, &teams, &count, &total));
  assert_int_equal(count, 1);
  assert_str(teams[0].code, "A");
  assert_ok(team_list(ctx, 6, 2, &teams, &count, &total));
  assert_int_equal(count, 0);
  assert_int_equal(total, 5);
  assert_faults(team_list(ctx, -1, 2, &teams, &count, &total), "limit");
  assert_faults(team_list(ctx, 0, 0, &teams, &count, &total), "limit");
  assert_faults(team_list(ctx, 0, 1001, &teams, &count, &total), "limit");
}

static void a_team_of_another_tenant_is_not_found(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team made = team_made(store, &admin, "Tim", "TM01");
  int64_t tenant = other_tenant(store);
  struct account account = account_of(store, tenant, ROLE_SUPER_ADMIN, "A", "a@example.com");
  struct who foreign = who_of(&account);
  struct ctx *ctx = &store->ctx;
  struct team team, *teams;
  size_t count = 0;
  int64_t total = 0;
  ctx->who = &foreign;
  assert_problem(team_not_found, team_get(ctx, made.uuid, &team));
  struct team_change change = {.has_name = true, .name = STR("Mine")};
  assert_problem(team_not_found, team_update(ctx, made.uuid, &change, &team));
  assert_problem(team_not_found, team_delete(ctx, made.uuid));
  assert_ok(team_list(ctx, 0, 10, &teams, &count, &total));
  assert_int_equal(count + (size_t)total, 0);
  assert_faults(register_only(store, &foreign, ROLE_CUSTOMER, "b@example.com", made.uuid), "team");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM team_member"), 0);
}

/* ---- registering ---- */

static void a_registration_makes_account_membership_and_invitation(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct team_member member = registered(store, &admin, ROLE_CUSTOMER, "Budi@Example.com", team.uuid);
  assert_int_equal(member.team.id, team.id);
  assert_int_equal(member.account.role, ROLE_CUSTOMER);
  assert_str(member.account.phone, "+628123456789");
  struct team read;
  assert_ok(team_of(&store->ctx, &member.account, &read));
  assert_int_equal(read.id, team.id);
  assert_str(read.code, "TM01");
  assert_int_equal(store_number(store, "SELECT kind FROM mail"), MAIL_INVITATION);
  assert_int_equal(store_number(store, "SELECT account_id FROM mail"), member.account.id);
  assert_int_equal(last_event(store).kind, EVENT_ACCOUNT_CREATED);
  assert_account_counts_true(store);
}

static void with_a_password_nobody_is_invited(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct account_new new_account = borrower(&admin, ROLE_CUSTOMER, "b@example.com");
  new_account.password = STR("@Test123!");
  new_account.rule = PASSWORD_UPPER_LOWER_SPECIAL;
  new_account.must_change_password = true;
  struct team_member member;
  store->ctx.who = &admin;
  assert_ok(team_register(&store->ctx, &new_account, team.uuid, &member));
  assert_true(member.account.must_change_password);
  assert_int_equal(count_of(store, "mail"), 0);
  struct str hash;
  assert_ok(account_password_hash(&store->ctx, member.account.id, &hash));
  assert_true(password_verify(hash, STR("@Test123!")));
  /* Until its owner chooses another one. */
  int64_t total = 0;
  struct str *emails = NULL;
  size_t count = 0;
  assert_ok(account_first_passwords(&store->ctx, 5, &total, &emails, &count));
  assert_int_equal(total, 1);
  assert_int_equal(count, 1);
  assert_str(emails[0], "b@example.com");
  struct who owner = who_of(&member.account);
  store->ctx.who = &owner;
  assert_ok(
      account_set_password(&store->ctx, owner.account_id, STR("Rahasia!"), PASSWORD_UPPER_LOWER_SPECIAL, 0));
  assert_ok(account_first_passwords(&store->ctx, 5, &total, &emails, &count));
  assert_int_equal(total, 0);
  assert_int_equal(count, 0);
}

static void first_passwords_are_counted_all_and_named_in_part(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  static const char *const emails[] = {"a@example.com", "b@example.com", "c@example.com", "d@example.com"};
  struct account accounts[4];
  for (int i = 0; i < 4; i++) {
    struct account_new new_account = borrower(&admin, ROLE_CUSTOMER, emails[i]);
    new_account.must_change_password = true;
    store->ctx.who = &admin;
    assert_ok(account_create(&store->ctx, &new_account, &accounts[i]));
  }
  /* Who can't sign in needs no warning. */
  assert_ok(account_disable(&store->ctx, accounts[0].id));
  assert_ok(account_delete(&store->ctx, accounts[1].id));
  int64_t total = 0;
  struct str *named = NULL;
  size_t count = 0;
  assert_ok(account_first_passwords(&store->ctx, 1, &total, &named, &count));
  assert_int_equal(total, 2);
  assert_int_equal(count, 1);
  assert_str(named[0], "c@example.com");
}

static void a_registration_is_refused_in_the_order_of_address_role_team(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct team other = team_made(store, &admin, "Lain", "TM02");
  registered(store, &admin, ROLE_MANAGER, "manager@example.com", team.uuid);
  /* All three are wrong; then the two last; then the last. */
  assert_problem(account_email_taken,
                 register_only(store, &admin, ROLE_MANAGER, "MANAGER@example.com", team.uuid));
  assert_problem(team_role_taken, register_only(store, &admin, ROLE_MANAGER, "new@example.com", team.uuid));
  assert_occupied("manager@example.com",
                  register_only(store, &admin, ROLE_CUSTOMER, "new@example.com", team.uuid));
  assert_problem(team_role_taken, register_only(store, &admin, ROLE_SUPER_ADMIN, "new@example.com", no_team));
  assert_faults(register_only(store, &admin, ROLE_CUSTOMER, "new@example.com", no_team), "team");
  struct uuid unknown = uuid_v7(STORE_NOW);
  assert_faults(register_only(store, &admin, ROLE_CUSTOMER, "new@example.com", unknown), "team");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 2);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM mail"), 1);
  assert_account_counts_true(store);
  registered(store, &admin, ROLE_CUSTOMER, "new@example.com", other.uuid);
}

static void a_manager_counts_whichever_way_it_came_and_while_it_is_deactivated(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct account manager = account_of(store, TENANT_OPERATOR, ROLE_MANAGER, "M", "m@example.com");
  assert_problem(team_role_taken, register_only(store, &admin, ROLE_MANAGER, "n@example.com", team.uuid));
  assert_ok(account_disable(&store->ctx, manager.id));
  assert_problem(team_role_taken, register_only(store, &admin, ROLE_MANAGER, "n@example.com", team.uuid));
  assert_ok(account_delete(&store->ctx, manager.id));
  registered(store, &admin, ROLE_MANAGER, "n@example.com", team.uuid);
}

static void only_who_may_make_such_an_account_registers(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  for (int role = ROLE_CUSTOMER; role < ROLE_MANAGER; role++) {
    struct who who = caller_of(store, (enum role)role, email_of(store, role));
    assert_problem(access_forbidden, register_only(store, &who, ROLE_CUSTOMER, "new@example.com", team.uuid));
  }
  struct who manager = caller_of(store, ROLE_MANAGER, "manager@example.com");
  assert_problem(account_role_forbidden,
                 register_only(store, &manager, ROLE_SUPER_ADMIN, "new@example.com", no_team));
}

/* ---- changing ---- */

static enum status update(struct store *store, const struct who *who, const struct account *account,
                          struct team_member_change change, struct team_member *out) {
  store->ctx.who = who;
  return team_member_update(&store->ctx, account->uuid, &change, out);
}

static void a_member_moves_to_a_free_team_and_leaves_the_old_one_free(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team first = team_made(store, &admin, "Satu", "TM01");
  struct team second = team_made(store, &admin, "Dua", "TM02");
  struct team third = team_made(store, &admin, "Tiga", "TM03");
  struct team_member budi = registered(store, &admin, ROLE_CUSTOMER, "budi@example.com", first.uuid);
  registered(store, &admin, ROLE_CUSTOMER, "ani@example.com", second.uuid);
  struct team_member after;
  struct team_member_change move = {.team = second.uuid};
  assert_occupied("ani@example.com", update(store, &admin, &budi.account, move, &after));
  move.team = first.uuid; /* where it is */
  int64_t events = count_of(store, "event");
  assert_ok(update(store, &admin, &budi.account, move, &after));
  assert_int_equal(count_of(store, "event"), events);
  move.team = third.uuid;
  assert_ok(update(store, &admin, &budi.account, move, &after));
  assert_int_equal(after.team.id, third.id);
  assert_int_equal(last_event(store).kind, EVENT_ACCOUNT_CHANGED);
  assert_int_equal(last_event(store).account_id, budi.account.id);
  move.team = uuid_v7(STORE_NOW);
  assert_faults(update(store, &admin, &budi.account, move, &after), "team");
  registered(store, &admin, ROLE_CUSTOMER, "cici@example.com", first.uuid);
  struct team now;
  assert_ok(team_of(&store->ctx, &budi.account, &now));
  assert_int_equal(now.id, third.id);
}

static void a_change_is_whole_or_not_at_all(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team first = team_made(store, &admin, "Satu", "TM01");
  struct team second = team_made(store, &admin, "Dua", "TM02");
  struct team_member budi = registered(store, &admin, ROLE_CUSTOMER, "budi@example.com", first.uuid);
  registered(store, &admin, ROLE_MANAGER, "ani@example.com", second.uuid);
  struct team_member after;
  struct team_member_change change = {
      .account = {.has_name = true, .name = STR("Lain"), .has_email = true, .email = STR("lain@example.com")},
      .team = second.uuid};
  assert_occupied("ani@example.com", update(store, &admin, &budi.account, change, &after));
  change.team = no_team;
  change.account.has_role = true;
  change.account.role = ROLE_MANAGER;
  assert_problem(team_role_taken, update(store, &admin, &budi.account, change, &after));
  change.account.email = STR("ANI@example.com");
  assert_problem(account_email_taken, update(store, &admin, &budi.account, change, &after));
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("budi@example.com"), &account));
  assert_str(account.name, "Pengguna Baru");
  assert_int_equal(account.role, ROLE_CUSTOMER);
  assert_account_counts_true(store);
}

static void a_role_that_reads_as_the_word_already_stays(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account technician = account_of(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "T", "t@example.com");
  struct team_member after;
  struct team_member_change change = {
      .account = {.has_role = true, .role = ROLE_CUSTOMER, .has_name = true, .name = STR("Tono")},
      .same_roles = 1u << ROLE_CUSTOMER | 1u << ROLE_TECHNICIAN};
  assert_ok(update(store, &admin, &technician, change, &after));
  assert_int_equal(after.account.role, ROLE_TECHNICIAN);
  assert_str(after.account.name, "Tono");
  assert_int_equal(after.team.id, 0); /* and needs no team for that */
  /* A real change of role does. */
  change.same_roles = 0;
  assert_faults(update(store, &admin, &technician, change, &after), "team");
  change.team = team_made(store, &admin, "Tim", "TM01").uuid;
  assert_ok(update(store, &admin, &technician, change, &after));
  assert_int_equal(after.account.role, ROLE_CUSTOMER);
  assert_str(after.team.code, "TM01");
}

static void nobody_changes_or_deletes_whom_they_may_not_write(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct team_member budi = registered(store, &admin, ROLE_CUSTOMER, "budi@example.com", team.uuid);
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("admin@example.com"), &account));
  struct who supervisor = caller_of(store, ROLE_SUPERVISOR, "supervisor@example.com");
  struct who manager = caller_of(store, ROLE_MANAGER, "manager@example.com");
  struct team_member_change change = {.account = {.has_name = true, .name = STR("Lain")}};
  struct team_member after;
  assert_problem(access_forbidden, update(store, &supervisor, &budi.account, change, &after));
  assert_problem(access_forbidden, team_member_delete(&store->ctx, budi.account.uuid));
  assert_problem(account_role_forbidden, update(store, &manager, &account, change, &after));
  assert_problem(team_member_stays, team_member_delete(&store->ctx, account.uuid));
  /* Of another tenant. */
  int64_t tenant = other_tenant(store);
  struct account other = account_of(store, tenant, ROLE_SUPER_ADMIN, "A", "a@example.com");
  struct who foreign = who_of(&other);
  assert_problem(account_not_found, update(store, &foreign, &budi.account, change, &after));
  assert_problem(account_not_found, team_member_delete(&store->ctx, budi.account.uuid));
  /* And by whom one may. */
  assert_ok(update(store, &manager, &budi.account, change, &after));
  assert_str(after.account.name, "Lain");
}

/* ---- leaving ---- */

static void a_team_is_free_when_its_account_is_deleted_but_not_while_it_is_deactivated(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct team_member budi = registered(store, &admin, ROLE_CUSTOMER, "budi@example.com", team.uuid);
  struct ctx *ctx = &store->ctx;
  assert_occupied("budi@example.com", team_delete(ctx, team.uuid));
  assert_ok(account_disable(ctx, budi.account.id));
  assert_occupied("budi@example.com", team_delete(ctx, team.uuid));
  assert_occupied("budi@example.com",
                  register_only(store, &admin, ROLE_CUSTOMER, "ani@example.com", team.uuid));
  assert_ok(team_member_delete(ctx, budi.account.uuid));
  struct team_member ani = registered(store, &admin, ROLE_CUSTOMER, "ani@example.com", team.uuid);
  assert_ok(account_delete(ctx, ani.account.id)); /* the desk's other way */
  assert_int_equal(count_of(store, "team_member"), 0);
  assert_ok(team_delete(ctx, team.uuid));
  assert_problem(team_not_found, team_delete(ctx, team.uuid));
  assert_int_equal(count_of(store, "team"), 0);
}

static void a_super_admin_that_deletes_itself_leaves_its_team(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("admin@example.com"), &account));
  struct team_member after;
  assert_ok(update(store, &admin, &account, (struct team_member_change){.team = team.uuid}, &after));
  assert_occupied("admin@example.com", team_delete(&store->ctx, team.uuid));
  assert_ok(account_delete_self(&store->ctx, &account));
  assert_int_equal(count_of(store, "team_member"), 0);
}

/* ---- the list of people ---- */

static void people_are_listed_newest_first_with_their_teams_and_without_super_admins(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct team team = team_made(store, &admin, "Tim", "TM01");
  struct team other = team_made(store, &admin, "Lain", "TM02");
  registered(store, &admin, ROLE_CUSTOMER, "a@example.com", team.uuid);
  account_of(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "T", "b@example.com");
  account_of(store, TENANT_OPERATOR, ROLE_SUPER_ADMIN, "S", "hidden@example.com");
  struct team_member manager = registered(store, &admin, ROLE_MANAGER, "c@example.com", other.uuid);
  account_of(store, other_tenant(store), ROLE_CUSTOMER, "F", "foreign@example.com");
  struct ctx *ctx = &store->ctx;
  ctx->who = &admin;
  assert_ok(account_disable(ctx, manager.account.id));
  struct team_member *members = NULL;
  size_t count = 0;
  int64_t total = 0;
  assert_ok(team_members(ctx, 0, 10, &members, &count, &total));
  assert_int_equal(count, 3);
  assert_int_equal(total, 3);
  assert_str(members[0].account.email, "c@example.com");
  assert_false(members[0].account.is_active);
  assert_str(members[0].team.code, "TM02");
  assert_str(members[1].account.email, "b@example.com");
  assert_int_equal(members[1].team.id, 0);
  assert_str(members[2].account.email, "a@example.com");
  assert_str(members[2].team.name, "Tim");
  assert_ok(team_members(ctx, 2, 1, &members, &count, &total));
  assert_int_equal(count, 1);
  assert_int_equal(total, 3);
  assert_str(members[0].team.code, "TM01");
  assert_ok(team_members(ctx, 3, 1, &members, &count, &total));
  assert_int_equal(count, 0);
  assert_int_equal(total, 3);
  struct who technician = caller_of(store, ROLE_TECHNICIAN, "t@example.com");
  ctx->who = &technician;
  assert_problem(access_forbidden, team_members(ctx, 0, 10, &members, &count, &total));
}

/* ---- many at once ---- */

enum { RACERS = 10, TRIES = 5 };
enum race_for { RACE_TEAM, RACE_ROLE, RACE_CODE };
struct race {
  enum race_for what;
  struct who *admin;
  struct uuid team;
  struct uuid teams[RACERS * TRIES]; /* a free one for each try of the role's race */
  atomic_int made, refused, other;
};

static enum status try_once(struct ctx *ctx, const struct race *race, int number) {
  const char *word = str_format(ctx->arena, "racer-%d", number).at;
  if (race->what == RACE_CODE) {
    struct team_new new_team = {.name = str_of(word), .code = STR("ONE")};
    struct team team;
    return team_create(ctx, &new_team, &team);
  }
  const char *email = str_format(ctx->arena, "%s@example.com", word).at;
  bool role = race->what == RACE_ROLE;
  struct account_new new_account = borrower(ctx->who, role ? ROLE_MANAGER : ROLE_CUSTOMER, email);
  struct team_member member;
  return team_register(ctx, &new_account, role ? race->teams[number] : race->team, &member);
}

static void race(struct ctx *ctx, int number, void *arg) {
  struct race *race = arg;
  static const struct problem_kind *const refusals[] = {&team_occupied, &team_role_taken, &team_code_taken};
  ctx->who = race->admin;
  for (int i = 0; i < TRIES; i++) {
    enum status status = try_once(ctx, race, number * TRIES + i);
    race->made += status == STATUS_OK;
    race->refused += status != STATUS_OK && ctx->problem.kind == refusals[race->what];
    race->other += status != STATUS_OK && ctx->problem.kind != refusals[race->what];
    problem_clear(ctx);
  }
}

static void run_race(struct store *store, enum race_for what) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct race result = {.what = what, .admin = &admin, .team = team_made(store, &admin, "Tim", "TM01").uuid};
  for (int i = 0; i < RACERS * TRIES; i++) {
    const char *word = str_format(store->ctx.arena, "free-%d", i).at;
    result.teams[i] = team_made(store, &admin, word, word).uuid;
  }
  store_race(store, RACERS, race, &result);
  assert_int_equal(result.made, 1);
  assert_int_equal(result.refused, RACERS * TRIES - 1);
  assert_int_equal(result.other, 0);
  assert_account_counts_true(store);
}

static void fifty_registrations_for_one_team_at_once_make_one_account(struct store *store) {
  run_race(store, RACE_TEAM);
  assert_int_equal(count_of(store, "team_member"), 1);
  assert_int_equal(count_of(store, "account"), 2);
  assert_int_equal(count_of(store, "mail"), 1);
}

static void fifty_registrations_of_a_manager_at_once_make_one(struct store *store) {
  run_race(store, RACE_ROLE);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE role = 5"), 1);
}

static void fifty_teams_of_one_code_at_once_are_one(struct store *store) {
  run_race(store, RACE_CODE);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM team WHERE code = 'ONE'"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_team_keeps_what_was_said_of_it),
      STORE_TEST(names_and_codes_are_unique_in_a_tenant_without_letter_case_and_blanks),
      STORE_TEST(faults_of_a_team_are_told_at_once),
      STORE_TEST(a_change_changes_what_it_names),
      STORE_TEST(everybody_signed_in_reads_and_a_super_admin_writes),
      STORE_TEST(teams_are_listed_newest_first_with_their_true_total),
      STORE_TEST(a_team_of_another_tenant_is_not_found),
      STORE_TEST(a_registration_makes_account_membership_and_invitation),
      STORE_TEST(with_a_password_nobody_is_invited),
      STORE_TEST(first_passwords_are_counted_all_and_named_in_part),
      STORE_TEST(a_registration_is_refused_in_the_order_of_address_role_team),
      STORE_TEST(a_manager_counts_whichever_way_it_came_and_while_it_is_deactivated),
      STORE_TEST(only_who_may_make_such_an_account_registers),
      STORE_TEST(a_member_moves_to_a_free_team_and_leaves_the_old_one_free),
      STORE_TEST(a_change_is_whole_or_not_at_all),
      STORE_TEST(a_role_that_reads_as_the_word_already_stays),
      STORE_TEST(nobody_changes_or_deletes_whom_they_may_not_write),
      STORE_TEST(a_team_is_free_when_its_account_is_deleted_but_not_while_it_is_deactivated),
      STORE_TEST(a_super_admin_that_deletes_itself_leaves_its_team),
      STORE_TEST(people_are_listed_newest_first_with_their_teams_and_without_super_admins),
      STORE_TEST(fifty_registrations_for_one_team_at_once_make_one_account),
      STORE_TEST(fifty_registrations_of_a_manager_at_once_make_one),
      STORE_TEST(fifty_teams_of_one_code_at_once_are_one),
  };
  return STORE_RUN(tests);
}
