#include "config.h"

#include "base/yaml_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Past one line break, CR LF being one. */
static const char *skip_break(const char *at, const char *end)
{
    return at + (*at == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 1);
}

/* Past the blanks and line breaks from `at` on; counts the breaks. */
static const char *skip_empty(const char *at, const char *end, size_t *breaks)
{
    while (at < end && (is_blank(*at) || is_break(*at))) {
        *breaks += is_break(*at);
        at = is_break(*at) ? skip_break(at, end) : at + 1;
    }
    return at;
}

static char *put_many(char *to, char c, size_t count)
{
    memset(to, c, count);
    return to + count;
}

/* Past the blanks and breaks from `at` on, writing what they fold to: a space for one break, a break less for
 * more, themselves for none. */
static const char *fold(const char *at, const char *end, char **to)
{
    size_t breaks = 0;
    const char *next = skip_empty(at, end, &breaks);
    if (breaks == 0) {
        memcpy(*to, at, (size_t)(next - at));
        *to += next - at;
    } else {
        *to = breaks == 1 ? put_many(*to, ' ', 1) : put_many(*to, '\n', breaks - 1);
    }
    return next;
}

static char *read_plain(const char *at, const char *end, char *to)
{
    while (at < end) {
        if (is_blank(*at) || is_break(*at))
            at = fold(at, end, &to);
        else
            *to++ = *at++;
    }
    return to;
}

static char *read_single_quoted(const char *at, const char *end, char *to)
{
    while (at < end) {
        if (is_blank(*at) || is_break(*at)) {
            at = fold(at, end, &to);
        } else {
            at += *at == '\''; /* a quote inside is always doubled */
            if (at < end)
                *to++ = *at++;
        }
    }
    return to;
}

/* The code point of an escape's hexadecimal digits, 0 where they are none. */
static uint32_t read_hex(const char *at, const char *end, int digits)
{
    uint32_t code_point = 0;
    if (end - at < digits)
        return 0;
    for (int i = 0; i < digits; i++) {
        static const char hex[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = at[i] == '\0' ? NULL : strchr(hex, at[i]);
        if (digit == NULL || code_point > 0x0FFFFFFF)
            return 0;
        code_point = code_point << 4 | ((uint32_t)(digit - hex) & 15);
    }
    return code_point;
}

/* at: on the backslash. NULL: no character, or one that cannot be in a text. */
static const char *read_escape(const char *at, const char *end, char **to)
{
    static const struct {
        char letter;
        unsigned char digits;
        uint16_t code_point;
    } escapes[] = {{'a', 0, 7},      {'b', 0, 8},      {'t', 0, '\t'},  {'\t', 0, '\t'}, {'n', 0, '\n'},
                   {'v', 0, 11},     {'f', 0, 12},     {'r', 0, '\r'},  {'e', 0, 27},    {' ', 0, ' '},
                   {'"', 0, '"'},    {'/', 0, '/'},    {'\\', 0, '\\'}, {'N', 0, 0x85},  {'_', 0, 0xA0},
                   {'L', 0, 0x2028}, {'P', 0, 0x2029}, {'x', 2, 0},     {'u', 4, 0},     {'U', 8, 0}};
    if (end - at < 2)
        return NULL;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        if (escapes[i].letter != at[1])
            continue;
        uint32_t c =
            escapes[i].digits == 0 ? escapes[i].code_point : read_hex(at + 2, end, escapes[i].digits);
        if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return NULL;
        *to += utf8_encode(c, *to);
        return at + 2 + escapes[i].digits;
    }
    return NULL;
}

static char *read_double_quoted(const char *at, const char *end, char *to)
{
    while (at < end) {
        if (is_blank(*at) || is_break(*at)) {
            at = fold(at, end, &to);
        } else if (*at == '\\' && at + 1 < end && is_break(at[1])) { /* joins the lines, empty ones stay */
            size_t breaks = 0;
            at = skip_empty(at + 1, end, &breaks);
            to = put_many(to, '\n', breaks - 1);
        } else if (*at == '\\') {
            at = read_escape(at, end, &to);
            if (at == NULL)
                return NULL;
        } else {
            *to++ = *at++;
        }
    }
    return to;
}

/* --- literal and folded texts --- */

struct header {
    int indent; /* 0: that of the first line that is not empty */
    char chomping;
};

/* at: behind a | or >. True where nothing but a header's signs and a comment follows. */
static bool read_header_signs(const char *at, const char *end, struct header *out)
{
    *out = (struct header){.chomping = ' '};
    for (; at < end && ((*at >= '1' && *at <= '9') || *at == '+' || *at == '-'); at++) {
        if (*at == '+' || *at == '-')
            out->chomping = *at;
        else
            out->indent = *at - '0';
    }
    return at == end || is_blank(*at);
}

/* The signs behind the | or > of a header, which stands in the line before the text: the first of that line
 * that nothing but a comment follows. What may stand before it are tags and anchors. */
static struct header find_header(const struct yaml_raw *raw)
{
    struct header header;
    const char *end = raw->document + raw->first, *least = raw->document + raw->header;
    while (end > least && is_break(end[-1]))
        end--;
    const char *at = end;
    while (at > least && !is_break(at[-1]))
        at--;
    for (bool after_blank = true; at < end; at++) {
        if (after_blank && *at == (raw->style == YAML_LITERAL ? '|' : '>') &&
            read_header_signs(at + 1, end, &header))
            return header;
        after_blank = is_blank(*at);
    }
    return (struct header){.chomping = ' '};
}

static size_t count_spaces(const char *at, const char *end)
{
    size_t count = 0;
    while (at + count < end && at[count] == ' ')
        count++;
    return count;
}

/* The indentation of the first line that is not empty; of the longest, where all are. */
static size_t find_indent(const char *at, const char *end, bool *is_empty)
{
    size_t longest = 0;
    while (at < end) {
        size_t spaces = count_spaces(at, end);
        at += spaces;
        *is_empty = at == end || is_break(*at);
        if (!*is_empty)
            return spaces;
        longest = spaces > longest ? spaces : longest;
        at = at < end ? skip_break(at, end) : at;
    }
    return longest;
}

/* Past the lines that have nothing behind the indentation; counts them. A last one without a break is the
 * beginning of what follows the text. */
static const char *skip_empty_lines(const char *at, const char *end, size_t indent, size_t *breaks)
{
    for (;;) {
        size_t spaces = count_spaces(at, end);
        const char *next = at + (spaces < indent ? spaces : indent);
        if (next == end)
            return end;
        if (!is_break(*next))
            return at;
        at = skip_break(next, end);
        (*breaks)++;
    }
}

/* A break between two lines that begin at the indentation folds to a space, or to nothing where empty lines
 * follow. */
static char *read_block(const struct yaml_raw *raw, char *to)
{
    const char *at = raw->document + raw->first, *end = raw->document + raw->last;
    struct header header = find_header(raw);
    size_t around = (size_t)raw->indent, indent = around + (size_t)header.indent;
    if (header.indent == 0) {
        bool is_empty = true;
        indent = find_indent(at, end, &is_empty);
        if (!is_empty && around > 0 && indent <= around)
            return NULL; /* the library has taken the lines that follow for an empty text */
    }
    size_t breaks = 0; /* of empty lines */
    bool has_break = false, was_blank = false;
    at = skip_empty_lines(at, end, indent, &breaks);
    while (at < end && count_spaces(at, end) >= indent) {
        at += indent;
        bool begins_blank = is_blank(*at);
        if (has_break && raw->style == YAML_FOLDED && !was_blank && !begins_blank)
            to = put_many(to, ' ', breaks == 0);
        else
            to = put_many(to, '\n', has_break);
        to = put_many(to, '\n', breaks);
        was_blank = begins_blank;
        while (at < end && !is_break(*at))
            *to++ = *at++;
        has_break = at < end;
        breaks = 0;
        if (has_break)
            at = skip_empty_lines(skip_break(at, end), end, indent, &breaks);
    }
    if (header.chomping != '-')
        to = put_many(to, '\n', has_break);
    return header.chomping == '+' ? put_many(to, '\n', breaks) : to;
}

char *yaml_text_read(const struct yaml_raw *raw, struct arena *arena, const char **why)
{
    const char *first = raw->document + raw->first, *last = raw->document + raw->last;
    char *text =
        arena_alloc(arena, 2 * raw->last - 2 * raw->first + 1); /* \L is two bytes and stands for three */
    char *to = NULL;
    *why = "this string has an escape for a character that cannot be in a text";
    switch (raw->style) {
    case YAML_PLAIN:
        to = read_plain(first, last, text);
        break;
    case YAML_SINGLE_QUOTED:
        to = read_single_quoted(first, last, text);
        break;
    case YAML_DOUBLE_QUOTED:
        to = read_double_quoted(first, last, text);
        break;
    case YAML_LITERAL:
    case YAML_FOLDED:
        *why = "this text after | or > is not indented more than what is around it; an empty one is written "
               "\"\"";
        to = read_block(raw, text);
        break;
    }
    if (to == NULL)
        return NULL;
    *to = '\0';
    return text;
}
