/* Several connections in one dashboard: each with its own freshness, role and clock; none hides another. */
#include "config.h"

#include "screens.h"

static struct pty *open_two(int columns, int rows)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run other = screen_run;
    struct pty *p = screen_open("waiting", columns, rows);
    other.service = "carts";
    other.context = "c0ffee00";
    pty_tell(p, "source prod-us US red");
    pty_tell(p, "identity tom viewer");
    pty_tell(p, "link live 0");
    scene_project(&script, "fulltour"); /* of the same name as one of the other server */
    scene_waiting(&script, &other, 3600);
    screen_tell(p, &script);
    screen_expect(p, "2 waiting 1h");
    screen_settle(p);
    return p;
}

static void each_stands_with_its_label_role_and_freshness(void **state)
{
    struct pty_cell cell;
    (void)state;
    struct pty *p = open_two(120, 30);
    const int us = pty_find_row(p, "US tom (viewer)"), eu = pty_find_row(p, "prod-eu maria (approver)");
    assert_true(eu > 0 && us > eu);
    screen_expect(p, "all 2 live");
    pty_cell(p, us, 3, &cell);
    assert_int_equal(cell.fg, 1); /* red */
    pty_tell(p, "link stale 5 the connection was lost");
    screen_expect(p, "1 of 2 not live");
    screen_expect(p, "US: the connection was lost");
    assert_non_null(strstr(pty_row(p, us), "stale"));
    assert_non_null(strstr(pty_row(p, eu), "live"));
    screen_end(p);
}

static void what_waits_longest_anywhere_comes_first(void **state)
{
    (void)state;
    struct pty *p = open_two(120, 30);
    screen_expect(p, "delivery of carts"); /* an hour, on the second server */
    pty_type(p, "n");
    screen_expect(p, "delivery of helloservice");
    pty_type(p, "n");
    screen_expect(p, "delivery of carts");
    screen_end(p);
}

/* While a word is typed, its first letters may fit nothing; what was selected is selected again after. */
static void the_cursor_comes_back_with_what_the_filter_lets_back(void **state)
{
    (void)state;
    struct pty *p = open_two(80, 24);
    pty_type(p, "n"); /* helloservice, on the first server */
    screen_settle(p);
    pty_type(p, "/stage:productionX");
    screen_expect(p, "2 hidden by filter");
    pty_type(p, "\177");
    screen_expect_not(p, "hidden by filter");
    pty_type(p, "\r");
    screen_settle(p);
    pty_type(p, "a");
    screen_expect(p, "Approve helloservice");
    screen_end(p);
}

static void a_decision_goes_to_its_own_server(void **state)
{
    (void)state;
    struct pty *p = open_two(120, 30);
    pty_type(p, "a"); /* carts, where tom may only look */
    screen_expect(p, "tom has the role viewer");
    pty_tell(p, "source prod-us");
    pty_tell(p, "identity tom approver");
    screen_settle(p);
    pty_type(p, "a");
    screen_expect(p, "@ US?");
    screen_settle(p);
    pty_type(p, "\r");
    screen_expect_heard(p, "at prod-us");
    screen_expect_heard(p, "decide approve production.approval.c0ffee00");
    screen_end(p);
}

static void an_answer_of_one_server_is_not_taken_for_anothers(void **state)
{
    (void)state;
    struct pty *p = open_two(120, 30);
    pty_tell(p, "source prod-us");
    pty_tell(p, "identity tom approver");
    screen_settle(p);
    pty_type(p, "a");
    screen_expect(p, "@ US?");
    screen_settle(p);
    pty_type(p, "\r");
    screen_expect_heard(p, "decide approve production.approval.c0ffee00");
    pty_tell(p, "source prod-eu");
    pty_tell(p, "decision production.approval.c0ffee00 accepted");
    screen_settle(p);
    screen_expect(p, "sending");
    pty_tell(p, "source prod-us");
    pty_tell(p, "decision production.approval.c0ffee00 accepted");
    screen_expect(p, "accepted by the server");
    screen_end(p);
}

static void a_connection_folds(void **state)
{
    (void)state;
    struct pty *p = open_two(80, 24);
    pty_type(p, "gh");
    screen_settle(p);
    const int eu = pty_find_row(p, "prod-eu maria");
    assert_non_null(strstr(pty_row(p, eu), "■ 1"));
    assert_null(strstr(pty_screen(p), "helloservice"));
    screen_expect(p, "carts");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stands_with_its_label_role_and_freshness),
        cmocka_unit_test(what_waits_longest_anywhere_comes_first),
        cmocka_unit_test(the_cursor_comes_back_with_what_the_filter_lets_back),
        cmocka_unit_test(a_decision_goes_to_its_own_server),
        cmocka_unit_test(an_answer_of_one_server_is_not_taken_for_anothers),
        cmocka_unit_test(a_connection_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
