#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tiket/internal.h"

static struct ctx ctx;

static int set_up(void **state) {
  (void)state;
  ctx = (struct ctx){.arena = arena_new((size_t)1024 * 1024)};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(ctx.arena);
  return 0;
}

static bool holds(const struct db_ints *set, int value) {
  for (unsigned i = 0; i < set->count; i++) {
    if (set->values[i] == value) {
      return true;
    }
  }
  return false;
}

static void every_desk_status_reads_as_one_word(void **state) {
  (void)state;
  const char *words[] = {
      [TICKET_NEW] = "menunggu tindakan",           [TICKET_ASSIGNED] = "sedang direspon",
      [TICKET_IN_PROGRESS] = "sedang dalam proses", [TICKET_PENDING] = "sedang dalam proses",
      [TICKET_RESOLVED] = "telah selesai",          [TICKET_CLOSED] = "telah selesai"};
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    enum tiket_status word = tiket_status_of(status);
    assert_string_equal(word_of(tiket_status_words, word), words[status]);
    struct ticket_status_change change = tiket_status_change(word);
    assert_true(holds(&change.reads_as, status));
  }
  assert_int_equal(tiket_status_change(TIKET_WAITING).set, TICKET_NEW);
  assert_int_equal(tiket_status_change(TIKET_ANSWERED).set, TICKET_ASSIGNED);
  assert_int_equal(tiket_status_change(TIKET_IN_WORK).set, TICKET_IN_PROGRESS);
  assert_int_equal(tiket_status_change(TIKET_DONE).set, TICKET_RESOLVED);
}

static void every_priority_reads_as_one_word_and_its_filter_finds_it(void **state) {
  (void)state;
  const enum tiket_priority words[] = {[PRIORITY_LOW] = TIKET_LOW,
                                       [PRIORITY_NORMAL] = TIKET_MEDIUM,
                                       [PRIORITY_HIGH] = TIKET_HIGH,
                                       [PRIORITY_CRITICAL] = TIKET_HIGH,
                                       [PRIORITY_EMERGENCY] = TIKET_HIGH};
  for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
    assert_int_equal(tiket_priority_of(priority), words[priority]);
    struct db_ints filter = tiket_priorities(tiket_priority_of(priority));
    assert_true(holds(&filter, priority));
  }
  assert_int_equal(tiket_priorities(0).count, 0);
}

static void a_ticket_is_read_from_json_and_from_a_form(void **state) {
  (void)state;
  struct tiket_ticket_in json = {0};
  assert_int_equal(
      wire_read_json(&ctx,
                     STR("{\"jenis_permintaan\":\"masalah teknis\",\"prioritas\":\"tinggi\",\"deskripsi\":"
                         "\"Internet mati\",\"id_pengguna\":7}"),
                     &tiket_ticket_in, &json),
      STATUS_OK);
  struct tiket_ticket_in form = {0};
  assert_int_equal(
      wire_read_form(&ctx, STR("jenis_permintaan=masalah+teknis&prioritas=tinggi&deskripsi=Internet%20mati"),
                     &tiket_ticket_in, &form),
      STATUS_OK);
  assert_int_equal(json.kind, REQUEST_TECHNICAL);
  assert_int_equal(form.kind, json.kind);
  assert_int_equal(json.priority, PRIORITY_HIGH);
  assert_int_equal(form.priority, json.priority);
  assert_true(str_equal(form.description, json.description));
}

static void all_faults_are_told_at_once(void **state) {
  (void)state;
  struct tiket_ticket_in in = {0};
  assert_int_equal(wire_read_json(&ctx, STR("{\"prioritas\":\"mendesak\"}"), &tiket_ticket_in, &in),
                   STATUS_INVALID);
  assert_int_equal(ctx.problem.fault_count, 3);
}

static void respon_stands_for_respons(void **state) {
  (void)state;
  struct tiket_answer_in in = {0};
  assert_int_equal(
      wire_read_json(&ctx, STR("{\"status\":\"telah selesai\",\"respon\":\"Beres\"}"), &tiket_answer_in, &in),
      STATUS_OK);
  assert_int_equal(in.status, TIKET_DONE);
  assert_true(str_is(in.text, "Beres"));
}

static void a_bare_ticket_looks_as_settled(void **state) {
  (void)state;
  struct uuid uuid;
  assert_int_equal(uuid_parse(STR("123e4567-e89b-12d3-a456-426614174000"), &uuid), STATUS_OK);
  struct tiket_ticket ticket = {.id = uuid,
                                .user_id = uuid,
                                .number_text = STR("TK20240614000001"),
                                .kind = REQUEST_COMPLAINT,
                                .priority = TIKET_LOW,
                                .status = TIKET_WAITING,
                                .description = STR("x"),
                                .created_at = INT64_C(1718348400000000),
                                .status_changed_at = INT64_C(1718348400000000),
                                .updated_at = INT64_C(1718348400000000),
                                .active = true};
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, &tiket_ticket_out, &ticket);
  buf_add_char(&out, '\0');
  assert_string_equal(
      out.at,
      "{\"_id\":\"123e4567-e89b-12d3-a456-426614174000\",\"id_pengguna\":"
      "\"123e4567-e89b-12d3-a456-426614174000\",\"nomor_tiket\":\"TK20240614000001\","
      "\"jenis_permintaan\":\"keluhan\",\"prioritas\":\"rendah\",\"deskripsi\":\"x\",\"status\":"
      "\"menunggu tindakan\",\"tanggal_pengajuan\":\"2024-06-14T07:00:00Z\","
      "\"tanggal_perubahan_status\":\"2024-06-14T07:00:00Z\",\"isDelete\":false,\"isAktif\":true,"
      "\"createdAt\":\"2024-06-14T07:00:00Z\",\"updatedAt\":\"2024-06-14T07:00:00Z\"}");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(every_desk_status_reads_as_one_word),
      TEST(every_priority_reads_as_one_word_and_its_filter_finds_it),
      TEST(a_ticket_is_read_from_json_and_from_a_form),
      TEST(all_faults_are_told_at_once),
      TEST(respon_stands_for_respons),
      TEST(a_bare_ticket_looks_as_settled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
