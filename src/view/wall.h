/* view/wall.h: what the files of the wall share: sections that are cut from one area, from the top. */
#ifndef VIEW_WALL_H
#define VIEW_WALL_H

#include "view/bigtype.h"
#include "view/internal.h"

#define BIG_MIN_WIDTH 40 /* cells; what is narrower has no room for large letters */

/* After so long the terminal is taken and drawn anew: something else may have written on it, or reset it; and
 * without a key, a wall is a wall again. Tests wait less. */
extern int64_t wall_redraw_ms, wall_idle_ms;

struct rect wall_take_rows(struct rect *left, int rows); /* at most what is left */
struct big_ink wall_ink(const struct view *v);
bool wall_shows(const struct view *v, const struct model_project *project);
bool wall_hides(const struct view *v, const char *what);                    /* users, labels, comments */
const char *wall_version(struct view *v, const struct model_sequence *seq); /* "": none that may be told */

/* ---- wallparts.c. Each is drawn into the whole area that it gets ---- */
void wall_draw_oldest(struct view *v, struct rect area);
int wall_failed_rows(struct view *v, int most); /* that it would like */
void wall_draw_failed(struct view *v, struct rect area);
int wall_strip_rows(struct view *v, int width); /* for all stages on one page */
void wall_draw_strip(struct view *v, struct rect area);

#endif
