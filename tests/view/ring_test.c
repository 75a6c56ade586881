/* Raw events in a bounded store. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/ring.h"

#define LIMIT (64 * 1024)

/* Second `at` of the day; padding: bytes of its message. */
static void add(struct ring *r, size_t source, const char *id, int at, int padding)
{
    struct event ev = {0};
    char *message = mem_alloc((size_t)padding + 1), time[CLOCK_TEXT_SIZE];
    memset(message, 'x', (size_t)padding);
    clock_format((INT64_C(1795478400) + at) * CLOCK_S, time);
    char *text =
        mem_printf("{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"s\",\"type\":\"sh.keptn.event.test."
                   "finished\",\"time\":\"%s\",\"data\":{\"project\":\"p\",\"result\":\"pass\",\"message\":"
                   "\"%s\"}}",
                   id, time, message);
    assert_int_equal(event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, NULL), STATUS_OK);
    ring_add(r, source, &ev, text, strlen(text));
    event_free(&ev);
    free(text);
    free(message);
}

static char *id_at(const struct ring *r, size_t i)
{
    struct event ev = {0};
    assert_int_equal(event_decode(ring_text(r, &r->rows[i]), r->rows[i].len, EVENT_FORM_COMPLETE, &ev, NULL),
                     STATUS_OK);
    char *id = mem_string(ev.id);
    event_free(&ev);
    return id;
}

static void assert_id(const struct ring *r, size_t i, const char *expected)
{
    char *id = id_at(r, i);
    assert_string_equal(id, expected);
    free(id);
}

static void they_stand_in_the_order_of_their_times(void **state)
{
    struct ring r = {.limit = LIMIT};
    (void)state;
    add(&r, 0, "b", 20, 0);
    add(&r, 0, "a", 10, 0);
    add(&r, 0, "c", 30, 0);
    add(&r, 0, "b2", 20, 0);
    assert_int_equal(r.count, 4);
    assert_id(&r, 0, "a");
    assert_id(&r, 1, "b");
    assert_id(&r, 2, "b2");
    assert_id(&r, 3, "c");
    assert_int_equal(r.rows[3].serial, 3);
    ring_clear(&r);
}

static void one_that_comes_again_is_there_once(void **state)
{
    struct ring r = {.limit = LIMIT};
    (void)state;
    add(&r, 0, "a", 10, 0);
    add(&r, 0, "a", 10, 0);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.serial, 1);
    add(&r, 1, "a", 10, 0); /* of another connection */
    assert_int_equal(r.count, 2);
    ring_clear(&r);
}

static void what_is_too_old_for_the_bound_goes_and_is_counted(void **state)
{
    struct ring r = {.limit = LIMIT};
    char id[16];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof id, "e%d", i);
        add(&r, 0, id, i, 500);
        assert_true(r.used <= LIMIT && r.capacity <= LIMIT);
    }
    assert_true(r.count > 40 && r.trimmed > 0);
    assert_int_equal(r.count + r.trimmed, 1000);
    for (size_t i = 0; i < r.count; i++) {
        (void)snprintf(id, sizeof id, "e%zu", 1000 - r.count + i);
        assert_id(&r, i, id);
    }
    add(&r, 0, "old", 1, 500); /* would be the next to go */
    assert_int_equal(r.count + r.trimmed, 1001);
    char *first = id_at(&r, 0);
    assert_string_not_equal(first, "old");
    free(first);
    ring_clear(&r);
}

static void rows_are_bounded_as_well(void **state)
{
    struct ring r = {.limit = 8 * 1024 * 1024};
    char id[16];
    (void)state;
    for (int i = 0; i < RING_ROWS_MAX + 100; i++) {
        (void)snprintf(id, sizeof id, "e%d", i);
        add(&r, 0, id, i, 0);
    }
    assert_true(r.count <= RING_ROWS_MAX);
    assert_int_equal(r.count + r.trimmed, RING_ROWS_MAX + 100);
    assert_id(&r, r.count - 1, "e4195");
    ring_clear(&r);
}

static void of_a_long_one_only_the_head_is_kept(void **state)
{
    struct ring r = {.limit = LIMIT};
    struct event ev = {0};
    (void)state;
    add(&r, 0, "small", 1, 0);
    add(&r, 0, "long", 2, 500000);
    assert_int_equal(r.count, 2);
    assert_true(r.rows[1].full_len > 500000 && r.rows[1].len < 1000);
    assert_int_equal(event_decode(ring_text(&r, &r.rows[1]), r.rows[1].len, EVENT_FORM_COMPLETE, &ev, NULL),
                     STATUS_OK);
    assert_string_equal(ev.id, "long");
    assert_string_equal(ev.project, "p");
    assert_string_equal(ev.result, "pass");
    event_free(&ev);
    ring_clear(&r);
}

/* Whatever comes and goes in between, each text stays its own. */
static void texts_stay_whole_while_others_go(void **state)
{
    struct ring r = {.limit = LIMIT};
    char id[32];
    unsigned random = 1;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        random = random * 1103515245u + 12345u;
        (void)snprintf(id, sizeof id, "e%d", i);
        add(&r, 0, id, (int)(random >> 16) % 5000, (int)(random >> 8) % 3000);
        assert_true(r.used <= LIMIT);
    }
    for (size_t i = 0; i < r.count; i++) {
        free(id_at(&r, i));
        assert_true(i == 0 || r.rows[i - 1].time_ns <= r.rows[i].time_ns);
    }
    ring_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_stand_in_the_order_of_their_times),
        cmocka_unit_test(one_that_comes_again_is_there_once),
        cmocka_unit_test(what_is_too_old_for_the_bound_goes_and_is_counted),
        cmocka_unit_test(rows_are_bounded_as_well),
        cmocka_unit_test(of_a_long_one_only_the_head_is_kept),
        cmocka_unit_test(texts_stay_whole_while_others_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
