/* Help: the keys of the dashboard, and what its colours and signs mean. */
#include "config.h"

#include "view/internal.h"

static const struct {
    const char *key, *does;
    bool changes; /* left out where nothing can be changed */
} help_lines[] = {
    {"arrows, h j k l", "move; left folds, right unfolds", false},
    {"PgUp PgDn Home End g G", "move further", false},
    {"Enter", "open; on a stage: go to its oldest waiting sequence", false},
    {"Tab", "to the other pane, where there are two", false},
    {"n  N", "next, previous waiting sequence", false},
    {"a  or the check mark", "approve: opens a box that says what; Enter confirms there", true},
    {"D  or the cross mark", "decline, likewise", true},
    {"P  X", "pause or resume; abort; each with a box", true},
    {"L", "output of the task's job", false},
    {"r", "ask the server for everything again", false},
    {"Ctrl-L", "draw the screen anew", false},
    {"?", "this help", false},
    {"Esc  Ctrl-C  q", "back; q twice in the tree leaves", false},
};
#define HELP_LINES (sizeof help_lines / sizeof *help_lines)

static int draw_keys(struct view *v, struct rect area, int y)
{
    for (size_t i = 0; i < HELP_LINES; i++) {
        if (help_lines[i].changes && v->read_only)
            continue;
        if (y >= area.y && y < area.y + area.h) {
            const int key_w = area.w >= 60 ? 25 : 12;
            (void)draw_cut(v, (struct rect){.x = area.x, .y = y, .w = key_w - 1, .h = 1}, area.x, y, ROLE_KEY,
                           help_lines[i].key);
            (void)draw_cut(v, area, area.x + key_w, y, ROLE_TEXT, help_lines[i].does);
        }
        y++;
    }
    return y;
}

static int draw_states(struct view *v, struct rect area, int y)
{
    static const char *const meaning[MODEL_STATE_COUNT] = {
        [MODEL_WAITING] = "waits for a person's approval",
        [MODEL_RUNNING] = "runs",
        [MODEL_QUEUED] = "queued behind another one",
        [MODEL_PAUSED] = "paused",
        [MODEL_SUCCEEDED] = "succeeded",
        [MODEL_WARNING] = "succeeded with a warning",
        [MODEL_FAILED] = "failed, or timed out",
        [MODEL_ABORTED] = "aborted",
        [MODEL_NOT_REACHED] = "not reached yet",
    };
    for (int i = 0; i < MODEL_STATE_COUNT; i++) {
        const enum model_state state = (enum model_state)i;
        if (!meaning[i])
            continue;
        if (y >= area.y && y < area.y + area.h) {
            (void)draw_text(v, area, area.x, y, theme_state_role(state),
                            view_printf(v, " %s ", view_glyph(v, theme_state_glyph(state))));
            (void)draw_cut(v, area, area.x + 5, y, ROLE_TEXT, meaning[i]);
        }
        y++;
    }
    return y;
}

static int draw_signs(struct view *v, struct rect area, int y)
{
    const struct {
        enum glyph glyph;
        const char *meaning;
    } signs[] = {{GLYPH_BACK, "older than what was delivered there: approving goes back"},
                 {GLYPH_DIFFERS, "the label 'version' is not the image's tag"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++, y++) {
        if (y < area.y || y >= area.y + area.h)
            continue;
        (void)draw_text(v, area, area.x + 1, y, ROLE_TEXT, view_glyph(v, signs[i].glyph));
        (void)draw_cut(v, area, area.x + 5, y, ROLE_TEXT, signs[i].meaning);
    }
    return y;
}

static void help_draw(struct view *v, struct rect area)
{
    struct rect body = {.x = area.x + 1, .y = area.y, .w = area.w - 2, .h = area.h};
    int y = body.y - v->help_scroll;
    if (body.w <= 0)
        return;
    y = draw_keys(v, body, y) + 1;
    y = draw_states(v, body, y);
    y = draw_signs(v, body, y);
    const int height = y + v->help_scroll - body.y;
    const int most = height > body.h ? height - body.h : 0;
    v->help_scroll = v->help_scroll > most ? most : v->help_scroll;
}

static unsigned help_key(struct view *v, const struct input_event *ev)
{
    const bool up = ev->kind == INPUT_UP || (ev->kind == INPUT_CHAR && ev->ch == 'k');
    const bool down = ev->kind == INPUT_DOWN || (ev->kind == INPUT_CHAR && ev->ch == 'j');
    const int page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    if (up || ev->kind == INPUT_PAGE_UP)
        v->help_scroll -= up ? 1 : page;
    else if (down || ev->kind == INPUT_PAGE_DOWN)
        v->help_scroll += down ? 1 : page;
    else if (ev->kind == INPUT_CHAR && ev->ch == '?')
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    else
        return ev->kind == INPUT_CHAR && ev->ch == 'q' ? VIEW_KEY_USED | VIEW_KEY_BACK : 0;
    v->help_scroll = v->help_scroll < 0 ? 0 : v->help_scroll;
    return VIEW_KEY_USED;
}

static const char *const help_keys[] = {"arrows", "scroll", "q", "back", NULL};
const struct view_ops help_screen = {.name = "help", .draw = help_draw, .key = help_key, .keys = help_keys};
