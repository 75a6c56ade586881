/* Runs through stages: the scenarios that Keptn's shipyard-controller is tested with (keptn-events.md, 7). */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define TUTORIAL                                                                                             \
    "apiVersion: spec.keptn.sh/0.2.2\n"                                                                      \
    "kind: Shipyard\n"                                                                                       \
    "metadata: {name: shipyard-delivery}\n"                                                                  \
    "spec:\n"                                                                                                \
    "  stages:\n"                                                                                            \
    "    - name: qa\n"                                                                                       \
    "      sequences:\n"                                                                                     \
    "        - name: delivery\n"                                                                             \
    "          tasks: [{name: je-deployment}, {name: je-test}]\n"                                            \
    "    - name: production\n"                                                                               \
    "      sequences:\n"                                                                                     \
    "        - name: delivery\n"                                                                             \
    "          triggeredOn: [{event: qa.delivery.finished}]\n"                                               \
    "          tasks:\n"                                                                                     \
    "            - {name: approval, properties: {pass: manual, warning: manual}}\n"                          \
    "            - {name: je-deployment}\n"

#define DELIVERY_DATA                                                                                        \
    "\"labels\":{\"version\":\"v0.1.1\"},\"configurationChange\":{\"values\":{\"image\":\"x/y:v0.1.1\"}}"

static struct world *deliver_to_approval(void)
{
    struct world *w = world_new(TUTORIAL);
    world_apply(w, &(struct input){.type = "sh.keptn.event.qa.delivery.triggered",
                                   .context = "A",
                                   .stage = "qa",
                                   .data = DELIVERY_DATA});
    world_expect(w, "je-deployment.triggered");
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    world_expect(w, "je-test.triggered");
    world_done(w, world_last(w, "A", "je-test.triggered"), "pass");
    world_expect(w, "qa.delivery.finished(succeeded/pass) production.delivery.triggered approval.triggered");
    return w;
}

static void the_tutorial_waits_for_a_person_then_deploys(void **unused)
{
    (void)unused;
    struct world *w = deliver_to_approval();
    const struct sent *approval = world_last(w, "A", "approval.triggered");
    world_expect_data(approval,
                      "{\"project\":\"p\",\"stage\":\"production\",\"service\":\"svc\"," DELIVERY_DATA
                      ",\"status\":\"succeeded\",\"result\":\"pass\","
                      "\"approval\":{\"pass\":\"manual\",\"warning\":\"manual\"}}");
    assert_string_equal(world_execution(w, "A", "production"), "waitingForApproval");
    assert_string_equal(world_overall(w, "A"), "started");
    assert_true(sequencer_task_is_open(w->sequencer, "p", "A", approval->id));
    assert_string_equal(sequencer_current_task(w->sequencer, "p", "A", approval->id), "approval");
    assert_null(sequencer_current_task(w->sequencer, "p", "B", approval->id));
    assert_null(sequencer_current_task(w->sequencer, "q", "A", approval->id));
    assert_null(sequencer_current_task(w->sequencer, NULL, "A", approval->id));
    assert_null(sequencer_current_task(w->sequencer, "p", "A", "another"));
    assert_true(world_is_open(w, approval->id));
    world_pass_time(w, 30 * 24 * 3600 * CLOCK_S); /* as long as it must */
    world_expect(w, "");
    world_finished(w, approval, "succeeded", "pass");
    world_expect(w, "je-deployment.triggered");
    assert_false(
        sequencer_task_is_open(w->sequencer, "p", "A", world_last(w, "A", "approval.triggered")->id));
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    world_expect(w, "production.delivery.finished(succeeded/pass)");
    assert_string_equal(world_overall(w, "A"), "finished");
    assert_int_equal(w->open.count, 0);
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void declining_ends_the_sequence_as_failed_with_nothing_deployed(void **unused)
{
    (void)unused;
    struct world *w = deliver_to_approval();
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "fail");
    world_expect(w, "production.delivery.finished(succeeded/fail)");
    assert_string_equal(world_overall(w, "A"), "finished");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void an_automatic_approval_deploys_without_a_person(void **unused)
{
    (void)unused;
    struct world *w = world_new(
        YARD("  - {name: prod, sequences: [{name: delivery, tasks: [{name: approval, properties: {pass: "
             "automatic, warning: manual}}, {name: deploy}]}]}\n"));
    world_apply(w, &(struct input){.type = "sh.keptn.event.prod.delivery.triggered",
                                   .context = "A",
                                   .stage = "prod",
                                   .data = "\"result\":\"pass\""});
    world_expect(w, "approval.triggered deploy.triggered");
    world_free(w);
}

static void a_failed_task_before_an_approval_never_reaches_the_next_stage(void **unused)
{
    (void)unused;
    struct world *w = world_new(TUTORIAL);
    world_trigger(w, "A", "qa.delivery");
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "fail");
    world_expect(w, "je-deployment.triggered qa.delivery.finished(succeeded/fail)");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

/* A second decision, or a late one: the first stands. */
static void a_decision_on_a_closed_approval_changes_nothing(void **unused)
{
    (void)unused;
    struct world *w = deliver_to_approval();
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_expect(w, "je-deployment.triggered");
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "fail");
    assert_int_equal(w->effects_of_last, 0);
    world_expect(w, "");
    world_free(w);
}

/* Shipyards in the manner of shipyard-controller's tests. */
#define DEV_AND_HARDENING                                                                                    \
    YARD(                                                                                                    \
        "  - {name: dev, sequences: [{name: delivery, tasks: [{name: deployment, properties: {strategy: "    \
        "direct}}, "                                                                                         \
        "{name: test, properties: {kind: functional}}, {name: evaluation}, {name: release}]}, "              \
        "{name: rollback, triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: "          \
        "fail}}}], "                                                                                         \
        "tasks: [{name: rollback}]}]}\n"                                                                     \
        "  - {name: hardening, sequences: [{name: delivery, triggeredOn: [{event: dev.delivery.finished}], " \
        "tasks: [{name: deployment, properties: {strategy: blue}}, {name: test}]}]}\n")

static void scenario_1_a_warning_goes_on_and_two_executors_must_both_finish(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    w->stage_commit = "dev-commit";
    world_trigger(w, "A", "dev.delivery");
    world_finished_with(w, world_last(w, "A", "deployment.triggered"),
                        "\"status\":\"succeeded\",\"result\":\"pass\"");
    world_expect(w, "deployment.triggered");
    world_started(w, world_last(w, "A", "deployment.triggered"));
    world_expect(w, "test.triggered");
    world_done(w, world_last(w, "A", "test.triggered"), "warning");
    world_expect(w, "evaluation.triggered");
    assert_string_equal(json_text(world_last(w, "A", "evaluation.triggered")->data, "result"), "warning");
    world_done(w, world_last(w, "A", "evaluation.triggered"), "pass");
    assert_string_equal(world_last(w, "A", "release.triggered")->commit, "dev-commit");
    w->stage_commit = "hardening-commit";
    world_done(w, world_last(w, "A", "release.triggered"), "pass");
    world_expect(w, "release.triggered dev.delivery.finished(succeeded/pass) hardening.delivery.triggered "
                    "deployment.triggered");
    const struct sent deployment = *world_last(w, "A", "deployment.triggered");
    assert_string_equal(deployment.commit, "hardening-commit");
    assert_null(world_last(w, "A", "hardening.delivery.triggered")->commit);
    assert_null(world_last(w, "A", "dev.delivery.finished")->commit);
    world_started(w, &deployment);
    world_started(w, &deployment);
    world_finished_with(w, &deployment,
                        "\"status\":\"succeeded\",\"result\":\"pass\",\"deployment\":{\"uris\":[\"one\"]}");
    world_expect(w, "");
    world_finished_with(
        w, &deployment,
        "\"status\":\"succeeded\",\"result\":\"warning\",\"deployment\":{\"uris\":[\"two\"]}");
    world_expect(w, "test.triggered");
    world_expect_data(
        world_last(w, "A", "test.triggered"),
        "{\"project\":\"p\",\"stage\":\"hardening\",\"service\":\"svc\",\"status\":\"succeeded\",\"result\":"
        "\"warning\",\"deployment\":{\"uris\":[\"two\",\"one\"]}}");
    world_free(w);
}

static void scenario_2_a_finished_before_its_started_waits_for_it(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "dev.delivery");
    world_finished(w, world_last(w, "A", "deployment.triggered"), "succeeded", "pass");
    world_pass_time(w, 2 * CLOCK_S);
    world_expect(w, "deployment.triggered");
    world_started(w, world_last(w, "A", "deployment.triggered"));
    world_expect(w, "test.triggered");
    world_free(w);
}

static void an_executor_that_is_through_before_the_second_starts_completes_the_task(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "dev.delivery");
    world_done(w, world_last(w, "A", "deployment.triggered"), "pass");
    world_expect(w, "deployment.triggered test.triggered");
    world_started(w, world_last(w, "A", "deployment.triggered"));
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

struct end_row {
    const char *name, *first, *second; /* data of one finished, or of two executors' */
    const char *emitted;
};
#define FAILED " dev.rollback.triggered rollback.triggered"
#define PASSED " hardening.delivery.triggered deployment.triggered"
static const struct end_row end_rows[] = {
    {"scenario 3: errored", "\"status\":\"errored\",\"result\":\"fail\"", NULL,
     "dev.delivery.finished(errored/fail)" FAILED},
    {"scenario 4: failed", "\"status\":\"succeeded\",\"result\":\"fail\"", NULL,
     "dev.delivery.finished(succeeded/fail)" FAILED},
    {"scenario 4a: one of two failed", "\"status\":\"succeeded\",\"result\":\"fail\"",
     "\"status\":\"succeeded\",\"result\":\"pass\"", "dev.delivery.finished(succeeded/fail)" FAILED},
    {"no result", "\"status\":\"succeeded\"", NULL, "dev.delivery.finished(succeeded/fail)" FAILED},
    {"unknown status and result", "\"status\":\"bananas\",\"result\":\"pears\"", NULL,
     "dev.delivery.finished(unknown/fail)" FAILED},
    {"nothing told", "", NULL, "dev.delivery.finished(unknown/fail)" FAILED},
    {"errored, yet pass: ends, and who follows without selector runs",
     "\"status\":\"errored\",\"result\":\"pass\"", NULL, "dev.delivery.finished(errored/pass)" PASSED},
    {"aborted and pass goes on", "\"status\":\"aborted\",\"result\":\"pass\"", NULL, "test.triggered"},
    {"warning goes on", "\"status\":\"succeeded\",\"result\":\"warning\"", NULL, "test.triggered"},
};

static void what_a_task_answers_decides_whether_the_sequence_goes_on(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof end_rows / sizeof *end_rows; i++) {
        const struct end_row *row = &end_rows[i];
        struct world *w = world_new(DEV_AND_HARDENING);
        print_message("# %s\n", row->name);
        world_trigger(w, "A", "dev.delivery");
        world_expect(w, "deployment.triggered");
        const struct sent task = *world_last(w, "A", "deployment.triggered");
        world_started(w, &task);
        if (row->second != NULL)
            world_started(w, &task);
        world_finished_with(w, &task, row->first);
        if (row->second != NULL) {
            world_expect(w, "");
            world_finished_with(w, &task, row->second);
        }
        world_expect(w, row->emitted);
        world_free(w);
    }
}

/* --- faults of the trigger --- */

struct fault_row {
    const char *name, *fault, *sequence, *message;
};
static const struct fault_row fault_rows[] = {
    {"scenario 5: the shipyard cannot be read",
     "Unable to retrieve Shipyard file: version 0 is not supported", "qa.delivery",
     "Unable to retrieve Shipyard file: version 0 is not supported"},
    {"no such sequence", NULL, "qa.unknown",
     "Unable to start sequence unknown: stage qa of the shipyard has no such sequence"},
    {"scenario 7: no such stage", NULL, "moon.delivery",
     "Unable to start sequence delivery: the shipyard has no stage moon"},
    {"no tasks", NULL, "qa.empty",
     "Unable to start sequence empty: in stage qa of the shipyard it has no tasks"},
};

static void a_trigger_that_cannot_start_finishes_as_errored_once(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof fault_rows / sizeof *fault_rows; i++) {
        const struct fault_row *row = &fault_rows[i];
        struct world *w =
            world_new(YARD("  - {name: qa, sequences: [{name: delivery, tasks: [{name: t}]}, {name: empty}, "
                           "{name: after, triggeredOn: [{event: qa.unknown.finished, selector: {match: "
                           "{result: fail}}}], tasks: [{name: t}]}]}\n"));
        print_message("# %s\n", row->name);
        w->fault = row->fault;
        char *stage = mem_string_n(row->sequence, strcspn(row->sequence, "."));
        char *type = mem_printf("sh.keptn.event.%s.triggered", row->sequence);
        char *finished = mem_printf("%s.finished", row->sequence);
        char *expected = mem_printf("%s(errored/fail)", finished);
        char *data = mem_printf(
            "{\"project\":\"p\",\"stage\":\"%s\",\"service\":\"svc\",\"labels\":{\"a\":\"b\"},\"status\":"
            "\"errored\",\"result\":\"fail\",\"message\":\"%s\"}",
            stage, row->message);
        struct input in = {.type = type, .context = "A", .stage = stage, .data = "\"labels\":{\"a\":\"b\"}"};
        in.id = world_apply(w, &in);
        world_expect(w, expected);
        world_expect_data(world_last(w, "A", finished), data);
        assert_string_equal(world_last(w, "A", finished)->triggeredid, in.id);
        assert_string_equal(world_overall(w, "A"), "finished");
        assert_string_equal(world_stage_state(w, "A", stage), "errored");
        assert_string_equal(world_execution(w, "A", stage), "");
        assert_int_equal(w->opened.count, 0);
        world_apply(w, &in);
        world_expect(w, "");
        world_restart(w);
        world_apply(w, &in); /* known from the store */
        world_expect(w, "");
        free(stage);
        free(type);
        free(finished);
        free(expected);
        free(data);
        world_free(w);
    }
}

struct ignored_row {
    const char *name;
    struct input in;
};
static char long_name[300];

static void an_event_without_its_names_is_ignored(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    memset(long_name, 'n', sizeof long_name - 1);
    const char *type = "sh.keptn.event.dev.delivery.triggered";
    const struct ignored_row rows[] = {
        {"no stage", {.type = type, .context = "A"}},
        {"an empty stage", {.type = type, .context = "A", .stage = ""}},
        {"an empty project", {.type = type, .context = "A", .stage = "dev", .project = ""}},
        {"an empty service", {.type = type, .context = "A", .stage = "dev", .service = ""}},
        {"no context", {.type = type, .stage = "dev"}},
        {"a stage of 299 bytes", {.type = type, .context = "A", .stage = long_name}},
        {"an unknown type", {.type = "sh.keptn.log.error", .context = "A", .stage = "dev"}},
        {"a task's triggered", {.type = "sh.keptn.event.test.triggered", .context = "A", .stage = "dev"}},
        {"a task's invalidated", {.type = "sh.keptn.event.test.invalidated", .context = "A", .stage = "dev"}},
        {"a change of status",
         {.type = "sh.keptn.event.test.status.changed", .context = "A", .stage = "dev"}},
        {"a sequence's finished",
         {.type = "sh.keptn.event.dev.delivery.finished", .context = "A", .stage = "dev"}},
        {"scenario 6: an unknown triggered id",
         {.type = "sh.keptn.event.test.finished", .context = "A", .stage = "dev", .triggeredid = "unknown"}},
        {"a started without triggered id",
         {.type = "sh.keptn.event.test.started", .context = "A", .stage = "dev"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_apply(w, &rows[i].in);
        if (w->effects_of_last != 0)
            fail_msg("%s has effects", rows[i].name);
    }
    world_free(w);
}

static void only_events_of_the_open_task_count(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "dev.delivery");
    const struct sent task = *world_last(w, "A", "deployment.triggered");
    const struct ignored_row rows[] = {
        {"another context", {.type = "sh.keptn.event.deployment.started", .context = "B"}},
        {"another project", {.type = "sh.keptn.event.deployment.started", .context = "A", .project = "q"}},
        {"another task's type", {.type = "sh.keptn.event.test.finished", .context = "A"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct input in = rows[i].in;
        in.stage = "dev";
        in.triggeredid = task.id;
        world_apply(w, &in);
        if (w->effects_of_last != 0)
            fail_msg("%s has effects", rows[i].name);
    }
    /* Stage, service and source are not compared. */
    world_apply(w, &(struct input){.type = "sh.keptn.event.deployment.started",
                                   .context = "A",
                                   .stage = "elsewhere",
                                   .service = "other",
                                   .source = "x",
                                   .triggeredid = task.id});
    world_finished(w, &task, "succeeded", "pass");
    world_expect(w, "deployment.triggered test.triggered");
    world_free(w);
}

static void the_same_event_fed_twice_counts_once(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    struct input trigger = {.type = "sh.keptn.event.dev.delivery.triggered", .context = "A", .stage = "dev"};
    trigger.id = world_apply(w, &trigger);
    world_apply(w, &trigger);
    world_expect(w, "deployment.triggered");
    const struct sent task = *world_last(w, "A", "deployment.triggered");
    struct input started = {
        .type = "sh.keptn.event.deployment.started", .context = "A", .stage = "dev", .triggeredid = task.id};
    started.id = world_apply(w, &started);
    world_apply(w, &started);
    assert_int_equal(w->effects_of_last, 0);
    world_finished(w, &task, "succeeded", "pass");
    world_expect(w, "test.triggered");
    world_free(w);
}

static void another_started_counts_as_another_executor(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "dev.delivery");
    const struct sent task = *world_last(w, "A", "deployment.triggered");
    world_started(w, &task);
    world_started(w, &task);
    world_finished(w, &task, "succeeded", "pass");
    world_expect(w, "deployment.triggered");
    world_finished(w, &task, "succeeded", "pass");
    world_expect(w, "test.triggered");
    world_free(w);
}

static void a_task_takes_only_so_many_events(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "dev.delivery");
    const struct sent task = *world_last(w, "A", "deployment.triggered");
    for (int i = 0; i < 256; i++)
        world_started(w, &task);
    assert_int_not_equal(w->effects_of_last, 0);
    world_started(w, &task);
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

/* --- tasks, payload, commit --- */

static void a_task_may_occur_twice(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: a, properties: {n: "
                                     "one}}, {name: a}, {name: b}]}]}\n"));
    world_trigger(w, "A", "qa.s");
    assert_non_null(json_get(world_last(w, "A", "a.triggered")->data, "a"));
    world_done(w, world_last(w, "A", "a.triggered"), "pass");
    assert_null(json_get(world_last(w, "A", "a.triggered")->data, "a"));
    world_done(w, world_last(w, "A", "a.triggered"), "pass");
    world_expect(w, "a.triggered a.triggered b.triggered");
    world_free(w);
}

struct task_row {
    const char *task, *properties, *triggered, *answer, *next;
};
/* triggered: data.<task> of its triggered; next: of the next task's, where it has travelled on. */
static const struct task_row task_rows[] = {
    {"deployment", "{deploymentstrategy: blue_green_service, deploymentURIsLocal: [a]}",
     "{\"deploymentstrategy\":\"blue_green_service\",\"deploymentURIsLocal\":[\"a\"]}",
     "{\"deploymentURIsLocal\":[\"b\"],\"deploymentNames\":[\"canary\"]}",
     "{\"deploymentURIsLocal\":[\"b\"],\"deploymentNames\":[\"canary\"]}"},
    {"test", "{teststrategy: performance}", "{\"teststrategy\":\"performance\"}",
     "{\"start\":\"2023-05-04T10:00:00Z\",\"end\":\"2023-05-04T10:05:00Z\"}",
     "{\"start\":\"2023-05-04T10:00:00Z\",\"end\":\"2023-05-04T10:05:00Z\"}"},
    {"evaluation", "{timeframe: 5m}", "{\"timeframe\":\"5m\"}",
     "{\"timeStart\":\"x\",\"timeEnd\":\"y\",\"result\":\"pass\",\"score\":97.5}",
     "{\"timeStart\":\"x\",\"timeEnd\":\"y\",\"result\":\"pass\",\"score\":97.5}"},
    {"approval", "{pass: manual, warning: automatic}", "{\"pass\":\"manual\",\"warning\":\"automatic\"}",
     NULL, NULL},
    {"release", NULL, NULL, NULL, NULL},
    {"rollback", NULL, NULL, NULL, NULL},
    {"get-sli", "{sliProvider: prometheus, indicators: [a, b]}",
     "{\"sliProvider\":\"prometheus\",\"indicators\":[\"a\",\"b\"]}",
     "{\"start\":\"x\",\"end\":\"y\",\"indicatorValues\":[{\"metric\":\"a\",\"value\":1.5}]}",
     "{\"start\":\"x\",\"end\":\"y\",\"indicatorValues\":[{\"metric\":\"a\",\"value\":1.5}]}"},
};

static void expect_object(const struct sent *event, const char *name, const char *json)
{
    const cJSON *seen = json_get(event->data, name);
    cJSON *expected = json != NULL ? cJSON_Parse(json) : NULL;
    assert_int_equal(seen != NULL, expected != NULL);
    if (expected != NULL && !cJSON_Compare(seen, expected, true))
        fail_msg("%s of %s is not %s", name, event->type, json);
    cJSON_Delete(expected);
}

/* The answer's object is merged over the input and what tasks before have answered, not over the properties
 * of its own triggered, which are the shipyard's. */
static void a_task_s_object_goes_into_its_triggered_and_what_is_answered_into_the_next(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof task_rows / sizeof *task_rows; i++) {
        const struct task_row *row = &task_rows[i];
        char *yard = mem_printf(YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: %s%s%s}, {name: "
                                     "after}]}]}\n"),
                                row->task, row->properties ? ", properties: " : "",
                                row->properties ? row->properties : "");
        char *type = mem_printf("%s.triggered", row->task);
        char *answer = mem_printf("\"status\":\"succeeded\",\"result\":\"pass\"%s%s%s%s",
                                  row->answer ? ",\"" : "", row->answer ? row->task : "",
                                  row->answer ? "\":" : "", row->answer ? row->answer : "");
        struct world *w = world_new(yard);
        print_message("# %s\n", row->task);
        world_trigger(w, "A", "qa.s");
        const struct sent task = *world_last(w, "A", type);
        expect_object(&task, row->task, row->triggered);
        if (strcmp(row->task, "approval") != 0) /* the approval service has started it */
            world_started(w, &task);
        world_finished_with(w, &task, answer);
        expect_object(world_last(w, "A", "after.triggered"), row->task, row->next);
        world_free(w);
        free(yard);
        free(type);
        free(answer);
    }
}

static void a_run_keeps_its_own_tasks_while_the_shipyard_changes(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: a}, {name: b}]}]}\n"));
    world_trigger(w, "A", "qa.s");
    world_set_shipyard(w, YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: c}]}]}\n"));
    world_done(w, world_last(w, "A", "a.triggered"), "pass");
    world_expect(w, "a.triggered b.triggered");
    world_done(w, world_last(w, "A", "b.triggered"), "pass");
    world_trigger(w, "B", "qa.s");
    world_expect(w, "qa.s.finished(succeeded/pass) c.triggered");
    world_free(w);
}

static void a_given_commit_is_used_on_all_tasks_and_the_shipyards_is_noted(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_apply(w, &(struct input){.type = "sh.keptn.event.dev.delivery.triggered",
                                   .context = "A",
                                   .stage = "dev",
                                   .gitcommitid = "given",
                                   .triggeredid = "whatever"});
    const struct sent *task = world_last(w, "A", "deployment.triggered");
    assert_string_equal(task->commit, "given");
    assert_string_equal(task->shipyardcommit, "yard-commit");
    assert_null(task->triggeredid);
    world_done(w, task, "fail");
    assert_string_equal(world_last(w, "A", "dev.delivery.finished")->shipyardcommit, "yard-commit");
    assert_null(world_last(w, "A", "dev.rollback.triggered")->shipyardcommit);
    assert_string_equal(world_last(w, "A", "rollback.triggered")->commit, "stage-commit");
    world_free(w);
}

static void without_a_commit_none_is_told(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    w->stage_commit = NULL;
    world_trigger(w, "A", "dev.delivery");
    assert_null(world_last(w, "A", "deployment.triggered")->commit);
    world_free(w);
}

static void the_end_carries_the_common_fields_of_what_completed_the_last_task(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: a}]}]}\n"));
    const char *id = world_apply(w, &(struct input){.type = "sh.keptn.event.qa.s.triggered",
                                                    .context = "A",
                                                    .stage = "qa",
                                                    .data = "\"labels\":{\"from\":\"trigger\"}"});
    assert_true(world_is_open(w, id));
    world_started(w, world_last(w, "A", "a.triggered"));
    world_finished_with(w, world_last(w, "A", "a.triggered"),
                        "\"status\":\"succeeded\",\"result\":\"pass\",\"labels\":{\"from\":\"executor\"},"
                        "\"message\":\"done\","
                        "\"a\":{\"b\":1}");
    const struct sent *end = world_last(w, "A", "qa.s.finished");
    world_expect_data(
        end, "{\"project\":\"p\",\"stage\":\"qa\",\"service\":\"svc\",\"labels\":{\"from\":\"executor\"},"
             "\"status\":\"succeeded\",\"result\":\"pass\",\"message\":\"done\"}");
    assert_string_equal(end->triggeredid, id);
    assert_false(world_is_open(w, id));
    world_free(w);
}

static void data_that_grows_over_what_an_event_holds_ends_the_run_with_a_reason(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: qa, sequences: [{name: s, tasks: [{name: a}, {name: b}]}]}\n"));
    char *filler = mem_alloc(600001);
    memset(filler, 'x', 600000);
    char *first = mem_printf("\"one\":\"%s\"", filler);
    char *second = mem_printf("\"status\":\"succeeded\",\"result\":\"pass\",\"two\":\"%s\"", filler);
    world_apply(w,
                &(struct input){
                    .type = "sh.keptn.event.qa.s.triggered", .context = "A", .stage = "qa", .data = first});
    world_started(w, world_last(w, "A", "a.triggered"));
    world_finished_with(w, world_last(w, "A", "a.triggered"), second);
    world_expect(w, "a.triggered qa.s.finished(errored/fail)");
    const char *message = json_text(world_last(w, "A", "qa.s.finished")->data, "message");
    assert_non_null(strstr(message, "Unable to trigger task b"));
    assert_int_equal(w->opened.count, 0);
    free(filler);
    free(first);
    free(second);
    world_free(w);
}

static void services_run_independently(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    const char *type = "sh.keptn.event.dev.delivery.triggered";
    world_apply(w, &(struct input){.type = type, .context = "A", .stage = "dev", .service = "one"});
    world_apply(w, &(struct input){.type = type, .context = "B", .stage = "dev", .service = "two"});
    world_apply(
        w, &(struct input){.type = type, .context = "C", .stage = "dev", .service = "one", .project = "q"});
    world_expect(w, "deployment.triggered deployment.triggered deployment.triggered");
    world_free(w);
}

/* --- followers --- */

struct follow_row {
    const char *trigger, *result,
        *follows; /* follows: what is emitted after the end of a.s, whose tasks are first, last */
};
static const struct follow_row follow_rows[] = {
    {"{event: a.s.finished}", "pass", " b.f.triggered t.triggered"},
    {"{event: a.s.finished}", "warning", " b.f.triggered t.triggered"},
    {"{event: a.s.finished}", "fail", ""},
    {"{event: a.s.finished, selector: {match: {}}}", "pass", " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: pass}}}", "pass", " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: pass}}}", "warning", ""},
    {"{event: a.s.finished, selector: {match: {result: warning}}}", "warning", " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: fail}}}", "fail", " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: failed}}}", "fail", ""},
    {"{event: a.s.finished, selector: {match: {last.result: fail}}}", "fail", " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {last.result: pass}}}", "fail", ""},
    {"{event: a.s.finished, selector: {match: {first.result: pass}}}", "pass", ""},
    {"{event: a.s.finished, selector: {match: {las.result: pass}}}", "pass", ""},
    {"{event: a.s.finished, selector: {match: {lost.result: pass}}}", "pass", ""},
    {"{event: a.s.finished, selector: {match: {evaluation.score: pass}}}", "pass", ""},
    {"{event: a.s.finished, selector: {match: {other.result: fail, last.result: pass}}}", "pass",
     " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: fail, last.result: warning}}}", "warning",
     " b.f.triggered t.triggered"},
    {"{event: a.s.finished, selector: {match: {result: fail, first.result: pass}}}", "pass", ""},
    {"{event: a.s.triggered}", "pass", ""},
    {"{event: a.t.finished}", "pass", ""},
    {"{event: sh.keptn.event.a.s.finished}", "pass", ""},
    {"{event: a.s.finished}, {event: a.s.finished}", "pass", " b.f.triggered b.f.triggered t.triggered"},
    {"{event: a.s.finished}, {event: a.s.finished, selector: {match: {result: fail}}}", "pass",
     " b.f.triggered t.triggered"},
};

static void a_follower_runs_when_its_selector_fits(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof follow_rows / sizeof *follow_rows; i++) {
        const struct follow_row *row = &follow_rows[i];
        char *yard =
            mem_printf(YARD("  - {name: a, sequences: [{name: s, tasks: [{name: first}, {name: last}]}]}\n"
                            "  - {name: b, sequences: [{name: f, triggeredOn: [%s], tasks: [{name: t}]}]}\n"),
                       row->trigger);
        char *expected = mem_printf("a.s.finished(succeeded/%s)%s", row->result, row->follows);
        struct world *w = world_new(yard);
        print_message("# %s on %s\n", row->trigger, row->result);
        world_trigger(w, "A", "a.s");
        world_done(w, world_last(w, "A", "first.triggered"), "pass");
        world_expect(w, "first.triggered last.triggered");
        world_done(w, world_last(w, "A", "last.triggered"), row->result);
        world_expect(w, expected);
        world_free(w);
        free(yard);
        free(expected);
    }
}

static void a_selector_on_a_task_means_the_last_one_that_ran(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: a, sequences: [{name: s, tasks: [{name: first}, {name: last}]}]}\n"
                       "  - {name: b, sequences: [{name: f, triggeredOn: [{event: a.s.finished, selector: "
                       "{match: {first.result: "
                       "fail}}}], tasks: [{name: t}]}]}\n"));
    world_trigger(w, "A", "a.s");
    world_done(w, world_last(w, "A", "first.triggered"), "fail");
    world_expect(w, "first.triggered a.s.finished(succeeded/fail) b.f.triggered t.triggered");
    world_free(w);
}

static void followers_come_in_the_order_of_the_file(void **unused)
{
    (void)unused;
    struct world *w = world_new(
        YARD("  - {name: c, sequences: [{name: z, triggeredOn: [{event: a.s.finished}], tasks: [{name: "
             "t}]}, {name: y, triggeredOn: [{event: a.s.finished}], tasks: [{name: t}]}]}\n"
             "  - {name: a, sequences: [{name: s, tasks: [{name: t}]}]}\n"
             "  - {name: b, sequences: [{name: f, triggeredOn: [{event: a.s.finished}], tasks: [{name: "
             "t}]}]}\n"));
    w->hold_feedback = true;
    world_trigger(w, "A", "a.s");
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    world_expect(w, "t.triggered a.s.finished(succeeded/pass) c.z.triggered c.y.triggered b.f.triggered");
    world_free(w);
}

static void parallel_stages_finish_the_context_only_together(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD(
        "  - {name: a, sequences: [{name: s, tasks: [{name: t}]}]}\n"
        "  - {name: b, sequences: [{name: f, triggeredOn: [{event: a.s.finished}], tasks: [{name: tb}]}]}\n"
        "  - {name: c, sequences: [{name: f, triggeredOn: [{event: a.s.finished}], tasks: [{name: "
        "tc}]}]}\n"));
    world_trigger(w, "A", "a.s");
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    world_done(w, world_last(w, "A", "tb.triggered"), "pass");
    assert_string_equal(world_overall(w, "A"), "started");
    world_done(w, world_last(w, "A", "tc.triggered"), "pass");
    assert_string_equal(world_overall(w, "A"), "finished");
    world_free(w);
}

static void a_context_is_not_finished_while_a_follower_is_on_its_way(void **unused)
{
    (void)unused;
    struct world *w = world_new(TUTORIAL);
    w->hold_feedback = true;
    world_trigger(w, "A", "qa.delivery");
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    world_done(w, world_last(w, "A", "je-test.triggered"), "pass");
    assert_string_equal(world_overall(w, "A"), "started");
    assert_int_equal(w->opened.count, 1);
    world_restart(w);
    world_feed_back(w);
    assert_string_equal(world_execution(w, "A", "production"), "waitingForApproval");
    world_free(w);
}

static void a_follower_that_cannot_start_ends_the_context(void **unused)
{
    (void)unused;
    struct world *w = world_new(TUTORIAL);
    world_trigger(w, "A", "qa.delivery");
    world_done(w, world_last(w, "A", "je-deployment.triggered"), "pass");
    w->fault = "Unable to retrieve Shipyard file: gone";
    world_done(w, world_last(w, "A", "je-test.triggered"), "pass");
    assert_string_equal(world_overall(w, "A"), "finished");
    assert_string_equal(world_stage_state(w, "A", "production"), "errored");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void a_sequence_may_follow_itself(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: a, sequences: [{name: s, triggeredOn: [{event: "
                                     "a.s.finished, selector: {match: {mytask.result: "
                                     "fail}}}], tasks: [{name: mytask}, {name: othertask}]}]}\n"));
    world_trigger(w, "A", "a.s");
    world_done(w, world_last(w, "A", "mytask.triggered"), "fail");
    world_expect(w, "mytask.triggered a.s.finished(succeeded/fail) a.s.triggered mytask.triggered");
    world_done(w, world_last(w, "A", "mytask.triggered"), "pass");
    world_done(w, world_last(w, "A", "othertask.triggered"), "fail");
    world_expect(w, "othertask.triggered a.s.finished(succeeded/fail)");
    assert_string_equal(world_overall(w, "A"), "finished");
    world_free(w);
}

static size_t record_size(const struct world *w)
{
    const char *text = map_get(&w->records, "p/A");
    return strlen(text);
}

static void a_sequence_that_follows_itself_for_ever_keeps_a_bounded_record(void **unused)
{
    (void)unused;
    struct world *w = world_new(
        YARD("  - {name: a, sequences: [{name: s, triggeredOn: [{event: a.s.finished}], tasks: [{name: "
             "t}]}]}\n"));
    size_t size = 0;
    world_trigger(w, "A", "a.s");
    for (int i = 0; i < 140; i++) {
        world_done(w, world_last(w, "A", "t.triggered"), "pass");
        if (i == 99)
            size = record_size(w);
    }
    assert_true(record_size(w) < size + 100);
    world_free(w);
}

static void a_second_sequence_in_an_ended_context_reopens_it(void **unused)
{
    (void)unused;
    for (int restart = 0; restart < 2; restart++) {
        struct world *w = world_new(
            YARD("  - {name: a, sequences: [{name: s, tasks: [{name: t}]}, {name: r, tasks: [{name: "
                 "u}]}]}\n"));
        const char *first = world_trigger(w, "A", "a.s");
        world_done(w, world_last(w, "A", "t.triggered"), "pass");
        assert_string_equal(world_overall(w, "A"), "finished");
        if (restart)
            world_restart(w);
        world_trigger(w, "A", "a.r");
        world_expect(w, "t.triggered a.s.finished(succeeded/pass) u.triggered");
        assert_string_equal(world_overall(w, "A"), "started");
        assert_string_equal(json_text(world_state(w, "A"), "name"), "s");
        assert_int_equal(cJSON_GetArraySize(json_get(world_state(w, "A"), "stages")), 1);
        /* The first trigger is still known. */
        world_apply(w,
                    &(struct input){
                        .type = "sh.keptn.event.a.s.triggered", .context = "A", .stage = "a", .id = first});
        assert_int_equal(w->effects_of_last, 0);
        world_free(w);
    }
}

static void the_implicit_evaluation_runs_in_every_stage(void **unused)
{
    (void)unused;
    struct world *w = world_new(DEV_AND_HARDENING);
    world_trigger(w, "A", "hardening.evaluation");
    world_expect(w, "evaluation.triggered");
    world_done(w, world_last(w, "A", "evaluation.triggered"), "pass");
    world_expect(w, "hardening.evaluation.finished(succeeded/pass)");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorial_waits_for_a_person_then_deploys),
        cmocka_unit_test(declining_ends_the_sequence_as_failed_with_nothing_deployed),
        cmocka_unit_test(an_automatic_approval_deploys_without_a_person),
        cmocka_unit_test(a_failed_task_before_an_approval_never_reaches_the_next_stage),
        cmocka_unit_test(a_decision_on_a_closed_approval_changes_nothing),
        cmocka_unit_test(scenario_1_a_warning_goes_on_and_two_executors_must_both_finish),
        cmocka_unit_test(scenario_2_a_finished_before_its_started_waits_for_it),
        cmocka_unit_test(an_executor_that_is_through_before_the_second_starts_completes_the_task),
        cmocka_unit_test(what_a_task_answers_decides_whether_the_sequence_goes_on),
        cmocka_unit_test(a_trigger_that_cannot_start_finishes_as_errored_once),
        cmocka_unit_test(an_event_without_its_names_is_ignored),
        cmocka_unit_test(only_events_of_the_open_task_count),
        cmocka_unit_test(the_same_event_fed_twice_counts_once),
        cmocka_unit_test(another_started_counts_as_another_executor),
        cmocka_unit_test(a_task_takes_only_so_many_events),
        cmocka_unit_test(a_task_may_occur_twice),
        cmocka_unit_test(a_task_s_object_goes_into_its_triggered_and_what_is_answered_into_the_next),
        cmocka_unit_test(a_run_keeps_its_own_tasks_while_the_shipyard_changes),
        cmocka_unit_test(a_given_commit_is_used_on_all_tasks_and_the_shipyards_is_noted),
        cmocka_unit_test(without_a_commit_none_is_told),
        cmocka_unit_test(the_end_carries_the_common_fields_of_what_completed_the_last_task),
        cmocka_unit_test(data_that_grows_over_what_an_event_holds_ends_the_run_with_a_reason),
        cmocka_unit_test(services_run_independently),
        cmocka_unit_test(a_follower_runs_when_its_selector_fits),
        cmocka_unit_test(a_selector_on_a_task_means_the_last_one_that_ran),
        cmocka_unit_test(followers_come_in_the_order_of_the_file),
        cmocka_unit_test(parallel_stages_finish_the_context_only_together),
        cmocka_unit_test(a_context_is_not_finished_while_a_follower_is_on_its_way),
        cmocka_unit_test(a_follower_that_cannot_start_ends_the_context),
        cmocka_unit_test(a_sequence_may_follow_itself),
        cmocka_unit_test(a_sequence_that_follows_itself_for_ever_keeps_a_bounded_record),
        cmocka_unit_test(a_second_sequence_in_an_ended_context_reopens_it),
        cmocka_unit_test(the_implicit_evaluation_runs_in_every_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
