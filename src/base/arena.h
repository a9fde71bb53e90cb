#ifndef SIGAP_BASE_ARENA_H
#define SIGAP_BASE_ARENA_H

#include <stddef.h>

/* Memory that dies together: one arena a request. Born with a maximum; going beyond
 * it aborts with a log line, because every input was limited before (a request that
 * could reach the maximum is refused at its door). Not shared between threads at the
 * same time; it may be handed from one to another. */
struct arena;

/* A new arena that may grow to max_bytes. Never NULL (out of memory aborts). */
struct arena *arena_new(size_t max_bytes);
/* Runs the deferred calls, last first, and frees all. NULL is fine. */
void arena_free(struct arena *arena);
/* As arena_free + arena_new, but keeps the first block: for a loop that serves one
 * request after another. */
void arena_reset(struct arena *arena);
/* For __attribute__((cleanup)). */
void arena_cleanup(struct arena **arena);

/* Zeroed memory, aligned for anything. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed array; aborts when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));
/* Calls release(thing) when the arena is freed or reset: for foreign handles. */
void arena_defer(struct arena *arena, void (*release)(void *thing), void *thing);
/* Bytes handed out, and bytes that may still be. */
size_t arena_used(const struct arena *arena);
size_t arena_left(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))
#define CLEANUP_ARENA __attribute__((cleanup(arena_cleanup)))

#endif
