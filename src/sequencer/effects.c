#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sequencer/internal.h"

struct sequencer_effects {
    struct sequencer_effect *items;
    size_t count, capacity;
    struct arena arena; /* all strings */
    cJSON **trees;
    size_t tree_count, tree_capacity;
};

struct sequencer_effects *sequencer_effects_new(void)
{
    return MEM_NEW(struct sequencer_effects);
}

void sequencer_effects_clear(struct sequencer_effects *effects)
{
    for (size_t i = 0; i < effects->tree_count; i++)
        cJSON_Delete(effects->trees[i]);
    effects->tree_count = 0;
    effects->count = 0;
    arena_reset(&effects->arena);
}

void sequencer_effects_free(struct sequencer_effects *effects)
{
    if (effects == NULL)
        return;
    sequencer_effects_clear(effects);
    arena_free(&effects->arena);
    free(effects->trees);
    free(effects->items);
    free(effects);
}

size_t sequencer_effects_count(const struct sequencer_effects *effects)
{
    return effects->count;
}

const struct sequencer_effect *sequencer_effects_at(const struct sequencer_effects *effects, size_t i)
{
    return i < effects->count ? &effects->items[i] : NULL;
}

static const cJSON *keep(struct sequencer_effects *out, cJSON *tree)
{
    MEM_GROW(out->trees, out->tree_count, out->tree_capacity);
    out->trees[out->tree_count++] = tree;
    return tree;
}

static struct sequencer_effect *add(struct sequencer_effects *out, enum sequencer_effect_kind kind,
                                    const struct record *r)
{
    MEM_GROW(out->items, out->count, out->capacity);
    struct sequencer_effect *effect = &out->items[out->count++];
    *effect = (struct sequencer_effect){.kind = kind,
                                        .project = arena_string(&out->arena, r->project),
                                        .context = arena_string(&out->arena, r->context)};
    return effect;
}

void effects_emit(struct sequencer_effects *out, const struct record *r, const struct event_draft *draft,
                  cJSON *data)
{
    struct sequencer_effect *effect = add(out, SEQUENCER_EMIT, r);
    struct arena *a = &out->arena;
    effect->event = (struct event_draft){.id = arena_string(a, draft->id),
                                         .source = SEQUENCER_SOURCE,
                                         .type = arena_string(a, draft->type),
                                         .context = effect->context,
                                         .triggeredid = arena_string(a, draft->triggeredid),
                                         .gitcommitid = arena_string(a, draft->gitcommitid),
                                         .shkeptnspecversion = SEQUENCER_SPEC_VERSION,
                                         .shipyardcommit = arena_string(a, draft->shipyardcommit),
                                         .time_ns = draft->time_ns,
                                         .data = keep(out, data)};
}

void effects_open(struct sequencer_effects *out, const struct record *r, const char *event_id)
{
    add(out, SEQUENCER_OPEN, r)->event_id = arena_string(&out->arena, event_id);
}

void effects_close(struct sequencer_effects *out, const struct record *r, const char *event_id)
{
    add(out, SEQUENCER_CLOSE, r)->event_id = arena_string(&out->arena, event_id);
}

void effects_record(struct sequencer_effects *out, const struct record *r, cJSON *record, cJSON *state,
                    bool tell)
{
    struct sequencer_effect *effect = add(out, SEQUENCER_RECORD, r);
    effect->record = keep(out, record);
    effect->state = keep(out, state);
    effect->open = record_is_open(r);
    if (tell)
        add(out, SEQUENCER_STATE, r)->state = state;
}
