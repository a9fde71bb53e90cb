#ifndef SIGAP_API_TIKET_H
#define SIGAP_API_TIKET_H

#include "api/kit/kit.h"

/* The dialect of Indonesian front ends of a small technical team (docs/api/tiket.md). */
extern const struct dialect tiket_dialect;

#endif
