/* view/term.h: the process's own terminal: taking it over and giving it back, frames, bytes typed, and what a
 * terminal can do besides. Nothing here waits for a terminal that is slow; what it has not taken yet is kept,
 * at most one frame of it. */
#ifndef VIEW_TERM_H
#define VIEW_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "view/grid.h"
#include "view/theme.h"

struct terminal;

/* Takes over standard input and output. STATUS_INVALID with a sentence where they are no terminal, or one
 * that cannot move its cursor. Handlers of signals are left as they are: the loop has its own. */
MUST_CHECK enum status term_open(struct terminal **out, struct error *err);
void term_close(struct terminal *t); /* restores the terminal; NULL is fine */
void term_emergency_restore(void);   /* for fatal signals: only writes and sets the terminal's modes */

/* Gives the terminal back, stops the process (SIGTSTP) and takes the terminal over again when it goes on. */
void term_suspend(struct terminal *t);
/* Takes over again after somebody else stopped the process (SIGCONT has come). */
void term_resume(struct terminal *t);

/* Sets the modes and enters the screen again, which something else may have reset; the next term_present
 * draws everything. */
void term_retake(struct terminal *t);

enum theme_depth term_depth(const struct terminal *t);   /* by TERM, COLORTERM and NO_COLOR */
enum theme_glyphs term_glyphs(const struct terminal *t); /* by locale and TERM */
void term_set_styles(struct terminal *t, const struct style styles[ROLE_COUNT]); /* also while it runs */

/* Reports of the mouse, and of the window's focus, where the terminal has them. Off at first. */
void term_set_mouse(struct terminal *t, bool on);
void term_set_focus(struct terminal *t, bool on);

void term_size(const struct terminal *t, int *w, int *h);
/* Takes over a new size of the window. False: it is the same. All is drawn anew with the next term_present.
 */
bool term_resize(struct terminal *t);
void term_redraw(struct terminal *t); /* the next term_present clears the screen first */

/* Carries a frame to the terminal: cells that are as before are not touched; nothing new writes nothing.
 *   cursor_x  -1: the cursor is hidden
 *   Cost      a look at each cell, plus the cells that changed */
void term_present(struct terminal *t, const struct grid *g, int cursor_x, int cursor_y);
/* False: the terminal is behind. A frame that is presented all the same is drawn later, after what was
 * before; better wait, and present the newest. */
bool term_can_write(struct terminal *t);
int64_t term_caught_up_ms(const struct terminal *t); /* clock_monotonic when it last did; -1: it is behind */

/* Asks for a position report, after all that was drawn. False: this terminal has no such request. */
bool term_ask_position(struct terminal *t);
/* To be told of each INPUT_REPORT (status false) and INPUT_STATUS (true). */
void term_take_answer(struct terminal *t, bool status);

/* ---- besides cells; nothing is written where a terminal would print it ---- */
enum { TERM_NOTIFY_OSC9 = 1, TERM_NOTIFY_OSC777 = 2 };
void term_bell(struct terminal *t);
void term_notify(struct terminal *t, unsigned kinds, const char *raw);
/* The former title comes back with term_close, where the terminal keeps it. */
void term_title(struct terminal *t, const char *raw);
bool term_copy(struct terminal *t, const char *bytes, size_t len); /* OSC 52; false: it cannot, or too long */

/* Reads what is there, and writes what is left. Returns the bytes read, 0: nothing (yet), -1: the terminal is
 * gone. */
int term_read(struct terminal *t, char *bytes, size_t size);
int term_input_fd(const struct terminal *t); /* to wait on until term_read has something to do */

#endif
