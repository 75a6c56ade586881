/* Who decided what, and what a run would change: the screens decided and difference. */
#include "config.h"

#include "screens.h"

static int row_of(struct pty *p, const char *text)
{
    for (int y = 2; y < pty_rows(p) - 2; y++)
        if (strstr(pty_row(p, y), text))
            return y;
    return -1;
}

static bool row_has(struct pty *p, const char *row, const char *text)
{
    return row_of(p, row) >= 0 && strstr(pty_row(p, row_of(p, row)), text);
}

static struct scene_run run_named(const char *service, const char *context, const char *version)
{
    struct scene_run run = screen_run;
    run.service = service;
    run.context = context;
    run.version = version;
    return run;
}

/* carts was approved by maria two hours ago and delivered; tom declined ledger ten minutes ago. */
static struct pty *open_decided(int columns, int rows)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run older = run_named("carts", "aaaa0000", "v1"),
                           carts = run_named("carts", "aaaa0001", "v2"),
                           ledger = run_named("ledger", "bbbb0002", "v7");
    struct pty *p = screen_open("empty", columns, rows);
    scene_project(&script, "fulltour");
    scene_delivered(&script, &older, 86400);
    scene_delivered(&script, &carts, 7200);
    scene_waiting(&script, &ledger, 1200);
    scene_decided(&script, &ledger, "tom", "fail", "not in the freeze", 600);
    scene_finished(&script, &ledger, "fail", 599);
    screen_tell(p, &script);
    screen_expect(p, "ledger");
    pty_type(p, "5");
    screen_expect(p, "decided  3");
    screen_settle(p);
    return p;
}

static void the_newest_decision_comes_first(void **state)
{
    (void)state;
    struct pty *p = open_decided(160, 30);
    assert_true(row_of(p, "ledger") < row_of(p, "v1 → v2") && row_of(p, "v1 → v2") < row_of(p, "– → v1"));
    assert_true(row_has(p, "ledger", "09:50"));
    assert_true(row_has(p, "ledger", "declined"));
    assert_true(row_has(p, "ledger", "tom"));
    assert_true(row_has(p, "ledger", "stopped"));
    assert_true(row_has(p, "ledger", "not in the freeze"));
    assert_true(row_has(p, "v1 → v2", "approved"));
    assert_true(row_has(p, "v1 → v2", "maria"));
    assert_true(row_has(p, "v1 → v2", "delivered"));
    assert_true(row_has(p, "– → v1", "11-23 09:59"));
    screen_end(p);
}

static void a_new_decision_leaves_the_cursor_where_it_was(void **state)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    const struct scene_run shop = run_named("shop", "cccc0003", "v3");
    (void)state;
    struct pty *p = open_decided(160, 30);
    pty_type(p, "j");
    screen_settle(p);
    assert_non_null(strstr(pty_row(p, row_of(p, "▌")), "v1 → v2"));
    scene_waiting(&script, &shop, 60);
    scene_decided(&script, &shop, "maria", "pass", "", 5);
    scene_task(&script, &shop, "je-deployment", 4);
    screen_tell(p, &script);
    screen_expect(p, "decided  4");
    screen_settle(p);
    assert_true(row_has(p, "shop", "runs je-deployment"));
    assert_non_null(strstr(pty_row(p, row_of(p, "▌")), "v1 → v2"));
    screen_end(p);
}

static void the_filter_takes_who_and_what(void **state)
{
    (void)state;
    struct pty *p = open_decided(120, 30);
    pty_type(p, "/by:tom\r");
    screen_expect(p, "decided  1 of 3 fit");
    screen_expect_not(p, "carts");
    pty_type(p, "/\025result:approved age>3h\r");
    screen_expect(p, "decided  1 of 3 fit");
    screen_expect(p, "– → v1");
    pty_type(p, "/\025freeze\r");
    screen_expect(p, "ledger");
    screen_expect_not(p, "carts");
    screen_end(p);
}

static void enter_opens_the_run(void **state)
{
    (void)state;
    struct pty *p = open_decided(80, 24);
    pty_type(p, "\r");
    screen_expect(p, "delivery of ledger");
    pty_type(p, "\033");
    screen_expect(p, "decided  3");
    screen_end(p);
}

/* ---- difference ---- */

static void d_shows_what_would_change(void **state)
{
    (void)state;
    struct pty *p = screen_open("waiting", 80, 24);
    pty_type(p, "d");
    screen_expect(p, "difference  helloservice → production");
    screen_expect(p, "- ghcr.io/podtato-head/podtatoserver:v0.1.0");
    screen_expect(p, "+ ghcr.io/podtato-head/podtatoserver:v0.1.1");
    screen_expect(p, "- version=v0.1.0");
    screen_expect(p, "+ version=v0.1.1");
    screen_expect(p, "stage commit      eb5fc3d0c5d3"); /* the same: once */
    screen_expect(p, "+ 5d1a2b3c");
    screen_expect(p, "the server has not told its commits");
    pty_type(p, "a");
    screen_expect(p, "Approve helloservice");
    screen_end(p);
}

static void n_shows_the_difference_of_the_next_that_waits(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "d");
    screen_expect(p, "difference  helloservice");
    pty_type(p, "n");
    screen_expect(p, "difference  carts");
    pty_type(p, "n");
    screen_expect(p, "difference  helloservice");
    pty_type(p, "N");
    screen_expect(p, "difference  carts");
    pty_type(p, "a");
    screen_expect(p, "Approve carts");
    screen_end(p);
}

static void from_what_was_decided_n_goes_to_what_waits(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "5");
    screen_expect(p, "decided  ");
    pty_type(p, "n");
    screen_expect(p, "▾ sockshop");
    pty_type(p, "\r");
    screen_expect(p, "delivery of carts");
    screen_end(p);
}

static void where_nothing_was_delivered_all_is_new(void **state)
{
    (void)state;
    struct pty *p = screen_open("tour", 80, 24);
    pty_type(p, "2jd");
    screen_expect(p, "difference  carts");
    screen_expect(p, "nothing was delivered here before");
    screen_expect(p, "+ ghcr.io/podtato-head/podtatoserver:1.4.0");
    screen_expect_not(p, "shipyard.yaml");
    screen_end(p);
}

/* The same run once with another shipyard. */
static void tell_with_shipyard(struct pty *p, const char *context, const char *commit, int minute, bool ended)
{
    static const char start[] =
        "{\"specversion\":\"1.0\",\"source\":\"s\",\"shkeptncontext\":\"%s\",\"shipyardcommit\":\"%s\","
        "\"time\":"
        "\"2026-11-24T09:%02d:0%dZ\",\"id\":\"%s%d\",\"type\":\"sh.keptn.event.%s\",%s\"data\":{\"project\":"
        "\"fulltour\","
        "\"stage\":\"production\",\"service\":\"hello\",\"result\":\"pass\",\"status\":\"succeeded\","
        "\"approval\":{\"pass\":"
        "\"manual\",\"warning\":\"manual\"},\"configurationChange\":{\"values\":{\"image\":\"x/y:v%d\"}}}}";
    struct buffer id = BUFFER_LIMIT(200);
    (void)buffer_printf(&id, "\"triggeredid\":\"%s0\",", context);
    pty_tell(p, start, context, commit, minute, 0, context, 0, "production.delivery.triggered", "", minute);
    if (ended)
        pty_tell(p, start, context, commit, minute, 1, context, 1, "production.delivery.finished",
                 buffer_text(&id), minute);
    else
        pty_tell(p, start, context, commit, minute, 1, context, 1, "approval.triggered", "", minute);
    buffer_free(&id);
}

static struct pty *open_changed_shipyard(void)
{
    struct buffer script = BUFFER_LIMIT(1 << 20);
    struct pty *p = screen_open("empty", 100, 40);
    scene_project(&script, "fulltour");
    screen_tell(p, &script);
    tell_with_shipyard(p, "11aa22bb", "eb5fc3d0aaaaaaaa", 10, true);
    tell_with_shipyard(p, "5d1a2b3c", "91c2aa00bbbbbbbb", 20, false);
    screen_expect(p, "1 waiting");
    return p;
}

static void the_shipyard_is_compared_line_by_line(void **state)
{
    (void)state;
    struct pty *p = open_changed_shipyard();
    pty_type(p, "d");
    screen_expect(p, "- eb5fc3d0aaaa");
    screen_expect(p, "+ 91c2aa00bbbb");
    screen_expect_heard(p, "resource fulltour - shipyard.yaml eb5fc3d0aaaaaaaa");
    screen_expect(p, "asking the server for both");
    pty_tell(p, "answer one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven\\n");
    screen_expect_heard(p, "resource fulltour - shipyard.yaml 91c2aa00bbbbbbbb");
    pty_tell(p, "answer one\\ntwo\\nthree\\nfour\\nfive\\n6\\n\\e[31mseven\\nseven\\n");
    screen_expect(p, "@@ -3 +3 @@");
    screen_expect(p, "- six");
    screen_expect(p, "+ 6");
    screen_expect(p, "+ \xef\xbf\xbd[31mseven");
    screen_expect(p, "  three");
    screen_expect_not(p, "  two");
    screen_end(p);
}

static void a_shipyard_that_cannot_be_had_is_said_to_be(void **state)
{
    (void)state;
    struct pty *p = open_changed_shipyard();
    pty_type(p, "d");
    screen_expect_heard(p, "resource fulltour - shipyard.yaml");
    pty_tell(p, "refuse 404: not found");
    screen_expect(p, "cannot be shown: 404: not found");
    screen_end(p);
}

static void the_box_says_that_the_shipyard_has_changed(void **state)
{
    (void)state;
    struct pty *p = open_changed_shipyard();
    pty_type(p, "a");
    screen_expect(p, "Approve hello");
    screen_expect(p, "changed: eb5fc3d → 91c2aa0");
    screen_end(p);
}

static void an_answer_that_comes_after_leaving_is_nobodys(void **state)
{
    (void)state;
    struct pty *p = open_changed_shipyard();
    pty_type(p, "d");
    screen_expect_heard(p, "resource fulltour - shipyard.yaml");
    pty_type(p, "\033");
    screen_expect_not(p, "difference  hello");
    pty_tell(p, "answer one\\ntwo\\n");
    screen_settle(p);
    pty_type(p, "d");
    screen_expect(p, "asking the server for both");
    screen_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_decision_comes_first),
        cmocka_unit_test(a_new_decision_leaves_the_cursor_where_it_was),
        cmocka_unit_test(the_filter_takes_who_and_what),
        cmocka_unit_test(enter_opens_the_run),
        cmocka_unit_test(d_shows_what_would_change),
        cmocka_unit_test(n_shows_the_difference_of_the_next_that_waits),
        cmocka_unit_test(from_what_was_decided_n_goes_to_what_waits),
        cmocka_unit_test(where_nothing_was_delivered_all_is_new),
        cmocka_unit_test(the_shipyard_is_compared_line_by_line),
        cmocka_unit_test(a_shipyard_that_cannot_be_had_is_said_to_be),
        cmocka_unit_test(the_box_says_that_the_shipyard_has_changed),
        cmocka_unit_test(an_answer_that_comes_after_leaving_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
