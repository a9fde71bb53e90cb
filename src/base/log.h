#ifndef SIGAP_BASE_LOG_H
#define SIGAP_BASE_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Before the first thread starts. Default: info, text, standard error. */
void log_setup(enum log_level level, enum log_format format);
/* The least level that is written. */
enum log_level log_threshold(void);

/* Secrets and personal data (passwords, tokens, e-mail addresses, names, ticket
 * texts) never go into a log line; ids do. */
struct log_field {
  const char *name;
  const char *text; /* NULL: the number counts */
  int64_t number;
};
#define LOG_S(name, text) ((struct log_field){(name), (text), 0})
#define LOG_N(name, number) ((struct log_field){(name), NULL, (number)})

/* One line: time, level, the event as a sentence, fields. One write call, so lines of
 * several threads never mix. Control characters and quotes are escaped. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
#define LOG(level, event, ...)                                                    \
  log_write((level), (event), (const struct log_field[]){{0}, ##__VA_ARGS__} + 1, \
            sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_field) - 1)

/* For what can't happen and out of memory: log and abort. */
_Noreturn void die(const char *sentence);

#endif
