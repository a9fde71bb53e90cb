#include "sending.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "desk/mail/mail.h"
#include "folder.h"
#include "post/post.h"
#include "smtp_server.h"

/* The sender with its thread, on a real outbox of each engine, to files and to a mail server of the test's
 * own. Both clocks and the log are the test's: see meson.build. So nothing depends on how fast the machine
 * is. */

/* ---- the log ---- */

static atomic_int unreadable, unmarked, personal;

void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count) {
  (void)level;
  atomic_fetch_add(&unreadable, strcmp(event, "The outbox could not be read") == 0);
  atomic_fetch_add(&unmarked, strcmp(event, "The outcome of a mail could not be stored") == 0);
  for (size_t i = 0; i < count; i++) {
    atomic_fetch_add(&personal, fields[i].text != NULL && strchr(fields[i].text, '@') != NULL);
  }
}

/* ---- a desk with an outbox ---- */

static struct post *post;
static struct smtp_server server;
static struct who ani;
static char data[128];

static int set_up(void **state) {
  folder_make(data);
  post = NULL;
  writer = NULL;
  smtp_server_init(&server);
  return store_setup(state);
}

static void stop(struct store *store);
static int tear_down(void **state) {
  struct store *store = *state;
  if (post != NULL) {
    stop(store); /* a test that failed */
  }
  if (server.listener >= 0) {
    smtp_server_end(&server);
  }
  folder_remove(data);
  return store_teardown(state);
}

static void begin(struct store *store) {
  clocks_begin();
  atomic_store(&unreadable, 0);
  atomic_store(&unmarked, 0);
  atomic_store(&personal, 0);
  ani = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
}

static enum status add_mail(struct ctx *ctx, void *arg) {
  const struct who *to = arg;
  return mail_add(ctx, to->tenant_id, MAIL_PASSWORD_RESET, to->account_id, 0, 0, STR("c0de"));
}

/* A mail to somebody, due at once. */
static void mail_to(struct store *store, const struct who *to) {
  store->ctx.now_us = now();
  store->ctx.who = NULL;
  assert_ok(db_write(&store->ctx, add_mail, (void *)(uintptr_t)to));
}

static struct post_config config_of(const char *url) {
  return (struct post_config){.smtp_url = url,
                              .data_dir = data,
                              .mail_from = "Meja <desk@desk.example>",
                              .public_url = "https://desk.example//"};
}

/* Makes the sender without starting it. url: NULL for files. */
static void make(struct store *store, const char *url) {
  const struct post_config config = config_of(url);
  char why[256] = "";
  assert_ok(post_new(&config, connect_all(store), &post, why));
}

static void start(struct store *store, const char *url) {
  make(store, url);
  post_start(post);
}

static void stop(struct store *store) {
  post_stop(post);
  writer_stop();
  post_free(post);
  post = NULL;
  disconnect_all(store);
}

static void end(struct store *store) {
  stop(store);
  smtp_server_end(&server);
  server.listener = -1;
  assert_int_equal(atomic_load(&personal), 0); /* no address in the log */
}

/* ---- what became of it ---- */

static struct post_stats stats(void) {
  struct post_stats out;
  post_stats(post, &out);
  return out;
}

static int64_t column(struct store *store, int64_t id, const char *name) {
  return NUMBER(store, "SELECT %s FROM mail WHERE id = %" PRId64, name, id);
}

static void assert_reason(struct store *store, int64_t id, const char *reason) {
  assert_str(store_text(store, SQL(store, "SELECT reason FROM mail WHERE id = %" PRId64, id)), reason);
}

/* The mail was put off until `seconds` from now, a tenth either way. */
static void assert_put_off(struct store *store, int64_t id, int64_t tries, int64_t seconds) {
  assert_int_equal(column(store, id, "state"), MAIL_WAITING);
  assert_int_equal(column(store, id, "tries"), tries);
  const int64_t pause = column(store, id, "due_at") - now();
  assert_in_range(pause, seconds * TIME_SECOND_US * 9 / 10, seconds * TIME_SECOND_US * 11 / 10);
}

/* ---- files ---- */

static size_t file_count(char last[512]) {
  char path[256];
  size_t count = 0;
  snprintf(path, sizeof path, "%s/mail", data);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (str_ends(str_of(entry->d_name), ".eml")) {
      snprintf(last, 512, "%s/%s", path, entry->d_name);
      count++;
    }
  }
  closedir(dir);
  return count;
}

static void without_a_server_due_mails_become_files(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  mail_to(store, &ani);
  store_sql(store,
            SQL(store, "UPDATE mail SET due_at = %" PRId64 " WHERE id = 3", now() + 100 * TIME_SECOND_US));
  start(store, NULL);
  AWAIT(stats().sent == 2);
  char path[512] = "", text[8192];
  assert_int_equal(file_count(path), 2);
  assert_int_equal(column(store, 1, "state"), MAIL_SENT);
  assert_int_equal(column(store, 2, "state"), MAIL_SENT);
  assert_int_equal(column(store, 3, "state"), MAIL_WAITING);
  assert_int_equal(column(store, 3, "tries"), 0);
  assert_int_equal(stats().last_sent_at, now());
  assert_int_equal(stats().connections, 0);
  move_s(100); /* nobody calls: the sender itself sees that the time has come */
  AWAIT(stats().sent == 3);
  assert_int_equal(file_count(path), 3);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_non_null(strstr(text, "From: \"Meja\" <desk@desk.example>\r\n"));
  assert_non_null(strstr(text, "<ani@example.com>\r\n"));
  assert_non_null(strstr(text, "https://desk.example/")); /* its slashes were cut */
  assert_null(strstr(text, "https://desk.example//"));
  end(store);
}

static void a_file_that_can_not_be_written_is_tried_again(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  make(store, NULL);
  char path[256];
  snprintf(path, sizeof path, "%s/mail", data);
  assert_int_equal(rmdir(path), 0);
  folder_write(path, "in the way");
  post_start(post);
  AWAIT(stats().retried == 1);
  assert_put_off(store, 1, 1, 10);
  assert_reason(store, 1, status_meaning(STATUS_UNAVAILABLE));
  assert_int_equal(stats().held_until, now() + 5 * TIME_SECOND_US);
  assert_int_equal(unlink(path), 0);
  move_s(60);
  post_wake(post);
  AWAIT(stats().sent == 1);
  char last[512];
  assert_int_equal(file_count(last), 1);
  assert_int_equal(stats().held_until, 0);
  end(store);
}

/* ---- a mail server ---- */

static void accepted_mails_are_marked_and_share_a_connection(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  smtp_server_open(&server);
  start(store, server.url);
  AWAIT(stats().sent == 2);
  assert_int_equal(stats().connections, 1);
  assert_int_equal(atomic_load(&server.connections), 1);
  for (int64_t id = 1; id <= 2; id++) {
    assert_int_equal(column(store, id, "state"), MAIL_SENT);
    assert_int_equal(column(store, id, "tries"), 1);
    assert_int_equal(column(store, id, "sent_at"), now());
  }
  assert_int_equal(store_number(store, "SELECT COUNT(text) FROM mail"), 0); /* the code is forgotten */
  stop(store);
  smtp_server_end(&server);
  server.listener = -1;
  assert_int_equal(atomic_load(&server.accepted), 2);
  assert_non_null(strstr(server.message, "To: \"Ani\" <ani@example.com>\n"));
}

static void a_new_mail_goes_out_when_the_sender_is_woken(struct store *store) {
  begin(store);
  smtp_server_open(&server);
  start(store, server.url);
  mail_to(store, &ani);
  post_wake(post);
  AWAIT(stats().sent == 1);
  mail_to(store, &ani);
  post_wake(post);
  post_wake(post);
  AWAIT(stats().sent == 2);
  end(store);
}

static void an_idle_connection_is_closed_and_opened_again(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  smtp_server_open(&server);
  start(store, server.url);
  AWAIT(stats().sent == 1);
  atomic_fetch_add(&ahead_ns, INT64_C(11) * 1000000000);
  AWAIT(atomic_load(&server.connections) == 1 && atomic_load(&server.open) == 0);
  mail_to(store, &ani);
  post_wake(post);
  AWAIT(stats().sent == 2);
  assert_int_equal(stats().connections, 2);
  end(store);
}

static void a_mail_refused_for_now_is_tried_again_after_growing_pauses(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  smtp_server_open(&server);
  atomic_store(&server.rcpt_answer, "451 4.3.0 <ani@example.com> is busy");
  start(store, server.url);
  static const int64_t pauses_s[] = {10, 30, 120, 600};
  for (int i = 0; i < 4; i++) {
    AWAIT(stats().retried == (uint64_t)i + 1);
    assert_put_off(store, 1, i + 1, pauses_s[i]);
    assert_int_equal(stats().held_until, 0); /* the others need not wait */
    atomic_store(&wall_us, column(store, 1, "due_at"));
    post_wake(post); /* it would look by itself, a second later */
  }
  AWAIT(stats().retried == 5);
  assert_reason(store, 1, "451 4.3.0 (address) is busy");
  atomic_store(&server.rcpt_answer, "250 fine");
  move_s(3600);
  post_wake(post);
  AWAIT(stats().sent == 1);
  assert_int_equal(column(store, 1, "tries"), 6);
  assert_int_equal(stats().failed, 0);
  end(store);
}

static void a_recipient_refused_for_good_is_given_up_at_once(struct store *store) {
  begin(store);
  struct who budi = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Budi", "budi@example.com");
  mail_to(store, &ani);
  smtp_server_open(&server);
  atomic_store(&server.rcpt_answer, "550 5.1.1 no such mailbox");
  start(store, server.url);
  AWAIT(stats().failed == 1);
  assert_int_equal(column(store, 1, "state"), MAIL_FAILED);
  assert_int_equal(column(store, 1, "tries"), 1);
  assert_reason(store, 1, "550 5.1.1 no such mailbox");
  assert_int_equal(store_number(store, "SELECT COUNT(text) FROM mail"), 0);
  atomic_store(&server.rcpt_answer, "250 fine");
  mail_to(store, &budi); /* somebody else's goes on */
  post_wake(post);
  AWAIT(stats().sent == 1);
  move_s(86400);
  post_wake(post);
  mail_to(store, &budi);
  post_wake(post);
  AWAIT(stats().sent == 2);
  assert_int_equal(column(store, 1, "tries"), 1);
  end(store);
}

static void an_address_that_can_not_be_used_is_given_up_without_a_try(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  store_sql(store, "UPDATE account SET email = 'a b@example.com'");
  smtp_server_open(&server);
  start(store, server.url);
  AWAIT(stats().failed == 1);
  assert_int_equal(column(store, 1, "state"), MAIL_FAILED);
  assert_reason(store, 1, "the address or the kind of mail can't be used");
  assert_int_equal(atomic_load(&server.connections), 0);
  end(store);
}

static void a_mail_is_given_up_after_three_days_of_tries(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  /* The first was tried before; the second waited for a program that was switched off. */
  store_sql(store, SQL(store, "UPDATE mail SET created_at = %" PRId64, now() - 4 * TIME_DAY_US));
  store_sql(store, "UPDATE mail SET tries = 4 WHERE id = 1");
  smtp_server_open(&server);
  atomic_store(&server.data_answer, "452 4.2.2 full");
  start(store, server.url);
  AWAIT(stats().failed == 1 && stats().retried == 1);
  assert_int_equal(column(store, 1, "state"), MAIL_FAILED);
  assert_int_equal(column(store, 1, "tries"), 5);
  assert_put_off(store, 2, 1, 10);
  end(store);
}

static void a_server_that_is_away_holds_all_mails_until_it_is_back(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  mail_to(store, &ani);
  start(store, server.url); /* nobody is at home */
  AWAIT(stats().retried == 1);
  assert_int_equal(stats().held_until, now() + 5 * TIME_SECOND_US);
  assert_put_off(store, 1, 1, 10);
  post_wake(post); /* a new mail is no reason to try */
  move_s(4);
  post_wake(post);
  assert_int_equal(store_number(store, "SELECT SUM(tries) FROM mail"), 1);
  move_s(1);
  AWAIT(stats().retried == 2);
  assert_int_equal(stats().held_until, now() + 10 * TIME_SECOND_US); /* it grows */
  assert_int_equal(store_number(store, "SELECT SUM(tries) FROM mail"), 2);
  smtp_server_open(&server);
  move_s(60);
  post_wake(post);
  AWAIT(stats().sent == 3);
  assert_int_equal(stats().held_until, 0);
  end(store);
}

/* ---- leases, and the end ---- */

static void a_mail_under_way_is_nobody_elses(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  smtp_server_open(&server);
  atomic_store(&server.silent, true);
  start(store, server.url);
  AWAIT(atomic_load(&server.whole) == 1);
  assert_int_equal(column(store, 1, "tries"), 1);
  assert_int_equal(column(store, 1, "due_at"), now() + 300 * TIME_SECOND_US);
  struct mail *mails = NULL;
  size_t count = 1;
  store->ctx.now_us = now() + 299 * TIME_SECOND_US; /* as another node's sender */
  assert_ok(mail_take(&store->ctx, 10, now() + 600 * TIME_SECOND_US, &mails, &count));
  assert_int_equal(count, 0);
  atomic_store(&server.silent, false);
  AWAIT(stats().sent == 1);
  end(store);
}

static void *answer_after_the_stop_began(void *arg) {
  (void)arg;
  AWAIT(atomic_load(&jumped)); /* post_stop has read the clock */
  atomic_store(&server.silent, false);
  return NULL;
}

static void the_end_waits_for_the_mail_under_way_and_leaves_the_rest(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  smtp_server_open(&server);
  atomic_store(&server.silent, true);
  start(store, server.url);
  AWAIT(atomic_load(&server.whole) == 1);
  pthread_t helper;
  jump_after_next = 1;
  assert_int_equal(pthread_create(&helper, NULL, answer_after_the_stop_began, NULL), 0);
  post_stop(post);
  assert_int_equal(pthread_join(helper, NULL), 0);
  assert_int_equal(stats().sent, 1);
  assert_int_equal(column(store, 1, "state"), MAIL_SENT);
  assert_int_equal(column(store, 2, "state"), MAIL_WAITING);
  assert_int_equal(column(store, 2, "tries"), 0);
  end(store);
}

static void a_mail_broken_off_at_the_end_is_the_next_starts_first(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  smtp_server_open(&server);
  atomic_store(&server.silent, true);
  start(store, server.url);
  AWAIT(atomic_load(&server.whole) == 1);
  jump_after_next = INT64_C(6) * 1000000000; /* the grace is over as soon as it began */
  post_stop(post);
  post_stop(post); /* twice is once */
  assert_int_equal(stats().retried, 1);
  assert_int_equal(column(store, 1, "state"), MAIL_WAITING);
  assert_int_equal(column(store, 1, "due_at"), now());
  assert_int_equal(stats().held_until, 0);
  end(store);
}

/* ---- a store that fails ---- */

/* The mail would go out once more without its mark, so the sender stays with it. */
static void a_mark_that_can_not_be_stored_is_made_later_and_the_mail_sent_once(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  mail_to(store, &ani);
  store_sql(store, store->pgsql ? "ALTER TABLE mail ADD CONSTRAINT never_sent CHECK (state <> 2)"
                                : "CREATE TRIGGER never_sent BEFORE UPDATE ON mail WHEN NEW.state = 2 BEGIN "
                                  "SELECT RAISE(ABORT, 'no'); END");
  smtp_server_open(&server);
  start(store, server.url);
  AWAIT(atomic_load(&unmarked) == 1);
  assert_int_equal(atomic_load(&server.accepted), 1);
  assert_int_equal(column(store, 1, "state"), MAIL_WAITING);
  move_s(3600); /* its lease has run out, and still nothing else is begun */
  run_sql(store, store->pgsql ? "ALTER TABLE mail DROP CONSTRAINT never_sent" : "DROP TRIGGER never_sent");
  AWAIT(stats().sent == 2);
  assert_int_equal(atomic_load(&server.accepted), 2);
  assert_int_equal(column(store, 1, "tries"), 1);
  end(store);
}

static void an_end_does_not_wait_for_a_store_that_fails(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  store_sql(store, store->pgsql ? "ALTER TABLE mail ADD CONSTRAINT never_sent CHECK (state <> 2)"
                                : "CREATE TRIGGER never_sent BEFORE UPDATE ON mail WHEN NEW.state = 2 BEGIN "
                                  "SELECT RAISE(ABORT, 'no'); END");
  smtp_server_open(&server);
  start(store, server.url);
  AWAIT(atomic_load(&unmarked) == 1);
  post_stop(post);
  assert_int_equal(column(store, 1, "state"), MAIL_WAITING); /* under its lease: nobody sends it for now */
  assert_int_equal(column(store, 1, "due_at"), now() + 300 * TIME_SECOND_US);
  end(store);
}

static void an_outbox_that_can_not_be_read_is_read_later(struct store *store) {
  begin(store);
  mail_to(store, &ani);
  make(store, server.url);
  smtp_server_open(&server);
  run_sql(store, "ALTER TABLE mail RENAME TO mail_away");
  post_start(post);
  AWAIT(atomic_load(&unreadable) == 1);
  run_sql(store, "ALTER TABLE mail_away RENAME TO mail");
  move_s(5); /* nobody calls: it looks again by itself */
  AWAIT(stats().sent == 1);
  assert_int_equal(atomic_load(&unreadable), 1);
  end(store);
}

/* ---- what no sender can be made of ---- */

static void assert_refused(struct store *store, const struct post_config *config, const char *said) {
  char why[256] = "";
  struct post *none = NULL;
  assert_status(STATUS_INVALID, post_new(config, store->ctx.db, &none, why));
  assert_null(none);
  if (strstr(why, said) == NULL) {
    fail_msg("\"%s\" is not in: %s", said, why);
  }
}

static void a_wrong_configuration_is_told_and_the_connection_stays_the_callers(struct store *store) {
  begin(store);
  struct post_config config = config_of(NULL);
  config.mail_from = "nobody";
  assert_refused(store, &config, "The sender of mails must look like");
  config.mail_from = NULL;
  assert_refused(store, &config, "The sender of mails must look like");
  config = config_of(NULL);
  config.public_url = "desk.example";
  assert_refused(store, &config, "The public address must begin with");
  config = config_of("gopher://mail.example");
  assert_refused(store, &config, "The SMTP address must look like");
  config = config_of(NULL);
  config.data_dir = NULL;
  assert_refused(store, &config, "an SMTP server or a data directory");
  config.data_dir = "/nowhere/at/all";
  assert_refused(store, &config, "can't be made in the data directory");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM mail"), 0); /* the connection still works */
}

static void a_sender_that_never_started_ends_too(struct store *store) {
  begin(store);
  make(store, NULL);
  end(store);
  post_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_WITH(without_a_server_due_mails_become_files),
      STORE_TEST_WITH(a_file_that_can_not_be_written_is_tried_again),
      STORE_TEST_WITH(accepted_mails_are_marked_and_share_a_connection),
      STORE_TEST_WITH(a_new_mail_goes_out_when_the_sender_is_woken),
      STORE_TEST_WITH(an_idle_connection_is_closed_and_opened_again),
      STORE_TEST_WITH(a_mail_refused_for_now_is_tried_again_after_growing_pauses),
      STORE_TEST_WITH(a_recipient_refused_for_good_is_given_up_at_once),
      STORE_TEST_WITH(an_address_that_can_not_be_used_is_given_up_without_a_try),
      STORE_TEST_WITH(a_mail_is_given_up_after_three_days_of_tries),
      STORE_TEST_WITH(a_server_that_is_away_holds_all_mails_until_it_is_back),
      STORE_TEST_WITH(a_mail_under_way_is_nobody_elses),
      STORE_TEST_WITH(the_end_waits_for_the_mail_under_way_and_leaves_the_rest),
      STORE_TEST_WITH(a_mail_broken_off_at_the_end_is_the_next_starts_first),
      STORE_TEST_WITH(a_mark_that_can_not_be_stored_is_made_later_and_the_mail_sent_once),
      STORE_TEST_WITH(an_end_does_not_wait_for_a_store_that_fails),
      STORE_TEST_WITH_SQLITE(
          an_outbox_that_can_not_be_read_is_read_later), /* PostgreSQL knows it by number */
      STORE_TEST_WITH(a_wrong_configuration_is_told_and_the_connection_stays_the_callers),
      STORE_TEST_WITH(a_sender_that_never_started_ends_too),
  };
  return STORE_RUN(tests);
}
