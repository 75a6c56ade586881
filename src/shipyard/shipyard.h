/* shipyard/shipyard.h: shipyard.yaml to structs. Source: keptn-events.md, section 2. */
#ifndef SHIPYARD_SHIPYARD_H
#define SHIPYARD_SHIPYARD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct shipyard_task {
    const char *name;
    int64_t triggered_after_ns; /* 0: none */
    const cJSON *properties;    /* object, or NULL */
};
struct shipyard_match {
    const char *key, *value;
};
struct shipyard_trigger {
    const char *event;                    /* "qa.delivery.finished"; "" where it is missing */
    const struct shipyard_match *matches; /* all of selector.match, in the file's order */
    size_t match_count;                   /* 0: no selector, or an empty one */
};
struct shipyard_sequence {
    const char *name;
    struct shipyard_trigger *triggers;
    size_t trigger_count;
    struct shipyard_task *tasks;
    size_t task_count;
};
struct shipyard_stage {
    const char *name;
    struct shipyard_sequence *sequences;
    size_t sequence_count;
};
struct shipyard {
    const char *api_version, *name;
    struct shipyard_stage *stages;
    size_t stage_count;
    void *owner; /* private */
};

#define SHIPYARD_TEXT_MAX (1024 * 1024)

/* Parses and checks. file stands in errors ("shipyard.yaml:7:3: …"). The implicit sequence `evaluation` is
 * added to each stage that defines none. Returns STATUS_OK, STATUS_INVALID, STATUS_TOO_LARGE. *out is the
 * caller's. */
MUST_CHECK enum status shipyard_parse(const char *text, size_t len, const char *file, struct shipyard **out,
                                      struct error *err);
void shipyard_free(struct shipyard *yard);

const struct shipyard_stage *shipyard_find_stage(const struct shipyard *yard, const char *stage);
/* The first of that name; NULL: none. */
const struct shipyard_sequence *shipyard_find_sequence(const struct shipyard_stage *stage,
                                                       const char *sequence);

/* Whether a sequence that ended with `result` after `last_task` starts what has this trigger, the event's
 * name apart: without a selector for pass and warning; else where match.result or match["<last_task>.result"]
 * is the result. Other keys never fit. */
bool shipyard_trigger_fits(const struct shipyard_trigger *trigger, const char *last_task, const char *result);

#endif
