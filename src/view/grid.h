/* view/grid.h: the picture of one frame: cells of text and a role each. Screens draw into it, term.c carries
 * it to the terminal. Pure. */
#ifndef VIEW_GRID_H
#define VIEW_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct rect {
    int x, y, w, h;
};

/* glyph is a code point, or GRID_CLUSTER + the offset of a NUL-terminated text in the grid's clusters. A wide
 * character stands in its left cell (width 2); the cell right of it has width 0. */
#define GRID_CLUSTER UINT32_C(0x80000000)
struct cell {
    uint32_t glyph;
    uint8_t role;
    uint8_t width;
};

struct grid {
    int w, h;
    bool ascii; /* the locale has no UTF-8: nothing but ASCII reaches a cell */
    struct cell *cells;
    struct buffer clusters;
};

#define GRID_SIZE_MAX 2000 /* cells in a row, rows; a larger terminal is used in part */

void grid_resize(struct grid *g, int w, int h); /* and clears; sizes are put between 1 and GRID_SIZE_MAX */
void grid_clear(struct grid *g, int role);
void grid_free(struct grid *g);

/* Writes sanitised text at x, y, cut at the clip (which is cut at the grid). A wide character that the clip
 * cuts in two becomes a blank, and one whose width the C library sees differently than we do becomes U+FFFD,
 * so that columns hold on every terminal. Returns the cells that the text takes, seen or not. */
int grid_text(struct grid *g, struct rect clip, int x, int y, int role, const char *text);
void grid_fill(struct grid *g, struct rect area, int role,
               const char *glyph);                           /* one-cell glyph; " " clears */
void grid_paint(struct grid *g, struct rect area, int role); /* keeps the text */

struct rect rect_cut(struct rect a, struct rect b); /* what both have; w or h may be 0, never negative */
const struct cell *grid_cell(const struct grid *g, int x, int y);
/* The cell's text as UTF-8, NUL-terminated; "" for the right half of a wide character. Returns its bytes. */
size_t grid_cell_text(const struct grid *g, const struct cell *c, char out[64]);
uint64_t grid_row_hash(const struct grid *g, int y, bool with_roles);

/* Of the terminal, of which a process has one: whether it gives characters of ambiguous width two cells.
 * ncurses cannot: such a character is then drawn as '?' and a blank, so that columns hold. */
void grid_use_wide_ambiguous(bool wide);
bool grid_wide_ambiguous(void);

#endif
