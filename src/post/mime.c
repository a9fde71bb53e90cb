#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/time.h"
#include "post/compose.h"

enum {
  LINE_MAX_CHARS = 76,   /* RFC 2045 and RFC 2047 */
  WORD_MAX_CHARS = 75,   /* one encoded word */
  WORD_FRAME_CHARS = 12, /* =?UTF-8?B? and ?= */
  POINT_MAX_BYTES = 4,
};

static bool is_printable(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] < 0x20 || text.at[i] > 0x7e) {
      return false;
    }
  }
  return true;
}

static bool holds(struct str text, const char *part) {
  size_t len = strlen(part);
  return text.len >= len && memmem(text.at, text.len, part, len) != NULL;
}

/* Bytes of the white space or control character that starts here; 0: there is none. */
static size_t blank_size(struct str text, size_t at) {
  const unsigned char *p = (const unsigned char *)text.at + at;
  size_t left = text.len - at;
  if (p[0] <= 0x20 || p[0] == 0x7f) {
    return 1;
  }
  if (left >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
    return 2; /* C1 controls */
  }
  if (left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) {
    return 3; /* line and paragraph separator */
  }
  return 0;
}

void mime_one_line(struct buf *out, struct str text) {
  bool valid = str_utf8(text);
  bool started = false;
  bool pending = false;
  for (size_t i = 0; i < text.len;) {
    size_t blank = blank_size(text, i);
    if (blank > 0) {
      pending = started;
      i += blank;
      continue;
    }
    if (pending) {
      buf_add_char(out, ' ');
      pending = false;
    }
    bool broken = !valid && (unsigned char)text.at[i] >= 0x80;
    buf_add_char(out, broken ? '?' : text.at[i]);
    started = true;
    i++;
  }
}

void mime_html(struct buf *out, struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    switch (text.at[i]) {
      case '&':
        buf_add_text(out, "&amp;");
        break;
      case '<':
        buf_add_text(out, "&lt;");
        break;
      case '>':
        buf_add_text(out, "&gt;");
        break;
      case '"':
        buf_add_text(out, "&quot;");
        break;
      case '\'':
        buf_add_text(out, "&#39;");
        break;
      default:
        buf_add_char(out, text.at[i]);
        break;
    }
  }
}

/* ---- quoted-printable ---- */

/* A line that begins with these would be changed by mailbox files ("From ") or by servers that
 * forget to double a dot. */
static bool needs_guard(const char *line, size_t len) {
  return len > 0 && (line[0] == '.' || (len >= 5 && memcmp(line, "From ", 5) == 0));
}

static void quoted_line(struct buf *out, const char *line, size_t len) {
  static const char hex[] = "0123456789ABCDEF";
  size_t column = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)line[i];
    bool last = i + 1 == len;
    bool blank = c == ' ' || c == '\t';
    bool plain = (c > 0x20 && c < 0x7f && c != '=') || (blank && !last);
    if (i == 0 && needs_guard(line, len)) {
      plain = false;
    }
    size_t width = plain ? 1 : 3;
    if (column + width > LINE_MAX_CHARS - (last ? 0 : 1)) {
      buf_add_text(out, "=\r\n");
      column = 0;
    }
    if (plain) {
      buf_add_char(out, (char)c);
    } else {
      buf_add_char(out, '=');
      buf_add_char(out, hex[c >> 4]);
      buf_add_char(out, hex[c & 15]);
    }
    column += width;
  }
  buf_add_text(out, "\r\n");
}

void mime_quoted_printable(struct buf *out, struct str text) {
  size_t at = 0;
  while (at < text.len) {
    size_t end = at;
    while (end < text.len && text.at[end] != '\n' && text.at[end] != '\r') {
      end++;
    }
    quoted_line(out, text.at + at, end - at);
    if (end + 1 < text.len && text.at[end] == '\r' && text.at[end + 1] == '\n') {
      end++;
    }
    at = end + 1;
  }
}

/* ---- headers ---- */

/* The most bytes from `at` on that end at a character's end. */
static size_t whole_points(struct str text, size_t at, size_t max) {
  size_t len = text.len - at;
  if (len <= max) {
    return len;
  }
  len = max;
  while (len > 0 && ((unsigned char)text.at[at + len] & 0xc0) == 0x80) {
    len--;
  }
  return len > 0 ? len : max;
}

static size_t fold(struct buf *out) {
  buf_add_text(out, "\r\n ");
  return 1;
}

static size_t encoded_words(struct buf *out, size_t column, struct str text) {
  size_t at = 0;
  while (at < text.len) {
    if (at > 0) {
      column = fold(out);
    }
    size_t room = LINE_MAX_CHARS - column < WORD_MAX_CHARS ? LINE_MAX_CHARS - column : WORD_MAX_CHARS;
    size_t bytes = room > WORD_FRAME_CHARS ? (room - WORD_FRAME_CHARS) / 4 * 3 : 0;
    if (bytes < POINT_MAX_BYTES) {
      column = fold(out);
      bytes = (WORD_MAX_CHARS - WORD_FRAME_CHARS) / 4 * 3;
    }
    size_t take = whole_points(text, at, bytes);
    size_t before = out->len;
    buf_add_text(out, "=?UTF-8?B?");
    base64_encode(out, (struct str){text.at + at, take});
    buf_add_text(out, "?=");
    column += out->len - before;
    at += take;
  }
  return column;
}

size_t mime_header_text(struct buf *out, size_t column, struct str text) {
  CLEANUP_BUF struct buf line;
  buf_init(&line, COMPOSE_MAX_BYTES);
  mime_one_line(&line, text);
  struct str clean = buf_str(&line);
  if (is_printable(clean) && !holds(clean, "=?") && column + clean.len <= LINE_MAX_CHARS) {
    buf_add_str(out, clean);
    return column + clean.len;
  }
  return encoded_words(out, column, clean);
}

size_t mime_mailbox(struct buf *out, size_t column, struct str name, struct str address) {
  CLEANUP_BUF struct buf line;
  buf_init(&line, COMPOSE_MAX_BYTES);
  mime_one_line(&line, name);
  struct str clean = buf_str(&line);
  bool quotable = is_printable(clean) && str_find(clean, '"') == clean.len &&
                  str_find(clean, '\\') == clean.len && !holds(clean, "=?") &&
                  column + clean.len + 2 <= LINE_MAX_CHARS;
  if (clean.len > 0 && quotable) {
    buf_add_char(out, '"');
    buf_add_str(out, clean);
    buf_add_char(out, '"');
    column += clean.len + 2;
  } else if (clean.len > 0) {
    column = encoded_words(out, column, clean);
  }
  if (clean.len > 0) {
    if (column + address.len + 3 > LINE_MAX_CHARS) {
      column = fold(out);
    } else {
      buf_add_char(out, ' ');
      column++;
    }
  }
  buf_add_char(out, '<');
  buf_add_str(out, address);
  buf_add_char(out, '>');
  return column + address.len + 2;
}

void mime_date(struct buf *out, int64_t time_us) {
  /* Not strftime: a header's day and month names are English in every locale. */
  static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t seconds = (time_t)(time_us / TIME_SECOND_US);
  struct tm tm = {0};
  gmtime_r(&seconds, &tm);
  buf_format(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
