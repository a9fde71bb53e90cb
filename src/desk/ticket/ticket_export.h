#ifndef SIGAP_DESK_TICKET_EXPORT_H
#define SIGAP_DESK_TICKET_EXPORT_H

#include "desk/ticket/ticket.h"

/* Tickets by the million, a line each, for reports: what a line shows and nothing else. A report asks for a
 * few thousand at a time, each time from the last line on. */
struct ticket_line {
  int64_t id;
  struct uuid uuid;
  struct str title;
  int work_type, priority, status;
  int64_t created_at;
  int64_t scheduled_at, resolve_due_at, resolved_at; /* 0 none */
  int64_t rating;                                    /* 0 none */
  struct uuid author_uuid, assignee_uuid;            /* assignee none: nobody */
  struct str author_name, assignee_name;
};
/* As ticket_number. */
char *ticket_line_number(const struct ticket_line *line, char out[TICKET_NUMBER_SIZE]);

typedef enum status (*ticket_line_each)(struct ctx *ctx, void *arg, const struct ticket_line *line);
/* As ticket_list, newest first from filter->before_id on, at most filter->limit lines, each given to `each`,
 * whose failure ends it and is returned; the line and its texts live until `each` returns. skip must be 0. */
enum status ticket_export(struct ctx *ctx, const struct ticket_filter *filter, ticket_line_each each,
                          void *arg) MUST_CHECK;

#endif
