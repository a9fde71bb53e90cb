#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/command.h"
#include "app/doctor.h"
#include "app/instance.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/account/account.h"
#include "desk/mail/mail.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "post/post.h"
#include "wire/field.h"

/* `sigap doctor`: looks at what an operator would look at, says what it found and what to do. Exit code 0
 * unless something is broken. */

enum { ARENA_MAX = 64 * 1024 * 1024 };

struct report {
  struct list findings;
  bool broken;
};

static const struct word verdicts[] = {{"ok", FINE}, {"warning", WARNING}, {"broken", BROKEN}, {NULL, 0}};

FIELDS(finding_fields, struct finding, "Finding",
       {
           FIELD(struct finding, check, TEXT, "check", FIELD_REQUIRED),
           FIELD(struct finding, verdict, WORD, "verdict", FIELD_REQUIRED, .words = verdicts),
           FIELD(struct finding, found, TEXT, "found", FIELD_REQUIRED),
           FIELD(struct finding, advice, TEXT, "advice", 0),
       });
FIELDS(report_fields, struct report, "Report",
       {
           FIELD(struct report, findings, LIST, "findings", FIELD_REQUIRED, .of = &finding_fields),
           FIELD(struct report, broken, BOOL, "broken", FIELD_REQUIRED),
       });

void doctor_found(struct doctor *doctor, const char *check, enum verdict verdict, struct str what,
                  const char *advice) {
  if (doctor->count < FINDINGS_MAX) {
    doctor->findings[doctor->count++] =
        (struct finding){str_of(check), verdict, what, str_of(verdict == FINE ? NULL : advice)};
  }
}

static bool check_data(struct doctor *doctor) {
  const char *data = doctor->options->data;
  struct stat info;
  if (stat(data, &info) != 0) {
    doctor_found(doctor, "data directory", BROKEN, str_format(doctor->arena, "%s: %s", data, strerror(errno)),
                 "Start `sigap serve --data DIR` once, or name the right directory with --data.");
    return false;
  }
  if (access(data, R_OK | W_OK | X_OK) != 0) {
    doctor_found(doctor, "data directory", BROKEN,
                 str_format(doctor->arena, "%s is not writable by this user", data),
                 "Run as the user who owns the directory.");
    return false;
  }
  bool open_to_others = (info.st_mode & 0077) != 0;
  doctor_found(doctor, "data directory", open_to_others ? WARNING : FINE, str_of(data),
               "Other users of this machine can look into it: chmod 700 it.");
  return true;
}

static void check_server(struct doctor *doctor) {
  int lock = -1;
  char why[256];
  enum status status = instance_lock(doctor->options->data, &lock, why);
  if (status == STATUS_OK) {
    instance_unlock(lock);
    doctor_found(doctor, "server", FINE, STR("not running on this data directory"), NULL);
  } else if (status == STATUS_STATE) {
    doctor_found(doctor, "server", FINE, STR("running"), NULL);
  } else {
    doctor_found(
        doctor, "server", BROKEN, str_copy(doctor->arena, str_of(why)),
        "No server starts on this data directory: give the file to the user who owns it, and see that "
        "its file system can be written.");
  }
}

static void check_disk(struct doctor *doctor) {
  struct statvfs info;
  if (statvfs(doctor->options->data, &info) != 0) {
    doctor_found(doctor, "disk", BROKEN, str_of(strerror(errno)), "Is the file system mounted?");
    return;
  }
  uint64_t free_mib = (uint64_t)info.f_bavail * info.f_frsize / (1024 * 1024);
  enum verdict verdict = free_mib < 64 ? BROKEN : free_mib < 1024 ? WARNING : FINE;
  doctor_found(doctor, "disk", verdict,
               str_format(doctor->arena, "%llu MiB free", (unsigned long long)free_mib),
               "Make room soon: a full disk stops every write until there is space again.");
}

static void check_key(struct doctor *doctor) {
  if (doctor->options->jwt_secret.len > 0) {
    doctor_found(doctor, "token key", FINE, STR("from the configuration"), NULL);
    return;
  }
  struct stat info;
  char *path = instance_path(doctor->options->data, doctor->arena, "jwt.key");
  if (stat(path, &info) != 0) {
    doctor_found(doctor, "token key", WARNING, STR("not made yet"),
                 "It is made when the server starts for the first time.");
  } else if ((info.st_mode & 0077) != 0) {
    doctor_found(
        doctor, "token key", BROKEN, str_of(path),
        "Other users can read it and sign tokens: chmod 600 it, then remove it to have a new one made.");
  } else if (info.st_size < 32) {
    doctor_found(
        doctor, "token key", BROKEN, str_format(doctor->arena, "%s holds less than 32 bytes", path),
        "The server does not start with it: remove it to have a new one made; everybody signs in again.");
  } else {
    doctor_found(doctor, "token key", FINE, str_of(path), NULL);
  }
}

static void check_clock(struct doctor *doctor) {
  char now[TIME_TEXT_SIZE];
  int64_t now_us = time_now_us();
  bool sane = now_us > INT64_C(1735689600) * TIME_SECOND_US; /* 2025 */
  doctor_found(
      doctor, "clock", sane ? FINE : BROKEN, str_copy(doctor->arena, str_of(time_print(now_us, now))),
      "The clock is far in the past: switch time synchronisation on, or tokens and SLA times are wrong.");
}

static void check_mail(struct doctor *doctor, struct ctx *ctx) {
  char why[256];
  if (doctor->options->smtp != NULL && post_check_url(doctor->options->smtp, why) != STATUS_OK) {
    doctor_found(doctor, "mail server", BROKEN, str_copy(doctor->arena, str_of(why)), "Correct --smtp.");
  }
  struct mail_stats stats;
  if (mail_stats(ctx, &stats) != STATUS_OK) {
    doctor_found(doctor, "outbox", BROKEN, STR("can't be read"), "See the database's finding.");
    return;
  }
  bool late = stats.waiting > 0 && stats.oldest_waiting_at < ctx->now_us - TIME_HOUR_US;
  doctor_found(
      doctor, "outbox", late || stats.failed > 0 ? WARNING : FINE,
      str_format(doctor->arena, "%lld waiting, %lld given up", (long long)stats.waiting,
                 (long long)stats.failed),
      "Is the mail server reachable? The log tells what it answered. Just after sigap demo: it empties "
      "by itself in some minutes.");
}

static void check_people(struct doctor *doctor, struct ctx *ctx) {
  bool nobody = false;
  if (account_first_staff(ctx, TENANT_OPERATOR, &nobody) != STATUS_OK) {
    doctor_found(doctor, "administrators", BROKEN, STR("can't be read"), "See the database's finding.");
    return;
  }
  doctor_found(doctor, "administrators", nobody ? WARNING : FINE,
               nobody ? STR("nobody yet") : STR("there are staff accounts"),
               "Make the first one: sigap user add --email … --name … --role super_admin --password-stdin.");
}

static void check_passwords(struct doctor *doctor, struct ctx *ctx) {
  enum { NAMED = 5 };
  int64_t total = 0;
  struct str *emails = NULL;
  size_t count = 0;
  if (account_first_passwords(ctx, NAMED, &total, &emails, &count) != STATUS_OK) {
    doctor_found(doctor, "first passwords", BROKEN, STR("can't be read"), "See the database's finding.");
    return;
  }
  struct str what = STR("nobody has one any more");
  if (total > 0) {
    what = str_format(doctor->arena, "%lld still in use, by", (long long)total);
    for (size_t i = 0; i < count; i++) {
      what = str_format(doctor->arena, "%.*s%s %.*s", STR_ARG(what), i > 0 ? "," : "", STR_ARG(emails[i]));
    }
    if (total > (int64_t)count) {
      what = str_format(doctor->arena, "%.*s, …", STR_ARG(what));
    }
  }
  doctor_found(
      doctor, "first passwords", total > 0 ? WARNING : FINE, what,
      "Whoever knows --ruang-default-password can sign in as them: have them choose their own, or set one "
      "with `sigap user passwd`.");
}

static void check_database(struct doctor *doctor) {
  struct db_config config = {doctor->options->database, desk_statements,      desk_statement_count,
                             desk_migrations,           desk_migration_count, ticket_sums_write};
  struct db *db = NULL;
  char why[256];
  /* PostgreSQL's tries every statement; the embedded database's would be a second writer beside the server's.
   */
  enum db_mode mode = doctor->options->database_is_pgsql ? DB_WRITE : DB_READ;
  if (db_open(&config, mode, &db, why) != STATUS_OK) {
    doctor_found(doctor, "database", BROKEN, str_copy(doctor->arena, str_of(why)),
                 "If the schema is old run `sigap migrate`; if the file is damaged restore a backup.");
    return;
  }
  db_act_for(db, DB_SYSTEM, 0);
  struct ctx ctx = {.arena = doctor->arena, .db = db, .now_us = time_now_us()};
  enum status sound = db_check(&ctx, why);
  doctor_found(doctor, "database", sound == STATUS_OK ? FINE : BROKEN,
               sound == STATUS_OK ? STR("opens, its schema is current, its structure is sound")
                                  : str_copy(doctor->arena, str_of(why)),
               "Stop the server, keep a copy of the data directory, and restore the last good backup.");
  check_people(doctor, &ctx);
  check_passwords(doctor, &ctx);
  check_mail(doctor, &ctx);
  doctor_files(doctor, &ctx);
  db_close(db);
}

static void print_text(const struct doctor *doctor) {
  static const char *const marks[] = {"ok     ", "warning", "BROKEN "};
  for (size_t i = 0; i < doctor->count; i++) {
    const struct finding *finding = &doctor->findings[i];
    printf("%s  %.*s: %.*s\n", marks[finding->verdict], STR_ARG(finding->check), STR_ARG(finding->found));
    if (finding->advice.at != NULL) {
      printf("         → %.*s\n", STR_ARG(finding->advice));
    }
  }
}

int command_doctor(const struct options *options) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct doctor doctor = {.options = options, .arena = arena};
  check_clock(&doctor);
  if (check_data(&doctor)) {
    check_server(&doctor);
    check_disk(&doctor);
    doctor_sync(&doctor);
    doctor_wal(&doctor);
    check_key(&doctor);
    check_database(&doctor);
  }
  struct report report = {.findings = {doctor.findings, doctor.count}};
  for (size_t i = 0; i < doctor.count; i++) {
    report.broken = report.broken || doctor.findings[i].verdict == BROKEN;
  }
  if (options->json) {
    CLEANUP_BUF struct buf out;
    buf_init(&out, ARENA_MAX);
    wire_print_json(&out, &report_fields, &report);
    printf("%.*s\n", (int)out.len, out.at);
  } else {
    print_text(&doctor);
  }
  return report.broken ? 1 : 0;
}
