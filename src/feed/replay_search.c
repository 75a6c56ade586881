#include "config.h"

#include "feed/replay_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "feed/internal.h"
#include "feed/replay_file.h"

#define SLICE_NS   (8 * CLOCK_MS) /* of work in one turn of the loop, so that a key does not wait */
#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

struct replay_search {
    uv_timer_t timer;
    struct replay_query query;
    char *project, *context;
    replay_search_done done;
    void *arg;
    size_t file_index;
    struct replay_file *file; /* NULL: the next one is to be opened */
    struct map ids;           /* of what was found: a snapshot and the stream overlap */
    struct found {
        char *text;
        int64_t ns;
        size_t place; /* in the order of the files */
    } * found;
    size_t found_count, found_capacity;
    size_t bytes;
};

static void on_closed(uv_handle_t *handle)
{
    struct replay_search *s = handle->data;
    replay_file_free(s->file);
    for (size_t i = 0; i < s->found_count; i++)
        free(s->found[i].text);
    free(s->found);
    map_free(&s->ids, NULL);
    free(s->project);
    free(s->context);
    free(s);
}

void replay_search_cancel(struct replay_search *s)
{
    if (s != NULL)
        uv_close((uv_handle_t *)&s->timer, on_closed);
}

/* --- what fits --- */

static bool is_same(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

static void look_at(struct replay_search *s, const char *text, size_t len)
{
    struct arena arena = {0};
    cJSON *event = NULL;
    if (memmem(text, len, s->context, strlen(s->context)) == NULL)
        return; /* which is nearly all of them */
    if (json_parse_in_arena(text, len, &arena, &event, NULL) == STATUS_OK &&
        is_same(json_text(event, "shkeptncontext"), s->context) &&
        is_same(json_text(json_get(event, "data"), "project"), s->project)) {
        const char *id = json_text(event, "id");
        if (id != NULL && s->bytes + len < ANSWER_MAX && map_put(&s->ids, id, s) == NULL) {
            MEM_GROW(s->found, s->found_count, s->found_capacity);
            s->found[s->found_count] =
                (struct found){.text = mem_string_n(text, len), .place = s->found_count};
            if (json_text(event, "time") != NULL)
                (void)clock_parse(json_text(event, "time"),
                                  &s->found[s->found_count].ns); /* else it has none */
            s->found_count++;
            s->bytes += len + 1;
        }
    }
    arena_free(&arena);
}

static void take(struct replay_search *s, const struct replay_item *item)
{
    if (item->time_ns > s->query.until_ns)
        return;
    if (item->kind == REPLAY_EVENT)
        look_at(s, item->text, item->len);
    if (item->kind != REPLAY_ANSWER)
        return;
    size_t at = 0;
    struct slice events = scan_member(item->text, item->len, "events");
    for (struct slice e; (e = scan_item(events, &at)).text != NULL;)
        look_at(s, e.text, e.len);
}

/* --- running --- */

static int newest_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns > y->ns ? -1 : 1;
    return x->place > y->place ? -1 : 1;
}

static void finish(struct replay_search *s, enum status status, const struct error *err)
{
    struct buffer answer = BUFFER_LIMIT(ANSWER_MAX + 2 * REPLAY_SEARCH_MAX);
    const size_t count = s->found_count < REPLAY_SEARCH_MAX ? s->found_count : REPLAY_SEARCH_MAX;
    if (s->found_count > 0)
        qsort(s->found, s->found_count, sizeof *s->found, newest_first);
    buffer_add_text(&answer, "{\"events\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&answer, i > 0 ? "," : "");
        buffer_add_text(&answer, s->found[i].text);
    }
    buffer_add_text(&answer, "]}");
    if (status != STATUS_OK)
        buffer_clear(&answer);
    uv_close((uv_handle_t *)&s->timer, on_closed);
    s->done(s->arg, status, buffer_text(&answer), answer.len, err);
    buffer_free(&answer);
}

static enum status open_next(struct replay_search *s, struct error *err)
{
    const char *path = s->query.files[s->file_index];
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set(err, STATUS_NOT_FOUND, "cannot read %s again: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_FAILED, "%s came through a pipe and cannot be read again", path);
    return replay_file_open(path, NULL, NULL, &s->file, err);
}

static void on_timer(uv_timer_t *timer)
{
    struct replay_search *s = timer->data;
    const int64_t start = clock_monotonic_ns();
    struct error err = ERROR_NONE;
    while (s->query.files[s->file_index] != NULL) {
        struct replay_item item;
        if (clock_monotonic_ns() - start >= SLICE_NS) {
            uv_timer_start(timer, on_timer, 1, 0);
            return;
        }
        if (s->file == NULL && open_next(s, &err) != STATUS_OK) {
            finish(s, err.status, &err);
            return;
        }
        if (replay_file_next(s->file, &item) == REPLAY_READ) {
            take(s, &item);
            continue;
        }
        replay_file_free(s->file);
        s->file = NULL;
        s->file_index++;
    }
    finish(s, STATUS_OK, &err);
}

struct replay_search *replay_search_begin(uv_loop_t *loop, const struct replay_query *query,
                                          replay_search_done done, void *arg)
{
    struct replay_search *s = MEM_NEW(struct replay_search);
    *s = (struct replay_search){.query = *query,
                                .project = mem_string(query->project),
                                .context = mem_string(query->context),
                                .done = done,
                                .arg = arg};
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_timer, 0, 0);
    return s;
}
