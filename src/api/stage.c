/* api/stage.c: stages and services, read from the project's object. Source: keptn-api.md, section 3, "Stage,
 * service". */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/json.h"
#include "base/mem.h"

static int by_name(const void *a, const void *b)
{
    const cJSON *x = *(const cJSON *const *)a, *y = *(const cJSON *const *)b;
    const char *key = json_text(x, "stageName") != NULL ? "stageName" : "serviceName";
    const char *p = json_text(x, key), *q = json_text(y, key);
    return strcmp(p != NULL ? p : "", q != NULL ? q : "");
}

/* Answers one page of an array, by name. */
static void answer_list(struct api_request *rq, const char *what, const cJSON *array)
{
    struct api_list list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, API_PAGE_SIZE)};
    size_t count = (size_t)cJSON_GetArraySize(array), used = 0;
    const cJSON **sorted = mem_alloc((count + 1) * sizeof *sorted);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, array) sorted[used++] = item;
    if (used > 1)
        qsort(sorted, used, sizeof *sorted, by_name);
    (void)buffer_printf(&list.out, "{\"%s\":[", what);
    for (size_t i = 0; i < used; i++)
        if (api_list_take(&list))
            (void)json_print(sorted[i], &list.out);
    free(sorted);
    (void)buffer_add_char(&list.out, ']');
    api_page_end(&list.out, &list.page, list.count, used, API_PAGE_TEXT_ZERO);
    (void)buffer_add_char(&list.out, '}');
    api_answer_buffer(rq, 200, &list.out);
}

static void answer_item(struct api_request *rq, const cJSON *item)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    (void)json_print(item, &out);
    api_answer_buffer(rq, 200, &out);
}

const cJSON *api_item_named(const cJSON *array, const char *key, const char *name)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, array)
    {
        const char *text = json_text(item, key);
        if (text != NULL && strcmp(text, name) == 0)
            return item;
    }
    return NULL;
}

/* The project; NULL: answered with 404. The caller's. */
static cJSON *project_of(struct api_request *rq)
{
    cJSON *project =
        api_request_sees(rq, rq->params[0]) ? store_project_json(rq->api->store, rq->params[0]) : NULL;
    if (project == NULL)
        api_answer_error(rq, 404, "project not found");
    return project;
}

static const cJSON *stage_of(struct api_request *rq, const cJSON *project)
{
    const cJSON *stage = api_item_named(json_get(project, "stages"), "stageName", rq->params[1]);
    if (stage == NULL)
        api_answer_error(rq, 404, "stage not found");
    return stage;
}

void api_get_stages(struct api_request *rq)
{
    cJSON *project = project_of(rq);
    if (project != NULL)
        answer_list(rq, "stages", json_get(project, "stages"));
    cJSON_Delete(project);
}

void api_get_stage(struct api_request *rq)
{
    cJSON *project = project_of(rq);
    const cJSON *stage = project != NULL ? stage_of(rq, project) : NULL;
    if (stage != NULL)
        answer_item(rq, stage);
    cJSON_Delete(project);
}

void api_get_services(struct api_request *rq)
{
    cJSON *project = project_of(rq);
    const cJSON *stage = project != NULL ? stage_of(rq, project) : NULL;
    if (stage != NULL)
        answer_list(rq, "services", json_get(stage, "services"));
    cJSON_Delete(project);
}

void api_get_service(struct api_request *rq)
{
    cJSON *project = project_of(rq);
    const cJSON *stage = project != NULL ? stage_of(rq, project) : NULL;
    const cJSON *service =
        stage != NULL ? api_item_named(json_get(stage, "services"), "serviceName", rq->params[2]) : NULL;
    if (service != NULL)
        answer_item(rq, service);
    else if (stage != NULL)
        api_answer_error(rq, 404, "service not found");
    cJSON_Delete(project);
}

/* --- changes --- */

static void create_service(struct api_request *rq, const char *service)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (service == NULL || service[0] == '\0')
        api_answer_error(rq, 400, "Could not validate payload: serviceName is missing");
    else
        ports->create_service(ports->arg, rq->params[0], service, &who, api_request_done,
                              api_request_wait(rq));
}

void api_post_service(struct api_request *rq)
{
    if (!api_request_may_change(rq, rq->params[0]))
        return;
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body != NULL)
        create_service(rq, json_text(body, "serviceName"));
    cJSON_Delete(body);
}

void api_delete_service(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (api_request_may_change(rq, rq->params[0]))
        ports->delete_service(ports->arg, rq->params[0], rq->params[1], &who, api_request_done,
                              api_request_wait(rq));
}
