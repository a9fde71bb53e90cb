#include <string.h>

#include "api/kit/internal.h"

/* Conditional requests (RFC 9110, 13): what stands for the state of one object is a digest of its printed
 * answer, so that no dialect need know of versions. A write under If-Match prints the object inside its own
 * transaction and compares. See docs/decisions/0021-repeats-and-conditions.md. */

const struct problem_kind kit_changed = {STATUS_STATE, "precondition_failed",
                                         "The object is not, or no longer, as If-Match says: read it again."};

enum { TAG_BYTES = 16 };
static const char packed_mark[] = "-gzip";

/* ---- which rows ---- */

static bool is_change(const struct route *route) {
  return route->method == HTTP_PUT || route->method == HTTP_PATCH || route->method == HTTP_DELETE;
}

/* "/x/:id": one object. So is what is changed under its own path ("/me"). */
static bool tells_one(const struct kit_row *rows, size_t count, const struct kit_row *row) {
  if (row->route->method != HTTP_GET || row->route->lane == LANE_EXPORT) {
    return false;
  }
  if (strrchr(row->route->path, '/')[1] == ':') {
    return true;
  }
  for (size_t i = 0; i < count; i++) {
    if (rows[i].dialect == row->dialect && is_change(rows[i].route) &&
        path_same(row->route->path, rows[i].route->path)) {
      return true;
    }
  }
  return false;
}

void etag_pair(struct kit_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    rows[i].tagged = tells_one(rows, count, &rows[i]);
  }
  for (size_t i = 0; i < count; i++) {
    size_t longest = 0;
    for (size_t k = 0; k < count && rows[i].route->method != HTTP_GET; k++) {
      bool other = rows[k].dialect != rows[i].dialect || !rows[k].tagged;
      size_t covered = other ? 0 : path_covers(rows[k].route->path, rows[i].route->path);
      if (covered > longest) {
        longest = covered;
        rows[i].twin = &rows[k];
      }
    }
  }
}

/* ---- tags ---- */

bool etag_is_conditional(const struct call *call) {
  const struct http_head *head = &call->exchange->head;
  return http_header(head, "If-Match").at != NULL || http_header(head, "If-None-Match").at != NULL;
}

void call_tag(struct call *call, struct str hash) {
  char *hex = arena_alloc(call->ctx.arena, 2 * TAG_BYTES + 1);
  for (size_t i = 0; i < TAG_BYTES && i < hash.len; i++) {
    hex[2 * i] = "0123456789abcdef"[(unsigned char)hash.at[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[hash.at[i] & 15];
  }
  call->tag = str_of(hex);
}

/* The table without what each answer says of itself (its time, its request); NULL where it has nothing such.
 */
static const struct fields *lasting_rows(struct arena *arena, const struct fields *fields) {
  unsigned fleeting = 0;
  for (unsigned i = 0; fields != NULL && i < fields->count; i++) {
    fleeting += (fields->rows[i].flags & FIELD_FLEETING) != 0;
  }
  if (fleeting == 0) {
    return NULL;
  }
  struct field *rows = ARENA_ARRAY(arena, struct field, fields->count);
  struct fields *lasting = ARENA_NEW(arena, struct fields);
  *lasting = *fields;
  lasting->rows = rows;
  lasting->count = 0;
  for (unsigned i = 0; i < fields->count; i++) {
    if ((fields->rows[i].flags & FIELD_FLEETING) == 0) {
      rows[lasting->count++] = fields->rows[i];
    }
  }
  return lasting;
}

static void digest_of(struct str text, uint8_t hash[DIGEST_SIZE]) {
  struct digest digest;
  digest_begin(&digest);
  digest_add(&digest, text.at, text.len);
  digest_end(&digest, hash);
}

/* Of the answer that was printed, unless the handler gave a tag. */
static void tag_answer(struct call *call) {
  uint8_t hash[DIGEST_SIZE];
  if (call->tag.len > 0) {
    return;
  }
  const struct fields *lasting = lasting_rows(call->ctx.arena, call->answer_fields);
  if (lasting == NULL) {
    digest_of(buf_str(&call->exchange->body_out), hash);
  } else {
    struct buf text CLEANUP_BUF;
    buf_init(&text, call->exchange->body_out.max);
    wire_print_json(&text, lasting, call->answer);
    digest_of(buf_str(&text), hash);
  }
  call_tag(call, (struct str){(const char *)hash, DIGEST_SIZE});
}

/* Takes the next entity tag off the list, without quotes; false at its end, or where it is no list. */
static bool take_tag(struct str *rest, bool *weak, struct str *tag) {
  while (rest->len > 0 && (rest->at[0] == ',' || rest->at[0] == ' ' || rest->at[0] == '\t')) {
    *rest = (struct str){rest->at + 1, rest->len - 1};
  }
  *weak = str_starts(*rest, "W/");
  size_t from = *weak ? 3 : 1;
  if (rest->len < from || rest->at[from - 1] != '"') {
    return false;
  }
  *tag = (struct str){rest->at + from, rest->len - from};
  tag->len = str_find(*tag, '"');
  if (from + tag->len == rest->len) {
    return false; /* its end is missing */
  }
  *rest = (struct str){tag->at + tag->len + 1, rest->len - from - tag->len - 1};
  return true;
}

/* The compressed form is the same state. */
static struct str unpacked(struct str tag) {
  return str_ends(tag, packed_mark) ? (struct str){tag.at, tag.len - (sizeof packed_mark - 1)} : tag;
}

/* Is it on the list, or is the list "*"? RFC 9110, 8.8.3.2: a weak tag is never strongly the same. */
static bool is_named(struct str list, struct str tag, bool strongly) {
  bool weak;
  struct str one;
  if (str_is(str_trim(list), "*")) {
    return true;
  }
  while (take_tag(&list, &weak, &one)) {
    if (str_equal(unpacked(one), tag) && !(weak && strongly)) {
      return true;
    }
  }
  return false;
}

/* ---- writes ---- */

/* Runs the twin as if somebody read it now, into an exchange of its own. */
static enum status print_twin(struct call *call, struct call *twin, const struct route *route) {
  *twin = *call;
  twin->ctx.who = &twin->who;
  twin->route = route;
  twin->input = NULL;
  twin->query = NULL;
  twin->parts = NULL;
  twin->guard = NULL;
  twin->tag = STR_NONE;
  twin->handled = false;
  twin->printed = false;
  if (route->query != NULL) {
    twin->query = arena_alloc(call->ctx.arena, route->query->size);
    TRY(wire_read_form(&twin->ctx, STR(""), route->query, twin->query));
  }
  TRY(call_permit(twin, route));
  TRY(call_handle(twin));
  return call_print_answer(twin);
}

static enum status tag_of_twin(struct call *call, struct str *tag) {
  const struct kit_row *row = call->match.data;
  struct call *twin = ARENA_NEW(call->ctx.arena, struct call);
  struct http_exchange *exchange = ARENA_NEW(call->ctx.arena, struct http_exchange);
  *exchange = *call->exchange;
  exchange->head.method = HTTP_GET;
  exchange->file_fd = -1;
  buf_init(&exchange->headers, call->exchange->headers.max);
  buf_init(&exchange->body_out, call->exchange->body_out.max);
  struct http_exchange *own = call->exchange;
  call->exchange = exchange;
  enum status status = print_twin(call, twin, row->twin->route);
  call->exchange = own;
  db_act_in(call->ctx.db, call->tenant_id); /* the twin may have gone to where the object is */
  if (status == STATUS_OK) {
    tag_answer(twin);
    *tag = twin->tag;
  } else {
    call->ctx.problem = twin->ctx.problem;
  }
  http_answer_file(exchange, -1, 0);
  buf_release(&exchange->headers);
  buf_release(&exchange->body_out);
  return status;
}

/* Whoever may not see the object, or finds none, is told what a GET would tell. */
enum status etag_check(struct call *call) {
  const struct kit_row *row = call->match.data;
  struct str match = http_header(&call->exchange->head, "If-Match");
  struct str none = http_header(&call->exchange->head, "If-None-Match");
  struct str tag = STR_NONE;
  if (row->twin == NULL) {
    return match.at != NULL ? problem_set(&call->ctx, &kit_changed) : STATUS_OK;
  }
  TRY(tag_of_twin(call, &tag));
  bool holds = match.at != NULL ? is_named(match, tag, true) : !is_named(none, tag, false);
  return holds ? STATUS_OK : problem_set(&call->ctx, &kit_changed);
}

/* ---- reads ---- */

enum status etag_tell(struct call *call) {
  const struct kit_row *row = call->match.data;
  struct http_exchange *exchange = call->exchange;
  if (row == NULL || !row->tagged || exchange->status != 200) {
    return STATUS_OK;
  }
  tag_answer(call);
  struct str match = http_header(&exchange->head, "If-Match");
  if (match.at != NULL && !is_named(match, call->tag, true)) {
    call->tag = STR_NONE;
    return problem_set(&call->ctx, &kit_changed);
  }
  struct str none = http_header(&exchange->head, "If-None-Match");
  if (none.at != NULL && is_named(none, call->tag, false)) {
    exchange->status = 304;
  }
  return STATUS_OK;
}

void etag_add(struct call *call, bool packed) {
  if (call->tag.len > 0) {
    struct str value =
        str_format(call->ctx.arena, "\"%.*s%s\"", STR_ARG(call->tag), packed ? packed_mark : "");
    http_add_header(call->exchange, "ETag", value);
  }
}
