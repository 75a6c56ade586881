/* control.c: pause, resume, abort. */
#include "config.h"

#include <string.h>

#include "base/json.h"
#include "cli/picture.h"

const struct cli_option cli_control_options[] = {
    {"keptn-context", 'c', "ID", "the Keptn context; also as the argument"},
    {"project", 'p', "NAME", "its project"},
    {"stage", 's', "NAME", "in this stage only"},
    {NULL, 0, NULL, NULL},
};

static enum status control(struct cli_context *ctx, const struct cli_args *args, const char *verb,
                           struct error *err)
{
    const char *id = args->word_count > 0 ? args->words[0] : cli_value(args, "keptn-context");
    const char *project = cli_value(args, "project"), *stage = cli_value(args, "stage");
    struct cli_target target = {0};
    if (id == NULL)
        return error_set(err, STATUS_USAGE, "which one? --keptn-context is missing");
    /* the server takes an unknown context without a word, so it is looked up first */
    enum status status = cli_find_target(ctx, id, &target, err);
    if (status == STATUS_OK && project != NULL && strcmp(project, target.project) != 0)
        status = error_set(err, STATUS_NOT_FOUND, "%s is of project %s, not of %s", target.context,
                           target.project, project);
    if (status == STATUS_OK) {
        cJSON *body = cJSON_CreateObject();
        cJSON_AddStringToObject(body, "state", verb);
        cJSON_AddStringToObject(body, "stage", stage != NULL ? stage : "");
        status = cli_ask(ctx, "POST", body, NULL, err, CLI_C "/sequence/{}/{}/control", target.project,
                         target.context);
        cJSON_Delete(body);
    }
    if (status == STATUS_OK)
        cli_print("%s sent to sequence %s of project %s%s%s", verb, target.context, target.project,
                  stage != NULL ? ", stage " : "", stage != NULL ? stage : "");
    cli_target_free(&target);
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
