#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/dialects.h"
#include "app/options_table.h"

/* `sigap completion SHELL`: a script with which a shell completes sigap's commands, options and values, made
 * of the same tables that the options are read by. */

enum { SCRIPT_MAX = 256 * 1024 };

struct shell {
  const char *name;
  void (*print)(struct buf *out);
};

/* "sigap user" takes one of these after it. */
static bool is_last_of_word(size_t row) {
  return row + 1 == option_command_count ||
         strcmp(option_commands[row + 1].word, option_commands[row].word) != 0;
}

static bool is_first_of_word(size_t row) {
  return row == 0 || strcmp(option_commands[row - 1].word, option_commands[row].word) != 0;
}

static bool takes_files(const char *metavar) {
  return metavar != NULL && (strcmp(metavar, "FILE") == 0 || strcmp(metavar, "DIR") == 0);
}

static const struct shell shells[4];

/* The words that a position or a value can be, separated by spaces; nothing where it is free. */
static void add_choices(const char *metavar, struct buf *out) {
  if (metavar == NULL) {
    return;
  }
  if (strcmp(metavar, "[DIALECT]") == 0) {
    for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
      buf_format(out, "%s%s", dialect == documented_dialects ? "" : " ", (*dialect)->name);
    }
  } else if (strcmp(metavar, "[SHELL]") == 0) {
    for (const struct shell *shell = shells; shell->name != NULL; shell++) {
      buf_format(out, "%s%s", shell == shells ? "" : " ", shell->name);
    }
  } else if (strchr(metavar, '|') != NULL) {
    for (const char *c = metavar; *c != '\0'; c++) {
      buf_add_char(out, *c == '|' ? ' ' : *c);
    }
  }
}

/* What stands between single quotes of every shell here; `also` is left out, too (zsh's own signs). */
static void add_quoted(const char *text, const char *also, struct buf *out) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\'') {
      buf_add_text(out, "’");
    } else if (strchr(also, *c) != NULL) {
      buf_format(out, "\\%c", *c);
    } else {
      buf_add_char(out, *c);
    }
  }
}

/* ---- bash ---- */

static void bash_values(struct buf *out) {
  buf_add_text(out, "  case $before in\n");
  for (size_t i = 0; i < option_count; i++) {
    const struct option *option = &option_rows[i];
    if (option->metavar == NULL) {
      continue;
    }
    buf_format(out, "    --%s) ", option->flag);
    if (takes_files(option->metavar)) {
      buf_format(out, "compopt -o filenames; COMPREPLY=($(compgen %s -- \"$word\"));",
                 strcmp(option->metavar, "DIR") == 0 ? "-d" : "-f");
    } else {
      buf_add_text(out, "COMPREPLY=($(compgen -W '");
      add_choices(option->metavar, out);
      buf_add_text(out, "' -- \"$word\"));");
    }
    buf_add_text(out, " return ;;\n");
  }
  buf_add_text(out, "  esac\n");
}

static void bash_command(const struct command_row *row, struct buf *out) {
  buf_format(out, "    '%s%s%s') words='--help", row->word, row->subword != NULL ? " " : "",
             row->subword != NULL ? row->subword : "");
  for (size_t i = 0; i < option_count; i++) {
    if ((option_rows[i].commands & (1u << row->command)) != 0) {
      buf_format(out, " --%s", option_rows[i].flag);
    }
  }
  buf_add_text(out, "'");
  if (row->arguments != NULL) {
    buf_format(out, "; files=%s; arguments='", takes_files(row->arguments) ? "yes" : "");
    add_choices(row->arguments, out);
    buf_add_text(out, "'");
  }
  buf_add_text(out, " ;;\n");
}

static void bash_print(struct buf *out) {
  buf_add_text(out,
               "# bash completion for sigap. Now: source <(sigap completion bash)\n"
               "# For everybody: sigap completion bash >/usr/share/bash-completion/completions/sigap\n"
               "_sigap() {\n"
               "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} files= "
               "words= arguments= name=${COMP_WORDS[1]}\n"
               "  COMPREPLY=()\n");
  bash_values(out);
  buf_add_text(out, "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '--help --version");
  for (size_t i = 0; i < option_command_count; i++) {
    if (is_first_of_word(i)) {
      buf_format(out, " %s", option_commands[i].word);
    }
  }
  buf_add_text(out, "' -- \"$word\"))\n    return\n  fi\n  case $name in\n");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    if (row->subword == NULL) {
      continue;
    }
    if (is_first_of_word(i)) {
      buf_format(out, "    %s) name+=\" ${COMP_WORDS[2]}\"; ((COMP_CWORD > 2)) || name=; words='--help",
                 row->word);
    }
    buf_format(out, " %s", row->subword);
    if (is_last_of_word(i)) {
      buf_add_text(out, "' ;;\n");
    }
  }
  buf_add_text(out, "  esac\n  case $name in\n");
  for (size_t i = 0; i < option_command_count; i++) {
    bash_command(&option_commands[i], out);
  }
  buf_add_text(out,
               "  esac\n"
               "  [[ $word == -* ]] || words=${arguments:-$words}\n"
               "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
               "  if [[ -n $files && $word != -* ]]; then\n"
               "    compopt -o filenames\n"
               "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
               "  fi\n"
               "}\n"
               "complete -F _sigap sigap\n");
}

/* ---- fish ---- */

static void fish_options(const struct command_row *row, struct buf *out) {
  for (size_t i = 0; i < option_count; i++) {
    const struct option *option = &option_rows[i];
    if ((option->commands & (1u << row->command)) == 0) {
      continue;
    }
    buf_format(out, "complete -c sigap -n '__fish_seen_subcommand_from %s", row->word);
    if (row->subword != NULL) {
      buf_format(out, "; and __fish_seen_subcommand_from %s", row->subword);
    }
    buf_format(out, "' -l %s", option->flag);
    if (takes_files(option->metavar)) {
      buf_add_text(out, " -r -F");
    } else if (option->metavar != NULL) {
      buf_add_text(out, " -x -a '");
      add_choices(option->metavar, out);
      buf_add_char(out, '\'');
    }
    buf_add_text(out, " -d '");
    add_quoted(option->help, "\\", out);
    buf_add_text(out, "'\n");
  }
}

static void fish_print(struct buf *out) {
  buf_add_text(out,
               "# fish completion for sigap. Now: sigap completion fish | source\n"
               "# For yourself: sigap completion fish >~/.config/fish/completions/sigap.fish\n"
               "complete -c sigap -f\n"
               "complete -c sigap -l help -d 'Explain'\n");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    if (row->subword == NULL) {
      buf_format(out, "complete -c sigap -n __fish_use_subcommand -a %s -d '", row->word);
    } else {
      if (is_first_of_word(i)) {
        buf_format(out, "complete -c sigap -n __fish_use_subcommand -a %s\n", row->word);
      }
      buf_format(out,
                 "complete -c sigap -n '__fish_seen_subcommand_from %s; and test (count (commandline -opc)) "
                 "-eq 2' -a %s -d '",
                 row->word, row->subword);
    }
    add_quoted(row->summary, "\\", out);
    buf_add_text(out, "'\n");
    if (row->arguments != NULL) {
      buf_format(out, "complete -c sigap -n '__fish_seen_subcommand_from %s'%s -a '", row->word,
                 takes_files(row->arguments) ? " -F" : "");
      add_choices(row->arguments, out);
      buf_add_text(out, "'\n");
    }
    fish_options(row, out);
  }
}

/* ---- zsh ---- */

static void zsh_described(const char *word, const char *summary, struct buf *out) {
  buf_format(out, "      '%s:", word);
  add_quoted(summary, ":\\", out);
  buf_add_text(out, "'\n");
}

static void zsh_value(const char *metavar, struct buf *out) {
  if (takes_files(metavar)) {
    buf_add_text(out, strcmp(metavar, "DIR") == 0 ? "_directories" : "_files");
    return;
  }
  buf_add_char(out, '(');
  add_choices(metavar, out);
  buf_add_char(out, ')');
}

static void zsh_command(const struct command_row *row, struct buf *out) {
  buf_format(out, "    '%s %s') _arguments -S '--help[Explain]'", row->word,
             row->subword != NULL ? row->subword : "");
  for (size_t i = 0; i < option_count; i++) {
    const struct option *option = &option_rows[i];
    if ((option->commands & (1u << row->command)) == 0) {
      continue;
    }
    buf_format(out, " \\\n      '--%s[", option->flag);
    add_quoted(option->help, "[]\\", out);
    buf_add_char(out, ']');
    if (option->metavar != NULL) {
      buf_add_text(out, ":value:");
      zsh_value(option->metavar, out);
    }
    buf_add_char(out, '\'');
  }
  if (row->arguments != NULL) {
    buf_add_text(out, " \\\n      '1:argument:");
    zsh_value(row->arguments, out);
    buf_add_char(out, '\'');
  }
  buf_add_text(out, " ;;\n");
}

static void zsh_subwords(struct buf *out) {
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    if (row->subword == NULL) {
      continue;
    }
    if (is_first_of_word(i)) {
      buf_format(out, "  if [[ $words[2] == %s ]]; then\n    if ((CURRENT == 3)); then\n    told=(\n",
                 row->word);
    }
    zsh_described(row->subword, row->summary, out);
    if (is_last_of_word(i)) {
      buf_add_text(out,
                   "    )\n    _describe command told\n    return\n    fi\n"
                   "    name=\"$words[2] $words[3]\"; shift words; ((CURRENT--))\n  fi\n");
    }
  }
}

static void zsh_print(struct buf *out) {
  buf_add_text(out,
               "#compdef sigap\n"
               "# zsh completion for sigap. Now: source <(sigap completion zsh)\n"
               "# For everybody: sigap completion zsh >/usr/share/zsh/vendor-completions/_sigap\n"
               "_sigap() {\n"
               "  local -a told\n"
               "  local name=\"$words[2] \"\n"
               "  if ((CURRENT == 2)); then\n"
               "    told=(\n");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    if (row->subword == NULL) {
      zsh_described(row->word, row->summary, out);
    } else if (is_first_of_word(i)) {
      buf_format(out, "      '%s'\n", row->word);
    }
  }
  buf_add_text(out, "    )\n    _describe command told\n    return\n  fi\n");
  zsh_subwords(out);
  buf_add_text(out, "  shift words; ((CURRENT--))\n  case $name in\n");
  for (size_t i = 0; i < option_command_count; i++) {
    zsh_command(&option_commands[i], out);
  }
  buf_add_text(out,
               "  esac\n}\n"
               "if [[ $funcstack[1] == _sigap ]]; then\n  _sigap \"$@\"\nelse\n  compdef _sigap sigap\nfi\n");
}

static const struct shell shells[4] = {
    {"bash", bash_print}, {"fish", fish_print}, {"zsh", zsh_print}, {NULL, NULL}};

int command_completion(const struct options *options) {
  const char *wanted = options->argument_count > 0 ? options->arguments[0] : "";
  for (const struct shell *shell = shells; shell->name != NULL; shell++) {
    if (strcmp(shell->name, wanted) == 0) {
      CLEANUP_BUF struct buf out;
      buf_init(&out, SCRIPT_MAX);
      shell->print(&out);
      fwrite(out.at, 1, out.len, stdout);
      return 0;
    }
  }
  if (wanted[0] == '\0') {
    for (const struct shell *shell = shells; shell->name != NULL; shell++) {
      printf("%s\n", shell->name);
    }
    return 0;
  }
  fprintf(stderr, "sigap: there is no completion for \"%s\"; `sigap completion` lists the shells.\n", wanted);
  return 2;
}
