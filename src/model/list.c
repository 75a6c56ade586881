/* The lists: the sequences of a stage, what waits, what has an open approval, and the counts. A run is moved
 * by binary search, by the key that it was listed with. */
#include "config.h"

#include <assert.h>

#include "base/mem.h"
#include "model/internal.h"

void touch(struct model *m, struct run *run)
{
    struct stage *stage = run->lane->slot->stage;
    struct project *project = run->lane->context->project;
    run->pub.revision = stage->pub.revision = project->pub.revision = ++m->revision;
}

static int rank_of(enum model_state state)
{
    return state_is_ended(state) ? MODEL_SUCCEEDED : (int)state;
}

static int compare_times(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_ids(const struct run *a, const struct run *b)
{
    int order = strcmp(a->pub.context, b->pub.context);
    if (order == 0)
        order = strcmp(a->pub.service, b->pub.service);
    if (order == 0 && a->list_key != b->list_key)
        order = a->list_key < b->list_key ? -1 : 1;
    return order;
}

static int compare_listed(const struct run *a, const struct run *b)
{
    int a_rank = rank_of(a->list_state), b_rank = rank_of(b->list_state);
    if (a_rank != b_rank)
        return a_rank - b_rank;
    int order = compare_times(a->list_ns, b->list_ns);
    if (state_is_ended(a->list_state))
        order = -order; /* newest first */
    return order != 0 ? order : compare_ids(a, b);
}

static int compare_waiting(const struct run *a, const struct run *b)
{
    int order = compare_times(a->list_ns, b->list_ns);
    if (order == 0)
        order = strcmp(a->pub.stage->project->name, b->pub.stage->project->name);
    if (order == 0)
        order = strcmp(a->pub.stage->name, b->pub.stage->name);
    return order != 0 ? order : compare_ids(a, b);
}

static size_t list_place(const struct stage *stage, const struct run *run)
{
    size_t low = 0, high = stage->pub.sequence_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct run *other = (const struct run *)stage->pub.sequences[middle];
        if (compare_listed(other, run) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void count_run(struct model *m, struct run *run, enum model_state state, bool more)
{
    struct stage *stage = run->lane->slot->stage;
    struct project *project = run->lane->context->project;
    size_t change = more ? 1 : (size_t)-1;
    stage->pub.counts[state] += change;
    project->pub.counts[state] += change;
    m->counts[state] += change;
}

static void list_take(struct model *m, struct run *run)
{
    struct stage *stage = run->lane->slot->stage;
    size_t place = list_place(stage, run);
    assert(place < stage->pub.sequence_count && stage->pub.sequences[place] == &run->pub);
    stage->pub.sequence_count--;
    memmove(stage->pub.sequences + place, stage->pub.sequences + place + 1,
            (stage->pub.sequence_count - place) * sizeof(struct model_sequence *));
    count_run(m, run, run->list_state, false);
    run->listed = false;
}

static void list_put(struct model *m, struct run *run)
{
    struct stage *stage = run->lane->slot->stage;
    MEM_GROW(stage->pub.sequences, stage->pub.sequence_count, stage->sequence_capacity);
    size_t place = list_place(stage, run);
    memmove(stage->pub.sequences + place + 1, stage->pub.sequences + place,
            (stage->pub.sequence_count - place) * sizeof(struct model_sequence *));
    stage->pub.sequences[place] = &run->pub;
    stage->pub.sequence_count++;
    count_run(m, run, run->list_state, true);
    run->listed = true;
}

static size_t waiting_place(const struct model *m, const struct run *run)
{
    size_t low = 0, high = m->waiting.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_waiting(m->waiting.runs[middle], run) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void waiting_take(struct model *m, struct run *run)
{
    size_t place = waiting_place(m, run);
    assert(place < m->waiting.count && m->waiting.runs[place] == run);
    m->waiting.count--;
    memmove(m->waiting.runs + place, m->waiting.runs + place + 1,
            (m->waiting.count - place) * sizeof(struct run *));
    run->waits_listed = false;
}

static void waiting_put(struct model *m, struct run *run)
{
    MEM_GROW(m->waiting.runs, m->waiting.count, m->waiting.capacity);
    size_t place = waiting_place(m, run);
    memmove(m->waiting.runs + place + 1, m->waiting.runs + place,
            (m->waiting.count - place) * sizeof(struct run *));
    m->waiting.runs[place] = run;
    m->waiting.count++;
    run->waits_listed = true;
}

static void open_update(struct model *m, struct run *run, bool open)
{
    if (open == run->approval_listed)
        return;
    run->approval_listed = open;
    if (open) {
        MEM_GROW(m->open.runs, m->open.count, m->open.capacity);
        m->open.runs[m->open.count++] = run;
        run->lane->context->open_count++;
        return;
    }
    size_t i = 0;
    while (m->open.runs[i] != run)
        i++;
    m->open.runs[i] = m->open.runs[--m->open.count];
    run->lane->context->open_count--;
}

void list_remove(struct model *m, struct run *run)
{
    if (run->waits_listed)
        waiting_take(m, run);
    if (run->listed)
        list_take(m, run);
    open_update(m, run, false);
    touch(m, run);
}

void list_update(struct model *m, struct run *run)
{
    const struct model_sequence *seq = &run->pub;
    int64_t ns = state_is_ended(seq->state) ? seq->finished_ns : seq->triggered_ns;
    bool waits = seq->state == MODEL_WAITING;
    if (waits)
        ns = seq->since_ns;
    bool same_key = run->list_key == run->key;
    bool same_place = run->listed && same_key && run->list_ns == ns && run->list_state == seq->state;
    bool same_waiting = run->waits_listed == waits && (!waits || same_place);
    if (!same_place && run->listed)
        list_take(m, run);
    if (!same_waiting && run->waits_listed)
        waiting_take(m, run);
    run->list_key = run->key;
    run->list_ns = ns;
    run->list_state = (uint8_t)seq->state;
    if (!run->listed)
        list_put(m, run);
    if (waits && !run->waits_listed)
        waiting_put(m, run);
    open_update(m, run, seq->approval.triggered_id != NULL);
}
