/* base/map.h: strings to pointers, and interned strings. Open addressing, keys copied by the map. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map_slot {
    char *key; /* NULL: free */
    void *value;
    unsigned hash;
};
struct map {
    struct map_slot *slots;
    size_t count, capacity; /* capacity is a power of two, or 0; start with {0} */
};

void *map_get(const struct map *m, const char *key); /* NULL: not there */
/* Sets and returns what stood there before (NULL: nothing). value must not be NULL. */
void *map_put(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key); /* returns what stood there */
/* Walks all entries in no order: `for (size_t i = 0; map_next(&m, &i, &key, &value);)`. Do not change the map
 * meanwhile. */
bool map_next(const struct map *m, size_t *i, const char **key, void **value);
void map_free(struct map *m, void (*free_value)(void *)); /* free_value may be NULL */

/* A pool of strings, each kept once: equal texts give the same pointer, valid until the pool is freed. */
struct intern {
    struct map map;
};
const char *intern_text(struct intern *pool, const char *text); /* NULL gives NULL */
void intern_free(struct intern *pool);

#endif
