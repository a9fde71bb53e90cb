#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "api/kit/internal.h"

/* A small dialect of its own: what its tables say must stand in the document. */

static const struct word states[] = {{"open", 1}, {"shut", 2}, {NULL, 0}};

struct part {
  struct str name;
};
static const struct field part_rows[] = {FIELD(struct part, name, TEXT, "name", FIELD_REQUIRED, .max = 20)};
static const struct fields part_fields = {
    .title = "Part", .rows = part_rows, .count = 1, .size = sizeof(struct part), .present = -1};

struct thing {
  struct str title;
  int state;
  struct list parts;
};
static const struct field thing_rows[] = {
    FIELD(struct thing, title, TEXT, "title", FIELD_REQUIRED, .max = 255, .example = "\"A door\""),
    FIELD(struct thing, state, WORD, "state", FIELD_REQUIRED, .words = states),
    FIELD(struct thing, parts, LIST, "parts", 0, .of = &part_fields),
};
static const struct fields thing_fields = {
    .title = "Thing", .rows = thing_rows, .count = 3, .size = sizeof(struct thing), .present = -1};

struct said {
  struct str message;
};
static const struct field said_rows[] = {FIELD(struct said, message, TEXT, "message", FIELD_REQUIRED),
                                         FIELD_CONST("status", "true")};
static const struct fields said_fields = {
    .title = "Said", .rows = said_rows, .count = 2, .size = sizeof(struct said), .present = -1};

static const struct field error_rows[] = {FIELD(struct said, message, TEXT, "message", FIELD_REQUIRED),
                                          FIELD_CONST("status", "false")};
static const struct fields error_fields = {
    .title = "Error", .rows = error_rows, .count = 2, .size = sizeof(struct said), .present = -1};

struct filter {
  int64_t limit;
  int state;
};
static const struct field filter_rows[] = {
    FIELD(struct filter, limit, INT, "limit", FIELD_REQUIRED, .min = 1, .max = 100, .text = "How many."),
    FIELD(struct filter, state, WORD, "state", 0, .words = states),
};
static const struct fields filter_fields = {
    .title = "Filter", .rows = filter_rows, .count = 2, .size = sizeof(struct filter), .present = -1};

static void print_door_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http;
  assert_null(call->exchange);
  buf_add_text(out, "{\"message\":");
  wire_print_text(out, str_of(message));
  buf_add_text(out, ",\"status\":false}");
}

static enum status handle(struct call *call) {
  (void)call;
  return STATUS_OK;
}

static const struct problem_kind taken = {STATUS_DUPLICATE, "taken", "The title is taken."};
static const struct problem_kind not_yours = {STATUS_FORBIDDEN, "not_yours", "Only doorkeepers may."};
static const struct saying sayings[] = {
    {&taken, 400, "Title is taken"},
    {&problem_invalid, 400, "Invalid data"},
    {&not_yours, 403, "Doorkeepers only"},
    {NULL, 0, NULL},
};
static const struct answer create_answers[] = {
    {200, "Thing has been made", &said_fields},
    {200, "The thing itself", &thing_fields},
    {400, "Title is taken", NULL},
    {400, "Invalid data", NULL},
    {0, NULL, NULL},
};
static const struct answer get_answers[] = {
    {200, "The thing", &thing_fields}, {404, "No such thing", NULL}, {0, NULL, NULL}};
static const struct answer remove_answers[] = {{204, "Removed", NULL}, {0, NULL, NULL}};

static const struct route routes[] = {
    {.method = HTTP_POST,
     .path = "/api/thing/create",
     .name = "thingCreate",
     .summary = "Make a thing",
     .handler = handle,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .refusal = &not_yours,
     .roles = 1u << ROLE_CUSTOMER | 1u << ROLE_SUPER_ADMIN,
     .input = &thing_fields,
     .answers = create_answers,
     .body = BODY_JSON | BODY_FORM},
    {.method = HTTP_GET,
     .path = "/api/thing/:id",
     .name = "thingGet",
     .summary = "Show a thing",
     .handler = handle,
     .permission = MAY_SIGNED_IN,
     .answers = get_answers,
     .query = &filter_fields},
    {.method = HTTP_DELETE,
     .path = "/api/thing/:thing_id/",
     .name = "thingRemove",
     .summary = "Remove a thing",
     .handler = handle,
     .permission = MAY_TICKET_REMOVE,
     .answers = remove_answers},
    {.method = HTTP_POST,
     .path = "/auth/enter",
     .name = "enter",
     .summary = "Sign in",
     .handler = handle,
     .permission = MAY_ANYONE,
     .input = &part_fields,
     .answers = remove_answers},
};
static const struct tag door_tags[] = {{"other", "Nothing here."}, {"thing", "Things."}, {NULL, NULL}};
static const struct dialect dialect = {.name = "door",
                                       .title = "Doors",
                                       .about = "All about **doors**.",
                                       .routes = routes,
                                       .route_count = sizeof(routes) / sizeof(routes[0]),
                                       .tags = door_tags,
                                       .sayings = sayings,
                                       .error = &error_fields,
                                       .print_problem = print_door_problem,
                                       .bare_token = true};

static int setup(void **state) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_openapi(&dialect, "https://desk.example.org", &out);
  assert_false(out.full);
  json_error_t error;
  json_t *doc = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, &error);
  if (doc == NULL) {
    fail_msg("%s at %d: %.*s", error.text, error.position, (int)out.len, out.at);
  }
  *state = doc;
  return 0;
}

static int teardown(void **state) {
  json_decref(*state);
  return 0;
}

/* Follows keys separated by blanks; a number is an index. */
static json_t *at(json_t *json, const char *keys) {
  char key[100];
  while (*keys != '\0') {
    size_t len = strcspn(keys, " ");
    assert_true(len < sizeof(key));
    memcpy(key, keys, len);
    key[len] = '\0';
    int64_t index;
    if (json_is_array(json)) {
      assert_int_equal(str_int(str_of(key), &index), STATUS_OK);
      json = json_array_get(json, (size_t)index);
    } else {
      json = json_object_get(json, key);
    }
    if (json == NULL) {
      fail_msg("nothing at %s", keys);
    }
    keys += len + (keys[len] == ' ' ? 1 : 0);
  }
  return json;
}

#define assert_text(json, keys, text) assert_string_equal(json_string_value(at((json), (keys))), (text))

static void the_head_names_the_dialect(void **state) {
  assert_text(*state, "openapi", "3.1.0");
  assert_text(*state, "info title", "Doors");
  assert_text(*state, "info description", "All about **doors**.");
  assert_text(*state, "info version", SIGAP_VERSION);
  assert_text(*state, "info license identifier", "MIT");
  assert_text(*state, "servers 0 url", "https://desk.example.org");
  assert_int_equal(json_array_size(at(*state, "tags")), 2);
  assert_text(*state, "tags 0 name", "thing");
  assert_text(*state, "tags 0 description", "Things.");
  assert_text(*state, "tags 1 name", "auth");
  assert_null(json_object_get(at(*state, "tags 1"), "description"));
}

static void routes_of_one_path_share_an_item(void **state) {
  assert_int_equal(json_object_size(at(*state, "paths")), 3);
  assert_text(*state, "paths /api/thing/{id} get operationId", "thingGet");
  assert_text(*state, "paths /api/thing/{id} delete operationId", "thingRemove");
  assert_text(*state, "paths /api/thing/{id} delete parameters 0 name", "id");
  assert_text(*state, "paths /auth/enter post tags 0", "auth");
}

static void parameters_come_from_the_path_and_the_query(void **state) {
  json_t *parameters = at(*state, "paths /api/thing/{id} get parameters");
  assert_int_equal(json_array_size(parameters), 5);
  assert_text(parameters, "0 in", "path");
  assert_true(json_is_true(at(parameters, "0 required")));
  assert_text(parameters, "1 name", "limit");
  assert_text(parameters, "1 in", "query");
  assert_text(parameters, "1 description", "How many.");
  assert_true(json_is_true(at(parameters, "1 required")));
  assert_int_equal(json_integer_value(at(parameters, "1 schema maximum")), 100);
  assert_null(json_object_get(at(parameters, "2"), "required"));
  assert_text(parameters, "2 example", "open");
  assert_text(parameters, "3 $ref", "#/components/parameters/IfNoneMatch");
  assert_text(parameters, "4 $ref", "#/components/parameters/IfMatch");
}

static void bodies_are_described_for_each_type(void **state) {
  json_t *content = at(*state, "paths /api/thing/create post requestBody content");
  assert_int_equal(json_object_size(content), 2);
  assert_text(content, "application/json schema $ref", "#/components/schemas/ThingInput");
  assert_text(content, "application/json example title", "A door");
  assert_text(content, "application/x-www-form-urlencoded schema $ref", "#/components/schemas/ThingInput");
  assert_int_equal(json_object_size(at(*state, "paths /auth/enter post requestBody content")), 1);
}

static void answers_with_one_number_are_one_response(void **state) {
  json_t *responses = at(*state, "paths /api/thing/create post responses");
  assert_text(responses, "200 description", "Thing has been made / The thing itself");
  assert_int_equal(json_array_size(at(responses, "200 content application/json schema anyOf")), 2);
  assert_text(responses, "200 content application/json examples the_thing_itself_2 value title", "A door");
  assert_text(responses, "400 content application/json schema $ref", "#/components/schemas/Error");
  assert_text(responses, "400 content application/json examples title_is_taken_3 value message",
              "Title is taken");
  assert_text(responses, "400 content application/json examples invalid_data_4 value message",
              "Invalid data");
  assert_text(*state, "paths /api/thing/{id} delete responses 204 description", "Removed");
  assert_null(json_object_get(at(*state, "paths /api/thing/{id} delete responses 204"), "content"));
}

static void responses_stand_in_the_order_of_their_numbers(void **state) {
  json_t *responses = at(*state, "paths /api/thing/create post responses");
  const char *status;
  json_t *response;
  int64_t last = 0;
  json_object_foreach(responses, status, response) {
    int64_t number;
    assert_int_equal(str_int(str_of(status), &number), STATUS_OK);
    assert_true(number > last);
    assert_non_null(json_object_get(response, "description"));
    last = number;
  }
  assert_int_equal(last, 507);
}

static void what_every_route_can_answer_is_told(void **state) {
  static const char *const with_body[] = {"400", "401", "403", "413", "415", "429", "500", "503", "507"};
  for (size_t i = 0; i < sizeof(with_body) / sizeof(with_body[0]); i++) {
    assert_non_null(json_object_get(at(*state, "paths /api/thing/create post responses"), with_body[i]));
  }
  assert_text(*state, "paths /api/thing/create post responses 403 description",
              "Doorkeepers only / You may not act in this tenant.");
  json_t *open = at(*state, "paths /auth/enter post responses");
  assert_null(json_object_get(open, "401"));
  assert_non_null(json_object_get(open, "403"));
  json_t *get = at(*state, "paths /api/thing/{id} get responses");
  assert_non_null(json_object_get(get, "401"));
  assert_non_null(json_object_get(get, "403"));
  assert_non_null(json_object_get(get, "400")); /* it has a query */
  assert_non_null(json_object_get(get, "413")); /* an answer can be over its limit, too */
  assert_null(json_object_get(get, "415"));
}

static void only_open_routes_go_without_a_token(void **state) {
  assert_int_equal(json_array_size(at(*state, "paths /auth/enter post security")), 0);
  assert_null(json_object_get(at(*state, "paths /api/thing/create post"), "security"));
  assert_int_equal(json_array_size(at(*state, "security")), 2);
  assert_text(*state, "components securitySchemes bearer bearerFormat", "JWT");
  assert_text(*state, "components securitySchemes bareToken in", "header");
}

static void who_may_is_told_by_the_permission_table(void **state) {
  assert_text(*state, "paths /api/thing/create post description",
              "For the roles super_admin (all), customer (own).");
  assert_text(*state, "paths /api/thing/{id} get description", "For every signed-in account.");
  assert_text(*state, "paths /auth/enter post description", "No token is needed.");
  assert_text(*state, "paths /api/thing/create post x-permission", "ticket_create");
  assert_text(*state, "paths /auth/enter post x-permission", "anyone");
}

/* ---- uploads, files, streams, mounts ---- */

static const struct saying strict_sayings[] = {{&problem_invalid, 422, "Validation failed"}, {NULL, 0, NULL}};
static const char *const tables[] = {"text/csv", "application/pdf", NULL};
static const char *const any_file[] = {"application/octet-stream", NULL};
static const struct answer export_answers[] = {
    {200, "The things", &thing_fields, tables}, {200, "Again", &thing_fields, tables}, {0, NULL, NULL, NULL}};
static const struct answer file_answers[] = {{200, "The file", NULL, any_file}, {0, NULL, NULL, NULL}};
static const struct answer upload_answers[] = {{201, "Kept", &said_fields, NULL}, {0, NULL, NULL, NULL}};
static const struct route file_routes[] = {
    {.method = HTTP_GET,
     .path = "/things",
     .name = "thingExport",
     .handler = handle,
     .lane = LANE_EXPORT,
     .permission = MAY_SIGNED_IN,
     .answers = export_answers},
    {.method = HTTP_GET,
     .path = "/file/:id",
     .name = "fileGet",
     .handler = handle,
     .permission = MAY_SIGNED_IN,
     .answers = file_answers},
    {.method = HTTP_POST,
     .path = "/file",
     .name = "fileMake",
     .handler = handle,
     .permission = MAY_SIGNED_IN,
     .input = &thing_fields,
     .body = BODY_MULTIPART,
     .max_body = 11 << 20,
     .spool = true,
     .file_part = "photo",
     .answers = upload_answers},
    {.method = HTTP_PUT,
     .path = "/file",
     .name = "filePut",
     .handler = handle,
     .permission = MAY_TICKET_READ,
     .max_body = 11 << 20,
     .spool = true,
     .answers = upload_answers},
};
static const char *const mounts[] = {"", "/v1", NULL};
static const struct route one_place_routes[] = {
    {.method = HTTP_GET, .path = "/here", .name = "hereGet", .handler = handle, .answers = upload_answers},
    {.method = HTTP_GET,
     .path = "/v1/there",
     .name = "thereGet",
     .handler = handle,
     .answers = upload_answers,
     .as_written = true}};
static const struct dialect one_place_dialect = {.name = "place",
                                                 .routes = one_place_routes,
                                                 .route_count = 2,
                                                 .sayings = strict_sayings,
                                                 .error = &error_fields,
                                                 .print_problem = print_door_problem,
                                                 .mounts = mounts,
                                                 .shared = "/v1",
                                                 .header = "X-Place"};
static const struct dialect file_dialect = {.name = "file",
                                            .routes = file_routes,
                                            .route_count = sizeof(file_routes) / sizeof(file_routes[0]),
                                            .sayings = strict_sayings,
                                            .error = &error_fields,
                                            .print_problem = print_door_problem,
                                            .mounts = mounts};

static int setup_files(void **state) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_openapi(&file_dialect, "https://desk.example.org", &out);
  *state = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, NULL);
  return *state == NULL;
}

static void an_upload_is_its_fields_and_its_file(void **state) {
  json_t *content = at(*state, "paths /file post requestBody content");
  assert_int_equal(json_object_size(content), 1);
  json_t *schema = at(content, "multipart/form-data schema");
  assert_int_equal(json_object_size(at(schema, "properties")), 3); /* a list does not fit into a form */
  assert_int_equal(json_integer_value(at(schema, "properties title maxLength")), 255);
  assert_text(schema, "properties photo contentMediaType", "application/octet-stream");
  assert_int_equal(json_array_size(at(schema, "required")), 3);
  assert_text(schema, "required 0", "title");
  assert_text(schema, "required 2", "photo");
  assert_non_null(
      json_object_get(at(*state, "paths /file put requestBody content"), "application/octet-stream"));
  static const char *const statuses[] = {"201", "400", "401", "413", "415", "422", "507"};
  for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
    assert_non_null(json_object_get(at(*state, "paths /file post responses"), statuses[i]));
  }
  assert_text(*state, "paths /file post responses 422 description", "Validation failed");
}

static void answers_may_have_other_media_types_beside_json(void **state) {
  json_t *content = at(*state, "paths /things get responses 200 content");
  assert_int_equal(json_object_size(content), 3);
  assert_text(content, "application/json schema $ref", "#/components/schemas/Thing");
  assert_text(content, "text/csv schema type", "string");
  assert_text(content, "application/pdf schema contentMediaType", "application/pdf");
  content = at(*state, "paths /file/{id} get responses 200 content");
  assert_int_equal(json_object_size(content), 1);
  assert_non_null(at(content, "application/octet-stream"));
}

static void mounts_are_servers_and_paths_stand_once(void **state) {
  assert_int_equal(json_array_size(at(*state, "servers")), 2);
  assert_text(*state, "servers 0 url", "https://desk.example.org");
  assert_text(*state, "servers 1 url", "https://desk.example.org/v1");
  assert_int_equal(json_object_size(at(*state, "paths")), 3);
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_openapi(&file_dialect, NULL, &out);
  buf_add_char(&out, '\0');
  assert_non_null(strstr(out.at, "\"servers\":[{\"url\":\"/\"},{\"url\":\"/v1\"}]"));
}

static void what_stands_in_one_place_names_it_and_the_header_is_told(void **state) {
  (void)state;
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_openapi(&one_place_dialect, "https://desk.example.org", &out);
  json_t *doc = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(doc);
  assert_int_equal(json_array_size(at(doc, "servers")), 2);
  assert_int_equal(json_array_size(at(doc, "paths /v1/there get servers")), 1);
  assert_text(doc, "paths /v1/there get servers 0 url", "https://desk.example.org");
  assert_null(json_object_get(at(doc, "paths /here get"), "servers"));
  assert_text(doc, "paths /here get parameters 0 name", "X-Place");
  assert_text(doc, "paths /here get parameters 0 in", "header");
  json_decref(doc);
}

/* ---- keys and conditions ---- */

static const struct route guarded_routes[] = {
    {.method = HTTP_GET,
     .path = "/thing/:id",
     .name = "get",
     .summary = "Show",
     .handler = handle,
     .permission = MAY_SIGNED_IN,
     .answers = get_answers},
    {.method = HTTP_PUT,
     .path = "/thing/:id/state",
     .name = "change",
     .summary = "Change",
     .handler = handle,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .input = &thing_fields,
     .answers = remove_answers},
    {.method = HTTP_POST,
     .path = "/other",
     .name = "other",
     .summary = "Another",
     .handler = handle,
     .lane = LANE_HASH,
     .permission = MAY_SIGNED_IN,
     .answers = remove_answers},
    {.method = HTTP_POST,
     .path = "/enter",
     .name = "enter",
     .summary = "Sign in",
     .handler = handle,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .answers = remove_answers},
};
static const struct dialect guarded_dialect = {.name = "guarded",
                                               .title = "Guarded",
                                               .routes = guarded_routes,
                                               .route_count = sizeof guarded_routes / sizeof *guarded_routes,
                                               .sayings = sayings,
                                               .error = &error_fields,
                                               .print_problem = print_door_problem};

static int setup_guarded(void **state) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_openapi(&guarded_dialect, NULL, &out);
  json_t *doc = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(doc);
  *state = doc;
  return 0;
}

static void what_writes_takes_a_key_and_says_what_may_come_of_it(void **state) {
  json_t *change = at(*state, "paths /thing/{id}/state put");
  assert_text(change, "parameters 1 $ref", "#/components/parameters/IdempotencyKey");
  assert_text(change, "parameters 2 $ref", "#/components/parameters/IfMatch");
  assert_non_null(at(change, "responses 409 content application/json examples"));
  assert_non_null(at(change, "responses 412 content application/json examples"));
  assert_non_null(at(change, "responses 422 content application/json examples"));
  assert_text(change, "responses 204 headers Idempotency-Replayed $ref",
              "#/components/headers/IdempotencyReplayed");
  json_t *other = at(*state, "paths /other post");
  assert_int_equal(json_array_size(at(other, "parameters")), 1);
  assert_non_null(at(other, "responses 409"));
  assert_non_null(at(other, "responses 412")); /* there is nothing that If-Match could be compared with */
  assert_non_null(at(*state, "components parameters IdempotencyKey"));
}

static void what_is_read_alone_has_a_tag(void **state) {
  json_t *get = at(*state, "paths /thing/{id} get");
  assert_text(get, "responses 200 headers ETag $ref", "#/components/headers/ETag");
  assert_text(get, "responses 304 headers ETag $ref", "#/components/headers/ETag");
  assert_null(json_object_get(at(get, "responses 304"), "content"));
  assert_null(json_object_get(at(get, "responses"), "409"));
}

static void signing_in_takes_neither(void **state) {
  assert_null(json_object_get(at(*state, "paths /enter post"), "parameters"));
  assert_null(json_object_get(at(*state, "paths /enter post responses"), "422"));
}

static void check_references(json_t *doc, json_t *json) {
  const char *name;
  json_t *value;
  size_t index;
  json_array_foreach(json, index, value) {
    check_references(doc, value);
  }
  json_object_foreach(json, name, value) {
    if (strcmp(name, "$ref") == 0) {
      const char *target = json_string_value(value);
      const char *slash = strrchr(target, '/');
      char section[32] = "";
      assert_int_equal(strncmp(target, "#/components/", 13), 0);
      assert_true((size_t)(slash - (target + 13)) < sizeof section);
      memcpy(section, target + 13, (size_t)(slash - (target + 13)));
      if (json_object_get(json_object_get(at(doc, "components"), section), slash + 1) == NULL) {
        fail_msg("%s leads nowhere", target);
      }
    }
    check_references(doc, value);
  }
}

static void a_route_that_lets_every_role_in_sends_none_away(void **state) {
  assert_text(*state, "paths /file put x-permission", "ticket_read");
  assert_non_null(json_object_get(at(*state, "paths /file put responses"), "401"));
  /* But for who names a tenant that is not theirs. */
  assert_text(*state, "paths /file put responses 403 description", "You may not act in this tenant.");
}

static void every_reference_leads_somewhere(void **state) {
  check_references(*state, *state);
  json_t *schemas = at(*state, "components schemas");
  assert_int_equal(json_object_size(schemas), 6);
  assert_non_null(json_object_get(schemas, "PartInput"));
  assert_non_null(json_object_get(schemas, "Part"));
  assert_null(json_object_get(schemas, "FilterInput"));
}

static void every_reference_of_guarded_ones_leads_somewhere(void **state) {
  check_references(*state, *state);
}

static void every_reference_of_files_leads_somewhere(void **state) {
  check_references(*state, *state);
  assert_null(json_object_get(at(*state, "components schemas"), "ThingInput"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_head_names_the_dialect, setup, teardown),
      cmocka_unit_test_setup_teardown(routes_of_one_path_share_an_item, setup, teardown),
      cmocka_unit_test_setup_teardown(parameters_come_from_the_path_and_the_query, setup, teardown),
      cmocka_unit_test_setup_teardown(bodies_are_described_for_each_type, setup, teardown),
      cmocka_unit_test_setup_teardown(answers_with_one_number_are_one_response, setup, teardown),
      cmocka_unit_test_setup_teardown(responses_stand_in_the_order_of_their_numbers, setup, teardown),
      cmocka_unit_test_setup_teardown(what_every_route_can_answer_is_told, setup, teardown),
      cmocka_unit_test_setup_teardown(only_open_routes_go_without_a_token, setup, teardown),
      cmocka_unit_test_setup_teardown(who_may_is_told_by_the_permission_table, setup, teardown),
      cmocka_unit_test_setup_teardown(every_reference_leads_somewhere, setup, teardown),
      cmocka_unit_test_setup_teardown(an_upload_is_its_fields_and_its_file, setup_files, teardown),
      cmocka_unit_test_setup_teardown(answers_may_have_other_media_types_beside_json, setup_files, teardown),
      cmocka_unit_test_setup_teardown(what_writes_takes_a_key_and_says_what_may_come_of_it, setup_guarded,
                                      teardown),
      cmocka_unit_test_setup_teardown(what_is_read_alone_has_a_tag, setup_guarded, teardown),
      cmocka_unit_test_setup_teardown(signing_in_takes_neither, setup_guarded, teardown),
      cmocka_unit_test_setup_teardown(every_reference_of_guarded_ones_leads_somewhere, setup_guarded,
                                      teardown),
      cmocka_unit_test(what_stands_in_one_place_names_it_and_the_header_is_told),
      cmocka_unit_test_setup_teardown(mounts_are_servers_and_paths_stand_once, setup_files, teardown),
      cmocka_unit_test_setup_teardown(a_route_that_lets_every_role_in_sends_none_away, setup_files, teardown),
      cmocka_unit_test_setup_teardown(every_reference_of_files_leads_somewhere, setup_files, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
