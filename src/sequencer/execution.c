/* One run of one sequence in one stage, from its triggered to its last task (3.1, 3.2, 3.4). */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define TASK_PREFIX "sh.keptn.event."

static bool is_given(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= EVENT_NAME_MAX;
}

/* Without all three names, a context and an id, an event belongs to no run. */
static bool has_scope(const struct event *ev)
{
    if (is_given(ev->project) && is_given(ev->stage) && is_given(ev->service) && is_given(ev->context) &&
        is_given(ev->id))
        return true;
    log_write(
        LOG_INFO,
        "event %s (%s) is ignored: project, stage, service or context is missing or longer than %d bytes",
        ev->id != NULL ? ev->id : "without id", ev->type != NULL ? ev->type : "without type", EVENT_NAME_MAX);
    return false;
}

/* --- sequence triggered --- */

static void copy_plan(struct execution *x, const struct shipyard_sequence *sequence)
{
    x->tasks = mem_alloc(sequence->task_count * sizeof *x->tasks);
    x->task_count = sequence->task_count;
    for (size_t i = 0; i < sequence->task_count; i++) {
        const struct shipyard_task *task = &sequence->tasks[i];
        x->tasks[i] = (struct plan_task){
            .name = mem_string(task->name),
            .after_ns = task->triggered_after_ns > 0 ? task->triggered_after_ns : 0,
            .properties = cJSON_IsObject(task->properties) ? json_copy(task->properties) : NULL};
    }
}

static void add_follower(struct execution *x, size_t *capacity, const char *stage, const char *sequence,
                         const struct shipyard_trigger *trigger)
{
    cJSON *match = trigger->match_count > 0 ? json_must(cJSON_CreateObject()) : NULL;
    for (size_t i = 0; i < trigger->match_count; i++)
        json_set_text(match, trigger->matches[i].key, trigger->matches[i].value);
    MEM_GROW(x->followers, x->follower_count, *capacity);
    x->followers[x->follower_count++] =
        (struct follower){.stage = mem_string(stage), .sequence = mem_string(sequence), .match = match};
}

/* All triggeredOn entries that name this run's end, in the order of the file. */
static void copy_followers(struct execution *x, const struct shipyard *yard)
{
    char *event = mem_printf("%s.%s.finished", x->stage, x->name);
    size_t capacity = 0;
    for (size_t i = 0; i < yard->stage_count; i++) {
        const struct shipyard_stage *stage = &yard->stages[i];
        for (size_t j = 0; j < stage->sequence_count; j++) {
            const struct shipyard_sequence *sequence = &stage->sequences[j];
            for (size_t k = 0; k < sequence->trigger_count; k++)
                if (sequence->triggers[k].event != NULL && strcmp(sequence->triggers[k].event, event) == 0)
                    add_follower(x, &capacity, stage->name, sequence->name, &sequence->triggers[k]);
        }
    }
    free(event);
}

/* The sequence that ev triggers; NULL: *fault (the caller's) says why there is none. */
static const struct shipyard_sequence *find_sequence(const struct event *ev,
                                                     const struct sequencer_source *source, char **fault)
{
    const char *name = ev->parsed_type.name;
    if (source == NULL || source->shipyard == NULL) {
        const char *why = source != NULL ? source->fault : NULL;
        *fault = mem_string(why != NULL ? why : "Unable to retrieve Shipyard file: there is none");
        return NULL;
    }
    const struct shipyard_stage *stage = shipyard_find_stage(source->shipyard, ev->stage);
    const struct shipyard_sequence *sequence = stage != NULL ? shipyard_find_sequence(stage, name) : NULL;
    if (stage == NULL)
        *fault = mem_printf("Unable to start sequence %s: the shipyard has no stage %s", name, ev->stage);
    else if (sequence == NULL)
        *fault = mem_printf("Unable to start sequence %s: stage %s of the shipyard has no such sequence",
                            name, ev->stage);
    else if (sequence->task_count == 0)
        *fault = mem_printf("Unable to start sequence %s: in stage %s of the shipyard it has no tasks", name,
                            ev->stage);
    return *fault == NULL ? sequence : NULL;
}

static void begin(struct sequencer *s, struct record *r, const struct event *ev,
                  const struct sequencer_source *source, const struct shipyard_sequence *sequence)
{
    struct execution *x = MEM_NEW(struct execution);
    x->id = mem_string(ev->id);
    x->type = mem_string(ev->type);
    x->name = mem_string(ev->parsed_type.name);
    x->stage = mem_string(ev->stage);
    x->service = mem_string(ev->service);
    x->commit = mem_string(ev->gitcommitid != NULL ? ev->gitcommitid : source->stage_commit);
    x->shipyard_commit = mem_string(source->shipyard_commit);
    x->triggered_ns = s->now_ns;
    x->time_ns = ev->time_ns > 0 && ev->time_ns < s->now_ns ? ev->time_ns : s->now_ns;
    x->state = EXECUTION_TRIGGERED;
    if (record_is_paused(r, x->stage)) {
        x->before_pause = EXECUTION_TRIGGERED;
        x->state = EXECUTION_PAUSED;
        if (!r->paused)
            state_set_stage(r, x->stage, "paused");
    }
    x->input = cJSON_IsObject(ev->data) ? json_copy(ev->data) : json_must(cJSON_CreateObject());
    x->announce = true;
    copy_plan(x, sequence);
    copy_followers(x, source->shipyard);
    if (x->shipyard_commit != NULL)
        state_set_shipyard_commit(r, x->stage, x->shipyard_commit);
    record_add(r, x);
    effects_open(s->out, r, x->id);
    dispatch_place(s, x);
}

void execution_trigger(struct sequencer *s, const struct event *ev, const struct sequencer_source *source)
{
    if (!has_scope(ev))
        return;
    struct record *r = record_find(s, ev->project, ev->context);
    if (r != NULL && record_knows(r, ev->id))
        return; /* applied before */
    bool cancelled = false;
    if (r != NULL) {
        struct state_event shown = {
            .type = ev->type, .id = ev->id, .result = ev->result, .status = ev->status};
        (void)record_take_expected(r, ev->id, &cancelled); /* a person may trigger in a known context, too */
        state_event(r, ev->stage, "", &shown, s->now_ns);
    } else {
        r = record_new(s, ev->project, ev->context, state_new(ev, s->now_ns));
        state_set_stage(r, ev->stage, NULL);
    }
    record_change(s, r);
    char *fault = NULL;
    const struct shipyard_sequence *sequence = find_sequence(ev, source, &fault);
    const cJSON *labels = json_get(ev->data, "labels");
    if (cancelled) {
        struct ending ending = {.status = "aborted", .result = "pass", .labels = labels};
        execution_refuse(s, r, ev, &ending);
    } else if (sequence == NULL) {
        struct ending ending = {.status = "errored", .result = "fail", .labels = labels, .message = fault};
        execution_refuse(s, r, ev, &ending);
    } else {
        begin(s, r, ev, source, sequence);
    }
    free(fault);
}

/* --- tasks --- */

static void set_state(struct execution *x, enum execution_state state)
{
    if (x->state == EXECUTION_PAUSED)
        x->before_pause = state;
    else
        x->state = state;
}

static void refuse_payload(struct sequencer *s, struct execution *x, const struct plan_task *task)
{
    char *message = mem_printf(
        "Unable to trigger task %s: its data, joined from the trigger and from what the tasks before it "
        "answered, is over %d bytes or %d levels; let the tasks answer with less",
        task->name, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX);
    struct ending ending = {.state = EXECUTION_FINISHED,
                            .status = "errored",
                            .result = "fail",
                            .labels = json_get(x->input, "labels"),
                            .message = message};
    execution_finish(s, x, &ending);
    free(message);
}

static void create_task(struct sequencer *s, struct execution *x, size_t index)
{
    const struct plan_task *task = &x->tasks[index];
    cJSON *payload = payload_build(x, x->stage, task);
    if (!payload_fits(payload)) {
        cJSON_Delete(payload);
        refuse_payload(s, x, task);
        return;
    }
    char id[UUID_SIZE];
    s->ports.new_id(s->ports.arg, id);
    int64_t after = task->after_ns < INT64_MAX - s->now_ns ? task->after_ns : 0;
    x->task = (struct task_run){.present = true,
                                .index = index,
                                .id = mem_string(id),
                                .due = after == 0,
                                .queued_ns = s->now_ns + after,
                                .payload = payload};
    map_put(&s->tasks, x->task.id, x);
    set_state(x, strcmp(task->name, "approval") == 0 ? EXECUTION_WAITING : EXECUTION_STARTED);
    x->announce = true;
    char *type = mem_printf(TASK_PREFIX "%s.triggered", task->name);
    struct state_event shown = {.type = type,
                                .id = id,
                                .result = json_text(payload, "result"),
                                .status = json_text(payload, "status")};
    state_event(x->record, x->stage, "triggered", &shown, s->now_ns);
    if (strcmp(task->name, "deployment") == 0)
        state_set_image(x->record, x->stage, payload);
    free(type);
    record_change(s, x->record);
    dispatch_place(s, x);
}

void execution_start(struct sequencer *s, struct execution *x)
{
    state_set_overall(x->record, "started");
    create_task(s, x, 0);
}

void execution_send_task(struct sequencer *s, struct execution *x)
{
    struct task_run *task = &x->task;
    const struct plan_task *plan = &x->tasks[task->index];
    cJSON *payload = task->payload != NULL ? task->payload : payload_build(x, x->stage, plan);
    task->payload = NULL;
    task->sent = true;
    task->sent_ns = s->now_ns;
    char *type = mem_printf(TASK_PREFIX "%s.triggered", plan->name);
    struct event_draft draft = {.id = task->id,
                                .type = type,
                                .gitcommitid = x->commit,
                                .shipyardcommit = x->shipyard_commit,
                                .time_ns = s->now_ns};
    effects_emit(s->out, x->record, &draft, payload);
    effects_open(s->out, x->record, task->id);
    free(type);
    record_change(s, x->record);
    dispatch_place(s, x);
}

/* --- started, finished --- */

static void append_event(struct sequencer *s, struct execution *x, const struct event *ev)
{
    struct task_run *task = &x->task;
    bool finished = ev->parsed_type.kind == EVENT_KIND_FINISHED;
    MEM_GROW(task->events, task->event_count, task->event_capacity);
    task->events[task->event_count++] = (struct task_event){.id = mem_string(ev->id),
                                                            .type = mem_string(ev->type),
                                                            .source = mem_string(ev->source),
                                                            .result = mem_string(ev->result),
                                                            .status = mem_string(ev->status),
                                                            .time_ns = s->now_ns,
                                                            .finished = finished,
                                                            .data = finished ? json_copy(ev->data) : NULL};
    struct state_event shown = {.type = ev->type, .id = ev->id, .result = ev->result, .status = ev->status};
    state_event(x->record, x->stage, "triggered", &shown, s->now_ns);
    if (finished && strcmp(ev->parsed_type.name, "evaluation") == 0 && ev->source != NULL &&
        strcmp(ev->source, "lighthouse-service") == 0)
        state_set_evaluation(x->record, x->stage, ev);
}

static bool is_done(const struct task_run *task)
{
    size_t finished = 0;
    for (size_t i = 0; i < task->event_count; i++)
        finished += task->events[i].finished;
    return finished > 0 && finished * 2 == task->event_count;
}

/* Moves the task to the past ones and merges what its executors answered. */
static void close_task(struct sequencer *s, struct execution *x, struct verdict verdict)
{
    struct task_run *task = &x->task;
    cJSON *data = json_must(cJSON_CreateObject());
    for (size_t i = 0; i < task->event_count; i++)
        if (task->events[i].data != NULL)
            payload_merge(data, task->events[i].data);
    MEM_GROW(x->past, x->past_count, x->past_capacity);
    x->past[x->past_count++] = (struct past_task){.name = mem_string(x->tasks[task->index].name),
                                                  .id = mem_string(task->id),
                                                  .result = mem_string(verdict.result),
                                                  .status = mem_string(verdict.status),
                                                  .data = data};
    effects_close(s->out, x->record, task->id);
    map_remove(&s->tasks, task->id);
    task_clear(task);
}

static void go_on(struct sequencer *s, struct execution *x, const struct event *last)
{
    struct verdict verdict = payload_verdict(x->task.events, x->task.event_count);
    size_t next = x->task.index + 1;
    bool ends = strcmp(verdict.result, "fail") == 0 || strcmp(verdict.status, "errored") == 0 ||
                next == x->task_count;
    close_task(s, x, verdict);
    if (!ends) {
        create_task(s, x, next);
        return;
    }
    struct ending ending = {.state = EXECUTION_FINISHED,
                            .status = verdict.status,
                            .result = verdict.result,
                            .labels = json_get(last->data, "labels"),
                            .message = last->message,
                            .with_followers = true};
    execution_finish(s, x, &ending);
}

/* The open execution whose task ev names; NULL: none, or not of this project and context. */
static struct execution *find_by_task(const struct sequencer *s, const struct event *ev)
{
    struct execution *x = map_get(&s->tasks, ev->triggeredid);
    if (x == NULL || strcmp(x->record->project, ev->project) != 0 ||
        strcmp(x->record->context, ev->context) != 0)
        return NULL;
    return x->task.sent ? x : NULL; /* one that was not sent is known to nobody */
}

static bool was_seen(const struct task_run *task, const char *id)
{
    for (size_t i = 0; i < task->event_count; i++)
        if (strcmp(task->events[i].id, id) == 0)
            return true;
    return false;
}

void execution_task_event(struct sequencer *s, const struct event *ev)
{
    if (ev->triggeredid == NULL || !has_scope(ev))
        return;
    struct execution *x = find_by_task(s, ev);
    if (x == NULL) {
        log_write(LOG_INFO, "event %s (%s) has no effect: no open task %s in context %s", ev->id, ev->type,
                  ev->triggeredid, ev->context);
        return;
    }
    const char *name = x->tasks[x->task.index].name;
    bool counts = ev->parsed_type.class == EVENT_CLASS_TASK &&
                  (ev->parsed_type.kind == EVENT_KIND_STARTED || ev->parsed_type.kind == EVENT_KIND_FINISHED);
    if (counts && strcmp(ev->parsed_type.name, name) != 0) {
        log_write(LOG_WARN, "event %s (%s) has no effect: the task that it answers, %s, is a %s", ev->id,
                  ev->type, ev->triggeredid, name);
        return;
    }
    if (was_seen(&x->task, ev->id) || (counts && x->task.event_count >= TASK_EVENTS_MAX) ||
        (!counts && x->task.referred))
        return;
    x->task.referred = true; /* whoever sent it knows of the task: no time-out any more */
    record_change(s, x->record);
    if (counts)
        append_event(s, x, ev);
    if (counts && is_done(&x->task))
        go_on(s, x, ev);
    else
        dispatch_place(s, x); /* its timer is gone */
}

/* --- forced ends --- */

void execution_abort(struct sequencer *s, struct execution *x)
{
    struct ending ending = {.state = EXECUTION_FINISHED,
                            .status = "aborted",
                            .result = "pass",
                            .labels = json_get(x->input, "labels")};
    execution_finish(s, x, &ending);
}

void execution_time_out(struct sequencer *s, struct execution *x)
{
    char *message = mem_printf("sequence timed out while waiting for task " TASK_PREFIX
                               "%s.triggered to receive a correlating .started or .finished event",
                               x->tasks[x->task.index].name);
    struct ending ending = {.state = EXECUTION_TIMED_OUT,
                            .status = "errored",
                            .result = "fail",
                            .labels = json_get(x->input, "labels"),
                            .message = message};
    state_set_overall(x->record, "timedOut");
    x->record->tell = true;
    execution_finish(s, x, &ending);
    free(message);
}
