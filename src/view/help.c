/* Help: the keys of the dashboard, and what its colours and signs mean. */
#include "config.h"

#include "view/internal.h"

#define KEYS_WIDTH 26

/* All keys of an action, in one text. */
static const char *keys_of(struct view *v, enum action action)
{
    const char *text = "", *key;
    for (size_t i = 0; (key = keymap_key(v->keymap, action, i)) != NULL; i++)
        text =
            view_printf(v, "%s%s%s", text, i ? "  " : "", v->ascii && (unsigned char)*key >= 0x80 ? "" : key);
    return text;
}

static bool is_offered(const struct view *v, enum action action)
{
    const struct source *s = view_current_source(v);
    const bool read_only = v->read_only || (s && s->read_only);
    return keymap_key(v->keymap, action, 0) && !(read_only && action_flags(action) & ACTION_CHANGES);
}

static int draw_keys(struct view *v, struct rect area, int y)
{
    const int key_w = area.w >= 60 ? KEYS_WIDTH : 12;
    for (int i = 1; i < ACTION_COUNT; i++) {
        const enum action action = (enum action)i;
        if (!is_offered(v, action))
            continue;
        if (y >= area.y && y < area.y + area.h) {
            (void)draw_cut(v, (struct rect){.x = area.x, .y = y, .w = key_w - 1, .h = 1}, area.x, y, ROLE_KEY,
                           keys_of(v, action));
            (void)draw_cut(v, area, area.x + key_w, y, ROLE_TEXT, action_text(action));
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

static unsigned help_act(struct view *v, enum action action)
{
    const int page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        v->help_scroll += action == ACTION_UP ? -1 : 1;
        break;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        v->help_scroll += action == ACTION_PAGE_UP ? -page : page;
        break;
    case ACTION_TOP:
    case ACTION_BOTTOM:
        v->help_scroll = action == ACTION_TOP ? 0 : 1000;
        break;
    case ACTION_HELP:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return 0;
    }
    v->help_scroll = v->help_scroll < 0 ? 0 : v->help_scroll;
    return VIEW_KEY_USED;
}

static const struct hint help_hints[] = {
    {ACTION_UP, "scroll", "arrows"}, {.action = ACTION_QUIT}, {.action = ACTION_NONE}};
const struct view_ops help_screen = {.name = "help", .draw = help_draw, .act = help_act, .keys = help_hints};
