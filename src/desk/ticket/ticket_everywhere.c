#include "desk/ticket/ticket_everywhere.h"

#include <limits.h>
#include <string.h>

#include "desk/statements.h"
#include "desk/tenant/tenant.h"

/* Lists over all tenants: the first page of each, merged. */

enum { EVERYWHERE_LIMIT_MAX = 1000 };

static enum status check_operator(struct ctx *ctx) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  return ctx->who->operator_staff ? STATUS_OK : problem_set(ctx, &access_forbidden);
}

/* Whose rows the database shows to the statements from here on. */
static void reach(struct ctx *ctx, int64_t tenant_id) {
  db_act_in(ctx->db, tenant_id);
}

enum status ticket_find_place(struct ctx *ctx, struct uuid uuid, bool everywhere, struct ticket_place *out) {
  TRY(everywhere ? check_operator(ctx) : access_check(ctx, MAY_TICKET_READ));
  struct ticket_place_row row;
  reach(ctx, everywhere ? DB_SYSTEM : ctx->who->tenant_id);
  enum status status = sql_ticket_place(ctx, &(struct ticket_place_in){uuid}, &row);
  reach(ctx, ctx->who->tenant_id);
  bool found = status == STATUS_OK && (everywhere || row.tenant_id == ctx->who->tenant_id);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !found)) {
    return problem_set(ctx, &ticket_not_found);
  }
  TRY(status);
  *out = (struct ticket_place){row.id, row.tenant_id};
  return STATUS_OK;
}

/* ---- whose tickets come into question ---- */

struct tenants {
  int64_t *ids;
  size_t count;
};

static enum status all_tenants(struct ctx *ctx, struct tenants *out) {
  struct tenant *found = NULL;
  size_t count = 0;
  TRY(tenant_list(ctx, &found, &count));
  out->ids = ARENA_ARRAY(ctx->arena, int64_t, count);
  out->count = 0;
  for (size_t i = 0; i < count; i++) {
    if (found[i].is_active) {
      out->ids[out->count++] = found[i].id;
    }
  }
  return STATUS_OK;
}

static void add_once(struct tenants *tenants, int64_t id) {
  for (size_t i = 0; i < tenants->count; i++) {
    if (tenants->ids[i] == id) {
      return;
    }
  }
  tenants->ids[tenants->count++] = id;
}

/* Where every ticket is wanted: those of the next ones, whose ids need no look at other tenants. */
static enum status next_tenants(struct ctx *ctx, struct ticket_filter *filter, struct tenants *out) {
  const struct ticket_walk_everywhere_in in = {.from_id = filter->after_id > 0 ? filter->after_id + 1 : 0,
                                               .before_id = filter->before_id,
                                               .limit = filter->limit};
  struct ticket_walk_everywhere_row *rows = NULL;
  size_t count = 0;
  TRY(sql_ticket_walk_everywhere_all(ctx, &in, EVERYWHERE_LIMIT_MAX, &rows, &count));
  *out = (struct tenants){ARENA_ARRAY(ctx->arena, int64_t, count), 0};
  for (size_t i = 0; i < count; i++) {
    add_once(out, rows[i].tenant_id);
  }
  if (count > 0) {
    filter->before_id = rows[count - 1].id + 1;
  }
  return STATUS_OK;
}

static bool wants_all(const struct ctx *ctx, const struct ticket_filter *filter) {
  return access_scope(ctx->who->role, MAY_TICKET_READ) == SCOPE_ALL && filter->statuses.count == 0 &&
         filter->priorities.count == 0 && filter->work_types.count == 0 && filter->categories.count == 0 &&
         filter->assignee_id == 0 && filter->author_id == 0 && filter->author_email.len == 0 &&
         filter->author_name.len == 0 && filter->created_from == 0 && filter->created_to == 0 &&
         filter->scheduled_from == 0 && filter->scheduled_to == 0;
}

/* ---- merging ---- */

/* The tickets with the lowest ids so far, in their order. */
struct page {
  struct ticket *tickets, *spare; /* room for `size` each */
  size_t count, size;
};

static void merge(struct page *page, const struct ticket *found, size_t found_count) {
  size_t left = 0, right = 0, n = 0;
  while (n < page->size && (left < page->count || right < found_count)) {
    bool old = right == found_count || (left < page->count && page->tickets[left].id < found[right].id);
    page->spare[n++] = old ? page->tickets[left++] : found[right++];
  }
  struct ticket *merged = page->spare;
  page->spare = page->tickets;
  page->tickets = merged;
  page->count = n;
}

/* One tenant's, as its own staff of the caller's role would list them. */
static enum status take_tenant(struct ctx *ctx, struct ticket_filter filter, int64_t tenant_id,
                               struct page *page) {
  const struct who *caller = ctx->who;
  struct who there = *caller;
  there.tenant_id = tenant_id;
  if (page->count == page->size) {
    filter.before_id = page->tickets[page->count - 1].id; /* what is younger is on no page of this length */
  }
  struct ticket *found = NULL;
  size_t count = 0;
  ctx->who = &there;
  reach(ctx, tenant_id);
  enum status status = ticket_list(ctx, &filter, &found, &count);
  ctx->who = caller;
  TRY(status);
  merge(page, found, count);
  return STATUS_OK;
}

struct everywhere {
  struct ticket_filter filter;
  struct page page;
};

static enum status list_run(struct ctx *ctx, void *arg) {
  struct everywhere *all = arg;
  struct tenants tenants = {0};
  all->page.count = 0;
  struct ticket_filter filter = all->filter;
  reach(ctx, DB_SYSTEM);
  TRY(wants_all(ctx, &filter) ? next_tenants(ctx, &filter, &tenants) : all_tenants(ctx, &tenants));
  for (size_t i = 0; i < tenants.count; i++) {
    TRY(take_tenant(ctx, filter, tenants.ids[i], &all->page));
  }
  return STATUS_OK;
}

enum status ticket_list_everywhere(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                                   size_t *count) {
  TRY(check_operator(ctx));
  struct everywhere all = {.filter = *filter};
  int64_t limit = filter->limit < 0 ? 0 : filter->limit;
  all.filter.limit = limit < EVERYWHERE_LIMIT_MAX ? limit : EVERYWHERE_LIMIT_MAX;
  all.filter.after_id = filter->after_id > 0 ? filter->after_id : LLONG_MIN + 1;
  all.filter.skip = 0;
  all.page.size = (size_t)all.filter.limit;
  all.page.tickets = ARENA_ARRAY(ctx->arena, struct ticket, all.page.size);
  all.page.spare = ARENA_ARRAY(ctx->arena, struct ticket, all.page.size);
  enum status status = db_read(ctx, list_run, &all);
  reach(ctx, ctx->who->tenant_id);
  TRY(status);
  *out = all.page.tickets;
  *count = all.page.count;
  return STATUS_OK;
}

/* ---- backwards ---- */

/* Every ticket of the tenant belongs to the list: the last one itself is on the page. */
static enum status page_before_all(struct ctx *ctx, int64_t last_id, int64_t limit, struct uuid *out) {
  struct ticket_page_before_row row;
  enum status status =
      sql_ticket_page_before(ctx, &(struct ticket_page_before_in){ctx->who->tenant_id, last_id, limit}, &row);
  *out = status == STATUS_OK ? row.uuid : (struct uuid){0};
  return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status ticket_page_before(struct ctx *ctx, const struct ticket_filter *filter, int64_t last_id,
                               int64_t limit, struct uuid *begins_behind, bool *any) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  if (wants_all(ctx, filter)) {
    *any = true;
    return page_before_all(ctx, last_id, limit, begins_behind);
  }
  struct ticket_filter backwards = *filter;
  struct ticket *tickets = NULL;
  size_t count = 0;
  backwards.brief = true;
  backwards.before_id = last_id + 1;
  backwards.after_id = 0;
  backwards.skip = 0;
  backwards.limit = limit + 1;
  TRY(ticket_list(ctx, &backwards, &tickets, &count));
  *any = count > 0;
  *begins_behind = (int64_t)count > limit ? tickets[count - 1].uuid : (struct uuid){0};
  return STATUS_OK;
}
