#include "config.h"

#include "shipyard/jobconfig.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "shipyard/goregex.h"
#include "shipyard/internal.h"
#include "shipyard/jsonpath.h"

#define API_VERSION    "v2"
#define POLL_DEFAULT_S 300
#define POLL_MAX_S     (7 * 24 * 3600)

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Everything in a mapping must be one of the keys: job/config.yaml is read strictly, so that a misspelt key
 * is not in vain. */
static enum status check_keys(const struct reading *r, const struct yaml_node *node, const char *what,
                              const char *const *keys, struct error *err)
{
    enum status status = reading_check_mapping(r, node, what, err);
    if (status != STATUS_OK || node->kind != YAML_MAPPING)
        return status;
    for (size_t i = 0; i < node->count; i++) {
        const char *const *key = keys;
        while (*key && strcmp(*key, node->items[i]->key) != 0)
            key++;
        if (!*key)
            return reading_key_error(r, node->items[i], err, "unknown key \"%s\" in %s", node->items[i]->key,
                                     what);
    }
    return STATUS_OK;
}

static enum status read_texts(const struct reading *r, const struct yaml_node *parent, const char *key,
                              const char *const **out, struct error *err)
{
    const struct yaml_node *list;
    enum status status = reading_list(r, parent, key, &list, err);
    if (status != STATUS_OK)
        return status;
    size_t count = list ? list->count : 0;
    const char **texts = reading_array(r, count + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = list->items[i];
        if (item->kind != YAML_SCALAR)
            return yaml_error(r->yaml, item, err, "each entry of \"%s\" must be a text", key);
        texts[i] = yaml_is_null(item) ? "" : arena_string(r->arena, item->text);
    }
    *out = texts;
    return STATUS_OK;
}

static enum status read_int(const struct reading *r, const struct yaml_node *parent, const char *key,
                            long long min, long long max, int *out, struct error *err)
{
    const struct yaml_node *node = yaml_get(parent, key);
    long long value;
    if (!node || yaml_is_null(node))
        return STATUS_OK;
    if (!yaml_int(node, &value) || value < min || value > max)
        return yaml_error(r->yaml, node, err, "\"%s\" must be a whole number from %lld to %lld", key, min,
                          max);
    *out = (int)value;
    return STATUS_OK;
}

/* A list of mappings, each read by read_one into an element of *items. */
typedef enum status (*read_one_fn)(const struct reading *r, const struct yaml_node *node, void *out,
                                   struct error *err);

static enum status read_all(const struct reading *r, const struct yaml_node *parent, const char *key,
                            size_t size, read_one_fn read_one, void **items, size_t *count, struct error *err)
{
    const struct yaml_node *list;
    enum status status = reading_list(r, parent, key, &list, err);
    if (status != STATUS_OK || !list)
        return status;
    *items = reading_array(r, list->count, size);
    for (*count = 0; *count < list->count && status == STATUS_OK; (*count)++)
        status = read_one(r, list->items[*count], (char *)*items + *count * size, err);
    return status;
}

static enum status read_env(const struct reading *r, const struct yaml_node *node, void *out,
                            struct error *err)
{
    struct jobconfig_env *env = out;
    const struct yaml_node *name, *from_node;
    const char *from = "", *as = "";
    enum status status =
        check_keys(r, node, "an entry of env", KEYS("name", "value", "valueFrom", "as"), err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "name", &env->name, &name, err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "value", &env->value, NULL, err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "valueFrom", &from, &from_node, err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "as", &as, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (*env->name == '\0' || strchr(env->name, '='))
        return yaml_error(r->yaml, name ? name : node, err,
                          "an entry of env needs a \"name\" without an equals sign");
    if (strcmp(from, "event") == 0)
        env->from = JOBCONFIG_ENV_EVENT;
    else if (strcmp(from, "secret") == 0)
        env->from = JOBCONFIG_ENV_SECRET;
    else if (strcmp(from, "string") == 0)
        env->from = JOBCONFIG_ENV_STRING;
    else
        return yaml_error(r->yaml, from_node ? from_node : node, err,
                          "the entry of env \"%s\" needs \"valueFrom\": event, secret or string", env->name);
    env->as = strcasecmp(as, "json") == 0 ? "json" : strcasecmp(as, "yaml") == 0 ? "yaml" : NULL;
    return STATUS_OK;
}

/* What only a cluster acts on is checked for its shape and not kept. */
static enum status check_cluster_keys(const struct reading *r, const struct yaml_node *task,
                                      struct error *err)
{
    static const char *const texts[] = {"imagePullPolicy", "namespace", "serviceAccount"};
    static const char *const mappings[] = {"annotations", "securityContext", "resources"};
    enum status status = STATUS_OK;
    const struct yaml_node *node;
    const char *text;
    int seconds;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == STATUS_OK; i++)
        status = reading_text(r, task, texts[i], &text, NULL, err);
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings && status == STATUS_OK; i++)
        status = reading_mapping(r, task, mappings[i], &node, err);
    if (status == STATUS_OK)
        status = read_int(r, task, "ttlSecondsAfterFinished", 0, INT_MAX, &seconds, err);
    return status;
}

static enum status read_task(const struct reading *r, const struct yaml_node *node, void *out,
                             struct error *err)
{
    struct jobconfig_task *task = out;
    void *env = NULL;
    enum status status =
        check_keys(r, node, "a task",
                   KEYS("name", "files", "image", "cmd", "args", "env", "workingDir", "maxPollDuration",
                        "imagePullPolicy", "namespace", "serviceAccount", "annotations", "securityContext",
                        "resources", "ttlSecondsAfterFinished"),
                   err);
    task->max_poll_s = POLL_DEFAULT_S;
    if (status == STATUS_OK)
        status = reading_text(r, node, "name", &task->name, NULL, err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "image", &task->image, NULL, err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "workingDir", &task->working_dir, NULL, err);
    if (status == STATUS_OK)
        status = read_texts(r, node, "files", &task->files, err);
    if (status == STATUS_OK)
        status = read_texts(r, node, "cmd", &task->cmd, err);
    if (status == STATUS_OK)
        status = read_texts(r, node, "args", &task->args, err);
    if (status == STATUS_OK)
        status = read_all(r, node, "env", sizeof *task->env, read_env, &env, &task->env_count, err);
    if (status == STATUS_OK)
        status = read_int(r, node, "maxPollDuration", 1, POLL_MAX_S, &task->max_poll_s, err);
    if (status == STATUS_OK)
        status = check_cluster_keys(r, node, err);
    task->env = env;
    return status;
}

static enum status read_event(const struct reading *r, const struct yaml_node *node, void *out,
                              struct error *err)
{
    struct jobconfig_event *event = out;
    const struct yaml_node *path = NULL, *name;
    enum status status = check_keys(r, node, "an event", KEYS("name", "jsonpath"), err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "name", &event->name, &name, err);
    if (status == STATUS_OK)
        status = reading_mapping(r, node, "jsonpath", &path, err);
    if (status == STATUS_OK && path)
        status = check_keys(r, path, "jsonpath", KEYS("property", "match"), err);
    if (status == STATUS_OK && path)
        status = reading_text(r, path, "property", &event->property, NULL, err);
    if (status == STATUS_OK && path)
        status = reading_text(r, path, "match", &event->match, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (*event->name == '\0') /* as an expression it would fit every event there is */
        return yaml_error(r->yaml, name ? name : node, err,
                          "an event has no name; add \"name: sh.keptn.event.…\"");
    if (!event->property || *event->property == '\0')
        event->property = event->match = NULL;
    return STATUS_OK;
}

static enum status read_action(const struct reading *r, const struct yaml_node *node, void *out,
                               struct error *err)
{
    struct jobconfig_action *action = out;
    void *events = NULL, *tasks = NULL;
    enum status status = check_keys(r, node, "an action", KEYS("name", "events", "tasks", "silent"), err);
    if (status == STATUS_OK)
        status = reading_text(r, node, "name", &action->name, NULL, err);
    const struct yaml_node *silent = status == STATUS_OK ? yaml_get(node, "silent") : NULL;
    if (silent && !yaml_is_null(silent) && !yaml_bool(silent, &action->silent))
        return yaml_error(r->yaml, silent, err, "\"silent\" must be true or false");
    if (status == STATUS_OK)
        status = read_all(r, node, "events", sizeof *action->events, read_event, &events,
                          &action->event_count, err);
    if (status == STATUS_OK)
        status =
            read_all(r, node, "tasks", sizeof *action->tasks, read_task, &tasks, &action->task_count, err);
    action->events = events;
    action->tasks = tasks;
    return status;
}

static enum status read_config(const struct reading *r, struct jobconfig *config, struct error *err)
{
    const struct yaml_node *root = yaml_root(r->yaml), *node;
    const char *version;
    void *actions = NULL;
    enum status status = check_keys(r, root, "a job configuration", KEYS("apiVersion", "actions"), err);
    if (status == STATUS_OK)
        status = reading_text(r, root, "apiVersion", &version, &node, err);
    if (status != STATUS_OK)
        return status;
    if (strcmp(version, API_VERSION) != 0)
        return yaml_error(r->yaml, node ? node : root, err, "\"apiVersion\" must be " API_VERSION "%s%s%s",
                          *version ? ", not \"" : "; it is missing", version, *version ? "\"" : "");
    status = read_all(r, root, "actions", sizeof *config->actions, read_action, &actions,
                      &config->action_count, err);
    config->actions = actions;
    return status;
}

enum status jobconfig_parse(const char *text, size_t len, const char *file, struct jobconfig **out,
                            struct error *err)
{
    struct yaml *yaml = NULL;
    enum status status = yaml_parse(text, len, file, &yaml, err);
    if (status != STATUS_OK)
        return status;
    struct jobconfig *config = MEM_NEW(struct jobconfig);
    struct arena *arena = MEM_NEW(struct arena);
    config->owner = arena;
    struct reading r = {.yaml = yaml, .arena = arena};
    status = read_config(&r, config, err);
    yaml_free(yaml);
    if (status != STATUS_OK) {
        jobconfig_free(config);
        return status;
    }
    *out = config;
    return STATUS_OK;
}

void jobconfig_free(struct jobconfig *config)
{
    if (!config)
        return;
    arena_free(config->owner);
    free(config->owner);
    free(config);
}

static void add_attribute(cJSON *object, const char *name, const char *value)
{
    cJSON_AddItemToObject(object, name, cJSON_CreateString(value ? value : ""));
}

/* The event as a JSONPath sees it (source: keptn-events.md, section 5). data is referred to. The caller's. */
static cJSON *event_as_object(const struct event *ev)
{
    cJSON *object = cJSON_CreateObject();
    add_attribute(object, "id", ev->id);
    add_attribute(object, "shkeptncontext", ev->context);
    add_attribute(object, "time", ev->time);
    add_attribute(object, "source", ev->source);
    add_attribute(object, "specversion", ev->specversion);
    add_attribute(object, "type", ev->type);
    add_attribute(object, "gitcommitid", ev->gitcommitid);
    if (ev->data)
        cJSON_AddItemReferenceToObject(object, "data", (cJSON *)(uintptr_t)ev->data);
    return object;
}

static enum status find_in_event(const struct event *ev, const char *path, cJSON **out, struct error *err)
{
    cJSON *object = event_as_object(ev);
    enum status status = jsonpath_find(object, path, out, err);
    cJSON_Delete(object);
    return status;
}

static bool event_fits(const struct jobconfig_event *rule, const struct event *ev)
{
    if (!goregex_fits(rule->name, ev->type))
        return false;
    if (!rule->property)
        return true;
    cJSON *value = NULL;
    struct error err = ERROR_NONE;
    if (find_in_event(ev, rule->property, &value, &err) != STATUS_OK)
        return false;
    bool fits = cJSON_IsString(value) && strcmp(value->valuestring, rule->match ? rule->match : "") == 0;
    cJSON_Delete(value);
    return fits;
}

bool jobconfig_action_fits(const struct jobconfig_action *action, const struct event *ev)
{
    for (size_t i = 0; ev->type && i < action->event_count; i++)
        if (event_fits(&action->events[i], ev))
            return true;
    return false;
}

const char *jobconfig_event_fault(const struct jobconfig_event *rule)
{
    return goregex_fault(rule->name);
}

enum status jobconfig_event_value(const struct event *ev, const char *path, const char *as,
                                  struct buffer *out, struct error *err)
{
    cJSON *value = NULL;
    enum status status = find_in_event(ev, path, &value, err);
    if (status != STATUS_OK)
        return status;
    bool fits;
    if (as && strcasecmp(as, "yaml") == 0)
        fits = govalue_print_yaml(value, out);
    else if ((as && strcasecmp(as, "json") == 0) || cJSON_IsObject(value))
        fits = json_print(value, out);
    else
        fits = govalue_print(value, out);
    cJSON_Delete(value);
    return fits ? STATUS_OK
                : error_set(err, STATUS_TOO_LARGE, "the event's value at \"%s\" has more than %zu bytes",
                            path, out->limit);
}
