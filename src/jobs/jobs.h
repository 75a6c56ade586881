/* jobs/jobs.h: Keptn's job executor with real child processes. Task events go in; started and finished events
 * come out. Source: keptn-events.md, section 5; interfaces.md, "Jobs".
 *
 * The path of one job: event → job/config.yaml (service, stage, project level) → an action fits → commit
 * {started event, job record "starting"} → files into a fresh directory → processes, one task after the other
 * → commit {finished event, record "ended"}. A process is started only after its record is durable, so that
 * after a crash no job runs twice. Each process runs under `jobshim`, which stays with it: it ends what is
 * below it when drawbridged ends or says so, and writes the log (jobshim.c tells what lives on when).
 *
 * An action that is not meant for a `triggered` event runs, and answers nobody; so does a silent one. A
 * configuration that is not valid fails the task at once, where its text names the task (Keptn's only logs,
 * and the task runs into its timeout). */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "event/event.h"

struct jobs;

#define JOBS_SOURCE "job-executor-service"

struct jobs_record {
    const char *id, *project, *stage, *service, *context, *task; /* id: of the triggered event */
    const char
        *state; /* "starting", "running", "silent" (one or the other, but it answers nobody), "ended" */
    const char *log_path;
    int64_t pid, start_time; /* of the process group's leader, as /proc/PID/stat field 22 */
};

typedef void (*jobs_read_done)(void *arg, enum status status, const char *bytes, size_t len,
                               const struct error *err);
typedef void (*jobs_files_done)(void *arg, enum status status, const struct error *err);
typedef void (*jobs_commit_done)(void *arg, enum status status);

struct jobs_ports {
    void *arg;
    /* job/config.yaml for the event: service and stage level at its commit, then project level; the first
     * that exists. STATUS_NOT_FOUND: none. */
    void (*read_config)(void *arg, const char *project, const char *stage, const char *service,
                        const char *commit, jobs_read_done done, void *done_arg);
    /* Writes the service's file `name`, else all files under it, below directory (with their relative path),
     * newest commit. STATUS_NOT_FOUND: none. */
    void (*write_files)(void *arg, const char *project, const char *stage, const char *service,
                        const char *name, const char *directory, jobs_files_done done, void *done_arg);
    /* Commits in one transaction: the event (NULL: none; id and time are filled in by the daemon), the record
     * (NULL: none), and that `handled`, the number of the triggered event, is handled (0: not); then calls
     * back on the loop. */
    void (*commit)(void *arg, const struct event_draft *event, const struct jobs_record *record,
                   uint64_t handled, jobs_commit_done done, void *done_arg);
    int64_t (*now_ns)(void *arg);
    /* The secret `name` for a job of the service, as a JSON object of texts; each key becomes a variable.
     * NULL: no secrets are kept, and a task that names one fails. */
    void (*read_secret)(void *arg, const char *project, const char *stage, const char *service,
                        const char *name, jobs_read_done done, void *done_arg);
};

struct jobs_settings {
    const char *directory; /* DIR/jobs: logs, and the working directories while jobs run */
    const char *shim;      /* path of jobshim */
    const char *const *
        environment; /* names let through from our own environment, NULL-terminated; NULL: PATH, HOME, LANG */
    int concurrent_max;   /* jobs at once; 0: 16 */
    size_t log_max_bytes; /* of one job; 0: 8 MiB; what is over is dropped, and the log says so */
};

MUST_CHECK enum status jobs_new(uv_loop_t *loop, const struct jobs_settings *settings,
                                const struct jobs_ports *ports, struct jobs **out, struct error *err);
/* Kills what runs (TERM, 2 s later KILL) without sending events, calls done (may be NULL) when nothing is
 * left, also no call of a port that has yet to be answered; then jobs_free. May call done before it returns.
 * What was running is recovered at the next start. */
void jobs_stop(struct jobs *j, void (*done)(void *arg), void *arg);
void jobs_free(struct jobs *j);

/* A task event with its number. Copies what it needs. Always ends in one commit that says `handled`. */
void jobs_handle(struct jobs *j, const struct event *ev, uint64_t number);

/* After a restart: a job that was not "ended". Kills its process group where pid and start time still fit,
 * and sends a finished event (errored/fail, with a message that says why). triggered: the event that began
 * it. */
void jobs_recover(struct jobs *j, const struct jobs_record *record, const struct event *triggered);

/* Where the log of the job of a triggered event lies: "DIRECTORY/<id>.log". The caller's. */
char *jobs_log_path(const struct jobs *j, const char *id);

#endif
