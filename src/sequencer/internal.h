/* sequencer/internal.h: what the files of this folder share.
 *
 * A *record* (project and context) owns its *executions*; a *scope* (project, stage and service) points to
 * those of them that wait or run. An input changes executions and marks the scopes they are in;
 * dispatch_run() then starts and sends whatever the hold rules let go, and sequencer.c closes the input with
 * one RECORD effect for each record that changed. */
#ifndef SEQUENCER_INTERNAL_H
#define SEQUENCER_INTERNAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "sequencer/sequencer.h"

#define SEQUENCER_SOURCE       "shipyard-controller"
#define SEQUENCER_SPEC_VERSION "0.2.4"

#define PAYLOAD_BYTES_MAX (JSON_EVENT_MAX - 16 * 1024) /* leaves room for the attributes of the event */
#define PAYLOAD_DEPTH_MAX (JSON_DEPTH_MAX - 4)
#define TASK_EVENTS_MAX   256 /* started and finished of one task; Keptn has no bound, a record needs one */
#define ENDED_MAX         64  /* ended executions that a record keeps, newest */
#define PAUSED_STAGES_MAX 64
#define RECENT_MAX        64 /* ended records that stay in memory for a while */

/* --- heap.c: a binary heap whose elements know their place, so that any can be taken out --- */

struct heap_node {
    void *owner;
    size_t place; /* index + 1; 0: in no heap */
};
struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
    bool (*before)(const void *a, const void *b); /* of two owners: a comes out first */
};
void heap_add(struct heap *h, struct heap_node *node, void *owner);
void heap_remove(struct heap *h, struct heap_node *node); /* nothing where it is in none */
void *heap_first(const struct heap *h);                   /* NULL: empty */
void heap_free(struct heap *h);

/* --- the data --- */

enum execution_state {
    EXECUTION_TRIGGERED, /* also: queued */
    EXECUTION_STARTED,
    EXECUTION_WAITING, /* for approval */
    EXECUTION_PAUSED,
    EXECUTION_FINISHED,
    EXECUTION_TIMED_OUT
};

enum bucket {
    BUCKET_NONE,
    BUCKET_QUEUED,       /* the sequence waits for its start */
    BUCKET_RUNNING,      /* started, its task is out */
    BUCKET_HELD,         /* started, its task is not sent yet */
    BUCKET_HELD_APPROVAL /* waits for an approval whose task is not sent yet */
};

struct plan_task {
    char *name;
    int64_t after_ns;
    cJSON *properties; /* NULL: none */
};
struct follower {
    char *stage, *sequence;
    cJSON *match; /* object of texts; NULL: no selector */
};
struct task_event {
    char *id, *type, *source, *result, *status; /* NULL: not given */
    int64_t time_ns;
    bool finished;
    cJSON *data; /* of a finished only */
};
struct past_task {
    char *name, *id, *result, *status;
    cJSON *data; /* merged over its executors; NULL once the execution has ended */
};
/* The current task. */
struct task_run {
    bool present;
    size_t index; /* in the plan */
    char *id;     /* of its triggered */
    bool due;     /* triggeredAfter has passed */
    bool sent;
    bool referred; /* some event named its id: it does not time out any more */
    int64_t queued_ns, sent_ns;
    struct task_event *events;
    size_t event_count, event_capacity;
    cJSON *payload; /* until it is sent; NULL: to be built again */
};

struct record;
struct scope;

struct execution {
    struct record *record;
    char *id, *type; /* of its sequence triggered */
    char *name, *stage, *service;
    char *commit, *shipyard_commit; /* NULL: unknown */
    int64_t time_ns;                /* of the event, never later than its arrival: orders the queue */
    int64_t triggered_ns;           /* its arrival */
    enum execution_state state, before_pause;
    cJSON *input; /* data of its triggered; NULL once ended */
    struct plan_task *tasks;
    size_t task_count;
    struct follower *followers;
    size_t follower_count;
    struct past_task *past;
    size_t past_count, past_capacity;
    struct task_run task;
    bool announce; /* this input queued it or made a task of it: tell if it does not go out */

    /* dispatch.c */
    struct scope *scope;
    enum bucket bucket;
    struct heap_node by_time, by_arrival, by_hold, by_timer;
    struct execution *started_prev, *started_next;
    int64_t timer_ns;
};

/* A follower's triggered that was emitted and has not come back yet. */
struct expected {
    char *id, *stage;
    bool cancelled; /* its context was aborted meanwhile */
};

struct record {
    char *key, *project, *context;
    cJSON *state; /* as Keptn's sequence query shows it */
    bool paused;
    char **paused_stages;
    size_t paused_stage_count, paused_stage_capacity;
    struct expected *expected;
    size_t expected_count, expected_capacity;
    char **refused; /* ids of triggereds that never became an execution */
    size_t refused_count, refused_capacity;
    struct execution **executions; /* oldest first */
    size_t execution_count, execution_capacity;
    size_t open_count;
    bool touched, dirty, tell; /* in s->touched; RECORD is due; STATE is due */
    size_t recent;             /* place in s->recent + 1, 0: not in it */
};

struct scope {
    char *key;
    struct heap by_time, by_arrival; /* BUCKET_QUEUED */
    struct heap held;                /* BUCKET_HELD, newest first */
    struct heap held_approvals;      /* BUCKET_HELD_APPROVAL, newest first */
    struct execution *started;       /* BUCKET_RUNNING and BUCKET_HELD */
    size_t running_count, member_count;
    bool marked;
};

struct sequencer {
    struct sequencer_ports ports;
    struct map records, scopes;
    struct map tasks; /* id of an open task's triggered: its execution */
    struct heap timers;
    int64_t timeout_ns, up_since_ns;
    struct scope **marked;
    size_t marked_count, marked_capacity;
    struct record **touched;
    size_t touched_count, touched_capacity;
    struct record *recent[RECENT_MAX];
    size_t recent_next;
    /* of the input that is being handled */
    int64_t now_ns;
    struct sequencer_effects *out;
};

/* --- effects.c --- */

/* data is taken over; project, context and the draft are copied. */
void effects_emit(struct sequencer_effects *out, const struct record *r, const struct event_draft *draft,
                  cJSON *data);
void effects_open(struct sequencer_effects *out, const struct record *r, const char *event_id);
void effects_close(struct sequencer_effects *out, const struct record *r, const char *event_id);
void effects_record(struct sequencer_effects *out, const struct record *r, cJSON *record, cJSON *state,
                    bool tell);

/* --- payload.c: merge and aggregation (keptn-events.md, 3.3 and 3.4) --- */

void payload_merge(cJSON *into, const cJSON *from); /* both objects */
/* The data of a task's triggered (task: of the plan), or with task NULL of a follower's triggered in stage.
 */
cJSON *payload_build(const struct execution *x, const char *stage, const struct plan_task *task);
bool payload_fits(const cJSON *payload);

struct verdict {
    const char *result, *status;
};
struct verdict payload_verdict(const struct task_event *events, size_t count);
void json_set(cJSON *object, const char *key, cJSON *value); /* adds or replaces; value is taken over */
void json_set_text(cJSON *object, const char *key, const char *text);
cJSON *json_must(cJSON *item);       /* aborts where there was no memory */
cJSON *json_copy(const cJSON *item); /* NULL gives NULL */

/* --- state.c: Keptn's view (3.7) --- */

struct state_event {
    const char *type, *id, *result, *status;
};
cJSON *state_new(const struct event *ev, int64_t now_ns);
void state_set_overall(struct record *r, const char *word);
const char *state_overall(const struct record *r);
/* word: of the stage; NULL: as it is. The entry is made where there is none. */
void state_set_stage(struct record *r, const char *stage, const char *word);
bool state_has_stage(const struct record *r, const char *stage);
void state_resume_stages(struct record *r);
void state_event(struct record *r, const char *stage, const char *word, const struct state_event *ev,
                 int64_t now_ns);
void state_set_shipyard_commit(struct record *r, const char *stage, const char *commit);
void state_set_image(struct record *r, const char *stage, const cJSON *payload);
void state_set_evaluation(struct record *r, const char *stage, const struct event *ev);

/* --- record.c: records and their life in memory --- */

struct record *record_find(struct sequencer *s, const char *project,
                           const char *context); /* memory, then the port */
struct record *record_new(struct sequencer *s, const char *project, const char *context, cJSON *state);
void record_free(struct record *r);
void record_touch(struct sequencer *s, struct record *r);
void record_change(struct sequencer *s, struct record *r); /* touched, and its RECORD is due */
bool record_is_open(const struct record *r);
bool record_is_paused(const struct record *r, const char *stage);
bool record_knows(const struct record *r, const char *trigger_id);
void record_refuse(struct record *r, const char *trigger_id); /* remembers it */
/* Takes the expected follower out. Returns false: it was none. */
bool record_take_expected(struct record *r, const char *trigger_id, bool *cancelled);
void record_expect(struct record *r, const char *id, const char *stage);
void record_add(struct record *r, struct execution *x);
void record_settle(struct sequencer *s,
                   struct record *r);   /* where nothing is open any more: its overall state */
void record_flush(struct sequencer *s); /* effects of all that was touched */
void record_clear_pauses(struct record *r);
void execution_free(struct execution *x);
void execution_compact(struct execution *x); /* ended: drops what only a running one needs */
bool execution_is_open(const struct execution *x);
void task_clear(struct task_run *task);

/* --- record_json.c --- */

cJSON *record_to_json(const struct record *r);
/* *out is the caller's, in no map yet. */
MUST_CHECK enum status record_from_json(const char *text, struct record **out, struct error *err);

/* --- dispatch.c: who is held, who goes (3.1, 3.2) --- */

void dispatch_place(struct sequencer *s,
                    struct execution *x); /* after any change of its state, task or timer */
void dispatch_remove(struct sequencer *s, struct execution *x);
void dispatch_set_timer(struct sequencer *s, struct execution *x); /* where nothing else of it changed */
void dispatch_run(struct sequencer *s);
void dispatch_forget_marks(struct sequencer *s);
enum bucket dispatch_bucket_of(const struct execution *x);
int64_t dispatch_timer_of(const struct sequencer *s, const struct execution *x); /* INT64_MAX: none */
/* Who goes next, NULL: nobody. */
struct execution *dispatch_next_start(const struct scope *scope);
struct execution *dispatch_next_send(const struct scope *scope);
void dispatch_init_timers(struct heap *timers);
void scope_free(struct scope *scope);

/* --- execution.c --- */

void execution_trigger(struct sequencer *s, const struct event *ev, const struct sequencer_source *source);
void execution_start(struct sequencer *s, struct execution *x);
void execution_send_task(struct sequencer *s, struct execution *x);
void execution_task_event(struct sequencer *s, const struct event *ev);
void execution_abort(struct sequencer *s, struct execution *x);
void execution_time_out(struct sequencer *s, struct execution *x);

/* --- finish.c --- */

struct ending {
    enum execution_state state;
    const char *status, *result;
    const cJSON *labels; /* NULL: none */
    const char *message;
    bool with_followers;
};
void execution_finish(struct sequencer *s, struct execution *x, const struct ending *ending);
/* A triggered that never becomes an execution: emits its finished and shows it. */
void execution_refuse(struct sequencer *s, struct record *r, const struct event *ev,
                      const struct ending *ending);

/* --- control.c --- */

void control_apply(struct sequencer *s, struct record *r, const char *stage, enum sequencer_verb verb);

#endif
