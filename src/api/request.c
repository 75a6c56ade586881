/* api/request.c: the life of one request, from its first line to the last byte of its answer.
 *
 * MHD calls api_request_access once when the headers are there, once for each piece of the body, and once at
 * its end. A refusal that the headers already earn is decided at the first call, yet given at the last one: a
 * client that is still sending would otherwise see a reset connection and no answer. */
#include "config.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/internal.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

/* --- birth and death --- */

void *api_request_open(void *arg, const char *raw_uri, struct MHD_Connection *connection)
{
    struct api *a = arg;
    struct api_request *rq = MEM_NEW(struct api_request);
    rq->api = a;
    rq->connection = connection;
    rq->refs = 1;
    rq->arena.block_size = 1024;
    rq->body = BUFFER_LIMIT(JSON_BODY_MAX);
    rq->invalid_uri = !api_uri_read(rq, raw_uri);
    rq->next = a->requests;
    if (rq->next != NULL)
        rq->next->previous = rq;
    a->requests = rq;
    return rq;
}

static void release(struct api_request *rq)
{
    if (--rq->refs > 0)
        return;
    api_token_release(rq->token);
    api_reader_free_unborn(rq->reader);
    if (rq->answer.upgrade != NULL)
        MHD_destroy_response(rq->answer.upgrade);
    free(rq->answer.body);
    buffer_free(&rq->body);
    arena_free(&rq->arena);
    free(rq);
}

void api_request_completed(void *arg, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code)
{
    struct api *a = arg;
    struct api_request *rq = *state;
    (void)code; /* however it ended, it is over */
    *state = NULL;
    if (rq == NULL)
        return;
    api_peer_deadline(connection, a->limits.header_ms);
    if (rq->previous != NULL)
        rq->previous->next = rq->next;
    else
        a->requests = rq->next;
    if (rq->next != NULL)
        rq->next->previous = rq->previous;
    rq->connection = NULL;
    release(rq);
}

/* --- the ports' side --- */

void *api_request_wait(struct api_request *rq)
{
    rq->refs++;
    return rq;
}

static void answer_failure(struct api_request *rq, int http, const char *body, size_t len)
{
    int code = http < 400 || http > 599 ? 500 : http;
    if (len > 0 && body[0] == '{') {
        api_answer_text(rq, code, "application/json", body, len);
        return;
    }
    char *text = mem_string_n(body != NULL ? body : "", len);
    api_answer_code(rq, code, code, text);
    free(text);
}

void api_request_done(void *arg, int http, const char *body, size_t len)
{
    struct api_request *rq = arg;
    size_t size = body != NULL ? len : 0;
    if (rq->connection != NULL && (http < 200 || http > 299)) {
        answer_failure(rq, http, body, size);
    } else if (rq->connection != NULL) {
        int code = rq->route->success != 0 ? rq->route->success : 200;
        if (rq->on_body != NULL)
            rq->on_body(rq, size > 0 ? body : "", size);
        else if (size == 0)
            api_answer_json(rq, code, rq->route->empty != NULL ? rq->route->empty : "");
        else
            api_answer_text(rq, code, "application/json", body, size);
    }
    release(rq);
}

void api_request_ready(struct api_request *rq)
{
    rq->answered = true;
    if (!rq->suspended)
        return;
    rq->suspended = false;
    MHD_resume_connection(rq->connection);
    api_wake(rq->api);
}

struct api_principal api_request_principal(const struct api_request *rq)
{
    return (struct api_principal){.name = rq->token->name, .role = rq->token->role, .address = rq->address};
}

const char *api_request_header(const struct api_request *rq, const char *name)
{
    return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

bool api_request_sees(const struct api_request *rq, const char *project)
{
    return api_token_sees(rq->token, project);
}

bool api_request_may_change(struct api_request *rq, const char *project)
{
    if (api_token_sees(rq->token, project))
        return true;
    if (project == NULL || project[0] == '\0')
        api_answer_error(rq, 403, "the token \"%s\" is limited to some projects, and this names none",
                         rq->token->name);
    else
        api_answer_error(rq, 403, "the token \"%s\" is limited to other projects than %s", rq->token->name,
                         project);
    return false;
}

void api_request_number(struct api_request *rq)
{
    rq->answer.numbered = true;
    rq->answer.number = store_last_number(rq->api->store);
}

/* --- who may --- */

static const struct sockaddr *peer_address(const struct api_request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info != NULL ? info->client_addr : NULL;
}

static void set_address(struct api_request *rq)
{
    const struct sockaddr *address = peer_address(rq);
    socklen_t len = address != NULL && address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                      : sizeof(struct sockaddr_in);
    if (address == NULL ||
        getnameinfo(address, len, rq->address, sizeof rq->address, NULL, 0, NI_NUMERICHOST) != 0)
        rq->address[0] = '\0';
}

/* The token of x-token or Authorization, without the blanks that MHD leaves at the end of a header. */
static const char *raw_token(struct api_request *rq)
{
    const char *value = api_request_header(rq, "x-token");
    if (value == NULL) {
        value = api_request_header(rq, MHD_HTTP_HEADER_AUTHORIZATION);
        if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
            return NULL;
        value += 7;
    }
    value += strspn(value, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    return arena_string_n(&rq->arena, value, len);
}

/* Source of the texts: keptn-api.md, section 2. */
static void answer_unauthenticated(struct api_request *rq, bool guessed)
{
    static const char plain[] = "{\"code\":401,\"message\":\"unauthenticated or invalid credentials\"}";
    if (guessed && api_auth_failed(rq->api, peer_address(rq)))
        api_answer_error(rq, 429, "too many requests");
    else if (rq->route != NULL && rq->route->texts != NULL)
        api_answer_error(rq, 401, "incorrect api key auth");
    else
        api_answer_text(rq, 401, "text/plain", plain, sizeof plain - 1);
}

static bool role_fits(enum api_role role, enum api_need need)
{
    switch (need) {
    case API_NEED_NOTHING:
    case API_NEED_READ:
    case API_NEED_EVENT:
        return true;
    case API_NEED_CONTROL:
        return role == API_ROLE_OPERATOR || role == API_ROLE_ADMIN;
    case API_NEED_UNIFORM:
        return role == API_ROLE_INTEGRATION || role == API_ROLE_ADMIN;
    case API_NEED_ADMIN:
        break;
    }
    return role == API_ROLE_ADMIN;
}

static const char *roles_for(enum api_need need)
{
    return need == API_NEED_ADMIN     ? "admin"
           : need == API_NEED_UNIFORM ? "integration and admin"
                                      : "operator and admin";
}

static bool changes_something(const struct api_request *rq)
{
    return strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0;
}

/* False: refused, and answered. */
static bool authenticate(struct api_request *rq)
{
    const char *raw = raw_token(rq);
    struct api_token *token = raw != NULL ? api_auth_find(rq->api, raw) : NULL;
    if (token != NULL) {
        rq->token = api_token_hold(token);
        return true;
    }
    answer_unauthenticated(rq, raw != NULL && raw[0] != '\0');
    return false;
}

/* --- the headers --- */

struct framing {
    unsigned lengths, encodings;
    bool chunked, expects;
    const char *length;
};

static enum MHD_Result count_framing(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct framing *f = arg;
    (void)kind; /* headers were asked for */
    if (strcasecmp(key, "Content-Length") == 0) {
        f->lengths++;
        f->length = value;
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        f->encodings++;
        f->chunked = value != NULL && strcasecmp(value, "chunked") == 0;
    } else if (strcasecmp(key, "Expect") == 0) {
        f->expects = true;
    }
    return MHD_YES;
}

static void answer_route_fault(struct api_request *rq, int fault, const char *allow)
{
    if (fault == 405) {
        rq->answer.header[0][0] = "Allow";
        rq->answer.header[0][1] = allow;
        api_answer_error(rq, 405, "method %s is not allowed, but [%s] are", rq->method, allow);
    } else if (fault == 404) {
        api_answer_error(rq, 404, "path %s was not found", rq->raw_path);
    } else {
        api_answer_error(rq, 400, "path %s: a name in it cannot be one", rq->raw_path);
    }
}

static bool below_api(const char *path)
{
    return strncmp(path, "/api/", 5) == 0;
}

/* Refuses what the headers alone give reason to. */
static void check_headers(struct api_request *rq, const struct framing *f)
{
    const char *allow = NULL;
    if (rq->api->stopping) {
        rq->answer.close = true;
        api_answer_error(rq, 503, "drawbridged is stopping");
        return;
    }
    if (f->lengths + f->encodings > 1 || (f->encodings == 1 && !f->chunked)) {
        rq->answer.close = true; /* where the next request begins cannot be told */
        api_answer_error(rq, 400, "the length of the body must be told once, by Content-Length or by chunks");
        return;
    }
    if (rq->invalid_uri) {
        api_answer_error(rq, 400, "the URI cannot be read: a bad escape, a control character, or no UTF-8");
        return;
    }
    int fault = api_route_find(rq, &allow);
    bool needs_token = fault == 0 ? rq->route->need != API_NEED_NOTHING : below_api(rq->raw_path);
    if (needs_token && !authenticate(rq))
        return;
    if (fault != 0) {
        answer_route_fault(rq, fault, allow);
    } else if (api_request_header(rq, "Origin") != NULL &&
               (changes_something(rq) || rq->route->handle == api_get_stream)) {
        api_answer_error(rq, 403, "requests from web pages (with an Origin header) are refused");
    } else if (needs_token && !role_fits(rq->token->role, rq->route->need)) {
        api_answer_error(rq, 403, "the token \"%s\" has the role %s, which may not do this; %s may",
                         rq->token->name, api_role_name(rq->token->role), roles_for(rq->route->need));
    }
}

static void answer_too_large(struct api_request *rq)
{
    api_answer_error(rq, 413, "the body is over the limit of %zu KiB", rq->body.limit / 1024);
}

/* Bytes that a Content-Length announces; SIZE_MAX: too many to count. */
static size_t announced(const struct framing *f)
{
    if (f->length == NULL)
        return 0;
    size_t digits = strspn(f->length, "0123456789");
    return digits > 15 ? SIZE_MAX : (size_t)strtoull(f->length, NULL, 10);
}

static enum MHD_Result queue_answer(struct api_request *rq);

/* The headers are there. */
static enum MHD_Result begin(struct api_request *rq, const char *method)
{
    struct framing framing = {0};
    rq->begun = true;
    rq->method = arena_string(&rq->arena, method);
    set_address(rq);
    api_peer_deadline(rq->connection, rq->api->limits.body_ms);
    (void)MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, count_framing, &framing);
    check_headers(rq, &framing);
    if (rq->route != NULL && rq->route->body_max != 0)
        rq->body.limit = rq->route->body_max;
    size_t length = announced(&framing);
    if (!rq->answered && length > rq->body.limit)
        answer_too_large(rq);
    log_write(LOG_DEBUG, "%s %s %s %s", rq->address, rq->token != NULL ? rq->token->name : "-", rq->method,
              rq->raw_path);
    /* A client that asks first (Expect) has not begun to send; one that would send for ever is cut off. */
    if (rq->answered && (framing.expects || rq->answer.close || length > API_DRAIN_MAX)) {
        rq->answer.close = true;
        return queue_answer(rq);
    }
    return MHD_YES;
}

/* --- the body and the answer --- */

static enum MHD_Result add_body(struct api_request *rq, const char *bytes, size_t *len)
{
    if (!rq->answered && !buffer_add(&rq->body, bytes, *len)) {
        buffer_free(&rq->body);
        answer_too_large(rq);
    }
    if (rq->answered)
        rq->dropped += *len;
    *len = 0;
    return rq->dropped > API_DRAIN_MAX ? MHD_NO : MHD_YES;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (name != NULL && value != NULL)
        (void)MHD_add_response_header(response, name, value); /* refuses a bad value: then it is left out */
}

static enum MHD_Result queue_answer(struct api_request *rq)
{
    struct api_answer *answer = &rq->answer;
    struct MHD_Response *response = answer->upgrade;
    answer->upgrade = NULL;
    if (response == NULL) {
        response = MHD_create_response_from_buffer(answer->len, answer->body, MHD_RESPMEM_MUST_FREE);
        if (response == NULL)
            return MHD_NO;
        answer->body = NULL; /* MHD's now */
        if (answer->len > 0)
            add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
        add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        add_header(response, "X-Content-Type-Options", "nosniff");
    }
    if (answer->numbered && answer->http < 300)
        add_header(response, "x-drawbridge-sequence",
                   arena_printf(&rq->arena, "%s:%llu", store_epoch(rq->api->store),
                                (unsigned long long)answer->number));
    for (size_t i = 0; i < 2; i++)
        add_header(response, answer->header[i][0], answer->header[i][1]);
    if (answer->close || rq->api->stopping)
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(rq->connection, (unsigned)answer->http, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(struct api_request *rq)
{
    if (!rq->answered && !rq->handled) {
        rq->handled = true;
        api_peer_deadline(rq->connection, 0);
        rq->route->handle(rq);
    }
    if (rq->answered)
        return queue_answer(rq);
    rq->suspended = true;
    MHD_suspend_connection(rq->connection);
    return MHD_YES;
}

enum MHD_Result api_request_access(void *arg, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **state)
{
    struct api_request *rq = *state;
    (void)arg; /* the request knows its server */
    (void)connection;
    (void)url; /* unescaped; the raw one came to api_request_open */
    (void)version;
    if (!rq->begun)
        return begin(rq, method);
    if (*upload_size > 0)
        return add_body(rq, upload, upload_size);
    return handle(rq);
}
