#include <pthread.h>

#include "desk/mail/mail.h"
#include "people.h"

struct letter {
  int kind;
  int64_t account_id, ticket_id, value;
  struct str text;
};

static enum status add(struct ctx *ctx, void *arg) {
  const struct letter *l = arg;
  return mail_add(ctx, 1, (enum mail_kind)l->kind, l->account_id, l->ticket_id, l->value, l->text);
}

static void send_to(struct store *store, const struct who *who, int64_t due_at) {
  struct letter letter = {.kind = MAIL_INVITATION, .account_id = who->account_id, .text = STR("token")};
  int64_t now_us = store->ctx.now_us;
  store->ctx.now_us = due_at;
  assert_ok(db_write(as(store, NULL), add, &letter));
  store->ctx.now_us = now_us;
}

static void a_mail_is_taken_with_all_it_tells(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "Ani@Example.com");
  const struct ticket t = ticket_of(store, &author);
  struct letter letter = {MAIL_TICKET_STATUS, author.account_id, t.id, TICKET_RESOLVED, STR("fixed\n")};
  assert_ok(db_write(as(store, &author), add, &letter));
  letter =
      (struct letter){.kind = MAIL_PASSWORD_RESET, .account_id = author.account_id, .text = STR("token")};
  assert_ok(db_write(as(store, NULL), add, &letter));
  struct mail *mails = NULL;
  size_t count = 0;
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + TIME_MINUTE_US, &mails, &count));
  assert_int_equal(count, 3);
  const struct mail *created = NULL, *status = NULL, *reset = NULL;
  for (size_t i = 0; i < count; i++) {
    assert_str(mails[i].to_name, "Ani");
    assert_str(mails[i].to_email, "Ani@Example.com");
    assert_int_equal(mails[i].language, 1);
    assert_int_equal(mails[i].tries, 1);
    assert_int_equal(mails[i].due_at, STORE_NOW + TIME_MINUTE_US);
    assert_int_equal(mails[i].created_at, STORE_NOW);
    assert_false(uuid_is_none(mails[i].uuid));
    const struct mail **kind = mails[i].kind == MAIL_TICKET_CREATED  ? &created
                               : mails[i].kind == MAIL_TICKET_STATUS ? &status
                                                                     : &reset;
    *kind = &mails[i];
  }
  assert_non_null(created);
  assert_non_null(status);
  assert_non_null(reset);
  assert_null(created->text.at);
  assert_int_equal(status->ticket_id, t.id);
  assert_int_equal(status->value, TICKET_RESOLVED);
  assert_str(status->text, "fixed\n");
  assert_int_equal(status->ticket_created_at, STORE_NOW);
  assert_str(status->ticket_title, "Router");
  assert_int_equal(status->ticket_status, TICKET_NEW);
  assert_int_equal(reset->ticket_id, 0);
  assert_null(reset->ticket_title.at);
  assert_str(reset->text, "token");
}

static void a_lease_keeps_others_away_until_it_ends(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int i = 0; i < 5; i++) {
    send_to(store, &author, STORE_NOW - 5 + i);
  }
  send_to(store, &author, STORE_NOW + TIME_HOUR_US);
  struct mail *first = NULL, *second = NULL;
  size_t count = 0;
  assert_ok(mail_take(as(store, NULL), 2, STORE_NOW + TIME_MINUTE_US, &first, &count));
  assert_int_equal(count, 2);
  assert_true(first[0].id <= 2 && first[1].id <= 2); /* those due the longest */
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + TIME_MINUTE_US, &second, &count));
  assert_int_equal(count, 3);
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + TIME_MINUTE_US, &second, &count));
  assert_int_equal(count, 0);
  store->ctx.now_us = STORE_NOW + TIME_MINUTE_US;
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + TIME_HOUR_US, &second, &count));
  assert_int_equal(count, 5); /* the sender died */
  assert_int_equal(second[0].tries, 2);
}

static void a_mail_ends_sent_or_failed_once(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int i = 0; i < 3; i++) {
    send_to(store, &author, STORE_NOW - 3 + i);
  }
  struct mail *mails = NULL;
  size_t count = 0;
  int64_t due = -1;
  struct mail_stats stats;
  assert_ok(mail_next_due(as(store, NULL), &due));
  assert_int_equal(due, STORE_NOW - 3);
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + 10, &mails, &count));
  store->ctx.now_us = STORE_NOW + 1;
  assert_ok(mail_sent(as(store, NULL), 1));
  assert_ok(mail_failed(as(store, NULL), 2, STORE_NOW + TIME_HOUR_US, STR("450 try later")));
  assert_ok(mail_failed(as(store, NULL), 3, 0, STR("550 no such mailbox")));
  assert_int_equal(NUMBER(store,
                          "SELECT COUNT(*) FROM mail WHERE id = 1 AND state = %d AND sent_at = %" PRId64
                          " AND text IS NULL",
                          MAIL_SENT, STORE_NOW + 1),
                   1);
  assert_str(store_text(store, "SELECT reason FROM mail WHERE id = 2"), "450 try later");
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM mail WHERE id = 3 AND state = %d AND reason = '550 no such mailbox'",
             MAIL_FAILED),
      1);
  assert_ok(mail_failed(as(store, NULL), 1, STORE_NOW, STR("too late"))); /* a sent mail stays sent */
  assert_ok(mail_failed(as(store, NULL), 1, 0, STR("too late")));
  assert_ok(mail_sent(as(store, NULL), 3));
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM mail WHERE state = %d", MAIL_SENT), 1);
  assert_ok(mail_next_due(as(store, NULL), &due));
  assert_int_equal(due, STORE_NOW + TIME_HOUR_US);
  assert_ok(mail_stats(as(store, NULL), &stats));
  assert_int_equal(stats.waiting, 1);
  assert_int_equal(stats.failed, 1);
  assert_int_equal(stats.oldest_waiting_at, STORE_NOW - 2);
}

static void an_empty_outbox_waits_for_nothing(struct store *store) {
  int64_t due = -1;
  struct mail_stats stats;
  struct mail *mails = NULL;
  size_t count = 9;
  assert_ok(mail_next_due(as(store, NULL), &due));
  assert_int_equal(due, 0);
  assert_ok(mail_stats(as(store, NULL), &stats));
  assert_int_equal(stats.waiting + stats.failed + stats.oldest_waiting_at, 0);
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + 10, &mails, &count));
  assert_int_equal(count, 0);
}

static void mail_to_a_gone_account_fails(struct store *store) {
  const struct who people[] = {person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com"),
                               person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com"),
                               person(store, 1, ROLE_CUSTOMER, "Nia", "nia@example.com")};
  for (int i = 0; i < 3; i++) {
    send_to(store, &people[i], STORE_NOW);
  }
  store_sql(store,
            SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, people[0].account_id));
  store_sql(store, SQL(store, "UPDATE account SET deleted_at = 5 WHERE id = %" PRId64, people[1].account_id));
  struct mail *mails = NULL;
  size_t count = 0;
  assert_ok(mail_take(as(store, NULL), 10, STORE_NOW + 10, &mails, &count));
  assert_int_equal(count, 1);
  assert_str(mails[0].to_name, "Nia");
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM mail WHERE state = %d AND reason = 'account gone' AND text IS NULL",
             MAIL_FAILED),
      2);
}

struct sender {
  struct ctx ctx;
  int taken;
};

static void *take_all(void *arg) {
  struct sender *sender = arg;
  for (int empty = 0; empty < 3;) {
    struct mail *mails = NULL;
    size_t count = 0;
    if (mail_take(&sender->ctx, 3, STORE_NOW + TIME_HOUR_US, &mails, &count) != STATUS_OK) {
      return NULL;
    }
    sender->taken += (int)count;
    empty += count == 0;
  }
  return arg;
}

static void two_nodes_never_take_the_same_mail(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int i = 0; i < 200; i++) {
    send_to(store, &author, STORE_NOW);
  }
  struct sender senders[4];
  pthread_t threads[4];
  int taken = 0;
  for (int i = 0; i < 4; i++) {
    senders[i] = (struct sender){.ctx = store_open(store, DB_WRITE)};
    senders[i].ctx.arena = arena_new(4 * 1024 * 1024);
  }
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, take_all, &senders[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    void *good = NULL;
    pthread_join(threads[i], &good);
    assert_non_null(good);
    taken += senders[i].taken;
    arena_free(senders[i].ctx.arena);
    senders[i].ctx.arena = store->ctx.arena;
    store_close(&senders[i].ctx);
  }
  assert_int_equal(taken, 200);
  assert_int_equal(store_number(store, "SELECT MAX(tries) FROM mail"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_mail_is_taken_with_all_it_tells), STORE_TEST(a_lease_keeps_others_away_until_it_ends),
      STORE_TEST(a_mail_ends_sent_or_failed_once),   STORE_TEST(an_empty_outbox_waits_for_nothing),
      STORE_TEST(mail_to_a_gone_account_fails),      STORE_TEST_PGSQL(two_nodes_never_take_the_same_mail),
  };
  return STORE_RUN(tests);
}
