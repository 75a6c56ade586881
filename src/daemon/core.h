/* daemon/core.h: the middle of drawbridged. What comes in (a posted event, a control verb, a job's report, a
 * timer) becomes one *turn*: its events are numbered, the sequencer and the approval rule act on them in
 * memory until nothing more follows, and all of it is committed as one batch. Only when the batch is durable
 * does anything leave: the answer, the stream, the next Git read, the job. So one wait for the disk lies
 * between a decision and what it sets off, and after a crash nothing has been seen that is not stored. */
#ifndef DAEMON_CORE_H
#define DAEMON_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "api/api.h"
#include "base/error.h"
#include "base/map.h"
#include "event/event.h"
#include "jobs/jobs.h"
#include "repo/repo.h"
#include "sequencer/sequencer.h"
#include "store/store.h"

struct core {
    uv_loop_t *loop;
    struct store *store;
    struct sequencer *sequencer;
    struct repo *repo;
    struct repo_queue *repo_queue;
    struct jobs *jobs;
    struct api *api;
    uv_timer_t timer;             /* the sequencer's next one */
    int64_t last_time_ns;         /* of the newest event: times only grow */
    struct map undurable;         /* triggeredid → array of decisions whose batches are not durable yet */
    struct map undurable_records; /* project and context → core_record, likewise */
    struct map deleted;           /* projects whose deletion is not durable yet */
    size_t turns;                 /* committing */
    bool stopping;
};

/* STATUS_OK: durable. */
typedef void (*core_done)(void *arg, enum status status, const struct error *err);

struct turn; /* from turn_new() to turn_commit() */
struct turn *turn_new(struct core *core);
struct store_batch *turn_batch(struct turn *t);
/* Stores an event and lets everybody act on it. What the draft has no id or time for gets one. own: the
 * sequencer's, which has acted already. Returns its id, valid until the commit; NULL where it is too large to
 * store. */
const char *turn_event(struct turn *t, const struct event_draft *draft, bool own);
/* Carries out what the sequencer wants. */
void turn_effects(struct turn *t, const struct sequencer_effects *effects);
/* Acts on what has been queued, commits, frees the turn. done may be NULL; it runs after the turn's events
 * are published. */
void turn_commit(struct turn *t, core_done done, void *arg);

int64_t core_now(struct core *core); /* wall time, growing strictly */
MUST_CHECK enum status core_restore(struct core *core,
                                    struct error *err); /* sequencer's records; before core_resume */
/* Tells the repositories what opens their upstreams; before anything of theirs is asked. */
MUST_CHECK enum status core_restore_upstreams(struct core *core, struct error *err);
void core_resume(struct core *core); /* what was pending, and jobs that ran */
void core_arm_timer(struct core *core);

/* Drops the project from the sequencer and the store. */
void turn_delete_project(struct turn *t, const char *project);
/* Whether the event of this id is one of the project's as it is now: false where the project was deleted
 * after it, also if it was made again. For what was on its way meanwhile. */
bool core_project_has(struct core *core, const char *project, const char *event_id);

/* The newest record of a context, durable or not, as JSON text; NULL: none. The caller's. */
char *core_find_record(const struct core *core, const char *project, const char *context);

/* Who decided an approval, for retries and the 409: durable or not yet, oldest first, one a principal, as
 * store_decisions() has them. The caller's. */
cJSON *core_find_decisions(struct core *core, const char *triggeredid);
void core_note_decision(struct turn *t, const struct store_decision *d);

/* Reads the shipyard as it is now and gives the event to the sequencer (shipyards.c). */
void core_start_sequence(struct core *core, uint64_t number, const char *text, size_t len);

/* The ports (ports_api.c, ports_jobs.c). */
void core_api_ports(struct core *core, struct api_ports *out);
void core_jobs_ports(struct core *core, struct jobs_ports *out);

/* [{"stageName":…,"parentStages":[…]}] of a shipyard. The caller's. */
cJSON *core_stages_json(const struct shipyard *yard);

#endif
