/* view/words.h: the words of a command line, quoted as for a shell: '…' keeps all, "…" all but \" and \\, a
 * backslash the next character. Nothing is expanded. Pure. */
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

#define WORDS_MAX 100

struct words {
    char *items[WORDS_MAX + 1]; /* NULL-terminated */
    size_t count;
    size_t last_at; /* where in the line the last word begins, with its quote */
    bool is_open;   /* the line ends within a word: no blank stands behind the last one */
    char quote;     /* that was not closed; 0: none; '\\': a backslash at the end */
};

/* A line with too many words is cut after WORDS_MAX. The caller frees. */
void words_split(const char *line, struct words *out);
void words_free(struct words *w);
/* Appends the word so that words_split reads it again. */
void words_quote(const char *word, struct buffer *out);

#endif
