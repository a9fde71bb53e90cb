#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"
#include "desk/session/session.h"

/* OpenAPI 3.1 of a dialect, from its tables alone: what is served and what is told can't differ. */

enum { SCHEMAS_MAX = 512, ENTRIES_MAX = 64, EXAMPLE_MAX = 1 << 20, SLUG_MAX = 48, ARENA_MAX = 4 << 20 };

struct named_schema {
  const struct fields *fields;
  enum wire_direction direction;
};

struct doc {
  const struct dialect *dialect;
  struct buf *out;
  struct arena *arena;
  enum wire_direction direction; /* of the tables being collected */
  struct named_schema schemas[SCHEMAS_MAX];
  size_t schema_count;
};

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

/* ---- writing JSON ---- */

/* A comma where an item stands already. */
static void next_item(struct buf *out) {
  if (out->len > 0 && out->at[out->len - 1] != '[' && out->at[out->len - 1] != '{') {
    buf_add_char(out, ',');
  }
}

static void reference(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  buf_add_text(out, "{\"$ref\":\"#/components/schemas/");
  wire_schema_name(out, fields, direction);
  buf_add_text(out, "\"}");
}

/* ---- paths ---- */

/* Takes the next segment off the path; false at its end. */
static bool take_segment(const char **path, struct str *segment) {
  while (**path == '/') {
    (*path)++;
  }
  if (**path == '\0') {
    return false;
  }
  segment->at = *path;
  segment->len = strcspn(*path, "/");
  *path += segment->len;
  return true;
}

static bool is_parameter(struct str segment) {
  return segment.at[0] == ':';
}

/* Parameters at the same place are the same path, whatever they are called. */
static bool same_path(const char *a, const char *b) {
  struct str left;
  struct str right;
  for (;;) {
    bool more = take_segment(&a, &left);
    if (take_segment(&b, &right) != more) {
      return false;
    }
    if (!more) {
      return true;
    }
    if (is_parameter(left) != is_parameter(right) || (!is_parameter(left) && !str_equal(left, right))) {
      return false;
    }
  }
}

static void print_path(struct buf *out, const char *path) {
  struct str segment;
  buf_add_char(out, '"');
  bool any = false;
  while (take_segment(&path, &segment)) {
    any = true;
    buf_add_char(out, '/');
    if (is_parameter(segment)) {
      buf_format(out, "{%.*s}", (int)segment.len - 1, segment.at + 1);
    } else {
      buf_add_str(out, segment);
    }
  }
  buf_add_text(out, any ? "\":" : "/\":");
}

static bool is_prefix(struct str segment) {
  bool version = segment.len >= 2 && segment.at[0] == 'v' && segment.at[1] >= '0' && segment.at[1] <= '9';
  return version || str_is(segment, "api");
}

/* The first segment that says something: "ticket" of "/api/ticket/:id". */
static struct str tag_of(const struct doc *doc, const struct route *route) {
  const char *path = route->path;
  struct str segment;
  while (take_segment(&path, &segment)) {
    if (!is_prefix(segment) && !is_parameter(segment)) {
      return segment;
    }
  }
  return str_of(doc->dialect->name);
}

static void tags(struct doc *doc) {
  struct buf *out = doc->out;
  const struct dialect *dialect = doc->dialect;
  wire_print_key(out, "tags");
  buf_add_char(out, '[');
  for (size_t i = 0; i < dialect->route_count; i++) {
    struct str tag = tag_of(doc, &dialect->routes[i]);
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) {
      told = str_equal(tag_of(doc, &dialect->routes[k]), tag);
    }
    if (!told) {
      next_item(out);
      buf_add_text(out, "{\"name\":");
      wire_print_text(out, tag);
      wire_print_key(out, "description");
      wire_print_text(out, str_format(doc->arena, "Endpoints of \"%.*s\".", STR_ARG(tag)));
      buf_add_char(out, '}');
    }
  }
  buf_add_char(out, ']');
}

/* ---- who may ---- */

static const char *scope_words(enum scope scope) {
  switch (scope) {
    case SCOPE_OWN:
      return "own";
    case SCOPE_ASSIGNED:
      return "assigned to them";
    case SCOPE_READABLE:
      return "assigned to them or to nobody";
    case SCOPE_BELOW:
      return "of lower roles";
    case SCOPE_ALL:
    case SCOPE_NONE:
      break;
  }
  return "all";
}

/* What the rows of the permission table are called; told, so that tests can hold each route against it. */
static const char *const permission_names[PERMISSION_COUNT] = {
    [MAY_ANYONE] = "anyone",
    [MAY_SIGNED_IN] = "signed_in",
    [MAY_TICKET_CREATE] = "ticket_create",
    [MAY_TICKET_READ] = "ticket_read",
    [MAY_TICKET_ASSIGN] = "ticket_assign",
    [MAY_TICKET_STATUS] = "ticket_status",
    [MAY_TICKET_REPLY] = "ticket_reply",
    [MAY_TICKET_REMOVE] = "ticket_remove",
    [MAY_TICKET_CHANGE] = "ticket_change",
    [MAY_ACCOUNT_LIST] = "account_list",
    [MAY_ACCOUNT_WRITE] = "account_write",
    [MAY_PROFILE] = "profile",
    [MAY_CUSTOMER_READ] = "customer_read",
    [MAY_CUSTOMER_WRITE] = "customer_write",
    [MAY_TECHNICIAN_READ] = "technician_read",
    [MAY_TECHNICIAN_WRITE] = "technician_write",
    [MAY_INVENTORY_READ] = "inventory_read",
    [MAY_INVENTORY_WRITE] = "inventory_write",
    [MAY_INVENTORY_ASSIGN] = "inventory_assign",
    [MAY_REPORT] = "report",
    [MAY_DASHBOARD] = "dashboard",
    [MAY_SLA_READ] = "sla_read",
    [MAY_SLA_WRITE] = "sla_write",
    [MAY_TENANT] = "tenant",
};

static bool needs_token(const struct route *route) {
  return route->permission != MAY_ANYONE;
}

static bool is_open_to(const struct route *route, enum role role) {
  return access_scope(role, route->permission) != SCOPE_NONE &&
         (route->roles == 0 || (route->roles & (1u << role)) != 0);
}

/* Where every role may come in, the route itself documents whom it sends away. */
static bool may_be_forbidden(const struct route *route) {
  bool forbidden = false;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    forbidden |= !is_open_to(route, (enum role)role);
  }
  return needs_token(route) && forbidden;
}

static void who_may(struct buf *out, const struct route *route) {
  wire_print_key(out, "description");
  if (!needs_token(route) || (route->permission == MAY_SIGNED_IN && route->roles == 0)) {
    wire_print_text(out,
                    needs_token(route) ? STR("For every signed-in account.") : STR("No token is needed."));
    return;
  }
  bool first = true;
  buf_add_text(out, "\"For the roles ");
  for (int role = ROLE_COUNT - 1; role >= ROLE_CUSTOMER; role--) {
    if (is_open_to(route, (enum role)role)) {
      enum scope scope = access_scope((enum role)role, route->permission);
      buf_format(out, "%s%s (%s)", first ? "" : ", ", role_name((enum role)role), scope_words(scope));
      first = false;
    }
  }
  buf_add_text(out, ".\"");
}

/* ---- what goes in ---- */

static void path_parameters(struct buf *out, const char *path) {
  struct str segment;
  while (take_segment(&path, &segment)) {
    if (is_parameter(segment)) {
      next_item(out);
      buf_add_text(out, "{\"name\":");
      wire_print_text(out, (struct str){segment.at + 1, segment.len - 1});
      buf_add_text(out, ",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}");
    }
  }
}

static void query_parameter(struct buf *out, const struct field *row, const char *name, const char *text,
                            bool required) {
  next_item(out);
  buf_add_text(out, "{\"name\":");
  wire_print_text(out, str_of(name));
  wire_print_key_text(out, "in", "query");
  if (text != NULL) {
    wire_print_key_text(out, "description", text);
  }
  if (required) {
    buf_add_text(out, ",\"required\":true");
  }
  wire_print_key(out, "schema");
  wire_row_schema(out, row, WIRE_IN);
  buf_add_char(out, '}');
}

/* Neither a form nor a query string can hold these. */
static bool fits_form(const struct field *row) {
  return row->kind != FIELD_KIND_OBJECT && row->kind != FIELD_KIND_LIST && row->kind != FIELD_KIND_CONST;
}

static void query_parameters(struct doc *doc, const struct fields *query) {
  for (unsigned i = 0; i < query->count; i++) {
    const struct field *row = &query->rows[i];
    if (!fits_form(row)) {
      continue;
    }
    bool required = (row->flags & FIELD_REQUIRED) != 0 && row->alias == NULL;
    query_parameter(doc->out, row, row->name, row->text, required);
    if (row->alias != NULL) {
      struct str text = str_format(doc->arena, "Another spelling of %s.", row->name);
      query_parameter(doc->out, row, row->alias, text.at, false);
    }
  }
}

/* The parameters carry the names of the path item's key, whatever this route calls them. */
static void parameters(struct doc *doc, const struct route *route, const char *path) {
  if (strchr(path, ':') == NULL && route->query == NULL) {
    return;
  }
  wire_print_key(doc->out, "parameters");
  buf_add_char(doc->out, '[');
  path_parameters(doc->out, path);
  if (route->query != NULL) {
    query_parameters(doc, route->query);
  }
  buf_add_char(doc->out, ']');
}

static void request_content(struct buf *out, const struct fields *input, const char *type) {
  wire_print_key(out, type);
  buf_add_text(out, "{\"schema\":");
  reference(out, input, WIRE_IN);
  wire_print_key(out, "example");
  wire_example(out, input, WIRE_IN);
  buf_add_char(out, '}');
}

/* The rows that a form can hold, and the file. */
static void multipart_content(struct buf *out, const struct route *route) {
  const char *file = route->file_part != NULL ? route->file_part : "file";
  unsigned rows = route->input != NULL ? route->input->count : 0;
  wire_print_key(out, "multipart/form-data");
  buf_add_text(out, "{\"schema\":{\"type\":\"object\",\"properties\":{");
  for (unsigned i = 0; i < rows; i++) {
    if (fits_form(&route->input->rows[i])) {
      wire_print_key(out, route->input->rows[i].name);
      wire_row_schema(out, &route->input->rows[i], WIRE_IN);
    }
  }
  wire_print_key(out, file);
  buf_add_text(out,
               "{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"}},\"required\":[");
  for (unsigned i = 0; i < rows; i++) {
    const struct field *row = &route->input->rows[i];
    if (fits_form(row) && (row->flags & FIELD_REQUIRED) != 0 && row->alias == NULL) {
      wire_print_text(out, str_of(row->name));
      buf_add_char(out, ',');
    }
  }
  wire_print_text(out, str_of(file));
  buf_add_text(out, "]}}");
}

static void request_body(struct buf *out, const struct route *route) {
  unsigned body = route->body != 0 || route->input == NULL ? route->body : BODY_JSON;
  if (body == 0 && !route->spool) {
    return;
  }
  wire_print_key(out, "requestBody");
  buf_add_text(out, "{\"required\":true,\"content\":{");
  if (body == 0) {
    buf_add_text(out, "\"application/octet-stream\":{}");
  }
  if ((body & BODY_JSON) != 0) {
    request_content(out, route->input, "application/json");
  }
  if ((body & BODY_FORM) != 0) {
    request_content(out, route->input, "application/x-www-form-urlencoded");
  }
  if ((body & BODY_MULTIPART) != 0) {
    multipart_content(out, route);
  }
  buf_add_text(out, "}}");
}

/* ---- what comes out ---- */

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

static void collect_entries(const struct doc *doc, const struct route *route, struct entries *entries) {
  collect_own(doc, route, entries);
  bool read = route->input != NULL || (route->body & BODY_MULTIPART) != 0;
  if (read || route->query != NULL) {
    entry_add_kind(doc, entries, &problem_invalid);
    entry_add_kind(doc, entries, &wire_malformed);
  }
  if (read) {
    entry_add_kind(doc, entries, &problem_unsupported);
  }
  if (needs_token(route)) {
    entry_add_kind(doc, entries, &session_no_token);
  }
  if (may_be_forbidden(route)) {
    entry_add_kind(doc, entries, route->refusal != NULL ? route->refusal : &access_forbidden);
  }
  if (!doc->dialect->unlimited) {
    entry_add_kind(doc, entries, &kit_rate_limited);
  }
  if (route->lane == LANE_WRITER || route->lane == LANE_HASH || route->spool) {
    entry_add_kind(doc, entries, &problem_storage_full);
  }
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
  next_item(out);
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
    reference(out, tables[i], WIRE_OUT);
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

/* Answers with one number are one response. */
static void response(struct doc *doc, const struct route *route, const struct entries *entries, int status) {
  struct buf *out = doc->out;
  bool json = false;
  bool other = false;
  for (size_t i = 0; i < entries->count; i++) {
    json |= entries->at[i].status == status && entries->at[i].fields != NULL;
    other |= entries->at[i].status == status && entries->at[i].produces != NULL;
  }
  next_item(out);
  buf_format(out, "\"%d\":{", status);
  response_description(out, entries, status);
  if (status == 429 || status == 503) {
    buf_add_text(out,
                 ",\"headers\":{\"Retry-After\":{\"description\":\"Seconds to wait before the next try.\","
                 "\"schema\":{\"type\":\"integer\"}}}");
  }
  if (json || other) {
    wire_print_key(out, "content");
    buf_add_char(out, '{');
    if (json) {
      json_content(doc, route, entries, status);
    }
    produced_content(out, entries, status);
    buf_add_char(out, '}');
  }
  buf_add_char(out, '}');
}

static void responses(struct doc *doc, const struct route *route) {
  struct entries entries = {.count = 0};
  collect_entries(doc, route, &entries);
  wire_print_key(doc->out, "responses");
  buf_add_char(doc->out, '{');
  for (size_t i = 0; i < entries.count; i++) {
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) {
      told = entries.at[k].status == entries.at[i].status;
    }
    if (!told) {
      response(doc, route, &entries, entries.at[i].status);
    }
  }
  buf_add_char(doc->out, '}');
}

/* ---- operations ---- */

static const char *method_word(enum http_method method) {
  static const char *const words[HTTP_METHOD_COUNT] = {
      [HTTP_GET] = "get",     [HTTP_HEAD] = "head",     [HTTP_POST] = "post",      [HTTP_PUT] = "put",
      [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options"};
  return method < HTTP_METHOD_COUNT ? words[method] : "get";
}

static void operation(struct doc *doc, const struct route *route, const char *path) {
  struct buf *out = doc->out;
  wire_print_key(out, method_word(route->method));
  buf_add_text(out, "{\"tags\":[");
  wire_print_text(out, tag_of(doc, route));
  buf_add_char(out, ']');
  wire_print_key_text(out, "operationId", route->name);
  wire_print_key_text(out, "summary", route->summary);
  who_may(out, route);
  wire_print_key_text(out, "x-permission", permission_names[route->permission]);
  parameters(doc, route, path);
  request_body(out, route);
  responses(doc, route);
  if (!needs_token(route)) {
    buf_add_text(out, ",\"security\":[]");
  }
  buf_add_char(out, '}');
}

static void paths(struct doc *doc) {
  struct buf *out = doc->out;
  const struct dialect *dialect = doc->dialect;
  wire_print_key(out, "paths");
  buf_add_char(out, '{');
  for (size_t i = 0; i < dialect->route_count; i++) {
    const char *path = dialect->routes[i].path;
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) {
      told = same_path(dialect->routes[k].path, path);
    }
    if (told) {
      continue;
    }
    next_item(out);
    print_path(out, path);
    buf_add_char(out, '{');
    for (size_t k = i; k < dialect->route_count; k++) {
      if (same_path(dialect->routes[k].path, path)) {
        operation(doc, &dialect->routes[k], path);
      }
    }
    buf_add_char(out, '}');
  }
  buf_add_char(out, '}');
}

/* ---- components ---- */

static void schema_add(void *arg, const struct fields *fields) {
  struct doc *doc = arg;
  for (size_t i = 0; i < doc->schema_count; i++) {
    if (doc->schemas[i].fields == fields && doc->schemas[i].direction == doc->direction) {
      return;
    }
  }
  if (doc->schema_count == SCHEMAS_MAX) {
    die("A dialect has more field tables than a specification can hold.");
  }
  doc->schemas[doc->schema_count++] = (struct named_schema){fields, doc->direction};
}

static void collect_schemas(struct doc *doc) {
  const struct dialect *dialect = doc->dialect;
  for (size_t i = 0; i < dialect->route_count; i++) {
    const struct route *route = &dialect->routes[i];
    if (route->input != NULL && route->body != BODY_MULTIPART) {
      doc->direction = WIRE_IN;
      wire_each_table(route->input, schema_add, doc);
    }
    doc->direction = WIRE_OUT;
    for (const struct answer *answer = route->answers; answer != NULL && answer->status != 0; answer++) {
      if (answer->fields != NULL) {
        wire_each_table(answer->fields, schema_add, doc);
      }
    }
  }
  if (dialect->error != NULL) {
    wire_each_table(dialect->error, schema_add, doc);
  }
}

static void components(struct doc *doc) {
  struct buf *out = doc->out;
  collect_schemas(doc);
  wire_print_key(out, "components");
  buf_add_text(out, "{\"schemas\":{");
  for (size_t i = 0; i < doc->schema_count; i++) {
    next_item(out);
    buf_add_char(out, '"');
    wire_schema_name(out, doc->schemas[i].fields, doc->schemas[i].direction);
    buf_add_text(out, "\":");
    wire_schema(out, doc->schemas[i].fields, doc->schemas[i].direction);
  }
  buf_add_text(
      out,
      "},\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
      "\"description\":\"The token that signing in answered.\"}");
  if (doc->dialect->bare_token) {
    buf_add_text(out,
                 ",\"bareToken\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Authorization\","
                 "\"description\":\"The same token without the word Bearer.\"}");
  }
  buf_add_text(out, "}}");
}

static void info(struct doc *doc) {
  struct buf *out = doc->out;
  const struct dialect *dialect = doc->dialect;
  wire_print_key(out, "info");
  buf_add_char(out, '{');
  wire_print_key_text(out, "title", dialect->title != NULL ? dialect->title : dialect->name);
  if (dialect->about != NULL) {
    wire_print_key_text(out, "description", dialect->about);
  }
  wire_print_key_text(out, "version", SIGAP_VERSION);
  buf_add_text(out, ",\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}}");
}

/* A server for each mount: the paths stand once. */
static void servers(struct doc *doc, const char *server_url) {
  static const char *const as_written[] = {"", NULL};
  const char *const *mount = doc->dialect->mounts != NULL ? doc->dialect->mounts : as_written;
  struct str base = str_of(server_url != NULL ? server_url : "");
  wire_print_key(doc->out, "servers");
  buf_add_char(doc->out, '[');
  for (; *mount != NULL; mount++) {
    struct str url = str_format(doc->arena, "%.*s%s", STR_ARG(base), *mount);
    next_item(doc->out);
    buf_add_text(doc->out, "{\"url\":");
    wire_print_text(doc->out, url.len > 0 ? url : STR("/"));
    buf_add_char(doc->out, '}');
  }
  buf_add_char(doc->out, ']');
}

void kit_openapi(const struct dialect *dialect, const char *server_url, struct buf *out) {
  struct arena *arena CLEANUP_ARENA = arena_new(ARENA_MAX);
  struct doc *doc = ARENA_NEW(arena, struct doc);
  *doc = (struct doc){.dialect = dialect, .out = out, .arena = arena};
  buf_add_char(out, '{');
  wire_print_key_text(out, "openapi", "3.1.0");
  info(doc);
  servers(doc, server_url);
  tags(doc);
  buf_add_text(out, dialect->bare_token ? ",\"security\":[{\"bearer\":[]},{\"bareToken\":[]}]"
                                        : ",\"security\":[{\"bearer\":[]}]");
  paths(doc);
  components(doc);
  buf_add_char(out, '}');
}
