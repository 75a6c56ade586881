/* tests/contract/contract.h: rows of Keptn's API, asked of a real drawbridged one after the other. Each row
 * is a test of its own, named by its id; doc/keptn.md has a line for each id (ids_test.sh holds them in
 * step).
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* What an answer looks like: a small pattern.
 *   s string, n number, b true or false, * anything, {…} object, […] array whose items all fit (or none is
 * there); ns string of Unix nanoseconds, ms time of 3 digits, t RFC 3339 UTC with up to 9, u UUID v4, h 40
 * hex digits, 'x' this string, 7 this number, null, [] an empty array, a|b either, {k:s,l?:n} these keys, l
 * may be absent, {k:s,...} others too, {+:s} any keys. No blanks. */

struct contract_row {
    const char *id, *method, *path; /* below /api; $NAME in path, body and says is what a row has kept */
    const char *body;               /* NULL: none */
    long status;
    const char *says;  /* part of the answer; NULL: not looked at; "": the answer is empty */
    const char *shape; /* of the JSON; NULL: not looked at */
    const char *keep;  /* "NAME=key.0.key": kept for later rows, NULL: nothing */
    bool wait;         /* the row comes to hold: asked again until it does, 30 s at most */
};

/* NULL: it fits; else where it does not, in a buffer of this function. */
const char *contract_shape(const char *shape, const cJSON *value);

struct world;
/* Runs the rows in order against one server, which `prepare` (NULL: nothing) has filled first. Returns the
 * program's exit status. */
int contract_run(const struct contract_row *rows, size_t count, void (*prepare)(struct world *w));

#define CONTRACT_MAIN(rows, prepare)                                                                         \
    int main(void)                                                                                           \
    {                                                                                                        \
        return contract_run(rows, sizeof(rows) / sizeof *(rows), prepare);                                   \
    }

#endif
