/* tests/sequencer/world.h: a small drawbridged around the sequencer: it stores what the effects say, feeds
 * back what must come back, and plays the executors. Each input goes to two sequencers: the one that has
 * lived all along, and one that is restored from the stored open records just before; their effects and
 * digests must be the same. */
#ifndef TESTS_SEQUENCER_WORLD_H
#define TESTS_SEQUENCER_WORLD_H

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/map.h"
#include "sequencer/sequencer.h"
#include "shipyard/shipyard.h"

/* A shipyard of these stages, each a line "  - {name: …, sequences: […]}\n". */
#define YARD(stages)                                                                                         \
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: yard}\nspec:\n  stages:\n" stages

struct sent { /* an emitted event */
    const char *id, *type, *context, *triggeredid, *commit, *shipyardcommit;
    int64_t time_ns;
    cJSON *data;
    bool fed; /* a sequence triggered: given back */
    char *text;
};

struct logged {
    char *text, *context, *stage; /* text: an event; context: a control verb; neither: a tick */
    const char *yard, *fault;     /* of that moment */
    bool deleted;                 /* the project was deleted */
    enum sequencer_verb verb;
    int64_t now_ns;
    unsigned ids;
};

struct world {
    struct sequencer *sequencer;
    struct shipyard *yard;
    const char *yard_text;
    const char *fault;        /* instead of the shipyard */
    const char *stage_commit; /* default "stage-commit" */
    int64_t now_ns;           /* grows by a second with each input */
    unsigned ids;
    bool approval_service; /* answers approval.triggered; default true */
    bool alone;            /* without the second sequencer */
    bool hold_feedback;    /* keeps emitted sequence triggereds until world_feed_back() */
    struct arena arena;
    struct sent *sent;
    size_t sent_count, sent_capacity, mark;
    size_t sent_before_deletion;
    struct map open;    /* ids of open events */
    struct map records; /* project/context: newest record as text (free) */
    struct map opened;  /* the same: whether it was open ("y") */
    struct map states;  /* newest state as cJSON */
    size_t state_effects, record_effects, effects_of_last;
    struct traced { /* effects since the test last set trace_count to 0; RECORDs are left out */
        enum sequencer_effect_kind kind;
        const char *context, *id, *type, *status, *result; /* id: of the event; type and on: EMIT only */
    } * trace;
    size_t trace_count, trace_capacity;
    void (*watch)(struct world *w, void *arg); /* after each input; NULL: none */
    void *watch_arg;
    struct logged *log; /* all inputs, to replay them */
    size_t log_count, log_capacity;
};

struct world *world_new(const char *yard_yaml);
void world_free(struct world *w);
void world_set_shipyard(struct world *w, const char *yard_yaml);

/* --- inputs --- */
struct input { /* what is left out gets a default: project "p", service "svc", source "executor", a new id,
                  now */
    const char *type, *context, *stage, *service, *project, *triggeredid, *id, *source, *gitcommitid;
    int64_t time_ns;  /* -1: none */
    const char *data; /* more JSON for data: "\"labels\":{}" */
};
const char *world_apply(struct world *w, const struct input *in); /* returns the event's id */
const char *world_trigger(struct world *w, const char *context, const char *stage_and_sequence);
void world_feed_back(struct world *w);
/* For a task's triggered; status and result NULL: left out. */
void world_started(struct world *w, const struct sent *task);
void world_finished(struct world *w, const struct sent *task, const char *status, const char *result);
void world_finished_with(struct world *w, const struct sent *task, const char *data);
void world_done(struct world *w, const struct sent *task,
                const char *result); /* started, then finished succeeded */
bool world_control(struct world *w, const char *context, const char *stage, enum sequencer_verb verb);
void world_pass_time(struct world *w, int64_t ns); /* ticks */
void world_restart(struct world *w);
/* The project "p", and all that is stored of it. */
void world_delete_project(struct world *w);
/* All inputs again, into another sequencer without restarts: the same comes out, and the same is stored. */
void world_expect_replay(const struct world *w);

/* --- looking --- */
const struct sent *world_nth(const struct world *w, const char *context, const char *type,
                             size_t n); /* type without prefix */
const struct sent *world_last(const struct world *w, const char *context,
                              const char *type); /* fails where there is none */
size_t world_count(const struct world *w, const char *context, const char *type); /* context NULL: any */
bool world_is_open(const struct world *w, const char *id);
/* The types that were emitted since the last look (prefix left out, " " between, finished ones as
 * "qa.delivery.finished(succeeded/pass)"). */
void world_expect(struct world *w, const char *types);
const cJSON *world_state(const struct world *w, const char *context);
const char *world_overall(const struct world *w, const char *context);
const cJSON *world_stage(const struct world *w, const char *context, const char *stage);
const char *world_stage_state(const struct world *w, const char *context, const char *stage);
/* "state" of the execution of that stage (the newest), "" where there is none. */
const char *world_execution(const struct world *w, const char *context, const char *stage);
void world_expect_data(const struct sent *ev, const char *json); /* equal, in any order of keys */

#endif
