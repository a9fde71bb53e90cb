#include "exchange.h"

/* What a call answers: statuses and kinds in a dialect's words, answers by table, answers that are too large.
 */

struct said {
  struct str message;
};
FIELDS(said_fields, struct said, "Said", {FIELD(struct said, message, TEXT, "message", FIELD_REQUIRED)});

static const struct problem_kind door_locked = {STATUS_STATE, "door_locked", "The door is locked."};
static const struct problem_kind door_broken = {STATUS_BROKEN, "door_broken", "The door fell out."};
static const struct problem_kind door_busy = {STATUS_UNAVAILABLE, "door_busy",
                                              "Somebody stands in the door."};
static const struct saying sayings[] = {
    {&door_locked, 423, "Locked, sorry"},
    {&door_busy, 503, NULL},
    {&kit_no_method, 405, "Not that way"},
    {NULL, 0, NULL},
};
static const struct dialect wordy = {
    .name = "wordy", .sayings = sayings, .print_problem = print_plain_problem};
static const struct dialect silent = {.name = "silent", .print_problem = print_plain_problem};
/* Faulty fields and broken bodies apart, as some documents have it. */
static const struct saying strict_sayings[] = {
    {&problem_invalid, 422, "Validation failed"}, {&wire_malformed, 400, "No JSON"}, {NULL, 0, NULL}};
static const struct dialect strict = {
    .name = "strict", .sayings = strict_sayings, .print_problem = print_plain_problem};
static const struct route route = {.method = HTTP_GET, .path = "/door", .name = "doorGet"};

struct fixture {
  struct kit kit;
  struct http_exchange exchange;
  struct call call;
};

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  exchange_begin(&fixture->exchange, HTTP_GET, "/door");
  fixture->call = (struct call){.kit = &fixture->kit,
                                .exchange = &fixture->exchange,
                                .dialect = &wordy,
                                .route = &route,
                                .ctx = {.arena = fixture->exchange.arena}};
  *state = fixture;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  exchange_end(&fixture->exchange);
  test_free(fixture);
  return 0;
}

static void every_status_has_its_number(void **state) {
  (void)state;
  static const int wanted[STATUS_COUNT] = {
      [STATUS_OK] = 200,        [STATUS_INVALID] = 400,      [STATUS_UNAUTHENTICATED] = 401,
      [STATUS_FORBIDDEN] = 403, [STATUS_NOT_FOUND] = 404,    [STATUS_DUPLICATE] = 409,
      [STATUS_STATE] = 409,     [STATUS_TOO_LARGE] = 413,    [STATUS_UNSUPPORTED] = 415,
      [STATUS_TOO_MANY] = 429,  [STATUS_STORAGE_FULL] = 507, [STATUS_UNAVAILABLE] = 503,
      [STATUS_RETRY] = 503,     [STATUS_SLOW] = 500,         [STATUS_BROKEN] = 500,
  };
  for (int status = 0; status < STATUS_COUNT; status++) {
    assert_int_not_equal(wanted[status], 0);
    assert_int_equal(kit_http_of((enum status)status), wanted[status]);
  }
}

static void a_saying_gives_number_and_words(void **state) {
  struct fixture *fixture = *state;
  const char *message = NULL;
  assert_int_equal(call_saying(&fixture->call, &door_locked, &message), 423);
  assert_string_equal(message, "Locked, sorry");
}

static void a_saying_without_words_keeps_the_sentence(void **state) {
  struct fixture *fixture = *state;
  const char *message = NULL;
  assert_int_equal(call_saying(&fixture->call, &door_busy, &message), 503);
  assert_string_equal(message, "Somebody stands in the door.");
}

static void without_a_saying_the_kind_speaks(void **state) {
  struct fixture *fixture = *state;
  fixture->call.dialect = &silent;
  const char *message = NULL;
  assert_int_equal(call_saying(&fixture->call, &door_locked, &message), 409);
  assert_string_equal(message, "The door is locked.");
}

static void faulty_fields_and_broken_bodies_may_have_numbers_of_their_own(void **state) {
  struct fixture *fixture = *state;
  fixture->call.dialect = &strict;
  (void)problem_fault(&fixture->call.ctx, STR("title"), STR("is required"));
  call_print_problem(&fixture->call, STATUS_INVALID);
  assert_int_equal(fixture->exchange.status, 422);
  assert_non_null(strstr(exchange_text(&fixture->exchange), "\"message\":\"Validation failed\""));
  assert_non_null(strstr(exchange_text(&fixture->exchange), "\"faults\":1"));
  problem_clear(&fixture->call.ctx);
  problem_set(&fixture->call.ctx, &wire_malformed);
  call_print_problem(&fixture->call, STATUS_INVALID);
  assert_int_equal(fixture->exchange.status, 400);
  assert_non_null(strstr(exchange_text(&fixture->exchange), "\"message\":\"No JSON\""));
}

static void a_wrong_method_is_405_in_every_dialect(void **state) {
  struct fixture *fixture = *state;
  const char *message = NULL;
  assert_int_equal(call_saying(&fixture->call, &kit_no_method, &message), 405);
  assert_string_equal(message, "Not that way");
  fixture->call.dialect = &silent;
  assert_int_equal(call_saying(&fixture->call, &kit_no_method, &message), 405);
}

static void a_problem_goes_into_the_envelope(void **state) {
  struct fixture *fixture = *state;
  enum status status = problem_set(&fixture->call.ctx, &door_locked);
  call_print_problem(&fixture->call, status);
  assert_int_equal(fixture->exchange.status, 423);
  assert_string_equal(exchange_text(&fixture->exchange),
                      "{\"code\":423,\"message\":\"Locked, sorry\",\"dialect\":\"wordy\",\"faults\":0}");
  ASSERT_HEADER(&fixture->exchange, "Content-Type: application/json; charset=utf-8");
  assert_int_equal(exchange_lines(&fixture->exchange, "Retry-After"), 0);
}

static void what_was_printed_before_is_gone(void **state) {
  struct fixture *fixture = *state;
  buf_add_text(&fixture->exchange.body_out, "{\"half\":");
  call_print_problem(&fixture->call, problem_set(&fixture->call.ctx, &door_locked));
  assert_null(strstr(exchange_text(&fixture->exchange), "half"));
}

static void waiting_time_is_told(void **state) {
  struct fixture *fixture = *state;
  enum status status = problem_set(&fixture->call.ctx, &door_busy);
  fixture->call.ctx.problem.retry_after_s = 17;
  call_print_problem(&fixture->call, status);
  assert_int_equal(fixture->exchange.status, 503);
  ASSERT_HEADER(&fixture->exchange, "Retry-After: 17");
}

static void a_status_that_nobody_explained_still_answers(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    enum status status;
    int http;
  } cases[] = {
      {STATUS_INVALID, 400},     {STATUS_UNAUTHENTICATED, 401}, {STATUS_FORBIDDEN, 403},
      {STATUS_TOO_LARGE, 413},   {STATUS_UNSUPPORTED, 415},     {STATUS_STORAGE_FULL, 507},
      {STATUS_UNAVAILABLE, 503}, {STATUS_RETRY, 503},           {STATUS_BROKEN, 500},
      {STATUS_SLOW, 500},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    problem_clear(&fixture->call.ctx);
    call_print_problem(&fixture->call, cases[i].status);
    assert_int_equal(fixture->exchange.status, cases[i].http);
  }
}

static void an_inside_matter_is_not_told_outside(void **state) {
  struct fixture *fixture = *state;
  fixture->call.dialect = &silent;
  call_print_problem(&fixture->call, STATUS_BROKEN);
  assert_string_equal(
      exchange_text(&fixture->exchange),
      "{\"code\":500,\"message\":\"Something went wrong on our side.\",\"dialect\":\"silent\",\"faults\":0}");
  problem_clear(&fixture->call.ctx);
  call_print_problem(&fixture->call, problem_set(&fixture->call.ctx, &door_broken));
  assert_int_equal(fixture->exchange.status, 500);
}

static void an_answer_is_printed_by_its_table(void **state) {
  struct fixture *fixture = *state;
  const struct said said = {STR("a \"quoted\" word")};
  assert_int_equal(call_answer(&fixture->call, 201, &said_fields, &said), STATUS_OK);
  assert_int_equal(call_print_answer(&fixture->call), STATUS_OK);
  assert_int_equal(fixture->exchange.status, 201);
  assert_string_equal(exchange_text(&fixture->exchange), "{\"message\":\"a \\\"quoted\\\" word\"}");
  ASSERT_HEADER(&fixture->exchange, "Content-Type: application/json; charset=utf-8");
}

static void an_answer_without_a_table_has_no_body(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(call_answer(&fixture->call, 204, NULL, NULL), STATUS_OK);
  assert_int_equal(call_print_answer(&fixture->call), STATUS_OK);
  assert_int_equal(fixture->exchange.status, 204);
  assert_int_equal(fixture->exchange.body_out.len, 0);
  assert_int_equal(exchange_lines(&fixture->exchange, "Content-Type"), 0);
}

static void a_raw_answer_keeps_its_type(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(call_answer_raw(&fixture->call, 200, STR("text/plain"), STR("ok\n")), STATUS_OK);
  call_header(&fixture->call, "Link", STR("<x>"));
  assert_int_equal(call_print_answer(&fixture->call), STATUS_OK);
  assert_string_equal(exchange_text(&fixture->exchange), "ok\n");
  ASSERT_HEADER(&fixture->exchange, "Content-Type: text/plain");
  ASSERT_HEADER(&fixture->exchange, "Link: <x>");
}

static void an_answer_over_its_limit_is_a_whole_error(void **state) {
  struct fixture *fixture = *state;
  char *long_text = test_malloc(5000);
  memset(long_text, 'x', 5000);
  const struct said said = {{long_text, 5000}};
  fixture->exchange.body_out.max = 4096;
  assert_int_equal(call_answer(&fixture->call, 200, &said_fields, &said), STATUS_OK);
  assert_int_equal(call_print_answer(&fixture->call), STATUS_BROKEN);
  call_print_problem(&fixture->call, STATUS_BROKEN);
  assert_int_equal(fixture->exchange.status, 500);
  assert_false(fixture->exchange.body_out.full);
  assert_non_null(strstr(exchange_text(&fixture->exchange), "\"code\":500"));
  ASSERT_HEADER(&fixture->exchange, "Content-Type: application/json; charset=utf-8");
  assert_int_equal(exchange_lines(&fixture->exchange, "Content-Type"), 1);
  test_free(long_text);
}

static void a_raw_answer_over_its_limit_is_not_half_a_document(void **state) {
  struct fixture *fixture = *state;
  fixture->exchange.body_out.max = 256;
  char text[300];
  memset(text, 'y', sizeof text);
  assert_int_equal(call_answer_raw(&fixture->call, 200, STR("text/csv"), (struct str){text, sizeof text}),
                   STATUS_OK);
  assert_int_equal(call_print_answer(&fixture->call), STATUS_BROKEN);
  call_print_problem(&fixture->call, STATUS_BROKEN);
  assert_int_equal(fixture->exchange.status, 500);
  assert_int_equal(exchange_lines(&fixture->exchange, "Content-Type"), 1);
  ASSERT_HEADER(&fixture->exchange, "Content-Type: application/json; charset=utf-8");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_status_has_its_number),
      TEST(a_saying_gives_number_and_words),
      TEST(a_saying_without_words_keeps_the_sentence),
      TEST(without_a_saying_the_kind_speaks),
      TEST(a_wrong_method_is_405_in_every_dialect),
      TEST(faulty_fields_and_broken_bodies_may_have_numbers_of_their_own),
      TEST(a_problem_goes_into_the_envelope),
      TEST(what_was_printed_before_is_gone),
      TEST(waiting_time_is_told),
      TEST(a_status_that_nobody_explained_still_answers),
      TEST(an_inside_matter_is_not_told_outside),
      TEST(an_answer_is_printed_by_its_table),
      TEST(an_answer_without_a_table_has_no_body),
      TEST(a_raw_answer_keeps_its_type),
      TEST(an_answer_over_its_limit_is_a_whole_error),
      TEST(a_raw_answer_over_its_limit_is_not_half_a_document),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
