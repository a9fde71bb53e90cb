#ifndef SIGAP_APP_PAGES_H
#define SIGAP_APP_PAGES_H

#include "api/kit/kit.h"

/* The pages that the server shows to people: /docs, Swagger UI over each dialect's specification. They are
 * part of the program (tools/embed), so that they need neither a folder nor the world outside. */

struct page {
  const char *name; /* "docs.js"; NULL ends the table */
  const char *type;
  const char *gzip, *gzip_end; /* its bytes, gzipped */
  size_t size;                 /* of the plain bytes */
};
extern const struct page served_pages[];

/* Handlers of GET /docs, /docs/:file and / (which leads to /docs). */
enum status pages_index(struct call *call);
enum status pages_file(struct call *call);
enum status pages_root(struct call *call);

#endif
