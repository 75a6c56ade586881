/* feed/replay.h: a source of events from files: recordings (doc/recording.md), events one a line, and answers
 * of Keptn (event store, project list, sequence query). It calls back as a feed does, at the pace of the
 * recording, and asks no server. Several files are one history: what came first in any of them comes first.
 */
#ifndef FEED_REPLAY_H
#define FEED_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "feed/feed.h"

struct replay; /* opaque; replay_open(), replay_close() */

struct replay_settings {
    const char *const *files; /* NULL-terminated, at least one; borrowed for the call */
    double speed;             /* as many times as fast as recorded; 0: at once */
    /* What a person should know: a line that is left out, with its number; may be NULL. */
    void (*on_message)(void *arg, bool is_error, const char *text);
    void *arg;
};

/* Opens all files, and begins on the loop. on_state tells FEED_REPLAYING, and FEED_REPLAYED when all of it
 * was handed out. STATUS_NOT_FOUND, STATUS_FAILED: which file cannot be read. */
MUST_CHECK enum status replay_open(uv_loop_t *loop, const struct replay_settings *settings,
                                   const struct feed_callbacks *callbacks, struct replay **out,
                                   struct error *err);
/* The recording's clock, ns since 1970: the time of what was handed out last, going on at the replay's speed
 * until the next; it stands still at the end. A file that tells no time gets that of its opening. */
int64_t replay_now_ns(const struct replay *r);
bool replay_has_ended(const struct replay *r);
void replay_close(struct replay *r); /* no callback after it; the handle closes on the loop's next turns */

/* How long a replay waits at most for what comes next; a longer silence of the recording is cut short. Tests
 * are less patient. */
extern int64_t replay_silence_ns;

#endif
