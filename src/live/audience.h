#ifndef SIGAP_LIVE_AUDIENCE_H
#define SIGAP_LIVE_AUDIENCE_H

#include "desk/access/access.h"
#include "desk/ticket/ticket.h"
#include "net/socketio.h"

/* Who hears what: rooms, so that it is decided once for an event and once for a socket, by the permission
 * table. A socket stands in at most one of the rooms that an event is sent to, and hears it once. */

enum { LIVE_ROOMS_MAX = 5 };
struct live_rooms {
  unsigned count;
  char names[LIVE_ROOMS_MAX][SOCKETIO_ROOM_MAX];
};

/* Those that a socket of this caller joins. */
void live_rooms_of_caller(const struct who *who, struct live_rooms *out);
/* Those that may read the ticket as it is: MAY_TICKET_READ. */
void live_rooms_of_ticket(const struct ticket *ticket, struct live_rooms *out);
/* Those that may read the technician: MAY_TECHNICIAN_READ. */
void live_rooms_of_technician(int64_t tenant_id, int64_t account_id, struct live_rooms *out);
/* The account itself. */
void live_rooms_of_account(int64_t account_id, struct live_rooms *out);
bool live_rooms_meet(const struct live_rooms *a, const struct live_rooms *b);

#endif
