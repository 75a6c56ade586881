/* trigger.c: trigger delivery, trigger sequence. The project, its stage and the service in it are asked for
 * first, so that a wrong name is told at once and not by a sequence that ends in error. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/internal.h"
#include "cli/watch.h"
#include "event/event.h"

#define EVENT_SOURCE "drawbridge"

const struct cli_option cli_trigger_delivery_options[] = {
    {"project", 0, "NAME", "the project"},
    {"service", 0, "NAME", "the service"},
    {"image", 0, "IMAGE", "what to deliver, with its tag"},
    {"tag", 0, "TAG", "the tag, where the image has none"},
    {"stage", 0, "NAME", "default: the first one of the shipyard"},
    {"sequence", 0, "NAME", "default: delivery"},
    {"labels", 'l', "KEY=VALUE", "several with commas, or repeated"},
    {"values", 0, "KEY=VALUE", "more of configurationChange.values; dots in KEY go deeper; repeatable"},
    {"watch", 'w', NULL, "print what happens until it has ended; the exit status tells how"},
    {"watch-time", 0, "SECONDS", "gives up watching after so long (exit status 7)"},
    {"output", 'o', "FORMAT", "text, json or ndjson"},
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_trigger_sequence_options[] = {
    {"project", 0, "NAME", "the project"},
    {"service", 0, "NAME", "the service"},
    {"stage", 0, "NAME", "the stage"},
    {"sequence", 0, "NAME", "the sequence; also as the argument"},
    {"labels", 'l', "KEY=VALUE", "several with commas, or repeated"},
    {"data", 0, "JSON", "an object, merged into the event's data"},
    {"watch", 'w', NULL, "print what happens until it has ended; the exit status tells how"},
    {"watch-time", 0, "SECONDS", "gives up watching after so long (exit status 7)"},
    {"output", 'o', "FORMAT", "text, json or ndjson"},
    {NULL, 0, NULL, NULL},
};

struct trigger {
    const char *project, *stage, *service, *sequence;
    char *first_stage;
    cJSON *data;
    enum cli_format format;
    int seconds; /* of watching; 0: any */
};

static enum status find_first_stage(struct cli_context *ctx, struct trigger *t, struct error *err)
{
    cJSON *project = NULL;
    enum status status = cli_ask(ctx, "GET", NULL, &project, err, CLI_C "/project/{}", t->project);
    const char *stage = json_text(cJSON_GetArrayItem(json_get(project, "stages"), 0), "stageName");
    if (status == STATUS_OK && stage == NULL)
        status = error_set(err, STATUS_NOT_FOUND, "project %s has no stages", t->project);
    if (status == STATUS_OK && t->stage == NULL)
        t->stage = t->first_stage = mem_string(stage);
    cJSON_Delete(project);
    return status;
}

static enum status check_service(struct cli_context *ctx, const struct trigger *t, struct error *err)
{
    cJSON *services = NULL;
    bool found = false;
    enum status status = cli_ask_pages(ctx, "services", &services, err, CLI_C "/project/{}/stage/{}/service",
                                       t->project, t->stage);
    for (const cJSON *s = services != NULL ? services->child : NULL; s != NULL && !found; s = s->next) {
        const char *name = json_text(s, "serviceName");
        found = name != NULL && strcmp(name, t->service) == 0;
    }
    cJSON_Delete(services);
    if (status == STATUS_OK && !found)
        status =
            error_set(err, STATUS_NOT_FOUND,
                      "service %s not found in project %s, stage %s; drawbridge create service makes one",
                      t->service, t->project, t->stage);
    return status;
}

/* a.b=c: {"a":{"b":"c"}} */
static enum status add_value(cJSON *values, const char *text, struct error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return error_set(err, STATUS_USAGE, "--values %s: must be key=value", text);
    cJSON *at = values;
    for (const char *p = text; p <= equals;) {
        size_t len = strcspn(p, ".=");
        char *key = mem_string_n(p, len);
        bool last = p + len == equals;
        cJSON *next = last ? cJSON_CreateString(equals + 1) : cJSON_GetObjectItemCaseSensitive(at, key);
        if (last || !cJSON_IsObject(next)) {
            if (!last)
                next = cJSON_CreateObject();
            cJSON_DeleteItemFromObjectCaseSensitive(at, key);
            cJSON_AddItemToObject(at, key, next);
        }
        free(key);
        at = next;
        p += len + 1;
    }
    return STATUS_OK;
}

static enum status add_labels(const struct cli_args *args, cJSON *data, struct error *err)
{
    enum status status = STATUS_OK;
    if (!cli_has(args, "labels"))
        return STATUS_OK;
    cJSON *labels = cJSON_GetObjectItemCaseSensitive(data, "labels");
    if (!cJSON_IsObject(labels)) {
        cJSON_DeleteItemFromObjectCaseSensitive(data, "labels");
        labels = cJSON_AddObjectToObject(data, "labels");
    }
    const char *text;
    for (size_t i = 0; status == STATUS_OK; i++) {
        text = cli_value_at(args, "labels", i);
        if (text == NULL)
            break;
        status = cli_parse_pairs("labels", text, labels, err);
    }
    return status;
}

/* What is asked of the command itself, before anything is asked of the server. */
static enum status read_options(const struct cli_args *args, struct trigger *t, struct error *err)
{
    enum status status = cli_format(args, &t->format, err);
    if (status == STATUS_OK)
        status = cli_watch_seconds(args, &t->seconds, err);
    if (status == STATUS_OK)
        status = cli_need(args, "project", &t->project, err);
    if (status == STATUS_OK)
        status = cli_need(args, "service", &t->service, err);
    return status;
}

static enum status send_trigger(struct cli_context *ctx, const struct cli_args *args, const struct trigger *t,
                                struct error *err)
{
    char *context = NULL;
    cJSON *event = cJSON_CreateObject();
    char *type = mem_printf("sh.keptn.event.%s.%s.triggered", t->stage, t->sequence);
    cJSON_AddStringToObject(event, "specversion", "1.0");
    cJSON_AddStringToObject(event, "type", type);
    cJSON_AddStringToObject(event, "source", EVENT_SOURCE);
    cJSON_AddStringToObject(event, "contenttype", "application/json");
    cJSON_AddItemReferenceToObject(event, "data", t->data);
    enum status status = cli_send_event(ctx, event, &context, err);
    if (status == STATUS_OK && t->format == CLI_TABLE) {
        cli_print("ID of Keptn context: %s", context);
    } else if (status == STATUS_OK) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "keptnContext", context);
        cli_print_json(result, false);
        cJSON_Delete(result);
    }
    if (status == STATUS_OK && cli_has(args, "watch")) {
        char *project = mem_string(t->project);
        const struct cli_target target = {.context = context, .project = project};
        const struct cli_watch_request request = {
            .target = &target, .until = CLI_UNTIL_FINISHED, .seconds = t->seconds, .format = t->format};
        (void)cli_output_is_lost(); /* flushes: the id is of use while it runs */
        status = cli_watch_events(ctx, &request, err);
        free(project);
    }
    cJSON_Delete(event);
    free(context);
    free(type);
    return status;
}

static void name_data(struct trigger *t)
{
    const char *const names[] = {"project", "stage", "service"};
    const char *const values[] = {t->project, t->stage, t->service};
    for (size_t i = 0; i < 3; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(t->data, names[i]);
        cJSON_AddStringToObject(t->data, names[i], values[i]);
    }
}

static enum status add_configuration(const struct cli_args *args, const char *image, cJSON *data,
                                     struct error *err)
{
    const char *tag = cli_value(args, "tag");
    cJSON *values = cJSON_AddObjectToObject(cJSON_AddObjectToObject(data, "configurationChange"), "values");
    enum status status = STATUS_OK;
    if (tag != NULL && event_image_tag(image) != NULL)
        return error_set(err, STATUS_USAGE, "--tag %s, but the image %s has a tag already", tag, image);
    char *full = tag != NULL ? mem_printf("%s:%s", image, tag) : mem_string(image);
    cJSON_AddStringToObject(values, "image", full);
    free(full);
    for (size_t i = 0; status == STATUS_OK; i++) {
        const char *text = cli_value_at(args, "values", i);
        if (text == NULL)
            break;
        status = add_value(values, text, err);
    }
    return status;
}

enum status cli_trigger_delivery(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct trigger t = {.stage = cli_value(args, "stage"),
                        .sequence = cli_value(args, "sequence"),
                        .data = cJSON_CreateObject()};
    const char *image = NULL;
    enum status status = read_options(args, &t, err);
    if (status == STATUS_OK)
        status = cli_need(args, "image", &image, err);
    if (t.sequence == NULL)
        t.sequence = "delivery";
    if (status == STATUS_OK)
        status = add_labels(args, t.data, err);
    if (status == STATUS_OK)
        status = add_configuration(args, image, t.data, err);
    if (status == STATUS_OK)
        status = find_first_stage(ctx, &t, err); /* also where a stage is given: tells an unknown project */
    if (status == STATUS_OK)
        status = check_service(ctx, &t, err);
    if (status == STATUS_OK) {
        name_data(&t);
        status = send_trigger(ctx, args, &t, err);
    }
    cJSON_Delete(t.data);
    free(t.first_stage);
    return status;
}

static enum status read_data(const char *text, cJSON **data, struct error *err)
{
    enum status status = json_parse(text, strlen(text), data, err);
    if (status == STATUS_OK && !cJSON_IsObject(*data))
        status = error_set(err, STATUS_INVALID, "it is no JSON object");
    if (status != STATUS_OK) {
        error_prefix(err, "--data");
        err->status = status = STATUS_USAGE;
    }
    return status;
}

enum status cli_trigger_sequence(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct trigger t = {.sequence = args->word_count > 0 ? args->words[0] : cli_value(args, "sequence")};
    enum status status = read_options(args, &t, err);
    if (status == STATUS_OK)
        status = cli_need(args, "stage", &t.stage, err);
    if (status == STATUS_OK && t.sequence == NULL)
        status = error_set(err, STATUS_USAGE, "which sequence? drawbridge trigger sequence NAME --project …");
    if (status == STATUS_OK && cli_has(args, "data"))
        status = read_data(cli_value(args, "data"), &t.data, err);
    if (t.data == NULL)
        t.data = cJSON_CreateObject();
    if (status == STATUS_OK)
        status = add_labels(args, t.data, err);
    if (status == STATUS_OK)
        status = check_service(ctx, &t, err);
    if (status == STATUS_OK) {
        name_data(&t);
        status = send_trigger(ctx, args, &t, err);
    }
    cJSON_Delete(t.data);
    return status;
}
