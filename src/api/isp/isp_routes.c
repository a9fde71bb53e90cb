#include "api/isp/isp_people.h"
#include "api/isp/isp_reports.h"
#include "api/isp/isp_stock.h"
#include "api/isp/isp_sync.h"
#include "api/isp/isp_tickets.h"
#include "api/isp/isp_webhooks.h"

/* The dialect's endpoints, a row each, by subject as its document orders them. */

/* ---- the answers of each endpoint ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL, NULL}
#define UNAUTHORIZED SAYS(401, "UNAUTHORIZED or TOKEN_EXPIRED")
#define FORBIDDEN SAYS(403, "INSUFFICIENT_PERMISSIONS")
#define NOT_FOUND SAYS(404, "RESOURCE_NOT_FOUND")
#define WRONG SAYS(422, "VALIDATION_ERROR, with every faulty field")
#define TAKEN SAYS(409, "DUPLICATE_ENTRY")
#define NO_UUID SAYS(400, "VALIDATION_ERROR: the id in the path is no uuid")
#define END SAYS(0, NULL)
/* clang-format on */

/* ---- authentication ---- */
#define THROTTLED SAYS(429, "RATE_LIMIT_EXCEEDED: too many failed sign-ins; Retry-After tells how long")
static const struct answer login_answers[] = {
    {200, "Signed in", &isp_login_out, NULL}, SAYS(401, "INVALID_CREDENTIALS"), WRONG, THROTTLED, END};
static const struct answer refresh_answers[] = {
    {200, "The next tokens", &isp_refresh_out, NULL}, UNAUTHORIZED, WRONG, THROTTLED, END};
static const struct answer logout_answers[] = {
    {200, "Signed out", &isp_message_out, NULL}, UNAUTHORIZED, END};
static const struct answer forgot_answers[] = {
    {200, "Taken, whether or not there is such an account", &isp_message_out, NULL}, WRONG, END};
static const struct answer reset_answers[] = {
    {200, "The new password is set", &isp_message_out, NULL},
    SAYS(422, "VALIDATION_ERROR, with every faulty field; token where the link is dead"),
    END};
static const struct answer me_answers[] = {{200, "The caller", &isp_user_out, NULL}, UNAUTHORIZED, END};
static const struct answer password_answers[] = {
    {200, "The new password is set", &isp_message_out, NULL}, UNAUTHORIZED, WRONG, THROTTLED, END};
/* ---- users ---- */
static const struct answer user_list_answers[] = {
    {200, "A page of accounts, newest first", &isp_users_out, NULL}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
static const struct answer user_create_answers[] = {
    {201, "The account", &isp_user_out, NULL}, UNAUTHORIZED, FORBIDDEN, TAKEN, WRONG, END};
static const struct answer user_get_answers[] = {
    {200, "The account", &isp_user_out, NULL}, NO_UUID, UNAUTHORIZED, NOT_FOUND, END};
static const struct answer user_update_answers[] = {
    {200, "The account as it is now", &isp_user_out, NULL},
    NO_UUID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    SAYS(409, "DUPLICATE_ENTRY, or INVALID_STATE for the last active super_admin"),
    WRONG,
    END};
static const struct answer user_delete_answers[] = {
    {200, "The account is deactivated", &isp_message_out, NULL}, NO_UUID, UNAUTHORIZED, FORBIDDEN, NOT_FOUND,
    SAYS(409, "INVALID_STATE for the last active super_admin"),  END};
/* ---- customers ---- */
static const struct answer customer_list_answers[] = {
    {200, "A page of customers, newest first", &isp_customers_out, NULL}, UNAUTHORIZED, WRONG, END};
static const struct answer customer_create_answers[] = {
    {201, "The customer", &isp_customer_out, NULL}, UNAUTHORIZED, FORBIDDEN, TAKEN, WRONG, END};
static const struct answer customer_get_answers[] = {
    {200, "The customer", &isp_customer_out, NULL}, NO_UUID, UNAUTHORIZED, NOT_FOUND, END};
static const struct answer customer_update_answers[] = {
    {200, "The customer as it is now", &isp_customer_out, NULL},
    NO_UUID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    TAKEN,
    WRONG,
    END};
/* ---- tickets ---- */
static const struct answer ticket_list_answers[] = {
    {200, "A page of tickets, newest first", &isp_tickets_answer_out, NULL}, UNAUTHORIZED, WRONG, END};
static const struct answer ticket_create_answers[] = {
    {201, "The ticket", &isp_ticket_answer_out, NULL}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
static const struct answer ticket_get_answers[] = {
    {200, "All about the ticket", &isp_ticket_detail_answer_out, NULL},
    UNAUTHORIZED,
    NOT_FOUND,
    NO_UUID,
    END};
static const struct answer ticket_change_answers[] = {
    {200, "The ticket as it is now", &isp_ticket_answer_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    WRONG,
    END};
static const struct answer ticket_delete_answers[] = {
    {200, "The ticket is deleted", &isp_message_out, NULL}, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NO_UUID, END};
static const struct answer ticket_restore_answers[] = {
    {200, "The ticket is there again", &isp_ticket_answer_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    NO_UUID,
    END};
static const struct answer ticket_assign_answers[] = {
    {200, "The ticket as it is now", &isp_ticket_answer_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    SAYS(409, "INVALID_STATE for a solved ticket, TECHNICIAN_UNAVAILABLE"),
    WRONG,
    END};
static const struct answer ticket_comment_answers[] = {
    {201, "The comment", &isp_comment_answer_out, NULL}, UNAUTHORIZED, NOT_FOUND, WRONG, END};
static const struct answer ticket_rating_answers[] = {
    {200, "The ticket as it is now", &isp_ticket_answer_out, NULL}, UNAUTHORIZED, FORBIDDEN, NOT_FOUND,
    SAYS(409, "INVALID_STATE while the ticket is not solved"),      WRONG,        END};
static const struct answer person_tickets_answers[] = {
    {200, "A page of tickets, newest first", &isp_tickets_answer_out, NULL},
    UNAUTHORIZED,
    NOT_FOUND,
    NO_UUID,
    WRONG,
    END};
/* ---- technicians ---- */
static const struct answer technician_list_answers[] = {
    {200, "A page of technicians, newest first", &isp_technicians_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    WRONG,
    END};
static const struct answer technician_get_answers[] = {
    {200, "The technician", &isp_technician_out, NULL}, NO_UUID, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, END};
static const struct answer technician_update_answers[] = {
    {200, "The technician as it is now", &isp_technician_out, NULL},
    NO_UUID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    TAKEN,
    WRONG,
    END};
static const struct answer technician_state_answers[] = {
    {200, "The technician as it is now", &isp_technician_out, NULL},
    NO_UUID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    WRONG,
    END};
/* ---- inventory ---- */
static const struct answer item_list_answers[] = {
    {200, "A page of items, newest first", &isp_items_out, NULL}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
static const struct answer item_create_answers[] = {
    {201, "The item", &isp_item_out, NULL}, UNAUTHORIZED, FORBIDDEN, TAKEN, WRONG, END};
static const struct answer item_get_answers[] = {
    {200, "The item", &isp_item_out, NULL}, NO_UUID, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, END};
static const struct answer item_update_answers[] = {{200, "The item as it is now", &isp_item_out, NULL},
                                                    UNAUTHORIZED,
                                                    FORBIDDEN,
                                                    NOT_FOUND,
                                                    TAKEN,
                                                    WRONG,
                                                    END};
static const struct answer assignment_list_answers[] = {
    {200, "A page of assignments, newest first", &isp_assignments_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    WRONG,
    END};
static const struct answer assignment_create_answers[] = {
    {201, "The assignment", &isp_assignment_out, NULL},
    UNAUTHORIZED,
    FORBIDDEN,
    SAYS(409, "INSUFFICIENT_STOCK, or DUPLICATE_ENTRY for a serial number that is out already"),
    WRONG,
    END};
static const struct answer assignment_return_answers[] = {
    {200, "The assignment as it is now", &isp_assignment_out, NULL}, UNAUTHORIZED, FORBIDDEN, NOT_FOUND,
    SAYS(409, "INVALID_STATE where all of it is back already"),      WRONG,        END};
/* ---- reports ---- */
static const char *const csv_and_pdf[] = {"text/csv", "application/pdf", NULL};
static const struct answer dashboard_answers[] = {
    {200, "The figures of now and four series", &isp_dashboard_out, NULL}, UNAUTHORIZED, FORBIDDEN, END};
static const struct answer ticket_report_answers[] = {
    {200, "The report", &isp_ticket_report_out, csv_and_pdf}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
static const struct answer performance_report_answers[] = {
    {200, "The report", &isp_performance_report_out, csv_and_pdf}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
static const struct answer technician_report_answers[] = {
    {200, "The technician's figures", &isp_technician_report_out, NULL},
    NO_UUID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    END};
static const struct answer inventory_report_answers[] = {
    {200, "The report", &isp_inventory_report_out, csv_and_pdf}, UNAUTHORIZED, FORBIDDEN, WRONG, END};
/* ---- notifications ---- */
static const struct answer notice_list_answers[] = {
    {200, "A page of the caller's notifications, newest first", &isp_notices_out, NULL},
    UNAUTHORIZED,
    WRONG,
    END};
static const struct answer notice_read_answers[] = {
    {200, "The notification as it is now", &isp_notice_out, NULL}, NO_UUID, UNAUTHORIZED, NOT_FOUND, END};
static const struct answer notice_read_all_answers[] = {
    {200, "All are read", &isp_notices_read_out, NULL}, UNAUTHORIZED, END};
/* ---- mobile, files ---- */
static const struct answer sync_answers[] = {
    {200, "What changed since, or everything", &isp_sync_out, NULL}, UNAUTHORIZED, WRONG, END};
static const struct answer upload_answers[] = {
    {201, "The file", &isp_upload_out, NULL},
    UNAUTHORIZED,
    NOT_FOUND,
    SAYS(409, "INVALID_STATE where the ticket has 1,000 files"),
    SAYS(413, "PAYLOAD_TOO_LARGE: over 10 MiB"),
    SAYS(422, "VALIDATION_ERROR: a field, or a content that does not fit the type"),
    END};
static const char *const file_types[] = {"image/jpeg", "image/png", "application/pdf", NULL};
static const struct answer file_get_answers[] = {
    {200, "The file, as an attachment", NULL, file_types}, NO_UUID, UNAUTHORIZED, NOT_FOUND, END};

/* ---- the table ---- */

/* A page of tickets, or one with all that was said, in which each letter may need six. */
enum { TICKETS_MAX_BYTES = 40 * 1024 * 1024 };
/* The largest file with all that a form puts around it, and more: what is a little too large is read whole,
 * so that its sender hears why it is not taken. */
enum { UPLOAD_MAX_BYTES = 16 * 1024 * 1024 };
/* A page of items, or of assignments with their notes. */
enum { STOCK_MAX_BYTES = 40 * 1024 * 1024 };

/* Customer service has the reports on tickets only. */
enum { REPORT_ROLES = 1u << ROLE_SUPERVISOR | 1u << ROLE_MANAGER | 1u << ROLE_SUPER_ADMIN };

static const struct route routes[] = {
    /* authentication */
    {.method = HTTP_POST,
     .path = "/api/auth/login",
     .name = "ispLogin",
     .summary = "Signs in with e-mail and password",
     .handler = isp_login,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &isp_login_in,
     .answers = login_answers,
     .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)},
    {.method = HTTP_POST,
     .path = "/api/auth/refresh",
     .name = "ispRefresh",
     .summary = "Buys the next access and refresh token, once for each refresh token",
     .handler = isp_refresh,
     .lane = LANE_POOL,
     .permission = MAY_ANYONE,
     .input = &isp_refresh_in,
     .answers = refresh_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"refresh_token", "\"{{refresh_token}}\""}))},
    {.method = HTTP_POST,
     .path = "/api/auth/logout",
     .name = "ispLogout",
     .summary = "Ends the session: its access and refresh tokens are dead",
     .handler = isp_logout,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = logout_answers,
     .sample = SAMPLE(.turn = SAMPLE_LEAVE)},
    {.method = HTTP_POST,
     .path = "/api/auth/forgot-password",
     .name = "ispForgotPassword",
     .summary = "Mails a link that sets a new password",
     .handler = isp_forgot_password,
     .lane = LANE_WRITER,
     .permission = MAY_ANYONE,
     .input = &isp_forgot_in,
     .answers = forgot_answers,
     .sample = SAMPLE(.turn = SAMPLE_CHANGE, .values = SAMPLE_VALUES({"email", "\"{{new_email}}\""}))},
    {.method = HTTP_POST,
     .path = "/api/auth/reset-password",
     .name = "ispResetPassword",
     .summary = "Sets a new password with the token of a mailed link",
     .handler = isp_reset_password,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &isp_reset_in,
     .answers = reset_answers,
     .sample = SAMPLE(.turn = SAMPLE_CHANGE, .needs = "reset_token", .refused = 422,
                      .values = SAMPLE_VALUES({"token", "\"{{reset_token}}\""}))},
    {.method = HTTP_GET,
     .path = "/api/auth/me",
     .name = "ispMe",
     .summary = "The caller",
     .handler = isp_me,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .answers = me_answers},
    {.method = HTTP_PUT,
     .path = "/api/auth/password",
     .name = "ispChangePassword",
     .summary = "Sets one's own new password; ends one's other sessions",
     .handler = isp_change_password,
     .lane = LANE_HASH,
     .permission = MAY_PROFILE,
     .input = &isp_password_in,
     .answers = password_answers,
     .sample = SAMPLE(.newcomer = true)},
    /* users */
    {.method = HTTP_GET,
     .path = "/api/users",
     .name = "ispUserList",
     .summary = "A page of accounts",
     .handler = isp_user_list,
     .lane = LANE_INLINE,
     .permission = MAY_ACCOUNT_LIST,
     .query = &isp_users_in,
     .answers = user_list_answers},
    {.method = HTTP_POST,
     .path = "/api/users",
     .name = "ispUserCreate",
     .summary = "Makes an account",
     .handler = isp_user_create,
     .lane = LANE_HASH,
     .permission = MAY_ACCOUNT_WRITE,
     .input = &isp_user_in,
     .answers = user_create_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"profile",
                                               "{\"full_name\":\"Budi Santoso\",\"phone\":\"+62 812 3456 "
                                               "7890\",\"employee_id\":\"EMP-{{$timestamp}}\"}"}))},
    {.method = HTTP_GET,
     .path = "/api/users/:id",
     .name = "ispUserGet",
     .summary = "One account; everybody their own",
     .handler = isp_user_get,
     .lane = LANE_INLINE,
     .permission = MAY_PROFILE,
     .answers = user_get_answers},
    {.method = HTTP_PUT,
     .path = "/api/users/:id",
     .name = "ispUserUpdate",
     .summary = "Changes what is named: the own profile, or an account below",
     .handler = isp_user_update,
     .lane = LANE_WRITER,
     .permission = MAY_PROFILE,
     .input = &isp_user_change_in,
     .answers = user_update_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"role", NULL}))},
    {.method = HTTP_DELETE,
     .path = "/api/users/:id",
     .name = "ispUserDelete",
     .summary = "Deactivates an account and ends its sessions",
     .handler = isp_user_delete,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .answers = user_delete_answers},
    /* customers */
    {.method = HTTP_GET,
     .path = "/api/customers",
     .name = "ispCustomerList",
     .summary = "A page of the customers that the caller may see",
     .handler = isp_customer_list,
     .lane = LANE_INLINE,
     .permission = MAY_CUSTOMER_READ,
     .query = &isp_customers_in,
     .answers = customer_list_answers},
    {.method = HTTP_POST,
     .path = "/api/customers",
     .name = "ispCustomerCreate",
     .summary = "Makes a customer with an account, and mails the invitation",
     .handler = isp_customer_create,
     .lane = LANE_WRITER,
     .permission = MAY_CUSTOMER_WRITE,
     .input = &isp_customer_in,
     .answers = customer_create_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"email", "\"{{$guid}}@example.com\""}, {"nik", NULL}))},
    {.method = HTTP_GET,
     .path = "/api/customers/:id",
     .name = "ispCustomerGet",
     .summary = "One customer",
     .handler = isp_customer_get,
     .lane = LANE_INLINE,
     .permission = MAY_CUSTOMER_READ,
     .answers = customer_get_answers},
    {.method = HTTP_PUT,
     .path = "/api/customers/:id",
     .name = "ispCustomerUpdate",
     .summary = "Changes what is named about a customer",
     .handler = isp_customer_update,
     .lane = LANE_WRITER,
     .permission = MAY_CUSTOMER_WRITE,
     .input = &isp_customer_change_in,
     .answers = customer_update_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"email", NULL}, {"nik", NULL}))},
    /* tickets */
    {.method = HTTP_GET,
     .path = "/api/tickets",
     .name = "ispTicketList",
     .summary = "Lists tickets",
     .handler = isp_ticket_list,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .query = &isp_ticket_query,
     .answers = ticket_list_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_POST,
     .path = "/api/tickets",
     .name = "ispTicketCreate",
     .summary = "Creates a ticket",
     .handler = isp_ticket_create,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .input = &isp_ticket_new_in,
     .answers = ticket_create_answers,
     .sample = SAMPLE(.customer = true, .values = SAMPLE_VALUES({"customer_id", NULL}))},
    {.method = HTTP_GET,
     .path = "/api/tickets/:id",
     .name = "ispTicketGet",
     .summary = "Tells all about a ticket: attachments, comments, history",
     .handler = isp_ticket_get,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .answers = ticket_get_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_PUT,
     .path = "/api/tickets/:id",
     .name = "ispTicketChange",
     .summary = "Changes the fields that it names",
     .handler = isp_ticket_change,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CHANGE,
     .input = &isp_ticket_change_in,
     .answers = ticket_change_answers},
    {.method = HTTP_DELETE,
     .path = "/api/tickets/:id",
     .name = "ispTicketDelete",
     .summary = "Deletes a ticket; it can be restored",
     .handler = isp_ticket_remove,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = ticket_delete_answers},
    {.method = HTTP_POST,
     .path = "/api/tickets/:id/restore",
     .name = "ispTicketRestore",
     .summary = "Restores a deleted ticket",
     .handler = isp_ticket_restore,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = ticket_restore_answers,
     .sample = SAMPLE(.turn = SAMPLE_DELETE)},
    {.method = HTTP_POST,
     .path = "/api/tickets/:id/assign",
     .name = "ispTicketAssign",
     .summary = "Assigns a ticket to a technician",
     .handler = isp_ticket_assign,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_ASSIGN,
     .input = &isp_assign_in,
     .answers = ticket_assign_answers},
    {.method = HTTP_PUT,
     .path = "/api/tickets/:id/status",
     .name = "ispTicketStatus",
     .summary = "Sets a ticket's status",
     .handler = isp_ticket_status,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_STATUS,
     .input = &isp_status_in,
     .answers = ticket_change_answers,
     .sample = SAMPLE(.turn = SAMPLE_FINISH, .values = SAMPLE_VALUES({"status", "\"resolved\""}))},
    {.method = HTTP_POST,
     .path = "/api/tickets/:id/comments",
     .name = "ispTicketComment",
     .summary = "Adds a comment",
     .handler = isp_ticket_comment,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REPLY,
     .input = &isp_comment_in,
     .answers = ticket_comment_answers},
    {.method = HTTP_POST,
     .path = "/api/tickets/:id/rating",
     .name = "ispTicketRate",
     .summary = "Rates the work; a second rating replaces the first",
     .handler = isp_ticket_rate,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_READ,
     .input = &isp_rating_in,
     .answers = ticket_rating_answers,
     .sample = SAMPLE(.turn = SAMPLE_FINISH, .customer = true)},
    {.method = HTTP_GET,
     .path = "/api/customers/:id/tickets",
     .name = "ispCustomerTickets",
     .summary = "Lists a customer's tickets",
     .handler = isp_customer_tickets,
     .lane = LANE_INLINE,
     .permission = MAY_CUSTOMER_READ,
     .query = &isp_person_tickets_query,
     .answers = person_tickets_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_GET,
     .path = "/api/technicians/:id/tickets",
     .name = "ispTechnicianTickets",
     .summary = "Lists a technician's tickets",
     .handler = isp_technician_tickets,
     .lane = LANE_INLINE,
     .permission = MAY_TECHNICIAN_READ,
     .query = &isp_person_tickets_query,
     .answers = person_tickets_answers,
     .max_answer = TICKETS_MAX_BYTES},
    /* technicians */
    {.method = HTTP_GET,
     .path = "/api/technicians",
     .name = "ispTechnicianList",
     .summary = "A page of technicians",
     .handler = isp_technician_list,
     .lane = LANE_POOL, /* each one's figures are summed */
     .permission = MAY_TECHNICIAN_READ,
     .query = &isp_technicians_in,
     .answers = technician_list_answers},
    {.method = HTTP_GET,
     .path = "/api/technicians/:id",
     .name = "ispTechnicianGet",
     .summary = "One technician",
     .handler = isp_technician_get,
     .lane = LANE_INLINE,
     .permission = MAY_TECHNICIAN_READ,
     .answers = technician_get_answers},
    {.method = HTTP_PUT,
     .path = "/api/technicians/:id",
     .name = "ispTechnicianUpdate",
     .summary = "Changes employee number, skills and service areas",
     .handler = isp_technician_update,
     .lane = LANE_WRITER,
     .permission = MAY_TECHNICIAN_WRITE,
     .input = &isp_technician_in,
     .answers = technician_update_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"employee_id", "\"EMP-{{$timestamp}}\""}))},
    {.method = HTTP_PUT,
     .path = "/api/technicians/:id/location",
     .name = "ispTechnicianLocation",
     .summary = "Where a technician is now",
     .handler = isp_technician_location,
     .lane = LANE_WRITER,
     .permission = MAY_TECHNICIAN_WRITE,
     .input = &isp_place_in,
     .answers = technician_state_answers},
    {.method = HTTP_PUT,
     .path = "/api/technicians/:id/availability",
     .name = "ispTechnicianAvailability",
     .summary = "Whether a technician is free to be given work",
     .handler = isp_technician_availability,
     .lane = LANE_WRITER,
     .permission = MAY_TECHNICIAN_WRITE,
     .input = &isp_availability_in,
     .answers = technician_state_answers},
    /* inventory */
    {.method = HTTP_GET,
     .path = "/api/inventory/items",
     .name = "ispItemList",
     .summary = "Items in stock",
     .handler = isp_item_list,
     .lane = LANE_INLINE,
     .permission = MAY_INVENTORY_READ,
     .query = &isp_items_in,
     .max_answer = STOCK_MAX_BYTES,
     .answers = item_list_answers},
    {.method = HTTP_POST,
     .path = "/api/inventory/items",
     .name = "ispItemCreate",
     .summary = "Adds an item",
     .handler = isp_item_create,
     .lane = LANE_WRITER,
     .permission = MAY_INVENTORY_WRITE,
     .input = &isp_item_in,
     .answers = item_create_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"sku", "\"{{$guid}}\""}))},
    {.method = HTTP_GET,
     .path = "/api/inventory/items/:id",
     .name = "ispItemGet",
     .summary = "One item",
     .handler = isp_item_get,
     .lane = LANE_INLINE,
     .permission = MAY_INVENTORY_READ,
     .answers = item_get_answers},
    {.method = HTTP_PUT,
     .path = "/api/inventory/items/:id",
     .name = "ispItemUpdate",
     .summary = "Changes the fields that are named; another stock is an adjustment",
     .handler = isp_item_update,
     .lane = LANE_WRITER,
     .permission = MAY_INVENTORY_WRITE,
     .input = &isp_item_change_in,
     .answers = item_update_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"sku", NULL}))},
    {.method = HTTP_GET,
     .path = "/api/inventory/assignments",
     .name = "ispAssignmentList",
     .summary = "What technicians got; a technician sees their own",
     .handler = isp_assignment_list,
     .lane = LANE_INLINE,
     .permission = MAY_INVENTORY_READ,
     .query = &isp_assignments_in,
     .max_answer = STOCK_MAX_BYTES,
     .answers = assignment_list_answers},
    {.method = HTTP_POST,
     .path = "/api/inventory/assignments",
     .name = "ispAssignmentCreate",
     .summary = "Gives pieces to a technician for a ticket",
     .handler = isp_assignment_create,
     .lane = LANE_WRITER,
     .permission = MAY_INVENTORY_ASSIGN,
     .input = &isp_assignment_in,
     .answers = assignment_create_answers,
     .sample = SAMPLE(.turn = SAMPLE_CHANGE,
                      .values = SAMPLE_VALUES({"serial_numbers", "[\"{{$guid}}\",\"{{$guid}}\"]"}))},
    {.method = HTTP_PUT,
     .path = "/api/inventory/assignments/:id/return",
     .name = "ispAssignmentReturn",
     .summary = "Takes pieces back",
     .handler = isp_assignment_return,
     .lane = LANE_WRITER,
     .permission = MAY_INVENTORY_ASSIGN,
     .input = &isp_return_in,
     .answers = assignment_return_answers},
    /* reports */
    {.method = HTTP_GET,
     .path = "/api/reports/dashboard",
     .name = "ispDashboard",
     .summary = "Summary of the desk and four series to draw",
     .handler = isp_dashboard,
     .lane = LANE_INLINE,
     .permission = MAY_DASHBOARD,
     .answers = dashboard_answers},
    {.method = HTTP_GET,
     .path = "/api/reports/tickets",
     .name = "ispTicketReport",
     .summary = "Tickets of a range, as JSON, CSV or PDF",
     .handler = isp_ticket_report,
     .lane = LANE_EXPORT,
     .permission = MAY_DASHBOARD,
     .query = &isp_ticket_report_in,
     .answers = ticket_report_answers},
    {.method = HTTP_GET,
     .path = "/api/reports/performance",
     .name = "ispPerformanceReport",
     .summary = "What was done in each period; a technician sees their own",
     .handler = isp_performance_report,
     .lane = LANE_EXPORT,
     .permission = MAY_REPORT,
     .roles = REPORT_ROLES | 1u << ROLE_TECHNICIAN,
     .query = &isp_performance_in,
     .answers = performance_report_answers},
    {.method = HTTP_GET,
     .path = "/api/technicians/:id/performance",
     .name = "ispTechnicianPerformance",
     .summary = "A technician's figures and their last twelve months",
     .handler = isp_technician_performance,
     .lane = LANE_INLINE,
     .permission = MAY_TECHNICIAN_READ,
     .roles = REPORT_ROLES | 1u << ROLE_TECHNICIAN,
     .answers = technician_report_answers},
    {.method = HTTP_GET,
     .path = "/api/reports/inventory",
     .name = "ispInventoryReport",
     .summary = "Stock, its value and its movements in a range",
     .handler = isp_inventory_report,
     .lane = LANE_EXPORT,
     .permission = MAY_REPORT,
     .roles = REPORT_ROLES,
     .query = &isp_inventory_report_in,
     .answers = inventory_report_answers},
    /* notifications */
    {.method = HTTP_GET,
     .path = "/api/notifications",
     .name = "ispNotificationList",
     .summary = "The caller's notifications",
     .handler = isp_notice_list,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .query = &isp_notices_in,
     .answers = notice_list_answers},
    {.method = HTTP_PUT,
     .path = "/api/notifications/mark-all-read",
     .name = "ispNotificationsRead",
     .summary = "Marks all of the caller's as read",
     .handler = isp_notice_read_all,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = notice_read_all_answers},
    {.method = HTTP_PUT,
     .path = "/api/notifications/:id/read",
     .name = "ispNotificationRead",
     .summary = "Marks one as read",
     .handler = isp_notice_read,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = notice_read_answers},
    /* mobile, files */
    {.method = HTTP_POST,
     .path = "/api/mobile/sync",
     .name = "ispSync",
     .summary = "Tells what changed for the caller since a position, or everything",
     .handler = isp_sync,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .input = &isp_sync_in,
     .answers = sync_answers,
     .max_answer = TICKETS_MAX_BYTES,
     .sample = SAMPLE(.turn = SAMPLE_LIST)},
    {.method = HTTP_POST,
     .path = "/api/mobile/upload",
     .name = "ispUpload",
     .summary = "Takes a photo, a document or a signature of at most 10 MiB",
     .handler = isp_upload,
     .lane = LANE_POOL,
     .permission = MAY_SIGNED_IN,
     .input = &isp_upload_in,
     .body = BODY_MULTIPART,
     .max_body = UPLOAD_MAX_BYTES,
     .spool = true,
     .answers = upload_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"type", "\"document\""}))},
    {.method = HTTP_GET,
     .path = "/api/files/:id",
     .name = "ispFileGet",
     .summary = "A file that was uploaded",
     .handler = isp_file_get,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .answers = file_get_answers},
    ISP_WEBHOOK_ROUTES,
};

static const char *const prefixes[] = {"/api", NULL};
static const char *const mounts[] = {"", "/v1", NULL};

static const struct tag tags[] = {
    {"auth", "Signing in, renewing a session, forgotten passwords, one's own account."},
    {"users", "Accounts of the desk: who may sign in, and as what."},
    {"customers", "Subscribers: where they live, what they ordered, their tickets."},
    {"tickets", "Tickets from report to closure: assignment, status, comments, deadlines."},
    {"technicians", "Field technicians: skills, areas, where they are, what they have to do."},
    {"inventory", "Stock, and what technicians were given of it."},
    {"reports", "Figures of the desk, as JSON, CSV or PDF."},
    {"notifications", "What the caller was told, read and unread."},
    {"mobile", "For phones that were offline: what changed since, and uploads."},
    {"files", "What was uploaded, to those who may read what it belongs to."},
    {"webhooks", "What other systems are told: signed, repeated until they answer."},
    {NULL, NULL},
};

const struct dialect isp_dialect = {
    .name = "isp",
    .title = "ISP Technician Management System",
    .about =
        "The API of an internet provider's dispatchers, technicians, warehouse, managers and customers. Sign "
        "in at `/api/auth/login`; send the access token as `Authorization: Bearer …` and renew it after 15 "
        "minutes at `/api/auth/refresh`. Everything is served under `/api` and under `/v1/api`.",
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .tags = tags,
    .sayings = isp_sayings,
    .error = &isp_problem_out,
    .print_problem = isp_print_problem,
    .prefixes = prefixes,
    .mounts = mounts,
};
