#include <limits.h>

#include "desk/ticket/ticket_everywhere.h"
#include "tickets.h"

enum { TENANTS = 4 };

/* The operator and three tenants with a customer each; `boss` looks at them. */
struct world {
  struct who boss, technician, customers[TENANTS];
};

static struct who with_home(struct who who) {
  who.home_tenant_id = who.tenant_id;
  return who;
}

static struct world world(struct store *store) {
  struct world world = {.boss = with_home(person(store, 1, ROLE_SUPERVISOR, "Operator", "o@example.com")),
                        .technician = with_home(person(store, 1, ROLE_TECHNICIAN, "Tono", "t@example.com"))};
  for (int i = 0; i < TENANTS; i++) {
    if (i > 0) {
      tenant_make(store, i + 1);
    }
    world.customers[i] =
        with_home(person(store, i + 1, ROLE_CUSTOMER, "Ani", SQL(store, "ani%d@example.com", i)));
  }
  return world;
}

static struct ticket_filter page_of(int64_t limit, int64_t after_id) {
  return (struct ticket_filter){.limit = limit, .after_id = after_id};
}

/* All pages of a length, one after the other, must be the tickets that SQL finds. */
static void assert_pages(struct store *store, const struct who *who, struct ticket_filter filter,
                         int64_t limit, const char *where) {
  int64_t after_id = 0;
  int64_t seen = 0;
  for (;;) {
    struct ticket *tickets = NULL;
    size_t count = 0;
    filter.limit = limit;
    filter.after_id = after_id;
    assert_ok(ticket_list_everywhere(as(store, who), &filter, &tickets, &count));
    assert_true(count <= (size_t)limit);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(
          tickets[i].id,
          NUMBER(store, "SELECT MIN(id) FROM ticket WHERE removed_at IS NULL AND id > %" PRId64 " %s",
                 after_id, where));
      after_id = tickets[i].id;
      seen++;
    }
    if (count < (size_t)limit) {
      break;
    }
  }
  assert_int_equal(seen, NUMBER(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL %s", where));
}

static void pages_go_through_the_tickets_of_all_tenants_by_id(struct store *store) {
  struct world w = world(store);
  for (int i = 0; i < 40; i++) {
    struct ticket_new new_ticket = plain_ticket();
    struct ticket ticket;
    new_ticket.category = i % 3 == 0 ? CATEGORY_BILLING : CATEGORY_SERVICE;
    new_ticket.priority = i % 5 == 0 ? PRIORITY_HIGH : PRIORITY_LOW;
    assert_ok(ticket_create(as(store, &w.customers[i * i % TENANTS]), &new_ticket, &ticket));
  }
  for (int64_t limit = 1; limit <= 41; limit += 5) {
    assert_pages(store, &w.boss, page_of(0, 0), limit, "");
    struct ticket_filter filter = {.categories = {{CATEGORY_BILLING}, 1}};
    assert_pages(store, &w.boss, filter, limit, "AND category = 1");
    filter.priorities = (struct db_ints){{PRIORITY_HIGH}, 1};
    assert_pages(store, &w.boss, filter, limit, "AND category = 1 AND priority = 3");
    filter = (struct ticket_filter){.author_id = w.customers[1].account_id};
    assert_pages(store, &w.boss, filter, limit,
                 SQL(store, "AND author_id = %" PRId64, w.customers[1].account_id));
  }
  /* What stands before an id. */
  struct ticket *tickets = NULL;
  size_t count = 0;
  const struct ticket_filter before = {.limit = 10, .before_id = 4};
  assert_ok(ticket_list_everywhere(as(store, &w.boss), &before, &tickets, &count));
  assert_int_equal(count, 3);
  assert_int_equal(tickets[2].id, 3);
}

static void removed_tickets_and_those_of_inactive_tenants_are_left_out(struct store *store) {
  struct world w = world(store);
  struct ticket gone = ticket_of(store, &w.customers[1]);
  struct ticket stays = ticket_of(store, &w.customers[2]);
  struct ticket closed = ticket_of(store, &w.customers[3]);
  struct ticket out;
  assert_ok(ticket_remove(as(store, &w.customers[1]), gone.uuid, false, &out));
  store_sql(store, SQL(store, "UPDATE tenant SET is_active = FALSE WHERE id = %" PRId64, closed.tenant_id));
  const struct ticket_filter filters[] = {page_of(10, 0),
                                          {.limit = 10, .categories = {{CATEGORY_TECHNICAL}, 1}}};
  for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
    struct ticket *tickets = NULL;
    size_t count = 0;
    assert_ok(ticket_list_everywhere(as(store, &w.boss), &filters[i], &tickets, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tickets[0].id, stays.id);
  }
}

static void a_technician_sees_what_is_theirs_or_nobodys(struct store *store) {
  struct world w = world(store);
  struct ticket theirs = ticket_of(store, &w.customers[1]);
  struct ticket free_one = ticket_of(store, &w.customers[2]);
  struct ticket other = ticket_of(store, &w.customers[3]);
  assign(store, &theirs, w.technician.account_id);
  assign(store, &other, w.boss.account_id);
  struct ticket *tickets = NULL;
  size_t count = 0;
  const struct ticket_filter filter = page_of(10, 0);
  assert_ok(ticket_list_everywhere(as(store, &w.technician), &filter, &tickets, &count));
  assert_int_equal(count, 2);
  assert_int_equal(tickets[0].id, theirs.id);
  assert_int_equal(tickets[1].id, free_one.id);
}

static void a_place_is_told_within_the_tenant_or_everywhere(struct store *store) {
  struct world w = world(store);
  struct ticket ticket = ticket_of(store, &w.customers[2]);
  struct ticket_place place;
  assert_ok(ticket_find_place(as(store, &w.boss), ticket.uuid, true, &place));
  assert_int_equal(place.id, ticket.id);
  assert_int_equal(place.tenant_id, 3);
  assert_status(STATUS_NOT_FOUND, ticket_find_place(as(store, &w.boss), ticket.uuid, false, &place));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_not_found);
  /* Removed, or somebody else's: a list goes on behind it all the same. */
  struct ticket out;
  assert_ok(ticket_remove(as(store, &w.customers[2]), ticket.uuid, false, &out));
  const struct who neighbour = with_home(person(store, 3, ROLE_CUSTOMER, "Nina", "n@example.com"));
  assert_ok(ticket_find_place(as(store, &neighbour), ticket.uuid, false, &place));
  assert_int_equal(place.id, ticket.id);
  assert_status(STATUS_NOT_FOUND, ticket_find_place(as(store, &w.customers[1]), ticket.uuid, false, &place));
  struct uuid unknown = uuid_v7(STORE_NOW);
  assert_status(STATUS_NOT_FOUND, ticket_find_place(as(store, &w.boss), unknown, true, &place));
}

static void only_operator_staff_look_everywhere(struct store *store) {
  struct world w = world(store);
  struct ticket ticket = ticket_of(store, &w.customers[1]);
  const struct who manager = with_home(person(store, 2, ROLE_SUPER_ADMIN, "Boss", "b@example.com"));
  const struct who *callers[] = {&manager, &w.customers[0]};
  const struct ticket_filter filter = page_of(10, 0);
  struct ticket *tickets = NULL;
  size_t count = 0;
  struct ticket_place place;
  for (size_t i = 0; i < 2; i++) {
    assert_status(STATUS_FORBIDDEN, ticket_list_everywhere(as(store, callers[i]), &filter, &tickets, &count));
    assert_status(STATUS_FORBIDDEN, ticket_find_place(as(store, callers[i]), ticket.uuid, true, &place));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(pages_go_through_the_tickets_of_all_tenants_by_id),
      STORE_TEST(removed_tickets_and_those_of_inactive_tenants_are_left_out),
      STORE_TEST(a_technician_sees_what_is_theirs_or_nobodys),
      STORE_TEST(a_place_is_told_within_the_tenant_or_everywhere),
      STORE_TEST(only_operator_staff_look_everywhere),
  };
  return STORE_RUN(tests);
}
