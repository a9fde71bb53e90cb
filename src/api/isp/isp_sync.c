#include "api/isp/isp_sync.h"

#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"
#include "api/isp/isp_tickets.h"
#include "desk/sync/sync.h"

/* What changed for the caller since a position, in the shapes of the lists. */

enum {
  ALWAYS = FIELD_REQUIRED,
  POSITION_MAX = 120,
  QUICK_ROWS_MAX = 100, /* more are shown in the pool */
};

/* ---- tables ---- */

#define DEVICE_TEXT(member, meaning, sample)                                                     \
  FIELD(struct isp_device, member, TEXT, #member, FIELD_NULLABLE, .max = 255, .text = (meaning), \
        .example = (sample))
FIELDS(isp_device_in, struct isp_device, "IspDevice",
       {DEVICE_TEXT(platform, "The device's system.", "\"android\""),
        DEVICE_TEXT(version, "The app's version.", "\"2.4.1\""),
        DEVICE_TEXT(device_id, "The device.", "\"a1b2c3\"")});
FIELDS(
    isp_sync_in, struct isp_sync_in, "IspSyncInput",
    {FIELD(struct isp_sync_in, last_sync, TEXT, "last_sync", FIELD_NULLABLE, .max = POSITION_MAX,
           .text =
               "`next_sync` of the last answer; or a time, which may repeat what is known already. Without "
               "it everything is told.",
           .example = "\"2025-10-01T08:00:00Z\""),
     FIELD(struct isp_sync_in, device_info, OBJECT, "device_info", FIELD_NULLABLE, .of = &isp_device_in,
           .text = "Which device asks.")});

struct synced {
  int64_t server_time;
  struct str next_sync;
  bool full, has_more;
  struct list tickets, removed_ticket_ids, notifications, assignments;
  const struct isp_technician *technician;
};
FIELDS(isp_sync_data, struct synced, "IspSyncData",
       {FIELD(struct synced, server_time, TIME, "server_time", ALWAYS, .text = "The server's clock.",
              .example = "\"2025-10-01T08:00:00Z\""),
        FIELD(struct synced, next_sync, TEXT, "next_sync", ALWAYS,
              .text = "Where to go on: `last_sync` of the next call. Its letters mean nothing to a client.",
              .example = "\"AQADAAAAAAAAAAI\""),
        FIELD(struct synced, full, BOOL, "full", ALWAYS,
              .text = "Everything is being told, not only changes: whatever was kept before may go.",
              .example = "false"),
        FIELD(struct synced, has_more, BOOL, "has_more", ALWAYS,
              .text = "There is more already: call again at once.", .example = "false"),
        FIELD(struct synced, tickets, LIST, "tickets", ALWAYS, .of = &isp_ticket_out,
              .text = "New and changed tickets, as they are now, each once."),
        FIELD(struct synced, removed_ticket_ids, LIST, "removed_ticket_ids", ALWAYS,
              .text = "Tickets that are no longer the caller's to see.",
              .example = "[\"0190163d-8694-739b-aea5-966c26f8ad91\"]"),
        FIELD(struct synced, notifications, LIST, "notifications", ALWAYS, .of = &isp_notice_row,
              .text = "The caller's own: new ones, and those read meanwhile."),
        FIELD(struct synced, assignments, LIST, "assignments", ALWAYS, .of = &isp_assignment_row,
              .text = "What a technician was given out of the warehouse, or brought back."),
        FIELD(struct synced, technician, OBJECT, "technician", ALWAYS | FIELD_NULLABLE,
              .of = &isp_technician_row_out,
              .text = "A technician's own record where it changed; else null.")});
ISP_ENVELOPE(isp_sync_out, "IspSync", isp_sync_data);

/* ---- what is shown ---- */

/* By parts that isp_show_tickets takes. */
static enum status show_tickets(struct call *call, const struct sync *sync, struct list *out) {
  struct isp_ticket *shown = ARENA_ARRAY(call->ctx.arena, struct isp_ticket, sync->ticket_count);
  for (size_t i = 0; i < sync->ticket_count; i += ISP_LIMIT_MAX) {
    size_t left = sync->ticket_count - i;
    size_t count = left < ISP_LIMIT_MAX ? left : ISP_LIMIT_MAX;
    struct isp_ticket *part = NULL;
    TRY(isp_show_tickets(call, sync->tickets + i, count, &part));
    for (size_t j = 0; j < count; j++) {
      shown[i + j] = part[j];
    }
  }
  *out = (struct list){shown, sync->ticket_count};
  return STATUS_OK;
}

static struct list show_removed(struct call *call, const struct sync *sync) {
  struct str *shown = ARENA_ARRAY(call->ctx.arena, struct str, sync->removed_count);
  for (size_t i = 0; i < sync->removed_count; i++) {
    char text[UUID_TEXT_SIZE];
    shown[i] = str_copy(call->ctx.arena, str_of(uuid_print(sync->removed[i], text)));
  }
  return (struct list){shown, sync->removed_count};
}

static enum status show_notices(struct call *call, const struct sync *sync, struct list *out) {
  int language = 0;
  if (sync->notice_count > 0) {
    TRY(isp_language(call, &language));
  }
  struct isp_notice *shown = ARENA_ARRAY(call->ctx.arena, struct isp_notice, sync->notice_count);
  for (size_t i = 0; i < sync->notice_count; i++) {
    shown[i] = isp_notice_of(call->ctx.arena, &sync->notices[i], language);
  }
  *out = (struct list){shown, sync->notice_count};
  return STATUS_OK;
}

static struct list show_assignments(struct call *call, const struct sync *sync) {
  struct isp_assignment *shown = ARENA_ARRAY(call->ctx.arena, struct isp_assignment, sync->assignment_count);
  for (size_t i = 0; i < sync->assignment_count; i++) {
    shown[i] = isp_assignment_of(call, &sync->assignments[i]);
  }
  return (struct list){shown, sync->assignment_count};
}

static enum status show(struct call *call, const struct sync *sync, struct synced *out) {
  *out = (struct synced){
      .server_time = call->ctx.now_us,
      .next_sync = sync->next,
      .full = sync->full,
      .has_more = sync->has_more,
      .removed_ticket_ids = show_removed(call, sync),
      .assignments = show_assignments(call, sync),
  };
  TRY(show_tickets(call, sync, &out->tickets));
  TRY(show_notices(call, sync, &out->notifications));
  if (sync->technician == NULL) {
    return STATUS_OK;
  }
  struct isp_technician *technician = ARENA_NEW(call->ctx.arena, struct isp_technician);
  out->technician = technician;
  return isp_show_technician(call, sync->technician, technician);
}

/* Everything, and many changes at once, are shown where there is room and nobody is held up. */
enum status isp_sync(struct call *call) {
  const struct isp_sync_in *in = call->input;
  if (in->last_sync.len == 0 && call->lane != LANE_POOL) {
    return STATUS_SLOW;
  }
  call_widen(call);
  struct sync sync;
  TRY(sync_pull(&call->ctx, in->last_sync, &sync));
  size_t rows = sync.ticket_count + sync.removed_count + sync.notice_count + sync.assignment_count;
  if (rows > QUICK_ROWS_MAX && call->lane != LANE_POOL) {
    return STATUS_SLOW;
  }
  struct synced *answer = ARENA_NEW(call->ctx.arena, struct synced);
  TRY(show(call, &sync, answer));
  return isp_answer(call, 200, &isp_sync_out, answer);
}
