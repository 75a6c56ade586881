/* Projects and services: their repositories first, then what the store shows of them. Source: keptn-api.md,
 * section 3. */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "daemon/answer.h"
#include "daemon/internal.h"
#include "daemon/key.h"
#include "shipyard/goregex.h"

#define NAME_MAX_BYTES 200
#define DENY_LIST      "remote-url-denylist" /* in the data directory */
#define DENY_LINE_MAX  4096

/* A lower-case letter, then lower case, digits, hyphens, no hyphen last. */
static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_BYTES || name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool decode_shipyard(struct repo_call *call, const char *base64)
{
    size_t size = strlen(base64), len = 0;
    struct error err = ERROR_NONE;
    unsigned char *text = mem_alloc(size + 1);
    if (sodium_base642bin(text, size, base64, size, "\r\n", &len, NULL, sodium_base64_VARIANT_ORIGINAL) !=
        0) {
        free(text);
        answer_refusal(call->done, call->done_arg, STATUS_INVALID,
                       "Could not validate payload: could not decode shipyard content");
        return false;
    }
    text[len] = '\0';
    call->text = (char *)text;
    if (shipyard_parse(call->text, len, "shipyard.yaml", &call->shipyard, &err) != STATUS_OK) {
        answer_refusal(call->done, call->done_arg, STATUS_INVALID,
                       "Could not validate payload: provided shipyard file is not valid: %s", err.text);
        return false;
    }
    return true;
}

/* Keptn's git-remote-url-denylist: a Go expression a line. Read at each use: a change counts at once. */
static bool is_denied(const struct core *core, const char *url)
{
    char *path = mem_printf("%s/" DENY_LIST, store_directory(core->store)), line[DENY_LINE_MAX];
    FILE *file = fopen(path, "re");
    bool denied = false;
    while (file != NULL && !denied && fgets(line, sizeof line, file) != NULL) {
        size_t len = strcspn(line, "\r\n");
        /* A line that is cut would fit what it should not: then nothing is taken. */
        denied = line[len] == '\0' && len == sizeof line - 1;
        line[len] = '\0';
        denied = denied || (len > 0 && goregex_fits(line, url));
    }
    if (file != NULL)
        (void)fclose(file); /* it was read only */
    free(path);
    return denied;
}

/* False: they cannot be; answered. */
static bool take_credentials(struct repo_call *call, const cJSON *body)
{
    struct error err = ERROR_NONE;
    enum status status = credentials_read(json_get(body, "gitCredentials"), &call->credentials, &err);
    if (status == STATUS_OK && call->credentials != NULL &&
        is_denied(call->core, call->credentials->upstream.url))
        status = error_set(&err, STATUS_UNPROCESSABLE, "Invalid RemoteURL: %.600s",
                           call->credentials->upstream.url);
    if (status == STATUS_OK && call->credentials != NULL)
        status = repo_check_upstream(call->core->repo, &call->credentials->upstream, &err);
    if (status == STATUS_INVALID && strncmp(err.text, "Could not", 9) != 0)
        error_prefix(&err, "Could not validate payload");
    if (status != STATUS_OK)
        answer_error(call->done, call->done_arg, &err);
    return status == STATUS_OK;
}

/* The credentials for the store. False: they cannot be encrypted; answered. */
static bool seal(struct repo_call *call, char **box)
{
    struct error err = ERROR_NONE;
    struct key key;
    *box = NULL;
    if (call->credentials == NULL)
        return true;
    enum status status = key_of_store(call->core->store, true, &key, &err);
    if (status == STATUS_OK)
        *box = credentials_seal(call->credentials, call->project, &key);
    else
        answer_error(call->done, call->done_arg, &err);
    sodium_memzero(&key, sizeof key);
    return status == STATUS_OK;
}

/* On the thread pool. */
static void create_repository(struct repo_call *call)
{
    const struct repo_upstream none = {.url = NULL};
    const char **stages = mem_alloc((call->shipyard->stage_count + 1) * sizeof *stages);
    for (size_t i = 0; i < call->shipyard->stage_count; i++)
        stages[i] = call->shipyard->stages[i].name;
    call->status = repo_create_project(
        call->core->repo, call->project, stages, call->shipyard->stage_count, call->text, strlen(call->text),
        call->credentials != NULL ? &call->credentials->upstream : &none, &call->err);
    free(stages);
}

static void store_project(struct repo_call *call, int64_t created_ns)
{
    char *box;
    if (!seal(call, &box))
        return;
    struct turn *t = turn_new(call->core);
    cJSON *stages = core_stages_json(call->shipyard);
    const struct store_project p = {.name = call->project,
                                    .shipyard = call->text,
                                    .shipyard_version = call->shipyard->api_version,
                                    .credentials =
                                        call->credentials != NULL ? call->credentials->shown : NULL,
                                    .box = box,
                                    .stages = stages,
                                    .created_ns = created_ns};
    store_batch_project(turn_batch(t), &p);
    if (call->update && call->credentials != NULL)
        store_batch_credentials(turn_batch(t), call->project, call->credentials->shown, box);
    store_batch_audit(turn_batch(t), core_now(call->core), call->who,
                      call->update ? "update project" : "create project", call->project, call->address, "");
    cJSON_Delete(stages);
    free(box);
    turn_commit_answer(t, 201, "", call->done, call->done_arg);
}

static void repository_created(struct repo_call *call)
{
    store_project(call, core_now(call->core));
}

static void create_project(struct repo_call *call, const cJSON *body)
{
    const char *shipyard = json_text(body, "shipyard");
    if (store_project_exists(call->core->store, call->project))
        answer_refusal(call->done, call->done_arg, STATUS_CONFLICT,
                       "could not create project '%s': project already exists", call->project);
    else if (shipyard == NULL || shipyard[0] == '\0')
        answer_refusal(
            call->done, call->done_arg, STATUS_INVALID,
            "Could not validate payload: shipyard must contain a valid shipyard spec encoded in base64");
    else if (decode_shipyard(call, shipyard) && take_credentials(call, body)) {
        call->work = create_repository;
        call->then = repository_created;
        repo_call_start(call);
        return;
    }
    repo_call_free(call);
}

static bool same_stages(const struct repo_call *call)
{
    if (call->stage_count != call->shipyard->stage_count)
        return false;
    for (size_t i = 0; i < call->stage_count; i++)
        if (shipyard_find_stage(call->shipyard, call->stages[i]) == NULL)
            return false;
    return true;
}

/* The upstream as the store knows it. */
static void restore_upstream(struct core *core, const char *project)
{
    struct error err = ERROR_NONE;
    struct key key;
    cJSON *stored = store_project_json(core->store, project);
    char *box = store_project_box(core->store, project);
    bool opens = box != NULL && key_of_store(core->store, false, &key, &err) == STATUS_OK;
    struct credentials *c =
        credentials_open(project, json_get(stored, "gitCredentials"), box, opens ? &key : NULL);
    repo_set_upstream(core->repo, project, c != NULL ? &c->upstream : NULL);
    sodium_memzero(&key, sizeof key);
    credentials_free(c);
    free(box);
    cJSON_Delete(stored);
}

/* On the thread pool: other credentials are tried before anything is stored. */
static void change_repository(struct repo_call *call)
{
    const struct repo_scope scope = {.project = call->project};
    if (call->credentials != NULL) {
        repo_set_upstream(call->core->repo, call->project, &call->credentials->upstream);
        call->status = repo_try_upstream(call->core->repo, call->project, &call->err);
    }
    if (call->status == STATUS_OK && call->text != NULL) {
        const struct repo_file file = {
            .path = "shipyard.yaml", .bytes = call->text, .len = strlen(call->text)};
        call->status = repo_write(call->core->repo, &scope, &file, 1, call->read_commit, &call->err);
    }
}

static void refused_change(struct repo_call *call)
{
    if (call->credentials != NULL)
        restore_upstream(call->core, call->project);
}

static void credentials_changed(struct repo_call *call)
{
    char *box;
    if (!seal(call, &box))
        return;
    struct turn *t = turn_new(call->core);
    store_batch_credentials(turn_batch(t), call->project, call->credentials->shown, box);
    store_batch_audit(turn_batch(t), core_now(call->core), call->who, "update project", call->project,
                      call->address, "credentials");
    free(box);
    turn_commit_answer(t, 201, "", call->done, call->done_arg);
}

static void repository_changed(struct repo_call *call)
{
    if (call->text == NULL) {
        credentials_changed(call);
        return;
    }
    cJSON *stored = store_project_json(call->core->store, call->project);
    const char *created = json_text(stored, "creationDate");
    store_project(call, created ? strtoll(created, NULL, 10) : core_now(call->core));
    cJSON_Delete(stored);
}

/* Whether the call is to be started; else it has been answered. */
static bool prepare_update(struct repo_call *call, const cJSON *body)
{
    const char *shipyard = json_text(body, "shipyard");
    if (!take_credentials(call, body))
        return false;
    if (shipyard == NULL || shipyard[0] == '\0') {
        if (call->credentials == NULL)
            answer_text(call->done, call->done_arg, 201, "");
        return call->credentials != NULL;
    }
    if (!decode_shipyard(call, shipyard))
        return false;
    if (same_stages(call))
        return true;
    answer_refusal(call->done, call->done_arg, STATUS_INVALID, "stage name cannot be changed or removed");
    return false;
}

static void update_project(struct repo_call *call, const cJSON *body)
{
    if (!store_project_exists(call->core->store, call->project)) {
        answer_refusal(call->done, call->done_arg, STATUS_NOT_FOUND, "project not found");
        repo_call_free(call);
        return;
    }
    if (!repo_call_take_stages(call))
        return;
    if (!prepare_update(call, body)) {
        repo_call_free(call);
        return;
    }
    call->work = change_repository;
    call->then = repository_changed;
    call->failed = refused_change;
    repo_call_start(call);
}

void port_put_project(void *arg, const cJSON *body, bool update, const struct api_principal *who,
                      api_done done, void *done_arg)
{
    const char *name = json_text(body, "name");
    if (name == NULL || name[0] == '\0') {
        answer_refusal(done, done_arg, STATUS_INVALID, "Could not validate payload: project name missing");
        return;
    }
    if (!update && !name_is_valid(name)) {
        answer_refusal(done, done_arg, STATUS_INVALID,
                       "Could not validate payload: provided project name %s is not valid: a lower-case "
                       "letter, then lower "
                       "case, digits and hyphens, no hyphen last, at most %d characters",
                       name, NAME_MAX_BYTES);
        return;
    }
    struct repo_call *call = repo_call_new(arg, name, done, done_arg);
    call->update = update;
    call->who = mem_string(who->name);
    call->address = mem_string(who->address);
    if (update)
        update_project(call, body);
    else
        create_project(call, body);
}

/* On the thread pool. */
static void delete_repository(struct repo_call *call)
{
    call->status = repo_delete_project(call->core->repo, call->project, &call->err);
}

static void repository_deleted(struct repo_call *call)
{
    struct turn *t = turn_new(call->core);
    turn_delete_project(t, call->project);
    store_batch_audit(turn_batch(t), core_now(call->core), call->who, "delete project", call->project,
                      call->address, "");
    turn_commit_answer(t, 200, "{\"message\":\"\"}", call->done, call->done_arg);
}

void port_delete_project(void *arg, const char *project, const struct api_principal *who, api_done done,
                         void *done_arg)
{
    struct core *core = arg;
    if (!store_project_exists(core->store, project)) {
        answer_text(done, done_arg, 200, "{\"message\":\"\"}"); /* as Keptn: an unknown one too */
        return;
    }
    struct repo_call *call = repo_call_new(core, project, done, done_arg);
    call->who = mem_string(who->name);
    call->address = mem_string(who->address);
    call->work = delete_repository;
    call->then = repository_deleted;
    repo_call_start(call);
}

/* On the thread pool. */
static void add_service(struct repo_call *call)
{
    call->status = repo_add_service(call->core->repo, call->project, (const char *const *)call->stages,
                                    call->stage_count, call->service, &call->err);
}

static void remove_service(struct repo_call *call)
{
    call->status = repo_remove_service(call->core->repo, call->project, (const char *const *)call->stages,
                                       call->stage_count, call->service, &call->err);
}

static void store_service(struct repo_call *call)
{
    struct turn *t = turn_new(call->core);
    int64_t now = core_now(call->core);
    if (call->update)
        store_batch_service(turn_batch(t), call->project, call->service, now);
    else
        store_batch_delete_service(turn_batch(t), call->project, call->service);
    store_batch_audit(turn_batch(t), now, call->who, call->update ? "create service" : "delete service",
                      call->project, call->address, call->service);
    turn_commit_answer(t, 200, "{\"message\":\"\"}", call->done, call->done_arg);
}

static void change_service(struct core *core, const char *project, const char *service, bool add,
                           const struct api_principal *who, api_done done, void *done_arg)
{
    struct repo_call *call = repo_call_new(core, project, done, done_arg);
    call->service = mem_string(service);
    call->who = mem_string(who->name);
    call->address = mem_string(who->address);
    call->update = add;
    call->work = add ? add_service : remove_service;
    call->then = store_service;
    if (repo_call_take_stages(call))
        repo_call_start(call);
}

void port_create_service(void *arg, const char *project, const char *service, const struct api_principal *who,
                         api_done done, void *done_arg)
{
    struct core *core = arg;
    if (strlen(service) > 43 || strcmp(service, ".") == 0 || strcmp(service, "..") == 0 ||
        service[0] == '\0' || strpbrk(service, "/><|:&") != NULL)
        answer_refusal(
            done, done_arg, STATUS_INVALID,
            "service name %s is not valid: 1 to 43 characters, none of / > < | : &, and not . or ..",
            service);
    else if (!store_project_exists(core->store, project))
        answer_refusal(done, done_arg, STATUS_FAILED, "could not get stages of project %s: project not found",
                       project);
    else if (store_service_exists(core->store, project, service))
        answer_refusal(done, done_arg, STATUS_CONFLICT, "service already exists");
    else
        change_service(core, project, service, true, who, done, done_arg);
}

void port_delete_service(void *arg, const char *project, const char *service, const struct api_principal *who,
                         api_done done, void *done_arg)
{
    struct core *core = arg;
    if (!store_service_exists(core->store, project, service))
        answer_text(done, done_arg, 200, "{\"message\":\"\"}"); /* as Keptn: an unknown one too */
    else
        change_service(core, project, service, false, who, done, done_arg);
}

static bool tell_upstream(void *arg, const char *project, const char *context, const char *text)
{
    (void)context; /* only records have one */
    (void)text;
    restore_upstream(arg, project);
    return true;
}

enum status core_restore_upstreams(struct core *core, struct error *err)
{
    return store_project_names(core->store, tell_upstream, core, err);
}
