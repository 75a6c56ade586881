/* record.c: the stream into a file, with a snapshot in front, so that a replay begins with the whole picture.
 * The feed resumes exactly after a lost connection; where it cannot, a new snapshot stands in the file. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/picture.h"
#include "cli/renew.h"
#include "cli/watch.h"
#include "feed/recording.h"

#define FLUSH_MS    200            /* what came is in the file so soon */
#define SYNC_NS     (10 * CLOCK_S) /* and on the disk so soon */
#define TRIM_EVENTS 2000
#define SIGNALS     3

const struct cli_option cli_record_options[] = {
    {"append", 0, NULL, "go on at the end of the file"},
    {"force", 0, NULL, "replace the file"},
    {"until", 0, "WORD", "ends when something is waiting, or when all that ran is finished"},
    {"watch-time", 0, "SECONDS", "ends after so long; with --until it has failed then (exit status 7)"},
    {NULL, 0, NULL, NULL},
};

struct record {
    struct cli_context *ctx;
    const char *path;
    enum recording_mode mode;
    enum cli_until until;
    int seconds;                 /* 0: as long as it takes */
    struct recording *recording; /* NULL: nothing came yet */
    struct feed *feed;
    struct model *model; /* NULL: nothing is waited for */
    struct event event;
    size_t events_since_trim;
    uv_timer_t flush, time;
    uv_timer_t renew; /* to the next look for a token, while this one is refused */
    struct renewal *renewal;
    char *token; /* the one in use */
    uv_signal_t signals[SIGNALS];
    size_t signal_count, open_handles;
    int64_t server_ns, monotonic_ns; /* the server's clock, and when it was read */
    int64_t synced_ns;
    bool live_once, lost, was_open, done;
    enum status status;
    struct error *err;
};

static void stop(struct record *r, enum status status)
{
    if (r->done)
        return;
    r->done = true;
    r->status = status;
    uv_stop(r->ctx->loop); /* as http_ask */
}

static int64_t now_ns(const struct record *r)
{
    return r->server_ns != 0 ? r->server_ns + clock_monotonic_ns() - r->monotonic_ns : clock_now_ns();
}

/* --- into the file --- */

static void on_flush(uv_timer_t *timer)
{
    struct record *r = timer->data;
    const int64_t now = clock_monotonic_ns();
    const bool sync = now - r->synced_ns >= SYNC_NS;
    if (sync)
        r->synced_ns = now;
    if (recording_flush(r->recording, sync, r->err) != STATUS_OK)
        stop(r, STATUS_FAILED);
    else if (!sync)
        uv_timer_start(&r->flush, on_flush, SYNC_NS / CLOCK_MS, 0); /* once more, for the disk */
}

/* What became of a line. What cannot be recorded is said and left out. */
static void added(struct record *r, enum status status)
{
    if (status == STATUS_FAILED) {
        stop(r, status);
        return;
    }
    if (status != STATUS_OK)
        cli_complain("%s", r->err->text);
    *r->err = ERROR_NONE;
    uv_timer_start(&r->flush, on_flush, FLUSH_MS, 0);
}

/* Only when the server has answered, so that a wrong address leaves no file behind. */
static bool open_file(struct record *r)
{
    if (r->recording != NULL)
        return true;
    enum status status = recording_open(r->path, r->mode, &r->recording, r->err);
    if (status == STATUS_OK)
        added(r, recording_add_begin(r->recording, now_ns(r), r->ctx->server, r->err));
    else
        stop(r, status);
    return status == STATUS_OK && !r->done;
}

/* --- until --- */

static bool something_is_open(const struct model *m)
{
    for (int state = 0; state < MODEL_SUCCEEDED; state++)
        if (model_count(m, (enum model_state)state) > 0)
            return true;
    return false;
}

static void check_until(struct record *r)
{
    if (r->model == NULL)
        return;
    const bool open = something_is_open(r->model);
    if (r->until == CLI_UNTIL_WAITING && model_waiting_count(r->model) > 0)
        stop(r, STATUS_OK);
    else if (r->until == CLI_UNTIL_FINISHED && r->was_open && !open)
        stop(r, STATUS_OK);
    r->was_open = r->was_open || open;
}

/* What the model will not have is in the file all the same. */
static void follow(struct record *r, const char *text, size_t len, uint64_t number)
{
    if (r->model == NULL)
        return;
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &r->event, NULL) == STATUS_OK &&
        model_apply_event(r->model, &r->event, number, NULL) == STATUS_OK)
        check_until(r);
    if (++r->events_since_trim >= TRIM_EVENTS) {
        r->events_since_trim = 0;
        (void)model_trim(r->model);
    }
}

/* --- the feed --- */

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct record *r = arg;
    if (r->done || !open_file(r))
        return;
    added(r, recording_add_event(r->recording, now_ns(r), text, len, r->err));
    follow(r, text, len, number);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct record *r = arg;
    if (r->done || !open_file(r))
        return;
    added(r, recording_add_snapshot_begin(r->recording, now_ns(r), replaces, r->err));
    if (r->model != NULL && replaces)
        model_clear(r->model);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct record *r = arg;
    if (r->done || !open_file(r))
        return;
    added(r, recording_add_item(r->recording, now_ns(r), what, text, len, number, r->err));
    if (r->model != NULL)
        (void)cli_apply_part(r->model, what, text, len, number, NULL); /* as in follow() */
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct record *r = arg;
    if (r->done || !open_file(r))
        return;
    added(r, recording_add_snapshot_end(r->recording, now_ns(r), replaces, r->err));
    check_until(r);
}

static void on_renew(uv_timer_t *timer);

static void wait_for_token(struct record *r)
{
    const struct token_source *source = r->ctx->connections[0].token_source;
    if (source != NULL && renewal_helps(source) && r->renewal == NULL)
        uv_timer_start(&r->renew, on_renew, (uint64_t)renewal_wait_ms(source), 0);
}

static void on_renewed(void *arg, const char *token, const struct error *err)
{
    struct record *r = arg;
    (void)err; /* the server has said what is wrong */
    r->renewal = NULL;
    if (token != NULL && (r->token == NULL || strcmp(token, r->token) != 0)) {
        free(r->token);
        r->token = mem_string(token);
        feed_set_token(r->feed, token);
    }
    wait_for_token(r); /* until it is live */
}

/* A token that ends while recording: whoever makes tokens may put a new one where the old one was. */
static void on_renew(uv_timer_t *timer)
{
    struct record *r = timer->data;
    r->renewal = renewal_start(r->ctx->loop, r->ctx->connections[0].token_source, on_renewed, r);
}

static void on_live(struct record *r)
{
    if (!r->live_once)
        cli_complain("recording %s to %s until Ctrl-C", r->ctx->name, r->path);
    else
        cli_complain("live again");
    r->live_once = true;
    r->lost = false;
    uv_timer_stop(&r->renew);
}

static void on_lost(struct record *r, enum feed_state state, const char *why)
{
    if (!r->lost || state == FEED_REFUSED)
        cli_complain("connection lost, trying again: %s", why);
    r->lost = true;
    if (state == FEED_REFUSED && !uv_is_active((const uv_handle_t *)&r->renew))
        wait_for_token(r);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    static const char *const names[] = {[FEED_CONNECTING] = "connecting",
                                        [FEED_LIVE] = "live",
                                        [FEED_STALE] = "stale",
                                        [FEED_OFFLINE] = "offline",
                                        [FEED_REFUSED] = "refused"};
    struct record *r = arg;
    if (r->done || state == FEED_CONNECTING)
        return;
    if (!r->live_once && state != FEED_LIVE) {
        const enum status status = state == FEED_REFUSED ? STATUS_UNAUTHENTICATED : STATUS_UNREACHABLE;
        stop(r, error_set(r->err, status, "%s", why));
        return;
    }
    if (state == FEED_LIVE)
        on_live(r);
    else
        on_lost(r, state, why);
    if (open_file(r))
        added(r, recording_add_link(r->recording, now_ns(r), names[state], why, r->err));
}

static void on_identity(void *arg, const char *name, const char *role, const char *server,
                        int64_t server_time_ns)
{
    struct record *r = arg;
    (void)name;
    (void)role;
    (void)server;
    r->server_ns = server_time_ns;
    r->monotonic_ns = clock_monotonic_ns();
}

/* --- running --- */

static void on_time(uv_timer_t *timer)
{
    struct record *r = timer->data;
    if (r->until == CLI_UNTIL_STOPPED)
        stop(r, STATUS_OK);
    else
        stop(r, error_set(r->err, STATUS_TIMED_OUT, "not there after %d s", r->seconds));
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data, STATUS_OK);
}

/* nohup has SIGHUP ignored, which stays so. */
static void listen_to_signals(struct record *r)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction old;
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        uv_signal_t *signal = &r->signals[r->signal_count++];
        uv_signal_init(r->ctx->loop, signal);
        signal->data = r;
        uv_signal_start(signal, on_signal, numbers[i]);
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* the limit of a file's size is an error of its write */
}

static void on_closed(uv_handle_t *handle)
{
    struct record *r = handle->data;
    r->open_handles--;
}

static void close_handle(struct record *r, uv_handle_t *handle)
{
    r->open_handles++;
    uv_close(handle, on_closed);
}

static void close_handles(struct record *r)
{
    close_handle(r, (uv_handle_t *)&r->flush);
    close_handle(r, (uv_handle_t *)&r->time);
    close_handle(r, (uv_handle_t *)&r->renew);
    for (size_t i = 0; i < r->signal_count; i++)
        close_handle(r, (uv_handle_t *)&r->signals[i]);
    while (r->open_handles > 0)
        uv_run(r->ctx->loop, UV_RUN_NOWAIT);
}

static void run(struct record *r)
{
    const struct feed_settings settings = {.server = r->ctx->server,
                                           .stream = r->ctx->stream,
                                           .token = r->ctx->token,
                                           .projects = r->ctx->projects,
                                           .snapshot = true};
    const struct feed_callbacks callbacks = {.arg = r,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state,
                                             .on_identity = on_identity};
    uv_timer_init(r->ctx->loop, &r->flush);
    uv_timer_init(r->ctx->loop, &r->time);
    uv_timer_init(r->ctx->loop, &r->renew);
    r->flush.data = r->time.data = r->renew.data = r;
    listen_to_signals(r);
    if (r->seconds > 0)
        uv_timer_start(&r->time, on_time, (uint64_t)r->seconds * 1000, 0);
    r->token = mem_string(r->ctx->token);
    r->feed = feed_open(r->ctx->loop, r->ctx->http, &settings, &callbacks);
    while (!r->done)
        uv_run(r->ctx->loop, UV_RUN_ONCE);
    feed_close(r->feed);
    renewal_cancel(r->renewal);
    close_handles(r);
}

enum status cli_record(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const bool append = cli_has(args, "append"), force = cli_has(args, "force");
    struct record *r = MEM_NEW(struct record);
    *r = (struct record){.ctx = ctx,
                         .path = args->words[0],
                         .mode = append  ? RECORDING_APPEND
                                 : force ? RECORDING_REPLACE
                                         : RECORDING_NEW,
                         .err = err};
    enum status status =
        append && force ? error_set(err, STATUS_USAGE, "--append and --force: one of them") : STATUS_OK;
    if (status == STATUS_OK)
        status = cli_watch_until(args, &r->until, err);
    if (status == STATUS_OK)
        status = cli_watch_seconds(args, &r->seconds, err);
    if (status == STATUS_OK) {
        r->model = r->until != CLI_UNTIL_STOPPED ? model_new() : NULL;
        run(r);
        status = r->status;
    }
    if (r->recording != NULL) {
        const unsigned long long events = recording_events(r->recording);
        const enum status closed = recording_close(r->recording, status == STATUS_OK ? err : NULL);
        status = status == STATUS_OK ? closed : status;
        if (status == STATUS_OK)
            cli_complain("%llu events are recorded in %s", events, r->path);
    }
    model_free(r->model);
    event_free(&r->event);
    free(r->token);
    free(r);
    return status;
}
