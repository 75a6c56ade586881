/* The tasks that a project's shipyard has for each sequence: what is still to come of a run. A shipyard that
 * cannot be read tells nothing; the server is where its faults are reported. */
#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "model/internal.h"

#define PLANS_MAX  500 /* sequences of one stage, and tasks of one sequence */
#define EVALUATION "evaluation"

void stage_plans_free(struct model *m, struct stage *s)
{
    for (size_t i = 0; i < s->plan_count; i++) {
        text_drop(&m->texts, s->plans[i].name);
        for (size_t k = 0; k < s->plans[i].task_count; k++)
            text_drop(&m->texts, s->plans[i].tasks[k]);
        free(s->plans[i].tasks);
    }
    free(s->plans);
    s->plans = NULL;
    s->plan_count = 0;
}

static const char *node_text(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node == NULL || node->kind != YAML_SCALAR || node->text[0] == '\0' ||
        strlen(node->text) > EVENT_NAME_MAX)
        return NULL;
    return node->text;
}

static size_t list_count(const struct yaml_node *node)
{
    if (node == NULL || node->kind != YAML_SEQUENCE)
        return 0;
    return node->count < PLANS_MAX ? node->count : PLANS_MAX;
}

static void plan_sequence(struct model *m, struct stage *s, const struct yaml_node *sequence)
{
    const char *name = node_text(sequence, "name");
    if (name == NULL || stage_plan(s, name) != NULL)
        return; /* the first of two with one name counts (keptn-events.md, section 2) */
    const struct yaml_node *tasks = yaml_get(sequence, "tasks");
    size_t count = list_count(tasks);
    struct plan *plan = &s->plans[s->plan_count++];
    *plan = (struct plan){.name = text_take(&m->texts, name)};
    plan->tasks = mem_alloc((count + 1) * sizeof *plan->tasks);
    for (size_t i = 0; i < count; i++) {
        const char *task = node_text(tasks->items[i], "name");
        if (task != NULL)
            plan->tasks[plan->task_count++] = text_take(&m->texts, task);
    }
}

static void plan_stage(struct model *m, struct stage *s, const struct yaml_node *sequences)
{
    size_t count = list_count(sequences);
    s->plans = mem_alloc((count + 1) * sizeof *s->plans);
    for (size_t i = 0; i < count; i++)
        plan_sequence(m, s, sequences->items[i]);
    if (stage_plan(s, EVALUATION) != NULL)
        return;
    struct plan *plan = &s->plans[s->plan_count++]; /* every stage has it (keptn-events.md, section 2) */
    *plan = (struct plan){.name = text_take(&m->texts, EVALUATION), .task_count = 1};
    plan->tasks = mem_alloc(sizeof *plan->tasks);
    plan->tasks[0] = text_take(&m->texts, EVALUATION);
}

void shipyard_plan(struct model *m, struct project *p, const char *text)
{
    for (size_t i = 0; i < p->pub.stage_count; i++)
        stage_plans_free(m, (struct stage *)p->pub.stages[i]);
    struct yaml *document = NULL;
    if (text == NULL || yaml_parse(text, strlen(text), "shipyard.yaml", &document, NULL) != STATUS_OK)
        return;
    const struct yaml_node *stages = yaml_get(yaml_get(yaml_root(document), "spec"), "stages");
    for (size_t i = 0; i < list_count(stages); i++) {
        const char *name = node_text(stages->items[i], "name");
        struct stage *s = name != NULL ? stage_find(p, name) : NULL;
        if (s != NULL && s->plans == NULL)
            plan_stage(m, s, yaml_get(stages->items[i], "sequences"));
    }
    yaml_free(document);
}
