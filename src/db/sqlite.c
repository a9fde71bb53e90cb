#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/log.h"
#include "db/engine.h"

/* The embedded engine: one file in WAL mode, one writing connection, a reading connection for each thread.
 *
 * Reads go through pread and a page cache of the connection, not through mmap: mapped pages count as resident
 * (an idle server promises little memory), an I/O error on them is a SIGBUS instead of a status, and the
 * inner pages of the trees, which every look-up needs, stay in the small cache anyway. */
enum {
  BUSY_TIMEOUT_MS = 5000,
  WRITER_CACHE_KIB = 8000,
  READER_CACHE_KIB = 2000,
  CHECKPOINT_FRAMES = 4000, /* 16 MiB of WAL */
  CHECKPOINT_STEP = 1000,   /* after an attempt that could not finish */
  RESTART_FRAMES = 4 * CHECKPOINT_FRAMES,
  RESTART_TIMEOUT_MS = 200,
  WAL_KEEP_BYTES = 64 << 20, /* a longer WAL file is cut when it starts again */
};

struct lite {
  sqlite3 *connection;
  sqlite3_stmt *controls[DB_CONTROL_COUNT];
  int frames; /* in the WAL after the last commit */
  int checkpoint_at;
};

/* A prepared text, and which SQLite parameter each placeholder is. */
struct lite_query {
  sqlite3_stmt *statement;
  bool rowid; /* its one row is the id of the row it inserted */
  int index[];
};

static const char *const control_texts[DB_CONTROL_COUNT] = {
    [DB_BEGIN_READ] = "BEGIN",
    [DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [DB_BEGIN_STEADY] = "BEGIN IMMEDIATE",
    [DB_BEGIN_SCHEMA] = "BEGIN EXCLUSIVE",
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_SAVEPOINT] = "SAVEPOINT job",
    [DB_SAVEPOINT_KEEP] = "RELEASE job",
    [DB_SAVEPOINT_UNDO] = "ROLLBACK TO job",
};

static pthread_once_t configured = PTHREAD_ONCE_INIT;

static void configure(void) {
  /* Counting all memory takes a lock at every allocation, and nobody reads the count. */
  if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK) {
    LOG(LOG_WARN, "sqlite was set up before, its memory counters stay on");
  }
}

/* ---- failures ---- */

static bool is_no_space(sqlite3 *connection, int code) {
  /* The index of the WAL holds nothing of its own: that it can't grow means no more than the full disk. */
  if ((code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE) {
    return true;
  }
  /* A failed fsync is never harmless, whatever its cause: what the kernel holds may differ from the disk. */
  if ((code & 0xff) != SQLITE_IOERR || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
    return false;
  }
  int cause = sqlite3_system_errno(connection);
  return cause == ENOSPC || cause == EDQUOT;
}

static bool is_write_error(int code) {
  switch (code & 0xff) {
    case SQLITE_IOERR:
      return code != SQLITE_IOERR_READ && code != SQLITE_IOERR_SHORT_READ && code != SQLITE_IOERR_NOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
      return true;
    default:
      return false;
  }
}

/* The status of the connection's last failure; its sentence goes to db->reason. */
static enum status failure(struct db *db) {
  struct lite *lite = db->own;
  int code = sqlite3_extended_errcode(lite->connection);
  if ((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM) {
    die("out of memory");
  }
  db_fail(db, STATUS_BROKEN, "%s (sqlite %d)", sqlite3_errmsg(lite->connection), code);
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
      code == SQLITE_CONSTRAINT_ROWID) {
    return STATUS_DUPLICATE;
  }
  if (is_no_space(lite->connection, code)) {
    lite->checkpoint_at = 0; /* what the WAL holds and the database has room for, makes room in the WAL */
    return STATUS_STORAGE_FULL;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN:
      return STATUS_UNAVAILABLE;
    default:
      break;
  }
  if (db->mode == DB_WRITE && is_write_error(code)) {
    db->broken = true;
  }
  return STATUS_BROKEN;
}

/* ---- opening ---- */

static const char *path_of(const struct db *db) {
  return db->url + strlen(db->engine->scheme);
}

static enum status make_folders(struct db *db, const char *path) {
  char folder[PATH_MAX];
  size_t len = strlen(path);
  if (len >= sizeof(folder)) {
    return db_fail(db, STATUS_INVALID, "the path of the database is too long");
  }
  for (size_t i = 1; i < len; i++) {
    if (path[i] == '/') {
      memcpy(folder, path, i);
      folder[i] = '\0';
      if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return db_fail(db, STATUS_UNAVAILABLE, "can't make the folder %s: %s", folder, strerror(errno));
      }
    }
  }
  return STATUS_OK;
}

/* A name is durable only when its folder is written. */
static enum status sync_folder(struct db *db, const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) {
    db_fail(db, STATUS_BROKEN, "can't write the folder %s to disk: %s", folder, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    return STATUS_BROKEN;
  }
  close(fd);
  return STATUS_OK;
}

/* Makes an empty file only its owner may read; the WAL beside it takes over its mode. */
static enum status make_file(struct db *db, const char *path) {
  TRY(make_folders(db, path));
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    if (errno == EEXIST) {
      return STATUS_OK;
    }
    enum status status = errno == ENOSPC || errno == EDQUOT ? STATUS_STORAGE_FULL : STATUS_UNAVAILABLE;
    return db_fail(db, status, "can't make the database %s: %s", path, strerror(errno));
  }
  close(fd);
  return sync_folder(db, path);
}

static int on_commit(void *arg, sqlite3 *connection, const char *name, int frames) {
  (void)connection;
  (void)name;
  struct lite *lite = arg;
  if (frames < lite->frames) {
    lite->checkpoint_at = CHECKPOINT_FRAMES; /* the WAL began again */
  }
  lite->frames = frames;
  return SQLITE_OK;
}

static enum status script(struct db *db, const char *sql) {
  struct lite *lite = db->own;
  return sqlite3_exec(lite->connection, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : failure(db);
}

static enum status first(struct db *db, const char *sql, struct buf *out, bool *found) {
  struct lite *lite = db->own;
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(lite->connection, sql, -1, &statement, NULL) != SQLITE_OK) {
    return failure(db);
  }
  int code = sqlite3_step(statement);
  *found = code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
  if (*found) {
    const void *text = sqlite3_column_text(statement, 0);
    buf_add(out, text, (size_t)sqlite3_column_bytes(statement, 0));
  }
  enum status status = code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : failure(db);
  sqlite3_finalize(statement);
  return status;
}

static enum status set_up_writer(struct db *db) {
  struct lite *lite = db->own;
  char pragmas[320];
  snprintf(pragmas, sizeof(pragmas),
           "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -%d; PRAGMA temp_store "
           "= MEMORY;"
           "PRAGMA journal_size_limit = %d; PRAGMA secure_delete = FAST; PRAGMA mmap_size = 0;",
           WRITER_CACHE_KIB, WAL_KEEP_BYTES);
  TRY(script(db, pragmas));
  CLEANUP_BUF struct buf mode;
  buf_init(&mode, 32);
  bool found = false;
  TRY(first(db, "PRAGMA journal_mode = WAL", &mode, &found));
  if (!found || !str_is(buf_str(&mode), "wal")) {
    return db_fail(db, STATUS_BROKEN, "the file system of %s can't hold a database in WAL mode", path_of(db));
  }
  lite->checkpoint_at = CHECKPOINT_FRAMES;
  /* In place of automatic checkpoints, which would hide their errors and delay the answer to the commit. */
  sqlite3_wal_hook(lite->connection, on_commit, lite);
  return STATUS_OK;
}

static enum status set_up_reader(struct db *db) {
  struct lite *lite = db->own;
  char pragmas[160];
  snprintf(
      pragmas, sizeof(pragmas),
      "PRAGMA query_only = ON; PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;",
      READER_CACHE_KIB);
  TRY(script(db, pragmas));
  /* Never the one that writes the WAL back, not even as the last to close. */
  sqlite3_db_config(lite->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_wal_autocheckpoint(lite->connection, 0);
  CLEANUP_BUF struct buf answer;
  buf_init(&answer, 32);
  bool found = false;
  return first(db, "SELECT COUNT(*) FROM sqlite_master", &answer, &found);
}

static enum status connect_with(struct db *db, int flags) {
  struct lite *lite = db->own;
  int code = sqlite3_open_v2(path_of(db), &lite->connection, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (!lite->connection) {
    die("out of memory");
  }
  if (code != SQLITE_OK) {
    return db_fail_about(db, failure(db), path_of(db));
  }
  sqlite3_extended_result_codes(lite->connection, 1);
  sqlite3_busy_timeout(lite->connection, BUSY_TIMEOUT_MS);
  sqlite3_db_config(lite->connection, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
  sqlite3_db_config(lite->connection, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
  sqlite3_db_config(lite->connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  return db->mode == DB_WRITE ? set_up_writer(db) : set_up_reader(db);
}

static enum status lite_open(struct db *db, bool create) {
  const char *path = path_of(db);
  if (!*path || *path == ':' || strncmp(path, "file:", 5) == 0) {
    return db_fail(db, STATUS_INVALID, "the database's address must name a file: sqlite:PATH");
  }
  pthread_once(&configured, configure);
  if (create) {
    TRY(make_file(db, path));
  } else if (access(path, F_OK) != 0) {
    return db_fail(db, STATUS_STATE, "there is no database at %s: run 'sigap migrate' to make one", path);
  }
  struct lite *lite = calloc(1, sizeof(*lite));
  if (!lite) {
    die("out of memory");
  }
  db->own = lite;
  if (db->mode == DB_WRITE) {
    return connect_with(db, SQLITE_OPEN_READWRITE);
  }
  enum status status = connect_with(db, SQLITE_OPEN_READONLY);
  if (status == STATUS_OK) {
    return STATUS_OK;
  }
  /* A WAL that nobody has open may have to be recovered first, which needs the right to write. */
  sqlite3_close_v2(lite->connection);
  lite->connection = NULL;
  return connect_with(db, SQLITE_OPEN_READWRITE);
}

static void lite_close(struct db *db) {
  struct lite *lite = db->own;
  for (unsigned i = 0; i < DB_CONTROL_COUNT; i++) {
    sqlite3_finalize(lite->controls[i]);
  }
  if (lite->connection && sqlite3_close(lite->connection) != SQLITE_OK) {
    LOG(LOG_ERROR, "the database did not close", LOG_S("reason", sqlite3_errmsg(lite->connection)));
    sqlite3_close_v2(lite->connection);
  }
  free(lite);
  db->own = NULL;
}

static enum status lite_reopen(struct db *db) {
  return db_fail(db, STATUS_BROKEN, "an embedded database is never lost");
}

/* ---- preparing ---- */

static enum status check_columns(struct db *db, const struct db_query *query, sqlite3_stmt *statement) {
  const char *names[64];
  int count = sqlite3_column_count(statement);
  for (int i = 0; i < count && i < 64; i++) {
    names[i] = sqlite3_column_name(statement, i);
    if (!names[i]) {
      die("out of memory");
    }
  }
  return db_check_columns(db, query, names, (size_t)count);
}

/* "INSERT … RETURNING id": SQLite runs it as if the table had a trigger, and so copies every page it touches
 * into a statement journal, a third of the cost of a new ticket. The last row id is the same number for
 * nothing. Returns the length of the text to prepare. */
static size_t without_returning(const struct db_query *query, bool *rowid) {
  static const char ending[] = " RETURNING id";
  const struct db_statement *statement = query->statement;
  struct str text = str_of(query->text);
  *rowid = statement->out_count == 1 && statement->out[0].type == DB_INT &&
           str_starts(text, "INSERT INTO ") && str_ends(text, ending) &&
           strstr(query->text, "ON CONFLICT") == NULL && strstr(query->text, "SELECT") == NULL;
  return *rowid ? text.len - (sizeof(ending) - 1) : text.len;
}

static enum status prepare_one(struct db *db, struct db_query *query) {
  struct lite *lite = db->own;
  bool rowid = false;
  size_t len = without_returning(query, &rowid);
  struct lite_query *own = calloc(1, sizeof(*own) + query->slot_count * sizeof(own->index[0]));
  if (!own) {
    die("out of memory");
  }
  own->rowid = rowid;
  query->handle = own;
  if (sqlite3_prepare_v3(lite->connection, query->text, (int)len, SQLITE_PREPARE_PERSISTENT, &own->statement,
                         NULL) != SQLITE_OK) {
    return db_fail_about(db, failure(db), query->statement->name);
  }
  for (unsigned i = 0; i < query->slot_count; i++) {
    char name[16];
    snprintf(name, sizeof(name), "$%u", i + 1);
    own->index[i] = sqlite3_bind_parameter_index(own->statement, name);
    if (own->index[i] == 0) {
      return db_fail(db, STATUS_BROKEN, "statement %s has no %s", query->statement->name, name);
    }
  }
  return rowid ? STATUS_OK : check_columns(db, query, own->statement);
}

static enum status lite_prepare(struct db *db, struct db_query *const *queries, size_t count) {
  for (size_t i = 0; i < count; i++) {
    TRY(prepare_one(db, queries[i]));
  }
  return STATUS_OK;
}

static void lite_forget(struct db *db, struct db_query *query) {
  (void)db;
  struct lite_query *own = query->handle;
  if (own) {
    sqlite3_finalize(own->statement);
    free(own);
    query->handle = NULL;
  }
}

/* ---- running ---- */

static enum status bind(struct db *db, const struct db_query *query, const void *in) {
  const struct lite_query *own = query->handle;
  for (unsigned i = 0; i < query->slot_count; i++) {
    struct db_value value = {0};
    TRY(db_value(db, query, i, in, &value));
    int at = own->index[i], code = SQLITE_OK;
    if (value.null) {
      code = sqlite3_bind_null(own->statement, at);
    } else if (value.type == DB_INT || value.type == DB_BOOL) {
      code = sqlite3_bind_int64(own->statement, at, value.number);
    } else if (value.type == DB_REAL) {
      code = sqlite3_bind_double(own->statement, at, value.real);
    } else if (value.type == DB_TEXT) {
      code = sqlite3_bind_text64(own->statement, at, value.bytes.at, value.bytes.len, SQLITE_STATIC,
                                 SQLITE_UTF8);
    } else {
      code = sqlite3_bind_blob64(own->statement, at, value.bytes.len ? value.bytes.at : "", value.bytes.len,
                                 SQLITE_STATIC);
    }
    if (code != SQLITE_OK) {
      return failure(db);
    }
  }
  return STATUS_OK;
}

static bool read_column(sqlite3_stmt *statement, int i, const struct db_column *column,
                        struct db_rows *rows) {
  void *to = (char *)rows->row + column->offset;
  int type = sqlite3_column_type(statement, i);
  if (type == SQLITE_NULL) {
    return db_column_null(column, rows->row);
  }
  switch ((enum db_type)column->type) {
    case DB_INT:
      *(int64_t *)to = sqlite3_column_int64(statement, i);
      return type == SQLITE_INTEGER;
    case DB_BOOL:
      *(bool *)to = sqlite3_column_int64(statement, i) != 0;
      return type == SQLITE_INTEGER;
    case DB_REAL:
      *(double *)to = sqlite3_column_double(statement, i);
      return type == SQLITE_FLOAT || type == SQLITE_INTEGER;
    case DB_TEXT: {
      const void *text = sqlite3_column_text(statement, i);
      *(struct str *)to = db_rows_bytes(rows, text, (size_t)sqlite3_column_bytes(statement, i));
      return type == SQLITE_TEXT;
    }
    case DB_BLOB: {
      const void *bytes = sqlite3_column_blob(statement, i);
      *(struct str *)to = db_rows_bytes(rows, bytes, (size_t)sqlite3_column_bytes(statement, i));
      return type == SQLITE_BLOB;
    }
    case DB_UUID: {
      const void *bytes = sqlite3_column_blob(statement, i);
      if (type != SQLITE_BLOB || sqlite3_column_bytes(statement, i) != (int)sizeof(struct uuid)) {
        return false;
      }
      memcpy(to, bytes, sizeof(struct uuid));
      return true;
    }
    case DB_INTS:
      break;
  }
  return false;
}

static enum status read_row(struct db *db, const struct db_query *query, sqlite3_stmt *statement,
                            struct db_rows *rows) {
  const struct db_statement *known = query->statement;
  memset(rows->row, 0, known->out_size);
  for (int i = 0; i < known->out_count; i++) {
    if (!read_column(statement, i, &known->out[i], rows)) {
      return db_fail(db, STATUS_BROKEN, "statement %s: column %s is not of its type, or NULL", known->name,
                     known->out[i].name);
    }
  }
  return STATUS_OK;
}

static enum status step_through(struct db *db, struct db_query *query, sqlite3_stmt *statement,
                                struct db_rows *rows) {
  for (bool wanted = true;;) {
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) {
      return STATUS_OK;
    }
    if (code != SQLITE_ROW) {
      return failure(db);
    }
    if (wanted && rows->take) {
      TRY(read_row(db, query, statement, rows));
      wanted = db_rows_take(rows);
    }
    /* A statement that writes is always run to its end. */
    if (!wanted && !query->statement->writes) {
      return STATUS_OK;
    }
  }
}

static enum status lite_run(struct db *db, struct db_query *query, const void *in, struct db_rows *rows) {
  const struct lite *lite = db->own;
  const struct lite_query *own = query->handle;
  TRY(bind(db, query, in));
  enum status status = step_through(db, query, own->statement, rows);
  if (status == STATUS_OK && own->rowid && rows->take) {
    *(int64_t *)((char *)rows->row + query->statement->out[0].offset) =
        sqlite3_last_insert_rowid(lite->connection);
    (void)db_rows_take(rows); /* its failure stands in rows->refused */
  }
  rows->changed = sqlite3_changes64(lite->connection);
  sqlite3_reset(own->statement); /* says again what step has said */
  return status;
}

static enum status control_one(struct db *db, enum db_control control) {
  struct lite *lite = db->own;
  sqlite3_stmt **statement = &lite->controls[control];
  if (!*statement && sqlite3_prepare_v3(lite->connection, control_texts[control], -1,
                                        SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
    return failure(db);
  }
  enum status status = sqlite3_step(*statement) == SQLITE_DONE ? STATUS_OK : failure(db);
  sqlite3_reset(*statement);
  return status;
}

static enum status lite_control(struct db *db, enum db_control control) {
  TRY(control_one(db, control));
  return control == DB_SAVEPOINT_UNDO ? control_one(db, DB_SAVEPOINT_KEEP) : STATUS_OK;
}

static int64_t lite_changes(struct db *db) {
  const struct lite *lite = db->own;
  return sqlite3_total_changes64(lite->connection);
}

static bool lite_in_transaction(struct db *db) {
  const struct lite *lite = db->own;
  return lite->connection && !sqlite3_get_autocommit(lite->connection);
}

/* Writes the WAL back into the database file once it is long enough. Readers do not wait for it. Only where
 * they kept it from starting again for long does it wait for them, shortly, because a WAL without end would
 * fill the disk. */
static enum status lite_tidy(struct db *db) {
  struct lite *lite = db->own;
  if (lite->frames < lite->checkpoint_at) {
    return STATUS_OK;
  }
  bool restart = lite->frames >= RESTART_FRAMES;
  lite->checkpoint_at = lite->frames + CHECKPOINT_STEP;
  sqlite3_busy_timeout(lite->connection, RESTART_TIMEOUT_MS);
  int code = sqlite3_wal_checkpoint_v2(
      lite->connection, NULL, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  enum status status = code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? STATUS_OK : failure(db);
  sqlite3_busy_timeout(lite->connection, BUSY_TIMEOUT_MS);
  return status;
}

/* ---- a copy, page by page ---- */

static enum status refuse_copy(struct db *db, const char *what, sqlite3 *to) {
  enum status status = (sqlite3_extended_errcode(to) & 0xff) == SQLITE_FULL ? STATUS_STORAGE_FULL : STATUS_BROKEN;
  return db_fail(db, status, "%s: %.180s", what, sqlite3_errmsg(to));
}

static enum status copy_pages(struct db *db, sqlite3 *to, const struct db_progress *progress) {
  enum { PAGES_AT_ONCE = 2000 };
  const struct lite *lite = db->own;
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", lite->connection, "main");
  if (!backup) {
    return refuse_copy(db, "the copy can't begin", to);
  }
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, PAGES_AT_ONCE);
    int64_t all = sqlite3_backup_pagecount(backup);
    if (progress) {
      progress->tell(progress->arg, NULL, all - sqlite3_backup_remaining(backup), all);
    }
  }
  if (sqlite3_backup_finish(backup) != SQLITE_OK || code != SQLITE_DONE) {
    return refuse_copy(db, "a page can't be copied", to);
  }
  /* A database that needs no other file, on the disk. */
  bool good = sqlite3_exec(to, "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK;
  return good ? STATUS_OK : refuse_copy(db, "the copy can't be finished", to);
}

/* One state of the store for the whole while: without a transaction each write of somebody else would make the
 * copying begin again. */
static enum status lite_snapshot(struct db *db, const char *path, const struct db_progress *progress) {
  CLEANUP_BUF struct buf answer;
  buf_init(&answer, 32);
  bool found = false;
  TRY(make_file(db, path));
  TRY(lite_control(db, DB_BEGIN_READ));
  TRY(first(db, "SELECT COUNT(*) FROM sqlite_master", &answer, &found));
  sqlite3 *to = NULL;
  enum status status = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
                           ? copy_pages(db, to, progress)
                           : refuse_copy(db, "the copy can't be opened", to);
  sqlite3_close_v2(to);
  if (status == STATUS_OK) {
    status = lite_control(db, DB_ROLLBACK);
  }
  int fd = status == STATUS_OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (status == STATUS_OK && (fd < 0 || fsync(fd) != 0)) {
    status = db_fail(db, STATUS_BROKEN, "the copy can't be written to disk: %s", strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
  return status;
}

const struct db_engine db_sqlite = {
    .scheme = "sqlite:",
    .pgsql = false,
    .open = lite_open,
    .close = lite_close,
    .prepare = lite_prepare,
    .forget = lite_forget,
    .run = lite_run,
    .control = lite_control,
    .in_transaction = lite_in_transaction,
    .changes = lite_changes,
    .reopen = lite_reopen,
    .tidy = lite_tidy,
    .script = script,
    .first = first,
    .snapshot = lite_snapshot,
};
