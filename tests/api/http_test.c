/* The calls: who may make them, what they answer, what reaches a port. */
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
#define TRIGGERED "sh.keptn.event.qa.delivery.triggered"
#define APPROVED  "sh.keptn.event.approval.finished"
#define STARTED   "sh.keptn.event.test.started"
#define EVENT(type, project)                                                                                 \
    "{\"type\":\"" type "\",\"source\":\"test\",\"data\":{\"project\":\"" project                            \
    "\",\"stage\":\"qa\",\"service\":\"web\"}}"

/* --- one request a row --- */

struct row {
    const char *name, *method, *path, *token, *body;
    long code;
    const char *answer; /* part of the body; NULL: it is empty */
    const char *call;   /* of a port, without who; NULL: none is made */
};

static void check_row(struct server *s, const struct row *row)
{
    buffer_clear(&s->calls);
    struct reply *r = ask(s, row->method, row->path, row->token, row->body);
    if (r->code != row->code)
        fail_msg("%s: %ld, not %ld: %s", row->name, r->code, row->code, buffer_text(&r->body));
    if (row->answer == NULL && r->body.len > 0)
        fail_msg("%s: should be empty: %s", row->name, buffer_text(&r->body));
    if (row->answer != NULL && strstr(buffer_text(&r->body), row->answer) == NULL)
        fail_msg("%s: \"%s\" is not in: %s", row->name, row->answer, buffer_text(&r->body));
    const char *call = buffer_text(&s->calls);
    if (row->call == NULL ? call[0] != '\0' : strncmp(call, row->call, strlen(row->call)) != 0)
        fail_msg("%s: the port was asked: \"%s\"", row->name, call);
    const char *type = reply_header(r, "Content-Type");
    if (r->body.len > 0 && r->body.data[0] == '{' && (type == NULL || strstr(type, "json") == NULL) &&
        r->code != 401)
        fail_msg("%s: content type %s", row->name, type);
    reply_free(r);
}

static void check_rows(struct server *s, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(s, &rows[i]);
}

#define CHECK(s, rows) check_rows(s, rows, sizeof(rows) / sizeof *(rows))

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
    {"GET", C "/event/triggered/x", NULL, "yyyyy"},
    {"GET", M "/event?project=alpha", NULL, "yyyyy"},
    {"GET", RS "/project/alpha/resource", NULL, "yyyyy"},
    {"GET", RS "/project/alpha/resource/x", NULL, "yyyyy"},
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

/* --- posting events --- */

static const struct row event_rows[] = {
    {"an event", "POST", "/api/v1/event", "admin", EVENT(TRIGGERED, "alpha"), 200, "{\"keptnContext\":\"c\"}",
     "event " TRIGGERED " alpha by admin admin 127.0.0.1"},
    {"of no project", "POST", "/api/v1/event", "admin", "{\"type\":\"a.b\",\"source\":\"s\",\"data\":{}}",
     200, "keptnContext", "event a.b - "},
    {"without type", "POST", "/api/v1/event", "admin", "{\"source\":\"s\",\"data\":{}}", 422,
     "{\"code\":602,\"message\":\"type in body is required\"}", NULL},
    {"without source", "POST", "/api/v1/event", "admin", "{\"type\":\"a.b\",\"data\":{}}", 422,
     "source in body is required", NULL},
    {"without data", "POST", "/api/v1/event", "admin", "{\"type\":\"a.b\",\"source\":\"s\"}", 422,
     "data in body is required", NULL},
    {"no JSON", "POST", "/api/v1/event", "admin", "{\"type\":", 400, "\"code\":400", NULL},
    {"nothing", "POST", "/api/v1/event", "admin", "", 400, "\"code\":400", NULL},
    {"an array", "POST", "/api/v1/event", "admin", "[]", 400, "\"code\":400", NULL},
    {"a key twice", "POST", "/api/v1/event", "admin",
     "{\"type\":\"a.b\",\"type\":\"c.d\",\"source\":\"s\",\"data\":{}}", 400, "\"code\":400", NULL},
    {"our own type", "POST", "/api/v1/event", "admin", EVENT("sh.drawbridge.sequence.state", "alpha"), 400,
     "sh.drawbridge.", NULL},
};

static void a_posted_event_reaches_the_port_or_is_refused(void **state)
{
    struct server *s = *state;
    s->body = "{\"keptnContext\":\"c\"}";
    CHECK(s, event_rows);
}

static void what_a_port_refuses_is_told_in_keptns_form(void **state)
{
    struct server *s = *state;
    static const struct {
        int http;
        const char *body, *answer;
    } rows[] = {
        {409, "{\"code\":409,\"message\":\"decided by ann\"}",
         "{\"code\":409,\"message\":\"decided by ann\"}"},
        {404, "Project not found: \"x\"", "{\"code\":404,\"message\":\"Project not found: \\\"x\\\"\"}"},
        {503, "", "\"code\":503"},
        {0, "lost", "{\"code\":500,\"message\":\"lost\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        s->http = rows[i].http;
        s->body = rows[i].body;
        struct reply *r = ask(s, "POST", "/api/v1/event", "admin", EVENT(TRIGGERED, "alpha"));
        assert_int_equal(r->code, rows[i].http == 0 ? 500 : rows[i].http);
        assert_body(r, rows[i].answer);
        reply_free(r);
    }
}

/* --- projects, stages, services --- */

static const struct row project_rows[] = {
    {"make one", "POST", C "/project", "admin",
     "{\"name\":\"new\",\"shipyard\":\"YQ==\",\"gitCredentials\":{\"remoteURL\":\"file:///x\",\"user\":\"u\","
     "\"https\":{\"token\":\"t\",\"insecureSkipTLS\":false,\"proxy\":{\"url\":\"h:1\"}}}}",
     201, NULL, "create project new by admin"},
    {"change one", "PUT", C "/project", "admin", "{\"name\":\"new\",\"shipyard\":null}", 201, NULL,
     "update project new by admin"},
    {"an unknown field", "POST", C "/project", "admin", "{\"name\":\"new\",\"gitRemoteURL\":\"x\"}", 400,
     "Invalid request format: json: unknown field \\\"gitRemoteURL\\\"", NULL},
    {"an unknown field inside", "POST", C "/project", "admin",
     "{\"name\":\"new\",\"gitCredentials\":{\"token\":\"x\"}}", 400, "Invalid request format: ", NULL},
    {"a number for a name", "POST", C "/project", "admin", "{\"name\":7}", 400,
     "Invalid request format: ", NULL},
    {"no JSON", "POST", C "/project", "admin", "name", 400, "Invalid request format: ", NULL},
    {"delete one", "DELETE", C "/project/alpha", "admin", NULL, 200, "{\"message\":\"\"}",
     "delete project alpha by admin"},
    {"get one", "GET", C "/project/alpha", "admin", NULL, 200, "\"projectName\":\"alpha\"", NULL},
    {"get one that is not", "GET", C "/project/gamma", "viewer", NULL, 404,
     "{\"code\":404,\"message\":\"Project not found: gamma\"}", NULL},
    {"a stage", "GET", C "/project/alpha/stage/qa", "viewer", NULL, 200, "\"stageName\":\"qa\"", NULL},
    {"a stage that is not", "GET", C "/project/alpha/stage/dev", "viewer", NULL, 404, "stage not found",
     NULL},
    {"a stage of no project", "GET", C "/project/gamma/stage/qa", "viewer", NULL, 404, "project not found",
     NULL},
    {"services", "GET", C "/project/alpha/stage/qa/service", "viewer", NULL, 200,
     "\"nextPageKey\":\"0\",\"totalCount\":2}", NULL},
    {"services of no stage", "GET", C "/project/alpha/stage/dev/service", "viewer", NULL, 404,
     "stage not found", NULL},
    {"a service", "GET", C "/project/alpha/stage/qa/service/web", "viewer", NULL, 200,
     "\"serviceName\":\"web\"", NULL},
    {"a service that is not", "GET", C "/project/alpha/stage/qa/service/x", "viewer", NULL, 404,
     "service not found", NULL},
    {"make a service", "POST", C "/project/alpha/service", "admin", "{\"serviceName\":\"db2\",\"x\":1}", 200,
     "{\"message\":\"\"}", "create service alpha db2 by admin"},
    {"make one without name", "POST", C "/project/alpha/service", "admin", "{}", 400, "\"code\":400", NULL},
    {"delete a service", "DELETE", C "/project/alpha/service/web", "admin", NULL, 200, "{\"message\":\"\"}",
     "delete service alpha web by admin"},
};

static void projects_stages_and_services_are_served(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_service(s, "alpha", "web");
    server_service(s, "alpha", "db");
    CHECK(s, project_rows);
    struct reply *r = ask(s, "GET", C "/project/alpha/stage", "viewer", NULL);
    const char *production = strstr(buffer_text(&r->body), "\"stageName\":\"production\"");
    const char *qa = strstr(buffer_text(&r->body), "\"stageName\":\"qa\"");
    assert_true(production != NULL && qa != NULL && production < qa); /* by name */
    reply_free(r);
    r = ask(s, "GET", C "/project/alpha", "viewer", NULL);
    assert_true(strstr(buffer_text(&r->body), "\"stageName\":\"qa\"") <
                strstr(buffer_text(&r->body), "\"stageName\":\"production\"")); /* as in the shipyard */
    assert_null(strstr(buffer_text(&r->body), "gitCredentials"));
    reply_free(r);
    r = ask(s, "GET", C "/project/alpha", "admin", NULL);
    assert_body(r, "\"remoteURL\":\"https://git.example/f.git\"");
    reply_free(r);
}

static void project_pages_end_with_a_text_zero(void **state)
{
    struct server *s = *state;
    struct reply *r = ask(s, "GET", C "/project", "viewer", NULL);
    assert_string_equal(buffer_text(&r->body), "{\"projects\":[],\"nextPageKey\":\"0\"}");
    reply_free(r);
    for (char name[] = "p0"; name[1] < '5'; name[1]++)
        server_project(s, name);
    r = ask(s, "GET", C "/project?pageSize=2", "viewer", NULL);
    assert_body(r, "\"p0\"");
    assert_body(r, "\"p1\"");
    assert_body(r, "],\"nextPageKey\":\"2\",\"totalCount\":5}");
    assert_non_null(reply_header(r, "x-drawbridge-sequence"));
    reply_free(r);
    r = ask(s, "GET", C "/project?pageSize=2&nextPageKey=4", "viewer", NULL);
    assert_body(r, "\"p4\"");
    assert_body(r, "],\"nextPageKey\":\"0\",\"totalCount\":5}");
    reply_free(r);
    r = ask(s, "GET", C "/project?nextPageKey=9", "viewer", NULL);
    assert_string_equal(buffer_text(&r->body), "{\"projects\":[],\"nextPageKey\":\"0\",\"totalCount\":5}");
    reply_free(r);
    r = ask(s, "GET", C "/project?pageSize=&nextPageKey=abc", "viewer", NULL);
    assert_body(r, "],\"nextPageKey\":\"0\",\"totalCount\":5}");
    reply_free(r);
}

/* --- sequences --- */

static const struct row sequence_rows[] = {
    {"of a project that is not", "GET", C "/sequence/gamma", "viewer", NULL, 200, "{\"states\":[]}", NULL},
    {"all", "GET", C "/sequence/alpha", "viewer", NULL, 200, "}],\"totalCount\":3}", NULL},
    {"a page", "GET", C "/sequence/alpha?pageSize=2", "viewer", NULL, 200,
     "}],\"nextPageKey\":2,\"totalCount\":3}", NULL},
    {"the last page", "GET", C "/sequence/alpha?pageSize=2&nextPageKey=2", "viewer", NULL, 200,
     "}],\"totalCount\":3}", NULL},
    {"by state", "GET", C "/sequence/alpha?state=paused", "viewer", NULL, 200, "\"totalCount\":1}", NULL},
    {"by contexts", "GET", C "/sequence/alpha?keptnContext=c1,c3", "viewer", NULL, 200, "\"totalCount\":2}",
     NULL},
    {"by name", "GET", C "/sequence/alpha?name=rollback", "viewer", NULL, 200, "{\"states\":[]}", NULL},
    {"from Go's zero time", "GET", C "/sequence/alpha?fromTime=0001-01-01T00:00:00.000Z", "viewer", NULL, 200,
     "\"totalCount\":3}", NULL},
    {"from later", "GET", C "/sequence/alpha?fromTime=2024-01-01T00:00:00.000Z", "viewer", NULL, 200,
     "{\"states\":[]}", NULL},
    {"before that", "GET", C "/sequence/alpha?beforeTime=2024-01-01T00:00:00.000Z", "viewer", NULL, 200,
     "\"totalCount\":3}", NULL},
    {"from no time", "GET", C "/sequence/alpha?fromTime=yesterday", "viewer", NULL, 400,
     "Invalid request format", NULL},
    {"pause", "POST", C "/sequence/alpha/c1/control", "operator", "{\"state\":\"pause\"}", 200, "{}",
     "control alpha c1 - pause by operator"},
    {"abort a stage", "POST", C "/sequence/alpha/c1/control", "operator",
     "{\"state\":\"abort\",\"stage\":\"qa\"}", 200, "{}", "control alpha c1 qa abort"},
    {"an empty stage is all", "POST", C "/sequence/alpha/c1/control", "operator",
     "{\"state\":\"resume\",\"stage\":\"\"}", 200, "{}", "control alpha c1 - resume"},
    {"another word", "POST", C "/sequence/alpha/c1/control", "operator", "{\"state\":\"stop\"}", 200, "{}",
     NULL},
    {"no word", "POST", C "/sequence/alpha/c1/control", "operator", "{}", 400,
     "Invalid request format: ", NULL},
    {"no JSON", "POST", C "/sequence/alpha/c1/control", "operator", "pause", 400,
     "Invalid request format: ", NULL},
};

static void sequences_are_listed_and_controlled(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    server_state(s, "alpha", "c1", "started");
    server_state(s, "alpha", "c2", "paused");
    server_state(s, "alpha", "c3", "finished");
    CHECK(s, sequence_rows);
}

/* --- resources --- */

#define FILE_A                                                                                               \
    "{\"resources\":[{\"resourceURI\":\"/a.txt\",\"resourceContent\":\"aGk=\"},{\"resourceURI\":\"d/"        \
    "b\",\"resourceContent\":\"\"}]}"
#define W "{\"commitID\":\"5f1c\"}"

static const struct row resource_rows[] = {
    {"write to the project", "POST", RS "/project/p/resource", "admin", FILE_A, 201, W,
     "write p - - a.txt=[hi] d/b=[] by admin"},
    {"as the CLI does", "POST", RS "/project/p//resource", "admin", FILE_A, 201, W, "write p - - a.txt=[hi]"},
    {"write to the stage", "PUT", RS "/project/p/stage/qa/resource", "admin", FILE_A, 200, W,
     "write p qa - a.txt=[hi]"},
    {"write to the service", "POST", RS "/project/p/stage/qa/service/web/resource", "admin", FILE_A, 201, W,
     "write p qa web a.txt=[hi]"},
    {"write one", "PUT", RS "/project/p/resource/a/b.yaml", "admin", "{\"resourceContent\":\"aGk=\"}", 200, W,
     "write p - - a/b.yaml=[hi]"},
    {"write one, escaped", "PUT", RS "/project/p/resource/a%2Fb.yaml", "admin",
     "{\"resourceContent\":\"aGk=\"}", 200, W, "write p - - a/b.yaml=[hi]"},
    {"write one, escaped twice", "PUT", RS "/project/p/resource/a%252Fb.yaml", "admin",
     "{\"resourceContent\":\"aGk=\"}", 200, W, "write p - - a/b.yaml=[hi]"},
    {"lines in base64", "PUT", RS "/project/p/resource/x", "admin", "{\"resourceContent\":\"aGk\\n=\\r\\n\"}",
     200, W, "write p - - x=[hi]"},
    {"delete one", "DELETE", RS "/project/p/stage/qa/resource/a%2Fb", "admin", NULL, 200, W,
     "write p qa - -a/b by admin"},
    {"no base64", "PUT", RS "/project/p/resource/x", "admin", "{\"resourceContent\":\"a*k=\"}", 400,
     "resource content is not base64 encoded", NULL},
    {"base64 cut off", "PUT", RS "/project/p/resource/x", "admin", "{\"resourceContent\":\"aGk\"}", 400,
     "resource content is not base64 encoded", NULL},
    {"no content", "PUT", RS "/project/p/resource/x", "admin", "{}", 400, "Invalid request format", NULL},
    {"no resources", "POST", RS "/project/p/resource", "admin", "{\"resources\":[]}", 400,
     "Invalid request format", NULL},
    {"resources of another kind", "POST", RS "/project/p/resource", "admin", "{\"resources\":7}", 400,
     "Invalid request format", NULL},
    {"no JSON", "POST", RS "/project/p/resource", "admin", "x", 400, "Invalid request format", NULL},
    {"a way out", "PUT", RS "/project/p/resource/..%2Fx", "admin", "{\"resourceContent\":\"\"}", 400,
     "invalid resource uri", NULL},
    {"a way out, escaped twice", "PUT", RS "/project/p/resource/a%252F..%252F..%252Fx", "admin",
     "{\"resourceContent\":\"\"}", 400, "invalid resource uri", NULL},
    {"a home", "DELETE", RS "/project/p/resource/~x", "admin", NULL, 400, "invalid resource uri", NULL},
    {"Git's own", "DELETE", RS "/project/p/resource/a/.git/config", "admin", NULL, 400,
     "invalid resource uri", NULL},
    {"like Git's own", "DELETE", RS "/project/p/resource/.gitignore", "admin", NULL, 200, W,
     "write p - - -.gitignore"},
    {"a blank", "DELETE", RS "/project/p/resource/a%20b", "admin", NULL, 400,
     "name must not contain whitespaces", NULL},
    {"a way out in a body", "POST", RS "/project/p/resource", "admin",
     "{\"resources\":[{\"resourceURI\":\"a/../../b\",\"resourceContent\":\"\"}]}", 400,
     "invalid resource uri", NULL},
    {"a stage that leads out", "GET", RS "/project/p/stage/%2e%2e/resource", "viewer", NULL, 400,
     "\"code\":400", NULL},
    {"a service called resource", "GET", RS "/project/p/stage/qa/service/resource/resource/x", "viewer", NULL,
     200, W, "read p qa resource x @-"},
};

static void resources_reach_the_port_or_are_refused(void **state)
{
    struct server *s = *state;
    s->body = W;
    CHECK(s, resource_rows);
}

static void a_resource_is_read_under_the_name_that_was_asked_for(void **state)
{
    struct server *s = *state;
    static const struct {
        const char *path, *call, *echoed;
    } rows[] = {
        {"/project/p/resource/slo.yaml", "read p - - slo.yaml @-", "\"resourceURI\":\"slo.yaml\""},
        {"/project/p/stage/qa/resource/a/b?gitCommitID=5f1c", "read p qa - a/b @5f1c",
         "\"resourceURI\":\"port\""},
        {"/project/p/resource/a%2Fb", "read p - - a/b @-", "\"resourceURI\":\"a%2Fb\""},
        {"/project/p/resource/a%252Fb", "read p - - a/b @-", "\"resourceURI\":\"a%2Fb\""},
        {"/project/p/resource//a", "read p - - a @-", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];
        buffer_clear(&s->calls);
        s->body =
            i == 0
                ? "{\"resourceURI\":\"slo.yaml\",\"resourceContent\":\"aGk=\",\"metadata\":{\"version\":"
                  "\"1\"}}"
                : "{\"resourceURI\":\"port\",\"resourceContent\":\"aGk=\",\"metadata\":{\"version\":\"1\"}}";
        (void)snprintf(path, sizeof path, RS "%s", rows[i].path);
        struct reply *r = ask(s, "GET", path, "viewer", NULL);
        assert_int_equal(r->code, 200);
        assert_non_null(strstr(buffer_text(&s->calls), rows[i].call));
        if (rows[i].echoed != NULL)
            assert_body(r, rows[i].echoed);
        assert_body(r, "\"resourceContent\":\"aGk=\"");
        reply_free(r);
    }
}

static void resource_lists_are_cut_into_pages(void **state)
{
    struct server *s = *state;
    s->body = "{\"resources\":[{\"resourceURI\":\"/a\"},{\"resourceURI\":\"/b\"},{\"resourceURI\":\"/"
              "c\"}],\"totalCount\":3}";
    static const struct row rows[] = {
        {"all", "GET", RS "/project/p/resource", "viewer", NULL, 200,
         "{\"resources\":[{\"resourceURI\":\"/a\"},{\"resourceURI\":\"/b\"},{\"resourceURI\":\"/"
         "c\"}],\"nextPageKey\":\"0\","
         "\"totalCount\":3}",
         "list p - -"},
        {"the first page", "GET", RS "/project/p/stage/qa/resource?pageSize=2", "viewer", NULL, 200,
         "{\"resources\":[{\"resourceURI\":\"/a\"},{\"resourceURI\":\"/"
         "b\"}],\"nextPageKey\":\"2\",\"totalCount\":3}",
         "list p qa -"},
        {"the last page", "GET", RS "/project/p/stage/qa/service/web/resource?pageSize=2&nextPageKey=2",
         "viewer", NULL, 200,
         "{\"resources\":[{\"resourceURI\":\"/c\"}],\"nextPageKey\":\"0\",\"totalCount\":3}",
         "list p qa web"},
    };
    CHECK(s, rows);
    s->body = "";
    s->http = 404;
    check_row(s, &(struct row){"not there", "GET", RS "/project/p/resource", "viewer", NULL, 404,
                               "\"code\":404", "list p"});
}

/* --- events --- */

static void events_are_answered_in_keptns_form(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    (void)server_emit(s, STARTED, "alpha", "qa", ",\"result\":\"pass\"");
    struct reply *r = ask(s, "GET", M "/event?project=alpha", "viewer", NULL);
    assert_int_equal(r->code, 200);
    assert_body(r, "\"contenttype\":\"application/json\"");
    assert_null(strstr(buffer_text(&r->body), "datacontenttype"));
    assert_null(strstr(buffer_text(&r->body), "\"sequence\""));
    assert_body(
        r, "\"data\":{\"project\":\"alpha\",\"stage\":\"qa\",\"service\":\"web\",\"result\":\"pass\"}}]");
    assert_body(r, ",\"pageSize\":20,\"totalCount\":1}");
    char number[64];
    (void)snprintf(number, sizeof number, "%s:1", store_epoch(s->store));
    assert_string_equal(reply_header(r, "x-drawbridge-sequence"), number);
    reply_free(r);
}

static const struct row store_rows[] = {
    {"a project", "GET", M "/event?project=alpha", "viewer", NULL, 200, "\"totalCount\":3}", NULL},
    {"an empty parameter is none", "GET", M "/event?project=alpha&keptnContext=", "viewer", NULL, 200,
     "\"totalCount\":3}", NULL},
    {"a stage", "GET", M "/event?project=alpha&stage=production", "viewer", NULL, 200, "\"totalCount\":1}",
     NULL},
    {"a type", "GET", M "/event?project=alpha&type=" STARTED, "viewer", NULL, 200, "\"totalCount\":2}", NULL},
    {"a source", "GET", M "/event?project=alpha&source=other", "viewer", NULL, 200,
     "{\"events\":[],\"pageSize\":20}", NULL},
    {"a page", "GET", M "/event?project=alpha&pageSize=2", "viewer", NULL, 200,
     "],\"pageSize\":2,\"nextPageKey\":\"2\",\"totalCount\":3}", NULL},
    {"the last page has no key", "GET", M "/event?project=alpha&pageSize=2&nextPageKey=2", "viewer", NULL,
     200, "],\"pageSize\":2,\"totalCount\":3}", NULL},
    {"no project, no context", "GET", M "/event", "viewer", NULL, 200, "\"type\":\"sh.keptn.log.error\"",
     NULL},
    {"of these only those", "GET", M "/event", "viewer", NULL, 200, "\"totalCount\":1}", NULL},
    {"states are hidden", "GET", M "/event?project=alpha&type=sh.drawbridge.sequence.state", "viewer", NULL,
     200, "{\"events\":[],\"pageSize\":20}", NULL},
    {"roots", "GET", M "/event?project=alpha&root=true", "viewer", NULL, 200, "\"totalCount\":3}", NULL},
    {"from the future", "GET", M "/event?project=alpha&fromTime=2100-01-01T00:00:00.000Z", "viewer", NULL,
     200, "\"events\":[]", NULL},
    {"from the zero time", "GET", M "/event?project=alpha&fromTime=0001-01-01T00:00:00.000Z", "viewer", NULL,
     200, "\"totalCount\":3}", NULL},
    {"before no time", "GET", M "/event?project=alpha&beforeTime=x", "viewer", NULL, 400, "fromTime", NULL},
    {"pageSize 0", "GET", M "/event?pageSize=0", "viewer", NULL, 422,
     "{\"code\":609,\"message\":\"pageSize in query should be greater than or equal to 1\"}", NULL},
    {"pageSize 101", "GET", M "/event?pageSize=101", "viewer", NULL, 422, "less than or equal to 100", NULL},
    {"pageSize x", "GET", M "/event?pageSize=x", "viewer", NULL, 422, "int64", NULL},
    {"pageSize 100", "GET", M "/event?project=alpha&pageSize=100", "viewer", NULL, 200, "\"pageSize\":100",
     NULL},
};

static void the_event_store_answers_its_filters(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    (void)server_emit(s, STARTED, "alpha", "qa", "");
    (void)server_emit(s, STARTED, "alpha", "production", "");
    (void)server_emit(s, APPROVED, "alpha", "qa", "");
    (void)server_emit(s, "sh.drawbridge.sequence.state", "alpha", "qa", "");
    (void)server_emit(s, "sh.keptn.log.error", NULL, NULL, "");
    CHECK(s, store_rows);
    struct reply *r = ask(s, "GET", M "/event?project=alpha", "viewer", NULL);
    assert_true(strstr(buffer_text(&r->body), APPROVED) <
                strstr(buffer_text(&r->body), STARTED)); /* newest first */
    reply_free(r);
}

static void open_events_are_listed(void **state)
{
    struct server *s = *state;
    static const char type[] = "sh.keptn.event.approval.triggered";
    char path[256];
    server_project(s, "alpha");
    server_project(s, "beta");
    (void)server_emit(s, type, "alpha", "qa", "");
    server_open_event(s, server_last_id());
    (void)server_emit(s, type, "beta", "qa", "");
    server_open_event(s, server_last_id());
    (void)server_emit(s, type, "alpha", "qa", ""); /* not open */
    static const struct row rows[] = {
        {"all", "GET", C "/event/triggered/sh.keptn.event.approval.triggered", "viewer", NULL, 200,
         "],\"nextPageKey\":\"0\",\"totalCount\":2}", NULL},
        {"by project", "GET", C "/event/triggered/sh.keptn.event.approval.triggered?project=alpha", "viewer",
         NULL, 200, "\"totalCount\":1}", NULL},
        {"by stage", "GET", C "/event/triggered/sh.keptn.event.approval.triggered?project=alpha&stage=x",
         "viewer", NULL, 200, "{\"events\":[],\"nextPageKey\":\"0\"}", NULL},
        {"a page", "GET", C "/event/triggered/sh.keptn.event.approval.triggered?pageSize=1", "viewer", NULL,
         200, "],\"nextPageKey\":\"1\",\"totalCount\":2}", NULL},
        {"limited", "GET", C "/event/triggered/sh.keptn.event.approval.triggered", "limited", NULL, 200,
         "\"totalCount\":1}", NULL},
        {"limited, in pages", "GET",
         C "/event/triggered/sh.keptn.event.approval.triggered?pageSize=1&nextPageKey=1", "limited", NULL,
         200, "{\"events\":[],\"nextPageKey\":\"0\",\"totalCount\":1}", NULL},
        {"of a project that is not", "GET", C "/event/triggered/x?project=gamma", "viewer", NULL, 404,
         "project not found", NULL},
    };
    CHECK(s, rows);
    (void)snprintf(path, sizeof path, C "/event/triggered/%s?eventID=%s", type, server_last_id());
    struct reply *r = ask(s, "GET", path, "viewer", NULL);
    assert_body(r, "\"events\":[]");
    assert_non_null(reply_header(r, "x-drawbridge-sequence"));
    reply_free(r);
}

static void events_of_a_type_are_found_by_bridges_filter(void **state)
{
    struct server *s = *state;
    char path[512], first[64], second[64];
    struct reply *r = NULL;
    server_project(s, "alpha");
    (void)server_emit(s, STARTED, "alpha", "qa", ",\"result\":\"pass\"");
    (void)snprintf(first, sizeof first, "%s", server_last_id());
    (void)server_emit(s, STARTED, "alpha", "qa", ",\"result\":\"fail\"");
    (void)snprintf(second, sizeof second, "%s", server_last_id());
    (void)server_emit(s, STARTED, "beta", "qa", "");
    static const struct row rows[] = {
        {"without filter", "GET", M "/event/type/" STARTED, "viewer", NULL, 422, "602", NULL},
        {"neither project nor context", "GET", M "/event/type/" STARTED "?filter=data.stage:qa", "viewer",
         NULL, 400, "invalid event filter: ", NULL},
        {"a project", "GET", M "/event/type/" STARTED "?filter=data.project:alpha", "viewer", NULL, 200,
         "{\"events\":[{", NULL},
        {"a result", "GET", M "/event/type/" STARTED "?filter=data.project:alpha%20AND%20data.result:nothing",
         "viewer", NULL, 200, "{\"events\":[]}", NULL},
        {"a pair with two colons is skipped", "GET",
         M "/event/type/" STARTED "?filter=data.project:alpha%20AND%20a:b:c", "viewer", NULL, 200,
         "{\"events\":[{", NULL},
        {"limit 0", "GET", M "/event/type/" STARTED "?filter=data.project:alpha&limit=0", "viewer", NULL, 422,
         "limit", NULL},
        {"another's", "GET", M "/event/type/" STARTED "?filter=data.project:beta", "limited", NULL, 200,
         "{\"events\":[]}", NULL},
    };
    CHECK(s, rows);
    (void)snprintf(path, sizeof path, M "/event/type/" STARTED "?filter=data.project:alpha+AND+id:%s,%s,%s",
                   first, second, first);
    r = ask(s, "GET", path, "viewer", NULL);
    const char *old = strstr(buffer_text(&r->body), first), *new = strstr(buffer_text(&r->body), second);
    assert_true(old != NULL && new != NULL &&new < old &&strstr(old + 1, first) == NULL);
    reply_free(r);
    r = ask(s, "GET", M "/event/type/" STARTED "?filter=data.project:alpha&limit=1", "viewer", NULL);
    assert_non_null(strstr(buffer_text(&r->body), second));
    assert_null(strstr(buffer_text(&r->body), first));
    reply_free(r);
}

static void invalidated_evaluations_can_be_left_out(void **state)
{
    struct server *s = *state;
    server_project(s, "alpha");
    (void)server_emit_for(s, "sh.keptn.event.evaluation.finished", "alpha", "task-a");
    (void)server_emit_for(s, "sh.keptn.event.evaluation.finished", "alpha", "task-b");
    (void)server_emit_for(s, "sh.keptn.event.evaluation.invalidated", "alpha", "task-b");
    struct reply *r =
        ask(s, "GET", M "/event/type/sh.keptn.event.evaluation.finished?filter=data.project:alpha", "viewer",
            NULL);
    assert_body(r, "task-a");
    assert_body(r, "task-b");
    reply_free(r);
    r = ask(s, "GET",
            M "/event/type/"
              "sh.keptn.event.evaluation.finished?filter=data.project:alpha&excludeInvalidated=true&limit=5",
            "viewer", NULL);
    assert_body(r, "task-a");
    assert_null(strstr(buffer_text(&r->body), "task-b"));
    reply_free(r);
}

/* --- the log of a job --- */

static void a_jobs_log_is_read_from_an_offset_as_it_grows(void **state)
{
    struct server *s = *state;
    char path[128];
    s->growing = true;
    s->log_path = mem_printf("%s/job.log", s->dir);
    server_job(s, "task1", "alpha");
    check_row(s, &(struct row){"not written yet", "GET", "/api/v1/job/task1/log", "viewer", NULL, 200, NULL,
                               "log task1"});
    FILE *file = fopen(s->log_path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100000; i++)
        (void)fprintf(file, "line %05d\n", i);
    (void)fclose(file);
    struct reply *r = ask(s, "GET", "/api/v1/job/task1/log?offset=22", "viewer", NULL);
    assert_int_equal(r->code, 200);
    assert_int_equal(strncmp(buffer_text(&r->body), "line 00002\n", 11), 0);
    assert_string_equal(reply_header(r, "x-drawbridge-log-size"), "1100000");
    assert_string_equal(reply_header(r, "x-drawbridge-log-growing"), "true");
    assert_true(r->body.len >= 64 * 1024 && r->body.len < 1024 * 1024);
    (void)snprintf(path, sizeof path, "/api/v1/job/task1/log?offset=%zu", 22 + r->body.len);
    reply_free(r);
    r = ask(s, "GET", path, "viewer", NULL);
    assert_true(r->body.len > 0);
    reply_free(r);
    static const struct row rows[] = {
        {"behind the end", "GET", "/api/v1/job/task1/log?offset=99999999", "viewer", NULL, 200, NULL,
         "log task1"},
        {"no number", "GET", "/api/v1/job/task1/log?offset=-1", "viewer", NULL, 400, "offset", NULL},
        {"no such job", "GET", "/api/v1/job/task2/log", "viewer", NULL, 404, "\"code\":404", NULL},
        {"its own job", "GET", "/api/v1/job/task1/log?offset=1099989", "limited", NULL, 200, "line 99999",
         "log task1"},
    };
    CHECK(s, rows);
    server_job(s, "task3", "beta");
    check_row(s, &(struct row){"another's job", "GET", "/api/v1/job/task3/log", "limited", NULL, 404,
                               "\"code\":404", NULL});
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
        TEST(a_posted_event_reaches_the_port_or_is_refused),
        TEST(what_a_port_refuses_is_told_in_keptns_form),
        TEST(projects_stages_and_services_are_served),
        TEST(project_pages_end_with_a_text_zero),
        TEST(sequences_are_listed_and_controlled),
        TEST(resources_reach_the_port_or_are_refused),
        TEST(a_resource_is_read_under_the_name_that_was_asked_for),
        TEST(resource_lists_are_cut_into_pages),
        TEST(events_are_answered_in_keptns_form),
        TEST(the_event_store_answers_its_filters),
        TEST(open_events_are_listed),
        TEST(events_of_a_type_are_found_by_bridges_filter),
        TEST(invalidated_evaluations_can_be_left_out),
        TEST(a_jobs_log_is_read_from_an_offset_as_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
