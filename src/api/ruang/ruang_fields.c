#include "api/ruang/internal.h"

/* The dialect's words and tables. */

/* ---- vocabulary ---- */

const struct word ruang_role_words[] = {
    {"SUPERADMIN", RUANG_SUPERADMIN}, {"ADMIN", RUANG_ADMIN}, {"PEMINJAM", RUANG_PEMINJAM}, {NULL, 0}};

enum ruang_role ruang_role_of(int role) {
  return role == ROLE_SUPER_ADMIN ? RUANG_SUPERADMIN : role == ROLE_MANAGER ? RUANG_ADMIN : RUANG_PEMINJAM;
}

enum role ruang_desk_role(enum ruang_role word) {
  return word == RUANG_SUPERADMIN ? ROLE_SUPER_ADMIN : word == RUANG_ADMIN ? ROLE_MANAGER : ROLE_CUSTOMER;
}

unsigned ruang_reads_as(enum ruang_role word) {
  unsigned roles = 0;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    roles |= ruang_role_of(role) == word ? 1u << role : 0;
  }
  return roles;
}

/* ---- values that the kinds of fields can't say ---- */

static enum status read_email(struct ctx *ctx, struct str text, void *member, const char **reason) {
  (void)ctx;
  if (!email_is_valid(text)) {
    *reason = "is not an e-mail address";
    return STATUS_INVALID;
  }
  *(struct str *)member = text;
  return STATUS_OK;
}
static const struct field_custom email_custom = {
    .read = read_email, .schema = "{\"type\":\"string\",\"format\":\"email\",\"maxLength\":254}"};

/* Indonesia's country code and a subscriber's number. */
static enum status read_contact(struct ctx *ctx, struct str text, void *member, const char **reason) {
  (void)ctx;
  enum { CODE = 3, DIGITS_MIN = 8, DIGITS_MAX = 12 };
  bool fits = str_starts(text, "+62") && text.len >= CODE + DIGITS_MIN && text.len <= CODE + DIGITS_MAX;
  for (size_t i = CODE; i < text.len && fits; i++) {
    fits = text.at[i] >= '0' && text.at[i] <= '9';
  }
  if (!fits) {
    *reason = "must be +62 and 8 to 12 digits";
    return STATUS_INVALID;
  }
  *(struct str *)member = text;
  return STATUS_OK;
}
static const struct field_custom contact_custom = {
    .read = read_contact, .schema = "{\"type\":\"string\",\"pattern\":\"^\\\\+62[0-9]{8,12}$\"}"};

/* Forms of the client send an empty text where nobody was chosen. */
static enum status read_team(struct ctx *ctx, struct str text, void *member, const char **reason) {
  (void)ctx;
  struct uuid *team = member;
  if (text.len == 0) {
    *team = (struct uuid){{0}};
    return STATUS_OK;
  }
  if (uuid_parse(text, team) != STATUS_OK || uuid_is_none(*team)) {
    *reason = "must be a uuid";
    return STATUS_INVALID;
  }
  return STATUS_OK;
}
static const struct field_custom team_custom = {.read = read_team,
                                                .schema =
                                                    "{\"type\":[\"string\",\"null\"],\"pattern\":\"^([0-9a-"
                                                    "fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$\"}"};

const char ruang_password_rule[] =
    "must have at least 8 characters, with an upper-case and a lower-case letter and a special character";

static void check_password(struct ctx *ctx, const char *field, struct str password) {
  if (password.at != NULL && !password_fits(password, PASSWORD_UPPER_LOWER_SPECIAL)) {
    (void)problem_fault(ctx, str_of(field), str_of(ruang_password_rule));
  }
}

/* ---- input ---- */

enum { PASSWORD = FIELD_REQUIRED | FIELD_ANY_TEXT | FIELD_SECRET, NAMED = FIELD_REQUIRED | FIELD_NOT_BLANK };
#define ID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""

static void check_login(struct ctx *ctx, const void *in) {
  check_password(ctx, "kata_sandi", ((const struct ruang_login_in *)in)->password);
}
CHECKED_FIELDS(ruang_login_in, struct ruang_login_in, "RuangLogin", check_login,
               {FIELD(struct ruang_login_in, email, CUSTOM, "email", FIELD_REQUIRED, .custom = &email_custom,
                      .text = "The account's address, in any letter case.",
                      .example = "\"user@example.com\""),
                FIELD(struct ruang_login_in, password, TEXT, "kata_sandi", PASSWORD, .min = 8, .max = 1024,
                      .text = "At least eight characters with an upper-case letter, a lower-case letter and "
                              "a special character.",
                      .example = "\"Password123!\"")});

/* clang-format off */
#define USER_ROWS(required, named)                                                                         \
  FIELD(struct ruang_user_in, name, TEXT, "nama_lengkap", named, .max = 255,                               \
        .text = "The person's name.", .example = "\"Pengguna Baru\""),                                     \
  FIELD(struct ruang_user_in, email, CUSTOM, "email", required, .custom = &email_custom,                   \
        .text = "The account's address, unique.", .example = "\"penggunabaru@example.com\""),              \
  FIELD(struct ruang_user_in, role, WORD, "role", required, .words = ruang_role_words,                     \
        .text = "There is one SUPERADMIN and one ADMIN at most.", .example = "\"PEMINJAM\""),              \
  FIELD(struct ruang_user_in, contact, CUSTOM, "kontak", required, .custom = &contact_custom,              \
        .text = "The telephone number: +62 and 8 to 12 digits.", .example = "\"+628123456789\""),          \
  FIELD(struct ruang_user_in, team, CUSTOM, "tim_kerja_id", FIELD_NULLABLE, .custom = &team_custom,        \
        .text = "The team, which has no other account. PEMINJAM and ADMIN need one. Empty: unsaid.",       \
        .example = ID_EXAMPLE)
/* clang-format on */

static void check_register(struct ctx *ctx, const void *in_pointer) {
  const struct ruang_user_in *in = in_pointer;
  if (in->role != 0 && uuid_is_none(in->team) && team_is_needed(ruang_desk_role((enum ruang_role)in->role))) {
    (void)problem_fault(ctx, STR("tim_kerja_id"), STR("is required"));
  }
}
CHECKED_FIELDS(ruang_register_in, struct ruang_user_in, "RuangRegister", check_register,
               {USER_ROWS(FIELD_REQUIRED, NAMED)});
FIELDS(ruang_user_change_in, struct ruang_user_in, "RuangUserChange", {USER_ROWS(0, FIELD_NOT_BLANK)});

static void check_new_password(struct ctx *ctx, const void *in) {
  check_password(ctx, "kata_sandi_baru", ((const struct ruang_password_in *)in)->new_password);
}
CHECKED_FIELDS(ruang_password_in, struct ruang_password_in, "RuangPasswordChange", check_new_password,
               {FIELD(struct ruang_password_in, old_password, TEXT, "kata_sandi_lama", PASSWORD, .max = 1024,
                      .text = "The one that holds now.", .example = "\"@Test123!\""),
                FIELD(struct ruang_password_in, new_password, TEXT, "kata_sandi_baru", PASSWORD, .min = 8,
                      .max = 1024,
                      .text = "At least eight characters with an upper-case letter, a lower-case letter and "
                              "a special character.",
                      .example = "\"Password123!\"")});

FIELDS(ruang_page_in, struct ruang_page_in, "RuangPage",
       {FIELD(struct ruang_page_in, page, INT, "page", 0, .min = 1, .max = 1000000000,
              .text = "Which page, from 1.", .example = "1"),
        FIELD(struct ruang_page_in, size, INT, "size", 0, .min = 1, .max = RUANG_SIZE_MAX,
              .text = "Rows a page, at most 100; 10 where unsaid.", .example = "10")});

/* clang-format off */
#define TEAM_ROWS(named)                                                                                   \
  FIELD(struct ruang_team_in, name, TEXT, "nama_tim_kerja", named, .max = 255,                             \
        .text = "Its name, unique.", .example = "\"Nama Tim\""),                                           \
  FIELD(struct ruang_team_in, code, TEXT, "code", named, .max = 255,                                       \
        .text = "Its code, unique.", .example = "\"TM01\""),                                               \
  FIELD(struct ruang_team_in, is_active, BOOL, "is_aktif", FIELD_LOOSE,                                    \
        .text = "Whether it is active, also as a text; a new one is where unsaid.", .example = "true")
#define TEAM_FIELDS(table, schema_title, named)                                                            \
  static const struct field table##_rows_[] = {TEAM_ROWS(named)};                                          \
  const struct fields table = {.title = (schema_title), .rows = table##_rows_,                             \
                               .count = sizeof(table##_rows_) / sizeof(table##_rows_[0]),                  \
                               .size = sizeof(struct ruang_team_in),                                       \
                               .present = offsetof(struct ruang_team_in, present)}
/* clang-format on */
TEAM_FIELDS(ruang_team_in, "RuangNewTeam", NAMED);
TEAM_FIELDS(ruang_team_change_in, "RuangTeamChange", FIELD_NOT_BLANK);

/* ---- output ---- */

enum { ALWAYS = FIELD_REQUIRED, OR_NULL = FIELD_REQUIRED | FIELD_NULLABLE };

FIELDS(ruang_team_data, struct ruang_team, "RuangTeam",
       {FIELD(struct ruang_team, id, UUID, "id", ALWAYS, .text = "Its id.", .example = ID_EXAMPLE),
        FIELD(struct ruang_team, name, TEXT, "nama_tim_kerja", ALWAYS, .text = "Its name.",
              .example = "\"Nama Tim\""),
        FIELD(struct ruang_team, code, TEXT, "code", ALWAYS, .text = "Its code.", .example = "\"TM01\""),
        FIELD(struct ruang_team, is_active, BOOL, "is_aktif", ALWAYS, .text = "Whether it is active.",
              .example = "true")});

FIELDS(ruang_detail_data, struct ruang_detail, "RuangUserDetail",
       {FIELD(struct ruang_detail, id, UUID, "id", ALWAYS, .text = "The account's id.",
              .example = ID_EXAMPLE),
        FIELD(struct ruang_detail, contact, TEXT, "kontak", OR_NULL, .text = "The telephone number.",
              .example = "\"+628123456789\""),
        FIELD(struct ruang_detail, team, OBJECT, "tim_kerja", OR_NULL, .of = &ruang_team_data,
              .text = "The team; null without one.")});

/* clang-format off */
#define USER_OUT_ROWS(type)                                                                                \
  FIELD(type, id, UUID, "id", ALWAYS, .text = "The account's id.", .example = ID_EXAMPLE),                 \
  FIELD(type, name, TEXT, "nama_lengkap", ALWAYS, .text = "The person's name.",                            \
        .example = "\"Nama Pengguna\""),                                                                   \
  FIELD(type, email, TEXT, "email", ALWAYS, .text = "The account's address.",                              \
        .example = "\"user@example.com\""),                                                                \
  FIELD(type, role, WORD, "role", ALWAYS, .words = ruang_role_words, .text = "What the account may do.",   \
        .example = "\"PEMINJAM\"")
#define DETAIL_ROW                                                                                         \
  FIELD(struct ruang_user, detail, OBJECT, "detail_pengguna", ALWAYS, .of = &ruang_detail_data,            \
        .text = "What else is known of the person.")
/* clang-format on */

/* Said only where it is so: the documented answer has no such key. */
static void print_mark(struct buf *out, const void *member) {
  buf_add_text(out, *(const bool *)member ? "true" : "null");
}
static const struct field_custom mark_custom = {.print = print_mark,
                                                .schema = "{\"type\":\"boolean\",\"const\":true}"};

FIELDS(ruang_signed_in_data, struct ruang_user, "RuangSignedIn",
       {USER_OUT_ROWS(struct ruang_user), DETAIL_ROW,
        FIELD(struct ruang_user, token, TEXT, "token", ALWAYS, .text = "Good for 24 hours.",
              .example = "\"jwt-token-string\""),
        FIELD(struct ruang_user, must_change_password, CUSTOM, "harus_ganti_kata_sandi", FIELD_OMIT_NULL,
              .custom = &mark_custom, .text = "The password is still the first one.", .example = "true")});
FIELDS(ruang_me_data, struct ruang_user, "RuangMe", {USER_OUT_ROWS(struct ruang_user), DETAIL_ROW});
FIELDS(ruang_user_data, struct ruang_user, "RuangUser", {USER_OUT_ROWS(struct ruang_user)});

FIELDS(ruang_listed_detail_data, struct ruang_listed_detail, "RuangListedUserDetail",
       {FIELD(struct ruang_listed_detail, contact, TEXT, "kontak", OR_NULL, .text = "The telephone number.",
              .example = "\"+628123456789\""),
        FIELD(struct ruang_listed_detail, team_id, UUID, "tim_kerja_id", OR_NULL, .text = "The team's id.",
              .example = ID_EXAMPLE),
        FIELD(struct ruang_listed_detail, team, TEXT, "tim_kerja", OR_NULL, .text = "The team's name.",
              .example = "\"Nama Tim\"")});
FIELDS(ruang_listed_data, struct ruang_listed, "RuangListedUser",
       {USER_OUT_ROWS(struct ruang_listed),
        FIELD(struct ruang_listed, detail, OBJECT, "detail", ALWAYS, .of = &ruang_listed_detail_data,
              .text = "What else is known of the person.")});

FIELDS(ruang_pagination_data, struct ruang_pagination, "RuangPagination",
       {FIELD(struct ruang_pagination, page, INT, "page", ALWAYS, .text = "This page.", .example = "1"),
        FIELD(struct ruang_pagination, size, INT, "size", ALWAYS, .text = "Rows a page.", .example = "10"),
        FIELD(struct ruang_pagination, total_rows, INT, "total_rows", ALWAYS, .text = "Rows on all pages.",
              .example = "25"),
        FIELD(struct ruang_pagination, total_pages, INT, "total_pages", ALWAYS, .text = "Pages.",
              .example = "3")});

/* clang-format off */
#define SAID(words)                                                                                        \
  FIELD_CONST("status", "true", .text = "The call succeeded."),                                            \
  FIELD(struct ruang_answer, message, TEXT, "message", ALWAYS, .text = "What happened.",                   \
        .example = "\"" words "\"")
#define ONE_OUT(name, title, table, words)                                                                 \
  FIELDS(name, struct ruang_answer, title,                                                                 \
         {SAID(words), FIELD(struct ruang_answer, data, OBJECT, "data", ALWAYS, .of = &(table),            \
                             .text = "What was asked for.")})
#define PAGE_OUT(name, title, table, words)                                                                \
  FIELDS(name, struct ruang_answer, title,                                                                 \
         {SAID(words),                                                                                     \
          FIELD(struct ruang_answer, list, LIST, "data", ALWAYS, .of = &(table), .text = "Newest first."), \
          FIELD(struct ruang_answer, pagination, OBJECT, "pagination", ALWAYS,                             \
                .of = &ruang_pagination_data, .text = "Which page of how many.")})
/* clang-format on */
FIELDS(ruang_message_out, struct ruang_answer, "RuangMessage", {SAID("Logout successful")});
ONE_OUT(ruang_login_out, "RuangLoginAnswer", ruang_signed_in_data, "Login successful");
ONE_OUT(ruang_me_out, "RuangMeAnswer", ruang_me_data, "Current user data retrieved successfully");
ONE_OUT(ruang_user_out, "RuangUserAnswer", ruang_user_data, "User registered successfully");
ONE_OUT(ruang_team_out, "RuangTeamAnswer", ruang_team_data, "Get divisi successful");
PAGE_OUT(ruang_users_out, "RuangUsersAnswer", ruang_listed_data, "Users data retrieved successfully");
PAGE_OUT(ruang_teams_out, "RuangTeamsAnswer", ruang_team_data, "Get all divisi successful");

static const struct field_custom errors_custom = {
    .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"};
FIELDS(ruang_problem_out, struct ruang_problem, "RuangError",
       {FIELD_CONST("error", "true", .text = "The call failed."),
        FIELD(struct ruang_problem, message, TEXT, "message", ALWAYS, .text = "Why.",
              .example = "\"Wrong password\""),
        FIELD(struct ruang_problem, errors, CUSTOM, "errors", FIELD_OMIT_NULL, .custom = &errors_custom,
              .text = "Each faulty field and why.", .example = "{\"email\":\"is not an e-mail address\"}")});
