#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/options.h"

/* The settings: precedence, types, clear sentences. */

static struct arena *arena;
static struct options options;
static char why[512];

static int set_up(void **state) {
  (void)state;
  arena = arena_new(8 * 1024 * 1024);
  memset(&options, 0, sizeof(options));
  why[0] = '\0';
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  static const char *const used[] = {
      "SIGAP_LISTEN",     "SIGAP_DATA",   "SIGAP_JWT_SECRET", "SIGAP_JWT_SECRET_FILE",
      "SIGAP_CONFIG",     "SIGAP_LISTEM", "SIGAP_THREADS",    "SIGAP_SMTP_FILE",
      "SIGAP_PUBLIC_URL", "SIGAP_SMTP",   "SIGAP_LISTEN_FILE"};
  for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
    unsetenv(used[i]);
  }
  arena_free(arena);
  return 0;
}

enum { ARGUMENTS_MAX = 24 };

static enum status read_list(const char *const *words) {
  char *argv[ARGUMENTS_MAX] = {NULL};
  int argc = 0;
  argv[argc++] = strdup("sigap");
  while (words[argc - 1] != NULL) {
    argv[argc] = (char *)str_c(arena, str_of(words[argc - 1]));
    argc++;
  }
  enum status status = options_read(argc, argv, arena, &options, why);
  free(argv[0]);
  return status;
}
#define READ(...) read_list((const char *const[]){__VA_ARGS__, NULL})
#define ASSERT_SAYS(part)                                     \
  do {                                                        \
    if (strstr(why, (part)) == NULL) {                        \
      fail_msg("the sentence lacks \"%s\": %s", (part), why); \
    }                                                         \
  } while (0)

static const char *file_with(const char *text) {
  char path[] = "/tmp/sigap-options-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  return str_c(arena, str_of(path));
}

static void defaults_of_serve(void **state) {
  (void)state;
  assert_int_equal(READ("serve"), STATUS_OK);
  assert_int_equal(options.command, COMMAND_SERVE);
  assert_string_equal(options.command_word, "serve");
  assert_string_equal(options.subcommand_word, "");
  assert_string_equal(options.data, "./var");
  assert_string_equal(options.database, "sqlite:./var/sigap.db");
  assert_false(options.database_is_pgsql);
  assert_string_equal(options.listen_address, "127.0.0.1");
  assert_int_equal(options.listen_port, 8080);
  assert_null(options.public_url);
  assert_null(options.jwt_secret.at);
  assert_null(options.smtp);
  assert_string_equal(options.mail_from, "Sigap <sigap@localhost>");
  assert_null(options.cors_origins);
  assert_int_equal(options.rate_limit, 600);
  assert_true(options.login_throttle);
  assert_false(options.webhook_private);
  assert_int_equal(options.threads, 0);
  assert_null(options.timezone);
  assert_int_equal(options.ping_interval_ms, 25000);
  assert_int_equal(options.ping_timeout_ms, 20000);
  assert_true(str_is(options.ruang_default_password, "@Test123!"));
  assert_null(options.hcall_purge_status);
  assert_int_equal(options.hcall_purge_days, 0);
  assert_int_equal(options.log_level, LOG_INFO);
  assert_int_equal(options.log_format, LOG_TEXT);
  assert_int_equal(options.tenant, 1);
}

static void both_ways_to_write_a_value(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--listen", "[::1]:0", "--threads=3", "--log-format=json", "--log-level",
                        "warn", "--rate-limit", "off", "--login-throttle", "off",
                        "--database=postgresql://u:p@h/d", "--public-url", "https://desk.example/"),
                   STATUS_OK);
  assert_string_equal(options.listen_address, "::1");
  assert_int_equal(options.listen_port, 0);
  assert_int_equal(options.threads, 3);
  assert_int_equal(options.log_format, LOG_JSON);
  assert_int_equal(options.log_level, LOG_WARN);
  assert_int_equal(options.rate_limit, 0);
  assert_false(options.login_throttle);
  assert_true(options.database_is_pgsql);
  assert_string_equal(options.public_url, "https://desk.example");
}

static void a_later_flag_wins_over_an_earlier_one(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--threads", "1", "--threads", "2"), STATUS_OK);
  assert_int_equal(options.threads, 2);
}

static void flags_win_over_environment_over_file(void **state) {
  (void)state;
  const char *path = file_with("# a comment\n\nlisten = 127.0.0.1:1001\r\n  threads=5\ndata = /file\n");
  assert_int_equal(READ("serve", "--config", path), STATUS_OK);
  assert_int_equal(options.listen_port, 1001);
  assert_int_equal(options.threads, 5);
  assert_string_equal(options.data, "/file");
  assert_string_equal(options.database, "sqlite:/file/sigap.db");
  setenv("SIGAP_LISTEN", "127.0.0.1:1002", 1);
  assert_int_equal(READ("serve", "--config", path), STATUS_OK);
  assert_int_equal(options.listen_port, 1002);
  assert_int_equal(READ("serve", "--config", path, "--listen", "127.0.0.1:1003"), STATUS_OK);
  assert_int_equal(options.listen_port, 1003);
  assert_int_equal(options.threads, 5);
  setenv("SIGAP_CONFIG", path, 1);
  assert_int_equal(READ("serve"), STATUS_OK);
  assert_int_equal(options.threads, 5);
  unlink(path);
}

static void an_empty_value_means_the_default(void **state) {
  (void)state;
  setenv("SIGAP_PUBLIC_URL", "", 1);
  assert_int_equal(READ("serve", "--threads="), STATUS_OK);
  assert_null(options.public_url);
  assert_int_equal(options.threads, 0);
}

static void lines_for_other_commands_are_passed_over(void **state) {
  (void)state;
  const char *path = file_with("listen = nonsense\nemail = a@b.example\n");
  assert_int_equal(READ("migrate", "--config", path), STATUS_OK);
  assert_int_equal(READ("serve", "--config", path), STATUS_INVALID);
  ASSERT_SAYS("listen in line 1");
  unlink(path);
}

static void secrets_come_from_files_without_their_newline(void **state) {
  (void)state;
  const char *path = file_with("0123456789abcdef0123456789abcdef\n");
  setenv("SIGAP_JWT_SECRET_FILE", path, 1);
  assert_int_equal(READ("serve"), STATUS_OK);
  assert_int_equal(options.jwt_secret.len, 32);
  assert_memory_equal(options.jwt_secret.at, "0123456789abcdef0123456789abcdef", 32);
  setenv("SIGAP_JWT_SECRET", "0123456789abcdef0123456789abcdef", 1);
  assert_int_equal(READ("serve"), STATUS_INVALID);
  ASSERT_SAYS("SIGAP_JWT_SECRET and SIGAP_JWT_SECRET_FILE");
  unsetenv("SIGAP_JWT_SECRET");
  unlink(path);
  assert_int_equal(READ("serve"), STATUS_INVALID);
  ASSERT_SAYS("can't be read");
}

static void an_empty_first_password_is_none_while_other_empty_values_are_the_default(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--ruang-default-password", "", "--rate-limit", ""), STATUS_OK);
  assert_int_equal(options.ruang_default_password.len, 0);
  assert_int_equal(options.rate_limit, 600);
  setenv("SIGAP_RUANG_DEFAULT_PASSWORD", "", 1);
  assert_int_equal(READ("serve"), STATUS_OK);
  assert_int_equal(options.ruang_default_password.len, 0);
  unsetenv("SIGAP_RUANG_DEFAULT_PASSWORD");
  const char *file = file_with("ruang-default-password =\n");
  assert_int_equal(READ("serve", "--config", file), STATUS_OK);
  assert_int_equal(options.ruang_default_password.len, 0);
  assert_int_equal(READ("serve", "--config", file, "--ruang-default-password=Selamat!"), STATUS_OK);
  assert_true(str_is(options.ruang_default_password, "Selamat!"));
  unlink(file);
}

static void a_secret_is_never_told_back(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--jwt-secret", "hunter2"), STATUS_INVALID);
  ASSERT_SAYS("at least 32 bytes");
  assert_null(strstr(why, "hunter2"));
  assert_int_equal(READ("serve", "--smtp", "http://u:hunter2@h"), STATUS_INVALID);
  ASSERT_SAYS("--smtp must be");
  assert_null(strstr(why, "hunter2"));
  assert_int_equal(READ("serve", "--database", "mysql://u:hunter2@h"), STATUS_INVALID);
  assert_null(strstr(why, "hunter2"));
}

static void unknown_names_are_refused_with_the_nearest(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--listn", "127.0.0.1:1"), STATUS_INVALID);
  ASSERT_SAYS("--listn");
  ASSERT_SAYS("did you mean --listen?");
  assert_int_equal(READ("serve", "--zzzzzzzz"), STATUS_INVALID);
  assert_null(strstr(why, "did you mean"));
  const char *path = file_with("data = /x\npublic_url = https://x.example\n");
  assert_int_equal(READ("serve", "--config", path), STATUS_INVALID);
  ASSERT_SAYS("Line 2");
  ASSERT_SAYS("did you mean \"public-url\"?");
  unlink(path);
  assert_int_equal(READ("srve"), STATUS_INVALID);
  ASSERT_SAYS("did you mean \"serve\"?");
  assert_int_equal(READ("user", "ad"), STATUS_INVALID);
  ASSERT_SAYS("did you mean \"add\"?");
}

static void faulty_configuration_files_are_refused(void **state) {
  (void)state;
  const char *path = file_with("listen 127.0.0.1:1\n");
  assert_int_equal(READ("serve", "--config", path), STATUS_INVALID);
  ASSERT_SAYS("name = value");
  unlink(path);
  path = file_with("threads = 1\nthreads = 2\n");
  assert_int_equal(READ("serve", "--config", path), STATUS_INVALID);
  ASSERT_SAYS("a second time");
  unlink(path);
  assert_int_equal(READ("serve", "--config", path), STATUS_INVALID);
  ASSERT_SAYS("can't be read");
}

static void an_unknown_variable_is_a_warning(void **state) {
  (void)state;
  setenv("SIGAP_LISTEM", "127.0.0.1:1", 1);
  setenv("SIGAP_LISTEN_FILE", "/nowhere", 1);
  assert_int_equal(READ("serve"), STATUS_OK);
  assert_int_equal(options.warning_count, 2);
  bool found = false;
  for (size_t i = 0; i < options.warning_count; i++) {
    found = found || (strstr(options.warnings[i], "SIGAP_LISTEM") != NULL &&
                      strstr(options.warnings[i], "did you mean SIGAP_LISTEN?") != NULL);
  }
  assert_true(found);
}

static void wrong_types_are_said_clearly(void **state) {
  (void)state;
  static const char *const wrong[][2] = {
      {"--threads", "many"},         {"--threads", "-1"},
      {"--threads", "1000"},         {"--rate-limit", "0"},
      {"--rate-limit", "none"},      {"--login-throttle", "may"},
      {"--log-level", "loud"},       {"--log-level", "deb"},
      {"--log-format", "xml"},       {"--listen", "8080"},
      {"--listen", ":8080"},         {"--listen", "127.0.0.1:"},
      {"--listen", "1.2.3.4:99999"}, {"--listen", "::1:8080"},
      {"--listen", "nohost:1"},      {"--public-url", "desk.example"},
      {"--public-url", "https://"},  {"--public-url", "https://a b"},
      {"--timezone", "Mars/Base"},   {"--hcall-purge-days", "-3"},
      {"--ping-interval-ms", "0"},   {"--database", "sqlite:"},
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_int_equal(READ("serve", wrong[i][0], wrong[i][1]), STATUS_INVALID);
    char start[64];
    snprintf(start, sizeof(start), "%s must be ", wrong[i][0]);
    ASSERT_SAYS(start);
  }
}

static void the_address_may_be_localhost(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--listen", "localhost:9000"), STATUS_OK);
  assert_string_equal(options.listen_address, "127.0.0.1");
  assert_int_equal(options.listen_port, 9000);
}

static void a_flag_needs_its_value_and_its_command(void **state) {
  (void)state;
  assert_int_equal(READ("serve", "--listen"), STATUS_INVALID);
  ASSERT_SAYS("--listen needs a value");
  assert_int_equal(READ("serve", "--listen", "--data"), STATUS_INVALID);
  ASSERT_SAYS("--listen needs a value");
  assert_int_equal(READ("migrate", "--listen", "127.0.0.1:1"), STATUS_INVALID);
  ASSERT_SAYS("`sigap migrate` does not take --listen");
  assert_int_equal(READ("--data", "/x"), STATUS_INVALID);
  ASSERT_SAYS("Which command");
  assert_int_equal(READ("serve", "extra"), STATUS_INVALID);
  ASSERT_SAYS("does not take \"extra\"");
}

static void user_add_takes_its_flags_and_needs_them(void **state) {
  (void)state;
  assert_int_equal(READ("user", "add", "--email", "a@b.example", "--name=Ani", "--role", "super_admin",
                        "--tenant", "7", "--phone", "-62", "--password-stdin", "--data", "/d"),
                   STATUS_OK);
  assert_int_equal(options.command, COMMAND_USER_ADD);
  assert_string_equal(options.subcommand_word, "add");
  assert_string_equal(options.email, "a@b.example");
  assert_string_equal(options.name, "Ani");
  assert_string_equal(options.role, "super_admin");
  assert_string_equal(options.phone, "-62");
  assert_int_equal(options.tenant, 7);
  assert_true(options.password_stdin);
  assert_int_equal(READ("user", "add", "--name", "Ani", "--role", "customer", "--password-stdin"),
                   STATUS_INVALID);
  ASSERT_SAYS("needs --email ADDRESS");
  assert_int_equal(READ("user", "passwd", "--email", "a@b.example"), STATUS_INVALID);
  ASSERT_SAYS("needs --password-stdin");
  assert_int_equal(READ("user", "passwd", "--email", "a@b.example", "--password-stdin=off"), STATUS_INVALID);
  ASSERT_SAYS("--password-stdin");
  assert_int_equal(READ("user"), STATUS_INVALID);
  ASSERT_SAYS("`sigap user --help`");
}

static void tenant_commands(void **state) {
  (void)state;
  assert_int_equal(READ("tenant", "add", "--name", "N", "--domain", "n.example"), STATUS_OK);
  assert_int_equal(options.command, COMMAND_TENANT_ADD);
  assert_string_equal(options.timezone, "UTC");
  assert_null(options.kind);
  assert_int_equal(READ("tenant", "disable", "--id", "0"), STATUS_INVALID);
  assert_int_equal(READ("tenant", "disable", "--id", "9"), STATUS_OK);
  assert_int_equal(options.id, 9);
}

static void positional_words_of_openapi(void **state) {
  (void)state;
  assert_int_equal(READ("openapi", "hcall"), STATUS_OK);
  assert_int_equal(options.argument_count, 1);
  assert_string_equal(options.arguments[0], "hcall");
  assert_int_equal(READ("openapi"), STATUS_OK);
  assert_int_equal(options.argument_count, 0);
  assert_int_equal(READ("openapi", "a", "b"), STATUS_INVALID);
  assert_int_equal(READ("postman", "hcall", "--public-url", "https://desk.example"), STATUS_OK);
  assert_int_equal(options.command, COMMAND_POSTMAN);
  assert_string_equal(options.arguments[0], "hcall");
}

static void help_of(const char *const *words, struct buf *out) {
  assert_int_equal(read_list(words), STATUS_OK);
  assert_true(options.help || options.command == COMMAND_NONE);
  options_help(&options, out);
  buf_add_char(out, '\0');
  assert_false(out->full);
}

static void help_tells_every_option_and_an_example(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  help_of((const char *const[]){"serve", "--help", "--nonsense", NULL}, &out);
  static const char *const flags[] = {"--data DIR",
                                      "--listen ADDR:PORT",
                                      "--database URL",
                                      "--public-url",
                                      "--jwt-secret",
                                      "--smtp",
                                      "--mail-from",
                                      "--cors-origins",
                                      "--rate-limit",
                                      "--login-throttle",
                                      "--threads",
                                      "--timezone",
                                      "--trusted-proxies",
                                      "--ping-interval-ms",
                                      "--ping-timeout-ms",
                                      "--ruang-default-password",
                                      "--hcall-purge-status",
                                      "--hcall-purge-days",
                                      "--log-level",
                                      "--log-format",
                                      "--config",
                                      "Example:\n  sigap serve --data "};
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
    if (strstr(out.at, flags[i]) == NULL) {
      fail_msg("the help lacks %s", flags[i]);
    }
  }
  assert_null(strstr(out.at, "--email"));
  buf_clear(&out);
  help_of((const char *const[]){"user", "add", "-h", NULL}, &out);
  assert_non_null(strstr(
      out.at, "sigap user add --email ani@example.com --name Ani --role super_admin --password-stdin"));
  buf_clear(&out);
  help_of((const char *const[]){"user", "--help", NULL}, &out);
  assert_non_null(strstr(out.at, "sigap user passwd"));
  assert_null(strstr(out.at, "sigap serve"));
  buf_clear(&out);
  help_of((const char *const[]){"help", "tenant", "add", NULL}, &out);
  assert_non_null(strstr(out.at, "--domain NAME"));
  buf_clear(&out);
  help_of((const char *const[]){NULL}, &out);
  assert_non_null(strstr(out.at, "sigap migrate"));
}

static void version_is_a_command_and_a_flag(void **state) {
  (void)state;
  assert_int_equal(READ("--version"), STATUS_OK);
  assert_int_equal(options.command, COMMAND_VERSION);
  assert_int_equal(READ("version"), STATUS_OK);
  assert_int_equal(options.command, COMMAND_VERSION);
}

static void outputs_are_untouched_on_failure(void **state) {
  (void)state;
  options.data = "before";
  assert_int_equal(READ("serve", "--threads", "x"), STATUS_INVALID);
  assert_string_equal(options.data, "before");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(defaults_of_serve),
      TEST(both_ways_to_write_a_value),
      TEST(a_later_flag_wins_over_an_earlier_one),
      TEST(flags_win_over_environment_over_file),
      TEST(an_empty_value_means_the_default),
      TEST(lines_for_other_commands_are_passed_over),
      TEST(secrets_come_from_files_without_their_newline),
      TEST(an_empty_first_password_is_none_while_other_empty_values_are_the_default),
      TEST(a_secret_is_never_told_back),
      TEST(unknown_names_are_refused_with_the_nearest),
      TEST(faulty_configuration_files_are_refused),
      TEST(an_unknown_variable_is_a_warning),
      TEST(wrong_types_are_said_clearly),
      TEST(the_address_may_be_localhost),
      TEST(a_flag_needs_its_value_and_its_command),
      TEST(user_add_takes_its_flags_and_needs_them),
      TEST(tenant_commands),
      TEST(positional_words_of_openapi),
      TEST(help_tells_every_option_and_an_example),
      TEST(version_is_a_command_and_a_flag),
      TEST(outputs_are_untouched_on_failure),
  };
  return cmocka_run_group_tests_name("app/options", tests, NULL, NULL);
}
