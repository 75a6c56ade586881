/* watch.c: the stream, printed. */
#include "config.h"

#include "cli/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "feed/feed.h"
#include "feed/replay.h"

#define SECONDS_MAX       31536000 /* seconds of --watch-time: a year */
#define AGAIN_MS          200      /* until a server that is ahead of the stream is asked again */
#define DISAGREEMENTS_MAX 25       /* then its word counts */

const struct cli_option cli_watch_options[] = {
    {"until", 0, "WORD", "ends when something is waiting, or when the sequence is finished"},
    {"watch-time", 0, "SECONDS", "gives up after so long (exit status 7)"},
    {"project", 'p', "NAME", "this project only"},
    {"stage", 's', "NAME", "this stage only"},
    {"service", 0, "NAME", "this service only"},
    {"output", 'o', "FORMAT", "text or ndjson"},
    {NULL, 0, NULL, NULL},
};

struct watch {
    struct cli_context *ctx;
    const struct cli_watch_request *request;
    struct feed *feed;
    struct replay *replay; /* in its place; NULL: none */
    struct model *model;
    struct event event; /* decoded into again and again */
    struct map printed; /* ids of the target's events that were printed: a snapshot brings them again */
    cJSON *history;     /* the context's events, from the snapshot */
    struct http_call *asking;
    uv_timer_t later; /* asks again where the server is ahead of the stream */
    int disagreements;
    bool ask_again; /* something ended while the server was asked */
    bool live_once, done, was_stale;
    char *ended_context, *ended_project; /* whose end was seen last */
    char *asked_context;                 /* what the server is asked for */
    enum status status;
    struct error *err;
};

static void stop(struct watch *w, enum status status)
{
    if (w->done)
        return;
    w->done = true;
    w->status = status;
    uv_stop(w->ctx->loop); /* as http_ask */
}

/* --- printing --- */

static bool fits(const struct watch *w, const struct event *ev)
{
    const struct cli_watch_request *r = w->request;
    const char *const wanted[] = {r->target != NULL ? r->target->context : NULL, r->project, r->stage,
                                  r->service};
    const char *const has[] = {ev->context, ev->project, ev->stage, ev->service};
    for (size_t i = 0; i < 4; i++)
        if (wanted[i] != NULL && (has[i] == NULL || strcmp(wanted[i], has[i]) != 0))
            return false;
    return true;
}

static void print_text(const struct event *ev)
{
    const char *type = strncmp(ev->type, "sh.keptn.event.", 15) == 0 ? ev->type + 15 : ev->type;
    char time[CLOCK_TEXT_SIZE] = "-";
    char *message = cli_first_line(ev->message);
    if (ev->time_ns != 0)
        clock_format_ms(ev->time_ns, time);
    cli_print("%s  %.8s  %s/%s  %s  %s%s%s%s%s", time, ev->context != NULL ? ev->context : "-",
              ev->project != NULL ? ev->project : "-", ev->stage != NULL ? ev->stage : "-",
              ev->service != NULL ? ev->service : "-", type, ev->result != NULL ? "  " : "",
              ev->result != NULL ? ev->result : "", *message != '\0' ? "  " : "", message);
    free(message);
}

static void print_event(struct watch *w, const struct event *ev)
{
    if (ev->parsed_type.class == EVENT_CLASS_STATE)
        return; /* the server's own word on a whole context: for programs, which read the stream itself */
    if (w->request->format == CLI_TABLE)
        print_text(ev);
    else
        cli_print_json(ev->root, false);
    if (cli_output_is_lost())
        stop(w, STATUS_FAILED); /* nobody reads any more */
}

/* --- until --- */

static bool something_waits(const struct watch *w)
{
    const struct cli_watch_request *r = w->request;
    for (size_t i = 0; i < model_waiting_count(w->model); i++) {
        const struct model_sequence *seq = model_waiting_at(w->model, i);
        const char *const wanted[] = {r->target != NULL ? r->target->context : NULL, r->project, r->stage,
                                      r->service};
        const char *const has[] = {seq->context, seq->stage->project->name, seq->stage->name, seq->service};
        bool all = true;
        for (size_t k = 0; k < 4; k++)
            all = all && (wanted[k] == NULL || (has[k] != NULL && strcmp(wanted[k], has[k]) == 0));
        if (all)
            return true;
    }
    return false;
}

/* The whole context is over: how? False: by what is known here it goes on, so events are still to come. */
static bool conclude(struct watch *w, const char *context)
{
    struct model_walk walk = {0};
    const struct model_sequence *bad = NULL;
    for (const struct model_sequence *seq; (seq = model_next_sequence(w->model, &walk)) != NULL;) {
        if (strcmp(seq->context, context) != 0 || seq->state == MODEL_SUCCEEDED ||
            seq->state == MODEL_WARNING)
            continue;
        if (seq->state < MODEL_SUCCEEDED && w->disagreements++ < DISAGREEMENTS_MAX)
            return false;
        bad = seq;
    }
    if (w->request->until == CLI_UNTIL_WAITING)
        stop(w, error_set(w->err, STATUS_FAILED, "%s has ended and did not wait", context));
    else if (bad != NULL)
        stop(w, error_set(w->err, STATUS_FAILED, "%s of %s in %s %s%s%s", bad->name, bad->service,
                          bad->stage->name, model_state_name(bad->state),
                          bad->message != NULL && *bad->message != '\0' ? ": " : "",
                          bad->message != NULL ? bad->message : ""));
    else
        stop(w, STATUS_OK);
    return true;
}

static void ask_whether_ended(struct watch *w);

static void on_later(uv_timer_t *timer)
{
    ask_whether_ended(timer->data);
}

static void on_state_answer(void *arg, const struct http_response *response)
{
    struct watch *w = arg;
    cJSON *answer = NULL;
    w->asking = NULL;
    if (response->status == STATUS_OK && response->code == 200 &&
        json_parse(response->body, response->body_len, &answer, NULL) == STATUS_OK) {
        const char *state = json_text(cJSON_GetArrayItem(json_get(answer, "states"), 0), "state");
        bool ended = state != NULL && (strcmp(state, "finished") == 0 || strcmp(state, "aborted") == 0 ||
                                       strcmp(state, "timedOut") == 0);
        if (ended && !conclude(w, w->asked_context))
            uv_timer_start(&w->later, on_later, AGAIN_MS, 0);
    }
    cJSON_Delete(answer);
    if (!w->done && w->ask_again)
        ask_whether_ended(
            w); /* a lost answer is asked for again at the next end, or when the stream is back */
}

/* The end of one stage's sequence may be followed by another stage's: the server knows whether it is. */
static void ask_whether_ended(struct watch *w)
{
    if (w->asking != NULL) {
        w->ask_again = true;
        return;
    }
    w->ask_again = false;
    uv_timer_stop(&w->later);
    free(w->asked_context);
    w->asked_context = mem_string(w->ended_context);
    char *url =
        http_url(w->ctx->server, CLI_C "/sequence/{}?keptnContext={}", w->ended_project, w->ended_context);
    struct http_request request = {.method = "GET", .url = url, .token = w->ctx->token};
    w->asking = http_send(w->ctx->http, &request, on_state_answer, w);
    free(url);
}

static void note_end(struct watch *w, const char *context, const char *project)
{
    free(w->ended_context);
    free(w->ended_project);
    w->ended_context = mem_string(context);
    w->ended_project = mem_string(project);
    ask_whether_ended(w);
}

static void check_until(struct watch *w, const struct event *ev)
{
    const struct event_type *type = &ev->parsed_type;
    bool is_end = type->class == EVENT_CLASS_STATE ||
                  (type->class == EVENT_CLASS_SEQUENCE && type->kind == EVENT_KIND_FINISHED);
    if (w->request->until == CLI_UNTIL_WAITING && something_waits(w))
        stop(w, STATUS_OK);
    else if (w->request->until != CLI_UNTIL_STOPPED && is_end && ev->context != NULL && ev->project != NULL &&
             (w->request->until == CLI_UNTIL_FINISHED || w->request->target != NULL))
        note_end(w, ev->context, ev->project);
}

/* --- the feed --- */

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct watch *w = arg;
    struct error err = ERROR_NONE;
    if (w->done)
        return;
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &w->event, &err) != STATUS_OK) {
        cli_complain("an event was left out: %s", err.text);
        return;
    }
    if (!fits(w, &w->event))
        return;
    if (map_get(&w->printed, w->event.id) == NULL)
        print_event(w, &w->event);
    if (w->request->target != NULL)
        map_put(&w->printed, w->event.id, w);
    if (w->request->until == CLI_UNTIL_STOPPED)
        return;
    if (model_apply_event(w->model, &w->event, number, &err) != STATUS_OK)
        cli_complain("an event was left out: %s", err.text);
    if (!w->done)
        check_until(w, &w->event);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct watch *w = arg;
    if (replaces)
        model_clear(w->model);
    cJSON_Delete(w->history);
    w->history = cJSON_CreateArray();
}

static void keep_history(struct watch *w, cJSON *answer)
{
    cJSON *events = cJSON_GetObjectItemCaseSensitive(answer, "events");
    for (cJSON *e = events != NULL ? events->child : NULL, *next; e != NULL; e = next) {
        const char *context = json_text(e, "shkeptncontext");
        next = e->next;
        if (context != NULL &&
            strcmp(context, w->request->target->context) == 0) /* newest first: so each goes to the front */
            cJSON_InsertItemInArray(w->history, 0, cJSON_DetachItemViaPointer(events, e));
    }
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct watch *w = arg;
    cJSON *json = NULL;
    enum status status = json_parse(text, len, &json, NULL);
    if (status == STATUS_OK)
        status = model_apply_part(w->model, what, json, number, NULL);
    if (status == STATUS_OK && strcmp(what, "events") == 0) {
        (void)cli_apply_events(w->model,
                               json_get(json, "events")); /* what it cannot take says nothing about an end */
        if (w->request->target != NULL)
            keep_history(w, json);
    }
    if (status != STATUS_OK)
        cli_complain("a part of the server's answer was left out");
    cJSON_Delete(json);
}

static void print_history(struct watch *w)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    for (const cJSON *e = w->history != NULL ? w->history->child : NULL; e != NULL && !w->done; e = e->next) {
        buffer_clear(&text);
        if (!json_print(e, &text) ||
            event_decode(buffer_text(&text), text.len, EVENT_FORM_COMPLETE, &w->event, NULL) != STATUS_OK ||
            !fits(w, &w->event) || map_get(&w->printed, w->event.id) != NULL)
            continue;
        map_put(&w->printed, w->event.id, w);
        print_event(w, &w->event);
    }
    buffer_free(&text);
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct watch *w = arg;
    (void)replaces;
    if (w->request->target != NULL) {
        print_history(w);
        if (w->request->until != CLI_UNTIL_STOPPED && !w->done)
            note_end(w, w->request->target->context,
                     w->request->target->project); /* it may have ended already */
    }
    if (w->request->until == CLI_UNTIL_WAITING && something_waits(w))
        stop(w, STATUS_OK);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct watch *w = arg;
    switch (state) {
    case FEED_CONNECTING:
    case FEED_REPLAYING:
        break;
    case FEED_REPLAYED:
        if (w->request->until == CLI_UNTIL_STOPPED)
            stop(w, STATUS_OK);
        else
            stop(w, error_set(w->err, STATUS_FAILED, "the recording ends, and nothing waited"));
        break;
    case FEED_LIVE:
        if (w->was_stale)
            cli_complain("live again");
        w->was_stale = false;
        w->live_once = true;
        if (w->ended_context != NULL && !w->done)
            ask_whether_ended(w);
        break;
    case FEED_STALE:
        if (!w->was_stale)
            cli_complain("connection lost, trying again: %s", why);
        w->was_stale = true;
        break;
    case FEED_OFFLINE:
        stop(w, error_set(w->err, STATUS_UNREACHABLE, "%s", why));
        break;
    case FEED_REFUSED:
        stop(w, error_set(w->err, STATUS_UNAUTHENTICATED, "%s", why));
        break;
    }
}

static void on_time(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    stop(w, error_set(w->err, STATUS_TIMED_OUT, "not there after %d s", w->request->seconds));
}

static void on_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

enum status cli_watch_events(struct cli_context *ctx, const struct cli_watch_request *request,
                             struct error *err)
{
    struct watch w = {.ctx = ctx, .request = request, .model = model_new(), .err = err};
    const char *const one[] = {request->target != NULL ? request->target->project : request->project, NULL};
    const struct feed_settings settings = {.server = ctx->server,
                                           .stream = ctx->stream,
                                           .token = ctx->token,
                                           .projects = one[0] != NULL ? one : ctx->projects,
                                           .snapshot = request->target != NULL ||
                                                       request->until != CLI_UNTIL_STOPPED};
    const struct feed_callbacks callbacks = {.arg = &w,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state};
    uv_timer_t timer;
    uv_timer_init(ctx->loop, &timer);
    uv_timer_init(ctx->loop, &w.later);
    timer.data = w.later.data = &w;
    if (request->seconds > 0)
        uv_timer_start(&timer, on_time, (uint64_t)request->seconds * 1000, 0);
    if (ctx->replays != NULL)
        w.status = cli_open_replay(ctx, &callbacks, &w.replay, err);
    else
        w.feed = feed_open(ctx->loop, ctx->http, &settings, &callbacks);
    while (!w.done && w.status == STATUS_OK)
        uv_run(ctx->loop, UV_RUN_ONCE);
    feed_close(w.feed);
    replay_close(w.replay);
    http_cancel(w.asking);
    uv_close((uv_handle_t *)&timer, on_closed);
    uv_close((uv_handle_t *)&w.later, on_closed);
    while (timer.data != NULL || w.later.data != NULL)
        uv_run(ctx->loop, UV_RUN_NOWAIT);
    model_free(w.model);
    event_free(&w.event);
    map_free(&w.printed, NULL);
    cJSON_Delete(w.history);
    free(w.ended_context);
    free(w.ended_project);
    free(w.asked_context);
    return w.status;
}

/* --- the command --- */

enum status cli_watch_seconds(const struct cli_args *args, int *seconds, struct error *err)
{
    const char *text = cli_value(args, "watch-time");
    char *end = NULL;
    *seconds = 0;
    if (text == NULL)
        return STATUS_OK;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value <= 0)
        return error_set(err, STATUS_USAGE, "--watch-time %s: must be a number of seconds", text);
    *seconds = value > SECONDS_MAX ? SECONDS_MAX : (int)value;
    return STATUS_OK;
}

enum status cli_watch_until(const struct cli_args *args, enum cli_until *until, struct error *err)
{
    const char *word = cli_value(args, "until");
    *until = CLI_UNTIL_STOPPED;
    if (word == NULL)
        return STATUS_OK;
    if (strcmp(word, "waiting") == 0)
        *until = CLI_UNTIL_WAITING;
    else if (strcmp(word, "finished") == 0)
        *until = CLI_UNTIL_FINISHED;
    else
        return error_set(err, STATUS_USAGE, "--until %s: must be waiting or finished", word);
    return STATUS_OK;
}

enum status cli_watch(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct cli_target target = {0};
    struct cli_watch_request request = {.project = cli_value(args, "project"),
                                        .stage = cli_value(args, "stage"),
                                        .service = cli_value(args, "service")};
    enum status status = cli_format(args, &request.format, err);
    if (status == STATUS_OK)
        status = cli_watch_until(args, &request.until, err);
    if (status == STATUS_OK)
        status = cli_watch_seconds(args, &request.seconds, err);
    if (status == STATUS_OK && ctx->replays != NULL &&
        (args->word_count > 0 || request.until == CLI_UNTIL_FINISHED))
        status =
            error_set(err, STATUS_USAGE,
                      "a --replay is watched as a whole, or with --project, --stage and --service, to its "
                      "end or --until waiting");
    if (status == STATUS_OK && args->word_count > 0)
        status = cli_find_target(ctx, args->words[0], &target, err);
    if (status == STATUS_OK) {
        request.target = args->word_count > 0 ? &target : NULL;
        status = cli_watch_events(ctx, &request, err);
    }
    cli_target_free(&target);
    return status;
}
