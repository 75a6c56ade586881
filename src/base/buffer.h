/* base/buffer.h: a growing byte buffer, born with its maximum. Always terminated by a NUL that is not
 * counted. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data; /* NULL while empty; use buffer_text() for a string */
    size_t len, capacity, limit;
    bool overflow; /* something did not fit; nothing of it was added */
};

#define BUFFER_LIMIT(bytes) ((struct buffer){.limit = (bytes)})

/* Each returns false, and adds nothing, where the limit would be passed. */
bool buffer_add(struct buffer *b, const void *bytes, size_t len);
bool buffer_add_text(struct buffer *b, const char *text);
bool buffer_add_char(struct buffer *b, char c);
bool buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_clear(struct buffer *b);               /* keeps the memory */
void buffer_consume(struct buffer *b, size_t len); /* drops the first len bytes */
const char *buffer_text(const struct buffer *b);   /* "" while empty; valid until the next change */
char *
buffer_take(struct buffer *b,
            size_t *len); /* the caller's now (free); the buffer is empty; never NULL; len may be NULL */
void buffer_free(struct buffer *b);

#endif
