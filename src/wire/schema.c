#include <string.h>

#include "base/log.h"
#include "wire/internal.h"

/* The JSON Schema of the rows, for OpenAPI 3.1 (draft 2020-12). What is emitted here must say exactly what
 * read.c takes and print.c gives: the recorded answers are checked against it. */

static void key_int(struct buf *out, const char *name, int64_t number) {
  wire_print_key(out, name);
  buf_add_int(out, number);
}

void wire_schema_name(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  buf_add_text(out, fields->title);
  if (direction == WIRE_IN && !str_ends(str_of(fields->title), "Input")) {
    buf_add_text(out, "Input");
  }
}

static void reference(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  wire_print_key(out, "$ref");
  buf_add_text(out, "\"#/components/schemas/");
  wire_schema_name(out, fields, direction);
  buf_add_char(out, '"');
}

/* Null may stand there: taken on input, or printed for an absent value. */
static bool may_be_null(const struct field *row, enum wire_direction direction) {
  if (direction == WIRE_IN) {
    return (row->flags & FIELD_NULLABLE) != 0;
  }
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_INT:
    case FIELD_KIND_BOOL:
    case FIELD_KIND_LIST:
    case FIELD_KIND_CONST:
    case FIELD_KIND_CUSTOM: /* its own schema says so */
      return false;
    default:
      return (row->flags & FIELD_NULLABLE) != 0 || (row->flags & (FIELD_REQUIRED | FIELD_OMIT_NULL)) == 0;
  }
}

static void types(struct buf *out, const char *type, bool null, bool loose) {
  wire_print_key(out, "type");
  if (!null && !loose) {
    wire_print_text(out, str_of(type));
    return;
  }
  buf_add_char(out, '[');
  wire_print_text(out, str_of(type));
  if (loose && strcmp(type, "string") == 0) {
    buf_add_text(out, ",\"number\",\"boolean\"");
  } else if (loose && strcmp(type, "boolean") == 0) {
    buf_add_text(out, ",\"string\",\"number\"");
  } else if (loose) {
    buf_add_text(out, ",\"string\"");
  }
  buf_add_text(out, null ? ",\"null\"]" : "]");
}

static void text_limits(struct buf *out, const struct field *row, enum wire_direction direction) {
  bool in = direction == WIRE_IN;
  bool not_blank = in && (row->flags & FIELD_NOT_BLANK) != 0;
  int64_t min = not_blank && row->min < 1 ? 1 : row->min;
  if (min > 0) {
    key_int(out, "minLength", min);
  }
  if (row->max > 0 || in) {
    key_int(out, "maxLength", row->max > 0 ? row->max : WIRE_TEXT_MAX);
  }
  if (not_blank) {
    wire_print_key_text(out, "pattern", "\\S");
  }
  if ((row->flags & FIELD_SECRET) != 0) {
    wire_print_key_text(out, "format", "password");
  }
}

static void number_limits(struct buf *out, const struct field *row) {
  if (row->kind == FIELD_KIND_INT) {
    if (row->min != 0 || row->max != 0) {
      key_int(out, "minimum", row->min);
    }
    if (row->max != 0) {
      key_int(out, "maximum", row->max);
    }
    return;
  }
  bool has_min = row->real_min != 0 || row->real_max != 0;
  if (has_min) {
    wire_print_key(out, "minimum");
    wire_print_real(out, row->real_min);
  }
  if (has_min && row->real_max >= row->real_min) {
    wire_print_key(out, "maximum");
    wire_print_real(out, row->real_max);
  }
}

/* Answers hold the first word of each value, questions may hold any. */
static void word_enum(struct buf *out, const struct field *row, enum wire_direction direction, bool null) {
  wire_print_key(out, "enum");
  buf_add_char(out, '[');
  bool first = true;
  for (const struct word *word = row->words; word != NULL && word->word != NULL; word++) {
    if (direction == WIRE_OUT && !word_is_first(row->words, word)) {
      continue;
    }
    buf_add_text(out, first ? "" : ",");
    wire_print_text(out, str_of(word->word));
    first = false;
  }
  if (null) {
    buf_add_text(out, first ? "null" : ",null");
  }
  buf_add_char(out, ']');
}

static void list_schema(struct buf *out, const struct field *row, enum wire_direction direction) {
  bool in = direction == WIRE_IN;
  types(out, "array", may_be_null(row, direction), false);
  if (row->min > 0) {
    key_int(out, "minItems", row->min);
  }
  if (row->max > 0 || in) {
    key_int(out, "maxItems", row->max > 0 ? row->max : WIRE_LIST_MAX);
  }
  wire_print_key(out, "items");
  buf_add_char(out, '{');
  if (row->of != NULL) {
    reference(out, row->of, direction);
  } else {
    types(out, "string", false, in && (row->flags & FIELD_LOOSE) != 0);
    if (in) {
      key_int(out, "maxLength", WIRE_TEXT_MAX);
    }
  }
  buf_add_char(out, '}');
}

static void object_schema(struct buf *out, const struct field *row, enum wire_direction direction) {
  if (!may_be_null(row, direction)) {
    reference(out, row->of, direction);
    return;
  }
  wire_print_key(out, "anyOf");
  buf_add_text(out, "[{");
  reference(out, row->of, direction);
  buf_add_text(out, "},{\"type\":\"null\"}]");
}

/* The keys of a custom member's own schema, without its braces. */
static void custom_schema(struct buf *out, const struct field *row) {
  struct str schema = str_trim(str_of(row->custom->schema));
  if (schema.len <= 2) {
    return;
  }
  if (out->len > 0 && out->at[out->len - 1] != '{') {
    buf_add_char(out, ',');
  }
  buf_add(out, schema.at + 1, schema.len - 2);
}

static void value_schema(struct buf *out, const struct field *row, enum wire_direction direction) {
  bool null = may_be_null(row, direction);
  bool loose = direction == WIRE_IN && (row->flags & FIELD_LOOSE) != 0;
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_TEXT:
      types(out, "string", null, loose);
      text_limits(out, row, direction);
      break;
    case FIELD_KIND_INT:
    case FIELD_KIND_REAL:
      types(out, row->kind == FIELD_KIND_INT ? "integer" : "number", null, loose);
      number_limits(out, row);
      break;
    case FIELD_KIND_BOOL:
      types(out, "boolean", null, loose);
      break;
    case FIELD_KIND_WORD:
      types(out, "string", null, false);
      word_enum(out, row, direction, null);
      break;
    case FIELD_KIND_TIME:
      types(out, "string", null, false);
      wire_print_key_text(out, "format", "date-time");
      break;
    case FIELD_KIND_UUID:
      types(out, "string", null, false);
      wire_print_key_text(out, "format", "uuid");
      break;
    case FIELD_KIND_OBJECT:
      object_schema(out, row, direction);
      break;
    case FIELD_KIND_LIST:
      list_schema(out, row, direction);
      break;
    case FIELD_KIND_CONST:
      wire_print_key(out, "const");
      buf_add_text(out, row->constant);
      break;
    case FIELD_KIND_CUSTOM:
      custom_schema(out, row);
      break;
  }
}

static void row_schema(struct buf *out, const struct field *row, enum wire_direction direction,
                       const char *text) {
  buf_add_char(out, '{');
  if (text != NULL) {
    wire_print_key_text(out, "description", text);
  }
  value_schema(out, row, direction);
  if (row->example != NULL) {
    wire_print_key(out, "examples");
    buf_add_char(out, '[');
    buf_add_text(out, row->example);
    buf_add_char(out, ']');
  }
  if (direction == WIRE_IN && (row->flags & FIELD_SECRET) != 0) {
    wire_print_key(out, "writeOnly");
    buf_add_text(out, "true");
  }
  buf_add_char(out, '}');
}

void wire_row_schema(struct buf *out, const struct field *row, enum wire_direction direction) {
  row_schema(out, row, direction, row->text);
}

static bool row_is_in(const struct field *row, enum wire_direction direction) {
  return direction == WIRE_OUT || value_is_read(row);
}

/* On output a key is there always, unless its row leaves absent values out. */
static bool row_is_required(const struct field *row, enum wire_direction direction) {
  return direction == WIRE_OUT ? (row->flags & FIELD_OMIT_NULL) == 0 : (row->flags & FIELD_REQUIRED) != 0;
}

static void properties(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  wire_print_key(out, "properties");
  buf_add_char(out, '{');
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (!row_is_in(row, direction)) {
      continue;
    }
    wire_print_key(out, row->name);
    wire_row_schema(out, row, direction);
    if (direction == WIRE_IN && row->alias != NULL) {
      struct buf text CLEANUP_BUF;
      buf_init(&text, 256);
      buf_format(&text, "Another spelling of %s.%c", row->name, '\0');
      wire_print_key(out, row->alias);
      row_schema(out, row, direction, buf_str(&text).at);
    }
  }
  buf_add_char(out, '}');
}

static void required(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  bool any = false;
  bool any_alias = false;
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (!row_is_in(row, direction) || !row_is_required(row, direction)) {
      continue;
    }
    if (direction == WIRE_IN && row->alias != NULL) {
      any_alias = true;
      continue;
    }
    if (!any) {
      wire_print_key(out, "required");
    }
    buf_add_char(out, any ? ',' : '[');
    wire_print_text(out, str_of(row->name));
    any = true;
  }
  buf_add_text(out, any ? "]" : "");
  if (!any_alias) {
    return;
  }
  /* Either spelling fulfils the duty. */
  bool first = true;
  wire_print_key(out, "allOf");
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (row->alias != NULL && row_is_in(row, direction) && row_is_required(row, direction)) {
      buf_add_text(out, first ? "[{\"anyOf\":[{\"required\":[" : ",{\"anyOf\":[{\"required\":[");
      wire_print_text(out, str_of(row->name));
      buf_add_text(out, "]},{\"required\":[");
      wire_print_text(out, str_of(row->alias));
      buf_add_text(out, "]}]}");
      first = false;
    }
  }
  buf_add_char(out, ']');
}

void wire_schema(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  buf_add_char(out, '{');
  wire_print_key_text(out, "type", "object");
  properties(out, fields, direction);
  required(out, fields, direction);
  if (direction == WIRE_OUT || fields->closed) {
    wire_print_key(out, "additionalProperties");
    buf_add_text(out, "false");
  }
  buf_add_char(out, '}');
}

/* ---- examples ---- */

enum { EXAMPLE_DEPTH_MAX = 8 };

static void example(struct buf *out, const struct fields *fields, enum wire_direction direction, int depth);

static void text_example(struct buf *out, const struct field *row) {
  static const char secret[] = "Password123";
  static const char words[] = "text ";
  const char *source = (row->flags & FIELD_SECRET) != 0 ? secret : words;
  size_t size = strlen(source);
  size_t len = (row->flags & FIELD_SECRET) != 0 ? size : size - 1;
  if (row->min > 0 && len < (size_t)row->min) {
    len = (size_t)row->min;
  }
  if (row->max > 0 && len > (size_t)row->max) {
    len = (size_t)row->max;
  }
  buf_add_char(out, '"');
  for (size_t i = 0; i < len; i++) {
    buf_add_char(out, source[i % size]);
  }
  buf_add_char(out, '"');
}

static void list_example(struct buf *out, const struct field *row, enum wire_direction direction, int depth) {
  enum { ITEMS_MAX = 3 };
  int64_t count = row->min < 1 ? 1 : row->min > ITEMS_MAX ? ITEMS_MAX : row->min;
  buf_add_char(out, '[');
  for (int64_t i = 0; i < count && depth < EXAMPLE_DEPTH_MAX; i++) {
    buf_add_text(out, i > 0 ? "," : "");
    if (row->of != NULL) {
      example(out, row->of, direction, depth + 1);
    } else {
      buf_add_text(out, "\"text\"");
    }
  }
  buf_add_char(out, ']');
}

static void number_example(struct buf *out, const struct field *row) {
  if (row->kind == FIELD_KIND_INT) {
    int64_t number = row->min > 1 ? row->min : 1;
    buf_add_int(out, row->max != 0 && number > row->max ? row->max : number);
    return;
  }
  bool limited = row->real_min != 0 || row->real_max != 0;
  double number = limited && row->real_min > 1.5 ? row->real_min : 1.5;
  bool over = limited && row->real_max >= row->real_min && number > row->real_max;
  wire_print_real(out, over ? row->real_max : number);
}

static void row_example(struct buf *out, const struct field *row, enum wire_direction direction, int depth) {
  if (row->example != NULL) {
    buf_add_text(out, row->example);
    return;
  }
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_TEXT:
      text_example(out, row);
      break;
    case FIELD_KIND_INT:
    case FIELD_KIND_REAL:
      number_example(out, row);
      break;
    case FIELD_KIND_BOOL:
      buf_add_text(out, "true");
      break;
    case FIELD_KIND_WORD:
      wire_print_text(out, str_of(row->words != NULL && row->words->word != NULL ? row->words->word : ""));
      break;
    case FIELD_KIND_TIME:
      buf_add_text(out, "\"2025-01-31T08:00:00Z\"");
      break;
    case FIELD_KIND_UUID:
      buf_add_text(out, "\"0194bb8c-8000-7000-8000-000000000001\"");
      break;
    case FIELD_KIND_OBJECT:
      example(out, row->of, direction, depth + 1);
      break;
    case FIELD_KIND_LIST:
      list_example(out, row, direction, depth);
      break;
    case FIELD_KIND_CONST:
      buf_add_text(out, row->constant);
      break;
    case FIELD_KIND_CUSTOM:
      buf_add_text(out, "\"text\"");
      break;
  }
}

void wire_row_example(struct buf *out, const struct field *row, enum wire_direction direction) {
  row_example(out, row, direction, 0);
}

static void example(struct buf *out, const struct fields *fields, enum wire_direction direction, int depth) {
  if (depth >= EXAMPLE_DEPTH_MAX) {
    buf_add_text(out, "null"); /* a table that leads back to itself */
    return;
  }
  buf_add_char(out, '{');
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (row_is_in(row, direction)) {
      wire_print_key(out, row->name);
      row_example(out, row, direction, depth);
    }
  }
  buf_add_char(out, '}');
}

void wire_example(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  example(out, fields, direction, 0);
}

/* ---- the tables a table leads to ---- */

enum { TABLES_MAX = 256 };

struct walk {
  const struct fields *seen[TABLES_MAX];
  size_t count;
};

static void walk_table(struct walk *walk, const struct fields *fields,
                       void (*each)(void *arg, const struct fields *fields), void *arg) {
  for (size_t i = 0; i < walk->count; i++) {
    if (walk->seen[i] == fields) {
      return;
    }
  }
  if (walk->count == TABLES_MAX) {
    die("A field table leads to more tables than a specification can hold.");
  }
  walk->seen[walk->count++] = fields;
  each(arg, fields);
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if ((row->kind == FIELD_KIND_OBJECT || row->kind == FIELD_KIND_LIST) && row->of != NULL) {
      walk_table(walk, row->of, each, arg);
    }
  }
}

void wire_each_table(const struct fields *fields, void (*each)(void *arg, const struct fields *fields),
                     void *arg) {
  struct walk walk = {.count = 0};
  walk_table(&walk, fields, each, arg);
}
