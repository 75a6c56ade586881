/* The state as Keptn's sequence query shows it (keptn-events.md, 3.7; keptn-api.md, 3). */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define YARD_OF_TWO                                                                                          \
    YARD("  - {name: qa, sequences: [{name: delivery, tasks: [{name: deployment}, {name: evaluation}]}]}\n"  \
         "  - {name: prod, sequences: [{name: delivery, triggeredOn: [{event: qa.delivery.finished}], "      \
         "tasks: [{name: deployment}]}, {name: rollback, triggeredOn: [{event: qa.delivery.finished, "       \
         "selector: "                                                                                        \
         "{match: {result: fail}}}], tasks: [{name: rollback}]}]}\n")

static void expect_state(const struct world *w, const char *json)
{
    cJSON *expected = cJSON_Parse(json);
    assert_non_null(expected);
    if (!cJSON_Compare(expected, world_state(w, "A"), true)) {
        char *seen = cJSON_Print(world_state(w, "A"));
        fail_msg("the state is %s, not %s", seen, json);
    }
    cJSON_Delete(expected);
}

static const char *latest(const struct world *w, const char *stage, const char *which, const char *key)
{
    const char *text = json_text(json_get(world_stage(w, "A", stage), which), key);
    return text != NULL ? text : "";
}

static void trigger(struct world *w, const char *data)
{
    world_apply(
        w, &(struct input){
               .type = "sh.keptn.event.qa.delivery.triggered", .context = "A", .stage = "qa", .data = data});
}

static void a_queued_first_sequence_shows_one_bare_stage(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    world_trigger(w, "B", "qa.delivery");
    trigger(w, "\"problem\":{\"problemTitle\":\"disk full\"}");
    expect_state(
        w,
        "{\"name\":\"delivery\",\"service\":\"svc\",\"project\":\"p\",\"time\":\"2023-05-04T10:00:02.000Z\","
        "\"shkeptncontext\":\"A\",\"state\":\"waiting\",\"problemTitle\":\"disk full\",\"stages\":[{\"name\":"
        "\"qa\",\"state\":\"\",\"shipyardcommit\":\"yard-commit\"}]}");
    world_free(w);
}

static void the_time_is_that_of_the_first_event_with_three_digits(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    world_apply(w, &(struct input){.type = "sh.keptn.event.qa.delivery.triggered",
                                   .context = "A",
                                   .stage = "qa",
                                   .time_ns = INT64_C(1683194400123456789)});
    assert_string_equal(json_text(world_state(w, "A"), "time"), "2023-05-04T10:00:00.123Z");
    world_trigger(w, "A", "prod.rollback");
    assert_string_equal(json_text(world_state(w, "A"), "time"), "2023-05-04T10:00:00.123Z");
    assert_string_equal(json_text(world_state(w, "A"), "name"), "delivery");
    world_free(w);
}

static void task_events_show_as_the_latest_by_their_arrival(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    trigger(w, "\"configurationChange\":{\"values\":{\"image\":\"hello:2\"}}");
    const struct sent task = *world_last(w, "A", "deployment.triggered");
    assert_string_equal(world_stage_state(w, "A", "qa"), "triggered");
    assert_string_equal(latest(w, "qa", "latestEvent", "id"), task.id);
    assert_string_equal(latest(w, "qa", "latestEvent", "type"), "sh.keptn.event.deployment.triggered");
    assert_string_equal(json_text(world_stage(w, "A", "qa"), "image"), "hello:2");
    const char *id = world_apply(w, &(struct input){.type = "sh.keptn.event.deployment.started",
                                                    .context = "A",
                                                    .stage = "qa",
                                                    .triggeredid = task.id,
                                                    .time_ns = 1});
    assert_string_equal(latest(w, "qa", "latestEvent", "id"), id);
    char arrival[CLOCK_TEXT_SIZE];
    clock_format_ms(w->now_ns, arrival);
    assert_string_equal(latest(w, "qa", "latestEvent", "time"), arrival);
    world_free(w);
}

static void a_stage_ends_with_the_status_of_its_sequence(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    trigger(w, NULL);
    world_started(w, world_last(w, "A", "deployment.triggered"));
    world_finished(w, world_last(w, "A", "deployment.triggered"), "errored", "fail");
    assert_string_equal(world_stage_state(w, "A", "qa"), "errored");
    assert_string_equal(latest(w, "qa", "latestEvent", "type"), "sh.keptn.event.qa.delivery.finished");
    assert_string_equal(latest(w, "qa", "latestEvent", "id"), world_last(w, "A", "qa.delivery.finished")->id);
    world_free(w);
}

static void the_latest_failed_event_is_never_cleared(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    trigger(w, NULL);
    world_started(w, world_last(w, "A", "deployment.triggered"));
    assert_string_equal(latest(w, "qa", "latestFailedEvent", "id"), "");
    world_finished(w, world_last(w, "A", "deployment.triggered"), "succeeded", "fail");
    assert_string_equal(latest(w, "qa", "latestFailedEvent", "type"), "sh.keptn.event.qa.delivery.finished");
    /* A follower's triggered, and its first task's, carry the result of the stage before. */
    assert_string_equal(latest(w, "prod", "latestFailedEvent", "type"), "sh.keptn.event.rollback.triggered");
    world_done(w, world_last(w, "A", "rollback.triggered"), "pass");
    assert_string_equal(world_stage_state(w, "A", "prod"), "succeeded");
    assert_string_equal(latest(w, "prod", "latestFailedEvent", "type"), "sh.keptn.event.rollback.triggered");
    world_free(w);
}

static void an_errored_event_counts_as_failed_whatever_its_result(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    trigger(w, NULL);
    world_finished(w, world_last(w, "A", "deployment.triggered"), "errored", "pass");
    assert_string_equal(latest(w, "qa", "latestFailedEvent", "type"), "sh.keptn.event.deployment.finished");
    world_free(w);
}

/* Keptn shows it as succeeded: its data still has the status of the stage before. */
static void a_follower_that_waits_shows_no_status_and_keeps_the_context_open(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: qa, sequences: [{name: delivery, tasks: [{name: t}]}]}\n"
                                     "  - {name: prod, sequences: [{name: delivery, triggeredOn: [{event: "
                                     "qa.delivery.finished}], tasks: [{name: u}]}]}\n"
                                     "  - {name: lab, sequences: [{name: delivery, triggeredOn: [{event: "
                                     "qa.delivery.finished}], tasks: [{name: v}]}]}\n"));
    world_trigger(w, "B", "prod.delivery");
    trigger(w, NULL);
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    assert_string_equal(world_stage_state(w, "A", "prod"), "");
    assert_string_equal(latest(w, "prod", "latestEvent", "type"), "sh.keptn.event.prod.delivery.triggered");
    assert_string_equal(world_execution(w, "A", "prod"), "triggered");
    world_done(w, world_last(w, "A", "v.triggered"), "pass");
    assert_string_not_equal(world_overall(w, "A"), "finished");
    world_done(w, world_last(w, "B", "u.triggered"), "pass");
    world_done(w, world_last(w, "A", "u.triggered"), "pass");
    assert_string_equal(world_overall(w, "A"), "finished");
    world_free(w);
}

struct evaluation_row {
    const char *type, *source, *data, *shown; /* shown NULL: none */
};
static const struct evaluation_row evaluation_rows[] = {
    {"sh.keptn.event.evaluation.finished", "lighthouse-service",
     "\"evaluation\":{\"result\":\"pass\",\"score\":87.5}", "{\"result\":\"pass\",\"score\":87.5}"},
    {"sh.keptn.event.evaluation.finished", "lighthouse-service", "\"evaluation\":{}",
     "{\"result\":\"\",\"score\":0}"},
    {"sh.keptn.event.evaluation.finished", "lighthouse-service", "\"x\":1", NULL},
    {"sh.keptn.event.evaluation.finished", "another", "\"evaluation\":{\"result\":\"pass\",\"score\":1}",
     NULL},
    {"sh.keptn.event.evaluation.started", "lighthouse-service",
     "\"evaluation\":{\"result\":\"pass\",\"score\":1}", NULL},
};

static void only_lighthouse_s_evaluations_are_shown(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof evaluation_rows / sizeof *evaluation_rows; i++) {
        const struct evaluation_row *row = &evaluation_rows[i];
        struct world *w = world_new(YARD_OF_TWO);
        trigger(w, NULL);
        world_done(w, world_last(w, "A", "deployment.triggered"), "pass");
        world_apply(w, &(struct input){.type = row->type,
                                       .context = "A",
                                       .stage = "qa",
                                       .triggeredid = world_last(w, "A", "evaluation.triggered")->id,
                                       .source = row->source,
                                       .data = row->data});
        const cJSON *shown = json_get(world_stage(w, "A", "qa"), "latestEvaluation");
        cJSON *expected = row->shown != NULL ? cJSON_Parse(row->shown) : NULL;
        assert_int_equal(shown != NULL, expected != NULL);
        if (expected != NULL)
            assert_true(cJSON_Compare(shown, expected, true));
        cJSON_Delete(expected);
        world_free(w);
    }
}

/* What the record of a run offers to Keptn's sequence-execution query. */
static void an_execution_has_the_keys_of_keptn_s_query(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD_OF_TWO);
    const char *id = world_apply(w, &(struct input){.type = "sh.keptn.event.qa.delivery.triggered",
                                                    .context = "A",
                                                    .stage = "qa",
                                                    .data = "\"labels\":{\"a\":\"b\"}"});
    world_done(w, world_last(w, "A", "deployment.triggered"), "warning");
    world_started(w, world_last(w, "A", "evaluation.triggered"));
    cJSON *record = cJSON_Parse(map_get(&w->records, "p/A"));
    const cJSON *x = cJSON_GetArrayItem(json_get(record, "executions"), 0);
    assert_string_equal(json_text(x, "_id"), id);
    assert_string_equal(json_text(x, "schemaVersion"), "1");
    assert_string_equal(json_text(x, "triggeredAt"), "2023-05-04T10:00:01Z");
    assert_string_equal(json_path(x, "inputProperties", "labels", "a", NULL)->valuestring, "b");
    assert_string_equal(json_path(x, "scope", "keptnContext", NULL)->valuestring, "A");
    assert_string_equal(json_path(x, "scope", "triggeredId", NULL)->valuestring, id);
    assert_string_equal(json_path(x, "scope", "labels", "a", NULL)->valuestring, "b");
    assert_string_equal(json_path(x, "scope", "eventType", NULL)->valuestring,
                        "sh.keptn.event.qa.delivery.triggered");
    assert_int_equal(cJSON_GetArraySize(json_path(x, "sequence", "tasks", NULL)), 2);
    const cJSON *past = cJSON_GetArrayItem(json_path(x, "status", "previousTasks", NULL), 0);
    assert_string_equal(json_text(past, "name"), "deployment");
    assert_string_equal(json_text(past, "result"), "warning");
    assert_string_equal(json_text(past, "triggeredID"), world_last(w, "A", "deployment.triggered")->id);
    const cJSON *current = json_path(x, "status", "currentTask", NULL);
    assert_string_equal(json_text(current, "name"), "evaluation");
    const cJSON *event = cJSON_GetArrayItem(json_get(current, "events"), 0);
    assert_string_equal(json_text(event, "eventType"), "sh.keptn.event.evaluation.started");
    assert_string_equal(json_text(event, "source"), "executor");
    cJSON_Delete(record);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queued_first_sequence_shows_one_bare_stage),
        cmocka_unit_test(the_time_is_that_of_the_first_event_with_three_digits),
        cmocka_unit_test(task_events_show_as_the_latest_by_their_arrival),
        cmocka_unit_test(a_stage_ends_with_the_status_of_its_sequence),
        cmocka_unit_test(the_latest_failed_event_is_never_cleared),
        cmocka_unit_test(an_errored_event_counts_as_failed_whatever_its_result),
        cmocka_unit_test(a_follower_that_waits_shows_no_status_and_keeps_the_context_open),
        cmocka_unit_test(only_lighthouse_s_evaluations_are_shown),
        cmocka_unit_test(an_execution_has_the_keys_of_keptn_s_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
