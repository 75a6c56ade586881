/* api/server.c: libmicrohttpd on the libuv loop.
 *
 * MHD keeps its sockets in an epoll set whose descriptor the loop polls. MHD_run does all that is to be done;
 * it is called when that descriptor or MHD's timer says so, and, where one of our own callbacks has made work
 * for it (an answer to a sleeping request), once in the same turn of the loop: in the check phase behind
 * polling, or in the prepare phase before it. */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define CONNECTIONS_MAX 4096
#define IDLE_S          60 /* an answer that is not taken, a connection that is not used */

static const struct api_limits default_limits = {
    .header_ms = 60000,
    .body_ms = 300000,
    .tick_ms = 500,
    .ping_ms = 3000,
    .silence_ms = 9000,
    .watermark_ms = 5000,
    .linger_ms = 2000,
    .stop_ms = 5000,
    .queue_bytes = (size_t)8 * 1024 * 1024,
    .replay_bytes = (size_t)256 * 1024,
    .replay_events = 256,
    .replay_readers = 8,
};

struct api_limits *api_limits(struct api *a)
{
    return &a->limits;
}

const char *api_url(const struct api *a)
{
    return a->url;
}

/* --- connections that dawdle --- */

static struct api_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

void api_peer_deadline(struct MHD_Connection *connection, int ms)
{
    struct api_peer *peer = peer_of(connection);
    if (peer != NULL)
        peer->deadline_ns = ms == 0 ? 0 : clock_monotonic_ns() + ms * CLOCK_MS;
}

static void peer_add(struct api *a, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct api_peer *peer = MEM_NEW(struct api_peer);
    peer->fd = info != NULL ? info->connect_fd : -1;
    peer->deadline_ns = clock_monotonic_ns() + a->limits.header_ms * CLOCK_MS;
    peer->next = a->peers;
    if (peer->next != NULL)
        peer->next->previous = peer;
    a->peers = peer;
    *context = peer;
}

static void peer_remove(struct api *a, void **context)
{
    struct api_peer *peer = *context;
    if (peer == NULL)
        return;
    if (peer->previous != NULL)
        peer->previous->next = peer->next;
    else
        a->peers = peer->next;
    if (peer->next != NULL)
        peer->next->previous = peer->previous;
    free(peer);
    *context = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        peer_add(arg, connection, context);
    else
        peer_remove(arg, context);
}

/* MHD has no call that closes a connection: it sees the end of the socket instead. */
static void drop_dawdlers(struct api *a)
{
    int64_t now = clock_monotonic_ns();
    for (struct api_peer *peer = a->peers; peer != NULL; peer = peer->next)
        if (peer->deadline_ns != 0 && peer->deadline_ns <= now) {
            peer->deadline_ns = 0;
            (void)shutdown(peer->fd, SHUT_RDWR); /* fails where the client has gone: as good */
        }
}

/* --- the loop --- */

void api_wake(struct api *a)
{
    a->due = true;
}

static void on_timer(uv_timer_t *timer)
{
    api_wake(timer->data);
}

static void run(struct api *a)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    a->due = false;
    if (MHD_run(a->daemon) != MHD_YES)
        log_write(LOG_ERROR, "libmicrohttpd does not run");
    if (MHD_get_timeout(a->daemon, &wait_ms) != MHD_YES)
        (void)uv_timer_stop(&a->timer); /* cannot fail */
    else if (wait_ms == 0)
        a->due = true;
    else
        (void)uv_timer_start(&a->timer, on_timer, wait_ms, 0); /* cannot fail */
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* it is there to keep the loop from waiting */
}

static bool still_answering(const struct api *a)
{
    bool patient = clock_monotonic_ns() < a->stop_deadline_ns;
    for (const struct api_request *rq = a->requests; rq != NULL; rq = rq->next)
        if (rq->refs > 1 || (rq->begun && patient))
            return true;
    return a->stream.count > 0;
}

static void finish_stopping(struct api *a)
{
    void (*stopped)(void *arg) = a->stopped;
    if (stopped == NULL || still_answering(a))
        return;
    a->stopped = NULL;
    stopped(a->stopped_arg);
}

/* What is left to do before the loop waits. */
static void turn(struct api *a)
{
    if (a->closing)
        return;
    for (int i = 0; i < 3 && (a->due || api_stream_pending(a)); i++) { /* one makes work for the other */
        if (a->due)
            run(a);
        api_stream_turn(a);
    }
    if (a->due || api_stream_pending(a) || api_stream_can_replay(a))
        (void)uv_idle_start(&a->idle, on_idle); /* cannot fail */
    else
        (void)uv_idle_stop(&a->idle); /* cannot fail */
    finish_stopping(a);               /* may free a */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct api *a = prepare->data;
    if (!a->closing)
        api_stream_replay(a); /* once in a turn of the loop: replays must not delay what is live */
    turn(a);
}

static void on_check(uv_check_t *check)
{
    turn(check->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an epoll set has no errors of its own */
    (void)events;
    api_wake(poll->data);
}

static void on_tick(uv_timer_t *timer)
{
    struct api *a = timer->data;
    uv_timer_set_repeat(timer, (uint64_t)a->limits.tick_ms);
    drop_dawdlers(a);
    api_stream_tick(a);
}

/* --- life --- */

static void log_mhd(void *arg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void log_mhd(void *arg, const char *format, va_list args)
{
    char text[512];
    (void)arg;
    (void)vsnprintf(text, sizeof text, format, args); /* what is too long is cut */
    text[strcspn(text, "\n")] = '\0';
    log_write(LOG_DEBUG, "http: %s", text);
}

/* MHD would turn %2F into a slash. */
static size_t leave_as_it_is(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start(struct api *a, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_UPGRADE | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
                            0, NULL, NULL, api_request_access, a, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL, MHD_OPTION_URI_LOG_CALLBACK,
                            api_request_open, a, MHD_OPTION_NOTIFY_COMPLETED, api_request_completed, a,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, a, MHD_OPTION_END);
}

static void *counted(struct api *a)
{
    a->handles++;
    return a;
}

/* None of the calls but uv_poll_init can fail. */
static enum status join_loop(struct api *a, struct error *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int fault = info == NULL ? UV_EBADF : uv_poll_init(a->loop, &a->poll, info->epoll_fd);
    if (fault != 0)
        return error_set(err, STATUS_FAILED, "cannot poll the HTTP server's sockets: %s", uv_strerror(fault));
    a->poll.data = counted(a);
    (void)uv_poll_start(&a->poll, UV_READABLE, on_poll);
    (void)uv_timer_init(a->loop, &a->timer);
    a->timer.data = counted(a);
    (void)uv_timer_init(a->loop, &a->tick);
    a->tick.data = counted(a);
    (void)uv_timer_start(&a->tick, on_tick, (uint64_t)a->limits.tick_ms, (uint64_t)a->limits.tick_ms);
    (void)uv_prepare_init(a->loop, &a->prepare);
    a->prepare.data = counted(a);
    (void)uv_prepare_start(&a->prepare, on_prepare);
    (void)uv_check_init(a->loop, &a->check);
    a->check.data = counted(a);
    (void)uv_check_start(&a->check, on_check);
    (void)uv_idle_init(a->loop, &a->idle);
    a->idle.data = counted(a);
    return STATUS_OK;
}

static void destroy(struct api *a)
{
    api_auth_free(&a->auth);
    free(a->stream.readers);
    free(a->version);
    free(a->url);
    free(a);
}

static void on_closed(uv_handle_t *handle)
{
    struct api *a = handle->data;
    if (--a->handles == 0)
        destroy(a);
}

enum status api_new(uv_loop_t *loop, struct store *store, const struct api_settings *settings,
                    const struct api_ports *ports, struct api **out, struct error *err)
{
    int fd = -1;
    if (sodium_init() < 0)
        return error_set(err, STATUS_FAILED, "libsodium does not start: no source of randomness");
    struct api *a = MEM_NEW(struct api);
    a->loop = loop;
    a->store = store;
    a->ports = *ports;
    a->limits = default_limits;
    a->version = mem_string(settings->version != NULL ? settings->version : "");
    enum status status = api_auth_load(a, err);
    if (status == STATUS_OK)
        status = api_listen(settings->listen, &fd, &a->url, err);
    if (status != STATUS_OK)
        goto failed;
    a->daemon = start(a, fd); /* the socket is MHD's now */
    if (a->daemon == NULL) {
        (void)close(fd);
        status = error_set(err, STATUS_FAILED, "cannot start the HTTP server on %s", settings->listen);
        goto failed;
    }
    status = join_loop(a, err);
    if (status != STATUS_OK) {
        MHD_stop_daemon(a->daemon);
        goto failed;
    }
    *out = a;
    return STATUS_OK;
failed:
    destroy(a);
    return status;
}

void api_tokens_changed(struct api *a)
{
    struct error err = ERROR_NONE;
    if (api_auth_load(a, &err) != STATUS_OK) {
        log_write(LOG_ERROR, "reading the tokens again: %s; those known before stay in force", err.text);
        return;
    }
    api_stream_tokens_changed(a);
}

void api_stop(struct api *a, void (*done)(void *arg), void *arg)
{
    a->stopped = done;
    a->stopped_arg = arg;
    if (a->stopping)
        return;
    a->stopping = true;
    a->stop_deadline_ns = clock_monotonic_ns() + a->limits.stop_ms * CLOCK_MS;
    MHD_socket fd = MHD_quiesce_daemon(a->daemon);
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd);
    api_stream_stop(a);
    api_wake(a);
}

/* Answers what still sleeps: MHD does not stop while a connection does. */
static void wake_sleepers(struct api *a)
{
    for (struct api_request *rq = a->requests; rq != NULL; rq = rq->next)
        if (rq->suspended)
            api_answer_error(rq, 503, "drawbridged is stopping");
}

void api_free(struct api *a)
{
    if (a == NULL || a->closing)
        return;
    a->closing = true;
    a->stopping = true;
    api_stream_end(a);
    wake_sleepers(a);
    (void)MHD_run(a->daemon); /* sends these answers, and buries the streams */
    uv_close((uv_handle_t *)&a->poll, on_closed);
    uv_close((uv_handle_t *)&a->timer, on_closed);
    uv_close((uv_handle_t *)&a->tick, on_closed);
    uv_close((uv_handle_t *)&a->prepare, on_closed);
    uv_close((uv_handle_t *)&a->check, on_closed);
    uv_close((uv_handle_t *)&a->idle, on_closed);
    MHD_stop_daemon(a->daemon);
}
