/* A record as JSON and back. An item of `executions` has the keys of Keptn's sequence-execution query, and
 * what else we need to go on after a crash. Times are text with nanoseconds: a JSON number cannot hold them.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define RECORD_VERSION 1

static const char *const state_names[] = {
    [EXECUTION_TRIGGERED] = "triggered",        [EXECUTION_STARTED] = "started",
    [EXECUTION_WAITING] = "waitingForApproval", [EXECUTION_PAUSED] = "paused",
    [EXECUTION_FINISHED] = "finished",          [EXECUTION_TIMED_OUT] = "timedOut",
};

/* --- writing --- */

static void put_text(cJSON *object, const char *key, const char *text)
{
    if (text != NULL && cJSON_AddStringToObject(object, key, text) == NULL)
        abort();
}

static void put_time(cJSON *object, const char *key, int64_t ns)
{
    char text[CLOCK_TEXT_SIZE];
    if (ns == 0)
        return;
    clock_format(ns, text);
    put_text(object, key, text);
}

static void put_duration(cJSON *object, const char *key, int64_t ns)
{
    char text[32];
    if (ns == 0)
        return;
    bool whole = ns % CLOCK_S == 0;
    (void)snprintf(text, sizeof text, "%" PRId64 "%s", whole ? ns / CLOCK_S : ns,
                   whole ? "s" : "ns"); /* fits */
    put_text(object, key, text);
}

static void put_flag(cJSON *object, const char *key, bool flag)
{
    if (flag && cJSON_AddTrueToObject(object, key) == NULL)
        abort();
}

static void put_copy(cJSON *object, const char *key, const cJSON *value)
{
    if (value != NULL && !cJSON_AddItemToObject(object, key, json_copy(value)))
        abort();
}

static cJSON *put_object(cJSON *object, const char *key)
{
    return json_must(cJSON_AddObjectToObject(object, key));
}

static cJSON *put_array(cJSON *object, const char *key)
{
    return json_must(cJSON_AddArrayToObject(object, key));
}

static cJSON *push_object(cJSON *array)
{
    cJSON *item = json_must(cJSON_CreateObject());
    cJSON_AddItemToArray(array, item);
    return item;
}

static void write_plan(const struct execution *x, cJSON *out)
{
    cJSON *sequence = put_object(out, "sequence");
    put_text(sequence, "name", x->name);
    cJSON *tasks = put_array(sequence, "tasks");
    for (size_t i = 0; i < x->task_count; i++) {
        cJSON *task = push_object(tasks);
        put_text(task, "name", x->tasks[i].name);
        put_duration(task, "triggeredAfter", x->tasks[i].after_ns);
        put_copy(task, "properties", x->tasks[i].properties);
    }
    if (x->follower_count == 0)
        return;
    cJSON *followers = put_array(out, "followers");
    for (size_t i = 0; i < x->follower_count; i++) {
        const struct follower *f = &x->followers[i];
        cJSON *item = push_object(followers);
        put_text(item, "stage", f->stage);
        put_text(item, "sequence", f->sequence);
        put_copy(item, "match", f->match);
    }
}

static void write_scope(const struct execution *x, cJSON *out)
{
    cJSON *scope = put_object(out, "scope");
    put_text(scope, "project", x->record->project);
    put_text(scope, "stage", x->stage);
    put_text(scope, "service", x->service);
    put_copy(scope, "labels", json_get(x->input, "labels"));
    put_text(scope, "keptnContext", x->record->context);
    put_text(scope, "triggeredId", x->id);
    put_text(scope, "gitcommitid", x->commit);
    put_text(scope, "eventType", x->type);
}

static void write_current_task(const struct execution *x, cJSON *status)
{
    const struct task_run *task = &x->task;
    cJSON *out = put_object(status, "currentTask");
    if (!task->present)
        return;
    put_text(out, "name", x->tasks[task->index].name);
    put_text(out, "triggeredID", task->id);
    cJSON *events = put_array(out, "events");
    for (size_t i = 0; i < task->event_count; i++) {
        const struct task_event *ev = &task->events[i];
        cJSON *item = push_object(events);
        put_text(item, "id", ev->id);
        put_text(item, "eventType", ev->type);
        put_text(item, "source", ev->source);
        put_text(item, "result", ev->result);
        put_text(item, "status", ev->status);
        put_time(item, "time", ev->time_ns);
        put_copy(item, "properties", ev->data);
        put_flag(item, "finished", ev->finished);
    }
    if (cJSON_AddNumberToObject(out, "index", (double)task->index) == NULL)
        abort();
    put_time(out, "queuedAt", task->queued_ns);
    put_time(out, "sentAt", task->sent_ns);
    put_flag(out, "due", task->due);
    put_flag(out, "sent", task->sent);
    put_flag(out, "referred", task->referred);
}

static void write_status(const struct execution *x, cJSON *out)
{
    cJSON *status = put_object(out, "status");
    put_text(status, "state", state_names[x->state]);
    put_text(status, "stateBeforePause", x->state == EXECUTION_PAUSED ? state_names[x->before_pause] : "");
    cJSON *past = put_array(status, "previousTasks");
    for (size_t i = 0; i < x->past_count; i++) {
        cJSON *item = push_object(past);
        put_text(item, "name", x->past[i].name);
        put_text(item, "triggeredID", x->past[i].id);
        put_text(item, "result", x->past[i].result);
        put_text(item, "status", x->past[i].status);
        put_copy(item, "properties", x->past[i].data);
    }
    write_current_task(x, status);
}

static void write_execution(const struct execution *x, cJSON *out)
{
    put_text(out, "_id", x->id);
    put_text(out, "schemaVersion", "1");
    put_time(out, "triggeredAt", x->triggered_ns);
    put_copy(out, "inputProperties", x->input);
    write_plan(x, out);
    write_scope(x, out);
    write_status(x, out);
    put_time(out, "eventTime", x->time_ns);
    put_text(out, "shipyardcommit", x->shipyard_commit);
}

static void put_texts(cJSON *object, const char *key, char *const *texts, size_t count)
{
    cJSON *array = put_array(object, key);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, json_must(cJSON_CreateString(texts[i])));
}

cJSON *record_to_json(const struct record *r)
{
    cJSON *out = json_must(cJSON_CreateObject());
    if (cJSON_AddNumberToObject(out, "version", RECORD_VERSION) == NULL)
        abort();
    put_text(out, "project", r->project);
    put_text(out, "context", r->context);
    put_copy(out, "state", r->state);
    put_flag(out, "paused", r->paused);
    put_texts(out, "pausedStages", r->paused_stages, r->paused_stage_count);
    cJSON *expected = put_array(out, "expected");
    for (size_t i = 0; i < r->expected_count; i++) {
        cJSON *item = push_object(expected);
        put_text(item, "id", r->expected[i].id);
        put_text(item, "stage", r->expected[i].stage);
        put_flag(item, "cancelled", r->expected[i].cancelled);
    }
    put_texts(out, "refused", r->refused, r->refused_count);
    cJSON *executions = put_array(out, "executions");
    for (size_t i = 0; i < r->execution_count; i++)
        write_execution(r->executions[i], push_object(executions));
    return out;
}

/* --- reading --- */

static char *get_text(const cJSON *object, const char *key)
{
    return mem_string(json_text(object, key));
}

/* As get_text, but never NULL: *ok turns false where it is missing. */
static char *need_text(const cJSON *object, const char *key, bool *ok)
{
    const char *text = json_text(object, key);
    if (text == NULL)
        *ok = false;
    return mem_string(text != NULL ? text : "");
}

static int64_t get_time(const cJSON *object, const char *key)
{
    int64_t ns = 0;
    const char *text = json_text(object, key);
    return text != NULL && clock_parse(text, &ns) ? ns : 0;
}

static bool get_flag(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(json_get(object, key));
}

static size_t get_count(const cJSON *object, const char *key)
{
    const cJSON *number = json_get(object, key);
    return cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble < 1e6
               ? (size_t)number->valuedouble
               : 0;
}

static cJSON *get_object(const cJSON *object, const char *key)
{
    const cJSON *value = json_get(object, key);
    return cJSON_IsObject(value) ? json_copy(value) : NULL;
}

static bool read_state_name(const char *name, enum execution_state *out)
{
    for (size_t i = 0; name != NULL && i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(name, state_names[i]) == 0) {
            *out = (enum execution_state)i;
            return true;
        }
    return false;
}

static void read_plan(struct execution *x, const cJSON *in, bool *ok)
{
    const cJSON *sequence = json_get(in, "sequence"), *tasks = json_get(sequence, "tasks");
    const cJSON *followers = json_get(in, "followers"), *item = NULL;
    x->name = need_text(sequence, "name", ok);
    x->tasks = mem_alloc(((size_t)cJSON_GetArraySize(tasks) + 1) * sizeof *x->tasks);
    cJSON_ArrayForEach(item, tasks)
    {
        struct plan_task *task = &x->tasks[x->task_count++];
        task->name = need_text(item, "name", ok);
        const char *after = json_text(item, "triggeredAfter");
        if (after != NULL && !clock_parse_duration(after, &task->after_ns))
            *ok = false;
        task->properties = get_object(item, "properties");
    }
    x->followers = mem_alloc(((size_t)cJSON_GetArraySize(followers) + 1) * sizeof *x->followers);
    cJSON_ArrayForEach(item, followers)
    {
        struct follower *f = &x->followers[x->follower_count++];
        *f = (struct follower){.stage = need_text(item, "stage", ok),
                               .sequence = need_text(item, "sequence", ok),
                               .match = get_object(item, "match")};
        const cJSON *value = NULL;
        cJSON_ArrayForEach(value, f->match) *ok = *ok && cJSON_IsString(value);
    }
}

static void read_current_task(struct execution *x, const cJSON *in, bool *ok)
{
    struct task_run *task = &x->task;
    const cJSON *item = NULL;
    if (json_text(in, "triggeredID") == NULL)
        return;
    *task = (struct task_run){.present = true,
                              .index = get_count(in, "index"),
                              .id = get_text(in, "triggeredID"),
                              .due = get_flag(in, "due"),
                              .sent = get_flag(in, "sent"),
                              .referred = get_flag(in, "referred"),
                              .queued_ns = get_time(in, "queuedAt"),
                              .sent_ns = get_time(in, "sentAt")};
    if (task->index >= x->task_count)
        *ok = false;
    cJSON_ArrayForEach(item, json_get(in, "events"))
    {
        MEM_GROW(task->events, task->event_count, task->event_capacity);
        task->events[task->event_count++] = (struct task_event){.id = need_text(item, "id", ok),
                                                                .type = get_text(item, "eventType"),
                                                                .source = get_text(item, "source"),
                                                                .result = get_text(item, "result"),
                                                                .status = get_text(item, "status"),
                                                                .time_ns = get_time(item, "time"),
                                                                .finished = get_flag(item, "finished"),
                                                                .data = get_object(item, "properties")};
    }
}

static void read_status(struct execution *x, const cJSON *in, bool *ok)
{
    const cJSON *item = NULL;
    if (!read_state_name(json_text(in, "state"), &x->state))
        *ok = false;
    if (x->state == EXECUTION_PAUSED && !read_state_name(json_text(in, "stateBeforePause"), &x->before_pause))
        *ok = false;
    cJSON_ArrayForEach(item, json_get(in, "previousTasks"))
    {
        MEM_GROW(x->past, x->past_count, x->past_capacity);
        x->past[x->past_count++] = (struct past_task){.name = need_text(item, "name", ok),
                                                      .id = need_text(item, "triggeredID", ok),
                                                      .result = need_text(item, "result", ok),
                                                      .status = need_text(item, "status", ok),
                                                      .data = get_object(item, "properties")};
    }
    read_current_task(x, json_get(in, "currentTask"), ok);
    /* A started execution has a task, and one that has not begun has none. */
    enum execution_state state = x->state == EXECUTION_PAUSED ? x->before_pause : x->state;
    if (x->task.present != (state == EXECUTION_STARTED || state == EXECUTION_WAITING))
        *ok = false;
}

static struct execution *read_execution(const cJSON *in, bool *ok)
{
    struct execution *x = MEM_NEW(struct execution);
    const cJSON *scope = json_get(in, "scope");
    x->id = need_text(in, "_id", ok);
    x->type = need_text(scope, "eventType", ok);
    x->stage = need_text(scope, "stage", ok);
    x->service = need_text(scope, "service", ok);
    x->commit = get_text(scope, "gitcommitid");
    x->shipyard_commit = get_text(in, "shipyardcommit");
    x->triggered_ns = get_time(in, "triggeredAt");
    x->time_ns = get_time(in, "eventTime");
    x->input = get_object(in, "inputProperties");
    read_plan(x, in, ok);
    read_status(x, json_get(in, "status"), ok);
    return x;
}

static void read_lists(struct record *r, const cJSON *in, bool *ok)
{
    const cJSON *item = NULL;
    r->paused = get_flag(in, "paused");
    cJSON_ArrayForEach(item, json_get(in, "pausedStages"))
    {
        MEM_GROW(r->paused_stages, r->paused_stage_count, r->paused_stage_capacity);
        r->paused_stages[r->paused_stage_count++] = mem_string(cJSON_IsString(item) ? item->valuestring : "");
    }
    cJSON_ArrayForEach(item, json_get(in, "expected"))
    {
        MEM_GROW(r->expected, r->expected_count, r->expected_capacity);
        r->expected[r->expected_count++] = (struct expected){.id = need_text(item, "id", ok),
                                                             .stage = need_text(item, "stage", ok),
                                                             .cancelled = get_flag(item, "cancelled")};
    }
    cJSON_ArrayForEach(item, json_get(in, "refused"))
    {
        if (cJSON_IsString(item))
            record_refuse(r, item->valuestring);
    }
    cJSON_ArrayForEach(item, json_get(in, "executions"))
    {
        struct execution *x = read_execution(item, ok);
        record_add(r, x);
    }
}

enum status record_from_json(const char *text, struct record **out, struct error *err)
{
    /* Not json_parse: this text is our own, and event data stands deeper in it than events may be deep. */
    cJSON *in = cJSON_Parse(text);
    if (in == NULL)
        return error_set(err, STATUS_INVALID,
                         "a sequence record is no JSON: the database is damaged; restore a backup");
    enum status status = STATUS_OK;
    const char *project = json_text(in, "project"), *context = json_text(in, "context");
    if (get_count(in, "version") != RECORD_VERSION) {
        status = error_set(err, STATUS_INVALID,
                           "a sequence record has another version than %d; it was written by another "
                           "drawbridged: start the one that wrote it",
                           RECORD_VERSION);
        goto out;
    }
    cJSON *state = get_object(in, "state");
    if (project == NULL || context == NULL || state == NULL) {
        cJSON_Delete(state);
        status = error_set(err, STATUS_INVALID, "a sequence record lacks project, context or state");
        goto out;
    }
    bool ok = true;
    struct record *r = record_new(NULL, project, context, state);
    read_lists(r, in, &ok);
    if (ok) {
        *out = r;
    } else {
        record_free(r);
        status = error_set(err, STATUS_INVALID, "the sequence record of context %s of project %s is damaged",
                           context, project);
    }
out:
    cJSON_Delete(in);
    return status;
}
