/* api/uniform.c: integrations that register themselves, and what they are subscribed to. They poll for open
 * events; a subscription changes nothing in drawbridged, but Keptn's integrations and its web UI ask for what
 * was told. Source: keptn-api.md, section 3, "Uniform, log"; shipyard-controller 1.4.5. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"

#define FORGET_NS  (48 * 3600 * CLOCK_S) /* without a ping */
#define UNKNOWN    "uniform integration not found"
#define UNKNOWN_DB "mongo: no documents in result" /* Keptn's database says so, and clients look for it */

/* --- subscriptions --- */

static bool is_text_list(const cJSON *list)
{
    const cJSON *item = NULL;
    bool texts = list == NULL || cJSON_IsNull(list) || cJSON_IsArray(list);
    cJSON_ArrayForEach(item, list) texts = texts && cJSON_IsString(item);
    return texts;
}

/* Appends a subscription with all its keys; false: it is of another form. */
static bool print_subscription(const cJSON *subscription, const char *id, struct buffer *out)
{
    static const char *const lists[] = {"projects", "stages", "services"};
    const cJSON *event = json_get(subscription, "event"), *filter = json_get(subscription, "filter");
    bool fits = cJSON_IsObject(subscription) && (event == NULL || cJSON_IsString(event)) &&
                (filter == NULL || cJSON_IsNull(filter) || cJSON_IsObject(filter));
    (void)buffer_printf(out, "{\"id\":");
    (void)json_print_text(id, out);
    (void)buffer_add_text(out, ",\"event\":");
    (void)json_print_text(fits && event != NULL ? event->valuestring : "", out);
    (void)buffer_add_text(out, ",\"filter\":{");
    for (size_t i = 0; i < 3; i++) {
        const cJSON *list = json_get(filter, lists[i]);
        fits = fits && is_text_list(list);
        (void)buffer_printf(out, "%s\"%s\":", i > 0 ? "," : "", lists[i]);
        if (list != NULL)
            (void)json_print(list, out);
        else
            (void)buffer_add_text(out, "null");
    }
    (void)buffer_add_text(out, "}}");
    return fits;
}

static bool names(const cJSON *list, const char *name)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
            return true;
    }
    return false;
}

/* One for other projects only is nothing that a limited token gets to see. */
static bool may_see(const struct api_request *rq, const cJSON *subscription)
{
    const cJSON *projects = json_path(subscription, "filter", "projects", NULL), *item = NULL;
    bool any = cJSON_GetArraySize(projects) == 0;
    cJSON_ArrayForEach(item, projects) any =
        any || (cJSON_IsString(item) && api_request_sees(rq, item->valuestring));
    return any;
}

static void print_visible(const struct api_request *rq, const cJSON *subscriptions, struct buffer *out)
{
    const cJSON *item = NULL;
    const char *comma = "";
    (void)buffer_add_char(out, '[');
    cJSON_ArrayForEach(item, subscriptions)
    {
        if (!may_see(rq, item))
            continue;
        (void)buffer_add_text(out, comma);
        (void)json_print(item, out);
        comma = ",";
    }
    (void)buffer_add_char(out, ']');
}

/* --- integrations --- */

static void print_text(const char *key, const char *text, struct buffer *out)
{
    (void)buffer_printf(out, "\"%s\":", key);
    (void)json_print_text(text != NULL ? text : "", out);
}

static void print_integration(const struct api_request *rq, const struct store_integration *i,
                              const cJSON *subscriptions, struct buffer *out)
{
    const struct {
        const char *before, *key, *text;
    } fields[] = {{"{", "id", i->id},
                  {",", "name", i->name},
                  {",\"metadata\":{", "hostname", i->hostname},
                  {",", "integrationversion", i->version},
                  {",", "distributorversion", i->distributor},
                  {",", "location", i->location},
                  {",\"kubernetesmetadata\":{", "namespace", i->namespace},
                  {",", "podname", i->pod},
                  {",", "deploymentname", i->deployment}};
    char seen[CLOCK_TEXT_SIZE];
    clock_format(i->seen_ns, seen);
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
        (void)buffer_add_text(out, fields[k].before);
        print_text(fields[k].key, fields[k].text, out);
    }
    (void)buffer_printf(out, "},\"lastseen\":\"%s\"},\"subscriptions\":", seen);
    print_visible(rq, subscriptions, out);
    (void)buffer_add_char(out, '}');
}

struct walk {
    struct api_request *rq;
    const char *project, *stage, *service; /* of any subscription's filter; NULL: any */
    struct buffer out;
    size_t count;
    char *id; /* of the last; owned */
};

static bool walk_fits(const struct walk *w, const cJSON *subscriptions)
{
    const char *const wanted[] = {w->project, w->stage, w->service};
    static const char *const lists[] = {"projects", "stages", "services"};
    const cJSON *item = NULL;
    for (size_t i = 0; i < 3; i++) {
        bool found = wanted[i] == NULL;
        cJSON_ArrayForEach(item, subscriptions) found =
            found || names(json_path(item, "filter", lists[i], NULL), wanted[i]);
        if (!found)
            return false;
    }
    return true;
}

static bool add_integration(void *arg, const struct store_integration *i)
{
    struct walk *w = arg;
    cJSON *subscriptions = cJSON_Parse(i->subscriptions);
    if (walk_fits(w, subscriptions)) {
        (void)buffer_add_text(&w->out, w->count++ > 0 ? "," : "");
        print_integration(w->rq, i, subscriptions, &w->out);
    }
    cJSON_Delete(subscriptions);
    return !w->out.overflow;
}

static struct store_integration_query query_of(const char *id)
{
    return (struct store_integration_query){.id = id, .seen_ns = clock_now_ns() - FORGET_NS};
}

void api_get_integrations(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct walk w = {.rq = rq,
                     .project = api_query(rq, "project"),
                     .stage = api_query(rq, "stage"),
                     .service = api_query(rq, "service"),
                     .out = BUFFER_LIMIT(API_ANSWER_MAX)};
    struct store_integration_query q = query_of(api_query(rq, "id"));
    q.name = api_query(rq, "name");
    q.namespace = api_query(rq, "namespace");
    q.hostname = api_query(rq, "hostname");
    (void)buffer_add_char(&w.out, '[');
    if (store_integrations(rq->api->store, &q, add_integration, &w, &err) != STATUS_OK) {
        buffer_free(&w.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(&w.out, ']');
    api_answer_buffer(rq, 200, &w.out);
}

/* --- registering --- */

struct registration {
    struct store_integration i;
    int64_t forget_ns;
};

static void fill_registration(void *arg, struct store_batch *b)
{
    const struct registration *r = arg;
    store_batch_integration(b, &r->i, r->forget_ns);
}

static bool take_id(void *arg, const struct store_integration *i)
{
    struct api_request *rq = arg;
    rq->subject = arena_string(&rq->arena, i->id);
    return false;
}

static void answer_id(struct api_request *rq, int http)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    (void)buffer_add_char(&out, '{');
    print_text("id", rq->subject, &out);
    (void)buffer_add_char(&out, '}');
    api_answer_buffer(rq, http, &out);
}

static void registered(struct api_request *rq, const char *body, size_t len)
{
    (void)body;
    (void)len;
    answer_id(rq, 201);
}

static void registered_before(struct api_request *rq, const char *body, size_t len)
{
    (void)body;
    (void)len;
    answer_id(rq, 200);
}

/* Hex SHA-1 of "name-namespace-hostname": an id that clients know how to make, not a proof of anything. */
static const char *make_id(struct api_request *rq, const struct store_integration *i)
{
    unsigned char digest[20];
    char *id = arena_alloc(&rq->arena, 2 * sizeof digest + 1);
    const char *text = arena_printf(&rq->arena, "%s-%s-%s", i->name, i->namespace, i->hostname);
    api_sha1(text, strlen(text), digest);
    for (size_t k = 0; k < sizeof digest; k++)
        (void)snprintf(id + 2 * k, 3, "%02x", digest[k]);
    return id;
}

/* Its subscriptions, each with a new id, as JSON; NULL: they are of another form. The buffer's. */
static const char *read_subscriptions(const cJSON *body, struct buffer *out)
{
    const cJSON *list = json_get(body, "subscriptions"), *item = NULL;
    bool fits = list == NULL || cJSON_IsNull(list) || cJSON_IsArray(list);
    const char *comma = "";
    (void)buffer_add_char(out, '[');
    cJSON_ArrayForEach(item, list)
    {
        char id[UUID_SIZE];
        uuid_new(id);
        (void)buffer_add_text(out, comma);
        fits = fits && print_subscription(item, id, out);
        comma = ",";
    }
    (void)buffer_add_char(out, ']');
    return fits && !out->overflow ? buffer_text(out) : NULL;
}

static void register_integration(struct api_request *rq, const cJSON *body)
{
    const struct api_ports *ports = &rq->api->ports;
    const cJSON *metadata = json_get(body, "metadata"),
                *kubernetes = json_get(metadata, "kubernetesmetadata");
    struct buffer subscriptions = BUFFER_LIMIT(JSON_EVENT_MAX);
    struct error err = ERROR_NONE;
    struct registration r = {.i = {.name = json_text(body, "name"),
                                   .namespace = json_text(kubernetes, "namespace"),
                                   .hostname = json_text(metadata, "hostname"),
                                   .version = json_text(metadata, "integrationversion"),
                                   .distributor = json_text(metadata, "distributorversion"),
                                   .location = json_text(metadata, "location"),
                                   .pod = json_text(kubernetes, "podname"),
                                   .deployment = json_text(kubernetes, "deploymentname"),
                                   .seen_ns = clock_now_ns(),
                                   .subscriptions = read_subscriptions(body, &subscriptions)}};
    const char *const needed[] = {r.i.name, r.i.namespace, r.i.hostname};
    r.forget_ns = r.i.seen_ns - FORGET_NS;
    bool complete = true;
    for (size_t k = 0; k < 3; k++)
        complete = complete && needed[k] != NULL && needed[k][0] != '\0';
    struct store_integration_query known = {
        .name = r.i.name, .namespace = r.i.namespace, .seen_ns = r.forget_ns};
    if (!complete) {
        api_answer_error(rq, 400,
                         "incomplete integration ID. At least 'Name','Namespace' and 'NodeName' must be set");
    } else if (r.i.subscriptions == NULL) {
        api_answer_error(rq, 400,
                         "Invalid request format: subscriptions must be a list of "
                         "{\"event\":text,\"filter\":{\"projects\":[],\"stages\":[],\"services\":[]}}");
    } else if (store_integrations(rq->api->store, &known, take_id, rq, &err) != STATUS_OK) {
        api_answer_status(rq, &err);
    } else {
        r.i.id = make_id(rq, &r.i);
        rq->on_body = rq->subject != NULL ? registered_before : registered;
        if (rq->subject == NULL)
            rq->subject = r.i.id;
        ports->keep(ports->arg, fill_registration, &r, api_request_done, api_request_wait(rq));
    }
    buffer_free(&subscriptions);
}

void api_post_integration(struct api_request *rq)
{
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body != NULL)
        register_integration(rq, body);
    cJSON_Delete(body);
}

static void fill_deletion(void *arg, struct store_batch *b)
{
    const struct api_request *rq = arg;
    store_batch_delete_integration(b, rq->params[0]);
}

void api_delete_integration(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    ports->keep(ports->arg, fill_deletion, rq, api_request_done, api_request_wait(rq));
}

static void fill_ping(void *arg, struct store_batch *b)
{
    const struct api_request *rq = arg;
    store_batch_ping(b, rq->params[0], clock_now_ns());
}

static void pinged(struct api_request *rq, const char *body, size_t len)
{
    struct error err = ERROR_NONE;
    struct walk w = {.rq = rq, .out = BUFFER_LIMIT(API_ANSWER_MAX)};
    struct store_integration_query q = query_of(rq->params[0]);
    (void)body; /* empty */
    (void)len;
    if (store_integrations(rq->api->store, &q, add_integration, &w, &err) != STATUS_OK)
        api_answer_status(rq, &err);
    else if (w.count == 0)
        api_answer_error(rq, 404, UNKNOWN);
    else
        api_answer_buffer(rq, 200, &w.out);
    buffer_free(&w.out);
}

static bool stop_at_first(void *arg, const struct store_integration *i)
{
    *(cJSON **)arg = cJSON_Parse(i->subscriptions);
    return false;
}

/* The subscriptions of the integration in the path; NULL: it is not there, which has been answered with the
 * code and text. The caller's. */
static cJSON *subscriptions_of(struct api_request *rq, int http, const char *text)
{
    cJSON *subscriptions = NULL;
    struct error err = ERROR_NONE;
    struct store_integration_query q = query_of(rq->params[0]);
    if (store_integrations(rq->api->store, &q, stop_at_first, &subscriptions, &err) != STATUS_OK)
        api_answer_status(rq, &err);
    else if (subscriptions == NULL)
        api_answer_error(rq, http, "%s", text);
    return subscriptions;
}

void api_ping_integration(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    cJSON *known = subscriptions_of(rq, 404, UNKNOWN);
    if (known == NULL)
        return; /* nothing is written for one that is not there */
    cJSON_Delete(known);
    rq->on_body = pinged;
    ports->keep(ports->arg, fill_ping, rq, api_request_done, api_request_wait(rq));
}

/* --- subscriptions of one integration --- */

void api_get_subscriptions(struct api_request *rq)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    cJSON *subscriptions = subscriptions_of(rq, 404, UNKNOWN_DB);
    if (subscriptions == NULL)
        return;
    if (cJSON_GetArraySize(subscriptions) == 0)
        (void)buffer_add_text(&out, "null");
    else
        print_visible(rq, subscriptions, &out);
    api_answer_buffer(rq, 200, &out);
    cJSON_Delete(subscriptions);
}

void api_get_subscription(struct api_request *rq)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    cJSON *subscriptions = subscriptions_of(rq, 404, UNKNOWN_DB);
    if (subscriptions == NULL)
        return;
    const cJSON *one = api_item_named(subscriptions, "id", rq->params[1]);
    if (one != NULL && may_see(rq, one)) {
        (void)json_print(one, &out);
        api_answer_buffer(rq, 200, &out);
    } else {
        api_answer_error(rq, 404, UNKNOWN_DB);
    }
    cJSON_Delete(subscriptions);
}

struct subscription {
    const char *integration, *id, *text; /* text NULL: it is deleted */
};

static void fill_subscription(void *arg, struct store_batch *b)
{
    const struct subscription *s = arg;
    if (s->text != NULL)
        store_batch_subscription(b, s->integration, s->id, s->text);
    else
        store_batch_delete_subscription(b, s->integration, s->id);
}

static void keep_subscription(struct api_request *rq, const cJSON *body, int unknown)
{
    const struct api_ports *ports = &rq->api->ports;
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    cJSON *known = subscriptions_of(rq, unknown, UNKNOWN_DB);
    if (known == NULL)
        return;
    cJSON_Delete(known);
    if (!print_subscription(body, rq->subject, &text) || text.overflow) {
        api_answer_error(rq, 400,
                         "Invalid request format: a subscription is "
                         "{\"event\":text,\"filter\":{\"projects\":[],\"stages\":[],\"services\":[]}}");
    } else {
        struct subscription s = {rq->params[0], rq->subject, buffer_text(&text)};
        rq->on_body = registered;
        ports->keep(ports->arg, fill_subscription, &s, api_request_done, api_request_wait(rq));
    }
    buffer_free(&text);
}

void api_post_subscription(struct api_request *rq)
{
    char id[UUID_SIZE];
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    uuid_new(id);
    rq->subject = arena_string(&rq->arena, id);
    if (body != NULL)
        keep_subscription(rq, body, 404);
    cJSON_Delete(body);
}

void api_put_subscription(struct api_request *rq)
{
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    rq->subject = rq->params[1];
    if (body != NULL)
        keep_subscription(rq, body, 500);
    cJSON_Delete(body);
}

void api_delete_subscription(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct subscription s = {rq->params[0], rq->params[1], NULL};
    cJSON *known = subscriptions_of(rq, 500, UNKNOWN_DB);
    if (known != NULL)
        ports->keep(ports->arg, fill_subscription, &s, api_request_done, api_request_wait(rq));
    cJSON_Delete(known);
}
