/* view/list.h: what all screens with lists share: one driver scrolls, keeps the cursor on an item whatever
 * the rows around it do, fits columns and draws. A screen says what its rows are by a table of functions. */
#ifndef VIEW_LIST_H
#define VIEW_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/settings.h"
#include "view/grid.h"
#include "view/keymap.h"
#include "view/theme.h"

struct view;

#define LIST_COLUMNS_MAX 12

struct list_column {
    const char *name; /* in the settings, and above the column */
    int least, most;  /* cells; where there are not even the least it is left out */
    int rank;         /* the highest gives way first, of several the one at the right; 0: is never left out */
    bool primary;     /* the cursor is seen on it */
    bool at_right;    /* its text stands at its right */
    bool of_several;  /* only there where several connections are shown */
    bool on_demand;   /* only there where the settings name it */
};

/* Which item a row is: a number, a text, or both. */
struct list_key {
    uint64_t number;
    const char *text; /* NULL: the number alone */
};

struct list_cell {
    const char *text; /* safe */
    enum role role;
    bool keep_end; /* where it is cut its end stays */
};

struct list_ops {
    const struct list_column *columns;
    size_t column_count;
    const struct settings_list *(*wanted)(const struct settings *s); /* columns by name; empty: as above */
    struct list_key (*key)(const struct view *v, size_t row);
    void (*cell)(struct view *v, size_t row, size_t column, struct list_cell *out);
    enum role (*row_role)(const struct view *v, size_t row); /* of the whole row; NULL: each cell's own */
    const char *(*lead)(struct view *v, size_t row);         /* in front of the columns; NULL: nothing */
    int lead_width;
    bool grows; /* at its end: once there, the cursor follows */
};

/* Start with {0}. */
struct list {
    size_t count; /* rows, as the screen has made them */
    size_t cursor, top;
    bool has_key;
    uint64_t key_number; /* of the row under the cursor */
    char *key_text;
    bool follows;                         /* the cursor stays at the end, which grows */
    int widths[LIST_COLUMNS_MAX], seen_w; /* widest seen at this width of the area, so that nothing jumps */
    struct rect rows;                     /* where they were drawn last */
};

/* After the rows were made anew: the cursor goes where its item is now; where that is gone, it stays where it
 * was. */
void list_place(const struct view *v, struct list *l, const struct list_ops *ops, size_t count);
void list_move_to(const struct view *v, struct list *l, const struct list_ops *ops, size_t row);
/* Does what moves the cursor. False: the action is another. */
bool list_act(const struct view *v, struct list *l, const struct list_ops *ops, enum action action);
/* The row drawn at this line of the terminal becomes the cursor's. False: there is none. */
bool list_click(const struct view *v, struct list *l, const struct list_ops *ops, int y);
/* Titles, where there is room, and rows. empty: one line that stands there in place of no rows. */
void list_draw(struct view *v, struct list *l, const struct list_ops *ops, struct rect area,
               const char *empty);
void list_free(struct list *l);

#endif
