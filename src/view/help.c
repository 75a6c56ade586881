/* Help: the keys of the screen one is in, as they are bound now, in groups; and what colours and signs mean.
 * Over a box it explains the box: F1 there, since '?' may be part of a comment. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define LABEL_WIDTH   9  /* cells of the column with the groups' names */
#define KEYS_WIDTH    15 /* of the column with keys: "a  check mark" */
#define NARROW_WIDTH  60 /* below it a group's name has a line of its own */
#define COLUMNS_WIDTH 100
#define RIGHT_WIDTH   36 /* of the second column, from COLUMNS_WIDTH on */
#define GROUP_MAX     10

/* Groups in the order of the help. An action of `lines` has a line with its sentence, one of `words` only its
 * keys and its word, as many on a line as fit. */
static const struct group {
    const char *label;                              /* NULL: goes on with the one before */
    enum action words[GROUP_MAX], lines[GROUP_MAX]; /* end with ACTION_NONE */
} groups[] = {
    {"move",
     {ACTION_UP, ACTION_DOWN, ACTION_LEFT, ACTION_RIGHT, ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_TOP,
      ACTION_BOTTOM, ACTION_PANE},
     {ACTION_OPEN}},
    {"decide", {ACTION_NONE}, {ACTION_APPROVE, ACTION_DECLINE}},
    {NULL, {ACTION_PAUSE, ACTION_ABORT, ACTION_UNDO}, {ACTION_MARK}},
    {"look",
     {ACTION_NEXT_WAITING, ACTION_PREVIOUS_WAITING, ACTION_LINKS, ACTION_COPY},
     {ACTION_DIFFERENCE, ACTION_JOB_LOG, ACTION_RAW_EVENT, ACTION_FILTER}},
    {"screens",
     {ACTION_SCREEN_TREE, ACTION_SCREEN_WAITING, ACTION_SCREEN_EVENTS, ACTION_SCREEN_WALL,
      ACTION_SCREEN_DECIDED},
     {ACTION_NONE}},
    {"program",
     {ACTION_COMMAND, ACTION_RELOAD, ACTION_REDRAW, ACTION_SUSPEND, ACTION_HELP, ACTION_BACK, ACTION_QUIT},
     {ACTION_NONE}},
};

/* A column of the help, written from top to bottom; lines outside of the area are counted and not seen. */
struct sheet {
    struct view *v;
    struct rect area;
    int y, x;          /* of the next thing to write; x: from the area's left */
    int indent;        /* of what stands behind a group's name */
    const char *label; /* of the group, until it is written; NULL: it has been */
};

static bool is_seen(const struct sheet *s)
{
    return s->y >= s->area.y && s->y < s->area.y + s->area.h;
}

static void put(struct sheet *s, int x, int width, enum role role, const char *text)
{
    const struct rect clip =
        rect_cut(s->area, (struct rect){.x = s->area.x + x, .y = s->y, .w = width, .h = 1});
    if (is_seen(s) && clip.w > 0)
        (void)draw_cut(s->v, clip, clip.x, s->y, role, text);
}

static void put_label(struct sheet *s)
{
    if (!s->label)
        return;
    put(s, 0, s->area.w, ROLE_DIM, s->label);
    s->label = NULL;
    if (s->indent < LABEL_WIDTH)
        s->y++;
}

static void begin_group(struct sheet *s, const char *label)
{
    s->indent = s->area.w >= NARROW_WIDTH ? LABEL_WIDTH : 0;
    s->label = label;
    s->x = s->indent;
}

/* A key and what it does, behind what is on the line already or on the next one. */
static void put_word(struct sheet *s, const char *keys, enum role role, const char *word)
{
    const int width = view_width(keys) + 1 + view_width(word);
    put_label(s);
    if (s->x > s->indent && s->x + width > s->area.w) {
        s->y++;
        s->x = s->indent;
    }
    put(s, s->x, width, role, keys);
    put(s, s->x + view_width(keys) + 1, s->area.w, ROLE_TEXT, word);
    s->x += width + 2;
}

static void end_words(struct sheet *s)
{
    if (s->x > s->indent)
        s->y++;
    s->x = s->indent;
}

static void put_line(struct sheet *s, const char *keys, const char *text)
{
    const char *lines[4];
    int left = s->indent + KEYS_WIDTH;
    put_label(s);
    put(s, s->indent, s->area.w, ROLE_KEY, keys);
    if (view_width(keys) >= KEYS_WIDTH || s->area.w - left < 16) {
        s->y++;
        left = s->indent + 2;
    }
    const size_t count = view_wrap(s->v, text, s->area.w - left, lines, 4);
    for (size_t i = 0; i < count; i++, s->y++)
        put(s, left, s->area.w, ROLE_TEXT, lines[i]);
}

/* ---- keys ---- */

/* A key as one reads it in a column. The check mark is drawn two or one cells wide, as the terminal likes. */
static const char *key_name(const char *key)
{
    return strcmp(key, CHECK_MARK_KEY) == 0   ? "check mark"
           : strcmp(key, CROSS_MARK_KEY) == 0 ? "cross mark"
                                              : key;
}

static const char *keys_of(struct view *v, enum action action)
{
    const char *text = "", *key;
    for (size_t i = 0; (key = keymap_key(v->keymap, action, i)) != NULL; i++)
        text = view_printf(v, "%s%s%s", text, i ? " " : "", view_safe(v, key_name(key)));
    return text;
}

static const struct own_action *own_of(const struct view_ops *screen, enum action action)
{
    static const struct own_action moving[] = {
        {ACTION_UP, NULL},  {ACTION_DOWN, NULL},   {ACTION_PAGE_UP, NULL}, {ACTION_PAGE_DOWN, NULL},
        {ACTION_TOP, NULL}, {ACTION_BOTTOM, NULL}, {ACTION_OPEN, NULL},    {ACTION_NONE, NULL}};
    for (const struct own_action *own = screen->own ? screen->own : moving; own->action != ACTION_NONE; own++)
        if (own->action == action)
            return own;
    return NULL;
}

/* What moves or marks means something only where the screen says so; all else is the same everywhere. */
static bool is_of_screen(enum action action)
{
    return action <= ACTION_OPEN || action == ACTION_MARK;
}

static bool is_offered(const struct view *v, const struct view_ops *screen, enum action action)
{
    const struct source *s = view_current_source(v);
    const bool read_only = v->read_only || (s && s->read_only);
    if (is_of_screen(action) && !own_of(screen, action))
        return false;
    return keymap_key(v->keymap, action, 0) && !(read_only && action_flags(action) & ACTION_CHANGES);
}

static void put_keys(struct sheet *s, const struct view_ops *screen)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        begin_group(s, groups[g].label);
        for (const enum action *a = groups[g].words; *a != ACTION_NONE; a++)
            if (is_offered(s->v, screen, *a))
                put_word(s, keys_of(s->v, *a), ROLE_KEY, action_word(*a));
        end_words(s);
        for (const enum action *a = groups[g].lines; *a != ACTION_NONE; a++) {
            const struct own_action *own = own_of(screen, *a);
            if (is_offered(s->v, screen, *a))
                put_line(s, keys_of(s->v, *a), own && own->text ? own->text : action_text(*a));
        }
    }
}

/* ---- states and signs ---- */

static void put_meanings(struct sheet *s)
{
    static const char *const meaning[MODEL_STATE_COUNT] = {
        [MODEL_WAITING] = "waits for approval",
        [MODEL_RUNNING] = "runs",
        [MODEL_QUEUED] = "queued",
        [MODEL_PAUSED] = "paused",
        [MODEL_SUCCEEDED] = "succeeded",
        [MODEL_WARNING] = "with a warning",
        [MODEL_FAILED] = "failed, timed out",
        [MODEL_ABORTED] = "aborted",
        [MODEL_NOT_REACHED] = "not reached",
    };
    const bool column = s->area.w < NARROW_WIDTH; /* one on a line */
    begin_group(s, "states");
    for (int i = 0; i < MODEL_STATE_COUNT; i++) {
        const enum model_state state = (enum model_state)i;
        if (!meaning[i])
            continue;
        put_word(s, view_glyph(s->v, theme_state_glyph(state)), theme_state_role(state), meaning[i]);
        if (column)
            end_words(s);
    }
    end_words(s);
    begin_group(s, "signs");
    put_word(s, view_glyph(s->v, GLYPH_BACK), ROLE_KEY, "goes back: older than delivered");
    if (column)
        end_words(s);
    put_word(s, view_glyph(s->v, GLYPH_DIFFERS), ROLE_KEY, "label is not the tag");
    end_words(s);
}

/* ---- of a screen ---- */

/* The screen that the help is about. */
static const struct view_ops *explained(const struct view *v)
{
    return v->screen_count > 1 ? v->screens[v->screen_count - 2] : v->screens[0];
}

static void keep_scroll(struct view *v, const struct sheet *left, const struct sheet *right)
{
    const int bottom = left->y > right->y ? left->y : right->y;
    const int height = bottom + v->help_scroll - left->area.y;
    const int most = height > left->area.h ? height - left->area.h : 0;
    v->help_scroll = v->help_scroll > most ? most : v->help_scroll;
}

static void write_help(struct view *v, struct rect body)
{
    struct sheet left = {.v = v, .area = body, .y = body.y - v->help_scroll}, right = left;
    if (body.w >= COLUMNS_WIDTH) {
        left.area.w -= RIGHT_WIDTH + 2;
        right.area.x += left.area.w + 2;
        right.area.w = RIGHT_WIDTH;
    }
    put_keys(&left, explained(v));
    right.y = body.w >= COLUMNS_WIDTH ? right.y : left.y;
    put_meanings(&right);
    keep_scroll(v, &left, &right);
}

static const char *help_title(struct view *v)
{
    return view_printf(v, "keys of the %s screen", explained(v)->name);
}

static void help_draw(struct view *v, struct rect area)
{
    const struct rect body = {.x = area.x + 1, .y = area.y, .w = area.w - 2, .h = area.h};
    const int scroll = v->help_scroll;
    if (body.w <= 0)
        return;
    write_help(v, body);
    if (v->help_scroll != scroll) { /* further than there is something */
        grid_fill(&v->grid, area, ROLE_TEXT, " ");
        write_help(v, body);
    }
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
    {ACTION_UP, "scroll", "arrows"}, {.action = ACTION_BACK}, {.action = ACTION_NONE}};
const struct view_ops help_screen = {
    .name = "help", .draw = help_draw, .act = help_act, .keys = help_hints, .title = help_title};

/* ---- of a box ---- */

bool help_is_over_box(const struct view *v)
{
    return v->box.open && v->box.explained && v->box.phase == BOX_ASKING;
}

void help_of_box_draw(struct view *v, struct rect area)
{
    static const char *const asks[] = {
        [BOX_APPROVE] = "This box asks whether the run may go on. Nothing has been sent yet.",
        [BOX_DECLINE] = "This box asks whether the run shall end here. Nothing has been sent yet.",
        [BOX_PAUSE] = "This box asks whether the run shall be held. Nothing has been sent yet.",
        [BOX_RESUME] = "This box asks whether the run shall go on. Nothing has been sent yet.",
        [BOX_ABORT] = "This box asks whether the run shall be aborted. Nothing has been sent yet.",
    };
    const bool decision = v->box.kind == BOX_APPROVE || v->box.kind == BOX_DECLINE;
    struct sheet s = {.v = v, .area = area, .y = area.y};
    const char *lines[4];
    grid_fill(&v->grid, area, ROLE_TEXT, " ");
    if (area.w > 4) {
        s.area.x++;
        s.area.w -= 2;
    }
    begin_group(&s, NULL);
    s.indent = 0;
    const size_t count = view_wrap(v, asks[v->box.kind], s.area.w, lines, 4);
    for (size_t i = 0; i < count; i++, s.y++)
        put(&s, 0, s.area.w, ROLE_TITLE, lines[i]);
    put_line(&s, "Enter",
             v->box.confirm_text ? "confirms, once the words that the box names have been typed"
                                 : "confirms; a key that came before the box could be read does not count");
    if (decision) {
        put_line(&s, v->box.kind == BOX_APPROVE ? "check mark" : "cross mark", "the same");
        put_line(&s, "text", "becomes the comment; pasted text confirms nothing");
        put_line(&s, "Ctrl-U", "clears the line");
    }
    if (v->box.confirm_text)
        put_line(&s, "Tab", "to the other line");
    put_line(&s, "Esc", "back: from here to the box, from the box without sending anything");
}

/* ---- of a line that is typed into ---- */

void help_of_prompt(struct view *v)
{
    const bool filter = *v->prompt.ops->sign == '/';
    prompt_note(&v->prompt, false,
                filter
                    ? "words, stage:, service:, state:, label:version=, age>10m, ! in front turns one round; "
                      "Tab completes, Enter keeps it, Esc takes it away"
                    : "a command of drawbridge, as in a shell; Tab completes, Up is what was typed before, "
                      "Enter runs it, Esc does not");
}
