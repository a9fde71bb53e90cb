#include "api/isp/isp_people.h"

/* The wire's tables of sign-in, users, customers and technicians. */

enum {
  ALWAYS = FIELD_REQUIRED,
  OR_NULL = FIELD_REQUIRED | FIELD_NULLABLE,
  NAMED = FIELD_REQUIRED | FIELD_NOT_BLANK,
  PASSWORD = FIELD_REQUIRED | FIELD_ANY_TEXT | FIELD_SECRET,
};
#define ID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""
#define TIME_EXAMPLE "\"2025-10-01T08:00:00Z\""

/* A table that knows which of its rows were sent, in the member `present`. */
#define CHANGE_FIELDS(name, type, schema_title, ...)                                   \
  static const struct field name##_rows_[] = __VA_ARGS__;                              \
  const struct fields name = {.title = (schema_title),                                 \
                              .rows = name##_rows_,                                    \
                              .count = sizeof(name##_rows_) / sizeof(name##_rows_[0]), \
                              .size = sizeof(type),                                    \
                              .present = offsetof(type, present)}

/* An address is judged with the other fields, so that all faults are told at once. */
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

static enum status read_avatar(struct ctx *ctx, struct str text, void *member, const char **reason) {
  (void)ctx;
  *reason = account_avatar_fault(text);
  if (*reason != NULL) {
    return STATUS_INVALID;
  }
  *(struct str *)member = text;
  return STATUS_OK;
}
static const struct field_custom avatar_custom = {
    .read = read_avatar, .schema = "{\"type\":[\"string\",\"null\"],\"maxLength\":2048}"};

/* clang-format off */
#define EMAIL(type, flags, words)                                                                          \
  FIELD(type, email, CUSTOM, "email", flags, .custom = &email_custom, .text = words,                       \
        .example = "\"user@example.com\"")
#define NEW_PASSWORDS(type)                                                                                \
  FIELD(type, password, TEXT, "password", PASSWORD, .min = 8, .max = 1024,                                 \
        .text = "The new one, at least eight characters.", .example = "\"password123\""),                  \
  FIELD(type, password_confirmation, TEXT, "password_confirmation", PASSWORD, .max = 1024,                 \
        .text = "The same again.", .example = "\"password123\"")

/* ---- authentication: input ---- */

FIELDS(isp_login_in, struct isp_login_in, "IspLogin",
       {FIELD(struct isp_login_in, email, TEXT, "email", FIELD_REQUIRED, .max = 254,
              .text = "The account's address, in any letter case.", .example = "\"user@example.com\""),
        FIELD(struct isp_login_in, password, TEXT, "password", PASSWORD, .max = 1024,
              .text = "Its password.", .example = "\"password123\""),
        FIELD(struct isp_login_in, remember_me, BOOL, "remember_me", 0,
              .text = "Stay signed in for 30 days after each refresh, not 7 days in all.", .example = "false")});

FIELDS(isp_refresh_in, struct isp_refresh_in, "IspRefresh",
       {FIELD(struct isp_refresh_in, refresh_token, TEXT, "refresh_token", FIELD_REQUIRED | FIELD_SECRET,
              .max = 1024, .text = "The one of the last login or refresh; good once.",
              .example = "\"eyJhbGciOiJIUzI1NiIs...\"")});

FIELDS(isp_forgot_in, struct isp_forgot_in, "IspForgotPassword",
       {EMAIL(struct isp_forgot_in, FIELD_REQUIRED, "Where to mail the link, if an account has this address.")});

/* With a faulty password there is nothing to compare; a confirmation that isn't there was told already. */
static void check_repeated(struct ctx *ctx, struct str password, struct str again) {
  if (password.at != NULL && !str_equal(password, again)) {
    (void)problem_fault(ctx, STR("password_confirmation"), STR("must be the same as password"));
  }
}

static void check_reset(struct ctx *ctx, const void *in) {
  const struct isp_reset_in *reset = in;
  check_repeated(ctx, reset->password, reset->password_confirmation);
}
CHECKED_FIELDS(isp_reset_in, struct isp_reset_in, "IspResetPassword", check_reset,
       {FIELD(struct isp_reset_in, token, TEXT, "token", FIELD_REQUIRED | FIELD_SECRET, .max = 255,
              .text = "The token of the mail's link.", .example = "\"kJ0N4bCx...\""),
        NEW_PASSWORDS(struct isp_reset_in)});

static void check_password(struct ctx *ctx, const void *in) {
  const struct isp_password_in *change = in;
  check_repeated(ctx, change->password, change->password_confirmation);
}
CHECKED_FIELDS(isp_password_in, struct isp_password_in, "IspChangePassword", check_password,
       {FIELD(struct isp_password_in, current_password, TEXT, "current_password", PASSWORD, .max = 1024,
              .text = "The one that holds now.", .example = "\"password123\""),
        NEW_PASSWORDS(struct isp_password_in)});

/* ---- users: input ---- */

#define PROFILE_ROWS(named)                                                                                \
  FIELD(struct isp_profile_in, full_name, TEXT, "full_name", named, .max = 255,                            \
        .text = "The person's name.", .example = "\"Budi Santoso\""),                                      \
  FIELD(struct isp_profile_in, phone, TEXT, "phone", named, .max = 255,                                    \
        .text = "Its telephone number.", .example = "\"+62 812 3456 7890\""),                              \
  FIELD(struct isp_profile_in, avatar, CUSTOM, "avatar", FIELD_NULLABLE, .custom = &avatar_custom,         \
        .text = "A picture: an http or https address, or that of an upload.",                              \
        .example = "\"https://example.com/budi.png\"")

#define WORK_ROWS(type)                                                                                    \
  FIELD(type, employee_id, TEXT, "employee_id", FIELD_NULLABLE, .max = 64,                                 \
        .text = "The employee's number, unique.", .example = "\"EMP-0042\""),                              \
  FIELD(type, skills, LIST, "skills", 0, .max = TECHNICIAN_WORDS_MAX,                                      \
        .text = "What the technician can do, at most 100 characters each.",                                \
        .example = "[\"fiber\",\"router\"]"),                                                              \
  FIELD(type, service_areas, LIST, "service_areas", 0, .max = TECHNICIAN_WORDS_MAX,                        \
        .text = "Where the technician works, at most 100 characters each.",                                \
        .example = "[\"Jakarta Selatan\"]")

CHANGE_FIELDS(isp_profile_new_in, struct isp_profile_in, "IspNewProfile",
              {PROFILE_ROWS(NAMED), WORK_ROWS(struct isp_profile_in)});
CHANGE_FIELDS(isp_profile_change_in, struct isp_profile_in, "IspProfileChange",
              {PROFILE_ROWS(FIELD_NOT_BLANK)});

/* What belongs to a technician alone is refused for everybody else, never dropped. */
static void check_no_work(struct ctx *ctx, const void *in) {
  const struct isp_user_in *user = in;
  const struct isp_profile_in *profile = user->profile;
  struct str reason = STR("belongs to technicians alone");
  if (user->role == 0 || user->role == ROLE_TECHNICIAN || profile == NULL) {
    return;
  }
  if (profile->employee_id.len > 0) {
    (void)problem_fault(ctx, STR("employee_id"), reason);
  }
  if (profile->skills.count > 0) {
    (void)problem_fault(ctx, STR("skills"), reason);
  }
  if (profile->service_areas.count > 0) {
    (void)problem_fault(ctx, STR("service_areas"), reason);
  }
}
CHECKED_FIELDS(isp_user_in, struct isp_user_in, "IspNewUser", check_no_work,
       {EMAIL(struct isp_user_in, FIELD_REQUIRED, "The account's address, unique."),
        FIELD(struct isp_user_in, password, TEXT, "password", PASSWORD, .min = 8, .max = 1024,
              .text = "At least eight characters.", .example = "\"password123\""),
        FIELD(struct isp_user_in, role, WORD, "role", FIELD_REQUIRED, .words = isp_role_words,
              .text = "What the account may do; managers make those below manager.",
              .example = "\"technician\""),
        FIELD(struct isp_user_in, profile, OBJECT, "profile", FIELD_REQUIRED, .of = &isp_profile_new_in,
              .text = "The person; employee number, skills and areas of a technician alone.")});

CHANGE_FIELDS(isp_user_change_in, struct isp_user_change_in, "IspUserChange",
              {EMAIL(struct isp_user_change_in, 0, "Another address."),
               FIELD(struct isp_user_change_in, role, WORD, "role", 0, .words = isp_role_words,
                     .text = "Another role; ends the sessions.", .example = "\"supervisor\""),
               FIELD(struct isp_user_change_in, is_active, BOOL, "is_active", 0,
                     .text = "false ends the sessions and forbids signing in.", .example = "true"),
               FIELD(struct isp_user_change_in, profile, OBJECT, "profile", 0, .of = &isp_profile_change_in,
                     .text = "What changes about the person.")});

CHANGE_FIELDS(isp_users_in, struct isp_users_in, "IspUserQuery",
              {ISP_PAGE_ROWS(struct isp_users_in),
               FIELD(struct isp_users_in, role, WORD, "role", 0, .words = isp_role_words,
                     .text = "Only accounts of this role.", .example = "\"technician\""),
               FIELD(struct isp_users_in, search, TEXT, "search", 0, .max = 255,
                     .text = "Only those whose name or address holds this text, in any letter case.",
                     .example = "\"budi\""),
               FIELD(struct isp_users_in, is_active, BOOL, "is_active", 0,
                     .text = "Only active ones, or only deactivated ones.", .example = "true")});

/* ---- customers: input ---- */

#define CUSTOMER_ROWS(required, named)                                                                     \
  FIELD(struct isp_customer_in, full_name, TEXT, "full_name", named, .max = 255,                           \
        .text = "The customer's name.", .example = "\"Siti Rahayu\""),                                     \
  FIELD(struct isp_customer_in, phone, TEXT, "phone", named, .max = 255,                                   \
        .text = "The customer's telephone number.", .example = "\"+62 811 2233 4455\""),                   \
  EMAIL(struct isp_customer_in, required, "The account's address, unique."),                               \
  FIELD(struct isp_customer_in, nik, TEXT, "nik", FIELD_NULLABLE, .max = 64,                               \
        .text = "The national identity number, unique.", .example = "\"3174012345678901\""),               \
  FIELD(struct isp_customer_in, address, TEXT, "address", named, .max = 1000,                              \
        .text = "Where the customer lives.", .example = "\"Jl. Melati 5, Jakarta\""),                      \
  FIELD(struct isp_customer_in, coordinates, OBJECT, "coordinates", required, .of = &isp_place_in,         \
        .text = "Where that is."),                                                                         \
  FIELD(struct isp_customer_in, service_area, TEXT, "service_area", named, .max = 255,                     \
        .text = "The area that serves the customer.", .example = "\"Jakarta Selatan\""),                   \
  FIELD(struct isp_customer_in, service_package, TEXT, "service_package", FIELD_NULLABLE, .max = 255,      \
        .text = "What the customer pays for.", .example = "\"Fiber 50\"")

CHANGE_FIELDS(isp_customer_in, struct isp_customer_in, "IspNewCustomer", {CUSTOMER_ROWS(FIELD_REQUIRED, NAMED)});
CHANGE_FIELDS(isp_customer_change_in, struct isp_customer_in, "IspCustomerChange",
              {CUSTOMER_ROWS(0, FIELD_NOT_BLANK)});

static void check_customers(struct ctx *ctx, const void *in) {
  isp_check_range(ctx, &((const struct isp_customers_in *)in)->created, "created");
}
CHECKED_FIELDS(isp_customers_in, struct isp_customers_in, "IspCustomerQuery", check_customers,
       {ISP_PAGE_ROWS(struct isp_customers_in),
        FIELD(struct isp_customers_in, search, TEXT, "search", 0, .max = 255,
              .text = "Only those whose name, e-mail or telephone number holds this text, in any letter case.",
              .example = "\"siti\""),
        FIELD(struct isp_customers_in, service_area, TEXT, "service_area", 0, .max = 255,
              .text = "Only those of this area, in any letter case.", .example = "\"Jakarta Selatan\""),
        ISP_RANGE_ROWS(struct isp_customers_in, created, "Only those made on or after this day.",
                       "Only those made on or before this day.")});

/* ---- technicians: input ---- */

CHANGE_FIELDS(isp_technicians_in, struct isp_technicians_in, "IspTechnicianQuery",
              {ISP_PAGE_ROWS(struct isp_technicians_in),
               FIELD(struct isp_technicians_in, is_available, BOOL, "is_available", 0,
                     .text = "Only those who are free, or only those who are not.", .example = "true"),
               FIELD(struct isp_technicians_in, service_area, TEXT, "service_area", 0, .max = 100,
                     .text = "Only those who work there, in any letter case.",
                     .example = "\"Jakarta Selatan\""),
               FIELD(struct isp_technicians_in, skills, TEXT, "skills", 0, .max = 5100,
                     .text = "Only those with all of these, comma-separated, in any letter case.",
                     .example = "\"fiber,router\"")});

FIELDS(isp_availability_in, struct isp_availability_in, "IspAvailability",
       {FIELD(struct isp_availability_in, is_available, BOOL, "is_available", FIELD_REQUIRED,
              .text = "Free to be given work.", .example = "false"),
        FIELD(struct isp_availability_in, reason, TEXT, "reason", FIELD_NULLABLE, .max = 1000,
              .text = "Why not; required with false.", .example = "\"On sick leave\"")});

CHANGE_FIELDS(isp_technician_in, struct isp_technician_in, "IspTechnicianChange",
              {WORK_ROWS(struct isp_technician_in)});

/* ---- output ---- */

FIELDS(isp_profile_out, struct isp_profile, "IspProfile",
       {FIELD(struct isp_profile, full_name, TEXT, "full_name", ALWAYS, .text = "The person's name.",
              .example = "\"Budi Santoso\""),
        FIELD(struct isp_profile, phone, TEXT, "phone", OR_NULL, .text = "Its telephone number.",
              .example = "\"+62 812 3456 7890\""),
        FIELD(struct isp_profile, avatar, TEXT, "avatar", OR_NULL, .text = "A picture's address.",
              .example = "\"https://example.com/budi.png\""),
        FIELD(struct isp_profile, customer_id, UUID, "customer_id", OR_NULL,
              .text = "Its id among the customers, where it is one.", .example = "null"),
        FIELD(struct isp_profile, technician_id, UUID, "technician_id", OR_NULL,
              .text = "Its id among the technicians, where it is one.", .example = ID_EXAMPLE)});

#define USER_ROWS                                                                                          \
  FIELD(struct isp_user, id, UUID, "id", ALWAYS, .text = "The account's id.", .example = ID_EXAMPLE),      \
  FIELD(struct isp_user, email, TEXT, "email", ALWAYS, .text = "Its address.",                             \
        .example = "\"user@example.com\""),                                                                \
  FIELD(struct isp_user, role, WORD, "role", ALWAYS, .words = isp_role_words, .text = "What it may do.",   \
        .example = "\"technician\"")
#define USER_PROFILE                                                                                       \
  FIELD(struct isp_user, profile, OBJECT, "profile", ALWAYS, .of = &isp_profile_out, .text = "The person.")

FIELDS(isp_user_brief_out, struct isp_user, "IspSignedInUser", {USER_ROWS, USER_PROFILE});
FIELDS(isp_user_row_out, struct isp_user, "IspUser",
       {USER_ROWS,
        FIELD(struct isp_user, is_active, BOOL, "is_active", ALWAYS, .text = "May sign in.", .example = "true"),
        USER_PROFILE,
        FIELD(struct isp_user, created_at, TIME, "created_at", ALWAYS, .text = "Since when.",
              .example = TIME_EXAMPLE),
        FIELD(struct isp_user, updated_at, TIME, "updated_at", ALWAYS, .text = "Last changed.",
              .example = TIME_EXAMPLE)});

#define TOKEN_ROWS                                                                                         \
  FIELD(struct isp_tokens, access_token, TEXT, "access_token", ALWAYS,                                     \
        .text = "For the Authorization header.", .example = "\"eyJhbGciOiJIUzI1NiIs...\""),                \
  FIELD(struct isp_tokens, refresh_token, TEXT, "refresh_token", ALWAYS,                                   \
        .text = "Buys the next pair, once.", .example = "\"eyJhbGciOiJIUzI1NiIs...\"")

FIELDS(isp_tokens_out, struct isp_tokens, "IspTokens",
       {TOKEN_ROWS,
        FIELD(struct isp_tokens, expires_in, INT, "expires_in", ALWAYS,
              .text = "Seconds that the access token is good for.", .example = "900")});

FIELDS(isp_login_data, struct isp_signed_in, "IspLoginData",
       {FIELD(struct isp_signed_in, user, OBJECT, "user", ALWAYS, .of = &isp_user_brief_out,
              .text = "Who signed in."),
        FIELD(struct isp_signed_in, tokens, OBJECT, "tokens", ALWAYS, .of = &isp_tokens_out,
              .text = "The new session's tokens.")});
ISP_ENVELOPE(isp_login_out, "IspLoggedIn", isp_login_data);

/* The tokens stand twice: for this dialect's clients, and for those that look for them at the top. */
FIELDS(isp_refresh_data, struct isp_refreshed, "IspRefreshData",
       {FIELD(struct isp_refreshed, tokens, OBJECT, "tokens", ALWAYS, .of = &isp_tokens_out,
              .text = "The session's next tokens."),
        FIELD(struct isp_refreshed, access_token, TEXT, "access_token", ALWAYS,
              .text = "The same access token.", .example = "\"eyJhbGciOiJIUzI1NiIs...\""),
        FIELD(struct isp_refreshed, refresh_token, TEXT, "refresh_token", ALWAYS,
              .text = "The same refresh token.", .example = "\"eyJhbGciOiJIUzI1NiIs...\"")});
ISP_ENVELOPE(isp_refresh_out, "IspRefreshed", isp_refresh_data);

/* {"user":{…}} and {"users":[…],"pagination":{…}} */
#define ONE_AND_MANY(noun, table, Title, one_name, many_name, one_text, many_text)                         \
  FIELDS(isp_##noun##_data, struct isp_one, "Isp" Title "Data",                                            \
         {FIELD(struct isp_one, one, OBJECT, one_name, ALWAYS, .of = &(table), .text = one_text)});        \
  ISP_ENVELOPE(isp_##noun##_out, "Isp" Title "Answer", isp_##noun##_data);                                 \
  FIELDS(isp_##noun##s_data, struct isp_many, "Isp" Title "ListData",                                      \
         {FIELD(struct isp_many, many, LIST, many_name, ALWAYS, .of = &(table), .text = many_text),        \
          FIELD(struct isp_many, pagination, OBJECT, "pagination", ALWAYS, .of = &isp_pagination_out,      \
                .text = "Which page this is.")});                                                          \
  ISP_ENVELOPE(isp_##noun##s_out, "Isp" Title "List", isp_##noun##s_data)

ONE_AND_MANY(user, isp_user_row_out, "User", "user", "users", "The account.", "The accounts of this page.");

FIELDS(isp_customer_row_out, struct isp_customer, "IspCustomer",
       {FIELD(struct isp_customer, id, UUID, "id", ALWAYS, .text = "The customer's id.", .example = ID_EXAMPLE),
        FIELD(struct isp_customer, id, UUID, "user_id", ALWAYS, .text = "The account's id: the same.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_customer, full_name, TEXT, "full_name", ALWAYS, .text = "The customer's name.",
              .example = "\"Siti Rahayu\""),
        FIELD(struct isp_customer, phone, TEXT, "phone", OR_NULL, .text = "The telephone number.",
              .example = "\"+62 811 2233 4455\""),
        FIELD(struct isp_customer, email, TEXT, "email", ALWAYS, .text = "The account's address.",
              .example = "\"siti@example.com\""),
        FIELD(struct isp_customer, nik, TEXT, "nik", OR_NULL,
              .text = "The national identity number; null to technicians.", .example = "\"3174012345678901\""),
        FIELD(struct isp_customer, address, TEXT, "address", OR_NULL, .text = "Where the customer lives.",
              .example = "\"Jl. Melati 5, Jakarta\""),
        FIELD(struct isp_customer, coordinates, OBJECT, "coordinates", OR_NULL, .of = &isp_place_out,
              .text = "Where that is."),
        FIELD(struct isp_customer, service_area, TEXT, "service_area", OR_NULL,
              .text = "The area that serves the customer.", .example = "\"Jakarta Selatan\""),
        FIELD(struct isp_customer, service_package, TEXT, "service_package", OR_NULL,
              .text = "What the customer pays for.", .example = "\"Fiber 50\""),
        FIELD(struct isp_customer, created_at, TIME, "created_at", ALWAYS, .text = "Since when.",
              .example = TIME_EXAMPLE)});
ONE_AND_MANY(customer, isp_customer_row_out, "Customer", "customer", "customers", "The customer.",
             "The customers of this page.");

FIELDS(isp_location_out, struct isp_location, "IspLocation",
       {FIELD(struct isp_location, lat, REAL, "lat", ALWAYS, .real_min = -90, .real_max = 90,
              .text = "Degrees north.", .example = "-6.2088"),
        FIELD(struct isp_location, lng, REAL, "lng", ALWAYS, .real_min = -180, .real_max = 180,
              .text = "Degrees east.", .example = "106.8456"),
        FIELD(struct isp_location, updated_at, TIME, "updated_at", ALWAYS, .text = "When that was.",
              .example = TIME_EXAMPLE)});
FIELDS(isp_performance_brief_out, struct isp_performance, "IspPerformanceBrief",
       {FIELD(struct isp_performance, total_tickets, INT, "total_tickets", ALWAYS,
              .text = "Tickets the technician has.", .example = "120"),
        FIELD(struct isp_performance, completed_tickets, INT, "completed_tickets", ALWAYS,
              .text = "Those that are resolved or closed.", .example = "115"),
        FIELD(struct isp_performance, average_rating, REAL, "average_rating", ALWAYS,
              .text = "Of the customers' ratings, 1 to 5; 0 without any.", .example = "4.6"),
        FIELD(struct isp_performance, completion_rate, REAL, "completion_rate", ALWAYS,
              .text = "Completed ones in percent.", .example = "95.8")});
FIELDS(isp_technician_row_out, struct isp_technician, "IspTechnician",
       {FIELD(struct isp_technician, id, UUID, "id", ALWAYS, .text = "The technician's id.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_technician, id, UUID, "user_id", ALWAYS, .text = "The account's id: the same.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_technician, employee_id, TEXT, "employee_id", OR_NULL,
              .text = "The employee's number.", .example = "\"EMP-0042\""),
        FIELD(struct isp_technician, full_name, TEXT, "full_name", ALWAYS, .text = "The technician's name.",
              .example = "\"Budi Santoso\""),
        FIELD(struct isp_technician, phone, TEXT, "phone", OR_NULL, .text = "The telephone number.",
              .example = "\"+62 812 3456 7890\""),
        FIELD(struct isp_technician, skills, LIST, "skills", ALWAYS, .text = "What the technician can do.",
              .example = "[\"fiber\",\"router\"]"),
        FIELD(struct isp_technician, service_areas, LIST, "service_areas", ALWAYS,
              .text = "Where the technician works.", .example = "[\"Jakarta Selatan\"]"),
        FIELD(struct isp_technician, is_available, BOOL, "is_available", ALWAYS,
              .text = "Free to be given work.", .example = "true"),
        FIELD(struct isp_technician, reason, TEXT, "reason", OR_NULL, .text = "Why not.", .example = "null"),
        FIELD(struct isp_technician, current_location, OBJECT, "current_location", OR_NULL,
              .of = &isp_location_out, .text = "Where the technician last was."),
        FIELD(struct isp_technician, performance, OBJECT, "performance", ALWAYS,
              .of = &isp_performance_brief_out, .text = "How the technician's tickets stand.")});
ONE_AND_MANY(technician, isp_technician_row_out, "Technician", "technician", "technicians",
             "The technician.", "The technicians of this page.");
/* clang-format on */
