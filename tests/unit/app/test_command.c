#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "api/kit/kit.h"
#include "api/ruang/ruang.h"
#include "app/admin.h"
#include "app/command.h"
#include "app/dialects.h"
#include "app/instance.h"
#include "base/log.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"
#include "folder.h"
#include "people.h"
#include "said.h"

/* The sub-commands: on an open database, through a running server, and on a database of their own. How much
 * room the disk has, the test says: see meson.build. */

static uint64_t free_bytes = UINT64_C(1) << 40;
static char asked_path[256];

/* The C library has one of two names for it. */
int __wrap_statvfs(const char *path, struct statvfs *info);
int __wrap_statvfs(const char *path, struct statvfs *info) {
  snprintf(asked_path, sizeof asked_path, "%s", path);
  *info = (struct statvfs){.f_bavail = free_bytes / 512, .f_frsize = 512};
  return 0;
}
int __wrap_statvfs64(const char *path, struct statvfs *info);
int __wrap_statvfs64(const char *path, struct statvfs *info) {
  return __wrap_statvfs(path, info);
}

/* ---- on an open database ---- */

static struct buf out, err;

static void begin(struct store *store) {
  store->ctx.now_us = time_now_us();
  session_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1}, false);
  buf_init(&out, (size_t)1024 * 1024);
  buf_init(&err, (size_t)1024 * 1024);
}

static void end(void) {
  buf_release(&out);
  buf_release(&err);
}

/* Runs a command with what stands on its standard input, as NUL-terminated texts in out and err. */
static int run(struct store *store, struct options options, const char *input) {
  buf_clear(&out);
  buf_clear(&err);
  problem_clear(&store->ctx);
  int code = command_on_database(&store->ctx, &options, str_of(input), &out, &err);
  buf_add_char(&out, '\0');
  buf_add_char(&err, '\0');
  return code;
}
#define RUN(store, input, ...) run((store), OPTIONS((store)->ctx.arena, __VA_ARGS__), (input))
#define ASSERT_RAN(code, expected_out, expected_err)    \
  do {                                                  \
    const int ran = (code);                             \
    assert_string_equal(err.at, expected_err);          \
    assert_string_equal(out.at, expected_out);          \
    assert_int_equal(ran, (int)(expected_err)[0] != 0); \
  } while (0)

#define ADD(email, role) \
  "user", "add", "--email", email, "--name", "Ani Wijaya", "--role", role, "--password-stdin"

static struct account account_of(struct store *store, int64_t tenant, const char *email) {
  struct account account = {0};
  assert_ok(account_by_email(&store->ctx, tenant, str_of(email), &account));
  return account;
}

static enum status try_password(struct store *store, const char *email, const char *password) {
  struct account account;
  const struct sign_in sign_in = {.tenant_id = TENANT_OPERATOR,
                                  .email = str_of(email),
                                  .password = str_of(password),
                                  .address = STR("127.0.0.1"),
                                  .lifetime_s = 60};
  problem_clear(&store->ctx);
  return session_prove(&store->ctx, &sign_in, &account);
}

static void a_user_is_added_and_told_as_json(struct store *store) {
  begin(store);
  int code = RUN(store, "a-good-password\n", ADD("ani@example.com", "technician"), "--phone", "+62 21 555");
  struct account account = account_of(store, TENANT_OPERATOR, "ani@example.com");
  char uuid[UUID_TEXT_SIZE];
  ASSERT_RAN(code,
             SQL(store, "{\"id\":%" PRId64 ",\"uuid\":\"%s\"}\n", account.id, uuid_print(account.uuid, uuid)),
             "");
  assert_int_equal(account.role, ROLE_TECHNICIAN);
  assert_str(account.name, "Ani Wijaya");
  assert_str(account.phone, "+62 21 555");
  end();
}

static void one_newline_of_the_password_is_not_its_own(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "a-good-password\n", ADD("one@example.com", "customer")), 0);
  assert_int_equal(RUN(store, "a-good-password", ADD("none@example.com", "customer")), 0);
  assert_int_equal(RUN(store, "a-good-password\n\n", ADD("two@example.com", "customer")), 0);
  assert_ok(try_password(store, "one@example.com", "a-good-password"));
  assert_ok(try_password(store, "none@example.com", "a-good-password"));
  assert_status(STATUS_UNAUTHENTICATED, try_password(store, "two@example.com", "a-good-password"));
  assert_ok(try_password(store, "two@example.com", "a-good-password\n"));
  end();
}

static void a_refused_user_is_told_with_each_fault(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "a-good-password", ADD("ani@example.com", "customer")), 0);
  assert_int_equal(RUN(store, "a-good-password", ADD("ANI@example.com", "customer")), 1);
  assert_string_equal(out.at, "");
  assert_true(str_starts(str_of(err.at), "sigap: ") && str_ends(str_of(err.at), ".\n"));
  assert_int_equal(RUN(store, "a-good-password", ADD("no address", "customer")), 1);
  if (strstr(err.at, "\n  email is not ") == NULL) {
    fail_msg("%s", err.at);
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 1);
  end();
}

static void an_unknown_role_is_wrong_usage(struct store *store) {
  begin(store);
  struct options options = OPTIONS(store->ctx.arena, ADD("ani@example.com", "customer"));
  options.role = "chief";
  assert_int_equal(run(store, options, "a-good-password"), 2);
  assert_string_equal(err.at,
                      "sigap: --role is one of super_admin, manager, supervisor, customer_service, "
                      "technician, customer.\n");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 0);
  end();
}

static void users_of_one_tenant_are_listed(struct store *store) {
  begin(store);
  tenant_make(store, 7);
  struct who ani = person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  struct who budi = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Budi", "budi@example.com");
  struct who other = person(store, 7, ROLE_CUSTOMER, "Citra", "citra@example.com");
  store_sql(store, SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, budi.account_id));
#define HEADING "id\trole\tactive\temail\tname\n"
  ASSERT_RAN(RUN(store, "", "user", "list"),
             SQL(store,
                 HEADING "%" PRId64 "\tmanager\tyes\tani@example.com\tAni\n%" PRId64
                         "\tcustomer\tno\tbudi@example.com\tBudi\n",
                 ani.account_id, budi.account_id),
             "");
  ASSERT_RAN(RUN(store, "", "user", "list", "--tenant", "7"),
             SQL(store, HEADING "%" PRId64 "\tcustomer\tyes\tcitra@example.com\tCitra\n", other.account_id),
             "");
  ASSERT_RAN(RUN(store, "", "user", "list", "--tenant", "8"), HEADING, "");
  end();
}

static void add_people(struct store *store, int count) {
  const char *uuid = store->pgsql ? "CAST(uuid_send(gen_random_uuid()) AS BYTEA)" : "randomblob(16)";
  store_sql(store, SQL(store,
                       "INSERT INTO account (tenant_id, uuid, name, name_folded, email, email_folded, role, "
                       "is_active, must_change_password, language, created_at, updated_at) "
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                       "SELECT 1, %s, 'p' || i, 'p' || i, 'p' || i || '@example.com', "
                       "'p' || i || '@example.com', 1, TRUE, FALSE, 1, 1, 1 FROM n",
                       count, uuid));
}

static size_t lines_of(const char *text) {
  size_t lines = 0;
  for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
    lines++;
  }
  return lines;
}

/* The list is read piece by piece. */
static void a_long_list_of_users_is_whole(struct store *store) {
  begin(store);
  add_people(store, 1000);
  assert_int_equal(RUN(store, "", "user", "list"), 0);
  assert_int_equal(lines_of(out.at), 1 + 1000);
  assert_non_null(strstr(out.at, "\tp1@example.com\t"));
  assert_non_null(strstr(out.at, "\tp500@example.com\t"));
  assert_non_null(strstr(out.at, "\tp501@example.com\t"));
  assert_non_null(strstr(out.at, "\tp1000@example.com\t"));
  end();
}

/* It takes no more memory for many than for few: a running server has an arena of 64 MiB for it. */
static void a_list_of_users_keeps_none_of_them(struct store *store) {
  begin(store);
  add_people(store, 2000);
  const struct options options = OPTIONS(store->ctx.arena, "user", "list");
  size_t before = arena_used(store->ctx.arena);
  assert_int_equal(run(store, options, ""), 0);
  assert_int_equal(lines_of(out.at), 1 + 2000);
  assert_in_range(arena_used(store->ctx.arena) - before, 0, 4096);
  end();
}

static void a_list_that_is_too_long_is_told(struct store *store) {
  begin(store);
  add_people(store, 600);
  buf_release(&out);
  buf_init(&out, 1000);
  assert_int_equal(RUN(store, "", "user", "list"), 1);
  assert_string_equal(err.at,
                      "sigap: The answer is longer than 1000 bytes: what is here is only its beginning.\n");
  assert_true(out.len > 900 && out.at[out.len - 1] == '\n'); /* whole lines */
  buf_clear(&out);
  for (int i = 2; i < 40; i++) {
    tenant_make(store, i);
  }
  assert_int_equal(RUN(store, "", "tenant", "list"), 1);
  assert_non_null(strstr(err.at, "is longer than 1000 bytes"));
  end();
}

static void a_new_password_ends_the_sessions(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "a-good-password", ADD("ani@example.com", "customer")), 0);
  struct account account = account_of(store, TENANT_OPERATOR, "ani@example.com");
  store_sql(store, SQL(store,
                       "INSERT INTO session (account_id, tenant_id, created_at, expires_at) VALUES (%" PRId64
                       ", 1, 1, 2)",
                       account.id));
  ASSERT_RAN(
      RUN(store, "another-password\n", "user", "passwd", "--email", "Ani@example.com", "--password-stdin"),
      "The password is changed; the account's sessions have ended.\n", "");
  assert_ok(try_password(store, "ani@example.com", "another-password"));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session WHERE ended_at IS NULL"), 0);
  assert_int_equal(RUN(store, "short", "user", "passwd", "--email", "ani@example.com", "--password-stdin"),
                   1);
  assert_true(str_starts(str_of(err.at), "sigap: "));
  assert_ok(try_password(store, "ani@example.com", "another-password"));
  end();
}

static void a_disabled_account_is_out(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "a-good-password", ADD("ani@example.com", "customer")), 0);
  ASSERT_RAN(RUN(store, "", "user", "disable", "--email", "ani@example.com"),
             "The account is disabled; its sessions have ended.\n", "");
  assert_false(account_of(store, TENANT_OPERATOR, "ani@example.com").is_active);
  end();
}

static void nobody_is_told_for_an_unknown_address(struct store *store) {
  begin(store);
  char said_of[512];
  snprintf(said_of, sizeof said_of, "sigap: %s `sigap user list --tenant ID` shows those of a tenant.\n",
           account_not_found.sentence);
  ASSERT_RAN(
      RUN(store, "a-good-password", "user", "passwd", "--email", "ani@example.com", "--password-stdin"), "",
      said_of);
  ASSERT_RAN(RUN(store, "", "user", "disable", "--email", "ani@example.com"), "", said_of);
  end();
}

static void tenants_are_added_listed_and_disabled(struct store *store) {
  begin(store);
  ASSERT_RAN(RUN(store, "", "tenant", "add", "--name", "Two", "--domain", "Two.example", "--timezone",
                 "Asia/Jakarta", "--kind", "school"),
             "{\"id\":2}\n", "");
  ASSERT_RAN(RUN(store, "", "tenant", "disable", "--id", "2"),
             "The tenant is disabled; its people's sessions have ended.\n", "");
  assert_int_equal(RUN(store, "", "tenant", "list"), 0);
  assert_true(
      str_starts(str_of(out.at), "id\tactive\tkind\ttimezone\tdomain\tname\n1\tyes\tvendor\tUTC\t\t"));
  assert_true(str_ends(str_of(out.at), "\n2\tno\tschool\tAsia/Jakarta\ttwo.example\tTwo\n"));
  end();
}

static void refusals_about_tenants_are_told(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "", "tenant", "add", "--name", "Two", "--domain", "no domain"), 1);
  if (strstr(err.at, "\n  domain ") == NULL) {
    fail_msg("%s", err.at);
  }
  char said_of[512];
  snprintf(said_of, sizeof said_of, "sigap: %s\n", tenant_operator_stays.sentence);
  ASSERT_RAN(RUN(store, "", "tenant", "disable", "--id", "1"), "", said_of);
  snprintf(said_of, sizeof said_of, "sigap: %s `sigap tenant list` shows them all.\n",
           tenant_not_found.sentence);
  ASSERT_RAN(RUN(store, "", "tenant", "disable", "--id", "9"), "", said_of);
  end();
}

/* A store that fails has no words of its own: the status does. */
static void a_store_that_fails_is_told_by_every_command(struct store *store) {
  begin(store);
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  store_sql(store, "ALTER TABLE account RENAME TO account_away");
  store_sql(store, "ALTER TABLE tenant RENAME TO tenant_away");
  assert_int_equal(RUN(store, "", "user", "list"), 1);
  assert_true(str_starts(str_of(err.at), "sigap: "));
  assert_int_equal(RUN(store, "", "tenant", "list"), 1);
  assert_true(str_starts(str_of(err.at), "sigap: "));
  end();
}

static void what_a_server_does_not_run_is_wrong_usage(struct store *store) {
  begin(store);
  assert_int_equal(RUN(store, "", "serve"), 2);
  assert_string_equal(err.at, "sigap: a running server does not take this command.\n");
  end();
}

/* ---- for a client ---- */

static int for_client(struct store *store, const char *const *words, const char *input) {
  char *argv[16] = {NULL};
  int argc = 0;
  while (words[argc] != NULL) {
    argv[argc] = str_c(store->ctx.arena, str_of(words[argc]));
    argc++;
  }
  buf_clear(&out);
  buf_clear(&err);
  int code = command_for_client(store->ctx.db, argc, argv, str_of(input), &out, &err);
  buf_add_char(&out, '\0');
  buf_add_char(&err, '\0');
  return code;
}
#define FOR_CLIENT(store, input, ...) for_client((store), (const char *const[]){__VA_ARGS__, NULL}, (input))

static void a_clients_words_are_read_and_run(struct store *store) {
  begin(store);
  assert_int_equal(FOR_CLIENT(store, "a-good-password", "sigap", ADD("ani@example.com", "manager")), 0);
  assert_int_equal(account_of(store, TENANT_OPERATOR, "ani@example.com").role, ROLE_MANAGER);
  assert_int_equal(FOR_CLIENT(store, "", "sigap", "user", "remove"), 2);
  assert_true(str_starts(str_of(err.at), "sigap: "));
  assert_string_equal(out.at, "");
  end();
}

/* ---- the sentence about a database ---- */

static void a_refused_database_is_a_whole_sentence(void **state) {
  (void)state;
  char why[256];
  struct options options = {.database = "sqlite:/var/lib/sigap/sigap.db"};
  snprintf(why, sizeof why, "The schema is newer than this program.");
  command_refuse_database(&options, why);
  assert_string_equal(why, "The schema is newer than this program."); /* it was one already */
  snprintf(why, sizeof why, "unable to open database file");
  command_refuse_database(&options, why);
  assert_string_equal(why, "Can't use the database /var/lib/sigap/sigap.db: unable to open database file.");
  /* The next step stands at the end of a reason: it is not cut while there is room. */
  static const char reason[] =
      "the database was made by a newer version of this program (schema 1000, this one knows 999): use that "
      "version, or restore a backup of before";
  snprintf(why, sizeof why, "%s", reason);
  options.database = "postgresql://localhost/desk";
  options.database_is_pgsql = true;
  command_refuse_database(&options, why);
  assert_true(str_starts(str_of(why), "Can't use the database: the database was made "));
  assert_true(str_ends(str_of(why), " or restore a backup of before."));
  memset(why, 'x', sizeof why - 1);
  why[sizeof why - 1] = '\0';
  command_refuse_database(&options, why);
  assert_int_equal(strlen(why), sizeof why - 1);
  assert_true(str_ends(str_of(why), "xxx."));
}

static void a_full_disk_is_told_beside_the_engines_words(void **state) {
  (void)state;
  char why[256] = "disk I/O error";
  struct options options = {.database = "sqlite:/var/lib/sigap/sigap.db"};
  free_bytes = 1024 * 1024 - 512;
  command_refuse_database(&options, why);
  assert_string_equal(why,
                      "Can't use the database /var/lib/sigap/sigap.db: disk I/O error (its disk is full).");
  assert_string_equal(asked_path, "/var/lib/sigap/");
  snprintf(why, sizeof why, "disk I/O error");
  options.database = "sqlite:sigap.db";
  command_refuse_database(&options, why);
  assert_string_equal(why, "Can't use the database sigap.db: disk I/O error (its disk is full).");
  assert_string_equal(asked_path, ".");
  snprintf(why, sizeof why, "disk I/O error");
  free_bytes = 1024 * 1024;
  command_refuse_database(&options, why);
  assert_string_equal(why, "Can't use the database sigap.db: disk I/O error.");
  free_bytes = UINT64_C(1) << 40;
}

static void a_password_in_an_address_is_not_told(void **state) {
  (void)state;
  char why[256] = "connection refused";
  const struct options options = {.database = "postgresql://u:hunter2@h/d", .database_is_pgsql = true};
  command_refuse_database(&options, why);
  assert_string_equal(why, "Can't use the database: connection refused.");
}

/* ---- in a data directory of its own ---- */

struct place {
  char folder[128], data[160];
  struct arena *arena;
};

static int place_setup(void **state) {
  struct place *place = test_calloc(1, sizeof *place);
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  place->arena = arena_new((size_t)8 * 1024 * 1024);
  folder_make(place->folder);
  snprintf(place->data, sizeof place->data, "%s/deep/data", place->folder);
  *state = place;
  return 0;
}

static int place_teardown(void **state) {
  struct place *place = *state;
  folder_remove(place->folder);
  arena_free(place->arena);
  test_free(place);
  return 0;
}

#define SAY(place, command, ...)                                                                      \
  do {                                                                                                \
    const struct options say_options = OPTIONS((place)->arena, __VA_ARGS__, "--data", (place)->data); \
    say((command), &say_options);                                                                     \
  } while (0)
static void migrating_makes_the_database_and_tells_the_steps(void **state) {
  struct place *place = *state;
  SAY(place, command_migrate, "migrate");
  ASSERT_CODE(0);
  ASSERT_SAID(out, "The database is up to date: ");
  ASSERT_SAID(out, " done.\n");
  assert_int_equal(folder_mode(place->data), 0700);
  SAY(place, command_migrate, "migrate");
  ASSERT_CODE(0);
  assert_string_equal(said.out, "The database is up to date.\n");
  assert_string_equal(said.err, "");
}

static void a_file_that_is_no_database_is_told(void **state) {
  struct place *place = *state;
  char why[256], path[200];
  assert_int_equal(instance_make(place->data, why), STATUS_OK);
  snprintf(path, sizeof path, "%s/sigap.db", place->data);
  char *diary = arena_alloc(place->arena, 8192);
  memset(diary, 'x', 8191);
  diary[8191] = '\0';
  folder_write(path, diary);
  SAY(place, command_migrate, "migrate");
  ASSERT_CODE(1);
  assert_string_equal(said.out, "");
  ASSERT_SAID(err, "sigap: Can't use the database ");
  ASSERT_SAID(err, "file is not a database");
  SAY(place, command_run, "user", "list");
  ASSERT_CODE(1);
  ASSERT_SAID(err, "file is not a database");
}

static void a_directory_in_use_is_left_alone(void **state) {
  struct place *place = *state;
  char why[256];
  int lock = -1;
  assert_int_equal(instance_make(place->data, why), STATUS_OK);
  assert_int_equal(instance_lock(place->data, &lock, why), STATUS_OK);
  SAY(place, command_migrate, "migrate");
  ASSERT_CODE(1);
  ASSERT_SAID(err, "sigap: Another sigap (process ");
  SAY(place, command_run, "user", "list");
  ASSERT_CODE(1);
  ASSERT_SAID(err, "sigap: Another sigap (process ");
  instance_unlock(lock);
  SAY(place, command_run, "user", "list"); /* whoever failed left no lock behind */
  ASSERT_CODE(0);
}

static void without_a_server_the_database_is_made_and_used(void **state) {
  struct place *place = *state;
  said.input = "a-good-password\n";
  SAY(place, command_run, ADD("ani@example.com", "super_admin"));
  ASSERT_CODE(0);
  ASSERT_SAID(out, "{\"id\":1,\"uuid\":\"");
  SAY(place, command_run, "user", "list");
  ASSERT_CODE(0);
  assert_string_equal(said.out, HEADING "1\tsuper_admin\tyes\tani@example.com\tAni Wijaya\n");
  said.input = "a-good-password";
  SAY(place, command_run, ADD("ani@example.com", "super_admin"));
  ASSERT_CODE(1);
  assert_string_equal(said.out, "");
  ASSERT_SAID(err, "sigap: ");
}

static void a_password_has_its_limit(void **state) {
  struct place *place = *state;
  char *password = arena_alloc(place->arena, 4098);
  memset(password, 'x', 4097);
  password[4097] = '\0';
  said.input = password;
  SAY(place, command_run, ADD("ani@example.com", "customer"));
  ASSERT_CODE(2);
  assert_string_equal(said.err,
                      "sigap: the password on standard input is longer than 4,096 bytes or can't be read.\n");
  assert_int_equal(access(place->data, F_OK), -1); /* nothing was begun */
}

/* ---- through a running server ---- */

struct server {
  int listener;
  pthread_t thread;
  char words[1024]; /* each as it came, one a line */
  char input[64];
};

static int note(void *app, int argc, char **argv, struct str input, struct buf *to, struct buf *complaints) {
  struct server *server = app;
  size_t len = 0;
  for (int i = 0; i < argc; i++) {
    len += (size_t)snprintf(server->words + len, sizeof server->words - len, "%s\n", argv[i]);
  }
  snprintf(server->input, sizeof server->input, "%.*s", STR_ARG(input));
  buf_add_text(to, "said by the server\n");
  buf_add_text(complaints, "complained of\n");
  return 5;
}

static void *serve_once(void *arg) {
  struct server *server = arg;
  admin_serve_one(server->listener, -1, note, server);
  return NULL;
}

static void server_start(struct server *server, const char *data) {
  char why[256];
  assert_int_equal(instance_make(data, why), STATUS_OK);
  assert_int_equal(admin_listen(data, &server->listener, why), STATUS_OK);
  assert_int_equal(pthread_create(&server->thread, NULL, serve_once, server), 0);
}

static void server_end(struct server *server, const char *data) {
  shutdown(server->listener, SHUT_RDWR); /* wakes one that still waits */
  assert_int_equal(pthread_join(server->thread, NULL), 0);
  admin_close(data, server->listener);
}

static void a_running_server_gets_the_command_as_plain_flags(void **state) {
  struct place *place = *state;
  static struct server server;
  server = (struct server){0};
  server_start(&server, place->data);
  said.input = "a-good-password\n";
  SAY(place, command_run, "user", "add", "--email", "ani@example.com", "--name=--Ani", "--role", "manager",
      "--phone", "+62", "--tenant", "3", "--password-stdin");
  server_end(&server, place->data);
  ASSERT_CODE(5); /* what the server says is the command's own */
  assert_string_equal(said.out, "said by the server\n");
  assert_string_equal(said.err, "complained of\n");
  assert_string_equal(server.words,
                      "sigap\nuser\nadd\n--email=ani@example.com\n--name=--Ani\n--role=manager\n"
                      "--phone=+62\n--tenant=3\n--password-stdin\n");
  assert_string_equal(server.input, "a-good-password\n");
}

static void a_tenants_flags_are_its_own(void **state) {
  struct place *place = *state;
  static struct server server;
  server = (struct server){0};
  server_start(&server, place->data);
  SAY(place, command_run, "tenant", "add", "--name", "Two", "--domain", "two.example", "--kind", "school",
      "--timezone", "Asia/Jakarta");
  server_end(&server, place->data);
  assert_string_equal(server.words,
                      "sigap\ntenant\nadd\n--name=Two\n--domain=two.example\n--kind=school\n"
                      "--timezone=Asia/Jakarta\n");
  assert_string_equal(server.input, ""); /* nobody asked for a password */
  server = (struct server){0};
  server_start(&server, place->data);
  SAY(place, command_run, "tenant", "disable", "--id", "7");
  server_end(&server, place->data);
  assert_string_equal(server.words, "sigap\ntenant\ndisable\n--id=7\n");
}

static void *refuse_once(void *arg) {
  const struct server *server = arg;
  int fd = accept(server->listener, NULL, NULL);
  if (fd >= 0) {
    close(fd);
  }
  return NULL;
}

/* The command may have been done, so it is not done again. */
static void a_server_that_hangs_up_is_told_and_not_gone_around(void **state) {
  struct place *place = *state;
  static struct server server;
  char why[256], path[200];
  assert_int_equal(instance_make(place->data, why), STATUS_OK);
  assert_int_equal(admin_listen(place->data, &server.listener, why), STATUS_OK);
  assert_int_equal(pthread_create(&server.thread, NULL, refuse_once, &server), 0);
  SAY(place, command_run, "user", "list");
  server_end(&server, place->data);
  ASSERT_CODE(1);
  ASSERT_SAID(err, "sigap: ");
  assert_string_equal(said.out, "");
  snprintf(path, sizeof path, "%s/sigap.db", place->data);
  assert_int_equal(access(path, F_OK), -1);
}

static void a_postgresql_is_used_without_asking_a_server(struct store *store) {
  struct options options = OPTIONS(store->ctx.arena, "user", "list", "--database", store->url);
  options.data = "/nowhere/at/all"; /* nor is the data directory touched */
  assert_true(options.database_is_pgsql);
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  say(command_run, &options);
  ASSERT_CODE(0);
  ASSERT_SAID(out, "\tmanager\tyes\tani@example.com\tAni\n");
  say(command_migrate, &options);
  ASSERT_CODE(0);
  assert_string_equal(said.out, "The database is up to date.\n");
}

/* ---- specifications ---- */

static void dialects_are_listed_and_printed(void **state) {
  struct place *place = *state;
  SAY(place, command_openapi, "openapi");
  ASSERT_CODE(0);
  const char *at = said.out;
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    const char *line =
        str_c(place->arena, str_format(place->arena, "%s\t%s\n", (*dialect)->name, (*dialect)->title));
    assert_memory_equal(at, line, strlen(line));
    at += strlen(line);
  }
  assert_string_equal(at, "");
  SAY(place, command_openapi, "openapi", documented_dialects[0]->name, "--public-url",
      "https://desk.example/");
  ASSERT_CODE(0);
  CLEANUP_BUF struct buf wanted;
  buf_init(&wanted, (size_t)16 * 1024 * 1024);
  kit_openapi(documented_dialects[0], "https://desk.example", &wanted);
  buf_add_text(&wanted, "\n");
  buf_add_char(&wanted, '\0');
  assert_string_equal(said.out, wanted.at);
}

static void collections_are_listed_and_printed_likewise(void **state) {
  struct place *place = *state;
  SAY(place, command_postman, "postman");
  ASSERT_CODE(0);
  ASSERT_SAID(out, "hcall\t");
  SAY(place, command_postman, "postman", "ruang", "--public-url", "https://desk.example/");
  ASSERT_CODE(0);
  CLEANUP_BUF struct buf wanted;
  buf_init(&wanted, (size_t)16 * 1024 * 1024);
  kit_postman(&ruang_dialect, "https://desk.example", &wanted);
  buf_add_text(&wanted, "\n");
  buf_add_char(&wanted, '\0');
  assert_string_equal(said.out, wanted.at);
}

static void an_unknown_dialect_is_wrong_usage(void **state) {
  struct place *place = *state;
  SAY(place, command_postman, "postman", "system");
  ASSERT_CODE(2);
  assert_string_equal(said.out, "");
  assert_string_equal(said.err, "sigap: there is no dialect \"system\"; `sigap postman` lists them.\n");
  SAY(place, command_openapi, "openapi", "system");
  ASSERT_CODE(2);
  assert_string_equal(said.out, "");
  assert_string_equal(said.err, "sigap: there is no dialect \"system\"; `sigap openapi` lists them.\n");
}

int main(void) {
#define PLACE_TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_user_is_added_and_told_as_json),
      STORE_TEST(one_newline_of_the_password_is_not_its_own),
      STORE_TEST(a_refused_user_is_told_with_each_fault),
      STORE_TEST(an_unknown_role_is_wrong_usage),
      STORE_TEST(users_of_one_tenant_are_listed),
      STORE_TEST(a_long_list_of_users_is_whole),
      STORE_TEST(a_list_of_users_keeps_none_of_them),
      STORE_TEST(a_list_that_is_too_long_is_told),
      STORE_TEST(a_new_password_ends_the_sessions),
      STORE_TEST(a_disabled_account_is_out),
      STORE_TEST(nobody_is_told_for_an_unknown_address),
      STORE_TEST(tenants_are_added_listed_and_disabled),
      STORE_TEST(refusals_about_tenants_are_told),
      STORE_TEST(a_store_that_fails_is_told_by_every_command),
      STORE_TEST(what_a_server_does_not_run_is_wrong_usage),
      STORE_TEST(a_clients_words_are_read_and_run),
      cmocka_unit_test(a_refused_database_is_a_whole_sentence),
      cmocka_unit_test(a_full_disk_is_told_beside_the_engines_words),
      cmocka_unit_test(a_password_in_an_address_is_not_told),
      PLACE_TEST(migrating_makes_the_database_and_tells_the_steps),
      PLACE_TEST(a_file_that_is_no_database_is_told),
      PLACE_TEST(a_directory_in_use_is_left_alone),
      PLACE_TEST(without_a_server_the_database_is_made_and_used),
      PLACE_TEST(a_password_has_its_limit),
      PLACE_TEST(a_running_server_gets_the_command_as_plain_flags),
      PLACE_TEST(a_tenants_flags_are_its_own),
      PLACE_TEST(a_server_that_hangs_up_is_told_and_not_gone_around),
      STORE_TEST_PGSQL(a_postgresql_is_used_without_asking_a_server),
      PLACE_TEST(dialects_are_listed_and_printed),
      PLACE_TEST(collections_are_listed_and_printed_likewise),
      PLACE_TEST(an_unknown_dialect_is_wrong_usage),
  };
  return STORE_RUN(tests);
}
