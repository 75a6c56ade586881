/* view/filter.h: which rows are shown. One grammar for every screen: terms with blanks between them, all of
 * which must fit; `!` in front turns one round.
 *
 *   word  "two words"      stands in anything the row shows
 *   stage:production       a field is this, `*` stands for any text; fields: filter_field_name
 *   run:5d1a               a keptn context that begins so
 *   label:team             has the label; label:version=v0.1.1: with this value
 *   age>10m  age<2h        how long it is in its state: s, m, h, d
 *
 * Case means nothing. In quotes blanks, `*`, `:` and `!` are themselves. What a row cannot tell does not fit.
 * Pure. */
#ifndef VIEW_FILTER_H
#define VIEW_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"

enum filter_field {
    FILTER_PROJECT,
    FILTER_STAGE,
    FILTER_SERVICE,
    FILTER_STATE,
    FILTER_SEQUENCE,
    FILTER_TASK,
    FILTER_CONTEXT, /* the connection: its name or label */
    FILTER_RUN,     /* the keptn context */
    FILTER_VERSION,
    FILTER_BY, /* who triggered or decided */
    FILTER_TYPE,
    FILTER_RESULT,
    FILTER_TEXT_FIELDS, /* those above have texts */
    FILTER_LABEL = FILTER_TEXT_FIELDS,
    FILTER_AGE,
    FILTER_FIELDS,
    FILTER_WORD = FILTER_FIELDS /* no field: a word */
};
const char *filter_field_name(enum filter_field field); /* "project" */

#define FILTER_TEXTS_MAX 6 /* of one field */
#define FILTER_TERMS_MAX 32

/* What a row tells; all borrowed. */
struct filter_row {
    const char *texts[FILTER_TEXT_FIELDS][FILTER_TEXTS_MAX]; /* NULL: no more */
    const char *other;                                       /* further text that words are looked for in */
    const struct model_label *labels;
    size_t label_count;
    int64_t since_ns, now_ns; /* since 0: cannot be told */
};

struct filter;

/* *out: the caller's; NULL: no terms, all rows fit. After an error it has the terms that could be read.
 *   Returns STATUS_OK; STATUS_INVALID: what is wrong with which term, and what there is */
MUST_CHECK enum status filter_parse(const char *text, struct filter **out, struct error *err);
void filter_free(struct filter *f); /* NULL is fine */

/* f NULL: everything fits. *changes_ns is lowered to the time (of the row's clock) at which a term about age
 * says something else of this row. */
bool filter_fits(const struct filter *f, const struct filter_row *row, int64_t *changes_ns);
/* Does any term look at this field? Words look at all. For what is costly to tell. */
bool filter_needs(const struct filter *f, enum filter_field field);

#endif
