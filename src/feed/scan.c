/* scan.c: finds the stream's number in a message. The event's meaning is read elsewhere, and strictly; here
 * one pass over the bytes is enough, and nothing in a nested object or a string can pass for it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "feed/internal.h"

struct cursor {
    const char *p, *end;
};

static void skip_blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

/* Past a string; *from and *len get what is between the quotes, escapes as they are. */
static bool read_string(struct cursor *c, const char **from, size_t *len)
{
    if (c->p >= c->end || *c->p != '"')
        return false;
    *from = ++c->p;
    while (c->p < c->end && *c->p != '"')
        c->p += *c->p == '\\' ? 2 : 1;
    if (c->p >= c->end)
        return false;
    *len = (size_t)(c->p - *from);
    c->p++;
    return true;
}

/* Past a value of any kind, by counting brackets. */
static bool skip_value(struct cursor *c)
{
    size_t depth = 0, len;
    const char *from;
    while (c->p < c->end) {
        char ch = *c->p;
        if (ch == '"') {
            if (!read_string(c, &from, &len))
                return false;
        } else if (ch == '{' || ch == '[') {
            depth++;
            c->p++;
        } else if (ch == '}' || ch == ']') {
            if (depth == 0)
                return true; /* the end of what is around it */
            depth--;
            c->p++;
        } else if (ch == ',' && depth == 0) {
            return true;
        } else {
            c->p++;
        }
    }
    return false;
}

/* Decimal digits only, at most 20, that fit into 64 bits. */
static bool read_number(const char *text, size_t len, uint64_t *out)
{
    uint64_t n = 0;
    if (len == 0 || len > 20)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(text[i] - '0'), &n))
            return false;
    }
    *out = n;
    return true;
}

static bool read_position(const char *text, size_t len, char epoch[FEED_EPOCH_SIZE], uint64_t *number)
{
    const char *colon = memrchr(text, ':', len);
    size_t epoch_len = colon != NULL ? (size_t)(colon - text) : 0;
    if (epoch_len == 0 || epoch_len >= FEED_EPOCH_SIZE ||
        !read_number(colon + 1, len - epoch_len - 1, number))
        return false;
    for (size_t i = 0; i < epoch_len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    memcpy(epoch, text, epoch_len);
    epoch[epoch_len] = '\0';
    return true;
}

bool scan_position(const char *text, char epoch[FEED_EPOCH_SIZE], uint64_t *number)
{
    return read_position(text, strlen(text), epoch, number);
}

static bool is_key(const char *from, size_t len, const char *key)
{
    return len == strlen(key) && memcmp(from, key, len) == 0;
}

void scan_message(const char *text, size_t len, struct scan *out)
{
    struct cursor c = {text, text + len};
    const char *key, *value;
    size_t key_len, value_len;
    *out = (struct scan){0};
    skip_blanks(&c);
    if (c.p >= c.end || *c.p != '{')
        return;
    c.p++;
    for (;;) {
        skip_blanks(&c);
        if (c.p < c.end && *c.p == '}') {
            out->is_object = true;
            return;
        }
        if (!read_string(&c, &key, &key_len))
            return;
        skip_blanks(&c);
        if (c.p >= c.end || *c.p++ != ':')
            return;
        skip_blanks(&c);
        struct cursor at = c;
        if (read_string(&at, &value, &value_len)) {
            if (is_key(key, key_len, "sequence") && out->number == 0)
                (void)read_number(value, value_len, &out->number); /* what is no number is none */
            else if (is_key(key, key_len, "watermark") && !out->is_watermark)
                out->is_watermark = read_position(value, value_len, out->epoch, &out->watermark);
        }
        if (!skip_value(&c))
            return;
        if (c.p < c.end && *c.p == ',')
            c.p++;
    }
}

/* --- pieces of an answer --- */

static struct slice trim(const char *from, const char *end)
{
    while (end > from && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return end > from ? (struct slice){from, (size_t)(end - from)} : (struct slice){NULL, 0};
}

size_t scan_value(const char *text, size_t len)
{
    struct cursor c = {text, text + len};
    size_t depth = 0, string_len;
    const char *string;
    skip_blanks(&c);
    if (c.p >= c.end || (*c.p != '{' && *c.p != '['))
        return 0;
    while (c.p < c.end) {
        if (*c.p == '"') {
            if (!read_string(&c, &string, &string_len))
                return 0;
            continue;
        }
        if (*c.p == '{' || *c.p == '[')
            depth++;
        else if ((*c.p == '}' || *c.p == ']') && --depth == 0)
            return (size_t)(c.p + 1 - text);
        c.p++;
    }
    return 0;
}

struct slice scan_member(const char *text, size_t len, const char *key)
{
    struct cursor c = {text, text + len};
    const char *name;
    size_t name_len;
    skip_blanks(&c);
    if (c.p >= c.end || *c.p++ != '{')
        return (struct slice){NULL, 0};
    for (;;) {
        skip_blanks(&c);
        if (!read_string(&c, &name, &name_len))
            return (struct slice){NULL, 0};
        skip_blanks(&c);
        if (c.p >= c.end || *c.p++ != ':')
            return (struct slice){NULL, 0};
        skip_blanks(&c);
        const char *from = c.p;
        if (!skip_value(&c))
            return (struct slice){NULL, 0};
        if (is_key(name, name_len, key))
            return trim(from, c.p);
        if (*c.p == ',')
            c.p++;
    }
}

struct slice scan_item(struct slice list, size_t *at)
{
    struct cursor c = {list.text + *at, list.text + list.len};
    if (list.text == NULL || (*at == 0 && list.text[0] != '['))
        return (struct slice){NULL, 0};
    if (*at == 0)
        c.p++;
    skip_blanks(&c);
    const char *from = c.p;
    if (!skip_value(&c))
        return (struct slice){NULL, 0};
    struct slice item = trim(from, c.p);
    if (*c.p == ',')
        c.p++;
    *at = (size_t)(c.p - list.text);
    return item;
}
