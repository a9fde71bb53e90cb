#include <string.h>

#include "wire/internal.h"

int form_hex(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
    return (c | 0x20) - 'a' + 10;
  }
  return -1;
}

/* Percent escapes and '+'. What holds neither is used where it stands. */
static enum status unescape(struct ctx *ctx, struct str text, struct str *out) {
  if (text.len > 0 && (memchr(text.at, '%', text.len) != NULL || memchr(text.at, '+', text.len) != NULL)) {
    TRY(value_room(ctx, text.len, 1));
    char *plain = arena_alloc(ctx->arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
      char c = text.at[i];
      if (c == '+') {
        c = ' ';
      } else if (c == '%') {
        int high = i + 2 < text.len ? form_hex(text.at[i + 1]) : -1;
        int low = i + 2 < text.len ? form_hex(text.at[i + 2]) : -1;
        if (high < 0 || low < 0) {
          return problem_set(ctx, &wire_malformed);
        }
        c = (char)(high << 4 | low);
        i += 2;
      }
      plain[len++] = c;
    }
    text = (struct str){plain, len};
  }
  if (text.len > 0 && (memchr(text.at, '\0', text.len) != NULL || !str_utf8(text))) {
    return problem_set(ctx, &wire_malformed);
  }
  *out = text.len > 0 ? text : STR("");
  return STATUS_OK;
}

static enum status split(struct ctx *ctx, struct str body, struct pair pairs[WIRE_PAIRS_MAX], size_t *count) {
  *count = 0;
  while (body.len > 0) {
    size_t len = str_find(body, '&');
    struct str one = {body.at, len};
    size_t used = len < body.len ? len + 1 : len;
    body = (struct str){body.at + used, body.len - used};
    if (one.len == 0) {
      continue;
    }
    if (*count == WIRE_PAIRS_MAX) {
      return problem_set(ctx, &wire_malformed);
    }
    size_t equals = str_find(one, '=');
    size_t start = equals < one.len ? equals + 1 : equals;
    struct pair *pair = &pairs[*count];
    TRY(unescape(ctx, (struct str){one.at, equals}, &pair->key));
    TRY(unescape(ctx, (struct str){one.at + start, one.len - start}, &pair->value));
    (*count)++;
  }
  return STATUS_OK;
}

static const struct pair *find(const struct pair *pairs, size_t count, const char *name) {
  for (size_t i = 0; name != NULL && i < count; i++) {
    if (str_is(pairs[i].key, name)) {
      return &pairs[i];
    }
  }
  return NULL;
}

static const struct field *row_of(const struct fields *fields, struct str key) {
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    if (value_is_read(row) && (str_is(key, row->name) || (row->alias != NULL && str_is(key, row->alias)))) {
      return row;
    }
  }
  return NULL;
}

/* Keys given twice and, in a closed table, keys that nobody knows. */
static void check_keys(struct ctx *ctx, const struct fields *fields, const struct pair *pairs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bool again = false;
    for (size_t k = 0; k < i && !again; k++) {
      again = str_equal(pairs[k].key, pairs[i].key);
    }
    if (again) {
      value_fault(ctx, value_cut(pairs[i].key), "must be given only once");
    } else if (fields->closed && row_of(fields, pairs[i].key) == NULL) {
      value_fault(ctx, value_cut(pairs[i].key), "is not known");
    }
  }
}

/* Kinds whose empty value means nothing: a search form sends "status=&date=" for filters that are off. */
static bool empty_is_absent(const struct field *row) {
  return row->kind != FIELD_KIND_TEXT && row->kind != FIELD_KIND_CUSTOM;
}

static enum status read_row(struct ctx *ctx, const struct field *row, const struct pair *pairs, size_t count,
                            void *member, bool *present) {
  struct str name = str_of(row->name);
  const struct pair *pair = find(pairs, count, row->name);
  const struct pair *other = find(pairs, count, row->alias);
  if (pair != NULL && other != NULL && !str_equal(pair->value, other->value)) {
    value_fault(ctx, name, str_format(ctx->arena, "must not differ from %s", row->alias).at);
  }
  pair = pair != NULL ? pair : other;
  if (pair == NULL || (pair->value.len == 0 && empty_is_absent(row))) {
    if ((row->flags & FIELD_REQUIRED) != 0) {
      value_fault(ctx, name, "is required");
    }
    value_absent(row, member);
    return STATUS_OK;
  }
  *present = true;
  if (row->kind == FIELD_KIND_OBJECT || row->kind == FIELD_KIND_LIST) {
    value_fault(ctx, name, "can't be sent in a form");
    return STATUS_OK;
  }
  const char *reason = NULL;
  enum status status = value_from_text(ctx, row, pair->value, member, &reason);
  if (status == STATUS_INVALID && reason != NULL) {
    value_fault(ctx, name, reason);
    return STATUS_OK;
  }
  return status;
}

enum status form_read(struct ctx *ctx, const struct pair *pairs, size_t count, const struct fields *fields,
                      void *out) {
  unsigned before = ctx->problem.fault_count;
  uint64_t present = 0;
  check_keys(ctx, fields, pairs, count);
  for (unsigned i = 0; i < fields->count; i++) {
    const struct field *row = &fields->rows[i];
    bool there = false;
    if (value_is_read(row)) {
      TRY(read_row(ctx, row, pairs, count, (char *)out + row->offset, &there));
    }
    present |= (uint64_t)there << i;
  }
  if (fields->present >= 0) {
    memcpy((char *)out + fields->present, &present, sizeof(present));
  }
  if (fields->check != NULL) {
    fields->check(ctx, out);
  }
  return ctx->problem.fault_count > before ? STATUS_INVALID : STATUS_OK;
}

enum status wire_read_form(struct ctx *ctx, struct str body, const struct fields *fields, void *out) {
  struct pair pairs[WIRE_PAIRS_MAX];
  size_t count;
  TRY(split(ctx, body, pairs, &count));
  return form_read(ctx, pairs, count, fields, out);
}
