/* Drawing by the description of every terminal that this machine knows, and what of them is believed. */
#include "config.h"

#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "view/paint.h"

static const struct style plain = {.fg = STYLE_DEFAULT, .bg = STYLE_DEFAULT};

static void set_styles(struct paint *p, enum theme_depth depth)
{
    struct style styles[ROLE_COUNT];
    for (int i = 0; i < ROLE_COUNT; i++)
        styles[i] = plain;
    styles[ROLE_WAITING] = (struct style){.fg = 7, .bg = 4};
    styles[ROLE_FAILED] = (struct style){.fg = 1, .bg = STYLE_DEFAULT, .attributes = STYLE_BOLD};
    styles[ROLE_DIM].attributes = STYLE_DIM | STYLE_UNDERLINE;
    if (depth == THEME_TRUECOLOR)
        styles[ROLE_RUNNING].fg = STYLE_RGB | 0x123456;
    paint_set_styles(p, styles);
}

static void draw(struct grid *g, int shift)
{
    grid_resize(g, 80, 24);
    for (int y = 2; y < 22; y++)
        (void)grid_text(g, (struct rect){0, 0, 80, 24}, 0, y, y % 2 ? ROLE_TEXT : ROLE_DIM,
                        (y + shift) % 3 ? "row of text" : "another row, with 漢字");
    grid_fill(g, (struct rect){0, 5 + shift, 80, 1}, ROLE_WAITING, " ");
    (void)grid_text(g, (struct rect){0, 0, 80, 24}, 70, 23, ROLE_FAILED, "the corner");
}

/* What may go wrong is a crash, or a frame that never comes to rest. Returns 0: drawn, 2: refused with a
 * reason.
 */
static int try_terminal(const char *term)
{
    struct error err = ERROR_NONE;
    struct paint *p = NULL;
    struct grid g = {0};
    struct buffer out = BUFFER_LIMIT(1 << 20);
    if (paint_new(term, &p, &err) != STATUS_OK)
        return strstr(err.text, "drawbridge list") ? 2 : 1;
    const struct paint_caps *caps = paint_caps(p);
    const enum theme_depth depth = caps->colours == 0     ? THEME_NO_COLOUR
                                   : caps->direct         ? THEME_TRUECOLOR
                                   : caps->colours >= 256 ? THEME_256
                                   : caps->colours >= 16  ? THEME_16
                                                          : THEME_8;
    if (paint_start(p, depth, &err) != STATUS_OK)
        return fprintf(stderr, "%s: %s\n", term, err.text), 3;
    paint_resize(p, 80, 24);
    set_styles(p, depth);
    for (int shift = 0; shift < 6; shift++) {
        draw(&g, shift);
        buffer_clear(&out);
        if (!paint_frame(p, &g, -1, -1, &out) || out.len > 20000)
            return 4;
        if (paint_frame(p, &g, -1, -1, &out))
            return 5; /* nothing had changed */
    }
    if (memmem(out.data, out.len, "\033[S", 3) || memmem(out.data, out.len, "\033[T", 3))
        return 6;
    paint_resize(p, 1, 1);
    (void)paint_frame(p, &g, 0, 0, &out);
    paint_free(p);
    grid_free(&g);
    buffer_free(&out);
    return 0;
}

static int in_a_process_of_its_own(const char *term)
{
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(try_terminal(term));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void every_terminal_that_terminfo_has_is_drawn_on_or_refused(void **state)
{
    static const char *const places[] = {"/lib/terminfo", "/usr/share/terminfo", "/etc/terminfo"};
    int drawn = 0, refused = 0, failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        DIR *letters = opendir(places[i]);
        for (const struct dirent *letter; letters && (letter = readdir(letters)) != NULL;) {
            char path[600];
            (void)snprintf(path, sizeof path, "%s/%s", places[i], letter->d_name);
            DIR *names = letter->d_name[0] == '.' ? NULL : opendir(path);
            for (const struct dirent *name; names && (name = readdir(names)) != NULL;) {
                if (name->d_name[0] == '.')
                    continue;
                const int outcome = in_a_process_of_its_own(name->d_name);
                if (outcome != 0 && outcome != 2)
                    print_message("%s: %d\n", name->d_name, outcome);
                failed += outcome != 0 && outcome != 2;
                drawn += outcome == 0;
                refused += outcome == 2;
            }
            if (names)
                (void)closedir(names);
        }
        if (letters)
            (void)closedir(letters);
    }
    print_message("%d drawn on, %d refused\n", drawn, refused);
    assert_int_equal(failed, 0);
    assert_true(drawn >= 20); /* those of ncurses-base */
}

struct known {
    const char *term;
    int colours;
    bool ansi, titles, mouse, asks;
};
static const struct known known[] = {
    {"linux", 8, true, false, false, true},          {"vt100", 0, true, false, false, true},
    {"vt220", 0, true, false, false, true},          {"xterm", 8, true, true, true, true},
    {"xterm-256color", 256, true, true, true, true}, {"screen", 8, true, true, true, true},
    {"tmux-256color", 256, true, true, true, true},  {"rxvt", 8, true, true, true, false},
};

static void what_a_terminal_can_do_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct known *k = &known[i];
        struct error err = ERROR_NONE;
        struct paint *p = NULL;
        assert_int_equal(paint_new(k->term, &p, &err), STATUS_OK);
        const struct paint_caps *c = paint_caps(p);
        if (c->colours != k->colours || c->ansi != k->ansi || c->takes_titles != k->titles ||
            c->mouse != k->mouse || c->asks_position != k->asks)
            print_message("%s: %d %d %d %d %d\n", k->term, c->colours, c->ansi, c->takes_titles, c->mouse,
                          c->asks_position);
        assert_int_equal(c->colours, k->colours);
        assert_int_equal(c->ansi, k->ansi);
        assert_int_equal(c->takes_titles, k->titles);
        assert_int_equal(c->mouse, k->mouse);
        assert_int_equal(c->asks_position, k->asks);
        paint_free(p);
    }
}

static void colours_are_told_with_semicolons(void **state)
{
    struct error err = ERROR_NONE;
    struct paint *p = NULL;
    struct grid g = {0};
    struct buffer out = BUFFER_LIMIT(1 << 20);
    struct style styles[ROLE_COUNT];
    (void)state;
    for (int i = 0; i < ROLE_COUNT; i++)
        styles[i] = plain;
    styles[ROLE_RUNNING].fg = STYLE_RGB | 0x123456;
    styles[ROLE_FAILED].fg = STYLE_RGB | 0x000012; /* below the palette's numbers */
    styles[ROLE_WAITING] = (struct style){.fg = 15, .bg = STYLE_RGB | 0x005fd7}; /* one of the palette's */
    assert_int_equal(paint_new("xterm", &p, &err), STATUS_OK); /* whose description has 8 colours */
    assert_int_equal(paint_start(p, THEME_TRUECOLOR, &err), STATUS_OK);
    paint_resize(p, 20, 3);
    paint_set_styles(p, styles);
    grid_resize(&g, 20, 3);
    (void)grid_text(&g, (struct rect){0, 0, 20, 3}, 0, 0, ROLE_RUNNING, "a");
    (void)grid_text(&g, (struct rect){0, 0, 20, 3}, 1, 0, ROLE_FAILED, "b");
    (void)grid_text(&g, (struct rect){0, 0, 20, 3}, 2, 0, ROLE_WAITING, "c");
    assert_true(paint_frame(p, &g, -1, -1, &out));
    assert_non_null(strstr(buffer_text(&out), "\033[38;2;18;52;86ma"));
    assert_non_null(strstr(buffer_text(&out), "\033[38;2;0;1;18mb"));
    assert_non_null(strstr(buffer_text(&out), "\033[97m\033[48;5;26mc"));
    paint_free(p);
    grid_free(&g);
    buffer_free(&out);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_can_do_is_known),
        cmocka_unit_test(every_terminal_that_terminfo_has_is_drawn_on_or_refused),
        cmocka_unit_test(colours_are_told_with_semicolons), /* the last: one may begin once in a process */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
