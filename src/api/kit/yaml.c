#include <string.h>

#include "api/kit/internal.h"

/* YAML 1.2 of JSON that was printed here (so it is sound): blocks instead of brackets, for people to read.
 * Texts stay as JSON quotes them, which YAML reads alike. */

struct yaml {
  struct str json;
  size_t at;
  struct buf *out;
};

static char peek(const struct yaml *yaml) {
  return yaml->at < yaml->json.len ? yaml->json.at[yaml->at] : '\0';
}

/* A scalar: a text with its quotes, or a number, true, false, null. */
static struct str take_scalar(struct yaml *yaml) {
  const char *from = yaml->json.at + yaml->at;
  size_t left = yaml->json.len - yaml->at;
  size_t len = 0;
  if (from[0] == '"') {
    for (len = 1; len < left && from[len] != '"'; len++) {
      len += from[len] == '\\';
    }
    len++;
  } else {
    while (len < left && strchr(",]}", from[len]) == NULL) {
      len++;
    }
  }
  yaml->at += len;
  return (struct str){from, len};
}

/* Letters, digits and what joins them, beginning with a letter, are a key as they stand. Words of YAML itself
 * are quoted, as are numbers. */
static void print_key(struct yaml *yaml) {
  static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", NULL};
  struct str quoted = take_scalar(yaml);
  struct str key = {quoted.at + 1, quoted.len - 2};
  bool plain = key.len > 0;
  for (size_t i = 0; i < key.len && plain; i++) {
    char c = (char)(key.at[i] | 0x20);
    bool letter = c >= 'a' && c <= 'z';
    plain =
        letter || (i > 0 && ((key.at[i] >= '0' && key.at[i] <= '9') || key.at[i] == '_' || key.at[i] == '-'));
  }
  for (size_t i = 0; words[i] != NULL && plain; i++) {
    plain = !str_equal_fold(key, str_of(words[i]));
  }
  buf_add_str(yaml->out, plain ? key : quoted);
  buf_add_char(yaml->out, ':');
}

static void new_line(struct yaml *yaml, unsigned depth) {
  buf_add_char(yaml->out, '\n');
  for (unsigned i = 0; i < depth; i++) {
    buf_add(yaml->out, "  ", 2);
  }
}

/* Members of an object or a list, each on its line; the first of a list's item goes on behind its dash. JSON
 * of ours is as deep as its tables. NOLINTNEXTLINE(misc-no-recursion) */
static void print_value(struct yaml *yaml, unsigned depth, bool after_dash) {
  char open = peek(yaml);
  if (open != '{' && open != '[') {
    buf_add_text(yaml->out, after_dash ? "" : " ");
    buf_add_str(yaml->out, take_scalar(yaml));
    return;
  }
  char close = open == '{' ? '}' : ']';
  yaml->at++;
  if (peek(yaml) == close) {
    yaml->at++;
    buf_add_text(yaml->out, after_dash ? "" : " ");
    buf_add_text(yaml->out, open == '{' ? "{}" : "[]");
    return;
  }
  for (bool first = true; peek(yaml) != close; first = false) {
    if (!first) {
      yaml->at++; /* the comma */
    }
    if (!first || !after_dash) {
      new_line(yaml, depth);
    }
    if (open == '{') {
      print_key(yaml);
      yaml->at++; /* the colon */
    } else {
      buf_add(yaml->out, "- ", 2);
    }
    print_value(yaml, depth + 1, open == '[');
  }
  yaml->at++;
}

void kit_yaml(struct str json, struct buf *out) {
  struct yaml yaml = {.json = json, .out = out};
  print_value(&yaml, 0, true);
  buf_add_char(out, '\n');
}
