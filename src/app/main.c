#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/options.h"

/* `sigap COMMAND`: reads the options and goes to the command. */

enum { ARENA_MAX = 16 * 1024 * 1024 };

static int help(const struct options *options) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 256 * 1024);
  options_help(options, &out);
  fwrite(out.at, 1, out.len, stdout);
  return 0;
}

static int run(const struct options *options) {
  if (options->help) {
    return help(options);
  }
  for (size_t i = 0; i < options->warning_count; i++) {
    fprintf(stderr, "sigap: %s\n", options->warnings[i]);
  }
  log_setup(options->log_level, options->log_format);
  switch (options->command) {
    case COMMAND_SERVE:
      return command_serve(options);
    case COMMAND_MIGRATE:
      return command_migrate(options);
    case COMMAND_DOCTOR:
      return command_doctor(options);
    case COMMAND_BACKUP:
      return command_backup(options);
    case COMMAND_RESTORE:
      return command_restore(options);
    case COMMAND_COPY:
      return command_copy(options);
    case COMMAND_DEMO:
      return command_demo(options);
    case COMMAND_OPENAPI:
      return command_openapi(options);
    case COMMAND_POSTMAN:
      return command_postman(options);
    case COMMAND_COMPLETION:
      return command_completion(options);
    case COMMAND_VERSION:
      printf("sigap " SIGAP_VERSION "\n");
      return 0;
    case COMMAND_NONE:
    case COMMAND_COUNT:
      return help(options);
    default:
      return command_run(options);
  }
}

int main(int argc, char **argv) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct options options = {0};
  char why[512];
  if (options_read(argc, argv, arena, &options, why) != STATUS_OK) {
    fprintf(stderr, "sigap: %s\n", why);
    return 2;
  }
  return run(&options);
}
