/* recording.c: one line an event, each a CloudEvent as it came with the time of receipt in front
 * (doc/recording.md). What a snapshot brings becomes events of our own type, an answer of several events a
 * line each, so that no line is longer than its largest part. */
#include "config.h"

#include "feed/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "feed/internal.h"

#define PENDING_MAX     ((size_t)64 * 1024)   /* bytes that wait for recording_flush */
#define LARGE           ((size_t)1024 * 1024) /* bytes of a buffer that is not kept */
#define OPEN_LINE_BYTES ((size_t)1024 * 1024) /* open approvals of one line */

struct recording {
    char *path;
    int fd;
    bool regular;       /* a file, which can be cut */
    off_t size, whole;  /* bytes of the file; those up to the end of its last whole line */
    struct buffer line; /* the one that is being made */
    struct buffer out;  /* whole lines that are not written yet */
    struct event event; /* decoded into again and again */
    uint64_t lines;     /* for ids of our own */
    uint64_t events;
    bool broken; /* a write has failed */
};

/* --- the file --- */

static enum status open_failed(const char *path, enum recording_mode mode, struct error *err)
{
    if (errno == EEXIST)
        return error_set(err, STATUS_CONFLICT,
                         "%s is there already: --append goes on at its end, --force replaces it", path);
    if (errno == ENOENT && mode != RECORDING_NEW)
        return error_set(err, STATUS_NOT_FOUND, "cannot open %s: %s", path, strerror(errno));
    return error_set(err, STATUS_FAILED, "cannot write to %s: %s", path, strerror(errno));
}

/* What stands behind the last line break is a line that was cut off: it is ended, so that what follows is not
 * taken for its rest. */
static enum status end_last_line(struct recording *r, struct error *err)
{
    char last = '\n';
    if (!r->regular || r->whole == 0)
        return STATUS_OK;
    if (pread(r->fd, &last, 1, r->whole - 1) != 1)
        return error_set(err, STATUS_FAILED, "cannot read the end of %s: %s", r->path, strerror(errno));
    if (last != '\n')
        buffer_add_char(&r->out, '\n');
    return STATUS_OK;
}

static int open_file(const char *path, enum recording_mode mode)
{
    static const int flags[] = {
        [RECORDING_NEW] = O_EXCL, [RECORDING_APPEND] = O_APPEND, [RECORDING_REPLACE] = 0};
    struct stat info;
    /* A pipe or a terminal keeps nothing that could be lost. */
    bool special = stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
    if (special)
        return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags[mode], 0600);
}

static enum status take_file(struct recording *r, enum recording_mode mode, struct error *err)
{
    struct stat info;
    if (fstat(r->fd, &info) != 0)
        return error_set(err, STATUS_FAILED, "cannot look at %s: %s", r->path, strerror(errno));
    r->regular = S_ISREG(info.st_mode);
    if (!r->regular)
        return STATUS_OK;
    if (flock(r->fd, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, STATUS_CONFLICT, "another recording is being written to %s", r->path);
    if (mode == RECORDING_REPLACE && (ftruncate(r->fd, 0) != 0 || fchmod(r->fd, 0600) != 0))
        return error_set(err, STATUS_FAILED, "cannot empty %s: %s", r->path, strerror(errno));
    off_t end = lseek(r->fd, 0, SEEK_END);
    if (end < 0)
        return error_set(err, STATUS_FAILED, "cannot find the end of %s: %s", r->path, strerror(errno));
    r->size = r->whole = end;
    return end_last_line(r, err);
}

static void free_recording(struct recording *r)
{
    if (r->fd >= 0 && r->fd != STDOUT_FILENO)
        (void)close(r->fd); /* what matters was said by fsync */
    buffer_free(&r->line);
    buffer_free(&r->out);
    event_free(&r->event);
    free(r->path);
    free(r);
}

enum status recording_open(const char *path, enum recording_mode mode, struct recording **out,
                           struct error *err)
{
    struct recording *r = MEM_NEW(struct recording);
    bool standard_output = strcmp(path, "-") == 0;
    *r = (struct recording){.path = mem_string(standard_output ? "standard output" : path),
                            .line = BUFFER_LIMIT(RECORDING_LINE_MAX),
                            .out = BUFFER_LIMIT(RECORDING_LINE_MAX + PENDING_MAX + 2)};
    r->fd = standard_output ? STDOUT_FILENO : open_file(path, mode);
    enum status status = r->fd < 0 ? open_failed(path, mode, err) : STATUS_OK;
    if (status == STATUS_OK && !standard_output)
        status = take_file(r, mode, err);
    if (status == STATUS_OK)
        *out = r;
    else
        free_recording(r);
    return status;
}

/* Cuts the file behind its last whole line. */
static enum status give_up(struct recording *r, int fault, struct error *err)
{
    r->broken = true;
    if (r->regular && ftruncate(r->fd, r->whole) != 0)
        r->regular = false; /* a replay leaves half a line out */
    return error_set(err, STATUS_FAILED,
                     "cannot write to %s: %s; its %lld bytes of whole lines are kept: make room, then go on "
                     "with record --append",
                     r->path, strerror(fault), (long long)r->whole);
}

static enum status write_out(struct recording *r, struct error *err)
{
    const char *at = buffer_text(&r->out);
    size_t left = r->out.len;
    if (r->broken)
        return error_set(err, STATUS_FAILED, "%s takes no more", r->path);
    while (left > 0) {
        ssize_t n = write(r->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return give_up(r, n < 0 ? errno : ENOSPC, err);
        const char *line_end = memrchr(at, '\n', (size_t)n);
        if (line_end != NULL)
            r->whole = r->size + (line_end + 1 - at);
        r->size += n;
        at += n;
        left -= (size_t)n;
    }
    buffer_clear(&r->out);
    if (r->out.capacity > LARGE) { /* a large line is rare */
        buffer_free(&r->out);
        buffer_free(&r->line);
    }
    return STATUS_OK;
}

enum status recording_flush(struct recording *r, bool sync, struct error *err)
{
    enum status status = write_out(r, err);
    /* a pipe cannot be synced, nor some file systems */
    if (status == STATUS_OK && sync && r->regular && fsync(r->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
        status = give_up(r, errno, err);
    return status;
}

uint64_t recording_events(const struct recording *r)
{
    return r->events;
}

enum status recording_close(struct recording *r, struct error *err)
{
    if (r == NULL)
        return STATUS_OK;
    enum status status = r->broken ? STATUS_OK : recording_flush(r, true, err);
    free_recording(r);
    return status;
}

/* --- lines --- */

/* Up to what the event says of itself. number NULL: it is not of a snapshot's answer. */
static void begin_line(struct recording *r, int64_t received_ns, const uint64_t *number)
{
    char time[CLOCK_TEXT_SIZE];
    clock_format(received_ns, time);
    buffer_clear(&r->line);
    buffer_printf(&r->line, "{\"" RECORDING_RECEIVED "\":\"%s\"", time);
    if (number != NULL)
        buffer_printf(&r->line, ",\"" RECORDING_NUMBER "\":\"%020" PRIu64 "\"", *number);
}

/* The line is complete. */
static enum status end_line(struct recording *r, const char *what, struct error *err)
{
    if (!buffer_add_char(&r->line, '\n'))
        return error_set(err, STATUS_TOO_LARGE,
                         "%s of more than %zu bytes cannot be recorded: it is left out", what,
                         RECORDING_LINE_MAX);
    r->lines++;
    (void)buffer_add(&r->out, r->line.data, r->line.len); /* fits: there is less than PENDING_MAX before it */
    return r->out.len < PENDING_MAX ? STATUS_OK : write_out(r, err);
}

/* A JSON text in one line: line breaks can only stand between its parts. */
static void add_in_one_line(struct buffer *to, const char *text, size_t len)
{
    while (len > 0) {
        const char *cr = memchr(text, '\r', len), *lf = memchr(text, '\n', len);
        const char *end = cr != NULL && (lf == NULL || cr < lf) ? cr : lf;
        size_t plain = end != NULL ? (size_t)(end - text) : len;
        if (!buffer_add(to, text, plain))
            return; /* the line's end says so */
        if (end == NULL)
            return;
        buffer_add_char(to, ' ');
        text += plain + 1;
        len -= plain + 1;
    }
}

/* --- events --- */

static bool is_ours(const char *name)
{
    return strcmp(name, RECORDING_RECEIVED) == 0 || strcmp(name, RECORDING_NUMBER) == 0;
}

/* An event that has attributes of our names, as one from a replay does: ours take their place. */
static void add_without_ours(struct buffer *to, const cJSON *root)
{
    for (const cJSON *item = root->child; item != NULL; item = item->next) {
        if (is_ours(item->string))
            continue;
        buffer_add_char(to, ',');
        json_print_text(item->string, to);
        buffer_add_char(to, ':');
        json_print(item, to);
    }
    buffer_add_char(to, '}');
}

static bool has_ours(const cJSON *root)
{
    return json_get(root, RECORDING_RECEIVED) != NULL || json_get(root, RECORDING_NUMBER) != NULL;
}

/* number NULL: of the stream. */
static enum status add_event(struct recording *r, int64_t received_ns, const char *text, size_t len,
                             const uint64_t *number, struct error *err)
{
    enum status status = event_decode(text, len, EVENT_FORM_COMPLETE, &r->event, err);
    if (status == STATUS_OK && strncmp(r->event.type, RECORDING_TYPE, strlen(RECORDING_TYPE)) == 0)
        status = error_set(err, STATUS_INVALID, "its type %.80s means something else in a recording",
                           r->event.type);
    if (status != STATUS_OK) {
        error_prefix(err, "an event is left out");
        return status;
    }
    begin_line(r, received_ns, number);
    const char *open = memchr(text, '{', len); /* it was decoded: there is one, and something in it */
    if (has_ours(r->event.root)) {
        add_without_ours(&r->line, r->event.root);
    } else {
        buffer_add_char(&r->line, ',');
        add_in_one_line(&r->line, open + 1, len - (size_t)(open + 1 - text));
    }
    status = end_line(r, "an event", err);
    r->events += status == STATUS_OK;
    return status;
}

enum status recording_add_event(struct recording *r, int64_t received_ns, const char *text, size_t len,
                                struct error *err)
{
    return add_event(r, received_ns, text, len, NULL, err);
}

/* --- lines of our own --- */

/* Up to the value of data. */
static void begin_own(struct recording *r, int64_t received_ns, const char *type, const uint64_t *number)
{
    char time[CLOCK_TEXT_SIZE];
    clock_format(received_ns, time);
    begin_line(r, received_ns, number);
    buffer_printf(&r->line,
                  ",\"specversion\":\"1.0\",\"type\":\"" RECORDING_TYPE
                  "%s\",\"source\":\"drawbridge\",\"id\":\"%" PRId64 "-%" PRIu64
                  "\",\"time\":\"%s\",\"datacontenttype\":\"application/json\"",
                  type, received_ns, r->lines, time);
    buffer_add_text(&r->line, ",\"data\":");
}

static enum status add_own(struct recording *r, int64_t received_ns, const char *type, const cJSON *data,
                           struct error *err)
{
    begin_own(r, received_ns, type, NULL);
    json_print(data, &r->line);
    buffer_add_char(&r->line, '}');
    return end_line(r, type, err);
}

enum status recording_add_begin(struct recording *r, int64_t received_ns, const char *server,
                                struct error *err)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "version", RECORDING_VERSION);
    cJSON_AddStringToObject(data, "program", PACKAGE_NAME " " PACKAGE_VERSION);
    if (server != NULL)
        cJSON_AddStringToObject(data, "server", server);
    enum status status = add_own(r, received_ns, "begin", data, err);
    cJSON_Delete(data);
    return status;
}

static enum status add_snapshot(struct recording *r, int64_t received_ns, const char *phase, bool replaces,
                                struct error *err)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "phase", phase);
    cJSON_AddBoolToObject(data, "replaces", replaces);
    enum status status = add_own(r, received_ns, "snapshot", data, err);
    cJSON_Delete(data);
    return status;
}

enum status recording_add_snapshot_begin(struct recording *r, int64_t received_ns, bool replaces,
                                         struct error *err)
{
    return add_snapshot(r, received_ns, "begin", replaces, err);
}

enum status recording_add_snapshot_end(struct recording *r, int64_t received_ns, bool replaces,
                                       struct error *err)
{
    return add_snapshot(r, received_ns, "end", replaces, err);
}

enum status recording_add_link(struct recording *r, int64_t received_ns, const char *state, const char *why,
                               struct error *err)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "state", state);
    cJSON_AddStringToObject(data, "why", why);
    enum status status = add_own(r, received_ns, "link", data, err);
    cJSON_Delete(data);
    return status;
}

/* --- snapshots --- */

/* An event-store answer: a line an event. One that is broken leaves out itself alone. */
static enum status add_events(struct recording *r, int64_t received_ns, struct slice events, uint64_t number,
                              struct error *err)
{
    enum status worst = STATUS_OK;
    size_t at = 0;
    for (struct slice item; (item = scan_item(events, &at)).text != NULL;) {
        enum status status = add_event(r, received_ns, item.text, item.len, &number, err);
        if (status != STATUS_OK)
            worst = status;
        if (status == STATUS_FAILED)
            break;
    }
    return worst;
}

/* The open approvals: several lines of one number count as one answer (model_apply_open_approvals). An empty
 * list is a line, too: it says that nothing is open. */
static enum status add_open(struct recording *r, int64_t received_ns, struct slice events, uint64_t number,
                            struct error *err)
{
    enum status status = STATUS_OK;
    size_t at = 0;
    struct slice item = scan_item(events, &at);
    do {
        begin_own(r, received_ns, "open", &number);
        buffer_add_text(&r->line, "{\"events\":[");
        for (bool first = true; item.text != NULL && (first || r->line.len + item.len < OPEN_LINE_BYTES);
             first = false) {
            if (!first)
                buffer_add_char(&r->line, ',');
            add_in_one_line(&r->line, item.text, item.len);
            item = scan_item(events, &at);
        }
        buffer_add_text(&r->line, "]}}");
        status = end_line(r, "a list of open approvals", err);
    } while (status == STATUS_OK && item.text != NULL);
    return status;
}

enum status recording_add_item(struct recording *r, int64_t received_ns, const char *what, const char *text,
                               size_t len, uint64_t number, struct error *err)
{
    enum status status = json_check(text, len, err);
    if (status != STATUS_OK) {
        error_prefix(err, "a part of the snapshot (%s) is left out", what);
        return status;
    }
    if (strcmp(what, "events") == 0)
        return add_events(r, received_ns, scan_member(text, len, "events"), number, err);
    if (strcmp(what, "open") == 0)
        return add_open(r, received_ns, scan_member(text, len, "events"), number, err);
    begin_own(r, received_ns, what, &number);
    add_in_one_line(&r->line, text, len);
    buffer_add_char(&r->line, '}');
    return end_line(r, what, err);
}
