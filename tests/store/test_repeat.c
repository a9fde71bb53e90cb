#include <string.h>

#include "base/problem.h"
#include "desk/repeat/repeat.h"
#include "people.h"

/* Answers that are kept under a key: once, for a day, for their account and their request. */

struct seen {
  struct store *store;
  int64_t status;
  struct str head, body;
};

static void take(void *arg, const struct repeat_answer *answer) {
  struct seen *seen = arg;
  seen->status = answer->status;
  seen->head = str_copy(seen->store->ctx.arena, answer->head);
  seen->body = str_copy(seen->store->ctx.arena, answer->body);
}

static struct repeat call_of(int64_t account_id, const char *key, uint8_t request) {
  struct repeat repeat = {.request = {request}};
  assert_true(repeat_key(&repeat, account_id, str_of(key)));
  return repeat;
}

struct keeping {
  const struct repeat *repeat;
  struct repeat_answer answer;
};

static enum status keep_run(struct ctx *ctx, void *arg) {
  const struct keeping *keeping = arg;
  TRY(repeat_claim(ctx, keeping->repeat));
  return repeat_keep(ctx, keeping->repeat, &keeping->answer);
}

static enum status keep(struct ctx *ctx, const struct repeat *repeat, const char *body) {
  struct keeping keeping = {repeat, {201, STR("Content-Type: text/plain\r\n"), str_of(body)}};
  problem_clear(ctx);
  return db_write(ctx, keep_run, &keeping);
}

static bool found(struct store *store, const struct repeat *repeat, struct seen *seen) {
  bool is_there = false;
  *seen = (struct seen){.store = store};
  problem_clear(&store->ctx);
  assert_ok(repeat_find(&store->ctx, repeat, take, seen, &is_there));
  return is_there;
}

static void an_answer_comes_back_as_it_was(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  struct repeat repeat = call_of(who.account_id, "8e03978e-40d5-43dd-bc93-6894a57f9324", 1);
  struct seen seen;
  assert_false(found(store, &repeat, &seen));
  assert_ok(keep(ctx, &repeat, "{\"é\":\"\\u0000\"}"));
  assert_true(found(store, &repeat, &seen));
  assert_int_equal(seen.status, 201);
  assert_str(seen.head, "Content-Type: text/plain\r\n");
  assert_str(seen.body, "{\"é\":\"\\u0000\"}");
}

static void an_empty_answer_is_an_answer(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct repeat repeat = call_of(who.account_id, "k", 1);
  struct seen seen;
  assert_ok(keep(as(store, &who), &repeat, ""));
  assert_true(found(store, &repeat, &seen));
  assert_int_equal(seen.body.len, 0);
}

static void another_request_under_the_key_is_a_mistake(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  struct repeat first = call_of(who.account_id, "k", 1);
  struct repeat other = call_of(who.account_id, "k", 2);
  struct seen seen = {.store = store};
  bool is_there = false;
  assert_ok(keep(ctx, &first, "one"));
  assert_status(STATUS_STATE, repeat_find(ctx, &other, take, &seen, &is_there));
  assert_ptr_equal(ctx->problem.kind, &repeat_mistaken);
  assert_int_equal(seen.status, 0);
}

static void a_key_is_its_accounts_own(struct store *store) {
  const struct who ani = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  const struct who budi = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct repeat hers = call_of(ani.account_id, "k", 1);
  struct repeat his = call_of(budi.account_id, "k", 1);
  struct seen seen;
  assert_ok(keep(as(store, &ani), &hers, "hers"));
  as(store, &budi);
  assert_false(found(store, &his, &seen));
  assert_false(found(store, &hers, &seen)); /* also where somebody had guessed it */
  assert_ok(keep(&store->ctx, &his, "his"));
  assert_true(found(store, &his, &seen));
  assert_str(seen.body, "his");
}

static void after_a_day_a_key_is_free_again(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  struct repeat first = call_of(who.account_id, "k", 1);
  struct repeat second = call_of(who.account_id, "k", 2);
  struct seen seen;
  assert_ok(keep(ctx, &first, "one"));
  ctx->now_us += REPEAT_KEPT_US - 1;
  assert_true(found(store, &first, &seen));
  assert_status(STATUS_UNAVAILABLE, keep(ctx, &second, "too early")); /* collides until it is given up */
  ctx->now_us += 1;
  assert_false(found(store, &first, &seen));
  assert_ok(keep(ctx, &second, "two"));
  assert_true(found(store, &second, &seen));
  assert_str(seen.body, "two");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM repeat"), 1);
}

static void the_sweep_drops_what_is_past_piece_by_piece(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  for (int i = 0; i < 5; i++) {
    struct repeat repeat = call_of(who.account_id, SQL(store, "k%d", i), 1);
    assert_ok(keep(ctx, &repeat, "x"));
    ctx->now_us += TIME_HOUR_US;
  }
  ctx->now_us = STORE_NOW + REPEAT_KEPT_US + 2 * TIME_HOUR_US; /* three of them are past */
  int64_t dropped = 0;
  assert_ok(repeat_sweep(ctx, 2, &dropped));
  assert_int_equal(dropped, 2);
  assert_ok(repeat_sweep(ctx, 2, &dropped));
  assert_int_equal(dropped, 1);
  assert_ok(repeat_sweep(ctx, 2, &dropped));
  assert_int_equal(dropped, 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM repeat"), 2);
}

static void what_is_too_long_is_not_kept(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  struct repeat repeat = call_of(who.account_id, "k", 1);
  char *text = arena_alloc(ctx->arena, REPEAT_ANSWER_MAX + 2);
  for (size_t i = 0; i <= REPEAT_ANSWER_MAX; i++) {
    text[i] = 'x';
  }
  assert_status(STATUS_TOO_LARGE, keep(ctx, &repeat, text));
  assert_ptr_equal(ctx->problem.kind, &repeat_too_large);
  text[REPEAT_ANSWER_MAX - (int)sizeof("Content-Type: text/plain\r\n") + 1] = '\0';
  assert_ok(keep(ctx, &repeat, text));
}

static void a_key_is_short_and_printable(struct store *store) {
  struct repeat repeat;
  char text[REPEAT_KEY_MAX + 2];
  (void)store;
  memset(text, 'k', sizeof text);
  assert_true(repeat_key(&repeat, 1, (struct str){text, REPEAT_KEY_MAX}));
  assert_false(repeat_key(&repeat, 1, (struct str){text, REPEAT_KEY_MAX + 1}));
  assert_false(repeat_key(&repeat, 1, STR("")));
  assert_false(repeat_key(&repeat, 1, STR("a\tb")));
  assert_false(repeat_key(&repeat, 1, STR("kunci é")));
  assert_true(repeat_key(&repeat, 1, STR("a b~!")));
}

/* ---- two at once, where two may write at once ---- */

static enum status claim_again(struct ctx *ctx, void *arg) {
  struct keeping *keeping = arg;
  (void)ctx;
  TRY(repeat_claim(ctx, keeping->repeat));
  return STATUS_OK;
}

struct rival {
  struct store *store;
  struct keeping keeping;
  enum status during;
};

static enum status keep_beside_a_rival(struct ctx *ctx, void *arg) {
  struct rival *rival = arg;
  TRY(keep_run(ctx, &rival->keeping));
  struct ctx other = store_open(rival->store, DB_WRITE);
  other.who = ctx->who;
  rival->during = db_write(&other, claim_again, &rival->keeping);
  store_close(&other);
  return STATUS_OK;
}

static void while_a_call_is_done_another_one_is_told_so_and_waits_for_nothing(struct store *store) {
  const struct who who = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  struct ctx *ctx = as(store, &who);
  struct repeat repeat = call_of(who.account_id, "k", 1);
  struct rival rival = {.store = store, .keeping = {&repeat, {200, STR(""), STR("one")}}};
  assert_ok(db_write(ctx, keep_beside_a_rival, &rival));
  assert_status(STATUS_STATE, rival.during);
  assert_ok(db_write(ctx, claim_again, &rival.keeping)); /* the lock went with its transaction */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_answer_comes_back_as_it_was),
      STORE_TEST(an_empty_answer_is_an_answer),
      STORE_TEST(another_request_under_the_key_is_a_mistake),
      STORE_TEST(a_key_is_its_accounts_own),
      STORE_TEST(after_a_day_a_key_is_free_again),
      STORE_TEST(the_sweep_drops_what_is_past_piece_by_piece),
      STORE_TEST(what_is_too_long_is_not_kept),
      STORE_TEST(a_key_is_short_and_printable),
      STORE_TEST_PGSQL(while_a_call_is_done_another_one_is_told_so_and_waits_for_nothing),
  };
  return STORE_RUN(tests);
}
