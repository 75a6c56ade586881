/* What was delivered where, and what goes back. Source: screens.md, "last delivered" and "Going back". */
#include "config.h"

#include <assert.h>

#include "base/mem.h"
#include "model/internal.h"

void delivery_add(struct run *run)
{
    struct slot *slot = run->lane->slot;
    MEM_GROW(slot->runs, slot->run_count, slot->run_capacity);
    slot->runs[slot->run_count++] = run;
}

static bool is_worth(const struct run *run)
{
    return run->delivered || run->pub.state == MODEL_WAITING;
}

static void find_hit(struct slot *slot)
{
    slot->hit = NULL;
    for (size_t i = 0; i < slot->run_count; i++) {
        struct run *run = slot->runs[i];
        if (is_worth(run) && (slot->hit == NULL || run->pub.context_ns > slot->hit_ns)) {
            slot->hit = run;
            slot->hit_ns = run->pub.context_ns;
        }
    }
}

static void set_goes_back(struct model *m, struct run *run)
{
    const struct slot *slot = run->lane->slot;
    bool may = !state_is_ended(run->pub.state) && (run->pub.image != NULL || run->pub.state == MODEL_WAITING);
    bool back = may && slot->hit != NULL && slot->hit_ns > run->pub.context_ns;
    if (back == run->pub.goes_back)
        return;
    run->pub.goes_back = back;
    touch(m, run);
}

/* The open ones stand in front. */
static void set_all_goes_back(struct model *m, const struct slot *slot)
{
    const struct stage *stage = slot->stage;
    for (size_t i = 0; i < stage->pub.sequence_count; i++) {
        struct run *run = (struct run *)stage->pub.sequences[i];
        if (state_is_ended(run->pub.state))
            break;
        if (run->lane->slot == slot)
            set_goes_back(m, run);
    }
}

void delivery_remove(struct model *m, struct run *run)
{
    struct slot *slot = run->lane->slot;
    size_t i = 0;
    while (slot->runs[i] != run)
        i++;
    slot->runs[i] = slot->runs[--slot->run_count];
    if (slot->hit == run) {
        find_hit(slot);
        set_all_goes_back(m, slot);
    }
}

static bool has_failed(const struct run *run)
{
    return run->pub.state == MODEL_FAILED || run->pub.state == MODEL_TIMED_OUT ||
           run->pub.state == MODEL_ABORTED;
}

/* A run that succeeds after another sequence failed there is a rollback: it did not deliver its image. */
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
    const struct run *before = slot->hit;
    int64_t before_ns = slot->hit_ns;
    bool search = false;
    for (size_t i = 0; i < lane->run_count; i++) {
        struct run *run = lane->runs[i];
        bool succeeded = run->pub.state == MODEL_SUCCEEDED || run->pub.state == MODEL_WARNING;
        run->delivered = succeeded && run->pub.image != NULL && !rolls_back(lane, i);
        if (run == slot->hit)
            search = search || !is_worth(run) || run->pub.context_ns != slot->hit_ns;
        else if (is_worth(run) && (slot->hit == NULL || run->pub.context_ns > slot->hit_ns)) {
            slot->hit = run;
            slot->hit_ns = run->pub.context_ns;
        }
    }
    if (search)
        find_hit(slot);
    if (slot->hit != before || (slot->hit != NULL && slot->hit_ns != before_ns))
        set_all_goes_back(m, slot);
    for (size_t i = 0; i < lane->run_count; i++)
        set_goes_back(m, lane->runs[i]);
}

/* Whether a run that failed may have changed something: not where it only waited for approvals. */
static bool may_have_changed(const struct run *run)
{
    if (run->reached == 0)
        return !run->triggered_seen; /* known from a state only: nobody knows */
    for (size_t i = 0; i < run->reached; i++)
        if (!task_is_approval(&run->pub.tasks[i]))
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
