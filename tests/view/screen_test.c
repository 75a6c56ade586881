/* The dashboard on a terminal: colours, columns, sizes, bytes, beginning and end. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#define BLUE 4

static int find_sequence_row(struct pty *p, const char *text)
{
    for (int y = 2; y < pty_rows(p); y++)
        if (strstr(pty_row(p, y), text))
            return y;
    return -1;
}

static void assert_blue(struct pty *p, int row, int from, int until, bool blue)
{
    struct pty_cell cell;
    for (int x = from; x < until; x++) {
        pty_cell(p, row, x, &cell);
        if ((cell.bg == BLUE) != blue)
            print_message("row %d column %d '%s': background %d\n%s", row, x, cell.text, cell.bg,
                          pty_row(p, row));
        assert_true((cell.bg == BLUE) == blue);
        if (blue)
            assert_int_equal(cell.fg, 15);
    }
}

static void a_waiting_row_is_blue_over_its_whole_width(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    assert_blue(p, find_sequence_row(p, "helloservice  v0.1.1   approval"), 0, 80, true);
    assert_blue(p, find_sequence_row(p, "helloservice  v0.1.2"), 0, 80, false);
    pty_type(p, "g"); /* with the cursor elsewhere as well */
    screen_settle(p);
    assert_blue(p, find_sequence_row(p, "helloservice  v0.1.1   approval"), 0, 80, true);
    pty_resize(p, 120, 30);
    screen_expect(p, "project fulltour");
    screen_settle(p);
    assert_blue(p, find_sequence_row(p, "helloservice  v0.1.1   approval"), 0, 55, true);
    assert_blue(p, find_sequence_row(p, "carts"), 0, 55, false);
    screen_end(p);
}

/* Nobody may lie down again because a server that was never reached has told of nothing. */
static void without_a_connection_it_is_not_known_what_waits(void **state)
{
    (void)state;
    static const int sizes[][2] = {{80, 24}, {38, 12}};
    for (size_t i = 0; i < 2; i++) {
        struct pty *p = screen_open("empty", sizes[i][0], sizes[i][1]);
        screen_expect(p, "nothing waiting");
        pty_tell(p, "link offline 5 cannot connect");
        screen_expect(p, "waiting unknown");
        screen_expect_not(p, "nothing waiting");
        pty_type(p, "2");
        screen_expect(p, "what waits is not known");
        pty_type(p, "4");
        if (i == 1) /* words that can be read, where there is no room for the big ones */
            screen_expect(p, "waiting unknown");
        pty_tell(p, "link live 0");
        pty_type(p, "1");
        screen_expect(p, "nothing waiting");
        screen_end(p);
    }
}

static void it_leaves_blue_when_the_stream_says_so(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    screen_expect(p, "1 waiting 12m");
    scene_decided(&script, &screen_run, "maria", "pass", "", 2);
    scene_task(&script, &screen_run, "je-deployment", 1);
    screen_tell(p, &script);
    screen_expect(p, "nothing waiting");
    screen_settle(p);
    const int row = find_sequence_row(p, "helloservice  v0.1.1   je-deployment");
    assert_blue(p, row, 0, 80, false);
    screen_expect(p, "1 running");
    screen_end(p);
}

static void the_cursor_goes_to_what_waits_until_it_is_moved(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run other = screen_run;
    (void)state;
    struct pty *p = screen_open("empty", 120, 30);
    scene_project(&script, "fulltour");
    other.context = "11aa22bb";
    scene_delivered(&script, &other, 7200);
    screen_tell(p, &script);
    screen_expect(p, "helloservice");
    script = BUFFER_LIMIT(1 << 20);
    scene_waiting(&script, &screen_run, 60);
    screen_tell(p, &script);
    screen_expect(p, "waits for a decision");
    screen_end(p);
}

static void the_cursor_stays_on_its_sequence(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run other = screen_run;
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "j"); /* v0.1.0 in production */
    screen_expect(p, "production: v0.1.0 delivered");
    for (int i = 0; i < 6; i++) {
        char context[32], version[32];
        (void)snprintf(context, sizeof context, "ee00000%d", i);
        (void)snprintf(version, sizeof version, "v0.2.%d", i);
        other.context = context;
        other.version = version;
        scene_delivered(&script, &other, 600 - i);
    }
    screen_tell(p, &script);
    screen_expect(p, "v0.2.5");
    screen_settle(p);
    screen_expect(p,
                  "production: v0.1.0 delivered"); /* and it is shown, although older ones are folded away */
    const int row = find_sequence_row(p, "▌");
    assert_non_null(strstr(pty_row(p, row), "v0.1.0"));
    screen_end(p);
}

static void folding_climbs_counts(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "gh");
    screen_settle(p);
    const int row = find_sequence_row(p, "fulltour");
    assert_non_null(strstr(pty_row(p, row), "▸ fulltour"));
    assert_non_null(strstr(pty_row(p, row), "■ 1"));
    assert_int_equal(find_sequence_row(p, "v0.1.1   approval"), -1);
    pty_type(p, "n"); /* unfolds what hides it */
    screen_settle(p);
    assert_true(find_sequence_row(p, "v0.1.1   approval") > 0);
    screen_end(p);
}

static void earlier_ones_unfold(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    screen_expect(p, "42 earlier");
    pty_type(p, "jjjj\r");
    screen_expect(p, "▾ 42 earlier");
    screen_expect(p, "v0.0.41");
    pty_type(p, "\r");
    screen_expect(p, "▸ 42 earlier");
    screen_end(p);
}

static void enter_on_a_stage_goes_to_its_oldest_waiting(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "k\r"); /* the stage above the waiting sequence */
    screen_settle(p);
    const int row = find_sequence_row(p, "▌");
    assert_non_null(strstr(pty_row(p, row), "v0.1.1   approval"));
    screen_end(p);
}

static void n_goes_round_all_that_waits(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    pty_type(p, "n");
    screen_expect(p, "delivery of carts");
    pty_type(p, "n");
    screen_expect(p, "delivery of helloservice → production");
    pty_type(p, "N");
    screen_expect(p, "delivery of carts");
    screen_end(p);
}

static void names_never_break_a_column(void **state)
{
    (void)state;
    struct pty *p = screen_open("odd", 120, 30);
    for (int y = 2; y < 28; y++) {
        struct pty_cell cell;
        pty_cell(p, y, 55, &cell);
        assert_string_equal(cell.text, "│");
    }
    const char *raw;
    size_t len;
    raw = pty_raw(p, &len);
    assert_null(memmem(raw, len, "\033[31mred", 8));
    assert_null(memmem(raw, len, "\xe2\x80\xae", 3)); /* no override reaches the terminal */
    assert_null(memmem(raw, len, "\xe2\x80\x8b", 3)); /* nor anything of no width */
    screen_end(p);
}

static void nothing_is_written_while_nothing_happens(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_tell(p, "clock 2026-11-24T10:00:02Z");
    pty_tell(p, "clock run");
    screen_settle(p);
    (void)pty_bytes(p);
    pty_pump(p, 4000);
    assert_int_equal(pty_bytes(p), 0);
    for (int i = 0; i < 20; i++)
        pty_tell(p, "link live 0"); /* news that change nothing that is shown */
    pty_pump(p, 500);
    assert_int_equal(pty_bytes(p), 0);
    screen_end(p);
}

static void an_age_changes_by_itself_at_its_minute(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    screen_expect(p, "1 waiting 12m");
    pty_tell(p, "clock 2026-11-24T10:00:58Z");
    pty_tell(p, "clock run");
    screen_expect(p, "1 waiting 13m");
    screen_end(p);
}

static void a_running_task_counts_seconds(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_tell(p, "clock run");
    screen_expect(p, "43s");
    screen_end(p);
}

static const char *const depths[][2] = {{"COLORTERM"}, {"COLORTERM=truecolor"}, {"TERM=linux"}};
#define DEPTHS (sizeof depths / sizeof *depths)

static struct pty *open_measured(const char *scene, int columns, int rows, size_t depth)
{
    return screen_start(
        &(struct screen_options){.scene = scene, .columns = columns, .rows = rows, .env = depths[depth]});
}

/* Bytes that a key costs; the detail beside the tree follows later, when the cursor rests. */
static size_t bytes_of_key(struct pty *p, const char *key)
{
    pty_wait_quiet(p, 250);
    (void)pty_bytes(p);
    pty_type(p, key);
    pty_wait_quiet(p, 60);
    return pty_bytes(p);
}

static void a_step_of_the_cursor_is_small(void **state)
{
    static const int sizes[][2] = {{80, 24}, {120, 30}, {200, 60}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t depth = 0; depth < DEPTHS; depth++) {
            struct pty *p = open_measured("tour", sizes[i][0], sizes[i][1], depth);
            pty_type(p, "g");
            for (int j = 0; j < 16; j++) {
                const size_t bytes = bytes_of_key(p, "j");
                if (bytes > 120)
                    print_message("%dx%d, %s, step %d: %zu bytes\n", sizes[i][0], sizes[i][1],
                                  depths[depth][0], j, bytes);
                assert_in_range(bytes, 1, 120);
            }
            screen_end(p);
        }
    }
}

static void a_scroll_by_one_row_is_small(void **state)
{
    (void)state;
    for (size_t depth = 0; depth < DEPTHS; depth++) {
        struct pty *p = open_measured("many", 80, 24, depth);
        pty_type(p, "gjjjjjjjjjjjjjjjjjjj"); /* to the last row that is seen */
        for (int j = 0; j < 12; j++) {
            const size_t bytes = bytes_of_key(p, "j");
            assert_in_range(bytes, 1, 250);
        }
        const char *raw;
        size_t len;
        raw = pty_raw(p, &len);
        assert_null(memmem(raw, len, "\033[S", 3)); /* which several emulators lack */
        assert_null(memmem(raw, len, "\033[T", 3));
        pty_type(p, "kkkkkkkkkkkkkkkkkkk");
        for (int j = 0; j < 8; j++)
            assert_in_range(bytes_of_key(p, "k"), 1, 250);
        screen_end(p);
    }
}

/* Beside the detail no terminal can scroll the tree alone: it goes on by half a screen, now and then. */
static void a_step_beside_the_detail_is_small_in_the_mean(void **state)
{
    enum { STEPS = 60 };
    (void)state;
    for (size_t depth = 0; depth < DEPTHS; depth++) {
        struct pty *p = open_measured("many", 120, 30, depth);
        size_t total = 0;
        pty_type(p, "g");
        for (int j = 0; j < STEPS; j++)
            total += bytes_of_key(p, "j");
        if (total > STEPS * 250)
            print_message("%s: %zu bytes in %d steps\n", depths[depth][0], total, STEPS);
        assert_in_range(total, STEPS, STEPS * 250);
        screen_end(p);
    }
}

static void the_first_screen_is_small(void **state)
{
    static const int sizes[][2] = {{80, 24}, {120, 30}};
    static const char *const scenes[] = {"tour", "many"};
    (void)state;
    for (size_t i = 0; i < 2 * DEPTHS * 2; i++) {
        const int *size = sizes[i % 2];
        struct pty *p = open_measured(scenes[i / 2 % 2], size[0], size[1], i / 4);
        const size_t bytes = pty_bytes(p);
        if (bytes > 6144)
            print_message("%s, %dx%d, %s: %zu bytes\n", scenes[i / 2 % 2], size[0], size[1], depths[i / 4][0],
                          bytes);
        assert_in_range(bytes, 500, 6144);
        screen_end(p);
    }
}

static void a_changed_row_is_small(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run run = screen_run;
    run.project = "payments";
    run.service = "ledger";
    run.stage = "qa";
    run.context = "abababab";
    run.version = "v10";
    scene_triggered(&script, &run, 30);
    scene_task(&script, &run, "je-deployment", 30);
    screen_tell(p, &script);
    screen_expect(p, "v10");
    screen_settle(p);
    (void)pty_bytes(p);
    script = BUFFER_LIMIT(1 << 20);
    scene_task(&script, &run, "je-test", 20);
    screen_tell(p, &script);
    screen_settle(p);
    assert_in_range(pty_bytes(p), 1, 250);
    screen_end(p);
}

static void no_size_breaks_it(void **state)
{
    static const int sizes[][2] = {{1, 1},   {2, 1},    {1, 2},   {5, 3},    {19, 4},  {20, 5},
                                   {27, 9},  {28, 10},  {39, 30}, {40, 10},  {41, 11}, {60, 15},
                                   {99, 30}, {100, 10}, {120, 5}, {200, 60}, {3, 200}, {1, 100},
                                   {500, 3}, {80, 24},  {1, 1},   {120, 30}};
    static const char *const keys[] = {"a", "\x03", "?", "j", "q", "L", "\x03", "\r", "n", "D", "\x03"};
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            pty_resize(p, sizes[i][0], sizes[i][1]);
            if (round > 0)
                pty_type(p, keys[(i * 7 + (size_t)round) % (sizeof keys / sizeof *keys)]);
            if (round < 2)
                pty_wait_quiet(p, 60);
        }
    }
    pty_type(p, "\x03\x03\x03\x03n");
    screen_settle(p);
    pty_type(p, "\x0c");
    screen_settle(p);
    screen_expect(p, "2 waiting 12m");
    screen_end(p);
}

static void no_terminal_no_dashboard(void **state)
{
    static const struct {
        const char *env, *says;
    } rows[] = {{"TERM=dumb", "cannot move its cursor"},
                {"TERM=no-such-terminal", "is not known on this machine"},
                {"TERM=", "TERM is not set"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const env[] = {rows[i].env, NULL};
        char program[4096];
        (void)snprintf(program, sizeof program, "%s/tests/view/view_driver", getenv("top_builddir"));
        const char *const argv[] = {program, NULL};
        struct pty *p = pty_start(&(struct pty_options){.argv = argv, .env = env, .columns = 80, .rows = 24});
        assert_int_equal(pty_wait_exit(p, WAIT_MS), 2);
        assert_false(pty_alternate_screen(p));
        assert_int_equal(pty_bytes(p), 0); /* not one escape */
        assert_true(pty_wait_heard(p, "refused", WAIT_MS));
        assert_int_equal(pty_end(p), 2);
    }
}

static void q_twice_leaves_and_restores_the_terminal(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    assert_true(pty_alternate_screen(p));
    assert_false(pty_cursor_shown(p));
    pty_type(p, "q");
    screen_expect(p, "q again leaves");
    pty_type(p, "j"); /* any other key means: stay */
    screen_expect_not(p, "q again leaves");
    pty_type(p, "q");
    screen_expect(p, "q again leaves");
    pty_type(p, "q");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_false(pty_alternate_screen(p));
    assert_true(pty_cursor_shown(p));
    size_t len;
    const char *raw = pty_raw(p, &len);
    assert_non_null(memmem(raw, len, "\033[?2004l", 8));
    assert_int_equal(pty_end(p), 0);
}

static void q_only_goes_back_from_other_screens(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "?");
    screen_expect(p, "keys of the tree screen");
    pty_type(p, "q");
    screen_expect_not(p, "keys of the tree screen");
    pty_type(p, "\r");
    screen_expect(p, "waits for a decision");
    pty_type(p, "q");
    screen_expect_not(p, "waits for a decision");
    pty_type(p, "\033");
    screen_settle(p);
    assert_false(pty_heard(p, "quit"));
    screen_end(p);
}

static void a_fatal_signal_still_restores_the_terminal(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_tell(p, "abort");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 9);
    assert_false(pty_alternate_screen(p));
    assert_true(pty_cursor_shown(p));
    assert_int_equal(pty_end(p), 9);
}

static void the_output_of_a_job_is_followed(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "gjj");
    pty_wait_quiet(p, 100);
    pty_type(p, "L");
    screen_expect_heard(p, "job_log qa.je-test.7c2e9f01 0");
    screen_expect(p, "asking for the output");
    pty_tell(p, "answer first line\\nsecond \\e[31mred\\e[0m line\\n");
    screen_expect(p, "first line");
    screen_expect(p, "second red line");
    screen_expect_heard(p, "job_log qa.je-test.7c2e9f01 36");
    pty_tell(p, "answer 10%%\\r50%%\\r100%% \\e[2Jdone\\n");
    screen_expect(p, "100% \xef\xbf\xbd[2Jdone");
    screen_expect_heard(p, "job_log qa.je-test.7c2e9f01 58");
    pty_tell(p, "answer the end\\n");
    screen_expect(p, "the end");
    screen_expect_heard(p, "job_log qa.je-test.7c2e9f01 66");
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run run = screen_run;
    run.stage = "qa";
    run.context = "7c2e9f01";
    scene_task_finished(&script, &run, "je-test", "job-executor-service", "pass", "ok", 0);
    screen_tell(p, &script);
    screen_settle(p);
    pty_tell(p, "answer ");
    screen_expect(p, "ended");
    screen_end(p);
}

static void a_terminal_that_goes_away_ends_it(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    assert_int_equal(pty_hang_up(p, WAIT_MS), 0);
    assert_true(pty_heard(p, "quit"));
    (void)pty_end(p);
}

static void a_flood_of_events_leaves_the_keyboard_alive(void **state)
{
    (void)state;
    struct pty *p = screen_open("many", 120, 30);
    struct buffer script = BUFFER_LIMIT(1 << 24);
    struct scene_run run = screen_run;
    char context[32];
    run.project = "project-a";
    run.context = context;
    for (int i = 0; i < 400; i++) {
        (void)snprintf(context, sizeof context, "f100%04x", i);
        scene_delivered(&script, &run, 100);
    }
    screen_tell(p, &script);
    pty_type(p, "?");
    screen_expect(p, "keys of the tree screen");
    screen_settle(p);
    screen_end(p);
}

static void messages_stay_until_a_key(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_tell(p, "message error a part of the server's answer was left out: it is no JSON");
    screen_expect(p, "a part of the server's answer was left out");
    pty_pump(p, 300);
    screen_expect(p, "a part of the server's answer was left out");
    pty_type(p, "j");
    screen_expect_not(p, "a part of the server's answer");
    screen_end(p);
}

static void the_recorded_scenario_is_played(void **state)
{
    (void)state;
    struct pty *p = screen_open("recorded", 120, 60);
    screen_expect(p, "8 waiting 2d");
    screen_expect(p, "maria (approver)");
    screen_expect(p, "0.9.3 ↓");
    pty_type(p, "a");
    screen_expect(p, "Approve ledger v9 into production");
    pty_type(p, "\x1b");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recorded_scenario_is_played),
        cmocka_unit_test(a_waiting_row_is_blue_over_its_whole_width),
        cmocka_unit_test(without_a_connection_it_is_not_known_what_waits),
        cmocka_unit_test(it_leaves_blue_when_the_stream_says_so),
        cmocka_unit_test(the_cursor_goes_to_what_waits_until_it_is_moved),
        cmocka_unit_test(the_cursor_stays_on_its_sequence),
        cmocka_unit_test(folding_climbs_counts),
        cmocka_unit_test(earlier_ones_unfold),
        cmocka_unit_test(enter_on_a_stage_goes_to_its_oldest_waiting),
        cmocka_unit_test(n_goes_round_all_that_waits),
        cmocka_unit_test(names_never_break_a_column),
        cmocka_unit_test(nothing_is_written_while_nothing_happens),
        cmocka_unit_test(an_age_changes_by_itself_at_its_minute),
        cmocka_unit_test(a_running_task_counts_seconds),
        cmocka_unit_test(a_step_of_the_cursor_is_small),
        cmocka_unit_test(a_scroll_by_one_row_is_small),
        cmocka_unit_test(a_step_beside_the_detail_is_small_in_the_mean),
        cmocka_unit_test(the_first_screen_is_small),
        cmocka_unit_test(a_changed_row_is_small),
        cmocka_unit_test(no_size_breaks_it),
        cmocka_unit_test(no_terminal_no_dashboard),
        cmocka_unit_test(q_twice_leaves_and_restores_the_terminal),
        cmocka_unit_test(q_only_goes_back_from_other_screens),
        cmocka_unit_test(a_fatal_signal_still_restores_the_terminal),
        cmocka_unit_test(the_output_of_a_job_is_followed),
        cmocka_unit_test(a_terminal_that_goes_away_ends_it),
        cmocka_unit_test(a_flood_of_events_leaves_the_keyboard_alive),
        cmocka_unit_test(messages_stay_until_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
