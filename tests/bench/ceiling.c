/* The raw ceiling of group commit: the same command, rows and statements as `POST /api/ticket/create`, with
 * no HTTP, no token and no JSON: `ceiling sqlite:PATH IN_FLIGHT SECONDS`. Prints commands a second that were
 * on disk. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/ticket/ticket.h"
#include "desk/ticket/ticket_day.h"

enum { JOBS_MAX = 1024, ARENA_MAX = 1024 * 1024 };

struct slot {
  struct ctx ctx;
  struct db_job job;
};

static struct {
  struct db_writer *writer;
  struct who who;
  atomic_bool stopping;
  atomic_long done, failed;
  atomic_int running;
} bench;

static enum status create(struct ctx *ctx, void *arg) {
  (void)arg;
  struct ticket ticket;
  return ticket_create(ctx,
                       &(struct ticket_new){.title = STR("Router Problem"),
                                            .description = STR("Need to configure the router in room 302"),
                                            .category = CATEGORY_TECHNICAL,
                                            .priority = PRIORITY_NORMAL},
                       &ticket);
}

static void submit(struct slot *slot) {
  arena_reset(slot->ctx.arena);
  slot->ctx.now_us = time_now_us();
  slot->ctx.who = &bench.who;
  slot->job = (struct db_job){.ctx = &slot->ctx, .command = create, .owner = slot};
  if (!db_writer_submit(bench.writer, &slot->job)) {
    die("The writer's queue is full.");
  }
}

/* Each job that is on disk is followed by the next one of its slot. */
static void done(void *arg, struct db_job *list) {
  (void)arg;
  while (list != NULL) {
    struct slot *slot = list->owner;
    struct db_job *next = list->next;
    atomic_fetch_add(list->status == STATUS_OK ? &bench.done : &bench.failed, 1);
    if (atomic_load(&bench.stopping)) {
      atomic_fetch_sub(&bench.running, 1);
    } else {
      submit(slot);
    }
    list = next;
  }
}

int main(int argc, char **argv) {
  int64_t in_flight = 0, seconds = 0;
  if (argc != 4 || str_int(str_of(argv[2]), &in_flight) != STATUS_OK || in_flight < 1 ||
      in_flight > JOBS_MAX || str_int(str_of(argv[3]), &seconds) != STATUS_OK) {
    fprintf(stderr, "usage: ceiling sqlite:PATH IN_FLIGHT SECONDS\n");
    return 2;
  }
  char why[256];
  int applied = 0;
  struct db_config config = {argv[1],         desk_statements,      desk_statement_count,
                             desk_migrations, desk_migration_count, ticket_sums_write};
  struct db *db = NULL;
  session_setup(&(struct session_keys){.keys = {STR("no token is made or read here: any")}, .count = 1},
                false);
  if (db_migrate(&config, &applied, why) != STATUS_OK || db_open(&config, DB_WRITE, &db, why) != STATUS_OK) {
    fprintf(stderr, "ceiling: %s\n", why);
    return 1;
  }
  struct ctx ctx = {.arena = arena_new(ARENA_MAX), .db = db, .now_us = time_now_us()};
  struct account account;
  struct account_new author = {.tenant_id = TENANT_OPERATOR,
                               .name = STR("Author"),
                               .email = STR("author@example.com"),
                               .role = ROLE_CUSTOMER,
                               .language = LANGUAGE_ENGLISH,
                               .by = ACCOUNT_BY_OPERATOR};
  if (account_create(&ctx, &author, &account) != STATUS_OK) {
    fprintf(stderr, "ceiling: the author can't be made; is the database new?\n");
    return 1;
  }
  bench.who = (struct who){.account_id = account.id,
                           .tenant_id = TENANT_OPERATOR,
                           .home_tenant_id = TENANT_OPERATOR,
                           .role = ROLE_CUSTOMER,
                           .uuid = account.uuid,
                           .name = account.name,
                           .email = account.email};
  bench.writer = db_writer_new(db, JOBS_MAX, 512, done, NULL);
  struct slot *slots = calloc((size_t)in_flight, sizeof *slots);
  if (slots == NULL) {
    die("Out of memory.");
  }
  atomic_store(&bench.running, (int)in_flight);
  int64_t start_ns = time_monotonic_ns();
  for (int64_t i = 0; i < in_flight; i++) {
    slots[i].ctx.arena = arena_new(ARENA_MAX);
    submit(&slots[i]);
  }
  sleep((unsigned)seconds);
  atomic_store(&bench.stopping, true);
  while (atomic_load(&bench.running) > 0) {
    usleep(1000);
  }
  double took_s = (double)(time_monotonic_ns() - start_ns) / 1e9;
  printf("%.0f\n", (double)atomic_load(&bench.done) / took_s);
  db_writer_stop(bench.writer);
  db_close(db);
  return atomic_load(&bench.failed) > 0;
}
