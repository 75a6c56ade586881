/* api/handshake.c: from GET /v1/event/stream to a reader. Source: RFC 6455, section 4.2; interfaces.md, "The
 * stream". */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/reader.h"
#include "base/log.h"
#include "base/mem.h"

#define SUBPROTOCOL "cloudevents.json"
#define READERS_MAX 2048

/* Looks for a token in all headers of a name, which may each be a comma list. */
struct search {
    const char *name, *token;
    bool present, found;
};

static bool list_has(const char *list, const char *token)
{
    size_t want = strlen(token);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ",");
        size_t used = len;
        while (used > 0 && (list[used - 1] == ' ' || list[used - 1] == '\t'))
            used--;
        if (used == want && strncasecmp(list, token, want) == 0)
            return true;
        list += len;
    }
    return false;
}

static enum MHD_Result look(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct search *s = arg;
    (void)kind; /* headers were asked for */
    if (strcasecmp(key, s->name) != 0 || value == NULL)
        return MHD_YES;
    s->present = true;
    s->found = s->found || list_has(value, s->token);
    return MHD_YES;
}

static struct search header_list(const struct api_request *rq, const char *name, const char *token)
{
    struct search s = {.name = name, .token = token};
    (void)MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, look, &s);
    return s;
}

static struct api_filter filter(struct api_reader *r, const struct api_request *rq, const char *key)
{
    struct api_filter f = {.values = arena_alloc(&r->arena, (rq->query_count + 1) * sizeof *f.values)};
    for (size_t i = 0; i < rq->query_count; i++)
        if (strcmp(rq->query[i].key, key) == 0 && rq->query[i].value[0] != '\0')
            f.values[f.count++] = arena_string(&r->arena, rq->query[i].value);
    return f;
}

/* "EPOCH:N" or "N". False: neither. */
static bool read_since(struct api_request *rq, const char *since, const char **epoch, uint64_t *number)
{
    const char *colon = strrchr(since, ':');
    const char *digits = colon != NULL ? colon + 1 : since;
    *epoch = colon != NULL ? arena_string_n(&rq->arena, since, (size_t)(colon - since)) : NULL;
    size_t len = strlen(digits);
    if (len == 0 || len > 20 || strspn(digits, "0123456789") != len)
        return false;
    *number = strtoull(digits, NULL, 10); /* past the largest: the largest, which is ahead of every store */
    return true;
}

/* Where the reader begins. False: it has been answered. */
static bool set_start(struct api_reader *r, struct api_request *rq)
{
    const char *since = api_query(rq, "since"), *epoch = NULL;
    uint64_t number = 0, newest = store_last_number(rq->api->store);
    r->last = newest;
    if (since == NULL)
        return true;
    if (!read_since(rq, since, &epoch, &number)) {
        api_answer_error(rq, 400, "since \"%s\" is neither EPOCH:NUMBER nor a number", since);
        return false;
    }
    r->close_code = 4410;
    if (epoch != NULL && strcmp(epoch, store_epoch(rq->api->store)) != 0) {
        r->close_reason = "another epoch: the store has been restored; take a new snapshot";
    } else if (number > newest) {
        r->close_reason = "ahead of the store: take a new snapshot";
    } else {
        r->close_code = 0;
        r->last = number;
        r->state = number < newest ? API_READER_REPLAY : API_READER_LIVE;
    }
    return true;
}

static struct api_reader *reader_new(struct api_request *rq)
{
    struct api_reader *r = MEM_NEW(struct api_reader);
    r->api = rq->api;
    r->arena.block_size = 512;
    r->token = api_token_hold(rq->token);
    r->fd = -1;
    r->state = API_READER_LIVE;
    r->projects = filter(r, rq, "project");
    r->stages = filter(r, rq, "stage");
    r->services = filter(r, rq, "service");
    r->types = filter(r, rq, "type");
    r->filtered = !r->token->all_projects ||
                  r->projects.count + r->stages.count + r->services.count + r->types.count > 0;
    return r;
}

void api_reader_free_unborn(struct api_reader *r)
{
    if (r == NULL)
        return;
    api_token_release(r->token);
    arena_free(&r->arena);
    free(r);
}

/* The answer has been sent, the socket is ours. */
static void on_upgrade(void *arg, struct MHD_Connection *connection, void *state, const char *early,
                       size_t early_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *urh)
{
    struct api_request *rq = state;
    struct api_reader *r = rq->reader;
    (void)arg;
    (void)connection;
    rq->reader = NULL;
    r->early = BUFFER_LIMIT(early_len + 1);
    (void)buffer_add(&r->early, early, early_len); /* the limit was made for it */
    api_reader_start(r, fd, urh);
}

/* True: the request is a handshake that can be answered. */
static bool check_handshake(struct api_request *rq, char accept[29], bool *protocol)
{
    const char *key = api_request_header(rq, "Sec-WebSocket-Key");
    const char *version = api_request_header(rq, "Sec-WebSocket-Version");
    struct search offered = header_list(rq, "Sec-WebSocket-Protocol", SUBPROTOCOL);
    *protocol = offered.present;
    if (!header_list(rq, "Upgrade", "websocket").found || !header_list(rq, "Connection", "upgrade").found) {
        rq->answer.header[0][0] = "Upgrade";
        rq->answer.header[0][1] = "websocket";
        api_answer_error(rq, 426, "this is a WebSocket: ask for it with Upgrade: websocket");
    } else if (version == NULL || strcmp(version, "13") != 0) {
        rq->answer.header[0][0] = "Sec-WebSocket-Version";
        rq->answer.header[0][1] = "13";
        api_answer_error(rq, 426, "only version 13 of the WebSocket protocol is spoken here");
    } else if (key == NULL || !api_websocket_accept(key, accept)) {
        api_answer_error(rq, 400, "Sec-WebSocket-Key must be 16 bytes in base64");
    } else if (offered.present && !offered.found) {
        api_answer_error(rq, 400, "none of the offered subprotocols is spoken here: " SUBPROTOCOL " is");
    } else if (rq->api->stream.count >= READERS_MAX) {
        api_answer_error(rq, 503, "too many readers of the stream: %d are the most", READERS_MAX);
    } else {
        return true;
    }
    return false;
}

void api_get_stream(struct api_request *rq)
{
    char accept[29];
    bool protocol = false;
    if (strcmp(rq->method, "GET") != 0) {
        api_answer_json(rq, 200, ""); /* HEAD */
        return;
    }
    if (!check_handshake(rq, accept, &protocol))
        return;
    rq->reader = reader_new(rq);
    if (!set_start(rq->reader, rq))
        return;
    struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgrade, NULL);
    if (response == NULL) {
        api_answer_error(rq, 500, "the stream cannot be opened: no memory");
        return;
    }
    rq->answer.header[0][0] = "Sec-WebSocket-Accept";
    rq->answer.header[0][1] = arena_string(&rq->arena, accept);
    rq->answer.header[1][0] = protocol ? "Sec-WebSocket-Protocol" : NULL;
    rq->answer.header[1][1] = SUBPROTOCOL;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_UPGRADE,
                                  "websocket"); /* no memory: MHD refuses to queue it */
    rq->answer.upgrade = response;
    rq->answer.http = MHD_HTTP_SWITCHING_PROTOCOLS;
    api_request_ready(rq);
}
