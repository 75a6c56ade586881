/* The stream: what a reader gets, in which order, and how it ends. */
#include "config.h"

#include "support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/reader.h"
#include "base/clock.h"
#include "base/mem.h"

#define TYPE  "sh.keptn.event.test.started"
#define OTHER "sh.keptn.event.deployment.finished"
#define STATE "sh.drawbridge.sequence.state"

static void emit_many(struct server *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        server_emit_later(s, TYPE, "alpha", "qa", "");
    server_settle(s);
}

static void expect_range(struct server *s, struct ws *ws, uint64_t from, uint64_t to)
{
    for (uint64_t number = from; number <= to; number++) {
        struct ws_frame f = ws_text(s, ws);
        assert_int_equal(ws_sequence(&f), number);
    }
}

/* --- order --- */

static void a_reader_without_since_gets_only_what_comes_from_now_on(void **state)
{
    struct server *s = *state;
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    struct ws *ws = ws_open(s, "", "viewer");
    uint64_t number = server_emit(s, TYPE, "alpha", "qa", "");
    struct ws_frame f = ws_text(s, ws);
    assert_int_equal(ws_sequence(&f), number);
    assert_non_null(strstr(f.payload, server_last_id()));
    assert_non_null(strstr(f.payload, "\"datacontenttype\""));
    ws_free(ws);
}

static void since_replays_exactly_what_came_after_it(void **state)
{
    struct server *s = *state;
    char query[128];
    emit_many(s, 30);
    (void)snprintf(query, sizeof query, "since=%s:12", store_epoch(s->store));
    struct ws *with_epoch = ws_open(s, query, "viewer");
    struct ws *plain = ws_open(s, "since=12", "viewer");
    struct ws *all = ws_open(s, "since=0", "viewer");
    struct ws *none = ws_open(s, "since=30", "viewer");
    emit_many(s, 1);
    expect_range(s, with_epoch, 13, 31);
    expect_range(s, plain, 13, 31);
    expect_range(s, all, 1, 31);
    expect_range(s, none, 31, 31);
    ws_free(with_epoch);
    ws_free(plain);
    ws_free(all);
    ws_free(none);
}

static void a_replay_meets_what_is_live_without_gap_or_repeat(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->replay_events = 7;
    emit_many(s, 300);
    struct ws *readers[8];
    for (size_t i = 0; i < 8; i++) {
        char query[32];
        (void)snprintf(query, sizeof query, "since=%zu", i * 40);
        readers[i] = ws_open(s, query, "viewer");
        for (size_t j = 0; j < 25; j++) /* while the replays are under way */
            server_emit_later(s, TYPE, "alpha", "qa", "");
    }
    for (size_t i = 0; i < 300; i++) {
        server_emit_later(s, TYPE, "alpha", "qa", "");
        server_turn(s);
    }
    server_settle(s);
    assert_int_equal(store_last_number(s->store), 800);
    for (size_t i = 0; i < 8; i++) {
        expect_range(s, readers[i], i * 40 + 1, 800);
        ws_free(readers[i]);
    }
}

static void what_is_durable_but_not_published_is_not_lost(void **state)
{
    struct server *s = *state;
    struct ws *live = ws_open(s, "", "viewer");
    server_emit_unpublished(s, TYPE, "alpha");
    struct ws *replayed = ws_open(s, "since=0", "viewer");
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, live, 1, 2);
    expect_range(s, replayed, 1, 2);
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, live, 3, 3);
    expect_range(s, replayed, 3, 3);
    ws_free(live);
    ws_free(replayed);
}

static void a_long_replay_goes_on_as_the_reader_reads(void **state)
{
    struct server *s = *state;
    char *pad = mem_alloc(20000);
    size_t head = (size_t)snprintf(pad, 20000, ",\"pad\":\"");
    memset(pad + head, 'x', 19000);
    pad[head + 19000] = '"';
    api_limits(s->api)->replay_bytes = 64 * 1024;
    api_limits(s->api)->queue_bytes = 256 * 1024; /* far less than what is replayed */
    for (int i = 0; i < 400; i++)
        server_emit_later(s, TYPE, "alpha", "qa", pad);
    server_settle(s);
    struct ws *ws = ws_open(s, "since=0", "viewer");
    for (int i = 0; i < 200; i++)
        server_turn(s); /* nothing is read yet */
    expect_range(s, ws, 1, 400);
    ws_free(ws);
    free(pad);
}

static void an_event_of_nearly_a_mebibyte_comes_whole(void **state)
{
    struct server *s = *state;
    size_t size = 900 * 1024;
    char *pad = mem_alloc(size + 32);
    size_t head = (size_t)snprintf(pad, 32, ",\"pad\":\"");
    memset(pad + head, 'y', size);
    pad[head + size] = '"';
    struct ws *ws = ws_open(s, "", "viewer");
    (void)server_emit(s, TYPE, "alpha", "qa", pad);
    struct ws_frame f = ws_text(s, ws);
    assert_int_equal(ws_sequence(&f), 1);
    cJSON *event = cJSON_Parse(f.payload);
    assert_non_null(event);
    assert_int_equal(strlen(cJSON_GetObjectItem(cJSON_GetObjectItem(event, "data"), "pad")->valuestring),
                     size);
    cJSON_Delete(event);
    ws_free(ws);
    free(pad);
}

static void events_larger_than_the_socket_takes_come_whole(void **state)
{
    struct server *s = *state;
    size_t size = 900 * 1024;
    char *pad = mem_alloc(size + 32);
    size_t head = (size_t)snprintf(pad, 32, ",\"pad\":\"");
    for (size_t i = 0; i < size; i++)
        pad[head + i] = (char)('a' + i % 26);
    pad[head + size] = '"';
    api_limits(s->api)->queue_bytes = (size_t)64 * 1024 * 1024;
    struct ws *ws = ws_open(s, "", "viewer");
    for (int i = 0; i < 16; i++)
        (void)server_emit(s, TYPE, "alpha", "qa", pad);
    for (uint64_t number = 1; number <= 16; number++) {
        struct ws_frame f = ws_text(s, ws);
        assert_int_equal(ws_sequence(&f), number);
        assert_non_null(strstr(f.payload, pad));
    }
    ws_free(ws);
    free(pad);
}

static void all_readers_get_the_same_bytes(void **state)
{
    struct server *s = *state;
    struct ws *readers[40];
    for (size_t i = 0; i < 40; i++)
        readers[i] = ws_open(s, "", i % 2 ? "viewer" : "operator");
    emit_many(s, 20);
    for (size_t i = 0; i < 40; i++) {
        expect_range(s, readers[i], 1, 20);
        ws_free(readers[i]);
    }
}

static void states_are_on_the_stream_and_count(void **state)
{
    struct server *s = *state;
    struct ws *ws = ws_open(s, "", "viewer");
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    (void)server_emit(s, STATE, "alpha", NULL, ",\"state\":\"paused\"");
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, ws, 1, 1);
    struct ws_frame f = ws_text(s, ws);
    assert_int_equal(ws_sequence(&f), 2);
    assert_non_null(strstr(f.payload, "\"state\":\"paused\""));
    expect_range(s, ws, 3, 3);
    ws_free(ws);
}

/* --- filters --- */

/* What is emitted for each row below: numbers 1 to 6. */
static void emit_mixture(struct server *s)
{
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    (void)server_emit(s, OTHER, "alpha", "production", "");
    (void)server_emit(s, TYPE, "beta", "qa", "");
    (void)server_emit(s, STATE, "alpha", "none", "");
    (void)server_emit(s, "sh.keptn.log.error", NULL, NULL, "");
    (void)server_emit(s, OTHER, "beta", "production", "");
}

static const struct {
    const char *name, *query, *token;
    uint64_t numbers[7];
} filter_rows[] = {
    {"one project", "project=alpha", "viewer", {1, 2, 4}},
    {"two projects", "project=alpha&project=beta", "viewer", {1, 2, 3, 4, 6}},
    {"a stage lets states through", "stage=qa", "viewer", {1, 3, 4}},
    {"project and stage", "project=beta&stage=production", "viewer", {6}},
    {"a service", "service=web", "viewer", {1, 2, 3, 4, 6}},
    {"another service", "service=db", "viewer", {0}},
    {"a type", "type=" OTHER, "viewer", {2, 6}},
    {"two types", "type=" OTHER "&type=" STATE, "viewer", {2, 4, 6}},
    {"a limited token", "", "limited", {1, 2, 4}},
    {"a limited token that asks for more", "project=alpha&project=beta", "limited", {1, 2, 4}},
    {"a limited token, elsewhere", "project=beta", "limited", {0}},
};

static void expect_numbers(struct server *s, struct ws *ws, const uint64_t *numbers, uint64_t newest)
{
    char mark[128];
    (void)snprintf(mark, sizeof mark, "{\"watermark\":\"%s:%llu\"}", store_epoch(s->store),
                   (unsigned long long)newest);
    for (;;) {
        struct ws_frame f = ws_text(s, ws);
        uint64_t number = ws_sequence(&f);
        if (number == 0 && strcmp(f.payload, mark) == 0)
            break;
        if (number == 0)
            continue;
        assert_int_equal(number, *numbers);
        numbers++;
    }
    assert_int_equal(*numbers, 0);
}

static void a_filtered_reader_gets_what_fits_and_watermarks(void **state)
{
    struct server *s = *state;
    struct ws *live[16];
    size_t rows = sizeof filter_rows / sizeof *filter_rows;
    api_limits(s->api)->watermark_ms = 20;
    api_limits(s->api)->tick_ms = 10;
    for (size_t i = 0; i < rows; i++)
        live[i] = ws_open(s, filter_rows[i].query, filter_rows[i].token);
    emit_mixture(s);
    for (size_t i = 0; i < rows; i++) {
        char query[256];
        (void)snprintf(query, sizeof query, "since=0&%s", filter_rows[i].query);
        struct ws *replayed = ws_open(s, query, filter_rows[i].token);
        print_message("# %s\n", filter_rows[i].name);
        expect_numbers(s, live[i], filter_rows[i].numbers, 6);
        expect_numbers(s, replayed, filter_rows[i].numbers, 6);
        ws_free(live[i]);
        ws_free(replayed);
    }
}

static void a_filtered_reader_is_told_at_once_where_it_stands(void **state)
{
    struct server *s = *state;
    static const uint64_t none[] = {0};
    api_limits(s->api)->watermark_ms = 3600000;
    emit_many(s, 9);
    struct ws *live = ws_open(s, "project=beta", "viewer"),
              *replayed = ws_open(s, "since=2&project=beta", "viewer");
    expect_numbers(s, live, none, 9);
    expect_numbers(s, replayed, none, 9);
    ws_free(live);
    ws_free(replayed);
}

/* --- the end --- */

static void a_since_that_cannot_be_resumed_is_closed_with_4410(void **state)
{
    struct server *s = *state;
    char ahead[128];
    emit_many(s, 5);
    (void)snprintf(ahead, sizeof ahead, "since=%s:6", store_epoch(s->store));
    const char *const queries[] = {"since=other-epoch:3", "since=6", "since=99999999999999999999", ahead,
                                   "since=:3"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct ws *ws = ws_open(s, queries[i], "viewer");
        print_message("# %s\n", queries[i]);
        assert_int_equal(ws_close_code(s, ws), 4410);
        ws_free(ws);
    }
}

static void a_since_that_is_not_kept_any_more_is_closed_with_4410(void **state)
{
    struct server *s = *state;
    char path[128];
    sqlite3 *db = NULL;
    emit_many(s, 10);
    (void)snprintf(path, sizeof path, "%s/drawbridged.db", s->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM events WHERE number <= 5", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct ws *old = ws_open(s, "since=3", "viewer"), *kept = ws_open(s, "since=5", "viewer");
    assert_int_equal(ws_close_code(s, old), 4410);
    expect_range(s, kept, 6, 10);
    ws_free(old);
    ws_free(kept);
}

static void a_reader_that_is_too_slow_is_closed_with_4408(void **state)
{
    struct server *s = *state;
    int small = 128 * 1024;
    char *pad = mem_alloc(60000);
    size_t head = (size_t)snprintf(pad, 60000, ",\"pad\":\"");
    memset(pad + head, 'x', 50000);
    pad[head + 50000] = '"';
    api_limits(s->api)->queue_bytes = 1024 * 1024;
    api_limits(s->api)->linger_ms = 60000;
    struct ws *slow = ws_open(s, "", "viewer"), *quick = ws_open(s, "", "viewer");
    (void)setsockopt(slow->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (uint64_t i = 1; i <= 200; i++) {
        (void)server_emit(s, TYPE, "alpha", "qa", pad);
        expect_range(s, quick, i, i);
    }
    for (size_t i = 0; i < s->api->stream.count; i++) /* what waited is given up, not kept for it */
        assert_true(s->api->stream.readers[i]->queue.bytes < 60000);
    assert_int_equal(ws_close_code(s, slow), 4408);
    ws_free(slow);
    ws_free(quick);
    free(pad);
}

static bool no_readers(void *arg)
{
    return ((struct server *)arg)->api->stream.count == 0;
}

static void a_slow_reader_that_never_reads_again_is_dropped(void **state)
{
    struct server *s = *state;
    char *pad = mem_alloc(60000);
    size_t head = (size_t)snprintf(pad, 60000, ",\"pad\":\"");
    memset(pad + head, 'x', 50000);
    pad[head + 50000] = '"';
    api_limits(s->api)->queue_bytes = 256 * 1024;
    api_limits(s->api)->linger_ms = 50;
    struct ws *ws = ws_open(s, "", "viewer");
    for (int i = 0; i < 200; i++)
        server_emit_later(s, TYPE, "alpha", "qa", pad);
    server_until(s, no_readers, s);
    ws_free(ws);
    free(pad);
}

static void a_reader_whose_token_is_revoked_is_closed_with_4401(void **state)
{
    struct server *s = *state;
    struct ws *revoked = ws_open(s, "", "viewer"), *other = ws_open(s, "", "operator");
    server_revoke(s, "viewer");
    assert_int_equal(ws_close_code(s, revoked), 4401);
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, other, 1, 1);
    ws_free(revoked);
    ws_free(other);
}

static void a_reader_whose_token_expires_is_closed_with_4401(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->tick_ms = 10;
    server_token(s, "brief", "viewer", NULL, clock_now_ns() + CLOCK_S);
    struct ws *ws = ws_open(s, "", "brief");
    assert_int_equal(ws_close_code(s, ws), 4401);
    ws_free(ws);
    struct ws again = {0};
    assert_int_equal(ws_try(s, &again, "", "brief", ""), 401);
    (void)close(again.fd);
    buffer_free(&again.in);
}

static void a_token_that_is_limited_later_sees_less_from_then_on(void **state)
{
    struct server *s = *state;
    struct ws *ws = ws_open(s, "", "viewer");
    (void)server_emit(s, TYPE, "beta", "qa", "");
    expect_range(s, ws, 1, 1);
    server_token(s, "viewer", "viewer", "[\"alpha\"]", 0);
    (void)server_emit(s, TYPE, "beta", "qa", "");
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, ws, 3, 3);
    ws_free(ws);
}

static void a_reader_is_pinged_and_dropped_when_it_goes_silent(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->tick_ms = 10;
    api_limits(s->api)->ping_ms = 20;
    api_limits(s->api)->silence_ms = 2000;
    struct ws *silent = ws_open(s, "", "viewer"), *alive = ws_open(s, "", "viewer");
    size_t pings = 0;
    int64_t begun = clock_monotonic_ns();
    while (clock_monotonic_ns() - begun < 3 * CLOCK_S) { /* longer than the silence that is borne */
        struct ws_frame f = ws_next(s, alive);
        assert_int_equal(f.opcode, 9);
        ws_send(s, alive, 10, true, true, f.payload, f.len);
        pings++;
    }
    assert_true(pings > 5);
    begun = clock_monotonic_ns();
    while (!silent->ended && clock_monotonic_ns() - begun < DEADLINE_MS * CLOCK_MS)
        (void)ws_next(s, silent); /* pings that nobody answers */
    assert_true(silent->ended);
    (void)server_emit(s, TYPE, "alpha", "qa", "");
    expect_range(s, alive, 1, 1);
    ws_free(silent);
    ws_free(alive);
}

static void on_stopped(void *arg)
{
    ((struct server *)arg)->stopped = true;
}

static bool has_stopped(void *arg)
{
    return ((struct server *)arg)->stopped;
}

static void a_stop_closes_with_1001(void **state)
{
    struct server *s = *state;
    struct ws *ws = ws_open(s, "", "viewer");
    api_stop(s->api, on_stopped, s);
    struct ws_frame f = ws_text(s, ws);
    assert_int_equal(f.opcode, 8);
    assert_int_equal((unsigned char)f.payload[0] << 8 | (unsigned char)f.payload[1], 1001);
    assert_false(s->stopped);
    ws_send(s, ws, 8, true, true, "\x03\xe9", 2);
    server_until(s, has_stopped, s);
    ws_free(ws);
}

/* --- the handshake --- */

static const struct {
    const char *name, *query, *token, *headers;
    int code;
} handshake_rows[] = {
    {"plain", "", "viewer", "", 101},
    {"our subprotocol", "", "viewer", "Sec-WebSocket-Protocol: cloudevents.json\r\n", 101},
    {"our subprotocol among others", "", "viewer", "Sec-WebSocket-Protocol: mqtt, cloudevents.json\r\n", 101},
    {"our subprotocol in a second header", "", "viewer",
     "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: cloudevents.json\r\n", 101},
    {"only other subprotocols", "", "viewer", "Sec-WebSocket-Protocol: mqtt, cloudevents.avro\r\n", 400},
    {"no token", "", NULL, "", 401},
    {"a wrong token", "", "nobody", "", 401},
    {"a bearer token", "", NULL, "Authorization: Bearer viewer\r\n", 101},
    {"an Origin", "", "viewer", "Origin: https://evil.example\r\n", 403},
    {"our own Origin", "", "viewer", "Origin: http://localhost\r\n", 403},
    {"since is no number", "since=abc", "viewer", "", 400},
    {"since without number", "since=epoch:", "viewer", "", 400},
    {"since is negative", "since=-1", "viewer", "", 400},
};

static void the_handshake_is_answered_as_the_table_says(void **state)
{
    struct server *s = *state;
    for (size_t i = 0; i < sizeof handshake_rows / sizeof *handshake_rows; i++) {
        struct ws ws = {0};
        int code =
            ws_try(s, &ws, handshake_rows[i].query, handshake_rows[i].token, handshake_rows[i].headers);
        if (code != handshake_rows[i].code)
            fail_msg("%s: %d", handshake_rows[i].name, code);
        (void)close(ws.fd);
        buffer_free(&ws.in);
    }
}

static void the_subprotocol_is_echoed_only_when_offered(void **state)
{
    struct server *s = *state;
    static const char *const offers[] = {"", "Sec-WebSocket-Protocol: cloudevents.json\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer in = BUFFER_LIMIT(65536);
        char request[1024];
        int fd = wire_open(s);
        (void)snprintf(
            request, sizeof request,
            "GET /api/v1/event/stream HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-token:  viewer "
            "\r\n%s"
            "\r\n",
            offers[i]);
        wire_text(s, fd, request);
        wire_until(s, fd, &in, "\r\n\r\n", 1);
        assert_non_null(strstr(buffer_text(&in), "HTTP/1.1 101"));
        assert_int_equal(strstr(buffer_text(&in), "Sec-WebSocket-Protocol: cloudevents.json\r\n") != NULL,
                         i == 1);
        buffer_free(&in);
        (void)close(fd);
    }
}

static const struct {
    const char *name, *headers;
    const char *answer;
} refused_rows[] = {
    {"no upgrade", "", "426"},
    {"upgrade to something else", "Upgrade: h2c\r\nConnection: upgrade\r\n", "426"},
    {"connection does not say upgrade",
     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
     "426"},
    {"an old version",
     "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: "
     "dGhlIHNhbXBsZSBub25jZQ==\r\n",
     "426"},
    {"no key", "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n", "400"},
    {"a short key",
     "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: abc=\r\n",
     "400"},
};

static void what_is_no_handshake_is_refused(void **state)
{
    struct server *s = *state;
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        struct buffer in = BUFFER_LIMIT(65536);
        char request[1024];
        int fd = wire_open(s);
        (void)snprintf(request, sizeof request,
                       "GET /api/v1/event/stream HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n%s\r\n",
                       refused_rows[i].headers);
        wire_text(s, fd, request);
        wire_until(s, fd, &in, "}", 1);
        if (strncmp(buffer_text(&in) + strlen("HTTP/1.1 "), refused_rows[i].answer, 3) != 0)
            fail_msg("%s: %s", refused_rows[i].name, buffer_text(&in));
        buffer_free(&in);
        (void)close(fd);
    }
}

static void frames_sent_together_with_the_handshake_count(void **state)
{
    struct server *s = *state;
    struct buffer in = BUFFER_LIMIT(65536);
    int fd = wire_open(s);
    static const char request[] =
        "GET /api/v1/event/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-token: viewer\r\n\r\n"
        "\x89\x85\0\0\0\0early";
    wire_send(s, fd, request, sizeof request - 1);
    wire_until(s, fd, &in,
               "\x8a\x05"
               "early",
               1);
    buffer_free(&in);
    (void)close(fd);
}

/* --- what a client may send --- */

struct sent {
    int opcode;
    bool fin, mask;
    const char *payload;
    size_t len; /* 0: that of the payload; else so many bytes of it, repeated */
};

static const struct {
    const char *name;
    struct sent frames[4];
    int code; /* 0: the connection stays */
} frame_rows[] = {
    {"a text", {{1, true, true, "hello", 0}}, 0},
    {"a binary", {{2, true, true, "\x01\x02", 0}}, 0},
    {"fragments", {{1, false, true, "a", 0}, {0, false, true, "b", 0}, {0, true, true, "c", 0}}, 0},
    {"a ping between fragments",
     {{1, false, true, "a", 0}, {9, true, true, "p", 0}, {0, true, true, "c", 0}},
     0},
    {"a pong that nobody asked for", {{10, true, true, "x", 0}}, 0},
    {"an empty text", {{1, true, true, "", 0}}, 0},
    {"not masked", {{1, true, false, "hello", 0}}, 1002},
    {"a reserved bit", {{0x41, true, true, "hello", 0}}, 1002},
    {"a reserved opcode", {{3, true, true, "hello", 0}}, 1002},
    {"a control frame in fragments", {{9, false, true, "x", 0}}, 1002},
    {"a control frame of 126 bytes", {{9, true, true, "x", 126}}, 1002},
    {"a continuation of nothing", {{0, true, true, "x", 0}}, 1002},
    {"a text within a text", {{1, false, true, "a", 0}, {1, true, true, "b", 0}}, 1002},
    {"text that is no UTF-8", {{1, true, true, "\xff\xfe", 0}}, 1007},
    {"a message over the bound", {{1, true, true, "x", 20000}}, 1009},
    {"fragments over the bound", {{1, false, true, "x", 10000}, {0, false, true, "x", 10000}}, 1009},
    {"a close", {{8, true, true, "\x03\xe8", 0}}, 1000},
    {"a close without code", {{8, true, true, "", 0}}, 1005},
    {"a close of half a code", {{8, true, true, "\x03", 0}}, 1005},
};

static void send_frame(struct server *s, struct ws *ws, const struct sent *f)
{
    size_t len = f->len != 0 ? f->len : strlen(f->payload);
    char *payload = mem_alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        payload[i] = f->payload[i % (strlen(f->payload) > 0 ? strlen(f->payload) : 1)];
    ws_send(s, ws, f->opcode, f->fin, f->mask, payload, len);
    free(payload);
}

static void frames_of_a_client_are_taken_or_refused_as_the_table_says(void **state)
{
    struct server *s = *state;
    for (size_t i = 0; i < sizeof frame_rows / sizeof *frame_rows; i++) {
        struct ws *ws = ws_open(s, "", "viewer");
        print_message("# %s\n", frame_rows[i].name);
        for (size_t j = 0; j < 4 && frame_rows[i].frames[j].payload != NULL; j++)
            send_frame(s, ws, &frame_rows[i].frames[j]);
        if (frame_rows[i].code == 0) {
            ws_send(s, ws, 9, true, true, "still there", 11);
            struct ws_frame f = ws_next(s, ws);
            while (f.opcode == 10 && strcmp(f.payload, "still there") != 0)
                f = ws_next(s, ws);
            assert_int_equal(f.opcode, 10);
        } else {
            int code = ws_close_code(s, ws);
            assert_int_equal(code == 0 ? 1005 : code, frame_rows[i].code);
            ws_send(s, ws, 8, true, true, "", 0);
            struct ws_frame f = ws_next(s, ws);
            assert_int_equal(f.opcode, -1); /* the end, and nothing before it */
        }
        ws_free(ws);
    }
}

static void a_client_that_goes_away_leaves_nothing(void **state)
{
    struct server *s = *state;
    for (int i = 0; i < 20; i++)
        ws_free(ws_open(s, "", "viewer"));
    server_until(s, no_readers, s);
}

static void a_flood_of_pings_without_reading_is_bounded(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->queue_bytes = 64 * 1024;
    struct ws *ws = ws_open(s, "", "viewer");
    char payload[125];
    memset(payload, 'p', sizeof payload);
    for (int i = 0; i < 200000 && s->api->stream.count > 0; i++)
        ws_send(s, ws, 9, true, true, payload, sizeof payload);
    server_until(s, no_readers, s);
    ws_free(ws);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reader_without_since_gets_only_what_comes_from_now_on),
        TEST(since_replays_exactly_what_came_after_it),
        TEST(a_replay_meets_what_is_live_without_gap_or_repeat),
        TEST(what_is_durable_but_not_published_is_not_lost),
        TEST(a_long_replay_goes_on_as_the_reader_reads),
        TEST(an_event_of_nearly_a_mebibyte_comes_whole),
        TEST(events_larger_than_the_socket_takes_come_whole),
        TEST(all_readers_get_the_same_bytes),
        TEST(states_are_on_the_stream_and_count),
        TEST(a_filtered_reader_gets_what_fits_and_watermarks),
        TEST(a_filtered_reader_is_told_at_once_where_it_stands),
        TEST(a_since_that_cannot_be_resumed_is_closed_with_4410),
        TEST(a_since_that_is_not_kept_any_more_is_closed_with_4410),
        TEST(a_reader_that_is_too_slow_is_closed_with_4408),
        TEST(a_slow_reader_that_never_reads_again_is_dropped),
        TEST(a_reader_whose_token_is_revoked_is_closed_with_4401),
        TEST(a_reader_whose_token_expires_is_closed_with_4401),
        TEST(a_token_that_is_limited_later_sees_less_from_then_on),
        TEST(a_reader_is_pinged_and_dropped_when_it_goes_silent),
        TEST(a_stop_closes_with_1001),
        TEST(the_handshake_is_answered_as_the_table_says),
        TEST(the_subprotocol_is_echoed_only_when_offered),
        TEST(what_is_no_handshake_is_refused),
        TEST(frames_sent_together_with_the_handshake_count),
        TEST(frames_of_a_client_are_taken_or_refused_as_the_table_says),
        TEST(a_client_that_goes_away_leaves_nothing),
        TEST(a_flood_of_pings_without_reading_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
