#include "config.h"

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Room for len more bytes and the NUL. */
static bool reserve(struct buffer *b, size_t len)
{
    if (len > b->limit || b->len > b->limit - len) {
        b->overflow = true;
        return false;
    }
    size_t needed = b->len + len + 1;
    if (needed > b->capacity) {
        size_t capacity = b->capacity ? b->capacity : 64;
        while (capacity < needed)
            capacity *= 2;
        b->data = mem_resize(b->data, capacity);
        b->capacity = capacity;
    }
    return true;
}

bool buffer_add(struct buffer *b, const void *bytes, size_t len)
{
    if (!reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buffer_add_text(struct buffer *b, const char *text)
{
    return buffer_add(b, text, strlen(text));
}

bool buffer_add_char(struct buffer *b, char c)
{
    return buffer_add(b, &c, 1);
}

bool buffer_printf(struct buffer *b, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int written = vasprintf(&text, format, args);
    va_end(args);
    if (written < 0) {
        b->overflow = true;
        return false;
    }
    bool fits = buffer_add(b, text, (size_t)written);
    free(text);
    return fits;
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void buffer_consume(struct buffer *b, size_t len)
{
    if (len >= b->len) {
        buffer_clear(b);
        return;
    }
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

const char *buffer_text(const struct buffer *b)
{
    return b->data == NULL ? "" : b->data;
}

char *buffer_take(struct buffer *b, size_t *len)
{
    if (b->data == NULL)
        b->data = mem_string("");
    char *data = b->data;
    if (len != NULL)
        *len = b->len;
    *b = BUFFER_LIMIT(b->limit);
    return data;
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    *b = BUFFER_LIMIT(b->limit);
}
