/* What the job executor needs of the rest: its configuration and files from Git, and commits. Source:
 * keptn-events.md, section 5. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/internal.h"

#define CONFIG_PATH "job/config.yaml"

struct job_read {
    struct core *core;
    char *project, *stage, *service, *commit, *name, *directory;
    struct buffer content;
    enum status status;
    struct error err;
    jobs_read_done read_done;
    jobs_files_done files_done;
    void *done_arg;
};

static struct job_read *job_read_new(struct core *core, const char *project, const char *stage,
                                     const char *service, void *done_arg)
{
    struct job_read *r = MEM_NEW(struct job_read);
    r->core = core;
    r->project = mem_string(project);
    r->stage = mem_string(stage);
    r->service = mem_string(service);
    r->content = BUFFER_LIMIT(REPO_FILE_MAX);
    r->done_arg = done_arg;
    return r;
}

static void job_read_free(struct job_read *r)
{
    char *texts[] = {r->project, r->stage, r->service, r->commit, r->name, r->directory};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    buffer_free(&r->content);
    free(r);
}

/* The newest state of the project's levels; where the upstream is away, what was fetched last. */
static void fetch_or_warn(struct job_read *r)
{
    struct error err = ERROR_NONE;
    if (repo_fetch(r->core->repo, r->project, &err) != STATUS_OK)
        log_write(LOG_WARN, "project %s: a job goes on with what was fetched last: %s", r->project, err.text);
}

/* On the thread pool. */
static void read_config(void *arg)
{
    struct job_read *r = arg;
    const struct repo_scope levels[] = {{.project = r->project, .stage = r->stage, .service = r->service},
                                        {.project = r->project, .stage = r->stage},
                                        {.project = r->project}};
    r->status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < 3 && r->status == STATUS_NOT_FOUND; i++) {
        bool project_level = i == 2;
        if (project_level)
            fetch_or_warn(r);
        r->status = repo_read(r->core->repo, &levels[i], CONFIG_PATH, project_level ? NULL : r->commit,
                              &r->content, NULL, &r->err);
    }
}

static void config_read(void *arg)
{
    struct job_read *r = arg;
    r->read_done(r->done_arg, r->status, buffer_text(&r->content), r->content.len,
                 r->status == STATUS_OK ? NULL : &r->err);
    job_read_free(r);
}

static void port_read_config(void *arg, const char *project, const char *stage, const char *service,
                             const char *commit, jobs_read_done done, void *done_arg)
{
    struct job_read *r = job_read_new(arg, project, stage, service, done_arg);
    r->commit = commit != NULL && commit[0] != '\0' ? mem_string(commit) : NULL;
    r->read_done = done;
    repo_queue_add(r->core->repo_queue, project, read_config, config_read, r);
}

/* Makes the folders of directory/path. Paths from a Git tree have no "..". */
static bool make_folders(int directory, const char *path)
{
    char *folder = mem_string(path);
    bool made = true;
    for (char *slash = strchr(folder, '/'); slash != NULL && made; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = mkdirat(directory, folder, 0700) == 0 || errno == EEXIST;
        *slash = '/';
    }
    free(folder);
    return made;
}

static bool write_bytes(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            bytes += put;
            len -= (size_t)put;
        }
    }
    return true;
}

static enum status write_one(struct job_read *r, const char *path)
{
    const struct repo_scope scope = {.project = r->project, .stage = r->stage, .service = r->service};
    buffer_clear(&r->content);
    enum status status = repo_read(r->core->repo, &scope, path, NULL, &r->content, NULL, &r->err);
    if (status != STATUS_OK)
        return status;
    int directory = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    bool written = false;
    if (directory >= 0 && make_folders(directory, path)) {
        fd = openat(directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        written = fd >= 0 && write_bytes(fd, buffer_text(&r->content), r->content.len);
    }
    if (!written)
        status =
            error_set(&r->err, STATUS_FAILED, "cannot write %s/%s: %s", r->directory, path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (directory >= 0)
        close(directory);
    return status;
}

struct wanted {
    const char *name;
    size_t len;
    char **paths;
    size_t count, capacity;
};

static bool collect(void *arg, const char *path)
{
    struct wanted *w = arg;
    path += path[0] == '/';
    if (strncmp(path, w->name, w->len) == 0 && (path[w->len] == '\0' || path[w->len] == '/' || w->len == 0)) {
        MEM_GROW(w->paths, w->count, w->capacity);
        w->paths[w->count++] = mem_string(path);
    }
    return true;
}

/* On the thread pool. */
static void write_files(void *arg)
{
    struct job_read *r = arg;
    const struct repo_scope scope = {.project = r->project, .stage = r->stage, .service = r->service};
    const char *name = r->name + strspn(r->name, "/");
    struct wanted w = {.name = name, .len = strlen(name)};
    while (w.len > 0 && name[w.len - 1] == '/')
        w.len--;
    fetch_or_warn(r);
    r->status = repo_list(r->core->repo, &scope, NULL, collect, &w, NULL, &r->err);
    if (r->status == STATUS_OK && w.count == 0)
        r->status = error_set(&r->err, STATUS_NOT_FOUND, "no file %s of service %s in stage %s", r->name,
                              r->service, r->stage);
    for (size_t i = 0; i < w.count && r->status == STATUS_OK; i++)
        r->status = write_one(r, w.paths[i]);
    for (size_t i = 0; i < w.count; i++)
        free(w.paths[i]);
    free(w.paths);
}

static void files_written(void *arg)
{
    struct job_read *r = arg;
    r->files_done(r->done_arg, r->status, r->status == STATUS_OK ? NULL : &r->err);
    job_read_free(r);
}

static void port_write_files(void *arg, const char *project, const char *stage, const char *service,
                             const char *name, const char *directory, jobs_files_done done, void *done_arg)
{
    struct job_read *r = job_read_new(arg, project, stage, service, done_arg);
    r->name = mem_string(name);
    r->directory = mem_string(directory);
    r->files_done = done;
    repo_queue_add(r->core->repo_queue, project, write_files, files_written, r);
}

struct job_commit {
    jobs_commit_done done;
    void *done_arg;
};

static void committed(void *arg, enum status status, const struct error *err)
{
    struct job_commit *c = arg;
    (void)err; /* the core has logged it */
    c->done(c->done_arg, status);
    free(c);
}

static void port_commit(void *arg, const struct event_draft *event, const struct jobs_record *record,
                        uint64_t handled, jobs_commit_done done, void *done_arg)
{
    struct core *core = arg;
    struct turn *t = turn_new(core);
    const char *project = event != NULL ? json_text(event->data, "project") : NULL;
    struct job_commit *c = MEM_NEW(struct job_commit);
    *c = (struct job_commit){.done = done, .done_arg = done_arg};
    if (event != NULL && project != NULL && event->triggeredid != NULL &&
        !core_project_has(core, project, event->triggeredid))
        log_write(LOG_INFO, "project %s was deleted: what its job %s answers is dropped", project,
                  event->triggeredid);
    else if (event != NULL)
        (void)turn_event(t, event, false); /* a message is bounded by jobs; too large is logged */
    if (record != NULL) {
        const struct store_job job = {.id = record->id,
                                      .project = record->project,
                                      .stage = record->stage,
                                      .service = record->service,
                                      .context = record->context,
                                      .task = record->task,
                                      .state = record->state,
                                      .log_path = record->log_path,
                                      .pid = record->pid,
                                      .start_time = record->start_time};
        store_batch_job(turn_batch(t), &job);
    }
    if (handled != 0)
        store_batch_handled(turn_batch(t), handled, STORE_FOR_JOBS);
    turn_commit(t, committed, c);
}

static int64_t port_now(void *arg)
{
    return core_now(arg);
}

void core_jobs_ports(struct core *core, struct jobs_ports *out)
{
    *out = (struct jobs_ports){.arg = core,
                               .read_config = port_read_config,
                               .write_files = port_write_files,
                               .commit = port_commit,
                               .now_ns = port_now,
                               .read_secret = port_read_secret};
}
