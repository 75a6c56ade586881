/* From screen to screen: digits go anywhere from anywhere, and the way back from there is to the tree. */
#include "config.h"

#include "view/internal.h"

const struct view_ops *view_top_screen(const struct view *v)
{
    return v->screens[v->screen_count - 1];
}

void view_push_screen(struct view *v, const struct view_ops *screen)
{
    if (view_top_screen(v) == screen || v->screen_count == SCREENS_MAX)
        return;
    v->screens[v->screen_count++] = screen;
}

void screens_go_back(struct view *v)
{
    if (v->screen_count > 1)
        v->screen_count--;
}

void view_show_screen(struct view *v, const struct view_ops *screen)
{
    v->tree.moved = true; /* whoever goes about has taken the helm */
    v->screens[0] = &tree_screen;
    v->screen_count = 1;
    if (screen != &tree_screen)
        v->screens[v->screen_count++] = screen;
    if (screen->sync)
        screen->sync(v);
}

void screens_sync(struct view *v)
{
    for (size_t i = 0; i < v->screen_count; i++)
        if (v->screens[i]->sync)
            v->screens[i]->sync(v);
    run_events_tidy(v);
    difference_tidy(v);
}

static void show_events_of_run(struct view *v)
{
    const struct pick pick = view_selected(v);
    if (pick.seq)
        run_events_open(v, pick.source, pick.seq->stage->project->name, pick.seq->context);
    else
        view_say(v, false, "pick a sequence: raw events belong to a run; 3 shows those of the whole stream");
}

static void show_difference(struct view *v)
{
    const struct pick pick = view_selected(v);
    if (pick.seq)
        difference_open(v, pick);
    else
        view_say(v, false, "pick a sequence: what it delivers is held against what was delivered before");
}

/* From lists of what has been, n goes where something waits: to the tree. */
static void go_to_tree_for_waiting(struct view *v)
{
    const struct view_ops *top = view_top_screen(v);
    const bool past =
        top == &events_screen || top == &event_screen || top == &run_events_screen || top == &decided_screen;
    if (past && view_waiting_count(v) > v->filtering.hidden_waiting)
        view_show_screen(v, &tree_screen);
}

static void copy_id(struct view *v)
{
    const struct pick pick = view_selected(v);
    if (pick.seq)
        links_copy(v, pick.seq->context);
    else
        view_say(v, false, "pick a sequence: it is its id that is copied");
}

bool screens_act(struct view *v, enum action action)
{
    switch (action) {
    case ACTION_SCREEN_TREE:
        view_show_screen(v, &tree_screen);
        return true;
    case ACTION_SCREEN_WAITING:
        view_show_screen(v, &waiting_screen);
        return true;
    case ACTION_SCREEN_EVENTS:
        view_show_screen(v, &events_screen);
        return true;
    case ACTION_SCREEN_DECIDED:
        view_show_screen(v, &decided_screen);
        return true;
    case ACTION_DIFFERENCE:
        show_difference(v);
        return true;
    case ACTION_RAW_EVENT:
        show_events_of_run(v);
        return true;
    case ACTION_LINKS:
        links_open(v, view_selected(v));
        return true;
    case ACTION_NEXT_WAITING:
    case ACTION_PREVIOUS_WAITING:
        go_to_tree_for_waiting(v);
        return false; /* which of them is the tree's own matter */
    case ACTION_COPY:
        copy_id(v);
        return true;
    case ACTION_FILTER:
        filtering_open(v);
        return true;
    case ACTION_BACK:
        if (v->screen_count > 1 || !filtering_is_on(v))
            return false;
        filtering_clear(v);
        return true;
    default:
        return false;
    }
}

void screens_title_draw(struct view *v, int y, int w)
{
    const struct view_ops *top = view_top_screen(v);
    const struct rect line = {.x = 1, .y = y, .w = w - 2, .h = 1};
    int x = line.x;
    if (w < 8)
        return;
    if (top->title)
        x += draw_cut(v, line, x, y, ROLE_TITLE, view_printf(v, " %s ", top->title(v))) + 1;
    if (filtering_is_on(v))
        (void)draw_cut(v, line, x, y, ROLE_HINT, view_printf(v, " /%s ", view_safe(v, v->filtering.text)));
}
