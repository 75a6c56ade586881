/* replay.c: hands out what the files bring, at the pace of the recording. Waiting is by differences between
 * one time and the next, so that a clock that was set while recording costs no wait; the replay's clock
 * follows the recorded one, so that all ages are as they were. */
#include "config.h"

#include "feed/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "feed/replay_file.h"

#define SLICE_NS     (8 * CLOCK_MS) /* of work in one turn of the loop, so that a key does not wait */
#define PAUSE_MS     1
#define LATER_MAX_MS 32 /* until a pipe that has nothing is asked again; at first 1 ms, then ever later */
#define CATCH_UP_NS                                                                                          \
    (2 * CLOCK_S) /* later than this (a suspended program), the time that was lost is not made up */

int64_t replay_silence_ns = 60 * CLOCK_S;

struct source {
    struct replay_file *file;
    struct replay_item item;
    bool has_item, over;
};

struct replay {
    uv_timer_t timer;
    struct feed_callbacks callbacks;
    struct source *sources;
    size_t source_count;
    double speed;
    bool closed, ended, begun;
    int64_t clock_ns;     /* recorded time of what was handed out last */
    int64_t monotonic_ns; /* when that was due */
    int64_t opened_ns;
    int64_t later_ms;          /* how long was waited for a pipe */
    const struct source *next; /* that is waited for; NULL: none */
};

static void on_timer(uv_timer_t *timer);

/* --- time --- */

static bool keeps_pace(const struct replay *r)
{
    return r->speed > 0 && r->begun && !r->ended;
}

int64_t replay_now_ns(const struct replay *r)
{
    if (r->clock_ns == 0)
        return r->opened_ns;
    if (!keeps_pace(r))
        return r->clock_ns;
    double passed = (double)(clock_monotonic_ns() - r->monotonic_ns) * r->speed;
    int64_t now = r->clock_ns + (int64_t)(passed < 4e18 ? passed : 4e18);
    int64_t limit = r->next != NULL ? r->next->item.time_ns : r->clock_ns;
    return now > limit && limit >= r->clock_ns ? limit : now < r->clock_ns ? r->clock_ns : now;
}

/* When the item is due, monotonic. */
static int64_t due_ns(const struct replay *r, const struct replay_item *item)
{
    if (!keeps_pace(r) || r->clock_ns == 0 || item->time_ns <= r->clock_ns)
        return r->monotonic_ns;
    double wait = (double)(item->time_ns - r->clock_ns) / r->speed;
    return r->monotonic_ns + (wait < (double)replay_silence_ns ? (int64_t)wait : replay_silence_ns);
}

/* What an event says of its own time comes in any order; the recorder's clock only goes back where it was
 * set. */
static void follow_clock(struct replay *r, const struct replay_item *item, int64_t due, int64_t now)
{
    if (item->time_ns != 0 && (item->received || item->time_ns > r->clock_ns))
        r->clock_ns = item->time_ns;
    r->monotonic_ns = now - due > CATCH_UP_NS ? now : due;
}

/* --- handing out --- */

static void tell_state(const struct replay *r, enum feed_state state, const char *why)
{
    if (r->callbacks.on_state != NULL)
        r->callbacks.on_state(r->callbacks.arg, state, why);
}

static void hand_out(const struct replay *r, const struct replay_item *item)
{
    const struct feed_callbacks *to = &r->callbacks;
    switch (item->kind) {
    case REPLAY_EVENT:
        if (to->on_event != NULL)
            to->on_event(to->arg, item->text, item->len, item->number);
        break;
    case REPLAY_ANSWER:
        if (to->on_snapshot != NULL)
            to->on_snapshot(to->arg, item->what, item->text, item->len, item->number);
        break;
    case REPLAY_BEGIN:
        if (to->on_snapshot_begin != NULL)
            to->on_snapshot_begin(to->arg, item->replaces);
        break;
    case REPLAY_END:
        if (to->on_snapshot_end != NULL)
            to->on_snapshot_end(to->arg, item->replaces);
        break;
    case REPLAY_LINK:
        tell_state(r, FEED_REPLAYING, item->why);
        break;
    }
}

/* The source whose next item comes first; NULL: all are over. *later: one has nothing yet, so it is not
 * known. */
static struct source *first_source(struct replay *r, bool *later)
{
    struct source *first = NULL;
    *later = false;
    for (size_t i = 0; i < r->source_count; i++) {
        struct source *s = &r->sources[i];
        if (!s->has_item && !s->over) {
            enum replay_reading reading = replay_file_next(s->file, &s->item);
            s->has_item = reading == REPLAY_READ;
            s->over = reading == REPLAY_OVER;
            *later = *later || reading == REPLAY_LATER;
        }
        if (s->has_item && (first == NULL || s->item.time_ns < first->item.time_ns))
            first = s;
    }
    return first;
}

static void end(struct replay *r)
{
    r->ended = true;
    r->next = NULL;
    tell_state(r, FEED_REPLAYED, "");
}

static void wait_ms(struct replay *r, int64_t ms)
{
    uv_timer_start(&r->timer, on_timer, (uint64_t)(ms > PAUSE_MS ? ms : PAUSE_MS), 0);
}

/* Hands out what is due. */
static void on_timer(uv_timer_t *timer)
{
    struct replay *r = timer->data;
    const int64_t start = clock_monotonic_ns();
    if (!r->begun)
        r->monotonic_ns = start;
    for (int64_t now = start; now - start < SLICE_NS && !r->closed; now = clock_monotonic_ns()) {
        bool later;
        struct source *s = first_source(r, &later);
        if (later) {
            r->later_ms = r->later_ms < LATER_MAX_MS ? 2 * r->later_ms : LATER_MAX_MS;
            wait_ms(r, r->later_ms);
            return;
        }
        if (s == NULL) {
            end(r);
            return;
        }
        r->later_ms = 1;
        r->next = s;
        int64_t due = due_ns(r, &s->item);
        if (due > now) {
            wait_ms(r, (due - now + CLOCK_MS - 1) / CLOCK_MS);
            return;
        }
        follow_clock(r, &s->item, due, now);
        r->begun = true;
        s->has_item = false;
        hand_out(r, &s->item);
    }
    if (!r->closed)
        wait_ms(r, PAUSE_MS);
}

/* --- from outside --- */

static void free_replay(struct replay *r)
{
    for (size_t i = 0; i < r->source_count; i++)
        replay_file_free(r->sources[i].file);
    free(r->sources);
    free(r);
}

static void on_start(uv_timer_t *timer)
{
    struct replay *r = timer->data;
    tell_state(r, FEED_REPLAYING, "");
    if (!r->closed)
        on_timer(timer);
}

enum status replay_open(uv_loop_t *loop, const struct replay_settings *settings,
                        const struct feed_callbacks *callbacks, struct replay **out, struct error *err)
{
    struct replay *r = MEM_NEW(struct replay);
    enum status status = STATUS_OK;
    size_t count = 0;
    while (settings->files[count] != NULL)
        count++;
    *r = (struct replay){.callbacks = *callbacks,
                         .speed = settings->speed,
                         .opened_ns = clock_now_ns(),
                         .later_ms = 1,
                         .sources = mem_alloc((count + 1) * sizeof *r->sources)};
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = replay_file_open(settings->files[i], settings->on_message, settings->arg,
                                  &r->sources[i].file, err);
        r->source_count += status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        free_replay(r);
        return status;
    }
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    uv_timer_start(&r->timer, on_start, 0, 0);
    *out = r;
    return STATUS_OK;
}

bool replay_has_ended(const struct replay *r)
{
    return r->ended;
}

static void on_closed(uv_handle_t *handle)
{
    free_replay(handle->data);
}

void replay_close(struct replay *r)
{
    if (r == NULL || r->closed)
        return;
    r->closed = true;
    uv_close((uv_handle_t *)&r->timer, on_closed);
}
