#include "config.h"

#include "jobs/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "jobs/internal.h"

#define SPEC_VERSION "0.2.4" /* shkeptnspecversion of Keptn's own executors */

static char **copy_names(const char *const *names)
{
    static const char *const usual[] = {"PATH", "HOME", "LANG", NULL};
    size_t count = 0;
    if (!names)
        names = usual;
    while (names[count])
        count++;
    char **copy = mem_alloc((count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_string(names[i]);
    return copy;
}

enum status jobs_new(uv_loop_t *loop, const struct jobs_settings *settings, const struct jobs_ports *ports,
                     struct jobs **out, struct error *err)
{
    if (mkdir(settings->directory, 0700) < 0 && errno != EEXIST)
        return error_set(err, STATUS_FAILED, "cannot make the jobs' directory %s: %s", settings->directory,
                         strerror(errno));
    char *directory = realpath(settings->directory, NULL); /* jobs have a directory of their own */
    if (!directory || access(directory, W_OK | X_OK) < 0) {
        free(directory);
        return error_set(err, STATUS_FAILED, "cannot use the jobs' directory %s: %s", settings->directory,
                         strerror(errno));
    }
    struct jobs *j = MEM_NEW(struct jobs);
    j->loop = loop;
    j->ports = *ports;
    j->directory = directory;
    j->shim = mem_string(settings->shim);
    j->environment = copy_names(settings->environment);
    j->concurrent_max = settings->concurrent_max > 0 ? settings->concurrent_max : JOBS_CONCURRENT_DEFAULT;
    j->log_max = settings->log_max_bytes > 0 ? settings->log_max_bytes : JOBS_LOG_DEFAULT;
    j->queue_end = &j->queue;
    *out = j;
    return STATUS_OK;
}

void jobs_free(struct jobs *j)
{
    if (!j)
        return;
    for (char **name = j->environment; *name; name++)
        free(*name);
    free(j->environment);
    free(j->directory);
    free(j->shim);
    free(j);
}

char *jobs_log_path(const struct jobs *j, const char *id)
{
    char *name = workdir_file_name(id);
    char *path = mem_printf("%s/%s.log", j->directory, name);
    free(name);
    return path;
}

/* --- answers --- */

/* Labels of an event that fits with them into the largest event there may be. */
static const cJSON *bounded_labels(const struct event *ev)
{
    const cJSON *labels = json_get(ev->data, "labels");
    struct buffer text = BUFFER_LIMIT(JOBS_LABELS_MAX);
    bool fits = labels && json_print(labels, &text);
    buffer_free(&text);
    return fits ? labels : NULL;
}

static cJSON *answer_data(const struct event *to, const struct answer *a)
{
    cJSON *data =
        event_data_new(to->project, to->stage, to->service, a->with_labels ? bounded_labels(to) : NULL,
                       a->status ? a->status : to->status, a->result ? a->result : to->result, a->message);
    if (a->test_start_ns != 0) {
        char start[CLOCK_TEXT_SIZE], end[CLOCK_TEXT_SIZE];
        clock_format(a->test_start_ns / CLOCK_S * CLOCK_S, start);
        clock_format(a->test_end_ns / CLOCK_S * CLOCK_S, end);
        cJSON *test = cJSON_AddObjectToObject(data, "test");
        cJSON_AddStringToObject(test, "start", start);
        cJSON_AddStringToObject(test, "end", end);
    }
    return data;
}

void jobs_commit_answer(struct jobs *j, const struct event *to, const struct answer *answer,
                        const struct jobs_record *record, uint64_t handled, jobs_commit_done done,
                        void *done_arg)
{
    if (!answer) {
        j->ports.commit(j->ports.arg, NULL, record, handled, done, done_arg);
        return;
    }
    char *type = mem_printf("sh.keptn.event.%s.%s", to->parsed_type.name, answer->kind);
    cJSON *data = answer_data(to, answer);
    const struct event_draft draft = {.source = JOBS_SOURCE,
                                      .type = type,
                                      .context = to->context,
                                      .triggeredid = to->id,
                                      .gitcommitid = to->gitcommitid,
                                      .shkeptnspecversion = SPEC_VERSION,
                                      .data = data};
    j->ports.commit(j->ports.arg, &draft, record, handled, done, done_arg);
    cJSON_Delete(data);
    free(type);
}

/* --- who runs, who waits --- */

void jobs_take_turn(struct jobs *j, struct job *job)
{
    if (j->running < j->concurrent_max) {
        job_run(job);
        return;
    }
    job->next_queued = NULL;
    *j->queue_end = job;
    j->queue_end = &job->next_queued;
}

static void unlink_queued(struct jobs *j, struct job *job)
{
    for (struct job **at = &j->queue; *at; at = &(*at)->next_queued)
        if (*at == job) {
            *at = job->next_queued;
            if (j->queue_end == &job->next_queued)
                j->queue_end = at;
            return;
        }
}

void jobs_unlink(struct jobs *j, struct job *job)
{
    unlink_queued(j, job);
    for (struct job **at = &j->jobs; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            return;
        }
}

void jobs_check(struct jobs *j)
{
    if (!j->stopping) {
        struct job *next = j->running < j->concurrent_max ? j->queue : NULL;
        if (next) { /* one at a time: it calls here again where it ends at once */
            unlink_queued(j, next);
            job_run(next);
        }
        return;
    }
    if (j->jobs || j->recoveries || j->removals > 0 || !j->stopped)
        return;
    void (*stopped)(void *arg) = j->stopped;
    j->stopped = NULL;
    stopped(j->stopped_arg);
}

void jobs_stop(struct jobs *j, void (*done)(void *arg), void *arg)
{
    j->stopping = true;
    for (struct job *job = j->jobs, *next; job; job = next) {
        next = job->next;
        job_stop(job);
    }
    recover_stop(j);
    j->stopped = done; /* only now: nobody reports an end while the list is walked */
    j->stopped_arg = arg;
    jobs_check(j);
}

/* --- events --- */

static void nothing_more(void *arg, enum status status)
{
    (void)arg;
    if (status != STATUS_OK)
        log_write(LOG_ERROR, "that an event needs no job could not be stored");
}

static bool is_running(const struct jobs *j, const char *id)
{
    for (const struct job *job = j->jobs; job; job = job->next)
        if (strcmp(job->event.id, id) == 0)
            return true;
    return false;
}

void jobs_handle(struct jobs *j, const struct event *ev, uint64_t number)
{
    if (j->stopping)
        return; /* it stays unhandled, and the next start takes it up */
    bool complete = ev->parsed_type.class == EVENT_CLASS_TASK && ev->id && ev->context && ev->project &&
                    ev->stage && ev->service && !is_running(j, ev->id);
    struct job *job = complete ? job_new(j, ev, number) : NULL;
    if (!job) {
        j->ports.commit(j->ports.arg, NULL, NULL, number, nothing_more, NULL);
        return;
    }
    job->next = j->jobs;
    j->jobs = job;
    job_begin(job);
}
