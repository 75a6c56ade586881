#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "daemon/answer.h"
#include "daemon/internal.h"

struct repo_call *repo_call_new(struct core *core, const char *project, api_done done, void *done_arg)
{
    struct repo_call *call = MEM_NEW(struct repo_call);
    call->core = core;
    call->project = mem_string(project);
    call->content = BUFFER_LIMIT(JSON_BODY_MAX);
    call->done = done;
    call->done_arg = done_arg;
    return call;
}

void repo_call_free(struct repo_call *call)
{
    for (size_t i = 0; i < call->stage_count; i++)
        free(call->stages[i]);
    for (size_t i = 0; i < call->file_count; i++) {
        free((void *)(uintptr_t)call->files[i].path);
        free((void *)(uintptr_t)call->files[i].bytes);
    }
    char *texts[] = {call->project, call->stage, call->service, call->path,
                     call->commit,  call->text,  call->who,     call->address};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < call->path_count; i++)
        free(call->paths[i]);
    free(call->paths);
    free(call->stages);
    free(call->files);
    credentials_free(call->credentials);
    shipyard_free(call->shipyard);
    buffer_free(&call->content);
    free(call);
}

bool repo_call_take_stages(struct repo_call *call)
{
    cJSON *project = store_project_json(call->core->store, call->project);
    if (project == NULL) {
        answer_refusal(call->done, call->done_arg, STATUS_NOT_FOUND, "Project not found: %s", call->project);
        repo_call_free(call);
        return false;
    }
    const cJSON *stages = json_get(project, "stages"), *stage;
    call->stages = mem_alloc(((size_t)cJSON_GetArraySize(stages) + 1) * sizeof *call->stages);
    cJSON_ArrayForEach(stage, stages) call->stages[call->stage_count++] =
        mem_string(json_text(stage, "stageName"));
    cJSON_Delete(project);
    return true;
}

static void work(void *arg)
{
    struct repo_call *call = arg;
    call->work(call);
}

static void finished(void *arg)
{
    struct repo_call *call = arg;
    if (call->status == STATUS_OK)
        call->then(call);
    else if (call->failed != NULL)
        call->failed(call);
    if (call->status != STATUS_OK && call->capital)
        call->err.text[0] = (char)toupper((unsigned char)call->err.text[0]);
    if (call->status != STATUS_OK)
        answer_error(call->done, call->done_arg, &call->err);
    repo_call_free(call);
}

void repo_call_start(struct repo_call *call)
{
    repo_queue_add(call->core->repo_queue, call->project, work, finished, call);
}

struct late_answer {
    int http;
    char *body;
    api_done done;
    void *done_arg;
};

static void answer_late(void *arg, enum status status, const struct error *err)
{
    struct late_answer *late = arg;
    if (status == STATUS_OK)
        answer_text(late->done, late->done_arg, late->http, late->body);
    else
        answer_error(late->done, late->done_arg, err);
    free(late->body);
    free(late);
}

void turn_commit_answer(struct turn *t, int http, const char *body, api_done done, void *done_arg)
{
    struct late_answer *late = MEM_NEW(struct late_answer);
    *late = (struct late_answer){.http = http, .body = mem_string(body), .done = done, .done_arg = done_arg};
    turn_commit(t, answer_late, late);
}
