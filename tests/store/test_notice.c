#include <string.h>

#include "desk/notice/notice.h"
#include "people.h"

static const struct notice_new plain = {.tenant_id = 1, .kind = NOTICE_TICKET_ASSIGNED, .value = 3};

struct told {
  int64_t account_id;
  struct notice_new notice;
  int times;
};

static enum status tell(struct ctx *ctx, void *arg) {
  const struct told *told = arg;
  for (int i = 0; i < told->times; i++) {
    TRY(notice_add(ctx, told->account_id, &told->notice));
  }
  return STATUS_OK;
}

static void told_to(struct store *store, const struct who *actor, int64_t account_id, struct notice_new what,
                    int times) {
  assert_ok(db_write(as(store, actor), tell, &(struct told){account_id, what, times}));
}

static enum status tell_staff(struct ctx *ctx, void *arg) {
  return notice_add_staff(ctx, ROLE_SUPERVISOR, *(int64_t *)arg, &plain);
}

static struct notice *list(struct store *store, const struct who *who, struct notice_filter filter,
                           size_t *count, int64_t *total) {
  struct notice *notices = NULL;
  filter.limit = filter.limit != 0 ? filter.limit : 100;
  assert_ok(notice_list(as(store, who), &filter, &notices, count, total));
  return notices;
}

static void a_notice_tells_what_happened_to_whom_and_by_whom(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  store_sql(store, "DELETE FROM notice");
  told_to(store, &staff, author.account_id,
          (struct notice_new){
              .tenant_id = 1, .kind = NOTICE_TICKET_STATUS, .ticket_id = ticket.id, .value = TICKET_PENDING},
          1);
  size_t count;
  int64_t total;
  const struct notice *notice = list(store, &author, (struct notice_filter){0}, &count, &total);
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_int_equal(notice->account_id, author.account_id);
  assert_int_equal(notice->kind, NOTICE_TICKET_STATUS);
  assert_true(uuid_equal(notice->ticket_uuid, ticket.uuid));
  assert_int_equal(notice->ticket_created_at, ticket.created_at);
  assert_str(notice->ticket_title, "Router");
  assert_str(notice->actor_name, "Sri");
  assert_str(notice->item_name, NULL);
  assert_int_equal(notice->item_id, 0);
  assert_int_equal(notice->value, TICKET_PENDING);
  assert_int_equal(notice->created_at, STORE_NOW);
  assert_int_equal(notice->read_at, 0);
}

static void nobody_hears_of_what_they_did_themselves(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Mia", "mia@example.com");
  told_to(store, &who, who.account_id, plain, 1);
  told_to(store, &who, 0, plain, 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM notice"), 0);
  told_to(store, NULL, who.account_id, plain, 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM notice WHERE actor_id IS NULL"), 1);
}

static void staff_from_a_role_up_hear_but_the_actor_the_excepted_and_the_inactive(struct store *store) {
  tenant_make(store, 2);
  const struct who actor = person(store, 1, ROLE_MANAGER, "Mia", "mia@example.com");
  struct who but = person(store, 1, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  const struct who first = person(store, 1, ROLE_SUPERVISOR, "Tom", "tom@example.com");
  const struct who second = person(store, 1, ROLE_SUPER_ADMIN, "Ida", "ida@example.com");
  const struct who away = person(store, 1, ROLE_SUPERVISOR, "Off", "off@example.com");
  const struct who gone = person(store, 1, ROLE_SUPERVISOR, "Del", "del@example.com");
  person(store, 1, ROLE_CUSTOMER_SERVICE, "Low", "low@example.com");
  person(store, 2, ROLE_SUPERVISOR, "Far", "far@example.com");
  store_sql(store, SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, away.account_id));
  store_sql(store, SQL(store, "UPDATE account SET deleted_at = 5 WHERE id = %" PRId64, gone.account_id));
  assert_ok(db_write(as(store, &actor), tell_staff, &but.account_id));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM notice"), 2);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM notice WHERE account_id IN (%" PRId64 ", %" PRId64 ")",
                          first.account_id, second.account_id),
                   2);
}

static void a_list_is_the_callers_own_newest_first_by_kind_and_by_what_was_read(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  told_to(store, NULL, who.account_id, plain, 3);
  told_to(store, NULL, who.account_id, (struct notice_new){.tenant_id = 1, .kind = NOTICE_SLA_BREACH}, 2);
  told_to(store, NULL, other.account_id, plain, 7);
  size_t count;
  int64_t total;
  struct notice *notices = list(store, &who, (struct notice_filter){.limit = 2}, &count, &total);
  assert_int_equal(count, 2);
  assert_int_equal(total, 5);
  assert_true(notices[0].id > notices[1].id);
  int64_t third = notices[1].id - 1;
  notices = list(store, &who, (struct notice_filter){.limit = 2, .skip = 2}, &count, &total);
  assert_int_equal(notices[0].id, third);
  struct notice read;
  assert_ok(notice_read(as(store, &who), notices[0].uuid, &read));
  assert_int_equal(read.read_at, STORE_NOW);
  notices = list(store, &who, (struct notice_filter){.read = NOTICE_READ}, &count, &total);
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_int_equal(notices[0].id, third);
  list(store, &who, (struct notice_filter){.read = NOTICE_UNREAD}, &count, &total);
  assert_int_equal(total, 4);
  list(store, &who, (struct notice_filter){.kind = NOTICE_SLA_BREACH, .read = NOTICE_UNREAD}, &count, &total);
  assert_int_equal(total, 2);
  list(store, &who, (struct notice_filter){.kind = NOTICE_LOW_STOCK}, &count, &total);
  assert_int_equal(total, 0);
  assert_int_equal(count, 0);
  list(store, &who, (struct notice_filter){.skip = 5}, &count, &total);
  assert_int_equal(total, 5);
  assert_int_equal(count, 0);
  assert_ok(notice_unread(as(store, &who), &total));
  assert_int_equal(total, 4);
  assert_status(STATUS_UNAUTHENTICATED, notice_unread(as(store, NULL), &total));
}

static void reading_marks_once_tells_an_event_once_and_never_a_foreign_one(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  const struct who other = person(store, 1, ROLE_SUPER_ADMIN, "Ida", "ida@example.com");
  told_to(store, NULL, who.account_id, plain, 3);
  size_t count;
  int64_t total;
  const struct notice *notices = list(store, &who, (struct notice_filter){0}, &count, &total);
  struct notice read;
  assert_status(STATUS_NOT_FOUND, notice_read(as(store, &other), notices[0].uuid, &read));
  assert_ptr_equal(store->ctx.problem.kind, &notice_not_found);
  assert_ok(notice_read(as(store, &who), notices[0].uuid, &read));
  store->ctx.now_us += 5;
  assert_ok(notice_read(as(store, &who), notices[0].uuid, &read));
  assert_int_equal(read.read_at, STORE_NOW);
  assert_int_equal(NUMBER(store,
                          "SELECT COUNT(*) FROM event WHERE kind = %d AND account_id = %" PRId64
                          " AND new_value = %" PRId64,
                          EVENT_NOTICE_READ, who.account_id, notices[0].id),
                   1);
  int64_t changed = -1;
  assert_ok(notice_read_all(as(store, &other), &changed));
  assert_int_equal(changed, 0);
  assert_ok(notice_read_all(as(store, &who), &changed));
  assert_int_equal(changed, 2);
  assert_ok(notice_read_all(as(store, &who), &changed));
  assert_int_equal(changed, 0);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_NOTICE_READ), 2);
}

/* Follows until as many came as are awaited: transactions of other databases on the same PostgreSQL may hold
 * the horizon back for a moment. Returns the id of the last one; fails where it takes 20 s or more come. */
static int64_t follow(struct store *store, const struct who *who, struct event_position *at, int64_t limit,
                      size_t awaited) {
  size_t seen = 0;
  int64_t last = 0;
  int64_t deadline_ns = time_monotonic_ns() + INT64_C(20000000000);
  do {
    struct notice *notices;
    size_t count;
    struct ctx *ctx = as(store, who);
    assert_ok(who != NULL ? notice_follow(ctx, at, limit, &notices, &count, at)
                          : notice_follow_all(ctx, at, limit, &notices, &count, at));
    for (size_t i = 0; i < count; i++) {
      assert_true(notices[i].id > last);
      last = notices[i].id;
    }
    seen += count;
  } while (seen < awaited && time_monotonic_ns() < deadline_ns);
  assert_int_equal(seen, awaited);
  return last;
}

static void a_follower_gets_each_notice_once_and_goes_on_where_it_stood(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  told_to(store, NULL, who.account_id, plain, 2);
  told_to(store, NULL, other.account_id, plain, 1);
  struct event_position at = {0, 0};
  int64_t first = follow(store, &who, &at, 1, 1);
  assert_int_equal(follow(store, &who, &at, 100, 1), first + 1);
  follow(store, &who, &at, 100, 0);
  told_to(store, NULL, who.account_id, plain, 1);
  assert_int_equal(follow(store, &who, &at, 100, 1), first + 3);
  at = (struct event_position){0, 0};
  assert_int_equal(follow(store, NULL, &at, 2, 4), first + 3);
  struct event_position horizon;
  assert_ok(notice_horizon(as(store, NULL), &horizon));
  follow(store, NULL, &horizon, 100, 0);
}

static void a_notice_whose_commit_came_late_is_not_overtaken(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  struct ctx late = store_open(store, DB_WRITE);
  struct store beside = *store;
  beside.ctx = late;
  store_sql(&beside, "BEGIN");
  store_sql(&beside, SQL(store,
                         "INSERT INTO notice (tenant_id, uuid, account_id, kind, created_at) VALUES "
                         "(1, %s, %" PRId64 ", 1, 1)",
                         uuid_literal(store, uuid_v7(1)), who.account_id));
  told_to(store, NULL, who.account_id, plain, 1);
  struct event_position at = {0, 0};
  follow(store, &who, &at, 100, 0); /* the later one waits for the one under way */
  store_sql(&beside, "COMMIT");
  follow(store, &who, &at, 100, 2);
  store_close(&late);
}

static void the_sweep_drops_what_is_old_or_too_much_and_keeps_the_newest_id(struct store *store) {
  const struct who who = person(store, 1, ROLE_TECHNICIAN, "Tim", "tim@example.com");
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Tom", "tom@example.com");
  told_to(store, NULL, other.account_id, plain, 3);
  store->ctx.now_us += 181 * TIME_DAY_US;
  told_to(store, NULL, who.account_id, plain, NOTICE_KEEP + 5);
  int64_t newest = store_number(store, "SELECT MAX(id) FROM notice");
  int64_t dropped = -1;
  assert_ok(notice_sweep(as(store, NULL), 4, &dropped));
  assert_int_equal(dropped, 4);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM notice WHERE account_id = %" PRId64, other.account_id),
                   0);
  assert_ok(notice_sweep(as(store, NULL), 100, &dropped));
  assert_int_equal(dropped, 4);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM notice"), NOTICE_KEEP);
  assert_int_equal(store_number(store, "SELECT MAX(id) FROM notice"), newest);
  assert_ok(notice_sweep(as(store, NULL), 100, &dropped));
  assert_int_equal(dropped, 0);
  store->ctx.now_us += 181 * TIME_DAY_US;
  assert_ok(notice_sweep(as(store, NULL), 2 * NOTICE_KEEP, &dropped));
  assert_int_equal(dropped, NOTICE_KEEP - 1);
  assert_int_equal(store_number(store, "SELECT MAX(id) FROM notice"), newest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_notice_tells_what_happened_to_whom_and_by_whom),
      STORE_TEST(nobody_hears_of_what_they_did_themselves),
      STORE_TEST(staff_from_a_role_up_hear_but_the_actor_the_excepted_and_the_inactive),
      STORE_TEST(a_list_is_the_callers_own_newest_first_by_kind_and_by_what_was_read),
      STORE_TEST(reading_marks_once_tells_an_event_once_and_never_a_foreign_one),
      STORE_TEST(a_follower_gets_each_notice_once_and_goes_on_where_it_stood),
      STORE_TEST_PGSQL(a_notice_whose_commit_came_late_is_not_overtaken),
      STORE_TEST(the_sweep_drops_what_is_old_or_too_much_and_keeps_the_newest_id),
  };
  return STORE_RUN(tests);
}
