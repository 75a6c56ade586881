#include "config.h"

#include "daemon/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "sequencer/approval.h"

struct turn_item {
    uint64_t number;
    struct buffer text;
    struct event event;
    bool own;
};
/* A record on its way to the store. */
struct core_record {
    const struct turn *turn; /* the newest that wrote it */
    char *text;
};
struct turn {
    struct core *core;
    struct store_batch *batch;
    struct turn_item **items; /* in order of number */
    size_t count, capacity;
    size_t acted;   /* items before this one have been acted on */
    char **decided; /* triggeredids to forget once durable */
    size_t decided_count, decided_capacity;
    char **records; /* keys of undurable_records, likewise */
    size_t record_count, record_capacity;
    char *deleted; /* project, likewise; NULL: none */
    core_done done;
    void *done_arg;
};

int64_t core_now(struct core *core)
{
    int64_t now = clock_now_ns();
    if (now <= core->last_time_ns)
        now = core->last_time_ns + 1;
    core->last_time_ns = now;
    return now;
}

struct turn *turn_new(struct core *core)
{
    struct turn *t = MEM_NEW(struct turn);
    t->core = core;
    t->batch = store_batch_new(core->store);
    return t;
}

struct store_batch *turn_batch(struct turn *t)
{
    return t->batch;
}

static void free_item(struct turn_item *item)
{
    event_free(&item->event);
    buffer_free(&item->text);
    free(item);
}

static void free_turn(struct turn *t)
{
    for (size_t i = 0; i < t->count; i++)
        free_item(t->items[i]);
    for (size_t i = 0; i < t->decided_count; i++)
        free(t->decided[i]);
    for (size_t i = 0; i < t->record_count; i++)
        free(t->records[i]);
    free(t->items);
    free(t->decided);
    free(t->records);
    free(t->deleted);
    free(t);
}

/* Who has to handle the event after it is durable. */
static int pending_for(const struct event *ev)
{
    if (ev->parsed_type.kind != EVENT_KIND_TRIGGERED)
        return 0;
    if (ev->parsed_type.class == EVENT_CLASS_SEQUENCE)
        return STORE_FOR_SEQUENCER;
    if (ev->parsed_type.class == EVENT_CLASS_TASK && strcmp(ev->parsed_type.name, "approval") != 0)
        return STORE_FOR_JOBS;
    return 0;
}

const char *turn_event(struct turn *t, const struct event_draft *draft, bool own)
{
    struct event_draft complete = *draft;
    char id[UUID_SIZE];
    if (complete.id == NULL) {
        uuid_new(id);
        complete.id = id;
    }
    if (complete.time_ns == 0)
        complete.time_ns = core_now(t->core);
    struct turn_item *item = MEM_NEW(struct turn_item);
    item->own = own;
    item->text = BUFFER_LIMIT(JSON_EVENT_MAX);
    struct error err = ERROR_NONE;
    if (!event_print(&complete, &item->text) ||
        event_decode(item->text.data, item->text.len, EVENT_FORM_COMPLETE, &item->event, &err) != STATUS_OK) {
        log_write(LOG_ERROR, "event %s of context %s cannot be stored: %s", complete.type,
                  complete.context ? complete.context : "-",
                  item->text.overflow ? "it is over 1 MiB" : err.text);
        free_item(item);
        return NULL;
    }
    item->number = store_next_number(t->core->store);
    store_batch_event(t->batch, item->number, item->text.data, item->text.len, &item->event,
                      pending_for(&item->event));
    MEM_GROW(t->items, t->count, t->capacity);
    t->items[t->count++] = item;
    return item->event.id;
}

static void publish_state(struct turn *t, const struct sequencer_effect *effect)
{
    const struct event_draft draft = {
        .source = "drawbridged", .type = EVENT_TYPE_STATE, .context = effect->context, .data = effect->state};
    (void)turn_event(t, &draft, true); /* too large: said in the log; the next answer of the query has it */
}

/* A project's name has no blank. */
static char *record_key(const char *project, const char *context)
{
    return mem_printf("%s %s", project, context);
}

static void keep_record(struct turn *t, const struct sequencer_effect *effect)
{
    struct buffer text = BUFFER_LIMIT(256 * 1024 * 1024);
    struct core_record *kept = MEM_NEW(struct core_record);
    char *key = record_key(effect->project, effect->context);
    store_batch_record(t->batch, effect->project, effect->context, effect->open, effect->record,
                       effect->state);
    (void)json_print(effect->record, &text); /* the sequencer bounds it far below */
    *kept = (struct core_record){.turn = t, .text = buffer_take(&text, NULL)};
    struct core_record *before = map_put(&t->core->undurable_records, key, kept);
    if (before != NULL) {
        free(before->text);
        free(before);
    }
    MEM_GROW(t->records, t->record_count, t->record_capacity);
    t->records[t->record_count++] = key;
}

static void forget_records(struct turn *t)
{
    for (size_t i = 0; i < t->record_count; i++) {
        struct core_record *kept = map_get(&t->core->undurable_records, t->records[i]);
        if (kept == NULL || kept->turn != t)
            continue; /* a later turn has written it again */
        map_remove(&t->core->undurable_records, t->records[i]);
        free(kept->text);
        free(kept);
    }
}

char *core_find_record(const struct core *core, const char *project, const char *context)
{
    char *key = record_key(project, context);
    const struct core_record *kept = map_get(&core->undurable_records, key);
    free(key);
    return kept != NULL ? mem_string(kept->text) : store_record(core->store, project, context);
}

void turn_effects(struct turn *t, const struct sequencer_effects *effects)
{
    for (size_t i = 0; i < sequencer_effects_count(effects); i++) {
        const struct sequencer_effect *effect = sequencer_effects_at(effects, i);
        switch (effect->kind) {
        case SEQUENCER_EMIT:
            (void)turn_event(t, &effect->event,
                             true); /* too large: said in the log; the task runs into its timeout */
            break;
        case SEQUENCER_OPEN:
            store_batch_open_event(t->batch, effect->event_id);
            break;
        case SEQUENCER_CLOSE:
            store_batch_close_event(t->batch, effect->event_id);
            break;
        case SEQUENCER_RECORD:
            keep_record(t, effect);
            break;
        case SEQUENCER_STATE:
            publish_state(t, effect);
            break;
        }
    }
}

static void answer_approval(struct turn *t, const struct event *ev)
{
    struct approval_drafts drafts;
    approval_draft(ev, &drafts);
    (void)turn_event(t, &drafts.started, false);
    if (drafts.has_finished)
        (void)turn_event(t, &drafts.finished, false);
    approval_drafts_free(&drafts);
}

static void act(struct turn *t, const struct turn_item *item)
{
    const struct event *ev = &item->event;
    bool triggered = ev->parsed_type.kind == EVENT_KIND_TRIGGERED;
    if (item->own) {
        if (triggered && ev->parsed_type.class == EVENT_CLASS_TASK &&
            strcmp(ev->parsed_type.name, "approval") == 0)
            answer_approval(t, ev);
    } else if (!triggered &&
               (ev->parsed_type.class == EVENT_CLASS_TASK || ev->parsed_type.class == EVENT_CLASS_SEQUENCE)) {
        struct sequencer_effects *effects = sequencer_effects_new();
        sequencer_apply(t->core->sequencer, ev, NULL, core_now(t->core), effects);
        turn_effects(t, effects);
        sequencer_effects_free(effects);
    }
}

/* After the commit: what waited for it goes out. */
static void release(struct core *core, const struct turn_item *item)
{
    if (core->api != NULL)
        api_publish(core->api, item->number, item->text.data, item->text.len, &item->event);
    int pending = pending_for(&item->event);
    if (core->stopping)
        return; /* pending is stored: the next start goes on with it */
    if (pending == STORE_FOR_SEQUENCER)
        core_start_sequence(core, item->number, item->text.data, item->text.len);
    else if (pending == STORE_FOR_JOBS)
        jobs_handle(core->jobs, &item->event, item->number);
}

/* Batches become durable in the order of their turns: it is the oldest note. */
static void forget_decision(struct core *core, const char *triggeredid)
{
    cJSON *notes = map_get(&core->undurable, triggeredid);
    cJSON_DeleteItemFromArray(notes, 0);
    if (cJSON_GetArraySize(notes) == 0)
        cJSON_Delete(map_remove(&core->undurable, triggeredid));
}

static void committed(void *arg, enum status status, const struct error *err)
{
    struct turn *t = arg;
    struct core *core = t->core;
    if (status != STATUS_OK) {
        /* The sequencer in memory is ahead of what is stored. Only a start from the store makes them one
         * again; nothing that was not stored has been answered or shown. */
        log_write(LOG_ERROR,
                  "cannot store events: %s; ending now, start drawbridged again when the cause is mended",
                  err->text);
        if (t->done != NULL)
            t->done(t->done_arg, status, err);
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < t->decided_count; i++)
        forget_decision(core, t->decided[i]);
    forget_records(t);
    if (t->deleted != NULL)
        (void)map_remove(&core->deleted, t->deleted);
    for (size_t i = 0; i < t->count; i++)
        release(core, t->items[i]);
    if (t->done != NULL)
        t->done(t->done_arg, STATUS_OK, NULL);
    core->turns--;
    free_turn(t);
}

void turn_commit(struct turn *t, core_done done, void *arg)
{
    while (t->acted < t->count)
        act(t, t->items[t->acted++]);
    t->done = done;
    t->done_arg = arg;
    t->core->turns++;
    core_arm_timer(t->core);
    store_commit(t->batch, committed, t);
}

static void on_timer(uv_timer_t *timer)
{
    struct core *core = timer->data;
    if (core->stopping)
        return;
    struct turn *t = turn_new(core);
    struct sequencer_effects *effects = sequencer_effects_new();
    sequencer_tick(core->sequencer, core_now(core), effects);
    turn_effects(t, effects);
    sequencer_effects_free(effects);
    turn_commit(t, NULL, NULL);
}

void core_arm_timer(struct core *core)
{
    int64_t next = sequencer_next_timer(core->sequencer);
    if (next == INT64_MAX || core->stopping) {
        uv_timer_stop(&core->timer);
        return;
    }
    /* Wall clocks jump: look again every minute, at the latest. */
    int64_t wait_ms = (next - clock_now_ns()) / CLOCK_MS + 1;
    if (wait_ms < 1)
        wait_ms = 1;
    if (wait_ms > 60000)
        wait_ms = 60000;
    uv_timer_start(&core->timer, on_timer, (uint64_t)wait_ms, 0);
}

void turn_delete_project(struct turn *t, const char *project)
{
    sequencer_forget_project(t->core->sequencer, project);
    store_batch_delete_project(t->batch, project);
    t->deleted = mem_string(project);
    map_put(&t->core->deleted, project, t->core);
}

static bool note_found(void *arg, const struct store_event *e)
{
    (void)e;
    *(bool *)arg = true;
    return false;
}

bool core_project_has(struct core *core, const char *project, const char *event_id)
{
    bool there = false;
    struct error err = ERROR_NONE;
    const struct store_event_query query = {.project = project, .event_id = event_id, .limit = 1};
    if (map_get(&core->deleted, project) != NULL || !store_project_exists(core->store, project))
        return false;
    if (store_events(core->store, &query, note_found, &there, NULL, &err) != STATUS_OK) {
        log_write(LOG_ERROR, "event %s of project %s cannot be looked up: %s", event_id, project, err.text);
        return true; /* nothing says that the project is gone */
    }
    return there;
}

static bool has_decided(const cJSON *decisions, const char *by)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, decisions)
    {
        const char *name = json_text(item, "by");
        if (name != NULL && strcmp(name, by) == 0)
            return true;
    }
    return false;
}

cJSON *core_find_decisions(struct core *core, const char *triggeredid)
{
    cJSON *decisions = store_decisions(core->store, triggeredid);
    const cJSON *note = NULL;
    cJSON_ArrayForEach(note, (const cJSON *)map_get(&core->undurable, triggeredid))
    {
        /* One that has become durable in this moment is in the store and still noted. */
        if (!has_decided(decisions, json_text(note, "by")))
            cJSON_AddItemToArray(decisions, cJSON_Duplicate(note, true));
    }
    return decisions;
}

void core_note_decision(struct turn *t, const struct store_decision *d)
{
    store_batch_decision(t->batch, d);
    cJSON *note = cJSON_CreateObject(), *notes = map_get(&t->core->undurable, d->triggeredid);
    char time[CLOCK_TEXT_SIZE];
    clock_format(d->time_ns, time);
    cJSON_AddStringToObject(note, "decisionid", d->decisionid ? d->decisionid : "");
    cJSON_AddStringToObject(note, "by", d->by);
    cJSON_AddStringToObject(note, "result", d->result);
    cJSON_AddStringToObject(note, "time", time);
    if (notes == NULL) {
        notes = cJSON_CreateArray();
        map_put(&t->core->undurable, d->triggeredid, notes);
    }
    cJSON_AddItemToArray(notes, note);
    MEM_GROW(t->decided, t->decided_count, t->decided_capacity);
    t->decided[t->decided_count++] = mem_string(d->triggeredid);
}

struct restore {
    struct core *core;
    enum status status;
    struct error *err;
};

static bool restore_record(void *arg, const char *project, const char *context, const char *text)
{
    struct restore *r = arg;
    r->status = sequencer_restore(r->core->sequencer, text, r->err);
    if (r->status != STATUS_OK)
        error_prefix(r->err, "stored sequence %s of project %s", context, project);
    return r->status == STATUS_OK;
}

enum status core_restore(struct core *core, struct error *err)
{
    struct restore r = {.core = core, .status = STATUS_OK, .err = err};
    enum status status = store_open_records(core->store, restore_record, &r, err);
    if (status == STATUS_OK)
        status = r.status;
    if (status == STATUS_OK)
        sequencer_set_up_since(core->sequencer, core_now(core));
    return status;
}

static bool resume_sequence(void *arg, const struct store_event *e)
{
    core_start_sequence(arg, e->number, e->text, e->len);
    return true;
}

static bool resume_job(void *arg, const struct store_event *e)
{
    struct core *core = arg;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    if (event_decode(e->text, e->len, EVENT_FORM_COMPLETE, &ev, &err) == STATUS_OK)
        jobs_handle(core->jobs, &ev, e->number);
    else
        log_write(LOG_ERROR, "stored event %llu cannot be read: %s", (unsigned long long)e->number, err.text);
    event_free(&ev);
    return true;
}

static bool take_event(void *arg, const struct store_event *e)
{
    struct event *ev = arg;
    struct error err = ERROR_NONE;
    return event_decode(e->text, e->len, EVENT_FORM_COMPLETE, ev, &err) != STATUS_OK;
}

static bool recover_job(void *arg, const struct store_job *job)
{
    struct core *core = arg;
    struct event ev = {0};
    struct error err = ERROR_NONE;
    const struct store_event_query query = {.project = job->project, .event_id = job->id, .limit = 1};
    const struct jobs_record record = {.id = job->id,
                                       .project = job->project,
                                       .stage = job->stage,
                                       .service = job->service,
                                       .context = job->context,
                                       .task = job->task,
                                       .state = job->state,
                                       .log_path = job->log_path,
                                       .pid = job->pid,
                                       .start_time = job->start_time};
    if (store_events(core->store, &query, take_event, &ev, NULL, &err) == STATUS_OK && ev.id != NULL)
        jobs_recover(core->jobs, &record, &ev);
    else
        log_write(LOG_ERROR, "the event of job %s cannot be read: %s", job->id, err.text);
    event_free(&ev);
    return true;
}

void core_resume(struct core *core)
{
    struct error err = ERROR_NONE;
    if (store_jobs(core->store, recover_job, core, &err) != STATUS_OK ||
        store_pending(core->store, STORE_FOR_SEQUENCER, resume_sequence, core, &err) != STATUS_OK ||
        store_pending(core->store, STORE_FOR_JOBS, resume_job, core, &err) != STATUS_OK)
        log_write(LOG_ERROR, "cannot read what was pending: %s", err.text);
    core_arm_timer(core);
}
