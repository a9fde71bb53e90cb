#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "live/internal.h"
#include "people.h"

/* The follower with its thread, on a real store. The sockets' server is replaced at the link (meson.build):
 * the test plays the loops that tell of clients, and writes down what is done to them. */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[256 * 1024];
static struct socketio_callbacks client; /* the follower's ears */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
  pthread_mutex_lock(&lock);
  size_t len = strlen(said);
  va_list args;
  va_start(args, format);
  vsnprintf(said + len, sizeof said - len, format, args);
  va_end(args);
  pthread_mutex_unlock(&lock);
}

static void silence(void) {
  pthread_mutex_lock(&lock);
  said[0] = '\0';
  pthread_mutex_unlock(&lock);
}

static bool was_said(const char *part) {
  pthread_mutex_lock(&lock);
  bool found = strstr(said, part) != NULL;
  pthread_mutex_unlock(&lock);
  return found;
}

static void await(const char *part) {
  for (int i = 0; i < 20000 && !was_said(part); i++) {
    usleep(1000);
  }
  if (!was_said(part)) {
    fail_msg("\"%s\" is not in: %s", part, said);
  }
}

static unsigned count_said(const char *part) {
  unsigned count = 0;
  pthread_mutex_lock(&lock);
  for (const char *at = said; (at = strstr(at, part)) != NULL; at += strlen(part)) {
    count++;
  }
  pthread_mutex_unlock(&lock);
  return count;
}

struct socketio *__real_socketio_new(const struct socketio_config *config);
struct socketio *__wrap_socketio_new(const struct socketio_config *config);
struct socketio *__wrap_socketio_new(const struct socketio_config *config) {
  client = config->callbacks;
  return __real_socketio_new(config);
}
void __wrap_socketio_accept_as(struct socketio *server, socketio_id id, struct str sid, struct str pid);
void __wrap_socketio_accept_as(struct socketio *server, socketio_id id, struct str sid, struct str pid) {
  (void)server;
  assert_true(sid.len > 0 && pid.len > 0);
  say("accept %u; ", (unsigned)id);
}
void __wrap_socketio_refuse(struct socketio *server, socketio_id id, struct str error);
void __wrap_socketio_refuse(struct socketio *server, socketio_id id, struct str error) {
  (void)server;
  say("refuse %u %.*s; ", (unsigned)id, STR_ARG(error));
}
void __wrap_socketio_join(struct socketio *server, socketio_id id, struct str room);
void __wrap_socketio_join(struct socketio *server, socketio_id id, struct str room) {
  (void)server;
  say("join %u %.*s; ", (unsigned)id, STR_ARG(room));
}
void __wrap_socketio_disconnect(struct socketio *server, socketio_id id, bool whole_session);
void __wrap_socketio_disconnect(struct socketio *server, socketio_id id, bool whole_session) {
  (void)server;
  assert_true(whole_session);
  say("close %u; ", (unsigned)id);
}
void __wrap_socketio_emit(struct socketio *server, socketio_id id, struct ws_frame *const *frames,
                          uint32_t count);
void __wrap_socketio_emit(struct socketio *server, socketio_id id, struct ws_frame *const *frames,
                          uint32_t count) {
  (void)server;
  (void)frames;
  say("send %u %u; ", (unsigned)id, (unsigned)count);
}
void __wrap_socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                               struct ws_frame *const *frames, uint32_t count);
void __wrap_socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                               struct ws_frame *const *frames, uint32_t count) {
  (void)server;
  (void)nsp;
  (void)except;
  (void)frames;
  (void)count;
  say("tell %.*s; ", STR_ARG(room));
}

/* No HTTP server runs: there are no loops to be told. */
void __wrap_eio_server_stop(struct eio_server *engine);
void __wrap_eio_server_stop(struct eio_server *engine) {
  (void)engine;
  say("stop; ");
}

/* ---- printers ---- */

static enum status print_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                const char **name, struct buf *json) {
  (void)ctx;
  (void)event;
  *name = "ticket";
  buf_format(json, "{\"id\":%" PRId64 "}", ticket->id);
  return STATUS_OK;
}
static enum status print_technician(struct ctx *ctx, const struct event *event,
                                    const struct technician *technician, const char **name,
                                    struct buf *json) {
  (void)ctx;
  (void)event;
  (void)technician;
  (void)json;
  *name = NULL;
  return STATUS_OK;
}
static enum status print_notice(struct ctx *ctx, const struct notice *notice, int language, const char **name,
                                struct buf *json) {
  (void)ctx;
  (void)notice;
  (void)language;
  (void)json;
  *name = NULL;
  return STATUS_OK;
}

/* ---- a test's world ---- */

static struct live *live;
static struct ctx follower;

static void begin(struct store *store) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  silence();
  session_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1}, false);
  store->ctx.now_us = time_now_us();
  follower = store_open(store, DB_READ);
  live = live_new(&(struct live_config){.db = follower.db,
                                        .bell_url = store->pgsql ? store->url : NULL,
                                        .printer = {print_ticket, print_technician, print_notice},
                                        .ping_interval_ms = 25000,
                                        .ping_timeout_ms = 20000,
                                        .threads = 1});
}

static void end(void) {
  live_stop(live);
  live_stop(live);
  assert_int_equal(count_said("stop; "), 1); /* twice does nothing more */
  live_free(live);
  store_close(&follower);
}

struct guest {
  struct who who;
  struct session_token session;
};

static enum status open_session(struct ctx *ctx, void *arg) {
  struct guest *guest = arg;
  struct account account;
  TRY(account_by_id(ctx, guest->who.tenant_id, guest->who.account_id, &account));
  TRY(session_open(ctx, &account, 3600, &guest->session));
  guest->who.session_id = guest->session.session_id;
  return STATUS_OK;
}

static struct guest guest_of(struct store *store, enum role role, const char *name, const char *email) {
  struct guest guest = {.who = person(store, 1, role, name, email)};
  assert_ok(db_write(as(store, NULL), open_session, &guest));
  return guest;
}

static void knock(struct store *store, socketio_id id, const struct guest *guest, const char *more) {
  const char *auth = SQL(store, "{\"token\":\"%.*s\"%s}", STR_ARG(guest->session.token), more);
  client.connect(client.app, id, STR("/"), str_of(auth));
}

static void await_open(uint32_t count) {
  for (int i = 0; i < 20000 && live_sockets(live) != count; i++) {
    usleep(1000);
  }
  assert_int_equal(live_sockets(live), count);
}

/* ---- at the door ---- */

static void who_shows_a_token_is_let_in_and_joins_the_rooms_of_its_role(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct guest budi = guest_of(store, ROLE_MANAGER, "Budi", "budi@example.com");
  live_start(live);
  knock(store, 7, &ani, "");
  const char *bearer = SQL(store, "{\"token\":\"bearer %.*s\"}", STR_ARG(budi.session.token));
  client.connect(client.app, 8, STR("/"), str_of(bearer));
  await_open(2);
  await("join 8 t1:technicians; ");
  char own[32];
  snprintf(own, sizeof own, "join 7 a%" PRId64 ":tickets; ", ani.who.account_id);
  await(own);
  assert_true(was_said("accept 7; join 7 a"));
  assert_true(was_said("join 8 t1:tickets; "));
  assert_false(was_said("join 7 t1:tickets"));
  end();
}

static void who_shows_none_or_wants_elsewhere_is_refused(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  live_start(live);
  knock(store, 6, &ani, ",\"offset\":7");
  client.connect(client.app, 7, STR("/"), STR_NONE);
  client.connect(client.app, 8, STR("/"), STR("{\"token\":\"nonsense\"}"));
  client.connect(client.app, 9, STR("/"), STR("{}"));
  client.connect(client.app, 10, STR("/admin"), STR("{}"));
  struct str long_one = {arena_alloc(store->ctx.arena, 9000), 9000};
  memset((char *)long_one.at, ' ', 9000);
  client.connect(client.app, 11, STR("/"), long_one);
  for (int id = 6; id <= 11; id++) {
    await(SQL(store, "refuse %d {\"message\":\"%s\"}", id, id == 10 ? "Invalid namespace" : "Unauthorized"));
  }
  assert_false(was_said("accept"));
  assert_int_equal(live_sockets(live), 0);
  end();
}

static void a_client_that_left_before_it_was_heard_gets_no_answer(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (socketio_id id = 1; id <= 5; id++) {
    knock(store, id, &ani, "");
  }
  client.disconnect(client.app, 5, "gone"); /* the last of them, the first, and one between */
  client.disconnect(client.app, 1, "gone");
  client.disconnect(client.app, 3, "gone");
  knock(store, 6, &ani, "");
  live_start(live);
  await_open(3);
  await("accept 6; ");
  assert_true(was_said("accept 2; "));
  assert_true(was_said("accept 4; "));
  assert_int_equal(count_said("accept"), 3);
  end();
}

static void a_crowd_that_comes_and_leaves_at_once_leaves_nobody(struct store *store) {
  enum { CROWD = 600 };
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  live_start(live);
  for (socketio_id id = 1; id <= CROWD; id++) {
    knock(store, id, &ani, "");
  }
  await_open(CROWD);
  for (socketio_id id = 1; id <= CROWD; id++) {
    client.disconnect(client.app, id, "gone");
  }
  await_open(0);
  assert_false(was_said("close"));
  end();
}

/* ---- what is told ---- */

static void what_is_committed_is_told_whether_it_was_woken_or_not(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  (void)ticket_of(store, &ani.who); /* before anybody listened: not told */
  live_start(live);
  knock(store, 7, &ani, "");
  await_open(1);
  for (int woken = 0; woken < 2; woken++) {
    silence();
    (void)ticket_of(store, &ani.who);
    if (woken) {
      live_wake(live);
      live_ring(live);
    }
    await("tell t1:tickets; ");
    assert_int_equal(count_said("tell t1:tickets; "), 1);
  }
  client.disconnect(client.app, 7, "gone");
  await_open(0);
  silence();
  (void)ticket_of(store, &ani.who);
  usleep(150000);
  assert_false(was_said("tell")); /* nobody listens */
  end();
}

static void who_comes_back_with_no_position_of_ours_is_to_synchronise(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  live_start(live);
  knock(store, 7, &ani, ",\"offset\":\"nonsense\"");
  await("send 7 1; ");
  knock(store, 8, &ani, "");
  await("join 8");
  assert_false(was_said("send 8"));
  end();
}

/* ---- closing ---- */

static enum status end_session(struct ctx *ctx, void *arg) {
  (void)arg;
  return session_end(ctx);
}

static enum status end_account(struct ctx *ctx, void *arg) {
  const struct guest *guest = arg;
  return session_end_account(ctx, guest->who.account_id, guest->who.session_id);
}

static enum status end_tenant(struct ctx *ctx, void *arg) {
  (void)arg;
  return session_end_tenant(ctx, 1);
}

static void sockets_of_an_ended_session_are_closed_and_no_others(struct store *store) {
  begin(store);
  struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct guest again = ani;
  assert_ok(db_write(as(store, NULL), open_session, &again));
  const struct guest budi = guest_of(store, ROLE_MANAGER, "Budi", "budi@example.com");
  live_start(live);
  knock(store, 1, &ani, "");
  knock(store, 2, &ani, "");
  knock(store, 3, &again, "");
  knock(store, 4, &budi, "");
  await_open(4);
  assert_ok(db_write(as(store, &ani.who), end_session, NULL));
  await("close 1; ");
  await("close 2; ");
  await_open(2);
  assert_false(was_said("close 3") || was_said("close 4"));
  /* All of the account but one: who came by it stays. */
  struct guest third = ani;
  assert_ok(db_write(as(store, NULL), open_session, &third));
  knock(store, 5, &third, "");
  await_open(3);
  assert_ok(db_write(as(store, NULL), end_account, &third));
  await("close 3; ");
  await_open(2);
  assert_false(was_said("close 5") || was_said("close 4"));
  assert_ok(db_write(as(store, NULL), end_tenant, NULL));
  await_open(0);
  assert_true(was_said("close 5; ") && was_said("close 4; "));
  end();
}

static void a_socket_ends_with_its_session_unless_that_was_lengthened(struct store *store) {
  begin(store);
  const struct guest ani = guest_of(store, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct guest budi = guest_of(store, ROLE_MANAGER, "Budi", "budi@example.com");
  const char *expiry = "UPDATE session SET expires_at = %" PRId64 " WHERE id = %" PRId64;
  int64_t soon = time_now_us() + 1500000;
  store_sql(store, SQL(store, expiry, soon, ani.session.session_id));
  store_sql(store, SQL(store, expiry, soon, budi.session.session_id));
  live_start(live);
  knock(store, 1, &ani, "");
  knock(store, 2, &budi, "");
  await_open(2);
  store_sql(store, SQL(store, expiry, soon + TIME_HOUR_US, budi.session.session_id));
  await("close 1; ");
  await_open(1);
  assert_true(time_now_us() >= soon);
  usleep(700000); /* another look at the sessions */
  assert_false(was_said("close 2"));
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(who_shows_a_token_is_let_in_and_joins_the_rooms_of_its_role),
      STORE_TEST(who_shows_none_or_wants_elsewhere_is_refused),
      STORE_TEST(a_client_that_left_before_it_was_heard_gets_no_answer),
      STORE_TEST(a_crowd_that_comes_and_leaves_at_once_leaves_nobody),
      STORE_TEST(what_is_committed_is_told_whether_it_was_woken_or_not),
      STORE_TEST(who_comes_back_with_no_position_of_ours_is_to_synchronise),
      STORE_TEST(sockets_of_an_ended_session_are_closed_and_no_others),
      STORE_TEST(a_socket_ends_with_its_session_unless_that_was_lengthened),
  };
  return STORE_RUN(tests);
}
