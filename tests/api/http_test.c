/* The calls: which there are, and who may make them. */
#include "config.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define C         "/api/controlPlane/v1"
#define RS        "/api/resource-service/v1"
#define M         "/api/mongodb-datastore"
#define U         C "/uniform/registration/4a7dd58219e22aefbf24d8faa44d0712ab4a9ea6" /* of n, s, h */
#define S         "/api/secrets/v1"
#define TRIGGERED "sh.keptn.event.qa.delivery.triggered"
#define APPROVED  "sh.keptn.event.approval.finished"
#define STARTED   "sh.keptn.event.test.started"
#define EVENT(type, project)                                                                                 \
    "{\"type\":\"" type "\",\"source\":\"test\",\"data\":{\"project\":\"" project                            \
    "\",\"stage\":\"qa\",\"service\":\"web\"}}"

static const struct row basic_rows[] = {
    {"health", "GET", "/health", NULL, NULL, 200, NULL, NULL},
    {"health below /api", "GET", "/api/health", NULL, NULL, 200, NULL, NULL},
    {"ready", "GET", "/ready", NULL, NULL, 200, NULL, NULL},
    {"ready below /api", "GET", "/api/ready", NULL, NULL, 200, NULL, NULL},
    {"the gateway's health", "GET", "/nginx-health", NULL, NULL, 200, "OK", NULL},
    {"auth by POST", "POST", "/api/v1/auth", "viewer", "", 200, NULL, NULL},
    {"auth by GET", "GET", "/api/v1/auth", "viewer", NULL, 200, NULL, NULL},
    {"auth by DELETE", "DELETE", "/api/v1/auth", "viewer", NULL, 200, NULL, NULL},
    {"metadata", "GET", "/api/v1/metadata", "viewer", NULL, 200,
     "{\"namespace\":\"keptn\",\"keptnversion\":\"1.4.5\",\"keptnlabel\":\"keptn\",\"bridgeversion\":\"N/A\","
     "\"shipyardversion\":\"0.2.0\",\"automaticprovisioning\":true}",
     NULL},
    {"whoami", "GET", "/api/v1/whoami", "approver", NULL, 200,
     "{\"name\":\"approver\",\"role\":\"approver\",\"projects\":null,\"server\":\"drawbridged\",\"version\":"
     "\"0.1.0\","
     "\"stream\":\"/v1/event/stream\",\"time\":\"20",
     NULL},
    {"whoami, limited", "GET", "/api/v1/whoami", "limited", NULL, 200, "\"projects\":[\"alpha\"]", NULL},
    {"a path that nobody knows", "GET", "/api/v1/nothing", "viewer", NULL, 404,
     "{\"code\":404,\"message\":\"path /api/v1/nothing was not found\"}", NULL},
    {"the same without a token", "GET", "/api/v1/nothing", NULL, NULL, 401, "unauthenticated", NULL},
    {"a path outside the api", "GET", "/robots.txt", NULL, NULL, 404, "\"code\":404", NULL},
    {"the root", "GET", "/", NULL, NULL, 404, "\"code\":404", NULL},
    {"a method that a path does not have", "PATCH", "/api/v1/metadata", "viewer", NULL, 405,
     "method PATCH is not allowed, but [GET] are", NULL},
    {"two methods that a path has", "DELETE", C "/project", "admin", NULL, 405, "[GET, POST, PUT]", NULL},
    {"doubled slashes", "GET", "//api//v1///metadata", "viewer", NULL, 200, "1.4.5", NULL},
    {"a slash at the end", "GET", "/api/v1/metadata/", "viewer", NULL, 200, "1.4.5", NULL},
    {"a query nobody knows", "GET", "/api/v1/metadata?disableUpstreamSync=true&x", "viewer", NULL, 200,
     "1.4.5", NULL},
    {"a broken escape", "GET", "/api/v1/metadata?x=%zz", "viewer", NULL, 400, "URI", NULL},
    {"an escaped NUL", "GET", "/api/v1/metadata?x=%00", "viewer", NULL, 400, "URI", NULL},
    {"no UTF-8", "GET", C "/project/%ff", "viewer", NULL, 400, "\"code\":400", NULL},
    {"a name that is two dots", "GET", C "/project/%2e%2e", "viewer", NULL, 400, "\"code\":400", NULL},
    {"a slash hidden in a name", "GET", C "/project/a%2fb", "viewer", NULL, 400, "\"code\":400", NULL},
};

static void paths_are_found_and_answered(void **state)
{
    CHECK(*state, basic_rows);
}

static void readiness_is_the_ports_to_say(void **state)
{
    struct server *s = *state;
    s->ready = false;
    check_row(s, &(struct row){"not ready", "GET", "/api/ready", NULL, NULL, 503, "\"code\":503", NULL});
    check_row(s, &(struct row){"yet alive", "GET", "/health", NULL, NULL, 200, NULL, NULL});
}

/* --- tokens --- */

static const struct {
    const char *name;
    const char *headers[3];
    long code;
} token_rows[] = {
    {"x-token", {"x-token: viewer"}, 200},
    {"blanks around it", {"x-token:   viewer  \t "}, 200},
    {"Authorization", {"Authorization: Bearer viewer"}, 200},
    {"another case", {"authorization: bearer  viewer "}, 200},
    {"x-token comes first", {"Authorization: Bearer nobody", "x-token: viewer"}, 200},
    {"Basic", {"Authorization: Basic viewer"}, 401},
    {"none", {NULL}, 401},
    {"an empty one", {"x-token;"}, 401},
};

static void a_token_is_taken_from_either_header(void **state)
{
    struct server *s = *state;
    for (size_t i = 0; i < sizeof token_rows / sizeof *token_rows; i++) {
        struct reply *r = ask_bytes(s, "GET", "/api/v1/whoami", NULL, NULL, 0, token_rows[i].headers);
        if (r->code != token_rows[i].code)
            fail_msg("%s: %ld", token_rows[i].name, r->code);
        reply_free(r);
    }
    char hash[65];
    api_token_hash("viewer", hash); /* who has read the store has no token yet */
    struct reply *r = ask(s, "GET", "/api/v1/whoami", hash, NULL);
    assert_int_equal(r->code, 401);
    reply_free(r);
}

static void texts_for_a_bad_token_are_keptns(void **state)
{
    struct server *s = *state;
    struct reply *r = ask(s, "GET", C "/project", NULL, NULL);
    assert_int_equal(r->code, 401);
    assert_string_equal(buffer_text(&r->body),
                        "{\"code\":401,\"message\":\"unauthenticated or invalid credentials\"}");
    assert_string_equal(reply_header(r, "Content-Type"), "text/plain");
    reply_free(r);
    static const char *const paths[] = {"/api/v1/auth", "/api/v1/metadata", "/api/v1/event"};
    for (size_t i = 0; i < 3; i++) {
        r = ask(s, i == 2 ? "POST" : "GET", paths[i], NULL, i == 2 ? "{}" : NULL);
        assert_int_equal(r->code, 401);
        assert_string_equal(buffer_text(&r->body), "{\"code\":401,\"message\":\"incorrect api key auth\"}");
        assert_string_equal(reply_header(r, "Content-Type"), "application/json");
        reply_free(r);
    }
}

static void guesses_are_slowed_down_but_a_valid_token_never_is(void **state)
{
    struct server *s = *state;
    long codes[600] = {0};
    for (size_t i = 0; i < 8; i++) {
        struct reply *r = ask(s, "GET", "/api/v1/metadata", "wrong", NULL);
        codes[r->code]++;
        if (r->code == 429)
            assert_body(r, "{\"code\":429,\"message\":\"too many requests\"}");
        reply_free(r);
        r = ask(s, "GET", "/api/v1/metadata", "viewer", NULL);
        assert_int_equal(r->code, 200);
        reply_free(r);
    }
    assert_true(codes[401] >= 2); /* the burst */
    assert_true(codes[429] >= 1);
    assert_int_equal(codes[401] + codes[429], 8);
}

static void a_revoked_or_expired_token_is_refused(void **state)
{
    struct server *s = *state;
    server_token(s, "old", "viewer", NULL, clock_now_ns() - CLOCK_S);
    server_revoke(s, "operator");
    static const char *const tokens[] = {"old", "operator"};
    for (size_t i = 0; i < 2; i++) {
        struct reply *r = ask(s, "GET", "/api/v1/whoami", tokens[i], NULL);
        assert_int_equal(r->code, 401);
        reply_free(r);
    }
}

/* --- roles: each call by each role; 'y': let through --- */

static const struct {
    const char *method, *path, *body;
    const char *may; /* viewer approver integration operator admin */
} role_rows[] = {
    {"GET", "/api/v1/metadata", NULL, "yyyyy"},
    {"POST", "/api/v1/auth", "", "yyyyy"},
    {"GET", "/api/v1/whoami", NULL, "yyyyy"},
    {"GET", C "/project", NULL, "yyyyy"},
    {"GET", C "/project/alpha", NULL, "yyyyy"},
    {"GET", C "/project/alpha/stage", NULL, "yyyyy"},
    {"GET", C "/project/alpha/stage/qa/service/web", NULL, "yyyyy"},
    {"GET", C "/sequence/alpha", NULL, "yyyyy"},
    {"GET", C "/sequence-execution?project=alpha", NULL, "yyyyy"},
    {"POST", C "/project/alpha/stage/qa/service/web/evaluation", "{}", "nnnyy"},
    {"GET", C "/event/triggered/x", NULL, "yyyyy"},
    {"GET", M "/event?project=alpha", NULL, "yyyyy"},
    {"GET", RS "/project/alpha/resource", NULL, "yyyyy"},
    {"GET", RS "/project/alpha/resource/x", NULL, "yyyyy"},
    {"GET", C "/uniform/registration", NULL, "yyyyy"},
    {"POST", C "/uniform/registration",
     "{\"name\":\"n\",\"metadata\":{\"hostname\":\"h\",\"kubernetesmetadata\":{\"namespace\":\"s\"}}}",
     "nnyny"},
    {"PUT", U "/ping", NULL, "nnyny"},
    {"GET", U "/subscription", NULL, "yyyyy"},
    {"POST", U "/subscription", "{\"event\":\"e\"}", "nnyny"},
    {"PUT", U "/subscription/sub", "{\"event\":\"e\"}", "nnyny"},
    {"GET", U "/subscription/sub", NULL, "yyyyy"},
    {"DELETE", U "/subscription/sub", NULL, "nnyny"},
    {"DELETE", C "/uniform/registration/other", NULL, "nnyny"},
    {"GET", C "/log", NULL, "yyyyy"},
    {"POST", C "/log", "{\"logs\":[]}", "nnyny"},
    {"GET", S "/secret", NULL, "nnnny"},
    {"GET", S "/scope", NULL, "nnnny"},
    {"POST", S "/secret", "{\"name\":\"n\",\"data\":{\"k\":\"v\"}}", "nnnny"},
    {"PUT", S "/secret", "{\"name\":\"n\",\"data\":{\"k\":\"v\"}}", "nnnny"},
    {"DELETE", S "/secret?name=n", NULL, "nnnny"},
    {"POST", C "/project", "{\"name\":\"alpha\"}", "nnnny"},
    {"PUT", C "/project", "{\"name\":\"alpha\"}", "nnnny"},
    {"DELETE", C "/project/alpha", NULL, "nnnny"},
    {"POST", C "/project/alpha/service", "{\"serviceName\":\"web\"}", "nnnny"},
    {"DELETE", C "/project/alpha/service/web", NULL, "nnnny"},
    {"POST", RS "/project/alpha/resource",
     "{\"resources\":[{\"resourceURI\":\"x\",\"resourceContent\":\"\"}]}", "nnnny"},
    {"PUT", RS "/project/alpha/stage/qa/resource",
     "{\"resources\":[{\"resourceURI\":\"x\",\"resourceContent\":\"\"}]}", "nnnny"},
    {"PUT", RS "/project/alpha/resource/x", "{\"resourceContent\":\"\"}", "nnnny"},
    {"DELETE", RS "/project/alpha/resource/x", NULL, "nnnny"},
    {"POST", C "/sequence/alpha/ctx/control", "{\"state\":\"pause\"}", "nnnyy"},
    {"POST", "/api/v1/event", EVENT(TRIGGERED, "alpha"), "nnnyy"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.qa.evaluation.triggered", "alpha"), "nnnyy"},
    {"POST", "/api/v1/event", EVENT(APPROVED, "alpha"), "nynyy"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.approval.started", "alpha"), "nnnny"},
    {"POST", "/api/v1/event", EVENT(STARTED, "alpha"), "nnyny"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.test.finished", "alpha"), "nnyny"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.test.triggered", "alpha"), "nnnny"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.evaluation.invalidated", "alpha"), "nnnyy"},
    {"POST", "/api/v1/event", EVENT("sh.keptn.event.qa.delivery.finished", "alpha"), "nnnny"},
    {"POST", "/api/v1/event", EVENT("com.example.anything", "alpha"), "nnnny"},
};

static void each_role_may_what_the_table_says(void **state)
{
    struct server *s = *state;
    static const char *const roles[] = {"viewer", "approver", "integration", "operator", "admin"};
    server_project(s, "alpha");
    server_service(s, "alpha", "web");
    s->body = "{\"resources\":[]}";
    for (size_t i = 0; i < sizeof role_rows / sizeof *role_rows; i++)
        for (size_t role = 0; role < 5; role++) {
            struct reply *r = ask(s, role_rows[i].method, role_rows[i].path, roles[role], role_rows[i].body);
            bool let = r->code >= 200 && r->code < 300;
            if (let != (role_rows[i].may[role] == 'y') || (!let && r->code != 403))
                fail_msg("%s %s by %s: %ld %s", role_rows[i].method, role_rows[i].path, roles[role], r->code,
                         buffer_text(&r->body));
            if (!let)
                assert_body(r, "\"code\":403");
            reply_free(r);
        }
}

static void a_page_of_another_site_changes_nothing(void **state)
{
    struct server *s = *state;
    static const char *const origin[] = {"Origin: https://evil.example", NULL};
    struct reply *r = ask_bytes(s, "POST", "/api/v1/event", "admin", EVENT(TRIGGERED, "alpha"),
                                strlen(EVENT(TRIGGERED, "alpha")), origin);
    assert_int_equal(r->code, 403);
    reply_free(r);
    r = ask_bytes(s, "DELETE", C "/project/alpha", "admin", NULL, 0, origin);
    assert_int_equal(r->code, 403);
    reply_free(r);
    assert_string_equal(buffer_text(&s->calls), "");
    r = ask_bytes(s, "GET", "/api/v1/metadata", "admin", NULL, 0, origin);
    assert_int_equal(r->code, 200);
    assert_null(reply_header(r, "Access-Control-Allow-Origin"));
    reply_free(r);
}

/* --- a limited token --- */

static const struct row limited_rows[] = {
    {"its project", "GET", C "/project/alpha", "limited", NULL, 200, "\"alpha\"", NULL},
    {"another project", "GET", C "/project/beta", "limited", NULL, 404, "Project not found: beta", NULL},
    {"another's stages", "GET", C "/project/beta/stage", "limited", NULL, 404, "project not found", NULL},
    {"another's sequences", "GET", C "/sequence/beta", "limited", NULL, 200, "{\"states\":[]}", NULL},
    {"another's open events", "GET", C "/event/triggered/x?project=beta", "limited", NULL, 404,
     "project not found", NULL},
    {"another's events", "GET", M "/event?project=beta", "limited", NULL, 200, "\"events\":[]", NULL},
    {"another's resources", "GET", RS "/project/beta/resource", "limited", NULL, 404, "Project not found",
     NULL},
    {"another's resource", "GET", RS "/project/beta/resource/x", "limited", NULL, 404, "Project not found",
     NULL},
    {"deleting another", "DELETE", C "/project/beta", "limited", NULL, 403, "limited", NULL},
    {"deleting its own", "DELETE", C "/project/alpha", "limited", NULL, 200, "{\"message\":\"\"}",
     "delete project alpha"},
    {"making another", "POST", C "/project", "limited", "{\"name\":\"beta\"}", 403, "limited", NULL},
    {"a service of another", "POST", C "/project/beta/service", "limited", "{\"serviceName\":\"x\"}", 403,
     "limited", NULL},
    {"an event of another", "POST", "/api/v1/event", "limited", EVENT(TRIGGERED, "beta"), 403, "limited",
     NULL},
    {"an event of no project", "POST", "/api/v1/event", "limited",
     "{\"type\":\"a.b\",\"source\":\"s\",\"data\":{}}", 403, "limited", NULL},
    {"writing another's file", "PUT", RS "/project/beta/resource/x", "limited", "{\"resourceContent\":\"\"}",
     403, "limited", NULL},
    {"control of another", "POST", C "/sequence/beta/ctx/control", "limited", "{\"state\":\"pause\"}", 403,
     "limited", NULL},
};

static void a_limited_token_sees_and_changes_its_projects_only(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_project(s, "beta");
    server_state(s, "beta", "ctx", "started");
    (void)server_emit(s, STARTED, "beta", "qa", "");
    CHECK(s, limited_rows);
    struct reply *r = ask(s, "GET", C "/project", "limited", NULL);
    assert_body(r, "\"totalCount\":1");
    assert_null(strstr(buffer_text(&r->body), "beta"));
    reply_free(r);
    char path[256];
    (void)snprintf(path, sizeof path, M "/event?keptnContext=%s", server_last_context());
    r = ask(s, "GET", path, "limited", NULL);
    assert_body(r, "\"events\":[]");
    assert_null(strstr(buffer_text(&r->body), "totalCount"));
    reply_free(r);
    r = ask(s, "GET", path, "viewer", NULL);
    assert_body(r, "\"totalCount\":1");
    reply_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths_are_found_and_answered),
        TEST(readiness_is_the_ports_to_say),
        TEST(a_token_is_taken_from_either_header),
        TEST(texts_for_a_bad_token_are_keptns),
        TEST(guesses_are_slowed_down_but_a_valid_token_never_is),
        TEST(a_revoked_or_expired_token_is_refused),
        TEST(each_role_may_what_the_table_says),
        TEST(a_page_of_another_site_changes_nothing),
        TEST(a_limited_token_sees_and_changes_its_projects_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
