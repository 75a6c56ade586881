/* The front of the state machine: each input begins and closes here. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define TIMEOUT_NS (600 * CLOCK_S)

struct sequencer *sequencer_new(const struct sequencer_ports *ports)
{
    struct sequencer *s = MEM_NEW(struct sequencer);
    s->ports = *ports;
    s->timeout_ns = TIMEOUT_NS;
    dispatch_init_timers(&s->timers);
    return s;
}

static void free_record(void *value)
{
    record_free(value);
}

static void free_scope(void *value)
{
    scope_free(value);
}

void sequencer_free(struct sequencer *s)
{
    if (s == NULL)
        return;
    map_free(&s->tasks, NULL);
    map_free(&s->scopes, free_scope);
    map_free(&s->records, free_record);
    heap_free(&s->timers);
    free(s->marked);
    free(s->touched);
    free(s);
}

static void begin(struct sequencer *s, int64_t now_ns, struct sequencer_effects *out)
{
    assert(s->touched_count == 0);
    s->now_ns = now_ns;
    s->out = out;
}

static void finish(struct sequencer *s)
{
    dispatch_run(s);
    record_flush(s);
    s->out = NULL;
}

enum status sequencer_restore(struct sequencer *s, const char *record_json, struct error *err)
{
    struct record *r = NULL;
    enum status status = record_from_json(record_json, &r, err);
    if (status != STATUS_OK)
        return status;
    if (map_get(&s->records, r->key) != NULL) {
        status = error_set(err, STATUS_CONFLICT, "the record of context %s of project %s was restored before",
                           r->context, r->project);
        record_free(r);
        return status;
    }
    if (!record_is_open(r)) { /* the port has it when it is wanted */
        record_free(r);
        return STATUS_OK;
    }
    map_put(&s->records, r->key, r);
    for (size_t i = 0; i < r->execution_count; i++) {
        struct execution *x = r->executions[i];
        if (!execution_is_open(x))
            continue;
        if (x->time_ns > x->triggered_ns)
            x->time_ns = x->triggered_ns;
        if (x->task.present)
            map_put(&s->tasks, x->task.id, x);
        dispatch_place(s, x);
    }
    dispatch_forget_marks(s); /* a record is stored with its effects: whoever could go has gone */
    return STATUS_OK;
}

void sequencer_apply(struct sequencer *s, const struct event *ev, const struct sequencer_source *source,
                     int64_t now_ns, struct sequencer_effects *out)
{
    begin(s, now_ns, out);
    const struct event_type *type = &ev->parsed_type;
    if (type->class == EVENT_CLASS_SEQUENCE && type->kind == EVENT_KIND_TRIGGERED)
        execution_trigger(s, ev, source);
    else if (type->class == EVENT_CLASS_TASK || type->class == EVENT_CLASS_SEQUENCE)
        execution_task_event(s, ev);
    finish(s);
}

bool sequencer_control(struct sequencer *s, const char *project, const char *context, const char *stage,
                       enum sequencer_verb verb, int64_t now_ns, struct sequencer_effects *out)
{
    begin(s, now_ns, out);
    struct record *r = project != NULL && context != NULL ? record_find(s, project, context) : NULL;
    if (r != NULL)
        control_apply(s, r, stage != NULL && stage[0] != '\0' ? stage : NULL, verb);
    finish(s);
    return r != NULL;
}

int64_t sequencer_next_timer(const struct sequencer *s)
{
    const struct execution *x = heap_first(&s->timers);
    return x != NULL ? x->timer_ns : INT64_MAX;
}

void sequencer_tick(struct sequencer *s, int64_t now_ns, struct sequencer_effects *out)
{
    begin(s, now_ns, out);
    for (struct execution *x = heap_first(&s->timers); x != NULL && x->timer_ns <= now_ns;
         x = heap_first(&s->timers)) {
        record_change(s, x->record);
        if (x->task.sent) {
            execution_time_out(s, x);
        } else {
            x->task.due = true;
            dispatch_place(s, x);
        }
    }
    finish(s);
}

/* All timers again, after what they are reckoned from has changed. */
static void set_timers(struct sequencer *s)
{
    const char *key = NULL;
    void *value = NULL;
    for (size_t i = 0; map_next(&s->tasks, &i, &key, &value);)
        dispatch_set_timer(s, value);
}

void sequencer_set_timeout(struct sequencer *s, int64_t timeout_ns)
{
    s->timeout_ns = timeout_ns;
    set_timers(s);
}

void sequencer_set_up_since(struct sequencer *s, int64_t now_ns)
{
    s->up_since_ns = now_ns;
    set_timers(s);
}

void sequencer_forget_project(struct sequencer *s, const char *project)
{
    struct record **found = NULL;
    size_t count = 0, capacity = 0;
    const char *key = NULL;
    void *value = NULL;
    for (size_t i = 0; map_next(&s->records, &i, &key, &value);) {
        struct record *r = value;
        if (strcmp(r->project, project) != 0)
            continue;
        MEM_GROW(found, count, capacity);
        found[count++] = r;
    }
    for (size_t i = 0; i < count; i++) {
        struct record *r = found[i];
        for (size_t j = 0; j < r->execution_count; j++) {
            dispatch_remove(s, r->executions[j]);
            if (r->executions[j]->task.present)
                map_remove(&s->tasks, r->executions[j]->task.id);
        }
        if (r->recent != 0)
            s->recent[r->recent - 1] = NULL;
        map_remove(&s->records, r->key);
        record_free(r);
    }
    free(found);
}

bool sequencer_task_is_open(const struct sequencer *s, const char *project, const char *context,
                            const char *triggeredid)
{
    if (project == NULL || context == NULL || triggeredid == NULL)
        return false;
    const struct execution *x = map_get(&s->tasks, triggeredid);
    return x != NULL && x->task.sent && strcmp(x->record->project, project) == 0 &&
           strcmp(x->record->context, context) == 0;
}

const char *sequencer_current_task(const struct sequencer *s, const char *project, const char *context,
                                   const char *triggeredid)
{
    if (project == NULL || context == NULL || triggeredid == NULL)
        return NULL;
    const struct execution *x = map_get(&s->tasks, triggeredid);
    if (x == NULL || strcmp(x->record->project, project) != 0 || strcmp(x->record->context, context) != 0)
        return NULL;
    return x->tasks[x->task.index].name;
}

uint64_t sequencer_digest(const struct sequencer *s)
{
    uint64_t digest = 0;
    const char *key = NULL;
    void *value = NULL;
    for (size_t i = 0; map_next(&s->records, &i, &key, &value);) {
        if (!record_is_open(value))
            continue; /* whether it is still in memory tells nothing */
        cJSON *json = record_to_json(value);
        char *text = cJSON_PrintUnformatted(json_must(json));
        uint64_t hash = UINT64_C(14695981039346656037);
        for (const char *c = text; c != NULL && *c != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
        digest += hash * (hash | 1);
        cJSON_free(text);
        cJSON_Delete(json);
    }
    return digest;
}
