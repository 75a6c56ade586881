#include "config.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"

/* FNV-1a over a seed drawn once, so that nobody outside can choose keys that collide. */
static unsigned hash_key(const char *key)
{
    static unsigned seed;
    while (seed == 0)
        random_bytes(&seed, sizeof seed);
    unsigned hash = seed;
    for (const char *c = key; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    hash ^= hash >> 15;
    return hash * 2246822519u;
}

/* The slot of the key, or the free one where it belongs. */
static size_t find_slot(const struct map *m, const char *key, unsigned hash)
{
    size_t i = hash & (m->capacity - 1);
    while (m->slots[i].key != NULL && (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
        i = (i + 1) & (m->capacity - 1);
    return i;
}

void *map_get(const struct map *m, const char *key)
{
    if (m->count == 0 || key == NULL)
        return NULL;
    return m->slots[find_slot(m, key, hash_key(key))].value;
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->capacity = old.capacity ? old.capacity * 2 : 8;
    m->slots = mem_alloc(m->capacity * sizeof *m->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key != NULL)
            m->slots[find_slot(m, old.slots[i].key, old.slots[i].hash)] = old.slots[i];
    free(old.slots);
}

void *map_put(struct map *m, const char *key, void *value)
{
    if ((m->count + 1) * 4 > m->capacity * 3)
        grow(m);
    unsigned hash = hash_key(key);
    struct map_slot *slot = &m->slots[find_slot(m, key, hash)];
    void *before = slot->value;
    if (slot->key == NULL) {
        slot->key = mem_string(key);
        slot->hash = hash;
        m->count++;
    }
    slot->value = value;
    return before;
}

void *map_remove(struct map *m, const char *key)
{
    if (m->count == 0 || key == NULL)
        return NULL;
    size_t hole = find_slot(m, key, hash_key(key));
    if (m->slots[hole].key == NULL)
        return NULL;
    void *value = m->slots[hole].value;
    free(m->slots[hole].key);
    m->count--;
    /* Entries behind the hole move up where their own place is not between hole and them (Knuth, 6.4,
     * algorithm R). */
    for (size_t i = (hole + 1) & (m->capacity - 1); m->slots[i].key != NULL;
         i = (i + 1) & (m->capacity - 1)) {
        size_t home = m->slots[i].hash & (m->capacity - 1);
        if (((i - home) & (m->capacity - 1)) >= ((i - hole) & (m->capacity - 1))) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
    return value;
}

bool map_next(const struct map *m, size_t *i, const char **key, void **value)
{
    while (*i < m->capacity) {
        const struct map_slot *slot = &m->slots[(*i)++];
        if (slot->key != NULL) {
            if (key != NULL)
                *key = slot->key;
            if (value != NULL)
                *value = slot->value;
            return true;
        }
    }
    return false;
}

void map_free(struct map *m, void (*free_value)(void *))
{
    for (size_t i = 0; i < m->capacity; i++) {
        if (m->slots[i].key == NULL)
            continue;
        free(m->slots[i].key);
        if (free_value != NULL)
            free_value(m->slots[i].value);
    }
    free(m->slots);
    *m = (struct map){0};
}

const char *intern_text(struct intern *pool, const char *text)
{
    if (text == NULL)
        return NULL;
    if ((pool->map.count + 1) * 4 > pool->map.capacity * 3)
        grow(&pool->map);
    unsigned hash = hash_key(text);
    struct map_slot *slot = &pool->map.slots[find_slot(&pool->map, text, hash)];
    if (slot->key == NULL) {
        slot->key = mem_string(text);
        slot->hash = hash;
        slot->value = slot->key;
        pool->map.count++;
    }
    return slot->key;
}

void intern_free(struct intern *pool)
{
    map_free(&pool->map, NULL);
}
