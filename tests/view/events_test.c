/* Raw events on the screen: the stream as it comes, one event as JSON, and all of one run. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static int row_of(struct pty *p, const char *text)
{
    for (int y = 2; y < pty_rows(p) - 2; y++)
        if (strstr(pty_row(p, y), text))
            return y;
    return -1;
}

static bool cursor_is_on(struct pty *p, const char *text)
{
    for (int y = 2; y < pty_rows(p) - 2; y++)
        if (strncmp(pty_row(p, y), "▌", strlen("▌")) == 0)
            return strstr(pty_row(p, y), text) != NULL;
    return false;
}

/* An event of its own, told to the driver; ago: seconds before ten. */
static void tell(struct pty *p, const char *id, const char *task, int ago, const char *message)
{
    char *line = mem_printf(
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"tester\",\"type\":\"sh.keptn.event.%s."
        "finished\","
        "\"time\":\"2026-11-24T09:%02d:%02dZ\",\"shkeptncontext\":\"5d1a2b3c-0000-4000-8000-000000000000\","
        "\"triggeredid\":\"t\",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":"
        "\"helloservice\","
        "\"result\":\"fail\",\"message\":\"%s\"}}",
        id, task, 59 - ago / 60, 59 - ago % 60, message);
    pty_tell(p, "%s", line);
    free(line);
}

static struct pty *open_events(int columns, int rows)
{
    struct pty *p = screen_open("waiting", columns, rows);
    pty_type(p, "3");
    screen_expect(p, " events ");
    screen_settle(p);
    return p;
}

static void the_newest_comes_last_and_is_followed(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    assert_true(cursor_is_on(p, "approval.started"));
    tell(p, "n1", "newest", 0, "");
    screen_expect(p, "newest.finished");
    screen_settle(p);
    assert_true(cursor_is_on(p, "newest.finished"));
    assert_non_null(strstr(pty_row(p, row_of(p, "newest.finished")), "09:59:59"));
    assert_non_null(strstr(pty_row(p, row_of(p, "newest.finished")), "tester"));
    assert_non_null(strstr(pty_row(p, row_of(p, "newest.finished")), "fail"));
    screen_end(p);
}

static void the_cursor_stays_on_its_event_once_it_was_moved(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    pty_type(p, "k");
    screen_settle(p);
    assert_true(cursor_is_on(p, "approval.triggered"));
    for (int i = 0; i < 40; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "n%d", i);
        tell(p, id, "newest", 40 - i, "");
    }
    screen_settle(p);
    assert_true(cursor_is_on(p, "approval.triggered"));
    pty_type(p, "G");
    screen_settle(p);
    tell(p, "last", "very-last", 0, "");
    screen_expect(p, "very-last.finished");
    screen_settle(p);
    assert_true(cursor_is_on(p, "very-last.finished"));
    screen_end(p);
}

static void an_event_that_comes_again_is_listed_once(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    tell(p, "n1", "newest", 0, "");
    screen_expect(p, "newest.finished");
    screen_settle(p);
    char *before = mem_string(pty_row(p, 1));
    tell(p, "n1", "newest", 0, "");
    screen_settle(p);
    assert_string_equal(pty_row(p, 1), before);
    free(before);
    screen_end(p);
}

static void space_holds_the_list_and_counts_what_comes(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    pty_type(p, " ");
    screen_expect(p, "held, 0 more came");
    tell(p, "n1", "newest", 1, "");
    tell(p, "n2", "newest", 0, "");
    screen_expect(p, "held, 2 more came");
    screen_expect_not(p, "newest.finished");
    pty_type(p, " ");
    screen_expect(p, "newest.finished");
    screen_expect_not(p, "held");
    screen_end(p);
}

static void enter_shows_the_event_as_indented_json(void **state)
{
    (void)state;
    struct pty *p = open_events(80, 24);
    tell(p, "n1", "newest", 0,
         "\\u001b[31mred \\u202e and a very long message that goes on and on to the right");
    screen_expect(p, "newest.finished");
    screen_settle(p);
    pty_type(p, "\r");
    screen_expect(p, "\"type\": \"sh.keptn.event.newest.finished\",");
    screen_expect(p, "  \"data\": {");
    screen_expect(p, "    \"project\": \"fulltour\",");
    assert_non_null(strstr(pty_screen(p), "\\u001b[31mred")); /* as it came, and harmless */
    pty_type(p, "ll");
    screen_expect(p, "to the right\"");
    pty_type(p, "\033");
    screen_expect(p, "events");
    screen_settle(p);
    assert_true(cursor_is_on(p, "newest.finished"));
    screen_end(p);
}

static void what_is_invisible_in_a_string_is_seen(void **state)
{
    (void)state;
    struct pty *p = open_events(80, 24);
    tell(p, "n1", "newest", 0,
         "a\xe2\x80\xae"
         "b\xe2\x80\x8b"
         "c");
    screen_expect(p, "newest.finished");
    pty_type(p, "\r");
    screen_expect(p, "a\xef\xbf\xbd"
                     "b\xef\xbf\xbd"
                     "c");
    screen_end(p);
}

static void the_filter_takes_types_and_results(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    pty_type(p, "/type:approval.*\r");
    screen_expect_not(p, "je-deployment");
    screen_expect(p, "approval.triggered");
    screen_expect(p, " fit");
    pty_type(p, "/\025result:pass stage:qa task:je-test\r");
    screen_expect(p, "je-test.finished");
    screen_expect_not(p, "approval");
    pty_type(p, "/\025type:nothing\r");
    screen_expect(p, "no event fits the filter");
    screen_end(p);
}

static void nothing_can_be_approved_from_a_list_that_moves(void **state)
{
    (void)state;
    struct pty *p = open_events(120, 30);
    pty_type(p, "a\r" CHECK_MARK);
    screen_expect(p, "pick a sequence");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void what_is_not_kept_is_counted(void **state)
{
    char *message = mem_alloc(20001);
    (void)state;
    struct pty *p = open_events(120, 30);
    memset(message, 'x', 20000);
    for (int i = 0; i < 60; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "n%d", i);
        tell(p, id, "newest", 100 - i, message);
    }
    screen_settle(p);
    screen_expect(p, "older not kept");
    free(message);
    screen_end(p);
}

static void of_an_event_too_long_to_keep_the_head_is_shown(void **state)
{
    char *message = mem_alloc(400001);
    (void)state;
    struct pty *p = open_events(80, 24);
    memset(message, 'x', 400000);
    tell(p, "n1", "newest", 0, message);
    screen_expect(p, "newest.finished");
    pty_type(p, "\r");
    screen_expect(p, "only its head was kept");
    screen_expect(p, "sh.keptn.event.newest.finished");
    free(message);
    screen_end(p);
}

/* ---- all of one run ---- */

static void e_asks_for_all_events_of_the_run(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "e");
    screen_expect_heard(p, "events fulltour 5d1a2b3c-0000-4000-8000-000000000000");
    screen_expect(p, "events of run 5d1a2b3c of helloservice");
    screen_expect(p, "asking the server");
    screen_expect(p, "approval.triggered"); /* those of the stream are there already */
    pty_tell(
        p,
        "answer "
        "{\"nextPageKey\":\"0\",\"events\":[{\"specversion\":\"1.0\",\"id\":\"x1\",\"source\":\"elsewhere\","
        "\"type\":\"sh.keptn.event.old-task.finished\",\"time\":\"2026-11-24T09:59:59Z\","
        "\"shkeptncontext\":\"5d1a2b3c-0000-4000-8000-000000000000\",\"data\":{\"project\":\"fulltour\"}},"
        "{\"specversion\":\"1.0\",\"id\":\"x2\",\"source\":\"elsewhere\",\"type\":\"sh.keptn.event.of-"
        "another."
        "finished\",\"time\":\"2026-11-24T09:59:59Z\",\"shkeptncontext\":\"other\",\"data\":{}}],"
        "\"totalCount\":2}");
    screen_expect(p, "old-task.finished");
    screen_expect_not(p, "asking the server");
    screen_expect_not(p, "of-another");
    screen_end(p);
}

static void where_the_server_does_not_tell_the_stream_must_do(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "e");
    screen_expect_heard(p, "events fulltour");
    pty_tell(p, "refuse 404: no such thing");
    screen_expect(p, "from the stream alone: 404: no such thing");
    screen_expect(p, "approval.triggered");
    pty_type(p, "\033");
    screen_expect(p, "▾ fulltour");
    pty_type(p, "e");
    screen_expect(p, "asking the server");
    pty_tell(p, "answer this is no json");
    screen_expect(p, "its answer is no JSON");
    screen_end(p);
}

static void the_event_under_the_cursor_is_shown_below(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 40);
    pty_type(p, "e");
    screen_expect(p, "\"type\": \"sh.keptn.event.approval.started\"");
    pty_type(p, "k");
    screen_expect(p, "\"type\": \"sh.keptn.event.approval.triggered\"");
    pty_type(p, "\r");
    screen_expect(p, "event  line 1");
    pty_type(p, "\033\033");
    screen_expect(p, "▾ fulltour");
    screen_end(p);
}

static void new_events_of_the_run_join(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "e");
    screen_expect(p, "approval.triggered");
    tell(p, "n1", "brand-new", 0, "");
    screen_expect(p, "brand-new.finished");
    screen_end(p);
}

/* The box is about the run whose events are looked at, wherever the tree's cursor is. */
static void a_decision_from_here_is_about_this_run(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    pty_type(p, "2je"); /* carts; the tree's cursor is on helloservice */
    screen_expect(p, "of carts");
    pty_type(p, "a");
    screen_expect(p, "Approve carts");
    screen_end(p);
}

static void an_event_of_a_megabyte_is_walked_through_at_once(void **state)
{
    struct buffer line = BUFFER_LIMIT(2 << 20);
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    (void)buffer_add_text(
        &line, "answer {\"events\":[{\"specversion\":\"1.0\",\"id\":\"big\",\"source\":\"s\",\"type\":"
               "\"sh.keptn.event.big.finished\",\"time\":\"2026-11-24T09:59:59Z\",\"shkeptncontext\":"
               "\"5d1a2b3c-0000-4000-8000-000000000000\",\"data\":{\"project\":\"fulltour\",\"list\":[");
    for (int i = 0; i < 100000; i++)
        (void)buffer_printf(&line, "%s%d", i ? "," : "", 100000 + i);
    (void)buffer_add_text(&line, "]}}]}");
    pty_type(p, "e");
    screen_expect_heard(p, "events fulltour");
    pty_tell(p, "%s", buffer_text(&line));
    screen_expect(p, "big.finished");
    pty_type(p, "\r");
    screen_expect(p, "line 1 of 100013");
    pty_type(p, "G");
    screen_expect(p, "199999");
    for (int i = 0; i < 20; i++)
        pty_type(p, "k");
    screen_settle(p);
    pty_type(p, "g");
    screen_expect(p, "\"id\": \"big\"");
    buffer_free(&line);
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_comes_last_and_is_followed),
        cmocka_unit_test(the_cursor_stays_on_its_event_once_it_was_moved),
        cmocka_unit_test(an_event_that_comes_again_is_listed_once),
        cmocka_unit_test(space_holds_the_list_and_counts_what_comes),
        cmocka_unit_test(enter_shows_the_event_as_indented_json),
        cmocka_unit_test(what_is_invisible_in_a_string_is_seen),
        cmocka_unit_test(the_filter_takes_types_and_results),
        cmocka_unit_test(nothing_can_be_approved_from_a_list_that_moves),
        cmocka_unit_test(what_is_not_kept_is_counted),
        cmocka_unit_test(of_an_event_too_long_to_keep_the_head_is_shown),
        cmocka_unit_test(e_asks_for_all_events_of_the_run),
        cmocka_unit_test(where_the_server_does_not_tell_the_stream_must_do),
        cmocka_unit_test(the_event_under_the_cursor_is_shown_below),
        cmocka_unit_test(new_events_of_the_run_join),
        cmocka_unit_test(a_decision_from_here_is_about_this_run),
        cmocka_unit_test(an_event_of_a_megabyte_is_walked_through_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
