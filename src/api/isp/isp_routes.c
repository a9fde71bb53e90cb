#include "api/isp/isp_people.h"

/* The dialect's endpoints, a row each, by subject as its document orders them. */

/* ---- the answers of each endpoint ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL, NULL}
#define UNAUTHORIZED SAYS(401, "UNAUTHORIZED or TOKEN_EXPIRED")
#define FORBIDDEN SAYS(403, "INSUFFICIENT_PERMISSIONS")
#define NOT_FOUND SAYS(404, "RESOURCE_NOT_FOUND")
#define WRONG SAYS(422, "VALIDATION_ERROR, with every faulty field")
#define TAKEN SAYS(409, "DUPLICATE_ENTRY")
#define END SAYS(0, NULL)
/* clang-format on */

/* ---- authentication ---- */
static const struct answer logout_answers[] = {{200, "Signed out", &isp_message_out, NULL}, UNAUTHORIZED, END};
/* ---- users ---- */
/* ---- customers ---- */
/* ---- tickets ---- */
/* ---- technicians ---- */
/* ---- inventory ---- */
/* ---- reports ---- */
/* ---- notifications ---- */
/* ---- mobile, files ---- */

/* ---- the table ---- */

static const struct route routes[] = {
    /* authentication */
    {.method = HTTP_POST,
     .path = "/api/auth/logout",
     .name = "ispLogout",
     .summary = "Ends the session: its access and refresh tokens are dead",
     .handler = isp_logout,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = logout_answers},
    /* users */
    /* customers */
    /* tickets */
    /* technicians */
    /* inventory */
    /* reports */
    /* notifications */
    /* mobile, files */
};

static const char *const prefixes[] = {"/api", NULL};
static const char *const mounts[] = {"", "/v1", NULL};

const struct dialect isp_dialect = {
    .name = "isp",
    .title = "ISP Technician Management System",
    .about = "The API of an internet provider's dispatchers, technicians, warehouse, managers and customers. Sign "
             "in at `/api/auth/login`; send the access token as `Authorization: Bearer …` and renew it after 15 "
             "minutes at `/api/auth/refresh`. Everything is served under `/api` and under `/v1/api`.",
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .sayings = isp_sayings,
    .error = &isp_problem_out,
    .print_problem = isp_print_problem,
    .prefixes = prefixes,
    .mounts = mounts,
};
