/* event.c: send event, get event. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/internal.h"

#define APPROVAL_TRIGGERED "sh.keptn.event.approval.triggered"

const struct cli_option cli_send_options[] = {
    {"file", 'f', "FILE", "a CloudEvent in JSON (- reads standard input)"},
    {"output", 'o', "FORMAT", "text, json or ndjson"},
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_get_event_options[] = {
    {"project", 'p', "NAME", "the project"},
    {"stage", 's', "NAME", "this stage only"},
    {"service", 0, "NAME", "this service only"},
    {"keptn-context", 'c', "ID", "of this Keptn context only"},
    {"output", 'o', "FORMAT", "json (default) or ndjson"},
    {NULL, 0, NULL, NULL},
};

enum status cli_send(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *path = NULL;
    char *text = NULL, *context = NULL;
    size_t len = 0;
    cJSON *event = NULL;
    enum cli_format format;
    enum status status = cli_need(args, "file", &path, err);
    if (status == STATUS_OK)
        status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_read_file(path, JSON_EVENT_MAX, &text, &len, err);
    if (status != STATUS_OK)
        return status;
    status = json_parse(text, len, &event, err);
    if (status == STATUS_OK && !cJSON_IsObject(event))
        status = error_set(err, STATUS_INVALID, "it is no JSON object");
    if (status != STATUS_OK)
        error_prefix(err, "%s", path);
    else
        status = cli_send_event(ctx, event, &context, err);
    if (status == STATUS_OK && format == CLI_TABLE) {
        cli_print("ID of Keptn context: %s", context);
    } else if (status == STATUS_OK) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "keptnContext", context);
        cli_print_json(result, false);
        cJSON_Delete(result);
    }
    cJSON_Delete(event);
    free(context);
    free(text);
    return status;
}

enum status cli_get_event(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *type = args->word_count > 0 ? args->words[0] : "", *project = cli_value(args, "project");
    const char *stage = cli_value(args, "stage"), *service = cli_value(args, "service"),
               *context = cli_value(args, "keptn-context");
    enum cli_format format;
    cJSON *events = NULL;
    enum status status = cli_format(args, &format, err);
    if (status != STATUS_OK)
        return status;
    if (project == NULL && context == NULL)
        return error_set(err, STATUS_USAGE, "--project or --keptn-context is missing");
    project = project != NULL ? project : "";
    stage = stage != NULL ? stage : "";
    service = service != NULL ? service : "";
    context = context != NULL ? context : "";
    /* as Keptn's command line: a short name is looked up among its own events; an approval, among those that
     * wait */
    char *full = *type != '\0' && strncmp(type, "sh.", 3) != 0 ? mem_printf("sh.keptn.event.%s", type)
                                                               : mem_string(type);
    if (strcmp(full, APPROVAL_TRIGGERED) == 0 && *context == '\0')
        status = cli_ask_pages(ctx, "events", &events, err,
                               CLI_C "/event/triggered/{}?project={}&stage={}&service={}", full, project,
                               stage, service);
    else
        status = cli_ask_pages(ctx, "events", &events, err,
                               CLI_M "/event?project={}&type={}&stage={}&service={}&keptnContext={}", project,
                               full, stage, service, context);
    if (status == STATUS_OK)
        cli_print_items(events, format == CLI_NDJSON ? CLI_NDJSON : CLI_JSON);
    cJSON_Delete(events);
    free(full);
    return status;
}
