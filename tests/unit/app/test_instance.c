#include "folder.h"

#include "app/instance.h"

/* The data directory: made, locked, with its key. */

struct fixture {
  char folder[128];
  char path[256];
  char why[256];
  struct arena *arena;
};

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  folder_make(fixture->folder);
  fixture->arena = arena_new(1024 * 1024);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  folder_remove(fixture->folder);
  arena_free(fixture->arena);
  test_free(fixture);
  return 0;
}

static const char *inside(struct fixture *fixture, const char *name) {
  return instance_path(fixture->folder, fixture->arena, name);
}

static void a_deep_directory_is_made_for_its_owner_alone(void **state) {
  struct fixture *fixture = *state;
  const char *deep = inside(fixture, "a/b//c/data");
  assert_int_equal(instance_make(deep, fixture->why), STATUS_OK);
  assert_int_equal(folder_mode(deep), 0700);
  assert_int_equal(instance_make(deep, fixture->why), STATUS_OK); /* again: it is there */
}

static void a_directory_that_is_there_stays_as_it_is(void **state) {
  struct fixture *fixture = *state;
  const char *there = inside(fixture, "there/");
  assert_int_equal(mkdir(there, 0750), 0);
  assert_int_equal(instance_make(there, fixture->why), STATUS_OK);
  assert_int_equal(folder_mode(there), 0750);
}

static void what_can_not_be_made_is_told_with_its_name(void **state) {
  struct fixture *fixture = *state;
  const char *file = inside(fixture, "file");
  folder_write(file, "");
  assert_int_equal(instance_make(inside(fixture, "file/data"), fixture->why), STATUS_UNAVAILABLE);
  ASSERT_WHY(fixture->why, "file/data: Not a directory.");
  assert_int_equal(instance_make("", fixture->why), STATUS_INVALID);
  ASSERT_WHY(fixture->why, "empty or too long");
  char *endless = test_malloc(6000);
  memset(endless, 'x', 5999);
  endless[5999] = '\0';
  assert_int_equal(instance_make(endless, fixture->why), STATUS_INVALID);
  test_free(endless);
}

static void a_file_is_no_data_directory(void **state) {
  struct fixture *fixture = *state;
  const char *file = inside(fixture, "file");
  folder_write(file, "");
  assert_int_equal(instance_make(file, fixture->why), STATUS_UNAVAILABLE);
  ASSERT_WHY(fixture->why, "Not a directory");
}

static void the_lock_is_taken_once(void **state) {
  struct fixture *fixture = *state;
  int first = -1;
  int second = -1;
  assert_int_equal(instance_lock(fixture->folder, &first, fixture->why), STATUS_OK);
  assert_int_equal(instance_lock(fixture->folder, &second, fixture->why), STATUS_STATE);
  assert_int_equal(second, -1);
  char owner[64];
  snprintf(owner, sizeof owner, "(process %ld)", (long)getpid());
  ASSERT_WHY(fixture->why, owner);
  ASSERT_WHY(fixture->why, fixture->folder);
  instance_unlock(first);
  assert_int_equal(instance_lock(fixture->folder, &second, fixture->why), STATUS_OK);
  instance_unlock(second);
}

static void a_database_elsewhere_is_owned_too(void **state) {
  struct fixture *fixture = *state;
  char database[4200];
  const char *one = inside(fixture, "one");
  const char *other = inside(fixture, "other");
  assert_int_equal(mkdir(one, 0700), 0);
  assert_int_equal(mkdir(other, 0700), 0);
  snprintf(database, sizeof database, "sqlite:%s/store/desk.db", fixture->folder);
  struct instance_locks first = INSTANCE_UNLOCKED, second = INSTANCE_UNLOCKED;
  assert_int_equal(instance_own(one, database, &first, fixture->why), STATUS_OK);
  assert_int_equal(instance_own(other, database, &second, fixture->why), STATUS_STATE);
  ASSERT_WHY(fixture->why, "store");
  assert_int_equal(instance_own(other, NULL, &second, fixture->why),
                   STATUS_OK); /* the refusal kept nothing */
  instance_disown(&second);
  instance_disown(&first);
  assert_int_equal(instance_own(other, database, &second, fixture->why), STATUS_OK);
  instance_disown(&second);
  snprintf(database, sizeof database, "sqlite:%s/desk.db", one);
  assert_int_equal(instance_own(one, database, &first, fixture->why), STATUS_OK); /* one folder, one lock */
  assert_int_equal(first.database, -1);
  instance_disown(&first);
}

static void an_old_lock_file_is_no_lock(void **state) {
  struct fixture *fixture = *state;
  folder_write(inside(fixture, "lock"), "1234567890 and more than a number ever was\n");
  int lock = -1;
  assert_int_equal(instance_lock(fixture->folder, &lock, fixture->why), STATUS_OK);
  char text[64] = "";
  FILE *file = fopen(inside(fixture, "lock"), "re");
  assert_non_null(fgets(text, sizeof text, file));
  fclose(file);
  assert_int_equal(strtol(text, NULL, 10), getpid());
  instance_unlock(lock);
}

static void a_lock_in_no_directory_is_told(void **state) {
  struct fixture *fixture = *state;
  int lock = -1;
  assert_int_equal(instance_lock(inside(fixture, "missing"), &lock, fixture->why), STATUS_UNAVAILABLE);
  ASSERT_WHY(fixture->why, "missing/lock: No such file or directory.");
}

static void the_key_is_made_once_and_for_its_owner_alone(void **state) {
  struct fixture *fixture = *state;
  struct str first;
  struct str second;
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &first, fixture->why), STATUS_OK);
  assert_int_equal(first.len, 128);
  assert_int_equal(folder_mode(inside(fixture, "jwt.key")), 0600);
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &second, fixture->why), STATUS_OK);
  assert_true(str_equal(first, second));
  assert_int_not_equal(access(inside(fixture, "jwt.key.new"), F_OK), 0);
}

static void two_directories_have_two_keys(void **state) {
  struct fixture *fixture = *state;
  struct str first;
  struct str second;
  const char *other = inside(fixture, "other");
  assert_int_equal(instance_make(other, fixture->why), STATUS_OK);
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &first, fixture->why), STATUS_OK);
  assert_int_equal(instance_key(other, fixture->arena, &second, fixture->why), STATUS_OK);
  assert_false(str_equal(first, second));
}

static void a_key_made_after_a_crash_is_still_for_its_owner_alone(void **state) {
  struct fixture *fixture = *state;
  const char *left = inside(fixture, "jwt.key.new");
  folder_write(left, "half");
  assert_int_equal(chmod(left, 0644), 0);
  struct str key;
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &key, fixture->why), STATUS_OK);
  assert_int_equal(folder_mode(inside(fixture, "jwt.key")), 0600);
}

static void an_operators_own_key_is_taken_without_its_newline(void **state) {
  struct fixture *fixture = *state;
  folder_write(inside(fixture, "jwt.key"), "my own key of more than 32 bytes, made by hand\n");
  struct str key;
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &key, fixture->why), STATUS_OK);
  assert_true(str_is(key, "my own key of more than 32 bytes, made by hand"));
}

static void a_short_key_is_refused(void **state) {
  struct fixture *fixture = *state;
  static const char *const keys[] = {"", "\n", "0123456789012345678901234567890\n"};
  for (int i = 0; i < 3; i++) {
    folder_write(inside(fixture, "jwt.key"), keys[i]);
    struct str key = STR("untouched");
    assert_int_equal(instance_key(fixture->folder, fixture->arena, &key, fixture->why), STATUS_INVALID);
    ASSERT_WHY(fixture->why, "less than 32 bytes");
    assert_true(str_is(key, "untouched"));
  }
}

static void a_key_over_its_limit_is_refused_never_cut(void **state) {
  struct fixture *fixture = *state;
  char text[2001];
  memset(text, 'k', 2000);
  text[2000] = '\0';
  folder_write(inside(fixture, "jwt.key"), text);
  struct str key;
  assert_int_equal(instance_key(fixture->folder, fixture->arena, &key, fixture->why), STATUS_INVALID);
  ASSERT_WHY(fixture->why, "more than 1,024 bytes");
  ASSERT_WHY(fixture->why, "Remove it to have a new one made");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_deep_directory_is_made_for_its_owner_alone),
      TEST(a_directory_that_is_there_stays_as_it_is),
      TEST(what_can_not_be_made_is_told_with_its_name),
      TEST(a_file_is_no_data_directory),
      TEST(the_lock_is_taken_once),
      TEST(a_database_elsewhere_is_owned_too),
      TEST(an_old_lock_file_is_no_lock),
      TEST(a_lock_in_no_directory_is_told),
      TEST(the_key_is_made_once_and_for_its_owner_alone),
      TEST(two_directories_have_two_keys),
      TEST(a_key_made_after_a_crash_is_still_for_its_owner_alone),
      TEST(an_operators_own_key_is_taken_without_its_newline),
      TEST(a_short_key_is_refused),
      TEST(a_key_over_its_limit_is_refused_never_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
