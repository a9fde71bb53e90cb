#ifndef SIGAP_BASE_TIME_H
#define SIGAP_BASE_TIME_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* All times inside are microseconds since 1970-01-01T00:00:00Z; 0 means "no time". */
#define TIME_SECOND_US INT64_C(1000000)
#define TIME_MINUTE_US (60 * TIME_SECOND_US)
#define TIME_HOUR_US (60 * TIME_MINUTE_US)
#define TIME_DAY_US (24 * TIME_HOUR_US)

/* Wall clock, plus the offset of the test clock (see time_shift). */
int64_t time_now_us(void);
/* Monotonic clock in nanoseconds, for durations and deadlines; never shifted. */
int64_t time_monotonic_ns(void);
/* Adds to the wall clock from now on (test build's --clock-file). Any thread. */
void time_shift(int64_t offset_us);

#define TIME_TEXT_SIZE 40
/* RFC 3339 UTC with milliseconds left out when the microseconds are 0, else six
 * digits: "2023-07-15T13:30:22Z", "2025-03-28T01:37:14.722128Z". Returns `out`. */
char *time_print(int64_t time_us, char out[TIME_TEXT_SIZE]);
/* RFC 3339 with any offset ("Z", "+07:00"), 0-9 fraction digits (cut to six), "T" or
 * "t". Years 1970-9999 in UTC. STATUS_INVALID else. A leap second counts as the next second. */
enum status time_parse(struct str text, int64_t *time_us) MUST_CHECK;

/* "YYYY-MM-DD", a day that exists, of the years 1-9999. The start (local midnight) of that day and of the
 * next in the named tz database zone ("Asia/Jakarta", "UTC"). */
enum status time_day(struct str text, const char *zone, int64_t *from_us, int64_t *to_us) MUST_CHECK;
/* The day of that zone's calendar (days since 1970-01-01) that a time falls in, and the first moment of a
 * day. The zone must exist (time_zone_check); an unknown one counts as UTC. */
int64_t time_local_day(int64_t time_us, const char *zone);
/* What the zone's clocks and calendars show: the day, and the second of that day (0-86399). */
void time_local(int64_t time_us, const char *zone, int64_t *day, int *second);
int64_t time_day_start(int64_t day, const char *zone);
/* "YYYY-MM-DD" of a day since 1970, NUL-terminated; and year, month (1-12), day of the month. */
void time_day_print(int64_t day, char out[16]);
void time_day_parts(int64_t day, int *year, int *month, int *month_day);
/* The zone exists on this machine. */
enum status time_zone_check(const char *zone) MUST_CHECK;
/* UTC "yyyymmdd" of a time, NUL-terminated. */
void time_yyyymmdd(int64_t time_us, char out[9]);

#endif
