/* view/osc.h: what a terminal can do besides cells: title, notifications, the clipboard. As bytes, sanitised;
 * inside tmux and screen in an envelope that these pass on to the terminal around them. Pure. Source: xterm's
 * ctlseqs, "Operating System Commands"; tmux(1), allow-passthrough; screen(1), "Control Sequences". */
#ifndef VIEW_OSC_H
#define VIEW_OSC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum osc_envelope { OSC_DIRECT, OSC_TMUX, OSC_SCREEN };

#define OSC_TEXT_MAX 256   /* bytes of a title or notification; what is longer is cut */
#define OSC_COPY_MAX 65536 /* bytes for the clipboard; more is refused */

/* By TMUX, STY and TERM as they are in the environment. */
enum osc_envelope osc_envelope(const char *tmux, const char *sty, const char *term);

/* raw texts come from anywhere. ascii: nothing else may be sent. */
void osc_title(struct buffer *out, const char *raw, bool ascii); /* needs no envelope: both know titles */
void osc_notify_9(struct buffer *out, enum osc_envelope in, const char *raw, bool ascii);
void osc_notify_777(struct buffer *out, enum osc_envelope in, const char *raw, bool ascii);
/* To the clipboard. False: too long, nothing was appended. */
bool osc_copy(struct buffer *out, enum osc_envelope in, const char *bytes, size_t len);

#endif
