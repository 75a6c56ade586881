/* A digest of all that is shown. What the model lists in an order is taken in that order. */
#include "config.h"

#include "model/internal.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return text_hash((const char *)&value, sizeof value, hash + 1);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text != NULL ? text_hash(text, strlen(text), hash + 1) : mix(hash, 0);
}

static uint64_t mix_number(uint64_t hash, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return mix(hash, bits);
}

static uint64_t mix_task(uint64_t hash, const struct model_task *task)
{
    hash = mix_text(mix_text(hash, task->name), task->triggered_id);
    hash = mix(mix(mix(hash, task->state), (uint64_t)task->triggered_ns), (uint64_t)task->finished_ns);
    hash = mix_text(mix_text(hash, task->result), task->message);
    hash = mix(hash, task->executor_count);
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *x = &task->executors[i];
        hash = mix_text(mix_text(hash, x->source), x->result);
        hash = mix_text(mix_text(hash, x->status), x->message);
        hash = mix(mix(hash, (uint64_t)x->started_ns), (uint64_t)x->finished_ns);
    }
    return hash;
}

static uint64_t mix_approval(uint64_t hash, const struct model_approval *approval)
{
    hash = mix_text(mix_text(hash, approval->triggered_id), approval->triggered_source);
    hash = mix_text(mix_text(hash, approval->pass), approval->warning);
    hash = mix_text(mix_text(hash, approval->result), approval->result_task);
    hash = mix_number(mix_text(hash, approval->evaluation_result), approval->evaluation_score);
    return mix(hash, (uint64_t)approval->since_ns);
}

static uint64_t mix_decision(uint64_t hash, const struct model_decision *decision)
{
    hash = mix_text(mix_text(hash, decision->triggered_id), decision->result);
    hash = mix_text(mix_text(hash, decision->by), decision->via);
    hash = mix_text(mix_text(hash, decision->comment), decision->source);
    return mix(mix(hash, (uint64_t)decision->time_ns), decision->by_person);
}

static uint64_t mix_times(uint64_t hash, const struct model_sequence *seq)
{
    hash = mix(mix(hash, (uint64_t)seq->triggered_ns), (uint64_t)seq->since_ns);
    return mix(mix(hash, (uint64_t)seq->finished_ns), (uint64_t)seq->context_ns);
}

static uint64_t mix_sequence(uint64_t hash, const struct model_sequence *seq)
{
    hash = mix_text(mix_text(mix_text(hash, seq->context), seq->name), seq->service);
    hash = mix_text(mix_text(hash, seq->image), seq->version);
    hash = mix(mix(mix(mix(hash, seq->version_differs), seq->paused), seq->goes_back), seq->state);
    hash = mix_times(mix_text(hash, seq->task), seq);
    hash = mix_text(mix_text(hash, seq->triggered_id), seq->triggered_by);
    hash = mix_text(mix_text(hash, seq->stage_commit), seq->shipyard_commit);
    hash = mix_text(mix_text(hash, seq->message), seq->result);
    hash = mix_number(mix_text(hash, seq->evaluation_result), seq->evaluation_score);
    hash = mix(hash, seq->label_count);
    for (size_t i = 0; i < seq->label_count; i++)
        hash = mix_text(mix_text(hash, seq->labels[i].key), seq->labels[i].value);
    hash = mix(hash, seq->task_count);
    for (size_t i = 0; i < seq->task_count; i++)
        hash = mix_task(hash, &seq->tasks[i]);
    hash = mix(mix_approval(hash, &seq->approval), seq->decision_count);
    for (size_t i = 0; i < seq->decision_count; i++)
        hash = mix_decision(hash, &seq->decisions[i]);
    return hash;
}

static uint64_t mix_delivery(uint64_t hash, const struct model *m, const struct model_sequence *seq)
{
    struct model_delivery delivery;
    model_delivery_of(m, seq, &delivery);
    const struct model_sequence *const shown[] = {delivery.last, delivery.failed_after, delivery.newer};
    for (size_t i = 0; i < 3; i++)
        hash = mix_text(mix_text(hash, shown[i] != NULL ? shown[i]->context : NULL),
                        shown[i] != NULL ? shown[i]->triggered_id : NULL);
    return hash;
}

static uint64_t mix_counts(uint64_t hash, const size_t counts[MODEL_STATE_COUNT])
{
    for (size_t i = 0; i < MODEL_STATE_COUNT; i++)
        hash = mix(hash, counts[i]);
    return hash;
}

static uint64_t mix_stage(uint64_t hash, const struct model *m, const struct model_stage *stage)
{
    hash = mix(mix_counts(mix_text(hash, stage->name), stage->counts), stage->sequence_count);
    for (size_t i = 0; i < stage->sequence_count; i++) {
        hash = mix_sequence(hash, stage->sequences[i]);
        if (!state_is_ended(stage->sequences[i]->state))
            hash = mix_delivery(hash, m, stage->sequences[i]);
    }
    return mix(hash, stage->trimmed);
}

uint64_t model_digest(const struct model *m)
{
    uint64_t hash = mix_counts(m->project_count, m->counts);
    for (size_t i = 0; i < m->project_count; i++) {
        const struct model_project *p = &m->projects[i]->pub;
        hash = mix(mix_counts(mix_text(hash, p->name), p->counts), p->stage_count);
        for (size_t k = 0; k < p->stage_count; k++)
            hash = mix_stage(hash, m, p->stages[k]);
    }
    hash = mix(hash, m->waiting.count);
    for (size_t i = 0; i < m->waiting.count; i++)
        hash = mix_text(mix_text(hash, m->waiting.runs[i]->pub.context), m->waiting.runs[i]->pub.stage->name);
    return hash;
}
