/* tests/daemon/support.h: what tests of a real drawbridged ask as Keptn's clients do: triggering a sequence
 * of the project fulltour's service helloservice, its events, its state. What goes wrong fails the running
 * cmocka test. Waiting ends after 30 s. */
#ifndef DAEMON_SUPPORT_H
#define DAEMON_SUPPORT_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "support/world.h"

#define KEPTN_YARD(stages)                                                                                   \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n" stages
#define KEPTN_ID 40 /* bytes for a context */

/* "qa.delivery"; more: members of data, "" none; answers its context. */
void keptn_trigger(struct world *w, const char *sequence, const char *more, char context[KEPTN_ID]);
/* Waits for an event of the context ("approval.triggered"); the newest one's id, the caller's. */
char *keptn_wait_event(struct world *w, const char *context, const char *type);
/* The newest of them; waits, too. The caller's. */
cJSON *keptn_event(struct world *w, const char *context, const char *type);
size_t keptn_event_count(struct world *w, const char *context, const char *type); /* context NULL: any */
/* Open events of the task, of all stages and contexts. */
size_t keptn_open_count(struct world *w, const char *task);
void keptn_wait_state(struct world *w, const char *context, const char *state);
/* The state of the sequence query; NULL: no such context. The caller's. */
char *keptn_state(struct world *w, const char *context);
void keptn_control(struct world *w, const char *context, const char *verb);
/* Sends started and finished of the task, whose newest triggered it waits for. */
void keptn_do(struct world *w, const char *context, const char *stage, const char *task, const char *result);

#endif
