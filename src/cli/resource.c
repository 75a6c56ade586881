/* resource.c: add-resource. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/internal.h"

#define RESOURCE_MAX (3 * 1024 * 1024) /* bytes: base64 of it still fits into a body of 5 MiB */

const struct cli_option cli_add_resource_options[] = {
    {"project", 'p', "NAME", "the project"},
    {"stage", 's', "NAME", "the stage; without one the project level"},
    {"service", 0, "NAME", "the service; without one the stage level"},
    {"all-stages", 0, NULL, "in every stage"},
    {"resource", 'r', "FILE", "the file to add (- reads standard input)"},
    {"resourceUri", 0, "PATH", "where to put it; default: the file's name as given"},
    {NULL, 0, NULL, NULL},
};

struct place {
    const char *project, *stage, *service, *uri;
};

static enum status post(struct cli_context *ctx, const struct place *p, const cJSON *body, struct error *err)
{
    cJSON *answer = NULL;
    enum status status;
    if (p->service != NULL)
        status = cli_ask(ctx, "POST", body, &answer, err, CLI_RS "/project/{}/stage/{}/service/{}/resource",
                         p->project, p->stage, p->service);
    else if (p->stage != NULL)
        status = cli_ask(ctx, "POST", body, &answer, err, CLI_RS "/project/{}/stage/{}/resource", p->project,
                         p->stage);
    else
        status = cli_ask(ctx, "POST", body, &answer, err, CLI_RS "/project/{}/resource", p->project);
    const char *commit = json_text(answer, "commitID");
    if (status == STATUS_OK)
        cli_print("%s added to project %s%s%s%s%s%s%.8s", p->uri, p->project,
                  p->stage != NULL ? ", stage " : "", p->stage != NULL ? p->stage : "",
                  p->service != NULL ? ", service " : "", p->service != NULL ? p->service : "",
                  commit != NULL ? ", commit " : "", commit != NULL ? commit : "");
    cJSON_Delete(answer);
    return status;
}

static enum status post_to_all_stages(struct cli_context *ctx, struct place *p, const cJSON *body,
                                      struct error *err)
{
    cJSON *stages = NULL;
    enum status status = cli_ask_pages(ctx, "stages", &stages, err, CLI_C "/project/{}/stage", p->project);
    if (status == STATUS_OK && stages->child == NULL)
        status = error_set(err, STATUS_NOT_FOUND, "project %s has no stages", p->project);
    for (const cJSON *s = status == STATUS_OK ? stages->child : NULL; s != NULL && status == STATUS_OK;
         s = s->next) {
        p->stage = json_text(s, "stageName");
        if (p->stage != NULL)
            status = post(ctx, p, body, err);
    }
    cJSON_Delete(stages);
    return status;
}

enum status cli_add_resource(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct place p = {.stage = cli_value(args, "stage"),
                      .service = cli_value(args, "service"),
                      .uri = cli_value(args, "resourceUri")};
    bool all = cli_has(args, "all-stages");
    const char *path = NULL;
    char *bytes = NULL, *encoded = NULL;
    size_t len = 0;
    enum status status = cli_need(args, "project", &p.project, err);
    if (status == STATUS_OK)
        status = cli_need(args, "resource", &path, err);
    if (status != STATUS_OK)
        return status;
    if (p.stage != NULL && all)
        return error_set(err, STATUS_USAGE, "--stage and --all-stages do not go together");
    if (p.service != NULL && p.stage == NULL && !all)
        return error_set(err, STATUS_USAGE, "--service needs --stage or --all-stages");
    if (p.uri == NULL && strcmp(path, "-") == 0)
        return error_set(err, STATUS_USAGE, "--resource - needs --resourceUri");
    if (p.uri == NULL)
        p.uri = strncmp(path, "./", 2) == 0 ? path + 2 : path;
    status = cli_read_file(path, RESOURCE_MAX, &bytes, &len, err);
    if (status != STATUS_OK)
        return status;
    cJSON *body = cJSON_CreateObject(), *resource = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "resources"), resource);
    encoded = cli_base64(bytes, len);
    cJSON_AddStringToObject(resource, "resourceURI", p.uri);
    cJSON_AddStringToObject(resource, "resourceContent", encoded);
    status = all ? post_to_all_stages(ctx, &p, body, err) : post(ctx, &p, body, err);
    cJSON_Delete(body);
    free(encoded);
    free(bytes);
    return status;
}
