/* view/paint.h: from what a terminal shows to what it shall show, as bytes. paint.c alone includes ncurses,
 * which draws into memory here: it takes over no terminal, waits for none, and sets no signals. */
#ifndef VIEW_PAINT_H
#define VIEW_PAINT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "view/grid.h"
#include "view/theme.h"

/* What a terminal can do, from its description. Texts are without padding; NULL: it cannot. */
struct paint_caps {
    char *name;          /* TERM */
    int colours;         /* 0: none */
    bool direct;         /* the description says that colours are red, green and blue */
    bool ansi;           /* cursor and colours by ECMA-48's sequences: further ones do no harm */
    bool takes_titles;   /* and other OSC sequences; elsewhere they would be printed */
    bool mouse;          /* it can report the mouse; its focus, too, or it ignores being asked to */
    bool asks_position;  /* it answers ESC [ 6 n */
    char *enter, *leave; /* of the other screen */
    char *reset, *plain_colours, *clear, *show_cursor;
    bool has_region; /* ESC [ r is known */
};

struct paint;

/* Reads the description of a terminal type. STATUS_INVALID with a sentence for a person where there is none,
 * or where it cannot move the cursor. One at a time in a process. */
MUST_CHECK enum status paint_new(const char *term, struct paint **out, struct error *err);
void paint_free(struct paint *p); /* NULL is fine */
const struct paint_caps *paint_caps(const struct paint *p);

/* Once in a process, since ncurses remembers descriptions; before all that follows. depth: how many colours
 * are to be used, whatever the description says. Returns STATUS_INVALID or STATUS_FAILED where it cannot
 * begin. */
MUST_CHECK enum status paint_start(struct paint *p, enum theme_depth depth, struct error *err);
/* The look of each role; any time, the next frame is drawn from scratch. */
void paint_set_styles(struct paint *p, const struct style styles[ROLE_COUNT]);
void paint_resize(struct paint *p, int w, int h); /* of the terminal; likewise */
void paint_forget(struct paint *p); /* nobody knows what the terminal shows: the next frame clears it first */
bool paint_is_forgotten(const struct paint *p);

/* Appends what turns the last frame into this one. A terminal that is larger than the grid stays blank beyond
 * it.
 *   cursor_x  -1: the cursor is hidden
 *   Returns   false: nothing has changed, nothing was appended
 *   Cost      one hash a row, plus the rows that changed */
bool paint_frame(struct paint *p, const struct grid *g, int cursor_x, int cursor_y, struct buffer *out);

#endif
