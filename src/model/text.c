/* Strings with counted references: what many sequences share is kept once, and goes with the last of them. */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/internal.h"

struct text {
    uint32_t hash, references;
    char bytes[];
};

uint64_t text_hash(const char *bytes, size_t len, uint64_t seed)
{
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = (seed ^ len) * multiplier, word = 0;
    for (; len >= sizeof word; len -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * multiplier;
        hash ^= hash >> 29;
    }
    for (word = 0; len > 0; len--)
        word = word << 8 | (unsigned char)bytes[len - 1];
    hash = (hash ^ word) * multiplier;
    hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

uint32_t text_key(const char *id)
{
    uint32_t key = (uint32_t)text_hash(id, strlen(id), 0);
    return key != 0 ? key : 1;
}

static struct text *of_bytes(const char *bytes)
{
    /* Texts of the pool are handed out as const: only their counter, in front of the bytes, ever changes. */
    return (struct text *)((uintptr_t)bytes - offsetof(struct text, bytes));
}

static size_t find_slot(const struct text_pool *pool, const char *bytes, size_t len, uint32_t hash)
{
    size_t i = hash & (pool->capacity - 1);
    for (; pool->slots[i] != NULL; i = (i + 1) & (pool->capacity - 1)) {
        const struct text *text = pool->slots[i];
        if (text->hash == hash && strncmp(text->bytes, bytes, len) == 0 && text->bytes[len] == '\0')
            break;
    }
    return i;
}

static void grow(struct text_pool *pool)
{
    struct text_pool old = *pool;
    pool->capacity = old.capacity ? old.capacity * 2 : 64;
    pool->slots = mem_alloc(pool->capacity * sizeof *pool->slots);
    for (size_t k = 0; k < old.capacity; k++) {
        if (old.slots[k] == NULL)
            continue;
        size_t i = old.slots[k]->hash & (pool->capacity - 1);
        while (pool->slots[i] != NULL)
            i = (i + 1) & (pool->capacity - 1);
        pool->slots[i] = old.slots[k];
    }
    free(old.slots);
}

const char *text_take_n(struct text_pool *pool, const char *bytes, size_t len)
{
    if ((pool->count + 1) * 4 > pool->capacity * 3)
        grow(pool);
    uint32_t hash = (uint32_t)text_hash(bytes, len, 0);
    size_t i = find_slot(pool, bytes, len, hash);
    if (pool->slots[i] == NULL) {
        struct text *text = mem_alloc(sizeof *text + len + 1);
        text->hash = hash;
        memcpy(text->bytes, bytes, len);
        pool->slots[i] = text;
        pool->count++;
    }
    pool->slots[i]->references++;
    return pool->slots[i]->bytes;
}

const char *text_take(struct text_pool *pool, const char *bytes)
{
    return bytes != NULL ? text_take_n(pool, bytes, strlen(bytes)) : NULL;
}

const char *text_keep(const char *text)
{
    if (text != NULL)
        of_bytes(text)->references++;
    return text;
}

void text_drop(struct text_pool *pool, const char *bytes)
{
    if (bytes == NULL)
        return;
    struct text *text = of_bytes(bytes);
    assert(text->references > 0);
    if (--text->references > 0)
        return;
    size_t mask = pool->capacity - 1, hole = text->hash & mask;
    while (pool->slots[hole] != text)
        hole = (hole + 1) & mask;
    /* Knuth, 6.4, algorithm R: what stands behind moves up unless its own place lies between. */
    for (size_t i = (hole + 1) & mask; pool->slots[i] != NULL; i = (i + 1) & mask) {
        size_t home = pool->slots[i]->hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            pool->slots[hole] = pool->slots[i];
            hole = i;
        }
    }
    pool->slots[hole] = NULL;
    pool->count--;
    free(text);
}

void text_pool_free(struct text_pool *pool)
{
    assert(pool->count == 0); /* one that is left over is one that nobody dropped */
    free(pool->slots);
    *pool = (struct text_pool){0};
}

char *text_cut(const char *message, size_t max)
{
    if (message == NULL || message[0] == '\0')
        return NULL;
    size_t len = strnlen(message, max + 1);
    if (len <= max)
        return mem_string_n(message, len);
    const char ellipsis[] = "…";
    len = max - (sizeof ellipsis - 1);
    while (len > 0 && ((unsigned char)message[len] & 0xC0u) == 0x80u)
        len--;
    char *cut = mem_alloc(len + sizeof ellipsis);
    memcpy(cut, message, len);
    memcpy(cut + len, ellipsis, sizeof ellipsis);
    return cut;
}

bool text_is(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}
