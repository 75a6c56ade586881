/* The state of a context as Keptn's sequence query shows it: kept as that JSON, changed in place. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "sequencer/internal.h"

static void set_time(cJSON *object, const char *key, int64_t ns)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format_ms(ns, text);
    json_set_text(object, key, text);
}

cJSON *state_new(const struct event *ev, int64_t now_ns)
{
    cJSON *state = json_must(cJSON_CreateObject());
    json_set_text(state, "name", ev->parsed_type.name);
    json_set_text(state, "service", ev->service);
    json_set_text(state, "project", ev->project);
    set_time(state, "time", ev->time_ns > 0 ? ev->time_ns : now_ns);
    json_set_text(state, "shkeptncontext", ev->context);
    json_set_text(state, "state", "triggered");
    json_set(state, "stages", json_must(cJSON_CreateArray()));
    const char *title = json_text(json_get(ev->data, "problem"), "problemTitle");
    if (title != NULL && title[0] != '\0')
        json_set_text(state, "problemTitle", title);
    return state;
}

const char *state_overall(const struct record *r)
{
    const char *word = json_text(r->state, "state");
    return word != NULL ? word : "";
}

void state_set_overall(struct record *r, const char *word)
{
    json_set_text(r->state, "state", word);
}

static cJSON *find_stage(const struct record *r, const char *stage)
{
    cJSON *stages = cJSON_GetObjectItemCaseSensitive(r->state, "stages"), *entry = NULL;
    cJSON_ArrayForEach(entry, stages)
    {
        const char *name = json_text(entry, "name");
        if (name != NULL && strcmp(name, stage) == 0)
            return entry;
    }
    return NULL;
}

bool state_has_stage(const struct record *r, const char *stage)
{
    return find_stage(r, stage) != NULL;
}

static cJSON *stage_entry(struct record *r, const char *stage)
{
    cJSON *entry = find_stage(r, stage);
    if (entry != NULL)
        return entry;
    cJSON *stages = cJSON_GetObjectItemCaseSensitive(r->state, "stages");
    if (!cJSON_IsArray(stages)) {
        stages = json_must(cJSON_CreateArray());
        json_set(r->state, "stages", stages);
    }
    entry = json_must(cJSON_CreateObject());
    json_set_text(entry, "name", stage);
    json_set_text(entry, "state", "");
    cJSON_AddItemToArray(stages, entry);
    return entry;
}

void state_set_stage(struct record *r, const char *stage, const char *word)
{
    cJSON *entry = stage_entry(r, stage);
    if (word != NULL)
        json_set_text(entry, "state", word);
}

void state_resume_stages(struct record *r)
{
    cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, json_get(r->state, "stages"))
    {
        const char *word = json_text(entry, "state");
        if (word != NULL && strcmp(word, "paused") == 0)
            json_set_text(entry, "state", "started");
    }
}

static void set_event(cJSON *entry, const char *key, const struct state_event *ev, int64_t now_ns)
{
    cJSON *item = json_must(cJSON_CreateObject());
    json_set_text(item, "type", ev->type);
    json_set_text(item, "id", ev->id);
    set_time(item, "time", now_ns);
    json_set(entry, key, item);
}

void state_event(struct record *r, const char *stage, const char *word, const struct state_event *ev,
                 int64_t now_ns)
{
    cJSON *entry = stage_entry(r, stage);
    if (word != NULL)
        json_set_text(entry, "state", word);
    set_event(entry, "latestEvent", ev, now_ns);
    bool failed = (ev->result != NULL && strcmp(ev->result, "fail") == 0) ||
                  (ev->status != NULL && strcmp(ev->status, "errored") == 0);
    if (failed)
        set_event(entry, "latestFailedEvent", ev, now_ns);
}

void state_set_shipyard_commit(struct record *r, const char *stage, const char *commit)
{
    json_set_text(stage_entry(r, stage), "shipyardcommit", commit);
}

void state_set_image(struct record *r, const char *stage, const cJSON *payload)
{
    const char *image = event_image(payload);
    if (image != NULL)
        json_set_text(stage_entry(r, stage), "image", image);
}

void state_set_evaluation(struct record *r, const char *stage, const struct event *ev)
{
    const cJSON *evaluation = json_get(ev->data, "evaluation");
    if (evaluation == NULL)
        return;
    const char *result = json_text(evaluation, "result");
    const cJSON *score = json_get(evaluation, "score");
    cJSON *shown = json_must(cJSON_CreateObject());
    json_set_text(shown, "result", result != NULL ? result : "");
    json_set(shown, "score", json_must(cJSON_CreateNumber(cJSON_IsNumber(score) ? score->valuedouble : 0)));
    json_set(stage_entry(r, stage), "latestEvaluation", shown);
}
