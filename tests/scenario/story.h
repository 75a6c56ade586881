/* tests/scenario/story.h: events as the control plane sends them, told one after the other at times and with
 * ids of our own, and written as a recording. */
#ifndef TESTS_SCENARIO_STORY_H
#define TESTS_SCENARIO_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ids.h"
#include "feed/recording.h"

#define SECONDS(n) ((int64_t)(n)*INT64_C(1000000000))
#define MINUTES(n) SECONDS(60 * (n))
#define HOURS(n)   MINUTES(60 * (n))
#define DAYS(n)    HOURS(24 * (n))

/* What was told and is not written yet. */
struct tale {
    struct tale_event {
        int64_t ns;
        uint64_t place;
        char *text; /* without its number */
    } * events;
    size_t count, capacity;
    uint64_t told;   /* events in all */
    uint64_t number; /* of the newest that was written */
};

/* One delivery, from stage to stage. */
struct story {
    struct tale *tale;
    const char *project, *service;
    const char *image;          /* NULL: none */
    const char *version;        /* label; NULL: none */
    const char *build, *ticket; /* further labels; NULL: none */
    char context[UUID_SIZE];
    int64_t now_ns; /* when the next thing happens */
    /* what is set on the way */
    const char *stage, *sequence;
    const char *result; /* so far */
    const char *evaluation;
    double score;
    char sequence_id[UUID_SIZE], task_id[UUID_SIZE];
    const char *task;
    int64_t task_ns, began_ns;
};

/* The same id for the same number, always. */
void tale_id(uint64_t number, char out[UUID_SIZE]);
/* Writes those that happened before the time, in their order. */
MUST_CHECK enum status tale_write(struct tale *t, struct recording *r, int64_t before_ns, struct error *err);
/* Those before the time as what a snapshot brings: events of the event store, of this number. */
MUST_CHECK enum status tale_write_history(struct tale *t, struct recording *r, int64_t received_ns,
                                          int64_t before_ns, struct error *err);
void tale_free(struct tale *t);

/* number: of the context's id. */
struct story story_begin(struct tale *t, uint64_t number, const char *project, const char *service,
                         const char *version, int64_t now_ns);
void story_sequence(struct story *s, const char *stage, const char *sequence, const char *source);
void story_sequence_ends(struct story *s, const char *status, const char *result, const char *message);
void story_task(struct story *s, const char *task);
void story_starts(struct story *s, const char *source);
void story_ends(struct story *s, const char *source, const char *result, const char *message);
/* Begins a task that one executor takes `took` ns for. */
void story_job(struct story *s, const char *task, const char *source, int64_t took, const char *result,
               const char *message);
void story_evaluation(struct story *s, const char *result, double score);
void story_approval(struct story *s, const char *pass, const char *warning); /* is open */
void story_decision(struct story *s, const char *by, const char *via, const char *result,
                    const char *comment);
/* The state that no event tells: "paused", "started", "waiting"; of the whole context. word: of the stage. */
void story_state(struct story *s, const char *state, const char *word);

#endif
