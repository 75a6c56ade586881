/* jobs/internal.h: the parts of the job executor.
 *
 *   jobs.c         what is to run: events in, queue, commits, stop
 *   job.c          one job: its actions and tasks, one after the other, and its end
 *   run.c          one process under jobshim
 *   environment.c  a task's variables and command line
 *   message.c      the text of finished events
 *   workdir.c      working directories
 *   recover.c      jobs that a restart has cut off */
#ifndef JOBS_INTERNAL_H
#define JOBS_INTERNAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "event/event.h"
#include "jobs/jobs.h"
#include "shipyard/jobconfig.h"

#define JOBS_CONCURRENT_DEFAULT 16
#define JOBS_LOG_DEFAULT        (8 * 1024 * 1024)
#define JOBS_GRACE_MS           2000        /* between TERM and KILL */
#define JOBS_TAIL_MAX           (16 * 1024) /* bytes of a task's log in a message */
#define JOBS_MESSAGE_MAX        (64 * 1024)
#define JOBS_LABELS_MAX         (256 * 1024) /* bytes of labels in an answer */
#define JOBS_CONFIG_NAME        "job/config.yaml"

/* A job that answers nobody, since its action is silent: it is cleaned up after a restart, but no event tells
 * so. */
#define JOBS_STATE_SILENT "silent"

struct job;
struct recovery;
struct run;

struct jobs {
    uv_loop_t *loop;
    struct jobs_ports ports;
    char *directory, *shim;
    char **environment; /* names let through, NULL-terminated */
    int concurrent_max, running;
    size_t log_max;
    struct job *jobs;               /* all, newest first */
    struct job *queue, **queue_end; /* those that wait for their turn, oldest first (by next_queued) */
    struct recovery *recoveries;
    size_t removals; /* working directories that are being removed */
    bool stopping;
    void (*stopped)(void *arg);
    void *stopped_arg;
};

/* --- workdir.c --- */

/* An id as a file name: what is not a letter, digit or hyphen becomes %XX; a long one ends in a hash. The
 * caller's. */
char *workdir_file_name(const char *id);
/* Makes an empty directory; what stood there is removed. */
MUST_CHECK enum status workdir_make(const char *path, struct error *err);
/* Removes a tree on the thread pool; j->removals counts it. */
void workdir_remove(struct jobs *j, const char *path);

/* --- environment.c --- */

struct environment {
    char **env;  /* NAME=VALUE, NULL-terminated; of equal names only the last */
    char **argv; /* cmd and args, NULL-terminated */
    char *directory;
    char *keptn; /* what is to be seen at /keptn; "": the task has no files */
};
struct environment_source {
    const struct jobs *jobs;
    const struct event *event;
    const struct jobconfig_task *task;
    const char *workdir;   /* stands for /keptn */
    cJSON *const *secrets; /* one for each entry of the task's env, NULL where it is not from a secret */
};
MUST_CHECK enum status environment_make(const struct environment_source *source, struct environment *out,
                                        struct error *err);
void environment_free(struct environment *e);

/* --- run.c --- */

enum run_end { RUN_EXITED, RUN_SIGNALED, RUN_TIMED_OUT, RUN_FAULT };
struct run_outcome {
    enum run_end end;
    int number; /* exit status or signal */
    const char *fault;
};
struct run_callbacks {
    void *arg;
    void (*forked)(void *arg, pid_t pid, int64_t start_time);    /* waits for run_go */
    void (*ended)(void *arg, const struct run_outcome *outcome); /* the last call; the run frees itself */
};
/* *out stays valid until `ended`. */
MUST_CHECK enum status run_start(struct jobs *j, const struct environment *e, const char *log_path,
                                 const struct run_callbacks *callbacks, struct run **out, struct error *err);
void run_go(struct run *r, int limit_s);
void run_terminate(struct run *r);

/* --- message.c --- */

/* The end of a log file from an offset on as valid UTF-8 without control characters; at most JOBS_TAIL_MAX
 * bytes of it. */
void message_add_tail(struct buffer *out, const char *log_path, int64_t from);
void message_add_passed(struct buffer *out, const char *task, const char *log_path, int64_t from);
/* The text of a finished event of a job that failed: why, and the log's tail. */
void message_set_failed(struct buffer *out, const char *why, const char *log_path, int64_t from);
/* "5m0s", as Go prints a duration. */
void message_duration(int seconds, char text[32]);
int64_t message_log_size(const char *log_path); /* 0: there is none */

/* --- jobs.c --- */

/* A started or finished event. status and result NULL: those of the trigger, as in started. */
struct answer {
    const char *kind; /* "started", "finished" */
    const char *status, *result, *message;
    bool with_labels;
    int64_t test_start_ns, test_end_ns; /* 0: no `test` object */
};
/* Commits an answer to `to` (NULL answer: no event) with a record, through the port. */
void jobs_commit_answer(struct jobs *j, const struct event *to, const struct answer *answer,
                        const struct jobs_record *record, uint64_t handled, jobs_commit_done done,
                        void *done_arg);
void jobs_take_turn(struct jobs *j, struct job *job); /* runs it, or queues it */
void jobs_unlink(struct jobs *j, struct job *job);
/* Somebody has left: starts who waits; calls stopped() where it was the last one. j may be freed after that.
 */
void jobs_check(struct jobs *j);

/* --- job.c --- */

struct job {
    struct jobs *j;
    struct job *next, *next_queued;
    struct event event;
    uint64_t number;
    char *log_path, *workdir; /* each task has a directory of its own in workdir */
    struct jobconfig *config;
    const struct jobconfig_action *action; /* that runs */
    size_t task, runs;                     /* which of its tasks; how many were begun over all actions */
    size_t file, secret;                   /* of the task, next to be asked for */
    char *task_directory;
    cJSON **secrets; /* one for each entry of the task's env */
    struct run *run;
    bool answers;   /* started and finished are sent */
    bool has_turn;  /* counts in jobs.running */
    bool busy;      /* a port will call back */
    bool has_files; /* workdir was made */
    bool unstored;  /* its process must not begin, since no record tells of it */
    char *fault;    /* known before anything runs: sent after started */
    int64_t log_from, started_ns;
    struct buffer message;
};

/* NULL: the event cannot be read again. */
struct job *job_new(struct jobs *j, const struct event *ev, uint64_t number);
void job_begin(
    struct job *job);          /* reads the configuration, and goes on from there; frees itself in the end */
void job_run(struct job *job); /* its turn has come */
void job_stop(struct job *job);

/* --- recover.c --- */

void recover_stop(struct jobs *j);

#endif
