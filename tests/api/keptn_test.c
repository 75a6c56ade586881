/* The calls that Keptn's integrations, its web UI and its command line need besides the nouns: evaluations,
 * sequence executions. */
#include "config.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define C          "/api/controlPlane/v1"
#define EVALUATION C "/project/alpha/stage/qa/service/web/evaluation"

/* --- evaluations --- */

static const struct row evaluation_rows[] = {
    {"the last five minutes", "POST", EVALUATION, "operator", "{}", 200, "{\"keptnContext\":\"k\"}",
     "event sh.keptn.event.qa.evaluation.triggered alpha by operator"},
    {"empty texts are absent", "POST", EVALUATION, "operator",
     "{\"start\":\"\",\"end\":\"\",\"timeframe\":\"\",\"labels\":null,\"gitcommitid\":\"\"}", 200, "k",
     "event sh.keptn.event.qa.evaluation.triggered alpha"},
    {"a project that is not", "POST", C "/project/beta/stage/qa/service/web/evaluation", "operator", "{}",
     400, "{\"code\":2,\"message\":\"project not found\"}", NULL},
    {"a stage that is not", "POST", C "/project/alpha/stage/x/service/web/evaluation", "operator", "{}", 400,
     "{\"code\":2,\"message\":\"stage not found\"}", NULL},
    {"a service that is not", "POST", C "/project/alpha/stage/qa/service/x/evaluation", "operator", "{}", 400,
     "{\"code\":2,\"message\":\"service not found\"}", NULL},
    {"timeframe with end", "POST", EVALUATION, "operator",
     "{\"start\":\"2019-07-24T10:17:12Z\",\"end\":\"2019-07-24T10:20:12Z\",\"timeframe\":\"5m\"}", 400,
     "Invalid request format: timeframe cannot be used together with end", NULL},
    {"end without start", "POST", EVALUATION, "operator", "{\"end\":\"2019-07-24T10:20:12Z\"}", 400,
     "Invalid request format: end needs a start", NULL},
    {"the end before the start", "POST", EVALUATION, "operator",
     "{\"start\":\"2019-07-24T10:17:12Z\",\"end\":\"2019-07-24T10:10:12Z\"}", 400,
     "{\"message\":\"end date must be at least 1 minute after start date\"}", NULL},
    {"a start in the future", "POST", EVALUATION, "operator", "{\"start\":\"2200-07-24T10:17:12Z\"}", 400,
     "at least 1 minute", NULL},
    {"59 seconds", "POST", EVALUATION, "operator", "{\"timeframe\":\"59s\"}", 400, "at least 1 minute", NULL},
    {"no time", "POST", EVALUATION, "operator", "{\"start\":\"yesterday\"}", 400,
     "Invalid request format: start \\\"yesterday\\\" is no time", NULL},
    {"no duration", "POST", EVALUATION, "operator", "{\"timeframe\":\"5 minutes\"}", 400,
     "Invalid request format: timeframe", NULL},
    {"a duration backwards", "POST", EVALUATION, "operator", "{\"timeframe\":\"-5m\"}", 400,
     "Invalid request format: timeframe", NULL},
    {"a start of another kind", "POST", EVALUATION, "operator", "{\"start\":7}", 400,
     "Invalid request format: start must be a text", NULL},
    {"labels of another kind", "POST", EVALUATION, "operator", "{\"labels\":{\"a\":7}}", 400,
     "Invalid request format: labels", NULL},
    {"no JSON", "POST", EVALUATION, "operator", "x", 400, "Invalid request format: ", NULL},
    {"another's project", "POST", C "/project/beta/stage/qa/service/web/evaluation", "limited", "{}", 403,
     "limited to other projects", NULL},
};

static void an_evaluation_is_triggered_or_refused(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_service(s, "alpha", "web");
    s->body = "{\"keptnContext\":\"k\"}";
    CHECK(s, evaluation_rows);
}

static void an_evaluations_event_names_its_time_labels_and_commit(void **state)
{
    struct server *s = *state;
    static const char *const expected[] = {
        "{\"source\":\"https://github.com/keptn/keptn/"
        "api\",\"type\":\"sh.keptn.event.qa.evaluation.triggered\","
        "\"gitcommitid\":\"5f1c\",\"data\":{\"project\":\"alpha\",\"stage\":\"qa\",\"service\":\"web\","
        "\"labels\":{\"a\":\"b\"},\"evaluation\":{\"start\":\"2019-07-24T10:17:12.000Z\","
        "\"end\":\"2019-07-24T10:20:12.500Z\"}}}",
        "\"evaluation\":{\"start\":\"2019-07-24T08:17:12.000Z\",\"end\":\"2019-07-24T10:47:12.000Z\"}",
    };
    static const char *const bodies[] = {
        "{\"start\":\"2019-07-24T10:17:12\",\"end\":\"2019-07-24T10:20:12.500Z\",\"labels\":{\"a\":\"b\"},"
        "\"gitcommitid\":\"5f1c\"}",
        "{\"start\":\"2019-07-24T10:17:12+02:00\",\"timeframe\":\"2h30m\"}",
    };
    server_project(s, "alpha");
    server_service(s, "alpha", "web");
    for (size_t i = 0; i < 2; i++) {
        struct reply *r = ask(s, "POST", EVALUATION, "operator", bodies[i]);
        assert_int_equal(r->code, 200);
        if (strstr(buffer_text(&s->event), expected[i]) == NULL)
            fail_msg("%s", buffer_text(&s->event));
        reply_free(r);
    }
    reply_free(ask(s, "POST", EVALUATION, "operator", "{\"timeframe\":\"10m\"}"));
    int64_t start = 0, end = 0, now = clock_now_ns();
    cJSON *event = cJSON_Parse(buffer_text(&s->event));
    const cJSON *evaluation = json_path(event, "data", "evaluation", NULL);
    assert_true(clock_parse(json_text(evaluation, "start"), &start));
    assert_true(clock_parse(json_text(evaluation, "end"), &end));
    assert_int_equal(end - start, 600 * CLOCK_S);
    assert_true(end <= now && now - end < 60 * CLOCK_S);
    cJSON_Delete(event);
}

/* --- executions --- */

#define EXECUTIONS C "/sequence-execution"
/* As the sequencer keeps it: with keys that nobody else is to see. */
#define EXECUTION(id, time, stage, name, state)                                                              \
    "{\"_id\":\"" id "\",\"schemaVersion\":\"1\",\"triggeredAt\":\"" time                                    \
    "\",\"sequence\":{\"name\":\"" name                                                                      \
    "\",\"tasks\":[{\"name\":\"test\"}]},\"scope\":{\"project\":\"alpha\",\"stage\":\"" stage                \
    "\",\"service\":\"web\"},\"status\":{\"state\":\"" state                                                 \
    "\",\"stateBeforePause\":\"\",\"previousTasks\":[],\"currentTask\":{}},\"eventTime\":\"secret\"}"

static const char whole_record[] =
    "{\"version\":1,\"executions\":[{\"_id\":\"e0\",\"schemaVersion\":\"1\",\"triggeredAt\":\"2023-05-01T00:"
    "00:00Z\","
    "\"inputProperties\":{\"a\":1},\"sequence\":{\"name\":\"delivery\",\"tasks\":[{\"name\":\"approval\","
    "\"triggeredAfter\":\"5s\",\"properties\":{\"pass\":\"manual\"}},{\"name\":\"test\"}]},"
    "\"followers\":[{\"stage\":\"production\"}],"
    "\"scope\":{\"project\":\"alpha\",\"stage\":\"qa\",\"service\":\"web\",\"labels\":{\"l\":\"m\"},"
    "\"keptnContext\":\"c0\",\"triggeredId\":\"t0\",\"gitcommitid\":\"5f1c\",\"eventType\":\"delivery\"},"
    "\"status\":{\"state\":\"started\",\"stateBeforePause\":\"\",\"previousTasks\":[{\"name\":\"build\","
    "\"triggeredID\":\"t1\",\"result\":\"pass\",\"status\":\"succeeded\",\"properties\":{\"x\":[1]}}],"
    "\"currentTask\":{\"name\":\"approval\",\"triggeredID\":\"t2\",\"events\":[{\"id\":\"i\",\"eventType\":"
    "\"sh.keptn.event.approval.started\",\"source\":\"s\",\"time\":\"2023-05-01T00:00:01Z\",\"finished\":"
    "true}],"
    "\"index\":0,\"sent\":true}},\"eventTime\":\"2023-05-01T00:00:00Z\",\"shipyardcommit\":\"77\"}]}";
static const char whole_answer[] =
    "{\"sequenceExecutions\":[{\"_id\":\"e0\",\"schemaVersion\":\"1\",\"triggeredAt\":\"2023-05-01T00:00:"
    "00Z\","
    "\"inputProperties\":{\"a\":1},\"sequence\":{\"name\":\"delivery\",\"tasks\":[{\"name\":\"approval\","
    "\"triggeredAfter\":\"5s\",\"properties\":{\"pass\":\"manual\"}},{\"name\":\"test\",\"properties\":null}]"
    "},"
    "\"scope\":{\"project\":\"alpha\",\"stage\":\"qa\",\"service\":\"web\",\"labels\":{\"l\":\"m\"},"
    "\"keptnContext\":\"c0\",\"triggeredId\":\"t0\",\"gitcommitid\":\"5f1c\",\"eventType\":\"delivery\"},"
    "\"status\":{\"state\":\"started\",\"stateBeforePause\":\"\",\"previousTasks\":[{\"name\":\"build\","
    "\"triggeredID\":\"t1\",\"result\":\"pass\",\"status\":\"succeeded\",\"properties\":{\"x\":[1]}}],"
    "\"currentTask\":{\"name\":\"approval\",\"triggeredID\":\"t2\",\"events\":[{\"eventType\":"
    "\"sh.keptn.event.approval.started\",\"source\":\"s\",\"result\":\"\",\"status\":\"\","
    "\"time\":\"2023-05-01T00:00:01Z\",\"properties\":null}]}}}],\"pageSize\":1,\"totalCount\":1}";

static void an_execution_has_keptns_keys_and_no_others(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_record(s, "alpha", "c0", "2023-05-01T00:00:00Z", whole_record);
    struct reply *r = ask(s, "GET", EXECUTIONS "?project=alpha", "viewer", NULL);
    assert_int_equal(r->code, 200);
    assert_string_equal(buffer_text(&r->body), whole_answer);
    assert_non_null(reply_header(r, "x-drawbridge-sequence"));
    reply_free(r);
}

/* The `_id`s of an answer, in order. */
static const struct {
    const char *query, *ids, *end;
} execution_rows[] = {
    {"", "e4 e2 e3 e1", ",\"pageSize\":4,\"totalCount\":4}"},
    {"&pageSize=3", "e4 e2 e3", ",\"pageSize\":3,\"nextPageKey\":3,\"totalCount\":4}"},
    {"&pageSize=3&nextPageKey=3", "e1", ",\"pageSize\":1,\"totalCount\":4}"},
    {"&nextPageKey=9", "", "],\"totalCount\":4}"},
    {"&stage=qa", "e4 e3 e1", "\"totalCount\":3}"},
    {"&stage=production", "e2", "\"totalCount\":1}"},
    {"&service=web&name=rollback", "e4", "\"totalCount\":1}"},
    {"&service=other", "", "{\"sequenceExecutions\":[]}"},
    {"&status=finished", "e1", "\"totalCount\":1}"},
    {"&keptnContext=c1", "e2 e1", "\"totalCount\":2}"},
    {"&keptnContext=", "e4 e2 e3 e1", "\"totalCount\":4}"},
    {"&keptnContext=c9", "", "{\"sequenceExecutions\":[]}"},
};

static void executions_are_filtered_and_paged_newest_first(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_project(s, "beta");
    server_record(s, "alpha", "c1", "2023-05-01T00:00:00Z",
                  "{\"executions\":[" EXECUTION("e1", "2023-05-01T00:00:00Z", "qa", "delivery",
                                                "finished") "," EXECUTION("e2", "2023-05-01T00:02:00Z",
                                                                          "production", "delivery",
                                                                          "started") "]}");
    server_record(
        s, "alpha", "c2", "2023-05-01T00:01:00Z",
        "{\"executions\":[" EXECUTION("e3", "2023-05-01T00:01:00Z", "qa", "delivery", "triggered") "]}");
    server_record(
        s, "alpha", "c3", "2023-05-01T00:03:00Z",
        "{\"executions\":[" EXECUTION("e4", "2023-05-01T00:03:00Z", "qa", "rollback", "paused") "]}");
    server_record(
        s, "beta", "c1", "2023-05-01T00:03:00Z",
        "{\"executions\":[" EXECUTION("e5", "2023-05-01T00:03:00Z", "qa", "delivery", "paused") "]}");
    for (size_t i = 0; i < sizeof execution_rows / sizeof *execution_rows; i++) {
        char path[256], ids[64] = "";
        (void)snprintf(path, sizeof path, EXECUTIONS "?project=alpha%s", execution_rows[i].query);
        struct reply *r = ask(s, "GET", path, "limited", NULL);
        cJSON *answer = cJSON_Parse(buffer_text(&r->body));
        const cJSON *item = NULL;
        cJSON_ArrayForEach(item, json_get(answer, "sequenceExecutions"))
        {
            size_t len = strlen(ids);
            (void)snprintf(ids + len, sizeof ids - len, "%s%s", len > 0 ? " " : "", json_text(item, "_id"));
        }
        size_t len = r->body.len, end = strlen(execution_rows[i].end);
        if (r->code != 200 || strcmp(ids, execution_rows[i].ids) != 0 || len < end ||
            strcmp(buffer_text(&r->body) + len - end, execution_rows[i].end) != 0 ||
            strstr(buffer_text(&r->body), "secret") != NULL)
            fail_msg("%s: %ld %s", execution_rows[i].query, r->code, buffer_text(&r->body));
        cJSON_Delete(answer);
        reply_free(r);
    }
    static const struct row refused[] = {
        {"no project", "GET", EXECUTIONS, "viewer", NULL, 400, "project is missing", NULL},
        {"a project that is not", "GET", EXECUTIONS "?project=gamma", "viewer", NULL, 404,
         "{\"code\":404,\"message\":\"project not found\"}", NULL},
        {"another's", "GET", EXECUTIONS "?project=beta", "limited", NULL, 404, "project not found", NULL},
    };
    CHECK(s, refused);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_evaluation_is_triggered_or_refused),
        TEST(an_evaluations_event_names_its_time_labels_and_commit),
        TEST(an_execution_has_keptns_keys_and_no_others),
        TEST(executions_are_filtered_and_paged_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
