#ifndef SIGAP_APP_DIALECTS_H
#define SIGAP_APP_DIALECTS_H

#include "api/kit/kit.h"

/* The dialects that are served and documented; ends with NULL. */
extern const struct dialect *const documented_dialects[];

#endif
