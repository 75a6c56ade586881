/* api/events.c: posting an event; the event store's query; open events. Source: keptn-api.md, sections 2, 3
 * and 5. */
#include "config.h"

#include <string.h>

#include "api/internal.h"

#define OWN_TYPES "sh.drawbridge."

/* --- POST /v1/event --- */

static bool is_approval_answer(const struct event_type *type)
{
    return type->class == EVENT_CLASS_TASK && type->kind == EVENT_KIND_FINISHED &&
           strcmp(type->name, "approval") == 0;
}

/* Source: interfaces.md, the table of roles. */
static bool may_send(enum api_role role, const struct event_type *type)
{
    bool task_answer = type->class == EVENT_CLASS_TASK &&
                       (type->kind == EVENT_KIND_STARTED || type->kind == EVENT_KIND_FINISHED);
    bool evaluation = type->class == EVENT_CLASS_TASK && type->kind == EVENT_KIND_INVALIDATED &&
                      strcmp(type->name, "evaluation") == 0;
    switch (role) {
    case API_ROLE_VIEWER:
        return false;
    case API_ROLE_APPROVER:
        return is_approval_answer(type);
    case API_ROLE_INTEGRATION:
        return task_answer && strcmp(type->name, "approval") != 0;
    case API_ROLE_OPERATOR:
        return is_approval_answer(type) || evaluation ||
               (type->class == EVENT_CLASS_SEQUENCE && type->kind == EVENT_KIND_TRIGGERED);
    case API_ROLE_ADMIN:
        break;
    }
    return true;
}

static void pass_on(struct api_request *rq, const struct event *ev)
{
    const struct api_ports *ports = &rq->api->ports;
    struct api_principal who = api_request_principal(rq);
    if (strncmp(ev->type, OWN_TYPES, strlen(OWN_TYPES)) == 0)
        api_answer_error(rq, 400, "type %s: what begins with " OWN_TYPES " is drawbridged's own to send",
                         ev->type);
    else if (!may_send(rq->token->role, &ev->parsed_type))
        api_answer_error(rq, 403, "the token \"%s\" has the role %s, which may not send %s", rq->token->name,
                         api_role_name(rq->token->role), ev->type);
    else if (api_request_may_change(rq, ev->project))
        ports->post_event(ports->arg, ev, &who, api_request_done, api_request_wait(rq));
}

void api_post_event(struct api_request *rq)
{
    struct event ev = {0};
    struct error err = ERROR_NONE;
    enum status status = event_decode(buffer_text(&rq->body), rq->body.len, EVENT_FORM_POSTED, &ev, &err);
    if (status == STATUS_OK)
        pass_on(rq, &ev);
    else if (status == STATUS_UNPROCESSABLE)
        api_answer_code(rq, 422, 602, err.text); /* go-openapi's code for what is required */
    else
        api_answer_status(rq, &err);
    event_free(&ev);
}

/* --- lists of events --- */

/* Events of a query that the token may see, in one page. */
struct walk {
    struct api_request *rq;
    struct api_list list;
};

static bool add_event(void *arg, const struct store_event *e)
{
    struct walk *walk = arg;
    if (!api_request_sees(walk->rq, e->project))
        return true;
    if (api_list_take(&walk->list))
        (void)api_event_answer(e->text, e->len, &walk->list.out); /* too much is told by the buffer */
    return !walk->list.out.overflow;
}

typedef enum status (*event_source)(struct store *s, const struct store_event_query *q, store_event_fn fn,
                                    void *arg, size_t *total, struct error *err);

/* Walks a query into walk->list. Where each event must be looked at, paging is done here, else by the store.
 * Returns the number of all that fit in *total. */
static enum status walk_events(struct walk *walk, struct store_event_query *q, event_source source,
                               size_t *total, struct error *err)
{
    struct api_page page = walk->list.page;
    bool look = q->project == NULL && !walk->rq->token->all_projects;
    if (!look) {
        q->offset = page.offset;
        q->limit = page.size;
        walk->list.page = (struct api_page){.offset = 0, .size = 0};
    }
    enum status status = source(walk->rq->api->store, q, add_event, walk, total, err);
    walk->list.page = page;
    if (look)
        *total = walk->list.seen;
    return status;
}

static bool read_times(struct api_request *rq, struct store_event_query *q)
{
    if (api_time_read(rq, "fromTime", &q->from_ns) && api_time_read(rq, "beforeTime", &q->before_ns))
        return true;
    api_answer_error(rq, 400, "fromTime and beforeTime must be times like 2023-05-04T10:11:12.123Z");
    return false;
}

static void end_events(struct api_request *rq, struct walk *walk, size_t total, enum api_page_key kind)
{
    struct buffer *out = &walk->list.out;
    api_page_end(out, &walk->list.page, walk->list.count, total, kind);
    (void)buffer_add_char(out, '}');
    api_answer_buffer(rq, 200, out);
}

void api_get_events(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    size_t total = 0;
    struct walk walk = {.rq = rq, .list = {.out = BUFFER_LIMIT(API_ANSWER_MAX)}};
    struct store_event_query q = {.project = api_query(rq, "project"),
                                  .context = api_query(rq, "keptnContext"),
                                  .stage = api_query(rq, "stage"),
                                  .service = api_query(rq, "service"),
                                  .type = api_query(rq, "type"),
                                  .source = api_query(rq, "source"),
                                  .event_id = api_query(rq, "eventID"),
                                  .root_only = api_query(rq, "root") != NULL};
    if (!api_limit_read(rq, "pageSize", &walk.list.page.size) || !read_times(rq, &q))
        return;
    walk.list.page.offset = api_page_read(rq, API_PAGE_SIZE).offset;
    if (q.project == NULL && q.context == NULL)
        q.project = ""; /* as Keptn: only those that name no project */
    api_request_number(rq);
    (void)buffer_add_text(&walk.list.out, "{\"events\":[");
    bool visible = q.project == NULL || api_request_sees(rq, q.project);
    if (visible && walk_events(&walk, &q, store_events, &total, &err) != STATUS_OK) {
        buffer_free(&walk.list.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_printf(&walk.list.out, "],\"pageSize\":%zu", walk.list.page.size);
    end_events(rq, &walk, total, API_PAGE_TEXT_ABSENT);
}

void api_get_open_events(struct api_request *rq)
{
    struct error err = ERROR_NONE;
    size_t total = 0;
    struct walk walk = {
        .rq = rq, .list = {.out = BUFFER_LIMIT(API_ANSWER_MAX), .page = api_page_read(rq, API_PAGE_SIZE)}};
    struct store_event_query q = {.type = rq->params[0],
                                  .project = api_query(rq, "project"),
                                  .stage = api_query(rq, "stage"),
                                  .service = api_query(rq, "service"),
                                  .event_id = api_query(rq, "eventID")};
    if (q.project != NULL &&
        (!api_request_sees(rq, q.project) || !store_project_exists(rq->api->store, q.project))) {
        api_answer_error(rq, 404, "project not found");
        return;
    }
    api_request_number(rq);
    (void)buffer_add_text(&walk.list.out, "{\"events\":[");
    if (walk_events(&walk, &q, store_open_events, &total, &err) != STATUS_OK) {
        buffer_free(&walk.list.out);
        api_answer_status(rq, &err);
        return;
    }
    (void)buffer_add_char(&walk.list.out, ']');
    end_events(rq, &walk, total, API_PAGE_TEXT_ZERO);
}
