/* view/keymap.h: which key does what. Screens know actions, never keys; the settings may bind others. One row
 * of the table is one action: its name in the settings, its keys, its word for the key line and its sentence
 * for the help. Source: interfaces.md, "Keys". */
#ifndef VIEW_KEYMAP_H
#define VIEW_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "settings/settings.h"
#include "view/input.h"

enum {                     /* of an action */
       ACTION_CHANGES = 1, /* leads to a change on the server: not offered where nothing can be changed */
       ACTION_FIXED = 2,   /* its keys stay, whatever the settings say: the way back is always there */
};

/* name; default keys, blanks between them; word for the key line; sentence for the help; flags */
#define ACTION_TABLE(X)                                                                                      \
    X(UP, "up", "Up k", "up", "one row up", 0)                                                               \
    X(DOWN, "down", "Down j", "down", "one row down", 0)                                                     \
    X(LEFT, "left", "Left h", "fold", "fold; to what is around it", 0)                                       \
    X(RIGHT, "right", "Right l", "unfold", "unfold; into it", 0)                                             \
    X(PAGE_UP, "page-up", "PgUp", "page up", "a page up", 0)                                                 \
    X(PAGE_DOWN, "page-down", "PgDn", "page down", "a page down", 0)                                         \
    X(TOP, "top", "Home g", "top", "to the first row", 0)                                                    \
    X(BOTTOM, "bottom", "End G", "end", "to the last row; follows what grows", 0)                            \
    X(PANE, "pane", "Tab BackTab", "other pane", "to the other pane, where there are two", 0)                \
    X(OPEN, "open", "Enter", "open", "open; on a stage: go to its oldest waiting sequence", 0)               \
    X(BACK, "back", "Esc Ctrl-C", "back", "back, close", ACTION_FIXED)                                       \
    X(QUIT, "quit", "q", "back", "back; in the tree leaves, after a second time", 0)                         \
    X(NEXT_WAITING, "next-waiting", "n", "next waiting", "next waiting sequence", 0)                         \
    X(PREVIOUS_WAITING, "previous-waiting", "N", "previous waiting", "previous waiting sequence", 0)         \
    X(APPROVE, "approve", "a ✅", "approve", "approve: a box says what, Enter confirms it there",             \
      ACTION_CHANGES)                                                                                        \
    X(DECLINE, "decline", "D ❌", "decline", "decline, likewise", ACTION_CHANGES)                             \
    X(PAUSE, "pause", "P", "pause", "pause or resume the run; with a box", ACTION_CHANGES)                   \
    X(ABORT, "abort", "X", "abort", "abort the run; with a box", ACTION_CHANGES)                             \
    X(UNDO, "undo", "u", "undo", "take a decision back while it can be undone", ACTION_CHANGES)              \
    X(MARK, "mark", "Space", "mark", "mark for deciding several at once; in events: hold the list", 0)       \
    X(DIFFERENCE, "difference", "d", "difference", "what was delivered against what would be", 0)            \
    X(JOB_LOG, "job-log", "L", "job log", "output of the task's job", 0)                                     \
    X(RAW_EVENT, "raw-event", "e", "raw event", "the events of the run as they came", 0)                     \
    X(FILTER, "filter", "/", "filter", "show only what fits: words, stage:, state:, age>10m, !", 0)          \
    X(COMMAND, "command", ":", "command", "any command of drawbridge, its output in a pane", 0)              \
    X(HELP, "help", "? F1", "help", "the keys of this screen; F1 also where text is typed", 0)               \
    X(SCREEN_TREE, "screen-tree", "1", "tree", "the tree", 0)                                                \
    X(SCREEN_WAITING, "screen-waiting", "2", "waiting", "all that waits, oldest first", 0)                   \
    X(SCREEN_EVENTS, "screen-events", "3", "events", "the stream as it comes", 0)                            \
    X(SCREEN_WALL, "screen-wall", "4", "wall", "for a screen on a wall", 0)                                  \
    X(SCREEN_DECIDED, "screen-decided", "5", "decided", "everybody's decisions, newest first", 0)            \
    X(COPY, "copy", "y", "copy id", "copy the id, where the settings allow it", 0)                           \
    X(LINKS, "links", "o", "links", "links of the run, to copy", 0)                                          \
    X(RELOAD, "reload", "r", "reload", "ask the server for everything again", 0)                             \
    X(REDRAW, "redraw", "Ctrl-L", "redraw", "draw the screen anew", ACTION_FIXED)                            \
    X(SUSPEND, "suspend", "Ctrl-Z", "suspend", "to the shell; fg comes back", 0)

enum action {
    ACTION_NONE,
#define X(id, name, keys, word, text, flags) ACTION_##id,
    ACTION_TABLE(X)
#undef X
        ACTION_COUNT
};

const char *action_name(enum action action); /* "next-waiting" */
const char *action_word(enum action action); /* for the key line */
const char *action_text(enum action action); /* a sentence for the help */
unsigned action_flags(enum action action);
enum action action_find(const char *name); /* ACTION_NONE: there is none */

struct keymap;

struct keymap *keymap_new(void); /* the defaults */
void keymap_free(struct keymap *map);
/* Gives the action these keys and no others, and takes them from whatever had them.
 *   keys  names as in the table: one character, Up, PgDn, Enter, Space, Ctrl-X, …
 *   Returns STATUS_INVALID: a name is none, or the action's or the key's binding is fixed */
MUST_CHECK enum status keymap_bind(struct keymap *map, enum action action, const char *const *keys,
                                   size_t count, struct error *err);
/* The defaults with the keys of the settings over them. *out is the caller's; NULL after an error.
 *   Returns STATUS_INVALID with the place: no such action or key, a fixed one, a key for two actions */
MUST_CHECK enum status keymap_from_settings(const struct settings *s, struct keymap **out, struct error *err);
/* What this key does; ACTION_NONE: nothing. */
enum action keymap_find(const struct keymap *map, const struct input_event *ev);
/* The i-th key of an action, as a person reads it; NULL: it has no more. Valid as long as the map. */
const char *keymap_key(const struct keymap *map, enum action action, size_t i);

#endif
