/* Building a batch: each call copies what it needs into the batch's arena, so that the pool can write it
 * while the loop goes on. JSON is printed here: cJSON's allocator is the loop thread's. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/internal.h"

#define JSON_STORED_MAX ((size_t)256 * 1024 * 1024) /* bytes; ours, so a larger one is a defect */
#define INTERNAL_PREFIX "sh.drawbridge."

struct store_batch *store_batch_new(struct store *s)
{
    struct store_batch *b = MEM_NEW(struct store_batch);
    b->store = s;
    b->last = &b->first;
    return b;
}

void store_batch_free(struct store_batch *b)
{
    if (b == NULL)
        return;
    arena_free(&b->arena);
    free(b);
}

static struct write_op *op_new(struct store_batch *b, enum write_kind kind)
{
    int capacity = write_capacity(kind);
    struct write_op *op = arena_alloc(&b->arena, sizeof *op + (size_t)capacity * sizeof op->values[0]);
    *op = (struct write_op){.kind = kind, .capacity = capacity};
    *b->last = op;
    b->last = &op->next;
    return op;
}

static struct write_value *op_value(struct write_op *op)
{
    assert(op->count < op->capacity); /* the statement has that many parameters */
    return &op->values[op->count++];
}

static void op_int(struct write_op *op, int64_t number)
{
    *op_value(op) = (struct write_value){.kind = WRITE_INT, .number = number};
}

static void op_bytes(struct store_batch *b, struct write_op *op, const char *text, size_t len)
{
    *op_value(op) =
        (struct write_value){.kind = WRITE_TEXT, .text = arena_string_n(&b->arena, text, len), .len = len};
}

static void op_text(struct store_batch *b, struct write_op *op, const char *text)
{
    if (text == NULL)
        *op_value(op) = (struct write_value){.kind = WRITE_NULL};
    else
        op_bytes(b, op, text, strlen(text));
}

static void op_json(struct store_batch *b, struct write_op *op, const cJSON *json)
{
    if (json == NULL) {
        op_text(b, op, NULL);
        return;
    }
    struct buffer printed = BUFFER_LIMIT(JSON_STORED_MAX);
    bool fits = json_print(json, &printed);
    assert(fits);
    (void)fits; /* where assertions are off */
    op_bytes(b, op, printed.data, printed.len);
    buffer_free(&printed);
}

/* Statements whose parameters are all texts: a project, or a project and a service. */
static void op_texts(struct store_batch *b, enum write_kind kind, const char *first, const char *second)
{
    struct write_op *op = op_new(b, kind);
    op_text(b, op, first);
    if (op->capacity > 1)
        op_text(b, op, second);
}

static bool is_deployment(const struct event *ev, enum event_kind kind)
{
    return ev->parsed_type.class == EVENT_CLASS_TASK && ev->parsed_type.kind == kind &&
           strcmp(ev->parsed_type.name, "deployment") == 0;
}

/* What Keptn's project object shows of a service (source: keptn-api.md, section 3; shipyard-controller 1.4.5,
 * UpdateEventOfService). */
static void add_service_facts(struct store_batch *b, const struct event *ev)
{
    enum event_kind kind = ev->parsed_type.kind;
    bool known = kind == EVENT_KIND_TRIGGERED || kind == EVENT_KIND_STARTED || kind == EVENT_KIND_FINISHED;
    if (ev->parsed_type.class != EVENT_CLASS_TASK || !known || ev->project == NULL || ev->stage == NULL ||
        ev->service == NULL)
        return;
    struct write_op *op = op_new(b, WRITE_LAST_EVENT);
    op_text(b, op, ev->project);
    op_text(b, op, ev->service);
    op_text(b, op, ev->stage);
    op_text(b, op, ev->type);
    op_text(b, op, ev->id);
    op_text(b, op, ev->context);
    op_int(op, ev->time_ns);
    if (!is_deployment(ev, EVENT_KIND_FINISHED) || ev->triggeredid == NULL || ev->context == NULL)
        return;
    op = op_new(b, WRITE_DEPLOYED);
    op_text(b, op, ev->project);
    op_text(b, op, ev->service);
    op_text(b, op, ev->stage);
    op_text(b, op, ev->triggeredid);
    op_text(b, op, ev->context);
}

void store_batch_event(struct store_batch *b, uint64_t number, const char *text, size_t len,
                       const struct event *ev, int pending)
{
    assert(number > b->last_number && number < b->store->next_number);
    if (b->first_number == 0)
        b->first_number = number;
    b->last_number = number;
    struct write_op *op = op_new(b, WRITE_EVENT);
    op->event_number = number;
    op_int(op, (int64_t)number);
    op_text(b, op, ev->id);
    op_text(b, op, ev->type != NULL ? ev->type : "");
    op_text(b, op, ev->source);
    op_text(b, op, ev->context);
    op_text(b, op, ev->triggeredid);
    op_text(b, op, ev->project);
    op_text(b, op, ev->stage);
    op_text(b, op, ev->service);
    op_text(b, op, ev->result);
    op_text(b, op, is_deployment(ev, EVENT_KIND_TRIGGERED) ? event_image(ev->data) : NULL);
    op_int(op, ev->time_ns);
    op_int(op, ev->type != NULL && strncmp(ev->type, INTERNAL_PREFIX, strlen(INTERNAL_PREFIX)) == 0);
    op_bytes(b, op, text, len);
    for (int who = STORE_FOR_SEQUENCER; who <= STORE_FOR_JOBS; who <<= 1) {
        if ((pending & who) == 0)
            continue;
        op = op_new(b, WRITE_PENDING);
        op_int(op, who);
        op_int(op, (int64_t)number);
    }
    add_service_facts(b, ev);
}

void store_batch_handled(struct store_batch *b, uint64_t number, enum store_consumer who)
{
    struct write_op *op = op_new(b, WRITE_HANDLED);
    op_int(op, who);
    op_int(op, (int64_t)number);
}

void store_batch_open_event(struct store_batch *b, const char *event_id)
{
    op_texts(b, WRITE_OPEN_EVENT, event_id, NULL);
}

void store_batch_close_event(struct store_batch *b, const char *event_id)
{
    op_texts(b, WRITE_CLOSE_EVENT, event_id, NULL);
}

void store_batch_record(struct store_batch *b, const char *project, const char *context, bool open,
                        const cJSON *record, const cJSON *state)
{
    int64_t time_ns = 0;
    const char *time = json_text(state, "time");
    if (time != NULL && !clock_parse(time, &time_ns))
        time_ns = 0;
    struct write_op *op = op_new(b, WRITE_RECORD);
    op_text(b, op, project);
    op_text(b, op, context);
    op_int(op, open);
    op_text(b, op, json_text(state, "name"));
    op_text(b, op, json_text(state, "service"));
    op_text(b, op, json_text(state, "state"));
    op_int(op, time_ns);
    op_json(b, op, state);
    op_json(b, op, record);
}

void store_batch_decision(struct store_batch *b, const struct store_decision *d)
{
    struct write_op *op = op_new(b, WRITE_DECISION);
    op_text(b, op, d->triggeredid);
    op_text(b, op, d->event_id);
    op_text(b, op, d->decisionid);
    op_text(b, op, d->project);
    op_text(b, op, d->context);
    op_text(b, op, d->by);
    op_text(b, op, d->via);
    op_text(b, op, d->result);
    op_text(b, op, d->comment);
    op_int(op, d->time_ns);
}

void store_batch_job(struct store_batch *b, const struct store_job *job)
{
    struct write_op *op = op_new(b, WRITE_JOB);
    op_text(b, op, job->id);
    op_text(b, op, job->project);
    op_text(b, op, job->stage);
    op_text(b, op, job->service);
    op_text(b, op, job->context);
    op_text(b, op, job->task);
    op_text(b, op, job->state);
    op_text(b, op, job->log_path);
    op_int(op, job->pid);
    op_int(op, job->start_time);
}

void store_batch_project(struct store_batch *b, const struct store_project *p)
{
    struct write_op *op = op_new(b, WRITE_PROJECT);
    op_text(b, op, p->name);
    op_text(b, op, p->shipyard);
    op_text(b, op, p->shipyard_version);
    op_text(b, op, p->credentials);
    op_text(b, op, p->box);
    op_json(b, op, p->stages);
    op_int(op, p->created_ns);
}

void store_batch_credentials(struct store_batch *b, const char *project, const char *credentials,
                             const char *box)
{
    struct write_op *op = op_new(b, WRITE_CREDENTIALS);
    op_text(b, op, project);
    op_text(b, op, credentials);
    op_text(b, op, box);
}

void store_batch_delete_project(struct store_batch *b, const char *name)
{
    for (enum write_kind kind = WRITE_DELETE_PROJECT; kind <= WRITE_DELETE_PROJECT_OPEN_EVENTS; kind++)
        op_texts(b, kind, name, NULL);
}

void store_batch_service(struct store_batch *b, const char *project, const char *service, int64_t created_ns)
{
    struct write_op *op = op_new(b, WRITE_SERVICE);
    op_text(b, op, project);
    op_text(b, op, service);
    op_int(op, created_ns);
}

void store_batch_delete_service(struct store_batch *b, const char *project, const char *service)
{
    for (enum write_kind kind = WRITE_DELETE_SERVICE; kind <= WRITE_DELETE_SERVICE_DEPLOYED; kind++)
        op_texts(b, kind, project, service);
}

void store_batch_token(struct store_batch *b, const struct store_token *t)
{
    struct write_op *op = op_new(b, WRITE_TOKEN);
    op_text(b, op, t->name);
    op_text(b, op, t->role);
    op_text(b, op, t->hash);
    op_json(b, op, t->projects);
    op_int(op, t->expires_ns);
}

void store_batch_delete_token(struct store_batch *b, const char *name)
{
    op_texts(b, WRITE_DELETE_TOKEN, name, NULL);
}

void store_batch_audit(struct store_batch *b, int64_t time_ns, const char *who, const char *what,
                       const char *project, const char *from, const char *why)
{
    struct write_op *op = op_new(b, WRITE_AUDIT);
    op_int(op, time_ns);
    op_text(b, op, who);
    op_text(b, op, what);
    op_text(b, op, project);
    op_text(b, op, from);
    op_text(b, op, why);
    (void)op_new(b, WRITE_AUDIT_HEAD);
}

void store_batch_seal_audit(struct store_batch *b)
{
    (void)op_new(b, WRITE_AUDIT_SEAL);
}

/* --- integrations, their logs, secrets --- */

void store_batch_integration(struct store_batch *b, const struct store_integration *i, int64_t forget_ns)
{
    const char *const texts[] = {i->id,          i->name,     i->namespace, i->hostname,  i->version,
                                 i->distributor, i->location, i->pod,       i->deployment};
    struct write_op *op = op_new(b, WRITE_FORGET_INTEGRATIONS);
    op_int(op, forget_ns);
    (void)op_new(b, WRITE_FORGET_SUBSCRIPTIONS);
    op = op_new(b, WRITE_INTEGRATION);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        op_text(b, op, texts[k]);
    op_int(op, i->seen_ns);
    op = op_new(b, WRITE_FIRST_SUBSCRIPTIONS);
    op_text(b, op, i->name);
    op_text(b, op, i->namespace);
    op_text(b, op, i->subscriptions);
}

void store_batch_ping(struct store_batch *b, const char *integration, int64_t seen_ns)
{
    struct write_op *op = op_new(b, WRITE_PING);
    op_text(b, op, integration);
    op_int(op, seen_ns);
}

void store_batch_delete_integration(struct store_batch *b, const char *integration)
{
    op_texts(b, WRITE_DELETE_INTEGRATION, integration, NULL);
    op_texts(b, WRITE_DELETE_SUBSCRIPTIONS, integration, NULL);
}

void store_batch_subscription(struct store_batch *b, const char *integration, const char *id,
                              const char *text)
{
    struct write_op *op = op_new(b, WRITE_SUBSCRIPTION);
    op_text(b, op, integration);
    op_text(b, op, id);
    op_text(b, op, text);
}

void store_batch_delete_subscription(struct store_batch *b, const char *integration, const char *id)
{
    op_texts(b, WRITE_DELETE_SUBSCRIPTION, integration, id);
}

void store_batch_log(struct store_batch *b, const char *integration, int64_t time_ns, const char *text)
{
    struct write_op *op = op_new(b, WRITE_LOG);
    op_text(b, op, integration);
    op_int(op, time_ns);
    op_text(b, op, text);
}

void store_batch_forget_logs(struct store_batch *b, int64_t before_ns, int64_t keep)
{
    op_int(op_new(b, WRITE_FORGET_LOGS), before_ns);
    op_int(op_new(b, WRITE_TRIM_LOGS), keep);
}

void store_batch_secret(struct store_batch *b, const char *scope, const char *name, const char *keys,
                        const char *box)
{
    struct write_op *op = op_new(b, WRITE_SECRET);
    op_text(b, op, scope);
    op_text(b, op, name);
    op_text(b, op, keys);
    op_text(b, op, box);
}

void store_batch_delete_secret(struct store_batch *b, const char *scope, const char *name)
{
    op_texts(b, WRITE_DELETE_SECRET, scope, name);
}
