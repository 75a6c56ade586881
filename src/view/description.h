/* view/description.h: the terminal's description in terminfo as we draw by it: made from the one that $TERM
 * names, without what terminals do not keep, and with 16 million colours where the terminal has them and the
 * description does not. It lives in memory only. */
#ifndef VIEW_DESCRIPTION_H
#define VIEW_DESCRIPTION_H

#include <stdbool.h>

#include "base/buffer.h"

/* Below this number a colour is one of the palette; from it on, 0xrrggbb. Of the few dark blues that lie
 * below it, the nearest above is meant: DESCRIPTION_RGB gives the number. */
#define DESCRIPTION_PALETTE  256
#define DESCRIPTION_RGB(rgb) ((rgb) < DESCRIPTION_PALETTE ? (rgb) + DESCRIPTION_PALETTE : (rgb))

/* Appends the compiled form, as "hex:…", which ncurses takes in TERMINFO. The terminal's own description must
 * be the current one (setupterm). name    what newterm will be asked for ansi    attributes are ECMA-48's
 *   Source  term(5), "Storage format", 32-bit numbers; ncurses(3), TERMINFO */
void description_compile(const char *name, bool ansi, bool truecolor, struct buffer *out);

#endif
