#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/isp/isp_live.h"
#include "api/isp/isp_webhooks.h"
#include "api/ruang/ruang.h"
#include "app/admin.h"
#include "app/command.h"
#include "app/deadlines.h"
#include "app/dialects.h"
#include "app/instance.h"
#include "app/lanes.h"
#include "app/notify.h"
#include "app/system.h"
#include "app/timers.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/account/account.h"
#include "desk/file/file.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket_day.h"
#include "desk/webhook/webhook.h"
#include "live/live.h"
#include "net/http.h"
#include "post/hook.h"

/* `sigap serve`: wires the rooms together, waits for a signal, takes them apart again. */

enum {
  GRACE_MS = 7000,
  PGSQL_THREADS = 16,
  POOL_THREADS = 2,
  EXPORT_THREADS = 3,
  ARENA_MAX = 16 * 1024 * 1024
};

struct server {
  const struct options *options;
  struct arena *arena;
  struct db_config database;
  struct instance_locks locks;
  int admin;   /* listening socket, or -1 */
  int signals; /* signalfd */
  struct lanes *lanes;
  struct kit *kit;
  struct post *post;
  struct hook *hook;
  struct live *live;
  struct http_server *http;
  struct db *db;      /* the main thread's: timers and the command line */
  struct db *live_db; /* the follower's */
  struct db *deadlines_db;
  struct deadlines *deadlines;
  struct timers *timers;
  struct system_view view;
  const struct dialect **dialects; /* documented ones and system's */
  bool first_start;
};

static unsigned cores(void) {
  long found = sysconf(_SC_NPROCESSORS_ONLN);
  return found < 1 ? 1 : (unsigned)found;
}

/* Signals are read in the main loop; no thread is interrupted by them. */
static enum status block_signals(int *fd, char why[256]) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  *fd = signalfd(-1, &set, SFD_CLOEXEC);
  if (*fd < 0) {
    snprintf(why, 256, "Can't wait for signals: %s.", strerror(errno));
    return STATUS_UNAVAILABLE;
  }
  return STATUS_OK;
}

/* As many files as the system lets us have, so that thousands of connections fit. */
static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/* On PostgreSQL, after a commit that other servers shall hear of. */
static void rang(void *app) {
  struct server *server = app;
  if (server->live != NULL) {
    live_ring(server->live);
  }
}

static enum status open_data(struct server *server, char why[256]) {
  const struct options *options = server->options;
  TRY(instance_make(options->data, why));
  TRY(instance_own(options->data, options->database_is_pgsql ? NULL : options->database, &server->locks,
                   why));
  server->database = (struct db_config){options->database, desk_statements,      desk_statement_count,
                                        desk_migrations,   desk_migration_count, ticket_sums_write};
  server->database.rang = rang;
  server->database.app = server;
  int applied = 0;
  enum status status = db_migrate(&server->database, &applied, why);
  if (status != STATUS_OK) {
    command_refuse_database(options, why);
    return status;
  }
  if (applied > 0) {
    LOG(LOG_INFO, "The database was brought up to date.", LOG_N("steps", applied));
  }
  file_setup_url(options->public_url);
  return file_setup(options->data, why);
}

static enum status setup_keys(struct server *server, char why[256]) {
  struct session_keys keys = {.count = 1};
  if (server->options->jwt_secret.len > 0) {
    keys.keys[0] = server->options->jwt_secret;
  } else {
    TRY(instance_key(server->options->data, server->arena, &keys.keys[0], why));
  }
  session_setup(&keys, server->options->login_throttle);
  return STATUS_OK;
}

static enum status setup_ruang(const struct options *options, char why[256]) {
  enum status status = ruang_setup(options->ruang_default_password);
  if (status != STATUS_OK) {
    snprintf(why, 256, "--ruang-default-password %s.", ruang_password_rule);
  }
  return status;
}

static void committed(void *app) {
  struct server *server = app;
  if (server->post != NULL) {
    post_wake(server->post);
  }
  if (server->hook != NULL) {
    hook_wake(server->hook);
  }
  if (server->live != NULL) {
    live_wake(server->live);
  }
}

static enum status open_lanes(struct server *server, unsigned threads, char why[256]) {
  struct lanes_config config = {
      .database = &server->database,
      .pgsql = server->options->database_is_pgsql,
      .loops = threads,
      .hash_threads = cores() > 2 ? 2 : 1,
      .pool_threads = POOL_THREADS,
      .export_threads = EXPORT_THREADS,
      .pgsql_threads = PGSQL_THREADS,
      .committed = committed,
      .app = server,
  };
  TRY(lanes_new(&config, &server->lanes, why));
  TRY(lanes_connect(server->lanes, &server->db, why));
  struct db *post_db = NULL;
  TRY(lanes_connect(server->lanes, &post_db, why));
  struct post_config post = {.smtp_url = server->options->smtp,
                             .data_dir = server->options->data,
                             .mail_from = server->options->mail_from,
                             .public_url = server->options->public_url};
  enum status status = post_new(&post, post_db, &server->post, why);
  if (status != STATUS_OK) {
    db_close(post_db);
  }
  return status;
}

static enum status open_hook(struct server *server, char why[256]) {
  struct db *db = NULL;
  webhook_setup(server->options->webhook_private);
  TRY(lanes_connect(server->lanes, &db, why));
  server->hook = hook_new(db, &(struct hook_printer){isp_webhook_ticket, isp_webhook_technician});
  return STATUS_OK;
}

/* One short piece of desk work on the main thread's connection. */
static enum status desk_work(struct server *server,
                             enum status (*work)(struct ctx *ctx, struct server *server), char why[256]) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = server->db, .now_us = time_now_us()};
  enum status status = work(&ctx, server);
  if (status != STATUS_OK) {
    snprintf(why, 256, "The desk can't be made ready: %s The lines above say why.",
             ctx.problem.kind != NULL ? ctx.problem.kind->sentence : status_meaning(status));
  }
  return status;
}

static enum status prepare_desk(struct ctx *ctx, struct server *server) {
  TRY(ticket_sums_repair(ctx));
  if (server->options->timezone != NULL) {
    TRY(tenant_set_timezone(ctx, TENANT_OPERATOR, str_of(server->options->timezone)));
  }
  return account_first_staff(ctx, TENANT_OPERATOR, &server->first_start);
}

static void build_kit(struct server *server) {
  size_t count = 0;
  while (documented_dialects[count] != NULL) {
    count++;
  }
  server->dialects = arena_array(server->arena, count + 1, sizeof *server->dialects);
  memcpy(server->dialects, documented_dialects, count * sizeof *server->dialects);
  server->dialects[count] = &system_dialect;
  struct kit_config config = {.dialects = server->dialects,
                              .dialect_count = count + 1,
                              .lanes = lanes_face(server->lanes),
                              .cors_origins = server->options->cors_origins,
                              .rate_limit_per_minute = server->options->rate_limit,
                              .public_url = server->options->public_url};
  server->kit = kit_new(&config);
}

/* ---- sockets ---- */

static bool is_for_sockets(const struct http_exchange *exchange) {
  return str_is(exchange->head.path, "/socket.io/");
}

static bool on_head(void *app, struct http_exchange *exchange) {
  struct server *server = app;
  if (!is_for_sockets(exchange)) {
    return kit_head(server->kit, exchange);
  }
  kit_cors(server->kit, exchange);
  return eio_server_head(live_engine(server->live), exchange);
}

static void on_request(void *app, struct http_exchange *exchange) {
  struct server *server = app;
  if (is_for_sockets(exchange)) {
    eio_server_request(live_engine(server->live), exchange);
  } else {
    kit_request(server->kit, exchange);
  }
}

static void on_refuse(void *app, struct http_exchange *exchange) {
  kit_refuse(((struct server *)app)->kit, exchange);
}

/* A request of the sockets is no call of the kit's. */
static void on_done(void *app, const struct http_exchange *exchange) {
  if (!is_for_sockets(exchange)) {
    kit_done(((struct server *)app)->kit, exchange);
  }
}

static enum status open_live(struct server *server, unsigned threads, char why[256]) {
  TRY(lanes_connect(server->lanes, &server->live_db, why));
  server->live = live_new(&(struct live_config){
      .db = server->live_db,
      .bell_url = server->options->database_is_pgsql ? server->options->database : NULL,
      .printer = {isp_live_ticket, isp_live_technician, isp_live_notice},
      .ping_interval_ms = server->options->ping_interval_ms,
      .ping_timeout_ms = server->options->ping_timeout_ms,
      .threads = threads,
  });
  return STATUS_OK;
}

static enum status open_http(struct server *server, unsigned threads, char why[256]) {
  const struct options *options = server->options;
  const char *new_files = str_format(server->arena, "%s/files/new", options->data).at;
  struct http_config config = {
      .address = options->listen_address,
      .port = options->listen_port,
      .threads = threads,
      .limits = http_limits_default,
      .trusted_proxies = options->trusted_proxies,
      .spool_dir = new_files,
      .callbacks = {
          .app = server, .head = on_head, .request = on_request, .refuse = on_refuse, .done = on_done}};
  const char *reason = NULL;
  enum status status = http_server_new(&config, &server->http, &reason);
  if (status != STATUS_OK) {
    snprintf(why, 256, "Can't listen on %s port %u: %s. Choose another --listen, or stop what serves there.",
             options->listen_address, (unsigned)options->listen_port, reason);
    return status;
  }
  eio_server_bind(live_engine(server->live), server->http);
  return STATUS_OK;
}

static void print_address(const struct server *server, const char *address, char out[64]) {
  bool ipv6 = strchr(address, ':') != NULL;
  snprintf(out, 64, "http://%s%s%s:%u", ipv6 ? "[" : "", address, ipv6 ? "]" : "",
           (unsigned)http_server_port(server->http));
}

/* The first line holds the address; the next tell a newcomer what to do. */
static void greet(const struct server *server) {
  const struct options *options = server->options;
  const char *listens = options->listen_address;
  char url[64];
  print_address(server, listens, url);
  printf("Sigap " SIGAP_VERSION " serves on %s\n", url);
  /* All addresses of this machine are none that a browser goes to. */
  if (strcmp(listens, "0.0.0.0") == 0 || strcmp(listens, "::") == 0) {
    print_address(server, "localhost", url);
  }
  printf("Documentation: %s/docs · health: /readyz · counters: /metrics\n", url);
  printf("Data: %s · database: %s\n", options->data, options->database_is_pgsql ? "PostgreSQL" : "SQLite");
  if (options->smtp == NULL) {
    printf("Mail: no --smtp, so mails are written to %s/mail\n", options->data);
  }
  if (server->first_start) {
    const char *place =
        options->data[0] == '/' ? "in another terminal" : "in another terminal, in this folder";
    printf(
        "\nNobody can administer this desk yet. Leave this running. Make the first administrator %s:\n\n"
        "  echo 'A-good-passw0rd!' | %s user add --data %s \\\n"
        "    --email you@example.com --name 'Your Name' --role super_admin --password-stdin\n\n"
        "and sign in with that address and password at %s/docs.\n\n"
        "Or fill it with a demonstration (only to try it: nothing takes it out again), which also tells who "
        "can sign in:\n\n"
        "  %s demo --data %s\n\n",
        place, program_invocation_name, options->data, url, program_invocation_name, options->data);
  }
  fflush(stdout);
}

static enum status start(struct server *server, char why[256]) {
  unsigned threads = server->options->threads != 0 ? server->options->threads : cores();
  TRY(block_signals(&server->signals, why));
  raise_file_limit();
  TRY(open_data(server, why));
  TRY(setup_keys(server, why));
  TRY(setup_ruang(server->options, why));
  TRY(open_lanes(server, threads, why));
  TRY(open_hook(server, why));
  TRY(desk_work(server, prepare_desk, why));
  build_kit(server);
  TRY(timers_new(server->options, server->db, &server->view, &server->timers, why));
  TRY(lanes_connect(server->lanes, &server->deadlines_db, why));
  server->deadlines = deadlines_new(server->deadlines_db, &server->view, server->options->clock_file != NULL);
  TRY(open_live(server, threads, why));
  TRY(open_http(server, threads, why));
  TRY(admin_listen(server->options->data, &server->admin, why));
  server->view.kit = server->kit;
  server->view.lanes = server->lanes;
  server->view.post = server->post;
  server->view.hook = server->hook;
  server->view.live = server->live;
  server->view.server = server->http;
  server->view.dialects = documented_dialects;
  server->view.public_url = server->options->public_url;
  server->view.started_at = time_now_us();
  atomic_store(&server->view.ready, true);
  system_setup(&server->view);
  lanes_start(server->lanes);
  http_server_start(server->http);
  live_start(server->live);
  post_start(server->post);
  hook_start(server->hook);
  deadlines_start(server->deadlines);
  return STATUS_OK;
}

static int client_command(void *app, int argc, char **argv, struct str input, struct buf *out,
                          struct buf *err) {
  struct server *server = app;
  return command_for_client(server->db, argc, argv, input, out, err);
}

/* Until a signal: the command line's clients and the timers, one thing at a time. */
static void wait_for_end(struct server *server) {
  struct pollfd polled[] = {{.fd = server->signals, .events = POLLIN},
                            {.fd = server->admin, .events = POLLIN}};
  for (;;) {
    int ready = poll(polled, 2, timers_run(server->timers));
    if (ready > 0 && (polled[0].revents & POLLIN) != 0) {
      return;
    }
    if (ready > 0 && (polled[1].revents & POLLIN) != 0) {
      admin_serve_one(server->admin, server->signals, client_command, server);
    }
  }
}

static void *stop_post(void *arg) {
  struct server *server = arg;
  post_stop(server->post);
  hook_stop(server->hook);
  return NULL;
}

/* In the order that keeps every promise: no new requests, running ones end, their writes commit. Mails and
 * webhooks under way end meanwhile, so that one grace is not added to the other. */
static void stop(struct server *server) {
  atomic_store(&server->view.stopping, true);
  admin_close(server->options->data, server->admin);
  pthread_t mail_ends;
  bool beside = pthread_create(&mail_ends, NULL, stop_post, server) == 0;
  deadlines_stop(server->deadlines);
  live_stop(server->live);
  http_server_stop(server->http, GRACE_MS);
  lanes_stop(server->lanes);
  if (beside) {
    pthread_join(mail_ends, NULL);
  } else {
    stop_post(server);
  }
  /* The last marks of both went through it; afterwards nobody wakes them. */
  lanes_end_writes(server->lanes);
  http_server_free(server->http);
  live_free(server->live);
  db_close(server->live_db);
  post_free(server->post);
  hook_free(server->hook);
  timers_free(server->timers);
  deadlines_free(server->deadlines);
  db_close(server->deadlines_db);
  db_close(server->db);
  kit_free(server->kit);
  lanes_free(server->lanes);
  instance_disown(&server->locks);
  if (server->signals >= 0) {
    close(server->signals);
  }
}

int command_serve(const struct options *options) {
  /* Few heaps: memory that one thread frees serves the others, and an idle server stays small. */
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct server server = {
      .options = options, .arena = arena, .locks = INSTANCE_UNLOCKED, .admin = -1, .signals = -1};
  char why[256] = "";
  if (start(&server, why) != STATUS_OK) {
    fprintf(stderr, "sigap: %s\n", why);
    /* Nothing runs yet but what start() made: the process's end takes it back. */
    instance_disown(&server.locks);
    return 1;
  }
  greet(&server);
  notify_manager("READY=1");
  wait_for_end(&server);
  notify_manager("STOPPING=1");
  LOG(LOG_INFO, "Stopping: requests under way are finished first.");
  stop(&server);
  LOG(LOG_INFO, "Stopped.");
  return 0;
}
