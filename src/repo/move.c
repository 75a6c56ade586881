/* A project gets another upstream, or other keys to the one it has. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/internal.h"

struct move {
    struct ref_update *updates; /* what the upstream lacks */
    size_t count, capacity;
};

/* Compares one branch of ours with the upstream's. */
static enum status compare(struct project *p, const char *ref, const git_oid *ours, struct move *move,
                           struct error *err)
{
    char tracking[REPO_REF_MAX + sizeof REPO_ORIGIN_PREFIX];
    git_oid theirs, base;
    (void)snprintf(tracking, sizeof tracking, REPO_ORIGIN_PREFIX "%s", ref + strlen(REPO_FILE_PREFIX));
    bool there = git_reference_name_to_id(&theirs, p->git, tracking) == 0;
    if (there && git_oid_equal(&theirs, ours))
        return STATUS_OK;
    if (there) {
        int code = git_merge_base(&base, p->git, ours, &theirs);
        if (code == 0 && git_oid_equal(&base, ours))
            return STATUS_OK; /* it is ahead: we follow */
        if (code != 0 || !git_oid_equal(&base, &theirs))
            return error_set(err, STATUS_CONFLICT,
                             "the branch %s of %s has another history than the project's: give an empty "
                             "repository, or one that was copied from the former upstream",
                             ref + strlen(REPO_FILE_PREFIX), p->upstream->url);
    }
    MEM_GROW(move->updates, move->count, move->capacity);
    struct ref_update *update = &move->updates[move->count++];
    *update = (struct ref_update){.commit = *ours};
    (void)snprintf(update->ref, sizeof update->ref, "%s", ref);
    return STATUS_OK;
}

static enum status compare_all(struct project *p, struct move *move, struct error *err)
{
    enum status status = STATUS_OK;
    git_reference_iterator *iterator = NULL;
    git_reference *ref = NULL;
    if (git_reference_iterator_glob_new(&iterator, p->git, REPO_FILE_PREFIX "*") != 0)
        return git_failed(err, "list the branches of a repository");
    while (status == STATUS_OK && git_reference_next(&ref, iterator) == 0) {
        const git_oid *target = git_reference_target(ref);
        if (target != NULL && strlen(git_reference_name(ref)) < REPO_REF_MAX)
            status = compare(p, git_reference_name(ref), target, move, err);
        git_reference_free(ref);
    }
    git_reference_iterator_free(iterator);
    return status;
}

enum status repo_try_upstream(struct repo *r, const char *project, struct error *err)
{
    struct project *p = NULL;
    struct move move = {0};
    bool moved = false;
    enum status status = project_lock(r, project, &p, err);
    if (status != STATUS_OK)
        return status;
    if (p->upstream == NULL)
        goto out;
    status = upstream_fetch_only(p, err);
    if (status == STATUS_UNREACHABLE) {
        error_prefix(err, "upstream repository not found");
        err->status = status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK)
        status = compare_all(p, &move, err);
    if (status == STATUS_OK && move.count > 0)
        status = upstream_publish(p, move.updates, move.count, &moved, err);
    if (status == STATUS_OK)
        status = upstream_follow(p, err);
out:
    free(move.updates);
    project_unlock(p);
    return status;
}
