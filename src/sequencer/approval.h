/* sequencer/approval.h: Keptn's approval service as a pure rule. Source: keptn-events.md, section 4. */
#ifndef SEQUENCER_APPROVAL_H
#define SEQUENCER_APPROVAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "event/event.h"

#define APPROVAL_SOURCE "approval-service"

struct approval_answer {
    char message[512];    /* of approval.started: "Approval strategy for result '<result>': <strategy>" */
    const char *finished; /* "pass" or "fail": finished by itself at once; NULL: waits for a person */
};

/* ev is an approval.triggered. result is data.result, if empty data.evaluation.result. */
void approval_decide(const struct event *ev, struct approval_answer *out);

/* The events of the approval service: approval.started, and approval.finished where no person is asked. Ids
 * and times are left out, for whoever stores them to give. */
struct approval_drafts {
    struct event_draft started, finished;
    bool has_finished;
    cJSON *started_data, *finished_data; /* private */
};

/* Drafts what the approval service answers to ev, an approval.triggered. Store each, then feed it to
 * sequencer_apply. ev      borrowed; must outlive *out, which points into it *out    the caller's:
 * approval_drafts_free; what it held before is not freed */
void approval_draft(const struct event *ev, struct approval_drafts *out);
void approval_drafts_free(struct approval_drafts *out);

#endif
