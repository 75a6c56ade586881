/* api/events_of_type.c: GET /mongodb-datastore/event/type/{type} with its little filter language:
 * `path:value` joined by ` AND `, where the value `a,b` means any of them. Source: keptn-api.md, section 5.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/map.h"
#include "base/mem.h"

#define QUERIES_MAX     256 /* one for each combination of values */
#define INVALIDATED_MAX 10000

enum field {
    FIELD_PROJECT,
    FIELD_STAGE,
    FIELD_SERVICE,
    FIELD_RESULT,
    FIELD_CONTEXT,
    FIELD_SOURCE,
    FIELD_ID,
    FIELDS
};

static const char *const paths[FIELDS] = {
    "data.project", "data.stage", "data.service", "data.result", "shkeptncontext", "source", "id"};

struct alternatives {
    const char **values;
    size_t count; /* 0: the field is not asked for */
};

struct found {
    uint64_t number;
    char *text;
    size_t len;
};

struct search {
    struct api_request *rq;
    struct alternatives fields[FIELDS];
    struct store_event_query query;
    bool hide_invalidated;
    struct map invalidated; /* triggeredid → anything */
    struct found *found;
    size_t count, capacity;
    size_t in_query, limit; /* found by the present query; wanted */
};

static struct alternatives split(struct arena *arena, const char *value)
{
    size_t most = 1;
    for (const char *p = value; *p != '\0'; p++)
        most += *p == ',';
    struct alternatives a = {.values = arena_alloc(arena, most * sizeof *a.values)};
    while (*value != '\0') {
        size_t len = strcspn(value, ",");
        if (len > 0)
            a.values[a.count++] = arena_string_n(arena, value, len);
        value += len + (value[len] == ',');
    }
    return a;
}

/* A pair without exactly one colon is skipped, as is a path that is not in use. */
static void add_pair(struct search *s, const char *pair)
{
    const char *colon = strchr(pair, ':');
    if (colon == NULL || strchr(colon + 1, ':') != NULL)
        return;
    for (size_t i = 0; i < FIELDS; i++)
        if (strlen(paths[i]) == (size_t)(colon - pair) && strncmp(paths[i], pair, strlen(paths[i])) == 0)
            s->fields[i] = split(&s->rq->arena, colon + 1);
}

static void read_filter(struct search *s, const char *filter)
{
    struct arena *arena = &s->rq->arena;
    for (const char *next = filter; next != NULL; filter = next) {
        next = strstr(filter, " AND ");
        const char *pair = next != NULL ? arena_string_n(arena, filter, (size_t)(next - filter)) : filter;
        add_pair(s, pair);
        if (next != NULL)
            next += strlen(" AND ");
    }
}

static bool is_invalidated(struct search *s, const struct store_event *e)
{
    struct event ev = {0};
    bool hidden = event_decode(e->text, e->len, EVENT_FORM_COMPLETE, &ev, NULL) == STATUS_OK &&
                  ev.triggeredid != NULL && map_get(&s->invalidated, ev.triggeredid) != NULL;
    event_free(&ev);
    return hidden;
}

static bool keep(void *arg, const struct store_event *e)
{
    struct search *s = arg;
    if (!api_request_sees(s->rq, e->project) || (s->hide_invalidated && is_invalidated(s, e)))
        return true;
    MEM_GROW(s->found, s->count, s->capacity);
    s->found[s->count++] =
        (struct found){.number = e->number, .text = mem_string_n(e->text, e->len), .len = e->len};
    return ++s->in_query < s->limit;
}

static bool keep_invalidated(void *arg, const struct store_event *e)
{
    struct search *s = arg;
    struct event ev = {0};
    if (event_decode(e->text, e->len, EVENT_FORM_COMPLETE, &ev, NULL) == STATUS_OK && ev.triggeredid != NULL)
        (void)map_put(&s->invalidated, ev.triggeredid, s);
    event_free(&ev);
    return true;
}

static void set_field(struct store_event_query *q, enum field field, const char *value)
{
    const char **where[FIELDS] = {&q->project, &q->stage,  &q->service, &q->result,
                                  &q->context, &q->source, &q->event_id};
    *where[field] = value;
}

/* Asks the store once for each combination of the values. */
static enum status ask(struct search *s, size_t combinations, struct error *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < combinations && status == STATUS_OK; i++) {
        size_t rest = i;
        for (int f = 0; f < FIELDS; f++) {
            if (s->fields[f].count == 0)
                continue;
            set_field(&s->query, (enum field)f, s->fields[f].values[rest % s->fields[f].count]);
            rest /= s->fields[f].count;
        }
        s->in_query = 0;
        status = store_events(s->rq->api->store, &s->query, keep, s, NULL, err);
    }
    return status;
}

/* The `.invalidated` events of the same task, in the scope that the filter names. */
static enum status ask_invalidated(struct search *s, struct error *err)
{
    const char *type = s->query.type, *kind = strrchr(type, '.');
    if (!s->hide_invalidated || kind == NULL)
        return STATUS_OK;
    struct store_event_query q = {.limit = INVALIDATED_MAX};
    q.type = arena_printf(&s->rq->arena, "%.*s.invalidated", (int)(kind - type), type);
    if (s->fields[FIELD_PROJECT].count == 1)
        q.project = s->fields[FIELD_PROJECT].values[0];
    if (s->fields[FIELD_CONTEXT].count == 1)
        q.context = s->fields[FIELD_CONTEXT].values[0];
    return store_events(s->rq->api->store, &q, keep_invalidated, s, NULL, err);
}

static int newest_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

static void answer(struct search *s)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    size_t shown = 0;
    if (s->count > 1)
        qsort(s->found, s->count, sizeof *s->found, newest_first);
    (void)buffer_add_text(&out, "{\"events\":[");
    for (size_t i = 0; i < s->count && shown < s->limit; i++) {
        if (i > 0 && s->found[i].number == s->found[i - 1].number)
            continue; /* the same value was asked for twice */
        (void)buffer_add_text(&out, shown++ > 0 ? "," : "");
        (void)api_event_answer(s->found[i].text, s->found[i].len, &out); /* too much is told by the buffer */
    }
    (void)buffer_add_text(&out, "]}");
    api_answer_buffer(s->rq, 200, &out);
}

/* Returns how many queries the filter takes; 0: it is none, and that has been answered. */
static size_t combinations_of(struct search *s)
{
    size_t combinations = 1;
    for (size_t i = 0; i < FIELDS; i++)
        if (s->fields[i].count > 0 && combinations <= QUERIES_MAX)
            combinations *= s->fields[i].count;
    if (s->fields[FIELD_PROJECT].count + s->fields[FIELD_CONTEXT].count == 0)
        api_answer_error(s->rq, 400, "invalid event filter: it must name data.project or shkeptncontext");
    else if (combinations > QUERIES_MAX)
        api_answer_error(s->rq, 400, "invalid event filter: more than %d combinations of values",
                         QUERIES_MAX);
    else
        return combinations;
    return 0;
}

void api_get_events_of_type(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    const char *filter = api_query(rq, "filter"), *hide = api_query(rq, "excludeInvalidated");
    struct search s = {.rq = rq, .hide_invalidated = hide != NULL && strcmp(hide, "true") == 0};
    s.query.type = rq->params[0];
    if (!api_limit_read(rq, "limit", &s.limit))
        return;
    s.query.limit = s.hide_invalidated || !rq->token->all_projects ? 0 : s.limit;
    if (filter == NULL) {
        api_answer_code(rq, 422, 602, "filter in query is required");
        return;
    }
    if (!api_time_read(rq, "fromTime", &s.query.from_ns)) {
        api_answer_error(rq, 400, "fromTime must be a time like 2023-05-04T10:11:12.123Z");
        return;
    }
    read_filter(&s, filter);
    size_t combinations = combinations_of(&s);
    if (combinations == 0)
        return;
    if (ask_invalidated(&s, &err) == STATUS_OK && ask(&s, combinations, &err) == STATUS_OK)
        answer(&s);
    else
        api_answer_status(rq, &err);
    for (size_t i = 0; i < s.count; i++)
        free(s.found[i].text);
    free(s.found);
    map_free(&s.invalidated, NULL);
}
