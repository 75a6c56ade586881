/* http.c: libcurl's multi interface on libuv. curl tells which sockets and which time it waits for; libuv
 * waits; what has ended is handed out after curl has returned, so that a callback may begin, cancel and free
 * whatever it likes. */
#include "config.h"

#include "http/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"

#define BODY_MAX           (64 * 1024 * 1024) /* bytes */
#define HEADER_VALUE_MAX   256                /* bytes that are kept of one header */
#define TIMEOUT_DEFAULT_MS 10000
#define URL_MAX            (256 * 1024) /* bytes */

struct http_client {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct http_call *calls;
    struct http_settings settings; /* the texts are ours */
    char *texts[5];                /* which is what frees them */
    size_t open_handles; /* the timer and the sockets' polls; the last one that closes frees the client */
    bool freed;
};

struct http_call {
    struct http_client *client;
    struct http_call *previous, *next;
    CURL *easy;
    struct curl_slist *headers;
    char *method, *url, *request_body;
    struct buffer body;
    char number[HEADER_VALUE_MAX], date[HEADER_VALUE_MAX], location[HEADER_VALUE_MAX];
    char curl_words[CURL_ERROR_SIZE];
    http_done done;
    void *arg;
};

struct socket_poll {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

static void hand_out_ended(struct http_client *c);

static void handle_closed(struct http_client *c)
{
    assert(c->open_handles > 0);
    if (--c->open_handles == 0 && c->freed)
        free(c);
}

static void timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void poll_closed(uv_handle_t *handle)
{
    struct socket_poll *s = handle->data;
    struct http_client *c = s->client;
    free(s);
    handle_closed(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct socket_poll *s = poll->data;
    struct http_client *c = s->client;
    int flags = 0, running = 0;
    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    (void)curl_multi_socket_action(c->multi, s->fd, flags,
                                   &running); /* what failed is told with each transfer */
    hand_out_ended(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct http_client *c = timer->data;
    int running = 0;
    (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
    hand_out_ended(c);
}

/* curl asks to watch a socket, or to stop it. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
    struct http_client *c = arg;
    struct socket_poll *s = assigned;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL) {
            curl_multi_assign(c->multi, fd, NULL);
            uv_close((uv_handle_t *)&s->poll, poll_closed);
        }
        return 0;
    }
    if (s == NULL) {
        s = MEM_NEW(struct socket_poll);
        *s = (struct socket_poll){.client = c, .fd = fd};
        if (uv_poll_init_socket(c->loop, &s->poll, fd) != 0) {
            free(s);
            return -1; /* curl then fails its transfers */
        }
        s->poll.data = s;
        c->open_handles++;
        curl_multi_assign(c->multi, fd, s);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&s->poll, events, on_poll) == 0 ? 0 : -1;
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct http_client *c = arg;
    (void)multi;
    if (c->freed)
        return 0;
    if (timeout_ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)timeout_ms,
                       0); /* 0 too: curl must not be entered from its own callback */
    return 0;
}

static void free_call(struct http_call *call)
{
    struct http_client *c = call->client;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        c->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    curl_multi_remove_handle(c->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buffer_free(&call->body);
    free(call->request_body);
    free(call->method);
    free(call->url);
    free(call);
}

static const char *keep_text(struct http_client *c, size_t i, const char *text)
{
    c->texts[i] = mem_string(text);
    return c->texts[i];
}

static void keep_settings(struct http_client *c, const struct http_settings *settings)
{
    const struct http_settings none = {0}, *from = settings != NULL ? settings : &none;
    c->settings = (struct http_settings){
        .ca_file = keep_text(c, 0, from->ca_file),
        .user_agent =
            keep_text(c, 1, from->user_agent != NULL ? from->user_agent : PACKAGE_NAME "/" PACKAGE_VERSION),
        .client_cert = keep_text(c, 2, from->client_cert),
        .client_key = keep_text(c, 3, from->client_key),
        .proxy = keep_text(c, 4, from->proxy)};
}

struct http_client *http_client_new(uv_loop_t *loop, const struct http_settings *settings)
{
    static bool curl_ready;
    if (!curl_ready)
        curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    struct http_client *c = MEM_NEW(struct http_client);
    c->loop = loop;
    keep_settings(c, settings);
    c->multi = curl_multi_init();
    if (!curl_ready || c->multi == NULL)
        abort(); /* no memory: as everywhere */
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 8L);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->open_handles = 1;
    return c;
}

void http_client_free(struct http_client *c)
{
    if (c == NULL)
        return;
    assert(!c->freed);
    while (c->calls != NULL)
        free_call(c->calls);
    curl_multi_cleanup(c->multi); /* asks to stop the sockets that it still keeps open */
    c->multi = NULL;
    for (size_t i = 0; i < sizeof c->texts / sizeof *c->texts; i++)
        free(c->texts[i]);
    c->freed = true;
    uv_close((uv_handle_t *)&c->timer, timer_closed);
}

uv_loop_t *http_loop(const struct http_client *c)
{
    return c->loop;
}

const struct http_settings *http_client_settings(const struct http_client *c)
{
    return &c->settings;
}

/* --- one call --- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count; /* curl: size is 1 */
    return buffer_add(&call->body, bytes, len) ? len : 0;
}

/* Keeps the value where the line is this header; the last one counts. A value that is too long is none. */
static void keep_header(const char *line, size_t len, const char *name, char value[HEADER_VALUE_MAX])
{
    size_t name_len = strlen(name);
    if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
        return;
    const char *from = line + name_len + 1, *end = line + len;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    size_t value_len = (size_t)(end - from);
    if (value_len >= HEADER_VALUE_MAX || memchr(from, '\0', value_len) != NULL)
        value_len = 0;
    memcpy(value, from, value_len);
    value[value_len] = '\0';
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count;
    keep_header(line, len, "x-drawbridge-sequence", call->number);
    keep_header(line, len, "date", call->date);
    keep_header(line, len, "location", call->location);
    return len;
}

bool http_is_loopback(const char *url)
{
    bool loopback = false;
    char *host = NULL;
    CURLU *parsed = curl_url();
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        struct in_addr v4;
        size_t len = strlen(host);
        loopback = strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                   (len > 10 && strcasecmp(host + len - 10, ".localhost") == 0) ||
                   (uv_inet_pton(AF_INET, host, &v4) == 0 && (ntohl(v4.s_addr) >> 24) == 127);
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return loopback;
}

bool http_add_escaped(struct buffer *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                     strchr("-._~", *p) != NULL;
        if (plain ? !buffer_add_char(out, (char)*p) : !buffer_printf(out, "%%%02X", *p))
            return false;
    }
    return true;
}

char *http_url_args(const char *root, const char *format, va_list args)
{
    struct buffer url = BUFFER_LIMIT(URL_MAX);
    bool fits = buffer_add_text(&url, root);
    for (const char *p = format; *p != '\0' && fits; p++) {
        if (p[0] == '{' && p[1] == '}') {
            fits = http_add_escaped(&url, va_arg(args, const char *));
            p++;
        } else {
            fits = buffer_add_char(&url, *p);
        }
    }
    if (!fits) /* a name this long is none that a server knows; curl refuses the empty URL */
        buffer_clear(&url);
    return buffer_take(&url, NULL);
}

char *http_url(const char *root, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *url = http_url_args(root, format, args);
    va_end(args);
    return url;
}

static void add_header(struct http_call *call, const char *name, const char *value)
{
    char *line = mem_printf("%s: %s", name, value);
    struct curl_slist *list = curl_slist_append(call->headers, line);
    free(line);
    if (list == NULL)
        abort(); /* no memory */
    call->headers = list;
}

static void set_connection_options(CURL *easy, const char *url, const struct http_settings *settings)
{
    if (settings->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
    if (settings->client_cert != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->client_cert);
        curl_easy_setopt(easy, CURLOPT_SSLKEY,
                         settings->client_key != NULL ? settings->client_key : settings->client_cert);
    }
    if (settings->proxy != NULL || http_is_loopback(url)) { /* whatever the environment says */
        curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy != NULL ? settings->proxy : "");
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    }
}

static void set_options(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    add_header(call, "Content-Type", "application/json");
    add_header(call, "Accept", "application/json");
    add_header(call, "Expect", ""); /* no waiting for 100 Continue */
    if (request->token != NULL)
        add_header(call, "x-token", request->token);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* a name ".." is not the folder above */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_HEADEROPT,
                     (long)CURLHEADER_SEPARATE); /* a proxy's CONNECT does not get the token */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, call->client->settings.user_agent);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_words);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server that hangs does not hold up a cancel */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long)(request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_DEFAULT_MS));
    set_connection_options(easy, call->url, &call->client->settings);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (call->request_body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->request_body);
    } else if (strcmp(call->method, "GET") != 0 && strcmp(call->method, "HEAD") != 0 &&
               strcmp(call->method, "DELETE") != 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ""); /* says Content-Length: 0 */
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

struct http_call *http_send(struct http_client *c, const struct http_request *request, http_done done,
                            void *arg)
{
    assert(!c->freed);
    struct http_call *call = MEM_NEW(struct http_call);
    call->client = c;
    call->done = done;
    call->arg = arg;
    call->body = BUFFER_LIMIT(BODY_MAX);
    call->method = mem_string(request->method);
    call->url = mem_string(request->url);
    if (request->body != NULL)
        call->request_body = mem_string_n(request->body, request->body_len);
    call->next = c->calls;
    if (c->calls != NULL)
        c->calls->previous = call;
    c->calls = call;
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        abort(); /* no memory */
    set_options(call, request);
    if (curl_multi_add_handle(c->multi, call->easy) !=
        CURLM_OK) /* sets the timer; nothing is called back before the loop turns */
        abort();  /* no memory, or not a fresh handle */
    return call;
}

void http_cancel(struct http_call *call)
{
    if (call != NULL)
        free_call(call);
}

/* --- what has ended --- */

/* Why no answer came, for a person. */
static enum status explain(struct http_call *call, CURLcode result, struct error *err)
{
    curl_off_t connected_us = 0;
    long os_error = 0;
    const char *words = call->curl_words[0] != '\0' ? call->curl_words : curl_easy_strerror(result);
    curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        if (connected_us > 0)
            return error_set(err, STATUS_TIMED_OUT,
                             "the server took the request but gave no answer in time (%s)", words);
        return error_set(err, STATUS_UNREACHABLE, "no connection in time (%s)", words);
    case CURLE_WRITE_ERROR:
        if (call->body.overflow)
            return error_set(err, STATUS_UNREACHABLE,
                             "the answer is longer than %d MiB and was not read to its end", BODY_MAX >> 20);
        return error_set(err, STATUS_UNREACHABLE, "%s", words);
    case CURLE_COULDNT_CONNECT:
        curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_error);
        return error_set(err, STATUS_UNREACHABLE,
                         "cannot connect: %s; is the server running, and is this its address?",
                         os_error != 0 ? strerror((int)os_error) : words);
    case CURLE_COULDNT_RESOLVE_HOST:
        return error_set(err, STATUS_UNREACHABLE, "%s; check the name of the server", words);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return error_set(err, STATUS_UNREACHABLE,
                         "%s; is its certificate signed by an authority that this machine knows?", words);
    case CURLE_SSL_CERTPROBLEM:
        return error_set(err, STATUS_UNREACHABLE,
                         "%s; are the client certificate and its key PEM files that belong together?", words);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return error_set(err, STATUS_UNREACHABLE, "%s; check the name of the proxy", words);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return error_set(err, STATUS_UNREACHABLE, "%s; an address looks like https://host/api", words);
    default:
        return error_set(err, STATUS_UNREACHABLE, "%s", words);
    }
}

static void hand_out(struct http_call *call, CURLcode result)
{
    struct http_response response = {.status = STATUS_OK, .body = "", .error = ""};
    struct error err = ERROR_NONE;
    if (result == CURLE_OK) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &response.code);
        response.body = buffer_text(&call->body);
        response.body_len = call->body.len;
        response.snapshot_number = call->number[0] != '\0' ? call->number : NULL;
        response.date = call->date[0] != '\0' ? call->date : NULL;
        response.location = call->location[0] != '\0' ? call->location : NULL;
    } else {
        response.status = explain(call, result, &err);
        response.error = err.text;
    }
    http_done done = call->done;
    void *arg = call->arg;
    /* The texts live in the call, which is gone from the client already: a cancel or a free in the callback
     * must not meet it. */
    struct http_call kept = *call;
    call->body = BUFFER_LIMIT(0);
    if (response.snapshot_number != NULL)
        response.snapshot_number = kept.number;
    if (response.date != NULL)
        response.date = kept.date;
    if (response.location != NULL)
        response.location = kept.location;
    free_call(call);
    done(arg, &response);
    buffer_free(&kept.body);
}

static void hand_out_ended(struct http_client *c)
{
    c->open_handles++; /* keeps the client until this is through */
    for (int left = 1; left > 0 && !c->freed;) {
        CURLMsg *message = curl_multi_info_read(c->multi, &left);
        if (message == NULL)
            break;
        if (message->msg != CURLMSG_DONE)
            continue;
        char *call = NULL;
        CURLcode result = message->data.result; /* the message dies with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        hand_out((struct http_call *)(void *)call, result);
    }
    handle_closed(c);
}

/* --- blocking --- */

struct asked {
    uv_loop_t *loop;
    bool answered;
    const struct http_request *request;
    struct http_answer *out;
    enum status status;
    struct error *err;
};

static void on_answer(void *arg, const struct http_response *response)
{
    struct asked *asked = arg;
    asked->answered = true;
    uv_stop(asked->loop); /* a turn that begins with a timer would wait for something else before it ends */
    asked->status = response->status;
    if (response->status != STATUS_OK) {
        error_set(asked->err, response->status, "%s %s: %s", asked->request->method, asked->request->url,
                  response->error);
        return;
    }
    asked->out->code = response->code;
    asked->out->body = mem_string_n(response->body, response->body_len);
    asked->out->body_len = response->body_len;
}

enum status http_ask(struct http_client *c, const struct http_request *request, struct http_answer *out,
                     struct error *err)
{
    struct asked asked = {.loop = c->loop, .request = request, .out = out, .err = err};
    *out = (struct http_answer){0};
    http_send(c, request, on_answer, &asked);
    while (!asked.answered)
        uv_run(c->loop, UV_RUN_ONCE);
    return asked.status;
}

/* --- answers that are errors --- */

enum status http_error(const struct http_request *request, long code, const char *body, size_t len,
                       struct error *err)
{
    enum status status = status_from_http(code);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (code >= 300 && code < 400)
        return error_set(err, STATUS_FAILED,
                         "%s %s: the server redirects (HTTP %ld), which is not followed: the token goes only "
                         "to the address that it is for; "
                         "give the final address with --server",
                         request->method, request->url, code);
    cJSON *json = NULL;
    const char *message = NULL;
    if (len > 0 && json_parse(body, len, &json, NULL) == STATUS_OK)
        message = json_text(json, "message");
    if (message == NULL || message[0] == '\0')
        message = status_words(status);
    const char *hint = "";
    if (code == 401)
        hint = "; check the token (--token-file or DRAWBRIDGE_TOKEN)";
    else if (code == 429)
        hint = "; wrong tokens of this address count: check the token, and try again in a moment";
    error_set(err, status, "%s %s: %s (HTTP %ld)%s", request->method, request->url, message, code, hint);
    cJSON_Delete(json);
    return status;
}
