#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/reply/reply.h"
#include "people.h"

#define COUNT_OF(store, table) store_number((store), "SELECT COUNT(*) FROM " table)

static struct ticket_status_change to_status(enum ticket_status set) {
  return (struct ticket_status_change){.set = set};
}

static enum status set_status(struct store *store, const struct who *who, const struct ticket *ticket,
                              enum ticket_status set, struct ticket *out) {
  const struct ticket_status_change change = to_status(set);
  return ticket_set_status(as(store, who), ticket->uuid, &change, out);
}

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
  assert_int_equal(COUNT_OF(store, "activity") + COUNT_OF(store, "event") + COUNT_OF(store, "mail"), 3);
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
  assert_int_equal(COUNT_OF(store, "activity") + COUNT_OF(store, "event") + COUNT_OF(store, "mail"), 3);
  assert_ok(ticket_get(as(store, &staff), ticket.uuid, &ticket));
  assert_int_equal(ticket.status, TICKET_NEW);
  assert_counters_true(store);
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
  const char *read, *status, *reply, *remove;
};
/* clang-format off */
static const struct cell cells[] = {
    /*                       own: free, taken; foreign: free, mine, taken; other tenant, removed, unknown */
    {ROLE_SUPER_ADMIN,      "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_MANAGER,          "ooooonnn", "ooooonnn", "ooooonnn", "ooooonnn"},
    {ROLE_SUPERVISOR,       "ooooonnn", "ooooonnn", "ooooonnn", "oofffnnn"},
    {ROLE_CUSTOMER_SERVICE, "ooooonnn", "ooooonnn", "ooooonnn", "oofffnnn"},
    {ROLE_TECHNICIAN,       "onoonnnn", "onoonnnn", "onoonnnn", "ooffnnnn"},
    {ROLE_CUSTOMER,         "oonnnnnn", "ffnnnnnn", "oonnnnnn", "oonnnnnn"},
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
    if (status != STATUS_OK) {
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
  }
  assert_counters_true(store);
}

/* ---- status ---- */

static void marks_follow_the_status(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_CUSTOMER_SERVICE, "Budi", "budi@example.com");
  struct ticket t = ticket_of(store, &author);
  static const struct {
    enum ticket_status set;
    int first_response, started, resolved, closed, reopened; /* at which step each mark was set; 0 not */
  } steps[] = {
      {TICKET_ASSIGNED, 1, 0, 0, 0, 0}, {TICKET_IN_PROGRESS, 1, 2, 0, 0, 0},
      {TICKET_PENDING, 1, 2, 0, 0, 0},  {TICKET_IN_PROGRESS, 1, 2, 0, 0, 0},
      {TICKET_RESOLVED, 1, 2, 5, 0, 0}, {TICKET_CLOSED, 1, 2, 5, 6, 0},
      {TICKET_RESOLVED, 1, 2, 5, 0, 0}, {TICKET_IN_PROGRESS, 1, 2, 0, 0, 1},
      {TICKET_CLOSED, 1, 2, 9, 9, 1},   {TICKET_NEW, 1, 2, 0, 0, 2},
      {TICKET_ASSIGNED, 1, 2, 0, 0, 2},
  };
  for (int i = 0; i < (int)(sizeof steps / sizeof *steps); i++) {
    store->ctx.now_us = STORE_NOW + (i + 1) * TIME_SECOND_US;
    struct ticket told;
    assert_ok(set_status(store, &staff, &t, steps[i].set, &told));
    assert_ok(ticket_get(as(store, &staff), t.uuid, &t));
#define AT(step) ((step) == 0 ? 0 : STORE_NOW + (step)*TIME_SECOND_US)
    assert_int_equal(t.status, steps[i].set);
    assert_int_equal(t.first_response_at, AT(steps[i].first_response));
    assert_int_equal(t.started_at, AT(steps[i].started));
    assert_int_equal(t.resolved_at, AT(steps[i].resolved));
    assert_int_equal(t.closed_at, AT(steps[i].closed));
    assert_int_equal(t.reopened_count, steps[i].reopened);
    assert_int_equal(t.status_changed_at, AT(i + 1));
    assert_int_equal(t.updated_at, AT(i + 1));
    assert_int_equal(told.resolved_at, t.resolved_at);
    assert_int_equal(told.status, t.status);
  }
  assert_int_equal(t.assignee_id, 0); /* nobody takes it but technicians */
  assert_counters_true(store);
}

static void a_word_that_it_already_reads_as_changes_nothing(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct ticket t = ticket_of(store, &author);
  const struct ticket_status_change pending = {.reads_as = {{TICKET_NEW, TICKET_ASSIGNED, TICKET_PENDING}, 3},
                                               .set = TICKET_PENDING};
  struct ticket after;
  store->ctx.now_us += TIME_SECOND_US;
  assert_ok(ticket_set_status(as(store, &technician), t.uuid, &pending, &after));
  assert_int_equal(after.status, TICKET_NEW);
  assert_int_equal(after.assignee_id, 0);
  assert_int_equal(after.updated_at, STORE_NOW);
  assert_ok(ticket_set_status(as(store, &author), t.uuid, &pending, &after));
  assert_int_equal(COUNT_OF(store, "activity"), 1);
  assert_int_equal(COUNT_OF(store, "event"), 1);
  assert_int_equal(COUNT_OF(store, "mail"), 1);
}

static void an_unknown_status_is_refused(struct store *store) {
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &staff);
  struct ticket out;
  assert_status(STATUS_INVALID, set_status(store, &staff, &t, 0, &out));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_bad_status);
  assert_str(store->ctx.problem.faults[0].field, "status");
  assert_status(STATUS_INVALID, set_status(store, &staff, &t, TICKET_STATUS_COUNT, &out));
}

static void a_technician_who_sets_a_status_takes_the_ticket(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who second = person(store, 1, ROLE_TECHNICIAN, "Tini", "tini@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  assert_ok(set_status(store, &technician, &t, TICKET_IN_PROGRESS, &after));
  assert_int_equal(after.assignee_id, technician.account_id);
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM activity WHERE action = %d AND new_value = 'Tono' AND actor_id = %" PRId64,
             ACTIVITY_ASSIGNED, technician.account_id),
      1);
  assert_int_equal(
      NUMBER(store,
             "SELECT COUNT(*) FROM event WHERE kind = %d AND old_value IS NULL AND new_value = %" PRId64,
             EVENT_TICKET_ASSIGNED, technician.account_id),
      1);
  assert_str(
      store_text(store, SQL(store, "SELECT old_value || '>' || new_value FROM activity WHERE action = %d",
                            ACTIVITY_STATUS)),
      "new>in_progress");
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND old_value = %d AND new_value = %d",
             EVENT_TICKET_STATUS, TICKET_NEW, TICKET_IN_PROGRESS),
      1);
  assert_status(STATUS_NOT_FOUND, set_status(store, &second, &t, TICKET_CLOSED, &after));
  assert_ok(set_status(store, &technician, &t, TICKET_RESOLVED, &after));
  assert_counters_true(store);
}

static void a_customer_closes_and_reopens_and_nothing_else(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  for (int taken = 0; taken < 2; taken++) {
    for (int from = TICKET_NEW; from < TICKET_STATUS_COUNT; from++) {
      for (int asked = TICKET_NEW; asked < TICKET_STATUS_COUNT; asked++) {
        struct ticket t = ticket_of(store, &author), after = {0};
        if (taken) {
          assign(store, &t, technician.account_id);
        }
        assert_ok(set_status(store, &staff, &t, from, &after));
        enum status status = set_status(store, &author, &t, asked, &after);
        bool done = from == TICKET_RESOLVED || from == TICKET_CLOSED;
        if (from == asked) {
          assert_int_equal(status, STATUS_OK);
        } else if (from == TICKET_RESOLVED && asked == TICKET_CLOSED) {
          assert_int_equal(status, STATUS_OK);
          assert_int_equal(after.status, TICKET_CLOSED);
        } else if (done && asked < TICKET_RESOLVED) {
          assert_int_equal(status, STATUS_OK);
          assert_int_equal(after.status, taken ? TICKET_ASSIGNED : TICKET_NEW);
          assert_int_equal(after.reopened_count, 1);
          assert_int_equal(after.resolved_at + after.closed_at, 0);
        } else {
          assert_int_equal(status, STATUS_FORBIDDEN);
          assert_ptr_equal(store->ctx.problem.kind, &ticket_forbidden);
        }
      }
    }
  }
  assert_counters_true(store);
}

/* ---- replies and mail ---- */

/* Mails but those of creations: "kind:to:value:text" of the newest, and how many. */
static void assert_mail(struct store *store, int64_t count, const char *newest) {
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM mail WHERE kind <> %d", MAIL_TICKET_CREATED), count);
  if (newest != NULL) {
    assert_str(
        store_text(
            store,
            "SELECT CAST(kind AS TEXT) || ':' || CAST(account_id AS TEXT) || ':' || CAST(value AS TEXT) "
            "|| ':' || COALESCE(text, 'none') FROM mail ORDER BY id DESC LIMIT 1"),
        newest);
  }
}

static void the_other_party_gets_the_mail(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("anybody?"), &after));
  assert_mail(store, 0, NULL); /* nobody is on it yet */
  assert_ok(ticket_reply(as(store, &staff), t.uuid, STR("soon"), &after));
  assert_mail(store, 1,
              SQL(store, "%d:%" PRId64 ":%d:soon", MAIL_TICKET_REPLIED, author.account_id, TICKET_NEW));
  assert_ok(set_status(store, &technician, &t, TICKET_RESOLVED, &after));
  assert_mail(store, 2,
              SQL(store, "%d:%" PRId64 ":%d:none", MAIL_TICKET_STATUS, author.account_id, TICKET_RESOLVED));
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("thanks"), &after));
  assert_mail(
      store, 3,
      SQL(store, "%d:%" PRId64 ":%d:thanks", MAIL_TICKET_REPLIED, technician.account_id, TICKET_RESOLVED));
  assert_ok(set_status(store, &author, &t, TICKET_CLOSED, &after));
  assert_mail(store, 4,
              SQL(store, "%d:%" PRId64 ":%d:none", MAIL_TICKET_STATUS, technician.account_id, TICKET_CLOSED));
  const struct ticket own = ticket_of(store, &staff);
  assert_ok(set_status(store, &staff, &own, TICKET_CLOSED, &after));
  assert_ok(ticket_reply(as(store, &staff), own.uuid, STR("note to self"), &after));
  const struct ticket own_work = ticket_of(store, &technician);
  assert_ok(set_status(store, &technician, &own_work, TICKET_IN_PROGRESS, &after));
  assert_ok(ticket_reply(as(store, &technician), own_work.uuid, STR("on it"), &after));
  assert_mail(store, 4, NULL);
}

static void the_first_reply_of_staff_is_the_first_response(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_CUSTOMER_SERVICE, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  store->ctx.now_us = STORE_NOW + 1;
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("hello?"), &after));
  assert_int_equal(after.first_response_at, 0);
  assert_int_equal(after.updated_at, STORE_NOW + 1);
  store->ctx.now_us = STORE_NOW + 2;
  assert_ok(ticket_reply(as(store, &staff), t.uuid, STR("yes"), &after));
  store->ctx.now_us = STORE_NOW + 3;
  assert_ok(ticket_reply(as(store, &staff), t.uuid, STR("still here"), &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_int_equal(after.first_response_at, STORE_NOW + 2);
  assert_int_equal(after.updated_at, STORE_NOW + 3);
  assert_int_equal(after.status, TICKET_NEW);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_REPLIED), 3);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_REPLIED), 3);
}

static void an_answer_is_status_and_reply_or_neither(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_CUSTOMER_SERVICE, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  const struct ticket_status_change resolved = {.reads_as = {{TICKET_RESOLVED, TICKET_CLOSED}, 2},
                                                .set = TICKET_RESOLVED};
  const struct ticket_status_change unknown = to_status(17);
  struct ticket after;
  assert_status(STATUS_INVALID, ticket_answer(as(store, &staff), t.uuid, &resolved, STR(" \n"), &after));
  assert_str(store->ctx.problem.faults[0].field, "text");
  assert_status(STATUS_INVALID, ticket_answer(as(store, &staff), t.uuid, &unknown, STR(""), &after));
  assert_int_equal(store->ctx.problem.fault_count, 2);
  assert_status(STATUS_FORBIDDEN,
                ticket_answer(as(store, &author), t.uuid, &resolved, STR("I fixed it"), &after));
  assert_int_equal(COUNT_OF(store, "reply"), 0);
  assert_mail(store, 0, NULL);
  assert_ok(ticket_answer(as(store, &staff), t.uuid, &resolved, STR("fixed"), &after));
  assert_int_equal(after.status, TICKET_RESOLVED);
  assert_int_equal(COUNT_OF(store, "reply"), 1);
  assert_mail(store, 1,
              SQL(store, "%d:%" PRId64 ":%d:fixed", MAIL_TICKET_STATUS, author.account_id, TICKET_RESOLVED));
  assert_ok(ticket_answer(as(store, &staff), t.uuid, &resolved, STR("really"), &after));
  assert_mail(
      store, 2,
      SQL(store, "%d:%" PRId64 ":%d:really", MAIL_TICKET_REPLIED, author.account_id, TICKET_RESOLVED));
  assert_int_equal(COUNT_OF(store, "reply"), 2);
  assert_counters_true(store);
}

/* ---- removal ---- */

static void a_removed_ticket_is_gone_for_all(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  store->ctx.now_us += 5;
  assert_ok(ticket_remove(as(store, &author), t.uuid, false, &out));
  assert_int_equal(out.removed_at, STORE_NOW + 5);
  assert_int_equal(out.removed_by, author.account_id);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_REMOVED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_REMOVED), 1);
  const struct who *both[] = {&author, &manager};
  for (int i = 0; i < 2; i++) {
    assert_status(STATUS_NOT_FOUND, ticket_remove(as(store, both[i]), t.uuid, i == 1, &out));
    assert_status(STATUS_NOT_FOUND, ticket_get(as(store, both[i]), t.uuid, &out));
    assert_status(STATUS_NOT_FOUND, ticket_reply(as(store, both[i]), t.uuid, STR("x"), &out));
    assert_status(STATUS_NOT_FOUND, set_status(store, both[i], &t, TICKET_CLOSED, &out));
  }
  assert_int_equal(COUNT_OF(store, "mail"), 1);
  assert_counters_true(store);
}

static void author_only_shuts_out_managers(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct who stranger = person(store, 2, ROLE_SUPER_ADMIN, "Otto", "otto@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  assert_status(STATUS_FORBIDDEN, ticket_remove(as(store, &manager), t.uuid, true, &out));
  assert_status(STATUS_FORBIDDEN, ticket_remove(as(store, &neighbour), t.uuid, true, &out));
  assert_status(STATUS_NOT_FOUND, ticket_remove(as(store, &stranger), t.uuid, true, &out));
  assert_ok(ticket_remove(as(store, &author), t.uuid, true, &out));
}

static void owners_restore_what_they_removed_and_managers_anything(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Sari", "sari@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct who stranger = person(store, 2, ROLE_SUPER_ADMIN, "Otto", "otto@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  assert_ok(ticket_restore(as(store, &author), t.uuid, &out)); /* not removed: nothing to do */
  assert_ok(ticket_restore(as(store, &manager), t.uuid, &out));
  assert_status(STATUS_FORBIDDEN, ticket_restore(as(store, &service), t.uuid, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &neighbour), t.uuid, &out));
  assert_int_equal(COUNT_OF(store, "activity"), 1);
  assert_ok(ticket_remove(as(store, &author), t.uuid, false, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &service), t.uuid, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &stranger), t.uuid, &out));
  assert_ok(ticket_restore(as(store, &author), t.uuid, &out));
  assert_int_equal(out.removed_at + out.removed_by, 0);
  assert_ok(ticket_get(as(store, &author), t.uuid, &out));
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_RESTORED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_RESTORED), 1);
  assert_ok(ticket_remove(as(store, &manager), t.uuid, false, &out));
  assert_status(STATUS_FORBIDDEN, ticket_restore(as(store, &author), t.uuid, &out));
  assert_ok(ticket_restore(as(store, &manager), t.uuid, &out));
  assert_counters_true(store);
}

static void the_purge_removes_what_is_long_resolved(struct store *store) {
  tenant_make(store, 2);
  const struct who staff[] = {person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com"),
                              person(store, 2, ROLE_MANAGER, "Bude", "bude@example.com")};
  struct ticket tickets[8], out;
  for (int i = 0; i < 8; i++) {
    tickets[i] = ticket_of(store, &staff[i % 2]);
    store->ctx.now_us = STORE_NOW + i;
    assert_ok(set_status(store, &staff[i % 2], &tickets[i], i == 7 ? TICKET_CLOSED : TICKET_RESOLVED, &out));
  }
  assert_ok(
      set_status(store, &staff[0], &tickets[0], TICKET_PENDING, &out)); /* reopened: not resolved any more */
  int64_t mails = COUNT_OF(store, "mail");
  int64_t removed = -1;
  const struct db_ints none = {0}, resolved = {{TICKET_RESOLVED}, 1},
                       both = {{TICKET_RESOLVED, TICKET_CLOSED}, 2};
  struct ctx *ctx = as(store, NULL);
  assert_ok(ticket_purge(ctx, &none, STORE_NOW + 100, 100, &removed));
  assert_int_equal(removed, 0);
  assert_ok(ticket_purge(ctx, &resolved, STORE_NOW + 6, 2, &removed));
  assert_int_equal(removed, 2);
  assert_ok(ticket_purge(ctx, &resolved, STORE_NOW + 6, 100, &removed));
  assert_int_equal(removed, 3);
  assert_ok(ticket_purge(ctx, &both, STORE_NOW + 100, 100, &removed));
  assert_int_equal(removed, 2);
  assert_int_equal(COUNT_OF(store, "ticket WHERE removed_at IS NULL"), 1);
  assert_int_equal(COUNT_OF(store, "ticket WHERE removed_at IS NOT NULL AND removed_by IS NULL"), 7);
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d AND actor_id IS NULL", ACTIVITY_REMOVED),
      7);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND account_id IS NULL",
                          EVENT_TICKET_REMOVED),
                   7);
  assert_int_equal(COUNT_OF(store, "mail"), mails);
  assert_counters_true(store);
  assert_ok(ticket_restore(as(store, &staff[0]), tickets[2].uuid, &out));
  assert_counters_true(store);
}

/* ---- counters ---- */

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void counters_equal_a_count_after_any_sequence(struct store *store) {
  tenant_make(store, 2);
  enum { PEOPLE = 8, TICKETS = 40, STEPS = 600 };
  struct who people[PEOPLE];
  for (int i = 0; i < PEOPLE; i++) {
    people[i] = person(store, 1 + i / 6, i % 6 + 1, "Somebody", SQL(store, "p%d@example.com", i));
  }
  struct uuid tickets[TICKETS];
  size_t made = 0;
  uint64_t random = 20260203;
  struct ctx ctx = store->ctx;
  ctx.arena = arena_new(1024 * 1024);
  for (int step = 0; step < STEPS; step++) {
    arena_reset(ctx.arena);
    problem_clear(&ctx);
    ctx.who = &people[next_random(&random) % PEOPLE];
    ctx.now_us++;
    struct ticket out;
    struct ticket_new new_ticket = plain_ticket();
    new_ticket.priority = 1 + next_random(&random) % 5;
    struct ticket_status_change change = to_status(1 + next_random(&random) % 6);
    struct uuid uuid = made > 0 ? tickets[next_random(&random) % made] : uuid_v7(STORE_NOW);
    int64_t removed;
    enum status status = STATUS_OK;
    switch (next_random(&random) % 12) {
      case 0:
      case 1:
        if (made < TICKETS) {
          status = ticket_create(&ctx, &new_ticket, &out);
          tickets[made++] = out.uuid;
        }
        break;
      case 2:
        status = ticket_remove(&ctx, uuid, false, &out);
        break;
      case 3:
      case 4:
        status = ticket_restore(&ctx, uuid, &out);
        break;
      case 5:
        status = ticket_answer(&ctx, uuid, &change, STR("text"), &out);
        break;
      case 6:
        status = ticket_reply(&ctx, uuid, STR("text"), &out);
        break;
      case 7:
        if (step % 50 == 0) {
          status = ticket_purge(&ctx, &(struct db_ints){{TICKET_CLOSED}, 1}, ctx.now_us - 100, 3, &removed);
        }
        break;
      default:
        status = ticket_set_status(&ctx, uuid, &change, &out);
        break;
    }
    assert_true(status == STATUS_OK || status == STATUS_NOT_FOUND || status == STATUS_FORBIDDEN);
    if (step % 100 == 99) {
      assert_counters_true(store);
    }
  }
  arena_free(ctx.arena);
  assert_int_equal(made, TICKETS);
}

struct worker {
  struct ctx ctx;
  struct uuid uuid;
  unsigned seed;
  int moved;
};

static void *keep_moving(void *arg) {
  struct worker *worker = arg;
  for (int i = 0; i < 60; i++) {
    struct ticket out;
    const struct ticket_status_change change = to_status(1 + (unsigned)rand_r(&worker->seed) % 6);
    problem_clear(&worker->ctx);
    if (ticket_set_status(&worker->ctx, worker->uuid, &change, &out) == STATUS_OK) {
      worker->moved++;
    }
  }
  return NULL;
}

static void two_at_once_lose_no_update(struct store *store) {
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &staff);
  struct worker workers[4];
  pthread_t threads[4];
  for (unsigned i = 0; i < 4; i++) {
    workers[i] = (struct worker){.ctx = store_open(store, DB_WRITE), .uuid = t.uuid, .seed = i};
    workers[i].ctx.arena = arena_new(16 * 1024 * 1024);
    workers[i].ctx.who = &staff;
  }
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, keep_moving, &workers[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(workers[i].moved, 60);
    arena_free(workers[i].ctx.arena);
    workers[i].ctx.arena = store->ctx.arena;
    store_close(&workers[i].ctx);
  }
  assert_counters_true(store);
  /* Each change starts from where the one before ended. */
  assert_int_equal(
      NUMBER(
          store,
          "SELECT COUNT(*) FROM (SELECT old_value, LAG(new_value) OVER (ORDER BY id) AS before FROM activity "
          "WHERE action = %d) h WHERE before IS NOT NULL AND old_value <> before",
          ACTIVITY_STATUS),
      0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_ticket_comes_back_exactly_as_sent),
      STORE_TEST(a_title_is_made_of_the_first_line_at_a_word),
      STORE_TEST(faulty_tickets_name_every_field_and_leave_nothing),
      STORE_TEST(a_creation_writes_history_event_mail_and_counters),
      STORE_TEST(everybody_signed_in_creates),
      STORE_TEST(a_failed_transaction_leaves_nothing),
      STORE_TEST(every_cell_of_the_permission_table_holds),
      STORE_TEST(marks_follow_the_status),
      STORE_TEST(a_word_that_it_already_reads_as_changes_nothing),
      STORE_TEST(an_unknown_status_is_refused),
      STORE_TEST(a_technician_who_sets_a_status_takes_the_ticket),
      STORE_TEST(a_customer_closes_and_reopens_and_nothing_else),
      STORE_TEST(the_other_party_gets_the_mail),
      STORE_TEST(the_first_reply_of_staff_is_the_first_response),
      STORE_TEST(an_answer_is_status_and_reply_or_neither),
      STORE_TEST(a_removed_ticket_is_gone_for_all),
      STORE_TEST(author_only_shuts_out_managers),
      STORE_TEST(owners_restore_what_they_removed_and_managers_anything),
      STORE_TEST(the_purge_removes_what_is_long_resolved),
      STORE_TEST(counters_equal_a_count_after_any_sequence),
      STORE_TEST_PGSQL(two_at_once_lose_no_update),
  };
  return STORE_RUN(tests);
}
