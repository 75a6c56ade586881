/* What the dashboard does with its terminal besides frames and keys: the mouse, which only moves, opens and
 * scrolls; the window's focus; suspending; and what reaches somebody who looks elsewhere. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define WHEEL_ROWS  3
#define ATTENDED_MS INT64_C(30000) /* since the last key: whoever typed it still looks at the window */

int64_t focus_redraw_ms = INT64_C(5) * 60 * 1000;

/* ---- the mouse ---- */

static const struct view_ops *screen_at(const struct view *v, int x)
{
    const struct view_ops *top = view_top_screen(v);
    const bool both = top == &tree_screen || top == &detail_screen;
    if (!both || !view_is_split(v))
        return top;
    return x < v->tree.area.x + v->tree.area.w ? &tree_screen : &detail_screen;
}

bool mouse_take(struct view *v, const struct input_event *ev)
{
    const int x = ev->column - 1, y = ev->row - 1;
    const struct view_ops *screen = screen_at(v, x);
    if (v->box.open || v->prompt.ops)
        return false; /* a box waits for keys: a click beside it is no answer, and none inside of it either */
    switch (ev->mouse) {
    case INPUT_MOUSE_WHEEL_UP:
    case INPUT_MOUSE_WHEEL_DOWN:
        for (int i = 0; i < WHEEL_ROWS; i++)
            (void)screen->act(v, ev->mouse == INPUT_MOUSE_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
        return true;
    case INPUT_MOUSE_PRESS:
        return screen->click && screen->click(v, x, y);
    case INPUT_MOUSE_DOUBLE:
        return screen->click && screen->click(v, x, y) && screen->act(v, ACTION_OPEN) != 0;
    case INPUT_MOUSE_MIDDLE:
    case INPUT_MOUSE_RIGHT:
    case INPUT_MOUSE_RELEASE:
        return false;
    }
    return false;
}

/* ---- looks ---- */

enum status view_set_theme(struct view *v, const char *name, struct error *err)
{
    const enum status status = view_use_theme(v, name, err);
    if (status == STATUS_OK)
        view_model_changed(v); /* draws */
    return status;
}

/* ---- suspending ---- */

void view_suspend(struct view *v)
{
    if (!v->may_suspend) {
        view_say(v, false, "this session has no shell to go to");
        return;
    }
    term_suspend(v->term);
    box_unseen(v);
}

void view_resume(struct view *v)
{
    term_resume(v->term);
    box_unseen(v);
    view_model_changed(v);
}

/* ---- the window's focus ---- */

void focus_take(struct view *v, bool gained)
{
    const int64_t now_ms = view_now_ms(v);
    const bool was_long = gained && v->blurred_ms != 0 && now_ms - v->blurred_ms >= focus_redraw_ms;
    v->focused = gained;
    v->blurred_ms = gained ? 0 : now_ms;
    if (!was_long)
        return;
    term_retake(v->term);
    box_unseen(v);
    v->dirty = true;
}

/* ---- for somebody who looks elsewhere ---- */

/* Somebody is at work in this very window, and sees what comes. The focus alone says nothing: it stays when
 * its owner leaves the room. */
static bool is_attended(const struct view *v)
{
    return v->focused && view_now_ms(v) - v->touched_ms < ATTENDED_MS;
}

void view_bell(struct view *v)
{
    if (!is_attended(v))
        term_bell(v->term);
}

void view_notify(struct view *v, bool osc9, bool osc777, const char *text)
{
    if (!is_attended(v))
        term_notify(v->term, (osc9 ? TERM_NOTIFY_OSC9 : 0) | (osc777 ? TERM_NOTIFY_OSC777 : 0), text);
}

void view_set_title(struct view *v, const char *text)
{
    term_title(v->term, text);
}

bool view_copy(struct view *v, const char *text)
{
    return term_copy(v->term, text, strlen(text));
}
