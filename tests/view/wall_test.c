/* The wall: what stands on it at every size, when it is old, over days; and that nobody has to touch it. */
#include "config.h"

#include "screens.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct pty *open_wall(const char *scene, int columns, int rows, const char *const *arguments)
{
    const char *all[12] = {"--wall"};
    for (size_t i = 0; arguments && arguments[i] && i < 10; i++)
        all[i + 1] = arguments[i];
    return screen_start(
        &(struct screen_options){.scene = scene, .columns = columns, .rows = rows, .arguments = all});
}

static void set_clock(struct pty *p, const char *time)
{
    pty_tell(p, "clock %s", time);
    screen_settle(p);
}

struct shot {
    const char *name, *scene;
    int columns, rows;
    const char *env[3], *arguments[6], *tell;
};

static const struct shot shots[] = {
    {.name = "wall-ascii-120x30", .scene = "tour", .columns = 120, .rows = 30, .env = {"LC_ALL=C"}},
    {.name = "wall-console-80x24", .scene = "tour", .columns = 80, .rows = 24, .env = {"TERM=linux"}},
    {.name = "wall-mono-80x24", .scene = "tour", .columns = 80, .rows = 24, .env = {"NO_COLOR=1"}},
    {.name = "wall-empty-80x24", .scene = "empty", .columns = 80, .rows = 24},
    {.name = "wall-odd-120x30", .scene = "odd", .columns = 120, .rows = 30},
    {.name = "wall-stale-120x30",
     .scene = "tour",
     .columns = 120,
     .rows = 30,
     .tell = "link stale 70 the event stream ended"},
    {.name = "wall-stale-20x5",
     .scene = "tour",
     .columns = 20,
     .rows = 5,
     .tell = "link stale 70 the event stream ended"},
};

static void walls_are_as_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
        const struct shot *s = &shots[i];
        static const char *const wall[] = {"--wall", NULL};
        struct pty *p = screen_start(&(struct screen_options){
            .scene = s->scene, .columns = s->columns, .rows = s->rows, .env = s->env, .arguments = wall});
        if (s->tell)
            pty_tell(p, "%s", s->tell);
        screen_golden(p, s->name);
        screen_end(p);
    }
}

static void the_count_and_the_oldest_stand_at_every_size(void **state)
{
    static const int sizes[][2] = {{500, 200}, {300, 20}, {120, 8}, {60, 12}, {41, 10}, {40, 10},
                                   {39, 9},    {30, 6},   {20, 5},  {20, 3},  {12, 2}};
    static const char *const glyphs[] = {"unicode", "console", "ascii"};
    (void)state;
    for (size_t g = 0; g < 3; g++) {
        const char *const arguments[] = {"--glyphs", glyphs[g], NULL};
        struct pty *p = open_wall("waiting", 500, 200, arguments);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            pty_resize(p, sizes[i][0], sizes[i][1]);
            screen_settle(p);
            screen_settle(p);
            const bool large = sizes[i][0] >= 60 && sizes[i][1] >= 8; /* its letters are no text here */
            if (sizes[i][1] > 2)
                screen_expect(p, large ? "production" : "hello");
            if (!large && sizes[i][0] != 41)
                screen_expect(p, sizes[i][0] < 16 ? "1 12m" : "1 waiting 12m");
        }
        for (int w = 1; w <= 45; w += 4) { /* nothing to be read at some; no crash, no cell outside */
            pty_resize(p, w, 1 + w / 3);
            screen_settle(p);
        }
        screen_end(p);
    }
}

static void rotation_takes_stages_and_never_the_count(void **state)
{
    static const char *const arguments[] = {"--settings", "wall: {rotation: 10s}", NULL};
    (void)state;
    struct pty *p = open_wall("many", 80, 16, arguments);
    bool seen[3] = {false};
    for (int i = 0; i < 6; i++) {
        char time[32];
        (void)snprintf(time, sizeof time, "2026-11-24T10:00:%02dZ", i * 10 % 60);
        set_clock(p, time);
        screen_expect(p, "production"); /* of the oldest that waits */
        screen_expect(p, "service-9");
        for (int k = 0; k < 3; k++) {
            char name[24];
            (void)snprintf(name, sizeof name, "\nproject-%c", 'a' + k);
            seen[k] = seen[k] || strstr(pty_screen(p), name);
        }
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    screen_end(p);
}

static void it_counts_only_the_projects_it_is_for_and_says_so(void **state)
{
    static const char *const arguments[] = {"--settings", "wall: {projects: [sockshop]}", NULL};
    (void)state;
    struct pty *p = open_wall("tour", 80, 24, arguments);
    screen_expect(p, "1 more in projects that this wall leaves out");
    screen_expect(p, "≠ label · sockshop");
    assert_null(strstr(pty_screen(p), "fulltour"));
    assert_null(strstr(pty_screen(p), "ledger"));
    screen_end(p);
}

static void what_is_hidden_stands_nowhere(void **state)
{
    static const char *const arguments[] = {"--settings", "wall: {hide: [users, labels, comments]}", NULL};
    struct scene_run declined = screen_run;
    (void)state;
    declined.context = "deadbeef";
    declined.service = "declined";
    for (int hidden = 0; hidden < 2; hidden++) {
        struct buffer script = BUFFER_LIMIT(1 << 20);
        struct pty *p = open_wall("tour", 120, 30, hidden ? arguments : NULL);
        scene_waiting(&script, &declined, 600);
        scene_decided(&script, &declined, "xavier", "fail", "not-before-lunch", 60);
        scene_finished(&script, &declined, "fail", 60);
        screen_tell(p, &script);
        screen_expect(p, "declined v0.1.1");
        const char *const words[] = {"maria", "xavier", "not-before-lunch", "label"};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (!hidden)
                screen_expect(p, words[i]);
            else
                assert_null(strstr(pty_screen(p), words[i]));
        }
        screen_end(p);
    }
}

static void a_failure_ages_out(void **state)
{
    static const char *const arguments[] = {"--settings", "wall: {failed-hours: 3}", NULL};
    (void)state;
    struct pty *p = open_wall("tour", 120, 30, arguments); /* failed two hours ago */
    screen_expect(p, "1 failed in the last 3 h");
    set_clock(p, "2026-11-24T10:59:00Z");
    screen_expect(p, "1 failed in the last 3 h");
    set_clock(p, "2026-11-24T11:01:00Z");
    screen_expect(p, "nothing failed in the last 3 h");
    screen_expect(p, "✖ ledger v9 3h"); /* the last result of its stage stays */
    screen_end(p);
}

static void an_old_picture_says_since_when(void **state)
{
    struct pty_cell cell;
    (void)state;
    struct pty *p = open_wall("tour", 40, 10, NULL);
    pty_tell(p, "link stale 70 the event stream ended");
    screen_expect(p, "stale since 09:58");
    pty_cell(p, 0, 0, &cell);
    assert_int_not_equal(cell.bg, PTY_DEFAULT);
    pty_tell(p, "link refused 70 401");
    screen_expect(p, "token refused since 09:58");
    pty_tell(p, "link live 0");
    screen_expect_not(p, "since");
    screen_expect(p, "live");
    screen_end(p);
}

static void a_token_about_to_end_is_announced_a_week_ahead(void **state)
{
    (void)state;
    struct pty *p = open_wall("tour", 120, 30, NULL);
    pty_tell(p, "expiry 2026-12-01T10:30:00Z");
    screen_settle(p);
    screen_expect_not(p, "expires in");
    set_clock(p, "2026-11-24T10:31:00Z");
    screen_expect(p, "the token expires in 6d, 2026-12-01 10:30");
    set_clock(p, "2026-12-01T10:31:00Z");
    screen_expect(p, "the token has expired");
    pty_tell(p, "expiry 2027-12-01T10:30:00Z");
    screen_expect_not(p, "the token");
    screen_end(p);
}

static void nothing_is_written_while_nothing_changes(void **state)
{
    (void)state;
    struct pty *p = open_wall("tour", 120, 30, NULL);
    pty_wait_quiet(p, 300);
    (void)pty_bytes(p);
    for (int i = 0; i < 5; i++)
        screen_settle(p);
    pty_tell(p, "identity maria approver"); /* as it was */
    screen_settle(p);
    assert_int_equal(pty_bytes(p), 0);
    set_clock(p, "2026-11-24T10:01:00Z");
    const size_t minute = pty_bytes(p);
    assert_in_range(minute, 1, 600); /* the clock, and ages in large letters */
    screen_end(p);
}

static void the_picture_moves_by_a_cell(void **state)
{
    char *before[4];
    (void)state;
    struct pty *p = open_wall("empty", 80, 24, NULL);
    for (int i = 0; i < 4; i++) {
        char time[32];
        (void)snprintf(time, sizeof time, "2026-11-24T10:%02d:30Z", i * 10);
        set_clock(p, time);
        before[i] = strdup(pty_screen(p));
        const int row = pty_find_row(p, "prod-eu");
        const char *text = pty_row(p, row);
        assert_in_range(row, 0, 1);
        assert_in_range(strstr(text, "prod-eu") - text, 0, 1);
    }
    int places = 0;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++)
            places += strcmp(before[i], before[k]) != 0;
    assert_int_equal(places, 6); /* four pictures, no two at one place */
    for (int i = 0; i < 4; i++)
        free(before[i]);
    screen_end(p);
}

static void a_clock_that_is_set_changes_what_is_told_and_no_more(void **state)
{
    (void)state;
    struct pty *p = open_wall("tour", 80, 12, NULL);
    screen_expect(p, "12m");
    set_clock(p, "2026-11-24T15:00:00Z");
    screen_expect(p, "15:00");
    screen_expect(p, "production · 5h");
    set_clock(p, "2026-11-24T07:00:00Z"); /* before what waits: no age is negative */
    screen_expect(p, "07:00");
    screen_expect(p, "production · <1m");
    set_clock(p, "2026-11-24T10:00:00Z");
    screen_expect(p, "production · 12m");
    screen_end(p);
}

static void summer_time_moves_the_clock_and_no_age(void **state)
{
    static const char *const env[] = {"TZ=CET-1CEST,M3.5.0,M10.5.0/3", NULL}, *const wall[] = {"--wall",
                                                                                               NULL};
    (void)state;
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "empty", .columns = 20, .rows = 5, .env = env, .arguments = wall});
    set_clock(p, "2027-03-28T00:59:00Z");
    screen_expect(p, "01:59");
    pty_tell(p, "link stale 120 cut");
    screen_expect(p, "stale since 01:57");
    set_clock(p, "2027-03-28T01:00:00Z");
    screen_expect(p, "stale since 01:57");
    pty_tell(p, "link live 0");
    screen_expect(p, "03:00");
    set_clock(p, "2027-10-31T01:00:00Z");
    screen_expect(p, "02:00");
    screen_end(p);
}

/* What `reset` or a login on the same console does: the terminal forgets its screen, its cursor and its
 * modes. */
static void reset_terminal(struct pty *p)
{
    static const char sequences[] = "\033c\033[?1049l\033[2J\033[?25h";
    struct termios modes;
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/1", pty_pid(p));
    const int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &modes), 0);
    modes.c_lflag |= ICANON | ECHO | ISIG;
    modes.c_oflag |= OPOST;
    assert_int_equal(tcsetattr(fd, TCSANOW, &modes), 0);
    assert_int_equal(write(fd, sequences, sizeof sequences - 1), sizeof sequences - 1);
    (void)close(fd);
}

static bool is_raw(const struct pty *p)
{
    struct termios modes;
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/1", pty_pid(p));
    const int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &modes), 0);
    (void)close(fd);
    return (modes.c_lflag & (ICANON | ECHO | ISIG)) == 0;
}

static void a_terminal_that_was_reset_is_taken_again(void **state)
{
    static const char *const arguments[] = {"--redraw-wall", "1500", NULL};
    (void)state;
    struct pty *p = open_wall("tour", 40, 10, arguments);
    screen_expect(p, "2 waiting 12m");
    reset_terminal(p);
    assert_true(pty_wait_no_text(p, "2 waiting", 1000));
    screen_expect(p, "2 waiting 12m");
    assert_true(is_raw(p));
    assert_true(pty_alternate_screen(p));
    assert_false(pty_cursor_shown(p));
    screen_end(p);
}

static void a_stop_from_elsewhere_leaves_the_modes_that_were_found(void **state)
{
    struct termios modes;
    char path[64];
    (void)state;
    struct pty *p = open_wall("tour", 80, 24, NULL);
    (void)snprintf(path, sizeof path, "/proc/%d/fd/1", pty_pid(p));
    const int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(kill(pty_pid(p), SIGSTOP), 0);
    pty_pump(p, 50);
    assert_int_equal(kill(pty_pid(p), SIGCONT), 0);
    screen_settle(p);
    assert_true(is_raw(p));
    pty_type(p, "q");
    screen_expect(p, "q again leaves");
    pty_type(p, "q");
    screen_expect_heard(p, "quit");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(tcgetattr(fd, &modes), 0);
    assert_true(modes.c_lflag & ICANON && modes.c_lflag & ECHO);
    (void)close(fd);
    screen_end(p);
}

static void a_locked_wall_ignores_every_key(void **state)
{
    static const char *const locked[] = {"--wall=locked", NULL};
    (void)state;
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "tour", .columns = 80, .rows = 24, .arguments = locked});
    pty_wait_quiet(p, 300);
    char *before = strdup(pty_screen(p));
    pty_type(p, "1?qq\003\003\032\034\033\033:qa\rD\r" CHECK_MARK "\rX\rP\r\f");
    pty_pump(p, 700);
    screen_settle(p);
    assert_string_equal(pty_screen(p), before);
    assert_false(pty_heard(p, "quit"));
    assert_false(pty_heard(p, "decide"));
    free(before);
    screen_end(p);
}

static void no_key_of_a_wall_decides_anything(void **state)
{
    static const char *const keys[] = {"a",        "D",        "P", "X", "u", "\r",
                                       CHECK_MARK, CROSS_MARK, "1", "n", "2", "\r"};
    (void)state;
    struct pty *p = open_wall("tour", 80, 24, NULL);
    pty_type(p, "a");
    screen_expect(p, "the wall only shows");
    pty_type(p, "1"); /* the tree, where the row that waits is */
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            pty_type(p, keys[i]);
            screen_settle(p);
            pty_pump(p, 20);
        }
    }
    pty_pump(p, 600); /* a box would be armed by then */
    pty_type(p, "\r");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    assert_false(pty_heard(p, "control"));
    screen_end(p);
}

static void q_twice_leaves_a_wall_that_is_not_locked(void **state)
{
    (void)state;
    struct pty *p = open_wall("tour", 80, 24, NULL);
    pty_type(p, "q");
    screen_expect(p, "q again leaves");
    pty_type(p, "q");
    screen_expect_heard(p, "quit");
    screen_end(p);
}

static void a_wall_that_somebody_has_touched_comes_back(void **state)
{
    static const char *const arguments[] = {"--idle-wall", "1500", NULL};
    (void)state;
    struct pty *p = open_wall("tour", 80, 24, arguments);
    pty_type(p, "1");
    screen_expect(p, "next waiting"); /* the tree's keys */
    pty_type(p, "?");
    screen_expect(p, "succeeded");
    screen_expect(p, "failed in the last"); /* by itself */
    pty_type(p, "q");
    screen_expect(p, "q again leaves");
    screen_end(p);
}

static void the_wall_is_a_screen_like_others(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "4");
    screen_expect(p, "failed in the last");
    pty_type(p, "a");
    screen_expect(p, "the wall only shows");
    pty_type(p, "\033");
    pty_pump(p, 400);
    screen_expect(p, "next waiting"); /* the tree's keys */
    pty_type(p, "a");
    screen_expect(p, "Approve");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls_are_as_recorded),
        cmocka_unit_test(the_count_and_the_oldest_stand_at_every_size),
        cmocka_unit_test(rotation_takes_stages_and_never_the_count),
        cmocka_unit_test(it_counts_only_the_projects_it_is_for_and_says_so),
        cmocka_unit_test(what_is_hidden_stands_nowhere),
        cmocka_unit_test(a_failure_ages_out),
        cmocka_unit_test(an_old_picture_says_since_when),
        cmocka_unit_test(a_token_about_to_end_is_announced_a_week_ahead),
        cmocka_unit_test(nothing_is_written_while_nothing_changes),
        cmocka_unit_test(the_picture_moves_by_a_cell),
        cmocka_unit_test(a_clock_that_is_set_changes_what_is_told_and_no_more),
        cmocka_unit_test(summer_time_moves_the_clock_and_no_age),
        cmocka_unit_test(a_terminal_that_was_reset_is_taken_again),
        cmocka_unit_test(a_stop_from_elsewhere_leaves_the_modes_that_were_found),
        cmocka_unit_test(a_locked_wall_ignores_every_key),
        cmocka_unit_test(no_key_of_a_wall_decides_anything),
        cmocka_unit_test(q_twice_leaves_a_wall_that_is_not_locked),
        cmocka_unit_test(a_wall_that_somebody_has_touched_comes_back),
        cmocka_unit_test(the_wall_is_a_screen_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
