#include <string.h>

#include "accounts.h"
#include "desk/activity/activity.h"
#include "desk/customer/customer.h"
#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/reply/reply.h"
#include "desk/statements.h"
#include "desk/sync/sync.h"
#include "desk/technician/technician.h"
#include "uploads.h"

/* The walls between tenants: what PostgreSQL keeps whatever a statement says (docs/decisions/0016-walls.md),
 * and what is whose where the operator's staff act in another tenant, on both engines. */

enum { OURS = 2, THEIRS = 3 };

/* The caller as a request has them. */
static struct ctx *within(struct store *store, const struct who *who) {
  struct ctx *ctx = as(store, who);
  db_act_for(ctx->db, who->tenant_id, who->home_tenant_id);
  return ctx;
}

/* Operator staff who selected a tenant. */
static struct who acting_in(struct who who, int64_t tenant_id) {
  who.tenant_id = tenant_id;
  return who;
}

/* ---- PostgreSQL: every table ---- */

/* Row by row, by what the catalogue knows: a table that is new has to stand behind the wall, too. make_rows
 * fills each table with one row of a tenant; what one of them refers to has the number `base`. breaches tells
 * what the transaction's tenant can do to another one. */
static const char probe[] =
    "CREATE VIEW walled AS SELECT c.oid, c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS "
    "stands"
    " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND (c.relname = "
    "'tenant' OR"
    " EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'));\n"
    "CREATE FUNCTION row_of(walled name, tenant bigint, base bigint) RETURNS text LANGUAGE SQL STABLE AS "
    "$$"
    " SELECT format('INSERT INTO %I (%s) VALUES (%s)', walled, string_agg(quote_ident(c.column_name), ', "
    "'),"
    "  string_agg(CASE WHEN c.column_name = 'tenant_id' OR (c.table_name = 'tenant' AND c.column_name = 'id')"
    "   THEN tenant::text WHEN c.data_type = 'bytea' THEN quote_literal(decode(md5(random()::text), 'hex')) "
    "|| '::bytea'"
    "   WHEN c.data_type = 'text' THEN quote_literal('x' || base) WHEN c.data_type = 'boolean' THEN 'true'"
    "   WHEN c.data_type = 'double precision' THEN '0' ELSE base::text END, ', '))"
    " FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name = walled"
    "  AND c.is_nullable = 'NO' AND (c.column_default IS NULL OR c.column_name = 'tenant_id') $$;\n"
    "CREATE FUNCTION make_rows(tenant bigint, base bigint) RETURNS void LANGUAGE plpgsql AS $$"
    " DECLARE t record; left_over text; BEGIN"
    " CREATE TEMP TABLE IF NOT EXISTS todo (name name); DELETE FROM todo; INSERT INTO todo SELECT name FROM "
    "walled;"
    " FOR round IN 1..6 LOOP FOR t IN SELECT * FROM todo LOOP"
    "  BEGIN EXECUTE row_of(t.name, tenant, base); DELETE FROM todo WHERE name = t.name;"
    "  EXCEPTION WHEN foreign_key_violation THEN NULL; END;"
    " END LOOP; END LOOP;"
    " SELECT string_agg(name, ', ') INTO left_over FROM todo;"
    " IF left_over IS NOT NULL THEN RAISE EXCEPTION 'no row could be made for %', left_over; END IF; END "
    "$$;\n"
    "CREATE FUNCTION outcome(command text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN"
    " BEGIN EXECUTE command; GET DIAGNOSTICS n = ROW_COUNT; RETURN n::text;"
    " EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END; END $$;\n"
    "CREATE FUNCTION breaches(own bigint, other bigint) RETURNS text LANGUAGE plpgsql AS $$"
    " DECLARE t record; key text; found text := ''; tried record; BEGIN"
    " FOR t IN SELECT name FROM walled ORDER BY name LOOP"
    "  key := CASE WHEN t.name = 'tenant' THEN 'id' ELSE 'tenant_id' END;"
    "  FOR tried IN SELECT * FROM (VALUES"
    "   (format('SELECT 1 FROM %I WHERE %I = %s', t.name, key, other), '0'),"
    "   (format('SELECT 1 FROM %I WHERE %I <> %s AND NOT (%s)', t.name, key, own,"
    "     CASE WHEN t.name = 'account' THEN 'tenant_id = 1 AND role > 1' ELSE 'false' END), '0'),"
    "   (format('UPDATE %I SET %I = %2$I WHERE %2$I = %s', t.name, key, other), '0'),"
    "   (format('DELETE FROM %I WHERE %I = %s', t.name, key, other), '0'),"
    "   (format('UPDATE %1$I SET %2$I = %3$s WHERE %2$I = %4$s', t.name, key, other, own), '42501'),"
    "   (row_of(t.name, other, 777), '42501')) v (command, wanted) LOOP"
    "   IF outcome(tried.command) <> tried.wanted THEN"
    "    found := found || tried.command || ': ' || outcome(tried.command) || E'\\n'; END IF;"
    "  END LOOP;"
    " END LOOP; RETURN found; END $$";

static const char *acting(struct store *store, int64_t tenant_id, const char *sql) {
  return SQL(store, "SELECT set_config('sigap.tenant', '%" PRId64 "', TRUE); %s", tenant_id, sql);
}

static void every_table_with_a_tenant_stands_behind_a_forced_wall(struct store *store) {
  store_sql(store, probe);
  assert_str(store_text(store, "SELECT string_agg(name, ', ') FROM walled WHERE NOT stands"), NULL);
  assert_str(store_text(store,
                        "SELECT string_agg(name, ', ') FROM walled w WHERE NOT EXISTS"
                        " (SELECT 1 FROM pg_policy p WHERE p.polrelid = w.oid AND p.polname = 'wall')"),
             NULL);
  assert_true(store_number(store, "SELECT COUNT(*) FROM walled") >= 24);
  /* And who asks is somebody for whom walls stand. */
  assert_int_equal(store_number(store,
                                "SELECT COUNT(*) FROM pg_roles WHERE rolname = current_user"
                                " AND (rolsuper OR rolbypassrls)"),
                   0);
}

static void no_sql_of_one_tenant_reads_or_touches_a_row_of_another(struct store *store) {
  store_sql(store, probe);
  store_sql(store, "SELECT make_rows(2, 2000), make_rows(3, 3000)");
  store_sql(store,
            "INSERT INTO assignment_serial (assignment_id, position, item_id, serial, is_out)"
            " VALUES (3000, 1, 3000, 'SN', TRUE)");
  const char *before = store_text(store,
                                  "SELECT md5(string_agg(t, '')) FROM (SELECT (x.*)::text FROM ticket x"
                                  " UNION ALL SELECT (x.*)::text FROM account x) rows (t)")
                           .at;
  assert_str(store_text(store, acting(store, OURS, "SELECT breaches(2, 3)")), "");
  assert_str(store_text(store, acting(store, THEIRS, "SELECT breaches(3, 2)")), "");
  /* What has no tenant of its own. */
  assert_int_equal(store_number(store, acting(store, OURS, "SELECT COUNT(*) FROM assignment_serial")), 0);
  assert_int_equal(store_number(store, acting(store, THEIRS, "SELECT COUNT(*) FROM assignment_serial")), 1);
  /* The proof proves something: the rows are there, they did not change, and their own tenant sees them. */
  assert_str(store_text(store,
                        "SELECT md5(string_agg(t, '')) FROM (SELECT (x.*)::text FROM ticket x"
                        " UNION ALL SELECT (x.*)::text FROM account x) rows (t)"),
             before);
  assert_true(strlen(store_text(store, acting(store, OURS, "SELECT breaches(3, 2)")).at) > 100);
}

static void who_did_not_say_for_whom_sees_nothing(struct store *store) {
  store_sql(store, probe);
  store_sql(store, "SELECT make_rows(2, 2000)");
  store_sql(store,
            "CREATE FUNCTION seen() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE t record; n bigint;"
            " total bigint := 0; BEGIN FOR t IN SELECT name FROM walled LOOP"
            " EXECUTE format('SELECT COUNT(*) FROM %I', t.name) INTO n; total := total + n; END LOOP;"
            " RETURN total; END $$");
  assert_true(store_number(store, "SELECT seen()") > 24);
  for (int64_t nobody = DB_NOBODY; nobody >= DB_NOBODY - 1; nobody--) {
    assert_int_equal(store_number(store, acting(store, nobody, "SELECT seen()")), 0);
  }
  assert_int_equal(store_number(store, "SELECT set_config('sigap.tenant', '', TRUE); SELECT seen()"), 0);
  /* A stranger reads what tells who they are, and changes nothing. */
  assert_int_equal(store_number(store, acting(store, DB_STRANGER, "SELECT seen()")),
                   store_number(store,
                                "SELECT (SELECT COUNT(*) FROM account) + (SELECT COUNT(*) FROM session)"
                                " + (SELECT COUNT(*) FROM tenant)"));
  assert_str(
      store_text(store, acting(store, DB_STRANGER, "SELECT outcome('UPDATE account SET role = role')")), "0");
  assert_str(store_text(store, acting(store, DB_STRANGER, "SELECT outcome('DELETE FROM session')")), "0");
}

/* ---- PostgreSQL: the program's statements ---- */

struct neighbours {
  struct who ours, theirs;
  struct ticket our_ticket, their_ticket;
};

static struct neighbours neighbours_of(struct store *store) {
  tenant_make(store, OURS);
  tenant_make(store, THEIRS);
  struct neighbours n = {.ours = person(store, OURS, ROLE_SUPER_ADMIN, "Ours", "ours@example.com"),
                         .theirs = person(store, THEIRS, ROLE_SUPER_ADMIN, "Theirs", "theirs@example.com")};
  n.our_ticket = ticket_of(store, &n.ours);
  n.their_ticket = ticket_of(store, &n.theirs);
  return n;
}

/* account_anywhere and activity_of_ticket have no condition on the tenant, as a statement whose condition was
 * forgotten. */
static enum status reach(struct store *store, int64_t account_id) {
  struct account_row row;
  return sql_account_anywhere(&store->ctx, &(struct account_anywhere_in){account_id}, &row);
}

static size_t reached(struct store *store, int64_t ticket_id) {
  struct activity_of_ticket_row *rows = NULL;
  size_t count = 0;
  assert_ok(sql_activity_of_ticket_all(&store->ctx, &(struct activity_of_ticket_in){ticket_id, 10}, 10, &rows,
                                       &count));
  return count;
}

static void a_statement_that_forgot_the_tenant_finds_no_other(struct store *store) {
  const struct neighbours n = neighbours_of(store);
  assert_ok(reach(store, n.theirs.account_id)); /* the system */
  within(store, &n.ours);
  assert_status(STATUS_NOT_FOUND, reach(store, n.theirs.account_id));
  assert_ok(reach(store, n.ours.account_id));
  assert_int_equal(reached(store, n.their_ticket.id), 0);
  assert_true(reached(store, n.our_ticket.id) > 0);
  db_act_for(store->ctx.db, DB_NOBODY, 0);
  assert_status(STATUS_NOT_FOUND, reach(store, n.ours.account_id));
  db_act_for(store->ctx.db, DB_STRANGER, 0);
  assert_ok(reach(store, n.ours.account_id));
  assert_int_equal(reached(store, n.our_ticket.id), 0);
}

struct step {
  struct store *store;
  const struct neighbours *n;
  enum status ends;
  int runs;
};

static enum status stays_within(struct ctx *ctx, void *arg) {
  struct step *step = arg;
  step->runs++;
  assert_status(STATUS_NOT_FOUND, reach(step->store, step->n->theirs.account_id));
  db_act_for(ctx->db, THEIRS, 0); /* said within: from the next statement on */
  assert_ok(reach(step->store, step->n->theirs.account_id));
  assert_status(STATUS_NOT_FOUND, reach(step->store, step->n->ours.account_id));
  return step->runs == 1 ? step->ends : STATUS_OK;
}

static void the_wall_holds_in_every_transaction_and_after_a_failed_one(struct store *store) {
  const struct neighbours n = neighbours_of(store);
  struct ctx *ctx = within(store, &n.ours);
  struct step failing = {store, &n, STATUS_FORBIDDEN, 0};
  for (int i = 0; i < 2; i++) {
    failing.runs = 0;
    assert_status(STATUS_FORBIDDEN, db_read(ctx, stays_within, &failing));
    assert_status(STATUS_NOT_FOUND, reach(store, n.theirs.account_id)); /* outside of a transaction, too */
    failing.runs = 0;
    assert_status(STATUS_FORBIDDEN, db_write(ctx, stays_within, &failing));
  }
  /* Run again after a collision: from where it began. */
  struct step again = {store, &n, STATUS_RETRY, 0};
  assert_ok(db_write(ctx, stays_within, &again));
  assert_int_equal(again.runs, 2);
  /* What a transaction that went well said stays said. */
  assert_status(STATUS_NOT_FOUND, reach(store, n.ours.account_id));
}

static enum status write_theirs(struct ctx *ctx, void *arg) {
  (void)arg;
  return event_add(ctx, &(struct event){.tenant_id = THEIRS, .kind = EVENT_TICKET_CHANGED});
}

static void a_row_for_another_tenant_is_refused_loudly(struct store *store) {
  const struct neighbours n = neighbours_of(store);
  const int64_t before = count_of(store, "event");
  assert_status(STATUS_BROKEN, db_write(within(store, &n.ours), write_theirs, NULL));
  as(store, NULL); /* the system */
  assert_int_equal(count_of(store, "event"), before);
}

static void only_staff_of_the_operator_are_known_elsewhere(struct store *store) {
  const struct neighbours n = neighbours_of(store);
  const struct who staff = person(store, TENANT_OPERATOR, ROLE_SUPERVISOR, "Sri", "sri@example.com");
  const struct who customer = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  within(store, &n.ours);
  assert_ok(reach(store, staff.account_id));
  assert_status(STATUS_NOT_FOUND, reach(store, customer.account_id));
  /* What they once wrote keeps its name. */
  as(store, NULL);
  assert_ok(account_set_role(&store->ctx, staff.account_id, ROLE_CUSTOMER));
  within(store, &n.ours);
  assert_ok(reach(store, staff.account_id));
  assert_str(store_text(store, acting(store, OURS,
                                      "WITH u AS (UPDATE account SET role = role WHERE tenant_id = 1"
                                      " RETURNING 1) SELECT COUNT(*) FROM u")),
             "0");
}

/* ---- the operator's staff in another tenant ---- */

struct visit {
  struct who home, there; /* the same person */
  struct who customer;    /* of the other tenant */
  struct ticket ticket;   /* theirs */
};

static struct visit visit_by(struct store *store, enum role role) {
  tenant_make(store, OURS);
  struct visit visit = {.home = person(store, TENANT_OPERATOR, role, "Olga", "olga@example.com"),
                        .customer = person(store, OURS, ROLE_CUSTOMER, "Cita", "cita@example.com")};
  visit.there = acting_in(visit.home, OURS);
  visit.ticket = ticket_of(store, &visit.customer);
  return visit;
}

static void what_the_operators_staff_write_elsewhere_shows_their_name(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_SUPERVISOR);
  struct ticket after;
  struct ctx *ctx = within(store, &visit.there);
  assert_ok(ticket_reply(ctx, visit.ticket.uuid, STR("We are on it."), &after));
  const struct ticket_assignment take = {.assignee_id = visit.there.account_id};
  assert_ok(ticket_assign(ctx, visit.ticket.uuid, &take, &after));
  assert_int_equal(after.assignee_id, visit.home.account_id);

  ctx = within(store, &visit.customer);
  struct reply *replies = NULL;
  struct activity *history = NULL;
  size_t count = 0;
  assert_ok(reply_list(ctx, visit.ticket.id, &replies, &count));
  assert_int_equal(count, 1);
  assert_str(replies[0].author_name, "Olga");
  assert_ok(activity_list(ctx, visit.ticket.id, &history, &count));
  bool replied = false, assigned = false;
  for (size_t i = 0; i < count; i++) {
    replied |= history[i].action == ACTIVITY_REPLIED && str_is(history[i].actor_name, "Olga");
    assigned |= history[i].action == ACTIVITY_ASSIGNED && str_is(history[i].new_value, "Olga");
  }
  assert_true(replied && assigned);
  struct ticket_person people[2];
  assert_ok(
      ticket_people(ctx, (const int64_t[]){visit.customer.account_id, visit.home.account_id}, 2, people));
  assert_str(people[0].name, "Cita");
  assert_str(people[1].name, "Olga");
  size_t notices = 0;
  int64_t total = 0;
  struct notice *told = NULL;
  assert_ok(notice_list(ctx, &(struct notice_filter){.limit = 10}, &told, &notices, &total));
  assert_true(notices > 0);
  assert_str(told[0].actor_name, "Olga");
}

static void a_ticket_that_the_operators_staff_open_elsewhere_is_listed_under_their_name(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_CUSTOMER_SERVICE);
  const struct who manager = person(store, OURS, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct ticket_new new_ticket = plain_ticket();
  struct ticket made;
  assert_ok(ticket_create(within(store, &visit.there), &new_ticket, &made));
  assert_int_equal(made.tenant_id, OURS);
  struct ticket *list = NULL;
  size_t count = 0;
  assert_ok(ticket_list(within(store, &manager), &(struct ticket_filter){.limit = 10}, &list, &count));
  assert_int_equal(count, 2);
  assert_str(list[0].author_name, "Olga");
  struct ticket got;
  assert_ok(ticket_get(&store->ctx, made.uuid, &got));
  assert_str(got.author_name, "Olga");
  /* It is none of the operator's own. */
  assert_ok(ticket_list(within(store, &visit.home), &(struct ticket_filter){.limit = 10}, &list, &count));
  assert_int_equal(count, 0);
  as(store, NULL);
  assert_counters_true(store);
}

static void a_technician_of_the_operator_lists_the_customers_elsewhere(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_TECHNICIAN);
  const struct who stranger = person(store, OURS, ROLE_CUSTOMER, "Dian", "dian@example.com");
  store_sql(store, SQL(store,
                       "INSERT INTO customer (account_id, tenant_id, service_area, area_folded, updated_at) "
                       "SELECT id, tenant_id, 'North', 'north', 1 FROM account WHERE id IN (%" PRId64
                       ", %" PRId64 ")",
                       visit.customer.account_id, stranger.account_id));
  const struct str areas[] = {STR_NONE, STR("North")};
  for (size_t i = 0; i < 2; i++) {
    const struct customer_filter filter = {.service_area = areas[i], .limit = 10};
    struct customer *customers = NULL;
    size_t count = 0;
    int64_t total = 0;
    assert_ok(customer_list(within(store, &visit.there), &filter, &customers, &count, &total));
    assert_int_equal(count, 1);
    assert_int_equal(total, 1);
    assert_int_equal(customers[0].account.id, visit.customer.account_id);
    assert_ok(customer_list(within(store, &visit.home), &filter, &customers, &count, &total));
    assert_int_equal(count, 0); /* there is none at home */
    assert_int_equal(total, 0);
  }
}

/* The filter finds this one alone, and its total says so. */
static void assert_only(struct store *store, const struct who *who, struct ticket_filter filter,
                        const struct ticket *ticket) {
  struct ticket *list = NULL;
  size_t count = 0;
  int64_t total = -1;
  filter.limit = 10;
  assert_ok(ticket_list(within(store, who), &filter, &list, &count));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].id, ticket->id);
  assert_ok(ticket_total(within(store, who), &filter, &total));
  assert_int_equal(total, 1);
}

static void a_part_of_a_name_finds_the_operators_staff_too(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_CUSTOMER_SERVICE);
  const struct who manager = person(store, OURS, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct who technician = person(store, OURS, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct ticket_new new_ticket = plain_ticket();
  struct ticket made;
  assert_ok(ticket_create(within(store, &visit.there), &new_ticket, &made));
  assert_only(store, &manager, (struct ticket_filter){.author_name = STR("OLG")}, &made);
  assert_only(store, &manager, (struct ticket_filter){.author_email = STR("olga@")}, &made);
  assert_only(store, &manager,
              (struct ticket_filter){.author_name = STR("olga"), .author_id = visit.home.account_id}, &made);
  /* What no counter knows is counted. */
  assert_only(store, &manager,
              (struct ticket_filter){.author_name = STR("olga"), .categories = {{CATEGORY_TECHNICAL}, 1}},
              &made);
  assert_only(store, &technician, (struct ticket_filter){.author_name = STR("olga")}, &made);
  /* The operator's own tickets of the same people are none of this tenant's. */
  assert_ok(ticket_create(within(store, &visit.home), &new_ticket, &(struct ticket){0}));
  assert_only(store, &manager, (struct ticket_filter){.author_name = STR("olga")}, &made);
}

static int64_t number_of(struct store *store, const struct who *who, struct uuid uuid, int64_t id) {
  int64_t number = 0;
  assert_ok(ticket_person_number(within(store, who), uuid, id, &number));
  return number;
}

static void filters_find_whom_tickets_show_and_nobody_else_from_outside(struct store *store) {
  const struct uuid none = {0};
  const struct visit visit = visit_by(store, ROLE_SUPERVISOR);
  const struct who manager = person(store, OURS, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct who boss = person(store, TENANT_OPERATOR, ROLE_SUPER_ADMIN, "Bea", "bea@example.com");
  const struct who idle = person(store, TENANT_OPERATOR, ROLE_SUPERVISOR, "Ida", "ida@example.com");
  const struct who client = person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Cleo", "cleo@example.com");
  tenant_make(store, THEIRS);
  const struct who stranger = person(store, THEIRS, ROLE_TECHNICIAN, "Sam", "sam@example.com");
  struct ticket after = ticket_of(store, &client);
  after = ticket_of(store, &stranger);
  assert_int_equal(number_of(store, &manager, visit.home.uuid, 0), TICKET_NOBODY);
  const struct ticket_assignment take = {.assignee_id = visit.there.account_id};
  assert_ok(ticket_assign(within(store, &visit.there), visit.ticket.uuid, &take, &after));
  assert_int_equal(number_of(store, &manager, visit.home.uuid, 0), visit.home.account_id);
  assert_int_equal(number_of(store, &manager, none, visit.home.account_id), visit.home.account_id);
  const struct who *const outside[] = {&idle, &client, &stranger};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(number_of(store, &manager, outside[i]->uuid, 0), TICKET_NOBODY);
    assert_int_equal(number_of(store, &manager, none, outside[i]->account_id), TICKET_NOBODY);
  }
  assert_int_equal(number_of(store, &manager, none, 0), TICKET_NOBODY);
  assert_int_equal(number_of(store, &manager, none, -1), TICKET_NOBODY);
  assert_int_equal(number_of(store, &manager, uuid_v7(STORE_NOW), 0), TICKET_NOBODY);
  /* Whoever was deleted since still stands on their tickets. */
  assert_ok(account_delete(within(store, &manager), visit.customer.account_id));
  assert_ok(account_delete(within(store, &boss), visit.home.account_id));
  assert_int_equal(number_of(store, &manager, visit.customer.uuid, 0), visit.customer.account_id);
  assert_int_equal(number_of(store, &manager, none, visit.home.account_id), visit.home.account_id);
  assert_only(
      store, &manager,
      (struct ticket_filter){.author_id = visit.customer.account_id, .assignee_id = visit.home.account_id},
      &visit.ticket);
}

static void the_operators_people_take_work_elsewhere_and_nobody_else_from_outside_does(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_MANAGER);
  const struct who colleague = person(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who manager = person(store, OURS, ROLE_MANAGER, "Mia", "mia@example.com");
  tenant_make(store, THEIRS);
  const struct who stranger = person(store, THEIRS, ROLE_TECHNICIAN, "Sam", "sam@example.com");
  struct ticket after;
  const struct ticket_assignment to_colleague = {.assignee = colleague.uuid};
  const struct ticket_assignment to_stranger = {.assignee = stranger.uuid};
  assert_ok(ticket_assign(within(store, &visit.there), visit.ticket.uuid, &to_colleague, &after));
  assert_int_equal(after.assignee_id, colleague.account_id);
  assert_faults(ticket_assign(within(store, &visit.there), visit.ticket.uuid, &to_stranger, &after),
                "technician_id");
  assert_faults(ticket_assign(within(store, &manager), visit.ticket.uuid, &to_stranger, &after),
                "technician_id");
  assert_faults(ticket_assign(within(store, &manager), visit.ticket.uuid, &to_colleague, &after),
                "technician_id");
  /* Who got it works on it there. */
  const struct who there = acting_in(colleague, OURS);
  const struct ticket_status_change begin = {.set = TICKET_IN_PROGRESS};
  assert_ok(ticket_set_status(within(store, &there), visit.ticket.uuid, &begin, &after));
  assert_int_equal(after.status, TICKET_IN_PROGRESS);
}

static void ones_own_account_is_at_home_wherever_one_acts(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_MANAGER);
  struct account account;
  struct ctx *ctx = within(store, &visit.there);
  assert_ok(account_read(ctx, visit.home.uuid, &account));
  assert_int_equal(account.tenant_id, TENANT_OPERATOR);
  const struct account_change renamed = {.has_name = true, .name = STR("Olga Two")};
  assert_ok(account_update(ctx, visit.home.uuid, &renamed, &account));
  assert_str(account.name, "Olga Two");
  assert_ok(account_set_password(ctx, visit.home.account_id, STR("Password123"), PASSWORD_LONG_ENOUGH, 0));
  /* Accounts there are the tenant's. */
  assert_ok(account_read(ctx, visit.customer.uuid, &account));
  assert_int_equal(account.tenant_id, OURS);
  struct account *found = NULL;
  size_t count = 0;
  int64_t total = 0;
  assert_ok(account_find(ctx, &(struct account_search){.limit = 10}, &found, &count, &total));
  assert_int_equal(count, 1);
  assert_true(uuid_equal(found->uuid, visit.customer.uuid));
  as(store, NULL);
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM event WHERE account_id = %" PRId64 " AND tenant_id <> 1",
             visit.home.account_id),
      0);
}

static void signing_out_elsewhere_ends_the_session_at_home(struct store *store) {
  keys_setup(false);
  const struct visit visit = visit_by(store, ROLE_MANAGER);
  struct account account;
  struct session_token token;
  struct who who;
  as(store, NULL);
  assert_ok(account_by_id(&store->ctx, TENANT_OPERATOR, visit.home.account_id, &account));
  assert_ok(session_open(&store->ctx, &account, 3600, &token));
  assert_ok(session_resume(&store->ctx, token.token, &who));
  assert_int_equal(who.home_tenant_id, TENANT_OPERATOR);
  const struct who there = acting_in(who, OURS);
  assert_ok(session_end(within(store, &there)));
  as(store, NULL);
  assert_status(STATUS_UNAUTHENTICATED, session_resume(&store->ctx, token.token, &who));
  problem_clear(&store->ctx);
  const struct event told = last_event(store);
  assert_int_equal(told.kind, EVENT_SESSION_ENDED);
  assert_int_equal(told.tenant_id, TENANT_OPERATOR);
}

static void notices_of_work_elsewhere_are_read_at_home_and_there(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_TECHNICIAN);
  const struct who manager = person(store, TENANT_OPERATOR, ROLE_MANAGER, "Mia", "mia@example.com");
  const struct who there = acting_in(manager, OURS);
  struct ticket after;
  const struct ticket_assignment to_visitor = {.assignee = visit.home.uuid};
  assert_ok(ticket_assign(within(store, &there), visit.ticket.uuid, &to_visitor, &after));
  for (int i = 0; i < 2; i++) {
    struct ctx *ctx = within(store, i == 0 ? &visit.home : &visit.there);
    struct notice *list = NULL;
    size_t count = 0;
    int64_t total = 0;
    int64_t unread = 0;
    assert_ok(notice_list(ctx, &(struct notice_filter){.limit = 10}, &list, &count, &total));
    assert_int_equal(count, 1);
    assert_str(list->ticket_title, "Router");
    assert_ok(notice_unread(ctx, &unread));
    assert_int_equal(unread, 1);
    if (i == 1) {
      struct notice read;
      assert_ok(notice_read(ctx, list->uuid, &read));
      assert_ok(notice_unread(ctx, &unread));
      assert_int_equal(unread, 0);
    }
  }
  struct sync sync;
  assert_ok(sync_pull(within(store, &visit.there), STR_NONE, &sync));
  assert_int_equal(sync.notice_count, 1);
  assert_int_equal(sync.ticket_count, 0); /* an app's tickets are those at home */
  /* And the wall stands where it stood. */
  if (store->pgsql) {
    tenant_make(store, THEIRS);
    const struct who stranger = person(store, THEIRS, ROLE_CUSTOMER, "Sam", "sam@example.com");
    assert_status(STATUS_NOT_FOUND, reach(store, stranger.account_id));
  }
}

static void an_upload_without_a_ticket_is_at_home_until_it_is_attached(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_SUPERVISOR);
  const struct file_new content = stored(store, "photo.png", FILE_KIND_PHOTO);
  struct ctx *ctx = within(store, &visit.there);
  struct file file;
  struct file got;
  assert_ok(file_upload(ctx, &content, FILE_KIND_PHOTO, (struct uuid){0}, &file));
  assert_int_equal(NUMBER(store, "SELECT tenant_id FROM file WHERE id = %" PRId64, file.id), TENANT_OPERATOR);
  assert_ok(file_get(ctx, file.uuid, &got));
  assert_ok(file_get(within(store, &visit.home), file.uuid, &got));
  const struct who manager = person(store, OURS, ROLE_MANAGER, "Mia", "mia@example.com");
  assert_status(STATUS_NOT_FOUND, file_get(within(store, &manager), file.uuid, &got));
  struct reply reply;
  ctx = within(store, &visit.there);
  const struct str link = file_url(ctx, &file);
  assert_ok(ticket_comment(ctx, visit.ticket.uuid, STR("See the picture."), &link, 1, &reply));
  assert_ok(file_get(within(store, &manager), file.uuid, &got));
  assert_int_equal(NUMBER(store, "SELECT tenant_id FROM file WHERE id = %" PRId64, file.id), OURS);
}

static void a_technicians_own_record_is_at_home(struct store *store) {
  const struct visit visit = visit_by(store, ROLE_TECHNICIAN);
  struct technician technician;
  assert_ok(technician_set_available(within(store, &visit.there), visit.home.uuid, false, STR("Away"),
                                     &technician));
  assert_false(technician.is_available);
  assert_int_equal(store_number(store, "SELECT tenant_id FROM technician"), TENANT_OPERATOR);
}

/* ---- secrets that tell whose they are ---- */

static void a_refresh_token_and_a_link_work_through_any_host(struct store *store) {
  keys_setup(false);
  tenant_make(store, OURS);
  const struct account_new new_account = {.tenant_id = OURS,
                                          .name = STR("Cita"),
                                          .email = STR("cita@example.com"),
                                          .password = STR("Password123"),
                                          .role = ROLE_CUSTOMER,
                                          .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  as(store, NULL);
  assert_ok(account_create(&store->ctx, &new_account, &account));
  const struct sign_in sign_in = {.tenant_id = OURS,
                                  .email = account.email,
                                  .password = STR("Password123"),
                                  .address = STR("192.0.2.7"),
                                  .lifetime_s = 900,
                                  .refresh_s = 86400};
  struct session_token token;
  db_act_for(store->ctx.db, OURS, 0);
  assert_ok(session_sign_in(&store->ctx, &sign_in, &token));
  db_act_for(store->ctx.db, TENANT_OPERATOR, 0); /* the server's own name is the operator's host */
  assert_ok(session_refresh(&store->ctx, token.refresh_token, STR("192.0.2.7"), 900, &token));
  db_act_for(store->ctx.db, OURS, 0);
  assert_ok(account_forgot(&store->ctx, OURS, account.email));
  const struct str secret = store_text(store, "SELECT text FROM mail ORDER BY id DESC LIMIT 1");
  db_act_for(store->ctx.db, TENANT_OPERATOR, 0);
  assert_ok(account_reset(&store->ctx, secret, STR("Password456"), PASSWORD_LONG_ENOUGH));
  as(store, NULL);
  struct who who;
  assert_status(STATUS_UNAUTHENTICATED, session_resume(&store->ctx, token.token, &who));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_PGSQL(every_table_with_a_tenant_stands_behind_a_forced_wall),
      STORE_TEST_PGSQL(no_sql_of_one_tenant_reads_or_touches_a_row_of_another),
      STORE_TEST_PGSQL(who_did_not_say_for_whom_sees_nothing),
      STORE_TEST_PGSQL(a_statement_that_forgot_the_tenant_finds_no_other),
      STORE_TEST_PGSQL(the_wall_holds_in_every_transaction_and_after_a_failed_one),
      STORE_TEST_PGSQL(a_row_for_another_tenant_is_refused_loudly),
      STORE_TEST_PGSQL(only_staff_of_the_operator_are_known_elsewhere),
      STORE_TEST(what_the_operators_staff_write_elsewhere_shows_their_name),
      STORE_TEST(a_ticket_that_the_operators_staff_open_elsewhere_is_listed_under_their_name),
      STORE_TEST(a_technician_of_the_operator_lists_the_customers_elsewhere),
      STORE_TEST(a_part_of_a_name_finds_the_operators_staff_too),
      STORE_TEST(filters_find_whom_tickets_show_and_nobody_else_from_outside),
      STORE_TEST(the_operators_people_take_work_elsewhere_and_nobody_else_from_outside_does),
      STORE_TEST(ones_own_account_is_at_home_wherever_one_acts),
      STORE_TEST(signing_out_elsewhere_ends_the_session_at_home),
      STORE_TEST(notices_of_work_elsewhere_are_read_at_home_and_there),
      STORE_TEST(an_upload_without_a_ticket_is_at_home_until_it_is_attached),
      STORE_TEST(a_technicians_own_record_is_at_home),
      STORE_TEST(a_refresh_token_and_a_link_work_through_any_host),
  };
  if (!uploads_open()) {
    return 1;
  }
  const int failed = STORE_RUN(tests);
  uploads_close();
  return failed;
}
