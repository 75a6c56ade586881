/* api/stream.c: the readers of the stream: what they are sent, and when they are let go. See reader.h for how
 * a replay meets what is live. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/reader.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define READ_BUDGET   (64 * 1024) /* bytes of one reader in one turn */
#define MESSAGE_MAX   (16 * 1024) /* of a client, who has nothing to say; also over all its fragments */
#define CONTROL_MAX   (64 * 1024)
#define FRAME_COST    64 /* bytes that a waiting frame takes besides its own */
#define SEQUENCE_SIZE 40 /* {"sequence":"00000000000000000001", */

/* --- writing --- */

static void mark_dirty(struct api_reader *r)
{
    struct api_stream *s = &r->api->stream;
    if (r->dirty)
        return;
    r->dirty = true;
    r->next_dirty = s->dirty;
    s->dirty = r;
}

static void set_state(struct api_reader *r, enum api_reader_state state)
{
    struct api_stream *s = &r->api->stream;
    s->replaying -= r->state == API_READER_REPLAY;
    s->replaying += state == API_READER_REPLAY;
    r->state = state;
}

static void end(struct api_reader *r)
{
    if (r->state == API_READER_ENDED)
        return;
    set_state(r, API_READER_ENDED);
    r->api->stream.ended = true;
}

/* Moves what wslay has to say (pings, pongs, close) into the queue, behind whole frames. */
static void pump_control(struct api_reader *r)
{
    if (!wslay_event_want_write(r->websocket))
        return;
    if (wslay_event_send(r->websocket) != 0) {
        end(r);
        return;
    }
    if (r->control.len == 0)
        return;
    struct api_frame *f = api_frame_bytes(r->control.data, r->control.len);
    buffer_clear(&r->control);
    api_queue_add(&r->queue, f);
    api_frame_release(f);
    mark_dirty(r);
}

/* Begins the close handshake. What has been queued before goes out first, but for a reader that was too slow
 * for it. */
static void close_reader(struct api_reader *r, unsigned code, const char *reason)
{
    if (r->state == API_READER_CLOSING || r->state == API_READER_ENDED)
        return;
    set_state(r, API_READER_CLOSING);
    r->linger_ns = clock_monotonic_ns() + r->api->limits.linger_ms * CLOCK_MS;
    if (code == 4408)
        api_queue_drop(&r->queue);
    if (wslay_event_queue_close(r->websocket, (uint16_t)code, (const uint8_t *)reason, strlen(reason)) != 0)
        end(r);
    else
        pump_control(r);
}

static bool is_full(const struct api_reader *r)
{
    return r->queue.bytes + FRAME_COST * r->queue.count > r->api->limits.queue_bytes;
}

static void push(struct api_reader *r, struct api_frame *f)
{
    api_queue_add(&r->queue, f);
    mark_dirty(r);
    if (!is_full(r))
        return;
    if (!api_queue_write(&r->queue, r->fd))
        end(r);
    else if (is_full(r))
        close_reader(r, 4408, "too slow: resume with since");
}

static void push_watermark(struct api_reader *r)
{
    char text[160];
    int len = snprintf(text, sizeof text, "{\"watermark\":\"%s:%" PRIu64 "\"}", store_epoch(r->api->store),
                       r->last);
    if (len < 0 || (size_t)len >= sizeof text)
        return; /* an epoch is a short name */
    struct api_frame *f = api_frame_text("", 0, text, (size_t)len);
    r->marked_ns = clock_monotonic_ns();
    push(r, f);
    api_frame_release(f);
}

/* --- what a reader gets --- */

/* The event with its number as first member. */
static struct api_frame *event_frame(uint64_t number, const char *text, size_t len)
{
    char head[SEQUENCE_SIZE];
    const char *brace = memchr(text, '{', len);
    assert(brace != NULL); /* what is stored is an object */
    size_t skip = (size_t)(brace - text) + 1;
    int used = snprintf(head, sizeof head, "{\"sequence\":\"%020" PRIu64 "\",", number);
    assert(used > 0 && (size_t)used < sizeof head);
    return api_frame_text(head, (size_t)used, text + skip, len - skip);
}

static bool fits(const struct api_filter *f, const char *value)
{
    for (size_t i = 0; i < f->count; i++)
        if (value != NULL && strcmp(f->values[i], value) == 0)
            return true;
    return f->count == 0;
}

static bool wants(const struct api_reader *r, const char *type, const char *project, const char *stage,
                  const char *service)
{
    /* A state is of all stages of its context: a filter of stages lets it through. */
    bool is_state = type != NULL && strcmp(type, EVENT_TYPE_STATE) == 0;
    return api_token_sees(r->token, project) && fits(&r->types, type) && fits(&r->projects, project) &&
           (is_state || fits(&r->stages, stage)) && fits(&r->services, service);
}

void api_publish(struct api *a, uint64_t number, const char *text, size_t len, const struct event *ev)
{
    struct api_frame *f = NULL;
    for (size_t i = 0; i < a->stream.count; i++) {
        struct api_reader *r = a->stream.readers[i];
        if (r->state != API_READER_LIVE || number <= r->last)
            continue;
        if (number != r->last + 1) {
            set_state(r, API_READER_REPLAY);
            continue;
        }
        r->last = number;
        if (!wants(r, ev->type, ev->project, ev->stage, ev->service))
            continue;
        if (f == NULL)
            f = event_frame(number, text, len);
        push(r, f);
    }
    api_frame_release(f);
}

struct replay {
    struct api_reader *reader;
    size_t count;
    bool cut; /* there may be more */
};

static bool replay_event(void *arg, const struct store_event *e)
{
    struct replay *replay = arg;
    struct api_reader *r = replay->reader;
    replay->cut = true;
    if (e->number != r->last + 1) {
        close_reader(r, 4410, "too old: what came after it is not kept any more; take a new snapshot");
        return false;
    }
    r->last = e->number;
    replay->count++;
    if (wants(r, e->type, e->project, e->stage, e->service)) {
        struct api_frame *f = event_frame(e->number, e->text, e->len);
        push(r, f);
        api_frame_release(f);
    }
    replay->cut = r->queue.bytes >= r->api->limits.replay_bytes;
    return r->state == API_READER_REPLAY && !replay->cut;
}

static bool can_replay(const struct api_reader *r)
{
    return r->state == API_READER_REPLAY && r->queue.bytes < r->api->limits.replay_bytes;
}

static void replay_page(struct api_reader *r)
{
    struct error err = ERROR_NONE;
    struct replay page = {.reader = r};
    size_t limit = r->api->limits.replay_events;
    if (store_events_after(r->api->store, r->last, limit, replay_event, &page, &err) != STATUS_OK) {
        log_write(LOG_ERROR, "replaying the stream for %s: %s", r->token->name, err.text);
        close_reader(r, 1011, "the store cannot be read");
        return;
    }
    if (r->state != API_READER_REPLAY || page.cut || page.count >= limit)
        return;
    set_state(r, API_READER_LIVE);
    if (r->filtered)
        push_watermark(r);
}

void api_stream_replay(struct api *a)
{
    struct api_stream *s = &a->stream;
    int left = a->limits.replay_readers;
    for (size_t i = 0; i < s->count && left > 0 && s->replaying > 0; i++) {
        s->next = s->next + 1 < s->count ? s->next + 1 : 0;
        if (can_replay(s->readers[s->next])) {
            replay_page(s->readers[s->next]);
            left--;
        }
    }
}

/* --- the socket --- */

static ssize_t on_recv(wslay_event_context_ptr websocket, uint8_t *out, size_t len, int flags, void *arg)
{
    struct api_reader *r = arg;
    (void)flags; /* wslay sets none */
    size_t most = len < r->budget ? len : r->budget;
    if (r->early.len > 0) {
        size_t taken = most < r->early.len ? most : r->early.len;
        memcpy(out, r->early.data, taken);
        buffer_consume(&r->early, taken);
        r->budget -= taken;
        if (taken > 0)
            return (ssize_t)taken;
    }
    ssize_t got = most > 0 ? recv(r->fd, out, most, MSG_DONTWAIT) : -1;
    bool later = most == 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
    if (got > 0) {
        r->budget -= (size_t)got;
        r->heard_ns = clock_monotonic_ns();
        return got;
    }
    r->broken = !later;
    wslay_event_set_error(websocket, later ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr websocket, const uint8_t *bytes, size_t len, int flags,
                       void *arg)
{
    struct api_reader *r = arg;
    (void)flags; /* whether more follows does not matter: all of it is collected */
    if (buffer_add(&r->control, bytes, len))
        return (ssize_t)len;
    wslay_event_set_error(websocket, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

/* What is left on the wire behind a close frame, or behind a broken one, is read and forgotten. */
static void drain(struct api_reader *r)
{
    char scratch[4096];
    ssize_t got = recv(r->fd, scratch, sizeof scratch, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        end(r);
}

/* wslay has answered a close frame, or refused what it read: then only that answer is left to be sent. */
static void begin_closing(struct api_reader *r)
{
    if (r->state >= API_READER_CLOSING)
        return;
    set_state(r, API_READER_CLOSING);
    r->linger_ns = clock_monotonic_ns() + r->api->limits.linger_ms * CLOCK_MS;
}

/* A broken frame, for which wslay closes without telling why. */
static void refuse_frame(struct api_reader *r)
{
    struct api_frame *f = api_frame_bytes("\x88\x02\x03\xea", 4); /* close, 1002: protocol error */
    begin_closing(r);
    api_queue_add(&r->queue, f);
    api_frame_release(f);
}

static void receive(struct api_reader *r)
{
    r->budget = READ_BUDGET;
    if (!wslay_event_want_read(r->websocket))
        drain(r);
    else if (wslay_event_recv(r->websocket) == 0)
        pump_control(r);
    else if (r->broken)
        end(r);
    else
        refuse_frame(r);
    if (r->state == API_READER_ENDED)
        return;
    if (wslay_event_get_close_sent(r->websocket))
        begin_closing(r);
    if (is_full(r)) /* pings without end, and nobody who reads the pongs */
        end(r);
    mark_dirty(r);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct api_reader *r = poll->data;
    if (r->state == API_READER_ENDED)
        return;
    if (status < 0) {
        end(r);
        return;
    }
    if ((events & UV_READABLE) != 0)
        receive(r);
    if ((events & UV_WRITABLE) != 0)
        mark_dirty(r);
}

static void poll_for(struct api_reader *r, int events)
{
    if (r->events == events)
        return;
    r->events = events;
    if (uv_poll_start(&r->poll, events, on_socket) != 0)
        end(r);
}

static void write_reader(struct api_reader *r)
{
    if (!api_queue_write(&r->queue, r->fd)) {
        end(r);
        return;
    }
    if (r->state == API_READER_CLOSING && r->queue.count == 0) {
        if (wslay_event_get_close_received(r->websocket)) {
            end(r);
            return;
        }
        if (!wslay_event_want_read(
                r->websocket))              /* its close frame will not be understood: tell by the socket */
            (void)shutdown(r->fd, SHUT_WR); /* fails where it is gone, which is read next */
    }
    poll_for(r, r->queue.count > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

/* --- life --- */

static void reader_free(struct api_reader *r)
{
    api_queue_free(&r->queue);
    buffer_free(&r->control);
    buffer_free(&r->early);
    if (r->websocket != NULL)
        wslay_event_context_free(r->websocket);
    api_reader_free_unborn(r);
}

static void on_closed(uv_handle_t *handle)
{
    reader_free(handle->data);
}

/* The descriptor is MHD's to close, which it may at once: libuv has let go of it when uv_close returns. */
static void bury(struct api_reader *r)
{
    struct api *a = r->api;
    struct MHD_UpgradeResponseHandle *urh = r->urh;
    if (r->polled)
        uv_close((uv_handle_t *)&r->poll, on_closed);
    else
        reader_free(r);
    (void)MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE); /* fails only where it was called before */
    api_wake(a);
}

static void bury_ended(struct api_stream *s)
{
    size_t kept = 0;
    s->ended = false;
    for (size_t i = 0; i < s->count; i++)
        if (s->readers[i]->state == API_READER_ENDED)
            bury(s->readers[i]);
        else
            s->readers[kept++] = s->readers[i];
    s->count = kept;
}

static wslay_event_context_ptr websocket_new(struct api_reader *r)
{
    static const struct wslay_event_callbacks callbacks = {.recv_callback = on_recv,
                                                           .send_callback = on_send};
    wslay_event_context_ptr websocket = NULL;
    if (wslay_event_context_server_init(&websocket, &callbacks, r) != 0)
        abort(); /* no memory for a few hundred bytes, as in mem_alloc */
    wslay_event_config_set_max_recv_msg_length(websocket, MESSAGE_MAX);
    return websocket;
}

void api_reader_start(struct api_reader *r, int fd, struct MHD_UpgradeResponseHandle *urh)
{
    struct api *a = r->api;
    int one = 1, flags = fcntl(fd, F_GETFL);
    r->fd = fd;
    r->urh = urh;
    r->websocket = websocket_new(r);
    r->control = BUFFER_LIMIT(CONTROL_MAX);
    r->heard_ns = r->pinged_ns = r->marked_ns = clock_monotonic_ns();
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);                     /* all calls say MSG_DONTWAIT as well */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* only faster with it */
    MEM_GROW(a->stream.readers, a->stream.count, a->stream.capacity);
    a->stream.readers[a->stream.count++] = r;
    a->stream.replaying += r->state == API_READER_REPLAY;
    r->polled = uv_poll_init_socket(a->loop, &r->poll, fd) == 0;
    r->poll.data = r;
    if (!r->polled) {
        log_write(LOG_ERROR, "the stream's socket cannot be polled");
        end(r);
        return;
    }
    poll_for(r, UV_READABLE);
    if (a->stopping)
        close_reader(r, 1001, "drawbridged is stopping");
    else if (r->close_code != 0)
        close_reader(r, r->close_code, r->close_reason);
    else if (r->filtered && r->state == API_READER_LIVE)
        push_watermark(r);
    if (r->early.len > 0)
        receive(r);
}

/* --- turns and times --- */

bool api_stream_pending(const struct api *a)
{
    return a->stream.dirty != NULL || a->stream.ended;
}

bool api_stream_can_replay(const struct api *a)
{
    const struct api_stream *s = &a->stream;
    for (size_t i = 0; i < s->count && s->replaying > 0; i++)
        if (can_replay(s->readers[i]))
            return true;
    return false;
}

void api_stream_turn(struct api *a)
{
    struct api_stream *s = &a->stream;
    struct api_reader *r = s->dirty;
    s->dirty = NULL;
    while (r != NULL) {
        struct api_reader *next = r->next_dirty;
        r->dirty = false;
        if (r->state != API_READER_ENDED)
            write_reader(r);
        r = next;
    }
    if (s->ended)
        bury_ended(s);
}

static void tick_reader(struct api_reader *r, int64_t now, int64_t wall)
{
    const struct api_limits *limits = &r->api->limits;
    if (r->state == API_READER_ENDED)
        return;
    if (r->state == API_READER_CLOSING) {
        if (now >= r->linger_ns)
            end(r);
        return;
    }
    if (now - r->heard_ns > limits->silence_ms * CLOCK_MS) {
        log_write(LOG_INFO, "stream: %s has gone silent", r->token->name);
        end(r);
        return;
    }
    if (r->token->expires_ns != 0 && r->token->expires_ns <= wall) {
        close_reader(r, 4401, "the token has expired");
        return;
    }
    if (now - r->pinged_ns >= limits->ping_ms * CLOCK_MS) {
        r->pinged_ns = now;
        struct wslay_event_msg ping = {.opcode = WSLAY_PING};
        if (wslay_event_queue_msg(r->websocket, &ping) == 0)
            pump_control(r);
    }
    if (r->filtered && now - r->marked_ns >= limits->watermark_ms * CLOCK_MS)
        push_watermark(r);
}

void api_stream_tick(struct api *a)
{
    int64_t now = clock_monotonic_ns(), wall = clock_now_ns();
    for (size_t i = 0; i < a->stream.count; i++)
        tick_reader(a->stream.readers[i], now, wall);
}

void api_stream_tokens_changed(struct api *a)
{
    for (size_t i = 0; i < a->stream.count; i++) {
        struct api_reader *r = a->stream.readers[i];
        struct api_token *token = api_auth_find_hash(a, r->token->hash);
        if (token == NULL) {
            close_reader(r, 4401, "the token is not valid any more");
            continue;
        }
        api_token_release(r->token);
        r->token = api_token_hold(token);
        r->filtered = r->filtered || !token->all_projects;
    }
}

void api_stream_stop(struct api *a)
{
    for (size_t i = 0; i < a->stream.count; i++)
        close_reader(a->stream.readers[i], 1001, "drawbridged is stopping");
}

void api_stream_end(struct api *a)
{
    for (size_t i = 0; i < a->stream.count; i++)
        end(a->stream.readers[i]);
    a->stream.dirty = NULL;
    bury_ended(&a->stream);
}
