/* Pause, resume, abort (3.5). What has ended stays as it ended. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sequencer/internal.h"

static bool concerns(const char *stage, const char *of)
{
    return stage == NULL || strcmp(stage, of) == 0;
}

/* Its place; paused_stage_count: it is not paused by name. */
static size_t find_paused_stage(const struct record *r, const char *stage)
{
    size_t i = 0;
    while (i < r->paused_stage_count && strcmp(r->paused_stages[i], stage) != 0)
        i++;
    return i;
}

static bool take_paused_stage(struct record *r, const char *stage)
{
    size_t i = find_paused_stage(r, stage);
    if (i == r->paused_stage_count)
        return false;
    free(r->paused_stages[i]);
    memmove(r->paused_stages + i, r->paused_stages + i + 1,
            (--r->paused_stage_count - i) * sizeof *r->paused_stages);
    return true;
}

static bool add_paused_stage(struct record *r, const char *stage)
{
    if (find_paused_stage(r, stage) < r->paused_stage_count || r->paused_stage_count == PAUSED_STAGES_MAX)
        return false;
    MEM_GROW(r->paused_stages, r->paused_stage_count, r->paused_stage_capacity);
    r->paused_stages[r->paused_stage_count++] = mem_string(stage);
    return true;
}

static bool pause_executions(struct sequencer *s, struct record *r, const char *stage)
{
    if (stage == NULL) {
        if (r->paused)
            return false;
        r->paused = true;
        state_set_overall(r, "paused");
    } else {
        if (strlen(stage) > EVENT_NAME_MAX || !add_paused_stage(r, stage))
            return false;
        if (state_has_stage(r, stage)) /* one that the run has not reached yet is paused when it does */
            state_set_stage(r, stage, "paused");
    }
    for (size_t i = 0; i < r->execution_count; i++) {
        struct execution *x = r->executions[i];
        if (!execution_is_open(x) || !concerns(stage, x->stage) || x->state == EXECUTION_PAUSED)
            continue;
        x->before_pause = x->state;
        x->state = EXECUTION_PAUSED;
        dispatch_place(s, x);
    }
    return true;
}

static bool resume_executions(struct sequencer *s, struct record *r, const char *stage)
{
    if (stage == NULL) {
        if (!r->paused && r->paused_stage_count == 0)
            return false;
        record_clear_pauses(r);
        state_set_overall(r, "started");
        state_resume_stages(r);
    } else {
        if (!take_paused_stage(r, stage))
            return false;
        if (state_has_stage(r, stage))
            state_set_stage(r, stage, "started");
    }
    for (size_t i = 0; i < r->execution_count; i++) {
        struct execution *x = r->executions[i];
        if (x->state != EXECUTION_PAUSED || !concerns(stage, x->stage) || record_is_paused(r, x->stage))
            continue;
        x->state = x->before_pause;
        dispatch_place(s, x);
    }
    return true;
}

static bool abort_executions(struct sequencer *s, struct record *r, const char *stage)
{
    bool any = false;
    for (size_t i = 0; i < r->expected_count; i++) {
        if (r->expected[i].cancelled || !concerns(stage, r->expected[i].stage))
            continue;
        r->expected[i].cancelled = true;
        any = true;
    }
    for (size_t i = 0; i < r->execution_count; i++)
        any = any || (execution_is_open(r->executions[i]) && concerns(stage, r->executions[i]->stage));
    if (!any)
        return false;
    state_set_overall(r, "aborted");
    for (size_t i = 0; i < r->execution_count; i++)
        if (execution_is_open(r->executions[i]) && concerns(stage, r->executions[i]->stage))
            execution_abort(s, r->executions[i]);
    return true;
}

/* Followers that were called off end by themselves: a verb finds nothing to change any more. */
static bool is_under_way(const struct record *r)
{
    bool under_way = r->open_count > 0;
    for (size_t i = 0; i < r->expected_count; i++)
        under_way = under_way || !r->expected[i].cancelled;
    return under_way;
}

void control_apply(struct sequencer *s, struct record *r, const char *stage, enum sequencer_verb verb)
{
    bool changed = false;
    if (!is_under_way(r))
        return;
    switch (verb) {
    case SEQUENCER_PAUSE:
        changed = pause_executions(s, r, stage);
        break;
    case SEQUENCER_RESUME:
        changed = resume_executions(s, r, stage);
        break;
    case SEQUENCER_ABORT:
        changed = abort_executions(s, r, stage);
        break;
    }
    if (!changed)
        return;
    record_change(s, r);
    r->tell = true;
}
