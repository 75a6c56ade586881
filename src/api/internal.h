/* api/internal.h: what the files of this folder share.
 *
 * The path of a request: server.c hands what MHD calls back to request.c; that one reads the URI (uri.c),
 * finds the row of the table (route.c), asks auth.c who it is, collects the body, and calls the row's
 * handler. The handler answers at once through answer.c, or passes api_request_done to a port; then the
 * connection sleeps until the port calls back. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <wslay/wslay.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"

#define API_ANSWER_MAX                                                                                       \
    ((size_t)64 * 1024 * 1024) /* bytes; what the dashboard's client takes at most (http.h) */
#define API_DRAIN_MAX                                                                                        \
    ((size_t)16 * 1024 * 1024) /* of a refused body: read and dropped, so that the client sees the refusal   \
                                */
#define API_PARAMS_MAX 4
#define API_PAGE_SIZE  20 /* of Keptn's lists */
#define API_TIME_OPEN  0  /* no bound in a query */

/* Waiting times and bounds; a test makes them small. */
struct api_limits {
    int header_ms;        /* from accept, or the end of the last answer, to the end of the next headers */
    int body_ms;          /* from there to the end of the body */
    int tick_ms;          /* how often deadlines are looked at */
    int ping_ms;          /* between two pings of ours */
    int silence_ms;       /* without a byte from a reader: it is lost */
    int watermark_ms;     /* between two watermarks for a filtered reader */
    int linger_ms;        /* for a close frame to be sent and answered */
    int stop_ms;          /* for answers to be taken once the server stops */
    size_t queue_bytes;   /* waiting for one reader: more is 4408 */
    size_t replay_bytes;  /* a replay goes on while less than this waits */
    size_t replay_events; /* read from the store in one go */
    int replay_readers;   /* that go on in one turn of the loop */
};

/* --- who --- */

struct api_token {
    unsigned refs;
    char *name;
    char hash[65];
    enum api_role role;
    bool all_projects;
    char **projects;
    size_t project_count;
    int64_t expires_ns; /* 0: never */
};

/* Failed tokens of one address: a bucket that fills up again with time. */
struct api_address {
    unsigned char key[16];
    double tokens;
    int64_t seen_ns; /* monotonic; 0: free */
};
#define API_ADDRESSES 512

struct api_auth {
    struct map by_hash; /* hash → struct api_token */
    struct api_address addresses[API_ADDRESSES];
};

MUST_CHECK enum status api_auth_load(struct api *a,
                                     struct error *err); /* keeps what it has where the store fails */
void api_auth_free(struct api_auth *auth);
struct api_token *api_token_hold(struct api_token *t);
void api_token_release(struct api_token *t);
/* The token as it is now: NULL where it is unknown or has expired. Not held. */
struct api_token *api_auth_find(struct api *a, const char *raw_token);
struct api_token *api_auth_find_hash(struct api *a, const char *hash);
/* Counts a failed token; true: the address has had its share (429). */
bool api_auth_failed(struct api *a, const struct sockaddr *address);
bool api_token_sees(const struct api_token *t,
                    const char *project); /* project NULL or "": only where it sees all */

/* --- a request --- */

struct api_request;
typedef void (*api_handler)(struct api_request *rq);

enum api_need {
    API_NEED_NOTHING, /* not even a token */
    API_NEED_READ,    /* any role */
    API_NEED_EVENT,   /* any role; the handler looks at the event's type */
    API_NEED_CONTROL, /* operator, admin */
    API_NEED_UNIFORM, /* integration, admin */
    API_NEED_ADMIN
};

struct api_route {
    const char *method;  /* "*": any */
    const char *pattern; /* "{}": one segment, "{*}" at the end: all that is left, as it came */
    enum api_need need;
    api_handler handle;
    int success;       /* code of a successful answer */
    const char *empty; /* body of a successful answer that the port left empty */
    size_t body_max;   /* bytes; 0: JSON_BODY_MAX */
    const char *texts; /* "401": this path has the texts of Keptn's api-service for a bad token */
};
extern const struct api_route api_routes[];

struct api_answer {
    int http;
    const char *type; /* of the content */
    char *body;       /* owned */
    size_t len;
    bool numbered; /* carries x-drawbridge-sequence: EPOCH:number */
    uint64_t number;
    bool close;                   /* the connection cannot be used any more */
    const char *header[2][2];     /* name, value; values live in the request's arena */
    struct MHD_Response *upgrade; /* instead of a body */
};

struct api_pair {
    const char *key, *value;
};

struct api_request {
    struct api *api;
    struct MHD_Connection *connection; /* NULL: MHD has let go of it */
    struct api_request *next, *previous;
    struct arena arena;
    const char *method;
    const char *raw_path; /* as it came, double slashes merged, without query */
    struct api_pair *query;
    size_t query_count;
    const struct api_route *route;
    const char *params[API_PARAMS_MAX]; /* decoded */
    const char *raw_rest;               /* of "{*}" */
    const char *subject;                /* an id that on_body answers with */
    struct api_token *token;            /* held; NULL: none needed */
    char address[64];
    struct buffer body;
    size_t dropped; /* bytes of a refused body */
    unsigned refs;  /* MHD, and a port that has yet to call back */
    bool begun, handled, suspended, answered, invalid_uri;
    void (*on_body)(struct api_request *rq, const char *body,
                    size_t len); /* answers with what a port gave; NULL: as it is */
    struct api_answer answer;
    struct api_reader *reader; /* of a stream that is being opened */
};

/* uri.c */
/* Reads path and query of a raw URI into the request; false: it cannot be read (bad escape, no UTF-8, a
 * control character). */
bool api_uri_read(struct api_request *rq, const char *raw_uri);
/* One segment or value with its escapes resolved, in the arena; NULL as above. */
const char *api_uri_decode(struct arena *arena, const char *raw, size_t len, bool plus_is_blank);
/* NULL: absent or empty. */
const char *api_query(const struct api_request *rq, const char *key);

/* route.c */
/* Sets route, params and rest. Returns 0, 404, 405 (*allow: the methods), or 400 for a name that cannot be
 * one. */
int api_route_find(struct api_request *rq, const char **allow);

/* request.c */
enum MHD_Result api_request_access(void *arg, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **state);
void *api_request_open(void *arg, const char *raw_uri, struct MHD_Connection *connection);
void api_request_completed(void *arg, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code);
/* What goes to a port with its call: `api_request_done, api_request_wait(rq)`. */
void *api_request_wait(struct api_request *rq);
void api_request_done(void *arg, int http, const char *body, size_t len);
void api_request_ready(struct api_request *rq); /* the answer is set */
struct api_principal api_request_principal(const struct api_request *rq);
const char *api_request_header(const struct api_request *rq, const char *name); /* NULL: absent */
bool api_request_sees(const struct api_request *rq, const char *project);
/* True where a change to the project is the token's to make; else it has been answered with 403. */
bool api_request_may_change(struct api_request *rq, const char *project);
/* The answer is part of a snapshot: it carries the newest number as of now. Call it before reading. */
void api_request_number(struct api_request *rq);

/* answer.c: each sets the answer; exactly one of them is called for a request. */
void api_answer_text(struct api_request *rq, int http, const char *type, const char *text, size_t len);
void api_answer_json(struct api_request *rq, int http, const char *json);      /* "": empty */
void api_answer_buffer(struct api_request *rq, int http, struct buffer *json); /* takes what is in it */
void api_answer_error(struct api_request *rq, int http, const char *format, ...) PRINTF_LIKE(3, 4);
void api_answer_code(struct api_request *rq, int http, int code,
                     const char *message); /* where Keptn's code is not HTTP's */
void api_answer_status(struct api_request *rq, const struct error *err);

/* Paging: where a list begins and how much is asked for. */
struct api_page {
    size_t offset, size; /* size 0: all */
};
/* default_size 0: all. */
struct api_page api_page_read(const struct api_request *rq, size_t default_size);
/* 1..100, absent: 20. False: it has been answered with 422, as go-openapi does. */
bool api_limit_read(struct api_request *rq, const char *key, size_t *size);
enum api_page_key { API_PAGE_TEXT_ZERO, API_PAGE_TEXT_ABSENT, API_PAGE_NUMBER };
/* Appends `,"nextPageKey":…,"totalCount":…` as the kind of list has it (keptn-api.md, section 1). */
void api_page_end(struct buffer *out, const struct api_page *page, size_t count, size_t total,
                  enum api_page_key kind);
/* A time of a query: false where it is none; year 1, absent: API_TIME_OPEN. */
bool api_time_read(const struct api_request *rq, const char *key, int64_t *ns);

/* A list that is filtered and paged while it is walked. */
struct api_list {
    struct buffer out;
    struct api_page page;
    size_t seen, count; /* items that fit; of these, in this page */
};
/* Whether the next item that fits belongs to this page; counts it, and sets the comma. */
bool api_list_take(struct api_list *list);

/* An event as Keptn answers it: the stored text with `contenttype` for `datacontenttype` and without
 * `sequence`. */
bool api_event_answer(const char *text, size_t len, struct buffer *out);

/* The body as an object; NULL: it has been answered with 400. The caller's (cJSON_Delete). */
cJSON *api_body_object(struct api_request *rq, const char *message);

/* The object of an array whose `key` is `name`; NULL: none, or no array. */
const cJSON *api_item_named(const cJSON *array, const char *key, const char *name);

/* Handlers, by file. */
void api_get_health(struct api_request *rq);
void api_get_nginx_health(struct api_request *rq);
void api_get_ready(struct api_request *rq);
void api_any_auth(struct api_request *rq);
void api_any_blocked(struct api_request *rq); /* 403 as Keptn's gateway answers it, in HTML */
void api_get_metadata(struct api_request *rq);
void api_get_whoami(struct api_request *rq);
void api_get_job_log(struct api_request *rq);
void api_get_audit(struct api_request *rq);
void api_post_event(struct api_request *rq);
void api_get_events(struct api_request *rq);
void api_get_events_of_type(struct api_request *rq);
void api_get_open_events(struct api_request *rq);
void api_get_stream(struct api_request *rq);
void api_get_projects(struct api_request *rq);
void api_get_project(struct api_request *rq);
void api_post_project(struct api_request *rq);
void api_put_project(struct api_request *rq);
void api_delete_project(struct api_request *rq);
void api_get_stages(struct api_request *rq);
void api_get_stage(struct api_request *rq);
void api_get_services(struct api_request *rq);
void api_get_service(struct api_request *rq);
void api_post_service(struct api_request *rq);
void api_delete_service(struct api_request *rq);
void api_post_evaluation(struct api_request *rq);
void api_get_sequences(struct api_request *rq);
void api_get_sequence_executions(struct api_request *rq);
void api_post_control(struct api_request *rq);
void api_get_integrations(struct api_request *rq);
void api_post_integration(struct api_request *rq);
void api_delete_integration(struct api_request *rq);
void api_ping_integration(struct api_request *rq);
void api_get_subscriptions(struct api_request *rq);
void api_post_subscription(struct api_request *rq);
void api_get_subscription(struct api_request *rq);
void api_put_subscription(struct api_request *rq);
void api_delete_subscription(struct api_request *rq);
void api_get_log(struct api_request *rq);
void api_post_log(struct api_request *rq);
void api_get_secrets(struct api_request *rq);
void api_post_secret(struct api_request *rq);
void api_put_secret(struct api_request *rq);
void api_delete_secret(struct api_request *rq);
void api_get_scopes(struct api_request *rq);
void api_get_resources(struct api_request *rq);
void api_get_resource(struct api_request *rq);
void api_write_resources(struct api_request *rq);
void api_put_resource(struct api_request *rq);
void api_delete_resource(struct api_request *rq);

/* --- the stream --- */

struct api_reader; /* one that reads the stream */

struct api_stream {
    struct api_reader **readers;
    size_t count, capacity;
    size_t replaying;         /* of them, from the store */
    size_t next;              /* where the next turn of replays begins */
    struct api_reader *dirty; /* something waits to be written */
    bool ended;               /* some reader has ended and waits to be removed */
};

void api_reader_free_unborn(struct api_reader *r); /* one whose upgrade never came about; NULL: none */
void api_stream_replay(struct api *a);             /* some pages of what is replayed */
bool api_stream_can_replay(const struct api *a);   /* it would do something */
void api_stream_turn(struct api *a);               /* writes, buries */
bool api_stream_pending(const struct api *a);      /* it would do something */
void api_stream_tick(struct api *a);
void api_stream_tokens_changed(struct api *a);
void api_stream_stop(struct api *a); /* 1001 to every reader */
void api_stream_end(struct api *a);  /* drops all readers at once */

/* websocket.c */
struct api_frame; /* a whole frame, shared by all readers that send it */
struct api_frame *api_frame_text(const char *head, size_t head_len, const char *text,
                                 size_t len);                     /* of two parts */
struct api_frame *api_frame_bytes(const void *bytes, size_t len); /* framed already */
struct api_frame *api_frame_hold(struct api_frame *f);
void api_frame_release(struct api_frame *f);

/* Frames that wait for one socket. */
struct api_queue {
    struct api_frame **ring;
    size_t head, count, capacity; /* capacity: a power of two, or 0 */
    size_t offset;                /* bytes of the first frame that are sent */
    size_t bytes;                 /* that wait */
};
void api_queue_add(struct api_queue *q, struct api_frame *f); /* holds it */
/* Writes what the socket takes. False: the socket is broken. */
bool api_queue_write(struct api_queue *q, int fd);
void api_queue_drop(struct api_queue *q); /* all but a frame of which a part has gone out */
void api_queue_free(struct api_queue *q);

/* The answer to Sec-WebSocket-Key; false: it is no such key. Source: RFC 6455, section 4.2.2. */
bool api_websocket_accept(const char *key, char out[29]);

/* sha1.c; for the handshake only. */
void api_sha1(const void *bytes, size_t len, unsigned char out[20]);

/* --- the server --- */

/* A connection, to close those that dawdle. */
struct api_peer {
    struct api_peer *next, *previous;
    int fd;
    int64_t deadline_ns; /* monotonic; 0: none (an answer is being made, or it is a stream) */
};

struct api {
    uv_loop_t *loop;
    struct store *store;
    struct api_ports ports;
    char *version, *url;
    struct api_limits limits;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer, tick;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    unsigned handles; /* not closed yet */
    bool running;     /* inside MHD_run */
    bool due;         /* MHD_run is needed before the loop waits */
    bool stopping, closing;
    void (*stopped)(void *arg);
    void *stopped_arg;
    int64_t stop_deadline_ns;
    struct api_request *requests;
    struct api_peer *peers;
    struct api_auth auth;
    struct api_stream stream;
};

struct api_limits *api_limits(struct api *a); /* for tests */
/* Closes the connection unless it gets on within ms; 0: no deadline. */
void api_peer_deadline(struct MHD_Connection *connection, int ms);
void api_wake(struct api *a); /* MHD has something to do: before the loop waits again */

/* listen.c: a listening socket for "ADDRESS:PORT", and the URL that reaches it (the caller's). */
MUST_CHECK enum status api_listen(const char *listen, int *fd, char **url, struct error *err);

#endif
