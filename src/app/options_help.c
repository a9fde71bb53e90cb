#include <stdio.h>
#include <string.h>

#include "app/options_table.h"

/* What --help says. */

enum { HELP_COLUMN = 30 };

static void pad(struct buf *out, size_t from, size_t to) {
  buf_format(out, "%*s", (int)(from < to ? to - from : 1), "");
}

static void help_overview(const char *word, struct buf *out) {
  buf_add_text(out, "Sigap is a help desk server.\n\nUsage: sigap COMMAND [--option VALUE …]\n\n");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
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
  const struct command_row *row = option_command(options->command);
  if (row == NULL) {
    help_overview(options->command_word, out);
    return;
  }
  unsigned bit = 1u << row->command;
  char name[OPTION_NAME_SIZE];
  snprintf(name, sizeof(name), "sigap %s%s%s", row->word, row->subword != NULL ? " " : "",
           row->subword != NULL ? row->subword : "");
  buf_format(out, "%s\n\nUsage: %s%s%s [--option VALUE …]\n\n", row->summary, name,
             row->arguments != NULL ? " " : "", row->arguments != NULL ? row->arguments : "");
  for (size_t i = 0; i < option_count; i++) {
    if ((option_rows[i].commands & bit) != 0) {
      help_option(&option_rows[i], (option_rows[i].required & bit) != 0, out);
    }
  }
  buf_add_text(
      out,
      "\nEach option is also an environment variable (--public-url: SIGAP_PUBLIC_URL; for secrets also a "
      "file,\n"
      "SIGAP_JWT_SECRET_FILE) and a line of the --config file (public-url = …). Options win over the\n"
      "environment, the environment over the file. An empty value means the default.\n\nExample:\n  ");
  buf_format(out, "%s%s%s", name, row->example != NULL ? " " : "", row->example != NULL ? row->example : "");
  for (size_t i = 0; i < option_count; i++) {
    const struct option *option = &option_rows[i];
    if (((option->required | option->shown) & bit) != 0) {
      buf_format(out, " --%s%s%s", option->flag, option->example != NULL ? " " : "",
                 option->example != NULL ? option->example : "");
    }
  }
  buf_add_text(out, "\n");
}
