/* A job that a restart has cut off: what is left of its processes is ended, then its task fails. It never
 * runs again. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "jobs/internal.h"
#include "jobs/procs.h"

#define LOOK_MS  20
#define LOOK_MAX 250 /* 5 s; only a process that waits for a dead disk outlives SIGKILL that long */

struct recovery {
    struct jobs *j;
    struct recovery *next;
    struct event event; /* the triggered one */
    char *id, *project, *stage, *service, *context, *task, *log_path;
    bool answers;
    pid_t pid;
    int64_t start_time;
    int looks;
    bool committing;
    uv_timer_t timer;
};

/* Whether a process was started for this job, by what drawbridged put into its environment. */
static bool has_environment_of(const struct recovery *r, pid_t pid)
{
    char path[40];
    struct buffer text = BUFFER_LIMIT(2 * 1024 * 1024);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char bytes[4096];
    ssize_t len;
    while (fd >= 0 && (len = read(fd, bytes, sizeof bytes)) > 0)
        if (!buffer_add(&text, bytes, (size_t)len))
            break;
    if (fd >= 0)
        close(fd);
    const char *const names[][2] = {
        {"KEPTN_PROJECT", r->project}, {"KEPTN_STAGE", r->stage}, {"KEPTN_SERVICE", r->service}};
    bool all = text.len > 0;
    for (size_t i = 0; i < 3 && all; i++) {
        char *wanted = mem_printf("%s=%s", names[i][0], names[i][1]);
        all = memmem(text.data, text.len + 1, wanted, strlen(wanted) + 1) != NULL;
        free(wanted);
    }
    buffer_free(&text);
    return all;
}

/* Kills the group, and returns whether anything of it is still there. Its number belongs to the job as long
 * as its leader is the process of that start time. Where the leader has gone, others may still be in the
 * group: those whose environment is the job's are ended one by one. */
static bool kill_leftovers(const struct recovery *r)
{
    struct procs_entry leader, *all;
    if (r->pid <= 1)
        return false;
    if (procs_read(r->pid, &leader)) {
        if (leader.start_time != r->start_time)
            return false;             /* the number was given to another process, so the group was empty */
        (void)kill(-r->pid, SIGKILL); /* a zombie may be all that is left */
        if (leader.state != 'Z')
            return true;
    }
    size_t count = procs_all(&all), left = 0;
    for (size_t i = 0; i < count; i++)
        if (all[i].group == r->pid && all[i].state != 'Z' && has_environment_of(r, all[i].pid)) {
            (void)kill(all[i].pid, SIGKILL); /* it may have ended this moment */
            left++;
        }
    free(all);
    return left > 0;
}

static void timer_closed(uv_handle_t *handle)
{
    struct recovery *r = handle->data;
    struct jobs *j = r->j;
    char *texts[] = {r->id, r->project, r->stage, r->service, r->context, r->task, r->log_path};
    for (struct recovery **at = &j->recoveries; *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            break;
        }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    event_free(&r->event);
    free(r);
    jobs_check(j);
}

static void end_recovery(struct recovery *r)
{
    if (!uv_is_closing((uv_handle_t *)&r->timer))
        uv_close((uv_handle_t *)&r->timer, timer_closed);
}

static void stored(void *arg, enum status status)
{
    struct recovery *r = arg;
    if (status != STATUS_OK)
        log_write(LOG_ERROR, "the end of job %s could not be stored", r->id);
    r->committing = false;
    end_recovery(r);
}

static void tell_end(struct recovery *r)
{
    struct buffer message = BUFFER_LIMIT(JOBS_MESSAGE_MAX);
    message_set_failed(
        &message,
        "Error while creating job: drawbridged was restarted while this job ran. Its processes were ended, "
        "and it is not run again; trigger the sequence anew",
        r->log_path, 0);
    const struct answer answer = {.kind = "finished",
                                  .status = "errored",
                                  .result = "fail",
                                  .message = buffer_text(&message),
                                  .with_labels = true};
    const struct jobs_record record = {.id = r->id,
                                       .project = r->project,
                                       .stage = r->stage,
                                       .service = r->service,
                                       .context = r->context,
                                       .task = r->task,
                                       .state = "ended",
                                       .log_path = r->log_path};
    log_write(LOG_WARN, "job %s was cut off by a restart; its task fails", r->id);
    r->committing = true;
    jobs_commit_answer(r->j, &r->event, r->answers ? &answer : NULL, &record, 0, stored, r);
    buffer_free(&message);
}

static void look(uv_timer_t *timer)
{
    struct recovery *r = timer->data;
    bool left = kill_leftovers(r);
    if (left && ++r->looks < LOOK_MAX)
        return;
    if (left)
        log_write(LOG_ERROR, "process group %d of job %s does not end", (int)r->pid, r->id);
    uv_timer_stop(timer);
    tell_end(r);
}

static bool copy_event(struct recovery *r, const struct event *triggered)
{
    struct buffer text = BUFFER_LIMIT(2 * JSON_EVENT_MAX);
    struct error err = ERROR_NONE;
    bool read = triggered && json_print(triggered->root, &text) &&
                event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &r->event, &err) == STATUS_OK;
    buffer_free(&text);
    return read && r->event.context;
}

void jobs_recover(struct jobs *j, const struct jobs_record *record, const struct event *triggered)
{
    struct recovery *r = MEM_NEW(struct recovery);
    r->j = j;
    r->id = mem_string(record->id);
    r->project = mem_string(record->project);
    r->stage = mem_string(record->stage);
    r->service = mem_string(record->service);
    r->context = mem_string(record->context);
    r->task = mem_string(record->task);
    r->log_path = jobs_log_path(j, record->id);
    r->pid = (pid_t)record->pid;
    r->start_time = record->start_time;
    r->answers = copy_event(r, triggered) && r->event.parsed_type.kind == EVENT_KIND_TRIGGERED &&
                 strcmp(record->state, JOBS_STATE_SILENT) != 0;
    r->next = j->recoveries;
    j->recoveries = r;
    char *name = workdir_file_name(record->id);
    char *workdir = mem_printf("%s/%s.work", j->directory, name);
    workdir_remove(j, workdir);
    free(workdir);
    free(name);
    uv_timer_init(j->loop, &r->timer);
    r->timer.data = r;
    uv_timer_start(&r->timer, look, 0, LOOK_MS);
}

void recover_stop(struct jobs *j)
{
    for (struct recovery *r = j->recoveries; r; r = r->next)
        if (!r->committing)
            end_recovery(r); /* its record stays: the next start goes on */
}
