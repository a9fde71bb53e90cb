#include <string.h>

#include "api/kit/openapi_internal.h"
#include "base/log.h"
#include "desk/session/session.h"

/* What comes out: the route's own answers, and those that every route of its sort can give. */

enum { ENTRIES_MAX = 64, EXAMPLE_MAX = 1 << 20, SLUG_MAX = 48 };

/* One documented answer: the route's own, or one that every route of its sort can give. */
struct entry {
  int status;
  const char *text;
  const struct fields *fields;     /* NULL: no body by a table */
  const struct problem_kind *kind; /* an error in the dialect's envelope; NULL: none */
  const char *const *produces;     /* media types that are no JSON; NULL none */
};

struct entries {
  struct entry at[ENTRIES_MAX];
  size_t count;
};

static void entry_add(struct entries *entries, struct entry entry) {
  for (size_t i = 0; i < entries->count; i++) {
    const struct entry *other = &entries->at[i];
    if (other->status == entry.status && other->fields == entry.fields && other->produces == entry.produces &&
        strcmp(other->text, entry.text) == 0) {
      return;
    }
  }
  if (entries->count == ENTRIES_MAX) {
    die("A route documents more answers than a specification can hold.");
  }
  entries->at[entries->count++] = entry;
}

/* The words that this dialect has for a failure of the protocol or of every route. */
static void entry_add_kind(const struct doc *doc, struct entries *entries, const struct problem_kind *kind) {
  struct call call = {.dialect = doc->dialect};
  const char *message = "";
  int status = call_saying(&call, kind, &message);
  entry_add(entries, (struct entry){status, message, doc->dialect->error, kind, NULL});
}

/* A kind that fits a documented error: the one the dialect words so, else one of the same number. */
static const struct problem_kind *kind_of(const struct dialect *dialect, const struct answer *answer) {
  static const struct problem_kind *const general[] = {
      &access_unauthenticated, &access_forbidden,    &kit_no_path,
      &problem_too_large,      &problem_unsupported, &kit_rate_limited,
      &problem_storage_full,   &problem_unavailable, &problem_broken};
  for (const struct saying *saying = dialect->sayings; saying != NULL && saying->kind != NULL; saying++) {
    if (saying->http == answer->status && saying->message != NULL &&
        strcmp(saying->message, answer->text) == 0) {
      return saying->kind;
    }
  }
  for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++) {
    if (kit_http_of(general[i]->status) == answer->status) {
      return general[i];
    }
  }
  return &problem_invalid;
}

/* In the order of their numbers. */
static void sort_entries(struct entries *entries) {
  for (size_t i = 1; i < entries->count; i++) {
    struct entry entry = entries->at[i];
    size_t to = i;
    for (; to > 0 && entries->at[to - 1].status > entry.status; to--) {
      entries->at[to] = entries->at[to - 1];
    }
    entries->at[to] = entry;
  }
}

static void collect_own(const struct doc *doc, const struct route *route, struct entries *entries) {
  for (const struct answer *answer = route->answers; answer != NULL && answer->status != 0; answer++) {
    bool error = answer->fields == NULL && answer->produces == NULL && answer->status >= 400;
    const char *text = answer->text != NULL ? answer->text : http_reason(answer->status);
    struct answer worded = {answer->status, text, answer->fields};
    entry_add(entries, (struct entry){answer->status, text, error ? doc->dialect->error : answer->fields,
                                      error ? kind_of(doc->dialect, &worded) : NULL, answer->produces});
  }
}

/* What stands under a key or a condition: see again.c and etag.c. */
static void collect_guarded(const struct doc *doc, const struct kit_row *row, struct entries *entries) {
  bool guarded = guard_covers(row->route);
  if (guarded) {
    entry_add_kind(doc, entries, &kit_bad_key);
    entry_add_kind(doc, entries, &repeat_under_way);
    entry_add_kind(doc, entries, &repeat_mistaken);
    entry_add_kind(doc, entries, &repeat_too_large);
  }
  if (row->tagged) {
    entry_add(entries, (struct entry){304, "The client has it as it is.", NULL, NULL, NULL});
  }
  if (row->tagged || guarded) {
    entry_add_kind(doc, entries, &kit_changed);
  }
}

static void collect_entries(const struct doc *doc, const struct kit_row *row, struct entries *entries) {
  const struct route *route = row->route;
  collect_own(doc, route, entries);
  bool read = route->input != NULL || (route->body & BODY_MULTIPART) != 0;
  if (read || route->query != NULL) {
    entry_add_kind(doc, entries, &problem_invalid);
    entry_add_kind(doc, entries, &wire_malformed);
  }
  if (read) {
    entry_add_kind(doc, entries, &problem_unsupported);
  }
  if (openapi_needs_token(route)) {
    entry_add_kind(doc, entries, &session_no_token);
  }
  if (openapi_may_be_forbidden(route)) {
    entry_add_kind(doc, entries, route->refusal != NULL ? route->refusal : &access_forbidden);
  }
  if (!doc->dialect->unlimited) {
    entry_add_kind(doc, entries, &kit_foreign_tenant); /* X-Tenant-ID may come with any call */
    entry_add_kind(doc, entries, &kit_rate_limited);
  }
  if (route->lane == LANE_WRITER || route->lane == LANE_HASH || route->spool) {
    entry_add_kind(doc, entries, &problem_storage_full);
  }
  collect_guarded(doc, row, entries);
  entry_add_kind(doc, entries, &problem_too_large); /* the body, the head, or the answer */
  entry_add_kind(doc, entries, &problem_broken);
  entry_add_kind(doc, entries, &problem_unavailable);
  sort_entries(entries);
}

/* The body as a client would see it: the dialect prints it itself. */
static void error_example(struct doc *doc, const struct route *route, const struct entry *entry) {
  struct buf body CLEANUP_BUF;
  struct call call = {.dialect = doc->dialect, .ctx = {.arena = doc->arena}};
  const struct fields *taken = route->input != NULL ? route->input : route->query;
  buf_init(&body, EXAMPLE_MAX);
  problem_set(&call.ctx, entry->kind);
  if (entry->kind == &problem_invalid && taken != NULL && taken->count > 0) {
    (void)problem_fault(&call.ctx, str_of(taken->rows[0].name), STR("is required"));
  }
  doc->dialect->print_problem(&call, entry->status, entry->text, &body);
  buf_add_str(doc->out, body.len > 0 && !body.full ? buf_str(&body) : STR("null"));
}

static void entry_example(struct doc *doc, const struct route *route, const struct entry *entry) {
  if (entry->kind != NULL) {
    error_example(doc, route, entry);
  } else {
    wire_example(doc->out, entry->fields, WIRE_OUT);
  }
}

/* A key for the map of examples: the letters of the text, and a number so that no two are alike. */
static void example_key(struct buf *out, const struct entry *entry, size_t index) {
  char slug[SLUG_MAX + 1];
  size_t len = 0;
  for (const char *c = entry->text; *c != '\0' && len < SLUG_MAX; c++) {
    bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
    if (letter) {
      slug[len++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    } else if (len > 0 && slug[len - 1] != '_') {
      slug[len++] = '_';
    }
  }
  while (len > 0 && slug[len - 1] == '_') {
    len--;
  }
  slug[len] = '\0';
  openapi_item(out);
  buf_format(out, "\"%s_%zu\":", len > 0 ? slug : "example", index + 1);
}

/* The schema of all bodies with this number: one table, or any of several. */
static void response_schema(struct buf *out, const struct entries *entries, int status) {
  const struct fields *tables[ENTRIES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < entries->count; i++) {
    const struct entry *entry = &entries->at[i];
    bool told = entry->status != status || entry->fields == NULL;
    for (size_t k = 0; k < count && !told; k++) {
      told = tables[k] == entry->fields;
    }
    if (!told) {
      tables[count++] = entry->fields;
    }
  }
  buf_add_text(out, count > 1 ? "\"schema\":{\"anyOf\":[" : "\"schema\":");
  for (size_t i = 0; i < count; i++) {
    buf_add_text(out, i > 0 ? "," : "");
    openapi_reference(out, tables[i], WIRE_OUT);
  }
  buf_add_text(out, count > 1 ? "]}" : "");
}

static void json_content(struct doc *doc, const struct route *route, const struct entries *entries,
                         int status) {
  struct buf *out = doc->out;
  buf_add_text(out, "\"application/json\":{");
  response_schema(out, entries, status);
  wire_print_key(out, "examples");
  buf_add_char(out, '{');
  for (size_t i = 0; i < entries->count; i++) {
    const struct entry *entry = &entries->at[i];
    if (entry->status == status && entry->fields != NULL) {
      example_key(out, entry, i);
      buf_add_text(out, "{\"summary\":");
      wire_print_text(out, str_of(entry->text));
      wire_print_key(out, "value");
      entry_example(doc, route, entry);
      buf_add_char(out, '}');
    }
  }
  buf_add_text(out, "}}");
}

/* Texts and files. Answers with one number that are told in several rows tell their types once. */
static void produced_content(struct buf *out, const struct entries *entries, int status) {
  const char *const *told = NULL;
  for (size_t i = 0; i < entries->count; i++) {
    const char *const *type = entries->at[i].status == status ? entries->at[i].produces : NULL;
    if (type == NULL || type == told) {
      continue;
    }
    for (told = type; *type != NULL; type++) {
      wire_print_key(out, *type);
      buf_add_text(out, "{\"schema\":{\"type\":\"string\"");
      if (strncmp(*type, "text/", 5) != 0) {
        wire_print_key_text(out, "contentMediaType", *type);
      }
      buf_add_text(out, "}}");
    }
  }
}

static void response_description(struct buf *out, const struct entries *entries, int status) {
  struct buf text CLEANUP_BUF;
  buf_init(&text, EXAMPLE_MAX);
  for (size_t i = 0; i < entries->count; i++) {
    if (entries->at[i].status == status) {
      buf_add_text(&text, text.len > 0 ? " / " : "");
      buf_add_text(&text, entries->at[i].text);
    }
  }
  wire_print_key(out, "description");
  wire_print_text(out, buf_str(&text));
}

static void response_header(struct doc *doc, const char *name, enum openapi_common common) {
  wire_print_key(doc->out, name);
  openapi_common(doc, common);
}

static void response_headers(struct doc *doc, const struct kit_row *row, int status) {
  bool waits = status == 429 || status == 503;
  bool tagged = row->tagged && (status == 200 || status == 304);
  bool replayed = guard_covers(row->route) && status < 300;
  if (!waits && !tagged && !replayed) {
    return;
  }
  wire_print_key(doc->out, "headers");
  buf_add_char(doc->out, '{');
  if (waits) {
    response_header(doc, "Retry-After", COMMON_RETRY_AFTER);
  }
  if (tagged) {
    response_header(doc, "ETag", COMMON_ETAG);
  }
  if (replayed) {
    response_header(doc, "Idempotency-Replayed", COMMON_REPLAYED);
  }
  buf_add_char(doc->out, '}');
}

/* Answers with one number are one response. */
static void response(struct doc *doc, const struct kit_row *row, const struct entries *entries, int status) {
  struct buf *out = doc->out;
  bool json = false;
  bool other = false;
  for (size_t i = 0; i < entries->count; i++) {
    json |= entries->at[i].status == status && entries->at[i].fields != NULL;
    other |= entries->at[i].status == status && entries->at[i].produces != NULL;
  }
  openapi_item(out);
  buf_format(out, "\"%d\":{", status);
  response_description(out, entries, status);
  response_headers(doc, row, status);
  if (json || other) {
    wire_print_key(out, "content");
    buf_add_char(out, '{');
    if (json) {
      json_content(doc, row->route, entries, status);
    }
    produced_content(out, entries, status);
    buf_add_char(out, '}');
  }
  buf_add_char(out, '}');
}

void openapi_responses(struct doc *doc, const struct kit_row *row) {
  struct entries entries = {.count = 0};
  collect_entries(doc, row, &entries);
  wire_print_key(doc->out, "responses");
  buf_add_char(doc->out, '{');
  for (size_t i = 0; i < entries.count; i++) {
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) {
      told = entries.at[k].status == entries.at[i].status;
    }
    if (!told) {
      response(doc, row, &entries, entries.at[i].status);
    }
  }
  buf_add_char(doc->out, '}');
}
