/* How a row of the tree looks. Columns keep the widest that was seen, so that nothing jumps; they give way
 * from the right. */
#include "config.h"

#include "view/rows.h"

#include <string.h>

#include "view/columns.h"
#include "view/internal.h"

#define CURSOR_WIDTH 24 /* cells */

struct columns {
    int indent; /* cells a level */
    int gap;
    int width[TREE_COLUMNS]; /* 0: left out; the age stands apart from the others, at the right */
    enum tree_column order[TREE_COLUMNS];
    size_t count;
    bool has_age;
};

/* ---- texts ---- */

static const char *task_text(struct view *v, const struct model_sequence *seq)
{
    const char *sent = view_sent_word(v, view_source_of(v, seq), seq);
    if (sent)
        return sent;
    if (seq->paused)
        return "paused";
    return seq->task && seq->state <= MODEL_PAUSED ? view_safe(v, seq->task) : "";
}

/* ---- columns ---- */

static void widen(int *column, const char *text, int limit)
{
    const int width = view_width(text);
    if (width > *column)
        *column = width < limit ? width : limit;
}

static void see_columns(struct view *v, size_t first, size_t last)
{
    struct tree *t = &v->tree;
    for (size_t i = first; i < last; i++) {
        const struct model_sequence *seq = t->rows[i].seq;
        if (t->rows[i].kind != ROW_SEQUENCE)
            continue;
        widen(&t->name_w, view_safe(v, seq->name), 20);
        widen(&t->service_w, view_safe(v, seq->service), 32);
        widen(&t->version_w, view_version(v, seq), 20);
        widen(&t->task_w, task_text(v, seq), 16);
    }
}

static int columns_total(const struct columns *c)
{
    int total = 0;
    for (int i = 0; i < TREE_COLUMNS; i++)
        total += c->width[i] > 0 ? c->width[i] + c->gap : 0;
    return total;
}

/* A column gives way down to its least width, or wholly where it has none. */
static void give_way(struct columns *c, int column, int least, int room)
{
    const int over = columns_total(c) - room;
    if (over <= 0 || c->width[column] <= least)
        return;
    c->width[column] = c->width[column] - over < least ? least : c->width[column] - over;
}

static struct columns fit_columns(const struct view *v, int width)
{
    const struct tree *t = &v->tree;
    struct columns c = {.indent = width >= 50 ? 2 : 1, .gap = width >= 50 ? 2 : 1};
    const int seen[TREE_COLUMNS] = {[TREE_SEQUENCE] = t->name_w,
                                    [TREE_SERVICE] = t->service_w,
                                    [TREE_VERSION] = t->version_w,
                                    [TREE_TASK] = t->task_w};
    columns_of_tree(v->settings, c.order, &c.count);
    for (size_t i = 0; i < c.count; i++) {
        c.width[c.order[i]] = seen[c.order[i]];
        c.has_age = c.has_age || c.order[i] == TREE_AGE;
    }
    const int room = width - (1 + (v->source_count > 1 ? 1 : 0) + 2 * c.indent + 2) -
                     (c.has_age ? view_age_width(v) : 0) - 1;
    give_way(&c, TREE_TASK, 8, room);
    if (columns_total(&c) > room)
        c.width[TREE_TASK] = 0;
    give_way(&c, TREE_SERVICE, 12, room);
    give_way(&c, TREE_SEQUENCE, 5, room);
    give_way(&c, TREE_VERSION, 8, room);
    give_way(&c, TREE_SERVICE, 6, room);
    if (columns_total(&c) > room)
        c.width[TREE_SEQUENCE] = 0;
    give_way(&c, TREE_VERSION, 4, room);
    give_way(&c, TREE_SERVICE, 4, room);
    return c;
}

/* ---- rows ---- */

/* What stands in a sequence's row, left to right. */
static void draw_sequence(struct view *v, struct rect line, const struct row *row, const struct columns *c,
                          bool cursor)
{
    const struct model_sequence *seq = row->seq;
    const bool waiting = seq->state == MODEL_WAITING;
    const enum role plain = waiting ? (cursor ? ROLE_WAITING_CURSOR : ROLE_WAITING) : ROLE_TEXT;
    const enum role state = waiting ? ROLE_WAITING : theme_state_role(seq->state);
    const enum role name = waiting ? plain : cursor ? ROLE_CURSOR : ROLE_TEXT;
    const enum role faint = waiting ? ROLE_WAITING : ROLE_DIM;
    const char *const texts[TREE_COLUMNS] = {view_safe(v, seq->name), view_safe(v, seq->service),
                                             view_version(v, seq), task_text(v, seq)};
    int x = line.x + 1 + (v->source_count > 1 ? 1 : 0) + 2 * c->indent;
    /* What the cursor sets off is written at each step, twice: all of long names would be too much of it. */
    const bool with_service =
        !waiting && c->width[TREE_SEQUENCE] + c->gap + c->width[TREE_SERVICE] <= CURSOR_WIDTH;
    if (waiting)
        grid_fill(&v->grid, line, ROLE_WAITING, " ");
    (void)draw_text(v, line, x, line.y, state, view_glyph(v, theme_state_glyph(seq->state)));
    x += 2;
    for (size_t n = 0; n < c->count; n++) {
        const enum tree_column i = c->order[n];
        const bool named = i == TREE_SEQUENCE || (i == TREE_SERVICE && with_service);
        struct rect column = {.x = x, .y = line.y, .w = c->width[i], .h = 1};
        if (c->width[i] == 0)
            continue;
        if (cursor && named)
            grid_fill(&v->grid, (struct rect){.x = x, .y = line.y, .w = c->width[i], .h = 1}, (int)name, " ");
        (void)draw_cut(v, rect_cut(column, line), x, line.y,
                       named            ? name
                       : i == TREE_TASK ? faint
                       : waiting        ? ROLE_WAITING
                                        : ROLE_TEXT,
                       texts[i]);
        x += c->width[i];
        if (cursor && i == TREE_SEQUENCE && with_service)
            grid_fill(&v->grid, (struct rect){.x = x, .y = line.y, .w = c->gap, .h = 1}, (int)name, " ");
        x += c->gap;
    }
    const struct rect age = {.x = line.x, .y = line.y, .w = line.w - 1, .h = 1};
    if (c->has_age)
        draw_right(v, age, line.y, faint, view_age(v, seq->since_ns, seq->state == MODEL_RUNNING));
}

static int draw_count(struct view *v, struct rect line, int right, enum role role, enum glyph glyph,
                      size_t count)
{
    const char *text = view_printf(v, "%s %zu", view_glyph(v, glyph), count);
    const int width = view_width(text);
    if (count == 0)
        return right;
    (void)draw_text(v, line, right - width, line.y, role, text);
    return right - width - 2;
}

static void draw_counts(struct view *v, struct rect line, const size_t counts[MODEL_STATE_COUNT],
                        size_t failed)
{
    int right = line.x + line.w - 1;
    right = draw_count(v, line, right, ROLE_WAITING, GLYPH_WAITING, counts[MODEL_WAITING]);
    right = draw_count(v, line, right, ROLE_FAILED, GLYPH_FAILED, failed);
    right = draw_count(v, line, right, ROLE_PAUSED, GLYPH_PAUSED, counts[MODEL_PAUSED]);
    right = draw_count(v, line, right, ROLE_QUEUED, GLYPH_QUEUED, counts[MODEL_QUEUED]);
    (void)draw_count(v, line, right, ROLE_RUNNING, GLYPH_RUNNING, counts[MODEL_RUNNING]);
}

static void draw_group(struct view *v, struct rect line, const struct row *row, const struct columns *c,
                       bool cursor)
{
    const bool is_project = row->kind == ROW_PROJECT, several = v->source_count > 1;
    const char *raw_name = is_project ? row->project->name : row->stage->name;
    const int x = line.x + 1 + (several ? 1 : 0) + (is_project ? 0 : c->indent);
    size_t failed = 0;
    for (size_t i = 0; i < row->project->stage_count; i++)
        if (is_project || row->project->stages[i] == row->stage)
            failed += tree_failed_in(row->project->stages[i]);
    (void)draw_text(v, line, x, line.y, ROLE_TEXT,
                    view_glyph(v, tree_is_folded(v, row, "") ? GLYPH_FOLDED : GLYPH_OPEN));
    (void)draw_cut(v, line, x + 2, line.y,
                   cursor       ? ROLE_CURSOR
                   : is_project ? ROLE_TITLE
                                : ROLE_TEXT,
                   view_safe(v, raw_name));
    draw_counts(v, line, is_project ? row->project->counts : row->stage->counts, failed);
}

/* A connection: its label, as whom, and how fresh it is; folded, what is in it. */
static void draw_source(struct view *v, struct rect line, const struct row *row, bool cursor)
{
    const struct source *s = row->source;
    const bool folded = tree_is_folded(v, row, "");
    const struct topbar_part link = topbar_link(v, s);
    const char *who = topbar_who(v, s);
    const int x = line.x + 1, right = line.x + line.w - 1 - view_width(link.text);
    const struct rect left = {.x = line.x, .y = line.y, .w = right - 1 - line.x, .h = 1};
    (void)draw_text(v, line, x, line.y, ROLE_TEXT, view_glyph(v, folded ? GLYPH_FOLDED : GLYPH_OPEN));
    const int label_w = draw_cut(v, left, x + 2, line.y, cursor ? ROLE_CURSOR : source_role(s),
                                 view_safe(v, source_label(s)));
    (void)draw_cut(v, left, x + 3 + label_w, line.y, ROLE_DIM, who);
    (void)draw_text(v, line, right, line.y, link.role, link.text);
    if (!folded)
        return;
    size_t counts[MODEL_STATE_COUNT], failed = 0;
    for (int i = 0; i < MODEL_STATE_COUNT; i++)
        counts[i] = model_count(s->model, (enum model_state)i);
    for (size_t i = 0; i < model_project_count(s->model); i++)
        for (size_t j = 0; j < model_project_at(s->model, i)->stage_count; j++)
            failed += tree_failed_in(model_project_at(s->model, i)->stages[j]);
    draw_counts(v, left, counts, failed);
}

static void draw_earlier(struct view *v, struct rect line, const struct row *row, const struct columns *c,
                         bool cursor)
{
    const int x = line.x + 1 + (v->source_count > 1 ? 1 : 0) + 2 * c->indent;
    (void)draw_text(v, line, x, line.y, ROLE_DIM,
                    view_glyph(v, tree_is_folded(v, row, "+") ? GLYPH_OPEN : GLYPH_FOLDED));
    (void)draw_cut(v, line, x + 2, line.y, cursor ? ROLE_CURSOR : ROLE_DIM,
                   view_printf(v, "%zu earlier", row->earlier));
}

static void draw_row(struct view *v, struct rect line, const struct row *row, const struct columns *c,
                     bool cursor)
{
    v->clock = row->source;
    switch (row->kind) {
    case ROW_SOURCE:
        draw_source(v, line, row, cursor);
        break;
    case ROW_PROJECT:
    case ROW_STAGE:
        draw_group(v, line, row, c, cursor);
        break;
    case ROW_SEQUENCE:
        draw_sequence(v, line, row, c, cursor);
        break;
    case ROW_EARLIER:
        draw_earlier(v, line, row, c, cursor);
        break;
    }
    const bool waiting = row->kind == ROW_SEQUENCE && row->seq->state == MODEL_WAITING;
    if (cursor) /* without a colour of its own: each would cost bytes at each step */
        (void)draw_text(v, line, line.x, line.y, waiting ? ROLE_WAITING : ROLE_TEXT,
                        view_glyph(v, GLYPH_CURSOR));
}

/* further: rows beyond the cursor that come into sight with it. Where the whole width scrolls, the terminal
 * does that in few bytes; beside a detail every row is written anew, and so better for several steps at once.
 */
static void scroll_to_cursor(struct tree *t, int height, size_t further)
{
    const size_t h = height > 0 ? (size_t)height : 1;
    if (t->cursor < t->top)
        t->top = t->cursor > further ? t->cursor - further : 0;
    if (t->cursor >= t->top + h)
        t->top = t->cursor - h + 1 + further;
    if (t->top + h > t->count)
        t->top = t->count > h ? t->count - h : 0;
}

static void draw_empty(struct view *v, struct rect area)
{
    const char *text = filtering_is_on(v) ? "nothing fits the filter"
                                          : "no projects yet: drawbridge create project NAME --shipyard FILE";
    const enum view_link link = v->source_count > 0 ? v->sources[0]->link : VIEW_LINK_CONNECTING;
    if (link == VIEW_LINK_CONNECTING)
        text = "connecting";
    else if (link == VIEW_LINK_OFFLINE || link == VIEW_LINK_REFUSED)
        text = "nothing to show: no connection";
    (void)draw_cut(v, area, area.x + 1, area.y, ROLE_DIM, text);
}

/* ---- the smallest terminals: one line a waiting sequence ---- */

static void draw_compact(struct view *v, struct rect area)
{
    waiting_sync(v);
    const struct waiting *w = &v->waiting_list;
    const size_t count = w->list.count;
    const struct model_sequence *selected = tree_selected(v).seq;
    size_t first = 0;
    for (size_t i = 0; i < count; i++)
        if (w->rows[i].seq == selected && i >= (size_t)area.h)
            first = i - (size_t)area.h + 1;
    for (int y = 0; y < area.h && first + (size_t)y < count; y++) {
        const struct pick pick = w->rows[first + (size_t)y];
        const struct model_sequence *seq = pick.seq;
        const struct rect line = {.x = area.x, .y = area.y + y, .w = area.w, .h = 1};
        v->clock = pick.source;
        const char *age = view_age(v, seq->since_ns, false);
        const int age_w = view_width(age);
        const struct rect left = {
            .x = line.x, .y = line.y, .w = line.w > age_w + 8 ? line.w - age_w - 1 : line.w, .h = 1};
        const bool cursor = seq == selected;
        const enum role role = cursor ? ROLE_WAITING_CURSOR : ROLE_WAITING;
        grid_fill(&v->grid, line, ROLE_WAITING, " ");
        (void)draw_text(v, line, line.x, line.y, role, cursor ? view_glyph(v, GLYPH_CURSOR) : " ");
        (void)draw_text(v, line, line.x + 1, line.y, ROLE_WAITING, view_glyph(v, GLYPH_WAITING));
        (void)draw_cut(v, left, line.x + 3, line.y, role,
                       view_printf(v, "%s %s %s", view_safe(v, seq->service), view_version(v, seq),
                                   view_safe(v, seq->stage->name)));
        if (left.w < line.w)
            draw_right(v, line, line.y, ROLE_WAITING, age);
    }
}

void rows_draw(struct view *v, struct rect area)
{
    struct tree *t = &v->tree;
    t->area = area;
    if (area.h <= 0 || area.w <= 0)
        return;
    if (view_is_compact(v)) {
        draw_compact(v, area);
        return;
    }
    if (t->count == 0) {
        draw_empty(v, area);
        return;
    }
    scroll_to_cursor(t, area.h, view_is_split(v) ? (size_t)area.h / 2 : 0);
    const size_t last = t->top + (size_t)area.h < t->count ? t->top + (size_t)area.h : t->count;
    see_columns(v, t->top, last);
    const struct columns c = fit_columns(v, area.w);
    for (size_t i = t->top; i < last; i++)
        draw_row(v, (struct rect){.x = area.x, .y = area.y + (int)(i - t->top), .w = area.w, .h = 1},
                 &t->rows[i], &c, i == t->cursor);
}
