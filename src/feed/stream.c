/* stream.c: a WebSocket client on libwebsockets, whose event loop is ours. What libwebsockets 4.1 does not do
 * well is done here: name look-up off the loop, deadlines of our own, no redirects, no proxy that it finds by
 * itself (doc/: pitfalls of libwebsockets). */
#include "config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "feed/internal.h"

#define MESSAGE_MAX     (2 * JSON_EVENT_MAX) /* bytes; a server takes events of up to 1 MiB */
#define RECEIVE_SIZE    (8 * 1024)
#define ADDRESSES_MAX   8
#define DESCRIPTORS_MAX 4096 /* libwebsockets keeps a table with a slot for each that there may be */
#define END_TURNS       4    /* of the loop, after which all handles of libwebsockets are closed */
#define SUBPROTOCOL     "cloudevents.json"

struct stream;

/* What a wsi points to. It outlives the stream's interest in it. */
struct connection {
    struct stream *stream; /* NULL: nobody wants to hear of it */
    bool inside;           /* in a callback of libwebsockets: it may only be closed by its return value */
    bool in_connect;       /* in lws_client_connect_via_info */
    bool gone;             /* libwebsockets has let go of it */
};

struct lookup {
    uv_getaddrinfo_t request;
    struct stream *stream; /* NULL: nobody wants the answer */
};

struct stream {
    uv_loop_t *loop;
    char *ca_file, *client_cert, *client_key;
    char *fixed_proxy; /* "": none; NULL: what the environment says */
    struct stream_callbacks callbacks;
    struct lws_context *context;
    struct lws_vhost *vhost;
    uv_timer_t deadline, report; /* report: a failure told from the loop */
    uv_check_t end;
    size_t open_handles;
    bool freed;
    int end_turns;

    struct connection *connection;
    struct lws *wsi;
    struct lookup *lookup;
    bool busy, open, tls, want_ping;
    char *host, *authority, *path, *token, *proxy;
    int port;
    char addresses[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    size_t address_count, address_next;
    struct buffer message;
    int close_code;
    char why[256];
};

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
static void connect_next(struct stream *s);

/* Two, as libwebsockets wants the end of the list marked. */
static const struct lws_protocols protocols[] = {
    {.name = SUBPROTOCOL, .callback = on_lws, .rx_buffer_size = RECEIVE_SIZE},
    {.name = NULL},
};

static void forget_target(struct stream *s)
{
    free(s->host);
    free(s->authority);
    free(s->path);
    free(s->token);
    free(s->proxy);
    s->host = s->authority = s->path = s->token = s->proxy = NULL;
}

static void handle_closed(uv_handle_t *handle)
{
    struct stream *s = handle->data;
    if (--s->open_handles > 0)
        return;
    forget_target(s);
    free(s->ca_file);
    free(s->client_cert);
    free(s->client_key);
    free(s->fixed_proxy);
    buffer_free(&s->message); /* the last one may be what a callback reads that has freed the stream */
    free(s);
}

/* --- the end of a connection --- */

static void forget_connection(struct stream *s)
{
    if (s->connection != NULL)
        s->connection->stream = NULL;
    s->connection = NULL;
    s->wsi = NULL;
    if (s->lookup != NULL)
        s->lookup->stream = NULL;
    s->lookup = NULL;
    s->busy = s->open = s->want_ping = false;
    buffer_clear(&s->message);
    if (!s->freed) {
        uv_timer_stop(&s->deadline);
        uv_timer_stop(&s->report);
    }
}

static void on_report(uv_timer_t *timer)
{
    struct stream *s = timer->data;
    bool was_open = s->open;
    forget_connection(s);
    s->callbacks.on_closed(s->callbacks.arg, was_open, s->close_code, s->why);
}

/* The connection is over: tells it from the loop's next turn, when libwebsockets is not on the stack. */
static void fail(struct stream *s, const char *why)
{
    if (!s->busy)
        return;
    if (s->connection != NULL)
        s->connection->stream = NULL;
    s->connection = NULL;
    if (s->why[0] == '\0')
        lws_strncpy(s->why, why, sizeof s->why);
    uv_timer_stop(&s->deadline);
    uv_timer_start(&s->report, on_report, 0, 0);
}

/* Lets libwebsockets notice what was asked of it from outside its own callbacks. */
static void nudge(struct stream *s)
{
    if (s->context != NULL)
        lws_cancel_service(s->context);
}

static void kill_wsi(struct stream *s)
{
    struct connection *c = s->connection;
    struct lws *wsi = s->wsi;
    if (c == NULL || wsi == NULL || c->gone)
        return;
    c->stream = NULL; /* in a callback: its return value closes */
    if (!c->inside) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
        nudge(s);
    }
}

void stream_drop(struct stream *s)
{
    if (!s->busy)
        return;
    kill_wsi(s);
    forget_connection(s);
}

static void on_deadline(uv_timer_t *timer)
{
    struct stream *s = timer->data;
    kill_wsi(s);
    fail(s, "the server did not open the event stream in time");
}

/* --- libwebsockets' callbacks --- */

static int append_token(struct stream *s, struct lws *wsi, unsigned char **p, size_t len)
{
    unsigned char *end = *p + len;
    if (s->token == NULL)
        return 0;
    return lws_add_http_header_by_name(wsi,
                                       (const unsigned char *)"x-token:", (const unsigned char *)s->token,
                                       (int)strlen(s->token), p, end);
}

/* Returns non-zero where the connection must end. */
static int receive(struct stream *s, struct connection *c, struct lws *wsi, const char *bytes, size_t len)
{
    if (lws_is_first_fragment(wsi))
        buffer_clear(&s->message);
    if (lws_frame_is_binary(wsi)) {
        fail(s, "the server sent a binary message, which no CloudEvent in JSON is");
        return -1;
    }
    if (!buffer_add(&s->message, bytes, len)) {
        fail(s, "the server sent a message that is longer than 2 MiB");
        return -1;
    }
    s->callbacks.on_heard(s->callbacks.arg);
    if (c->stream == NULL)
        return -1;
    if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0) {
        s->callbacks.on_text(s->callbacks.arg, buffer_text(&s->message), s->message.len);
        if (c->stream == NULL)
            return -1;
        buffer_clear(&s->message);
    }
    return 0;
}

static int write_ping(struct stream *s, struct lws *wsi)
{
    unsigned char frame[LWS_PRE + 1];
    if (!s->want_ping)
        return 0;
    s->want_ping = false;
    return lws_write(wsi, frame + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static void keep_close_code(struct stream *s, const unsigned char *in, size_t len)
{
    if (len < 2)
        return;
    s->close_code = in[0] << 8 | in[1];
    size_t words = len - 2 < sizeof s->why - 1 ? len - 2 : sizeof s->why - 1;
    memcpy(s->why, in + 2, words);
    s->why[words] = '\0';
}

static void opened(struct stream *s)
{
    s->open = true;
    uv_timer_stop(&s->deadline);
    s->callbacks.on_open(s->callbacks.arg);
}

/* One that is wanted: s is never NULL. */
static int handle(struct stream *s, struct connection *c, struct lws *wsi, enum lws_callback_reasons reason,
                  void *in, size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_token(s, wsi, in, len);
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
        fail(
            s,
            "the server redirects, which is not followed: the token goes only to the address that it is for");
        return 1;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        opened(s);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(s, c, wsi, in, len);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        s->callbacks.on_heard(s->callbacks.arg);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_ping(s, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        keep_close_code(s, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        if (s->address_next < s->address_count) {
            c->stream = NULL;
            s->connection = NULL;
            s->wsi = NULL;
            connect_next(s);
        } else {
            fail(s, in != NULL ? (const char *)in : "no connection");
        }
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        fail(s, "the connection was cut");
        return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
        fail(s, "the server closed the connection, or did not answer, before the event stream was open");
        return 0;
    default:
        return 0;
    }
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct connection *c = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;
    int result = 0;
    if (c == NULL)
        return 0;
    struct stream *s = c->stream;
    c->inside = true;
    if (s != NULL) {
        result = handle(s, c, wsi, reason, in, len);
    } else if (reason == LWS_CALLBACK_CLIENT_RECEIVE || reason == LWS_CALLBACK_CLIENT_WRITEABLE ||
               reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_RECEIVE_PONG)
        result = -1;
    c->inside = false;
    if (c->stream == NULL && result == 0 &&
        (reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_RECEIVE_PONG))
        result = -1; /* dropped by what it has told */
    if (reason == LWS_CALLBACK_WSI_DESTROY) {
        lws_set_opaque_user_data(wsi, NULL);
        c->gone = true;
        if (!c->in_connect)
            free(c);
    }
    return result;
}

/* --- connecting --- */

/* The context is made at the first connection, and a virtual host then, so that a dashboard draws before
 * authorities are loaded. libwebsockets would take http_proxy from the environment by itself. */
static bool make_context(struct stream *s)
{
    struct lws_context_creation_info info = {0};
    void *loops[1] = {s->loop};
    struct rlimit old, limit;
    if (s->context != NULL)
        return true;
    lws_set_log_level(0, NULL); /* it would write on the terminal */
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.foreign_loops = loops;
    info.pcontext = &s->context; /* NULL again when it is gone */
    info.pt_serv_buf_size = RECEIVE_SIZE;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (s->tls)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    bool lowered = getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur > DESCRIPTORS_MAX;
    if (lowered) {
        limit = old;
        limit.rlim_cur = DESCRIPTORS_MAX;
        lowered = setrlimit(RLIMIT_NOFILE, &limit) == 0;
    }
    s->context = lws_create_context(&info);
    if (lowered)
        (void)setrlimit(RLIMIT_NOFILE, &old); /* what it was can always be set again */
    return s->context != NULL;
}

static bool make_vhost(struct stream *s, const char *proxy_address)
{
    struct lws_context_creation_info info = {0};
    char *from_environment;
    if (s->vhost != NULL)
        return true;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = "drawbridge";
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.http_proxy_address = proxy_address;
    if (s->tls) {
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.client_ssl_ca_filepath = s->ca_file;
        info.client_ssl_cert_filepath = s->client_cert;
        info.client_ssl_private_key_filepath = s->client_key != NULL ? s->client_key : s->client_cert;
    }
    from_environment = mem_string(getenv("http_proxy"));
    if (from_environment != NULL)
        unsetenv("http_proxy");
    s->vhost = lws_create_vhost(s->context, &info);
    if (from_environment != NULL)
        setenv("http_proxy", from_environment, 1);
    free(from_environment);
    return s->vhost != NULL;
}

/* Tries the next address. */
static void connect_next(struct stream *s)
{
    const char *address = s->addresses[s->address_next++];
    struct lws_client_connect_info info = {0};
    char *proxied = NULL;
    if (s->proxy != NULL) { /* address is the proxy's; it looks the name up itself */
        const char *at = strrchr(s->proxy, '@'), *colon = strrchr(s->proxy, ':');
        const char *port = colon != NULL && colon > (at != NULL ? at : s->proxy) ? colon + 1 : "1080";
        proxied = mem_printf("%.*s%s:%s", at != NULL ? (int)(at + 1 - s->proxy) : 0, s->proxy, address, port);
    }
    if (!make_context(s)) {
        fail(s, "libwebsockets could not start; is libwebsockets-evlib-uv installed?");
    } else if (!make_vhost(s, proxied)) {
        fail(s, s->client_cert != NULL ? "the files with authorities, certificate and key could not be loaded"
                : s->ca_file != NULL   ? "the file with authorities could not be loaded"
                                       : "libwebsockets could not be set up");
    } else {
        struct connection *c = MEM_NEW(struct connection);
        *c = (struct connection){.stream = s, .in_connect = true};
        s->connection = c;
        info.context = s->context;
        info.vhost = s->vhost;
        info.address = s->proxy != NULL ? s->host : address;
        info.port = s->port;
        info.path = s->path;
        info.host = s->authority;
        info.protocol = SUBPROTOCOL;
        info.local_protocol_name = SUBPROTOCOL;
        info.ssl_connection = s->tls ? LCCSCF_USE_SSL : 0;
        info.alpn = "http/1.1";
        info.ietf_version_or_minus_one = -1;
        info.opaque_user_data = c;
        info.pwsi = &s->wsi;
        struct lws *wsi = lws_client_connect_via_info(&info);
        c->in_connect = false;
        if (wsi == NULL && c->stream == s)
            fail(s, "no connection");
        if (wsi == NULL || c->gone)
            free(c);
        nudge(s);
    }
    free(proxied);
}

static void on_addresses(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct lookup *lookup = request->data;
    struct stream *s = lookup->stream;
    if (s != NULL) {
        s->lookup = NULL;
        for (const struct addrinfo *a = list; status == 0 && a != NULL && s->address_count < ADDRESSES_MAX;
             a = a->ai_next)
            if (getnameinfo(a->ai_addr, a->ai_addrlen, s->addresses[s->address_count], INET6_ADDRSTRLEN, NULL,
                            0, NI_NUMERICHOST) == 0)
                s->address_count++;
        if (s->address_count > 0) {
            connect_next(s);
        } else {
            char why[200];
            snprintf(why, sizeof why, "the name of the server could not be looked up: %s",
                     status < 0 ? uv_strerror(status) : "no address");
            fail(s, why);
        }
    }
    uv_freeaddrinfo(list);
    free(lookup);
}

/* Asks for the addresses of a host ("[::1]" too), not blocking. */
static void look_up(struct stream *s, const char *host, size_t len)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    bool bracketed = len > 2 && host[0] == '[' && host[len - 1] == ']';
    char *name = bracketed ? mem_string_n(host + 1, len - 2) : mem_string_n(host, len);
    struct lookup *lookup = MEM_NEW(struct lookup);
    lookup->stream = s;
    lookup->request.data = lookup;
    int failed = uv_getaddrinfo(s->loop, &lookup->request, on_addresses, name, NULL, &hints);
    if (failed != 0) {
        free(lookup);
        fail(s, uv_strerror(failed));
    } else {
        s->lookup = lookup;
    }
    free(name);
}

/* ws://host:port/path. False: not such a URL. */
static bool split_url(struct stream *s, const char *url)
{
    bool tls = strncmp(url, "wss://", 6) == 0;
    if (!tls && strncmp(url, "ws://", 5) != 0)
        return false;
    assert(s->vhost == NULL || tls == s->tls); /* a feed has one server */
    const char *authority = url + (tls ? 6 : 5);
    size_t len = strcspn(authority, "/?#"), host_len = len;
    const char *colon = memrchr(authority, ':', len), *bracket = memrchr(authority, ']', len);
    s->tls = tls;
    s->port = tls ? 443 : 80;
    if (colon != NULL && (bracket == NULL || bracket < colon)) {
        char *end;
        long port = strtol(colon + 1, &end, 10);
        if (end != authority + len || port <= 0 || port > 65535)
            return false;
        s->port = (int)port;
        host_len = (size_t)(colon - authority);
    }
    if (host_len == 0)
        return false;
    s->host = mem_string_n(authority, host_len);
    s->authority = mem_string_n(authority, len);
    s->path = authority[len] == '/' ? mem_string(authority + len) : mem_printf("/%s", authority + len);
    return true;
}

/* NULL: none. The caller's (free). */
static char *choose_proxy(const struct stream *s)
{
    if (s->fixed_proxy != NULL)
        return *s->fixed_proxy != '\0' ? proxy_of_url(s->fixed_proxy) : NULL;
    char *http_form = mem_printf("http://%s/", s->authority);
    char *proxy = http_is_loopback(http_form) ? NULL : proxy_for(s->tls, s->host);
    free(http_form);
    return proxy;
}

void stream_connect(struct stream *s, const char *url, const char *token)
{
    assert(!s->busy && !s->freed);
    forget_target(s);
    s->busy = true;
    s->close_code = 0;
    s->why[0] = '\0';
    s->address_count = s->address_next = 0;
    if (!split_url(s, url)) {
        fail(s, "the address of the event stream must look like wss://host/path");
        return;
    }
    s->token = mem_string(token);
    s->proxy = choose_proxy(s);
    uv_timer_start(&s->deadline, on_deadline, (uint64_t)feed_limits.connect_ms, 0);
    if (s->proxy != NULL) {
        const char *at = strrchr(s->proxy, '@');
        const char *host = at != NULL ? at + 1 : s->proxy;
        const char *colon = strrchr(host, ':');
        look_up(s, host, colon != NULL && colon[1] != ']' ? (size_t)(colon - host) : strlen(host));
    } else {
        look_up(s, s->host, strlen(s->host));
    }
}

void stream_ping(struct stream *s)
{
    if (!s->open || s->wsi == NULL || s->connection == NULL)
        return;
    s->want_ping = true;
    lws_callback_on_writable(s->wsi);
    nudge(s);
}

struct stream *stream_new(uv_loop_t *loop, const struct http_settings *http,
                          const struct stream_callbacks *callbacks)
{
    struct stream *s = MEM_NEW(struct stream);
    s->loop = loop;
    s->ca_file = mem_string(http->ca_file);
    s->client_cert = mem_string(http->client_cert);
    s->client_key = mem_string(http->client_key);
    s->fixed_proxy = mem_string(http->proxy);
    s->callbacks = *callbacks;
    s->message = BUFFER_LIMIT(MESSAGE_MAX);
    uv_timer_init(loop, &s->deadline);
    uv_timer_init(loop, &s->report);
    uv_check_init(loop, &s->end);
    s->deadline.data = s->report.data = s->end.data = s;
    s->open_handles = 3;
    return s;
}

static void close_handles(struct stream *s)
{
    uv_close((uv_handle_t *)&s->deadline, handle_closed);
    uv_close((uv_handle_t *)&s->report, handle_closed);
    uv_close((uv_handle_t *)&s->end, handle_closed);
}

/* libwebsockets 4.1 closes its handles on the loop, and forgets the rest: it has to be asked again when they
 * are closed (pcontext says whether it is through). */
static void on_end_again(uv_timer_t *timer)
{
    struct stream *s = timer->data;
    if (s->context != NULL && ++s->end_turns < END_TURNS) {
        uv_timer_start(timer, on_end_again, 1, 0);
        return;
    }
    if (s->context != NULL)
        lws_context_destroy(s->context);
    close_handles(s);
}

static void on_end(uv_check_t *check)
{
    struct stream *s = check->data;
    uv_check_stop(check);
    lws_context_destroy(s->context);
    uv_timer_start(&s->report, on_end_again, 1, 0);
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer; /* the loop turns, and comes to on_end */
}

/* libwebsockets 4.1 closes its event descriptor twice: when its context is destroyed, and when the handle on
 * it has closed. Whoever opened a descriptor in between would lose it. So this happens in the loop's check
 * phase, which the closing of handles follows at once. */
void stream_free(struct stream *s)
{
    if (s == NULL)
        return;
    stream_drop(s);
    s->freed = true;
    if (s->context == NULL) {
        close_handles(s);
        return;
    }
    uv_check_start(&s->end, on_end);
    uv_timer_start(&s->report, on_wake, 1, 0);
}
