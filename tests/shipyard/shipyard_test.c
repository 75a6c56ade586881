#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "shipyard/shipyard.h"

#define HEAD "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: yard}\n"

static const char tutorial[] = "apiVersion: \"spec.keptn.sh/0.2.2\"\n"
                               "kind: \"Shipyard\"\n"
                               "metadata:\n"
                               "  name: \"shipyard-delivery\"\n"
                               "spec:\n"
                               "  stages:\n"
                               "    - name: \"qa\"\n"
                               "      sequences:\n"
                               "        - name: \"delivery\"\n"
                               "          tasks:\n"
                               "            - name: \"je-deployment\"\n"
                               "            - name: \"je-test\"\n"
                               "\n"
                               "    - name: \"production\"\n"
                               "      sequences:\n"
                               "        - name: \"delivery\"\n"
                               "          triggeredOn:\n"
                               "            - event: \"qa.delivery.finished\"\n"
                               "          tasks:\n"
                               "            - name: \"approval\"\n"
                               "              properties:\n"
                               "                pass: \"manual\"\n"
                               "                warning: \"manual\"\n"
                               "            - name: \"je-deployment\"\n";

static struct shipyard *parsed(const char *text)
{
    struct shipyard *yard = NULL;
    struct error err = ERROR_NONE;
    enum status status = shipyard_parse(text, strlen(text), "shipyard.yaml", &yard, &err);
    if (status != STATUS_OK)
        fail_msg("not parsed: %s", err.text);
    return yard;
}

/* The structs as text, one token a thing, so that a table row can say what is expected. */
static void describe_sequence(const struct shipyard_sequence *sequence, struct buffer *out)
{
    buffer_printf(out, " %s(", sequence->name);
    for (size_t i = 0; i < sequence->trigger_count; i++) {
        const struct shipyard_trigger *trigger = &sequence->triggers[i];
        buffer_printf(out, "on:%s", trigger->event);
        for (size_t k = 0; k < trigger->match_count; k++)
            buffer_printf(out, "[%s=%s]", trigger->matches[k].key, trigger->matches[k].value);
        buffer_add_char(out, ' ');
    }
    for (size_t i = 0; i < sequence->task_count; i++) {
        const struct shipyard_task *task = &sequence->tasks[i];
        buffer_printf(out, "%s%s", i > 0 ? "," : "", task->name);
        if (task->triggered_after_ns != 0)
            buffer_printf(out, "+%lldms", (long long)(task->triggered_after_ns / CLOCK_MS));
        if (task->properties)
            json_print(task->properties, out);
    }
    buffer_add_char(out, ')');
}

static void describe(const struct shipyard *yard, struct buffer *out)
{
    for (size_t s = 0; s < yard->stage_count; s++) {
        buffer_printf(out, "%s%s:", s > 0 ? "; " : "", yard->stages[s].name);
        for (size_t q = 0; q < yard->stages[s].sequence_count; q++)
            describe_sequence(&yard->stages[s].sequences[q], out);
    }
}

static const struct {
    const char *name, *text, *expected;
} readable[] = {
    {"the tutorial's shipyard", tutorial,
     "qa: delivery(je-deployment,je-test) evaluation(evaluation); production: "
     "delivery(on:qa.delivery.finished "
     "approval{\"pass\":\"manual\",\"warning\":\"manual\"},je-deployment) evaluation(evaluation)"},
    {"the flow style of the specification's example",
     HEAD "spec: {stages: [{name: qa, sequences: [{name: delivery, tasks: [{name: deployment, properties: "
          "{deploymentstrategy: direct}}, {name: test}]}]}]}\n",
     "qa: delivery(deployment{\"deploymentstrategy\":\"direct\"},test) evaluation(evaluation)"},
    {"a selector and a delay",
     HEAD "spec:\n  stages:\n  - name: production\n    sequences:\n    - name: rollback\n      triggeredOn:\n"
          "      - event: production.delivery.finished\n        selector: {match: {approval.result: fail}}\n"
          "      tasks:\n      - {name: rollback, triggeredAfter: 30s}\n",
     "production: rollback(on:production.delivery.finished[approval.result=fail] rollback+30000ms) "
     "evaluation(evaluation)"},
    {"a selector with two keys, in the file's order",
     HEAD
     "spec: {stages: [{name: a, sequences: [{name: s, triggeredOn: [{event: a.x.finished, selector: {match: "
     "{b.result: fail, a.result: pass}}}]}]}]}\n",
     "a: s(on:a.x.finished[b.result=fail][a.result=pass] ) evaluation(evaluation)"},
    {"an empty selector is none",
     HEAD "spec: {stages: [{name: a, sequences: [{name: s, triggeredOn: [{event: a.x.finished, selector: "
          "{match: {}}}, "
          "{event: a.y.finished, selector: }]}]}]}\n",
     "a: s(on:a.x.finished on:a.y.finished ) evaluation(evaluation)"},
    {"a stage without sequences has only evaluation", HEAD "spec: {stages: [{name: a}]}\n",
     "a: evaluation(evaluation)"},
    {"a stage's own evaluation stays as it is",
     HEAD "spec: {stages: [{name: a, sequences: [{name: evaluation, tasks: [{name: get-sli}]}]}]}\n",
     "a: evaluation(get-sli)"},
    {"a sequence without tasks is read; it fails when it is triggered",
     HEAD "spec: {stages: [{name: a, sequences: [{name: s}, {name: t, tasks: []}]}]}\n",
     "a: s() t() evaluation(evaluation)"},
    {"names of sequences and tasks are free",
     HEAD "spec: {stages: [{name: a, sequences: [{name: My Sequence_1, tasks: [{name: Täsk/2}]}]}]}\n",
     "a: My Sequence_1(Täsk/2) evaluation(evaluation)"},
    {"a task may occur twice",
     HEAD "spec: {stages: [{name: a, sequences: [{name: s, tasks: [{name: t}, {name: t}]}]}]}\n",
     "a: s(t,t) evaluation(evaluation)"},
    {"properties that are no mapping are dropped",
     HEAD "spec: {stages: [{name: a, sequences: [{name: s, tasks: [{name: t, properties: text}, {name: u, "
          "properties: "
          "[1]}, {name: v, properties: }]}]}]}\n",
     "a: s(t,u,v) evaluation(evaluation)"},
    {"properties keep kinds and depth",
     HEAD "spec: {stages: [{name: a, sequences: [{name: s, tasks: [{name: t, properties: {n: 1.5, b: true, "
          "s: \"1\", "
          "z: null, l: [1, {k: v}]}}]}]}]}\n",
     "a: s(t{\"n\":1.5,\"b\":true,\"s\":\"1\",\"z\":null,\"l\":[1,{\"k\":\"v\"}]}) evaluation(evaluation)"},
    {"a delay that is unreadable, negative or no text is none",
     HEAD
     "spec: {stages: [{name: a, sequences: [{name: s, tasks: [{name: t, triggeredAfter: soon}, {name: u, "
     "triggeredAfter: -5s}, {name: v, triggeredAfter: [1s]}, {name: w, triggeredAfter: 1m30s}]}]}]}\n",
     "a: s(t,u,v,w+90000ms) evaluation(evaluation)"},
    {"unknown keys, kind and metadata are not checked",
     "apiVersion: 0.2\nkind: Boat\nmetadata: [x]\nmore: 1\nspec: {extra: 1, stages: [{name: a, colour: "
     "red}]}\n",
     "a: evaluation(evaluation)"},
    {"numbers are names where a name is free",
     HEAD "spec: {stages: [{name: a, sequences: [{name: 1, tasks: [{name: 2}]}]}]}\n",
     "a: 1(2) evaluation(evaluation)"},
};

static void a_readable_shipyard_becomes_structs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        struct shipyard *yard = parsed(readable[i].text);
        struct buffer out = BUFFER_LIMIT(65536);
        describe(yard, &out);
        if (strcmp(buffer_text(&out), readable[i].expected) != 0)
            fail_msg("%s: %s, expected %s", readable[i].name, buffer_text(&out), readable[i].expected);
        buffer_free(&out);
        shipyard_free(yard);
    }
}

static const struct {
    const char *name, *text, *expected; /* what the message begins with */
} faults[] = {
    {"nothing at all", "", "shipyard.yaml:1:1: \"apiVersion\" is missing"},
    {"a text instead of a mapping", "hello\n", "shipyard.yaml:1:1: a shipyard must be a mapping"},
    {"a list instead of a mapping", "- a\n", "shipyard.yaml:1:1: a shipyard must be a mapping, not a list"},
    {"no YAML", "apiVersion: [spec\n", "shipyard.yaml:"},
    {"a key twice", "apiVersion: 0.2.0\napiVersion: 0.2.0\n", "shipyard.yaml:2:1: "},
    {"no version", "kind: Shipyard\nspec: {stages: [{name: a}]}\n",
     "shipyard.yaml:1:1: \"apiVersion\" is missing"},
    {"an empty version", "kind: Shipyard\napiVersion: \"\"\n", "shipyard.yaml:2:1"},
    {"a version that is a list", "apiVersion: [0.2.0]\n",
     "shipyard.yaml:1:13: \"apiVersion\" must be a text, not a list"},
    {"an old version", "apiVersion: spec.keptn.sh/0.1.7\n",
     "shipyard.yaml:1:13: apiVersion \"spec.keptn.sh/0.1.7\" is not supported"},
    {"no spec", HEAD, "shipyard.yaml:1:1: a shipyard must have at least one stage"},
    {"spec is a list", HEAD "spec:\n  - a\n", "shipyard.yaml:5:3: \"spec\" must be a mapping, not a list"},
    {"no stages", HEAD "spec:\n  other: 1\n", "shipyard.yaml:5:3: a shipyard must have at least one stage"},
    {"an empty list of stages", HEAD "spec:\n  stages: []\n",
     "shipyard.yaml:5:11: a shipyard must have at least one stage"},
    {"stages is a mapping", HEAD "spec:\n  stages:\n    qa: {}\n",
     "shipyard.yaml:6:5: \"stages\" must be a list, not a mapping"},
    {"a stage is a text", HEAD "spec:\n  stages:\n  - qa\n",
     "shipyard.yaml:6:5: a stage must be a mapping, not a single value"},
    {"a stage without a name", HEAD "spec:\n  stages:\n  - sequences: []\n",
     "shipyard.yaml:6:5: the stage has no name"},
    {"a stage with an empty name", HEAD "spec:\n  stages:\n  - name: ''\n", "shipyard.yaml:6:1"},
    {"an upper-case letter in a stage's name", HEAD "spec:\n  stages:\n  - name: Qa\n",
     "shipyard.yaml:6:11: \"Qa\" is no name for a stage"},
    {"a digit first", HEAD "spec:\n  stages:\n  - name: 1qa\n", "shipyard.yaml:6:11: \"1qa\" is no name"},
    {"a hyphen last", HEAD "spec:\n  stages:\n  - name: qa-\n", "shipyard.yaml:6:11: \"qa-\" is no name"},
    {"an underscore", HEAD "spec:\n  stages:\n  - name: q_a\n", "shipyard.yaml:6:11: \"q_a\" is no name"},
    {"a stage twice", HEAD "spec:\n  stages:\n  - name: qa\n  - name: b\n  - name: qa\n",
     "shipyard.yaml:8:11: the stage \"qa\" is there twice"},
    {"sequences is a mapping", HEAD "spec:\n  stages:\n  - name: qa\n    sequences: {a: b}\n",
     "shipyard.yaml:7:16: \"sequences\" must be a list"},
    {"a sequence without a name", HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - tasks: []\n",
     "shipyard.yaml:8:7: the sequence has no name"},
    {"a dot in a sequence's name", HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: a.b\n",
     "shipyard.yaml:8:13: the name of a sequence becomes one part of an event type"},
    {"tasks is a text",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - {name: d, tasks: deployment}\n",
     "shipyard.yaml:8:24: \"tasks\" must be a list"},
    {"a task without a name",
     HEAD
     "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      tasks:\n      - properties: {}\n",
     "shipyard.yaml:10:9: the task has no name"},
    {"a task is a text",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      tasks:\n      - deployment\n",
     "shipyard.yaml:10:9: a task must be a mapping"},
    {"a task's name that would be another event",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      tasks: [{name: qa.d}]\n",
     "shipyard.yaml:9:22: the name of a task becomes one part of an event type"},
    {"a line break in a task's name",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      tasks: [{name: \"a\\nb\"}]\n",
     "shipyard.yaml:9:2"},
    {"triggeredOn is a mapping",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      triggeredOn: {event: a}\n",
     "shipyard.yaml:9:20: \"triggeredOn\" must be a list"},
    {"an entry of triggeredOn is a text",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      triggeredOn: [a]\n",
     "shipyard.yaml:9:21: an entry of triggeredOn must be a mapping"},
    {"an event is a list",
     HEAD
     "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      triggeredOn: [{event: [a]}]\n",
     "shipyard.yaml:9:29: \"event\" must be a text"},
    {"a selector is a text",
     HEAD
     "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      triggeredOn: [{selector: x}]\n",
     "shipyard.yaml:9:32: \"selector\" must be a mapping"},
    {"a match is a list",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n      triggeredOn: [{selector: "
          "{match: [x]}}]\n",
     "shipyard.yaml:9:40: \"match\" must be a mapping"},
    {"a match has a list as its value",
     HEAD "spec:\n  stages:\n  - name: qa\n    sequences:\n    - name: d\n"
          "      triggeredOn: [{selector: {match: {result: [x]}}}]\n",
     "shipyard.yaml:9:49: the selector \"result\" must have a text"},
};

static void a_fault_is_told_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct shipyard *yard = NULL;
        struct error err = ERROR_NONE;
        enum status status =
            shipyard_parse(faults[i].text, strlen(faults[i].text), "shipyard.yaml", &yard, &err);
        if (status != STATUS_INVALID || err.status != STATUS_INVALID || yard != NULL)
            fail_msg("%s: status %s", faults[i].name, status_words(status));
        if (strncmp(err.text, faults[i].expected, strlen(faults[i].expected)) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", faults[i].name, err.text, faults[i].expected);
    }
}

static const struct {
    const char *version;
    bool supported;
} versions[] = {
    {"spec.keptn.sh/0.2.0", true},
    {"spec.keptn.sh/0.2.3", true},
    {"0.2", true},
    {"0.2.0", true},
    {"1.0.0", true},
    {"1", true},
    {"10.1.2", true},
    {"0.10.0", true},
    {"v0.2.1", true},
    {"0.2.1-rc.1", true},
    {"0.2.0+build.5", true},
    {"0", false},
    {"0.1.7", false},
    {"0.1", false},
    {"spec.keptn.sh/0.1.7", false},
    {"spec.keptn.sh/", false},
    {"other.example/0.2.0", false},
    {"0.2.0-alpha", false},
    {"0.2.x", false},
    {"0.2.", false},
    {"0.2.3.4", false},
    {"0.2.3-", false},
    {"0.2.3 ", false},
    {"-1.0", false},
    {"99999999999999999999.0", false},
};

static void versions_from_0_2_on_are_supported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char text[200];
        snprintf(text, sizeof text, "apiVersion: \"%s\"\nspec: {stages: [{name: a}]}\n", versions[i].version);
        struct shipyard *yard = NULL;
        struct error err = ERROR_NONE;
        enum status status = shipyard_parse(text, strlen(text), "s", &yard, &err);
        if ((status == STATUS_OK) != versions[i].supported)
            fail_msg("\"%s\": %s", versions[i].version, status == STATUS_OK ? "taken" : err.text);
        if (yard)
            assert_string_equal(yard->api_version, versions[i].version);
        shipyard_free(yard);
    }
}

static const struct {
    const char *name, *selector, *last_task, *result;
    bool fits;
} selections[] = {
    {"no selector, pass", "", "test", "pass", true},
    {"no selector, warning", "", "test", "warning", true},
    {"no selector, fail", "", "test", "fail", false},
    {"no selector, no result", "", "test", "", false},
    {"an empty match counts as none", "selector: {match: {}}", "test", "warning", true},
    {"result equals", "selector: {match: {result: fail}}", "test", "fail", true},
    {"result differs", "selector: {match: {result: fail}}", "test", "pass", false},
    {"the specification's word for fail never fits", "selector: {match: {result: failed}}", "test", "fail",
     false},
    {"the last task's result", "selector: {match: {test.result: fail}}", "test", "fail", true},
    {"another task's result", "selector: {match: {deployment.result: fail}}", "test", "fail", false},
    {"a task whose name only begins so", "selector: {match: {test.result: fail}}", "tes", "fail", false},
    {"another key", "selector: {match: {status: errored}}", "test", "errored", false},
    {"two keys, the second fits", "selector: {match: {x.result: fail, test.result: pass}}", "test", "pass",
     true},
    {"pass selected, warning is not pass", "selector: {match: {result: pass}}", "test", "warning", false},
};

static void a_trigger_fits_by_result_as_in_keptn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++) {
        char text[400];
        snprintf(
            text, sizeof text,
            HEAD
            "spec: {stages: [{name: a, sequences: [{name: s, triggeredOn: [{event: a.b.finished%s%s}]}]}]}\n",
            *selections[i].selector ? ", " : "", selections[i].selector);
        struct shipyard *yard = parsed(text);
        const struct shipyard_trigger *trigger = &yard->stages[0].sequences[0].triggers[0];
        if (shipyard_trigger_fits(trigger, selections[i].last_task, selections[i].result) !=
            selections[i].fits)
            fail_msg("%s", selections[i].name);
        shipyard_free(yard);
    }
}

static void the_first_of_two_sequences_with_one_name_counts(void **state)
{
    (void)state;
    struct shipyard *yard =
        parsed(HEAD "spec: {stages: [{name: a, sequences: [{name: s, tasks: [{name: first}]}, "
                    "{name: s, tasks: [{name: second}]}]}]}\n");
    const struct shipyard_stage *stage = shipyard_find_stage(yard, "a");
    assert_non_null(stage);
    assert_string_equal(shipyard_find_sequence(stage, "s")->tasks[0].name, "first");
    assert_null(shipyard_find_sequence(stage, "other"));
    assert_null(shipyard_find_stage(yard, "b"));
    shipyard_free(yard);
}

static void the_name_is_that_of_metadata(void **state)
{
    (void)state;
    struct shipyard *yard = parsed(tutorial);
    assert_string_equal(yard->name, "shipyard-delivery");
    assert_string_equal(yard->api_version, "spec.keptn.sh/0.2.2");
    shipyard_free(yard);
    yard = parsed("apiVersion: 0.2.0\nmetadata: 5\nspec: {stages: [{name: a}]}\n");
    assert_string_equal(yard->name, "");
    shipyard_free(yard);
}

static void a_stage_name_may_have_200_bytes(void **state)
{
    (void)state;
    for (size_t len = 200; len <= 201; len++) {
        char name[202], text[400];
        memset(name, 'a', len);
        name[len] = '\0';
        snprintf(text, sizeof text, HEAD "spec: {stages: [{name: %s}]}\n", name);
        struct shipyard *yard = NULL;
        struct error err = ERROR_NONE;
        assert_int_equal(shipyard_parse(text, strlen(text), "s", &yard, &err),
                         len == 200 ? STATUS_OK : STATUS_INVALID);
        shipyard_free(yard);
    }
}

static void a_text_past_the_limit_is_refused(void **state)
{
    (void)state;
    struct buffer text = BUFFER_LIMIT(SHIPYARD_TEXT_MAX + 2);
    buffer_add_text(&text, HEAD "spec: {stages: [{name: a}]}\n#");
    while (text.len <= SHIPYARD_TEXT_MAX)
        buffer_add_char(&text, 'x');
    struct shipyard *yard = NULL;
    struct error err = ERROR_NONE;
    assert_int_equal(shipyard_parse(text.data, text.len, "s", &yard, &err), STATUS_TOO_LARGE);
    assert_null(yard);
    assert_int_equal(shipyard_parse(text.data, SHIPYARD_TEXT_MAX, "s", &yard, &err), STATUS_OK);
    shipyard_free(yard);
    buffer_free(&text);
}

static void freeing_nothing_is_allowed(void **state)
{
    (void)state;
    shipyard_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_readable_shipyard_becomes_structs),
        cmocka_unit_test(a_fault_is_told_with_line_and_column),
        cmocka_unit_test(versions_from_0_2_on_are_supported),
        cmocka_unit_test(a_trigger_fits_by_result_as_in_keptn),
        cmocka_unit_test(the_first_of_two_sequences_with_one_name_counts),
        cmocka_unit_test(the_name_is_that_of_metadata),
        cmocka_unit_test(a_stage_name_may_have_200_bytes),
        cmocka_unit_test(a_text_past_the_limit_is_refused),
        cmocka_unit_test(freeing_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
