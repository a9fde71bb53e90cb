#include "desk/access/access.h"
#include "desk/inventory/inventory_internal.h"
#include "desk/statements.h"

const struct problem_kind item_not_found = {STATUS_NOT_FOUND, "item_not_found", "There is no such item."};
const struct problem_kind item_sku_taken = {STATUS_DUPLICATE, "sku_taken",
                                            "There is another item with this stock-keeping unit."};

const struct problem_kind inventory_list_too_large = {
    STATUS_TOO_LARGE, "inventory_list_too_large",
    "These rows are too much text for one answer; ask for fewer at a time."};

enum {
  /* What a request needs beside the rows it lists. */
  LIST_ARENA_RESERVE_BYTES = 256 * 1024,
  NAME_POINTS_MAX = 255,
  SKU_POINTS_MAX = 100,
  TEXT_BYTES_MAX = 64 * 1024,
  ITEM_LIST_MAX = 1000
};

struct item item_from_row(const struct item_row *row) {
  return (struct item){
      .id = row->id,
      .uuid = row->uuid,
      .name = row->name,
      .category = row->category,
      .sku = row->sku,
      .description = row->description,
      .price_e4 = row->price_e4,
      .stock = row->stock,
      .min_stock = row->min_stock,
      .is_low = row->is_low,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
  };
}

/* ---- what an item must be ---- */

static const char *text_fault(struct str text) {
  if (!str_utf8(text)) {
    return "must be UTF-8 text";
  }
  return str_has_control(text) ? "must not hold control characters" : NULL;
}

enum status item_check_line(struct ctx *ctx, struct str field, struct str text, size_t points_max) {
  if (str_trim(text).len == 0) {
    return problem_fault(ctx, field, STR("is required"));
  }
  const char *fault = text_fault(text);
  if (fault == NULL && str_points(text) > points_max) {
    return problem_fault(ctx, field, str_format(ctx->arena, "must be at most %zu characters", points_max));
  }
  return fault == NULL ? STATUS_OK : problem_fault(ctx, field, str_of(fault));
}

enum status item_check_text(struct ctx *ctx, const char *field, struct str text) {
  const char *fault = text.len > TEXT_BYTES_MAX ? "must be at most 64 KiB" : text_fault(text);
  return fault == NULL ? STATUS_OK : problem_fault(ctx, str_of(field), str_of(fault));
}

static enum status check_number(struct ctx *ctx, const char *field, int64_t number, int64_t max,
                                const char *fault) {
  return number >= 0 && number <= max ? STATUS_OK : problem_fault(ctx, str_of(field), str_of(fault));
}

/* All faults at once. */
static enum status check(struct ctx *ctx, const struct item_new *item) {
  static const char pieces[] = "must be from 0 to 1,000,000,000";
  const enum status found[] = {
      item_check_line(ctx, STR("name"), item->name, NAME_POINTS_MAX),
      item_check_line(ctx, STR("category"), item->category, NAME_POINTS_MAX),
      item_check_line(ctx, STR("sku"), item->sku, SKU_POINTS_MAX),
      item_check_text(ctx, "description", item->description),
      check_number(ctx, "unit_price", item->price_e4, PRICE_MAX_E4, "must be from 0 to 1,000,000,000,000"),
      check_number(ctx, "stock_quantity", item->stock, STOCK_MAX, pieces),
      check_number(ctx, "min_stock_level", item->min_stock, STOCK_MAX, pieces),
  };
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    TRY(found[i]);
  }
  return STATUS_OK;
}

/* ---- making one ---- */

struct creation {
  const struct item_new *from;
  struct item item;
};

static enum status create_run(struct ctx *ctx, void *arg) {
  struct creation *creation = arg;
  const struct item_new *from = creation->from;
  struct item *item = &creation->item;
  const struct item_insert_in in = {
      .tenant_id = ctx->who->tenant_id,
      .uuid = item->uuid = uuid_v7(ctx->now_us),
      .name = from->name,
      .name_folded = str_fold(ctx->arena, from->name),
      .category = from->category,
      .category_folded = str_fold(ctx->arena, from->category),
      .sku = from->sku,
      .sku_folded = str_fold(ctx->arena, from->sku),
      .description = from->description,
      .price_e4 = from->price_e4,
      .stock = from->stock,
      .min_stock = from->min_stock,
      .is_low = item->is_low,
      .now = ctx->now_us,
  };
  struct item_insert_row row;
  enum status status = sql_item_insert(ctx, &in, &row);
  if (status == STATUS_DUPLICATE) {
    return problem_set(ctx, &item_sku_taken);
  }
  TRY(status);
  item->id = row.id;
  const struct stock_change first = {
      .kind = MOVEMENT_INITIAL, .quantity = item->stock, .pieces = item->stock};
  return stock_record(ctx, item, item->is_low, &first);
}

enum status item_create(struct ctx *ctx, const struct item_new *new_item, struct item *out) {
  TRY(access_check(ctx, MAY_INVENTORY_WRITE));
  TRY(check(ctx, new_item));
  struct creation creation = {.from = new_item,
                              .item = {
                                  .name = new_item->name,
                                  .category = new_item->category,
                                  .sku = new_item->sku,
                                  .description = new_item->description,
                                  .price_e4 = new_item->price_e4,
                                  .stock = new_item->stock,
                                  .min_stock = new_item->min_stock,
                                  .is_low = new_item->stock <= new_item->min_stock,
                                  .created_at = ctx->now_us,
                                  .updated_at = ctx->now_us,
                              }};
  TRY(db_write(ctx, create_run, &creation));
  *out = creation.item;
  return STATUS_OK;
}

/* ---- changing one ---- */

struct changing {
  struct uuid uuid;
  const struct item_change *change;
  struct item item;
};

static bool text_differs(struct str a, struct str b) {
  return (a.at == NULL) != (b.at == NULL) || !str_equal(a, b);
}

static void apply(const struct item_change *change, struct item *item) {
  const struct item_new *to = &change->to;
  item->name = change->has_name ? to->name : item->name;
  item->category = change->has_category ? to->category : item->category;
  item->sku = change->has_sku ? to->sku : item->sku;
  item->description = change->has_description ? to->description : item->description;
  item->price_e4 = change->has_price ? to->price_e4 : item->price_e4;
  item->stock = change->has_stock ? to->stock : item->stock;
  item->min_stock = change->has_min_stock ? to->min_stock : item->min_stock;
  item->is_low = item->stock <= item->min_stock;
}

static bool differs(const struct item *a, const struct item *b) {
  return text_differs(a->name, b->name) || text_differs(a->category, b->category) ||
         text_differs(a->sku, b->sku) || text_differs(a->description, b->description) ||
         a->price_e4 != b->price_e4 || a->stock != b->stock || a->min_stock != b->min_stock;
}

static enum status check_item(struct ctx *ctx, const struct item *item) {
  const struct item_new whole = {.name = item->name,
                                 .category = item->category,
                                 .sku = item->sku,
                                 .description = item->description,
                                 .price_e4 = item->price_e4,
                                 .stock = item->stock,
                                 .min_stock = item->min_stock};
  return check(ctx, &whole);
}

static enum status write_item(struct ctx *ctx, const struct item *item) {
  const struct item_update_in in = {
      .id = item->id,
      .name = item->name,
      .name_folded = str_fold(ctx->arena, item->name),
      .category = item->category,
      .category_folded = str_fold(ctx->arena, item->category),
      .sku = item->sku,
      .sku_folded = str_fold(ctx->arena, item->sku),
      .description = item->description,
      .price_e4 = item->price_e4,
      .stock = item->stock,
      .min_stock = item->min_stock,
      .is_low = item->is_low,
      .now = item->updated_at,
  };
  enum status status = sql_item_update(ctx, &in, NULL);
  return status == STATUS_DUPLICATE ? problem_set(ctx, &item_sku_taken) : status;
}

static enum status change_run(struct ctx *ctx, void *arg) {
  struct changing *changing = arg;
  const struct item_by_uuid_locked_in in = {.tenant_id = ctx->who->tenant_id, .uuid = changing->uuid};
  struct item_row row;
  enum status status = sql_item_by_uuid_locked(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &item_not_found);
  }
  TRY(status);
  const struct item before = item_from_row(&row);
  struct item *after = &changing->item;
  *after = before;
  apply(changing->change, after);
  TRY(check_item(ctx, after));
  if (!differs(&before, after)) {
    return STATUS_OK;
  }
  after->updated_at = ctx->now_us;
  TRY(write_item(ctx, after));
  int64_t added = after->stock - before.stock;
  const struct stock_change adjusted = {
      .kind = MOVEMENT_ADJUSTED, .quantity = added, .pieces = added < 0 ? -added : added};
  return stock_record(ctx, after, before.is_low, added != 0 ? &adjusted : NULL);
}

enum status item_change(struct ctx *ctx, struct uuid uuid, const struct item_change *change,
                        struct item *out) {
  TRY(access_check(ctx, MAY_INVENTORY_WRITE));
  struct changing changing = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, change_run, &changing));
  *out = changing.item;
  return STATUS_OK;
}

/* ---- reading ---- */

enum status item_load(struct ctx *ctx, struct uuid uuid, struct item *out) {
  const struct item_by_uuid_in in = {.tenant_id = ctx->who->tenant_id, .uuid = uuid};
  struct item_row row;
  enum status status = sql_item_by_uuid(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &item_not_found);
  }
  TRY(status);
  *out = item_from_row(&row);
  return STATUS_OK;
}

enum status item_get(struct ctx *ctx, struct uuid uuid, struct item *out) {
  TRY(access_check(ctx, MAY_INVENTORY_READ));
  return item_load(ctx, uuid, out);
}

enum status item_check_room(struct ctx *ctx, size_t bytes) {
  return arena_left(ctx->arena) < bytes + LIST_ARENA_RESERVE_BYTES
             ? problem_set(ctx, &inventory_list_too_large)
             : STATUS_OK;
}

struct collection {
  struct item *items; /* room for as many as the statement's limit */
  size_t count;
};

/* Row by row, because a thousand descriptions of full length are more than a request may hold. */
static enum status collect(struct ctx *ctx, void *arg, const void *found) {
  struct collection *all = arg;
  const struct item_row *row = found;
  TRY(item_check_room(ctx, row->name.len + row->category.len + row->sku.len + row->description.len));
  struct item item = item_from_row(row);
  item.name = str_copy(ctx->arena, item.name);
  item.category = str_copy(ctx->arena, item.category);
  item.sku = str_copy(ctx->arena, item.sku);
  item.description = str_copy(ctx->arena, item.description);
  all->items[all->count++] = item;
  return STATUS_OK;
}

enum status item_list(struct ctx *ctx, const struct item_filter *filter, struct item **out, size_t *count,
                      int64_t *total) {
  TRY(access_check(ctx, MAY_INVENTORY_READ));
  const struct item_page_in in = {
      .tenant_id = ctx->who->tenant_id,
      .category = filter->category.len > 0 ? str_fold(ctx->arena, filter->category) : STR_NONE,
      .like = str_like(ctx->arena, filter->search),
      .low = filter->low == ITEM_LOW,
      .not_low = filter->low == ITEM_NOT_LOW,
      .before_id = filter->before_id,
      .skip = filter->skip,
      .limit = filter->limit < ITEM_LIST_MAX ? filter->limit : ITEM_LIST_MAX,
  };
  TRY(item_check_room(ctx, (size_t)in.limit * sizeof(struct item)));
  struct collection all = {.items = ARENA_ARRAY(ctx->arena, struct item, (size_t)in.limit)};
  TRY(sql_item_page_each(ctx, &in, collect, &all));
  if (total != NULL) {
    const struct item_total_in whole = {in.tenant_id, in.category, in.like, in.low, in.not_low};
    struct item_total_row found;
    TRY(sql_item_total(ctx, &whole, &found));
    *total = found.items;
  }
  *out = all.items;
  *count = all.count;
  return STATUS_OK;
}
