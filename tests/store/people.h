#ifndef SIGAP_TESTS_PEOPLE_H
#define SIGAP_TESTS_PEOPLE_H

#include <inttypes.h>
#include <stdio.h>

#include "base/id.h"
#include "desk/access/access.h"
#include "desk/ticket/ticket.h"
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
      .uuid = uuid_v7(STORE_NOW),
      .role = role,
      .operator_staff = tenant_id == TENANT_OPERATOR && role_is_staff(role),
      .name = str_copy(store->ctx.arena, str_of(name)),
      .email = str_copy(store->ctx.arena, str_of(email)),
  };
  store_sql(store, SQL(store,
                       "INSERT INTO account (id, tenant_id, uuid, name, name_folded, email, email_folded, "
                       "role, is_active, "
                       "must_change_password, language, created_at, updated_at) VALUES (%" PRId64 ", %" PRId64
                       ", %s, '%s', '%.*s', '%s', '%.*s', %d, TRUE, FALSE, 1, 1, 1)",
                       who.account_id, tenant_id, uuid_literal(store, who.uuid), name,
                       STR_ARG(str_fold(store->ctx.arena, who.name)), email,
                       STR_ARG(str_fold(store->ctx.arena, who.email)), (int)role));
  return who;
}

static inline struct ctx *as(struct store *store, const struct who *who) {
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

/* Every counter is what counting the table gives, and no counter says more. */
static inline void assert_counters_true(struct store *store) {
  static const char plain[] =
      "(SELECT tenant_id, 1 AS scope, 0 AS owner_id, status, priority, COUNT(*) AS n FROM ticket WHERE "
      "removed_at IS NULL "
      "GROUP BY tenant_id, status, priority UNION ALL "
      "SELECT tenant_id, 2, author_id, status, priority, COUNT(*) FROM ticket WHERE removed_at IS NULL "
      "GROUP BY tenant_id, author_id, status, priority UNION ALL "
      "SELECT tenant_id, 3, assignee_id, status, priority, COUNT(*) FROM ticket WHERE removed_at IS NULL "
      "GROUP BY tenant_id, assignee_id, status, priority) p";
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
}

#endif
