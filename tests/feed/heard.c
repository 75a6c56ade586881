#include "config.h"

#include "heard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

char heard_directory[] = "/tmp/drawbridge-replay.XXXXXX";

static void note_time(struct heard *h)
{
    if (h->with_times)
        buffer_printf(&h->log, "@%" PRId64 " ", (replay_now_ns(h->replay) - T0_NS) / CLOCK_MS);
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct heard *h = arg;
    assert_int_equal(strlen(text), len);
    note_time(h);
    buffer_printf(&h->log, "event %" PRIu64 " %s\n", number, text);
    if (h->stop_at != NULL && strstr(text, h->stop_at) != NULL) {
        replay_close(h->replay);
        h->replay = NULL;
        h->over = true;
    }
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct heard *h = arg;
    assert_int_equal(strlen(text), len);
    note_time(h);
    buffer_printf(&h->log, "%s %" PRIu64 " %s\n", what, number, text);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct heard *h = arg;
    buffer_printf(&h->log, "begin%s\n", replaces ? " replaces" : "");
}

static void on_snapshot_end(void *arg, bool replaces)
{
    struct heard *h = arg;
    buffer_printf(&h->log, "end%s\n", replaces ? " replaces" : "");
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct heard *h = arg;
    if (state == FEED_REPLAYING && *why != '\0')
        buffer_printf(&h->log, "link %s\n", why);
    h->over = h->over || state == FEED_REPLAYED;
}

static void on_message(void *arg, bool is_error, const char *text)
{
    struct heard *h = arg;
    const char *slash = strrchr(text, '/');
    buffer_printf(&h->messages, "%s%s\n", is_error ? "! " : "", slash != NULL ? slash + 1 : text);
}

void heard_open(struct heard *h, const char *const *names, double speed)
{
    char *paths[8] = {NULL};
    const struct feed_callbacks callbacks = {.arg = h,
                                             .on_event = on_event,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot_end = on_snapshot_end,
                                             .on_state = on_state};
    struct error err = ERROR_NONE;
    h->log = h->messages = BUFFER_LIMIT((size_t)256 * 1024 * 1024);
    assert_int_equal(uv_loop_init(&h->loop), 0);
    for (size_t i = 0; names[i] != NULL; i++)
        paths[i] = names[i][0] == '/' ? mem_string(names[i]) : mem_printf("%s/%s", heard_directory, names[i]);
    const struct replay_settings settings = {
        .files = (const char *const *)paths, .speed = speed, .on_message = on_message, .arg = h};
    if (replay_open(&h->loop, &settings, &callbacks, &h->replay, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < 8; i++)
        free(paths[i]);
    h->started_ns = clock_monotonic_ns();
}

void heard_wait(struct heard *h)
{
    while (!h->over && clock_monotonic_ns() - h->started_ns < 60 * CLOCK_S)
        uv_run(&h->loop, UV_RUN_ONCE);
    assert_true(h->over);
    h->taken_ns = clock_monotonic_ns() - h->started_ns;
}

void heard_play(struct heard *h, const char *const *names, double speed)
{
    heard_open(h, names, speed);
    heard_wait(h);
}

void heard_play_one(struct heard *h, const char *name)
{
    const char *const names[] = {name, NULL};
    heard_play(h, names, 0);
}

void heard_end(struct heard *h)
{
    replay_close(h->replay);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&h->loop), 0);
    buffer_free(&h->log);
    buffer_free(&h->messages);
}

/* --- files --- */

void heard_write_n(const char *name, const char *text, size_t len)
{
    char *path = mem_printf("%s/%s", heard_directory, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    free(path);
}

void heard_write(const char *name, const char *text)
{
    heard_write_n(name, text, strlen(text));
}

char *heard_read(const char *name)
{
    char *path = mem_printf("%s/%s", heard_directory, name);
    struct buffer text = BUFFER_LIMIT((size_t)256 * 1024 * 1024);
    FILE *in = fopen(path, "r");
    char chunk[4096];
    assert_non_null(in);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        buffer_add(&text, chunk, n);
    (void)fclose(in); /* read only */
    free(path);
    return buffer_take(&text, NULL);
}

struct recording *heard_record(const char *name, enum recording_mode mode)
{
    char *path = mem_printf("%s/%s", heard_directory, name);
    struct recording *r = NULL;
    struct error err = ERROR_NONE;
    if (recording_open(path, mode, &r, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    free(path);
    return r;
}

void heard_must(enum status status)
{
    assert_int_equal(status, STATUS_OK);
}

void heard_record_event(struct recording *r, int64_t ns, const char *text)
{
    heard_must(recording_add_event(r, ns, text, strlen(text), NULL));
}

void heard_record_item(struct recording *r, const char *what, const char *text, uint64_t number)
{
    heard_must(recording_add_item(r, AT(0), what, text, strlen(text), number, NULL));
}

int heard_group_begins(void **state)
{
    (void)state;
    return mkdtemp(heard_directory) == NULL;
}

int heard_group_ends(void **state)
{
    (void)state;
    char *line = mem_printf("%s", heard_directory);
    const char *const names[] = {"a", "b", "pipe", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        char *path = mem_printf("%s/%s", heard_directory, names[i]);
        (void)unlink(path); /* not every test makes every one */
        free(path);
    }
    free(line);
    return rmdir(heard_directory);
}
