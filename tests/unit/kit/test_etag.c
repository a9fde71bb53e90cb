#include "notes.h"

/* What stands for the state of an object, and what is done only while it is in that state. */

static struct somebody ani;

static void begin(struct store *store) {
  notes_begin(store);
  ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
}

static struct str tag_of_note(void) {
  GET("/notes/1", ani.token);
  assert_int_equal(served.exchange.status, 200);
  return answer_header("ETag");
}

/* As a header's value: `before`, the tag, `after`. */
static const char *around(const char *before, struct str tag, const char *after) {
  return SQL(served.store, "%s%.*s%s", before, STR_ARG(tag), after);
}

static void read_under(const char *name, const char *value) {
  with(name, value);
  GET("/notes/1", ani.token);
}

static void change_under(const char *name, const char *value) {
  with(name, value);
  PUT("/notes/1", ani.token, "{\"title\":\"changed\"}");
}

#define ASSERT_CHANGED_MEANWHILE() ASSERT_HOLDS(412, "The object is not, or no longer, as If-Match says")

/* ---- tags ---- */

static void one_object_has_a_strong_tag_that_stays_while_it_does(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  assert_int_equal(tag.len, 34);
  assert_true(tag.at[0] == '"' && tag.at[33] == '"');
  assert_int_equal(strspn(tag.at + 1, "0123456789abcdef"), 32);
  assert_true(str_equal(tag_of_note(), tag)); /* though what the answer says of itself differs */
  assert_int_equal(notes.read, 2);
  notes.title = STR("second");
  assert_false(str_equal(tag_of_note(), tag));
  served_end();
}

static void lists_and_refusals_have_no_tag(struct store *store) {
  begin(store);
  GET("/notes", ani.token);
  assert_int_equal(served.exchange.status, 200);
  assert_null(answer_header("ETag").at);
  GET("/notes/2", ani.token);
  assert_int_equal(served.exchange.status, 404);
  assert_null(answer_header("ETag").at);
  served_end();
}

static void a_file_has_the_tag_that_its_handler_gives(struct store *store) {
  begin(store);
  notes.tag = (struct str){"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff..", 18};
  GET("/files/1", ani.token);
  assert_str(answer_header("ETag"), "\"000102030405060708090a0b0c0d0eff\"");
  served_end();
}

/* ---- reads ---- */

static void what_the_client_has_is_not_sent_again(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  const char *const has[] = {around("", tag, ""), around("\"x\", W/", tag, ""), "*",
                             around("", (struct str){tag.at, tag.len - 1}, "-gzip\"")};
  const char *const has_not[] = {"\"x\"", "W/\"x\",\"y\"", "",
                                 around("", (struct str){tag.at, tag.len - 1}, ""), around("x ", tag, "")};
  for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
    read_under("If-None-Match", has[i]);
    assert_int_equal(served.exchange.status, 304);
    assert_str(answer_header("ETag"), tag.at);
  }
  for (size_t i = 0; i < sizeof has_not / sizeof *has_not; i++) {
    read_under("If-None-Match", has_not[i]);
    assert_int_equal(served.exchange.status, 200);
  }
  served_end();
}

static void a_read_under_a_state_that_is_past_is_412(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  read_under("If-Match", tag.at);
  assert_int_equal(served.exchange.status, 200);
  notes.title = STR("second");
  read_under("If-Match", tag.at);
  ASSERT_CHANGED_MEANWHILE();
  assert_null(answer_header("ETag").at);
  served_end();
}

/* ---- writes ---- */

static void a_change_is_made_in_the_state_that_it_names(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  const char *const right[] = {around("", tag, ""), around("\"x\" ,", tag, ""), "*",
                               around("", (struct str){tag.at, tag.len - 1}, "-gzip\"")};
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    notes.title = STR("first");
    change_under("If-Match", right[i]);
    assert_int_equal(served.exchange.status, 200);
    assert_true(str_is(notes.title, "changed"));
  }
  assert_int_equal(notes_written(store), 4);
  served_end();
}

static void a_change_of_another_state_is_412_and_not_made(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  const char *const wrong[] = {"\"x\"", around("W/", tag, ""), "",
                               around("", (struct str){tag.at, tag.len - 1}, "")};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    change_under("If-Match", wrong[i]);
    ASSERT_CHANGED_MEANWHILE();
  }
  notes.title = STR("second");
  change_under("If-Match", tag.at);
  ASSERT_CHANGED_MEANWHILE();
  assert_int_equal(notes.handled, 0);
  assert_int_equal(notes_written(store), 0);
  served_end();
}

static void a_change_of_none_that_is_there_is_412(struct store *store) {
  begin(store);
  change_under("If-None-Match", "*");
  ASSERT_CHANGED_MEANWHILE();
  change_under("If-None-Match", tag_of_note().at);
  ASSERT_CHANGED_MEANWHILE();
  assert_int_equal(notes.handled, 0);
  change_under("If-None-Match", "\"x\"");
  assert_int_equal(served.exchange.status, 200);
  served_end();
}

static void what_is_done_under_the_objects_path_takes_its_tag(struct store *store) {
  begin(store);
  struct str tag = tag_of_note();
  with("If-Match", tag.at);
  POST("/notes/1/pages", ani.token, "{\"title\":\"page\"}");
  assert_int_equal(served.exchange.status, 200);
  with("If-Match", tag.at);
  POST("/notes/1/pages", ani.token, "{\"title\":\"page\"}");
  ASSERT_CHANGED_MEANWHILE();
  assert_int_equal(notes.handled, 1);
  served_end();
}

static void what_is_not_there_is_404_and_not_412(struct store *store) {
  begin(store);
  with("If-Match", "\"x\"");
  PUT("/notes/2", ani.token, "{\"title\":\"changed\"}");
  assert_int_equal(served.exchange.status, 404);
  served_end();
}

static void where_there_is_no_object_no_state_fits(struct store *store) {
  begin(store);
  with("If-Match", "*");
  POST("/notes", ani.token, "{\"title\":\"new\"}");
  ASSERT_CHANGED_MEANWHILE();
  assert_int_equal(notes.handled, 0);
  with("If-None-Match", "*");
  POST("/notes", ani.token, "{\"title\":\"new\"}");
  assert_int_equal(served.exchange.status, 201);
  served_end();
}

/* ---- which rows ---- */

static void a_row_is_paired_with_the_object_that_it_goes_on_from(struct store *store) {
  begin(store);
  const struct kit *kit = served.kit;
  for (size_t i = 0; i < kit->row_count; i++) {
    const struct kit_row *row = &kit->rows[i];
    const char *path = row->route->path, *name = row->route->name;
    bool get = row->route->method == HTTP_GET;
    bool of_note = !get && strncmp(path, "/notes/:id", 10) == 0;
    if (row->tagged != (strcmp(name, "noteGet") == 0 || strcmp(name, "noteFile") == 0)) {
      fail_msg("%s", name);
    }
    if (of_note ? row->twin == NULL || strcmp(row->twin->route->name, "noteGet") != 0 : row->twin != NULL) {
      fail_msg("%s", name);
    }
  }
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(one_object_has_a_strong_tag_that_stays_while_it_does),
      STORE_TEST(lists_and_refusals_have_no_tag),
      STORE_TEST(a_file_has_the_tag_that_its_handler_gives),
      STORE_TEST(what_the_client_has_is_not_sent_again),
      STORE_TEST(a_read_under_a_state_that_is_past_is_412),
      STORE_TEST(a_change_is_made_in_the_state_that_it_names),
      STORE_TEST(a_change_of_another_state_is_412_and_not_made),
      STORE_TEST(a_change_of_none_that_is_there_is_412),
      STORE_TEST(what_is_done_under_the_objects_path_takes_its_tag),
      STORE_TEST(what_is_not_there_is_404_and_not_412),
      STORE_TEST(where_there_is_no_object_no_state_fits),
      STORE_TEST_SQLITE(a_row_is_paired_with_the_object_that_it_goes_on_from),
  };
  return STORE_RUN(tests);
}
