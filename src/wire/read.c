#include <jansson.h>
#include <string.h>

#include "wire/internal.h"

const struct problem_kind wire_malformed = {STATUS_INVALID, "malformed",
                                            "The request can't be read: send one object or form in valid "
                                            "UTF-8, no key twice, at most 32 levels deep."};

/* Where the reader stands, for the words of a fault: linked from the inside out. */
struct place {
  const struct place *up;
  struct str name; /* NONE: an item of the list above */
  size_t index;
};

static void place_print(const struct place *place, struct buf *out) {
  if (place->up != NULL) {
    place_print(place->up, out);
  }
  if (place->name.at == NULL) {
    buf_format(out, "[%zu]", place->index);
    return;
  }
  buf_add_text(out, out->len > 0 ? "." : "");
  buf_add_str(out, value_cut(place->name));
}

static void fault_at(struct ctx *ctx, const struct place *place, const char *reason) {
  if (value_faults_full(ctx)) {
    return;
  }
  struct buf path CLEANUP_BUF;
  buf_init(&path, 4096);
  place_print(place, &path);
  value_fault(ctx, buf_str(&path), reason);
}

/* jansson alone would recurse 2,048 deep and spend some hundred bytes on each "[]" of a large body, so both
 * are counted before it sees the text. Strings are skipped whole: they may be pictures of many megabytes. */
static bool shape_is_fine(struct str body) {
  size_t depth = 0;
  size_t values = 0;
  const char *at = body.at;
  const char *end = body.at + body.len;
  while (at < end) {
    char c = *at++;
    if (c == '"') {
      for (;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL) {
          return false;
        }
        const char *slash = quote;
        while (slash > at && slash[-1] == '\\') {
          slash--;
        }
        at = quote + 1;
        if (((quote - slash) & 1) == 0) {
          break;
        }
      }
    } else if (c == '{' || c == '[') {
      values++;
      if (++depth > WIRE_DEPTH_MAX) {
        return false;
      }
    } else if (c == '}' || c == ']') {
      if (depth-- == 0) {
        return false;
      }
    } else if (c == ',') {
      values++;
    }
    if (values > WIRE_VALUES_MAX) {
      return false;
    }
  }
  return true;
}

static void json_release(void *json) {
  json_decref(json);
}

static json_t *parse(struct str body) {
  if (body.at == NULL || body.len == 0 || !shape_is_fine(body)) {
    return NULL;
  }
  json_error_t error;
  json_t *json = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL && json_error_code(&error) == json_error_numeric_overflow) {
    /* A whole number beyond 64 bits is well-formed: the row that it is meant for shall say what is wrong. */
    json = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
  }
  return json;
}

static enum status read_object(struct ctx *ctx, const struct fields *fields, json_t *json,
                               const struct place *place, void *out);

static struct str json_text(json_t *json) {
  return (struct str){json_string_value(json), json_string_length(json)};
}

/* A number or a truth as the text that somebody meant. */
static enum status loose_text(struct ctx *ctx, json_t *json, struct str *out) {
  TRY(value_room(ctx, 1, 64));
  if (json_is_boolean(json)) {
    *out = json_is_true(json) ? STR("true") : STR("false");
    return STATUS_OK;
  }
  struct buf text CLEANUP_BUF;
  buf_init(&text, 64);
  if (json_is_integer(json)) {
    buf_add_int(&text, json_integer_value(json));
  } else {
    wire_print_real(&text, json_real_value(json));
  }
  *out = str_copy(ctx->arena, buf_str(&text));
  return STATUS_OK;
}

/* The kinds that hold no other values. */
static enum status read_plain(struct ctx *ctx, const struct field *row, json_t *json, void *member,
                              const char **reason) {
  bool loose = (row->flags & FIELD_LOOSE) != 0;
  bool number_kind = row->kind == FIELD_KIND_INT || row->kind == FIELD_KIND_REAL;
  if (json_is_string(json) && (loose || (!number_kind && row->kind != FIELD_KIND_BOOL))) {
    return value_from_text(ctx, row, json_text(json), member, reason);
  }
  if (number_kind && json_is_integer(json)) {
    return value_from_int(ctx, row, json_integer_value(json), member, reason);
  }
  if (number_kind && json_is_real(json)) {
    return value_from_real(ctx, row, json_real_value(json), member, reason);
  }
  if (row->kind == FIELD_KIND_BOOL && json_is_boolean(json)) {
    bool truth = json_is_true(json);
    memcpy(member, &truth, sizeof(truth));
    return STATUS_OK;
  }
  if (loose && !number_kind && (json_is_number(json) || json_is_boolean(json))) {
    struct str text;
    TRY(loose_text(ctx, json, &text));
    return value_from_text(ctx, row, text, member, reason);
  }
  *reason = value_wanted(ctx, row);
  return STATUS_INVALID;
}

/* Puts a plain value's outcome where it belongs: a fault is noted and the reading goes on. */
static enum status note(struct ctx *ctx, const struct place *place, enum status status, const char *reason) {
  if (status == STATUS_INVALID && reason != NULL) {
    fault_at(ctx, place, reason);
    return STATUS_OK;
  }
  return status;
}

static enum status read_child(struct ctx *ctx, const struct fields *of, json_t *json,
                              const struct place *place, void *out) {
  if (!json_is_object(json)) {
    fault_at(ctx, place, "must be an object");
    return STATUS_OK;
  }
  return read_object(ctx, of, json, place, out);
}

static enum status read_list(struct ctx *ctx, const struct field *row, json_t *json,
                             const struct place *place, struct list *out) {
  if (!json_is_array(json)) {
    fault_at(ctx, place, value_wanted(ctx, row));
    return STATUS_OK;
  }
  size_t count = json_array_size(json);
  const char *reason = value_count_reason(ctx, row, count);
  if (reason != NULL) {
    fault_at(ctx, place, reason);
    return STATUS_OK;
  }
  size_t size = row->of != NULL ? row->of->size : sizeof(struct str);
  TRY(value_room(ctx, count, size));
  char *items = arena_array(ctx->arena, count, size);
  struct field item = *row; /* the limits of the list count items, not letters */
  item.kind = FIELD_KIND_TEXT;
  item.min = item.max = 0;
  for (size_t i = 0; i < count && !value_faults_full(ctx); i++) {
    struct place inside = {place, STR_NONE, i};
    json_t *value = json_array_get(json, i);
    if (row->of != NULL) {
      TRY(read_child(ctx, row->of, value, &inside, items + i * size));
    } else {
      reason = NULL;
      enum status status = read_plain(ctx, &item, value, items + i * size, &reason);
      TRY(note(ctx, &inside, status, reason));
    }
  }
  *out = (struct list){items, count};
  return STATUS_OK;
}

static enum status read_value(struct ctx *ctx, const struct field *row, json_t *json,
                              const struct place *place, void *member) {
  if (row->kind == FIELD_KIND_LIST) {
    return read_list(ctx, row, json, place, member);
  }
  if (row->kind == FIELD_KIND_OBJECT) {
    TRY(value_room(ctx, 1, row->of->size));
    void *child = arena_alloc(ctx->arena, row->of->size);
    TRY(read_child(ctx, row->of, json, place, child));
    memcpy(member, &child, sizeof(child));
    return STATUS_OK;
  }
  const char *reason = NULL;
  enum status status = read_plain(ctx, row, json, member, &reason);
  return note(ctx, place, status, reason);
}

/* The value of a row under its name or its other spelling; NULL where neither is there. */
static json_t *find_value(struct ctx *ctx, const struct field *row, json_t *json, const struct place *place) {
  json_t *value = json_object_get(json, row->name);
  json_t *other = row->alias != NULL ? json_object_get(json, row->alias) : NULL;
  if (value != NULL && other != NULL && !json_equal(value, other)) {
    fault_at(ctx, place, str_format(ctx->arena, "must not differ from %s", row->alias).at);
  }
  return value != NULL ? value : other;
}

static void refuse_unknown(struct ctx *ctx, const struct fields *fields, json_t *json,
                           const struct place *place) {
  const char *key;
  json_t *value;
  json_object_foreach(json, key, value) {
    bool known = false;
    for (unsigned i = 0; i < fields->count && !known; i++) {
      const struct field *row = &fields->rows[i];
      known = value_is_read(row) &&
              (strcmp(row->name, key) == 0 || (row->alias != NULL && strcmp(row->alias, key) == 0));
    }
    if (!known) {
      struct place inside = {place, str_of(key), 0};
      fault_at(ctx, &inside, "is not known");
    }
  }
}

static enum status read_object(struct ctx *ctx, const struct fields *fields, json_t *json,
                               const struct place *place, void *out) {
  uint64_t present = 0;
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (!value_is_read(row)) {
      continue;
    }
    struct place inside = {place, str_of(row->name), 0};
    json_t *value = find_value(ctx, row, json, &inside);
    if (value == NULL || json_is_null(value)) {
      if ((row->flags & FIELD_REQUIRED) != 0 && !(value != NULL && (row->flags & FIELD_NULLABLE) != 0)) {
        fault_at(ctx, &inside, "is required");
      } else if (value != NULL && (row->flags & FIELD_NULLABLE) != 0) {
        present |= UINT64_C(1) << i;
      }
      value_absent(row, (char *)out + row->offset);
      continue;
    }
    present |= UINT64_C(1) << i;
    TRY(read_value(ctx, row, value, &inside, (char *)out + row->offset));
  }
  if (fields->closed) {
    refuse_unknown(ctx, fields, json, place);
  }
  if (fields->present >= 0) {
    memcpy((char *)out + fields->present, &present, sizeof(present));
  }
  return STATUS_OK;
}

enum status wire_read_json(struct ctx *ctx, struct str body, const struct fields *fields, void *out) {
  json_t *json = parse(body);
  if (json == NULL) {
    return problem_set(ctx, &wire_malformed);
  }
  /* Long texts are not copied: the tree lives as long as the struct that points into it. */
  arena_defer(ctx->arena, json_release, json);
  if (!json_is_object(json)) {
    return problem_set(ctx, &wire_malformed);
  }
  unsigned before = ctx->problem.fault_count;
  TRY(read_object(ctx, fields, json, NULL, out));
  if (fields->check != NULL) {
    fields->check(ctx, out);
  }
  return ctx->problem.fault_count > before ? STATUS_INVALID : STATUS_OK;
}
