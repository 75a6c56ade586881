/* view/input.h: what the bytes of keyboard and mouse mean. UTF-8, escape sequences, bracketed paste, the
 * mouse and position reports, decoded without a terminal and without a clock of its own; however the bytes
 * are cut, the outcome is the same. Source: interfaces.md, "Keys"; xterm's ctlseqs, "Mouse Tracking". */
#ifndef VIEW_INPUT_H
#define VIEW_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum input_kind {
    INPUT_CHAR, /* ch: a printable code point */
    INPUT_UP,
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_HOME,
    INPUT_END,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_DELETE,
    INPUT_F1,
    INPUT_ENTER,
    INPUT_ESC,
    INPUT_TAB,
    INPUT_BACKTAB,
    INPUT_BACKSPACE,
    INPUT_CTRL,    /* ch: the letter, 'C' for Ctrl-C */
    INPUT_APPROVE, /* the check mark: U+2705, U+2714, U+2611 */
    INPUT_DECLINE, /* the cross mark: U+274C */
    INPUT_PASTE,   /* text, len: what was pasted, raw and cut at INPUT_PASTE_MAX */
    INPUT_REPORT,  /* row, column: the terminal's answer to a position report request */
    INPUT_STATUS,  /* its answer to a status request: it is there */
    INPUT_MOUSE,   /* mouse, row, column; confirms nothing, whatever it points at */
    INPUT_FOCUS_IN,
    INPUT_FOCUS_OUT
};

enum input_mouse {
    INPUT_MOUSE_PRESS,  /* of the left button */
    INPUT_MOUSE_DOUBLE, /* the second press in the same cell within INPUT_DOUBLE_MS; the first came as a press
                         */
    INPUT_MOUSE_MIDDLE, /* press of another button */
    INPUT_MOUSE_RIGHT,
    INPUT_MOUSE_RELEASE, /* of any */
    INPUT_MOUSE_WHEEL_UP,
    INPUT_MOUSE_WHEEL_DOWN
};

struct input_event {
    enum input_kind kind;
    enum input_mouse mouse;
    uint32_t ch;
    int row, column;  /* from 1, as the terminal tells them */
    const char *text; /* borrowed for the call, NUL-terminated */
    size_t len;
};
typedef void (*input_fn)(void *arg, const struct input_event *ev);

#define INPUT_PASTE_MAX 4096 /* bytes */
#define INPUT_ESCAPE_MS 250  /* an escape sequence that has not gone on for so long is over */
#define INPUT_LATE_MS                                                                                        \
    1000 /* what looks like the rest of one that was over is still no command for so long                    \
          */
#define INPUT_DOUBLE_MS    400
#define INPUT_PASTE_END_MS 5000 /* a paste that has been silent for so long ends with Esc or Ctrl-C */

enum input_state {
    INPUT_GROUND,
    INPUT_ESCAPE, /* ESC */
    INPUT_CSI,    /* ESC [ … */
    INPUT_X10,    /* ESC [ M and three bytes: the mouse of terminals that know nothing newer */
    INPUT_SS3,    /* ESC O */
    INPUT_STRING, /* OSC, DCS, APC, PM, SOS up to BEL or ST */
    INPUT_ALT,    /* the rest of a character after ESC */
    INPUT_PASTED
};

/* Start with {0}. */
struct input {
    enum input_state state;
    bool dropped;          /* the sequence is unknown, too long or came too late: it means nothing */
    int64_t byte_ms;       /* when the last byte came */
    int64_t late_until_ms; /* '[' or 'O' until then begins the rest of a sequence whose ESC was taken for the
                              key */
    char pending[64];      /* bytes of an unfinished sequence or character */
    size_t pending_len;
    int64_t click_ms; /* when the left button was pressed last, and where; 0: not, or it was a second one */
    int click_row, click_column;
    struct buffer paste;
    size_t paste_match; /* bytes of the end mark ESC[201~ that have been seen */
};

void input_free(struct input *in);

/* Takes bytes as they come. Calls back for each event, before it returns.
 *   now_ms  any clock that never goes back */
void input_feed(struct input *in, const char *bytes, size_t len, int64_t now_ms, input_fn on_event,
                void *arg);
/* To be called when input_deadline_ms has come: a lone ESC is the key Esc then. */
void input_tick(struct input *in, int64_t now_ms, input_fn on_event, void *arg);
int64_t input_deadline_ms(const struct input *in); /* -1: none */

#endif
