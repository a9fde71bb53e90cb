#ifndef SIGAP_NET_ROUTER_H
#define SIGAP_NET_ROUTER_H

#include "net/http.h"

/* Finds the row of a table for a method and a path. Patterns are segments: "/api/ticket/:id".
 * A literal segment goes before a parameter; a route whose literals match in their exact
 * case goes before one that folds letter case; a trailing slash is always optional. Empty
 * segments, "." and ".." never match. A path that is a row's very own, all literals in the
 * case it insists on, is no other row's parameter, whatever the method: ROUTER_NO_METHOD. */
struct router;

struct router_row {
  enum http_method method;
  const char *pattern; /* starts with '/', ':name' is a parameter */
  bool fold_case;      /* literal segments match in any ASCII letter case */
  int group;           /* rows of another group are skipped where the caller asks for one (see router_find) */
  const void *data;
};

enum { ROUTER_PARAMS_MAX = 4 };

struct router_match {
  const void *data;
  struct str params[ROUTER_PARAMS_MAX]; /* in the pattern's order, percent-decoded */
  unsigned param_count;
  unsigned allowed; /* bits 1 << method: what this path takes (for 405, OPTIONS); HEAD is there with GET */
};

enum router_result { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD };

/* Copies the rows. Two rows of the same method, pattern and group abort (a defect of the tables). */
struct router *router_new(const struct router_row *rows, size_t count);
void router_free(struct router *router);
/* HEAD finds GET rows. group -1: any. Parameters are decoded into the arena. */
enum router_result router_find(const struct router *router, enum http_method method, struct str path,
                               int group, struct arena *arena, struct router_match *match);

#endif
