/* api/resource.c: the resource service: files of a project, a stage, a service. Source: keptn-api.md,
 * section 4.
 *
 * Names come as a path, with slashes plain, as %2F, or as %252F (what Bridge sends through Keptn's gateway);
 * content comes and goes in base64. */
#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/json.h"
#include "base/mem.h"

#define FILES_MAX 1000 /* in one call */

/* What a call is about: the level that its path names. */
struct scope {
    const char *project, *stage, *service;
};

static struct scope scope_of(const struct api_request *rq)
{
    return (struct scope){rq->params[0], rq->params[1], rq->params[2]};
}

/* --- names --- */

/* NULL: fine; else Keptn's words for what is wrong. */
static const char *name_fault(const char *name)
{
    if (name == NULL || name[0] == '\0')
        return "Invalid request format";
    if (strpbrk(name, " \t\r\n") != NULL)
        return "name must not contain whitespaces";
    if (strchr(name, '~') != NULL || strstr(name, "..") != NULL || name[strlen(name) - 1] == '/')
        return "invalid resource uri";
    for (const char *p = name; p != NULL; p = strchr(p, '/')) {
        p += *p == '/';
        if (strncmp(p, ".git", 4) == 0 && (p[4] == '\0' || p[4] == '/'))
            return "invalid resource uri";
    }
    return NULL;
}

/* The name that the path ends in, as a path in the repository; NULL: answered with 400. *shown: as Keptn
 * echoes it. */
static const char *name_of(struct api_request *rq, const char **shown)
{
    const char *raw = rq->raw_rest;
    const char *once = api_uri_decode(&rq->arena, raw, strlen(raw), false);
    const char *name = once;
    if (once != NULL && strstr(raw, "%25") != NULL) {
        *shown = once; /* escaped twice: what the gateway would have passed on */
        name = api_uri_decode(&rq->arena, once, strlen(once), false);
    } else {
        *shown = raw;
    }
    while (name != NULL && name[0] == '/')
        name++;
    const char *fault = name == NULL ? "Invalid request format" : name_fault(name);
    if (fault == NULL)
        return name;
    api_answer_error(rq, 400, "%s", fault);
    return NULL;
}

/* --- reading --- */

static bool see_project(struct api_request *rq)
{
    if (api_request_sees(rq, rq->params[0]))
        return true;
    api_answer_error(rq, 404, "Project not found");
    return false;
}

/* Cuts a page out of the whole list. */
static void answer_page(struct api_request *rq, const char *body, size_t len)
{
    struct error err = ERROR_NONE;
    struct api_list list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, API_PAGE_SIZE)};
    cJSON *all = NULL;
    if (json_parse(body, len, &all, &err) != STATUS_OK) {
        api_answer_error(rq, 500, "the list of resources cannot be read: %s", err.text);
        return;
    }
    (void)buffer_add_text(&list.out, "{\"resources\":[");
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(all, "resources"))
    {
        if (api_list_take(&list))
            (void)json_print(item, &list.out);
    }
    cJSON_Delete(all);
    (void)buffer_add_char(&list.out, ']');
    api_page_end(&list.out, &list.page, list.count, list.seen, API_PAGE_TEXT_ZERO);
    (void)buffer_add_char(&list.out, '}');
    api_answer_buffer(rq, 200, &list.out);
}

void api_get_resources(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct scope at = scope_of(rq);
    if (!see_project(rq))
        return;
    rq->on_body = answer_page;
    ports->list_resources(ports->arg, at.project, at.stage, at.service, api_request_done,
                          api_request_wait(rq));
}

/* The resource with its name as the client wrote it. */
static void answer_resource(struct api_request *rq, const char *body, size_t len)
{
    struct error err = ERROR_NONE;
    cJSON *resource = NULL;
    if (json_parse(body, len, &resource, &err) != STATUS_OK || !cJSON_IsObject(resource)) {
        api_answer_error(rq, 500, "the resource cannot be read: %s", err.text);
        cJSON_Delete(resource);
        return;
    }
    const char *shown = strstr(rq->raw_rest, "%25") != NULL
                            ? api_uri_decode(&rq->arena, rq->raw_rest, strlen(rq->raw_rest), false)
                            : rq->raw_rest;
    cJSON *name = cJSON_CreateString(shown);
    if (!cJSON_ReplaceItemInObjectCaseSensitive(resource, "resourceURI", name))
        cJSON_Delete(name);
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    (void)json_print(resource, &out);
    cJSON_Delete(resource);
    api_answer_buffer(rq, 200, &out);
}

void api_get_resource(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct scope at = scope_of(rq);
    const char *shown = NULL;
    if (!see_project(rq))
        return;
    const char *name = name_of(rq, &shown);
    if (name == NULL)
        return;
    if (strcmp(shown, name) != 0)
        rq->on_body = answer_resource;
    ports->read_resource(ports->arg, at.project, at.stage, at.service, name, api_query(rq, "gitCommitID"),
                         api_request_done, api_request_wait(rq));
}

/* --- writing --- */

/* Files of a call; names are borrowed, contents are owned. */
struct files {
    struct api_file *items;
    size_t count;
};

static void files_free(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free((void *)(uintptr_t)files->items[i].bytes);
    free(files->items);
}

/* Decodes one content. False: it is no base64. */
static bool decode(const char *text, struct api_file *file)
{
    size_t len = strlen(text), used = 0;
    unsigned char *bytes = mem_alloc(len / 4 * 3 + 4);
    if (sodium_base642bin(bytes, len / 4 * 3 + 3, text, len, "\r\n", &used, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        free(bytes);
        return false;
    }
    file->bytes = (const char *)bytes;
    file->len = used;
    return true;
}

/* Adds a file to write. False: answered with 400. */
static bool add_file(struct api_request *rq, struct files *files, const char *name, const char *content)
{
    while (name != NULL && name[0] == '/')
        name++;
    struct api_file *file = &files->items[files->count];
    const char *fault = content == NULL ? "Invalid request format" : name_fault(name);
    if (fault == NULL && !decode(content, file))
        fault = "resource content is not base64 encoded";
    if (fault != NULL) {
        api_answer_error(rq, 400, "%s", fault);
        return false;
    }
    file->path = name;
    files->count++;
    return true;
}

static void write_files(struct api_request *rq, const struct files *files)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    struct scope at = scope_of(rq);
    ports->write_resources(ports->arg, at.project, at.stage, at.service, files->items, files->count, &who,
                           api_request_done, api_request_wait(rq));
}

/* POST and PUT of a level: {"resources":[{"resourceURI","resourceContent"}]} in one commit. */
void api_write_resources(struct api_request *rq)
{
    if (!api_request_may_change(rq, rq->params[0]))
        return;
    cJSON *body = api_body_object(rq, "Invalid request format");
    if (body == NULL)
        return;
    const cJSON *list = json_get(body, "resources"), *item = NULL;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    struct files files = {0};
    bool ok = count > 0 && count <= FILES_MAX;
    if (ok)
        files.items = mem_alloc((size_t)count * sizeof *files.items);
    else
        api_answer_error(rq, 400,
                         count > FILES_MAX ? "Invalid request format: more than 1000 resources in one call"
                                           : "Invalid request format");
    cJSON_ArrayForEach(item, list)
    {
        ok = ok && add_file(rq, &files, json_text(item, "resourceURI"), json_text(item, "resourceContent"));
    }
    if (ok)
        write_files(rq, &files);
    files_free(&files);
    cJSON_Delete(body);
}

void api_put_resource(struct api_request *rq)
{
    const char *shown = NULL;
    struct files files = {.items = MEM_NEW(struct api_file)};
    const char *name = api_request_may_change(rq, rq->params[0]) ? name_of(rq, &shown) : NULL;
    cJSON *body = name != NULL ? api_body_object(rq, "Invalid request format") : NULL;
    if (body != NULL && add_file(rq, &files, name, json_text(body, "resourceContent")))
        write_files(rq, &files);
    files_free(&files);
    cJSON_Delete(body);
}

void api_delete_resource(struct api_request *rq)
{
    const char *shown = NULL;
    const char *name = api_request_may_change(rq, rq->params[0]) ? name_of(rq, &shown) : NULL;
    struct api_file file = {.path = name};
    if (name != NULL)
        write_files(rq, &(struct files){.items = &file, .count = 1});
}
