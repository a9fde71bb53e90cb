#include "exchange.h"

#include "desk/session/session.h"

/* The head of a request: whose row it is, in whose envelope it is refused, and whether its body is worth
 * reading. */

struct thing {
  struct str title;
};
FIELDS(thing_fields, struct thing, "Thing", {FIELD(struct thing, title, TEXT, "title", FIELD_REQUIRED)});

static enum status handle(struct call *call) {
  return call_answer(call, 200, NULL, NULL);
}

static const struct route door_routes[] = {
    {.method = HTTP_GET,
     .path = "/api/door/:id",
     .name = "doorGet",
     .handler = handle,
     .permission = MAY_SIGNED_IN},
    {.method = HTTP_POST,
     .path = "/api/door",
     .name = "doorMake",
     .handler = handle,
     .permission = MAY_TICKET_CREATE,
     .input = &thing_fields,
     .max_body = (size_t)4 * 1024 * 1024,
     .max_answer = 9000},
    {.method = HTTP_POST,
     .path = "/api/door/knock",
     .name = "doorKnock",
     .handler = handle,
     .permission = MAY_ANYONE,
     .input = &thing_fields},
    {.method = HTTP_POST,
     .path = "/api/door/form",
     .name = "doorForm",
     .handler = handle,
     .permission = MAY_ANYONE,
     .input = &thing_fields,
     .body = BODY_JSON | BODY_FORM},
    {.method = HTTP_PUT,
     .path = "/api/door/:id/colour",
     .name = "doorPaint",
     .handler = handle,
     .permission = MAY_SIGNED_IN,
     .input = &thing_fields},
    {.method = HTTP_DELETE,
     .path = "/api/door/:id",
     .name = "doorShut",
     .handler = handle,
     .permission = MAY_SIGNED_IN},
};
static const struct route gate_routes[] = {
    {.method = HTTP_GET,
     .path = "/gate",
     .name = "gateGet",
     .handler = handle,
     .permission = MAY_ANYONE,
     .fold_case = true},
};
static const char *const door_prefixes[] = {"/api/door", NULL};
static const char *const gate_prefixes[] = {"/api", "/gate", NULL};
static const char *const rest_prefixes[] = {"/", NULL};
static const struct dialect rest = {
    .name = "rest", .print_problem = print_plain_problem, .prefixes = rest_prefixes};
static const struct dialect door = {.name = "door",
                                    .routes = door_routes,
                                    .route_count = sizeof door_routes / sizeof door_routes[0],
                                    .print_problem = print_plain_problem,
                                    .prefixes = door_prefixes};
static const struct dialect gate = {.name = "gate",
                                    .routes = gate_routes,
                                    .route_count = 1,
                                    .print_problem = print_plain_problem,
                                    .prefixes = gate_prefixes};
static const struct dialect *const dialects[] = {&rest, &gate, &door};

struct fixture {
  struct kit *kit;
  struct http_exchange exchange;
};

static void begin(struct fixture *fixture, enum http_method method, const char *target) {
  if (fixture->exchange.arena != NULL) {
    exchange_end(&fixture->exchange);
  }
  exchange_begin(&fixture->exchange, method, target);
}

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  const struct kit_config config = {
      .dialects = dialects, .dialect_count = 3, .cors_origins = "https://a.example"};
  fixture->kit = kit_new(&config);
  *state = fixture;
  token_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1});
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (fixture->exchange.arena != NULL) {
    exchange_end(&fixture->exchange);
  }
  kit_free(fixture->kit);
  test_free(fixture);
  return 0;
}

#define ASSERT_SAYS(fixture, part) assert_non_null(strstr(exchange_text(&(fixture)->exchange), (part)))

static void a_request_finds_its_row(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_GET, "/api/door/7%20a?x=1");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  const struct call *call = fixture->exchange.app;
  assert_string_equal(call->route->name, "doorGet");
  assert_ptr_equal(call->dialect, &door);
  assert_int_equal(call->match.param_count, 1);
  assert_true(str_is(call->match.params[0], "7 a"));
}

static void a_row_that_folds_case_is_found_in_any(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_HEAD, "/GaTe/");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  assert_string_equal(((struct call *)fixture->exchange.app)->route->name, "gateGet");
}

static void limits_are_the_rows(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.max_body, 4 * 1024 * 1024);
  assert_int_equal(fixture->exchange.body_out.max, 9000);
  begin(fixture, HTTP_POST, "/api/door/knock");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.max_body, 64 * 1024); /* a stranger's */
  assert_int_equal(fixture->exchange.body_out.max, 16 * 1024 * 1024);
  begin(fixture, HTTP_PUT, "/api/door/1/colour");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.max_body, 1024 * 1024);
  begin(fixture, HTTP_DELETE, "/api/door/1");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.max_body, 4096);
}

static void an_unknown_path_speaks_as_the_longest_prefix(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    const char *path, *dialect;
  } cases[] = {{"/api/door/1/2/3", "door"}, {"/API/Door/1/2/3", "door"}, {"/api/window", "gate"},
               {"/nowhere", "rest"},        {"/api/doors", "gate"},      {"/apis/x", "rest"},
               {"/gate/x", "gate"},         {"/gates", "rest"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    begin(fixture, HTTP_GET, cases[i].path);
    assert_false(kit_head(fixture->kit, &fixture->exchange));
    assert_int_equal(fixture->exchange.status, 404);
    const struct call *call = fixture->exchange.app;
    assert_string_equal(call->dialect->name, cases[i].dialect);
    ASSERT_SAYS(fixture, "Nothing is served at this path.");
  }
}

static void a_prefix_is_whole_segments(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    const char *path, *dialect;
  } cases[] = {{"/api/doors", "gate"},
               {"/api/door", "door"},
               {"/apis", "rest"},
               {"/gate/x", "gate"},
               {"/gates/x", "rest"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    begin(fixture, HTTP_PATCH, cases[i].path);
    assert_false(kit_head(fixture->kit, &fixture->exchange));
    assert_string_equal(((struct call *)fixture->exchange.app)->dialect->name, cases[i].dialect);
  }
}

static void a_wrong_method_names_the_right_ones(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_PUT, "/api/door/1");
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 405);
  ASSERT_HEADER(&fixture->exchange, "Allow: OPTIONS, GET, HEAD, DELETE");
  ASSERT_SAYS(fixture, "\"dialect\":\"door\"");
}

static void a_method_nobody_knows_is_405_too(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_METHOD_OTHER, "/gate");
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 405);
  ASSERT_HEADER(&fixture->exchange, "Allow: OPTIONS, GET, HEAD");
}

static void a_preflight_is_answered_from_the_head(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_OPTIONS, "/api/door/1");
  exchange_header(&fixture->exchange, "Origin", "https://a.example");
  exchange_header(&fixture->exchange, "Access-Control-Request-Method", "DELETE");
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 204);
  ASSERT_HEADER(&fixture->exchange, "Access-Control-Allow-Methods: OPTIONS, GET, HEAD, DELETE");
}

static void refusals_tell_the_origin_too(void **state) {
  struct fixture *fixture = *state;
  static const char *const paths[] = {"/nowhere", "/gate"};
  for (int i = 0; i < 2; i++) {
    begin(fixture, HTTP_DELETE, paths[i]);
    exchange_header(&fixture->exchange, "Origin", "https://a.example");
    assert_false(kit_head(fixture->kit, &fixture->exchange));
    ASSERT_HEADER(&fixture->exchange, "Access-Control-Allow-Origin: https://a.example");
  }
}

static void only_documented_media_are_taken(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    const char *path, *type;
    bool taken;
  } cases[] = {
      {"/api/door/knock", "application/json", true},
      {"/api/door/knock", "Application/JSON ; charset=utf-8", true},
      {"/api/door/knock", "application/x-www-form-urlencoded", false},
      {"/api/door/knock", "text/plain", false},
      {"/api/door/knock", "multipart/form-data; boundary=x", false},
      {"/api/door/form", "application/x-www-form-urlencoded;charset=utf-8", true},
      {"/api/door/form", "application/json", true},
      {"/api/door/form", "application/jsonx", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    begin(fixture, HTTP_POST, cases[i].path);
    exchange_header(&fixture->exchange, "Content-Type", cases[i].type);
    exchange_body(&fixture->exchange, STR("{}"));
    assert_int_equal(kit_head(fixture->kit, &fixture->exchange), cases[i].taken);
    if (!cases[i].taken) {
      assert_int_equal(fixture->exchange.status, 415);
      ASSERT_SAYS(fixture, "\"dialect\":\"door\"");
    }
  }
}

static void no_type_or_no_body_is_fine(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door/knock");
  exchange_body(&fixture->exchange, STR("{}"));
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  begin(fixture, HTTP_POST, "/api/door/knock");
  exchange_header(&fixture->exchange, "Content-Type", "text/plain");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
}

static void token(struct fixture *fixture, const char *prefix, int64_t wrong) {
  struct token_claims claims = {.session_id = 1, .issued_at_s = 1, .expires_at_s = 4000000000};
  struct str text;
  assert_int_equal(token_sign(fixture->exchange.arena, &claims, &text), STATUS_OK);
  char *value =
      str_c(fixture->exchange.arena, str_format(fixture->exchange.arena, "%s%.*s", prefix, STR_ARG(text)));
  if (wrong != 0) {
    value[strlen(value) - 2] = value[strlen(value) - 2] == 'A' ? 'B' : 'A';
  }
  exchange_header(&fixture->exchange, "Authorization", value);
}

/* An answer to the head means that the body is not read. */
static void a_large_body_needs_a_token_of_ours(void **state) {
  struct fixture *fixture = *state;
  const int64_t large = KIT_SMALL_BODY + 1;
  static const char *const garbage[] = {NULL, "", "Bearer", "Bearer ", "Bearer x.y.z", "Basic dXNlcjpwYXNz"};
  for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
    begin(fixture, HTTP_POST, "/api/door");
    fixture->exchange.head.content_length = large;
    if (garbage[i] != NULL) {
      exchange_header(&fixture->exchange, "Authorization", garbage[i]);
    }
    assert_false(kit_head(fixture->kit, &fixture->exchange));
    assert_int_equal(fixture->exchange.status, 401);
    ASSERT_SAYS(fixture, "\"dialect\":\"door\"");
  }
  begin(fixture, HTTP_POST, "/api/door");
  fixture->exchange.head.content_length = large;
  token(fixture, "Bearer ", 1);
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 401);
}

static void a_body_of_unknown_length_needs_it_as_well(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door");
  fixture->exchange.head.chunked = true;
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 401);
}

static void with_a_token_of_ours_it_is_read(void **state) {
  struct fixture *fixture = *state;
  static const char *const prefixes[] = {"Bearer ", "bearer   ", ""};
  for (int i = 0; i < 3; i++) {
    begin(fixture, HTTP_POST, "/api/door");
    fixture->exchange.head.content_length = KIT_SMALL_BODY + 1;
    token(fixture, prefixes[i], 0);
    assert_true(kit_head(fixture->kit, &fixture->exchange));
  }
}

static void an_expired_token_is_none(void **state) {
  struct fixture *fixture = *state;
  struct token_claims past = {.session_id = 1, .issued_at_s = 1, .expires_at_s = 2};
  struct str text;
  begin(fixture, HTTP_POST, "/api/door");
  fixture->exchange.head.content_length = KIT_SMALL_BODY + 1;
  struct arena *arena = fixture->exchange.arena;
  assert_int_equal(token_sign(arena, &past, &text), STATUS_OK);
  exchange_header(&fixture->exchange, "Authorization",
                  str_c(arena, str_format(arena, "Bearer %.*s", STR_ARG(text))));
  assert_false(kit_head(fixture->kit, &fixture->exchange));
  assert_int_equal(fixture->exchange.status, 401);
  ASSERT_SAYS(fixture, session_expired.sentence);
}

static void small_and_public_bodies_are_read_without(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door");
  fixture->exchange.head.content_length = KIT_SMALL_BODY;
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  begin(fixture, HTTP_POST, "/api/door/knock");
  fixture->exchange.head.content_length = KIT_SMALL_BODY + 1;
  assert_true(kit_head(fixture->kit, &fixture->exchange));
}

static void the_servers_refusals_keep_their_number(void **state) {
  struct fixture *fixture = *state;
  static const int statuses[] = {400, 408, 413, 414, 417, 431, 501, 505};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    begin(fixture, HTTP_GET, "/api/door/1");
    fixture->exchange.status = statuses[i];
    kit_refuse(fixture->kit, &fixture->exchange);
    assert_int_equal(fixture->exchange.status, statuses[i]);
    char code[32];
    snprintf(code, sizeof code, "{\"code\":%d,", statuses[i]);
    ASSERT_SAYS(fixture, code);
    ASSERT_SAYS(fixture, "\"dialect\":\"door\"");
    ASSERT_HEADER(&fixture->exchange, "Content-Type: application/json; charset=utf-8");
  }
}

static void refusals_with_a_kind_of_the_desk_are_told_as_that(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    int status;
    const struct problem_kind *kind;
  } cases[] = {{413, &problem_too_large},
               {507, &problem_storage_full},
               {503, &problem_unavailable},
               {500, &problem_broken}};
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    begin(fixture, HTTP_POST, "/api/door/knock");
    fixture->exchange.head.content_length = 10;
    assert_true(kit_head(fixture->kit, &fixture->exchange));
    buf_clear(&fixture->exchange.headers);
    fixture->exchange.status = cases[i].status;
    kit_refuse(fixture->kit, &fixture->exchange);
    assert_int_equal(fixture->exchange.status, cases[i].status);
    ASSERT_SAYS(fixture, cases[i].kind->sentence);
  }
}

static void the_servers_refusals_tell_the_origin(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door/knock");
  exchange_header(&fixture->exchange, "Origin", "https://a.example");
  fixture->exchange.status = 413;
  kit_refuse(fixture->kit, &fixture->exchange);
  ASSERT_HEADER(&fixture->exchange, "Access-Control-Allow-Origin: https://a.example");
}

static void a_head_that_was_never_understood_is_refused_too(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_GET, "");
  fixture->exchange.head = (struct http_head){.content_length = -1};
  fixture->exchange.status = 400;
  kit_refuse(fixture->kit, &fixture->exchange);
  assert_int_equal(fixture->exchange.status, 400);
  ASSERT_SAYS(fixture, "\"dialect\":\"rest\"");
}

static void a_body_that_grew_too_large_is_refused_after_the_head(void **state) {
  struct fixture *fixture = *state;
  begin(fixture, HTTP_POST, "/api/door/knock");
  fixture->exchange.head.chunked = true;
  exchange_header(&fixture->exchange, "Origin", "https://a.example");
  assert_true(kit_head(fixture->kit, &fixture->exchange));
  fixture->exchange.status = 413;
  buf_clear(&fixture->exchange.headers); /* as the server does */
  kit_refuse(fixture->kit, &fixture->exchange);
  assert_int_equal(fixture->exchange.status, 413);
  ASSERT_HEADER(&fixture->exchange, "Access-Control-Allow-Origin: https://a.example");
  ASSERT_SAYS(fixture, "This is larger than allowed.");
  kit_done(fixture->kit, &fixture->exchange);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_request_finds_its_row),
      TEST(a_row_that_folds_case_is_found_in_any),
      TEST(limits_are_the_rows),
      TEST(an_unknown_path_speaks_as_the_longest_prefix),
      TEST(a_prefix_is_whole_segments),
      TEST(a_wrong_method_names_the_right_ones),
      TEST(a_method_nobody_knows_is_405_too),
      TEST(a_preflight_is_answered_from_the_head),
      TEST(refusals_tell_the_origin_too),
      TEST(only_documented_media_are_taken),
      TEST(no_type_or_no_body_is_fine),
      TEST(a_large_body_needs_a_token_of_ours),
      TEST(a_body_of_unknown_length_needs_it_as_well),
      TEST(with_a_token_of_ours_it_is_read),
      TEST(an_expired_token_is_none),
      TEST(small_and_public_bodies_are_read_without),
      TEST(the_servers_refusals_keep_their_number),
      TEST(refusals_with_a_kind_of_the_desk_are_told_as_that),
      TEST(the_servers_refusals_tell_the_origin),
      TEST(a_head_that_was_never_understood_is_refused_too),
      TEST(a_body_that_grew_too_large_is_refused_after_the_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
