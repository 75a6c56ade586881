/* What the dashboard does with a terminal besides frames and keys: the mouse, titles and notifications,
 * another theme, suspending, and patience with a slow one. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wrote(struct pty *p, const char *bytes)
{
    size_t len;
    const char *raw = pty_raw(p, &len);
    return memmem(raw, len, bytes, strlen(bytes)) != NULL;
}

static struct pty *open_with(int columns, int rows, const char *const *env, const char *const *arguments)
{
    return screen_start(&(struct screen_options){
        .scene = "tour", .columns = columns, .rows = rows, .env = env, .arguments = arguments});
}

static const char *const with_mouse[] = {"--mouse", NULL};

/* Types what the terminal reports for clicks on the row that shows the text. */
static void click(struct pty *p, const char *text, int times)
{
    char report[64];
    const int row = pty_find_row(p, text);
    assert_true(row >= 0);
    (void)snprintf(report, sizeof report, "\033[<0;10;%dM\033[<0;10;%dm", row + 1, row + 1);
    for (int i = 0; i < times; i++)
        pty_type(p, report);
    screen_settle(p);
}

static void the_mouse_selects_and_opens(void **state)
{
    (void)state;
    struct pty *p = open_with(80, 24, NULL, with_mouse);
    assert_true(wrote(p, "\033[?1000h\033[?1006h"));
    click(p, "payments", 1);
    assert_non_null(strstr(pty_row(p, pty_find_row(p, "▌")), "payments"));
    click(p, "v0.1.2", 2);
    screen_expect(p, "delivery of helloservice"); /* the detail, of its own screen */
    pty_type(p, "q");
    screen_expect(p, "sockshop");
    pty_type(p, "g");
    screen_settle(p);
    pty_type(p, "\033[<65;10;10M"); /* the wheel, down */
    screen_settle(p);
    assert_int_equal(pty_find_row(p, "▌"), 2 + 3);
    pty_type(p, "\033[<64;10;10M");
    screen_settle(p);
    assert_int_equal(pty_find_row(p, "▌"), 2);
    assert_int_equal(pty_hang_up(p, WAIT_MS), 0);
    (void)pty_end(p);
}

static void the_mouse_decides_nothing(void **state)
{
    (void)state;
    struct pty *p = open_with(120, 30, NULL, with_mouse);
    pty_type(p, "a");
    screen_expect(p, "Approve helloservice");
    pty_pump(p, 700);
    for (int y = 1; y <= 30; y++) {
        char report[128];
        (void)snprintf(report, sizeof report, "\033[<0;80;%dM\033[<0;80;%dm\033[<0;80;%dM\033[<2;80;%dM", y,
                       y, y, y);
        pty_type(p, report);
    }
    pty_type(p, "\033[I\033[O");
    screen_settle(p);
    screen_expect(p, "Approve helloservice");
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void the_mouse_stays_the_terminals_where_it_is_not_wanted(void **state)
{
    static const char *const plain[] = {"TERM=linux", NULL};
    static const char *const old[] = {"TERM=vt100", NULL};
    (void)state;
    struct pty *p = open_with(80, 24, NULL, NULL);
    assert_false(wrote(p, "\033[?1000h"));
    screen_end(p);
    p = open_with(80, 24, plain, with_mouse);
    assert_false(wrote(p, "\033[?1000h"));
    screen_end(p);
    p = open_with(80, 24, old, with_mouse);
    assert_false(wrote(p, "\033[?1000h"));
    screen_end(p);
}

/* Whichever way it ends. */
static void all_modes_are_given_back(void **state)
{
    static const char *const orders[] = {"q", "abort"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pty *p = open_with(80, 24, NULL, with_mouse);
        pty_tell(p, "title two wait");
        screen_settle(p);
        assert_true(wrote(p, "\033[22;2t\033]2;two wait\a"));
        if (i == 0)
            pty_type(p, "qq");
        else
            pty_tell(p, "%s", orders[i]);
        assert_int_equal(pty_wait_exit(p, WAIT_MS), i == 0 ? 0 : 9);
        assert_true(wrote(p, "\033[?1004l\033[?1006l\033[?1000l"));
        assert_true(wrote(p, "\033[?2004l"));
        assert_true(wrote(p, "\033[23;2t"));
        assert_true(wrote(p, "\033[8h"));
        assert_false(pty_alternate_screen(p));
        assert_true(pty_cursor_shown(p));
        (void)pty_end(p);
    }
}

struct said {
    const char *name, *env[3], *order, *expected; /* NULL: nothing of it */
};
static const struct said said[] = {
    {"title", {NULL}, "title \\e]2;x\\e[2J;2 waiting", "\033]2;\xef\xbf\xbd]2;x\xef\xbf\xbd[2J;2 waiting\a"},
    {"osc 9",
     {NULL},
     "notify v1\\n4;1 waits\x07",
     "\033]9;drawbridge: v1\xef\xbf\xbd"
     "4;1 waits\xef\xbf\xbd\a"},
    {"osc 777", {NULL}, "notify a;b", "\033]777;notify;drawbridge;a,b\a"},
    {"bidirectional",
     {NULL},
     "title a\xe2\x80\xae"
     "b",
     "\033]2;a\xef\xbf\xbd"
     "b\a"},
    {"clipboard", {NULL}, "copy 5d1a2b3c", "\033]52;c;NWQxYTJiM2M=\a"},
    {"in tmux",
     {"TMUX=/tmp/x,1,0", "TERM=tmux-256color"},
     "notify waits",
     "\033Ptmux;\033\033]9;drawbridge: waits\a\033\\"},
    {"title in tmux", {"TMUX=/tmp/x,1,0", "TERM=tmux-256color"}, "title waits", "\033]2;waits\a"},
    {"in screen", {"STY=1.x", "TERM=screen"}, "notify waits", "\033P\033]9;drawbridge: waits\a\033\\"},
    {"in ascii", {"LC_ALL=C"}, "title \xe2\x96\xa0 2", "\033]2;? 2\a"},
    {"on the console", {"TERM=linux"}, "title waits", NULL},
    {"on the console", {"TERM=linux"}, "notify waits", NULL},
    {"on the console", {"TERM=linux"}, "copy waits", NULL},
    {"on a vt100", {"TERM=vt100"}, "title waits", NULL},
};

static void what_is_said_besides_cells_is_safe_and_in_its_envelope(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct pty *p = open_with(80, 24, said[i].env, NULL);
        pty_tell(p, "%s", said[i].order);
        screen_settle(p);
        const bool seen = said[i].expected ? wrote(p, said[i].expected) : wrote(p, "\033]");
        if (seen != (said[i].expected != NULL))
            print_message("%s: %s\n", said[i].name, said[i].order);
        assert_int_equal(seen, said[i].expected != NULL);
        screen_end(p);
    }
}

static void the_bell_rings(void **state)
{
    (void)state;
    struct pty *p = open_with(80, 24, NULL, NULL);
    (void)pty_bytes(p);
    pty_tell(p, "bell");
    screen_settle(p);
    assert_int_equal(pty_bytes(p), 1);
    assert_true(wrote(p, "\a"));
    screen_end(p);
}

static void the_bell_rings_unless_somebody_types_into_the_focused_window(void **state)
{
    static const struct {
        const char *typed; /* before it */
        bool rings;
    } rows[] = {{"\033[I", true}, {"\033[Ij", false}, {"\033[Ij\033[O", true}, {"j", true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pty *p = open_with(80, 24, NULL, NULL);
        assert_true(wrote(p, "\033[?1004h"));
        pty_type(p, rows[i].typed);
        screen_settle(p);
        pty_tell(p, "bell");
        pty_tell(p, "notify v1 waits");
        screen_settle(p);
        if (wrote(p, "\a") != rows[i].rings)
            print_message("after \"%s\"\n", rows[i].typed + 1);
        assert_int_equal(wrote(p, "\a"), rows[i].rings);
        assert_int_equal(wrote(p, "\033]9;"), rows[i].rings);
        screen_end(p);
    }
}

/* As a wall is now and then: something else may have reset the terminal. */
static void a_window_that_comes_back_after_a_long_time_is_drawn_anew(void **state)
{
    static const char *const briefly[] = {"--redraw-focus", "60000", NULL}, *const long_ago[] = {
                                                                                "--redraw-focus", "0", NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pty *p = open_with(80, 24, NULL, i == 0 ? briefly : long_ago);
        pty_type(p, "\033[I\033[O");
        screen_settle(p);
        (void)pty_bytes(p);
        pty_type(p, "\033[I");
        screen_settle(p);
        const size_t bytes = pty_bytes(p);
        assert_true(i == 0 ? bytes == 0 : bytes > 500);
        screen_end(p);
    }
}

static void another_theme_is_put_on_while_it_runs(void **state)
{
    static const char *const depths[][2] = {{"COLORTERM=truecolor"}, {"COLORTERM"}, {"TERM=xterm-color"}};
    static const int light[] = {231, 231, 7};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pty_cell cell;
        struct pty *p = open_with(80, 24, depths[i], NULL);
        for (int round = 0; round < 30; round++) { /* colour pairs do not run out */
            pty_tell(p, "theme light");
            pty_tell(p, "theme solarized");
            pty_tell(p, "theme high-contrast");
        }
        pty_tell(p, "theme light");
        screen_settle(p);
        pty_wait_quiet(p, 300);        /* a frame may wait until the one before has arrived */
        for (int y = 0; y < 24; y++) { /* all of it is painted */
            pty_cell(p, y, 78, &cell); /* the corner cannot be had everywhere */
            if (cell.bg == PTY_DEFAULT)
                fprintf(stderr, "row %d is not painted:\n%s", y, pty_screen(p));
            assert_true(cell.bg == light[i] || cell.bg == 4 || cell.bg == 26 ||
                        cell.bg == (0x1000000 | 0x0b57d0));
        }
        screen_expect(p, "helloservice");
        pty_tell(p, "theme dark");
        screen_settle(p);
        pty_wait_quiet(p, 300);
        pty_cell(p, 22, 79, &cell);
        assert_int_equal(cell.bg, PTY_DEFAULT);
        pty_tell(p, "theme nosuch");
        assert_true(pty_wait_heard(p, "no theme", WAIT_MS));
        screen_end(p);
    }
}

/* A shell with job control around the driver, which says when its job has stopped. */
static struct pty *open_in_shell(const char *option)
{
    char program[4096];
    (void)snprintf(program, sizeof program, "%s/tests/view/view_driver", getenv("top_builddir"));
    static const char script[] = "exec 5>&2 2>/dev/tty; set -m; \"$0\" \"$@\" 2>&5; echo the shell again;"
                                 "read -r line; echo on; fg >/dev/null";
    const char *const argv[] = {"/bin/bash", "-c",      script, program, "--scene",
                                "tour",      "--mouse", option, NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = 80, .rows = 24});
    assert_true(pty_wait_heard(p, "ready", WAIT_MS));
    screen_settle(p);
    return p;
}

static void suspending_gives_the_terminal_to_the_shell_and_back(void **state)
{
    (void)state;
    struct pty *p = open_in_shell("--shell");
    screen_expect(p, "2 waiting");
    pty_type(p, "\x1a");
    screen_expect(p, "the shell again");
    assert_false(pty_alternate_screen(p));
    assert_true(pty_cursor_shown(p));
    assert_true(wrote(p, "\033[?1006l\033[?1000l"));
    pty_resize(p, 100, 30);
    pty_type(p, "x\r"); /* the shell has echo and lines: its modes are back */
    screen_expect(p, "2 waiting");
    screen_expect_not(p, "the shell again");
    assert_true(pty_alternate_screen(p));
    screen_settle(p);
    assert_int_equal(pty_find_row(p, "q quit"), 29); /* and it has the size of now */
    pty_type(p, "\x1a");
    pty_wait_quiet(p, 300);
    (void)pty_end(p);
}

static void without_a_shell_there_is_no_suspending(void **state)
{
    (void)state;
    struct pty *p = open_in_shell("--read-only");
    pty_type(p, "\x1a");
    screen_expect(p, "no shell to go to");
    assert_true(pty_alternate_screen(p));
    pty_type(p, "qq");
    screen_expect(p, "the shell again");
    (void)pty_end(p);
}

/* 2.5 to 5 KB each. */
static void flood(struct pty *p, int frames)
{
    for (int i = 0; i < frames; i++) {
        pty_tell(p, "theme %s", i % 2 ? "dark" : "light");
        pty_pump(p, 20);
    }
}

static void a_slow_terminal_shows_the_newest_state(void **state)
{
    (void)state;
    struct pty *p = open_with(80, 24, NULL, NULL);
    flood(p, 3); /* it answers, and that is known */
    screen_settle(p);
    pty_set_rate(p, 2000);
    flood(p, 120); /* 400 KB at least, for which such a line needs minutes */
    pty_tell(p, "message note this is the newest");
    const int64_t told_ms = now_ms();
    screen_expect(p, "this is the newest");
    if (now_ms() - told_ms > 8000)
        print_message("after %d ms\n", (int)(now_ms() - told_ms));
    assert_true(now_ms() - told_ms <= 8000);
    pty_set_rate(p, 0);
    pty_tell(p, "theme dark");
    screen_settle(p);
    pty_wait_quiet(p, 300);
    pty_type(p, "\x07"); /* means nothing, but ends the message */
    screen_settle(p);
    pty_wait_quiet(p, 300);
    screen_golden(p, "tree-80x24");
    screen_end(p);
}

/* One that has been stopped with Ctrl-S, or whose line is dead. */
static void a_terminal_that_takes_nothing_stops_nothing(void **state)
{
    (void)state;
    struct pty *p =
        screen_start(&(struct screen_options){.scene = "many", .columns = 200, .rows = 60, .mute = true});
    pty_set_rate(p, 1);
    for (int i = 0; i < 60; i++) {
        pty_tell(p, "theme %s", i % 2 ? "dark" : "light");
        pty_tell(p, "sync %d", i);
        char heard[32];
        (void)snprintf(heard, sizeof heard, "synced %d", i);
        assert_true(pty_wait_heard(p, heard, 3000));
    }
    pty_set_rate(p, 0);
    pty_tell(p, "message note it is taken again");
    screen_expect(p, "it is taken again");
    screen_end(p);
}

static void a_storm_of_resizes_costs_few_frames(void **state)
{
    (void)state;
    struct pty *p = open_with(120, 30, NULL, NULL);
    const int64_t begun_ms = now_ms();
    (void)pty_bytes(p);
    for (int i = 0; i < 300; i++) {
        pty_resize(p, 100 + i % 20, 25 + i % 5);
        pty_pump(p, 1);
    }
    pty_resize(p, 120, 30);
    screen_settle(p);
    const size_t frames = (size_t)(now_ms() - begun_ms) / 33 + 2;
    assert_in_range(pty_bytes(p), 1, frames * 6144);
    pty_wait_quiet(p, 300);
    screen_golden(p, "tree-120x30");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mouse_selects_and_opens),
        cmocka_unit_test(the_mouse_decides_nothing),
        cmocka_unit_test(the_mouse_stays_the_terminals_where_it_is_not_wanted),
        cmocka_unit_test(all_modes_are_given_back),
        cmocka_unit_test(what_is_said_besides_cells_is_safe_and_in_its_envelope),
        cmocka_unit_test(the_bell_rings),
        cmocka_unit_test(the_bell_rings_unless_somebody_types_into_the_focused_window),
        cmocka_unit_test(a_window_that_comes_back_after_a_long_time_is_drawn_anew),
        cmocka_unit_test(another_theme_is_put_on_while_it_runs),
        cmocka_unit_test(suspending_gives_the_terminal_to_the_shell_and_back),
        cmocka_unit_test(without_a_shell_there_is_no_suspending),
        cmocka_unit_test(a_slow_terminal_shows_the_newest_state),
        cmocka_unit_test(a_terminal_that_takes_nothing_stops_nothing),
        cmocka_unit_test(a_storm_of_resizes_costs_few_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
