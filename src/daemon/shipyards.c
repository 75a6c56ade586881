/* What a sequence `triggered` needs from Git: the shipyard as it is on the default branch now, and the
 * stage's newest commit. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/core.h"

struct start {
    struct core *core;
    uint64_t number;
    struct event event;
    struct buffer shipyard;
    char shipyard_commit[REPO_COMMIT_SIZE], stage_commit[REPO_COMMIT_SIZE];
    enum status status;
    struct error err;
};

/* On the thread pool. */
static void read_shipyard(void *arg)
{
    struct start *s = arg;
    struct repo *repo = s->core->repo;
    const struct repo_scope project = {.project = s->event.project};
    const struct repo_scope stage = {.project = s->event.project, .stage = s->event.stage};
    struct error ignored = ERROR_NONE;
    s->status = repo_fetch(repo, s->event.project, &s->err);
    if (s->status == STATUS_OK)
        s->status =
            repo_read(repo, &project, "shipyard.yaml", NULL, &s->shipyard, s->shipyard_commit, &s->err);
    if (s->event.stage != NULL && repo_head(repo, &stage, s->stage_commit, &ignored) != STATUS_OK)
        s->stage_commit[0] = '\0'; /* keptn-events.md, 3.6: a fault leaves it empty */
}

/* A stage that `project` does not list yet, or a changed text: the stored project follows the repository, as
 * in Keptn. */
static void keep_shipyard(struct turn *t, struct start *s, const struct shipyard *yard)
{
    cJSON *stored = store_project_json(s->core->store, s->event.project);
    const char *before = json_text(stored, "shipyard");
    if (stored != NULL && (before == NULL || strcmp(before, buffer_text(&s->shipyard)) != 0)) {
        cJSON *stages = core_stages_json(yard);
        const char *created = json_text(stored, "creationDate");
        const struct store_project p = {.name = s->event.project,
                                        .shipyard = buffer_text(&s->shipyard),
                                        .shipyard_version = yard->api_version,
                                        .stages = stages,
                                        .created_ns = created ? strtoll(created, NULL, 10) : 0};
        store_batch_project(turn_batch(t), &p);
        cJSON_Delete(stages);
    }
    cJSON_Delete(stored);
}

static void free_start(struct start *s)
{
    event_free(&s->event);
    buffer_free(&s->shipyard);
    free(s);
}

/* The shipyard of the text; NULL: s->err says why there is none. */
static struct shipyard *parse(struct start *s)
{
    struct shipyard *yard = NULL;
    if (s->status == STATUS_OK)
        s->status = shipyard_parse(s->shipyard.data ? s->shipyard.data : "", s->shipyard.len, "shipyard.yaml",
                                   &yard, &s->err);
    return s->status == STATUS_OK ? yard : NULL;
}

static void apply(struct turn *t, struct start *s)
{
    struct core *core = s->core;
    struct shipyard *yard = parse(s);
    struct sequencer_source source = {0};
    char *fault = NULL;
    if (yard != NULL) {
        source.shipyard = yard;
        source.shipyard_commit = s->shipyard_commit;
        source.stage_commit = s->stage_commit;
        keep_shipyard(t, s, yard);
    } else {
        fault = mem_printf("Unable to retrieve Shipyard file: %s", s->err.text);
        source.fault = fault;
        log_write(LOG_WARN, "project %s, context %s: %s", s->event.project, s->event.context, fault);
    }
    struct sequencer_effects *effects = sequencer_effects_new();
    sequencer_apply(core->sequencer, &s->event, &source, core_now(core), effects);
    turn_effects(t, effects);
    sequencer_effects_free(effects);
    shipyard_free(yard);
    free(fault);
}

static void shipyard_read(void *arg)
{
    struct start *s = arg;
    struct turn *t = turn_new(s->core);
    store_batch_handled(turn_batch(t), s->number, STORE_FOR_SEQUENCER);
    if (core_project_has(s->core, s->event.project, s->event.id))
        apply(t, s);
    else
        log_write(LOG_INFO, "project %s was deleted: its sequence event %s starts nothing", s->event.project,
                  s->event.id);
    turn_commit(t, NULL, NULL);
    free_start(s);
}

void core_start_sequence(struct core *core, uint64_t number, const char *text, size_t len)
{
    struct start *s = MEM_NEW(struct start);
    s->core = core;
    s->number = number;
    s->shipyard = BUFFER_LIMIT(SHIPYARD_TEXT_MAX);
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &s->event, &s->err) != STATUS_OK ||
        s->event.project == NULL || s->event.stage == NULL || s->event.service == NULL) {
        log_write(LOG_WARN, "sequence event %s names no project, stage or service: nothing is started (%s)",
                  s->event.id ? s->event.id : "?", s->err.text);
        struct turn *t = turn_new(core);
        store_batch_handled(turn_batch(t), number, STORE_FOR_SEQUENCER);
        turn_commit(t, NULL, NULL);
        free_start(s);
        return;
    }
    repo_queue_add(core->repo_queue, s->event.project, read_shipyard, shipyard_read, s);
}

static void add_parents(cJSON *stage, const struct shipyard *yard, const struct shipyard_stage *of)
{
    cJSON *parents = cJSON_CreateArray();
    for (size_t i = 0; i < of->sequence_count; i++) {
        for (size_t k = 0; k < of->sequences[i].trigger_count; k++) {
            const char *event = of->sequences[i].triggers[k].event;
            size_t len = strcspn(event, ".");
            for (size_t n = 0; n < yard->stage_count; n++) {
                const char *name = yard->stages[n].name;
                if (strlen(name) != len || strncmp(name, event, len) != 0)
                    continue;
                bool there = false;
                const cJSON *item;
                cJSON_ArrayForEach(item, parents) there = there || strcmp(item->valuestring, name) == 0;
                if (!there)
                    cJSON_AddItemToArray(parents, cJSON_CreateString(name));
            }
        }
    }
    if (cJSON_GetArraySize(parents) > 0)
        cJSON_AddItemToObject(stage, "parentStages", parents);
    else
        cJSON_Delete(parents);
}

cJSON *core_stages_json(const struct shipyard *yard)
{
    cJSON *stages = cJSON_CreateArray();
    for (size_t i = 0; i < yard->stage_count; i++) {
        cJSON *stage = cJSON_CreateObject();
        cJSON_AddStringToObject(stage, "stageName", yard->stages[i].name);
        add_parents(stage, yard, &yard->stages[i]);
        cJSON_AddItemToArray(stages, stage);
    }
    return stages;
}
