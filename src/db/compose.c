#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/engine.h"

/* The one place where the text of a statement depends on its parameters. tools/sqlgen has checked the
 * text and put marks where the brackets of optional parts and EACH( ) stood; all that is decided here is
 * which of the parts, all written by us, are in. No value ever enters a text. */
enum { PART_OPEN = 1, PART_CLOSE = 2, EACH_OPEN = 3, EACH_CLOSE = 4 };

enum { VARIANT_TEXT_MAX = 128 * 1024, COLUMNS_MAX = 64 };

struct db_variant {
  struct db_query query;
  unsigned statement;
  uint64_t present;           /* bit n: parameter n has a value */
  uint8_t sizes[COLUMNS_MAX]; /* of sets, counted without repetitions */
  uint64_t used;              /* the connection's clock at the last use */
  struct db_slot slots[DB_SLOTS_MAX];
};

unsigned db_ints_count(const struct db_ints *set) {
  unsigned count = 0;
  for (unsigned i = 0; i < set->count && i < DB_INTS_MAX; i++) {
    bool seen = false;
    for (unsigned j = 0; j < i; j++) {
      seen = seen || set->values[j] == set->values[i];
    }
    count += !seen;
  }
  return count;
}

int64_t db_ints_at(const struct db_ints *set, unsigned n) {
  for (unsigned i = 0; i < set->count && i < DB_INTS_MAX; i++) {
    bool seen = false;
    for (unsigned j = 0; j < i; j++) {
      seen = seen || set->values[j] == set->values[i];
    }
    if (!seen && n-- == 0) {
      return set->values[i];
    }
  }
  return 0;
}

/* ---- the text of a variant ---- */

struct maker {
  const struct db_statement *statement;
  uint64_t present;
  const uint8_t *sizes;
  const uint8_t *branch; /* inside EACH: which value of each set; else NULL */
  bool pgsql;
  struct buf *text;
  struct db_slot *slots;
  uint16_t slot_count;
  bool failed;
};

/* "$12" at `at`: the parameter's index; *next behind it. */
static unsigned parameter(const char *at, const char **next) {
  unsigned number = 0;
  for (at++; *at >= '0' && *at <= '9'; at++) {
    number = number * 10 + (unsigned)(*at - '0');
  }
  *next = at;
  return number - 1;
}

static void put_placeholder(struct maker *maker, unsigned column) {
  struct db_slot slot = {(uint8_t)column, maker->branch ? maker->branch[column] : 0};
  unsigned n = 0;
  while (n < maker->slot_count && memcmp(&maker->slots[n], &slot, sizeof(slot)) != 0) {
    n++;
  }
  if (n == DB_SLOTS_MAX) {
    maker->failed = true;
    return;
  }
  if (n == maker->slot_count) {
    maker->slots[maker->slot_count++] = slot;
  }
  buf_format(maker->text, "$%u", n + 1);
}

/* Is the part from `at` in? The parameter it names decides. *end is its closing mark. */
static bool part_is_in(const struct maker *maker, const char *at, const char *limit, const char **end) {
  bool in = true;
  while (at < limit && *at != PART_CLOSE) {
    if (*at == '$') {
      unsigned column = parameter(at, &at);
      in = in && (maker->present >> column & 1);
    } else {
      at++;
    }
  }
  *end = at;
  return in;
}

static void put_text(struct maker *maker, const char *at, const char *end) {
  while (at < end) {
    const char *part_end = NULL;
    if (*at == PART_OPEN) {
      at = part_is_in(maker, at + 1, end, &part_end) ? at + 1 : part_end + 1;
    } else if (*at == PART_CLOSE) {
      at++;
    } else if (*at == '$') {
      put_placeholder(maker, parameter(at, &at));
    } else {
      buf_add_char(maker->text, *at++);
    }
  }
}

/* The next combination of the sets' values; false after the last. */
static bool next_branch(const struct maker *maker, uint8_t *branch) {
  for (unsigned i = maker->statement->in_count; i-- > 0;) {
    if (maker->statement->in[i].type == DB_INTS && maker->sizes[i] > 0) {
      if (++branch[i] < maker->sizes[i]) {
        return true;
      }
      branch[i] = 0;
    }
  }
  return false;
}

/* What stands behind EACH( ): "ORDER BY … LIMIT … OFFSET …", up to the end or the bracket that closes around
 * it. */
struct tail {
  struct str order, limit, offset; /* NONE: not there */
};

static struct str between(const char *from, const char *until, const char *end) {
  return from ? (struct str){from, (size_t)((until ? until : end) - from)} : STR_NONE;
}

static struct tail tail_of(const char *at, const char *end) {
  int depth = 0;
  const char *stop = at;
  while (stop < end && !(*stop == ')' && depth == 0)) {
    depth += *stop == '(' ? 1 : *stop == ')' ? -1 : 0;
    stop++;
  }
  size_t len = (size_t)(stop - at);
  const char *order = memmem(at, len, "ORDER BY ", 9);
  const char *limit = order ? memmem(order, (size_t)(stop - order), " LIMIT ", 7) : NULL;
  const char *offset = limit ? memmem(limit, (size_t)(stop - limit), " OFFSET ", 8) : NULL;
  return (struct tail){between(order, limit, stop), between(limit ? limit + 7 : NULL, offset, stop),
                       between(offset ? offset + 8 : NULL, NULL, stop)};
}

static void put_str(struct maker *maker, const char *before, struct str text) {
  if (text.at) {
    buf_add_text(maker->text, before);
    put_text(maker, text.at, text.at + text.len);
  }
}

/* SQLite merges the branches' orders by itself. PostgreSQL plans a branch without regard to the order
 * outside, so there each one gets the order and as many rows as can be wanted of it. */
static void put_branch(struct maker *maker, const char *at, const char *end, const struct tail *tail) {
  if (!tail->limit.at) {
    put_text(maker, at, end);
    return;
  }
  buf_add_char(maker->text, '(');
  put_text(maker, at, end);
  put_str(maker, " ", tail->order);
  put_str(maker, " LIMIT ", tail->limit);
  put_str(maker, " + ", tail->offset);
  buf_add_char(maker->text, ')');
}

static unsigned branches_of(const struct maker *maker) {
  unsigned branches = 1;
  for (unsigned i = 0; i < maker->statement->in_count && branches <= DB_BRANCHES_MAX; i++) {
    if (maker->statement->in[i].type == DB_INTS && maker->sizes[i] > 0) {
      branches *= maker->sizes[i];
    }
  }
  return branches;
}

static void put_each(struct maker *maker, const char *at, const char *end, const char *text_end) {
  unsigned branches = branches_of(maker);
  if (branches > DB_BRANCHES_MAX) {
    maker->failed = true;
    return;
  }
  struct tail tail = {0};
  if (maker->pgsql && branches > 1) {
    tail = tail_of(end + 1, text_end);
  }
  uint8_t branch[COLUMNS_MAX] = {0};
  maker->branch = branch;
  for (unsigned n = 0; n == 0 || next_branch(maker, branch); n++) {
    buf_add_text(maker->text, n ? " UNION ALL " : "");
    put_branch(maker, at, end, &tail);
  }
  maker->branch = NULL;
}

enum status db_compose_text(const struct db_statement *statement, bool pgsql, uint64_t present,
                            const uint8_t *sizes, struct buf *text, struct db_slot slots[DB_SLOTS_MAX],
                            uint16_t *slot_count) {
  struct maker maker = {.statement = statement,
                        .present = present,
                        .sizes = sizes,
                        .text = text,
                        .slots = slots,
                        .pgsql = pgsql};
  const char *source = pgsql && statement->pgsql ? statement->pgsql : statement->text;
  const char *end = source + strlen(source);
  const char *open = strchr(source, EACH_OPEN);
  const char *close = open ? strchr(open, EACH_CLOSE) : NULL;
  if (close) {
    put_text(&maker, source, open);
    put_each(&maker, open + 1, close, end);
    put_text(&maker, close + 1, end);
  } else {
    put_text(&maker, source, end);
  }
  if (maker.failed || text->full) {
    return STATUS_BROKEN;
  }
  *slot_count = maker.slot_count;
  return STATUS_OK;
}

/* ---- the variants of a connection ---- */

static bool is_present(const struct db_column *column, const void *in) {
  const void *at = (const char *)in + column->offset;
  switch ((enum db_type)column->type) {
    case DB_INTS:
      return ((const struct db_ints *)at)->count > 0;
    case DB_INT:
      return !column->nullable || *(const int64_t *)at != 0;
    case DB_UUID:
      return !column->nullable || !uuid_is_none(*(const struct uuid *)at);
    case DB_TEXT:
    case DB_BLOB:
      return !column->nullable || ((const struct str *)at)->at != NULL;
    case DB_REAL: {
      double real = *(const double *)at;
      return !column->nullable || real == real; /* NaN is NULL */
    }
    case DB_BOOL:
      break;
  }
  return true;
}

static void key_of(const struct db_statement *statement, const void *in, uint64_t *present,
                   uint8_t sizes[COLUMNS_MAX]) {
  *present = 0;
  for (unsigned i = 0; i < statement->in_count; i++) {
    const struct db_column *column = &statement->in[i];
    if (is_present(column, in)) {
      *present |= UINT64_C(1) << i;
    }
    if (column->type == DB_INTS) {
      sizes[i] = (uint8_t)db_ints_count((const struct db_ints *)((const char *)in + column->offset));
    }
  }
}

static void variant_free(struct db *db, struct db_variant *variant) {
  if (!variant) {
    return;
  }
  db->engine->forget(db, &variant->query);
  free((char *)variant->query.text);
  free(variant);
}

/* The place for one more: a free one, or that of the variant whose use is longest ago. */
static unsigned place_for_one(struct db *db) {
  if (db->variant_count < DB_VARIANTS_MAX) {
    return db->variant_count++;
  }
  unsigned oldest = 0;
  for (unsigned i = 1; i < db->variant_count; i++) {
    if (db->variants[oldest]->query.running ||
        (!db->variants[i]->query.running && db->variants[i]->used < db->variants[oldest]->used)) {
      oldest = i;
    }
  }
  variant_free(db, db->variants[oldest]);
  db->variants[oldest] = NULL;
  return oldest;
}

static enum status variant_new(struct db *db, unsigned statement, uint64_t present, const uint8_t *sizes,
                               struct db_variant **out) {
  const struct db_statement *known = &db->config.statements[statement];
  CLEANUP_BUF struct buf text;
  buf_init(&text, VARIANT_TEXT_MAX);
  struct db_variant *variant = calloc(1, sizeof(*variant));
  if (!variant) {
    die("out of memory");
  }
  variant->statement = statement;
  variant->present = present;
  memcpy(variant->sizes, sizes, sizeof(variant->sizes));
  variant->query.statement = known;
  variant->query.slots = variant->slots;
  variant->query.number = db->next_number++;
  enum status status = db_compose_text(known, db->engine->pgsql, present, sizes, &text, variant->slots,
                                       &variant->query.slot_count);
  if (status != STATUS_OK) {
    free(variant);
    db_fail(db, status, "statement %s: the filters make more than %d branches", known->name, DB_BRANCHES_MAX);
    return status;
  }
  variant->query.text = strndup(text.at, text.len);
  if (!variant->query.text) {
    die("out of memory");
  }
  struct db_query *query = &variant->query;
  status = db->engine->prepare(db, &query, 1);
  if (status != STATUS_OK) {
    variant_free(db, variant);
    return status;
  }
  *out = variant;
  return STATUS_OK;
}

enum status db_compose(struct db *db, unsigned statement, const void *in, struct db_query **query) {
  uint64_t present = 0;
  uint8_t sizes[COLUMNS_MAX] = {0};
  key_of(&db->config.statements[statement], in, &present, sizes);
  for (unsigned i = 0; i < db->variant_count; i++) {
    struct db_variant *known = db->variants[i];
    if (known->statement == statement && known->present == present &&
        memcmp(known->sizes, sizes, sizeof(sizes)) == 0) {
      known->used = ++db->variant_clock;
      *query = &known->query;
      return STATUS_OK;
    }
  }
  struct db_variant *variant = NULL;
  TRY(variant_new(db, statement, present, sizes, &variant));
  variant->used = ++db->variant_clock;
  db->variants[place_for_one(db)] = variant;
  *query = &variant->query;
  return STATUS_OK;
}

static enum status try_variant(struct db *db, unsigned statement, uint64_t present, const uint8_t *sizes) {
  struct db_variant *variant = NULL;
  TRY(variant_new(db, statement, present, sizes, &variant));
  variant_free(db, variant);
  return STATUS_OK;
}

enum status db_compose_check(struct db *db, unsigned statement) {
  const struct db_statement *known = &db->config.statements[statement];
  uint64_t barest = 0;
  uint8_t none[COLUMNS_MAX] = {0}, two[COLUMNS_MAX] = {0};
  unsigned sets = 0;
  for (unsigned i = 0; i < known->in_count; i++) {
    if (known->in[i].type == DB_INTS) {
      two[i] = sets++ < 3 ? 2 : 1;
    } else if (!known->in[i].nullable) {
      barest |= UINT64_C(1) << i;
    }
  }
  TRY(try_variant(db, statement, barest, none));
  return try_variant(db, statement, UINT64_MAX, two);
}

void db_compose_forget(struct db *db) {
  for (unsigned i = 0; i < db->variant_count; i++) {
    variant_free(db, db->variants[i]);
  }
  db->variant_count = 0;
}
