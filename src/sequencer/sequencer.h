/* sequencer/sequencer.h: the pure state machine. An event (or a control verb, or the passing of time) goes
 * in, effects come out; it does no I/O, reads no clock, and draws no randomness of its own. Source:
 * keptn-events.md, section 3.
 *
 * One *record* per project and context holds all of its executions (one per stage and sequence run), what is
 * queued or held, and the state as Keptn's sequence query shows it. Records with anything open live in
 * memory; ended ones are asked for through a port when a late event names them. The daemon commits all
 * effects of one input in one transaction, then lets them out into the world. */
#ifndef SEQUENCER_SEQUENCER_H
#define SEQUENCER_SEQUENCER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ids.h"
#include "event/event.h"
#include "shipyard/shipyard.h"

struct sequencer;

struct sequencer_ports {
    void *arg;
    void (*new_id)(void *arg, char out[UUID_SIZE]);
    /* The record of an ended context as JSON text (the caller frees it), NULL: there is none. It is the one
     * of the newest RECORD effect of that context, also while the batch that stores it is still on its way to
     * the disk. */
    char *(*load_record)(void *arg, const char *project, const char *context);
};

enum sequencer_effect_kind {
    SEQUENCER_EMIT,  /* store and publish `event` (its id and time are set). A sequence `triggered` among them
                        comes back in through  sequencer_apply with the shipyard of that moment; the others
                        must  not come back. */
    SEQUENCER_OPEN,  /* `event_id`, a triggered event, is open: event/triggered lists it */
    SEQUENCER_CLOSE, /* it is not any more */
    SEQUENCER_RECORD, /* store `record` under project and context; `state` is what the sequence query answers
                         for it */
    SEQUENCER_STATE /* the state changed in a way that no Keptn event tells (queued, paused, resumed, aborted,
                       timed out): the daemon publishes `state` as sh.drawbridge.sequence.state */
};

struct sequencer_effect {
    enum sequencer_effect_kind kind;
    const char *project, *context; /* all kinds */
    struct event_draft event;      /* EMIT */
    const char *event_id;          /* OPEN, CLOSE */
    const cJSON *record, *state;   /* RECORD: both, STATE: state */
    bool open; /* RECORD: something in it has not ended (it is given to sequencer_restore after a restart) */
};

/* Effects in the order in which they must happen; owns all that they point to. Start with
 * sequencer_effects_new(). */
struct sequencer_effects;
struct sequencer_effects *sequencer_effects_new(void);
void sequencer_effects_clear(struct sequencer_effects *effects);
void sequencer_effects_free(struct sequencer_effects *effects);
size_t sequencer_effects_count(const struct sequencer_effects *effects);
const struct sequencer_effect *sequencer_effects_at(const struct sequencer_effects *effects, size_t i);

struct sequencer *sequencer_new(const struct sequencer_ports *ports);
void sequencer_free(struct sequencer *s);

/* After a restart: each stored record that was open, in any order, before the first input. */
MUST_CHECK enum status sequencer_restore(struct sequencer *s, const char *record_json, struct error *err);

/* What a sequence `triggered` needs besides the event. */
struct sequencer_source {
    const struct shipyard *shipyard; /* NULL: fault tells why; borrowed, the sequencer copies what it keeps */
    const char *fault;               /* "Unable to retrieve Shipyard file: …" */
    const char *shipyard_commit;     /* of the upstream's main branch; NULL: unknown */
    const char *stage_commit;        /* newest commit of the stage, for gitcommitid; NULL: unknown */
};

/* One stored event. source: for a sequence `triggered` only, else NULL. Events that it does not act on have
 * no effects. */
void sequencer_apply(struct sequencer *s, const struct event *ev, const struct sequencer_source *source,
                     int64_t now_ns, struct sequencer_effects *out);

enum sequencer_verb { SEQUENCER_PAUSE, SEQUENCER_RESUME, SEQUENCER_ABORT };
/* stage NULL or "": all. Returns false for an unknown context (no effects). */
bool sequencer_control(struct sequencer *s, const char *project, const char *context, const char *stage,
                       enum sequencer_verb verb, int64_t now_ns, struct sequencer_effects *out);

/* The wall time of the next timer (triggeredAfter, task never started for `timeout_ns`), INT64_MAX: none. */
int64_t sequencer_next_timer(const struct sequencer *s);
void sequencer_tick(struct sequencer *s, int64_t now_ns, struct sequencer_effects *out);
void sequencer_set_timeout(struct sequencer *s, int64_t timeout_ns); /* default 10 minutes */
/* Once after the last sequencer_restore: no task times out for the time in which we were down and nobody
 * could claim it. */
void sequencer_set_up_since(struct sequencer *s, int64_t now_ns);

/* A project was deleted: drops its records from memory, without effects. */
void sequencer_forget_project(struct sequencer *s, const char *project);

/* Whether the approval (id of its triggered) is open, and of which context; for the 409 of a late decision.
 */
bool sequencer_task_is_open(const struct sequencer *s, const char *project, const char *context,
                            const char *triggeredid);

/* The name of the task whose triggered has this id and which is not done, also where it is still held back;
 * NULL: there is none. Borrowed until the next input. */
const char *sequencer_current_task(const struct sequencer *s, const char *project, const char *context,
                                   const char *triggeredid);

/* Walks all of it between two inputs and asserts that it holds together, and that nobody waits who could go;
 * for tests. */
void sequencer_check(const struct sequencer *s);

/* Order-blind digest of all state, for tests (replaying all events gives the same). */
uint64_t sequencer_digest(const struct sequencer *s);

#endif
