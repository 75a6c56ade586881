/* What the store keeps besides events: records and states, projects, decisions, jobs, tokens, the audit
 * trail. */
#include "config.h"

#include "support.h"

#include "base/clock.h"
#include "base/json.h"

#define TASK(name, kind) "sh.keptn.event." name "." kind

/* --- records and states --- */

static void put_state(struct store *s, const char *project, const char *context, bool open, const char *name,
                      const char *state, const char *time)
{
    struct store_batch *b = store_batch_new(s);
    cJSON *record = cJSON_CreateObject(), *view = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "of", context);
    cJSON_AddStringToObject(view, "name", name);
    cJSON_AddStringToObject(view, "state", state);
    cJSON_AddStringToObject(view, "time", time);
    store_batch_record(b, project, context, open, record, view);
    cJSON_Delete(record);
    cJSON_Delete(view);
    commit_ok(b);
}

static bool see_context(void *arg, const char *project, const char *context, const char *text)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    cJSON *view = cJSON_Parse(text);
    assert_non_null(view); /* it is JSON as it was given */
    cJSON_Delete(view);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s/%s ", project, context);
    return true;
}

static void states_are_filtered_and_come_newest_first(void **state)
{
    struct fixture *f = *state;
    put_state(f->store, "p", "a", false, "delivery", "finished", "2023-05-04T10:00:01.000Z");
    put_state(f->store, "p", "b", true, "delivery", "started", "2023-05-04T10:00:03.000Z");
    put_state(f->store, "p", "c", true, "rollback", "started", "2023-05-04T10:00:02.000Z");
    put_state(f->store, "q", "d", true, "delivery", "triggered", "2023-05-04T10:00:04.000Z");
    put_state(f->store, "p", "e", true, "rollback", "paused", "2023-05-04T10:00:05.001Z");
    put_state(f->store, "p", "e", false, "rollback", "finished", "2023-05-04T10:00:05.001Z"); /* replaces */
    int64_t two_ns = 0, five_ns = 0;
    assert_true(clock_parse("2023-05-04T10:00:02.000Z", &two_ns));
    assert_true(clock_parse("2023-05-04T10:00:05.001Z", &five_ns));
    const struct {
        const char *name, *seen;
        size_t total;
        struct store_state_query q;
    } rows[] = {
        {"a project", "p/e p/b p/c p/a ", 4, {.project = "p"}},
        {"all projects", "p/e q/d p/b p/c p/a ", 5, {0}},
        {"unknown project", "", 0, {.project = "x"}},
        {"name", "p/b p/a ", 2, {.project = "p", .name = "delivery"}},
        {"state", "p/e p/a ", 2, {.project = "p", .state = "finished"}},
        {"name and state", "p/e ", 1, {.project = "p", .state = "finished", .name = "rollback"}},
        {"contexts", "p/b p/a ", 2, {.project = "p", .contexts = "a,b,d,nope"}},
        {"contexts of all", "q/d p/a ", 2, {.contexts = ",a,,d,"}},
        {"contexts with quotes", "", 0, {.contexts = "\"],[\",'"}},
        {"no contexts", "", 0, {.contexts = ""}},
        {"from is exclusive", "p/e p/b ", 2, {.project = "p", .from_ns = two_ns}},
        {"before is exclusive", "p/b p/c p/a ", 3, {.project = "p", .before_ns = five_ns}},
        {"a page", "p/b p/c ", 4, {.project = "p", .offset = 1, .limit = 2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = ERROR_NONE;
        struct seen seen = {0};
        size_t total = 99;
        if (store_states(f->store, &rows[i].q, see_context, &seen, &total, &err) != STATUS_OK)
            fail_msg("%s: %s", rows[i].name, err.text);
        if (strcmp(seen.text, rows[i].seen) != 0 || total != rows[i].total)
            fail_msg("%s: %s(%zu), not %s(%zu)", rows[i].name, seen.text, total, rows[i].seen, rows[i].total);
    }
}

static void open_records_come_back_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    put_state(f->store, "p", "a", true, "delivery", "started", "2023-05-04T10:00:01.000Z");
    put_state(f->store, "p", "b", true, "delivery", "started", "2023-05-04T10:00:01.000Z");
    put_state(f->store, "p", "a", false, "delivery", "finished", "2023-05-04T10:00:01.000Z");
    put_state(f->store, "q", "a", true, "delivery", "started", "");
    fixture_reopen(f);
    struct seen seen = {0};
    assert_int_equal(store_open_records(f->store, see_text, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "p/b/{\"of\":\"b\"} q/a/{\"of\":\"a\"} ");
    char *record = store_record(f->store, "p", "a");
    assert_string_equal(record, "{\"of\":\"a\"}");
    free(record);
    assert_null(store_record(f->store, "p", "x"));
}

/* --- projects --- */

static void put_project(struct store *s, const char *name, const char *credentials, int64_t created_ns)
{
    cJSON *stages =
        cJSON_Parse("[{\"stageName\":\"qa\"},{\"stageName\":\"production\",\"parentStages\":[\"qa\"]}]");
    struct store_batch *b = store_batch_new(s);
    store_batch_project(b, &(struct store_project){.name = name,
                                                   .shipyard = "apiVersion: spec.keptn.sh/0.2.3\n",
                                                   .shipyard_version = "spec.keptn.sh/0.2.3",
                                                   .credentials = credentials,
                                                   .stages = stages,
                                                   .created_ns = created_ns});
    cJSON_Delete(stages);
    commit_ok(b);
}

static void put_service(struct store *s, const char *project, const char *name, int64_t created_ns)
{
    struct store_batch *b = store_batch_new(s);
    store_batch_service(b, project, name, created_ns);
    commit_ok(b);
}

static void assert_project(struct store *s, const char *name, const char *expected)
{
    cJSON *project = store_project_json(s, name);
    struct buffer text = BUFFER_LIMIT(65536);
    assert_non_null(project);
    assert_true(json_print(project, &text));
    assert_string_equal(buffer_text(&text), expected);
    buffer_free(&text);
    cJSON_Delete(project);
}

static void a_project_looks_as_keptn_shows_it(void **state)
{
    struct fixture *f = *state;
    put_project(f->store, "tour",
                "{\"remoteURL\":\"https://git.example/f.git\",\"user\":\"u\",\"https\":{"
                "\"insecureSkipTLS\":false}}",
                1683195072123456789);
    put_service(f->store, "tour", "zebra", 2);
    put_service(f->store, "tour", "hello", 1683195080000000000);
    put_service(f->store, "tour", "hello", 5); /* it keeps its date */
    const struct sample deployment = {.project = "tour",
                                      .stage = "qa",
                                      .service = "hello",
                                      .context = "c1",
                                      .id = "d1",
                                      .type = TASK("deployment", "triggered"),
                                      .image = "ghcr.io/x/hello:1.1",
                                      .time_ns = 7};
    struct sample finished = deployment;
    finished.type = TASK("deployment", "finished");
    finished.id = "d2";
    finished.triggeredid = "d1";
    finished.image = NULL;
    finished.time_ns = 1683195099000000000;
    put_event(f->store, &deployment);
    put_event(f->store, &finished);
    fixture_reopen(f);
    assert_project(
        f->store, "tour",
        "{\"projectName\":\"tour\",\"creationDate\":\"1683195072123456789\","
        "\"shipyard\":\"apiVersion: spec.keptn.sh/0.2.3\\n\",\"shipyardVersion\":\"spec.keptn.sh/0.2.3\","
        "\"isUpstreamAutoProvisioned\":false,\"gitCredentials\":{\"remoteURL\":\"https://git.example/f.git\","
        "\"user\":\"u\",\"https\":{\"insecureSkipTLS\":false}},\"stages\":[{\"stageName\":\"qa\","
        "\"services\":["
        "{\"serviceName\":\"hello\",\"creationDate\":\"1683195080000000000\","
        "\"deployedImage\":\"ghcr.io/x/hello:1.1\",\"openRemediations\":null,\"lastEventTypes\":{"
        "\"sh.keptn.event.deployment.finished\":{\"eventId\":\"d2\",\"keptnContext\":\"c1\","
        "\"time\":\"1683195099000000000\"},\"sh.keptn.event.deployment.triggered\":{\"eventId\":\"d1\","
        "\"keptnContext\":\"c1\",\"time\":\"7\"}}},"
        "{\"serviceName\":\"zebra\",\"creationDate\":\"2\",\"openRemediations\":null}]},"
        "{\"stageName\":\"production\",\"parentStages\":[\"qa\"],\"services\":["
        "{\"serviceName\":\"hello\",\"creationDate\":\"1683195080000000000\",\"openRemediations\":null},"
        "{\"serviceName\":\"zebra\",\"creationDate\":\"2\",\"openRemediations\":null}]}]}");
    put_project(f->store, "own", NULL, 1);
    assert_project(
        f->store, "own",
        "{\"projectName\":\"own\",\"creationDate\":\"1\","
        "\"shipyard\":\"apiVersion: spec.keptn.sh/0.2.3\\n\",\"shipyardVersion\":\"spec.keptn.sh/0.2.3\","
        "\"isUpstreamAutoProvisioned\":true,\"stages\":[{\"stageName\":\"qa\",\"services\":[]},"
        "{\"stageName\":\"production\",\"parentStages\":[\"qa\"],\"services\":[]}]}");
    assert_null(store_project_json(f->store, "nope"));
}

/* What a service shows in stage qa: `key` of it as text, "-" where it is absent. */
static void service_fact(struct store *s, const char *key, char out[128])
{
    cJSON *project = store_project_json(s, "p");
    const cJSON *services = json_get(cJSON_GetArrayItem(json_get(project, "stages"), 0), "services");
    const cJSON *fact = json_get(cJSON_GetArrayItem(services, 0), key);
    if (cJSON_IsObject(fact))
        (void)snprintf(out, 128, "%d", cJSON_GetArraySize(fact));
    else
        (void)snprintf(out, 128, "%s", cJSON_IsString(fact) ? fact->valuestring : "-");
    cJSON_Delete(project);
}

static void only_task_events_of_known_services_change_what_a_service_shows(void **state)
{
    struct fixture *f = *state;
    char shown[128];
#define AT .project = "p", .stage = "qa", .service = "s"
    const struct {
        struct sample e;
        const char *types, *image; /* after it */
    } rows[] = {
        {{.type = "sh.keptn.event.qa.delivery.triggered", AT}, "-", "-"},
        {{.type = TASK("test", "invalidated"), AT}, "-", "-"},
        {{.type = TASK("test", "triggered"), .project = "p", .stage = "qa"}, "-", "-"},
        {{.type = TASK("test", "triggered"), .project = "p", .stage = "qa", .service = "other"}, "-", "-"},
        {{.type = TASK("test", "triggered"), .project = "x", .stage = "qa", .service = "s"}, "-", "-"},
        {{.type = TASK("test", "triggered"), AT}, "1", "-"},
        {{.type = TASK("test", "triggered"), AT}, "1", "-"},
        {{.type = TASK("test", "started"), AT}, "2", "-"},
        {{.type = TASK("deployment", "triggered"), .id = "d1", .context = "c", .image = "i:1", AT}, "3", "-"},
        {{.type = TASK("deployment", "finished"), .triggeredid = "nope", .context = "c", AT}, "4", "-"},
        {{.type = TASK("deployment", "finished"), .triggeredid = "d1", .context = "other", AT}, "4", "-"},
        {{.type = TASK("deployment", "finished"), .triggeredid = "d1", .context = "c", AT}, "4", "i:1"},
        {{.type = TASK("deployment", "triggered"), .id = "d2", .context = "c2", .image = "i:2", AT},
         "4",
         "i:1"},
        {{.type = TASK("deployment", "finished"), .triggeredid = "d2", .context = "c2", AT}, "4", "i:2"},
        {{.type = TASK("deployment", "triggered"), .id = "d3", .context = "c3", AT}, "4", "i:2"},
        {{.type = TASK("deployment", "finished"), .triggeredid = "d3", .context = "c3", AT}, "4", "i:2"},
    };
#undef AT
    put_project(f->store, "p", NULL, 1);
    put_service(f->store, "p", "s", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_event(f->store, &rows[i].e);
        service_fact(f->store, "lastEventTypes", shown);
        if (strcmp(shown, rows[i].types) != 0)
            fail_msg("row %zu: %s types, not %s", i, shown, rows[i].types);
        service_fact(f->store, "deployedImage", shown);
        if (strcmp(shown, rows[i].image) != 0)
            fail_msg("row %zu: image %s, not %s", i, shown, rows[i].image);
    }
}

static void projects_and_services_can_be_deleted_and_made_again_without_their_past(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    char shown[128];
    const struct sample test = {.id = "t",
                                .type = TASK("test", "triggered"),
                                .context = "c",
                                .project = "p",
                                .stage = "qa",
                                .service = "s"};
    const struct store_event_query of_project = {.project = "p"};
    put_project(f->store, "p", NULL, 1);
    put_project(f->store, "b", NULL, 1);
    put_service(f->store, "p", "s", 1);
    put_event(f->store, &test);
    put_state(f->store, "p", "c", true, "delivery", "started", "2023-05-04T10:00:01.000Z");
    struct store_batch *b = store_batch_new(f->store);
    store_batch_open_event(b, "t");
    commit_ok(b);
    assert_true(store_project_exists(f->store, "p") && store_service_exists(f->store, "p", "s"));
    assert_false(store_project_exists(f->store, "x") || store_service_exists(f->store, "b", "s"));
    struct seen names = {0};
    assert_int_equal(store_project_names(f->store, see_text, &names, &err), STATUS_OK);
    assert_string_equal(names.text, "b// p// ");

    b = store_batch_new(f->store);
    store_batch_delete_service(b, "p", "s");
    commit_ok(b);
    assert_false(store_service_exists(f->store, "p", "s"));
    put_service(f->store, "p", "s", 2);
    service_fact(f->store, "lastEventTypes", shown);
    assert_string_equal(shown, "-");
    put_event(f->store, &test);

    b = store_batch_new(f->store);
    store_batch_delete_project(b, "p");
    commit_ok(b);
    assert_false(store_project_exists(f->store, "p") || store_service_exists(f->store, "p", "s"));
    assert_null(store_record(f->store, "p", "c"));
    struct seen open = {0}, events = {0}, all = {0};
    assert_int_equal(
        store_open_events(f->store, &(struct store_event_query){0}, see_number, &open, NULL, &err),
        STATUS_OK);
    assert_string_equal(open.text, "");
    put_project(f->store, "p", NULL, 3);
    put_event(f->store, &test);
    assert_int_equal(store_events(f->store, &of_project, see_number, &events, NULL, &err), STATUS_OK);
    assert_string_equal(events.text, "3 ");
    assert_int_equal(store_events_after(f->store, 0, 0, see_number, &all, &err), STATUS_OK);
    assert_string_equal(all.text, "1 2 3 ");
    put_project(f->store, "p", "{}", 3); /* an update is no new project */
    events = (struct seen){0};
    assert_int_equal(store_events(f->store, &of_project, see_number, &events, NULL, &err), STATUS_OK);
    assert_string_equal(events.text, "3 ");
}

/* --- decisions, jobs, tokens --- */

static void all_decisions_on_an_approval_are_told_oldest_first(void **state)
{
    struct fixture *f = *state;
    struct store_decision d = {.project = "p",
                               .context = "c",
                               .triggeredid = "t",
                               .event_id = "e1",
                               .decisionid = "d1",
                               .by = "alice",
                               .via = "drawbridge",
                               .result = "pass",
                               .comment = "looks \"good\"",
                               .time_ns = 1683195072123456789};
    struct store_batch *b = store_batch_new(f->store);
    store_batch_decision(b, &d);
    commit_ok(b);
    d.event_id = "e2";
    d.decisionid = d.comment = NULL;
    d.by = "bob";
    b = store_batch_new(f->store);
    store_batch_decision(b, &d);
    d.triggeredid = "other";
    store_batch_decision(b, &d);
    commit_ok(b);
    fixture_reopen(f);
    cJSON *decisions = store_decisions(f->store, "t");
    assert_int_equal(cJSON_GetArraySize(decisions), 2);
    assert_string_equal(json_text(cJSON_GetArrayItem(decisions, 0), "eventid"), "e1");
    struct buffer text = BUFFER_LIMIT(4096);
    assert_true(json_print(cJSON_GetArrayItem(decisions, 1), &text));
    assert_string_equal(buffer_text(&text),
                        "{\"eventid\":\"e2\",\"by\":\"bob\",\"via\":\"drawbridge\","
                        "\"result\":\"pass\",\"time\":\"2023-05-04T10:11:12.123456789Z\"}");
    buffer_free(&text);
    cJSON_Delete(decisions);
    decisions = store_decisions(f->store, "nope");
    assert_int_equal(cJSON_GetArraySize(decisions), 0);
    cJSON_Delete(decisions);
}

static bool see_job(void *arg, const struct store_job *job)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s:%s:%s:%lld:%lld ", job->id, job->state,
                   job->log_path, (long long)job->pid, (long long)job->start_time);
    return true;
}

static void jobs_that_have_not_ended_come_back_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    static const char *const states[][3] = {
        {"starting"}, {"starting", "running"}, {"starting", "running", "ended"}};
    for (int i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "j%d", i);
        for (int j = 0; j < 3 && states[i][j] != NULL; j++) {
            struct store_batch *b = store_batch_new(f->store);
            store_batch_job(b, &(struct store_job){.id = id,
                                                   .project = "p",
                                                   .task = "je-test",
                                                   .state = states[i][j],
                                                   .log_path = "x.log",
                                                   .pid = j * 100,
                                                   .start_time = j * INT64_C(5000000000)});
            commit_ok(b);
        }
    }
    fixture_reopen(f);
    struct seen seen = {0}, one = {0};
    assert_int_equal(store_jobs(f->store, see_job, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "j0:starting:x.log:0:0 j1:running:x.log:100:5000000000 ");
    assert_true(store_find_job(f->store, "j2", see_job, &one));
    assert_string_equal(one.text, "j2:ended:x.log:200:10000000000 ");
    assert_false(store_find_job(f->store, "j9", see_job, &one));
}

static bool see_token(void *arg, const struct store_token *token)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s:%s:%s:%s:%lld ", token->name, token->role,
                   token->hash,
                   token->projects != NULL ? cJSON_GetArrayItem(token->projects, 0)->valuestring : "*",
                   (long long)token->expires_ns);
    return true;
}

static void tokens_are_kept_replaced_and_revoked(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_NONE;
    cJSON *projects = cJSON_Parse("[\"p\"]");
    struct store_batch *b = store_batch_new(f->store);
    store_batch_token(
        b, &(struct store_token){.name = "b", .role = "viewer", .hash = "h1", .projects = projects});
    store_batch_token(b, &(struct store_token){.name = "a", .role = "admin", .hash = "h2", .expires_ns = 7});
    store_batch_token(b, &(struct store_token){.name = "c", .role = "admin", .hash = "h3"});
    store_batch_token(b,
                      &(struct store_token){.name = "a", .role = "operator", .hash = "h4", .expires_ns = 8});
    store_batch_delete_token(b, "c");
    commit_ok(b);
    cJSON_Delete(projects);
    fixture_reopen(f);
    struct seen seen = {0};
    assert_int_equal(store_tokens(f->store, see_token, &seen, &err), STATUS_OK);
    assert_string_equal(seen.text, "a:operator:h4:*:8 b:viewer:h1:p:0 ");
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_STORE(states_are_filtered_and_come_newest_first),
        WITH_STORE(open_records_come_back_after_a_restart),
        WITH_STORE(a_project_looks_as_keptn_shows_it),
        WITH_STORE(only_task_events_of_known_services_change_what_a_service_shows),
        WITH_STORE(projects_and_services_can_be_deleted_and_made_again_without_their_past),
        WITH_STORE(all_decisions_on_an_approval_are_told_oldest_first),
        WITH_STORE(jobs_that_have_not_ended_come_back_after_a_restart),
        WITH_STORE(tokens_are_kept_replaced_and_revoked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
