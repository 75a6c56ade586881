/* feed/replay_search.h: looks for the events of one context in recordings, as the event store would answer. A
 * replay keeps no events, so the files are read again, in steps on the loop. */
#ifndef FEED_REPLAY_SEARCH_H
#define FEED_REPLAY_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

struct replay_search; /* opaque; gone after `done`, or replay_search_cancel() */

struct replay_query {
    const char *const *files;      /* NULL-terminated; borrowed until it is done */
    const char *project, *context; /* copied */
    int64_t until_ns;              /* what was not handed out by then is left out */
};

/* answer: {"events":[…]}, newest first, at most REPLAY_SEARCH_MAX; "" where status is not STATUS_OK. */
typedef void (*replay_search_done)(void *arg, enum status status, const char *answer, size_t len,
                                   const struct error *err);
#define REPLAY_SEARCH_MAX 1000

/* done runs on the loop thread, never before this returns. */
struct replay_search *replay_search_begin(uv_loop_t *loop, const struct replay_query *query,
                                          replay_search_done done, void *arg);
void replay_search_cancel(struct replay_search *s); /* no callback after it */

#endif
