#include <string.h>

#include "api/kit/openapi_internal.h"
#include "base/log.h"

/* A Postman collection (v2.1) of a dialect, from the tables that serve it. What one request must know of
 * another's answer goes through the collection's variables: a script keeps every id that is told under its
 * kind's name, and paths, queries and bodies ask for it by that name. */

enum { ARENA_MAX = 8 << 20, TEXT_MAX = 1 << 20, SCHEMAS_MAX = 64 };

struct collection {
  const struct dialect *dialect;
  struct buf *out;
  struct arena *arena;
  bool newcomer_known; /* the account that was created last is signed in */
};

/* Whom a request is sent as. */
struct caller {
  const char *token;            /* variable of its token; NULL: nobody */
  const char *email, *password; /* variables to sign in with */
  enum role role;               /* 0: the account that was created last */
};

/* ---- people of the demonstration desk ---- */

#define DEMO_DOMAIN "@operator.demo.invalid"
static const struct {
  const char *token, *email, *address;
} people[ROLE_COUNT] = {
    [ROLE_CUSTOMER] = {"customer_token", "customer_email", "customer1" DEMO_DOMAIN},
    [ROLE_TECHNICIAN] = {"technician_token", "technician_email", "technician1" DEMO_DOMAIN},
    [ROLE_CUSTOMER_SERVICE] = {"customer_service_token", "customer_service_email", "service" DEMO_DOMAIN},
    [ROLE_SUPERVISOR] = {"supervisor_token", "supervisor_email", "supervisor" DEMO_DOMAIN},
    [ROLE_MANAGER] = {"manager_token", "manager_email", "manager" DEMO_DOMAIN},
    [ROLE_SUPER_ADMIN] = {"super_admin_token", "super_admin_email", "admin" DEMO_DOMAIN},
};

static struct caller person(enum role role) {
  return (struct caller){people[role].token, people[role].email, "password", role};
}

static const struct sample *sample_of(const struct route *route) {
  static const struct sample nothing;
  return route->sample != NULL ? route->sample : &nothing;
}

/* The highest role that may, unless the route asks for another. */
static struct caller caller_of(const struct route *route) {
  if (!openapi_needs_token(route)) {
    return (struct caller){0};
  }
  if (sample_of(route)->newcomer) {
    return (struct caller){"new_token", "new_email", "new_password", 0};
  }
  enum role role = ROLE_SUPER_ADMIN;
  while (role > ROLE_CUSTOMER && (sample_of(route)->customer || !openapi_is_open_to(route, role))) {
    role--;
  }
  return person(role);
}

static const struct route *sign_in_route(const struct dialect *dialect) {
  for (size_t i = 0; i < dialect->route_count; i++) {
    if (sample_of(&dialect->routes[i])->turn == SAMPLE_SIGN_IN) {
      return &dialect->routes[i];
    }
  }
  return NULL;
}

static enum sample_turn turn_of(const struct route *route) {
  bool one = strchr(route->path, ':') != NULL;
  if (sample_of(route)->turn != SAMPLE_BY_METHOD) {
    return sample_of(route)->turn;
  }
  switch (route->method) {
    case HTTP_GET:
    case HTTP_HEAD:
      return one ? SAMPLE_READ : SAMPLE_LIST;
    case HTTP_POST:
      return one ? SAMPLE_CHANGE : SAMPLE_CREATE;
    case HTTP_DELETE:
      return SAMPLE_DELETE;
    default:
      return SAMPLE_CHANGE;
  }
}

/* ---- values ---- */

static struct str variable(struct collection *collection, const char *name) {
  return str_format(collection->arena, "\"{{%s}}\"", name);
}

static const struct sample_value *sample_value(const struct route *route, struct str name) {
  const struct sample_value *value = sample_of(route)->values;
  while (value != NULL && value->name != NULL && !str_is(name, value->name)) {
    value++;
  }
  return value != NULL && value->name != NULL ? value : NULL;
}

static bool is_email(const struct field *row) {
  return strstr(row->name, "email") != NULL;
}

/* The JSON text of one row; NONE: left out. signer: who signs in; NULL where the route is no sign-in. */
static struct str value_of(struct collection *collection, const struct route *route, const struct field *row,
                           const struct caller *signer) {
  const struct sample_value *own = sample_value(route, str_of(row->name));
  if (own != NULL) {
    return own->json != NULL ? str_of(own->json) : STR_NONE;
  }
  if ((row->flags & FIELD_SECRET) != 0) {
    return variable(collection, signer != NULL ? signer->password : "new_password");
  }
  if (is_email(row)) {
    return variable(collection, signer != NULL ? signer->email : "new_email");
  }
  if (str_ends(str_of(row->name), "_id")) {
    return row->kind == FIELD_KIND_INT ? str_format(collection->arena, "{{%s}}", row->name)
                                       : variable(collection, row->name);
  }
  if (row->kind == FIELD_KIND_TIME) {
    return variable(collection, "tomorrow");
  }
  struct buf example CLEANUP_BUF;
  buf_init(&example, TEXT_MAX);
  wire_row_example(&example, row, WIRE_IN);
  return str_copy(collection->arena, buf_str(&example));
}

/* Strings as they are, what else it is as one. */
static void print_as_text(struct buf *out, struct str json) {
  const char *quote = json.len > 0 && json.at[0] == '"' ? "" : "\"";
  buf_format(out, "%s%.*s%s", quote, STR_ARG(json), quote);
}

/* ---- scripts ---- */

static void line(struct buf *out, const char *text) {
  openapi_item(out);
  wire_print_text(out, str_of(text));
}

static void begin_script(struct buf *out, const char *listen) {
  openapi_item(out);
  buf_format(out, "{\"listen\":\"%s\",\"script\":{\"type\":\"text/javascript\",\"exec\":[", listen);
}

static void end_script(struct buf *out) {
  buf_add_text(out, "]}}");
}

static void script(struct buf *out, const char *listen, const char *const *lines) {
  begin_script(out, listen);
  for (; *lines != NULL; lines++) {
    line(out, *lines);
  }
  end_script(out);
}

/* Before and after every request. */
static void common_scripts(struct buf *out) {
  static const char *const before[] = {
      "pm.variables.set('tomorrow', new Date(Date.now() + 864e5).toISOString());", NULL};
  static const char *const after[] = {
      "// Keeps the ids that an answer tells, for the requests that follow: of each kind the first,",
      "// or the one that was created last.",
      "const path = pm.request.url.path;",
      "const nameOf = (word) => `${word.replace(/ies$/, 'y').replace(/s$/, '').replace(/-/g, '_')}_id`;",
      "const noun = nameOf(path.filter((part) => !part.startsWith(':')).pop() || '');",
      "const creates = pm.request.method === 'POST' && !path.some((part) => part.startsWith(':'));",
      "const keep = (name, value, again) => {",
      "  if ((value || value === 0) && (again || !pm.collectionVariables.has(name))) {",
      "    pm.collectionVariables.set(name, value);",
      "  }",
      "};",
      "const walk = (name, value) => {",
      "  if (Array.isArray(value)) {",
      "    value.slice(0, 1).forEach((first) => walk(name, first));",
      "  } else if (value !== null && typeof value === 'object') {",
      "    keep(name, value.id || value._id, creates && name === noun);",
      "    Object.entries(value).forEach(([key, inner]) => {",
      "      if (inner !== null && typeof inner === 'object') {",
      "        walk(key === 'data' ? name : nameOf(key), inner);",
      "      } else if (/._id$/.test(key) || key === 'refresh_token') {",
      "        keep(key, inner, key === 'refresh_token');",
      "      }",
      "    });",
      "  }",
      "};",
      "if (pm.response.code < 300 && /json/.test(pm.response.headers.get('Content-Type') || '')) {",
      "  walk(noun, pm.response.json());",
      "}",
      NULL};
  wire_print_key(out, "event");
  buf_add_char(out, '[');
  script(out, "prerequest", before);
  script(out, "test", after);
  buf_add_char(out, ']');
}

struct tables {
  const struct fields *at[SCHEMAS_MAX];
  size_t count;
};

static void table_add(void *arg, const struct fields *fields) {
  struct tables *tables = arg;
  for (size_t i = 0; i < tables->count; i++) {
    if (tables->at[i] == fields) {
      return;
    }
  }
  if (tables->count == SCHEMAS_MAX) {
    die("An answer has more field tables than a request's test can hold.");
  }
  tables->at[tables->count++] = fields;
}

static bool is_success(const struct answer *answer) {
  return answer->status < 300;
}

/* const schema = …; with all that it leads to. False: no success has a table. */
static bool schema_line(struct collection *collection, const struct route *route) {
  struct tables tables = {.count = 0};
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX);
  buf_add_text(&text, "const schema = {\"anyOf\":[");
  for (const struct answer *answer = route->answers; answer != NULL && answer->status != 0; answer++) {
    if (is_success(answer) && answer->fields != NULL) {
      openapi_item(&text);
      openapi_reference(&text, answer->fields, WIRE_OUT);
      wire_each_table(answer->fields, table_add, &tables);
    }
  }
  buf_add_text(&text, "],\"components\":{\"schemas\":{");
  for (size_t i = 0; i < tables.count; i++) {
    openapi_item(&text);
    buf_add_char(&text, '"');
    wire_schema_name(&text, tables.at[i], WIRE_OUT);
    buf_add_text(&text, "\":");
    wire_schema(&text, tables.at[i], WIRE_OUT);
  }
  buf_add_text(&text, "}}};");
  if (tables.count > 0) {
    openapi_item(collection->out);
    wire_print_text(collection->out, buf_str(&text));
  }
  return tables.count > 0;
}

static void status_lines(struct collection *collection, const struct route *route) {
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX);
  for (const struct answer *answer = route->answers; answer != NULL && answer->status != 0; answer++) {
    if (is_success(answer)) {
      buf_format(&text, "%s%d", text.len > 0 ? ", " : "", answer->status);
    }
  }
  const char *needs = sample_of(route)->needs;
  struct str codes =
      needs == NULL ? str_format(collection->arena, "const codes = [%.*s];", STR_ARG(buf_str(&text)))
                    : str_format(collection->arena, "const codes = pm.variables.get('%s') ? [%.*s] : [%d];",
                                 needs, STR_ARG(buf_str(&text)), sample_of(route)->refused);
  openapi_item(collection->out);
  wire_print_text(collection->out, codes);
  line(collection->out,
       "pm.test('The status is as documented', () => pm.expect(pm.response.code, "
       "pm.response.text()).to.be.oneOf(codes));");
}

static void type_lines(struct collection *collection, const struct route *route, bool json) {
  struct buf types CLEANUP_BUF;
  buf_init(&types, TEXT_MAX);
  buf_add_text(&types, json || sample_of(route)->needs != NULL ? "const types = ['application/json'"
                                                               : "const types = [");
  bool any = json;
  for (const struct answer *answer = route->answers; answer != NULL && answer->status != 0; answer++) {
    for (const char *const *type = is_success(answer) ? answer->produces : NULL;
         type != NULL && *type != NULL; type++) {
      buf_format(&types, "%s'%s'", any ? ", " : "", *type);
      any = true;
    }
  }
  if (!any) {
    return;
  }
  buf_add_text(&types, "];");
  openapi_item(collection->out);
  wire_print_text(collection->out, buf_str(&types));
  line(collection->out, "const type = (pm.response.headers.get('Content-Type') || '').split(';')[0];");
  line(collection->out,
       "pm.test('The content type is as documented', () => pm.expect(type).to.be.oneOf(types));");
}

static void events(struct collection *collection, const struct route *route, const struct caller *signer) {
  static const char *const first[] = {
      "// A run begins without the ids that an earlier one kept.",
      "Object.keys(pm.collectionVariables.toObject()).filter((name) => /_id$/.test(name))",
      "  .forEach((name) => pm.collectionVariables.unset(name));", NULL};
  static const char *const fresh[] = {
      "// An address that nobody has yet.",
      "pm.collectionVariables.set('new_email', `${pm.variables.replaceIn('{{$guid}}')}@example.com`);", NULL};
  struct buf *out = collection->out;
  bool named = false;
  for (unsigned i = 0; route->input != NULL && i < route->input->count; i++) {
    const struct field *row = &route->input->rows[i];
    named |= is_email(row) && sample_value(route, str_of(row->name)) == NULL;
  }
  wire_print_key(out, "event");
  buf_add_char(out, '[');
  if (signer != NULL && signer->role == ROLE_SUPER_ADMIN) {
    script(out, "prerequest", first);
  } else if (named && signer == NULL) {
    script(out, "prerequest", fresh);
  }
  begin_script(out, "test");
  status_lines(collection, route);
  bool json = schema_line(collection, route);
  type_lines(collection, route, json);
  if (json) {
    line(out, "if (pm.response.code < 300 && type === 'application/json') {");
    line(out, "  pm.test('The body fits its schema', () => pm.response.to.have.jsonSchema(schema));");
    line(out, "}");
  }
  if (signer != NULL) {
    line(out, "const tokenIn = (value) => (value === null || typeof value !== 'object' ? undefined");
    line(out,
         "  : value.access_token || value.jwt_token || value.token || "
         "Object.values(value).map(tokenIn).find(Boolean));");
    struct str kept = str_format(
        collection->arena, "pm.collectionVariables.set('%s', tokenIn(pm.response.json()));", signer->token);
    openapi_item(out);
    wire_print_text(out, kept);
  }
  end_script(out);
  buf_add_char(out, ']');
}

/* ---- a request ---- */

static struct str path_of(const struct collection *collection, const struct route *route) {
  const char *const *mounts = collection->dialect->mounts;
  const char *mount = mounts != NULL && !route->as_written ? mounts[0] : "";
  return str_format(collection->arena, "%s%s", mount, route->path);
}

/* "{{ticket_id}}" for the parameter after "tickets", as the script names it. */
static void id_variable(struct buf *out, struct str noun) {
  bool of_y = str_ends(noun, "ies");
  size_t ending = of_y ? 3 : str_ends(noun, "s") ? 1 : 0;
  buf_add_text(out, "\"{{");
  for (size_t i = 0; i < noun.len - ending; i++) {
    buf_add_char(out, noun.at[i] == '-' ? '_' : noun.at[i]);
  }
  buf_add_text(out, of_y ? "y_id}}\"" : "_id}}\"");
}

static void path_parts(struct collection *collection, const char *path) {
  struct str segment;
  wire_print_key(collection->out, "path");
  buf_add_char(collection->out, '[');
  while (path_take(&path, &segment)) {
    openapi_item(collection->out);
    wire_print_text(collection->out, segment);
  }
  buf_add_char(collection->out, ']');
}

static void path_variables(struct buf *out, const struct route *route, const char *path) {
  struct str segment, noun = STR_NONE;
  if (strchr(path, ':') == NULL) {
    return;
  }
  wire_print_key(out, "variable");
  buf_add_char(out, '[');
  while (path_take(&path, &segment)) {
    if (!path_is_parameter(segment)) {
      noun = segment;
      continue;
    }
    struct str name = {segment.at + 1, segment.len - 1};
    const struct sample_value *own = sample_value(route, name);
    openapi_item(out);
    buf_add_text(out, "{\"key\":");
    wire_print_text(out, name);
    wire_print_key(out, "value");
    if (own != NULL && own->json != NULL) {
      buf_add_text(out, own->json);
    } else {
      id_variable(out, noun);
    }
    buf_add_char(out, '}');
  }
  buf_add_char(out, ']');
}

/* What is not required stands there switched off. */
static bool query_is_sent(const struct route *route, const struct field *row) {
  return (row->flags & FIELD_REQUIRED) != 0 || sample_value(route, str_of(row->name)) != NULL;
}

static void query_parts(struct collection *collection, const struct route *route) {
  struct buf *out = collection->out;
  if (route->query == NULL) {
    return;
  }
  wire_print_key(out, "query");
  buf_add_char(out, '[');
  for (unsigned i = 0; i < route->query->count; i++) {
    const struct field *row = &route->query->rows[i];
    struct str value = openapi_fits_form(row) ? value_of(collection, route, row, NULL) : STR_NONE;
    if (value.at == NULL) {
      continue;
    }
    openapi_item(out);
    buf_add_text(out, "{\"key\":");
    wire_print_text(out, str_of(row->name));
    wire_print_key(out, "value");
    print_as_text(out, value);
    if (row->text != NULL) {
      wire_print_key_text(out, "description", row->text);
    }
    buf_add_text(out, query_is_sent(route, row) ? "}" : ",\"disabled\":true}");
  }
  buf_add_char(out, ']');
}

/* The whole address as a text, too: some clients read nothing else. */
static void raw_url(struct collection *collection, const struct route *route, struct str path) {
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX);
  buf_format(&text, "{{baseUrl}}%.*s", STR_ARG(path));
  const char *mark = "?";
  for (unsigned i = 0; route->query != NULL && i < route->query->count; i++) {
    const struct field *row = &route->query->rows[i];
    struct str value = openapi_fits_form(row) ? value_of(collection, route, row, NULL) : STR_NONE;
    if (value.at != NULL && query_is_sent(route, row)) {
      bool quoted = value.at[0] == '"';
      buf_format(&text, "%s%s=%.*s", mark, row->name, (int)value.len - (quoted ? 2 : 0), value.at + quoted);
      mark = "&";
    }
  }
  buf_add_text(collection->out, "\"raw\":");
  wire_print_text(collection->out, buf_str(&text));
}

static void print_url(struct collection *collection, const struct route *route) {
  struct buf *out = collection->out;
  struct str path = path_of(collection, route);
  wire_print_key(out, "url");
  buf_add_char(out, '{');
  raw_url(collection, route, path);
  buf_add_text(out, ",\"host\":[\"{{baseUrl}}\"]");
  path_parts(collection, path.at);
  query_parts(collection, route);
  path_variables(out, route, path.at);
  buf_add_char(out, '}');
}

static void header(struct buf *out, const char *name, const char *value) {
  openapi_item(out);
  buf_add_text(out, "{\"key\":");
  wire_print_text(out, str_of(name));
  wire_print_key_text(out, "value", value);
  buf_add_char(out, '}');
}

static bool is_multipart(const struct route *route) {
  return route->body == BODY_MULTIPART;
}

/* An object with a line for each member. */
static void json_body(struct collection *collection, const struct route *route, const struct caller *signer) {
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX);
  const char *before = "{\n  ";
  for (unsigned i = 0; i < route->input->count; i++) {
    const struct field *row = &route->input->rows[i];
    struct str value = row->kind != FIELD_KIND_CONST ? value_of(collection, route, row, signer) : STR_NONE;
    if (value.at != NULL) {
      buf_format(&text, "%s\"%s\": %.*s", before, row->name, STR_ARG(value));
      before = ",\n  ";
    }
  }
  buf_add_text(&text, text.len > 0 ? "\n}" : "{}");
  wire_print_key(collection->out, "body");
  buf_add_text(collection->out, "{\"mode\":\"raw\",\"raw\":");
  wire_print_text(collection->out, buf_str(&text));
  buf_add_text(collection->out, ",\"options\":{\"raw\":{\"language\":\"json\"}}}");
}

/* The file is a text with a name, so that no file is needed on disk: the least that is a PDF to whoever
 * looks. */
static void multipart_body(struct collection *collection, const struct route *route) {
  struct buf *out = collection->out;
  unsigned rows = route->input != NULL ? route->input->count : 0;
  wire_print_key(out, "body");
  buf_add_text(out, "{\"mode\":\"formdata\",\"formdata\":[");
  for (unsigned i = 0; i < rows; i++) {
    const struct field *row = &route->input->rows[i];
    struct str value = openapi_fits_form(row) ? value_of(collection, route, row, NULL) : STR_NONE;
    if (value.at != NULL) {
      openapi_item(out);
      buf_add_text(out, "{\"key\":");
      wire_print_text(out, str_of(row->name));
      buf_add_text(out, ",\"type\":\"text\",\"value\":");
      print_as_text(out, value);
      buf_add_char(out, '}');
    }
  }
  openapi_item(out);
  buf_add_text(out, "{\"key\":");
  wire_print_text(out, str_of(route->file_part != NULL ? route->file_part : "file"));
  buf_add_text(
      out, ",\"type\":\"text\",\"fileName\":\"example.pdf\",\"contentType\":\"application/pdf\",\"value\":");
  wire_print_text(out, STR("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n"));
  buf_add_text(out, "}]}");
}

static void print_auth(struct buf *out, const struct caller *caller) {
  wire_print_key(out, "auth");
  if (caller->token == NULL) {
    buf_add_text(out, "{\"type\":\"noauth\"}");
    return;
  }
  buf_format(
      out, "{\"type\":\"bearer\",\"bearer\":[{\"key\":\"token\",\"value\":\"{{%s}}\",\"type\":\"string\"}]}",
      caller->token);
}

/* signer: who signs in; NULL where the route is no sign-in. */
static void request(struct collection *collection, const struct route *route, const struct caller *signer) {
  struct buf *out = collection->out;
  struct caller caller = caller_of(route);
  openapi_item(out);
  buf_add_text(out, "{\"id\":");
  wire_print_text(out, signer == NULL ? str_of(route->name)
                                      : str_format(collection->arena, "%s-%s", route->name, signer->email));
  wire_print_key(out, "name");
  wire_print_text(out, signer == NULL
                           ? str_of(route->summary)
                           : str_format(collection->arena, "%s: {{%s}}", route->summary, signer->email));
  events(collection, route, signer);
  wire_print_key(out, "request");
  buf_format(out, "{\"method\":\"%s\"", http_method_name(route->method));
  openapi_who_may(out, route);
  print_auth(out, &caller);
  wire_print_key(out, "header");
  buf_add_char(out, '[');
  if (route->input != NULL && !is_multipart(route)) {
    header(out, "Content-Type", "application/json");
  }
  if (collection->dialect->header != NULL) {
    header(out, collection->dialect->header, "{{tenant}}");
  }
  buf_add_char(out, ']');
  print_url(collection, route);
  if (is_multipart(route)) {
    multipart_body(collection, route);
  } else if (route->input != NULL) {
    json_body(collection, route, signer);
  }
  buf_add_text(out, "}}");
}

/* ---- the order ---- */

static void sign_in(struct collection *collection, struct caller caller) {
  const struct route *route = sign_in_route(collection->dialect);
  if (route != NULL) {
    request(collection, route, &caller);
  }
}

/* Everybody who is needed, the highest role first. */
static void sign_ins(struct collection *collection) {
  const struct dialect *dialect = collection->dialect;
  unsigned needed = 0;
  for (size_t i = 0; i < dialect->route_count; i++) {
    needed |= 1u << caller_of(&dialect->routes[i]).role;
  }
  for (enum role role = ROLE_SUPER_ADMIN; role >= ROLE_CUSTOMER; role--) {
    if ((needed & 1u << role) != 0) {
      sign_in(collection, person(role));
    }
  }
}

/* It asks for an id that another answer told. */
static bool leans_on_others(const struct route *route) {
  bool leans = false;
  for (unsigned i = 0; route->input != NULL && i < route->input->count; i++) {
    struct str name = str_of(route->input->rows[i].name);
    leans |= str_ends(name, "_id") && sample_value(route, name) == NULL;
  }
  return leans;
}

static void requests(struct collection *collection, enum sample_turn turn, bool leaning) {
  for (size_t i = 0; i < collection->dialect->route_count; i++) {
    const struct route *route = &collection->dialect->routes[i];
    if (turn_of(route) != turn || (turn == SAMPLE_CREATE && leans_on_others(route) != leaning)) {
      continue;
    }
    if (sample_of(route)->newcomer && !collection->newcomer_known) {
      sign_in(collection, caller_of(route));
      collection->newcomer_known = true;
    }
    request(collection, route, NULL);
  }
}

static void folders(struct collection *collection) {
  static const char *const names[SAMPLE_TURNS] = {
      [SAMPLE_SIGN_IN] = "1. Sign in", [SAMPLE_CREATE] = "2. Create", [SAMPLE_LIST] = "3. List",
      [SAMPLE_READ] = "4. Read",       [SAMPLE_CHANGE] = "5. Change", [SAMPLE_FINISH] = "6. Finish",
      [SAMPLE_DELETE] = "7. Delete",   [SAMPLE_LEAVE] = "8. Leave",   [SAMPLE_END] = "9. Make good"};
  struct buf *out = collection->out;
  wire_print_key(out, "item");
  buf_add_char(out, '[');
  for (enum sample_turn turn = SAMPLE_SIGN_IN; turn < SAMPLE_TURNS; turn++) {
    openapi_item(out);
    buf_format(out, "{\"name\":\"%s\",\"item\":[", names[turn]);
    if (turn == SAMPLE_SIGN_IN) {
      sign_ins(collection);
    } else {
      requests(collection, turn, false);
    }
    if (turn == SAMPLE_CREATE) {
      requests(collection, turn, true);
    }
    buf_add_text(out, "]}");
  }
  buf_add_char(out, ']');
}

/* ---- the collection ---- */

static void print_variable(struct buf *out, const char *name, const char *value, const char *text) {
  openapi_item(out);
  buf_add_text(out, "{\"key\":");
  wire_print_text(out, str_of(name));
  wire_print_key_text(out, "value", value);
  wire_print_key_text(out, "type", "string");
  wire_print_key_text(out, "description", text);
  buf_add_char(out, '}');
}

static void variables(struct collection *collection, const char *server_url) {
  const struct dialect *dialect = collection->dialect;
  struct buf *out = collection->out;
  wire_print_key(out, "variable");
  buf_add_char(out, '[');
  print_variable(out, "baseUrl", server_url != NULL ? server_url : "http://127.0.0.1:8080",
                 "Where the server is.");
  print_variable(out, "password", "", "Of all who sign in first: the one that `sigap demo` told.");
  for (enum role role = ROLE_SUPER_ADMIN; role >= ROLE_CUSTOMER; role--) {
    print_variable(out, people[role].email, people[role].address, "Somebody with this role.");
  }
  print_variable(out, "new_password", "@Test123!", "Of the accounts that the run creates.");
  print_variable(out, "domain", "nusa.localhost", "The host name of a tenant.");
  if (dialect->header != NULL) {
    print_variable(out, "tenant", "1", "The tenant that the calls are about.");
  }
  for (size_t i = 0; i < dialect->route_count; i++) {
    const char *needs = sample_of(&dialect->routes[i])->needs;
    if (needs != NULL) {
      print_variable(out, needs, "", "From a mail. While it is empty the documented refusal is expected.");
    }
  }
  buf_add_char(out, ']');
}

static void describe(struct collection *collection) {
  const struct dialect *dialect = collection->dialect;
  struct buf text CLEANUP_BUF;
  buf_init(&text, TEXT_MAX);
  if (dialect->about != NULL) {
    buf_format(&text, "%s\n\n", dialect->about);
  }
  buf_add_text(
      &text,
      "Runs from top to bottom on a server with the demonstration desk (`sigap demo`): set the variable "
      "`password` to what it told. Never run it as a whole on a desk in use: it creates, changes and "
      "deletes.");
  for (size_t i = 0; i < dialect->route_count; i++) {
    const struct sample *sample = sample_of(&dialect->routes[i]);
    if (sample->needs != NULL) {
      buf_format(&text,
                 "\n\n\"%s\" takes what was mailed: set `%s`; while it is empty the answer must be %d.",
                 dialect->routes[i].summary, sample->needs, sample->refused);
    }
  }
  wire_print_key(collection->out, "description");
  wire_print_text(collection->out, buf_str(&text));
}

void kit_postman(const struct dialect *dialect, const char *server_url, struct buf *out) {
  struct arena *arena CLEANUP_ARENA = arena_new(ARENA_MAX);
  struct collection collection = {.dialect = dialect, .out = out, .arena = arena};
  buf_add_char(out, '{');
  wire_print_key(out, "info");
  buf_add_char(out, '{');
  wire_print_key_text(out, "name", dialect->title != NULL ? dialect->title : dialect->name);
  wire_print_key_text(out, "version", SIGAP_VERSION);
  describe(&collection);
  wire_print_key_text(out, "schema", "https://schema.getpostman.com/json/collection/v2.1.0/collection.json");
  buf_add_char(out, '}');
  variables(&collection, server_url);
  common_scripts(out);
  folders(&collection);
  buf_add_char(out, '}');
}
