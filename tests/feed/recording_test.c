/* Recordings: every line is a CloudEvent, a replay hands out what was recorded as it came, and nothing that
 * was kept is lost. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "feed/replay_search.h"
#include "heard.h"

/* --- recordings --- */

static void what_was_recorded_is_handed_out_as_it_came(void **state)
{
    (void)state;
    struct recording *r = heard_record("a", RECORDING_NEW);
    heard_must(recording_add_begin(r, AT(0), "http://127.0.0.1/api", NULL));
    heard_must(recording_add_snapshot_begin(r, AT(0), true, NULL));
    heard_record_item(r, "project", "{ \"projectName\" : \"p\",\n \"n\":1.50 }", 7);
    heard_record_item(r, "state", "{\"name\":\"delivery\"}", 8);
    heard_record_item(r, "events",
                      "{\"events\":[" EVENT("old", "2026-11-24T09:00:00Z") " , " EVENT(
                          "older", "2026-11-24T08:00:00Z") "]}",
                      9);
    heard_record_item(r, "open", "{\"events\":[{\"id\":\"x\"},{\"id\":\"y\"}]}", 10);
    heard_record_item(r, "open", "{\"events\":[]}", 11);
    heard_must(recording_add_snapshot_end(r, AT(1), true, NULL));
    heard_must(recording_add_link(r, AT(2), "stale", "the cable", NULL));
    heard_must(recording_add_link(r, AT(3), "live", "", NULL));
    heard_record_event(r, AT(4),
                       " {\"sequence\":\"00000000000000000012\" , "
                       "\"specversion\":\"1.0\",\n\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}");
    assert_int_equal(recording_events(r), 3);
    heard_must(recording_close(r, NULL));
    struct heard h = {0};
    heard_play_one(&h, "a");
    assert_string_equal(buffer_text(&h.messages), "");
    assert_string_equal(
        buffer_text(&h.log),
        "begin replaces\n"
        "project 7 { \"projectName\" : \"p\",  \"n\":1.50 }\n"
        "state 8 {\"name\":\"delivery\"}\n"
        "events 9 {\"events\":[" EVENT(
            "old",
            "2026-11-24T09:00:00Z") "]}\n"
                                    "events 9 {\"events\":[" EVENT(
                                        "older",
                                        "2026-11-24T08:00:00Z") "]}\n"
                                                                "open 10 "
                                                                "{\"events\":[{\"id\":\"x\"},{\"id\":\"y\"}]}"
                                                                "\n"
                                                                "open 11 {\"events\":[]}\n"
                                                                "end replaces\n"
                                                                "link the recorder was cut off here: the "
                                                                "cable\n"
                                                                "event 12 "
                                                                "{\"sequence\":\"00000000000000000012\" , "
                                                                "\"specversion\":\"1.0\", "
                                                                "\"id\":\"i\",\"source\":\"s\",\"type\":"
                                                                "\"t\"}\n");
    assert_int_equal(replay_now_ns(h.replay), AT(4));
    heard_end(&h);
}

static void every_line_of_a_recording_is_a_cloudevent(void **state)
{
    (void)state;
    char *text = heard_read("a");
    size_t lines = 0;
    for (char *next = text, *line; (line = strsep(&next, "\n")) != NULL && *line != '\0'; lines++) {
        struct event ev = {0};
        struct error err = ERROR_NONE;
        if (event_decode(line, strlen(line), EVENT_FORM_COMPLETE, &ev, &err) != STATUS_OK)
            fail_msg("%s: %s", line, err.text);
        assert_non_null(json_text(ev.root, "receivedat"));
        event_free(&ev);
    }
    assert_int_equal(lines, 12);
    free(text);
}

static void a_recording_of_a_replay_has_one_time_of_receipt(void **state)
{
    (void)state;
    struct recording *r = heard_record("b", RECORDING_NEW);
    heard_record_event(
        r, AT(5),
        "{\"receivedat\":\"2020-01-01T00:00:00Z\",\"specversion\":\"1.0\",\"id\":\"i\",\"source\":"
        "\"s\",\"type\":\"t\",\"answernumber\":\"3\"}");
    heard_must(recording_close(r, NULL));
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(buffer_text(&h.log),
                        "event 0 {\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}\n");
    assert_int_equal(replay_now_ns(h.replay), AT(5));
    heard_end(&h);
}

static void an_event_that_is_none_is_refused_and_the_recording_goes_on(void **state)
{
    static const char *const bad[] = {"{}", "{\"id\":\"x\"}", "nonsense", "[1]",
                                      "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"sh."
                                      "drawbridge.recording.project\"}"};
    (void)state;
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = ERROR_NONE;
        assert_int_equal(recording_add_event(r, AT(0), bad[i], strlen(bad[i]), &err), STATUS_INVALID);
        assert_non_null(strstr(err.text, "an event is left out"));
    }
    heard_record_event(r, AT(0), EVENT("good", "2026-11-24T10:00:00Z"));
    heard_must(recording_close(r, NULL));
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(buffer_text(&h.log), "event 0 " EVENT("good", "2026-11-24T10:00:00Z") "\n");
    heard_end(&h);
}

static void many_open_approvals_are_several_lines_of_one_number(void **state)
{
    (void)state;
    struct buffer answer = BUFFER_LIMIT((size_t)16 * 1024 * 1024), filler = BUFFER_LIMIT(1024 * 1024);
    for (size_t i = 0; i < 300000; i++)
        buffer_add_char(&filler, 'x');
    buffer_add_text(&answer, "{\"events\":[");
    for (int i = 0; i < 10; i++)
        buffer_printf(&answer, "%s{\"id\":\"%d\",\"filler\":\"%s\"}", i > 0 ? "," : "", i,
                      buffer_text(&filler));
    buffer_add_text(&answer, "]}");
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    heard_record_item(r, "open", buffer_text(&answer), 5);
    heard_must(recording_close(r, NULL));
    struct heard h = {0};
    heard_play_one(&h, "b");
    size_t lines = 0, ids = 0;
    for (const char *p = buffer_text(&h.log); (p = strstr(p, "open 5 {\"events\":[{")) != NULL; p++)
        lines++;
    for (const char *p = buffer_text(&h.log); (p = strstr(p, "{\"id\":")) != NULL; p++)
        ids++;
    assert_int_equal(lines, 4);
    assert_int_equal(ids, 10);
    heard_end(&h);
    buffer_free(&answer);
    buffer_free(&filler);
}

static void a_file_is_not_overwritten_unless_asked_and_is_private(void **state)
{
    (void)state;
    char *path = mem_printf("%s/a", heard_directory);
    struct recording *r = NULL, *other = NULL;
    struct error err = ERROR_NONE;
    struct stat info;
    assert_int_equal(recording_open(path, RECORDING_NEW, &r, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "--append"));
    heard_must(recording_open(path, RECORDING_REPLACE, &r, &err));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 0);
    heard_record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    heard_must(recording_flush(r, true, &err));
    assert_int_equal(recording_open(path, RECORDING_APPEND, &other, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "another recording"));
    heard_must(recording_close(r, NULL));
    free(path);
}

static void appending_ends_a_line_that_was_cut_off(void **state)
{
    (void)state;
    heard_write("b", EVENT("1", "2026-11-24T10:00:00Z") "\n{\"receivedat\":\"2026-11-2");
    struct recording *r = heard_record("b", RECORDING_APPEND);
    heard_record_event(r, AT(0), EVENT("2", "2026-11-24T10:00:00Z"));
    heard_must(recording_close(r, NULL));
    struct heard h = {0};
    heard_play_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    assert_non_null(strstr(buffer_text(&h.messages), "! b: line 2 is left out: "));
    heard_end(&h);
}

/* The limit of a file's size stands for the full disk. */
static void a_full_disk_keeps_whole_lines_and_says_so(void **state)
{
    (void)state;
    struct rlimit before, limit;
    struct error err = ERROR_NONE;
    char *event =
        mem_printf("{\"specversion\":\"1.0\",\"id\":\"%0900d\",\"source\":\"s\",\"type\":\"t\"}", 1);
    enum status status = STATUS_OK;
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 10000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 30 && status == STATUS_OK; i++) {
        status = recording_add_event(r, AT(i), event, strlen(event), &err);
        if (status == STATUS_OK)
            status = recording_flush(r, false, &err);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_FAILED);
    assert_non_null(strstr(err.text, "bytes of whole lines are kept"));
    heard_must(recording_close(r, NULL));
    char *text = heard_read("b");
    size_t len = strlen(text);
    assert_in_range(len, 9000, 10000);
    assert_int_equal(text[len - 1], '\n');
    free(text);
    free(event);
}

/* --- looking for a context --- */

#define OF_CONTEXT(id, context, project, second)                                                             \
    "{\"specversion\":\"1.0\",\"id\":\"" id                                                                  \
    "\",\"source\":\"s\",\"type\":\"t\",\"shkeptncontext\":\"" context                                       \
    "\",\"time\":\"2026-11-24T10:00:0" second "Z\",\"data\":{\"project\":\"" project "\"}}"

struct answer {
    char *text;
    enum status status;
    bool done;
};

static void on_found(void *arg, enum status status, const char *text, size_t len, const struct error *err)
{
    struct answer *a = arg;
    assert_true((status == STATUS_OK) == (err->text[0] == '\0'));
    *a = (struct answer){.text = mem_string_n(text, len), .status = status, .done = true};
}

static struct answer search(const char *name, int64_t until_ns)
{
    uv_loop_t loop;
    struct answer a = {.text = NULL};
    char *path = name[0] == '/' ? mem_string(name) : mem_printf("%s/%s", heard_directory, name);
    const char *const files[] = {path, NULL};
    assert_int_equal(uv_loop_init(&loop), 0);
    (void)replay_search_begin(&loop, &(struct replay_query){files, "p", "c1", until_ns}, on_found, &a);
    assert_false(a.done);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(a.done);
    replay_search_cancel(
        replay_search_begin(&loop, &(struct replay_query){files, "p", "c1", until_ns}, on_found, NULL));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    free(path);
    return a;
}

static void the_events_of_a_context_are_found_up_to_the_replays_time(void **state)
{
    (void)state;
    struct recording *r = heard_record("b", RECORDING_REPLACE);
    heard_record_item(
        r, "events", "{\"events\":[" OF_CONTEXT("2", "c1", "p", "2") "," OF_CONTEXT("1", "c1", "p", "1") "]}",
        9);
    heard_record_event(r, AT(10), OF_CONTEXT("2", "c1", "p", "2"));
    heard_record_event(r, AT(10), OF_CONTEXT("c1", "c2", "p", "3"));
    heard_record_event(r, AT(10), OF_CONTEXT("3", "c1", "other", "3"));
    heard_record_event(r, AT(20), OF_CONTEXT("4", "c1", "p", "4"));
    heard_record_event(r, AT(30), OF_CONTEXT("5", "c1", "p", "5"));
    heard_must(recording_close(r, NULL));
    struct answer a = search("b", AT(20));
    assert_int_equal(a.status, STATUS_OK);
    assert_string_equal(a.text, "{\"events\":[" OF_CONTEXT("4", "c1", "p", "4") "," OF_CONTEXT(
                                    "2", "c1", "p", "2") "," OF_CONTEXT("1", "c1", "p", "1") "]}");
    free(a.text);
    a = search("/nonexistent/file", AT(20));
    assert_int_equal(a.status, STATUS_NOT_FOUND);
    free(a.text);
    a = search("/dev/null", AT(20));
    assert_int_equal(a.status, STATUS_FAILED);
    free(a.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_recorded_is_handed_out_as_it_came),
        cmocka_unit_test(every_line_of_a_recording_is_a_cloudevent),
        cmocka_unit_test(a_recording_of_a_replay_has_one_time_of_receipt),
        cmocka_unit_test(an_event_that_is_none_is_refused_and_the_recording_goes_on),
        cmocka_unit_test(many_open_approvals_are_several_lines_of_one_number),
        cmocka_unit_test(a_file_is_not_overwritten_unless_asked_and_is_private),
        cmocka_unit_test(appending_ends_a_line_that_was_cut_off),
        cmocka_unit_test(a_full_disk_keeps_whole_lines_and_says_so),
        cmocka_unit_test(the_events_of_a_context_are_found_up_to_the_replays_time),
    };
    return cmocka_run_group_tests(tests, heard_group_begins, heard_group_ends);
}
