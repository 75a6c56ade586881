/* What was delivered where, and what goes back. Source: screens.md, "last delivered" and "Going back". */
#include "config.h"

#include <assert.h>

#include "base/mem.h"
#include "model/internal.h"

/* --- runs by the age of their contexts --- */

/* The first place whose context is not older than ns. */
static size_t ranking_place(const struct ranking *ranking, int64_t ns)
{
    size_t low = 0, high = ranking->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranking->ranks[middle].ns < ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void ranking_add(struct ranking *ranking, struct run *run)
{
    MEM_GROW(ranking->ranks, ranking->count, ranking->capacity);
    size_t place = ranking_place(ranking, run->rank_ns);
    memmove(ranking->ranks + place + 1, ranking->ranks + place,
            (ranking->count - place) * sizeof *ranking->ranks);
    ranking->ranks[place] = (struct rank){run->rank_ns, run};
    ranking->count++;
}

static void ranking_take(struct ranking *ranking, const struct run *run)
{
    size_t place = ranking_place(ranking, run->rank_ns);
    while (ranking->ranks[place].run != run) /* those of one age stand in no order */
        place++;
    ranking->count--;
    memmove(ranking->ranks + place, ranking->ranks + place + 1,
            (ranking->count - place) * sizeof *ranking->ranks);
}

/* --- what goes back --- */

/* The age of the newest context that delivered or waits; INT64_MIN: none. */
static int64_t newest_worth(const struct slot *slot)
{
    return slot->worth.count > 0 ? slot->worth.ranks[slot->worth.count - 1].ns : INT64_MIN;
}

static void set_goes_back(struct model *m, struct run *run)
{
    bool may = !state_is_ended(run->pub.state) && !run->rolls_back &&
               (run->pub.image != NULL || run->pub.state == MODEL_WAITING);
    bool back = may && newest_worth(run->lane->slot) > run->pub.context_ns;
    if (back == run->pub.goes_back)
        return;
    run->pub.goes_back = back;
    touch(m, run);
}

/* Only those between the old and the new limit may turn. */
static void limit_moved(struct model *m, const struct slot *slot, int64_t before)
{
    int64_t after = newest_worth(slot), low = before < after ? before : after;
    int64_t high = before < after ? after : before;
    for (size_t i = ranking_place(&slot->open, low); low < high && i < slot->open.count; i++) {
        if (slot->open.ranks[i].ns > high)
            break;
        set_goes_back(m, slot->open.ranks[i].run);
    }
}

void delivery_add(struct run *run)
{
    struct slot *slot = run->lane->slot;
    MEM_GROW(slot->runs, slot->run_count, slot->run_capacity);
    slot->runs[slot->run_count++] = run;
}

static bool is_worth(const struct run *run)
{
    return run->delivered || (run->pub.state == MODEL_WAITING && !run->rolls_back);
}

static void rank(struct run *run, bool open, bool worth)
{
    struct slot *slot = run->lane->slot;
    bool moved = run->rank_ns != run->pub.context_ns;
    if (run->open_listed && (moved || !open))
        ranking_take(&slot->open, run);
    if (run->worth_listed && (moved || !worth))
        ranking_take(&slot->worth, run);
    bool in_open = run->open_listed && !moved, in_worth = run->worth_listed && !moved;
    run->rank_ns = run->pub.context_ns;
    if (open && !in_open)
        ranking_add(&slot->open, run);
    if (worth && !in_worth)
        ranking_add(&slot->worth, run);
    run->open_listed = open;
    run->worth_listed = worth;
}

void delivery_remove(struct model *m, struct run *run)
{
    struct slot *slot = run->lane->slot;
    int64_t before = newest_worth(slot);
    size_t i = 0;
    while (slot->runs[i] != run)
        i++;
    slot->runs[i] = slot->runs[--slot->run_count];
    rank(run, false, false);
    limit_moved(m, slot, before);
}

static bool has_failed(const struct run *run)
{
    return run->pub.state == MODEL_FAILED || run->pub.state == MODEL_TIMED_OUT ||
           run->pub.state == MODEL_ABORTED;
}

/* A run after one of another sequence that failed there is a rollback: it does not deliver its image. */
static bool rolls_back(const struct lane *lane, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (has_failed(lane->runs[i]) && strcmp(lane->runs[i]->pub.name, lane->runs[place]->pub.name) != 0)
            return true;
    return false;
}

void delivery_update(struct model *m, struct lane *lane)
{
    struct slot *slot = lane->slot;
    int64_t before = newest_worth(slot);
    for (size_t i = 0; i < lane->run_count; i++) {
        struct run *run = lane->runs[i];
        bool succeeded = run->pub.state == MODEL_SUCCEEDED || run->pub.state == MODEL_WARNING;
        run->rolls_back = rolls_back(lane, i);
        run->delivered = succeeded && run->pub.image != NULL && !run->rolls_back;
        rank(run, !state_is_ended(run->pub.state), is_worth(run));
    }
    limit_moved(m, slot, before);
    for (size_t i = 0; i < lane->run_count; i++)
        set_goes_back(m, lane->runs[i]);
}

/* --- what was delivered --- */

/* Whether a run that failed may have changed something: not where it only waited for approvals. */
static bool may_have_changed(const struct run *run)
{
    if (run->reached == 0)
        return !run->triggered_seen; /* known from a state only: nobody knows */
    for (size_t i = 0; i < run->reached; i++)
        if (!run->pub.tasks[i].facts.approval)
            return true;
    return false;
}

static bool is_later(const struct run *a, const struct run *b)
{
    if (a->pub.finished_ns != b->pub.finished_ns)
        return a->pub.finished_ns > b->pub.finished_ns;
    int order = strcmp(a->pub.context, b->pub.context);
    return order != 0 ? order > 0 : a->key > b->key;
}

static bool is_newer_context(const struct run *a, const struct run *b)
{
    if (a->pub.context_ns != b->pub.context_ns)
        return a->pub.context_ns > b->pub.context_ns;
    int order = strcmp(a->pub.context, b->pub.context);
    return order != 0 ? order > 0 : a->key > b->key;
}

void model_delivery_of(const struct model *m, const struct model_sequence *seq, struct model_delivery *out)
{
    const struct run *run = (const struct run *)seq;
    const struct slot *slot = run->lane->slot;
    bool ended = state_is_ended(seq->state);
    const struct run *last = NULL, *failed = NULL, *newer = NULL;
    for (size_t i = 0; i < slot->run_count; i++) {
        const struct run *other = slot->runs[i];
        bool before = other != run && state_is_ended(other->pub.state) && (!ended || is_later(run, other));
        if (before && other->delivered && (last == NULL || is_later(other, last)))
            last = other;
        if (seq->goes_back && other != run && is_worth(other) && other->pub.context_ns > seq->context_ns &&
            (newer == NULL || other->delivered > newer->delivered ||
             (other->delivered == newer->delivered && is_newer_context(other, newer))))
            newer = other;
    }
    for (size_t i = 0; i < slot->run_count; i++) {
        const struct run *other = slot->runs[i];
        bool before = other != run && has_failed(other) && (!ended || is_later(run, other));
        if (before && other->pub.image != NULL && may_have_changed(other) &&
            (last == NULL || is_later(other, last)) && (failed == NULL || is_later(other, failed)))
            failed = other;
    }
    (void)m;
    *out = (struct model_delivery){.last = last != NULL ? &last->pub : NULL,
                                   .failed_after = failed != NULL ? &failed->pub : NULL,
                                   .newer = newer != NULL ? &newer->pub : NULL};
}
