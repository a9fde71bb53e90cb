#ifndef SIGAP_TESTS_PEOPLE_H
#define SIGAP_TESTS_PEOPLE_H

#include <inttypes.h>
#include <stdio.h>

#include "base/id.h"
#include "desk/access/access.h"
#include "desk/ticket/ticket.h"
#include "desk/ticket/ticket_internal.h"
#include "store.h"

/* Tenants, people and tickets for the store tests, and the look at what a command left. Accounts are made
 * with plain SQL, so that these tests stand without desk/account. */

/* SQL with numbers filled in; must fit. */
#define SQL(store, ...) str_c((store)->ctx.arena, str_format((store)->ctx.arena, __VA_ARGS__))
#define NUMBER(store, ...) store_number((store), SQL((store), __VA_ARGS__))

static inline const char *uuid_literal(struct store *store, struct uuid uuid) {
  char hex[33];
  for (int i = 0; i < 16; i++) {
    snprintf(hex + 2 * i, 3, "%02x", uuid.bytes[i]);
  }
  return SQL(store, store->pgsql ? "'\\x%s'::bytea" : "X'%s'", hex);
}

static inline void tenant_make(struct store *store, int64_t id) {
  store_sql(store, SQL(store,
                       "INSERT INTO tenant (id, name, kind, timezone, is_active, created_at) "
                       "VALUES (%" PRId64 ", 'Tenant', 'standard', 'UTC', TRUE, 1)",
                       id));
}

/* name and email without quotes in them. */
static inline struct who person(struct store *store, int64_t tenant_id, enum role role, const char *name,
                                const char *email) {
  struct who who = {
      .account_id = store_number(store, "SELECT COALESCE(MAX(id), 0) + 1 FROM account"),
      .tenant_id = tenant_id,
      .home_tenant_id = tenant_id,
      .uuid = uuid_v7(STORE_NOW),
      .role = role,
      .operator_staff = tenant_id == TENANT_OPERATOR && role_is_staff(role),
      .name = str_copy(store->ctx.arena, str_of(name)),
      .email = str_copy(store->ctx.arena, str_of(email)),
  };
  store_sql(
      store,
      SQL(store,
          "INSERT INTO account (id, tenant_id, uuid, name, name_folded, email, email_folded, "
          "role, is_active, "
          "must_change_password, language, created_at, updated_at, acts_anywhere) VALUES (%" PRId64
          ", %" PRId64 ", %s, '%s', '%.*s', '%s', '%.*s', %d, TRUE, FALSE, 1, 1, 1, %s)",
          who.account_id, tenant_id, uuid_literal(store, who.uuid), name,
          STR_ARG(str_fold(store->ctx.arena, who.name)), email,
          STR_ARG(str_fold(store->ctx.arena, who.email)), (int)role, who.operator_staff ? "TRUE" : "FALSE"));
  return who;
}

static inline struct ctx *as(struct store *store, const struct who *who) {
  db_act_for(store->ctx.db, DB_SYSTEM, 0); /* what the command before narrowed to is no matter of this one */
  store->ctx.who = who;
  problem_clear(&store->ctx);
  return &store->ctx;
}

static inline struct ticket_new plain_ticket(void) {
  return (struct ticket_new){.title = STR("Router"),
                             .description = STR("The router blinks red."),
                             .category = CATEGORY_TECHNICAL,
                             .priority = PRIORITY_NORMAL};
}

static inline struct ticket ticket_of(struct store *store, const struct who *author) {
  const struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket = {0};
  assert_ok(ticket_create(as(store, author), &new_ticket, &ticket));
  return ticket;
}

/* Behind the commands' back where no command of this stage assigns: with its counters. */
static inline void assign(struct store *store, struct ticket *ticket, int64_t assignee_id) {
  store_sql(store, SQL(store, "UPDATE ticket SET assignee_id = %" PRId64 " WHERE id = %" PRId64, assignee_id,
                       ticket->id));
  store_sql(store,
            SQL(store,
                "UPDATE ticket_count SET tickets = tickets - 1 WHERE tenant_id = %" PRId64
                " AND scope = 3 AND owner_id = %" PRId64 " AND status = %d AND priority = %d AND slot = "
                "(SELECT MIN(slot) FROM ticket_count)",
                ticket->tenant_id, ticket->assignee_id, ticket->status, ticket->priority));
  store_sql(
      store,
      SQL(store,
          "INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets) "
          "SELECT %" PRId64 ", 3, %" PRId64 ", %d, %d, (SELECT MIN(slot) FROM ticket_count), 1 WHERE TRUE "
          "ON CONFLICT (tenant_id, scope, owner_id, status, priority, slot) DO UPDATE SET tickets = "
          "ticket_count.tickets + 1",
          ticket->tenant_id, assignee_id, ticket->status, ticket->priority));
  ticket->assignee_id = assignee_id;
}

/* Where the tickets of a tenant lie, block by block, against counting the table: the zone must be UTC. */
static inline void assert_places_true(struct store *store, int64_t tenant_id) {
  static const char day[] = "scheduled_at / 86400000000";
  static const char span[] = "(scheduled_at / 86400000000) >> 4";
  const struct {
    int kind;
    const char *parent, *time;
  } rows[] = {
      {BLOCK_SMALL, "0", "0"},
      {BLOCK_MIDDLE, "0", "0"},
      {BLOCK_LARGE, "0", "0"},
      {BLOCK_ALL, "0", "0"},
      {BLOCK_DAY, "0", day},
      {BLOCK_SPAN, "0", span},
      {BLOCK_DAY_PART, "id >> 18", day},
      {BLOCK_SPAN_PART, "id >> 18", span},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool scheduled = rows[i].kind >= BLOCK_DAY;
    const char *counted =
        SQL(store,
            "SELECT %s AS parent, %s AS time, id >> %d AS block, COUNT(*) AS n FROM ticket WHERE tenant_id = "
            "%" PRId64 " AND removed_at IS NULL AND (%s) GROUP BY 1, 2, 3",
            rows[i].parent, rows[i].time, ticket_block_shift((enum ticket_block_kind)rows[i].kind), tenant_id,
            scheduled ? "scheduled_at IS NOT NULL" : "TRUE");
    const char *kept =
        SQL(store,
            "SELECT parent, time, block, SUM(tickets) AS n FROM ticket_block WHERE tenant_id = "
            "%" PRId64 " AND kind = %d GROUP BY parent, time, block HAVING SUM(tickets) <> 0",
            tenant_id, rows[i].kind);
    assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) missing", counted, kept), 0);
    assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) surplus", kept, counted), 0);
  }
}

/* The tickets of a tenant's blocks that have one value of one kind, likewise. */
static inline void assert_blocks_true(struct store *store, int64_t tenant_id) {
  static const char *const columns[] = {"status", "priority", "work_type", "category"};
  static const int lows[] = {1, 1, 0, 1}, highs[] = {6, 5, 5, 4};
  struct ctx *ctx = &store->ctx;
  const struct who *caller = ctx->who;
  const struct who reader = {.tenant_id = tenant_id, .home_tenant_id = tenant_id};
  ctx->who = &reader;
  for (int column = 0; column < 4; column++) {
    for (int value = lows[column]; value <= highs[column]; value++) {
      unsigned sets[] = {~0U, ~0U, ~0U, ~0U};
      sets[column] = 1U << value;
      struct ticket_cells cells;
      ticket_cells_wanted(sets[0], sets[1], sets[2], sets[3], &cells);
      const char *match = SQL(store, "tenant_id = %" PRId64 " AND removed_at IS NULL AND %s = %d", tenant_id,
                              columns[column], value);
      for (int kind = BLOCK_SMALL; kind <= BLOCK_DAY; kind++) {
        struct ticket_search any = {.ascending = value % 2 == 0};
        const struct ticket_block_range range = {(enum ticket_block_kind)kind, 0, INT64_MAX, INT64_MAX};
        const struct ticket_times always = {.spans = {-(INT64_C(1) << 40), INT64_C(1) << 40}};
        struct ticket_block *blocks = NULL;
        size_t count = 0;
        int64_t sum = 0, scheduled = 0;
        assert_ok(kind == BLOCK_DAY
                      ? ticket_schedule_load(ctx, &any, &cells, &always, -1, &blocks, &count, &scheduled)
                      : ticket_blocks_load(ctx, &any, &cells, &range, &blocks, &count));
        const char *which = kind == BLOCK_DAY ? "scheduled_at IS NOT NULL" : "TRUE";
        for (size_t i = 0; i < count; i++) {
          sum += blocks[i].tickets;
          assert_false(blocks[i].cut);
          assert_true(i == 0 || (blocks[i].number > blocks[i - 1].number) == any.ascending);
          assert_int_equal(
              blocks[i].tickets,
              NUMBER(store, "SELECT COUNT(*) FROM ticket WHERE %s AND %s AND id >> %d = %" PRId64, match,
                     which, ticket_block_shift((enum ticket_block_kind)kind), blocks[i].number));
        }
        assert_int_equal(sum, NUMBER(store, "SELECT COUNT(*) FROM ticket WHERE %s AND %s", match, which));
      }
    }
  }
  assert_places_true(store, tenant_id);
  ctx->who = caller;
}

/* The days of a tenant whose zone is UTC, against counting the table. */
static inline void assert_days_true(struct store *store) {
  static const char done[] =
      "FROM ticket WHERE removed_at IS NULL AND status IN (5, 6) AND resolved_at IS NOT NULL";
  static const char facts[] =
      "resolved_at / 86400000000 AS day, 0 AS created, 1 AS resolved, "
      "CASE WHEN resolve_due_at IS NULL OR resolved_at <= resolve_due_at THEN 1 ELSE 0 END AS on_time, "
      "CASE WHEN assignee_id <> 0 AND assignee_id = first_assignee_id AND reopened_count = 0 THEN 1 ELSE 0 "
      "END "
      "AS first_call, CASE WHEN assigned_at <= resolved_at THEN 1 ELSE 0 END AS timed, "
      "CASE WHEN assigned_at <= resolved_at THEN resolved_at - assigned_at ELSE 0 END AS work_us, "
      "CASE WHEN rating <> 0 THEN 1 ELSE 0 END AS ratings, rating AS rating_sum";
  static const char sums[] =
      "SUM(created) AS c, SUM(resolved) AS r, SUM(on_time) AS o, SUM(first_call) AS f, SUM(timed) AS t, "
      "SUM(work_us) AS w, SUM(ratings) AS n, SUM(rating_sum) AS s";
  const char *counted =
      SQL(store,
          "SELECT tenant_id, technician_id, day, %s FROM ("
          "SELECT tenant_id, 0 AS technician_id, created_at / 86400000000 AS day, 1 AS created, "
          "0 AS resolved, 0 AS on_time, 0 AS first_call, 0 AS timed, 0 AS work_us, 0 AS ratings, "
          "0 AS rating_sum FROM ticket WHERE removed_at IS NULL UNION ALL "
          "SELECT tenant_id, 0, %s %s UNION ALL "
          "SELECT tenant_id, assignee_id, %s %s AND assignee_id <> 0) facts "
          "GROUP BY tenant_id, technician_id, day",
          sums, facts, done, facts, done);
  const char *kept =
      SQL(store,
          "SELECT tenant_id, technician_id, day, %s FROM ticket_day "
          "GROUP BY tenant_id, technician_id, day HAVING SUM(created) <> 0 OR SUM(resolved) <> 0",
          sums);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) missing", counted, kept), 0);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) surplus", kept, counted), 0);
}

/* Every counter is what counting the table gives, and no counter says more; blocks and days likewise. */
static inline void assert_counters_true(struct store *store) {
  static const char plain[] =
      "(SELECT tenant_id, 1 AS scope, 0 AS owner_id, status, priority, COUNT(*) AS n FROM ticket WHERE "
      "removed_at IS NULL "
      "GROUP BY tenant_id, status, priority UNION ALL "
      "SELECT tenant_id, 2, author_id, status, priority, COUNT(*) FROM ticket WHERE removed_at IS NULL "
      "GROUP BY tenant_id, author_id, status, priority UNION ALL "
      "SELECT tenant_id, 3, assignee_id, status, priority, COUNT(*) FROM ticket WHERE removed_at IS NULL "
      "GROUP BY tenant_id, assignee_id, status, priority UNION ALL "
      "SELECT tenant_id, 4, 0, status, priority, COUNT(*) FROM ticket WHERE removed_at IS NULL "
      "AND sla_marks & 4 <> 0 AND status IN (1, 2, 3) GROUP BY tenant_id, status, priority) p";
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM %s WHERE n <> COALESCE((SELECT SUM(c.tickets) FROM ticket_count c WHERE "
             "c.tenant_id = p.tenant_id AND c.scope = p.scope AND c.owner_id = p.owner_id AND "
             "c.status = p.status AND c.priority = p.priority), 0)",
             plain),
      0);
  assert_int_equal(
      store_number(store,
                   "SELECT COUNT(*) FROM (SELECT 1 FROM ticket_count GROUP BY tenant_id, scope, owner_id, "
                   "status, priority HAVING SUM(tickets) <> 0) g"),
      NUMBER(store, "SELECT COUNT(*) FROM %s", plain));
  for (int64_t tenant = store_number(store, "SELECT MAX(id) FROM tenant"); tenant > 0; tenant--) {
    assert_blocks_true(store, tenant);
  }
  assert_days_true(store);
}

#endif
