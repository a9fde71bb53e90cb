#include "post/hook.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/webhook/webhook.h"
#include "post/hook_follow.h"
#include "post/hook_http.h"

/* The sender: one thread that writes deliveries and sends them. */

enum {
  ARENA_MAX_BYTES = 64 * 1024 * 1024,
  NICENESS = 10,
  STOP_GRACE_S = 2, /* for what is under way */
  LOOK_MS = 1000,   /* by the clock: what is due, other servers' events, the first endpoint */
  WOKEN_MS = 20,    /* from one look to the next at the soonest, however many wake */
  LEASE_S = 60,     /* a try and its mark end before */
  SWEEP_ROWS = 500,
  SWEEP_S = 3600,
};
#define MS_NS INT64_C(1000000)

struct hook {
  struct db *db;
  struct hook_printer printer;
  int wake_fd;
  pthread_t thread;
  bool started, joined;
  _Atomic bool woken;
  _Atomic uint64_t delivered, retried, failed, disabled;
  _Atomic int64_t stop_at_ns; /* 0: nobody asked to stop; else when what is under way is put off */

  /* the thread's own */
  struct arena *arena;
  struct hook_http *http; /* NULL until there is an endpoint: a desk without is spared the TLS libraries */
  bool any;               /* there are endpoints */
  bool again;             /* there may be more at once */
  int64_t looked_ns, swept_ns;
};

/* ---- making and ending ---- */

struct hook *hook_new(struct db *db, const struct hook_printer *printer) {
  struct hook *hook = calloc(1, sizeof *hook);
  if (hook == NULL) {
    die("Out of memory.");
  }
  hook->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (hook->wake_fd < 0) {
    die("The thread that sends webhooks can't be woken: no file is left.");
  }
  hook->arena = arena_new(ARENA_MAX_BYTES);
  hook->db = db;
  hook->printer = *printer;
  return hook;
}

void hook_free(struct hook *hook) {
  if (hook == NULL) {
    return;
  }
  arena_free(hook->arena);
  close(hook->wake_fd);
  db_close(hook->db);
  free(hook);
}

static void ring(struct hook *hook) {
  uint64_t one = 1;
  if (write(hook->wake_fd, &one, sizeof one) < 0) {
    return; /* it is rung already */
  }
}

void hook_wake(struct hook *hook) {
  if (!atomic_exchange(&hook->woken, true)) {
    ring(hook);
  }
}

static bool is_stopping(struct hook *hook) {
  return atomic_load(&hook->stop_at_ns) != 0;
}

/* ---- a try ended ---- */

static void tell(struct hook *hook, const struct webhook_outcome *outcome, int state, int disabled) {
  atomic_fetch_add(state == WEBHOOK_DELIVERED ? &hook->delivered
                   : state == WEBHOOK_FAILED  ? &hook->failed
                                              : &hook->retried,
                   1);
  if (state != WEBHOOK_DELIVERED) {
    LOG(LOG_INFO, state == WEBHOOK_FAILED ? "A webhook was given up" : "A webhook is to be tried again",
        LOG_N("webhook", outcome->webhook_id), LOG_N("delivery", outcome->delivery_id),
        LOG_N("tries", outcome->tries), LOG_N("http", outcome->http_status));
  }
  if (disabled != WEBHOOK_NOT_DISABLED) {
    atomic_fetch_add(&hook->disabled, 1);
    LOG(LOG_WARN, "A webhook was disabled", LOG_N("webhook", outcome->webhook_id),
        LOG_S("reason", disabled == WEBHOOK_GONE ? "gone" : "failing"));
  }
}

/* A mark that the store does not take is lost: then the lease runs out, and the delivery is repeated. */
static void done(void *arg, const struct webhook_outcome *outcome) {
  struct hook *hook = arg;
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX_BYTES); /* the hook's holds what is sent next */
  struct ctx ctx = {.arena = arena, .db = hook->db, .now_us = time_now_us()};
  int state = 0;
  int disabled = 0;
  hook->again = true;
  enum status status = webhook_mark(&ctx, outcome, &state, &disabled);
  if (status != STATUS_OK) {
    LOG(LOG_ERROR, "The outcome of a webhook could not be stored; it will be repeated",
        LOG_N("delivery", outcome->delivery_id), LOG_S("status", status_name(status)));
  } else if (outcome->how != WEBHOOK_PUT_OFF) {
    tell(hook, outcome, state, disabled);
  }
}

/* ---- the thread ---- */

static enum status send_due(struct hook *hook, struct ctx *ctx) {
  struct webhook_sending *sendings = NULL;
  size_t count = 0;
  unsigned room = hook_http_room(hook->http);
  if (room == 0) {
    return STATUS_OK;
  }
  TRY(webhook_take(ctx, room, ctx->now_us + LEASE_S * TIME_SECOND_US, &sendings, &count));
  for (size_t i = 0; i < count; i++) {
    hook_http_send(hook->http, &sendings[i]);
  }
  return STATUS_OK;
}

static enum status sweep(struct hook *hook, struct ctx *ctx) {
  int64_t now_ns = time_monotonic_ns();
  if (hook->swept_ns != 0 && now_ns - hook->swept_ns < SWEEP_S * INT64_C(1000) * MS_NS) {
    return STATUS_OK;
  }
  int64_t dropped = 0;
  TRY(webhook_sweep(ctx, SWEEP_ROWS, &dropped));
  hook->swept_ns = dropped < SWEEP_ROWS ? now_ns : 0;
  return STATUS_OK;
}

static enum status look(struct hook *hook) {
  arena_reset(hook->arena);
  struct ctx ctx = {.arena = hook->arena, .db = hook->db, .now_us = time_now_us()};
  bool more = false;
  TRY(sweep(hook, &ctx));
  TRY(webhook_any(&ctx, &hook->any));
  if (!hook->any) {
    return STATUS_OK;
  }
  if (hook->http == NULL) {
    hook->http = hook_http_new(done, hook);
  }
  TRY(hook_follow(&ctx, &hook->printer, &more));
  hook->again |= more;
  return send_due(hook, &ctx);
}

/* When to look again. */
static int64_t next_look_ns(struct hook *hook) {
  bool soon = hook->again || (hook->any && atomic_load(&hook->woken));
  return hook->looked_ns + (hook->again ? 0 : soon ? WOKEN_MS : LOOK_MS) * MS_NS;
}

static int until_look_ms(struct hook *hook) {
  int64_t left_ns = next_look_ns(hook) - time_monotonic_ns();
  return left_ns > 0 ? (int)(left_ns / MS_NS) + 1 : 0;
}

/* Goes on with what is under way until something happens, or it is time to look. */
static void go_on(struct hook *hook, int most_ms) {
  struct pollfd polled = {.fd = hook->wake_fd, .events = POLLIN};
  if (hook->http != NULL) {
    hook_http_run(hook->http, hook->wake_fd, most_ms);
  } else {
    (void)poll(&polled, 1, most_ms);
  }
  uint64_t rung;
  if (read(hook->wake_fd, &rung, sizeof rung) < 0) {
    return; /* nobody rang */
  }
}

static void *run(void *arg) {
  struct hook *hook = arg;
  bool failing = false;
  (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
  while (!is_stopping(hook)) {
    if (until_look_ms(hook) == 0) {
      hook->again = false;
      atomic_store(&hook->woken, false);
      enum status status = look(hook);
      hook->looked_ns = time_monotonic_ns();
      if (status != STATUS_OK && !failing) {
        LOG(LOG_ERROR, "Webhooks can't be looked after", LOG_S("status", status_name(status)));
      }
      failing = status != STATUS_OK;
    }
    go_on(hook, until_look_ms(hook));
  }
  while (hook->http != NULL && hook_http_room(hook->http) < HOOK_HTTP_SLOTS &&
         time_monotonic_ns() < atomic_load(&hook->stop_at_ns)) {
    go_on(hook, WOKEN_MS);
  }
  hook_http_free(hook->http);
  return NULL;
}

void hook_start(struct hook *hook) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&hook->thread, NULL, run, hook);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    die("The thread that sends webhooks can't be started.");
  }
  (void)pthread_setname_np(hook->thread, "hook");
  hook->started = true;
}

void hook_stop(struct hook *hook) {
  if (!hook->started || hook->joined) {
    return;
  }
  atomic_store(&hook->stop_at_ns, time_monotonic_ns() + STOP_GRACE_S * INT64_C(1000) * MS_NS);
  ring(hook);
  pthread_join(hook->thread, NULL);
  hook->joined = true;
}

void hook_stats(struct hook *hook, struct hook_stats *out) {
  *out = (struct hook_stats){
      .delivered = atomic_load(&hook->delivered),
      .retried = atomic_load(&hook->retried),
      .failed = atomic_load(&hook->failed),
      .disabled = atomic_load(&hook->disabled),
  };
}
