/* view/waiting.h: the list of all that waits, and the marks in it. Marks are kept by approval, never by row.
 */
#ifndef VIEW_WAITING_H
#define VIEW_WAITING_H

#include "view/list.h"

#define MARKS_MAX 100

struct pick;
struct source;

struct mark {
    const struct source *source;
    char *triggered_id; /* of the approval */
};

/* Start with {0}. */
struct waiting {
    struct list list;
    struct pick *rows; /* list.count of them */
    size_t capacity;
    bool built;
    uint64_t revision; /* of the view, that rows were made from */
    struct mark marks[MARKS_MAX];
    size_t mark_count;
};

void waiting_sync(struct view *v); /* rows as the models are now; marks of what is no longer open are gone */
void waiting_free(struct waiting *w);
/* What is marked and can be seen, oldest first. Returns how many, at most max. */
size_t waiting_marked(struct view *v, struct pick *out, size_t max);
void waiting_unmark_all(struct view *v);
extern const struct list_ops waiting_list;

#endif
