#include "config.h"

#include "cli/dashboard.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "decide/decide.h"
#include "feed/feed.h"
#include "model/model.h"
#include "view/view.h"

#define SETTLE_MS    300
#define DESCRIPTORS  512
#define TRIM_EVENTS  2000 /* between two looks at what may go */
#define SIGNALS      3
#define SMALL_ANSWER 16384 /* bytes */
#define LARGE_BLOCK                                                                                          \
    262144 /* bytes; malloc maps and unmaps such a block, so that nothing of a large answer stays in the     \
              heap */

struct dashboard {
    struct cli_context *ctx;
    struct model *model;
    struct feed *feed;
    struct decide *decide;
    struct view *view;
    struct map shipyards;  /* project → commit of the newest shipyard that a live event named */
    struct fetch *fetches; /* requests under way, beside those of feed and decide */
    size_t events_since_trim;
    struct event event; /* decoded into again and again */
    uv_signal_t signals[SIGNALS];
    uv_timer_t settle;       /* after a snapshot */
    int64_t clock_offset_ns; /* the server's clock less ours */
    bool quit;
};

/* --- requests --- */

struct fetch {
    struct dashboard *owner;
    struct fetch *next;
    struct http_call *call;
    char *name;      /* what is fetched */
    uint64_t number; /* of a project: that of the event that made us ask; of a log: the offset */
};

static void free_fetch(struct fetch *fetch)
{
    struct fetch **at = &fetch->owner->fetches;
    while (*at != fetch)
        at = &(*at)->next;
    *at = fetch->next;
    free(fetch->name);
    free(fetch);
}

/* Takes url. done gets the fetch, and frees it. */
static void start_fetch(struct dashboard *d, char *url, const char *name, uint64_t number, http_done done)
{
    struct fetch *fetch = MEM_NEW(struct fetch);
    *fetch = (struct fetch){.owner = d, .next = d->fetches, .name = mem_string(name), .number = number};
    d->fetches = fetch;
    fetch->call =
        http_send(d->ctx->http, &(struct http_request){.method = "GET", .url = url, .token = d->ctx->token},
                  done, fetch);
    free(url);
}

/* --- feed → model → view --- */

/* What cannot be applied is counted by nobody and hides nothing: it is said once, in the message line. */
static void complain(struct dashboard *d, const char *what, const struct error *err)
{
    char *text = mem_printf("%s: %s", what, err->text);
    view_message(d->view, true, text);
    free(text);
}

static void apply_event(struct dashboard *d, const char *text, size_t len, uint64_t number)
{
    struct error err = ERROR_NONE;
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &d->event, &err) != STATUS_OK ||
        model_apply_event(d->model, &d->event, number, &err) != STATUS_OK)
        complain(d, "an event of the server was left out", &err);
}

static void project_fetched(void *arg, const struct http_response *response)
{
    struct fetch *fetch = arg;
    struct dashboard *d = fetch->owner;
    struct error err = ERROR_NONE;
    cJSON *project = NULL;
    /* Where it fails, the tasks to come are shown as they were: the run itself tells those that it reaches.
     */
    if (response->status == STATUS_OK && response->code == 200 &&
        json_parse(response->body, response->body_len, &project, &err) == STATUS_OK &&
        model_apply_project(d->model, project, fetch->number, &err) == STATUS_OK)
        view_model_changed(d->view);
    cJSON_Delete(project);
    free_fetch(fetch);
}

/* A run that began with another shipyard than the runs before: the project's tasks and stages may be others.
 */
static void follow_shipyard(struct dashboard *d, uint64_t number)
{
    const struct event *ev = &d->event;
    if (ev->shipyardcommit == NULL || ev->project == NULL)
        return;
    const char *known = map_get(&d->shipyards, ev->project);
    if (known != NULL && strcmp(known, ev->shipyardcommit) == 0)
        return;
    free(map_put(&d->shipyards, ev->project, mem_string(ev->shipyardcommit)));
    start_fetch(d, http_url(d->ctx->server, "/controlPlane/v1/project/{}", ev->project), ev->project, number,
                project_fetched);
}

/* What ended long ago goes, so that a dashboard can stay open for months. */
static void trim(struct dashboard *d)
{
    d->events_since_trim = 0;
    (void)model_trim(d->model); /* the view looks again before it draws or takes a key */
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct dashboard *d = arg;
    apply_event(d, text, len, number);
    follow_shipyard(d, number);
    if (++d->events_since_trim >= TRIM_EVENTS)
        trim(d);
    view_model_changed(d->view);
}

static void apply_events(struct dashboard *d, const cJSON *answer, uint64_t number)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    const cJSON *event;
    cJSON_ArrayForEach(event, json_get(answer, "events"))
    {
        buffer_clear(&text);
        if (json_print(event, &text))
            apply_event(d, buffer_text(&text), text.len, number);
    }
    buffer_free(&text);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct dashboard *d = arg;
    if (replaces)
        model_clear(d->model);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct dashboard *d = arg;
    struct error err = ERROR_NONE;
    cJSON *answer = NULL;
    struct arena arena = {.block_size = len > SMALL_ANSWER ? LARGE_BLOCK : 0};
    enum status status = json_parse_in_arena(text, len, &arena, &answer, &err);
    if (status == STATUS_OK && strcmp(what, "project") == 0)
        status = model_apply_project(d->model, answer, number, &err);
    else if (status == STATUS_OK && strcmp(what, "state") == 0)
        status = model_apply_state(d->model, answer, number, &err);
    else if (status == STATUS_OK && strcmp(what, "open") == 0)
        status = model_apply_open_approvals(d->model, answer, number, &err);
    else if (status == STATUS_OK && strcmp(what, "events") == 0)
        apply_events(d, answer, number);
    if (status != STATUS_OK)
        complain(d, "a part of the server's answer was left out", &err);
    arena_free(&arena);
}

/* The answers of a snapshot are many times what is kept of them; they are freed behind on_snapshot_end. */
static void give_back_memory(uv_timer_t *timer)
{
    struct dashboard *d = timer->data;
    event_free(&d->event); /* its arena fits the largest event so far */
    malloc_trim(0);
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct dashboard *d = arg;
    (void)replaces; /* on_snapshot_begin has cleared the model */
    trim(d);
    uv_timer_start(&d->settle, give_back_memory, SETTLE_MS, 0);
    view_model_changed(d->view);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    static const enum view_link links[] = {[FEED_CONNECTING] = VIEW_LINK_CONNECTING,
                                           [FEED_LIVE] = VIEW_LINK_LIVE,
                                           [FEED_STALE] = VIEW_LINK_STALE,
                                           [FEED_OFFLINE] = VIEW_LINK_OFFLINE,
                                           [FEED_REFUSED] = VIEW_LINK_REFUSED};
    struct dashboard *d = arg;
    int64_t since = clock_now_ns();
    if (d->feed != NULL && feed_last_heard_ns(d->feed) != 0)
        since -= clock_monotonic_ns() - feed_last_heard_ns(d->feed);
    view_set_link(d->view, links[state], since + d->clock_offset_ns, why);
}

static void on_identity(void *arg, const char *name, const char *role, const char *server,
                        int64_t server_time_ns)
{
    struct dashboard *d = arg;
    (void)server;
    if (server_time_ns != 0)
        d->clock_offset_ns = server_time_ns - clock_now_ns();
    view_set_identity(d->view, name, role);
}

/* --- view → server --- */

static void decision_changed(void *arg, const char *triggeredid, enum decision_state state, const char *text)
{
    struct dashboard *d = arg;
    view_decision_changed(d->view, triggeredid, state, text);
}

static void port_decide(void *arg, const struct decision_request *request)
{
    struct dashboard *d = arg;
    decide_submit(d->decide, request, decision_changed, d);
}

static void controlled(void *arg, enum status status, const struct error *err)
{
    struct dashboard *d = arg;
    if (status != STATUS_OK)
        view_message(d->view, true, err->text);
}

static void port_control(void *arg, const struct model_sequence *seq, const char *verb)
{
    struct dashboard *d = arg;
    decide_control(d->decide, seq->stage->project->name, seq->context, seq->stage->name, verb, controlled, d);
}

static void port_reload(void *arg)
{
    struct dashboard *d = arg;
    feed_reload(d->feed);
}

static void port_quit(void *arg)
{
    struct dashboard *d = arg;
    d->quit = true;
    uv_stop(d->ctx->loop);
}

static int64_t port_now(void *arg)
{
    const struct dashboard *d = arg;
    return clock_now_ns() + d->clock_offset_ns;
}

/* Whether the task has ended, as far as the model knows: a log of one that has does not grow. */
static bool task_has_ended(const struct model *m, const char *triggered_id)
{
    for (size_t p = 0; p < model_project_count(m); p++) {
        const struct model_project *project = model_project_at(m, p);
        for (size_t s = 0; s < project->stage_count; s++)
            for (size_t q = 0; q < project->stages[s]->sequence_count; q++) {
                const struct model_sequence *seq = project->stages[s]->sequences[q];
                for (size_t t = 0; t < seq->task_count; t++)
                    if (seq->tasks[t].triggered_id != NULL &&
                        strcmp(seq->tasks[t].triggered_id, triggered_id) == 0)
                        return seq->tasks[t].finished_ns != 0;
            }
    }
    return true;
}

static void log_fetched(void *arg, const struct http_response *response)
{
    struct fetch *fetch = arg;
    struct dashboard *d = fetch->owner;
    bool growing = !task_has_ended(d->model, fetch->name);
    if (response->status == STATUS_OK && response->code == 200)
        view_job_log(d->view, fetch->name, fetch->number, response->body, response->body_len,
                     growing || response->body_len > 0);
    else
        view_job_log(d->view, fetch->name, fetch->number, "", 0, growing && response->code != 404);
    free_fetch(fetch);
}

static void port_job_log(void *arg, const char *triggered_id, uint64_t offset)
{
    struct dashboard *d = arg;
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)offset); /* 20 digits at most */
    start_fetch(d, http_url(d->ctx->server, "/v1/job/{}/log?offset={}", triggered_id, number), triggered_id,
                offset, log_fetched);
}

/* --- running --- */

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    port_quit(handle->data);
}

/* Log lines of libraries and ours must not draw over the screen. */
static void no_log(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

/* Where themes/ is: named by the environment (tests), beside the build tree that we run from, or installed.
 * *owned is freed by the caller. */
static const char *data_directory(char **owned)
{
    const char *named = getenv("DRAWBRIDGE_DATADIR");
    char self[4096];
    *owned = NULL;
    if (named != NULL)
        return named;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return PKGDATADIR;
    *slash = '\0';
    char *theme = mem_printf("%s/../themes/dark.yaml", self);
    if (access(theme, R_OK) == 0)
        *owned = mem_printf("%s/..", self);
    free(theme);
    return *owned != NULL ? *owned : PKGDATADIR;
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

static enum status open_view(struct dashboard *d, const char *hint, struct error *err)
{
    struct cli_context *ctx = d->ctx;
    char *directory;
    const struct view_settings settings = {.theme = ctx->theme,
                                           .glyphs = (enum view_glyphs)ctx->glyphs,
                                           .read_only = ctx->read_only,
                                           .mouse = ctx->mouse,
                                           .context_name = ctx->name,
                                           .hint = hint,
                                           .data_directory = data_directory(&directory)};
    const struct view_ports ports = {.arg = d,
                                     .decide = port_decide,
                                     .control = port_control,
                                     .reload = port_reload,
                                     .quit = port_quit,
                                     .job_log = port_job_log,
                                     .now_ns = port_now};
    enum status status = view_new(ctx->loop, d->model, &settings, &ports, &d->view, err);
    free(directory);
    return status;
}

static void open_feed(struct dashboard *d)
{
    struct cli_context *ctx = d->ctx;
    const struct feed_settings settings = {.server = ctx->server,
                                           .stream = ctx->stream,
                                           .token = ctx->token,
                                           .projects = ctx->projects,
                                           .snapshot = true};
    const struct feed_callbacks callbacks = {.arg = d,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state,
                                             .on_identity = on_identity};
    d->decide = decide_new(
        ctx->loop, ctx->http,
        &(struct decide_settings){.server = ctx->server, .token = ctx->token, .read_only = ctx->read_only});
    d->feed = feed_open(ctx->loop, ctx->http, &settings, &callbacks);
}

static void close_all(struct dashboard *d)
{
    feed_close(d->feed);
    decide_free(d->decide);
    while (d->fetches != NULL) {
        http_cancel(d->fetches->call);
        free_fetch(d->fetches);
    }
    view_free(d->view);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    uv_close((uv_handle_t *)&d->settle, NULL);
    uv_run(d->ctx->loop, UV_RUN_NOWAIT);
    model_free(d->model);
    event_free(&d->event);
    map_free(&d->shipyards, free);
}

enum status dashboard_run(struct cli_context *ctx, const char *hint, struct error *err)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGHUP, SIGINT};
    struct dashboard *d = MEM_NEW(struct dashboard);
    need_few_descriptors();
    (void)setenv("UV_THREADPOOL_SIZE", "1", 0); /* for name look-ups alone; each thread has a stack */
    mallopt(M_ARENA_MAX, 1);                    /* the pool's threads need none of their own */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK / 4); /* fixed: it would grow with the first large answer */
    d->ctx = ctx;
    d->model = model_new();
    enum status status = open_view(d, hint, err);
    if (status != STATUS_OK) {
        model_free(d->model);
        free(d);
        return status;
    }
    log_set_sink(no_log, NULL);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(ctx->loop, &d->signals[i]);
        d->signals[i].data = d;
        uv_signal_start(&d->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(ctx->loop, &d->settle);
    d->settle.data = d;
    open_feed(d);
    while (!d->quit && uv_run(ctx->loop, UV_RUN_DEFAULT) != 0)
        ; /* uv_stop of somebody else (a blocking request) is not ours */
    close_all(d);
    log_set_sink(NULL, NULL);
    free(d);
    return STATUS_OK;
}
