/* Recordings: what was recorded is handed out as it came, in its order and at its pace, whatever else stands
 * in the file. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "feed/recording.h"
#include "feed/replay.h"
#include "feed/replay_search.h"

#define T0_NS  INT64_C(1795514400000000000) /* 2026-11-24T10:00:00Z */
#define AT(ms) (T0_NS + (ms)*CLOCK_MS)

static char directory[] = "/tmp/drawbridge-replay.XXXXXX";

/* --- what a replay says --- */

struct heard {
    uv_loop_t loop;
    struct buffer log;      /* a line a callback */
    struct buffer messages; /* a line a message */
    struct replay *replay;
    int64_t started_ns, taken_ns; /* monotonic */
    bool over, with_times;
    const char *stop_at; /* closes the replay at the event that has this in it */
};

static void note_time(struct heard *h)
{
    if (h->with_times)
        buffer_printf(&h->log, "@%" PRId64 " ", (replay_now_ns(h->replay) - T0_NS) / CLOCK_MS);
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct heard *h = arg;
    assert_int_equal(strlen(text), len);
    note_time(h);
    buffer_printf(&h->log, "event %" PRIu64 " %s\n", number, text);
    if (h->stop_at != NULL && strstr(text, h->stop_at) != NULL) {
        replay_close(h->replay);
        h->replay = NULL;
        h->over = true;
    }
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct heard *h = arg;
    assert_int_equal(strlen(text), len);
    note_time(h);
    buffer_printf(&h->log, "%s %" PRIu64 " %s\n", what, number, text);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct heard *h = arg;
    buffer_printf(&h->log, "begin%s\n", replaces ? " replaces" : "");
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct heard *h = arg;
    buffer_printf(&h->log, "end%s\n", replaces ? " replaces" : "");
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct heard *h = arg;
    if (state == FEED_REPLAYING && *why != '\0')
        buffer_printf(&h->log, "link %s\n", why);
    h->over = h->over || state == FEED_REPLAYED;
}

static void on_message(void *arg, bool is_error, const char *text)
{
    struct heard *h = arg;
    const char *slash = strrchr(text, '/');
    buffer_printf(&h->messages, "%s%s\n", is_error ? "! " : "", slash != NULL ? slash + 1 : text);
}

static void hear_opened(struct heard *h, const char *const *names, double speed)
{
    char *paths[8] = {NULL};
    const struct feed_callbacks callbacks = {.arg = h,
                                             .on_event = on_event,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state};
    struct error err = ERROR_NONE;
    h->log = h->messages = BUFFER_LIMIT((size_t)256 * 1024 * 1024);
    assert_int_equal(uv_loop_init(&h->loop), 0);
    for (size_t i = 0; names[i] != NULL; i++)
        paths[i] = names[i][0] == '/' ? mem_string(names[i]) : mem_printf("%s/%s", directory, names[i]);
    const struct replay_settings settings = {
        .files = (const char *const *)paths, .speed = speed, .on_message = on_message, .arg = h};
    if (replay_open(&h->loop, &settings, &callbacks, &h->replay, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < 8; i++)
        free(paths[i]);
    h->started_ns = clock_monotonic_ns();
}

static void hear_until_over(struct heard *h)
{
    while (!h->over && clock_monotonic_ns() - h->started_ns < 60 * CLOCK_S)
        uv_run(&h->loop, UV_RUN_ONCE);
    assert_true(h->over);
    h->taken_ns = clock_monotonic_ns() - h->started_ns;
}

static void hear(struct heard *h, const char *const *names, double speed)
{
    hear_opened(h, names, speed);
    hear_until_over(h);
}

static void hear_one(struct heard *h, const char *name)
{
    const char *const names[] = {name, NULL};
    hear(h, names, 0);
}

static void stop_hearing(struct heard *h)
{
    replay_close(h->replay);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&h->loop), 0);
    buffer_free(&h->log);
    buffer_free(&h->messages);
}

/* --- files --- */

static void write_file_n(const char *name, const char *text, size_t len)
{
    char *path = mem_printf("%s/%s", directory, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static void write_file(const char *name, const char *text)
{
    write_file_n(name, text, strlen(text));
}

static char *read_file(const char *name)
{
    char *path = mem_printf("%s/%s", directory, name);
    struct buffer text = BUFFER_LIMIT((size_t)256 * 1024 * 1024);
    FILE *in = fopen(path, "r");
    char chunk[4096];
    assert_non_null(in);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        buffer_add(&text, chunk, n);
    (void)fclose(in); /* read only */
    free(path);
    return buffer_take(&text, NULL);
}

#define EVENT(id, time)                                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"s\",\"type\":\"t\",\"time\":\"" time            \
    "\",\"data\":{}}"

static struct recording *open_recording(const char *name, enum recording_mode mode)
{
    char *path = mem_printf("%s/%s", directory, name);
    struct recording *r = NULL;
    struct error err = ERROR_NONE;
    if (recording_open(path, mode, &r, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    free(path);
    return r;
}

static void must(enum status status)
{
    assert_int_equal(status, STATUS_OK);
}

static void record_event(struct recording *r, int64_t ns, const char *text)
{
    must(recording_add_event(r, ns, text, strlen(text), NULL));
}

static void record_item(struct recording *r, const char *what, const char *text, uint64_t number)
{
    must(recording_add_item(r, AT(0), what, text, strlen(text), number, NULL));
}

static int group_begins(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int group_ends(void **state)
{
    (void)state;
    char *line = mem_printf("%s", directory);
    const char *const names[] = {"a", "b", "pipe", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        char *path = mem_printf("%s/%s", directory, names[i]);
        (void)unlink(path); /* not every test makes every one */
        free(path);
    }
    free(line);
    return rmdir(directory);
}

/* --- recordings --- */

static void what_was_recorded_is_handed_out_as_it_came(void **state)
{
    (void)state;
    struct recording *r = open_recording("a", RECORDING_NEW);
    must(recording_add_begin(r, AT(0), "http://127.0.0.1/api", NULL));
    must(recording_add_snapshot_begin(r, AT(0), true, NULL));
    record_item(r, "project", "{ \"projectName\" : \"p\",\n \"n\":1.50 }", 7);
    record_item(r, "state", "{\"name\":\"delivery\"}", 8);
    record_item(r, "events",
                "{\"events\":[" EVENT("old", "2026-11-24T09:00:00Z") " , " EVENT("older",
                                                                                 "2026-11-24T08:00:00Z") "]}",
                9);
    record_item(r, "open", "{\"events\":[{\"id\":\"x\"},{\"id\":\"y\"}]}", 10);
    record_item(r, "open", "{\"events\":[]}", 11);
    must(recording_add_snapshot_end(r, AT(1), true, NULL));
    must(recording_add_link(r, AT(2), "stale", "the cable", NULL));
    must(recording_add_link(r, AT(3), "live", "", NULL));
    record_event(r, AT(4),
                 " {\"sequence\":\"00000000000000000012\" , "
                 "\"specversion\":\"1.0\",\n\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}");
    assert_int_equal(recording_events(r), 3);
    must(recording_close(r, NULL));
    struct heard h = {0};
    hear_one(&h, "a");
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
    stop_hearing(&h);
}

static void every_line_of_a_recording_is_a_cloudevent(void **state)
{
    (void)state;
    char *text = read_file("a");
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
    struct recording *r = open_recording("b", RECORDING_NEW);
    record_event(r, AT(5),
                 "{\"receivedat\":\"2020-01-01T00:00:00Z\",\"specversion\":\"1.0\",\"id\":\"i\",\"source\":"
                 "\"s\",\"type\":\"t\",\"answernumber\":\"3\"}");
    must(recording_close(r, NULL));
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(buffer_text(&h.log),
                        "event 0 {\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"}\n");
    assert_int_equal(replay_now_ns(h.replay), AT(5));
    stop_hearing(&h);
}

static void an_event_that_is_none_is_refused_and_the_recording_goes_on(void **state)
{
    static const char *const bad[] = {"{}", "{\"id\":\"x\"}", "nonsense", "[1]",
                                      "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"sh."
                                      "drawbridge.recording.project\"}"};
    (void)state;
    struct recording *r = open_recording("b", RECORDING_REPLACE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = ERROR_NONE;
        assert_int_equal(recording_add_event(r, AT(0), bad[i], strlen(bad[i]), &err), STATUS_INVALID);
        assert_non_null(strstr(err.text, "an event is left out"));
    }
    record_event(r, AT(0), EVENT("good", "2026-11-24T10:00:00Z"));
    must(recording_close(r, NULL));
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(buffer_text(&h.log), "event 0 " EVENT("good", "2026-11-24T10:00:00Z") "\n");
    stop_hearing(&h);
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
    struct recording *r = open_recording("b", RECORDING_REPLACE);
    record_item(r, "open", buffer_text(&answer), 5);
    must(recording_close(r, NULL));
    struct heard h = {0};
    hear_one(&h, "b");
    size_t lines = 0, ids = 0;
    for (const char *p = buffer_text(&h.log); (p = strstr(p, "open 5 {\"events\":[{")) != NULL; p++)
        lines++;
    for (const char *p = buffer_text(&h.log); (p = strstr(p, "{\"id\":")) != NULL; p++)
        ids++;
    assert_int_equal(lines, 4);
    assert_int_equal(ids, 10);
    stop_hearing(&h);
    buffer_free(&answer);
    buffer_free(&filler);
}

static void a_file_is_not_overwritten_unless_asked_and_is_private(void **state)
{
    (void)state;
    char *path = mem_printf("%s/a", directory);
    struct recording *r = NULL, *other = NULL;
    struct error err = ERROR_NONE;
    struct stat info;
    assert_int_equal(recording_open(path, RECORDING_NEW, &r, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "--append"));
    must(recording_open(path, RECORDING_REPLACE, &r, &err));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 0);
    record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    must(recording_flush(r, true, &err));
    assert_int_equal(recording_open(path, RECORDING_APPEND, &other, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "another recording"));
    must(recording_close(r, NULL));
    free(path);
}

static void appending_ends_a_line_that_was_cut_off(void **state)
{
    (void)state;
    write_file("b", EVENT("1", "2026-11-24T10:00:00Z") "\n{\"receivedat\":\"2026-11-2");
    struct recording *r = open_recording("b", RECORDING_APPEND);
    record_event(r, AT(0), EVENT("2", "2026-11-24T10:00:00Z"));
    must(recording_close(r, NULL));
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    assert_non_null(strstr(buffer_text(&h.messages), "! b: line 2 is left out: "));
    stop_hearing(&h);
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
    struct recording *r = open_recording("b", RECORDING_REPLACE);
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
    must(recording_close(r, NULL));
    char *text = read_file("b");
    size_t len = strlen(text);
    assert_in_range(len, 9000, 10000);
    assert_int_equal(text[len - 1], '\n');
    free(text);
    free(event);
}

/* --- other files --- */

static void plain_events_are_replayed_by_their_own_time(void **state)
{
    (void)state;
    write_file("b", "\n" EVENT("1", "2026-11-24T10:00:00Z") "\r\n\n" EVENT(
                        "2", "2026-11-24T10:00:02Z") "\n" EVENT("3", "2026-11-24T10:00:01Z"));
    struct heard h = {.with_times = true};
    hear_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "@0 event 0 " EVENT(
            "1", "2026-11-24T10:00:00Z") "\r\n"
                                         "@2000 event 0 " EVENT(
                                             "2", "2026-11-24T10:00:02Z") "\n"
                                                                          "@2000 event 0 " EVENT(
                                                                              "3",
                                                                              "2026-11-24T10:00:01Z") "\n");
    stop_hearing(&h);
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
        write_file("b", files[i]);
        struct heard h = {.with_times = true};
        hear_one(&h, "b");
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
        stop_hearing(&h);
    }
}

static void answers_and_events_over_several_lines_may_follow_each_other(void **state)
{
    (void)state;
    write_file("b", "{\n\"projects\": [ {\"projectName\":\n\"p\"} ]\n}\n"
                    "{\"states\":\n[{\"name\":\"s\",\"stages\":[{\"latestEvent\":{\"time\":\"2026-11-24T10:"
                    "00:01Z\"}}]}]}\n"
                    "{\"specversion\":\"1.0\",\n\"id\":\"i\",\n\"source\":\"s\",\"type\":\"t\"}\n"
                    "{\"states\":[]}\n" EVENT("1", "2026-11-24T10:00:02Z") "\nbad\n");
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "begin\nproject 0 {\"projectName\":\n\"p\"}\nend\n"
        "begin\nstate 0 "
        "{\"name\":\"s\",\"stages\":[{\"latestEvent\":{\"time\":\"2026-11-24T10:00:01Z\"}}]}\nend\n"
        "event 0 {\"specversion\":\"1.0\",\n\"id\":\"i\",\n\"source\":\"s\",\"type\":\"t\"}\n"
        "begin\nend\n"
        "event 0 " EVENT("1", "2026-11-24T10:00:02Z") "\n");
    assert_true(strncmp(buffer_text(&h.messages), "! b: line 12 is left out: ", 26) == 0);
    stop_hearing(&h);
}

static void integrations_are_told_in_words(void **state)
{
    (void)state;
    write_file("b", "[\n{\"name\":\"approval-service\",\"metadata\":{\"integrationversion\":\"0.9.0\"}},\n"
                    "{\"name\":\"lighthouse\",\"metadata\":{}}]");
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(buffer_text(&h.log), "");
    assert_string_equal(buffer_text(&h.messages),
                        "b: 2 integrations were registered: approval-service 0.9.0, lighthouse \n");
    stop_hearing(&h);
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
        write_file("b", text);
        struct heard h = {0};
        hear_one(&h, "b");
        if (strcmp(buffer_text(&h.log),
                   "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                                 "event 0 " EVENT(
                                                                     "2", "2026-11-24T10:00:00Z") "\n") != 0)
            fail_msg("%s: %s", rows[i].name, buffer_text(&h.log));
        if (strstr(buffer_text(&h.messages), rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].name, buffer_text(&h.messages));
        stop_hearing(&h);
        free(text);
    }
}

static void a_broken_first_line_takes_no_other_with_it(void **state)
{
    (void)state;
    write_file("b", "{\"specversion\":\"1.0\",\"id\":\"a\n" EVENT("1", "2026-11-24T10:00:00Z") "\n" EVENT(
                        "2", "2026-11-24T10:00:00Z") "\n");
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    stop_hearing(&h);
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
    write_file_n("b", text.data, text.len);
    buffer_free(&text);
    free(filler);
    struct heard h = {0};
    hear_one(&h, "b");
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("2", "2026-11-24T10:00:00Z") "\n");
    assert_string_equal(buffer_text(&h.messages), "! b: line 2 is left out: it is longer than 16 MiB\n");
    stop_hearing(&h);
}

static void many_broken_lines_are_counted(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(1024 * 1024);
    for (int i = 0; i < 500; i++)
        buffer_add_text(&text, "bad\n");
    write_file("b", buffer_text(&text));
    buffer_free(&text);
    struct heard h = {0};
    hear_one(&h, "b");
    size_t lines = 0;
    for (const char *p = buffer_text(&h.messages); (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, 22);
    assert_non_null(strstr(buffer_text(&h.messages), "500 lines were left out in all"));
    stop_hearing(&h);
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
        write_file("b", texts[i]);
        struct heard h = {0};
        hear_one(&h, "b");
        assert_string_equal(buffer_text(&h.log), "");
        stop_hearing(&h);
    }
}

/* --- pace --- */

static void record_pace(void)
{
    struct recording *r = open_recording("b", RECORDING_REPLACE);
    record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    record_event(r, AT(200), EVENT("2", "2026-11-24T10:00:00Z"));
    record_event(r, AT(400), EVENT("3", "2026-11-24T10:00:00Z"));
    must(recording_close(r, NULL));
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
        hear(&h, names, rows[i].speed);
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
        stop_hearing(&h);
    }
}

static void the_clock_goes_on_between_two_events_and_stands_still_at_the_end(void **state)
{
    (void)state;
    record_pace();
    const char *const names[] = {"b", NULL};
    struct heard h = {0};
    hear_opened(&h, names, 1);
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
    stop_hearing(&h);
}

static void a_long_silence_is_cut_short_and_a_clock_that_was_set_back_costs_no_wait(void **state)
{
    (void)state;
    struct recording *r = open_recording("b", RECORDING_REPLACE);
    record_event(r, AT(0), EVENT("1", "2026-11-24T10:00:00Z"));
    record_event(r, AT(86400000), EVENT("2", "2026-11-24T10:00:00Z"));
    record_event(r, AT(1000), EVENT("3", "2026-11-24T10:00:00Z"));
    record_event(r, AT(1100), EVENT("4", "2026-11-24T10:00:00Z"));
    must(recording_close(r, NULL));
    const char *const names[] = {"b", NULL};
    struct heard h = {.with_times = true};
    replay_silence_ns = 150 * CLOCK_MS;
    hear(&h, names, 1);
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
    stop_hearing(&h);
}

static void several_files_are_one_history(void **state)
{
    (void)state;
    write_file("a", EVENT("2", "2026-11-24T10:00:02Z") "\n" EVENT("4", "2026-11-24T10:00:04Z") "\n");
    write_file(
        "b", "{\"events\":[" EVENT("3", "2026-11-24T10:00:03Z") "," EVENT("1", "2026-11-24T10:00:01Z") "]}");
    const char *const names[] = {"a", "b", NULL};
    struct heard h = {0};
    hear(&h, names, 0);
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
    stop_hearing(&h);
}

static void a_replay_can_be_closed_from_its_own_callback(void **state)
{
    (void)state;
    const char *const names[] = {"a", NULL};
    struct heard h = {.stop_at = "\"2\""};
    hear(&h, names, 0);
    assert_string_equal(buffer_text(&h.log), "event 0 " EVENT("2", "2026-11-24T10:00:02Z") "\n");
    stop_hearing(&h);
}

static void a_pipe_is_read_as_it_is_written(void **state)
{
    (void)state;
    char *path = mem_printf("%s/pipe", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC); /* of a pipe: does not wait for a reader */
    assert_true(fd >= 0);
    const char *const names[] = {"pipe", NULL};
    struct heard h = {0};
    hear_opened(&h, names, 0);
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
    hear_until_over(&h);
    assert_string_equal(
        buffer_text(&h.log),
        "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n"
                                                      "event 0 " EVENT("1", "2026-11-24T10:00:00Z") "\n");
    stop_hearing(&h);
    free(path);
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
    char *path = name[0] == '/' ? mem_string(name) : mem_printf("%s/%s", directory, name);
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
    struct recording *r = open_recording("b", RECORDING_REPLACE);
    record_item(r, "events",
                "{\"events\":[" OF_CONTEXT("2", "c1", "p", "2") "," OF_CONTEXT("1", "c1", "p", "1") "]}", 9);
    record_event(r, AT(10), OF_CONTEXT("2", "c1", "p", "2"));
    record_event(r, AT(10), OF_CONTEXT("c1", "c2", "p", "3"));
    record_event(r, AT(10), OF_CONTEXT("3", "c1", "other", "3"));
    record_event(r, AT(20), OF_CONTEXT("4", "c1", "p", "4"));
    record_event(r, AT(30), OF_CONTEXT("5", "c1", "p", "5"));
    must(recording_close(r, NULL));
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
        cmocka_unit_test(the_events_of_a_context_are_found_up_to_the_replays_time),
    };
    return cmocka_run_group_tests(tests, group_begins, group_ends);
}
