#include "config.h"

#include "cli/dashboard.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/link.h"
#include "cli/run_command.h"
#include "notify/notify.h"
#include "settings/state.h"
#include "view/view.h"

#define DESCRIPTORS        512
#define SIGNALS            3
#define APPROVAL_TRIGGERED "sh.keptn.event.approval.triggered"
#define MAPPED_BLOCK       65536 /* bytes; malloc maps and unmaps such a block: nothing of it stays in the heap */
#define TOP_PAD            16384 /* bytes that the heap grows by at least: 128 KiB else, used or not */

struct dashboard {
    struct cli_context *ctx;
    struct link **links; /* their place is the number of their source */
    size_t link_count;
    struct view *view;
    struct notify *notify;
    uv_signal_t signals[SIGNALS];
    char *state_path; /* of what is remembered between two starts; NULL: there is no place for it */
    struct run_command *command; /* of the view's output pane; NULL: none runs */
    struct state state;          /* as the start found it */
    struct error state_error;    /* why it was not read */
    bool quit;
};

/* --- view → server --- */

static void port_decide(void *arg, size_t source, const struct decision_request *request)
{
    struct dashboard *d = arg;
    link_decide(d->links[source], request);
}

static void port_control(void *arg, size_t source, const struct model_sequence *seq, const char *verb)
{
    struct dashboard *d = arg;
    link_control(d->links[source], seq, verb);
}

static void port_reload(void *arg)
{
    struct dashboard *d = arg;
    for (size_t i = 0; i < d->link_count; i++)
        link_reload(d->links[i]);
}

static void port_quit(void *arg)
{
    struct dashboard *d = arg;
    d->quit = true;
    uv_stop(d->ctx->loop);
}

static void port_fetch(void *arg, size_t source, const struct view_query *query, uint64_t ticket)
{
    struct dashboard *d = arg;
    link_fetch(d->links[source], query, ticket);
}

/* A decision that waits for its undo window to end is on the disk: the next start says that it was not sent.
 */
static void port_note(void *arg, const char *what, bool pending)
{
    const struct dashboard *d = arg;
    struct error err = ERROR_NONE;
    if (d->state_path == NULL)
        return;
    const enum status status = pending ? state_note_pending(d->state_path, what, &err)
                                       : state_forget_pending(d->state_path, what, &err);
    if (status != STATUS_OK && pending) {
        char *text = mem_printf("the next start will not know of this decision: %s", err.text);
        view_message(d->view, true, text);
        free(text);
    }
}

static int64_t port_now(void *arg, size_t source)
{
    const struct dashboard *d = arg;
    return source < d->link_count ? link_now_ns(d->links[source])
                                  : clock_now_ns(); /* the view says something before it has a source */
}

/* --- the command line --- */

static void on_output(void *arg, uint64_t ticket, const char *bytes, size_t len)
{
    const struct dashboard *d = arg;
    view_output(d->view, ticket, bytes, len);
}

static void on_command_ended(void *arg, uint64_t ticket, bool failed, const char *how)
{
    struct dashboard *d = arg;
    d->command = NULL;
    view_command_ended(d->view, ticket, failed, how);
}

static enum status port_check(void *arg, size_t source, const char *const *words, size_t count, bool *changes,
                              struct error *err)
{
    const struct dashboard *d = arg;
    return run_command_check(d->ctx, &d->ctx->connections[source], words, count, changes, err);
}

static void port_stop(void *arg, uint64_t ticket)
{
    struct dashboard *d = arg;
    (void)ticket; /* there is one at a time */
    if (d->command != NULL)
        run_command_stop(d->command);
    d->command = NULL;
}

static enum status port_run(void *arg, size_t source, const char *const *words, size_t count, int columns,
                            uint64_t ticket, struct error *err)
{
    struct dashboard *d = arg;
    const struct run_command_listener listener = {.arg = d, .output = on_output, .ended = on_command_ended};
    port_stop(d, ticket);
    return run_command_start(d->ctx, &d->ctx->connections[source], link_token(d->links[source]), words, count,
                             columns, ticket, &listener, &d->command, err);
}

static void port_complete(void *arg, const char *const *words, size_t count, view_word_fn *each, void *to)
{
    const struct dashboard *d = arg;
    run_command_complete(d->ctx, words, count, each, to);
}

/* --- connections → view, notifications --- */

static void on_changed(void *arg, size_t source)
{
    const struct dashboard *d = arg;
    (void)source;
    view_model_changed(d->view);
    notify_look(d->notify);
}

static void on_state(void *arg, size_t source, enum view_link link, int64_t since_ns, const char *why)
{
    const struct dashboard *d = arg;
    view_set_link(d->view, source, link, since_ns, why);
}

static void on_identity(void *arg, size_t source, const char *name, const char *role)
{
    const struct dashboard *d = arg;
    view_set_identity(d->view, source, name, role);
}

static void on_expiry(void *arg, size_t source, int64_t expires_ns)
{
    const struct dashboard *d = arg;
    view_set_expiry(d->view, source, expires_ns);
}

static void on_decision(void *arg, size_t source, const char *triggered_id, enum decision_state state,
                        const char *text)
{
    const struct dashboard *d = arg;
    view_decision_changed(d->view, source, triggered_id, state, text);
}

static void on_fetched(void *arg, uint64_t ticket, const struct view_answer *answer)
{
    const struct dashboard *d = arg;
    view_fetched(d->view, ticket, answer);
}

static void on_controlled(void *arg, size_t source, const char *project, const char *stage,
                          const char *context, bool accepted, const char *text)
{
    const struct dashboard *d = arg;
    view_control_changed(d->view, source, project, stage, context, accepted, text);
}

static void on_message(void *arg, size_t source, bool is_error, const char *text)
{
    const struct dashboard *d = arg;
    view_message_of(d->view, source, is_error, text);
}

static void on_whole(void *arg, size_t source)
{
    const struct dashboard *d = arg;
    notify_begin(d->notify, source);
}

static void on_event(void *arg, size_t source, const struct event *ev, const char *text, size_t len)
{
    const struct dashboard *d = arg;
    view_event(d->view, source, ev, text, len);
    if (ev->type != NULL && ev->id != NULL && strcmp(ev->type, APPROVAL_TRIGGERED) == 0)
        notify_keep_event(d->notify, source, ev->id, text, len);
}

static void port_bell(void *arg)
{
    const struct dashboard *d = arg;
    view_bell(d->view);
}

static void port_show(void *arg, const char *text)
{
    const struct dashboard *d = arg;
    view_notify(d->view, d->ctx->settings->notify.osc9, d->ctx->settings->notify.osc777, text);
}

/* In ASCII the first character becomes "?", which is what waits there. */
static void port_title(void *arg, size_t waiting)
{
    const struct dashboard *d = arg;
    char text[64];
    (void)snprintf(text, sizeof text, "■ %zu drawbridge", waiting);
    view_set_title(d->view, waiting > 0 ? text : "drawbridge");
}

static void port_failed(void *arg, const char *text)
{
    const struct dashboard *d = arg;
    view_message(d->view, true, text);
}

/* What is told to somebody who looks elsewhere. A recording has nothing that is new. */
static void open_notify(struct dashboard *d)
{
    const struct cli_context *ctx = d->ctx;
    const struct notify_ports ports = {
        .arg = d, .bell = port_bell, .show = port_show, .title = port_title, .failed = port_failed};
    d->notify =
        notify_new(ctx->loop, &ctx->settings->notify, !ctx->restricted && ctx->replays == NULL, &ports);
}

/* --- running --- */

static void on_signal(uv_signal_t *handle, int number)
{
    const struct dashboard *d = handle->data;
    if (number == SIGINT && d->ctx->wall_locked)
        return; /* a key all the same, of a terminal whose modes were reset */
    port_quit(handle->data);
}

/* Log lines of libraries and ours must not draw over the screen. */
static void no_log(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

/* libwebsockets keeps tables for as many descriptors as we may open; a dashboard opens a handful. */
static void need_few_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > DESCRIPTORS) {
        limit.rlim_cur = DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* else the tables are larger */
    }
}

static bool all_read_only(const struct cli_context *ctx)
{
    for (size_t i = 0; i < ctx->connection_count; i++)
        if (!ctx->connections[i].read_only)
            return false;
    return true;
}

/* On a wall, or at a recording, nobody makes folds for next time. */
static bool keeps_state(const struct dashboard *d)
{
    return d->state_path != NULL && !d->ctx->wall && d->ctx->replays == NULL;
}

static enum status open_view(struct dashboard *d, const char *hint, struct error *err)
{
    struct cli_context *ctx = d->ctx;
    char *directory = cli_data_directory();
    const struct view_settings settings = {.theme = ctx->theme == NULL && keeps_state(d) ? d->state.theme
                                                                                         : ctx->theme,
                                           .glyphs = (enum view_glyphs)ctx->glyphs,
                                           .read_only = all_read_only(ctx),
                                           .mouse = ctx->mouse,
                                           .may_suspend = !ctx->restricted,
                                           .settings = ctx->settings,
                                           .wall = ctx->wall,
                                           .wall_locked = ctx->wall_locked,
                                           .hint = hint,
                                           .data_directory = directory};
    const struct view_ports ports = {.arg = d,
                                     .decide = port_decide,
                                     .control = port_control,
                                     .note = port_note,
                                     .reload = port_reload,
                                     .quit = port_quit,
                                     .fetch = port_fetch,
                                     .now_ns = port_now,
                                     .check = port_check,
                                     .run = port_run,
                                     .stop = port_stop,
                                     .complete = port_complete};
    enum status status = view_new(ctx->loop, &settings, &ports, &d->view, err);
    free(directory);
    return status;
}

/* What earlier ones had confirmed when they ended within its undo window. */
static void tell_unsent(struct dashboard *d, const struct state *state)
{
    struct error err = ERROR_NONE;
    struct buffer text = BUFFER_LIMIT(ERROR_TEXT_SIZE);
    for (size_t i = 0; i < state->unsent_count; i++)
        (void)buffer_printf(&text, "%s%s", i > 0 ? ", " : "", state->unsent[i]); /* else it is cut */
    char *line =
        mem_printf("not sent, as drawbridge ended before its undo window did: %s", buffer_text(&text));
    view_message(d->view, true, line);
    if (state_forget_unsent(d->state_path, &err) != STATUS_OK)
        log_write(LOG_WARN, "%s", err.text); /* it will be said again, which is true still */
    free(line);
    buffer_free(&text);
}

static void take_up_state(struct dashboard *d)
{
    for (size_t i = 0; i < d->state.folded_count && keeps_state(d); i++)
        view_fold(d->view, d->state.folded[i]);
    /* Whoever cannot decide has nothing unsent, and must not take the news from who can. */
    if (d->state.unsent_count > 0 && !all_read_only(d->ctx) && !d->ctx->wall)
        tell_unsent(d, &d->state);
    else if (d->state_error.status != STATUS_OK)
        view_message(d->view, true, d->state_error.text);
}

static void keep_state(const struct dashboard *d)
{
    const char **folds = mem_alloc(STATE_FOLDS_MAX * sizeof *folds);
    struct error err = ERROR_NONE;
    bool changed = false;
    const size_t count = view_folds(d->view, folds, STATE_FOLDS_MAX, &changed);
    const char *chosen = view_chosen_theme(d->view);
    if ((changed || chosen != NULL) &&
        state_save_view(d->state_path, chosen != NULL ? chosen : d->state.theme, folds,
                        count < STATE_FOLDS_MAX ? count : STATE_FOLDS_MAX, &err) != STATUS_OK)
        log_write(LOG_WARN, "%s", err.text); /* the next start has the old ones */
    free(folds);
}

struct link_settings dashboard_link_settings(const struct cli_context *ctx, const struct cli_connection *c)
{
    return (struct link_settings){.server = c->server,
                                  .stream = c->stream,
                                  .token = c->token,
                                  .problem = c->problem,
                                  .token_source = c->token_source,
                                  .projects = c->projects,
                                  .read_only = c->read_only,
                                  .replays = ctx->replays,
                                  .speed = ctx->speed,
                                  .http = c->http};
}

static enum status add_link(struct dashboard *d, const struct cli_connection *c, struct error *err)
{
    const struct link_settings settings = dashboard_link_settings(d->ctx, c);
    struct link *l = link_new(d->ctx->loop, &settings);
    d->links[d->link_count++] = l;
    const struct view_source source = {.name = c->name != NULL ? c->name : c->label,
                                       .label = c->label,
                                       .colour = c->colour,
                                       .model = link_model(l),
                                       .read_only = c->read_only};
    const size_t number = view_add_source(d->view, &source);
    notify_add_source(d->notify, number, d->ctx->connection_count > 1 ? c->label : NULL, source.model);
    return link_start(l,
                      &(struct link_listener){.arg = d,
                                              .changed = on_changed,
                                              .state = on_state,
                                              .identity = on_identity,
                                              .expiry = on_expiry,
                                              .decision = on_decision,
                                              .fetched = on_fetched,
                                              .controlled = on_controlled,
                                              .message = on_message,
                                              .whole = on_whole,
                                              .event = on_event},
                      number, err);
}

static void close_all(struct dashboard *d)
{
    for (size_t i = 0; i < d->link_count; i++)
        link_stop(d->links[i]);
    notify_free(d->notify);
    if (keeps_state(d))
        keep_state(d);
    view_free(d->view);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    uv_run(d->ctx->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < d->link_count; i++)
        link_free(d->links[i]);
    free(d->links);
    free(d->state_path);
    state_free(&d->state);
}

static void load_state(struct dashboard *d)
{
    d->state_path = state_path(d->ctx->restricted);
    if (d->state_path != NULL && state_load(d->state_path, &d->state, &d->state_error) != STATUS_OK)
        state_free(&d->state); /* the error is told when there is a screen */
}

enum status dashboard_run(struct cli_context *ctx, const char *hint, struct error *err)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGHUP, SIGINT};
    struct dashboard *d = MEM_NEW(struct dashboard);
    need_few_descriptors();
    (void)setenv("UV_THREADPOOL_SIZE", "1", 0); /* for name look-ups alone; each thread has a stack */
    mallopt(M_ARENA_MAX, 1);                    /* the pool's threads need none of their own */
    mallopt(M_TOP_PAD, TOP_PAD);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BLOCK); /* fixed: it would grow with the first large answer */
    d->ctx = ctx;
    load_state(d);
    enum status status = open_view(d, hint, err);
    if (status != STATUS_OK) {
        state_free(&d->state);
        free(d->state_path);
        free(d);
        return status;
    }
    log_set_sink(no_log, NULL);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(ctx->loop, &d->signals[i]);
        d->signals[i].data = d;
        uv_signal_start(&d->signals[i], on_signal, numbers[i]);
    }
    open_notify(d);
    d->links = mem_alloc(ctx->connection_count * sizeof(struct link *));
    for (size_t i = 0; i < ctx->connection_count && status == STATUS_OK; i++)
        status = add_link(d, &ctx->connections[i], err);
    take_up_state(d);
    while (status == STATUS_OK && !d->quit && uv_run(ctx->loop, UV_RUN_DEFAULT) != 0)
        ; /* uv_stop of somebody else (a blocking request) is not ours */
    close_all(d);
    log_set_sink(NULL, NULL);
    free(d);
    return status;
}
