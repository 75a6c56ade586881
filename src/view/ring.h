/* view/ring.h: raw events, a bounded number of bytes and rows of them, in the order of their times. What is
 * too old for the bound goes, and is counted. Storing is a copy and a place in a sorted list; nothing is
 * decoded until somebody looks. */
#ifndef VIEW_RING_H
#define VIEW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define RING_ROWS_MAX 4096

struct ring_row {
    uint64_t serial; /* in the order of coming, from 1 */
    uint64_t hash;   /* of its id */
    uint64_t number; /* of the stream; 0: unknown. Orders those of one time */
    int64_t time_ns; /* 0: it tells none */
    uint32_t offset, len;
    uint32_t full_len; /* of the event as it came; more than len: only its head is kept */
    uint32_t source;   /* number of the connection that it came over */
};

/* Start with {.limit = …}. */
struct ring {
    size_t limit; /* bytes of text */
    char *text;
    size_t used, capacity;
    struct ring_row *rows; /* oldest first */
    size_t count, rows_capacity;
    uint64_t serial;  /* of the newest */
    uint64_t trimmed; /* how many were left out or dropped for the bound */
};

/* Takes a copy. An event that is there already (source, id) changes nothing; of one that is longer than a
 * quarter of the limit only what the envelope and the head of its data say.
 *   ev    text, decoded
 *   Cost  a walk over the rows' hashes, a copy; now and then one over all texts */
void ring_add(struct ring *r, size_t source, const struct event *ev, const char *text, size_t len);
const char *ring_text(const struct ring *r, const struct ring_row *row); /* row->len bytes; not terminated */
void ring_clear(struct ring *r);                                         /* keeps the limit */

#endif
