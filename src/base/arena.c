#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
  ALIGNMENT = 16,
  FIRST_BLOCK_BYTES = 4096,
  LARGEST_BLOCK_BYTES = 64 * 1024,
};

struct block {
  struct block *next; /* the block made before this one */
  size_t size;        /* of the bytes behind this head */
};

struct deferred {
  struct deferred *next;
  void (*release)(void *thing);
  void *thing;
};

/* The arena's head stands at the start of its first block: one malloc for most requests. */
struct arena {
  size_t max_bytes;
  size_t used_bytes;
  char *at; /* free bytes of the current block */
  char *end;
  size_t next_block_bytes;
  struct block *blocks; /* all but the first */
  struct deferred *deferred;
};

#define ROUND_UP(size) (((size) + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1))
#define HEAD_BYTES ROUND_UP(sizeof(struct arena))
#define BLOCK_HEAD_BYTES ROUND_UP(sizeof(struct block))

static void start(struct arena *arena) {
  arena->used_bytes = 0;
  arena->at = (char *)arena + HEAD_BYTES;
  arena->end = (char *)arena + FIRST_BLOCK_BYTES;
  arena->next_block_bytes = (size_t)2 * FIRST_BLOCK_BYTES;
  arena->blocks = NULL;
  arena->deferred = NULL;
}

struct arena *arena_new(size_t max_bytes) {
  struct arena *arena = malloc(FIRST_BLOCK_BYTES);
  if (arena == NULL) {
    die("Out of memory for a request's arena.");
  }
  arena->max_bytes = max_bytes;
  start(arena);
  return arena;
}

static void run_deferred(struct arena *arena) {
  /* A release may itself defer something, hence the list is read anew each time. */
  while (arena->deferred != NULL) {
    struct deferred *deferred = arena->deferred;
    arena->deferred = deferred->next;
    deferred->release(deferred->thing);
  }
}

static void free_blocks(struct arena *arena) {
  struct block *block = arena->blocks;
  while (block != NULL) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
}

void arena_free(struct arena *arena) {
  if (arena == NULL) {
    return;
  }
  run_deferred(arena);
  free_blocks(arena);
  free(arena);
}

void arena_reset(struct arena *arena) {
  run_deferred(arena);
  free_blocks(arena);
  start(arena);
}

void arena_cleanup(struct arena **arena) {
  arena_free(*arena);
  *arena = NULL;
}

/* Zeroed memory of a new block; calloc gets it from the kernel without touching it. */
static char *new_block(struct arena *arena, size_t size) {
  struct block *block = calloc(1, BLOCK_HEAD_BYTES + size);
  if (block == NULL) {
    die("Out of memory for a request.");
  }
  block->size = size;
  block->next = arena->blocks;
  arena->blocks = block;
  return (char *)block + BLOCK_HEAD_BYTES;
}

void *arena_alloc(struct arena *arena, size_t size) {
  if (size > arena_left(arena)) {
    die("A request went beyond the maximum of its arena.");
  }
  arena->used_bytes += size;
  size_t rounded = size == 0 ? ALIGNMENT : ROUND_UP(size);
  if (rounded <= (size_t)(arena->end - arena->at)) {
    void *memory = arena->at;
    arena->at += rounded;
    memset(memory, 0, rounded);
    return memory;
  }
  if (rounded > arena->next_block_bytes / 4) {
    /* A large piece gets a block of its own; the current one goes on being filled. */
    return new_block(arena, rounded);
  }
  char *memory = new_block(arena, arena->next_block_bytes);
  arena->at = memory + rounded;
  arena->end = memory + arena->next_block_bytes;
  if (arena->next_block_bytes < LARGEST_BLOCK_BYTES) {
    arena->next_block_bytes *= 2;
  }
  return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    die("An array larger than the memory was asked for.");
  }
  return arena_alloc(arena, bytes);
}

void arena_defer(struct arena *arena, void (*release)(void *thing), void *thing) {
  struct deferred *deferred = ARENA_NEW(arena, struct deferred);
  deferred->release = release;
  deferred->thing = thing;
  deferred->next = arena->deferred;
  arena->deferred = deferred;
}

size_t arena_used(const struct arena *arena) {
  return arena->used_bytes;
}

size_t arena_left(const struct arena *arena) {
  return arena->max_bytes - arena->used_bytes;
}
