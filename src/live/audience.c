#include "live/audience.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct live_rooms *rooms, char owner, int64_t id, const char *what) {
  snprintf(rooms->names[rooms->count++], SOCKETIO_ROOM_MAX, "%c%" PRId64 "%s", owner, id, what);
}

void live_rooms_of_caller(const struct who *who, struct live_rooms *out) {
  out->count = 0;
  add(out, 'a', who->account_id, "");
  enum scope tickets = access_scope(who->role, MAY_TICKET_READ);
  if (tickets == SCOPE_ALL) {
    add(out, 't', who->tenant_id, ":tickets");
  } else if (tickets == SCOPE_READABLE) {
    add(out, 't', who->tenant_id, ":unassigned");
    add(out, 'a', who->account_id, ":assigned");
  } else if (tickets == SCOPE_OWN) {
    add(out, 'a', who->account_id, ":tickets");
  }
  enum scope technicians = access_scope(who->role, MAY_TECHNICIAN_READ);
  if (technicians == SCOPE_ALL) {
    add(out, 't', who->tenant_id, ":technicians");
  } else if (technicians == SCOPE_OWN) {
    add(out, 'a', who->account_id, ":technician");
  }
}

void live_rooms_of_ticket(const struct ticket *ticket, struct live_rooms *out) {
  out->count = 0;
  add(out, 't', ticket->tenant_id, ":tickets");
  add(out, 'a', ticket->author_id, ":tickets");
  if (ticket->assignee_id == 0) {
    add(out, 't', ticket->tenant_id, ":unassigned");
  } else {
    add(out, 'a', ticket->assignee_id, ":assigned");
  }
}

void live_rooms_of_technician(int64_t tenant_id, int64_t account_id, struct live_rooms *out) {
  out->count = 0;
  add(out, 't', tenant_id, ":technicians");
  add(out, 'a', account_id, ":technician");
}

void live_rooms_of_account(int64_t account_id, struct live_rooms *out) {
  out->count = 0;
  add(out, 'a', account_id, "");
}

bool live_rooms_meet(const struct live_rooms *a, const struct live_rooms *b) {
  for (unsigned i = 0; i < a->count; i++) {
    for (unsigned k = 0; k < b->count; k++) {
      if (strcmp(a->names[i], b->names[k]) == 0) {
        return true;
      }
    }
  }
  return false;
}
