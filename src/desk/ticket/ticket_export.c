#include "desk/ticket/ticket_export.h"

#include <stdlib.h>

/* A list in brief, with the names of those who have the tickets. */

char *ticket_line_number(const struct ticket_line *line, char out[TICKET_NUMBER_SIZE]) {
  const struct ticket ticket = {.id = line->id, .created_at = line->created_at};
  return ticket_number(&ticket, out);
}

/* ---- who has them: each person looked up once ---- */

struct people {
  int64_t *ids; /* ascending, each once */
  struct ticket_person *persons;
  size_t count;
};

static int compare_ids(const void *left, const void *right) {
  const int64_t *a = left, *b = right;
  return *a < *b ? -1 : *a > *b;
}

static enum status load_people(struct ctx *ctx, const struct ticket *tickets, size_t count,
                               struct people *out) {
  int64_t *ids = ARENA_ARRAY(ctx->arena, int64_t, count + 1);
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (tickets[i].assignee_id != 0) {
      ids[n++] = tickets[i].assignee_id;
    }
  }
  qsort(ids, n, sizeof *ids, compare_ids);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (kept == 0 || ids[kept - 1] != ids[i]) {
      ids[kept++] = ids[i];
    }
  }
  struct ticket_person *persons = ARENA_ARRAY(ctx->arena, struct ticket_person, kept + 1);
  for (size_t from = 0; from < kept; from += TICKET_PEOPLE_MAX) {
    size_t part = kept - from < TICKET_PEOPLE_MAX ? kept - from : TICKET_PEOPLE_MAX;
    TRY(ticket_people(ctx, ids + from, part, persons + from));
  }
  *out = (struct people){ids, persons, kept};
  return STATUS_OK;
}

static const struct ticket_person *person_of(const struct people *people, int64_t id) {
  const int64_t *found = bsearch(&id, people->ids, people->count, sizeof id, compare_ids);
  return found != NULL ? &people->persons[found - people->ids] : NULL;
}

/* ---- lines ---- */

static struct ticket_line line_of(const struct ticket *ticket, const struct ticket_person *assignee) {
  return (struct ticket_line){
      .id = ticket->id,
      .uuid = ticket->uuid,
      .title = ticket->title,
      .work_type = ticket->work_type,
      .priority = ticket->priority,
      .status = ticket->status,
      .created_at = ticket->created_at,
      .scheduled_at = ticket->scheduled_at,
      .resolve_due_at = ticket->sla.resolve_due_at,
      .resolved_at = ticket->resolved_at,
      .rating = ticket->rating,
      .author_uuid = ticket->author_uuid,
      .author_name = ticket->author_name,
      .assignee_uuid = assignee != NULL ? assignee->uuid : (struct uuid){{0}},
      .assignee_name = assignee != NULL ? assignee->name : STR_NONE,
  };
}

enum status ticket_export(struct ctx *ctx, const struct ticket_filter *filter, ticket_line_each each,
                          void *arg) {
  struct ticket_filter brief = *filter;
  brief.brief = true;
  brief.skip = 0;
  struct ticket *tickets = NULL;
  size_t count = 0;
  TRY(ticket_list(ctx, &brief, &tickets, &count));
  struct people people;
  TRY(load_people(ctx, tickets, count, &people));
  for (size_t i = 0; i < count; i++) {
    const struct ticket_line line = line_of(&tickets[i], person_of(&people, tickets[i].assignee_id));
    TRY(each(ctx, arg, &line));
  }
  return STATUS_OK;
}
