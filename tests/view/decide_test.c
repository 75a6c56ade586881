/* What confirms a decision, and above all what does not. */
#include "config.h"

#include "screens.h"

#include <stdlib.h>

#define PAUSED                                                                                               \
    "{\"name\":\"delivery\",\"service\":\"helloservice\",\"project\":\"fulltour\",\"state\":\"paused\","     \
    "\"shkeptncontext\":\"5d1a2b3c-0000-4000-8000-000000000000\",\"stages\":[{\"name\":\"production\","      \
    "\"state\":\"paused\"}]}"

static void ended(struct pty *p, const char *reason)
{
    if (pty_heard(p, "decide"))
        print_message("decided by %s:\n%s", reason, pty_screen(p));
    assert_false(pty_heard(p, "decide"));
}

static void a_and_enter_approve(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED " comment= stale=0");
    screen_expect(p, "sending");
    screen_end(p);
}

static void the_check_mark_opens_and_confirms(void **state)
{
    static const char *const marks[] = {CHECK_MARK, CHECK_MARK "\xef\xb8\x8f", "\xe2\x9c\x94",
                                        "\xe2\x98\x91\xef\xb8\x8f"};
    static const char *const locales[] = {"LC_ALL=C.UTF-8", "LC_ALL=C", "LC_ALL=xx_XX.ISO-8859-99"};
    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *const env[] = {locales[i % 3], NULL};
        struct pty *p =
            screen_start(&(struct screen_options){.scene = "waiting", .columns = 80, .rows = 24, .env = env});
        screen_open_box(p, marks[i]);
        pty_type(p, marks[i]);
        screen_expect_heard(p, APPROVED);
        screen_end(p);
    }
}

static void a_check_mark_in_three_writes_is_one(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    for (int i = 0; i < 2; i++) {
        pty_type(p, "\xe2");
        pty_pump(p, 60);
        pty_type(p, "\x9c");
        pty_pump(p, 60);
        pty_type(p, "\x85");
        screen_expect(p, i ? "sending" : "Esc back");
        pty_pump(p, 850);
    }
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void the_cross_mark_declines_with_the_comment(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, CROSS_MARK);
    screen_expect(p, "Decline helloservice v0.1.1 into production @ prod-eu?");
    pty_type(p, "not tonx\x7fight");
    screen_expect(p, "not tonight");
    pty_type(p, CHECK_MARK); /* asks the other way round */
    screen_expect(p, "this box asks something else");
    ended(p, "the other mark");
    pty_pump(p, 200);
    pty_type(p, CROSS_MARK);
    screen_expect_heard(p, DECLINED " comment=not tonight stale=0");
    screen_end(p);
}

struct mistake {
    const char *name, *bytes; /* in one write */
    const char *then;         /* and after the screen has come to rest */
    const char *scene;        /* NULL: waiting */
};

/* Each ends without a decision. */
static const struct mistake mistakes[] = {
    {"type-ahead", "a\r\r", NULL, NULL},
    {"type-ahead with check marks", CHECK_MARK CHECK_MARK CHECK_MARK, NULL, NULL},
    {"type-ahead of a decline", "D\r\r\r\r", NULL, NULL},
    {"line feeds", "a\n\n", NULL, NULL},
    {"a pasted command", "\033[200~a\r\r\033[201~", NULL, NULL},
    {"a pasted check mark", "\033[200~" CHECK_MARK CHECK_MARK "\033[201~", NULL, NULL},
    {"a paste into the box", "a", "\033[200~\r\r" CHECK_MARK "\r\033[201~", NULL},
    {"a paste that never ends", "a", "\033[200~x\r\r", NULL},
    {"alt and enter", "a", "\033\r", NULL},
    {"alt and the check mark", "a", "\033" CHECK_MARK, NULL},
    {"arrows in the box", "a", "\033[A\033[B\033OC\033[D", NULL},
    {"a function key that holds letters", "a", "\033[13;2~\033[27;5;13~", NULL},
    {"enter of a keyboard protocol that is not on", "a", "\033[13;5u", NULL},
    {"half of a check mark", "a", "\xe2\x9c", NULL},
    {"a mark that only looks like it", "a", "\xe2\x9c\x93", NULL},
    {"the cross mark in an approval", "a", CROSS_MARK, NULL},
    {"text that ends in a blank", "a", "yes approve ", NULL},
    {"tab", "a", "\t", NULL},
    {"esc", "a", "\033", NULL},
    {"ctrl-c and enter", "a", "\x03\r", NULL},
    {"a forged report before the box", "\033[1;1Ra\r\r", NULL, NULL},
    {"going back without the words", "a", "\r", "back"},
    {"going back with the check mark", "a", CHECK_MARK, "back"},
    {"going back with other words", "a", "helloservice@qa\r", "back"},
    {"going back with pasted words", "a", "\033[200~helloservice@production\033[201~\r", "back"},
    {"going back with the words in the comment", "a", "\thelloservice@production\r", "back"},
};

static void mistakes_decide_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *m = &mistakes[i];
        struct pty *p = screen_open(m->scene ? m->scene : "waiting", 120, 30);
        pty_type(p, m->bytes);
        pty_wait_quiet(p, 120);
        if (m->then) {
            pty_type(p, m->then);
            pty_wait_quiet(p, 120);
        }
        screen_settle(p);
        ended(p, m->name);
        screen_end(p);
    }
}

static void type_ahead_opens_the_box_and_says_so(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "a\r\r");
    screen_expect(p, "Approve helloservice v0.1.1 into production @ prod-eu?");
    screen_expect(p, "that came before the box could be read");
    pty_wait_quiet(p, 120);
    ended(p, "type-ahead");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void a_terminal_that_answers_nothing_is_given_half_a_second(void **state)
{
    (void)state;
    struct pty *p =
        screen_start(&(struct screen_options){.scene = "waiting", .columns = 80, .rows = 24, .mute = true});
    pty_type(p, "a\r");
    screen_expect(p, "that came before");
    pty_wait_quiet(p, 700);
    ended(p, "a key before half a second");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void a_late_answer_to_an_earlier_box_arms_nothing(void **state)
{
    (void)state;
    struct pty *p =
        screen_start(&(struct screen_options){.scene = "waiting", .columns = 80, .rows = 24, .mute = true});
    pty_type(p, "a\x03"
                "a\033[1;1R\r"); /* the answer is to the first box's request */
    screen_expect(p, "that came before");
    pty_wait_quiet(p, 700);
    pty_type(p, "\r"); /* a terminal that has answered once is waited for */
    pty_wait_quiet(p, 120);
    ended(p, "the answer to another box");
    pty_type(p, "\033[1;1R");
    pty_wait_quiet(p, 120);
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void a_held_enter_does_not_confirm(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "a");
    for (int i = 0; i < 40; i++) {
        pty_type(p, "\r");
        pty_pump(p, 25);
    }
    ended(p, "a held key");
    pty_wait_quiet(p, 120);
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void split_escapes_are_no_commands(void **state)
{
    static const char *const pieces[][3] = {{"\033", "[D", "D"},
                                            {"\033[", "D", ""},
                                            {"\033O", "D", ""},
                                            {"\033", "OD", ""},
                                            {"\033[1;", "2D", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct pty *p = screen_open("waiting", 80, 24);
        pty_type(p, pieces[i][0]);
        pty_wait_quiet(p, 400);
        pty_type(p, pieces[i][1]);
        pty_wait_quiet(p, 400);
        assert_null(strstr(pty_screen(p), "Decline"));
        pty_wait_quiet(p, 1100);
        pty_type(p, "D"); /* and the keyboard is not stuck */
        screen_expect(p, "Decline helloservice");
        screen_end(p);
    }
}

static void a_letter_right_after_esc_is_no_command(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "\033");
    pty_pump(p, 100);
    pty_type(p, "a");
    pty_wait_quiet(p, 400);
    assert_null(strstr(pty_screen(p), "Approve hello"));
    screen_end(p);
}

static void going_back_wants_the_words_typed(void **state)
{
    (void)state;
    struct pty *p = screen_open("back", 120, 30);
    screen_expect(p, "OLDER than v0.1.2, delivered 2h ago: this goes BACK");
    screen_open_box(p, "a");
    screen_expect(p, "to go back, type helloservice@production");
    pty_type(p, "\r");
    screen_expect(p, "type the words first");
    screen_type_words(p, "helloservice@prod");
    pty_type(p, "\r");
    screen_expect(p, "that is not it");
    ended(p, "half the words");
    screen_type_words(p, "uction");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void declining_what_goes_back_needs_no_words(void **state)
{
    (void)state;
    struct pty *p = screen_open("back", 120, 30);
    screen_open_box(p, "D");
    pty_type(p, "\r");
    screen_expect_heard(p, DECLINED);
    screen_end(p);
}

static void a_newer_one_that_arrives_under_the_box_wants_the_words(void **state)
{
    struct scene_run newer = screen_run;
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    newer.context = "7c2e9f01";
    newer.version = "v0.1.2";
    scene_delivered(&script, &newer, 5);
    screen_tell(p, &script);
    screen_expect(p, "to go back, type helloservice@production");
    /* The box asks the terminal anew when it changes: an Enter before the answer is none. */
    for (int i = 0; i < 20 && !pty_wait_text(p, "type the words first", 300); i++)
        pty_type(p, "\r");
    screen_expect(p, "type the words first");
    ended(p, "enter");
    screen_end(p);
}

static void somebody_elses_decision_turns_the_box_into_a_notice(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_type(p, "half a comm");
    screen_expect(p, "half a comm");
    scene_decided(&script, &screen_run, "tom", "fail", "not today", 3);
    scene_finished(&script, &screen_run, "fail", 2);
    screen_tell(p, &script);
    screen_expect(p, "Overtaken");
    screen_expect(p, "declined by tom");
    pty_type(p, "ent about aDqqXn\r" CHECK_MARK "\r\x03");
    screen_settle(p);
    screen_expect(p, "Overtaken"); /* still: it swallows every key but Esc */
    ended(p, "what was meant for the comment");
    pty_type(p, "\033");
    screen_expect_not(p, "Overtaken");
    assert_false(pty_heard(p, "quit"));
    screen_end(p);
}

static void a_cleared_model_closes_no_box_silently(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_tell(p, "clear");
    screen_expect(p, "no longer waiting");
    pty_type(p, "\r");
    screen_settle(p);
    ended(p, "a decision on nothing");
    screen_end(p);
}

static void progress_and_outcome_are_told(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect(p, "sending");
    pty_tell(p, "decision production.approval.5d1a2b3c retrying connection refused");
    screen_expect(p, "sending the same decision again");
    screen_expect(p, "connection refused");
    pty_tell(p, "decision production.approval.5d1a2b3c accepted");
    screen_expect(p, "accepted by the server");
    const int row = pty_find_row(p, "v0.1.1  approved");
    assert_true(row > 0); /* the row stays blue until the stream says so */
    struct pty_cell cell;
    pty_cell(p, row, 40, &cell);
    assert_int_equal(cell.bg, 4);
    pty_type(p, "a");
    screen_expect(p, "already accepted by the server");
    screen_end(p);
}

static void conflict_and_failure_stay_with_their_reason(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    pty_tell(p, "decision production.approval.5d1a2b3c conflict 409: declined by tom 3s ago");
    screen_expect(p, "Decided already");
    screen_expect(p, "409: declined by tom 3s ago");
    pty_type(p, "\033");
    screen_expect_not(p, "Decided already");
    screen_expect(p, "your decision came too late: 409: declined by tom 3s ago");
    screen_open_box(p, "a"); /* and asking again is possible */
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    pty_tell(p, "decision production.approval.5d1a2b3c failed 403: the role viewer may not approve");
    screen_expect(p, "Not decided");
    screen_expect(p, "403: the role viewer may not approve");
    screen_end(p);
}

static void stale_data_is_asked_about_first(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_tell(p, "link stale 40 connection refused");
    screen_expect(p, "stale <1m");
    screen_expect(p, "connection refused");
    screen_open_box(p, "a");
    screen_expect(p, "this may be old: the server is asked first");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED " comment= stale=1");
    screen_expect(p, "asking the server whether it still waits");
    screen_end(p);
}

static void read_only_has_no_box(void **state)
{
    static const char *const arguments[] = {"--read-only", NULL};
    (void)state;
    struct pty *p = screen_start(
        &(struct screen_options){.scene = "waiting", .columns = 120, .rows = 30, .arguments = arguments});
    screen_expect(p, "maria (read-only)");
    assert_null(strstr(pty_screen(p), "a approve"));
    pty_type(p, "a\rD\r" CHECK_MARK CROSS_MARK "PX\r");
    pty_wait_quiet(p, 120);
    screen_expect(p, "read-only");
    pty_type(p, "\r\r");
    screen_settle(p);
    ended(p, "read-only");
    assert_false(pty_heard(p, "control"));
    screen_end(p);
}

static void a_viewer_is_told_who_may(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_tell(p, "identity nora viewer");
    screen_expect(p, "nora (viewer)");
    screen_expect_not(p, "a approve"); /* neither in the key line nor beside the facts */
    screen_expect(p, "n next waiting");
    pty_type(p, "a");
    screen_expect(p, "nora has the role viewer, which may not decide");
    screen_end(p);
}

static void on_a_stage_one_is_told_to_pick_a_sequence(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "ga");
    screen_expect(p, "pick a sequence: n goes to the next that waits");
    pty_type(p, "n");
    screen_expect(p, "waits for a decision");
    screen_end(p);
}

static void what_does_not_fit_is_not_confirmed(void **state)
{
    (void)state;
    struct pty *p = screen_open("back", 80, 24);
    screen_open_box(p, "a");
    screen_type_words(p, "helloservice@production");
    screen_expect(p, "confirm");
    pty_resize(p, 22, 4);
    screen_expect(p, "too small to");
    pty_wait_quiet(p, 120);
    pty_type(p, "\r");
    pty_wait_quiet(p, 120);
    ended(p, "a box that nobody could read");
    pty_resize(p, 80, 24);
    pty_type(p, "\r"); /* before it can be seen again */
    screen_expect(p, "this goes BACK");
    pty_wait_quiet(p, 120);
    ended(p, "a key that came with the resize");
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED);
    screen_end(p);
}

static void a_comment_takes_what_people_type(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "a");
    pty_type(p, "cafe");
    pty_type(p,
             "\xcc\x81 \xe4\xbd\xa0\xe5\xa5\xbd \xe2\x80\xae"); /* a mark by itself, wide ones, an override */
    screen_expect(p, "cafe\xcc\x81 \xe4\xbd\xa0\xe5\xa5\xbd \xef\xbf\xbd");
    pty_type(p, "\x7f\x7f\x7f\033[200~ see\nticket\033[201~");
    screen_expect(p, "cafe\xcc\x81 \xe4\xbd\xa0 see ticket");
    pty_wait_quiet(p, 120);
    pty_type(p, "\r");
    screen_expect_heard(p, APPROVED " comment=cafe\xcc\x81 \xe4\xbd\xa0 see ticket stale=0");
    screen_end(p);
}

static void pause_asks_first_and_tells_until_the_stream_confirms(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "P");
    screen_expect(p, "Pause helloservice v0.1.1 in production @ prod-eu?");
    pty_type(p, "\r");
    screen_expect_heard(p, "control pause 5d1a2b3c");
    screen_expect(p, "sending");
    pty_tell(p, "controlled 5d1a2b3c accepted");
    screen_expect(p, "accepted: waiting until it is done");
    pty_tell(p, "state %s", PAUSED);
    screen_expect(p, "helloservice v0.1.1 in production is paused");
    screen_expect_not(p, "Esc closes");
    screen_end(p);
}

static void a_refused_abort_says_why(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    screen_open_box(p, "X");
    screen_expect(p, "Abort helloservice");
    pty_type(p, "\x03\r");
    screen_settle(p);
    assert_false(pty_heard(p, "control abort"));
    screen_open_box(p, "X");
    pty_type(p, "\r");
    screen_expect_heard(p, "control abort 5d1a2b3c");
    pty_tell(p, "controlled 5d1a2b3c refused 403: the role approver may not abort");
    screen_expect(p, "Not done");
    screen_expect(p, "403: the role approver may not abort");
    screen_end(p);
}

static void the_row_that_moves_under_the_finger_is_not_approved(void **state)
{
    struct scene_run other = screen_run;
    struct buffer script = BUFFER_LIMIT(1 << 20);
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    pty_type(p, "n"); /* the operator has chosen */
    screen_settle(p);
    other.service = "aardvark";
    other.context = "aaaaaaaa";
    scene_waiting(&script, &other, 3600); /* older: it is listed first, where the cursor was */
    screen_tell(p, &script);
    screen_expect(p, "aardvark");
    screen_settle(p);
    screen_open_box(p, "a");
    screen_expect(p, "Approve helloservice v0.1.1");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_and_enter_approve),
        cmocka_unit_test(the_check_mark_opens_and_confirms),
        cmocka_unit_test(a_check_mark_in_three_writes_is_one),
        cmocka_unit_test(the_cross_mark_declines_with_the_comment),
        cmocka_unit_test(mistakes_decide_nothing),
        cmocka_unit_test(type_ahead_opens_the_box_and_says_so),
        cmocka_unit_test(a_terminal_that_answers_nothing_is_given_half_a_second),
        cmocka_unit_test(a_late_answer_to_an_earlier_box_arms_nothing),
        cmocka_unit_test(a_held_enter_does_not_confirm),
        cmocka_unit_test(split_escapes_are_no_commands),
        cmocka_unit_test(a_letter_right_after_esc_is_no_command),
        cmocka_unit_test(going_back_wants_the_words_typed),
        cmocka_unit_test(declining_what_goes_back_needs_no_words),
        cmocka_unit_test(a_newer_one_that_arrives_under_the_box_wants_the_words),
        cmocka_unit_test(somebody_elses_decision_turns_the_box_into_a_notice),
        cmocka_unit_test(a_cleared_model_closes_no_box_silently),
        cmocka_unit_test(progress_and_outcome_are_told),
        cmocka_unit_test(conflict_and_failure_stay_with_their_reason),
        cmocka_unit_test(stale_data_is_asked_about_first),
        cmocka_unit_test(read_only_has_no_box),
        cmocka_unit_test(a_viewer_is_told_who_may),
        cmocka_unit_test(on_a_stage_one_is_told_to_pick_a_sequence),
        cmocka_unit_test(what_does_not_fit_is_not_confirmed),
        cmocka_unit_test(a_comment_takes_what_people_type),
        cmocka_unit_test(pause_asks_first_and_tells_until_the_stream_confirms),
        cmocka_unit_test(a_refused_abort_says_why),
        cmocka_unit_test(the_row_that_moves_under_the_finger_is_not_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
