/* cli/link.h: one connection: what its feed brings goes into its model, and a listener, whatever shows it, is
 * told. Each has its own freshness, role, clock and calls under way; none waits for another. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include <stdint.h>
#include <uv.h>

#include "decide/decide.h"
#include "http/http.h"
#include "model/model.h"
#include "view/view.h"

struct link;
struct token_source;

struct link_settings {
    const char *server, *stream, *token; /* as in struct cli_context */
    const char *problem; /* why there is no token: it says so, and connects once there is; NULL: no problem */
    const struct token_source
        *token_source; /* where to look for another token when this one is refused; NULL: nowhere */
    const char *const *projects;
    bool read_only;
    const char *const *replays; /* recordings in place of a server, at this speed; NULL: none */
    double speed;
    struct http_client *http;
};

/* Who is told of what comes: the wiring of the dashboard, or of the linear mode. All are called from the
 * loop, with the number that link_start was given; those that say so may be NULL. */
struct link_listener {
    void *arg;
    void (*changed)(void *arg, size_t source); /* the model; cheap, after each event */
    void (*state)(void *arg, size_t source, enum view_link link, int64_t since_ns, const char *why);
    void (*identity)(void *arg, size_t source, const char *name, const char *role); /* role NULL: unknown */
    void (*expiry)(void *arg, size_t source, int64_t expires_ns); /* of the token; 0: never, or unknown */
    void (*decision)(void *arg, size_t source, const char *triggered_id, enum decision_state state,
                     const char *text);
    /* What the server said to a pause, a resume or an abort. */
    void (*controlled)(void *arg, size_t source, const char *project, const char *stage, const char *context,
                       bool accepted, const char *text);
    void (*fetched)(void *arg, uint64_t ticket, const struct view_answer *answer);
    void (*message)(void *arg, size_t source, bool is_error, const char *text);
    void (*whole)(void *arg, size_t source); /* a snapshot is all there. May be NULL */
    /* An event that was applied, of the stream or of a snapshot, as it came. May be NULL. */
    void (*event)(void *arg, size_t source, const struct event *ev, const char *text, size_t len);
};

struct link *link_new(uv_loop_t *loop, const struct link_settings *settings); /* borrows all of it */
const struct model *link_model(const struct link *l);
/* Connects. listener is copied, and told this number. A recording that cannot be opened is an error. */
MUST_CHECK enum status link_start(struct link *l, const struct link_listener *listener, size_t source,
                                  struct error *err);
void link_decide(struct link *l, const struct decision_request *request);
void link_control(struct link *l, const struct model_sequence *seq, const char *verb);
void link_reload(struct link *l);
void link_fetch(struct link *l, const struct view_query *query, uint64_t ticket);
const char *link_token(const struct link *l); /* the one in use; NULL: none. Valid until it is renewed */
int64_t link_now_ns(const struct link *l);    /* the server's clock, as far as it is known */
/* Stops all that is under way: no callback after it. The model stays until link_free, for who shows it. */
void link_stop(struct link *l);
void link_free(struct link *l); /* after the loop has run once */

#endif
