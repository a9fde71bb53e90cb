#include "app/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/options_table.h"

extern char **environ;

enum {
  FILE_MAX_BYTES = 64 * 1024, /* of a configuration or a secret's file */
  WARNINGS_MAX = 64,
};

/* ---- names and the nearest of them ---- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Edit distance; texts of OPTION_NAME_SIZE and more are infinitely far. */
static size_t distance(struct str a, struct str b) {
  if (a.len >= OPTION_NAME_SIZE || b.len >= OPTION_NAME_SIZE) {
    return SIZE_MAX;
  }
  size_t row[OPTION_NAME_SIZE];
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

static const char *nearest_flag(struct str wanted) {
  struct guess guess = {NULL, 0};
  for (size_t i = 0; i < option_count; i++) {
    consider(&guess, wanted, option_rows[i].flag);
  }
  return guess.word;
}

static const struct option *option_of(struct str flag) {
  for (size_t i = 0; i < option_count; i++) {
    if (str_is(flag, option_rows[i].flag)) {
      return &option_rows[i];
    }
  }
  return NULL;
}

/* "public-url" → "SIGAP_PUBLIC_URL" */
static void variable_name(const struct option *option, const char *suffix, char out[OPTION_NAME_SIZE]) {
  snprintf(out, OPTION_NAME_SIZE, "SIGAP_%s%s", option->flag, suffix);
  for (char *c = out; *c != '\0'; c++) {
    *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
  }
}

/* ---- the words ---- */

struct words {
  struct str at[8]; /* positional ones, in order */
  size_t count;
};

static enum status unknown_command(struct str word, bool sub, const char *above, char why[512]) {
  struct guess guess = {NULL, 0};
  for (size_t i = 0; i < option_command_count; i++) {
    if (!sub) {
      consider(&guess, word, option_commands[i].word);
    } else if (option_commands[i].subword != NULL && strcmp(option_commands[i].word, above) == 0) {
      consider(&guess, word, option_commands[i].subword);
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
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
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
  const struct command_row *row = option_command(out->command);
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
  struct option_value values[OPTION_ROWS_MAX];
};

static enum status unknown_flag(struct str flag, char why[512]) {
  const char *nearest = nearest_flag(flag);
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
  given->values[option - option_rows] =
      (struct option_value){text, str_format(arena, "--%s", option->flag).at};
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
      snprintf(why, 512, "These are too many words; `sigap --help` tells what each command takes.");
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
    const char *nearest = nearest_flag(name);
    snprintf(why, 512, "Line %d of %.200s sets \"%.*s\", which does not exist%s%s%s", number, path,
             (int)least(name.len, 60), name.at, nearest != NULL ? "; did you mean \"" : ".",
             nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    return STATUS_INVALID;
  }
  struct option_value *value = &given->values[option - option_rows];
  if (value->source != NULL) {
    snprintf(why, 512, "Line %d of %.200s sets %s a second time.", number, path, option->flag);
    return STATUS_INVALID;
  }
  struct str text = str_trim((struct str){line.at + equals + 1, line.len - equals - 1});
  *value = (struct option_value){str_copy(arena, text),
                                 str_format(arena, "%s in line %d of %s", option->flag, number, path).at};
  return STATUS_OK;
}

static enum status read_config(struct option_value config, struct arena *arena, struct given *given,
                               char why[512]) {
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

static enum status read_variable(const struct option *option, struct arena *arena, struct option_value *value,
                                 char why[512]) {
  char name[OPTION_NAME_SIZE];
  char file_name[OPTION_NAME_SIZE];
  variable_name(option, "", name);
  variable_name(option, "_FILE", file_name);
  const char *text = getenv(name);
  const char *path = option->secret ? getenv(file_name) : NULL;
  if (text != NULL && path != NULL) {
    snprintf(why, 512, "%s and %s are both set; only one of them may be.", name, file_name);
    return STATUS_INVALID;
  }
  if (text != NULL) {
    *value = (struct option_value){str_copy(arena, str_of(text)), str_format(arena, "%s", name).at};
  } else if (path != NULL) {
    struct str content;
    TRY(read_file(path, file_name, arena, &content, why));
    if (content.len > 0 && content.at[content.len - 1] == '\n') {
      content.len -= content.len > 1 && content.at[content.len - 2] == '\r' ? 2 : 1;
    }
    *value = (struct option_value){str_copy(arena, content), str_format(arena, "%s", file_name).at};
  }
  return STATUS_OK;
}

static bool variable_known(struct str name) {
#ifdef SIGAP_TEST_BUILD
  if (str_starts(name, "SIGAP_BIN") || str_starts(name, "SIGAP_TEST_")) {
    return true; /* the tests' own */
  }
#endif
  for (size_t i = 0; i < option_count; i++) {
    char known[OPTION_NAME_SIZE];
    variable_name(&option_rows[i], "", known);
    if (str_is(name, known)) {
      return true;
    }
    variable_name(&option_rows[i], "_FILE", known);
    if (option_rows[i].secret && str_is(name, known)) {
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
    char(*names)[OPTION_NAME_SIZE] = arena_array(arena, option_count, OPTION_NAME_SIZE);
    for (size_t i = 0; i < option_count; i++) {
      variable_name(&option_rows[i], "", names[i]);
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
  for (size_t i = 0; i < option_count; i++) {
    TRY(read_variable(&option_rows[i], arena, &environment.values[i], why));
  }
  /* The table's first row is the configuration file itself. */
  struct option_value config = flags->values[0].source != NULL ? flags->values[0] : environment.values[0];
  if (config.text.len > 0) {
    TRY(read_config(config, arena, out, why));
  }
  for (size_t i = 0; i < option_count; i++) {
    if (environment.values[i].source != NULL) {
      out->values[i] = environment.values[i];
    }
    if (flags->values[i].source != NULL) {
      out->values[i] = flags->values[i];
    }
  }
  return STATUS_OK;
}

static const char *full_name(const struct options *options, char out[OPTION_NAME_SIZE]) {
  snprintf(out, OPTION_NAME_SIZE, "sigap %s%s%s", options->command_word,
           options->subcommand_word[0] != '\0' ? " " : "", options->subcommand_word);
  return out;
}

static enum status read_values(struct arena *arena, const struct given *flags, const struct given *given,
                               struct options *out, char why[512]) {
  char name[OPTION_NAME_SIZE];
  unsigned bit = 1u << out->command;
  struct option_reader reader = {arena, why};
  for (size_t i = 0; i < option_count; i++) {
    const struct option *option = &option_rows[i];
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
    struct option_value value = given->values[i];
    bool said = taken && (value.text.len > 0 || (option->takes_empty && value.source != NULL));
    if (!said && (option->required & bit) != 0) {
      snprintf(why, 512, "`%s` needs --%s%s%s.", full_name(out, name), option->flag,
               option->metavar != NULL ? " " : "", option->metavar != NULL ? option->metavar : "");
      return STATUS_INVALID;
    }
    if (!said && option->fallback != NULL) {
      value = (struct option_value){str_of(option->fallback), option->flag};
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
