#include "api/isp/isp_people.h"

/* Customers: accounts of that role with where they live and what they pay for. */

static struct isp_customer customer_of(struct call *call, const struct customer *customer) {
  return (struct isp_customer){
      .id = customer->account.uuid,
      .full_name = customer->account.name,
      .phone = customer->account.phone,
      .email = customer->account.email,
      .nik = customer->nik,
      .address = customer->address,
      .service_area = customer->service_area,
      .service_package = customer->service_package,
      .coordinates = isp_place(call, customer->latitude, customer->longitude),
      .created_at = customer->account.created_at,
  };
}

static enum status answer_customer(struct call *call, int http, const struct customer *customer) {
  struct isp_customer *answer = ARENA_NEW(call->ctx.arena, struct isp_customer);
  *answer = customer_of(call, customer);
  return isp_answer_one(call, http, &isp_customer_out, answer);
}

enum status isp_customer_list(struct call *call) {
  const struct isp_customers_in *in = call->query;
  /* Only the plain list has its total from counters; the others walk, and not on an I/O thread. */
  bool plain = in->search.len == 0 && in->service_area.len == 0 && in->created.from.text.len == 0 &&
               in->created.to.text.len == 0 && call->who.role != ROLE_TECHNICIAN;
  if (!plain && call->lane != LANE_POOL) {
    return STATUS_SLOW;
  }
  struct customer_filter filter = {.search = in->search,
                                   .service_area = in->service_area,
                                   .created_from = in->created.from.begins,
                                   .created_to = in->created.to.over,
                                   .skip = isp_skip(&in->page),
                                   .limit = isp_limit(&in->page)};
  struct customer *customers = NULL;
  size_t count = 0;
  int64_t total = 0;
  TRY(customer_list(&call->ctx, &filter, &customers, &count, &total));
  struct isp_customer *list = ARENA_ARRAY(call->ctx.arena, struct isp_customer, count);
  for (size_t i = 0; i < count; i++) {
    list[i] = customer_of(call, &customers[i]);
  }
  return isp_answer_many(call, &isp_customers_out, (struct list){list, count}, &in->page, total);
}

enum status isp_customer_create(struct call *call) {
  const struct isp_customer_in *in = call->input;
  struct customer_new new_customer = {.name = in->full_name,
                                      .phone = in->phone,
                                      .email = in->email,
                                      .nik = in->nik,
                                      .address = in->address,
                                      .service_area = in->service_area,
                                      .service_package = in->service_package,
                                      .latitude = in->coordinates->lat,
                                      .longitude = in->coordinates->lng};
  struct customer customer;
  TRY(customer_create(&call->ctx, &new_customer, &customer));
  return answer_customer(call, 201, &customer);
}

enum status isp_customer_get(struct call *call) {
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct customer customer;
  TRY(customer_get(&call->ctx, id, &customer));
  return answer_customer(call, 200, &customer);
}

enum status isp_customer_update(struct call *call) {
  const struct isp_customer_in *in = call->input;
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct customer_change change = {
      .has_name = in->full_name.at != NULL,
      .has_phone = in->phone.at != NULL,
      .has_email = in->email.at != NULL,
      .has_nik = field_present(&isp_customer_change_in, in, "nik"),
      .has_address = in->address.at != NULL,
      .has_place = in->coordinates != NULL,
      .has_area = in->service_area.at != NULL,
      .has_package = field_present(&isp_customer_change_in, in, "service_package"),
      .name = in->full_name,
      .phone = in->phone,
      .email = in->email,
      .nik = in->nik,
      .address = in->address,
      .service_area = in->service_area,
      .service_package = in->service_package,
  };
  if (in->coordinates != NULL) {
    change.latitude = in->coordinates->lat;
    change.longitude = in->coordinates->lng;
  }
  struct customer customer;
  TRY(customer_change(&call->ctx, id, &change, &customer));
  return answer_customer(call, 200, &customer);
}
