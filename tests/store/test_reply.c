#include <string.h>

#include "desk/reply/reply.h"
#include "people.h"

static void replies_come_in_time_order_as_written(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author), other = ticket_of(store, &author);
  const struct str first = STR(" first\r\n\twith ' and \xe2\x82\xac "), second = STR("second");
  struct ticket out;
  struct reply *replies = NULL;
  size_t count = 9;
  assert_ok(reply_list(as(store, &author), t.id, &replies, &count));
  assert_int_equal(count, 0);
  assert_ok(ticket_reply(as(store, &staff), t.uuid, first, &out));
  store->ctx.now_us -= TIME_HOUR_US; /* a clock put back: the order stays that of the ids */
  assert_ok(ticket_reply(as(store, &author), t.uuid, second, &out));
  assert_ok(ticket_reply(as(store, &author), other.uuid, STR("elsewhere"), &out));
  assert_ok(reply_list(as(store, &author), t.id, &replies, &count));
  assert_int_equal(count, 2);
  assert_true(str_equal(replies[0].text, first));
  assert_true(str_equal(replies[1].text, second));
  assert_str(replies[0].author_name, "Budi");
  assert_true(uuid_equal(replies[0].author_uuid, staff.uuid));
  assert_int_equal(replies[1].author_id, author.account_id);
  assert_int_equal(replies[0].created_at, STORE_NOW);
  assert_int_equal(replies[1].ticket_id, t.id);
  assert_int_equal(uuid_compare(replies[0].uuid, replies[1].uuid), -1);
}

static void a_reply_is_one_character_to_64_kib(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author);
  char *text = arena_alloc(store->ctx.arena, 65537);
  memset(text, 'x', 65537);
  struct ticket out;
  assert_ok(ticket_reply(as(store, &author), t.uuid, STR("x"), &out));
  assert_ok(ticket_reply(as(store, &author), t.uuid, (struct str){text, 65536}, &out));
  const struct str bad[] = {{text, 65537}, STR(""), STR_NONE, STR(" \t\n"), STR("\xff"), STR("a\0b")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_status(STATUS_INVALID, ticket_reply(as(store, &author), t.uuid, bad[i], &out));
    assert_str(store->ctx.problem.faults[0].field, "text");
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM reply"), 2);
  assert_int_equal(store_number(store, "SELECT MAX(LENGTH(text)) FROM reply"), 65536);
}

static enum status reply_and_read(struct ctx *ctx, void *arg) {
  const struct ticket *t = arg;
  struct reply reply, *replies = NULL;
  size_t count = 0;
  TRY(reply_add(ctx, t->tenant_id, t->id, STR("row only"), &reply));
  TRY(reply_list(ctx, t->id, &replies, &count));
  assert_int_equal(count, 1);
  assert_int_equal(replies[0].id, reply.id);
  assert_true(uuid_equal(replies[0].uuid, reply.uuid));
  assert_str(reply.author_name, "Ani");
  return STATUS_OK;
}

static void the_row_alone_tells_its_author(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket t = ticket_of(store, &author);
  assert_status(STATUS_UNAUTHENTICATED, db_write(as(store, NULL), reply_and_read, &t));
  assert_ok(db_write(as(store, &author), reply_and_read, &t));
}

static void more_text_than_a_request_holds_is_refused(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author);
  char *text = arena_alloc(store->ctx.arena, 60000);
  memset(text, 'x', 60000);
  struct ticket out;
  struct reply *replies = NULL;
  size_t count = 0;
  for (int i = 0; i < 40; i++) {
    assert_ok(ticket_reply(as(store, &author), t.uuid, (struct str){text, 60000}, &out));
  }
  struct arena *whole = store->ctx.arena;
  store->ctx.arena = arena_new(2 * 1024 * 1024);
  assert_status(STATUS_TOO_LARGE, reply_list(as(store, &author), t.id, &replies, &count));
  assert_ptr_equal(store->ctx.problem.kind, &reply_list_too_large);
  arena_free(store->ctx.arena);
  store->ctx.arena = whole;
  assert_ok(reply_list(as(store, &author), t.id, &replies, &count));
  assert_int_equal(count, 40);
}

static void pages_go_on_behind_a_reply_and_back(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author), other = ticket_of(store, &author);
  struct ticket out;
  for (int i = 0; i < 7; i++) {
    assert_ok(ticket_reply(as(store, &author), t.uuid, STR("here"), &out));
    assert_ok(ticket_reply(as(store, &author), other.uuid, STR("elsewhere"), &out));
  }
  struct reply *all = NULL, *page = NULL;
  struct uuid *before = NULL;
  size_t all_count = 0, count = 0, before_count = 0;
  int64_t id = 0;
  assert_ok(reply_list(as(store, &author), t.id, &all, &all_count));
  assert_int_equal(all_count, 7);
  for (size_t from = 0; from < 7; from += 3) {
    assert_ok(reply_page(as(store, &author), t.id, id, 3, &page, &count));
    assert_int_equal(count, from < 6 ? 3 : 1);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(page[i].id, all[from + i].id);
    }
    assert_ok(reply_find(as(store, &author), t.id, page[count - 1].uuid, &id));
    assert_int_equal(id, page[count - 1].id);
  }
  assert_ok(reply_page(as(store, &author), t.id, id, 3, &page, &count));
  assert_int_equal(count, 0);
  assert_ok(reply_back(as(store, &author), t.id, all[4].id, 3, &before, &before_count));
  assert_int_equal(before_count, 3);
  assert_true(uuid_equal(before[0], all[4].uuid) && uuid_equal(before[2], all[2].uuid));
  /* One of another ticket is none of this one's. */
  assert_ok(reply_list(as(store, &author), other.id, &page, &count));
  assert_status(STATUS_NOT_FOUND, reply_find(as(store, &author), t.id, page[0].uuid, &id));
  assert_ptr_equal(store->ctx.problem.kind, &reply_not_found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(replies_come_in_time_order_as_written),
      STORE_TEST(a_reply_is_one_character_to_64_kib),
      STORE_TEST(the_row_alone_tells_its_author),
      STORE_TEST(pages_go_on_behind_a_reply_and_back),
      STORE_TEST(more_text_than_a_request_holds_is_refused),
  };
  return STORE_RUN(tests);
}
