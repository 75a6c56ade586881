/* view/plain.h: what screens say of a sequence, as text, for what has no screen: the command line and the
 * linear mode. The words are those of the decision box, from the same place; what is shown is told by the
 * same filter. */
#ifndef VIEW_PLAIN_H
#define VIEW_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"

struct plain;

/* ascii: nothing else in what it says. now_ns: the clock of a source's server. */
struct plain *plain_new(bool ascii, int64_t (*now_ns)(void *arg, size_t source), void *arg);
void plain_free(struct plain *p); /* NULL is fine */
/* Numbered from 0, as they are added. The model is borrowed as long as the plain. */
void plain_add_source(struct plain *p, const char *name, const char *label, const struct model *model);

/* What must be known before deciding, a line each: "last delivered: …/app:v0.1.0 (2d ago)". Sanitised. */
void plain_add_facts(struct plain *p, const struct model_sequence *seq, struct buffer *out);

/* As filter_parse; "" shows everything. After an error the filter is as it was. */
MUST_CHECK enum status plain_set_filter(struct plain *p, const char *text, struct error *err);
bool plain_fits(struct plain *p, size_t source, const struct model_sequence *seq);

#endif
