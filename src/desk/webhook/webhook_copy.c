#include "desk/webhook/webhook_copy.h"

#include "db/db.h"
#include "desk/statements.h"

/* Where each endpoint goes on in a copy of the store. */

enum { LOT = 500 };

struct lot {
  const struct webhook_places_row *places;
  size_t count;
  struct lot *next;
};

static enum status look(struct ctx *from, void **found) {
  struct lot *first = NULL, **last = &first;
  for (struct webhook_places_in in = {.after_id = 0, .limit = LOT};;) {
    struct webhook_places_row *places = NULL;
    size_t count = 0;
    TRY(sql_webhook_places_all(from, &in, LOT, &places, &count));
    if (count == 0) {
      *found = first;
      return STATUS_OK;
    }
    struct lot *lot = ARENA_NEW(from->arena, struct lot);
    *lot = (struct lot){places, count, NULL};
    *last = lot;
    last = &lot->next;
    in.after_id = places[count - 1].id;
  }
}

static enum status renew(struct ctx *to, void *found) {
  for (const struct lot *lot = found; lot != NULL; lot = lot->next) {
    for (size_t i = 0; i < lot->count; i++) {
      const struct webhook_place_in in = {lot->places[i].id, lot->places[i].at_id};
      TRY(sql_webhook_place(to, &in, NULL));
    }
  }
  return STATUS_OK;
}

const struct db_renewal webhook_renewal = {look, renew};
