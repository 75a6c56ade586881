/* tests/scenario/play.h: recordings into a model, through the replay source, at once. */
#ifndef TESTS_SCENARIO_PLAY_H
#define TESTS_SCENARIO_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"

struct play {
    struct model *model;
    int64_t now_ns;            /* the replay's clock at its end */
    size_t left_out;           /* parts that the replay or the model would not have */
    char why[ERROR_TEXT_SIZE]; /* of the last one */
    /* Each event, after the model has taken it; NULL: nobody wants them. */
    void (*event)(void *arg, const struct event *ev, const char *text, size_t len);
    void *arg;
};

/* files: NULL-terminated. Fills p->model. */
MUST_CHECK enum status play_recordings(struct play *p, const char *const *files, struct error *err);
/* The scenario, written to a temporary file. */
MUST_CHECK enum status play_scenario(struct play *p, struct error *err);

#endif
