#include <string.h>

#include "api/kit/internal.h"

/* The request in the log: W3C Trace Context, level 1. The trace is the caller's; we call nobody, and start
 * none. */

enum { TRACE_ID = 32, PARENT_ID = 16, TRACEPARENT = 55, LOG_FIELDS_MAX = 16 };

static bool is_hex(struct str text) {
  bool hex = true;
  for (size_t i = 0; i < text.len && hex; i++) {
    hex = (text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f');
  }
  return hex;
}

static bool is_zero(struct str text) {
  size_t i = 0;
  while (i < text.len && text.at[i] == '0') {
    i++;
  }
  return i == text.len;
}

/* "00-<32>-<16>-<2>"; of a version to come, that and more behind another "-". */
void trace_read(struct call *call) {
  struct str value = http_header(&call->exchange->head, "traceparent");
  if (value.len < TRACEPARENT || call_header_is_repeated(call, "traceparent")) {
    return;
  }
  struct str version = {value.at, 2};
  struct str trace = {value.at + 3, TRACE_ID};
  struct str parent = {trace.at + TRACE_ID + 1, PARENT_ID};
  struct str flags = {parent.at + PARENT_ID + 1, 2};
  bool ends = str_is(version, "00") ? value.len == TRACEPARENT
                                    : value.len == TRACEPARENT || value.at[TRACEPARENT] == '-';
  bool split = value.at[2] == '-' && trace.at[TRACE_ID] == '-' && parent.at[PARENT_ID] == '-';
  if (ends && split && is_hex(version) && !str_is(version, "ff") && is_hex(trace) && !is_zero(trace) &&
      is_hex(parent) && !is_zero(parent) && is_hex(flags)) {
    memcpy(call->trace_id, trace.at, TRACE_ID);
  }
}

void call_log(const struct call *call, enum log_level level, const char *event, const struct log_field *more,
              size_t more_count) {
  struct log_field fields[LOG_FIELDS_MAX];
  size_t count = 0;
  fields[count++] = LOG_S("route", call->route != NULL ? call->route->name : "-");
  fields[count++] = LOG_S("request_id", call->exchange->request_id);
  if (call->trace_id[0] != '\0') {
    fields[count++] = LOG_S("trace_id", call->trace_id);
  }
  for (size_t i = 0; i < more_count && count < LOG_FIELDS_MAX; i++) {
    fields[count++] = more[i];
  }
  log_write(level, event, fields, count);
}
