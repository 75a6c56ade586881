/* What Keptn's users have besides deliveries, against a real drawbridged: secrets for jobs, evaluations, an
 * integration that polls. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/world.h"

#define C "/controlPlane/v1"
#define SHIPYARD                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"               \
    "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: deploy}]\n"
#define SECRET(value) "{\"name\":\"creds\",\"scope\":\"keptn-default\",\"data\":{\"PASSWORD\":\"" value "\"}}"

static void expect(struct world *w, const char *method, const char *path, const char *body, long code,
                   const char *part)
{
    char *answer = NULL;
    long got = world_ask(w, method, path, body, &answer);
    if (got != code || strstr(answer, part) == NULL)
        fail_msg("%s %s: %ld %s", method, path, got, answer);
    free(answer);
}

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    char *job =
        mem_printf("apiVersion: v2\nactions:\n"
                   "  - name: deploy\n    events: [{name: sh.keptn.event.deploy.triggered}]\n    tasks:\n"
                   "      - name: deploy\n        env: [{name: creds, valueFrom: secret}]\n"
                   "        cmd: [sh, -ec]\n        args: ['printf %%s \"$PASSWORD\" > %s/told']\n",
                   w->directory);
    world_write(w, "shipyard.yaml", SHIPYARD);
    free(world_run(w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    free(world_run(w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
    world_write(w, "job.yaml", job);
    free(world_run(w, 0, "add-resource", "--project=fulltour", "--stage=qa", "--service=helloservice",
                   "--resource=job.yaml", "--resourceUri=job/config.yaml", NULL));
    free(job);
}

/* Delivers; the password that the job was told, "" where it has failed. The caller's. */
static char *deliver(struct world *w, const char *result)
{
    world_write(w, "told", "");
    free(world_run(w, 0, "trigger", "delivery", "--project=fulltour", "--service=helloservice", "--image=x:1",
                   NULL));
    free(world_wait(w, "finished"));
    char *got = world_stage_result(w, "qa");
    assert_string_equal(got, result);
    free(got);
    return world_read(w, "told");
}

static void a_job_gets_its_secret_and_nobody_else_does(void **state)
{
    struct world w;
    struct stat st;
    (void)state;
    open_world(&w);
    expect(&w, "POST", "/secrets/v1/secret", SECRET("hunter2-one"), 201,
           "{\"name\":\"creds\",\"scope\":\"keptn-default\",\"keys\":[\"PASSWORD\"]}");
    expect(&w, "POST", "/secrets/v1/secret", SECRET("x"), 409,
           "Unable to create secret: secret already exists");
    char *told = deliver(&w, "pass");
    assert_string_equal(told, "hunter2-one");
    free(told);
    expect(&w, "PUT", "/secrets/v1/secret", SECRET("hunter2-two"), 200, "\"keys\":[\"PASSWORD\"]");
    world_kill(&w, SIGKILL);
    world_start(&w);
    told = deliver(&w, "pass");
    assert_string_equal(told, "hunter2-two");
    free(told);
    expect(&w, "GET", "/secrets/v1/secret", NULL, 200,
           "{\"Secrets\":[{\"name\":\"creds\",\"scope\":\"keptn-default\",\"keys\":[\"PASSWORD\"]}]}");
    /* Neither the value, nor anything of it in base64, lies in the store or the jobs' logs. */
    assert_int_equal(
        world_shell(&w, "grep -rqE 'hunter2|aHVudGVyMi|h1bnRlcjIt|odW50ZXIyL' data; test $? = 1"), 0);
    char *key = world_path(&w, "data/key");
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(key);
    expect(&w, "DELETE", "/secrets/v1/secret?name=creds&scope=keptn-default", NULL, 200, "");
    expect(&w, "DELETE", "/secrets/v1/secret?name=creds&scope=keptn-default", NULL, 404,
           "Unable to delete secret: secret not found");
    expect(&w, "PUT", "/secrets/v1/secret", SECRET("x"), 404, "Unable to update secret: secret not found");
    told = deliver(&w, "fail");
    assert_string_equal(told, "");
    free(told);
    expect(&w, "GET", "/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.deploy.finished", NULL,
           200, "no secret creds in the scope keptn-default");
    world_close(&w);
}

static void a_key_that_is_lost_changed_or_open_to_others_is_told(void **state)
{
    struct world w;
    (void)state;
    open_world(&w);
    expect(&w, "POST", "/secrets/v1/secret", SECRET("hunter2"), 201, "creds");
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"cp data/key kept; chmod 640 data/key", "can be read by others (mode 640)"},
        {"chmod 600 data/key; printf 0123456789abcdef0123456789abcdef > data/key", "cannot be decrypted"},
        {"printf short > data/key", "is not one of drawbridged"},
        {"rm data/key", "is gone, and secrets, credentials of upstreams"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(world_shell(&w, rows[i].line), 0);
        char *told = deliver(&w, "fail");
        assert_string_equal(told, "");
        free(told);
        expect(&w, "GET",
               "/mongodb-datastore/event?project=fulltour&type=sh.keptn.event.deploy.finished&pageSize=1",
               NULL, 200, rows[i].says);
    }
    expect(&w, "POST", "/secrets/v1/secret", "{\"name\":\"other\",\"data\":{\"a\":\"b\"}}", 500,
           "is gone, and secrets, credentials of upstreams");
    assert_int_equal(world_shell(&w, "cp kept data/key; chmod 600 data/key"), 0);
    char *told = deliver(&w, "pass");
    assert_string_equal(told, "hunter2");
    free(told);
    world_close(&w);
}

/* --- an evaluation, done by an integration that polls --- */

static void wait_for_open(struct world *w, char id[64], char context[64])
{
    int64_t deadline = clock_monotonic_ns() + 30 * CLOCK_S;
    for (id[0] = '\0'; id[0] == '\0';) {
        cJSON *open = world_get(w, C "/event/triggered/sh.keptn.event.evaluation.triggered?project=fulltour");
        const cJSON *first = cJSON_GetArrayItem(json_get(open, "events"), 0);
        if (first != NULL) {
            (void)snprintf(id, 64, "%s", json_text(first, "id"));
            (void)snprintf(context, 64, "%s", json_text(first, "shkeptncontext"));
            assert_string_equal(json_text(json_path(first, "data", "evaluation", NULL), "start"),
                                "2023-05-04T10:00:00.000Z");
        }
        cJSON_Delete(open);
        if (clock_monotonic_ns() > deadline)
            fail_msg("no evaluation was triggered");
        (void)usleep(20000);
    }
}

static void answer_task(struct world *w, const char *kind, const char *id, const char *context)
{
    char *event =
        mem_printf("{\"type\":\"sh.keptn.event.evaluation.%s\",\"source\":\"lighthouse-service\","
                   "\"triggeredid\":\"%s\",\"shkeptncontext\":\"%s\",\"data\":{\"project\":\"fulltour\","
                   "\"stage\":\"qa\",\"service\":\"helloservice\",\"status\":\"succeeded\","
                   "\"result\":\"pass\",\"evaluation\":{\"result\":\"pass\",\"score\":97.5}}}",
                   kind, id, context);
    char *answer = NULL;
    if (world_post_event(w, event, &answer) != 200)
        fail_msg("%s", answer);
    free(answer);
    free(event);
}

static const char *execution_state(const cJSON *answer)
{
    const cJSON *first = cJSON_GetArrayItem(json_get(answer, "sequenceExecutions"), 0);
    return json_text(json_get(first, "status"), "state");
}

static void an_integration_registers_polls_and_finishes_an_evaluation(void **state)
{
    struct world w;
    char id[64], context[64], path[256];
    (void)state;
    open_world(&w);
    expect(
        &w, "POST", C "/uniform/registration",
        "{\"name\":\"lighthouse-service\",\"metadata\":{\"hostname\":\"h\",\"kubernetesmetadata\":{"
        "\"namespace\":\"keptn\"}},\"subscriptions\":[{\"event\":\"sh.keptn.event.evaluation.triggered\"}]}",
        201, "\"id\":");
    expect(&w, "POST", C "/project/fulltour/stage/qa/service/helloservice/evaluation",
           "{\"start\":\"2023-05-04T10:00:00\",\"timeframe\":\"5m\",\"labels\":{\"a\":\"b\"}}", 200,
           "\"keptnContext\":");
    wait_for_open(&w, id, context);
    (void)snprintf(path, sizeof path, C "/sequence-execution?project=fulltour&keptnContext=%s", context);
    cJSON *before = world_get(&w, path);
    assert_string_equal(execution_state(before), "started");
    cJSON_Delete(before);
    answer_task(&w, "started", id, context);
    answer_task(&w, "finished", id, context);
    cJSON *after = world_get(&w, path);
    assert_string_equal(execution_state(after), "finished");
    cJSON_Delete(after);
    (void)snprintf(path, sizeof path, C "/sequence/fulltour?keptnContext=%s", context);
    expect(&w, "GET", path, NULL, 200, "\"latestEvaluation\":{\"result\":\"pass\",\"score\":97.5}");
    expect(&w, "POST", C "/log", "{\"logs\":[{\"integrationid\":\"i\",\"message\":\"done\"}]}", 200, "{}");
    world_kill(&w, SIGKILL);
    world_start(&w);
    expect(&w, "GET", C "/log?integrationId=i", NULL, 200, "\"message\":\"done\"");
    expect(&w, "GET", C "/uniform/registration?name=lighthouse-service", NULL, 200,
           "\"event\":\"sh.keptn.event.evaluation.triggered\"");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_gets_its_secret_and_nobody_else_does),
        cmocka_unit_test(a_key_that_is_lost_changed_or_open_to_others_is_told),
        cmocka_unit_test(an_integration_registers_polls_and_finishes_an_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
