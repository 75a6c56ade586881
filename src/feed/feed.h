/* feed/feed.h: sources of events. A feed keeps itself connected for ever: snapshot, then events, reconnects
 * with exponential back-off and full jitter, and resumes exactly (interfaces.md, "The stream"). It knows
 * protocols and no meaning. */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "http/http.h"

struct feed;

enum feed_state {
    FEED_CONNECTING,
    FEED_LIVE,
    FEED_STALE /* lost, waits to reconnect */,
    FEED_OFFLINE /* never was connected */,
    FEED_REFUSED /* 401, 403 */,
    FEED_REPLAYING, /* a recording (feed/replay.h); why: how the recorder lost its server, if it did */
    FEED_REPLAYED   /* all of a recording was handed out */
};

/* Each may be NULL. */
struct feed_callbacks {
    void *arg;
    /* One event (CloudEvents JSON); number: its stream number, 0: unknown. Borrowed. */
    void (*on_event)(void *arg, const char *text, size_t len, uint64_t number);
    /* The snapshot's answers, each whole: what is "project" (an item of the project list), "state" (an item
     * of the sequence query), "events" (an event-store answer), "open" (event/triggered's answer). number:
     * that of the answer. */
    void (*on_snapshot)(void *arg, const char *what, const char *text, size_t len, uint64_t number);
    /* Before the first of them. replaces: the server's numbering is another, or does not reach back to what
     * we had: what was known before is void. A second one without an end before it: the first snapshot was
     * given up. */
    void (*on_snapshot_begin)(void *arg, bool replaces);
    void (*on_snapshot_end)(void *arg, bool replaces); /* all of it is there; events follow */
    /* why: one line for a person, "" when live. */
    void (*on_state)(void *arg, enum feed_state state, const char *why);
    /* Who we are, from whoami; role NULL: unknown (a real Keptn). server_time_ns: 0 where unknown. */
    void (*on_identity)(void *arg, const char *name, const char *role, const char *server,
                        int64_t server_time_ns);
    /* Told with each identity: when the token ends; 0: never, or unknown. */
    void (*on_expiry)(void *arg, int64_t expires_ns);
};

struct feed_settings {
    const char *server;          /* "http://127.0.0.1:8080/api" */
    const char *stream;          /* "auto" or a ws(s) URL */
    const char *token;           /* NULL: none */
    const char *const *projects; /* NULL-terminated; NULL: all */
    bool snapshot;               /* false: events only (watch, record) */
};

/* How deep a snapshot goes: projects, states and open approvals; or also the events of every context that has
 * not ended, of the newest ones that have, and of what each service was last deployed with. */
enum feed_depth { FEED_POSITION /* only from where a stream must go on */, FEED_STATES, FEED_EVENTS };

/* One snapshot and nothing more, for one-shot commands: runs the loop until it is there. Calls on_snapshot
 * and (with FEED_EVENTS) on_identity. STATUS_OK, or why not. */
MUST_CHECK enum status feed_take_snapshot(struct http_client *http, const struct feed_settings *settings,
                                          enum feed_depth depth, const struct feed_callbacks *callbacks,
                                          struct error *err);

struct feed *feed_open(uv_loop_t *loop, struct http_client *http, const struct feed_settings *settings,
                       const struct feed_callbacks *callbacks);
void feed_reload(struct feed *f); /* takes a new snapshot now */
/* Asks who we are and what time it is there once more, where the connection stands. */
void feed_identify(struct feed *f);
/* For what is asked from now on; where it waits to try again, it tries at once. Copies; NULL: none. */
void feed_set_token(struct feed *f, const char *token);
/* When something was last heard (event, watermark, ping or pong), monotonic; 0: never. For the age of stale
 * data. */
int64_t feed_last_heard_ns(const struct feed *f);
void feed_close(struct feed *f); /* no callback after it; handles close on the loop's next turns */

#endif
