/* model/model.h: the state of every project, stage and sequence, built from events, states and the snapshot
 * alone.
 *
 * Two inputs, each with a number: events (set-like: any order, with repeats, gives one model) and states (the
 * newer state of a stage wins). It touches no socket, terminal or clock; strings are interned; a sequence
 * keeps facts, not JSON. All structs are read-only for others and owned by the model: a pointer to a project,
 * stage or sequence stays valid until model_free, model_clear, or a model_trim that dropped something, and so
 * do the names of projects and stages; what a sequence points to only until the next call that changes the
 * model. Times are ns since 1970 UTC, 0: unknown.
 *
 * A *number* is the stream's; 0: unknown. A server without one (a polled Keptn) is given the time of its
 * answer, in ns since 1970, instead. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "event/event.h"

struct model;

#define MODEL_ENDED_MAX   200  /* ended sequences that model_trim leaves in a stage */
#define MODEL_MESSAGE_MAX 1000 /* bytes kept of a comment, and of the message of a failure */
#define MODEL_REMARK_MAX  80   /* bytes kept of any other message */
#define MODEL_UNKNOWN     "?"  /* the name of a sequence that nothing has told yet */

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
    const char *source;
    const char *result, *status, *message; /* of its finished; NULL before, or not told */
    int64_t started_ns, finished_ns;
    uint32_t started_key, finished_key; /* the model's own; 0: that event was not seen */
};
struct model_task {
    const char *name, *triggered_id; /* triggered_id NULL: not reached yet (from the shipyard) */
    enum model_state state;
    uint32_t executor_count;
    /* finished: of the newest finished, 0 while it runs; triggered: of the first event seen, as long as its
     * own was not */
    int64_t triggered_ns, finished_ns;
    const char *result, *message; /* over all executors; a failed one's message comes first */
    struct model_executor *executors;
    struct model_task_facts { /* the model's own */
        struct origin *origin;
        struct task_detail *detail;
        uint64_t number;
        uint32_t key;
        uint8_t started, finished, by; /* how many; which executor completed it */
        bool approval : 1, triggered_seen : 1, complete : 1, open : 1;
    } facts;
};
struct model_label {
    const char *key, *value;
};
/* An approval that the approval service is about to decide by itself (strategy automatic) is open as well,
 * but its sequence is MODEL_RUNNING. */
struct model_approval {
    /* NULL: this sequence has no approval that is open; or, where it is MODEL_WAITING, only a state has told
     * of it, and not which: event/triggered does */
    const char *triggered_id;
    const char *triggered_source, *pass, *warning; /* strategies as the event has them */
    const char *result;                            /* so far; NULL or "" unknown */
    const char *result_task;       /* the task that gave it, perhaps in another stage; NULL: unknown */
    const char *evaluation_result; /* NULL: no evaluation */
    double evaluation_score;
    int64_t since_ns;
};
struct model_decision {                                     /* how an approval of this sequence was closed */
    const char *triggered_id, *result, *by, *via, *comment; /* by NULL: not told */
    const char *source;                                     /* of the finished event */
    int64_t time_ns;
    bool by_person; /* its source is not the approval service */
};

/* One run of one sequence in one stage. */
struct model_sequence {
    const struct model_stage *stage;
    const char *context, *name, *service; /* never NULL */
    const char *image;                    /* as triggered; NULL: none */
    const char *version;                  /* the image's tag, else the label "version"; NULL: neither */
    bool version_differs;                 /* label "version" is not the image's tag */
    bool paused; /* held on the server; while an approval is open the state is MODEL_WAITING all the same */
    bool goes_back; /* has not ended, and a newer trigger of the service was delivered to this stage, or
                       waits for it (screens.md, 1) */
    enum model_state state;
    const char *task; /* current task's name, NULL: none */
    /* since: in its state, but while a task runs since that task was triggered */
    int64_t triggered_ns, since_ns, finished_ns;
    int64_t context_ns;       /* of the first event of its context */
    const char *triggered_id; /* NULL: not told yet */
    const char *triggered_by; /* source of the first sequence event of its context */
    const char *stage_commit, *shipyard_commit;
    const char *message;           /* of the sequence's end */
    const char *result;            /* "pass", "warning", "fail" of the sequence's end, NULL: not ended */
    const char *evaluation_result; /* of its newest evaluation, NULL: none */
    double evaluation_score;
    const struct model_label *labels;
    uint32_t label_count;
    /* In order; after those reached, as long as it has not ended, those of the shipyard that are to come. */
    struct model_task *tasks;
    uint32_t task_count;
    struct model_approval approval;
    struct model_decision *decisions; /* oldest first */
    uint32_t decision_count;
    uint64_t revision; /* grows when anything of it changes */
};
struct model_stage {
    const struct model_project *project;
    const char *name;
    /* as listed: waiting, running, queued, paused, each oldest first, then ended newest first */
    struct model_sequence **sequences;
    size_t sequence_count;
    size_t counts[MODEL_STATE_COUNT];
    uint64_t trimmed; /* ended sequences that were dropped from the list (model_trim) */
    uint64_t revision;
};
struct model_project {
    const char *name;
    struct model_stage **stages; /* in the shipyard's order; then, by name, those that it does not have */
    size_t stage_count;
    size_t counts[MODEL_STATE_COUNT];
    uint64_t revision;
};

struct model *model_new(void);
void model_free(struct model *m);

/* Applies one event, already decoded; of any source. State events (EVENT_CLASS_STATE) go the way of
 * model_apply_state.
 *   number  the stream's number, or that of the answer that the event came in: its own `sequence` counts
 * first Returns STATUS_OK, also for an event seen before or of no meaning here; STATUS_INVALID: what is
 * wrong; the model is as it was Cost    O(log n) in the number of sequences */
MUST_CHECK enum status model_apply_event(struct model *m, const struct event *ev, uint64_t number,
                                         struct error *err);
/* An item of Keptn's sequence query, as JSON, with the number of the answer that it came in. */
MUST_CHECK enum status model_apply_state(struct model *m, const cJSON *state, uint64_t number,
                                         struct error *err);
/* An item of Keptn's project list: stages in order, and the shipyard's tasks. A shipyard that cannot be read
 * tells no tasks. An older one than that known (by number) is left alone. */
MUST_CHECK enum status model_apply_project(struct model *m, const cJSON *project, uint64_t number,
                                           struct error *err);
/* event/triggered's answer for approvals, over all projects that the model looks at. What is in it is applied
 * as events are; approvals that are not in it and older than its number are closed. A page of several (it has
 * a nextPageKey) only adds. */
MUST_CHECK enum status model_apply_open_approvals(struct model *m, const cJSON *answer, uint64_t number,
                                                  struct error *err);
/* A part of a snapshot by the feed's name for it: "project", "state" or "open" go the ways above; anything
 * else is the caller's and changes nothing. */
MUST_CHECK enum status model_apply_part(struct model *m, const char *what, const cJSON *answer,
                                        uint64_t number, struct error *err);
void model_clear(struct model *m); /* another epoch: everything known is void; the revision goes on growing */

/* Drops the oldest ended sequences of stages that list more than MODEL_ENDED_MAX, and counts them in
 * `trimmed`: never one that is open or whose context has an open one. What still comes for them means
 * nothing. To be called between two frames, as nothing else takes sequences away. Returns how many were
 * dropped; if any, no pointer that was kept is good any more */
size_t model_trim(struct model *m);

uint64_t model_revision(const struct model *m); /* grows with every change */
size_t model_project_count(const struct model *m);
const struct model_project *model_project_at(const struct model *m, size_t i); /* by name */
/* Every sequence, one a call: by project, by stage, in their order. walk starts with {0}; what it stands for
 * ends with the next change of the model. Returns NULL behind the last one. */
struct model_walk {
    size_t project, stage, sequence;
};
const struct model_sequence *model_next_sequence(const struct model *m, struct model_walk *walk);
const struct model_sequence *model_find_sequence(const struct model *m, const char *context,
                                                 const char *project, const char *stage,
                                                 const char *sequence); /* NULL parts: any; the newest */
/* The sequence whose open approval this is. */
const struct model_sequence *model_find_approval(const struct model *m, const char *triggered_id);
/* Waiting approvals of all projects, oldest first. */
size_t model_waiting_count(const struct model *m);
const struct model_sequence *model_waiting_at(const struct model *m, size_t i);
size_t model_count(const struct model *m, enum model_state state); /* over all projects */

/* What was delivered to the sequence's stage and service before, and what stands against it. A run delivered
 * its image if it succeeded and does not roll back (another sequence of its context failed in the stage
 * before it). */
struct model_delivery {
    const struct model_sequence *last; /* newest run that delivered, NULL: nothing delivered here yet */
    /* a later failed or aborted run that may have changed something (not one that only waited), NULL: none */
    const struct model_sequence *failed_after;
    /* a newer trigger that was delivered here, else one that waits: this one goes back; NULL: none */
    const struct model_sequence *newer;
};
void model_delivery_of(const struct model *m, const struct model_sequence *seq, struct model_delivery *out);

/* Raw events of a sequence are not kept. A digest over everything that is shown, blind to the order of what
 * has none. */
uint64_t model_digest(const struct model *m);
void model_check(const struct model *m); /* asserts every invariant; for tests */

#endif
