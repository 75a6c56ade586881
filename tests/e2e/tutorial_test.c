/* The tutorial against a real drawbridged, through the command line. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/world.h"

#define SHIPYARD(approval)                                                                                   \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: shipyard-delivery}\nspec:\n  "        \
    "stages:\n"                                                                                              \
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: je-deployment}, "  \
    "{name: "                                                                                                \
    "je-test}]\n    - name: production\n      sequences:\n        - name: delivery\n          triggeredOn: " \
    "[{event: "                                                                                              \
    "qa.delivery.finished}]\n          tasks:\n" approval "            - name: je-deployment\n"
#define MANUAL    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"
#define AUTOMATIC "            - {name: approval, properties: {pass: automatic, warning: manual}}\n"

/* Deploying is a line in a file; je-test fails while there is a file fail-test. */
static char *job_file(const struct world *w)
{
    return mem_printf(
        "apiVersion: v2\nactions:\n"
        "  - name: deploy\n    events: [{name: sh.keptn.event.je-deployment.triggered}]\n    tasks:\n"
        "      - name: deploy\n        env: [{name: IMAGE, value: $.data.configurationChange.values.image, "
        "valueFrom: event}]\n"
        "        cmd: [sh, -ec]\n        args: ['echo \"$KEPTN_STAGE ${IMAGE##*:}\" >> %1$s/deployed; echo "
        "deployed']\n"
        "  - name: test\n    events: [{name: sh.keptn.event.je-test.triggered}]\n    tasks:\n"
        "      - name: test\n        cmd: [sh, -ec]\n        args: ['echo testing; test ! -e "
        "%1$s/fail-test']\n",
        w->directory);
}

static void open_world(struct world *w, const char *shipyard)
{
    world_open(w, NULL, true);
    char *job = job_file(w);
    world_project(w, shipyard, job);
    free(job);
}

static void deliver(struct world *w, const char *version)
{
    char *image = mem_printf("--image=ghcr.io/podtato-head/podtatoserver:%s", version);
    char *labels =
        mem_printf("--labels=image=\"ghcr.io/podtato-head/podtatoserver\",version=\"%s\"", version);
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", image, labels,
                   NULL));
    free(image);
    free(labels);
}

static void assert_deployed(const struct world *w, const char *lines)
{
    char *deployed = world_read(w, "deployed");
    assert_string_equal(deployed ? deployed : "", lines);
    free(deployed);
}

static void assert_result(struct world *w, const char *stage, const char *expected)
{
    char *result = world_stage_result(w, stage);
    assert_string_equal(result ? result : "none", expected);
    free(result);
}

static void production_waits_until_a_person_approves(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(MANUAL));
    deliver(&w, "v0.1.1");
    char *context = world_wait(&w, "waiting");
    assert_deployed(&w, "qa v0.1.1\n");
    free(world_run(&w, 0, "approve", context, "--yes", NULL));
    free(context);
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\nproduction v0.1.1\n");
    assert_result(&w, "production", "pass");
    world_close(&w);
}

static void an_automatic_approval_needs_no_person(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(AUTOMATIC));
    deliver(&w, "v0.1.1");
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.1\nproduction v0.1.1\n");
    world_close(&w);
}

static void a_failing_test_never_reaches_production(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(MANUAL));
    world_write(&w, "fail-test", "");
    deliver(&w, "v0.1.1");
    free(world_wait(&w, "finished"));
    assert_result(&w, "qa", "fail");
    assert_deployed(&w, "qa v0.1.1\n");
    char *production = world_stage_state(&w, "production");
    assert_string_equal(production, "");
    free(production);
    world_close(&w);
}

static void a_declined_delivery_ends_as_failed_with_nothing_deployed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(MANUAL));
    deliver(&w, "v0.1.1");
    char *context = world_wait(&w, "waiting");
    free(world_run(&w, 0, "decline", context, "--yes", "--comment=not on a Friday", NULL));
    free(world_wait(&w, "finished"));
    assert_result(&w, "production", "fail");
    assert_deployed(&w, "qa v0.1.1\n");
    free(world_run(&w, 5, "approve", context, "--yes", NULL));
    free(context);
    world_close(&w);
}

static void what_was_accepted_outlives_kill_9_and_goes_on(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(MANUAL));
    deliver(&w, "v0.1.1");
    char *context = world_wait(&w, "waiting");
    world_kill(&w, SIGKILL);
    world_start(&w);
    char *again = world_wait(&w, "waiting");
    assert_string_equal(again, context);
    free(world_run(&w, 0, "approve", context, "--yes", NULL));
    world_kill(&w, SIGKILL);
    world_start(&w);
    free(world_wait(&w, "finished"));
    /* Killed at any moment behind the approval: deployed once, or its job was killed and says so; never
     * twice. */
    char *deployed = world_read(&w, "deployed");
    assert_true(strcmp(deployed, "qa v0.1.1\n") == 0 ||
                strcmp(deployed, "qa v0.1.1\nproduction v0.1.1\n") == 0);
    free(deployed);
    free(again);
    free(context);
    world_close(&w);
}

static void a_job_that_ran_when_the_server_was_killed_fails_and_is_not_run_again(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    char *job = mem_printf("apiVersion: v2\nactions:\n  - name: deploy\n    events: [{name: "
                           "je-deployment.triggered}]\n    tasks:\n"
                           "      - name: deploy\n        cmd: [sh, -ec]\n        args: ['echo ran >> "
                           "%1$s/deployed; sleep 600 & echo $! "
                           "> %1$s/child; wait']\n",
                           w.directory);
    world_project(&w, SHIPYARD(MANUAL), job);
    free(job);
    deliver(&w, "v0.1.1");
    int64_t deadline = clock_monotonic_ns() + 20 * CLOCK_S;
    char *child = NULL;
    while ((child == NULL || child[0] == '\0') && clock_monotonic_ns() < deadline) {
        free(child);
        child = world_read(&w, "child");
        poll(NULL, 0, 10);
    }
    assert_non_null(child);
    world_kill(&w, SIGKILL);
    world_start(&w);
    free(world_wait(&w, "finished"));
    assert_result(&w, "qa", "fail");
    assert_deployed(&w, "ran\n");
    cJSON *events =
        world_get(&w, "/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.je-deployment.finished");
    const char *message =
        json_text(json_get(cJSON_GetArrayItem(json_get(events, "events"), 0), "data"), "message");
    assert_non_null(message);
    assert_non_null(strstr(message, "restart"));
    cJSON_Delete(events);
    char *look = mem_printf("! kill -0 %s", child);
    look[strcspn(look, "\n")] = '\0';
    assert_int_equal(world_shell(&w, look), 0);
    free(look);
    free(child);
    world_close(&w);
}

static void a_push_to_the_upstream_changes_the_next_delivery(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    char *job = job_file(&w);
    world_write(&w, "job.yaml", job);
    world_write(&w, "before.yaml", SHIPYARD(""));
    world_write(&w, "after.yaml", SHIPYARD(MANUAL));
    assert_int_equal(
        world_shell(
            &w,
            "git init -q --bare -b main upstream.git && git clone -q upstream.git clone 2>&1 && cd clone && "
            "git config user.name t && git config user.email t@localhost && cp ../before.yaml shipyard.yaml "
            "&& "
            "git add . && git commit -qm first && git push -q origin HEAD:main 2>&1"),
        0);
    char *remote = mem_printf("--git-remote-url=file://%s/upstream.git", w.directory);
    free(world_run(&w, 0, "create", "project", "fulltour", "--shipyard=before.yaml", remote, NULL));
    free(world_run(&w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    free(world_run(&w, 0, "add-resource", "--project=fulltour", "--resource=job.yaml",
                   "--resourceUri=job/config.yaml", NULL));
    deliver(&w, "v0.1.0");
    free(world_wait(&w, "finished"));
    assert_deployed(&w, "qa v0.1.0\nproduction v0.1.0\n");
    assert_int_equal(
        world_shell(
            &w,
            "cd clone && git pull -q --rebase origin main && cp ../after.yaml shipyard.yaml && "
            "git commit -qam second && git push -q origin HEAD:main 2>&1 && git rev-parse HEAD > ../head"),
        0);
    deliver(&w, "v0.1.1");
    char *context = world_wait(&w, "waiting");
    char *shown = world_run(&w, 0, "show", context, NULL), *head = world_read(&w, "head");
    head[7] = '\0';
    assert_non_null(strstr(shown, head));
    free(shown);
    free(head);
    free(context);
    free(remote);
    free(job);
    world_close(&w);
}

static void mistakes_get_a_clear_message_and_status(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SHIPYARD(MANUAL));
    world_write(&w, "bad.yaml", "apiVersion: spec.keptn.sh/0.2.2\nspec:\n  stages:\n    - name: QA\n");
    char *text = world_run(&w, 2, "create", "project", "other", "--shipyard=bad.yaml", NULL);
    assert_non_null(strstr(text, "4:"));
    free(text);
    text = world_run(&w, 3, "trigger", "delivery", "--project=nothere", "--service=helloservice",
                     "--image=x:1", NULL);
    assert_non_null(strstr(text, "nothere"));
    free(text);
    free(world_run(&w, 5, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    deliver(&w, "v0.1.1");
    char *context = world_wait(&w, "waiting");
    free(world_run(&w, 2, "approve", context, NULL)); /* no terminal and no --yes */
    free(world_run(&w, 0, "approve", context, "--yes", NULL));
    text = world_run(&w, 5, "approve", context, "--yes", NULL);
    assert_non_null(strstr(text, "admin"));
    free(text);
    free(context);
    free(world_wait(&w, "finished"));
    char *line =
        mem_printf("'%s/drawbridged' --data other --listen 127.0.0.1:%d 2> taken", w.programs, w.port);
    assert_int_not_equal(world_shell(&w, line), 0);
    free(line);
    text = world_read(&w, "taken");
    assert_non_null(strstr(text, "--listen"));
    free(text);
    free(world_run(&w, 3, "approve", "00000000", "--yes", NULL));
    world_close(&w);
}

static void the_demo_without_a_terminal_tells_the_whole_story_and_leaves_nothing(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, false);
    char *line =
        mem_printf("TMPDIR='%s' '%s/drawbridge' demo < /dev/null > out 2> err || { cat out err; exit 1; }",
                   w.directory, w.programs);
    assert_int_equal(world_shell(&w, line), 0);
    free(line);
    char *text = world_read(&w, "out");
    const char *waiting = strstr(text, "waiting"), *succeeded = strstr(text, "production: GET");
    assert_non_null(waiting);
    assert_non_null(succeeded);
    assert_non_null(strstr(waiting, "succeeded"));
    assert_non_null(strstr(waiting, "\"version\":\"v0.1.1\""));
    free(text);
    assert_int_equal(world_shell(&w, "test -z \"$(ls -d drawbridge-demo.* 2>/dev/null)\""), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(production_waits_until_a_person_approves),
        cmocka_unit_test(an_automatic_approval_needs_no_person),
        cmocka_unit_test(a_failing_test_never_reaches_production),
        cmocka_unit_test(a_declined_delivery_ends_as_failed_with_nothing_deployed),
        cmocka_unit_test(what_was_accepted_outlives_kill_9_and_goes_on),
        cmocka_unit_test(a_job_that_ran_when_the_server_was_killed_fails_and_is_not_run_again),
        cmocka_unit_test(a_push_to_the_upstream_changes_the_next_delivery),
        cmocka_unit_test(mistakes_get_a_clear_message_and_status),
        cmocka_unit_test(the_demo_without_a_terminal_tells_the_whole_story_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
