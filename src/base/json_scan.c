/* The strict scanner that stands before cJSON, and, as it has seen every byte then, the one that builds
 * cJSON's tree in an arena. It is in the path of every event, hence the strings are read eight bytes at a
 * time and the usual object compares its keys without hashing or allocating. */
#include "config.h"

#include "base/json.h"

#include <endian.h>
#include <limits.h>
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

/* The functions below take the place where they begin and return the one behind what they have read, NULL
 * where the error is set: the place stays in a register. */
struct scan {
    const char *begin, *end;
    struct arena *tree; /* NULL: the text is only checked, and all nodes below are NULL */
    struct error *err;
    struct key *keys; /* of all open objects, innermost last */
    size_t key_count, key_capacity;
    size_t value_count;
    struct arena decoded;
    struct key first_keys[32]; /* most texts need no more, and thus no allocation */
};

__attribute__((cold, noinline, format(printf, 3, 4))) static const char *
fail(struct scan *s, const char *where, const char *format, ...)
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
    return NULL;
}

static inline bool is_at(const struct scan *s, const char *at, char c)
{
    return at < s->end && *at == c;
}

static inline const char *skip_blanks(const struct scan *s, const char *at)
{
    while (at < s->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
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

/* at: on the backslash of a \u */
static const char *scan_unicode_escape(struct scan *s, const char *at)
{
    unsigned unit, low;
    if (!read_hex4(s, at + 2, &unit))
        return fail(s, at, "\\u needs four hexadecimal digits");
    if (unit == 0)
        return fail(s, at, "\\u0000 is not allowed in a string");
    if (unit < 0xD800 || unit > 0xDFFF)
        return at + 6;
    if (unit > 0xDBFF || s->end - at < 12 || at[6] != '\\' || at[7] != 'u' || !read_hex4(s, at + 8, &low) ||
        low < 0xDC00 || low > 0xDFFF)
        return fail(s, at, "half of a surrogate pair stands alone");
    return at + 12;
}

/* at: on the backslash */
static const char *scan_escape(struct scan *s, const char *at)
{
    if (s->end - at < 2)
        return fail(s, at, "the text ends inside a string");
    if (at[1] == 'u')
        return scan_unicode_escape(s, at);
    if (at[1] == '\0' || strchr("\"\\/bfnrt", at[1]) == NULL)
        return fail(s, at, "a backslash before a character that is never escaped");
    return at + 2;
}

/* at: on the opening quote */
static const char *scan_string(struct scan *s, const char *at, bool *has_escapes)
{
    const char *opening = at++;
    for (;;) {
        at = skip_plain(at, s->end);
        if (at == s->end)
            return fail(s, opening, "the string that begins here does not end");
        unsigned char c = (unsigned char)*at;
        if (c == '"')
            return at + 1;
        if (c == '\\') {
            *has_escapes = true;
            at = scan_escape(s, at);
            if (at == NULL)
                return NULL;
        } else if (c < 0x20) {
            return fail(s, at, "control character 0x%02x in a string; write it as an escape", c);
        } else {
            uint32_t code_point;
            int len = utf8_decode(at, (size_t)(s->end - at), &code_point);
            if (len <= 0)
                return fail(s, at, "the byte 0x%02x is not UTF-8 here", c);
            at += len;
        }
    }
}

/* Writes a string without its escapes, which scan_string has found good. Never longer than it was. Returns
 * the length. */
static size_t unescape(const struct scan *s, const char *at, size_t len, char *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    size_t used = 0;
    for (const char *end = at + len; at < end;) {
        if (*at != '\\') {
            out[used++] = *at++;
            continue;
        }
        unsigned unit = 0, low = 0;
        const char *plain = strchr(from, at[1]);
        if (at[1] != 'u') {
            out[used++] = plain == NULL ? at[1] : to[plain - from];
            at += 2;
            continue;
        }
        (void)read_hex4(s, at + 2, &unit); /* good, see above */
        at += 6;
        if (unit >= 0xD800 && unit <= 0xDFFF) {
            (void)read_hex4(s, at + 2, &low);
            at += 6;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        used += utf8_encode(unit, out + used);
    }
    return used;
}

/* Different spellings of one key are one. */
static void decode_key(struct scan *s, struct key *key)
{
    char *out = arena_alloc(&s->decoded, key->len);
    key->len = unescape(s, key->bytes, key->len, out);
    key->bytes = out;
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

static const char *fail_twice(struct scan *s, const struct key *key)
{
    const char *end = key->bytes + (key->len < 60 ? key->len : 60);
    while (end > key->bytes && end < key->bytes + key->len && ((unsigned char)*end & 0xC0) == 0x80)
        end--; /* no half character */
    return fail(s, key->stands_at, "the key \"%.*s\" stands twice in one object", (int)(end - key->bytes),
                key->bytes);
}

static void add_key(struct scan *s, const struct key *key)
{
    if (s->key_count == s->key_capacity) {
        size_t capacity = s->key_capacity * 2;
        struct key *grown = mem_resize(s->keys == s->first_keys ? NULL : s->keys, capacity * sizeof *grown);
        if (s->keys == s->first_keys)
            memcpy(grown, s->first_keys, sizeof s->first_keys);
        s->keys = grown;
        s->key_capacity = capacity;
    }
    s->keys[s->key_count++] = *key;
}

static const char *scan_key(struct scan *s, const char *at, size_t object_keys, struct key *key)
{
    *key = (struct key){.stands_at = at, .bytes = at + 1};
    bool has_escapes = false;
    at = scan_string(s, at, &has_escapes);
    if (at == NULL)
        return NULL;
    key->len = (size_t)(at - 1 - key->bytes);
    if (has_escapes)
        decode_key(s, key);
    key->head = key_head(key, has_escapes ? key->bytes : s->end);
    if (s->key_count - object_keys < FEW_KEYS)
        for (size_t i = object_keys; i < s->key_count; i++)
            if (same_key(&s->keys[i], key))
                return fail_twice(s, key);
    add_key(s, key);
    return at;
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

/* The later one of two equal keys in an object with many, which are sorted, so that no choice of them makes
 * it slow; NULL: none. */
static const struct key *find_twin(struct scan *s, size_t object_keys)
{
    struct key *keys = s->keys + object_keys;
    size_t count = s->key_count - object_keys;
    if (count <= FEW_KEYS)
        return NULL;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (same_key(&keys[i - 1], &keys[i]))
            return keys[i - 1].stands_at > keys[i].stands_at ? &keys[i - 1] : &keys[i];
    return NULL;
}

static const char *skip_digits(const struct scan *s, const char *at)
{
    while (at < s->end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* By strtod without a decimal point, whose look is the locale's business. len: at most NUMBER_MAX */
static double read_double(const char *number, size_t len)
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
    return strtod(text, NULL);
}

static void set_number(cJSON *node, double value)
{
    node->type = cJSON_Number;
    node->valuedouble = value;
    node->valueint = value >= INT_MAX   ? INT_MAX
                     : value <= INT_MIN ? INT_MIN
                                        : (int)value; /* as cJSON has it */
}

static const char *scan_number(struct scan *s, const char *first, cJSON *node)
{
    const char *whole = first + (*first == '-'), *at = skip_digits(s, whole);
    bool has_exponent = false;
    if (at == whole)
        return fail(s, first, "neither a value nor a bracket");
    if (at - whole > 1 && *whole == '0')
        return fail(s, first, "a number with a zero in front");
    if (is_at(s, at, '.')) {
        const char *digits = at + 1;
        at = skip_digits(s, digits);
        if (at == digits)
            return fail(s, first, "a number without digits after its point");
    }
    if (is_at(s, at, 'e') || is_at(s, at, 'E')) {
        has_exponent = true;
        const char *digits = at + 1;
        if (is_at(s, digits, '+') || is_at(s, digits, '-'))
            digits++;
        at = skip_digits(s, digits);
        if (at == digits)
            return fail(s, first, "a number without digits in its exponent");
    }
    if (at - first > NUMBER_MAX)
        return fail(s, first, "a number of more than %d characters", NUMBER_MAX);
    if (!has_exponent && node == NULL)
        return at; /* 63 digits are within a double's range */
    double value = read_double(first, (size_t)(at - first));
    if (!isfinite(value))
        return fail(s, first, "a number that is too large");
    if (node != NULL)
        set_number(node, value);
    return at;
}

static const char *scan_word(struct scan *s, const char *at, const char *word, size_t len)
{
    if ((size_t)(s->end - at) < len || memcmp(at, word, len) != 0)
        return fail(s, at, "neither a value nor a bracket");
    return at + len;
}

static const char *scan_value(struct scan *s, const char *at, int depth, cJSON *node);

/* Behind a value: to the comma or the closing bracket. */
static const char *scan_to_next(struct scan *s, const char *at, char closing)
{
    at = skip_blanks(s, at);
    if (at == s->end)
        return fail(s, at, "the text ends before a '%c'", closing);
    if (*at != ',' && *at != closing)
        return fail(s, at, "',' or '%c' is missing", closing);
    return at;
}

static cJSON *new_node(struct scan *s)
{
    cJSON *node = arena_alloc(s->tree, sizeof *node);
    *node = (cJSON){0};
    return node;
}

/* NULL where the text is only checked. cJSON's lists are linked in a ring backwards: the first knows the
 * last. */
static cJSON *add_child(struct scan *s, cJSON *parent)
{
    if (parent == NULL)
        return NULL;
    cJSON *child = new_node(s), *first = parent->child;
    if (first == NULL) {
        parent->child = child->prev = child;
    } else {
        child->prev = first->prev;
        first->prev->next = child;
        first->prev = child;
    }
    return child;
}

/* at: on the opening brace */
static const char *scan_object(struct scan *s, const char *at, int depth, cJSON *node)
{
    size_t object_keys = s->key_count;
    if (depth > JSON_DEPTH_MAX)
        return fail(s, at, "more than %d levels of brackets", JSON_DEPTH_MAX);
    at = skip_blanks(s, at + 1);
    if (is_at(s, at, '}'))
        return at + 1;
    for (;; at++) {
        struct key key;
        at = skip_blanks(s, at);
        if (!is_at(s, at, '"'))
            return fail(s, at, "a key in double quotes is missing");
        at = scan_key(s, at, object_keys, &key);
        if (at == NULL)
            return NULL;
        at = skip_blanks(s, at);
        if (!is_at(s, at, ':'))
            return fail(s, at, "':' is missing after a key");
        cJSON *child = add_child(s, node);
        if (child != NULL)
            child->string = arena_string_n(s->tree, key.bytes, key.len);
        at = scan_value(s, at + 1, depth, child);
        if (at != NULL)
            at = scan_to_next(s, at, '}');
        if (at == NULL)
            return NULL;
        if (*at == '}')
            break;
    }
    const struct key *twin = find_twin(s, object_keys);
    s->key_count = object_keys;
    return twin == NULL ? at + 1 : fail_twice(s, twin);
}

/* at: on the opening bracket */
static const char *scan_array(struct scan *s, const char *at, int depth, cJSON *node)
{
    if (depth > JSON_DEPTH_MAX)
        return fail(s, at, "more than %d levels of brackets", JSON_DEPTH_MAX);
    at = skip_blanks(s, at + 1);
    if (is_at(s, at, ']'))
        return at + 1;
    for (;; at++) {
        at = scan_value(s, at, depth, add_child(s, node));
        if (at != NULL)
            at = scan_to_next(s, at, ']');
        if (at == NULL || *at == ']')
            return at == NULL ? NULL : at + 1;
    }
}

/* at: on the opening quote */
static const char *scan_text(struct scan *s, const char *at, cJSON *node)
{
    bool has_escapes = false;
    const char *text = at + 1;
    at = scan_string(s, at, &has_escapes);
    if (at == NULL || node == NULL)
        return at;
    size_t len = (size_t)(at - 1 - text);
    node->type = cJSON_String;
    if (has_escapes) {
        node->valuestring = arena_alloc(s->tree, len + 1);
        node->valuestring[unescape(s, text, len, node->valuestring)] = '\0';
    } else {
        node->valuestring = arena_string_n(s->tree, text, len);
    }
    return at;
}

static void set_type(cJSON *node, int type)
{
    if (node != NULL)
        node->type = type;
}

static const char *scan_value(struct scan *s, const char *at, int depth, cJSON *node)
{
    at = skip_blanks(s, at);
    if (at == s->end)
        return fail(s, at, "the text ends where a value should be");
    if (++s->value_count > JSON_VALUES_MAX)
        return fail(s, at, "more than %d values", JSON_VALUES_MAX);
    switch (*at) {
    case '"':
        return scan_text(s, at, node);
    case '{':
        set_type(node, cJSON_Object);
        return scan_object(s, at, depth + 1, node);
    case '[':
        set_type(node, cJSON_Array);
        return scan_array(s, at, depth + 1, node);
    case 't':
        set_type(node, cJSON_True);
        if (node != NULL)
            node->valueint = 1; /* as cJSON has it */
        return scan_word(s, at, "true", 4);
    case 'f':
        set_type(node, cJSON_False);
        return scan_word(s, at, "false", 5);
    case 'n':
        set_type(node, cJSON_NULL);
        return scan_word(s, at, "null", 4);
    default:
        return scan_number(s, at, node);
    }
}

/* tree, out: NULL to check only */
static enum status scan(const char *text, size_t len, struct arena *tree, cJSON **out, struct error *err)
{
    struct scan s; /* not zeroed: its keys are 1 KB */
    s.begin = len == 0 ? "" : text;
    s.end = s.begin + len;
    s.tree = tree;
    s.err = err;
    s.keys = s.first_keys;
    s.key_count = s.value_count = 0;
    s.key_capacity = sizeof s.first_keys / sizeof *s.first_keys;
    s.decoded = (struct arena){0};
    cJSON *root = tree == NULL ? NULL : new_node(&s);
    const char *at = scan_value(&s, s.begin, 0, root);
    if (at != NULL)
        at = skip_blanks(&s, at);
    if (at != NULL && at < s.end)
        at = fail(&s, at, "text after the value");
    if (s.keys != s.first_keys)
        free(s.keys);
    arena_free(&s.decoded);
    if (at == NULL)
        return STATUS_INVALID;
    if (out != NULL)
        *out = root;
    return STATUS_OK;
}

enum status json_check(const char *text, size_t len, struct error *err)
{
    return scan(text, len, NULL, NULL, err);
}

enum status json_parse_in_arena(const char *text, size_t len, struct arena *arena, cJSON **out,
                                struct error *err)
{
    *out = NULL;
    return scan(text, len, arena, out, err);
}
