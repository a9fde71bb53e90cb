#include <inttypes.h>

#include "base/buf.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* The people on a page of tickets, by one statement, and the number of one whom a filter names. */

enum { IDS_BYTES_MAX = TICKET_PEOPLE_MAX * 21 + 8 };

enum status ticket_people(struct ctx *ctx, const int64_t *ids, size_t count, struct ticket_person *out) {
  if (count > TICKET_PEOPLE_MAX) {
    return problem_set(ctx, &problem_broken);
  }
  CLEANUP_BUF struct buf list;
  buf_init(&list, IDS_BYTES_MAX);
  buf_add_char(&list, '[');
  for (size_t i = 0; i < count; i++) {
    buf_format(&list, i > 0 ? ",%" PRId64 : "%" PRId64, ids[i]);
  }
  buf_add_char(&list, ']');
  const struct ticket_people_of_in in = {.tenant_id = ctx->who->tenant_id,
                                         .operator_id = TENANT_OPERATOR,
                                         .ids = buf_str(&list),
                                         .limit = TICKET_PEOPLE_MAX};
  struct ticket_people_of_row *rows = NULL;
  size_t found = 0;
  TRY(sql_ticket_people_of_all(ctx, &in, TICKET_PEOPLE_MAX, &rows, &found));
  for (size_t i = 0; i < count; i++) {
    out[i] = (struct ticket_person){0};
    for (size_t k = 0; k < found; k++) {
      if (rows[k].id == ids[i]) {
        out[i] = (struct ticket_person){
            .id = rows[k].id,
            .uuid = rows[k].uuid,
            .name = rows[k].name,
            .email = rows[k].email,
            .phone = rows[k].phone,
            .address = rows[k].address,
            .role = (int)rows[k].role,
        };
        break;
      }
    }
  }
  return STATUS_OK;
}

enum status ticket_person_number(struct ctx *ctx, struct uuid uuid, int64_t id, int64_t *out) {
  const struct ticket_person_number_in in = {.tenant_id = ctx->who->tenant_id, .uuid = uuid, .id = id};
  struct ticket_person_number_row row = {.id = TICKET_NOBODY};
  if (!uuid_is_none(uuid) || id > 0) {
    TRY(db_flush(ctx));
    enum status status = sql_ticket_person_number(ctx, &in, &row);
    TRY(status != STATUS_NOT_FOUND ? status : STATUS_OK);
  }
  *out = row.id;
  return STATUS_OK;
}
