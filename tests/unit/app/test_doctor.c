#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "app/command.h"
#include "app/instance.h"
#include "desk/mail/mail.h"
#include "folder.h"
#include "people.h"
#include "said.h"

/* What the doctor finds in prepared data directories, its verdict and its advice. The free space of the disk
 * is the test's own: see meson.build. */

static struct options options;

/* ---- in place of the disk ---- */

static uint64_t free_bytes; /* 0: the file system does not answer */

static int tell_space(struct statvfs *info) {
  if (free_bytes == 0) {
    errno = EIO;
    return -1;
  }
  *info = (struct statvfs){.f_bavail = free_bytes / 512, .f_frsize = 512};
  return 0;
}
/* The C library has one of two names for it. */
int __wrap_statvfs(const char *path, struct statvfs *info);
int __wrap_statvfs(const char *path, struct statvfs *info) {
  assert_string_equal(path, options.data);
  return tell_space(info);
}
int __wrap_statvfs64(const char *path, struct statvfs *info);
int __wrap_statvfs64(const char *path, struct statvfs *info) {
  return __wrap_statvfs(path, info);
}

/* ---- a desk, and the doctor's visit ---- */

#define MIB (UINT64_C(1024) * 1024)

/* A sound desk: nothing to find. */
static void begin(struct store *store) {
  time_shift(0);
  store->ctx.now_us = time_now_us();
  free_bytes = 2048 * MIB;
  options = OPTIONS(store->ctx.arena, "doctor", "--json", "--data", store->folder, "--database", store->url);
  folder_write(store_path(store, "jwt.key"), "0123456789abcdef0123456789abcdef\n");
  assert_int_equal(chmod(store_path(store, "jwt.key"), 0600), 0);
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Manager", "manager@example.com");
}

static void visit(int code) {
  say(command_doctor, &options);
  assert_int_equal(said.code, code);
  assert_string_equal(said.err, "");
  ASSERT_SAID(out, code == 0 ? "\"broken\":false}\n" : "\"broken\":true}\n");
}

/* The whole finding: all of it but what was found, of which `found` is a part. advice NULL: none. */
static void assert_found(const char *check, const char *verdict, const char *found, const char *advice) {
  char begins[128];
  snprintf(begins, sizeof begins, "{\"check\":\"%s\",\"verdict\":\"%s\",\"found\":\"", check, verdict);
  const char *at = strstr(said.out, begins);
  const char *end = at != NULL ? strchr(at, '}') : NULL;
  if (end == NULL) {
    fail_msg("no %s that is %s: %s", check, verdict, said.out);
    return;
  }
  char finding[2048];
  assert_true((size_t)(end - at) < sizeof finding);
  snprintf(finding, sizeof finding, "%.*s", (int)(end - at), at);
  if (strstr(finding, found) == NULL ||
      strstr(finding, advice != NULL ? advice : "\"advice\":null") == NULL) {
    fail_msg("%s", finding);
  }
}
static void assert_not_looked_at(const char *check) {
  char begins[128];
  snprintf(begins, sizeof begins, "\"check\":\"%s\"", check);
  assert_null(strstr(said.out, begins));
}

/* ---- all at once ---- */

static void a_sound_desk_is_sound(struct store *store) {
  begin(store);
  visit(0);
  assert_found("clock", "ok", "20", NULL);
  assert_found("data directory", "ok", store->folder, NULL);
  assert_found("server", "ok", "not running on this data directory", NULL);
  assert_found("disk", "ok", "2048 MiB free", NULL);
  assert_found("token key", "ok", "/jwt.key", NULL);
  assert_found("database", "ok", "opens, its schema is current, its structure is sound", NULL);
  assert_found("administrators", "ok", "there are staff accounts", NULL);
  assert_found("first passwords", "ok", "nobody has one any more", NULL);
  assert_found("outbox", "ok", "0 waiting, 0 given up", NULL);
  assert_not_looked_at("mail server"); /* none is set */
}

/* So many people with a password that was chosen for them. */
static void first_passwords(struct store *store, int from, int to) {
  for (int i = from; i <= to; i++) {
    person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "New", SQL(store, "new-%d@example.com", i));
  }
  store_sql(store, "UPDATE account SET must_change_password = TRUE WHERE role = 1");
  visit(0);
}

static void first_passwords_still_in_use_are_a_warning_that_names_some(struct store *store) {
  begin(store);
  first_passwords(store, 1, 1);
  assert_found("first passwords", "warning", "1 still in use, by new-1@example.com\"",
               "--ruang-default-password");
  first_passwords(store, 2, 6);
  assert_found("first passwords", "warning",
               "6 still in use, by new-1@example.com, new-2@example.com, new-3@example.com, "
               "new-4@example.com, new-5@example.com, …\"",
               "sigap user passwd");
}

static void the_same_is_said_in_words(struct store *store) {
  begin(store);
  options.json = false;
  say(command_doctor, &options);
  assert_int_equal(said.code, 0);
  ASSERT_SAID(out, "\nok       server: not running on this data directory\nok       disk: 2048 MiB free\n");
  assert_null(strstr(said.out, "→"));
  free_bytes = 512 * MIB;
  say(command_doctor, &options);
  assert_int_equal(said.code, 0); /* a warning breaks nothing */
  ASSERT_SAID(out, "\nwarning  disk: 512 MiB free\n         → Make room soon: ");
  free_bytes = 1 * MIB;
  say(command_doctor, &options);
  assert_int_equal(said.code, 1);
  ASSERT_SAID(out, "\nBROKEN   disk: 1 MiB free\n         → Make room soon: ");
}

/* ---- the clock ---- */

static void a_clock_far_in_the_past_is_broken(struct store *store) {
  begin(store);
  const int64_t first_day_us = INT64_C(1735689600) * TIME_SECOND_US; /* 2025-01-01 */
  time_shift(first_day_us - time_now_us() - TIME_DAY_US);
  visit(1);
  assert_found("clock", "broken", "2024-12-31T", "switch time synchronisation on");
  time_shift(0);
  time_shift(first_day_us - time_now_us() + TIME_DAY_US);
  visit(0);
  assert_found("clock", "ok", "2025-01-02T", NULL);
  time_shift(0);
}

/* ---- the data directory ---- */

static void a_missing_directory_ends_the_visit_and_is_not_made(struct store *store) {
  begin(store);
  options.data = store_path(store, "nowhere");
  visit(1);
  assert_found("data directory", "broken", "nowhere: No such file or directory", "name the right directory");
  static const char *const others[] = {"server", "disk", "token key", "database", "administrators", "outbox"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_not_looked_at(others[i]);
  }
  assert_int_equal(access(options.data, F_OK), -1);
}

/* Even for the superuser, permissions count again. */
static void give_up_privileges(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {0};
  if (syscall(SYS_capset, &header, none) != 0) {
    _exit(99);
  }
}

static void a_directory_that_can_not_be_written_is_broken(struct store *store) {
  begin(store);
  char path[128];
  folder_make(path);
  options.data = path;
  assert_int_equal(chmod(path, 0500), 0);
  /* In a process of its own, for there is no way back. */
  int pipes[2];
  assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    give_up_privileges();
    dup2(pipes[1], STDOUT_FILENO);
    int code = command_doctor(&options);
    fflush(stdout);
    _exit(code);
  }
  close(pipes[1]);
  size_t len = 0;
  ssize_t got;
  while ((got = read(pipes[0], said.out + len, sizeof said.out - 1 - len)) > 0) {
    len += (size_t)got;
  }
  said.out[len] = '\0';
  close(pipes[0]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  chmod(path, 0700);
  folder_remove(path);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 1);
  assert_found("data directory", "broken", "is not writable by this user", "Run as the user who owns");
  assert_not_looked_at("server");
}

static void a_directory_open_to_others_is_a_warning(struct store *store) {
  begin(store);
  static const mode_t modes[] = {0740, 0701, 0777};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    assert_int_equal(chmod(store->folder, modes[i]), 0);
    visit(0);
    assert_found("data directory", "warning", store->folder, "chmod 700 it");
  }
}

static void a_running_server_is_seen_by_its_lock(struct store *store) {
  begin(store);
  int lock = -1;
  char why[256];
  assert_ok(instance_lock(store->folder, &lock, why));
  visit(0);
  assert_found("server", "ok", "\"running\"", NULL);
  instance_unlock(lock);
  visit(0);
  assert_found("server", "ok", "\"not running on this data directory\"", NULL);
  visit(0); /* the look itself leaves no lock behind */
  assert_found("server", "ok", "\"not running on this data directory\"", NULL);
}

static void a_lock_that_no_server_can_take_is_broken(struct store *store) {
  begin(store);
  assert_int_equal(mkdir(store_path(store, "lock"), 0700), 0);
  visit(1);
  assert_found("server", "broken", "/lock: Is a directory.\"", "No server starts on this data directory");
}

/* ---- the disk ---- */

static void little_space_is_a_warning_and_none_is_broken(struct store *store) {
  begin(store);
  static const struct {
    uint64_t bytes;
    const char *verdict, *found;
  } cases[] = {{1024 * MIB, "ok", "\"1024 MiB free"},
               {1024 * MIB - 512, "warning", "\"1023 MiB free"},
               {64 * MIB, "warning", "\"64 MiB free"},
               {64 * MIB - 512, "broken", "\"63 MiB free"},
               {512, "broken", "\"0 MiB free"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    free_bytes = cases[i].bytes;
    visit(strcmp(cases[i].verdict, "broken") == 0);
    assert_found("disk", cases[i].verdict, cases[i].found,
                 strcmp(cases[i].verdict, "ok") == 0 ? NULL : "Make room soon");
  }
}

static void a_file_system_without_an_answer_is_broken(struct store *store) {
  begin(store);
  free_bytes = 0;
  visit(1);
  assert_found("disk", "broken", "Input/output error", "Is the file system mounted?");
}

/* ---- the token key ---- */

static void a_key_is_judged_by_who_may_read_it_and_its_length(struct store *store) {
  begin(store);
  const char *key = store_path(store, "jwt.key");
  assert_int_equal(chmod(key, 0640), 0);
  visit(1);
  assert_found("token key", "broken", key, "chmod 600 it");
  assert_int_equal(chmod(key, 0600), 0);
  folder_write(key, "0123456789abcdef0123456789abcd\n"); /* 31 bytes */
  visit(1);
  assert_found("token key", "broken", "holds less than 32 bytes", "remove it to have a new one made");
  assert_int_equal(unlink(key), 0);
  visit(0);
  assert_found("token key", "warning", "not made yet", "It is made when the server starts");
}

static void a_configured_key_needs_no_file(struct store *store) {
  begin(store);
  assert_int_equal(unlink(store_path(store, "jwt.key")), 0);
  options.jwt_secret = STR("0123456789abcdef0123456789abcdef");
  visit(0);
  assert_found("token key", "ok", "from the configuration", NULL);
}

/* ---- the database ---- */

static void a_missing_database_is_broken_and_not_made(struct store *store) {
  begin(store);
  const char *path = store_path(store, "other.db");
  options.database = SQL(store, "sqlite:%s", path);
  visit(1);
  assert_found("database", "broken", "there is no database at", "run `sigap migrate`");
  assert_not_looked_at("administrators");
  assert_not_looked_at("outbox");
  assert_int_equal(access(path, F_OK), -1);
}

static void a_damaged_database_is_broken_and_the_rest_is_still_told(struct store *store) {
  begin(store);
  const int64_t page = store_number(store, "SELECT rootpage FROM sqlite_schema WHERE name = 'event'");
  store_sql(store, "PRAGMA wal_checkpoint(TRUNCATE)");
  char nonsense[512];
  memset(nonsense, 0xa5, sizeof nonsense);
  int file = open(store_path(store, "test.db"), O_WRONLY | O_CLOEXEC);
  assert_true(file >= 0);
  const int64_t size = store_number(store, "PRAGMA page_size");
  assert_int_equal(pwrite(file, nonsense, sizeof nonsense, (page - 1) * size), sizeof nonsense);
  close(file);
  visit(1);
  assert_found("database", "broken", SQL(store, "age %" PRId64 ":", page), "restore the last good backup");
  assert_found("administrators", "ok", "there are staff accounts", NULL);
  assert_found("outbox", "ok", "0 waiting, 0 given up", NULL);
}

static void what_can_not_be_read_is_broken(struct store *store) {
  begin(store);
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  store_sql(store, "ALTER TABLE account RENAME TO account_away");
  store_sql(store, "ALTER TABLE mail RENAME TO mail_away");
  options.database = store->url;
  if (store->pgsql) { /* there the connection tries every statement when it opens */
    visit(1);
    assert_found("database", "broken", "account", "restore a backup");
    return;
  }
  visit(1);
  assert_found("administrators", "broken", "can't be read", "See the database's finding.");
  assert_found("outbox", "broken", "can't be read", "See the database's finding.");
}

static void a_desk_without_staff_is_a_warning(struct store *store) {
  begin(store);
  store_sql(store, "UPDATE account SET is_active = FALSE");
  person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com"); /* staff alone counts */
  visit(0);
  assert_found("administrators", "warning", "nobody yet", "sigap user add --email");
}

/* ---- mail ---- */

static void a_mail_servers_address_is_judged(struct store *store) {
  begin(store);
  options.smtp = "smtp://mail.example.com:99999";
  visit(1);
  assert_found("mail server", "broken", "The SMTP address must look like", "Correct --smtp.");
  options.smtp = "smtp://mail.example.com:587?tls=required";
  visit(0);
  assert_not_looked_at("mail server");
}

static enum status add_mail(struct ctx *ctx, void *arg) {
  const int64_t *account_id = arg;
  return mail_add(ctx, TENANT_OPERATOR, MAIL_TICKET_CREATED, *account_id, 0, 0, STR_NONE);
}

static void mails_that_wait_too_long_are_a_warning(struct store *store) {
  begin(store);
  struct who ani = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  assert_ok(db_write(&store->ctx, add_mail, &ani.account_id));
  visit(0);
  assert_found("outbox", "ok", "1 waiting, 0 given up", NULL);
  store->ctx.now_us = time_now_us() - TIME_HOUR_US - TIME_SECOND_US;
  assert_ok(db_write(&store->ctx, add_mail, &ani.account_id));
  store_sql(store, SQL(store, "UPDATE mail SET created_at = %" PRId64, store->ctx.now_us));
  visit(0);
  assert_found("outbox", "warning", "2 waiting, 0 given up", "Is the mail server reachable?");
}

static void mails_given_up_are_a_warning(struct store *store) {
  begin(store);
  struct who ani = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  assert_ok(db_write(&store->ctx, add_mail, &ani.account_id));
  store_sql(store, "UPDATE mail SET state = 3");
  visit(0);
  assert_found("outbox", "warning", "0 waiting, 1 given up", "The log tells what it answered.");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_sound_desk_is_sound),
      STORE_TEST_SQLITE(first_passwords_still_in_use_are_a_warning_that_names_some),
      STORE_TEST_SQLITE(the_same_is_said_in_words),
      STORE_TEST_SQLITE(a_clock_far_in_the_past_is_broken),
      STORE_TEST_SQLITE(a_missing_directory_ends_the_visit_and_is_not_made),
      STORE_TEST_SQLITE(a_directory_that_can_not_be_written_is_broken),
      STORE_TEST_SQLITE(a_directory_open_to_others_is_a_warning),
      STORE_TEST_SQLITE(a_running_server_is_seen_by_its_lock),
      STORE_TEST_SQLITE(a_lock_that_no_server_can_take_is_broken),
      STORE_TEST_SQLITE(little_space_is_a_warning_and_none_is_broken),
      STORE_TEST_SQLITE(a_file_system_without_an_answer_is_broken),
      STORE_TEST_SQLITE(a_key_is_judged_by_who_may_read_it_and_its_length),
      STORE_TEST_SQLITE(a_configured_key_needs_no_file),
      STORE_TEST_SQLITE(a_missing_database_is_broken_and_not_made),
      STORE_TEST_SQLITE(a_damaged_database_is_broken_and_the_rest_is_still_told),
      STORE_TEST(what_can_not_be_read_is_broken),
      STORE_TEST(a_desk_without_staff_is_a_warning),
      STORE_TEST_SQLITE(a_mail_servers_address_is_judged),
      STORE_TEST(mails_that_wait_too_long_are_a_warning),
      STORE_TEST(mails_given_up_are_a_warning),
  };
  return STORE_RUN(tests);
}
