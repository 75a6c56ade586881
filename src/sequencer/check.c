#include "config.h"

#include <assert.h>
#include <string.h>

#include "sequencer/internal.h"

static void check_heap(const struct heap *h)
{
    for (size_t i = 0; i < h->count; i++) {
        assert(h->nodes[i]->place == i + 1);
        assert(i == 0 || !h->before(h->nodes[i]->owner, h->nodes[(i - 1) / 2]->owner));
    }
}

static void check_scope(const struct scope *scope)
{
    size_t started = 0, running = 0;
    check_heap(&scope->by_time);
    check_heap(&scope->by_arrival);
    check_heap(&scope->held);
    check_heap(&scope->held_approvals);
    assert(scope->by_time.count == scope->by_arrival.count);
    for (const struct execution *x = scope->started; x != NULL; x = x->started_next) {
        assert(x->scope == scope && x->state == EXECUTION_STARTED);
        assert(x->started_next == NULL || x->started_next->started_prev == x);
        started++;
        running += x->bucket == BUCKET_RUNNING;
    }
    assert(running == scope->running_count);
    assert(started == running + scope->held.count);
    assert(dispatch_next_send(scope) == NULL);
    assert(dispatch_next_start(scope) == NULL);
}

static void check_execution(const struct sequencer *s, const struct execution *x)
{
    enum execution_state state = x->state == EXECUTION_PAUSED ? x->before_pause : x->state;
    bool open = execution_is_open(x);
    assert((x->scope != NULL) == open);
    assert(open == (x->input != NULL));
    assert(x->task.present == (open && state != EXECUTION_TRIGGERED));
    assert((x->state == EXECUTION_PAUSED) == (open && record_is_paused(x->record, x->stage)));
    assert((x->by_timer.place != 0) == (dispatch_timer_of(s, x) != INT64_MAX));
    if (x->by_timer.place != 0)
        assert(x->timer_ns == dispatch_timer_of(s, x));
    if (!open)
        return;
    assert(x->bucket == dispatch_bucket_of(x));
    assert(!x->task.present || map_get(&s->tasks, x->task.id) == x);
    assert(!x->task.sent || x->task.due);
}

static size_t check_record(const struct sequencer *s, const struct record *r)
{
    size_t open = 0, tasks = 0;
    assert(!r->touched && !r->dirty && !r->tell);
    assert(map_get(&s->records, r->key) == r);
    for (size_t i = 0; i < r->execution_count; i++) {
        check_execution(s, r->executions[i]);
        open += execution_is_open(r->executions[i]);
        tasks += r->executions[i]->task.present;
    }
    assert(open == r->open_count);
    assert(r->execution_count - open <= ENDED_MAX);
    assert(r->recent == 0 || s->recent[r->recent - 1] == r);
    bool ended = strcmp(state_overall(r), "finished") == 0;
    assert(!ended || !record_is_open(r));
    assert(record_is_open(r) || (r->recent != 0 && !r->paused && r->paused_stage_count == 0));
    return tasks;
}

void sequencer_check(const struct sequencer *s)
{
    const char *key = NULL;
    void *value = NULL;
    size_t tasks = 0;
    assert(s->touched_count == 0 && s->marked_count == 0);
    check_heap(&s->timers);
    for (size_t i = 0; map_next(&s->scopes, &i, &key, &value);)
        check_scope(value);
    for (size_t i = 0; map_next(&s->records, &i, &key, &value);)
        tasks += check_record(s, value);
    assert(tasks == s->tasks.count);
}
