/* decide/decide.h: carries one operator decision from keystroke to confirmation, and survives a lost
 * connection in between; and other calls to the Keptn API that change something. Source: interfaces.md,
 * "Decisions". */
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "http/http.h"

struct decide;
struct decision;

struct decide_settings {
    const char *server, *token;
    bool read_only; /* no call that changes anything is ever made: every one fails with STATUS_FORBIDDEN */
};
struct decide *decide_new(uv_loop_t *loop, struct http_client *http, const struct decide_settings *settings);
void decide_set_token(struct decide *d, const char *token); /* for calls from now on; copies; NULL: none */
void decide_free(struct decide *d);

enum decision_state {
    DECISION_ASKING, /* the feed was stale: the server is asked first whether the approval is still open */
    DECISION_SENDING,
    DECISION_RETRYING, /* no answer came; the same decisionid is sent again (1 s, 2 s, 4 s … for 60 s), each
                          time after a look at the approval and the event store: a Keptn knows no decisionid
                        */
    DECISION_ACCEPTED, /* the server has it; the stream will tell the rest */
    DECISION_CONFLICT, /* somebody else decided: text says who and when */
    DECISION_FAILED    /* text says why and what to do */
};

struct decision_request {
    const char *project, *stage, *service, *context; /* context: shkeptncontext */
    const char *triggeredid;                         /* id of the approval.triggered */
    const char *triggered_source;
    const cJSON *labels; /* object, or NULL */
    bool approve;
    const char *comment; /* "" or NULL: none */
    bool stale;          /* ask the server first */
};

typedef void (*decision_fn)(void *arg, const char *triggeredid, enum decision_state state, const char *text);

/* Draws the decisionid and begins. Copies the request. on_change runs on the loop thread at each change of
 * state, never before this returns; the last one is ACCEPTED, CONFLICT or FAILED. */
void decide_submit(struct decide *d, const struct decision_request *request, decision_fn on_change,
                   void *arg);
size_t decide_pending(const struct decide *d); /* decisions without a final state */

/* pause, resume, abort. stage NULL: all. done: STATUS_OK or err. */
void decide_control(struct decide *d, const char *project, const char *context, const char *stage,
                    const char *verb, void (*done)(void *arg, enum status status, const struct error *err),
                    void *arg);

#endif
