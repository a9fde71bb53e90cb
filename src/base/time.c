#include "base/time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/zone.h"

enum { DAY_S = 86400 };

static _Atomic int64_t shift_us;

static struct timespec read_clock(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) {
    die("The clock could not be read.");
  }
  return now;
}

int64_t time_now_us(void) {
  struct timespec now = read_clock(CLOCK_REALTIME);
  return (int64_t)now.tv_sec * TIME_SECOND_US + now.tv_nsec / 1000 +
         atomic_load_explicit(&shift_us, memory_order_relaxed);
}

int64_t time_monotonic_ns(void) {
  struct timespec now = read_clock(CLOCK_MONOTONIC);
  return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void time_shift(int64_t offset_us) {
  atomic_store_explicit(&shift_us, offset_us, memory_order_relaxed);
}

/* Division that rounds down, also below zero. */
static int64_t floor_divide(int64_t number, int64_t by, int64_t *rest) {
  int64_t result = number / by;
  *rest = number % by;
  if (*rest < 0) {
    *rest += by;
    result--;
  }
  return result;
}

/* `count` decimal digits, with leading zeros; returns what stands behind them. Answers are full of times, and
 * printf takes ten times as long. */
static char *put_digits(char *at, int64_t number, int count) {
  for (int i = count - 1; i >= 0; i--) {
    at[i] = (char)('0' + number % 10);
    number /= 10;
  }
  return at + count;
}

static char *put_char(char *at, char c) {
  *at = c;
  return at + 1;
}

char *time_print(int64_t time_us, char out[TIME_TEXT_SIZE]) {
  int64_t in_day_us;
  int64_t days = floor_divide(time_us, TIME_DAY_US, &in_day_us);
  unsigned month;
  unsigned day;
  int64_t year = zone_year(days, &month, &day);
  int64_t second_of_day = in_day_us / TIME_SECOND_US;
  int64_t fraction = in_day_us % TIME_SECOND_US;
  char *at = put_digits(out, year, 4);
  at = put_digits(put_char(at, '-'), month, 2);
  at = put_digits(put_char(at, '-'), day, 2);
  at = put_digits(put_char(at, 'T'), second_of_day / 3600, 2);
  at = put_digits(put_char(at, ':'), second_of_day / 60 % 60, 2);
  at = put_digits(put_char(at, ':'), second_of_day % 60, 2);
  if (fraction != 0) {
    at = put_digits(put_char(at, '.'), fraction, 6);
  }
  *put_char(at, 'Z') = '\0';
  return out;
}

void time_yyyymmdd(int64_t time_us, char out[9]) {
  int64_t in_day_us;
  unsigned month;
  unsigned day;
  int64_t year = zone_year(floor_divide(time_us, TIME_DAY_US, &in_day_us), &month, &day);
  char *at = put_digits(out, year, 4);
  at = put_digits(at, month, 2);
  *put_digits(at, day, 2) = '\0';
}

/* Reads exactly `count` digits at the front and drops them. */
static bool take_number(struct str *s, size_t count, unsigned *out) {
  if (s->len < count) {
    return false;
  }
  unsigned number = 0;
  for (size_t i = 0; i < count; i++) {
    if (s->at[i] < '0' || s->at[i] > '9') {
      return false;
    }
    number = number * 10 + (unsigned)(s->at[i] - '0');
  }
  s->at += count;
  s->len -= count;
  *out = number;
  return true;
}

static bool take_char(struct str *s, char c) {
  if (s->len == 0 || s->at[0] != c) {
    return false;
  }
  s->at++;
  s->len--;
  return true;
}

static unsigned month_days(unsigned year, unsigned month) {
  static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* "YYYY-MM-DD" of a day that exists, as days since 1970-01-01. */
static bool take_day(struct str *s, int64_t *days) {
  unsigned year;
  unsigned month;
  unsigned day;
  if (!take_number(s, 4, &year) || !take_char(s, '-') || !take_number(s, 2, &month) || !take_char(s, '-') ||
      !take_number(s, 2, &day)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
    return false;
  }
  *days = zone_days(year, month, day);
  return true;
}

/* ".123" as microseconds; what is beyond six digits is cut. No fraction is fine. */
static bool take_fraction(struct str *s, int64_t *fraction_us) {
  *fraction_us = 0;
  if (!take_char(s, '.')) {
    return true;
  }
  int64_t unit = TIME_SECOND_US;
  int digits = 0;
  unsigned digit;
  while (take_number(s, 1, &digit)) {
    unit /= 10;
    *fraction_us += digit * unit;
    digits++;
  }
  return digits >= 1 && digits <= 9;
}

/* "Z" or "+07:00", in seconds. */
static bool take_offset(struct str *s, int64_t *offset_s) {
  *offset_s = 0;
  if (take_char(s, 'Z') || take_char(s, 'z')) {
    return true;
  }
  bool east = take_char(s, '+');
  unsigned hours;
  unsigned minutes;
  if ((!east && !take_char(s, '-')) || !take_number(s, 2, &hours) || !take_char(s, ':') ||
      !take_number(s, 2, &minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  int64_t total_s = (int64_t)hours * 3600 + (int64_t)minutes * 60;
  *offset_s = east ? total_s : -total_s;
  return true;
}

enum status time_parse(struct str text, int64_t *time_us) {
  int64_t days;
  unsigned hour;
  unsigned minute;
  unsigned second;
  int64_t fraction_us;
  int64_t offset_s;
  if (!take_day(&text, &days) || (!take_char(&text, 'T') && !take_char(&text, 't')) ||
      !take_number(&text, 2, &hour) || !take_char(&text, ':') || !take_number(&text, 2, &minute) ||
      !take_char(&text, ':') || !take_number(&text, 2, &second) || !take_fraction(&text, &fraction_us) ||
      !take_offset(&text, &offset_s) || text.len != 0) {
    return STATUS_INVALID;
  }
  if (hour > 23 || minute > 59 || second > 60) {
    return STATUS_INVALID;
  }
  int64_t time_s = days * DAY_S + hour * 3600 + minute * 60 + second - offset_s;
  /* A leap second stands only before midnight UTC. */
  if (second == 60 && time_s % DAY_S != 0) {
    return STATUS_INVALID;
  }
  if (time_s < 0 || time_s >= zone_days(10000, 1, 1) * DAY_S) {
    return STATUS_INVALID;
  }
  *time_us = time_s * TIME_SECOND_US + fraction_us;
  return STATUS_OK;
}

enum status time_day(struct str text, const char *zone, int64_t *from_us, int64_t *to_us) {
  const struct zone *rules;
  int64_t days;
  if (!take_day(&text, &days) || text.len != 0) {
    return STATUS_INVALID;
  }
  TRY(zone_find(zone, &rules));
  *from_us = zone_first(rules, days * DAY_S) * TIME_SECOND_US;
  *to_us = zone_first(rules, (days + 1) * DAY_S) * TIME_SECOND_US;
  return STATUS_OK;
}

static const struct zone *zone_or_utc(const char *name) {
  const struct zone *zone = NULL;
  if (zone_find(name, &zone) != STATUS_OK && zone_find("UTC", &zone) != STATUS_OK) {
    die("The time zone UTC is not known.");
  }
  return zone;
}

int64_t time_local_day(int64_t time_us, const char *zone) {
  const struct zone *rules = zone_or_utc(zone);
  int64_t rest;
  int64_t until_s;
  int64_t at_s = floor_divide(time_us, TIME_SECOND_US, &rest);
  int64_t day = floor_divide(at_s + zone_offset(rules, at_s, &until_s), DAY_S, &rest);
  /* Where midnight comes twice the day has begun with the first one, whatever the clocks show since. */
  return zone_first(rules, (day + 1) * DAY_S) <= at_s ? day + 1 : day;
}

void time_local(int64_t time_us, const char *zone, int64_t *day, int *second) {
  int64_t rest;
  int64_t until_s;
  int64_t at_s = floor_divide(time_us, TIME_SECOND_US, &rest);
  *day = floor_divide(at_s + zone_offset(zone_or_utc(zone), at_s, &until_s), DAY_S, &rest);
  *second = (int)rest;
}

int64_t time_day_start(int64_t day, const char *zone) {
  return zone_first(zone_or_utc(zone), day * DAY_S) * TIME_SECOND_US;
}

void time_day_print(int64_t day, char out[16]) {
  int year;
  int month;
  int month_day;
  time_day_parts(day, &year, &month, &month_day);
  char *at = put_digits(out, year, 4);
  at = put_digits(put_char(at, '-'), month, 2);
  at = put_digits(put_char(at, '-'), month_day, 2);
  *at = '\0';
}

void time_day_parts(int64_t day, int *year, int *month, int *month_day) {
  unsigned the_month;
  unsigned the_day;
  *year = (int)zone_year(day, &the_month, &the_day);
  *month = (int)the_month;
  *month_day = (int)the_day;
}

enum status time_zone_check(const char *zone) {
  const struct zone *found;
  return zone_find(zone, &found);
}
