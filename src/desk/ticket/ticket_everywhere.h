#ifndef SIGAP_DESK_TICKET_EVERYWHERE_H
#define SIGAP_DESK_TICKET_EVERYWHERE_H

#include "desk/ticket/ticket.h"

/* The operator's staff look after the tickets of all tenants. These two find them; what is done with one is
 * the same command as ever, in the ticket's own tenant. */

/* Where a ticket stands, whoever may read it and whether or not it was removed: a list goes on behind its
 * number, a call about it acts in its tenant. */
struct ticket_place {
  int64_t id;
  int64_t tenant_id;
};
/* A ticket of the caller's tenant; everywhere: of any tenant, for operator staff alone (access_forbidden).
 * Else ticket_not_found. */
enum status ticket_find_place(struct ctx *ctx, struct uuid uuid, bool everywhere,
                              struct ticket_place *out) MUST_CHECK;

/* As ticket_list, over all active tenants together, for operator staff alone: what the caller's role may
 * read, always oldest first, between filter->after_id and filter->before_id, without skip. A few index
 * entries of every tenant are looked at where the filter or the role narrows, so it is work for the pool;
 * else only the page's own. */
enum status ticket_list_everywhere(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                                   size_t *count) MUST_CHECK;

/* For a list that is walked upwards: behind which ticket the page of `limit` rows begins that ends with
 * `last_id`; none where it begins with the first ticket. The filter's keyset, skip and limit don't count.
 * *any: whether that page has a row at all. Of the caller's tenant. */
enum status ticket_page_before(struct ctx *ctx, const struct ticket_filter *filter, int64_t last_id,
                               int64_t limit, struct uuid *begins_behind, bool *any) MUST_CHECK;

#endif
