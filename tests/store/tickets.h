#ifndef SIGAP_TESTS_TICKETS_H
#define SIGAP_TESTS_TICKETS_H

#include "people.h"

/* What the tests of the ticket commands share. */

#define COUNT_OF(store, table) store_number((store), "SELECT COUNT(*) FROM " table)

static inline struct ticket_status_change to_status(enum ticket_status set) {
  return (struct ticket_status_change){.set = set};
}

static inline enum status set_status(struct store *store, const struct who *who, const struct ticket *ticket,
                                     enum ticket_status set, struct ticket *out) {
  const struct ticket_status_change change = to_status(set);
  return ticket_set_status(as(store, who), ticket->uuid, &change, out);
}

/* The history after the creation, an entry a line: "action:field:old>new". */
static inline void assert_history(struct store *store, int64_t ticket_id, const char *expected) {
  const char *rows = SQL(store,
                         "SELECT id, CAST(action AS TEXT) || ':' || COALESCE(field, '') || ':' || "
                         "COALESCE(old_value, '') || '>' || COALESCE(new_value, '') AS line FROM activity "
                         "WHERE ticket_id = %" PRId64 " ORDER BY id LIMIT 1000 OFFSET 2",
                         ticket_id);
  const char *lines = store->pgsql ? "STRING_AGG(line, CHR(10) ORDER BY id)" : "GROUP_CONCAT(line, CHAR(10))";
  const char *all = SQL(store, "SELECT COALESCE(%s, '') FROM (%s) h", lines, rows);
  assert_str(store_text(store, all), expected);
}

/* Notices of a kind to an account, about a ticket (0: any). */
static inline int64_t notices_to(struct store *store, const struct who *who, int kind) {
  return NUMBER(store, "SELECT COUNT(*) FROM notice WHERE account_id = %" PRId64 " AND kind = %d",
                who->account_id, kind);
}

#endif
