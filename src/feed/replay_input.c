/* replay_input.c: reads a file of any size, or a pipe that may have nothing yet, without waiting. */
#include "config.h"

#include "feed/replay_input.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed/internal.h"
#include "feed/recording.h"

#define CHUNK ((size_t)64 * 1024)
#define LARGE ((size_t)1024 * 1024) /* bytes of a buffer that is not kept */

enum status replay_input_open(struct replay_input *in, const char *path, struct error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED, "cannot open %s: %s", path,
                         strerror(errno));
    if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
        close(fd);
        return error_set(err, STATUS_FAILED, "%s cannot be replayed: it is no file", path);
    }
    *in = (struct replay_input){
        .fd = fd, .pipe = S_ISFIFO(info.st_mode), .bytes = BUFFER_LIMIT(RECORDING_LINE_MAX + 2 * CHUNK)};
    return STATUS_OK;
}

void replay_input_close(struct replay_input *in)
{
    close(in->fd);
    buffer_free(&in->bytes);
}

/* False: nobody has opened the pipe for writing yet. */
static bool was_written(int fd)
{
    struct pollfd poll_fd = {.fd = fd};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP) != 0;
}

/* Reads more behind what is there. REPLAY_OVER: there is no more. */
static enum replay_reading fill(struct replay_input *in)
{
    char chunk[CHUNK];
    ssize_t n;
    if (in->eof)
        return REPLAY_OVER;
    buffer_consume(&in->bytes, in->at);
    in->at = 0;
    if (in->bytes.len == 0 && in->bytes.capacity > LARGE)
        buffer_free(&in->bytes); /* a large line is rare */
    do
        n = read(in->fd, chunk, sizeof chunk);
    while (n < 0 && errno == EINTR);
    if ((n < 0 && errno == EAGAIN) || (n == 0 && in->pipe && !was_written(in->fd)))
        return REPLAY_LATER;
    if (n <= 0) {
        in->fault = n < 0 ? errno : 0;
        in->eof = true;
        return REPLAY_OVER;
    }
    (void)buffer_add(&in->bytes, chunk, (size_t)n); /* fits: its callers see to what is there */
    return REPLAY_READ;
}

static size_t left(const struct replay_input *in)
{
    return in->bytes.len - in->at;
}

char *replay_input_at(const struct replay_input *in, size_t *rest)
{
    static char none[1];
    *rest = left(in);
    return in->bytes.data != NULL ? in->bytes.data + in->at : none;
}

void replay_input_pass(struct replay_input *in, size_t len)
{
    in->at += len;
    in->searched = 0;
}

size_t replay_input_skip_blanks(struct replay_input *in)
{
    const size_t before = in->at;
    while (in->at < in->bytes.len && isspace((unsigned char)in->bytes.data[in->at])) {
        in->line += in->bytes.data[in->at] == '\n';
        in->at++;
    }
    if (in->at > before)
        in->searched = 0;
    return in->at - before;
}

enum replay_reading replay_input_find_line(struct replay_input *in, size_t *len)
{
    for (;;) {
        const char *from = buffer_text(&in->bytes) + in->at;
        const char *end = memchr(from + in->searched, '\n', left(in) - in->searched);
        *len = end != NULL ? (size_t)(end - from) : left(in);
        if (end != NULL)
            return REPLAY_READ;
        in->searched = left(in);
        enum replay_reading reading = in->searched > RECORDING_LINE_MAX ? REPLAY_OVER : fill(in);
        if (reading != REPLAY_READ)
            return reading;
    }
}

enum replay_reading replay_input_line(struct replay_input *in, char **text, size_t *len)
{
    for (;;) {
        enum replay_reading reading = replay_input_find_line(in, len);
        if (reading == REPLAY_LATER)
            return reading;
        if (reading == REPLAY_OVER && *len > RECORDING_LINE_MAX) {
            const bool first = !in->skipping;
            in->skipping = true;
            replay_input_pass(in, *len);
            if (first)
                return REPLAY_TOO_LONG;
            continue;
        }
        if (reading == REPLAY_OVER && *len == 0)
            return REPLAY_OVER;
        *text = in->bytes.data + in->at; /* there is something, so there is memory */
        (*text)[*len] = '\0';
        replay_input_pass(in, *len + (reading == REPLAY_READ));
        in->line++;
        if (!in->skipping)
            return REPLAY_READ;
        in->skipping = false;
    }
}

enum replay_reading replay_input_find_value(struct replay_input *in, size_t *len)
{
    for (;;) {
        size_t want = 2 * left(in);
        *len = scan_value(buffer_text(&in->bytes) + in->at, left(in));
        if (*len > 0)
            return REPLAY_READ;
        do { /* twice as much, so that it is looked at a few times only */
            enum replay_reading reading = left(in) <= RECORDING_LINE_MAX ? fill(in) : REPLAY_OVER;
            if (reading == REPLAY_OVER)
                *len = scan_value(buffer_text(&in->bytes) + in->at, left(in));
            if (reading != REPLAY_READ)
                return reading;
        } while (left(in) < want);
    }
}
