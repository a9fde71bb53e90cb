#include "api/ruang/internal.h"

/* The dialect's endpoints, a row each. */

/* ---- the answers of each endpoint ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL, NULL}
#define UNAUTHORIZED                                                                                       \
  SAYS(401, "You are unauthorized, please login first; Invalid or expired token; Session expired or "      \
            "invalid, please login again")
#define FORBIDDEN SAYS(403, "You do not have permission to perform this action")
#define WRONG SAYS(400, "Validation failed")
#define NO_USER SAYS(404, "User not found")
#define NO_TEAM SAYS(404, "Data Tidak Ditemukan")
#define THROTTLED SAYS(429, "Too many failed logins, please try again later; Retry-After tells how long")
#define END SAYS(0, NULL)

static const struct answer login_answers[] = {
    {200, "Login successful", &ruang_login_out, NULL},
    WRONG, SAYS(401, "Wrong password"), SAYS(403, "This tenant is not active."), NO_USER, THROTTLED, END};
static const struct answer logout_answers[] = {
    {200, "Logout successful", &ruang_message_out, NULL}, UNAUTHORIZED, END};
static const struct answer register_answers[] = {
    {201, "User registered successfully", &ruang_user_out, NULL},
    SAYS(400, "Email already registered; Tim kerja ini sudah memiliki akun terdaftar dengan email: "
              "user@example.com; User with role ADMIN already exists; Validation failed"),
    UNAUTHORIZED, FORBIDDEN, END};
static const struct answer me_answers[] = {
    {200, "Current user data retrieved successfully", &ruang_me_out, NULL}, UNAUTHORIZED, END};
static const struct answer password_answers[] = {
    {200, "Password changed successfully", &ruang_message_out, NULL}, WRONG, UNAUTHORIZED, THROTTLED, END};
static const struct answer user_list_answers[] = {
    {200, "Users data retrieved successfully", &ruang_users_out, NULL}, WRONG, UNAUTHORIZED, FORBIDDEN, END};
static const struct answer user_update_answers[] = {
    {200, "User updated successfully", &ruang_user_out, NULL},
    SAYS(400, "Email already registered; Tim kerja ini sudah memiliki akun terdaftar dengan email: "
              "user@example.com; Another user with role ADMIN already exists; Validation failed"),
    UNAUTHORIZED, FORBIDDEN, NO_USER, END};
static const struct answer user_delete_answers[] = {
    {200, "User successfully deleted", &ruang_message_out, NULL},
    SAYS(400, "Cannot delete SUPERADMIN account"), UNAUTHORIZED, FORBIDDEN, NO_USER, END};
static const struct answer team_list_answers[] = {
    {200, "Get all divisi successful", &ruang_teams_out, NULL}, WRONG, UNAUTHORIZED, END};
static const struct answer team_get_answers[] = {
    {200, "Get divisi successful", &ruang_team_out, NULL}, UNAUTHORIZED, NO_TEAM, END};
static const struct answer team_create_answers[] = {
    {201, "TimKerja created successfully", &ruang_team_out, NULL},
    SAYS(400, "Kode Tim Kerja Sudah Digunakan; Nama Tim Kerja Sudah Digunakan; Validation failed"),
    UNAUTHORIZED, FORBIDDEN, END};
static const struct answer team_update_answers[] = {
    {200, "TimKerja updated successfully", &ruang_team_out, NULL},
    SAYS(400, "Kode Tim Kerja Sudah Digunakan; Nama Tim Kerja Sudah Digunakan; Validation failed"),
    UNAUTHORIZED, FORBIDDEN, NO_TEAM, END};
static const struct answer team_delete_answers[] = {
    {200, "Data deleted successfully", &ruang_message_out, NULL},
    SAYS(400, "Cannot delete timKerja with active users"), UNAUTHORIZED, FORBIDDEN, NO_TEAM, END};
/* clang-format on */

/* ---- the table ---- */

/* Here the document leaves to the highest role what the desk lets a manager do with those below. */
enum { SUPERADMIN = 1u << ROLE_SUPER_ADMIN };

static const struct route routes[] = {
    {.method = HTTP_POST,
     .path = "/api/v1/login",
     .name = "ruangLogin",
     .summary = "Signs in",
     .handler = ruang_login,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &ruang_login_in,
     .answers = login_answers,
     .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)},
    {.method = HTTP_POST,
     .path = "/api/v1/logout",
     .name = "ruangLogout",
     .summary = "Signs out",
     .handler = ruang_logout,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = logout_answers,
     .sample = SAMPLE(.turn = SAMPLE_LEAVE)},
    {.method = HTTP_POST,
     .path = "/api/v1/register",
     .name = "ruangRegister",
     .summary = "Registers an account",
     .handler = ruang_register,
     .lane = LANE_HASH,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .input = &ruang_register_in,
     .answers = register_answers},
    {.method = HTTP_GET,
     .path = "/api/v1/me",
     .name = "ruangMe",
     .summary = "The caller",
     .handler = ruang_me,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .answers = me_answers},
    {.method = HTTP_PATCH,
     .path = "/api/v1/me/kata-sandi",
     .name = "ruangPasswordChange",
     .summary = "Changes one's own password",
     .handler = ruang_change_password,
     .lane = LANE_HASH,
     .permission = MAY_PROFILE,
     .input = &ruang_password_in,
     .answers = password_answers,
     .sample = SAMPLE(.newcomer = true, .values = SAMPLE_VALUES({"kata_sandi_baru", "\"Password123!\""}))},
    {.method = HTTP_GET,
     .path = "/api/v1/pengguna",
     .name = "ruangUserList",
     .summary = "Lists the accounts but those of role SUPERADMIN",
     .handler = ruang_user_list,
     .lane = LANE_INLINE,
     .permission = MAY_ACCOUNT_LIST,
     .query = &ruang_page_in,
     .answers = user_list_answers},
    {.method = HTTP_PATCH,
     .path = "/api/v1/users/:id",
     .name = "ruangUserUpdate",
     .summary = "Changes an account",
     .handler = ruang_user_update,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .input = &ruang_user_change_in,
     .answers = user_update_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"id", "\"{{register_id}}\""}))},
    {.method = HTTP_DELETE,
     .path = "/api/v1/users/:id",
     .name = "ruangUserDelete",
     .summary = "Deletes an account",
     .handler = ruang_user_delete,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .answers = user_delete_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"id", "\"{{register_id}}\""}))},
    {.method = HTTP_GET,
     .path = "/api/v1/tim-kerja",
     .name = "ruangTeamList",
     .summary = "Lists the teams",
     .handler = ruang_team_list,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .query = &ruang_page_in,
     .answers = team_list_answers},
    {.method = HTTP_GET,
     .path = "/api/v1/tim-kerja/:id",
     .name = "ruangTeamGet",
     .summary = "One team",
     .handler = ruang_team_get,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .answers = team_get_answers},
    {.method = HTTP_POST,
     .path = "/api/v1/tim-kerja",
     .name = "ruangTeamCreate",
     .summary = "Makes a team",
     .handler = ruang_team_create,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .input = &ruang_team_in,
     .answers = team_create_answers,
     .sample =
         SAMPLE(.values = SAMPLE_VALUES({"nama_tim_kerja", "\"Tim {{$guid}}\""}, {"code", "\"{{$guid}}\""}))},
    {.method = HTTP_PATCH,
     .path = "/api/v1/tim-kerja/:id",
     .name = "ruangTeamUpdate",
     .summary = "Changes a team",
     .handler = ruang_team_update,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .input = &ruang_team_change_in,
     .answers = team_update_answers},
    {.method = HTTP_DELETE,
     .path = "/api/v1/tim-kerja/:id",
     .name = "ruangTeamDelete",
     .summary = "Deletes a team that has no account",
     .handler = ruang_team_delete,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .roles = SUPERADMIN,
     .answers = team_delete_answers},
};

static const char *const prefixes[] = {"/api/v1", NULL};

static const struct tag tags[] = {
    {"login", "Signing in."},
    {"logout", "Signing out."},
    {"register", "Registering an account."},
    {"me", "The caller's own account."},
    {"pengguna", "Accounts, as lists."},
    {"users", "Accounts, to change or delete."},
    {"tim-kerja", "Teams."},
    {NULL, NULL},
};

const struct dialect ruang_dialect = {
    .name = "ruang",
    .title = "Ruang",
    .about =
        "The API of the meeting-room lending system. Sign in at `/api/v1/login` and send the token as "
        "`Authorization: Bearer …`; it is good for 24 hours. Answers are `{status, message, data}`, errors "
        "`{error, message}` with `errors` beside them where fields are wrong.",
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .tags = tags,
    .sayings = ruang_sayings,
    .error = &ruang_problem_out,
    .print_problem = ruang_print_problem,
    .prefixes = prefixes,
};
