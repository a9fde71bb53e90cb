#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/problem.h"
#include "db/engine.h"

/* Counters that every command changes would be written a hundred times in a commit that a hundred commands
 * share. Here their changes are added up, and written once. */
enum {
  FIRST_SIZE = 64,
  SUMS_MAX = 1 << 16, /* so many are written before more are taken */
};

static uint64_t hash_of(const int64_t key[DB_SUM_KEY]) {
  uint64_t hash = 0;
  for (int i = 0; i < DB_SUM_KEY; i++) {
    hash = (hash ^ (uint64_t)key[i]) * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 29;
  }
  return hash;
}

/* Where the key's sum is noted, or where it may be. The table is never more than half full. */
static uint32_t *place_of(const struct db_tally *tally, const int64_t key[DB_SUM_KEY]) {
  size_t mask = 2 * tally->size - 1;
  size_t at = hash_of(key) & mask;
  while (tally->places[at] != 0 &&
         memcmp(tally->sums[tally->places[at] - 1].key, key, sizeof tally->sums->key) != 0) {
    at = (at + 1) & mask;
  }
  return &tally->places[at];
}

static void grow(struct db_tally *tally) {
  size_t size = tally->size ? 2 * tally->size : FIRST_SIZE;
  struct db_sum *sums = reallocarray(tally->sums, size, sizeof *sums);
  uint32_t *places = calloc(2 * size, sizeof *places);
  if (sums == NULL || places == NULL) {
    die("out of memory");
  }
  free(tally->places);
  tally->sums = sums;
  tally->places = places;
  tally->size = size;
  for (size_t i = 0; i < tally->count; i++) {
    *place_of(tally, tally->sums[i].key) = (uint32_t)i + 1;
  }
}

void db_tally_drop(struct db *db) {
  struct db_tally *tally = &db->tally;
  if (tally->count > 0) {
    memset(tally->places, 0, 2 * tally->size * sizeof *tally->places);
    tally->count = 0;
  }
}

void db_tally_release(struct db *db) {
  free(db->tally.sums);
  free(db->tally.places);
  db->tally = (struct db_tally){0};
}

enum status db_tally(struct ctx *ctx, const int64_t key[DB_SUM_KEY], int64_t by, int64_t at) {
  struct db *db = ctx->db;
  struct db_tally *tally = &db->tally;
  if (db->inside != DB_INSIDE_WRITE || !db->config.flush) {
    LOG(LOG_ERROR, "a sum was told outside db_write, or where nobody writes it");
    return problem_set(ctx, &problem_broken);
  }
  tally->told++;
  if (tally->count == SUMS_MAX) {
    TRY(db_flush(ctx));
  }
  if (tally->count == tally->size) {
    grow(tally);
  }
  uint32_t *place = place_of(tally, key);
  if (*place != 0) {
    struct db_sum *sum = &tally->sums[*place - 1];
    sum->sum += by;
    sum->low = at < sum->low ? at : sum->low;
    sum->high = at > sum->high ? at : sum->high;
    return STATUS_OK;
  }
  struct db_sum *sum = &tally->sums[tally->count++];
  *place = (uint32_t)tally->count;
  *sum = (struct db_sum){.sum = by, .low = at, .high = at};
  memcpy(sum->key, key, sizeof sum->key);
  return STATUS_OK;
}

static int by_key(const void *left, const void *right) {
  const struct db_sum *a = left, *b = right;
  for (int i = 0; i < DB_SUM_KEY; i++) {
    if (a->key[i] != b->key[i]) {
      return a->key[i] < b->key[i] ? -1 : 1;
    }
  }
  return 0;
}

/* In one order always, so that two transactions that change the same counters wait for each other and never
 * both. */
enum status db_flush(struct ctx *ctx) {
  struct db *db = ctx->db;
  struct db_tally *tally = &db->tally;
  if (tally->count == 0) {
    return STATUS_OK;
  }
  size_t count = 0;
  for (size_t i = 0; i < tally->count; i++) {
    if (tally->sums[i].sum != 0) {
      tally->sums[count++] = tally->sums[i];
    }
  }
  qsort(tally->sums, count, sizeof *tally->sums, by_key);
  enum status status = count > 0 ? db->config.flush(ctx, tally->sums, count) : STATUS_OK;
  db_tally_drop(db); /* written, or part of what the caller undoes */
  return status;
}
