/* view/linediff.h: which lines of a text have come, gone and stayed. Pure. Source: Myers, "An O(ND)
 * Difference Algorithm and Its Variations" (1986), greedy form. */
#ifndef VIEW_LINEDIFF_H
#define VIEW_LINEDIFF_H

#include <stdbool.h>
#include <stddef.h>

#define LINEDIFF_LINES_MAX 20000 /* of each text; longer ones are not compared */
#define LINEDIFF_EDITS_MAX 1000  /* lines that may have come and gone; beyond, all between the ends has */

struct linediff_line {
    char kind;        /* ' ', '-', '+' */
    const char *text; /* into the text it is of; without its end */
    size_t len;
    size_t old_line, new_line; /* from 1; of the text it is not in: of what follows there */
};

struct linediff {
    struct linediff_line *lines;
    size_t count, capacity;
    bool rough; /* too different: what is between the common ends was not compared */
};

/* The whole of both texts, line by line. *out: the caller's (linediff_free), pointing into the texts. False:
 * one has too many lines. */
bool linediff_make(const char *old_text, size_t old_len, const char *new_text, size_t new_len,
                   struct linediff *out);
void linediff_free(struct linediff *d);

#endif
