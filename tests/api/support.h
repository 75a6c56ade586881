/* A real server on a free port, in the test's own loop, on a real store, with ports that write down what they
 * are asked. */
#ifndef TESTS_API_SUPPORT_H
#define TESTS_API_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "api/internal.h"
#include "base/buffer.h"
#include "store/store.h"

#define DEADLINE_MS 20000

struct held {
    api_done done;
    void *arg;
};

struct server {
    uv_loop_t loop;
    char dir[64];
    struct store *store;
    struct api *api;
    int port;
    struct buffer calls; /* one line a call of a port */
    struct buffer event; /* the newest that was posted, as JSON */
    bool hold;           /* ports do not answer; server_release does */
    struct held held[64];
    size_t held_count;
    int http;         /* what ports answer */
    const char *body; /* with it */
    bool ready, growing, stopped;
    char *log_path; /* of the job; NULL: none */
};

int server_setup(void **state);    /* one for a test: *state is a struct server * */
int server_teardown(void **state); /* checks that the loop is empty */

/* Turns the loop until fn says true; fails the test after DEADLINE_MS. */
void server_until(struct server *s, bool (*fn)(void *arg), void *arg);
void server_turn(struct server *s);
void server_commit(struct server *s, struct store_batch *batch);   /* and waits until it is durable */
void server_release(struct server *s, int http, const char *body); /* answers all held calls */

/* Tokens have the name of their role; "limited" is an admin's for project alpha only. */
void server_token(struct server *s, const char *name, const char *role, const char *projects,
                  int64_t expires_ns);
void server_revoke(struct server *s, const char *name);
void server_project(struct server *s, const char *name);
void server_job(struct server *s, const char *id, const char *project);
void server_service(struct server *s, const char *project, const char *service);

/* Stores and publishes an event; returns its number. data: more members of data, e.g. ",\"result\":\"pass\"",
 * or "". */
uint64_t server_emit(struct server *s, const char *type, const char *project, const char *stage,
                     const char *data);
uint64_t server_emit_for(struct server *s, const char *type, const char *project, const char *triggeredid);
/* The same, without waiting for it. */
void server_emit_later(struct server *s, const char *type, const char *project, const char *stage,
                       const char *data);
void server_emit_unpublished(struct server *s, const char *type, const char *project);
const char *server_last_id(void);      /* of the newest event */
const char *server_last_context(void); /* its shkeptncontext */
void server_open_event(struct server *s, const char *id);
void server_state(struct server *s, const char *project, const char *context, const char *state);
/* The sequencer's record of a context; time: of the event that began it. */
void server_record(struct server *s, const char *project, const char *context, const char *time,
                   const char *record);
void server_settle(struct server *s); /* all that was emitted is durable */

/* --- HTTP with libcurl --- */
struct reply {
    long code;
    struct buffer body, headers;
};
/* token NULL: none; body NULL: none. */
struct reply *ask(struct server *s, const char *method, const char *path, const char *token,
                  const char *body);
struct reply *ask_bytes(struct server *s, const char *method, const char *path, const char *token,
                        const char *body, size_t len, const char *const *headers);
void reply_free(struct reply *r);
/* The text after "name:" of a header, without blanks; NULL: none. Valid until the next call. */
const char *reply_header(const struct reply *r, const char *name);
void assert_body(const struct reply *r, const char *part); /* the body has this part */

/* --- one request a row --- */
struct row {
    const char *name, *method, *path, *token, *body;
    long code;
    const char *answer; /* part of the body; NULL: it is empty */
    const char *call;   /* of a port, without who; NULL: none is made */
};

void check_row(struct server *s, const struct row *row);
void check_rows(struct server *s, const struct row *rows, size_t count);
#define CHECK(s, rows) check_rows(s, rows, sizeof(rows) / sizeof *(rows))

/* --- a bare socket --- */
int wire_open(struct server *s);
void wire_send(struct server *s, int fd, const char *bytes, size_t len);
void wire_text(struct server *s, int fd, const char *text);
/* Reads until `part` has come `times` times, or the other side closes (when part is NULL). */
void wire_until(struct server *s, int fd, struct buffer *in, const char *part, size_t times);
bool wire_closed(struct server *s, int fd); /* waits for the end */

/* --- a WebSocket --- */
struct ws {
    int fd;
    struct buffer in;
    bool ended;
};
struct ws_frame {
    int opcode; /* -1: the connection has ended */
    bool fin;
    char *payload; /* terminated; until the next frame */
    size_t len;
};
/* query: "since=…", or "". Fails the test unless it is opened. */
struct ws *ws_open(struct server *s, const char *query, const char *token);
/* Any handshake; returns the code of the answer. */
int ws_try(struct server *s, struct ws *ws, const char *query, const char *token, const char *headers);
struct ws_frame ws_next(struct server *s, struct ws *ws);
/* The next text message; pings are answered. opcode 8: close, the code in *close_code. */
struct ws_frame ws_text(struct server *s, struct ws *ws);
int ws_close_code(struct server *s, struct ws *ws); /* reads up to a close frame; -1: ended without one */
void ws_send(struct server *s, struct ws *ws, int opcode, bool fin, bool mask, const void *payload,
             size_t len);
void ws_free(struct ws *ws);
/* The number that a message carries; 0: a watermark. */
uint64_t ws_sequence(const struct ws_frame *f);

#endif
