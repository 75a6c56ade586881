/* One job: what its configuration says for its event, one action and one task after the other. Each step ends
 * in a call that answers later (a port, a process); its answer takes the next step, or frees the job where
 * jobs are being stopped. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "jobs/internal.h"

static void next_action(struct job *job);
static void begin_task(struct job *job);
static void write_files(struct job *job);
static void read_secrets(struct job *job);

struct job *job_new(struct jobs *j, const struct event *ev, uint64_t number)
{
    struct job *job = MEM_NEW(struct job);
    struct buffer text = BUFFER_LIMIT(2 * JSON_EVENT_MAX);
    struct error err = ERROR_NONE;
    bool read = json_print(ev->root, &text) &&
                event_decode(text.data, text.len, EVENT_FORM_COMPLETE, &job->event, &err) == STATUS_OK;
    buffer_free(&text);
    if (!read) {
        log_write(LOG_ERROR, "event %s cannot be copied for a job: %s", ev->id, err.text);
        event_free(&job->event);
        free(job);
        return NULL;
    }
    char *name = workdir_file_name(ev->id);
    job->j = j;
    job->number = number;
    job->log_path = jobs_log_path(j, ev->id);
    job->workdir = mem_printf("%s/%s.work", j->directory, name);
    job->message = BUFFER_LIMIT(JOBS_MESSAGE_MAX);
    free(name);
    return job;
}

static void free_task_state(struct job *job)
{
    for (size_t i = 0; job->secrets && i < job->action->tasks[job->task].env_count; i++)
        cJSON_Delete(job->secrets[i]);
    free(job->secrets);
    free(job->task_directory);
    job->secrets = NULL;
    job->task_directory = NULL;
}

static void job_free(struct job *job)
{
    struct jobs *j = job->j;
    if (job->has_turn)
        j->running--;
    jobs_unlink(j, job);
    if (job->has_files)
        workdir_remove(j, job->workdir);
    free_task_state(job);
    jobconfig_free(job->config);
    event_free(&job->event);
    buffer_free(&job->message);
    free(job->log_path);
    free(job->workdir);
    free(job->fault);
    free(job);
    jobs_check(j);
}

/* At the head of each answer. True: jobs are being stopped, and this one was freed. */
static bool is_stopped(struct job *job)
{
    job->busy = false;
    if (!job->j->stopping)
        return false;
    job_free(job);
    return true;
}

void job_stop(struct job *job)
{
    if (job->run)
        run_terminate(job->run);
    else if (!job->busy)
        job_free(job);
}

/* --- commits --- */

static void commit(struct job *job, const struct answer *answer, const char *state, pid_t pid,
                   int64_t start_time, uint64_t handled, jobs_commit_done done)
{
    const struct event *ev = &job->event;
    const struct jobs_record record = {.id = ev->id,
                                       .project = ev->project,
                                       .stage = ev->stage,
                                       .service = ev->service,
                                       .context = ev->context,
                                       .task = ev->parsed_type.name,
                                       .state = state,
                                       .log_path = job->log_path,
                                       .pid = pid,
                                       .start_time = start_time};
    job->busy = true;
    jobs_commit_answer(job->j, ev, job->answers ? answer : NULL, state ? &record : NULL, handled, done, job);
}

static void ended(void *arg, enum status status)
{
    struct job *job = arg;
    job->busy = false;
    if (status != STATUS_OK)
        log_write(LOG_ERROR, "the end of job %s could not be stored", job->event.id);
    job_free(job);
}

/* Nothing is to be done for the event. */
static void end_without_job(struct job *job)
{
    commit(job, NULL, NULL, 0, 0, job->number, ended);
}

static void end_failed(struct job *job, const char *why)
{
    char *text = mem_printf("Error while creating job: %s", why);
    message_set_failed(&job->message, text, job->log_path, job->log_from);
    free(text);
    const struct answer answer = {.kind = "finished",
                                  .status = "errored",
                                  .result = "fail",
                                  .message = buffer_text(&job->message),
                                  .with_labels = true};
    commit(job, &answer, "ended", 0, 0, 0, ended);
}

static void end_passed(struct job *job)
{
    struct answer answer = {
        .kind = "finished", .status = "succeeded", .result = "pass", .message = buffer_text(&job->message)};
    if (strcmp(job->event.parsed_type.name, "test") == 0) {
        answer.test_start_ns = job->started_ns;
        answer.test_end_ns = job->j->ports.now_ns(job->j->ports.arg);
    }
    commit(job, &answer, "ended", 0, 0, 0, ended);
}

/* --- tasks --- */

static const char *task_name(const struct job *job)
{
    const char *name = job->action->tasks[job->task].name;
    return *name != '\0' ? name : job->action->name;
}

/* The first fault of an action ends it. A silent action tells nobody, and the next one has its turn. */
static void fail(struct job *job, const char *why)
{
    log_write(LOG_WARN, "job %s of event %s (%s, %s, %s): %s", task_name(job), job->event.id,
              job->event.project, job->event.stage, job->event.service, why);
    free_task_state(job);
    if (job->action->silent)
        next_action(job);
    else
        end_failed(job, why);
}

static void fail_with(struct job *job, const char *what, const struct error *err)
{
    char *why = mem_printf("%s %s: %s", what, task_name(job), err->text);
    fail(job, why);
    free(why);
}

static void pass_task(struct job *job)
{
    if (!job->action->silent)
        message_add_passed(&job->message, task_name(job), job->log_path, job->log_from);
    free_task_state(job);
    job->task++;
    if (job->task < job->action->task_count)
        begin_task(job);
    else if (job->action->silent)
        next_action(job);
    else
        end_passed(job);
}

static void fail_run(struct job *job, const struct run_outcome *outcome)
{
    char duration[32];
    const char *name = task_name(job);
    char *why = NULL;
    switch (outcome->end) {
    case RUN_EXITED:
        why = mem_printf("job %s failed. Reason: Error, Message: it ended with exit status %d", name,
                         outcome->number);
        break;
    case RUN_SIGNALED:
        why = mem_printf("job %s failed. Reason: Error, Message: it was ended by signal %d (%s)", name,
                         outcome->number, strsignal(outcome->number));
        break;
    case RUN_TIMED_OUT:
        message_duration(job->action->tasks[job->task].max_poll_s, duration);
        why = mem_printf(
            "polling for job %s timing out after %s: max poll count reached for job; it was ended, see "
            "maxPollDuration",
            name, duration);
        break;
    case RUN_FAULT:
        why = mem_printf("job %s failed. Reason: Error, Message: %s", name, outcome->fault);
        break;
    }
    fail(job, why);
    free(why);
}

static void run_ended(void *arg, const struct run_outcome *outcome)
{
    struct job *job = arg;
    job->run = NULL;
    if (job->busy)
        return; /* the answer of a commit is to come; it sees that the run is gone */
    if (is_stopped(job))
        return;
    if (job->unstored) {
        job_free(job); /* its record is as it was: the next start fails the task */
        return;
    }
    if (outcome->end == RUN_EXITED && outcome->number == 0)
        pass_task(job);
    else
        fail_run(job, outcome);
}

static void running_is_stored(void *arg, enum status status)
{
    struct job *job = arg;
    job->busy = false;
    if (!job->run) { /* it was killed while it waited for its go-ahead */
        if (!is_stopped(job))
            fail(job, "its process was ended before it began");
        return;
    }
    job->unstored = status != STATUS_OK;
    if (job->unstored) {
        log_write(LOG_ERROR, "job %s is not started: its process could not be stored", job->event.id);
        run_terminate(job->run);
    } else if (!job->j->stopping)
        run_go(job->run, job->action->tasks[job->task].max_poll_s);
}

static void run_forked(void *arg, pid_t pid, int64_t start_time)
{
    struct job *job = arg;
    if (!job->j->stopping)
        commit(job, NULL, job->answers ? "running" : JOBS_STATE_SILENT, pid, start_time, 0,
               running_is_stored);
}

static void start_process(struct job *job)
{
    struct error err = ERROR_NONE;
    struct environment environment;
    const struct jobconfig_task *task = &job->action->tasks[job->task];
    const struct environment_source source = {.jobs = job->j,
                                              .event = &job->event,
                                              .task = task,
                                              .workdir = job->task_directory,
                                              .secrets = job->secrets};
    if (environment_make(&source, &environment, &err) != STATUS_OK) {
        fail_with(job, "could not prepare env for job", &err);
        return;
    }
    const struct run_callbacks callbacks = {.arg = job, .forked = run_forked, .ended = run_ended};
    job->log_from = message_log_size(job->log_path);
    enum status status = run_start(job->j, &environment, job->log_path, &callbacks, &job->run, &err);
    environment_free(&environment);
    if (status != STATUS_OK)
        fail_with(job, "could not start job", &err);
}

static void secret_read(void *arg, enum status status, const char *bytes, size_t len, const struct error *err)
{
    struct job *job = arg;
    struct error why = ERROR_NONE;
    cJSON *secret = NULL;
    if (is_stopped(job))
        return;
    const struct jobconfig_env *env = &job->action->tasks[job->task].env[job->secret];
    if (status == STATUS_OK)
        status = json_parse(bytes, len, &secret, &why);
    else if (err)
        why = *err;
    if (status == STATUS_OK && !cJSON_IsObject(secret))
        status = error_set(&why, STATUS_INVALID, "it is no object");
    if (status != STATUS_OK) {
        cJSON_Delete(secret);
        error_prefix(&why, "could not add env with name %s, valueFrom secret", env->name);
        fail_with(job, "could not prepare env for job", &why);
        return;
    }
    job->secrets[job->secret++] = secret;
    read_secrets(job);
}

static void read_secrets(struct job *job)
{
    const struct jobconfig_task *task = &job->action->tasks[job->task];
    const struct event *ev = &job->event;
    while (job->secret < task->env_count && task->env[job->secret].from != JOBCONFIG_ENV_SECRET)
        job->secret++;
    if (job->secret == task->env_count) {
        start_process(job);
    } else if (!job->j->ports.read_secret) {
        struct error err = ERROR_NONE;
        (void)error_set(&err, STATUS_NOT_FOUND,
                        "could not add env with name %s, valueFrom secret: this drawbridged keeps no secrets",
                        task->env[job->secret].name);
        fail_with(job, "could not prepare env for job", &err);
    } else {
        job->busy = true;
        job->j->ports.read_secret(job->j->ports.arg, ev->project, ev->stage, ev->service,
                                  task->env[job->secret].name, secret_read, job);
    }
}

static void files_written(void *arg, enum status status, const struct error *err)
{
    struct job *job = arg;
    if (is_stopped(job))
        return;
    if (status == STATUS_OK) {
        job->file++;
        write_files(job);
        return;
    }
    const char *name = job->action->tasks[job->task].files[job->file];
    struct error why = err ? *err : (struct error){.status = status};
    if (status == STATUS_NOT_FOUND)
        (void)error_set(&why, status, "could not find file %s for task %s", name, task_name(job));
    fail_with(job, "could not prepare files for job", &why);
}

/* Files come from the repository; still, none may land outside of the working directory. */
static bool leads_out(const char *name)
{
    for (const char *at = name; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
    }
    return false;
}

static void write_files(struct job *job)
{
    const struct event *ev = &job->event;
    const char *name = job->action->tasks[job->task].files[job->file];
    if (!name) {
        read_secrets(job);
    } else if (leads_out(name)) {
        struct error err = ERROR_NONE;
        (void)error_set(&err, STATUS_INVALID, "\"%s\" leads out of the service's files; name it without ..",
                        name);
        fail_with(job, "could not prepare files for job", &err);
    } else {
        job->busy = true;
        job->j->ports.write_files(job->j->ports.arg, ev->project, ev->stage, ev->service, name,
                                  job->task_directory, files_written, job);
    }
}

static void begin_task(struct job *job)
{
    struct error err = ERROR_NONE;
    const struct jobconfig_task *task = &job->action->tasks[job->task];
    job->log_from = message_log_size(job->log_path);
    if (!*task->cmd) {
        (void)error_set(
            &err, STATUS_INVALID,
            "it has no cmd, and as a child process nobody knows the entry point of its image; add cmd");
        fail_with(job, "could not start job", &err);
        return;
    }
    enum status status = job->has_files ? STATUS_OK : workdir_make(job->workdir, &err);
    job->has_files = status == STATUS_OK;
    job->task_directory = mem_printf("%s/%zu", job->workdir, ++job->runs);
    if (status == STATUS_OK)
        status = workdir_make(job->task_directory, &err);
    if (status != STATUS_OK) {
        fail_with(job, "could not start job", &err);
        return;
    }
    job->secrets = mem_alloc((task->env_count + 1) * sizeof *job->secrets);
    job->file = job->secret = 0;
    write_files(job);
}

/* --- actions --- */

/* Whether an action is meant for the event. An expression like `test` or `…test.*` that fits a task's
 * triggered is a wish for that one: it does not fit the task's started and finished as well, or a job would
 * run again on its own answers. */
static bool is_wanted(const struct job *job, const struct jobconfig_action *action)
{
    const struct event *ev = &job->event;
    if (action->task_count == 0 || !jobconfig_action_fits(action, ev))
        return false;
    if (ev->parsed_type.kind == EVENT_KIND_TRIGGERED)
        return true;
    char *type = mem_printf("sh.keptn.event.%s.triggered", ev->parsed_type.name);
    struct event triggered = *ev;
    triggered.type = type;
    bool fits = jobconfig_action_fits(action, &triggered);
    free(type);
    return !fits;
}

static const struct jobconfig_action *wanted_after(const struct job *job,
                                                   const struct jobconfig_action *action)
{
    const struct jobconfig_action *end = job->config->actions + job->config->action_count;
    for (action = action ? action + 1 : job->config->actions; action < end; action++)
        if (is_wanted(job, action))
            return action;
    return NULL;
}

/* In the file's order; the first that is not silent answers and is the last. */
static void next_action(struct job *job)
{
    job->action = wanted_after(job, job->action);
    job->task = 0;
    if (job->action)
        begin_task(job);
    else
        commit(job, NULL, "ended", 0, 0, 0, ended);
}

void job_run(struct job *job)
{
    job->has_turn = true;
    job->j->running++;
    next_action(job);
}

static void started_is_stored(void *arg, enum status status)
{
    struct job *job = arg;
    if (is_stopped(job))
        return;
    if (status != STATUS_OK) {
        log_write(LOG_ERROR, "job %s is not started: it could not be stored", job->event.id);
        job_free(job);
    } else if (job->fault) {
        end_failed(job, job->fault);
    } else {
        jobs_take_turn(job->j, job);
    }
}

static void store_started(struct job *job)
{
    const struct answer answer = {.kind = "started", .with_labels = true};
    job->started_ns = job->j->ports.now_ns(job->j->ports.arg);
    commit(job, &answer, job->answers ? "starting" : JOBS_STATE_SILENT, 0, 0, job->number, started_is_stored);
}

static void warn_of_broken_expressions(const struct job *job)
{
    for (size_t a = 0; a < job->config->action_count; a++)
        for (size_t e = 0; e < job->config->actions[a].event_count; e++) {
            const struct jobconfig_event *rule = &job->config->actions[a].events[e];
            const char *fault = jobconfig_event_fault(rule);
            if (fault)
                log_write(LOG_WARN, "%s of service %s in stage %s: the event \"%s\" never fits: it %s",
                          JOBS_CONFIG_NAME, job->event.service, job->event.stage, rule->name, fault);
        }
}

static void choose_actions(struct job *job)
{
    warn_of_broken_expressions(job);
    const struct jobconfig_action *first = wanted_after(job, NULL), *action = first;
    while (action && action->silent)
        action = wanted_after(job, action);
    job->answers = action && job->event.parsed_type.kind == EVENT_KIND_TRIGGERED;
    if (first)
        store_started(job);
    else
        end_without_job(job);
}

/* Keptn's job executor logs that a configuration is not valid and says no more, so that a task that only it
 * would serve hangs until its timeout. Here the task fails at once with the reason, if the text names it;
 * else another executor may serve it. */
static void refuse_config(struct job *job, const char *bytes, size_t len, const struct error *err)
{
    const char *task = job->event.parsed_type.name;
    log_write(LOG_ERROR, "service %s in stage %s of project %s: no job can run: %s", job->event.service,
              job->event.stage, job->event.project, err->text);
    if (job->event.parsed_type.kind == EVENT_KIND_TRIGGERED && memmem(bytes, len, task, strlen(task))) {
        job->answers = true;
        job->fault = mem_printf("the job configuration is not valid: %s", err->text);
        store_started(job);
    } else {
        end_without_job(job);
    }
}

static void config_read(void *arg, enum status status, const char *bytes, size_t len, const struct error *err)
{
    struct job *job = arg;
    struct error why = ERROR_NONE;
    if (is_stopped(job))
        return;
    if (status != STATUS_OK) {
        if (status != STATUS_NOT_FOUND) /* none is usual: others may serve the task */
            log_write(LOG_ERROR, "cannot read %s of service %s in stage %s of project %s: %s",
                      JOBS_CONFIG_NAME, job->event.service, job->event.stage, job->event.project,
                      err ? err->text : status_words(status));
        end_without_job(job);
    } else if (jobconfig_parse(bytes, len, JOBS_CONFIG_NAME, &job->config, &why) != STATUS_OK) {
        refuse_config(job, bytes, len, &why);
    } else {
        choose_actions(job);
    }
}

void job_begin(struct job *job)
{
    const struct event *ev = &job->event;
    job->busy = true;
    job->j->ports.read_config(job->j->ports.arg, ev->project, ev->stage, ev->service, ev->gitcommitid,
                              config_read, job);
}
