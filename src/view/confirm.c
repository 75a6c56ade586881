/* How much it takes to decide, and which keys count. A key that came with others in one go, that a held
 * finger repeats, or that was typed before its reader can have seen what it is about, confirms nothing. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define PAUSE_MS 30 /* between two keys that were typed one by one */
#define QUIET_MS                                                                                             \
    1000 /* after a key that asked for a decision, before another decides at once: longer than a             \
            held key takes to repeat */
#define REPORT_WAIT_MS 500  /* a terminal that has never answered a position report */
#define REPORT_LOST_MS 5000 /* one that has, but not this time */
#define SHOWN_MS       500 /* as long an approval must have been under the cursor for a key to decide at once */

/* ---- typing ---- */

void typing_begin(struct view *v)
{
    v->typing.in_read = 0;
    v->typing.after_pause = view_now_ms(v) - v->typing.ended_ms >= PAUSE_MS;
}

bool typing_alone(const struct view *v)
{
    return v->typing.in_read == 1 && v->typing.after_pause;
}

bool typing_key(struct view *v)
{
    const enum due due = v->typing.due;
    v->typing.in_read++;
    v->typing.due = DUE_NOTHING;
    if (due == DUE_AT_ONCE)
        box_open(v, BOX_APPROVE); /* what follows is for the box, which is not on the terminal yet */
    return due != DUE_NOTHING;
}

bool typing_click(struct view *v)
{
    const bool moves = v->typing.due == DUE_AT_ONCE; /* what it decides about is what the cursor stands on */
    return moves && typing_key(v);
}

void typing_confirm(struct view *v)
{
    const enum due due = v->typing.due;
    v->typing.due = DUE_NOTHING;
    if (due == DUE_BOX) {
        box_confirm(v);
    } else if (due == DUE_AT_ONCE) {
        struct target target;
        target_set(&target, view_selected(v), true);
        sent_begin(v, &target, BOX_APPROVE, "", false);
        target_free(&target);
        v->tree.moved = true;
    }
}

void typing_end(struct view *v)
{
    if (v->typing.in_read > 0)
        v->typing.ended_ms = view_now_ms(v);
}

void typing_shown(struct view *v)
{
    const struct pick pick = view_selected(v);
    const char *id = pick.seq ? pick.seq->approval.triggered_id : NULL;
    struct typing *t = &v->typing;
    if (id && t->shown && strcmp(id, t->shown) == 0 && !v->box.open)
        return;
    free(t->shown);
    t->shown = mem_string(v->box.open ? NULL : id);
    t->shown_ms = view_now_ms(v);
}

/* ---- has the box been seen? ---- */

/* The box has come onto the terminal with this frame: from the answer to this request on, a key was typed by
 * someone who could see it. */
void box_was_drawn(struct view *v)
{
    struct box *b = &v->box;
    if (!b->open || b->drawn || help_is_over_box(v))
        return;
    b->drawn = true;
    b->drawn_ms = view_now_ms(v);
    b->asked = term_ask_position(v->term);
    if (b->drawn_ms - v->report_ms > REPORT_LOST_MS)
        v->reports_due = 0; /* those have been lost */
    if (b->asked) {
        v->reports_due++;
        v->report_ms = b->drawn_ms;
    }
}

void box_take_report(struct view *v)
{
    if (v->reports_due == 0)
        return;
    v->reports_due--;
    v->reports_come = true;
    if (v->reports_due == 0 && v->box.open && v->box.drawn && v->box.asked)
        v->box.armed = true;
}

/* A terminal that does not answer: the box counts as seen after a while. */
void box_arm_unanswered(struct view *v)
{
    struct box *b = &v->box;
    const int64_t wait_ms = b->asked && v->reports_come ? REPORT_LOST_MS : REPORT_WAIT_MS;
    const int64_t taken_ms = term_caught_up_ms(v->term); /* by a terminal that was behind; it may still be */
    const int64_t seen_ms = taken_ms > b->drawn_ms ? taken_ms : b->drawn_ms;
    if (b->open && b->drawn && !b->armed && taken_ms >= 0 && view_now_ms(v) - seen_ms >= wait_ms)
        b->armed = true;
}

/* ---- levels ---- */

enum settings_confirm confirm_level(const struct view *v, const struct target *t)
{
    const char *context = *t->source->name ? t->source->name : NULL;
    return settings_confirm_of(v->settings, context, t->project, t->stage);
}

static bool shows_selection(const struct view *v)
{
    const struct view_ops *top = view_top_screen(v);
    return top == &tree_screen || top == &detail_screen || top->selected;
}

/* Without a box: only what has been seen, is fresh, goes forward, and by one key alone. */
static bool may_decide_at_once(struct view *v, struct pick pick, int64_t since_ms)
{
    const struct model_sequence *seq = pick.seq;
    const char *id = seq ? seq->approval.triggered_id : NULL;
    struct target target;
    if (!id || seq->state != MODEL_WAITING || seq->goes_back || pick.source->link != VIEW_LINK_LIVE ||
        view_why_not(v, pick.source) || view_sent(v, pick.source, id) || !view_fits(v, pick) ||
        !v->ports.decide)
        return false;
    target_set(&target, pick, true);
    const bool wanted = confirm_level(v, &target) == SETTINGS_CONFIRM_NONE;
    target_free(&target);
    return wanted && typing_alone(v) && since_ms >= QUIET_MS && shows_selection(v) && v->typing.shown &&
           strcmp(v->typing.shown, id) == 0 && view_now_ms(v) - v->typing.shown_ms >= SHOWN_MS;
}

void confirm_ask(struct view *v, enum box_kind kind, enum input_kind key)
{
    const int64_t now_ms = view_now_ms(v), since_ms = now_ms - v->typing.decide_ms;
    v->typing.decide_ms = now_ms;
    if (batch_open(v, kind)) {
        v->box.opened_with = key;
        v->box.opened_ms = now_ms;
        return;
    }
    if (kind == BOX_APPROVE && may_decide_at_once(v, view_selected(v), since_ms)) {
        v->typing.due = DUE_AT_ONCE;
        return;
    }
    box_open(v, kind);
    v->box.opened_with = key;
    v->box.opened_ms = now_ms;
}
