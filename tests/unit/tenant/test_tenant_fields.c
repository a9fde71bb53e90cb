#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tenant/internal.h"
#include "base/time.h"

/* Words and tables. */

static struct ctx ctx;

static int set_up(void **state) {
  (void)state;
  ctx = (struct ctx){.arena = arena_new((size_t)4 * 1024 * 1024)};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(ctx.arena);
  return 0;
}

static void every_desk_status_and_priority_reads_as_one_word(void **state) {
  (void)state;
  const char *statuses[] = {[TICKET_NEW] = "open",
                            [TICKET_ASSIGNED] = "open",
                            [TICKET_IN_PROGRESS] = "in_progress",
                            [TICKET_PENDING] = "in_progress",
                            [TICKET_RESOLVED] = "resolved",
                            [TICKET_CLOSED] = "closed"};
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    assert_string_equal(word_of(tenant_status_words, (int)tenant_status_of(status)), statuses[status]);
  }
  const enum tenant_priority priorities[] = {[PRIORITY_LOW] = TENANT_LOW,
                                             [PRIORITY_NORMAL] = TENANT_MEDIUM,
                                             [PRIORITY_HIGH] = TENANT_HIGH,
                                             [PRIORITY_CRITICAL] = TENANT_HIGH,
                                             [PRIORITY_EMERGENCY] = TENANT_HIGH};
  for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
    assert_int_equal(tenant_priority_of(priority), priorities[priority]);
  }
}

static void assert_printed(const struct tenant_ticket *ticket, const char *data) {
  const struct tenant_meta meta = {.request_id = STR("r"), .timestamp = TIME_SECOND_US};
  const struct tenant_answer answer = {.message = STR("success"), .meta = &meta, .object = ticket};
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, &tenant_ticket_answer, &answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, str_format(ctx.arena,
                                         "{\"success\":true,\"message\":\"success\",\"data\":%s,\"meta\":{"
                                         "\"request_id\":\"r\",\"timestamp\":\"1970-01-01T00:00:01Z\"},"
                                         "\"errors\":null}",
                                         data)
                                  .at);
}

static void a_ticket_has_the_documented_keys_and_leaves_out_what_it_has_not(void **state) {
  (void)state;
  struct tenant_ticket ticket = {.tenant_id = 2,
                                 .user_id = 42,
                                 .title = STR("T"),
                                 .description = STR("D"),
                                 .category = CATEGORY_ACCOUNT,
                                 .priority = TENANT_MEDIUM,
                                 .status = TENANT_OPEN,
                                 .created_at = TIME_SECOND_US,
                                 .updated_at = TIME_SECOND_US};
  assert_int_equal(uuid_parse(STR("0190163d-8694-739b-aea5-966c26f8ad91"), &ticket.id), STATUS_OK);
#define HEAD "{\"id\":\"0190163d-8694-739b-aea5-966c26f8ad91\",\"tenant_id\":2,\"user_id\":42,"
#define MIDDLE                                                                                         \
  "\"title\":\"T\",\"category\":\"account\",\"priority\":\"medium\",\"status\":\"open\",\"escalation_" \
  "level\":0,\"description\":\"D\","
#define TIMES "\"created_at\":\"1970-01-01T00:00:01Z\",\"updated_at\":\"1970-01-01T00:00:01Z\"}"
  assert_printed(&ticket, HEAD MIDDLE TIMES);
  ticket.member_id = 42;
  ticket.agent_id = 7;
  ticket.attachment_url = STR("https://x/y");
  assert_printed(&ticket,
                 HEAD "\"member_id\":42,\"agent_id\":7," MIDDLE "\"attachment_url\":\"https://x/y\"," TIMES);
}

static enum status read_json(const char *body, const struct fields *fields, void *out) {
  problem_clear(&ctx);
  memset(out, 0, fields->size);
  return wire_read_json(&ctx, str_of(body), fields, out);
}

static void access_means_account_and_other_service(void **state) {
  (void)state;
  struct tenant_sla_in in;
#define SLA_BODY(word) \
  "{\"category\":\"" word "\",\"sla_response_minutes\":0,\"sla_resolution_minutes\":525600}"
  assert_int_equal(read_json(SLA_BODY("access"), &tenant_sla_in, &in), STATUS_OK);
  assert_int_equal(in.category, CATEGORY_ACCOUNT);
  assert_int_equal(in.resolution_minutes, 525600);
  assert_int_equal(read_json(SLA_BODY("other"), &tenant_sla_in, &in), STATUS_OK);
  assert_int_equal(in.category, CATEGORY_SERVICE);
  assert_int_equal(read_json(SLA_BODY("Other"), &tenant_sla_in, &in), STATUS_INVALID);
}

static void a_change_says_something(void **state) {
  (void)state;
  struct tenant_change_in in;
  static const char *const empty[] = {"{}", "{\"status\":null}", "{\"other\":1}"};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
    assert_int_equal(read_json(empty[i], &tenant_change_in, &in), STATUS_INVALID);
    assert_int_equal(ctx.problem.fault_count, 1);
    assert_true(str_is(ctx.problem.faults[0].field, "status"));
  }
  assert_int_equal(read_json("{\"status\":7}", &tenant_change_in, &in), STATUS_INVALID);
  assert_int_equal(ctx.problem.fault_count, 1); /* told once */
  assert_int_equal(read_json("{\"agent_id\":null}", &tenant_change_in, &in), STATUS_OK);
  assert_true(field_present(&tenant_change_in, &in, "agent_id"));
  assert_int_equal(in.agent_id, 0);
  assert_int_equal(read_json("{\"agent_id\":0}", &tenant_change_in, &in), STATUS_INVALID);
}

static void the_limit_is_needed_where_the_document_says_so(void **state) {
  (void)state;
  struct tenant_tickets_in tickets = {0};
  struct tenant_page_in page = {0};
  assert_int_equal(wire_read_form(&ctx, STR(""), &tenant_tickets_in, &tickets), STATUS_INVALID);
  assert_int_equal(wire_read_form(&ctx, STR(""), &tenant_vendor_replies_in, &page), STATUS_INVALID);
  problem_clear(&ctx);
  assert_int_equal(wire_read_form(&ctx, STR(""), &tenant_replies_in, &page), STATUS_OK);
  static const char *const wrong[] = {"limit=0", "limit=101", "limit=x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(wire_read_form(&ctx, str_of(wrong[i]), &tenant_replies_in, &page), STATUS_INVALID);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(every_desk_status_and_priority_reads_as_one_word),
      TEST(a_ticket_has_the_documented_keys_and_leaves_out_what_it_has_not),
      TEST(access_means_account_and_other_service),
      TEST(a_change_says_something),
      TEST(the_limit_is_needed_where_the_document_says_so),
  };
  return cmocka_run_group_tests_name("api/tenant/fields", tests, NULL, NULL);
}
