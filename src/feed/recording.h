/* feed/recording.h: writes what a feed brings to a file that a replay reads (doc/recording.md). The times are
 * passed in: a recorder gives the server's clock, a test any. */
#ifndef FEED_RECORDING_H
#define FEED_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RECORDING_LINE_MAX ((size_t)16 * 1024 * 1024) /* bytes; longer ones are neither written nor read */
#define RECORDING_TYPE     "sh.drawbridge.recording."

enum recording_mode {
    RECORDING_NEW,    /* a file that is there already is refused */
    RECORDING_APPEND, /* goes on at its end */
    RECORDING_REPLACE
};

struct recording; /* opaque; recording_open(), recording_close() */

/* Opens a file ("-": standard output), with mode 0600 where it is made. One recorder at a time:
 * STATUS_CONFLICT where another one writes to it, or where RECORDING_NEW finds it. */
MUST_CHECK enum status recording_open(const char *path, enum recording_mode mode, struct recording **out,
                                      struct error *err);

/* Each appends lines to what recording_flush writes; large amounts are written at once. received_ns: when it
 * came, ns since 1970. STATUS_INVALID, STATUS_TOO_LARGE: what is wrong with it, it is left out, and the
 * recording goes on; STATUS_FAILED: the file cannot take more; it ends with a whole line, and the text says
 * what it holds. */
MUST_CHECK enum status recording_add_begin(struct recording *r, int64_t received_ns, const char *server,
                                           struct error *err);
/* An event of the stream, as struct feed_callbacks has it. */
MUST_CHECK enum status recording_add_event(struct recording *r, int64_t received_ns, const char *text,
                                           size_t len, struct error *err);
/* A part of a snapshot, as on_snapshot has it. */
MUST_CHECK enum status recording_add_item(struct recording *r, int64_t received_ns, const char *what,
                                          const char *text, size_t len, uint64_t number, struct error *err);
MUST_CHECK enum status recording_add_snapshot_begin(struct recording *r, int64_t received_ns, bool replaces,
                                                    struct error *err);
MUST_CHECK enum status recording_add_snapshot_end(struct recording *r, int64_t received_ns, bool replaces,
                                                  struct error *err);
/* state: "live", "stale", …; why: for a person. */
MUST_CHECK enum status recording_add_link(struct recording *r, int64_t received_ns, const char *state,
                                          const char *why, struct error *err);

/* Writes what was added. sync: and waits until the disk has it. */
MUST_CHECK enum status recording_flush(struct recording *r, bool sync, struct error *err);
uint64_t recording_events(const struct recording *r); /* that were written or will be */
/* Writes, syncs and frees r, also where that fails. NULL is fine. */
MUST_CHECK enum status recording_close(struct recording *r, struct error *err);

#endif
