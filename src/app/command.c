#include "app/command.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/kit/kit.h"
#include "app/admin.h"
#include "app/demo.h"
#include "app/dialects.h"
#include "app/instance.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket_day.h"
#include "wire/field.h"

enum { ARENA_MAX = 64 * 1024 * 1024, LIST_STEP = 500, LIST_ARENA_MAX = 16 * 1024 * 1024 };

static void write_all(const struct buf *buf, FILE *file) {
  if (buf->len > 0) {
    fwrite(buf->at, 1, buf->len, file);
  }
}

struct made {
  int64_t id;
  struct uuid uuid;
};
FIELDS(made_account, struct made, "Made",
       {
           FIELD(struct made, id, INT, "id", FIELD_REQUIRED),
           FIELD(struct made, uuid, UUID, "uuid", FIELD_REQUIRED),
       });
FIELDS(made_tenant, struct made, "MadeTenant",
       {
           FIELD(struct made, id, INT, "id", FIELD_REQUIRED),
       });

/* What an operator does next: a problem's own sentence is a client's as well. */
static const char *next_step(const struct problem_kind *kind) {
  if (kind == &account_not_found) {
    return " `sigap user list --tenant ID` shows those of a tenant.";
  }
  if (kind == &account_email_taken) {
    return " `sigap user passwd` sets its password anew.";
  }
  if (kind == &tenant_not_found || kind == &tenant_domain_taken) {
    return " `sigap tenant list` shows them all.";
  }
  return kind == &problem_broken ? " The log says why, here or of the running server." : "";
}

static int tell_problem(struct ctx *ctx, enum status status, struct buf *err) {
  const struct problem *problem = &ctx->problem;
  buf_format(err, "sigap: %s%s\n", problem->kind != NULL ? problem->kind->sentence : status_meaning(status),
             next_step(problem->kind));
  for (unsigned i = 0; i < problem->fault_count; i++) {
    buf_format(err, "  %.*s %.*s\n", STR_ARG(problem->faults[i].field), STR_ARG(problem->faults[i].reason));
  }
  return 1;
}

static int user_add(struct ctx *ctx, const struct options *options, struct str password, struct buf *out,
                    struct buf *err) {
  struct account_new new_account = {
      .tenant_id = options->tenant,
      .name = str_of(options->name),
      .email = str_of(options->email),
      .phone = str_of(options->phone),
      .password = password,
      .rule = PASSWORD_LONG_ENOUGH,
      .language = LANGUAGE_ENGLISH,
      .by = ACCOUNT_BY_OPERATOR,
  };
  if (role_parse(str_of(options->role), &new_account.role) != STATUS_OK) {
    buf_format(err,
               "sigap: --role is one of super_admin, manager, supervisor, customer_service, technician, "
               "customer.\n");
    return 2;
  }
  struct account account;
  enum status status = account_create(ctx, &new_account, &account);
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  wire_print_json(out, &made_account, &(struct made){account.id, account.uuid});
  buf_add_char(out, '\n');
  return 0;
}

static int list_users(struct ctx *ctx, const struct options *options, struct buf *out, struct buf *err) {
  struct account_filter filter = {.tenant_id = options->tenant, .limit = LIST_STEP};
  size_t count = 0;
  buf_add_text(out, "id\trole\tactive\temail\tname\n");
  do {
    struct account *accounts = NULL;
    enum status status = account_list(ctx, &filter, &accounts, &count);
    if (status != STATUS_OK) {
      return tell_problem(ctx, status, err);
    }
    for (size_t i = 0; i < count; i++) {
      const struct account *account = &accounts[i];
      buf_format(out, "%lld\t%s\t%s\t%.*s\t%.*s\n", (long long)account->id,
                 role_name((enum role)account->role), account->is_active ? "yes" : "no",
                 STR_ARG(account->email), STR_ARG(account->name));
      filter.after_id = account->id;
    }
    arena_reset(ctx->arena);
  } while (count == LIST_STEP && !out->full);
  return 0;
}

/* In memory of its own, a step at a time: a desk may have more people than the command's arena holds. */
static int user_list(struct ctx *ctx, const struct options *options, struct buf *out, struct buf *err) {
  CLEANUP_ARENA struct arena *step = arena_new(LIST_ARENA_MAX);
  struct arena *own = ctx->arena;
  ctx->arena = step;
  int code = list_users(ctx, options, out, err);
  ctx->arena = own;
  return code;
}

static enum status find_account(struct ctx *ctx, const struct options *options, struct account *account) {
  return account_by_email(ctx, options->tenant, str_of(options->email), account);
}

static int user_passwd(struct ctx *ctx, const struct options *options, struct str password, struct buf *out,
                       struct buf *err) {
  struct account account;
  enum status status = find_account(ctx, options, &account);
  if (status == STATUS_OK) {
    status = account_set_password(ctx, account.id, password, PASSWORD_LONG_ENOUGH, 0);
  }
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  buf_add_text(out, "The password is changed; the account's sessions have ended.\n");
  return 0;
}

static int user_disable(struct ctx *ctx, const struct options *options, struct buf *out, struct buf *err) {
  struct account account;
  enum status status = find_account(ctx, options, &account);
  if (status == STATUS_OK) {
    status = account_disable(ctx, account.id);
  }
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  buf_add_text(out, "The account is disabled; its sessions have ended.\n");
  return 0;
}

static int tenant_make(struct ctx *ctx, const struct options *options, struct buf *out, struct buf *err) {
  struct tenant_new new_tenant = {
      .name = str_of(options->name),
      .domain = str_of(options->domain),
      .kind = str_of(options->kind),
      .timezone = str_of(options->timezone),
  };
  int64_t id = 0;
  enum status status = tenant_add(ctx, &new_tenant, &id);
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  wire_print_json(out, &made_tenant, &(struct made){.id = id});
  buf_add_char(out, '\n');
  return 0;
}

static int tenants_list(struct ctx *ctx, struct buf *out, struct buf *err) {
  struct tenant *tenants = NULL;
  size_t count = 0;
  enum status status = tenant_list(ctx, &tenants, &count);
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  buf_add_text(out, "id\tactive\tkind\ttimezone\tdomain\tname\n");
  for (size_t i = 0; i < count; i++) {
    const struct tenant *tenant = &tenants[i];
    buf_format(out, "%lld\t%s\t%.*s\t%.*s\t%.*s\t%.*s\n", (long long)tenant->id,
               tenant->is_active ? "yes" : "no", STR_ARG(tenant->kind), STR_ARG(tenant->timezone),
               STR_ARG(tenant->domain), STR_ARG(tenant->name));
  }
  return 0;
}

static int tenant_stop(struct ctx *ctx, const struct options *options, struct buf *out, struct buf *err) {
  enum status status = tenant_disable(ctx, options->id);
  if (status != STATUS_OK) {
    return tell_problem(ctx, status, err);
  }
  buf_add_text(out, "The tenant is disabled; its people's sessions have ended.\n");
  return 0;
}

/* "PART:MOMENT", as command_demo says it. */
static int demo_one(struct ctx *ctx, const struct options *options, struct str password, struct buf *err) {
  struct str argument = options->argument_count > 0 ? str_of(options->arguments[0]) : STR_NONE;
  size_t colon = str_find(argument, ':');
  int64_t part = -1;
  int64_t now_us = 0;
  if (colon == argument.len || str_int((struct str){argument.at, colon}, &part) != STATUS_OK ||
      str_int((struct str){argument.at + colon + 1, argument.len - colon - 1}, &now_us) != STATUS_OK ||
      part < 0 || part >= DEMO_PARTS) {
    buf_add_text(err, "sigap: demo takes no argument.\n");
    return 2;
  }
  enum status status = demo_part(ctx, (int)part, now_us, password);
  return status == STATUS_OK ? 0 : tell_problem(ctx, status, err);
}

static int run_on_database(struct ctx *ctx, const struct options *options, struct str input, struct buf *out,
                           struct buf *err) {
  struct str password = input; /* without the newline that `echo` adds */
  if (str_ends(password, "\n")) {
    password.len--;
  }
  switch (options->command) {
    case COMMAND_USER_ADD:
      return user_add(ctx, options, password, out, err);
    case COMMAND_USER_LIST:
      return user_list(ctx, options, out, err);
    case COMMAND_USER_PASSWD:
      return user_passwd(ctx, options, password, out, err);
    case COMMAND_USER_DISABLE:
      return user_disable(ctx, options, out, err);
    case COMMAND_TENANT_ADD:
      return tenant_make(ctx, options, out, err);
    case COMMAND_TENANT_LIST:
      return tenants_list(ctx, out, err);
    case COMMAND_TENANT_DISABLE:
      return tenant_stop(ctx, options, out, err);
    case COMMAND_DEMO:
      return demo_one(ctx, options, password, err);
    default:
      buf_add_text(err, "sigap: a running server does not take this command.\n");
      return 2;
  }
}

int command_on_database(struct ctx *ctx, const struct options *options, struct str input, struct buf *out,
                        struct buf *err) {
  int code = run_on_database(ctx, options, input, out, err);
  if (code == 0 && out->full) {
    buf_format(err, "sigap: The answer is longer than %zu bytes: what is here is only its beginning.\n",
               out->max);
    return 1;
  }
  return code;
}

static int with_context(struct db *db, const struct options *options, struct str input, struct buf *out,
                        struct buf *err) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  return command_on_database(&ctx, options, input, out, err);
}

int command_for_client(struct db *db, int argc, char **argv, struct str input, struct buf *out,
                       struct buf *err) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct options options;
  char why[512];
  if (options_read(argc, argv, arena, &options, why) != STATUS_OK) {
    buf_format(err, "sigap: %s\n", why);
    return 2;
  }
  return with_context(db, &options, input, out, err);
}

static bool read_password(const struct options *options, struct buf *input) {
  if (!options->password_stdin) {
    return true;
  }
  if (isatty(STDIN_FILENO)) {
    fprintf(stderr, "Password (ends with Enter and Ctrl-D): ");
  }
  char piece[1024];
  ssize_t got;
  while ((got = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
    buf_add(input, piece, (size_t)got);
  }
  return got == 0 && !input->full;
}

/* SQLite tells a full disk in many words. */
static bool disk_is_full(const char *file) {
  enum { LEAST_BYTES = 1024 * 1024 };
  char folder[4096];
  const char *slash = strrchr(file, '/');
  int len = slash == NULL ? 1 : (int)(slash - file) + 1;
  struct statvfs info;
  return snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : file) == len &&
         statvfs(folder, &info) == 0 && (uint64_t)info.f_bavail * info.f_frsize < LEAST_BYTES;
}

void command_refuse_database(const struct options *options, char why[256]) {
  char reason[256];
  snprintf(reason, sizeof reason, "%s", why);
  if (str_ends(str_of(reason), ".")) {
    return; /* a sentence already */
  }
  /* The address of a PostgreSQL may hold its password. */
  const char *path = options->database_is_pgsql ? "" : strchr(options->database, ':') + 1;
  const char *full = path[0] != '\0' && disk_is_full(path) ? " (its disk is full)" : "";
  int before = snprintf(why, 256, "Can't use the database%s%.90s: ", path[0] != '\0' ? " " : "", path);
  int room = 254 - before - (int)strlen(full);
  snprintf(why + before, 256 - (size_t)before, "%.*s%s.", room, reason, full);
}

/* The database for this process alone, and up to date. */
static enum status own_database(const struct options *options, const struct db_config *config,
                                struct instance_locks *locks, int *applied, char why[256]) {
  if (!options->database_is_pgsql) {
    TRY(instance_make(options->data, why));
    TRY(instance_own(options->data, options->database, locks, why));
  }
  enum status status = db_migrate(config, applied, why);
  if (status != STATUS_OK) {
    command_refuse_database(options, why);
  }
  return status;
}

/* A database that no server has open, for this process. */
struct direct {
  struct instance_locks locks;
  struct db_config config;
  struct db *db;
};

static enum status direct_open(const struct options *options, struct direct *direct, char why[256]) {
  *direct = (struct direct){.locks = INSTANCE_UNLOCKED,
                            .config = {options->database, desk_statements, desk_statement_count,
                                       desk_migrations, desk_migration_count, ticket_sums_write}};
  int applied = 0;
  char passing[32]; /* no token is made or read here: any key will do */
  random_bytes(passing, sizeof passing);
  session_setup(&(struct session_keys){.keys = {{passing, sizeof passing}}, .count = 1}, true);
  enum status status = own_database(options, &direct->config, &direct->locks, &applied, why);
  TRY(status);
  TRY(db_open(&direct->config, DB_WRITE, &direct->db, why));
  db_act_for(direct->db, DB_SYSTEM, 0);
  return STATUS_OK;
}

static void direct_close(struct direct *direct) {
  if (direct->db != NULL) {
    db_close(direct->db);
  }
  instance_disown(&direct->locks);
}

static int run_directly(const struct options *options, struct str input, struct buf *out, struct buf *err) {
  char why[256];
  struct direct direct;
  int code = 1;
  if (direct_open(options, &direct, why) == STATUS_OK) {
    code = with_context(direct.db, options, input, out, err);
  } else {
    buf_format(err, "sigap: %s\n", why);
  }
  direct_close(&direct);
  return code;
}

/* The command as plain flags: what this process read from its flags, environment and file, so that the server
 * need not know where it came from. */
enum { PLAIN_MAX = 32 };
struct plain {
  const char *argv[PLAIN_MAX + 1];
  int argc;
};

/* Flag and value in one word: the value may begin with dashes. */
static void plain_flag(struct plain *plain, struct arena *arena, const char *flag, const char *value) {
  if (value != NULL && plain->argc < PLAIN_MAX) {
    plain->argv[plain->argc++] = str_c(arena, str_format(arena, "%s=%s", flag, value));
  }
}

static void plain_number(struct plain *plain, struct arena *arena, const char *flag, int64_t number) {
  if (number != 0) {
    plain_flag(plain, arena, flag, str_c(arena, str_format(arena, "%lld", (long long)number)));
  }
}

static void make_plain(const struct options *options, struct arena *arena, struct plain *plain) {
  bool user = strcmp(options->command_word, "user") == 0;
  plain->argv[plain->argc++] = "sigap";
  plain->argv[plain->argc++] = options->command_word;
  plain->argv[plain->argc++] = options->subcommand_word;
  plain_flag(plain, arena, "--email", options->email);
  plain_flag(plain, arena, "--name", options->name);
  plain_flag(plain, arena, "--role", options->role);
  plain_flag(plain, arena, "--phone", options->phone);
  plain_flag(plain, arena, "--domain", options->domain);
  plain_flag(plain, arena, "--kind", options->kind);
  plain_number(plain, arena, user ? "--tenant" : "--id", user ? options->tenant : options->id);
  if (options->command == COMMAND_TENANT_ADD) {
    plain_flag(plain, arena, "--timezone", options->timezone);
  }
  if (options->password_stdin) {
    plain->argv[plain->argc++] = "--password-stdin";
  }
}

int command_run(const struct options *options) {
  CLEANUP_BUF struct buf input, out, err;
  buf_init(&input, 4096);
  buf_init(&out, ARENA_MAX);
  buf_init(&err, ADMIN_FRAME_MAX);
  if (!read_password(options, &input)) {
    fprintf(stderr, "sigap: the password on standard input is longer than 4,096 bytes or can't be read.\n");
    return 2;
  }
  int code = 1;
  char why[256];
  enum status status = STATUS_NOT_FOUND;
  if (!options->database_is_pgsql) {
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct plain plain = {0};
    make_plain(options, arena, &plain);
    status = admin_call(options->data, plain.argc, plain.argv, buf_str(&input), &code, why);
  }
  if (status == STATUS_NOT_FOUND) {
    code = run_directly(options, buf_str(&input), &out, &err);
    write_all(&out, stdout);
    write_all(&err, stderr);
  } else if (status != STATUS_OK) {
    fprintf(stderr, "sigap: %s\n", why);
  }
  return code;
}

/* ---- demo ---- */

/* One part, by the server of the data directory, or directly once that was found to be none. */
static int demo_by(const struct options *options, struct direct *direct, int part, int64_t now_us,
                   struct str password, char why[256]) {
  char moment[64];
  snprintf(moment, sizeof moment, "%d:%lld", part, (long long)now_us);
  int code = 1;
  if (direct->db == NULL && !options->database_is_pgsql) {
    const char *const argv[] = {"sigap", "demo", moment};
    enum status status = admin_call(options->data, 3, argv, password, &code, why);
    if (status != STATUS_NOT_FOUND) {
      return status == STATUS_OK ? code : 1;
    }
  }
  if (direct->db == NULL && direct_open(options, direct, why) != STATUS_OK) {
    return 1;
  }
  CLEANUP_BUF struct buf out, err;
  buf_init(&out, ADMIN_FRAME_MAX);
  buf_init(&err, ADMIN_FRAME_MAX);
  const char *const argument = moment;
  struct options one = *options;
  one.arguments = &argument;
  one.argument_count = 1;
  code = with_context(direct->db, &one, password, &out, &err);
  write_all(&err, stderr);
  return code;
}

enum { DEMO_PASSWORD = 13 };

/* "Kabcde-fghij2": it fits the rule of every dialect, some of which judge it at the sign-in already. */
static void draw_password(char password[DEMO_PASSWORD + 1]) {
  enum { DASH = 6 };
  static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
  uint8_t drawn[DEMO_PASSWORD];
  random_bytes(drawn, sizeof drawn);
  for (size_t i = 0; i < sizeof drawn; i++) {
    password[i] = letters[drawn[i] % (sizeof letters - 1)];
  }
  password[0] = "ABCDEFGHJKLMNPQR"[drawn[0] % 16];
  password[DASH] = '-';
  password[DEMO_PASSWORD - 1] = (char)('2' + drawn[DEMO_PASSWORD - 1] % 8);
  password[DEMO_PASSWORD] = '\0';
}

int command_demo(const struct options *options) {
  if (options->argument_count > 0) {
    fprintf(stderr, "sigap: `sigap demo` takes no word \"%s\".\n", options->arguments[0]);
    return 2;
  }
  char password[DEMO_PASSWORD + 1];
  draw_password(password);
  struct direct direct = {.locks = INSTANCE_UNLOCKED};
  int64_t now_us = time_now_us();
  char why[256] = "";
  int code = 0;
  for (int part = 0; part < DEMO_PARTS && code == 0; part++) {
    code = demo_by(options, &direct, part, now_us, str_of(password), why);
    if (code == 0 && isatty(STDERR_FILENO)) {
      fprintf(stderr, "\rMaking the demonstration desk: %d of %d days", part, DEMO_PARTS - 1);
    }
  }
  if (isatty(STDERR_FILENO)) {
    fprintf(stderr, "\n");
  }
  direct_close(&direct);
  if (code != 0) {
    if (why[0] != '\0') {
      fprintf(stderr, "sigap: %s\n", why);
    }
    return code;
  }
  CLEANUP_BUF struct buf out;
  buf_init(&out, ADMIN_FRAME_MAX);
  demo_tell(str_of(password), &out);
  write_all(&out, stdout);
  return 0;
}

int command_migrate(const struct options *options) {
  char why[256];
  struct instance_locks locks = INSTANCE_UNLOCKED;
  int applied = 0;
  struct db_config config = {options->database, desk_statements,      desk_statement_count,
                             desk_migrations,   desk_migration_count, ticket_sums_write};
  enum status status = own_database(options, &config, &locks, &applied, why);
  instance_disown(&locks);
  if (status != STATUS_OK) {
    fprintf(stderr, "sigap: %s\n", why);
    return 1;
  }
  if (applied == 0) {
    printf("The database is up to date.\n");
  } else {
    printf("The database is up to date: %d step%s done.\n", applied, applied == 1 ? "" : "s");
  }
  return 0;
}

/* One dialect's document, or the list of dialects. */
static int print_document(const struct options *options,
                          void (*print)(const struct dialect *dialect, const char *server_url,
                                        struct buf *out)) {
  const char *wanted = options->argument_count > 0 ? options->arguments[0] : NULL;
  if (wanted == NULL) {
    for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
      printf("%s\t%s\n", (*dialect)->name, (*dialect)->title);
    }
    return 0;
  }
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    if (strcmp((*dialect)->name, wanted) == 0) {
      CLEANUP_BUF struct buf out;
      buf_init(&out, ARENA_MAX);
      print(*dialect, options->public_url, &out);
      write_all(&out, stdout);
      putchar('\n');
      return 0;
    }
  }
  fprintf(stderr, "sigap: there is no dialect \"%s\"; `sigap %s` lists them.\n", wanted,
          options->command_word);
  return 2;
}

int command_openapi(const struct options *options) {
  return print_document(options, kit_openapi);
}

int command_postman(const struct options *options) {
  return print_document(options, kit_postman);
}
