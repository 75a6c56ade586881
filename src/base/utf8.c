#include "config.h"

#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/utf8_ambiguous.h"

#define MARKS_MAX    4 /* combining marks on one base: what one ncurses cell holds */
#define GRAPHEME_MAX 64
#define REPLACEMENT  0xFFFDu

int utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
    if (len == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)text;
    if (b[0] < 0x80) {
        *code_point = b[0];
        return 1;
    }
    if (b[0] < 0xC2 || b[0] > 0xF4)
        return -1;
    int size = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    uint32_t c = b[0] & (0x7Fu >> size);
    for (int i = 1; i < size; i++) {
        if ((size_t)i == len)
            return -2;
        /* Overlong forms, surrogates and what is past U+10FFFF show in the second byte. */
        unsigned least = i > 1 ? 0x80 : b[0] == 0xE0 ? 0xA0 : b[0] == 0xF0 ? 0x90 : 0x80;
        unsigned most = i > 1 ? 0xBF : b[0] == 0xED ? 0x9F : b[0] == 0xF4 ? 0x8F : 0xBF;
        if (b[i] < least || b[i] > most)
            return -1;
        c = c << 6 | (b[i] & 0x3Fu);
    }
    *code_point = c;
    return size;
}

uint32_t utf8_lower(uint32_t code_point)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code_point);
}

size_t utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[len] | c);
    return len;
}

bool utf8_is_valid(const char *text, size_t len)
{
    uint32_t c;
    for (size_t i = 0; i < len;) {
        int step = utf8_decode(text + i, len - i, &c);
        if (step <= 0)
            return false;
        i += (size_t)step;
    }
    return true;
}

/* Vowels and finals of decomposed Hangul: they are drawn into the cells of the consonant before them. */
static bool joins_hangul(uint32_t c)
{
    return (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FB);
}

static bool is_ambiguous(uint32_t c)
{
    size_t low = 0, high = sizeof utf8_ambiguous / sizeof *utf8_ambiguous;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > utf8_ambiguous[middle].last)
            low = middle + 1;
        else if (c < utf8_ambiguous[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

/* Cells, as terminals and the C library count them: spacing marks take one of their own. */
static int code_point_cells(uint32_t c, bool ambiguous_wide)
{
    if (c < 0x7F)
        return c >= 0x20;
    if (joins_hangul(c))
        return 0;
    if (ambiguous_wide && is_ambiguous(c))
        return 2;
    if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MC)
        return 1;
    int cells = utf8proc_charwidth((utf8proc_int32_t)c);
    return cells < 0 ? 0 : cells;
}

static bool is_mark(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return true;
    default:
        return joins_hangul(c);
    }
}

/* Letters, marks and symbols by category that nonetheless leave no trace on the screen. */
static bool is_invisible(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x034F, 0x034F},   /* combining grapheme joiner */
        {0x115F, 0x1160},   /* Hangul fillers */
        {0x17B4, 0x17B5},   /* Khmer inherent vowels */
        {0x180B, 0x180F},   /* Mongolian variation selectors */
        {0x2800, 0x2800},   /* the empty Braille pattern */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xFE00, 0xFE0F},   /* variation selectors */
        {0xFFA0, 0xFFA0},   /* half-width Hangul filler */
        {0x2000, 0x200A},   /* spaces of odd widths, down to a hair */
        {0x202F, 0x202F},   /* narrow space */
        {0x205F, 0x205F},   /* mathematical space */
        {0x1D159, 0x1D159}, /* musical null notehead */
        {0xE0000, 0xE0FFF}, /* tags, variation selectors supplement */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* True where the C library, and so ncurses, counts other cells than we do, or where terminals do not agree
 * (skin tones: two cells more or none): such a character would shift the rest of its row. Without a UTF-8
 * locale the library counts none, and nobody draws by it. */
static bool is_width_disputed(uint32_t c)
{
    if (c >= 0x1F3FB && c <= 0x1F3FF)
        return true;
    return wcwidth(L'\u4E00') == 2 && wcwidth((wchar_t)c) != code_point_cells(c, false);
}

static bool is_fit_for_terminal(uint32_t c)
{
    if (c < 0x7F)
        return c >= 0x20;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC: /* controls, C1 among them */
    case UTF8PROC_CATEGORY_CF: /* formats: bidirectional controls, zero-width, tags */
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return !is_invisible(c) && !is_width_disputed(c);
    }
}

/* True for a variation selector that only asks for the emoji form of what stands before it. It is dropped, as
 * terminals do not agree on the cells of that form; a second one is as suspicious as anywhere else. */
static bool asks_for_emoji(uint32_t last, uint32_t c)
{
    return c == 0xFE0F && utf8proc_get_property((utf8proc_int32_t)last)->boundclass ==
                              UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* What the sanitiser has read and not yet written: one grapheme. */
struct line {
    struct buffer *out;
    char pending[GRAPHEME_MAX];
    size_t pending_len;
    uint32_t last; /* code point written last; 0: none */
    int32_t break_state;
    int marks;      /* on the last base; MARKS_MAX where there is no base: none is taken */
    bool has_emoji; /* the emoji form of the last base was asked for */
};

static bool flush(struct line *line)
{
    bool fits = buffer_add(line->out, line->pending, line->pending_len);
    line->pending_len = 0;
    return fits;
}

static bool put(struct line *line, uint32_t c)
{
    utf8proc_int32_t last = (utf8proc_int32_t)line->last, next = (utf8proc_int32_t)c;
    bool is_break = line->last == 0 || utf8proc_grapheme_break_stateful(last, next, &line->break_state);
    if ((is_break || line->pending_len + 4 > sizeof line->pending) && !flush(line))
        return false;
    line->pending_len += utf8_encode(c, line->pending + line->pending_len);
    line->last = c;
    return true;
}

/* One U+FFFD stands for a whole run of marks too many. */
static bool put_sane(struct line *line, uint32_t c)
{
    if (!line->has_emoji && asks_for_emoji(line->last, c)) {
        line->has_emoji = true;
        return true;
    }
    line->has_emoji = false;
    if (!is_fit_for_terminal(c)) {
        line->marks = MARKS_MAX;
        return put(line, REPLACEMENT);
    }
    if (!is_mark(c)) {
        line->marks = c == ' ' ? MARKS_MAX : 0;
        return put(line, c);
    }
    if (line->marks < MARKS_MAX) {
        line->marks++;
        return put(line, c);
    }
    if (line->last == REPLACEMENT)
        return true;
    return put(line, REPLACEMENT);
}

/* Printable ASCII from text on. */
static size_t ascii_run(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && text[i] >= 0x20 && text[i] < 0x7F)
        i++;
    return i;
}

void utf8_sanitize(const char *raw, size_t len, bool in_ascii, struct buffer *out)
{
    struct line line = {.out = out, .marks = MARKS_MAX};
    for (size_t i = 0; i < len;) {
        /* All of an ASCII run but its last character, which may carry a mark, goes out at once. */
        size_t run = ascii_run(raw + i, len - i);
        if (run > 1) {
            if (!flush(&line))
                return;
            size_t room = out->limit - out->len, fits = run - 1 < room ? run - 1 : room;
            if (!buffer_add(out, raw + i, fits) || fits < run - 1) {
                out->overflow = true;
                return;
            }
            i += fits;
            line.last = (unsigned char)raw[i - 1];
            line.break_state = 0;
        }
        uint32_t c = REPLACEMENT;
        int step = utf8_decode(raw + i, len - i, &c);
        if (step < 0)
            c = in_ascii ? 0x80 : 0; /* either is replaced */
        if (in_ascii ? !put(&line, c >= 0x20 && c < 0x7F ? c : '?') : !put_sane(&line, c))
            return;
        i += step > 0 ? (size_t)step : step == -1 ? 1 : len - i;
    }
    (void)flush(&line); /* a cut is no error here, and out->overflow tells it */
}

size_t utf8_next_grapheme(const char *text, bool ambiguous_wide, int *width_cells)
{
    size_t used = 0;
    uint32_t last = 0, c;
    utf8proc_int32_t state = 0;
    *width_cells = 0;
    while (text[used] != '\0') {
        int step = utf8_decode(text + used, strnlen(text + used, 4), &c);
        if (step <= 0) { /* not sanitised: one byte, one cell */
            *width_cells += used == 0;
            return used == 0 ? 1 : used;
        }
        if (used > 0 && utf8proc_grapheme_break_stateful((utf8proc_int32_t)last, (utf8proc_int32_t)c, &state))
            break;
        *width_cells += code_point_cells(c, ambiguous_wide);
        used += (size_t)step;
        last = c;
        if (c < 0x7F && (unsigned char)text[used] < 0x7F)
            break; /* ASCII never joins ASCII but in CR LF, which no sanitised text has */
    }
    return used;
}

int utf8_width_cells(const char *text, bool ambiguous_wide)
{
    int total = 0;
    uint32_t c;
    for (size_t left = strlen(text); left > 0;) {
        int step = utf8_decode(text, left, &c);
        total += step <= 0 ? 1 : code_point_cells(c, ambiguous_wide);
        size_t used = step <= 0 ? 1 : (size_t)step;
        text += used;
        left -= used;
    }
    return total;
}

int utf8_cut(const char *text, int width_cells, const char *ellipsis, bool ambiguous_wide, struct buffer *out)
{
    int ellipsis_cells = utf8_width_cells(ellipsis, ambiguous_wide);
    int used = 0, kept = 0, cells;
    size_t at = 0, kept_len = 0;
    for (;;) {
        size_t step = utf8_next_grapheme(text + at, ambiguous_wide, &cells);
        if (step == 0) {                     /* all of it fits */
            (void)buffer_add(out, text, at); /* out->overflow tells */
            return used;
        }
        if (used + cells > width_cells)
            break;
        at += step;
        used += cells;
        if (used + ellipsis_cells <= width_cells) {
            kept_len = at;
            kept = used;
        }
    }
    (void)buffer_add(out, text, kept_len);
    if (ellipsis_cells > width_cells)
        return 0;
    (void)buffer_add_text(out, ellipsis);
    return kept + ellipsis_cells;
}
