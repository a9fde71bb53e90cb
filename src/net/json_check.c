#include "net/json_check.h"

#include <string.h>

/* Iterative, so that no nesting of the input is one of the stack. */

enum key { KEY_OTHER, KEY_PLACEHOLDER, KEY_NUM };

struct level {
  bool object;
  bool placeholder; /* "_placeholder" is true */
  bool num_fits;    /* "num" is one of the attachments */
  enum key key;     /* of the value that is read */
};

struct scan {
  const char *at;
  const char *end;
  bool placeholders; /* are looked at */
  uint32_t attachments;
  unsigned depth;
  struct level levels[JSON_DEPTH_MAX];
};

static bool take(struct scan *scan, char c) {
  if (scan->at < scan->end && *scan->at == c) {
    scan->at++;
    return true;
  }
  return false;
}

static void skip_blanks(struct scan *scan) {
  while (scan->at < scan->end &&
         (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
    scan->at++;
  }
}

static bool is_digit(const struct scan *scan) {
  return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool digits(struct scan *scan) {
  bool any = is_digit(scan);
  while (is_digit(scan)) {
    scan->at++;
  }
  return any;
}

static bool number(struct scan *scan) {
  take(scan, '-');
  if (!take(scan, '0') && !digits(scan)) {
    return false;
  }
  if (take(scan, '.') && !digits(scan)) {
    return false;
  }
  if (take(scan, 'e') || take(scan, 'E')) {
    if (!take(scan, '+')) {
      take(scan, '-');
    }
    return digits(scan);
  }
  return true;
}

/* The four digits after "\u"; -1: they are none. */
static int hex4(struct scan *scan) {
  int value = 0;
  if (scan->end - scan->at < 4) {
    return -1;
  }
  for (int i = 0; i < 4; i++) {
    char c = *scan->at++;
    int digit = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : -1;
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

/* Behind the backslash. A surrogate must be the first half of a pair. */
static bool escape(struct scan *scan) {
  if (scan->at == scan->end) {
    return false;
  }
  char c = *scan->at++;
  if (c != 'u') {
    return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
  }
  int unit = hex4(scan);
  if (unit < 0xd800 || unit > 0xdfff) {
    return unit >= 0;
  }
  if (unit > 0xdbff || !take(scan, '\\') || !take(scan, 'u')) {
    return false;
  }
  int second = hex4(scan);
  return second >= 0xdc00 && second <= 0xdfff;
}

static bool string(struct scan *scan) {
  if (!take(scan, '"')) {
    return false;
  }
  while (scan->at < scan->end) {
    unsigned char c = (unsigned char)*scan->at++;
    if (c == '"') {
      return true;
    }
    if (c < 0x20 || (c == '\\' && !escape(scan))) {
      return false;
    }
  }
  return false;
}

static bool word(struct scan *scan, const char *text) {
  size_t len = strlen(text);
  if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, text, len) != 0) {
    return false;
  }
  scan->at += len;
  return true;
}

static bool scalar(struct scan *scan) {
  if (scan->at == scan->end) {
    return false;
  }
  switch (*scan->at) {
    case '"':
      return string(scan);
    case 't':
      return word(scan, "true");
    case 'f':
      return word(scan, "false");
    case 'n':
      return word(scan, "null");
    default:
      return number(scan);
  }
}

/* `"key" :` within an object. */
static bool key(struct scan *scan) {
  skip_blanks(scan);
  const char *start = scan->at;
  if (!string(scan)) {
    return false;
  }
  struct str text = {start, (size_t)(scan->at - start)};
  scan->levels[scan->depth - 1].key = str_is(text, "\"_placeholder\"") ? KEY_PLACEHOLDER
                                      : str_is(text, "\"num\"")        ? KEY_NUM
                                                                       : KEY_OTHER;
  skip_blanks(scan);
  return take(scan, ':');
}

/* The value of the current key was this text. */
static void note(struct scan *scan, struct str text) {
  if (scan->depth == 0) {
    return;
  }
  struct level *level = &scan->levels[scan->depth - 1];
  if (!level->object) {
    return;
  }
  if (level->key == KEY_PLACEHOLDER) {
    level->placeholder = str_is(text, "true");
  } else if (level->key == KEY_NUM) {
    int64_t num;
    level->num_fits = str_int(text, &num) == STATUS_OK && num >= 0 && num < scan->attachments;
  }
}

/* After a value: closes what ends here; false where that is wrong. *more: another value follows. */
static bool close_levels(struct scan *scan, bool *more) {
  *more = false;
  while (scan->depth > 0) {
    struct level *level = &scan->levels[scan->depth - 1];
    skip_blanks(scan);
    if (take(scan, ',')) {
      *more = true;
      return !level->object || key(scan);
    }
    if (!take(scan, level->object ? '}' : ']')) {
      return false;
    }
    if (scan->placeholders && level->placeholder && !level->num_fits) {
      return false;
    }
    scan->depth--;
    note(scan, STR(""));
  }
  return true;
}

/* An array or an object begins; *empty: and ended. */
static enum status open_level(struct scan *scan, bool *empty) {
  if (scan->depth == JSON_DEPTH_MAX) {
    return STATUS_TOO_LARGE;
  }
  bool object = *scan->at++ == '{';
  skip_blanks(scan);
  if (take(scan, object ? '}' : ']')) {
    note(scan, STR(""));
    *empty = true;
    return STATUS_OK;
  }
  *empty = false;
  scan->levels[scan->depth++] = (struct level){.object = object};
  return !object || key(scan) ? STATUS_OK : STATUS_INVALID;
}

static enum status check(struct scan *scan) {
  bool more = true;
  while (more) {
    skip_blanks(scan);
    const char *start = scan->at;
    if (scan->at < scan->end && (*scan->at == '[' || *scan->at == '{')) {
      bool empty;
      TRY(open_level(scan, &empty));
      if (!empty) {
        continue;
      }
    } else if (scalar(scan)) {
      note(scan, (struct str){start, (size_t)(scan->at - start)});
    } else {
      return STATUS_INVALID;
    }
    if (!close_levels(scan, &more)) {
      return STATUS_INVALID;
    }
  }
  skip_blanks(scan);
  return scan->at == scan->end ? STATUS_OK : STATUS_INVALID;
}

static enum status check_text(struct str text, bool placeholders, uint32_t attachments) {
  struct scan scan;
  scan.at = text.at;
  scan.end = text.at + text.len;
  scan.placeholders = placeholders;
  scan.attachments = attachments;
  scan.depth = 0; /* the levels are written before they are read */
  if (text.len == 0 || !str_utf8(text)) {
    return STATUS_INVALID;
  }
  return check(&scan);
}

enum status json_check(struct str text) {
  return check_text(text, false, 0);
}

enum status json_check_placeholders(struct str text, uint32_t attachments) {
  return check_text(text, true, attachments);
}

enum status json_split_first(struct str array, struct str *first, struct str *rest) {
  array = str_trim(array);
  if (array.len < 2 || array.at[0] != '[') {
    return STATUS_INVALID;
  }
  struct scan scan = {.at = array.at + 1, .end = array.at + array.len - 1};
  skip_blanks(&scan);
  const char *start = scan.at;
  if (!scalar(&scan)) {
    return STATUS_INVALID;
  }
  *first = (struct str){start, (size_t)(scan.at - start)};
  skip_blanks(&scan);
  *rest = take(&scan, ',') ? str_trim((struct str){scan.at, (size_t)(scan.end - scan.at)}) : STR_NONE;
  return STATUS_OK;
}
