#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/hcall/internal.h"

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

static void assert_printed(const struct fields *fields, const void *answer, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, fields, answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

static void assert_text(struct str s, const char *text) {
  assert_true(str_is(s, text));
}

static void every_desk_status_reads_as_one_word(void **state) {
  (void)state;
  const char *words[] = {
      [TICKET_NEW] = "pending",     [TICKET_ASSIGNED] = "pending",  [TICKET_IN_PROGRESS] = "doing",
      [TICKET_PENDING] = "pending", [TICKET_RESOLVED] = "conclued", [TICKET_CLOSED] = "conclued"};
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    enum hcall_status word = hcall_status_of(status);
    assert_string_equal(word_of(hcall_status_words, word), words[status]);
    /* What reads as the word is what writing the word leaves alone. */
    struct ticket_status_change change = hcall_status_change(word);
    bool found = false;
    for (unsigned i = 0; i < change.reads_as.count; i++) {
      found = found || change.reads_as.values[i] == status;
    }
    assert_true(found);
  }
  assert_int_equal(hcall_status_change(HCALL_PENDING).set, TICKET_NEW);
  assert_int_equal(hcall_status_change(HCALL_DOING).set, TICKET_IN_PROGRESS);
  assert_int_equal(hcall_status_change(HCALL_CONCLUED).set, TICKET_RESOLVED);
}

static void every_desk_role_reads_as_one_word(void **state) {
  (void)state;
  assert_string_equal(word_of(hcall_role_words, hcall_role_of(ROLE_CUSTOMER)), "user");
  assert_string_equal(word_of(hcall_role_words, hcall_role_of(ROLE_SUPER_ADMIN)), "master");
  for (int role = ROLE_TECHNICIAN; role <= ROLE_MANAGER; role++) {
    assert_string_equal(word_of(hcall_role_words, hcall_role_of(role)), "admin");
  }
}

static void the_document_s_ticket_is_read_with_its_spellings(void **state) {
  (void)state;
  struct hcall_ticket_create_in in = {0};
  assert_int_equal(
      wire_read_json(
          &ctx,
          STR("{\"ticket_name\":\"Router Problem\",\"ticket_explain\":\"Need to configure the router in room "
              "302\",\"tickes_images\":[{\"image_name\":\"router_front.jpg\",\"image_content\":\"base64_"
              "encoded_"
              "image_data...\",\"image_type\":\"image/jpeg\"},{\"image_name\":\"router_back.jpg\",\"image_"
              "content\":\"base64_encoded_image_data...\",\"image_ype\":\"image/jpeg\"}]}"),
          &hcall_ticket_create_in, &in),
      STATUS_OK);
  assert_text(in.name, "Router Problem");
  assert_text(in.explain, "Need to configure the router in room 302");
  assert_int_equal(in.images.count, 2);
  const struct hcall_image_in *images = in.images.at;
  assert_text(images[1].name, "router_back.jpg");
  assert_int_equal(images[0].type, FILE_JPEG);
  assert_int_equal(images[1].type, FILE_JPEG);
}

static void the_right_spellings_are_read_too(void **state) {
  (void)state;
  struct hcall_ticket_create_in in = {0};
  assert_int_equal(
      wire_read_json(&ctx,
                     STR("{\"ticket_name\":\"a\",\"ticket_explain\":\"b\",\"ticket_images\":[{\"image_name\":"
                         "\"c\",\"image_content\":\"\",\"image_type\":\"image/png\"}]}"),
                     &hcall_ticket_create_in, &in),
      STATUS_OK);
  assert_int_equal(in.images.count, 1);
  struct hcall_edit_in edit = {0};
  assert_int_equal(wire_read_json(&ctx, STR("{\"ticket_id\":\"x\",\"ticket_status\":\"concluded\"}"),
                                  &hcall_edit_in, &edit),
                   STATUS_OK);
  assert_int_equal(edit.status, HCALL_CONCLUED);
}

static void master_keys_stand_for_user_keys(void **state) {
  (void)state;
  struct hcall_credentials in = {0};
  assert_int_equal(wire_read_json(&ctx, STR("{\"master_email\":\"a@b.c\",\"master_password\":\"x\"}"),
                                  &hcall_credentials_in, &in),
                   STATUS_OK);
  assert_text(in.email, "a@b.c");
  assert_text(in.password, "x");
}

static void eleven_pictures_are_too_many(void **state) {
  (void)state;
  CLEANUP_BUF struct buf body;
  buf_init(&body, 65536);
  buf_add_text(&body, "{\"ticket_name\":\"a\",\"ticket_explain\":\"b\",\"tickes_images\":[");
  for (int i = 0; i < 11; i++) {
    buf_add_text(&body, i > 0 ? "," : "");
    buf_add_text(&body, "{\"image_name\":\"c\",\"image_content\":\"\",\"image_type\":\"image/png\"}");
  }
  buf_add_text(&body, "]}");
  struct hcall_ticket_create_in in = {0};
  assert_int_equal(wire_read_json(&ctx, buf_str(&body), &hcall_ticket_create_in, &in), STATUS_INVALID);
  assert_int_equal(ctx.problem.fault_count, 1);
  assert_text(ctx.problem.faults[0].field, "tickes_images");
}

static void a_master_is_not_made_by_user_create(void **state) {
  (void)state;
  struct hcall_user_create_in in = {0};
  const char *bodies[] = {
      "{\"user_name\":\"a\",\"user_email\":\"a@b.c\",\"user_password\":\"Password123\",\"user_role\":"
      "\"master\"}",
      "{\"user_name\":\"a\",\"user_email\":\"a@b.c\",\"user_password\":\"Password123\"}"};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(wire_read_json(&ctx, str_of(bodies[i]), &hcall_user_create_in, &in), STATUS_INVALID);
    problem_clear(&ctx);
  }
}

static void answers_look_as_documented(void **state) {
  (void)state;
  struct uuid uuid;
  assert_int_equal(uuid_parse(STR("123e4567-e89b-12d3-a456-426614174000"), &uuid), STATUS_OK);
  struct hcall_message message = {.message = STR("User has been loged in"), .jwt_token = STR("ey")};
  assert_printed(&hcall_token_out, &message,
                 "{\"message\":\"User has been loged in\",\"jwt_token\":\"ey\",\"status\":true}");
  struct hcall_user user = {STR("John Doe"), STR("johndoe@example.com"), INT64_C(1672574400000000),
                            HCALL_USER};
  assert_printed(
      &hcall_user_out, &user,
      "{\"user_name\":\"John Doe\",\"user_email\":\"johndoe@example.com\",\"user_password\":\"********\","
      "\"user_created_at\":\"2023-01-01T12:00:00Z\",\"user_role\":\"user\",\"status\":true}");
  struct hcall_image image = {uuid, STR("router_front.jpg"), STR("image/jpeg"), STR("\xff\xd8\xff"), 0};
  image.uploaded_at = INT64_C(1689427822000000);
  struct hcall_history history = {STR("Purchasing routers"), INT64_C(1689431445000000)};
  struct hcall_ticket ticket = {.id = uuid,
                                .name = STR("Router Problem"),
                                .explain = STR("Need"),
                                .status = HCALL_DOING,
                                .images = {&image, 1},
                                .history = {&history, 1},
                                .date = INT64_C(1743125834722128)};
  assert_printed(
      &hcall_ticket_out, &ticket,
      "{\"ticket_id\":\"ticket_123e4567-e89b-12d3-a456-426614174000\",\"ticket_name\":\"Router Problem\","
      "\"ticket_status\":\"doing\",\"ticket_explain\":\"Need\",\"ticket_images\":[{\"image_id\":"
      "\"img_123e4567-e89b-12d3-a456-426614174000\",\"image_name\":\"router_front.jpg\",\"image_url\":"
      "\"/9j/\",\"image_type\":\"image/jpeg\",\"image_uploaded_at\":\"2023-07-15T13:30:22Z\"}],"
      "\"ticket_history\":[{\"ticket_return\":\"Purchasing routers\",\"ticket_date\":"
      "\"2023-07-15T14:30:45Z\"}],\"ticket_date\":\"2025-03-28T01:37:14.722128Z\",\"status\":true}");
  struct hcall_counts counts = {5, 2, 3, 0};
  assert_printed(&hcall_counts_out, &counts,
                 "{\"tickets_total\":5,\"tickets_pending\":2,\"tickets_doing\":3,\"tickets_conclued\":0,"
                 "\"status\":true}");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(every_desk_status_reads_as_one_word),
      TEST(every_desk_role_reads_as_one_word),
      TEST(the_document_s_ticket_is_read_with_its_spellings),
      TEST(the_right_spellings_are_read_too),
      TEST(master_keys_stand_for_user_keys),
      TEST(eleven_pictures_are_too_many),
      TEST(a_master_is_not_made_by_user_create),
      TEST(answers_look_as_documented),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
