#include "wire/multipart.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/internal.h"

/* RFC 2046 5.1 and RFC 7578. The body is read through a window, so that its size does not matter. */

enum { WINDOW = 64 * 1024, BOUNDARY_MAX = 70, DELIMITER_MAX = BOUNDARY_MAX + 4 };

struct reader {
  struct ctx *ctx;
  int fd; /* -1: the window is the whole body */
  int64_t size;
  int64_t base; /* where the window begins in the body */
  char *window;
  size_t len;
  size_t at;                     /* within the window: all before it is done */
  char delimiter[DELIMITER_MAX]; /* CRLF, two hyphens, the boundary */
  size_t delimiter_len;
  size_t headers_left;
};

static enum status malformed(struct ctx *ctx, const char *reason) {
  problem_keep(ctx, &wire_malformed);
  return problem_fault(ctx, STR("body"), str_of(reason));
}

static struct str skip(struct str text, size_t n) {
  return (struct str){text.at + n, text.len - n};
}

/* ---- parameters of a header: *( ";" name "=" ( token / quoted-string ) ) ---- */

static bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t token_len(struct str text) {
  size_t len = 0;
  while (len < text.len && (is_alphanumeric(text.at[len]) ||
                            (text.at[len] != 0 && strchr("!#$%&'*+-.^_`|~", text.at[len]) != NULL))) {
    len++;
  }
  return len;
}

/* Only a quote and a backslash can be escaped: some clients send paths with single backslashes. */
static bool is_escape(struct str text, size_t at) {
  return text.at[at] == '\\' && at + 1 < text.len && (text.at[at + 1] == '"' || text.at[at + 1] == '\\');
}

/* A quoted string without its quotes. */
static bool take_quoted(struct arena *arena, struct str *rest, struct str *value) {
  size_t end = 1;
  while (end < rest->len && rest->at[end] != '"') {
    end += is_escape(*rest, end) ? 2 : 1;
  }
  if (end >= rest->len) {
    return false;
  }
  char *plain = arena_alloc(arena, end);
  size_t len = 0;
  for (size_t i = 1; i < end; i++) {
    i += is_escape(*rest, i) ? 1 : 0;
    plain[len++] = rest->at[i];
  }
  *value = (struct str){plain, len};
  *rest = skip(*rest, end + 1);
  return true;
}

enum take { TAKE_END, TAKE_ONE, TAKE_BAD };

static enum take take_parameter(struct arena *arena, struct str *rest, struct str *name, struct str *value) {
  *rest = str_trim(*rest);
  if (rest->len == 0) {
    return TAKE_END;
  }
  if (rest->at[0] != ';') {
    return TAKE_BAD;
  }
  *rest = str_trim(skip(*rest, 1));
  if (rest->len == 0) {
    return TAKE_END; /* some end with a semicolon */
  }
  size_t len = token_len(*rest);
  *name = (struct str){rest->at, len};
  if (len == 0 || len == rest->len || rest->at[len] != '=') {
    return TAKE_BAD;
  }
  *rest = skip(*rest, len + 1);
  if (rest->len > 0 && rest->at[0] == '"') {
    return take_quoted(arena, rest, value) ? TAKE_ONE : TAKE_BAD;
  }
  len = token_len(*rest);
  *value = (struct str){rest->at, len};
  *rest = skip(*rest, len);
  return len > 0 ? TAKE_ONE : TAKE_BAD;
}

static struct str media_of(struct str value) {
  return str_trim((struct str){value.at, str_find(value, ';')});
}

bool multipart_is(struct str content_type) {
  return str_equal_fold(media_of(content_type), STR("multipart/form-data"));
}

static bool boundary_fits(struct str boundary) {
  if (boundary.len == 0 || boundary.len > BOUNDARY_MAX || boundary.at[boundary.len - 1] == ' ') {
    return false;
  }
  for (size_t i = 0; i < boundary.len; i++) {
    char c = boundary.at[i];
    if (!is_alphanumeric(c) && (c == 0 || strchr("'()+_,-./:=? ", c) == NULL)) {
      return false;
    }
  }
  return true;
}

static enum status find_boundary(struct reader *reader, struct str content_type) {
  struct ctx *ctx = reader->ctx;
  if (!multipart_is(content_type)) {
    return malformed(ctx, "must be multipart/form-data");
  }
  struct str rest = skip(content_type, str_find(content_type, ';'));
  struct str boundary = STR_NONE;
  struct str name;
  struct str value;
  enum take take;
  while ((take = take_parameter(ctx->arena, &rest, &name, &value)) == TAKE_ONE) {
    if (str_equal_fold(name, STR("boundary"))) {
      if (boundary.at != NULL) {
        return malformed(ctx, "must have only one boundary in its Content-Type");
      }
      boundary = value;
    }
  }
  if (take == TAKE_BAD || boundary.at == NULL || !boundary_fits(boundary)) {
    return malformed(ctx, "must have a valid boundary in its Content-Type");
  }
  memcpy(reader->delimiter, "\r\n--", 4);
  memcpy(reader->delimiter + 4, boundary.at, boundary.len);
  reader->delimiter_len = boundary.len + 4;
  return STATUS_OK;
}

/* ---- the window ---- */

static struct str ahead(const struct reader *reader) {
  return (struct str){reader->window + reader->at, reader->len - reader->at};
}

static bool at_end(const struct reader *reader) {
  return reader->base + (int64_t)reader->len == reader->size;
}

static enum status read_at(struct reader *reader, char *to, size_t len, int64_t offset) {
  while (len > 0) {
    ssize_t got = pread(reader->fd, to, len, (off_t)offset);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      LOG(LOG_ERROR, "The file of a body can't be read.", LOG_N("errno", got < 0 ? errno : 0));
      return problem_set(reader->ctx, &problem_broken);
    }
    to += got;
    len -= (size_t)got;
    offset += got;
  }
  return STATUS_OK;
}

/* Moves the window on to what is not done yet, and fills it. */
static enum status fill(struct reader *reader) {
  size_t kept = reader->len - reader->at;
  memmove(reader->window, reader->window + reader->at, kept);
  reader->base += (int64_t)reader->at;
  reader->at = 0;
  reader->len = kept;
  int64_t left = reader->size - reader->base - (int64_t)kept;
  size_t room = WINDOW - kept;
  size_t len = left < (int64_t)room ? (size_t)left : room;
  TRY(read_at(reader, reader->window + kept, len, reader->base + (int64_t)kept));
  reader->len += len;
  return STATUS_OK;
}

/* As many bytes ahead, unless the body ends before. */
static enum status need(struct reader *reader, size_t len) {
  return reader->len - reader->at >= len || at_end(reader) ? STATUS_OK : fill(reader);
}

static bool starts(const struct reader *reader, const char *text, size_t len) {
  return reader->len - reader->at >= len && memcmp(reader->window + reader->at, text, len) == 0;
}

/* A line without its end; it lies in the window until the next step. */
static enum status take_line(struct reader *reader, struct str *line) {
  TRY(need(reader, reader->headers_left + 2));
  struct str text = ahead(reader);
  const char *end = text.len > 0 ? memmem(text.at, text.len, "\r\n", 2) : NULL;
  size_t len = end != NULL ? (size_t)(end - text.at) : text.len;
  if (len > reader->headers_left) {
    return malformed(reader->ctx, "must not have more than 16 KiB of headers");
  }
  if (end == NULL) {
    return malformed(reader->ctx, "must not end within the headers of a part");
  }
  reader->headers_left -= len;
  reader->at += len + 2;
  *line = (struct str){text.at, len};
  return STATUS_OK;
}

/* ---- the headers of a part ---- */

static bool has_any_control(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.at[i] < 0x20) {
      return true;
    }
  }
  return str_has_control(text);
}

/* Only what browsers write for a quote and for the ends of lines (HTML, "multipart form data"); with `all`
 * every escape is read (RFC 5987). */
static bool unescape(struct arena *arena, struct str text, bool all, struct str *out) {
  char *plain = arena_alloc(arena, text.len);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    int high = c == '%' && i + 2 < text.len ? form_hex(text.at[i + 1]) : -1;
    int low = high >= 0 ? form_hex(text.at[i + 2]) : -1;
    int byte = low >= 0 ? high << 4 | low : -1;
    if (c == '%' && byte < 0 && all) {
      return false;
    }
    if (byte >= 0 && (all || byte == '"' || byte == '\r' || byte == '\n')) {
      c = (char)byte;
      i += 2;
    }
    plain[len++] = c;
  }
  *out = (struct str){plain, len};
  return str_utf8(*out) && !has_any_control(*out);
}

/* UTF-8'language'escaped */
static bool read_extended(struct arena *arena, struct str value, struct str *out) {
  size_t charset = str_find(value, '\'');
  if (charset == value.len || !str_equal_fold((struct str){value.at, charset}, STR("UTF-8"))) {
    return false;
  }
  value = skip(value, charset + 1);
  size_t language = str_find(value, '\'');
  return language < value.len && unescape(arena, skip(value, language + 1), true, out);
}

/* A client's path is nobody's business: the last segment is the name. */
static struct str last_segment(struct str path) {
  size_t start = path.len;
  while (start > 0 && path.at[start - 1] != '/' && path.at[start - 1] != '\\') {
    start--;
  }
  return skip(path, start);
}

static enum status read_disposition(struct reader *reader, struct str value, struct multipart_part *part) {
  struct ctx *ctx = reader->ctx;
  struct str extended = STR_NONE;
  struct str plain = STR_NONE;
  struct str name;
  struct str text;
  if (part->name.at != NULL || !str_equal_fold(media_of(value), STR("form-data"))) {
    return malformed(ctx, "must have one Content-Disposition of form-data in each part");
  }
  struct str rest = skip(value, str_find(value, ';'));
  enum take take;
  while ((take = take_parameter(ctx->arena, &rest, &name, &text)) == TAKE_ONE) {
    bool is_extended = str_equal_fold(name, STR("filename*"));
    struct str *to = str_equal_fold(name, STR("name"))       ? &part->name
                     : str_equal_fold(name, STR("filename")) ? &plain
                     : is_extended                           ? &extended
                                                             : NULL;
    if (to == NULL) {
      continue;
    }
    bool fits = to->at == NULL &&
                (is_extended ? read_extended(ctx->arena, text, to) : unescape(ctx->arena, text, false, to));
    if (!fits) {
      return malformed(ctx, "must not have a broken name in a Content-Disposition");
    }
  }
  if (take == TAKE_BAD || part->name.len == 0) {
    return malformed(ctx, "must have a name in each part's Content-Disposition");
  }
  part->filename = extended.at != NULL ? extended : plain;
  return STATUS_OK;
}

static enum status read_header(struct reader *reader, struct str line, struct multipart_part *part) {
  struct ctx *ctx = reader->ctx;
  size_t name_len = token_len(line);
  if (name_len == 0 || name_len == line.len || line.at[name_len] != ':' || !str_utf8(line) ||
      has_any_control(line)) {
    return malformed(ctx, "must not have a broken header in a part");
  }
  struct str name = {line.at, name_len};
  struct str value = str_trim(skip(line, name_len + 1));
  if (str_equal_fold(name, STR("Content-Disposition"))) {
    return read_disposition(reader, value, part);
  }
  if (str_equal_fold(name, STR("Content-Type"))) {
    part->type = str_copy(ctx->arena, media_of(value));
  }
  bool encoded = str_equal_fold(name, STR("Content-Transfer-Encoding")) &&
                 !str_equal_fold(value, STR("binary")) && !str_equal_fold(value, STR("8bit")) &&
                 !str_equal_fold(value, STR("7bit"));
  return encoded ? malformed(ctx, "must not have a part with a transfer encoding") : STATUS_OK;
}

static enum status read_headers(struct reader *reader, struct multipart_part *part) {
  struct str line = STR_NONE;
  TRY(take_line(reader, &line));
  while (line.len > 0) {
    TRY(read_header(reader, line, part));
    TRY(take_line(reader, &line));
  }
  return part->name.at != NULL ? STATUS_OK
                               : malformed(reader->ctx, "must have a Content-Disposition in each part");
}

/* ---- the content of a part ---- */

/* From here to the next delimiter, which is then done, too. */
static enum status find_content(struct reader *reader, struct multipart_part *part) {
  part->offset = reader->base + (int64_t)reader->at;
  for (;;) {
    struct str text = ahead(reader);
    const char *found =
        text.len > 0 ? memmem(text.at, text.len, reader->delimiter, reader->delimiter_len) : NULL;
    if (found != NULL) {
      reader->at += (size_t)(found - text.at);
      part->length = reader->base + (int64_t)reader->at - part->offset;
      reader->at += reader->delimiter_len;
      return STATUS_OK;
    }
    if (at_end(reader)) {
      return malformed(reader->ctx, "must not end without its final boundary");
    }
    /* The start of a delimiter may stand at the end of the window. */
    size_t kept = text.len < reader->delimiter_len ? text.len : reader->delimiter_len - 1;
    reader->at = reader->len - kept;
    TRY(fill(reader));
  }
}

static enum status read_text(struct reader *reader, struct multipart_part *part) {
  struct ctx *ctx = reader->ctx;
  if (part->length > MULTIPART_TEXT_MAX) {
    value_fault(ctx, value_cut(part->name), "must be at most 64 KiB");
    return STATUS_OK;
  }
  size_t len = (size_t)part->length;
  struct str text = {reader->window + part->offset, len};
  if (reader->fd >= 0) {
    TRY(value_room(ctx, len, 1));
    char *copy = arena_alloc(ctx->arena, len);
    TRY(read_at(reader, copy, len, part->offset));
    text.at = copy;
  }
  if (!str_utf8(text) || str_find(text, '\0') < len) {
    value_fault(ctx, value_cut(part->name), "must be UTF-8 without NUL");
    return STATUS_OK;
  }
  part->text = text;
  return STATUS_OK;
}

static enum status keep_part(struct reader *reader, struct multipart_part *part, struct multipart *out) {
  if (part->filename.at == NULL) {
    TRY(read_text(reader, part));
  } else if (part->filename.len == 0 && part->length == 0) {
    return STATUS_OK; /* a file input that was left empty */
  } else {
    part->filename = last_segment(part->filename);
    if (part->filename.len == 0 || str_is(part->filename, ".") || str_is(part->filename, "..")) {
      return malformed(reader->ctx, "must have a file's name in each part that is a file");
    }
  }
  out->parts[out->count++] = *part;
  return STATUS_OK;
}

/* ---- the whole ---- */

/* Behind a delimiter: the rest of its line, or the end of the body. */
static enum status end_delimiter(struct reader *reader, bool *last) {
  TRY(need(reader, 2));
  *last = starts(reader, "--", 2);
  if (!*last) {
    struct str line = STR_NONE;
    TRY(take_line(reader, &line));
    return str_trim(line).len == 0 ? STATUS_OK
                                   : malformed(reader->ctx, "must not have anything behind a boundary");
  }
  reader->at += 2;
  TRY(need(reader, WINDOW));
  return at_end(reader) && str_trim(ahead(reader)).len == 0
             ? STATUS_OK
             : malformed(reader->ctx, "must not have anything behind its final boundary");
}

static enum status read_parts(struct reader *reader, struct multipart *out) {
  bool last = false;
  TRY(need(reader, DELIMITER_MAX));
  if (starts(reader, reader->delimiter, reader->delimiter_len)) {
    reader->at += reader->delimiter_len;
  } else if (starts(reader, reader->delimiter + 2, reader->delimiter_len - 2)) {
    reader->at += reader->delimiter_len - 2;
  } else {
    return malformed(reader->ctx, "must begin with its boundary");
  }
  TRY(end_delimiter(reader, &last));
  for (unsigned seen = 0; !last; seen++) {
    struct multipart_part part = {0};
    if (seen == MULTIPART_PARTS_MAX) {
      return malformed(reader->ctx, "must not have more than 20 parts");
    }
    TRY(read_headers(reader, &part));
    TRY(find_content(reader, &part));
    TRY(keep_part(reader, &part, out));
    TRY(end_delimiter(reader, &last));
  }
  return STATUS_OK;
}

static enum status read_body(struct reader *reader, struct str content_type, struct multipart *out) {
  unsigned before = reader->ctx->problem.fault_count;
  struct multipart parts = {.count = 0};
  reader->headers_left = MULTIPART_HEADERS_MAX;
  TRY(find_boundary(reader, content_type));
  TRY(read_parts(reader, &parts));
  if (reader->ctx->problem.fault_count > before) {
    return STATUS_INVALID;
  }
  *out = parts;
  return STATUS_OK;
}

enum status multipart_read_file(struct ctx *ctx, struct str content_type, int fd, int64_t size,
                                struct multipart *out) {
  struct reader reader = {.ctx = ctx, .fd = fd, .size = size};
  TRY(value_room(ctx, WINDOW, 1));
  reader.window = arena_alloc(ctx->arena, WINDOW);
  return read_body(&reader, content_type, out);
}

enum status multipart_read(struct ctx *ctx, struct str content_type, struct str body, struct multipart *out) {
  /* The window is never written to: it moves only over a file. */
  struct reader reader = {
      .ctx = ctx, .fd = -1, .size = (int64_t)body.len, .window = (char *)body.at, .len = body.len};
  return read_body(&reader, content_type, out);
}

enum status wire_read_multipart(struct ctx *ctx, const struct multipart *parts, const struct fields *fields,
                                void *out) {
  struct pair pairs[MULTIPART_PARTS_MAX];
  size_t count = 0;
  for (unsigned i = 0; i < parts->count; i++) {
    const struct multipart_part *part = &parts->parts[i];
    if (part->filename.at == NULL) {
      pairs[count++] = (struct pair){part->name, part->text};
    }
  }
  return form_read(ctx, pairs, count, fields, out);
}

const struct multipart_part *multipart_file(const struct multipart *parts, const char *name) {
  for (unsigned i = 0; i < parts->count; i++) {
    const struct multipart_part *part = &parts->parts[i];
    if (part->filename.at != NULL && str_is(part->name, name)) {
      return part;
    }
  }
  return NULL;
}
