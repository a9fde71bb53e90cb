#include <math.h>
#include <string.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/notice/notice.h"
#include "tickets.h"

/* ---- creation ---- */

static void a_new_ticket_comes_back_exactly_as_sent(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "Ani@Example.com");
  const struct ticket_new new_ticket = {
      .title = STR("  Två  spaces\tand % _ \\ ' \" <b>\xf0\x9f\x98\x80 "),
      .description = STR("line one\r\n\n  line two ' ; -- \\ $1 :name\n"),
      .category = CATEGORY_BILLING,
      .priority = PRIORITY_EMERGENCY,
      .work_type = WORK_UPGRADE,
      .request_kind = REQUEST_COMPLAINT,
  };
  struct ticket made, found;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &made));
  assert_ok(ticket_get(as(store, &author), made.uuid, &found));
  const struct ticket *both[] = {&made, &found};
  for (int i = 0; i < 2; i++) {
    const struct ticket *t = both[i];
    assert_true(str_equal(t->title, new_ticket.title));
    assert_true(str_equal(t->description, new_ticket.description));
    assert_str(t->author_name, "Ani");
    assert_str(t->author_email, "Ani@Example.com");
    assert_true(uuid_equal(t->author_uuid, author.uuid));
    assert_int_equal(t->id, made.id);
    assert_int_equal(t->author_id, author.account_id);
    assert_int_equal(t->assignee_id, 0);
    assert_int_equal(t->category, CATEGORY_BILLING);
    assert_int_equal(t->priority, PRIORITY_EMERGENCY);
    assert_int_equal(t->status, TICKET_NEW);
    assert_int_equal(t->work_type, WORK_UPGRADE);
    assert_int_equal(t->request_kind, REQUEST_COMPLAINT);
    assert_int_equal(t->created_at, STORE_NOW);
    assert_int_equal(t->updated_at, STORE_NOW);
    assert_int_equal(t->status_changed_at, STORE_NOW);
    assert_int_equal(t->first_response_at + t->started_at + t->resolved_at + t->closed_at + t->removed_at, 0);
    assert_int_equal(t->reopened_count, 0);
  }
  assert_int_equal(made.uuid.bytes[6] >> 4, 7);
  char number[TICKET_NUMBER_SIZE];
  char expected[TICKET_NUMBER_SIZE];
  snprintf(expected, sizeof expected, "TK20260203%06" PRId64, made.id);
  assert_string_equal(ticket_number(&found, number), expected);
}

static void a_title_is_made_of_the_first_line_at_a_word(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  char words[400] = "";
  for (int i = 0; i < 40; i++) {
    strncat(words, "kata-kata ", sizeof words - strlen(words) - 1);
  }
  struct ticket ticket;
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.title = STR_NONE;
  new_ticket.description = STR("\n  \r\n  Internet mati \r\nsejak pagi");
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(ticket.title, "Internet mati");
  new_ticket.description = str_of(words);
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_int_equal(ticket.title.len, 12 * 10 - 1);
  assert_true(str_equal(ticket.description, new_ticket.description));
}

static void faulty_tickets_name_every_field_and_leave_nothing(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  char *long_title = arena_alloc(store->ctx.arena, 600);
  char *long_text = arena_alloc(store->ctx.arena, 70000);
  for (int i = 0; i < 256; i++) {
    memcpy(long_title + i * 2, "\xc3\xa9", 2);
  }
  memset(long_text, 'x', 65537);
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  new_ticket.title = (struct str){long_title, 510};
  new_ticket.description = (struct str){long_text, 65536};
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  const struct str bad_titles[] = {{long_title, 512}, STR(""),     STR(" \n"),
                                   STR("a\0b"),       STR("\xff"), STR("bell\a")};
  const struct str bad_texts[] = {{long_text, 65537}, STR(""),     STR_NONE,
                                  STR("a\0b"),        STR("\xc3"), STR("esc\x1b[0m")};
  for (size_t i = 0; i < 6; i++) {
    new_ticket.title = bad_titles[i];
    new_ticket.description = bad_texts[i];
    assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
    assert_ptr_equal(store->ctx.problem.kind, &problem_invalid);
    assert_int_equal(store->ctx.problem.fault_count, 2);
    assert_str(store->ctx.problem.faults[0].field, "title");
    assert_str(store->ctx.problem.faults[1].field, "description");
  }
  new_ticket = plain_ticket();
  new_ticket.priority = 9;
  assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(store->ctx.problem.faults[0].field, "priority");
  assert_int_equal(COUNT_OF(store, "ticket"), 1);
}

static void a_creation_writes_history_event_mail_and_counters(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM activity WHERE ticket_id = %" PRId64
             " AND action = %d AND actor_id = %" PRId64 " AND old_value IS NULL AND new_value IS NULL",
             ticket.id, ACTIVITY_CREATED, author.account_id),
      1);
  assert_int_equal(NUMBER(store,
                          "SELECT COUNT(*) FROM event WHERE ticket_id = %" PRId64
                          " AND kind = %d AND account_id = %" PRId64 " AND tenant_id = 1",
                          ticket.id, EVENT_TICKET_CREATED, author.account_id),
                   1);
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM mail WHERE ticket_id = %" PRId64 " AND kind = %d AND account_id = %" PRId64
             " AND state = 1 AND tries = 0 AND due_at = %" PRId64,
             ticket.id, MAIL_TICKET_CREATED, author.account_id, STORE_NOW),
      1);
  /* The clocks started: 24 hours for normal priority. */
  assert_str(
      store_text(store, SQL(store, "SELECT new_value FROM activity WHERE action = %d AND old_value IS NULL",
                            ACTIVITY_SLA_STARTED)),
      "2026-02-04T04:05:06.000007Z");
  assert_int_equal(ticket.sla.resolve_due_at, STORE_NOW + 24 * TIME_HOUR_US);
  assert_int_equal(COUNT_OF(store, "activity"), 2);
  assert_int_equal(COUNT_OF(store, "event") + COUNT_OF(store, "mail"), 2);
  assert_int_equal(COUNT_OF(store, "ticket_count"), 3);
  assert_counters_true(store);
}

static void everybody_signed_in_creates(struct store *store) {
  const struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  assert_status(STATUS_UNAUTHENTICATED, ticket_create(as(store, NULL), &new_ticket, &ticket));
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    const struct who author = person(store, 1, role, "Ani", SQL(store, "ani%d@example.com", role));
    ticket_of(store, &author);
  }
  assert_int_equal(COUNT_OF(store, "ticket"), 6);
}

static enum status create_and_fail(struct ctx *ctx, void *arg) {
  const struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket = *(struct ticket *)arg;
  assert_ok(ticket_create(ctx, &new_ticket, &ticket));
  const struct ticket_status_change change = to_status(TICKET_CLOSED);
  assert_ok(ticket_answer(ctx, ((struct ticket *)arg)->uuid, &change, STR("done"), &ticket));
  return STATUS_STATE;
}

static void a_failed_transaction_leaves_nothing(struct store *store) {
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &staff);
  assert_status(STATUS_STATE, db_write(as(store, &staff), create_and_fail, &ticket));
  assert_int_equal(COUNT_OF(store, "ticket"), 1);
  assert_int_equal(COUNT_OF(store, "reply"), 0);
  assert_int_equal(COUNT_OF(store, "activity") + COUNT_OF(store, "event") + COUNT_OF(store, "mail"), 4);
  assert_ok(ticket_get(as(store, &staff), ticket.uuid, &ticket));
  assert_int_equal(ticket.status, TICKET_NEW);
  assert_counters_true(store);
}

/* ---- for somebody else, somewhere, some time ---- */

static void staff_make_tickets_for_customers(struct store *store) {
  tenant_make(store, 2);
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who stranger = person(store, 2, ROLE_CUSTOMER, "Otto", "otto@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Sari", "sari@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  new_ticket.customer = customer.uuid;
  assert_ok(ticket_create(as(store, &service), &new_ticket, &ticket));
  assert_int_equal(ticket.author_id, customer.account_id);
  assert_int_equal(ticket.author_role, ROLE_CUSTOMER);
  assert_str(ticket.author_name, "Ani");
  assert_int_equal(ticket.assignee_id, 0);
  assert_ok(ticket_get(as(store, &customer), ticket.uuid, &ticket));
  assert_int_equal(ticket.author_role, ROLE_CUSTOMER);
  /* Who wrote it down stands in the history; the customer hears of it. */
  assert_int_equal(NUMBER(store, "SELECT actor_id FROM activity WHERE action = %d", ACTIVITY_CREATED),
                   service.account_id);
  assert_int_equal(NUMBER(store, "SELECT account_id FROM mail WHERE kind = %d", MAIL_TICKET_CREATED),
                   customer.account_id);
  assert_int_equal(notices_to(store, &customer, NOTICE_TICKET_CREATED), 1);
  assert_int_equal(COUNT_OF(store, "notice"), 1);
  /* A customer names nobody else, staff nobody who is no active customer here. */
  assert_ok(ticket_create(as(store, &customer), &new_ticket, &ticket));
  assert_status(STATUS_FORBIDDEN, ticket_create(as(store, &neighbour), &new_ticket, &ticket));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_forbidden);
  store_sql(store,
            SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, neighbour.account_id));
  const struct uuid wrong[] = {technician.uuid, service.uuid, stranger.uuid, uuid_v7(STORE_NOW),
                               neighbour.uuid};
  new_ticket.priority = 9;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    new_ticket.customer = wrong[i];
    assert_status(STATUS_INVALID, ticket_create(as(store, &service), &new_ticket, &ticket));
    assert_int_equal(store->ctx.problem.fault_count, 2);
    assert_str(store->ctx.problem.faults[0].field, "priority");
    assert_str(store->ctx.problem.faults[1].field, "customer_id");
  }
  assert_int_equal(COUNT_OF(store, "ticket"), 2);
  assert_counters_true(store);
}

static void a_technician_has_own_work_at_once(struct store *store) {
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  new_ticket.customer = customer.uuid;
  assert_ok(ticket_create(as(store, &technician), &new_ticket, &ticket));
  assert_ok(ticket_get(as(store, &technician), ticket.uuid, &ticket));
  assert_int_equal(ticket.author_id, customer.account_id);
  assert_int_equal(ticket.assignee_id, technician.account_id);
  assert_int_equal(ticket.first_assignee_id, technician.account_id);
  assert_int_equal(ticket.assigned_at, STORE_NOW);
  assert_int_equal(ticket.first_response_at, STORE_NOW);
  assert_int_equal(ticket.status, TICKET_ASSIGNED);
  assert_history(store, ticket.id, SQL(store, "%d::>Tono", ACTIVITY_ASSIGNED));
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND new_value = %" PRId64,
                          EVENT_TICKET_ASSIGNED, technician.account_id),
                   1);
  assert_counters_true(store);
}

static void place_and_schedule_come_back(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
  assert_true(isnan(ticket.latitude) && isnan(ticket.longitude));
  assert_int_equal(ticket.scheduled_at, 0);
  assert_int_equal(ticket.work_type, WORK_REPAIR);
  new_ticket.has_place = true;
  new_ticket.latitude = -6.2088;
  new_ticket.longitude = 106.8456;
  new_ticket.scheduled_at = STORE_NOW + TIME_DAY_US;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
  assert_true(ticket.latitude == -6.2088 && ticket.longitude == 106.8456);
  assert_int_equal(ticket.scheduled_at, STORE_NOW + TIME_DAY_US);
  new_ticket.latitude = -90.1;
  new_ticket.longitude = NAN;
  assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(store->ctx.problem.faults[0].field, "location.lat");
  assert_str(store->ctx.problem.faults[1].field, "location.lng");
  assert_counters_true(store);
}

static void the_deadline_comes_from_the_category_or_the_priority(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  static const int64_t hours[] = {[PRIORITY_LOW] = 48,
                                  [PRIORITY_NORMAL] = 24,
                                  [PRIORITY_HIGH] = 4,
                                  [PRIORITY_CRITICAL] = 2,
                                  [PRIORITY_EMERGENCY] = 1};
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
    new_ticket.priority = (enum ticket_priority)priority;
    assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
    assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
    assert_int_equal(ticket.sla.resolve_due_at, STORE_NOW + hours[priority] * TIME_HOUR_US);
    assert_int_equal(ticket.sla.response_due_at, 0);
  }
  const struct sla_target target = {CATEGORY_TECHNICAL, 15, 90, 0};
  const struct sla_target nothing = {CATEGORY_BILLING, 0, 0, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  assert_ok(sla_set(as(store, &manager), 1, &nothing));
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
  assert_int_equal(ticket.sla.resolve_due_at, STORE_NOW + 90 * TIME_MINUTE_US);
  assert_int_equal(ticket.sla.response_due_at, STORE_NOW + 15 * TIME_MINUTE_US);
  assert_true(ticket.sla.next_at != 0);
  int64_t started = NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_SLA_STARTED);
  assert_int_equal(started, 6);
  new_ticket.category = CATEGORY_BILLING; /* no targets, nothing to keep to */
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_int_equal(ticket.sla.resolve_due_at + ticket.sla.response_due_at + ticket.sla.next_at, 0);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_SLA_STARTED), 6);
}

static void a_customers_ticket_is_told_to_staff_from_customer_service_up(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct who staff[ROLE_COUNT];
  for (int role = ROLE_TECHNICIAN; role < ROLE_COUNT; role++) {
    staff[role] = person(store, 1, (enum role)role, "Somebody", SQL(store, "s%d@example.com", role));
  }
  const struct who stranger = person(store, 2, ROLE_MANAGER, "Otto", "otto@example.com");
  const struct who gone = person(store, 1, ROLE_MANAGER, "Gone", "gone@example.com");
  store_sql(store, SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, gone.account_id));
  ticket_of(store, &author);
  for (int role = ROLE_TECHNICIAN; role < ROLE_COUNT; role++) {
    assert_int_equal(notices_to(store, &staff[role], NOTICE_TICKET_CREATED), role >= ROLE_CUSTOMER_SERVICE);
  }
  assert_int_equal(notices_to(store, &stranger, NOTICE_TICKET_CREATED), 0);
  assert_int_equal(COUNT_OF(store, "notice"), 4);
}

static void links_come_with_the_ticket_or_stop_it(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct str good[] = {STR("https://example.com/a.jpg"), STR("https://example.com/b.pdf")};
  const struct str bad[] = {STR("https://example.com/a.jpg"), STR("ftp://example.com/b")};
  struct str many[11];
  for (size_t i = 0; i < 11; i++) {
    many[i] = good[0];
  }
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  new_ticket.links = good;
  new_ticket.link_count = 2;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_ok(ticket_get(as(store, &author), ticket.uuid, &ticket));
  assert_int_equal(ticket.file_count, 2);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM file WHERE ticket_id = %" PRId64, ticket.id), 2);
  new_ticket.links = bad;
  assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(store->ctx.problem.faults[0].field, "attachments[1]");
  new_ticket.links = many;
  new_ticket.link_count = 11;
  assert_status(STATUS_INVALID, ticket_create(as(store, &author), &new_ticket, &ticket));
  assert_str(store->ctx.problem.faults[0].field, "attachments");
  assert_int_equal(COUNT_OF(store, "ticket"), 1);
  assert_int_equal(COUNT_OF(store, "file"), 2);
}

/* ---- the cells of the permission table ---- */

enum kind {
  OWN_FREE,
  OWN_TAKEN,
  FOREIGN_FREE,
  FOREIGN_MINE,
  FOREIGN_TAKEN,
  OTHER_TENANT,
  REMOVED,
  UNKNOWN,
  KINDS
};

/* One letter a kind of ticket, in the order of the enum: o = OK, f = forbidden, n = not found. */
struct cell {
  enum role role;
  const char *read, *status, *reply, *remove, *assign, *title, *schedule;
};
/* clang-format off */
static const struct cell cells[] = {
    /* own: free, taken; foreign: free, mine, taken; other tenant, removed, unknown.
     *                       read        status      reply       remove      assign      title       schedule */
    {ROLE_SUPER_ADMIN,      "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_MANAGER,          "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_SUPERVISOR,       "ooooonnn", "ooooonnn", "ooooonnn", "fffffnnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_CUSTOMER_SERVICE, "ooooonnn", "ooooonnn", "ooooonnn", "fffffnnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_TECHNICIAN,       "onoonnnn", "onoonnnn", "onoonnnn", "fnffnnnn", "onoonnnn", "fnffnnnn", "fnfonnnn"},
    {ROLE_CUSTOMER,         "oonnnnnn", "ffnnnnnn", "oonnnnnn", "oonnnnnn", "ffffffff", "oonnnnnn", "ffnnnnnn"},
};
/* clang-format on */

struct scene {
  struct who caller, other, technician, stranger;
};

static struct ticket make_kind(struct store *store, const struct scene *scene, enum kind kind) {
  bool own = kind == OWN_FREE || kind == OWN_TAKEN;
  struct ticket ticket = ticket_of(store, kind == OTHER_TENANT ? &scene->stranger
                                          : own                ? &scene->caller
                                                               : &scene->other);
  if (kind == OWN_TAKEN || kind == FOREIGN_TAKEN) {
    assign(store, &ticket, scene->technician.account_id);
  } else if (kind == FOREIGN_MINE) {
    assign(store, &ticket, scene->caller.account_id);
  } else if (kind == REMOVED) {
    assert_ok(ticket_remove(as(store, &scene->other), ticket.uuid, false, &ticket));
  } else if (kind == UNKNOWN) {
    ticket.uuid = uuid_v7(STORE_NOW);
  }
  return ticket;
}

static enum status try_read(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  return ticket_get(as(store, who), ticket->uuid, &out);
}
static enum status try_status(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  return set_status(store, who, ticket, TICKET_IN_PROGRESS, &out);
}
static enum status try_reply(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  return ticket_reply(as(store, who), ticket->uuid, STR("hello"), &out);
}
static enum status try_remove(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  return ticket_remove(as(store, who), ticket->uuid, false, &out);
}

static enum status try_assign(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  const struct ticket_assignment assignment = {.assignee_id = who->account_id};
  return ticket_assign(as(store, who), ticket->uuid, &assignment, &out);
}
static enum status try_title(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  const struct ticket_change change = {.has_title = true, .title = STR("Another")};
  return ticket_change(as(store, who), ticket->uuid, &change, &out);
}
static enum status try_schedule(struct store *store, const struct who *who, const struct ticket *ticket) {
  struct ticket out;
  const struct ticket_change change = {.has_schedule = true, .scheduled_at = STORE_NOW + TIME_DAY_US};
  return ticket_change(as(store, who), ticket->uuid, &change, &out);
}

static void check_cell(struct store *store, const struct cell *cell, const char *expected, const char *what,
                       enum status (*attempt)(struct store *, const struct who *, const struct ticket *)) {
  const struct scene scene = {
      person(store, 1, cell->role, "Caller", SQL(store, "%s%d@example.com", what, cell->role)),
      person(store, 1, ROLE_CUSTOMER, "Other", SQL(store, "other%s%d@example.com", what, cell->role)),
      person(store, 1, ROLE_TECHNICIAN, "Tech", SQL(store, "tech%s%d@example.com", what, cell->role)),
      person(store, 2, ROLE_CUSTOMER, "Stranger", SQL(store, "stranger%s%d@example.com", what, cell->role)),
  };
  for (int kind = 0; kind < KINDS; kind++) {
    const struct ticket ticket = make_kind(store, &scene, kind);
    enum status status = attempt(store, &scene.caller, &ticket);
    char got = status == STATUS_OK          ? 'o'
               : status == STATUS_FORBIDDEN ? 'f'
               : status == STATUS_NOT_FOUND ? 'n'
                                            : '?';
    if (got != expected[kind]) {
      fail_msg("%s by %s on kind %d: got %c (%s), expected %c", what, role_name(cell->role), kind, got,
               status_name(status), expected[kind]);
    }
    if (status != STATUS_OK && store->ctx.problem.kind != &access_forbidden) {
      assert_ptr_equal(store->ctx.problem.kind, got == 'f' ? &ticket_forbidden : &ticket_not_found);
    }
  }
}

static void every_cell_of_the_permission_table_holds(struct store *store) {
  tenant_make(store, 2);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    check_cell(store, &cells[i], cells[i].read, "read", try_read);
    check_cell(store, &cells[i], cells[i].status, "status", try_status);
    check_cell(store, &cells[i], cells[i].reply, "reply", try_reply);
    check_cell(store, &cells[i], cells[i].remove, "remove", try_remove);
    check_cell(store, &cells[i], cells[i].assign, "assign", try_assign);
    check_cell(store, &cells[i], cells[i].title, "title", try_title);
    check_cell(store, &cells[i], cells[i].schedule, "schedule", try_schedule);
  }
  assert_counters_true(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_ticket_comes_back_exactly_as_sent),
      STORE_TEST(a_title_is_made_of_the_first_line_at_a_word),
      STORE_TEST(faulty_tickets_name_every_field_and_leave_nothing),
      STORE_TEST(a_creation_writes_history_event_mail_and_counters),
      STORE_TEST(everybody_signed_in_creates),
      STORE_TEST(a_failed_transaction_leaves_nothing),
      STORE_TEST(staff_make_tickets_for_customers),
      STORE_TEST(a_technician_has_own_work_at_once),
      STORE_TEST(place_and_schedule_come_back),
      STORE_TEST(the_deadline_comes_from_the_category_or_the_priority),
      STORE_TEST(a_customers_ticket_is_told_to_staff_from_customer_service_up),
      STORE_TEST(links_come_with_the_ticket_or_stop_it),
      STORE_TEST(every_cell_of_the_permission_table_holds),
  };
  return STORE_RUN(tests);
}
