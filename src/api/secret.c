/* api/secret.c: secrets: names, scopes and keys come back, values never. Source: keptn-api.md, section 5;
 * interfaces.md, the table of roles. */
#include "config.h"

#include <sodium.h>
#include <string.h>

#include "api/internal.h"
#include "base/json.h"

#define SCOPE          "keptn-default"
#define NAME_MAX_BYTES 253 /* what Kubernetes, where Keptn keeps them, takes */

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-."
#define KEY_CHARACTERS  NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* The scope, the default where none is told; NULL: another one, which has been answered with 400. */
static const char *check_scope(struct api_request *rq, const char *scope)
{
    if (scope == NULL || scope[0] == '\0' || strcmp(scope, SCOPE) == 0)
        return SCOPE;
    api_answer_error(rq, 400, "scope %s not found: there is " SCOPE, scope);
    return NULL;
}

static bool is_word(const char *text, const char *characters)
{
    size_t len = strlen(text);
    return len > 0 && len <= NAME_MAX_BYTES && strspn(text, characters) == len;
}

/* --- reading --- */

static bool add_secret(void *arg, const char *scope, const char *name, const char *keys, const char *box)
{
    struct api_list *list = arg;
    (void)box; /* what is in it is for jobs only */
    if (!api_list_take(list))
        return true;
    (void)buffer_add_text(&list->out, "{\"name\":");
    (void)json_print_text(name, &list->out);
    (void)buffer_add_text(&list->out, ",\"scope\":");
    (void)json_print_text(scope, &list->out);
    return buffer_printf(&list->out, ",\"keys\":%s}", keys);
}

void api_get_secrets(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct api_list list = {.out = BUFFER_LIMIT(API_ANSWER_MAX)};
    if (!api_request_may_change(rq, NULL))
        return; /* they belong to no project */
    (void)buffer_add_text(&list.out, "{\"Secrets\":[");
    if (store_secrets(rq->api->store, api_query(rq, "scope"), api_query(rq, "name"), add_secret, &list,
                      &err) != STATUS_OK) {
        buffer_free(&list.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_text(&list.out, "]}");
    api_answer_buffer(rq, 200, &list.out);
}

void api_get_scopes(struct api_request *rq)
{
    api_answer_json(rq, 200, "{\"scopes\":[\"" SCOPE "\"]}");
}

/* --- changes --- */

/* NULL: it is fine. */
static const char *form_fault(const char *name, const cJSON *data)
{
    const cJSON *value = NULL;
    if (name == NULL || !is_word(name, NAME_CHARACTERS))
        return "name must be lower-case letters, digits, hyphens and dots";
    if (!cJSON_IsObject(data) || data->child == NULL)
        return "data must be an object with at least one value";
    cJSON_ArrayForEach(value, data)
    {
        if (!is_word(value->string, KEY_CHARACTERS))
            return "a key of data must be letters, digits, hyphens, underscores and dots";
        if (!cJSON_IsString(value))
            return "a value of data must be a text";
    }
    return NULL;
}

/* Values do not linger in memory that is given back. */
static void wipe(struct api_request *rq, cJSON *body)
{
    cJSON *value = NULL;
    cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(body, "data"))
    {
        if (cJSON_IsString(value))
            sodium_memzero(value->valuestring, strlen(value->valuestring));
    }
    if (rq->body.data != NULL)
        sodium_memzero(rq->body.data, rq->body.len);
}

static void put_secret(struct api_request *rq, bool update)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (!api_request_may_change(rq, NULL))
        return;
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body == NULL)
        return;
    const char *name = json_text(body, "name"), *fault = form_fault(name, json_get(body, "data"));
    if (fault != NULL) {
        api_answer_error(rq, 400, "Invalid request format: %s", fault);
    } else {
        const char *scope = check_scope(rq, json_text(body, "scope"));
        if (scope != NULL)
            ports->put_secret(ports->arg, scope, name, json_get(body, "data"), update, &who, api_request_done,
                              api_request_wait(rq));
    }
    wipe(rq, body);
    cJSON_Delete(body);
}

void api_post_secret(struct api_request *rq)
{
    put_secret(rq, false);
}

void api_put_secret(struct api_request *rq)
{
    put_secret(rq, true);
}

void api_delete_secret(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    const char *name = api_query(rq, "name");
    if (!api_request_may_change(rq, NULL))
        return;
    const char *scope = check_scope(rq, api_query(rq, "scope"));
    if (scope == NULL)
        return;
    if (name == NULL)
        api_answer_error(rq, 400, "Invalid request format: name is missing");
    else
        ports->delete_secret(ports->arg, scope, name, &who, api_request_done, api_request_wait(rq));
}
