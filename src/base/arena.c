#include "config.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct arena_block {
    struct arena_block *older;
    size_t size_bytes;
    max_align_t bytes[];
};

#define ALIGN_BYTES _Alignof(max_align_t)

static void start_block(struct arena *a, struct arena_block *block)
{
    a->next = (char *)block->bytes;
    a->end = a->next + block->size_bytes;
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
    size_t rounded = (size_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (rounded > (size_t)(a->end - a->next)) {
        size_t block_bytes = a->block_size ? a->block_size : 4096;
        while (block_bytes < rounded)
            block_bytes *= 2;
        struct arena_block *block = mem_resize(NULL, sizeof *block + block_bytes);
        block->older = a->blocks;
        block->size_bytes = block_bytes;
        a->blocks = block;
        a->block_size = block_bytes < 256 * 1024 ? block_bytes * 2 : block_bytes;
        start_block(a, block);
    }
    void *memory = a->next;
    a->next += rounded;
    return memory;
}

char *arena_string(struct arena *a, const char *text)
{
    return text == NULL ? NULL : arena_string_n(a, text, strlen(text));
}

char *arena_string_n(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = len < 0 ? 1 : (size_t)len + 1;
    char *text = arena_alloc(a, size);
    text[0] = '\0';
    if (len > 0)
        (void)vsnprintf(text, size, format, again); /* its length is known to fit */
    va_end(again);
    return text;
}

void arena_reset(struct arena *a)
{
    if (a->blocks == NULL)
        return;
    /* The newest block is the largest: it alone stays, so that a steady user allocates nothing more. */
    struct arena_block *block = a->blocks->older;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    a->blocks->older = NULL;
    start_block(a, a->blocks);
}

void arena_free(struct arena *a)
{
    arena_reset(a);
    free(a->blocks);
    *a = (struct arena){0};
}
