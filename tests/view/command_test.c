/* The command line: what runs, what is asked first, what never runs; the pane with the output; messages. */
#include "config.h"

#include "screens.h"

#include <stdlib.h>

static void run(struct pty *p, const char *line)
{
    pty_type(p, ":");
    pty_wait_quiet(p, 60);
    pty_type(p, line);
    pty_type(p, "\r");
}

static void a_command_runs_with_its_words_and_its_output_follows(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    run(p, "get event 'a b' --project \"x\\\"y\"");
    screen_expect_heard(p, "run prod-eu 78 [get] [event] [a b] [--project] [x\"y]");
    screen_expect(p, "running; q ends it");
    screen_expect(p, ":get event 'a b'");
    pty_tell(p, "output first\\nsecond \\e[31mred\\e[0m \\e]0;title\\n");
    screen_expect(p, "second red");
    assert_null(strstr(pty_screen(p), "\033"));
    pty_tell(p, "flood 100");
    screen_expect(p, "line 99");
    pty_type(p, "g");
    screen_expect(p, "first");
    pty_tell(p, "output the end\\n"); /* what one looks at stays */
    screen_settle(p);
    screen_expect(p, "first");
    screen_expect(p, "End: to its end");
    pty_type(p, "G");
    screen_expect(p, "the end");
    pty_tell(p, "ended failed exit status 3: not found");
    screen_expect(p, "exit status 3: not found");
    screen_expect(p, "the end");
    pty_type(p, "q");
    screen_expect_not(p, "exit status");
    assert_false(pty_heard(p, "stop"));
    screen_end(p);
}

/* What went wrong, and what to do, stands at the end of a long line. */
static void why_a_command_failed_is_read_without_scrolling(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    run(p, "list");
    screen_expect_heard(p, "run prod-eu 78 [list]");
    pty_tell(p,
             "output drawbridge: GET http://127.0.0.1:1/api/controlPlane/v1/event/triggered/"
             "sh.keptn.event.approval.triggered: cannot connect: Connection refused; is the server running, "
             "and is this its address?\\n");
    screen_expect(p, "drawbridge: GET");
    screen_expect_not(p, "its address?");
    pty_tell(p, "ended failed exit status 6: server not reachable");
    screen_expect(p, "exit status 6");
    screen_expect(p, "its address?");
    screen_end(p);
}

static void what_ends_at_once_is_read_from_its_top(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    run(p, "list");
    screen_expect_heard(p, "run prod-eu");
    pty_tell(p, "flood 100");
    pty_tell(p, "ended ok done");
    screen_expect(p, "done");
    screen_expect(p, "line 0");
    pty_type(p, "G");
    screen_expect(p, "line 99");
    screen_end(p);
}

static void leaving_the_pane_ends_the_command(void **state)
{
    static const char *const keys[] = {"q", "\033", "\x03"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pty *p = screen_open("waiting", 80, 24);
        run(p, "watch");
        screen_expect(p, "running; q ends it");
        pty_type(p, keys[i]);
        screen_expect_heard(p, "stop it");
        screen_expect_not(p, "running; q ends it");
        pty_tell(p, "output late\\n");
        pty_tell(p, "ended ok done");
        screen_settle(p);
        assert_null(strstr(pty_screen(p), "late"));
        screen_end(p);
    }
}

static void output_is_bounded_and_what_is_gone_is_counted(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    run(p, "watch");
    screen_expect(p, "running");
    pty_tell(p, "flood 25000");
    screen_expect(p, "line 24999");
    pty_type(p, "g");
    screen_expect(p, "older lines are gone");
    assert_null(strstr(pty_screen(p), "line 14999"));
    pty_type(p, "q");
    screen_end(p);
}

static void what_is_wrong_with_a_line_is_said(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"list 'waiting", "a quotation mark is not closed"},
        {"list \\", "nothing stands behind the backslash"},
        {"demo", "demo cannot run within the dashboard"},
        {"goto ffff", "no run here begins with ffff"},
        {"connect nowhere", "no connection shown here is called nowhere"},
        {"theme nonsense", "there is no theme 'nonsense'"},
        {"approve 5d1a -o json", "approve -o: here it is only ID and --comment TEXT"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pty *p = screen_open("waiting", 100, 24);
        run(p, rows[i].line);
        screen_expect(p, rows[i].says);
        assert_false(pty_heard(p, "run"));
        screen_end(p);
    }
}

static void what_decides_opens_the_box_and_never_runs(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    run(p, "approve 5d1a --yes --comment 'all green'");
    screen_expect(p, "Approve helloservice");
    screen_expect(p, "all green");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    pty_pump(p, 1100);
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    assert_false(pty_heard(p, "run"));
    screen_end(p);
}

static void a_line_in_one_go_decides_nothing(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, ":approve 5d1a --yes\r\r\r" CHECK_MARK);
    screen_expect(p, "Approve helloservice");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void a_change_asks_for_a_second_enter(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, ":trigger delivery\r\r\r\r"); /* pasted without brackets, or a held key */
    screen_expect(p, "this changes something on prod-eu: Enter again runs it");
    screen_settle(p);
    assert_false(pty_heard(p, "run"));
    pty_pump(p, 600);
    pty_type(p, "\r");
    screen_expect_heard(p, "run prod-eu 118 [trigger] [delivery]");
    screen_end(p);
}

static void a_read_only_start_runs_nothing_that_changes(void **state)
{
    static const char *const arguments[] = {"--read-only", NULL};
    (void)state;
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "waiting", .columns = 120, .rows = 30, .arguments = arguments});
    run(p, "trigger delivery");
    screen_expect(p, "read-only: nothing can be changed");
    run(p, "approve 5d1a");
    screen_expect(p, "read-only: nothing can be changed");
    assert_false(pty_heard(p, "run"));
    screen_end(p);
}

static void tab_completes_commands_options_and_values(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    pty_type(p, ":tr\t");
    screen_expect(p, ":trigger");
    pty_type(p, "--\t");
    screen_expect(p, "--project  --service");
    pty_type(p, "p\tso\t");
    screen_expect(p, ":trigger --project sockshop");
    pty_type(p, "\x15goto \t");
    screen_expect(p, "5d1a2b3c");
    pty_type(p, "\x15the\t");
    screen_expect(p, "theme  themes");
    pty_type(p, "\t");
    pty_type(p, "\t");
    screen_expect(p, ":themes");
    pty_type(p, "\x15theme so\t");
    screen_expect(p, ":theme solarized");
    pty_type(p, "\x15zzz\t");
    screen_expect(p, "nothing fits here");
    screen_end(p);
}

static void lines_are_remembered_but_for_secrets(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    run(p, "get projects");
    screen_expect(p, "running");
    run(p, "create secret x --from-literal a=hunter2");
    screen_expect(p, "running");
    assert_null(strstr(pty_screen(p), "hunter2"));
    pty_type(p, ":\033[A");
    screen_expect(p, ":get projects");
    pty_type(p, "\033[A\033[B\033[B");
    assert_null(strstr(pty_screen(p), "hunter2"));
    screen_end(p);
}

static void goto_and_connect_go_there(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run other = screen_run;
    other.service = "carts";
    other.context = "cafe0001";
    pty_tell(p, "source prod-us US red");
    pty_tell(p, "identity tom approver");
    scene_project(&script, "fulltour");
    scene_waiting(&script, &other, 30);
    screen_tell(p, &script);
    screen_settle(p);
    run(p, "connect US");
    screen_settle(p);
    run(p, "list");
    screen_expect_heard(p, "run prod-us"); /* of the row one is on */
    screen_expect(p, ":list @ US");
    pty_type(p, "q");
    run(p, "connect prod-eu");
    run(p, "goto cafe");
    screen_expect(p, "delivery of carts");
    run(p, "list");
    screen_expect_heard(p, "run prod-us");
    screen_end(p);
}

static void a_filter_hides_it_from_commands_too(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    run(p, "filter service:carts");
    screen_expect(p, "/service:carts");
    run(p, "approve 5d1a");
    screen_expect(p, "the filter hides the run 5d1a2b3c");
    assert_null(strstr(pty_screen(p), "Approve"));
    run(p, "filter");
    screen_expect_not(p, "/service:carts");
    screen_end(p);
}

static void another_theme_is_there_at_once(void **state)
{
    struct pty_cell before, after;
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_cell(p, 1, 0, &before);
    run(p, "theme high-contrast");
    screen_settle(p);
    pty_wait_quiet(p, 100);
    pty_cell(p, 1, 0, &after);
    assert_true(before.fg != after.fg || before.bg != after.bg || before.bold != after.bold);
    screen_end(p);
}

static void messages_are_kept(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 100, 24);
    pty_tell(p, "message error the disk is full; free some");
    pty_tell(p, "message error the disk is full; free some");
    pty_tell(p, "message note an odd name \\e[2J\\x9b");
    pty_tell(p, "link stale 5 connection reset");
    pty_tell(p, "link live 0");
    screen_settle(p);
    run(p, "log");
    screen_expect(p, "the disk is full; free some (2 times)");
    screen_expect(p, "the stream was lost: connection reset; it is tried again by itself, r tries at once");
    screen_expect(p, "connected: the stream is live");
    assert_non_null(strstr(pty_row(p, pty_find_row(p, "the disk")), "10:00 error"));
    pty_type(p, "q");
    screen_expect(p, "production");
    screen_end(p);
}

static void old_messages_go_and_are_counted(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 100, 24);
    for (int i = 0; i < 600; i++)
        pty_tell(p, "message note number %d", i);
    screen_settle(p);
    run(p, "log");
    screen_expect(p, "number 599");
    pty_type(p, "g");
    screen_expect(p, "older ones are gone");
    assert_null(strstr(pty_screen(p), "number 99\n"));
    screen_end(p);
}

static void quit_leaves(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 100, 24);
    run(p, "q");
    screen_expect_heard(p, "quit");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_int_equal(pty_end(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_runs_with_its_words_and_its_output_follows),
        cmocka_unit_test(why_a_command_failed_is_read_without_scrolling),
        cmocka_unit_test(what_ends_at_once_is_read_from_its_top),
        cmocka_unit_test(leaving_the_pane_ends_the_command),
        cmocka_unit_test(output_is_bounded_and_what_is_gone_is_counted),
        cmocka_unit_test(what_is_wrong_with_a_line_is_said),
        cmocka_unit_test(what_decides_opens_the_box_and_never_runs),
        cmocka_unit_test(a_line_in_one_go_decides_nothing),
        cmocka_unit_test(a_change_asks_for_a_second_enter),
        cmocka_unit_test(a_read_only_start_runs_nothing_that_changes),
        cmocka_unit_test(tab_completes_commands_options_and_values),
        cmocka_unit_test(lines_are_remembered_but_for_secrets),
        cmocka_unit_test(goto_and_connect_go_there),
        cmocka_unit_test(a_filter_hides_it_from_commands_too),
        cmocka_unit_test(another_theme_is_there_at_once),
        cmocka_unit_test(messages_are_kept),
        cmocka_unit_test(old_messages_go_and_are_counted),
        cmocka_unit_test(quit_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
