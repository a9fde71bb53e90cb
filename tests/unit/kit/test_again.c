#include "notes.h"

/* Writes under a key: done once, however often they are sent. */

#define NOTE "{\"title\":\"new\"}"
static struct somebody ani;

static void begin(struct store *store) {
  notes_begin(store);
  ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
}

static void send_to(const char *target, struct str token, const char *key, const char *body) {
  with("Idempotency-Key", key);
  POST(target, token, body);
}
#define SEND(key) send_to("/notes", ani.token, (key), NOTE)

static bool is_repeat(void) {
  return str_is(answer_header("Idempotency-Replayed"), "true");
}

/* Sent three times, it is done once and answered alike. */
static void repeats(struct store *store, const char *target) {
  unsigned before = notes.handled;
  int64_t written = notes_written(store);
  send_to(target, ani.token, "a key", NOTE);
  assert_false(is_repeat());
  assert_int_equal(served.exchange.status, 201);
  const char *first = SQL(store, "%s", answer_text());
  for (int i = 0; i < 2; i++) {
    send_to(target, ani.token, "a key", NOTE);
    assert_true(is_repeat());
    ASSERT_ANSWER(201, first);
    assert_str(answer_header("Location"), "/notes/1");
    ASSERT_HEADER(&served.exchange, "Location: /notes/1");
  }
  assert_int_equal(notes.handled, before + 1);
  assert_int_equal(notes_written(store), written + 1);
}

static void a_write_is_done_once_and_answered_alike(struct store *store) {
  begin(store);
  repeats(store, "/notes");
  served_end();
}

static void slow_work_is_done_once_and_answered_alike(struct store *store) {
  begin(store);
  repeats(store, "/slow");
  served_end();
}

static void a_key_in_quotes_is_the_same_key(struct store *store) {
  begin(store);
  SEND("\"a key\"");
  SEND("a key");
  assert_true(is_repeat());
  assert_int_equal(notes.handled, 1);
  served_end();
}

static void another_key_or_another_account_is_another_call(struct store *store) {
  begin(store);
  const struct somebody budi = served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  SEND("a key");
  SEND("A key");
  assert_false(is_repeat());
  send_to("/notes", budi.token, "a key", NOTE);
  assert_false(is_repeat());
  assert_int_equal(notes.handled, 3);
  served_end();
}

static void another_request_under_the_key_is_refused(struct store *store) {
  begin(store);
  SEND("a key");
  send_to("/notes", ani.token, "a key", "{\"title\":\"other\"}");
  ASSERT_HOLDS(422, "This Idempotency-Key came with another request before.");
  send_to("/notes?a=b", ani.token, "a key", NOTE);
  assert_int_equal(served.exchange.status, 422);
  send_to("/slow", ani.token, "a key", NOTE);
  assert_int_equal(served.exchange.status, 422);
  assert_int_equal(notes.handled, 1);
  assert_int_equal(notes_written(store), 1);
  served_end();
}

static void a_key_that_is_none_is_refused_before_anything_is_done(struct store *store) {
  begin(store);
  char *longest = arena_alloc(store->ctx.arena, REPEAT_KEY_MAX + 2);
  memset(longest, 'k', REPEAT_KEY_MAX + 1);
  const char *const wrong[] = {"", "\"\"", "a\tkey", "k\xc3\xa9y", longest};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    SEND(wrong[i]);
    ASSERT_HOLDS(400, "Idempotency-Key must be given once");
  }
  with("Idempotency-Key", "one");
  SEND("two");
  ASSERT_HOLDS(400, "Idempotency-Key must be given once");
  assert_int_equal(notes.handled, 0);
  longest[REPEAT_KEY_MAX] = '\0';
  SEND(longest);
  assert_int_equal(served.exchange.status, 201);
  served_end();
}

static void what_failed_wrote_nothing_and_is_tried_anew(struct store *store) {
  begin(store);
  notes.fails = true;
  SEND("a key");
  ASSERT_HOLDS(409, "Not today.");
  assert_int_equal(notes_written(store), 0);
  notes.fails = false;
  SEND("a key");
  assert_int_equal(served.exchange.status, 201);
  assert_false(is_repeat());
  assert_int_equal(notes_written(store), 1);
  served_end();
}

/* A wrong password counts, though the call fails. */
static void what_slow_work_wrote_before_it_failed_stays_and_it_is_tried_anew(struct store *store) {
  begin(store);
  notes.fails = true;
  send_to("/slow", ani.token, "a key", NOTE);
  ASSERT_HOLDS(409, "Not today.");
  assert_int_equal(notes_written(store), 1);
  notes.fails = false;
  send_to("/slow", ani.token, "a key", NOTE);
  assert_int_equal(served.exchange.status, 201);
  assert_false(is_repeat());
  assert_int_equal(notes_written(store), 2);
  served_end();
}

static enum status keep_theirs(struct ctx *ctx, void *arg) {
  const struct repeat_answer theirs = {
      .status = 201, .head = STR("Location: /notes/1\r\n"), .body = STR("{\"title\":\"theirs\"}")};
  TRY(repeat_claim(ctx, arg));
  return repeat_keep(ctx, arg, &theirs);
}

/* The same call, sent at the same time, on another connection. */
static void be_outrun(struct call *call) {
  struct ctx ctx = store_open(served.store, DB_WRITE);
  ctx.who = &call->who;
  ctx.now_us = call->ctx.now_us;
  assert_ok(db_write(&ctx, keep_theirs, &call->guard->repeat));
  store_close(&ctx);
}

/* It may have failed for what the first one had just written. */
static void slow_work_that_was_outrun_is_answered_as_the_first(struct store *store) {
  begin(store);
  notes.meanwhile = be_outrun;
  send_to("/slow", ani.token, "a key", NOTE);
  ASSERT_ANSWER(201, "{\"title\":\"theirs\"}");
  assert_true(is_repeat());
  ASSERT_HEADER(&served.exchange, "Location: /notes/1");
  served_end();
}

static void nothing_is_done_where_the_answer_is_too_long_to_be_kept(struct store *store) {
  begin(store);
  char *title = arena_alloc(store->ctx.arena, REPEAT_ANSWER_MAX);
  memset(title, 'a', REPEAT_ANSWER_MAX);
  notes.title = (struct str){title, REPEAT_ANSWER_MAX};
  notes.keeps_title = true;
  SEND("a key");
  ASSERT_HOLDS(413, "send this call without Idempotency-Key");
  send_to("/slow", ani.token, "a key", NOTE);
  assert_int_equal(served.exchange.status, 413);
  assert_int_equal(notes_written(store), 0);
  POST("/notes", ani.token, NOTE);
  assert_int_equal(served.exchange.status, 201);
  served_end();
}

static void a_form_is_the_same_whatever_its_boundary(struct store *store) {
  begin(store);
#define FORM(boundary, text)                                                      \
  with("Content-Type", "multipart/form-data; boundary=" boundary);                \
  send_to("/scans", ani.token, "a key",                                           \
          "--" boundary                                                           \
          "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n" \
          "Content-Type: text/plain\r\n\r\n" text "\r\n--" boundary "--\r\n")
  FORM("first", "abc");
  assert_int_equal(served.exchange.status, 201);
  FORM("second", "abc");
  assert_true(is_repeat());
  FORM("third", "abd");
  assert_int_equal(served.exchange.status, 422);
  assert_int_equal(notes.handled, 1);
  served_end();
}

static void reads_and_what_is_public_take_no_key(struct store *store) {
  begin(store);
  send_to("/public", STR_NONE, "a key", NOTE);
  send_to("/public", STR_NONE, "a key", NOTE);
  assert_int_equal(served.exchange.status, 201);
  assert_false(is_repeat());
  assert_int_equal(notes.handled, 2);
  with("Idempotency-Key", "");
  GET("/notes/1", ani.token);
  assert_int_equal(served.exchange.status, 200);
  served_end();
}

static void a_repeat_is_answered_as_the_first_time_whatever_the_object_is_now(struct store *store) {
  begin(store);
  GET("/notes/1", ani.token);
  struct str tag = answer_header("ETag");
  for (int i = 0; i < 2; i++) {
    with("If-Match", tag.at);
    with("Idempotency-Key", "a key");
    PUT("/notes/1", ani.token, NOTE);
    assert_int_equal(served.exchange.status, 200);
    assert_int_equal(is_repeat(), i == 1);
  }
  assert_int_equal(notes.handled, 1);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_write_is_done_once_and_answered_alike),
      STORE_TEST(slow_work_is_done_once_and_answered_alike),
      STORE_TEST(a_key_in_quotes_is_the_same_key),
      STORE_TEST(another_key_or_another_account_is_another_call),
      STORE_TEST(another_request_under_the_key_is_refused),
      STORE_TEST(a_key_that_is_none_is_refused_before_anything_is_done),
      STORE_TEST(what_failed_wrote_nothing_and_is_tried_anew),
      STORE_TEST(what_slow_work_wrote_before_it_failed_stays_and_it_is_tried_anew),
      STORE_TEST(slow_work_that_was_outrun_is_answered_as_the_first),
      STORE_TEST(nothing_is_done_where_the_answer_is_too_long_to_be_kept),
      STORE_TEST(a_form_is_the_same_whatever_its_boundary),
      STORE_TEST(reads_and_what_is_public_take_no_key),
      STORE_TEST(a_repeat_is_answered_as_the_first_time_whatever_the_object_is_now),
  };
  return STORE_RUN(tests);
}
