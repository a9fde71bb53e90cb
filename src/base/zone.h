#ifndef SIGAP_BASE_ZONE_H
#define SIGAP_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Time zones of the tz database, read from TZif files (RFC 8536) by ourselves: libc
 * knows one zone a process, which threads can't share. Inside base; others use time.h. */
struct zone;

/* The named zone, read once and kept for the life of the process. Any thread.
 * STATUS_INVALID for a name that is none or is not on this machine; "UTC" always is. */
enum status zone_find(const char *name, const struct zone **zone) MUST_CHECK;

/* The zone in the bytes of a TZif file, NULL where they are none. For zone_find and tests. */
struct zone *zone_read(const uint8_t *bytes, size_t len);
void zone_free(struct zone *zone);

/* Seconds east of UTC in force at a time, and when that ends: the next transition
 * after `at_s`, INT64_MAX where there is none. Seconds since 1970. */
int32_t zone_offset(const struct zone *zone, int64_t at_s, int64_t *until_s);

/* The first moment at which the zone's clocks show local_s (seconds since 1970 as if it
 * were UTC) or later: the start of a day also where midnight is skipped or comes twice. */
int64_t zone_first(const struct zone *zone, int64_t local_s);

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar, and its year. */
int64_t zone_days(int64_t year, unsigned month, unsigned day);
int64_t zone_year(int64_t days, unsigned *month, unsigned *day);

#endif
