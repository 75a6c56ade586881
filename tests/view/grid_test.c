#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buffer.h"
#include "view/grid.h"

static const char *row_text(const struct grid *g, int y, struct buffer *to)
{
    char text[64];
    buffer_clear(to);
    for (int x = 0; x < g->w; x++) {
        (void)grid_cell_text(g, grid_cell(g, x, y), text);
        (void)buffer_add_text(to, text);
    }
    return buffer_text(to);
}

struct row {
    const char *name, *text;
    struct rect clip;
    int x;
    const char *expected; /* of a grid of 10x1 */
    int width;
};

static const struct row rows[] = {
    {"plain", "abc", {0, 0, 10, 1}, 1, " abc      ", 3},
    {"cut at the clip", "abcdef", {2, 0, 3, 1}, 1, "  bcd     ", 6},
    {"cut at the grid", "abcdef", {0, 0, 99, 9}, 7, "       abc", 6},
    {"left of the grid", "abcdef", {0, 0, 10, 1}, -3, "def       ", 6},
    {"another row", "abc", {0, 0, 10, 1}, 0, "abc       ", 3},
    {"wide", "你好", {0, 0, 10, 1}, 0, "你好      ", 4},
    {"wide, cut in two at the right", "a你", {0, 0, 2, 1}, 0, "a         ", 3},
    {"wide, cut in two at the left", "你a", {1, 0, 9, 1}, 0, "  a       ", 3},
    {"marks stay on their base", "e\xcc\x81x", {0, 0, 10, 1}, 0, "e\xcc\x81x        ", 2},
    {"emoji", "\xf0\x9f\x98\x80x", {0, 0, 10, 1}, 0, "\xf0\x9f\x98\x80x       ", 3},
    {"a lone mark is seen as something", "\xcc\x81", {0, 0, 10, 1}, 0, "\xef\xbf\xbd         ", 1},
    {"a spacing mark has its own cell",
     "\xe0\xa4\x95\xe0\xa4\xbex",
     {0, 0, 10, 1},
     0,
     "\xe0\xa4\x95\xe0\xa4\xbex       ",
     3},
    {"a zero-width joiner cannot hide",
     "a\xe2\x80\x8d"
     "b",
     {0, 0, 10, 1},
     0,
     NULL,
     0},
};

static void text_stays_inside_its_clip(void **state)
{
    (void)state;
    struct grid g = {0};
    struct buffer text = BUFFER_LIMIT(4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        grid_resize(&g, 10, 1);
        const int width = grid_text(&g, rows[i].clip, rows[i].x, 0, 3, rows[i].text);
        if (!rows[i].expected)
            continue; /* only that nothing breaks */
        if (strcmp(row_text(&g, 0, &text), rows[i].expected) != 0)
            print_message("%s: '%s'\n", rows[i].name, row_text(&g, 0, &text));
        assert_string_equal(row_text(&g, 0, &text), rows[i].expected);
        assert_int_equal(width, rows[i].width);
    }
    grid_free(&g);
    buffer_free(&text);
}

static void overwriting_half_of_a_wide_character_leaves_a_blank(void **state)
{
    (void)state;
    struct grid g = {0};
    struct buffer text = BUFFER_LIMIT(4096);
    const struct rect all = {0, 0, 6, 1};
    grid_resize(&g, 6, 1);
    (void)grid_text(&g, all, 0, 0, 0, "你好吗");
    (void)grid_text(&g, all, 1, 0, 0, "x");
    assert_string_equal(row_text(&g, 0, &text), " x好吗");
    (void)grid_text(&g, all, 2, 0, 0, "y");
    assert_string_equal(row_text(&g, 0, &text), " xy 吗");
    (void)grid_text(&g, all, 3, 0, 0, "你");
    assert_string_equal(row_text(&g, 0, &text), " xy你 ");
    grid_free(&g);
    buffer_free(&text);
}

static void without_utf8_only_ascii_reaches_a_cell(void **state)
{
    (void)state;
    struct grid g = {.ascii = true};
    struct buffer text = BUFFER_LIMIT(4096);
    grid_resize(&g, 6, 1);
    (void)grid_text(&g, (struct rect){0, 0, 6, 1}, 0, 0, 0, "aé你");
    assert_string_equal(row_text(&g, 0, &text), "a??   ");
    grid_free(&g);
    buffer_free(&text);
}

static void a_rows_hash_tells_text_role_and_marks(void **state)
{
    (void)state;
    struct grid a = {0}, b = {0};
    const struct rect all = {0, 0, 8, 1};
    grid_resize(&a, 8, 1);
    grid_resize(&b, 8, 1);
    (void)grid_text(&a, all, 0, 0, 1, "e\xcc\x81");
    (void)grid_text(&b, all, 4, 0, 1, "o\xcc\x82"); /* so that the clusters' offsets differ */
    (void)grid_text(&b, all, 4, 0, 0, " ");
    (void)grid_text(&b, all, 0, 0, 1, "e\xcc\x81");
    assert_true(grid_row_hash(&a, 0, true) == grid_row_hash(&b, 0, true));
    (void)grid_text(&b, all, 0, 0, 1, "e\xcc\x82");
    assert_true(grid_row_hash(&a, 0, true) != grid_row_hash(&b, 0, true));
    (void)grid_text(&b, all, 0, 0, 2, "e\xcc\x81");
    assert_true(grid_row_hash(&a, 0, true) != grid_row_hash(&b, 0, true));
    assert_true(grid_row_hash(&a, 0, false) == grid_row_hash(&b, 0, false));
    grid_free(&a);
    grid_free(&b);
}

static void sizes_are_kept_in_bounds(void **state)
{
    (void)state;
    struct grid g = {0};
    grid_resize(&g, 0, -3);
    assert_int_equal(g.w, 1);
    assert_int_equal(g.h, 1);
    (void)grid_text(&g, (struct rect){-5, -5, 100, 100}, -2, 0, 0, "你好");
    grid_fill(&g, (struct rect){-5, -5, 100, 100}, 0, "x");
    grid_paint(&g, (struct rect){0, 5, 3, 3}, 1);
    grid_free(&g);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_inside_its_clip),
        cmocka_unit_test(overwriting_half_of_a_wide_character_leaves_a_blank),
        cmocka_unit_test(without_utf8_only_ascii_reaches_a_cell),
        cmocka_unit_test(a_rows_hash_tells_text_role_and_marks),
        cmocka_unit_test(sizes_are_kept_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
