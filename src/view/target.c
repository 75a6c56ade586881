/* What a decision or a control is about, kept by name: rows move, sequences are dropped and come again, while
 * somebody reads a box. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

void target_set(struct target *t, struct pick pick, bool decision)
{
    const struct model_sequence *seq = pick.seq;
    *t = (struct target){.source = pick.source,
                         .project = mem_string(seq->stage->project->name),
                         .stage = mem_string(seq->stage->name),
                         .service = mem_string(seq->service),
                         .context = mem_string(seq->context),
                         .sequence = mem_string(seq->name),
                         .version = mem_string(seq->version),
                         .triggered_id = decision ? mem_string(seq->approval.triggered_id) : NULL};
}

void target_copy(struct target *to, const struct target *from)
{
    *to = (struct target){.source = from->source,
                          .project = mem_string(from->project),
                          .stage = mem_string(from->stage),
                          .service = mem_string(from->service),
                          .context = mem_string(from->context),
                          .sequence = mem_string(from->sequence),
                          .version = mem_string(from->version),
                          .triggered_id = mem_string(from->triggered_id)};
}

void target_free(struct target *t)
{
    free(t->project);
    free(t->stage);
    free(t->service);
    free(t->context);
    free(t->sequence);
    free(t->version);
    free(t->triggered_id);
    *t = (struct target){0};
}

static const struct model_sequence *run_of(const struct target *t)
{
    return model_find_sequence(t->source->model, t->context, t->project, t->stage, t->sequence);
}

const struct model_sequence *target_sequence(const struct target *t)
{
    return t->triggered_id ? model_find_approval(t->source->model, t->triggered_id) : run_of(t);
}

static const struct model_decision *decision_of(const struct model_sequence *seq, const char *triggered_id)
{
    for (size_t i = 0; seq && i < seq->decision_count; i++)
        if (seq->decisions[i].triggered_id && strcmp(seq->decisions[i].triggered_id, triggered_id) == 0)
            return &seq->decisions[i];
    return NULL;
}

const char *target_outcome(struct view *v, const struct target *t)
{
    const struct model_sequence *seq = run_of(t);
    const struct model_decision *d = decision_of(seq, t->triggered_id);
    if (d) {
        const bool passed = d->result && strcmp(d->result, "pass") == 0;
        const char *by = d->by          ? view_safe(v, d->by)
                         : d->by_person ? "somebody else"
                                        : "the server's own rule";
        v->clock = t->source;
        return view_printf(v, "%s by %s at %s%s%s", passed ? "approved" : "declined", by,
                           view_clock(v, d->time_ns), d->comment && *d->comment ? ": " : "",
                           d->comment ? view_safe_line(v, d->comment) : "");
    }
    if (seq && seq->state >= MODEL_SUCCEEDED)
        return view_printf(v, "the sequence has ended: %s", model_state_name(seq->state));
    return "it is no longer waiting for a decision";
}
