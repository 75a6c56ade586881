/* Upstreams. git(1) fetches and pushes as a child process with a deadline: what hangs is ended, and what it
 * does can be limited by its settings. For a file:// upstream whose branches have not changed, a look at its
 * references saves the child. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "repo/internal.h"

#define GIT_DEADLINE_MS 60000
#define GIT_OUTPUT_MAX  ((size_t)1024 * 1024)
#define PUSH_REFS_MAX   64
/* The other end of a file:// upstream runs as we do: its hooks and commands named in its settings do not. */
#define SAFE_END "git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=true -c core.fsmonitor=false "

/* --- the address --- */

static enum status refuse_url(struct error *err, const char *url, const char *why)
{
    return error_set(err, STATUS_UNPROCESSABLE, "Invalid RemoteURL: %s: %s", url, why);
}

/* The path of a file:// URL, percent signs decoded. NULL: not such a URL. */
static char *url_path(const char *url)
{
    if (strncasecmp(url, "file:///", 8) != 0)
        return NULL;
    const char *at = url + 7;
    char *path = mem_alloc(strlen(at) + 1), *to = path;
    for (; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '%') {
            const char hex[3] = {at[1], at[1] != '\0' ? at[2] : '\0', '\0'};
            char *end = NULL;
            byte = (unsigned char)strtoul(hex, &end, 16);
            if (!isxdigit((unsigned char)hex[0]) || end != hex + 2)
                byte = 0;
            at += 2;
        }
        if (byte < 0x20 || byte == 0x7f) {
            free(path);
            return NULL;
        }
        *to++ = (char)byte;
    }
    return path;
}

static bool is_below(const char *path, const char *root)
{
    size_t len = strlen(root);
    while (len > 0 && root[len - 1] == '/')
        len--;
    return strncmp(path, root, len) == 0 && path[len] == '/' && path[len + strspn(path + len, "/")] != '\0';
}

/* "..", which would lead out of the root before anything is resolved. */
static bool climbs(const char *path)
{
    for (const char *at = strstr(path, "/.."); at != NULL; at = strstr(at + 1, "/..")) {
        if (at[3] == '/' || at[3] == '\0')
            return true;
    }
    return false;
}

enum status upstream_resolve(const struct repo *r, const char *url, char **out, struct error *err)
{
    enum status status = STATUS_OK;
    struct stat info;
    char *path = url_path(url), *real = NULL;
    *out = NULL;
    if (path == NULL) {
        status = refuse_url(err, url, "this version takes file:///… upstreams");
    } else if (r->upstream_root == NULL) {
        status =
            refuse_url(err, url, "file:// upstreams are off; start drawbridged with --upstream-root DIR");
    } else if (climbs(path) || (!is_below(path, r->upstream_root) && !is_below(path, r->given_root))) {
        /* Said before the disk is asked: what lies outside is not told. */
        status = refuse_url(err, url, "it is not below the upstream root");
    } else {
        real = realpath(path, NULL);
        if (real == NULL)
            status = error_set(err, STATUS_NOT_FOUND, "upstream repository not found: %s: %s", url,
                               strerror(errno));
        else if (!is_below(real, r->upstream_root))
            status = refuse_url(err, url, "it is not below the upstream root");
        else if (stat(real, &info) != 0 || !S_ISDIR(info.st_mode))
            status =
                error_set(err, STATUS_NOT_FOUND, "upstream repository not found: %s is no directory", url);
    }
    free(path);
    if (status == STATUS_OK)
        *out = real;
    else
        free(real);
    return status;
}

enum status repo_check_upstream(const struct repo *r, const struct repo_upstream *upstream, struct error *err)
{
    char *path = NULL;
    if (upstream == NULL || upstream->url == NULL || upstream->url[0] == '\0')
        return STATUS_OK;
    enum status status = upstream_resolve(r, upstream->url, &path, err);
    free(path);
    return status;
}

/* --- git(1) --- */

/* What git said, in one line: its last ones name the cause. */
static char *told(const struct buffer *errors)
{
    size_t len = errors->len;
    const char *text = buffer_text(errors);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    size_t from = len > 500 ? len - 500 : 0;
    char *line = mem_string_n(text + from, len - from);
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '\n')
            *at = ' ';
    }
    return line;
}

/* Runs git in the project's repository. output may be NULL. */
static enum status run_git(const struct project *p, const char *const *argv, struct buffer *output,
                           const char *what, struct error *err)
{
    int exit_status = 0;
    struct buffer errors = BUFFER_LIMIT(GIT_OUTPUT_MAX);
    union {
        char **in;
        const char *const *out;
    } environment = {.in = p->repo->environment}; /* read only */
    const struct process_request request = {.argv = argv,
                                            .env = environment.out,
                                            .directory = git_repository_path(p->git),
                                            .deadline_ms = GIT_DEADLINE_MS};
    enum status status = process_run(&request, output, &errors, &exit_status, err);
    if (status == STATUS_OK && exit_status != 0) {
        char *line = told(&errors);
        status = error_set(err, STATUS_UNREACHABLE, "cannot %s %s: %s", what, p->upstream->url, line);
        free(line);
    } else if (status != STATUS_OK) {
        error_prefix(err, "cannot %s %s", what, p->upstream->url);
    }
    buffer_free(&errors);
    return status;
}

/* A branch of `name` below one prefix in `git` points to the same commit as below another in `other`. */
static bool all_there(git_repository *git, const char *prefix, git_repository *other,
                      const char *other_prefix, size_t *count)
{
    git_reference_iterator *iterator = NULL;
    git_reference *ref = NULL;
    bool same = git_reference_iterator_new(&iterator, git) == 0;
    *count = 0;
    while (same && git_reference_next(&ref, iterator) == 0) {
        const char *name = git_reference_name(ref);
        size_t len = strlen(prefix);
        if (strncmp(name, prefix, len) == 0 && git_reference_type(ref) == GIT_REFERENCE_DIRECT) {
            char counterpart[REPO_REF_MAX];
            git_oid oid;
            int written = snprintf(counterpart, sizeof counterpart, "%s%s", other_prefix, name + len);
            same = written > 0 && written < (int)sizeof counterpart &&
                   git_reference_name_to_id(&oid, other, counterpart) == 0 &&
                   git_oid_equal(&oid, git_reference_target(ref));
            ++*count;
        }
        git_reference_free(ref);
    }
    git_reference_iterator_free(iterator);
    return same;
}

static bool nothing_new(const struct project *p, const char *path)
{
    git_repository *upstream = NULL;
    size_t theirs = 0, ours = 0;
    bool same = git_repository_open(&upstream, path) == 0 &&
                all_there(upstream, REPO_FILE_PREFIX, p->git, REPO_ORIGIN_PREFIX, &theirs) && theirs > 0 &&
                all_there(p->git, REPO_ORIGIN_PREFIX, upstream, REPO_FILE_PREFIX, &ours) &&
                all_there(p->git, REPO_ORIGIN_PREFIX, p->git, REPO_FILE_PREFIX, &ours);
    git_repository_free(upstream);
    return same;
}

/* The branches show what the upstream has. One that is gone there stays readable. */
static enum status mirror(struct project *p, struct error *err)
{
    git_reference_iterator *iterator = NULL;
    git_reference *ref = NULL;
    if (git_reference_iterator_glob_new(&iterator, p->git, REPO_ORIGIN_PREFIX "*") != 0)
        return git_failed(err, "list the branches of a repository");
    while (git_reference_next(&ref, iterator) == 0) {
        char branch[REPO_REF_MAX];
        git_oid at;
        git_reference *made = NULL;
        const git_oid *target = git_reference_target(ref);
        if (target != NULL && branch_ref(git_reference_name(ref) + strlen(REPO_ORIGIN_PREFIX), branch) &&
            (git_reference_name_to_id(&at, p->git, branch) != 0 || !git_oid_equal(&at, target)) &&
            git_reference_create(&made, p->git, branch, target, 1, "fetch") != 0)
            log_write(LOG_WARN, "project %s: the branch %s cannot follow its upstream: %s", p->name, branch,
                      git_error_last()->message);
        git_reference_free(made);
        git_reference_free(ref);
    }
    git_reference_iterator_free(iterator);
    return STATUS_OK;
}

enum status upstream_default_branch(struct project *p, char out[REPO_REF_MAX], struct error *err)
{
    char *path = NULL;
    out[0] = '\0';
    enum status status = upstream_resolve(p->repo, p->upstream->url, &path, err);
    if (status != STATUS_OK)
        return status;
    struct buffer output = BUFFER_LIMIT(GIT_OUTPUT_MAX);
    const char *const argv[] = {"git", "ls-remote", "--symref", "--upload-pack=" SAFE_END "upload-pack",
                                "--",  path,        "HEAD",     NULL};
    status = run_git(p, argv, &output, "read", err);
    /* "ref: refs/heads/main\tHEAD" */
    static const char mark[] = "ref: " REPO_FILE_PREFIX;
    const char *at = strstr(buffer_text(&output), mark);
    if (status == STATUS_OK && at != NULL) {
        char ref[REPO_REF_MAX];
        at += strlen(mark);
        char *branch = mem_string_n(at, strcspn(at, "\t\n"));
        if (branch_ref(branch, ref))
            (void)snprintf(out, REPO_REF_MAX, "%s", ref);
        free(branch);
    }
    buffer_free(&output);
    free(path);
    return status;
}

/* Where the default branch was there and is gone (renamed), the upstream's HEAD names another. */
static enum status follow_default(struct project *p, struct error *err)
{
    char ref[REPO_REF_MAX], named[REPO_REF_MAX], tracking[REPO_REF_MAX + sizeof REPO_ORIGIN_PREFIX];
    git_oid oid;
    enum status status = default_ref(p, ref, err);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(tracking, sizeof tracking, REPO_ORIGIN_PREFIX "%s", ref + strlen(REPO_FILE_PREFIX));
    if (git_reference_name_to_id(&oid, p->git, ref) != 0 ||
        git_reference_name_to_id(&oid, p->git, tracking) == 0)
        return STATUS_OK;
    status = upstream_default_branch(p, named, err);
    if (status == STATUS_OK && named[0] != '\0' && git_repository_set_head(p->git, named) != 0)
        status = git_failed(err, "set the default branch");
    return status;
}

enum status upstream_fetch(struct project *p, struct error *err)
{
    char *path = NULL;
    if (p->upstream == NULL)
        return STATUS_OK;
    enum status status = upstream_resolve(p->repo, p->upstream->url, &path, err);
    if (status != STATUS_OK) {
        err->status = STATUS_UNREACHABLE;
        return STATUS_UNREACHABLE;
    }
    if (!nothing_new(p, path)) {
        const char *const argv[] = {"git",
                                    "fetch",
                                    "--quiet",
                                    "--no-tags",
                                    "--prune",
                                    "--no-write-fetch-head",
                                    "--no-recurse-submodules",
                                    "--upload-pack=" SAFE_END "upload-pack",
                                    "--",
                                    path,
                                    "+" REPO_FILE_PREFIX "*:" REPO_ORIGIN_PREFIX "*",
                                    NULL};
        status = run_git(p, argv, NULL, "fetch from", err);
        if (status == STATUS_TIMED_OUT)
            err->status = status = STATUS_UNREACHABLE;
        if (status == STATUS_OK)
            status = mirror(p, err);
        if (status == STATUS_OK)
            status = follow_default(p, err);
    }
    free(path);
    return status;
}

/* --- pushing --- */

/* Whether what git says of a push means that somebody else was faster. */
static bool was_overtaken(const char *output)
{
    static const char *const signs[] = {
        "(fetch first)",           "(non-fast-forward)",   "(stale info)",
        "cannot lock ref",         "failed to update ref", "incorrect old value",
        "reference already exists"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strstr(output, signs[i]) != NULL)
            return true;
    }
    return false;
}

static enum status push(const struct project *p, const struct ref_update *updates, size_t count, bool *moved,
                        struct error *err)
{
    const char *argv[PUSH_REFS_MAX + 10];
    char *path = NULL, *refs[PUSH_REFS_MAX];
    size_t n = 0;
    enum status status = upstream_resolve(p->repo, p->upstream->url, &path, err);
    if (status != STATUS_OK) {
        err->status = STATUS_UNREACHABLE;
        return STATUS_UNREACHABLE;
    }
    static const char *const fixed[] = {"git",      "push",        "--porcelain",
                                        "--atomic", "--no-verify", "--receive-pack=" SAFE_END "receive-pack",
                                        "--"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        argv[n++] = fixed[i];
    argv[n++] = path;
    for (size_t i = 0; i < count; i++) {
        char hex[REPO_COMMIT_SIZE];
        git_oid_tostr(hex, sizeof hex, &updates[i].commit);
        refs[i] = mem_printf("%s:%s", hex, updates[i].ref);
        argv[n++] = refs[i];
    }
    argv[n] = NULL;
    struct buffer output = BUFFER_LIMIT(GIT_OUTPUT_MAX);
    status = run_git(p, argv, &output, "push to", err);
    if (status == STATUS_UNREACHABLE && was_overtaken(buffer_text(&output))) {
        *moved = true;
        status = error_set(err, STATUS_CONFLICT,
                           "cannot push to %s: somebody else pushed at the same time; try again",
                           p->upstream->url);
    } else if (status == STATUS_UNREACHABLE && strstr(buffer_text(&output), "rejected]") != NULL) {
        status =
            error_set(err, STATUS_FAILED, "cannot push to %s: %.*s; a bare repository takes every push",
                      p->upstream->url, (int)strcspn(strstr(buffer_text(&output), "rejected]") + 9, "\n"),
                      strstr(buffer_text(&output), "rejected]") + 9);
    }
    buffer_free(&output);
    for (size_t i = 0; i < count; i++)
        free(refs[i]);
    free(path);
    return status;
}

static enum status set_refs(struct project *p, const struct ref_update *updates, size_t count,
                            struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        git_reference *ref = NULL, *tracking = NULL;
        char name[REPO_REF_MAX + sizeof REPO_ORIGIN_PREFIX];
        (void)snprintf(name, sizeof name, REPO_ORIGIN_PREFIX "%s", updates[i].ref + strlen(REPO_FILE_PREFIX));
        int code = git_reference_create(&ref, p->git, updates[i].ref, &updates[i].commit, 1, "keptn");
        if (code == 0 && p->upstream != NULL)
            code = git_reference_create(&tracking, p->git, name, &updates[i].commit, 1, "push");
        git_reference_free(tracking);
        git_reference_free(ref);
        if (code != 0)
            return git_failed(err, "write a branch");
    }
    return STATUS_OK;
}

enum status upstream_publish(struct project *p, const struct ref_update *updates, size_t count, bool *moved,
                             struct error *err)
{
    enum status status = STATUS_OK;
    *moved = false;
    if (count > PUSH_REFS_MAX)
        return error_set(err, STATUS_TOO_LARGE, "%zu branches are more than %d", count, PUSH_REFS_MAX);
    if (p->repo->before_push != NULL)
        p->repo->before_push(p->repo->before_push_arg);
    if (p->upstream != NULL)
        status = push(p, updates, count, moved, err);
    return status == STATUS_OK ? set_refs(p, updates, count, err) : status;
}
