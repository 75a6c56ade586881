#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "console_fonts.h"
#include "view/palette.h"
#include "view/theme.h"

static const char *const shipped[] = {"dark", "light", "mono", "high-contrast", "solarized", "colour-blind"};
#define SHIPPED (sizeof shipped / sizeof *shipped)

static void load(struct theme *t, const char *name, enum theme_depth depth, enum theme_glyphs glyphs)
{
    struct error err = ERROR_NONE;
    theme_set_defaults(t, depth, glyphs);
    const enum status status = theme_load(t, name, getenv("DRAWBRIDGE_DATADIR"), depth, glyphs, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, STATUS_OK);
}

static void every_shipped_theme_loads_in_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        for (int depth = THEME_TRUECOLOR; depth <= THEME_NO_COLOUR; depth++) {
            for (int glyphs = THEME_UNICODE; glyphs <= THEME_ASCII; glyphs++) {
                struct theme t;
                load(&t, shipped[i], (enum theme_depth)depth, (enum theme_glyphs)glyphs);
                theme_free(&t);
            }
        }
    }
}

static uint32_t rgb_of(int32_t colour)
{
    return colour & STYLE_RGB ? (uint32_t)colour & 0xffffff : palette_rgb(colour);
}

static bool is_blue(const struct style *s)
{
    if (s->bg == STYLE_DEFAULT)
        return false;
    const uint32_t rgb = rgb_of(s->bg);
    return (rgb & 0xff) >= 0x60 && (rgb & 0xff) > (rgb >> 8 & 0xff) * 3 / 2 &&
           (rgb & 0xff) > (rgb >> 16) * 3 / 2;
}

static void waiting_is_blue_where_there_is_colour(void **state)
{
    (void)state;
    for (int depth = THEME_TRUECOLOR; depth < THEME_NO_COLOUR; depth++) {
        struct theme t;
        theme_set_defaults(&t, (enum theme_depth)depth, THEME_UNICODE);
        assert_true(is_blue(&t.styles[ROLE_WAITING]));
        for (size_t i = 0; i < SHIPPED; i++) {
            if (strcmp(shipped[i], "mono") == 0)
                continue;
            load(&t, shipped[i], (enum theme_depth)depth, THEME_UNICODE);
            assert_true(is_blue(&t.styles[ROLE_WAITING]));
            assert_true(is_blue(&t.styles[ROLE_WAITING_CURSOR]));
            for (int role = 0; role < ROLE_COUNT; role++) /* and nothing else is */
                if (role != ROLE_WAITING && role != ROLE_WAITING_CURSOR)
                    assert_false(is_blue(&t.styles[role]) && t.styles[role].bg != t.background);
            theme_free(&t);
        }
    }
}

/* WCAG 2.1, "relative luminance" and "contrast ratio". */
static double luminance(uint32_t rgb)
{
    double part[3];
    for (int i = 0; i < 3; i++) {
        const double c = (double)(rgb >> (16 - 8 * i) & 0xff) / 255;
        part[i] = c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
}

static double contrast(uint32_t a, uint32_t b)
{
    const double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

static void assert_contrast(const struct theme *t, const char *name, int depth, double least)
{
    const uint32_t ground = rgb_of(t->background);
    const uint32_t plain = luminance(ground) < 0.18 ? 0xe5e5e5 : 0x000000; /* what users set for text there */
    for (int role = 0; role < ROLE_COUNT; role++) {
        const struct style *s = &t->styles[role];
        const uint32_t fg = s->fg == STYLE_DEFAULT ? plain : rgb_of(s->fg);
        const uint32_t bg = s->bg == STYLE_DEFAULT ? ground : rgb_of(s->bg);
        if (role == ROLE_BORDER) /* lines, no text */
            continue;
        if (contrast(fg, bg) < least)
            print_message("%s, form %d, role %d: #%06x on #%06x is %.2f:1\n", name, depth, role, fg, bg,
                          contrast(fg, bg));
        assert_true(contrast(fg, bg) >= least);
    }
}

/* The 16 first colours are what a user has made of them, so only these two forms can be measured. */
static void text_can_be_read_on_the_background_that_the_theme_is_made_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        for (int depth = THEME_TRUECOLOR; depth <= THEME_256; depth++) {
            struct theme t;
            if (strcmp(shipped[i], "mono") == 0)
                continue;
            load(&t, shipped[i], (enum theme_depth)depth, THEME_UNICODE);
            assert_int_not_equal(t.background, STYLE_DEFAULT);
            assert_contrast(&t, shipped[i], depth, strcmp(shipped[i], "high-contrast") == 0 ? 7 : 4.5);
            theme_free(&t);
        }
    }
}

static void mono_has_no_colour_and_waiting_still_stands_out(void **state)
{
    (void)state;
    struct theme t;
    load(&t, "mono", THEME_256, THEME_UNICODE);
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(t.styles[i].fg, STYLE_DEFAULT);
        assert_int_equal(t.styles[i].bg, STYLE_DEFAULT);
    }
    assert_true(t.styles[ROLE_WAITING].attributes & STYLE_REVERSE);
    theme_free(&t);
}

static void without_colours_waiting_stands_out_in_every_theme(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        struct theme t;
        load(&t, shipped[i], THEME_NO_COLOUR, THEME_UNICODE);
        for (int role = 0; role < ROLE_COUNT; role++) {
            assert_int_equal(t.styles[role].fg, STYLE_DEFAULT);
            assert_int_equal(t.styles[role].bg, STYLE_DEFAULT);
        }
        assert_true(t.styles[ROLE_WAITING].attributes & STYLE_REVERSE);
        theme_free(&t);
    }
}

static struct style parsed(const char *forms, enum theme_depth depth)
{
    struct theme t;
    struct error err = ERROR_NONE;
    struct buffer text = BUFFER_LIMIT(4096);
    (void)buffer_printf(&text, "roles: {failed: {%s}}", forms);
    theme_set_defaults(&t, depth, THEME_ASCII);
    assert_int_equal(theme_parse(&t, buffer_text(&text), text.len, "test.yaml", depth, THEME_ASCII, &err),
                     STATUS_OK);
    const struct style style = t.styles[ROLE_FAILED];
    theme_free(&t);
    buffer_free(&text);
    return style;
}

struct derived {
    const char *name, *forms;
    enum theme_depth depth;
    int32_t fg, bg;
    unsigned attributes;
};
static const struct derived derived_forms[] = {
    {"the form itself goes first", "16: red, 8: green", THEME_16, 1, -1, 0},
    {"16 from 8", "8: bold green, truecolor: \"#ff0000\"", THEME_16, 2, -1, STYLE_BOLD},
    {"truecolor from 256", "256: \"203\", 8: red", THEME_TRUECOLOR, 203, -1, 0},
    {"256 from truecolor", "truecolor: \"#ff5f5f on #000000\", 8: red", THEME_256, 203, 16, 0},
    {"8 from 16", "16: bright-yellow on bright-black", THEME_8, 3, 0, 0},
    {"8 from truecolor, by hue", "truecolor: \"#39c5cf on #1f5fd0\"", THEME_8, 6, 4, 0},
    {"16 from truecolor, by hue", "truecolor: \"#ff7b72\"", THEME_16, 9, -1, 0},
    {"16 from 256", "256: \"245\"", THEME_16, 8, -1, 0},
    {"a grey that 8 colours lack is none", "256: \"245\"", THEME_8, -1, -1, 0},
    {"two that become one are told apart", "truecolor: \"#ff0000 on #aa0000\"", THEME_8, 0, 1, 0},
    {"none keeps attributes", "8: bold red", THEME_NO_COLOUR, -1, -1, STYLE_BOLD},
    {"none makes a background stand out", "8: white on red", THEME_NO_COLOUR, -1, -1, STYLE_REVERSE},
};

static void a_form_that_is_left_out_is_made_from_its_neighbour(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof derived_forms / sizeof *derived_forms; i++) {
        const struct derived *d = &derived_forms[i];
        const struct style s = parsed(d->forms, d->depth);
        if (s.fg != d->fg || s.bg != d->bg || s.attributes != d->attributes)
            print_message("%s: %d on %d, %u\n", d->name, s.fg, s.bg, s.attributes);
        assert_int_equal(s.fg, d->fg);
        assert_int_equal(s.bg, d->bg);
        assert_int_equal(s.attributes, d->attributes);
    }
}

static void a_painted_background_is_under_every_role(void **state)
{
    (void)state;
    struct theme t;
    load(&t, "light", THEME_TRUECOLOR, THEME_UNICODE);
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_not_equal(t.styles[i].bg, STYLE_DEFAULT);
        assert_int_not_equal(t.styles[i].fg, STYLE_DEFAULT);
    }
    assert_int_equal(t.styles[ROLE_DIM].bg, STYLE_RGB | 0xffffff);
    theme_free(&t);
}

static void every_console_glyph_is_in_the_consoles_fonts(void **state)
{
    (void)state;
    struct theme t;
    theme_set_defaults(&t, THEME_8, THEME_CONSOLE);
    for (int i = 0; i < GLYPH_COUNT; i++) {
        for (const char *p = t.glyphs[i]; *p;) {
            uint32_t cp = 0;
            char sign[5] = {0};
            const int n = utf8_decode(p, strlen(p), &cp);
            assert_true(n > 0);
            memcpy(sign, p, (size_t)n);
            p += n;
            for (size_t f = 0; cp >= 0x80 && f < sizeof console_fonts / sizeof *console_fonts; f++) {
                if (!strstr(console_fonts[f].signs, sign))
                    print_message("%s is not in the font %s\n", sign, console_fonts[f].name);
                assert_non_null(strstr(console_fonts[f].signs, sign));
            }
        }
    }
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
    {"unknown form", "roles:\n  waiting: {88: blue}\n", "'88' is not truecolor, 256, 16, 8 or none"},
    {"a bright one of 8", "roles:\n  waiting: {8: bright-blue}\n", "'bright-blue' is no attribute"},
    {"a background with a background", "background: {8: white on blue}\n", "a colour and nothing else"},
    {"a background without forms", "background: blue\n", "the background needs one or more of"},
    {"paint what", "paint-background: maybe\n", "'paint-background' must be true or false"},
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
        cmocka_unit_test(text_can_be_read_on_the_background_that_the_theme_is_made_for),
        cmocka_unit_test(without_colours_waiting_stands_out_in_every_theme),
        cmocka_unit_test(a_form_that_is_left_out_is_made_from_its_neighbour),
        cmocka_unit_test(a_painted_background_is_under_every_role),
        cmocka_unit_test(every_console_glyph_is_in_the_consoles_fonts),
        cmocka_unit_test(mono_has_no_colour_and_waiting_still_stands_out),
        cmocka_unit_test(no_state_is_told_by_colour_alone),
        cmocka_unit_test(glyphs_of_ascii_are_ascii_and_signs_take_one_cell),
        cmocka_unit_test(a_fault_in_a_theme_names_its_place),
        cmocka_unit_test(a_theme_changes_what_it_names),
        cmocka_unit_test(an_unknown_theme_says_where_it_was_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
