#include "api/ruang/internal.h"
#include "desk/session/session.h"

/* The dialect's envelopes and its wordings. */

/* ---- answers ---- */

enum status ruang_answer(struct call *call, int http, const struct fields *fields, const char *message,
                         const void *data) {
  struct ruang_answer *answer = ARENA_NEW(call->ctx.arena, struct ruang_answer);
  *answer = (struct ruang_answer){.message = str_of(message), .data = data};
  return call_answer(call, http, fields, answer);
}

enum status ruang_say(struct call *call, const char *message) {
  return ruang_answer(call, 200, &ruang_message_out, message, NULL);
}

int64_t ruang_size(const struct call *call) {
  const struct ruang_page_in *in = call->query;
  return in->size > 0 ? in->size : RUANG_SIZE_DEFAULT;
}

static int64_t page_number(const struct call *call) {
  const struct ruang_page_in *in = call->query;
  return in->page > 0 ? in->page : 1;
}

int64_t ruang_skip(const struct call *call) {
  return (page_number(call) - 1) * ruang_size(call);
}

enum status ruang_answer_page(struct call *call, const struct fields *fields, const char *message,
                              struct list list, int64_t total) {
  int64_t size = ruang_size(call);
  struct ruang_pagination *pagination = ARENA_NEW(call->ctx.arena, struct ruang_pagination);
  *pagination = (struct ruang_pagination){
      .page = page_number(call), .size = size, .total_rows = total, .total_pages = (total + size - 1) / size};
  struct ruang_answer *answer = ARENA_NEW(call->ctx.arena, struct ruang_answer);
  *answer = (struct ruang_answer){.message = str_of(message), .list = list, .pagination = pagination};
  return call_answer(call, 200, fields, answer);
}

enum status ruang_id(struct call *call, const struct problem_kind *missing, struct uuid *out) {
  return uuid_parse(call->match.params[0], out) == STATUS_OK ? STATUS_OK : problem_set(&call->ctx, missing);
}

/* ---- errors ---- */

#define UNAUTHORIZED "You are unauthorized, please login first"
#define NOT_ALLOWED "You do not have permission to perform this action"

const struct saying ruang_sayings[] = {
    {&session_no_token, 401, UNAUTHORIZED},
    {&access_unauthenticated, 401, UNAUTHORIZED},
    {&session_expired, 401, "Invalid or expired token"},
    {&session_ended, 401, "Session expired or invalid, please login again"},
    {&session_wrong_email, 404, "User not found"},
    {&session_wrong_password, 401, "Wrong password"},
    {&session_throttled, 429, "Too many failed logins, please try again later"},
    {&access_forbidden, 403, NOT_ALLOWED},
    {&account_role_forbidden, 403, NOT_ALLOWED},
    {&problem_invalid, 400, "Validation failed"},
    {&account_weak_password, 400, "Validation failed"},
    {&account_email_taken, 400, "Email already registered"},
    {&account_not_found, 404, "User not found"},
    {&account_last_super_admin, 400, "Cannot change the last SUPERADMIN account"},
    {&team_member_stays, 400, "Cannot delete SUPERADMIN account"},
    {&team_role_taken, 400, "User with this role already exists"}, /* the role: see message_of() */
    {&team_occupied, 400, "Cannot delete timKerja with active users"},
    {&team_not_found, 404, "Data Tidak Ditemukan"},
    {&team_code_taken, 400, "Kode Tim Kerja Sudah Digunakan"},
    {&team_name_taken, 400, "Nama Tim Kerja Sudah Digunakan"},
    {&kit_no_path, 404, "Not found"},
    {&kit_no_method, 405, "Method not allowed"},
    {NULL, 0, NULL},
};

/* The documented texts that name somebody or something. */
static struct str message_of(const struct call *call, const char *message) {
  const struct problem *problem = &call->ctx.problem;
  const struct fields *table = call->route != NULL ? call->route->input : NULL;
  struct arena *arena = call->ctx.arena;
  if (table != &ruang_register_in && table != &ruang_user_change_in) {
    return str_of(message);
  }
  if (problem->kind == &team_occupied) {
    return str_format(arena, "Tim kerja ini sudah memiliki akun terdaftar dengan email: %.*s",
                      STR_ARG(problem->faults[0].reason));
  }
  if (problem->kind == &team_role_taken) {
    const struct ruang_user_in *in = call->input;
    return str_format(arena, "%s with role %s already exists",
                      table == &ruang_register_in ? "User" : "Another user",
                      word_of(ruang_role_words, in->role));
  }
  return str_of(message);
}

/* The desk names a faulty field by its own word. */
static struct str wire_name(const struct call *call, struct str field) {
  const struct fields *table = call->route != NULL ? call->route->input : NULL;
  bool of_team = table == &ruang_team_in || table == &ruang_team_change_in;
  const struct {
    const char *desk, *wire;
  } names[] = {{"name", of_team ? "nama_tim_kerja" : "nama_lengkap"},
               {"phone", "kontak"},
               {"team", "tim_kerja_id"},
               {"password", table == &ruang_password_in ? "kata_sandi_baru" : "kata_sandi"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (str_is(field, names[i].desk)) {
      return str_of(names[i].wire);
    }
  }
  return field;
}

void ruang_print_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http; /* stands in the status line alone */
  const struct problem *problem = &call->ctx.problem;
  buf_add_text(out, "{\"error\":true,\"message\":");
  wire_print_text(out, message_of(call, message));
  if (problem->fault_count > 0 && problem->kind != &team_occupied) {
    buf_add_text(out, ",\"errors\":");
    call_print_faults(call, wire_name, out);
  }
  buf_add_char(out, '}');
}
