#include "config.h"

#include "decide/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"

#define APPROVAL_TRIGGERED "sh.keptn.event.approval.triggered"
#define APPROVAL_FINISHED  "sh.keptn.event.approval.finished"
#define DECIDE_SOURCE      "drawbridge"
#define RETRY_FIRST_MS     1000
#define RETRY_LAST_MS      8000
#define GIVE_UP_NS         (60 * CLOCK_S)

struct decide {
    uv_loop_t *loop;
    struct http_client *http;
    char *server, *token;
    bool read_only;
    struct decision *decisions; /* those without a final state, and those whose timer still closes */
    size_t pending;
    struct control *controls;
};

struct decision {
    struct decide *owner; /* NULL: the owner is gone */
    struct decision *next;
    uv_timer_t timer;
    struct http_call *call;
    char *project, *stage, *service, *context, *triggeredid;
    char *comment, *decisionid;
    char *body;
    bool approve, ask_first;
    bool open;         /* as the server has just said */
    bool asked_before; /* an attempt got no answer: it may have arrived */
    int64_t begun_ns;
    uint64_t retry_ms;
    decision_fn on_change;
    void *arg;
};

struct control {
    struct decide *owner;
    struct control *next;
    struct http_call *call;
    void (*done)(void *arg, enum status status, const struct error *err);
    void *arg;
};

struct decide *decide_new(uv_loop_t *loop, struct http_client *http, const struct decide_settings *settings)
{
    struct decide *d = MEM_NEW(struct decide);
    d->loop = loop;
    d->http = http;
    d->server = mem_string(settings->server);
    d->token = mem_string(settings->token);
    d->read_only = settings->read_only;
    return d;
}

void decide_set_token(struct decide *d, const char *token)
{
    char *old = d->token;
    d->token = mem_string(token);
    free(old);
}

static void free_decision(uv_handle_t *handle)
{
    struct decision *dec = handle->data;
    char *texts[] = {dec->project,     dec->stage,   dec->service,    dec->context,
                     dec->triggeredid, dec->comment, dec->decisionid, dec->body};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(dec);
}

static void close_decision(struct decision *dec)
{
    struct decision **at = &dec->owner->decisions;
    while (*at != dec)
        at = &(*at)->next;
    *at = dec->next;
    dec->owner->pending--;
    dec->owner = NULL;
    uv_close((uv_handle_t *)&dec->timer, free_decision);
}

static void remove_control(struct control *c)
{
    struct control **at = &c->owner->controls;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
}

void decide_free(struct decide *d)
{
    if (d == NULL)
        return;
    while (d->decisions != NULL) {
        if (d->decisions->call != NULL)
            http_cancel(d->decisions->call);
        close_decision(d->decisions);
    }
    while (d->controls != NULL) {
        http_cancel(d->controls->call);
        remove_control(d->controls);
    }
    free(d->server);
    free(d->token);
    free(d);
}

size_t decide_pending(const struct decide *d)
{
    return d->pending;
}

/* The last report of a decision. */
static void end(struct decision *dec, enum decision_state state, const char *text)
{
    dec->on_change(dec->arg, dec->triggeredid, state, text);
    close_decision(dec);
}

/* approval.finished as Keptn's Bridge sends it (keptn-events.md, section 4), with our decisionid. */
static char *make_body(const struct decision_request *request, const char *id)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    cJSON *data = event_data_new(request->project, request->stage, request->service, request->labels,
                                 "succeeded", request->approve ? "pass" : "fail", request->comment);
    const struct event_draft draft = {.source = DECIDE_SOURCE,
                                      .type = APPROVAL_FINISHED,
                                      .context = request->context,
                                      .triggeredid = request->triggeredid,
                                      .decisionid = id,
                                      .data = data};
    bool fits = event_print(&draft, &text);
    cJSON_Delete(data);
    if (fits)
        return buffer_take(&text, NULL);
    buffer_free(&text);
    return NULL;
}

static void ask(struct decision *dec);
static void look(struct decision *dec);
static void send_decision(struct decision *dec);

static void on_timer(uv_timer_t *timer)
{
    struct decision *dec = timer->data;
    if (dec->body == NULL)
        end(dec, DECISION_FAILED, "the comment is too long: an event is at most 1 MiB");
    else if (dec->owner->read_only)
        end(dec, DECISION_FAILED, "this is a read-only dashboard: nothing was sent");
    else if (dec->ask_first || dec->asked_before)
        ask(dec);
    else
        send_decision(dec);
}

static void retry(struct decision *dec, const struct http_response *response)
{
    char text[512];
    dec->asked_before = true;
    if (clock_monotonic_ns() - dec->begun_ns > GIVE_UP_NS) {
        (void)snprintf(text, sizeof text,
                       "no answer for 60 s (%s): whether it arrived is not known; look at the sequence "
                       "before you decide again",
                       response->error != NULL ? response->error : "server busy");
        end(dec, DECISION_FAILED, text);
        return;
    }
    (void)snprintf(text, sizeof text, "no answer (%s), trying again",
                   response->error != NULL ? response->error : "server busy");
    dec->on_change(dec->arg, dec->triggeredid, DECISION_RETRYING, text);
    uv_timer_start(&dec->timer, on_timer, dec->retry_ms, 0);
    dec->retry_ms = dec->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : dec->retry_ms * 2;
}

/* No answer, or one that says "later": the decision may have arrived or not. */
static bool is_temporary(const struct http_response *response)
{
    return response->status != STATUS_OK || response->code == 429 || response->code >= 500;
}

static void server_words(const struct http_response *response, const char *what, char *text, size_t size)
{
    struct error err = ERROR_NONE;
    cJSON *body = NULL;
    if (json_parse(response->body, response->body_len, &body, &err) != STATUS_OK)
        body = NULL;
    const char *message = json_text(body, "message");
    (void)snprintf(text, size, "%ld: %s", response->code, message != NULL ? message : what);
    cJSON_Delete(body);
}

static void sent(void *arg, const struct http_response *response)
{
    struct decision *dec = arg;
    char text[ERROR_TEXT_SIZE];
    dec->call = NULL;
    if (is_temporary(response)) {
        retry(dec, response);
    } else if (response->code >= 200 && response->code < 300) {
        end(dec, DECISION_ACCEPTED, "");
    } else if (response->code == 409) {
        server_words(response, "somebody else has decided", text, sizeof text);
        end(dec, DECISION_CONFLICT, text);
    } else {
        server_words(response,
                     response->code == 401   ? "the token is not valid: see your --token-file"
                     : response->code == 403 ? "this token may not decide: ask for the role approver"
                                             : "the server refused it",
                     text, sizeof text);
        end(dec, DECISION_FAILED, text);
    }
}

/* Takes url. */
static struct http_call *call_server(struct decide *d, const char *method, char *url, const char *body,
                                     http_done done, void *arg)
{
    const struct http_request request = {.method = method,
                                         .url = url,
                                         .token = d->token,
                                         .body = body,
                                         .body_len = body != NULL ? strlen(body) : 0,
                                         .timeout_ms = 10000};
    struct http_call *call = http_send(d->http, &request, done, arg);
    free(url);
    return call;
}

static void send_decision(struct decision *dec)
{
    dec->ask_first = false;
    dec->on_change(dec->arg, dec->triggeredid, DECISION_SENDING, "");
    dec->call =
        call_server(dec->owner, "POST", http_url(dec->owner->server, "/v1/event"), dec->body, sent, dec);
}

static bool names_approval(const cJSON *answer, const char *triggeredid)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, json_get(answer, "events"))
    {
        const char *id = json_text(event, "id");
        if (id != NULL && strcmp(id, triggeredid) == 0)
            return true;
    }
    return false;
}

static void asked(void *arg, const struct http_response *response)
{
    struct decision *dec = arg;
    struct error err = ERROR_NONE;
    cJSON *answer = NULL;
    char text[ERROR_TEXT_SIZE];
    dec->call = NULL;
    if (is_temporary(response)) {
        retry(dec, response);
        return;
    }
    if (response->code != 200) {
        server_words(response, "the server would not say whether the approval is open", text, sizeof text);
        end(dec, DECISION_FAILED, text);
        return;
    }
    if (json_parse(response->body, response->body_len, &answer, &err) != STATUS_OK) {
        (void)snprintf(text, sizeof text, "the server's answer cannot be read (%.200s): nothing was sent",
                       err.text);
        end(dec, DECISION_FAILED, text);
        return;
    }
    dec->open = names_approval(answer, dec->triggeredid);
    cJSON_Delete(answer);
    if (dec->open && !dec->asked_before)
        send_decision(dec);
    else
        look(dec);
}

/* ---- who has decided: a server without decisionids tells only by its events ---- */

/* Is this approval.finished the one that we have sent? A server that knows decisionid keeps it; of another
 * one's events, that with our words and our result is taken for ours: it did what ours would have done. */
static bool is_ours(const struct decision *dec, const cJSON *event)
{
    const cJSON *data = json_get(event, "data");
    const char *id = json_text(event, "decisionid"), *source = json_text(event, "source"),
               *result = json_text(data, "result"), *message = json_text(data, "message");
    if (id != NULL)
        return strcmp(id, dec->decisionid) == 0;
    return source != NULL && strcmp(source, DECIDE_SOURCE) == 0 && result != NULL &&
           strcmp(result, dec->approve ? "pass" : "fail") == 0 &&
           strcmp(message != NULL ? message : "", dec->comment) == 0;
}

/* The approval.finished events of our approval: is one of them ours? *other becomes the newest that is not.
 */
static bool find_finished(const struct decision *dec, const cJSON *answer, const cJSON **other)
{
    const cJSON *event;
    bool found = false;
    *other = NULL;
    cJSON_ArrayForEach(event, json_get(answer, "events"))
    {
        const char *id = json_text(event, "triggeredid"), *time = json_text(event, "time");
        const char *newest = *other != NULL ? json_text(*other, "time") : NULL;
        if (id == NULL || strcmp(id, dec->triggeredid) != 0)
            continue;
        if (is_ours(dec, event))
            found = true;
        else if (newest == NULL || (time != NULL && strcmp(time, newest) > 0)) /* RFC 3339, all in UTC */
            *other = event;
    }
    return found;
}

static void end_decided_elsewhere(struct decision *dec, const cJSON *other)
{
    char text[ERROR_TEXT_SIZE];
    const char *result = json_text(json_get(other, "data"), "result"), *by = json_text(other, "decidedby"),
               *time = json_text(other, "time");
    if (by == NULL)
        by = json_text(other, "source");
    const char *sent = dec->asked_before ? "" : "; nothing was sent";
    if (other == NULL)
        (void)snprintf(text, sizeof text, "the approval is not open any more%s", sent);
    else
        (void)snprintf(text, sizeof text, "%s by %.100s at %.16s%s",
                       result != NULL && strcmp(result, "fail") == 0 ? "declined" : "approved",
                       by != NULL ? by : "somebody else", time != NULL ? time : "a time not told", sent);
    end(dec, DECISION_CONFLICT, text);
}

static void looked(void *arg, const struct http_response *response)
{
    struct decision *dec = arg;
    cJSON *answer = NULL;
    const cJSON *other = NULL;
    dec->call = NULL;
    if (is_temporary(response)) {
        retry(dec, response);
        return;
    }
    if (response->code != 200 || json_parse(response->body, response->body_len, &answer, NULL) != STATUS_OK)
        answer = NULL; /* whoever may decide may not read: the approval itself has to do */
    if (find_finished(dec, answer, &other))
        end(dec, DECISION_ACCEPTED, "");
    else if (dec->open)
        send_decision(dec);
    else
        end_decided_elsewhere(dec, other);
    cJSON_Delete(answer);
}

static void look(struct decision *dec)
{
    char *url = http_url(dec->owner->server,
                         "/mongodb-datastore/event?project={}&keptnContext={}&type=" APPROVAL_FINISHED
                         "&pageSize=100",
                         dec->project, dec->context);
    dec->call = call_server(dec->owner, "GET", url, NULL, looked, dec);
}

static void ask(struct decision *dec)
{
    char *url =
        http_url(dec->owner->server,
                 "/controlPlane/v1/event/triggered/" APPROVAL_TRIGGERED "?project={}&stage={}&eventID={}",
                 dec->project, dec->stage, dec->triggeredid);
    dec->on_change(dec->arg, dec->triggeredid, DECISION_ASKING, "asking the server whether it is still open");
    dec->call = call_server(dec->owner, "GET", url, NULL, asked, dec);
}

void decide_submit(struct decide *d, const struct decision_request *request, decision_fn on_change, void *arg)
{
    struct decision *dec = MEM_NEW(struct decision);
    char id[UUID_SIZE];
    uuid_new(id);
    *dec = (struct decision){.owner = d,
                             .next = d->decisions,
                             .project = mem_string(request->project),
                             .stage = mem_string(request->stage),
                             .service = mem_string(request->service),
                             .context = mem_string(request->context),
                             .triggeredid = mem_string(request->triggeredid),
                             .comment = mem_string(request->comment != NULL ? request->comment : ""),
                             .decisionid = mem_string(id),
                             .approve = request->approve,
                             .ask_first = request->stale,
                             .begun_ns = clock_monotonic_ns(),
                             .retry_ms = RETRY_FIRST_MS,
                             .on_change = on_change,
                             .arg = arg};
    dec->body = make_body(request, id);
    d->decisions = dec;
    d->pending++;
    uv_timer_init(d->loop, &dec->timer);
    dec->timer.data = dec;
    uv_timer_start(&dec->timer, on_timer, 0, 0); /* never calls back before we return */
}

static void controlled(void *arg, const struct http_response *response)
{
    struct control *c = arg;
    struct error err = ERROR_NONE;
    enum status status = STATUS_OK;
    if (response->status != STATUS_OK)
        status = error_set(&err, response->status, "%s", response->error);
    else if (response->code != 200)
        status = http_error(&(struct http_request){.method = "POST", .url = c->owner->server}, response->code,
                            response->body, response->body_len, &err);
    c->done(c->arg, status, status == STATUS_OK ? NULL : &err);
    remove_control(c);
}

void decide_control(struct decide *d, const char *project, const char *context, const char *stage,
                    const char *verb, void (*done)(void *arg, enum status status, const struct error *err),
                    void *arg)
{
    if (d->read_only) {
        struct error err = ERROR_NONE;
        enum status status =
            error_set(&err, STATUS_FORBIDDEN, "this is a read-only dashboard: nothing was sent");
        done(arg, status, &err);
        return;
    }
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "state", verb);
    cJSON_AddStringToObject(body, "stage", stage != NULL ? stage : "");
    struct buffer text = BUFFER_LIMIT(JSON_BODY_MAX);
    (void)json_print(body, &text); /* a verb and a stage fit */
    cJSON_Delete(body);
    char *url = http_url(d->server, "/controlPlane/v1/sequence/{}/{}/control", project, context);
    struct control *c = MEM_NEW(struct control);
    *c = (struct control){.owner = d, .next = d->controls, .done = done, .arg = arg};
    d->controls = c;
    c->call = call_server(d, "POST", url, buffer_text(&text), controlled, c);
    buffer_free(&text);
}
