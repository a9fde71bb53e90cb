/* Fills a database with tickets for the measurements: `seed sqlite:PATH COUNT`. Prints the uuid of a ticket
 * in the middle. Statuses, priorities, types, categories and authors are spread evenly; every second ticket
 * has a reply, every fourth a schedule. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/ticket/ticket.h"
#include "desk/ticket/ticket_day.h"

enum { AUTHORS = 1000, STEP = 20000 };

struct seed {
  int64_t authors[AUTHORS];
  int64_t from, to, total;
  struct uuid middle;
  int64_t cells[AUTHORS][TICKET_STATUS_COUNT][PRIORITY_COUNT];
};

static void check(enum status status, const char *what) {
  if (status != STATUS_OK) {
    fprintf(stderr, "seed: %s: %s\n", what, status_name(status));
    exit(1);
  }
}

static enum status make_authors(struct ctx *ctx, void *arg) {
  struct seed *seed = arg;
  for (int i = 0; i < AUTHORS; i++) {
    struct account account;
    struct account_new new_account = {
        .tenant_id = TENANT_OPERATOR,
        .name = str_format(ctx->arena, "Customer %d", i),
        .email = str_format(ctx->arena, "customer%d@example.com", i),
        .role = ROLE_CUSTOMER,
        .language = LANGUAGE_ENGLISH,
        .by = ACCOUNT_BY_OPERATOR,
    };
    TRY(account_create(ctx, &new_account, &account));
    seed->authors[i] = account.id;
  }
  return STATUS_OK;
}

static enum status add_ticket(struct ctx *ctx, struct seed *seed, int64_t i) {
  int author = (int)(i * 7919 % AUTHORS);
  int status = 1 + (int)(i / AUTHORS % 6);
  int priority = 1 + (int)(i / 7 % 5);
  int64_t at = ctx->now_us - (seed->total - i) * TIME_SECOND_US;
  struct ticket_insert_in in = {
      .tenant_id = TENANT_OPERATOR,
      .uuid = uuid_v7(at),
      .author_id = seed->authors[author],
      .title = str_format(ctx->arena, "Router Problem %lld", (long long)i),
      .description = STR("Need to configure the router in room 302"),
      .category = 1 + i / 13 % 4,
      .priority = priority,
      .status = status,
      .work_type = 1 + i / 11 % 5,
      .scheduled_at = i % 4 == 0 ? at + TIME_DAY_US : 0,
      .latitude = NAN,
      .longitude = NAN,
      .now = at,
  };
  struct ticket_insert_row row;
  TRY(sql_ticket_insert(ctx, &in, &row));
  TRY(sql_activity_insert(ctx,
                          &(struct activity_insert_in){.tenant_id = TENANT_OPERATOR,
                                                       .uuid = uuid_v7(at),
                                                       .ticket_id = row.id,
                                                       .actor_id = in.author_id,
                                                       .action = 1,
                                                       .created_at = at},
                          NULL));
  TRY(sql_event_insert(ctx,
                       &(struct event_insert_in){.tenant_id = TENANT_OPERATOR,
                                                 .kind = 1,
                                                 .ticket_id = row.id,
                                                 .account_id = in.author_id,
                                                 .created_at = at},
                       NULL));
  if (i % 2 == 0) {
    struct reply_insert_row reply;
    TRY(sql_reply_insert(ctx,
                         &(struct reply_insert_in){.tenant_id = TENANT_OPERATOR,
                                                   .uuid = uuid_v7(at),
                                                   .ticket_id = row.id,
                                                   .author_id = in.author_id,
                                                   .text = STR("Purchasing routers"),
                                                   .created_at = at},
                         &reply));
  }
  seed->cells[author][status][priority]++;
  if (i == seed->total / 2 / 2 * 2) {
    seed->middle = in.uuid;
  }
  return STATUS_OK;
}

static enum status add_step(struct ctx *ctx, void *arg) {
  struct seed *seed = arg;
  for (int64_t i = seed->from; i < seed->to; i++) {
    TRY(add_ticket(ctx, seed, i));
  }
  return STATUS_OK;
}

static enum status count_up(struct ctx *ctx, int64_t scope, int64_t owner, int status, int priority,
                            int64_t n) {
  return sql_ticket_count_add(ctx,
                              &(struct ticket_count_add_in){.tenant_id = TENANT_OPERATOR,
                                                            .scope = scope,
                                                            .owner_id = owner,
                                                            .status = status,
                                                            .priority = priority,
                                                            .tickets = n},
                              NULL);
}

static enum status add_counters(struct ctx *ctx, void *arg) {
  struct seed *seed = arg;
  for (int a = 0; a < AUTHORS; a++) {
    for (int s = 1; s < TICKET_STATUS_COUNT; s++) {
      for (int p = 1; p < PRIORITY_COUNT; p++) {
        int64_t n = seed->cells[a][s][p];
        if (n > 0) {
          TRY(count_up(ctx, 1, 0, s, p, n));
          TRY(count_up(ctx, 2, seed->authors[a], s, p, n));
          TRY(count_up(ctx, 3, 0, s, p, n));
        }
      }
    }
  }
  return STATUS_OK;
}

int main(int argc, char **argv) {
  int64_t count = 0;
  if (argc != 3 || str_int(str_of(argv[2]), &count) != STATUS_OK) {
    fprintf(stderr, "usage: seed sqlite:PATH COUNT\n");
    return 2;
  }
  char why[256];
  int applied = 0;
  struct db_config config = {argv[1],         desk_statements,      desk_statement_count,
                             desk_migrations, desk_migration_count, ticket_sums_write};
  struct db *db = NULL;
  session_setup(&(struct session_keys){.keys = {STR("no token is made or read here: any")}, .count = 1},
                false);
  check(db_migrate(&config, &applied, why), "migrate");
  check(db_open(&config, DB_WRITE, &db, why), "open");
  struct arena *arena = arena_new(256 * 1024 * 1024);
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  struct seed *seed = calloc(1, sizeof *seed);
  if (seed == NULL) {
    die("Out of memory.");
  }
  seed->total = count;
  check(db_write(&ctx, make_authors, seed), "authors");
  for (int64_t from = 0; from < count; from += STEP) {
    seed->from = from;
    seed->to = from + STEP < count ? from + STEP : count;
    check(db_write(&ctx, add_step, seed), "tickets");
    arena_reset(arena);
  }
  check(db_write(&ctx, add_counters, seed), "counters");
  check(ticket_sums_rebuild(&ctx, TENANT_OPERATOR), "blocks and days");
  char text[UUID_TEXT_SIZE];
  printf("%s\n", uuid_print(seed->middle, text));
  free(seed);
  arena_free(arena);
  db_close(db);
  return 0;
}
