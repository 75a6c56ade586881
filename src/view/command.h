/* view/command.h: the command line (:) and the pane with a command's output. Words that act on the dashboard
 * itself are done here; all others are commands of the program and go out through view_ports. What decides on
 * a run never runs as a command: it opens the same box as the keys do. */
#ifndef VIEW_COMMAND_H
#define VIEW_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/pager.h"
#include "view/prompt.h"

struct view;

/* Words that fit where the Tab key was typed. */
struct completion {
    char *text;        /* the line with the last of them put in; Tab on this very line takes the next */
    char *head, *tail; /* what stands around the word */
    char **words;
    size_t count, capacity;
    size_t chosen; /* which of them stands in the line; past count: none yet */
};

/* Start with {0}. */
struct command {
    struct prompt_history history;
    struct completion completion;
    char *asked;      /* a line that changes something, and waits for a second Enter */
    int64_t asked_ms; /* when the last Enter came that did not count */
};

struct output {
    uint64_t ticket; /* of the command that runs or ran last; 0: none */
    char *title;
    struct pager pager;
    int64_t started_ms;
    bool running, failed;
    bool touched; /* somebody has scrolled */
    char *how;    /* how it ended */
};

void command_open(struct view *v, const char *text); /* the prompt, with this text in it */
void command_free(struct view *v);

/* Begins a command whose output the pane shows. title: what stands above it. */
void output_run(struct view *v, const char *const *words, size_t count, const char *title);
/* Ends the command that runs, if one does. Called when the pane is left. */
void output_stop(struct view *v);
void output_free(struct output *o);

/* ---- complete.c ---- */
void complete_tab(void *view, struct prompt *p, bool back);
void completion_forget(struct completion *c);

/* ---- words of the dashboard itself ---- */
struct builtin {
    const char *name;
    bool (*run)(struct view *v, char **words, size_t count); /* false: after all, a command of the program */
    int word; /* enum view_word of its argument; -1: takes none that could be completed */
    const char *text;
};
extern const struct builtin builtins[]; /* ends with name NULL */

#endif
