#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "api/isp/isp_tickets.h"

/* The tables of the tickets: what is read, and what is printed to the letter. */

static struct ctx ctx;
static struct who who;

static int set_up(void **state) {
  (void)state;
  who = (struct who){.role = ROLE_MANAGER};
  ctx = (struct ctx){.arena = arena_new((size_t)4 * 1024 * 1024), .who = &who};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(ctx.arena);
  return 0;
}

static void assert_printed(const struct fields *fields, const void *answer, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, fields, answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

/* The names of the faulty fields, one behind the other. */
static void assert_faults(const char *names) {
  char told[1024] = "";
  for (unsigned i = 0; i < ctx.problem.fault_count; i++) {
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s%.*s", i > 0 ? " " : "", STR_ARG(ctx.problem.faults[i].field));
  }
  assert_string_equal(told, names);
}

static enum status read(const struct fields *fields, const char *json, void *out) {
  problem_clear(&ctx);
  return wire_read_json(&ctx, str_of(json), fields, out);
}

#define ID(last) ((struct uuid){{1, 2, 3, [15] = (last)}})
#define ID_TEXT(last) "01020300-0000-0000-0000-0000000000" last
#define AT INT64_C(1760515200000000) /* 2025-10-15T08:00:00Z */

static void a_ticket_has_every_key_of_the_document(void **state) {
  (void)state;
  const struct isp_ticket_customer customer = {ID(2), STR("Ani"), STR("+62812"), STR("Jl. Melati 5")};
  const struct isp_ticket_technician technician = {ID(3), STR("Tono"), STR_NONE};
  const struct isp_place place = {-6.2088, 106.8456};
  const struct isp_ticket ticket = {
      .id = ID(1),
      .number = STR("TK20251015000042"),
      .customer = &customer,
      .technician = &technician,
      .type = WORK_NEW_INSTALLATION,
      .priority = PRIORITY_EMERGENCY,
      .status = TICKET_IN_PROGRESS,
      .category = CATEGORY_TECHNICAL,
      .title = STR("Fibre"),
      .description = STR("Second floor"),
      .location = &place,
      .scheduled_at = AT + 3600000000,
      .completed_at = AT + 7200000000,
      .sla_deadline = AT + 10800000000,
      .rating = 5,
      .feedback = STR("Quick"),
      .created_at = AT,
      .updated_at = AT,
  };
  assert_printed(&isp_ticket_out, &ticket,
                 "{\"id\":\"" ID_TEXT("01") "\",\"ticket_number\":\"TK20251015000042\",\"customer\":{\"id\":\"" ID_TEXT(
                     "02") "\",\"full_name\":\"Ani\",\"phone\":\"+62812\",\"address\":\"Jl. Melati 5\"},"
                           "\"technician\":{\"id\":\"" ID_TEXT(
                               "03") "\",\"full_name\":\"Tono\",\"phone\":null},\"type\":\"new_installation\","
                                     "\"priority\":\"emergency\",\"status\":\"in_progress\",\"category\":"
                                     "\"technical\",\"title\":\"Fibre\",\"description\":\"Second floor\","
                                     "\"location\":{\"lat\":-6.2088,\"lng\":106.8456},\"scheduled_at\":"
                                     "\"2025-10-15T09:00:00Z\",\"completed_at\":\"2025-10-15T10:00:00Z\","
                                     "\"sla_deadline\":\"2025-10-15T11:00:00Z\",\"rating\":5,\"feedback\":"
                                     "\"Quick\",\"created_at\":\"2025-10-15T08:00:00Z\",\"updated_at\":"
                                     "\"2025-10-15T08:00:00Z\"}");
}

static void what_is_not_there_is_null_and_never_left_out(void **state) {
  (void)state;
  const struct isp_ticket_customer nameless = {.id = ID(2), .full_name = STR("Ani")};
  struct isp_ticket_detail detail = {.ticket = {.id = ID(1),
                                                .number = STR("TK20251015000042"),
                                                .customer = &nameless,
                                                .type = WORK_REPAIR,
                                                .priority = PRIORITY_LOW,
                                                .status = TICKET_NEW,
                                                .category = CATEGORY_SERVICE,
                                                .title = STR("a"),
                                                .description = STR("b"),
                                                .rating = NAN,
                                                .created_at = AT,
                                                .updated_at = AT}};
  assert_printed(&isp_ticket_detail_out, &detail,
                 "{\"id\":\"" ID_TEXT("01") "\",\"ticket_number\":\"TK20251015000042\",\"customer\":{\"id\":\"" ID_TEXT(
                     "02") "\",\"full_name\":\"Ani\",\"phone\":null,\"address\":null},\"technician\":null,"
                           "\"type\":\"repair\",\"priority\":\"low\",\"status\":\"new\",\"category\":\"service\","
                           "\"title\":\"a\",\"description\":\"b\",\"location\":null,\"scheduled_at\":null,"
                           "\"completed_at\":null,\"sla_deadline\":null,\"rating\":null,\"feedback\":null,"
                           "\"created_at\":\"2025-10-15T08:00:00Z\",\"updated_at\":\"2025-10-15T08:00:00Z\","
                           "\"attachments\":[],\"comments\":[],\"history\":[]}");
}

static void a_comment_and_an_entry_of_the_history_tell_their_user(void **state) {
  (void)state;
  const struct isp_user_brief user = {ID(2), STR("Tono"), ROLE_TECHNICIAN};
  struct isp_attachment file = {ID(4), STR("a.jpg"), STR("/api/files/4"), STR("photo"), ID(2), AT};
  struct isp_comment comment = {ID(1), &user, STR("Done"), {&file, 1}, AT};
  const struct isp_comment_answer answer = {&comment};
  const struct isp_envelope envelope = {&answer};
  assert_printed(&isp_comment_answer_out, &envelope,
                 "{\"success\":true,\"data\":{\"comment\":{\"id\":\"" ID_TEXT("01") "\",\"user\":{\"id\":\"" ID_TEXT(
                     "02") "\",\"full_name\":\"Tono\",\"role\":\"technician\"},\"comment\":\"Done\","
                           "\"attachments\":[{\"id\":\"" ID_TEXT(
                               "04") "\",\"filename\":\"a.jpg\",\"url\":\"/api/files/4\",\"type\":\"photo\","
                                     "\"uploaded_by\":\"" ID_TEXT(
                                         "02") "\",\"uploaded_at\":\"2025-10-15T08:00:00Z\"}],\"created_at\":"
                                               "\"2025-10-15T08:00:00Z\"}}}");
  const struct isp_history_entry entry = {ID(1), STR("sla_warned"), STR_NONE, STR("x"), NULL, AT};
  assert_printed(&isp_history_out, &entry,
                 "{\"id\":\"" ID_TEXT("01") "\",\"action\":\"sla_warned\",\"old_value\":null,\"new_value\":\"x\","
                                            "\"user\":null,\"created_at\":\"2025-10-15T08:00:00Z\"}");
}

#define WHOLE                                                                                     \
  "\"type\":\"repair\",\"priority\":\"high\",\"title\":\"a\",\"description\":\"b\",\"location\":" \
  "{\"lat\":1,\"lng\":2}"

static void staff_must_say_whose_ticket_it_is_and_customers_need_not(void **state) {
  (void)state;
  struct isp_ticket_new_in in = {0};
  for (int role = ROLE_TECHNICIAN; role < ROLE_COUNT; role++) {
    who.role = (enum role)role;
    assert_int_equal(read(&isp_ticket_new_in, "{" WHOLE "}", &in), STATUS_INVALID);
    assert_faults("customer_id");
  }
  assert_int_equal(read(&isp_ticket_new_in, "{\"customer_id\":\"" ID_TEXT("02") "\"," WHOLE "}", &in),
                   STATUS_OK);
  who.role = ROLE_CUSTOMER;
  in = (struct isp_ticket_new_in){0};
  assert_int_equal(read(&isp_ticket_new_in, "{\"customer_id\":null," WHOLE "}", &in), STATUS_OK);
  assert_true(uuid_is_none(in.customer_id));
  assert_int_equal(in.category, 0);
  assert_true(in.location->lat == 1 && in.location->lng == 2);
}

static void every_faulty_field_is_told_at_once(void **state) {
  (void)state;
  struct isp_ticket_new_in ticket = {0};
  assert_int_equal(read(&isp_ticket_new_in, "{}", &ticket), STATUS_INVALID);
  assert_faults("type priority title description location customer_id");
  struct isp_status_in status = {0};
  assert_int_equal(read(&isp_status_in, "{\"status\":\"done\",\"notes\":1,\"attachments\":[1]}", &status),
                   STATUS_INVALID);
  assert_faults("status notes attachments[0]");
  struct isp_rating_in rating = {0};
  assert_int_equal(read(&isp_rating_in, "{\"rating\":6}", &rating), STATUS_INVALID);
  assert_faults("rating");
  struct isp_assign_in assignment = {0};
  assert_int_equal(read(&isp_assign_in, "{\"technician_id\":\"1\"}", &assignment), STATUS_INVALID);
  assert_faults("technician_id");
}

static void a_change_tells_null_from_unsaid(void **state) {
  (void)state;
  struct isp_ticket_change_in in = {0};
  assert_int_equal(
      read(&isp_ticket_change_in, "{\"location\":null,\"scheduled_at\":null,\"title\":null}", &in),
      STATUS_OK);
  assert_true(field_present(&isp_ticket_change_in, &in, "location"));
  assert_true(field_present(&isp_ticket_change_in, &in, "scheduled_at"));
  assert_false(field_present(&isp_ticket_change_in, &in, "title")); /* a ticket has one always */
  assert_null(in.location);
  assert_int_equal(in.scheduled_at, 0);
}

#define FIELDS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      FIELDS_TEST(a_ticket_has_every_key_of_the_document),
      FIELDS_TEST(what_is_not_there_is_null_and_never_left_out),
      FIELDS_TEST(a_comment_and_an_entry_of_the_history_tell_their_user),
      FIELDS_TEST(staff_must_say_whose_ticket_it_is_and_customers_need_not),
      FIELDS_TEST(every_faulty_field_is_told_at_once),
      FIELDS_TEST(a_change_tells_null_from_unsaid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
