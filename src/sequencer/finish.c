/* How a run ends, and what follows from it (3.4). */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sequencer/internal.h"

static bool follows(const struct execution *x, const struct follower *f, const char *result)
{
    const char *task = x->past_count > 0 ? x->past[x->past_count - 1].name : "";
    if (f->match == NULL)
        return shipyard_trigger_fits(&(struct shipyard_trigger){0}, task, result);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, f->match)
    {
        const struct shipyard_match match = {.key = item->string, .value = item->valuestring};
        if (shipyard_trigger_fits(&(struct shipyard_trigger){.matches = &match, .match_count = 1}, task,
                                  result))
            return true;
    }
    return false;
}

/* The data of all followers that fit, one item an entry; NULL: some of them does not fit into an event. */
static cJSON *follower_payloads(const struct execution *x, const char *result)
{
    cJSON *payloads = json_must(cJSON_CreateArray());
    for (size_t i = 0; i < x->follower_count; i++) {
        if (!follows(x, &x->followers[i], result))
            continue;
        cJSON *payload = payload_build(x, x->followers[i].stage, NULL);
        cJSON_AddItemToArray(payloads, payload);
        if (!payload_fits(payload)) {
            cJSON_Delete(payloads);
            return NULL;
        }
    }
    return payloads;
}

static void trigger_followers(struct sequencer *s, struct execution *x, cJSON *payloads, const char *result)
{
    for (size_t i = 0; i < x->follower_count; i++) {
        const struct follower *f = &x->followers[i];
        if (!follows(x, f, result))
            continue;
        char id[UUID_SIZE];
        s->ports.new_id(s->ports.arg, id);
        char *type = mem_printf("sh.keptn.event.%s.%s.triggered", f->stage, f->sequence);
        struct event_draft draft = {.id = id, .type = type, .time_ns = s->now_ns};
        record_expect(x->record, id, f->stage);
        effects_emit(s->out, x->record, &draft, json_must(cJSON_DetachItemFromArray(payloads, 0)));
        free(type);
    }
}

struct finished_scope {
    const char *stage, *service, *sequence, *triggered_id, *shipyard_commit;
};

/* <stage>.<sequence>.finished, stored and shown. */
static void emit_finished(struct sequencer *s, struct record *r, const struct finished_scope *scope,
                          const struct ending *ending)
{
    cJSON *data = json_must(event_data_new(r->project, scope->stage, scope->service, ending->labels,
                                           ending->status, ending->result, ending->message));
    if (!payload_fits(data)) { /* only labels and message can be that large; that it ended must be told */
        cJSON_Delete(data);
        data = json_must(event_data_new(r->project, scope->stage, scope->service, NULL, ending->status,
                                        ending->result, NULL));
    }
    char id[UUID_SIZE];
    s->ports.new_id(s->ports.arg, id);
    char *type = mem_printf("sh.keptn.event.%s.%s.finished", scope->stage, scope->sequence);
    struct state_event shown = {.type = type, .id = id, .result = ending->result, .status = ending->status};
    state_event(r, scope->stage, ending->status, &shown, s->now_ns);
    struct event_draft draft = {.id = id,
                                .type = type,
                                .triggeredid = scope->triggered_id,
                                .shipyardcommit = scope->shipyard_commit,
                                .time_ns = s->now_ns};
    effects_emit(s->out, r, &draft, data);
    free(type);
}

/* What is still open of it is not any more. */
static void close_events(struct sequencer *s, struct execution *x)
{
    if (x->task.present) {
        if (x->task.sent)
            effects_close(s->out, x->record, x->task.id);
        map_remove(&s->tasks, x->task.id);
    }
    effects_close(s->out, x->record, x->id);
}

void execution_finish(struct sequencer *s, struct execution *x, const struct ending *ending)
{
    struct record *r = x->record;
    struct ending told = *ending;
    cJSON *payloads = NULL;
    assert(execution_is_open(x));
    if (ending->with_followers) {
        payloads = follower_payloads(x, ending->result);
        if (payloads == NULL) {
            told.status = "errored";
            told.result = "fail";
            told.message = "Unable to trigger the sequences that follow: their data, joined from what all "
                           "tasks answered, is "
                           "too large or too deep for an event; let the tasks answer with less";
        }
    }
    close_events(s, x);
    struct finished_scope scope = {.stage = x->stage,
                                   .service = x->service,
                                   .sequence = x->name,
                                   .triggered_id = x->id,
                                   .shipyard_commit = x->shipyard_commit};
    emit_finished(s, r, &scope, &told);
    if (payloads != NULL)
        trigger_followers(s, x, payloads, ending->result);
    cJSON_Delete(payloads);
    x->state = ending->state;
    x->announce = false;
    r->open_count--;
    dispatch_remove(s, x);
    execution_compact(x);
    record_settle(s, r);
}

void execution_refuse(struct sequencer *s, struct record *r, const struct event *ev,
                      const struct ending *ending)
{
    struct finished_scope scope = {
        .stage = ev->stage, .service = ev->service, .sequence = ev->parsed_type.name, .triggered_id = ev->id};
    record_refuse(r, ev->id);
    emit_finished(s, r, &scope, ending);
    record_settle(s, r);
}
