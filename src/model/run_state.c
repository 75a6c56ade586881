/* The rules by which a run has its state. Events decide what they tell; a state of the sequence query tells
 * what no event does (queued, paused, aborted, timed out), and what happened before we listened. */
#include "config.h"

#include "model/internal.h"

bool state_is_ended(enum model_state state)
{
    return state >= MODEL_SUCCEEDED && state < MODEL_NOT_REACHED;
}

/* --- tasks --- */

struct moment {
    int64_t ns;
    bool finished;
    uint32_t key;
};

static bool moment_is_later(const struct moment *a, const struct moment *b)
{
    if (a->ns != b->ns)
        return a->ns > b->ns;
    if (a->finished != b->finished)
        return a->finished;
    return a->key > b->key;
}

static size_t count_until(const struct model_task *task, const struct moment *moment, bool finished)
{
    size_t count = 0;
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        struct moment at = {finished ? x->finished_ns : x->started_ns, finished,
                            finished ? x->finished_key : x->started_key};
        if (at.key != 0 && !moment_is_later(&at, moment))
            count++;
    }
    return count;
}

/* The first moment at which as many had finished as had started. */
static bool completion(const struct model_task *task, struct moment *out)
{
    bool found = false;
    for (size_t i = 0; i < 2 * task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i / 2];
        bool finished = i % 2 != 0;
        struct moment at = {finished ? x->finished_ns : x->started_ns, finished,
                            finished ? x->finished_key : x->started_key};
        if (at.key == 0 || (found && moment_is_later(&at, out)))
            continue;
        size_t started = count_until(task, &at, false);
        if (started == 0 || started != count_until(task, &at, true))
            continue;
        *out = at;
        found = true;
    }
    return found;
}

bool task_is_complete(const struct model_task *task, const struct model_executor **by)
{
    struct moment end = {0};
    if (!completion(task, &end))
        return false;
    if (by == NULL)
        return true;
    *by = NULL;
    struct moment newest = {0};
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        struct moment at = {x->finished_ns, true, x->finished_key};
        if (at.key == 0 || moment_is_later(&at, &end) || (*by != NULL && moment_is_later(&newest, &at)))
            continue;
        newest = at;
        *by = x;
    }
    return true;
}

static size_t count_events(const struct model_task *task, bool finished)
{
    size_t count = 0;
    for (size_t i = 0; i < task->executor_count; i++)
        count += (finished ? task->executors[i].finished_key : task->executors[i].started_key) != 0;
    return count;
}

static bool is_known_open(const struct model_task *task)
{
    return task->facts.triggered_seen || count_events(task, false) > 0;
}

bool task_is_open(const struct model *m, const struct model_task *task)
{
    if (!task_is_approval(task) || !is_known_open(task) || task_is_complete(task, NULL))
        return false;
    const struct task_detail *d = task->facts.detail;
    return !open_says_closed(m, task->facts.key, d != NULL ? d->bound : 0, task->triggered_ns);
}

static bool is_automatic(const struct model_task *task)
{
    const struct task_detail *d = task->facts.detail;
    return d != NULL && (task->facts.triggered_seen ? d->automatic : d->automatic_hint);
}

/* A task that is not the last one is done: a run has one at a time. */
static bool task_is_done(const struct run *run, size_t i)
{
    const struct model_task *task = &run->pub.tasks[i];
    size_t started = count_events(task, false), finished = count_events(task, true);
    return i + 1 < run->reached || (started > 0 && finished >= started) || task_is_complete(task, NULL);
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

/* The lane's state, where it tells of this run. */
static const struct stage_state *stage_state(const struct run *run)
{
    return lane_state_run(run->lane) == run ? run->lane->state : NULL;
}

/* The context's state, where it knows all that was triggered in this run. */
static const struct overall_state *overall_state(const struct run *run)
{
    const struct overall_state *overall = run->lane->context->state;
    if (overall == NULL)
        return NULL;
    int64_t latest_ns = overall->latest_ns != 0 ? overall->latest_ns : overall->first_ns;
    return run_is_newer(run, overall->number, latest_ns) ? NULL : overall;
}

const struct stage_state *run_news(const struct run *run)
{
    const struct stage_state *state = stage_state(run);
    if (state == NULL || state->latest_class != EVENT_CLASS_TASK || run_knows(run, state->latest_key) ||
        whole_ms(state->latest_ns) < whole_ms(newest_fact_ns(run)))
        return NULL;
    return state;
}

/* --- how it ended --- */

static enum model_state end_of(const char *status, const char *result, const char *message)
{
    if (text_is(status, "aborted"))
        return MODEL_ABORTED;
    if (message != NULL && strncmp(message, "sequence timed out", strlen("sequence timed out")) == 0)
        return MODEL_TIMED_OUT;
    if (text_is(status, "errored") || text_is(status, "unknown"))
        return MODEL_FAILED;
    if (text_is(result, "pass") || (result == NULL && text_is(status, "succeeded")))
        return MODEL_SUCCEEDED;
    return text_is(result, "warning") ? MODEL_WARNING : MODEL_FAILED;
}

static void end_by_event(struct run *run)
{
    const struct overall_state *overall = overall_state(run);
    run->pub.state = end_of(run->end_status, run->end_result, run->end_message);
    if (run->pub.state == MODEL_FAILED && overall != NULL && overall->word == OVERALL_TIMED_OUT)
        run->pub.state = MODEL_TIMED_OUT;
    run->pub.finished_ns = run->pub.since_ns = run->end_ns;
    run->pub.result = run->end_result;
    run->pub.message = run->end_message;
}

static enum model_state end_by_stage(const struct stage_state *state)
{
    if (state == NULL)
        return MODEL_SUCCEEDED;
    if (text_is(state->word, "aborted"))
        return MODEL_ABORTED;
    if (state->latest_failed || text_is(state->word, "errored") || text_is(state->word, "unknown"))
        return MODEL_FAILED;
    return text_is(state->evaluation_result, "warning") ? MODEL_WARNING : MODEL_SUCCEEDED;
}

/* Whether a state says that the run has ended, and how. */
static bool state_ends(const struct run *run, enum model_state *end)
{
    const struct overall_state *overall = overall_state(run);
    const struct stage_state *stage = stage_state(run);
    if (overall != NULL && (overall->word == OVERALL_ABORTED || overall->word == OVERALL_TIMED_OUT)) {
        *end = overall->word == OVERALL_ABORTED ? MODEL_ABORTED : MODEL_TIMED_OUT;
        if (stage != NULL && stage->latest_class == EVENT_CLASS_SEQUENCE &&
            stage->latest_kind == EVENT_KIND_FINISHED && text_is(stage->word, "succeeded"))
            *end = end_by_stage(stage); /* this stage had ended before */
        return true;
    }
    bool known = stage != NULL && !run_is_newer(run, stage->number, stage->latest_ns);
    *end = end_by_stage(known ? stage : NULL);
    if (known && stage->latest_class == EVENT_CLASS_SEQUENCE && stage->latest_kind == EVENT_KIND_FINISHED)
        return true;
    /* Keptn calls a context finished whose follower is still queued (keptn-events.md, section 8). */
    if (known && stage->latest_class == EVENT_CLASS_SEQUENCE && stage->latest_kind == EVENT_KIND_TRIGGERED)
        return false;
    return overall != NULL && overall->word == OVERALL_FINISHED;
}

static void end_by_state(struct run *run, enum model_state end)
{
    const struct overall_state *overall = overall_state(run);
    const struct stage_state *stage = stage_state(run);
    int64_t ns = newest_fact_ns(run);
    if (stage != NULL && stage->latest_ns > ns)
        ns = stage->latest_ns;
    else if (stage == NULL && overall != NULL && overall->latest_ns > ns)
        ns = overall->latest_ns;
    bool stopped = end == MODEL_ABORTED || end == MODEL_TIMED_OUT;
    if (stopped && overall != NULL && overall->said_ns > ns)
        ns = overall->said_ns;
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
    if (run->reached == 0 || task_is_done(run, run->reached - 1))
        return NULL;
    return &run->pub.tasks[run->reached - 1];
}

static const struct model_task *open_approval(const struct model *m, const struct run *run)
{
    for (size_t i = 0; i < run->reached; i++)
        if (task_is_open(m, &run->pub.tasks[i]))
            return &run->pub.tasks[i];
    return NULL;
}

/* The newest state word that says the run is held. */
static bool is_paused(const struct run *run, int64_t *since_ns)
{
    const struct overall_state *overall = overall_state(run);
    const struct stage_state *stage = stage_state(run);
    if (overall != NULL && overall->word == OVERALL_PAUSED) {
        *since_ns = overall->said_ns != 0 ? overall->said_ns : overall->latest_ns;
        return true;
    }
    if (stage != NULL && text_is(stage->word, "paused") &&
        !run_is_newer(run, stage->number, stage->latest_ns)) {
        *since_ns = stage->said_ns != 0 ? stage->said_ns : stage->latest_ns;
        return true;
    }
    return false;
}

static bool is_queued(const struct run *run)
{
    const struct overall_state *overall = overall_state(run);
    const struct stage_state *news = run_news(run), *stage = stage_state(run);
    bool told = overall != NULL && (overall->word == OVERALL_TRIGGERED || overall->word == OVERALL_WAITING);
    bool held = news != NULL && news->latest_kind == EVENT_KIND_TRIGGERED;
    if (told)
        return current_task(run) == NULL && (news == NULL || held);
    /* A task that a state shows as triggered, while its event does not come, is held by the server. */
    if (held && (run->reached > 0 || run->triggered_seen))
        return true;
    if (run->reached > 0 || news != NULL)
        return false;
    /* Nothing but its triggered. A state that says started came after that only where it knows the run. */
    bool stage_known = stage != NULL && stage->latest_class == EVENT_CLASS_OTHER;
    return !(overall != NULL && overall->word == OVERALL_STARTED && (stage_known || run->triggered_seen));
}

static void set_task(struct run *run)
{
    const struct model_task *task = current_task(run);
    const struct stage_state *news = run_news(run);
    if (task != NULL) {
        run->pub.task = task->name;
        run->pub.since_ns = task->triggered_ns;
    }
    if (news == NULL)
        return;
    bool over = news->latest_kind == EVENT_KIND_FINISHED;
    run->pub.task = over ? NULL : news->latest_name;
    run->pub.since_ns = news->latest_ns;
}

/* A state whose latest event is of an approval that the facts do not know. */
static const struct stage_state *told_approval(const struct model *m, const struct run *run)
{
    const struct stage_state *news = run_news(run);
    if (news == NULL || !text_is(news->latest_name, APPROVAL_TASK) ||
        (news->latest_kind != EVENT_KIND_TRIGGERED && news->latest_kind != EVENT_KIND_STARTED))
        return NULL;
    /* event/triggered would have told of it, had it still been open. */
    uint32_t key = news->latest_kind == EVENT_KIND_TRIGGERED ? news->latest_key : 0;
    return open_says_closed(m, key, news->number, news->latest_ns) ? NULL : news;
}

static void set_open_state(const struct model *m, struct run *run)
{
    const struct model_task *approval = open_approval(m, run);
    const struct stage_state *told = told_approval(m, run);
    int64_t paused_ns = 0;
    run->pub.paused = is_paused(run, &paused_ns);
    run->pub.since_ns = run->pub.triggered_ns;
    set_task(run);
    if ((approval != NULL && !is_automatic(approval)) || (approval == NULL && told != NULL)) {
        run->pub.state = MODEL_WAITING;
        run->pub.task = approval != NULL ? approval->name : told->latest_name;
        run->pub.since_ns = approval != NULL ? approval->triggered_ns : told->latest_ns;
    } else if (run->pub.paused) {
        run->pub.state = MODEL_PAUSED;
        run->pub.since_ns = paused_ns != 0 ? paused_ns : run->pub.since_ns;
    } else if (is_queued(run)) {
        int64_t newest = newest_fact_ns(run);
        run->pub.state = MODEL_QUEUED;
        run->pub.since_ns = newest != 0 ? newest : run->pub.triggered_ns;
    } else {
        run->pub.state = MODEL_RUNNING;
        if (run->pub.task == NULL && newest_fact_ns(run) > run->pub.since_ns)
            run->pub.since_ns = newest_fact_ns(run);
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
        bool warned = text_is(x->result, "warning"), passed = text_is(x->result, "pass");
        if (failed == NULL && (text_is(x->status, "errored") || (!warned && !passed)))
            failed = x;
        warning = warning || warned;
        aborted = aborted || text_is(x->status, "aborted");
        if (newest == NULL || x->finished_ns >= newest->finished_ns)
            newest = x;
    }
    if (newest == NULL)
        return;
    task->finished_ns = newest->finished_ns;
    task->result = failed != NULL ? m->word_fail : warning ? m->word_warning : m->word_pass;
    task->message = failed != NULL && failed->message != NULL ? failed->message : newest->message;
    task->state = failed != NULL ? MODEL_FAILED
                  : aborted      ? MODEL_ABORTED
                  : warning      ? MODEL_WARNING
                                 : MODEL_SUCCEEDED;
}

static void set_task_states(const struct model *m, struct run *run)
{
    for (size_t i = 0; i < run->reached; i++) {
        struct model_task *task = &run->pub.tasks[i];
        bool open = task_is_open(m, task);
        task->finished_ns = 0;
        task->result = task->message = NULL;
        task->state = open && !is_automatic(task) ? MODEL_WAITING : MODEL_RUNNING;
        bool done = task_is_done(run, i) && !open;
        if (done || state_is_ended(run->pub.state)) {
            task->state = state_is_ended(run->pub.state) && !done ? run->pub.state : MODEL_SUCCEEDED;
            if (done)
                set_task_result(m, task);
        }
    }
}

void run_set_state(struct model *m, struct run *run)
{
    enum model_state end;
    run->pub.task = run->pub.message = run->pub.result = NULL;
    run->pub.finished_ns = 0;
    run->pub.paused = false;
    if (run->end_key != 0)
        end_by_event(run);
    else if (state_ends(run, &end))
        end_by_state(run, end);
    else
        set_open_state(m, run);
    set_task_states(m, run);
}
