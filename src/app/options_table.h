#ifndef SIGAP_APP_OPTIONS_TABLE_H
#define SIGAP_APP_OPTIONS_TABLE_H

#include "app/options.h"

/* The tables of commands and settings, for the files that read, explain and complete them. */

enum {
  OPTION_NAME_SIZE = 64, /* of a flag, a variable, a command; with its NUL */
  OPTION_ROWS_MAX = 64,
};

#define BIT(command) (1u << (COMMAND_##command))

struct command_row {
  enum command command;
  const char *word, *subword; /* subword NULL: none */
  const char *arguments;      /* as the help shows them; NULL none */
  size_t arguments_max;
  const char *summary;
  const char *example; /* of the arguments; NULL none */
};

struct option_value {
  struct str text;    /* NUL-terminated */
  const char *source; /* how a sentence names it: "--listen", "SIGAP_LISTEN", "listen in line 3 of FILE";
                         NULL: not given */
};

struct option;
struct option_reader {
  struct arena *arena;
  char *why; /* 512 bytes */
};
/* Reads the value into the member; on failure says in `why` what was expected. */
typedef enum status (*option_read)(struct option_reader *reader, const struct option *option,
                                   struct option_value value, void *member);

struct option {
  const char *flag;    /* without "--" */
  const char *metavar; /* NULL: a switch without a value; "a|b": one of these words */
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

extern const struct command_row option_commands[];
extern const size_t option_command_count;
extern const struct option option_rows[]; /* the first is the configuration file itself */
extern const size_t option_count;         /* at most OPTION_ROWS_MAX */

/* NULL where there is none (COMMAND_NONE). */
const struct command_row *option_command(enum command command);

#endif
