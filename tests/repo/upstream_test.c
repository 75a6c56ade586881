/* Upstreams that are somewhere else, gone, hostile, or pushed to by somebody at the same time. */
#include "config.h"

#include "support.h"

#include <unistd.h>

#include "base/clock.h"
#include "repo/internal.h"

#define UP "git --git-dir=root/up.git "

static const char *const stages[] = {"qa", "production"};

static void only_file_urls_below_the_root_are_taken(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    sh(f, "git init -q --bare outside.git; git init -q --bare root-2.git; ln -s ../outside.git root/link;"
          "ln -s up.git root/inside; git init -q --bare 'root/a b.git'; touch root/file; ln -s / root/all;"
          "git init -q --bare root/100%%41.git");
    static const struct {
        const char *scheme; /* NULL: no directory between */
        const char *rest;
        enum status status;
    } rows[] = {
        {NULL, "https://git.example/f.git", STATUS_UNPROCESSABLE},
        {NULL, "ssh://git.example/f.git", STATUS_UNPROCESSABLE},
        {"", "/root/up.git", STATUS_UNPROCESSABLE},
        {NULL, "ext::sh -c true", STATUS_UNPROCESSABLE},
        {NULL, "--upload-pack=touch x", STATUS_UNPROCESSABLE},
        {"file://host", "/root/up.git", STATUS_UNPROCESSABLE},
        {"file://", "/outside.git", STATUS_UNPROCESSABLE},
        {"file://", "/root-2.git", STATUS_UNPROCESSABLE},
        {"file://", "/root", STATUS_UNPROCESSABLE},
        {"file://", "/root/", STATUS_UNPROCESSABLE},
        {"file://", "/root/.", STATUS_UNPROCESSABLE},
        {"file://", "/root/../outside.git", STATUS_UNPROCESSABLE},
        {"file://", "/root/%2e%2e/outside.git", STATUS_UNPROCESSABLE},
        {"file://", "/root/link", STATUS_UNPROCESSABLE},
        {"file://", "/root/all", STATUS_UNPROCESSABLE},
        {"file://", "/root/all/etc", STATUS_UNPROCESSABLE},
        {"file://", "/root/up.git%00x", STATUS_UNPROCESSABLE},
        {"file://", "/root/up.git%0a", STATUS_UNPROCESSABLE},
        {"file://", "/root/up.git%zz", STATUS_UNPROCESSABLE},
        {"file://", "/root/up.git%4", STATUS_UNPROCESSABLE},
        {NULL, "file:///nowhere/at/all", STATUS_UNPROCESSABLE}, /* not told whether it is there */
        {"file://", "/root/missing.git", STATUS_NOT_FOUND},
        {"file://", "/root/file", STATUS_NOT_FOUND},
        {"file://", "/root/up.git", STATUS_OK},
        {"FILE://", "/root/inside", STATUS_OK},
        {"file://", "/root/a%20b.git", STATUS_OK},
        {"file://", "/root//a b.git", STATUS_OK},
        {"file://", "/root/100%2541.git", STATUS_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char url[300], *path = NULL;
        (void)snprintf(url, sizeof url, "%s%s%s", rows[i].scheme != NULL ? rows[i].scheme : "",
                       rows[i].scheme != NULL ? f->directory : "", rows[i].rest);
        enum status status = upstream_resolve(f->repo, url, &path, &err);
        if (status != rows[i].status)
            fail_msg("%s: %s", url, status == STATUS_OK ? path : err.text);
        assert_true((path != NULL) == (status == STATUS_OK));
        free(path);
    }
    assert_int_equal(create(f, "tour", "git://git.example/f.git", &err), STATUS_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "Invalid RemoteURL: git://git.example/f.git"));
    assert_string_equal(sh(f, "ls -A git"), ".home\n");
}

static void without_a_root_there_are_no_file_upstreams(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct repo *rootless = NULL;
    char directory[100];
    (void)snprintf(directory, sizeof directory, "%s/git2", f->directory);
    CHECK_OK(repo_open(directory, NULL, &rootless, &err));
    const struct repo_upstream upstream = {.url = f->url};
    assert_int_equal(repo_create_project(rootless, "tour", stages, 2, "x", 1, &upstream, &err),
                     STATUS_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "--upstream-root"));
    CHECK_OK(repo_create_project(rootless, "tour", stages, 2, "x", 1, NULL, &err));
    repo_close(rootless);
    assert_int_equal(repo_open(directory, "/nowhere/at/all", &rootless, &err), STATUS_FAILED);
    assert_null(rootless);
}

/* Somebody pushes between our fetch and our push, `left` times. */
struct rival {
    struct fixture *f;
    int left, pushed;
};

static void push_first(void *arg)
{
    struct rival *rival = arg;
    if (rival->left-- <= 0)
        return;
    rival->pushed++;
    sh(rival->f,
       "cd clone && git pull -q && echo %d >>theirs && git add . && git commit -qm theirs && git push -q",
       rival->pushed);
}

static void a_push_that_was_overtaken_is_made_again_on_top(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct rival rival = {.f = f, .left = 2};
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "git clone -q -b qa root/up.git clone");
    f->repo->before_push = push_first;
    f->repo->before_push_arg = &rival;
    CHECK_OK(write_text(f, "qa", NULL, "ours", "x", commit, &err));
    assert_int_equal(rival.pushed, 2);
    assert_string_equal(sh(f, UP "log --format=%%s qa"),
                        "Updated resource\ntheirs\ntheirs\ncreated stage\ninitialized project\n");
    assert_string_equal(sh(f, UP "show qa:theirs qa:ours"), "1\n2\nx");
    assert_string_equal(sh(f, UP "rev-parse qa | sed s/%s/OURS/", commit), "OURS\n");
    rival.left = 1;
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "s", &err));
    assert_string_equal(sh(f, UP "log -2 --format=%%s qa"), "Added service: s\ntheirs\n");
    assert_string_equal(sh(f, UP "log -1 --format=%%s production"), "Added service: s\n");
}

static void one_that_is_always_overtaken_is_a_conflict_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    struct rival rival = {.f = f, .left = 100};
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "git clone -q -b qa root/up.git clone");
    f->repo->before_push = push_first;
    f->repo->before_push_arg = &rival;
    assert_int_equal(write_text(f, "qa", NULL, "ours", "x", commit, &err), STATUS_CONFLICT);
    assert_int_equal(rival.pushed, 3);
    assert_null(read_text(f, "qa", NULL, "ours", NULL));
    assert_string_equal(sh(f, UP "log --format=%%s -1 qa"), "theirs\n");
    /* All stages or none: production could have been pushed. */
    assert_int_equal(repo_add_service(f->repo, "tour", stages, 2, "s", &err), STATUS_CONFLICT);
    assert_string_equal(sh(f, UP "log --format=%%s -1 production"), "created stage\n");
}

static void an_upstream_that_is_gone_is_unreachable_and_what_was_fetched_stays(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "mv root/up.git root/away.git");
    assert_int_equal(repo_fetch(f->repo, "tour", &err), STATUS_UNREACHABLE);
    assert_non_null(strstr(err.text, "No such file or directory"));
    assert_string_equal(read_text(f, NULL, NULL, "shipyard.yaml", NULL), SHIPYARD_TEXT);
    assert_int_equal(write_text(f, "qa", NULL, "a", "x", commit, &err), STATUS_UNREACHABLE);
    assert_null(read_text(f, "qa", NULL, "a", NULL));
    sh(f, "mkdir root/up.git"); /* there, and no repository */
    assert_int_equal(repo_fetch(f->repo, "tour", &err), STATUS_UNREACHABLE);
    assert_non_null(strstr(err.text, "not appear to be a git repository"));
    assert_int_equal(create(f, "other", f->url, &err), STATUS_NOT_FOUND);
    assert_string_equal(sh(f, "ls -A git"), ".home\ntour.git\n");
    sh(f, "rmdir root/up.git; ln -s ../git/tour.git root/up.git"); /* now it would lead out of the root */
    assert_int_equal(repo_fetch(f->repo, "tour", &err), STATUS_UNREACHABLE);
    sh(f, "rm root/up.git; mv root/away.git root/up.git");
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", commit, &err));
}

static void an_upstream_that_is_set_counts_from_the_next_call(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char other[200];
    (void)snprintf(other, sizeof other, "file://%s/root/other.git", f->directory);
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "git clone -q --bare root/up.git root/other.git");
    const struct repo_upstream upstream = {.url = other};
    repo_set_upstream(f->repo, "tour", &upstream);
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(sh(f, "git -C root/other.git ls-tree --name-only qa"), "a\nmetadata.yaml\n");
    assert_string_equal(sh(f, UP "ls-tree --name-only qa"), "metadata.yaml\n");
    repo_set_upstream(f->repo, "tour", NULL);
    CHECK_OK(write_text(f, "qa", NULL, "b", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(sh(f, "git -C root/other.git ls-tree --name-only qa"), "a\nmetadata.yaml\n");
}

static void nothing_that_the_upstream_names_is_run(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    sh(f,
       "for h in pre-receive update post-receive post-update reference-transaction; do "
       "printf '#!/bin/sh\\ntouch %s/ran-%%s\\n' $h >root/up.git/hooks/$h; chmod +x root/up.git/hooks/$h; "
       "done;"
       "cd root/up.git; mkdir my; cp hooks/pre-receive my; git config core.hooksPath \"$PWD/my\";"
       "git config core.alternateRefsCommand 'touch %s/ran-alternates; true';"
       "git config uploadpack.packObjectsHook 'touch %s/ran-pack; exec \"$@\"';"
       "git config core.fsmonitor 'touch %s/ran-fsmonitor'",
       f->directory, f->directory, f->directory, f->directory);
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(sh(f, "ls | grep ran- || true"), "");
    sh(f, "git clone -q root/up.git clone && cd clone && git -c core.hooksPath=/dev/null commit -q "
          "--allow-empty -m x"
          "&& git -c core.hooksPath=/dev/null push -q --receive-pack='git -c core.hooksPath=/dev/null "
          "receive-pack';"
          "rm -f ../ran-*");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_string_equal(sh(f, "ls | grep ran- || true"), "");
}

static void a_branch_that_is_checked_out_upstream_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char url[200];
    (void)snprintf(url, sizeof url, "file://%s/root/work", f->directory);
    sh(f, "git init -q root/work && cd root/work && git commit -q --allow-empty -m first");
    assert_int_equal(create(f, "tour", url, &err), STATUS_FAILED);
    assert_non_null(strstr(err.text, "checked out"));
    assert_non_null(strstr(err.text, "bare"));
    assert_string_equal(sh(f, "ls -A git; git -C root/work branch"), ".home\n* main\n");
}

static void a_stage_branch_that_is_missing_is_made_from_the_default_branch(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    static const char *const more[] = {"qa", "hardening", "production"};
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_add_service(f->repo, "tour", more, 3, "s", &err));
    assert_string_equal(sh(f, UP "log --format=%%s hardening"),
                        "Added service: s\ncreated stage\nUpdated resource\ninitialized project\n");
    static const char *const clash[] = {"main"};
    assert_int_equal(repo_add_service(f->repo, "tour", clash, 1, "t", &err), STATUS_INVALID);
    const struct repo_upstream upstream = {.url = NULL};
    assert_int_equal(repo_create_project(f->repo, "clash", clash, 1, "x", 1, &upstream, &err),
                     STATUS_INVALID);
    assert_non_null(strstr(err.text, "stage main"));
}

static void a_branch_of_a_stage_that_the_upstream_had_keeps_its_files(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    sh(f, "git clone -q root/up.git clone 2>&1; cd clone; touch a; git add .; git commit -qm a; git push -q;"
          "git checkout -q -b qa; touch b; git add .; git commit -qm b; git push -q origin qa");
    CHECK_OK(create(f, "tour", f->url, &err));
    assert_string_equal(sh(f, UP "ls-tree --name-only qa"), "a\nb\nmetadata.yaml\n");
    assert_string_equal(sh(f, UP "log --format=%%s qa"), "created stage\nb\na\n");
    assert_string_equal(sh(f, UP "ls-tree --name-only production"), "a\nmetadata.yaml\n");
}

static void a_branch_deleted_upstream_stays_readable(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, UP "branch -D qa");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_non_null(read_text(f, "qa", NULL, "metadata.yaml", NULL));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
    assert_string_equal(sh(f, UP "log --format=%%s qa"),
                        "Updated resource\ncreated stage\ninitialized project\n");
}

static void locks_of_a_killed_drawbridged_do_not_stop_the_next(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    CHECK_OK(create(f, "tour", f->url, &err));
    sh(f, "cd git/tour.git; touch refs/heads/qa.lock refs/remotes/origin/qa.lock HEAD.lock packed-refs.lock");
    fixture_reopen(f);
    sh(f, "git clone -q -b qa root/up.git clone && cd clone && touch x && git add . && git commit -qm x && "
          "git push -q");
    CHECK_OK(repo_fetch(f->repo, "tour", &err));
    assert_non_null(read_text(f, "qa", NULL, "x", NULL));
    CHECK_OK(write_text(f, "qa", NULL, "a", "x", (char[REPO_COMMIT_SIZE]){0}, &err));
}

static void the_settings_of_the_machine_and_of_the_user_do_not_count(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    sh(f, "printf '[url \"file:///nowhere/\"]\\n\\tinsteadOf = /\\n[commit]\\n\\tgpgSign = true\\n"
          "[transfer]\\n\\thideRefs = refs/heads\\n' >evil");
    char path[100];
    (void)snprintf(path, sizeof path, "%s/evil", f->directory);
    setenv("GIT_CONFIG_GLOBAL", path, 1);
    setenv("GIT_DIR", "/nowhere", 1);
    fixture_reopen(f);
    enum status status = create(f, "tour", f->url, &err);
    unsetenv("GIT_CONFIG_GLOBAL");
    unsetenv("GIT_DIR");
    if (status != STATUS_OK)
        fail_msg("%s", err.text);
}

static void reading_a_file_costs_well_under_a_millisecond(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char commit[REPO_COMMIT_SIZE];
    CHECK_OK(create(f, "tour", f->url, &err));
    CHECK_OK(repo_add_service(f->repo, "tour", stages, 2, "s", &err));
    CHECK_OK(write_text(f, "qa", "s", "job/config.yaml", "text", commit, &err));
    int64_t best_ns = INT64_MAX;
    for (int i = 0; i < 50; i++) { /* the best one: the machine is shared */
        int64_t begin = clock_monotonic_ns();
        assert_string_equal(read_text(f, "qa", "s", "job/config.yaml", commit), "text");
        int64_t ns = clock_monotonic_ns() - begin;
        best_ns = ns < best_ns ? ns : best_ns;
    }
    print_message("# a read: %lld us\n", (long long)(best_ns / 1000));
    assert_true(best_ns < CLOCK_MS);
    int64_t fetch_ns = INT64_MAX;
    for (int i = 0; i < 20; i++) {
        int64_t begin = clock_monotonic_ns();
        CHECK_OK(repo_fetch(f->repo, "tour", &err));
        int64_t ns = clock_monotonic_ns() - begin;
        fetch_ns = ns < fetch_ns ? ns : fetch_ns;
    }
    print_message("# a fetch of nothing new: %lld us\n", (long long)(fetch_ns / 1000));
}

int main(void)
{
#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_REPO(only_file_urls_below_the_root_are_taken),
        WITH_REPO(without_a_root_there_are_no_file_upstreams),
        WITH_REPO(a_push_that_was_overtaken_is_made_again_on_top),
        WITH_REPO(one_that_is_always_overtaken_is_a_conflict_and_changes_nothing),
        WITH_REPO(an_upstream_that_is_gone_is_unreachable_and_what_was_fetched_stays),
        WITH_REPO(an_upstream_that_is_set_counts_from_the_next_call),
        WITH_REPO(nothing_that_the_upstream_names_is_run),
        WITH_REPO(a_branch_that_is_checked_out_upstream_says_what_to_do),
        WITH_REPO(a_stage_branch_that_is_missing_is_made_from_the_default_branch),
        WITH_REPO(a_branch_of_a_stage_that_the_upstream_had_keeps_its_files),
        WITH_REPO(a_branch_deleted_upstream_stays_readable),
        WITH_REPO(locks_of_a_killed_drawbridged_do_not_stop_the_next),
        WITH_REPO(the_settings_of_the_machine_and_of_the_user_do_not_count),
        WITH_REPO(reading_a_file_costs_well_under_a_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
