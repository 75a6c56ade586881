/* The filter on the screens: what it shows while it is typed, and what it must never hide or let through. */
#include "config.h"

#include "screens.h"

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

static void filter_by(struct pty *p, const char *text)
{
    pty_type(p, "/\025");
    screen_expect(p, "Tab completes");
    pty_type(p, text);
    pty_type(p, "\r");
    screen_settle(p);
}

static void each_key_shows_what_fits(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "/");
    screen_expect(p, "stage:production");
    pty_type(p, "car");
    screen_expect_not(p, "helloservice");
    screen_expect(p, "carts");
    pty_type(p, "\x7f\x7f\x7f");
    screen_expect(p, "helloservice");
    screen_end(p);
}

static void enter_keeps_it_and_it_stays_visible(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    filter_by(p, "stage:qa");
    assert_non_null(strstr(pty_row(p, 1), "/stage:qa"));
    screen_expect_not(p, "▾ production");
    pty_type(p, "2");
    screen_expect(p, "nothing that waits fits the filter");
    assert_non_null(strstr(pty_row(p, 1), "/stage:qa"));
    screen_end(p);
}

static void esc_clears_it(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    filter_by(p, "carts");
    screen_expect_not(p, "helloservice");
    pty_type(p, "/");
    screen_settle(p);
    pty_type(p, "\033"); /* in the line */
    screen_expect(p, "helloservice");
    filter_by(p, "carts");
    screen_expect_not(p, "helloservice");
    pty_type(p, "\033"); /* in the tree */
    screen_expect(p, "helloservice");
    screen_end(p);
}

static void what_waits_is_counted_all_the_same(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 120, 30);
    filter_by(p, "carts");
    screen_expect(p, "2 waiting 12m (1 hidden by filter)");
    pty_type(p, "?");
    screen_expect(p, "2 waiting 12m (1 hidden by filter)");
    pty_type(p, "\033");
    pty_resize(p, 39, 9);
    screen_expect(p, "2 waiting 12m (1 hidden)");
    screen_expect(p, "carts");
    screen_expect(p, "/carts");
    pty_resize(p, 20, 5);
    screen_expect(p, "■2 12m (1 hidden)");
    screen_end(p);
}

static void what_is_around_what_fits_stays(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    filter_by(p, "service:ledger");
    screen_expect(p, "▾ payments");
    screen_expect(p, "▾ qa");
    screen_expect_not(p, "fulltour");
    screen_expect_not(p, "▾ production");
    screen_end(p);
}

static void a_wrong_term_is_told_while_it_is_typed(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "/");
    screen_expect(p, "Tab completes");
    pty_type(p, "stge:qa");
    screen_expect(p, "there is no field 'stge' (stage?)");
    pty_type(p, "\r"); /* is not kept as it is */
    screen_expect(p, "there is no field 'stge' (stage?)");
    screen_expect(p, "/stge:qa");
    pty_type(p, "\033");
    screen_expect_not(p, "stge");
    screen_end(p);
}

static void the_cursor_and_n_never_land_on_what_is_hidden(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    screen_settle(p);
    assert_true(cursor_is_on(p, "helloservice  v0.1.1   approval"));
    filter_by(p, "!helloservice");
    screen_settle(p);
    assert_true(cursor_is_on(p, "1.4.0 ≠  approval"));
    pty_type(p, "nnN");
    screen_settle(p);
    assert_true(cursor_is_on(p, "1.4.0 ≠  approval"));
    pty_type(p, "g");
    for (int i = 0; i < 12; i++) {
        pty_type(p, "j");
        screen_settle(p);
        assert_null(strstr(pty_screen(p), "helloservice  v"));
    }
    filter_by(p, "service:ledger"); /* and where nothing that waits fits */
    pty_type(p, "n");
    screen_expect(p, "nothing that waits fits the filter");
    screen_end(p);
}

static void what_is_hidden_cannot_be_approved(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "n"); /* the cursor is on it, and the operator means it */
    filter_by(p, "service:other");
    screen_expect(p, "nothing fits the filter");
    pty_type(p, "a");
    screen_expect(p, "pick a sequence");
    pty_type(p, "\r" CHECK_MARK "\r");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    pty_type(p, "2a\r");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void a_box_closes_when_the_filter_hides_what_it_asks_about(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    filter_by(p, "age<13m");
    pty_type(p, "a");
    screen_expect(p, "Approve helloservice");
    screen_settle(p);
    pty_tell(p, "clock 2026-11-24T10:02:00Z"); /* it waits for 14 minutes now */
    screen_expect(p, "the filter hides it now");
    pty_type(p, "\r" CHECK_MARK "\r");
    screen_settle(p);
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void rows_come_and_go_as_they_grow_older(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    filter_by(p, "state:waiting age>10m");
    screen_expect_not(p, "carts");
    screen_expect(p, "helloservice");
    pty_tell(p, "clock 2026-11-24T10:06:59.500Z");
    screen_settle(p);
    screen_expect_not(p, "carts");
    pty_tell(p, "clock run");
    screen_expect(p, "carts"); /* by itself */
    screen_end(p);
}

static void marks_that_are_hidden_are_said_to_be(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "2");
    screen_expect(p, " waiting ─");
    pty_type(p, "  ");
    screen_expect(p, "2 marked");
    filter_by(p, "carts");
    screen_expect(p, "2 marked, 1 of them hidden");
    screen_expect_not(p, "helloservice");
    screen_end(p);
}

static void tab_completes_fields_and_values(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "/");
    screen_expect(p, "Tab completes");
    pty_type(p, "st\t"); /* stage or state */
    screen_expect(p, "stage:  state:");
    pty_type(p, "g\tp\t");
    screen_expect(p, "/stage:production");
    pty_type(p, " !service:l\t");
    screen_expect(p, "/stage:production !service:ledger");
    screen_end(p);
}

static void a_paste_into_it_is_text(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "/");
    screen_expect(p, "Tab completes");
    pty_type(p, "\033[200~carts\r\na\r\n\033[201~");
    screen_expect(p, "/carts  a");
    screen_expect_not(p, "Approve");
    screen_end(p);
}

static void a_mark_that_decides_does_nothing_in_the_line(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "/");
    screen_expect(p, "Tab completes");
    pty_type(p, "hello" CHECK_MARK "\r");
    screen_settle(p);
    screen_expect_not(p, "Approve helloservice");
    assert_false(pty_heard(p, "decide"));
    screen_end(p);
}

static void a_connection_can_be_asked_for(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct scene_run other = screen_run;
    (void)state;
    struct pty *p = screen_open("waiting", 120, 30);
    other.service = "carts";
    other.context = "c0ffee00";
    pty_tell(p, "source prod-us US red");
    scene_project(&script, "fulltour");
    scene_waiting(&script, &other, 3600);
    screen_tell(p, &script);
    screen_expect(p, "2 waiting 1h");
    filter_by(p, "context:us");
    screen_expect_not(p, "helloservice");
    screen_expect(p, "carts");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_shows_what_fits),
        cmocka_unit_test(enter_keeps_it_and_it_stays_visible),
        cmocka_unit_test(esc_clears_it),
        cmocka_unit_test(what_waits_is_counted_all_the_same),
        cmocka_unit_test(what_is_around_what_fits_stays),
        cmocka_unit_test(a_wrong_term_is_told_while_it_is_typed),
        cmocka_unit_test(the_cursor_and_n_never_land_on_what_is_hidden),
        cmocka_unit_test(what_is_hidden_cannot_be_approved),
        cmocka_unit_test(a_box_closes_when_the_filter_hides_what_it_asks_about),
        cmocka_unit_test(rows_come_and_go_as_they_grow_older),
        cmocka_unit_test(marks_that_are_hidden_are_said_to_be),
        cmocka_unit_test(tab_completes_fields_and_values),
        cmocka_unit_test(a_paste_into_it_is_text),
        cmocka_unit_test(a_mark_that_decides_does_nothing_in_the_line),
        cmocka_unit_test(a_connection_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
