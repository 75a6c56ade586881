/* What the data of an event becomes on its way through a run. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define SMALL_OBJECT                                                                                         \
    16 /* keys; above, look-ups go through a map, so that two large objects do not cost their product */

cJSON *json_must(cJSON *item)
{
    if (item == NULL)
        abort(); /* as mem_alloc: sizes from outside were limited before */
    return item;
}

cJSON *json_copy(const cJSON *item)
{
    return item != NULL ? json_must(cJSON_Duplicate(item, true)) : NULL;
}

static void replace(cJSON *parent, cJSON *old, const char *key, cJSON *value)
{
    if (value->string == NULL || strcmp(value->string, key) != 0) {
        cJSON_free(value->string);
        value->string = cJSON_malloc(strlen(key) + 1);
        if (value->string == NULL)
            abort();
        memcpy(value->string, key, strlen(key) + 1);
    }
    cJSON_ReplaceItemViaPointer(parent, old, value);
}

static void append(cJSON *object, const char *key, cJSON *value)
{
    if (!cJSON_AddItemToObject(object, key, value))
        abort();
}

void json_set(cJSON *object, const char *key, cJSON *value)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(object, key);
    if (old != NULL)
        replace(object, old, key, value);
    else
        append(object, key, value);
}

void json_set_text(cJSON *object, const char *key, const char *text)
{
    json_set(object, key, json_must(cJSON_CreateString(text)));
}

/* New items, then the old ones. */
static void merge_arrays(cJSON *old, const cJSON *new)
{
    cJSON *former = old->child;
    old->child = NULL;
    for (const cJSON *item = new->child; item != NULL; item = item->next)
        if (!cJSON_AddItemToArray(old, json_copy(item)))
            abort();
    if (former == NULL)
        return;
    if (old->child == NULL) {
        old->child = former;
        return;
    }
    cJSON *last_new = old->child->prev; /* the first item's prev is the last item */
    cJSON *last_former = former->prev;
    last_new->next = former;
    former->prev = last_new;
    old->child->prev = last_former;
}

static void merge_value(cJSON *parent, cJSON *old, const cJSON *new)
{
    if (cJSON_IsObject(old) && cJSON_IsObject(new)) {
        payload_merge(old, new);
        return;
    }
    if (cJSON_IsArray(old) && cJSON_IsArray(new)) {
        merge_arrays(old, new);
        return;
    }
    if (cJSON_IsNull(new) && !cJSON_IsNull(old) && !cJSON_IsString(old))
        return; /* null says nothing about what is there */
    cJSON *value =
        cJSON_IsNull(new) && cJSON_IsString(old) ? json_must(cJSON_CreateString("")) : json_copy(new);
    replace(parent, old, new->string, value);
}

static size_t child_count(const cJSON *object, size_t up_to)
{
    size_t n = 0;
    for (const cJSON *item = object->child; item != NULL && n < up_to; item = item->next)
        n++;
    return n;
}

void payload_merge(cJSON *into, const cJSON *from)
{
    struct map index = {0};
    bool large = child_count(into, SMALL_OBJECT + 1) > SMALL_OBJECT &&
                 child_count(from, SMALL_OBJECT + 1) > SMALL_OBJECT;
    if (large)
        for (cJSON *item = into->child; item != NULL; item = item->next)
            map_put(&index, item->string, item);
    for (const cJSON *item = from->child; item != NULL; item = item->next) {
        cJSON *old =
            large ? map_get(&index, item->string) : cJSON_GetObjectItemCaseSensitive(into, item->string);
        if (old != NULL)
            merge_value(into, old, item);
        else
            append(into, item->string, json_copy(item));
    }
    map_free(&index, NULL);
}

cJSON *payload_build(const struct execution *x, const char *stage, const struct plan_task *task)
{
    cJSON *data = json_must(cJSON_CreateObject());
    if (x->input != NULL)
        payload_merge(data, x->input);
    for (size_t i = 0; i < x->past_count; i++)
        if (x->past[i].data != NULL)
            payload_merge(data, x->past[i].data);
    /* Set last: no executor can move a run to another scope with what it answers. */
    json_set_text(data, "project", x->record->project);
    json_set_text(data, "stage", stage);
    json_set_text(data, "service", x->service);
    if (x->past_count > 0) {
        const struct past_task *last = &x->past[x->past_count - 1];
        json_set_text(data, "status", last->status);
        json_set_text(data, "result", last->result);
    }
    if (json_get(data, "message") != NULL)
        json_set_text(data, "message", "");
    if (task != NULL && task->properties != NULL) {
        cJSON *wrapped = json_must(cJSON_CreateObject());
        append(wrapped, task->name, json_copy(task->properties));
        payload_merge(data, wrapped);
        cJSON_Delete(wrapped);
    }
    return data;
}

static size_t depth_of(const cJSON *value, size_t limit)
{
    size_t deepest = 0;
    if (limit == 0)
        return 1;
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        size_t depth = depth_of(item, limit - 1);
        if (depth > deepest)
            deepest = depth;
    }
    return deepest + 1;
}

bool payload_fits(const cJSON *payload)
{
    if (depth_of(payload, PAYLOAD_DEPTH_MAX) > PAYLOAD_DEPTH_MAX)
        return false;
    struct buffer text = BUFFER_LIMIT(PAYLOAD_BYTES_MAX);
    bool fits = json_print(payload, &text);
    buffer_free(&text);
    return fits;
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

struct verdict payload_verdict(const struct task_event *events, size_t count)
{
    size_t finished = 0, errored = 0, aborted = 0, succeeded = 0, failed = 0, warned = 0;
    for (size_t i = 0; i < count; i++) {
        if (!events[i].finished)
            continue;
        finished++;
        errored += is(events[i].status, "errored");
        aborted += is(events[i].status, "aborted");
        succeeded += is(events[i].status, "succeeded");
        warned += is(events[i].result, "warning");
        failed += !is(events[i].result, "warning") && !is(events[i].result, "pass");
    }
    struct verdict v = {.result = failed > 0 ? "fail" : warned > 0 ? "warning" : "pass"};
    if (errored > 0)
        v.status = "errored";
    else if (aborted > 0)
        v.status = "aborted";
    else if (succeeded == finished)
        v.status = "succeeded";
    else
        v = (struct verdict){.result = "fail", .status = "unknown"};
    return v;
}
