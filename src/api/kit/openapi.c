#include "api/kit/kit.h"
void kit_openapi(const struct dialect *dialect, const char *server_url, struct buf *out) { (void)dialect; (void)server_url; buf_add_text(out, "{}"); }
