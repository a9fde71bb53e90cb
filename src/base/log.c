#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

/* A pipe takes a write of up to 4096 bytes (PIPE_BUF) in one piece. */
enum { LINE_BYTES = 4096, TAIL_BYTES = 24 };

static enum log_level threshold = LOG_INFO;
static enum log_format line_format = LOG_TEXT;

/* On the stack: a line must be written also when there is no memory left. */
struct line {
  char bytes[LINE_BYTES];
  size_t len;
  size_t limit;
  bool full;
};

void log_setup(enum log_level level, enum log_format format) {
  threshold = level;
  line_format = format;
}

enum log_level log_threshold(void) {
  return threshold;
}

static void put(struct line *line, const char *bytes, size_t len) {
  if (line->full || len > line->limit - line->len) {
    line->full = true;
    return;
  }
  memcpy(line->bytes + line->len, bytes, len);
  line->len += len;
}

static void put_text(struct line *line, const char *text) {
  put(line, text, strlen(text));
}

static void put_number(struct line *line, int64_t number) {
  char digits[20];
  size_t at = sizeof(digits);
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (number < 0) {
    digits[--at] = '-';
  }
  put(line, digits + at, sizeof(digits) - at);
}

static void put_escaped_code(struct line *line, unsigned code) {
  static const char digits[] = "0123456789abcdef";
  char escape[6] = {'\\', 'u', '0', '0', digits[code >> 4 & 15], digits[code & 15]};
  put(line, escape, sizeof(escape));
}

/* One text between quotes, escaped as in JSON. Bytes that are no UTF-8 are shown as
 * the code point of the same number, so that the line stays readable by machines. */
static void put_quoted(struct line *line, const char *text) {
  struct str s = str_of(text);
  bool utf8 = str_utf8(s);
  put(line, "\"", 1);
  for (size_t i = 0; i < s.len && !line->full; i++) {
    unsigned c = (unsigned char)s.at[i];
    if (c == '"' || c == '\\') {
      char escape[2] = {'\\', (char)c};
      put(line, escape, 2);
    } else if (c == '\n') {
      put(line, "\\n", 2);
    } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) {
      put_escaped_code(line, c);
    } else if (c == 0xc2 && (unsigned char)s.at[i + 1] < 0xa0) {
      put_escaped_code(line, (unsigned char)s.at[++i]);
    } else {
      put(line, s.at + i, 1);
    }
  }
  put(line, "\"", 1);
}

static bool is_plain_word(const char *text) {
  for (const char *at = text; *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) {
      return false;
    }
  }
  return *text != '\0';
}

static void put_field(struct line *line, const struct log_field *field) {
  bool json = line_format == LOG_JSON;
  if (json) {
    put(line, ",", 1);
    put_quoted(line, field->name);
    put(line, ":", 1);
  } else {
    put(line, " ", 1);
    put_text(line, field->name);
    put(line, "=", 1);
  }
  if (field->text == NULL) {
    put_number(line, field->number);
  } else if (!json && is_plain_word(field->text)) {
    put_text(line, field->text);
  } else {
    put_quoted(line, field->text);
  }
}

static bool is_plain_sentence(const char *text) {
  struct str s = str_of(text);
  return !str_has_control(s) && str_utf8(s) && strpbrk(text, "\t\r\n") == NULL;
}

/* The event's own text; one that does not fit is replaced, so that what follows does. */
static void put_event(struct line *line, const char *event) {
  size_t before = line->len;
  if (line_format == LOG_JSON || !is_plain_sentence(event)) {
    put_quoted(line, event);
  } else {
    put_text(line, event);
  }
  if (line->full) {
    line->full = false;
    line->len = before;
    put_text(line, line_format == LOG_JSON ? "\"(too long)\"" : "(too long)");
  }
}

static void put_head(struct line *line, enum log_level level) {
  static const char *const names[] = {"debug", "info", "warn", "error"};
  const char *name = (unsigned)level <= LOG_ERROR ? names[level] : "error";
  char time[TIME_TEXT_SIZE];
  time_print(time_now_us(), time);
  if (line_format == LOG_JSON) {
    put_text(line, "{\"time\":\"");
    put_text(line, time);
    put_text(line, "\",\"level\":\"");
    put_text(line, name);
    put_text(line, "\",\"event\":");
  } else {
    put_text(line, time);
    put_text(line, " ");
    put_text(line, name);
    put_text(line, " ");
  }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count) {
  if (level < threshold) {
    return;
  }
  int saved_errno = errno;
  struct line line;
  line.len = 0;
  line.limit = LINE_BYTES - TAIL_BYTES;
  line.full = false;
  bool cut = false;
  put_head(&line, level);
  put_event(&line, event);
  for (size_t i = 0; i < count; i++) {
    size_t before = line.len;
    put_field(&line, &fields[i]);
    if (line.full) {
      /* A field is there whole or not at all: half of one would break the line. */
      line.full = false;
      line.len = before;
      cut = true;
    }
  }
  line.limit = LINE_BYTES;
  if (cut) {
    put_text(&line, line_format == LOG_JSON ? ",\"cut\":true" : " cut=true");
  }
  put_text(&line, line_format == LOG_JSON ? "}\n" : "\n");
  ssize_t written;
  do {
    written = write(STDERR_FILENO, line.bytes, line.len);
  } while (written < 0 && errno == EINTR);
  /* Where the log itself can't be written there is nobody left to tell. */
  errno = saved_errno;
}

void die(const char *sentence) {
  log_write(LOG_ERROR, sentence, NULL, 0);
  abort();
}
