/* Making and deleting a project's repository. It is built beside its place and moved there whole, then pushed
 * in one step: wherever this is cut off, the same call again begins anew, or finds its own work done. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "repo/internal.h"

#define SHIPYARD "shipyard.yaml"

struct creation {
    struct project *p; /* reserved; p->git is the new repository while it is built */
    const char *const *stages;
    size_t stage_count;
    const char *shipyard;
    size_t shipyard_len;
    bool adopts;                    /* takes over what is initialised, and only that */
    char *building;                 /* where it is built */
    char default_ref[REPO_REF_MAX]; /* refs/heads/main, or what the upstream's HEAD names */
    struct ref_update *updates;     /* the default branch, then each stage */
};

enum status commit_stage(git_repository *git, const git_oid *base, git_oid *out, struct error *err)
{
    git_commit *commit = NULL;
    if (git_commit_lookup(&commit, git, base) != 0)
        return git_failed(err, "read the default branch");
    enum status status = commit_tree(git, base, git_commit_tree_id(commit), "created stage", out, err);
    git_commit_free(commit);
    return status;
}

/* Whether Keptn, or we, have initialised what a branch shows (source: resource-service 1.4.5,
 * isProjectInitialized: metadata.yaml is there and not empty). */
static bool is_initialized(git_repository *git, git_tree *tree)
{
    git_tree_entry *entry = NULL;
    git_blob *blob = NULL;
    bool found = tree != NULL && git_tree_entry_bypath(&entry, tree, REPO_METADATA) == 0 &&
                 git_tree_entry_type(entry) == GIT_OBJECT_BLOB &&
                 git_blob_lookup(&blob, git, git_tree_entry_id(entry)) == 0 && git_blob_rawsize(blob) > 0;
    git_blob_free(blob);
    git_tree_entry_free(entry);
    return found;
}

/* --- the new repository --- */

static enum status init_bare(struct creation *c, const struct repo_upstream *upstream, struct error *err)
{
    struct project *p = c->p;
    git_repository_init_options options;
    git_config *config = NULL;
    bool has_upstream = upstream != NULL && upstream->url != NULL && upstream->url[0] != '\0';
    (void)git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION); /* 1 is known */
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_NO_REINIT;
    options.mode = 0700;
    options.initial_head = "main";
    (void)snprintf(c->default_ref, sizeof c->default_ref, REPO_FILE_PREFIX "main");
    enum status status = remove_tree(c->building, err);
    if (status == STATUS_OK && git_repository_init_ext(&p->git, c->building, &options) != 0)
        status = git_failed(err, "make a repository");
    if (status != STATUS_OK || !has_upstream)
        return status;
    p->upstream = upstream_new(upstream);
    if (git_repository_config(&config, p->git) != 0 ||
        git_config_set_string(config, "remote.origin.url", upstream->url) != 0)
        status = git_failed(err, "write a repository's settings");
    git_config_free(config);
    return status;
}

/* The default branch: what the upstream's HEAD names, main where it is empty. */
static enum status choose_default(struct creation *c, struct error *err)
{
    static const char *const usual[] = {REPO_FILE_PREFIX "main", REPO_FILE_PREFIX "master"};
    git_reference_iterator *iterator = NULL;
    git_reference *ref = NULL;
    git_oid oid;
    char named[REPO_REF_MAX];
    git_repository *git = c->p->git;
    enum status status = upstream_default_branch(c->p, named, err);
    for (size_t i = 0; i < 2 && named[0] == '\0' && status == STATUS_OK; i++) {
        if (git_reference_name_to_id(&oid, git, usual[i]) == 0)
            (void)snprintf(named, sizeof named, "%s", usual[i]);
    }
    bool empty = git_reference_iterator_glob_new(&iterator, git, REPO_FILE_PREFIX "*") != 0 ||
                 git_reference_next(&ref, iterator) != 0;
    git_reference_free(ref);
    git_reference_iterator_free(iterator);
    if (status == STATUS_OK && named[0] == '\0' && !empty)
        status = error_set(err, STATUS_INVALID,
                           "cannot tell the default branch of %s: its HEAD names a branch that is not there; "
                           "point it at one with `git symbolic-ref HEAD refs/heads/…`",
                           c->p->upstream->url);
    if (status == STATUS_OK && named[0] != '\0')
        memcpy(c->default_ref, named, sizeof named);
    if (status == STATUS_OK && git_repository_set_head(git, c->default_ref) != 0)
        status = git_failed(err, "set the default branch");
    return status;
}

/* The stage's branch: from the default branch before the shipyard lands there. One that the upstream has
 * keeps its files, and gets what makes it a stage. */
static enum status make_stage(struct creation *c, const char *stage, const git_oid *base,
                              const struct repo_file *metadata, struct ref_update *out, struct error *err)
{
    git_repository *git = c->p->git;
    git_tree *tree = NULL;
    git_oid parent, with;
    if (!branch_ref(stage, out->ref) || strcmp(out->ref, c->default_ref) == 0)
        return error_set(err, STATUS_INVALID, "stage %s cannot be a branch of its own: %s", stage,
                         "the default branch has that name; give the stage another one");
    if (git_reference_name_to_id(&parent, git, out->ref) != 0)
        return commit_stage(git, base, &out->commit, err);
    enum status status = ref_tree(git, out->ref, &parent, &tree, err);
    if (status == STATUS_OK && is_initialized(git, tree))
        with = *git_tree_id(tree);
    else if (status == STATUS_OK)
        status = tree_with(git, tree, "", metadata, 1, &with, err);
    if (status == STATUS_OK)
        status = commit_tree(git, &parent, &with, "created stage", &out->commit, err);
    git_tree_free(tree);
    return status;
}

/* Keptn's commits: "initialized project", each stage's "created stage" on it, then the shipyard. */
static enum status make_commits(struct creation *c, git_tree *base, const git_oid *parent, struct error *err)
{
    git_repository *git = c->p->git;
    git_oid tree, first;
    git_tree *first_tree = NULL;
    char when[64];
    metadata_time(when);
    char *text = mem_printf("projectName: %s\ncreationTimestamp: %s\nisUsingDirectoryStructure: false\n",
                            c->p->name, when);
    const struct repo_file metadata = {.path = REPO_METADATA, .bytes = text, .len = strlen(text)};
    const struct repo_file shipyard = {.path = SHIPYARD, .bytes = c->shipyard, .len = c->shipyard_len};
    enum status status = tree_with(git, base, "", &metadata, 1, &tree, err);
    if (status == STATUS_OK)
        status = commit_tree(git, parent, &tree, "initialized project", &first, err);
    for (size_t i = 0; i < c->stage_count && status == STATUS_OK; i++)
        status = make_stage(c, c->stages[i], &first, &metadata, &c->updates[i + 1], err);
    if (status == STATUS_OK && git_tree_lookup(&first_tree, git, &tree) != 0)
        status = git_failed(err, "read a commit's files");
    if (status == STATUS_OK)
        status = tree_with(git, first_tree, "", &shipyard, 1, &tree, err);
    (void)snprintf(c->updates[0].ref, sizeof c->updates[0].ref, "%s", c->default_ref);
    if (status == STATUS_OK)
        status = commit_tree(git, &first, &tree, "Updated resource", &c->updates[0].commit, err);
    git_tree_free(first_tree);
    free(text);
    return status;
}

/* --- its place --- */

/* A repository that stands where the new one belongs: of a creation that was cut off, for no project of this
 * name is known. It is kept beside, in case somebody knows better. */
static enum status clear_place(struct project *p, struct error *err)
{
    char *aside = mem_printf("%s/.%s.git.%" PRId64 ".replaced", p->repo->directory, p->name, clock_now_ns());
    enum status status = STATUS_OK;
    if (rename(p->path, aside) == 0)
        log_write(LOG_WARN, "project %s: a repository of an earlier creation is kept as %s", p->name, aside);
    else if (errno != ENOENT)
        status = error_set(err, STATUS_FAILED, "cannot move %s: %s", p->path, strerror(errno));
    free(aside);
    return status;
}

static enum status move_to_place(struct creation *c, bool *placed, struct error *err)
{
    struct project *p = c->p;
    git_repository_free(p->git); /* its paths are those of the place where it was built */
    p->git = NULL;
    enum status status = clear_place(p, err);
    if (status != STATUS_OK)
        return status;
    if (rename(c->building, p->path) != 0)
        return error_set(err, STATUS_FAILED, "cannot move %s to %s: %s", c->building, p->path,
                         strerror(errno));
    *placed = true;
    return open_bare(p->path, &p->git, err);
}

/* An upstream that is initialised: by ourselves, when a creation was cut off after its push? */
static bool is_own_work(const struct creation *c, const git_oid *head)
{
    git_repository *left = NULL;
    git_commit *commit = NULL;
    git_config *config = NULL;
    git_buf url = GIT_BUF_INIT;
    struct error ignored = ERROR_NONE;
    bool own = open_bare(c->p->path, &left, &ignored) == STATUS_OK &&
               git_commit_lookup(&commit, left, head) == 0 &&
               git_repository_config_snapshot(&config, left) == 0 &&
               git_config_get_string_buf(&url, config, "remote.origin.url") == 0 &&
               strcmp(url.ptr, c->p->upstream->url) == 0;
    git_buf_dispose(&url);
    git_config_free(config);
    git_commit_free(commit);
    git_repository_free(left);
    return own;
}

/* Whether a default branch is one that can be taken over as it is. */
static enum status check_adoptable(const struct creation *c, git_tree *tree, struct error *err)
{
    git_tree_entry *entry = NULL;
    const char *url = c->p->upstream->url;
    enum status status = STATUS_OK;
    if (!is_initialized(c->p->git, tree))
        status = error_set(err, STATUS_UNPROCESSABLE,
                           "%s is not initialised: its branch %s has no " REPO_METADATA
                           ", so neither Keptn nor drawbridged has made it; `drawbridge create project` does",
                           url, c->default_ref + strlen(REPO_FILE_PREFIX));
    else if (git_tree_entry_bypath(&entry, tree, ".keptn-stages") == 0)
        status = error_set(err, STATUS_UNPROCESSABLE,
                           "%s is in Keptn's directory layout (.keptn-stages), which drawbridged does not "
                           "write; move each stage's folder into a branch of its own first",
                           url);
    else if (git_tree_entry_bypath(&entry, tree, SHIPYARD) != 0)
        status = error_set(err, STATUS_UNPROCESSABLE, "%s has no " SHIPYARD " on its branch %s", url,
                           c->default_ref + strlen(REPO_FILE_PREFIX));
    git_tree_entry_free(entry);
    return status;
}

static enum status create(struct creation *c, const struct repo_upstream *upstream, struct error *err)
{
    struct project *p = c->p;
    git_tree *base = NULL;
    git_oid head;
    bool moved = false, has_head = false, placed = false;
    enum status status = init_bare(c, upstream, err);
    if (status == STATUS_OK && p->upstream != NULL) {
        status = upstream_fetch(p, err);
        if (status == STATUS_OK)
            status = choose_default(c, err);
    }
    has_head = status == STATUS_OK && git_reference_name_to_id(&head, p->git, c->default_ref) == 0;
    if (has_head)
        status = ref_tree(p->git, c->default_ref, &head, &base, err);
    if (status == STATUS_OK && c->adopts) {
        git_tree *tree = base;
        base = NULL;
        status = check_adoptable(c, tree, err);
        git_tree_free(tree); /* before the repository that it belongs to */
        if (status == STATUS_OK)
            status = move_to_place(c, &placed, err);
        goto out;
    }
    if (status == STATUS_OK && is_initialized(p->git, base)) {
        status = is_own_work(c, &head)
                     ? STATUS_OK
                     : error_set(err, STATUS_CONFLICT,
                                 "Project already exists with an already initialized GIT repository");
        goto out;
    }
    if (status == STATUS_OK)
        status = make_commits(c, base, has_head ? &head : NULL, err);
    git_tree_free(base); /* before the repository that it belongs to */
    base = NULL;
    if (status == STATUS_OK)
        status = move_to_place(c, &placed, err);
    if (status == STATUS_OK)
        status = upstream_publish(p, c->updates, c->stage_count + 1, &moved, err);
out:
    git_tree_free(base);
    if (status != STATUS_OK || !placed) {
        struct error second = ERROR_NONE;
        bool perhaps_pushed =
            placed && status == STATUS_TIMED_OUT; /* then the next try knows its own work by it */
        project_forget_open(p);                   /* the next call opens what stands in its place */
        if (!perhaps_pushed && remove_tree(placed ? p->path : c->building, &second) != STATUS_OK)
            log_write(LOG_WARN, "%s", second.text);
    }
    return status;
}

static enum status begin(struct repo *r, const char *project, struct creation *c,
                         const struct repo_upstream *upstream, struct error *err)
{
    if (!project_name_is_valid(project))
        return error_set(err, STATUS_INVALID, "%.200s cannot be a project's name", project);
    enum status status = repo_check_upstream(r, upstream, err);
    if (status != STATUS_OK)
        return status;
    c->p = project_reserve(r, project);
    c->building = mem_printf("%s/.%s.git.new", r->directory, project);
    c->updates = mem_alloc((c->stage_count + 1) * sizeof *c->updates);
    project_forget_open(c->p);
    status = create(c, upstream, err);
    if (status == STATUS_UNREACHABLE) {
        error_prefix(err, "upstream repository not found");
        err->status = status = STATUS_NOT_FOUND;
    }
    project_unlock(c->p);
    free(c->updates);
    free(c->building);
    return status;
}

enum status repo_create_project(struct repo *r, const char *project, const char *const *stages,
                                size_t stage_count, const char *shipyard, size_t shipyard_len,
                                const struct repo_upstream *upstream, struct error *err)
{
    struct creation c = {
        .stages = stages, .stage_count = stage_count, .shipyard = shipyard, .shipyard_len = shipyard_len};
    return begin(r, project, &c, upstream, err);
}

enum status repo_adopt_project(struct repo *r, const char *project, const struct repo_upstream *upstream,
                               struct error *err)
{
    struct creation c = {.adopts = true};
    if (upstream->url == NULL || upstream->url[0] == '\0')
        return error_set(err, STATUS_INVALID, "an upstream to take over is needed");
    return begin(r, project, &c, upstream, err);
}

enum status repo_delete_project(struct repo *r, const char *project, struct error *err)
{
    if (!project_name_is_valid(project))
        return STATUS_OK; /* there is none */
    struct project *p = project_reserve(r, project);
    char *aside = mem_printf("%s/.%s.git.deleted", r->directory, project);
    enum status status = remove_tree(aside, err);
    project_forget_open(p);
    if (status == STATUS_OK && rename(p->path, aside) != 0 && errno != ENOENT)
        status = error_set(err, STATUS_FAILED, "cannot remove %s: %s", p->path, strerror(errno));
    if (status == STATUS_OK)
        status = remove_tree(aside, err);
    free(aside);
    project_unlock(p);
    return status;
}
