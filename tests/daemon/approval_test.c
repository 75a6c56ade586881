/* Approvals at a real drawbridged, decided by what Keptn's own clients send: its go-test DeliveryAssistant,
 * the bodies of its command line and of Bridge, and several who have to agree. */
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

/* A stage for each pair of strategies, as in Keptn's go-test. */
#define STAGE(name, pass, warning)                                                                           \
    "    - {name: " name ", sequences: [{name: check, tasks: [{name: approval, properties: {pass: " pass     \
    ", warning: " warning "}}]}]}\n"
#define STRATEGIES                                                                                           \
    KEPTN_YARD(STAGE("aa", "automatic", "automatic") STAGE("am", "automatic", "manual")                      \
                   STAGE("ma", "manual", "automatic") STAGE("mm", "manual", "manual"))
#define GATED                                                                                                \
    KEPTN_YARD("    - {name: qa, sequences: [{name: delivery, tasks: [{name: approval, properties: "         \
               "{pass: manual, warning: manual}}, {name: deploy}]}]}\n")

static void open_gated(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, GATED, NULL);
}

/* Posts the decision of Keptn's command line (`send event approval.finished`). */
static char *cli_body(const char *context, const char *stage, const char *id, const char *result)
{
    return mem_printf(
        "{\"contenttype\":\"application/json\",\"data\":{\"project\":\"fulltour\",\"stage\":\"%s\","
        "\"service\":\"helloservice\",\"labels\":{\"build\":\"7\"},\"status\":\"succeeded\",\"result\":\"%"
        "s\","
        "\"message\":\"\"},\"id\":\"c7a9d0c9-6a4b-4b7c-8a2f-2f7c1c1c0001\",\"shkeptncontext\":\"%s\","
        "\"source\":\"https://github.com/keptn/keptn/cli#sh.keptn.event.approval.finished\",\"specversion\":"
        "\"1.0\",\"time\":\"0001-01-01T00:00:00Z\",\"triggeredid\":\"%s\",\"type\":"
        "\"sh.keptn.event.approval.finished\"}",
        stage, result, context, id);
}

/* Bridge copies the message of the triggered. */
static char *bridge_body(const char *context, const char *id, const char *result)
{
    return mem_printf(
        "{\"shkeptncontext\":\"%s\",\"type\":\"sh.keptn.event.approval.finished\",\"triggeredid\":\"%s\","
        "\"source\":\"https://github.com/keptn/keptn/bridge#approval.finished\",\"data\":{\"project\":"
        "\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\",\"labels\":{},\"message\":\"\","
        "\"result\":\"%s\",\"status\":\"succeeded\"}}",
        context, id, result);
}

static void post(struct world *w, char *body, long code, const char *part)
{
    char *answer = NULL;
    long got = world_post_event(w, body, &answer);
    if (got != code || strstr(answer, part) == NULL)
        fail_msg("%s: %ld %s", body, got, answer);
    free(answer);
    free(body);
}

struct assistant_row {
    const char *stage, *result;   /* result NULL: none */
    const char *named, *finished; /* finished NULL: waits for a person */
};
static const struct assistant_row assistant_rows[] = {
    {"aa", "pass", "automatic", "pass"}, {"aa", "warning", "automatic", "pass"},
    {"aa", "fail", "automatic", "fail"}, {"aa", NULL, "manual", NULL},
    {"am", "pass", "automatic", "pass"}, {"am", "warning", "manual", NULL},
    {"am", "fail", "automatic", "fail"}, {"am", NULL, "manual", NULL},
    {"ma", "pass", "manual", NULL},      {"ma", "warning", "automatic", "pass"},
    {"ma", "fail", "automatic", "fail"}, {"ma", NULL, "manual", NULL},
    {"mm", "pass", "manual", NULL},      {"mm", "warning", "manual", NULL},
    {"mm", "fail", "automatic", "fail"}, {"mm", NULL, "manual", NULL},
};

static void check_started(struct world *w, const struct assistant_row *row, const char *context)
{
    cJSON *event = keptn_event(w, context, "approval.started");
    char *message = mem_printf("Approval strategy for result '%s': %s",
                               row->result != NULL ? row->result : "", row->named);
    assert_string_equal(json_text(json_get(event, "data"), "message"), message);
    assert_string_equal(json_text(json_get(event, "data"), "status"), "succeeded");
    assert_string_equal(json_text(event, "source"), "approval-service");
    free(message);
    cJSON_Delete(event);
}

static void check_row(struct world *w, const struct assistant_row *row)
{
    char context[KEPTN_ID];
    char *data = row->result != NULL ? mem_printf("\"result\":\"%s\"", row->result) : mem_string("");
    char *sequence = mem_printf("%s.check", row->stage);
    print_message("# %s %s\n", row->stage, row->result != NULL ? row->result : "none");
    keptn_trigger(w, sequence, data, context);
    free(keptn_wait_event(w, context, "approval.started"));
    check_started(w, row, context);
    if (row->finished == NULL) {
        char *id = keptn_wait_event(w, context, "approval.triggered");
        assert_int_equal(keptn_open_count(w, "approval"), 1);
        post(w, cli_body(context, row->stage, id, "pass"), 200, context);
        free(id);
    }
    cJSON *finished = keptn_event(w, context, "approval.finished");
    assert_string_equal(json_text(json_get(finished, "data"), "result"),
                        row->finished ? row->finished : "pass");
    assert_string_equal(json_text(json_get(finished, "data"), "status"), "succeeded");
    cJSON_Delete(finished);
    keptn_wait_state(w, context, "finished");
    assert_int_equal(keptn_open_count(w, "approval"), 0);
    free(data);
    free(sequence);
}

/* G Test_DeliveryAssistant */
static void each_strategy_and_result_is_answered_as_keptn_s_delivery_assistant_does(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL, true);
    world_project(&w, STRATEGIES, NULL);
    for (size_t i = 0; i < sizeof assistant_rows / sizeof *assistant_rows; i++)
        check_row(&w, &assistant_rows[i]);
    world_close(&w);
}

static void keptn_s_command_line_and_bridge_approve_and_decline(void **state)
{
    static const char *const results[] = {"pass", "fail"};
    struct world w;
    (void)state;
    open_gated(&w);
    for (size_t i = 0; i < 4; i++) {
        char context[KEPTN_ID];
        const char *result = results[i / 2];
        keptn_trigger(&w, "qa.delivery", "\"result\":\"pass\"", context);
        char *id = keptn_wait_event(&w, context, "approval.triggered");
        post(&w, i % 2 ? cli_body(context, "qa", id, result) : bridge_body(context, id, result), 200,
             context);
        if (strcmp(result, "pass") == 0) {
            free(keptn_wait_event(&w, context, "deploy.triggered"));
            keptn_control(&w, context, "abort");
        } else {
            keptn_wait_state(&w, context, "finished");
            cJSON *end = keptn_event(&w, context, "qa.delivery.finished");
            assert_string_equal(json_text(json_get(end, "data"), "result"), "fail");
            assert_string_equal(json_text(json_get(end, "data"), "status"), "succeeded");
            cJSON_Delete(end);
        }
        assert_int_equal(keptn_open_count(&w, "approval"), 0);
        free(id);
    }
    world_close(&w);
}

static void make_token(struct world *w, const char *name, const char *role)
{
    char *line = mem_printf("'%s/drawbridged' --data data token create --name %s --role %s > %s", w->programs,
                            name, role, name);
    assert_int_equal(world_shell(w, line), 0);
    free(line);
}

static void decide(struct world *w, const char *who, char *body, long code, const char *part)
{
    w->as = who;
    post(w, body, code, part);
    w->as = NULL;
}

static char *foreign_started(const char *context, const char *id)
{
    return mem_printf("{\"type\":\"sh.keptn.event.approval.started\",\"source\":\"chat-approvals\","
                      "\"shkeptncontext\":\"%s\",\"triggeredid\":\"%s\",\"data\":{\"project\":\"fulltour\","
                      "\"stage\":\"qa\",\"service\":\"helloservice\",\"status\":\"succeeded\"}}",
                      context, id);
}

/* A foreign service has started the approval as well, so it takes two. */
static void where_two_have_started_two_principals_decide_once_each(void **state)
{
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    open_gated(&w);
    make_token(&w, "maria", "approver");
    make_token(&w, "tom", "operator");
    keptn_trigger(&w, "qa.delivery", "\"result\":\"pass\"", context);
    char *id = keptn_wait_event(&w, context, "approval.triggered");
    post(&w, foreign_started(context, id), 200, context);
    decide(&w, "maria", cli_body(context, "qa", id, "pass"), 200, context);
    assert_int_equal(keptn_open_count(&w, "approval"), 1);
    decide(&w, "maria", bridge_body(context, id, "pass"), 409, "you have decided: approved by maria ");
    world_kill(&w, SIGKILL);
    world_start(&w); /* who has decided is known from the store, too */
    decide(&w, "maria", bridge_body(context, id, "fail"), 409, "you have decided: approved by maria ");
    assert_int_equal(keptn_open_count(&w, "approval"), 1);
    decide(&w, "tom", bridge_body(context, id, "fail"), 200, context);
    keptn_wait_state(&w, context, "finished");
    cJSON *end = keptn_event(&w, context, "qa.delivery.finished");
    assert_string_equal(json_text(json_get(end, "data"), "result"), "fail"); /* one of two has declined */
    cJSON_Delete(end);
    decide(&w, "maria", cli_body(context, "qa", id, "pass"), 409,
           "the approval is closed: approved by maria ");
    decide(&w, "tom", cli_body(context, "qa", id, "pass"), 409, ", declined by tom ");
    cJSON *audit = world_get(&w, "/v1/audit?project=fulltour");
    char *trail = cJSON_PrintUnformatted(audit);
    assert_non_null(strstr(trail, "\"who\":\"maria\",\"what\":\"approve qa/helloservice\""));
    assert_non_null(strstr(trail, "\"who\":\"tom\",\"what\":\"decline qa/helloservice\""));
    cJSON_free(trail);
    cJSON_Delete(audit);
    free(id);
    world_close(&w);
}

/* One that is through before the second starts completes the task alone, as in Keptn. */
static void a_started_after_the_decision_changes_nothing(void **state)
{
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    open_gated(&w);
    keptn_trigger(&w, "qa.delivery", "\"result\":\"pass\"", context);
    char *id = keptn_wait_event(&w, context, "approval.triggered");
    post(&w, cli_body(context, "qa", id, "pass"), 200, context);
    post(&w, foreign_started(context, id), 200, context);
    free(keptn_wait_event(&w, context, "deploy.triggered"));
    assert_int_equal(keptn_open_count(&w, "approval"), 0);
    free(id);
    world_close(&w);
}

static void a_second_decision_is_told_who_was_first_and_when(void **state)
{
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    open_gated(&w);
    make_token(&w, "maria", "approver");
    keptn_trigger(&w, "qa.delivery", "\"result\":\"pass\"", context);
    char *id = keptn_wait_event(&w, context, "approval.triggered");
    decide(&w, "maria", bridge_body(context, id, "fail"), 200, context);
    cJSON *decision = keptn_event(&w, context, "approval.finished");
    char *when = mem_printf(" ago (%.19s", json_text(decision, "time"));
    post(&w, cli_body(context, "qa", id, "pass"), 409, "the approval is closed: declined by maria ");
    post(&w, cli_body(context, "qa", id, "pass"), 409, when);
    post(&w, cli_body(context, "qa", "11111111-2222-4333-8444-555555555555", "pass"), 404, "no approval");
    cJSON_Delete(decision);
    free(when);
    free(id);
    world_close(&w);
}

/* Such an event belongs to no run: it is refused, and its sender can still decide. */
static void a_decision_without_its_names_is_refused_and_counts_for_nobody(void **state)
{
    static const char *const data[] = {"\"project\":\"fulltour\",\"service\":\"helloservice\"",
                                       "\"project\":\"fulltour\",\"stage\":\"qa\"",
                                       "\"stage\":\"qa\",\"service\":\"helloservice\"",
                                       "\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"\""};
    struct world w;
    char context[KEPTN_ID];
    (void)state;
    open_gated(&w);
    keptn_trigger(&w, "qa.delivery", "\"result\":\"pass\"", context);
    char *id = keptn_wait_event(&w, context, "approval.triggered");
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        post(&w,
             mem_printf(
                 "{\"type\":\"sh.keptn.event.approval.finished\",\"source\":\"t\",\"shkeptncontext\":\"%s\","
                 "\"triggeredid\":\"%s\",\"data\":{%s,\"status\":\"succeeded\",\"result\":\"pass\"}}",
                 context, id, data[i]),
             400, "a decision must name");
    post(&w, cli_body(context, "qa", id, "warning"), 200, context); /* approves, too */
    free(keptn_wait_event(&w, context, "deploy.triggered"));
    post(&w, cli_body(context, "qa", id, "pass"), 409, "the approval is closed: approved by ");
    free(id);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_strategy_and_result_is_answered_as_keptn_s_delivery_assistant_does),
        cmocka_unit_test(keptn_s_command_line_and_bridge_approve_and_decline),
        cmocka_unit_test(where_two_have_started_two_principals_decide_once_each),
        cmocka_unit_test(a_started_after_the_decision_changes_nothing),
        cmocka_unit_test(a_decision_without_its_names_is_refused_and_counts_for_nobody),
        cmocka_unit_test(a_second_decision_is_told_who_was_first_and_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
