#ifndef SIGAP_API_ISP_PEOPLE_H
#define SIGAP_API_ISP_PEOPLE_H

#include "api/isp/internal.h"
#include "desk/customer/customer.h"
#include "desk/technician/technician.h"

/* Authentication, users, customers, technicians. */

enum { ISP_ACCESS_S = 900, ISP_REFRESH_S = 7 * 86400, ISP_REMEMBER_S = 30 * 86400 };

/* ---- input ---- */
struct isp_login_in {
  struct str email, password;
  bool remember_me;
};
struct isp_refresh_in {
  struct str refresh_token;
};
struct isp_forgot_in {
  struct str email;
};
struct isp_reset_in {
  struct str token, password, password_confirmation;
};
struct isp_password_in {
  struct str current_password, password, password_confirmation;
};
struct isp_profile_in {
  struct str full_name, phone, avatar;
  struct str employee_id;
  struct list skills, service_areas; /* struct str */
  uint64_t present;
};
struct isp_user_in {
  struct str email, password;
  int role; /* enum role */
  const struct isp_profile_in *profile;
};
struct isp_user_change_in {
  struct str email;
  int role;
  bool is_active;
  const struct isp_profile_in *profile; /* NULL: not said */
  uint64_t present;
};
struct isp_users_in {
  struct isp_page page;
  int role; /* 0 any */
  struct str search;
  bool is_active;
  uint64_t present;
};
struct isp_customer_in {
  struct str full_name, phone, email, nik, address, service_area, service_package;
  const struct isp_place *coordinates; /* NULL: not said */
  uint64_t present;
};
struct isp_customers_in {
  struct isp_page page;
  struct str search, service_area;
  struct isp_range created;
};
struct isp_technicians_in {
  struct isp_page page;
  bool is_available;
  struct str service_area, skills;
  uint64_t present;
};
struct isp_availability_in {
  bool is_available;
  struct str reason;
};
struct isp_technician_in {
  struct str employee_id;
  struct list skills, service_areas;
  uint64_t present;
};
extern const struct fields isp_login_in, isp_refresh_in, isp_forgot_in, isp_reset_in, isp_password_in;
extern const struct fields isp_user_in, isp_profile_change_in, isp_user_change_in, isp_users_in;
extern const struct fields isp_customer_in, isp_customer_change_in, isp_customers_in;
extern const struct fields isp_technicians_in, isp_availability_in, isp_technician_in;

/* ---- output ---- */
struct isp_profile {
  struct str full_name, phone, avatar;
  struct uuid customer_id, technician_id; /* of accounts that are one */
};
struct isp_user {
  struct uuid id;
  struct str email;
  int role;
  bool is_active;
  const struct isp_profile *profile;
  int64_t created_at, updated_at;
};
struct isp_tokens {
  struct str access_token, refresh_token;
  int64_t expires_in; /* seconds */
};
struct isp_refreshed {
  const struct isp_tokens *tokens;
  struct str access_token, refresh_token; /* the same */
};
struct isp_signed_in {
  const struct isp_user *user;
  const struct isp_tokens *tokens;
};
struct isp_customer {
  struct uuid id;
  struct str full_name, phone, email, nik, address, service_area, service_package;
  const struct isp_place *coordinates;
  int64_t created_at;
};
struct isp_location {
  double lat, lng;
  int64_t updated_at;
};
struct isp_performance {
  int64_t total_tickets, completed_tickets;
  double average_rating, completion_rate;
};
struct isp_technician {
  struct uuid id;
  struct str employee_id, full_name, phone;
  struct list skills, service_areas; /* struct str */
  bool is_available;
  struct str reason;
  const struct isp_location *current_location;
  const struct isp_performance *performance;
};
/* The data of an answer: one, or a page of them. */
struct isp_one {
  const void *one;
};
struct isp_many {
  struct list many;
  const struct isp_pagination *pagination;
};
extern const struct fields isp_login_out, isp_refresh_out, isp_user_out, isp_users_out;
extern const struct fields isp_customer_out, isp_customers_out, isp_technician_out, isp_technicians_out;

/* Answers with one object, or with a page of them. */
enum status isp_answer_one(struct call *call, int http, const struct fields *envelope, const void *one);
enum status isp_answer_many(struct call *call, const struct fields *envelope, struct list many,
                            const struct isp_page *page, int64_t total);
/* A technician as the lists show them, for other subjects' answers. */
extern const struct fields isp_technician_row_out;
enum status isp_show_technician(struct call *call, const struct technician *technician,
                                struct isp_technician *out) MUST_CHECK;
struct isp_user isp_user_of(struct call *call, const struct account *account);

/* ---- endpoints ---- */
enum status isp_login(struct call *call);
enum status isp_refresh(struct call *call);
enum status isp_logout(struct call *call);
enum status isp_forgot_password(struct call *call);
enum status isp_reset_password(struct call *call);
enum status isp_me(struct call *call);
enum status isp_change_password(struct call *call);
enum status isp_user_list(struct call *call);
enum status isp_user_create(struct call *call);
enum status isp_user_get(struct call *call);
enum status isp_user_update(struct call *call);
enum status isp_user_delete(struct call *call);
enum status isp_customer_list(struct call *call);
enum status isp_customer_create(struct call *call);
enum status isp_customer_get(struct call *call);
enum status isp_customer_update(struct call *call);
enum status isp_technician_list(struct call *call);
enum status isp_technician_get(struct call *call);
enum status isp_technician_update(struct call *call);
enum status isp_technician_location(struct call *call);
enum status isp_technician_availability(struct call *call);

#endif
