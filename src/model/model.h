/* model/model.h: the state of every project, stage and sequence, built from events, states and the snapshot
 * alone.
 *
 * Two inputs, each with a number: events (set-like: any order, with repeats, gives one model) and states (the
 * newer state of a stage wins). It touches no socket, terminal or clock; strings are interned; a sequence
 * keeps facts, not JSON. All structs are read-only for others and owned by the model: a pointer to a project,
 * stage or sequence stays valid until model_free or model_trim. Times are ns since 1970 UTC, 0: unknown. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "event/event.h"

struct model;

/* In the order in which a stage lists them (screens.md, 1). */
enum model_state {
    MODEL_WAITING, /* for an approval by a person */
    MODEL_RUNNING,
    MODEL_QUEUED,
    MODEL_PAUSED,
    MODEL_SUCCEEDED,
    MODEL_WARNING, /* succeeded with a warning */
    MODEL_FAILED,
    MODEL_TIMED_OUT,
    MODEL_ABORTED,
    MODEL_NOT_REACHED, /* tasks only */
    MODEL_STATE_COUNT
};
const char *model_state_name(enum model_state state); /* "waiting", "running", "queued", … */

struct model_executor { /* one started/finished pair of a task */
    const char *source, *result, *status, *message;
    int64_t started_ns, finished_ns;
};
struct model_task {
    const char *name, *triggered_id; /* triggered_id NULL: not reached yet (from the shipyard) */
    enum model_state state;
    int64_t triggered_ns, finished_ns; /* finished: of the newest finished, 0 while it runs */
    const char *result, *message;
    struct model_executor *executors;
    size_t executor_count, executor_capacity;
};
struct model_label {
    const char *key, *value;
};
struct model_approval {
    const char *triggered_id;                      /* NULL: this sequence has no approval that is open */
    const char *triggered_source, *pass, *warning; /* strategies as the event has them */
    const char *result;                            /* so far; NULL or "" unknown */
    const char *result_task;                       /* the task that gave it, NULL: unknown */
    const char *evaluation_result;                 /* NULL: no evaluation */
    double evaluation_score;
    int64_t since_ns;
};
struct model_decision {                                     /* how an approval of this sequence was closed */
    const char *triggered_id, *result, *by, *via, *comment; /* by NULL: not told */
    int64_t time_ns;
    bool by_person;
};

/* One run of one sequence in one stage. */
struct model_sequence {
    const struct model_stage *stage;
    const char *context, *name, *service;
    const char *image;    /* as triggered; NULL: none */
    const char *version;  /* the image's tag, else the label "version"; NULL: neither */
    bool version_differs; /* label "version" is not the image's tag */
    enum model_state state;
    const char *task; /* current task's name, NULL: none */
    int64_t triggered_ns, since_ns /* in its state */, finished_ns;
    const char *triggered_id, *triggered_by; /* source of the first event */
    const char *stage_commit, *shipyard_commit;
    const char *message; /* of the sequence's end */
    const char *result;  /* "pass", "warning", "fail" of the sequence's end, NULL: not ended */
    struct model_label *labels;
    size_t label_count;
    struct model_task *tasks; /* in order; after those reached, those of the shipyard that are to come */
    size_t task_count, task_capacity;
    struct model_approval approval;
    struct model_decision *decisions;
    size_t decision_count, decision_capacity;
    bool goes_back;    /* a newer trigger of the service was delivered to this stage, or waits for it
                          (screens.md, 1) */
    uint64_t revision; /* grows when anything of it changes */
    void *private_data;
};
struct model_stage {
    const struct model_project *project;
    const char *name;
    struct model_sequence *
        *sequences; /* as listed: waiting oldest first, running, queued, paused, then ended newest first */
    size_t sequence_count, sequence_capacity;
    size_t counts[MODEL_STATE_COUNT];
    uint64_t revision;
    void *private_data;
};
struct model_project {
    const char *name;
    struct model_stage **stages; /* in the shipyard's order */
    size_t stage_count, stage_capacity;
    size_t counts[MODEL_STATE_COUNT];
    uint64_t revision;
    void *private_data;
};

struct model *model_new(void);
void model_free(struct model *m);

/* Applies one event, already decoded; of any source. State events (EVENT_CLASS_STATE) go the way of
 * model_apply_state. number  the stream's number, 0: unknown Returns STATUS_OK, also for an event seen before
 * or of no meaning here; STATUS_INVALID: what is wrong; the model is as it was Cost    O(log n) in the number
 * of sequences */
MUST_CHECK enum status model_apply_event(struct model *m, const struct event *ev, uint64_t number,
                                         struct error *err);
/* An item of Keptn's sequence query, as JSON, with the number of the answer that it came in. */
MUST_CHECK enum status model_apply_state(struct model *m, const cJSON *state, uint64_t number,
                                         struct error *err);
/* An item of Keptn's project list: stages in order, and the shipyard's tasks. */
MUST_CHECK enum status model_apply_project(struct model *m, const cJSON *project, uint64_t number,
                                           struct error *err);
/* event/triggered's answer: approvals that are not in it and older than its number are closed. */
MUST_CHECK enum status model_apply_open_approvals(struct model *m, const cJSON *answer, uint64_t number,
                                                  struct error *err);
void model_clear(struct model *m); /* another epoch: everything known is void */

uint64_t model_revision(const struct model *m); /* grows with every change */
size_t model_project_count(const struct model *m);
const struct model_project *model_project_at(const struct model *m, size_t i); /* by name */
const struct model_sequence *model_find_sequence(const struct model *m, const char *context,
                                                 const char *project, const char *stage,
                                                 const char *sequence); /* NULL parts: any; the newest */
/* The sequence whose open approval this is. */
const struct model_sequence *model_find_approval(const struct model *m, const char *triggered_id);
/* Waiting approvals of all projects, oldest first. */
size_t model_waiting_count(const struct model *m);
const struct model_sequence *model_waiting_at(const struct model *m, size_t i);
size_t model_count(const struct model *m, enum model_state state); /* over all projects */

/* What was delivered to the sequence's stage and service before, and what stands against it. */
struct model_delivery {
    const struct model_sequence
        *last; /* newest succeeded run with an image, NULL: nothing delivered here yet */
    const struct model_sequence *failed_after; /* a later failed or aborted run, NULL: none */
    const struct model_sequence
        *newer; /* a newer trigger that was delivered here or waits: this one goes back; NULL: none */
};
void model_delivery_of(const struct model *m, const struct model_sequence *seq, struct model_delivery *out);

/* Raw events of a sequence are not kept. A digest over everything that is shown, blind to the order of what
 * has none. */
uint64_t model_digest(const struct model *m);
void model_check(const struct model *m); /* asserts every invariant; for tests */

#endif
