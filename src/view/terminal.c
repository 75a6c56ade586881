/* What the dashboard does with its terminal besides frames and keys: the mouse, which only moves, opens and
 * scrolls; another look while it runs; suspending; and what reaches somebody who looks elsewhere. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define WHEEL_ROWS 3

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
    if (ev->kind != INPUT_MOUSE || v->box.open || v->prompt.ops)
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

/* ---- for somebody who looks elsewhere ---- */

void view_bell(struct view *v)
{
    term_bell(v->term);
}

void view_notify(struct view *v, bool osc9, bool osc777, const char *text)
{
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
