/* api/project.c: projects. Source: keptn-api.md, section 3, "Project". */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/json.h"
#include "base/mem.h"

/* --- reading --- */

/* Where an upstream lies and who logs in there is the administrator's business. */
static void hide_credentials(const struct api_request *rq, cJSON *project)
{
    if (rq->token->role != API_ROLE_ADMIN)
        cJSON_DeleteItemFromObjectCaseSensitive(project, "gitCredentials");
}

struct names {
    struct api_request *rq;
    struct api_list list;
    char **names; /* of this page */
};

static bool add_name(void *arg, const char *project, const char *context, const char *text)
{
    struct names *n = arg;
    (void)context; /* only records have one */
    (void)text;
    struct api_page page = n->list.page;
    if (!api_request_sees(n->rq, project))
        return true;
    size_t at = n->list.seen++;
    if (at >= page.offset && n->list.count < page.size) {
        n->names = mem_resize(n->names, (n->list.count + 1) * sizeof *n->names);
        n->names[n->list.count++] = mem_string(project);
    }
    return true;
}

void api_get_projects(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct names n = {
        .rq = rq, .list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, API_PAGE_SIZE)}};
    struct buffer *out = &n.list.out;
    api_request_number(rq);
    enum status status = store_project_names(rq->api->store, add_name, &n, &err);
    (void)buffer_add_text(out, "{\"projects\":[");
    const char *comma = "";
    for (size_t i = 0; i < n.list.count; i++) {
        cJSON *project = store_project_json(rq->api->store, n.names[i]);
        if (project != NULL) {
            hide_credentials(rq, project);
            (void)buffer_add_text(out, comma);
            (void)json_print(project, out);
            comma = ",";
        }
        cJSON_Delete(project);
        free(n.names[i]);
    }
    free(n.names);
    if (status != STATUS_OK) {
        buffer_free(out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(out, ']');
    api_page_end(out, &n.list.page, n.list.count, n.list.seen, API_PAGE_TEXT_ZERO);
    (void)buffer_add_char(out, '}');
    api_answer_buffer(rq, 200, out);
}

void api_get_project(struct api_request *rq)
{
    const char *name = rq->params[0];
    cJSON *project = api_request_sees(rq, name) ? store_project_json(rq->api->store, name) : NULL;
    if (project == NULL) {
        api_answer_error(rq, 404, "Project not found: %s", name);
        return;
    }
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    hide_credentials(rq, project);
    (void)json_print(project, &out);
    cJSON_Delete(project);
    api_answer_buffer(rq, 200, &out);
}

/* --- the form of a request; what it says is the port's to check --- */

struct form {
    const char *key;
    char kind; /* 's' text, 'b' boolean, 'o' object */
    const struct form *inside;
};

static const struct form proxy_form[] = {
    {"url", 's', NULL}, {"scheme", 's', NULL}, {"user", 's', NULL}, {"password", 's', NULL}, {0}};
static const struct form https_form[] = {{"token", 's', NULL},
                                         {"insecureSkipTLS", 'b', NULL},
                                         {"certificate", 's', NULL},
                                         {"proxy", 'o', proxy_form},
                                         {0}};
static const struct form ssh_form[] = {{"privateKey", 's', NULL}, {"privateKeyPass", 's', NULL}, {0}};
static const struct form credentials_form[] = {
    {"remoteURL", 's', NULL}, {"user", 's', NULL}, {"https", 'o', https_form}, {"ssh", 'o', ssh_form}, {0}};
static const struct form project_form[] = {
    {"name", 's', NULL}, {"shipyard", 's', NULL}, {"gitCredentials", 'o', credentials_form}, {0}};

static const struct form *form_find(const struct form *form, const char *key)
{
    while (form->key != NULL && strcmp(form->key, key) != 0)
        form++;
    return form->key != NULL ? form : NULL;
}

static bool kind_fits(const struct form *form, const cJSON *value)
{
    if (cJSON_IsNull(value)) /* Go takes null for absent */
        return true;
    return form->kind == 's'   ? cJSON_IsString(value)
           : form->kind == 'b' ? cJSON_IsBool(value)
                               : cJSON_IsObject(value);
}

/* Unknown fields and wrong kinds, among them Keptn's old flat gitRemoteURL, gitUser, gitToken. */
static bool check_form(struct api_request *rq, const cJSON *object, const struct form *form)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, object)
    {
        const struct form *field = form_find(form, item->string);
        if (field == NULL) {
            api_answer_error(rq, 400, "Invalid request format: json: unknown field \"%s\"", item->string);
            return false;
        }
        if (!kind_fits(field, item)) {
            api_answer_error(rq, 400, "Invalid request format: json: field \"%s\" is of the wrong kind",
                             item->string);
            return false;
        }
        if (field->inside != NULL && cJSON_IsObject(item) && !check_form(rq, item, field->inside))
            return false;
    }
    return true;
}

static void put_project(struct api_request *rq, bool update)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body == NULL)
        return;
    if (check_form(rq, body, project_form) && api_request_may_change(rq, json_text(body, "name")))
        ports->put_project(ports->arg, body, update, &who, api_request_done, api_request_wait(rq));
    cJSON_Delete(body);
}

void api_post_project(struct api_request *rq)
{
    put_project(rq, false);
}

void api_put_project(struct api_request *rq)
{
    put_project(rq, true);
}

void api_delete_project(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (api_request_may_change(rq, rq->params[0]))
        ports->delete_project(ports->arg, rq->params[0], &who, api_request_done, api_request_wait(rq));
}
