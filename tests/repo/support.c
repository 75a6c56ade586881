#include "config.h"

#include "support.h"

#include <ftw.h>
#include <unistd.h>

#include "base/process.h"

static struct buffer shown, content, listed;

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

const char *sh(struct fixture *f, const char *format, ...)
{
    char script[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(script, sizeof script, format, args);
    va_end(args);
    assert_true(len > 0 && len < (int)sizeof script);
    struct buffer errors = BUFFER_LIMIT(65536);
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const char *const argv[] = {"sh", "-ec", script, NULL};
    char home[100];
    (void)snprintf(home, sizeof home, "HOME=%s", f->directory);
    const char *const env[] = {home,
                               "PATH=/usr/local/bin:/usr/bin:/bin",
                               "GIT_CONFIG_NOSYSTEM=1",
                               "GIT_AUTHOR_NAME=dev",
                               "GIT_AUTHOR_EMAIL=dev@example",
                               "GIT_COMMITTER_NAME=dev",
                               "GIT_COMMITTER_EMAIL=dev@example",
                               NULL};
    const struct process_request request = {
        .argv = argv, .env = env, .directory = f->directory, .deadline_ms = 30000};
    buffer_free(&shown);
    shown = BUFFER_LIMIT(1 << 20);
    if (process_run(&request, &shown, &errors, &exit_status, &err) != STATUS_OK || exit_status != 0)
        fail_msg("%s\n%s%s", script, err.text, buffer_text(&errors));
    buffer_free(&errors);
    return buffer_text(&shown);
}

static void open_repo(struct fixture *f)
{
    char directory[100], root[100];
    struct error err = ERROR_NONE;
    (void)snprintf(directory, sizeof directory, "%s/git", f->directory);
    (void)snprintf(root, sizeof root, "%s/root", f->directory);
    CHECK_OK(repo_open(directory, root, &f->repo, &err));
}

int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->directory, sizeof f->directory, "/tmp/repo-test-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    (void)snprintf(f->url, sizeof f->url, "file://%s/root/up.git", f->directory);
    sh(f, "git config --global init.defaultBranch main; mkdir root; git init -q --bare root/up.git");
    open_repo(f);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    repo_close(f->repo);
    nftw(f->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    buffer_free(&shown);
    buffer_free(&content);
    buffer_free(&listed);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    repo_close(f->repo);
    open_repo(f);
}

enum status create(struct fixture *f, const char *project, const char *url, struct error *err)
{
    static const char *const stages[] = {"qa", "production"};
    const struct repo_upstream upstream = {.url = url};
    return repo_create_project(f->repo, project, stages, 2, SHIPYARD_TEXT, strlen(SHIPYARD_TEXT), &upstream,
                               err);
}

const char *read_text(struct fixture *f, const char *stage, const char *service, const char *path,
                      const char *at)
{
    struct error err = ERROR_NONE;
    const struct repo_scope scope = {.project = "tour", .stage = stage, .service = service};
    buffer_free(&content);
    content = BUFFER_LIMIT(REPO_FILE_MAX);
    return repo_read(f->repo, &scope, path, at, &content, NULL, &err) == STATUS_OK ? buffer_text(&content)
                                                                                   : NULL;
}

enum status write_text(struct fixture *f, const char *stage, const char *service, const char *path,
                       const char *text, char commit[REPO_COMMIT_SIZE], struct error *err)
{
    const struct repo_scope scope = {.project = "tour", .stage = stage, .service = service};
    const struct repo_file file = {.path = path, .bytes = text, .len = text != NULL ? strlen(text) : 0};
    return repo_write(f->repo, &scope, &file, 1, commit, err);
}

static bool list_path(void *arg, const char *path)
{
    (void)arg;
    assert_true(buffer_printf(&listed, "%s ", path));
    return true;
}

const char *list_text(struct fixture *f, const char *stage, const char *service)
{
    struct error err = ERROR_NONE;
    const struct repo_scope scope = {.project = "tour", .stage = stage, .service = service};
    buffer_free(&listed);
    listed = BUFFER_LIMIT(1 << 20);
    CHECK_OK(repo_list(f->repo, &scope, NULL, list_path, NULL, NULL, &err));
    return buffer_text(&listed);
}
