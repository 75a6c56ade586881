/* The undo window: a confirmed decision stays here until it has run out. Nothing of it is on the server
 * before; whoever ends the program within it has decided nothing, and is told so at the next start. */
#include "config.h"

#include "view/internal.h"

#define MINUTES_FROM_MS 120000
#define STOOD_STILL_MS  2000 /* so late the timer comes only where the program was stopped meanwhile */

/* Seconds are counted at the end only: the first minutes of a long window are told in minutes. */
static int64_t step_of(int64_t left_ms)
{
    return left_ms > MINUTES_FROM_MS ? INT64_C(60000) : 1000;
}

const char *undo_left(struct view *v, const struct sent *s)
{
    const int64_t left_ms = s->due_ms - view_now_ms(v), step_ms = step_of(left_ms);
    if (s->due_ms == 0)
        return NULL;
    return view_printf(v, "%d%s", left_ms <= 0 ? 1 : (int)((left_ms + step_ms - 1) / step_ms),
                       step_ms == 1000 ? "s" : "m");
}

size_t undo_count(const struct view *v)
{
    size_t count = 0;
    for (size_t i = 0; i < v->sent_count; i++)
        count += v->sent[i]->due_ms != 0;
    return count;
}

int64_t undo_change_ms(const struct view *v)
{
    const int64_t now_ms = view_now_ms(v);
    int64_t soonest_ms = -1;
    for (size_t i = 0; i < v->sent_count; i++) {
        const int64_t left_ms = v->sent[i]->due_ms - now_ms;
        if (v->sent[i]->due_ms == 0 || left_ms <= 0)
            continue;
        const int64_t change_ms = (left_ms - 1) % step_of(left_ms) + 1;
        if (soonest_ms < 0 || change_ms < soonest_ms)
            soonest_ms = change_ms;
    }
    return soonest_ms;
}

void undo_note(struct view *v, const struct sent *s, bool pending)
{
    if (v->ports.note)
        v->ports.note(v->ports.arg, s->what, pending);
}

static void on_due(uv_timer_t *timer)
{
    struct view *v = timer->data;
    const int64_t now_ms = view_now_ms(v);
    arena_reset(&v->arena);
    v->clock = NULL;
    view_sync(v);
    sent_sync(v); /* what was overtaken is dropped, not sent */
    for (size_t i = 0; i < v->sent_count; i++) {
        struct sent *s = v->sent[i];
        if (s->due_ms == 0 || s->due_ms > now_ms)
            continue;
        if (now_ms - s->due_ms > STOOD_STILL_MS)
            sent_drop(v, s, "drawbridge stood still while it could be undone; decide again");
        else
            sent_submit(v, s);
    }
    undo_plan(v);
    view_model_changed(v);
}

void undo_plan(struct view *v)
{
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i < v->sent_count; i++)
        if (v->sent[i]->due_ms != 0 && v->sent[i]->due_ms < due_ms)
            due_ms = v->sent[i]->due_ms;
    if (due_ms == INT64_MAX) {
        (void)uv_timer_stop(&v->undo_timer);
        return;
    }
    const int64_t wait_ms = due_ms - view_now_ms(v);
    uv_update_time(v->loop);
    (void)uv_timer_start(&v->undo_timer, on_due, wait_ms > 0 ? (uint64_t)wait_ms : 0,
                         0); /* fails only without a callback */
}

static void take_back(struct view *v, struct sent *s)
{
    struct box *b = &v->box;
    const bool shown =
        b->open && b->batch.count == 0 && b->phase == BOX_SENDING && sent_of(v, &b->target) == s;
    view_say(v, false, "taken back: %s; nothing was sent", s->what);
    undo_note(v, s, false);
    sent_forget(v, s);
    if (shown)
        box_close(v);
    undo_plan(v);
}

void undo_take_back(struct view *v, const struct target *t)
{
    const struct sent *wanted = sent_of(v, t);
    for (size_t i = 0; i < v->sent_count; i++) {
        if (v->sent[i] == wanted) {
            take_back(v, v->sent[i]);
            return;
        }
    }
}

/* The one that the box or the cursor is on, else the newest. */
void undo_key(struct view *v)
{
    const struct pick pick = view_selected(v);
    const struct sent *here = v->box.open ? sent_of(v, &v->box.target)
                              : pick.seq  ? view_sent(v, pick.source, pick.seq->approval.triggered_id)
                                          : NULL;
    struct sent *found = NULL, *last = NULL;
    for (size_t i = 0; i < v->sent_count; i++) {
        struct sent *s = v->sent[i];
        last = s->target.triggered_id ? s : last;
        if (s->due_ms != 0 && (!found || found != here))
            found = s;
    }
    if (found)
        take_back(v, found);
    else if (last && sent_is_underway(last))
        view_say(v, false, "too late to undo: %s is on its way", last->what);
    else if (last && last->state == DECISION_ACCEPTED)
        view_say(v, false, "too late to undo: the server has the %s; X aborts what runs", last->what);
    else
        view_say(v, false, "there is nothing to undo");
}
