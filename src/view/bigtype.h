/* view/bigtype.h: letters that can be read from across a room, each made of many cells. ASCII only. Pure. */
#ifndef VIEW_BIGTYPE_H
#define VIEW_BIGTYPE_H

#include <stdbool.h>

#include "view/grid.h"

enum big_font { BIG_LARGE /* 5 by 7 pixels a letter */, BIG_SMALL /* 4 by 6 */ };
struct big_type {
    enum big_font font;
    int scale; /* cells across of a pixel */
};
/* What pixels are made of. Glyphs of one cell each. */
struct big_ink {
    const char *full, *upper, *lower;
    bool halves; /* a cell shows two pixels, one above the other, which makes them about square */
};

int big_width(struct big_type type, const char *text); /* cells; -1: it has a character that is not ASCII */
int big_height(struct big_type type, bool halves);     /* cells */
int big_baseline(struct big_type type, bool halves);   /* cells of it above the line */
/* The largest type that fits into w by h cells. False: none does. */
bool big_choose(const char *text, int w, int h, bool halves, struct big_type *out);
/* At the clip's top left, cut at its right; it must be as high as the type. Cells between are left alone. */
void big_draw(struct grid *g, struct rect clip, int role, const struct big_ink *ink, struct big_type type,
              const char *text);

#endif
