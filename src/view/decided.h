/* view/decided.h: everybody's decisions, newest first. */
#ifndef VIEW_DECIDED_H
#define VIEW_DECIDED_H

#include "view/list.h"

struct decided_row;

/* Start with {0}. */
struct decided {
    struct list list;
    struct decided_row *rows; /* list.count of them */
    size_t capacity, all;     /* all: with those that the filter hides */
    bool built;
    uint64_t revision; /* of the view, that rows were made from */
};

extern const struct list_ops decided_list;

void decided_free(struct decided *d);

#endif
