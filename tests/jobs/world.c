#include "config.h"

#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "jobs/procs.h"

#define DEADLINE_NS (30 * CLOCK_S)

static void read_config(void *arg, const char *project, const char *stage, const char *service,
                        const char *commit, jobs_read_done done, void *done_arg)
{
    struct world *w = arg;
    (void)commit;
    assert_string_equal(project, "fulltour");
    assert_string_equal(stage, "qa");
    assert_string_equal(service, "helloservice");
    if (w->config)
        done(done_arg, STATUS_OK, w->config, strlen(w->config), NULL);
    else
        done(done_arg, w->config_status ? w->config_status : STATUS_NOT_FOUND, NULL, 0, NULL);
}

static void write_files(void *arg, const char *project, const char *stage, const char *service,
                        const char *name, const char *directory, jobs_files_done done, void *done_arg)
{
    struct world *w = arg;
    (void)project;
    (void)stage;
    (void)service;
    if (!w->file_name || strcmp(name, w->file_name) != 0) {
        done(done_arg, STATUS_NOT_FOUND, NULL);
        return;
    }
    char *path = mem_printf("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(w->file_text, file);
    fclose(file);
    free(path);
    done(done_arg, STATUS_OK, NULL);
}

static void read_secret(void *arg, const char *project, const char *stage, const char *service,
                        const char *name, jobs_read_done done, void *done_arg)
{
    struct world *w = arg;
    (void)project;
    (void)stage;
    (void)service;
    if (w->secret_name && strcmp(name, w->secret_name) == 0)
        done(done_arg, STATUS_OK, w->secret_text, strlen(w->secret_text), NULL);
    else
        done(done_arg, STATUS_NOT_FOUND, NULL, 0, &(struct error){STATUS_NOT_FOUND, "no such secret"});
}

static void commit(void *arg, const struct event_draft *event, const struct jobs_record *record,
                   uint64_t handled, jobs_commit_done done, void *done_arg)
{
    struct world *w = arg;
    assert_true(w->commit_count < WORLD_COMMITS_MAX);
    struct commit *c = &w->commits[w->commit_count++];
    c->type = mem_string(event ? event->type : "");
    c->state = mem_string(record ? record->state : "");
    c->id = mem_string(record ? record->id : "");
    c->pid = record ? record->pid : 0;
    c->start_time = record ? record->start_time : 0;
    c->handled = handled;
    if (event) {
        struct buffer text = BUFFER_LIMIT(JSON_EVENT_MAX);
        struct error err = ERROR_NONE;
        assert_true(event_print(event, &text)); /* it must be an event that can be stored */
        if (json_check(text.data, text.len, &err) != STATUS_OK)
            fail_msg("%s: %s", event->type, err.text);
        buffer_free(&text);
        c->data = cJSON_Duplicate(event->data, cJSON_True);
        c->source = mem_string(event->source);
        c->triggeredid = mem_string(event->triggeredid);
        c->context = mem_string(event->context);
        c->gitcommitid = mem_string(event->gitcommitid);
    }
    c->done = done;
    c->done_arg = done_arg;
    if (!w->hold_commits) {
        c->done = NULL;
        done(done_arg, w->commit_status);
    }
}

void world_release(struct world *w)
{
    for (size_t i = 0; i < w->commit_count; i++) {
        jobs_commit_done done = w->commits[i].done;
        if (!done)
            continue;
        w->commits[i].done = NULL;
        done(w->commits[i].done_arg, w->commit_status);
        return;
    }
    fail_msg("no commit waits");
}

static int64_t now_ns(void *arg)
{
    (void)arg;
    return clock_now_ns();
}

static void nothing(uv_timer_t *timer)
{
    (void)timer;
}

void world_open(struct world *w, const char *const *environment, int concurrent_max, size_t log_max)
{
    static const char *const only_path[] = {"PATH", NULL};
    *w = (struct world){0};
    const char *build = getenv("top_builddir");
    char *shim = mem_printf("%s/jobshim", build ? build : ".");
    if (access(shim, X_OK) != 0)
        fail_msg("%s is not there", shim);
    snprintf(w->directory, sizeof w->directory, "/tmp/drawbridge-jobs-XXXXXX");
    assert_non_null(mkdtemp(w->directory));
    snprintf(w->marker, sizeof w->marker, "%s/marker", w->directory);
    char *jobs_directory = mem_printf("%s/jobs", w->directory);
    const struct jobs_settings settings = {.directory = jobs_directory,
                                           .shim = shim,
                                           .environment = environment ? environment : only_path,
                                           .concurrent_max = concurrent_max,
                                           .log_max_bytes = log_max};
    const struct jobs_ports ports = {.arg = w,
                                     .read_config = read_config,
                                     .write_files = write_files,
                                     .commit = commit,
                                     .now_ns = now_ns,
                                     .read_secret = read_secret};
    struct error err = ERROR_NONE;
    assert_int_equal(uv_loop_init(&w->loop), 0);
    uv_timer_init(&w->loop, &w->tick);
    uv_timer_start(&w->tick, nothing, 5, 5);
    if (jobs_new(&w->loop, &settings, &ports, &w->j, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    free(jobs_directory);
    free(shim);
}

static void note_stop(void *arg)
{
    struct world *w = arg;
    w->stopped = true;
}

static bool has_stopped(struct world *w)
{
    return w->stopped;
}

void world_close(struct world *w)
{
    struct procs_entry *below;
    jobs_stop(w->j, note_stop, w);
    world_wait(w, has_stopped, "jobs_stop");
    jobs_free(w->j);
    assert_int_equal(procs_below(getpid(), &below), 0);
    free(below);
    uv_close((uv_handle_t *)&w->tick, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    for (size_t i = 0; i < w->commit_count; i++) {
        struct commit *c = &w->commits[i];
        char *texts[] = {c->type, c->state, c->id, c->source, c->triggeredid, c->context, c->gitcommitid};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
        cJSON_Delete(c->data);
    }
    const char *const remove[] = {"rm", "-rf", w->directory, NULL};
    const struct process_request request = {.argv = remove, .deadline_ms = 20000};
    struct error err = ERROR_NONE;
    int exit_status = 1;
    assert_int_equal(process_run(&request, NULL, NULL, &exit_status, &err), STATUS_OK);
    assert_int_equal(exit_status, 0);
}

void world_event(struct event *ev, const char *id, const char *type, const char *extra)
{
    struct error err = ERROR_NONE;
    char *text = mem_printf(
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"shipyard-controller\",\"type\":\"%s\","
        "\"time\":\"2023-05-04T10:00:00.5Z\",\"gitcommitid\":\"4f1c\","
        "\"shkeptncontext\":\"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\",\"data\":{\"project\":"
        "\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\"%s}}",
        id, type, extra);
    if (event_decode(text, strlen(text), EVENT_FORM_COMPLETE, ev, &err) != STATUS_OK)
        fail_msg("%s: %s", text, err.text);
    free(text);
}

static void handle(struct world *w, const char *type, const char *extra)
{
    struct event ev = {0};
    world_event(&ev, WORLD_ID, type, extra);
    jobs_handle(w->j, &ev, 7);
    event_free(&ev); /* jobs must have copied it */
}

void world_handle(struct world *w, const char *extra)
{
    handle(w, "sh.keptn.event.je.triggered", extra);
}

void world_handle_type(struct world *w, const char *type)
{
    handle(w, type, "");
}

void world_wait(struct world *w, bool (*condition)(struct world *w), const char *what)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_NS;
    while (!condition(w)) {
        if (clock_monotonic_ns() > deadline) {
            char *log = world_log(w);
            fail_msg("waited in vain for: %s; the job's log: %s", what, log);
        }
        uv_run(&w->loop, UV_RUN_ONCE);
    }
}

void world_run_ms(struct world *w, int ms)
{
    int64_t end = clock_monotonic_ns() + ms * CLOCK_MS;
    while (clock_monotonic_ns() < end)
        uv_run(&w->loop, UV_RUN_ONCE);
}

bool world_has_ended(struct world *w)
{
    const struct commit *last = w->commit_count > 0 ? &w->commits[w->commit_count - 1] : NULL;
    return last && strcmp(last->state, "ended") == 0 && !w->j->jobs && w->j->removals == 0;
}

const struct commit *world_commit(const struct world *w, size_t i)
{
    if (i >= w->commit_count)
        fail_msg("there are %zu commits, not %zu", w->commit_count, i + 1);
    return &w->commits[i];
}

const char *world_message(const struct commit *c)
{
    const char *message = json_text(c->data, "message");
    return message ? message : "";
}

char *world_log(const struct world *w)
{
    struct buffer text = BUFFER_LIMIT(1 << 20);
    char *path = jobs_log_path(w->j, WORLD_ID), bytes[4096];
    FILE *file = fopen(path, "r");
    size_t len;
    while (file && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        (void)buffer_add(&text, bytes, len);
    if (file)
        fclose(file);
    free(path);
    return buffer_take(&text, NULL);
}

char *world_path(const struct world *w, const char *name)
{
    return mem_printf("%s/%s", w->directory, name);
}

bool world_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

void world_assert_text(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

bool process_is_there(int64_t pid)
{
    struct procs_entry entry;
    return procs_read((pid_t)pid, &entry) && entry.state != 'Z';
}

void wait_until_gone(struct world *w, int64_t pid)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_NS;
    while (process_is_there(pid)) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("process %lld is still there", (long long)pid);
        uv_run(&w->loop, UV_RUN_ONCE);
    }
}
