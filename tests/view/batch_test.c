/* Several decisions at once, out of the waiting list. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

static struct scene_run run_named(const char *service, const char *context)
{
    struct scene_run run = screen_run;
    run.service = service;
    run.context = context;
    return run;
}

/* The waiting list, with three that wait: helloservice, carts and ledger, oldest first. */
static struct pty *open_list(const char *scene, const char *settings, int columns, int rows)
{
    const char *const arguments[] = {"--settings", settings ? settings : "undo-window: 0s\n", NULL};
    const struct scene_run carts = run_named("carts", "cccccccc"), ledger = run_named("ledger", "dddddddd");
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct pty *p = screen_start(
        &(struct screen_options){.scene = scene, .columns = columns, .rows = rows, .arguments = arguments});
    scene_waiting(&script, &carts, 300);
    scene_waiting(&script, &ledger, 200);
    screen_tell(p, &script);
    screen_expect(p, "ledger");
    pty_type(p, "2g");
    screen_settle(p);
    return p;
}

static void mark(struct pty *p, int count)
{
    for (int i = 0; i < count; i++) {
        pty_type(p, " "); /* and goes on to the next */
        screen_settle(p);
    }
}

static void mark_all_three(struct pty *p)
{
    pty_type(p, "g");
    screen_settle(p);
    mark(p, 3);
    screen_settle(p);
}

static void one_box_lists_them_and_each_is_a_decision_of_its_own(void **state)
{
    (void)state;
    struct pty *p = open_list("waiting", NULL, 120, 30);
    mark_all_three(p);
    screen_open_box(p, "a");
    screen_expect(p, "Approve 3 at once?");
    screen_expect(p, "@ prod-eu");
    pty_type(p, "fine");
    pty_pump(p, 100);
    pty_type(p, "\r");
    screen_expect_heard(
        p, "decide approve production.approval.5d1a2b3c fulltour/production/helloservice comment=fine");
    screen_expect_heard(p,
                        "decide approve production.approval.cccccccc fulltour/production/carts comment=fine");
    screen_expect_heard(
        p, "decide approve production.approval.dddddddd fulltour/production/ledger comment=fine");
    screen_expect(p, "0 of 3 accepted by the server");
    pty_tell(p, "decision production.approval.5d1a2b3c accepted");
    screen_expect(p, "1 of 3 accepted by the server");
    pty_tell(p, "decision production.approval.cccccccc conflict 409: declined by tom 3s ago");
    screen_expect(p, "409: declined by tom 3s ago");
    pty_tell(p, "decision production.approval.dddddddd accepted");
    screen_expect(p, "2 of 3 accepted by the server");
    pty_type(p, "\033");
    screen_expect_not(p, "2 of 3");
    screen_end(p);
}

static void where_all_are_accepted_the_box_goes(void **state)
{
    (void)state;
    struct pty *p = open_list("waiting", NULL, 80, 24);
    pty_type(p, "j");
    screen_settle(p);
    mark(p, 2);
    screen_open_box(p, "D");
    screen_expect(p, "Decline 2 at once?");
    pty_type(p, "\r");
    screen_expect_heard(p, "decide decline production.approval.dddddddd");
    pty_tell(p, "decision production.approval.cccccccc accepted");
    pty_tell(p, "decision production.approval.dddddddd accepted");
    screen_expect(p, "2 declines: accepted by the server");
    screen_expect_not(p, "Esc closes");
    screen_end(p);
}

static void what_goes_back_is_left_out_and_said(void **state)
{
    (void)state;
    struct pty *p = open_list("back", NULL, 120, 30);
    mark_all_three(p);
    screen_open_box(p, "a");
    screen_expect(p, "Approve 2 at once?");
    screen_expect(p, "left out: helloservice v0.1.1 into production: goes back");
    pty_type(p, "\r");
    screen_expect_heard(p, "decide approve production.approval.cccccccc");
    screen_expect_heard(p, "decide approve production.approval.dddddddd");
    screen_expect_no_decision(p, "what goes back, in a batch", 100);
    screen_end(p);
}

static void alone_what_goes_back_opens_no_batch(void **state)
{
    (void)state;
    struct pty *p = open_list("back", NULL, 120, 30);
    mark(p, 1);
    pty_type(p, "a");
    screen_expect(
        p, "none of the marked ones can be decided together: helloservice v0.1.1 into production: goes");
    screen_expect_no_decision(p, "a", 100);
    screen_end(p);
}

static void one_that_is_overtaken_under_the_box_is_dropped(void **state)
{
    const struct scene_run carts = run_named("carts", "cccccccc");
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = open_list("waiting", NULL, 120, 30);
    mark_all_three(p);
    screen_open_box(p, "a");
    scene_decided(&script, &carts, "tom", "fail", "not today", 3);
    screen_tell(p, &script);
    pty_type(p, "\r"); /* perhaps before it says so */
    screen_expect(p, "left out: carts v0.1.1 into production: declined by tom");
    screen_expect(p, "Approve 2 at once?");
    pty_wait_quiet(p, 200);
    pty_pump(p, 200);
    pty_type(p, "\r");
    screen_expect_heard(p, "decide approve production.approval.5d1a2b3c");
    screen_expect_heard(p, "decide approve production.approval.dddddddd");
    screen_expect_no_decision(p, "what tom had declined", 100);
    screen_end(p);
}

static void words_of_one_are_wanted_for_all(void **state)
{
    (void)state;
    struct pty *p = open_list("waiting", "confirm: [{stage: production, level: type}]\n", 120, 30);
    mark_all_three(p);
    screen_open_box(p, "a");
    screen_expect(p, "to confirm, type approve-3");
    pty_type(p, "\r");
    screen_expect(p, "type the words first");
    screen_expect_no_decision(p, "Enter", 100);
    screen_type_words(p, "approve-2");
    pty_type(p, "\r");
    screen_expect(p, "that is not it");
    screen_expect_no_decision(p, "another number", 100);
    pty_type(p, "\x7f");
    screen_settle(p);
    pty_type(p, "3");
    pty_pump(p, 100);
    pty_type(p, "\r");
    screen_expect_heard(p, "decide approve production.approval.dddddddd");
    screen_end(p);
}

static void what_cannot_be_seen_is_not_confirmed(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    char service[32], context[32];
    (void)state;
    struct pty *p = open_list("waiting", NULL, 100, 30);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(service, sizeof service, "service-%02d", i);
        (void)snprintf(context, sizeof context, "eeee%04x", (unsigned)i);
        const struct scene_run run = run_named(service, context);
        scene_waiting(&script, &run, 100 - i);
    }
    screen_tell(p, &script);
    screen_expect(p, "service-19");
    pty_type(p, "g");
    screen_settle(p);
    for (int i = 0; i < 23; i++)
        mark(p, 1);
    pty_resize(p, 100, 20);
    pty_wait_quiet(p, 200);
    screen_open_box(p, "a");
    screen_expect(p, "more do not fit: enlarge, or mark fewer");
    pty_type(p, "\r");
    screen_expect(p, "the terminal is too small to show what is decided");
    screen_expect_no_decision(p, "Enter over unseen ones", 100);
    pty_resize(p, 100, 40);
    screen_expect_not(p, "do not fit");
    pty_wait_quiet(p, 200);
    pty_type(p, "\r");
    screen_expect_heard(p, "decide approve production.approval.eeee0013");
    screen_end(p);
}

static void u_takes_all_of_them_back(void **state)
{
    (void)state;
    struct pty *p = open_list("waiting", "undo-window: 5s\n", 120, 30);
    mark_all_three(p);
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "u undoes those that are not sent yet");
    screen_expect(p, "undo ");
    pty_type(p, "u");
    screen_expect(p, "taken back: 3 decisions; nothing was sent");
    screen_expect_no_decision(p, "what was taken back", 5500);
    screen_end(p);
}

static void typed_ahead_it_decides_nothing(void **state)
{
    static const char *const ahead[] = {"a\r\r", CHECK_MARK CHECK_MARK, "a" CHECK_MARK "\r"};
    (void)state;
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        struct pty *p = open_list("waiting", "undo-window: 5s\nconfirm: [{level: none}]\n", 120, 30);
        mark_all_three(p);
        pty_type(p, ahead[i]);
        screen_expect(p, "Approve 3 at once?");
        screen_expect_no_decision(p, "type-ahead", 5200);
        screen_end(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_box_lists_them_and_each_is_a_decision_of_its_own),
        cmocka_unit_test(where_all_are_accepted_the_box_goes),
        cmocka_unit_test(what_goes_back_is_left_out_and_said),
        cmocka_unit_test(alone_what_goes_back_opens_no_batch),
        cmocka_unit_test(one_that_is_overtaken_under_the_box_is_dropped),
        cmocka_unit_test(words_of_one_are_wanted_for_all),
        cmocka_unit_test(what_cannot_be_seen_is_not_confirmed),
        cmocka_unit_test(u_takes_all_of_them_back),
        cmocka_unit_test(typed_ahead_it_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
