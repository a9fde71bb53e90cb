#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "live/internal.h"

/* Who is there, by account and by number. */

static struct live_book *book;

static int open_book(void **state) {
  (void)state;
  book = calloc(1, sizeof *book);
  return book == NULL;
}

static int close_book(void **state) {
  (void)state;
  live_book_release(book);
  free(book);
  return 0;
}

static struct live_socket *add(socketio_id id, int64_t account_id) {
  const struct who who = {
      .account_id = account_id, .tenant_id = 1, .role = ROLE_CUSTOMER, .name = STR("Ani")};
  return live_book_add(book, id, &who);
}

static unsigned count_of(int64_t account_id) {
  unsigned count = 0;
  for (const struct live_socket *socket = live_book_first(book, account_id); socket != NULL;
       socket = live_book_next(book, socket, account_id)) {
    assert_true(account_id == 0 || socket->who.account_id == account_id);
    count++;
  }
  return count;
}

static void a_socket_is_kept_with_its_rooms_and_without_texts_that_die(void **state) {
  (void)state;
  const struct live_socket *socket = add(7, 5);
  assert_int_equal(socket->id, 7);
  assert_null(socket->who.name.at);
  struct live_rooms own;
  live_rooms_of_account(5, &own);
  assert_true(live_rooms_meet(&socket->rooms, &own));
  assert_true(live_book_has(book, 5));
  assert_false(live_book_has(book, 6));
}

static void accounts_and_numbers_that_share_a_bucket_are_told_apart(void **state) {
  (void)state;
  for (int64_t i = 0; i < 3; i++) {
    add((socketio_id)(7 + i * LIVE_BUCKETS), 5 + i * LIVE_BUCKETS);
    add((socketio_id)(8 + i * LIVE_BUCKETS), 5 + i * LIVE_BUCKETS);
  }
  assert_int_equal(count_of(0), 6);
  for (int64_t i = 0; i < 3; i++) {
    assert_int_equal(count_of(5 + i * LIVE_BUCKETS), 2);
  }
  assert_true(live_book_drop(book, 7 + LIVE_BUCKETS));
  assert_int_equal(count_of(5), 2);
  assert_int_equal(count_of(5 + LIVE_BUCKETS), 1);
  assert_int_equal(count_of(5 + 2 * LIVE_BUCKETS), 2);
  assert_false(live_book_has(book, 5 + 3 * LIVE_BUCKETS));
}

static void who_was_dropped_is_gone_and_dropped_once(void **state) {
  (void)state;
  for (socketio_id id = 1; id <= 3; id++) {
    add(id, 5);
  }
  static const socketio_id order[] = {2, 3, 1}; /* from the middle, the front and the end of the chain */
  for (unsigned i = 0; i < 3; i++) {
    assert_true(live_book_drop(book, order[i]));
    assert_false(live_book_drop(book, order[i]));
    assert_int_equal(count_of(5), 2 - i);
  }
  assert_false(live_book_has(book, 5));
  assert_null(live_book_first(book, 0));
}

static void a_walk_may_drop_where_it_stands(void **state) {
  (void)state;
  for (socketio_id id = 1; id <= 1000; id++) {
    add(id, (int64_t)(id % 10) + 1);
  }
  unsigned dropped = 0;
  struct live_socket *next = NULL;
  for (struct live_socket *socket = live_book_first(book, 3); socket != NULL; socket = next) {
    next = live_book_next(book, socket, 3);
    assert_true(live_book_drop(book, socket->id));
    dropped++;
  }
  assert_int_equal(dropped, 100);
  assert_int_equal(count_of(0), 900);
  for (struct live_socket *socket = live_book_first(book, 0); socket != NULL; socket = next) {
    next = live_book_next(book, socket, 0);
    if (socket->id % 2 == 0) {
      assert_true(live_book_drop(book, socket->id));
    }
  }
  assert_int_equal(count_of(0), 500);
}

/* Looked for among all, 200,000 departures would be 20 thousand million steps: minutes. */
static void a_crowd_of_one_account_leaves_at_the_cost_of_each(void **state) {
  (void)state;
  enum { CROWD = 200000 };
  for (socketio_id id = 1; id <= CROWD; id++) {
    add(id, 5);
  }
  for (socketio_id id = 1; id <= CROWD; id++) {
    assert_true(live_book_drop(book, id));
  }
  assert_null(live_book_first(book, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_socket_is_kept_with_its_rooms_and_without_texts_that_die, open_book,
                                      close_book),
      cmocka_unit_test_setup_teardown(accounts_and_numbers_that_share_a_bucket_are_told_apart, open_book,
                                      close_book),
      cmocka_unit_test_setup_teardown(who_was_dropped_is_gone_and_dropped_once, open_book, close_book),
      cmocka_unit_test_setup_teardown(a_walk_may_drop_where_it_stands, open_book, close_book),
      cmocka_unit_test_setup_teardown(a_crowd_of_one_account_leaves_at_the_cost_of_each, open_book,
                                      close_book),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
