/* Decisions against an HTTP server that answers as a script says. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "decide/decide.h"

#define STEPS_MAX 8
#define TRIGGERED "11111111-1111-4111-8111-111111111111"

#define OPEN                                                                                                 \
    {                                                                                                        \
        "GET", 200, "{\"events\":[{\"id\":\"" TRIGGERED "\"}]}"                                              \
    }
#define CLOSED                                                                                               \
    {                                                                                                        \
        "GET", 200, "{\"events\":[]}"                                                                        \
    }
/* The event store's answer: one approval.finished; more: further members, each with a comma in front. */
#define FINISHED(source, result, message, more)                                                              \
    "{\"events\":[{\"type\":\"sh.keptn.event.approval.finished\",\"time\":\"2026-11-24T10:00:01.000Z\","     \
    "\"triggeredid\":\"" TRIGGERED "\",\"source\":\"" source "\",\"data\":{\"result\":\"" result             \
    "\",\"message\":\"" message "\"}" more "}]}"

struct step {
    const char *method;
    unsigned code; /* 0: the connection is cut without an answer */
    const char *body;
};
struct script {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    const struct step *steps;
    size_t asked;
    char *bodies[STEPS_MAX];
    char *urls[STEPS_MAX];
};

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct script *s = arg;
    (void)version;
    struct buffer *body = *state;
    if (body == NULL) {
        body = MEM_NEW(struct buffer);
        *body = BUFFER_LIMIT(65536);
        *state = body;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buffer_add(body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&s->lock);
    size_t i = s->asked < STEPS_MAX ? s->asked++ : STEPS_MAX - 1;
    free(s->bodies[i]);
    free(s->urls[i]);
    s->bodies[i] = buffer_take(body, NULL);
    s->urls[i] = mem_string(url);
    struct step step = s->steps[i];
    pthread_mutex_unlock(&s->lock);
    if (step.method == NULL || strcmp(step.method, method) != 0)
        step = (struct step){.code = 500, .body = "{\"message\":\"not in the script\"}"};
    if (step.code == 0)
        return MHD_NO;
    union {
        const char *in;
        void *out;
    } text = {.in = step.body};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(step.body), text.out, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, step.code, response);
    MHD_destroy_response(response);
    return result;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct buffer *body = *state;
    (void)arg;
    (void)connection;
    (void)why;
    if (body != NULL)
        buffer_free(body);
    free(body);
}

struct fixture {
    struct script script;
    uv_loop_t loop;
    struct http_client *http;
    struct decide *decide;
    char *server;
    enum decision_state last;
    char text[512];
    size_t reports, retries;
    bool done;
};

static void open_fixture(struct fixture *f, const struct step *steps, bool read_only)
{
    *f = (struct fixture){.script.steps = steps};
    pthread_mutex_init(&f->script.lock, NULL);
    f->script.daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, &f->script,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    assert_non_null(f->script.daemon);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(f->script.daemon, MHD_DAEMON_INFO_BIND_PORT);
    f->server = mem_printf("http://127.0.0.1:%d/api", info->port);
    uv_loop_init(&f->loop);
    f->http = http_client_new(&f->loop, &(struct http_settings){0});
    f->decide =
        decide_new(&f->loop, f->http,
                   &(struct decide_settings){.server = f->server, .token = "secret", .read_only = read_only});
}

static void close_fixture(struct fixture *f)
{
    decide_free(f->decide);
    http_client_free(f->http);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    MHD_stop_daemon(f->script.daemon);
    for (size_t i = 0; i < STEPS_MAX; i++) {
        free(f->script.bodies[i]);
        free(f->script.urls[i]);
    }
    pthread_mutex_destroy(&f->script.lock);
    free(f->server);
}

static void on_change(void *arg, const char *triggeredid, enum decision_state state, const char *text)
{
    struct fixture *f = arg;
    assert_string_equal(triggeredid, TRIGGERED);
    f->reports++;
    f->retries += state == DECISION_RETRYING;
    f->last = state;
    (void)snprintf(f->text, sizeof f->text, "%s", text);
    f->done = state == DECISION_ACCEPTED || state == DECISION_CONFLICT || state == DECISION_FAILED;
    if (f->done)
        uv_stop(&f->loop);
}

static void decide(struct fixture *f, bool approve, bool stale)
{
    cJSON *labels = cJSON_CreateObject();
    cJSON_AddStringToObject(labels, "version", "v1");
    const struct decision_request request = {.project = "fulltour",
                                             .stage = "production",
                                             .service = "helloservice",
                                             .context = "22222222-2222-4222-8222-222222222222",
                                             .triggeredid = TRIGGERED,
                                             .labels = labels,
                                             .approve = approve,
                                             .comment = "looks good",
                                             .stale = stale};
    decide_submit(f->decide, &request, on_change, f);
    assert_int_equal(f->reports, 0); /* never calls back before it returns */
    cJSON_Delete(labels);
    while (!f->done && uv_loop_alive(&f->loop))
        uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->done);
    assert_int_equal(decide_pending(f->decide), 0);
}

static char *decision_id(const char *body)
{
    cJSON *event = cJSON_Parse(body);
    char *id = mem_string(json_text(event, "decisionid"));
    cJSON_Delete(event);
    return id;
}

static void a_decision_is_the_event_that_keptn_expects(void **state)
{
    static const struct step steps[STEPS_MAX] = {{"POST", 200, "{\"keptnContext\":\"x\"}"}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, false);
    decide(&f, false, false);
    assert_int_equal(f.last, DECISION_ACCEPTED);
    assert_string_equal(f.script.urls[0], "/api/v1/event");
    cJSON *event = cJSON_Parse(f.script.bodies[0]);
    const cJSON *data = json_get(event, "data");
    assert_string_equal(json_text(event, "type"), "sh.keptn.event.approval.finished");
    assert_string_equal(json_text(event, "triggeredid"), TRIGGERED);
    assert_string_equal(json_text(event, "shkeptncontext"), "22222222-2222-4222-8222-222222222222");
    assert_string_equal(json_text(data, "project"), "fulltour");
    assert_string_equal(json_text(data, "stage"), "production");
    assert_string_equal(json_text(data, "service"), "helloservice");
    assert_string_equal(json_text(data, "status"), "succeeded");
    assert_string_equal(json_text(data, "result"), "fail");
    assert_string_equal(json_text(data, "message"), "looks good");
    assert_string_equal(json_text(json_get(data, "labels"), "version"), "v1");
    assert_int_equal(strlen(json_text(event, "decisionid")), 36);
    cJSON_Delete(event);
    close_fixture(&f);
}

static void a_retry_after_a_lost_answer_asks_and_carries_the_same_decisionid(void **state)
{
    static const struct step steps[STEPS_MAX] = {
        {"POST", 0, ""}, OPEN, {"GET", 200, "{\"events\":[]}"}, {"POST", 200, "{}"}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, false);
    decide(&f, true, false);
    assert_int_equal(f.last, DECISION_ACCEPTED);
    assert_int_equal(f.retries, 1);
    char *first = decision_id(f.script.bodies[0]), *second = decision_id(f.script.bodies[3]);
    assert_string_equal(first, second);
    free(first);
    free(second);
    close_fixture(&f);
}

/* A Keptn answers every event with 200 and drops what it has no use for: only its store tells. */
static void a_server_without_decisionids_is_not_sent_the_same_twice(void **state)
{
    static const struct {
        struct step steps[STEPS_MAX];
        enum decision_state end;
        size_t asked;
        const char *text;
    } rows[] = {
        /* it had arrived, and closed the approval; or has not closed it yet */
        {{{"POST", 0, ""}, CLOSED, {"GET", 200, FINISHED("drawbridge", "pass", "looks good", "")}},
         DECISION_ACCEPTED,
         3,
         ""},
        {{{"POST", 0, ""}, OPEN, {"GET", 200, FINISHED("drawbridge", "pass", "looks good", "")}},
         DECISION_ACCEPTED,
         3,
         ""},
        /* somebody else was faster: by another source, with another result, words, or decisionid */
        {{{"POST", 0, ""}, CLOSED, {"GET", 200, FINISHED("bridge", "pass", "looks good", "")}},
         DECISION_CONFLICT,
         3,
         "approved by bridge at 2026-11-24T10:00"},
        {{{"POST", 0, ""}, CLOSED, {"GET", 200, FINISHED("drawbridge", "fail", "looks good", "")}},
         DECISION_CONFLICT,
         3,
         "declined by drawbridge at 2026-11-24T10:00"},
        {{{"POST", 0, ""}, CLOSED, {"GET", 200, FINISHED("drawbridge", "pass", "other words", "")}},
         DECISION_CONFLICT,
         3,
         "approved by drawbridge at 2026-11-24T10:00"},
        {{{"POST", 0, ""},
          CLOSED,
          {"GET", 200,
           FINISHED("drawbridge", "pass", "looks good", ",\"decisionid\":\"x\",\"decidedby\":\"tom\"")}},
         DECISION_CONFLICT,
         3,
         "approved by tom at 2026-11-24T10:00"},
        {{{"POST", 0, ""}, CLOSED, {"GET", 200, "{\"events\":[]}"}},
         DECISION_CONFLICT,
         3,
         "the approval is not open any more"},
        /* the store may not be read: the approval alone tells */
        {{{"POST", 0, ""}, OPEN, {"GET", 403, ""}, {"POST", 200, "{}"}}, DECISION_ACCEPTED, 4, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_fixture(&f, rows[i].steps, false);
        decide(&f, true, false);
        assert_int_equal(f.last, rows[i].end);
        assert_int_equal(f.script.asked, rows[i].asked);
        assert_string_equal(f.text, rows[i].text);
        assert_string_equal(f.script.urls[2], "/api/mongodb-datastore/event");
        close_fixture(&f);
    }
}

static void a_store_that_does_not_answer_is_asked_again(void **state)
{
    static const struct step steps[STEPS_MAX] = {
        {"POST", 0, ""},
        OPEN,
        {"GET", 503, ""},
        CLOSED,
        {"GET", 200, FINISHED("drawbridge", "pass", "looks good", "")}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, false);
    decide(&f, true, false);
    assert_int_equal(f.last, DECISION_ACCEPTED);
    assert_int_equal(f.script.asked, 5);
    assert_int_equal(f.retries, 2);
    close_fixture(&f);
}

static void a_conflict_shows_the_servers_words(void **state)
{
    static const struct step steps[STEPS_MAX] = {
        {"POST", 409, "{\"code\":409,\"message\":\"declined by tom 3s ago\"}"}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, false);
    decide(&f, true, false);
    assert_int_equal(f.last, DECISION_CONFLICT);
    assert_string_equal(f.text, "409: declined by tom 3s ago");
    close_fixture(&f);
}

static void refusals_say_what_to_do(void **state)
{
    static const struct {
        struct step step;
        const char *word;
    } rows[] = {{{"POST", 401, ""}, "token"},
                {{"POST", 403, ""}, "approver"},
                {{"POST", 404, "not json"}, "refused"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct step steps[STEPS_MAX] = {rows[i].step};
        struct fixture f;
        open_fixture(&f, steps, false);
        decide(&f, true, false);
        assert_int_equal(f.last, DECISION_FAILED);
        assert_non_null(strstr(f.text, rows[i].word));
        close_fixture(&f);
    }
}

static void on_stale_data_the_server_is_asked_first(void **state)
{
    static const struct step gone[STEPS_MAX] = {CLOSED, {"GET", 200, FINISHED("tom", "fail", "no", "")}};
    static const struct step open[STEPS_MAX] = {OPEN, {"POST", 200, "{}"}};
    struct fixture f;
    (void)state;
    open_fixture(&f, gone, false);
    decide(&f, true, true);
    assert_int_equal(f.last, DECISION_CONFLICT);
    assert_string_equal(f.text, "declined by tom at 2026-11-24T10:00; nothing was sent");
    assert_int_equal(f.script.asked, 2);
    close_fixture(&f);
    open_fixture(&f, open, false);
    decide(&f, true, true);
    assert_int_equal(f.last, DECISION_ACCEPTED);
    assert_int_equal(f.script.asked, 2);
    close_fixture(&f);
}

static void read_only_sends_nothing(void **state)
{
    static const struct step steps[STEPS_MAX] = {{"POST", 200, "{}"}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, true);
    decide(&f, true, false);
    assert_int_equal(f.last, DECISION_FAILED);
    assert_int_equal(f.script.asked, 0);
    close_fixture(&f);
}

static void freeing_it_in_the_middle_of_a_decision_calls_nobody_back(void **state)
{
    static const struct step steps[STEPS_MAX] = {{"POST", 0, ""}};
    struct fixture f;
    (void)state;
    open_fixture(&f, steps, false);
    decide_submit(f.decide,
                  &(struct decision_request){.project = "p",
                                             .stage = "s",
                                             .service = "x",
                                             .context = "c",
                                             .triggeredid = TRIGGERED,
                                             .approve = true},
                  on_change, &f);
    while (f.retries == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    size_t reports = f.reports;
    close_fixture(&f);
    assert_int_equal(f.reports, reports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_the_event_that_keptn_expects),
        cmocka_unit_test(a_retry_after_a_lost_answer_asks_and_carries_the_same_decisionid),
        cmocka_unit_test(a_server_without_decisionids_is_not_sent_the_same_twice),
        cmocka_unit_test(a_store_that_does_not_answer_is_asked_again),
        cmocka_unit_test(a_conflict_shows_the_servers_words),
        cmocka_unit_test(refusals_say_what_to_do),
        cmocka_unit_test(on_stale_data_the_server_is_asked_first),
        cmocka_unit_test(read_only_sends_nothing),
        cmocka_unit_test(freeing_it_in_the_middle_of_a_decision_calls_nobody_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
