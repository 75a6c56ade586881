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
#include "event/event.h"
#include "shipyard/jobconfig.h"

static const char event_text[] =
    "{\"specversion\":\"1.0\",\"id\":\"11111111-2222-4333-8444-555555555555\",\"source\":\"shipyard-"
    "controller\","
    "\"type\":\"sh.keptn.event.je-deployment.triggered\",\"time\":\"2023-05-04T10:00:00.5Z\","
    "\"shkeptncontext\":\"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\",\"data\":{\"project\":\"fulltour\","
    "\"stage\":\"qa\","
    "\"service\":\"helloservice\",\"labels\":{\"version\":\"v0.1.1\",\"a b\":\"x\"},"
    "\"number\":1000000,\"small\":0.00001,\"half\":1.5,\"yes\":true,\"nothing\":null,"
    "\"list\":[\"a\",1,{\"z\":1,\"k\":[]}],\"nested\":{\"b\":{\"y\":\"1\",\"x\":[1,{\"k\":\"v "
    "w\"}]},\"a\":\"true\"}}}";

static struct jobconfig *parsed(const char *text)
{
    struct jobconfig *config = NULL;
    struct error err = ERROR_NONE;
    if (jobconfig_parse(text, strlen(text), "job/config.yaml", &config, &err) != STATUS_OK)
        fail_msg("not parsed: %s", err.text);
    return config;
}

static void decode(struct event *ev, const char *text)
{
    struct error err = ERROR_NONE;
    if (event_decode(text, strlen(text), EVENT_FORM_COMPLETE, ev, &err) != STATUS_OK)
        fail_msg("not decoded: %s", err.text);
}

static void a_configuration_becomes_structs(void **state)
{
    (void)state;
    struct jobconfig *config =
        parsed("apiVersion: v2\n"
               "actions:\n"
               "  - name: deploy\n"
               "    events:\n"
               "      - name: sh.keptn.event.je-deployment.triggered\n"
               "        jsonpath:\n"
               "          property: $.data.stage\n"
               "          match: qa\n"
               "      - name: test\n"
               "    tasks:\n"
               "      - name: run helm\n"
               "        files: [helm/chart.tgz, /scripts]\n"
               "        image: alpine:3\n"
               "        cmd: [sh, -c]\n"
               "        args:\n"
               "          - echo $(VERSION)\n"
               "          - 8080\n"
               "        env:\n"
               "          - {name: VERSION, value: $.data.labels.version, valueFrom: event, as: JSON}\n"
               "          - {name: token, valueFrom: secret}\n"
               "          - {name: MODE, value: 1, valueFrom: string}\n"
               "        workingDir: /keptn/scripts\n"
               "        maxPollDuration: 20\n"
               "        imagePullPolicy: Always\n"
               "        namespace: default\n"
               "        serviceAccount: sa\n"
               "        annotations: {a: b}\n"
               "        securityContext: {runAsUser: 1000}\n"
               "        resources: {limits: {cpu: 1}}\n"
               "        ttlSecondsAfterFinished: 120\n"
               "  - name: quiet\n"
               "    silent: true\n"
               "    tasks: [{}]\n");
    assert_int_equal(config->action_count, 2);
    const struct jobconfig_action *deploy = &config->actions[0], *quiet = &config->actions[1];
    assert_string_equal(deploy->name, "deploy");
    assert_false(deploy->silent);
    assert_int_equal(deploy->event_count, 2);
    assert_string_equal(deploy->events[0].property, "$.data.stage");
    assert_string_equal(deploy->events[0].match, "qa");
    assert_null(deploy->events[1].property);
    const struct jobconfig_task *task = &deploy->tasks[0];
    assert_string_equal(task->name, "run helm");
    assert_string_equal(task->files[1], "/scripts");
    assert_null(task->files[2]);
    assert_string_equal(task->cmd[1], "-c");
    assert_null(task->cmd[2]);
    assert_string_equal(task->args[1], "8080");
    assert_null(task->args[2]);
    assert_string_equal(task->image, "alpine:3");
    assert_string_equal(task->working_dir, "/keptn/scripts");
    assert_int_equal(task->max_poll_s, 20);
    assert_int_equal(task->env_count, 3);
    assert_int_equal(task->env[0].from, JOBCONFIG_ENV_EVENT);
    assert_string_equal(task->env[0].as, "json");
    assert_int_equal(task->env[1].from, JOBCONFIG_ENV_SECRET);
    assert_int_equal(task->env[2].from, JOBCONFIG_ENV_STRING);
    assert_string_equal(task->env[2].value, "1");
    assert_true(quiet->silent);
    assert_int_equal(quiet->event_count, 0);
    assert_int_equal(quiet->tasks[0].max_poll_s, 300);
    assert_string_equal(quiet->tasks[0].name, "");
    assert_null(quiet->tasks[0].cmd[0]);
    jobconfig_free(config);
    jobconfig_free(NULL);
}

#define HEAD "apiVersion: v2\nactions:\n- name: a\n"

static const struct {
    const char *name, *text, *expected;
} faults[] = {
    {"nothing", "", "job/config.yaml:1:1: \"apiVersion\" must be v2; it is missing"},
    {"another version", "apiVersion: v1\n", "job/config.yaml:1:13: \"apiVersion\" must be v2, not \"v1\""},
    {"a text", "hello\n", "job/config.yaml:1:1: a job configuration must be a mapping"},
    {"a key twice", "apiVersion: v2\napiVersion: v2\n", "job/config.yaml:2:1: "},
    {"an unknown key on top", "apiVersion: v2\nruntime: podman\n",
     "job/config.yaml:2:1: unknown key \"runtime\" in a job configuration"},
    {"actions is a mapping", "apiVersion: v2\nactions: {a: b}\n",
     "job/config.yaml:2:10: \"actions\" must be a list, not a mapping"},
    {"an action is a text", "apiVersion: v2\nactions:\n- hello\n",
     "job/config.yaml:3:3: an action must be a mapping"},
    {"an unknown key in an action", HEAD "  event: []\n",
     "job/config.yaml:4:3: unknown key \"event\" in an action"},
    {"silent is no truth value", HEAD "  silent: maybe\n",
     "job/config.yaml:4:11: \"silent\" must be true or false"},
    {"an event without a name", HEAD "  events:\n  - jsonpath: {}\n",
     "job/config.yaml:5:5: an event has no name"},
    {"an unknown key in jsonpath", HEAD "  events:\n  - name: x\n    jsonpath: {path: a}\n",
     "job/config.yaml:6:16: unknown key \"path\" in jsonpath"},
    {"an unknown key in a task", HEAD "  tasks:\n  - name: t\n    command: [a]\n",
     "job/config.yaml:6:5: unknown key \"command\" in a task"},
    {"cmd is a text", HEAD "  tasks:\n  - cmd: ls\n", "job/config.yaml:5:10: \"cmd\" must be a list"},
    {"an argument is a list", HEAD "  tasks:\n  - args: [[a]]\n",
     "job/config.yaml:5:12: each entry of \"args\" must be a text"},
    {"a time limit of 0", HEAD "  tasks:\n  - maxPollDuration: 0\n",
     "job/config.yaml:5:22: \"maxPollDuration\" must be a whole number from 1"},
    {"a time limit that is no number", HEAD "  tasks:\n  - maxPollDuration: 5m\n",
     "job/config.yaml:5:22: \"maxPollDuration\" must be a whole number from 1"},
    {"an unknown key in env", HEAD "  tasks:\n  - env:\n    - {name: A, val: b}\n",
     "job/config.yaml:6:17: unknown key \"val\" in an entry of env"},
    {"env without valueFrom", HEAD "  tasks:\n  - env:\n    - {name: A, value: b}\n",
     "job/config.yaml:6:7: the entry of env \"A\" needs \"valueFrom\""},
    {"env from elsewhere", HEAD "  tasks:\n  - env:\n    - {name: A, valueFrom: file}\n",
     "job/config.yaml:6:28: the entry of env \"A\" needs \"valueFrom\""},
    {"env without a name", HEAD "  tasks:\n  - env:\n    - {value: b, valueFrom: string}\n",
     "job/config.yaml:6:7: an entry of env needs a \"name\""},
    {"an equals sign in the name of env", HEAD "  tasks:\n  - env:\n    - {name: A=B, valueFrom: string}\n",
     "job/config.yaml:6:14: an entry of env needs a \"name\""},
    {"resources is a text", HEAD "  tasks:\n  - resources: many\n",
     "job/config.yaml:5:16: \"resources\" must be a mapping"},
};

static void a_fault_is_told_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct jobconfig *config = NULL;
        struct error err = ERROR_NONE;
        enum status status =
            jobconfig_parse(faults[i].text, strlen(faults[i].text), "job/config.yaml", &config, &err);
        if (status != STATUS_INVALID || config != NULL)
            fail_msg("%s: status %s", faults[i].name, status_words(status));
        if (strncmp(err.text, faults[i].expected, strlen(faults[i].expected)) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", faults[i].name, err.text, faults[i].expected);
    }
}

static const struct {
    const char *name, *events;
    bool fits;
} rules[] = {
    {"no events", "[]", false},
    {"the whole type", "[{name: sh.keptn.event.je-deployment.triggered}]", true},
    {"a part of the type", "[{name: deploy}]", true},
    {"another type", "[{name: sh.keptn.event.test.triggered}]", false},
    {"one of two", "[{name: nothing}, {name: 'je-.*\\.triggered$'}]", true},
    {"a broken expression", "[{name: 'deploy('}]", false},
    {"look-ahead, which Go has not", "[{name: 'deploy(?=ment)'}]", false},
    {"a value that is equal", "[{name: deploy, jsonpath: {property: $.data.stage, match: qa}}]", true},
    {"a value that differs", "[{name: deploy, jsonpath: {property: $.data.stage, match: q}}]", false},
    {"a missing path", "[{name: deploy, jsonpath: {property: $.data.other, match: qa}}]", false},
    {"a missing path never fits the empty text", "[{name: deploy, jsonpath: {property: $.data.other}}]",
     false},
    {"a number never fits", "[{name: deploy, jsonpath: {property: $.data.half, match: 1.5}}]", false},
    {"a truth value never fits", "[{name: deploy, jsonpath: {property: $.data.yes, match: 'true'}}]", false},
    {"an object never fits", "[{name: deploy, jsonpath: {property: $.data, match: x}}]", false},
    {"several values never fit", "[{name: deploy, jsonpath: {property: '$.data.*', match: qa}}]", false},
    {"an attribute", "[{name: deploy, jsonpath: {property: $.source, match: shipyard-controller}}]", true},
    {"the type does not fit, the value does", "[{name: x, jsonpath: {property: $.data.stage, match: qa}}]",
     false},
    {"no property: the type alone", "[{name: deploy, jsonpath: {match: qa}}]", true},
    {"a filter is not understood", "[{name: deploy, jsonpath: {property: '$.data.list[?(@)]', match: a}}]",
     false},
};

static void an_action_fits_by_type_and_value(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(&ev, event_text);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char text[500];
        snprintf(text, sizeof text, HEAD "  events: %s\n", rules[i].events);
        struct jobconfig *config = parsed(text);
        if (jobconfig_action_fits(&config->actions[0], &ev) != rules[i].fits)
            fail_msg("%s", rules[i].name);
        jobconfig_free(config);
    }
    event_free(&ev);
}

static void a_broken_expression_has_a_reason(void **state)
{
    (void)state;
    struct jobconfig *config = parsed(HEAD "  events: [{name: a.b}, {name: '(a)\\1'}]\n");
    assert_null(jobconfig_event_fault(&config->actions[0].events[0]));
    assert_non_null(strstr(jobconfig_event_fault(&config->actions[0].events[1]), "back reference"));
    jobconfig_free(config);
}

static const struct {
    const char *path, *as, *expected; /* expected NULL: not found; "!": not understood */
} values[] = {
    {"$.data.labels.version", NULL, "v0.1.1"},
    {"data.labels.version", NULL, "v0.1.1"},
    {"data['labels'][\"version\"]", NULL, "v0.1.1"},
    {"$['data']['labels']['a b']", NULL, "x"},
    {"$.id", NULL, "11111111-2222-4333-8444-555555555555"},
    {"$.shkeptncontext", NULL, "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"},
    {"$.time", NULL, "2023-05-04T10:00:00.5Z"},
    {"$.type", NULL, "sh.keptn.event.je-deployment.triggered"},
    {"$.gitcommitid", NULL, ""},
    {"$.data.number", NULL, "1e+06"},
    {"$.data.number", "json", "1000000"},
    {"$.data.number", "yaml", "1000000\n"},
    {"$.data.small", NULL, "1e-05"},
    {"$.data.half", NULL, "1.5"},
    {"$.data.yes", NULL, "true"},
    {"$.data.nothing", NULL, "<nil>"},
    {"$.data.list", NULL, "[a 1 map[k:[] z:1]]"},
    {"$.data.list", "json", "[\"a\",1,{\"z\":1,\"k\":[]}]"},
    {"$.data.list[0]", NULL, "a"},
    {"$.data.list[-2]", NULL, "1"},
    {"$.data.list[2].z", NULL, "1"},
    {"$.data.list[*].z", NULL, "[1]"},
    {"$.data.labels.*", NULL, "[v0.1.1 x]"},
    {"$.data.labels", NULL, "{\"version\":\"v0.1.1\",\"a b\":\"x\"}"},
    {"$.data.labels", "YAML", "\"a b\": x\nversion: v0.1.1\n"},
    {"$.data.nested", "yaml",
     "a: \"true\"\nb:\n    x:\n        - 1\n        - k: \"v w\"\n    \"y\": \"1\"\n"},
    {"$.data.stage", "json", "\"qa\""},
    {"$.data.stage", "YAML", "qa\n"},
    {"$.data.stage", "toml", "qa"},
    {"$.data.other", NULL, NULL},
    {"$.data.stage.more", NULL, NULL},
    {"$.data.list[3]", NULL, NULL},
    {"$.data.list[-4]", NULL, NULL},
    {"$.data.stage[0]", NULL, NULL},
    {"$.specversion.x", NULL, NULL},
    {"$.subject", NULL, NULL},
    {"$.data..version", NULL, "!"},
    {"$.data.list[0:1]", NULL, "!"},
    {"$.data.list[?(@.z)]", NULL, "!"},
    {"$.data['list", NULL, "!"},
    {"$.data[", NULL, "!"},
    {"$.data[99999999999]", NULL, "!"},
    {"$data", NULL, "!"},
    {"$.", NULL, "!"},
    {"$.data.list[0]x", NULL, "!"},
};

static void a_value_of_an_event_is_printed_as_go_does(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(&ev, event_text);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buffer out = BUFFER_LIMIT(10000);
        struct error err = ERROR_NONE;
        enum status status = jobconfig_event_value(&ev, values[i].path, values[i].as, &out, &err);
        const char *expected = values[i].expected;
        enum status wanted = !expected                    ? STATUS_NOT_FOUND
                             : strcmp(expected, "!") == 0 ? STATUS_INVALID
                                                          : STATUS_OK;
        if (status != wanted || (status == STATUS_OK && strcmp(buffer_text(&out), expected) != 0))
            fail_msg("%s: %s \"%s\" %s", values[i].path, status_words(status), buffer_text(&out), err.text);
        buffer_free(&out);
    }
    event_free(&ev);
}

static void a_value_past_the_limit_is_an_error(void **state)
{
    (void)state;
    struct event ev = {0};
    decode(&ev, event_text);
    static const char *const as[] = {NULL, "json", "yaml"};
    for (size_t i = 0; i < 3; i++) {
        struct buffer out = BUFFER_LIMIT(10);
        struct error err = ERROR_NONE;
        assert_int_equal(jobconfig_event_value(&ev, "$.data", as[i], &out, &err), STATUS_TOO_LARGE);
        buffer_free(&out);
    }
    event_free(&ev);
}

/* Numbers as Go's fmt prints them with %v. */
static const struct {
    const char *json, *expected;
} numbers[] = {
    {"1000000", "1e+06"},
    {"100000", "100000"},
    {"123456", "123456"},
    {"1234567", "1.234567e+06"},
    {"123456789", "1.23456789e+08"},
    {"2e20", "2e+20"},
    {"0.0001", "0.0001"},
    {"0.00001", "1e-05"},
    {"1.5", "1.5"},
    {"0.1", "0.1"},
    {"100", "100"},
    {"12345678.5", "1.23456785e+07"},
    {"-3", "-3"},
    {"0", "0"},
    {"9007199254740993", "9.007199254740992e+15"},
    {"1.25e-7", "1.25e-07"},
    {"12345.678", "12345.678"},
    {"1e300", "1e+300"},
};

static void numbers_look_as_in_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\",\"data\":{\"n\":%s}}",
                 numbers[i].json);
        struct event ev = {0};
        decode(&ev, text);
        struct buffer out = BUFFER_LIMIT(100);
        struct error err = ERROR_NONE;
        assert_int_equal(jobconfig_event_value(&ev, "$.data.n", NULL, &out, &err), STATUS_OK);
        assert_string_equal(buffer_text(&out), numbers[i].expected);
        buffer_free(&out);
        event_free(&ev);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_becomes_structs),
        cmocka_unit_test(a_fault_is_told_with_line_and_column),
        cmocka_unit_test(an_action_fits_by_type_and_value),
        cmocka_unit_test(a_broken_expression_has_a_reason),
        cmocka_unit_test(a_value_of_an_event_is_printed_as_go_does),
        cmocka_unit_test(a_value_past_the_limit_is_an_error),
        cmocka_unit_test(numbers_look_as_in_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
