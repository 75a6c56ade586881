/* Who is held and who goes, within one scope (project, stage and service). Where Keptn tries its queues every
 * 10 s, a scope is tried as soon as something in it has changed.
 *
 * Sequences (3.1) wait in two heaps, by event time and by arrival. With nobody started, the oldest goes: no
 * other arrived before its time, because no event's time counts as later than its arrival. With somebody
 * started, only runs of the same context may.
 *
 * Tasks (3.2) wait while another execution of the scope is started, unless that one's own task waits since an
 * earlier time. So while any task is out none goes, and then the one that waits since the latest time. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sequencer/internal.h"

static bool queued_before(const void *a, const void *b)
{
    const struct execution *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns;
    if (x->triggered_ns != y->triggered_ns)
        return x->triggered_ns < y->triggered_ns;
    return strcmp(x->id, y->id) < 0;
}

static bool arrived_before(const void *a, const void *b)
{
    const struct execution *x = a, *y = b;
    if (x->triggered_ns != y->triggered_ns)
        return x->triggered_ns < y->triggered_ns;
    return strcmp(x->id, y->id) < 0;
}

/* Newest first; of equal ones the run that was triggered later, which is the one that overtook. */
static bool held_since_later(const void *a, const void *b)
{
    const struct execution *x = a, *y = b;
    if (x->task.queued_ns != y->task.queued_ns)
        return x->task.queued_ns > y->task.queued_ns;
    return queued_before(y, x);
}

static bool fires_before(const void *a, const void *b)
{
    const struct execution *x = a, *y = b;
    if (x->timer_ns != y->timer_ns)
        return x->timer_ns < y->timer_ns;
    return queued_before(x, y);
}

void dispatch_init_timers(struct heap *timers)
{
    timers->before = fires_before;
}

/* --- scopes --- */

static struct scope *scope_get(struct sequencer *s, const struct execution *x)
{
    const char *project = x->record->project;
    char *key =
        mem_printf("%zu:%s:%zu:%s:%s", strlen(project), project, strlen(x->stage), x->stage, x->service);
    struct scope *scope = map_get(&s->scopes, key);
    if (scope != NULL) {
        free(key);
        return scope;
    }
    scope = MEM_NEW(struct scope);
    scope->key = key;
    scope->by_time.before = queued_before;
    scope->by_arrival.before = arrived_before;
    scope->held.before = held_since_later;
    scope->held_approvals.before = held_since_later;
    map_put(&s->scopes, key, scope);
    return scope;
}

void scope_free(struct scope *scope)
{
    heap_free(&scope->by_time);
    heap_free(&scope->by_arrival);
    heap_free(&scope->held);
    heap_free(&scope->held_approvals);
    free(scope->key);
    free(scope);
}

static void mark(struct sequencer *s, struct scope *scope)
{
    if (scope->marked)
        return;
    scope->marked = true;
    MEM_GROW(s->marked, s->marked_count, s->marked_capacity);
    s->marked[s->marked_count++] = scope;
}

static void link_started(struct execution *x)
{
    x->started_prev = NULL;
    x->started_next = x->scope->started;
    if (x->started_next != NULL)
        x->started_next->started_prev = x;
    x->scope->started = x;
}

static void unlink_started(struct execution *x)
{
    if (x->started_prev != NULL)
        x->started_prev->started_next = x->started_next;
    else
        x->scope->started = x->started_next;
    if (x->started_next != NULL)
        x->started_next->started_prev = x->started_prev;
    x->started_prev = x->started_next = NULL;
}

static void leave(struct execution *x)
{
    struct scope *scope = x->scope;
    heap_remove(&scope->by_time, &x->by_time);
    heap_remove(&scope->by_arrival, &x->by_arrival);
    heap_remove(x->bucket == BUCKET_HELD ? &scope->held : &scope->held_approvals, &x->by_hold);
    if (x->bucket == BUCKET_RUNNING || x->bucket == BUCKET_HELD)
        unlink_started(x);
    if (x->bucket == BUCKET_RUNNING)
        scope->running_count--;
    x->bucket = BUCKET_NONE;
}

static void enter(struct execution *x, enum bucket bucket)
{
    struct scope *scope = x->scope;
    x->bucket = bucket;
    switch (bucket) {
    case BUCKET_QUEUED:
        heap_add(&scope->by_time, &x->by_time, x);
        heap_add(&scope->by_arrival, &x->by_arrival, x);
        break;
    case BUCKET_RUNNING:
        link_started(x);
        scope->running_count++;
        break;
    case BUCKET_HELD:
        link_started(x);
        heap_add(&scope->held, &x->by_hold, x);
        break;
    case BUCKET_HELD_APPROVAL:
        heap_add(&scope->held_approvals, &x->by_hold, x);
        break;
    case BUCKET_NONE:
        break;
    }
}

enum bucket dispatch_bucket_of(const struct execution *x)
{
    switch (x->state) {
    case EXECUTION_TRIGGERED:
        return BUCKET_QUEUED;
    case EXECUTION_STARTED:
        return x->task.sent ? BUCKET_RUNNING : BUCKET_HELD;
    case EXECUTION_WAITING: /* blocks nobody, so one that is not due yet need not be known here */
        return !x->task.sent && x->task.due ? BUCKET_HELD_APPROVAL : BUCKET_NONE;
    case EXECUTION_PAUSED:
    case EXECUTION_FINISHED:
    case EXECUTION_TIMED_OUT:
        break;
    }
    return BUCKET_NONE;
}

/* When its task becomes due, or times out; INT64_MAX: never. */
int64_t dispatch_timer_of(const struct sequencer *s, const struct execution *x)
{
    const struct task_run *task = &x->task;
    if (!execution_is_open(x) || !task->present)
        return INT64_MAX;
    if (!task->sent)
        return task->due ? INT64_MAX : task->queued_ns;
    if (task->referred)
        return INT64_MAX;
    int64_t since = task->sent_ns > s->up_since_ns ? task->sent_ns : s->up_since_ns;
    return since > INT64_MAX - s->timeout_ns ? INT64_MAX : since + s->timeout_ns;
}

void dispatch_set_timer(struct sequencer *s, struct execution *x)
{
    heap_remove(&s->timers, &x->by_timer);
    x->timer_ns = dispatch_timer_of(s, x);
    if (x->timer_ns != INT64_MAX)
        heap_add(&s->timers, &x->by_timer, x);
}

void dispatch_remove(struct sequencer *s, struct execution *x)
{
    heap_remove(&s->timers, &x->by_timer);
    if (x->scope == NULL)
        return;
    leave(x);
    x->scope->member_count--;
    mark(s, x->scope);
    x->scope = NULL;
}

void dispatch_place(struct sequencer *s, struct execution *x)
{
    if (!execution_is_open(x)) {
        dispatch_remove(s, x);
        return;
    }
    if (x->scope == NULL) {
        x->scope = scope_get(s, x);
        x->scope->member_count++;
    }
    leave(x);
    enter(x, dispatch_bucket_of(x));
    mark(s, x->scope);
    dispatch_set_timer(s, x);
}

/* --- the rules --- */

/* Rule 3 of sequences: one in scope is triggered since before this event's time, of another context, or two
 * of any. x is the oldest of its context, so none of its own arrived before its time. */
static bool is_behind_another(const struct scope *scope, const struct execution *x)
{
    const struct execution *first = heap_first(&scope->by_arrival);
    return first != NULL && first->triggered_ns < x->time_ns;
}

/* With runs of one context started: the oldest of the same context that waits. */
static struct execution *next_of_started_context(const struct scope *scope)
{
    const struct record *r = scope->started->record;
    for (const struct execution *x = scope->started; x != NULL; x = x->started_next)
        if (x->record != r)
            return NULL;
    struct execution *oldest = NULL;
    for (size_t i = 0; i < r->execution_count; i++) {
        struct execution *x = r->executions[i];
        if (x->scope == scope && x->bucket == BUCKET_QUEUED && (oldest == NULL || queued_before(x, oldest)))
            oldest = x;
    }
    return oldest != NULL && !is_behind_another(scope, oldest) ? oldest : NULL;
}

struct execution *dispatch_next_start(const struct scope *scope)
{
    if (scope->started != NULL)
        return next_of_started_context(scope);
    struct execution *x = heap_first(&scope->by_time);
    assert(x == NULL || !is_behind_another(scope, x)); /* else two could wait for each other */
    return x;
}

struct execution *dispatch_next_send(const struct scope *scope)
{
    struct execution *approval = heap_first(&scope->held_approvals), *task = heap_first(&scope->held);
    if (scope->running_count > 0)
        return NULL;
    if (approval != NULL && (task == NULL || held_since_later(approval, task)))
        return approval;
    return task != NULL && task->task.due ? task : NULL; /* one that is not due holds all from before */
}

void dispatch_forget_marks(struct sequencer *s)
{
    for (size_t i = 0; i < s->marked_count; i++)
        s->marked[i]->marked = false;
    s->marked_count = 0;
}

void dispatch_run(struct sequencer *s)
{
    for (size_t i = 0; i < s->marked_count; i++) {
        struct scope *scope = s->marked[i];
        for (;;) {
            struct execution *x = dispatch_next_send(scope);
            if (x != NULL) {
                execution_send_task(s, x);
                continue;
            }
            x = dispatch_next_start(scope);
            if (x == NULL)
                break;
            execution_start(s, x);
        }
    }
    for (size_t i = 0; i < s->marked_count; i++) {
        struct scope *scope = s->marked[i];
        scope->marked = false;
        if (scope->member_count > 0)
            continue;
        map_remove(&s->scopes, scope->key);
        scope_free(scope);
    }
    s->marked_count = 0;
}
