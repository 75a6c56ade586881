#include "config.h"

#include "shipyard/shipyard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "event/event.h"
#include "shipyard/internal.h"

#define VERSION_PREFIX "spec.keptn.sh/"
#define EVALUATION     "evaluation"

/* Everything that a shipyard points to; the property objects are cJSON's and are freed one by one. */
struct yard_memory {
    struct arena arena;
    cJSON **properties;
    size_t property_count, property_capacity;
};

struct yard_reader {
    struct reading in;
    struct yard_memory *memory;
};

/* Takes a number of at most nine digits off the text. */
static bool take_number(const char **text, unsigned long *out)
{
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 9)
        return false;
    *out = strtoul(*text, NULL, 10);
    *text += digits;
    return true;
}

/* At least 0.2, of one to three numbers and what semantic versions may have behind them (source:
 * semver.org, 2.0.0). */
static bool version_is_supported(const char *text)
{
    unsigned long numbers[3] = {0, 0, 0};
    if (strncmp(text, VERSION_PREFIX, sizeof(VERSION_PREFIX) - 1) == 0)
        text += sizeof(VERSION_PREFIX) - 1;
    if (*text == 'v')
        text++;
    for (size_t i = 0; i < 3; i++) {
        if (!take_number(&text, &numbers[i]))
            return false;
        if (*text != '.' || i == 2)
            break;
        text++;
    }
    bool before_release = *text == '-';
    if (*text != '\0' && *text != '-' && *text != '+')
        return false;
    if (*text != '\0') {
        const char *more = text + 1;
        static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+";
        if (*more == '\0' || more[strspn(more, allowed)] != '\0')
            return false;
    }
    if (numbers[0] == 0 && numbers[1] == 2 && numbers[2] == 0 && before_release)
        return false; /* 0.2.0-rc.1 comes before 0.2.0 */
    return numbers[0] > 0 || numbers[1] >= 2;
}

/* A lower-case letter, then lower-case letters, digits and hyphens inside (source: keptn-events.md, section
 * 2). */
static bool is_stage_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > EVENT_NAME_MAX || name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* The name of a sequence or task. It is free in Keptn, but it becomes one dot part of an event's type: an
 * empty one gives a type that nobody acts on, and a task `qa.delivery` would trigger a sequence. */
static enum status read_part_name(const struct yard_reader *r, const struct yaml_node *parent,
                                  const char *what, const char **out, struct error *err)
{
    const struct yaml_node *node;
    enum status status = reading_text(&r->in, parent, "name", out, &node, err);
    if (status != STATUS_OK)
        return status;
    if (**out == '\0')
        return yaml_error(r->in.yaml, node ? node : parent, err, "the %s has no name; add \"name: …\"", what);
    if (strlen(*out) > EVENT_NAME_MAX)
        return yaml_error(r->in.yaml, node, err, "the name of the %s is longer than %d bytes", what,
                          EVENT_NAME_MAX);
    for (const char *c = *out; *c; c++)
        if (*c == '.' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return yaml_error(
                r->in.yaml, node, err,
                "the name of a %s becomes one part of an event type and must have no dot and no "
                "control character: \"%s\"",
                what, *out);
    return STATUS_OK;
}

static enum status read_task(const struct yard_reader *r, const struct yaml_node *node,
                             struct shipyard_task *out, struct error *err)
{
    enum status status = reading_check_mapping(&r->in, node, "a task", err);
    if (status != STATUS_OK)
        return status;
    status = read_part_name(r, node, "task", &out->name, err);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *properties = yaml_get(node, "properties");
    if (properties && properties->kind == YAML_MAPPING) { /* anything else Keptn drops in silence */
        struct yard_memory *m = r->memory;
        cJSON *json = yaml_to_json(properties);
        MEM_GROW(m->properties, m->property_count, m->property_capacity);
        m->properties[m->property_count++] = json;
        out->properties = json;
    }
    const struct yaml_node *after = yaml_get(node, "triggeredAfter");
    int64_t delay_ns = 0;
    if (after && after->kind == YAML_SCALAR && clock_parse_duration(after->text, &delay_ns) && delay_ns > 0)
        out->triggered_after_ns = delay_ns; /* what is unreadable is no delay, as in Keptn */
    return STATUS_OK;
}

static enum status read_selector(const struct yard_reader *r, const struct yaml_node *trigger,
                                 struct shipyard_trigger *out, struct error *err)
{
    const struct yaml_node *selector, *match;
    enum status status = reading_mapping(&r->in, trigger, "selector", &selector, err);
    if (status != STATUS_OK)
        return status;
    status = reading_mapping(&r->in, selector, "match", &match, err);
    if (status != STATUS_OK || !match || match->count == 0)
        return status;
    struct shipyard_match *matches = reading_array(&r->in, match->count, sizeof *matches);
    for (size_t i = 0; i < match->count; i++) {
        const struct yaml_node *item = match->items[i];
        if (item->kind != YAML_SCALAR)
            return yaml_error(r->in.yaml, item, err, "the selector \"%s\" must have a text as its value",
                              item->key);
        matches[i].key = arena_string(r->in.arena, item->key);
        matches[i].value = yaml_is_null(item) ? "" : arena_string(r->in.arena, item->text);
    }
    out->matches = matches;
    out->match_count = match->count;
    return STATUS_OK;
}

static enum status read_trigger(const struct yard_reader *r, const struct yaml_node *node,
                                struct shipyard_trigger *out, struct error *err)
{
    enum status status = reading_check_mapping(&r->in, node, "an entry of triggeredOn", err);
    if (status == STATUS_OK)
        status = reading_text(&r->in, node, "event", &out->event, NULL, err);
    if (status == STATUS_OK)
        status = read_selector(r, node, out, err);
    return status;
}

static enum status read_sequence(const struct yard_reader *r, const struct yaml_node *node,
                                 struct shipyard_sequence *out, struct error *err)
{
    const struct yaml_node *triggers = NULL, *tasks = NULL;
    enum status status = reading_check_mapping(&r->in, node, "a sequence", err);
    if (status == STATUS_OK)
        status = read_part_name(r, node, "sequence", &out->name, err);
    if (status == STATUS_OK)
        status = reading_list(&r->in, node, "triggeredOn", &triggers, err);
    if (status == STATUS_OK)
        status = reading_list(&r->in, node, "tasks", &tasks, err);
    if (status != STATUS_OK)
        return status;
    if (triggers) {
        out->triggers = reading_array(&r->in, triggers->count, sizeof *out->triggers);
        for (; out->trigger_count < triggers->count; out->trigger_count++) {
            size_t i = out->trigger_count;
            status = read_trigger(r, triggers->items[i], &out->triggers[i], err);
            if (status != STATUS_OK)
                return status;
        }
    }
    if (tasks) {
        out->tasks = reading_array(&r->in, tasks->count, sizeof *out->tasks);
        for (; out->task_count < tasks->count; out->task_count++) {
            size_t i = out->task_count;
            status = read_task(r, tasks->items[i], &out->tasks[i], err);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* Sequence `evaluation` with task `evaluation`, which each stage has that defines none. */
static void add_evaluation(const struct yard_reader *r, struct shipyard_stage *stage)
{
    if (shipyard_find_sequence(stage, EVALUATION))
        return;
    struct shipyard_sequence *added = &stage->sequences[stage->sequence_count++];
    added->name = EVALUATION;
    added->tasks = reading_array(&r->in, 1, sizeof *added->tasks);
    added->tasks[0].name = EVALUATION;
    added->task_count = 1;
}

static enum status read_stage(const struct yard_reader *r, const struct yaml_node *node,
                              struct shipyard_stage *out, struct error *err)
{
    const struct yaml_node *name, *sequences;
    enum status status = reading_check_mapping(&r->in, node, "a stage", err);
    if (status == STATUS_OK)
        status = reading_text(&r->in, node, "name", &out->name, &name, err);
    if (status != STATUS_OK)
        return status;
    if (*out->name == '\0')
        return yaml_error(r->in.yaml, name ? name : node, err, "the stage has no name; add \"name: …\"");
    if (!is_stage_name(out->name))
        return yaml_error(
            r->in.yaml, name, err,
            "\"%s\" is no name for a stage: it must begin with a lower-case letter, go on with "
            "lower-case letters, digits and hyphens, and not end with a hyphen (at most %d bytes)",
            out->name, EVENT_NAME_MAX);
    status = reading_list(&r->in, node, "sequences", &sequences, err);
    if (status != STATUS_OK)
        return status;
    size_t count = sequences ? sequences->count : 0;
    out->sequences = reading_array(&r->in, count + 1, sizeof *out->sequences);
    for (; out->sequence_count < count; out->sequence_count++) {
        size_t i = out->sequence_count;
        status = read_sequence(r, sequences->items[i], &out->sequences[i], err);
        if (status != STATUS_OK)
            return status;
    }
    add_evaluation(r, out);
    return STATUS_OK;
}

static enum status read_stages(const struct yard_reader *r, const struct yaml_node *root,
                               struct shipyard *yard, struct error *err)
{
    const struct yaml_node *spec, *stages = NULL;
    enum status status = reading_mapping(&r->in, root, "spec", &spec, err);
    if (status == STATUS_OK)
        status = reading_list(&r->in, spec, "stages", &stages, err);
    if (status != STATUS_OK)
        return status;
    if (!stages || stages->count == 0)
        return yaml_error(r->in.yaml,
                          stages ? stages
                          : spec ? spec
                                 : root,
                          err, "a shipyard must have at least one stage below \"spec: stages:\"");
    yard->stages = reading_array(&r->in, stages->count, sizeof *yard->stages);
    struct map names = {0}; /* not shipyard_find_stage: a hostile file can have tens of thousands of stages */
    for (; yard->stage_count < stages->count && status == STATUS_OK; yard->stage_count++) {
        struct shipyard_stage *stage = &yard->stages[yard->stage_count];
        const struct yaml_node *node = stages->items[yard->stage_count];
        status = read_stage(r, node, stage, err);
        if (status == STATUS_OK && map_put(&names, stage->name, stage))
            status = yaml_error(r->in.yaml, yaml_get(node, "name"), err,
                                "the stage \"%s\" is there twice; each stage needs a name of its own",
                                stage->name);
    }
    map_free(&names, NULL);
    return status;
}

static enum status read_yard(const struct yard_reader *r, struct shipyard *yard, struct error *err)
{
    const struct yaml_node *root = yaml_root(r->in.yaml), *version;
    enum status status = reading_check_mapping(&r->in, root, "a shipyard", err);
    if (status == STATUS_OK)
        status = reading_text(&r->in, root, "apiVersion", &yard->api_version, &version, err);
    if (status != STATUS_OK)
        return status;
    if (*yard->api_version == '\0')
        return yaml_error(r->in.yaml, version ? version : root, err,
                          "\"apiVersion\" is missing; add \"apiVersion: spec.keptn.sh/0.2.3\"");
    if (!version_is_supported(yard->api_version))
        return yaml_error(r->in.yaml, version, err,
                          "apiVersion \"%s\" is not supported; it must be spec.keptn.sh/0.2.0 or newer",
                          yard->api_version);
    const struct yaml_node *name = yaml_get(yaml_get(root, "metadata"), "name");
    yard->name = name && name->kind == YAML_SCALAR ? arena_string(r->in.arena, name->text) : "";
    return read_stages(r, root, yard, err);
}

enum status shipyard_parse(const char *text, size_t len, const char *file, struct shipyard **out,
                           struct error *err)
{
    struct yaml *yaml = NULL;
    if (len > SHIPYARD_TEXT_MAX)
        return error_set(err, STATUS_TOO_LARGE, "%s has %zu bytes; a shipyard may have at most %d", file, len,
                         SHIPYARD_TEXT_MAX);
    enum status status = yaml_parse(text, len, file, &yaml, err);
    if (status != STATUS_OK)
        return status;
    struct shipyard *yard = MEM_NEW(struct shipyard);
    struct yard_memory *memory = MEM_NEW(struct yard_memory);
    yard->owner = memory;
    struct yard_reader r = {.in = {.yaml = yaml, .arena = &memory->arena}, .memory = memory};
    status = read_yard(&r, yard, err);
    yaml_free(yaml);
    if (status != STATUS_OK) {
        shipyard_free(yard);
        return status;
    }
    *out = yard;
    return STATUS_OK;
}

void shipyard_free(struct shipyard *yard)
{
    if (!yard)
        return;
    struct yard_memory *memory = yard->owner;
    for (size_t i = 0; i < memory->property_count; i++)
        cJSON_Delete(memory->properties[i]);
    free(memory->properties);
    arena_free(&memory->arena);
    free(memory);
    free(yard);
}

const struct shipyard_stage *shipyard_find_stage(const struct shipyard *yard, const char *stage)
{
    for (size_t i = 0; i < yard->stage_count; i++)
        if (strcmp(yard->stages[i].name, stage) == 0)
            return &yard->stages[i];
    return NULL;
}

const struct shipyard_sequence *shipyard_find_sequence(const struct shipyard_stage *stage,
                                                       const char *sequence)
{
    for (size_t i = 0; i < stage->sequence_count; i++)
        if (strcmp(stage->sequences[i].name, sequence) == 0)
            return &stage->sequences[i];
    return NULL;
}

bool shipyard_trigger_fits(const struct shipyard_trigger *trigger, const char *last_task, const char *result)
{
    if (trigger->match_count == 0)
        return strcmp(result, "pass") == 0 || strcmp(result, "warning") == 0;
    size_t task_len = strlen(last_task);
    for (size_t i = 0; i < trigger->match_count; i++) {
        const struct shipyard_match *m = &trigger->matches[i];
        bool names_result = strcmp(m->key, "result") == 0 || (strncmp(m->key, last_task, task_len) == 0 &&
                                                              strcmp(m->key + task_len, ".result") == 0);
        if (names_result && strcmp(m->value, result) == 0)
            return true;
    }
    return false;
}
