/* Projects, their stages in the shipyard's order, and the services of a stage. */
#include "config.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/internal.h"

static size_t project_place(const struct model *m, const char *name, bool *there)
{
    size_t low = 0, high = m->project_count;
    *there = false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(m->projects[middle]->pub.name, name);
        if (order == 0) {
            *there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct project *project_find(const struct model *m, const char *name)
{
    if (m->last_project != NULL && strcmp(m->last_project->pub.name, name) == 0)
        return m->last_project;
    bool there;
    size_t place = project_place(m, name, &there);
    return there ? m->projects[place] : NULL;
}

struct project *project_get(struct model *m, const char *name)
{
    struct project *p = project_find(m, name);
    if (p == NULL) {
        if (m->project_count >= PROJECTS_MAX)
            return NULL;
        bool there;
        size_t place = project_place(m, name, &there);
        p = MEM_NEW(struct project);
        p->pub.name = text_take(&m->texts, name);
        p->pub.revision = ++m->revision;
        MEM_GROW(m->projects, m->project_count, m->project_capacity);
        memmove(m->projects + place + 1, m->projects + place,
                (m->project_count - place) * sizeof(struct project *));
        m->projects[place] = p;
        m->project_count++;
    }
    m->last_project = p;
    return p;
}

static struct stage *as_stage(struct model_stage *s)
{
    return (struct stage *)s; /* its first member */
}

struct stage *stage_find(const struct project *p, const char *name)
{
    for (size_t i = 0; i < p->pub.stage_count; i++)
        if (strcmp(p->pub.stages[i]->name, name) == 0)
            return as_stage(p->pub.stages[i]);
    return NULL;
}

/* Puts stage i where its place in the shipyard, else its name, wants it. */
static void stage_settle(struct project *p, size_t i)
{
    struct stage *s = as_stage(p->pub.stages[i]);
    for (; i > 0; i--) {
        const struct stage *before = as_stage(p->pub.stages[i - 1]);
        if (before->place < s->place ||
            (before->place == s->place && strcmp(before->pub.name, s->pub.name) < 0))
            break;
        p->pub.stages[i] = p->pub.stages[i - 1];
    }
    p->pub.stages[i] = &s->pub;
}

struct stage *stage_get(struct model *m, struct project *p, const char *name)
{
    struct stage *s = stage_find(p, name);
    if (s != NULL)
        return s;
    if (p->pub.stage_count >= STAGES_MAX)
        return NULL;
    s = MEM_NEW(struct stage);
    s->pub.project = &p->pub;
    s->pub.name = text_take(&m->texts, name);
    s->place = SIZE_MAX;
    s->pub.revision = p->pub.revision = ++m->revision;
    MEM_GROW(p->pub.stages, p->pub.stage_count, p->stage_capacity);
    p->pub.stages[p->pub.stage_count++] = &s->pub;
    stage_settle(p, p->pub.stage_count - 1);
    return s;
}

struct slot *slot_get(struct model *m, struct stage *s, const char *service)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (strcmp(s->slots[i]->service, service) == 0)
            return s->slots[i];
    struct slot *slot = MEM_NEW(struct slot);
    slot->stage = s;
    slot->service = text_take(&m->texts, service);
    MEM_GROW(s->slots, s->slot_count, s->slot_capacity);
    s->slots[s->slot_count++] = slot;
    return slot;
}

const struct plan *stage_plan(const struct stage *s, const char *sequence)
{
    for (size_t i = 0; i < s->plan_count; i++)
        if (strcmp(s->plans[i].name, sequence) == 0)
            return &s->plans[i];
    return NULL;
}

static void stage_free(struct model *m, struct stage *s)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        text_drop(&m->texts, s->slots[i]->service);
        free(s->slots[i]->runs);
        free(s->slots[i]->worth.ranks);
        free(s->slots[i]->open.ranks);
        free(s->slots[i]);
    }
    free(s->slots);
    stage_plans_free(m, s);
    text_drop(&m->texts, s->pub.name);
    free(s->pub.sequences);
    free(s);
}

void project_free(struct model *m, struct project *p)
{
    for (size_t i = 0; i < p->pub.stage_count; i++)
        stage_free(m, as_stage(p->pub.stages[i]));
    free(p->pub.stages);
    text_drop(&m->texts, p->pub.name);
    free(p);
}

/* --- what a project list tells --- */

static const char *stage_name_at(const cJSON *stages, int i)
{
    return json_text(cJSON_GetArrayItem(stages, i), "stageName");
}

static bool name_fits(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= EVENT_NAME_MAX;
}

static enum status project_check(const cJSON *project, struct error *err)
{
    if (!name_fits(json_text(project, "projectName")))
        return error_set(err, STATUS_INVALID,
                         "a project of the server's list has no usable \"projectName\": it is not shown");
    const cJSON *stages = json_get(project, "stages"), *shipyard = json_get(project, "shipyard");
    const char *name = json_text(project, "projectName");
    if (stages != NULL && !cJSON_IsArray(stages) && !cJSON_IsNull(stages))
        return error_set(err, STATUS_INVALID, "project %s: \"stages\" is no list", name);
    if (cJSON_GetArraySize(stages) > STAGES_MAX)
        return error_set(err, STATUS_INVALID, "project %s: more than %d stages", name, STAGES_MAX);
    const cJSON *stage = NULL;
    cJSON_ArrayForEach(stage, stages)
    {
        if (!name_fits(json_text(stage, "stageName")))
            return error_set(err, STATUS_INVALID, "project %s: a stage has no usable \"stageName\"", name);
    }
    if (shipyard != NULL && !cJSON_IsString(shipyard) && !cJSON_IsNull(shipyard))
        return error_set(err, STATUS_INVALID, "project %s: \"shipyard\" is no text", name);
    return STATUS_OK;
}

static void derive_open_runs(struct model *m, struct project *p)
{
    for (size_t i = 0; i < p->pub.stage_count; i++) {
        struct stage *s = as_stage(p->pub.stages[i]);
        /* Deriving can move a run within the list, so the runs are taken from the slots, which stay. */
        for (size_t k = 0; k < s->slot_count; k++)
            for (size_t n = 0; n < s->slots[k]->run_count; n++) {
                struct run *run = s->slots[k]->runs[n];
                run_drop_upcoming(m, run); /* its plan is gone */
                run->changed = run->lane->changed = true;
                context_derive(m, run->lane->context);
            }
    }
}

enum status model_apply_project(struct model *m, const cJSON *project, uint64_t number, struct error *err)
{
    enum status status = project_check(project, err);
    if (status != STATUS_OK)
        return status;
    struct project *p = project_get(m, json_text(project, "projectName"));
    if (p == NULL)
        return error_set(err, STATUS_INVALID, "more than %d projects: %s is not shown", PROJECTS_MAX,
                         json_text(project, "projectName"));
    if (p->told && number < p->number)
        return STATUS_OK;
    p->told = true;
    p->number = number;
    const cJSON *stages = json_get(project, "stages");
    for (size_t i = 0; i < p->pub.stage_count; i++)
        as_stage(p->pub.stages[i])->place = SIZE_MAX;
    for (int i = 0; i < cJSON_GetArraySize(stages); i++) {
        struct stage *s = stage_get(m, p, stage_name_at(stages, i));
        if (s != NULL && s->place == SIZE_MAX)
            s->place = (size_t)i;
    }
    for (size_t i = 1; i < p->pub.stage_count; i++)
        stage_settle(p, i);
    shipyard_plan(m, p, json_text(project, "shipyard"));
    p->pub.revision = ++m->revision;
    derive_open_runs(m, p);
    return STATUS_OK;
}
