/* The list of all that waits: order, cursor, marks, and what one can do from there. */
#include "config.h"

#include "screens.h"

#include <stdio.h>

static struct scene_run run_named(const char *service, const char *context)
{
    struct scene_run run = screen_run;
    run.service = service;
    run.context = context;
    return run;
}

/* carts for 3 hours, ledger for 2, shop for 1; on the screen that lists what waits. */
static struct pty *open_three(int columns, int rows)
{
    static const char *const names[] = {"carts", "ledger", "shop"};
    static const char *const contexts[] = {"aaaa0001", "bbbb0002", "cccc0003"};
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct pty *p = screen_open("empty", columns, rows);
    scene_project(&script, "fulltour");
    for (int i = 0; i < 3; i++) {
        const struct scene_run run = run_named(names[i], contexts[i]);
        scene_waiting(&script, &run, (3 - i) * 3600);
    }
    screen_tell(p, &script);
    screen_expect(p, "3 waiting 3h");
    pty_type(p, "2");
    screen_expect(p, " waiting ─");
    screen_settle(p);
    return p;
}

static void decide(struct pty *p, const char *service, const char *context)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run run = run_named(service, context);
    scene_decided(&script, &run, "tom", "pass", "", 2);
    screen_tell(p, &script);
    screen_settle(p);
}

static int row_of(struct pty *p, const char *text)
{
    for (int y = 2; y < pty_rows(p) - 2; y++)
        if (strstr(pty_row(p, y), text))
            return y;
    return -1;
}

static bool cursor_is_on(struct pty *p, const char *text)
{
    const int row = row_of(p, text);
    return row >= 0 && strncmp(pty_row(p, row), "▌", strlen("▌")) == 0;
}

static void the_oldest_comes_first(void **state)
{
    (void)state;
    struct pty *p = open_three(120, 30);
    assert_true(row_of(p, "carts") < row_of(p, "ledger") && row_of(p, "ledger") < row_of(p, "shop"));
    assert_true(cursor_is_on(p, "carts"));
    screen_end(p);
}

static void the_cursor_stays_on_its_approval_when_one_above_goes(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_type(p, "j");
    screen_settle(p);
    assert_true(cursor_is_on(p, "ledger"));
    decide(p, "carts", "aaaa0001");
    assert_true(row_of(p, "carts") < 0);
    assert_true(cursor_is_on(p, "ledger"));
    pty_type(p, "a");
    screen_expect(p, "Approve ledger");
    screen_end(p);
}

static void marks_stay_on_their_approval_and_go_with_it(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_type(p, " ");
    screen_expect(p, "1 marked");
    pty_type(p, "j ");
    screen_expect(p, "2 marked");
    assert_non_null(strstr(pty_row(p, row_of(p, "carts")), "[x]"));
    assert_non_null(strstr(pty_row(p, row_of(p, "ledger")), "[ ]"));
    assert_non_null(strstr(pty_row(p, row_of(p, "shop")), "[x]"));
    decide(p, "carts", "aaaa0001");
    screen_expect(p, "1 marked");
    assert_non_null(strstr(pty_row(p, row_of(p, "shop")), "[x]"));
    pty_type(p, "G ");
    screen_expect_not(p, "marked");
    screen_end(p);
}

static void marks_are_still_there_after_another_screen(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_type(p, " ");
    screen_expect(p, "1 marked");
    pty_type(p, "1");
    screen_expect(p, "fulltour");
    pty_type(p, "2");
    screen_expect(p, "1 marked");
    screen_end(p);
}

static void no_more_than_a_hundred_are_marked(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 24);
    char context[16];
    (void)state;
    struct pty *p = screen_open("empty", 80, 24);
    scene_project(&script, "fulltour");
    for (int i = 0; i < 102; i++) {
        (void)snprintf(context, sizeof context, "%08x", i);
        const struct scene_run run = run_named("carts", context);
        scene_waiting(&script, &run, 3600 + i);
    }
    screen_tell(p, &script);
    screen_expect(p, "102 waiting");
    pty_type(p, "2");
    for (int i = 0; i < 101; i++)
        pty_type(p, " ");
    screen_expect(p, "100 are marked, which is the most");
    screen_expect(p, "100 marked");
    screen_end(p);
}

static void enter_opens_the_run_and_esc_comes_back(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_type(p, "j\r");
    screen_expect(p, "delivery of ledger");
    screen_expect_not(p, "shop");
    pty_type(p, "\033");
    screen_expect(p, "shop");
    screen_settle(p);
    assert_true(cursor_is_on(p, "ledger"));
    pty_type(p, "\033");
    screen_expect(p, "▾ fulltour");
    screen_end(p);
}

static void n_goes_round(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_type(p, "nn");
    screen_settle(p);
    assert_true(cursor_is_on(p, "shop"));
    pty_type(p, "n");
    screen_settle(p);
    assert_true(cursor_is_on(p, "carts"));
    pty_type(p, "N");
    screen_settle(p);
    assert_true(cursor_is_on(p, "shop"));
    screen_end(p);
}

static void what_would_be_delivered_stands_against_what_was(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "2");
    screen_expect(p, "v0.1.0 → v0.1.1");
    screen_expect(p, "– → 1.4.0 ≠");
    screen_end(p);
    p = screen_open("back", 80, 24);
    pty_type(p, "2");
    screen_expect(p, "v0.1.2 → v0.1.1 ↓");
    screen_end(p);
}

static void connections_stand_together_each_with_its_label(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run run = run_named("oldest", "dddd0004");
    (void)state;
    struct pty *p = open_three(120, 30);
    assert_true(row_of(p, "connection") < 0);
    pty_tell(p, "source prod-us US red");
    pty_tell(p, "identity tom approver");
    pty_tell(p, "link live 0");
    scene_project(&script, "fulltour");
    scene_waiting(&script, &run, 5 * 3600);
    screen_tell(p, &script);
    screen_expect(p, "4 waiting 5h");
    screen_settle(p);
    assert_true(row_of(p, "connection") > 0);
    assert_true(row_of(p, "oldest") < row_of(p, "carts"));
    assert_non_null(strstr(pty_row(p, row_of(p, "oldest")), "US"));
    pty_type(p, "g");
    screen_settle(p);
    pty_type(p, "a");
    screen_expect(p, "Approve oldest v0.1.1 into production @ US?");
    screen_end(p);
}

static void every_row_is_blue_over_its_whole_width(void **state)
{
    struct pty_cell cell;
    (void)state;
    struct pty *p = screen_open("many", 80, 24);
    pty_type(p, "2");
    screen_expect(p, " waiting ─");
    screen_settle(p);
    for (int y = 3; y < 22; y++) {
        for (int x = 0; x < 80; x++) {
            pty_cell(p, y, x, &cell);
            if (cell.bg != 4)
                print_message("row %d column %d '%s': background %d\n", y, x, cell.text, cell.bg);
            assert_int_equal(cell.bg, 4);
        }
    }
    screen_end(p);
}

static void the_smallest_terminals_show_what_must_be_known(void **state)
{
    (void)state;
    struct pty *p = open_three(80, 24);
    pty_resize(p, 40, 10);
    screen_settle(p);
    screen_expect(p, "ledger");
    assert_non_null(strstr(pty_row(p, row_of(p, "ledger")), "2h"));
    pty_resize(p, 1, 1);
    screen_settle(p);
    pty_resize(p, 20, 5);
    screen_expect(p, "carts");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_comes_first),
        cmocka_unit_test(the_cursor_stays_on_its_approval_when_one_above_goes),
        cmocka_unit_test(marks_stay_on_their_approval_and_go_with_it),
        cmocka_unit_test(marks_are_still_there_after_another_screen),
        cmocka_unit_test(no_more_than_a_hundred_are_marked),
        cmocka_unit_test(enter_opens_the_run_and_esc_comes_back),
        cmocka_unit_test(n_goes_round),
        cmocka_unit_test(what_would_be_delivered_stands_against_what_was),
        cmocka_unit_test(connections_stand_together_each_with_its_label),
        cmocka_unit_test(every_row_is_blue_over_its_whole_width),
        cmocka_unit_test(the_smallest_terminals_show_what_must_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
