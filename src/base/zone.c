#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum {
  DAY_S = 86400,
  HOUR_S = 3600,
  OFFSET_MAX_S = 26 * HOUR_S,
  NAME_MAX_BYTES = 63,
  FILE_MAX_BYTES = 256 * 1024,
  TRANSITIONS_MAX = 10000,
  OFFSETS_MAX = 256,
  HEADER_BYTES = 44,
};

/* When summer time starts or ends, each year anew. */
struct rule {
  char kind; /* 'M' month, week, weekday; 'J' day 1-365 without 29 February; 'D' day 0-365 */
  int month;
  int week;
  int day;
  int32_t time_s; /* local, may be negative or beyond a day */
};

/* The rules for times behind the last transition: the POSIX TZ text at the file's end. */
struct tail {
  bool present;
  bool has_summer;
  int32_t standard_s;
  int32_t summer_s;
  struct rule start;
  struct rule end;
};

struct zone {
  size_t count;    /* of transitions */
  int64_t *starts; /* ascending */
  uint8_t *kinds;  /* which of the offsets holds from there */
  int32_t offsets[OFFSETS_MAX];
  struct tail tail;
};

int64_t zone_days(int64_t year, unsigned month, unsigned day) {
  /* Years are counted from March, so that the leap day is the last one; 400 of them
   * have 146,097 days, and 719,468 lie between 0000-03-01 and 1970-01-01. */
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t zone_year(int64_t days, unsigned *month, unsigned *day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t of_era = days - era * 146097;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t from_march = (5 * of_year + 2) / 153;
  *day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
  *month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
  return era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

/* The POSIX TZ text. ----------------------------------------------------------------- */

static bool take(const char **at, char c) {
  if (**at != c) {
    return false;
  }
  (*at)++;
  return true;
}

static bool take_digits(const char **at, int max, int *out) {
  if (**at < '0' || **at > '9') {
    return false;
  }
  int number = 0;
  while (**at >= '0' && **at <= '9') {
    number = number * 10 + (*(*at)++ - '0');
    if (number > max) {
      return false;
    }
  }
  *out = number;
  return true;
}

/* "[+-]h[h[h]][:mm[:ss]]" in seconds. */
static bool take_time(const char **at, int max_hours, int32_t *out) {
  bool negative = take(at, '-');
  if (!negative) {
    (void)take(at, '+');
  }
  int hours;
  int minutes = 0;
  int seconds = 0;
  if (!take_digits(at, max_hours, &hours)) {
    return false;
  }
  if (take(at, ':') &&
      (!take_digits(at, 59, &minutes) || (take(at, ':') && !take_digits(at, 59, &seconds)))) {
    return false;
  }
  int32_t total = hours * HOUR_S + minutes * 60 + seconds;
  *out = negative ? -total : total;
  return true;
}

/* A zone's abbreviation: letters, or anything of a few characters between < and >. */
static bool take_abbreviation(const char **at) {
  bool quoted = take(at, '<');
  int len = 0;
  for (;; len++) {
    char c = **at;
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    bool other = quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-');
    if (!letter && !other) {
      break;
    }
    (*at)++;
  }
  return len >= 3 && (!quoted || take(at, '>'));
}

static bool take_rule(const char **at, struct rule *rule) {
  *rule = (struct rule){.kind = 'D', .time_s = 2 * HOUR_S};
  if (take(at, 'M')) {
    rule->kind = 'M';
    if (!take_digits(at, 12, &rule->month) || rule->month < 1 || !take(at, '.') ||
        !take_digits(at, 5, &rule->week) || rule->week < 1 || !take(at, '.') ||
        !take_digits(at, 6, &rule->day)) {
      return false;
    }
  } else if (take(at, 'J')) {
    rule->kind = 'J';
    if (!take_digits(at, 365, &rule->day) || rule->day < 1) {
      return false;
    }
  } else if (!take_digits(at, 365, &rule->day)) {
    return false;
  }
  return !take(at, '/') || take_time(at, 167, &rule->time_s);
}

static bool read_tail(const char *text, struct tail *tail) {
  const char *at = text;
  int32_t west_s;
  if (!take_abbreviation(&at) || !take_time(&at, 24, &west_s)) {
    return false;
  }
  tail->present = true;
  tail->standard_s = -west_s;
  if (*at == '\0') {
    return true;
  }
  tail->has_summer = true;
  tail->summer_s = tail->standard_s + HOUR_S;
  if (!take_abbreviation(&at)) {
    return false;
  }
  if (*at != ',') {
    if (!take_time(&at, 24, &west_s)) {
      return false;
    }
    tail->summer_s = -west_s;
  }
  return take(&at, ',') && take_rule(&at, &tail->start) && take(&at, ',') && take_rule(&at, &tail->end) &&
         *at == '\0';
}

/* The rule's moment in a year, in local seconds. */
static int64_t rule_local_s(const struct rule *rule, int64_t year) {
  int64_t days = zone_days(year, 1, 1);
  if (rule->kind == 'M') {
    int64_t first = zone_days(year, (unsigned)rule->month, 1);
    int64_t next =
        rule->month == 12 ? zone_days(year + 1, 1, 1) : zone_days(year, (unsigned)rule->month + 1, 1);
    /* 1970-01-01 was a Thursday, day 4 of a week that starts on Sunday. */
    int64_t weekday = ((first + 4) % 7 + 7) % 7;
    days = first + (rule->day - weekday + 7) % 7 + 7 * (int64_t)(rule->week - 1);
    /* Week 5 means the last one. */
    while (days >= next) {
      days -= 7;
    }
  } else if (rule->kind == 'J') {
    bool after_leap_day = rule->day >= 60 && zone_days(year + 1, 1, 1) - days == 366;
    days += rule->day - 1 + (after_leap_day ? 1 : 0);
  } else {
    days += rule->day;
  }
  return days * DAY_S + rule->time_s;
}

static int32_t tail_offset(const struct tail *tail, int64_t at_s, int64_t *until_s) {
  *until_s = INT64_MAX;
  if (!tail->has_summer) {
    return tail->standard_s;
  }
  unsigned month;
  unsigned day;
  int64_t days = at_s / DAY_S - (at_s % DAY_S < 0 ? 1 : 0);
  int64_t year = zone_year(days, &month, &day);
  int32_t offset = tail->standard_s;
  int64_t latest = INT64_MIN;
  /* An offset may move a change over the turn of the year, so the neighbours count too.
   * The end comes first: where both fall together (summer all year), the start wins. */
  for (int64_t y = year - 1; y <= year + 1; y++) {
    int64_t end = rule_local_s(&tail->end, y) - tail->summer_s;
    int64_t start = rule_local_s(&tail->start, y) - tail->standard_s;
    if (end <= at_s && end > latest) {
      latest = end;
      offset = tail->standard_s;
    }
    if (start <= at_s && start >= latest) {
      latest = start;
      offset = tail->summer_s;
    }
    if (end > at_s && end < *until_s) {
      *until_s = end;
    }
    if (start > at_s && start < *until_s) {
      *until_s = start;
    }
  }
  return offset;
}

/* The file. -------------------------------------------------------------------------- */

static int64_t read_big(const uint8_t *at, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; i++) {
    number = number << 8 | at[i];
  }
  return bytes == 4 ? (int64_t)(int32_t)(uint32_t)number : (int64_t)number;
}

struct header {
  size_t utc_marks;
  size_t standard_marks;
  size_t leaps;
  size_t transitions;
  size_t offsets;
  size_t names;
};

static bool read_header(const uint8_t *bytes, size_t len, struct header *header) {
  if (len < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2') {
    return false;
  }
  size_t counts[6];
  for (int i = 0; i < 6; i++) {
    int64_t count = read_big(bytes + 20 + 4 * i, 4);
    if (count < 0 || count > TRANSITIONS_MAX) {
      return false;
    }
    counts[i] = (size_t)count;
  }
  *header = (struct header){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
  return true;
}

static size_t body_bytes(const struct header *header, size_t time_bytes) {
  return header->transitions * (time_bytes + 1) + header->offsets * 6 + header->names +
         header->leaps * (time_bytes + 4) + header->standard_marks + header->utc_marks;
}

/* The transitions and offsets of the second, 64-bit block. */
static bool read_body(const uint8_t *at, const struct header *header, struct zone *zone) {
  const uint8_t *kinds = at + header->transitions * 8;
  const uint8_t *offsets = kinds + header->transitions;
  for (size_t i = 0; i < header->transitions; i++) {
    zone->starts[i] = read_big(at + 8 * i, 8);
    zone->kinds[i] = kinds[i];
    if (kinds[i] >= header->offsets || (i > 0 && zone->starts[i] <= zone->starts[i - 1])) {
      return false;
    }
  }
  for (size_t i = 0; i < header->offsets; i++) {
    int64_t offset = read_big(offsets + 6 * i, 4);
    if (offset < -OFFSET_MAX_S || offset > OFFSET_MAX_S) {
      return false;
    }
    zone->offsets[i] = (int32_t)offset;
  }
  zone->count = header->transitions;
  return true;
}

/* The last line, between two line feeds; an empty one leaves the last offset in force. */
static bool read_footer(const uint8_t *at, size_t len, struct tail *tail) {
  char text[64];
  if (len < 2 || at[0] != '\n') {
    return false;
  }
  const uint8_t *end = memchr(at + 1, '\n', len - 1);
  size_t text_len = end != NULL ? (size_t)(end - at - 1) : sizeof(text);
  if (text_len >= sizeof(text)) {
    return false;
  }
  memcpy(text, at + 1, text_len);
  text[text_len] = '\0';
  return text_len == 0 || read_tail(text, tail);
}

struct zone *zone_read(const uint8_t *bytes, size_t len) {
  struct header header;
  if (!read_header(bytes, len, &header)) {
    return NULL;
  }
  size_t skip = HEADER_BYTES + body_bytes(&header, 4);
  if (skip > len || !read_header(bytes + skip, len - skip, &header)) {
    return NULL;
  }
  skip += HEADER_BYTES;
  size_t body = body_bytes(&header, 8);
  /* Leap seconds would make this zone's seconds others than ours. */
  if (header.leaps > 0 || header.offsets < 1 || header.offsets > OFFSETS_MAX || body > len - skip) {
    return NULL;
  }
  struct zone *zone = calloc(1, sizeof(*zone));
  int64_t *starts = calloc(header.transitions + 1, sizeof(*starts));
  uint8_t *kinds = calloc(header.transitions + 1, sizeof(*kinds));
  if (zone == NULL || starts == NULL || kinds == NULL) {
    die("Out of memory for a time zone.");
  }
  zone->starts = starts;
  zone->kinds = kinds;
  if (!read_body(bytes + skip, &header, zone) ||
      !read_footer(bytes + skip + body, len - skip - body, &zone->tail)) {
    zone_free(zone);
    return NULL;
  }
  return zone;
}

void zone_free(struct zone *zone) {
  if (zone != NULL) {
    free(zone->starts);
    free(zone->kinds);
    free(zone);
  }
}

/* The look-up. ----------------------------------------------------------------------- */

struct known {
  struct known *next;
  struct zone *zone;
  char name[NAME_MAX_BYTES + 1];
};

static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;
/* At most as many as the machine has files of zones. */
static struct known *known_zones;
static const struct zone utc;

/* Letters, digits, "_", "+", "-" in parts between single slashes: no way out of the folder. */
static bool is_name(const char *name) {
  size_t len = 0;
  char before = '/';
  for (; name[len] != '\0'; len++) {
    char c = name[len];
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    bool sign = c == '_' || c == '+' || c == '-';
    bool slash = c == '/' && before != '/';
    if (len == NAME_MAX_BYTES || (!letter && !sign && !slash)) {
      return false;
    }
    before = c;
  }
  return len > 0 && before != '/';
}

static struct zone *load(const char *name) {
  char path[sizeof("/usr/share/zoneinfo/") + NAME_MAX_BYTES];
  snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return NULL;
  }
  struct zone *zone = NULL;
  struct stat facts;
  if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= FILE_MAX_BYTES) {
    size_t size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL) {
      die("Out of memory for a time zone.");
    }
    size_t len = 0;
    while (len < size) {
      ssize_t got = read(fd, bytes + len, size - len);
      if (got > 0) {
        len += (size_t)got;
      } else if (got == 0 || errno != EINTR) {
        break;
      }
    }
    zone = zone_read(bytes, len);
    free(bytes);
  }
  close(fd);
  return zone;
}

static const struct zone *find_known(const char *name) {
  for (const struct known *known = known_zones; known != NULL; known = known->next) {
    if (strcmp(known->name, name) == 0) {
      return known->zone;
    }
  }
  return NULL;
}

static const struct zone *load_known(const char *name) {
  struct zone *zone = load(name);
  if (zone == NULL) {
    return NULL;
  }
  struct known *known = calloc(1, sizeof(*known));
  if (known == NULL) {
    die("Out of memory for a time zone.");
  }
  known->zone = zone;
  memcpy(known->name, name, strlen(name));
  known->next = known_zones;
  known_zones = known;
  return zone;
}

enum status zone_find(const char *name, const struct zone **zone) {
  if (name == NULL || !is_name(name)) {
    return STATUS_INVALID;
  }
  if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0) {
    *zone = &utc;
    return STATUS_OK;
  }
  pthread_mutex_lock(&known_lock);
  const struct zone *found = find_known(name);
  if (found == NULL) {
    found = load_known(name);
  }
  pthread_mutex_unlock(&known_lock);
  if (found == NULL) {
    return STATUS_INVALID;
  }
  *zone = found;
  return STATUS_OK;
}

int32_t zone_offset(const struct zone *zone, int64_t at_s, int64_t *until_s) {
  /* The number of transitions at or before at_s. */
  size_t low = 0;
  size_t high = zone->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (zone->starts[middle] <= at_s) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == zone->count && zone->tail.present) {
    return tail_offset(&zone->tail, at_s, until_s);
  }
  *until_s = low < zone->count ? zone->starts[low] : INT64_MAX;
  /* Before the first transition the file's first offset holds. */
  return zone->offsets[low == 0 ? 0 : zone->kinds[low - 1]];
}

int64_t zone_first(const struct zone *zone, int64_t local_s) {
  /* No offset is larger, so the clocks can't show local_s before. */
  int64_t at_s = local_s - OFFSET_MAX_S;
  for (;;) {
    int64_t until_s;
    int32_t offset = zone_offset(zone, at_s, &until_s);
    int64_t reached_s = local_s - offset > at_s ? local_s - offset : at_s;
    if (reached_s < until_s) {
      return reached_s;
    }
    at_s = until_s;
  }
}
