/* snapshot.c: asks for everything that a dashboard has to know at its start, several requests at a time: the
 * projects, the sequences of each, the open approvals, and the events of what is open, of the newest that
 * ended, and of what each service was last deployed with. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "feed/internal.h"

#define PARALLEL_MAX 6
#define TIMEOUT_MS   20000
#define ANSWER_BLOCK                                                                                         \
    262144 /* bytes; large enough that malloc maps and unmaps it: nothing of an answer is left in the heap   \
            */
#define PAGES_MAX          1000 /* of one list */
#define STATES_MAX         2000 /* newest ones of a project; what waits for an approval comes whatever its age */
#define ENDED_MAX          50    /* contexts of a project that have ended and whose events are fetched */
#define DEPLOYED_MAX       500   /* contexts of a project that something was deployed in */
#define CONTEXTS_MAX       20000 /* of all projects */
#define OPEN_MAX           ((size_t)64 * 1024 * 1024) /* bytes of all open approvals */
#define APPROVAL_TRIGGERED "sh.keptn.event.approval.triggered"

enum task_kind {
    TASK_PROJECTS,
    TASK_PROJECT,
    TASK_STATES,
    TASK_OPEN,
    TASK_EVENTS,
    TASK_ROOTS,
    TASK_POSITION
};

struct task {
    struct snapshot *snapshot;
    struct task *next;
    struct http_call *call;
    enum task_kind kind;
    const char *project, *context; /* NULL: none */
    long long offset;              /* of the page */
    size_t pages, ended;           /* ended: contexts of this project that were taken */
};

struct snapshot {
    struct http_client *http;
    const struct feed_settings *settings;
    enum feed_depth depth;
    struct snapshot_callbacks callbacks;
    struct task *waiting, *waiting_last, *running;
    size_t running_count;
    struct arena tasks;  /* of thousands of contexts: apart, so that they leave no holes in the heap */
    struct map contexts; /* whose events are or were asked for; the value means nothing */
    struct buffer open; /* events of event/triggered, of all pages and projects: the answer but for its end */
    size_t open_left;   /* lists of them that are not complete */
    bool numbered;
    bool inside, cancelled; /* in on_answer, which then frees */
    char epoch[FEED_EPOCH_SIZE];
    uint64_t number, open_number; /* the smallest of all answers, and of those of the open ones */
};

static void on_answer(void *arg, const struct http_response *response);

static void add_task(struct snapshot *s, enum task_kind kind, const char *project, const char *context)
{
    struct task *t = arena_alloc(&s->tasks, sizeof *t);
    *t = (struct task){.snapshot = s,
                       .kind = kind,
                       .project = arena_string(&s->tasks, project),
                       .context = arena_string(&s->tasks, context)};
    if (s->waiting_last != NULL)
        s->waiting_last->next = t;
    else
        s->waiting = t;
    s->waiting_last = t;
}

static char *task_url(const struct task *t)
{
    const char *server = t->snapshot->settings->server;
    char offset[32];
    snprintf(offset, sizeof offset, "%lld", t->offset);
    switch (t->kind) {
    case TASK_PROJECTS:
        return http_url(server, "/controlPlane/v1/project?pageSize=50&nextPageKey={}", offset);
    case TASK_PROJECT:
        return http_url(server, "/controlPlane/v1/project/{}", t->project);
    case TASK_STATES:
        return http_url(server, "/controlPlane/v1/sequence/{}?pageSize=100&nextPageKey={}", t->project,
                        offset);
    case TASK_OPEN:
        return http_url(server,
                        "/controlPlane/v1/event/triggered/" APPROVAL_TRIGGERED
                        "?project={}&pageSize=100&nextPageKey={}",
                        t->project != NULL ? t->project : "", offset);
    case TASK_EVENTS:
        return http_url(server,
                        "/mongodb-datastore/event?keptnContext={}&project={}&pageSize=100&nextPageKey={}",
                        t->context, t->project, offset);
    case TASK_ROOTS:
        return http_url(server, "/mongodb-datastore/event?project={}&root=true&pageSize=100", t->project);
    case TASK_POSITION:
        break;
    }
    return http_url(server, "/controlPlane/v1/project?pageSize=1");
}

static void start_task(struct snapshot *s, struct task *t)
{
    char *url = task_url(t);
    struct http_request request = {
        .method = "GET", .url = url, .token = s->settings->token, .timeout_ms = TIMEOUT_MS};
    t->next = s->running;
    s->running = t;
    s->running_count++;
    t->call = http_send(s->http, &request, on_answer, t);
    free(url);
}

static void unlink_running(struct snapshot *s, struct task *t)
{
    struct task **at = &s->running;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    t->next = NULL;
    s->running_count--;
}

void snapshot_cancel(struct snapshot *s)
{
    if (s == NULL)
        return;
    s->cancelled = true;
    if (s->inside)
        return;
    for (struct task *t = s->running; t != NULL; t = t->next)
        http_cancel(t->call);
    arena_free(&s->tasks);
    map_free(&s->contexts, NULL);
    buffer_free(&s->open);
    free(s);
}

/* Ends the snapshot, which is gone then. */
static void finish(struct snapshot *s, enum status status, const struct error *err)
{
    struct snapshot_callbacks callbacks = s->callbacks;
    char epoch[FEED_EPOCH_SIZE];
    uint64_t number = s->numbered ? s->number : 0;
    memcpy(epoch, s->epoch, sizeof epoch);
    if (!s->numbered)
        epoch[0] = '\0';
    s->inside = false;
    snapshot_cancel(s);
    callbacks.on_done(callbacks.arg, status, err, epoch, number);
}

/* --- what the answers say --- */

static bool has_ended(const char *state)
{
    return strcmp(state, "finished") == 0 || strcmp(state, "aborted") == 0 || strcmp(state, "timedOut") == 0;
}

/* Returns true where its events will be fetched because of this. */
static bool want_events(struct snapshot *s, const char *project, const char *context)
{
    if (s->depth < FEED_EVENTS || project == NULL || context == NULL || *context == '\0' ||
        s->contexts.count >= CONTEXTS_MAX)
        return false;
    if (map_get(&s->contexts, context) != NULL)
        return false;
    map_put(&s->contexts, context, s);
    add_task(s, TASK_EVENTS, project, context);
    return true;
}

static void give_text(struct snapshot *s, const char *what, const char *text, size_t len, uint64_t number)
{
    if (!s->cancelled)
        s->callbacks.on_item(s->callbacks.arg, what, text, len, s->epoch, number);
}

static void give(struct snapshot *s, const char *what, const cJSON *item, uint64_t number)
{
    struct buffer text = BUFFER_LIMIT(64 * 1024 * 1024);
    if (json_print(item, &text))
        give_text(s, what, buffer_text(&text), text.len, number);
    buffer_free(&text);
}

/* What was delivered last to a service may be older than all sequences that are fetched. */
static void want_deployments(struct snapshot *s, const cJSON *project, const char *name)
{
    size_t left = DEPLOYED_MAX;
    const cJSON *stages = json_get(project, "stages");
    for (const cJSON *stage = stages != NULL ? stages->child : NULL; stage != NULL; stage = stage->next) {
        const cJSON *services = json_get(stage, "services");
        for (const cJSON *service = services != NULL ? services->child : NULL; service != NULL;
             service = service->next) {
            const cJSON *types = json_get(service, "lastEventTypes");
            for (const cJSON *type = types != NULL ? types->child : NULL; type != NULL; type = type->next) {
                size_t len = type->string != NULL ? strlen(type->string) : 0;
                if (len > 9 && strcmp(type->string + len - 9, ".finished") == 0 && left > 0 &&
                    want_events(s, name, json_text(type, "keptnContext")))
                    left--;
            }
        }
    }
}

static void take_project(struct snapshot *s, const cJSON *project, uint64_t number)
{
    const char *name = json_text(project, "projectName");
    if (name == NULL || *name == '\0')
        return;
    give(s, "project", project, number);
    add_task(s, TASK_STATES, name, NULL);
    want_deployments(s, project, name);
}

static void take_state(struct snapshot *s, struct task *t, const cJSON *state, uint64_t number)
{
    const char *context = json_text(state, "shkeptncontext"), *word = json_text(state, "state");
    give(s, "state", state, number);
    if (word == NULL || !has_ended(word))
        (void)want_events(s, t->project, context);
    else if (t->ended < ENDED_MAX && want_events(s, t->project, context))
        t->ended++;
}

/* Kept as text, one event after the other: a thousand of them as nodes would tear the heap apart. */
/* A sequence that has just been triggered is in no state yet (its shipyard is being read), and its event may
 * come before the stream's beginning: only the event store knows it. */
static void take_root(struct snapshot *s, const char *project, const cJSON *event)
{
    (void)want_events(s, project, json_text(event, "shkeptncontext"));
}

static void take_open(struct snapshot *s, const cJSON *events)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, events)
    {
        (void)want_events(s, json_text(json_get(event, "data"), "project"),
                          json_text(event, "shkeptncontext"));
        if (!buffer_add_text(&s->open, s->open.len == 0 ? "{\"events\":[" : ",") ||
            !json_print(event, &s->open))
            break; /* then nothing is given: what is left out would count as closed */
    }
}

/* All of the open ones in one answer: who reads it closes those that are not in it. */
static void give_open(struct snapshot *s)
{
    if (s->open.len == 0)
        buffer_add_text(&s->open, "{\"events\":[");
    if (!s->open.overflow && buffer_add_text(&s->open, "]}"))
        give_text(s, "open", buffer_text(&s->open), s->open.len, s->open_number);
}

static long long next_page(const cJSON *page)
{
    const cJSON *next = json_get(page, "nextPageKey");
    if (cJSON_IsNumber(next) && next->valuedouble > 0 && next->valuedouble < 1e15)
        return (long long)next->valuedouble;
    if (!cJSON_IsString(next))
        return 0;
    char *end;
    long long offset = strtoll(next->valuestring, &end, 10);
    return *end == '\0' && offset > 0 ? offset : 0;
}

static const char *list_key(enum task_kind kind)
{
    static const char *const keys[] = {
        [TASK_PROJECTS] = "projects", [TASK_STATES] = "states", [TASK_OPEN] = "events",
        [TASK_EVENTS] = "events",     [TASK_ROOTS] = "events",  [TASK_POSITION] = NULL};
    return keys[kind];
}

/* Takes one answer. Returns STATUS_OK, or what is wrong with it. */
static enum status take_answer(struct task *t, const struct http_response *response, uint64_t number,
                               struct error *err)
{
    struct snapshot *s = t->snapshot;
    const char *key = list_key(t->kind);
    cJSON *json = NULL;
    struct arena arena = {.block_size = ANSWER_BLOCK};
    enum status status = json_parse_in_arena(response->body, response->body_len, &arena, &json, err);
    cJSON *list = key != NULL ? cJSON_GetObjectItemCaseSensitive(json, key) : NULL;
    if (status == STATUS_OK && key != NULL && !cJSON_IsArray(list))
        status = error_set(err, STATUS_INVALID, "there is no list \"%s\" in it", key);
    if (status != STATUS_OK) {
        arena_free(&arena);
        return status;
    }
    bool one_page = t->kind == TASK_PROJECT || t->kind == TASK_POSITION || t->kind == TASK_ROOTS;
    long long next = one_page ? 0 : next_page(json);
    if (t->kind == TASK_PROJECT)
        take_project(s, json, number);
    else if (t->kind == TASK_EVENTS)
        give_text(s, "events", response->body, response->body_len, number);
    else if (t->kind == TASK_OPEN)
        take_open(s, list);
    for (const cJSON *item = list != NULL ? list->child : NULL; item != NULL; item = item->next) {
        if (t->kind == TASK_PROJECTS)
            take_project(s, item, number);
        else if (t->kind == TASK_STATES)
            take_state(s, t, item, number);
        else if (t->kind == TASK_ROOTS)
            take_root(s, t->project, item);
    }
    arena_free(&arena);
    t->pages++;
    bool more = next > t->offset && t->pages < PAGES_MAX && (t->kind != TASK_STATES || next < STATES_MAX);
    t->offset = more ? next : -1; /* -1: that was the last page */
    if (t->kind == TASK_STATES && !more && s->depth >= FEED_EVENTS)
        add_task(s, TASK_ROOTS, t->project, NULL);
    return STATUS_OK;
}

/* Keeps the smallest number: what is above it may be in no answer, so the stream goes on from there. */
static enum status take_number(struct snapshot *s, const char *text, uint64_t *number, struct error *err)
{
    char epoch[FEED_EPOCH_SIZE];
    *number = 0;
    if (text == NULL || !scan_position(text, epoch, number))
        return STATUS_OK;
    if (!s->numbered) {
        memcpy(s->epoch, epoch, sizeof epoch);
        s->numbered = true;
        s->number = *number;
    } else if (strcmp(s->epoch, epoch) != 0) {
        return error_set(err, STATUS_UNREACHABLE, "the server's data was replaced while it was read");
    }
    if (*number < s->number)
        s->number = *number;
    return STATUS_OK;
}

static void pump(struct snapshot *s)
{
    while (s->waiting != NULL && s->running_count < PARALLEL_MAX) {
        struct task *t = s->waiting;
        s->waiting = t->next;
        if (s->waiting == NULL)
            s->waiting_last = NULL;
        start_task(s, t);
    }
    if (s->running_count == 0)
        finish(s, STATUS_OK, &ERROR_NONE);
}

/* The list of a task is complete. */
static void end_task(struct task *t, bool complete)
{
    struct snapshot *s = t->snapshot;
    if (t->kind == TASK_OPEN && complete && --s->open_left == 0)
        give_open(s);
}

/* Why an answer cannot be used; STATUS_OK: it was taken. *left_out: the rest goes on without it. */
static enum status read_answer(struct task *t, const struct http_response *response, bool *left_out,
                               struct error *err)
{
    struct snapshot *s = t->snapshot;
    char *url = task_url(t);
    struct http_request request = {.method = "GET", .url = url};
    uint64_t number = 0;
    enum status status = response->status;
    if (status != STATUS_OK)
        error_set(err, status, "GET %s: %s", url, response->error);
    else
        status = http_error(&request, response->code, response->body, response->body_len, err);
    /* a project that is gone meanwhile, or that this token may not see */
    *left_out = t->project != NULL && (status == STATUS_NOT_FOUND || status == STATUS_FORBIDDEN);
    if (status == STATUS_OK)
        status = take_number(s, response->snapshot_number, &number, err);
    if (status == STATUS_OK && t->kind == TASK_OPEN && number < s->open_number)
        s->open_number = number;
    if (status == STATUS_OK) {
        status = take_answer(t, response, number, err);
        *left_out = t->kind == TASK_EVENTS; /* an event that somebody has sent must not blind everybody */
        if (status != STATUS_OK)
            error_prefix(err, "GET %s: this program cannot read the answer", url);
    }
    free(url);
    return status;
}

static void on_answer(void *arg, const struct http_response *response)
{
    struct task *t = arg;
    struct snapshot *s = t->snapshot;
    struct error err = ERROR_NONE;
    bool left_out = false;
    unlink_running(s, t);
    s->inside = true;
    enum status status = read_answer(t, response, &left_out, &err);
    if (status == STATUS_OK && t->offset > 0)
        start_task(s, t);
    else
        end_task(t, status == STATUS_OK || left_out);
    s->inside = false;
    if (s->cancelled)
        snapshot_cancel(s);
    else if (status != STATUS_OK && !left_out)
        finish(s, status, &err);
    else
        pump(s);
}

struct snapshot *snapshot_begin(struct http_client *http, const struct feed_settings *settings,
                                enum feed_depth depth, const struct snapshot_callbacks *callbacks)
{
    struct snapshot *s = MEM_NEW(struct snapshot);
    s->http = http;
    s->settings = settings;
    s->depth = depth;
    s->open_number = UINT64_MAX;
    s->callbacks = *callbacks;
    s->open = BUFFER_LIMIT(OPEN_MAX);
    s->tasks = (struct arena){.block_size = ANSWER_BLOCK};
    if (depth == FEED_POSITION) {
        add_task(s, TASK_POSITION, NULL, NULL);
    } else if (settings->projects == NULL || settings->projects[0] == NULL) {
        s->open_left = 1;
        add_task(s, TASK_OPEN, NULL, NULL);
        add_task(s, TASK_PROJECTS, NULL, NULL);
    } else {
        for (size_t i = 0; settings->projects[i] != NULL; i++) {
            s->open_left++;
            add_task(s, TASK_OPEN, settings->projects[i], NULL);
            add_task(s, TASK_PROJECT, settings->projects[i], NULL);
        }
    }
    assert(s->waiting != NULL);
    pump(s);
    return s;
}

/* --- blocking --- */

struct taken {
    uv_loop_t *loop;
    const struct feed_callbacks *callbacks;
    bool done;
    enum status status;
    struct error *err;
};

static void on_taken_item(void *arg, const char *what, const char *text, size_t len, const char *epoch,
                          uint64_t number)
{
    struct taken *t = arg;
    (void)epoch;
    if (t->callbacks->on_snapshot != NULL)
        t->callbacks->on_snapshot(t->callbacks->arg, what, text, len, number);
}

static void on_taken(void *arg, enum status status, const struct error *err, const char *epoch,
                     uint64_t number)
{
    struct taken *t = arg;
    (void)epoch;
    (void)number;
    t->done = true;
    uv_stop(t->loop); /* as http_ask */
    t->status = status;
    if (status != STATUS_OK && t->err != NULL)
        *t->err = *err;
}

enum status feed_take_snapshot(struct http_client *http, const struct feed_settings *settings,
                               enum feed_depth depth, const struct feed_callbacks *callbacks,
                               struct error *err)
{
    struct taken t = {.loop = http_loop(http), .callbacks = callbacks, .err = err};
    const struct snapshot_callbacks on_snapshot = {.arg = &t, .on_item = on_taken_item, .on_done = on_taken};
    (void)snapshot_begin(http, settings, depth, &on_snapshot); /* it ends by on_taken */
    while (!t.done)
        uv_run(http_loop(http), UV_RUN_ONCE);
    return t.status;
}
