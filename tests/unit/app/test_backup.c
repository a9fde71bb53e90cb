#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "app/archive.h"
#include "app/command.h"
#include "app/instance.h"
#include "app/manifest.h"
#include "desk/file/file.h"
#include "folder.h"
#include "said.h"
#include "uploads.h"

/* `sigap backup` and `sigap restore`: what a desk has comes back whole, and what is not whole is put nowhere.
 * What the file system of the backup can do, the test says: see meson.build. */

static int no_links, no_exchange; /* with which error it refuses; 0: it can */
static const char *arrives;       /* what somebody makes while the backup is to get its name */

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to) {
  if (arrives != NULL) {
    folder_write(arrives, "mine");
  }
  errno = no_links;
  return no_links != 0 ? -1 : __real_link(from, to);
}
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  errno = no_exchange;
  return no_exchange != 0 ? -1 : __real_renameat2(from_folder, from, to_folder, to, flags);
}

static char folder[128]; /* of a test */
static char data[160];   /* the desk's */
static char fresh[160];  /* where it is restored */
static char backup[160];

/* The content of the one file, below its data directory. */
static char content[128];

static int set_up(void **state) {
  no_links = no_exchange = 0;
  arrives = NULL;
  folder_make(folder);
  snprintf(data, sizeof data, "%s/data", folder);
  snprintf(fresh, sizeof fresh, "%s/fresh", folder);
  snprintf(backup, sizeof backup, "%s/desk.tar", folder);
  assert_int_equal(mkdir(data, 0700), 0);
  return store_setup(state);
}

static int tear_down(void **state) {
  char files[192];
  snprintf(files, sizeof files, "%s/files", fresh);
  umount2(files, MNT_DETACH);
  folder_remove(folder);
  return store_teardown(state);
}

static const char *in(struct store *store, const char *place, const char *name) {
  return SQL(store, "%s/%s", place, name);
}

static bool is_there(const char *path) {
  return access(path, F_OK) == 0;
}

/* Somebody, two tickets, a file and a key. */
static void begin(struct store *store) {
  char why[256] = "", hex[65];
  assert_ok(file_setup(data, why));
  const struct who ani = person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  ticket_of(store, &ani);
  ticket_of(store, &ani);
  uploaded(store, &ani, "photo.png");
  const char *hash =
      store->pgsql ? "SELECT ENCODE(hash, 'hex') FROM file" : "SELECT LOWER(HEX(hash)) FROM file";
  snprintf(hex, sizeof hex, "%.*s", STR_ARG(store_text(store, hash)));
  snprintf(content, sizeof content, "files/%.2s/%s", hex, hex + 2);
  assert_true(is_there(in(store, data, content)));
  folder_write(in(store, data, "jwt.key"), "0123456789abcdef0123456789abcdef\n");
}

static void back_up(struct store *store) {
  const struct options options =
      OPTIONS(store->ctx.arena, "backup", backup, "--data", data, "--database", store->url);
  say(command_backup, &options);
}

static void restore_from(struct store *store, const char *file) {
  const struct options options = OPTIONS(store->ctx.arena, "restore", file, "--data", fresh);
  say(command_restore, &options);
}

static void assert_refused(const char *part) {
  ASSERT_CODE(1);
  assert_string_equal(said.out, "");
  ASSERT_SAID(err, "sigap: ");
  ASSERT_SAID(err, part);
}

/* A backup that is made leaves one file; one that is not leaves none. */
static void assert_nothing_left(struct store *store, bool made) {
  assert_int_equal(is_there(backup), made);
  assert_false(is_there(in(store, folder, "desk.tar.new")));
  assert_false(is_there(in(store, folder, "desk.tar.db")));
  assert_false(is_there(in(store, folder, "desk.tar.lock")));
}

static void assert_nothing_restored(struct store *store) {
  assert_false(is_there(in(store, fresh, "sigap.db")));
  assert_false(is_there(in(store, fresh, "jwt.key")));
  assert_false(is_there(in(store, fresh, content)));
  assert_false(is_there(in(store, fresh, "restore.new")));
}

static const char *text_of(struct store *store, const char *path) {
  char *text = arena_alloc(store->ctx.arena, 4096);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  text[fread(text, 1, 4095, file)] = '\0';
  fclose(file);
  return text;
}

/* ---- there and back ---- */

static void a_desk_comes_back_whole(struct store *store) {
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  assert_string_equal(said.err, "");
  ASSERT_SAID(out, SQL(store, "Backed up into %s: ", backup));
  ASSERT_SAID(out, SQL(store, " tables, 1 files of %d bytes.\n", (int)TINY_PNG.len));
  assert_nothing_left(store, true);
  assert_int_equal(folder_mode(backup), 0600);
  restore_from(store, backup);
  ASSERT_CODE(0);
  ASSERT_SAID(out, SQL(store, "Restored into %s: ", fresh));
  ASSERT_SAID(out, ", 1 files; all is as the backup says.\n");
  assert_int_equal(folder_mode(in(store, fresh, "sigap.db")), 0600);
  assert_int_equal(folder_mode(in(store, fresh, "jwt.key")), 0600);
  assert_string_equal(text_of(store, in(store, fresh, "jwt.key")), "0123456789abcdef0123456789abcdef\n");
  assert_memory_equal(text_of(store, in(store, fresh, content)), TINY_PNG.at, TINY_PNG.len);
  assert_false(is_there(in(store, fresh, "restore.new")));
  struct store restored = *store;
  restored.config.url = SQL(store, "sqlite:%s/sigap.db", fresh);
  restored.pgsql = false;
  restored.ctx = store_open(&restored, DB_READ);
  assert_int_equal(store_number(&restored, "SELECT COUNT(*) FROM ticket"), 2);
  assert_str(store_text(&restored, "SELECT name FROM account"), "Ani");
  store_close(&restored.ctx);
}

static void a_desk_without_key_and_files_comes_back_too(struct store *store) {
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  back_up(store);
  ASSERT_CODE(0);
  ASSERT_SAID(out, ", 0 files of 0 bytes.\n");
  restore_from(store, backup);
  ASSERT_CODE(0);
  assert_true(is_there(in(store, fresh, "sigap.db")));
  assert_false(is_there(in(store, fresh, "jwt.key")));
}

static void a_backup_goes_back_into_a_postgresql(struct store *store) {
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  store_sql(store, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  const struct options options =
      OPTIONS(store->ctx.arena, "restore", backup, "--data", fresh, "--database", store->url);
  say(command_restore, &options);
  ASSERT_CODE(0);
  assert_false(is_there(in(store, fresh, "sigap.db")));
  assert_true(is_there(in(store, fresh, content)));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket"), 2);
  say(command_restore, &options);
  assert_refused("restore into an empty data directory.");
}

/* Not even the schema in the database: the next try finds it empty. */
static void a_database_that_takes_nothing_is_tried_again(struct store *store) {
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  store_sql(store, "DROP SCHEMA public CASCADE");
  const struct options options =
      OPTIONS(store->ctx.arena, "restore", backup, "--data", fresh, "--database", store->url);
  say(command_restore, &options);
  assert_refused("the role may not make tables in it");
  assert_nothing_restored(store);
  assert_false(is_there(in(store, fresh, "files")));
  store_sql(store, "CREATE SCHEMA public");
  say(command_restore, &options);
  ASSERT_CODE(0);
  assert_true(is_there(in(store, fresh, content)));
}

/* The folder that several servers share. It can't be put there, and is not found out too late. */
static void a_shared_folder_of_files_is_refused_before_anything_is_written(struct store *store) {
  const char *shared = in(store, folder, "shared"), *files = in(store, fresh, "files");
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  if (store->pgsql) {
    store_sql(store, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  assert_int_equal(mkdir(fresh, 0700), 0);
  assert_int_equal(mkdir(shared, 0700), 0);
  const struct options options = OPTIONS(store->ctx.arena, "restore", backup, "--data", fresh, "--database",
                                         store->pgsql ? store->url : SQL(store, "sqlite:%s/sigap.db", fresh));
  bool mounts = true;
  for (int i = 0; i < 3; i++) { /* a link, another file system, a folder of the same */
    if (i == 0) {
      assert_int_equal(symlink(shared, files), 0);
    } else {
      assert_int_equal(mkdir(files, 0700), 0);
      mounts = i == 1 ? mount("tmpfs", files, "tmpfs", 0, NULL) == 0
                      : mount(shared, files, NULL, MS_BIND, NULL) == 0;
    }
    if (mounts) {
      say(command_restore, &options);
      assert_refused(SQL(store, "%s is a link or mounted there: take it away, restore, ", files));
      assert_nothing_restored(store);
    }
    if (store->pgsql) {
      assert_int_equal(store_number(store, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
    }
    if (i > 0 && mounts) {
      assert_int_equal(umount2(files, MNT_DETACH), 0);
    }
    assert_int_equal(remove(files), 0);
  }
  say(command_restore, &options);
  ASSERT_CODE(0);
  assert_true(is_there(in(store, fresh, content)));
}

/* ---- what is not backed up ---- */

static void a_backup_needs_a_new_file_in_a_folder_that_is_there(struct store *store) {
  begin(store);
  const struct options nameless = OPTIONS(store->ctx.arena, "backup", "--data", data);
  say(command_backup, &nameless);
  ASSERT_CODE(2);
  assert_string_equal(said.err, "sigap: `sigap backup` needs the name of a new file.\n");
  folder_write(backup, "mine");
  back_up(store);
  assert_refused("is there already: name a new file.");
  assert_string_equal(text_of(store, backup), "mine");
  snprintf(backup, sizeof backup, "%s/nowhere/desk.tar", folder);
  back_up(store);
  assert_refused("Can't write into ");
}

static void a_file_that_is_missing_or_damaged_is_told_and_nothing_kept(struct store *store) {
  begin(store);
  const char *path = in(store, data, content);
  assert_int_equal(chmod(path, 0600), 0);
  folder_write(path, "changed");
  back_up(store);
  assert_refused(SQL(store, "A file of the desk is damaged: %s is not what its name says.", content));
  assert_nothing_left(store, false);
  assert_int_equal(unlink(path), 0);
  back_up(store);
  assert_refused(SQL(store, "A file of the desk can't be read (%s)", content));
  assert_nothing_left(store, false);
}

static void what_an_earlier_try_left_is_in_nobodys_way(struct store *store) {
  begin(store);
  folder_write(in(store, folder, "desk.tar.new"), "half");
  folder_write(in(store, folder, "desk.tar.db"), "half");
  assert_int_equal(mkdir(fresh, 0700), 0);
  assert_int_equal(mkdir(in(store, fresh, "restore.new"), 0700), 0);
  folder_write(in(store, fresh, "restore.new/sigap.db"), "half");
  back_up(store);
  ASSERT_CODE(0);
  assert_nothing_left(store, true);
  restore_from(store, backup);
  ASSERT_CODE(0);
  assert_false(is_there(in(store, fresh, "restore.new")));
}

static void a_backup_of_the_name_that_is_under_way_is_left_alone(struct store *store) {
  begin(store);
  const char *lock = in(store, folder, "desk.tar.lock");
  folder_write(lock, "");
  folder_write(in(store, folder, "desk.tar.new"), "theirs");
  folder_write(in(store, folder, "desk.tar.db"), "theirs");
  int held = open(lock, O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
  back_up(store);
  assert_refused(SQL(store, "Another backup into %s is under way.", backup));
  assert_false(is_there(backup));
  assert_string_equal(text_of(store, in(store, folder, "desk.tar.new")), "theirs");
  assert_string_equal(text_of(store, in(store, folder, "desk.tar.db")), "theirs");
  assert_true(is_there(lock));
  close(held); /* it was killed */
  back_up(store);
  ASSERT_CODE(0);
  assert_nothing_left(store, true);
  back_up(store);
  assert_refused("is there already");
  assert_nothing_left(store, true);
}

/* exFAT, many network drives: see the wraps above. */
static void a_file_system_without_hard_links_keeps_a_backup_too(struct store *store) {
  static const int errors[][2] = {{EPERM, 0}, {EOPNOTSUPP, 0}, {ENOSYS, 0}, {EPERM, EINVAL}, {EPERM, ENOSYS}};
  begin(store);
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    no_links = errors[i][0];
    no_exchange = errors[i][1];
    back_up(store);
    ASSERT_CODE(0);
    assert_nothing_left(store, true);
    assert_int_equal(unlink(backup), 0);
    arrives = backup;
    back_up(store);
    arrives = NULL;
    assert_refused(SQL(store, "Can't make %s: File exists.", backup));
    assert_string_equal(text_of(store, backup), "mine");
    assert_nothing_left(store, true);
    assert_int_equal(unlink(backup), 0);
  }
  no_links = EIO;
  back_up(store);
  assert_refused(SQL(store, "Can't make %s: Input/output error.", backup));
  assert_nothing_left(store, false);
}

/* ---- where nothing is restored ---- */

static void a_backup_is_restored_into_what_is_empty_alone(struct store *store) {
  static const char *const names[] = {"sigap.db", "sigap.db-wal", "jwt.key", "files/x"};
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  assert_int_equal(mkdir(fresh, 0700), 0);
  assert_int_equal(mkdir(in(store, fresh, "files"), 0700), 0);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *path = in(store, fresh, names[i]);
    folder_write(path, "mine");
    restore_from(store, backup);
    assert_refused("restore into an empty data directory.");
    assert_string_equal(text_of(store, path), "mine");
    assert_int_equal(unlink(path), 0);
  }
  assert_int_equal(mkdir(in(store, fresh, "files/new"), 0700), 0); /* what every start makes */
  restore_from(store, backup);
  ASSERT_CODE(0);
}

static void a_directory_in_use_is_left_alone(struct store *store) {
  char why[256] = "";
  int lock = -1;
  begin(store);
  back_up(store);
  assert_ok(instance_make(fresh, why));
  assert_ok(instance_lock(fresh, &lock, why));
  restore_from(store, backup);
  assert_refused("process");
  assert_nothing_restored(store);
  instance_unlock(lock);
}

static void a_restore_needs_a_backup_that_can_be_read(struct store *store) {
  const struct options nameless = OPTIONS(store->ctx.arena, "restore", "--data", fresh);
  say(command_restore, &nameless);
  ASSERT_CODE(2);
  assert_string_equal(said.err, "sigap: `sigap restore` needs the name of a backup.\n");
  restore_from(store, backup);
  assert_refused("Can't read ");
  assert_false(is_there(fresh));
  folder_write(backup, "no archive at all");
  restore_from(store, backup);
  ASSERT_CODE(1);
  assert_nothing_restored(store);
}

/* ---- what is damaged ---- */

/* The backup once more, with other entries: each one's name goes through `change`, which may write others
 * before it, or leave it out. */
enum change { LEAVE_OUT, TWICE, STRANGER, OUTSIDE, LAST, TOUCHED };

static void put(struct archive *archive, const char *name, struct str text) {
  char why[256] = "";
  assert_ok(archive_add_text(archive, name, text, why));
}

static void rewrite(struct store *store, const char *to, const char *which, enum change change) {
  char why[256] = "", name[ARCHIVE_NAME_SIZE];
  struct archive *from = NULL, *made = NULL;
  int64_t size = 0;
  bool end = false;
  assert_ok(archive_open(backup, &from, why));
  assert_ok(archive_create(to, &made, why));
  for (;;) {
    assert_ok(archive_next(from, name, &size, &end, why));
    if (end) {
      break;
    }
    char *text = arena_alloc(store->ctx.arena, (size_t)size + 1);
    assert_ok(archive_take_text(from, text, why));
    const struct str whole = {text, (size_t)size};
    if (strcmp(name, which) != 0) {
      put(made, name, whole);
      continue;
    }
    if (change == STRANGER || change == OUTSIDE) {
      put(made, change == OUTSIDE ? "files/../../stranger" : "stranger", STR("x"));
    }
    if (change == TOUCHED) {
      text[size / 2] ^= 1;
    }
    if (change != LEAVE_OUT) {
      put(made, name, whole);
    }
    if (change == TWICE) {
      put(made, name, whole);
    }
    if (change == LAST) {
      put(made, "jwt.key", STR("x"));
    }
  }
  assert_ok(archive_finish(made, why));
  archive_free(made);
  archive_free(from);
}

static void what_is_not_as_it_was_made_is_put_nowhere(struct store *store) {
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  const struct {
    const char *which;
    enum change change;
    const char *said;
  } cases[] = {
      {content, LEAVE_OUT, "there are not as many files in it as it says."},
      {content, TOUCHED, "a file is not what its name says."},
      {content, TWICE, "an entry is there twice."},
      {content, STRANGER, "there is an entry that no backup has."},
      {content, OUTSIDE, "there is an entry that no backup has."},
      {MANIFEST_DATABASE, LEAVE_OUT, "it has no list of contents, or no database."},
      {MANIFEST_DATABASE, TOUCHED, "its database is not what it says."},
      {MANIFEST_NAME, LEAVE_OUT, "it has no list of contents, or no database."},
      {MANIFEST_NAME, LAST, "something stands behind its list of contents."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *path = in(store, folder, SQL(store, "changed-%zu.tar", i));
    rewrite(store, path, cases[i].which, cases[i].change);
    restore_from(store, path);
    assert_refused(SQL(store, "The backup is damaged or not whole: %s", cases[i].said));
    assert_nothing_restored(store);
    assert_false(is_there(in(store, folder, "stranger")));
  }
  restore_from(store, backup); /* the place was left as it was */
  ASSERT_CODE(0);
}

static void a_backup_that_was_cut_is_put_nowhere(struct store *store) {
  struct stat info;
  begin(store);
  back_up(store);
  ASSERT_CODE(0);
  assert_int_equal(stat(backup, &info), 0);
  const off_t lengths[] = {info.st_size - 1, info.st_size / 2, 700, 0};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    assert_int_equal(truncate(backup, lengths[i]), 0);
    restore_from(store, backup);
    ASSERT_CODE(1);
    assert_string_equal(said.out, "");
    assert_nothing_restored(store);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_WITH(a_desk_comes_back_whole),
      STORE_TEST_WITH(a_desk_without_key_and_files_comes_back_too),
      STORE_TEST_WITH_PGSQL(a_backup_goes_back_into_a_postgresql),
      STORE_TEST_WITH_PGSQL(a_database_that_takes_nothing_is_tried_again),
      STORE_TEST_WITH(a_shared_folder_of_files_is_refused_before_anything_is_written),
      STORE_TEST_WITH(a_backup_needs_a_new_file_in_a_folder_that_is_there),
      STORE_TEST_WITH(a_file_that_is_missing_or_damaged_is_told_and_nothing_kept),
      STORE_TEST_WITH_SQLITE(what_an_earlier_try_left_is_in_nobodys_way),
      STORE_TEST_WITH_SQLITE(a_backup_of_the_name_that_is_under_way_is_left_alone),
      STORE_TEST_WITH_SQLITE(a_file_system_without_hard_links_keeps_a_backup_too),
      STORE_TEST_WITH_SQLITE(a_backup_is_restored_into_what_is_empty_alone),
      STORE_TEST_WITH_SQLITE(a_directory_in_use_is_left_alone),
      STORE_TEST_WITH_SQLITE(a_restore_needs_a_backup_that_can_be_read),
      STORE_TEST_WITH_SQLITE(what_is_not_as_it_was_made_is_put_nowhere),
      STORE_TEST_WITH_SQLITE(a_backup_that_was_cut_is_put_nowhere),
  };
  return STORE_RUN(tests);
}
