#include "config.h"

#include "daemon/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define C       "/controlPlane/v1"
#define WAIT_NS (30 * CLOCK_S)

/* False: the time is over. */
static bool pause_until(int64_t deadline)
{
    poll(NULL, 0, 10);
    return clock_monotonic_ns() < deadline;
}

void keptn_trigger(struct world *w, const char *sequence, const char *more, char context[KEPTN_ID])
{
    char *body = mem_printf(
        "{\"type\":\"sh.keptn.event.%s.triggered\",\"source\":\"test\",\"data\":{\"project\":\"fulltour\","
        "\"stage\":\"%.*s\",\"service\":\"helloservice\"%s%s}}",
        sequence, (int)strcspn(sequence, "."), sequence, more[0] != '\0' ? "," : "", more);
    char *answer = NULL;
    if (world_post_event(w, body, &answer) != 200)
        fail_msg("%s", answer);
    cJSON *json = cJSON_Parse(answer);
    (void)snprintf(context, KEPTN_ID, "%s", json_text(json, "keptnContext"));
    cJSON_Delete(json);
    free(answer);
    free(body);
}

static cJSON *events_of(struct world *w, const char *context, const char *type)
{
    char *path = mem_printf("/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.%s%s%s", type,
                            context != NULL ? "&keptnContext=" : "", context != NULL ? context : "");
    cJSON *events = world_get(w, path);
    free(path);
    return events;
}

cJSON *keptn_event(struct world *w, const char *context, const char *type)
{
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    do {
        cJSON *events = events_of(w, context, type);
        cJSON *first = cJSON_DetachItemFromArray(cJSON_GetObjectItemCaseSensitive(events, "events"), 0);
        cJSON_Delete(events);
        if (first != NULL)
            return first;
    } while (pause_until(deadline));
    fail_msg("no %s of context %s", type, context);
    return NULL;
}

char *keptn_wait_event(struct world *w, const char *context, const char *type)
{
    cJSON *event = keptn_event(w, context, type);
    char *id = mem_string(json_text(event, "id"));
    cJSON_Delete(event);
    return id;
}

static size_t total(cJSON *answer)
{
    const cJSON *number = json_get(answer, "totalCount"); /* left out where it is 0 */
    size_t count = cJSON_IsNumber(number) ? (size_t)number->valuedouble : 0;
    cJSON_Delete(answer);
    return count;
}

size_t keptn_event_count(struct world *w, const char *context, const char *type)
{
    return total(events_of(w, context, type));
}

size_t keptn_open_count(struct world *w, const char *task)
{
    char *path = mem_printf(C "/event/triggered/sh.keptn.event.%s.triggered?project=fulltour", task);
    size_t count = total(world_get(w, path));
    free(path);
    return count;
}

char *keptn_state(struct world *w, const char *context)
{
    char *path = mem_printf(C "/sequence/fulltour?keptnContext=%s", context);
    cJSON *answer = world_get(w, path);
    char *state = mem_string(json_text(cJSON_GetArrayItem(json_get(answer, "states"), 0), "state"));
    cJSON_Delete(answer);
    free(path);
    return state;
}

void keptn_wait_state(struct world *w, const char *context, const char *state)
{
    int64_t deadline = clock_monotonic_ns() + WAIT_NS;
    for (;;) {
        char *is = keptn_state(w, context);
        bool there = is != NULL && strcmp(is, state) == 0;
        if (!there && !pause_until(deadline))
            fail_msg("context %s is %s, not %s", context, is != NULL ? is : "unknown", state);
        free(is);
        if (there)
            return;
    }
}

void keptn_control(struct world *w, const char *context, const char *verb)
{
    char *path = mem_printf(C "/sequence/fulltour/%s/control", context);
    char *body = mem_printf("{\"state\":\"%s\"}", verb);
    assert_int_equal(world_post(w, path, body, NULL), 200);
    free(path);
    free(body);
}

static void answer(struct world *w, const char *context, const char *stage, const char *type, const char *id,
                   const char *result)
{
    char *body = mem_printf("{\"type\":\"sh.keptn.event.%s\",\"source\":\"test\",\"shkeptncontext\":\"%s\","
                            "\"triggeredid\":\"%s\",\"data\":{\"project\":\"fulltour\",\"stage\":\"%s\","
                            "\"service\":\"helloservice\",\"status\":\"succeeded\"%s%s%s}}",
                            type, context, id, stage, result ? ",\"result\":\"" : "", result ? result : "",
                            result ? "\"" : "");
    char *text = NULL;
    if (world_post_event(w, body, &text) != 200)
        fail_msg("%s: %s", body, text);
    free(text);
    free(body);
}

void keptn_do(struct world *w, const char *context, const char *stage, const char *task, const char *result)
{
    char *triggered = mem_printf("%s.triggered", task), *started = mem_printf("%s.started", task),
         *finished = mem_printf("%s.finished", task);
    char *id = keptn_wait_event(w, context, triggered);
    answer(w, context, stage, started, id, NULL);
    answer(w, context, stage, finished, id, result);
    free(triggered);
    free(started);
    free(finished);
    free(id);
}
