#include <stdio.h>

#include "desk/event/event.h"
#include "desk/ticket/ticket_internal.h"

/* What the customer says of the work. */

const struct problem_kind ticket_not_solved = {STATUS_STATE, "ticket_not_solved",
                                               "Only a solved ticket can be rated."};

enum { RATING_MAX = 5 };

struct rating {
  struct uuid uuid;
  int64_t value;
  struct str text;
  struct ticket after;
};

static enum status rate_run(struct ctx *ctx, void *arg) {
  struct rating *rating = arg;
  struct ticket before;
  TRY(ticket_load(ctx, rating->uuid, true, &before));
  if (!ticket_visible(ctx->who, &before)) {
    return problem_set(ctx, &ticket_not_found);
  }
  if (before.author_id != ctx->who->account_id) {
    return problem_set(ctx, &ticket_forbidden);
  }
  if (!ticket_is_done(before.status)) {
    return problem_set(ctx, &ticket_not_solved);
  }
  struct ticket *after = &rating->after;
  *after = before;
  after->rating = rating->value;
  after->rating_text = rating->text;
  after->updated_at = ctx->now_us;
  struct str old_word = before.rating != 0 ? str_format(ctx->arena, "%d", (int)before.rating) : STR_NONE;
  TRY(ticket_record(
      ctx, after, ACTIVITY_RATED, old_word, str_format(ctx->arena, "%d", (int)after->rating),
      (struct event){.kind = EVENT_TICKET_RATED, .old_value = before.rating, .new_value = after->rating}));
  return ticket_write(ctx, &before, after);
}

enum status ticket_rate(struct ctx *ctx, struct uuid uuid, int64_t rating, struct str text,
                        struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  enum status faulty = rating >= 1 && rating <= RATING_MAX
                           ? STATUS_OK
                           : problem_fault(ctx, STR("rating"), STR("must be between 1 and 5"));
  if (text.at != NULL) {
    TRY(ticket_check_text(ctx, STR("feedback"), text));
  }
  TRY(faulty);
  struct rating rated = {.uuid = uuid, .value = rating, .text = text};
  TRY(db_write(ctx, rate_run, &rated));
  *out = rated.after;
  return STATUS_OK;
}
