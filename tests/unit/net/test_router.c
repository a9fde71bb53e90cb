#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/router.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct router_row rows[] = {
    {HTTP_GET, "/", false, 0, "root"},
    {HTTP_POST, "/api/ticket/:id", true, 0, "tiket remove"},
    {HTTP_POST, "/api/ticket/:id/restore", true, 0, "tiket restore"},
    {HTTP_POST, "/api/ticket", true, 0, "tiket create"},
    {HTTP_GET, "/api/ticket/", true, 0, "tiket list"},
    {HTTP_POST, "/api/ticket/create", false, 0, "hcall create"},
    {HTTP_GET, "/api/ticket/info", false, 0, "hcall info"},
    {HTTP_PUT, "/api/responTeknis/:id", true, 0, "tiket respond"},
    {HTTP_GET, "/api/tickets", false, 1, "isp list"},
    {HTTP_GET, "/api/tickets", false, 2, "tenant list"},
    {HTTP_POST, "/api/tickets", false, 2, "tenant create"},
    {HTTP_GET, "/x/:a/c", false, 0, "x parameter"},
    {HTTP_GET, "/x/b/:c", false, 0, "x literal"},
    {HTTP_POST, "/x/:a/c", false, 0, "x post"},
    {HTTP_GET, "/fold/Me", true, 0, "folds"},
    {HTTP_GET, "/fold/me", false, 0, "insists"},
    {HTTP_HEAD, "/both", false, 0, "own head"},
    {HTTP_GET, "/both", false, 0, "get"},
    {HTTP_GET, "/p/:a/:b/:c/:d", false, 0, "four"},
};

static struct router *router;
static struct arena *arena;

static int setup(void **state) {
  (void)state;
  router = router_new(rows, COUNT(rows));
  arena = arena_new(64 * 1024);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  router_free(router);
  arena_free(arena);
  return 0;
}

static struct router_match match;

static enum router_result find_in(enum http_method method, const char *path, int group) {
  return router_find(router, method, str_of(path), group, arena, &match);
}

static void finds(enum http_method method, const char *path, const char *want, const char *parameter) {
  enum router_result result = find_in(method, path, -1);
  if (result != ROUTER_FOUND || strcmp(match.data, want) != 0) {
    print_error("%s %s\n", http_method_name(method), path);
  }
  assert_int_equal(result, ROUTER_FOUND);
  assert_string_equal(match.data, want);
  assert_int_equal(match.param_count, parameter != NULL);
  if (parameter != NULL) {
    assert_true(str_is(match.params[0], parameter));
  }
}

static void the_exact_verb_goes_before_the_parameter(void **state) {
  (void)state;
  finds(HTTP_POST, "/api/ticket/create", "hcall create", NULL);
  finds(HTTP_POST, "/api/ticket/create/", "hcall create", NULL);
  finds(HTTP_POST, "/api/ticket/0190", "tiket remove", "0190");
  finds(HTTP_POST, "/api/ticket/Create", "tiket remove", "Create");
  finds(HTTP_POST, "/API/ticket/create", "tiket remove", "create");
  finds(HTTP_POST, "/api/ticket/Info", "tiket remove", "Info");
  finds(HTTP_POST, "/api/ticket/create/restore", "tiket restore", "create");
}

static void a_verb_is_nobody_elses_parameter(void **state) {
  (void)state;
  static const char *const spellings[] = {"/api/ticket/info", "/api/ticket/info/", "/api/ticket/inf%6f"};
  for (size_t i = 0; i < COUNT(spellings); i++) {
    assert_int_equal(find_in(HTTP_POST, spellings[i], -1), ROUTER_NO_METHOD);
    assert_int_equal(match.allowed, 1U << HTTP_GET | 1U << HTTP_HEAD);
    assert_null(match.data);
  }
  assert_int_equal(find_in(HTTP_GET, "/api/ticket/0190", -1), ROUTER_NO_METHOD);
  assert_int_equal(match.allowed, 1U << HTTP_POST);
  /* A row with a parameter owns no path: another method is still looked for under the other shape. */
  finds(HTTP_POST, "/x/b/c", "x post", "b");
}

static void folding_rows_match_in_any_case(void **state) {
  (void)state;
  finds(HTTP_POST, "/API/Ticket/xyz", "tiket remove", "xyz");
  finds(HTTP_GET, "/api/TICKET", "tiket list", NULL);
  finds(HTTP_PUT, "/api/responteknis/7/", "tiket respond", "7");
  assert_int_equal(find_in(HTTP_GET, "/API/tickets", -1), ROUTER_NO_PATH);
  finds(HTTP_GET, "/fold/me", "insists", NULL);
  finds(HTTP_GET, "/fold/Me", "folds", NULL);
  finds(HTTP_GET, "/FOLD/me", "folds", NULL);
}

static void a_trailing_slash_is_optional(void **state) {
  (void)state;
  finds(HTTP_GET, "/", "root", NULL);
  finds(HTTP_GET, "/api/ticket", "tiket list", NULL);
  finds(HTTP_GET, "/api/ticket/", "tiket list", NULL);
  finds(HTTP_POST, "/api/ticket/", "tiket create", NULL);
  assert_int_equal(find_in(HTTP_GET, "/api/ticket//", -1), ROUTER_NO_PATH);
}

static void a_wrong_method_is_told_with_what_all_rows_take(void **state) {
  (void)state;
  assert_int_equal(find_in(HTTP_DELETE, "/api/ticket/info", -1), ROUTER_NO_METHOD);
  assert_int_equal(match.allowed, 1U << HTTP_GET | 1U << HTTP_HEAD);
  assert_null(match.data);
  assert_int_equal(find_in(HTTP_GET, "/api/ticket/create", -1), ROUTER_NO_METHOD);
  assert_int_equal(match.allowed, 1U << HTTP_POST);
  assert_int_equal(find_in(HTTP_METHOD_OTHER, "/api/ticket", -1), ROUTER_NO_METHOD);
  assert_int_equal(match.allowed, 1U << HTTP_POST | 1U << HTTP_GET | 1U << HTTP_HEAD);
  finds(HTTP_POST, "/api/ticket/create", "hcall create", NULL);
  assert_int_equal(match.allowed, 1U << HTTP_POST);
}

static void head_finds_get_unless_it_has_its_own_row(void **state) {
  (void)state;
  finds(HTTP_HEAD, "/api/ticket/info", "hcall info", NULL);
  finds(HTTP_HEAD, "/both", "own head", NULL);
  finds(HTTP_GET, "/both", "get", NULL);
}

static void the_first_literal_decides(void **state) {
  (void)state;
  finds(HTTP_GET, "/x/b/c", "x literal", "c");
  finds(HTTP_GET, "/x/a/c", "x parameter", "a");
  assert_int_equal(find_in(HTTP_GET, "/x/a/d", -1), ROUTER_NO_PATH);
}

static void groups_are_kept_apart(void **state) {
  (void)state;
  assert_int_equal(find_in(HTTP_GET, "/api/tickets", 1), ROUTER_FOUND);
  assert_string_equal(match.data, "isp list");
  assert_int_equal(find_in(HTTP_GET, "/api/tickets", 2), ROUTER_FOUND);
  assert_string_equal(match.data, "tenant list");
  assert_int_equal(find_in(HTTP_POST, "/api/tickets", 1), ROUTER_NO_METHOD);
  assert_int_equal(match.allowed, 1U << HTTP_GET | 1U << HTTP_HEAD);
  assert_int_equal(find_in(HTTP_POST, "/api/tickets", 2), ROUTER_FOUND);
  assert_int_equal(find_in(HTTP_GET, "/api/tickets", 3), ROUTER_NO_PATH);
  assert_int_equal(find_in(HTTP_GET, "/api/tickets", -1), ROUTER_FOUND);
  assert_string_equal(match.data, "isp list");
}

static void parameters_are_decoded_in_order(void **state) {
  (void)state;
  assert_int_equal(find_in(HTTP_GET, "/p/a%20b/%C3%A9/c+d/%2F", -1), ROUTER_FOUND);
  assert_int_equal(match.param_count, 4);
  assert_true(str_is(match.params[0], "a b"));
  assert_true(str_is(match.params[1], "\xc3\xa9"));
  assert_true(str_is(match.params[2], "c+d"));
  assert_true(str_is(match.params[3], "/"));
  finds(HTTP_POST, "/api/tick%65t/creat%65", "hcall create", NULL);
}

static void odd_paths_never_match(void **state) {
  (void)state;
  static const char *const odd[] = {
      "",
      "*",
      "api/ticket",
      "//",
      "//api/ticket",
      "/api//ticket",
      "/api/ticket/.",
      "/api/ticket/..",
      "/api/./ticket",
      "/api/ticket/../ticket",
      "/api/ticket/%2e%2e",
      "/api/ticket/%2E",
      "/api/ticket/%zz",
      "/api/ticket/%",
      "/api/ticket/%00",
      "/api/ticket/%ff",
      "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
      "/nothing",
      "/api",
  };
  for (size_t i = 0; i < COUNT(odd); i++) {
    if (find_in(HTTP_POST, odd[i], -1) != ROUTER_NO_PATH) {
      print_error("%s\n", odd[i]);
    }
    assert_int_equal(find_in(HTTP_POST, odd[i], -1), ROUTER_NO_PATH);
    assert_int_equal(match.allowed, 0);
  }
}

static bool aborts(const struct router_row *table, size_t count) {
  pid_t child = fork();
  if (child == 0) {
    (void)close(STDERR_FILENO);
    router_free(router_new(table, count));
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void a_table_with_two_equal_rows_aborts(void **state) {
  (void)state;
  static const struct router_row same[] = {{HTTP_GET, "/a/:b", false, 0, "1"},
                                           {HTTP_GET, "/a/:c/", false, 0, "2"}};
  static const struct router_row folded[] = {{HTTP_GET, "/a", true, 0, "1"}, {HTTP_GET, "/A", true, 0, "2"}};
  static const struct router_row apart[] = {{HTTP_GET, "/a", true, 0, "1"},
                                            {HTTP_GET, "/A", false, 0, "2"},
                                            {HTTP_PUT, "/a", true, 0, "3"},
                                            {HTTP_GET, "/a", true, 1, "4"}};
  static const struct router_row invalid[] = {{HTTP_GET, "a", false, 0, "1"}};
  assert_true(aborts(same, COUNT(same)));
  assert_true(aborts(folded, COUNT(folded)));
  assert_true(aborts(invalid, COUNT(invalid)));
  assert_false(aborts(apart, COUNT(apart)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_exact_verb_goes_before_the_parameter),
      cmocka_unit_test(a_verb_is_nobody_elses_parameter),
      cmocka_unit_test(folding_rows_match_in_any_case),
      cmocka_unit_test(a_trailing_slash_is_optional),
      cmocka_unit_test(a_wrong_method_is_told_with_what_all_rows_take),
      cmocka_unit_test(head_finds_get_unless_it_has_its_own_row),
      cmocka_unit_test(the_first_literal_decides),
      cmocka_unit_test(groups_are_kept_apart),
      cmocka_unit_test(parameters_are_decoded_in_order),
      cmocka_unit_test(odd_paths_never_match),
      cmocka_unit_test(a_table_with_two_equal_rows_aborts),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
