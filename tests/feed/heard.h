/* tests/feed/heard.h: what the tests of recordings share: a replay whose callbacks are written down, and
 * files in a directory of the test. */
#ifndef TESTS_FEED_HEARD_H
#define TESTS_FEED_HEARD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "feed/recording.h"
#include "feed/replay.h"

#define T0_NS  INT64_C(1795514400000000000) /* 2026-11-24T10:00:00Z */
#define AT(ms) (T0_NS + (ms)*CLOCK_MS)

#define EVENT(id, time)                                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"s\",\"type\":\"t\",\"time\":\"" time            \
    "\",\"data\":{}}"

extern char heard_directory[]; /* files "a", "b" and "pipe" in it are removed at the end */
int heard_group_begins(void **state);
int heard_group_ends(void **state);

struct heard {
    uv_loop_t loop;
    struct buffer log;      /* a line a callback */
    struct buffer messages; /* a line a message */
    struct replay *replay;
    int64_t started_ns, taken_ns; /* monotonic */
    bool over, with_times;
    const char *stop_at; /* closes the replay at the event that has this in it */
};

/* names: in the directory, or paths; NULL-terminated. */
void heard_open(struct heard *h, const char *const *names, double speed);
void heard_wait(struct heard *h);                                         /* until it is over */
void heard_play(struct heard *h, const char *const *names, double speed); /* both */
void heard_play_one(struct heard *h, const char *name);                   /* at once */
void heard_end(struct heard *h);

void heard_write(const char *name, const char *text);
void heard_write_n(const char *name, const char *text, size_t len);
char *heard_read(const char *name); /* the caller's */

struct recording *heard_record(const char *name, enum recording_mode mode);
void heard_record_event(struct recording *r, int64_t ns, const char *text);
void heard_record_item(struct recording *r, const char *what, const char *text,
                       uint64_t number); /* at AT(0) */
void heard_must(enum status status);

#endif
