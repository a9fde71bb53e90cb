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

/* ---- notices ---- */

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

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(old_notices_are_swept),
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
