#include <stdatomic.h>
#include <string.h>

#include "desk/event/event.h"
#include "desk/inventory/inventory.h"
#include "desk/notice/notice.h"
#include "people.h"

static struct item_new router(void) {
  return (struct item_new){.name = STR("Router AX-3000"),
                           .category = STR("Networking"),
                           .sku = STR("RT-001"),
                           .price_e4 = INT64_C(1500005000),
                           .stock = 10,
                           .min_stock = 3};
}

static struct item make(struct store *store, const struct who *who, struct item_new from) {
  struct item item = {0};
  assert_ok(item_create(as(store, who), &from, &item));
  return item;
}

static struct item get(struct store *store, const struct who *who, struct uuid uuid) {
  struct item item = {0};
  assert_ok(item_get(as(store, who), uuid, &item));
  return item;
}

/* The movements of every item add up to its stock, each tells the stock after it, and what is out is what was
 * taken and did not come back. */
static void assert_stock_adds_up(struct store *store) {
  assert_int_equal(
      store_number(store,
                   "SELECT COUNT(*) FROM item i WHERE i.stock <> COALESCE((SELECT SUM(m.quantity) "
                   "FROM stock_movement m WHERE m.item_id = i.id), 0)"),
      0);
  assert_int_equal(store_number(store,
                                "SELECT COUNT(*) FROM item i WHERE i.stock <> (SELECT m.stock FROM "
                                "stock_movement m WHERE m.item_id = i.id ORDER BY m.id DESC LIMIT 1)"),
                   0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM item WHERE is_low <> (stock <= min_stock)"), 0);
  assert_int_equal(
      store_number(store,
                   "SELECT COUNT(*) FROM item i WHERE (SELECT COALESCE(SUM(a.quantity - a.good), 0) FROM "
                   "assignment a WHERE a.item_id = i.id) <> (SELECT COALESCE(-SUM(m.quantity), 0) FROM "
                   "stock_movement m WHERE m.item_id = i.id AND m.assignment_id IS NOT NULL)"),
      0);
}

/* A technician with an open ticket of theirs. */
struct crew {
  struct who manager, technician;
  struct ticket ticket;
};

static struct crew crew_of(struct store *store) {
  struct crew crew;
  crew.manager = person(store, 1, ROLE_MANAGER, "Mia", "mia@example.com");
  crew.technician = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  crew.ticket = ticket_of(store, &customer);
  store_sql(store, SQL(store, "UPDATE ticket SET assignee_id = %" PRId64 ", status = 2 WHERE id = %" PRId64,
                       crew.technician.account_id, crew.ticket.id));
  store_sql(store, "DELETE FROM notice");
  store_sql(store, "DELETE FROM event");
  return crew;
}

static struct assignment_new pieces(const struct crew *crew, const struct item *item, int64_t quantity) {
  return (struct assignment_new){.item = item->uuid,
                                 .technician = crew->technician.uuid,
                                 .ticket = crew->ticket.uuid,
                                 .quantity = quantity};
}

static struct assignment give(struct store *store, const struct crew *crew, const struct item *item,
                              int64_t quantity) {
  const struct assignment_new from = pieces(crew, item, quantity);
  struct assignment out = {0};
  assert_ok(assignment_create(as(store, &crew->manager), &from, &out));
  return out;
}

static enum status give_back(struct store *store, const struct who *who, struct uuid uuid, int64_t quantity,
                             enum item_condition condition, const char *notes, struct assignment *out) {
  const struct assignment_return back = {quantity, condition, str_of(notes)};
  return assignment_return(as(store, who), uuid, &back, out);
}

/* ---- items ---- */

static void an_item_comes_back_as_it_was_made_with_a_movement_for_its_first_stock(struct store *store) {
  const struct who who = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  struct item_new from = router();
  from.description = STR("Dual band");
  struct item made = make(store, &who, from);
  struct item item = get(store, &who, made.uuid);
  assert_str(item.name, "Router AX-3000");
  assert_str(item.category, "Networking");
  assert_str(item.sku, "RT-001");
  assert_str(item.description, "Dual band");
  assert_int_equal(item.price_e4, 1500005000);
  assert_int_equal(item.stock, 10);
  assert_int_equal(item.min_stock, 3);
  assert_false(item.is_low);
  assert_int_equal(item.created_at, STORE_NOW);
  assert_int_equal(
      store_number(store, "SELECT COUNT(*) FROM stock_movement WHERE kind = 1 AND quantity = 10"), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND new_value = %" PRId64,
                          EVENT_ITEM_CHANGED, item.id),
                   1);
  assert_stock_adds_up(store);
}

static void a_sku_is_unique_in_its_tenant_in_any_letter_case(struct store *store) {
  tenant_make(store, 2);
  const struct who here = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  const struct who there = person(store, 2, ROLE_SUPERVISOR, "Far", "far@example.com");
  struct item first = make(store, &here, router());
  struct item_new again = router();
  struct item item;
  again.sku = STR("rt-001");
  assert_status(STATUS_DUPLICATE, item_create(as(store, &here), &again, &item));
  assert_ptr_equal(store->ctx.problem.kind, &item_sku_taken);
  struct item other = make(store, &there, router());
  assert_status(STATUS_NOT_FOUND, item_get(as(store, &here), other.uuid, &item));
  again.sku = STR("RT-002");
  struct item second = make(store, &here, again);
  const struct item_change change = {.has_sku = true, .to = {.sku = STR("Rt-001")}};
  assert_status(STATUS_DUPLICATE, item_change(as(store, &here), second.uuid, &change, &item));
  assert_ok(item_change(as(store, &here), first.uuid, &change, &item));
  assert_str(item.sku, "Rt-001");
}

static void every_fault_of_an_item_is_told(struct store *store) {
  const struct who who = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  const struct item_new bad = {.name = STR("  "),
                               .category = STR("a\x01"),
                               .sku = STR(""),
                               .description = STR("\xff"),
                               .price_e4 = PRICE_MAX_E4 + 1,
                               .stock = -1,
                               .min_stock = STOCK_MAX + INT64_C(1)};
  struct item item;
  assert_status(STATUS_INVALID, item_create(as(store, &who), &bad, &item));
  static const char *const fields[] = {"name",           "category",       "sku", "description", "unit_price",
                                       "stock_quantity", "min_stock_level"};
  assert_int_equal(store->ctx.problem.fault_count, 7);
  for (int i = 0; i < 7; i++) {
    assert_str(store->ctx.problem.faults[i].field, fields[i]);
  }
  struct item_new most = router();
  most.price_e4 = PRICE_MAX_E4;
  most.stock = most.min_stock = STOCK_MAX;
  assert_int_equal(get(store, &who, make(store, &who, most).uuid).price_e4, PRICE_MAX_E4);
}

static void only_supervisors_up_write_items_and_customers_see_none(struct store *store) {
  const struct who writer = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  struct item item = make(store, &writer, router());
  static const struct {
    enum role role;
    enum status reads, writes;
  } rows[] = {{ROLE_CUSTOMER, STATUS_FORBIDDEN, STATUS_FORBIDDEN},
              {ROLE_TECHNICIAN, STATUS_OK, STATUS_FORBIDDEN},
              {ROLE_CUSTOMER_SERVICE, STATUS_OK, STATUS_FORBIDDEN},
              {ROLE_MANAGER, STATUS_OK, STATUS_OK},
              {ROLE_SUPER_ADMIN, STATUS_OK, STATUS_OK}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char email[32];
    snprintf(email, sizeof email, "who%zu@example.com", i);
    const struct who who = person(store, 1, rows[i].role, "Who", email);
    const struct item_change change = {.has_min_stock = true, .to = {.min_stock = (int64_t)i}};
    struct item_new from = router();
    from.sku = str_format(store->ctx.arena, "S%zu", i);
    struct item out;
    struct item *items;
    size_t count;
    int64_t total;
    assert_status(rows[i].reads, item_get(as(store, &who), item.uuid, &out));
    assert_status(rows[i].reads,
                  item_list(as(store, &who), &(struct item_filter){.limit = 1}, &items, &count, &total));
    assert_status(rows[i].writes, item_create(as(store, &who), &from, &out));
    assert_status(rows[i].writes, item_change(as(store, &who), item.uuid, &change, &out));
  }
}

static void a_change_writes_what_it_names_and_a_changed_stock_is_a_movement(struct store *store) {
  const struct who who = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  struct item_new from = router();
  from.description = STR("Dual band");
  struct item item = make(store, &who, from);
  store->ctx.now_us += 9;
  struct item_change change = {.has_stock = true, .has_description = true, .to = {.stock = 4}};
  assert_ok(item_change(as(store, &who), item.uuid, &change, &item));
  assert_int_equal(item.stock, 4);
  assert_int_equal(item.updated_at, STORE_NOW + 9);
  item = get(store, &who, item.uuid);
  assert_str(item.description, NULL);
  assert_str(item.name, "Router AX-3000");
  assert_int_equal(store_number(store,
                                "SELECT COUNT(*) FROM stock_movement WHERE kind = 2 AND quantity = -6 "
                                "AND stock = 4 AND pieces = 6"),
                   1);
  int64_t events = store_number(store, "SELECT COUNT(*) FROM event");
  assert_ok(item_change(as(store, &who), item.uuid, &change, &item)); /* nothing differs */
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), events);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM stock_movement"), 2);
  change = (struct item_change){.has_stock = true, .to = {.stock = -1}};
  assert_status(STATUS_INVALID, item_change(as(store, &who), item.uuid, &change, &item));
  assert_status(STATUS_NOT_FOUND, item_change(as(store, &who), uuid_v7(1), &change, &item));
  assert_stock_adds_up(store);
}

static int64_t notices(struct store *store) {
  return NUMBER(store, "SELECT COUNT(*) FROM notice WHERE kind = %d", NOTICE_LOW_STOCK);
}

static void crossing_to_low_tells_supervisors_up_once_a_crossing(struct store *store) {
  const struct crew crew = crew_of(store);
  const struct who supervisor = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  person(store, 1, ROLE_CUSTOMER_SERVICE, "Low", "low@example.com");
  struct item_new from = router();
  from.stock = 5;
  struct item item = make(store, &crew.manager, from);
  give(store, &crew, &item, 1); /* 4 left, 3 is low */
  assert_int_equal(notices(store), 0);
  struct assignment last = give(store, &crew, &item, 1);
  assert_int_equal(notices(store), 1);
  assert_int_equal(
      NUMBER(store, "SELECT value FROM notice WHERE account_id = %" PRId64 " AND item_id = %" PRId64,
             supervisor.account_id, item.id),
      3);
  give(store, &crew, &item, 1); /* low already */
  assert_int_equal(notices(store), 1);
  assert_ok(give_back(store, &crew.technician, last.uuid, 1, CONDITION_GOOD, NULL, &last));
  struct item_change change = {.has_stock = true, .to = {.stock = 9}};
  assert_ok(item_change(as(store, &crew.manager), item.uuid, &change, &item));
  assert_int_equal(notices(store), 1);
  change = (struct item_change){.has_min_stock = true, .to = {.min_stock = 9}};
  assert_ok(item_change(as(store, &crew.manager), item.uuid, &change, &item));
  assert_true(item.is_low);
  assert_int_equal(notices(store), 2); /* crossed again */
  from.sku = STR("RT-LOW");
  from.stock = 0;
  assert_true(make(store, &crew.manager, from).is_low); /* was never anything else */
  assert_int_equal(notices(store), 2);
}

static void items_are_listed_newest_first_by_category_search_and_what_is_low(struct store *store) {
  const struct who who = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  static const struct {
    const char *name, *category, *sku;
    int64_t stock;
  } rows[] = {{"Router", "Networking", "RT-1", 10},
              {"Kabel 100%", "Cable", "CB_1", 1},
              {"\xc3\x84ther-Switch", "networking", "SW-1", 2},
              {"Kabel 100m", "Cable", "CBX1", 50}};
  for (size_t i = 0; i < 4; i++) {
    struct item_new from = router();
    from.name = str_of(rows[i].name);
    from.category = str_of(rows[i].category);
    from.sku = str_of(rows[i].sku);
    from.stock = rows[i].stock;
    make(store, &who, from);
  }
  static const struct {
    struct item_filter filter;
    const char *found; /* first letters of the stock-keeping units */
    int64_t total;
  } wants[] = {
      {{.limit = 10}, "CSCR", 4},
      {{.limit = 2, .skip = 1}, "SC", 4},
      {{.limit = 2, .skip = 9}, "", 4},
      {{.limit = 10, .category = {"NETWORKING", 10}}, "SR", 2},
      {{.limit = 10, .search = {"100%", 4}}, "C", 1},
      {{.limit = 10, .search = {"b_1", 3}}, "C", 1},
      {{.limit = 10, .search = {"\xc3\xa4THER", 6}}, "S", 1},
      {{.limit = 10, .search = {"rt-", 3}}, "R", 1},
      {{.limit = 10, .low = ITEM_LOW}, "SC", 2},
      {{.limit = 10, .low = ITEM_NOT_LOW}, "CR", 2},
      {{.limit = 10, .low = ITEM_LOW, .category = {"cable", 5}, .search = {"k", 1}}, "C", 1},
  };
  for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
    struct item *items;
    size_t count;
    int64_t total;
    assert_ok(item_list(as(store, &who), &wants[i].filter, &items, &count, &total));
    assert_int_equal(total, wants[i].total);
    assert_int_equal(count, strlen(wants[i].found));
    for (size_t k = 0; k < count; k++) {
      assert_int_equal(items[k].sku.at[0], wants[i].found[k]);
      assert_true(k == 0 || items[k].id < items[k - 1].id);
    }
  }
  struct item *items;
  size_t count;
  assert_ok(item_list(as(store, &who), &(struct item_filter){.limit = 2}, &items, &count, NULL));
  const struct item_filter older = {.limit = 10, .before_id = items[1].id};
  assert_ok(item_list(as(store, &who), &older, &items, &count, NULL));
  assert_int_equal(count, 2);
}

/* ---- assignments ---- */

static void an_assignment_takes_stock_and_tells_what_and_to_whom(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item item = make(store, &crew.manager, router());
  const struct str serials[] = {STR("SN-1"), STR("SN-2")};
  struct assignment_new from = pieces(&crew, &item, 2);
  from.serials = serials;
  from.serial_count = 2;
  struct assignment made;
  assert_ok(assignment_create(as(store, &crew.manager), &from, &made));
  assert_int_equal(get(store, &crew.manager, item.uuid).stock, 8);
  struct assignment found;
  assert_ok(assignment_by_id(as(store, &crew.technician), made.id, &found));
  assert_true(uuid_equal(found.uuid, made.uuid));
  assert_true(uuid_equal(found.item_uuid, item.uuid));
  assert_true(uuid_equal(found.technician_uuid, crew.technician.uuid));
  assert_true(uuid_equal(found.ticket_uuid, crew.ticket.uuid));
  assert_str(found.item_name, "Router AX-3000");
  assert_str(found.item_sku, "RT-001");
  assert_str(found.technician_name, "Tim");
  assert_int_equal(found.quantity, 2);
  assert_int_equal(found.status, ASSIGNMENT_ASSIGNED);
  assert_int_equal(found.serial_count, 2);
  assert_str(found.serials[0], "SN-1");
  assert_int_equal(found.returned_at, 0);
  assert_int_equal(NUMBER(store,
                          "SELECT COUNT(*) FROM event WHERE kind = %d AND account_id = %" PRId64
                          " AND ticket_id = %" PRId64 " AND new_value = %" PRId64,
                          EVENT_ASSIGNMENT, crew.technician.account_id, crew.ticket.id, made.id),
                   1);
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM stock_movement WHERE kind = %d AND quantity = -2 AND stock = 8 "
             "AND assignment_id = %" PRId64,
             MOVEMENT_ASSIGNED, made.id),
      1);
  /* The same serial number can't be out twice, and the refusal takes nothing. */
  from.serials = (const struct str[]){STR("SN-3"), STR("SN-2")};
  assert_status(STATUS_DUPLICATE, assignment_create(as(store, &crew.manager), &from, &found));
  assert_ptr_equal(store->ctx.problem.kind, &inventory_serial_out);
  assert_int_equal(get(store, &crew.manager, item.uuid).stock, 8);
  assert_stock_adds_up(store);
}

static void stock_never_goes_below_zero(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item item = make(store, &crew.manager, router());
  struct assignment out;
  struct assignment_new from = pieces(&crew, &item, 11);
  assert_status(STATUS_STATE, assignment_create(as(store, &crew.manager), &from, &out));
  assert_ptr_equal(store->ctx.problem.kind, &inventory_no_stock);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM assignment"), 0);
  give(store, &crew, &item, 10);
  from.quantity = 1;
  assert_status(STATUS_STATE, assignment_create(as(store, &crew.manager), &from, &out));
  assert_stock_adds_up(store);
}

static void what_an_assignment_names_must_be_there_and_fit(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item item = make(store, &crew.manager, router());
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  const struct assignment_new good = pieces(&crew, &item, 1);
  struct assignment out;
  struct {
    struct assignment_new from;
    const char *field;
  } bad[] = {{good, "item_id"},        {good, "technician_id"},     {good, "technician_id"},
             {good, "ticket_id"},      {good, "ticket_id"},         {good, "quantity"},
             {good, "serial_numbers"}, {good, "serial_numbers[1]"}, {good, "quantity"},
             {good, "serial_numbers"}};
  struct str many[101];
  for (int i = 0; i < 101; i++) {
    many[i] = str_format(store->ctx.arena, "S%d", i);
  }
  bad[0].from.item = uuid_v7(1);
  bad[1].from.technician = uuid_v7(1);
  bad[2].from.technician = crew.manager.uuid;
  bad[3].from.ticket = uuid_v7(1);
  bad[4].from.technician = other.uuid;
  bad[5].from.quantity = 0;
  bad[6].from.serials = many;
  bad[6].from.serial_count = 2;
  bad[7].from.serials = (const struct str[]){STR("A"), STR("A")};
  bad[7].from.serial_count = 2;
  bad[7].from.quantity = 2;
  bad[8].from.quantity = STOCK_MAX + INT64_C(1);
  bad[9].from.serials = many;
  bad[9].from.serial_count = 101;
  bad[9].from.quantity = 101;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_status(STATUS_INVALID, assignment_create(as(store, &crew.manager), &bad[i].from, &out));
    assert_str(store->ctx.problem.faults[0].field, bad[i].field);
  }
  for (int status = TICKET_RESOLVED; status <= TICKET_CLOSED; status++) {
    store_sql(store, SQL(store, "UPDATE ticket SET status = %d", status));
    assert_status(STATUS_INVALID, assignment_create(as(store, &crew.manager), &good, &out));
    assert_str(store->ctx.problem.faults[0].field, "ticket_id");
  }
  store_sql(store, "UPDATE ticket SET status = 3");
  store_sql(store, SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64,
                       crew.technician.account_id));
  assert_status(STATUS_INVALID, assignment_create(as(store, &crew.manager), &good, &out));
  assert_int_equal(get(store, &crew.manager, item.uuid).stock, 10);
}

static void technicians_assign_to_themselves_alone_and_customer_service_not_at_all(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item item = make(store, &crew.manager, router());
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Cus", "cus@example.com");
  const struct assignment_new from = pieces(&crew, &item, 1);
  struct assignment mine;
  struct assignment out;
  assert_ok(assignment_create(as(store, &crew.technician), &from, &mine));
  assert_status(STATUS_FORBIDDEN, assignment_create(as(store, &other), &from, &out));
  assert_status(STATUS_FORBIDDEN, assignment_create(as(store, &service), &from, &out));
  assert_status(STATUS_NOT_FOUND, give_back(store, &other, mine.uuid, 1, CONDITION_GOOD, NULL, &out));
  assert_status(STATUS_FORBIDDEN, give_back(store, &service, mine.uuid, 1, CONDITION_GOOD, NULL, &out));
  assert_status(STATUS_NOT_FOUND, assignment_by_id(as(store, &other), mine.id, &out));
  assert_ok(assignment_by_id(as(store, &service), mine.id, &out));
  assert_ok(give_back(store, &crew.technician, mine.uuid, 1, CONDITION_GOOD, NULL, &out));
}

static void returns_add_up_and_only_what_is_good_goes_back(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item item = make(store, &crew.manager, router());
  struct assignment_new from = pieces(&crew, &item, 5);
  const struct str serials[] = {STR("A"), STR("B"), STR("C"), STR("D"), STR("E")};
  from.serials = serials;
  from.serial_count = 5;
  struct assignment it;
  assert_ok(assignment_create(as(store, &crew.manager), &from, &it));
  assert_status(STATUS_INVALID, give_back(store, &crew.manager, it.uuid, 6, CONDITION_GOOD, NULL, &it));
  assert_ptr_equal(store->ctx.problem.kind, &assignment_over);
  assert_str(store->ctx.problem.faults[0].field, "quantity_returned");
  assert_status(STATUS_INVALID, give_back(store, &crew.manager, it.uuid, 0, CONDITION_GOOD, NULL, &it));
  assert_status(STATUS_INVALID, give_back(store, &crew.manager, it.uuid, 1, 4, NULL, &it));
  store->ctx.now_us += 1000;
  assert_ok(give_back(store, &crew.technician, it.uuid, 2, CONDITION_GOOD, "two back", &it));
  assert_int_equal(it.status, ASSIGNMENT_ASSIGNED);
  assert_int_equal(it.good, 2);
  assert_str(it.serials[0], "C"); /* those still out first */
  assert_str(it.serials[3], "A");
  assert_ok(give_back(store, &crew.technician, it.uuid, 1, CONDITION_DAMAGED, NULL, &it));
  assert_int_equal(get(store, &crew.manager, item.uuid).stock, 7);
  assert_status(STATUS_INVALID, give_back(store, &crew.manager, it.uuid, 3, CONDITION_LOST, NULL, &it));
  assert_ok(give_back(store, &crew.manager, it.uuid, 2, CONDITION_LOST, "fell off a roof", &it));
  assert_int_equal(it.status, ASSIGNMENT_RETURNED);
  assert_int_equal(it.returned_at, STORE_NOW + 1000);
  assert_int_equal(it.damaged, 1);
  assert_int_equal(it.lost, 2);
  assert_str(it.notes, "two back\nfell off a roof");
  assert_status(STATUS_STATE, give_back(store, &crew.manager, it.uuid, 1, CONDITION_GOOD, NULL, &it));
  assert_ptr_equal(store->ctx.problem.kind, &assignment_done);
  assert_int_equal(get(store, &crew.manager, item.uuid).stock, 7);
  assert_int_equal(store_number(store,
                                "SELECT COUNT(*) FROM stock_movement WHERE quantity = 0 AND pieces = 2 "
                                "AND notes = 'fell off a roof'"),
                   1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM assignment_serial WHERE is_out = TRUE"), 0);
  assert_stock_adds_up(store);
}

static void assignments_are_listed_by_technician_ticket_and_status_and_technicians_see_their_own(
    struct store *store) {
  const struct crew crew = crew_of(store);
  struct crew second = crew;
  second.technician = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Ben", "ben@example.com");
  second.ticket = ticket_of(store, &customer);
  store_sql(store, SQL(store, "UPDATE ticket SET assignee_id = %" PRId64 ", status = 2 WHERE id = %" PRId64,
                       second.technician.account_id, second.ticket.id));
  struct item item = make(store, &crew.manager, router());
  struct assignment a[4] = {give(store, &crew, &item, 1), give(store, &second, &item, 1),
                            give(store, &crew, &item, 1), give(store, &second, &item, 1)};
  assert_ok(give_back(store, &crew.manager, a[0].uuid, 1, CONDITION_GOOD, NULL, &a[0]));
  assert_ok(give_back(store, &crew.manager, a[1].uuid, 1, CONDITION_GOOD, NULL, &a[1]));
  struct {
    const struct who *who;
    struct assignment_filter filter;
    const char *found;
    int64_t total;
  } wants[] = {
      {&crew.manager, {.limit = 10}, "3210", 4},
      {&crew.manager, {.limit = 2, .skip = 1}, "21", 4},
      {&crew.manager, {.limit = 2, .skip = 4}, "", 4},
      {&crew.manager, {.limit = 10, .status = ASSIGNMENT_ASSIGNED}, "32", 2},
      {&crew.manager, {.limit = 10, .technician = crew.technician.uuid}, "20", 2},
      {&crew.manager, {.limit = 10, .ticket = second.ticket.uuid}, "31", 2},
      {&crew.manager, {.limit = 1, .ticket = second.ticket.uuid, .skip = 1}, "1", 2},
      {&crew.manager, {.limit = 10, .ticket = second.ticket.uuid, .status = ASSIGNMENT_RETURNED}, "1", 1},
      {&second.technician, {.limit = 10, .ticket = second.ticket.uuid}, "31", 2},
      {&crew.manager, {.limit = 10, .ticket = second.ticket.uuid, .technician = crew.technician.uuid}, "", 0},
      {&crew.manager, {.limit = 10, .ticket = uuid_v7(1)}, "", 0},
      {&crew.manager, {.limit = 10, .technician = uuid_v7(1)}, "", 0},
      {&crew.technician, {.limit = 10}, "20", 2},
      {&crew.technician, {.limit = 10, .status = ASSIGNMENT_RETURNED}, "0", 1},
      {&crew.technician, {.limit = 10, .technician = second.technician.uuid}, "", 0},
      {&crew.technician, {.limit = 10, .technician = crew.technician.uuid}, "20", 2},
  };
  for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
    struct assignment *found;
    size_t count;
    int64_t total;
    assert_ok(assignment_list(as(store, wants[i].who), &wants[i].filter, &found, &count, &total));
    assert_int_equal(total, wants[i].total);
    assert_int_equal(count, strlen(wants[i].found));
    for (size_t k = 0; k < count; k++) {
      assert_int_equal(found[k].id, a[wants[i].found[k] - '0'].id);
    }
  }
  struct assignment *found;
  size_t count;
  int64_t total;
  assert_status(
      STATUS_FORBIDDEN,
      assignment_list(as(store, &customer), &(struct assignment_filter){.limit = 1}, &found, &count, &total));
}

/* ---- many at once ---- */

enum { STORM_THREADS = 8, STORM_ROUNDS = 25 };

struct storm {
  const struct crew *crew;
  struct item items[2];
  atomic_int refused, failed;
};

/* Takes, brings back and adjusts, again and again; some of it must be refused for want of stock. */
static void storm_round(struct ctx *ctx, struct storm *storm, int number, int round) {
  const struct item *item = &storm->items[(number + round) % 2];
  const struct assignment_new from = pieces(storm->crew, item, 1 + round % 3);
  struct assignment made;
  problem_clear(ctx);
  enum status status = assignment_create(ctx, &from, &made);
  if (status == STATUS_STATE) {
    storm->refused++;
    return;
  }
  storm->failed += status != STATUS_OK;
  if (status != STATUS_OK || round % 5 == 0) {
    return;
  }
  const struct assignment_return back = {1, round % 7 == 0 ? CONDITION_LOST : CONDITION_GOOD, STR_NONE};
  storm->failed += assignment_return(ctx, made.uuid, &back, &made) != STATUS_OK;
  if (round % 10 == 3) {
    const struct item_change change = {.has_stock = true, .to = {.stock = 4}};
    struct item after;
    storm->failed += item_change(ctx, item->uuid, &change, &after) != STATUS_OK;
  }
}

static void storm_run(struct ctx *ctx, int number, void *arg) {
  struct storm *storm = arg;
  ctx->who = &storm->crew->manager;
  for (int round = 0; round < STORM_ROUNDS; round++) {
    storm_round(ctx, storm, number, round);
  }
}

static void movements_add_up_and_nothing_is_oversold_however_many_write_at_once(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item_new from = router();
  from.stock = 20;
  const struct item first = make(store, &crew.manager, from);
  from.sku = STR("RT-002");
  const struct item second = make(store, &crew.manager, from);
  struct storm storm = {.crew = &crew, .items = {first, second}};
  store_race(store, STORM_THREADS, storm_run, &storm);
  assert_int_equal(storm.failed, 0);
  assert_true(storm.refused > 0);
  assert_true(store_number(store, "SELECT COUNT(*) FROM assignment") > 10);
  assert_stock_adds_up(store);
}

/* ---- sums ---- */

static void sums_tell_what_lies_there_what_is_out_and_what_moved_in_a_period(struct store *store) {
  const struct crew crew = crew_of(store);
  struct item router_item = make(store, &crew.manager, router());
  struct item_new cable = router();
  cable.sku = STR("CB-1");
  cable.category = STR("Cable");
  cable.stock = 2;
  cable.price_e4 = 25000;
  make(store, &crew.manager, cable);
  store->ctx.now_us = STORE_NOW + 100;
  struct assignment it = give(store, &crew, &router_item, 6);
  assert_ok(give_back(store, &crew.manager, it.uuid, 2, CONDITION_GOOD, NULL, &it));
  store->ctx.now_us = STORE_NOW + 200;
  assert_ok(give_back(store, &crew.manager, it.uuid, 1, CONDITION_DAMAGED, NULL, &it));
  const struct item_change change = {.has_stock = true, .to = {.stock = 4}};
  assert_ok(item_change(as(store, &crew.manager), router_item.uuid, &change, &router_item));
  struct stock_sums sums;
  assert_ok(inventory_sums(as(store, &crew.manager), &(struct item_filter){0}, 0, 0, &sums));
  assert_int_equal(sums.items, 2);
  assert_int_equal(sums.low_items, 1);
  assert_int_equal(sums.stock, 6);
  assert_int_equal(sums.value_e4, 4 * INT64_C(1500005000) + 2 * 25000);
  assert_int_equal(sums.out, 3);
  assert_int_equal(sums.added, 10 + 2 - 2);
  assert_int_equal(sums.assigned, 6);
  assert_int_equal(sums.returned, 2);
  assert_int_equal(sums.damaged, 1);
  assert_int_equal(sums.lost, 0);
  assert_int_equal(sums.added - sums.assigned + sums.returned, sums.stock);
  const struct item_filter networking = {.category = STR("networking")};
  assert_ok(inventory_sums(as(store, &crew.manager), &networking, STORE_NOW + 100, STORE_NOW + 200, &sums));
  assert_int_equal(sums.items, 1);
  assert_int_equal(sums.added, 0);
  assert_int_equal(sums.assigned, 6);
  assert_int_equal(sums.damaged, 0);
  assert_ok(inventory_item_sums(as(store, &crew.manager), router_item.id, STORE_NOW + 200, 0, &sums));
  assert_int_equal(sums.items, 1);
  assert_int_equal(sums.stock, 4);
  assert_int_equal(sums.out, 3);
  assert_int_equal(sums.added, -2);
  assert_int_equal(sums.assigned, 0);
  assert_int_equal(sums.damaged, 1);
  assert_status(STATUS_NOT_FOUND, inventory_item_sums(as(store, &crew.manager), 4711, 0, 0, &sums));
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Cus", "cus@example.com");
  assert_status(STATUS_FORBIDDEN, inventory_sums(as(store, &service), &networking, 0, 0, &sums));
  assert_status(STATUS_FORBIDDEN, inventory_sums(as(store, &crew.technician), &networking, 0, 0, &sums));
}

static void a_value_beyond_all_numbers_stays_at_their_end(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Mia", "mia@example.com");
  struct item_new from = router();
  from.price_e4 = PRICE_MAX_E4;
  from.stock = STOCK_MAX;
  make(store, &who, from);
  struct stock_sums sums;
  assert_ok(inventory_sums(as(store, &who), &(struct item_filter){0}, 0, 0, &sums));
  assert_int_equal(sums.value_e4, INT64_MAX);
  assert_int_equal(sums.stock, STOCK_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_item_comes_back_as_it_was_made_with_a_movement_for_its_first_stock),
      STORE_TEST(a_sku_is_unique_in_its_tenant_in_any_letter_case),
      STORE_TEST(every_fault_of_an_item_is_told),
      STORE_TEST(only_supervisors_up_write_items_and_customers_see_none),
      STORE_TEST(a_change_writes_what_it_names_and_a_changed_stock_is_a_movement),
      STORE_TEST(crossing_to_low_tells_supervisors_up_once_a_crossing),
      STORE_TEST(items_are_listed_newest_first_by_category_search_and_what_is_low),
      STORE_TEST(an_assignment_takes_stock_and_tells_what_and_to_whom),
      STORE_TEST(stock_never_goes_below_zero),
      STORE_TEST(what_an_assignment_names_must_be_there_and_fit),
      STORE_TEST(technicians_assign_to_themselves_alone_and_customer_service_not_at_all),
      STORE_TEST(returns_add_up_and_only_what_is_good_goes_back),
      STORE_TEST(assignments_are_listed_by_technician_ticket_and_status_and_technicians_see_their_own),
      STORE_TEST(movements_add_up_and_nothing_is_oversold_however_many_write_at_once),
      STORE_TEST(sums_tell_what_lies_there_what_is_out_and_what_moved_in_a_period),
      STORE_TEST(a_value_beyond_all_numbers_stays_at_their_end),
  };
  return STORE_RUN(tests);
}
