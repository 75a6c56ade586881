/* replay.c: a recording in place of a server. */
#include "config.h"

#include "feed/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/picture.h"
#include "feed/replay_search.h"

#define SPEED_MAX   1e9
#define TRIM_EVENTS 2000

enum status cli_set_replay(struct cli_context *ctx, const struct cli_args *args, const char ***replays,
                           struct error *err)
{
    const char *speed = cli_value(args, "speed");
    size_t count = 0;
    char *end = NULL;
    while (cli_value_at(args, "replay", count) != NULL)
        count++;
    if (count == 0)
        return speed == NULL ? STATUS_OK : error_set(err, STATUS_USAGE, "--speed is that of a --replay");
    ctx->speed = speed != NULL ? strtod(speed, &end) : 1;
    if (speed != NULL && (end == speed || *end != '\0' || !(ctx->speed >= 0) || ctx->speed > SPEED_MAX))
        return error_set(err, STATUS_USAGE, "--speed %s: must be a number such as 1, 60 or 0.5; 0 is at once",
                         speed);
    *replays = mem_alloc((count + 1) * sizeof **replays);
    for (size_t i = 0; i < count; i++)
        (*replays)[i] = cli_value_at(args, "replay", i);
    ctx->replays = *replays;
    ctx->read_only = true; /* there is nothing that could be changed */
    const char *slash = strrchr((*replays)[0], '/');
    ctx->name = count > 1 ? "recordings" : slash != NULL ? slash + 1 : (*replays)[0];
    return STATUS_OK;
}

enum status cli_check_replay(const struct cli_context *ctx, const struct cli_command *command,
                             struct error *err)
{
    static cli_run *const takes[] = {cli_list, cli_show, cli_watch, cli_help};
    if (ctx->replays == NULL || command == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        if (command->run == takes[i])
            return STATUS_OK;
    return error_set(err, STATUS_USAGE,
                     "%.*s asks a server; a --replay is for the dashboard, list, show and watch",
                     (int)strcspn(command->words, "|"), command->words);
}

/* --- without a screen --- */

static void say(void *arg, bool is_error, const char *text)
{
    (void)arg;
    (void)is_error;
    cli_complain("%s", text);
}

enum status cli_open_replay(struct cli_context *ctx, const struct feed_callbacks *callbacks,
                            struct replay **out, struct error *err)
{
    const struct replay_settings settings = {.files = ctx->replays, .speed = ctx->speed, .on_message = say};
    return replay_open(ctx->loop, &settings, callbacks, out, err);
}

struct filling {
    uv_loop_t *loop;
    struct model *model;
    struct event event; /* decoded into again and again */
    size_t left_out, events_since_trim;
    struct error why;
    bool over;
};

static void on_event(void *arg, const char *text, size_t len, uint64_t number)
{
    struct filling *f = arg;
    if (event_decode(text, len, EVENT_FORM_COMPLETE, &f->event, &f->why) != STATUS_OK ||
        model_apply_event(f->model, &f->event, number, &f->why) != STATUS_OK)
        f->left_out++;
    if (++f->events_since_trim >= TRIM_EVENTS) {
        f->events_since_trim = 0;
        (void)model_trim(f->model);
    }
}

static void on_snapshot_begin(void *arg, bool replaces)
{
    struct filling *f = arg;
    if (replaces)
        model_clear(f->model);
}

static void on_snapshot(void *arg, const char *what, const char *text, size_t len, uint64_t number)
{
    struct filling *f = arg;
    f->left_out += cli_apply_part(f->model, what, text, len, number, &f->why);
}

static void on_state(void *arg, enum feed_state state, const char *why)
{
    struct filling *f = arg;
    (void)why;
    if (state != FEED_REPLAYED)
        return;
    f->over = true;
    uv_stop(f->loop); /* as http_ask */
}

enum status cli_replay_picture(struct cli_context *ctx, struct model **out, struct error *err)
{
    struct filling f = {.loop = ctx->loop, .model = model_new()};
    struct replay *replay = NULL;
    const struct feed_callbacks callbacks = {.arg = &f,
                                             .on_event = on_event,
                                             .on_snapshot_begin = on_snapshot_begin,
                                             .on_snapshot = on_snapshot,
                                             .on_state = on_state};
    ctx->speed = 0; /* its end is what is shown */
    enum status status = cli_open_replay(ctx, &callbacks, &replay, err);
    while (status == STATUS_OK && !f.over)
        uv_run(ctx->loop, UV_RUN_ONCE);
    if (status == STATUS_OK)
        ctx->replayed_ns = replay_now_ns(replay);
    replay_close(replay);
    event_free(&f.event);
    if (status != STATUS_OK) {
        model_free(f.model);
        return status;
    }
    if (f.left_out > 0)
        cli_complain("%zu parts of the recording were left out: %s", f.left_out, f.why.text);
    *out = f.model;
    return STATUS_OK;
}

struct searching {
    uv_loop_t *loop;
    bool over;
    enum status status;
    cJSON *answer;
    struct error *err;
};

static void on_found(void *arg, enum status status, const char *text, size_t len, const struct error *err)
{
    struct searching *s = arg;
    s->over = true;
    s->status = status;
    if (status != STATUS_OK)
        *s->err = *err;
    else
        s->status = json_parse(text, len, &s->answer, s->err);
    uv_stop(s->loop); /* as http_ask */
}

enum status cli_replay_events(struct cli_context *ctx, const struct cli_target *target, cJSON **out,
                              struct error *err)
{
    struct searching s = {.loop = ctx->loop, .err = err};
    const struct replay_query query = {
        .files = ctx->replays, .project = target->project, .context = target->context, .until_ns = INT64_MAX};
    (void)replay_search_begin(ctx->loop, &query, on_found, &s); /* it ends by on_found */
    while (!s.over)
        uv_run(ctx->loop, UV_RUN_ONCE);
    if (s.status == STATUS_OK)
        *out = cJSON_DetachItemFromObjectCaseSensitive(s.answer, "events");
    cJSON_Delete(s.answer);
    return s.status;
}
