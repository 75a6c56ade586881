/* sequencer/approval.h: Keptn's approval service as a pure rule. Source: keptn-events.md, section 4. */
#ifndef SEQUENCER_APPROVAL_H
#define SEQUENCER_APPROVAL_H

#include "event/event.h"

#define APPROVAL_SOURCE "approval-service"

struct approval_answer {
    char message[512];    /* of approval.started: "Approval strategy for result '<result>': <strategy>" */
    const char *finished; /* "pass" or "fail": finished by itself at once; NULL: waits for a person */
};

/* ev is an approval.triggered. result is data.result, if empty data.evaluation.result. */
void approval_decide(const struct event *ev, struct approval_answer *out);

#endif
