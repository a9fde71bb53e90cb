#include <string.h>
#include <unistd.h>

#include "desk/webhook/webhook.h"
#include "people.h"

/* Webhooks: what their owners say, what becomes a delivery, and what becomes of it. */

static struct webhook made(struct store *store, const struct who *who) {
  const struct webhook_change what = {.has_url = true, .url = STR("https://hooks.example.com/in")};
  struct webhook webhook;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  assert_ok(webhook_create(as(store, who), &what, &webhook, secret));
  return webhook;
}

static struct who manager(struct store *store) {
  return person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
}

static void first_fault(struct ctx *ctx, const char *field) {
  assert_true(ctx->problem.fault_count > 0);
  assert_str(ctx->problem.faults[0].field, field);
}

/* ---- owners ---- */

static void a_webhook_is_as_it_was_said_and_its_secret_is_told_once(struct store *store) {
  const struct who who = manager(store);
  const struct webhook_change what = {.has_url = true,
                                      .has_description = true,
                                      .has_types = true,
                                      .url = STR("http://hooks.example.com:8080/a?b=c"),
                                      .description = STR("Billing"),
                                      .types = 1 << WEBHOOK_TICKET_CREATED};
  struct webhook webhook, read;
  char secret[WEBHOOK_SECRET_TEXT_SIZE], other[WEBHOOK_SECRET_TEXT_SIZE];
  struct ctx *ctx = as(store, &who);
  assert_ok(webhook_create(ctx, &what, &webhook, secret));
  assert_int_equal(strlen(secret), WEBHOOK_SECRET_TEXT_SIZE - 1);
  assert_ok(webhook_get(ctx, webhook.uuid, &read));
  assert_str(read.url, "http://hooks.example.com:8080/a?b=c");
  assert_str(read.description, "Billing");
  assert_int_equal(read.types, 1 << WEBHOOK_TICKET_CREATED);
  assert_true(read.is_active);
  assert_int_equal(read.tenant_id, 1);
  assert_int_equal(read.created_at, STORE_NOW);
  assert_ok(webhook_rotate(ctx, webhook.uuid, &read, other));
  assert_string_not_equal(secret, other);
}

static void an_address_that_can_not_be_posted_to_is_refused(struct store *store) {
  const struct who who = manager(store);
  static const char *const wrong[] = {
      "",
      "hooks.example.com",
      "ftp://hooks.example.com/",
      "https://",
      "https:///path",
      "https://user:pass@hooks.example.com/",
      "https://hooks.example.com:0/",
      "https://hooks.example.com:65536/",
      "https://hooks.example.com:x/",
      "https://hooks.example.com/a b",
      "https://hooks.example.com/\n",
      "https://hôte.example.com/",
      "http://127.0.0.1/",
      "http://localhost:8080",
      "http://LOCALHOST/",
      "http://10.1.2.3/",
      "http://169.254.169.254/latest/meta-data/",
      "http://[::1]/",
      "http://[::1/",
      "http://[::ffff:127.0.0.1]:80/",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct ctx *ctx = as(store, &who);
    const struct webhook_change what = {.has_url = true, .url = str_of(wrong[i])};
    struct webhook webhook;
    char secret[WEBHOOK_SECRET_TEXT_SIZE];
    if (webhook_create(ctx, &what, &webhook, secret) != STATUS_INVALID) {
      fail_msg("%s", wrong[i]);
    }
    first_fault(ctx, "url");
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook"), 0);
}

static void only_managers_up_of_the_tenant_may_manage(struct store *store) {
  const struct who owner = manager(store);
  const struct webhook webhook = made(store, &owner);
  tenant_make(store, 2);
  const struct who stranger = person(store, 2, ROLE_SUPER_ADMIN, "Eve", "eve@example.com");
  const struct who supervisor = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  struct webhook out, *all = NULL;
  size_t count = 0;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  const struct webhook_change change = {.has_active = true};
  assert_status(STATUS_NOT_FOUND, webhook_get(as(store, &stranger), webhook.uuid, &out));
  assert_status(STATUS_NOT_FOUND, webhook_update(as(store, &stranger), webhook.uuid, &change, &out));
  assert_status(STATUS_NOT_FOUND, webhook_rotate(as(store, &stranger), webhook.uuid, &out, secret));
  assert_status(STATUS_NOT_FOUND, webhook_delete(as(store, &stranger), webhook.uuid));
  assert_ok(webhook_list(as(store, &stranger), &all, &count));
  assert_int_equal(count, 0);
  assert_status(STATUS_FORBIDDEN, webhook_get(as(store, &supervisor), webhook.uuid, &out));
  assert_status(STATUS_FORBIDDEN, webhook_list(as(store, &supervisor), &all, &count));
  assert_status(STATUS_FORBIDDEN, webhook_update(as(store, &supervisor), webhook.uuid, &change, &out));
  assert_status(STATUS_FORBIDDEN, webhook_delete(as(store, &supervisor), webhook.uuid));
  assert_ok(webhook_list(as(store, &owner), &all, &count));
  assert_int_equal(count, 1);
  assert_true(all->is_active);
}

static void a_tenant_has_at_most_twenty(struct store *store) {
  const struct who who = manager(store);
  for (int i = 0; i < WEBHOOK_MAX; i++) {
    made(store, &who);
  }
  const struct webhook_change what = {.has_url = true, .url = STR("https://hooks.example.com/")};
  struct webhook webhook, *all = NULL;
  size_t count = 0;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  struct ctx *ctx = as(store, &who);
  assert_status(STATUS_STATE, webhook_create(ctx, &what, &webhook, secret));
  assert_ptr_equal(ctx->problem.kind, &webhook_too_many);
  assert_ok(webhook_list(as(store, &who), &all, &count));
  assert_int_equal(count, WEBHOOK_MAX);
  assert_ok(webhook_delete(ctx, all[0].uuid));
  made(store, &who);
}

/* ---- events ---- */

/* Transactions of other tests in the cluster may hold up for a moment what is told. */
static struct webhook_behind behind(struct store *store) {
  struct webhook_behind *webhooks = NULL;
  size_t count = 0;
  for (int i = 0; i < 5000 && count == 0; i++) {
    usleep(i == 0 ? 0 : 1000);
    assert_ok(webhook_behind(&store->ctx, 10, &webhooks, &count));
  }
  assert_int_equal(count, 1);
  return *webhooks;
}

static size_t behind_count(struct store *store) {
  struct webhook_behind *webhooks = NULL;
  size_t count = 0;
  assert_ok(webhook_behind(&store->ctx, 10, &webhooks, &count));
  return count;
}

/* One delivery for each of these subjects. */
static void taken(struct store *store, const int64_t *subjects, size_t count) {
  const struct webhook_behind webhook = behind(store);
  struct event_position to;
  struct webhook_new deliveries[8];
  bool took = false;
  assert_ok(event_newest(&store->ctx, &to));
  for (size_t i = 0; i < count; i++) {
    deliveries[i] = (struct webhook_new){WEBHOOK_TICKET_CREATED, subjects[i], STR("{\"type\":\"x\"}")};
  }
  assert_ok(webhook_take_events(&store->ctx, &webhook, &to, deliveries, count, &took));
  assert_true(took);
}

static void an_endpoint_hears_of_its_tenants_events_after_it_was_made(struct store *store) {
  const struct who who = manager(store);
  tenant_make(store, 2);
  const struct who stranger = person(store, 2, ROLE_MANAGER, "Eve", "eve@example.com");
  bool any = true;
  assert_ok(webhook_any(&store->ctx, &any));
  assert_false(any);
  ticket_of(store, &who);
  const struct webhook webhook = made(store, &who);
  assert_ok(webhook_any(&store->ctx, &any));
  assert_true(any);
  assert_int_equal(behind_count(store), 0);
  ticket_of(store, &stranger);
  assert_int_equal(behind_count(store), 0);
  ticket_of(store, &who);
  assert_int_equal(behind(store).id, webhook.id);
  assert_int_equal(behind(store).tenant_id, 1);
}

static void whoever_takes_the_events_second_writes_nothing(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  const struct webhook_behind webhook = behind(store);
  const struct webhook_new delivery = {WEBHOOK_TICKET_CREATED, 1, STR("{}")};
  struct event_position to;
  bool took = false;
  assert_ok(event_newest(&store->ctx, &to));
  assert_ok(webhook_take_events(&store->ctx, &webhook, &to, &delivery, 1, &took));
  assert_true(took);
  assert_ok(webhook_take_events(&store->ctx, &webhook, &to, &delivery, 1, &took));
  assert_false(took);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery"), 1);
  assert_int_equal(behind_count(store), 0);
}

static void an_inactive_one_hears_nothing_until_it_is_active_again(struct store *store) {
  const struct who who = manager(store);
  struct webhook webhook = made(store, &who);
  const struct webhook_change off = {.has_active = true};
  const struct webhook_change on = {.has_active = true, .is_active = true};
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &off, &webhook));
  assert_false(webhook.is_active);
  ticket_of(store, &who);
  assert_int_equal(behind_count(store), 0);
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &on, &webhook));
  assert_true(webhook.is_active);
  assert_int_equal(behind_count(store), 0);
  ticket_of(store, &who);
  assert_int_equal(behind(store).id, webhook.id);
}

/* ---- sending ---- */

static size_t take(struct store *store, struct webhook_sending *out) {
  struct webhook_sending *sendings = NULL;
  size_t count = 0;
  assert_ok(webhook_take(&store->ctx, 10, store->ctx.now_us + TIME_MINUTE_US, &sendings, &count));
  if (count > 0) {
    *out = sendings[0];
  }
  return count;
}

struct marked {
  int state, disabled;
};

static struct marked mark(struct store *store, const struct webhook_sending *sending, int how) {
  struct marked marked;
  const struct webhook_outcome outcome = {.webhook_id = sending->webhook_id,
                                          .delivery_id = sending->delivery.id,
                                          .tries = sending->delivery.tries,
                                          .how = how,
                                          .http_status = how == WEBHOOK_TAKEN ? 204 : 500,
                                          .took_ms = 7,
                                          .reason = STR("The receiver answered 500."),
                                          .chance = 0};
  assert_ok(webhook_mark(&store->ctx, &outcome, &marked.state, &marked.disabled));
  return marked;
}

static void one_endpoint_sends_one_at_a_time_and_a_lease_ends(struct store *store) {
  const struct who who = manager(store);
  const struct webhook webhook = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2}, 2);
  struct webhook_sending first, second;
  assert_int_equal(take(store, &first), 1);
  assert_int_equal(first.webhook_id, webhook.id);
  assert_str(first.url, "https://hooks.example.com/in");
  assert_int_equal(first.secret.len, WEBHOOK_SECRET_SIZE);
  assert_null(first.old_secret.at);
  assert_str(first.delivery.body, "{\"type\":\"x\"}");
  assert_int_equal(first.delivery.tries, 1);
  assert_int_equal(take(store, &second), 0);
  store->ctx.now_us += TIME_MINUTE_US; /* whoever had it died */
  assert_int_equal(take(store, &second), 1);
  assert_true(uuid_equal(first.delivery.uuid, second.delivery.uuid));
  assert_int_equal(second.delivery.tries, 2);
  assert_int_equal(mark(store, &second, WEBHOOK_TAKEN).state, WEBHOOK_DELIVERED);
  assert_int_equal(take(store, &second), 1);
  assert_false(uuid_equal(first.delivery.uuid, second.delivery.uuid));
}

static void of_one_ticket_the_next_waits_until_the_one_before_is_over(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 1, 2}, 3);
  struct webhook_sending first, other, next;
  assert_int_equal(take(store, &first), 1);
  assert_int_equal(mark(store, &first, WEBHOOK_REFUSED).state, WEBHOOK_WAITING);
  assert_int_equal(take(store, &other), 1); /* of the other ticket */
  assert_int_equal(
      NUMBER(store, "SELECT subject FROM webhook_delivery WHERE id = %" PRId64, other.delivery.id), 2);
  assert_int_equal(mark(store, &other, WEBHOOK_TAKEN).state, WEBHOOK_DELIVERED);
  assert_int_equal(take(store, &next), 0);
  store->ctx.now_us += 5 * TIME_SECOND_US;
  assert_int_equal(take(store, &next), 1);
  assert_int_equal(next.delivery.id, first.delivery.id);
  assert_int_equal(mark(store, &next, WEBHOOK_TAKEN).state, WEBHOOK_DELIVERED);
  assert_int_equal(take(store, &next), 1);
  assert_int_equal(next.delivery.id, first.delivery.id + 1);
  /* What comes while it is under way waits for it. */
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  assert_int_equal(
      store_number(store, "SELECT COUNT(*) FROM webhook_delivery WHERE state = 1 AND due_at IS NULL"), 1);
  assert_int_equal(mark(store, &next, WEBHOOK_REFUSED_GONE).state, WEBHOOK_FAILED);
  assert_int_equal(
      store_number(store, "SELECT COUNT(*) FROM webhook_delivery WHERE state = 1 AND due_at IS NULL"), 0);
}

static void a_delivery_is_tried_for_days_and_then_given_up(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  struct webhook_sending sending;
  for (int i = 1; i <= 10; i++) {
    assert_int_equal(take(store, &sending), 1);
    assert_int_equal(sending.delivery.tries, i);
    struct marked marked = mark(store, &sending, WEBHOOK_REFUSED);
    assert_int_equal(marked.state, i < 10 ? WEBHOOK_WAITING : WEBHOOK_FAILED);
    assert_int_equal(marked.disabled, WEBHOOK_NOT_DISABLED);
    store->ctx.now_us +=
        webhook_pause_us(i, 0) > 5 * TIME_MINUTE_US ? webhook_pause_us(i, 0) : 5 * TIME_MINUTE_US;
  }
  assert_int_equal(take(store, &sending), 0);
  assert_int_equal(store_number(store, "SELECT http_status FROM webhook_delivery"), 500);
  assert_str(store_text(store, "SELECT reason FROM webhook_delivery"), "The receiver answered 500.");
}

static void an_endpoint_that_fails_again_and_again_is_left_alone_a_while(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2, 3, 4}, 4);
  struct webhook_sending sending;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(take(store, &sending), 1);
    mark(store, &sending, WEBHOOK_REFUSED);
  }
  assert_int_equal(take(store, &sending), 0);
  store->ctx.now_us += 5 * TIME_SECOND_US;
  assert_int_equal(take(store, &sending), 1);
  mark(store, &sending, WEBHOOK_TAKEN);
  assert_int_equal(take(store, &sending), 1); /* one success, and all is well */
}

static void after_five_days_of_failures_an_endpoint_is_disabled(struct store *store) {
  const struct who who = manager(store);
  const struct webhook made_one = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2}, 2);
  struct webhook_sending sending;
  struct webhook webhook;
  assert_int_equal(take(store, &sending), 1);
  assert_int_equal(mark(store, &sending, WEBHOOK_REFUSED).disabled, WEBHOOK_NOT_DISABLED);
  store->ctx.now_us += WEBHOOK_PATIENCE_US - 1;
  assert_int_equal(take(store, &sending), 1);
  assert_int_equal(mark(store, &sending, WEBHOOK_REFUSED).disabled, WEBHOOK_NOT_DISABLED);
  store->ctx.now_us += TIME_DAY_US;
  assert_int_equal(take(store, &sending), 1);
  assert_int_equal(mark(store, &sending, WEBHOOK_REFUSED).disabled, WEBHOOK_FAILING);
  assert_ok(webhook_get(as(store, &who), made_one.uuid, &webhook));
  assert_false(webhook.is_active);
  assert_int_equal(webhook.disabled_reason, WEBHOOK_FAILING);
  assert_int_equal(webhook.disabled_at, store->ctx.now_us);
  assert_int_equal(webhook.failing_since, STORE_NOW);
  assert_int_equal(take(store, &sending), 0);
  const struct webhook_change on = {.has_active = true, .is_active = true};
  assert_ok(webhook_update(as(store, &who), made_one.uuid, &on, &webhook));
  assert_int_equal(webhook.disabled_reason, WEBHOOK_NOT_DISABLED);
  assert_int_equal(webhook.failing_since, 0);
  store->ctx.now_us += TIME_DAY_US;
  assert_int_equal(take(store, &sending), 1); /* what waited is sent */
}

static void a_receiver_that_is_gone_is_asked_no_more(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2}, 2);
  struct webhook_sending sending;
  assert_int_equal(take(store, &sending), 1);
  struct marked marked = mark(store, &sending, WEBHOOK_REFUSED_GONE);
  assert_int_equal(marked.state, WEBHOOK_FAILED);
  assert_int_equal(marked.disabled, WEBHOOK_GONE);
  assert_int_equal(take(store, &sending), 0);
}

static void what_was_put_off_costs_no_try(struct store *store) {
  const struct who who = manager(store);
  made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  struct webhook_sending sending;
  assert_int_equal(take(store, &sending), 1);
  mark(store, &sending, WEBHOOK_PUT_OFF);
  assert_int_equal(take(store, &sending), 1);
  assert_int_equal(sending.delivery.tries, 1);
}

static void for_a_day_after_a_rotation_both_secrets_sign(struct store *store) {
  const struct who who = manager(store);
  struct webhook webhook = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  struct webhook_sending before, after, later;
  char secret[WEBHOOK_SECRET_TEXT_SIZE], shown[WEBHOOK_SECRET_TEXT_SIZE];
  assert_int_equal(take(store, &before), 1);
  mark(store, &before, WEBHOOK_PUT_OFF);
  assert_ok(webhook_rotate(as(store, &who), webhook.uuid, &webhook, secret));
  assert_int_equal(take(store, &after), 1);
  mark(store, &after, WEBHOOK_PUT_OFF);
  webhook_secret_print(after.secret, shown);
  assert_string_equal(shown, secret);
  assert_true(str_equal(after.old_secret, before.secret));
  store->ctx.now_us += WEBHOOK_OVERLAP_US;
  assert_int_equal(take(store, &later), 1);
  assert_null(later.old_secret.at);
  assert_true(str_equal(later.secret, after.secret));
}

/* ---- the log ---- */

static void the_log_is_read_a_page_at_a_time_and_by_state(struct store *store) {
  const struct who who = manager(store);
  const struct webhook webhook = made(store, &who);
  const struct webhook other = made(store, &who);
  store_sql(store, SQL(store, "UPDATE webhook SET is_active = FALSE WHERE id = %" PRId64, other.id));
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2, 3, 4, 5}, 5);
  struct webhook_sending sending;
  assert_int_equal(take(store, &sending), 1);
  mark(store, &sending, WEBHOOK_TAKEN);
  struct webhook_delivery *page = NULL;
  size_t count = 0;
  struct ctx *ctx = as(store, &who);
  assert_ok(webhook_deliveries(ctx, webhook.uuid, &(struct webhook_log){.limit = 3}, &page, &count));
  assert_int_equal(count, 3);
  assert_true(page[0].id > page[1].id && page[1].id > page[2].id);
  const struct webhook_delivery last = page[2];
  assert_ok(webhook_deliveries(ctx, webhook.uuid, &(struct webhook_log){.before = last.uuid, .limit = 3},
                               &page, &count));
  assert_int_equal(count, 2);
  assert_true(page[0].id < last.id);
  assert_ok(webhook_deliveries(
      ctx, webhook.uuid, &(struct webhook_log){.state = WEBHOOK_DELIVERED, .limit = 100}, &page, &count));
  assert_int_equal(count, 1);
  assert_int_equal(page->http_status, 204);
  assert_int_equal(page->took_ms, 7);
  assert_int_equal(page->tries, 1);
  assert_null(page->reason.at);
  assert_ok(webhook_delivery_get(ctx, webhook.uuid, page->uuid, page));
  assert_str(page->body, "{\"type\":\"x\"}");
  const struct webhook_delivery theirs = *page;
  assert_status(STATUS_NOT_FOUND, webhook_delivery_get(ctx, other.uuid, theirs.uuid, page));
  assert_status(STATUS_NOT_FOUND,
                webhook_deliveries(as(store, &who), other.uuid,
                                   &(struct webhook_log){.before = theirs.uuid, .limit = 1}, &page, &count));
}

static void a_replay_sends_the_same_message_again(struct store *store) {
  const struct who who = manager(store);
  const struct webhook webhook = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  struct webhook_sending first, again;
  struct webhook_delivery delivery;
  assert_int_equal(take(store, &first), 1);
  mark(store, &first, WEBHOOK_TAKEN);
  assert_int_equal(take(store, &again), 0);
  assert_ok(webhook_replay(as(store, &who), webhook.uuid, first.delivery.uuid, &delivery));
  assert_int_equal(delivery.state, WEBHOOK_WAITING);
  assert_int_equal(take(store, &again), 1);
  assert_true(uuid_equal(again.delivery.uuid, first.delivery.uuid));
  assert_true(str_equal(again.delivery.body, first.delivery.body));
  assert_int_equal(again.delivery.tries, 1);
}

static void a_test_needs_an_active_one(struct store *store) {
  const struct who who = manager(store);
  struct webhook webhook = made(store, &who);
  struct webhook_delivery delivery;
  struct webhook_sending sending;
  assert_ok(webhook_test(as(store, &who), webhook.uuid, STR("{\"type\":\"webhook.test\"}"), &delivery));
  assert_int_equal(take(store, &sending), 1);
  assert_int_equal(sending.delivery.type, WEBHOOK_TEST);
  assert_str(sending.delivery.body, "{\"type\":\"webhook.test\"}");
  const struct webhook_change off = {.has_active = true};
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &off, &webhook));
  struct ctx *ctx = as(store, &who);
  assert_status(STATUS_STATE, webhook_test(ctx, webhook.uuid, STR("{}"), &delivery));
  assert_ptr_equal(ctx->problem.kind, &webhook_inactive);
  assert_status(STATUS_STATE,
                webhook_replay(as(store, &who), webhook.uuid, sending.delivery.uuid, &delivery));
}

/* ---- the sweep ---- */

static void a_deleted_one_is_gone_at_once_and_its_rows_piece_by_piece(struct store *store) {
  const struct who who = manager(store);
  const struct webhook webhook = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 2, 3}, 3);
  struct webhook_sending sending;
  struct webhook out;
  int64_t dropped = 0;
  assert_int_equal(take(store, &sending), 1);
  assert_ok(webhook_delete(as(store, &who), webhook.uuid));
  assert_status(STATUS_NOT_FOUND, webhook_get(as(store, &who), webhook.uuid, &out));
  assert_int_equal(store_number(store, "SELECT LENGTH(secret) FROM webhook"), 0);
  problem_clear(&store->ctx);
  mark(store, &sending, WEBHOOK_TAKEN); /* what was under way ends */
  assert_ok(webhook_sweep(&store->ctx, 2, &dropped));
  assert_int_equal(dropped, 2);
  assert_ok(webhook_sweep(&store->ctx, 2, &dropped));
  assert_int_equal(dropped, 2);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook"), 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery"), 0);
  assert_ok(webhook_sweep(&store->ctx, 2, &dropped));
  assert_int_equal(dropped, 0);
}

static void deliveries_are_kept_for_thirty_days(struct store *store) {
  const struct who who = manager(store);
  struct webhook webhook = made(store, &who);
  ticket_of(store, &who);
  taken(store, (int64_t[]){1, 1}, 2);
  struct webhook_sending sending;
  int64_t dropped = 0;
  assert_int_equal(take(store, &sending), 1);
  mark(store, &sending, WEBHOOK_TAKEN);
  store->ctx.now_us = STORE_NOW + WEBHOOK_KEPT_US;
  assert_ok(webhook_sweep(&store->ctx, 100, &dropped));
  assert_int_equal(dropped, 0);
  store->ctx.now_us++;
  assert_ok(webhook_sweep(&store->ctx, 100, &dropped));
  assert_int_equal(dropped, 1); /* the other one still waits to be sent */
  const struct webhook_change off = {.has_active = true};
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &off, &webhook));
  assert_ok(webhook_sweep(&store->ctx, 100, &dropped));
  assert_int_equal(dropped, 1);
}

static void what_waited_behind_a_swept_one_goes_when_the_endpoint_is_back(struct store *store) {
  const struct who who = manager(store);
  struct webhook webhook = made(store, &who);
  const struct webhook_change off = {.has_active = true};
  const struct webhook_change on = {.has_active = true, .is_active = true};
  int64_t dropped = 0;
  struct webhook_sending sending;
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  store->ctx.now_us += TIME_DAY_US;
  ticket_of(store, &who);
  taken(store, (int64_t[]){1}, 1);
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &off, &webhook));
  store->ctx.now_us = STORE_NOW + WEBHOOK_KEPT_US + 1;
  assert_ok(webhook_sweep(&store->ctx, 100, &dropped));
  assert_int_equal(dropped, 1);
  assert_ok(webhook_update(as(store, &who), webhook.uuid, &on, &webhook));
  assert_int_equal(take(store, &sending), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_webhook_is_as_it_was_said_and_its_secret_is_told_once),
      STORE_TEST(an_address_that_can_not_be_posted_to_is_refused),
      STORE_TEST(only_managers_up_of_the_tenant_may_manage),
      STORE_TEST(a_tenant_has_at_most_twenty),
      STORE_TEST(an_endpoint_hears_of_its_tenants_events_after_it_was_made),
      STORE_TEST(whoever_takes_the_events_second_writes_nothing),
      STORE_TEST(an_inactive_one_hears_nothing_until_it_is_active_again),
      STORE_TEST(one_endpoint_sends_one_at_a_time_and_a_lease_ends),
      STORE_TEST(of_one_ticket_the_next_waits_until_the_one_before_is_over),
      STORE_TEST(a_delivery_is_tried_for_days_and_then_given_up),
      STORE_TEST(an_endpoint_that_fails_again_and_again_is_left_alone_a_while),
      STORE_TEST(after_five_days_of_failures_an_endpoint_is_disabled),
      STORE_TEST(a_receiver_that_is_gone_is_asked_no_more),
      STORE_TEST(what_was_put_off_costs_no_try),
      STORE_TEST(for_a_day_after_a_rotation_both_secrets_sign),
      STORE_TEST(the_log_is_read_a_page_at_a_time_and_by_state),
      STORE_TEST(a_replay_sends_the_same_message_again),
      STORE_TEST(a_test_needs_an_active_one),
      STORE_TEST(a_deleted_one_is_gone_at_once_and_its_rows_piece_by_piece),
      STORE_TEST(deliveries_are_kept_for_thirty_days),
      STORE_TEST(what_waited_behind_a_swept_one_goes_when_the_endpoint_is_back),
  };
  return STORE_RUN(tests);
}
