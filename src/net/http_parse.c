#include <string.h>

#include "net/http_internal.h"

/* RFC 9112 read line by line. Every verdict depends only on the bytes up to the one that decides it, in their
 * order, so that a head gets the same verdict however it was cut into pieces. */

struct reader {
  const char *at;
  const char *end;
};

/* What the header lines say together about where the message ends. */
struct framing {
  bool host;
  bool length;
  bool coding;
  bool unknown_coding;
  bool close;
  bool keep_alive;
};

static bool of(char c, unsigned class) {
  return (http_class[(unsigned char)c] & class) != 0;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* The bytes in one header value that separate list members. */
static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static struct str view(const char *from, const char *to) {
  return (struct str){from, (size_t)(to - from)};
}

static enum http_method method_of(struct str name) {
  for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
    const char *known = http_method_name((enum http_method)i);
    if (known[0] == name.at[0] && str_is(name, known)) {
      return (enum http_method)i;
    }
  }
  return HTTP_METHOD_OTHER;
}

/* host [ ":" port ], with the host not empty. Names as RFC 3986 has them but without sub-delims, which no
 * real name contains; addresses of version 6 in brackets. */
static bool authority_read(struct str text, struct str *host) {
  const char *at = text.at;
  const char *end = text.at + text.len;
  if (at < end && *at == '[') {
    at++;
    while (at < end && (of(*at, CLASS_HEX) || *at == ':' || *at == '.')) {
      at++;
    }
    if (at == end || *at != ']' || at - text.at < 3) {
      return false;
    }
    at++;
  } else {
    while (at < end && of(*at, CLASS_HOST)) {
      at++;
    }
  }
  struct str name = view(text.at, at);
  if (name.len == 0) {
    return false;
  }
  if (at < end) {
    if (*at++ != ':' || end - at > 5) {
      return false;
    }
    unsigned port = 0;
    for (; at < end; at++) {
      if (!is_digit(*at)) {
        return false;
      }
      port = port * 10 + (unsigned)(*at - '0');
    }
    if (port > 65535) {
      return false;
    }
  }
  *host = name;
  return true;
}

static void split_path(struct http_head *head, struct str text) {
  size_t mark = str_find(text, '?');
  head->path = mark == 0 ? STR("/") : (struct str){text.at, mark};
  head->query = mark < text.len ? (struct str){text.at + mark + 1, text.len - mark - 1} : STR_NONE;
}

/* RFC 9112 3.2: origin-form, absolute-form (whose authority stands above Host), asterisk-form for OPTIONS
 * alone; authority-form belongs to CONNECT, which only a proxy serves. */
static bool target_read(struct http_head *head) {
  struct str target = head->target;
  if (str_is(head->method_name, "CONNECT")) {
    return false;
  }
  if (target.at[0] == '/') {
    split_path(head, target);
    return true;
  }
  if (str_is(target, "*")) {
    head->path = target;
    return head->method == HTTP_OPTIONS;
  }
  size_t scheme = str_find(target, ':');
  struct str name = {target.at, scheme};
  if (!str_equal_fold(name, STR("http")) && !str_equal_fold(name, STR("https"))) {
    return false;
  }
  struct str rest = {target.at + scheme, target.len - scheme};
  if (!str_starts(rest, "://")) {
    return false;
  }
  const char *from = rest.at + 3;
  const char *end = target.at + target.len;
  const char *at = from;
  while (at < end && *at != '/' && *at != '?') {
    at++;
  }
  if (!authority_read(view(from, at), &head->host)) {
    return false;
  }
  split_path(head, at < end ? view(at, end) : STR("/"));
  return true;
}

/* "HTTP/1.1\r\n", byte by byte, so that no verdict waits for a byte it does not need. */
static enum http_parse version_read(struct reader *in, unsigned *major, unsigned *minor) {
  static const char shape[] = "HTTP/0.0\r\n";
  for (const char *want = shape; *want != 0; want++, in->at++) {
    if (in->at == in->end) {
      return HTTP_PARSE_MORE;
    }
    if (*want == '0') {
      if (!is_digit(*in->at)) {
        return HTTP_PARSE_BAD;
      }
      *(want == shape + 5 ? major : minor) = (unsigned)(*in->at - '0');
    } else if (*in->at != *want) {
      return HTTP_PARSE_BAD;
    }
  }
  return HTTP_PARSE_DONE;
}

static enum http_parse request_line(struct reader *all, struct http_head *head) {
  size_t len = (size_t)(all->end - all->at);
  struct reader in = {all->at, all->at + (len < HTTP_LINE_MAX ? len : HTTP_LINE_MAX)};
  enum http_parse short_of = len < HTTP_LINE_MAX ? HTTP_PARSE_MORE : HTTP_PARSE_TOO_LONG;
  const char *from = in.at;
  while (in.at < in.end && of(*in.at, CLASS_TOKEN)) {
    in.at++;
  }
  if (in.at == in.end) {
    return short_of;
  }
  if (*in.at != ' ' || in.at == from) {
    return HTTP_PARSE_BAD;
  }
  struct str method = view(from, in.at);
  from = ++in.at;
  while (in.at < in.end && of(*in.at, CLASS_TARGET)) {
    in.at++;
  }
  if (in.at == in.end) {
    return short_of;
  }
  if (*in.at != ' ' || in.at == from) {
    return HTTP_PARSE_BAD;
  }
  struct str target = view(from, in.at);
  in.at++;
  unsigned major = 0;
  unsigned minor = 0;
  enum http_parse result = version_read(&in, &major, &minor);
  if (result != HTTP_PARSE_DONE) {
    return result == HTTP_PARSE_MORE ? short_of : result;
  }
  head->method = method_of(method);
  head->method_name = method;
  head->target = target;
  if (major != 1 || minor > 1) {
    return HTTP_PARSE_VERSION;
  }
  head->minor_version = (int)minor;
  if (!target_read(head)) {
    return HTTP_PARSE_BAD;
  }
  all->at = in.at;
  return HTTP_PARSE_DONE;
}

/* RFC 9110 8.6: digits only; a list, a sign, or a zero in front has no honest sender. */
static bool content_length_read(struct str value, int64_t *out) {
  if (value.len == 0 || value.len > 18 || (value.at[0] == '0' && value.len > 1)) {
    return false;
  }
  int64_t number = 0;
  for (size_t i = 0; i < value.len; i++) {
    if (!is_digit(value.at[i])) {
      return false;
    }
    number = number * 10 + (value.at[i] - '0');
  }
  *out = number;
  return true;
}

/* RFC 9112 6.3: the length of a request is only known where chunked is the last coding, and it may stand
 * there once. A known shape with another coding before it is not implemented; everything else is refused. */
static bool coding_read(struct str value, struct http_head *head, struct framing *framing) {
  bool last_chunked = false;
  size_t codings = 0;
  while (value.len > 0) {
    size_t comma = str_find(value, ',');
    struct str coding = str_trim((struct str){value.at, comma});
    bool more = comma < value.len;
    value = more ? (struct str){value.at + comma + 1, value.len - comma - 1} : (struct str){value.at, 0};
    if (coding.len == 0 || last_chunked || (more && value.len == 0)) {
      return false;
    }
    last_chunked = str_equal_fold(coding, STR("chunked"));
    codings++;
  }
  if (!last_chunked) {
    return false;
  }
  head->chunked = true;
  framing->unknown_coding = codings > 1;
  return true;
}

static void connection_read(struct str value, struct framing *framing) {
  for (;;) {
    size_t comma = str_find(value, ',');
    struct str option = str_trim((struct str){value.at, comma});
    if (str_equal_fold(option, STR("close"))) {
      framing->close = true;
    } else if (str_equal_fold(option, STR("keep-alive"))) {
      framing->keep_alive = true;
    }
    if (comma == value.len) {
      return;
    }
    value = (struct str){value.at + comma + 1, value.len - comma - 1};
  }
}

/* Looks at the few headers that decide framing. False: the request is refused. */
static bool header_known(const struct http_header *header, struct http_head *head, struct framing *framing) {
  struct str name = header->name;
  switch (name.len) {
    case 4:
      if (str_equal_fold(name, STR("Host"))) {
        struct str host;
        if (framing->host || !authority_read(header->value, &host)) {
          return false;
        }
        framing->host = true;
        if (head->host.at == NULL) {
          head->host = host;
        }
      }
      return true;
    case 6:
      if (str_equal_fold(name, STR("Expect")) && head->minor_version > 0) {
        bool known = str_equal_fold(header->value, STR("100-continue"));
        head->expect_continue |= known;
        head->expect_other |= !known;
      }
      return true;
    case 10:
      if (str_equal_fold(name, STR("Connection"))) {
        connection_read(header->value, framing);
      }
      return true;
    case 14:
      if (str_equal_fold(name, STR("Content-Length"))) {
        if (framing->length || framing->coding ||
            !content_length_read(header->value, &head->content_length)) {
          return false;
        }
        framing->length = true;
      }
      return true;
    case 17:
      if (str_equal_fold(name, STR("Transfer-Encoding"))) {
        if (framing->coding || framing->length || head->minor_version == 0) {
          return false;
        }
        framing->coding = true;
        return coding_read(header->value, head, framing);
      }
      return true;
    default:
      return true;
  }
}

/* One "Name: value\r\n". No white space before the name (a folded line) or the colon, no bare CR or LF. */
static enum http_parse header_line(struct reader *in, struct http_header *header) {
  const char *at = in->at;
  const char *end = in->end;
  const char *from = at;
  while (at < end && of(*at, CLASS_TOKEN)) {
    at++;
  }
  if (at == end) {
    return HTTP_PARSE_MORE;
  }
  if (*at != ':' || at == from) {
    return HTTP_PARSE_BAD;
  }
  header->name = view(from, at);
  at++;
  while (at < end && is_blank(*at)) {
    at++;
  }
  from = at;
  while (at < end && of(*at, CLASS_VALUE)) {
    at++;
  }
  if (at == end) {
    return HTTP_PARSE_MORE;
  }
  if (*at != '\r') {
    return HTTP_PARSE_BAD;
  }
  if (at + 1 == end) {
    return HTTP_PARSE_MORE;
  }
  if (at[1] != '\n') {
    return HTTP_PARSE_BAD;
  }
  in->at = at + 2;
  while (at > from && is_blank(at[-1])) {
    at--;
  }
  header->value = view(from, at);
  return HTTP_PARSE_DONE;
}

static enum http_parse header_lines(struct reader *in, struct http_head *head, struct framing *framing) {
  for (;;) {
    if (in->at == in->end) {
      return HTTP_PARSE_MORE;
    }
    if (*in->at == '\r') {
      if (in->at + 1 == in->end) {
        return HTTP_PARSE_MORE;
      }
      if (in->at[1] != '\n') {
        return HTTP_PARSE_BAD;
      }
      in->at += 2;
      return HTTP_PARSE_DONE;
    }
    if (head->header_count == HTTP_HEADERS_MAX) {
      return HTTP_PARSE_TOO_LONG;
    }
    struct http_header *header = &head->headers[head->header_count];
    enum http_parse result = header_line(in, header);
    if (result != HTTP_PARSE_DONE) {
      return result;
    }
    head->header_count++;
    if (!header_known(header, head, framing)) {
      return HTTP_PARSE_BAD;
    }
  }
}

/* Not the headers themselves: header_count says how many are there, and clearing them all would cost more
 * than reading a usual head. */
void http_head_clear(struct http_head *head) {
  head->method = HTTP_METHOD_OTHER;
  head->method_name = STR_NONE;
  head->target = STR_NONE;
  head->path = STR_NONE;
  head->query = STR_NONE;
  head->host = STR_NONE;
  head->minor_version = 1;
  head->header_count = 0;
  head->chunked = false;
  head->keep_alive = false;
  head->expect_continue = false;
  head->expect_other = false;
  head->content_length = -1;
}

enum http_parse http_parse_head(struct str bytes, struct http_head *head, size_t *used) {
  struct reader in = {bytes.at, bytes.at + bytes.len};
  struct framing framing = {0};
  http_head_clear(head);
  /* RFC 9112 2.2: one empty line before the request line is tolerated. */
  if (bytes.len > 0 && bytes.at[0] == '\r') {
    if (bytes.len == 1) {
      return HTTP_PARSE_MORE;
    }
    if (bytes.at[1] != '\n') {
      return HTTP_PARSE_BAD;
    }
    in.at += 2;
  }
  enum http_parse result = request_line(&in, head);
  if (result != HTTP_PARSE_DONE) {
    return result;
  }
  result = header_lines(&in, head, &framing);
  if (result != HTTP_PARSE_DONE) {
    return result;
  }
  if (!framing.host && head->minor_version > 0) {
    return HTTP_PARSE_BAD;
  }
  if (framing.unknown_coding) {
    return HTTP_PARSE_UNIMPLEMENTED;
  }
  head->keep_alive = !framing.close && (head->minor_version > 0 || framing.keep_alive);
  *used = (size_t)(in.at - bytes.at);
  return HTTP_PARSE_DONE;
}
