/* Whatever goes into the sanitiser: what comes out is UTF-8 without controls, takes the cells that the C
 * library counts, does not change when sanitised again, and can be cut to any width. */
#include "config.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "fuzz.h"

static void check_cells(const struct buffer *sane)
{
    int cells = 0, by_grapheme = 0, width;
    for (size_t at = 0; at < sane->len;) {
        uint32_t c;
        int step = utf8_decode(sane->data + at, sane->len - at, &c);
        FUZZ_MUST(step > 0 && c >= 0x20 && (c < 0x7F || c > 0x9F) && wcwidth((wchar_t)c) >= 0);
        cells += wcwidth((wchar_t)c);
        at += (size_t)step;
    }
    FUZZ_MUST(utf8_width_cells(buffer_text(sane), false) == cells);
    for (size_t at = 0, step; (step = utf8_next_grapheme(buffer_text(sane) + at, false, &width)) > 0;
         at += step)
        by_grapheme += width;
    FUZZ_MUST(by_grapheme == cells);
}

static void check_cut(const struct buffer *sane, int width_cells)
{
    struct buffer cut = BUFFER_LIMIT(sane->len + 3);
    int used = utf8_cut(buffer_text(sane), width_cells, "~", false, &cut);
    FUZZ_MUST(used <= width_cells && !cut.overflow);
    FUZZ_MUST(utf8_width_cells(buffer_text(&cut), false) == used);
    FUZZ_MUST(utf8_is_valid(buffer_text(&cut), cut.len));
    buffer_free(&cut);
}

static void check_limit(const char *raw, size_t size, const struct buffer *all, size_t limit)
{
    struct buffer some = BUFFER_LIMIT(limit);
    utf8_sanitize(raw, size, false, &some);
    FUZZ_MUST(some.len <= limit && some.overflow == (limit < all->len));
    FUZZ_MUST(memcmp(buffer_text(&some), buffer_text(all), some.len) == 0);
    FUZZ_MUST(utf8_is_valid(buffer_text(&some), some.len));
    buffer_free(&some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *raw = (const char *)data;
    struct buffer sane = BUFFER_LIMIT(3 * size), again = BUFFER_LIMIT(3 * size), ascii = BUFFER_LIMIT(size);
    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 0; /* nothing to compare with */
    utf8_sanitize(raw, size, false, &sane);
    FUZZ_MUST(!sane.overflow && (sane.len > 0) == (size > 0));
    check_cells(&sane);
    utf8_sanitize(buffer_text(&sane), sane.len, false, &again);
    FUZZ_MUST(again.len == sane.len && memcmp(buffer_text(&again), buffer_text(&sane), sane.len) == 0);
    utf8_sanitize(raw, size, true, &ascii);
    for (size_t i = 0; i < ascii.len; i++)
        FUZZ_MUST(ascii.data[i] >= 0x20 && ascii.data[i] < 0x7F);
    for (int width = 0; width < 12; width++)
        check_cut(&sane, width);
    for (size_t limit = 0; limit < 24; limit++)
        check_limit(raw, size, &sane, limit);
    buffer_free(&sane);
    buffer_free(&again);
    buffer_free(&ascii);
    return 0;
}
