/* api/log.c: what integrations log with the control plane. Source: keptn-api.md, section 3, "Uniform, log".
 */
#include "config.h"

#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"

#define FORGET_NS (120 * 3600 * CLOCK_S) /* as Keptn's chart has it */
#define KEPT_MAX  100000                 /* entries, whatever their age */
#define POST_MAX  10000                  /* entries of one call: a decision does not wait for more of them */

static const char *const texts[] = {"integrationid", "message",     "shkeptncontext",
                                    "task",          "triggeredid", "gitcommitid"};

static bool add_entry(void *arg, const char *text)
{
    struct api_list *list = arg;
    if (list->count++ > 0)
        (void)buffer_add_char(&list->out, ',');
    return buffer_add_text(&list->out, text);
}

void api_get_log(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct api_list list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, 0)};
    size_t total = 0;
    struct store_log_query q = {
        .integration = api_query(rq, "integrationId"), .offset = list.page.offset, .limit = list.page.size};
    if (!api_time_read(rq, "fromTime", &q.from_ns) || !api_time_read(rq, "beforeTime", &q.before_ns)) {
        api_answer_error(rq, 404, "fromTime and beforeTime must be times like 2023-05-04T10:11:12.123Z");
        return;
    }
    (void)buffer_add_text(&list.out, "{\"logs\":[");
    /* An entry names no project: a token that is limited to some sees none. */
    if (rq->token->all_projects &&
        store_logs(rq->api->store, &q, add_entry, &list, &total, &err) != STATUS_OK) {
        buffer_free(&list.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(&list.out, ']');
    api_page_end(&list.out, &list.page, list.count, total, API_PAGE_NUMBER);
    (void)buffer_add_char(&list.out, '}');
    api_answer_buffer(rq, 200, &list.out);
}

/* --- POST --- */

/* NULL: it is fine; else what is wrong with it. */
static const char *entry_fault(const cJSON *entry)
{
    int64_t ns = 0;
    const cJSON *time = json_get(entry, "time");
    if (!cJSON_IsObject(entry))
        return "each of logs must be an object";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const cJSON *value = json_get(entry, texts[i]);
        if (value != NULL && !cJSON_IsNull(value) && !cJSON_IsString(value))
            return "integrationid, message, shkeptncontext, task, triggeredid and gitcommitid are texts";
    }
    if (time != NULL && !cJSON_IsNull(time) && !(cJSON_IsString(time) && clock_parse(time->valuestring, &ns)))
        return "time must be like 2023-05-04T10:11:12.123Z";
    return NULL;
}

/* Absent, or Go's zero time: now. */
static int64_t entry_time(const cJSON *entry, int64_t now_ns)
{
    int64_t ns = 0;
    const char *time = json_text(entry, "time");
    return time != NULL && strncmp(time, "0001-", 5) != 0 && clock_parse(time, &ns) ? ns : now_ns;
}

static void fill_log(void *arg, struct store_batch *b)
{
    const cJSON *entry = NULL;
    int64_t now = clock_now_ns();
    cJSON_ArrayForEach(entry, (const cJSON *)arg)
    {
        struct buffer text = BUFFER_LIMIT(2 * (size_t)JSON_BODY_MAX);
        char time[CLOCK_TEXT_SIZE];
        int64_t ns = entry_time(entry, now);
        clock_format(ns, time);
        (void)buffer_printf(&text, "{\"time\":\"%s\"", time);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            const char *value = json_text(entry, texts[i]);
            (void)buffer_printf(&text, ",\"%s\":", texts[i]);
            (void)json_print_text(value != NULL ? value : "", &text);
        }
        (void)buffer_add_char(&text, '}');
        const char *integration = json_text(entry, "integrationid");
        if (!text.overflow) /* a body is half of the limit, and was checked: printing it does not double it */
            store_batch_log(b, integration != NULL ? integration : "", ns, buffer_text(&text));
        buffer_free(&text);
    }
    store_batch_forget_logs(b, now - FORGET_NS, KEPT_MAX);
}

void api_post_log(struct api_request *rq)
{
    struct api_ports *ports = &rq->api->ports;
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    cJSON *logs = cJSON_GetObjectItemCaseSensitive(body, "logs"), *entry = NULL;
    const char *fault = NULL;
    if (body == NULL)
        return;
    if (logs != NULL && !cJSON_IsNull(logs) && !cJSON_IsArray(logs))
        fault = "logs must be a list";
    cJSON_ArrayForEach(entry, logs) fault = fault != NULL ? fault : entry_fault(entry);
    if (fault != NULL)
        api_answer_error(rq, 400, "Invalid request format: %s", fault);
    else if (cJSON_GetArraySize(logs) > POST_MAX)
        api_answer_error(rq, 413, "more than %d entries: send them in several calls", POST_MAX);
    else if (cJSON_GetArraySize(logs) == 0)
        api_answer_json(rq, 200, "{}");
    else
        ports->keep(ports->arg, fill_log, logs, api_request_done, api_request_wait(rq));
    cJSON_Delete(body);
}
