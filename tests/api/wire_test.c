/* HTTP on the wire: what well-meaning and other clients send. */
#include "config.h"

#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENT "{\"type\":\"a.b\",\"source\":\"s\",\"data\":{\"project\":\"alpha\"}}"

/* Sends text, reads until `part` has come `times` times, and returns all that came; the caller's. */
static char *talk(struct server *s, const char *text, const char *part, size_t times)
{
    struct buffer in = BUFFER_LIMIT(16 * 1024 * 1024);
    int fd = wire_open(s);
    wire_text(s, fd, text);
    wire_until(s, fd, &in, part, times);
    (void)close(fd);
    return buffer_take(&in, NULL);
}

static void expect_code(const char *answer, const char *code)
{
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, code, 3) != 0)
        fail_msg("not %s: %s", code, answer);
}

/* --- well-meaning clients --- */

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct server *s = *state;
    s->body = "{\"keptnContext\":\"c\"}";
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n"
                   "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: %zu\r\n\r\n%s"
                   "GET /api/v1/nothing HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n"
                   "GET /health HTTP/1.1\r\nHost: h\r\n\r\n",
                   strlen(EVENT), EVENT);
    char *answer = talk(s, text, "HTTP/1.1", 4);
    const char *who = strstr(answer, "\"role\""), *event = strstr(answer, "keptnContext"),
               *none = strstr(answer, "HTTP/1.1 404");
    assert_true(who != NULL && event != NULL && none != NULL && who < event && event < none);
    free(answer);
}

static void a_pipelined_request_waits_for_one_that_sleeps(void **state)
{
    struct server *s = *state;
    struct buffer in = BUFFER_LIMIT(65536);
    char text[2048];
    s->hold = true;
    (void)snprintf(text, sizeof text,
                   "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: %zu\r\n\r\n%s"
                   "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n",
                   strlen(EVENT), EVENT);
    int fd = wire_open(s);
    wire_text(s, fd, text);
    while (s->held_count == 0)
        server_turn(s);
    for (int i = 0; i < 20; i++)
        server_turn(s);
    server_release(s, 200, "{\"keptnContext\":\"late\"}");
    wire_until(s, fd, &in, "\"role\"", 1);
    assert_true(strstr(buffer_text(&in), "late") < strstr(buffer_text(&in), "\"role\""));
    (void)close(fd);
    buffer_free(&in);
}

static void a_chunked_body_arrives_without_its_framing(void **state)
{
    struct server *s = *state;
    s->body = "{}";
    char *answer = talk(
        s,
        "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nTransfer-Encoding: chunked\r\n\r\n"
        "a\r\n{\"type\":\"a\r\n18;x=y\r\n.b\",\"source\":\"s\",\"data\":\r\n16\r\n{\"project\":\"alpha\"}}  "
        "\r\n0\r\n\r\n",
        "\r\n\r\n", 1);
    expect_code(answer, "200");
    assert_non_null(strstr(buffer_text(&s->calls), "event a.b alpha"));
    free(answer);
}

static void a_put_without_length_has_no_body(void **state)
{
    struct server *s = *state;
    char *answer = talk(s, "PUT /api/v1/auth HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n", "\r\n\r\n", 1);
    expect_code(answer, "200");
    free(answer);
    answer =
        talk(s, "PUT /api/controlPlane/v1/project HTTP/1.1\r\nHost: h\r\nx-token: admin\r\n\r\n", "}", 1);
    expect_code(answer, "400");
    free(answer);
    answer = talk(s, "POST /api/v1/auth HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\nContent-Length: 0\r\n\r\n",
                  "\r\n\r\n", 1);
    expect_code(answer, "200");
    free(answer);
}

static void a_client_that_asks_first_is_told_to_continue(void **state)
{
    struct server *s = *state;
    struct buffer in = BUFFER_LIMIT(65536);
    char text[512];
    s->body = "{}";
    int fd = wire_open(s);
    (void)snprintf(text, sizeof text,
                   "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nExpect: "
                   "100-continue\r\nContent-Length: %zu\r\n\r\n",
                   strlen(EVENT));
    wire_text(s, fd, text);
    wire_until(s, fd, &in, "HTTP/1.1 100 Continue\r\n\r\n", 1);
    wire_text(s, fd, EVENT);
    wire_until(s, fd, &in, "HTTP/1.1 200", 1);
    (void)close(fd);
    buffer_free(&in);
}

static void a_client_that_asks_first_is_refused_before_it_sends(void **state)
{
    struct server *s = *state;
    static const char *const heads[] = {"x-token: nobody\r\nContent-Length: 100",
                                        "x-token: viewer\r\nContent-Length: 9999999"};
    static const char *const codes[] = {"401", "413"};
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n%s\r\n\r\n",
                       heads[i]);
        char *answer = talk(s, text, "}", 1);
        expect_code(answer, codes[i]);
        free(answer);
    }
}

static void other_forms_of_a_request_line_are_taken(void **state)
{
    struct server *s = *state;
    char *answer = talk(s, "GET http://h:80/api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n",
                        "\"role\"", 1);
    expect_code(answer, "200");
    free(answer);
    answer = talk(s, "GET /api/v1/whoami HTTP/1.0\r\nx-token: viewer\r\n\r\n", "\"role\"", 1);
    assert_non_null(strstr(answer, " 200 "));
    free(answer);
    answer = talk(s, "HEAD /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n", "\r\n\r\n", 1);
    expect_code(answer, "200");
    assert_null(strstr(answer, "\"role\""));
    free(answer);
}

static void answers_say_how_they_may_be_used(void **state)
{
    struct server *s = *state;
    struct reply *r = ask(s, "GET", "/api/v1/whoami", "viewer", NULL);
    assert_string_equal(reply_header(r, "Cache-Control"), "no-store");
    assert_string_equal(reply_header(r, "X-Content-Type-Options"), "nosniff");
    assert_non_null(reply_header(r, "Date"));
    assert_null(reply_header(r, "x-drawbridge-sequence"));
    reply_free(r);
}

/* --- sizes --- */

static char *event_of(size_t size)
{
    static const char head[] =
        "{\"type\":\"a.b\",\"source\":\"s\",\"data\":{\"project\":\"alpha\",\"pad\":\"",
                      tail[] = "\"}}";
    char *text = mem_alloc(size + 1);
    memset(text, 'x', size);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + size - (sizeof tail - 1), tail, sizeof tail - 1);
    return text;
}

static const struct {
    const char *name, *method, *path;
    size_t size;
    bool chunked;
    const char *token;
    long code;
} size_rows[] = {
    {"an event of 1 MiB", "POST", "/api/v1/event", 1024 * 1024, false, "admin", 200},
    {"an event of 1 MiB in chunks", "POST", "/api/v1/event", 1024 * 1024, true, "admin", 200},
    {"an event of a byte more", "POST", "/api/v1/event", 1024 * 1024 + 1, false, "admin", 413},
    {"the same in chunks", "POST", "/api/v1/event", 1024 * 1024 + 1, true, "admin", 413},
    {"5 MiB of something else", "PUT", "/api/controlPlane/v1/project", 5 * 1024 * 1024, false, "admin", 400},
    {"a byte more", "PUT", "/api/controlPlane/v1/project", 5 * 1024 * 1024 + 1, false, "admin", 413},
    {"the same in chunks", "PUT", "/api/controlPlane/v1/project", 5 * 1024 * 1024 + 1, true, "admin", 413},
    {"a body from nobody", "POST", "/api/v1/event", 3 * 1024 * 1024, false, NULL, 401},
    {"a body from nobody in chunks", "POST", "/api/v1/event", 3 * 1024 * 1024, true, NULL, 401},
    {"a body for no path", "POST", "/api/v1/nothing", 3 * 1024 * 1024, false, "admin", 404},
    {"a body from the wrong role", "POST", "/api/controlPlane/v1/project", 3 * 1024 * 1024, false, "viewer",
     403},
};

static void bodies_are_bounded_and_the_refusal_is_seen(void **state)
{
    struct server *s = *state;
    s->body = "{}";
    for (size_t i = 0; i < sizeof size_rows / sizeof *size_rows; i++) {
        char *body = event_of(size_rows[i].size);
        static const char *const plain[] = {"Expect:", NULL}, *const chunked[] = {
                                                                  "Expect:", "Transfer-Encoding: chunked",
                                                                  NULL};
        struct reply *r = ask_bytes(s, size_rows[i].method, size_rows[i].path, size_rows[i].token, body,
                                    size_rows[i].size, size_rows[i].chunked ? chunked : plain);
        if (r->code != size_rows[i].code)
            fail_msg("%s: %ld: %s", size_rows[i].name, r->code, buffer_text(&r->body));
        reply_free(r);
        free(body);
    }
}

static void a_body_without_end_is_cut_off(void **state)
{
    struct server *s = *state;
    char *answer = talk(
        s, "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: 99999999999\r\n\r\n",
        "}", 1);
    expect_code(answer, "413");
    free(answer);
    int fd = wire_open(s);
    wire_text(
        s, fd,
        "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nTransfer-Encoding: chunked\r\n\r\n");
    char *chunk = mem_alloc(65536 + 16);
    (void)snprintf(chunk, 16, "10000\r\n");
    memset(chunk + 7, 'x', 65536);
    memcpy(chunk + 7 + 65536, "\r\n", 2);
    size_t sent = 0;
    while (sent < 2 * API_DRAIN_MAX && send(fd, "", 0, MSG_NOSIGNAL) == 0) {
        wire_send(s, fd, chunk, 7 + 65536 + 2);
        sent += 65536;
        server_turn(s);
        char end = 0;
        ssize_t got = recv(fd, &end, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
    }
    assert_true(sent < 2 * API_DRAIN_MAX);
    (void)close(fd);
    free(chunk);
}

static void headers_without_end_are_refused(void **state)
{
    struct server *s = *state;
    size_t size = 100 * 1024;
    char *text = mem_alloc(size + 256);
    int used = snprintf(text, 256, "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\nx-long: ");
    memset(text + used, 'y', size);
    char *answer = talk(s, text, "\r\n\r\n", 1);
    expect_code(answer, "431");
    free(answer);
    free(text);
}

static const struct {
    const char *name, *headers;
} framing_rows[] = {
    {"length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"},
    {"chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"},
    {"two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"},
    {"the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n"},
    {"two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
    {"an encoding that is not spoken", "Transfer-Encoding: gzip\r\n"},
    {"an encoding in two steps", "Transfer-Encoding: gzip, chunked\r\n"},
};

static void a_body_whose_length_is_told_twice_is_refused(void **state)
{
    struct server *s = *state;
    for (size_t i = 0; i < sizeof framing_rows / sizeof *framing_rows; i++) {
        struct buffer in = BUFFER_LIMIT(65536);
        char text[512];
        int fd = wire_open(s);
        (void)snprintf(
            text, sizeof text,
            "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\n%s\r\n5\r\nhello\r\n0\r\n\r\n"
            "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n",
            framing_rows[i].headers);
        print_message("# %s\n", framing_rows[i].name);
        wire_text(s, fd, text);
        wire_until(s, fd, &in, NULL,
                   0); /* the connection is closed: no second request is read out of the first */
        expect_code(buffer_text(&in), "400");
        assert_null(strstr(buffer_text(&in), "\"role\""));
        assert_string_equal(buffer_text(&s->calls), "");
        (void)close(fd);
        buffer_free(&in);
    }
}

/* --- clients that go away or dawdle --- */

static bool is_held(void *arg)
{
    return ((struct server *)arg)->held_count > 0;
}

static int post_and_sleep(struct server *s)
{
    char text[512];
    int fd = wire_open(s);
    s->hold = true;
    (void)snprintf(
        text, sizeof text,
        "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(EVENT), EVENT);
    wire_text(s, fd, text);
    server_until(s, is_held, s);
    return fd;
}

static bool no_requests(void *arg)
{
    return ((struct server *)arg)->api->requests == NULL;
}

static void a_client_that_leaves_while_its_request_sleeps_harms_nobody(void **state)
{
    struct server *s = *state;
    (void)close(post_and_sleep(s));
    for (int i = 0; i < 50; i++)
        server_turn(s);
    server_release(s, 200, "{}");
    server_until(s, no_requests, s);
    struct reply *r = ask(s, "GET", "/api/v1/whoami", "viewer", NULL);
    assert_int_equal(r->code, 200);
    reply_free(r);
}

static void sleeping_requests_wake_in_any_order(void **state)
{
    struct server *s = *state;
    int fds[30];
    for (size_t i = 0; i < 30; i++) {
        char text[512];
        fds[i] = wire_open(s);
        s->hold = true;
        (void)snprintf(
            text, sizeof text,
            "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(EVENT), EVENT);
        wire_text(s, fds[i], text);
        while (s->held_count == i)
            server_turn(s);
    }
    for (size_t i = 30; i-- > 0;) {
        char body[32];
        struct buffer in = BUFFER_LIMIT(65536);
        (void)snprintf(body, sizeof body, "{\"n\":%zu}", i);
        s->held[i].done(s->held[i].arg, 200, body, strlen(body));
        wire_until(s, fds[i], &in, body, 1);
        buffer_free(&in);
        (void)close(fds[i]);
    }
    s->held_count = 0;
}

static const struct {
    const char *name, *text;
} dawdle_rows[] = {
    {"nothing at all", ""},
    {"half a request line", "GET /api/v1/who"},
    {"half the headers", "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-tok"},
    {"half a body",
     "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nContent-Length: 100\r\n\r\n{\"type\""},
    {"half a chunk", "POST /api/v1/event HTTP/1.1\r\nHost: h\r\nx-token: admin\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n10\r\n{\"ty"},
};

static void half_a_request_and_then_silence_is_cut_off(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->tick_ms = 20;
    api_limits(s->api)->header_ms = 150;
    api_limits(s->api)->body_ms = 150;
    for (size_t i = 0; i < sizeof dawdle_rows / sizeof *dawdle_rows; i++) {
        int fd = wire_open(s);
        wire_text(s, fd, dawdle_rows[i].text);
        print_message("# %s\n", dawdle_rows[i].name);
        assert_true(wire_closed(s, fd));
        (void)close(fd);
    }
    assert_string_equal(buffer_text(&s->calls), "");
}

static void a_byte_now_and_then_does_not_keep_a_connection(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->tick_ms = 20;
    api_limits(s->api)->header_ms = 300;
    int fd = wire_open(s);
    int64_t begun = clock_monotonic_ns();
    wire_text(s, fd, "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-long: ");
    for (;;) {
        char c = 0;
        ssize_t got = recv(fd, &c, 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        if (clock_monotonic_ns() - begun > DEADLINE_MS * CLOCK_MS)
            fail_msg("it was kept");
        wire_text(s, fd, "y");
        server_turn(s);
    }
    (void)close(fd);
}

static void a_sleeping_request_has_no_deadline(void **state)
{
    struct server *s = *state;
    api_limits(s->api)->tick_ms = 10;
    api_limits(s->api)->header_ms = 100;
    api_limits(s->api)->body_ms = 100;
    int fd = post_and_sleep(s);
    struct buffer in = BUFFER_LIMIT(65536);
    int64_t begun = clock_monotonic_ns();
    while (clock_monotonic_ns() - begun < CLOCK_S)
        server_turn(s);
    server_release(s, 200, "{\"late\":1}");
    wire_until(s, fd, &in, "{\"late\":1}", 1);
    buffer_free(&in);
    (void)close(fd);
}

static void many_connections_that_say_nothing_do_not_stop_others(void **state)
{
    struct server *s = *state;
    int fds[300];
    for (size_t i = 0; i < 300; i++)
        fds[i] = wire_open(s);
    struct reply *r = ask(s, "GET", "/api/v1/whoami", "viewer", NULL);
    assert_int_equal(r->code, 200);
    reply_free(r);
    for (size_t i = 0; i < 300; i++)
        (void)close(fds[i]);
}

/* Mutations of a request, from a fixed seed: whatever comes, the server lives on. */
static void broken_requests_do_not_break_the_server(void **state)
{
    struct server *s = *state;
    static const char good[] =
        "POST /api/controlPlane/v1/sequence/p%2F/x/control?a=b&c=%41 HTTP/1.1\r\nHost: h\r\nx-token: "
        "admin\r\nContent-Length: 15\r\nConnection: keep-alive\r\n\r\n{\"state\":\"stop\"}";
    uint32_t seed = 12345;
    api_limits(s->api)->tick_ms = 20;
    api_limits(s->api)->header_ms =
        1000; /* MHD may miss the end of a connection that comes with half a request */
    api_limits(s->api)->body_ms = 1000;
    for (int i = 0; i < 400; i++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int j = 0; j < 1 + i % 6; j++) {
            seed = seed * 1664525 + 1013904223;
            text[(seed >> 8) % (sizeof good - 1)] = (char)(seed >> 24);
        }
        int fd = wire_open(s);
        wire_send(s, fd, text, sizeof good - 1);
        server_turn(s);
        (void)close(fd);
    }
    struct reply *r = ask(s, "GET", "/api/v1/whoami", "viewer", NULL);
    assert_int_equal(r->code, 200);
    reply_free(r);
    server_until(s, no_requests, s);
}

/* --- begin and end --- */

static void a_taken_port_is_told_with_what_to_do(void **state)
{
    struct server *s = *state;
    struct error err = ERROR_NONE;
    struct api *second = NULL;
    char listen[32];
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%d", s->port);
    const struct api_settings settings = {.listen = listen, .version = "1"};
    const struct api_ports ports = {0};
    assert_int_equal(api_new(&s->loop, s->store, &settings, &ports, &second, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, listen));
    assert_non_null(strstr(err.text, "--listen"));
    assert_null(second);
}

static void addresses_that_are_none_are_refused(void **state)
{
    struct server *s = *state;
    static const char *const rows[] = {
        "",         "8080",  ":8080", "127.0.0.1", "127.0.0.1:",   "127.0.0.1:x",  "127.0.0.1:65536",
        "::1:8080", "[::1]", "[]:80", "[::1:80",   "127.0.0.1:-1", "300.1.1.1:80", "192.0.2.1:0"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        struct api *a = NULL;
        const struct api_settings settings = {.listen = rows[i], .version = "1"};
        const struct api_ports ports = {0};
        if (api_new(&s->loop, s->store, &settings, &ports, &a, &err) != STATUS_INVALID)
            fail_msg("%s: %s", rows[i], err.text);
        assert_true(err.text[0] != '\0');
    }
}

static void on_stopped(void *arg)
{
    ((struct server *)arg)->stopped = true;
}

static bool has_stopped(void *arg)
{
    return ((struct server *)arg)->stopped;
}

static void a_stop_waits_for_what_is_being_answered(void **state)
{
    struct server *s = *state;
    struct buffer in = BUFFER_LIMIT(65536);
    api_limits(s->api)->stop_ms = 20; /* for answers that nobody takes; a port is waited for */
    int fd = post_and_sleep(s), idle = wire_open(s);
    server_turn(s);
    api_stop(s->api, on_stopped, s);
    for (int i = 0; i < 50; i++)
        server_turn(s);
    assert_false(s->stopped);
    wire_text(s, idle, "GET /api/v1/whoami HTTP/1.1\r\nHost: h\r\nx-token: viewer\r\n\r\n");
    wire_until(s, idle, &in, "drawbridged is stopping", 1);
    expect_code(buffer_text(&in), "503");
    buffer_clear(&in);
    server_release(s, 200, "{\"late\":1}");
    wire_until(s, fd, &in, "{\"late\":1}", 1);
    server_until(s, has_stopped, s);
    buffer_free(&in);
    (void)close(fd);
    (void)close(idle);
}

static void a_port_may_answer_after_the_server_is_gone(void **state)
{
    struct server *s = *state;
    int fd = post_and_sleep(s);
    struct ws *ws = ws_open(s, "", "viewer");
    api_free(s->api);
    s->api = NULL;
    for (int i = 0; i < 10; i++)
        server_turn(s);
    server_release(s, 200, "{}");
    assert_true(wire_closed(s, fd));
    (void)close(fd);
    ws_free(ws);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_pipelined_request_waits_for_one_that_sleeps),
        TEST(a_chunked_body_arrives_without_its_framing),
        TEST(a_put_without_length_has_no_body),
        TEST(a_client_that_asks_first_is_told_to_continue),
        TEST(a_client_that_asks_first_is_refused_before_it_sends),
        TEST(other_forms_of_a_request_line_are_taken),
        TEST(answers_say_how_they_may_be_used),
        TEST(bodies_are_bounded_and_the_refusal_is_seen),
        TEST(a_body_without_end_is_cut_off),
        TEST(headers_without_end_are_refused),
        TEST(a_body_whose_length_is_told_twice_is_refused),
        TEST(a_client_that_leaves_while_its_request_sleeps_harms_nobody),
        TEST(sleeping_requests_wake_in_any_order),
        TEST(half_a_request_and_then_silence_is_cut_off),
        TEST(a_byte_now_and_then_does_not_keep_a_connection),
        TEST(a_sleeping_request_has_no_deadline),
        TEST(many_connections_that_say_nothing_do_not_stop_others),
        TEST(broken_requests_do_not_break_the_server),
        TEST(a_taken_port_is_told_with_what_to_do),
        TEST(addresses_that_are_none_are_refused),
        TEST(a_stop_waits_for_what_is_being_answered),
        TEST(a_port_may_answer_after_the_server_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
