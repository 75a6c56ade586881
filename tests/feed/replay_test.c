/* Replays: whatever stands in the file, in its order and at its pace. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "heard.h"

/* --- other files --- */

static void plain_events_are_replayed_by_their_own_time(void **state)
{
    (void)state;
    heard_write("b", "\n" EVENT("1", "2026-11-24T10:00:00Z") "\r\n\n" EVENT(
                         "2", "2026-11-24T10:00:02Z") "\n" EVENT("3", "2026-11-24T10:00:01Z"));
    struct heard h = {.with_times = true};
    heard_play_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "@0 event 0 " EVENT(
            "1", "2026-11-24T10:00:00Z") "\r\n"
                                         "@2000 event 0 " EVENT(
                                             "2", "2026-11-24T10:00:02Z") "\n"
                                                                          "@2000 event 0 " EVENT(
                                                                              "3",
                                                                              "2026-11-24T10:00:01Z") "\n");
    heard_end(&h);
}

static void an_event_store_answer_is_replayed_oldest_first(void **state)
{
    static const char *const files[] = {
        "{\"events\":[" EVENT("2", "2026-11-24T10:00:02Z") "," EVENT("1b", "2026-11-24T10:00:01Z") "," EVENT(
            "1a", "2026-11-24T10:00:01Z") "],\"totalCount\":3}",
        "{\n  \"totalCount\": 3,\n  \"events\": [\n    " EVENT("1a", "2026-11-24T10:00:01Z") ",\n" EVENT(
            "1b", "2026-11-24T10:00:01Z") "  ,\n" EVENT("2", "2026-11-24T10:00:02Z") "\n  ]\n}\n",
        "{\r\n\"events\":[\r\n" EVENT("1a", "2026-11-24T10:00:01Z") ",\r\n" EVENT(
            "1b", "2026-11-24T10:00:01Z") ",\r\n" EVENT("2", "2026-11-24T10:00:02Z") "\r\n]}\r\n",
        "\xEF\xBB\xBF[\n" EVENT("1a", "2026-11-24T10:00:01Z") "," EVENT(
            "2", "2026-11-24T10:00:02Z") "," EVENT("1b", "2026-11-24T10:00:01Z") "]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        heard_write("b", files[i]);
        struct heard h = {.with_times = true};
        heard_play_one(&h, "b");
        assert_string_equal(buffer_text(&h.messages), "");
        assert_string_equal(
            buffer_text(&h.log),
            "@1000 event 0 " EVENT(
                "1a", "2026-11-24T10:00:01Z") "\n"
                                              "@1000 event 0 " EVENT(
                                                  "1b",
                                                  "2026-11-24T10:00:01Z") "\n"
                                                                          "@2000 event 0 " EVENT(
                                                                              "2",
                                                                              "2026-11-24T10:00:02Z") "\n");
        heard_end(&h);
    }
}

static void answers_and_events_over_several_lines_may_follow_each_other(void **state)
{
    (void)state;
    heard_write("b", "{\n\"projects\": [ {\"projectName\":\n\"p\"} ]\n}\n"
                     "{\"states\":\n[{\"name\":\"s\",\"stages\":[{\"latestEvent\":{\"time\":\"2026-11-24T10:"
                     "00:01Z\"}}]}]}\n"
                     "{\"specversion\":\"1.0\",\n\"id\":\"i\",\n\"source\":\"s\",\"type\":\"t\"}\n"
                     "{\"states\":[]}\n" EVENT("1", "2026-11-24T10:00:02Z") "\nbad\n");
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "begin\nproject 0 {\"projectName\":\n\"p\"}\nend\n"
        "begin\nstate 0 "
        "{\"name\":\"s\",\"stages\":[{\"latestEvent\":{\"time\":\"2026-11-24T10:00:01Z\"}}]}\nend\n"
        "event 0 {\"specversion\":\"1.0\",\n\"id\":\"i\",\n\"source\":\"s\",\"type\":\"t\"}\n"
        "begin\nend\n"
        "event 0 " EVENT("1", "2026-11-24T10:00:02Z") "\n");
    assert_true(strncmp(buffer_text(&h.messages), "! b: line 12 is left out: ", 26) == 0);
    heard_end(&h);
}

static void integrations_are_told_in_words(void **state)
{
    (void)state;
    heard_write("b", "[\n{\"name\":\"approval-service\",\"metadata\":{\"integrationversion\":\"0.9.0\"}},\n"
                     "{\"name\":\"lighthouse\",\"metadata\":{}}]");
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(buffer_text(&h.log), "");
    assert_string_equal(buffer_text(&h.messages),
                        "b: 2 integrations were registered: approval-service 0.9.0, lighthouse \n");
    heard_end(&h);
}

/* --- what is broken --- */

static void a_broken_line_is_named_and_takes_no_other_with_it(void **state)
{
    static const struct {
        const char *name, *line, *words;
    } rows[] = {
        {"no JSON", "nonsense", "line 2 is left out"},
        {"a cut line", "{\"specversion\":\"1.0\",\"id\":\"a", "line 2 is left out"},
        {"no object", "17", "must be a JSON object"},
        {"no id", "{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"t\"}", "id is missing"},
        {"a NUL", "{\"a\":\"\\u0000\"}", "line 2 is left out"},
        {"not UTF-8", "{\"a\":\"\xff\"}", "line 2 is left out"},
        {"open brackets", "{{{{{{[[[[", "line 2 is left out"},
        {"a part without data",
         "{\"receivedat\":\"2026-11-24T10:00:00Z\",\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\","
         "\"type\":\"sh.drawbridge.recording.project\"}",
         "has no data"},
        {"a part that is newer",
         "{\"receivedat\":\"2026-11-24T10:00:00Z\",\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\","
         "\"type\":\"sh.drawbridge.recording.moon\"}",
         "a newer drawbridge"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text =
            mem_printf(EVENT("1", "2026-11-24T10:00:00Z") "\n%s\n" EVENT("2", "2026-11-24T10:00:00Z") "\n",
                       rows[i].line);
        heard_write("b", text);
        struct heard h = {0};
        heard_play_one(&h, "b");
        if (strcmp(buffer_text(&h.log),
                   "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                                 "event 0 " EVENT(
                                                                     "2", "2026-11-24T10:00:00Z") "\n") != 0)
            fail_msg("%s: %s", rows[i].name, buffer_text(&h.log));
        if (strstr(buffer_text(&h.messages), rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].name, buffer_text(&h.messages));
        heard_end(&h);
        free(text);
    }
}

static void a_broken_first_line_takes_no_other_with_it(void **state)
{
    (void)state;
    heard_write("b", "{\"specversion\":\"1.0\",\"id\":\"a\n" EVENT("1", "2026-11-24T10:00:00Z") "\n" EVENT(
                         "2", "2026-11-24T10:00:00Z") "\n");
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    heard_end(&h);
}

static void a_line_without_end_is_passed_over_in_bounded_memory(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT((size_t)64 * 1024 * 1024);
    buffer_add_text(&text, EVENT("1", "2026-11-24T10:00:00Z") "\n{\"a\":\"");
    char *filler = mem_alloc(1024 * 1024);
    memset(filler, 'x', 1024 * 1024);
    for (int i = 0; i < 40; i++)
        buffer_add(&text, filler, 1024 * 1024);
    buffer_add_text(&text, "\"}\n" EVENT("2", "2026-11-24T10:00:00Z") "\n");
    heard_write_n("b", text.data, text.len);
    buffer_free(&text);
    free(filler);
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    assert_string_equal(buffer_text(&h.messages), "! b: line 2 is left out: it is longer than 16 MiB\n");
    heard_end(&h);
}

static void many_broken_lines_are_counted(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(1024 * 1024);
    for (int i = 0; i < 500; i++)
        buffer_add_text(&text, "bad\n");
    heard_write("b", buffer_text(&text));
    buffer_free(&text);
    struct heard h = {0};
    heard_play_one(&h, "b");
    size_t lines = 0;
    for (const char *p = buffer_text(&h.messages); (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, 22);
    assert_non_null(strstr(buffer_text(&h.messages), "500 lines were left out in all"));
    heard_end(&h);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    static const struct {
        const char *path;
        enum status status;
    } rows[] = {{"/nonexistent/file", STATUS_NOT_FOUND}, {"/tmp", STATUS_FAILED}};
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < 2; i++) {
        const char *const files[] = {"/dev/null", rows[i].path, NULL};
        const struct replay_settings settings = {.files = files};
        struct replay *r = NULL;
        struct error err = ERROR_NONE;
        assert_int_equal(replay_open(&loop, &settings, &(struct feed_callbacks){0}, &r, &err),
                         rows[i].status);
        assert_non_null(strstr(err.text, rows[i].path));
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void an_empty_file_is_over_at_once(void **state)
{
    static const char *const texts[] = {"", "\n\n \n", "\xEF\xBB\xBF", "{\n", "["};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        heard_write("b", texts[i]);
        struct heard h = {0};
        heard_play_one(&h, "b");
        assert_string_equal(buffer_text(&h.log), "");
        heard_end(&h);
    }
}

/* --- pace --- */

static void record_pace(void)
{
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    heard_record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    heard_record_event(r, AT(200), EVENT("2", "2026-11-24T10:00:00Z"));
    heard_record_event(r, AT(400), EVENT("3", "2026-11-24T10:00:00Z"));
    heard_must(recording_close(r, NULL));
}

static void a_replay_takes_as_long_as_the_recording_divided_by_its_speed(void **state)
{
    static const struct {
        double speed;
        int64_t ms;
    } rows[] = {{1, 400}, {4, 100}, {0.5, 800}};
    (void)state;
    record_pace();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const names[] = {"b", NULL};
        struct heard h = {.with_times = true};
        heard_play(&h, names, rows[i].speed);
        assert_true(h.taken_ns >= rows[i].ms * CLOCK_MS);
        assert_string_equal(
            buffer_text(&h.log),
            "@0 event 0 " EVENT(
                "1", "2026-11-24T10:00:00Z") "\n"
                                             "@200 event 0 " EVENT(
                                                 "2",
                                                 "2026-11-24T10:00:00Z") "\n"
                                                                         "@400 event 0 " EVENT(
                                                                             "3",
                                                                             "2026-11-24T10:00:00Z") "\n");
        heard_end(&h);
    }
}

static void the_clock_goes_on_between_two_events_and_stands_still_at_the_end(void **state)
{
    (void)state;
    record_pace();
    const char *const names[] = {"b", NULL};
    struct heard h = {0};
    heard_open(&h, names, 1);
    int64_t last = 0;
    size_t between = 0;
    while (!h.over) {
        uv_run(&h.loop, UV_RUN_NOWAIT);
        int64_t now = replay_now_ns(h.replay);
        if (now >= AT(0) && now <= AT(400)) { /* before its first event a replay has no time */
            assert_true(now >= last);
            last = now;
        }
        between += now > AT(0) && now < AT(200);
    }
    assert_true(between > 0);
    assert_true(replay_has_ended(h.replay));
    assert_int_equal(replay_now_ns(h.replay), AT(400));
    usleep(20000);
    assert_int_equal(replay_now_ns(h.replay), AT(400));
    heard_end(&h);
}

static void a_long_silence_is_cut_short_and_a_clock_that_was_set_back_costs_no_wait(void **state)
{
    (void)state;
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    heard_record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    heard_record_event(r, AT(86400000), EVENT("2", "2026-11-24T10:00:00Z"));
    heard_record_event(r, AT(1000), EVENT("3", "2026-11-24T10:00:00Z"));
    heard_record_event(r, AT(1100), EVENT("4", "2026-11-24T10:00:00Z"));
    heard_must(recording_close(r, NULL));
    const char *const names[] = {"b", NULL};
    struct heard h = {.with_times = true};
    replay_silence_ns = 150 * CLOCK_MS;
    heard_play(&h, names, 1);
    replay_silence_ns = 60 * CLOCK_S;
    assert_true(h.taken_ns >= 250 * CLOCK_MS && h.taken_ns < 20 * CLOCK_S);
    assert_string_equal(
        buffer_text(&h.log),
        "@0 event 0 " EVENT(
            "1",
            "2026-11-24T10:00:00Z") "\n"
                                    "@86400000 event 0 " EVENT(
                                        "2",
                                        "2026-11-24T10:00:00Z") "\n"
                                                                "@1000 event 0 " EVENT(
                                                                    "3",
                                                                    "2026-11-24T10:00:00Z") "\n"
                                                                                            "@1100 event "
                                                                                            "0 " EVENT(
                                                                                                "4",
                                                                                                "2026-11-"
                                                                                                "24T10:00:"
                                                                                                "00Z") "\n");
    heard_end(&h);
}

static void several_files_are_one_history(void **state)
{
    (void)state;
    heard_write("a", EVENT("2", "2026-11-24T10:00:02Z") "\n" EVENT("4", "2026-11-24T10:00:04Z") "\n");
    heard_write(
        "b", "{\"events\":[" EVENT("3", "2026-11-24T10:00:03Z") "," EVENT("1", "2026-11-24T10:00:01Z") "]}");
    const char *const names[] = {"a", "b", NULL};
    struct heard h = {0};
    heard_play(&h, names, 0);
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT(
            "1",
            "2026-11-24T10:00:01Z") "\n"
                                    "event 0 " EVENT(
                                        "2",
                                        "2026-11-24T10:00:02Z") "\n"
                                                                "event 0 " EVENT(
                                                                    "3",
                                                                    "2026-11-24T10:00:03Z") "\n"
                                                                                            "event 0 " EVENT(
                                                                                                "4",
                                                                                                "2026-11-"
                                                                                                "24T10:00:"
                                                                                                "04Z") "\n");
    heard_end(&h);
}

static void a_replay_can_be_closed_from_its_own_callback(void **state)
{
    (void)state;
    const char *const names[] = {"a", NULL};
    struct heard h = {.stop_at = "\"2\""};
    heard_play(&h, names, 0);
    assert_string_equal(buffer_text(&h.log), "event 0 " EVENT("2", "2026-11-24T10:00:02Z") "\n");
    heard_end(&h);
}

static void a_pipe_is_read_as_it_is_written(void **state)
{
    (void)state;
    char *path = mem_printf("%s/pipe", heard_directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC); /* of a pipe: does not wait for a reader */
    assert_true(fd >= 0);
    const char *const names[] = {"pipe", NULL};
    struct heard h = {0};
    heard_open(&h, names, 0);
    static const char line[] = EVENT("1", "2026-11-24T10:00:00Z") "\n";
    for (size_t i = 0; i < sizeof line - 1; i++) { /* byte by byte */
        assert_int_equal(write(fd, line + i, 1), 1);
        uv_run(&h.loop, UV_RUN_NOWAIT);
    }
    while (h.log.len == 0)
        uv_run(&h.loop, UV_RUN_ONCE);
    assert_false(h.over);
    assert_int_equal(write(fd, line, sizeof line - 2), sizeof line - 2); /* cut: without its line break */
    close(fd);
    heard_wait(&h);
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n");
    heard_end(&h);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_events_are_replayed_by_their_own_time),
        cmocka_unit_test(an_event_store_answer_is_replayed_oldest_first),
        cmocka_unit_test(answers_and_events_over_several_lines_may_follow_each_other),
        cmocka_unit_test(integrations_are_told_in_words),
        cmocka_unit_test(a_broken_line_is_named_and_takes_no_other_with_it),
        cmocka_unit_test(a_broken_first_line_takes_no_other_with_it),
        cmocka_unit_test(a_line_without_end_is_passed_over_in_bounded_memory),
        cmocka_unit_test(many_broken_lines_are_counted),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(an_empty_file_is_over_at_once),
        cmocka_unit_test(a_replay_takes_as_long_as_the_recording_divided_by_its_speed),
        cmocka_unit_test(the_clock_goes_on_between_two_events_and_stands_still_at_the_end),
        cmocka_unit_test(a_long_silence_is_cut_short_and_a_clock_that_was_set_back_costs_no_wait),
        cmocka_unit_test(several_files_are_one_history),
        cmocka_unit_test(a_replay_can_be_closed_from_its_own_callback),
        cmocka_unit_test(a_pipe_is_read_as_it_is_written),
    };
    return cmocka_run_group_tests(tests, heard_group_begins, heard_group_ends);
}
