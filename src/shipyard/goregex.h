/* shipyard/goregex.h: Go's regular expressions. */
#ifndef SHIPYARD_GOREGEX_H
#define SHIPYARD_GOREGEX_H

#include <stdbool.h>

/* Whether a Go regular expression, not anchored, fits the subject. One that is broken, or that only PCRE2
 * would understand, never fits; nor does a subject over 4096 bytes. Cost    compiles the expression; matching
 * is bounded for every expression */
bool goregex_fits(const char *pattern, const char *subject);

/* Why the expression never fits ("has a back reference, which Go's expressions have not"); NULL: it is fine.
 */
const char *goregex_fault(const char *pattern);

#endif
