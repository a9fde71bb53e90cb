/* Fills a database with tickets for the measurements.
 * `seed sqlite:PATH COUNT [TENANTS]` prints the uuid of a ticket in the middle. Statuses, priorities, types,
 * categories and authors are spread evenly; every second ticket has a reply, every fourth a schedule. Several
 * tenants have their tickets in turn, and three people each whom an escalation concerns.
 * `seed sqlite:PATH due COUNT TENANTS FROM_S WINDOW_S` adds tickets to such a database whose deadlines pass
 * one after the other, evenly within a window that begins FROM_S seconds from now. */
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
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket.h"
#include "desk/ticket/ticket_day.h"
#include "desk/ticket/ticket_internal.h"

enum { AUTHORS = 1000, STEP = 20000 };

struct seed {
  int64_t tenants;
  int64_t authors[AUTHORS];
  int64_t due_from, window; /* of tickets that fall due; microseconds */
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

/* Author and tenant go together; the tenants of a new database have the ids 1, 2, … */
static int64_t tenant_of(const struct seed *seed, int author) {
  return TENANT_OPERATOR + author % seed->tenants;
}

static enum status make_account(struct ctx *ctx, int64_t tenant_id, enum role role, int i, int64_t *id) {
  struct account account;
  const char *word = role == ROLE_CUSTOMER ? "customer" : role == ROLE_SUPERVISOR ? "supervisor" : "manager";
  struct account_new new_account = {
      .tenant_id = tenant_id,
      .name = str_format(ctx->arena, role == ROLE_CUSTOMER ? "Customer %d" : "Colleague %d", i),
      .email = str_format(ctx->arena, "%s%d@example.com", word, i),
      .role = role,
      .language = LANGUAGE_ENGLISH,
      .by = ACCOUNT_BY_OPERATOR,
  };
  TRY(account_create(ctx, &new_account, &account));
  *id = account.id;
  return STATUS_OK;
}

static enum status make_tenants(struct ctx *ctx, const struct seed *seed) {
  int64_t id = 0;
  for (int64_t i = 1; seed->tenants > 1 && i <= seed->tenants; i++) {
    if (i > 1) {
      struct tenant_new tenant = {.name = str_format(ctx->arena, "Tenant %lld", (long long)i),
                                  .domain = str_format(ctx->arena, "tenant%lld.example.com", (long long)i),
                                  .kind = STR("standard"),
                                  .timezone = STR("UTC")};
      TRY(tenant_add(ctx, &tenant, &id));
    }
    TRY(make_account(ctx, i, ROLE_SUPERVISOR, 1, &id));
    TRY(make_account(ctx, i, ROLE_SUPERVISOR, 2, &id));
    TRY(make_account(ctx, i, ROLE_MANAGER, 1, &id));
  }
  return STATUS_OK;
}

static enum status make_people(struct ctx *ctx, void *arg) {
  struct seed *seed = arg;
  TRY(make_tenants(ctx, seed));
  for (int i = 0; i < AUTHORS; i++) {
    TRY(make_account(ctx, tenant_of(seed, i), ROLE_CUSTOMER, i, &seed->authors[i]));
  }
  return STATUS_OK;
}

static enum status find_authors(struct ctx *ctx, struct seed *seed) {
  for (int i = 0; i < AUTHORS; i++) {
    struct account account;
    struct str email = str_format(ctx->arena, "customer%d@example.com", i);
    TRY(account_by_email(ctx, tenant_of(seed, i), email, &account));
    seed->authors[i] = account.id;
  }
  return STATUS_OK;
}

static enum status add_ticket(struct ctx *ctx, struct seed *seed, int64_t i) {
  int author = (int)(i * 7919 % AUTHORS);
  int status = 1 + (int)(i / AUTHORS % 6);
  int priority = 1 + (int)(i / 7 % 5);
  int64_t at = ctx->now_us - (seed->total - i) * TIME_SECOND_US;
  int64_t tenant_id = tenant_of(seed, author);
  struct ticket_insert_in in = {
      .tenant_id = tenant_id,
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
                          &(struct activity_insert_in){.tenant_id = tenant_id,
                                                       .uuid = uuid_v7(at),
                                                       .ticket_id = row.id,
                                                       .actor_id = in.author_id,
                                                       .action = 1,
                                                       .created_at = at},
                          NULL));
  TRY(sql_event_insert(ctx,
                       &(struct event_insert_in){.tenant_id = tenant_id,
                                                 .kind = 1,
                                                 .ticket_id = row.id,
                                                 .account_id = in.author_id,
                                                 .created_at = at},
                       NULL));
  if (i % 2 == 0) {
    struct reply_insert_row reply;
    TRY(sql_reply_insert(ctx,
                         &(struct reply_insert_in){.tenant_id = tenant_id,
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

static enum status count_up(struct ctx *ctx, int64_t tenant_id, int64_t scope, int64_t owner, int status,
                            int priority, int64_t n) {
  return sql_ticket_count_add(ctx,
                              &(struct ticket_count_add_in){.tenant_id = tenant_id,
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
          TRY(count_up(ctx, tenant_of(seed, a), 1, 0, s, p, n));
          TRY(count_up(ctx, tenant_of(seed, a), 2, seed->authors[a], s, p, n));
          TRY(count_up(ctx, tenant_of(seed, a), 3, 0, s, p, n));
        }
      }
    }
  }
  return STATUS_OK;
}

/* ---- tickets that fall due ---- */

/* New ones of normal priority, made a day before their deadline; nobody was warned. */
static enum status add_due(struct ctx *ctx, struct seed *seed, int64_t i) {
  int author = (int)(i * 7919 % AUTHORS);
  int64_t due_at = seed->due_from + i * seed->window / seed->total;
  struct ticket ticket = {.tenant_id = tenant_of(seed, author),
                          .author_id = seed->authors[author],
                          .status = TICKET_NEW,
                          .priority = PRIORITY_NORMAL,
                          .category = 1 + (int)(i / 13 % 4),
                          .work_type = 1 + (int)(i / 11 % 5),
                          .created_at = due_at - TIME_DAY_US};
  struct ticket_insert_in in = {.tenant_id = ticket.tenant_id,
                                .uuid = uuid_v7(ticket.created_at),
                                .author_id = ticket.author_id,
                                .title = str_format(ctx->arena, "Late %lld", (long long)i),
                                .description = STR("Need to configure the router in room 302"),
                                .category = ticket.category,
                                .priority = ticket.priority,
                                .status = ticket.status,
                                .work_type = ticket.work_type,
                                .latitude = NAN,
                                .longitude = NAN,
                                .resolve_due_at = due_at,
                                .sla_next_at = due_at + 1,
                                .now = ticket.created_at};
  struct ticket_insert_row row;
  TRY(sql_ticket_insert(ctx, &in, &row));
  ticket.id = row.id;
  return ticket_count_created(ctx, &ticket);
}

static enum status add_due_step(struct ctx *ctx, void *arg) {
  struct seed *seed = arg;
  for (int64_t i = seed->from; i < seed->to; i++) {
    TRY(add_due(ctx, seed, i));
  }
  return STATUS_OK;
}

/* ---- */

static void in_steps(struct ctx *ctx, struct seed *seed, db_command step) {
  for (int64_t from = 0; from < seed->total; from += STEP) {
    seed->from = from;
    seed->to = from + STEP < seed->total ? from + STEP : seed->total;
    check(db_write(ctx, step, seed), "tickets");
    arena_reset(ctx->arena);
  }
}

static void fill(struct ctx *ctx, struct seed *seed) {
  check(db_write(ctx, make_people, seed), "people");
  in_steps(ctx, seed, add_step);
  check(db_write(ctx, add_counters, seed), "counters");
  for (int64_t i = 0; i < seed->tenants; i++) {
    check(ticket_sums_rebuild(ctx, TENANT_OPERATOR + i), "blocks and days");
    arena_reset(ctx->arena);
  }
  char text[UUID_TEXT_SIZE];
  printf("%s\n", uuid_print(seed->middle, text));
}

static void fall_due(struct ctx *ctx, struct seed *seed) {
  check(find_authors(ctx, seed), "authors");
  in_steps(ctx, seed, add_due_step);
}

static bool number(const char *text, int64_t low, int64_t high, int64_t *out) {
  return str_int(str_of(text), out) == STATUS_OK && *out >= low && *out <= high;
}

/* False: they make no sense. */
static bool read_arguments(int argc, char **argv, struct seed *seed, bool *due) {
  int64_t from_s = 0, window_s = 0;
  seed->tenants = 1;
  *due = argc == 7 && strcmp(argv[2], "due") == 0;
  if (*due) {
    bool good = number(argv[3], 1, INT32_MAX, &seed->total) && number(argv[4], 1, AUTHORS, &seed->tenants) &&
                number(argv[5], 0, 86400, &from_s) && number(argv[6], 1, 86400, &window_s);
    seed->due_from = time_now_us() + from_s * TIME_SECOND_US;
    seed->window = window_s * TIME_SECOND_US;
    return good;
  }
  return (argc == 3 || argc == 4) && number(argv[2], 1, INT32_MAX, &seed->total) &&
         (argc == 3 || number(argv[3], 1, AUTHORS, &seed->tenants));
}

int main(int argc, char **argv) {
  struct seed *seed = calloc(1, sizeof *seed);
  if (seed == NULL) {
    die("Out of memory.");
  }
  bool due = false;
  if (!read_arguments(argc, argv, seed, &due)) {
    fprintf(stderr,
            "usage: seed sqlite:PATH COUNT [TENANTS]\n"
            "       seed sqlite:PATH due COUNT TENANTS FROM_S WINDOW_S\n");
    free(seed);
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
  db_act_for(db, DB_SYSTEM, 0);
  struct arena *arena = arena_new(256 * 1024 * 1024);
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  (due ? fall_due : fill)(&ctx, seed);
  free(seed);
  arena_free(arena);
  db_close(db);
  return 0;
}
