/* view/rows.h: draws the tree's rows. */
#ifndef VIEW_ROWS_H
#define VIEW_ROWS_H

#include "view/grid.h"

struct view;
void rows_draw(struct view *v, struct rect area);

#endif
