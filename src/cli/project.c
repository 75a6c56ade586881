/* project.c: create, update, delete and get projects, services and stages. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/internal.h"

#define SHIPYARD_MAX (1024 * 1024)

/* What opens an upstream (upstream.c). */
#define UPSTREAM_OPTIONS                                                                                     \
    {"git-user", 'u', "NAME", "user at the upstream"},                                                       \
        {"git-token", 't', "TOKEN",                                                                          \
         "its token; better in DRAWBRIDGE_GIT_TOKEN, where others on this machine do not see it"},           \
        {"git-private-key", 'k', "FILE", "private key for an ssh:// upstream"},                              \
        {"git-private-key-pass", 'l', "TEXT", "its passphrase; better in DRAWBRIDGE_GIT_PRIVATE_KEY_PASS"},  \
        {"git-pem-certificate", 'g', "FILE", "authority to trust for an https:// upstream"},                 \
        {"insecure-skip-tls", 'x', NULL, "trust any certificate of the upstream"},                           \
        {"git-proxy-url", 'p', "HOST:PORT", "proxy on the way to an https:// upstream"},                     \
        {"git-proxy-scheme", 'j', "SCHEME", "http (default) or https"},                                      \
        {"git-proxy-user", 'w', "NAME", "user at the proxy"},                                                \
    {                                                                                                        \
        "git-proxy-password", 'e', "TEXT", "its password; better in DRAWBRIDGE_GIT_PROXY_PASSWORD"           \
    }

const struct cli_option cli_output_options[] = {
    {"output", 'o', "FORMAT", "table, json or ndjson"},
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_create_project_options[] = {
    {"shipyard", 's', "FILE", "its shipyard.yaml (- reads standard input)"},
    {"git-remote-url", 'r', "URL", "upstream repository; without one the server keeps the project itself"},
    UPSTREAM_OPTIONS,
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_update_project_options[] = {
    {"shipyard", 's', "FILE", "the new shipyard.yaml (stages cannot change)"},
    {"git-remote-url", 'r', "URL", "upstream repository"},
    UPSTREAM_OPTIONS,
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_project_options[] = {
    {"project", 'p', "NAME", "the project"},
    {NULL, 0, NULL, NULL},
};
const struct cli_option cli_stage_options[] = {
    {"project", 'p', "NAME", "the project"},
    {"output", 'o', "FORMAT", "table, json or ndjson"},
    {NULL, 0, NULL, NULL},
};

static enum status add_shipyard(const struct cli_args *args, cJSON *body, struct error *err)
{
    const char *path = cli_value(args, "shipyard");
    char *text = NULL;
    size_t len = 0;
    if (path == NULL)
        return STATUS_OK;
    enum status status = cli_read_file(path, SHIPYARD_MAX, &text, &len, err);
    if (status != STATUS_OK)
        return status;
    char *encoded = cli_base64(text, len);
    cJSON_AddStringToObject(body, "shipyard", encoded);
    free(encoded);
    free(text);
    return STATUS_OK;
}

static enum status put_project(struct cli_context *ctx, const struct cli_args *args, const char *method,
                               struct error *err)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "name", args->words[0]);
    enum status status = add_shipyard(args, body, err);
    if (status == STATUS_OK)
        status = cli_add_upstream(args, body, err);
    if (status == STATUS_OK)
        status = cli_ask(ctx, method, body, NULL, err, CLI_C "/project");
    cJSON_Delete(body);
    return status;
}

enum status cli_create_project(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *shipyard = NULL;
    enum status status = cli_need(args, "shipyard", &shipyard, err);
    if (status == STATUS_OK)
        status = put_project(ctx, args, "POST", err);
    if (status == STATUS_OK)
        cli_print("project %s created", args->words[0]);
    return status;
}

enum status cli_update_project(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    enum status status = put_project(ctx, args, "PUT", err);
    if (status == STATUS_OK)
        cli_print("project %s updated", args->words[0]);
    return status;
}

enum status cli_delete_project(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    cJSON *answer = NULL;
    enum status status = cli_ask(ctx, "DELETE", NULL, &answer, err, CLI_C "/project/{}", args->words[0]);
    const char *message = json_text(answer, "message");
    if (status == STATUS_OK)
        cli_print("project %s deleted%s%s", args->words[0], message != NULL && *message != '\0' ? ": " : "",
                  message != NULL ? message : "");
    cJSON_Delete(answer);
    return status;
}

enum status cli_create_service(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *project = NULL;
    enum status status = cli_need(args, "project", &project, err);
    if (status != STATUS_OK)
        return status;
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "serviceName", args->words[0]);
    status = cli_ask(ctx, "POST", body, NULL, err, CLI_C "/project/{}/service", project);
    cJSON_Delete(body);
    if (status == STATUS_OK)
        cli_print("service %s created in project %s", args->words[0], project);
    return status;
}

enum status cli_delete_service(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *project = NULL;
    enum status status = cli_need(args, "project", &project, err);
    if (status == STATUS_OK)
        status =
            cli_ask(ctx, "DELETE", NULL, NULL, err, CLI_C "/project/{}/service/{}", project, args->words[0]);
    if (status == STATUS_OK)
        cli_print("service %s deleted from project %s", args->words[0], project);
    return status;
}

/* --- get --- */

/* "1683195072123456789" as a time for a person, in UTC. */
static void add_creation_date(struct cli_table *t, const char *nanoseconds)
{
    char text[CLOCK_TEXT_SIZE] = "";
    char *end = NULL;
    long long ns = nanoseconds != NULL ? strtoll(nanoseconds, &end, 10) : 0;
    if (ns > 0 && *end == '\0')
        clock_format(ns - ns % CLOCK_S, text);
    cli_table_add(t, text);
}

/* "qa, production" */
static char *join_names(const cJSON *array, const char *key)
{
    struct buffer out = BUFFER_LIMIT(4096);
    for (const cJSON *item = array != NULL ? array->child : NULL; item != NULL; item = item->next) {
        const char *name = json_text(item, key);
        buffer_printf(&out, "%s%s", out.len > 0 ? ", " : "", name != NULL ? name : "?");
    }
    return buffer_take(&out, NULL);
}

/* Keeps only the items whose key has this name. Returns how many are left. */
static int keep_named(cJSON *array, const char *key, const char *name)
{
    for (cJSON *item = array->child, *next; item != NULL; item = next) {
        next = item->next;
        const char *has = json_text(item, key);
        if (has == NULL || strcmp(has, name) != 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(array, item));
    }
    return cJSON_GetArraySize(array);
}

static void print_projects(const cJSON *projects)
{
    static const char *const titles[] = {"NAME", "CREATED", "STAGES", "SHIPYARD", NULL};
    struct cli_table t;
    cli_table_begin(&t, titles);
    for (const cJSON *p = projects->child; p != NULL; p = p->next) {
        char *stages = join_names(json_get(p, "stages"), "stageName");
        cli_table_add(&t, json_text(p, "projectName"));
        add_creation_date(&t, json_text(p, "creationDate"));
        cli_table_add(&t, stages);
        cli_table_add(&t, json_text(p, "shipyardVersion"));
        free(stages);
    }
    cli_table_end(&t);
}

enum status cli_get_project(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    enum cli_format format;
    cJSON *projects = NULL;
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_ask_pages(ctx, "projects", &projects, err, CLI_C "/project");
    if (status == STATUS_OK && args->word_count > 0 &&
        keep_named(projects, "projectName", args->words[0]) == 0)
        status =
            error_set(err, STATUS_NOT_FOUND, "there is no project %s on %s", args->words[0], ctx->server);
    if (status == STATUS_OK && format == CLI_TABLE)
        print_projects(projects);
    else if (status == STATUS_OK)
        cli_print_items(projects, format);
    cJSON_Delete(projects);
    return status;
}

enum status cli_get_stage(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    static const char *const titles[] = {"NAME", "SERVICES", NULL};
    const char *project = NULL;
    enum cli_format format;
    cJSON *stages = NULL;
    enum status status = cli_need(args, "project", &project, err);
    if (status == STATUS_OK)
        status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_ask_pages(ctx, "stages", &stages, err, CLI_C "/project/{}/stage", project);
    if (status == STATUS_OK && args->word_count > 0 && keep_named(stages, "stageName", args->words[0]) == 0)
        status =
            error_set(err, STATUS_NOT_FOUND, "there is no stage %s in project %s", args->words[0], project);
    if (status == STATUS_OK && format == CLI_TABLE) {
        struct cli_table t;
        cli_table_begin(&t, titles);
        for (const cJSON *s = stages->child; s != NULL; s = s->next) {
            char *services = join_names(json_get(s, "services"), "serviceName");
            cli_table_add(&t, json_text(s, "stageName"));
            cli_table_add(&t, services);
            free(services);
        }
        cli_table_end(&t);
    } else if (status == STATUS_OK) {
        cli_print_items(stages, format);
    }
    cJSON_Delete(stages);
    return status;
}

/* The services of all stages of a project that fit, each with "project" and "stage" beside its own keys. */
static void collect_services(const cJSON *project, const char *name, cJSON *all)
{
    const cJSON *stages = json_get(project, "stages");
    for (const cJSON *stage = stages != NULL ? stages->child : NULL; stage != NULL; stage = stage->next) {
        const cJSON *services = json_get(stage, "services");
        for (const cJSON *s = services != NULL ? services->child : NULL; s != NULL; s = s->next) {
            const char *service = json_text(s, "serviceName");
            if (service == NULL || (name != NULL && strcmp(service, name) != 0))
                continue;
            cJSON *item = cJSON_Duplicate(s, true);
            cJSON_AddItemToObject(item, "project", cJSON_Duplicate(json_get(project, "projectName"), true));
            cJSON_AddItemToObject(item, "stage", cJSON_Duplicate(json_get(stage, "stageName"), true));
            cJSON_AddItemToArray(all, item);
        }
    }
}

static void print_services(const cJSON *services)
{
    static const char *const titles[] = {"NAME", "PROJECT", "STAGE", "CREATED", "DEPLOYED IMAGE", NULL};
    struct cli_table t;
    cli_table_begin(&t, titles);
    for (const cJSON *s = services->child; s != NULL; s = s->next) {
        cli_table_add(&t, json_text(s, "serviceName"));
        cli_table_add(&t, json_text(s, "project"));
        cli_table_add(&t, json_text(s, "stage"));
        add_creation_date(&t, json_text(s, "creationDate"));
        cli_table_add(&t, json_text(s, "deployedImage"));
    }
    cli_table_end(&t);
}

enum status cli_get_service(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *project = cli_value(args, "project"), *name = args->word_count > 0 ? args->words[0] : NULL;
    enum cli_format format;
    cJSON *projects = NULL, *services = cJSON_CreateArray();
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_ask_pages(ctx, "projects", &projects, err, CLI_C "/project");
    if (status == STATUS_OK && project != NULL && keep_named(projects, "projectName", project) == 0)
        status = error_set(err, STATUS_NOT_FOUND, "there is no project %s on %s", project, ctx->server);
    for (const cJSON *p = status == STATUS_OK ? projects->child : NULL; p != NULL; p = p->next)
        collect_services(p, name, services);
    if (status == STATUS_OK && name != NULL && services->child == NULL)
        status = error_set(err, STATUS_NOT_FOUND, "there is no service %s%s%s", name,
                           project != NULL ? " in project " : "", project != NULL ? project : "");
    if (status == STATUS_OK && format == CLI_TABLE)
        print_services(services);
    else if (status == STATUS_OK)
        cli_print_items(services, format);
    cJSON_Delete(projects);
    cJSON_Delete(services);
    return status;
}
