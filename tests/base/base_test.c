/* buffer, arena, map, ids, clock, error, process: the small parts of base. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/process.h"

static void a_buffer_refuses_what_passes_its_limit_and_keeps_the_rest(void **state)
{
    (void)state;
    struct buffer b = BUFFER_LIMIT(8);
    assert_true(buffer_add_text(&b, "12345"));
    assert_false(buffer_add_text(&b, "6789"));
    assert_true(b.overflow);
    assert_string_equal(buffer_text(&b), "12345");
    assert_true(buffer_printf(&b, "%d", 678));
    buffer_consume(&b, 6);
    assert_string_equal(buffer_text(&b), "78");
    buffer_free(&b);
}

static void an_arena_gives_aligned_memory_of_any_size_and_starts_anew(void **state)
{
    (void)state;
    struct arena a = {0};
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 20000; size = size * 3 + 1) {
            char *memory = arena_alloc(&a, size);
            assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
            memset(memory, round, size);
        }
        assert_string_equal(arena_printf(&a, "%s-%d", "x", round), round == 0   ? "x-0"
                                                                   : round == 1 ? "x-1"
                                                                                : "x-2");
        arena_reset(&a);
    }
    arena_free(&a);
}

static void a_map_holds_what_was_put_through_growth_and_removal(void **state)
{
    (void)state;
    struct map m = {0};
    char key[32];
    static int values[2000];
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        values[i] = i;
        assert_null(map_put(&m, key, &values[i]));
    }
    for (int i = 0; i < 2000; i += 2) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_ptr_equal(map_remove(&m, key), &values[i]);
    }
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_ptr_equal(map_get(&m, key), i % 2 ? &values[i] : NULL);
    }
    size_t seen = 0;
    for (size_t i = 0; map_next(&m, &i, NULL, NULL);)
        seen++;
    assert_int_equal(seen, 1000);
    map_free(&m, NULL);
    struct intern pool = {0};
    assert_ptr_equal(intern_text(&pool, "qa"), intern_text(&pool, "qa"));
    intern_free(&pool);
}

static void times_are_read_and_written_as_go_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
        int64_t ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0},
        {"2023-05-04T10:11:12.123456789Z", "2023-05-04T10:11:12.123456789Z", 1683195072123456789},
        {"2023-05-04T12:11:12.5+02:00", "2023-05-04T10:11:12.5Z", 1683195072500000000},
        {"2022-02-28T23:59:60Z", "2022-03-01T00:00:00Z", 1646092800000000000},
        {"1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z", -100000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ns = 1;
        char text[CLOCK_TEXT_SIZE];
        assert_true(clock_parse(rows[i].text, &ns));
        assert_true(ns == rows[i].ns);
        clock_format(ns, text);
        assert_string_equal(text, rows[i].printed);
    }
    char text[CLOCK_TEXT_SIZE];
    clock_format_ms(1683195072100000000, text);
    assert_string_equal(text, "2023-05-04T10:11:12.100Z");
    int64_t ns;
    static const char *const bad[] = {"",
                                      "2023",
                                      "2023-13-01T00:00:00Z",
                                      "2023-05-04T10:11:12",
                                      "2023-05-04T10:11:12.Z",
                                      "2023-05-04T24:00:00Z",
                                      "2023-05-04T10:11:12Zx"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(clock_parse(bad[i], &ns));
    assert_true(clock_parse("0001-01-01T00:00:00Z", &ns) && ns < 0);
}

static void durations_follow_gos_syntax(void **state)
{
    (void)state;
    int64_t ns;
    assert_true(clock_parse_duration("1h2m3.5s", &ns) && ns == 3723500 * CLOCK_MS);
    assert_true(clock_parse_duration("300ms", &ns) && ns == 300 * CLOCK_MS);
    assert_true(clock_parse_duration("0", &ns) && ns == 0);
    assert_false(clock_parse_duration("10", &ns));
    assert_false(clock_parse_duration("", &ns));
    assert_false(clock_parse_duration(".s", &ns));
    assert_false(clock_parse_duration("1d", &ns));
    assert_false(clock_parse_duration("99999999999h", &ns));
}

static void ages_are_short(void **state)
{
    (void)state;
    char text[16];
    clock_format_age(41 * CLOCK_S, false, text);
    assert_string_equal(text, "<1m");
    clock_format_age(41 * CLOCK_S, true, text);
    assert_string_equal(text, "41s");
    clock_format_age(12 * 60 * CLOCK_S, false, text);
    assert_string_equal(text, "12m");
    clock_format_age(-5, false, text);
    assert_string_equal(text, "<1m");
    clock_format_age(50 * 3600 * CLOCK_S, false, text);
    assert_string_equal(text, "2d");
}

static void a_context_of_any_text_is_a_uuid_and_the_same_text_gives_the_same(void **state)
{
    (void)state;
    char a[UUID_SIZE], b[UUID_SIZE];
    uuid_from_context("release 42", a);
    uuid_from_context("release 42", b);
    assert_string_equal(a, b);
    assert_string_equal(a, "72656c65-6173-4520-b432-202020202020");
    uuid_from_context("AAAAAAAA-0000-4000-8000-000000000000", a);
    assert_string_equal(a, "aaaaaaaa-0000-4000-8000-000000000000");
    uuid_from_context(NULL, a);
    uuid_from_context("", b);
    assert_true(uuid_is_valid(a) && uuid_is_valid(b));
    assert_string_not_equal(a, b);
}

static void context_goes_in_front_of_an_error_and_long_texts_are_cut(void **state)
{
    (void)state;
    struct error err = ERROR_NONE;
    assert_int_equal(error_set(&err, STATUS_NOT_FOUND, "no project %s", "x"), STATUS_NOT_FOUND);
    error_prefix(&err, "reading %s", "y");
    assert_string_equal(err.text, "reading y: no project x");
    for (int i = 0; i < 400; i++)
        error_prefix(&err, "again");
    assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
    assert_int_equal(status_from_http(409), STATUS_CONFLICT);
    assert_int_equal(status_exit_code(STATUS_UNREACHABLE), 6);
}

static void a_child_gets_its_input_and_its_status_comes_back(void **state)
{
    (void)state;
    struct buffer out = BUFFER_LIMIT(100), errors = BUFFER_LIMIT(100);
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const char *const argv[] = {"sh", "-c", "cat; echo oops >&2; exit 3", NULL};
    const struct process_request request = {
        .argv = argv, .input = "hello", .input_len = 5, .deadline_ms = 10000};
    assert_int_equal(process_run(&request, &out, &errors, &exit_status, &err), STATUS_OK);
    assert_int_equal(exit_status, 3);
    assert_string_equal(buffer_text(&out), "hello");
    assert_string_equal(buffer_text(&errors), "oops\n");
    buffer_free(&out);
    buffer_free(&errors);
}

static void a_child_that_hangs_is_ended_with_its_group(void **state)
{
    (void)state;
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const char *const argv[] = {"sh", "-c", "sleep 100 & sleep 100", NULL};
    const struct process_request request = {.argv = argv, .deadline_ms = 100};
    assert_int_equal(process_run(&request, NULL, NULL, &exit_status, &err), STATUS_TIMED_OUT);
    const char *const missing[] = {"no-such-program-here", NULL};
    const struct process_request wrong = {.argv = missing, .deadline_ms = 100};
    assert_int_equal(process_run(&wrong, NULL, NULL, &exit_status, &err), STATUS_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_refuses_what_passes_its_limit_and_keeps_the_rest),
        cmocka_unit_test(an_arena_gives_aligned_memory_of_any_size_and_starts_anew),
        cmocka_unit_test(a_map_holds_what_was_put_through_growth_and_removal),
        cmocka_unit_test(times_are_read_and_written_as_go_does),
        cmocka_unit_test(durations_follow_gos_syntax),
        cmocka_unit_test(ages_are_short),
        cmocka_unit_test(a_context_of_any_text_is_a_uuid_and_the_same_text_gives_the_same),
        cmocka_unit_test(context_goes_in_front_of_an_error_and_long_texts_are_cut),
        cmocka_unit_test(a_child_gets_its_input_and_its_status_comes_back),
        cmocka_unit_test(a_child_that_hangs_is_ended_with_its_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
