#include <math.h>

#include "accounts.h"
#include "desk/customer/customer.h"
#include "desk/mail/mail.h"
#include "people.h"

/* Customers: accounts of that role with where they live and what is served there. */

static struct customer_new plain(const char *name, const char *email) {
  return (struct customer_new){.name = str_of(name),
                               .phone = STR("+62 811 2233"),
                               .email = str_of(email),
                               .address = STR("Jl. Melati 5"),
                               .service_area = STR("Jakarta Selatan"),
                               .latitude = -6.2088,
                               .longitude = 106.8456};
}

static struct customer customer_of(struct store *store, const struct who *who, const char *name,
                                   const char *email) {
  struct customer_new new_customer = plain(name, email);
  struct customer customer;
  store->ctx.who = who;
  assert_ok(customer_create(&store->ctx, &new_customer, &customer));
  return customer;
}

static struct customer *list(struct store *store, const struct who *who, struct customer_filter filter,
                             size_t *count, int64_t *total) {
  struct customer *customers = NULL;
  store->ctx.who = who;
  filter.limit = filter.limit > 0 ? filter.limit : 100;
  assert_ok(customer_list(&store->ctx, &filter, &customers, count, total));
  return customers;
}

static int64_t found(struct store *store, const struct who *who, struct customer_filter filter) {
  size_t count = 0;
  int64_t total = 0;
  list(store, who, filter, &count, &total);
  assert_int_equal(count, total);
  return total;
}

/* ---- making ---- */

static void a_customer_comes_with_an_account_and_an_invitation(struct store *store) {
  struct who service = caller_of(store, ROLE_CUSTOMER_SERVICE, "service@example.com");
  store->ctx.who = &service;
  struct customer_new new_customer = plain("Siti Rahayu", "Siti@Example.com");
  new_customer.nik = STR("3174012345678901");
  new_customer.service_package = STR("Fiber 50");
  struct customer made;
  assert_ok(customer_create(&store->ctx, &new_customer, &made));
  struct customer read;
  assert_ok(customer_get(&store->ctx, made.account.uuid, &read));
  assert_int_equal(read.account.role, ROLE_CUSTOMER);
  assert_true(read.account.is_active);
  assert_str(read.account.name, "Siti Rahayu");
  assert_str(read.account.email, "Siti@Example.com");
  assert_str(read.account.phone, "+62 811 2233");
  assert_str(read.nik, "3174012345678901");
  assert_str(read.address, "Jl. Melati 5");
  assert_str(read.service_area, "Jakarta Selatan");
  assert_str(read.service_package, "Fiber 50");
  assert_true(read.latitude == -6.2088 && read.longitude == 106.8456);
  assert_int_equal(read.account.created_at, STORE_NOW);
  assert_int_equal(store_number(store, "SELECT kind FROM mail"), MAIL_INVITATION);
  assert_int_equal(store_number(store, "SELECT account_id FROM mail"), read.account.id);
  struct str hash;
  assert_ok(account_password_hash(&store->ctx, read.account.id, &hash));
  assert_false(password_verify(hash, STR(""))); /* none matches until one is set */
  assert_account_counts_true(store);
  /* And the mailed token sets one. */
  struct str token = store_text(store, "SELECT text FROM mail");
  assert_ok(account_reset(&store->ctx, token, STR("My-Password"), PASSWORD_LONG_ENOUGH));
  assert_ok(account_password_hash(&store->ctx, read.account.id, &hash));
  assert_true(password_verify(hash, STR("My-Password")));
}

static void every_fault_is_told_at_once(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  store->ctx.who = &admin;
  struct customer_new bad = {.name = STR(" "),
                             .phone = STR(""),
                             .email = STR("nowhere"),
                             .nik = STR("1\0012"),
                             .address = STR_NONE,
                             .service_area = STR("\xFF"),
                             .service_package = STR("\x7F"),
                             .latitude = 90.1,
                             .longitude = NAN};
  struct customer customer;
  assert_faults(customer_create(&store->ctx, &bad, &customer), "name", "phone", "email", "nik", "address",
                "service_area", "service_package", "coordinates.lat", "coordinates.lng");
  assert_int_equal(count_of(store, "customer"), 0);
}

static void address_and_identity_number_are_taken_once_in_a_tenant(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct customer first = customer_of(store, &admin, "A", "a@example.com");
  struct customer_change nik = {.has_nik = true, .nik = STR("317")};
  assert_ok(customer_change(&store->ctx, first.account.uuid, &nik, &first));
  struct customer_new second = plain("B", "A@EXAMPLE.com");
  struct customer customer;
  assert_problem(account_email_taken, customer_create(&store->ctx, &second, &customer));
  second = plain("B", "b@example.com");
  second.nik = STR("317");
  assert_problem(customer_nik_taken, customer_create(&store->ctx, &second, &customer));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE role = 1"), 1);
  assert_int_equal(count_of(store, "mail"), 1);
  assert_account_counts_true(store);
  int64_t tenant = other_tenant(store);
  struct account manager = account_of(store, tenant, ROLE_MANAGER, "M", "m@example.com");
  struct who foreign = who_of(&manager);
  store->ctx.who = &foreign;
  second.email = STR("a@example.com");
  assert_ok(customer_create(&store->ctx, &second, &customer));
  assert_int_equal(customer.account.tenant_id, tenant);
}

static void the_identity_number_of_a_deleted_account_is_gone_and_free(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  int64_t tenant = other_tenant(store);
  struct account manager = account_of(store, tenant, ROLE_MANAGER, "M", "m@example.com");
  struct who foreign = who_of(&manager);
  struct customer_new siti = plain("Siti", "siti@example.com");
  siti.nik = STR("3174012345678901");
  struct customer first, second, other;
  store->ctx.who = &foreign;
  assert_ok(customer_create(&store->ctx, &siti, &other));
  store->ctx.who = &admin;
  assert_ok(customer_create(&store->ctx, &siti, &first));
  assert_ok(account_delete(&store->ctx, first.account.id));
  assert_ok(customer_create(&store->ctx, &siti, &second));
  assert_str(second.nik, "3174012345678901");
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM customer WHERE nik IS NULL AND account_id = %" PRId64,
                          first.account.id),
                   1);
  /* Whatever the account was last. */
  assert_ok(account_set_role(&store->ctx, second.account.id, ROLE_MANAGER));
  assert_ok(account_delete(&store->ctx, second.account.id));
  store->ctx.who = &foreign;
  assert_ok(customer_get(&store->ctx, other.account.uuid, &other)); /* of another tenant: as it was */
  assert_str(other.nik, "3174012345678901");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM customer WHERE nik IS NOT NULL"), 1);
}

static void staff_but_technicians_make_customers(struct store *store) {
  static const struct {
    enum role role;
    bool may;
  } roles[] = {{ROLE_SUPER_ADMIN, true},      {ROLE_MANAGER, true},     {ROLE_SUPERVISOR, true},
               {ROLE_CUSTOMER_SERVICE, true}, {ROLE_TECHNICIAN, false}, {ROLE_CUSTOMER, false}};
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    struct who who = caller_of(store, roles[i].role, str_format(store->ctx.arena, "r%zu@example.com", i).at);
    struct customer_new wanted = plain("C", str_format(store->ctx.arena, "c%zu@example.com", i).at);
    struct customer customer;
    store->ctx.who = &who;
    if (roles[i].may) {
      assert_ok(customer_create(&store->ctx, &wanted, &customer));
    } else {
      assert_problem(access_forbidden, customer_create(&store->ctx, &wanted, &customer));
    }
  }
}

/* ---- reading ---- */

static void an_account_of_the_role_is_a_customer_whoever_made_it(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Registered", "r@example.com");
  store->ctx.who = &admin;
  struct customer customer;
  assert_ok(customer_get(&store->ctx, account.uuid, &customer));
  assert_null(customer.address.at);
  assert_true(isnan(customer.latitude) && isnan(customer.longitude));
  assert_int_equal(found(store, &admin, (struct customer_filter){0}), 1);
  assert_problem(customer_not_found, customer_get(&store->ctx, admin.uuid, &customer));
  struct customer_change change = {.has_area = true, .service_area = STR("Bogor")};
  assert_ok(customer_change(&store->ctx, account.uuid, &change, &customer));
  assert_str(customer.service_area, "Bogor");
  assert_null(customer.address.at);
  assert_true(isnan(customer.latitude));
}

static void a_customer_sees_themself_alone(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct customer one = customer_of(store, &admin, "One", "one@example.com");
  struct customer two = customer_of(store, &admin, "Two", "two@example.com");
  struct who who = who_of(&one.account);
  store->ctx.who = &who;
  struct customer customer;
  assert_ok(customer_get(&store->ctx, one.account.uuid, &customer));
  assert_problem(customer_not_found, customer_get(&store->ctx, two.account.uuid, &customer));
  size_t count = 0;
  int64_t total = 0;
  struct customer *mine = list(store, &who, (struct customer_filter){0}, &count, &total);
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_int_equal(mine[0].account.id, one.account.id);
  assert_int_equal(found(store, &who, (struct customer_filter){.search = STR("two")}), 0);
}

static void a_technician_sees_the_customers_of_readable_tickets_without_their_number(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct who technician = caller_of(store, ROLE_TECHNICIAN, "t@example.com");
  struct who colleague = caller_of(store, ROLE_TECHNICIAN, "t2@example.com");
  struct customer customers[3];
  struct ticket tickets[2];
  for (int i = 0; i < 3; i++) {
    customers[i] = customer_of(store, &admin, "C", str_format(store->ctx.arena, "c%d@example.com", i).at);
    struct customer_change nik = {.has_nik = true, .nik = str_format(store->ctx.arena, "317%d", i)};
    assert_ok(customer_change(&store->ctx, customers[i].account.uuid, &nik, &customers[i]));
  }
  for (int i = 0; i < 2; i++) {
    struct who author = who_of(&customers[i].account);
    tickets[i] = ticket_of(store, &author);
  }
  store->ctx.who = &technician;
  size_t count = 0;
  int64_t total = 0;
  struct customer *seen = list(store, &technician, (struct customer_filter){0}, &count, &total);
  assert_int_equal(count, 2); /* nobody has their tickets yet */
  assert_int_equal(total, 2);
  assert_null(seen[0].nik.at);
  assign(store, &tickets[0], technician.account_id);
  assign(store, &tickets[1], colleague.account_id);
  seen = list(store, &technician, (struct customer_filter){0}, &count, &total);
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_int_equal(seen[0].account.id, customers[0].account.id);
  struct customer customer;
  assert_ok(customer_get(&store->ctx, customers[0].account.uuid, &customer));
  assert_null(customer.nik.at);
  assert_problem(customer_not_found, customer_get(&store->ctx, customers[1].account.uuid, &customer));
  assert_problem(customer_not_found, customer_get(&store->ctx, customers[2].account.uuid, &customer));
  assert_int_equal(
      found(store, &technician, (struct customer_filter){.service_area = STR("jakarta selatan")}), 1);
}

static void filters_narrow_alone_and_together(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct customer first = customer_of(store, &admin, "\u0130smail \u00c7elik", "ismail@example.com");
  store->ctx.now_us = STORE_NOW + TIME_DAY_US;
  struct customer second =
      customer_of(store, &admin, "\u0411\u043e\u0440\u0438\u0441", "boris_x@example.com");
  store->ctx.now_us = STORE_NOW + 2 * TIME_DAY_US;
  struct customer third = customer_of(store, &admin, "Siti 100%", "siti@example.com");
  struct customer_change change = {
      .has_area = true, .has_phone = true, .service_area = STR("Bogor"), .phone = STR("0877-UNIQUE")};
  assert_ok(customer_change(&store->ctx, third.account.uuid, &change, &third));
  struct account_change off = {.has_active = true, .is_active = false};
  struct customer gone = customer_of(store, &admin, "Gone", "gone@example.com");
  assert_ok(account_update(&store->ctx, gone.account.uuid, &off, &gone.account));

  size_t count = 0;
  int64_t total = 0;
  struct customer *all = list(store, &admin, (struct customer_filter){0}, &count, &total);
  assert_int_equal(count, 3);
  assert_int_equal(total, 3);
  assert_int_equal(all[0].account.id, third.account.id);
  assert_int_equal(all[2].account.id, first.account.id);
  const struct {
    struct customer_filter filter;
    int64_t matches;
  } cases[] = {
      {{.search = STR("\u00c7EL\u0130K")}, 1},
      {{.search = STR("\u0411\u041e\u0420")}, 1},
      {{.search = STR("EXAMPLE.COM")}, 3},
      {{.search = STR("877-unique")}, 1},
      {{.search = STR("%")}, 1},
      {{.search = STR("_")}, 1},
      {{.search = STR("gone")}, 0},
      {{.service_area = STR("JAKARTA SELATAN")}, 2},
      {{.service_area = STR("Jakarta")}, 0},
      {{.service_area = STR("Bogor"), .search = STR("siti")}, 1},
      {{.service_area = STR("Bogor"), .search = STR("boris")}, 0},
      {{.created_from = STORE_NOW + TIME_DAY_US}, 2},
      {{.created_to = STORE_NOW + TIME_DAY_US}, 1},
      {{.created_from = STORE_NOW + 1, .created_to = STORE_NOW + 2 * TIME_DAY_US}, 1},
      {{.created_from = STORE_NOW, .service_area = STR("bogor")}, 1},
      {{.created_to = STORE_NOW, .service_area = STR("bogor")}, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t matches = found(store, &admin, cases[i].filter);
    if (matches != cases[i].matches) {
      fail_msg("case %zu: %" PRId64 " matches", i, matches);
    }
  }
  struct customer *page = list(
      store, &admin, (struct customer_filter){.skip = 1, .limit = 1, .service_area = STR("jakarta selatan")},
      &count, &total);
  assert_int_equal(count, 1);
  assert_int_equal(total, 2);
  assert_int_equal(page[0].account.id, first.account.id);
  assert_int_equal(second.account.id - first.account.id, 1);
}

/* ---- changing ---- */

static void a_change_changes_what_it_names(struct store *store) {
  struct who service = caller_of(store, ROLE_CUSTOMER_SERVICE, "service@example.com");
  struct customer made = customer_of(store, &service, "Siti", "siti@example.com");
  struct customer_change change = {.has_name = true,
                                   .has_email = true,
                                   .has_nik = true,
                                   .has_place = true,
                                   .has_package = true,
                                   .name = STR("Siti R."),
                                   .email = STR("new@example.com"),
                                   .nik = STR("317"),
                                   .service_package = STR("Fiber 100"),
                                   .latitude = 1.5,
                                   .longitude = -2.5};
  struct customer after;
  assert_ok(customer_change(&store->ctx, made.account.uuid, &change, &after));
  struct customer read;
  assert_ok(customer_get(&store->ctx, made.account.uuid, &read));
  assert_str(read.account.name, "Siti R.");
  assert_str(read.account.email, "new@example.com");
  assert_str(read.account.phone, "+62 811 2233");
  assert_str(read.nik, "317");
  assert_str(read.address, "Jl. Melati 5");
  assert_str(read.service_package, "Fiber 100");
  assert_true(read.latitude == 1.5 && read.longitude == -2.5);
  assert_true(str_equal(after.account.name, read.account.name));
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_CUSTOMER_CHANGED);
  assert_int_equal(event.account_id, made.account.id);
  struct customer_change none = {.has_nik = true, .has_package = true};
  assert_ok(customer_change(&store->ctx, made.account.uuid, &none, &after));
  assert_null(after.nik.at);
  assert_null(after.service_package.at);
  struct customer_change bad = {.has_name = true, .has_place = true, .latitude = -91, .longitude = 181};
  assert_faults(customer_change(&store->ctx, made.account.uuid, &bad, &after), "name", "coordinates.lat",
                "coordinates.lng");
}

static void customers_change_contact_and_place_of_themselves_alone(struct store *store) {
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  struct customer one = customer_of(store, &admin, "One", "one@example.com");
  struct customer two = customer_of(store, &admin, "Two", "two@example.com");
  struct who who = who_of(&one.account);
  store->ctx.who = &who;
  struct customer_change own = {.has_name = true,
                                .has_phone = true,
                                .has_address = true,
                                .has_place = true,
                                .has_email = true,
                                .has_area = true,
                                .name = STR("First"),
                                .phone = STR("1"),
                                .address = STR("Elsewhere"),
                                .email = STR("one@example.com"),        /* as it is: no change */
                                .service_area = STR("Jakarta Selatan"), /* likewise */
                                .latitude = 1,
                                .longitude = 2};
  struct customer after;
  assert_ok(customer_change(&store->ctx, one.account.uuid, &own, &after));
  assert_str(after.address, "Elsewhere");
  assert_problem(customer_not_found, customer_change(&store->ctx, two.account.uuid, &own, &after));
  struct customer_change others[] = {{.has_email = true, .email = STR("x@example.com")},
                                     {.has_nik = true, .nik = STR("1")},
                                     {.has_area = true, .service_area = STR("Bogor")},
                                     {.has_package = true, .service_package = STR("Free")}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_problem(access_forbidden, customer_change(&store->ctx, one.account.uuid, &others[i], &after));
  }
  struct who technician = caller_of(store, ROLE_TECHNICIAN, "t@example.com");
  store->ctx.who = &technician;
  assert_problem(access_forbidden, customer_change(&store->ctx, one.account.uuid, &own, &after));
}

int main(void) {
  keys_setup(true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_customer_comes_with_an_account_and_an_invitation),
      STORE_TEST(every_fault_is_told_at_once),
      STORE_TEST(address_and_identity_number_are_taken_once_in_a_tenant),
      STORE_TEST(the_identity_number_of_a_deleted_account_is_gone_and_free),
      STORE_TEST(staff_but_technicians_make_customers),
      STORE_TEST(an_account_of_the_role_is_a_customer_whoever_made_it),
      STORE_TEST(a_customer_sees_themself_alone),
      STORE_TEST(a_technician_sees_the_customers_of_readable_tickets_without_their_number),
      STORE_TEST(filters_narrow_alone_and_together),
      STORE_TEST(a_change_changes_what_it_names),
      STORE_TEST(customers_change_contact_and_place_of_themselves_alone),
  };
  return STORE_RUN(tests);
}
