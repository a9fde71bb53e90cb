#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "db/engine.h"

/* PostgreSQL by libpq: blocking, one connection for each thread, every statement prepared by name with its
 * types said, parameters and results in binary. */
enum {
  TYPE_BOOL = 16,
  TYPE_BYTEA = 17,
  TYPE_INT8 = 20,
  TYPE_TEXT = 25,
  TYPE_FLOAT8 = 701,
  TYPE_VARCHAR = 1043,
  PREPARE_AT_ONCE = 32, /* texts in one round trip */
  NAME_SIZE = 16,
};

/* What every connection is set to. A statement that hangs must not hold a worker for ever, and a worker that
 * died within a transaction must not hold its locks. */
static const char settings[] =
    "-c client_min_messages=warning -c statement_timeout=30s -c lock_timeout=10s"
    " -c idle_in_transaction_session_timeout=60s -c default_transaction_isolation=read\\ committed"
    /* Every statement is a walk along an index, and the disk no longer a spinning one. */
    " -c random_page_cost=1.1";

struct pg {
  PGconn *connection;
  struct db_acting told; /* for whom the transaction under way runs, as far as it was told */
};

static const struct db_acting told_nothing = {INT64_MIN, 0};
/* For whom the transaction's statements run: what the policies of every table with a tenant compare. */
static const char tell_name[] = "act";
static const char tell_text[] =
    "SELECT set_config('sigap.tenant', $1, TRUE), set_config('sigap.home', $2, TRUE)";

static const char *const control_texts[DB_CONTROL_COUNT] = {
    [DB_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [DB_BEGIN_WRITE] = "BEGIN",
    [DB_BEGIN_STEADY] = "BEGIN ISOLATION LEVEL REPEATABLE READ",
    /* The key is the word "sigap" in ASCII; the lock ends with the transaction. */
    [DB_BEGIN_SCHEMA] = ("BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; "
                         "SET LOCAL sigap.tenant = '0'; SELECT pg_advisory_xact_lock(495620547952)"),
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_SAVEPOINT] = "SAVEPOINT job",
    [DB_SAVEPOINT_KEEP] = "RELEASE job",
    [DB_SAVEPOINT_UNDO] = "ROLLBACK TO job; RELEASE job",
};

/* ---- failures ---- */

static const struct {
  const char *state; /* the whole SQLSTATE or its class */
  enum status status;
  bool lost; /* this connection is of no use any more */
} states[] = {
    {"23505", STATUS_DUPLICATE, false},   {"40001", STATUS_RETRY, false},
    {"40P01", STATUS_RETRY, false},       {"53100", STATUS_STORAGE_FULL, false},
    {"55P03", STATUS_UNAVAILABLE, false}, /* lock_timeout */
    {"57014", STATUS_UNAVAILABLE, false}, /* statement_timeout */
    {"25P03", STATUS_UNAVAILABLE, true},  /* idle in transaction */
    {"25006", STATUS_UNAVAILABLE, true},  /* a standby after a failover: it takes no writes */
    {"57P", STATUS_UNAVAILABLE, true},    /* shutting down or starting */
    {"53", STATUS_UNAVAILABLE, false},    /* out of memory, connections, … */
    {"08", STATUS_UNAVAILABLE, true},
};

static void say_reason(struct db *db, const char *message, const char *state) {
  int len = (int)strcspn(message, "\n");
  db_fail(db, STATUS_BROKEN, "%.*s (sqlstate %s)", len, message, state ? state : "none");
}

/* The status of a failed result. Only the primary message is kept: details hold values of users. */
static enum status failure(struct db *db, const PGresult *result) {
  const struct pg *pg = db->own;
  const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
  const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
  say_reason(db, message ? message : PQerrorMessage(pg->connection), state);
  if (PQstatus(pg->connection) != CONNECTION_OK) {
    db->lost = true;
    return STATUS_UNAVAILABLE;
  }
  for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]); i++) {
    if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
      db->lost = db->lost || states[i].lost;
      return states[i].status;
    }
  }
  if (!state) {
    db->lost = true; /* libpq itself gave up: what the connection is in nobody knows */
    return STATUS_UNAVAILABLE;
  }
  return STATUS_BROKEN;
}

static bool is_good(const PGresult *result) {
  ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Takes the result over: its status, and it is freed. */
static enum status finish(struct db *db, PGresult *result) {
  enum status status = is_good(result) ? STATUS_OK : failure(db, result);
  PQclear(result);
  return status;
}

/* ---- opening ---- */

static void on_notice(void *arg, const PGresult *result) {
  (void)arg;
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  LOG(LOG_WARN, "the database says", LOG_S("message", message ? message : ""));
}

static enum status check_server(struct db *db) {
  const struct pg *pg = db->own;
  if (PQserverVersion(pg->connection) < 150000) {
    return db_fail(db, STATUS_STATE, "the server is PostgreSQL %d, but 15 or newer is needed",
                   PQserverVersion(pg->connection) / 10000);
  }
  const char *encoding = PQparameterStatus(pg->connection, "server_encoding");
  if (!encoding || strcmp(encoding, "UTF8") != 0) {
    return db_fail(db, STATUS_STATE,
                   "the database's encoding is %s, but UTF8 is needed: make it with ENCODING 'UTF8'",
                   encoding ? encoding : "unknown");
  }
  return STATUS_OK;
}

/* A password with a reserved character in it splits the address at the wrong place, and what libpq then says
 * of host, port or name shows a part of it. So such an address is refused before, and stays untold. */
static bool is_split_wrong(const PQconninfoOption *option) {
  const char *value = option->val;
  if (!value || !*value) {
    return false;
  }
  if (strcmp(option->keyword, "port") == 0) {
    return value[strspn(value, "0123456789,")] != '\0';
  }
  if (strcmp(option->keyword, "host") == 0) {
    return strchr(value + 1, '@') != NULL; /* the first may stand before an abstract socket */
  }
  return strcmp(option->keyword, "dbname") == 0 && strchr(value, '@') && strchr(value, '/');
}

static enum status check_address(struct db *db) {
  char *message = NULL;
  PQconninfoOption *options = PQconninfoParse(db->url, &message);
  bool good = options != NULL;
  for (const PQconninfoOption *option = options; good && option->keyword; option++) {
    good = !is_split_wrong(option);
  }
  PQconninfoFree(options);
  PQfreemem(message);
  return good
             ? STATUS_OK
             : db_fail(db, STATUS_INVALID,
                       "the address must look like postgresql://user:password@host/name; reserved characters "
                       "in user and password are written as %%XX");
}

static enum status connect_now(struct db *db) {
  struct pg *pg = db->own;
  /* What stands before the address gives way to what the address says. */
  const char *names[] = {"options",          "application_name", "connect_timeout", "keepalives_idle",
                         "tcp_user_timeout", "dbname",           "client_encoding", NULL};
  const char *values[] = {settings, "sigap", "5", "60", "30000", db->url, "UTF8", NULL};
  pg->connection = PQconnectdbParams(names, values, 1);
  if (!pg->connection) {
    die("out of memory");
  }
  if (PQstatus(pg->connection) != CONNECTION_OK) {
    db_fail(db, STATUS_UNAVAILABLE, "%s", PQerrorMessage(pg->connection));
    db->reason[strcspn(db->reason, "\n")] = '\0';
    return STATUS_UNAVAILABLE;
  }
  pg->told = told_nothing;
  PQsetNoticeReceiver(pg->connection, on_notice, NULL);
  TRY(check_server(db));
  return finish(db, PQprepare(pg->connection, tell_name, tell_text, 2, NULL));
}

static enum status pg_open(struct db *db, bool create) {
  (void)create; /* the database itself is its administrator's to make */
  struct pg *pg = calloc(1, sizeof(*pg));
  if (!pg) {
    die("out of memory");
  }
  db->own = pg;
  TRY(check_address(db));
  return connect_now(db);
}

static void pg_close(struct db *db) {
  struct pg *pg = db->own;
  PQfinish(pg->connection);
  free(pg);
  db->own = NULL;
}

static enum status pg_reopen(struct db *db) {
  struct pg *pg = db->own;
  PQfinish(pg->connection);
  pg->connection = NULL;
  enum status status = connect_now(db);
  if (status == STATUS_OK) {
    LOG(LOG_INFO, "the connection to the database is open again");
  }
  return status;
}

/* ---- preparing ---- */

static Oid type_of(enum db_type type) {
  switch (type) {
    case DB_INT:
    case DB_INTS:
      return TYPE_INT8;
    case DB_BOOL:
      return TYPE_BOOL;
    case DB_REAL:
      return TYPE_FLOAT8;
    case DB_TEXT:
      return TYPE_TEXT;
    case DB_BLOB:
    case DB_UUID:
      return TYPE_BYTEA;
  }
  return 0;
}

static void name_of(const struct db_query *query, char name[NAME_SIZE]) {
  snprintf(name, NAME_SIZE, "q%u", (unsigned)query->number);
}

static enum status check_columns(struct db *db, const struct db_query *query, const PGresult *result) {
  const struct db_statement *known = query->statement;
  const char *names[64];
  int count = PQnfields(result);
  for (int i = 0; i < count && i < 64; i++) {
    names[i] = PQfname(result, i);
  }
  TRY(db_check_columns(db, query, names, (size_t)count));
  for (int i = 0; i < count; i++) {
    Oid type = PQftype(result, i);
    if (type == TYPE_VARCHAR) {
      type = TYPE_TEXT;
    }
    if (type != type_of((enum db_type)known->out[i].type)) {
      return db_fail(db, STATUS_BROKEN, "statement %s: column %s has type %u, cast it to what out: says",
                     known->name, known->out[i].name, (unsigned)type);
    }
  }
  return STATUS_OK;
}

static int send_one(struct pg *pg, const struct db_query *query) {
  char name[NAME_SIZE];
  name_of(query, name);
  Oid types[DB_SLOTS_MAX];
  for (unsigned i = 0; i < query->slot_count; i++) {
    unsigned column = query->slots ? query->slots[i].column : i;
    types[i] = type_of((enum db_type)query->statement->in[column].type);
  }
  return PQsendPrepare(pg->connection, name, query->text, query->slot_count, types) &&
         PQsendDescribePrepared(pg->connection, name);
}

/* One result of the pipeline and the NULL that follows it. */
static PGresult *next_result(struct pg *pg) {
  PGresult *result = PQgetResult(pg->connection);
  PGresult *end = result ? PQgetResult(pg->connection) : NULL;
  PQclear(end);
  return result;
}

static enum status receive_one(struct db *db, struct db_query *query) {
  struct pg *pg = db->own;
  PGresult *prepared = next_result(pg);
  PGresult *described = next_result(pg);
  enum status status = STATUS_OK;
  if (!is_good(prepared)) {
    status = db_fail_about(db, failure(db, prepared), query->statement->name);
  } else if (!is_good(described)) {
    status = db_fail_about(db, failure(db, described), query->statement->name);
  } else {
    query->handle = pg; /* the server has it */
    status = check_columns(db, query, described);
  }
  PQclear(prepared);
  PQclear(described);
  return status;
}

static enum status prepare_some(struct db *db, struct db_query *const *queries, size_t count) {
  struct pg *pg = db->own;
  if (!PQenterPipelineMode(pg->connection)) {
    return failure(db, NULL);
  }
  bool sent = true;
  for (size_t i = 0; i < count && sent; i++) {
    sent = send_one(pg, queries[i]);
  }
  if (!sent || !PQpipelineSync(pg->connection)) {
    db->lost = true; /* half a pipeline can't be taken back */
    return failure(db, NULL);
  }
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count; i++) {
    char first_reason[DB_REASON_SIZE];
    memcpy(first_reason, db->reason, sizeof(first_reason));
    enum status one = receive_one(db, queries[i]);
    if (status == STATUS_OK) {
      status = one;
    } else {
      memcpy(db->reason, first_reason, sizeof(first_reason));
    }
  }
  PQclear(PQgetResult(pg->connection)); /* the sync */
  if (!PQexitPipelineMode(pg->connection)) {
    db->lost = true;
  }
  return status;
}

static enum status pg_prepare(struct db *db, struct db_query *const *queries, size_t count) {
  for (size_t i = 0; i < count; i += PREPARE_AT_ONCE) {
    size_t some = count - i < PREPARE_AT_ONCE ? count - i : PREPARE_AT_ONCE;
    TRY(prepare_some(db, queries + i, some));
  }
  return STATUS_OK;
}

static void pg_forget(struct db *db, struct db_query *query) {
  struct pg *pg = db->own;
  if (!query->handle) {
    return;
  }
  query->handle = NULL;
  /* Plain statements live as long as their connection; only variants make room for others. */
  if (query->slots && !db->lost && PQstatus(pg->connection) == CONNECTION_OK) {
    char sql[NAME_SIZE + 16];
    snprintf(sql, sizeof(sql), "DEALLOCATE q%u", (unsigned)query->number);
    PQclear(PQexec(
        pg->connection,
        sql)); /* fails in a failed transaction: then the server keeps it, the number is never used again */
  }
}

/* ---- running ---- */

struct parameters {
  const char *values[DB_SLOTS_MAX];
  int lengths[DB_SLOTS_MAX], formats[DB_SLOTS_MAX];
  uint64_t numbers[DB_SLOTS_MAX]; /* in network order */
};

static enum status fill(struct db *db, const struct db_query *query, const void *in, struct parameters *out) {
  for (unsigned i = 0; i < query->slot_count; i++) {
    struct db_value value = {0};
    TRY(db_value(db, query, i, in, &value));
    out->formats[i] = 1;
    out->values[i] = (const char *)&out->numbers[i];
    out->lengths[i] = (int)sizeof(uint64_t);
    if (value.null) {
      out->values[i] = NULL;
      out->lengths[i] = 0;
    } else if (value.type == DB_INT) {
      out->numbers[i] = htobe64((uint64_t)value.number);
    } else if (value.type == DB_BOOL) {
      out->numbers[i] = 0;
      *(char *)&out->numbers[i] = (char)value.number;
      out->lengths[i] = 1;
    } else if (value.type == DB_REAL) {
      uint64_t bits = 0;
      memcpy(&bits, &value.real, sizeof(bits));
      out->numbers[i] = htobe64(bits);
    } else {
      if (value.bytes.len > INT32_MAX / 2) {
        return db_fail(db, STATUS_BROKEN, "statement %s: a value is too long", query->statement->name);
      }
      out->values[i] = value.bytes.len ? value.bytes.at : "";
      out->lengths[i] = (int)value.bytes.len;
    }
  }
  return STATUS_OK;
}

static bool read_column(const PGresult *result, int row, int i, const struct db_column *column,
                        struct db_rows *rows) {
  void *to = (char *)rows->row + column->offset;
  if (PQgetisnull(result, row, i)) {
    return db_column_null(column, rows->row);
  }
  const char *at = PQgetvalue(result, row, i);
  size_t len = (size_t)PQgetlength(result, row, i);
  uint64_t bits = 0;
  if (len == sizeof(bits)) {
    memcpy(&bits, at, sizeof(bits));
    bits = be64toh(bits);
  }
  switch ((enum db_type)column->type) {
    case DB_INT:
      *(int64_t *)to = (int64_t)bits;
      return len == sizeof(bits);
    case DB_BOOL:
      *(bool *)to = *at != 0;
      return len == 1;
    case DB_REAL:
      memcpy(to, &bits, sizeof(bits));
      return len == sizeof(bits);
    case DB_TEXT:
    case DB_BLOB:
      *(struct str *)to = db_rows_bytes(rows, at, len);
      return true;
    case DB_UUID:
      if (len == sizeof(struct uuid)) {
        memcpy(to, at, len);
      }
      return len == sizeof(struct uuid);
    case DB_INTS:
      break;
  }
  return false;
}

static enum status read_rows(struct db *db, const struct db_query *query, const PGresult *result,
                             struct db_rows *rows) {
  const struct db_statement *known = query->statement;
  for (int row = 0; row < PQntuples(result); row++) {
    memset(rows->row, 0, known->out_size);
    for (int i = 0; i < known->out_count; i++) {
      if (!read_column(result, row, i, &known->out[i], rows)) {
        return db_fail(db, STATUS_BROKEN, "statement %s: column %s is not of its type, or NULL", known->name,
                       known->out[i].name);
      }
    }
    if (!db_rows_take(rows)) {
      break;
    }
  }
  return STATUS_OK;
}

static bool was_told(const struct pg *pg, const struct db_acting *acting) {
  return pg->told.tenant_id == acting->tenant_id && pg->told.home_tenant_id == acting->home_tenant_id;
}

static int send_acting(struct pg *pg, const struct db_acting *acting) {
  char tenant[24], home[24];
  snprintf(tenant, sizeof(tenant), "%" PRId64, acting->tenant_id);
  snprintf(home, sizeof(home), "%" PRId64, acting->home_tenant_id);
  const char *values[] = {tenant, home};
  return PQsendQueryPrepared(pg->connection, tell_name, 2, values, NULL, NULL, 1);
}

/* Tells for whom and runs the statement, in one round trip. Outside a transaction the two are one by
 * themselves. NULL: nothing could be sent. */
static PGresult *tell_and_run(struct db *db, const char *name, int count, const struct parameters *in) {
  struct pg *pg = db->own;
  if (!PQenterPipelineMode(pg->connection)) {
    return NULL;
  }
  if (!send_acting(pg, &db->acting) ||
      !PQsendQueryPrepared(pg->connection, name, count, in->values, in->lengths, in->formats, 1) ||
      !PQpipelineSync(pg->connection)) {
    db->lost = true; /* half a pipeline can't be taken back */
    return NULL;
  }
  PGresult *told = next_result(pg);
  PGresult *result = next_result(pg);
  PQclear(PQgetResult(pg->connection)); /* the sync */
  if (!PQexitPipelineMode(pg->connection)) {
    db->lost = true;
  }
  if (!is_good(told)) {
    PQclear(result); /* it was not run */
    return told;
  }
  PQclear(told);
  if (db->inside != DB_INSIDE_NOTHING) {
    pg->told = db->acting;
  }
  return result;
}

static enum status pg_run(struct db *db, struct db_query *query, const void *in, struct db_rows *rows) {
  const struct pg *pg = db->own;
  struct parameters parameters;
  TRY(fill(db, query, in, &parameters));
  char name[NAME_SIZE];
  name_of(query, name);
  PGresult *result = was_told(pg, &db->acting)
                         ? PQexecPrepared(pg->connection, name, query->slot_count, parameters.values,
                                          parameters.lengths, parameters.formats, 1)
                         : tell_and_run(db, name, query->slot_count, &parameters);
  enum status status = is_good(result) ? STATUS_OK : failure(db, result);
  if (status == STATUS_OK) {
    int64_t changed = 0;
    rows->changed = str_int(str_of(PQcmdTuples(result)), &changed) == STATUS_OK ? changed : 0;
    if (rows->take) {
      status = read_rows(db, query, result, rows);
    }
  }
  PQclear(result);
  return status;
}

static enum status pg_control(struct db *db, enum db_control control) {
  struct pg *pg = db->own;
  pg->told = told_nothing;
  PGresult *result = PQexec(pg->connection, control_texts[control]);
  /* The server answers the COMMIT of a transaction in which a statement failed with a roll-back and no error.
   */
  bool undone = control == DB_COMMIT && is_good(result) && strcmp(PQcmdStatus(result), "COMMIT") != 0;
  TRY(finish(db, result));
  if (undone) {
    return db_fail(db, STATUS_BROKEN, "a command went on after a statement of it had failed");
  }
  return STATUS_OK;
}

static bool pg_in_transaction(struct db *db) {
  const struct pg *pg = db->own;
  PGTransactionStatusType status = PQtransactionStatus(pg->connection);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

static enum status pg_script(struct db *db, const char *sql) {
  const struct pg *pg = db->own;
  return finish(db, PQexec(pg->connection, sql));
}

static enum status pg_first(struct db *db, const char *sql, struct buf *out, bool *found) {
  const struct pg *pg = db->own;
  PGresult *result = PQexec(pg->connection, sql);
  if (!is_good(result)) {
    return finish(db, result);
  }
  *found = PQntuples(result) > 0 && PQnfields(result) > 0 && !PQgetisnull(result, 0, 0);
  if (*found) {
    buf_add(out, PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0));
  }
  PQclear(result);
  return STATUS_OK;
}

const struct db_engine db_pgsql = {
    .scheme = "postgresql://",
    .pgsql = true,
    .open = pg_open,
    .close = pg_close,
    .prepare = pg_prepare,
    .forget = pg_forget,
    .run = pg_run,
    .control = pg_control,
    .in_transaction = pg_in_transaction,
    .reopen = pg_reopen,
    .tidy = NULL,
    .script = pg_script,
    .first = pg_first,
};
