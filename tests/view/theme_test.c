#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "view/theme.h"

static const char *const shipped[] = {"dark", "mono"};

static void every_shipped_theme_loads_in_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        for (int depth = THEME_TRUECOLOR; depth <= THEME_NO_COLOUR; depth++) {
            for (int glyphs = THEME_UNICODE; glyphs <= THEME_ASCII; glyphs++) {
                struct theme t;
                struct error err = ERROR_NONE;
                theme_set_defaults(&t, (enum theme_depth)depth, (enum theme_glyphs)glyphs);
                const enum status status =
                    theme_load(&t, shipped[i], getenv("DRAWBRIDGE_DATADIR"), (enum theme_depth)depth,
                               (enum theme_glyphs)glyphs, &err);
                assert_string_equal(err.text, "");
                assert_int_equal(status, STATUS_OK);
                theme_free(&t);
            }
        }
    }
}

static bool is_blue(const struct style *s)
{
    const int rgb = s->bg & 0xffffff;
    if (s->bg == STYLE_DEFAULT)
        return false;
    if (s->bg & STYLE_RGB)
        return (rgb & 0xff) > (rgb >> 8 & 0xff) && (rgb & 0xff) > (rgb >> 16);
    return s->bg == 4;
}

static void waiting_is_blue_where_there_is_colour(void **state)
{
    (void)state;
    for (int depth = THEME_TRUECOLOR; depth < THEME_NO_COLOUR; depth++) {
        struct theme t;
        struct error err = ERROR_NONE;
        theme_set_defaults(&t, (enum theme_depth)depth, THEME_UNICODE);
        assert_true(is_blue(&t.styles[ROLE_WAITING]));
        assert_int_equal(theme_load(&t, "dark", getenv("DRAWBRIDGE_DATADIR"), (enum theme_depth)depth,
                                    THEME_UNICODE, &err),
                         STATUS_OK);
        assert_true(is_blue(&t.styles[ROLE_WAITING]));
        assert_true(is_blue(&t.styles[ROLE_WAITING_CURSOR]));
        theme_free(&t);
    }
}

static void mono_has_no_colour_and_waiting_still_stands_out(void **state)
{
    (void)state;
    struct theme t;
    struct error err = ERROR_NONE;
    theme_set_defaults(&t, THEME_256, THEME_UNICODE);
    assert_int_equal(theme_load(&t, "mono", getenv("DRAWBRIDGE_DATADIR"), THEME_256, THEME_UNICODE, &err),
                     STATUS_OK);
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(t.styles[i].fg, STYLE_DEFAULT);
        assert_int_equal(t.styles[i].bg, STYLE_DEFAULT);
    }
    assert_true(t.styles[ROLE_WAITING].attributes & STYLE_REVERSE);
    theme_free(&t);
}

static void no_state_is_told_by_colour_alone(void **state)
{
    (void)state;
    for (int set = THEME_UNICODE; set <= THEME_ASCII; set++) {
        struct theme t;
        theme_set_defaults(&t, THEME_256, (enum theme_glyphs)set);
        for (int a = 0; a < MODEL_NOT_REACHED; a++) {
            for (int b = a + 1; b < MODEL_NOT_REACHED; b++) {
                if (a == MODEL_FAILED && b == MODEL_TIMED_OUT)
                    continue; /* one sign by design */
                assert_string_not_equal(t.glyphs[theme_state_glyph((enum model_state)a)],
                                        t.glyphs[theme_state_glyph((enum model_state)b)]);
            }
        }
    }
}

static void glyphs_of_ascii_are_ascii_and_signs_take_one_cell(void **state)
{
    (void)state;
    for (int set = THEME_UNICODE; set <= THEME_ASCII; set++) {
        struct theme t;
        theme_set_defaults(&t, THEME_256, (enum theme_glyphs)set);
        for (int i = 0; i < GLYPH_COUNT; i++) {
            const int width = utf8_width_cells(t.glyphs[i], false);
            if (set == THEME_ASCII)
                assert_int_equal(width, strlen(t.glyphs[i]));
            if (i != GLYPH_ARROW && i != GLYPH_BACK && i != GLYPH_DIFFERS)
                assert_int_equal(width, 1);
        }
    }
}

struct fault {
    const char *name, *text, *says;
};
static const struct fault faults[] = {
    {"no mapping", "- a\n", "test.yaml:1:1: a theme is a mapping"},
    {"unknown key", "colours: {}\n", "test.yaml:1:10: unknown key 'colours'"},
    {"unknown role", "roles:\n  waitng: {8: blue}\n", "there is no role 'waitng'"},
    {"unknown form", "roles:\n  waiting: {16: blue}\n", "'16' is not truecolor, 256, 8 or none"},
    {"unknown colour", "roles:\n  waiting:\n    8: white on blau\n", "test.yaml:3:"},
    {"a colour that 8 colours lack", "roles:\n  waiting: {8: \"12\"}\n",
     "'12' is no attribute and no colour"},
    {"a colour in the form without", "roles:\n  waiting: {none: blue}\n",
     "'blue' is no attribute and no colour"},
    {"truecolor in 256", "roles:\n  waiting: {256: \"#ff0000\"}\n", "'#ff0000' is no attribute"},
    {"unknown glyph", "glyphs:\n  wait: {ascii: w}\n", "there is no glyph 'wait'"},
    {"a glyph of two cells", "glyphs:\n  waiting: {ascii: ww}\n", "must take 1 cell, this takes 2"},
    {"a glyph that is not ASCII", "glyphs:\n  waiting: {ascii: ■}\n", "is not ASCII"},
    {"an escape as a glyph", "glyphs:\n  waiting: {ascii: \"\\e\"}\n", "must be visible text"},
    {"an invisible glyph", "glyphs:\n  waiting: {unicode: \"\\u200b\"}\n", "must be visible text"},
};

static void a_fault_in_a_theme_names_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct theme t, before;
        struct error err = ERROR_NONE;
        theme_set_defaults(&t, THEME_8, THEME_ASCII);
        before = t;
        assert_int_equal(
            theme_parse(&t, faults[i].text, strlen(faults[i].text), "test.yaml", THEME_8, THEME_ASCII, &err),
            STATUS_INVALID);
        if (!strstr(err.text, faults[i].says))
            print_message("%s: %s\n", faults[i].name, err.text);
        assert_non_null(strstr(err.text, faults[i].says));
        assert_memory_equal(&t, &before, sizeof t);
    }
}

static void a_theme_changes_what_it_names(void **state)
{
    (void)state;
    static const char text[] =
        "roles:\n  failed: {8: bold yellow on black}\nglyphs:\n  failed: {ascii: F, unicode: ✘}\n";
    struct theme t;
    struct error err = ERROR_NONE;
    theme_set_defaults(&t, THEME_8, THEME_ASCII);
    assert_int_equal(theme_parse(&t, text, strlen(text), "test.yaml", THEME_8, THEME_ASCII, &err), STATUS_OK);
    assert_int_equal(t.styles[ROLE_FAILED].fg, 3);
    assert_int_equal(t.styles[ROLE_FAILED].bg, 0);
    assert_int_equal(t.styles[ROLE_FAILED].attributes, STYLE_BOLD);
    assert_string_equal(t.glyphs[GLYPH_FAILED], "F");
    theme_free(&t);
}

static void an_unknown_theme_says_where_it_was_looked_for(void **state)
{
    (void)state;
    struct theme t;
    struct error err = ERROR_NONE;
    theme_set_defaults(&t, THEME_8, THEME_ASCII);
    assert_int_equal(theme_load(&t, "nosuch", "/nonexistent", THEME_8, THEME_ASCII, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/themes/nosuch.yaml"));
    assert_int_equal(theme_load(&t, "../etc/passwd", "/", THEME_8, THEME_ASCII, &err), STATUS_INVALID);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_theme_loads_in_every_form),
        cmocka_unit_test(waiting_is_blue_where_there_is_colour),
        cmocka_unit_test(mono_has_no_colour_and_waiting_still_stands_out),
        cmocka_unit_test(no_state_is_told_by_colour_alone),
        cmocka_unit_test(glyphs_of_ascii_are_ascii_and_signs_take_one_cell),
        cmocka_unit_test(a_fault_in_a_theme_names_its_place),
        cmocka_unit_test(a_theme_changes_what_it_names),
        cmocka_unit_test(an_unknown_theme_says_where_it_was_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
