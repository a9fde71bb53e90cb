#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/sync/sync.h"
#include "people.h"

/* A client that keeps what it was told, as an app on a telephone does. */

enum { KNOWN_MAX = 4096 };
struct known {
  struct uuid uuid;
  int status;
  int64_t assignee_id, updated_at, due_at;
};
struct client {
  struct known tickets[KNOWN_MAX];
  size_t count;
  struct uuid read[KNOWN_MAX], unread[KNOWN_MAX];
  size_t read_count, unread_count;
  char position[128];
  size_t told, removed; /* in all */
  bool full;            /* of the last answer */
};

static size_t find(const struct client *client, struct uuid uuid) {
  size_t i = 0;
  while (i < client->count && !uuid_equal(client->tickets[i].uuid, uuid)) {
    i++;
  }
  return i;
}

static void forget(struct client *client, struct uuid uuid) {
  size_t i = find(client, uuid);
  if (i < client->count) {
    client->tickets[i] = client->tickets[--client->count];
  }
}

static void drop(struct uuid *list, size_t *count, struct uuid uuid) {
  for (size_t i = 0; i < *count; i++) {
    if (uuid_equal(list[i], uuid)) {
      list[i--] = list[--*count];
    }
  }
}

static void learn(struct client *client, const struct sync *sync) {
  for (size_t i = 0; i < sync->ticket_count; i++) {
    const struct ticket *ticket = &sync->tickets[i];
    size_t at = find(client, ticket->uuid);
    assert_true(at < KNOWN_MAX);
    client->count += at == client->count;
    client->tickets[at] = (struct known){ticket->uuid, ticket->status, ticket->assignee_id,
                                         ticket->updated_at, ticket->sla.resolve_due_at};
  }
  for (size_t i = 0; i < sync->removed_count; i++) {
    forget(client, sync->removed[i]);
  }
  for (size_t i = 0; i < sync->notice_count; i++) {
    drop(client->read, &client->read_count, sync->notices[i].uuid);
    drop(client->unread, &client->unread_count, sync->notices[i].uuid);
    if (sync->notices[i].read_at != 0) {
      client->read[client->read_count++] = sync->notices[i].uuid;
    } else {
      client->unread[client->unread_count++] = sync->notices[i].uuid;
    }
  }
}

/* No row twice in an answer, and none removed that is told. */
static void check_answer(const struct sync *sync) {
  assert_true(sync->ticket_count + sync->removed_count + sync->notice_count + sync->assignment_count <=
              SYNC_ROWS_MAX);
  assert_true(sync->next.len > 0 && sync->next.len <= 120);
  for (size_t i = 0; i + 1 < sync->ticket_count; i++) {
    assert_true(sync->tickets[i].id < sync->tickets[i + 1].id);
  }
  for (size_t i = 0; i < sync->removed_count; i++) {
    for (size_t j = 0; j < sync->ticket_count; j++) {
      assert_false(uuid_equal(sync->removed[i], sync->tickets[j].uuid));
    }
  }
}

/* Other tests in the cluster may end a transaction while the horizon is looked for, which delays what is told
 * (never loses it). Where an answer is to be exact, that is waited for. */
static struct store *settling; /* NULL: nobody waits */

struct pulling {
  struct str position;
  struct sync *out;
};

/* In one transaction, within which the horizon stays where it is. */
static enum status pull_settled(struct ctx *ctx, void *arg) {
  const struct pulling *pulling = arg;
  if (settling != NULL && settling->pgsql &&
      store_number(settling,
                   "SELECT (SELECT COUNT(*) FROM event WHERE txn >= commit_horizon()) + "
                   "(SELECT COUNT(*) FROM notice WHERE txn >= commit_horizon())") != 0) {
    return STATUS_STATE;
  }
  return sync_pull(ctx, pulling->position, pulling->out);
}

static struct sync pull(struct ctx *ctx, struct client *client) {
  struct sync sync;
  struct pulling pulling = {.position = str_of(client->position), .out = &sync};
  enum status status;
  while ((status = db_read(ctx, pull_settled, &pulling)) == STATUS_STATE) {
    usleep(1000);
  }
  assert_ok(status);
  check_answer(&sync);
  learn(client, &sync);
  client->told += sync.ticket_count;
  client->removed += sync.removed_count;
  client->full = sync.full;
  snprintf(client->position, sizeof client->position, "%.*s", STR_ARG(sync.next));
  return sync;
}

static void pull_all(struct ctx *ctx, struct client *client) {
  int answers = 0;
  while (pull(ctx, client).has_more) {
    assert_true(++answers < 10000);
  }
}

static struct client *client_new(struct store *store) {
  settling = store;
  return ARENA_NEW(store->ctx.arena, struct client);
}

static bool knows(const struct client *client, const struct ticket *ticket) {
  return find(client, ticket->uuid) < client->count;
}

static struct client *fresh(struct store *store, const struct who *who) {
  struct client *client = client_new(store);
  pull_all(as(store, who), client);
  return client;
}

static void assert_same(const struct client *a, const struct client *b) {
  assert_int_equal(a->count, b->count);
  for (size_t i = 0; i < a->count; i++) {
    size_t at = find(b, a->tickets[i].uuid);
    assert_true(at < b->count);
    assert_memory_equal(&a->tickets[i], &b->tickets[at], sizeof a->tickets[i]);
  }
  assert_int_equal(a->read_count, b->read_count);
  assert_int_equal(a->unread_count, b->unread_count);
}

/* ---- everything ---- */

static void each_gets_what_they_may_read_and_then_only_changes(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who budi = person(store, 1, ROLE_CUSTOMER, "Budi", "budi@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  tenant_make(store, 7);
  const struct who else_where = person(store, 7, ROLE_CUSTOMER, "Ela", "ela@example.com");
  struct ticket a = ticket_of(store, &ani), b = ticket_of(store, &budi), c = ticket_of(store, &ani),
                far = ticket_of(store, &else_where);
  assign(store, &b, mira.account_id);
  struct client *of_ani = fresh(store, &ani), *of_tono = fresh(store, &tono), *of_mira = fresh(store, &mira);
  assert_true(of_ani->full);
  assert_int_equal(of_ani->count, 2);
  assert_true(knows(of_ani, &a) && knows(of_ani, &c));
  assert_int_equal(of_tono->count, 2);
  assert_false(knows(of_tono, &b));
  assert_int_equal(of_mira->count, 3);
  assert_false(knows(of_mira, &far));
  /* Nothing new. */
  struct sync sync = pull(as(store, &ani), of_ani);
  assert_false(sync.full);
  assert_false(sync.has_more);
  assert_int_equal(sync.ticket_count + sync.removed_count + sync.notice_count, 0);
  assert_null(sync.technician);
  /* One changes, several times: told once, as it is now. */
  const struct ticket_status_change go = {.set = TICKET_IN_PROGRESS}, solve = {.set = TICKET_RESOLVED};
  assert_ok(ticket_set_status(as(store, &mira), a.uuid, &go, &a));
  assert_ok(ticket_set_status(as(store, &mira), a.uuid, &solve, &a));
  sync = pull(as(store, &ani), of_ani);
  assert_false(sync.full);
  assert_int_equal(sync.ticket_count, 1);
  assert_int_equal(sync.tickets[0].status, TICKET_RESOLVED);
  assert_str(sync.tickets[0].description, "The router blinks red.");
  assert_int_equal(pull(as(store, &tono), of_tono).ticket_count, 1);
  assert_int_equal(pull(as(store, &mira), of_mira).ticket_count, 1);
}

static void a_long_list_comes_in_pages(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket_new new_ticket = plain_ticket();
  struct ticket ticket;
  for (int i = 0; i < 1203; i++) {
    assert_ok(ticket_create(as(store, &ani), &new_ticket, &ticket));
  }
  struct client *client = client_new(store);
  struct sync sync = pull(as(store, &ani), client);
  assert_int_equal(sync.ticket_count, SYNC_ROWS_MAX);
  assert_true(sync.full && sync.has_more);
  /* What changes meanwhile is told afterwards. */
  assert_ok(ticket_remove(as(store, &ani), sync.tickets[3].uuid, true, &ticket));
  sync = pull(as(store, &ani), client);
  assert_int_equal(sync.ticket_count, 203);
  assert_true(sync.full);
  assert_false(sync.has_more);
  sync = pull(as(store, &ani), client);
  assert_false(sync.full);
  assert_int_equal(sync.removed_count, 1);
  assert_int_equal(client->count, 1202);
}

static void many_changes_come_in_pages(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct client *client = fresh(store, &ani);
  for (int i = 0; i < 1500; i++) {
    ticket_of(store, &ani);
  }
  struct sync sync = pull(as(store, &ani), client);
  assert_int_equal(sync.ticket_count, SYNC_ROWS_MAX);
  assert_true(sync.has_more);
  sync = pull(as(store, &ani), client);
  assert_int_equal(sync.ticket_count, 500);
  assert_false(sync.has_more);
  assert_int_equal(client->count, 1500);
}

static void long_texts_come_in_smaller_pages(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  char *text = arena_alloc(store->ctx.arena, 60000);
  memset(text, 'x', 60000);
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.description = (struct str){text, 60000};
  struct client *client = fresh(store, &ani), *late = client_new(store);
  struct ticket ticket;
  for (int i = 0; i < 250; i++) { /* 15 MB */
    assert_ok(ticket_create(as(store, &ani), &new_ticket, &ticket));
  }
  pull_all(as(store, &ani), client);
  assert_int_equal(client->told, 250);
  assert_int_equal(client->count, 250);
  pull_all(as(store, &ani), late);
  assert_int_equal(late->told, 250);
  assert_same(client, late);
}

/* ---- what goes away ---- */

static void what_is_given_to_somebody_else_comes_as_removed(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who tika = person(store, 1, ROLE_TECHNICIAN, "Tika", "tika@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  struct ticket a = ticket_of(store, &ani), b = ticket_of(store, &ani);
  const struct ticket_assignment to_tono = {.assignee_id = tono.account_id},
                                 to_tika = {.assignee_id = tika.account_id};
  assert_ok(ticket_assign(as(store, &mira), a.uuid, &to_tono, &a));
  struct client *of_tono = fresh(store, &tono), *of_tika = fresh(store, &tika);
  assert_int_equal(of_tono->count, 2);
  assert_int_equal(of_tika->count, 1);
  assert_ok(ticket_assign(as(store, &mira), a.uuid, &to_tika, &a));
  struct sync sync = pull(as(store, &tono), of_tono);
  assert_int_equal(sync.removed_count, 1);
  assert_true(uuid_equal(sync.removed[0], a.uuid));
  sync = pull(as(store, &tika), of_tika);
  assert_int_equal(sync.removed_count, 0);
  assert_int_equal(sync.ticket_count, 1);
  /* Nobody's ticket was everybody's to see. */
  store->ctx.now_us += TIME_SECOND_US;
  assert_ok(ticket_assign(as(store, &mira), b.uuid, &to_tono, &b));
  sync = pull(as(store, &tika), of_tika);
  assert_int_equal(sync.removed_count, 1);
  assert_true(uuid_equal(sync.removed[0], b.uuid));
  assert_int_equal(pull(as(store, &ani), client_new(store)).ticket_count, 2);
}

static void ids_of_what_was_never_to_be_seen_are_not_told(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who budi = person(store, 1, ROLE_CUSTOMER, "Budi", "budi@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who tika = person(store, 1, ROLE_TECHNICIAN, "Tika", "tika@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  struct client *of_tika = fresh(store, &tika), *of_budi = fresh(store, &budi);
  /* Tono's own work, from the first moment on. */
  struct ticket_new own_work = plain_ticket();
  own_work.customer = ani.uuid;
  struct ticket ticket, foreign = ticket_of(store, &ani);
  assert_ok(ticket_create(as(store, &tono), &own_work, &ticket));
  const struct ticket_status_change go = {.set = TICKET_IN_PROGRESS};
  assert_ok(ticket_set_status(as(store, &tono), ticket.uuid, &go, &ticket));
  assert_ok(ticket_remove(as(store, &mira), ticket.uuid, false, &ticket));
  assert_ok(ticket_remove(as(store, &ani), foreign.uuid, true, &foreign));
  struct sync sync = pull(as(store, &tika), of_tika);
  assert_int_equal(sync.ticket_count, 0);
  for (size_t i = 0; i < sync.removed_count; i++) {
    assert_false(uuid_equal(sync.removed[i], ticket.uuid));
  }
  sync = pull(as(store, &budi), of_budi);
  assert_int_equal(sync.ticket_count + sync.removed_count, 0);
}

static void a_removed_ticket_goes_and_a_restored_one_comes_back(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket ticket = ticket_of(store, &ani);
  struct client *of_ani = fresh(store, &ani), *of_tono = fresh(store, &tono);
  assert_ok(ticket_remove(as(store, &ani), ticket.uuid, true, &ticket));
  assert_int_equal(pull(as(store, &ani), of_ani).removed_count, 1);
  assert_int_equal(pull(as(store, &tono), of_tono).removed_count, 1);
  assert_ok(ticket_restore(as(store, &ani), ticket.uuid, &ticket));
  assert_int_equal(pull(as(store, &ani), of_ani).ticket_count, 1);
  assert_int_equal(pull(as(store, &tono), of_tono).ticket_count, 1);
}

/* ---- notices ---- */

static void notices_come_when_new_and_when_read(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  ticket_of(store, &ani);
  struct client *client = fresh(store, &mira);
  assert_int_equal(client->unread_count, 1);
  ticket_of(store, &ani);
  ticket_of(store, &ani);
  struct sync sync = pull(as(store, &mira), client);
  assert_int_equal(sync.notice_count, 2);
  struct notice notice;
  assert_ok(notice_read(as(store, &mira), sync.notices[0].uuid, &notice));
  sync = pull(as(store, &mira), client);
  assert_int_equal(sync.notice_count, 1);
  assert_true(uuid_equal(sync.notices[0].uuid, notice.uuid));
  assert_int_not_equal(sync.notices[0].read_at, 0);
  assert_int_equal(client->read_count, 1);
  int64_t changed;
  assert_ok(notice_read_all(as(store, &mira), &changed));
  pull_all(as(store, &mira), client);
  assert_int_equal(client->read_count, 3);
  assert_int_equal(client->unread_count, 0);
  assert_same(client, fresh(store, &mira));
}

/* ---- positions ---- */

static void what_is_no_position_is_refused(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct client *client = fresh(store, &ani);
  char forged[128];
  static const char *const garbage[] = {"x", "2026-13-01T00:00:00Z", "AAAAAAAA", "\xff\xfe", "0", "-1"};
  struct sync sync;
  for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
    struct ctx *ctx = as(store, &ani);
    assert_status(STATUS_INVALID, sync_pull(ctx, str_of(garbage[i]), &sync));
    assert_ptr_equal(ctx->problem.kind, &sync_bad_position);
    assert_str(ctx->problem.faults[0].field, "last_sync");
  }
  for (size_t i = 0; i < strlen(client->position); i++) {
    memcpy(forged, client->position, sizeof forged);
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    assert_status(STATUS_INVALID, sync_pull(as(store, &ani), str_of(forged), &sync));
    memcpy(forged, client->position, sizeof forged);
    forged[i] = '\0';
    if (i > 0) {
      assert_status(STATUS_INVALID, sync_pull(as(store, &ani), str_of(forged), &sync));
    }
  }
}

static void a_position_of_somebody_else_or_of_another_role_starts_anew(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who budi = person(store, 1, ROLE_CUSTOMER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &ani);
  struct client *of_budi = fresh(store, &budi);
  struct client *of_ani = client_new(store);
  memcpy(of_ani->position, of_budi->position, sizeof of_ani->position);
  assert_true(pull(as(store, &ani), of_ani).full);
  assert_true(knows(of_ani, &ticket));
  struct who promoted = budi;
  promoted.role = ROLE_MANAGER;
  assert_true(pull(as(store, &promoted), of_budi).full);
  assert_true(knows(of_budi, &ticket));
}

static void a_position_ahead_of_the_store_starts_anew(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  ticket_of(store, &ani);
  ticket_of(store, &ani);
  struct client *client = fresh(store, &ani);
  if (store->pgsql) {
    /* The horizon is no row's: what a store put back has is lower numbers of transactions. */
    store_sql(store, "UPDATE event SET txn = 0");
  } else {
    store_sql(store, "DELETE FROM event WHERE id = (SELECT MAX(id) FROM event)");
  }
  struct sync sync = pull(as(store, &ani), client);
  assert_int_equal(sync.full, !store->pgsql);
}

static void a_time_tells_what_changed_since(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  struct ticket tickets[4];
  for (int i = 0; i < 4; i++) {
    store->ctx.now_us = STORE_NOW + i * TIME_HOUR_US;
    tickets[i] = ticket_of(store, &ani);
  }
  char text[TIME_TEXT_SIZE];
  struct client *client = client_new(store);
  snprintf(client->position, sizeof client->position, "%s",
           time_print(STORE_NOW + 2 * TIME_HOUR_US, text)); /* the moment of the third */
  struct sync sync = pull(as(store, &mira), client);
  assert_false(sync.full);
  assert_int_equal(sync.ticket_count, 2);
  assert_int_equal(sync.notice_count, 2);
  assert_true(knows(client, &tickets[2]) && knows(client, &tickets[3]));
  assert_int_equal(pull(as(store, &mira), client).ticket_count, 0);
  /* A client whose clock is ahead misses nothing either. */
  snprintf(client->position, sizeof client->position, "%s", time_print(STORE_NOW + 9 * TIME_HOUR_US, text));
  assert_int_equal(pull(as(store, &mira), client).ticket_count, 1);
  /* Long ago: everything. */
  snprintf(client->position, sizeof client->position, "2020-01-01T00:00:00+07:00");
  sync = pull(as(store, &mira), client);
  assert_true(sync.full);
  assert_int_equal(sync.ticket_count, 4);
}

static void a_technician_hears_of_their_own_record(struct store *store) {
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who tika = person(store, 1, ROLE_TECHNICIAN, "Tika", "tika@example.com");
  struct client *client = client_new(store);
  struct sync sync = pull(as(store, &tono), client);
  assert_non_null(sync.technician);
  assert_int_equal(sync.technician->account.id, tono.account_id);
  assert_null(pull(as(store, &tono), client).technician);
  struct technician technician;
  assert_ok(technician_locate(as(store, &tika), tika.uuid, 1, 2, &technician));
  assert_null(pull(as(store, &tono), client).technician);
  assert_ok(technician_locate(as(store, &tono), tono.uuid, -6.2, 106.8, &technician));
  sync = pull(as(store, &tono), client);
  assert_non_null(sync.technician);
  assert_true(sync.technician->latitude < -6.1 && sync.technician->latitude > -6.3);
}

static void a_technician_gets_what_they_carry_and_nobody_elses(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who tika = person(store, 1, ROLE_TECHNICIAN, "Tika", "tika@example.com");
  const struct who mira = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct item_new new_item = {
      .name = STR("Router"), .category = STR("device"), .sku = STR("R-1"), .stock = 1000, .min_stock = 1};
  struct item item;
  assert_ok(item_create(as(store, &mira), &new_item, &item));
  struct ticket ticket = ticket_of(store, &ani);
  const struct ticket_assignment to_tono = {.assignee_id = tono.account_id};
  assert_ok(ticket_assign(as(store, &mira), ticket.uuid, &to_tono, &ticket));
  const struct assignment_new carry = {
      .item = item.uuid, .technician = tono.uuid, .ticket = ticket.uuid, .quantity = 2};
  struct assignment assignment;
  for (int i = 0; i < 130; i++) {
    assert_ok(assignment_create(as(store, &mira), &carry, &assignment));
  }
  struct client *of_tono = client_new(store), *of_tika = client_new(store);
  struct sync sync = pull(as(store, &tono), of_tono);
  assert_int_equal(sync.assignment_count, 130);
  assert_false(sync.has_more);
  assert_int_equal(pull(as(store, &tika), of_tika).assignment_count, 0);
  assert_int_equal(pull(as(store, &mira), client_new(store)).assignment_count, 0);
  /* Returned, in two steps: told once, as it is now. */
  const struct assignment_return back = {.quantity = 1, .condition = CONDITION_GOOD};
  assert_ok(assignment_return(as(store, &tono), assignment.uuid, &back, &assignment));
  assert_ok(assignment_return(as(store, &tono), assignment.uuid, &back, &assignment));
  sync = pull(as(store, &tono), of_tono);
  assert_int_equal(sync.assignment_count, 1);
  assert_int_equal(sync.assignments[0].status, ASSIGNMENT_RETURNED);
  assert_int_equal(sync.assignments[0].good, 2);
  assert_int_equal(pull(as(store, &tika), of_tika).assignment_count, 0);
  /* More than are loaded at once come in pages. */
  for (int i = 0; i < 130; i++) {
    assert_ok(assignment_create(as(store, &mira), &carry, &assignment));
  }
  sync = pull(as(store, &tono), of_tono);
  assert_int_equal(sync.assignment_count, 100);
  assert_true(sync.has_more);
  sync = pull(as(store, &tono), of_tono);
  assert_int_equal(sync.assignment_count, 30);
  assert_false(sync.has_more);
}

/* ---- while others write ---- */

enum { WRITERS = 3, STEPS = 120, POOL = 40 };

struct writer {
  struct ctx ctx;
  struct store *store;
  unsigned seed;
  const struct who *customers, *technicians, *manager;
  struct uuid pool[POOL];
  int made;
  pthread_t thread;
};

static atomic_int running;
static atomic_int failures;

static unsigned roll(struct writer *writer, unsigned sides) {
  return (unsigned)rand_r(&writer->seed) % sides;
}

/* What collides with another writer's step is no failure of either. */
static void step(struct writer *writer) {
  struct ctx *ctx = &writer->ctx;
  struct ticket ticket;
  enum status status = STATUS_OK;
  ctx->now_us += TIME_SECOND_US;
  struct uuid uuid = writer->pool[writer->made > 0 ? roll(writer, (unsigned)writer->made) : 0];
  unsigned kind = writer->made < POOL ? roll(writer, 6) : 1 + roll(writer, 5);
  if (kind == 0 || writer->made == 0) {
    const struct ticket_new new_ticket = plain_ticket();
    ctx->who = &writer->customers[roll(writer, 2)];
    status = ticket_create(ctx, &new_ticket, &ticket);
    writer->pool[writer->made++] = ticket.uuid;
  } else if (kind == 1 || kind == 2) {
    const struct ticket_assignment to = {.assignee_id = writer->technicians[roll(writer, 2)].account_id};
    ctx->who = writer->manager;
    status = ticket_assign(ctx, uuid, &to, &ticket);
  } else if (kind == 3) {
    const struct ticket_status_change change = {.set = (enum ticket_status)(1 + roll(writer, 6))};
    ctx->who = writer->manager;
    status = ticket_set_status(ctx, uuid, &change, &ticket);
  } else {
    ctx->who = writer->manager;
    status = kind == 4 ? ticket_remove(ctx, uuid, false, &ticket) : ticket_restore(ctx, uuid, &ticket);
  }
  if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_STATE) {
    atomic_fetch_add(&failures, 1);
  }
  problem_clear(ctx);
  arena_reset(ctx->arena);
}

static void *write_on(void *arg) {
  struct writer *writer = arg;
  for (int i = 0; i < STEPS; i++) {
    step(writer);
  }
  atomic_fetch_sub(&running, 1);
  return NULL;
}

static void whoever_keeps_pulling_ends_with_what_a_fresh_client_gets(struct store *store) {
  const struct who customers[2] = {person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com"),
                                   person(store, 1, ROLE_CUSTOMER, "Budi", "budi@example.com")};
  const struct who technicians[2] = {person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com"),
                                     person(store, 1, ROLE_TECHNICIAN, "Tika", "tika@example.com")};
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct who *pullers[] = {&customers[0], &technicians[0], &technicians[1], &manager};
  enum { PULLERS = sizeof pullers / sizeof *pullers };
  struct client *clients[PULLERS];
  int writers = store->pgsql ? WRITERS : 1;
  struct writer *all = ARENA_ARRAY(store->ctx.arena, struct writer, WRITERS);
  struct ctx reader = store_open(store, DB_READ);
  reader.arena = arena_new(1 << 26);
  atomic_store(&running, writers);
  atomic_store(&failures, 0);
  for (int i = 0; i < writers; i++) {
    all[i] = (struct writer){.ctx = store->pgsql ? store_open(store, DB_WRITE) : store->ctx,
                             .store = store,
                             .seed = (unsigned)i + 5,
                             .customers = customers,
                             .technicians = technicians,
                             .manager = &manager};
    all[i].ctx.arena = arena_new(1 << 24);
    assert_int_equal(pthread_create(&all[i].thread, NULL, write_on, &all[i]), 0);
  }
  for (int i = 0; i < PULLERS; i++) {
    clients[i] = client_new(store);
  }
  settling = NULL; /* here they run a race */
  for (bool through = false; !through;) {
    through = atomic_load(&running) == 0;
    for (int i = 0; i < PULLERS; i++) {
      reader.who = pullers[i];
      reader.now_us = STORE_NOW;
      pull(&reader, clients[i]);
      arena_reset(reader.arena);
    }
  }
  for (int i = 0; i < writers; i++) {
    pthread_join(all[i].thread, NULL);
    arena_free(all[i].ctx.arena);
    if (store->pgsql) {
      store_close(&all[i].ctx);
    }
  }
  arena_free(reader.arena);
  store_close(&reader);
  assert_int_equal(atomic_load(&failures), 0);
  settling = store;
  for (int i = 0; i < PULLERS; i++) {
    pull_all(as(store, pullers[i]), clients[i]);
    assert_same(clients[i], fresh(store, pullers[i]));
    assert_true(clients[i]->told > 0);
  }
  assert_true(clients[3]->count > 0);
  assert_true(clients[1]->removed + clients[2]->removed > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(each_gets_what_they_may_read_and_then_only_changes),
      STORE_TEST(a_long_list_comes_in_pages),
      STORE_TEST(many_changes_come_in_pages),
      STORE_TEST(long_texts_come_in_smaller_pages),
      STORE_TEST(what_is_given_to_somebody_else_comes_as_removed),
      STORE_TEST(ids_of_what_was_never_to_be_seen_are_not_told),
      STORE_TEST(a_removed_ticket_goes_and_a_restored_one_comes_back),
      STORE_TEST(notices_come_when_new_and_when_read),
      STORE_TEST(what_is_no_position_is_refused),
      STORE_TEST(a_position_of_somebody_else_or_of_another_role_starts_anew),
      STORE_TEST(a_position_ahead_of_the_store_starts_anew),
      STORE_TEST(a_time_tells_what_changed_since),
      STORE_TEST(a_technician_hears_of_their_own_record),
      STORE_TEST(a_technician_gets_what_they_carry_and_nobody_elses),
      STORE_TEST(whoever_keeps_pulling_ends_with_what_a_fresh_client_gets),
  };
  return STORE_RUN(tests);
}
