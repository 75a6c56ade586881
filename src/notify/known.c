/* Open addressing, one slot after the other; what is removed leaves no gap. */
#include "config.h"

#include "notify/known.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

_Static_assert(KNOWN_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key is that of SipHash");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "the hash is one number");

uint64_t known_hash(const unsigned char key[KNOWN_KEY_BYTES], size_t source, const char *id)
{
    unsigned char keyed[KNOWN_KEY_BYTES];
    uint64_t hash = 0;
    memcpy(keyed, key, sizeof keyed);
    for (size_t i = 0; i < sizeof source; i++)
        keyed[i] ^= (unsigned char)(source >> (8 * i));
    (void)crypto_shorthash((unsigned char *)&hash, (const unsigned char *)id, strlen(id), keyed);
    return hash != 0 ? hash : 1;
}

/* Where the hash is, or the free slot where it belongs. */
static size_t place_of(const struct known *k, uint64_t hash)
{
    size_t i = hash & (k->capacity - 1);
    while (k->slots[i] != 0 && k->slots[i] != hash)
        i = (i + 1) & (k->capacity - 1);
    return i;
}

bool known_has(const struct known *k, uint64_t hash)
{
    return k->count > 0 && k->slots[place_of(k, hash)] != 0;
}

static void grow(struct known *k)
{
    const struct known old = *k;
    k->capacity = old.capacity > 0 ? old.capacity * 2 : 8;
    k->slots = mem_alloc(k->capacity * sizeof *k->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i] != 0)
            k->slots[place_of(k, old.slots[i])] = old.slots[i];
    free(old.slots);
}

bool known_add(struct known *k, uint64_t hash)
{
    if ((k->count + 1) * 4 > k->capacity * 3)
        grow(k);
    const size_t place = place_of(k, hash);
    if (k->slots[place] != 0)
        return true;
    k->slots[place] = hash;
    k->count++;
    return false;
}

bool known_remove(struct known *k, uint64_t hash)
{
    if (!known_has(k, hash))
        return false;
    const size_t mask = k->capacity - 1;
    size_t gap = place_of(k, hash);
    for (size_t i = (gap + 1) & mask; k->slots[i] != 0; i = (i + 1) & mask) {
        const size_t home = k->slots[i] & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* its home lies behind the gap */
        k->slots[gap] = k->slots[i];
        gap = i;
    }
    k->slots[gap] = 0;
    k->count--;
    return true;
}

void known_free(struct known *k)
{
    free(k->slots);
    *k = (struct known){0};
}
