#include "config.h"

#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "fake.h"

#define PATIENCE_MS 10000

struct world {
    uv_loop_t loop;
    struct fake *fake, *other;
    struct http_client *http;
    size_t requests, other_requests;
    char target[256], token[64], head[2048];
    bool done;
    enum status status;
    long code;
    char error[512], number[128], location[256];
    char *body;
    size_t body_len;
};

static void on_other(void *arg, const struct fake_request *request, struct fake_peer *peer)
{
    struct world *w = arg;
    (void)request;
    w->other_requests++;
    fake_answer(peer, 200, NULL, "other");
}

static void on_request(void *arg, const struct fake_request *request, struct fake_peer *peer)
{
    struct world *w = arg;
    w->requests++;
    snprintf(w->target, sizeof w->target, "%s %s", request->method, request->target);
    snprintf(w->token, sizeof w->token, "%s", request->token != NULL ? request->token : "");
    snprintf(w->head, sizeof w->head, "%s", request->head);
    const char *path = request->target;
    if (strcmp(path, "/ok") == 0) {
        fake_answer(peer, 200, "x-drawbridge-sequence: E1:42\r\nDate: Thu, 04 May 2023 10:11:12 GMT\r\n",
                    "hello");
    } else if (strcmp(path, "/empty") == 0) {
        fake_answer(peer, 204, NULL, "");
    } else if (strcmp(path, "/moved") == 0) {
        char *headers = mem_printf("Location: http://127.0.0.1:%d/stolen\r\n", fake_port(w->other));
        fake_answer(peer, 301, headers, "");
        free(headers);
    } else if (strcmp(path, "/refused") == 0) {
        fake_answer(peer, 403, NULL, "{\"code\":403,\"message\":\"this token may not\"}");
    } else if (strcmp(path, "/garbage") == 0) {
        fake_raw(peer, "\x00\xff\xfe\r\n\r\n garbage \r\n\r\n", 20);
        fake_hang_up(peer);
    } else if (strcmp(path, "/half") == 0) {
        fake_raw(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 45);
        fake_hang_up(peer);
    } else if (strcmp(path, "/huge") == 0) {
        size_t len = 65 * 1024 * 1024;
        char *body = mem_alloc(len);
        fake_answer_bytes(peer, "200 OK\r\n", body, len);
        free(body);
    } /* else: silence */
}

static int set_up(void **state)
{
    struct world *w = MEM_NEW(struct world);
    uv_loop_init(&w->loop);
    w->fake = fake_start(&w->loop, on_request, NULL, w);
    w->other = fake_start(&w->loop, on_other, NULL, w);
    w->http = http_client_new(&w->loop, NULL);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    if (w->http != NULL)
        http_client_free(w->http);
    fake_stop(w->fake);
    fake_stop(w->other);
    bool empty = fake_run_empty(&w->loop);
    free(w->body);
    free(w);
    return empty ? 0 : -1;
}

static void on_done(void *arg, const struct http_response *response)
{
    struct world *w = arg;
    assert_false(w->done);
    w->done = true;
    w->status = response->status;
    w->code = response->code;
    snprintf(w->error, sizeof w->error, "%s", response->error);
    snprintf(w->number, sizeof w->number, "%s",
             response->snapshot_number != NULL ? response->snapshot_number : "");
    snprintf(w->location, sizeof w->location, "%s", response->location != NULL ? response->location : "");
    free(w->body);
    w->body = mem_string_n(response->body, response->body_len);
    w->body_len = response->body_len;
}

static void ask(struct world *w, const char *method, const char *path, const char *body, int timeout_ms)
{
    char *url = mem_printf("http://127.0.0.1:%d%s", fake_port(w->fake), path);
    const struct http_request request = {.method = method,
                                         .url = url,
                                         .token = "secret",
                                         .body = body,
                                         .body_len = body != NULL ? strlen(body) : 0,
                                         .timeout_ms = timeout_ms};
    w->done = false;
    http_send(w->http, &request, on_done, w);
    assert_false(w->done); /* never before it returns */
    free(url);
    assert_true(fake_run_until(&w->loop, &w->done, PATIENCE_MS));
}

static void an_answer_brings_code_body_and_number(void **state)
{
    struct world *w = *state;
    ask(w, "GET", "/ok", NULL, 0);
    assert_int_equal(w->status, STATUS_OK);
    assert_int_equal(w->code, 200);
    assert_string_equal(w->body, "hello");
    assert_string_equal(w->number, "E1:42");
    assert_string_equal(w->token, "secret");
    ask(w, "GET", "/empty", NULL, 0);
    assert_int_equal(w->code, 204);
    assert_string_equal(w->body, "");
    assert_string_equal(w->number, "");
}

static void a_request_without_a_body_says_its_length(void **state)
{
    static const struct {
        const char *method, *body;
        bool length;
    } rows[] = {{"GET", NULL, false},
                {"POST", NULL, true},
                {"POST", "{}", true},
                {"PUT", NULL, true},
                {"DELETE", NULL, false}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%s /ok", rows[i].method);
        ask(w, rows[i].method, "/ok", rows[i].body, 0);
        assert_int_equal(w->code, 200);
        assert_string_equal(w->target, expected);
        assert_int_equal(strcasestr(w->head, "content-length:") != NULL, rows[i].length);
        assert_null(strcasestr(w->head, "expect:"));
        assert_non_null(strcasestr(w->head, "content-type: application/json"));
    }
}

static void a_redirect_is_not_followed(void **state)
{
    struct world *w = *state;
    ask(w, "GET", "/moved", NULL, 0);
    assert_int_equal(w->code, 301);
    assert_non_null(strstr(w->location, "/stolen"));
    assert_int_equal(w->other_requests, 0);
    struct error err = ERROR_NONE;
    struct http_request request = {.method = "GET", .url = "http://x/moved"};
    assert_int_equal(http_error(&request, 301, "", 0, &err), STATUS_FAILED);
    assert_non_null(strstr(err.text, "not followed"));
}

static void no_answer_says_why(void **state)
{
    static const struct {
        const char *path;
        int timeout_ms;
        enum status status;
        const char *words;
    } rows[] = {{"/silence", 300, STATUS_TIMED_OUT, "no answer in time"},
                {"/garbage", 0, STATUS_UNREACHABLE, ""},
                {"/half", 0, STATUS_UNREACHABLE, ""},
                {"/huge", 0, STATUS_UNREACHABLE, "64 MiB"}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(w, "GET", rows[i].path, NULL, rows[i].timeout_ms);
        assert_int_equal(w->status, rows[i].status);
        assert_true(strlen(w->error) > 0);
        assert_non_null(strstr(w->error, rows[i].words));
    }
}

static void a_port_where_nobody_listens_is_unreachable(void **state)
{
    struct world *w = *state;
    struct http_answer answer;
    struct error err = ERROR_NONE;
    struct http_request request = {.method = "GET", .url = "http://127.0.0.1:1/api"};
    assert_int_equal(http_ask(w->http, &request, &answer, &err), STATUS_UNREACHABLE);
    assert_non_null(strstr(err.text, "GET http://127.0.0.1:1/api"));
    assert_non_null(strstr(err.text, "Connection refused"));
    assert_non_null(strstr(err.text, "is the server running"));
    request.url = "";
    assert_int_equal(http_ask(w->http, &request, &answer, &err), STATUS_UNREACHABLE);
    request.url = "file:///etc/passwd";
    assert_int_equal(http_ask(w->http, &request, &answer, &err), STATUS_UNREACHABLE);
}

static void asking_blocks_until_the_answer_is_there(void **state)
{
    struct world *w = *state;
    struct http_answer answer;
    struct error err = ERROR_NONE;
    char *url = mem_printf("http://127.0.0.1:%d/ok", fake_port(w->fake));
    struct http_request request = {.method = "GET", .url = url};
    assert_int_equal(http_ask(w->http, &request, &answer, &err), STATUS_OK);
    assert_int_equal(answer.code, 200);
    assert_int_equal(answer.body_len, 5);
    assert_string_equal(answer.body, "hello");
    free(answer.body);
    free(url);
}

static void loopback_never_goes_through_a_proxy(void **state)
{
    struct world *w = *state;
    char *proxy = mem_printf("http://127.0.0.1:%d", fake_port(w->other));
    setenv("http_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    ask(w, "GET", "/ok", NULL, 0);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    free(proxy);
    assert_string_equal(w->body, "hello");
    assert_int_equal(w->other_requests, 0);
}

static void a_proxy_of_the_settings_beats_the_environment_for_loopback_too(void **state)
{
    struct world *w = *state;
    char *proxy = mem_printf("http://127.0.0.1:%d", fake_port(w->other));
    http_client_free(w->http);
    w->http = http_client_new(&w->loop, &(struct http_settings){.proxy = proxy});
    setenv("NO_PROXY", "*", 1);
    ask(w, "GET", "/ok", NULL, 0);
    unsetenv("NO_PROXY");
    assert_int_equal(w->other_requests, 1);
    http_client_free(w->http);
    w->http = http_client_new(&w->loop, &(struct http_settings){.proxy = ""});
    setenv("http_proxy", proxy, 1);
    ask(w, "GET", "/ok", NULL, 0);
    unsetenv("http_proxy");
    assert_string_equal(w->body, "hello");
    assert_int_equal(w->other_requests, 1);
    free(proxy);
}

static void a_cancelled_call_never_calls_back(void **state)
{
    struct world *w = *state;
    char *url = mem_printf("http://127.0.0.1:%d/ok", fake_port(w->fake));
    struct http_request request = {.method = "GET", .url = url};
    struct http_call *call = http_send(w->http, &request, on_done, w);
    http_cancel(call);
    call = http_send(w->http, &request, on_done, w);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    http_cancel(call);
    http_send(w->http, &request, on_done, w);
    free(url);
    http_client_free(w->http);
    w->http = NULL;
    bool never = false;
    assert_false(fake_run_until(&w->loop, &never, 50));
    assert_false(w->done);
}

static void on_done_free(void *arg, const struct http_response *response)
{
    struct world *w = arg;
    http_client_free(w->http);
    w->http = NULL;
    on_done(arg, response); /* the answer outlives the client */
}

static void a_callback_may_free_the_client(void **state)
{
    struct world *w = *state;
    char *url = mem_printf("http://127.0.0.1:%d/ok", fake_port(w->fake));
    struct http_request request = {.method = "GET", .url = url};
    http_send(w->http, &request, on_done_free, w);
    http_send(w->http, &request, on_done, w); /* dies with the client */
    assert_true(fake_run_until(&w->loop, &w->done, PATIENCE_MS));
    assert_string_equal(w->body, "hello");
    assert_string_equal(w->number, "E1:42");
    free(url);
}

static void an_error_has_the_servers_words(void **state)
{
    static const struct {
        long code;
        const char *body;
        enum status status;
        const char *words;
    } rows[] = {{200, "", STATUS_OK, ""},
                {204, "", STATUS_OK, ""},
                {403, "{\"code\":403,\"message\":\"this token may not\"}", STATUS_FORBIDDEN,
                 "this token may not (HTTP 403)"},
                {401, "", STATUS_UNAUTHENTICATED, "--token-file"},
                {404, "{\"message\":\"Project not found: x\"}", STATUS_NOT_FOUND, "Project not found: x"},
                {404, "<html>", STATUS_NOT_FOUND, "not found (HTTP 404)"},
                {409, "{\"message\":5}", STATUS_CONFLICT, "conflict (HTTP 409)"},
                {500, "", STATUS_FAILED, "HTTP 500"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        struct http_request request = {.method = "PUT", .url = "http://x/y"};
        assert_int_equal(http_error(&request, rows[i].code, rows[i].body, strlen(rows[i].body), &err),
                         rows[i].status);
        assert_non_null(strstr(err.text, rows[i].words));
    }
}

static void names_in_an_url_are_escaped(void **state)
{
    static const struct {
        const char *name, *url;
    } rows[] = {{"plain-1.2_~", "http://h/p/plain-1.2_~/x?q=a"},
                {"a/b", "http://h/p/a%2Fb/x?q=a"},
                {"a b?&#%+", "http://h/p/a%20b%3F%26%23%25%2B/x?q=a"},
                {"ü", "http://h/p/%C3%BC/x?q=a"},
                {"..", "http://h/p/../x?q=a"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *url = http_url("http://h", "/p/{}/x?q={}", rows[i].name, "a");
        assert_string_equal(url, rows[i].url);
        free(url);
    }
}

static void loopback_is_told_from_other_hosts(void **state)
{
    static const struct {
        const char *url;
        bool loopback;
    } rows[] = {{"http://localhost/x", true},
                {"http://LOCALHOST:80/x", true},
                {"http://127.0.0.1:8080/api", true},
                {"https://127.9.9.9/api", true},
                {"http://[::1]:8080/api", true},
                {"http://a.localhost/", true},
                {"http://127.0.0.1.example.com/", false},
                {"http://localhost.example.com/", false},
                {"http://user:127.0.0.1@example.com/", false},
                {"http://128.0.0.1/", false},
                {"http://example.com/127.0.0.1", false},
                {"", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(http_is_loopback(rows[i].url), rows[i].loopback);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_brings_code_body_and_number),
        TEST(a_request_without_a_body_says_its_length),
        TEST(a_redirect_is_not_followed),
        TEST(no_answer_says_why),
        TEST(a_port_where_nobody_listens_is_unreachable),
        TEST(asking_blocks_until_the_answer_is_there),
        TEST(loopback_never_goes_through_a_proxy),
        TEST(a_proxy_of_the_settings_beats_the_environment_for_loopback_too),
        TEST(a_cancelled_call_never_calls_back),
        TEST(a_callback_may_free_the_client),
        cmocka_unit_test(an_error_has_the_servers_words),
        cmocka_unit_test(names_in_an_url_are_escaped),
        cmocka_unit_test(loopback_is_told_from_other_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
