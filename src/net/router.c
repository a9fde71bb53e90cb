#include "net/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* A tree by segments, its literals kept in lower case, so that rows which fold and rows which do not share
 * their way down and at each step only two children can match: the literal and the parameter. What letter
 * case a row really wants is checked at the leaf. Walking the literal first visits the rows in order of
 * preference. */

enum { SEGMENTS_MAX = 12 };

struct segments {
  struct str at[SEGMENTS_MAX];
  unsigned count;
};

/* A row as kept. */
struct entry {
  enum http_method method;
  bool fold_case;
  int group;
  const void *data;
  char *text; /* the pattern's, which `pattern` points into */
  struct segments pattern;
  struct entry *next; /* of the same leaf, in the order of the table */
};

struct node {
  char *name; /* folded literal; NULL for a parameter and the root */
  size_t name_len;
  struct node **literals; /* sorted */
  size_t literal_count;
  struct node *parameter;
  struct entry *entries;
};

struct router {
  struct node root;
};

static char fold(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Compares a segment in any letter case with a folded name. */
static int compare(struct str segment, const struct node *node) {
  if (segment.len != node->name_len) {
    return segment.len < node->name_len ? -1 : 1;
  }
  for (size_t i = 0; i < segment.len; i++) {
    int difference = (unsigned char)fold(segment.at[i]) - (unsigned char)node->name[i];
    if (difference != 0) {
      return difference;
    }
  }
  return 0;
}

/* The literal child of that name; NULL: there is none, and `place` is where it belongs. */
static struct node *literal_find(const struct node *node, struct str segment, size_t *place) {
  size_t low = 0;
  size_t high = node->literal_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    struct node *child = node->literals[middle];
    int order = compare(segment, child);
    if (order == 0) {
      return child;
    }
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  *place = low;
  return NULL;
}

/* Cuts "/a/b/" into its segments. False for empty ones and too many. */
static bool cut(struct str path, struct segments *out) {
  if (path.len == 0 || path.at[0] != '/') {
    return false;
  }
  out->count = 0;
  size_t at = 1;
  while (at < path.len) {
    struct str rest = {path.at + at, path.len - at};
    size_t len = str_find(rest, '/');
    if (len == 0 || out->count == SEGMENTS_MAX) {
      return false;
    }
    out->at[out->count++] = (struct str){rest.at, len};
    at += len + 1;
  }
  return true;
}

static bool is_parameter(struct str segment) {
  return segment.at[0] == ':';
}

/* ---- building ---- */

static void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) {
    die("Out of memory for the routes.");
  }
  return memory;
}

static struct node *literal_child(struct node *node, struct str segment) {
  size_t place = 0;
  struct node *child = literal_find(node, segment, &place);
  if (child != NULL) {
    return child;
  }
  child = zeroed(1, sizeof(*child));
  child->name = zeroed(segment.len, 1);
  child->name_len = segment.len;
  for (size_t i = 0; i < segment.len; i++) {
    child->name[i] = fold(segment.at[i]);
  }
  struct node **literals = zeroed(node->literal_count + 1, sizeof(*literals));
  for (size_t i = 0; i < node->literal_count; i++) {
    literals[i < place ? i : i + 1] = node->literals[i];
  }
  literals[place] = child;
  free(node->literals);
  node->literals = literals;
  node->literal_count++;
  return child;
}

/* Both rows would answer the same request with equal right. */
static bool collide(const struct entry *a, const struct entry *b) {
  if (a->method != b->method || a->group != b->group) {
    return false;
  }
  for (unsigned i = 0; i < a->pattern.count; i++) {
    bool fold_both = a->fold_case && b->fold_case;
    if (!is_parameter(a->pattern.at[i]) && !fold_both && !str_equal(a->pattern.at[i], b->pattern.at[i])) {
      return false;
    }
  }
  return true;
}

static void add_row(struct router *router, const struct router_row *row) {
  struct entry *entry = zeroed(1, sizeof(*entry));
  entry->method = row->method;
  entry->fold_case = row->fold_case;
  entry->group = row->group;
  entry->data = row->data;
  entry->text = strdup(row->pattern);
  if (entry->text == NULL) {
    die("Out of memory for the routes.");
  }
  if (!cut(str_of(entry->text), &entry->pattern) || row->method >= HTTP_METHOD_COUNT) {
    die("A route's pattern or method is not valid.");
  }
  struct node *node = &router->root;
  unsigned parameters = 0;
  for (unsigned i = 0; i < entry->pattern.count; i++) {
    struct str segment = entry->pattern.at[i];
    if (!is_parameter(segment)) {
      node = literal_child(node, segment);
      continue;
    }
    if (++parameters > ROUTER_PARAMS_MAX) {
      die("A route has too many parameters.");
    }
    if (node->parameter == NULL) {
      node->parameter = zeroed(1, sizeof(*node->parameter));
    }
    node = node->parameter;
  }
  struct entry **end = &node->entries;
  while (*end != NULL) {
    if (collide(*end, entry)) {
      die("Two routes have the same method, pattern and group.");
    }
    end = &(*end)->next;
  }
  *end = entry;
}

static void node_release(struct node *node) {
  for (size_t i = 0; i < node->literal_count; i++) {
    node_release(node->literals[i]);
    free(node->literals[i]);
  }
  if (node->parameter != NULL) {
    node_release(node->parameter);
    free(node->parameter);
  }
  while (node->entries != NULL) {
    struct entry *entry = node->entries;
    node->entries = entry->next;
    free(entry->text);
    free(entry);
  }
  free(node->literals);
  free(node->name);
}

void router_free(struct router *router) {
  if (router != NULL) {
    node_release(&router->root);
    free(router);
  }
}

struct router *router_new(const struct router_row *rows, size_t count) {
  struct router *router = zeroed(1, sizeof(*router));
  for (size_t i = 0; i < count; i++) {
    add_row(router, &rows[i]);
  }
  return router;
}

/* ---- finding ---- */

struct search {
  enum http_method method;
  int group;
  const struct segments *path;
  const struct entry *found;
  unsigned allowed;
};

enum fit { FIT_NONE, FIT_FOLDED, FIT_EXACT };

static enum fit fit_of(const struct entry *entry, const struct segments *path) {
  enum fit fit = FIT_EXACT;
  for (unsigned i = 0; i < path->count; i++) {
    struct str want = entry->pattern.at[i];
    if (is_parameter(want) || str_equal(want, path->at[i])) {
      continue;
    }
    if (!entry->fold_case) {
      return FIT_NONE;
    }
    fit = FIT_FOLDED;
  }
  return fit;
}

static unsigned bit_of(enum http_method method) {
  return 1U << method;
}

static bool has_parameter(const struct entry *entry) {
  for (unsigned i = 0; i < entry->pattern.count; i++) {
    if (is_parameter(entry->pattern.at[i])) {
      return true;
    }
  }
  return false;
}

/* At a leaf: the exact case before the folded, a row that insists on its case before one that happens to fit,
 * a HEAD row before the GET row that would do. True where a row owns this very path: all literals, in the
 * case it insists on. Then no row with a parameter gets it, whatever the method: what is a verb to one table
 * is no id to another. */
static bool look_at(const struct node *node, struct search *search) {
  int best = 0;
  bool owned = false;
  bool open = search->found == NULL; /* a leaf visited before has the better pattern */
  for (const struct entry *entry = node->entries; entry != NULL; entry = entry->next) {
    if (search->group != -1 && entry->group != search->group) {
      continue;
    }
    enum fit fit = fit_of(entry, search->path);
    if (fit == FIT_NONE) {
      continue;
    }
    search->allowed |= bit_of(entry->method);
    owned = owned || (fit == FIT_EXACT && !entry->fold_case && !has_parameter(entry));
    bool same = entry->method == search->method;
    bool head = search->method == HTTP_HEAD && entry->method == HTTP_GET;
    if (!open || (!same && !head)) {
      continue;
    }
    int rank = (fit == FIT_EXACT ? 4 : 1) + (fit == FIT_EXACT && !entry->fold_case ? 2 : 0) + (same ? 1 : 0);
    if (rank > best) {
      best = rank;
      search->found = entry;
    }
  }
  return owned;
}

/* As deep as the path has segments, which are few. True where the path was found to have an owner. */
static bool walk(const struct node *node, unsigned depth, struct search *search) {
  if (depth == search->path->count) {
    return look_at(node, search);
  }
  size_t place = 0;
  const struct node *literal = literal_find(node, search->path->at[depth], &place);
  if (literal != NULL && walk(literal, depth + 1, search)) {
    return true;
  }
  return node->parameter != NULL && walk(node->parameter, depth + 1, search);
}

/* Percent-decodes the segments that need it. Dots must not walk, also not in disguise. */
static bool decode(struct segments *path, struct arena *arena) {
  for (unsigned i = 0; i < path->count; i++) {
    struct str *segment = &path->at[i];
    if (str_find(*segment, '%') < segment->len &&
        http_unescape(arena, *segment, false, segment) != STATUS_OK) {
      return false;
    }
    if (str_is(*segment, ".") || str_is(*segment, "..")) {
      return false;
    }
  }
  return true;
}

enum router_result router_find(const struct router *router, enum http_method method, struct str path,
                               int group, struct arena *arena, struct router_match *match) {
  struct segments segments;
  struct router_match found = {0};
  *match = found;
  if (!cut(path, &segments) || !decode(&segments, arena)) {
    return ROUTER_NO_PATH;
  }
  struct search search = {.method = method, .group = group, .path = &segments};
  (void)walk(&router->root, 0, &search);
  if ((search.allowed & bit_of(HTTP_GET)) != 0) {
    search.allowed |= bit_of(HTTP_HEAD);
  }
  found.allowed = search.allowed;
  if (search.found == NULL) {
    *match = found;
    return search.allowed != 0 ? ROUTER_NO_METHOD : ROUTER_NO_PATH;
  }
  found.data = search.found->data;
  for (unsigned i = 0; i < segments.count; i++) {
    if (is_parameter(search.found->pattern.at[i])) {
      found.params[found.param_count++] = segments.at[i];
    }
  }
  *match = found;
  return ROUTER_FOUND;
}
