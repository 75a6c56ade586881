/* base/mem.h: memory of sizes that we chose. Each function aborts when there is none; a size that came from
 * outside is checked against its limit first. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

void *mem_alloc(size_t size_bytes);               /* zeroed; the caller's, freed with free() */
void *mem_resize(void *old, size_t size_bytes);   /* as realloc */
char *mem_string(const char *text);               /* copy; NULL gives NULL */
char *mem_string_n(const char *text, size_t len); /* copy of len bytes, terminated */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool mem_same_text(const char *a, const char *b); /* equal, or both NULL */

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

/* Makes room for one more element in a growing array (doubles); use: `MEM_GROW(v->items, v->count,
 * v->capacity)`. */
#define MEM_GROW(items, count, capacity)                                                                     \
    do {                                                                                                     \
        if ((count) >= (capacity)) {                                                                         \
            (capacity) = (capacity) ? (capacity)*2 : 8;                                                      \
            (items) = mem_resize((items), (capacity) * sizeof *(items));                                     \
        }                                                                                                    \
    } while (0)

#endif
