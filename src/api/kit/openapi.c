#include <string.h>

#include "api/kit/openapi_internal.h"
#include "base/log.h"

/* OpenAPI 3.1 of a dialect, from its tables alone: what is served and what is told can't differ. */

enum { ARENA_MAX = 4 << 20 };

/* ---- writing JSON ---- */

/* A comma where an item stands already. */
void openapi_item(struct buf *out) {
  if (out->len > 0 && out->at[out->len - 1] != '[' && out->at[out->len - 1] != '{') {
    buf_add_char(out, ',');
  }
}

void openapi_reference(struct buf *out, const struct fields *fields, enum wire_direction direction) {
  buf_add_text(out, "{\"$ref\":\"#/components/schemas/");
  wire_schema_name(out, fields, direction);
  buf_add_text(out, "\"}");
}

/* ---- paths ---- */

static void print_path(struct buf *out, const char *path) {
  struct str segment;
  buf_add_char(out, '"');
  bool any = false;
  while (path_take(&path, &segment)) {
    any = true;
    buf_add_char(out, '/');
    if (path_is_parameter(segment)) {
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
  while (path_take(&path, &segment)) {
    if (!is_prefix(segment) && !path_is_parameter(segment)) {
      return segment;
    }
  }
  return str_of(doc->dialect->name);
}

static const char *about_tag(const struct dialect *dialect, struct str name) {
  const struct tag *tag = dialect->tags;
  while (tag != NULL && tag->name != NULL && !str_is(name, tag->name)) {
    tag++;
  }
  return tag != NULL ? tag->about : NULL;
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
      openapi_item(out);
      buf_add_text(out, "{\"name\":");
      wire_print_text(out, tag);
      const char *about = about_tag(dialect, tag);
      if (about != NULL) {
        wire_print_key(out, "description");
        wire_print_text(out, str_of(about));
      }
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
    [MAY_WEBHOOK] = "webhook",
};

bool openapi_needs_token(const struct route *route) {
  return route->permission != MAY_ANYONE;
}

bool openapi_is_open_to(const struct route *route, enum role role) {
  return access_scope(role, route->permission) != SCOPE_NONE &&
         (route->roles == 0 || (route->roles & (1u << role)) != 0);
}

/* Where every role may come in, the route itself documents whom it sends away. */
bool openapi_may_be_forbidden(const struct route *route) {
  bool forbidden = false;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    forbidden |= !openapi_is_open_to(route, (enum role)role);
  }
  return openapi_needs_token(route) && forbidden;
}

void openapi_who_may(struct buf *out, const struct route *route) {
  wire_print_key(out, "description");
  if (!openapi_needs_token(route) || (route->permission == MAY_SIGNED_IN && route->roles == 0)) {
    wire_print_text(
        out, openapi_needs_token(route) ? STR("For every signed-in account.") : STR("No token is needed."));
    return;
  }
  bool first = true;
  buf_add_text(out, "\"For the roles ");
  for (int role = ROLE_COUNT - 1; role >= ROLE_CUSTOMER; role--) {
    if (openapi_is_open_to(route, (enum role)role)) {
      enum scope scope = access_scope((enum role)role, route->permission);
      buf_format(out, "%s%s (%s)", first ? "" : ", ", role_name((enum role)role), scope_words(scope));
      first = false;
    }
  }
  buf_add_text(out, ".\"");
}

/* ---- operations ---- */

static const char *method_word(enum http_method method) {
  static const char *const words[HTTP_METHOD_COUNT] = {
      [HTTP_GET] = "get",     [HTTP_HEAD] = "head",     [HTTP_POST] = "post",      [HTTP_PUT] = "put",
      [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options"};
  return method < HTTP_METHOD_COUNT ? words[method] : "get";
}

static void server(struct doc *doc, const char *mount) {
  struct str url = str_format(doc->arena, "%.*s%s", STR_ARG(doc->server_url), mount);
  openapi_item(doc->out);
  buf_add_text(doc->out, "{\"url\":");
  wire_print_text(doc->out, url.len > 0 ? url : STR("/"));
  buf_add_char(doc->out, '}');
}

static void operation(struct doc *doc, const struct kit_row *row, const char *path) {
  struct buf *out = doc->out;
  const struct route *route = row->route;
  wire_print_key(out, method_word(route->method));
  buf_add_text(out, "{\"tags\":[");
  wire_print_text(out, tag_of(doc, route));
  buf_add_char(out, ']');
  wire_print_key_text(out, "operationId", route->name);
  wire_print_key_text(out, "summary", route->summary);
  openapi_who_may(out, route);
  wire_print_key_text(out, "x-permission", permission_names[route->permission]);
  openapi_parameters(doc, row, path);
  openapi_request_body(out, route);
  openapi_responses(doc, row);
  if (!openapi_needs_token(route)) {
    buf_add_text(out, ",\"security\":[]");
  }
  if (route->as_written && doc->dialect->mounts != NULL) { /* there alone */
    wire_print_key(out, "servers");
    buf_add_char(out, '[');
    server(doc, "");
    buf_add_char(out, ']');
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
      told = path_same(dialect->routes[k].path, path);
    }
    if (told) {
      continue;
    }
    openapi_item(out);
    print_path(out, path);
    buf_add_char(out, '{');
    for (size_t k = i; k < dialect->route_count; k++) {
      if (path_same(dialect->routes[k].path, path)) {
        operation(doc, &doc->rows[k], path);
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
  if (doc->schema_count == OPENAPI_SCHEMAS_MAX) {
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

static const struct {
  const char *section, *name, *json;
} commons[COMMON_COUNT] = {
    [COMMON_IDEMPOTENCY_KEY] =
        {"parameters", "IdempotencyKey",
         "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":\"A name for this call, new for "
         "each, "
         "best a UUID. Sent again with the same name within 24 hours it is not done again, but answered as "
         "the "
         "first time.\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255},"
         "\"example\":\"8e03978e-40d5-43dd-bc93-6894a57f9324\"}"},
    [COMMON_IF_MATCH] = {"parameters", "IfMatch",
                         "{\"name\":\"If-Match\",\"in\":\"header\",\"description\":\"Only where the object's "
                         "ETag is still one of "
                         "these, or \\\"*\\\" for any.\",\"schema\":{\"type\":\"string\"},"
                         "\"example\":\"\\\"0123456789abcdef0123456789abcdef\\\"\"}"},
    [COMMON_IF_NONE_MATCH] = {"parameters", "IfNoneMatch",
                              "{\"name\":\"If-None-Match\",\"in\":\"header\",\"description\":\"ETags that "
                              "the client has: the object is "
                              "sent only where it is none of them.\",\"schema\":{\"type\":\"string\"},"
                              "\"example\":\"\\\"0123456789abcdef0123456789abcdef\\\"\"}"},
    [COMMON_ETAG] =
        {"headers", "ETag",
         "{\"description\":\"Stands for this state of the object.\",\"schema\":{\"type\":\"string\"},"
         "\"example\":\"\\\"0123456789abcdef0123456789abcdef\\\"\"}"},
    [COMMON_REPLAYED] =
        {"headers", "IdempotencyReplayed",
         "{\"description\":\"The call was done before, under the same Idempotency-Key: this is its "
         "answer.\",\"schema\":{\"type\":\"string\",\"const\":\"true\"}}"},
    [COMMON_RETRY_AFTER] = {"headers", "RetryAfter",
                            "{\"description\":\"Seconds to wait before the next try.\","
                            "\"schema\":{\"type\":\"integer\"},\"example\":1}"},
};

void openapi_common(struct doc *doc, enum openapi_common common) {
  doc->told[common] = true;
  buf_format(doc->out, "{\"$ref\":\"#/components/%s/%s\"}", commons[common].section, commons[common].name);
}

static void common_parts(struct doc *doc, const char *section) {
  struct buf *out = doc->out;
  bool any = false;
  for (int i = 0; i < COMMON_COUNT; i++) {
    if (doc->told[i] && strcmp(commons[i].section, section) == 0) {
      if (!any) {
        wire_print_key(out, section);
        buf_add_char(out, '{');
      }
      wire_print_key(out, commons[i].name);
      buf_add_text(out, commons[i].json);
      any = true;
    }
  }
  buf_add_text(out, any ? "}" : "");
}

static void components(struct doc *doc) {
  struct buf *out = doc->out;
  collect_schemas(doc);
  wire_print_key(out, "components");
  buf_add_text(out, "{\"schemas\":{");
  for (size_t i = 0; i < doc->schema_count; i++) {
    openapi_item(out);
    buf_add_char(out, '"');
    wire_schema_name(out, doc->schemas[i].fields, doc->schemas[i].direction);
    buf_add_text(out, "\":");
    wire_schema(out, doc->schemas[i].fields, doc->schemas[i].direction);
  }
  buf_add_char(out, '}');
  common_parts(doc, "parameters");
  common_parts(doc, "headers");
  buf_add_text(
      out,
      ",\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
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
static void servers(struct doc *doc) {
  static const char *const as_written[] = {"", NULL};
  const char *const *mount = doc->dialect->mounts != NULL ? doc->dialect->mounts : as_written;
  wire_print_key(doc->out, "servers");
  buf_add_char(doc->out, '[');
  for (; *mount != NULL; mount++) {
    server(doc, *mount);
  }
  buf_add_char(doc->out, ']');
}

void kit_openapi(const struct dialect *dialect, const char *server_url, struct buf *out) {
  struct arena *arena CLEANUP_ARENA = arena_new(ARENA_MAX);
  struct doc *doc = ARENA_NEW(arena, struct doc);
  *doc = (struct doc){.dialect = dialect,
                      .server_url = str_of(server_url != NULL ? server_url : ""),
                      .out = out,
                      .arena = arena};
  doc->rows = ARENA_ARRAY(arena, struct kit_row, dialect->route_count);
  for (size_t i = 0; i < dialect->route_count; i++) {
    doc->rows[i].dialect = dialect;
    doc->rows[i].route = &dialect->routes[i];
  }
  etag_pair(doc->rows, dialect->route_count);
  buf_add_char(out, '{');
  wire_print_key_text(out, "openapi", "3.1.0");
  info(doc);
  servers(doc);
  tags(doc);
  buf_add_text(out, dialect->bare_token ? ",\"security\":[{\"bearer\":[]},{\"bareToken\":[]}]"
                                        : ",\"security\":[{\"bearer\":[]}]");
  paths(doc);
  components(doc);
  buf_add_char(out, '}');
}
