#include "config.h"

#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "feed/replay.h"
#include "scenario.h"

struct player {
    struct play *play;
    struct event event;
    uv_loop_t *loop;
};

static void note(struct player *p, enum status status, const struct error *err)
{
    if (status == STATUS_OK)
        return;
    p->play->left_out++;
    (void)snprintf(p->play->why, sizeof p->play->why, "%s", err->text);
}

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct player *p = arg;
    struct error err = ERROR_NONE;
    enum status status = event_decode(text, len, EVENT_FORM_COMPLETE, &p->event, &err);
    if (status == STATUS_OK)
        status = model_apply_event(p->play->model, &p->event, number, &err);
    if (status == STATUS_OK && p->play->event)
        p->play->event(p->play->arg, &p->event, text, len);
    note(p, status, &err);
}

static void apply_events(struct player *p, const cJSON *answer, uint64_t number)
{
    struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
    const cJSON *event;
    cJSON_ArrayForEach(event, json_get(answer, "events"))
    {
        buffer_clear(&text);
        if (json_print(event, &text))
            on_event(p, buffer_text(&text), text.len, number);
    }
    buffer_free(&text);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct player *p = arg;
    struct model *m = p->play->model;
    struct error err = ERROR_NONE;
    cJSON *answer = NULL;
    enum status status = json_parse(text, len, &answer, &err);
    if (status == STATUS_OK)
        status = model_apply_part(m, what, answer, number, &err);
    if (status == STATUS_OK && strcmp(what, "events") == 0)
        apply_events(p, answer, number);
    note(p, status, &err);
    cJSON_Delete(answer);
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct player *p = arg;
    if (replaces)
        model_clear(p->play->model);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct player *p = arg;
    (void)why;
    if (state == FEED_REPLAYED)
        uv_stop(p->loop);
}

static void on_message(void *arg, bool is_error, const char *text)
{
    struct error err = ERROR_NONE;
    if (is_error)
        note(arg, error_set(&err, STATUS_INVALID, "%s", text), &err);
}

enum status play_recordings(struct play *play, const char *const *files, struct error *err)
{
    uv_loop_t loop;
    struct player p = {.play = play, .loop = &loop};
    struct replay *replay = NULL;
    const struct replay_settings settings = {.files = files, .on_message = on_message, .arg = &p};
    const struct feed_callbacks callbacks = {.arg = &p,
                                             .on_event = on_event,
                                             .on_snapshot = on_snapshot,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_state = on_state};
    if (uv_loop_init(&loop) != 0)
        return error_set(err, STATUS_FAILED, "no event loop");
    enum status status = replay_open(&loop, &settings, &callbacks, &replay, err);
    if (status == STATUS_OK) {
        while (!replay_has_ended(replay))
            uv_run(&loop, UV_RUN_DEFAULT);
        play->now_ns = replay_now_ns(replay);
        replay_close(replay);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    event_free(&p.event);
    (void)uv_loop_close(&loop); /* its one handle is closed */
    return status;
}

enum status play_scenario(struct play *p, struct error *err)
{
    char path[] = "/tmp/drawbridge-scenario.XXXXXX";
    const int fd = mkstemp(path);
    if (fd < 0)
        return error_set(err, STATUS_FAILED, "no temporary file");
    close(fd);
    const char *const files[] = {path, NULL};
    enum status status = scenario_write(path, err);
    if (status == STATUS_OK)
        status = play_recordings(p, files, err);
    (void)unlink(path); /* it is there */
    return status;
}
