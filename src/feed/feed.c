/* feed.c: keeps itself connected for ever. One attempt: whoami (who are we, and is the server there), the
 * stream, and where it is needed a snapshot while what the stream brings is held back; then the events, each
 * exactly once and without a gap. Source: interfaces.md, "The stream". */
#include "config.h"

#include "feed/feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/mem.h"
#include "feed/internal.h"

#define STEADY_NS  (5 * CLOCK_S) /* live for so long: the next attempt after it is a first one again */
#define DRAIN_STEP 256           /* held events that are handed out in one turn of the loop */

struct feed_limits feed_limits = {.backoff_first_ms = 200,
                                  .backoff_max_ms = 15000,
                                  .ping_ms = 3000,
                                  .silence_ms = 9000,
                                  .connect_ms = 10000,
                                  .held_bytes = 32 * 1024 * 1024};

enum phase { PHASE_WAITING, PHASE_ASKING, PHASE_CONNECTING, PHASE_EXPLAINING, PHASE_OPEN };

struct held {
    struct held *next;
    uint64_t number;
    size_t len;
    char text[];
};

struct feed {
    uv_loop_t *loop;
    struct http_client *http;
    struct feed_settings settings; /* copies */
    char *server, *stream_url, *token;
    char **projects;
    struct feed_callbacks callbacks;

    struct stream *stream;
    struct snapshot *snapshot;
    struct http_call *call;
    uv_timer_t retry, beat, drain;
    size_t open_handles;
    bool closed;

    enum phase phase;
    enum feed_state state;
    char why[512], stream_why[256];
    bool was_live;
    unsigned failures; /* attempts in a row that did not become steady */
    int64_t live_since_ns, last_heard_ns, last_ping_ns;

    /* Where the stream goes on. Only what was handed to the callbacks counts. */
    bool positioned;
    char epoch[FEED_EPOCH_SIZE]; /* "": not known */
    uint64_t cursor;
    bool limited;    /* this reader does not see every number */
    bool unnumbered; /* the server gives no numbers: only a snapshot helps after a cut */
    bool snapshot_due, replaces, begun;
    bool gap_seen;
    uint64_t gap_at; /* cursor at the last gap: the same one twice cannot be filled */

    struct held *held, *held_last;
    size_t held_bytes;
    bool held_overflow;
};

static void begin_attempt(struct feed *f);
static void on_retry(uv_timer_t *timer);
static void on_beat(uv_timer_t *timer);
static void on_drain(uv_timer_t *timer);

/* --- states --- */

static void set_state(struct feed *f, enum feed_state state, const char *why)
{
    if (f->closed || (f->state == state && strcmp(f->why, why) == 0))
        return;
    f->state = state;
    snprintf(f->why, sizeof f->why, "%s", why);
    if (f->callbacks.on_state != NULL)
        f->callbacks.on_state(f->callbacks.arg, state, f->why);
}

static void drop_held(struct feed *f)
{
    for (struct held *h = f->held, *next; h != NULL; h = next) {
        next = h->next;
        free(h);
    }
    f->held = f->held_last = NULL;
    f->held_bytes = 0;
}

/* Ends what is under way, keeps where the stream goes on. */
static void stop_all(struct feed *f)
{
    stream_drop(f->stream);
    snapshot_cancel(f->snapshot);
    f->snapshot = NULL;
    http_cancel(f->call);
    f->call = NULL;
    drop_held(f);
    f->held_overflow = false;
    uv_timer_stop(&f->retry);
    uv_timer_stop(&f->beat);
    uv_timer_stop(&f->drain);
    f->phase = PHASE_WAITING;
}

static uint64_t jitter_ms(uint64_t ceiling_ms)
{
    uint64_t random;
    random_bytes(&random, sizeof random);
    return random % (ceiling_ms + 1);
}

/* The attempt has failed, or the connection is lost: the next attempt is due after a random time up to a
 * ceiling that doubles. */
static void lose(struct feed *f, enum feed_state state, const char *why)
{
    if (f->closed)
        return;
    if (f->state == FEED_LIVE && clock_monotonic_ns() - f->live_since_ns >= STEADY_NS)
        f->failures = 0;
    if (f->unnumbered)
        f->snapshot_due = f->settings.snapshot;
    stop_all(f);
    uint64_t ceiling =
        f->failures < 7 ? feed_limits.backoff_first_ms << f->failures : feed_limits.backoff_max_ms;
    if (ceiling > feed_limits.backoff_max_ms || state == FEED_REFUSED)
        ceiling =
            feed_limits
                .backoff_max_ms; /* a token that is refused is not tried in haste: servers count such tries */
    uint64_t delay = jitter_ms(ceiling);
    if (state == FEED_REFUSED && delay < feed_limits.backoff_max_ms / 3)
        delay = feed_limits.backoff_max_ms / 3;
    f->failures++;
    uv_timer_start(&f->retry, on_retry, delay, 0);
    set_state(f, state, why);
}

static enum feed_state lost_state(const struct feed *f)
{
    return f->was_live ? FEED_STALE : FEED_OFFLINE;
}

static void go_live(struct feed *f)
{
    f->live_since_ns = clock_monotonic_ns();
    f->was_live = true;
    set_state(f, FEED_LIVE, "");
}

/* --- events --- */

/* Hands one event out, if it is the next one. Returns false where the connection was given up because of it.
 */
static bool deliver(struct feed *f, const char *text, size_t len, uint64_t number)
{
    if (number == 0) {
        f->unnumbered = true;
    } else if (f->positioned && number <= f->cursor) {
        return true; /* the snapshot has it, or it came already */
    } else if (f->positioned && !f->limited && number != f->cursor + 1) {
        char why[160];
        snprintf(why, sizeof why, "events %llu to %llu are missing in the stream: asking for them again",
                 (unsigned long long)f->cursor + 1, (unsigned long long)number - 1);
        if (f->gap_seen && f->gap_at == f->cursor) { /* asked already: the server does not have them */
            f->positioned = false;
            f->snapshot_due = f->settings.snapshot;
        }
        f->gap_seen = true;
        f->gap_at = f->cursor;
        lose(f, lost_state(f), why);
        return false;
    } else {
        f->positioned = true;
        f->cursor = number;
    }
    if (f->callbacks.on_event != NULL)
        f->callbacks.on_event(f->callbacks.arg, text, len, number);
    return !f->closed && f->phase == PHASE_OPEN;
}

static void hold(struct feed *f, const char *text, size_t len, uint64_t number)
{
    if (f->held_overflow)
        return;
    if (f->held_bytes + len >
        feed_limits.held_bytes) { /* the stream is asked for them again when the snapshot is there */
        drop_held(f);
        f->held_overflow = true;
        return;
    }
    struct held *h = mem_alloc(sizeof *h + len + 1);
    h->number = number;
    h->len = len;
    memcpy(h->text, text, len);
    if (f->held_last != NULL)
        f->held_last->next = h;
    else
        f->held = h;
    f->held_last = h;
    f->held_bytes += len;
}

/* Held events go out in steps, so that a keystroke does not wait for thousands of them. */
static void on_drain(uv_timer_t *timer)
{
    struct feed *f = timer->data;
    for (int i = 0; i < DRAIN_STEP && f->held != NULL; i++) {
        struct held *h = f->held;
        f->held = h->next;
        f->held_bytes -= h->len;
        if (f->held == NULL)
            f->held_last = NULL;
        bool going_on = deliver(f, h->text, h->len, h->number);
        free(h);
        if (!going_on)
            return;
    }
    if (f->held != NULL)
        uv_timer_start(&f->drain, on_drain, 1, 0); /* 0 would run in this very turn */
    else
        go_live(f);
}

static void take_watermark(struct feed *f, const struct scan *scan)
{
    f->limited = true; /* only such a reader gets them */
    if (f->epoch[0] != '\0' && strcmp(f->epoch, scan->epoch) != 0) {
        f->positioned = false;
        f->snapshot_due = f->settings.snapshot;
        f->replaces = true;
        lose(f, lost_state(f), "the server's data was replaced: taking it anew");
        return;
    }
    memcpy(f->epoch, scan->epoch, sizeof f->epoch);
    /* while events are held back, one that comes before this mark was not handed out yet */
    if (f->snapshot == NULL && f->held == NULL && (!f->positioned || scan->watermark > f->cursor)) {
        f->positioned = true;
        f->cursor = scan->watermark;
    }
}

static void on_text(void *arg, const char *text, size_t len)
{
    struct feed *f = arg;
    struct scan scan;
    scan_message(text, len, &scan);
    if (!scan.is_object)
        lose(f, lost_state(f), "the server sent something that is no CloudEvent in JSON");
    else if (scan.is_watermark)
        take_watermark(f, &scan);
    else if (f->snapshot != NULL || f->held != NULL || f->held_overflow)
        hold(f, text, len, scan.number);
    else
        (void)deliver(f, text, len, scan.number); /* what it says is for who has more to hand out */
}

/* --- snapshot --- */

/* The first of a snapshot's answers, or its end where there was none. */
static void tell_begin(struct feed *f)
{
    if (f->begun)
        return;
    f->begun = true;
    if (f->callbacks.on_snapshot_begin != NULL)
        f->callbacks.on_snapshot_begin(f->callbacks.arg, f->replaces);
}

static void on_item(void *arg, const char *what, const char *text, size_t len, const char *epoch,
                    uint64_t number)
{
    struct feed *f = arg;
    if (!f->begun && f->epoch[0] != '\0' && epoch[0] != '\0' && strcmp(f->epoch, epoch) != 0)
        f->replaces = true;
    tell_begin(f);
    if (!f->closed && f->callbacks.on_snapshot != NULL)
        f->callbacks.on_snapshot(f->callbacks.arg, what, text, len, number);
}

static void end_snapshot(struct feed *f)
{
    bool replaced = f->replaces;
    tell_begin(f);
    f->snapshot_due = f->replaces = f->begun = f->gap_seen = false;
    if (!f->closed && f->callbacks.on_snapshot_end != NULL)
        f->callbacks.on_snapshot_end(f->callbacks.arg, replaced);
}

static void set_position(struct feed *f, const char *epoch, uint64_t number)
{
    snprintf(f->epoch, sizeof f->epoch, "%s", epoch);
    f->cursor = number;
    f->positioned = epoch[0] != '\0';
}

static void lose_by_error(struct feed *f, const struct error *err)
{
    bool refused = err->status == STATUS_UNAUTHENTICATED || err->status == STATUS_FORBIDDEN;
    lose(f, refused ? FEED_REFUSED : lost_state(f), err->text);
}

static void on_snapshot_done(void *arg, enum status status, const struct error *err, const char *epoch,
                             uint64_t number)
{
    struct feed *f = arg;
    bool overflow = f->held_overflow;
    f->snapshot = NULL;
    if (status != STATUS_OK) {
        lose_by_error(f, err);
        return;
    }
    if (overflow && epoch[0] == '\0') { /* what was not held back is lost: only another snapshot has it */
        lose(f, lost_state(f), "the server sends more than can be held back, without numbering it");
        return;
    }
    set_position(f, epoch, number);
    end_snapshot(f);
    if (f->closed || f->phase != PHASE_OPEN)
        return;
    if (overflow)
        lose(f, lost_state(f), "many events came meanwhile: asking for them again");
    else
        uv_timer_start(&f->drain, on_drain, 0, 0);
}

static void begin_snapshot(struct feed *f)
{
    const struct snapshot_callbacks callbacks = {.arg = f, .on_item = on_item, .on_done = on_snapshot_done};
    assert(f->snapshot == NULL);
    f->begun = false;
    f->snapshot = snapshot_begin(f->http, &f->settings, FEED_EVENTS, &callbacks);
}

/* --- the connection --- */

static void on_heard(void *arg)
{
    struct feed *f = arg;
    f->last_heard_ns = clock_monotonic_ns();
}

/* Due when the next ping is, or when the silence becomes too long. */
static void on_beat(uv_timer_t *timer)
{
    struct feed *f = timer->data;
    int64_t now = clock_monotonic_ns();
    if (now - f->last_heard_ns >= feed_limits.silence_ms * CLOCK_MS) {
        char why[80];
        snprintf(why, sizeof why, "nothing was heard from the server for %lld s",
                 (long long)(feed_limits.silence_ms / 1000));
        lose(f, lost_state(f), why);
        return;
    }
    if (now - f->last_ping_ns >= feed_limits.ping_ms * CLOCK_MS) {
        f->last_ping_ns = now;
        stream_ping(f->stream);
    }
    int64_t next = f->last_ping_ns + feed_limits.ping_ms * CLOCK_MS,
            silent = f->last_heard_ns + feed_limits.silence_ms * CLOCK_MS;
    int64_t wait = (next < silent ? next : silent) - now;
    uv_timer_start(&f->beat, on_beat, (uint64_t)(wait > 0 ? wait / CLOCK_MS + 1 : 1), 0);
}

static void on_open(void *arg)
{
    struct feed *f = arg;
    f->phase = PHASE_OPEN;
    f->last_heard_ns = f->last_ping_ns = clock_monotonic_ns();
    uv_timer_start(&f->beat, on_beat, feed_limits.ping_ms, 0);
    if (f->snapshot_due)
        begin_snapshot(f);
    else
        go_live(f);
}

static char *http_form_of_stream(const struct feed *f)
{
    return mem_printf("http%s", f->stream_url + 2); /* ws://, wss:// */
}

/* The stream did not open: the same URL by a plain request tells more than libwebsockets does. */
static void on_explanation(void *arg, const struct http_response *response)
{
    struct feed *f = arg;
    char why[400];
    f->call = NULL;
    if (response->status != STATUS_OK)
        snprintf(why, sizeof why, "%s: %s", f->stream_url, response->error);
    else if (response->code == 401 || response->code == 403)
        snprintf(why, sizeof why, "%s: the token is refused (HTTP %ld)", f->stream_url, response->code);
    else if (response->code == 404)
        snprintf(why, sizeof why, "%s: this server has no event stream (HTTP 404)", f->stream_url);
    else if (response->code >= 300 && response->code < 400)
        snprintf(why, sizeof why,
                 "%s: the server redirects (HTTP %ld), which is not followed; give the final address with "
                 "--server",
                 f->stream_url, response->code);
    else
        snprintf(why, sizeof why, "%s: %s", f->stream_url, f->stream_why);
    bool refused = response->status == STATUS_OK && (response->code == 401 || response->code == 403);
    lose(f, refused ? FEED_REFUSED : lost_state(f), why);
}

static void explain(struct feed *f, const char *why)
{
    char *url = http_form_of_stream(f);
    struct http_request request = {.method = "GET", .url = url, .token = f->token, .timeout_ms = 5000};
    f->phase = PHASE_EXPLAINING;
    snprintf(f->stream_why, sizeof f->stream_why, "%s", why);
    f->call = http_send(f->http, &request, on_explanation, f);
    free(url);
}

static void on_closed(void *arg, bool was_open, int code, const char *why)
{
    struct feed *f = arg;
    char text[400];
    switch (code) {
    case 4401:
        lose(f, FEED_REFUSED, "the server says that the token is not valid any more");
        return;
    case 4408:
        lose(f, lost_state(f), "the server could not wait for this reader: resuming");
        return;
    case 4410:
        f->positioned = false;
        f->snapshot_due = f->settings.snapshot;
        f->replaces = true;
        lose(f, lost_state(f), "the server's history does not go on from here: taking a new snapshot");
        return;
    default:
        break;
    }
    if (!was_open) {
        explain(f, why);
        return;
    }
    snprintf(text, sizeof text, "the event stream ended: %s%s", why,
             code == 1001 ? " (the server is going down)" : "");
    lose(f, lost_state(f), text);
}

static void connect_stream(struct feed *f)
{
    struct buffer url = BUFFER_LIMIT(64 * 1024);
    const char *separator = strchr(f->stream_url, '?') != NULL ? "&" : "?";
    buffer_add_text(&url, f->stream_url);
    if (f->positioned && !f->snapshot_due) {
        buffer_printf(&url, "%ssince=", separator);
        if (f->epoch[0] != '\0') {
            http_add_escaped(&url, f->epoch);
            buffer_add_text(&url, ":");
        }
        buffer_printf(&url, "%llu", (unsigned long long)f->cursor);
        separator = "&";
    }
    for (size_t i = 0; f->projects != NULL && f->projects[i] != NULL; i++) {
        buffer_printf(&url, "%sproject=", separator);
        http_add_escaped(&url, f->projects[i]);
        separator = "&";
    }
    f->phase = PHASE_CONNECTING;
    stream_connect(f->stream, buffer_text(&url), f->token);
    buffer_free(&url);
}

/* --- who we are --- */

static void on_position(void *arg, enum status status, const struct error *err, const char *epoch,
                        uint64_t number)
{
    struct feed *f = arg;
    f->snapshot = NULL;
    if (status != STATUS_OK) {
        lose_by_error(f, err);
        return;
    }
    set_position(f, epoch, number);
    connect_stream(f);
}

/* Without a snapshot the stream is asked for what comes after now; so "now" has to be known first. */
static void ask_position(struct feed *f)
{
    const struct snapshot_callbacks callbacks = {.arg = f, .on_item = on_item, .on_done = on_position};
    f->snapshot = snapshot_begin(f->http, &f->settings, FEED_POSITION, &callbacks);
}

/* "Thu, 04 May 2023 10:11:12 GMT" */
static int64_t date_ns(const char *date)
{
    struct tm tm = {0};
    if (date == NULL || strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
        return 0;
    return (int64_t)timegm(&tm) * CLOCK_S;
}

static void tell_identity(struct feed *f, const cJSON *me, const char *date)
{
    const char *name = json_text(me, "name"), *role = json_text(me, "role"), *time = json_text(me, "time");
    const char *server = json_text(me, "server"), *version = json_text(me, "version");
    const cJSON *projects = json_get(me, "projects");
    int64_t ns = 0;
    if (time == NULL || !clock_parse(time, &ns))
        ns = date_ns(date);
    f->limited = f->projects != NULL || cJSON_IsArray(projects);
    char *words = server != NULL && version != NULL ? mem_printf("%s %s", server, version)
                                                    : mem_string(server != NULL ? server : version);
    if (f->callbacks.on_identity != NULL)
        f->callbacks.on_identity(f->callbacks.arg, name, role, words, ns);
    free(words);
    const char *expires = json_text(me, "expires");
    if (expires == NULL || !clock_parse(expires, &ns))
        ns = 0;
    if (!f->closed && f->callbacks.on_expiry != NULL)
        f->callbacks.on_expiry(f->callbacks.arg, ns);
}

static void on_whoami(void *arg, const struct http_response *response)
{
    struct feed *f = arg;
    struct http_request request = {.method = "GET", .url = f->server};
    struct error err = ERROR_NONE;
    cJSON *me = NULL;
    f->call = NULL;
    if (response->status != STATUS_OK) {
        char why[400];
        snprintf(why, sizeof why, "%s: %s", f->server, response->error);
        lose(f, lost_state(f), why);
        return;
    }
    enum status status = http_error(&request, response->code, response->body, response->body_len, &err);
    if (status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN || status == STATUS_RATE_LIMITED) {
        lose(f, FEED_REFUSED, err.text); /* 429: for wrong tokens */
        return;
    }
    if (status == STATUS_OK)
        status = json_parse(response->body, response->body_len, &me, &err);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) { /* a real Keptn knows no whoami */
        lose(f, lost_state(f), err.text);
        return;
    }
    tell_identity(f, me, response->date);
    cJSON_Delete(me);
    if (f->closed || f->phase != PHASE_ASKING)
        return;
    if (f->settings.snapshot || f->positioned)
        connect_stream(f);
    else
        ask_position(f);
}

static void begin_attempt(struct feed *f)
{
    if (!f->was_live && f->failures == 0)
        set_state(f, FEED_CONNECTING, "");
    if (f->closed)
        return;
    char *url = http_url(f->server, "/v1/whoami");
    struct http_request request = {.method = "GET", .url = url, .token = f->token};
    f->phase = PHASE_ASKING;
    f->call = http_send(f->http, &request, on_whoami, f);
    free(url);
}

static void on_retry(uv_timer_t *timer)
{
    begin_attempt(timer->data);
}

/* --- from outside --- */

static void copy_settings(struct feed *f, const struct feed_settings *settings)
{
    f->settings = *settings;
    f->settings.server = f->server = mem_string(settings->server);
    f->settings.token = f->token = mem_string(settings->token);
    if (settings->stream == NULL || strcmp(settings->stream, "auto") == 0)
        f->stream_url =
            mem_printf("ws%s/v1/event/stream", strncmp(f->server, "http", 4) == 0 ? f->server + 4 : "");
    else
        f->stream_url = mem_string(settings->stream);
    f->settings.stream = f->stream_url;
    size_t count = 0;
    while (settings->projects != NULL && settings->projects[count] != NULL)
        count++;
    f->settings.projects = NULL;
    if (count == 0)
        return;
    f->projects = mem_alloc((count + 1) * sizeof *f->projects);
    for (size_t i = 0; i < count; i++)
        f->projects[i] = mem_string(settings->projects[i]);
    f->settings.projects = (const char *const *)f->projects;
}

static void init_timer(struct feed *f, uv_timer_t *timer)
{
    uv_timer_init(f->loop, timer);
    timer->data = f;
    f->open_handles++;
}

struct feed *feed_open(uv_loop_t *loop, struct http_client *http, const struct feed_settings *settings,
                       const struct feed_callbacks *callbacks)
{
    struct feed *f = MEM_NEW(struct feed);
    const struct stream_callbacks on_stream = {
        .arg = f, .on_open = on_open, .on_text = on_text, .on_heard = on_heard, .on_closed = on_closed};
    f->loop = loop;
    f->http = http;
    f->callbacks = *callbacks;
    copy_settings(f, settings);
    f->stream = stream_new(loop, http_client_settings(http), &on_stream);
    init_timer(f, &f->retry);
    init_timer(f, &f->beat);
    init_timer(f, &f->drain);
    f->state = FEED_OFFLINE;
    f->snapshot_due = settings->snapshot;
    uv_timer_start(&f->retry, on_retry, 0, 0);
    return f;
}

void feed_set_token(struct feed *f, const char *token)
{
    char *old = f->token;
    f->settings.token = f->token = mem_string(token);
    free(old);
    if (f->closed || f->phase != PHASE_WAITING)
        return;
    f->failures = 0;
    uv_timer_start(&f->retry, on_retry, 0, 0);
}

void feed_reload(struct feed *f)
{
    if (f->closed || !f->settings.snapshot || f->snapshot != NULL)
        return;
    f->snapshot_due = true;
    if (f->phase == PHASE_OPEN) {
        if (f->held == NULL)
            begin_snapshot(f);
    } else if (f->phase == PHASE_WAITING) {
        uv_timer_start(&f->retry, on_retry, 0, 0);
    }
}

/* What fails here, the stream finds out by itself. */
static void on_identified(void *arg, const struct http_response *response)
{
    struct feed *f = arg;
    cJSON *me = NULL;
    f->call = NULL;
    if (response->status != STATUS_OK || response->code != 200 ||
        json_parse(response->body, response->body_len, &me, NULL) != STATUS_OK)
        return;
    tell_identity(f, me, response->date);
    cJSON_Delete(me);
}

void feed_identify(struct feed *f)
{
    if (f->closed || f->phase != PHASE_OPEN || f->call != NULL)
        return;
    char *url = http_url(f->server, "/v1/whoami");
    struct http_request request = {.method = "GET", .url = url, .token = f->token};
    f->call = http_send(f->http, &request, on_identified, f);
    free(url);
}

int64_t feed_last_heard_ns(const struct feed *f)
{
    return f->last_heard_ns;
}

static void handle_closed(uv_handle_t *handle)
{
    struct feed *f = handle->data;
    if (--f->open_handles > 0)
        return;
    for (size_t i = 0; f->projects != NULL && f->projects[i] != NULL; i++)
        free(f->projects[i]);
    free(f->projects);
    free(f->server);
    free(f->stream_url);
    free(f->token);
    free(f);
}

void feed_close(struct feed *f)
{
    if (f == NULL || f->closed)
        return;
    stop_all(f);
    f->closed = true;
    stream_free(f->stream);
    f->stream = NULL;
    uv_close((uv_handle_t *)&f->retry, handle_closed);
    uv_close((uv_handle_t *)&f->beat, handle_closed);
    uv_close((uv_handle_t *)&f->drain, handle_closed);
}
