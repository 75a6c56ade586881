/* A file that is replayed: what is handed out is well-formed, comes the same in pieces through a pipe, and is
 * handed out again as it was once it was recorded. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"
#include "feed/recording.h"
#include "feed/replay_file.h"
#include "fuzz.h"

#define PIPE_MAX 60000 /* bytes that a pipe takes without a reader */

struct seen {
    struct buffer items;         /* all that was handed out */
    struct recording *recording; /* NULL: nothing is recorded */
    struct buffer events;        /* those of the stream */
    size_t messages;
};

static void on_message(void *arg, bool is_error, const char *text)
{
    struct seen *s = arg;
    (void)is_error;
    FUZZ_MUST(text[0] != '\0');
    s->messages++;
}

static void check_event(const char *text, size_t len)
{
    static struct event ev; /* one for all, as on a stream */
    struct error err = ERROR_NONE;
    FUZZ_MUST(event_decode(text, len, EVENT_FORM_COMPLETE, &ev, &err) == STATUS_OK);
}

static void see(struct seen *s, const struct replay_item *item)
{
    struct error err = ERROR_NONE;
    buffer_printf(&s->items, "%d %s %llu %lld %d %s ", (int)item->kind, item->what != NULL ? item->what : "-",
                  (unsigned long long)item->number, (long long)item->time_ns, item->replaces, item->why);
    if (item->kind == REPLAY_EVENT || item->kind == REPLAY_ANSWER) {
        FUZZ_MUST(strlen(item->text) == item->len);
        buffer_add(&s->items, item->text, item->len);
    }
    buffer_add_char(&s->items, '\n');
    if (item->kind == REPLAY_ANSWER)
        FUZZ_MUST(json_check(item->text, item->len, &err) == STATUS_OK);
    if (item->kind != REPLAY_EVENT)
        return;
    check_event(item->text, item->len);
    if (s->recording != NULL &&
        recording_add_event(s->recording, item->time_ns, item->text, item->len, &err) == STATUS_OK) {
        const size_t blanks = strspn(item->text, " \t\r\n"); /* are not recorded */
        buffer_add(&s->events, item->text + blanks, item->len - blanks);
        buffer_add_char(&s->events, '\n');
    }
}

/* Until there is no more, or nothing yet. */
static enum replay_reading read_all(struct replay_file *f, struct seen *s)
{
    struct replay_item item;
    enum replay_reading reading;
    while ((reading = replay_file_next(f, &item)) == REPLAY_READ)
        see(s, &item);
    return reading;
}

static int file_of(const void *data, size_t size)
{
    int fd = memfd_create("recording", MFD_CLOEXEC);
    FUZZ_MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    return fd;
}

static struct replay_file *open_fd(int fd, struct seen *s)
{
    struct replay_file *f = NULL;
    char *path = mem_printf("/proc/self/fd/%d", fd);
    FUZZ_MUST(replay_file_open(path, on_message, s, &f, NULL) == STATUS_OK);
    free(path);
    return f;
}

static void read_file(int fd, struct seen *s)
{
    struct replay_file *f = open_fd(fd, s);
    FUZZ_MUST(read_all(f, s) == REPLAY_OVER);
    FUZZ_MUST(s->messages <= 2 * 1000 * 1000);
    replay_file_free(f);
}

/* In pieces whose size the data gives. */
static void read_pipe(const uint8_t *data, size_t size, struct seen *s)
{
    int fds[2];
    size_t piece = size > 0 ? data[0] % 97 + 1 : 1;
    FUZZ_MUST(pipe2(fds, O_CLOEXEC) == 0);
    struct replay_file *f = open_fd(fds[0], s);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        FUZZ_MUST(write(fds[1], data + at, n) == (ssize_t)n);
        FUZZ_MUST(read_all(f, s) == REPLAY_LATER);
    }
    close(fds[1]);
    FUZZ_MUST(read_all(f, s) == REPLAY_OVER);
    replay_file_free(f);
    close(fds[0]);
}

static struct seen see_nothing(void)
{
    const size_t limit = (size_t)1 << 30;
    return (struct seen){.items = BUFFER_LIMIT(limit), .events = BUFFER_LIMIT(limit)};
}

static void forget(struct seen *s)
{
    buffer_free(&s->items);
    buffer_free(&s->events);
}

/* What the second one read is what the first one recorded, but for line breaks between parts. */
static void check_again(int fd, const struct seen *first)
{
    struct seen again = see_nothing();
    struct replay_file *f = open_fd(fd, &again);
    struct replay_item item;
    while (replay_file_next(f, &item) == REPLAY_READ) {
        FUZZ_MUST(item.kind == REPLAY_EVENT);
        buffer_add(&again.events, item.text, item.len);
        buffer_add_char(&again.events, '\n');
    }
    FUZZ_MUST(again.messages == 0);
    FUZZ_MUST(again.events.len <= first->events.len); /* attributes of ours are taken off */
    if (strstr(buffer_text(&first->events), "receivedat") == NULL &&
        strstr(buffer_text(&first->events), "answernumber") == NULL)
        FUZZ_MUST(again.events.len == first->events.len);
    replay_file_free(f);
    forget(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = see_nothing(), pieces = see_nothing();
    const int fd = file_of(data, size), copy = file_of("", 0);
    char *path = mem_printf("/proc/self/fd/%d", copy);
    FUZZ_MUST(recording_open(path, RECORDING_REPLACE, &whole.recording, NULL) == STATUS_OK);
    read_file(fd, &whole);
    FUZZ_MUST(recording_close(whole.recording, NULL) == STATUS_OK);
    check_again(copy, &whole);
    if (size <= PIPE_MAX) {
        read_pipe(data, size, &pieces);
        FUZZ_MUST(pieces.items.len == whole.items.len &&
                  strcmp(buffer_text(&pieces.items), buffer_text(&whole.items)) == 0);
        FUZZ_MUST(pieces.messages == whole.messages);
    }
    forget(&whole);
    forget(&pieces);
    free(path);
    close(fd);
    close(copy);
    return 0;
}
