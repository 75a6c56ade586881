/* Repositories against real upstreams on which somebody else works with git(1). */
#include "config.h"

#include "support.h"

#define UP "git --git-dir=root/up.git "

static const char *const stages[] = {"qa", "production"};

static void a_new_project_is_laid_out_as_keptn_does_it(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    assert_string_equal(sh(f, UP "log --format='%%s|%%an <%%ae>|%%cn <%%ce>' main"),
                        "Updated resource|keptn <keptn@keptn.sh>|keptn <keptn@keptn.sh>\n"
                        "initialized project|keptn <keptn@keptn.sh>|keptn <keptn@keptn.sh>\n");
    assert_string_equal(sh(f, UP "log --format=%%s qa"), "created stage\ninitialized project\n");
    assert_string_equal(sh(f, UP "log --format=%%s production"), "created stage\ninitialized project\n");
    assert_string_equal(sh(f, UP "ls-tree -r --name-only main"), "metadata.yaml\nshipyard.yaml\n");
    assert_string_equal(sh(f, UP "ls-tree -r --name-only qa"), "metadata.yaml\n");
    assert_string_equal(sh(f, UP "show main:shipyard.yaml"), SHIPYARD_TEXT);
    assert_string_equal(sh(f, UP "show main:metadata.yaml | sed 's/: 2.*UTC$/: TIME/'"),
                        "projectName: tour\ncreationTimestamp: TIME\nisUsingDirectoryStructure: false\n");
    assert_string_equal(sh(f, UP "fsck --strict 2>&1"), "");
}

static void a_project_without_upstream_lives_in_our_own_repository(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", NULL, &err));
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), SHIPYARD_TEXT);
    CHECK_OK(write_text(f, "qa", NULL, "slo.yaml", "x", commit, &err));
    fixture_reopen(f);
    assert_string_equal(read_text(f, "qa", NULL, "slo.yaml", NULL), "x");
    assert_null(read_text(f, "production", NULL, "slo.yaml", NULL));
    assert_string_equal(
        sh(f, "git --git-dir=git/tour.git log -1 --format='%%H %%s' qa | sed s/%s/C/", commit),
        "C Updated resource\n");
}

static void services_are_folders_of_every_stage(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "hello", &err));
    assert_string_equal(sh(f, UP "log -1 --format='%%s|%%an <%%ae>' qa"),
                        "Added service: hello|keptn <keptn@keptn.sh>\n");
    assert_string_equal(sh(f, UP "show production:hello/metadata.yaml | sed 's/: 2.*UTC$/: TIME/'"),
                        "servicename: hello\ncreationtimestamp: TIME\n");
    assert_string_equal(sh(f, UP "ls-tree -r --name-only main"), "metadata.yaml\nshipyard.yaml\n");
    /* Again, after an answer was lost: nothing new. */
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "hello", &err));
    assert_string_equal(sh(f, UP "rev-list --count qa"), "3\n");
    CHECK_OK(write_text(f, "qa", "hello", "job/config.yaml", "a", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(list_text(f, "qa", "hello"), "/job/config.yaml /metadata.yaml ");
    assert_string_equal(list_text(f, "qa", NULL),
                        "/hello/job/config.yaml /hello/metadata.yaml /metadata.yaml ");
    CHECK_OK(repo_remove_service(f->repo, "tour", stages, 2, "hello", &err));
    assert_string_equal(sh(f, UP "log -1 --format=%%s qa"), "Removed service: hello\n");
    assert_string_equal(sh(f, UP "ls-tree -r --name-only qa"), "metadata.yaml\n");
    CHECK_OK(repo_remove_service(f->repo, "tour", stages, 2, "hello", &err));
}

static void writing_and_deleting_are_one_commit_each_with_keptns_words(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char first[REPO_COMMIT_SIZE], second[REPO_COMMIT_SIZE], again[REPO_COMMIT_SIZE], head[REPO_COMMIT_SIZE];
    const struct repo_scope scope = {.project = "tour", .stage = "qa"};
    const struct repo_file files[] = {
        {.path = "b/c.yaml", .bytes = "1", .len = 1},
        {.path = "a.yaml", .bytes = "old", .len = 3},
        {.path = "a.yaml", .bytes = "2", .len = 1}, /* of two for one path the last one counts */
        {.path = "empty", .bytes = "", .len = 0},
    };
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_write(f->repo, &scope, files, 4, first, &err));
    assert_string_equal(sh(f, UP "log -1 --format=%%H:%%s qa | sed s/%s/FIRST/", first),
                        "FIRST:Updated resource\n");
    assert_string_equal(sh(f, UP "show qa:a.yaml"), "2");
    assert_string_equal(list_text(f, "qa", NULL), "/a.yaml /b/c.yaml /empty /metadata.yaml ");
    CHECK_OK(repo_write(f->repo, &scope, files, 4, again, &err));
    assert_string_equal(again, first);
    CHECK_OK(write_text(f, "qa", NULL, "b/c.yaml", NULL, second, &err));
    assert_string_equal(sh(f, UP "log -1 --format=%%s qa"), "Deleted resources\n");
    assert_string_equal(list_text(f, "qa", NULL), "/a.yaml /empty /metadata.yaml ");
    CHECK_OK(repo_head(f->repo, &scope, head, &err));
    assert_string_equal(head, second);
    assert_string_equal(read_text(f, "qa", NULL, "b/c.yaml", first), "1");
    assert_null(read_text(f, "qa", NULL, "b/c.yaml", NULL));
    assert_null(read_text(f, "qa", NULL, "b/c.yaml", "0123456789012345678901234567890123456789"));
    assert_null(read_text(f, "qa", NULL, "b/c.yaml", "HEAD"));
    assert_int_equal(write_text(f, "qa", NULL, "nowhere", NULL, head, &err), STATUS_NOT_FOUND);
    assert_string_equal(err.text, "Resource not found");
}

static void a_push_of_somebody_else_is_seen_after_a_fetch(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    const struct repo_scope project = {.project = "tour"};
    char head[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    sh(f, "git clone -q root/up.git clone && cd clone && echo new >shipyard.yaml && git commit -qam next && "
          "git push -q");
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), SHIPYARD_TEXT); /* nobody fetched */
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), "new\n");
    CHECK_OK(repo_head(f->repo, &project, head, &err));
    assert_string_equal(sh(f, "git -C clone log -1 --format=%%H | sed s/%s/SAME/", head), "SAME\n");
    /* History that was rewritten there is followed too: reads show the upstream as it is. */
    sh(f, "cd clone && echo other >shipyard.yaml && git commit -qa --amend -m other && git push -qf");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), "other\n");
}

static void the_default_branch_may_have_any_name_and_change_it(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    sh(f,
       "git clone -q root/up.git clone 2>&1 && cd clone && git checkout -q -b release/x && echo hi >README &&"
       "git add . && git commit -qm first && git push -q origin release/x &&"
       "git --git-dir=../root/up.git symbolic-ref HEAD refs/heads/release/x");
    CHECK_OK(create(f, "tour", f->url, &err));
    assert_string_equal(sh(f, UP "log --format=%%s release/x"),
                        "Updated resource\ninitialized project\nfirst\n");
    assert_string_equal(sh(f, UP "ls-tree -r --name-only release/x"),
                        "README\nmetadata.yaml\nshipyard.yaml\n");
    sh(f, UP "branch -m release/x trunk");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    CHECK_OK(write_text(f, NULL, NULL, "a", "b", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(sh(f, UP "show trunk:a"), "b");
    assert_string_equal(sh(f, UP "branch --list 'release/*'"), "");
}

static void an_upstream_that_is_initialized_is_a_conflict_and_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "first", f->url, &err));
    char *before = strdup(sh(f, UP "for-each-ref"));
    assert_int_equal(create(f, "tour", f->url, &err), STATUS_CONFLICT);
    assert_string_equal(err.text, "Project already exists with an already initialized GIT repository");
    assert_string_equal(sh(f, UP "for-each-ref"), before);
    assert_int_equal(repo_fetch(f->repo, "tour", &err), STATUS_NOT_FOUND);
    assert_string_equal(sh(f, "ls -A git"), ".home\nfirst.git\n");
    free(before);
}

static void a_creation_that_was_cut_off_can_be_repeated(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(
        create(f, "tour", f->url, &err)); /* pushed, and then the daemon died before it stored the project */
    fixture_reopen(f);
    CHECK_OK(create(f, "tour", f->url, &err));
    assert_string_equal(sh(f, UP "rev-list --count main"), "2\n");
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), SHIPYARD_TEXT);
    sh(f, "mkdir git/.x.git.new git/.y.git.deleted");
    fixture_reopen(f);
    assert_string_equal(sh(f, "ls -A git"), ".home\ntour.git\n");
}

static void deleting_removes_ours_and_leaves_the_upstream(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_delete_project(f->repo, "tour", &err));
    assert_string_equal(sh(f, "ls -A git"), ".home\n");
    assert_string_equal(sh(f, UP "rev-list --count main"), "2\n");
    assert_null(read_text(f, NULL, NULL, "shipyard.yaml", NULL));
    CHECK_OK(repo_delete_project(f->repo, "tour", &err));
    CHECK_OK(create(f, "tour", NULL, &err));
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), SHIPYARD_TEXT);
}

static void what_is_not_there_is_named_in_keptns_words(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    static const struct {
        struct repo_scope scope;
        const char *path, *text;
    } rows[] = {
        {{.project = "nope"}, "a", "Project not found"},
        {{.project = "../git/tour"}, "a", "Project not found"},
        {{.project = ""}, "a", "Project not found"},
        {{.project = "tour", .stage = "nope"}, "a", "Stage not found"},
        {{.project = "tour", .stage = "main"}, "a", "Stage not found"},
        {{.project = "tour", .stage = "../heads/qa"}, "a", "Stage not found"},
        {{.project = "tour", .stage = "-qa"}, "a", "Stage not found"},
        {{.project = "tour", .stage = ""}, "a", "Stage not found"},
        {{.project = "tour", .stage = "qa", .service = "nope"}, "a", "Service not found"},
        {{.project = "tour", .stage = "qa", .service = "metadata.yaml"}, "a", "Service not found"},
        {{.project = "tour", .stage = "qa", .service = ".."}, "a", "Service not found"},
        {{.project = "tour", .stage = "qa", .service = "s/deep"}, "f", "Service not found"},
        {{.project = "tour", .stage = "qa", .service = "s"}, "a", "Resource not found"},
        {{.project = "tour", .stage = "qa", .service = "s"}, "deep", "Resource not found"},
        {{.project = "tour", .stage = "qa"}, "shipyard.yaml", "Resource not found"},
    };
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "s", &err));
    CHECK_OK(write_text(f, "qa", "s", "deep/f", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = BUFFER_LIMIT(100);
        assert_int_equal(repo_read(f->repo, &rows[i].scope, rows[i].path, NULL, &out, NULL, &err),
                         STATUS_NOT_FOUND);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(out.len, 0);
    }
}

static void hostile_paths_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE], long_path[2000];
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    const char *const rows[] = {"",         "..",     "../x",     "a/../b",  "/etc/passwd", "~/x",
                                "a//b",     "a/",     ".",        "a/./b",   ".git/config", "a/.GIT/hooks/x",
                                "a\nb",     "a\x7f",  "\xff\xfe", "git~1/x", "a\\b",        "a..b",
                                "\xc0\xaf", long_path};
    CHECK_OK(create(f, "tour", f->url, &err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = BUFFER_LIMIT(100);
        const struct repo_scope scope = {.project = "tour"};
        if (write_text(f, NULL, NULL, rows[i], "x", commit, &err) != STATUS_INVALID)
            fail_msg("%s could be written", rows[i]);
        assert_string_equal(err.text, "invalid resource uri");
        assert_int_equal(repo_read(f->repo, &scope, rows[i], NULL, &out, NULL, &err), STATUS_INVALID);
    }
    CHECK_OK(write_text(f, NULL, NULL, "dir/file", "x", commit, &err));
    assert_int_equal(write_text(f, NULL, NULL, "dir", "x", commit, &err), STATUS_INVALID);
    assert_int_equal(write_text(f, NULL, NULL, "dir/file/below", "x", commit, &err), STATUS_INVALID);
    const struct repo_scope scope = {.project = "tour"};
    const struct repo_file both[] = {{.path = "n/f", .bytes = "", .len = 0},
                                     {.path = "n", .bytes = "", .len = 0}};
    assert_int_equal(repo_write(f->repo, &scope, both, 2, commit, &err), STATUS_INVALID);
    for (const char *const *service = (const char *const[]){"..", "", "a/b", ".git", "a\nb", NULL};
         *service != NULL; service++)
        assert_int_equal(repo_add_service(f->repo, "tour", stages, 2, *service, &err), STATUS_INVALID);
    assert_int_equal(create(f, "../out", NULL, &err), STATUS_INVALID);
    assert_int_equal(create(f, ".home", NULL, &err), STATUS_INVALID);
}

static void what_a_repository_should_not_hold_is_not_shown(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "git clone -q -b qa root/up.git clone && cd clone && ln -s /etc/passwd link && ln -s /etc dir && "
          "touch .gitignore plain 'with blank' \"$(printf 'a\\nb')\" && mkdir -p a a-b && touch a/x a-b/x "
          "a.x && "
          "git add -A . && git commit -qm x && git push -q");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(list_text(f, "qa", NULL), "/a/x /a-b/x /a.x /metadata.yaml /plain /with blank ");
    assert_null(read_text(f, "qa", NULL, "link", NULL));
    assert_null(read_text(f, "qa", NULL, "dir/passwd", NULL));
}

static void a_file_that_is_too_large_is_refused_not_cut(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    char *text = malloc(REPO_FILE_MAX + 2);
    memset(text, 'x', REPO_FILE_MAX + 1);
    text[REPO_FILE_MAX + 1] = '\0';
    CHECK_OK(create(f, "tour", NULL, &err));
    assert_int_equal(write_text(f, NULL, NULL, "big", text, commit, &err), STATUS_TOO_LARGE);
    text[REPO_FILE_MAX] = '\0';
    CHECK_OK(write_text(f, NULL, NULL, "big", text, commit, &err));
    assert_string_equal(read_text(f, NULL, NULL, "big", NULL), text);
    struct buffer small = BUFFER_LIMIT(1000);
    const struct repo_scope scope = {.project = "tour"};
    assert_int_equal(repo_read(f->repo, &scope, "big", NULL, &small, NULL, &err), STATUS_TOO_LARGE);
    assert_int_equal(small.len, 0);
    buffer_free(&small);
    free(text);
}

int main(void)
{
#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_REPO(a_new_project_is_laid_out_as_keptn_does_it),
        WITH_REPO(a_project_without_upstream_lives_in_our_own_repository),
        WITH_REPO(services_are_folders_of_every_stage),
        WITH_REPO(writing_and_deleting_are_one_commit_each_with_keptns_words),
        WITH_REPO(a_push_of_somebody_else_is_seen_after_a_fetch),
        WITH_REPO(the_default_branch_may_have_any_name_and_change_it),
        WITH_REPO(an_upstream_that_is_initialized_is_a_conflict_and_stays_as_it_is),
        WITH_REPO(a_creation_that_was_cut_off_can_be_repeated),
        WITH_REPO(deleting_removes_ours_and_leaves_the_upstream),
        WITH_REPO(what_is_not_there_is_named_in_keptns_words),
        WITH_REPO(hostile_paths_are_refused),
        WITH_REPO(what_a_repository_should_not_hold_is_not_shown),
        WITH_REPO(a_file_that_is_too_large_is_refused_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
