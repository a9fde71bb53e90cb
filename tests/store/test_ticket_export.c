#include "desk/ticket/ticket_export.h"
#include "history.h"

/* Lines for reports: every filter against a plain WHERE, and each line against its ticket. */

struct taken {
  struct store *store;
  const char *ids; /* "7,6,5" */
  int64_t last_id;
  int64_t lines, until; /* how many at most; 0: no end */
};

static enum status take(struct ctx *ctx, void *arg, const struct ticket_line *line) {
  struct taken *taken = arg;
  (void)ctx;
  taken->ids = SQL(taken->store, "%s%s%" PRId64, taken->ids, taken->ids[0] != '\0' ? "," : "", line->id);
  taken->last_id = line->id;
  taken->lines++;
  return taken->lines == taken->until ? STATUS_UNAVAILABLE : STATUS_OK;
}

/* Lot by lot, as reports do. */
static const char *exported(struct store *store, const struct who *who, const struct ticket_filter *filter,
                            int64_t lot) {
  struct ticket_filter part = *filter;
  struct taken taken = {.store = store, .ids = ""};
  int64_t before;
  part.limit = lot;
  do {
    before = taken.lines;
    assert_ok(ticket_export(as(store, who), &part, take, &taken));
    assert_true(taken.lines - before <= lot);
    part.before_id = taken.last_id;
  } while (taken.lines - before == lot);
  return taken.ids;
}

static const char *selected(struct store *store, const char *where) {
  const char *ids =
      SQL(store, "SELECT id FROM ticket WHERE tenant_id = 1 AND removed_at IS NULL AND %s ORDER BY id DESC",
          where);
  const char *list =
      store->pgsql ? "STRING_AGG(CAST(id AS TEXT), ',' ORDER BY id DESC)" : "GROUP_CONCAT(id, ',')";
  return str_c(store->ctx.arena,
               store_text(store, SQL(store, "SELECT COALESCE(%s, '') FROM (%s) t", list, ids)));
}

static void every_filter_gives_what_a_plain_where_gives(struct store *store) {
  struct history history;
  history_make(store, &history);
  const struct who *manager = &history.manager;
  int64_t technician = history.technicians[1].account_id, customer = history.customers[2].account_id;
  int64_t from = STORE_NOW - 50 * TIME_DAY_US, to = STORE_NOW - 20 * TIME_DAY_US;
  const char *between = SQL(store, "created_at >= %" PRId64 " AND created_at < %" PRId64, from, to);
  const struct {
    struct ticket_filter filter;
    const char *where;
  } cases[] = {
      {{.skip = 0}, "1 = 1"},
      {{.statuses = {{TICKET_CLOSED}, 1}}, "status = 6"},
      {{.statuses = {{TICKET_NEW, TICKET_CLOSED}, 2}}, "status IN (1, 6)"},
      {{.work_types = {{WORK_REPAIR}, 1}}, "work_type = 2"},
      {{.priorities = {{PRIORITY_HIGH}, 1}}, "priority = 3"},
      {{.statuses = {{TICKET_RESOLVED}, 1}, .work_types = {{WORK_UPGRADE}, 1}},
       "status = 5 AND work_type = 4"},
      {{.assignee_id = technician}, SQL(store, "assignee_id = %" PRId64, technician)},
      {{.author_id = customer}, SQL(store, "author_id = %" PRId64, customer)},
      {{.assignee_id = technician, .author_id = customer, .statuses = {{TICKET_CLOSED}, 1}},
       SQL(store, "status = 6 AND assignee_id = %" PRId64 " AND author_id = %" PRId64, technician, customer)},
      {{.created_from = from, .created_to = to}, between},
      {{.created_from = from, .created_to = to, .statuses = {{TICKET_RESOLVED}, 1}},
       SQL(store, "status = 5 AND %s", between)},
      {{.created_from = from, .created_to = to, .assignee_id = technician},
       SQL(store, "assignee_id = %" PRId64 " AND %s", technician, between)},
      {{.scheduled_from = from, .scheduled_to = to},
       SQL(store, "scheduled_at >= %" PRId64 " AND scheduled_at < %" PRId64, from, to)},
      {{.author_name = STR("mer 1")}, SQL(store, "author_id = %" PRId64, history.customers[1].account_id)},
      {{.assignee_id = -1}, "1 = 0"},
      {{.created_from = STORE_NOW + 1}, "1 = 0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *expected = selected(store, cases[i].where);
    assert_string_equal(exported(store, manager, &cases[i].filter, 7), expected);
    assert_string_equal(exported(store, manager, &cases[i].filter, 5000), expected);
  }
}

static void everybody_gets_what_they_may_read(struct store *store) {
  struct history history;
  history_make(store, &history);
  const struct ticket_filter all = {.skip = 0};
  const struct who *technician = &history.technicians[0], *customer = &history.customers[0];
  assert_string_equal(exported(store, technician, &all, 7),
                      selected(store, SQL(store, "assignee_id IN (0, %" PRId64 ")", technician->account_id)));
  assert_string_equal(exported(store, customer, &all, 7),
                      selected(store, SQL(store, "author_id = %" PRId64, customer->account_id)));
  tenant_make(store, 2);
  const struct who stranger = person(store, 2, ROLE_MANAGER, "Stranger", "stranger@example.com");
  assert_string_equal(exported(store, &stranger, &all, 7), "");
  struct taken taken = {.store = store, .ids = ""};
  assert_status(STATUS_UNAUTHENTICATED, ticket_export(as(store, NULL), &all, take, &taken));
}

static enum status compare(struct ctx *ctx, void *arg, const struct ticket_line *line) {
  struct taken *taken = arg;
  struct ticket ticket;
  struct ticket_person assignee;
  char number[TICKET_NUMBER_SIZE], expected[TICKET_NUMBER_SIZE];
  assert_ok(ticket_get(ctx, line->uuid, &ticket));
  assert_ok(ticket_people(ctx, &ticket.assignee_id, 1, &assignee));
  assert_int_equal(line->id, ticket.id);
  assert_string_equal(ticket_line_number(line, number), ticket_number(&ticket, expected));
  assert_str(line->title, str_c(ctx->arena, ticket.title));
  assert_int_equal(line->work_type, ticket.work_type);
  assert_int_equal(line->priority, ticket.priority);
  assert_int_equal(line->status, ticket.status);
  assert_int_equal(line->created_at, ticket.created_at);
  assert_int_equal(line->scheduled_at, ticket.scheduled_at);
  assert_int_equal(line->resolve_due_at, ticket.sla.resolve_due_at);
  assert_int_equal(line->resolved_at, ticket.resolved_at);
  assert_int_equal(line->rating, ticket.rating);
  assert_memory_equal(&line->author_uuid, &ticket.author_uuid, sizeof line->author_uuid);
  assert_str(line->author_name, str_c(ctx->arena, ticket.author_name));
  assert_memory_equal(&line->assignee_uuid, &assignee.uuid, sizeof line->assignee_uuid);
  assert_true(str_equal(line->assignee_name, assignee.name));
  taken->lines++;
  return STATUS_OK;
}

static void a_line_shows_its_ticket(struct store *store) {
  struct history history;
  history_make(store, &history);
  const struct ticket_filter all = {.limit = 1000};
  struct taken taken = {.store = store};
  assert_ok(ticket_export(as(store, &history.manager), &all, compare, &taken));
  assert_int_equal(taken.lines, store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NULL"));
  assert_true(taken.lines > 100);
}

static void who_takes_the_lines_may_stop(struct store *store) {
  struct history history;
  history_make(store, &history);
  const struct ticket_filter all = {.limit = 1000};
  struct taken taken = {.store = store, .ids = "", .until = 3};
  assert_status(STATUS_UNAVAILABLE, ticket_export(as(store, &history.manager), &all, take, &taken));
  assert_int_equal(taken.lines, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(every_filter_gives_what_a_plain_where_gives),
      STORE_TEST(everybody_gets_what_they_may_read),
      STORE_TEST(a_line_shows_its_ticket),
      STORE_TEST(who_takes_the_lines_may_stop),
  };
  return STORE_RUN(tests);
}
