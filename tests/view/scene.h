/* tests/view/scene.h: scripts for view_driver: events as the control plane sends them, at fixed times before
 * 2026-11-24T10:00:00Z. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "base/buffer.h"

struct scene_run { /* one run of a sequence in a stage; the sequence is always "delivery" */
    const char *project, *stage, *service;
    const char *context; /* 8 hexadecimal digits */
    const char *version; /* the image's tag */
    const char *label;   /* label "version"; NULL: as the tag */
};

/* Each appends one line. ago_s: seconds before 10:00. The id of a task's triggered event is
 * STAGE.TASK.CONTEXT. */
void scene_project(struct buffer *to, const char *name); /* qa, then production with an approval */
void scene_triggered(struct buffer *to, const struct scene_run *run, int ago_s);
void scene_task(struct buffer *to, const struct scene_run *run, const char *task, int ago_s);
void scene_task_started(struct buffer *to, const struct scene_run *run, const char *task, const char *source,
                        int ago_s);
void scene_task_finished(struct buffer *to, const struct scene_run *run, const char *task, const char *source,
                         const char *result, const char *message, int ago_s);
void scene_finished(struct buffer *to, const struct scene_run *run, const char *result, int ago_s);

/* A person's decision. */
void scene_decided(struct buffer *to, const struct scene_run *run, const char *by, const char *result,
                   const char *comment, int ago_s);
/* Runs from its trigger to its end; to the open approval. */
void scene_delivered(struct buffer *to, const struct scene_run *run, int ago_s);
void scene_waiting(struct buffer *to, const struct scene_run *run, int ago_s);

/* A whole script ("recorded" is none: view_driver plays the recorded scenario of tests/scenario): "tour" (the
 * mock-up of screens.md), "waiting" (one that waits, nothing else), "many" (1000 sequences), "back" (one that
 * goes back), "odd" (names that try to break a column). False: no such scene. */
bool scene_script(struct buffer *to, const char *name);

#endif
