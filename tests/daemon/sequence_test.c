/* Sequences at a real drawbridged, as Keptn's go-tests try them: the queue, the commit of an evaluation,
 * going on after a crash, a shipyard that breaks. */
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
#include "daemon/support.h"
#include "support/world.h"

#define C "/controlPlane/v1"
#define TWO_STAGES                                                                                           \
    KEPTN_YARD("    - {name: qa, sequences: [{name: delivery, tasks: [{name: task1}, {name: task2}]}]}\n"    \
               "    - {name: production, sequences: [{name: delivery, triggeredOn: [{event: "                \
               "qa.delivery.finished}], tasks: [{name: approval, properties: {pass: manual}}, "              \
               "{name: task3}]}]}\n")

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, TWO_STAGES, NULL);
}

static void expect_state(struct world *w, const char *context, const char *state)
{
    char *is = keptn_state(w, context);
    assert_non_null(is);
    assert_string_equal(is, state);
    free(is);
}

/* The next run starts in the step that ends the one before: both events have one time. */
static void assert_same_moment(struct world *w, const char *ended, const char *started)
{
    cJSON *end = keptn_event(w, ended, "qa.delivery.finished"),
          *start = keptn_event(w, started, "task1.triggered");
    assert_string_equal(json_text(end, "time"), json_text(start, "time"));
    cJSON_Delete(end);
    cJSON_Delete(start);
}

/* G Test_SequenceQueue_TriggerMultiple */
static void ten_runs_go_one_by_one_in_order_as_each_is_aborted(void **state)
{
    enum { RUNS = 10 };
    char contexts[RUNS][KEPTN_ID];
    struct world w;
    (void)state;
    open_world(&w);
    for (size_t i = 0; i < RUNS; i++) {
        keptn_trigger(&w, "qa.delivery", "", contexts[i]);
        keptn_wait_state(&w, contexts[i], i == 0 ? "started" : "waiting");
    }
    keptn_control(&w, "11111111-2222-4333-8444-555555555555", "abort"); /* nobody knows it */
    for (size_t i = 0; i < RUNS; i++) {
        for (size_t k = 0; k < RUNS; k++)
            expect_state(&w, contexts[k], k < i ? "aborted" : k == i ? "started" : "waiting");
        assert_int_equal(keptn_open_count(&w, "task1"), 1);
        assert_int_equal(keptn_event_count(&w, contexts[i], "task1.triggered"), 1);
        keptn_control(&w, contexts[i], "abort");
        if (i + 1 < RUNS)
            assert_same_moment(&w, contexts[i], contexts[i + 1]);
    }
    assert_int_equal(keptn_open_count(&w, "task1"), 0);
    assert_int_equal(keptn_event_count(&w, NULL, "task1.triggered"), RUNS);
    world_close(&w);
}

static void runs_that_are_aborted_while_they_wait_never_start(void **state)
{
    char contexts[4][KEPTN_ID];
    struct world w;
    (void)state;
    open_world(&w);
    for (size_t i = 0; i < 4; i++)
        keptn_trigger(&w, "qa.delivery", "", contexts[i]);
    keptn_wait_state(&w, contexts[3], "waiting");
    keptn_control(&w, contexts[1], "abort");
    keptn_control(&w, contexts[2], "pause");
    keptn_control(&w, contexts[2], "abort");
    keptn_control(&w, contexts[0], "abort");
    keptn_wait_state(&w, contexts[3], "started");
    for (size_t i = 1; i < 3; i++) {
        expect_state(&w, contexts[i], "aborted");
        assert_int_equal(keptn_event_count(&w, contexts[i], "task1.triggered"), 0);
        assert_int_equal(keptn_event_count(&w, contexts[i], "qa.delivery.finished"), 1);
    }
    world_close(&w);
}

/* G Test_EvaluationGitCommitID */
static void an_evaluation_s_commit_is_on_its_sequence_and_its_task(void **state)
{
    static const char *const types[] = {"qa.evaluation.triggered", "evaluation.triggered"};
    struct world w;
    char *answer = NULL;
    (void)state;
    open_world(&w);
    assert_int_equal(world_post(&w, C "/project/fulltour/stage/qa/service/helloservice/evaluation",
                                "{\"timeframe\":\"5m\",\"gitcommitid\":\"1234567890abcdef\"}", &answer),
                     200);
    cJSON *json = cJSON_Parse(answer);
    for (size_t i = 0; i < 2; i++) {
        cJSON *event = keptn_event(&w, json_text(json, "keptnContext"), types[i]);
        assert_string_equal(json_text(event, "gitcommitid"), "1234567890abcdef");
        cJSON_Delete(event);
    }
    cJSON_Delete(json);
    free(answer);
    world_close(&w);
}

static void write_shipyard(struct world *w, const char *base64)
{
    char *body = mem_printf(
        "{\"resources\":[{\"resourceURI\":\"shipyard.yaml\",\"resourceContent\":\"%s\"}]}", base64);
    long code = world_ask(w, "PUT", "/resource-service/v1/project/fulltour/resource", body, NULL);
    if (code != 200 && code != 201)
        fail_msg("the shipyard was not written: %ld", code);
    free(body);
}

/* A shipyard that breaks while a run is under way: the run itself goes on with the tasks that it began with,
 * its follower ends with the reason, and so does what is triggered meanwhile. */
static void a_shipyard_that_breaks_ends_the_next_stage_with_the_reason(void **state)
{
    struct world w;
    char before[KEPTN_ID], meanwhile[KEPTN_ID];
    (void)state;
    open_world(&w);
    keptn_trigger(&w, "qa.delivery", "", before);
    free(keptn_wait_event(&w, before, "task1.triggered"));
    write_shipyard(&w, "c3BlYzoge3N0YWdlczogWwo="); /* spec: {stages: [ */
    keptn_do(&w, before, "qa", "task1", "pass");
    keptn_do(&w, before, "qa", "task2", "pass");
    keptn_wait_state(&w, before, "finished");
    cJSON *end = keptn_event(&w, before, "production.delivery.finished");
    assert_string_equal(json_text(json_get(end, "data"), "status"), "errored");
    assert_string_equal(json_text(json_get(end, "data"), "result"), "fail");
    assert_non_null(
        strstr(json_text(json_get(end, "data"), "message"), "Unable to retrieve Shipyard file: "));
    cJSON_Delete(end);
    assert_int_equal(keptn_event_count(&w, before, "approval.triggered"), 0);
    keptn_trigger(&w, "qa.delivery", "", meanwhile);
    keptn_wait_state(&w, meanwhile, "finished");
    assert_int_equal(keptn_event_count(&w, meanwhile, "qa.delivery.finished"), 1);
    assert_int_equal(keptn_event_count(&w, meanwhile, "task1.triggered"), 0);
    world_close(&w);
}

struct fault_row {
    const char *name, *base64, *says;
};
/* Shipyards as clients send them. */
static const struct fault_row fault_rows[] = {
    {"no base64", "%%%", "could not decode shipyard content"},
    {"no YAML", "c3BlYzoge3N0YWdlczogWwo=", "shipyard.yaml:"},
    {"a version before 0.2",
     "YXBpVmVyc2lvbjogc3BlYy5rZXB0bi5zaC8wLjEuNwpzcGVjOiB7c3RhZ2VzOiBbe25hbWU6IHFhfV19Cg==", "0.1.7"},
    {"no stage", "YXBpVmVyc2lvbjogc3BlYy5rZXB0bi5zaC8wLjIuMwpzcGVjOiB7c3RhZ2VzOiBbXX0K",
     "at least one stage"},
    {"a stage named Qa",
     "YXBpVmVyc2lvbjogc3BlYy5rZXB0bi5zaC8wLjIuMwpzcGVjOiB7c3RhZ2VzOiBbe25hbWU6IFFhfV19Cg==",
     "\\\"Qa\\\" is no name for a stage"},
};

static void a_shipyard_with_a_fault_is_refused_when_a_project_is_made(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    for (size_t i = 0; i < sizeof fault_rows / sizeof *fault_rows; i++) {
        char *body = mem_printf("{\"name\":\"faulty\",\"shipyard\":\"%s\"}", fault_rows[i].base64),
             *answer = NULL;
        long code = world_post(&w, C "/project", body, &answer);
        if (code != 400 || strstr(answer, fault_rows[i].says) == NULL)
            fail_msg("%s: %ld %s", fault_rows[i].name, code, answer);
        free(answer);
        assert_int_equal(world_ask(&w, "GET", C "/project/faulty", NULL, NULL), 404);
        free(body);
    }
    cJSON *events = world_get(&w, "/mongodb-datastore/event");
    assert_int_equal(cJSON_GetArraySize(json_get(events, "events")), 0);
    cJSON_Delete(events);
    world_close(&w);
}

/* Of a shipyard with the stages of TWO_STAGES, then with one more, one less, one renamed. */
static void a_shipyard_with_other_stages_is_refused_when_a_project_is_changed(void **state)
{
    static const char *const shipyards[] = {
        "YXBpVmVyc2lvbjogIjAuMi4zIgpzcGVjOiB7c3RhZ2VzOiBbe25hbWU6IHFhfSwge25hbWU6IHByb2R1Y3Rpb259LCB7bmFtZTog"
        "bGFifV19Cg==",
        "YXBpVmVyc2lvbjogIjAuMi4zIgpzcGVjOiB7c3RhZ2VzOiBbe25hbWU6IHFhfV19Cg==",
        "YXBpVmVyc2lvbjogIjAuMi4zIgpzcGVjOiB7c3RhZ2VzOiBbe25hbWU6IHFhfSwge25hbWU6IGxpdmV9XX0K"};
    struct world w;
    (void)state;
    open_world(&w);
    for (size_t i = 0; i < sizeof shipyards / sizeof *shipyards; i++) {
        char *body = mem_printf("{\"name\":\"fulltour\",\"shipyard\":\"%s\"}", shipyards[i]), *answer = NULL;
        long code = world_ask(&w, "PUT", C "/project", body, &answer);
        if (code != 400 || strstr(answer, "stage name cannot be changed or removed") == NULL)
            fail_msg("%zu: %ld %s", i, code, answer);
        free(answer);
        free(body);
    }
    world_close(&w);
}

/* The event that a posted body has become; its context in `context`. */
static cJSON *posted(struct world *w, const char *more, char context[KEPTN_ID])
{
    char *body =
        mem_printf("{\"type\":\"sh.keptn.event.x.y.z\",%s,\"data\":{\"project\":\"fulltour\"}}", more);
    char *answer = NULL;
    if (world_post_event(w, body, &answer) != 200)
        fail_msg("%s", answer);
    cJSON *json = cJSON_Parse(answer);
    (void)snprintf(context, KEPTN_ID, "%s", json_text(json, "keptnContext"));
    cJSON_Delete(json);
    free(answer);
    free(body);
    return keptn_event(w, context, "x.y.z");
}

static void what_is_posted_gets_its_attributes_as_keptn_gives_them(void **state)
{
    static const char uuid[] = "3c7a3c3e-0000-4000-8000-5f1b1c1d1e1f";
    struct world w;
    char context[KEPTN_ID], again[KEPTN_ID];
    (void)state;
    open_world(&w);
    cJSON *event =
        posted(&w,
               "\"id\":\"mine\",\"time\":\"2001-01-01T00:00:00Z\",\"specversion\":\"0.9\",\"source\":"
               "\"\",\"triggeredid\":\"t\",\"gitcommitid\":\"c\",\"shkeptnspecversion\":\"0.1\"",
               context);
    assert_int_equal(strlen(json_text(event, "id")), 36);
    assert_int_not_equal(strncmp(json_text(event, "time"), "2001", 4), 0);
    assert_string_equal(json_text(event, "specversion"), "1.0");
    assert_string_equal(json_text(event, "source"), "https://github.com/keptn/keptn/api");
    assert_string_equal(json_text(event, "triggeredid"), "t");
    assert_string_equal(json_text(event, "gitcommitid"), "c");
    assert_null(json_text(event, "shkeptnspecversion"));
    cJSON_Delete(event);
    cJSON_Delete(posted(&w, "\"source\":\"mine\"", again));
    assert_string_not_equal(context, again); /* none: a new one each */
    event = posted(&w, "\"source\":\"mine\",\"shkeptncontext\":\"3c7a3c3e-0000-4000-8000-5f1b1c1d1e1f\"",
                   context);
    assert_string_equal(context, uuid);
    assert_string_equal(json_text(event, "source"), "mine");
    cJSON_Delete(event);
    cJSON_Delete(posted(&w, "\"source\":\"mine\",\"shkeptncontext\":\"build 7\"", context));
    cJSON_Delete(posted(&w, "\"source\":\"mine\",\"shkeptncontext\":\"build 7\"", again));
    assert_string_equal(context, again);
    world_close(&w);
}

static void a_control_that_says_nothing_known_changes_nothing(void **state)
{
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    open_world(&w);
    keptn_trigger(&w, "qa.delivery", "", context);
    keptn_wait_state(&w, context, "started");
    char *path = mem_printf(C "/sequence/fulltour/%s/control", context);
    assert_int_equal(world_post(&w, path, "{\"stage\":\"qa\"}", NULL), 400);
    assert_int_equal(world_post(&w, path, "{\"state\":\"stop\"}", NULL), 200);
    assert_int_equal(world_post(&w, path, "{\"state\":\"abort\",\"stage\":\"elsewhere\"}", NULL), 200);
    assert_int_equal(world_post(&w, C "/sequence/fulltour/nobody/control", "{\"state\":\"abort\"}", NULL),
                     200);
    expect_state(&w, context, "started");
    assert_int_equal(keptn_open_count(&w, "task1"), 1);
    assert_int_equal(world_post(&w, path, "{\"state\":\"pause\",\"stage\":\"\"}", NULL), 200);
    expect_state(&w, context, "paused");
    free(path);
    world_close(&w);
}

/* G Test_SequenceState_CannotRetrieveShipyard; put back, the next run finds it. */
static void without_a_shipyard_a_sequence_ends_until_there_is_one_again(void **state)
{
    struct world w;
    char without[KEPTN_ID], again[KEPTN_ID];
    (void)state;
    open_world(&w);
    assert_int_equal(
        world_ask(&w, "DELETE", "/resource-service/v1/project/fulltour/resource/shipyard.yaml", NULL, NULL),
        200);
    keptn_trigger(&w, "qa.delivery", "", without);
    keptn_wait_state(&w, without, "finished");
    cJSON *end = keptn_event(&w, without, "qa.delivery.finished");
    assert_non_null(
        strstr(json_text(json_get(end, "data"), "message"), "Unable to retrieve Shipyard file: "));
    cJSON_Delete(end);
    free(world_run(&w, 0, "add-resource", "--project=fulltour", "--resource=shipyard.yaml",
                   "--resourceUri=shipyard.yaml", NULL));
    keptn_trigger(&w, "qa.delivery", "", again);
    keptn_wait_state(&w, again, "started");
    world_close(&w);
}

/* As in Keptn's go-test SequenceTimeout; an approval, which its service has started, waits on. */
static void a_task_that_nobody_starts_in_time_ends_its_sequence(void **state)
{
    struct world w;
    char started[KEPTN_ID], ignored[KEPTN_ID], next[KEPTN_ID];
    (void)state;
    world_open(&w, NULL, false);
    w.timeout = "700ms";
    world_start(&w);
    world_project(&w, TWO_STAGES, NULL);
    keptn_trigger(&w, "production.delivery", "\"result\":\"pass\"", started);
    free(keptn_wait_event(&w, started, "approval.triggered"));
    keptn_trigger(&w, "qa.delivery", "", ignored);
    keptn_trigger(&w, "qa.delivery", "", next);
    keptn_wait_state(&w, ignored, "timedOut");
    cJSON *end = keptn_event(&w, ignored, "qa.delivery.finished");
    assert_string_equal(json_text(json_get(end, "data"), "status"), "errored");
    assert_string_equal(json_text(json_get(end, "data"), "result"), "fail");
    assert_non_null(
        strstr(json_text(json_get(end, "data"), "message"), "task sh.keptn.event.task1.triggered"));
    cJSON_Delete(end);
    assert_same_moment(&w, ignored, next);
    expect_state(&w, started, "started");
    world_close(&w);
}

#define REMEDIATION                                                                                          \
    KEPTN_YARD(                                                                                              \
        "    - {name: qa, sequences: [{name: delivery, tasks: [{name: task1}]}]}\n"                          \
        "    - {name: production, sequences: [{name: delivery, triggeredOn: [{event: "                       \
        "qa.delivery.finished}], tasks: [{name: task2}]}, {name: remediation, triggeredOn: [{event: "        \
        "production.remediation.finished, selector: {match: {evaluation.result: fail}}}], tasks: "           \
        "[{name: get-action}, {name: evaluation}]}]}\n"                                                      \
        "    - {name: lab, sequences: [{name: delivery, triggeredOn: [{event: "                              \
        "qa.delivery.finished}], tasks: [{name: task3}]}, {name: rollback, triggeredOn: [{event: "           \
        "qa.delivery.finished, selector: {match: {task1.result: fail}}}], tasks: [{name: undo}]}]}\n")

static void expect_problem(struct world *w, const char *context, const char *title)
{
    char *path = mem_printf(C "/sequence/fulltour?name=remediation&keptnContext=%s", context);
    cJSON *answer = world_get(w, path);
    assert_string_equal(json_text(cJSON_GetArrayItem(json_get(answer, "states"), 0), "problemTitle"), title);
    cJSON_Delete(answer);
    free(path);
}

/* A sequence of a name of its own, which follows itself until its evaluation passes. */
static void a_remediation_repeats_until_its_evaluation_passes(void **state)
{
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, REMEDIATION, NULL);
    keptn_trigger(&w, "production.remediation",
                  "\"problem\":{\"problemTitle\":\"disk full\",\"rootCause\":\"logs\"}", context);
    for (size_t round = 1; round <= 3; round++) {
        while (keptn_event_count(&w, context, "get-action.triggered") < round)
            assert_int_equal(world_shell(&w, "sleep 0.02"), 0);
        expect_problem(&w, context, "disk full");
        keptn_do(&w, context, "production", "get-action", "pass");
        while (keptn_event_count(&w, context, "evaluation.triggered") < round)
            assert_int_equal(world_shell(&w, "sleep 0.02"), 0);
        keptn_do(&w, context, "production", "evaluation", round < 3 ? "fail" : "pass");
    }
    keptn_wait_state(&w, context, "finished");
    assert_int_equal(keptn_event_count(&w, context, "production.remediation.finished"), 3);
    world_close(&w);
}

static void several_sequences_follow_one_and_the_context_ends_with_the_last(void **state)
{
    struct world w;
    char context[KEPTN_ID], failed[KEPTN_ID];
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, REMEDIATION, NULL);
    keptn_trigger(&w, "qa.delivery", "", context);
    keptn_do(&w, context, "qa", "task1", "warning");
    keptn_do(&w, context, "production", "task2", "pass");
    free(keptn_wait_event(&w, context, "task3.triggered"));
    free(keptn_wait_event(&w, context, "production.delivery.finished"));
    expect_state(&w, context, "started");
    keptn_do(&w, context, "lab", "task3", "pass");
    keptn_wait_state(&w, context, "finished");
    keptn_trigger(&w, "qa.delivery", "", failed);
    keptn_do(&w, failed, "qa", "task1", "fail");
    keptn_do(&w, failed, "lab", "undo", "pass");
    keptn_wait_state(&w, failed, "finished");
    assert_int_equal(keptn_event_count(&w, failed, "task2.triggered"), 0);
    assert_int_equal(keptn_event_count(&w, failed, "lab.rollback.finished"), 1);
    world_close(&w);
}

/* As Keptn's BackupRestore has it: everything that was open before is there afterwards, and goes on; here
 * from a copy of the directory that was taken after a crash. */
static void after_a_crash_all_that_was_open_goes_on_from_a_copy(void **state)
{
    enum { APPROVAL, PAUSED, RUNNING, QUEUED, COUNT };
    static const char *const states[] = {"started", "paused", "started", "waiting"};
    char contexts[COUNT][KEPTN_ID];
    struct world w;
    (void)state;
    open_world(&w);
    for (size_t i = 0; i < COUNT; i++) {
        keptn_trigger(&w, "qa.delivery", "", contexts[i]);
        if (i != QUEUED)
            free(keptn_wait_event(&w, contexts[i], "task1.triggered"));
        if (i == APPROVAL) {
            keptn_do(&w, contexts[i], "qa", "task1", "pass");
            keptn_do(&w, contexts[i], "qa", "task2", "pass");
            free(keptn_wait_event(&w, contexts[i], "approval.triggered"));
        }
        if (i == PAUSED) {
            keptn_control(&w, contexts[i], "pause");
            keptn_do(&w, contexts[i], "qa", "task1", "pass");
        }
    }
    keptn_wait_state(&w, contexts[QUEUED], "waiting");
    world_kill(&w, SIGKILL);
    assert_int_equal(world_shell(&w, "cp -a data copy && rm -r data && mv copy data"), 0);
    world_start(&w);
    for (size_t i = 0; i < COUNT; i++)
        expect_state(&w, contexts[i], states[i]);
    assert_int_equal(keptn_open_count(&w, "approval"), 1);
    assert_int_equal(keptn_open_count(&w, "task1"), 1);
    assert_int_equal(keptn_event_count(&w, contexts[PAUSED], "task2.triggered"), 0);
    keptn_do(&w, contexts[RUNNING], "qa", "task1", "fail");
    keptn_wait_state(&w, contexts[QUEUED], "started");
    keptn_do(&w, contexts[QUEUED], "qa", "task1", "fail");
    keptn_control(&w, contexts[PAUSED], "resume");
    keptn_do(&w, contexts[PAUSED], "qa", "task2", "fail");
    keptn_wait_state(&w, contexts[PAUSED], "finished");
    char *id = keptn_wait_event(&w, contexts[APPROVAL], "approval.triggered");
    char *approve =
        mem_printf("{\"type\":\"sh.keptn.event.approval.finished\",\"source\":\"test\","
                   "\"shkeptncontext\":\"%s\",\"triggeredid\":\"%s\",\"data\":{\"project\":"
                   "\"fulltour\",\"stage\":\"production\",\"service\":\"helloservice\",\"status\":"
                   "\"succeeded\",\"result\":\"pass\"}}",
                   contexts[APPROVAL], id);
    assert_int_equal(world_post_event(&w, approve, NULL), 200);
    keptn_do(&w, contexts[APPROVAL], "production", "task3", "pass");
    keptn_wait_state(&w, contexts[APPROVAL], "finished");
    free(approve);
    free(id);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_runs_go_one_by_one_in_order_as_each_is_aborted),
        cmocka_unit_test(runs_that_are_aborted_while_they_wait_never_start),
        cmocka_unit_test(an_evaluation_s_commit_is_on_its_sequence_and_its_task),
        cmocka_unit_test(a_shipyard_that_breaks_ends_the_next_stage_with_the_reason),
        cmocka_unit_test(without_a_shipyard_a_sequence_ends_until_there_is_one_again),
        cmocka_unit_test(a_shipyard_with_a_fault_is_refused_when_a_project_is_made),
        cmocka_unit_test(a_shipyard_with_other_stages_is_refused_when_a_project_is_changed),
        cmocka_unit_test(what_is_posted_gets_its_attributes_as_keptn_gives_them),
        cmocka_unit_test(a_control_that_says_nothing_known_changes_nothing),
        cmocka_unit_test(a_task_that_nobody_starts_in_time_ends_its_sequence),
        cmocka_unit_test(a_remediation_repeats_until_its_evaluation_passes),
        cmocka_unit_test(several_sequences_follow_one_and_the_context_ends_with_the_last),
        cmocka_unit_test(after_a_crash_all_that_was_open_goes_on_from_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
