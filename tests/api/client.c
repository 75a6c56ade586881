/* The clients of the tests: libcurl, a bare socket, a WebSocket that may break the rules. */
#include "config.h"

#include "support.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* --- libcurl --- */

static size_t collect(char *bytes, size_t size, size_t count, void *buffer)
{
    return buffer_add(buffer, bytes, size * count) ? size * count : 0;
}

static void set_up(CURL *easy, struct server *s, struct reply *r, const char *method, const char *path,
                   char *url)
{
    (void)snprintf(url, 4096, "http://127.0.0.1:%d%s", s->port, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &r->body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &r->headers);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

static void carry_out(struct server *s, CURL *easy)
{
    CURLM *multi = curl_multi_init();
    int running = 1, left = 0;
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    assert_int_equal(curl_multi_add_handle(multi, easy), CURLM_OK);
    while (running > 0) {
        assert_int_equal(curl_multi_perform(multi, &running), CURLM_OK);
        if (running > 0)
            server_turn(s);
        if (clock_monotonic_ns() > deadline)
            fail_msg("no answer came");
    }
    CURLMsg *message = curl_multi_info_read(multi, &left);
    assert_non_null(message);
    if (message->data.result != CURLE_OK)
        fail_msg("curl: %s", curl_easy_strerror(message->data.result));
    curl_multi_remove_handle(multi, easy);
    curl_multi_cleanup(multi);
}

struct reply *ask_bytes(struct server *s, const char *method, const char *path, const char *token,
                        const char *body, size_t len, const char *const *headers)
{
    struct reply *r = MEM_NEW(struct reply);
    r->body = BUFFER_LIMIT((size_t)128 * 1024 * 1024);
    r->headers = BUFFER_LIMIT(1024 * 1024);
    char *url = mem_alloc(4096), line[1024];
    CURL *easy = curl_easy_init();
    set_up(easy, s, r, method, path, url);
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    if (token != NULL) {
        (void)snprintf(line, sizeof line, "x-token: %s", token);
        list = curl_slist_append(list, line);
    }
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
        list = curl_slist_append(list, headers[i]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    if (body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    }
    carry_out(s, easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &r->code);
    curl_slist_free_all(list);
    curl_easy_cleanup(easy);
    free(url);
    return r;
}

struct reply *ask(struct server *s, const char *method, const char *path, const char *token, const char *body)
{
    return ask_bytes(s, method, path, token, body, body != NULL ? strlen(body) : 0, NULL);
}

void reply_free(struct reply *r)
{
    buffer_free(&r->body);
    buffer_free(&r->headers);
    free(r);
}

const char *reply_header(const struct reply *r, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);
    for (const char *line = buffer_text(&r->headers); line != NULL && *line != '\0';
         line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        line += len + 1;
        line += strspn(line, " ");
        (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r\n"), line);
        return value;
    }
    return NULL;
}

void assert_body(const struct reply *r, const char *part)
{
    if (strstr(buffer_text(&r->body), part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, buffer_text(&r->body));
}

/* --- one request a row --- */

void check_row(struct server *s, const struct row *row)
{
    buffer_clear(&s->calls);
    struct reply *r = ask(s, row->method, row->path, row->token, row->body);
    if (r->code != row->code)
        fail_msg("%s: %ld, not %ld: %s", row->name, r->code, row->code, buffer_text(&r->body));
    if (row->answer == NULL && r->body.len > 0)
        fail_msg("%s: should be empty: %s", row->name, buffer_text(&r->body));
    if (row->answer != NULL && strstr(buffer_text(&r->body), row->answer) == NULL)
        fail_msg("%s: \"%s\" is not in: %s", row->name, row->answer, buffer_text(&r->body));
    const char *call = buffer_text(&s->calls);
    if (row->call == NULL ? call[0] != '\0' : strncmp(call, row->call, strlen(row->call)) != 0)
        fail_msg("%s: the port was asked: \"%s\"", row->name, call);
    const char *type = reply_header(r, "Content-Type");
    if (r->body.len > 0 && r->body.data[0] == '{' && (type == NULL || strstr(type, "json") == NULL) &&
        r->code != 401)
        fail_msg("%s: content type %s", row->name, type);
    reply_free(r);
}

void check_rows(struct server *s, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(s, &rows[i]);
}

/* --- a bare socket --- */

int wire_open(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
    return fd;
}

void wire_send(struct server *s, int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed: the test looks for that itself */
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
        if (len > 0)
            server_turn(s);
    }
}

void wire_text(struct server *s, int fd, const char *text)
{
    wire_send(s, fd, text, strlen(text));
}

/* False: the other side has closed. */
static bool read_some(int fd, struct buffer *in)
{
    char chunk[65536];
    ssize_t got = recv(fd, chunk, sizeof chunk, 0);
    if (got > 0)
        assert_true(buffer_add(in, chunk, (size_t)got));
    return got > 0 || (got < 0 && errno == EAGAIN);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

void wire_until(struct server *s, int fd, struct buffer *in, const char *part, size_t times)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    while (part == NULL || count_of(buffer_text(in), part) < times) {
        server_turn(s);
        if (!read_some(fd, in)) {
            if (part == NULL)
                return;
            fail_msg("closed before \"%s\" came: %s", part, buffer_text(in));
        }
        if (clock_monotonic_ns() > deadline)
            fail_msg("\"%s\" did not come: %s", part != NULL ? part : "the end", buffer_text(in));
    }
}

bool wire_closed(struct server *s, int fd)
{
    struct buffer in = BUFFER_LIMIT(1024 * 1024);
    wire_until(s, fd, &in, NULL, 0);
    buffer_free(&in);
    return true;
}

/* --- a WebSocket --- */

int ws_try(struct server *s, struct ws *ws, const char *query, const char *token, const char *headers)
{
    char request[8192];
    ws->in = BUFFER_LIMIT((size_t)256 * 1024 * 1024);
    ws->fd = wire_open(s);
    (void)snprintf(
        request, sizeof request,
        "GET /api/v1/event/stream%s%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
        "keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s%s\r\n",
        query[0] != '\0' ? "?" : "", query, token != NULL ? "x-token: " : "", token != NULL ? token : "",
        token != NULL ? "\r\n" : "", headers);
    wire_text(s, ws->fd, request);
    wire_until(s, ws->fd, &ws->in, "\r\n\r\n", 1);
    const char *text = buffer_text(&ws->in);
    int code = (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10);
    if (code == 101) {
        assert_non_null(strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        buffer_consume(&ws->in, (size_t)(strstr(text, "\r\n\r\n") + 4 - text));
    }
    return code;
}

struct ws *ws_open(struct server *s, const char *query, const char *token)
{
    struct ws *ws = MEM_NEW(struct ws);
    assert_int_equal(ws_try(s, ws, query, token, ""), 101);
    return ws;
}

/* The frame at the beginning of what has come; false: not all of it is there. */
static bool parse(struct ws *ws, struct ws_frame *f)
{
    const unsigned char *p = (const unsigned char *)ws->in.data;
    if (ws->in.len < 2)
        return false;
    size_t head = (p[1] & 0x7f) < 126 ? 2 : (p[1] & 0x7f) == 126 ? 4 : 10, len = p[1] & 0x7f;
    assert_int_equal(p[1] & 0x80, 0); /* a server does not mask */
    if (ws->in.len < head)
        return false;
    if (head > 2)
        len = 0;
    for (size_t i = 2; i < head; i++)
        len = len << 8 | p[i];
    if (ws->in.len < head + len)
        return false;
    static char *payload;
    free(payload);
    payload = mem_string_n((const char *)p + head, len);
    *f = (struct ws_frame){.opcode = p[0] & 0x0f, .fin = (p[0] & 0x80) != 0, .payload = payload, .len = len};
    buffer_consume(&ws->in, head + len);
    return true;
}

struct ws_frame ws_next(struct server *s, struct ws *ws)
{
    struct ws_frame f = {.opcode = -1};
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    while (!parse(ws, &f)) {
        if (ws->ended)
            return f;
        if (clock_monotonic_ns() > deadline)
            fail_msg("no frame came");
        server_turn(s);
        ws->ended = !read_some(ws->fd, &ws->in);
    }
    return f;
}

void ws_send(struct server *s, struct ws *ws, int opcode, bool fin, bool mask, const void *payload,
             size_t len)
{
    unsigned char head[14] = {(unsigned char)((fin ? 0x80 : 0) | opcode)};
    size_t used = 2;
    if (len < 126) {
        head[1] = (unsigned char)len;
    } else if (len <= 0xffff) {
        head[1] = 126;
        head[used++] = (unsigned char)(len >> 8);
        head[used++] = (unsigned char)len;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++)
            head[used++] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
    }
    if (mask) {
        head[1] |= 0x80;
        used += 4; /* a mask of zeros leaves the payload as it is */
    }
    char *all = mem_alloc(used + len + 1);
    memcpy(all, head, used);
    if (len > 0)
        memcpy(all + used, payload, len);
    wire_send(s, ws->fd, all, used + len);
    free(all);
}

struct ws_frame ws_text(struct server *s, struct ws *ws)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    for (;;) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("nothing but pings came");
        struct ws_frame f = ws_next(s, ws);
        if (f.opcode == 9)
            ws_send(s, ws, 10, true, true, f.payload, f.len);
        else if (f.opcode != 10)
            return f;
    }
}

int ws_close_code(struct server *s, struct ws *ws)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    for (;;) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("it was not closed");
        struct ws_frame f = ws_text(s, ws);
        if (f.opcode == -1)
            return -1;
        if (f.opcode == 8)
            return f.len < 2 ? 0 : (unsigned char)f.payload[0] << 8 | (unsigned char)f.payload[1];
    }
}

void ws_free(struct ws *ws)
{
    (void)close(ws->fd);
    buffer_free(&ws->in);
    free(ws);
}

uint64_t ws_sequence(const struct ws_frame *f)
{
    static const char head[] = "{\"sequence\":\"";
    assert_int_equal(f->opcode, 1);
    if (strncmp(f->payload, head, sizeof head - 1) != 0) {
        assert_non_null(strstr(f->payload, "\"watermark\""));
        return 0;
    }
    char *end = NULL;
    uint64_t number = strtoull(f->payload + sizeof head - 1, &end, 10);
    assert_int_equal(end - (f->payload + sizeof head - 1), 20);
    return number;
}
