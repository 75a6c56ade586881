/* replay_file.h: reads what a replay hands out from one file, a line or an answer at a time. */
#ifndef FEED_REPLAY_FILE_H
#define FEED_REPLAY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "feed/replay_input.h"

enum replay_kind {
    REPLAY_EVENT,  /* of the stream */
    REPLAY_ANSWER, /* a part of a snapshot: what */
    REPLAY_BEGIN,  /* of a snapshot */
    REPLAY_END,    /* of a snapshot */
    REPLAY_LINK    /* the recorder's connection */
};

struct replay_item {
    enum replay_kind kind;
    const char *what; /* of REPLAY_ANSWER, as on_snapshot has it */
    const char *text; /* valid until the next item is read */
    size_t len;
    uint64_t number;
    int64_t time_ns; /* 0: none */
    bool received;   /* time_ns is when the recorder got it, not what the event says */
    bool replaces;   /* of a snapshot */
    char why[256];   /* of REPLAY_LINK: "" while it was live */
};

typedef void (*replay_say)(void *arg, bool is_error, const char *text);

struct replay_file;
MUST_CHECK enum status replay_file_open(const char *path, replay_say say, void *arg, struct replay_file **out,
                                        struct error *err);
/* Reads the next item. What cannot be read is said with its line's number, and left out. */
enum replay_reading replay_file_next(struct replay_file *f, struct replay_item *item);
void replay_file_free(struct replay_file *f); /* NULL is fine */

#endif
