/* tests/support/world.h: real parts for tests: a temporary directory, a drawbridged on a free port,
 * drawbridge commands against it. What goes wrong fails the running cmocka test with the output of the part.
 */
#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

struct world {
    char directory[64]; /* below TMPDIR, removed by world_free */
    char *programs;     /* where drawbridge, drawbridged, helloservice are */
    pid_t server;       /* 0: not running */
    int server_output;
    char *url, *token_file;
    const char *timeout; /* of tasks (--task-timeout); NULL: 10m */
    const char *as;      /* file of the token that world_ask and the like send; NULL: the admin's */
    char context[40];    /* of the newest `trigger` through world_run; world_wait and the like look at it */
    int port;            /* of the first start; kept over restarts */
};

/* programs NULL: $top_builddir. Makes the directory, and starts drawbridged where start is true. */
void world_open(struct world *w, const char *programs, bool start);
void world_start(struct world *w);            /* on the same data and port as before */
void world_kill(struct world *w, int signal); /* and waits for its end */
void world_close(struct world *w); /* stops the server, asserts that nothing lives that has our directory in
                                      its command line, removes all */

/* Runs drawbridge with the words (NULL-terminated), fails the test where its exit status is not `expected`.
 * Returns standard output and errors together; the caller's (free). */
char *world_run(struct world *w, int expected, ...) __attribute__((sentinel));
/* GET below /api, parsed; the caller's. */
cJSON *world_get(struct world *w, const char *path);
/* Any method below /api, body NULL: none; returns the HTTP status. answer: the caller's, may be NULL. */
long world_ask(struct world *w, const char *method, const char *path, const char *body, char **answer);
/* POST below /api; returns the HTTP status. answer: the caller's, may be NULL. */
long world_post(struct world *w, const char *path, const char *json, char **answer);
long world_post_event(struct world *w, const char *json, char **answer);

char *world_path(const struct world *w, const char *name); /* directory/name; the caller's */
void world_write(const struct world *w, const char *name, const char *text);
char *world_read(const struct world *w, const char *name); /* NULL: not there; the caller's */
/* Runs a shell line in the directory; returns its exit status. */
int world_shell(const struct world *w, const char *line);

/* A project without upstream with the shipyard text, the service helloservice, and the job file for each
 * stage (NULL: none). */
void world_project(struct world *w, const char *shipyard, const char *job);
/* Looks every 20 ms until the delivery triggered last has this overall state ("finished", "waiting": an
 * approval is open), at most 30 s. Returns its context; the caller's. */
char *world_wait(struct world *w, const char *state);
/* The state of its stage as the query has it ("succeeded", …, "" where it has not been
 * reached); the caller's. */
char *world_stage_state(struct world *w, const char *stage);
/* The result of the newest <stage>.delivery.finished ("pass", …); the caller's, NULL: none. */
char *world_stage_result(struct world *w, const char *stage);

#endif
