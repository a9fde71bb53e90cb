#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/kit/internal.h"
#include "base/address.h"
#include "base/log.h"
#include "base/time.h"

/* The general rate limit: so many calls a minute for an account, or for the address of a caller
 * without one. A fixed table: a caller hashes to a set of WAYS entries; the stalest entry makes room, so
 * that no flood of callers can grow it. Forgetting a stale caller errs in the caller's favour. */

enum { SETS = 8192, WAYS = 4, LOCKS = 64 };

struct entry {
  uint64_t key;
  uint32_t window; /* minute number */
  uint32_t count;
};

struct limiter {
  int64_t per_minute;
  char policy[96]; /* the header lines as far as they are always alike */
  size_t policy_len;
  uint64_t seed;
  pthread_mutex_t locks[LOCKS];
  struct entry entries[SETS][WAYS];
};

struct limiter *limiter_new(int64_t per_minute) {
  if (per_minute <= 0) {
    return NULL;
  }
  struct limiter *limiter = calloc(1, sizeof *limiter);
  if (limiter == NULL) {
    die("Out of memory for the rate limit's table.");
  }
  limiter->per_minute = per_minute;
  limiter->policy_len = (size_t)snprintf(limiter->policy, sizeof limiter->policy,
                                         "RateLimit-Policy: \"default\";q=%lld;w=60\r\n"
                                         "RateLimit: \"default\";r=",
                                         (long long)per_minute);
  random_bytes(&limiter->seed, sizeof limiter->seed);
  for (int i = 0; i < LOCKS; i++) {
    pthread_mutex_init(&limiter->locks[i], NULL);
  }
  return limiter;
}

void limiter_free(struct limiter *limiter) {
  if (limiter == NULL) {
    return;
  }
  for (int i = 0; i < LOCKS; i++) {
    pthread_mutex_destroy(&limiter->locks[i]);
  }
  free(limiter);
}

/* FNV-1a with a random start, mixed at the end: callers can't aim at each other's sets. */
static uint64_t key_of(const struct limiter *limiter, int64_t account_id, struct str address) {
  uint64_t hash = UINT64_C(14695981039346656037) ^ limiter->seed;
  const unsigned char *bytes =
      account_id != 0 ? (const unsigned char *)&account_id : (const unsigned char *)address.at;
  size_t len = account_id != 0 ? sizeof account_id : address.len;
  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  }
  hash ^= hash >> 31;
  hash *= UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ (hash >> 29) ^ (account_id != 0);
}

bool limiter_take(struct limiter *limiter, int64_t account_id, struct str address, int64_t now_us,
                  struct rate *out) {
  char network[ADDRESS_COUNTED_SIZE];
  uint64_t key = key_of(limiter, account_id, account_id != 0 ? address : address_counted(address, network));
  uint32_t window = (uint32_t)(now_us / TIME_MINUTE_US);
  size_t set = (key >> 16) % SETS;
  pthread_mutex_t *lock = &limiter->locks[set % LOCKS];
  pthread_mutex_lock(lock);
  struct entry *entry = NULL;
  struct entry *stalest = &limiter->entries[set][0];
  for (int way = 0; way < WAYS && entry == NULL; way++) {
    struct entry *candidate = &limiter->entries[set][way];
    if (candidate->key == key) {
      entry = candidate;
    } else if (candidate->window < stalest->window) {
      stalest = candidate;
    }
  }
  if (entry == NULL) {
    entry = stalest;
    *entry = (struct entry){.key = key, .window = window};
  }
  if (entry->window != window) {
    entry->window = window;
    entry->count = 0;
  }
  bool fits = entry->count < limiter->per_minute;
  entry->count += fits;
  out->left = limiter->per_minute - entry->count;
  pthread_mutex_unlock(lock);
  out->reset_s = (uint32_t)((TIME_MINUTE_US - now_us % TIME_MINUTE_US + TIME_SECOND_US - 1) / TIME_SECOND_US);
  return fits;
}

void limiter_headers(const struct limiter *limiter, const struct rate *rate, struct buf *headers) {
  buf_add(headers, limiter->policy, limiter->policy_len);
  buf_add_int(headers, rate->left);
  buf_add(headers, ";t=", 3);
  buf_add_int(headers, rate->reset_s);
  buf_add(headers, "\r\n", 2);
}
