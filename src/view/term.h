/* view/term.h: the process's own terminal. The only file that includes ncurses is term.c; the others see
 * cells, roles and bytes. */
#ifndef VIEW_TERM_H
#define VIEW_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "view/grid.h"
#include "view/theme.h"

struct terminal;

/* Takes over standard input and output. STATUS_INVALID with a sentence where they are no terminal, or one
 * that cannot move its cursor. Handlers of signals are left as they are: the loop has its own. */
MUST_CHECK enum status term_open(struct terminal **out, struct error *err);
void term_close(struct terminal *t); /* restores the terminal; NULL is fine */
void term_emergency_restore(void);   /* for fatal signals: only writes and sets the terminal's modes */

enum theme_depth term_depth(const struct terminal *t);   /* of the terminal; NO_COLOR counts */
enum theme_glyphs term_glyphs(const struct terminal *t); /* by locale and TERM */
void term_set_styles(struct terminal *t, const struct style styles[ROLE_COUNT]);

void term_size(const struct terminal *t, int *w, int *h);
/* Takes over a new size of the window. False: it is the same. All is drawn anew with the next term_present.
 */
bool term_resize(struct terminal *t);
void term_redraw(struct terminal *t); /* the next term_present clears the screen first */

/* Carries a frame to the terminal: rows that are as before are not touched; nothing new writes nothing.
 *   cursor_x  -1: the cursor is hidden
 *   Cost      one hash a row, plus the rows that changed */
void term_present(struct terminal *t, const struct grid *g, int cursor_x, int cursor_y);
bool term_can_write(const struct terminal *t); /* false: its backlog is full, drawing would block */

/* Asks for a position report, after all that was drawn. False: this terminal has no such request. */
bool term_ask_position(struct terminal *t);

/* Reads what is there. Returns the bytes read, 0: nothing (yet), -1: the terminal is gone. */
int term_read(struct terminal *t, char *bytes, size_t size);
int term_input_fd(const struct terminal *t); /* to wait on for input */

#endif
