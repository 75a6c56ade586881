/* How much it takes to decide, as the settings say, and the time in which it can be taken back. */
#include "config.h"

#include "screens.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define TYPE "confirm: [{project: full*, stage: production, level: type}]\n"
#define NONE "undo-window: 5s\nconfirm: [{stage: production, level: none}]\n"

static struct pty *open_with(const char *scene, const char *settings)
{
    const char *const arguments[] = {"--settings", settings, NULL};
    return screen_start(
        &(struct screen_options){.scene = scene, .columns = 120, .rows = 30, .arguments = arguments});
}

static struct pty *open_with_window(const char *scene, const char *window)
{
    char text[64];
    (void)snprintf(text, sizeof text, "undo-window: %s\n", window);
    return open_with(scene, text);
}

/* For a key that decides at once: the row has been under the cursor for a while. */
static void rest(struct pty *p)
{
    pty_type(p, "n");
    screen_settle(p);
    pty_pump(p, 700);
}

/* ---- levels ---- */

static void type_wants_the_words(void **state)
{
    (void)state;
    struct pty *p = open_with("waiting", TYPE);
    screen_open_box(p, "a");
    screen_expect(p, "to confirm, type helloservice@production");
    pty_type(p, "\r");
    screen_expect(p, "type the words first");
    screen_expect_no_decision(p, "Enter alone", 100);
    screen_type_words(p, "helloservice@production");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void type_wants_them_for_a_decline_too(void **state)
{
    (void)state;
    struct pty *p = open_with("waiting", TYPE);
    screen_open_box(p, "D");
    pty_type(p, "\r");
    screen_expect(p, "type the words first");
    screen_expect_no_decision(p, "Enter alone", 100);
    screen_end(p);
}

static void a_rule_of_another_stage_does_not_count(void **state)
{
    (void)state;
    struct pty *p = open_with(
        "waiting", "undo-window: 5s\nconfirm: [{stage: qa, level: type}, {context: other, level: none}]\n");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void none_decides_with_one_check_mark_into_the_window(void **state)
{
    (void)state;
    struct pty *p = open_with("waiting", NONE);
    rest(p);
    pty_type(p, CHECK_MARK "\xef\xb8\x8f");
    screen_expect(p, "approving helloservice v0.1.1 into production in 5s, u undoes");
    assert_null(strstr(pty_screen(p), "Approve helloservice"));
    screen_expect_no_decision(p, "a check mark, within the window", 3500);
    screen_expect_heard(p, APPROVED " comment= stale=0");
    screen_end(p);
}

static void none_never_goes_back_without_words(void **state)
{
    (void)state;
    struct pty *p = open_with("back", NONE);
    rest(p);
    pty_type(p, CHECK_MARK);
    screen_expect(p, "to go back, type helloservice@production");
    screen_expect_no_decision(p, "a check mark", 5500);
    screen_end(p);
}

static void none_asks_on_stale_data(void **state)
{
    (void)state;
    struct pty *p = open_with("waiting", NONE);
    pty_tell(p, "link stale 40 connection refused");
    rest(p);
    pty_type(p, "a");
    screen_expect(p, "this may be old: the server is asked first");
    screen_expect_no_decision(p, "a on stale data", 5500);
    screen_end(p);
}

static void none_lets_no_viewer_decide(void **state)
{
    (void)state;
    struct pty *p = open_with("waiting", NONE);
    pty_tell(p, "identity nora viewer");
    rest(p);
    pty_type(p, "a");
    screen_expect(p, "nora has the role viewer");
    screen_expect_no_decision(p, "a viewer", 5500);
    screen_end(p);
}

/* Each opens the box at most, which wants its own key. */
static void none_wants_one_key_by_itself(void **state)
{
    static const char *const bursts[] = {CHECK_MARK CHECK_MARK,
                                         CHECK_MARK "\r",
                                         "a\r",
                                         "xa",
                                         "x" CHECK_MARK,
                                         "\033[200~" CHECK_MARK "\033[201~"};
    (void)state;
    for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        struct pty *p = open_with("waiting", NONE);
        rest(p);
        pty_type(p, bursts[i]);
        screen_settle(p);
        assert_null(strstr(pty_screen(p), "u undoes"));
        screen_expect_no_decision(p, bursts[i], 100);
        screen_end(p);
    }
}

static void none_wants_a_row_that_has_been_seen(void **state)
{
    struct scene_run other = screen_run;
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_with("empty", NONE);
    scene_project(&script, "fulltour");
    scene_waiting(&script, &other, 3600);
    screen_tell(p, &script);
    screen_expect(p, "helloservice");
    pty_type(p, "a"); /* for what stood there before */
    screen_expect(p, "Approve helloservice");
    screen_expect_no_decision(p, "a on a row that has just come", 100);
    screen_end(p);
}

/* ---- the window ---- */

static void nothing_is_sent_before_the_window_is_over(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "5s");
    screen_open_box(p, "a");
    pty_type(p, "fine");
    pty_pump(p, 100);
    pty_type(p, "\r");
    screen_expect(p, "s, u undoes");
    screen_expect(p, "v0.1.1  undo "); /* the row, which stays blue */
    screen_expect_heard(p, "note pending approval of helloservice v0.1.1 into production");
    screen_expect(p, "approving in 1s, u undoes");
    assert_false(pty_heard(p, "decide"));
    screen_expect_heard(p, "note over approval of helloservice v0.1.1 into production");
    screen_expect_heard(p, APPROVED " comment=fine stale=0");
    screen_expect(p, "sending");
    screen_end(p);
}

static void u_takes_it_back(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "3s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_type(p, "u");
    screen_expect(p, "taken back: approval of helloservice v0.1.1 into production; nothing was sent");
    screen_expect_heard(p, "note over");
    screen_expect_no_decision(p, "what was taken back", 3500);
    screen_open_box(p, "D"); /* and something else can be decided */
    screen_expect(p, "Decline helloservice");
    screen_end(p);
}

static void u_works_from_the_tree_and_says_when_it_is_too_late(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "2s");
    pty_type(p, "u");
    screen_expect(p, "there is nothing to undo");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_type(p, "\033");
    screen_expect_not(p, "Esc closes");
    screen_expect(p, "approving helloservice v0.1.1 into production in"); /* the message line */
    pty_type(p, "u");
    screen_expect(p, "taken back");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    pty_type(p, "\033");
    screen_expect_not(p, "Esc closes");
    pty_type(p, "u");
    screen_expect(p, "too late to undo: approval of helloservice v0.1.1 into production is on its way");
    screen_end(p);
}

static void several_are_pending_at_once(void **state)
{
    struct scene_run other = screen_run;
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_with_window("waiting", "15s");
    other.service = "aardvark";
    other.context = "aaaaaaaa";
    scene_waiting(&script, &other, 60);
    screen_tell(p, &script);
    screen_expect(p, "aardvark");
    for (int i = 0; i < 2; i++) {
        screen_open_box(p, "a");
        pty_type(p, "\r");
        screen_expect(p, "Esc closes");
        pty_type(p, "\033");
        screen_expect_not(p, "Esc closes");
        pty_type(p, "n");
        screen_settle(p);
    }
    screen_expect(p, "approving aardvark v0.1.1 into production in");
    screen_expect(p, "(and 1 before it)");
    pty_type(p, "u"); /* n went round: the cursor is on helloservice, and that is the one meant */
    screen_expect(p, "taken back: approval of helloservice");
    screen_expect_heard(p, "decide approve production.approval.aaaaaaaa");
    screen_expect_no_decision(p, "the one taken back", 500);
    screen_end(p);
}

static void what_is_overtaken_in_the_window_is_dropped(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_with_window("waiting", "3s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    scene_decided(&script, &screen_run, "tom", "fail", "not today", 3);
    scene_finished(&script, &screen_run, "fail", 2);
    screen_tell(p, &script);
    screen_expect(p, "nothing was sent: declined by tom at 09:59: not today");
    screen_expect_no_decision(p, "one that was overtaken", 3500);
    screen_end(p);
}

static void what_would_go_back_by_now_is_dropped(void **state)
{
    struct scene_run newer = screen_run;
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_with_window("waiting", "3s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_type(p, "\033");
    newer.context = "7c2e9f01";
    newer.version = "v0.1.2";
    scene_delivered(&script, &newer, 5);
    screen_tell(p, &script);
    screen_expect(p, "was not sent: a newer one came in between");
    screen_expect_no_decision(p, "one that goes back by now", 3500);
    screen_end(p);
}

static void a_role_that_is_lost_in_the_window_drops_it(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "3s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_tell(p, "identity maria viewer");
    screen_expect(p, "nothing was sent: maria has the role viewer");
    screen_expect_no_decision(p, "a viewer", 3500);
    screen_end(p);
}

static void quitting_asks_and_sends_nothing(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "20s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    screen_expect_heard(p, "note pending approval of helloservice v0.1.1 into production");
    pty_type(p, "\033");
    screen_expect_not(p, "Esc closes");
    pty_type(p, "q");
    screen_expect(p, "1 decision can still be undone and would not be sent: q again leaves all the same");
    assert_int_equal(pty_wait_exit(p, 300), -1);
    pty_type(p, "q");
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 0);
    assert_false(pty_heard(p, "decide"));
    assert_false(pty_heard(p, "note over")); /* so that the next start says so */
    screen_end(p);
}

static void a_hang_up_sends_nothing(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "2s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    screen_expect_heard(p, "note pending approval");
    (void)pty_hang_up(p, WAIT_MS);
    assert_false(pty_heard(p, "decide"));
    assert_false(pty_heard(p, "note over"));
    (void)pty_end(p);
}

static void a_program_that_stood_still_sends_nothing(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "1s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    assert_int_equal(kill(pty_pid(p), SIGSTOP), 0);
    pty_pump(p, 4000);
    assert_int_equal(kill(pty_pid(p), SIGCONT), 0);
    screen_expect(p, "drawbridge stood still while it could be");
    screen_expect_no_decision(p, "a stopped program", 300);
    screen_end(p);
}

static void a_stale_link_in_the_window_asks_the_server_first(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "1s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_tell(p, "link stale 10 connection refused");
    screen_expect_heard(p, APPROVED " comment= stale=1");
    screen_end(p);
}

static void the_countdown_redraws_once_a_second(void **state)
{
    (void)state;
    struct pty *p = open_with_window("waiting", "20s");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes");
    pty_type(p, "\033");
    screen_expect_not(p, "Esc closes");
    pty_wait_quiet(p, 150);
    (void)pty_bytes(p);
    int bursts = 0;
    for (int i = 0; i < 40; i++) {
        pty_pump(p, 100);
        bursts += pty_bytes(p) > 0;
    }
    assert_in_range(bursts, 3, 5);
    screen_end(p);
}

static void after_it_the_line_says_what_the_run_waits_for(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_with("waiting", "undo-window: 0s\n");
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    pty_tell(p, "decision production.approval.5d1a2b3c accepted");
    screen_expect(p, "accepted by the server");
    scene_decided(&script, &screen_run, "maria", "pass", "", 3);
    screen_tell(p, &script);
    screen_expect(p, "helloservice v0.1.1 into production: approved by maria at 09:59");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(type_wants_the_words),
        cmocka_unit_test(type_wants_them_for_a_decline_too),
        cmocka_unit_test(a_rule_of_another_stage_does_not_count),
        cmocka_unit_test(none_decides_with_one_check_mark_into_the_window),
        cmocka_unit_test(none_never_goes_back_without_words),
        cmocka_unit_test(none_asks_on_stale_data),
        cmocka_unit_test(none_lets_no_viewer_decide),
        cmocka_unit_test(none_wants_one_key_by_itself),
        cmocka_unit_test(none_wants_a_row_that_has_been_seen),
        cmocka_unit_test(nothing_is_sent_before_the_window_is_over),
        cmocka_unit_test(u_takes_it_back),
        cmocka_unit_test(u_works_from_the_tree_and_says_when_it_is_too_late),
        cmocka_unit_test(several_are_pending_at_once),
        cmocka_unit_test(what_is_overtaken_in_the_window_is_dropped),
        cmocka_unit_test(what_would_go_back_by_now_is_dropped),
        cmocka_unit_test(a_role_that_is_lost_in_the_window_drops_it),
        cmocka_unit_test(quitting_asks_and_sends_nothing),
        cmocka_unit_test(a_hang_up_sends_nothing),
        cmocka_unit_test(a_program_that_stood_still_sends_nothing),
        cmocka_unit_test(a_stale_link_in_the_window_asks_the_server_first),
        cmocka_unit_test(the_countdown_redraws_once_a_second),
        cmocka_unit_test(after_it_the_line_says_what_the_run_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
