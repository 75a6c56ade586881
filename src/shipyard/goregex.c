/* Go's regular expressions (RE2's syntax) on PCRE2: an expression is read by Go's grammar and written anew
 * for PCRE2, so that what PCRE2 has and Go has not (look-around, back references, possessive repetition,
 * recursion, …) is refused, and what both write alike but mean differently (\v, \s, a trailing newline before
 * $) means what it means in Go. PCRE2 backtracks, Go never does: where the search passes its limit, nothing
 * fits. (PCRE2's other algorithm does not help: it takes seconds for (a+)+$.)
 * Source: Go, regexp/syntax; keptn-events.md, section 5. */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "shipyard/goregex.h"

#define PATTERN_MAX 4096 /* bytes */
#define SUBJECT_MAX 4096
#define WRITTEN_MAX (16 * PATTERN_MAX)
#define DEPTH_MAX   100    /* groups in groups */
#define REPEAT_MAX  1000   /* Go's bound, also for the product of repetitions in each other */
#define MATCH_LIMIT 500000 /* some ten milliseconds */
#define HEAP_LIMIT  4096   /* KiB */

struct translation {
    const char *in;
    struct buffer out;
    const char *fault;             /* NULL: none */
    bool has_atom;                 /* there is something that can be repeated */
    bool has_repeat;               /* it is repeated already */
    int product;                   /* how often that holds itself by {n,m} in {n,m} */
    int products[DEPTH_MAX + 1];   /* the largest in each open group */
    bool multiline[DEPTH_MAX + 1]; /* flag m in each open group */
    int depth;
};

static bool refuse(struct translation *t, const char *fault)
{
    t->fault = fault;
    return false;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void set_atom(struct translation *t)
{
    t->has_atom = true;
    t->has_repeat = false;
    t->product = 1;
}

static void write_code_point(struct translation *t, uint32_t c)
{
    buffer_printf(&t->out, "\\x{%x}", (unsigned)c);
}

static bool take_code_point(struct translation *t, uint32_t *out)
{
    int len = utf8_decode(t->in, strlen(t->in), out);
    if (len <= 0)
        return refuse(t, "is no UTF-8, or ends where something must follow");
    t->in += len;
    return true;
}

/* --- escapes --- */

static const char *const categories[] = {
    "C",         "Cc",        "Cf",       "Co",       "Cs",       "L",        "Ll",         "Lm",
    "Lo",        "Lt",        "Lu",       "M",        "Mc",       "Me",       "Mn",         "N",
    "Nd",        "Nl",        "No",       "P",        "Pc",       "Pd",       "Pe",         "Pf",
    "Pi",        "Po",        "Ps",       "S",        "Sc",       "Sk",       "Sm",         "So",
    "Z",         "Zl",        "Zp",       "Zs",       "Any",      "Arabic",   "Armenian",   "Bengali",
    "Bopomofo",  "Braille",   "Cherokee", "Common",   "Coptic",   "Cyrillic", "Devanagari", "Ethiopic",
    "Georgian",  "Gothic",    "Greek",    "Gujarati", "Gurmukhi", "Han",      "Hangul",     "Hebrew",
    "Hiragana",  "Inherited", "Kannada",  "Katakana", "Khmer",    "Lao",      "Latin",      "Malayalam",
    "Mongolian", "Myanmar",   "Ogham",    "Oriya",    "Runic",    "Sinhala",  "Syriac",     "Tamil",
    "Telugu",    "Thaana",    "Thai",     "Tibetan",  "Yi",
};

/* \pL, \p{Greek}, \P{^Lu}; t->in stands behind the p. */
static bool translate_unicode_class(struct translation *t, bool negated)
{
    char name[32];
    size_t len = 1;
    bool braced = *t->in == '{';
    if (braced) {
        const char *end = strchr(t->in, '}');
        if (!end)
            return refuse(t, "has a \\p{…} without its end");
        t->in++;
        if (*t->in == '^') {
            negated = !negated;
            t->in++;
        }
        len = (size_t)(end - t->in);
    }
    if (len >= sizeof name || *t->in == '\0')
        return refuse(t, "names an unknown Unicode class");
    memcpy(name, t->in, len);
    name[len] = '\0';
    t->in += len + braced;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcmp(categories[i], name) == 0) {
            buffer_printf(&t->out, "\\%c{%s}", negated ? 'P' : 'p', name);
            return true;
        }
    return refuse(t, "names a Unicode class that is not known here");
}

/* \d \D \s \S \w \W \p \P, in a class or not; t->in stands behind the backslash. *taken: it was one. */
static bool translate_class_escape(struct translation *t, bool in_class, bool *taken)
{
    char c = *t->in;
    *taken = c != '\0' && strchr("dDsSwWpP", c) != NULL;
    if (!*taken)
        return true;
    t->in++;
    if (c == 'p' || c == 'P')
        return translate_unicode_class(t, c == 'P');
    if (c == 's') /* Go's \s has no vertical tab */
        buffer_add_text(&t->out, in_class ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]");
    else if (c == 'S')
        buffer_add_text(&t->out, in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r\\x20]");
    else
        buffer_printf(&t->out, "\\%c", c);
    return true;
}

static bool take_hex(struct translation *t, uint32_t *out)
{
    uint32_t value = 0;
    int digits = 0;
    if (*t->in != '{') {
        for (; digits < 2 && hex_value(*t->in) >= 0; digits++)
            value = value * 16 + (uint32_t)hex_value(*t->in++);
        if (digits != 2)
            return refuse(t, "has a \\x that is neither \\x7F nor \\x{10FFFF}");
    } else {
        for (t->in++; hex_value(*t->in) >= 0 && value <= 0x10ffff; digits++)
            value = value * 16 + (uint32_t)hex_value(*t->in++);
        if (digits == 0 || *t->in++ != '}' || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            return refuse(t, "has a \\x{…} that is no code point");
    }
    *out = value;
    return true;
}

/* An escape that stands for one character; t->in stands behind the backslash. */
static bool take_escaped(struct translation *t, uint32_t *out)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    char c = *t->in;
    if (c == '\0')
        return refuse(t, "ends with a backslash");
    if ((c >= '1' && c <= '7' && t->in[1] >= '0' && t->in[1] <= '7') || c == '0') {
        uint32_t value = 0;
        for (int i = 0; i < 3 && *t->in >= '0' && *t->in <= '7'; i++)
            value = value * 8 + (uint32_t)(*t->in++ - '0');
        *out = value;
        return true;
    }
    if (is_digit(c))
        return refuse(t, "has a back reference, which Go's expressions have not");
    t->in++;
    if (c == 'x')
        return take_hex(t, out);
    const char *letter = strchr(letters, c);
    if (letter) {
        *out = (uint32_t)values[letter - letters];
        return true;
    }
    if ((unsigned char)c >= 0x80 || is_word(c))
        return refuse(t, "has an escape that Go's expressions have not");
    *out = (uint32_t)c;
    return true;
}

/* \Q…\E: t->in stands behind the Q. */
static bool translate_quoted(struct translation *t)
{
    uint32_t c;
    while (*t->in != '\0') {
        if (t->in[0] == '\\' && t->in[1] == 'E') {
            t->in += 2;
            return true;
        }
        if (!take_code_point(t, &c))
            return false;
        write_code_point(t, c);
        set_atom(t);
    }
    return true;
}

static bool translate_escape(struct translation *t)
{
    uint32_t c;
    bool taken;
    t->in++;
    if (*t->in != '\0' && strchr("AbBz", *t->in)) {
        buffer_printf(&t->out, "(?:\\%c)", *t->in++); /* in a group: Go allows to repeat it */
        set_atom(t);
        return true;
    }
    if (*t->in == 'Q') {
        t->in++;
        return translate_quoted(t);
    }
    if (!translate_class_escape(t, false, &taken))
        return false;
    if (!taken) {
        if (!take_escaped(t, &c))
            return false;
        write_code_point(t, c);
    }
    set_atom(t);
    return true;
}

/* --- character classes --- */

static bool translate_posix_class(struct translation *t, bool *taken)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                        "lower", "print", "punct", "space", "upper", "word",  "xdigit"};
    *taken = false;
    const char *end = t->in[0] == '[' && t->in[1] == ':' ? strstr(t->in + 2, ":]") : NULL;
    if (!end)
        return true;
    const char *name = t->in + 2 + (t->in[2] == '^');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((size_t)(end - name) == strlen(names[i]) && strncmp(name, names[i], strlen(names[i])) == 0) {
            buffer_add(&t->out, t->in, (size_t)(end + 2 - t->in));
            t->in = end + 2;
            *taken = true;
            return true;
        }
    return refuse(t, "names a class [:…:] that there is not");
}

static bool take_class_character(struct translation *t, uint32_t *out)
{
    if (*t->in == '\0')
        return refuse(t, "has a [ without its ]");
    if (*t->in != '\\')
        return take_code_point(t, out);
    t->in++;
    return take_escaped(t, out);
}

static bool translate_class_item(struct translation *t)
{
    uint32_t low, high;
    bool taken;
    if (!translate_posix_class(t, &taken) || taken)
        return taken;
    if (*t->in == '\\') {
        t->in++;
        if (!translate_class_escape(t, true, &taken) || taken)
            return taken;
        t->in--;
    }
    if (!take_class_character(t, &low))
        return false;
    write_code_point(t, low);
    if (t->in[0] != '-' || t->in[1] == ']' || t->in[1] == '\0')
        return true;
    t->in++;
    if (!take_class_character(t, &high))
        return false;
    if (high < low)
        return refuse(t, "has a range in […] whose end comes before its beginning");
    buffer_add_char(&t->out, '-');
    write_code_point(t, high);
    return true;
}

static bool translate_class(struct translation *t)
{
    t->in++;
    buffer_add_char(&t->out, '[');
    if (*t->in == '^') {
        buffer_add_char(&t->out, '^');
        t->in++;
    }
    bool first = true; /* a ] that comes first stands for itself */
    while (*t->in != ']' || first) {
        if (*t->in == '\0')
            return refuse(t, "has a [ without its ]");
        if (!translate_class_item(t))
            return false;
        first = false;
    }
    t->in++;
    buffer_add_char(&t->out, ']');
    set_atom(t);
    return true;
}

/* --- groups and repetition --- */

static bool push_group(struct translation *t)
{
    if (t->depth == DEPTH_MAX)
        return refuse(t, "has more groups in each other than are allowed here");
    t->depth++;
    t->products[t->depth] = 1;
    t->multiline[t->depth] = t->multiline[t->depth - 1];
    t->has_atom = false;
    return true;
}

/* (?i), (?i-s:…), (?:…): t->in stands behind the question mark. */
static bool translate_flags(struct translation *t)
{
    const char *start = t->in;
    bool negative = false, has_flag = false, multiline = t->multiline[t->depth];
    for (;; t->in++) {
        char c = *t->in;
        if (c != '\0' && strchr("imsU", c)) {
            has_flag = true;
            multiline = c == 'm' ? !negative : multiline;
        } else if (c == '-' && !negative) {
            negative = true;
            has_flag = false;
        } else {
            break;
        }
    }
    if ((*t->in != ':' && *t->in != ')') || (negative && !has_flag))
        return refuse(
            t, "has a group that Go's expressions have not (look-around, atomic, recursive or conditional)");
    t->in++;
    buffer_add_text(&t->out, "(?");
    buffer_add(&t->out, start, (size_t)(t->in - start));
    bool opens = t->in[-1] == ':';
    if (opens && !push_group(t))
        return false;
    t->multiline[t->depth] = multiline;
    t->has_atom = false;
    return true;
}

static bool translate_group(struct translation *t)
{
    t->in++;
    if (*t->in != '?') {
        buffer_add_char(&t->out, '(');
        return push_group(t);
    }
    t->in++;
    bool named = strncmp(t->in, "P<", 2) == 0 || (t->in[0] == '<' && t->in[1] != '=' && t->in[1] != '!');
    if (!named)
        return translate_flags(t);
    t->in += *t->in == 'P' ? 2 : 1;
    size_t len = 0;
    while (is_word(t->in[len]) || t->in[len] == '_')
        len++;
    if (len == 0 || t->in[len] != '>')
        return refuse(t, "has a group with a name that is none");
    buffer_add_char(&t->out, '('); /* nobody asks for it by its name; Go allows one twice, PCRE2 does not */
    t->in += len + 1;
    return push_group(t);
}

static bool end_group(struct translation *t)
{
    if (t->depth == 0)
        return refuse(t, "has a ) without its (");
    int product = t->products[t->depth--];
    t->in++;
    buffer_add_char(&t->out, ')');
    set_atom(t);
    t->product = product;
    if (t->products[t->depth] < product)
        t->products[t->depth] = product;
    return true;
}

/* {n}, {n,} or {n,m}: returns its length, 0 where it is none and stands for itself; past the bounds, *max is
 * -1. */
static size_t read_bounds(const char *text, int *min, int *max)
{
    const char *p = text + 1;
    int numbers[2] = {-1, -1};
    for (int i = 0; i < 2; i++) {
        if (i == 1 && *p == '}')
            break;
        if (is_digit(*p)) {
            if (p[0] == '0' && is_digit(p[1]))
                return 0;
            numbers[i] = 0;
            for (; is_digit(*p); p++)
                if (numbers[i] <= REPEAT_MAX)
                    numbers[i] = numbers[i] * 10 + (*p - '0');
        } else if (i == 0) {
            return 0;
        }
        if (i == 0 && *p == '}')
            numbers[1] = numbers[0];
        if (i == 0 && *p == ',')
            p++;
    }
    if (*p != '}')
        return 0;
    *min = numbers[0];
    *max = numbers[1];
    return (size_t)(p + 1 - text);
}

static bool translate_repeat(struct translation *t, size_t len)
{
    if (!t->has_atom)
        return refuse(t, "repeats nothing");
    if (t->has_repeat)
        return refuse(t, "repeats what is repeated already");
    buffer_add(&t->out, t->in, len);
    t->in += len;
    if (*t->in == '?') {
        buffer_add_char(&t->out, '?');
        t->in++;
    }
    t->has_repeat = true;
    return true;
}

static bool translate_bounds(struct translation *t)
{
    int min = 0, max = 0;
    size_t len = read_bounds(t->in, &min, &max);
    if (len == 0) {
        write_code_point(t, '{');
        set_atom(t);
        t->in++;
        return true;
    }
    if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
        return refuse(t, "repeats more than 1000 times, or in the wrong order");
    int times = max > min ? max : min;
    if (times > 0)
        t->product *= times;
    if (t->product > REPEAT_MAX)
        return refuse(t, "repeats more than 1000 times");
    if (t->products[t->depth] < t->product)
        t->products[t->depth] = t->product;
    return translate_repeat(t, len);
}

/* In a group, as Go allows to repeat it. */
static bool translate_anchor(struct translation *t, const char *written)
{
    buffer_add_text(&t->out, written);
    t->in++;
    set_atom(t);
    return true;
}

static bool translate_one(struct translation *t)
{
    uint32_t c;
    switch (*t->in) {
    case '(':
        return translate_group(t);
    case ')':
        return end_group(t);
    case '[':
        return translate_class(t);
    case '\\':
        return translate_escape(t);
    case '*':
    case '+':
    case '?':
        return translate_repeat(t, 1);
    case '{':
        return translate_bounds(t);
    case '|':
        buffer_add_char(&t->out, '|');
        t->in++;
        t->has_atom = false;
        return true;
    case '.':
        buffer_add_char(&t->out, *t->in++);
        set_atom(t);
        return true;
    case '^':
        return translate_anchor(t, "(?:^)");
    case '$':
        return translate_anchor(t, t->multiline[t->depth] ? "(?:$)" : "(?:\\z)");
    default:
        if (!take_code_point(t, &c))
            return false;
        write_code_point(t, c);
        set_atom(t);
        return true;
    }
}

static bool translate(struct translation *t)
{
    if (strlen(t->in) > PATTERN_MAX)
        return refuse(t, "is longer than 4096 bytes");
    t->products[0] = 1;
    while (*t->in != '\0')
        if (!translate_one(t))
            return false;
    if (t->depth > 0)
        return refuse(t, "has a ( without its )");
    return !t->out.overflow || refuse(t, "is too large");
}

static pcre2_code *compile(const char *pattern, const char **fault)
{
    struct translation t = {.in = pattern, .out = BUFFER_LIMIT(WRITTEN_MAX)};
    pcre2_code *code = NULL;
    if (translate(&t)) {
        int number;
        size_t offset;
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        if (!context)
            abort();
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        code = pcre2_compile((PCRE2_SPTR)buffer_text(&t.out), t.out.len, PCRE2_UTF | PCRE2_NO_AUTO_CAPTURE,
                             &number, &offset, context);
        pcre2_compile_context_free(context);
        if (!code)
            t.fault = "is too large, or repeats a group of flags";
    }
    buffer_free(&t.out);
    *fault = t.fault;
    return code;
}

const char *goregex_fault(const char *pattern)
{
    const char *fault;
    pcre2_code_free(compile(pattern, &fault));
    return fault;
}

bool goregex_fits(const char *pattern, const char *subject)
{
    const char *fault;
    size_t len = strlen(subject);
    pcre2_code *code = len > SUBJECT_MAX ? NULL : compile(pattern, &fault);
    if (!code)
        return false;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!data || !context)
        abort();
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT);
    int result = pcre2_match(code, (PCRE2_SPTR)subject, len, 0, 0, data, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return result >= 0;
}
