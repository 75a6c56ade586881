/* The example integrations of doc/examples, as they are, against a real drawbridged: one that polls, one that
 * streams; each with a token of role integration, and with a restart of the server in between. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/world.h"

#define C "/controlPlane/v1"

static const char shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
    "  - name: qa\n    sequences:\n    - {name: delivery, tasks: [{name: remote}, {name: remote}]}\n";

/* The work of the integration: writes down what it was given. */
static const char work[] = "#!/bin/sh\nevent=$(cat)\n"
                           "echo \"$event\" | jq -r '.data.service + \" \" + .id' >> done.txt\n"
                           "echo worked\ntest ! -e fail\n";

static const char approval_shipyard[] =
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
    "  - name: qa\n    sequences:\n    - {name: delivery, tasks: [{name: approval, properties: {pass: "
    "manual}}]}\n";

static void open_world(struct world *w, const char *yard)
{
    world_open(w, NULL, true);
    world_project(w, yard, NULL);
    world_write(w, "work.sh", work);
    assert_int_equal(world_shell(w, "chmod +x work.sh; umask 077; \"$top_builddir/drawbridged\" --data data "
                                    "token create --name remote --role integration > token"),
                     0);
}

/* In a process group of its own, for it runs others. */
static pid_t start(const struct world *w, const char *script, const char *project)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) {
        (void)setpgid(pid, pid);
        return pid;
    }
    (void)setpgid(0, 0);
    char *path = mem_printf("%s/doc/examples/%s", getenv("top_srcdir"), script);
    char *absolute = realpath(path, NULL);
    char *programs = mem_printf("%s:%s", w->programs, getenv("PATH"));
    if (chdir(w->directory) != 0 || absolute == NULL || freopen("integration.log", "a", stderr) == NULL ||
        freopen("integration.log", "a", stdout) == NULL)
        _exit(127);
    setenv("PATH", programs, 1);
    setenv("DRAWBRIDGE_SERVER", w->url, 1);
    setenv("DRAWBRIDGE_TOKEN_FILE", "token", 1);
    setenv("INTERVAL", "0.1", 1);
    if (project != NULL) {
        setenv("PROJECT", project, 1);
        setenv("STATE", mem_printf("%s.state", project), 1);
        setenv("INTEGRATION", project, 1);
    }
    execl(absolute, absolute, "remote", "./work.sh", (char *)NULL);
    _exit(127);
}

static void stop(pid_t pid, int signal)
{
    int status = 0;
    assert_int_equal(kill(-pid, signal), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void trigger(struct world *w, const char *service)
{
    char *event =
        mem_printf("{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"test\",\"data\":{"
                   "\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"%s\"}}",
                   service);
    char *answer = NULL;
    if (world_post_event(w, event, &answer) != 200)
        fail_msg("%s", answer);
    cJSON *parsed = cJSON_Parse(answer);
    (void)snprintf(w->context, sizeof w->context, "%s", json_text(parsed, "keptnContext"));
    cJSON_Delete(parsed);
    free(answer);
    free(event);
}

static size_t count_lines(const struct world *w, const char *name)
{
    char *text = world_read(w, name);
    size_t lines = 0;
    for (const char *at = text; at != NULL && *at != '\0'; at++)
        lines += *at == '\n';
    free(text);
    return lines;
}

static void expect_stage(struct world *w, const char *word)
{
    char *state = world_stage_state(w, "qa");
    assert_string_equal(state, word);
    free(state);
}

/* Each task once: no id stands there twice. */
static void expect_each_once(struct world *w, size_t tasks)
{
    assert_int_equal(count_lines(w, "done.txt"), tasks);
    assert_int_equal(world_shell(w, "test -z \"$(cut -d' ' -f2 done.txt | sort | uniq -d)\""), 0);
}

static void work_through(const char *script)
{
    struct world w;
    open_world(&w, shipyard);
    trigger(&w, "before");                            /* open before anybody is there to do it */
    pid_t elsewhere = start(&w, script, "elsewhere"); /* of another project: it takes no part */
    pid_t pid = start(&w, script, NULL), second = start(&w, script, NULL);
    free(world_wait(&w, "finished"));
    expect_stage(&w, "succeeded");
    trigger(&w, "running");
    free(world_wait(&w, "finished"));
    expect_each_once(&w, 4);
    cJSON *found = world_get(&w, C "/uniform/registration?name=remote-service");
    assert_int_equal(cJSON_GetArraySize(found), 1);
    cJSON_Delete(found);
    world_kill(&w, SIGKILL);
    world_start(&w);
    trigger(&w, "after");
    free(world_wait(&w, "finished"));
    expect_each_once(&w, 6);
    world_write(&w, "fail", "");
    trigger(&w, "failing"); /* the first task fails: there is no second */
    free(world_wait(&w, "finished"));
    char *result = world_stage_result(&w, "qa");
    assert_string_equal(result, "fail");
    free(result);
    expect_each_once(&w, 7);
    assert_int_equal(world_shell(&w, "test \"$(ls elsewhere.state | wc -l)\" = 0"), 0);
    stop(pid, SIGTERM);
    stop(second, SIGTERM);
    stop(elsewhere, SIGTERM);
    world_close(&w);
}

static void an_integration_that_polls_does_each_task_once(void **state)
{
    (void)state;
    work_through("integration-poll.sh");
}

static void an_integration_that_streams_does_each_task_once(void **state)
{
    (void)state;
    work_through("integration-stream.sh");
}

static void a_task_that_was_interrupted_fails_and_is_not_done_twice(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, shipyard);
    world_write(&w, "work.sh", "#!/bin/sh\necho x y >> done.txt\nexec sleep 600\n");
    trigger(&w, "web");
    pid_t pid = start(&w, "integration-poll.sh", "fulltour");
    for (int64_t deadline = clock_monotonic_ns() + 30 * CLOCK_S; count_lines(&w, "done.txt") == 0;) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("the task was never begun");
        (void)usleep(20000);
    }
    stop(pid, SIGKILL);
    pid = start(&w, "integration-poll.sh", "fulltour");
    free(world_wait(&w, "finished"));
    assert_int_equal(count_lines(&w, "done.txt"), 1);
    expect_stage(&w, "errored");
    stop(pid, SIGTERM);
    world_close(&w);
}

static void an_integration_may_not_decide_an_approval(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, approval_shipyard);
    trigger(&w, "helloservice");
    free(world_wait(&w, "waiting"));
    char *line = mem_printf(
        "token=$(cat token); id=$(curl -s -H \"x-token: $token\" "
        "'%1$s/controlPlane/v1/event/triggered/sh.keptn.event.approval.triggered?project=fulltour' | jq -r "
        "'.events[0].id'); test ${#id} = 36 && curl -s -o answer -w '%%{http_code}' -H \"x-token: $token\" "
        "-H "
        "'content-type: application/json' --data-raw "
        "'{\"type\":\"sh.keptn.event.approval.finished\",\"source\":"
        "\"x\",\"shkeptncontext\":\"%2$s\",\"triggeredid\":\"'$id'\",\"data\":{\"project\":\"fulltour\","
        "\"stage\":"
        "\"qa\",\"service\":\"helloservice\",\"result\":\"pass\",\"status\":\"succeeded\"}}' %1$s/v1/event > "
        "code; "
        "test \"$(cat code)\" = 403",
        w.url, w.context);
    assert_int_equal(world_shell(&w, line), 0);
    free(line);
    free(world_wait(&w, "waiting"));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integration_that_polls_does_each_task_once),
        cmocka_unit_test(an_integration_that_streams_does_each_task_once),
        cmocka_unit_test(a_task_that_was_interrupted_fails_and_is_not_done_twice),
        cmocka_unit_test(an_integration_may_not_decide_an_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
