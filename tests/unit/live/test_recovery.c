#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "desk/session/session.h"
#include "live/recovery.h"

static const struct who person = {.session_id = 42, .uuid = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x89, 10}}};
static const struct live_offset place = {{0, 57}, {0, 12}};

static int with_keys(void **state) {
  (void)state;
  struct session_keys keys = {.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1};
  token_setup(&keys);
  return 0;
}

static void a_pid_tells_its_own_session_what_it_was_called_and_where_it_began(void **state) {
  (void)state;
  struct live_name made;
  struct live_name read;
  struct live_offset start;
  assert_int_equal(live_name_make(&person, &place, &made), STATUS_OK);
  assert_int_equal(strlen(made.sid), EIO_SID_SIZE - 1);
  assert_memory_equal(made.pid, made.sid, EIO_SID_SIZE - 1);
  assert_non_null(strstr(made.pid, ".0.57.0.12."));
  assert_int_equal(live_name_read(&person, str_of(made.pid), &read, &start), STATUS_OK);
  assert_string_equal(read.sid, made.sid);
  assert_string_equal(read.pid, made.pid);
  assert_int_equal(event_position_compare(&start.event, &place.event), 0);
  assert_int_equal(event_position_compare(&start.notice, &place.notice), 0);
}

static void the_greatest_position_has_room(void **state) {
  (void)state;
  const struct live_offset last = {{INT64_MAX, INT64_MAX}, {INT64_MAX, INT64_MAX}};
  struct who who = person;
  who.session_id = INT64_MIN;
  struct live_name made;
  struct live_name read;
  struct live_offset start;
  assert_int_equal(live_name_make(&who, &last, &made), STATUS_OK);
  assert_int_equal(live_name_read(&who, str_of(made.pid), &read, &start), STATUS_OK);
  assert_int_equal(event_position_compare(&start.notice, &last.notice), 0);
}

static void no_two_names_are_alike(void **state) {
  (void)state;
  struct live_name one;
  struct live_name two;
  assert_int_equal(live_name_make(&person, &place, &one), STATUS_OK);
  assert_int_equal(live_name_make(&person, &place, &two), STATUS_OK);
  assert_string_not_equal(one.sid, two.sid);
  assert_string_not_equal(one.pid, two.pid);
}

static void refused(const struct who *who, struct str pid) {
  struct live_name name = {0};
  struct live_offset start;
  assert_int_equal(live_name_read(who, pid, &name, &start), STATUS_UNAUTHENTICATED);
  assert_string_equal(name.pid, "");
}

static void another_session_and_another_person_are_refused(void **state) {
  (void)state;
  struct live_name made;
  assert_int_equal(live_name_make(&person, &place, &made), STATUS_OK);
  struct who other = person;
  other.session_id = 43;
  refused(&other, str_of(made.pid));
  other = person;
  other.uuid.bytes[15] ^= 1;
  refused(&other, str_of(made.pid));
}

static void any_changed_byte_and_any_other_length_is_refused(void **state) {
  (void)state;
  struct live_name made;
  char changed[SIO_PID_MAX + 2];
  assert_int_equal(live_name_make(&person, &place, &made), STATUS_OK);
  size_t len = strlen(made.pid);
  for (size_t i = 0; i < len; i++) {
    memcpy(changed, made.pid, len);
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    refused(&person, (struct str){changed, len});
    refused(&person, (struct str){made.pid, i});
  }
  memset(changed, 'x', sizeof changed);
  refused(&person, (struct str){changed, sizeof changed});
  refused(&person, STR("nonsense"));
}

/* Frames are kept in order, and nothing comes behind one that did not fit. */
static void what_is_kept_has_an_end(void **state) {
  (void)state;
  struct live_kept kept = {0};
  char *text = calloc(1, LIVE_KEPT_BYTES_MAX / 2);
  assert_non_null(text);
  struct ws_frame *half = ws_frame_new(WS_TEXT, (struct str){text, LIVE_KEPT_BYTES_MAX / 2}, STR(""));
  struct ws_frame *small = ws_frame_new(WS_TEXT, STR("x"), STR(""));
  live_kept_add(&kept, small);
  live_kept_add(&kept, half);
  assert_int_equal(kept.count, 2);
  assert_false(kept.full);
  assert_ptr_equal(kept.frames[0], small);
  assert_ptr_equal(kept.frames[1], half);
  live_kept_add(&kept, half);
  assert_true(kept.full);
  live_kept_add(&kept, small);
  assert_int_equal(kept.count, 2);
  live_kept_release(&kept);
  assert_null(kept.frames);
  for (uint32_t i = 0; i <= LIVE_KEPT_FRAMES_MAX; i++) {
    assert_false(kept.full);
    live_kept_add(&kept, small);
  }
  assert_true(kept.full);
  assert_int_equal(kept.count, LIVE_KEPT_FRAMES_MAX);
  live_kept_release(&kept);
  ws_frame_unref(half);
  ws_frame_unref(small);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pid_tells_its_own_session_what_it_was_called_and_where_it_began),
      cmocka_unit_test(the_greatest_position_has_room),
      cmocka_unit_test(no_two_names_are_alike),
      cmocka_unit_test(another_session_and_another_person_are_refused),
      cmocka_unit_test(any_changed_byte_and_any_other_length_is_refused),
      cmocka_unit_test(what_is_kept_has_an_end),
  };
  return cmocka_run_group_tests(tests, with_keys, NULL);
}
