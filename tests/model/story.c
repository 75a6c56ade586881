#include "config.h"

#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

void story_free(struct story *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i].text);
    free(s->items);
    *s = (struct story){0};
}

struct story_item *story_add(struct story *s, enum story_kind kind, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    assert_true(len >= 0);
    MEM_GROW(s->items, s->count, s->capacity);
    struct story_item *item = &s->items[s->count++];
    if (s->number != UINT64_MAX)
        s->number++;
    *item = (struct story_item){kind, text, s->number != UINT64_MAX ? s->number : 0};
    return item;
}

static void optional(char out[400], const char *key, const char *value)
{
    out[0] = '\0';
    if (value[0] != '\0')
        snprintf(out, 400, ",\"%s\":\"%s\"", key, value);
}

struct story_item *story_event_with(struct story *s, int64_t ms, const char *context, const char *stage,
                                    const char *type, const char *id, const char *triggeredid,
                                    const char *data, const char *attributes)
{
    char time[CLOCK_TEXT_SIZE], refers[400];
    clock_format(STORY_NS(ms), time);
    optional(refers, "triggeredid", triggeredid);
    const char *source =
        strstr(type, "approval.started") != NULL ? "approval-service" : "shipyard-controller";
    if (triggeredid[0] != '\0' && strstr(type, "approval") == NULL)
        source = "je";
    if (strstr(type, "approval.finished") != NULL)
        source = "https://github.com/keptn/keptn/bridge#approval.finished";
    if (strstr(attributes, "\"source\"") != NULL)
        source = NULL;
    return story_add(
        s, STORY_EVENT,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",%s%s%s\"type\":\"sh.keptn.event.%s\",\"time\":\"%s\","
        "\"shkeptncontext\":\"%s\"%s%s,\"data\":{\"project\":\"%s\",\"stage\":\"%s\","
        "\"service\":\"%s\"%s}}",
        id, source != NULL ? "\"source\":\"" : "", source != NULL ? source : "", source != NULL ? "\"," : "",
        type, time, context, refers, attributes, s->project != NULL ? s->project : "fulltour", stage,
        s->service != NULL ? s->service : "helloservice", data);
}

struct story_item *story_event(struct story *s, int64_t ms, const char *context, const char *stage,
                               const char *type, const char *id, const char *triggeredid, const char *data)
{
    return story_event_with(s, ms, context, stage, type, id, triggeredid, data, "");
}

struct story_item *story_state(struct story *s, int64_t first_ms, const char *context, const char *overall,
                               const char *stage, const char *word, const char *latest_type,
                               const char *latest_id, int64_t latest_ms)
{
    char first[CLOCK_TEXT_SIZE], latest[CLOCK_TEXT_SIZE], event[600] = "";
    clock_format_ms(STORY_NS(first_ms), first);
    clock_format_ms(STORY_NS(latest_ms), latest);
    if (latest_type[0] != '\0')
        snprintf(event, sizeof event,
                 ",\"latestEvent\":{\"type\":\"sh.keptn.event.%s\",\"id\":\"%s\",\"time\":\"%s\"}",
                 latest_type, latest_id, latest);
    return story_add(
        s, STORY_STATE,
        "{\"name\":\"delivery\",\"service\":\"%s\",\"project\":\"%s\",\"time\":\"%s\","
        "\"shkeptncontext\":\"%s\",\"state\":\"%s\",\"stages\":[{\"name\":\"%s\",\"state\":\"%s\","
        "\"image\":\"ghcr.io/x/hello:v1\"%s}]}",
        s->service != NULL ? s->service : "helloservice", s->project != NULL ? s->project : "fulltour", first,
        context, overall, stage, word, event);
}

static enum status apply_event(struct model *m, const struct story_item *item, struct error *err)
{
    struct event ev = {0};
    enum status status = event_decode(item->text, strlen(item->text), EVENT_FORM_COMPLETE, &ev, err);
    if (status == STATUS_OK) {
        if (ev.number == 0)
            ev.number = item->number; /* as the stream has it */
        status = model_apply_event(m, &ev, item->number, err);
    }
    event_free(&ev);
    return status;
}

enum status story_apply(struct model *m, const struct story_item *item, struct error *err)
{
    cJSON *json = NULL;
    enum status status;
    if (item->kind == STORY_EVENT)
        return apply_event(m, item, err);
    status = json_parse(item->text, strlen(item->text), &json, err);
    if (status != STATUS_OK)
        return status;
    if (item->kind == STORY_STATE)
        status = model_apply_state(m, json, item->number, err);
    else if (item->kind == STORY_OPEN)
        status = model_apply_open_approvals(m, json, item->number, err);
    else
        status = model_apply_project(m, json, item->number, err);
    cJSON_Delete(json);
    return status;
}

void story_tell(struct model *m, const struct story *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct error err = ERROR_NONE;
        if (story_apply(m, &s->items[i], &err) != STATUS_OK)
            fail_msg("item %zu: %s\n%s", i, err.text, s->items[i].text);
        model_check(m);
    }
}

char *story_read_file(const char *name)
{
    const char *top = getenv("top_srcdir");
    char *path = mem_printf("%s/tests/model/data/%s", top != NULL ? top : ".", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be read: set top_srcdir", path);
    char *text = mem_alloc(1 << 20);
    size_t len = fread(text, 1, (1 << 20) - 1, file);
    text[len] = '\0';
    fclose(file);
    free(path);
    return text;
}

const struct model_sequence *story_find(const struct model *m, const char *context, const char *stage)
{
    const struct model_sequence *seq = model_find_sequence(m, context, NULL, stage, NULL);
    if (seq == NULL)
        fail_msg("no sequence of context %s in stage %s", context, stage);
    return seq;
}
