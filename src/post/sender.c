#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/mail/mail.h"
#include "post/compose.h"
#include "post/file.h"
#include "post/pause.h"
#include "post/post.h"
#include "post/smtp.h"

enum {
  ARENA_MAX_BYTES = 8 * 1024 * 1024,
  STOP_GRACE_S = 5, /* for the mail under way */
  NICENESS = 10,
  IDLE_CLOSE_S = 10, /* how long a connection waits for the next mail */
  LOOK_S = 30,       /* how often the outbox is looked at without being told: leases of nodes that died */
  LEASE_S = 300,     /* a try ends before: connect and transfer twice, and the mark */
  STORE_PAUSE_S = 5, /* after a failure of the store */
};

struct post {
  struct db *db;
  struct smtp *smtp; /* NULL: files */
  char *data_dir, *mail_from, *public_url;
  struct compose_config compose;
  pthread_t thread;
  bool started, joined;

  _Atomic bool woken;
  _Atomic int64_t stop_at_ns; /* 0: nobody asked to stop; else when the mail under way is broken off */
  pthread_mutex_t lock;       /* of the condition and the stats */
  pthread_cond_t changed;
  struct post_stats stats;

  /* the thread's own */
  struct arena *arena;
  struct buf message;
  int64_t next_due;    /* wall clock; 0: nothing waits */
  int64_t hold_until;  /* wall clock; 0: the server is well */
  unsigned holds;      /* in a row */
  int64_t close_at_ns; /* when the idle connection is closed; 0: there is none */
};

/* ---- making and ending ---- */

static char *copy_text(const char *text) {
  if (text == NULL) {
    return NULL;
  }
  char *copy = strdup(text);
  if (copy == NULL) {
    die("Out of memory.");
  }
  return copy;
}

enum status post_check_url(const char *smtp_url, char why[256]) {
  struct smtp *smtp = NULL;
  TRY(smtp_new(smtp_url, &smtp, why));
  smtp_free(smtp);
  return STATUS_OK;
}

static enum status check_texts(struct post *post, char why[256]) {
  if (post->mail_from == NULL || compose_parse_from(str_of(post->mail_from), &post->compose) != STATUS_OK) {
    snprintf(why, 256, "The sender of mails must look like \"Name <address@host>\" or address@host.");
    return STATUS_INVALID;
  }
  if (post->public_url != NULL) {
    struct str url = str_of(post->public_url);
    if (!str_starts(url, "https://") && !str_starts(url, "http://")) {
      snprintf(why, 256, "The public address must begin with https:// or http://.");
      return STATUS_INVALID;
    }
    while (str_ends(url, "/")) {
      url.len--;
    }
    post->compose.public_url = url;
  }
  return STATUS_OK;
}

static enum status set_up(struct post *post, const struct post_config *config, char why[256]) {
  TRY(check_texts(post, why));
  if (config->smtp_url != NULL) {
    return smtp_new(config->smtp_url, &post->smtp, why);
  }
  if (config->data_dir == NULL) {
    snprintf(why, 256, "Mails need an SMTP server or a data directory to be written to.");
    return STATUS_INVALID;
  }
  return post_file_prepare(config->data_dir, why);
}

enum status post_new(const struct post_config *config, struct db *db, struct post **out, char why[256]) {
  struct post *post = calloc(1, sizeof(*post));
  /* A desk without a mail server is spared the megabytes of the TLS libraries. */
  if (post == NULL || (config->smtp_url != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)) {
    die("Out of memory.");
  }
  post->data_dir = copy_text(config->data_dir);
  post->mail_from = copy_text(config->mail_from);
  post->public_url = copy_text(config->public_url);
  buf_init(&post->message, COMPOSE_MAX_BYTES);
  pthread_mutex_init(&post->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&post->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  enum status status = set_up(post, config, why);
  if (status != STATUS_OK) {
    post_free(post);
    return status;
  }
  post->arena = arena_new(ARENA_MAX_BYTES);
  post->db = db;
  *out = post;
  return STATUS_OK;
}

void post_free(struct post *post) {
  if (post == NULL) {
    return;
  }
  smtp_free(post->smtp);
  arena_free(post->arena);
  buf_release(&post->message);
  if (post->db != NULL) {
    db_close(post->db);
  }
  pthread_cond_destroy(&post->changed);
  pthread_mutex_destroy(&post->lock);
  free(post->data_dir);
  free(post->mail_from);
  free(post->public_url);
  free(post);
  curl_global_cleanup();
}

/* ---- waiting ---- */

static bool is_stopping(struct post *post) {
  return atomic_load(&post->stop_at_ns) != 0;
}

/* Sleeps until somebody calls, for at most wait_ns. The lock is held. */
static void doze(struct post *post, int64_t wait_ns) {
  int64_t until = time_monotonic_ns() + wait_ns;
  struct timespec at = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
  pthread_cond_timedwait(&post->changed, &post->lock, &at);
}

static void close_if_idle(struct post *post) {
  if (post->close_at_ns != 0 && time_monotonic_ns() >= post->close_at_ns) {
    post->close_at_ns = 0;
    smtp_close(post->smtp);
  }
}

static bool is_held(struct post *post) {
  int64_t now = time_now_us();
  /* A clock that was set back must not hold for longer than any hold lasts. */
  return post->hold_until > now && post->hold_until - now <= pause_hold_us(UINT32_MAX);
}

/* Until there is something to try, or it is time to look. The wall clock is read again every second,
 * because it may be set (and tests move it). */
static void wait_for_work(struct post *post) {
  const int64_t second_ns = 1000000000;
  int64_t look_at_ns = time_monotonic_ns() + LOOK_S * second_ns;
  while (!is_stopping(post) && !atomic_exchange(&post->woken, false)) {
    bool due = post->next_due != 0 && time_now_us() >= post->next_due && !is_held(post);
    if (due || time_monotonic_ns() >= look_at_ns) {
      return;
    }
    close_if_idle(post);
    bool clock_matters = post->next_due != 0 || post->close_at_ns != 0;
    pthread_mutex_lock(&post->lock);
    if (!atomic_load(&post->woken) && !is_stopping(post)) {
      doze(post, clock_matters ? second_ns : LOOK_S * second_ns);
    }
    pthread_mutex_unlock(&post->lock);
  }
}

/* ---- one mail ---- */

struct outcome {
  int64_t id;
  enum { OUTCOME_SENT, OUTCOME_LATER, OUTCOME_FAILED } kind;
  int64_t due_at;
  struct str reason;
};

static enum status mark(struct ctx *ctx, void *arg) {
  const struct outcome *outcome = arg;
  if (outcome->kind == OUTCOME_SENT) {
    return mail_sent(ctx, outcome->id);
  }
  return mail_failed(ctx, outcome->id, outcome->kind == OUTCOME_LATER ? outcome->due_at : 0, outcome->reason);
}

/* The mark must not be lost: without it the mail would go out once more. So nothing else is
 * done until the store took it, or the program ends. */
static void mark_surely(struct post *post, struct outcome *outcome) {
  for (unsigned tries = 0;; tries++) {
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct ctx ctx = {.arena = arena, .db = post->db, .now_us = time_now_us()};
    enum status status = db_write(&ctx, mark, outcome);
    if (status == STATUS_OK) {
      return;
    }
    if (tries % 60 == 0) {
      LOG(LOG_ERROR, "The outcome of a mail could not be stored", LOG_N("mail", outcome->id),
          LOG_S("status", status_name(status)), LOG_N("sent", outcome->kind == OUTCOME_SENT));
    }
    if (is_stopping(post)) {
      return;
    }
    pthread_mutex_lock(&post->lock);
    doze(post, 1000000000);
    pthread_mutex_unlock(&post->lock);
  }
}

static void deliver(struct post *post, const struct mail *mail, struct smtp_result *result) {
  *result = (struct smtp_result){.verdict = SMTP_NEVER};
  buf_clear(&post->message);
  enum status composed = compose_message(mail, &post->compose, &post->message);
  if (composed != STATUS_OK) {
    /* Nothing that time would mend. */
    snprintf(result->reason, sizeof(result->reason), "%s",
             composed == STATUS_TOO_LARGE ? "the message is too large"
                                          : "the address or the kind of mail can't be used");
    return;
  }
  if (post->smtp != NULL) {
    smtp_send(post->smtp, post->compose.from_address, mail->to_email, buf_str(&post->message),
              &post->stop_at_ns, result);
    return;
  }
  enum status written = post_file_write(post->data_dir, mail->created_at, mail->id, buf_str(&post->message));
  result->verdict = written == STATUS_OK ? SMTP_ACCEPTED : SMTP_UNREACHABLE;
  snprintf(result->reason, sizeof(result->reason), "%s", written == STATUS_OK ? "" : status_meaning(written));
}

/* What becomes of the mail after this try. */
static struct outcome decide(const struct mail *mail, const struct smtp_result *result, int64_t now) {
  struct outcome outcome = {.id = mail->id, .reason = str_of(result->reason)};
  if (result->verdict == SMTP_ACCEPTED) {
    outcome.kind = OUTCOME_SENT;
  } else if (result->verdict == SMTP_NEVER) {
    outcome.kind = OUTCOME_FAILED;
  } else if (result->verdict == SMTP_STOPPED) {
    outcome.kind = OUTCOME_LATER;
    outcome.due_at = now; /* the next start tries it first */
  } else {
    uint32_t chance = 0;
    random_bytes(&chance, sizeof(chance));
    outcome.due_at = now + pause_after_us(mail->tries, chance);
    outcome.kind =
        pause_is_over(mail->created_at, mail->tries, outcome.due_at) ? OUTCOME_FAILED : OUTCOME_LATER;
  }
  return outcome;
}

static void tell(const struct mail *mail, const struct smtp_result *result, const struct outcome *outcome) {
  const char *event = outcome->kind == OUTCOME_SENT ? "A mail was delivered"
                      : outcome->kind == OUTCOME_LATER
                          ? "A mail could not be delivered and will be tried again"
                          : "A mail could not be delivered and was given up";
  enum log_level level = outcome->kind == OUTCOME_SENT ? LOG_INFO : LOG_WARN;
  LOG(level, event, LOG_N("mail", mail->id), LOG_N("tries", mail->tries), LOG_N("curl", result->curl_code),
      LOG_N("smtp", result->smtp_code));
}

static void count(struct post *post, const struct smtp_result *result, const struct outcome *outcome) {
  pthread_mutex_lock(&post->lock);
  post->stats.connections += result->connected;
  post->stats.sent += outcome->kind == OUTCOME_SENT;
  post->stats.retried += outcome->kind == OUTCOME_LATER;
  post->stats.failed += outcome->kind == OUTCOME_FAILED;
  if (outcome->kind == OUTCOME_SENT) {
    post->stats.last_sent_at = time_now_us();
  }
  post->stats.held_until = post->hold_until;
  pthread_mutex_unlock(&post->lock);
}

/* Where the server itself is away the other mails wait too, instead of each using up its tries. */
static void hold(struct post *post, const struct smtp_result *result, int64_t now) {
  if (result->verdict == SMTP_UNREACHABLE) {
    post->holds++;
    post->hold_until = now + pause_hold_us(post->holds);
  } else if (result->verdict != SMTP_STOPPED) {
    post->holds = 0;
    post->hold_until = 0;
  }
}

static void work_on(struct post *post, const struct mail *mail) {
  struct smtp_result result;
  deliver(post, mail, &result);
  int64_t now = time_now_us();
  struct outcome outcome = decide(mail, &result, now);
  mark_surely(post, &outcome);
  hold(post, &result, now);
  tell(mail, &result, &outcome);
  count(post, &result, &outcome);
  if (post->smtp != NULL) {
    post->close_at_ns = time_monotonic_ns() + IDLE_CLOSE_S * INT64_C(1000000000);
  }
}

/* ---- the thread ---- */

struct taken {
  struct mail *mails;
  size_t count;
};

/* One at a time: a death leaves one mail under its lease, not a batch. */
static enum status take(struct ctx *ctx, void *arg) {
  struct taken *taken = arg;
  return mail_take(ctx, 1, ctx->now_us + LEASE_S * TIME_SECOND_US, &taken->mails, &taken->count);
}

static enum status look(struct post *post, struct ctx *ctx, struct taken *taken) {
  int64_t next_due = 0;
  TRY(mail_next_due(ctx, &next_due));
  post->next_due = next_due;
  if (next_due == 0 || next_due > ctx->now_us || is_held(post)) {
    return STATUS_OK;
  }
  return db_write(ctx, take, taken);
}

/* True: there may be more at once. */
static bool step(struct post *post) {
  arena_reset(post->arena);
  struct ctx ctx = {.arena = post->arena, .db = post->db, .now_us = time_now_us()};
  struct taken taken = {0};
  enum status status = look(post, &ctx, &taken);
  if (status != STATUS_OK) {
    LOG(LOG_ERROR, "The outbox could not be read", LOG_S("status", status_name(status)));
    post->next_due = time_now_us() + STORE_PAUSE_S * TIME_SECOND_US;
    return false;
  }
  for (size_t i = 0; i < taken.count; i++) {
    work_on(post, &taken.mails[i]);
  }
  return taken.count > 0;
}

static void *run(void *arg) {
  struct post *post = arg;
  (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
  while (!is_stopping(post)) {
    if (!step(post)) {
      wait_for_work(post);
    }
  }
  if (post->smtp != NULL) {
    smtp_close(post->smtp);
  }
  return NULL;
}

void post_start(struct post *post) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&post->thread, NULL, run, post);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    die("The thread that sends mails can't be started.");
  }
  (void)pthread_setname_np(post->thread, "post");
  post->started = true;
}

void post_wake(struct post *post) {
  if (atomic_exchange(&post->woken, true)) {
    return;
  }
  pthread_mutex_lock(&post->lock);
  pthread_cond_signal(&post->changed);
  pthread_mutex_unlock(&post->lock);
}

void post_stop(struct post *post) {
  if (!post->started || post->joined) {
    return;
  }
  atomic_store(&post->stop_at_ns, time_monotonic_ns() + STOP_GRACE_S * INT64_C(1000000000));
  pthread_mutex_lock(&post->lock);
  pthread_cond_signal(&post->changed);
  pthread_mutex_unlock(&post->lock);
  pthread_join(post->thread, NULL);
  post->joined = true;
}

void post_stats(struct post *post, struct post_stats *out) {
  pthread_mutex_lock(&post->lock);
  *out = post->stats;
  pthread_mutex_unlock(&post->lock);
}
