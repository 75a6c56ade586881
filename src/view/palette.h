/* view/palette.h: colours between terminals: what a colour of the palette looks like, and which of 256, 16 or
 * 8 comes nearest to another. Pure. */
#ifndef VIEW_PALETTE_H
#define VIEW_PALETTE_H

#include <stdint.h>

/* What xterm shows for a colour of its palette, 0xrrggbb. The first 16 are set by most users to their taste.
 */
uint32_t palette_rgb(int index);

/* The colour of a palette of 256, 16 or 8 colours that comes nearest to 0xrrggbb. Of 256, the first 16 are
 * never taken; of fewer it is the hue that counts. -1: a middle grey, which 8 colours do not have. */
int palette_nearest(uint32_t rgb, int count);

#endif
