/* replay_input.h: the bytes of one file, by lines or by values, in the memory of the longest of them. */
#ifndef FEED_REPLAY_INPUT_H
#define FEED_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum replay_reading {
    REPLAY_READ,
    REPLAY_LATER,    /* a pipe that has nothing yet */
    REPLAY_TOO_LONG, /* the line is longer than any that is taken: it is passed over */
    REPLAY_OVER
};

struct replay_input {
    int fd;
    bool pipe, eof;
    int fault; /* errno of a read that failed; the rest counts as not there */
    struct buffer bytes;
    size_t at;       /* what is before it was handed out */
    size_t searched; /* bytes from `at` on that have no line break */
    uint64_t line;   /* number of the line that was taken last */
    bool skipping;   /* inside of a line that is too long */
};

MUST_CHECK enum status replay_input_open(struct replay_input *in, const char *path, struct error *err);
void replay_input_close(struct replay_input *in);

/* The next line, ended by a NUL in place; valid until more is read. */
enum replay_reading replay_input_line(struct replay_input *in, char **text, size_t *len);
/* Looks for the end of the line that begins at `at`: *len without the break, or all that is left. Nothing is
 * taken. REPLAY_OVER: it has no end, or is too long. */
enum replay_reading replay_input_find_line(struct replay_input *in, size_t *len);
/* Reads until the object or list at `at` is whole: *len, 0: it never is. Nothing is taken. */
enum replay_reading replay_input_find_value(struct replay_input *in, size_t *len);
char *replay_input_at(const struct replay_input *in,
                      size_t *left); /* what was read and not taken; may be written */
void replay_input_pass(struct replay_input *in, size_t len);
/* Of what was read; counts lines. Returns how many bytes they were. */
size_t replay_input_skip_blanks(struct replay_input *in);

#endif
