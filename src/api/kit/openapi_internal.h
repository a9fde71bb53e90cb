#ifndef SIGAP_API_KIT_OPENAPI_INTERNAL_H
#define SIGAP_API_KIT_OPENAPI_INTERNAL_H

#include "api/kit/internal.h"

/* What the files of the specification's writer share. */

enum { OPENAPI_SCHEMAS_MAX = 512 };

struct named_schema {
  const struct fields *fields;
  enum wire_direction direction;
};

/* Parameters and headers that several operations refer to, and that are told once where one did. */
enum openapi_common {
  COMMON_IDEMPOTENCY_KEY,
  COMMON_IF_MATCH,
  COMMON_IF_NONE_MATCH,
  COMMON_ETAG,
  COMMON_REPLAYED,
  COMMON_RETRY_AFTER,
  COMMON_COUNT
};

struct doc {
  const struct dialect *dialect;
  struct str server_url; /* before every path; empty: unknown */
  struct buf *out;
  struct arena *arena;
  struct kit_row *rows;          /* the dialect's routes, in their order, as they are served */
  enum wire_direction direction; /* of the tables being collected */
  struct named_schema schemas[OPENAPI_SCHEMAS_MAX];
  size_t schema_count;
  bool told[COMMON_COUNT];
};

/* openapi.c */
/* A comma where an item stands already. */
void openapi_item(struct buf *out);
void openapi_reference(struct buf *out, const struct fields *fields, enum wire_direction direction);
/* {"$ref": …} to one of them, as an item or a value. */
void openapi_common(struct doc *doc, enum openapi_common common);
bool openapi_needs_token(const struct route *route);
bool openapi_is_open_to(const struct route *route, enum role role);
/* "description": the roles that may come in. */
void openapi_who_may(struct buf *out, const struct route *route);
/* Where every role may come in, the route itself documents whom it sends away. */
bool openapi_may_be_forbidden(const struct route *route);

/* openapi_input.c */
/* The parameters carry the names of the path item's key, whatever this route calls them. */
void openapi_parameters(struct doc *doc, const struct kit_row *row, const char *path);
/* A form or a query string can hold it. */
bool openapi_fits_form(const struct field *row);
void openapi_request_body(struct buf *out, const struct route *route);

/* openapi_answers.c */
void openapi_responses(struct doc *doc, const struct kit_row *row);

#endif
