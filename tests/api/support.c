#include "config.h"

#include "support.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/mem.h"

/* --- ports --- */

static void answer(struct server *s, api_done done, void *arg)
{
    if (s->hold) {
        assert_true(s->held_count < 64);
        s->held[s->held_count++] = (struct held){done, arg};
        return;
    }
    done(arg, s->http, s->body, s->body != NULL ? strlen(s->body) : 0);
}

void server_release(struct server *s, int http, const char *body)
{
    size_t count = s->held_count;
    s->held_count = 0;
    for (size_t i = 0; i < count; i++)
        s->held[i].done(s->held[i].arg, http, body, strlen(body));
}

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

static void note_who(struct server *s, const struct api_principal *who)
{
    assert_true(
        buffer_printf(&s->calls, " by %s %s %s\n", who->name, api_role_name(who->role), who->address));
}

static void post_event(void *arg, const struct event *ev, const struct api_principal *who, api_done done,
                       void *done_arg)
{
    struct server *s = arg;
    buffer_clear(&s->event);
    assert_true(json_print(ev->root, &s->event));
    assert_true(buffer_printf(&s->calls, "event %s %s", ev->type, or_dash(ev->project)));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void control(void *arg, const char *project, const char *context, const char *stage, const char *verb,
                    const struct api_principal *who, api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "control %s %s %s %s", project, context, or_dash(stage), verb));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void put_project(void *arg, const cJSON *body, bool update, const struct api_principal *who,
                        api_done done, void *done_arg)
{
    struct server *s = arg;
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(body, "name");
    assert_true(buffer_printf(&s->calls, "%s project %s", update ? "update" : "create",
                              or_dash(cJSON_GetStringValue(name))));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void delete_project(void *arg, const char *project, const struct api_principal *who, api_done done,
                           void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "delete project %s", project));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void create_service(void *arg, const char *project, const char *service,
                           const struct api_principal *who, api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "create service %s %s", project, service));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void delete_service(void *arg, const char *project, const char *service,
                           const struct api_principal *who, api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "delete service %s %s", project, service));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void write_resources(void *arg, const char *project, const char *stage, const char *service,
                            const struct api_file *files, size_t count, const struct api_principal *who,
                            api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "write %s %s %s", project, or_dash(stage), or_dash(service)));
    for (size_t i = 0; i < count; i++)
        assert_true(files[i].bytes == NULL ? buffer_printf(&s->calls, " -%s", files[i].path)
                                           : buffer_printf(&s->calls, " %s=[%.*s]", files[i].path,
                                                           (int)files[i].len, files[i].bytes));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void read_resource(void *arg, const char *project, const char *stage, const char *service,
                          const char *path, const char *commit, api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "read %s %s %s %s @%s\n", project, or_dash(stage), or_dash(service),
                              path, or_dash(commit)));
    answer(s, done, done_arg);
}

static void list_resources(void *arg, const char *project, const char *stage, const char *service,
                           api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "list %s %s %s\n", project, or_dash(stage), or_dash(service)));
    answer(s, done, done_arg);
}

static char *job_log(void *arg, const char *triggeredid, bool *growing)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "log %s\n", triggeredid));
    *growing = s->growing;
    return mem_string(s->log_path);
}

static void put_secret(void *arg, const char *scope, const char *name, const cJSON *data, bool update,
                       const struct api_principal *who, api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "%s secret %s %s ", update ? "update" : "create", scope, name));
    assert_true(json_print(data, &s->calls));
    note_who(s, who);
    answer(s, done, done_arg);
}

static void delete_secret(void *arg, const char *scope, const char *name, const struct api_principal *who,
                          api_done done, void *done_arg)
{
    struct server *s = arg;
    assert_true(buffer_printf(&s->calls, "delete secret %s %s", scope, name));
    note_who(s, who);
    answer(s, done, done_arg);
}

struct keeping {
    api_done done;
    void *done_arg;
};

static void on_kept(void *arg, enum status status, const struct error *err)
{
    struct keeping *k = arg;
    if (status != STATUS_OK)
        fail_msg("commit: %s", err->text);
    k->done(k->done_arg, 200, NULL, 0);
    free(k);
}

/* As the daemon does it. */
static void keep(void *arg, void (*fill)(void *fill_arg, struct store_batch *batch), void *fill_arg,
                 api_done done, void *done_arg)
{
    struct server *s = arg;
    struct keeping *k = MEM_NEW(struct keeping);
    *k = (struct keeping){.done = done, .done_arg = done_arg};
    struct store_batch *batch = store_batch_new(s->store);
    fill(fill_arg, batch);
    store_commit(batch, on_kept, k);
}

static bool is_ready(void *arg)
{
    return ((struct server *)arg)->ready;
}

/* --- the server --- */

void server_turn(struct server *s)
{
    (void)uv_run(&s->loop, UV_RUN_NOWAIT);
    (void)poll(NULL, 0, 1);
}

void server_until(struct server *s, bool (*fn)(void *arg), void *arg)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_MS * CLOCK_MS;
    while (!fn(arg)) {
        if (clock_monotonic_ns() > deadline)
            fail_msg("what was waited for did not come");
        server_turn(s);
    }
}

static bool is_set(void *flag)
{
    return *(bool *)flag;
}

static void on_committed(void *arg, enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("commit: %s", err->text);
    *(bool *)arg = true;
}

void server_commit(struct server *s, struct store_batch *batch)
{
    bool done = false;
    store_commit(batch, on_committed, &done);
    server_until(s, is_set, &done);
}

void server_token(struct server *s, const char *name, const char *role, const char *projects,
                  int64_t expires_ns)
{
    char hash[65];
    api_token_hash(name, hash);
    cJSON *list = projects != NULL ? cJSON_Parse(projects) : NULL;
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_token(
        batch, &(struct store_token){
                   .name = name, .role = role, .hash = hash, .projects = list, .expires_ns = expires_ns});
    server_commit(s, batch);
    cJSON_Delete(list);
    if (s->api != NULL)
        api_tokens_changed(s->api);
}

void server_revoke(struct server *s, const char *name)
{
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_delete_token(batch, name);
    server_commit(s, batch);
    api_tokens_changed(s->api);
}

void server_project(struct server *s, const char *name)
{
    cJSON *stages =
        cJSON_Parse("[{\"stageName\":\"qa\"},{\"stageName\":\"production\",\"parentStages\":[\"qa\"]}]");
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_project(batch,
                        &(struct store_project){.name = name,
                                                .shipyard = "apiVersion: spec.keptn.sh/0.2.2\n",
                                                .shipyard_version = "spec.keptn.sh/0.2.2",
                                                .credentials = "{\"remoteURL\":\"https://git.example/f.git\","
                                                               "\"user\":\"u\"}",
                                                .stages = stages,
                                                .created_ns = CLOCK_S});
    server_commit(s, batch);
    cJSON_Delete(stages);
}

void server_service(struct server *s, const char *project, const char *service)
{
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_service(batch, project, service, CLOCK_S);
    server_commit(s, batch);
}

void server_job(struct server *s, const char *id, const char *project)
{
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_job(batch, &(struct store_job){.id = id,
                                               .project = project,
                                               .stage = "qa",
                                               .service = "web",
                                               .context = "ctx",
                                               .task = "test",
                                               .state = "running",
                                               .log_path = "log"});
    server_commit(s, batch);
}

int server_setup(void **state)
{
    struct server *s = MEM_NEW(struct server);
    struct error err = ERROR_NONE;
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/api-test-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_int_equal(uv_loop_init(&s->loop), 0);
    assert_int_equal(store_open(s->dir, &s->loop, &s->store, &err), STATUS_OK);
    static const char *const roles[] = {"viewer", "approver", "integration", "operator", "admin"};
    for (size_t i = 0; i < 5; i++)
        server_token(s, roles[i], roles[i], NULL, 0);
    server_token(s, "limited", "admin", "[\"alpha\"]", 0);
    s->calls = BUFFER_LIMIT(1024 * 1024);
    s->event = BUFFER_LIMIT(1024 * 1024);
    s->http = 200;
    s->ready = true;
    const struct api_ports ports = {.arg = s,
                                    .post_event = post_event,
                                    .control = control,
                                    .put_project = put_project,
                                    .delete_project = delete_project,
                                    .create_service = create_service,
                                    .delete_service = delete_service,
                                    .write_resources = write_resources,
                                    .read_resource = read_resource,
                                    .list_resources = list_resources,
                                    .put_secret = put_secret,
                                    .delete_secret = delete_secret,
                                    .keep = keep,
                                    .job_log = job_log,
                                    .ready = is_ready};
    const struct api_settings settings = {.listen = "127.0.0.1:0", .version = "0.1.0"};
    if (api_new(&s->loop, s->store, &settings, &ports, &s->api, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    api_limits(s->api)->silence_ms = 600000; /* a slow machine is no silent reader */
    s->port = (int)strtol(strrchr(api_url(s->api), ':') + 1, NULL, 10);
    *state = s;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

int server_teardown(void **state)
{
    struct server *s = *state;
    server_settle(s);
    api_free(s->api);
    store_close(s->store);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    buffer_free(&s->calls);
    buffer_free(&s->event);
    free(s->log_path);
    (void)nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return 0;
}

/* --- events --- */

static char last_id[UUID_SIZE], last_context[UUID_SIZE];
static size_t under_way;

struct emitted {
    struct server *server;
    uint64_t number;
    struct buffer text;
    struct event event;
    bool publish;
};

static void on_emitted(void *arg, enum status status, const struct error *err)
{
    struct emitted *e = arg;
    if (status != STATUS_OK)
        fail_msg("commit: %s", err->text);
    if (e->publish)
        api_publish(e->server->api, e->number, e->text.data, e->text.len, &e->event);
    event_free(&e->event);
    buffer_free(&e->text);
    free(e);
    under_way--;
}

static uint64_t emit(struct server *s, const char *type, const char *project, const char *stage,
                     const char *more, const char *triggeredid, bool publish)
{
    struct emitted *e = MEM_NEW(struct emitted);
    struct error err = ERROR_NONE;
    struct buffer data = BUFFER_LIMIT(2 * 1024 * 1024);
    char now[CLOCK_TEXT_SIZE];
    e->server = s;
    e->publish = publish;
    e->number = store_next_number(s->store);
    e->text = BUFFER_LIMIT(2 * 1024 * 1024);
    uuid_new(last_id);
    uuid_new(last_context);
    clock_format(clock_now_ns(), now);
    if (project != NULL)
        assert_true(buffer_printf(&data, "\"project\":\"%s\",\"stage\":\"%s\",\"service\":\"web\"", project,
                                  stage != NULL ? stage : "qa"));
    else
        assert_true(buffer_add_text(&data, "\"of\":\"nothing\""));
    assert_true(buffer_add_text(&data, more));
    assert_true(buffer_printf(
        &e->text,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"test\",\"type\":\"%s\",\"time\":\"%s\","
        "\"datacontenttype\":\"application/json\",\"shkeptncontext\":\"%s\",%s%s%s\"data\":{%s}}",
        last_id, type, now, last_context, triggeredid != NULL ? "\"triggeredid\":\"" : "",
        triggeredid != NULL ? triggeredid : "", triggeredid != NULL ? "\"," : "", buffer_text(&data)));
    buffer_free(&data);
    if (event_decode(e->text.data, e->text.len, EVENT_FORM_COMPLETE, &e->event, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_event(batch, e->number, e->text.data, e->text.len, &e->event, 0);
    under_way++;
    uint64_t number = e->number;
    store_commit(batch, on_emitted, e);
    return number;
}

static bool is_settled(void *arg)
{
    (void)arg;
    return under_way == 0;
}

void server_settle(struct server *s)
{
    server_until(s, is_settled, NULL);
}

uint64_t server_emit(struct server *s, const char *type, const char *project, const char *stage,
                     const char *data)
{
    uint64_t number = emit(s, type, project, stage, data, NULL, true);
    server_settle(s);
    return number;
}

uint64_t server_emit_for(struct server *s, const char *type, const char *project, const char *triggeredid)
{
    uint64_t number = emit(s, type, project, "qa", "", triggeredid, true);
    server_settle(s);
    return number;
}

void server_emit_later(struct server *s, const char *type, const char *project, const char *stage,
                       const char *data)
{
    (void)emit(s, type, project, stage, data, NULL, true);
}

void server_emit_unpublished(struct server *s, const char *type, const char *project)
{
    (void)emit(s, type, project, "qa", "", NULL, false);
    server_settle(s);
}

const char *server_last_id(void)
{
    return last_id;
}

const char *server_last_context(void)
{
    return last_context;
}

void server_open_event(struct server *s, const char *id)
{
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_open_event(batch, id);
    server_commit(s, batch);
}

void server_record(struct server *s, const char *project, const char *context, const char *time,
                   const char *record)
{
    cJSON *parsed = cJSON_Parse(record), *view = cJSON_CreateObject();
    assert_non_null(parsed);
    cJSON_AddStringToObject(view, "time", time);
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_record(batch, project, context, true, parsed, view);
    server_commit(s, batch);
    cJSON_Delete(view);
    cJSON_Delete(parsed);
}

void server_state(struct server *s, const char *project, const char *context, const char *state)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"name\":\"delivery\",\"service\":\"web\",\"project\":\"%s\",\"time\":\"2023-05-04T10:11:12.123Z\","
        "\"shkeptncontext\":\"%s\",\"state\":\"%s\",\"stages\":[]}",
        project, context, state);
    cJSON *view = cJSON_Parse(text), *record = cJSON_CreateObject();
    struct store_batch *batch = store_batch_new(s->store);
    store_batch_record(batch, project, context, true, record, view);
    server_commit(s, batch);
    cJSON_Delete(view);
    cJSON_Delete(record);
}
