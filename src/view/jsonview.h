/* view/jsonview.h: JSON, indented, a line a value, made as it is looked at: one that is long costs a walk
 * over its text when it is opened, and no memory beyond the text. */
#ifndef VIEW_JSONVIEW_H
#define VIEW_JSONVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "view/grid.h"
#include "view/keymap.h"

struct view;

#define JSON_CHECKPOINTS 1024

/* Where a line begins. */
struct json_place {
    size_t at;
    int depth;
};

/* Start with {0}: nothing is shown. */
struct json_view {
    char *text; /* valid JSON; its own */
    size_t len;
    size_t lines;
    size_t step; /* lines from one checkpoint to the next */
    struct json_place *checkpoints;
    size_t top; /* line; left: cells */
    int left, height;
};

/* text must be valid JSON; copied. The same text again keeps the place that one looks at. */
void json_view_set(struct json_view *j, const char *text, size_t len);
void json_view_free(struct json_view *j);
void json_view_draw(struct view *v, struct json_view *j, struct rect area);
bool json_view_act(struct json_view *j, enum action action); /* false: the action is another */

/* The element at *at of the array that is the value of `key` of an object, in valid JSON. Start with *at 0;
 * false: there is none more. */
bool json_next_element(const char *text, size_t len, const char *key, size_t *at, size_t *start,
                       size_t *size);

#endif
