/* Reading: all of it from the local repository, none of it waits for an upstream. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/internal.h"

#define LIST_MAX 100000 /* files of one level */

enum status default_ref(struct project *p, char out[REPO_REF_MAX], struct error *err)
{
    git_reference *head = NULL;
    enum status status = STATUS_OK;
    if (git_reference_lookup(&head, p->git, "HEAD") != 0)
        return git_failed(err, "read a repository's HEAD");
    const char *target = git_reference_symbolic_target(head);
    if (target == NULL || strlen(target) >= REPO_REF_MAX)
        status = error_set(err, STATUS_FAILED, "the repository of project %s has no default branch", p->name);
    else
        (void)snprintf(out, REPO_REF_MAX, "%s", target);
    git_reference_free(head);
    return status;
}

enum status level_ref(struct project *p, const struct repo_scope *scope, char out[REPO_REF_MAX],
                      struct error *err)
{
    char of_project[REPO_REF_MAX];
    git_oid oid;
    enum status status = default_ref(p, of_project, err);
    if (status != STATUS_OK)
        return status;
    if (scope->stage == NULL) {
        memcpy(out, of_project, REPO_REF_MAX);
        return STATUS_OK;
    }
    /* A stage is a branch of its own: the default branch is none. */
    if (!branch_ref(scope->stage, out) || strcmp(out, of_project) == 0 ||
        git_reference_name_to_id(&oid, p->git, out) != 0)
        return error_set(err, STATUS_NOT_FOUND, "Stage not found");
    return STATUS_OK;
}

/* The commit to read: `at`, or the newest of the level. */
static enum status find_commit(struct project *p, const struct repo_scope *scope, const char *at,
                               git_commit **out, struct error *err)
{
    char ref[REPO_REF_MAX];
    git_oid oid;
    enum status status = level_ref(p, scope, ref, err);
    if (status != STATUS_OK)
        return status;
    if (at != NULL) {
        size_t len = strlen(at);
        for (const char *c = at; *c != '\0'; c++) {
            if (!isxdigit((unsigned char)*c))
                len = 0;
        }
        if (len < 4 || len > GIT_OID_HEXSZ || git_oid_fromstrn(&oid, at, len) != 0 ||
            git_commit_lookup_prefix(out, p->git, &oid, len) != 0)
            return error_set(err, STATUS_NOT_FOUND, "Resource not found: there is no commit %.64s", at);
        return STATUS_OK;
    }
    if (git_reference_name_to_id(&oid, p->git, ref) != 0)
        return error_set(err, STATUS_NOT_FOUND, "Resource not found: the branch %s has no commit yet",
                         ref + strlen(REPO_FILE_PREFIX));
    return git_commit_lookup(out, p->git, &oid) == 0 ? STATUS_OK : git_failed(err, "read a commit");
}

/* The tree of the level in a commit: the root, or the service's folder. */
static enum status find_tree(git_commit *commit, const struct repo_scope *scope, git_tree **out,
                             struct error *err)
{
    git_tree *root = NULL;
    git_tree_entry *entry = NULL;
    if (git_commit_tree(&root, commit) != 0)
        return git_failed(err, "read a commit's files");
    if (scope->service == NULL) {
        *out = root;
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (!element_is_plain(scope->service) || git_tree_entry_bypath(&entry, root, scope->service) != 0 ||
        git_tree_entry_type(entry) != GIT_OBJECT_TREE)
        status = error_set(err, STATUS_NOT_FOUND, "Service not found");
    else if (git_tree_lookup(out, git_tree_owner(root), git_tree_entry_id(entry)) != 0)
        status = git_failed(err, "read a service's files");
    git_tree_entry_free(entry);
    git_tree_free(root);
    return status;
}

enum status repo_fetch(struct repo *r, const char *project, struct error *err)
{
    struct project *p = NULL;
    enum status status = project_lock(r, project, &p, err);
    if (status != STATUS_OK)
        return status;
    status = upstream_fetch(p, err);
    project_unlock(p);
    return status;
}

enum status repo_head(struct repo *r, const struct repo_scope *scope, char commit[REPO_COMMIT_SIZE],
                      struct error *err)
{
    struct project *p = NULL;
    git_commit *found = NULL;
    enum status status = project_lock(r, scope->project, &p, err);
    if (status != STATUS_OK)
        return status;
    status = find_commit(p, scope, NULL, &found, err);
    if (status == STATUS_OK)
        git_oid_tostr(commit, REPO_COMMIT_SIZE, git_commit_id(found));
    git_commit_free(found);
    project_unlock(p);
    return status;
}

/* Adds a file's bytes to out; its size is known before it is read. */
static enum status read_blob(git_repository *git, const git_tree_entry *entry, const char *path,
                             struct buffer *out, struct error *err)
{
    git_odb *odb = NULL;
    git_blob *blob = NULL;
    git_object_t type = GIT_OBJECT_INVALID;
    size_t size = 0;
    enum status status = STATUS_OK;
    bool room = false;
    if (git_repository_odb(&odb, git) != 0 ||
        git_odb_read_header(&size, &type, odb, git_tree_entry_id(entry)) != 0) {
        status = git_failed(err, "read a file");
        goto out;
    }
    room = size <= REPO_FILE_MAX && size <= out->limit - out->len;
    if (!room)
        status =
            error_set(err, STATUS_TOO_LARGE, "%s has %zu bytes, which is more than can be read", path, size);
    else if (git_blob_lookup(&blob, git, git_tree_entry_id(entry)) != 0)
        status = git_failed(err, "read a file");
    else if (size > 0 && !buffer_add(out, git_blob_rawcontent(blob), size))
        status = error_set(err, STATUS_TOO_LARGE, "%s is larger than can be read", path);
out:
    git_blob_free(blob);
    git_odb_free(odb);
    return status;
}

enum status repo_read(struct repo *r, const struct repo_scope *scope, const char *path, const char *at,
                      struct buffer *out, char read_commit[REPO_COMMIT_SIZE], struct error *err)
{
    struct project *p = NULL;
    git_commit *commit = NULL;
    git_tree *tree = NULL;
    git_tree_entry *entry = NULL;
    enum status status = path_check(path, err);
    if (status == STATUS_OK)
        status = project_lock(r, scope->project, &p, err);
    if (status == STATUS_OK)
        status = find_commit(p, scope, at, &commit, err);
    if (status == STATUS_OK)
        status = find_tree(commit, scope, &tree, err);
    if (status == STATUS_OK) {
        /* A symbolic link is no file here: where it leads is not in the tree. */
        bool found = git_tree_entry_bypath(&entry, tree, path) == 0 &&
                     git_tree_entry_type(entry) == GIT_OBJECT_BLOB &&
                     git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK;
        status = found ? read_blob(p->git, entry, path, out, err)
                       : error_set(err, STATUS_NOT_FOUND, "Resource not found");
    }
    if (status == STATUS_OK && read_commit != NULL)
        git_oid_tostr(read_commit, REPO_COMMIT_SIZE, git_commit_id(commit));
    git_tree_entry_free(entry);
    git_tree_free(tree);
    git_commit_free(commit);
    project_unlock(p);
    return status;
}

/* --- listing --- */

struct listing {
    char **paths;
    size_t count, capacity;
    bool too_many;
};

static int list_entry(const char *root, const git_tree_entry *entry, void *arg)
{
    struct listing *l = arg;
    const char *name = git_tree_entry_name(entry);
    git_object_t type = git_tree_entry_type(entry);
    /* A positive answer skips what lies below. Keptn shows nothing with .git in its path. */
    if (!element_is_plain(name) || strstr(name, ".git") != NULL ||
        strlen(root) + strlen(name) + 2 > REPO_PATH_MAX)
        return 1;
    if (type != GIT_OBJECT_BLOB || git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK)
        return type == GIT_OBJECT_TREE ? 0 : 1;
    if (l->count == LIST_MAX) {
        l->too_many = true;
        return -1;
    }
    MEM_GROW(l->paths, l->count, l->capacity);
    l->paths[l->count++] = mem_printf("/%s%s", root, name);
    return 0;
}

enum status repo_list(struct repo *r, const struct repo_scope *scope, const char *at,
                      bool (*fn)(void *arg, const char *path), void *arg, char read_commit[REPO_COMMIT_SIZE],
                      struct error *err)
{
    struct project *p = NULL;
    git_commit *commit = NULL;
    git_tree *tree = NULL;
    struct listing l = {0};
    enum status status = project_lock(r, scope->project, &p, err);
    if (status == STATUS_OK)
        status = find_commit(p, scope, at, &commit, err);
    if (status == STATUS_OK)
        status = find_tree(commit, scope, &tree, err);
    if (status == STATUS_OK && git_tree_walk(tree, GIT_TREEWALK_PRE, list_entry, &l) != 0)
        status = l.too_many ? error_set(err, STATUS_TOO_LARGE, "there are more than %d files", LIST_MAX)
                            : git_failed(err, "list a repository's files");
    if (status == STATUS_OK && read_commit != NULL)
        git_oid_tostr(read_commit, REPO_COMMIT_SIZE, git_commit_id(commit));
    git_tree_free(tree);
    git_commit_free(commit);
    project_unlock(p); /* fn may call again */
    if (status == STATUS_OK && l.count > 0)
        qsort(l.paths, l.count, sizeof *l.paths, path_compare);
    bool more = status == STATUS_OK;
    for (size_t i = 0; i < l.count; i++) {
        more = more && fn(arg, l.paths[i]);
        free(l.paths[i]);
    }
    free(l.paths);
    return status;
}
