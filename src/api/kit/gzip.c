#include <string.h>
#include <zlib.h>

#include "api/kit/internal.h"

/* Answers in fewer bytes for clients that take gzip (RFC 9110, 12.5.3; RFC 1952). Text of ours shrinks to a
 * sixth of its size; the slower levels make little less of it. */

enum {
  GZIP_LEAST_BYTES = 1024,
  GZIP_LEVEL = 3,
  GZIP_WRAPPER = 16,
  SMALL_BYTES = 16 * 1024,
  PIECE = 16 * 1024
};

/* ---- what the client takes ---- */

/* "q=0.5" as thousandths; 1000 where it is not said; what can't be read is nothing. */
static int weight_of(struct str parameters) {
  struct str text = str_trim(parameters);
  if (text.len == 0) {
    return 1000;
  }
  if (text.len < 3 || (text.at[0] | 0x20) != 'q' || text.at[1] != '=' || text.at[2] < '0' ||
      text.at[2] > '1') {
    return 0;
  }
  int weight = (text.at[2] - '0') * 1000;
  int unit = 100;
  for (size_t i = 4; i < text.len && unit > 0; i++, unit /= 10) {
    if (text.at[3] != '.' || text.at[i] < '0' || text.at[i] > '9') {
      return 0;
    }
    weight += (text.at[i] - '0') * unit;
  }
  return weight > 1000 ? 1000 : weight;
}

/* gzip is taken, and not less than the plain form. */
static bool takes_gzip(struct str header) {
  int gzip = -1, plain = -1, any = -1;
  while (header.len > 0) {
    size_t end = str_find(header, ',');
    struct str one = {header.at, end};
    size_t semicolon = str_find(one, ';');
    struct str coding = str_trim((struct str){one.at, semicolon});
    size_t skip = semicolon < one.len ? semicolon + 1 : one.len;
    int weight = weight_of((struct str){one.at + skip, one.len - skip});
    if (str_equal_fold(coding, STR("gzip")) || str_equal_fold(coding, STR("x-gzip"))) {
      gzip = weight;
    } else if (str_equal_fold(coding, STR("identity"))) {
      plain = weight;
    } else if (str_is(coding, "*")) {
      any = weight;
    }
    end += end < header.len;
    header = (struct str){header.at + end, header.len - end};
  }
  gzip = gzip >= 0 ? gzip : any;
  return gzip > 0 && gzip >= plain;
}

/* Pictures and PDF files are compressed already. */
static bool shrinks(struct str type) {
  return str_starts(type, "text/") || str_starts(type, "application/json") ||
         str_starts(type, "application/yaml");
}

bool call_takes_gzip(const struct call *call) {
  return takes_gzip(http_header(&call->exchange->head, "Accept-Encoding"));
}

/* ---- whole answers ---- */

bool gzip_wanted(struct call *call) {
  struct http_exchange *exchange = call->exchange;
  if (exchange->body_out.len <= GZIP_LEAST_BYTES || call->streaming ||
      !shrinks(call_own_header(call, "Content-Type")) || call_own_header(call, "Vary").at != NULL) {
    return false; /* or a handler that chooses the form itself */
  }
  http_add_header(exchange, "Vary", STR("Accept-Encoding"));
  return call_takes_gzip(call);
}

/* Small texts don't pay for a large window's memory. */
static bool deflate_begin(z_stream *stream, size_t len) {
  bool small = len <= SMALL_BYTES;
  return deflateInit2(stream, GZIP_LEVEL, Z_DEFLATED, (small ? 14 : 15) + GZIP_WRAPPER, small ? 6 : 8,
                      Z_DEFAULT_STRATEGY) == Z_OK;
}

void gzip_pack(struct call *call) {
  struct buf *body = &call->exchange->body_out;
  z_stream stream = {.next_in = (unsigned char *)body->at, .avail_in = (unsigned)body->len};
  if (!deflate_begin(&stream, body->len)) {
    etag_add(call, false); /* no memory for it: the plain form is as good */
    return;
  }
  struct buf packed;
  buf_init(&packed, body->max);
  /* Where it would not be shorter, there is no room. */
  stream.next_out = (unsigned char *)buf_reserve(&packed, body->len);
  stream.avail_out = (unsigned)body->len;
  bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.len = stream.total_out;
  deflateEnd(&stream);
  if (done) {
    buf_release(body);
    *body = packed;
    http_add_header(call->exchange, "Content-Encoding", STR("gzip"));
  } else {
    buf_release(&packed);
  }
  etag_add(call, done);
}

/* ---- streams ---- */

struct packer {
  z_stream stream;
  unsigned char piece[PIECE];
};

static void release_packer(void *packer) {
  deflateEnd(&((struct packer *)packer)->stream);
}

void gzip_stream(struct call *call, struct str type) {
  if (shrinks(type)) {
    http_add_header(call->exchange, "Vary", STR("Accept-Encoding"));
    call->packs = call_takes_gzip(call);
  }
}

static enum status pack(struct call *call, struct str bytes, int flush) {
  struct packer *packer = call->packer;
  packer->stream.next_in = (unsigned char *)bytes.at;
  packer->stream.avail_in = (unsigned)bytes.len;
  do {
    packer->stream.next_out = packer->piece;
    packer->stream.avail_out = PIECE;
    (void)deflate(&packer->stream, flush);
    TRY(stream_put(call, (struct str){(char *)packer->piece, PIECE - packer->stream.avail_out}));
  } while (packer->stream.avail_out == 0);
  return STATUS_OK;
}

/* What was gathered so far goes through the packer first. */
static enum status begin(struct call *call) {
  struct packer *packer = ARENA_NEW(call->ctx.arena, struct packer);
  call->packs = false;
  if (!deflate_begin(&packer->stream, SMALL_BYTES + 1)) {
    return STATUS_OK;
  }
  arena_defer(call->ctx.arena, release_packer, packer);
  call->packer = packer;
  http_add_header(call->exchange, "Content-Encoding", STR("gzip"));
  struct buf *out = &call->exchange->body_out;
  struct str plain = str_copy(call->ctx.arena, buf_str(out));
  buf_clear(out);
  return pack(call, plain, Z_NO_FLUSH);
}

enum status gzip_write(struct call *call, struct str bytes) {
  if (call->packs && call->exchange->body_out.len + bytes.len > GZIP_LEAST_BYTES) {
    TRY(begin(call));
  }
  return call->packer != NULL ? pack(call, bytes, Z_NO_FLUSH) : stream_put(call, bytes);
}

enum status gzip_end(struct call *call) {
  return call->packer != NULL ? pack(call, STR(""), Z_FINISH) : STATUS_OK;
}
