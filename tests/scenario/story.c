#include "config.h"

#include "story.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"

#define EXECUTOR  "job-executor-service"
#define SEQUENCER "shipyard-controller"
#define EVENT_MAX 65536

/* --- ids --- */

/* splitmix64, by Sebastiano Vigna: one step of it turns a counter into bits that look random. */
static uint64_t mix(uint64_t n)
{
    n += UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ (n >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ (n >> 27)) * UINT64_C(0x94d049bb133111eb);
    return n ^ (n >> 31);
}

void tale_id(uint64_t number, char out[UUID_SIZE])
{
    const uint64_t high = mix(number * 2), low = mix(number * 2 + 1);
    (void)snprintf(out, UUID_SIZE, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(high >> 32),
                   (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff,
                   ((unsigned)(low >> 48) & 0x3fff) | 0x8000, low & UINT64_C(0xffffffffffff));
}

/* A commit of the project's repository: one for a project and stage. */
static void commit_of(const char *project, const char *stage, char out[41])
{
    uint64_t hash = 5381;
    for (const char *p = project; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    for (const char *p = stage; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    (void)snprintf(out, 41, "%016" PRIx64 "%016" PRIx64 "%08x", mix(hash), mix(hash + 1),
                   (unsigned)(mix(hash + 2) >> 32));
}

/* --- what was told --- */

static void keep(struct tale *t, int64_t ns, char *text)
{
    MEM_GROW(t->events, t->count, t->capacity);
    t->events[t->count++] = (struct tale_event){.ns = ns, .place = t->told, .text = text};
}

static int in_time(const void *a, const void *b)
{
    const struct tale_event *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Sorts; returns how many are before the time. */
static size_t count_before(struct tale *t, int64_t before_ns)
{
    size_t n = 0;
    if (t->count > 0)
        qsort(t->events, t->count, sizeof *t->events, in_time);
    while (n < t->count && t->events[n].ns < before_ns)
        n++;
    return n;
}

static void drop(struct tale *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(t->events[i].text);
    memmove(t->events, t->events + n, (t->count - n) * sizeof *t->events);
    t->count -= n;
}

enum status tale_write(struct tale *t, struct recording *r, int64_t before_ns, struct error *err)
{
    enum status status = STATUS_OK;
    const size_t n = count_before(t, before_ns);
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        char *text = mem_printf("{\"sequence\":\"%020" PRIu64 "\",%s", ++t->number, t->events[i].text + 1);
        status = recording_add_event(r, t->events[i].ns, text, strlen(text), err);
        free(text);
    }
    if (n > 0)
        drop(t, n);
    return status;
}

enum status tale_write_history(struct tale *t, struct recording *r, int64_t received_ns, int64_t before_ns,
                               struct error *err)
{
    enum status status = STATUS_OK;
    const size_t n = count_before(t, before_ns);
    t->number += n;
    for (size_t i = n; i-- > 0 && status == STATUS_OK;) { /* newest first, as the event store has them */
        char *text = mem_printf("{\"events\":[%s]}", t->events[i].text);
        status = recording_add_item(r, received_ns, "events", text, strlen(text), t->number, err);
        free(text);
    }
    if (n > 0)
        drop(t, n);
    return status;
}

void tale_free(struct tale *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->events[i].text);
    free(t->events);
    *t = (struct tale){0};
}

/* --- events --- */

struct telling {
    const char *kind, *source, *status, *result, *message, *by, *via;
    const char *triggeredid;    /* NULL: it is a triggered */
    const char *pass, *warning; /* strategies */
    bool is_sequence, with_evaluation;
};

static cJSON *labels_of(const struct story *s)
{
    cJSON *labels = cJSON_CreateObject();
    const char *const pairs[][2] = {{"version", s->version}, {"build", s->build}, {"ticket", s->ticket}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][1] != NULL)
            cJSON_AddStringToObject(labels, pairs[i][0], pairs[i][1]);
    return labels;
}

static cJSON *data_of(const struct story *s, const struct telling *t)
{
    cJSON *labels = labels_of(s);
    cJSON *data = event_data_new(s->project, s->stage, s->service, labels, t->status, t->result, t->message);
    cJSON_Delete(labels);
    if (t->triggeredid == NULL && s->image != NULL) {
        cJSON *values =
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(data, "configurationChange"), "values");
        cJSON_AddStringToObject(values, "image", s->image);
    }
    if (t->pass != NULL) {
        cJSON *approval = cJSON_AddObjectToObject(data, "approval");
        cJSON_AddStringToObject(approval, "pass", t->pass);
        cJSON_AddStringToObject(approval, "warning", t->warning);
    }
    if (s->evaluation != NULL && (t->with_evaluation || t->pass != NULL)) {
        cJSON *evaluation = cJSON_AddObjectToObject(data, "evaluation");
        cJSON_AddStringToObject(evaluation, "result", s->evaluation);
        cJSON_AddNumberToObject(evaluation, "score", s->score);
    }
    return data;
}

/* Tells one event; its id goes to id. */
static void tell(struct story *s, const struct telling *t, char id[UUID_SIZE])
{
    struct buffer text = BUFFER_LIMIT(EVENT_MAX);
    char commit[41], shipyard[41];
    char *type = t->is_sequence ? mem_printf("sh.keptn.event.%s.%s.%s", s->stage, s->sequence, t->kind)
                                : mem_printf("sh.keptn.event.%s.%s", s->task, t->kind);
    cJSON *data = data_of(s, t);
    commit_of(s->project, s->stage, commit);
    commit_of(s->project, "", shipyard);
    char own[UUID_SIZE];
    tale_id(UINT64_C(1000000) + ++s->tale->told, own);
    const bool of_sequencer = strcmp(t->source, SEQUENCER) == 0;
    const struct event_draft draft = {.id = own,
                                      .source = t->source,
                                      .type = type,
                                      .context = s->context,
                                      .triggeredid = t->triggeredid,
                                      .gitcommitid = of_sequencer && !t->is_sequence ? commit : NULL,
                                      .shkeptnspecversion = "0.2.4",
                                      .shipyardcommit = of_sequencer ? shipyard : NULL,
                                      .decidedby = t->by,
                                      .decidedvia = t->via,
                                      .time_ns = s->now_ns,
                                      .data = data};
    const bool fits = event_print(&draft, &text);
    assert(fits);
    keep(s->tale, s->now_ns, buffer_take(&text, NULL));
    memcpy(id, own, UUID_SIZE);
    cJSON_Delete(data);
    free(type);
}

struct story story_begin(struct tale *t, uint64_t number, const char *project, const char *service,
                         const char *version, int64_t now_ns)
{
    struct story s = {.tale = t, .project = project, .service = service, .version = version};
    s.now_ns = s.began_ns = now_ns;
    tale_id(number, s.context);
    return s;
}

void story_sequence(struct story *s, const char *stage, const char *sequence, const char *source)
{
    s->stage = stage;
    s->sequence = sequence;
    tell(s,
         &(struct telling){.kind = "triggered", .source = source, .result = s->result, .is_sequence = true},
         s->sequence_id);
}

void story_sequence_ends(struct story *s, const char *status, const char *result, const char *message)
{
    char id[UUID_SIZE];
    s->result = result;
    tell(s,
         &(struct telling){.kind = "finished",
                           .source = SEQUENCER,
                           .status = status,
                           .result = result,
                           .message = message,
                           .triggeredid = s->sequence_id,
                           .is_sequence = true},
         id);
}

void story_task(struct story *s, const char *task)
{
    s->task = task;
    s->task_ns = s->now_ns;
    tell(s,
         &(struct telling){
             .kind = "triggered", .source = SEQUENCER, .status = "succeeded", .result = s->result},
         s->task_id);
}

void story_starts(struct story *s, const char *source)
{
    char id[UUID_SIZE];
    tell(s,
         &(struct telling){
             .kind = "started", .source = source, .status = "succeeded", .triggeredid = s->task_id},
         id);
}

void story_ends(struct story *s, const char *source, const char *result, const char *message)
{
    char id[UUID_SIZE];
    const bool failed = strcmp(result, "fail") == 0;
    tell(s,
         &(struct telling){.kind = "finished",
                           .source = source,
                           .status = failed && strcmp(source, EXECUTOR) == 0 ? "errored" : "succeeded",
                           .result = result,
                           .message = message,
                           .triggeredid = s->task_id,
                           .with_evaluation = strcmp(s->task, "evaluation") == 0},
         id);
    s->result = result;
}

void story_job(struct story *s, const char *task, const char *source, int64_t took, const char *result,
               const char *message)
{
    story_task(s, task);
    s->now_ns += took / 20;
    story_starts(s, source);
    s->now_ns += took - took / 20;
    story_ends(s, source, result, message);
}

void story_evaluation(struct story *s, const char *result, double score)
{
    s->evaluation = result;
    s->score = score;
    story_job(s, "evaluation", "lighthouse-service", SECONDS(9), result, NULL);
}

void story_approval(struct story *s, const char *pass, const char *warning)
{
    char id[UUID_SIZE], message[120];
    const char *strategy = s->result != NULL && strcmp(s->result, "warning") == 0 ? warning : pass;
    s->task = "approval";
    s->task_ns = s->now_ns;
    tell(s,
         &(struct telling){.kind = "triggered",
                           .source = SEQUENCER,
                           .status = "succeeded",
                           .result = s->result,
                           .pass = pass,
                           .warning = warning},
         s->task_id);
    (void)snprintf(message, sizeof message, "Approval strategy for result '%s': %s",
                   s->result != NULL ? s->result : "", strategy);
    tell(s,
         &(struct telling){.kind = "started",
                           .source = "approval-service",
                           .status = "succeeded",
                           .message = message,
                           .triggeredid = s->task_id},
         id);
}

void story_decision(struct story *s, const char *by, const char *via, const char *result, const char *comment)
{
    char id[UUID_SIZE];
    tell(s,
         &(struct telling){.kind = "finished",
                           .source = by != NULL ? via : "approval-service",
                           .status = "succeeded",
                           .result = result,
                           .message = comment,
                           .triggeredid = s->task_id,
                           .by = by,
                           .via = by != NULL ? via : NULL},
         id);
    s->result = result;
}

void story_state(struct story *s, const char *state, const char *word)
{
    struct buffer text = BUFFER_LIMIT(EVENT_MAX);
    char id[UUID_SIZE], began[CLOCK_TEXT_SIZE], latest[CLOCK_TEXT_SIZE];
    cJSON *data = cJSON_CreateObject();
    clock_format_ms(s->began_ns, began);
    clock_format_ms(s->task_ns, latest);
    tale_id(UINT64_C(1000000) + ++s->tale->told, id);
    cJSON_AddStringToObject(data, "name", s->sequence);
    cJSON_AddStringToObject(data, "service", s->service);
    cJSON_AddStringToObject(data, "project", s->project);
    cJSON_AddStringToObject(data, "time", began);
    cJSON_AddStringToObject(data, "shkeptncontext", s->context);
    cJSON_AddStringToObject(data, "state", state);
    cJSON *stage = cJSON_CreateObject(), *event = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(data, "stages"), stage);
    cJSON_AddStringToObject(stage, "name", s->stage);
    cJSON_AddStringToObject(stage, "state", word);
    cJSON_AddItemToObject(stage, "latestEvent", event);
    char *type = mem_printf("sh.keptn.event.%s.triggered", s->task);
    cJSON_AddStringToObject(event, "type", type);
    cJSON_AddStringToObject(event, "id", s->task_id);
    cJSON_AddStringToObject(event, "time", latest);
    const struct event_draft draft = {.id = id,
                                      .source = "drawbridged",
                                      .type = EVENT_TYPE_STATE,
                                      .context = s->context,
                                      .time_ns = s->now_ns,
                                      .data = data};
    const bool fits = event_print(&draft, &text);
    assert(fits);
    keep(s->tale, s->now_ns, buffer_take(&text, NULL));
    cJSON_Delete(data);
    free(type);
}
