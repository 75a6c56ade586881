/* A feed against a server on the same loop, which numbers its events from 1 and can be as bad as a test
 * wants. */
#include "config.h"

#include "feed/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "fake.h"
#include "feed/internal.h"

#define PATIENCE_MS 20000
#define SEEN_MAX    65536

struct world {
    uv_loop_t loop;
    struct fake *fake;
    struct http_client *http;
    struct feed *feed;

    /* the server */
    char epoch[16];
    uint64_t last;        /* newest event */
    uint64_t oldest;      /* what came before it is not kept: 4410 */
    const char *projects; /* of whoami */
    int whoami_code, snapshot_code, stream_code;
    bool unnumbered;       /* no numbers anywhere */
    bool slow_snapshot;    /* the project list waits for world.release */
    bool cut_at_each_byte; /* the n-th stream is cut after n bytes */
    uint64_t skip;         /* this event is never sent */
    bool silent_stream;    /* accepts the request, says nothing */
    bool mute;             /* answers no ping */
    struct fake_peer *stream, *waiting;
    size_t streams, snapshots, stolen;
    char stream_target[512], token[64];
    struct buffer requests; /* targets, one a line */
    struct buffer contexts; /* answers of the event store that were asked for */

    /* what the feed told */
    uint64_t seen[SEEN_MAX];
    size_t seen_count, begins, ends, items;
    bool replaced;
    struct buffer states, what; /* words, with a blank behind each */
    enum feed_state state;
    char why[512], last_fault[512], name[64], role[64], server[64];
    bool live, done;
    size_t close_at; /* callbacks until the feed is closed; 0: never */
};

/* --- the server --- */

static char *event_text(const struct world *w, uint64_t number)
{
    char member[64] = "";
    if (!w->unnumbered)
        snprintf(member, sizeof member, "\"sequence\":\"%020llu\",", (unsigned long long)number);
    return mem_printf("{%s\"specversion\":\"1.0\",\"id\":\"%llu\",\"source\":\"s\",\"type\":\"t\",\"data\":{"
                      "\"n\":%llu,\"sequence\":\"7\"}}",
                      member, (unsigned long long)number, (unsigned long long)number);
}

static void send_event(struct world *w, uint64_t number)
{
    char *text = event_text(w, number);
    if (w->stream != NULL && number != w->skip)
        fake_text(w->stream, text);
    free(text);
}

static void publish(struct world *w)
{
    send_event(w, ++w->last);
}

static void answer(struct world *w, struct fake_peer *peer, const char *body)
{
    char *headers = w->unnumbered ? NULL
                                  : mem_printf("x-drawbridge-sequence: %s:%llu\r\n", w->epoch,
                                               (unsigned long long)w->last);
    fake_answer(peer, w->snapshot_code, headers, body);
    free(headers);
}

static void open_stream(struct world *w, const struct fake_request *request, struct fake_peer *peer)
{
    const char *since = strstr(request->target, "since=");
    snprintf(w->stream_target, sizeof w->stream_target, "%s", request->target);
    if (w->stream_code != 101 || request->key == NULL) {
        char *headers = mem_printf("Location: http://127.0.0.1:%d/stolen\r\n", fake_port(w->fake));
        fake_answer(peer, w->stream_code == 101 ? 426 : w->stream_code, headers, "");
        free(headers);
        return;
    }
    w->streams++;
    if (w->silent_stream)
        return;
    if (w->cut_at_each_byte)
        fake_cut_after(peer, w->streams);
    if (w->mute)
        fake_mute(peer);
    fake_upgrade(peer, request);
    if (since != NULL) {
        char epoch[64] = "";
        unsigned long long from = 0;
        const char *colon = strstr(since, "%3A") != NULL ? strstr(since, "%3A") + 3 : strchr(since, ':') + 1;
        snprintf(epoch, sizeof epoch, "%.*s", (int)strcspn(since + 6, ":%"), since + 6);
        from = strtoull(colon, NULL, 10);
        if (strcmp(epoch, w->epoch) != 0 || from + 1 < w->oldest || from > w->last) {
            fake_goodbye(peer, 4410, "too old");
            return;
        }
        w->stream = peer;
        for (uint64_t n = from + 1; n <= w->last; n++)
            send_event(w, n);
    }
    w->stream = peer;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void on_request(void *arg, const struct fake_request *request, struct fake_peer *peer)
{
    struct world *w = arg;
    const char *t = request->target;
    snprintf(w->token, sizeof w->token, "%s", request->token != NULL ? request->token : "");
    buffer_printf(&w->requests, "%s\n", t);
    if (begins(t, "/stolen")) {
        w->stolen++;
        fake_answer(peer, 200, NULL, "");
    } else if (begins(t, "/api/v1/whoami")) {
        char *body = mem_printf("{\"name\":\"maria\",\"role\":\"approver\",\"projects\":%s,\"server\":"
                                "\"drawbridged\",\"version\":\"9\","
                                "\"time\":\"2023-05-04T10:11:12Z\"}",
                                w->projects);
        char *headers = w->whoami_code == 301
                            ? mem_printf("Location: http://127.0.0.1:%d/stolen\r\n", fake_port(w->fake))
                            : NULL;
        fake_answer(peer, w->whoami_code, headers, w->whoami_code == 200 ? body : "");
        free(headers);
        free(body);
    } else if (begins(t, "/api/v1/event/stream")) {
        open_stream(w, request, peer);
    } else if (begins(t, "/api/controlPlane/v1/project?") && w->slow_snapshot) {
        w->waiting = peer;
    } else if (begins(t, "/api/controlPlane/v1/project?pageSize=1")) {
        answer(w, peer, "{\"projects\":[],\"nextPageKey\":\"0\"}");
    } else if (begins(t, "/api/controlPlane/v1/project?") && strstr(t, "nextPageKey=1") != NULL) {
        answer(w, peer, "{\"projects\":[{\"projectName\":\"b\"}],\"nextPageKey\":\"0\",\"totalCount\":2}");
    } else if (begins(t, "/api/controlPlane/v1/project?")) {
        w->snapshots++;
        answer(w, peer,
               "{\"projects\":[{\"projectName\":\"a/b "
               "c\",\"stages\":[{\"stageName\":\"qa\",\"services\":[{\"serviceName\":\"s\","
               "\"lastEventTypes\":{\"sh.keptn.event.deployment.finished\":{\"keptnContext\":\"deployed\"},"
               "\"sh.keptn.event.deployment.started\":{\"keptnContext\":\"not-this\"}}}]}]}],\"nextPageKey\":"
               "\"1\"}");
    } else if (begins(t, "/api/controlPlane/v1/sequence/a%2Fb%20c?")) {
        answer(w, peer,
               "{\"states\":[{\"shkeptncontext\":\"running\",\"state\":\"started\"},{\"shkeptncontext\":"
               "\"ended\",\"state\":\"finished\"}]}");
    } else if (begins(t, "/api/controlPlane/v1/sequence/b?")) {
        fake_answer(peer, 404, NULL, "{\"message\":\"Project not found: b\"}"); /* deleted meanwhile */
    } else if (begins(t, "/api/controlPlane/v1/event/triggered/")) {
        answer(w, peer,
               "{\"events\":[{\"id\":\"1\",\"shkeptncontext\":\"open\",\"data\":{\"project\":\"old\"}}],"
               "\"nextPageKey\":\"0\"}");
    } else if (begins(t, "/api/mongodb-datastore/event?keptnContext=ended")) {
        answer(w, peer, "{\"events\":[ broken");
    } else if (begins(t, "/api/mongodb-datastore/event?keptnContext=running") &&
               strstr(t, "nextPageKey=0") != NULL) {
        answer(w, peer, "{\"events\":[],\"nextPageKey\":\"100\"}");
    } else if (begins(t, "/api/mongodb-datastore/event?")) {
        answer(w, peer, "{\"events\":[]}");
    } else {
        fake_answer(peer, 404, NULL, "");
    }
}

static void on_gone(void *arg, struct fake_peer *peer)
{
    struct world *w = arg;
    if (w->stream == peer)
        w->stream = NULL;
}

/* Lets the project list be answered that was held up. */
static void release(struct world *w)
{
    w->slow_snapshot = false;
    answer(w, w->waiting, "{\"projects\":[],\"nextPageKey\":\"0\"}");
}

/* --- what the feed tells --- */

static void maybe_close(struct world *w)
{
    if (w->close_at > 0 && --w->close_at == 0) {
        feed_close(w->feed);
        w->feed = NULL;
        w->done = true;
    }
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct world *w = arg;
    assert_non_null(w->feed);
    assert_int_equal(strlen(text), len);
    assert_true(w->seen_count < SEEN_MAX);
    w->seen[w->seen_count++] = w->unnumbered ? strtoull(strstr(text, "\"n\":") + 4, NULL, 10) : number;
    maybe_close(w);
}

static void on_begin(void *arg, bool replaces)
{
    struct world *w = arg;
    assert_non_null(w->feed);
    w->begins++;
    w->replaced = replaces;
    maybe_close(w);
}

static void on_item(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct world *w = arg;
    assert_non_null(w->feed);
    assert_int_equal(strlen(text), len);
    assert_true(w->unnumbered || number > 0);
    w->items++;
    buffer_printf(&w->what, "%s ", what);
    maybe_close(w);
}

static void on_end(void *arg, bool replaces)
{
    struct world *w = arg;
    assert_non_null(w->feed);
    assert_int_equal(replaces, w->replaced);
    w->ends++;
    maybe_close(w);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    static const char *const words[] = {"connecting", "live", "stale", "offline", "refused"};
    struct world *w = arg;
    assert_non_null(w->feed);
    w->state = state;
    w->live = state == FEED_LIVE;
    snprintf(w->why, sizeof w->why, "%s", why);
    if (*why != '\0')
        snprintf(w->last_fault, sizeof w->last_fault, "%s", why);
    buffer_printf(&w->states, "%s ", words[state]);
    assert_int_equal(state == FEED_LIVE || state == FEED_CONNECTING, *why == '\0');
    maybe_close(w);
}

static void on_identity(void *arg, const char *name, const char *role, const char *server, int64_t time_ns)
{
    struct world *w = arg;
    assert_non_null(w->feed);
    snprintf(w->name, sizeof w->name, "%s", name != NULL ? name : "");
    snprintf(w->role, sizeof w->role, "%s", role != NULL ? role : "unknown");
    snprintf(w->server, sizeof w->server, "%s", server != NULL ? server : "");
    if (role != NULL)
        assert_int_equal(time_ns, 1683195072 * CLOCK_S);
    maybe_close(w);
}

/* --- set-up --- */

static int set_up(void **state)
{
    struct world *w = MEM_NEW(struct world);
    feed_limits.backoff_first_ms = 1;
    feed_limits.backoff_max_ms = 4;
    feed_limits.ping_ms = 100;
    feed_limits.silence_ms = 600;
    feed_limits.connect_ms = 600;
    feed_limits.held_bytes = 1024 * 1024;
    uv_loop_init(&w->loop);
    w->fake = fake_start(&w->loop, on_request, on_gone, w);
    w->http = http_client_new(&w->loop, NULL);
    w->projects = "null";
    w->whoami_code = w->snapshot_code = 200;
    w->stream_code = 101;
    w->last = 10;
    w->oldest = 1;
    w->requests = w->states = w->what = BUFFER_LIMIT(16 * 1024 * 1024);
    snprintf(w->epoch, sizeof w->epoch, "E1");
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    feed_close(w->feed);
    http_client_free(w->http);
    fake_stop(w->fake);
    bool empty = fake_run_empty(&w->loop);
    buffer_free(&w->requests);
    buffer_free(&w->states);
    buffer_free(&w->what);
    free(w);
    return empty ? 0 : -1;
}

static void open_feed_of(struct world *w, bool snapshot, const char *const *projects)
{
    const struct feed_callbacks callbacks = {.arg = w,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_begin,
                                             .on_snapshot = on_item,
                                             .on_snapshot_end = on_end,
                                             .on_state = on_state,
                                             .on_identity = on_identity};
    char *server = mem_printf("http://127.0.0.1:%d/api", fake_port(w->fake));
    const struct feed_settings settings = {
        .server = server, .stream = "auto", .token = "secret", .projects = projects, .snapshot = snapshot};
    w->feed = feed_open(&w->loop, w->http, &settings, &callbacks);
    free(server); /* the feed has its own */
}

static void open_feed(struct world *w)
{
    open_feed_of(w, true, NULL);
}

#define WAIT_FOR(w, condition)                                                                               \
    do {                                                                                                     \
        int64_t deadline_ = clock_monotonic_ns() + PATIENCE_MS * CLOCK_MS;                                   \
        bool never_ = false;                                                                                 \
        while (!(condition) && clock_monotonic_ns() < deadline_)                                             \
            (void)fake_run_until(&(w)->loop, &never_, 1);                                                    \
        if (!(condition))                                                                                    \
            fail_msg("never came: %s (states %s, why %s, requests %s)", #condition,                          \
                     buffer_text(&(w)->states), (w)->why, buffer_text(&(w)->requests));                      \
    } while (0)

/* Every number from `from` to `to`, each once, in order. */
static void assert_seen(const struct world *w, uint64_t from, uint64_t to)
{
    assert_int_equal(w->seen_count, to - from + 1);
    for (size_t i = 0; i < w->seen_count; i++)
        assert_int_equal(w->seen[i], from + i);
}

static size_t count_of(const struct buffer *text, const char *word)
{
    size_t count = 0;
    for (const char *p = strstr(buffer_text(text), word); p != NULL; p = strstr(p + 1, word))
        count++;
    return count;
}

/* --- snapshot and events --- */

static void the_snapshot_comes_whole_and_events_follow(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    assert_string_equal(buffer_text(&w->states), "connecting live ");
    assert_string_equal(w->name, "maria");
    assert_string_equal(w->role, "approver");
    assert_string_equal(w->server, "drawbridged 9");
    assert_string_equal(w->token, "secret");
    assert_string_equal(w->stream_target, "/api/v1/event/stream");
    assert_int_equal(w->begins, 1);
    assert_int_equal(w->ends, 1);
    assert_false(w->replaced);
    assert_int_equal(count_of(&w->what, "project "), 2);
    assert_int_equal(count_of(&w->what, "state "), 2);
    assert_int_equal(count_of(&w->what, "open "), 1);
    assert_int_equal(count_of(&w->what, "events "),
                     4); /* two pages of "running", "open", "deployed"; "ended" is broken and left out */
    assert_int_equal(count_of(&w->requests, "keptnContext=running&project=a%2Fb%20c"), 2);
    assert_int_equal(count_of(&w->requests, "keptnContext=open&project=old"), 1);
    assert_int_equal(count_of(&w->requests, "keptnContext=deployed"), 1);
    assert_int_equal(count_of(&w->requests, "not-this"), 0);
    publish(w);
    publish(w);
    WAIT_FOR(w, w->seen_count == 2);
    assert_seen(w, 11, 12);
    assert_true(feed_last_heard_ns(w->feed) > 0);
}

static void events_during_the_snapshot_are_held_back(void **state)
{
    struct world *w = *state;
    w->slow_snapshot = true;
    open_feed(w);
    WAIT_FOR(w, w->stream != NULL && w->waiting != NULL && count_of(&w->what, "events ") == 1);
    for (int i = 0; i < 1000; i++)
        publish(w);
    assert_int_equal(w->seen_count, 0);
    assert_false(w->live);
    w->last = 510; /* the project list is of a moment before the newest events */
    release(w);
    w->last = 1010;
    WAIT_FOR(w, w->live && w->seen_count >= 1000);
    assert_seen(w, 11, 1010); /* the oldest answer was of 10 */
}

static void too_many_events_during_the_snapshot_are_asked_for_again(void **state)
{
    struct world *w = *state;
    feed_limits.held_bytes = 2000;
    w->slow_snapshot = true;
    open_feed(w);
    WAIT_FOR(w, w->stream != NULL && w->waiting != NULL && count_of(&w->what, "events ") == 1);
    for (int i = 0; i < 100; i++)
        publish(w);
    release(w);
    WAIT_FOR(w, w->live && w->seen_count == 100);
    assert_seen(w, 11, 110);
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->streams, 2);
}

static void an_event_that_comes_twice_is_told_once(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    send_event(w, 9);
    publish(w);
    send_event(w, 11);
    send_event(w, 3);
    publish(w);
    WAIT_FOR(w, w->seen_count >= 2);
    publish(w);
    WAIT_FOR(w, w->seen_count >= 3);
    assert_seen(w, 11, 13);
    assert_int_equal(w->streams, 1);
}

/* --- resuming --- */

static void a_cut_connection_resumes_where_it_was(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    publish(w);
    WAIT_FOR(w, w->seen_count == 1);
    fake_hang_up(w->stream);
    publish(w);
    publish(w);
    WAIT_FOR(w, count_of(&w->states, "stale ") == 1);
    WAIT_FOR(w, w->live && w->seen_count == 3);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?since=E1:11");
    assert_seen(w, 11, 13);
    assert_int_equal(w->ends, 1); /* no second snapshot */
}

static void a_gap_is_asked_for_again(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    w->last = 13; /* 11 to 13 are lost on the way */
    publish(w);
    WAIT_FOR(w, w->seen_count == 4);
    assert_seen(w, 11, 14);
    assert_int_equal(w->ends, 1);
    assert_int_equal(count_of(&w->requests, "since=E1:10"), 1);
}

static void a_gap_that_stays_brings_a_new_snapshot(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    w->skip = 12;
    for (int i = 0; i < 4; i++)
        publish(w);
    WAIT_FOR(w, w->ends == 2 && w->live);
    publish(w);
    WAIT_FOR(w, w->seen_count == 2);
    assert_int_equal(w->seen[0], 11);
    assert_int_equal(w->seen[1], 15);
}

static void a_slow_reader_resumes(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    fake_goodbye(w->stream, 4408, "too slow");
    WAIT_FOR(w, count_of(&w->states, "stale ") == 1);
    publish(w);
    WAIT_FOR(w, w->live && w->seen_count == 1);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?since=E1:10");
    assert_int_equal(w->ends, 1);
}

static void history_that_does_not_reach_back_brings_a_snapshot_that_replaces(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    w->last = w->oldest = 100;
    fake_hang_up(w->stream);
    WAIT_FOR(w, w->ends == 2 && w->live);
    assert_true(w->replaced);
    assert_string_equal(w->stream_target, "/api/v1/event/stream");
    publish(w);
    WAIT_FOR(w, w->seen_count == 1);
    assert_seen(w, 101, 101);
}

static void another_epoch_replaces_what_was_known(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    snprintf(w->epoch, sizeof w->epoch, "E2");
    w->last = 3;
    fake_hang_up(w->stream);
    WAIT_FOR(w, w->ends == 2 && w->live);
    assert_true(w->replaced);
    publish(w);
    WAIT_FOR(w, w->seen_count == 1);
    assert_seen(w, 4, 4);
    size_t stale = count_of(&w->states, "stale ");
    fake_hang_up(w->stream);
    WAIT_FOR(w, count_of(&w->states, "stale ") > stale && w->live);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?since=E2:4");
}

static void a_stream_cut_at_every_byte_loses_and_repeats_nothing(void **state)
{
    struct world *w = *state;
    w->cut_at_each_byte = true;
    w->last = 1;
    open_feed_of(w, false, NULL);
    int64_t deadline = clock_monotonic_ns() + 60 * CLOCK_S;
    while (w->streams < 900 && clock_monotonic_ns() < deadline) {
        uv_run(&w->loop, UV_RUN_ONCE);
        if (w->stream != NULL)
            publish(w);
    }
    w->cut_at_each_byte = false;
    WAIT_FOR(w, w->live && w->seen_count > 0 && w->seen[w->seen_count - 1] == w->last);
    assert_seen(w, 2, w->last);
    assert_int_equal(w->streams >= 900, true);
}

static void without_numbers_each_connection_takes_a_snapshot(void **state)
{
    struct world *w = *state;
    w->unnumbered = true;
    open_feed(w);
    WAIT_FOR(w, w->live);
    publish(w);
    WAIT_FOR(w, w->seen_count == 1);
    fake_hang_up(w->stream);
    WAIT_FOR(w, w->ends == 2 && w->live);
    publish(w);
    WAIT_FOR(w, w->seen_count == 2);
    assert_string_equal(w->stream_target, "/api/v1/event/stream");
}

static void events_alone_begin_at_a_known_place(void **state)
{
    struct world *w = *state;
    open_feed_of(w, false, NULL);
    WAIT_FOR(w, w->live);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?since=E1:10");
    assert_int_equal(w->begins + w->ends + w->items, 0);
    publish(w);
    WAIT_FOR(w, w->seen_count == 1);
    assert_seen(w, 11, 11);
}

static void a_limited_reader_follows_watermarks(void **state)
{
    static const char *const projects[] = {"a/b c", NULL};
    struct world *w = *state;
    open_feed_of(w, true, projects);
    WAIT_FOR(w, w->live);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?project=a%2Fb%20c");
    send_event(w, 14); /* 11 to 13 are none of its business */
    WAIT_FOR(w, w->seen_count == 1);
    fake_text(w->stream, "{\"watermark\":\"E1:20\"}");
    w->last = 20;
    bool never = false;
    (void)fake_run_until(&w->loop, &never, 20);
    fake_hang_up(w->stream);
    WAIT_FOR(w, count_of(&w->states, "stale ") == 1 && w->live);
    assert_string_equal(w->stream_target, "/api/v1/event/stream?since=E1:20&project=a%2Fb%20c");
    fake_text(w->stream, "{\"watermark\":\"E9:1\"}");
    WAIT_FOR(w, w->ends == 2 && w->live);
    assert_true(w->replaced);
}

static void reloading_takes_a_snapshot_while_live(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    w->slow_snapshot = true;
    feed_reload(w->feed);
    WAIT_FOR(w, w->waiting != NULL);
    publish(w);
    feed_reload(w->feed); /* one is under way */
    release(w);
    WAIT_FOR(w, w->ends == 2 && w->seen_count == 1);
    assert_seen(w, 11, 11);
    assert_int_equal(w->streams, 1);
    assert_false(w->replaced);
}

/* --- servers that are gone, refuse, or are bad --- */

static void a_server_that_is_not_there_is_offline_and_tried_again(void **state)
{
    struct world *w = *state;
    w->whoami_code = 503;
    open_feed(w);
    WAIT_FOR(w, w->state == FEED_OFFLINE);
    assert_non_null(strstr(w->why, "503"));
    WAIT_FOR(w, count_of(&w->requests, "whoami") >= 5);
    assert_int_equal(count_of(&w->states, "connecting"), 1);
    w->whoami_code = 200;
    WAIT_FOR(w, w->live);
}

static void one_attempt_is_in_flight_at_a_time(void **state)
{
    struct world *w = *state;
    w->silent_stream = true;
    feed_limits.connect_ms = 100;
    open_feed(w);
    WAIT_FOR(w, w->streams >= 3);
    size_t whoami = count_of(&w->requests, "whoami");
    assert_in_range(whoami, w->streams, w->streams + 1);
    assert_int_equal(w->state, FEED_OFFLINE);
}

static void a_refused_token_is_told_as_such(void **state)
{
    static const struct {
        int whoami, snapshot, stream;
    } rows[] = {{401, 200, 101}, {403, 200, 101}, {200, 401, 101}, {200, 200, 401}, {200, 200, 403}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w;
        if (i > 0)
            set_up(state);
        w = *state;
        w->whoami_code = rows[i].whoami;
        w->snapshot_code = rows[i].snapshot;
        w->stream_code = rows[i].stream;
        open_feed(w);
        WAIT_FOR(w, w->state == FEED_REFUSED);
        assert_false(w->live);
        if (i + 1 < sizeof rows / sizeof *rows)
            assert_int_equal(tear_down(state), 0);
    }
}

static void a_token_that_is_revoked_later_is_refused_and_another_one_tried_at_once(void **state)
{
    struct world *w = *state;
    uint64_t patience_ms = feed_limits.backoff_max_ms;
    feed_limits.backoff_max_ms = 600000;
    open_feed(w);
    WAIT_FOR(w, w->live);
    w->whoami_code = 401;
    fake_goodbye(w->stream, 4401, "revoked");
    WAIT_FOR(w, w->state == FEED_REFUSED);
    w->whoami_code = 200;
    feed_set_token(w->feed, "another");
    WAIT_FOR(w, w->live);
    assert_string_equal(w->token, "another");
    feed_limits.backoff_max_ms = patience_ms;
}

static void a_redirect_is_not_followed_with_the_token(void **state)
{
    struct world *w = *state;
    w->stream_code = 301;
    open_feed(w);
    WAIT_FOR(w, w->state == FEED_OFFLINE);
    assert_non_null(strstr(w->why, "redirects"));
    w->whoami_code = 301;
    buffer_clear(&w->requests);
    WAIT_FOR(w, count_of(&w->requests, "whoami") >= 3);
    assert_int_equal(w->stolen, 0);
}

static void a_server_without_a_stream_says_so(void **state)
{
    struct world *w = *state;
    w->whoami_code = 404; /* a real Keptn */
    w->stream_code = 404;
    open_feed(w);
    WAIT_FOR(w, w->state == FEED_OFFLINE);
    assert_non_null(strstr(w->why, "no event stream"));
    assert_string_equal(w->role, "unknown");
}

static void silence_is_a_lost_connection(void **state)
{
    struct world *w = *state;
    w->mute = true;
    open_feed(w);
    WAIT_FOR(w, w->live);
    int64_t since = clock_monotonic_ns();
    WAIT_FOR(w, count_of(&w->states, "stale ") == 1);
    assert_in_range((clock_monotonic_ns() - since) / CLOCK_MS, 300, 3000); /* 600 ms after the last word */
    assert_non_null(strstr(w->last_fault, "nothing was heard"));
}

static void pings_keep_a_quiet_connection(void **state)
{
    struct world *w = *state;
    bool never = false;
    open_feed(w);
    WAIT_FOR(w, w->live);
    (void)fake_run_until(&w->loop, &never, 1500); /* more than twice the silence that would end it */
    assert_true(w->live);
    assert_int_equal(w->streams, 1);
}

static void what_is_no_event_ends_the_connection(void **state)
{
    static const struct {
        const char *name;
        unsigned char first;
        const char *bytes;
        size_t len;
    } rows[] = {{"no JSON", 0x81, "hello", 5},
                {"an array", 0x81, "[1]", 3},
                {"half an object", 0x81, "{\"a\":", 5},
                {"a binary message", 0x82, "{\"id\":\"1\"}", 10},
                {"a reserved opcode", 0x83, "x", 1},
                {"a reserved bit", 0xf1, "{}", 2},
                {"a continuation of nothing", 0x80, "{}", 2}};
    struct world *w = *state;
    open_feed(w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WAIT_FOR(w, w->live);
        size_t streams = w->streams;
        fake_frame(w->stream, rows[i].first, rows[i].bytes, rows[i].len);
        WAIT_FOR(w, w->streams > streams);
    }
    WAIT_FOR(w, w->live);
    assert_int_equal(w->seen_count, 0);
}

static void a_message_in_fragments_is_one_event_and_a_huge_one_is_refused(void **state)
{
    struct world *w = *state;
    open_feed(w);
    WAIT_FOR(w, w->live);
    char *text = event_text(w, ++w->last);
    fake_frame(w->stream, 0x01, text, 5);
    fake_frame(w->stream, 0x89, "ping", 4);
    fake_frame(w->stream, 0x00, text + 5, 10);
    fake_frame(w->stream, 0x80, text + 15, strlen(text) - 15);
    WAIT_FOR(w, w->seen_count == 1);
    assert_seen(w, 11, 11);
    free(text);
    size_t len = 3 * 1024 * 1024;
    char *huge = mem_alloc(len);
    memset(huge, ' ', len);
    fake_frame(w->stream, 0x81, huge, len);
    free(huge);
    WAIT_FOR(w, count_of(&w->states, "stale ") == 1);
    assert_non_null(strstr(w->last_fault, "2 MiB"));
    WAIT_FOR(w, w->live);
}

static void a_bad_snapshot_is_taken_again(void **state)
{
    struct world *w = *state;
    w->snapshot_code = 500;
    open_feed(w);
    WAIT_FOR(w, w->state == FEED_OFFLINE);
    assert_non_null(strstr(w->why, "HTTP 500"));
    w->snapshot_code = 200;
    WAIT_FOR(w, w->live);
    assert_int_equal(w->ends, 1);
}

static void the_feed_may_be_closed_from_every_callback(void **state)
{
    for (size_t n = 1; n <= 16; n++) {
        if (n > 1)
            set_up(state);
        struct world *w = *state;
        w->close_at = n;
        open_feed(w);
        WAIT_FOR(w, w->live || w->done);
        for (int i = 0; i < 3 && !w->done && w->stream != NULL; i++)
            publish(w);
        WAIT_FOR(w, w->done);
        if (n < 16)
            assert_int_equal(tear_down(state), 0);
    }
}

static void a_feed_closes_in_every_phase(void **state)
{
    for (size_t turns = 0; turns < 40; turns++) {
        if (turns > 0)
            set_up(state);
        struct world *w = *state;
        open_feed(w);
        for (size_t i = 0; i < turns; i++)
            uv_run(&w->loop, UV_RUN_ONCE);
        if (turns < 39)
            assert_int_equal(tear_down(state), 0);
    }
}

/* --- one snapshot --- */

static void a_snapshot_can_be_taken_alone(void **state)
{
    struct world *w = *state;
    struct error err = ERROR_NONE;
    char *server = mem_printf("http://127.0.0.1:%d/api", fake_port(w->fake));
    const struct feed_settings settings = {.server = server, .token = "secret"};
    const struct feed_callbacks callbacks = {.arg = w, .on_snapshot = on_item};
    w->feed = (struct feed *)w; /* for on_item, which wants one */
    assert_int_equal(feed_take_snapshot(w->http, &settings, FEED_STATES, &callbacks, &err), STATUS_OK);
    assert_int_equal(count_of(&w->what, "project "), 2);
    assert_int_equal(count_of(&w->what, "events "), 0);
    w->snapshot_code = 401;
    assert_int_equal(feed_take_snapshot(w->http, &settings, FEED_EVENTS, &callbacks, &err),
                     STATUS_UNAUTHENTICATED);
    assert_non_null(strstr(err.text, "HTTP 401"));
    w->feed = NULL;
    free(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_snapshot_comes_whole_and_events_follow),
        TEST(events_during_the_snapshot_are_held_back),
        TEST(too_many_events_during_the_snapshot_are_asked_for_again),
        TEST(an_event_that_comes_twice_is_told_once),
        TEST(a_cut_connection_resumes_where_it_was),
        TEST(a_gap_is_asked_for_again),
        TEST(a_gap_that_stays_brings_a_new_snapshot),
        TEST(a_slow_reader_resumes),
        TEST(history_that_does_not_reach_back_brings_a_snapshot_that_replaces),
        TEST(another_epoch_replaces_what_was_known),
        TEST(a_stream_cut_at_every_byte_loses_and_repeats_nothing),
        TEST(without_numbers_each_connection_takes_a_snapshot),
        TEST(events_alone_begin_at_a_known_place),
        TEST(a_limited_reader_follows_watermarks),
        TEST(reloading_takes_a_snapshot_while_live),
        TEST(a_server_that_is_not_there_is_offline_and_tried_again),
        TEST(one_attempt_is_in_flight_at_a_time),
        TEST(a_refused_token_is_told_as_such),
        TEST(a_token_that_is_revoked_later_is_refused_and_another_one_tried_at_once),
        TEST(a_redirect_is_not_followed_with_the_token),
        TEST(a_server_without_a_stream_says_so),
        TEST(silence_is_a_lost_connection),
        TEST(pings_keep_a_quiet_connection),
        TEST(what_is_no_event_ends_the_connection),
        TEST(a_message_in_fragments_is_one_event_and_a_huge_one_is_refused),
        TEST(a_bad_snapshot_is_taken_again),
        TEST(the_feed_may_be_closed_from_every_callback),
        TEST(a_feed_closes_in_every_phase),
        TEST(a_snapshot_can_be_taken_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
