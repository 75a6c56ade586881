/* What reaches the terminal: the sanitiser against a hostile corpus, and cell counts against the C library's.
 */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/utf8.h"

#define TEXT(s) s, sizeof(s) - 1
#define R       "\xEF\xBF\xBD" /* U+FFFD */
#define ACUTE   "\xCC\x81"     /* U+0301, combining */

static const struct {
    const char *name, *raw;
    size_t len;
    const char *sane, *ascii;
} rows[] = {
    {"plain text", TEXT("hello, v0.1.1"), "hello, v0.1.1", "hello, v0.1.1"},
    {"nothing", TEXT(""), "", ""},
    {"letters of many scripts", TEXT("\xC3\xA9\xCE\xB1\xD0\x96\xE6\xBC\xA2"),
     "\xC3\xA9\xCE\xB1\xD0\x96\xE6\xBC\xA2", "????"},
    {"a colour sequence", TEXT("\x1B[31mred"), R "[31mred", "?[31mred"},
    {"an OSC that sets the title", TEXT("\x1B]0;x\x07"), R "]0;x" R, "?]0;x?"},
    {"C1: CSI as one byte of Latin-1",
     TEXT("\x9B"
          "31m"),
     R "31m", "?31m"},
    {"C1: CSI in UTF-8",
     TEXT("\xC2\x9B"
          "31m"),
     R "31m", "?31m"},
    {"line breaks, tabs, backspaces", TEXT("a\r\n\tb\b"), "a" R R R "b" R, "a???b?"},
    {"NUL and DEL", TEXT("a\0b\x7F"), "a" R "b" R, "a?b?"},
    {"next line, line and paragraph separators", TEXT("\xC2\x85\xE2\x80\xA8\xE2\x80\xA9"), R R R, "???"},
    {"a right-to-left override",
     TEXT("v\xE2\x80\xAE"
          "1.2"),
     "v" R "1.2", "v?1.2"},
    {"all bidirectional controls",
     TEXT("\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAC\xE2\x80\xAD\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9"
          "\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C"),
     R R R R R R R R R R R, "???????????"},
    {"zero-width space, joiners, word joiner, byte order mark",
     TEXT("a\xE2\x80\x8B"
          "b\xE2\x80\x8C"
          "c\xE2\x80\x8D"
          "d\xE2\x81\xA0"
          "e\xEF\xBB\xBF"),
     "a" R "b" R "c" R "d" R "e" R, "a?b?c?d?e?"},
    {"a soft hyphen",
     TEXT("a\xC2\xAD"
          "b"),
     "a" R "b", "a?b"},
    {"invisible letters: Hangul fillers, empty Braille", TEXT("\xE3\x85\xA4\xEF\xBE\xA0\xE2\xA0\x80"), R R R,
     "???"},
    {"a hair space",
     TEXT("a\xE2\x80\x8A"
          "b"),
     "a" R "b", "a?b"},
    {"tags, which can hide a text", TEXT("x\xF3\xA0\x81\x81\xF3\xA0\x81\xBF"), "x" R R, "x??"},
    {"a private character", TEXT("\xEE\x80\x80"), R, "?"},
    {"an unassigned character, a noncharacter", TEXT("\xCD\xB8\xEF\xBF\xBE"), R R, "??"},
    {"an accent on its base", TEXT("e" ACUTE "x"), "e" ACUTE "x", "e?x"},
    {"four accents stay", TEXT("e" ACUTE ACUTE ACUTE ACUTE), "e" ACUTE ACUTE ACUTE ACUTE, "e????"},
    {"the fifth and all after it are one replacement",
     TEXT("e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "x"), "e" ACUTE ACUTE ACUTE ACUTE R "x", "e???????x"},
    {"an accent without a base", TEXT(ACUTE "a"), R "a", "?a"},
    {"an accent on a blank", TEXT("a " ACUTE), "a " R, "a ?"},
    {"an accent on what was replaced", TEXT("\x1B" ACUTE "x"), R "x", "??x"},
    {"an enclosing mark", TEXT("a\xE2\x83\x9D"), "a\xE2\x83\x9D", "a?"},
    {"Devanagari with a spacing mark and a virama", TEXT("\xE0\xA4\xB9\xE0\xA4\xBF\xE0\xA4\xA8\xE0\xA5\x8D"),
     "\xE0\xA4\xB9\xE0\xA4\xBF\xE0\xA4\xA8\xE0\xA5\x8D", "????"},
    {"decomposed Hangul", TEXT("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"),
     "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "???"},
    {"a Hangul vowel without its consonant", TEXT("\xE1\x85\xA1"), R, "?"},
    {"an emoji", TEXT("\xE2\x9C\x85"), "\xE2\x9C\x85", "?"},
    {"an emoji with its variation selector", TEXT("\xE2\x9A\xA0\xEF\xB8\x8F!"), "\xE2\x9A\xA0!",
     "??"
     "!"},
    {"two variation selectors", TEXT("\xE2\x9A\xA0\xEF\xB8\x8F\xEF\xB8\x8F"), "\xE2\x9A\xA0" R, "???"},
    {"a variation selector on a letter", TEXT("a\xEF\xB8\x8F"), "a" R, "a?"},
    {"a family joined with zero-width joiners", TEXT("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9"),
     "\xF0\x9F\x91\xA8" R "\xF0\x9F\x91\xA9", "???"},
    {"a skin tone", TEXT("\xF0\x9F\x91\x8B\xF0\x9F\x8F\xBD"), "\xF0\x9F\x91\x8B" R, "??"},
    {"a flag", TEXT("\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"), "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA", "??"},
    {"U+FFFD itself", TEXT("a" R), "a" R, "a?"},
    {"overlong slash", TEXT("\xC0\xAF"), R R, "??"},
    {"overlong NUL", TEXT("a\xE0\x80\x80"), "a" R R R, "a???"},
    {"an encoded surrogate", TEXT("\xED\xA0\x80"), R R R, "???"},
    {"past U+10FFFF", TEXT("\xF4\x90\x80\x80"), R R R R, "????"},
    {"a byte that never occurs",
     TEXT("a\xFF"
          "b"),
     "a" R "b", "a?b"},
    {"a lone continuation",
     TEXT("\x80"
          "a"),
     R "a", "?a"},
    {"a cut character at the end", TEXT("a\xE2\x9C"), "a" R, "a?"},
    {"a cut character before a letter",
     TEXT("\xE2\x9C"
          "a"),
     R R "a", "??a"},
};

static void nothing_hostile_passes_the_sanitizer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = BUFFER_LIMIT(256);
        utf8_sanitize(rows[i].raw, rows[i].len, false, &out);
        if (strcmp(buffer_text(&out), rows[i].sane) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, buffer_text(&out), rows[i].sane);
        struct buffer again = BUFFER_LIMIT(256);
        utf8_sanitize(buffer_text(&out), out.len, false, &again);
        if (strcmp(buffer_text(&again), buffer_text(&out)) != 0)
            fail_msg("%s: sanitised twice it is \"%s\"", rows[i].name, buffer_text(&again));
        buffer_clear(&out);
        utf8_sanitize(rows[i].raw, rows[i].len, true, &out);
        if (strcmp(buffer_text(&out), rows[i].ascii) != 0)
            fail_msg("%s: in ASCII \"%s\", not \"%s\"", rows[i].name, buffer_text(&out), rows[i].ascii);
        buffer_free(&out);
        buffer_free(&again);
    }
}

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> len & 0xFF) | c);
    return len;
}

static void every_character_that_passes_takes_the_cells_that_we_count(void **state)
{
    (void)state;
    assert_int_equal(wcwidth(L'\u4E00'), 2); /* else this proves nothing: no UTF-8 locale */
    unsigned passed = 0;
    for (uint32_t c = 1; c < 0x110000; c++) {
        char raw[5] = "a";
        uint32_t back;
        size_t len = encode(c, raw + 1);
        bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
        assert_int_equal(utf8_decode(raw + 1, len, &back), is_surrogate ? -1 : (int)len);
        if (is_surrogate)
            continue;
        assert_int_equal(back, c);
        char memory[32];
        struct buffer out = {.data = memory, .capacity = sizeof memory, .limit = sizeof memory - 1};
        utf8_sanitize(raw, 1 + len, false, &out);
        if (strcmp(out.data, "a" R) == 0)
            continue;
        passed++;
        if (utf8_width_cells(out.data + 1, false) != wcwidth((wchar_t)c))
            fail_msg("U+%04X is measured as %d cells, the C library says %d", c,
                     utf8_width_cells(out.data + 1, false), wcwidth((wchar_t)c));
    }
    assert_in_range(passed, 100000, 150000); /* most of what Unicode has assigned */
}

static void a_cut_of_the_sanitizer_falls_between_graphemes(void **state)
{
    (void)state;
    static const char raw[] = "ab" ACUTE ACUTE "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\x1B"
                              "cd";
    struct buffer all = BUFFER_LIMIT(256);
    utf8_sanitize(raw, strlen(raw), false, &all);
    for (size_t limit = 0; limit <= all.len; limit++) {
        struct buffer out = BUFFER_LIMIT(limit);
        utf8_sanitize(raw, strlen(raw), false, &out);
        assert_true(out.len <= limit);
        assert_int_equal(out.overflow, limit < all.len);
        assert_memory_equal(buffer_text(&out), all.data, out.len);
        size_t at = 0;
        int cells;
        while (at < out.len)
            at += utf8_next_grapheme(all.data + at, false, &cells);
        assert_int_equal(at, out.len);
        buffer_free(&out);
    }
    buffer_free(&all);
}

static const struct {
    const char *name, *text;
    int width, wide; /* cells; with ambiguous width as 2 */
    int graphemes;
} widths[] = {
    {"ASCII", "abc", 3, 3, 3},
    {"East Asian wide", "\xE6\xBC\xA2\xE5\xAD\x97", 4, 4, 2},
    {"a check mark", "\xE2\x9C\x85", 2, 2, 1},
    {"an accent", "e" ACUTE, 1, 1, 1},
    {"a flag is one grapheme", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA", 2, 2, 1},
    {"two flags", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA", 4, 4, 2},
    {"decomposed Hangul", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", 2, 2, 1},
    {"Devanagari", "\xE0\xA4\xB9\xE0\xA4\xBF", 2, 2, 1},
    {"ambiguous: a box line, a Greek letter, a circle", "\xE2\x94\x80\xCE\xB1\xE2\x97\x8F", 3, 6, 3},
    {"not ambiguous: an e with acute is, a plain Latin one is not", "\xC3\xA9z", 2, 3, 2},
    {"half-width katakana", "\xEF\xBD\xB1", 1, 1, 1},
    {"not UTF-8: a cell a byte", "a\xFF\xFE", 3, 3, 3},
};

static void cells_and_graphemes_are_counted_as_drawn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        int graphemes = 0, total = 0, cells;
        for (size_t at = 0, step; (step = utf8_next_grapheme(widths[i].text + at, true, &cells)) > 0;
             at += step) {
            graphemes++;
            total += cells;
        }
        if (utf8_width_cells(widths[i].text, false) != widths[i].width)
            fail_msg("%s: %d cells", widths[i].name, utf8_width_cells(widths[i].text, false));
        if (utf8_width_cells(widths[i].text, true) != widths[i].wide || total != widths[i].wide)
            fail_msg("%s: %d cells, %d by graphemes, where ambiguous is wide", widths[i].name,
                     utf8_width_cells(widths[i].text, true), total);
        if (graphemes != widths[i].graphemes)
            fail_msg("%s: %d graphemes", widths[i].name, graphemes);
    }
}

static void cutting_keeps_whole_graphemes_and_says_that_it_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int width_cells;
        const char *ellipsis, *expected;
        int used;
    } cuts[] = {
        {"fits", "hello", 5, "\xE2\x80\xA6", "hello", 5},
        {"one too many", "hello!", 5, "\xE2\x80\xA6", "hell\xE2\x80\xA6", 5},
        {"a wide one that would stick out", "a\xE6\xBC\xA2\xE5\xAD\x97", 4, "~", "a\xE6\xBC\xA2~", 4},
        {"a wide one that leaves a cell", "\xE6\xBC\xA2\xE5\xAD\x97", 3, "~", "\xE6\xBC\xA2~", 3},
        {"a wide one where a cell is left before the ellipsis", "\xE6\xBC\xA2\xE5\xAD\x97z", 4, "~",
         "\xE6\xBC\xA2~", 3},
        {"an accent stays with its base", "e" ACUTE "fgh", 2, "~", "e" ACUTE "~", 2},
        {"an accent at the very end", "abe" ACUTE, 3, "~", "abe" ACUTE, 3},
        {"room for the ellipsis only", "hello", 1, "~", "~", 1},
        {"no room for the ellipsis", "hello", 1, "...", "", 0},
        {"no room", "hello", 0, "~", "", 0},
        {"less than no room", "hello", -3, "~", "", 0},
        {"nothing, no room", "", 0, "~", "", 0},
        {"an empty ellipsis", "hello", 3, "", "hel", 3},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct buffer out = BUFFER_LIMIT(256);
        int used = utf8_cut(cuts[i].text, cuts[i].width_cells, cuts[i].ellipsis, false, &out);
        if (used != cuts[i].used || strcmp(buffer_text(&out), cuts[i].expected) != 0)
            fail_msg("%s: \"%s\", %d cells", cuts[i].name, buffer_text(&out), used);
        assert_int_equal(utf8_width_cells(buffer_text(&out), false), used);
        buffer_free(&out);
    }
}

static void a_code_point_that_is_cut_off_differs_from_one_that_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        int result;
    } codes[] = {{TEXT(""), 0},          {TEXT("a"), 1},         {TEXT("\xE2"), -2},
                 {TEXT("\xE2\x9C"), -2}, {TEXT("\xE2\x41"), -1}, {TEXT("\xF0\x9F\x98"), -2},
                 {TEXT("\xF0\x80"), -1}, {TEXT("\xED\xA0"), -1}, {TEXT("\xF5"), -1},
                 {TEXT("\xC1"), -1},     {TEXT("\xBF"), -1},     {TEXT("\xE2\x9C\x85\xFF"), 3}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        uint32_t c;
        assert_int_equal(utf8_decode(codes[i].text, codes[i].len, &c), codes[i].result);
        assert_int_equal(utf8_is_valid(codes[i].text, codes[i].len),
                         codes[i].len == 0 ||
                             (codes[i].result > 0 && (size_t)codes[i].result == codes[i].len));
    }
}

static void a_megabyte_of_marks_is_measured_and_cut_in_good_time(void **state)
{
    (void)state;
    struct buffer raw = BUFFER_LIMIT(1 << 20), out = BUFFER_LIMIT(1 << 20);
    while (buffer_add_text(&raw, "e" ACUTE))
        continue;
    utf8_sanitize(raw.data, raw.len, false, &out);
    assert_int_equal(out.len, raw.len);
    struct buffer cut = BUFFER_LIMIT(1 << 20);
    assert_int_equal(utf8_cut(out.data, 300000, "~", false, &cut), 300000);
    buffer_free(&raw);
    buffer_free(&out);
    buffer_free(&cut);
}

static int use_a_utf8_locale(void **state)
{
    (void)state;
    return setlocale(LC_ALL, "C.UTF-8") == NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_hostile_passes_the_sanitizer),
        cmocka_unit_test(every_character_that_passes_takes_the_cells_that_we_count),
        cmocka_unit_test(a_cut_of_the_sanitizer_falls_between_graphemes),
        cmocka_unit_test(cells_and_graphemes_are_counted_as_drawn),
        cmocka_unit_test(cutting_keeps_whole_graphemes_and_says_that_it_cut),
        cmocka_unit_test(a_code_point_that_is_cut_off_differs_from_one_that_is_wrong),
        cmocka_unit_test(a_megabyte_of_marks_is_measured_and_cut_in_good_time),
    };
    return cmocka_run_group_tests_name("utf8", tests, use_a_utf8_locale, NULL);
}
