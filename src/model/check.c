/* Walks the whole model and asserts what always holds. */
#include "config.h"

#include <assert.h>

#include "model/internal.h"

static void check_task(const struct model_task *task, bool reached)
{
    assert(task->name != NULL);
    assert((task->triggered_id != NULL) == reached);
    assert((task->state == MODEL_NOT_REACHED) == !reached);
    assert(task->executor_count <= EXECUTORS_MAX);
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        assert(x->source != NULL && (x->started_key != 0 || x->finished_key != 0));
        for (size_t k = 0; k < i; k++) {
            const struct model_executor *before = &task->executors[k];
            if (before->source != x->source)
                continue;
            /* first with first: a pair without its started, or finished, is not followed by one with */
            assert(before->started_key != 0 || x->started_key == 0);
            assert(before->finished_key != 0 || x->finished_key == 0);
        }
    }
}

static void check_goes_back(const struct run *run)
{
    const struct slot *slot = run->lane->slot;
    bool newer = false;
    for (size_t i = 0; i < slot->run_count; i++) {
        const struct run *other = slot->runs[i];
        bool worth = other->delivered || (other->pub.state == MODEL_WAITING && !other->rolls_back);
        newer = newer || (other != run && worth && other->pub.context_ns > run->pub.context_ns);
    }
    bool may = !state_is_ended(run->pub.state) && !run->rolls_back &&
               (run->pub.image != NULL || run->pub.state == MODEL_WAITING);
    assert(run->pub.goes_back == (may && newer));
}

static void check_run(const struct run *run)
{
    const struct model_sequence *seq = &run->pub;
    assert(run->listed && !run->changed && run->list_state == seq->state);
    assert(seq->context != NULL && seq->name != NULL && seq->service != NULL);
    assert(seq->state < MODEL_NOT_REACHED);
    assert((run->key != 0) == (seq->triggered_id != NULL));
    assert(run->waits_listed == (seq->state == MODEL_WAITING));
    assert(run->approval_listed == (seq->approval.triggered_id != NULL));
    assert(run->open_listed == !state_is_ended(seq->state) && run->rank_ns == seq->context_ns);
    assert(run->worth_listed == (run->delivered || (seq->state == MODEL_WAITING && !run->rolls_back)));
    assert(run->reached <= seq->task_count && seq->task_count <= run->task_capacity);
    for (size_t i = 0; i < seq->task_count; i++) {
        check_task(&seq->tasks[i], i < run->reached);
        assert(i == 0 || i >= run->reached || task_order(&seq->tasks[i - 1], &seq->tasks[i]) <= 0);
    }
    if (state_is_ended(seq->state)) {
        assert(seq->approval.triggered_id == NULL && seq->task_count == run->reached);
        assert(seq->finished_ns == seq->since_ns);
    }
    check_goes_back(run);
}

static void check_ranking(const struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->count; i++) {
        assert(ranking->ranks[i].ns == ranking->ranks[i].run->pub.context_ns);
        assert(i == 0 || ranking->ranks[i - 1].ns <= ranking->ranks[i].ns);
    }
}

static size_t check_stage(const struct model *m, const struct stage *stage)
{
    size_t counts[MODEL_STATE_COUNT] = {0}, in_slots = 0;
    for (size_t i = 0; i < stage->pub.sequence_count; i++) {
        const struct run *run = (const struct run *)stage->pub.sequences[i];
        assert(run->pub.stage == &stage->pub && run->lane->slot->stage == stage);
        assert(context_find(m, run->lane->context->project, run->pub.context) == run->lane->context);
        check_run(run);
        counts[run->pub.state]++;
        if (i == 0)
            continue;
        const struct model_sequence *before = stage->pub.sequences[i - 1], *seq = &run->pub;
        bool ended = state_is_ended(seq->state);
        assert(before->state <= seq->state || (ended && state_is_ended(before->state)));
        if (ended && state_is_ended(before->state))
            assert(before->finished_ns >= seq->finished_ns);
        if (before->state == MODEL_WAITING && seq->state == MODEL_WAITING)
            assert(before->since_ns <= seq->since_ns);
    }
    for (size_t i = 0; i < stage->slot_count; i++) {
        in_slots += stage->slots[i]->run_count;
        check_ranking(&stage->slots[i]->open);
        check_ranking(&stage->slots[i]->worth);
    }
    assert(in_slots == stage->pub.sequence_count);
    assert(memcmp(counts, stage->pub.counts, sizeof counts) == 0);
    return stage->pub.sequence_count;
}

static size_t check_contexts(const struct model *m)
{
    size_t runs = 0, contexts = 0;
    for (size_t i = 0; i < m->context_capacity; i++) {
        const struct context *c = m->contexts[i];
        if (c == NULL)
            continue;
        contexts++;
        size_t open = 0;
        for (const struct lane *lane = c->lanes; lane != NULL; lane = lane->next) {
            assert(lane->context == c && !lane->changed);
            for (size_t k = 0; k < lane->run_count; k++) {
                assert(lane->runs[k]->lane == lane);
                /* one that nothing has named is the last, and stands for something */
                assert(lane->runs[k]->key != 0 || k + 1 == lane->run_count);
                assert(lane->runs[k]->key != 0 || lane->runs[k]->reached > 0 || lane->state != NULL);
                open += lane->runs[k]->approval_listed;
            }
            runs += lane->run_count;
        }
        assert(open == c->open_count);
    }
    assert(contexts == m->context_count);
    return runs;
}

void model_check(const struct model *m)
{
    size_t runs = 0, counts[MODEL_STATE_COUNT] = {0};
    for (size_t i = 0; i < m->project_count; i++) {
        const struct project *p = m->projects[i];
        size_t in_project[MODEL_STATE_COUNT] = {0};
        assert(i == 0 || strcmp(m->projects[i - 1]->pub.name, p->pub.name) < 0);
        for (size_t k = 0; k < p->pub.stage_count; k++) {
            const struct stage *stage = (const struct stage *)p->pub.stages[k];
            assert(stage->pub.project == &p->pub && stage->pub.revision <= m->revision);
            runs += check_stage(m, stage);
            for (size_t n = 0; n < MODEL_STATE_COUNT; n++)
                in_project[n] += stage->pub.counts[n];
        }
        assert(memcmp(in_project, p->pub.counts, sizeof in_project) == 0);
        for (size_t n = 0; n < MODEL_STATE_COUNT; n++)
            counts[n] += in_project[n];
    }
    assert(memcmp(counts, m->counts, sizeof counts) == 0);
    assert(check_contexts(m) == runs);
    assert(m->waiting.count == m->counts[MODEL_WAITING]);
    for (size_t i = 1; i < m->waiting.count; i++)
        assert(m->waiting.runs[i - 1]->pub.since_ns <= m->waiting.runs[i]->pub.since_ns);
}
