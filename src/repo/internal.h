/* repo/internal.h: what the files of the Git side share. */
#ifndef REPO_INTERNAL_H
#define REPO_INTERNAL_H

#include <git2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "base/map.h"
#include "repo/repo.h"

#define REPO_REF_MAX       256  /* bytes of a reference's name with the NUL */
#define REPO_PATH_MAX      1024 /* bytes of a path in a repository */
#define REPO_DEPTH_MAX     64   /* folders in each other */
#define REPO_METADATA      "metadata.yaml"
#define REPO_FILE_PREFIX   "refs/heads/"
#define REPO_ORIGIN_PREFIX "refs/remotes/origin/"

struct repo {
    char *directory;                   /* where the bare repositories are, absolute */
    char *upstream_root;               /* resolved; NULL: no file:// upstream */
    char *given_root;                  /* the same as it was given */
    char **environment;                /* of git(1) */
    int deadline_ms;                   /* of each run of git(1) */
    volatile sig_atomic_t interrupted; /* git(1) is ended, and is not run any more */
    uv_mutex_t mutex;                  /* guards projects */
    struct map projects; /* name → struct project; one that was opened stays until repo_close */
    /* For tests: runs between fetch and push. */
    void (*before_push)(void *arg);
    void *before_push_arg;
};

/* One project's repository, kept open: opening it costs more than most reads. */
struct project {
    struct repo *repo;
    char *name, *path;
    uv_mutex_t lock;           /* held during each call: libgit2's objects are for one thread at a time */
    git_repository *git;       /* NULL: not open, or deleted */
    struct upstream *upstream; /* NULL: our own repository only */
    struct upstream *told;     /* set meanwhile, for the next call; guarded by the repo's mutex */
};

/* --- repo.c --- */

/* Locks the project, opens its repository, and takes the upstream that was told. STATUS_NOT_FOUND "Project
 * not found". */
MUST_CHECK enum status project_lock(struct repo *r, const char *name, struct project **out,
                                    struct error *err);
void project_unlock(struct project *p); /* NULL is taken */
/* The locked project of a name, whether its repository is there or not (it is not opened). */
struct project *project_reserve(struct repo *r, const char *name);
void project_forget_open(struct project *p); /* closes its repository, forgets its upstream */
bool project_name_is_valid(const char *name);
/* libgit2's last error as STATUS_FAILED: "cannot <what>: <why>". */
enum status git_failed(struct error *err, const char *what);
MUST_CHECK enum status remove_tree(const char *path, struct error *err);
/* Opens a bare repository of ours, without the machine's settings. */
MUST_CHECK enum status open_bare(const char *path, git_repository **out, struct error *err);

/* --- credentials.c --- */

/* An upstream as it is kept: owned copies, NULL where not given; wiped when freed. */
struct upstream {
    char *url; /* "": none, drawbridged's own repository only */
    char *user, *token, *certificate, *proxy_scheme, *proxy_address, *proxy_user, *proxy_password;
    char *private_key, *private_key_pass, *locked;
    bool insecure_skip_tls;
};
struct upstream *upstream_new(const struct repo_upstream *given); /* NULL given: one without URL */
void upstream_free(struct upstream *u);
/* Whether those given fit the URL and can be handed on. STATUS_INVALID. */
MUST_CHECK enum status upstream_check_credentials(const struct repo_upstream *u, struct error *err);

/* --- address.c --- */

enum upstream_kind { UPSTREAM_NONE, UPSTREAM_FILE, UPSTREAM_HTTP, UPSTREAM_HTTPS, UPSTREAM_SSH };
enum upstream_kind upstream_kind(const char *url); /* UPSTREAM_NONE: not an address that we take */
bool upstream_names_user(const char *url);
char *upstream_origin(const char *url); /* scheme://host:port; the caller's */
bool upstream_is_host(const char *text);
char *upstream_shown(const char *url); /* without a password that stands in it; the caller's */
/* The directory that a file:// URL means, symbolic links resolved, below the root. STATUS_UNPROCESSABLE
 * "Invalid RemoteURL: …"; STATUS_NOT_FOUND "upstream repository not found…". *out is the caller's. */
MUST_CHECK enum status upstream_resolve(const struct repo *r, const char *url, char **out, struct error *err);

/* --- git.c --- */

/* Runs git(1) in the project's repository, with what opens its upstream. what: "fetch from", for the error.
 * output may be NULL. STATUS_UNREACHABLE; STATUS_TIMED_OUT; STATUS_NOT_FOUND "upstream repository not found:
 * …"; STATUS_DEPENDENCY "invalid git token: …", or what else the server or we do not accept. */
MUST_CHECK enum status git_run(const struct project *p, const char *const *argv, struct buffer *output,
                               const char *what, struct error *err);

/* --- names.c --- */

/* A path that may be written: no "..", "~", ".git", control character; relative. "invalid resource uri". */
MUST_CHECK enum status path_check(const char *path, struct error *err);
/* One element of a path that came out of a tree: may it be shown? */
bool element_is_plain(const char *name);
/* refs/heads/<branch>; false: no branch can have that name. */
bool branch_ref(const char *branch, char out[REPO_REF_MAX]);

/* For qsort of things that begin with a `const char *` path: the order of a walk through folders. A path is
 * followed at once by what lies below it. */
int path_compare(const void *left, const void *right);

/* --- upstream.c --- */

/* Brings what the upstream has into refs/remotes/origin and refs/heads. STATUS_OK without an upstream. */
MUST_CHECK enum status upstream_fetch(struct project *p, struct error *err);
/* Its two halves: into refs/remotes/origin; from there into refs/heads. */
MUST_CHECK enum status upstream_fetch_only(struct project *p, struct error *err);
MUST_CHECK enum status upstream_follow(struct project *p, struct error *err);
/* The branch that the upstream's HEAD names; "" where it names none. */
MUST_CHECK enum status upstream_default_branch(struct project *p, char out[REPO_REF_MAX], struct error *err);

struct ref_update {
    char ref[REPO_REF_MAX];
    git_oid commit;
};
/* Makes the branches point to the commits, all or none: in the upstream first, where there is one. *moved:
 * the upstream refused because somebody else was faster (STATUS_CONFLICT). */
MUST_CHECK enum status upstream_publish(struct project *p, const struct ref_update *updates, size_t count,
                                        bool *moved, struct error *err);

/* --- read.c --- */

/* The reference of a level's branch. STATUS_NOT_FOUND "Stage not found". */
MUST_CHECK enum status level_ref(struct project *p, const struct repo_scope *scope, char out[REPO_REF_MAX],
                                 struct error *err);
MUST_CHECK enum status default_ref(struct project *p, char out[REPO_REF_MAX], struct error *err);

/* --- write.c --- */

/* Commits tree on parent (NULL: the first commit), as keptn <keptn@keptn.sh>. */
MUST_CHECK enum status commit_tree(git_repository *git, const git_oid *parent, const git_oid *tree,
                                   const char *message, git_oid *out, struct error *err);
/* The tree of base (NULL: empty) with files written and deleted below prefix ("" or "folder/").
 * STATUS_NOT_FOUND "Resource not found" where one to be deleted is not there. */
MUST_CHECK enum status tree_with(git_repository *git, git_tree *base, const char *prefix,
                                 const struct repo_file *files, size_t count, git_oid *out,
                                 struct error *err);
MUST_CHECK enum status ref_tree(git_repository *git, const char *ref, git_oid *commit, git_tree **tree,
                                struct error *err);
/* A time as Keptn writes it into metadata.yaml: Go's Time.String. */
void metadata_time(char out[64]);

/* --- create.c --- */

/* Makes a commit for a new stage branch on the default branch's `base`. */
MUST_CHECK enum status commit_stage(git_repository *git, const git_oid *base, git_oid *out,
                                    struct error *err);

#endif
