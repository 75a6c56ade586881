/* repo/repo.h: the Git side of projects. Everything local goes through libgit2 on a bare repository
 * DIR/PROJECT.git of drawbridged's own; an upstream is fetched and pushed with git(1) as a child process with
 * a deadline (pitfalls.md, Git).
 *
 * The calls block: they run on libuv's thread pool through repo_queue, which keeps one project's calls in
 * order. They may run at the same time for different projects. Layout and commit messages are Keptn's: the
 * project level is the default branch, each stage is a branch, services are folders in it (source: issue 3 of
 * 6, "Git upstreams"; keptn-api.md, section 4). */
#ifndef REPO_REPO_H
#define REPO_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/error.h"

struct repo;

#define REPO_COMMIT_SIZE 41 /* hex SHA-1 with the NUL */
#define REPO_FILE_MAX    (5 * 1024 * 1024)

/* directory: where the bare repositories are, made when missing. upstream_root: file:// upstreams must lie
 * below it, NULL: none may. */
MUST_CHECK enum status repo_open(const char *directory, const char *upstream_root, struct repo **out,
                                 struct error *err);
void repo_close(struct repo *r);
/* Ends every run of git(1), also those that would begin: calls that wait for an upstream fail soon. Any
 * thread.
 */
void repo_interrupt(struct repo *r);

/* A project's upstream and what opens it. Texts are borrowed for the call; NULL or "": not given. */
struct repo_upstream {
    /* https://…, http://…, ssh://…, user@host:path, file://… below the root; NULL or "": drawbridged's own
     * repository only */
    const char *url;
    /* of https:// and http:// */
    const char *user, *token;
    const char *certificate; /* PEM: whom to trust instead of the system's authorities */
    bool insecure_skip_tls;
    const char *proxy_scheme, *proxy_address; /* "http" or "https"; host:port */
    const char *proxy_user, *proxy_password;
    /* of ssh:// */
    const char *private_key, *private_key_pass; /* the text of the key's file */
    /* The credentials cannot be had: this text (what to do) is told wherever they are needed. */
    const char *locked;
};

/* Whether an upstream can be one, without asking it: STATUS_UNPROCESSABLE "Invalid RemoteURL: …",
 * STATUS_NOT_FOUND for a file:// directory that is not there, STATUS_INVALID for credentials of the wrong
 * form. */
MUST_CHECK enum status repo_check_upstream(const struct repo *r, const struct repo_upstream *upstream,
                                           struct error *err);
/* From its next call on a project uses this upstream, its URL too. Credentials are kept in memory only: their
 * keeper tells them again after each repo_open. Any thread; waits for no call that is running. */
void repo_set_upstream(struct repo *r, const char *project, const struct repo_upstream *upstream);

/* Whether the upstream that was set last fits the project: it lets us in, and its branches are those of the
 * project, older, newer, or missing; what it lacks is pushed to it. Also for other keys to the same upstream.
 * STATUS_CONFLICT where a branch of it has another history: nothing is changed. Else as repo_create_project.
 */
MUST_CHECK enum status repo_try_upstream(struct repo *r, const char *project, struct error *err);

/* Makes the repository as Keptn does: metadata.yaml on the default branch ("initialized project", author
 * keptn <keptn@keptn.sh>), the stages' branches from it ("created stage"), then shipyard.yaml ("Updated
 * resource"); pushes all of them in one step. An upstream with commits but no Keptn metadata is accepted, its
 * default branch is built upon; one that is initialised (a metadata.yaml that is not empty): STATUS_CONFLICT
 * "Project already exists with an already initialized GIT repository". The caller knows of no such project:
 * what an earlier call left behind that was cut off is taken up or moved aside. The upstream counts as set
 * (repo_set_upstream). STATUS_NOT_FOUND "upstream repository not found", also where it is unreachable;
 * STATUS_DEPENDENCY "invalid git token"; STATUS_UNPROCESSABLE "Invalid RemoteURL: …". */
MUST_CHECK enum status repo_create_project(struct repo *r, const char *project, const char *const *stages,
                                           size_t stage_count, const char *shipyard, size_t shipyard_len,
                                           const struct repo_upstream *upstream, struct error *err);
/* Takes over an upstream that Keptn or drawbridged has initialised, as it is; nothing is pushed. The caller
 * looks at its shipyard and stages, and deletes the project again where they do not fit.
 * STATUS_UNPROCESSABLE: it is not initialised, has no shipyard, or is in the directory layout. */
MUST_CHECK enum status repo_adopt_project(struct repo *r, const char *project,
                                          const struct repo_upstream *upstream, struct error *err);
MUST_CHECK enum status repo_delete_project(struct repo *r, const char *project, struct error *err);
/* A folder with metadata.yaml (servicename, creationtimestamp) in each stage branch ("Added service: X",
 * "Removed service: X"); push. A stage's branch that is missing is made. Where nothing is to do (a call that
 * is repeated): no commit. */
MUST_CHECK enum status repo_add_service(struct repo *r, const char *project, const char *const *stages,
                                        size_t stage_count, const char *service, struct error *err);
MUST_CHECK enum status repo_remove_service(struct repo *r, const char *project, const char *const *stages,
                                           size_t stage_count, const char *service, struct error *err);

/* Where a resource lies: stage NULL: project level; service NULL: stage level. */
struct repo_scope {
    const char *project, *stage, *service;
};

/* Fetches the upstream into the own repository (nothing to do without one). A failed fetch:
 * STATUS_UNREACHABLE with the reason; what was fetched before stays readable. */
MUST_CHECK enum status repo_fetch(struct repo *r, const char *project, struct error *err);

/* Newest commit of the level's branch (default branch, or the stage's). */
MUST_CHECK enum status repo_head(struct repo *r, const struct repo_scope *scope,
                                 char commit[REPO_COMMIT_SIZE], struct error *err);
/* Reads one file as of `at` (a commit; NULL: newest), without fetching. read_commit: the commit that was
 * read; may be NULL. STATUS_NOT_FOUND with Keptn's words ("Resource not found", "Stage not found", "Project
 * not found", "Service not found"). Symbolic links are not found. helm/X.tgz is stored and read as it is.
 * Cost: well under a millisecond. */
MUST_CHECK enum status repo_read(struct repo *r, const struct repo_scope *scope, const char *path,
                                 const char *at, struct buffer *out, char read_commit[REPO_COMMIT_SIZE],
                                 struct error *err);
/* All files of the level in path order, as "/slo.yaml" (a stage lists its services' files too). Names that no
 * file should have (control characters, not UTF-8, .git in them) are left out. fn may call repo functions. */
MUST_CHECK enum status repo_list(struct repo *r, const struct repo_scope *scope, const char *at,
                                 bool (*fn)(void *arg, const char *path), void *arg,
                                 char read_commit[REPO_COMMIT_SIZE], struct error *err);

struct repo_file {
    const char *path;
    const char *bytes; /* NULL: delete it */
    size_t len;
};
/* One commit ("Updated resource", or "Deleted resources"), pushed; none where nothing changes. Fetches first;
 * where the push is refused because the upstream moved, fetches and tries again (3 times), then
 * STATUS_CONFLICT. Paths with "..", "~", absolute, ".git": STATUS_INVALID "invalid resource uri". */
MUST_CHECK enum status repo_write(struct repo *r, const struct repo_scope *scope,
                                  const struct repo_file *files, size_t count, char commit[REPO_COMMIT_SIZE],
                                  struct error *err);

/* --- the queue: blocking calls on the thread pool, one at a time for each project, in order --- */
struct repo_queue;
struct repo_queue *repo_queue_new(uv_loop_t *loop);
/* work runs on the pool (two of its threads are left to the store, so that a hung upstream never takes the
 * store), then done on the loop thread; done may add more. work must not use cJSON, whose allocator is the
 * loop thread's. */
void repo_queue_add(struct repo_queue *q, const char *project, void (*work)(void *arg),
                    void (*done)(void *arg), void *arg);
size_t repo_queue_length(const struct repo_queue *q); /* calls whose done has not begun */
void repo_queue_free(struct repo_queue *q);           /* must be empty; not from inside done */

#endif
