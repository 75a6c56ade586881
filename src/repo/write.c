/* Writing. A commit is made from the newest state and pushed; only when the upstream has it do our branches
 * show it. Where somebody else was faster, it is made again on top of theirs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "repo/internal.h"

#define PUSH_TRIES 3

/* --- pieces --- */

enum status commit_tree(git_repository *git, const git_oid *parent, const git_oid *tree, const char *message,
                        git_oid *out, struct error *err)
{
    git_signature *keptn = NULL;
    git_tree *root = NULL;
    git_commit *before = NULL;
    enum status status = STATUS_OK;
    if (git_signature_new(&keptn, "keptn", "keptn@keptn.sh", (git_time_t)(clock_now_ns() / CLOCK_S), 0) !=
            0 ||
        git_tree_lookup(&root, git, tree) != 0 ||
        (parent != NULL && git_commit_lookup(&before, git, parent) != 0)) {
        status = git_failed(err, "commit");
    } else {
        const git_commit *parents[] = {before};
        if (git_commit_create(out, git, NULL, keptn, keptn, NULL, message, root, parent != NULL ? 1 : 0,
                              parents) != 0)
            status = git_failed(err, "commit");
    }
    git_commit_free(before);
    git_tree_free(root);
    git_signature_free(keptn);
    return status;
}

enum status ref_tree(git_repository *git, const char *ref, git_oid *commit, git_tree **tree,
                     struct error *err)
{
    git_commit *found = NULL;
    enum status status = STATUS_OK;
    *tree = NULL;
    if (git_reference_name_to_id(commit, git, ref) != 0)
        return error_set(err, STATUS_NOT_FOUND, "the branch %s has no commit yet",
                         ref + strlen(REPO_FILE_PREFIX));
    if (git_commit_lookup(&found, git, commit) != 0 || git_commit_tree(tree, found) != 0)
        status = git_failed(err, "read a commit's files");
    git_commit_free(found);
    return status;
}

void metadata_time(char out[64])
{
    int64_t ns = clock_now_ns();
    time_t seconds = (time_t)(ns / CLOCK_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char day[32], fraction[16] = "";
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &utc);
    if (ns % CLOCK_S != 0)
        (void)snprintf(fraction, sizeof fraction, ".%09d", (int)(ns % CLOCK_S));
    for (size_t len = strlen(fraction); len > 0 && fraction[len - 1] == '0'; len--)
        fraction[len - 1] = '\0';
    (void)snprintf(out, 64, "%s%s +0000 UTC", day, fraction);
}

/* --- trees --- */

struct change {
    char *path; /* first: path_compare */
    const struct repo_file *file;
};

/* Sorts; of several for one path the last one given stays. */
static enum status order_changes(struct change *changes, size_t *count, struct error *err)
{
    size_t kept = 0;
    qsort(changes, *count, sizeof *changes, path_compare);
    for (size_t i = 0; i < *count; i++) {
        struct change *last = kept > 0 ? &changes[kept - 1] : NULL;
        size_t len = last != NULL ? strlen(last->path) : 0;
        if (last != NULL && strncmp(last->path, changes[i].path, len) == 0 && changes[i].path[len] == '/')
            return error_set(err, STATUS_INVALID, "%s cannot be a file and a folder", last->path);
        if (last == NULL || strcmp(last->path, changes[i].path) != 0) {
            struct change moved = changes[i];
            changes[i] = changes[kept]; /* swapped, so that each path is freed once */
            changes[kept++] = moved;
        } else if (changes[i].file > last->file) {
            last->file = changes[i].file;
        }
    }
    *count = kept;
    return STATUS_OK;
}

static enum status make_update(git_repository *git, git_tree *base, const struct change *change,
                               git_tree_update *out, struct error *err)
{
    git_tree_entry *entry = NULL;
    enum status status = STATUS_OK;
    bool there = base != NULL && git_tree_entry_bypath(&entry, base, change->path) == 0;
    bool folder = there && git_tree_entry_type(entry) != GIT_OBJECT_BLOB;
    bool program = there && git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE;
    git_tree_entry_free(entry);
    *out = (git_tree_update){.path = change->path,
                             .action = change->file->bytes != NULL ? GIT_TREE_UPDATE_UPSERT
                                                                   : GIT_TREE_UPDATE_REMOVE,
                             .filemode = program ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB};
    if (change->file->bytes == NULL)
        status = there && !folder ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "Resource not found");
    else if (folder)
        status = error_set(err, STATUS_INVALID, "%s is a folder; give the name of a file", change->path);
    else if (change->file->len > REPO_FILE_MAX)
        status = error_set(err, STATUS_TOO_LARGE, "%s has %zu bytes; at most %d are taken", change->path,
                           change->file->len, REPO_FILE_MAX);
    else if (git_blob_create_from_buffer(&out->id, git, change->file->bytes, change->file->len) != 0)
        status = git_failed(err, "store a file");
    return status;
}

/* libgit2 wants a tree to begin with. */
static enum status empty_tree(git_repository *git, git_tree **out, struct error *err)
{
    git_treebuilder *builder = NULL;
    git_oid oid;
    enum status status = STATUS_OK;
    if (git_treebuilder_new(&builder, git, NULL) != 0 || git_treebuilder_write(&oid, builder) != 0 ||
        git_tree_lookup(out, git, &oid) != 0)
        status = git_failed(err, "store a folder");
    git_treebuilder_free(builder);
    return status;
}

enum status tree_with(git_repository *git, git_tree *base, const char *prefix, const struct repo_file *files,
                      size_t count, git_oid *out, struct error *err)
{
    struct change *changes = mem_alloc((count + 1) * sizeof *changes);
    git_tree_update *updates = mem_alloc((count + 1) * sizeof *updates);
    git_tree *empty = NULL;
    size_t kept = count;
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct change){.path = mem_printf("%s%s", prefix, files[i].path), .file = &files[i]};
    enum status status = order_changes(changes, &kept, err);
    for (size_t i = 0; i < kept && status == STATUS_OK; i++)
        status = make_update(git, base, &changes[i], &updates[i], err);
    if (status == STATUS_OK && base == NULL)
        status = empty_tree(git, &empty, err);
    if (status == STATUS_OK &&
        git_tree_create_updated(out, git, base != NULL ? base : empty, kept, updates) != 0) {
        status = git_failed(err, "change the files"); /* a file stands where a folder is wanted */
        err->status = status = STATUS_INVALID;
    }
    git_tree_free(empty);
    for (size_t i = 0; i < count; i++)
        free(changes[i].path);
    free(updates);
    free(changes);
    return status;
}

/* --- resources --- */

struct write {
    const struct repo_scope *scope;
    const struct repo_file *files;
    size_t count;
    const char *message;
};

/* One try: the commit on top of what is newest now, and its way out. */
static enum status write_once(struct project *p, const struct write *w, git_oid *commit, bool *moved,
                              struct error *err)
{
    struct ref_update update = {0};
    git_tree *base = NULL;
    git_oid parent = {0}, tree;
    char *prefix = NULL;
    *moved = false;
    enum status status = upstream_fetch(p, err);
    if (status == STATUS_OK)
        status = level_ref(p, w->scope, update.ref, err);
    if (status == STATUS_OK)
        status = ref_tree(p->git, update.ref, &parent, &base, err);
    if (status == STATUS_OK && w->scope->service != NULL) {
        git_tree_entry *folder = NULL;
        if (!element_is_plain(w->scope->service) ||
            git_tree_entry_bypath(&folder, base, w->scope->service) != 0 ||
            git_tree_entry_type(folder) != GIT_OBJECT_TREE)
            status = error_set(err, STATUS_NOT_FOUND, "Service not found");
        git_tree_entry_free(folder);
    }
    prefix = w->scope->service != NULL ? mem_printf("%s/", w->scope->service) : mem_string("");
    if (status == STATUS_OK)
        status = tree_with(p->git, base, prefix, w->files, w->count, &tree, err);
    free(prefix);
    *commit = parent;
    if (status == STATUS_OK && !git_oid_equal(&tree, git_tree_id(base))) {
        /* What is there already is no commit: a request that is sent again changes nothing. */
        status = commit_tree(p->git, &parent, &tree, w->message, &update.commit, err);
        if (status == STATUS_OK)
            status = upstream_publish(p, &update, 1, moved, err);
        *commit = update.commit;
    }
    git_tree_free(base);
    return status;
}

enum status repo_write(struct repo *r, const struct repo_scope *scope, const struct repo_file *files,
                       size_t count, char commit[REPO_COMMIT_SIZE], struct error *err)
{
    struct project *p = NULL;
    struct write w = {.scope = scope, .files = files, .count = count, .message = "Deleted resources"};
    git_oid oid;
    enum status status = STATUS_OK;
    bool moved = true;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = path_check(files[i].path, err);
        if (files[i].bytes != NULL)
            w.message = "Updated resource";
    }
    if (status == STATUS_OK)
        status = project_lock(r, scope->project, &p, err);
    for (int i = 0; i < PUSH_TRIES && moved && p != NULL; i++)
        status = write_once(p, &w, &oid, &moved, err);
    if (status == STATUS_OK)
        git_oid_tostr(commit, REPO_COMMIT_SIZE, &oid);
    project_unlock(p);
    return status;
}

/* --- services --- */

static bool has_entry(git_tree *tree, const char *path)
{
    git_tree_entry *entry = NULL;
    bool there = git_tree_entry_bypath(&entry, tree, path) == 0;
    git_tree_entry_free(entry);
    return there;
}

/* A stage's branch as it is; where it is missing (a stage that somebody added to the shipyard), as it will
 * be. */
static enum status stage_base(struct project *p, const char *stage, struct ref_update *out, git_tree **tree,
                              struct error *err)
{
    const struct repo_scope scope = {.project = p->name, .stage = stage};
    char project_ref[REPO_REF_MAX];
    git_commit *commit = NULL;
    enum status status = level_ref(p, &scope, out->ref, err);
    if (status == STATUS_OK)
        return ref_tree(p->git, out->ref, &out->commit, tree, err);
    git_oid base;
    status = default_ref(p, project_ref, err);
    if (status == STATUS_OK && (!branch_ref(stage, out->ref) || strcmp(out->ref, project_ref) == 0))
        status = error_set(err, STATUS_INVALID, "stage %s cannot be a branch of its own", stage);
    if (status == STATUS_OK && git_reference_name_to_id(&base, p->git, project_ref) != 0)
        status = git_failed(err, "read the default branch");
    if (status == STATUS_OK)
        status = commit_stage(p->git, &base, &out->commit, err);
    if (status == STATUS_OK &&
        (git_commit_lookup(&commit, p->git, &out->commit) != 0 || git_commit_tree(tree, commit) != 0))
        status = git_failed(err, "read a stage's files");
    git_commit_free(commit);
    return status;
}

/* Service added to or removed from one stage. *changed: update holds a new commit. */
static enum status change_stage(struct project *p, const char *stage, const char *service, bool add,
                                struct ref_update *update, bool *changed, struct error *err)
{
    git_tree *base = NULL;
    git_oid tree, parent;
    char when[64];
    enum status status = stage_base(p, stage, update, &base, err);
    if (status != STATUS_OK)
        return status;
    char *path = mem_printf("%s/" REPO_METADATA, service);
    char *message = mem_printf("%s service: %s", add ? "Added" : "Removed", service);
    metadata_time(when);
    char *metadata = mem_printf("servicename: %s\ncreationtimestamp: %s\n", service, when);
    const struct repo_file file = {.path = path, .bytes = metadata, .len = strlen(metadata)};
    const git_tree_update removal = {.action = GIT_TREE_UPDATE_REMOVE, .path = service};
    parent = update->commit;
    *changed = add ? !has_entry(base, path) : has_entry(base, service);
    if (*changed && add)
        status = tree_with(p->git, base, "", &file, 1, &tree, err);
    else if (*changed && git_tree_create_updated(&tree, p->git, base, 1, &removal) != 0)
        status = git_failed(err, "remove a service's folder");
    if (status == STATUS_OK && *changed)
        status = commit_tree(p->git, &parent, &tree, message, &update->commit, err);
    free(metadata);
    free(message);
    free(path);
    git_tree_free(base);
    return status;
}

static enum status change_once(struct project *p, const char *const *stages, size_t stage_count,
                               const char *service, bool add, bool *moved, struct error *err)
{
    struct ref_update *updates = mem_alloc((stage_count + 1) * sizeof *updates);
    size_t count = 0;
    *moved = false;
    enum status status = upstream_fetch(p, err);
    for (size_t i = 0; i < stage_count && status == STATUS_OK; i++) {
        bool changed = false;
        status = change_stage(p, stages[i], service, add, &updates[count], &changed, err);
        count += changed;
    }
    if (status == STATUS_OK && count > 0)
        status = upstream_publish(p, updates, count, moved, err);
    free(updates);
    return status;
}

static enum status change_service(struct repo *r, const char *project, const char *const *stages,
                                  size_t stage_count, const char *service, bool add, struct error *err)
{
    struct project *p = NULL;
    bool moved = true;
    enum status status = STATUS_OK;
    if (path_check(service, err) != STATUS_OK || !element_is_plain(service))
        return error_set(err, STATUS_INVALID, "%s cannot be a service's name", service);
    status = project_lock(r, project, &p, err);
    for (int i = 0; i < PUSH_TRIES && moved && p != NULL; i++)
        status = change_once(p, stages, stage_count, service, add, &moved, err);
    project_unlock(p);
    return status;
}

enum status repo_add_service(struct repo *r, const char *project, const char *const *stages,
                             size_t stage_count, const char *service, struct error *err)
{
    return change_service(r, project, stages, stage_count, service, true, err);
}

enum status repo_remove_service(struct repo *r, const char *project, const char *const *stages,
                                size_t stage_count, const char *service, struct error *err)
{
    return change_service(r, project, stages, stage_count, service, false, err);
}
