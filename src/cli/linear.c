#include "config.h"

#include "cli/linear.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/dashboard.h"
#include "cli/linear_internal.h"
#include "settings/state.h"

#define GATHER_MS          100   /* what comes within it is told together */
#define PATIENCE_MS        10000 /* for the first picture; then what can be typed is taken all the same */
#define APPROVAL_TRIGGERED "sh.keptn.event.approval.triggered"

bool linear_is_fresh(const struct linear_source *s)
{
    return s->state == VIEW_LINK_LIVE || s->state == VIEW_LINK_POLLING || s->state == VIEW_LINK_REPLAY ||
           s->state == VIEW_LINK_REPLAYED;
}

int64_t linear_now_ns(const struct linear *l, size_t source)
{
    return link_now_ns(l->sources[source].link);
}

static int64_t plain_now_ns(void *arg, size_t source)
{
    return linear_now_ns(arg, source);
}

static bool local_time(const struct linear *l, int64_t ns, struct tm *out)
{
    const time_t seconds = (time_t)(ns / CLOCK_S);
    return (l->ctx->settings->times_utc ? gmtime_r(&seconds, out) : localtime_r(&seconds, out)) != NULL;
}

void linear_clock(const struct linear *l, int64_t ns, char text[LINEAR_TIME_SIZE])
{
    struct tm then, today;
    (void)snprintf(text, LINEAR_TIME_SIZE, "--:--");
    if (ns <= 0 || !local_time(l, ns, &then) || !local_time(l, linear_now_ns(l, 0), &today))
        return;
    const bool same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    (void)strftime(text, LINEAR_TIME_SIZE, same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &then); /* it fits */
}

/* ---- the end ---- */

static bool is_busy(const struct linear *l)
{
    return l->question.open || l->held.open || l->in_flight > 0;
}

static void stop_when_idle(struct linear *l)
{
    if (l->quit && (!is_busy(l) || l->input.is_terminal)) /* a script has done what it says before it ends */
        uv_stop(l->ctx->loop);
}

void linear_quit(struct linear *l)
{
    l->quit = true;
    if (l->question.open)
        (void)do_cancel(l); /* nobody is left to answer */
    if (l->input.is_terminal && l->held.open)
        linear_say(l, "not sent: %s", l->held.what);
    stop_when_idle(l);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct linear *l = handle->data;
    if (number == SIGCONT) {
        input_resume(l);
    } else if (number == SIGINT && l->input.is_terminal) {
        if (!do_cancel(l) && !input_cancel(l))
            linear_say(l, "nothing to go back from; quit leaves");
        else
            linear_say(l, "dropped");
    } else if (number != SIGWINCH) {
        l->quit = true;
        uv_stop(l->ctx->loop);
    }
}

/* ---- from the connections ---- */

static void on_gathered(uv_timer_t *timer)
{
    struct linear *l = timer->data;
    if (!l->ready)
        return;
    changes_tell(l);
    do_look_at_question(l);
    stop_when_idle(l);
}

static void gather(struct linear *l)
{
    if (!uv_is_active((const uv_handle_t *)&l->gather))
        (void)uv_timer_start(&l->gather, on_gathered, GATHER_MS, 0); /* it has a callback */
}

static void on_changed(void *arg, size_t source)
{
    struct linear *l = arg;
    (void)source;
    notify_look(l->notify);
    gather(l);
}

static void get_ready(struct linear *l)
{
    if (l->ready)
        return;
    l->ready = true;
    (void)uv_timer_stop(&l->patience);
    changes_take_note(l);
    changes_summary(l);
    input_ready(l);
}

static bool all_known(const struct linear *l)
{
    for (size_t i = 0; i < l->source_count; i++)
        if (!l->sources[i].whole &&
            !(l->sources[i].lost_ns != 0 && l->sources[i].state != VIEW_LINK_CONNECTING))
            return false;
    return true;
}

static void on_patience(uv_timer_t *timer)
{
    get_ready(timer->data);
}

static void on_whole(void *arg, size_t source)
{
    struct linear *l = arg;
    struct linear_source *s = &l->sources[source];
    notify_begin(l->notify, source);
    if (!s->whole && l->ready) { /* one that was not there at the start: what it brings is no news */
        changes_take_note(l);
        linear_say(l, "%s: %zu waiting", s->label, model_waiting_count(s->model));
    }
    s->whole = true;
}

static void tell_lost(struct linear *l, struct linear_source *s, int64_t since_ns, const char *why)
{
    char time[LINEAR_TIME_SIZE];
    linear_clock(l, since_ns, time);
    linear_say(l, "connection to %s %s since %s: %s", s->label,
               s->state == VIEW_LINK_REFUSED   ? "refused"
               : s->state == VIEW_LINK_OFFLINE ? "not made"
                                               : "lost",
               time, why != NULL && *why != '\0' ? why : "trying again");
}

static void on_state(void *arg, size_t source, enum view_link link, int64_t since_ns, const char *why)
{
    struct linear *l = arg;
    struct linear_source *s = &l->sources[source];
    const bool was_fresh = linear_is_fresh(s), changed = s->state != link;
    s->state = link;
    if (linear_is_fresh(s)) {
        if (link == VIEW_LINK_REPLAY || link == VIEW_LINK_REPLAYED)
            s->whole = true;
        if (!was_fresh && s->lost_ns != 0 && l->ready) {
            char age[16];
            clock_format_age(linear_now_ns(l, source) - s->lost_ns, true, age);
            linear_say(l, "connection to %s is back after %s", s->label, age);
        }
        s->lost_ns = 0;
    } else if (link != VIEW_LINK_CONNECTING && changed) {
        s->lost_ns = s->lost_ns != 0 ? s->lost_ns : since_ns;
        tell_lost(l, s, s->lost_ns, why);
    }
    if (all_known(l))
        get_ready(l);
}

static void replace(char **text, const char *with)
{
    char *copy = mem_string(with);
    free(*text);
    *text = copy;
}

static void on_identity(void *arg, size_t source, const char *name, const char *role)
{
    struct linear *l = arg;
    replace(&l->sources[source].user, name);
    replace(&l->sources[source].role, role);
}

static void on_expiry(void *arg, size_t source, int64_t expires_ns)
{
    struct linear *l = arg;
    const int64_t left_ns = expires_ns - linear_now_ns(l, source), week_ns = 7 * 24 * 3600 * CLOCK_S;
    char age[16];
    if (expires_ns == 0 || left_ns > week_ns)
        return;
    clock_format_age(left_ns, false, age);
    linear_say(l, "the token for %s expires in %s: make a new one in time", l->sources[source].label, age);
}

static void on_decision(void *arg, size_t source, const char *triggered_id, enum decision_state state,
                        const char *text)
{
    struct linear *l = arg;
    do_decided(l, source, triggered_id, state, text);
    gather(l);
}

static void on_controlled(void *arg, size_t source, const char *project, const char *stage,
                          const char *context, bool accepted, const char *text)
{
    struct linear *l = arg;
    (void)source;
    (void)project;
    linear_say(l, "run %.8s in %s: %s%s", context, stage,
               accepted ? "accepted by the server" : "not done: ", accepted ? "" : text);
    if (l->in_flight > 0)
        l->in_flight--;
    gather(l);
}

static void on_fetched(void *arg, uint64_t ticket, const struct view_answer *answer)
{
    (void)arg; /* nothing is asked for */
    (void)ticket;
    (void)answer;
}

static void on_message(void *arg, size_t source, bool is_error, const char *text)
{
    struct linear *l = arg;
    (void)is_error;
    linear_say(l, "%s: %s", l->sources[source].label, text);
}

static void on_event(void *arg, size_t source, const struct event *ev, const char *text, size_t len)
{
    const struct linear *l = arg;
    if (ev->type != NULL && ev->id != NULL && strcmp(ev->type, APPROVAL_TRIGGERED) == 0)
        notify_keep_event(l->notify, source, ev->id, text, len);
}

/* ---- birth and death ---- */

static void port_bell(void *arg)
{
    (void)arg;
    cli_write("\a", 1);
    (void)fflush(stdout); /* a loss is seen by the next write */
}

static void port_failed(void *arg, const char *text)
{
    linear_say(arg, "%s", text);
}

static void open_notify(struct linear *l)
{
    const struct cli_context *ctx = l->ctx;
    const struct notify_ports ports = {
        .arg = l, .bell = isatty(STDOUT_FILENO) ? port_bell : NULL, .failed = port_failed};
    l->notify =
        notify_new(ctx->loop, &ctx->settings->notify, !ctx->restricted && ctx->replays == NULL, &ports);
}

static enum status add_source(struct linear *l, const struct cli_connection *c, struct error *err)
{
    const struct link_settings settings = dashboard_link_settings(l->ctx, c);
    struct linear_source *s = &l->sources[l->source_count];
    *s = (struct linear_source){
        .label = c->label, .read_only = c->read_only, .link = link_new(l->ctx->loop, &settings)};
    s->model = link_model(s->link);
    plain_add_source(l->plain, c->name != NULL ? c->name : c->label, c->label, s->model);
    notify_add_source(l->notify, l->source_count, l->ctx->connection_count > 1 ? c->label : NULL, s->model);
    l->source_count++;
    return link_start(s->link,
                      &(struct link_listener){.arg = l,
                                              .changed = on_changed,
                                              .state = on_state,
                                              .identity = on_identity,
                                              .expiry = on_expiry,
                                              .decision = on_decision,
                                              .controlled = on_controlled,
                                              .fetched = on_fetched,
                                              .message = on_message,
                                              .whole = on_whole,
                                              .event = on_event},
                      l->source_count - 1, err);
}

/* What an earlier one had confirmed when it ended within its undo window. */
static void tell_unsent(struct linear *l)
{
    struct state state = {0};
    struct error err = ERROR_NONE;
    if (l->state_path == NULL)
        return;
    if (state_load(l->state_path, &state, &err) != STATUS_OK)
        linear_say(l, "%s", err.text);
    for (size_t i = 0; i < state.unsent_count; i++)
        linear_say(l, "not sent, as drawbridge ended before its undo window did: %s", state.unsent[i]);
    if (state.unsent_count > 0 && state_forget_unsent(l->state_path, &err) != STATUS_OK)
        linear_say(l, "%s", err.text);
    state_free(&state);
}

static void open_handles(struct linear *l)
{
    static const int numbers[LINEAR_SIGNALS] = {SIGTERM, SIGHUP, SIGINT, SIGCONT, SIGWINCH};
    uv_timer_init(l->ctx->loop, &l->gather);
    uv_timer_init(l->ctx->loop, &l->patience);
    uv_timer_init(l->ctx->loop, &l->undo);
    l->gather.data = l->patience.data = l->undo.data = l;
    for (size_t i = 0; i < LINEAR_SIGNALS; i++) {
        uv_signal_init(l->ctx->loop, &l->signals[i]);
        l->signals[i].data = l;
        uv_signal_start(&l->signals[i], on_signal, numbers[i]);
    }
}

static void close_all(struct linear *l)
{
    for (size_t i = 0; i < l->source_count; i++)
        link_stop(l->sources[i].link);
    notify_free(l->notify);
    input_close(l);
    uv_close((uv_handle_t *)&l->gather, NULL);
    uv_close((uv_handle_t *)&l->patience, NULL);
    uv_close((uv_handle_t *)&l->undo, NULL);
    for (size_t i = 0; i < LINEAR_SIGNALS; i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_run(l->ctx->loop, UV_RUN_NOWAIT);
    plain_free(l->plain);
    for (size_t i = 0; i < l->source_count; i++) {
        link_free(l->sources[i].link);
        free(l->sources[i].user);
        free(l->sources[i].role);
    }
    free(l->sources);
    changes_free(l);
    do_free(l);
    free(l->state_path);
    free(l);
}

enum status linear_run(struct cli_context *ctx, struct error *err)
{
    struct linear *l = MEM_NEW(struct linear);
    l->ctx = ctx;
    l->sources = mem_alloc(ctx->connection_count * sizeof *l->sources);
    l->plain = plain_new(cli_glyphs_are_ascii(), plain_now_ns, l);
    open_handles(l);
    open_notify(l);
    enum status status = input_open(l, err);
    l->state_path = status == STATUS_OK && !ctx->read_only ? state_path(ctx->restricted) : NULL;
    tell_unsent(l);
    for (size_t i = 0; i < ctx->connection_count && status == STATUS_OK; i++)
        status = add_source(l, &ctx->connections[i], err);
    (void)uv_timer_start(&l->patience, on_patience, PATIENCE_MS, 0); /* it has a callback */
    while (status == STATUS_OK && !(l->quit && (!is_busy(l) || l->input.is_terminal)) &&
           uv_run(ctx->loop, UV_RUN_DEFAULT) != 0)
        ; /* uv_stop of somebody else (a blocking request) is not ours */
    close_all(l);
    return status;
}
