/* model/internal.h: what the files of this folder share.
 *
 * A *context* (project and shkeptncontext) has a *lane* for each stage and service that it reached; a lane
 * has *runs*, one for each sequence that was triggered in it, and runs own the facts of their tasks. Facts
 * are only ever added, and kept in an order that does not depend on their arrival; everything else is derived
 * from them (derive.c) after each change, in three steps: the lane is arranged (which run does a task belong
 * to), its changed runs are derived, and they are moved to where they stand in the lists.
 *
 * What others read (struct model_sequence, …) is the first member of what is kept here. */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model/model.h"

#define STAGES_MAX     1000 /* in one project */
#define PROJECTS_MAX   10000
#define TASKS_MAX      2000 /* in one lane */
#define EXECUTORS_MAX  64   /* of one task */
#define LABELS_MAX     64
#define LABEL_TEXT_MAX 512 /* bytes kept of a key or a value */
#define ID_MAX         256 /* bytes of an id or a context */
#define SOURCE_MAX     1024
#define IMAGE_MAX      1024
#define WORD_MAX       64 /* bytes of a status, result or strategy; longer ones are cut */
#define TOMBS_MAX      16384

#define APPROVAL_TASK    "approval"
#define APPROVAL_SERVICE "approval-service"

/* Words that are looked for again and again: a text of the pool is one of them if its pointer is. */
enum word {
    WORD_PASS,
    WORD_WARNING,
    WORD_FAIL,
    WORD_SUCCEEDED,
    WORD_ERRORED,
    WORD_ABORTED,
    WORD_UNKNOWN,
    WORD_AUTOMATIC,
    WORD_APPROVAL,
    WORD_COUNT
};

/* --- text.c: strings with counted references, each kept once --- */

struct text_pool {
    struct text **slots;
    size_t count, capacity;
};
const char *text_take(struct text_pool *pool, const char *bytes); /* one more reference; NULL gives NULL */
const char *text_take_n(struct text_pool *pool, const char *bytes, size_t len);
const char *text_keep(const char *text); /* of a pool: one more reference */
void text_drop(struct text_pool *pool, const char *text);
void text_pool_free(struct text_pool *pool);
uint64_t text_hash(const char *bytes, size_t len, uint64_t seed);
uint32_t text_key(const char *id);               /* a short hash of an id, never 0 */
char *text_cut(const char *message, size_t max); /* copy, cut between two characters; NULL for NULL or "" */
bool text_is(const char *a, const char *b);      /* equal; NULL equals nothing */

/* --- the data --- */

/* What a sequence's or task's triggered carries along; shared by all that carry the same. */
struct origin {
    uint32_t references, label_count;
    const char *image, *stage_commit, *shipyard_commit;
    struct model_label labels[];
};

struct decider { /* of one approval.finished */
    uint32_t key;
    const char *by, *via;
};
struct task_detail { /* of an approval or an evaluation */
    const char *source, *pass, *warning, *result;
    const char *evaluation_result;
    double evaluation_score;
    int64_t evaluation_ns; /* of the finished that told it */
    uint32_t evaluation_key;
    bool automatic;      /* by its triggered, the approval service decides */
    bool automatic_hint; /* by its started: counts as long as its triggered was not seen */
    uint64_t bound;      /* its number is not greater; 0: unknown */
    struct decider *deciders;
    size_t decider_count;
};

struct run {
    struct model_sequence pub;
    struct lane *lane;
    const char *name;      /* as its events have it; NULL: none has */
    struct origin *origin; /* of its triggered */
    uint64_t number;       /* of its triggered, 0: unknown */
    int64_t trigger_ns;    /* of its triggered */
    int64_t end_ns;        /* of its finished */
    const char *end_status, *end_result;
    char *end_message;
    const struct plan *plan;         /* whose tasks stand behind those reached; NULL: none do */
    uint16_t reached, task_capacity; /* tasks[0 … reached) are facts, the rest is the plan's */
    uint32_t key;                    /* of pub.triggered_id; 0: nothing has told it */
    uint32_t end_key;                /* of its finished; 0: not seen */
    bool triggered_seen : 1, changed : 1;
    /* list.c: as it is listed */
    bool listed : 1, waits_listed : 1, approval_listed : 1;
    bool delivered : 1, rolls_back : 1, worth_listed : 1, open_listed : 1; /* delivery.c */
    uint8_t list_state;
    uint32_t list_key;
    int64_t list_ns;
    int64_t rank_ns; /* delivery.c */
};

/* The newest state of one stage, as the sequence query tells it. */
struct stage_state {
    uint64_t number;
    int64_t latest_ns, said_ns; /* said: time of the state event that told it, 0: an answer */
    uint64_t hash;              /* of its content: the last tie-breaker */
    enum event_class latest_class;
    enum event_kind latest_kind;
    const char *latest_name, *latest_id;
    const char *word, *image, *shipyard_commit;
    const char *evaluation_result;
    double evaluation_score;
    uint32_t latest_key;
    bool latest_failed;
};
enum overall_word {
    OVERALL_NONE,
    OVERALL_TRIGGERED,
    OVERALL_WAITING, /* Keptn's word for queued */
    OVERALL_STARTED,
    OVERALL_PAUSED,
    OVERALL_FINISHED,
    OVERALL_ABORTED,
    OVERALL_TIMED_OUT,
    OVERALL_COUNT
};
struct overall_state {
    uint64_t number;
    int64_t latest_ns, said_ns, first_ns;
    uint64_t hash;
    enum overall_word word;
    const char *name;
};

/* Word of a stage's pause and its end. The next event of a task overwrites it in the stage's state, so the
 * newest of each is kept. */
struct hold {
    struct hold_word {
        uint64_t number;
        int64_t latest_ns, said_ns;
        bool told;
    } paused, resumed;
};

struct lane {
    struct context *context;
    struct slot *slot;
    struct lane *next;
    struct run **runs; /* in order of their triggered; one that nothing has told the id of comes last */
    struct run *only;  /* where runs points to as long as there is one */
    uint32_t run_count, run_capacity : 31;
    bool changed : 1;
    struct stage_state *state; /* NULL: none */
    struct run *told;          /* the run that the state tells of; NULL: no state */
    struct hold *hold;         /* NULL: it was never paused */
};

struct context {
    const char *id; /* interned */
    struct project *project;
    struct lane *lanes;
    struct overall_state *state; /* NULL: none */
    struct origin *origin;       /* the newest made: a hint */
    size_t open_count;           /* runs with an open approval */
    int64_t first_ns;            /* earliest time of all events; 0: none yet */
    int64_t source_ns;           /* of the sequence triggered that told the source */
    uint32_t source_key;
    uint32_t hash;
    const char *source;
};

/* Runs by the age of their contexts, the oldest first. */
struct ranking {
    struct rank {
        int64_t ns;
        struct run *run;
    } * ranks;
    size_t count, capacity;
};

/* All runs of a service in a stage. */
struct slot {
    struct stage *stage;
    const char *service;
    struct run **runs; /* in no order */
    size_t run_count, run_capacity;
    struct ranking worth; /* those that delivered or wait: what is older goes back */
    struct ranking open;  /* those that have not ended */
};

struct plan { /* a sequence of the shipyard */
    const char *name;
    const char **tasks;
    size_t task_count;
};
struct stage {
    struct model_stage pub;
    size_t sequence_capacity;
    size_t place; /* in the shipyard; SIZE_MAX: it does not have it */
    struct slot **slots;
    size_t slot_count, slot_capacity;
    struct plan *plans;
    size_t plan_count;
};
struct project {
    struct model_project pub;
    size_t stage_capacity;
    bool told; /* by a project list */
    uint64_t number;
};

struct run_list {
    struct run **runs;
    size_t count, capacity;
};

/* A lane that was dropped: what is not newer means nothing. */
struct tomb {
    uint64_t hash; /* 0: free */
    int64_t until_ns;
};

struct model {
    struct text_pool texts;
    struct project **projects; /* by name */
    size_t project_count, project_capacity;
    struct context **contexts; /* open addressing */
    size_t context_count, context_capacity;
    struct run_list waiting; /* oldest first */
    struct run_list open;    /* with an open approval that has an id; in no order */
    size_t counts[MODEL_STATE_COUNT];
    uint64_t revision;
    uint64_t seed;                /* of the contexts' hashes */
    struct project *last_project; /* a hint */
    struct run **graves;          /* not listed any more, kept until model_trim for whoever points to them */
    size_t grave_count, grave_capacity;
    struct tomb *tombs;
    uint64_t *tomb_ring;
    size_t tomb_count, tomb_capacity, tomb_next;
    /* the newest answer of event/triggered */
    uint64_t open_number;
    uint32_t *open_keys; /* sorted */
    size_t open_key_count;
    const char *words[WORD_COUNT]; /* of the pool */
};

/* --- project.c --- */

struct project *project_find(const struct model *m, const char *name);
struct project *project_get(struct model *m, const char *name); /* made where there is none; NULL: too many */
struct stage *stage_find(const struct project *p, const char *name);
struct stage *stage_get(struct model *m, struct project *p, const char *name);
struct slot *slot_get(struct model *m, struct stage *s, const char *service);
void project_free(struct model *m, struct project *p);
const struct plan *stage_plan(const struct stage *s, const char *sequence); /* NULL: not in the shipyard */
static inline struct stage *slot_stage(const struct slot *slot)
{
    return slot->stage;
}

/* --- shipyard.c --- */

void shipyard_plan(struct model *m, struct project *p, const char *text);
void stage_plans_free(struct model *m, struct stage *s);

/* --- context.c --- */

struct context *context_find(const struct model *m, const struct project *p, const char *id);
struct context *context_get(struct model *m, struct project *p, const char *id);
struct lane *lane_find(const struct context *c, const struct stage *s, const char *service);
struct lane *lane_get(struct model *m, struct context *c, struct stage *s, const char *service);
void lane_remove(struct model *m, struct lane *lane); /* has no runs; its context goes with the last one */
void contexts_free(struct model *m);
/* The time until which events of the lane mean nothing; INT64_MIN: it was never dropped. */
int64_t tomb_until(const struct model *m, const struct project *p, const char *context, const struct stage *s,
                   const char *service);
void tomb_add(struct model *m, const struct lane *lane, int64_t until_ns);
void tombs_free(struct model *m);

/* --- run.c: runs, and which tasks are theirs --- */

struct run *run_new(struct lane *lane);
void run_free(struct model *m, struct run *run);
/* By the id of its triggered; key: of that. */
struct run *run_find(const struct lane *lane, const char *id, uint32_t key);
struct run *run_get(struct lane *lane, const char *id, uint32_t key); /* or a new one */
/* Takes it off all lists and out of its lane; it stays readable until model_trim. */
void run_bury(struct model *m, struct run *run);
/* Sorts the runs and gives each task to the run that it belongs to; to be called after a run's triggered or
 * end, a task's time, or the lane's state has changed. */
void lane_arrange(struct model *m, struct lane *lane);
/* Puts a task where it belongs: it is the lane's then. */
void lane_add_task(struct model *m, struct lane *lane, const struct model_task *task);
/* Finds a task by the id of its triggered in all lanes of the context. */
struct model_task *context_find_task(const struct context *c, const char *id, uint32_t key, struct run **run);
struct model_task run_take_task(struct model *m, struct run *run, struct model_task *task); /* out of it */
size_t lane_task_count(const struct lane *lane);
void run_reserve_tasks(struct run *run, size_t count);
void run_drop_upcoming(struct model *m, struct run *run);
bool run_knows(const struct run *run, uint32_t key); /* an event with this id is one of its facts */
static inline int64_t whole_ms(int64_t ns)
{
    return ns / 1000000;
}

/* --- task.c: the facts of a task --- */

struct model_task task_new(const char *id, uint32_t key);
void task_clear(struct model *m, struct model_task *task);
void task_set_triggered(struct model *m, struct model_task *task, const struct event *ev,
                        struct origin *origin);
/* A started or finished; key: of the event's id. */
bool task_has_event(const struct model_task *task, const struct event *ev, uint32_t key);
/* Adds a started or finished that it does not have. Returns whether it is the first word of a task whose
 * triggered was not seen: its name and time are that one's then. */
bool task_add_event(struct model *m, struct model_task *task, const struct event *ev, uint32_t key);
/* Notes by which number the event was known. Returns whether anything is new. */
bool task_note_number(struct model_task *task, const struct event *ev, uint64_t bound);
int task_order(const struct model_task *a, const struct model_task *b);
void free_text(const char *text); /* of an owned copy */

/* --- origin.c --- */

/* The caller's reference; NULL: the event carries nothing. hint, hint2: what it may be equal to, or NULL. */
struct origin *origin_of(struct model *m, const struct event *ev, const char *image, struct origin *hint,
                         struct origin *hint2);
struct origin *origin_keep(struct origin *origin);
void origin_drop(struct model *m, struct origin *origin);

/* --- apply.c, state.c, open.c: what comes in --- */

/* An event of the task or sequence class; `bound`: its number is not greater, 0: unknown. */
enum status apply_event(struct model *m, const struct event *ev, uint64_t bound, struct error *err);
enum status apply_state(struct model *m, const cJSON *state, uint64_t number, int64_t said_ns,
                        struct error *err);
void stage_state_free(struct model *m, struct stage_state *s);
void overall_state_free(struct model *m, struct overall_state *s);
/* Whether the newest answer of event/triggered says that this approval is closed. */
bool open_says_closed(const struct model *m, uint32_t key, uint64_t bound, int64_t time_ns);
bool number_is_time(uint64_t number);

/* --- derive.c: what follows from the facts of a context --- */

void context_mark(struct context *c);                    /* everything in it may have changed */
void context_derive(struct model *m, struct context *c); /* what is marked */

/* --- run_state.c: the rules by which a run has its state --- */

/* What states have to say of a run. */
struct evidence {
    const struct stage_state *stage; /* the lane's, where it tells of this run */
    const struct stage_state *news; /* the same, where it tells something newer of its tasks than the facts */
    const struct overall_state *overall; /* the context's, where it knows all that was triggered in the run */
};
struct evidence run_evidence(const struct run *run);
/* Sets state, paused, task, since_ns, finished_ns, message, result, and the states of its tasks. */
void run_set_state(struct model *m, struct run *run, const struct evidence *said);
static inline bool state_is_ended(enum model_state state)
{
    return state >= MODEL_SUCCEEDED && state < MODEL_NOT_REACHED;
}
bool task_is_open(const struct model *m,
                  const struct model_task *task); /* an approval, and open by the facts */

/* --- list.c --- */

void list_update(struct model *m, struct run *run);
void list_remove(struct model *m, struct run *run);
void touch(struct model *m, struct run *run); /* a new revision for it, its stage and its project */

/* --- delivery.c --- */

void delivery_add(struct run *run);
void delivery_remove(struct model *m, struct run *run);
void delivery_update(struct model *m, struct lane *lane);

#endif
