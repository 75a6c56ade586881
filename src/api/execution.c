/* api/execution.c: the sequence-execution query, from the sequencer's records. A record has an item for each
 * stage and sequence of a context, with Keptn's keys and some of its own: what is answered is what the shapes
 * below name. Source: keptn-api.md, section 3, "Sequence"; sequencer/record_json.c. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

/* One key of an answer. */
struct shape {
    const char *key;
    const char *missing;        /* what stands for it where it is not there; NULL: it is left out */
    const struct shape *inside; /* of an object, or of each item of a list; NULL: as it is */
};

static const struct shape event_shape[] = {{"eventType", "\"\"", NULL}, {"source", "\"\"", NULL},
                                           {"result", "\"\"", NULL},    {"status", "\"\"", NULL},
                                           {"time", "\"\"", NULL},      {"properties", "null", NULL},
                                           {NULL, NULL, NULL}};
static const struct shape current_shape[] = {
    {"name", "\"\"", NULL}, {"triggeredID", "\"\"", NULL}, {"events", "[]", event_shape}, {NULL, NULL, NULL}};
static const struct shape previous_shape[] = {{"name", "\"\"", NULL},       {"triggeredID", "\"\"", NULL},
                                              {"result", "\"\"", NULL},     {"status", "\"\"", NULL},
                                              {"properties", "null", NULL}, {NULL, NULL, NULL}};
static const struct shape status_shape[] = {{"state", "\"\"", NULL},
                                            {"stateBeforePause", "\"\"", NULL},
                                            {"previousTasks", "[]", previous_shape},
                                            {"currentTask", "{}", current_shape},
                                            {NULL, NULL, NULL}};
static const struct shape task_shape[] = {
    {"name", "\"\"", NULL}, {"triggeredAfter", NULL, NULL}, {"properties", "null", NULL}, {NULL, NULL, NULL}};
static const struct shape sequence_shape[] = {
    {"name", "\"\"", NULL}, {"tasks", "[]", task_shape}, {NULL, NULL, NULL}};
static const struct shape scope_shape[] = {
    {"project", "\"\"", NULL},     {"stage", "\"\"", NULL},        {"service", "\"\"", NULL},
    {"labels", NULL, NULL},        {"keptnContext", "\"\"", NULL}, {"triggeredId", "\"\"", NULL},
    {"gitcommitid", "\"\"", NULL}, {"eventType", "\"\"", NULL},    {NULL, NULL, NULL}};
static const struct shape execution_shape[] = {{"_id", "\"\"", NULL},
                                               {"schemaVersion", "\"1\"", NULL},
                                               {"triggeredAt", "\"\"", NULL},
                                               {"inputProperties", "null", NULL},
                                               {"sequence", "{}", sequence_shape},
                                               {"scope", "{}", scope_shape},
                                               {"status", "{}", status_shape},
                                               {NULL, NULL, NULL}};

static void print_object(const cJSON *object, const struct shape *shape, struct buffer *out);

static void print_list(const cJSON *list, const struct shape *shape, struct buffer *out)
{
    const cJSON *item = NULL;
    const char *comma = "";
    (void)buffer_add_char(out, '[');
    cJSON_ArrayForEach(item, list)
    {
        (void)buffer_add_text(out, comma);
        print_object(item, shape, out);
        comma = ",";
    }
    (void)buffer_add_char(out, ']');
}

static void print_object(const cJSON *object, const struct shape *shape, struct buffer *out)
{
    const char *comma = "";
    (void)buffer_add_char(out, '{');
    for (; shape->key != NULL; shape++) {
        const cJSON *value = json_get(object, shape->key);
        if (value == NULL && shape->missing == NULL)
            continue;
        (void)buffer_printf(out, "%s\"%s\":", comma, shape->key);
        comma = ",";
        if (cJSON_IsArray(value) && shape->inside != NULL)
            print_list(value, shape->inside, out);
        else if (cJSON_IsObject(value) && shape->inside != NULL)
            print_object(value, shape->inside, out);
        else if (value == NULL)
            (void)buffer_add_text(out, shape->missing);
        else
            (void)json_print(value, out);
    }
    (void)buffer_add_char(out, '}');
}

/* --- which, and in what order --- */

struct found {
    int64_t triggered_ns;
    size_t order; /* in which they were found: of one time, the later stands first */
    const char *context;
    size_t index; /* in its record */
};

struct search {
    struct api_request *rq;
    const char *stage, *service, *name, *status;
    struct found *found;
    size_t count, capacity;
};

static bool fits(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

static bool execution_fits(const struct search *s, const cJSON *execution)
{
    const cJSON *scope = json_get(execution, "scope");
    return fits(s->stage, json_text(scope, "stage")) && fits(s->service, json_text(scope, "service")) &&
           fits(s->name, json_text(json_get(execution, "sequence"), "name")) &&
           fits(s->status, json_text(json_get(execution, "status"), "state"));
}

static bool look_at_record(void *arg, const char *project, const char *context, const char *text)
{
    struct search *s = arg;
    struct arena arena = {0};
    struct error err = ERROR_NONE;
    cJSON *record = NULL;
    const cJSON *execution = NULL;
    size_t index = 0;
    (void)project; /* was asked for */
    if (text != NULL && json_parse_in_arena(text, strlen(text), &arena, &record, &err) == STATUS_OK) {
        const char *kept = arena_string(&s->rq->arena, context);
        cJSON_ArrayForEach(execution, json_get(record, "executions"))
        {
            struct found f = {.order = s->count, .context = kept, .index = index++};
            const char *time = json_text(execution, "triggeredAt");
            if (!execution_fits(s, execution))
                continue;
            if (time == NULL || !clock_parse(time, &f.triggered_ns))
                f.triggered_ns = 0;
            MEM_GROW(s->found, s->count, s->capacity);
            s->found[s->count++] = f;
        }
    }
    arena_free(&arena);
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->triggered_ns != y->triggered_ns)
        return x->triggered_ns < y->triggered_ns ? 1 : -1;
    return x->order < y->order ? 1 : -1;
}

static void print_found(struct search *s, const char *project, struct api_list *list)
{
    const char *context = NULL;
    cJSON *record = NULL;
    struct error err = ERROR_NONE;
    for (size_t i = 0; i < s->count && !list->out.overflow; i++) {
        const struct found *f = &s->found[i];
        if (!api_list_take(list))
            continue;
        if (f->context != context) {
            char *text = store_record(s->rq->api->store, project, f->context);
            cJSON_Delete(record);
            record = NULL;
            if (text == NULL || json_parse(text, strlen(text), &record, &err) != STATUS_OK)
                record = NULL; /* it was read a moment ago: the store has failed, and has logged it */
            free(text);
            context = f->context;
        }
        print_object(cJSON_GetArrayItem(json_get(record, "executions"), (int)f->index), execution_shape,
                     &list->out);
    }
    cJSON_Delete(record);
}

void api_get_sequence_executions(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct api_list list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, 0)};
    struct search s = {.rq = rq,
                       .stage = api_query(rq, "stage"),
                       .service = api_query(rq, "service"),
                       .name = api_query(rq, "name"),
                       .status = api_query(rq, "status")};
    const struct store_state_query q = {.project = api_query(rq, "project"),
                                        .contexts = api_query(rq, "keptnContext")};
    if (q.project == NULL) {
        api_answer_error(rq, 400, "Invalid request format: project is missing");
        return;
    }
    if (!api_request_sees(rq, q.project) || !store_project_exists(rq->api->store, q.project)) {
        api_answer_error(rq, 404, "project not found");
        return;
    }
    api_request_number(rq);
    if (store_records(rq->api->store, &q, look_at_record, &s, &err) != STATUS_OK) {
        api_answer_status(rq, &err);
    } else {
        if (s.count > 1)
            qsort(s.found, s.count, sizeof *s.found, newest_first);
        (void)buffer_add_text(&list.out, "{\"sequenceExecutions\":[");
        print_found(&s, q.project, &list);
        (void)buffer_add_char(&list.out, ']');
        if (list.count > 0)
            (void)buffer_printf(&list.out, ",\"pageSize\":%zu", list.count);
        api_page_end(&list.out, &list.page, list.count, s.count, API_PAGE_NUMBER);
        (void)buffer_add_char(&list.out, '}');
        api_answer_buffer(rq, 200, &list.out);
    }
    free(s.found);
}
