#include "api/isp/isp_people.h"
#include "desk/report/report.h"

/* Technicians: accounts of that role with what they can do, where they are and whether they are free. */

/* The figures of a technician's tickets: counts of now, the average of all ratings. */
static enum status performance_of(struct call *call, const struct technician *technician,
                                  const struct isp_performance **out) {
  struct report_technician found;
  TRY(report_technician(&call->ctx, technician->account.id, 0, 0, &found));
  struct isp_performance *performance = ARENA_NEW(call->ctx.arena, struct isp_performance);
  *performance = (struct isp_performance){
      .total_tickets = found.total,
      .completed_tickets = found.completed,
      .average_rating = report_rating(&found.sums),
      .completion_rate = report_percent(found.completed, found.total),
  };
  *out = performance;
  return STATUS_OK;
}

static const struct isp_location *location_of(struct call *call, const struct technician *technician) {
  if (technician->located_at == 0) {
    return NULL;
  }
  struct isp_location *location = ARENA_NEW(call->ctx.arena, struct isp_location);
  *location = (struct isp_location){technician->latitude, technician->longitude, technician->located_at};
  return location;
}

enum status isp_show_technician(struct call *call, const struct technician *technician,
                                struct isp_technician *out) {
  struct isp_technician shown = {
      .id = technician->account.uuid,
      .employee_id = technician->employee_id,
      .full_name = technician->account.name,
      .phone = technician->account.phone,
      .skills = {technician->skills, technician->skill_count},
      .service_areas = {technician->areas, technician->area_count},
      .is_available = technician->is_available,
      .reason = technician->reason,
      .current_location = location_of(call, technician),
  };
  TRY(performance_of(call, technician, &shown.performance));
  *out = shown;
  return STATUS_OK;
}

static enum status answer_technician(struct call *call, const struct technician *technician) {
  struct isp_technician *answer = ARENA_NEW(call->ctx.arena, struct isp_technician);
  TRY(isp_show_technician(call, technician, answer));
  return isp_answer_one(call, 200, &isp_technician_out, answer);
}

/* ---- lists ---- */

/* The words between the commas, without the blanks around them; empty ones are none. */
static struct str *split(struct call *call, struct str text, size_t *count) {
  enum { WORDS_MAX = TECHNICIAN_WORDS_MAX + 1 }; /* one more than the desk takes: it says so */
  struct str *words = ARENA_ARRAY(call->ctx.arena, struct str, WORDS_MAX);
  size_t found = 0;
  while (text.len > 0 && found < WORDS_MAX) {
    size_t comma = str_find(text, ',');
    struct str word = str_trim((struct str){text.at, comma});
    if (word.len > 0) {
      words[found++] = word;
    }
    size_t used = comma < text.len ? comma + 1 : comma;
    text = (struct str){text.at + used, text.len - used};
  }
  *count = found;
  return words;
}

enum status isp_technician_list(struct call *call) {
  const struct isp_technicians_in *in = call->query;
  struct technician_filter filter = {
      .service_area = in->service_area, .skip = isp_skip(&in->page), .limit = isp_limit(&in->page)};
  filter.skills = split(call, in->skills, &filter.skill_count);
  if (field_present(&isp_technicians_in, in, "is_available")) {
    filter.available = in->is_available ? TECHNICIAN_AVAILABLE : TECHNICIAN_UNAVAILABLE;
  }
  struct technician *technicians = NULL;
  size_t count = 0;
  int64_t total = 0;
  TRY(technician_list(&call->ctx, &filter, &technicians, &count, &total));
  struct isp_technician *list = ARENA_ARRAY(call->ctx.arena, struct isp_technician, count);
  for (size_t i = 0; i < count; i++) {
    TRY(isp_show_technician(call, &technicians[i], &list[i]));
  }
  return isp_answer_many(call, &isp_technicians_out, (struct list){list, count}, &in->page, total);
}

/* ---- one ---- */

enum status isp_technician_get(struct call *call) {
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct technician technician;
  TRY(technician_get(&call->ctx, id, &technician));
  return answer_technician(call, &technician);
}

enum status isp_technician_update(struct call *call) {
  const struct isp_technician_in *in = call->input;
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct technician_change change = {
      .has_employee_id = field_present(&isp_technician_in, in, "employee_id"),
      .has_skills = field_present(&isp_technician_in, in, "skills"),
      .has_areas = field_present(&isp_technician_in, in, "service_areas"),
      .employee_id = in->employee_id,
      .skills = in->skills.at,
      .skill_count = in->skills.count,
      .areas = in->service_areas.at,
      .area_count = in->service_areas.count,
  };
  struct technician technician;
  TRY(technician_change(&call->ctx, id, &change, &technician));
  return answer_technician(call, &technician);
}

enum status isp_technician_location(struct call *call) {
  const struct isp_place *in = call->input;
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct technician technician;
  TRY(technician_locate(&call->ctx, id, in->lat, in->lng, &technician));
  return answer_technician(call, &technician);
}

enum status isp_technician_availability(struct call *call) {
  const struct isp_availability_in *in = call->input;
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct technician technician;
  TRY(technician_set_available(&call->ctx, id, in->is_available, in->reason, &technician));
  return answer_technician(call, &technician);
}
