#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "api/kit/internal.h"

/* A small dialect of its own: its collection holds to the format (v2.1) and calls the routes in an order that
 * runs. */

struct door {
  struct uuid id;
  struct str email, password, text, room;
};
FIELDS(door_fields, struct door, "Door",
       {
           FIELD(struct door, id, UUID, "id", FIELD_REQUIRED),
           FIELD(struct door, text, TEXT, "text", 0, .example = "\"A \\\"door\\\"\""),
       });
FIELDS(entry_fields, struct door, "Entry",
       {
           FIELD(struct door, email, TEXT, "email", FIELD_REQUIRED),
           FIELD(struct door, password, TEXT, "password", FIELD_REQUIRED | FIELD_SECRET),
       });
FIELDS(new_fields, struct door, "NewDoor",
       {
           FIELD(struct door, text, TEXT, "text", FIELD_REQUIRED, .example = "\"A \\\"door\\\"\""),
           FIELD(struct door, room, TEXT, "room_id", 0),
           FIELD(struct door, email, TEXT, "owner", 0),
       });
FIELDS(filter_fields, struct door, "Filter",
       {
           FIELD(struct door, text, TEXT, "size", FIELD_REQUIRED, .example = "7"),
           FIELD(struct door, room, TEXT, "room", 0, .example = "\"hall\""),
       });

static enum status handle(struct call *call) {
  (void)call;
  return STATUS_OK;
}

static const struct answer one[] = {{200, "A door", &door_fields}, {404, "None", NULL}, {0, NULL, NULL}};
static const char *const papers[] = {"text/csv", NULL};
static const struct answer file[] = {{200, "A file", NULL, papers}, {0, NULL, NULL}};
static const struct answer gone[] = {{204, "Gone", NULL}, {0, NULL, NULL}};

#define ROUTE(verb, where, called, who, ...)                                                     \
  {                                                                                              \
    .method = (verb), .path = (where), .name = (called), .summary = (called), .handler = handle, \
    .permission = (who), __VA_ARGS__                                                             \
  }
static const struct route routes[] = {
    ROUTE(HTTP_DELETE, "/doors/:id", "remove", MAY_TICKET_REMOVE, .answers = gone),
    ROUTE(HTTP_GET, "/doors/:id/paper", "paper", MAY_SIGNED_IN, .answers = file),
    ROUTE(HTTP_GET, "/doors", "list", MAY_SIGNED_IN, .answers = one, .query = &filter_fields),
    ROUTE(HTTP_POST, "/leave", "leave", MAY_SIGNED_IN, .answers = gone,
          .sample = SAMPLE(.turn = SAMPLE_LEAVE)),
    ROUTE(HTTP_POST, "/doors", "create", MAY_TICKET_CREATE, .answers = one, .input = &new_fields,
          .sample = SAMPLE(.customer = true, .values = SAMPLE_VALUES({"owner", NULL}))),
    ROUTE(HTTP_POST, "/big-galleries", "gallery", MAY_TENANT, .answers = gone),
    ROUTE(HTTP_GET, "/big-galleries/:id/:view", "look", MAY_SIGNED_IN, .answers = file,
          .sample = SAMPLE(.values = SAMPLE_VALUES({"view", "\"front\""}))),
    ROUTE(HTTP_POST, "/people", "person", MAY_ANYONE, .answers = one, .input = &entry_fields),
    ROUTE(HTTP_PUT, "/password", "password", MAY_SIGNED_IN, .answers = gone, .input = &entry_fields,
          .sample = SAMPLE(.newcomer = true, .values = SAMPLE_VALUES({"email", NULL}))),
    ROUTE(HTTP_PUT, "/reset", "reset", MAY_ANYONE, .answers = one, .input = &entry_fields,
          .sample = SAMPLE(.needs = "mailed", .refused = 422)),
    ROUTE(HTTP_POST, "/doors/:id/picture", "picture", MAY_SIGNED_IN, .answers = one, .body = BODY_MULTIPART,
          .max_body = 1000, .file_part = "photo"),
    ROUTE(HTTP_POST, "/enter", "enter", MAY_ANYONE, .answers = one, .input = &entry_fields,
          .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)),
};
static const struct dialect dialect = {.name = "door",
                                       .title = "Doors",
                                       .about = "All about \"doors\".",
                                       .routes = routes,
                                       .route_count = sizeof(routes) / sizeof(routes[0])};

static int setup(void **state) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_postman(&dialect, "https://desk.example", &out);
  *state = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, NULL);
  return *state != NULL && !out.full ? 0 : -1;
}

static int teardown(void **state) {
  json_decref(*state);
  return 0;
}

static const char *text_at(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  assert_non_null(text);
  return text;
}

/* The request with this id. */
static const json_t *item_of(const json_t *collection, const char *id) {
  size_t i, k;
  const json_t *folder, *item;
  json_array_foreach(json_object_get(collection, "item"), i, folder) {
    json_array_foreach(json_object_get(folder, "item"), k, item) {
      if (strcmp(text_at(item, "id"), id) == 0) {
        return item;
      }
    }
  }
  fail_msg("no request %s", id);
  return NULL;
}

static const json_t *request_of(const json_t *collection, const char *id) {
  return json_object_get(item_of(collection, id), "request");
}

static bool script_has(const json_t *item, const char *listen, const char *words) {
  size_t i, k;
  const json_t *event, *line;
  json_array_foreach(json_object_get(item, "event"), i, event) {
    json_array_foreach(json_object_get(json_object_get(event, "script"), "exec"), k, line) {
      if (strcmp(text_at(event, "listen"), listen) == 0 && strstr(json_string_value(line), words) != NULL) {
        return true;
      }
    }
  }
  return false;
}

static const char *token_of(const json_t *request) {
  const json_t *bearer = json_object_get(json_object_get(request, "auth"), "bearer");
  return text_at(json_array_get(bearer, 0), "value");
}

static void it_has_what_the_format_requires(void **state) {
  const json_t *info = json_object_get(*state, "info");
  assert_string_equal(text_at(info, "schema"),
                      "https://schema.getpostman.com/json/collection/v2.1.0/collection.json");
  assert_string_equal(text_at(info, "name"), "Doors");
  assert_non_null(strstr(text_at(info, "description"), "All about \"doors\"."));
  size_t i, k;
  const json_t *folder, *item, *variable;
  json_array_foreach(json_object_get(*state, "item"), i, folder) {
    text_at(folder, "name");
    assert_true(json_is_array(json_object_get(folder, "item")));
    json_array_foreach(json_object_get(folder, "item"), k, item) {
      text_at(item, "name");
      const json_t *request = json_object_get(item, "request");
      text_at(request, "method");
      assert_true(json_is_array(json_object_get(request, "header")));
      text_at(json_object_get(request, "auth"), "type");
      const json_t *url = json_object_get(request, "url");
      assert_int_equal(strncmp(text_at(url, "raw"), "{{baseUrl}}/", 12), 0);
      assert_true(json_array_size(json_object_get(url, "path")) > 0);
      assert_true(script_has(item, "test", "pm.response.code"));
    }
  }
  json_array_foreach(json_object_get(*state, "variable"), i, variable) {
    text_at(variable, "key");
    text_at(variable, "value");
  }
  assert_true(script_has(*state, "test", "pm.collectionVariables.set(name, value)"));
  assert_string_equal(text_at(json_array_get(json_object_get(*state, "variable"), 0), "value"),
                      "https://desk.example");
}

static void requests_come_in_an_order_in_which_each_finds_what_it_needs(void **state) {
  static const char *const wanted[] = {"enter-super_admin_email",
                                       "enter-customer_email",
                                       "gallery",
                                       "person",
                                       "create",
                                       "list",
                                       "paper",
                                       "look",
                                       "enter-new_email",
                                       "password",
                                       "reset",
                                       "picture",
                                       "remove",
                                       "leave"};
  size_t i, k, n = 0;
  const json_t *folder, *item;
  json_array_foreach(json_object_get(*state, "item"), i, folder) {
    json_array_foreach(json_object_get(folder, "item"), k, item) {
      assert_true(n < sizeof wanted / sizeof *wanted);
      assert_string_equal(text_at(item, "id"), wanted[n++]);
    }
  }
  assert_int_equal(n, sizeof wanted / sizeof *wanted);
}

static void each_is_sent_as_somebody_who_may(void **state) {
  assert_string_equal(token_of(request_of(*state, "remove")), "{{super_admin_token}}");
  assert_string_equal(token_of(request_of(*state, "create")), "{{customer_token}}");
  assert_string_equal(token_of(request_of(*state, "password")), "{{new_token}}");
  assert_string_equal(text_at(json_object_get(request_of(*state, "person"), "auth"), "type"), "noauth");
  assert_true(script_has(item_of(*state, "enter-customer_email"), "test", "set('customer_token'"));
  const json_t *body = json_object_get(request_of(*state, "enter-customer_email"), "body");
  assert_string_equal(text_at(body, "raw"),
                      "{\n  \"email\": \"{{customer_email}}\",\n  \"password\": \"{{password}}\"\n}");
}

static void bodies_hold_examples_ids_and_addresses_that_are_new(void **state) {
  const json_t *body = json_object_get(request_of(*state, "create"), "body");
  assert_string_equal(text_at(body, "raw"),
                      "{\n  \"text\": \"A \\\"door\\\"\",\n  \"room_id\": \"{{room_id}}\"\n}");
  body = json_object_get(request_of(*state, "person"), "body");
  assert_string_equal(text_at(body, "raw"),
                      "{\n  \"email\": \"{{new_email}}\",\n  \"password\": \"{{new_password}}\"\n}");
  assert_true(script_has(item_of(*state, "person"), "prerequest", "'new_email'"));
  assert_false(script_has(item_of(*state, "password"), "prerequest", "'new_email'"));
  body = json_object_get(request_of(*state, "picture"), "body");
  const json_t *file_part = json_array_get(json_object_get(body, "formdata"), 0);
  assert_string_equal(text_at(file_part, "key"), "photo");
  assert_int_equal(strncmp(text_at(file_part, "value"), "%PDF-", 5), 0);
}

static void paths_and_queries_are_filled_in(void **state) {
  const json_t *url = json_object_get(request_of(*state, "look"), "url");
  const json_t *variables = json_object_get(url, "variable");
  assert_string_equal(text_at(url, "raw"), "{{baseUrl}}/big-galleries/:id/:view");
  assert_string_equal(text_at(json_array_get(variables, 0), "value"), "{{big_gallery_id}}");
  assert_string_equal(text_at(json_array_get(variables, 1), "value"), "front");
  url = json_object_get(request_of(*state, "list"), "url");
  assert_string_equal(text_at(url, "raw"), "{{baseUrl}}/doors?size=7");
  const json_t *query = json_object_get(url, "query");
  assert_string_equal(text_at(json_array_get(query, 0), "value"), "7");
  assert_null(json_object_get(json_array_get(query, 0), "disabled"));
  assert_string_equal(text_at(json_array_get(query, 1), "value"), "hall");
  assert_true(json_is_true(json_object_get(json_array_get(query, 1), "disabled")));
}

static void tests_hold_each_answer_against_what_is_documented(void **state) {
  assert_true(script_has(item_of(*state, "create"), "test", "const codes = [200];"));
  assert_true(script_has(item_of(*state, "create"), "test", "const types = ['application/json'];"));
  assert_true(script_has(item_of(*state, "create"), "test",
                         "const schema = {\"anyOf\":[{\"$ref\":\"#/components/schemas/Door\"}]"));
  assert_true(script_has(item_of(*state, "paper"), "test", "const types = ['text/csv'];"));
  assert_false(script_has(item_of(*state, "paper"), "test", "schema"));
  assert_true(script_has(item_of(*state, "remove"), "test", "const codes = [204];"));
  assert_false(script_has(item_of(*state, "remove"), "test", "types"));
  assert_true(script_has(item_of(*state, "reset"), "test",
                         "const codes = pm.variables.get('mailed') ? [200] : [422];"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_has_what_the_format_requires),
      cmocka_unit_test(requests_come_in_an_order_in_which_each_finds_what_it_needs),
      cmocka_unit_test(each_is_sent_as_somebody_who_may),
      cmocka_unit_test(bodies_hold_examples_ids_and_addresses_that_are_new),
      cmocka_unit_test(paths_and_queries_are_filled_in),
      cmocka_unit_test(tests_hold_each_answer_against_what_is_documented),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
