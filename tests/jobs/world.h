/* tests/jobs/world.h: a loop with the job executor on it, and ports that are arrays: what the daemon, Git and
 * the store would be. Every wait is for a state, with a deadline. */
#ifndef TESTS_JOBS_WORLD_H
#define TESTS_JOBS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "event/event.h"
#include "jobs/internal.h"
#include "jobs/jobs.h"

#define WORLD_COMMITS_MAX 64
#define WORLD_ID          "11111111-2222-4333-8444-555555555555"

struct commit {
    char *type;  /* of the event; "" where there is none */
    char *state; /* of the record; "" where there is none */
    char *id;    /* of the record, or "" */
    cJSON *data; /* of the event, or NULL */
    char *source, *triggeredid, *context, *gitcommitid;
    int64_t pid, start_time;
    uint64_t handled;
    jobs_commit_done done; /* not NULL: not answered yet */
    void *done_arg;
};

struct world {
    uv_loop_t loop;
    uv_timer_t tick; /* lets a wait look at the world */
    struct jobs *j;
    char directory[64], marker[96];
    const char *config;                /* NULL: none */
    enum status config_status;         /* where there is none; 0: STATUS_NOT_FOUND */
    const char *file_name, *file_text; /* the one file of the service */
    const char *secret_name, *secret_text;
    bool hold_commits; /* they stay unanswered until world_release */
    enum status commit_status;
    struct commit commits[WORLD_COMMITS_MAX];
    size_t commit_count;
    bool stopped;
};

/* environment NULL: only PATH is let through. */
void world_open(struct world *w, const char *const *environment, int concurrent_max, size_t log_max);
void world_close(struct world *w); /* stops what runs, removes the directory, asserts that nothing is left */

/* Makes an event of task "je" or as in type; extra: more members of data, beginning with a comma, or "". */
void world_event(struct event *ev, const char *id, const char *type, const char *extra);
void world_handle(struct world *w, const char *extra);
void world_handle_type(struct world *w, const char *type);

/* Runs the loop until the condition is true; fails the test after 30 s. */
void world_wait(struct world *w, bool (*condition)(struct world *w), const char *what);
void world_run_ms(struct world *w, int ms);
bool world_has_ended(struct world *w); /* the last commit's record says so, and all directories are gone */
void world_release(struct world *w);   /* answers the oldest commit that is not answered */

const struct commit *world_commit(const struct world *w, size_t i); /* fails where there is none */
const char *world_message(const struct commit *c);
char *world_log(const struct world *w); /* of WORLD_ID; the caller's */
char *world_path(const struct world *w, const char *name);
bool world_exists(const char *path);
void world_assert_text(const char *text, const char *part); /* contains it */
bool process_is_there(int64_t pid);                         /* and is no zombie */
void wait_until_gone(struct world *w, int64_t pid);

#endif
