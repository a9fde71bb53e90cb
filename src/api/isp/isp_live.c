#include "api/isp/isp_live.h"

#include "api/isp/isp_people.h"
#include "api/isp/isp_tickets.h"

/* What sockets are told. */

enum { ALWAYS = FIELD_REQUIRED };

struct created {
  const struct isp_ticket *ticket;
  const struct isp_user_brief *created_by; /* NULL: the system */
};
struct assigned {
  const struct isp_ticket *ticket;
  const struct isp_ticket_technician *technician; /* NULL: nobody any more */
};
struct moved {
  const struct isp_ticket *ticket;
  int old_status, new_status;
};
FIELDS(isp_live_user_out, struct isp_user_brief, "IspLiveUser",
       {FIELD(struct isp_user_brief, id, UUID, "id", ALWAYS),
        FIELD(struct isp_user_brief, full_name, TEXT, "full_name", ALWAYS),
        FIELD(struct isp_user_brief, role, WORD, "role", ALWAYS, .words = isp_role_words)});
FIELDS(isp_live_assignee_out, struct isp_ticket_technician, "IspLiveTechnician",
       {FIELD(struct isp_ticket_technician, id, UUID, "id", ALWAYS),
        FIELD(struct isp_ticket_technician, full_name, TEXT, "full_name", ALWAYS),
        FIELD(struct isp_ticket_technician, phone, TEXT, "phone", ALWAYS)});
FIELDS(isp_live_created, struct created, "IspTicketCreated",
       {FIELD(struct created, ticket, OBJECT, "ticket", ALWAYS, .of = &isp_ticket_out),
        FIELD(struct created, created_by, OBJECT, "created_by", ALWAYS, .of = &isp_live_user_out)});
FIELDS(isp_live_assigned, struct assigned, "IspTicketAssigned",
       {FIELD(struct assigned, ticket, OBJECT, "ticket", ALWAYS, .of = &isp_ticket_out),
        FIELD(struct assigned, technician, OBJECT, "technician", ALWAYS, .of = &isp_live_assignee_out)});
FIELDS(isp_live_moved, struct moved, "IspTicketStatusChanged",
       {FIELD(struct moved, ticket, OBJECT, "ticket", ALWAYS, .of = &isp_ticket_out),
        FIELD(struct moved, old_status, WORD, "old_status", ALWAYS, .words = isp_status_words),
        FIELD(struct moved, new_status, WORD, "new_status", ALWAYS, .words = isp_status_words)});

struct located {
  struct uuid technician_id;
  const struct isp_place *location;
  int64_t timestamp;
};
struct available {
  struct uuid technician_id;
  bool is_available;
};
FIELDS(isp_live_located, struct located, "IspTechnicianLocationUpdated",
       {FIELD(struct located, technician_id, UUID, "technician_id", ALWAYS),
        FIELD(struct located, location, OBJECT, "location", ALWAYS, .of = &isp_place_out),
        FIELD(struct located, timestamp, TIME, "timestamp", ALWAYS)});
FIELDS(isp_live_available, struct available, "IspTechnicianAvailabilityChanged",
       {FIELD(struct available, technician_id, UUID, "technician_id", ALWAYS),
        FIELD(struct available, is_available, BOOL, "is_available", ALWAYS)});

/* ---- tickets ---- */

/* The ticket as the lists show it. What shows tickets takes a call, and reads of it the ctx alone. */
static enum status show(struct ctx *ctx, const struct ticket *ticket, struct isp_ticket **out) {
  struct call *call = ARENA_NEW(ctx->arena, struct call);
  call->ctx = *ctx;
  enum status status = isp_show_tickets(call, ticket, 1, out);
  ctx->problem = call->ctx.problem;
  return status;
}

/* The account that an event names; *out stays NULL where it names none of this tenant. */
static enum status person_of(struct ctx *ctx, int64_t account_id, const struct ticket_person **out) {
  if (account_id == 0) {
    return STATUS_OK;
  }
  struct ticket_person *person = ARENA_NEW(ctx->arena, struct ticket_person);
  TRY(ticket_people(ctx, &account_id, 1, person));
  *out = person->id != 0 ? person : NULL;
  return STATUS_OK;
}

static enum status print_created(struct ctx *ctx, const struct event *event, const struct isp_ticket *ticket,
                                 struct buf *json) {
  const struct ticket_person *person = NULL;
  TRY(person_of(ctx, event->account_id, &person));
  struct isp_user_brief by = {0};
  if (person != NULL) {
    by = (struct isp_user_brief){person->uuid, person->name, person->role};
  }
  wire_print_json(json, &isp_live_created, &(struct created){ticket, person != NULL ? &by : NULL});
  return STATUS_OK;
}

static enum status print_assigned(struct ctx *ctx, const struct event *event, const struct isp_ticket *ticket,
                                  struct buf *json) {
  const struct ticket_person *person = NULL;
  TRY(person_of(ctx, event->new_value, &person));
  struct isp_ticket_technician to = {0};
  if (person != NULL) {
    to = (struct isp_ticket_technician){person->uuid, person->name, person->phone};
  }
  wire_print_json(json, &isp_live_assigned, &(struct assigned){ticket, person != NULL ? &to : NULL});
  return STATUS_OK;
}

enum status isp_live_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                            const char **name, struct buf *json) {
  struct isp_ticket *shown = NULL;
  TRY(show(ctx, ticket, &shown));
  switch (event->kind) {
    case EVENT_TICKET_CREATED:
      *name = "ticket:created";
      return print_created(ctx, event, shown, json);
    case EVENT_TICKET_ASSIGNED:
      *name = "ticket:assigned";
      return print_assigned(ctx, event, shown, json);
    case EVENT_TICKET_STATUS:
      *name = "ticket:status_changed";
      wire_print_json(json, &isp_live_moved,
                      &(struct moved){shown, (int)event->old_value, (int)event->new_value});
      return STATUS_OK;
    default:
      *name = NULL;
      return STATUS_OK;
  }
}

/* ---- people ---- */

enum status isp_live_technician(struct ctx *ctx, const struct event *event,
                                const struct technician *technician, const char **name, struct buf *json) {
  (void)ctx;
  *name = NULL;
  if (event->kind == EVENT_TECHNICIAN_MOVED && technician->located_at != 0) {
    *name = "technician:location_updated";
    const struct isp_place place = {technician->latitude, technician->longitude};
    wire_print_json(json, &isp_live_located,
                    &(struct located){technician->account.uuid, &place, technician->located_at});
  } else if (event->kind == EVENT_TECHNICIAN_AVAILABLE) {
    *name = "technician:availability_changed";
    wire_print_json(json, &isp_live_available,
                    &(struct available){technician->account.uuid, event->new_value == 1});
  }
  return STATUS_OK;
}

enum status isp_live_notice(struct ctx *ctx, const struct notice *notice, int language, const char **name,
                            struct buf *json) {
  *name = "notification:new";
  buf_add_text(json, "{\"notification\":");
  isp_print_notice(ctx->arena, notice, language, json);
  buf_add_char(json, '}');
  return STATUS_OK;
}
