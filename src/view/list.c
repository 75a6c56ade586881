#include "config.h"

#include "view/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define GAP          2 /* cells between columns */
#define TITLES_LEAST 5 /* lines of the area from which on the columns have titles */
#define DROPPED_MIN  4 /* cells that are left of a column which is never left out */

/* ---- the cursor ---- */

static void take_key(const struct view *v, struct list *l, const struct list_ops *ops)
{
    const struct list_key key = ops->key(v, l->cursor);
    char *text = mem_string(key.text);
    free(l->key_text);
    l->key_text = text;
    l->key_number = key.number;
    l->has_key = true;
}

static bool is_key(const struct list *l, struct list_key key)
{
    if (l->key_number != key.number || (l->key_text == NULL) != (key.text == NULL))
        return false;
    return key.text == NULL || strcmp(l->key_text, key.text) == 0;
}

void list_move_to(const struct view *v, struct list *l, const struct list_ops *ops, size_t row)
{
    if (l->count == 0)
        return;
    l->cursor = row < l->count ? row : l->count - 1;
    take_key(v, l, ops);
}

void list_place(const struct view *v, struct list *l, const struct list_ops *ops, size_t count)
{
    l->count = count;
    if (count == 0) {
        l->cursor = l->top = 0;
        return; /* the key stays: its item may come back */
    }
    if (l->follows) {
        list_move_to(v, l, ops, count - 1);
        return;
    }
    if (l->has_key && l->cursor < count && is_key(l, ops->key(v, l->cursor)))
        return;
    for (size_t i = 0; l->has_key && i < count; i++) {
        if (is_key(l, ops->key(v, i))) {
            l->top = l->top + i > l->cursor ? l->top + i - l->cursor : 0; /* it stays on its line */
            l->cursor = i;
            return;
        }
    }
    list_move_to(v, l, ops, l->cursor);
}

static void move_by(const struct view *v, struct list *l, const struct list_ops *ops, long rows)
{
    const long row = (long)l->cursor + rows;
    list_move_to(v, l, ops, row < 0 ? 0 : (size_t)row);
}

bool list_act(const struct view *v, struct list *l, const struct list_ops *ops, enum action action)
{
    const long page = l->rows.h > 2 ? l->rows.h - 1 : 1;
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        l->follows = false;
        move_by(v, l, ops, action == ACTION_UP ? -1 : 1);
        return true;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        l->follows = false;
        move_by(v, l, ops, action == ACTION_PAGE_UP ? -page : page);
        return true;
    case ACTION_TOP:
        l->follows = false;
        list_move_to(v, l, ops, 0);
        return true;
    case ACTION_BOTTOM:
        list_move_to(v, l, ops, l->count);
        l->follows = ops->grows;
        return true;
    default:
        return false;
    }
}

bool list_click(const struct view *v, struct list *l, const struct list_ops *ops, int y)
{
    const size_t row = l->top + (size_t)(y - l->rows.y);
    if (y < l->rows.y || y >= l->rows.y + l->rows.h || row >= l->count)
        return false;
    l->follows = false;
    list_move_to(v, l, ops, row);
    return true;
}

void list_free(struct list *l)
{
    free(l->key_text);
    *l = (struct list){0};
}

/* ---- columns ---- */

struct fit {
    size_t columns[LIST_COLUMNS_MAX]; /* in the order in which they stand */
    int widths[LIST_COLUMNS_MAX];     /* 0: left out */
    size_t count;
};

static void add_column(const struct view *v, const struct list_ops *ops, struct fit *f, size_t column)
{
    if (f->count < LIST_COLUMNS_MAX && !(ops->columns[column].of_several && v->source_count < 2))
        f->columns[f->count++] = column;
}

static void choose_columns(const struct view *v, const struct list_ops *ops, struct fit *f)
{
    const struct settings_list *wanted = ops->wanted(v->settings);
    for (size_t i = 0; wanted->count == 0 && i < ops->column_count; i++)
        if (!ops->columns[i].on_demand)
            add_column(v, ops, f, i);
    for (size_t w = 0; w < wanted->count; w++)
        for (size_t i = 0; i < ops->column_count; i++)
            if (strcmp(ops->columns[i].name, wanted->items[w]) == 0)
                add_column(v, ops, f, i);
}

static int total_of(const struct fit *f)
{
    int total = 0;
    for (size_t i = 0; i < f->count; i++)
        total += f->widths[i] > 0 ? f->widths[i] + GAP : 0;
    return total - GAP;
}

static void shrink(const struct list_ops *ops, struct fit *f, int room)
{
    for (int rank = 9; rank >= 0; rank--) {
        for (size_t i = f->count; i-- > 0;) {
            const struct list_column *c = &ops->columns[f->columns[i]];
            const int over = total_of(f) - room, least = c->least;
            if (over <= 0)
                return;
            if (c->rank == rank && f->widths[i] > least)
                f->widths[i] = f->widths[i] - over < least ? least : f->widths[i] - over;
        }
    }
}

/* Leaves out the column that gives way first. False: none does. */
static bool leave_out(const struct list_ops *ops, struct fit *f)
{
    for (int rank = 9; rank > 0; rank--) {
        for (size_t i = f->count; i-- > 0;) {
            if (ops->columns[f->columns[i]].rank == rank && f->widths[i] > 0) {
                f->widths[i] = 0;
                return true;
            }
        }
    }
    return false;
}

static void fit_columns(const struct list *l, const struct list_ops *ops, struct fit *f, int room)
{
    for (size_t i = 0; i < f->count; i++)
        f->widths[i] = l->widths[f->columns[i]];
    for (;;) {
        struct fit narrow = *f;
        shrink(ops, &narrow, room);
        if (total_of(&narrow) <= room || !leave_out(ops, f)) {
            *f = narrow;
            break;
        }
    }
    for (size_t i = f->count; i-- > 0 && total_of(f) > room;) /* what is never left out, on the smallest */
        if (f->widths[i] > DROPPED_MIN)
            f->widths[i] = DROPPED_MIN;
}

static void see_width(struct list *l, size_t column, const struct list_column *c, int width)
{
    width = width > c->most ? c->most : width;
    l->widths[column] = width > l->widths[column] ? width : l->widths[column];
}

static void see_widths(struct view *v, struct list *l, const struct list_ops *ops, const struct fit *f,
                       size_t last)
{
    for (size_t i = 0; i < f->count; i++)
        see_width(l, f->columns[i], &ops->columns[f->columns[i]],
                  view_width(ops->columns[f->columns[i]].name));
    for (size_t row = l->top; row < last; row++) {
        for (size_t i = 0; i < f->count; i++) {
            struct list_cell cell = {.text = ""};
            ops->cell(v, row, f->columns[i], &cell);
            see_width(l, f->columns[i], &ops->columns[f->columns[i]], view_width(cell.text));
        }
    }
}

/* ---- drawing ---- */

static void draw_titles(struct view *v, const struct list_ops *ops, const struct fit *f, struct rect line)
{
    int x = line.x + 1 + ops->lead_width;
    for (size_t i = 0; i < f->count; i++) {
        const struct rect cell = {.x = x, .y = line.y, .w = f->widths[i], .h = 1};
        const struct list_column *c = &ops->columns[f->columns[i]];
        if (cell.w == 0)
            continue;
        if (c->at_right && view_width(c->name) <= cell.w)
            draw_right(v, cell, line.y, ROLE_DIM, c->name);
        else
            (void)draw_cut(v, rect_cut(cell, line), x, line.y, ROLE_DIM, c->name);
        x += cell.w + GAP;
    }
}

static void draw_cell(struct view *v, const struct list_column *c, struct rect at, enum role role,
                      const struct list_cell *cell)
{
    if (c->at_right && view_width(cell->text) <= at.w)
        draw_right(v, at, at.y, role, cell->text);
    else
        (void)draw_cut(v, at, at.x, at.y, role,
                       cell->keep_end ? view_cut_left(v, cell->text, at.w) : cell->text);
}

static void draw_row(struct view *v, const struct list_ops *ops, const struct fit *f, struct rect line,
                     size_t row, bool cursor)
{
    const enum role whole = ops->row_role ? ops->row_role(v, row) : ROLE_TEXT;
    const bool waiting = whole == ROLE_WAITING;
    int x = line.x + 1 + ops->lead_width;
    if (whole != ROLE_TEXT)
        grid_fill(&v->grid, line, (int)whole, " ");
    if (ops->lead)
        (void)draw_text(v, line, line.x + 1, line.y, whole, ops->lead(v, row));
    for (size_t i = 0; i < f->count; i++) {
        const struct list_column *c = &ops->columns[f->columns[i]];
        const struct rect at = rect_cut((struct rect){.x = x, .y = line.y, .w = f->widths[i], .h = 1}, line);
        struct list_cell cell = {.text = ""};
        if (f->widths[i] == 0)
            continue;
        ops->cell(v, row, f->columns[i], &cell);
        enum role role = whole != ROLE_TEXT ? whole : cell.role;
        if (cursor && c->primary)
            role = waiting ? ROLE_WAITING_CURSOR : ROLE_CURSOR;
        if (cursor && c->primary)
            grid_fill(&v->grid, at, (int)role, " ");
        draw_cell(v, c, at, role, &cell);
        x += f->widths[i] + GAP;
    }
    if (cursor)
        (void)draw_text(v, line, line.x, line.y, whole, view_glyph(v, GLYPH_CURSOR));
}

static void scroll_to_cursor(struct list *l, int height)
{
    const size_t h = height > 0 ? (size_t)height : 1;
    if (l->cursor < l->top)
        l->top = l->cursor;
    if (l->cursor >= l->top + h)
        l->top = l->cursor - h + 1;
    if (l->top + h > l->count)
        l->top = l->count > h ? l->count - h : 0;
}

void list_draw(struct view *v, struct list *l, const struct list_ops *ops, struct rect area,
               const char *empty)
{
    struct fit f = {0};
    l->rows = area;
    if (area.h <= 0 || area.w <= 0)
        return;
    if (l->seen_w != area.w)
        memset(l->widths, 0, sizeof l->widths);
    l->seen_w = area.w;
    if (l->count == 0) {
        (void)draw_cut(v, area, area.x + (area.w > 2 ? 1 : 0), area.y, ROLE_DIM, empty);
        return;
    }
    const int titles = area.h >= TITLES_LEAST ? 1 : 0;
    l->rows = (struct rect){.x = area.x, .y = area.y + titles, .w = area.w, .h = area.h - titles};
    scroll_to_cursor(l, l->rows.h);
    const size_t h = (size_t)l->rows.h, last = l->top + h < l->count ? l->top + h : l->count;
    choose_columns(v, ops, &f);
    see_widths(v, l, ops, &f, last);
    fit_columns(l, ops, &f, area.w - 2 - ops->lead_width);
    if (titles)
        draw_titles(v, ops, &f, (struct rect){.x = area.x, .y = area.y, .w = area.w, .h = 1});
    for (size_t i = l->top; i < last; i++)
        draw_row(v, ops, &f,
                 (struct rect){.x = area.x, .y = l->rows.y + (int)(i - l->top), .w = area.w, .h = 1}, i,
                 i == l->cursor);
}
