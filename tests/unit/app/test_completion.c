#include "said.h"

#include "app/command.h"
#include "app/dialects.h"
#include "app/options_table.h"

/* The scripts by which shells complete the command line: every command, option and value of the tables is in
 * each. That the shells really complete by them is tested in tests/cli. */

static struct arena *arena;

static int set_up(void **state) {
  (void)state;
  arena = arena_new((size_t)1024 * 1024);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(arena);
  return 0;
}

static void script_of(const char *shell) {
  const struct options options = OPTIONS(arena, "completion", shell);
  say(command_completion, &options);
  ASSERT_CODE(0);
  assert_string_equal(said.err, "");
}

#define TEXT(...) str_c(arena, str_format(arena, __VA_ARGS__))

/* The line that holds this text; fails without one. Until the next call of TEXT's arena ends. */
static const char *line_with(const char *text) {
  const char *at = strstr(said.out, text);
  if (at == NULL) {
    fail_msg("\"%s\" is not in: %s", text, said.out);
    return "";
  }
  while (at > said.out && at[-1] != '\n') {
    at--;
  }
  return str_c(arena, (struct str){at, strcspn(at, "\n")});
}

/* The word stands there by itself. */
static bool has_word(const char *line, const char *word) {
  size_t len = strlen(word);
  for (const char *at = line; (at = strstr(at, word)) != NULL; at++) {
    if ((at == line || strchr(" '\n", at[-1]) != NULL) && strchr(" '\n[", at[len]) != NULL) {
      return true;
    }
  }
  return false;
}

static bool takes(const struct command_row *row, const struct option *option) {
  return (option->commands & (1u << row->command)) != 0;
}

/* ---- each shell ---- */

static void bash_has_each_command_with_its_own_options(void **state) {
  (void)state;
  script_of("bash");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    const char *sub = row->subword != NULL ? row->subword : "";
    assert_true(has_word(line_with("--help --version"), row->word));
    const char *line =
        line_with(TEXT("    '%s%s%s') words='--help", row->word, *sub != '\0' ? " " : "", sub));
    for (size_t k = 0; k < option_count; k++) {
      if (has_word(line, TEXT("--%s", option_rows[k].flag)) != takes(row, &option_rows[k])) {
        fail_msg("--%s: %s", option_rows[k].flag, line);
      }
    }
    if (*sub != '\0') {
      assert_true(has_word(line_with(TEXT("    %s) name+=", row->word)), sub));
    }
  }
}

static void fish_has_each_command_with_its_own_options(void **state) {
  (void)state;
  script_of("fish");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    const char *sub = row->subword != NULL ? TEXT("; and __fish_seen_subcommand_from %s", row->subword) : "";
    line_with(TEXT("complete -c sigap -n __fish_use_subcommand -a %s", row->word));
    for (size_t k = 0; k < option_count; k++) {
      const char *line = TEXT("complete -c sigap -n '__fish_seen_subcommand_from %s%s' -l %s ", row->word,
                              sub, option_rows[k].flag);
      if ((strstr(said.out, line) != NULL) != takes(row, &option_rows[k])) {
        fail_msg("%s", line);
      }
    }
  }
}

static void zsh_has_each_command_with_its_own_options(void **state) {
  (void)state;
  script_of("zsh");
  for (size_t i = 0; i < option_command_count; i++) {
    const struct command_row *row = &option_commands[i];
    const char *begins = TEXT("    '%s %s') _arguments -S '--help[Explain]'", row->word,
                              row->subword != NULL ? row->subword : "");
    const char *at = strstr(said.out, begins);
    const char *end = at != NULL ? strstr(at, " ;;\n") : NULL;
    if (end == NULL) {
      fail_msg("%s", begins);
      return;
    }
    const char *case_ = str_c(arena, (struct str){at, (size_t)(end - at)});
    for (size_t k = 0; k < option_count; k++) {
      if (has_word(case_, TEXT("--%s", option_rows[k].flag)) != takes(row, &option_rows[k])) {
        fail_msg("--%s: %s", option_rows[k].flag, case_);
      }
    }
  }
}

/* ---- values ---- */

static void a_choice_is_completed_by_its_words_and_a_file_by_the_disk(void **state) {
  (void)state;
  script_of("bash");
  assert_non_null(strstr(line_with("    --log-format) "), "compgen -W 'text json' "));
  assert_non_null(strstr(line_with("    --data) "), "compgen -d "));
  assert_non_null(strstr(line_with("    --config) "), "compgen -f "));
  assert_non_null(strstr(line_with("    'backup') "), "; files=yes; arguments=''"));
  script_of("fish");
  assert_non_null(strstr(line_with("serve' -l log-format "), " -x -a 'text json' "));
  assert_non_null(strstr(line_with("serve' -l data "), " -r -F "));
  script_of("zsh");
  assert_non_null(strstr(line_with("'--log-format["), ":value:(text json)'"));
  assert_non_null(strstr(line_with("'--data["), ":value:_directories'"));
  assert_non_null(strstr(line_with("'--config["), ":value:_files'"));
}

static void dialects_and_shells_are_words_of_their_commands(void **state) {
  (void)state;
  static const char *const shells[] = {"bash", "fish", "zsh"};
  for (size_t i = 0; i < 3; i++) {
    script_of(shells[i]);
    line_with("bash fish zsh");
    const char *line = line_with(documented_dialects[0]->name);
    for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
      assert_non_null(strstr(line, (*dialect)->name));
    }
  }
}

/* What an explanation says must not end the quotes that it stands in. */
static void explanations_stay_inside_their_quotes(void **state) {
  (void)state;
  static const char *const shells[] = {"bash", "fish", "zsh"};
  for (size_t i = 0; i < 3; i++) {
    script_of(shells[i]);
    assert_null(strstr(said.out, "(null)"));
    unsigned quotes = 0;
    for (const char *c = said.out; *c != '\0'; c++) {
      quotes += *c == '\'';
      if (*c == '\n') {
        assert_int_equal(quotes % 2, 0);
      }
    }
  }
}

/* ---- the command ---- */

static void without_a_shell_they_are_listed(void **state) {
  (void)state;
  const struct options options = OPTIONS(arena, "completion");
  say(command_completion, &options);
  ASSERT_CODE(0);
  assert_string_equal(said.out, "bash\nfish\nzsh\n");
}

static void an_unknown_shell_is_wrong_usage(void **state) {
  (void)state;
  const struct options options = OPTIONS(arena, "completion", "tcsh");
  say(command_completion, &options);
  ASSERT_CODE(2);
  assert_string_equal(said.out, "");
  assert_string_equal(said.err,
                      "sigap: there is no completion for \"tcsh\"; `sigap completion` lists the shells.\n");
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(bash_has_each_command_with_its_own_options),
      TEST(fish_has_each_command_with_its_own_options),
      TEST(zsh_has_each_command_with_its_own_options),
      TEST(a_choice_is_completed_by_its_words_and_a_file_by_the_disk),
      TEST(dialects_and_shells_are_words_of_their_commands),
      TEST(explanations_stay_inside_their_quotes),
      TEST(without_a_shell_they_are_listed),
      TEST(an_unknown_shell_is_wrong_usage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
