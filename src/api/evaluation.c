/* api/evaluation.c: triggering an evaluation. Source: keptn-api.md, section 3, "Open events, evaluation";
 * shipyard-controller 1.4.5, CreateEvaluation. */
#include "config.h"

#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"

#define SOURCE        "https://github.com/keptn/keptn/api"
#define TIMEFRAME     (5 * 60 * CLOCK_S) /* where none is told */
#define SPAN_MIN      (60 * CLOCK_S)
#define TIMEFRAME_MAX (3650 * 24 * 3600 * CLOCK_S)
#define NO_SERVICE    2 /* Keptn's code for what the service was not found in */

struct span {
    int64_t start_ns, end_ns;
};

/* A text of the body; "" counts as absent. False: it is of another kind, and has been answered. */
static bool take_text(struct api_request *rq, const cJSON *body, const char *key, const char **out)
{
    const cJSON *value = json_get(body, key);
    *out = cJSON_IsString(value) && value->valuestring[0] != '\0' ? value->valuestring : NULL;
    if (value == NULL || cJSON_IsNull(value) || cJSON_IsString(value))
        return true;
    api_answer_error(rq, 400, "Invalid request format: %s must be a text", key);
    return false;
}

/* As Keptn: with a zone, or without one in UTC ("2019-07-24T10:17:12"). */
static bool take_time(struct api_request *rq, const char *key, const char *text, int64_t *ns)
{
    const char *with_zone = arena_printf(&rq->arena, "%sZ", text);
    if (clock_parse(text, ns) || clock_parse(with_zone, ns))
        return true;
    api_answer_error(rq, 400, "Invalid request format: %s \"%s\" is no time like 2023-05-04T10:11:12.000Z",
                     key, text);
    return false;
}

/* The time that is to be evaluated. False: answered with 400. */
static bool read_span(struct api_request *rq, const cJSON *body, struct span *span)
{
    const char *start = NULL, *end = NULL, *timeframe = NULL;
    int64_t length = TIMEFRAME;
    if (!take_text(rq, body, "start", &start) || !take_text(rq, body, "end", &end) ||
        !take_text(rq, body, "timeframe", &timeframe))
        return false;
    if (end != NULL && (start == NULL || timeframe != NULL)) {
        api_answer_error(rq, 400, "Invalid request format: %s",
                         timeframe != NULL ? "timeframe cannot be used together with end"
                                           : "end needs a start");
        return false;
    }
    if (timeframe != NULL &&
        (!clock_parse_duration(timeframe, &length) || length < 0 || length > TIMEFRAME_MAX)) {
        api_answer_error(rq, 400, "Invalid request format: timeframe \"%s\" is no duration like 5m",
                         timeframe);
        return false;
    }
    span->end_ns = clock_now_ns();
    span->start_ns = span->end_ns - length;
    if (start != NULL && !take_time(rq, "start", start, &span->start_ns))
        return false;
    if (end != NULL && !take_time(rq, "end", end, &span->end_ns))
        return false;
    if (start != NULL && timeframe != NULL)
        span->end_ns = span->start_ns + length;
    if (span->end_ns / 2 - span->start_ns / 2 >= SPAN_MIN / 2)
        return true;
    api_answer_json(rq, 400, "{\"message\":\"end date must be at least 1 minute after start date\"}");
    return false;
}

/* False: project, stage or service is not there; answered with 400 and Keptn's own code. */
static bool is_there(struct api_request *rq)
{
    cJSON *project =
        api_request_sees(rq, rq->params[0]) ? store_project_json(rq->api->store, rq->params[0]) : NULL;
    const cJSON *stage = api_item_named(json_get(project, "stages"), "stageName", rq->params[1]);
    const cJSON *service = api_item_named(json_get(stage, "services"), "serviceName", rq->params[2]);
    const char *missing = project == NULL   ? "project not found"
                          : stage == NULL   ? "stage not found"
                          : service == NULL ? "service not found"
                                            : NULL;
    cJSON_Delete(project);
    if (missing != NULL)
        api_answer_code(rq, 400, NO_SERVICE, missing);
    return missing == NULL;
}

static bool labels_fit(struct api_request *rq, const cJSON *labels)
{
    const cJSON *label = NULL;
    bool fit = labels == NULL || cJSON_IsNull(labels) || cJSON_IsObject(labels);
    cJSON_ArrayForEach(label, labels) fit = fit && cJSON_IsString(label);
    if (!fit)
        api_answer_error(rq, 400, "Invalid request format: labels must be an object of texts");
    return fit;
}

/* The event as a client could have posted it. */
static void print_event(const struct api_request *rq, const cJSON *body, const char *commit,
                        const struct span *span, struct buffer *out)
{
    const cJSON *labels = json_get(body, "labels");
    char start[CLOCK_TEXT_SIZE], end[CLOCK_TEXT_SIZE];
    clock_format_ms(span->start_ns, start);
    clock_format_ms(span->end_ns, end);
    (void)buffer_add_text(out, "{\"source\":\"" SOURCE "\",\"type\":");
    struct buffer type = BUFFER_LIMIT(JSON_EVENT_MAX);
    (void)buffer_printf(&type, "sh.keptn.event.%s.evaluation.triggered", rq->params[1]);
    (void)json_print_text(buffer_text(&type), out);
    buffer_free(&type);
    if (commit != NULL) {
        (void)buffer_add_text(out, ",\"gitcommitid\":");
        (void)json_print_text(commit, out);
    }
    (void)buffer_add_text(out, ",\"data\":{\"project\":");
    (void)json_print_text(rq->params[0], out);
    (void)buffer_add_text(out, ",\"stage\":");
    (void)json_print_text(rq->params[1], out);
    (void)buffer_add_text(out, ",\"service\":");
    (void)json_print_text(rq->params[2], out);
    if (cJSON_IsObject(labels)) {
        (void)buffer_add_text(out, ",\"labels\":");
        (void)json_print(labels, out);
    }
    (void)buffer_printf(out, ",\"evaluation\":{\"start\":\"%s\",\"end\":\"%s\"}}}", start, end);
}

static void trigger(struct api_request *rq, const cJSON *body, const char *commit, const struct span *span)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    struct event ev = {0};
    struct error err = ERROR_NONE;
    print_event(rq, body, commit, span, &text);
    if (text.overflow)
        api_answer_error(rq, 413, "the event would be over 1 MiB: give fewer labels");
    else if (event_decode(buffer_text(&text), text.len, EVENT_FORM_POSTED, &ev, &err) != STATUS_OK)
        api_answer_status(rq, &err);
    else
        ports->post_event(ports->arg, &ev, &who, api_request_done, api_request_wait(rq));
    event_free(&ev);
    buffer_free(&text);
}

void api_post_evaluation(struct api_request *rq)
{
    struct span span;
    const char *commit = NULL;
    if (!api_request_may_change(rq, rq->params[0]))
        return;
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body != NULL && take_text(rq, body, "gitcommitid", &commit) &&
        labels_fit(rq, json_get(body, "labels")) && is_there(rq) && read_span(rq, body, &span))
        trigger(rq, body, commit, &span);
    cJSON_Delete(body);
}
