/* Help: what it says is what the keys do, on the screen and in the box that one is in. */
#include "config.h"

#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#define F1 "\033OP"

static struct pty *open_with(const char *settings, const char *option)
{
    const char *arguments[4] = {0};
    size_t n = 0;
    if (option)
        arguments[n++] = option;
    if (settings) {
        arguments[n++] = "--settings";
        arguments[n++] = settings;
    }
    return screen_start(
        &(struct screen_options){.scene = "waiting", .columns = 80, .rows = 24, .arguments = arguments});
}

static void it_names_the_screen_and_closes_as_it_opened(void **state)
{
    static const char *const closing[] = {"?", "\033", "q", F1};
    (void)state;
    struct pty *p = open_with(NULL, NULL);
    for (size_t i = 0; i < 4; i++) {
        pty_type(p, i % 2 ? F1 : "?");
        screen_expect(p, "keys of the tree screen");
        pty_type(p, closing[i]);
        screen_expect_not(p, "keys of the");
    }
    pty_type(p, "\r");
    screen_expect(p, "waits for a decision");
    pty_type(p, "?");
    screen_expect(p, "keys of the detail screen");
    assert_null(strstr(pty_screen(p), "Left h fold")); /* nothing folds there */
    screen_end(p);
}

static void it_shows_the_keys_as_they_are_bound(void **state)
{
    (void)state;
    struct pty *p = open_with("keys:\n  approve: [A, Ctrl-O]\n  undo: []\n  up: \"ü\"\n", NULL);
    pty_type(p, "?");
    screen_expect(p, "A Ctrl-O");
    screen_expect(p, "ü up");
    assert_null(strstr(pty_screen(p), "undo"));
    assert_null(strstr(pty_screen(p), "a check mark"));
    pty_type(p, "?");
    screen_expect(p, "A approve"); /* the key line too */
    pty_type(p, "a");              /* means nothing any more */
    pty_type(p, "A");
    screen_expect(p, "Approve helloservice");
    screen_end(p);
}

static void it_offers_nothing_that_a_read_only_start_refuses(void **state)
{
    (void)state;
    struct pty *p = open_with(NULL, "--read-only");
    pty_type(p, "?");
    screen_expect(p, "keys of the tree screen");
    assert_null(strstr(pty_screen(p), "approve:"));
    assert_null(strstr(pty_screen(p), "X abort"));
    screen_expect(p, "output of the task");
    screen_end(p);
}

static void over_a_box_it_explains_it_and_confirms_nothing(void **state)
{
    (void)state;
    struct pty *p = open_with(NULL, NULL);
    pty_type(p, "a");
    screen_expect(p, "Approve helloservice");
    pty_type(p, F1);
    screen_expect(p, "This box asks whether the run may go on");
    pty_type(p, "x\r" CHECK_MARK "\r");
    screen_settle(p);
    screen_expect(p, "This box asks whether the run may go on");
    pty_type(p, F1 "\r"); /* the box is back, but the key came before it could be read */
    screen_expect(p, "Approve helloservice");
    assert_false(pty_heard(p, "decide"));
    pty_type(p, "why?"); /* no help: a comment */
    screen_expect(p, "why?");
    screen_settle(p);
    pty_pump(p, 1100); /* no held key either */
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void in_a_line_that_is_typed_into_it_is_a_note(void **state)
{
    (void)state;
    struct pty *p = open_with(NULL, NULL);
    pty_type(p, ":");
    pty_type(p, F1);
    screen_expect(p, "a command of drawbridge, as in a shell");
    pty_type(p, "x?"); /* text */
    screen_expect(p, ":x?");
    screen_expect_not(p, "as in a shell");
    pty_type(p, "\x03/");
    pty_type(p, F1);
    screen_expect(p, "words, stage:");
    screen_end(p);
}

static void a_wrong_key_in_the_settings_ends_the_start_before_the_terminal(void **state)
{
    const char *build = getenv("top_builddir");
    char path[4096];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/view/view_driver", build ? build : ".");
    const char *const argv[] = {path, "--settings", "keys:\n  aprove: A\n", NULL};
    struct pty *p = pty_start(&(struct pty_options){.argv = argv, .columns = 100, .rows = 24});
    assert_true(pty_wait_heard(p, "refused settings:2:3: there is no action 'aprove'", WAIT_MS));
    assert_int_equal(pty_wait_exit(p, WAIT_MS), 2);
    assert_false(pty_alternate_screen(p));
    (void)pty_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_names_the_screen_and_closes_as_it_opened),
        cmocka_unit_test(it_shows_the_keys_as_they_are_bound),
        cmocka_unit_test(it_offers_nothing_that_a_read_only_start_refuses),
        cmocka_unit_test(over_a_box_it_explains_it_and_confirms_nothing),
        cmocka_unit_test(in_a_line_that_is_typed_into_it_is_a_note),
        cmocka_unit_test(a_wrong_key_in_the_settings_ends_the_start_before_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
