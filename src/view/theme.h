/* view/theme.h: what a role looks like. Screens name roles and glyphs, never colours; themes/NAME.yaml gives
 * each role a form for truecolor, 256, 16, 8 and no colours, and each glyph one for Unicode, a Linux console
 * font, and ASCII. A form that is left out is made from the nearest one that is there. Source: interfaces.md,
 * "Themes". */
#ifndef VIEW_THEME_H
#define VIEW_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"

/* name in the theme file; its form without a theme: colours where there are any, and without any */
#define ROLE_TABLE(X)                                                                                        \
    X(TEXT, "text", "", "")                                                                                  \
    X(DIM, "dim", "", "")                                                                                    \
    X(TITLE, "title", "bold", "bold")                                                                        \
    X(BORDER, "border", "", "")                                                                              \
    X(KEY, "key", "bold", "bold")                                                                            \
    X(CURSOR, "cursor", "bold reverse", "bold reverse")                                                      \
    X(WAITING, "waiting", "white on blue", "reverse")                                                        \
    X(WAITING_CURSOR, "waiting-cursor", "bold white on blue", "bold reverse")                                \
    X(RUNNING, "running", "", "")                                                                            \
    X(QUEUED, "queued", "", "")                                                                              \
    X(PAUSED, "paused", "", "")                                                                              \
    X(SUCCEEDED, "succeeded", "", "")                                                                        \
    X(WARNING, "warning", "bold", "bold")                                                                    \
    X(FAILED, "failed", "bold", "bold")                                                                      \
    X(ABORTED, "aborted", "", "")                                                                            \
    X(NOT_REACHED, "not-reached", "", "")                                                                    \
    X(LIVE, "live", "", "")                                                                                  \
    X(STALE, "stale", "bold reverse", "bold reverse")                                                        \
    X(POLLING, "polling", "", "")                                                                            \
    X(RECONNECTING, "reconnecting", "bold", "bold")                                                          \
    X(OFFLINE, "offline", "bold reverse", "bold reverse")                                                    \
    X(HINT, "hint", "bold", "bold")                                                                          \
    X(NOTICE, "notice", "bold", "bold")                                                                      \
    X(ERROR, "error", "bold reverse", "bold reverse")                                                        \
    X(DANGER, "danger", "bold reverse", "bold reverse")                                                      \
    X(BOX, "box", "", "")                                                                                    \
    X(INPUT, "input", "underline", "underline")                                                              \
    X(LABEL_1, "label-1", "bold", "bold")                                                                    \
    X(LABEL_2, "label-2", "bold", "bold")                                                                    \
    X(LABEL_3, "label-3", "bold", "bold")                                                                    \
    X(LABEL_4, "label-4", "bold", "bold")                                                                    \
    X(LABEL_5, "label-5", "bold", "bold")                                                                    \
    X(LABEL_6, "label-6", "bold", "bold")
#define LABEL_ROLES 6 /* of connections with a colour of their own */

enum role {
#define X(id, name, coloured, plain) ROLE_##id,
    ROLE_TABLE(X)
#undef X
        ROLE_COUNT
};

/* name in the theme file; unicode; console (what the kernel's own font and Debian's of 256 glyphs both have);
 * ascii. The states come first, in the model's order. */
#define GLYPH_TABLE(X)                                                                                       \
    X(WAITING, "waiting", "■", "■", "?")                                                                     \
    X(RUNNING, "running", "▶", "▶", ">")                                                                     \
    X(QUEUED, "queued", "◦", "°", ".")                                                                       \
    X(PAUSED, "paused", "‖", "║", "=")                                                                       \
    X(SUCCEEDED, "succeeded", "✔", "+", "+")                                                                 \
    X(WARNING, "warning", "▲", "▲", "!")                                                                     \
    X(FAILED, "failed", "✖", "×", "x")                                                                       \
    X(TIMED_OUT, "timed-out", "✖", "×", "x")                                                                 \
    X(ABORTED, "aborted", "⊘", "-", "-")                                                                     \
    X(NOT_REACHED, "not-reached", "·", "·", ".")                                                             \
    X(LIVE, "live", "●", "•", "*")                                                                           \
    X(STALE, "stale", "◌", "~", "~")                                                                         \
    X(POLLING, "polling", "↻", "@", "@")                                                                     \
    X(RECONNECTING, "reconnecting", "…", ".", ".")                                                           \
    X(OFFLINE, "offline", "○", "o", "o")                                                                     \
    X(CURSOR, "cursor", "▌", "█", ">")                                                                       \
    X(OPEN, "open", "▾", "▼", "v")                                                                           \
    X(FOLDED, "folded", "▸", ">", ">")                                                                       \
    X(ELLIPSIS, "ellipsis", "…", "~", "~")                                                                   \
    X(ARROW, "arrow", "→", "→", "->")                                                                        \
    X(BACK, "back", "↓", "↓", "<<")                                                                          \
    X(DIFFERS, "differs", "≠", "!=", "!=")                                                                   \
    X(DOT, "dot", "·", "·", "-")                                                                             \
    X(NONE, "none", "–", "-", "-")                                                                           \
    X(HORIZONTAL, "horizontal", "─", "─", "-")                                                               \
    X(VERTICAL, "vertical", "│", "│", "|")                                                                   \
    X(TOP_LEFT, "top-left", "┌", "┌", "+")                                                                   \
    X(TOP_RIGHT, "top-right", "┐", "┐", "+")                                                                 \
    X(BOTTOM_LEFT, "bottom-left", "└", "└", "+")                                                             \
    X(BOTTOM_RIGHT, "bottom-right", "┘", "┘", "+")                                                           \
    X(TEE_DOWN, "tee-down", "┬", "┬", "+")                                                                   \
    X(TEE_UP, "tee-up", "┴", "┴", "+")                                                                       \
    X(FULL_BLOCK, "full-block", "█", "█", "#")                                                               \
    X(UPPER_HALF, "upper-half", "▀", "█", "#")                                                               \
    X(LOWER_HALF, "lower-half", "▄", "█", "#")                                                               \
    X(UP, "up", "↑", "↑", "^")                                                                               \
    X(DOWN, "down", "↓", "↓", "v")

enum glyph {
#define X(id, name, unicode, console, ascii) GLYPH_##id,
    GLYPH_TABLE(X)
#undef X
        GLYPH_COUNT
};

enum theme_depth { THEME_TRUECOLOR, THEME_256, THEME_16, THEME_8, THEME_NO_COLOUR };
#define THEME_DEPTHS 5
enum theme_glyphs { THEME_UNICODE, THEME_CONSOLE, THEME_ASCII };

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_UNDERLINE = 4, STYLE_REVERSE = 8, STYLE_ITALIC = 16 };
#define STYLE_DEFAULT (-1)      /* the terminal's own colour */
#define STYLE_RGB     0x1000000 /* | 0xrrggbb; else an index of the palette */

struct style {
    int32_t fg, bg;
    unsigned attributes;
};

struct theme {
    struct style styles[ROLE_COUNT];
    const char *glyphs[GLYPH_COUNT];
    char *own_glyphs[GLYPH_COUNT]; /* those that the file brought */
    int32_t background;            /* what the colours are made for; STYLE_DEFAULT: for any */
};

/* The look without a file: plain, with waiting on blue. */
void theme_set_defaults(struct theme *t, enum theme_depth depth, enum theme_glyphs glyphs);

/* Reads NAME.yaml from $XDG_CONFIG_HOME/drawbridge/themes, data_directory/themes (may be NULL), or the
 * installed data directory. A theme that paints its background gives it to every role without one.
 *   t        must hold defaults; what the file does not name stays; on an error it is as it was
 *   Returns  STATUS_OK; STATUS_NOT_FOUND: where it was looked for; STATUS_INVALID: file, line, column and
 *            reason */
MUST_CHECK enum status theme_load(struct theme *t, const char *name, const char *data_directory,
                                  enum theme_depth depth, enum theme_glyphs glyphs, struct error *err);
/* The same from text; name stands in errors. */
MUST_CHECK enum status theme_parse(struct theme *t, const char *text, size_t len, const char *name,
                                   enum theme_depth depth, enum theme_glyphs glyphs, struct error *err);
void theme_free(struct theme *t);
/* Each theme that theme_load would find, by name and file; those of the user come first. */
typedef void theme_fn(void *arg, const char *name, const char *path);
void theme_each(const char *data_directory, theme_fn *each, void *arg);
/* A colour of the settings ("red", "bright-blue", "208", "#ff8700"), as near as this depth comes to it.
 * False: it is none. */
bool theme_parse_colour(const char *text, enum theme_depth depth, int32_t *colour);

enum role theme_state_role(enum model_state state);
enum glyph theme_state_glyph(enum model_state state);

#endif
