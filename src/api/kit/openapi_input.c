#include <string.h>

#include "api/kit/openapi_internal.h"

/* What goes in: parameters and bodies. */

static void path_parameters(struct buf *out, const char *path) {
  struct str segment;
  while (path_take(&path, &segment)) {
    if (path_is_parameter(segment)) {
      openapi_item(out);
      buf_add_text(out, "{\"name\":");
      wire_print_text(out, (struct str){segment.at + 1, segment.len - 1});
      buf_add_text(out, ",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}");
    }
  }
}

static void query_parameter(struct buf *out, const struct field *row, const char *name, const char *text,
                            bool required) {
  openapi_item(out);
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
  wire_print_key(out, "example");
  wire_row_example(out, row, WIRE_IN);
  buf_add_char(out, '}');
}

/* Neither a form nor a query string can hold these. */
bool openapi_fits_form(const struct field *row) {
  return row->kind != FIELD_KIND_OBJECT && row->kind != FIELD_KIND_LIST && row->kind != FIELD_KIND_CONST;
}

static void query_parameters(struct doc *doc, const struct fields *query) {
  for (unsigned i = 0; i < query->count; i++) {
    const struct field *row = &query->rows[i];
    if (!openapi_fits_form(row)) {
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

/* What every route of the dialect takes beside its own: see choose.c. */
static void header_parameter(struct doc *doc) {
  openapi_item(doc->out);
  buf_add_text(doc->out, "{\"name\":");
  wire_print_text(doc->out, str_of(doc->dialect->header));
  buf_add_text(doc->out,
               ",\"in\":\"header\",\"description\":\"The number of the tenant that the call is about; empty "
               "or absent: the caller's own.\",\"schema\":{\"type\":\"string\",\"pattern\":\"^[0-9]*$\"}}");
}

static void common_parameter(struct doc *doc, enum openapi_common common) {
  openapi_item(doc->out);
  openapi_common(doc, common);
}

void openapi_parameters(struct doc *doc, const struct kit_row *row, const char *path) {
  const struct route *route = row->route;
  const char *header = doc->dialect->header;
  bool guarded = guard_covers(route);
  if (strchr(path, ':') == NULL && route->query == NULL && header == NULL && !guarded && !row->tagged) {
    return;
  }
  wire_print_key(doc->out, "parameters");
  buf_add_char(doc->out, '[');
  path_parameters(doc->out, path);
  if (route->query != NULL) {
    query_parameters(doc, route->query);
  }
  if (header != NULL) {
    header_parameter(doc);
  }
  if (guarded) {
    common_parameter(doc, COMMON_IDEMPOTENCY_KEY);
  }
  if (row->tagged) {
    common_parameter(doc, COMMON_IF_NONE_MATCH);
  }
  if (row->tagged || (guarded && row->twin != NULL)) {
    common_parameter(doc, COMMON_IF_MATCH);
  }
  buf_add_char(doc->out, ']');
}

static void request_content(struct buf *out, const struct fields *input, const char *type) {
  wire_print_key(out, type);
  buf_add_text(out, "{\"schema\":");
  openapi_reference(out, input, WIRE_IN);
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
    if (openapi_fits_form(&route->input->rows[i])) {
      wire_print_key(out, route->input->rows[i].name);
      wire_row_schema(out, &route->input->rows[i], WIRE_IN);
    }
  }
  wire_print_key(out, file);
  buf_add_text(out,
               "{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"}},\"required\":[");
  for (unsigned i = 0; i < rows; i++) {
    const struct field *row = &route->input->rows[i];
    if (openapi_fits_form(row) && (row->flags & FIELD_REQUIRED) != 0 && row->alias == NULL) {
      wire_print_text(out, str_of(row->name));
      buf_add_char(out, ',');
    }
  }
  wire_print_text(out, str_of(file));
  buf_add_text(out, "]},\"example\":{");
  for (unsigned i = 0; i < rows; i++) {
    if (openapi_fits_form(&route->input->rows[i])) {
      wire_print_key(out, route->input->rows[i].name);
      wire_row_example(out, &route->input->rows[i], WIRE_IN);
    }
  }
  wire_print_key(out, file);
  buf_add_text(out, "\"the bytes of the file\"}}");
}

void openapi_request_body(struct buf *out, const struct route *route) {
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
