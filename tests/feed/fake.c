#include "config.h"

#include "fake.h"

#include <assert.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"

#define HEAD_MAX (64 * 1024)

struct fake_peer {
    uv_tcp_t tcp;
    struct fake *fake;
    struct fake_peer *next;
    struct buffer in;
    bool upgraded, muted, closing, limited;
    size_t budget; /* bytes that may still be sent, where limited */
};

struct fake {
    uv_tcp_t listener;
    uv_loop_t *loop;
    fake_handler handler;
    fake_gone gone;
    void *arg;
    struct fake_peer *peers;
    size_t accepted;
    int port;
    bool stopped;
};

struct writing {
    uv_write_t request;
    bool last;
    char bytes[];
};

static void maybe_free(struct fake *f)
{
    if (f->stopped && f->peers == NULL && uv_is_closing((uv_handle_t *)&f->listener) &&
        f->listener.data == NULL)
        free(f);
}

static void on_peer_closed(uv_handle_t *handle)
{
    struct fake_peer *p = handle->data;
    struct fake *f = p->fake;
    struct fake_peer **at = &f->peers;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    buffer_free(&p->in);
    free(p);
    maybe_free(f);
}

void fake_hang_up(struct fake_peer *p)
{
    if (p->closing)
        return;
    p->closing = true;
    if (p->upgraded && p->fake->gone != NULL && !p->fake->stopped)
        p->fake->gone(p->fake->arg, p);
    uv_close((uv_handle_t *)&p->tcp, on_peer_closed);
}

static void on_written(uv_write_t *request, int status)
{
    struct writing *w = request->data;
    struct fake_peer *p = request->handle->data;
    bool last = w->last;
    free(w);
    if (last || status < 0)
        fake_hang_up(p);
}

void fake_raw(struct fake_peer *p, const void *bytes, size_t len)
{
    if (p->closing || (p->limited && p->budget == 0))
        return;
    bool last = p->limited && len >= p->budget;
    if (last)
        len = p->budget;
    if (p->limited)
        p->budget -= len;
    struct writing *w = mem_alloc(sizeof *w + len + 1);
    w->last = last;
    w->request.data = w;
    memcpy(w->bytes, bytes, len);
    uv_buf_t buf = uv_buf_init(w->bytes, (unsigned)len);
    int failed = uv_write(&w->request, (uv_stream_t *)&p->tcp, &buf, 1, on_written);
    if (failed != 0) {
        free(w);
        fake_hang_up(p);
    }
}

void fake_answer_bytes(struct fake_peer *p, const char *headers, const char *body, size_t len)
{
    char head[4096];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %sContent-Length: %zu\r\n\r\n", headers, len);
    fake_raw(p, head, (size_t)n);
    if (len > 0)
        fake_raw(p, body, len);
}

void fake_answer(struct fake_peer *p, int code, const char *headers, const char *body)
{
    char *lines = mem_printf("%d Status\r\n%s", code, headers != NULL ? headers : "");
    fake_answer_bytes(p, lines, body, strlen(body));
    free(lines);
}

void fake_upgrade(struct fake_peer *p, const struct fake_request *request)
{
    char text[256], accept[64], head[512];
    unsigned char hash[20];
    assert(request->key != NULL);
    int n = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", request->key);
    lws_SHA1((unsigned char *)text, (size_t)n, hash);
    lws_b64_encode_string((char *)hash, sizeof hash, accept, sizeof accept);
    n = snprintf(head, sizeof head,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Protocol: cloudevents.json\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                 accept);
    p->upgraded = true;
    fake_raw(p, head, (size_t)n);
}

void fake_frame(struct fake_peer *p, unsigned char first, const void *bytes, size_t len)
{
    unsigned char *frame = mem_alloc(len + 10);
    size_t head = 2;
    frame[0] = first;
    if (len < 126) {
        frame[1] = (unsigned char)len;
    } else if (len < 65536) {
        frame[1] = 126;
        frame[2] = (unsigned char)(len >> 8);
        frame[3] = (unsigned char)len;
        head = 4;
    } else {
        frame[1] = 127;
        for (int i = 0; i < 8; i++)
            frame[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
        head = 10;
    }
    if (len > 0)
        memcpy(frame + head, bytes, len);
    fake_raw(p, frame, head + len);
    free(frame);
}

void fake_text(struct fake_peer *p, const char *text)
{
    fake_frame(p, 0x81, text, strlen(text));
}

void fake_goodbye(struct fake_peer *p, int code, const char *reason)
{
    char payload[128] = {(char)(code >> 8), (char)code};
    size_t len = strlen(reason) < 120 ? strlen(reason) : 120;
    memcpy(payload + 2, reason, len);
    fake_frame(p, 0x88, payload, len + 2);
}

void fake_mute(struct fake_peer *p)
{
    p->muted = true;
}

void fake_cut_after(struct fake_peer *p, size_t bytes)
{
    p->limited = true;
    p->budget = bytes;
    if (bytes == 0)
        fake_hang_up(p);
}

/* --- reading --- */

static char *header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL && strncmp(line, "\r\n\r\n", 4) != 0;
         line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *from = line + 3 + len + strspn(line + 3 + len, " ");
            return mem_string_n(from, strcspn(from, "\r"));
        }
    return NULL;
}

/* Handles one whole request. False: there is none yet. */
static bool take_request(struct fake_peer *p)
{
    const char *end = strstr(buffer_text(&p->in), "\r\n\r\n");
    if (end == NULL)
        return false;
    size_t head_len = (size_t)(end - p->in.data) + 4;
    char *head = mem_string_n(p->in.data, head_len);
    char *length = header(head, "content-length");
    size_t body = length != NULL ? strtoul(length, NULL, 10) : 0;
    free(length);
    if (p->in.len < head_len + body) {
        free(head);
        return false;
    }
    size_t method = strcspn(head, " "), target = strcspn(head + method + 1, " ");
    char *texts[] = {mem_string_n(head, method), mem_string_n(head + method + 1, target),
                     header(head, "x-token"), header(head, "sec-websocket-key")};
    const struct fake_request request = {texts[0], texts[1], texts[2], texts[3], head};
    buffer_consume(&p->in, head_len + body);
    p->fake->handler(p->fake->arg, &request, p);
    for (size_t i = 0; i < 4; i++)
        free(texts[i]);
    free(head);
    return !p->closing && !p->upgraded;
}

/* Answers pings; everything else of a client is of no interest. */
static bool take_frame(struct fake_peer *p)
{
    const unsigned char *b = (const unsigned char *)p->in.data;
    if (p->in.len < 6)
        return false;
    size_t len = b[1] & 0x7f;
    if (len > 125 || p->in.len < 6 + len)
        return false;
    char payload[125];
    for (size_t i = 0; i < len; i++)
        payload[i] = (char)(b[6 + i] ^ b[2 + i % 4]);
    unsigned opcode = b[0] & 0xf;
    buffer_consume(&p->in, 6 + len);
    if (opcode == 9 && !p->muted)
        fake_frame(p, 0x8a, payload, len);
    return !p->closing;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(mem_alloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct fake_peer *p = stream->data;
    if (n > 0 && !p->closing && !p->fake->stopped && buffer_add(&p->in, buf->base, (size_t)n)) {
        while (!p->upgraded && take_request(p))
            ;
        while (p->upgraded && !p->closing && take_frame(p))
            ;
    } else if (n < 0) {
        fake_hang_up(p);
    }
    free(buf->base);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fake *f = listener->data;
    assert(status == 0);
    struct fake_peer *p = MEM_NEW(struct fake_peer);
    p->fake = f;
    p->in = BUFFER_LIMIT(HEAD_MAX);
    p->next = f->peers;
    f->peers = p;
    f->accepted++;
    uv_tcp_init(f->loop, &p->tcp);
    p->tcp.data = p;
    if (uv_accept(listener, (uv_stream_t *)&p->tcp) != 0) {
        fake_hang_up(p);
        return;
    }
    uv_tcp_nodelay(&p->tcp, 1);
    uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
}

struct fake *fake_start(uv_loop_t *loop, fake_handler handler, fake_gone gone, void *arg)
{
    struct fake *f = MEM_NEW(struct fake);
    struct sockaddr_in address;
    int len = sizeof address;
    signal(SIGPIPE, SIG_IGN);
    f->loop = loop;
    f->handler = handler;
    f->gone = gone;
    f->arg = arg;
    uv_tcp_init(loop, &f->listener);
    f->listener.data = f;
    uv_ip4_addr("127.0.0.1", 0, &address);
    assert(uv_tcp_bind(&f->listener, (const struct sockaddr *)&address, 0) == 0);
    assert(uv_listen((uv_stream_t *)&f->listener, 128, on_connection) == 0);
    assert(uv_tcp_getsockname(&f->listener, (struct sockaddr *)&address, &len) == 0);
    f->port = ntohs(address.sin_port);
    return f;
}

int fake_port(const struct fake *f)
{
    return f->port;
}

size_t fake_connections(const struct fake *f)
{
    return f->accepted;
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct fake *f = handle->data;
    handle->data = NULL;
    maybe_free(f);
}

void fake_stop(struct fake *f)
{
    f->stopped = true;
    for (struct fake_peer *p = f->peers, *next; p != NULL; p = next) {
        next = p->next;
        fake_hang_up(p);
    }
    uv_close((uv_handle_t *)&f->listener, on_listener_closed);
}

/* --- the loop --- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* ends a turn of the loop */
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

bool fake_run_until(uv_loop_t *loop, const bool *done, int ms)
{
    int64_t deadline = clock_monotonic_ns() + ms * CLOCK_MS;
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    timer.data = &timer;
    uv_timer_start(&timer, on_tick, 1, 1);
    while (!*done && clock_monotonic_ns() < deadline)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, on_timer_closed);
    while (timer.data != NULL)
        uv_run(loop, UV_RUN_NOWAIT);
    return *done;
}

bool fake_run_empty(uv_loop_t *loop)
{
    int64_t deadline = clock_monotonic_ns() + 5 * CLOCK_S;
    while (uv_run(loop, UV_RUN_NOWAIT) != 0)
        if (clock_monotonic_ns() > deadline)
            return false;
    return uv_loop_close(loop) == 0;
}
