/* auth.c: auth, status, version: what stands at the other end, and who we are there. */
#include "config.h"

#include "base/json.h"
#include "cli/internal.h"

enum status cli_auth(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    (void)args;
    enum status status = cli_ask(ctx, "POST", NULL, NULL, err, "/v1/auth");
    if (status == STATUS_OK)
        cli_print("the token is valid on %s", ctx->server);
    return status;
}

/* A real Keptn knows no whoami: then *me is NULL. */
static enum status ask_whoami(struct cli_context *ctx, cJSON **me, struct error *err)
{
    enum status status = cli_ask(ctx, "GET", NULL, me, err, "/v1/whoami");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status cli_status(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    enum cli_format format;
    cJSON *me = NULL, *metadata = NULL, *approvals = NULL;
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_ask(ctx, "GET", NULL, &metadata, err, "/v1/metadata");
    if (status == STATUS_OK)
        status = ask_whoami(ctx, &me, err);
    if (status == STATUS_OK)
        status = cli_ask_pages(ctx, "events", &approvals, err,
                               CLI_C "/event/triggered/sh.keptn.event.approval.triggered");
    if (status != STATUS_OK)
        goto out;
    const char *name = json_text(me, "name"), *role = json_text(me, "role"),
               *version = json_text(metadata, "keptnversion");
    int waiting = cJSON_GetArraySize(approvals);
    if (format != CLI_TABLE) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "server", ctx->server);
        cJSON_AddItemReferenceToObject(result, "metadata", metadata);
        if (me != NULL)
            cJSON_AddItemReferenceToObject(result, "whoami", me);
        cJSON_AddNumberToObject(result, "waiting", waiting);
        cli_print_json(result, format == CLI_JSON);
        cJSON_Delete(result);
    } else {
        cli_print("server   %s", ctx->server);
        cli_print("Keptn    %s", version != NULL ? version : "version unknown");
        cli_print("you      %s (%s)", name != NULL ? name : "name unknown",
                  role != NULL ? role : "role unknown");
        cli_print("waiting  %d", waiting);
    }
out:
    cJSON_Delete(me);
    cJSON_Delete(metadata);
    cJSON_Delete(approvals);
    return status;
}

enum status cli_version(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    cJSON *metadata = NULL;
    (void)args;
    cli_print("%s %s", PACKAGE_NAME, PACKAGE_VERSION);
    enum status status = cli_ask(ctx, "GET", NULL, &metadata, err, "/v1/metadata");
    const char *version = json_text(metadata, "keptnversion");
    if (status == STATUS_OK)
        cli_print("server %s: Keptn %s", ctx->server, version != NULL ? version : "of unknown version");
    cJSON_Delete(metadata);
    return status;
}
