#include "config.h"

#include "repo/repo.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "repo/internal.h"

#define DEADLINE_MS 60000 /* of one run of git(1) */

/* What git(1) reads instead of the settings of the machine and of whoever runs drawbridged. Nothing in it
 * runs a program. */
static const char settings[] = "[protocol]\n\tallow = never\n"
                               "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n"
                               "[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
                               "[receive]\n\tautogc = false\n[init]\n\tdefaultBranch = main\n";
/* ssh(1) asks it for the passphrase of a private key. */
static const char askpass[] = "#!/bin/sh\nexec cat \"$DRAWBRIDGE_ASKPASS\"\n";

enum status git_failed(struct error *err, const char *what)
{
    const git_error *last = git_error_last();
    return error_set(err, STATUS_FAILED, "cannot %s: %s", what,
                     last != NULL && last->message != NULL ? last->message : "no reason told");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

enum status remove_tree(const char *path, struct error *err)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return STATUS_OK;
    return error_set(err, STATUS_FAILED, "cannot remove %s: %s", path, strerror(errno));
}

/* --- opening --- */

static enum status write_file(const char *home, const char *name, const char *text, mode_t mode,
                              struct error *err)
{
    enum status status = STATUS_OK;
    char *path = mem_printf("%s/%s", home, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        status = error_set(err, STATUS_FAILED, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(path);
    return status;
}

static enum status write_settings(const struct repo *r, struct error *err)
{
    enum status status = STATUS_OK;
    char *home = mem_printf("%s/.home", r->directory);
    if (mkdir(home, 0700) != 0 && errno != EEXIST)
        status = error_set(err, STATUS_FAILED, "cannot make %s: %s", home, strerror(errno));
    if (status == STATUS_OK)
        status = write_file(home, ".gitconfig", settings, 0600, err);
    if (status == STATUS_OK)
        status = write_file(home, "askpass", askpass, 0700, err);
    free(home);
    return status;
}

static void make_environment(struct repo *r)
{
    const char *path = getenv("PATH");
    char *const entries[] = {mem_printf("PATH=%s", path != NULL ? path : "/usr/bin:/bin"),
                             mem_printf("HOME=%s/.home", r->directory),
                             mem_printf("GIT_CONFIG_GLOBAL=%s/.home/.gitconfig", r->directory),
                             mem_string("GIT_CONFIG_NOSYSTEM=1"),
                             mem_string("GIT_TERMINAL_PROMPT=0"),
                             mem_string("GIT_ASKPASS=false"),
                             mem_printf("SSH_ASKPASS=%s/.home/askpass", r->directory),
                             mem_string("GIT_OPTIONAL_LOCKS=0"),
                             mem_string("LC_ALL=C"),
                             mem_string("GIT_DIR=."), /* where it is run */
                             NULL};
    r->environment = mem_alloc(sizeof entries);
    memcpy(r->environment, entries, sizeof entries);
}

/* What a creation or deletion left behind that was cut off. */
static void remove_leftovers(const struct repo *r)
{
    DIR *directory = opendir(r->directory);
    if (directory == NULL)
        return;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const char *end = strrchr(entry->d_name, '.');
        if (entry->d_name[0] != '.' || end == NULL ||
            (strcmp(end, ".new") != 0 && strcmp(end, ".deleted") != 0))
            continue;
        struct error err = ERROR_NONE;
        char *path = mem_printf("%s/%s", r->directory, entry->d_name);
        if (remove_tree(path, &err) != STATUS_OK)
            log_write(LOG_WARN, "%s", err.text);
        free(path);
    }
    closedir(directory);
}

static void set_up_libgit2(void)
{
    static const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                                 GIT_CONFIG_LEVEL_PROGRAMDATA};
    int threads = git_libgit2_features() & GIT_FEATURE_THREADS;
    assert(threads != 0); /* Debian's is built so; the pool needs it */
    (void)threads;        /* where assertions are off */
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

enum status repo_open(const char *directory, const char *upstream_root, struct repo **out, struct error *err)
{
    enum status status = STATUS_OK;
    struct repo *r = MEM_NEW(struct repo);
    r->deadline_ms = DEADLINE_MS;
    if (uv_mutex_init(&r->mutex) != 0)
        abort(); /* no memory */
    git_libgit2_init();
    set_up_libgit2();
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        status =
            error_set(err, STATUS_FAILED, "cannot make the directory %s: %s", directory, strerror(errno));
    if (status == STATUS_OK)
        r->directory = realpath(directory, NULL);
    if (status == STATUS_OK && r->directory == NULL)
        status =
            error_set(err, STATUS_FAILED, "cannot open the directory %s: %s", directory, strerror(errno));
    if (status == STATUS_OK && upstream_root != NULL) {
        r->given_root = mem_string(upstream_root);
        r->upstream_root = realpath(upstream_root, NULL);
        if (r->upstream_root == NULL)
            status = error_set(err, STATUS_FAILED,
                               "cannot open the upstream root %s: %s; make it, or give another",
                               upstream_root, strerror(errno));
    }
    if (status == STATUS_OK)
        status = write_settings(r, err);
    if (status == STATUS_OK) {
        make_environment(r);
        remove_leftovers(r);
    } else {
        repo_close(r);
        r = NULL;
    }
    *out = r;
    return status;
}

static struct upstream *exchange_told(struct project *p, struct upstream *with)
{
    uv_mutex_lock(&p->repo->mutex);
    struct upstream *before = p->told;
    p->told = with;
    uv_mutex_unlock(&p->repo->mutex);
    return before;
}

static void project_free(void *value)
{
    struct project *p = value;
    project_forget_open(p);
    uv_mutex_destroy(&p->lock);
    free(p->name);
    free(p->path);
    free(p);
}

void repo_close(struct repo *r)
{
    if (r == NULL)
        return;
    map_free(&r->projects, project_free);
    for (char **entry = r->environment; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(r->environment);
    uv_mutex_destroy(&r->mutex);
    free(r->given_root);
    free(r->upstream_root);
    free(r->directory);
    free(r);
    git_libgit2_shutdown();
}

void repo_interrupt(struct repo *r)
{
    r->interrupted = 1;
}

/* --- projects --- */

void project_forget_open(struct project *p)
{
    git_repository_free(p->git);
    p->git = NULL;
    upstream_free(p->upstream);
    p->upstream = NULL;
    upstream_free(exchange_told(p, NULL));
}

static int remove_lock(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)at;
    size_t len = strlen(path);
    if (type == FTW_F && len > 5 && strcmp(path + len - 5, ".lock") == 0)
        (void)unlink(path); /* where it stays, the next write says so */
    return 0;
}

/* Locks of references that a killed drawbridged left: nobody else writes here. */
static void remove_stale_locks(const char *path)
{
    static const char *const files[] = {"HEAD.lock", "config.lock", "packed-refs.lock"};
    char *refs = mem_printf("%s/refs", path);
    (void)nftw(refs, remove_lock, 16, FTW_PHYS);
    free(refs);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *file = mem_printf("%s/%s", path, files[i]);
        (void)unlink(file);
        free(file);
    }
}

enum status open_bare(const char *path, git_repository **out, struct error *err)
{
    if (git_repository_open_bare(out, path) == 0)
        return STATUS_OK;
    char *what = mem_printf("open the repository %s", path);
    enum status status = git_failed(err, what);
    free(what);
    return status;
}

static enum status open_project(struct project *p, struct error *err)
{
    git_config *config = NULL;
    git_buf url = GIT_BUF_INIT;
    remove_stale_locks(p->path);
    enum status status = open_bare(p->path, &p->git, err);
    if (status != STATUS_OK)
        return status;
    if (git_repository_config_snapshot(&config, p->git) != 0) {
        status = git_failed(err, "read a repository's settings");
    } else if (git_config_get_string_buf(&url, config, "remote.origin.url") == 0) {
        const struct repo_upstream upstream = {.url = url.ptr};
        p->upstream = upstream_new(&upstream);
    }
    git_buf_dispose(&url);
    git_config_free(config);
    return status;
}

/* The mutex is held. */
static struct project *find_or_add(struct repo *r, const char *name)
{
    struct project *p = map_get(&r->projects, name);
    if (p == NULL) {
        p = MEM_NEW(struct project);
        p->repo = r;
        p->name = mem_string(name);
        p->path = mem_printf("%s/%s.git", r->directory, name);
        if (uv_mutex_init(&p->lock) != 0)
            abort(); /* no memory */
        map_put(&r->projects, name, p);
    }
    return p;
}

struct project *project_reserve(struct repo *r, const char *name)
{
    uv_mutex_lock(&r->mutex);
    struct project *p = find_or_add(r, name);
    uv_mutex_unlock(&r->mutex);
    uv_mutex_lock(&p->lock);
    return p;
}

void repo_set_upstream(struct repo *r, const char *project, const struct repo_upstream *upstream)
{
    if (!project_name_is_valid(project))
        return; /* no repository has such a name */
    uv_mutex_lock(&r->mutex);
    struct project *p = find_or_add(r, project);
    uv_mutex_unlock(&r->mutex);
    upstream_free(exchange_told(p, upstream_new(upstream)));
}

/* What was told since the last call. */
static void take_told(struct project *p)
{
    struct upstream *told = exchange_told(p, NULL);
    if (told == NULL)
        return;
    upstream_free(p->upstream);
    p->upstream = told;
    if (told->url[0] == '\0') {
        upstream_free(told);
        p->upstream = NULL;
    }
}

enum status project_lock(struct repo *r, const char *name, struct project **out, struct error *err)
{
    *out = NULL;
    if (name == NULL || !project_name_is_valid(name))
        return error_set(err, STATUS_NOT_FOUND, "Project not found");
    char *path = mem_printf("%s/%s.git", r->directory, name);
    bool there = access(path, F_OK) == 0; /* names of projects that never were take no memory */
    free(path);
    if (!there)
        return error_set(err, STATUS_NOT_FOUND, "Project not found");
    struct project *p = project_reserve(r, name);
    enum status status = STATUS_OK;
    if (p->git == NULL)
        status = access(p->path, F_OK) == 0 ? open_project(p, err)
                                            : error_set(err, STATUS_NOT_FOUND, "Project not found");
    if (status != STATUS_OK) {
        project_unlock(p);
        return status;
    }
    take_told(p);
    *out = p;
    return STATUS_OK;
}

void project_unlock(struct project *p)
{
    if (p != NULL)
        uv_mutex_unlock(&p->lock);
}
