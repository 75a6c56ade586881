/* The line at the top says on every screen: what waits and for how long, how fresh it is, where, as whom. The
 * lines at the bottom: a message, and the keys of the screen one is in. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define PARTS_MAX     8
#define MESSAGE_LINES 3

struct part { /* a piece of the line; the least important one gives way first */
    const char *text;
    enum role role;
    int importance; /* 0: always there */
};

static struct part link_part(struct view *v)
{
    struct part part = {.role = ROLE_LIVE};
    const char *age = v->link_since_ns > 0 ? view_age(v, v->link_since_ns, false) : "";
    switch (v->link) {
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
    }
    return part;
}

static struct part waiting_part(struct view *v)
{
    const size_t count = model_waiting_count(v->model);
    if (count == 0)
        return (struct part){.text = " nothing waiting ", .role = ROLE_DIM};
    return (struct part){.text = view_printf(v, " %s %zu waiting %s ", view_glyph(v, GLYPH_WAITING), count,
                                             view_age(v, model_waiting_at(v->model, 0)->since_ns, false)),
                         .role = ROLE_WAITING};
}

static const char *who(struct view *v)
{
    const char *user = v->user ? view_safe(v, v->user) : NULL;
    const char *role = v->read_only ? "read-only" : v->role ? view_safe(v, v->role) : "role unknown";
    return user ? view_printf(v, "%s (%s)", user, role) : v->read_only ? "(read-only)" : "";
}

static int total_width(const struct part *parts, int count, int dropped)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        if (parts[i].importance < dropped && *parts[i].text)
            total += view_width(parts[i].text) + 2;
    return total;
}

static int draw_from(struct view *v, struct rect line, int x, const struct part *parts, int count, int keep)
{
    for (int i = 0; i < count; i++)
        if (parts[i].importance < keep && *parts[i].text)
            x += draw_cut(v, line, x, line.y, parts[i].role, parts[i].text) + 2;
    return x;
}

/* Draws the parts that fit: the first `left` from the left, the last at the right, the others between, from a
 * place of their own, so that one that comes or goes moves only those behind it. */
static void draw_parts(struct view *v, struct rect line, const struct part *parts, int count, int left)
{
    const struct part *last = &parts[count - 1];
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
    const size_t count = model_waiting_count(v->model);
    const char *text = "-";
    enum role role = ROLE_TEXT;
    if (v->link != VIEW_LINK_LIVE && v->link != VIEW_LINK_POLLING) {
        grid_fill(&v->grid, line, ROLE_STALE, " ");
        role = ROLE_STALE;
    }
    if (count > 0) {
        role = ROLE_WAITING;
        text = view_printf(v, "%s%zu %s", view_glyph(v, GLYPH_WAITING), count,
                           view_age(v, model_waiting_at(v->model, 0)->since_ns, false));
    }
    (void)draw_text(v, line, line.x, line.y, role, text);
}

void topbar_draw(struct view *v, int y, int w)
{
    const struct rect line = {.x = w > 40 ? 1 : 0, .y = y, .w = w > 40 ? w - 2 : w, .h = 1};
    const size_t running = model_count(v->model, MODEL_RUNNING), failed = v->tree.failed;
    const char *context = v->context_name ? view_safe(v, v->context_name) : "";
    const char *name = who(v);
    struct part parts[PARTS_MAX];
    int count = 0;
    if (w < 28) {
        draw_least(v, line);
        return;
    }
    parts[count++] = (struct part){.text = "drawbridge", .role = ROLE_TITLE, .importance = 6};
    parts[count++] = (struct part){.text = context, .role = ROLE_TITLE, .importance = 2};
    parts[count++] = (struct part){.text = name, .role = ROLE_TEXT, .importance = 3};
    const int left = count;
    parts[count++] = waiting_part(v);
    if (running > 0)
        parts[count++] =
            (struct part){.text = view_printf(v, "%s %zu running", view_glyph(v, GLYPH_RUNNING), running),
                          .role = ROLE_RUNNING,
                          .importance = 5};
    if (failed > 0)
        parts[count++] =
            (struct part){.text = view_printf(v, "%s %zu failed", view_glyph(v, GLYPH_FAILED), failed),
                          .role = ROLE_FAILED,
                          .importance = 4};
    parts[count++] = link_part(v);
    draw_parts(v, line, parts, count, left);
}

void keyline_draw(struct view *v, int y, int w)
{
    const struct rect line = {.x = 1, .y = y, .w = w - 2, .h = 1};
    const char *const *keys = v->box.open ? box_keys(v) : v->screens[v->screen_count - 1]->keys;
    int help = 0, x = line.x; /* help: cells that are kept for the way to all other keys */
    for (size_t i = 0; keys[i]; i += 2)
        if (strcmp(keys[i], "?") == 0)
            help = 2 + view_width(keys[i]) + 1 + view_width(keys[i + 1]);
    for (size_t i = 0; keys[i]; i += 2) {
        const bool changes = strcmp(keys[i], "a") == 0 || strcmp(keys[i], "D") == 0;
        const int width = view_width(keys[i]) + 1 + view_width(keys[i + 1]);
        if (strcmp(keys[i], "?") == 0)
            help = 0;
        if ((changes && v->read_only) || x + width + help > line.x + line.w)
            continue;
        x += draw_text(v, line, x, y, ROLE_KEY, keys[i]) + 1;
        x += draw_text(v, line, x, y, ROLE_DIM, keys[i + 1]) + 2;
    }
}

bool message_is_shown(const struct view *v)
{
    return v->message != NULL || (v->link_why && v->link != VIEW_LINK_LIVE && v->link != VIEW_LINK_POLLING);
}

void message_draw(struct view *v, int y, int w)
{
    const char *lines[MESSAGE_LINES];
    const bool own = v->message != NULL;
    const enum role role = own ? (v->message_is_error ? ROLE_ERROR : ROLE_NOTICE) : ROLE_STALE;
    const size_t most = v->grid.h < 16 ? 1 : MESSAGE_LINES;
    const int x = w > 2 ? 1 : 0;
    size_t n = view_wrap(v, view_safe(v, own ? v->message : v->link_why), w - 2 * x, lines, most);
    const struct rect area = {.x = 0, .y = y - (int)n + 1, .w = w, .h = (int)n};
    grid_fill(&v->grid, area, (int)role, " ");
    for (size_t i = 0; i < n; i++)
        (void)draw_cut(v, area, x, area.y + (int)i, role, lines[i]);
}
