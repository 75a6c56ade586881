/* picture.c: fills a model from one snapshot, finds what an id means, and turns sequences into JSON. */
#include "config.h"

#include "cli/picture.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/mem.h"

struct filling {
    struct model *model;
    size_t left_out; /* parts that the model would not have */
    struct error why;
};

static size_t apply_events(struct model *m, const cJSON *events, uint64_t number, struct error *err)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    struct event event = {0};
    size_t left_out = 0;
    for (const cJSON *item = events != NULL ? events->child : NULL; item != NULL; item = item->next) {
        buffer_clear(&text);
        if (!json_print(item, &text) ||
            event_decode(buffer_text(&text), text.len, EVENT_FORM_COMPLETE, &event, err) != STATUS_OK ||
            model_apply_event(m, &event, number, err) != STATUS_OK)
            left_out++;
    }
    event_free(&event);
    buffer_free(&text);
    return left_out;
}

size_t cli_apply_events(struct model *m, const cJSON *events)
{
    return apply_events(m, events, 0, NULL);
}

size_t cli_apply_part(struct model *m, const char *what, const char *text, size_t len, uint64_t number,
                      struct error *err)
{
    cJSON *json = NULL;
    enum status status = json_parse(text, len, &json, err);
    size_t left_out = 0;
    if (status == STATUS_OK)
        status = model_apply_part(m, what, json, number, err);
    if (status == STATUS_OK && (strcmp(what, "events") == 0 || strcmp(what, "open") == 0))
        left_out = apply_events(m, json_get(json, "events"), number, err);
    cJSON_Delete(json);
    return left_out + (status != STATUS_OK);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct filling *f = arg;
    struct error err = ERROR_NONE;
    const size_t left_out = cli_apply_part(f->model, what, text, len, number, &err);
    f->left_out += left_out;
    if (left_out > 0)
        f->why = err;
}

enum status cli_take_picture(struct cli_context *ctx, const char *const *projects, enum feed_depth depth,
                             struct model **out, struct error *err)
{
    if (ctx->replays != NULL)
        return cli_replay_picture(ctx, out, err);
    struct filling f = {.model = model_new()};
    const struct feed_settings settings = {
        .server = ctx->server, .token = ctx->token, .projects = projects != NULL ? projects : ctx->projects};
    const struct feed_callbacks callbacks = {.arg = &f, .on_snapshot = on_snapshot};
    enum status status = feed_take_snapshot(ctx->http, &settings, depth, &callbacks, err);
    if (status != STATUS_OK) {
        model_free(f.model);
        return status;
    }
    if (f.left_out > 0)
        cli_complain("%zu parts of the server's answers were left out: %s", f.left_out, f.why.text);
    *out = f.model;
    return STATUS_OK;
}

/* --- ids --- */

struct candidates {
    const char *id;
    size_t id_len;
    struct cli_target found;
    size_t fitting;      /* different contexts */
    char *other_context; /* one more of them, for the message */
};

/* Keeps a context that the id names or begins. */
static void consider(struct candidates *c, const char *context, const char *project)
{
    if (context == NULL || project == NULL || strncmp(context, c->id, c->id_len) != 0)
        return;
    if (c->fitting > 0 && strcmp(c->found.context, context) == 0)
        return;
    c->fitting++;
    if (c->fitting == 1) {
        c->found.context = mem_string(context);
        c->found.project = mem_string(project);
    } else if (c->other_context == NULL) {
        c->other_context = mem_string(context);
    }
}

static void consider_approval(struct candidates *c, const cJSON *event)
{
    const char *id = json_text(event, "id"), *context = json_text(event, "shkeptncontext");
    const char *project = json_text(json_get(event, "data"), "project");
    if (id == NULL || context == NULL || project == NULL || c->found.approval != NULL ||
        strcmp(id, c->id) != 0)
        return;
    cli_target_free(&c->found);
    free(c->other_context);
    c->other_context = NULL;
    c->found = (struct cli_target){mem_string(context), mem_string(project), mem_string(id)};
    c->fitting = 1;
}

static void on_candidate(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct candidates *c = arg;
    cJSON *json = NULL;
    (void)number;
    if (c->found.approval != NULL || json_parse(text, len, &json, NULL) != STATUS_OK)
        return;
    const cJSON *events = json_get(json, "events");
    if (strcmp(what, "state") == 0)
        consider(c, json_text(json, "shkeptncontext"), json_text(json, "project"));
    for (const cJSON *e = strcmp(what, "open") == 0 && events != NULL ? events->child : NULL; e != NULL;
         e = e->next) {
        if (c->found.approval == NULL)
            consider(c, json_text(e, "shkeptncontext"), json_text(json_get(e, "data"), "project"));
        consider_approval(c, e);
    }
    cJSON_Delete(json);
}

/* A whole id may be older than the sequences that a snapshot holds, or that of an approval which is closed:
 * the event store knows it. */
static enum status find_in_store(struct cli_context *ctx, struct candidates *c, struct error *err)
{
    const char *const queries[] = {CLI_M "/event?keptnContext={}&pageSize=1",
                                   CLI_M "/event?eventID={}&pageSize=1"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 2 && status == STATUS_OK && c->fitting == 0; i++) {
        cJSON *answer = NULL;
        status = cli_ask(ctx, "GET", NULL, &answer, err, queries[i], c->id);
        const cJSON *event = cJSON_GetArrayItem(json_get(answer, "events"), 0);
        const char *type = json_text(event, "type");
        if (i == 0)
            consider(c, json_text(event, "shkeptncontext"), json_text(json_get(event, "data"), "project"));
        else if (type != NULL && strcmp(type, "sh.keptn.event.approval.triggered") == 0)
            consider_approval(c, event);
        cJSON_Delete(answer);
    }
    return status;
}

/* What a recording knows of is in its picture. */
static enum status find_in_replay(struct cli_context *ctx, struct candidates *c, struct error *err)
{
    struct model *m = NULL;
    enum status status = cli_replay_picture(ctx, &m, err);
    if (status != STATUS_OK)
        return status;
    const struct model_sequence *waiting = model_find_approval(m, c->id);
    struct model_walk walk = {0};
    for (const struct model_sequence *seq; (seq = model_next_sequence(m, &walk)) != NULL;)
        consider(c, seq->context, seq->stage->project->name);
    if (waiting != NULL && c->fitting == 0) {
        c->found = (struct cli_target){mem_string(waiting->context),
                                       mem_string(waiting->stage->project->name), mem_string(c->id)};
        c->fitting = 1;
    }
    model_free(m);
    return STATUS_OK;
}

enum status cli_find_target(struct cli_context *ctx, const char *id, struct cli_target *out,
                            struct error *err)
{
    char *lower = mem_string(id);
    for (char *p = lower; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    struct candidates c = {.id = lower, .id_len = strlen(lower)};
    const struct feed_settings settings = {
        .server = ctx->server, .token = ctx->token, .projects = ctx->projects};
    const struct feed_callbacks callbacks = {.arg = &c, .on_snapshot = on_candidate};
    enum status status = STATUS_OK;
    if (c.id_len == 0)
        status = error_set(err, STATUS_USAGE, "an empty id fits everything");
    if (status == STATUS_OK)
        status = ctx->replays != NULL
                     ? find_in_replay(ctx, &c, err)
                     : feed_take_snapshot(ctx->http, &settings, FEED_STATES, &callbacks, err);
    if (status == STATUS_OK && c.fitting == 0 && uuid_is_valid(lower) && ctx->replays == NULL)
        status = find_in_store(ctx, &c, err);
    if (status == STATUS_OK && c.fitting == 0)
        status = error_set(err, STATUS_NOT_FOUND,
                           "%s is no Keptn context, no beginning of one, and no approval on %s", id,
                           ctx->replays != NULL ? ctx->name : ctx->server);
    if (status == STATUS_OK && c.fitting > 1)
        status =
            error_set(err, STATUS_USAGE, "%s fits %zu Keptn contexts, such as %s and %s: give more of it", id,
                      c.fitting, c.found.context, c.other_context);
    if (status == STATUS_OK)
        *out = c.found;
    else
        cli_target_free(&c.found);
    free(c.other_context);
    free(lower);
    return status;
}

void cli_target_free(struct cli_target *target)
{
    free(target->context);
    free(target->project);
    free(target->approval);
    *target = (struct cli_target){0};
}

enum status cli_context_events(struct cli_context *ctx, const struct cli_target *target, cJSON **out,
                               struct error *err)
{
    cJSON *newest_first = NULL;
    enum status status = ctx->replays != NULL ? cli_replay_events(ctx, target, &newest_first, err)
                                              : cli_ask_pages(ctx, "events", &newest_first, err,
                                                              CLI_M "/event?keptnContext={}&project={}",
                                                              target->context, target->project);
    if (status != STATUS_OK)
        return status;
    *out = cJSON_CreateArray();
    while (newest_first->child != NULL) /* child->prev is the last one */
        cJSON_AddItemToArray(*out, cJSON_DetachItemViaPointer(newest_first, newest_first->child->prev));
    cJSON_Delete(newest_first);
    return STATUS_OK;
}

enum status cli_context_has_ended(struct cli_context *ctx, const struct cli_target *target, bool *ended,
                                  struct error *err)
{
    cJSON *answer = NULL;
    *ended = false;
    enum status status = cli_ask(ctx, "GET", NULL, &answer, err, CLI_C "/sequence/{}?keptnContext={}",
                                 target->project, target->context);
    const char *state = json_text(cJSON_GetArrayItem(json_get(answer, "states"), 0), "state");
    if (status == STATUS_OK && state == NULL)
        status = error_set(err, STATUS_NOT_FOUND, "the server has no state of %s in project %s",
                           target->context, target->project);
    if (status == STATUS_OK)
        *ended =
            strcmp(state, "finished") == 0 || strcmp(state, "aborted") == 0 || strcmp(state, "timedOut") == 0;
    cJSON_Delete(answer);
    return status;
}

struct sleeping {
    uv_timer_t timer;
    bool over;
};

static void on_closed(uv_handle_t *handle)
{
    ((struct sleeping *)handle->data)->over = true;
    uv_stop(handle->loop); /* as http_ask */
}

static void on_wake(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_closed);
}

void cli_sleep(struct cli_context *ctx, int ms)
{
    struct sleeping s = {.over = false};
    uv_timer_init(ctx->loop, &s.timer);
    s.timer.data = &s;
    uv_timer_start(&s.timer, on_wake, (uint64_t)ms, 0);
    while (!s.over)
        uv_run(ctx->loop, UV_RUN_ONCE);
}

/* --- sequences --- */

const char *cli_keptn_state(enum model_state state)
{
    static const char *const words[MODEL_STATE_COUNT] = {
        [MODEL_WAITING] = "started",      [MODEL_RUNNING] = "started",    [MODEL_QUEUED] = "waiting",
        [MODEL_PAUSED] = "paused",        [MODEL_SUCCEEDED] = "finished", [MODEL_WARNING] = "finished",
        [MODEL_FAILED] = "finished",      [MODEL_TIMED_OUT] = "timedOut", [MODEL_ABORTED] = "aborted",
        [MODEL_NOT_REACHED] = "triggered"};
    return words[state];
}

const char *cli_state_glyph(enum model_state state)
{
    /* as the themes have them */
    static const char *const glyphs[MODEL_STATE_COUNT][2] = {
        [MODEL_WAITING] = {"■", "?"},    [MODEL_RUNNING] = {"▶", ">"},   [MODEL_QUEUED] = {"◦", "."},
        [MODEL_PAUSED] = {"‖", "="},     [MODEL_SUCCEEDED] = {"✔", "+"}, [MODEL_WARNING] = {"▲", "!"},
        [MODEL_FAILED] = {"✖", "x"},     [MODEL_TIMED_OUT] = {"✖", "x"}, [MODEL_ABORTED] = {"⊘", "-"},
        [MODEL_NOT_REACHED] = {"·", "."}};
    return glyphs[state][cli_glyphs_are_ascii()];
}

const char *cli_version_of(const struct model_sequence *seq)
{
    return seq->version != NULL ? seq->version : seq->image;
}

char *cli_first_line(const char *message)
{
    size_t len = message != NULL ? strcspn(message, "\r\n") : 0;
    bool more = len > 0 && message[len + strspn(message + len, "\r\n ")] != '\0';
    return mem_printf("%.*s%s", (int)len, message != NULL ? message : "",
                      !more                    ? ""
                      : cli_glyphs_are_ascii() ? " ..."
                                               : " …");
}

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        cJSON_AddStringToObject(object, key, text);
}

static void add_time(cJSON *object, const char *key, int64_t ns)
{
    char text[CLOCK_TEXT_SIZE];
    if (ns == 0)
        return;
    clock_format(ns, text);
    cJSON_AddStringToObject(object, key, text);
}

static void add_tasks(cJSON *object, const struct model_sequence *seq)
{
    cJSON *tasks = cJSON_AddArrayToObject(object, "tasks");
    for (size_t i = 0; i < seq->task_count; i++) {
        const struct model_task *t = &seq->tasks[i];
        cJSON *task = cJSON_CreateObject(), *executors = cJSON_CreateArray();
        cJSON_AddItemToArray(tasks, task);
        add_text(task, "name", t->name);
        add_text(task, "state", model_state_name(t->state));
        add_text(task, "triggeredId", t->triggered_id);
        add_time(task, "triggered", t->triggered_ns);
        add_time(task, "finished", t->finished_ns);
        add_text(task, "result", t->result);
        add_text(task, "message", t->message);
        for (size_t k = 0; k < t->executor_count; k++) {
            cJSON *executor = cJSON_CreateObject();
            cJSON_AddItemToArray(executors, executor);
            add_text(executor, "source", t->executors[k].source);
            add_text(executor, "status", t->executors[k].status);
            add_text(executor, "result", t->executors[k].result);
            add_text(executor, "message", t->executors[k].message);
            add_time(executor, "started", t->executors[k].started_ns);
            add_time(executor, "finished", t->executors[k].finished_ns);
        }
        cJSON_AddItemToObject(task, "executors", executors);
    }
}

static void add_approval(cJSON *object, const struct model *m, const struct model_sequence *seq)
{
    const struct model_approval *a = &seq->approval;
    struct model_delivery delivery;
    if (a->triggered_id == NULL)
        return;
    cJSON *approval = cJSON_AddObjectToObject(object, "approval");
    add_text(approval, "triggeredId", a->triggered_id);
    add_text(approval, "pass", a->pass);
    add_text(approval, "warning", a->warning);
    add_text(approval, "result", a->result);
    add_text(approval, "resultTask", a->result_task);
    add_time(approval, "since", a->since_ns);
    if (a->evaluation_result != NULL) {
        cJSON *evaluation = cJSON_AddObjectToObject(approval, "evaluation");
        add_text(evaluation, "result", a->evaluation_result);
        cJSON_AddNumberToObject(evaluation, "score", a->evaluation_score);
    }
    model_delivery_of(m, seq, &delivery);
    add_text(approval, "lastDelivered", delivery.last != NULL ? delivery.last->image : NULL);
    add_text(approval, "toDeliver", seq->image);
    cJSON_AddBoolToObject(approval, "goesBack", seq->goes_back);
}

static void add_decisions(cJSON *object, const struct model_sequence *seq)
{
    cJSON *decisions = cJSON_AddArrayToObject(object, "decisions");
    for (size_t i = 0; i < seq->decision_count; i++) {
        const struct model_decision *d = &seq->decisions[i];
        cJSON *decision = cJSON_CreateObject();
        cJSON_AddItemToArray(decisions, decision);
        add_text(decision, "triggeredId", d->triggered_id);
        add_text(decision, "result", d->result);
        add_text(decision, "by", d->by);
        add_text(decision, "via", d->via);
        add_text(decision, "comment", d->comment);
        add_time(decision, "time", d->time_ns);
        cJSON_AddBoolToObject(decision, "byPerson", d->by_person);
    }
}

cJSON *cli_sequence_json(const struct model *m, const struct model_sequence *seq)
{
    cJSON *object = cJSON_CreateObject(), *labels = cJSON_CreateObject();
    add_text(object, "keptnContext", seq->context);
    add_text(object, "project", seq->stage->project->name);
    add_text(object, "stage", seq->stage->name);
    add_text(object, "sequence", seq->name);
    add_text(object, "service", seq->service);
    add_text(object, "state", model_state_name(seq->state));
    add_text(object, "keptnState", cli_keptn_state(seq->state));
    add_text(object, "task", seq->task);
    add_text(object, "image", seq->image);
    add_text(object, "version", seq->version);
    add_text(object, "result", seq->result);
    add_text(object, "message", seq->message);
    add_time(object, "triggered", seq->triggered_ns);
    add_time(object, "since", seq->since_ns);
    add_time(object, "finished", seq->finished_ns);
    add_text(object, "triggeredId", seq->triggered_id);
    add_text(object, "triggeredBy", seq->triggered_by);
    add_text(object, "gitcommitid", seq->stage_commit);
    add_text(object, "shipyardcommit", seq->shipyard_commit);
    for (size_t i = 0; i < seq->label_count; i++)
        add_text(labels, seq->labels[i].key, seq->labels[i].value);
    cJSON_AddItemToObject(object, "labels", labels);
    add_approval(object, m, seq);
    add_tasks(object, seq);
    add_decisions(object, seq);
    return object;
}

/* --- cells --- */

int64_t cli_server_now(struct cli_context *ctx)
{
    cJSON *me = NULL;
    int64_t now = clock_now_ns();
    if (ctx->replays != NULL)
        return ctx->replayed_ns;
    if (cli_ask(ctx, "GET", NULL, &me, NULL, "/v1/whoami") == STATUS_OK) {
        const char *time = json_text(me, "time");
        int64_t theirs = 0;
        if (time != NULL && clock_parse(time, &theirs))
            now = theirs;
    }
    cJSON_Delete(me);
    return now;
}

void cli_table_add_age(struct cli_table *t, int64_t since_ns, int64_t now_ns)
{
    char text[16] = "";
    if (since_ns != 0)
        clock_format_age(now_ns - since_ns, false, text);
    cli_table_add(t, text);
}

void cli_table_add_time(struct cli_table *t, int64_t ns)
{
    char text[CLOCK_TEXT_SIZE] = "";
    time_t seconds = (time_t)(ns / CLOCK_S);
    struct tm tm;
    if (ns != 0 && localtime_r(&seconds, &tm) != NULL)
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm); /* 19 characters */
    cli_table_add(t, text);
}

void cli_table_add_id(struct cli_table *t, const char *context)
{
    char text[CLI_SHORT_ID + 1] = "";
    if (context != NULL)
        memcpy(text, context, strnlen(context, CLI_SHORT_ID));
    cli_table_add(t, text);
}
