#include "child.h"
#include "folder.h"

/* The program itself, by its words: where each command goes, what is printed where, and the exit code. Its
 * path is the test's argument. */

static const char *program;
static char folder[128], data[160];
static struct child child;

static int set_up(void **state) {
  (void)state;
  folder_make(folder);
  snprintf(data, sizeof data, "%s/data", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  child_drop(&child);
  folder_remove(folder);
  return 0;
}

struct line {
  const char *const *words; /* after the program's name; ends with NULL */
  const char *setting;      /* one of the environment, "SIGAP_X=value"; NULL none */
};

/* In the new process. */
static int become_the_program(void *arg) {
  const struct line *line = arg;
  char *argv[16] = {strdup("sigap")};
  for (int i = 0; line->words[i] != NULL; i++) {
    argv[i + 1] = strdup(line->words[i]);
  }
  char *settings[64];
  int count = 0;
  for (char **entry = environ; *entry != NULL && count < 62; entry++) {
    /* Those of whoever runs the tests must not become those of the tested. */
    if (strncmp(*entry, "SIGAP_", 6) != 0) {
      settings[count++] = *entry;
    }
  }
  if (line->setting != NULL) {
    settings[count++] = strdup(line->setting);
  }
  settings[count] = NULL;
  execve(program, argv, settings);
  return 98;
}

static void begin(const struct line *line) {
  child_start(&child, become_the_program, (void *)(uintptr_t)line);
}
#define BEGIN(setting, ...) begin(&(const struct line){(const char *const[]){__VA_ARGS__, NULL}, setting})

/* Runs it to its end; its exit code. */
static int run_line(const struct line *line) {
  begin(line);
  return child_wait(&child);
}
#define RUN(...) RUN_WITH(NULL, __VA_ARGS__)
#define RUN_WITH(setting, ...) \
  run_line(&(const struct line){(const char *const[]){__VA_ARGS__, NULL}, setting})
#define ASSERT_OUT(part) ASSERT_CHILD_SAID(&child, 0, part)
#define ASSERT_ERR(part) ASSERT_CHILD_SAID(&child, 1, part)
#define ASSERT_NOTHING(stream) assert_string_equal(child.text[stream], "")

/* ---- help ---- */

static void help_is_printed_where_it_is_asked_for(void **state) {
  (void)state;
  static char overview[CHILD_TEXT_MAX];
  assert_int_equal(run_line(&(const struct line){(const char *const[]){NULL}, NULL}), 0);
  ASSERT_NOTHING(1);
  ASSERT_OUT("serve");
  ASSERT_OUT("doctor");
  snprintf(overview, sizeof overview, "%s", child.text[0]);
  assert_int_equal(RUN("help"), 0);
  assert_string_equal(child.text[0], overview);
  assert_int_equal(RUN("--help"), 0);
  assert_string_equal(child.text[0], overview);
}

static void a_commands_help_is_its_own_and_does_nothing_else(void **state) {
  (void)state;
  assert_int_equal(RUN("serve", "--help", "--data", data), 0);
  ASSERT_OUT("--listen");
  ASSERT_NOTHING(1);
  assert_int_equal(RUN("user", "add", "--help"), 0); /* nor are its flags missed */
  ASSERT_OUT("--email");
  assert_int_equal(RUN("migrate", "--help", "--data", data), 0);
  assert_int_equal(access(data, F_OK), -1);
}

static void the_version_is_told(void **state) {
  (void)state;
  assert_int_equal(RUN("version"), 0);
  assert_string_equal(child.text[0], "sigap " SIGAP_VERSION "\n");
  assert_int_equal(RUN("--version"), 0);
  assert_string_equal(child.text[0], "sigap " SIGAP_VERSION "\n");
}

/* ---- wrong usage ---- */

static void wrong_words_are_told_with_the_nearest_right_ones(void **state) {
  (void)state;
  static const struct {
    const char *words[4], *said;
  } cases[] = {{{"serv"}, "\"serve\""},
               {{"user", "ad"}, "\"add\""},
               {{"serve", "--listn", "127.0.0.1:0"}, "--listen"},
               {{"user", "add"}, "--email"},
               {{"serve", "--listen", "nowhere"}, "--listen"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *const words[] = {cases[i].words[0], cases[i].words[1], cases[i].words[2], cases[i].words[3],
                                 NULL};
    assert_int_equal(run_line(&(const struct line){words, NULL}), 2);
    ASSERT_NOTHING(0);
    assert_memory_equal(child.text[1], "sigap: ", 7);
    ASSERT_ERR(cases[i].said);
  }
}

static void an_unknown_setting_is_a_warning(void **state) {
  (void)state;
  assert_int_equal(RUN_WITH("SIGAP_LISTEM=127.0.0.1:0", "version"), 0);
  assert_string_equal(child.text[0], "sigap " SIGAP_VERSION "\n");
  assert_memory_equal(child.text[1], "sigap: ", 7);
  ASSERT_ERR("SIGAP_LISTEM");
}

/* ---- each command goes where it belongs ---- */

static void every_command_reaches_its_function(void **state) {
  (void)state;
  assert_int_equal(RUN("migrate", "--data", data), 0);
  ASSERT_OUT("The database is up to date: ");
  assert_int_equal(RUN("user", "list", "--data", data), 0);
  assert_string_equal(child.text[0], "id\trole\tactive\temail\tname\n");
  assert_int_equal(RUN("tenant", "list", "--data", data), 0);
  ASSERT_OUT("id\tactive\tkind\ttimezone\tdomain\tname\n1\t");
  assert_int_equal(RUN("user", "disable", "--email", "ani@example.com", "--data", data), 1);
  ASSERT_NOTHING(0);
  assert_int_equal(RUN("doctor", "--data", data), 0);
  ASSERT_OUT("administrators: nobody yet");
  assert_int_equal(RUN("doctor", "--data", folder), 1);
  ASSERT_OUT("BROKEN   database: ");
  assert_int_equal(RUN("openapi"), 0);
  ASSERT_OUT("\t");
  assert_int_equal(RUN("openapi", "nowhere"), 2);
  ASSERT_ERR("there is no dialect \"nowhere\"");
  assert_int_equal(RUN("postman"), 0);
  ASSERT_OUT("ruang\t");
  assert_int_equal(RUN("postman", "nowhere"), 2);
  ASSERT_ERR("there is no dialect \"nowhere\"; `sigap postman`");
  assert_int_equal(RUN("completion"), 0);
  assert_string_equal(child.text[0], "bash\nfish\nzsh\n");
  assert_int_equal(RUN("completion", "bash"), 0);
  ASSERT_OUT("complete -F _sigap sigap\n");
  assert_int_equal(RUN("backup"), 2);
  ASSERT_ERR("`sigap backup` needs");
  assert_int_equal(RUN("restore"), 2);
  ASSERT_ERR("`sigap restore` needs");
}

static void serving_ends_well_and_logs_as_it_is_told(void **state) {
  (void)state;
  BEGIN(NULL, "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level",
        "info");
  const uint16_t port = child_port(&child);
  char answer[4096];
  int fd = port_connect(port);
  port_send(fd, "GET", "/readyz", "");
  assert_int_equal(port_receive(fd, answer, sizeof answer), 200);
  close(fd);
  assert_int_equal(kill(child.pid, SIGTERM), 0);
  assert_int_equal(child_wait(&child), 0);
  ASSERT_ERR("\"event\":\"Stopped.\"");
}

static void a_quiet_log_is_quiet(void **state) {
  (void)state;
  BEGIN("SIGAP_LOG_LEVEL=error", "serve", "--data", data, "--listen", "127.0.0.1:0");
  child_port(&child);
  assert_int_equal(kill(child.pid, SIGINT), 0);
  assert_int_equal(child_wait(&child), 0);
  ASSERT_NOTHING(1);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    print_error("usage: %s PROGRAM\n", argv[0]);
    return 2;
  }
  program = argv[1];
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(help_is_printed_where_it_is_asked_for),
      TEST(a_commands_help_is_its_own_and_does_nothing_else),
      TEST(the_version_is_told),
      TEST(wrong_words_are_told_with_the_nearest_right_ones),
      TEST(an_unknown_setting_is_a_warning),
      TEST(every_command_reaches_its_function),
      TEST(serving_ends_well_and_logs_as_it_is_told),
      TEST(a_quiet_log_is_quiet),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
