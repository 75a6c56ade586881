/* base/arena.h: memory for what dies together. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
    char *next, *end;
    size_t block_size; /* bytes of the next block; 0: 4096 */
};

void *arena_alloc(struct arena *a, size_t size_bytes); /* not zeroed; aligned for any type */
char *arena_string(struct arena *a, const char *text); /* NULL gives NULL */
char *arena_string_n(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a); /* forgets all, keeps one block */
void arena_free(struct arena *a);

#endif
