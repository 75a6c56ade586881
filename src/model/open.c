/* The answer of event/triggered for approvals: it decides which are open, as far as it knows them. */
#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/internal.h"

#define OPEN_MAX 100000 /* events of one answer */

static int order_of_keys(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

bool open_says_closed(const struct model *m, uint32_t key, uint64_t bound, int64_t time_ns)
{
    if (m->open_number == 0)
        return false;
    bool older;
    if (number_is_time(m->open_number))
        older = time_ns > 0 && (uint64_t)time_ns < m->open_number;
    else
        older = bound != 0 && bound <= m->open_number;
    return older && (m->open_key_count == 0 ||
                     bsearch(&key, m->open_keys, m->open_key_count, sizeof key, order_of_keys) == NULL);
}

/* An event of an answer, already parsed: points into item. */
static bool read_event(const cJSON *item, struct event *ev)
{
    const cJSON *data = json_get(item, "data");
    const char *time = json_text(item, "time");
    *ev = (struct event){.root = item, .data = cJSON_IsObject(data) ? data : NULL};
    ev->id = json_text(item, "id");
    ev->type = json_text(item, "type");
    ev->source = json_text(item, "source");
    ev->context = json_text(item, "shkeptncontext");
    ev->gitcommitid = json_text(item, "gitcommitid");
    ev->shipyardcommit = json_text(item, "shipyardcommit");
    ev->project = json_text(data, "project");
    ev->stage = json_text(data, "stage");
    ev->service = json_text(data, "service");
    ev->status = json_text(data, "status");
    ev->result = json_text(data, "result");
    ev->message = json_text(data, "message");
    if (ev->type == NULL)
        return false;
    if (time != NULL && !clock_parse(time, &ev->time_ns))
        return false;
    if (ev->gitcommitid != NULL && ev->gitcommitid[0] == '\0')
        ev->gitcommitid = NULL;
    event_type_parse(ev->type, &ev->parsed_type);
    return ev->parsed_type.class == EVENT_CLASS_TASK && ev->parsed_type.kind == EVENT_KIND_TRIGGERED &&
           strcmp(ev->parsed_type.name, APPROVAL_TASK) == 0;
}

/* More than this page, or all? */
static bool is_whole(const cJSON *answer, int count)
{
    const char *next = json_text(answer, "nextPageKey");
    if (next != NULL && next[0] != '\0' && strcmp(next, "0") != 0)
        return false;
    const cJSON *total = json_get(answer, "totalCount");
    return !cJSON_IsNumber(total) || total->valuedouble <= (double)count;
}

/* Of two answers with one number, what is open in either is open. */
static void remember(struct model *m, const cJSON *events, int count, uint64_t number)
{
    bool more = number == m->open_number;
    size_t kept = more ? m->open_key_count : 0;
    m->open_keys = mem_resize(m->open_keys, (kept + (size_t)count + 1) * sizeof *m->open_keys);
    m->open_key_count = kept;
    m->open_number = number;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, events)
    {
        const char *id = json_text(item, "id");
        if (id != NULL)
            m->open_keys[m->open_key_count++] = text_key(id);
    }
    if (m->open_key_count > 0)
        qsort(m->open_keys, m->open_key_count, sizeof *m->open_keys, order_of_keys);
}

/* Whether the answer may have changed which approvals of the run are open. */
static bool is_touched(const struct model *m, const struct run *run)
{
    if (state_is_ended(run->pub.state))
        return false;
    for (size_t i = 0; i < run->reached; i++)
        if (run->pub.tasks[i].facts.open != task_is_open(m, &run->pub.tasks[i]))
            return true;
    /* one that only a state tells of */
    return run->lane->told == run && text_is(run->lane->state->latest_name, APPROVAL_TASK);
}

static void derive_touched(struct model *m)
{
    /* Deriving changes no context, only what it shows. */
    for (size_t i = 0; i < m->context_capacity; i++) {
        struct context *c = m->contexts[i];
        bool touched = false;
        for (struct lane *lane = c != NULL ? c->lanes : NULL; lane != NULL; lane = lane->next)
            for (size_t k = 0; k < lane->run_count; k++)
                if (is_touched(m, lane->runs[k]))
                    touched = lane->changed = lane->runs[k]->changed = true;
        if (touched)
            context_derive(m, c);
    }
}

enum status model_apply_open_approvals(struct model *m, const cJSON *answer, uint64_t number,
                                       struct error *err)
{
    const cJSON *events = json_get(answer, "events");
    if (events == NULL || (!cJSON_IsArray(events) && !cJSON_IsNull(events)))
        return error_set(err, STATUS_INVALID,
                         "the answer about open approvals has no list \"events\": it is left out");
    int count = cJSON_GetArraySize(events);
    if (count > OPEN_MAX)
        return error_set(err, STATUS_INVALID, "the answer about open approvals has more than %d events",
                         OPEN_MAX);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, events)
    {
        struct event ev;
        /* One that cannot be shown must not hide the others: the events of the stream tell of its fault. */
        if (read_event(item, &ev))
            (void)apply_event(m, &ev, number, NULL);
    }
    if (is_whole(answer, count) && number != 0 && number >= m->open_number) {
        remember(m, events, count, number);
        derive_touched(m);
    }
    return STATUS_OK;
}

enum status model_apply_part(struct model *m, const char *what, const cJSON *answer, uint64_t number,
                             struct error *err)
{
    if (strcmp(what, "project") == 0)
        return model_apply_project(m, answer, number, err);
    if (strcmp(what, "state") == 0)
        return model_apply_state(m, answer, number, err);
    if (strcmp(what, "open") == 0)
        return model_apply_open_approvals(m, answer, number, err);
    return STATUS_OK;
}
