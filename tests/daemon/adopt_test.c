/* `drawbridged adopt`: a repository as Keptn lays it out is taken over, read and written so that Git shows
 * what Keptn would have written; what cannot be taken over is refused with the reason, and nothing is left.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/world.h"

#define C "/controlPlane/v1"

/* What Keptn 1.4's resource-service leaves for `create project` and `create service`. */
static const char keptn_repository[] =
    "set -e\n"
    "export GIT_AUTHOR_NAME=keptn GIT_AUTHOR_EMAIL=keptn@keptn.sh GIT_COMMITTER_NAME=keptn "
    "GIT_COMMITTER_EMAIL=keptn@keptn.sh\n"
    "git init -q --bare -b main upstream.git; git clone -q upstream.git clone 2>/dev/null; cd clone\n"
    "printf 'projectName: fulltour\\ncreationTimestamp: 2023-05-04 10:11:12.5 +0000 UTC m=+3.1\\n"
    "isUsingDirectoryStructure: false\\n' >metadata.yaml\n"
    "git add .; git commit -qm 'initialized project'\n"
    "for stage in qa production; do git checkout -q -b $stage main; git commit -q --allow-empty -m 'created "
    "stage'\n"
    "mkdir helloservice; printf 'servicename: helloservice\\ncreationtimestamp: 2023-05-04 10:12:00 +0000 "
    "UTC "
    "m=+5\\n' >helloservice/metadata.yaml; git add .; git commit -qm 'Added service: helloservice'\n"
    "mkdir helloservice/job; cp ../job.yaml helloservice/job/config.yaml; git add .; git commit -qm 'Updated "
    "resource'\ndone\n"
    "git checkout -q main; cp ../shipyard.yaml .; git add .; git commit -qm 'Updated resource'\n"
    "git push -q origin main qa production\n";

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: fulltour}\nspec:\n  stages:\n"
    "  - name: qa\n    sequences:\n    - {name: delivery, tasks: [{name: deployment}]}\n"
    "  - name: production\n    sequences:\n    - name: delivery\n"
    "      triggeredOn: [{event: qa.delivery.finished}]\n      tasks: [{name: deployment}]\n";

static void open_world(struct world *w)
{
    world_open(w, NULL, true); /* an empty store, as of a first start */
    world_kill(w, SIGTERM);
    world_write(w, "shipyard.yaml", shipyard);
    world_write(w, "job.yaml",
                "apiVersion: v2\nactions:\n  - name: d\n    events: [{name: "
                "sh.keptn.event.deployment.triggered}]\n    tasks: [{name: d, cmd: [\"true\"]}]\n");
    world_write(w, "keptn.sh", keptn_repository);
    assert_int_equal(world_shell(w, "sh keptn.sh"), 0);
}

/* Returns what was printed; the caller's. */
static char *adopt(struct world *w, int expected)
{
    char *line = mem_printf("\"$top_builddir/drawbridged\" --data data --upstream-root '%1$s' adopt fulltour "
                            "--upstream 'file://%1$s/upstream.git' >told 2>&1",
                            w->directory);
    int code = world_shell(w, line);
    char *told = world_read(w, "told");
    if (code != expected)
        fail_msg("%d: %s", code, told);
    free(line);
    return told;
}

static void a_repository_of_keptn_is_taken_over_read_and_written(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    char *told = adopt(&w, 0);
    assert_non_null(strstr(told, "project fulltour: 2 stages, 2 services in them"));
    free(told);
    world_start(&w);
    cJSON *project = world_get(&w, C "/project/fulltour");
    assert_string_equal(json_text(project, "creationDate"), "1683195072500000000");
    assert_string_equal(json_text(project, "shipyard"), shipyard);
    const cJSON *qa = cJSON_GetArrayItem(json_get(project, "stages"), 0);
    const cJSON *service = cJSON_GetArrayItem(json_get(qa, "services"), 0);
    assert_string_equal(json_text(service, "serviceName"), "helloservice");
    assert_string_equal(json_text(service, "creationDate"), "1683195120000000000");
    cJSON_Delete(project);
    free(world_run(&w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice",
                   "--image=a:1", NULL));
    free(world_wait(&w, "finished"));
    free(world_run(&w, 0, "add-resource", "--project=fulltour", "--stage=qa", "--service=helloservice",
                   "--resource=job.yaml", "--resourceUri=slo.yaml", NULL));
    free(world_run(&w, 0, "create", "service", "second", "--project=fulltour", NULL));
    assert_int_equal(
        world_shell(&w,
                    "git --git-dir=upstream.git log --format='%an <%ae> %cn <%ce> %s' qa >log; "
                    "printf 'keptn <keptn@keptn.sh> keptn <keptn@keptn.sh> %s\\n' 'Added service: second' "
                    "'Updated resource' 'Updated resource' 'Added service: helloservice' 'created stage' "
                    "'initialized project' | diff - log && "
                    "git --git-dir=upstream.git show qa:helloservice/slo.yaml | diff - job.yaml && "
                    "git --git-dir=upstream.git ls-tree -r --name-only qa >files; printf '%s\\n' "
                    "helloservice/job/config.yaml helloservice/metadata.yaml helloservice/slo.yaml "
                    "metadata.yaml second/metadata.yaml | diff - files"),
        0);
    world_close(&w);
}

static void what_cannot_be_taken_over_is_refused_and_leaves_nothing(void **state)
{
    struct world w;
    (void)state;
    static const struct {
        const char *line, *says;
        int code;
    } rows[] = {
        {"git rm -q metadata.yaml && git commit -qm x && git push -q origin HEAD:main", "is not initialised",
         2},
        {"git rm -q shipyard.yaml && git commit -qm x && git push -q origin HEAD:main",
         "has no shipyard.yaml", 2},
        {"mkdir -p .keptn-stages/qa && echo a >.keptn-stages/qa/a && git add . && git commit -qm x && git "
         "push "
         "-q origin HEAD:main",
         "directory layout", 2},
        {"git push -q origin :qa", "the stage qa of its shipyard.yaml has no branch", 3},
        {"echo 'spec: [' >shipyard.yaml && git commit -qam x && git push -q origin HEAD:main",
         "shipyard.yaml:", 2},
        {"rm -rf ../upstream.git", "upstream repository not found", 3},
    };
    open_world(&w);
    assert_int_equal(world_shell(&w, "cp -r upstream.git kept.git; cp -r clone kept"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *line =
            mem_printf("rm -rf upstream.git clone && cp -r kept.git upstream.git && cp -r kept clone && "
                       "cd clone && git config user.name t && git config user.email t@localhost && %s",
                       rows[i].line);
        assert_int_equal(world_shell(&w, line), 0);
        free(line);
        char *told = adopt(&w, rows[i].code);
        if (strstr(told, rows[i].says) == NULL)
            fail_msg("\"%s\" is not in: %s", rows[i].says, told);
        free(told);
        assert_int_equal(world_shell(&w, "test ! -e data/git/fulltour.git"), 0);
    }
    assert_int_equal(world_shell(&w, "rm -rf upstream.git; cp -r kept.git upstream.git"), 0);
    world_start(&w);
    char *told = adopt(&w, 5); /* beside a drawbridged that runs */
    assert_non_null(strstr(told, "another drawbridged"));
    free(told);
    world_kill(&w, SIGTERM);
    free(adopt(&w, 0));
    told = adopt(&w, 5);
    assert_non_null(strstr(told, "there is a project fulltour already"));
    free(told);
    world_start(&w);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repository_of_keptn_is_taken_over_read_and_written),
        cmocka_unit_test(what_cannot_be_taken_over_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
