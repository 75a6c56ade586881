#include "config.h"

#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

#include "base/buffer.h"

#define COMBINING_MAX 4
#define REPLACEMENT   UINT32_C(0xFFFD)
#define VS16          UINT32_C(0xFE0F)

int utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
    const unsigned char *s = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (s[0] < 0x80) {
        *code_point = s[0];
        return 1;
    }
    int need = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
               : (s[0] & 0xF0) == 0xE0        ? 3
               : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                              : -1;
    if (need < 0)
        return -1;
    /* The second byte's range rules out overlong forms, surrogates, and what is past U+10FFFF (Unicode 15,
     * table 3-7). */
    unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    uint32_t value = s[0] & (0x7FU >> need);
    for (int i = 1; i < need; i++) {
        if ((size_t)i >= len)
            return -2;
        if (s[i] < (i == 1 ? low : 0x80) || s[i] > (i == 1 ? high : 0xBF))
            return -1;
        value = value << 6 | (s[i] & 0x3FU);
    }
    *code_point = value;
    return need;
}

bool utf8_is_valid(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        uint32_t code_point;
        int used = utf8_decode(text + i, len - i, &code_point);
        if (used <= 0)
            return false;
        i += (size_t)used;
    }
    return true;
}

static bool is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* Code points that draw nothing, or change how others are drawn (Default_Ignorable_Code_Point, and blanks
 * that look like none). */
static bool is_invisible(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x00AD, 0x00AD},   {0x034F, 0x034F},  {0x061C, 0x061C}, {0x115F, 0x1160},
                  {0x17B4, 0x17B5},   {0x180B, 0x180F},  {0x2000, 0x200F}, {0x2028, 0x202F},
                  {0x205F, 0x206F},   {0x2800, 0x2800},  {0x3164, 0x3164}, {0xFE00, 0xFE0F},
                  {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
                  {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

static bool is_safe(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return !is_invisible(c);
    }
}

static bool is_pictograph(uint32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
    return property->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

struct sanitizer {
    struct buffer *out;
    bool in_ascii, full;
    char cluster[96]; /* one base with what belongs to it */
    size_t cluster_len;
    uint32_t base; /* 0: nothing that a mark could stand on */
    int marks;
};

static void flush_cluster(struct sanitizer *s)
{
    if (s->cluster_len > 0 && !s->full)
        s->full = !buffer_add(s->out, s->cluster, s->cluster_len);
    s->cluster_len = 0;
}

static void add_code_point(struct sanitizer *s, uint32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t used = utf8proc_encode_char((utf8proc_int32_t)c, bytes);
    if (s->cluster_len + (size_t)used > sizeof s->cluster)
        return;
    memcpy(s->cluster + s->cluster_len, bytes, (size_t)used);
    s->cluster_len += (size_t)used;
}

static void start_cluster(struct sanitizer *s, uint32_t c, bool can_carry)
{
    flush_cluster(s);
    if (s->in_ascii && c > 0x7E)
        c = '?';
    add_code_point(s, c);
    s->base = can_carry ? c : 0;
    s->marks = 0;
}

static void take(struct sanitizer *s, uint32_t c)
{
    if (c < 0x7F && c >= 0x20) {
        start_cluster(s, c, true);
    } else if (c == VS16 && !s->in_ascii && s->base != 0 && s->marks == 0 && is_pictograph(s->base)) {
        add_code_point(s, c); /* asks for the emoji form of what stands before it; visible there */
        s->marks++;
    } else if (!is_safe(c)) {
        start_cluster(s, REPLACEMENT, false);
    } else if (is_mark(c)) {
        if (s->base == 0 || s->marks >= COMBINING_MAX || s->in_ascii)
            start_cluster(s, REPLACEMENT, false);
        else {
            add_code_point(s, c);
            s->marks++;
        }
    } else {
        start_cluster(s, c, true);
    }
}

void utf8_sanitize(const char *raw, size_t len, bool in_ascii, struct buffer *out)
{
    struct sanitizer s = {.out = out, .in_ascii = in_ascii};
    for (size_t i = 0; i < len && !s.full;) {
        uint32_t c;
        int used = utf8_decode(raw + i, len - i, &c);
        if (used <= 0) {
            take(&s, REPLACEMENT);
            i++;
        } else {
            take(&s, c);
            i += (size_t)used;
        }
    }
    flush_cluster(&s);
}

static int code_point_width(uint32_t c)
{
    int width = utf8proc_charwidth((utf8proc_int32_t)c);
    return width < 0 ? 0 : width;
}

/* East Asian "ambiguous" letters and signs that terminals in CJK locales draw two cells wide: the ranges that
 * occur in names and in our own glyphs (Unicode 15, EastAsianWidth.txt, class A, without the private use
 * areas). */
static bool is_ambiguous(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x00A1, 0x00A1}, {0x00A4, 0x00A4}, {0x00A7, 0x00A8}, {0x00AA, 0x00AA}, {0x00AE, 0x00AE},
                  {0x00B0, 0x00B4}, {0x00B6, 0x00BA}, {0x00BC, 0x00BF}, {0x00C6, 0x00C6}, {0x00D0, 0x00D0},
                  {0x00D7, 0x00D8}, {0x00DE, 0x00E1}, {0x00E6, 0x00E6}, {0x00E8, 0x00EA}, {0x00EC, 0x00ED},
                  {0x00F0, 0x00F0}, {0x00F2, 0x00F3}, {0x00F7, 0x00FA}, {0x00FC, 0x00FC}, {0x00FE, 0x00FE},
                  {0x0391, 0x03A1}, {0x03A3, 0x03A9}, {0x03B1, 0x03C1}, {0x03C3, 0x03C9}, {0x0401, 0x0401},
                  {0x0410, 0x044F}, {0x0451, 0x0451}, {0x2010, 0x2010}, {0x2013, 0x2016}, {0x2018, 0x2019},
                  {0x201C, 0x201D}, {0x2020, 0x2022}, {0x2024, 0x2027}, {0x2030, 0x2030}, {0x2032, 0x2033},
                  {0x2035, 0x2035}, {0x203B, 0x203B}, {0x203E, 0x203E}, {0x2103, 0x2103}, {0x2116, 0x2116},
                  {0x2121, 0x2122}, {0x2126, 0x2126}, {0x2160, 0x216B}, {0x2170, 0x2179}, {0x2190, 0x2199},
                  {0x21D2, 0x21D2}, {0x21D4, 0x21D4}, {0x2200, 0x2200}, {0x2202, 0x2203}, {0x2207, 0x2208},
                  {0x220B, 0x220B}, {0x2211, 0x2211}, {0x221A, 0x221A}, {0x221D, 0x2220}, {0x2260, 0x2261},
                  {0x2264, 0x2267}, {0x2295, 0x2295}, {0x2299, 0x2299}, {0x2460, 0x24E9}, {0x24EB, 0x254B},
                  {0x2550, 0x2573}, {0x2580, 0x258F}, {0x2592, 0x2595}, {0x25A0, 0x25A1}, {0x25A3, 0x25A9},
                  {0x25B2, 0x25B3}, {0x25B6, 0x25B7}, {0x25BC, 0x25BD}, {0x25C0, 0x25C1}, {0x25C6, 0x25C8},
                  {0x25CB, 0x25CB}, {0x25CE, 0x25D1}, {0x2605, 0x2606}, {0x2609, 0x2609}, {0x260E, 0x260F},
                  {0x261C, 0x261C}, {0x2640, 0x2640}, {0x2642, 0x2642}, {0x2660, 0x2661}, {0x2663, 0x2665},
                  {0x266D, 0x266F}, {0x2776, 0x277F}, {0xFFFD, 0xFFFD}};
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof ranges / sizeof *ranges && c >= ranges[low].first;
}

size_t utf8_next_grapheme(const char *text, bool ambiguous_wide, int *width_cells)
{
    *width_cells = 0;
    if (text[0] == '\0')
        return 0;
    if ((unsigned char)text[0] < 0x80 && (unsigned char)text[1] < 0x80) { /* nothing can combine with it */
        *width_cells = 1;
        return 1;
    }
    size_t len = strlen(text), used = 0;
    uint32_t previous = 0, c;
    utf8proc_int32_t state = 0;
    for (int step; (step = utf8_decode(text + used, len - used, &c)) != 0; previous = c) {
        if (step < 0) {
            if (used > 0)
                break;
            *width_cells = 1; /* not reached for sanitised text */
            return 1;
        }
        if (used > 0 &&
            utf8proc_grapheme_break_stateful((utf8proc_int32_t)previous, (utf8proc_int32_t)c, &state))
            break;
        int width = ambiguous_wide && is_ambiguous(c) ? 2 : code_point_width(c);
        if (c == VS16 && used > 0)
            width = 2;
        if (width > *width_cells)
            *width_cells = width;
        used += (size_t)step;
    }
    return used;
}

int utf8_width_cells(const char *text, bool ambiguous_wide)
{
    int total = 0, width;
    for (size_t used; (used = utf8_next_grapheme(text, ambiguous_wide, &width)) > 0; text += used)
        total += width;
    return total;
}

int utf8_cut(const char *text, int width_cells, const char *ellipsis, bool ambiguous_wide, struct buffer *out)
{
    int total = utf8_width_cells(text, ambiguous_wide);
    if (total <= width_cells) {
        buffer_add_text(out, text);
        return total;
    }
    int ellipsis_cells = utf8_width_cells(ellipsis, ambiguous_wide);
    if (ellipsis_cells > width_cells)
        return 0;
    int cells = 0, width;
    for (size_t used; (used = utf8_next_grapheme(text, ambiguous_wide, &width)) > 0; text += used) {
        if (cells + width > width_cells - ellipsis_cells)
            break;
        buffer_add(out, text, used);
        cells += width;
    }
    buffer_add_text(out, ellipsis);
    return cells + ellipsis_cells;
}
