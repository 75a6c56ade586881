/* view/prompt.h: one line that is typed into: the filter's, the command line's. What it holds has passed the
 * sanitiser and is shown as it is; Enter in it ends the line and nothing else. Knows no screen: it calls
 * back. Source: the keys of readline that every hand knows. */
#ifndef VIEW_PROMPT_H
#define VIEW_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "view/input.h"

#define PROMPT_TEXT_MAX    1000 /* bytes of a line */
#define PROMPT_HISTORY_MAX 100  /* lines; the oldest goes */

struct prompt;

/* Each function may be NULL. They may open the prompt anew, change its text and set its note. */
struct prompt_ops {
    const char *sign;                               /* stands in front: "/" */
    void (*on_change)(void *arg, struct prompt *p); /* the text has become another; not for prompt_set_text */
    /* It is closed; the text stays until the next prompt_open. kept: by Enter; else it was given up. */
    void (*on_done)(void *arg, struct prompt *p, bool kept);
    void (*on_tab)(void *arg, struct prompt *p, bool back); /* completes: prompt_set_text, prompt_note */
};

/* Lines that were kept, oldest first; two alike do not follow each other. Start with {0}. */
struct prompt_history {
    char *lines[PROMPT_HISTORY_MAX];
    size_t count;
};

/* Start with {0}: closed. */
struct prompt {
    const struct prompt_ops *ops; /* NULL: closed */
    void *arg;
    bool ascii; /* the locale has no UTF-8 */
    struct buffer text;
    size_t cursor;                  /* in bytes, between two graphemes */
    struct prompt_history *history; /* NULL: none */
    size_t at;                      /* line of the history that is shown; its count: the line typed here */
    char *draft;                    /* what was typed before the history was looked into */
    char *note;                     /* what is to be said about the text, until it changes; NULL: nothing */
    bool note_is_error;
    int cursor_x, cursor_y; /* on the terminal, as drawn last */
};

/* Opens it with a text (NULL: ""), the cursor behind it. history is borrowed as long as it is open. */
void prompt_open(struct prompt *p, const struct prompt_ops *ops, void *arg, struct prompt_history *history,
                 const char *text);
void prompt_close(struct prompt *p); /* calls nothing back */
void prompt_free(struct prompt *p);

/* One key, whatever it is. Esc and Ctrl-C give up, Enter keeps; a paste is text, line ends in it are blanks.
 */
void prompt_key(struct prompt *p, const struct input_event *ev);

const char *prompt_text(const struct prompt *p);
/* Sets text (sanitised here) and cursor (bytes; too large: the end). */
void prompt_set_text(struct prompt *p, const char *text, size_t cursor);
void prompt_note(struct prompt *p, bool is_error, const char *text); /* NULL: none; copied */

void history_add(struct prompt_history *h, const char *line); /* an empty one is left out */
void history_free(struct prompt_history *h);

#endif
