#ifndef SIGAP_TESTS_RUANG_DESK_H
#define SIGAP_TESTS_RUANG_DESK_H

#include "served.h"

#include "api/ruang/internal.h"
#include "people.h"

/* The dialect, served on a store, with a super administrator, teams and accounts. */

static const struct dialect *const dialects[] = {&ruang_dialect};
static struct somebody super;

static inline void begin(struct store *store, const char *first_password) {
  served_begin(store, dialects);
  assert_ok(ruang_setup(str_of(first_password)));
  super = served_somebody(ROLE_SUPER_ADMIN, "Super", "super@example.com");
}

#define TOLD(message) "{\"error\":true,\"message\":\"" message "\"}"
#define SAID(message) "{\"status\":true,\"message\":\"" message "\"}"

/* "id":"…" of the last answer. */
static inline struct str answer_id(void) {
  return answer_cut("\"id\":\"");
}

/* A team of this code; its id. */
static inline struct str team_made(const char *code) {
  POST("/api/v1/tim-kerja", super.token,
       SQL(served.store, "{\"nama_tim_kerja\":\"Tim %s\",\"code\":\"%s\"}", code, code));
  struct str id = answer_id();
  ASSERT_ANSWER(
      201, SQL(served.store,
               "{\"status\":true,\"message\":\"TimKerja created successfully\",\"data\":{\"id\":\"%.*s\","
               "\"nama_tim_kerja\":\"Tim %s\",\"code\":\"%s\",\"is_aktif\":true}}",
               STR_ARG(id), code, code));
  return id;
}

static inline void register_one(const char *email, const char *role, struct str team) {
  POST("/api/v1/register", super.token,
       SQL(served.store,
           "{\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"%s\",\"role\":\"%s\",\"kontak\":"
           "\"+628123456789\",\"tim_kerja_id\":\"%.*s\"}",
           email, role, STR_ARG(team)));
}

static inline void login(const char *email, const char *password) {
  POST("/api/v1/login", STR_NONE,
       SQL(served.store, "{\"email\":\"%s\",\"kata_sandi\":\"%s\"}", email, password));
}

/* "/api/v1/<what>/<id>" */
static inline const char *path_of(const char *what, struct str id) {
  return SQL(served.store, "/api/v1/%s/%.*s", what, STR_ARG(id));
}
#define NOT_ALLOWED TOLD("You do not have permission to perform this action")
#define FAULT(field, reason) \
  "{\"error\":true,\"message\":\"Validation failed\",\"errors\":{\"" field "\":\"" reason "\"}}"

#endif
