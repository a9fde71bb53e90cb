#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "live/bell.h"

/* What the follower waits for. The database's side is the test's own, see meson.build for the link; with a
 * real one: tests/store/test_listen.c. */

#define MS INT64_C(1000000)

/* ---- a listener that hears what the test says ---- */

static struct {
  struct db_heard heard; /* by the next turn */
  bool connected;
  bool echoes; /* own rings come back */
  int fd;
  int rings;
  enum status ring_status;
} line;

struct db_listener *__wrap_db_listener_new(const char *url);
struct db_listener *__wrap_db_listener_new(const char *url) {
  assert_string_equal(url, "postgresql://nowhere");
  return (struct db_listener *)&line;
}
void __wrap_db_listener_free(struct db_listener *listener);
void __wrap_db_listener_free(struct db_listener *listener) {
  (void)listener;
}
int __wrap_db_listener_fd(const struct db_listener *listener, short *events);
int __wrap_db_listener_fd(const struct db_listener *listener, short *events) {
  (void)listener;
  *events = POLLIN;
  return line.connected ? line.fd : -1;
}
struct db_heard __wrap_db_listener_turn(struct db_listener *listener, int64_t now_ns);
struct db_heard __wrap_db_listener_turn(struct db_listener *listener, int64_t now_ns) {
  (void)listener;
  assert_true(now_ns > 0);
  eventfd_t count;
  (void)eventfd_read(line.fd, &count);
  struct db_heard heard = line.heard;
  line.heard = (struct db_heard){0};
  return heard;
}
enum status __wrap_db_listener_ring(struct db_listener *listener, struct ctx *ctx);
enum status __wrap_db_listener_ring(struct db_listener *listener, struct ctx *ctx) {
  (void)listener;
  (void)ctx;
  line.rings++;
  if (line.ring_status == STATUS_OK && line.echoes) {
    line.heard.own = true;
    eventfd_write(line.fd, 1);
  }
  return line.ring_status;
}

/* ---- ---- */

static struct live_bell bell;
static struct ctx ctx;

static int open_bell(const char *url) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  line.heard = (struct db_heard){0};
  line.connected = line.echoes = true;
  line.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  line.rings = 0;
  line.ring_status = STATUS_OK;
  live_bell_init(&bell, url);
  return line.fd < 0;
}
static int open_alone(void **state) {
  (void)state;
  return open_bell(NULL);
}
static int open_shared(void **state) {
  (void)state;
  return open_bell("postgresql://nowhere");
}
static int close_bell(void **state) {
  (void)state;
  live_bell_release(&bell);
  close(line.fd);
  return 0;
}

static int64_t waited_ms(int most_ms, bool deaf, bool *news) {
  int64_t from = time_monotonic_ns();
  assert_true(live_bell_wait(&bell, most_ms, deaf, news));
  return (time_monotonic_ns() - from) / MS;
}

/* One turn of a follower: waits, then tends. */
static bool turn(int most_ms) {
  bool news = false;
  assert_true(live_bell_wait(&bell, most_ms, false, &news));
  live_bell_tend(&bell, &ctx);
  return news;
}

static void others_say(struct db_heard heard) {
  line.heard = heard;
  eventfd_write(line.fd, 1);
}

/* Until the bell was proven to be heard. */
static void prove(void) {
  others_say((struct db_heard){.opened = true});
  for (int i = 0; i < 10 && !bell.heard; i++) {
    turn(20);
  }
  assert_true(bell.heard);
}

static void alone_it_looks_by_the_clock_and_is_woken_at_once(void **state) {
  (void)state;
  bool news = true;
  assert_true(waited_ms(10000, false, &news) >= LIVE_BELL_TURN_MS - 1);
  assert_false(news);
  live_bell_wake(&bell);
  live_bell_wake(&bell);
  assert_true(waited_ms(10000, false, &news) < LIVE_BELL_TURN_MS);
  assert_true(news);
  waited_ms(1, false, &news);
  assert_false(news); /* two wakes before it looked are one */
  live_bell_ring(&bell);
  live_bell_tend(&bell, &ctx);
  assert_int_equal(line.rings, 0);
}

static void deaf_it_waits_the_whole_while_and_tells_of_what_came(void **state) {
  (void)state;
  bool news = false;
  live_bell_wake(&bell);
  assert_true(waited_ms(30, true, &news) >= 29);
  assert_true(news);
}

static void a_stop_ends_every_wait(void **state) {
  (void)state;
  bool news = false;
  live_bell_stop(&bell);
  assert_false(live_bell_wait(&bell, 10000, false, &news));
  assert_false(live_bell_wait(&bell, 10000, true, &news));
}

static void *stop_later(void *arg) {
  (void)arg;
  usleep(20000);
  live_bell_stop(&bell);
  return NULL;
}

static void a_stop_is_heard_while_it_is_deaf(void **state) {
  (void)state;
  pthread_t thread;
  bool news = false;
  assert_int_equal(pthread_create(&thread, NULL, stop_later, NULL), 0);
  int64_t from = time_monotonic_ns();
  bool goes_on = live_bell_wait(&bell, LIVE_BELL_TURN_MS, true, &news);
  while (goes_on && time_monotonic_ns() - from < 10000 * MS) {
    goes_on = live_bell_wait(&bell, LIVE_BELL_TURN_MS, true, &news);
  }
  assert_false(goes_on);
  pthread_join(thread, NULL);
}

static void a_connection_that_opens_is_news_and_proven_by_an_own_ring(void **state) {
  (void)state;
  assert_false(bell.heard);
  others_say((struct db_heard){.opened = true});
  assert_true(turn(1000));
  assert_int_equal(line.rings, 1);
  assert_false(turn(20)); /* an own ring is no news */
  assert_true(bell.heard);
  bool news = false;
  assert_true(waited_ms(10000, false, &news) >= LIVE_BELL_HEARD_MS - 1);
}

static void others_rings_are_news_at_once(void **state) {
  (void)state;
  prove();
  others_say((struct db_heard){.others = true});
  bool news = false;
  assert_true(waited_ms(10000, false, &news) < LIVE_BELL_HEARD_MS);
  assert_true(news);
}

static void many_commits_ring_once_in_a_while_and_the_last_is_never_forgotten(void **state) {
  (void)state;
  prove();
  usleep(LIVE_BELL_RING_MS * 1000);
  line.rings = 0;
  int64_t from = time_monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    live_bell_ring(&bell);
    turn(0);
  }
  int64_t took_ms = (time_monotonic_ns() - from) / MS;
  assert_true(line.rings >= 1);
  assert_true(line.rings <= took_ms / LIVE_BELL_RING_MS + 1);
  int before = line.rings;
  live_bell_ring(&bell);
  for (int i = 0; i < 100 && line.rings == before; i++) {
    turn(1000);
  }
  assert_int_equal(line.rings, before + 1);
}

static void a_line_that_takes_listen_and_delivers_nothing_leaves_the_quick_clock(void **state) {
  (void)state;
  line.echoes = false;
  others_say((struct db_heard){.opened = true});
  turn(1000);
  assert_int_equal(line.rings, 1);
  bool news = false;
  waited_ms(10000, false, &news);
  assert_false(bell.heard);
  assert_true(waited_ms(10000, false, &news) < LIVE_BELL_HEARD_MS);
}

static void a_line_that_falls_silent_is_found_out_by_the_next_own_ring(void **state) {
  (void)state;
  prove();
  usleep(LIVE_BELL_RING_MS * 1000);
  line.echoes = false;
  live_bell_ring(&bell);
  turn(1000);
  for (int i = 0; i < 50 && bell.heard; i++) {
    turn(LIVE_BELL_TURN_MS);
  }
  assert_false(bell.heard);
}

static void a_lost_connection_leaves_the_quick_clock_until_it_is_back(void **state) {
  (void)state;
  prove();
  line.connected = false;
  turn(1);
  assert_false(bell.heard);
  line.connected = true;
  prove();
}

static void a_ring_that_fails_is_not_repeated_and_no_problem_is_left(void **state) {
  (void)state;
  prove();
  usleep(LIVE_BELL_RING_MS * 1000);
  line.rings = 0;
  line.ring_status = STATUS_UNAVAILABLE;
  live_bell_ring(&bell);
  for (int i = 0; i < 5; i++) {
    turn(2 * LIVE_BELL_RING_MS);
  }
  assert_int_equal(line.rings, 1);
  assert_null(ctx.problem.kind);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, open_alone, close_bell)
#define SHARED(test) cmocka_unit_test_setup_teardown(test, open_shared, close_bell)

int main(void) {
  const struct CMUnitTest tests[] = {
      ALONE(alone_it_looks_by_the_clock_and_is_woken_at_once),
      ALONE(deaf_it_waits_the_whole_while_and_tells_of_what_came),
      ALONE(a_stop_ends_every_wait),
      ALONE(a_stop_is_heard_while_it_is_deaf),
      SHARED(a_connection_that_opens_is_news_and_proven_by_an_own_ring),
      SHARED(others_rings_are_news_at_once),
      SHARED(many_commits_ring_once_in_a_while_and_the_last_is_never_forgotten),
      SHARED(a_line_that_takes_listen_and_delivers_nothing_leaves_the_quick_clock),
      SHARED(a_line_that_falls_silent_is_found_out_by_the_next_own_ring),
      SHARED(a_lost_connection_leaves_the_quick_clock_until_it_is_back),
      SHARED(a_ring_that_fails_is_not_repeated_and_no_problem_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
