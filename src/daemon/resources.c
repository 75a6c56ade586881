/* Resources: pull before read, push after write. Source: keptn-api.md, section 4. */
#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/answer.h"
#include "daemon/internal.h"

static struct repo_scope scope_of(const struct repo_call *call)
{
    return (struct repo_scope){.project = call->project, .stage = call->stage, .service = call->service};
}

static struct repo_call *new_call(struct core *core, const char *project, const char *stage,
                                  const char *service, api_done done, void *done_arg)
{
    if (!store_project_exists(core->store, project)) {
        answer_refusal(done, done_arg, STATUS_NOT_FOUND, "Project not found");
        return NULL;
    }
    struct repo_call *call = repo_call_new(core, project, done, done_arg);
    call->stage = mem_string(stage);
    call->service = mem_string(service);
    call->capital = true;
    return call;
}

static cJSON *metadata_of(const struct repo_call *call)
{
    cJSON *project = store_project_json(call->core->store, call->project);
    const char *upstream = json_text(json_get(project, "gitCredentials"), "remoteURL");
    cJSON *metadata = cJSON_CreateObject();
    cJSON_AddStringToObject(metadata, "upstreamURL", upstream ? upstream : "");
    cJSON_AddStringToObject(metadata, "version", call->read_commit);
    cJSON_Delete(project);
    return metadata;
}

/* On the thread pool. */
static void write_files(struct repo_call *call)
{
    const struct repo_scope scope = scope_of(call);
    call->status =
        repo_write(call->core->repo, &scope, call->files, call->file_count, call->read_commit, &call->err);
}

static void files_written(struct repo_call *call)
{
    cJSON *body = cJSON_CreateObject();
    struct turn *t = turn_new(call->core);
    struct buffer text = BUFFER_LIMIT(64 * 1024);
    cJSON_AddStringToObject(body, "commitID", call->read_commit);
    cJSON_AddItemToObject(body, "metadata", metadata_of(call));
    store_batch_audit(turn_batch(t), core_now(call->core), call->who, "write resources", call->project,
                      call->address, call->files[0].path);
    (void)json_print(body, &text); /* a commit and a URL fit */
    turn_commit_answer(t, call->update ? 200 : 201, buffer_text(&text), call->done, call->done_arg);
    buffer_free(&text);
    cJSON_Delete(body);
}

void port_write_resources(void *arg, const char *project, const char *stage, const char *service,
                          const struct api_file *files, size_t count, const struct api_principal *who,
                          api_done done, void *done_arg)
{
    struct repo_call *call = new_call(arg, project, stage, service, done, done_arg);
    if (call == NULL)
        return;
    call->who = mem_string(who->name);
    call->address = mem_string(who->address);
    call->update = true;
    call->files = mem_alloc((count + 1) * sizeof *call->files);
    for (size_t i = 0; i < count; i++)
        call->files[call->file_count++] =
            (struct repo_file){.path = mem_string(files[i].path),
                               .bytes = files[i].bytes ? mem_string_n(files[i].bytes, files[i].len) : NULL,
                               .len = files[i].len};
    call->work = write_files;
    call->then = files_written;
    repo_call_start(call);
}

/* On the thread pool. While the upstream is away, what was fetched last is answered. */
static void fetch(struct repo_call *call)
{
    call->status = repo_fetch(call->core->repo, call->project, &call->err);
    if (call->status != STATUS_UNREACHABLE)
        return;
    log_write(LOG_WARN, "project %s: what was fetched last is read: %s", call->project, call->err.text);
    call->status = STATUS_OK;
}

/* On the thread pool. */
static void read_file(struct repo_call *call)
{
    const struct repo_scope scope = scope_of(call);
    /* A commit that is here already does not change. */
    if (call->commit != NULL && repo_read(call->core->repo, &scope, call->path, call->commit, &call->content,
                                          call->read_commit, &call->err) == STATUS_OK)
        return;
    call->content.len = 0;
    call->err = ERROR_NONE;
    fetch(call);
    if (call->status == STATUS_OK)
        call->status = repo_read(call->core->repo, &scope, call->path, call->commit, &call->content,
                                 call->read_commit, &call->err);
}

static void file_read(struct repo_call *call)
{
    size_t size = sodium_base64_ENCODED_LEN(call->content.len, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = mem_alloc(size);
    sodium_bin2base64(base64, size, (const unsigned char *)buffer_text(&call->content), call->content.len,
                      sodium_base64_VARIANT_ORIGINAL);
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "resourceURI", call->path);
    cJSON_AddStringToObject(body, "resourceContent", base64);
    cJSON_AddItemToObject(body, "metadata", metadata_of(call));
    answer_json(call->done, call->done_arg, 200, body);
    cJSON_Delete(body);
    free(base64);
}

void port_read_resource(void *arg, const char *project, const char *stage, const char *service,
                        const char *path, const char *commit, api_done done, void *done_arg)
{
    struct repo_call *call = new_call(arg, project, stage, service, done, done_arg);
    if (call == NULL)
        return;
    call->path = mem_string(path);
    call->commit = commit != NULL && commit[0] != '\0' ? mem_string(commit) : NULL;
    call->work = read_file;
    call->then = file_read;
    repo_call_start(call);
}

/* Plain texts: cJSON belongs to the loop thread (base/json.h). */
static bool add_path(void *arg, const char *path)
{
    struct repo_call *call = arg;
    MEM_GROW(call->paths, call->path_count, call->path_capacity);
    call->paths[call->path_count++] = mem_string(path);
    return true;
}

/* On the thread pool. */
static void list_files(struct repo_call *call)
{
    const struct repo_scope scope = scope_of(call);
    fetch(call);
    if (call->status == STATUS_OK)
        call->status =
            repo_list(call->core->repo, &scope, NULL, add_path, call, call->read_commit, &call->err);
}

static void files_listed(struct repo_call *call)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddNumberToObject(body, "totalCount", (double)call->path_count);
    cJSON *list = cJSON_AddArrayToObject(body, "resources");
    for (size_t i = 0; i < call->path_count; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "resourceURI", call->paths[i]);
        cJSON_AddItemToArray(list, item);
    }
    answer_json(call->done, call->done_arg, 200, body);
    cJSON_Delete(body);
}

void port_list_resources(void *arg, const char *project, const char *stage, const char *service,
                         api_done done, void *done_arg)
{
    struct repo_call *call = new_call(arg, project, stage, service, done, done_arg);
    if (call == NULL)
        return;
    call->work = list_files;
    call->then = files_listed;
    repo_call_start(call);
}
