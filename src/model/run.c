/* Runs, and which tasks are theirs. Task events name their context and stage only: a task belongs to the
 * newest run that was triggered not after it and had not ended before it. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/internal.h"

struct run *run_new(struct lane *lane)
{
    struct run *run = MEM_NEW(struct run);
    run->lane = lane;
    run->pub.stage = &lane->slot->stage->pub;
    run->pub.context = lane->context->id;
    run->pub.service = lane->slot->service;
    run->pub.name = MODEL_UNKNOWN;
    run->changed = lane->changed = true;
    if (lane->run_count == 0 && lane->run_capacity == 0)
        lane->runs = &lane->only;
    else if (lane->run_count >= lane->run_capacity) {
        struct run **old = lane->run_capacity > 0 ? lane->runs : NULL;
        lane->run_capacity = lane->run_capacity > 0 ? lane->run_capacity * 2 : 4;
        lane->runs = mem_resize(old, lane->run_capacity * sizeof(struct run *));
        if (old == NULL)
            lane->runs[0] = lane->only;
    }
    lane->runs[lane->run_count++] = run;
    delivery_add(run);
    return run;
}

void run_free(struct model *m, struct run *run)
{
    run_drop_upcoming(m, run);
    for (size_t i = 0; i < run->reached; i++)
        task_clear(m, &run->pub.tasks[i]);
    free(run->pub.tasks);
    free(run->pub.decisions);
    text_drop(&m->texts, run->name);
    text_drop(&m->texts, run->end_status);
    text_drop(&m->texts, run->end_result);
    origin_drop(m, run->origin);
    free_text(run->pub.triggered_id);
    free(run->end_message);
    free(run);
}

struct run *run_find(const struct lane *lane, const char *id, uint32_t key)
{
    for (size_t i = lane->run_count; i-- > 0;) {
        struct run *run = lane->runs[i];
        if (run->key == key && strcmp(run->pub.triggered_id, id) == 0)
            return run;
    }
    return NULL;
}

static struct run *nameless_run(const struct lane *lane)
{
    struct run *last = lane->run_count > 0 ? lane->runs[lane->run_count - 1] : NULL;
    return last != NULL && last->key == 0 ? last : NULL;
}

struct run *run_get(struct lane *lane, const char *id, uint32_t key)
{
    struct run *run = run_find(lane, id, key);
    if (run != NULL)
        return run;
    /* The one that stood for an unknown run takes the name, so that pointers to it stay good. */
    run = nameless_run(lane);
    if (run == NULL)
        run = run_new(lane);
    run->pub.triggered_id = mem_string(id);
    run->key = key;
    return run;
}

void run_bury(struct model *m, struct run *run)
{
    struct lane *lane = run->lane;
    list_remove(m, run);
    delivery_remove(m, run);
    /* What it showed of the lane and its context may go now. */
    struct model_sequence *seq = &run->pub;
    seq->name = MODEL_UNKNOWN;
    seq->image = seq->version = seq->task = seq->triggered_by = seq->shipyard_commit = NULL;
    seq->evaluation_result = NULL;
    seq->approval = (struct model_approval){0};
    size_t i = 0;
    while (lane->runs[i] != run)
        i++;
    memmove(lane->runs + i, lane->runs + i + 1, (lane->run_count - i - 1) * sizeof(struct run *));
    lane->run_count--;
    lane->changed = true;
    if (lane->told == run)
        lane->told = NULL;
    MEM_GROW(m->graves, m->grave_count, m->grave_capacity);
    m->graves[m->grave_count++] = run;
}

/* --- the tasks of a run --- */

void run_reserve_tasks(struct run *run, size_t count)
{
    if (count <= run->task_capacity)
        return;
    run->task_capacity = (uint16_t)count;
    run->pub.tasks = mem_resize(run->pub.tasks, count * sizeof *run->pub.tasks);
}

void run_drop_upcoming(struct model *m, struct run *run)
{
    for (size_t i = run->reached; i < run->pub.task_count; i++)
        text_drop(&m->texts, run->pub.tasks[i].name);
    run->pub.task_count = run->reached;
    run->plan = NULL;
}

static void insert_task(struct model *m, struct run *run, const struct model_task *task)
{
    run_drop_upcoming(m, run);
    run_reserve_tasks(run, run->reached + 1u);
    size_t i = run->reached;
    while (i > 0 && task_order(&run->pub.tasks[i - 1], task) > 0)
        i--;
    memmove(run->pub.tasks + i + 1, run->pub.tasks + i, (run->reached - i) * sizeof *task);
    run->pub.tasks[i] = *task;
    run->pub.task_count = ++run->reached;
    run->changed = run->lane->changed = true;
}

struct model_task run_take_task(struct model *m, struct run *run, struct model_task *task)
{
    struct model_task taken = *task;
    size_t i = (size_t)(task - run->pub.tasks);
    assert(i < run->reached);
    run_drop_upcoming(m, run);
    memmove(task, task + 1, (run->reached - i - 1) * sizeof *task);
    run->pub.task_count = --run->reached;
    run->changed = run->lane->changed = true;
    return taken;
}

struct model_task *context_find_task(const struct context *c, const char *id, uint32_t key, struct run **run)
{
    for (const struct lane *lane = c->lanes; lane != NULL; lane = lane->next)
        for (size_t i = lane->run_count; i-- > 0;) {
            struct run *owner = lane->runs[i];
            for (size_t k = owner->reached; k-- > 0;) {
                struct model_task *task = &owner->pub.tasks[k];
                if (task->facts.key == key && strcmp(task->triggered_id, id) == 0) {
                    *run = owner;
                    return task;
                }
            }
        }
    return NULL;
}

size_t lane_task_count(const struct lane *lane)
{
    size_t count = 0;
    for (size_t i = 0; i < lane->run_count; i++)
        count += lane->runs[i]->reached;
    return count;
}

bool run_knows(const struct run *run, uint32_t key)
{
    if (run->key == key || run->end_key == key)
        return true;
    for (size_t i = 0; i < run->reached; i++) {
        const struct model_task *task = &run->pub.tasks[i];
        if (task->facts.triggered_seen && task->facts.key == key)
            return true;
        for (size_t k = 0; k < task->executor_count; k++)
            if (task->executors[k].started_key == key || task->executors[k].finished_key == key)
                return true;
    }
    return false;
}

/* --- arranging a lane --- */

static int run_order(const struct run *a, const struct run *b)
{
    if ((a->key == 0) != (b->key == 0))
        return a->key == 0 ? 1 : -1;
    int64_t a_ns = a->triggered_seen ? a->trigger_ns : INT64_MIN;
    int64_t b_ns = b->triggered_seen ? b->trigger_ns : INT64_MIN;
    if (a_ns != b_ns)
        return a_ns < b_ns ? -1 : 1;
    if (!a->triggered_seen && a->end_ns != b->end_ns)
        return a->end_ns < b->end_ns ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

static void sort_runs(struct lane *lane)
{
    for (size_t i = 1; i < lane->run_count; i++) {
        struct run *run = lane->runs[i];
        size_t k = i;
        for (; k > 0 && run_order(lane->runs[k - 1], run) > 0; k--)
            lane->runs[k] = lane->runs[k - 1];
        lane->runs[k] = run;
    }
}

static size_t named_count(const struct lane *lane)
{
    return lane->run_count - (nameless_run(lane) != NULL ? 1 : 0);
}

/* The index of the run that a task belongs to; the number of named runs: to none of them. */
static size_t task_place(const struct lane *lane, size_t named, const struct model_task *task)
{
    size_t low = 0, high = named;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct run *run = lane->runs[middle];
        if (!run->triggered_seen || run->trigger_ns <= task->triggered_ns)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i-- > 0;)
        if (lane->runs[i]->end_key == 0 || lane->runs[i]->end_ns >= task->triggered_ns)
            return i;
    /* A task that is older than all runs comes from a clock that goes wrong. One that is younger than the end
     * of all is of a run that nothing has told yet, unless it is but a late word. */
    if (low == 0 && named > 0)
        return 0;
    return named > 0 && !task->facts.triggered_seen ? low - 1 : named;
}

/* Whether the lane's state tells of a run that no event has told: all others had ended before. */
static bool state_is_of_unknown(const struct lane *lane, size_t named)
{
    const struct stage_state *state = lane->state;
    if (state == NULL || state->latest_ns == 0)
        return false;
    const struct overall_state *overall = lane->context->state;
    bool over = overall != NULL && (overall->word == OVERALL_FINISHED || overall->word == OVERALL_ABORTED ||
                                    overall->word == OVERALL_TIMED_OUT);
    if (over && state->latest_class != EVENT_CLASS_SEQUENCE)
        return false; /* a late word for one that has ended */
    for (size_t i = 0; i < named; i++) {
        const struct run *run = lane->runs[i];
        if (run->end_key == 0 || whole_ms(run->end_ns) >= whole_ms(state->latest_ns))
            return false;
    }
    for (size_t i = 0; i < named; i++)
        if (run_knows(lane->runs[i], state->latest_key))
            return false;
    return true;
}

/* Takes out what is in the wrong run. Returns how many tasks are in `moved`, which has room for all. */
static size_t take_misplaced(struct model *m, struct lane *lane, size_t named, struct model_task *moved)
{
    size_t count = 0;
    for (size_t i = 0; i < lane->run_count; i++) {
        struct run *run = lane->runs[i];
        for (size_t k = run->reached; k-- > 0;)
            if (task_place(lane, named, &run->pub.tasks[k]) != i)
                moved[count++] = run_take_task(m, run, &run->pub.tasks[k]);
    }
    return count;
}

static bool any_misplaced(const struct lane *lane, size_t named)
{
    for (size_t i = 0; i < lane->run_count; i++)
        for (size_t k = 0; k < lane->runs[i]->reached; k++)
            if (task_place(lane, named, &lane->runs[i]->pub.tasks[k]) != i)
                return true;
    return false;
}

static void settle_nameless(struct model *m, struct lane *lane, bool needed)
{
    struct run *nameless = nameless_run(lane);
    if (needed && nameless == NULL)
        (void)run_new(lane);
    else if (!needed && nameless != NULL)
        run_bury(m, nameless);
}

static struct run *find_told(const struct lane *lane)
{
    if (lane->state == NULL || lane->run_count == 0)
        return NULL;
    size_t named = named_count(lane);
    if (named == 0 || (named < lane->run_count && state_is_of_unknown(lane, named)))
        return lane->runs[lane->run_count - 1];
    int64_t latest_ns = lane->state->latest_ns;
    for (size_t i = named; i-- > 0;) {
        const struct run *run = lane->runs[i];
        if (latest_ns == 0 || !run->triggered_seen || whole_ms(run->trigger_ns) <= whole_ms(latest_ns))
            return lane->runs[i];
    }
    return lane->runs[0];
}

static void set_told(struct lane *lane)
{
    struct run *told = find_told(lane);
    if (told == lane->told)
        return;
    if (lane->told != NULL)
        lane->told->changed = true;
    if (told != NULL)
        told->changed = true;
    lane->told = told;
    lane->changed = true;
}

/* Gives the tasks to the named runs that they belong to. Returns how many, moved to the front, belong to
 * none. */
static size_t give_to_named(struct model *m, struct lane *lane, size_t named, struct model_task *moved,
                            size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = task_place(lane, named, &moved[i]);
        if (place < named)
            insert_task(m, lane->runs[place], &moved[i]);
        else
            moved[left++] = moved[i];
    }
    return left;
}

void lane_arrange(struct model *m, struct lane *lane)
{
    sort_runs(lane);
    size_t named = named_count(lane), left = 0;
    struct model_task *moved = NULL;
    if (any_misplaced(lane, named)) {
        moved = mem_alloc(lane_task_count(lane) * sizeof *moved);
        left = give_to_named(m, lane, named, moved, take_misplaced(m, lane, named, moved));
    }
    const struct run *nameless = nameless_run(lane);
    bool needed = left > 0 || (nameless != NULL && nameless->reached > 0);
    if (!needed)
        needed = named > 0 ? state_is_of_unknown(lane, named) : lane->state != NULL;
    settle_nameless(m, lane, needed);
    for (size_t i = 0; i < left; i++)
        insert_task(m, lane->runs[named], &moved[i]);
    free(moved);
    set_told(lane);
}

void lane_add_task(struct model *m, struct lane *lane, const struct model_task *task)
{
    size_t named = named_count(lane), place = task_place(lane, named, task);
    if (place == lane->run_count)
        (void)run_new(lane);
    insert_task(m, lane->runs[place], task);
}
