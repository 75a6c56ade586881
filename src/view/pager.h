/* view/pager.h: text that grows at its end, shown in lines: it follows the end until one scrolls. Bounded:
 * the oldest lines go and are counted. The text is raw; lines are made safe when they are drawn. */
#ifndef VIEW_PAGER_H
#define VIEW_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "view/grid.h"
#include "view/keymap.h"

struct view;

#define PAGER_BYTES 1048576
#define PAGER_LINES 10000

/* Start with {0}. */
struct pager {
    struct buffer text;
    size_t lines; /* line ends in text */
    size_t gone;  /* lines that were dropped */
    int scroll;   /* lines from the end; 0 follows */
    int shift;    /* cells that are cut off at the left */
    int height;   /* of the area, as drawn last */
};

void pager_add(struct pager *p, const char *bytes, size_t len);
void pager_draw(struct view *v, struct pager *p, struct rect area);
bool pager_act(struct pager *p, enum action action); /* false: the action moves nothing */
void pager_free(struct pager *p);
/* Moves a place that is counted in lines from the end of a text.
 *   top  a place at or before the first line; drawing cuts it
 *   Returns false: the action moves nothing */
bool scroll_from_end(int *lines, enum action action, int page, int top);

#endif
