/* The line at the top says on every screen: what waits and for how long, how fresh it is, where, as whom. The
 * lines at the bottom: a message, and the keys of the screen one is in. */
#include "config.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "view/internal.h"

#define PARTS_MAX     8
#define MESSAGE_LINES 3

/* Ages say little where now is long ago. */
static const char *replay_time(struct view *v)
{
    char text[32] = "";
    struct tm tm;
    if (view_break_down(v, view_now_ns(v), &tm))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm); /* 16 characters, until the year 10000 */
    return view_printf(v, "%s", text);
}

struct topbar_part topbar_link(struct view *v, const struct source *s)
{
    struct topbar_part part = {.role = ROLE_LIVE};
    const char *age = s->link_since_ns > 0 ? view_age(v, s->link_since_ns, false) : "";
    switch (s->link) {
    case VIEW_LINK_CONNECTING:
        part.role = ROLE_RECONNECTING;
        part.text = view_printf(v, "%s connecting", view_glyph(v, GLYPH_RECONNECTING));
        break;
    case VIEW_LINK_LIVE:
        part.text = view_printf(v, "%s live", view_glyph(v, GLYPH_LIVE));
        break;
    case VIEW_LINK_STALE:
        part.role = ROLE_STALE;
        part.text = view_printf(v, " %s stale %s ", view_glyph(v, GLYPH_STALE), age);
        break;
    case VIEW_LINK_POLLING:
        part.role = ROLE_POLLING;
        part.text = view_printf(v, "%s polling", view_glyph(v, GLYPH_POLLING));
        break;
    case VIEW_LINK_OFFLINE:
        part.role = ROLE_OFFLINE;
        part.text = view_printf(v, " %s offline %s ", view_glyph(v, GLYPH_OFFLINE), age);
        break;
    case VIEW_LINK_REFUSED:
        part.role = ROLE_OFFLINE;
        part.text = view_printf(v, " %s refused %s ", view_glyph(v, GLYPH_OFFLINE), age);
        break;
    case VIEW_LINK_REPLAY:
    case VIEW_LINK_REPLAYED:
        part.role = ROLE_POLLING;
        part.text = view_printf(v, "%s %s %s", view_glyph(v, GLYPH_POLLING),
                                s->link == VIEW_LINK_REPLAY ? "replay" : "replay over", replay_time(v));
        break;
    }
    return part;
}

static struct topbar_part waiting_part(struct view *v)
{
    const size_t count = view_waiting_count(v);
    if (count == 0 && !view_waiting_is_known(v))
        return (struct topbar_part){.text = " waiting unknown ", .role = ROLE_STALE};
    if (count == 0)
        return (struct topbar_part){.text = " nothing waiting ", .role = ROLE_DIM};
    const size_t hidden = v->filtering.hidden_waiting;
    const char *by = v->grid.w >= 60 ? " by filter" : "";
    v->clock = view_waiting_at(v, 0).source;
    const char *age = view_age(v, view_waiting_at(v, 0).seq->since_ns, false);
    return (struct topbar_part){
        .text = view_printf(v, " %s %zu waiting %s %s", view_glyph(v, GLYPH_WAITING), count, age,
                            hidden ? view_printf(v, "(%zu hidden%s) ", hidden, by) : ""),
        .role = ROLE_WAITING};
}

const char *topbar_who(struct view *v, const struct source *s)
{
    const char *user = s->user ? view_safe(v, s->user) : NULL;
    const char *role = s->read_only ? "read-only" : s->role ? view_safe(v, s->role) : "role unknown";
    return user ? view_printf(v, "%s (%s)", user, role) : s->read_only ? "(read-only)" : "";
}

/* The one that is worst off tells; one that is live hides none that is not. */
static struct topbar_part link_part(struct view *v)
{
    const struct source *current = view_current_source(v);
    size_t fresh = 0;
    if (!current)
        return (struct topbar_part){.text = "", .role = ROLE_TEXT};
    for (size_t i = 0; i < v->source_count; i++)
        fresh += source_is_fresh(v->sources[i]) ? 1 : 0;
    v->clock = current;
    if (v->source_count < 2)
        return topbar_link(v, current);
    if (fresh == v->source_count)
        return (struct topbar_part){
            .text = view_printf(v, "%s all %zu live", view_glyph(v, GLYPH_LIVE), v->source_count),
            .role = ROLE_LIVE};
    return (struct topbar_part){.text = view_printf(v, " %s %zu of %zu not live ", view_glyph(v, GLYPH_STALE),
                                                    v->source_count - fresh, v->source_count),
                                .role = ROLE_STALE};
}

static int total_width(const struct topbar_part *parts, int count, int dropped)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        if (parts[i].importance < dropped && *parts[i].text)
            total += view_width(parts[i].text) + 2;
    return total;
}

static int draw_from(struct view *v, struct rect line, int x, const struct topbar_part *parts, int count,
                     int keep)
{
    for (int i = 0; i < count; i++)
        if (parts[i].importance < keep && *parts[i].text)
            x += draw_cut(v, line, x, line.y, parts[i].role, parts[i].text) + 2;
    return x;
}

/* Draws the parts that fit: the first `left` from the left, the last at the right, the others between, from a
 * place of their own, so that one that comes or goes moves only those behind it. */
static void draw_parts(struct view *v, struct rect line, const struct topbar_part *parts, int count, int left)
{
    const struct topbar_part *last = &parts[count - 1];
    const int anchor = line.x + line.w * 2 / 5;
    int keep = 100;
    while (keep > 1 && total_width(parts, count, keep) > line.w)
        keep--;
    const int end = line.x + line.w - view_width(last->text);
    const int between = total_width(parts + left, count - left - 1, keep);
    const int after_left = draw_from(v, line, line.x, parts, left, keep);
    int x = anchor + between <= end ? anchor : end - between;
    x = x < after_left ? after_left : x;
    const struct rect room = {.x = line.x, .y = line.y, .w = end - line.x, .h = 1};
    (void)draw_from(v, room, x, parts + left, count - left - 1, keep);
    if (end >= line.x)
        (void)draw_text(v, line, end, line.y, last->role, last->text);
}

static void draw_least(struct view *v, struct rect line)
{
    const size_t count = view_waiting_count(v);
    const char *text = "-";
    enum role role = ROLE_TEXT;
    bool fresh = v->source_count > 0;
    for (size_t i = 0; i < v->source_count; i++)
        fresh = fresh && source_is_fresh(v->sources[i]);
    if (!fresh) {
        grid_fill(&v->grid, line, ROLE_STALE, " ");
        role = ROLE_STALE;
    }
    if (count > 0) {
        v->clock = view_waiting_at(v, 0).source;
        role = ROLE_WAITING;
        const size_t hidden = v->filtering.hidden_waiting;
        text = view_printf(v, "%s%zu %s%s", view_glyph(v, GLYPH_WAITING), count,
                           view_age(v, view_waiting_at(v, 0).seq->since_ns, false),
                           hidden ? view_printf(v, " (%zu hidden)", hidden) : "");
    }
    (void)draw_text(v, line, line.x, line.y, role, text);
}

void topbar_draw(struct view *v, int y, int w)
{
    const struct rect line = {.x = w > 40 ? 1 : 0, .y = y, .w = w > 40 ? w - 2 : w, .h = 1};
    const size_t running = view_count(v, MODEL_RUNNING), failed = v->tree.failed;
    const struct source *source = view_current_source(v);
    const char *context = source ? view_safe(v, source_label(source)) : "";
    const char *name = source ? topbar_who(v, source) : "";
    struct topbar_part parts[PARTS_MAX];
    int count = 0;
    if (w < 28) {
        draw_least(v, line);
        return;
    }
    parts[count++] = (struct topbar_part){.text = "drawbridge", .role = ROLE_TITLE, .importance = 6};
    parts[count++] = (struct topbar_part){
        .text = context, .role = source ? source_role(source) : ROLE_TITLE, .importance = 2};
    parts[count++] = (struct topbar_part){.text = name, .role = ROLE_TEXT, .importance = 3};
    const int left = count;
    parts[count++] = waiting_part(v);
    if (running > 0)
        parts[count++] = (struct topbar_part){
            .text = view_printf(v, "%s %zu running", view_glyph(v, GLYPH_RUNNING), running),
            .role = ROLE_RUNNING,
            .importance = 5};
    if (failed > 0)
        parts[count++] =
            (struct topbar_part){.text = view_printf(v, "%s %zu failed", view_glyph(v, GLYPH_FAILED), failed),
                                 .role = ROLE_FAILED,
                                 .importance = 4};
    parts[count++] = link_part(v);
    draw_parts(v, line, parts, count, left);
}

static const char *hint_key(const struct view *v, const struct hint *hint)
{
    return hint->key ? hint->key : keymap_key(v->keymap, hint->action, 0);
}

static const char *hint_word(const struct hint *hint)
{
    return hint->word ? hint->word : action_word(hint->action);
}

/* The way to all other keys and the way out: room is kept for them. */
static bool hint_stays(const struct hint *hint)
{
    return hint->action == ACTION_HELP || hint->action == ACTION_QUIT;
}

static int hint_width(const struct view *v, const struct hint *hint)
{
    const char *key = hint_key(v, hint);
    return key ? view_width(key) + 1 + view_width(hint_word(hint)) : 0;
}

void keyline_draw(struct view *v, int y, int w)
{
    const struct rect line = {.x = 1, .y = y, .w = w - 2, .h = 1};
    const struct view_ops *screen = view_top_screen(v);
    const struct hint *hints = v->box.open ? box_keys(v) : screen->keys;
    const bool marked = screen == &waiting_screen && v->waiting_list.mark_count > 0; /* of any connection */
    const bool denied = !marked && view_why_not(v, view_current_source(v));
    int kept = 0, x = line.x;
    for (const struct hint *h = hints; h->action != ACTION_NONE; h++)
        kept += hint_stays(h) && hint_key(v, h) ? hint_width(v, h) + 2 : 0;
    for (const struct hint *h = hints; h->action != ACTION_NONE; h++) {
        const bool changes = action_flags(h->action) & ACTION_CHANGES;
        const int width = hint_width(v, h);
        if (width == 0 || (changes && denied))
            continue;
        if (hint_stays(h))
            kept -= width + 2;
        if (x + width + (kept > 0 ? kept : 0) > line.x + line.w)
            continue;
        x += draw_text(v, line, x, y, ROLE_KEY, hint_key(v, h)) + 1;
        x += draw_text(v, line, x, y, ROLE_DIM, hint_word(h)) + 2;
    }
}

/* The connection whose trouble is told: the current one's first. NULL: none has any. */
static const struct source *troubled(const struct view *v)
{
    const struct source *current = view_current_source(v);
    if (current && current->link_why && !source_is_fresh(current))
        return current;
    for (size_t i = 0; i < v->source_count; i++)
        if (v->sources[i]->link_why && !source_is_fresh(v->sources[i]))
            return v->sources[i];
    return NULL;
}

bool message_is_shown(const struct view *v)
{
    return v->message != NULL || undo_count(v) > 0 || troubled(v) != NULL;
}

static const char *trouble(struct view *v)
{
    const struct source *s = troubled(v);
    const char *why = view_safe(v, s->link_why);
    return v->source_count < 2 ? why : view_printf(v, "%s: %s", view_safe(v, source_label(s)), why);
}

void message_draw(struct view *v, int y, int w)
{
    const char *lines[MESSAGE_LINES];
    const char *undo = v->message ? NULL : undo_line(v);
    const char *text = v->message ? view_safe(v, v->message) : undo ? undo : trouble(v);
    const enum role role = v->message ? (v->message_is_error ? ROLE_ERROR : ROLE_NOTICE)
                           : undo     ? ROLE_NOTICE
                                      : ROLE_STALE;
    const size_t most = v->grid.h < 16 ? 1 : MESSAGE_LINES;
    const int x = w > 2 ? 1 : 0;
    size_t n = view_wrap(v, text, w - 2 * x, lines, most);
    const struct rect area = {.x = 0, .y = y - (int)n + 1, .w = w, .h = (int)n};
    grid_fill(&v->grid, area, (int)role, " ");
    for (size_t i = 0; i < n; i++)
        (void)draw_cut(v, area, x, area.y + (int)i, role, lines[i]);
}

/* The part of the text that has the cursor in it: its start moves where the line is too short. */
static const char *prompt_window(struct view *v, int room, int *cursor_cells)
{
    const struct prompt *p = &v->prompt;
    const char *text = prompt_text(p);
    const char *head = view_printf(v, "%.*s", (int)p->cursor, text);
    int used = view_width(head), cluster = 0;
    while (used >= room) {
        const size_t n = utf8_next_grapheme(text, grid_wide_ambiguous(), &cluster);
        if (n == 0)
            break;
        text += n;
        used -= cluster;
    }
    *cursor_cells = used;
    return text;
}

void prompt_draw(struct view *v, int y, int w)
{
    struct prompt *p = &v->prompt;
    const struct rect line = {.x = 0, .y = y, .w = w, .h = 1};
    const int x = w > 2 ? 1 : 0, sign_w = view_width(p->ops->sign), room = w - x - sign_w - 1;
    int cursor = 0;
    grid_fill(&v->grid, line, ROLE_TEXT, " ");
    (void)draw_text(v, line, x, y, ROLE_KEY, p->ops->sign);
    const char *text = room > 0 ? prompt_window(v, room, &cursor) : "";
    (void)draw_text(v, line, x + sign_w, y, ROLE_TEXT, text);
    p->cursor_x = x + sign_w + cursor;
    p->cursor_y = y;
    if (p->note && y > 1) {
        const char *lines[MESSAGE_LINES];
        const size_t n = view_wrap(v, view_safe(v, p->note), w - 2 * x, lines, MESSAGE_LINES);
        const struct rect area = {.x = 0, .y = y - (int)n, .w = w, .h = (int)n};
        grid_fill(&v->grid, area, p->note_is_error ? ROLE_WARNING : ROLE_NOTICE, " ");
        for (size_t i = 0; i < n; i++)
            (void)draw_cut(v, area, x, area.y + (int)i, p->note_is_error ? ROLE_WARNING : ROLE_NOTICE,
                           lines[i]);
    }
}
