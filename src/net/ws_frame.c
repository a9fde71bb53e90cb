#include "net/ws_frame.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { RING_FIRST = 8 };

/* ---- frames ---- */

static size_t write_head(uint8_t head[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t payload) {
  head[0] = (uint8_t)(0x80 | opcode); /* whole: no fragments */
  if (payload < 126) {
    head[1] = (uint8_t)payload;
    return 2;
  }
  unsigned bytes = payload <= UINT16_MAX ? 2 : 8;
  head[1] = bytes == 2 ? 126 : 127;
  for (unsigned i = 0; i < bytes; i++) {
    head[2 + i] = (uint8_t)(payload >> (8 * (bytes - 1 - i)));
  }
  return 2 + bytes;
}

static struct ws_frame *new_frame(enum ws_opcode opcode, size_t head_len, size_t len) {
  struct ws_frame *frame = malloc(sizeof(*frame) + len);
  if (frame == NULL) {
    die("Out of memory for a WebSocket frame.");
  }
  atomic_init(&frame->references, 1);
  frame->opcode = (uint8_t)opcode;
  frame->head_len = (uint8_t)head_len;
  frame->len = len;
  return frame;
}

struct ws_frame *ws_frame_ready(struct str frames) {
  struct ws_frame *frame = new_frame(WS_PONG, 0, frames.len);
  memcpy(frame->bytes, frames.at, frames.len);
  return frame;
}

struct ws_frame *ws_frame_new(enum ws_opcode opcode, struct str first, struct str second) {
  uint8_t head[WS_HEAD_MAX];
  size_t head_len = write_head(head, opcode, first.len + second.len);
  struct ws_frame *frame = new_frame(opcode, head_len, head_len + first.len + second.len);
  memcpy(frame->bytes, head, head_len);
  if (first.len > 0) {
    memcpy(frame->bytes + head_len, first.at, first.len);
  }
  if (second.len > 0) {
    memcpy(frame->bytes + head_len + first.len, second.at, second.len);
  }
  return frame;
}

struct ws_frame *ws_frame_ref(struct ws_frame *frame) {
  atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
  return frame;
}

void ws_frame_unref(struct ws_frame *frame) {
  if (frame != NULL && atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) == 1) {
    free(frame);
  }
}

struct str ws_frame_payload(const struct ws_frame *frame) {
  return (struct str){frame->bytes + frame->head_len, frame->len - frame->head_len};
}

/* ---- the queue ---- */

static struct ws_frame **slot(const struct ws_queue *queue, uint32_t index) {
  return &queue->ring[(queue->first + index) & (queue->size - 1)];
}

static void grow(struct ws_queue *queue, uint32_t count) {
  uint32_t size = queue->size > 0 ? queue->size : RING_FIRST;
  while (size < count) {
    size *= 2;
  }
  if (size == queue->size) {
    return;
  }
  struct ws_frame **ring = malloc(size * sizeof(struct ws_frame *));
  if (ring == NULL) {
    die("Out of memory for a queue of WebSocket frames.");
  }
  for (uint32_t i = 0; i < queue->count; i++) {
    ring[i] = *slot(queue, i);
  }
  free(queue->ring);
  queue->ring = ring;
  queue->size = size;
  queue->first = 0;
}

/* Takes over the caller's reference. */
static void append(struct ws_queue *queue, struct ws_frame *frame) {
  grow(queue, queue->count + 1);
  *slot(queue, queue->count) = frame;
  queue->count++;
  queue->bytes += frame->len;
}

enum status ws_queue_push(struct ws_queue *queue, const struct ws_queue_limits *limits,
                          struct ws_frame *const *frames, uint32_t count) {
  size_t bytes = queue->bytes;
  for (uint32_t i = 0; i < count; i++) {
    bytes += frames[i]->len;
  }
  bool lone = queue->count == 0 && count == 1;
  if (count > limits->frames_max - queue->count || queue->count > limits->frames_max ||
      (bytes > limits->bytes_max && !lone)) {
    return STATUS_TOO_MANY;
  }
  for (uint32_t i = 0; i < count; i++) {
    append(queue, ws_frame_ref(frames[i]));
  }
  return STATUS_OK;
}

struct ws_frame *ws_queue_peek(const struct ws_queue *queue) {
  return queue->count > 0 ? *slot(queue, 0) : NULL;
}

void ws_queue_drop(struct ws_queue *queue) {
  struct ws_frame *frame = *slot(queue, 0);
  queue->first = (queue->first + 1) & (queue->size - 1);
  queue->count--;
  queue->bytes -= frame->len;
  queue->sent = 0;
  ws_frame_unref(frame);
  if (queue->count == 0) {
    free(queue->ring);
    *queue = (struct ws_queue){0};
  }
}

void ws_queue_move(struct ws_queue *to, struct ws_queue *from) {
  for (uint32_t i = 0; i < from->count; i++) {
    append(to, *slot(from, i));
  }
  free(from->ring);
  *from = (struct ws_queue){0};
}

unsigned ws_queue_gather(const struct ws_queue *queue, struct iovec *vectors, unsigned max) {
  unsigned count = queue->count < max ? queue->count : max;
  size_t skip = queue->sent;
  for (unsigned i = 0; i < count; i++) {
    struct ws_frame *frame = *slot(queue, i);
    vectors[i] = (struct iovec){.iov_base = frame->bytes + skip, .iov_len = frame->len - skip};
    skip = 0;
  }
  return count;
}

void ws_queue_sent(struct ws_queue *queue, size_t bytes) {
  const struct ws_frame *frame;
  while (bytes > 0 && (frame = ws_queue_peek(queue)) != NULL) {
    size_t left = frame->len - queue->sent;
    if (bytes < left) {
      queue->sent += bytes;
      return;
    }
    bytes -= left;
    ws_queue_drop(queue);
  }
}

void ws_queue_release(struct ws_queue *queue) {
  while (queue->count > 0) {
    ws_queue_drop(queue);
  }
}
