/* view/links.h: addresses that stand in the labels, sources and messages of a run, listed to be copied: cells
 * of the screen cannot carry a link, and drawbridge opens none. */
#ifndef VIEW_LINKS_H
#define VIEW_LINKS_H

#include "view/list.h"

#define LINKS_MAX      64
#define LINK_BYTES_MAX 2000

struct pick;

/* Start with {0}. */
struct links {
    char *what; /* the run, in words */
    char *names[LINKS_MAX], *urls[LINKS_MAX];
    struct list list; /* its count is theirs */
};

void links_open(struct view *v, struct pick pick);
void links_free(struct links *l);

/* To the clipboard where the settings allow it. The text is said as well: a terminal tells nobody whether it
 * has taken it. raw text; what is copied is sanitised. */
void links_copy(struct view *v, const char *text);

/* The first address in a raw text, at least 1 and at most LINK_BYTES_MAX bytes. NULL: there is none. */
const char *link_find(const char *raw, size_t *len);

#endif
