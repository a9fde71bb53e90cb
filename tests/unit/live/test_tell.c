#include <string.h>

#include "live/internal.h"
#include "people.h"

/* The way along the logs. Who is sent to is written down by the test, see meson.build for the link. */

static char said[4096];
static int failures;

static void say(const char *what, struct str room) {
  size_t len = strlen(said);
  snprintf(said + len, sizeof said - len, "%s%.*s ", what, STR_ARG(room));
}

void __wrap_socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                               struct ws_frame *const *frames, uint32_t count);
void __wrap_socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                               struct ws_frame *const *frames, uint32_t count) {
  (void)server;
  (void)frames;
  assert_true(str_is(nsp, "/"));
  assert_int_equal(except, 0);
  assert_int_equal(count, 1);
  say("", room);
}

void __wrap_socketio_emit(struct socketio *server, socketio_id socket, struct ws_frame *const *frames,
                          uint32_t count);
void __wrap_socketio_emit(struct socketio *server, socketio_id socket, struct ws_frame *const *frames,
                          uint32_t count) {
  (void)server;
  (void)frames;
  assert_int_equal(socket, 7);
  assert_int_equal(count, 1);
  say("one", STR(""));
}

static enum status print_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                const char **name, struct buf *json) {
  assert_int_equal(event->ticket_id, ticket->id);
  if (failures > 0) {
    failures--;
    return problem_set(ctx, &problem_unavailable);
  }
  *name = event->kind == EVENT_TICKET_CREATED ? "created" : "moved";
  say(*name, STR(":"));
  buf_add_text(json, "{}");
  return STATUS_OK;
}

static enum status print_technician(struct ctx *ctx, const struct event *event,
                                    const struct technician *technician, const char **name,
                                    struct buf *json) {
  (void)ctx;
  (void)event;
  (void)technician;
  (void)name;
  (void)json;
  fail();
  return STATUS_BROKEN;
}

static enum status print_notice(struct ctx *ctx, const struct notice *notice, int language, const char **name,
                                struct buf *json) {
  (void)ctx;
  assert_int_equal(language, 1);
  assert_true(notice->id > 0);
  *name = "notice";
  say(*name, STR(":"));
  buf_add_text(json, "{}");
  return STATUS_OK;
}

static const struct live_printer printer = {print_ticket, print_technician, print_notice};
static struct live_book book;
static int64_t ended;

static void on_ended(void *app, const struct event *event) {
  (void)app;
  ended = event->account_id;
}

static struct telling begin(struct store *store) {
  struct telling telling = {.ctx = as(store, NULL), .printer = &printer, .book = &book, .ended = on_ended};
  said[0] = '\0';
  failures = 0;
  ended = 0;
  return telling;
}

static void tell_all(struct store *store, struct telling *telling) {
  bool more = true;
  telling->ctx = as(store, NULL);
  while (more) {
    assert_ok(live_tell(telling, &more));
  }
}

static void move(struct store *store, const struct who *who, struct ticket *ticket, enum ticket_status set) {
  const struct ticket_status_change change = {.set = set};
  assert_ok(ticket_set_status(as(store, who), ticket->uuid, &change, ticket));
}

static void each_event_goes_once_to_the_rooms_that_may_read_the_ticket(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &customer);
  tell_all(store, &telling);
  move(store, &manager, &ticket, TICKET_IN_PROGRESS);
  tell_all(store, &telling);
  tell_all(store, &telling);
  assert_str(str_of(said), SQL(store,
                               "created: t1:tickets a%" PRId64 ":tickets t1:unassigned moved: t1:tickets "
                               "a%" PRId64 ":tickets t1:unassigned ",
                               customer.account_id, customer.account_id));
}

static void what_failed_is_told_later_and_nothing_twice(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &customer);
  move(store, &manager, &ticket, TICKET_IN_PROGRESS);
  failures = 2;
  bool more = false;
  for (int i = 0; i < 2; i++) {
    telling.ctx = as(store, NULL);
    assert_int_equal(live_tell(&telling, &more), STATUS_UNAVAILABLE);
    assert_string_equal(said, "");
  }
  tell_all(store, &telling);
  assert_non_null(strstr(said, "created: "));
  assert_non_null(strstr(said, "moved: "));
  assert_null(strstr(strstr(said, "created: ") + 1, "created: "));
  assert_true(strstr(said, "created: ") < strstr(said, "moved: "));
}

static void a_removed_ticket_is_told_to_nobody(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &customer);
  assert_ok(ticket_remove(as(store, &customer), ticket.uuid, false, &ticket));
  tell_all(store, &telling);
  assert_string_equal(said, "");
}

static void notices_are_printed_for_those_who_listen_alone(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &customer);
  tell_all(store, &telling);
  assert_null(strstr(said, "notice"));
  (void)live_book_add(&book, 7, &customer);
  said[0] = '\0';
  move(store, &manager, &ticket, TICKET_IN_PROGRESS);
  tell_all(store, &telling);
  assert_non_null(strstr(said, SQL(store, "notice: a%" PRId64 " ", customer.account_id)));
  assert_true(live_book_drop(&book, 7));
  assert_false(live_book_drop(&book, 7));
  assert_false(live_book_has(&book, customer.account_id));
}

static void a_replay_tells_one_socket_what_it_may_hear_up_to_where_the_others_are(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct who other = person(store, 1, ROLE_CUSTOMER, "Citra", "citra@example.com");
  (void)ticket_of(store, &customer);
  (void)ticket_of(store, &other);
  tell_all(store, &telling);
  (void)ticket_of(store, &customer);
  said[0] = '\0';
  const struct live_socket *socket = live_book_add(&book, 7, &customer);
  struct telling replay = telling;
  replay.only = socket;
  replay.until = &telling.at;
  replay.at = (struct live_offset){{0, 0}, {0, 0}};
  tell_all(store, &replay);
  assert_string_equal(said, "created: one ");
  assert_int_equal(event_position_compare(&replay.at.event, &telling.at.event), 0);
  assert_true(live_book_drop(&book, 7));
}

static enum status end_all(struct ctx *ctx, void *arg) {
  const struct who *who = arg;
  return event_add(
      ctx, &(struct event){
               .tenant_id = who->tenant_id, .kind = EVENT_SESSION_ENDED, .account_id = who->account_id});
}

static void an_ended_session_is_told_to_who_closes_its_sockets(struct store *store) {
  struct telling telling = begin(store);
  struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  assert_ok(db_write(as(store, NULL), end_all, &customer));
  tell_all(store, &telling);
  assert_int_equal(ended, customer.account_id);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(each_event_goes_once_to_the_rooms_that_may_read_the_ticket),
      STORE_TEST(what_failed_is_told_later_and_nothing_twice),
      STORE_TEST(a_removed_ticket_is_told_to_nobody),
      STORE_TEST(notices_are_printed_for_those_who_listen_alone),
      STORE_TEST(a_replay_tells_one_socket_what_it_may_hear_up_to_where_the_others_are),
      STORE_TEST(an_ended_session_is_told_to_who_closes_its_sockets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
