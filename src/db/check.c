#include <stdio.h>

#include "db/engine.h"

/* PostgreSQL looks after its own pages; there the question is only whether it answers. */
enum status db_check(struct ctx *ctx, char why[256]) {
  struct db *db = ctx->db;
  bool found = false;
  CLEANUP_BUF struct buf answer;
  buf_init(&answer, 4096);
  const char *question = db->engine->pgsql ? "SELECT 'ok'" : "PRAGMA quick_check(1)";
  enum status status = db->engine->first(db, question, &answer, &found);
  if (status != STATUS_OK) {
    snprintf(why, 256, "%s", db->reason);
    return status;
  }
  if (!found || !str_is(buf_str(&answer), "ok")) {
    snprintf(why, 256, "%.*s", STR_ARG(buf_str(&answer)));
    return STATUS_BROKEN;
  }
  return STATUS_OK;
}
