/* nearest.c: the word that was meant. */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "settings/settings.h"

#define WORD_MAX 40 /* bytes; a longer word is none that was mistyped */

/* How many letters to add, drop, change or swap with the next one to make b of a (Damerau and Levenshtein,
 * with each letter in one swap at most). */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return UINT32_MAX;
    for (size_t j = 0; j <= b_len; j++)
        above[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_len];
}

const char *settings_nearest(const char *word, const char *const *names, size_t count)
{
    size_t len = strlen(word);
    unsigned limit = len < 4 ? 1 : len < 8 ? 2 : 3, best = limit + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned n = distance(word, names[i]);
        if (n < best) {
            best = n;
            nearest = names[i];
        }
    }
    return nearest;
}
