/* view/difference.h: what was delivered against what would be. */
#ifndef VIEW_DIFFERENCE_H
#define VIEW_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/linediff.h"

struct pick;
struct source;
struct view;
struct view_answer;

struct shipyard_text { /* at one commit */
    char *commit;      /* NULL: not told */
    char *text;        /* NULL: not there yet */
    size_t len;
};

/* Start with {0}. */
struct difference {
    struct source *source; /* NULL: nothing is shown */
    char *project, *stage, *context, *sequence;
    struct shipyard_text sides[2]; /* at the last delivery; now */
    uint64_t ticket;               /* of the question for the first that is not there; 0: none */
    char *why;                     /* one could not be had, and why */
    struct linediff diff;
    bool compared;
    size_t *shown; /* lines of diff, with some around each change; with HUNK: its head */
    size_t shown_count;
    int scroll, height; /* lines */
};

void difference_open(struct view *v, struct pick pick);
bool difference_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer);
void difference_tidy(struct view *v); /* forgets all once it is no longer looked at */
void difference_free(struct difference *d);

#endif
