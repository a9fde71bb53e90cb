#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "app/doctor.h"
#include "app/options.h"
#include "base/log.h"
#include "desk/file/file.h"
#include "folder.h"
#include "said.h"
#include "uploads.h"

/* The doctor's look at the disk. How long a sync takes, and whether it works, says the test: see meson.build.
 */

static bool sync_fails;
static int64_t now_ns, sync_ns;

int64_t __wrap_time_monotonic_ns(void);
int64_t __wrap_time_monotonic_ns(void) {
  return now_ns;
}
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd) {
  now_ns += sync_ns;
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  return __real_fdatasync(fd);
}

/* ---- a desk, and one finding ---- */

static char data[128];
static struct options options;
static struct doctor doctor;

static int set_up(void **state) {
  folder_make(data);
  sync_fails = false;
  sync_ns = 1000000;
  return store_setup(state);
}

static int tear_down(void **state) {
  folder_remove(data);
  return store_teardown(state);
}

static void begin(struct store *store) {
  char why[256] = "";
  options = OPTIONS(store->ctx.arena, "doctor", "--data", data, "--database", store->url);
  doctor = (struct doctor){.options = &options, .arena = store->ctx.arena};
  assert_ok(file_setup(data, why));
}

/* The one finding since the last look; advice NULL: none. */
static void assert_found(const char *check, enum verdict verdict, const char *found, const char *advice) {
  assert_int_equal(doctor.count, 1);
  doctor.count = 0;
  const struct finding *finding = &doctor.findings[0];
  assert_str(finding->check, check);
  if (!str_is(finding->found, found) || finding->verdict != (int)verdict) {
    fail_msg("%d: %.*s", finding->verdict, STR_ARG(finding->found));
  }
  assert_int_equal(finding->advice.at != NULL, advice != NULL);
  if (advice != NULL && finding->advice.at != NULL) {
    ASSERT_WHY(finding->advice.at, advice);
  }
}

/* ---- syncs ---- */

static void a_quick_sync_is_fine_and_a_slow_one_a_warning(struct store *store) {
  begin(store);
  doctor_sync(&doctor);
  assert_found("sync", FINE, "1.00 ms to put a page on the disk", NULL);
  sync_ns = 50 * 1000000;
  doctor_sync(&doctor);
  assert_found("sync", FINE, "50.00 ms to put a page on the disk", NULL);
  sync_ns += 1000;
  doctor_sync(&doctor);
  assert_found("sync", WARNING, "50.00 ms to put a page on the disk", "Every commit waits for that");
  const char *path = SQL(store, "%s/doctor.%ld", data, (long)getpid());
  assert_int_equal(access(path, F_OK), -1); /* nothing is left */
}

static void a_disk_that_keeps_nothing_is_broken(struct store *store) {
  begin(store);
  sync_fails = true;
  doctor_sync(&doctor);
  assert_found("sync", BROKEN, "a sync failed: Input/output error", "does not keep what it is given");
  const char *path = SQL(store, "%s/doctor.%ld", data, (long)getpid());
  assert_int_equal(access(path, F_OK), -1);
  options.data = "/nowhere/at/all";
  doctor_sync(&doctor);
  assert_found("sync", BROKEN, "a sync failed: No such file or directory", "does not keep");
}

/* ---- the write-ahead log ---- */

static void a_long_log_is_a_warning(struct store *store) {
  begin(store);
  options.database = SQL(store, "sqlite:%s/some.db", data);
  const char *path = SQL(store, "%s/some.db-wal", data);
  doctor_wal(&doctor);
  assert_found("write-ahead log", FINE, "0 MiB", NULL);
  folder_write(path, "x");
  assert_int_equal(truncate(path, INT64_C(256) << 20), 0); /* of which nothing takes room */
  doctor_wal(&doctor);
  assert_found("write-ahead log", FINE, "256 MiB", NULL);
  assert_int_equal(truncate(path, INT64_C(257) << 20), 0);
  doctor_wal(&doctor);
  assert_found("write-ahead log", WARNING, "257 MiB", "holds a read open");
}

static void a_postgresql_has_none_here(struct store *store) {
  begin(store);
  doctor_wal(&doctor);
  assert_int_equal(doctor.count, 0);
}

/* ---- files ---- */

static void look(struct store *store) {
  store->ctx.now_us = time_now_us();
  doctor_files(&doctor, as(store, NULL));
}

/* Contents of no row, so many seconds old. */
static void orphan(struct store *store, const char *name, int64_t age_s) {
  const char *path = SQL(store, "%s/files/%s", data, name);
  (void)mkdir(SQL(store, "%s/files/%.2s", data, name), 0700);
  folder_write(path, "x");
  assert_int_equal(truncate(path, 3 * 1024), 0);
  const time_t at = (time_t)(time_now_us() / TIME_SECOND_US - age_s);
  const struct timeval times[2] = {{.tv_sec = at}, {.tv_sec = at}};
  assert_int_equal(utimes(path, times), 0);
}

static void files_that_are_all_there_are_fine(struct store *store) {
  begin(store);
  look(store);
  assert_found("files", FINE, "0, all there", NULL);
  const struct who ani = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  uploaded(store, &ani, "a.png");
  uploaded(store, &ani, "b.png"); /* the same content */
  look(store);
  assert_found("files", FINE, "1, all there", NULL);
}

static void a_file_that_is_missing_is_broken_and_named(struct store *store) {
  begin(store);
  const struct who ani = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  uploaded(store, &ani, "a.png");
  const char *hash =
      store->pgsql ? "SELECT ENCODE(hash, 'hex') FROM file" : "SELECT LOWER(HEX(hash)) FROM file";
  const struct str hex = store_text(store, hash);
  assert_int_equal(unlink(SQL(store, "%s/files/%.2s/%s", data, hex.at, hex.at + 2)), 0);
  look(store);
  assert_found("files", BROKEN, SQL(store, "1 of 1 are missing, one is %s", hex.at), "from a backup");
}

#define REST "3456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"
static void what_belongs_to_nothing_is_a_warning_once_it_is_old(struct store *store) {
  begin(store);
  orphan(store, "12/" REST, 3590); /* its row may still come */
  look(store);
  assert_found("files", FINE, "0, all there", NULL);
  orphan(store, "ff/" REST, 3610);
  orphan(store, "00/" REST, 86400);
  orphan(store, "00/README", 86400); /* no content of ours */
  orphan(store,
         "00/zz"
         "56789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
         86400);
  look(store);
  assert_found("files", WARNING, "0, all there; 2 more (6 KiB) belong to nothing",
               "uploads that were broken off");
}

static void a_store_that_can_not_be_asked_is_broken(struct store *store) {
  begin(store);
  store_sql(store, "ALTER TABLE file RENAME TO file_away");
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  look(store);
  assert_found("files", BROKEN, "can't be compared with the database", "See the database's finding.");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_WITH_SQLITE(a_quick_sync_is_fine_and_a_slow_one_a_warning),
      STORE_TEST_WITH_SQLITE(a_disk_that_keeps_nothing_is_broken),
      STORE_TEST_WITH_SQLITE(a_long_log_is_a_warning),
      STORE_TEST_WITH_PGSQL(a_postgresql_has_none_here),
      STORE_TEST_WITH(files_that_are_all_there_are_fine),
      STORE_TEST_WITH(a_file_that_is_missing_is_broken_and_named),
      STORE_TEST_WITH(what_belongs_to_nothing_is_a_warning_once_it_is_old),
      STORE_TEST_WITH_SQLITE(a_store_that_can_not_be_asked_is_broken), /* PostgreSQL knows it by number */
  };
  return STORE_RUN(tests);
}
