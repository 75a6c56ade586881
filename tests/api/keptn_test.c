/* The calls that Keptn's integrations, its web UI and its command line need besides the nouns: evaluations,
 * sequence executions, registrations, their log. */
#include "config.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
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

/* --- uniform --- */

#define U C "/uniform/registration"
/* SHA-1 of echo-keptn-node1 */
#define ID "44dd7e88c062a6bce1c833371a0ffaea43bed5ec"
#define REGISTRATION(version, host, subscriptions)                                                           \
    "{\"name\":\"echo\",\"metadata\":{\"hostname\":\"" host "\",\"integrationversion\":\"" version           \
    "\",\"distributorversion\":\"0.9\",\"location\":\"remote\",\"kubernetesmetadata\":{\"namespace\":"       \
    "\"keptn\",\"podname\":\"pod\",\"deploymentname\":\"echo\"}},\"subscriptions\":" subscriptions "}"
#define SUBSCRIPTION(event, filter) "{\"event\":\"" event "\",\"filter\":" filter "}"

/* The answer's JSON; the caller's. */
static cJSON *get(struct server *s, const char *path, const char *token)
{
    struct reply *r = ask(s, "GET", path, token, NULL);
    cJSON *answer = cJSON_Parse(buffer_text(&r->body));
    if (r->code != 200 || answer == NULL)
        fail_msg("%s: %ld %s", path, r->code, buffer_text(&r->body));
    reply_free(r);
    return answer;
}

static int count(struct server *s, const char *query)
{
    char path[256];
    (void)snprintf(path, sizeof path, U "%s", query);
    cJSON *list = get(s, path, "viewer");
    assert_true(cJSON_IsArray(list));
    int items = cJSON_GetArraySize(list);
    cJSON_Delete(list);
    return items;
}

static void an_integration_registers_once_and_keeps_its_id(void **state)
{
    struct server *s = *state;
    static const struct row rows[] = {
        {"none yet", "GET", U, "viewer", NULL, 200, "[]", NULL},
        {"new", "POST", U, "integration",
         REGISTRATION(
             "1.0", "node1",
             "[" SUBSCRIPTION("sh.keptn.event.echo.triggered", "{\"projects\":[\"p\"],\"stages\":[]}") "]"),
         201, "{\"id\":\"" ID "\"}", NULL},
        {"known, on another host", "POST", U, "integration",
         REGISTRATION("2.0", "node2", "[" SUBSCRIPTION("other", "{}") "]"), 200, "{\"id\":\"" ID "\"}", NULL},
        {"without a name", "POST", U, "integration",
         "{\"metadata\":{\"hostname\":\"h\",\"kubernetesmetadata\":{\"namespace\":\"n\"}}}", 400,
         "incomplete integration ID", NULL},
        {"without a namespace", "POST", U, "integration",
         "{\"name\":\"x\",\"metadata\":{\"hostname\":\"h\"}}", 400, "incomplete integration ID", NULL},
        {"without a hostname", "POST", U, "integration",
         "{\"name\":\"x\",\"metadata\":{\"kubernetesmetadata\":{\"namespace\":\"n\"}}}", 400,
         "incomplete integration ID", NULL},
        {"subscriptions of another kind", "POST", U, "integration", REGISTRATION("1.0", "node1", "7"), 400,
         "Invalid request format: subscriptions", NULL},
        {"a filter of another kind", "POST", U, "integration",
         REGISTRATION("1.0", "node1", "[" SUBSCRIPTION("e", "{\"stages\":[7]}") "]"), 400,
         "Invalid request format: subscriptions", NULL},
        {"no JSON", "POST", U, "integration", "x", 400, "Invalid request format: ", NULL},
    };
    CHECK(s, rows);
    cJSON *list = get(s, U, "viewer");
    assert_int_equal(cJSON_GetArraySize(list), 1);
    const cJSON *one = cJSON_GetArrayItem(list, 0), *metadata = json_get(one, "metadata");
    assert_string_equal(json_text(one, "id"), ID);
    assert_string_equal(json_text(one, "name"), "echo");
    assert_string_equal(json_text(metadata, "hostname"), "node1");
    assert_string_equal(json_text(metadata, "integrationversion"), "2.0"); /* renewed */
    assert_string_equal(json_text(metadata, "distributorversion"), "0.9");
    assert_string_equal(json_text(metadata, "location"), "remote");
    const cJSON *kubernetes = json_get(metadata, "kubernetesmetadata");
    assert_string_equal(json_text(kubernetes, "namespace"), "keptn");
    assert_string_equal(json_text(kubernetes, "podname"), "pod");
    assert_string_equal(json_text(kubernetes, "deploymentname"), "echo");
    int64_t seen = 0;
    assert_true(clock_parse(json_text(metadata, "lastseen"), &seen));
    assert_true(clock_now_ns() - seen < 60 * CLOCK_S);
    const cJSON *subscriptions = json_get(one, "subscriptions"); /* the first ones stay */
    assert_int_equal(cJSON_GetArraySize(subscriptions), 1);
    const cJSON *first = cJSON_GetArrayItem(subscriptions, 0);
    assert_true(uuid_is_valid(json_text(first, "id")));
    assert_string_equal(json_text(first, "event"), "sh.keptn.event.echo.triggered");
    const cJSON *filter = json_get(first, "filter");
    assert_string_equal(cJSON_GetArrayItem(json_get(filter, "projects"), 0)->valuestring, "p");
    assert_true(cJSON_IsArray(json_get(filter, "stages")));
    assert_true(cJSON_IsNull(json_get(filter, "services"))); /* as sent */
    cJSON_Delete(list);
}

static void integrations_are_found_pinged_and_removed(void **state)
{
    struct server *s = *state;
    reply_free(
        ask(s, "POST", U, "integration",
            REGISTRATION("1.0", "node1",
                         "[" SUBSCRIPTION("a", "{\"projects\":[\"p\"],\"stages\":[\"qa\"]}") "," SUBSCRIPTION(
                             "b", "{\"services\":[\"web\"]}") "]")));
    static const struct {
        const char *query;
        int count;
    } found[] = {{"", 1},
                 {"?id=" ID, 1},
                 {"?id=x", 0},
                 {"?name=echo", 1},
                 {"?name=x", 0},
                 {"?namespace=keptn", 1},
                 {"?namespace=x", 0},
                 {"?hostname=node1", 1},
                 {"?hostname=x", 0},
                 {"?project=p", 1},
                 {"?project=q", 0},
                 {"?project=p&stage=qa", 1},
                 {"?stage=x", 0},
                 {"?service=web", 1},
                 {"?project=p&service=x", 0}};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (count(s, found[i].query) != found[i].count)
            fail_msg("%s", found[i].query);
    static const struct row rows[] = {
        {"ping", "PUT", U "/" ID "/ping", "integration", NULL, 200, "{\"id\":\"" ID "\",\"name\":\"echo\"",
         NULL},
        {"ping with a body", "PUT", U "/" ID "/ping", "integration", "{}", 200, "\"lastseen\":\"20", NULL},
        {"ping of one that is not", "PUT", U "/x/ping", "integration", NULL, 404,
         "{\"code\":404,\"message\":\"uniform integration not found\"}", NULL},
        {"delete", "DELETE", U "/" ID, "integration", NULL, 200, "{}", NULL},
        {"delete again", "DELETE", U "/" ID, "integration", NULL, 200, "{}", NULL},
        {"ping of a deleted one", "PUT", U "/" ID "/ping", "integration", NULL, 404, "not found", NULL},
        {"its subscriptions", "GET", U "/" ID "/subscription", "viewer", NULL, 404,
         "mongo: no documents in result", NULL},
        {"it comes again, without any", "POST", U, "integration", REGISTRATION("1.0", "node1", "null"), 201,
         ID, NULL},
        {"and has none", "GET", U "/" ID "/subscription", "viewer", NULL, 200, "null", NULL},
    };
    CHECK(s, rows);
}

static void subscriptions_are_added_changed_and_removed(void **state)
{
    struct server *s = *state;
    char path[256];
    reply_free(ask(s, "POST", U, "integration", REGISTRATION("1.0", "node1", "[]")));
    static const struct row unknown[] = {
        {"list", "GET", U "/x/subscription", "viewer", NULL, 404,
         "{\"code\":404,\"message\":\"mongo: no documents in result\"}", NULL},
        {"get", "GET", U "/" ID "/subscription/x", "viewer", NULL, 404, "mongo: no documents in result",
         NULL},
        {"add", "POST", U "/x/subscription", "integration", SUBSCRIPTION("e", "{}"), 404,
         "mongo: no documents in result", NULL},
        {"change", "PUT", U "/x/subscription/y", "integration", SUBSCRIPTION("e", "{}"), 500, "\"code\":500",
         NULL},
        {"remove", "DELETE", U "/x/subscription/y", "integration", NULL, 500, "\"code\":500", NULL},
        {"of another kind", "POST", U "/" ID "/subscription", "integration", "{\"event\":7}", 400,
         "Invalid request format: a subscription", NULL},
        {"put: a new one with an id of its own", "PUT", U "/" ID "/subscription/mine", "integration",
         SUBSCRIPTION("e", "{\"projects\":[\"alpha\"]}"), 201, "{\"id\":\"mine\"}", NULL},
        {"put again", "PUT", U "/" ID "/subscription/mine", "integration",
         SUBSCRIPTION("f", "{\"projects\":[\"beta\"]}"), 201, "{\"id\":\"mine\"}", NULL},
        {"as it is now", "GET", U "/" ID "/subscription/mine", "viewer", NULL, 200,
         "{\"id\":\"mine\",\"event\":\"f\",\"filter\":{\"projects\":[\"beta\"],\"stages\":null,\"services\":"
         "null}}",
         NULL},
        {"for others than a limited token's projects", "GET", U "/" ID "/subscription/mine", "limited", NULL,
         404, "mongo: no documents in result", NULL},
        {"nor in a list", "GET", U "?id=" ID, "limited", NULL, 200, "\"subscriptions\":[]", NULL},
    };
    CHECK(s, unknown);
    struct reply *r = ask(s, "POST", U "/" ID "/subscription", "integration", SUBSCRIPTION("e", "{}"));
    assert_int_equal(r->code, 201);
    cJSON *answer = cJSON_Parse(buffer_text(&r->body));
    (void)snprintf(path, sizeof path, U "/" ID "/subscription/%s", json_text(answer, "id"));
    assert_true(uuid_is_valid(json_text(answer, "id")));
    cJSON_Delete(answer);
    reply_free(r);
    cJSON *list = get(s, U "/" ID "/subscription", "viewer");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    cJSON_Delete(list);
    check_row(s, &(struct row){"remove it", "DELETE", path, "integration", NULL, 200, "{}", NULL});
    check_row(s, &(struct row){"gone", "GET", path, "viewer", NULL, 404, "no documents", NULL});
}

static void who_does_not_ping_for_two_days_is_forgotten(void **state)
{
    struct server *s = *state;
    struct store_batch *batch = store_batch_new(s->store);
    int64_t now = clock_now_ns();
    store_batch_integration(batch,
                            &(struct store_integration){.id = "old",
                                                        .name = "old",
                                                        .namespace = "n",
                                                        .hostname = "h",
                                                        .seen_ns = now - 49 * 3600 * CLOCK_S,
                                                        .subscriptions = "[{\"id\":\"left\"}]"},
                            0);
    server_commit(s, batch);
    assert_int_equal(count(s, ""), 0);
    check_row(s, &(struct row){"ping", "PUT", U "/old/ping", "integration", NULL, 404, "not found", NULL});
    reply_free(ask(s, "POST", U, "integration", REGISTRATION("1.0", "node1", "[]")));
    /* It is gone from the store too: it comes back without what it was subscribed to. */
    check_row(s, &(struct row){"again", "POST", U, "integration",
                               "{\"name\":\"old\",\"metadata\":{\"hostname\":\"h\",\"kubernetesmetadata\":"
                               "{\"namespace\":\"n\"}}}",
                               201, "id", NULL});
    cJSON *list = get(s, U "?name=old", "viewer");
    assert_int_equal(cJSON_GetArraySize(json_get(cJSON_GetArrayItem(list, 0), "subscriptions")), 0);
    cJSON_Delete(list);
}

/* --- the log --- */

#define LOG C "/log"

static void integrations_log_and_the_log_is_paged_newest_first(void **state)
{
    struct server *s = *state;
    char body[1024], time[CLOCK_TEXT_SIZE];
    clock_format(clock_now_ns() - 3600 * CLOCK_S, time);
    (void)snprintf(
        body, sizeof body,
        "{\"logs\":[{\"integrationid\":\"i\",\"message\":\"m1\",\"time\":\"%s\","
        "\"shkeptncontext\":\"c\",\"task\":\"t\",\"triggeredid\":\"r\",\"gitcommitid\":\"g\",\"else\":7},"
        "{\"integrationid\":\"i\",\"message\":\"m2\",\"time\":\"0001-01-01T00:00:00Z\"},"
        "{\"integrationid\":\"j\",\"message\":\"m3\",\"time\":\"2199-01-01T00:00:00Z\"}]}",
        time);
    check_row(s, &(struct row){"post", "POST", LOG, "integration", body, 200, "{}", NULL});
    static const struct row rows[] = {
        {"newest first", "GET", LOG "?pageSize=2", "viewer", NULL, 200, "\"message\":\"m3\"", NULL},
        {"a page", "GET", LOG "?pageSize=2", "viewer", NULL, 200, "],\"nextPageKey\":2,\"totalCount\":3}",
         NULL},
        {"the last page", "GET", LOG "?pageSize=2&nextPageKey=2", "viewer", NULL, 200, "],\"totalCount\":3}",
         NULL},
        {"of one", "GET", LOG "?integrationId=i", "viewer", NULL, 200, "],\"totalCount\":2}", NULL},
        {"of none", "GET", LOG "?integrationId=x", "viewer", NULL, 200, "{\"logs\":[]}", NULL},
        {"from a time on, inclusive", "GET", LOG "?fromTime=2199-01-01T00:00:00.000Z", "viewer", NULL, 200,
         "],\"totalCount\":1}", NULL},
        {"up to a time, inclusive", "GET", LOG "?integrationId=j&beforeTime=2199-01-01T00:00:00.000Z",
         "viewer", NULL, 200, "],\"totalCount\":1}", NULL},
        {"before", "GET", LOG "?integrationId=j&beforeTime=2198-01-01T00:00:00.000Z", "viewer", NULL, 200,
         "{\"logs\":[]}", NULL},
        {"no time", "GET", LOG "?fromTime=x", "viewer", NULL, 404, "\"code\":404", NULL},
        {"a limited token", "GET", LOG, "limited", NULL, 200, "{\"logs\":[]}", NULL},
        {"nothing to log", "POST", LOG, "integration", "{\"logs\":null}", 200, "{}", NULL},
        {"logs of another kind", "POST", LOG, "integration", "{\"logs\":{}}", 400, "logs must be a list",
         NULL},
        {"an entry of another kind", "POST", LOG, "integration", "{\"logs\":[7]}", 400, "must be an object",
         NULL},
        {"a message of another kind", "POST", LOG, "integration", "{\"logs\":[{\"message\":7}]}", 400,
         "are texts", NULL},
        {"no such time", "POST", LOG, "integration", "{\"logs\":[{\"time\":\"now\"}]}", 400, "time must be",
         NULL},
        {"deleting is blocked, as at the gateway", "DELETE", LOG, "admin", NULL, 403, "403 Forbidden", NULL},
    };
    CHECK(s, rows);
    cJSON *answer = get(s, LOG "?integrationId=i", "viewer");
    const cJSON *logs = json_get(answer, "logs"), *newest = cJSON_GetArrayItem(logs, 0),
                *oldest = cJSON_GetArrayItem(logs, 1);
    int64_t ns = 0;
    assert_true(clock_parse(json_text(newest, "time"), &ns) && clock_now_ns() - ns < 60 * CLOCK_S);
    assert_string_equal(json_text(newest, "task"), "");
    cJSON *wanted = cJSON_CreateObject();
    static const char *const fields[][2] = {{"integrationid", "i"},  {"message", "m1"},
                                            {"shkeptncontext", "c"}, {"task", "t"},
                                            {"triggeredid", "r"},    {"gitcommitid", "g"}};
    cJSON_AddStringToObject(wanted, "time", time);
    for (size_t i = 0; i < 6; i++)
        cJSON_AddStringToObject(wanted, fields[i][0], fields[i][1]);
    assert_true(cJSON_Compare(wanted, oldest, true));
    cJSON_Delete(wanted);
    cJSON_Delete(answer);
}

static void old_entries_of_the_log_are_forgotten(void **state)
{
    struct server *s = *state;
    check_row(s, &(struct row){"post", "POST", LOG, "integration",
                               "{\"logs\":[{\"message\":\"old\",\"time\":\"2023-01-01T00:00:00Z\"},"
                               "{\"message\":\"new\"}]}",
                               200, "{}", NULL});
    check_row(s, &(struct row){"get", "GET", LOG, "viewer", NULL, 200, "\"totalCount\":1}", NULL});
}

static void a_call_logs_only_so_much(void **state)
{
    struct server *s = *state;
    struct buffer body = BUFFER_LIMIT(1024 * 1024);
    for (int count = 10000; count <= 10001; count++) {
        buffer_clear(&body);
        (void)buffer_add_text(&body, "{\"logs\":[{}");
        for (int i = 1; i < count; i++)
            (void)buffer_add_text(&body, ",{}");
        (void)buffer_add_text(&body, "]}");
        check_row(s,
                  &(struct row){"many", "POST", LOG, "integration", buffer_text(&body),
                                count == 10000 ? 200 : 413, count == 10000 ? "{}" : "several calls", NULL});
    }
    check_row(s, &(struct row){"all of one", "GET", LOG "?pageSize=1", "viewer", NULL, 200,
                               "\"totalCount\":10000}", NULL});
    buffer_free(&body);
}

/* --- secrets --- */

#define S         "/api/secrets/v1"
#define SECRET(n) "{\"name\":\"" n "\",\"scope\":\"keptn-default\",\"data\":{\"TOKEN\":\"s3cret\"}}"

static const struct row secret_rows[] = {
    {"scopes", "GET", S "/scope", "admin", NULL, 200, "{\"scopes\":[\"keptn-default\"]}", NULL},
    {"create", "POST", S "/secret", "admin", SECRET("a.b-1"), 201, "{\"name\":\"x\"}",
     "create secret keptn-default a.b-1 {\"TOKEN\":\"s3cret\"} by admin"},
    {"create in the default scope", "POST", S "/secret", "admin",
     "{\"name\":\"n\",\"data\":{\"a_B.c-1\":\"\",\"d\":\"e\"}}", 201, "{\"name\":\"x\"}",
     "create secret keptn-default n {\"a_B.c-1\":\"\",\"d\":\"e\"}"},
    {"update", "PUT", S "/secret", "admin", SECRET("n"), 200, "{\"name\":\"x\"}",
     "update secret keptn-default n {\"TOKEN\":\"s3cret\"} by admin"},
    {"delete", "DELETE", S "/secret?name=n&scope=keptn-default", "admin", NULL, 200, "{\"name\":\"x\"}",
     "delete secret keptn-default n by admin"},
    {"another scope", "POST", S "/secret", "admin",
     "{\"name\":\"n\",\"scope\":\"mine\",\"data\":{\"a\":\"b\"}}", 400, "scope mine not found", NULL},
    {"delete in another scope", "DELETE", S "/secret?name=n&scope=mine", "admin", NULL, 400,
     "scope mine not found", NULL},
    {"delete without a name", "DELETE", S "/secret?scope=keptn-default", "admin", NULL, 400,
     "name is missing", NULL},
    {"no name", "POST", S "/secret", "admin", "{\"data\":{\"a\":\"b\"}}", 400,
     "Invalid request format: name must be", NULL},
    {"a name that cannot be one", "POST", S "/secret", "admin", SECRET("A B"), 400, "name must be", NULL},
    {"no data", "POST", S "/secret", "admin", "{\"name\":\"n\"}", 400, "data must be", NULL},
    {"empty data", "POST", S "/secret", "admin", "{\"name\":\"n\",\"data\":{}}", 400, "data must be", NULL},
    {"a key that cannot be one", "POST", S "/secret", "admin", "{\"name\":\"n\",\"data\":{\"a=b\":\"c\"}}",
     400, "a key of data must be", NULL},
    {"a value of another kind", "POST", S "/secret", "admin", "{\"name\":\"n\",\"data\":{\"a\":7}}", 400,
     "a value of data must be", NULL},
    {"a limited token", "POST", S "/secret", "limited", SECRET("n"), 403, "limited to some projects", NULL},
    {"a limited token that asks", "GET", S "/secret", "limited", NULL, 403, "limited to some projects", NULL},
};

static void secrets_reach_the_port_or_are_refused(void **state)
{
    struct server *s = *state;
    s->body = "{\"name\":\"x\"}";
    CHECK(s, secret_rows);
}

static void names_and_keys_of_secrets_are_told_but_no_values(void **state)
{
    struct server *s = *state;
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_secret(batch, "keptn-default", "b", "[\"k\",\"l\"]", "BOX");
    store_batch_secret(batch, "keptn-default", "a", "[\"m\"]", "BOX");
    server_commit(s, batch);
    static const struct row rows[] = {
        {"all", "GET", S "/secret", "admin", NULL, 200,
         "{\"Secrets\":[{\"name\":\"a\",\"scope\":\"keptn-default\",\"keys\":[\"m\"]},"
         "{\"name\":\"b\",\"scope\":\"keptn-default\",\"keys\":[\"k\",\"l\"]}]}",
         NULL},
        {"one", "GET", S "/secret?name=a", "admin", NULL, 200, "{\"Secrets\":[{\"name\":\"a\",", NULL},
        {"none", "GET", S "/secret?name=c", "admin", NULL, 200, "{\"Secrets\":[]}", NULL},
        {"of another scope", "GET", S "/secret?scope=mine", "admin", NULL, 200, "{\"Secrets\":[]}", NULL},
    };
    CHECK(s, rows);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_evaluation_is_triggered_or_refused),
        TEST(an_evaluations_event_names_its_time_labels_and_commit),
        TEST(an_execution_has_keptns_keys_and_no_others),
        TEST(executions_are_filtered_and_paged_newest_first),
        TEST(an_integration_registers_once_and_keeps_its_id),
        TEST(integrations_are_found_pinged_and_removed),
        TEST(subscriptions_are_added_changed_and_removed),
        TEST(who_does_not_ping_for_two_days_is_forgotten),
        TEST(integrations_log_and_the_log_is_paged_newest_first),
        TEST(old_entries_of_the_log_are_forgotten),
        TEST(a_call_logs_only_so_much),
        TEST(secrets_reach_the_port_or_are_refused),
        TEST(names_and_keys_of_secrets_are_told_but_no_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
