/* control.c: pause, resume, abort. */
#include "config.h"

#include "base/json.h"
#include "cli/internal.h"

const struct cli_option cli_control_options[] = {
    {"keptn-context", 'c', "ID", "the Keptn context; also as the argument"},
    {"project", 'p', "NAME", "its project"},
    {"stage", 's', "NAME", "in this stage only"},
    {NULL, 0, NULL, NULL},
};

static enum status control(struct cli_context *ctx, const struct cli_args *args, const char *verb,
                           struct error *err)
{
    const char *context = args->word_count > 0 ? args->words[0] : cli_value(args, "keptn-context");
    const char *project = NULL, *stage = cli_value(args, "stage");
    enum status status = cli_need(args, "project", &project, err);
    if (status == STATUS_OK && context == NULL)
        status = error_set(err, STATUS_USAGE, "which one? --keptn-context is missing");
    if (status != STATUS_OK)
        return status;
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "state", verb);
    cJSON_AddStringToObject(body, "stage", stage != NULL ? stage : "");
    status = cli_ask(ctx, "POST", body, NULL, err, CLI_C "/sequence/{}/{}/control", project, context);
    cJSON_Delete(body);
    if (status == STATUS_OK)
        cli_print("%s sent to sequence %s of project %s%s%s", verb, context, project,
                  stage != NULL ? ", stage " : "", stage != NULL ? stage : "");
    return status;
}

enum status cli_pause(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    return control(ctx, args, "pause", err);
}

enum status cli_resume(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    return control(ctx, args, "resume", err);
}

enum status cli_abort(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    return control(ctx, args, "abort", err);
}
