/* The strict scanner that stands before cJSON. It is in the path of every event, hence the strings are read
 * eight bytes at a time and the usual object compares its keys without hashing or allocating. */
#include "config.h"

#include "base/json.h"

#include <endian.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"

#define FEW_KEYS   16 /* so many are compared one by one, more are sorted */
#define NUMBER_MAX 63 /* characters of a number that cJSON reads */

/* A key of an object that is still open. `head` holds its first eight bytes and so tells most keys apart. */
struct key {
    uint64_t head;
    const char *bytes, *stands_at; /* differ where the key has escapes: then bytes is in the arena */
    size_t len;
};

struct scan {
    const char *begin, *at, *end;
    struct error *err;
    struct key *keys; /* of all open objects, innermost last */
    size_t key_count, key_capacity;
    size_t value_count;
    struct arena decoded;
    struct key first_keys[32]; /* most texts need no more, and thus no allocation */
};

__attribute__((cold, noinline, format(printf, 3, 4))) static bool fail(struct scan *s, const char *where,
                                                                       const char *format, ...)
{
    size_t line = 1, column = 1;
    for (const char *c = s->begin; c < where; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*c & 0xC0) != 0x80) {
            column++;
        }
    }
    va_list args;
    va_start(args, format);
    char reason[160];
    int written = vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    (void)error_set(s->err, STATUS_INVALID, "not valid JSON, line %zu, column %zu: %s", line, column,
                    written < 0 ? "" : reason); /* the caller answers for the status */
    return false;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

/* To the first byte that is a quote, a backslash, a control character or not ASCII. */
static const char *skip_plain(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word =
            le64toh(word); /* the first byte is the lowest: a borrow can only spoil what comes after a hit */
        uint64_t quote = (word ^ (ones * '"')) - ones, backslash = (word ^ (ones * '\\')) - ones;
        uint64_t hits = (word | (word - ones * 0x20) | quote | backslash) & highs;
        if (hits != 0)
            return at + __builtin_ctzll(hits) / 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static bool read_hex4(const struct scan *s, const char *at, unsigned *out)
{
    if (s->end - at < 4)
        return false;
    *out = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)at[i], lower = c | 0x20;
        if (c >= '0' && c <= '9')
            *out = *out * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            *out = *out * 16 + (lower - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* at: behind a backslash and a u */
static bool scan_unicode_escape(struct scan *s)
{
    const char *where = s->at - 2;
    unsigned unit, low;
    if (!read_hex4(s, s->at, &unit))
        return fail(s, where, "\\u needs four hexadecimal digits");
    if (unit == 0)
        return fail(s, where, "\\u0000 is not allowed in a string");
    s->at += 4;
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    if (unit > 0xDBFF || s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
        !read_hex4(s, s->at + 2, &low) || low < 0xDC00 || low > 0xDFFF)
        return fail(s, where, "half of a surrogate pair stands alone");
    s->at += 6;
    return true;
}

static bool scan_escape(struct scan *s)
{
    if (s->end - s->at < 2)
        return fail(s, s->at, "the text ends inside a string");
    char kind = s->at[1];
    s->at += 2;
    if (kind == 'u')
        return scan_unicode_escape(s);
    if (kind == '\0' || strchr("\"\\/bfnrt", kind) == NULL)
        return fail(s, s->at - 2, "a backslash before a character that is never escaped");
    return true;
}

/* at: on the opening quote, then behind the closing one */
static bool scan_string(struct scan *s, bool *has_escapes)
{
    const char *opening = s->at++;
    for (;;) {
        s->at = skip_plain(s->at, s->end);
        if (s->at == s->end)
            return fail(s, opening, "the string that begins here does not end");
        unsigned char c = (unsigned char)*s->at;
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\') {
            *has_escapes = true;
            if (!scan_escape(s))
                return false;
        } else if (c < 0x20) {
            return fail(s, s->at, "control character 0x%02x in a string; write it as an escape", c);
        } else {
            uint32_t code_point;
            int len = utf8_decode(s->at, (size_t)(s->end - s->at), &code_point);
            if (len <= 0)
                return fail(s, s->at, "the byte 0x%02x is not UTF-8 here", c);
            s->at += len;
        }
    }
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[len] | c);
    return len;
}

/* The key without its escapes, which scan_string has found good: as different spellings of one key are one.
 */
static void decode_key(struct scan *s, struct key *key)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char *out = arena_alloc(&s->decoded, key->len); /* an escape is never shorter than what it stands for */
    size_t len = 0;
    for (const char *c = key->bytes, *end = c + key->len; c < end;) {
        if (*c != '\\') {
            out[len++] = *c++;
            continue;
        }
        unsigned unit = 0, low = 0;
        const char *plain = strchr(from, c[1]);
        if (c[1] != 'u') {
            out[len++] = plain == NULL ? c[1] : to[plain - from];
            c += 2;
            continue;
        }
        (void)read_hex4(s, c + 2, &unit); /* good, see above */
        c += 6;
        if (unit >= 0xD800 && unit <= 0xDFFF) {
            (void)read_hex4(s, c + 2, &low);
            c += 6;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        len += put_utf8(out + len, unit);
    }
    key->bytes = out;
    key->len = len;
}

static uint64_t key_head(const struct key *key, const char *text_end)
{
    uint64_t head = 0;
    if (key->len >= 8 || text_end - key->bytes < 8) {
        memcpy(&head, key->bytes, key->len < 8 ? key->len : 8);
        return head;
    }
    memcpy(&head, key->bytes, 8); /* the text goes on: read eight, keep len */
    return htole64(le64toh(head) & ((UINT64_C(1) << (8 * key->len)) - 1));
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->head == b->head && a->len == b->len && (a->len <= 8 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

static bool fail_twice(struct scan *s, const struct key *key)
{
    const char *end = key->bytes + (key->len < 60 ? key->len : 60);
    while (end > key->bytes && end < key->bytes + key->len && ((unsigned char)*end & 0xC0) == 0x80)
        end--; /* no half character */
    return fail(s, key->stands_at, "the key \"%.*s\" stands twice in one object", (int)(end - key->bytes),
                key->bytes);
}

static bool scan_key(struct scan *s, size_t object_keys)
{
    if (s->key_count == s->key_capacity) {
        size_t capacity = s->key_capacity * 2;
        struct key *grown = mem_resize(s->keys == s->first_keys ? NULL : s->keys, capacity * sizeof *grown);
        if (s->keys == s->first_keys)
            memcpy(grown, s->first_keys, sizeof s->first_keys);
        s->keys = grown;
        s->key_capacity = capacity;
    }
    struct key key = {.stands_at = s->at, .bytes = s->at + 1};
    bool has_escapes = false;
    if (!scan_string(s, &has_escapes))
        return false;
    key.len = (size_t)(s->at - 1 - key.bytes);
    if (has_escapes) {
        decode_key(s, &key);
        key.head = key_head(&key, key.bytes);
    } else {
        key.head = key_head(&key, s->end);
    }
    if (s->key_count - object_keys < FEW_KEYS)
        for (size_t i = object_keys; i < s->key_count; i++)
            if (same_key(&s->keys[i], &key))
                return fail_twice(s, &key);
    s->keys[s->key_count++] = key;
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->len);
}

/* Of an object with many keys: sorted, so that no choice of keys makes it slow. */
static bool keys_differ(struct scan *s, size_t object_keys)
{
    struct key *keys = s->keys + object_keys;
    size_t count = s->key_count - object_keys;
    if (count <= FEW_KEYS)
        return true;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (same_key(&keys[i - 1], &keys[i]))
            return fail_twice(s, keys[i - 1].stands_at > keys[i].stands_at ? &keys[i - 1] : &keys[i]);
    return true;
}

static size_t skip_digits(struct scan *s)
{
    const char *first = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - first);
}

/* By strtod without a decimal point, whose look is the locale's business. len: at most NUMBER_MAX */
static bool fits_double(const char *number, size_t len)
{
    char digits[NUMBER_MAX + 1], text[NUMBER_MAX + 32];
    size_t used = 0, i = 0;
    long exponent = 0, fraction = 0;
    bool in_fraction = false;
    for (; i < len && number[i] != 'e' && number[i] != 'E'; i++) {
        if (number[i] == '.') {
            in_fraction = true;
        } else {
            digits[used++] = number[i];
            fraction += in_fraction;
        }
    }
    digits[used] = '\0';
    if (i < len) {
        memcpy(text, number + i + 1, len - i - 1);
        text[len - i - 1] = '\0';
        exponent = strtol(text, NULL, 10);
        exponent = exponent > 100000 ? 100000 : exponent < -100000 ? -100000 : exponent;
    }
    (void)snprintf(text, sizeof text, "%se%ld", digits, exponent - fraction); /* fits: see the sizes */
    return isfinite(strtod(text, NULL));
}

static bool scan_number(struct scan *s)
{
    const char *first = s->at;
    bool has_exponent = false;
    if (*s->at == '-')
        s->at++;
    const char *whole = s->at;
    size_t digits = skip_digits(s);
    if (digits == 0)
        return fail(s, first, "neither a value nor a bracket");
    if (digits > 1 && *whole == '0')
        return fail(s, first, "a number with a zero in front");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (skip_digits(s) == 0)
            return fail(s, first, "a number without digits after its point");
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        has_exponent = true;
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        if (skip_digits(s) == 0)
            return fail(s, first, "a number without digits in its exponent");
    }
    if (s->at - first > NUMBER_MAX)
        return fail(s, first, "a number of more than %d characters", NUMBER_MAX);
    if (has_exponent && !fits_double(first, (size_t)(s->at - first)))
        return fail(s, first, "a number that is too large");
    return true;
}

static bool scan_word(struct scan *s, const char *word, size_t len)
{
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return fail(s, s->at, "neither a value nor a bracket");
    s->at += len;
    return true;
}

static bool scan_value(struct scan *s, int depth);

/* Behind a value: true where another one follows, else *ok tells whether the bracket was closed. */
static bool goes_on(struct scan *s, char closing, bool *ok)
{
    skip_blanks(s);
    *ok = s->at < s->end && (*s->at == ',' || *s->at == closing);
    if (*ok)
        return *s->at++ == ',';
    (void)(s->at == s->end ? fail(s, s->at, "the text ends before a '%c'", closing)
                           : fail(s, s->at, "',' or '%c' is missing", closing)); /* said in *ok */
    return false;
}

/* at: on the opening bracket. True in *empty where the closing one follows at once; at is then behind it. */
static bool open_bracket(struct scan *s, int depth, char closing, bool *empty)
{
    if (depth > JSON_DEPTH_MAX)
        return fail(s, s->at, "more than %d levels of brackets", JSON_DEPTH_MAX);
    s->at++;
    skip_blanks(s);
    *empty = s->at < s->end && *s->at == closing;
    s->at += *empty;
    return true;
}

static bool scan_object(struct scan *s, int depth)
{
    bool ok = true, empty = false;
    size_t object_keys = s->key_count;
    if (!open_bracket(s, depth, '}', &empty))
        return false;
    if (empty)
        return true;
    do {
        skip_blanks(s);
        if (s->at == s->end || *s->at != '"')
            return fail(s, s->at, "a key in double quotes is missing");
        if (!scan_key(s, object_keys))
            return false;
        skip_blanks(s);
        if (s->at == s->end || *s->at != ':')
            return fail(s, s->at, "':' is missing after a key");
        s->at++;
        if (!scan_value(s, depth))
            return false;
    } while (goes_on(s, '}', &ok));
    ok = ok && keys_differ(s, object_keys);
    s->key_count = object_keys;
    return ok;
}

static bool scan_array(struct scan *s, int depth)
{
    bool ok = true, empty = false;
    if (!open_bracket(s, depth, ']', &empty))
        return false;
    if (empty)
        return true;
    do {
        if (!scan_value(s, depth))
            return false;
    } while (goes_on(s, ']', &ok));
    return ok;
}

static bool scan_value(struct scan *s, int depth)
{
    bool has_escapes;
    skip_blanks(s);
    if (s->at == s->end)
        return fail(s, s->at, "the text ends where a value should be");
    if (++s->value_count > JSON_VALUES_MAX)
        return fail(s, s->at, "more than %d values", JSON_VALUES_MAX);
    switch (*s->at) {
    case '"':
        return scan_string(s, &has_escapes);
    case '{':
        return scan_object(s, depth + 1);
    case '[':
        return scan_array(s, depth + 1);
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        return scan_number(s);
    }
}

enum status json_check(const char *text, size_t len, struct error *err)
{
    struct scan s; /* not zeroed: its keys are 1 KB */
    s.begin = s.at = len == 0 ? "" : text;
    s.end = s.begin + len;
    s.err = err;
    s.keys = s.first_keys;
    s.key_count = s.value_count = 0;
    s.key_capacity = sizeof s.first_keys / sizeof *s.first_keys;
    s.decoded = (struct arena){0};
    bool ok = scan_value(&s, 0);
    if (ok) {
        skip_blanks(&s);
        ok = s.at == s.end || fail(&s, s.at, "text after the value");
    }
    if (s.keys != s.first_keys)
        free(s.keys);
    arena_free(&s.decoded);
    return ok ? STATUS_OK : STATUS_INVALID;
}
