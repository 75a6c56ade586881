/* tests/view/frame.h: what holds of every frame, whatever is on it: panes keep their borders, and no cell has
 * what one cannot see. And texts that try to break it. */
#ifndef TESTS_FRAME_H
#define TESTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "support/pty.h"

extern const char *const hostile_texts[]; /* UTF-8, NULL-terminated */

/* NULL: all holds; else what does not, in static memory. */
const char *frame_fault(struct pty *p);
/* Is this cell drawn as what waits is: on the theme's blue? */
bool frame_is_blue(struct pty *p, int row, int column);

#endif
