/* The rules by which a run has its state. Events decide what they tell; a state of the sequence query tells
 * what no event does (queued, paused, aborted, timed out), and what happened before we listened. */
#include "config.h"

#include "model/internal.h"

bool task_is_open(const struct model *m, const struct model_task *task)
{
    const struct model_task_facts *facts = &task->facts;
    if (!facts->approval || facts->complete || (!facts->triggered_seen && facts->started == 0))
        return false;
    return !open_says_closed(m, facts->key, facts->detail != NULL ? facts->detail->bound : 0,
                             task->triggered_ns);
}

static bool is_automatic(const struct model_task *task)
{
    const struct task_detail *d = task->facts.detail;
    return d != NULL && (task->facts.triggered_seen ? d->automatic : d->automatic_hint);
}

/* A task that is not the last one is done: a run has one at a time. */
static bool task_is_done(const struct run *run, size_t i)
{
    const struct model_task_facts *facts = &run->pub.tasks[i].facts;
    return i + 1u < run->reached || facts->complete ||
           (facts->started > 0 && facts->finished >= facts->started);
}

/* --- what the states say --- */

static bool fact_is_newer(uint64_t fact_number, int64_t fact_ns, uint64_t number, int64_t latest_ns)
{
    if (fact_number != 0 && number != 0 && !number_is_time(number))
        return fact_number > number;
    return latest_ns != 0 && whole_ms(fact_ns) > whole_ms(latest_ns);
}

/* Whether something was triggered in the run that a state does not know yet. */
static bool run_is_newer(const struct run *run, uint64_t number, int64_t latest_ns)
{
    if (run->triggered_seen && fact_is_newer(run->number, run->trigger_ns, number, latest_ns))
        return true;
    for (size_t i = 0; i < run->reached; i++) {
        const struct model_task *task = &run->pub.tasks[i];
        if (task->facts.triggered_seen &&
            fact_is_newer(task->facts.number, task->triggered_ns, number, latest_ns))
            return true;
    }
    return false;
}

static int64_t newest_fact_ns(const struct run *run)
{
    int64_t newest = run->triggered_seen ? run->trigger_ns : 0;
    for (size_t i = 0; i < run->reached; i++) {
        const struct model_task *task = &run->pub.tasks[i];
        newest = task->triggered_ns > newest ? task->triggered_ns : newest;
        for (size_t k = 0; k < task->executor_count; k++) {
            const struct model_executor *x = &task->executors[k];
            newest = x->started_ns > newest ? x->started_ns : newest;
            newest = x->finished_ns > newest ? x->finished_ns : newest;
        }
    }
    return newest;
}

struct evidence run_evidence(const struct run *run)
{
    struct evidence said = {0};
    const struct lane *lane = run->lane;
    const struct overall_state *overall = lane->context->state;
    if (overall != NULL &&
        !run_is_newer(run, overall->number, overall->latest_ns != 0 ? overall->latest_ns : overall->first_ns))
        said.overall = overall;
    if (lane->state == NULL || lane->told != run)
        return said;
    const struct stage_state *stage = said.stage = lane->state;
    if (stage->latest_class == EVENT_CLASS_TASK && !run_knows(run, stage->latest_key) &&
        whole_ms(stage->latest_ns) >= whole_ms(newest_fact_ns(run)))
        said.news = stage;
    return said;
}

static bool is_latest(const struct stage_state *stage, enum event_kind sequence_event)
{
    return stage != NULL && stage->latest_class == EVENT_CLASS_SEQUENCE &&
           stage->latest_kind == sequence_event;
}

/* --- how it ended --- */

static enum model_state end_of(const struct model *m, const struct run *run)
{
    static const char timeout[] = "sequence timed out";
    const char *status = run->end_status, *result = run->end_result;
    if (status != NULL && status == m->words[WORD_ABORTED])
        return MODEL_ABORTED;
    if (run->end_message != NULL && strncmp(run->end_message, timeout, sizeof timeout - 1) == 0)
        return MODEL_TIMED_OUT;
    if (status != NULL && (status == m->words[WORD_ERRORED] || status == m->words[WORD_UNKNOWN]))
        return MODEL_FAILED;
    if (result == NULL)
        return status == m->words[WORD_SUCCEEDED] ? MODEL_SUCCEEDED : MODEL_FAILED;
    if (result == m->words[WORD_PASS])
        return MODEL_SUCCEEDED;
    return result == m->words[WORD_WARNING] ? MODEL_WARNING : MODEL_FAILED;
}

static void end_by_event(const struct model *m, struct run *run, const struct evidence *said)
{
    run->pub.state = end_of(m, run);
    if (run->pub.state == MODEL_FAILED && said->overall != NULL && said->overall->word == OVERALL_TIMED_OUT)
        run->pub.state = MODEL_TIMED_OUT;
    run->pub.finished_ns = run->pub.since_ns = run->end_ns;
    run->pub.result = run->end_result;
    run->pub.message = run->end_message;
}

static enum model_state end_by_stage(const struct stage_state *stage)
{
    if (stage == NULL)
        return MODEL_SUCCEEDED;
    if (text_is(stage->word, "aborted"))
        return MODEL_ABORTED;
    if (stage->latest_failed || text_is(stage->word, "errored") || text_is(stage->word, "unknown"))
        return MODEL_FAILED;
    return text_is(stage->evaluation_result, "warning") ? MODEL_WARNING : MODEL_SUCCEEDED;
}

/* Whether a state says that the run has ended, and how. */
static bool state_ends(const struct run *run, const struct evidence *said, enum model_state *end)
{
    const struct overall_state *overall = said->overall;
    if (overall != NULL && (overall->word == OVERALL_ABORTED || overall->word == OVERALL_TIMED_OUT)) {
        *end = overall->word == OVERALL_ABORTED ? MODEL_ABORTED : MODEL_TIMED_OUT;
        if (is_latest(said->stage, EVENT_KIND_FINISHED) && text_is(said->stage->word, "succeeded"))
            *end = end_by_stage(said->stage); /* this stage had ended before */
        return true;
    }
    const struct stage_state *stage = said->stage;
    if (stage != NULL && run_is_newer(run, stage->number, stage->latest_ns))
        stage = NULL;
    *end = end_by_stage(stage);
    if (is_latest(stage, EVENT_KIND_FINISHED))
        return true;
    /* Keptn calls a context finished whose follower is still queued (keptn-events.md, section 8). */
    return overall != NULL && overall->word == OVERALL_FINISHED && !is_latest(stage, EVENT_KIND_TRIGGERED);
}

static void end_by_state(struct run *run, const struct evidence *said, enum model_state end)
{
    int64_t ns = newest_fact_ns(run);
    if (said->stage != NULL && said->stage->latest_ns > ns)
        ns = said->stage->latest_ns;
    else if (said->stage == NULL && said->overall != NULL && said->overall->latest_ns > ns)
        ns = said->overall->latest_ns;
    bool stopped = end == MODEL_ABORTED || end == MODEL_TIMED_OUT;
    if (stopped && said->overall != NULL && said->overall->said_ns > ns)
        ns = said->overall->said_ns;
    if (run->pub.triggered_ns > ns)
        ns = run->pub.triggered_ns;
    run->pub.state = end;
    run->pub.finished_ns = run->pub.since_ns = ns;
    static const char *const results[MODEL_STATE_COUNT] = {[MODEL_SUCCEEDED] = "pass",
                                                           [MODEL_WARNING] = "warning",
                                                           [MODEL_FAILED] = "fail",
                                                           [MODEL_TIMED_OUT] = "fail"};
    run->pub.result = results[end];
}

/* --- while it has not ended --- */

static const struct model_task *current_task(const struct run *run)
{
    if (run->reached == 0 || task_is_done(run, run->reached - 1u))
        return NULL;
    return &run->pub.tasks[run->reached - 1u];
}

static const struct model_task *open_approval(const struct model *m, const struct run *run)
{
    for (size_t i = 0; i < run->reached; i++)
        if (task_is_open(m, &run->pub.tasks[i]))
            return &run->pub.tasks[i];
    return NULL;
}

/* Whether the run is held by an operator, and since when (0: not told). */
static bool is_paused(const struct run *run, const struct evidence *said, int64_t *since_ns)
{
    const struct overall_state *overall = said->overall;
    const struct hold *hold = said->stage != NULL ? run->lane->hold : NULL;
    if (overall != NULL && overall->word == OVERALL_PAUSED) {
        *since_ns = overall->said_ns != 0 ? overall->said_ns : overall->latest_ns;
        return true;
    }
    if (hold == NULL || !hold->paused.told)
        return false;
    const struct hold_word *paused = &hold->paused, *resumed = &hold->resumed;
    bool over =
        resumed->told && (paused->number < resumed->number ||
                          (paused->number == resumed->number && paused->latest_ns <= resumed->latest_ns));
    if (over || run_is_newer(run, paused->number, paused->latest_ns))
        return false;
    *since_ns = paused->said_ns != 0 ? paused->said_ns : paused->latest_ns;
    return true;
}

static bool is_queued(const struct run *run, const struct evidence *said)
{
    const struct overall_state *overall = said->overall;
    bool held = said->news != NULL && said->news->latest_kind == EVENT_KIND_TRIGGERED;
    if (overall != NULL && (overall->word == OVERALL_TRIGGERED || overall->word == OVERALL_WAITING))
        return current_task(run) == NULL && (said->news == NULL || held);
    /* A task that a state shows as triggered, while its event does not come, is held by the server. */
    if (held && (run->reached > 0 || run->triggered_seen))
        return true;
    if (run->reached > 0 || said->news != NULL)
        return false;
    /* Nothing but its triggered, after which the whole may have been started. */
    bool bare = said->stage != NULL && said->stage->latest_class == EVENT_CLASS_OTHER;
    return !(overall != NULL && overall->word == OVERALL_STARTED && (bare || run->triggered_seen));
}

static void set_task(struct run *run, const struct stage_state *news)
{
    const struct model_task *task = current_task(run);
    if (news != NULL) {
        run->pub.task = news->latest_kind == EVENT_KIND_FINISHED ? NULL : news->latest_name;
        run->pub.since_ns = news->latest_ns;
    } else if (task != NULL) {
        run->pub.task = task->name;
        run->pub.since_ns = task->triggered_ns;
    } else if (run->reached > 0) {
        run->pub.since_ns = newest_fact_ns(run);
    }
}

/* A state whose latest event is of an approval that the facts do not know. */
static const struct stage_state *told_approval(const struct model *m, const struct stage_state *news)
{
    if (news == NULL || !text_is(news->latest_name, APPROVAL_TASK) ||
        (news->latest_kind != EVENT_KIND_TRIGGERED && news->latest_kind != EVENT_KIND_STARTED))
        return NULL;
    /* event/triggered would have told of it, had it still been open. */
    uint32_t key = news->latest_kind == EVENT_KIND_TRIGGERED ? news->latest_key : 0;
    return open_says_closed(m, key, news->number, news->latest_ns) ? NULL : news;
}

static void set_open_state(const struct model *m, struct run *run, const struct evidence *said)
{
    const struct model_task *approval = open_approval(m, run);
    const struct stage_state *told = told_approval(m, said->news);
    int64_t paused_ns = 0;
    run->pub.paused = is_paused(run, said, &paused_ns);
    run->pub.since_ns = run->pub.triggered_ns;
    set_task(run, said->news);
    if (approval != NULL ? !is_automatic(approval) : told != NULL) {
        run->pub.state = MODEL_WAITING;
        run->pub.task = approval != NULL ? approval->name : told->latest_name;
        run->pub.since_ns = approval != NULL ? approval->triggered_ns : told->latest_ns;
    } else if (run->pub.paused) {
        run->pub.state = MODEL_PAUSED;
        run->pub.since_ns = paused_ns != 0 ? paused_ns : run->pub.since_ns;
    } else {
        run->pub.state = is_queued(run, said) ? MODEL_QUEUED : MODEL_RUNNING;
    }
}

/* --- the states of its tasks --- */

/* Source: keptn-events.md, 3.4, "aggregate". */
static void set_task_result(const struct model *m, struct model_task *task)
{
    const struct model_executor *failed = NULL, *newest = NULL;
    bool warning = false, aborted = false;
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        if (x->finished_key == 0)
            continue;
        bool warned = x->result != NULL && x->result == m->words[WORD_WARNING];
        bool passed = x->result != NULL && x->result == m->words[WORD_PASS];
        bool errored = x->status != NULL && x->status == m->words[WORD_ERRORED];
        if (failed == NULL && (errored || (!warned && !passed)))
            failed = x;
        warning = warning || warned;
        aborted = aborted || (x->status != NULL && x->status == m->words[WORD_ABORTED]);
        if (newest == NULL || x->finished_ns >= newest->finished_ns)
            newest = x;
    }
    if (newest == NULL)
        return;
    task->finished_ns = newest->finished_ns;
    task->result = m->words[failed != NULL ? WORD_FAIL : warning ? WORD_WARNING : WORD_PASS];
    task->message = failed != NULL && failed->message != NULL ? failed->message : newest->message;
    task->state = failed != NULL ? MODEL_FAILED
                  : aborted      ? MODEL_ABORTED
                  : warning      ? MODEL_WARNING
                                 : MODEL_SUCCEEDED;
}

static void set_task_states(const struct model *m, struct run *run)
{
    bool ended = state_is_ended(run->pub.state);
    for (size_t i = 0; i < run->reached; i++) {
        struct model_task *task = &run->pub.tasks[i];
        bool open = !ended && task_is_open(m, task), done = !open && task_is_done(run, i);
        task->facts.open = open;
        task->finished_ns = 0;
        task->result = task->message = NULL;
        if (done) {
            task->state = MODEL_SUCCEEDED; /* nothing told otherwise, and the run went on */
            set_task_result(m, task);
        } else if (ended) {
            task->state = run->pub.state;
        } else {
            task->state = open && !is_automatic(task) ? MODEL_WAITING : MODEL_RUNNING;
        }
    }
}

void run_set_state(struct model *m, struct run *run, const struct evidence *said)
{
    enum model_state end;
    run->pub.task = run->pub.message = run->pub.result = NULL;
    run->pub.finished_ns = 0;
    run->pub.paused = false;
    if (run->end_key != 0)
        end_by_event(m, run, said);
    else if (state_ends(run, said, &end))
        end_by_state(run, said, end);
    else
        set_open_state(m, run, said);
    set_task_states(m, run);
}
