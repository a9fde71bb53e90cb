#ifndef SIGAP_BASE_CTX_H
#define SIGAP_BASE_CTX_H

#include "base/problem.h"

struct arena;
struct db;
struct who;

/* The first argument of every desk command: five things, never a bag. */
struct ctx {
  struct arena *arena;    /* dies with the request */
  struct db *db;          /* the connection of the lane it runs in */
  int64_t now_us;         /* one clock reading for the whole command */
  const struct who *who;  /* the caller (desk/access); NULL before authentication */
  struct problem problem; /* set by the first function that knows */
};

#endif
