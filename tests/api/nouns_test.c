/* The calls, by noun: what they answer, and what reaches a port. */
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
