/* What follows from the facts of a context, run by run: nothing here depends on the order in which they came.
 */
#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/internal.h"

void context_mark(struct context *c)
{
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next) {
        lane->changed = true;
        for (size_t i = 0; i < lane->run_count; i++)
            lane->runs[i]->changed = true;
    }
}

/* --- name, times, what it carries --- */

/* The one sequence of the shipyard that has the run's first task; NULL: none, or several. */
static const char *name_by_shipyard(const struct run *run)
{
    const struct stage *stage = run->lane->slot->stage;
    const char *name = NULL;
    for (size_t i = 0; run->reached > 0 && i < stage->plan_count; i++) {
        bool has = false;
        for (size_t k = 0; k < stage->plans[i].task_count; k++)
            has = has || stage->plans[i].tasks[k] == run->pub.tasks[0].name;
        if (has && name != NULL)
            return NULL;
        if (has)
            name = stage->plans[i].name;
    }
    return name;
}

static const char *name_of(const struct run *run, const struct stage_state *stage)
{
    const struct overall_state *overall = run->lane->context->state;
    if (run->name != NULL)
        return run->name;
    if (stage != NULL && stage->latest_class == EVENT_CLASS_SEQUENCE && stage->latest_name != NULL)
        return stage->latest_name;
    if (overall != NULL)
        return overall->name;
    const char *name = name_by_shipyard(run);
    return name != NULL ? name : MODEL_UNKNOWN;
}

static int64_t triggered_ns_of(const struct run *run, const struct stage_state *stage)
{
    if (run->triggered_seen)
        return run->trigger_ns;
    const struct overall_state *overall = run->lane->context->state;
    if (stage != NULL && stage->latest_class == EVENT_CLASS_SEQUENCE &&
        stage->latest_kind == EVENT_KIND_TRIGGERED)
        return stage->latest_ns;
    if (overall != NULL && overall->first_ns != 0)
        return overall->first_ns;
    if (run->reached > 0)
        return run->pub.tasks[0].triggered_ns;
    return run->end_key != 0 ? run->end_ns : 0;
}

static void set_version(struct model_sequence *seq)
{
    const char *label = NULL;
    for (size_t i = 0; i < seq->label_count && label == NULL; i++)
        if (strcmp(seq->labels[i].key, "version") == 0 && seq->labels[i].value[0] != '\0')
            label = seq->labels[i].value;
    const char *tag = seq->image != NULL ? event_image_tag(seq->image) : NULL;
    seq->version = tag != NULL ? tag : label;
    seq->version_differs = tag != NULL && label != NULL && strcmp(tag, label) != 0;
}

static void take_from(struct model_sequence *seq, const struct origin *origin)
{
    if (origin == NULL)
        return;
    if (seq->image == NULL)
        seq->image = origin->image;
    if (seq->stage_commit == NULL)
        seq->stage_commit = origin->stage_commit;
    if (seq->shipyard_commit == NULL)
        seq->shipyard_commit = origin->shipyard_commit;
    if (seq->label_count == 0) {
        seq->labels = origin->label_count > 0 ? origin->labels : NULL;
        seq->label_count = origin->label_count;
    }
}

static void set_origin(struct run *run, const struct stage_state *stage)
{
    struct model_sequence *seq = &run->pub;
    const struct origin *before = run->origin;
    seq->image = seq->stage_commit = seq->shipyard_commit = NULL;
    seq->labels = NULL;
    seq->label_count = 0;
    take_from(seq, before);
    for (size_t i = 0; i < run->reached; i++) {
        const struct origin *origin = run->pub.tasks[i].facts.origin;
        if (origin != before)
            take_from(seq, origin);
        before = origin;
    }
    if (stage != NULL && seq->image == NULL)
        seq->image = stage->image;
    if (stage != NULL && seq->shipyard_commit == NULL)
        seq->shipyard_commit = stage->shipyard_commit;
    set_version(seq);
}

static void set_evaluation(struct run *run, const struct stage_state *stage)
{
    const struct task_detail *newest = NULL;
    for (size_t i = 0; i < run->reached; i++) {
        const struct task_detail *d = run->pub.tasks[i].facts.detail;
        if (d != NULL && d->evaluation_key != 0 &&
            (newest == NULL || d->evaluation_ns >= newest->evaluation_ns))
            newest = d;
    }
    run->pub.evaluation_result = newest != NULL ? newest->evaluation_result : NULL;
    run->pub.evaluation_score = newest != NULL ? newest->evaluation_score : 0;
    if (newest == NULL && stage != NULL && stage->evaluation_result != NULL) {
        run->pub.evaluation_result = stage->evaluation_result;
        run->pub.evaluation_score = stage->evaluation_score;
    }
}

/* --- tasks that are to come --- */

/* A run keeps the task list that it began with: where what it reached differs from the shipyard, nothing is
 * known of what is to come. */
static const struct plan *plan_of(const struct run *run)
{
    const struct stage *stage = run->lane->slot->stage;
    const struct plan *plan = NULL;
    for (size_t i = 0; i < stage->plan_count && plan == NULL; i++)
        if (stage->plans[i].name == run->pub.name)
            plan = &stage->plans[i];
    if (plan == NULL || state_is_ended(run->pub.state) || run->reached >= plan->task_count)
        return NULL;
    for (size_t i = 0; i < run->reached; i++)
        if (plan->tasks[i] != run->pub.tasks[i].name)
            return NULL;
    return plan;
}

static void shrink_tasks(struct run *run)
{
    if (run->task_capacity == run->reached || run->reached == 0)
        return;
    run->task_capacity = run->reached;
    run->pub.tasks = mem_resize(run->pub.tasks, run->reached * sizeof *run->pub.tasks);
}

static void set_upcoming(struct model *m, struct run *run)
{
    const struct plan *plan = plan_of(run);
    if (plan != NULL && plan == run->plan)
        return;
    run_drop_upcoming(m, run);
    if (plan != NULL) {
        run_reserve_tasks(run, plan->task_count);
        for (size_t i = run->reached; i < plan->task_count; i++)
            run->pub.tasks[i] =
                (struct model_task){.name = text_keep(plan->tasks[i]), .state = MODEL_NOT_REACHED};
        run->pub.task_count = (uint32_t)plan->task_count;
        run->plan = plan;
    } else if (state_is_ended(run->pub.state)) {
        shrink_tasks(run);
    }
}

/* --- approval and decisions --- */

/* The task whose result the approval has before it: the one before it, else the last one of the run of the
 * stage before, which is the newest of its context that ended before this run was triggered. */
static const char *result_task(const struct run *run, size_t approval)
{
    if (approval > 0)
        return run->pub.tasks[approval - 1].name;
    int64_t until_ns = run->triggered_seen ? run->trigger_ns : run->pub.tasks[approval].triggered_ns;
    const struct run *newest = NULL;
    for (const struct lane *lane = run->lane->context->lanes; lane != NULL; lane = lane->next) {
        if (lane == run->lane)
            continue;
        for (size_t i = 0; i < lane->run_count; i++) {
            const struct run *other = lane->runs[i];
            if (other->end_key == 0 || other->end_ns > until_ns || other->reached == 0)
                continue;
            if (newest == NULL || other->end_ns > newest->end_ns ||
                (other->end_ns == newest->end_ns && other->end_key > newest->end_key))
                newest = other;
        }
    }
    return newest != NULL ? newest->pub.tasks[newest->reached - 1].name : NULL;
}

static void set_approval(const struct model *m, struct run *run, const struct stage_state *news)
{
    run->pub.approval = (struct model_approval){0};
    if (state_is_ended(run->pub.state))
        return;
    size_t i = 0;
    while (i < run->reached && !task_is_open(m, &run->pub.tasks[i]))
        i++;
    if (i < run->reached) {
        const struct model_task *task = &run->pub.tasks[i];
        const struct task_detail *d = task->facts.detail;
        run->pub.approval = (struct model_approval){.triggered_id = task->triggered_id,
                                                    .since_ns = task->triggered_ns,
                                                    .result_task = result_task(run, i)};
        if (d == NULL)
            return;
        run->pub.approval.triggered_source = d->source;
        run->pub.approval.pass = d->pass;
        run->pub.approval.warning = d->warning;
        run->pub.approval.result = d->result;
        run->pub.approval.evaluation_result = d->evaluation_result;
        run->pub.approval.evaluation_score = d->evaluation_score;
    } else if (run->pub.state == MODEL_WAITING && news != NULL) {
        run->pub.approval.since_ns = news->latest_ns;
        if (news->latest_kind == EVENT_KIND_TRIGGERED)
            run->pub.approval.triggered_id = news->latest_id;
    }
}

/* The executor whose finished closed an approval; NULL: none did (yet). */
static const struct model_executor *decision_of(const struct run *run, const struct model_task *task)
{
    const struct model_executor *by = NULL;
    if (task->facts.complete)
        return &task->executors[task->facts.by];
    if (!state_is_ended(run->pub.state))
        return NULL;
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        if (x->finished_key != 0 && (by == NULL || x->finished_ns < by->finished_ns))
            by = x;
    }
    return by;
}

static struct model_decision decision_by(const struct model_task *task, const struct model_executor *by)
{
    struct model_decision decision = {.triggered_id = task->triggered_id,
                                      .result = by->result,
                                      .comment = by->message,
                                      .source = by->source,
                                      .time_ns = by->finished_ns,
                                      .by_person = strcmp(by->source, APPROVAL_SERVICE) != 0};
    const struct task_detail *d = task->facts.detail;
    for (size_t i = 0; d != NULL && i < d->decider_count; i++) {
        if (d->deciders[i].key != by->finished_key)
            continue;
        decision.by = d->deciders[i].by;
        decision.via = d->deciders[i].via;
    }
    return decision;
}

static void set_decisions(struct run *run)
{
    uint32_t count = 0;
    for (size_t i = 0; i < run->reached; i++)
        count += run->pub.tasks[i].facts.approval && decision_of(run, &run->pub.tasks[i]) != NULL;
    if (count != run->pub.decision_count) {
        free(run->pub.decisions);
        run->pub.decisions = count > 0 ? mem_alloc(count * sizeof *run->pub.decisions) : NULL;
        run->pub.decision_count = count;
    }
    for (size_t i = 0, k = 0; k < count; i++) {
        const struct model_executor *by =
            run->pub.tasks[i].facts.approval ? decision_of(run, &run->pub.tasks[i]) : NULL;
        if (by != NULL)
            run->pub.decisions[k++] = decision_by(&run->pub.tasks[i], by);
    }
}

/* --- a run, a context --- */

static void run_derive(struct model *m, struct run *run)
{
    struct evidence said = run_evidence(run);
    run->pub.name = name_of(run, said.stage);
    run->pub.triggered_ns = triggered_ns_of(run, said.stage);
    run->pub.context_ns = run->lane->context->first_ns;
    run->pub.triggered_by = run->lane->context->source;
    run_set_state(m, run, &said);
    set_upcoming(m, run);
    set_origin(run, said.stage);
    set_evaluation(run, said.stage);
    set_approval(m, run, said.news);
    set_decisions(run);
    run->changed = false;
    touch(m, run);
    list_update(m, run);
}

/* What an open approval shows of the stage before is not a fact of its own run. */
static void derive_related(struct model *m, struct context *c)
{
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next)
        for (size_t i = 0; i < lane->run_count; i++) {
            struct run *run = lane->runs[i];
            if (run->pub.approval.triggered_id == NULL)
                continue;
            struct evidence said = run_evidence(run);
            set_approval(m, run, said.news);
            touch(m, run);
        }
}

void context_derive(struct model *m, struct context *c)
{
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next) {
        if (!lane->changed)
            continue;
        for (size_t i = 0; i < lane->run_count; i++)
            if (lane->runs[i]->changed)
                run_derive(m, lane->runs[i]);
    }
    if (c->open_count > 0 && c->lanes->next != NULL)
        derive_related(m, c);
    for (struct lane *lane = c->lanes; lane != NULL; lane = lane->next) {
        if (lane->changed)
            delivery_update(m, lane);
        lane->changed = false;
    }
}
