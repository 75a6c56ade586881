/* api/sequence.c: the sequence query and control. Source: keptn-api.md, section 3, "Sequence". */
#include "config.h"

#include <string.h>

#include "api/internal.h"
#include "base/json.h"

struct states {
    struct buffer out;
    size_t count;
};

static bool add_state(void *arg, const char *project, const char *context, const char *text)
{
    struct states *s = arg;
    (void)project; /* both stand in the text */
    (void)context;
    if (s->count++ > 0)
        (void)buffer_add_char(&s->out, ',');
    return buffer_add_text(&s->out, text);
}

void api_get_sequences(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    struct states s = {.out = BUFFER_LIMIT(API_ANSWER_MAX)};
    struct api_page page = api_page_read(rq, 0);
    size_t total = 0;
    struct store_state_query q = {.project = rq->params[0],
                                  .name = api_query(rq, "name"),
                                  .state = api_query(rq, "state"),
                                  .contexts = api_query(rq, "keptnContext"),
                                  .offset = page.offset,
                                  .limit = page.size};
    if (!api_time_read(rq, "fromTime", &q.from_ns) || !api_time_read(rq, "beforeTime", &q.before_ns)) {
        api_answer_error(rq, 400,
                         "Invalid request format: fromTime and beforeTime must be times like "
                         "2023-05-04T10:11:12.123Z");
        return;
    }
    api_request_number(rq);
    (void)buffer_add_text(&s.out, "{\"states\":[");
    if (api_request_sees(rq, q.project) &&
        store_states(rq->api->store, &q, add_state, &s, &total, &err) != STATUS_OK) {
        buffer_free(&s.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(&s.out, ']');
    api_page_end(&s.out, &page, s.count, total, API_PAGE_NUMBER);
    (void)buffer_add_char(&s.out, '}');
    api_answer_buffer(rq, 200, &s.out);
}

static bool is_verb(const char *verb)
{
    return strcmp(verb, "pause") == 0 || strcmp(verb, "resume") == 0 || strcmp(verb, "abort") == 0;
}

void api_post_control(struct api_request *rq)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (!api_request_may_change(rq, rq->params[0]))
        return;
    cJSON *body = api_body_object(rq, "Invalid request format: ");
    if (body == NULL)
        return;
    const char *verb = json_text(body, "state"), *stage = json_text(body, "stage");
    if (verb == NULL || verb[0] == '\0')
        api_answer_error(rq, 400, "Invalid request format: state is missing: pause, resume or abort");
    else if (!is_verb(verb))
        api_answer_json(rq, 200, "{}"); /* as Keptn: another word has no effect */
    else
        ports->control(ports->arg, rq->params[0], rq->params[1],
                       stage != NULL && stage[0] != '\0' ? stage : NULL, verb, &who, api_request_done,
                       api_request_wait(rq));
    cJSON_Delete(body);
}
