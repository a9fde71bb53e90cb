#include "app/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

extern char **environ;

enum {
  FILE_MAX_BYTES = 64 * 1024, /* of a configuration or a secret's file */
  WARNINGS_MAX = 64,
  SECRET_MIN_BYTES = 32,
  HELP_COLUMN = 30,
  NAME_SIZE = 64,
  PORT_MAX = 65535,
};

#define BIT(command) (1u << (COMMAND_##command))

/* ---- the commands ---- */

struct command_row {
  enum command command;
  const char *word, *subword; /* subword NULL: none */
  const char *arguments;      /* as the help shows them; NULL none */
  size_t arguments_max;
  const char *summary;
  const char *example; /* of the arguments; NULL none */
};

static const struct command_row commands[] = {
#include "app/commands.def"
};
enum { COMMAND_ROWS = sizeof(commands) / sizeof(commands[0]) };

/* ---- the options ---- */

struct value {
  struct str text;    /* NUL-terminated */
  const char *source; /* how a sentence names it: "--listen", "SIGAP_LISTEN", "listen in line 3 of FILE";
                         NULL: not given */
};

struct option;
struct reader {
  struct arena *arena;
  char *why;
};
/* Reads the value into the member; on failure says what was expected by `expected`. */
typedef enum status (*option_read)(struct reader *reader, const struct option *option, struct value value,
                                   void *member);

struct option {
  const char *flag;    /* without "--" */
  const char *metavar; /* NULL: a switch without a value */
  option_read read;
  size_t offset, size; /* of the member */
  unsigned commands;   /* that take it */
  unsigned required;   /* that can't do without */
  unsigned shown;      /* whose example shows it beside the required ones */
  bool secret;         /* never told back; SIGAP_X_FILE works */
  bool takes_empty;    /* an empty value is one; else it means the default */
  int64_t min, max;
  const char *fallback; /* NULL none */
  const char *example;
  const char *help;
};

static enum status expected(struct reader *reader, const struct option *option, struct value value,
                            const char *what) {
  if (option->secret) {
    snprintf(reader->why, 512, "%s must be %s.", value.source, what);
  } else {
    snprintf(reader->why, 512, "%s must be %s, not \"%.*s\".", value.source, what,
             (int)(value.text.len < 100 ? value.text.len : 100), value.text.at);
  }
  return STATUS_INVALID;
}

static enum status read_text(struct reader *reader, const struct option *option, struct value value,
                             void *member) {
  if (memchr(value.text.at, '\0', value.text.len) != NULL) {
    return expected(reader, option, value, "text without NUL bytes");
  }
  *(const char **)member = value.text.at;
  return STATUS_OK;
}

static enum status read_bytes(struct reader *reader, const struct option *option, struct value value,
                              void *member) {
  if ((int64_t)value.text.len < option->min) {
    char what[64];
    snprintf(what, sizeof(what), "at least %lld bytes long", (long long)option->min);
    return expected(reader, option, value, what);
  }
  *(struct str *)member = value.text;
  return STATUS_OK;
}

static enum status read_number(struct reader *reader, const struct option *option, struct value value,
                               void *member) {
  int64_t number = 0;
  if (str_int(value.text, &number) != STATUS_OK || number < option->min || number > option->max) {
    char what[96];
    snprintf(what, sizeof(what), "a whole number from %lld to %lld", (long long)option->min,
             (long long)option->max);
    return expected(reader, option, value, what);
  }
  if (option->size == sizeof(int64_t)) {
    *(int64_t *)member = number;
  } else {
    *(uint32_t *)member = (uint32_t)number;
  }
  return STATUS_OK;
}

static enum status read_rate(struct reader *reader, const struct option *option, struct value value,
                             void *member) {
  int64_t number = 0;
  if (!str_is(value.text, "off") &&
      (str_int(value.text, &number) != STATUS_OK || number < option->min || number > option->max)) {
    return expected(reader, option, value, "a number of requests a minute (1 or more), or off");
  }
  *(int64_t *)member = number;
  return STATUS_OK;
}

static enum status read_on_off(struct reader *reader, const struct option *option, struct value value,
                               void *member) {
  if (str_is(value.text, "on") || str_is(value.text, "true") || str_is(value.text, "yes") ||
      str_is(value.text, "1")) {
    *(bool *)member = true;
  } else if (str_is(value.text, "off") || str_is(value.text, "false") || str_is(value.text, "no") ||
             str_is(value.text, "0")) {
    *(bool *)member = false;
  } else {
    return expected(reader, option, value, "on or off");
  }
  return STATUS_OK;
}

static enum status read_listen(struct reader *reader, const struct option *option, struct value value,
                               void *member) {
  static const char what[] = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
  struct options *out = member; /* two members: the row's offset is 0 */
  size_t colon = value.text.len;
  while (colon > 0 && value.text.at[colon - 1] != ':') {
    colon--;
  }
  int64_t port = 0;
  if (colon < 2) {
    return expected(reader, option, value, what);
  }
  struct str port_text = {value.text.at + colon, value.text.len - colon};
  struct str host = {value.text.at, colon - 1};
  if (str_int(port_text, &port) != STATUS_OK || port < 0 || port > PORT_MAX) {
    return expected(reader, option, value, what);
  }
  if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
    host = (struct str){host.at + 1, host.len - 2};
  } else if (str_is(host, "localhost")) {
    host = STR("127.0.0.1");
  } else if (str_find(host, ':') < host.len) {
    return expected(reader, option, value, what);
  }
  char *address = str_c(reader->arena, host);
  struct in6_addr raw;
  if (inet_pton(AF_INET, address, &raw) != 1 && inet_pton(AF_INET6, address, &raw) != 1) {
    return expected(reader, option, value, what);
  }
  out->listen_address = address;
  out->listen_port = (uint16_t)port;
  return STATUS_OK;
}

static bool is_plain_url(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] <= ' ' || text.at[i] == 0x7f || text.at[i] == '"' || text.at[i] == '<' ||
        text.at[i] == '>') {
      return false;
    }
  }
  return true;
}

static enum status read_web_url(struct reader *reader, const struct option *option, struct value value,
                                void *member) {
  struct str url = value.text;
  while (str_ends(url, "/")) {
    url.len--;
  }
  bool web = (str_starts(url, "https://") && url.len > 8) || (str_starts(url, "http://") && url.len > 7);
  if (!web || !is_plain_url(url)) {
    return expected(reader, option, value, "an address that begins with https:// or http://");
  }
  *(const char **)member = str_c(reader->arena, url);
  return STATUS_OK;
}

static enum status read_smtp_url(struct reader *reader, const struct option *option, struct value value,
                                 void *member) {
  if (!(str_starts(value.text, "smtp://") || str_starts(value.text, "smtps://")) ||
      !is_plain_url(value.text)) {
    return expected(reader, option, value, "an address like smtp://user:password@host:port or smtps://host");
  }
  return read_text(reader, option, value, member);
}

static enum status read_database(struct reader *reader, const struct option *option, struct value value,
                                 void *member) {
  struct options *out = member; /* two members: the row's offset is 0 */
  bool pgsql = str_starts(value.text, "postgresql://") || str_starts(value.text, "postgres://");
  if (!pgsql && !(str_starts(value.text, "sqlite:") && value.text.len > 7)) {
    return expected(reader, option, value, "sqlite:PATH or postgresql://user:password@host/name");
  }
  TRY(read_text(reader, option, value, (void *)&out->database));
  out->database_is_pgsql = pgsql;
  return STATUS_OK;
}

static enum status read_zone(struct reader *reader, const struct option *option, struct value value,
                             void *member) {
  if (time_zone_check(value.text.at) != STATUS_OK) {
    return expected(reader, option, value, "a time zone this machine knows, such as Asia/Jakarta or UTC");
  }
  return read_text(reader, option, value, member);
}

/* One of the words of the metavar ("text|json"): the member becomes its place in there. */
static enum status read_choice(struct reader *reader, const struct option *option, struct value value,
                               void *member) {
  int place = 0;
  for (struct str left = str_of(option->metavar); left.at != NULL; place++) {
    size_t size = str_find(left, '|');
    if (str_equal(value.text, (struct str){left.at, size})) {
      *(int *)member = place;
      return STATUS_OK;
    }
    left = size < left.len ? str_of(left.at + size + 1) : STR_NONE;
  }
  return expected(reader, option, value, str_format(reader->arena, "one of %s", option->metavar).at);
}

static const struct option options_table[] = {
#include "app/options.def"
};
enum { OPTION_ROWS = sizeof(options_table) / sizeof(options_table[0]) };

/* ---- names and the nearest of them ---- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Edit distance; texts of NAME_SIZE and more are infinitely far. */
static size_t distance(struct str a, struct str b) {
  if (a.len >= NAME_SIZE || b.len >= NAME_SIZE) {
    return SIZE_MAX;
  }
  size_t row[NAME_SIZE];
  for (size_t j = 0; j <= b.len; j++) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.len; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t change = diagonal + (a.at[i - 1] != b.at[j - 1]);
      diagonal = row[j];
      row[j] = least(change, least(row[j], row[j - 1]) + 1);
    }
  }
  return row[b.len];
}

struct guess {
  const char *word;
  size_t far;
};

static void consider(struct guess *guess, struct str wanted, const char *word) {
  size_t far = distance(wanted, str_of(word));
  size_t near_enough = wanted.len / 3 > 2 ? wanted.len / 3 : 2;
  if (far <= near_enough && far < strlen(word) && (guess->word == NULL || far < guess->far)) {
    *guess = (struct guess){word, far};
  }
}

static const char *nearest_flag(struct str wanted, unsigned command_bits) {
  struct guess guess = {NULL, 0};
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    if ((options_table[i].commands & command_bits) != 0) {
      consider(&guess, wanted, options_table[i].flag);
    }
  }
  return guess.word;
}

static const struct option *option_of(struct str flag) {
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    if (str_is(flag, options_table[i].flag)) {
      return &options_table[i];
    }
  }
  return NULL;
}

/* "public-url" → "SIGAP_PUBLIC_URL" */
static void variable_name(const struct option *option, const char *suffix, char out[NAME_SIZE]) {
  snprintf(out, NAME_SIZE, "SIGAP_%s%s", option->flag, suffix);
  for (char *c = out; *c != '\0'; c++) {
    *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
  }
}

/* ---- the words ---- */

struct words {
  struct str at[8]; /* positional ones, in order */
  size_t count;
};

static const struct command_row *row_of(enum command command) {
  for (size_t i = 0; i < COMMAND_ROWS; i++) {
    if (commands[i].command == command) {
      return &commands[i];
    }
  }
  return NULL;
}

static enum status unknown_command(struct str word, bool sub, const char *above, char why[512]) {
  struct guess guess = {NULL, 0};
  for (size_t i = 0; i < COMMAND_ROWS; i++) {
    if (!sub) {
      consider(&guess, word, commands[i].word);
    } else if (commands[i].subword != NULL && strcmp(commands[i].word, above) == 0) {
      consider(&guess, word, commands[i].subword);
    }
  }
  snprintf(why, 512, "There is no command \"%s%s%.*s\"%s%s%s. `sigap --help` lists them all.", above,
           sub ? " " : "", (int)least(word.len, 60), word.at, guess.word != NULL ? "; did you mean \"" : "",
           guess.word != NULL ? guess.word : "", guess.word != NULL ? "\"?" : "");
  return STATUS_INVALID;
}

/* Finds the command that the words name. With help asked, `sigap user --help` is enough. */
static enum status read_words(struct words *words, struct options *out, char why[512]) {
  if (words->count == 0) {
    return STATUS_OK;
  }
  bool known = false;
  for (size_t i = 0; i < COMMAND_ROWS; i++) {
    const struct command_row *row = &commands[i];
    if (!str_is(words->at[0], row->word)) {
      continue;
    }
    known = true;
    out->command_word = row->word;
    if (row->subword == NULL || (words->count > 1 && str_is(words->at[1], row->subword))) {
      out->command = row->command;
      out->subcommand_word = row->subword != NULL ? row->subword : "";
      return STATUS_OK;
    }
  }
  if (!known) {
    return unknown_command(words->at[0], false, "", why);
  }
  if (words->count > 1) {
    return unknown_command(words->at[1], true, out->command_word, why);
  }
  if (!out->help) {
    snprintf(why, 512, "`sigap %s` needs to be told what to do; `sigap %s --help` lists it.",
             out->command_word, out->command_word);
    return STATUS_INVALID;
  }
  return STATUS_OK;
}

static enum status keep_arguments(const struct words *words, struct arena *arena, struct options *out,
                                  char why[512]) {
  const struct command_row *row = row_of(out->command);
  size_t used = row == NULL ? 0 : row->subword != NULL ? 2 : 1;
  size_t rest = words->count > used ? words->count - used : 0;
  if (row != NULL && rest > row->arguments_max) {
    snprintf(why, 512, "`sigap %s%s%s` does not take \"%.*s\".", out->command_word,
             row->subword != NULL ? " " : "", out->subcommand_word,
             (int)least(words->at[used + row->arguments_max].len, 60),
             words->at[used + row->arguments_max].at);
    return STATUS_INVALID;
  }
  const char **arguments = ARENA_ARRAY(arena, const char *, rest);
  for (size_t i = 0; i < rest; i++) {
    arguments[i] = words->at[used + i].at;
  }
  out->arguments = arguments;
  out->argument_count = rest;
  return STATUS_OK;
}

/* ---- flags ---- */

struct given {
  struct value values[OPTION_ROWS];
};

static enum status unknown_flag(struct str flag, char why[512]) {
  const char *nearest = nearest_flag(flag, EVERY);
  snprintf(why, 512, "There is no option --%.*s%s%s%s", (int)least(flag.len, 60), flag.at,
           nearest != NULL ? "; did you mean --" : ".", nearest != NULL ? nearest : "",
           nearest != NULL ? "?" : "");
  return STATUS_INVALID;
}

/* One flag at argv[*at]; moves on over its value. */
static enum status read_flag(int argc, char **argv, int *at, struct arena *arena, struct given *given,
                             char why[512]) {
  struct str flag = str_of(argv[*at] + 2);
  size_t equals = str_find(flag, '=');
  bool joined = equals < flag.len;
  struct str text = joined ? str_of(flag.at + equals + 1) : STR_NONE;
  flag.len = equals;
  const struct option *option = option_of(flag);
  if (option == NULL) {
    return unknown_flag(flag, why);
  }
  if (!joined && option->metavar == NULL) {
    text = STR("on");
  } else if (!joined) {
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
      snprintf(why, 512, "--%s needs a value: --%s %s.", option->flag, option->flag, option->metavar);
      return STATUS_INVALID;
    }
    text = str_of(argv[++*at]);
  }
  given->values[option - options_table] = (struct value){text, str_format(arena, "--%s", option->flag).at};
  return STATUS_OK;
}

static bool asks_help(const char *argument) {
  return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static enum status read_arguments(int argc, char **argv, struct arena *arena, struct given *given,
                                  struct words *words, struct options *out, char why[512]) {
  bool only_words = false;
  for (int i = 1; i < argc; i++) {
    const char *argument = argv[i];
    if (!only_words && strcmp(argument, "--") == 0) {
      only_words = true;
    } else if (!only_words && asks_help(argument)) {
      out->help = true;
    } else if (!only_words && words->count == 0 && strcmp(argument, "--version") == 0) {
      words->at[words->count++] = STR("version");
    } else if (!only_words && strncmp(argument, "--", 2) == 0) {
      enum status status = read_flag(argc, argv, &i, arena, given, why);
      if (status != STATUS_OK && !out->help) {
        return status;
      }
    } else if (words->count == 0 && strcmp(argument, "help") == 0) {
      out->help = true;
    } else if (words->count == sizeof(words->at) / sizeof(words->at[0])) {
      snprintf(why, 512, "These are too many words.");
      return STATUS_INVALID;
    } else {
      words->at[words->count++] = str_of(argument);
    }
  }
  return STATUS_OK;
}

/* ---- files, environment ---- */

static enum status read_file(const char *path, const char *source, struct arena *arena, struct str *out,
                             char why[512]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  char *text = arena_alloc(arena, FILE_MAX_BYTES + 1);
  size_t len = 0;
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0 && len < FILE_MAX_BYTES) {
    got = read(fd, text + len, FILE_MAX_BYTES - len);
    len += got > 0 ? (size_t)got : 0;
  }
  int error = errno;
  if (fd >= 0) {
    close(fd);
  }
  if (got < 0) {
    snprintf(why, 512, "%s names the file %.200s, which can't be read: %s.", source, path, strerror(error));
    return STATUS_INVALID;
  }
  if (len == FILE_MAX_BYTES) {
    snprintf(why, 512, "%s names the file %.200s, which is larger than 64 KiB.", source, path);
    return STATUS_INVALID;
  }
  *out = (struct str){text, len};
  return STATUS_OK;
}

static enum status read_line(struct str line, const char *source, const char *path, int number,
                             struct arena *arena, struct given *given, char why[512]) {
  size_t equals = str_find(line, '=');
  struct str name = str_trim((struct str){line.at, equals});
  if (equals == line.len) {
    snprintf(why, 512, "Line %d of %.200s (from %s) is not of the form `name = value`.", number, path,
             source);
    return STATUS_INVALID;
  }
  const struct option *option = option_of(name);
  if (option == NULL || strcmp(option->flag, "config") == 0) {
    const char *nearest = nearest_flag(name, EVERY);
    snprintf(why, 512, "Line %d of %.200s sets \"%.*s\", which does not exist%s%s%s", number, path,
             (int)least(name.len, 60), name.at, nearest != NULL ? "; did you mean \"" : ".",
             nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    return STATUS_INVALID;
  }
  struct value *value = &given->values[option - options_table];
  if (value->source != NULL) {
    snprintf(why, 512, "Line %d of %.200s sets %s a second time.", number, path, option->flag);
    return STATUS_INVALID;
  }
  struct str text = str_trim((struct str){line.at + equals + 1, line.len - equals - 1});
  *value = (struct value){str_copy(arena, text),
                          str_format(arena, "%s in line %d of %s", option->flag, number, path).at};
  return STATUS_OK;
}

static enum status read_config(struct value config, struct arena *arena, struct given *given, char why[512]) {
  struct str text;
  TRY(read_file(config.text.at, config.source, arena, &text, why));
  int number = 0;
  for (size_t at = 0; at < text.len;) {
    size_t size = str_find((struct str){text.at + at, text.len - at}, '\n');
    struct str line = str_trim((struct str){text.at + at, size});
    at += size + 1;
    number++;
    if (line.len > 0 && line.at[0] != '#') {
      TRY(read_line(line, config.source, config.text.at, number, arena, given, why));
    }
  }
  return STATUS_OK;
}

static enum status read_variable(const struct option *option, struct arena *arena, struct value *value,
                                 char why[512]) {
  char name[NAME_SIZE];
  char file_name[NAME_SIZE];
  variable_name(option, "", name);
  variable_name(option, "_FILE", file_name);
  const char *text = getenv(name);
  const char *path = option->secret ? getenv(file_name) : NULL;
  if (text != NULL && path != NULL) {
    snprintf(why, 512, "%s and %s are both set; only one of them may be.", name, file_name);
    return STATUS_INVALID;
  }
  if (text != NULL) {
    *value = (struct value){str_copy(arena, str_of(text)), str_format(arena, "%s", name).at};
  } else if (path != NULL) {
    struct str content;
    TRY(read_file(path, file_name, arena, &content, why));
    if (content.len > 0 && content.at[content.len - 1] == '\n') {
      content.len -= content.len > 1 && content.at[content.len - 2] == '\r' ? 2 : 1;
    }
    *value = (struct value){str_copy(arena, content), str_format(arena, "%s", file_name).at};
  }
  return STATUS_OK;
}

static bool variable_known(struct str name) {
#ifdef SIGAP_TEST_BUILD
  if (str_starts(name, "SIGAP_BIN") || str_starts(name, "SIGAP_TEST_")) {
    return true; /* the tests' own */
  }
#endif
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    char known[NAME_SIZE];
    variable_name(&options_table[i], "", known);
    if (str_is(name, known)) {
      return true;
    }
    variable_name(&options_table[i], "_FILE", known);
    if (options_table[i].secret && str_is(name, known)) {
      return true;
    }
  }
  return false;
}

static void warn_of_variables(struct arena *arena, struct options *out) {
  const char **warnings = ARENA_ARRAY(arena, const char *, WARNINGS_MAX);
  for (char **entry = environ; *entry != NULL && out->warning_count < WARNINGS_MAX; entry++) {
    struct str name = str_of(*entry);
    name.len = str_find(name, '=');
    if (!str_starts(name, "SIGAP_") || variable_known(name)) {
      continue;
    }
    struct guess guess = {NULL, 0};
    char(*names)[NAME_SIZE] = arena_array(arena, OPTION_ROWS, NAME_SIZE);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
      variable_name(&options_table[i], "", names[i]);
      consider(&guess, name, names[i]);
    }
    warnings[out->warning_count++] =
        str_format(arena, "The environment variable %.*s means nothing to Sigap%s%s%s",
                   (int)least(name.len, 100), name.at, guess.word != NULL ? "; did you mean " : ".",
                   guess.word != NULL ? guess.word : "", guess.word != NULL ? "?" : "")
            .at;
  }
  out->warnings = warnings;
}

/* ---- all together ---- */

/* Environment over file; flags over both. */
static enum status gather(struct arena *arena, struct given *flags, struct given *out, char why[512]) {
  struct given environment = {0};
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    TRY(read_variable(&options_table[i], arena, &environment.values[i], why));
  }
  /* The table's first row is the configuration file itself. */
  struct value config = flags->values[0].source != NULL ? flags->values[0] : environment.values[0];
  if (config.text.len > 0) {
    TRY(read_config(config, arena, out, why));
  }
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    if (environment.values[i].source != NULL) {
      out->values[i] = environment.values[i];
    }
    if (flags->values[i].source != NULL) {
      out->values[i] = flags->values[i];
    }
  }
  return STATUS_OK;
}

static const char *full_name(const struct options *options, char out[NAME_SIZE]) {
  snprintf(out, NAME_SIZE, "sigap %s%s%s", options->command_word,
           options->subcommand_word[0] != '\0' ? " " : "", options->subcommand_word);
  return out;
}

static enum status read_values(struct arena *arena, const struct given *flags, const struct given *given,
                               struct options *out, char why[512]) {
  char name[NAME_SIZE];
  unsigned bit = 1u << out->command;
  struct reader reader = {arena, why};
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    const struct option *option = &options_table[i];
    bool taken = (option->commands & bit) != 0;
    if (out->command == COMMAND_NONE && flags->values[i].source != NULL) {
      snprintf(why, 512, "Which command is --%s for? `sigap --help` lists them.", option->flag);
      return STATUS_INVALID;
    }
    if (!taken && flags->values[i].source != NULL) {
      snprintf(why, 512, "`%s` does not take --%s; `%s --help` tells what it takes.", full_name(out, name),
               option->flag, name);
      return STATUS_INVALID;
    }
    struct value value = given->values[i];
    bool said = taken && (value.text.len > 0 || (option->takes_empty && value.source != NULL));
    if (!said && (option->required & bit) != 0) {
      snprintf(why, 512, "`%s` needs --%s%s%s.", full_name(out, name), option->flag,
               option->metavar != NULL ? " " : "", option->metavar != NULL ? option->metavar : "");
      return STATUS_INVALID;
    }
    if (!said && option->fallback != NULL) {
      value = (struct value){str_of(option->fallback), option->flag};
      said = true;
    }
    if (said) {
      TRY(option->read(&reader, option, value, (char *)out + option->offset));
    }
  }
  if ((bit & (BIT(USER_ADD) | BIT(USER_PASSWD))) != 0 && !out->password_stdin) {
    snprintf(why, 512, "`%s` reads the password from standard input: --password-stdin.",
             full_name(out, name));
    return STATUS_INVALID;
  }
  return STATUS_OK;
}

static void fill_defaults(struct arena *arena, struct options *out) {
  if (out->database == NULL && out->data != NULL) {
    out->database = str_format(arena, "sqlite:%s/sigap.db", out->data).at;
  }
  if (out->command == COMMAND_TENANT_ADD && out->timezone == NULL) {
    out->timezone = "UTC";
  }
}

enum status options_read(int argc, char **argv, struct arena *arena, struct options *out, char why[512]) {
  struct options read = {.command_word = "", .subcommand_word = ""};
  struct words words = {.count = 0};
  struct given flags = {0};
  struct given given = {0};
  bool help_asked = false;
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    help_asked = help_asked || asks_help(argv[i]);
  }
  read.help = help_asked;
  TRY(read_arguments(argc, argv, arena, &flags, &words, &read, why));
  TRY(read_words(&words, &read, why));
  if (!read.help) {
    TRY(keep_arguments(&words, arena, &read, why));
    TRY(gather(arena, &flags, &given, why));
    TRY(read_values(arena, &flags, &given, &read, why));
    fill_defaults(arena, &read);
    warn_of_variables(arena, &read);
  }
  *out = read;
  return STATUS_OK;
}

/* ---- help ---- */

static void pad(struct buf *out, size_t from, size_t to) {
  buf_format(out, "%*s", (int)(from < to ? to - from : 1), "");
}

static void help_overview(const char *word, struct buf *out) {
  buf_add_text(out, "Sigap is a help desk server.\n\nUsage: sigap COMMAND [--option VALUE …]\n\n");
  for (size_t i = 0; i < COMMAND_ROWS; i++) {
    const struct command_row *row = &commands[i];
    if (word[0] != '\0' && strcmp(word, row->word) != 0) {
      continue;
    }
    size_t before = out->len;
    buf_format(out, "  sigap %s%s%s%s%s", row->word, row->subword != NULL ? " " : "",
               row->subword != NULL ? row->subword : "", row->arguments != NULL ? " " : "",
               row->arguments != NULL ? row->arguments : "");
    pad(out, out->len - before, HELP_COLUMN);
    buf_format(out, "%s\n", row->summary);
  }
  buf_add_text(out, "\n`sigap COMMAND --help` tells the options of a command.\n");
}

static void help_option(const struct option *option, bool required, struct buf *out) {
  size_t before = out->len;
  buf_format(out, "  --%s%s%s", option->flag, option->metavar != NULL ? " " : "",
             option->metavar != NULL ? option->metavar : "");
  size_t width = out->len - before;
  if (width >= HELP_COLUMN) {
    buf_add_char(out, '\n');
    width = 0;
  }
  pad(out, width, HELP_COLUMN);
  buf_add_text(out, option->help);
  if (required) {
    buf_add_text(out, " Required.");
  } else if (option->fallback != NULL) {
    buf_format(out, " Default: %s.", option->fallback);
  }
  buf_add_char(out, '\n');
}

void options_help(const struct options *options, struct buf *out) {
  const struct command_row *row = row_of(options->command);
  if (row == NULL) {
    help_overview(options->command_word, out);
    return;
  }
  unsigned bit = 1u << row->command;
  char name[NAME_SIZE];
  full_name(options, name);
  buf_format(out, "%s\n\nUsage: %s%s%s [--option VALUE …]\n\n", row->summary, name,
             row->arguments != NULL ? " " : "", row->arguments != NULL ? row->arguments : "");
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    if ((options_table[i].commands & bit) != 0) {
      help_option(&options_table[i], (options_table[i].required & bit) != 0, out);
    }
  }
  buf_add_text(
      out,
      "\nEach option is also an environment variable (--public-url: SIGAP_PUBLIC_URL; for secrets also a "
      "file,\n"
      "SIGAP_JWT_SECRET_FILE) and a line of the --config file (public-url = …). Options win over the\n"
      "environment, the environment over the file. An empty value means the default.\n\nExample:\n  ");
  buf_format(out, "%s%s%s", name, row->example != NULL ? " " : "", row->example != NULL ? row->example : "");
  for (size_t i = 0; i < OPTION_ROWS; i++) {
    const struct option *option = &options_table[i];
    if (((option->required | option->shown) & bit) != 0) {
      buf_format(out, " --%s%s%s", option->flag, option->example != NULL ? " " : "",
                 option->example != NULL ? option->example : "");
    }
  }
  buf_add_text(out, "\n");
}
