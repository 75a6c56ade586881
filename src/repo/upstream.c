/* Fetching from upstreams and pushing to them. For a file:// upstream whose branches have not changed, a look
 * at its references saves the child. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "repo/internal.h"

#define GIT_OUTPUT_MAX ((size_t)1024 * 1024)
#define PUSH_REFS_MAX  64
#define ARGUMENTS_MAX  (PUSH_REFS_MAX + 16)
/* The other end of a file:// upstream runs as we do: its hooks and commands named in its settings do not. */
#define SAFE_END "git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=true -c core.fsmonitor=false "

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

/* Arguments of one run of git(1). */
struct arguments {
    const char *list[ARGUMENTS_MAX]; /* NULL-terminated */
    size_t count;
    char *address; /* owned: the upstream's, in the list */
};

static void add_argument(struct arguments *a, const char *argument)
{
    a->list[a->count++] = argument;
}

/* The upstream, behind what keeps the other end of a file:// upstream safe: `end`, "--upload-pack=…" or
 * "--receive-pack=…". One that is not there: STATUS_UNREACHABLE. */
static enum status add_address(struct arguments *a, const struct project *p, const char *end,
                               struct error *err)
{
    const char *url = p->upstream->url;
    if (upstream_kind(url) != UPSTREAM_FILE) {
        a->address = mem_string(url);
    } else {
        if (upstream_resolve(p->repo, url, &a->address, err) != STATUS_OK) {
            err->status = STATUS_UNREACHABLE;
            return STATUS_UNREACHABLE;
        }
        add_argument(a, end);
    }
    add_argument(a, "--");
    add_argument(a, a->address);
    return STATUS_OK;
}

/* An upstream without a commit tells the name of its default branch only to a clone. */
static enum status unborn_branch(struct project *p, char out[REPO_REF_MAX], struct error *err)
{
    git_repository *clone = NULL;
    git_reference *head = NULL;
    struct arguments a = {0};
    char *place = mem_printf("%sempty-clone", git_repository_path(p->git));
    static const char *const words[] = {"git", "clone", "--quiet", "--bare"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add_argument(&a, words[i]);
    enum status status = add_address(&a, p, "--upload-pack=" SAFE_END "upload-pack", err);
    add_argument(&a, place);
    if (status == STATUS_OK)
        status = git_run(p, a.list, NULL, "read", err);
    if (status == STATUS_OK && git_repository_open_bare(&clone, place) == 0 &&
        git_reference_lookup(&head, clone, "HEAD") == 0 &&
        git_reference_type(head) == GIT_REFERENCE_SYMBOLIC &&
        strncmp(git_reference_symbolic_target(head), REPO_FILE_PREFIX, strlen(REPO_FILE_PREFIX)) == 0)
        (void)branch_ref(git_reference_symbolic_target(head) + strlen(REPO_FILE_PREFIX), out); /* else none */
    git_reference_free(head);
    git_repository_free(clone);
    struct error second = ERROR_NONE;
    if (remove_tree(place, &second) != STATUS_OK)
        log_write(LOG_WARN, "%s", second.text);
    free(place);
    free(a.address);
    return status;
}

enum status upstream_default_branch(struct project *p, char out[REPO_REF_MAX], struct error *err)
{
    struct arguments a = {0};
    struct buffer output = BUFFER_LIMIT(GIT_OUTPUT_MAX);
    out[0] = '\0';
    add_argument(&a, "git");
    add_argument(&a, "ls-remote");
    add_argument(&a, "--symref");
    enum status status = add_address(&a, p, "--upload-pack=" SAFE_END "upload-pack", err);
    if (status == STATUS_OK)
        status = git_run(p, a.list, &output, "read", err);
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
    } else if (status == STATUS_OK && output.len == 0) {
        status = unborn_branch(p, out, err);
    }
    buffer_free(&output);
    free(a.address);
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

static bool is_unchanged(const struct project *p)
{
    char *path = NULL;
    struct error ignored = ERROR_NONE; /* the fetch says it */
    bool same = upstream_kind(p->upstream->url) == UPSTREAM_FILE &&
                upstream_resolve(p->repo, p->upstream->url, &path, &ignored) == STATUS_OK &&
                nothing_new(p, path);
    free(path);
    return same;
}

enum status upstream_fetch_only(struct project *p, struct error *err)
{
    static const char *const words[] = {"git",
                                        "fetch",
                                        "--quiet",
                                        "--no-tags",
                                        "--prune",
                                        "--no-write-fetch-head",
                                        "--no-recurse-submodules"};
    struct arguments a = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add_argument(&a, words[i]);
    enum status status = add_address(&a, p, "--upload-pack=" SAFE_END "upload-pack", err);
    add_argument(&a, "+" REPO_FILE_PREFIX "*:" REPO_ORIGIN_PREFIX "*");
    if (status == STATUS_OK)
        status = git_run(p, a.list, NULL, "fetch from", err);
    if (status == STATUS_TIMED_OUT)
        err->status = status = STATUS_UNREACHABLE;
    free(a.address);
    return status;
}

enum status upstream_follow(struct project *p, struct error *err)
{
    enum status status = mirror(p, err);
    return status == STATUS_OK ? follow_default(p, err) : status;
}

enum status upstream_fetch(struct project *p, struct error *err)
{
    if (p->upstream == NULL || is_unchanged(p))
        return STATUS_OK;
    enum status status = upstream_fetch_only(p, err);
    return status == STATUS_OK ? upstream_follow(p, err) : status;
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

/* What the other end said of a branch that it refused: "! <from>:<to>\t[remote rejected] (<why>)". */
static enum status explain_rejection(const struct project *p, const char *output, bool *moved,
                                     struct error *err)
{
    const char *why = strstr(output, "rejected]");
    *moved = was_overtaken(output);
    if (*moved)
        return error_set(err, STATUS_CONFLICT,
                         "cannot push to %s: somebody else pushed at the same time; try again",
                         p->upstream->url);
    why += strlen("rejected]");
    int len = (int)strcspn(why, "\n");
    return error_set(err, STATUS_FAILED, "cannot push to %s:%.*s%s", p->upstream->url, len < 300 ? len : 300,
                     why,
                     strstr(output, "checked out") != NULL ? "; a bare repository takes every push" : "");
}

static enum status push(const struct project *p, const struct ref_update *updates, size_t count, bool *moved,
                        struct error *err)
{
    static const char *const words[] = {"git", "push", "--porcelain", "--atomic", "--no-verify"};
    struct arguments a = {0};
    char *refs[PUSH_REFS_MAX];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add_argument(&a, words[i]);
    enum status status = add_address(&a, p, "--receive-pack=" SAFE_END "receive-pack", err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        char hex[REPO_COMMIT_SIZE];
        git_oid_tostr(hex, sizeof hex, &updates[i].commit);
        refs[i] = mem_printf("%s:%s", hex, updates[i].ref);
        add_argument(&a, refs[i]);
    }
    struct buffer output = BUFFER_LIMIT(GIT_OUTPUT_MAX);
    status = git_run(p, a.list, &output, "push to", err);
    if (status != STATUS_OK && status != STATUS_TIMED_OUT &&
        (was_overtaken(buffer_text(&output)) || strstr(buffer_text(&output), "rejected]") != NULL))
        status = explain_rejection(p, buffer_text(&output), moved, err);
    buffer_free(&output);
    for (size_t i = 0; i < count; i++)
        free(refs[i]);
    free(a.address);
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
