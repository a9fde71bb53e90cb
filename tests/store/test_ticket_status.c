#include <string.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/notice/notice.h"
#include "desk/reply/reply.h"
#include "tickets.h"

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
  assert_int_equal(COUNT_OF(store, "activity"), 2);
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

static void where_one_can_assign_a_status_takes_nothing(struct store *store) {
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "Budi", "budi@example.com");
  struct ticket t = ticket_of(store, &customer);
  struct ticket after = {0};
  const struct ticket_status_change change = {.set = TICKET_IN_PROGRESS, .only_assigned = true};
  assert_status(STATUS_FORBIDDEN, ticket_set_status(as(store, &technician), t.uuid, &change, &after));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_forbidden);
  assign(store, &t, technician.account_id);
  assert_ok(ticket_set_status(as(store, &technician), t.uuid, &change, &after));
  assert_int_equal(after.status, TICKET_IN_PROGRESS);
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
        } else if (done && asked < TICKET_RESOLVED && asked != TICKET_PENDING) {
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

/* ---- clocks ---- */

#define LATER(hours) (STORE_NOW + (hours)*TIME_HOUR_US)

static void the_deadline_can_be_explained_from_the_history(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author); /* due 24 hours later */
  static const struct {
    int64_t hours;
    enum ticket_status set;
    int64_t due_hours; /* after the creation */
  } steps[] = {
      {1, TICKET_IN_PROGRESS, 24}, {2, TICKET_PENDING, 24},  {5, TICKET_IN_PROGRESS, 27},
      {6, TICKET_RESOLVED, 27},    {8, TICKET_CLOSED, 27},   {10, TICKET_PENDING, 27},
      {11, TICKET_ASSIGNED, 32},   {12, TICKET_PENDING, 32}, {40, TICKET_CLOSED, 60},
  };
  struct ticket after;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    store->ctx.now_us = LATER(steps[i].hours);
    assert_ok(set_status(store, &staff, &t, steps[i].set, &after));
    assert_ok(ticket_get(as(store, &staff), t.uuid, &after));
    assert_int_equal(after.sla.resolve_due_at, LATER(steps[i].due_hours));
    assert_int_equal(after.sla.paused_at != 0, after.status >= TICKET_PENDING);
  }
#define DUE(day, hour) "2026-02-" day "T" hour ":05:06.000007Z"
  assert_history(
      store, t.id,
      SQL(store,
          "%d::new>in_progress\n"
          "%d::in_progress>pending\n%d::" DUE(
              "04", "04") ">\n"
                          "%d::pending>in_progress\n%d::" DUE("04", "04") ">" DUE(
                              "04",
                              "07") "\n"
                                    "%d::in_progress>resolved\n%d::" DUE(
                                        "04",
                                        "07") ">met\n"
                                              "%d::resolved>closed\n"
                                              "%d::closed>pending\n%d::" DUE(
                                                  "04",
                                                  "07") ">\n"
                                                        "%d::pending>assigned\n%d::" DUE("04", "07") ">" DUE(
                                                            "04",
                                                            "12") "\n"
                                                                  "%d::assigned>pending\n%d::" DUE(
                                                                      "04",
                                                                      "12") ">\n"
                                                                            "%d::pending>closed\n%d::" DUE(
                                                                                "05", "16") ">met",
          ACTIVITY_STATUS, ACTIVITY_STATUS, ACTIVITY_SLA_PAUSED, ACTIVITY_STATUS, ACTIVITY_SLA_RESUMED,
          ACTIVITY_STATUS, ACTIVITY_SLA_STOPPED, ACTIVITY_STATUS, ACTIVITY_STATUS, ACTIVITY_SLA_PAUSED,
          ACTIVITY_STATUS, ACTIVITY_SLA_RESUMED, ACTIVITY_STATUS, ACTIVITY_SLA_PAUSED, ACTIVITY_STATUS,
          ACTIVITY_SLA_STOPPED));
  assert_counters_true(store);
}

static void a_late_solution_is_told_as_missed(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  store->ctx.now_us = LATER(24) + 1;
  assert_ok(set_status(store, &staff, &t, TICKET_RESOLVED, &after));
  assert_history(
      store, t.id,
      SQL(store, "%d::new>resolved\n%d::" DUE("04", "04") ">missed", ACTIVITY_STATUS, ACTIVITY_SLA_STOPPED));
}

#define DUE_IN_HALF_AN_HOUR "2026-02-03T04:35:06.000007Z"

static void the_first_reply_of_staff_ends_the_response_clock(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct sla_target target = {CATEGORY_TECHNICAL, 30, 600, 0};
  assert_ok(sla_set(as(store, &staff), 1, &target));
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("hello?"), &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_int_equal(after.sla.response_due_at, STORE_NOW + 30 * TIME_MINUTE_US);
  assert_ok(ticket_reply(as(store, &staff), t.uuid, STR("yes"), &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_int_equal(after.sla.response_due_at, 0);
  assert_int_equal(after.sla.resolve_due_at, STORE_NOW + 600 * TIME_MINUTE_US);
  assert_history(store, t.id,
                 SQL(store,
                     "%d:response_deadline:>" DUE_IN_HALF_AN_HOUR "\n%d::>\n%d::>\n"
                     "%d:response_deadline:" DUE_IN_HALF_AN_HOUR ">met",
                     ACTIVITY_CHANGED, ACTIVITY_REPLIED, ACTIVITY_REPLIED, ACTIVITY_CHANGED));
}

/* ---- what stands beside ---- */

static void a_note_and_attachments_stand_beside_a_status(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct ticket t = ticket_of(store, &author);
  const struct ticket_status_change pending = to_status(TICKET_PENDING);
  const struct str links[] = {STR("https://example.com/pole.jpg"), STR("nonsense")};
  struct ticket after;
  assert_ok(ticket_move(as(store, &staff), t.uuid, &pending, STR("waits for a part"), links, 1, &after));
  assert_int_equal(after.status, TICKET_PENDING);
  assert_int_equal(after.file_count, 1);
  /* The same status again keeps the words and attachments, and changes nothing else. */
  assert_ok(ticket_move(as(store, &staff), t.uuid, &pending, STR("still"), links, 1, &after));
  assert_ok(ticket_get(as(store, &staff), t.uuid, &after));
  assert_int_equal(after.file_count, 2);
  assert_ok(ticket_move(as(store, &staff), t.uuid, &pending, STR_NONE, NULL, 0, &after));
  assert_history(store, t.id,
                 SQL(store, "%d::new>pending\n%d::>waits for a part\n%d::" DUE("04", "04") ">\n%d::>still",
                     ACTIVITY_STATUS, ACTIVITY_NOTE, ACTIVITY_SLA_PAUSED, ACTIVITY_NOTE));
  /* Nobody else writes into the history so. */
  assert_status(STATUS_NOT_FOUND,
                ticket_move(as(store, &neighbour), t.uuid, &pending, STR("x"), NULL, 0, &after));
  assert_status(STATUS_FORBIDDEN,
                ticket_move(as(store, &technician), t.uuid, &pending, STR("x"), NULL, 0, &after));
  /* All or nothing. */
  const struct ticket_status_change resolved = to_status(TICKET_RESOLVED);
  assert_status(STATUS_INVALID,
                ticket_move(as(store, &staff), t.uuid, &resolved, STR("done"), links, 2, &after));
  assert_str(store->ctx.problem.faults[0].field, "attachments[1]");
  assert_status(STATUS_INVALID, ticket_move(as(store, &staff), t.uuid, &resolved, STR(" "), NULL, 0, &after));
  assert_str(store->ctx.problem.faults[0].field, "notes");
  assert_ok(ticket_get(as(store, &staff), t.uuid, &after));
  assert_int_equal(after.status, TICKET_PENDING);
  assert_int_equal(COUNT_OF(store, "file"), 2);
  assert_counters_true(store);
}

static void a_comment_has_attachments_of_its_own(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author);
  const struct str links[] = {STR("https://example.com/a.jpg"), STR("https://example.com/b.jpg")};
  struct reply reply;
  struct ticket after;
  assert_ok(ticket_comment(as(store, &author), t.uuid, STR("see"), links, 2, &reply));
  assert_int_equal(reply.file_count, 2);
  assert_str(reply.text, "see");
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM file WHERE reply_id = %" PRId64, reply.id), 2);
  struct reply *replies;
  size_t count;
  assert_ok(reply_list(as(store, &author), t.id, &replies, &count));
  assert_int_equal(count, 1);
  assert_int_equal(replies[0].file_count, 2);
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_int_equal(after.file_count, 0); /* the ticket itself has none */
  const struct str bad[] = {STR("nonsense")};
  assert_status(STATUS_INVALID, ticket_comment(as(store, &author), t.uuid, STR("see"), bad, 1, &reply));
  assert_status(STATUS_INVALID, ticket_comment(as(store, &author), t.uuid, STR(" "), bad, 11, &reply));
  assert_int_equal(store->ctx.problem.fault_count, 2);
  assert_int_equal(COUNT_OF(store, "reply"), 1);
}

/* ---- notices ---- */

static void the_other_party_gets_the_notice(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Sari", "sari@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket t = ticket_of(store, &author);
  struct ticket after;
  /* Nobody has it: all who could take it on hear the customer. */
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("anybody?"), &after));
  assert_int_equal(notices_to(store, &service, NOTICE_TICKET_REPLIED), 1);
  assert_int_equal(notices_to(store, &manager, NOTICE_TICKET_REPLIED), 1);
  assert_int_equal(notices_to(store, &technician, NOTICE_TICKET_REPLIED), 0);
  assert_ok(ticket_reply(as(store, &service), t.uuid, STR("soon"), &after));
  assert_int_equal(notices_to(store, &author, NOTICE_TICKET_REPLIED), 1);
  assert_ok(set_status(store, &technician, &t, TICKET_RESOLVED, &after));
  assert_int_equal(NUMBER(store, "SELECT value FROM notice WHERE account_id = %" PRId64 " AND kind = %d",
                          author.account_id, NOTICE_TICKET_STATUS),
                   TICKET_RESOLVED);
  /* Now one has it, and only they hear the customer. */
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("thanks"), &after));
  assert_ok(set_status(store, &author, &t, TICKET_CLOSED, &after));
  assert_int_equal(notices_to(store, &technician, NOTICE_TICKET_REPLIED), 1);
  assert_int_equal(notices_to(store, &technician, NOTICE_TICKET_STATUS), 1);
  assert_int_equal(notices_to(store, &service, NOTICE_TICKET_REPLIED), 1);
  assert_int_equal(notices_to(store, &author, NOTICE_TICKET_REPLIED), 1);
}

static void a_reopened_ticket_goes_back_to_whom_it_was_assigned(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket t = ticket_of(store, &author);
  struct ticket after;
  store->ctx.now_us = LATER(1);
  assert_ok(set_status(store, &technician, &t, TICKET_IN_PROGRESS, &after));
  store->ctx.now_us = LATER(2);
  assert_ok(set_status(store, &technician, &t, TICKET_RESOLVED, &after));
  store->ctx.now_us = LATER(5);
  assert_ok(set_status(store, &author, &t, TICKET_NEW, &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_int_equal(after.status, TICKET_ASSIGNED);
  assert_int_equal(after.assignee_id, technician.account_id);
  assert_int_equal(after.first_assignee_id, technician.account_id);
  assert_int_equal(after.assigned_at, LATER(1));
  assert_int_equal(after.reopened_count, 1);
  assert_int_equal(after.sla.resolve_due_at, LATER(27)); /* it stood still while it was solved */
  assert_counters_true(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(marks_follow_the_status),
      STORE_TEST(a_word_that_it_already_reads_as_changes_nothing),
      STORE_TEST(an_unknown_status_is_refused),
      STORE_TEST(where_one_can_assign_a_status_takes_nothing),
      STORE_TEST(a_technician_who_sets_a_status_takes_the_ticket),
      STORE_TEST(a_customer_closes_and_reopens_and_nothing_else),
      STORE_TEST(the_other_party_gets_the_mail),
      STORE_TEST(the_first_reply_of_staff_is_the_first_response),
      STORE_TEST(an_answer_is_status_and_reply_or_neither),
      STORE_TEST(the_deadline_can_be_explained_from_the_history),
      STORE_TEST(a_late_solution_is_told_as_missed),
      STORE_TEST(the_first_reply_of_staff_ends_the_response_clock),
      STORE_TEST(a_note_and_attachments_stand_beside_a_status),
      STORE_TEST(a_comment_has_attachments_of_its_own),
      STORE_TEST(the_other_party_gets_the_notice),
      STORE_TEST(a_reopened_ticket_goes_back_to_whom_it_was_assigned),
  };
  return STORE_RUN(tests);
}
