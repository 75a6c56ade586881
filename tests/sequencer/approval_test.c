/* The approval service: the table of keptn-events.md, 4. */
#include "config.h"

#include "sequencer/approval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"

static void decode(struct event *ev, const char *data)
{
    struct error err = ERROR_NONE;
    char *text = mem_printf(
        "{\"specversion\":\"1.0\",\"id\":\"trigger\",\"source\":\"shipyard-controller\","
        "\"type\":\"sh.keptn.event.approval.triggered\",\"shkeptncontext\":\"context\","
        "\"gitcommitid\":\"abc\",\"data\":{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\"%s%s}}",
        data[0] != '\0' ? "," : "", data);
    if (event_decode(text, strlen(text), EVENT_FORM_COMPLETE, ev, &err) != STATUS_OK)
        fail_msg("%s: %s", err.text, text);
    free(text);
}

struct row {
    const char *result, *pass, *warning; /* NULL: left out */
    const char *named, *finished;
};

/* Each result by each strategy; in every row the other strategy is the opposite, so that mixing them up
 * shows. */
static const struct row rows[] = {
    {"pass", "automatic", "manual", "automatic", "pass"},
    {"pass", "manual", "automatic", "manual", NULL},
    {"pass", NULL, "automatic", "manual", NULL},
    {"pass", "", "automatic", "manual", NULL},
    {"pass", "sometimes", "automatic", "sometimes", NULL},
    {"pass", "Automatic", "automatic", "Automatic", NULL},
    {"warning", "manual", "automatic", "automatic", "pass"},
    {"warning", "automatic", "manual", "manual", NULL},
    {"warning", "automatic", NULL, "manual", NULL},
    {"warning", "automatic", "", "manual", NULL},
    {"warning", "automatic", "sometimes", "sometimes", NULL},
    {"fail", "automatic", "automatic", "automatic", "fail"},
    {"fail", "automatic", "manual", "automatic", "fail"},
    {"fail", "manual", "automatic", "automatic", "fail"},
    {"fail", "manual", "manual", "automatic", "fail"},
    {"fail", NULL, NULL, "automatic", "fail"},
    {"", "automatic", "automatic", "manual", NULL},
    {NULL, "automatic", "automatic", "manual", NULL},
    {NULL, NULL, NULL, "manual", NULL},
    {"great", "automatic", "automatic", "manual", NULL},
    {"Pass", "automatic", "automatic", "manual", NULL},
};

static char *member(const char *key, const char *value, const char *before)
{
    return value != NULL ? mem_printf("%s\"%s\":\"%s\"", before, key, value) : mem_string("");
}

static void every_result_by_every_strategy_is_decided_as_in_the_table(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        char *result = member("result", row->result, ","), *pass = member("pass", row->pass, "");
        char *warning = member("warning", row->warning, row->pass != NULL ? "," : "");
        char *data = mem_printf("\"approval\":{%s%s}%s", pass, warning, result);
        char *message = mem_printf("Approval strategy for result '%s': %s",
                                   row->result != NULL ? row->result : "", row->named);
        struct event ev = {0};
        struct approval_answer answer;
        decode(&ev, data);
        approval_decide(&ev, &answer);
        if (strcmp(answer.message, message) != 0)
            fail_msg("%s gives \"%s\", not \"%s\"", data, answer.message, message);
        if ((answer.finished == NULL) != (row->finished == NULL) ||
            (row->finished != NULL && strcmp(answer.finished, row->finished) != 0))
            fail_msg("%s finishes with %s", data, answer.finished != NULL ? answer.finished : "nothing");
        event_free(&ev);
        free(result);
        free(pass);
        free(warning);
        free(data);
        free(message);
    }
}

struct odd_row {
    const char *name, *data, *message, *finished;
};
static const struct odd_row odd_rows[] = {
    {"the evaluation's result where there is no other",
     "\"result\":\"\",\"evaluation\":{\"result\":\"warning\"},\"approval\":{\"warning\":\"automatic\"}",
     "Approval strategy for result 'warning': automatic", "pass"},
    {"the event's result before the evaluation's",
     "\"result\":\"fail\",\"evaluation\":{\"result\":\"pass\"},\"approval\":{\"pass\":\"automatic\"}",
     "Approval strategy for result 'fail': automatic", "fail"},
    {"a strategy that is no text", "\"result\":\"pass\",\"approval\":{\"pass\":true}",
     "Approval strategy for result 'pass': manual", NULL},
    {"an approval that is no object", "\"result\":\"pass\",\"approval\":\"automatic\"",
     "Approval strategy for result 'pass': manual", NULL},
    {"no approval", "\"result\":\"pass\"", "Approval strategy for result 'pass': manual", NULL},
};

static void odd_data_never_approves_by_itself(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof odd_rows / sizeof *odd_rows; i++) {
        struct event ev = {0};
        struct approval_answer answer;
        decode(&ev, odd_rows[i].data);
        approval_decide(&ev, &answer);
        if (strcmp(answer.message, odd_rows[i].message) != 0)
            fail_msg("%s: %s", odd_rows[i].name, answer.message);
        if (odd_rows[i].finished == NULL)
            assert_null(answer.finished);
        else
            assert_string_equal(answer.finished, odd_rows[i].finished);
        event_free(&ev);
    }
}

static void a_strategy_too_long_for_the_message_is_cut_at_a_character(void **unused)
{
    (void)unused;
    for (size_t shift = 0; shift < 4; shift++) {
        char strategy[1000] = "";
        memset(strategy, 'x', shift);
        while (strlen(strategy) < 900)
            memcpy(strategy + strlen(strategy), "\xF0\x9F\x9A\xA2", 5);
        char *data = mem_printf("\"result\":\"pass\",\"approval\":{\"pass\":\"%s\"}", strategy);
        struct event ev = {0};
        struct approval_answer answer;
        decode(&ev, data);
        approval_decide(&ev, &answer);
        size_t len = strlen(answer.message);
        assert_in_range(len, 508, 511);
        assert_int_equal((unsigned char)answer.message[len - 4], 0xF0);
        event_free(&ev);
        free(data);
    }
}

static void expect_data(const struct event_draft *draft, const char *json)
{
    cJSON *expected = cJSON_Parse(json);
    assert_true(cJSON_Compare(expected, draft->data, true));
    cJSON_Delete(expected);
}

static void an_automatic_approval_is_started_and_finished(void **unused)
{
    (void)unused;
    struct event ev = {0};
    struct approval_drafts drafts;
    decode(&ev, "\"labels\":{\"a\":\"b\"},\"result\":\"warning\",\"message\":\"x\",\"approval\":{\"warning\":"
                "\"automatic\"}");
    approval_draft(&ev, &drafts);
    assert_true(drafts.has_finished);
    assert_string_equal(drafts.started.type, "sh.keptn.event.approval.started");
    assert_string_equal(drafts.finished.type, "sh.keptn.event.approval.finished");
    const struct event_draft *both[] = {&drafts.started, &drafts.finished};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(both[i]->source, "approval-service");
        assert_string_equal(both[i]->triggeredid, "trigger");
        assert_string_equal(both[i]->context, "context");
        assert_null(both[i]->gitcommitid);
        assert_null(both[i]->id);
    }
    expect_data(
        &drafts.started,
        "{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\",\"labels\":{\"a\":\"b\"},"
        "\"status\":\"succeeded\",\"message\":\"Approval strategy for result 'warning': automatic\"}");
    expect_data(&drafts.finished,
                "{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\",\"labels\":{\"a\":\"b\"},"
                "\"status\":\"succeeded\",\"result\":\"pass\"}");
    approval_drafts_free(&drafts);
    event_free(&ev);
}

static void a_manual_approval_is_only_started(void **unused)
{
    (void)unused;
    struct event ev = {0};
    struct approval_drafts drafts;
    decode(&ev, "\"result\":\"pass\",\"approval\":{\"pass\":\"manual\"}");
    approval_draft(&ev, &drafts);
    assert_false(drafts.has_finished);
    expect_data(&drafts.started,
                "{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\",\"status\":\"succeeded\","
                "\"message\":\"Approval strategy for result 'pass': manual\"}");
    approval_drafts_free(&drafts);
    event_free(&ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_by_every_strategy_is_decided_as_in_the_table),
        cmocka_unit_test(odd_data_never_approves_by_itself),
        cmocka_unit_test(a_strategy_too_long_for_the_message_is_cut_at_a_character),
        cmocka_unit_test(an_automatic_approval_is_started_and_finished),
        cmocka_unit_test(a_manual_approval_is_only_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
