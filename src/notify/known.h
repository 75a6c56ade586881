/* notify/known.h: a set of identifiers, of which only a keyed hash of 64 bits is kept: 1,000 take 16 KiB, and
 * nobody who does not know the key can make two that are taken for one. */
#ifndef NOTIFY_KNOWN_H
#define NOTIFY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known {              /* start with {0} */
    uint64_t *slots;        /* 0: free */
    size_t count, capacity; /* capacity is a power of two, or 0 */
};

#define KNOWN_KEY_BYTES 16

/* Of an identifier and the number of whoever gave it; never 0. */
uint64_t known_hash(const unsigned char key[KNOWN_KEY_BYTES], size_t source, const char *id);
bool known_has(const struct known *k, uint64_t hash);
bool known_add(struct known *k, uint64_t hash);    /* true: it was there */
bool known_remove(struct known *k, uint64_t hash); /* true: it was there */
void known_free(struct known *k);

#endif
