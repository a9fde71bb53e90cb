#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/options_table.h"
#include "base/time.h"

/* The settings, and how the value of each is read. */

enum { SECRET_MIN_BYTES = 32, PORT_MAX = 65535 };

const struct command_row option_commands[] = {
#include "app/commands.def"
};
const size_t option_command_count = sizeof(option_commands) / sizeof(option_commands[0]);

const struct command_row *option_command(enum command command) {
  for (size_t i = 0; i < option_command_count; i++) {
    if (option_commands[i].command == command) {
      return &option_commands[i];
    }
  }
  return NULL;
}

static enum status expected(struct option_reader *reader, const struct option *option,
                            struct option_value value, const char *what) {
  if (option->secret) {
    snprintf(reader->why, 512, "%s must be %s.", value.source, what);
  } else {
    snprintf(reader->why, 512, "%s must be %s, not \"%.*s\".", value.source, what,
             (int)(value.text.len < 100 ? value.text.len : 100), value.text.at);
  }
  return STATUS_INVALID;
}

static enum status read_text(struct option_reader *reader, const struct option *option,
                             struct option_value value, void *member) {
  if (memchr(value.text.at, '\0', value.text.len) != NULL) {
    return expected(reader, option, value, "text without NUL bytes");
  }
  *(const char **)member = value.text.at;
  return STATUS_OK;
}

static enum status read_bytes(struct option_reader *reader, const struct option *option,
                              struct option_value value, void *member) {
  if ((int64_t)value.text.len < option->min) {
    char what[64];
    snprintf(what, sizeof(what), "at least %lld bytes long", (long long)option->min);
    return expected(reader, option, value, what);
  }
  *(struct str *)member = value.text;
  return STATUS_OK;
}

static enum status read_number(struct option_reader *reader, const struct option *option,
                               struct option_value value, void *member) {
  int64_t number = 0;
  if (str_int(value.text, &number) != STATUS_OK || number < option->min || number > option->max) {
    char what[96];
    snprintf(what, sizeof(what), "a whole number from %lld to %lld", (long long)option->min,
             (long long)option->max);
    return expected(reader, option, value, what);
  }
  if (option->size == sizeof(int64_t)) {
    *(int64_t *)member = number;
  } else {
    *(uint32_t *)member = (uint32_t)number;
  }
  return STATUS_OK;
}

static enum status read_rate(struct option_reader *reader, const struct option *option,
                             struct option_value value, void *member) {
  int64_t number = 0;
  if (!str_is(value.text, "off") &&
      (str_int(value.text, &number) != STATUS_OK || number < option->min || number > option->max)) {
    return expected(reader, option, value, "a number of requests a minute (1 or more), or off");
  }
  *(int64_t *)member = number;
  return STATUS_OK;
}

static enum status read_on_off(struct option_reader *reader, const struct option *option,
                               struct option_value value, void *member) {
  if (str_is(value.text, "on") || str_is(value.text, "true") || str_is(value.text, "yes") ||
      str_is(value.text, "1")) {
    *(bool *)member = true;
  } else if (str_is(value.text, "off") || str_is(value.text, "false") || str_is(value.text, "no") ||
             str_is(value.text, "0")) {
    *(bool *)member = false;
  } else {
    return expected(reader, option, value, "on or off");
  }
  return STATUS_OK;
}

static enum status read_listen(struct option_reader *reader, const struct option *option,
                               struct option_value value, void *member) {
  static const char what[] = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
  struct options *out = member; /* two members: the row's offset is 0 */
  size_t colon = value.text.len;
  while (colon > 0 && value.text.at[colon - 1] != ':') {
    colon--;
  }
  int64_t port = 0;
  if (colon < 2) {
    return expected(reader, option, value, what);
  }
  struct str port_text = {value.text.at + colon, value.text.len - colon};
  struct str host = {value.text.at, colon - 1};
  if (str_int(port_text, &port) != STATUS_OK || port < 0 || port > PORT_MAX) {
    return expected(reader, option, value, what);
  }
  if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
    host = (struct str){host.at + 1, host.len - 2};
  } else if (str_is(host, "localhost")) {
    host = STR("127.0.0.1");
  } else if (str_find(host, ':') < host.len) {
    return expected(reader, option, value, what);
  }
  char *address = str_c(reader->arena, host);
  struct in6_addr raw;
  if (inet_pton(AF_INET, address, &raw) != 1 && inet_pton(AF_INET6, address, &raw) != 1) {
    return expected(reader, option, value, what);
  }
  out->listen_address = address;
  out->listen_port = (uint16_t)port;
  return STATUS_OK;
}

static bool is_plain_url(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] <= ' ' || text.at[i] == 0x7f || text.at[i] == '"' || text.at[i] == '<' ||
        text.at[i] == '>') {
      return false;
    }
  }
  return true;
}

static enum status read_web_url(struct option_reader *reader, const struct option *option,
                                struct option_value value, void *member) {
  struct str url = value.text;
  while (str_ends(url, "/")) {
    url.len--;
  }
  bool web = (str_starts(url, "https://") && url.len > 8) || (str_starts(url, "http://") && url.len > 7);
  if (!web || !is_plain_url(url)) {
    return expected(reader, option, value, "an address that begins with https:// or http://");
  }
  *(const char **)member = str_c(reader->arena, url);
  return STATUS_OK;
}

static enum status read_smtp_url(struct option_reader *reader, const struct option *option,
                                 struct option_value value, void *member) {
  if (!(str_starts(value.text, "smtp://") || str_starts(value.text, "smtps://")) ||
      !is_plain_url(value.text)) {
    return expected(reader, option, value, "an address like smtp://user:password@host:port or smtps://host");
  }
  return read_text(reader, option, value, member);
}

static enum status read_database(struct option_reader *reader, const struct option *option,
                                 struct option_value value, void *member) {
  struct options *out = member; /* two members: the row's offset is 0 */
  bool pgsql = str_starts(value.text, "postgresql://") || str_starts(value.text, "postgres://");
  if (!pgsql && !(str_starts(value.text, "sqlite:") && value.text.len > 7)) {
    return expected(reader, option, value, "sqlite:PATH or postgresql://user:password@host/name");
  }
  TRY(read_text(reader, option, value, (void *)&out->database));
  out->database_is_pgsql = pgsql;
  return STATUS_OK;
}

static enum status read_zone(struct option_reader *reader, const struct option *option,
                             struct option_value value, void *member) {
  if (time_zone_check(value.text.at) != STATUS_OK) {
    return expected(reader, option, value, "a time zone this machine knows, such as Asia/Jakarta or UTC");
  }
  return read_text(reader, option, value, member);
}

/* One of the words of the metavar ("text|json"): the member becomes its place in there. */
static enum status read_choice(struct option_reader *reader, const struct option *option,
                               struct option_value value, void *member) {
  int place = 0;
  for (struct str left = str_of(option->metavar); left.at != NULL; place++) {
    size_t size = str_find(left, '|');
    if (str_equal(value.text, (struct str){left.at, size})) {
      *(int *)member = place;
      return STATUS_OK;
    }
    left = size < left.len ? str_of(left.at + size + 1) : STR_NONE;
  }
  return expected(reader, option, value, str_format(reader->arena, "one of %s", option->metavar).at);
}

const struct option option_rows[] = {
#include "app/options.def"
};
const size_t option_count = sizeof(option_rows) / sizeof(option_rows[0]);
static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MAX,
              "more settings than there is room for");
