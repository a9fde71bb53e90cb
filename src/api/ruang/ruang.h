#ifndef SIGAP_API_RUANG_RUANG_H
#define SIGAP_API_RUANG_RUANG_H

#include "api/kit/kit.h"

/* The dialect of the meeting-room lending system: under /api/v1 (docs/api/ruang.md). */
extern const struct dialect ruang_dialect;

/* Once at start: the password that newly registered accounts get, which must live as long as the program.
 * Empty: none, and an invitation to set one by mail. STATUS_INVALID where the dialect's own rule refuses it;
 * ruang_password_rule says the rule as the end of a sentence. */
enum status ruang_setup(struct str default_password) MUST_CHECK;
extern const char ruang_password_rule[];

#endif
