#include "store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/timers.h"
#include "base/log.h"
#include "people.h"

/* What the main thread does by the clock. */

static struct options options;
static struct system_view view;
static struct timers *timers;

static void begin(struct store *store) {
  char why[256] = "";
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  time_shift(0);
  memset(&view, 0, sizeof view);
  assert_ok(timers_new(&options, store->ctx.db, &view, &timers, why));
}

static void end(void) {
  timers_free(timers);
  time_shift(0);
  options = (struct options){0};
}

static void readiness_follows_the_database(struct store *store) {
  begin(store);
  timers_run(timers);
  assert_true(atomic_load(&view.ready));
  store_sql(store, "ALTER TABLE mail RENAME TO mail_away");
  time_shift(2 * TIME_SECOND_US);
  timers_run(timers);
  assert_false(atomic_load(&view.ready));
  store_sql(store, "ALTER TABLE mail_away RENAME TO mail");
  time_shift(4 * TIME_SECOND_US);
  timers_run(timers);
  assert_true(atomic_load(&view.ready));
  end();
}

static void the_look_is_not_taken_at_each_call(struct store *store) {
  begin(store);
  timers_run(timers);
  atomic_store(&view.ready, false);
  timers_run(timers);
  assert_false(atomic_load(&view.ready)); /* within the second nobody looked */
  end();
}

static void a_clock_set_back_does_not_stop_the_looks(struct store *store) {
  begin(store);
  time_shift(TIME_DAY_US);
  timers_run(timers);
  time_shift(0);
  atomic_store(&view.ready, false);
  timers_run(timers);
  assert_true(atomic_load(&view.ready));
  end();
}

static void a_clock_set_back_does_not_stop_the_hourly_work(struct store *store) {
  options.hcall_purge_days = 1;
  begin(store);
  time_shift(100 * TIME_DAY_US);
  timers_run(timers);
  time_shift(0);
  tenant_make(store, 7);
  const struct who author = person(store, 7, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &author);
  store_sql(store, SQL(store, "UPDATE ticket SET status = %d, resolved_at = 1 WHERE id = %lld",
                       (int)TICKET_RESOLVED, (long long)ticket.id));
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"), 0);
  end();
}

static void solved_tickets_are_cleaned_up_only_where_asked(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &author);
  store_sql(store, SQL(store, "UPDATE ticket SET status = %d, resolved_at = 1 WHERE id = %lld",
                       (int)TICKET_RESOLVED, (long long)ticket.id));
  ticket_of(store, &author); /* a new one, for all time */
  begin(store);
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"), 2);
  end();
  options.hcall_purge_days = 30;
  begin(store);
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"), 1);
  end();
}

static void a_word_that_is_no_status_is_told(struct store *store) {
  char why[256] = "";
  options.hcall_purge_status = "conclude";
  struct timers *none = NULL;
  assert_status(STATUS_INVALID, timers_new(&options, store->ctx.db, &view, &none, why));
  assert_null(none);
  assert_non_null(strstr(why, "--hcall-purge-status \"conclude\""));
  options = (struct options){0};
}

/* ---- the clock file ---- */

static void write_clock(const char *path, const char *text, int64_t changed_s) {
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  const struct timespec times[2] = {{.tv_sec = changed_s}, {.tv_sec = changed_s}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int64_t ahead_s(void) {
  struct timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  int64_t ahead_us = time_now_us() - (int64_t)real.tv_sec * TIME_SECOND_US;
  return (ahead_us + (ahead_us < 0 ? -1 : 1) * TIME_SECOND_US / 2) / TIME_SECOND_US;
}
#define ASSERT_AHEAD(seconds) assert_true(llabs(ahead_s() - (seconds)) <= 1)

static void the_clock_follows_its_file(struct store *store) {
  const char *path = store_path(store, "clock");
  options.clock_file = path;
  begin(store);
  assert_true(timers_run(timers) <= 100); /* looks often; without a file that is fine */
  ASSERT_AHEAD(0);
  write_clock(path, "86400\n", 1000);
  timers_run(timers);
  ASSERT_AHEAD(86400);
  write_clock(path, "-3600", 1001);
  timers_run(timers);
  ASSERT_AHEAD(-3600);
  write_clock(path, "7\n", 1002);
  timers_run(timers);
  ASSERT_AHEAD(7);
  unlink(path);
  timers_run(timers);
  ASSERT_AHEAD(7);
  end();
}

static void half_a_clock_file_is_read_again(struct store *store) {
  const char *path = store_path(store, "clock");
  options.clock_file = path;
  begin(store);
  write_clock(path, "12x", 1000);
  timers_run(timers);
  ASSERT_AHEAD(0);
  write_clock(path, "", 1000);
  timers_run(timers);
  ASSERT_AHEAD(0);
  write_clock(path, "120", 1000); /* in the same tick of the file system's clock */
  timers_run(timers);
  ASSERT_AHEAD(120);
  end();
}

static void a_moved_clock_makes_hourly_work_due(struct store *store) {
  const char *path = store_path(store, "clock");
  options.clock_file = path;
  options.hcall_purge_days = 30;
  begin(store);
  timers_run(timers);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &author);
  store_sql(store, SQL(store, "UPDATE ticket SET status = %d, resolved_at = %lld WHERE id = %lld",
                       (int)TICKET_RESOLVED, (long long)time_now_us(), (long long)ticket.id));
  write_clock(path, "1", 1000);
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"), 1);
  write_clock(path, "2678400", 1001); /* 31 days */
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"), 0);
  end();
}

/* ---- deadlines ---- */

static int64_t count_of(struct store *store, const char *table, const char *where) {
  return store_number(store, SQL(store, "SELECT COUNT(*) FROM %s WHERE %s", table, where));
}

/* `count` tickets whose deadline passed a second ago, or is `ahead_us` away. */
static void due_tickets(struct store *store, int count, int64_t ahead_us) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  store->ctx.now_us = time_now_us() - TIME_DAY_US + ahead_us;
  for (int i = 0; i < count; i++) {
    ticket_of(store, &author);
  }
}

static void a_deadline_is_told_once_whatever_restarts(struct store *store) {
  due_tickets(store, 3, -TIME_SECOND_US);
  begin(store);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 3);
  timers_run(timers);
  end();
  begin(store);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 3);
  assert_int_equal(count_of(store, "event", "kind = 8"), 3); /* EVENT_TICKET_SLA */
  end();
}

static void the_timer_sleeps_until_the_next_deadline_and_at_most_a_second(struct store *store) {
  begin(store);
  int wait_ms = timers_run(timers);
  assert_true(wait_ms > 500 && wait_ms <= 1000);
  end();
  due_tickets(store, 1, 300 * 1000);
  store_sql(store,
            "UPDATE ticket SET sla_marks = 2, sla_next_at = resolve_due_at + 1"); /* it was warned of */
  begin(store);
  wait_ms = timers_run(timers);
  assert_true(wait_ms > 0 && wait_ms <= 300);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 0);
  usleep((unsigned)wait_ms * 1000);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 1);
  end();
}

static void a_deadline_that_somebody_added_is_found_within_a_second(struct store *store) {
  begin(store);
  timers_run(timers);
  due_tickets(store, 1, -TIME_SECOND_US);
  time_shift(TIME_SECOND_US);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 1);
  end();
}

static void many_deadlines_are_worked_off_piece_by_piece(struct store *store) {
  due_tickets(store, 450, -TIME_SECOND_US);
  begin(store);
  const int64_t expected[] = {200, 400, 450};
  for (int i = 0; i < 3; i++) {
    int wait_ms = timers_run(timers);
    assert_true(i == 2 || (wait_ms >= 1 && wait_ms <= 100)); /* comes again soon, not at once */
    assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), expected[i]);
  }
  end();
}

static void new_targets_reach_open_tickets_step_by_step(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  due_tickets(store, 250, TIME_HOUR_US);
  begin(store);
  timers_run(timers);
  const struct sla_target target = {CATEGORY_TECHNICAL, 0, 525600, 0};
  store->ctx.now_us = time_now_us();
  assert_ok(sla_set(as(store, &manager), 1, &target));
  time_shift(TIME_SECOND_US);
  static const char moved[] = "resolve_due_at = created_at + 31536000000000";
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", moved), 200);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", moved), 250);
  timers_run(timers);
  /* On PostgreSQL a second round is planned. */
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM sla_stale"), store->pgsql ? 1 : 0);
  end();
}

static void old_notices_are_swept(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int days = 190; days >= 170; days -= 10) {
    store_sql(store, SQL(store,
                         "INSERT INTO notice (tenant_id, uuid, account_id, kind, created_at) VALUES "
                         "(1, %s, %lld, 1, %lld)",
                         uuid_literal(store, uuid_v7(STORE_NOW)), (long long)ani.account_id,
                         (long long)(time_now_us() - days * TIME_DAY_US)));
  }
  begin(store);
  timers_run(timers);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM notice"), 1);
  end();
}

static void while_the_database_is_away_only_the_look_is_taken(struct store *store) {
  due_tickets(store, 1, -TIME_SECOND_US);
  store_sql(store, "ALTER TABLE mail RENAME TO mail_away");
  begin(store);
  assert_true(timers_run(timers) > 500);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 0);
  store_sql(store, "ALTER TABLE mail_away RENAME TO mail");
  time_shift(2 * TIME_SECOND_US);
  timers_run(timers);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 1);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_deadline_is_told_once_whatever_restarts),
      STORE_TEST(the_timer_sleeps_until_the_next_deadline_and_at_most_a_second),
      STORE_TEST(a_deadline_that_somebody_added_is_found_within_a_second),
      STORE_TEST(many_deadlines_are_worked_off_piece_by_piece),
      STORE_TEST(new_targets_reach_open_tickets_step_by_step),
      STORE_TEST(old_notices_are_swept),
      STORE_TEST(while_the_database_is_away_only_the_look_is_taken),
      STORE_TEST(readiness_follows_the_database),
      STORE_TEST(the_look_is_not_taken_at_each_call),
      STORE_TEST(a_clock_set_back_does_not_stop_the_looks),
      STORE_TEST(a_clock_set_back_does_not_stop_the_hourly_work),
      STORE_TEST(solved_tickets_are_cleaned_up_only_where_asked),
      STORE_TEST(a_word_that_is_no_status_is_told),
      STORE_TEST(the_clock_follows_its_file),
      STORE_TEST(half_a_clock_file_is_read_again),
      STORE_TEST(a_moved_clock_makes_hourly_work_due),
  };
  return STORE_RUN(tests);
}
