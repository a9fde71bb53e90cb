#ifndef SIGAP_APP_OPTIONS_H
#define SIGAP_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/status.h"
#include "base/str.h"

/* The settings of all commands, read from one table: flags win over environment (SIGAP_X, or
 * SIGAP_X_FILE for secrets) over the lines of --config over the defaults. All texts are
 * NUL-terminated and live in the arena (or in argv). */

enum command {
  COMMAND_NONE, /* `sigap` alone, `sigap help`, `sigap --help`: print the overview */
  COMMAND_SERVE,
  COMMAND_USER_ADD,
  COMMAND_USER_LIST,
  COMMAND_USER_PASSWD,
  COMMAND_USER_DISABLE,
  COMMAND_TENANT_ADD,
  COMMAND_TENANT_LIST,
  COMMAND_TENANT_DISABLE,
  COMMAND_MIGRATE,
  COMMAND_DOCTOR,
  COMMAND_OPENAPI,
  COMMAND_POSTMAN,
  COMMAND_DEMO,
  COMMAND_BACKUP,
  COMMAND_RESTORE,
  COMMAND_COPY,
  COMMAND_COMPLETION,
  COMMAND_VERSION, /* `sigap version`, `sigap --version` */
  COMMAND_COUNT
};

struct options {
  enum command command;
  const char *command_word;     /* "user"; "" with COMMAND_NONE */
  const char *subcommand_word;  /* "add"; "" without one */
  const char *const *arguments; /* positional ones after the words (openapi's and postman's DIALECT) */
  size_t argument_count;
  bool help;                   /* --help was asked: options_help() and exit 0; nothing else was checked */
  const char *const *warnings; /* sentences to log (unknown SIGAP_ variables) */
  size_t warning_count;

  const char *config;   /* --config FILE; NULL none */
  const char *data;     /* ./var */
  const char *database; /* "sqlite:PATH" or "postgresql://…"; never NULL: sqlite:<data>/sigap.db */
  bool database_is_pgsql;

  /* serve */
  const char *listen_address; /* 127.0.0.1; brackets of [::1] taken off */
  uint16_t listen_port;       /* 8080; 0: the system picks one, serve prints it */
  const char *public_url;     /* without a trailing slash; NULL unknown */
  struct str jwt_secret;      /* raw bytes, at least 32; NONE: made and kept in the data directory */
  const char *smtp;           /* NULL: .eml files */
  const char *mail_from;      /* "Sigap <sigap@localhost>" */
  const char *cors_origins;   /* comma-separated; NULL none */
  int64_t rate_limit;         /* a minute per caller; 600; 0 = off */
  bool login_throttle;        /* on */
  bool webhook_private;       /* off: webhooks go to public addresses alone */
  unsigned threads;           /* of the event loops; 0: one a core */
  const char *timezone; /* a zone this machine knows. serve: NULL where not said (tenant 1's stays as it is,
                           "UTC" at first); tenant add: "UTC" where not said */
  const char *trusted_proxies;       /* comma-separated addresses or CIDR; NULL none */
  uint32_t ping_interval_ms;         /* 25,000 */
  uint32_t ping_timeout_ms;          /* 20,000 */
  struct str ruang_default_password; /* "@Test123!"; empty: none, and an invitation by mail */
  const char *hcall_purge_status;    /* a status word of hcall; NULL: the one it uses for solved tickets */
  int64_t hcall_purge_days;          /* 0: never */
  enum log_level log_level;          /* info */
  enum log_format log_format;        /* text */
  const char *clock_file;            /* NULL none; the flag is there in the test build only */

  /* user, tenant, doctor */
  const char *email, *name, *role,
      *phone;                /* NULL where not said (the command's required ones are always there) */
  const char *domain, *kind; /* of `tenant add`; NULL where not said */
  int64_t tenant;            /* a tenant's id; 1 */
  int64_t id;                /* of `tenant disable` */
  bool password_stdin;       /* always true where the command needs a password */
  bool json;                 /* doctor */
  const char *from, *to;     /* copy: as `database` */
};

/* Reads all. STATUS_INVALID with one or two sentences in `why` (unknown flag or line with the nearest known
 * one, a value of the wrong type, a missing required flag, an unreadable file): print it, exit 2.
 * argv[0] is skipped. The environment is the process's. */
enum status options_read(int argc, char **argv, struct arena *arena, struct options *out,
                         char why[512]) MUST_CHECK;
/* What --help says: of options->command, or the overview. */
void options_help(const struct options *options, struct buf *out);

#endif
