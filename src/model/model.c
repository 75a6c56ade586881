/* A model's life, and looking things up in it. */
#include "config.h"

#include "model/model.h"

#include <stdlib.h>

#include "base/ids.h"
#include "base/mem.h"
#include "model/internal.h"

const char *model_state_name(enum model_state state)
{
    static const char *const names[MODEL_STATE_COUNT] = {
        [MODEL_WAITING] = "waiting",        [MODEL_RUNNING] = "running",     [MODEL_QUEUED] = "queued",
        [MODEL_PAUSED] = "paused",          [MODEL_SUCCEEDED] = "succeeded", [MODEL_WARNING] = "warning",
        [MODEL_FAILED] = "failed",          [MODEL_TIMED_OUT] = "timed out", [MODEL_ABORTED] = "aborted",
        [MODEL_NOT_REACHED] = "not reached"};
    return (unsigned)state < MODEL_STATE_COUNT ? names[state] : "unknown";
}

static void take_words(struct model *m)
{
    static const char *const words[WORD_COUNT] = {
        [WORD_PASS] = "pass",           [WORD_WARNING] = "warning",     [WORD_FAIL] = "fail",
        [WORD_SUCCEEDED] = "succeeded", [WORD_ERRORED] = "errored",     [WORD_ABORTED] = "aborted",
        [WORD_UNKNOWN] = "unknown",     [WORD_AUTOMATIC] = "automatic", [WORD_APPROVAL] = APPROVAL_TASK};
    for (size_t i = 0; i < WORD_COUNT; i++)
        m->words[i] = text_take(&m->texts, words[i]);
}

struct model *model_new(void)
{
    struct model *m = MEM_NEW(struct model);
    random_bytes(&m->seed, sizeof m->seed);
    take_words(m);
    return m;
}

static void free_graves(struct model *m)
{
    for (size_t i = 0; i < m->grave_count; i++)
        run_free(m, m->graves[i]);
    free(m->graves);
    m->graves = NULL;
    m->grave_count = m->grave_capacity = 0;
}

static void free_all(struct model *m)
{
    free_graves(m);
    contexts_free(m);
    for (size_t i = 0; i < m->project_count; i++)
        project_free(m, m->projects[i]);
    free(m->projects);
    free(m->waiting.runs);
    free(m->open.runs);
    free(m->open_keys);
    tombs_free(m);
    for (size_t i = 0; i < WORD_COUNT; i++)
        text_drop(&m->texts, m->words[i]);
    text_pool_free(&m->texts);
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    free_all(m);
    free(m);
}

void model_clear(struct model *m)
{
    uint64_t revision = m->revision, seed = m->seed;
    free_all(m);
    *m = (struct model){.revision = revision + 1, .seed = seed};
    take_words(m);
}

uint64_t model_revision(const struct model *m)
{
    return m->revision;
}

size_t model_project_count(const struct model *m)
{
    return m->project_count;
}

const struct model_project *model_project_at(const struct model *m, size_t i)
{
    return i < m->project_count ? &m->projects[i]->pub : NULL;
}

const struct model_sequence *model_next_sequence(const struct model *m, struct model_walk *walk)
{
    while (walk->project < model_project_count(m)) {
        const struct model_project *project = model_project_at(m, walk->project);
        while (walk->stage < project->stage_count) {
            const struct model_stage *stage = project->stages[walk->stage];
            if (walk->sequence < stage->sequence_count)
                return stage->sequences[walk->sequence++];
            walk->sequence = 0;
            walk->stage++;
        }
        walk->stage = 0;
        walk->project++;
    }
    return NULL;
}

size_t model_waiting_count(const struct model *m)
{
    return m->waiting.count;
}

const struct model_sequence *model_waiting_at(const struct model *m, size_t i)
{
    return i < m->waiting.count ? &m->waiting.runs[i]->pub : NULL;
}

size_t model_count(const struct model *m, enum model_state state)
{
    return (unsigned)state < MODEL_STATE_COUNT ? m->counts[state] : 0;
}

const struct model_sequence *model_find_approval(const struct model *m, const char *triggered_id)
{
    for (size_t i = 0; triggered_id != NULL && i < m->open.count; i++)
        if (text_is(m->open.runs[i]->pub.approval.triggered_id, triggered_id))
            return &m->open.runs[i]->pub;
    return NULL;
}

/* --- the newest sequence that fits --- */

struct wanted {
    const char *stage, *sequence;
    const struct run *newest;
};

static bool is_newer(const struct run *a, const struct run *b)
{
    if (a->pub.triggered_ns != b->pub.triggered_ns)
        return a->pub.triggered_ns > b->pub.triggered_ns;
    int order = strcmp(a->pub.context, b->pub.context);
    return order != 0 ? order > 0 : a->key > b->key;
}

static void look_into(const struct context *c, struct wanted *wanted)
{
    for (const struct lane *lane = c->lanes; lane != NULL; lane = lane->next) {
        if (wanted->stage != NULL && strcmp(wanted->stage, lane->slot->stage->pub.name) != 0)
            continue;
        for (size_t i = 0; i < lane->run_count; i++) {
            const struct run *run = lane->runs[i];
            if (wanted->sequence != NULL && strcmp(wanted->sequence, run->pub.name) != 0)
                continue;
            if (wanted->newest == NULL || is_newer(run, wanted->newest))
                wanted->newest = run;
        }
    }
}

const struct model_sequence *model_find_sequence(const struct model *m, const char *context,
                                                 const char *project, const char *stage, const char *sequence)
{
    struct wanted wanted = {.stage = stage, .sequence = sequence};
    for (size_t i = 0; i < m->project_count; i++) {
        const struct project *p = m->projects[i];
        if (project != NULL && strcmp(project, p->pub.name) != 0)
            continue;
        const struct context *c = context != NULL ? context_find(m, p, context) : NULL;
        if (c != NULL)
            look_into(c, &wanted);
    }
    for (size_t i = 0; context == NULL && i < m->context_capacity; i++) {
        const struct context *c = m->contexts[i];
        if (c != NULL && (project == NULL || strcmp(project, c->project->pub.name) == 0))
            look_into(c, &wanted);
    }
    return wanted.newest != NULL ? &wanted.newest->pub : NULL;
}

/* --- dropping what is old --- */

static bool is_pinned(const struct run *run)
{
    for (const struct lane *lane = run->lane->context->lanes; lane != NULL; lane = lane->next)
        for (size_t i = 0; i < lane->run_count; i++)
            if (!state_is_ended(lane->runs[i]->pub.state))
                return true;
    return false;
}

static void drop_run(struct model *m, struct run *run)
{
    struct lane *lane = run->lane;
    /* A state rounds its times down to milliseconds. */
    int64_t until_ns = run->end_key != 0 ? run->end_ns : run->pub.finished_ns + 1000000;
    if (lane->state != NULL && whole_ms(lane->state->latest_ns) <= whole_ms(until_ns)) {
        stage_state_free(m, lane->state);
        lane->state = NULL;
    }
    tomb_add(m, lane, until_ns);
    run_bury(m, run);
    lane_arrange(m, lane);
    if (lane->run_count == 0)
        lane_remove(m, lane);
    else
        context_derive(m, lane->context);
}

static size_t trim_stage(struct model *m, struct stage *stage)
{
    size_t ended = stage->pub.sequence_count, dropped = 0;
    for (int state = 0; state < MODEL_SUCCEEDED; state++)
        ended -= stage->pub.counts[state];
    for (size_t i = stage->pub.sequence_count; i-- > 0 && ended > MODEL_ENDED_MAX;) {
        struct run *run = (struct run *)stage->pub.sequences[i];
        if (!state_is_ended(run->pub.state))
            break;
        if (is_pinned(run))
            continue;
        drop_run(m, run);
        ended--;
        dropped++;
    }
    stage->pub.trimmed += dropped;
    return dropped;
}

size_t model_trim(struct model *m)
{
    size_t dropped = 0;
    for (size_t i = 0; i < m->project_count; i++)
        for (size_t k = 0; k < m->projects[i]->pub.stage_count; k++)
            dropped += trim_stage(m, (struct stage *)m->projects[i]->pub.stages[k]);
    dropped += m->grave_count > 0 && dropped == 0;
    free_graves(m);
    return dropped;
}
