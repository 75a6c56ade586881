/* Records: from the first trigger of a context until nothing in it is open, and a little longer. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "sequencer/internal.h"

static void free_past(struct past_task *past)
{
    free(past->name);
    free(past->id);
    free(past->result);
    free(past->status);
    cJSON_Delete(past->data);
}

void task_clear(struct task_run *task)
{
    for (size_t i = 0; i < task->event_count; i++) {
        struct task_event *ev = &task->events[i];
        free(ev->id);
        free(ev->type);
        free(ev->source);
        free(ev->result);
        free(ev->status);
        cJSON_Delete(ev->data);
    }
    free(task->events);
    free(task->id);
    cJSON_Delete(task->payload);
    *task = (struct task_run){0};
}

static void free_plan(struct execution *x)
{
    for (size_t i = 0; i < x->task_count; i++) {
        free(x->tasks[i].name);
        cJSON_Delete(x->tasks[i].properties);
    }
    free(x->tasks);
    x->tasks = NULL;
    x->task_count = 0;
    for (size_t i = 0; i < x->follower_count; i++) {
        free(x->followers[i].stage);
        free(x->followers[i].sequence);
        cJSON_Delete(x->followers[i].match);
    }
    free(x->followers);
    x->followers = NULL;
    x->follower_count = 0;
}

void execution_compact(struct execution *x)
{
    free_plan(x);
    task_clear(&x->task);
    cJSON_Delete(x->input);
    x->input = NULL;
    for (size_t i = 0; i < x->past_count; i++) {
        cJSON_Delete(x->past[i].data);
        x->past[i].data = NULL;
    }
}

void execution_free(struct execution *x)
{
    if (x == NULL)
        return;
    execution_compact(x);
    for (size_t i = 0; i < x->past_count; i++)
        free_past(&x->past[i]);
    free(x->past);
    free(x->id);
    free(x->type);
    free(x->name);
    free(x->stage);
    free(x->service);
    free(x->commit);
    free(x->shipyard_commit);
    free(x);
}

bool execution_is_open(const struct execution *x)
{
    return x->state != EXECUTION_FINISHED && x->state != EXECUTION_TIMED_OUT;
}

static void drop_paused_stage(struct record *r, size_t i)
{
    free(r->paused_stages[i]);
    r->paused_stages[i] = r->paused_stages[--r->paused_stage_count];
}

void record_clear_pauses(struct record *r)
{
    r->paused = false;
    while (r->paused_stage_count > 0)
        drop_paused_stage(r, r->paused_stage_count - 1);
}

static void free_expected(struct expected *e)
{
    free(e->id);
    free(e->stage);
}

void record_free(struct record *r)
{
    if (r == NULL)
        return;
    record_clear_pauses(r);
    free(r->paused_stages);
    for (size_t i = 0; i < r->expected_count; i++)
        free_expected(&r->expected[i]);
    free(r->expected);
    for (size_t i = 0; i < r->refused_count; i++)
        free(r->refused[i]);
    free(r->refused);
    for (size_t i = 0; i < r->execution_count; i++)
        execution_free(r->executions[i]);
    free(r->executions);
    cJSON_Delete(r->state);
    free(r->key);
    free(r->project);
    free(r->context);
    free(r);
}

/* Lengths in front: whatever characters a name has, no two pairs give one key. */
static char *record_key(const char *project, const char *context)
{
    return mem_printf("%zu:%s:%s", strlen(project), project, context);
}

static struct record *load(struct sequencer *s, const char *project, const char *context)
{
    if (s->ports.load_record == NULL)
        return NULL;
    char *text = s->ports.load_record(s->ports.arg, project, context);
    if (text == NULL)
        return NULL;
    struct record *r = NULL;
    struct error err = ERROR_NONE;
    if (record_from_json(text, &r, &err) != STATUS_OK)
        log_write(
            LOG_ERROR,
            "the stored record of context %s of project %s cannot be read (%s); the context starts anew",
            context, project, err.text);
    free(text);
    if (r == NULL)
        return NULL;
    /* What is open is in memory, so this record has ended, whatever an older text of it says. */
    for (size_t i = 0; i < r->execution_count; i++) {
        if (execution_is_open(r->executions[i]))
            r->executions[i]->state = EXECUTION_FINISHED;
        execution_compact(r->executions[i]);
    }
    r->open_count = 0;
    while (r->expected_count > 0)
        free_expected(&r->expected[--r->expected_count]);
    record_clear_pauses(r);
    map_put(&s->records, r->key, r);
    record_touch(s, r); /* so that it leaves again where nothing comes of it */
    return r;
}

struct record *record_find(struct sequencer *s, const char *project, const char *context)
{
    char *key = record_key(project, context);
    struct record *r = map_get(&s->records, key);
    free(key);
    return r != NULL ? r : load(s, project, context);
}

struct record *record_new(struct sequencer *s, const char *project, const char *context, cJSON *state)
{
    struct record *r = MEM_NEW(struct record);
    r->key = record_key(project, context);
    r->project = mem_string(project);
    r->context = mem_string(context);
    r->state = state;
    if (s != NULL)
        map_put(&s->records, r->key, r);
    return r;
}

void record_touch(struct sequencer *s, struct record *r)
{
    if (r->touched)
        return;
    r->touched = true;
    MEM_GROW(s->touched, s->touched_count, s->touched_capacity);
    s->touched[s->touched_count++] = r;
}

void record_change(struct sequencer *s, struct record *r)
{
    record_touch(s, r);
    r->dirty = true;
}

bool record_is_open(const struct record *r)
{
    return r->open_count > 0 || r->expected_count > 0;
}

bool record_is_paused(const struct record *r, const char *stage)
{
    if (r->paused)
        return true;
    for (size_t i = 0; i < r->paused_stage_count; i++)
        if (strcmp(r->paused_stages[i], stage) == 0)
            return true;
    return false;
}

bool record_knows(const struct record *r, const char *trigger_id)
{
    for (size_t i = 0; i < r->execution_count; i++)
        if (strcmp(r->executions[i]->id, trigger_id) == 0)
            return true;
    for (size_t i = 0; i < r->refused_count; i++)
        if (strcmp(r->refused[i], trigger_id) == 0)
            return true;
    return false;
}

void record_refuse(struct record *r, const char *trigger_id)
{
    if (r->refused_count == ENDED_MAX) {
        free(r->refused[0]);
        memmove(r->refused, r->refused + 1, --r->refused_count * sizeof *r->refused);
    }
    MEM_GROW(r->refused, r->refused_count, r->refused_capacity);
    r->refused[r->refused_count++] = mem_string(trigger_id);
}

bool record_take_expected(struct record *r, const char *trigger_id, bool *cancelled)
{
    for (size_t i = 0; i < r->expected_count; i++) {
        if (strcmp(r->expected[i].id, trigger_id) != 0)
            continue;
        *cancelled = r->expected[i].cancelled;
        free_expected(&r->expected[i]);
        memmove(r->expected + i, r->expected + i + 1, (--r->expected_count - i) * sizeof *r->expected);
        return true;
    }
    return false;
}

void record_expect(struct record *r, const char *id, const char *stage)
{
    MEM_GROW(r->expected, r->expected_count, r->expected_capacity);
    r->expected[r->expected_count++] = (struct expected){.id = mem_string(id), .stage = mem_string(stage)};
}

/* A sequence that follows itself must not make its record grow for ever: the oldest ended execution goes. */
static void drop_oldest_ended(struct record *r)
{
    for (size_t i = 0; i < r->execution_count; i++) {
        if (execution_is_open(r->executions[i]))
            continue;
        execution_free(r->executions[i]);
        memmove(r->executions + i, r->executions + i + 1, (--r->execution_count - i) * sizeof *r->executions);
        return;
    }
}

void record_add(struct record *r, struct execution *x)
{
    if (r->execution_count - r->open_count >= ENDED_MAX)
        drop_oldest_ended(r);
    MEM_GROW(r->executions, r->execution_count, r->execution_capacity);
    r->executions[r->execution_count++] = x;
    x->record = r;
    if (execution_is_open(x))
        r->open_count++;
}

void record_settle(struct sequencer *s, struct record *r)
{
    record_change(s, r);
    if (record_is_open(r))
        return;
    record_clear_pauses(r);
    const char *word = state_overall(r);
    if (strcmp(word, "aborted") != 0 && strcmp(word, "timedOut") != 0)
        state_set_overall(r, "finished");
}

/* An ended record stays until RECENT_MAX others have ended: a late event or a second decision often names it.
 */
static void retire(struct sequencer *s, struct record *r)
{
    if (r->recent != 0)
        return;
    struct record *old = s->recent[s->recent_next];
    s->recent[s->recent_next] = r;
    r->recent = ++s->recent_next;
    s->recent_next %= RECENT_MAX;
    if (old == NULL)
        return;
    old->recent = 0;
    if (!record_is_open(old) && !old->touched) { /* a touched one is retired itself in a moment */
        map_remove(&s->records, old->key);
        record_free(old);
    }
}

/* What waits although this input wanted it to go is told, for no Keptn event says so. */
static void announce(struct record *r)
{
    for (size_t i = 0; i < r->execution_count; i++) {
        struct execution *x = r->executions[i];
        if (!x->announce)
            continue;
        x->announce = false;
        if (x->state == EXECUTION_TRIGGERED) {
            state_set_overall(r, "waiting");
            r->tell = true;
        } else if (execution_is_open(x) && !x->task.sent) {
            r->tell = true;
        }
    }
}

void record_flush(struct sequencer *s)
{
    for (size_t i = 0; i < s->touched_count; i++) {
        struct record *r = s->touched[i];
        announce(r);
        if (r->dirty)
            effects_record(s->out, r, record_to_json(r), json_copy(r->state), r->tell);
        r->dirty = r->tell = false;
    }
    for (size_t i = 0; i < s->touched_count; i++) {
        s->touched[i]->touched = false;
        if (!record_is_open(s->touched[i]))
            retire(s, s->touched[i]);
    }
    s->touched_count = 0;
}
