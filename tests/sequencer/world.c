#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "sequencer/approval.h"

#define PREFIX "sh.keptn.event."

static void quiet(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

static void next_id(void *arg, char out[UUID_SIZE])
{
    struct world *w = arg;
    (void)snprintf(out, UUID_SIZE, "00000000-0000-4000-8000-%012u", ++w->ids);
}

static char *record_key(const char *project, const char *context)
{
    return mem_printf("%s/%s", project, context);
}

static char *load_record(void *arg, const char *project, const char *context)
{
    const struct world *w = arg;
    char *key = record_key(project, context);
    char *text = mem_string(map_get(&w->records, key));
    free(key);
    return text;
}

static struct sequencer *new_sequencer(struct world *w)
{
    const struct sequencer_ports ports = {.arg = w, .new_id = next_id, .load_record = load_record};
    return sequencer_new(&ports);
}

void world_set_shipyard(struct world *w, const char *yard_yaml)
{
    struct error err = ERROR_NONE;
    shipyard_free(w->yard);
    w->yard = NULL;
    w->yard_text = arena_string(&w->arena, yard_yaml);
    if (shipyard_parse(yard_yaml, strlen(yard_yaml), "shipyard.yaml", &w->yard, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

struct world *world_new(const char *yard_yaml)
{
    struct world *w = MEM_NEW(struct world);
    log_set_sink(quiet, NULL);
    w->now_ns = INT64_C(1683194400) * CLOCK_S; /* 2023-05-04T10:00:00Z */
    w->approval_service = true;
    w->stage_commit = "stage-commit";
    w->sequencer = new_sequencer(w);
    world_set_shipyard(w, yard_yaml);
    return w;
}

static void free_json(void *value)
{
    cJSON_Delete(value);
}

void world_free(struct world *w)
{
    sequencer_free(w->sequencer);
    shipyard_free(w->yard);
    for (size_t i = 0; i < w->sent_count; i++) {
        cJSON_Delete(w->sent[i].data);
        free(w->sent[i].text);
    }
    free(w->sent);
    free(w->trace);
    for (size_t i = 0; i < w->log_count; i++) {
        free(w->log[i].text);
        free(w->log[i].context);
        free(w->log[i].stage);
    }
    free(w->log);
    arena_free(&w->arena);
    map_free(&w->open, NULL);
    map_free(&w->opened, NULL);
    map_free(&w->records, free);
    map_free(&w->states, free_json);
    free(w);
}

/* --- effects --- */

static char *print_json(const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    assert_non_null(text);
    return text;
}

static char *print_event(const struct event_draft *draft)
{
    struct buffer out = BUFFER_LIMIT(JSON_EVENT_MAX);
    assert_true(event_print(draft, &out)); /* what the sequencer emits fits */
    return buffer_take(&out, NULL);
}

/* All that an input caused, as text, to compare. */
static char *print_effects(const struct sequencer_effects *effects)
{
    struct buffer out = BUFFER_LIMIT(64 * 1024 * 1024);
    for (size_t i = 0; i < sequencer_effects_count(effects); i++) {
        const struct sequencer_effect *e = sequencer_effects_at(effects, i);
        char *event = e->kind == SEQUENCER_EMIT ? print_event(&e->event) : NULL;
        char *record = e->record != NULL ? print_json(e->record) : NULL;
        char *state = e->state != NULL ? print_json(e->state) : NULL;
        buffer_printf(&out, "%d %s %s %s open=%d event_id=%s\n", (int)e->kind, e->project, e->context,
                      event ? event : "-", e->open, e->event_id ? e->event_id : "-");
        buffer_printf(&out, "  %s\n  %s\n", record ? record : "-", state ? state : "-");
        free(event);
        free(record);
        free(state);
    }
    return buffer_take(&out, NULL);
}

static void keep_event(struct world *w, const struct event_draft *draft)
{
    struct error err = ERROR_NONE;
    struct event decoded = {0};
    char *text = print_event(draft);
    if (event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &decoded, &err) != STATUS_OK)
        fail_msg("the sequencer emitted what cannot be decoded: %s", err.text);
    assert_string_equal(decoded.source, "shipyard-controller");
    assert_string_equal(decoded.shkeptnspecversion, "0.2.4");
    for (size_t i = 0; i < w->sent_count; i++)
        assert_string_not_equal(w->sent[i].id, decoded.id);
    MEM_GROW(w->sent, w->sent_count, w->sent_capacity);
    w->sent[w->sent_count++] =
        (struct sent){.id = arena_string(&w->arena, decoded.id),
                      .type = arena_string(&w->arena, decoded.type),
                      .context = arena_string(&w->arena, decoded.context),
                      .triggeredid = arena_string(&w->arena, decoded.triggeredid),
                      .commit = arena_string(&w->arena, decoded.gitcommitid),
                      .shipyardcommit = arena_string(&w->arena, decoded.shipyardcommit),
                      .time_ns = decoded.time_ns,
                      .data = cJSON_Duplicate(decoded.data, true),
                      .text = text};
    event_free(&decoded);
}

static void trace(struct world *w, const struct sequencer_effect *e)
{
    bool emit = e->kind == SEQUENCER_EMIT;
    MEM_GROW(w->trace, w->trace_count, w->trace_capacity);
    w->trace[w->trace_count++] =
        (struct traced){.kind = e->kind,
                        .context = arena_string(&w->arena, e->context),
                        .id = arena_string(&w->arena, emit ? e->event.id : e->event_id),
                        .type = arena_string(&w->arena, emit ? e->event.type : NULL),
                        .status = arena_string(&w->arena, json_text(e->event.data, "status")),
                        .result = arena_string(&w->arena, json_text(e->event.data, "result"))};
}

static void carry_out(struct world *w, const struct sequencer_effects *effects)
{
    w->effects_of_last = sequencer_effects_count(effects);
    for (size_t i = 0; i < sequencer_effects_count(effects); i++) {
        const struct sequencer_effect *e = sequencer_effects_at(effects, i);
        char *key = record_key(e->project, e->context);
        if (e->kind != SEQUENCER_RECORD)
            trace(w, e);
        switch (e->kind) {
        case SEQUENCER_EMIT:
            keep_event(w, &e->event);
            break;
        case SEQUENCER_OPEN:
            assert_null(map_put(&w->open, e->event_id, w));
            break;
        case SEQUENCER_CLOSE:
            assert_non_null(map_remove(&w->open, e->event_id));
            break;
        case SEQUENCER_RECORD:
            w->record_effects++;
            free(map_put(&w->records, key, print_json(e->record)));
            cJSON_Delete(map_put(&w->states, key, cJSON_Duplicate(e->state, true)));
            if (e->open)
                map_put(&w->opened, key, w);
            else
                map_remove(&w->opened, key);
            break;
        case SEQUENCER_STATE:
            w->state_effects++;
            break;
        }
        free(key);
    }
}

/* --- inputs --- */

/* One of the three ways in. */
struct call {
    const struct event *ev; /* apply */
    const char *text;       /* the same */
    const struct sequencer_source *source;
    bool control;
    const char *context, *stage;
    enum sequencer_verb verb;
    bool known;
};

static void run_call(struct world *w, struct sequencer *s, struct call *call, struct sequencer_effects *out)
{
    if (call->ev != NULL)
        sequencer_apply(s, call->ev, call->source, w->now_ns, out);
    else if (call->control)
        call->known = sequencer_control(s, "p", call->context, call->stage, call->verb, w->now_ns, out);
    else
        sequencer_tick(s, w->now_ns, out);
}

static struct sequencer *restored(struct world *w)
{
    struct sequencer *s = new_sequencer(w);
    const char *key = NULL;
    void *unused = NULL;
    for (size_t i = 0; map_next(&w->opened, &i, &key, &unused);) {
        struct error err = ERROR_NONE;
        if (sequencer_restore(s, map_get(&w->records, key), &err) != STATUS_OK)
            fail_msg("%s", err.text);
    }
    return s;
}

void world_restart(struct world *w)
{
    sequencer_free(w->sequencer);
    w->sequencer = restored(w);
}

static void note_call(struct world *w, const struct call *call)
{
    MEM_GROW(w->log, w->log_count, w->log_capacity);
    w->log[w->log_count++] = (struct logged){.text = mem_string(call->text),
                                             .context = mem_string(call->context),
                                             .stage = mem_string(call->stage),
                                             .yard = w->yard_text,
                                             .fault = w->fault,
                                             .verb = call->verb,
                                             .now_ns = w->now_ns,
                                             .ids = w->ids};
}

/* The same into a sequencer that knows only what is stored; gives all that it would cause. */
static char *call_twin(struct world *w, struct call *call, struct sequencer **twin)
{
    struct sequencer_effects *effects = sequencer_effects_new();
    *twin = restored(w);
    assert_int_equal(sequencer_next_timer(*twin), sequencer_next_timer(w->sequencer));
    run_call(w, *twin, call, effects);
    sequencer_check(*twin);
    char *text = print_effects(effects);
    sequencer_effects_free(effects);
    return text;
}

static void call_both(struct world *w, struct call *call)
{
    struct sequencer_effects *effects = sequencer_effects_new();
    struct sequencer *twin = NULL;
    unsigned ids = w->ids;
    note_call(w, call);
    char *expected = w->alone ? NULL : call_twin(w, call, &twin);
    w->ids = ids;
    run_call(w, w->sequencer, call, effects);
    sequencer_check(w->sequencer);
    if (expected != NULL) {
        char *text = print_effects(effects);
        assert_string_equal(text, expected);
        assert_int_equal(sequencer_digest(twin), sequencer_digest(w->sequencer));
        assert_int_equal(sequencer_next_timer(twin), sequencer_next_timer(w->sequencer));
        free(text);
    }
    carry_out(w, effects);
    if (w->watch != NULL)
        w->watch(w, w->watch_arg);
    free(expected);
    sequencer_effects_free(effects);
    sequencer_free(twin);
}

static void call_event(struct world *w, const char *text)
{
    struct event ev = {0};
    struct error err = ERROR_NONE;
    if (event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, &err) != STATUS_OK)
        fail_msg("%s: %s", err.text, text);
    struct sequencer_source source = {.shipyard = w->fault != NULL ? NULL : w->yard,
                                      .fault = w->fault,
                                      .shipyard_commit = "yard-commit",
                                      .stage_commit = w->stage_commit};
    bool sequence =
        ev.parsed_type.class == EVENT_CLASS_SEQUENCE && ev.parsed_type.kind == EVENT_KIND_TRIGGERED;
    struct call call = {.ev = &ev, .text = text, .source = sequence ? &source : NULL};
    call_both(w, &call);
    event_free(&ev);
}

static void answer_approval(struct world *w, const char *text)
{
    struct event ev = {0};
    struct error err = ERROR_NONE;
    struct approval_drafts drafts;
    assert_int_equal(event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
    approval_draft(&ev, &drafts);
    struct event_draft *answers[] = {&drafts.started, drafts.has_finished ? &drafts.finished : NULL};
    for (size_t i = 0; i < 2 && answers[i] != NULL; i++) {
        char id[UUID_SIZE];
        next_id(w, id);
        answers[i]->id = id;
        answers[i]->time_ns = w->now_ns;
        char *answer = print_event(answers[i]);
        call_event(w, answer);
        free(answer);
    }
    approval_drafts_free(&drafts);
    event_free(&ev);
}

static bool is_sequence_triggered(const struct sent *e)
{
    struct event_type type;
    event_type_parse(e->type, &type);
    return type.class == EVENT_CLASS_SEQUENCE && type.kind == EVENT_KIND_TRIGGERED;
}

/* What the daemon does with what was emitted, until nothing more follows. */
static void follow_up(struct world *w)
{
    for (size_t i = 0; i < w->sent_count; i++) {
        if (w->sent[i].fed)
            continue;
        char *text = mem_string(w->sent[i].text);
        if (w->approval_service && strcmp(w->sent[i].type, PREFIX "approval.triggered") == 0) {
            w->sent[i].fed = true;
            answer_approval(w, text);
        } else if (!w->hold_feedback && is_sequence_triggered(&w->sent[i])) {
            w->sent[i].fed = true;
            w->now_ns += CLOCK_MS;
            call_event(w, text);
        }
        free(text);
    }
}

void world_feed_back(struct world *w)
{
    w->hold_feedback = false;
    follow_up(w);
}

static const char *or_default(const char *text, const char *value)
{
    return text != NULL ? text : value;
}

const char *world_apply(struct world *w, const struct input *in)
{
    char id[UUID_SIZE], *more = mem_printf("{%s}", in->data != NULL ? in->data : "");
    next_id(w, id);
    w->now_ns += CLOCK_S;
    cJSON *data = cJSON_CreateObject(), *rest = cJSON_Parse(more), *item = NULL;
    assert_non_null(rest);
    cJSON_AddStringToObject(data, "project", or_default(in->project, "p"));
    if (in->stage != NULL)
        cJSON_AddStringToObject(data, "stage", in->stage);
    cJSON_AddStringToObject(data, "service", or_default(in->service, "svc"));
    while ((item = cJSON_DetachItemFromArray(rest, 0)) != NULL)
        cJSON_AddItemToObject(data, item->string, item);
    const char *kept = arena_string(&w->arena, or_default(in->id, id));
    struct event_draft draft = {.id = kept,
                                .source = or_default(in->source, "executor"),
                                .type = in->type,
                                .context = in->context,
                                .triggeredid = in->triggeredid,
                                .gitcommitid = in->gitcommitid,
                                .time_ns = in->time_ns == 0  ? w->now_ns
                                           : in->time_ns < 0 ? 0
                                                             : in->time_ns,
                                .data = data};
    char *text = print_event(&draft);
    call_event(w, text);
    free(text);
    free(more);
    cJSON_Delete(rest);
    cJSON_Delete(data);
    follow_up(w);
    return kept;
}

const char *world_trigger(struct world *w, const char *context, const char *stage_and_sequence)
{
    char *stage = mem_string_n(stage_and_sequence, strcspn(stage_and_sequence, "."));
    char *type = mem_printf(PREFIX "%s.triggered", stage_and_sequence);
    const char *id = world_apply(w, &(struct input){.type = type, .context = context, .stage = stage});
    free(stage);
    free(type);
    return id;
}

static void answer(struct world *w, const struct sent *task, const char *kind, const char *data)
{
    struct event_type type;
    event_type_parse(task->type, &type);
    char *name = mem_printf(PREFIX "%s.%s", type.name, kind);
    world_apply(w, &(struct input){.type = name,
                                   .context = task->context,
                                   .project = json_text(task->data, "project"),
                                   .stage = json_text(task->data, "stage"),
                                   .service = json_text(task->data, "service"),
                                   .triggeredid = task->id,
                                   .data = data});
    free(name);
}

/* The list of what was sent grows meanwhile, and task may point into it. */
void world_started(struct world *w, const struct sent *task)
{
    struct sent copy = *task;
    answer(w, &copy, "started", NULL);
}

void world_finished_with(struct world *w, const struct sent *task, const char *data)
{
    struct sent copy = *task;
    answer(w, &copy, "finished", data);
}

void world_finished(struct world *w, const struct sent *task, const char *status, const char *result)
{
    char data[200] = "";
    (void)snprintf(data, sizeof data, "%s%s%s%s%s%s%s", status ? "\"status\":\"" : "", status ? status : "",
                   status ? "\"" : "", status && result ? "," : "", result ? "\"result\":\"" : "",
                   result ? result : "", result ? "\"" : "");
    world_finished_with(w, task, data);
}

void world_done(struct world *w, const struct sent *task, const char *result)
{
    struct sent copy = *task;
    world_started(w, &copy);
    world_finished(w, &copy, "succeeded", result);
}

bool world_control(struct world *w, const char *context, const char *stage, enum sequencer_verb verb)
{
    struct call call = {.control = true, .context = context, .stage = stage, .verb = verb};
    w->now_ns += CLOCK_S;
    call_both(w, &call);
    follow_up(w);
    return call.known;
}

void world_pass_time(struct world *w, int64_t ns)
{
    struct call call = {0};
    w->now_ns += ns;
    call_both(w, &call);
    follow_up(w);
}

void world_delete_project(struct world *w)
{
    const char *key = NULL;
    void *unused = NULL;
    sequencer_forget_project(w->sequencer, "p");
    MEM_GROW(w->log, w->log_count, w->log_capacity);
    w->log[w->log_count++] = (struct logged){.deleted = true, .now_ns = w->now_ns, .ids = w->ids};
    for (size_t i = 0; map_next(&w->records, &i, &key, &unused);)
        assert_int_equal(strncmp(key, "p/", 2), 0); /* else only a part of it would go */
    map_free(&w->open, NULL);
    map_free(&w->opened, NULL);
    map_free(&w->records, free);
    map_free(&w->states, free_json);
    for (size_t i = 0; i < w->sent_count; i++)
        w->sent[i].fed = true; /* what was on its way is dropped, too */
    w->sent_before_deletion = w->sent_count;
}

static void expect_same_texts(const struct map *a, const struct map *b)
{
    const char *key = NULL;
    void *text = NULL;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; map_next(a, &i, &key, &text);) {
        const char *one = text, *other = map_get(b, key);
        assert_non_null(other);
        size_t same = 0;
        while (one[same] != '\0' && one[same] == other[same])
            same++;
        size_t from = same > 80 ? same - 80 : 0; /* a record is long: what stands around the difference */
        if (one[same] != other[same])
            fail_msg("%s differs: %.160s\nand: %.160s", key, one + from, other + from);
    }
}

static void feed_again(struct world *again, const struct logged *in)
{
    struct call control = {.control = true, .context = in->context, .stage = in->stage, .verb = in->verb};
    again->now_ns = in->now_ns;
    again->ids = in->ids;
    again->fault = in->fault;
    if (in->yard != NULL && strcmp(in->yard, again->yard_text) != 0)
        world_set_shipyard(again, in->yard);
    if (in->deleted)
        world_delete_project(again);
    else if (in->text != NULL)
        call_event(again, in->text);
    else if (in->context != NULL)
        call_both(again, &control);
    else
        call_both(again, &(struct call){0});
}

void world_expect_replay(const struct world *w)
{
    struct world *again = world_new(w->yard_text);
    again->alone = true;
    for (size_t i = 0; i < w->log_count; i++)
        feed_again(again, &w->log[i]);
    assert_int_equal(again->sent_count, w->sent_count);
    for (size_t i = 0; i < w->sent_count; i++)
        assert_string_equal(again->sent[i].text, w->sent[i].text);
    expect_same_texts(&again->records, &w->records);
    assert_int_equal(again->open.count, w->open.count);
    assert_int_equal(sequencer_digest(again->sequencer), sequencer_digest(w->sequencer));
    assert_int_equal(sequencer_next_timer(again->sequencer), sequencer_next_timer(w->sequencer));
    world_free(again);
}

/* --- looking --- */

static bool fits(const struct sent *e, const char *context, const char *type)
{
    return (context == NULL || strcmp(e->context, context) == 0) &&
           strcmp(e->type + strlen(PREFIX), type) == 0;
}

const struct sent *world_nth(const struct world *w, const char *context, const char *type, size_t n)
{
    for (size_t i = 0; i < w->sent_count; i++)
        if (fits(&w->sent[i], context, type) && n-- == 0)
            return &w->sent[i];
    fail_msg("too few %s were emitted for %s", type, context != NULL ? context : "any context");
    return NULL;
}

const struct sent *world_last(const struct world *w, const char *context, const char *type)
{
    size_t count = world_count(w, context, type);
    return world_nth(w, context, type, count > 0 ? count - 1 : 0);
}

size_t world_count(const struct world *w, const char *context, const char *type)
{
    size_t count = 0;
    for (size_t i = 0; i < w->sent_count; i++)
        count += fits(&w->sent[i], context, type);
    return count;
}

bool world_is_open(const struct world *w, const char *id)
{
    return map_get(&w->open, id) != NULL;
}

void world_expect(struct world *w, const char *types)
{
    struct buffer seen = BUFFER_LIMIT(1024 * 1024);
    for (; w->mark < w->sent_count; w->mark++) {
        const struct sent *e = &w->sent[w->mark];
        buffer_printf(&seen, "%s%s", seen.len > 0 ? " " : "", e->type + strlen(PREFIX));
        size_t len = strlen(e->type);
        if (len > 9 && strcmp(e->type + len - 9, ".finished") == 0)
            buffer_printf(&seen, "(%s/%s)", or_default(json_text(e->data, "status"), ""),
                          or_default(json_text(e->data, "result"), ""));
    }
    assert_string_equal(buffer_text(&seen), types);
    buffer_free(&seen);
}

const cJSON *world_state(const struct world *w, const char *context)
{
    char *key = record_key("p", context);
    const cJSON *state = map_get(&w->states, key);
    free(key);
    assert_non_null(state);
    return state;
}

const char *world_overall(const struct world *w, const char *context)
{
    return or_default(json_text(world_state(w, context), "state"), "");
}

const cJSON *world_stage(const struct world *w, const char *context, const char *stage)
{
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, json_get(world_state(w, context), "stages"))
    {
        if (strcmp(json_text(entry, "name"), stage) == 0)
            return entry;
    }
    return NULL;
}

const char *world_stage_state(const struct world *w, const char *context, const char *stage)
{
    return or_default(json_text(world_stage(w, context, stage), "state"), "none");
}

const char *world_execution(const struct world *w, const char *context, const char *stage)
{
    char *key = record_key("p", context);
    cJSON *record = cJSON_Parse(map_get(&w->records, key)), *item = NULL;
    static char word[32];
    word[0] = '\0';
    cJSON_ArrayForEach(item, json_get(record, "executions"))
    {
        if (strcmp(json_text(json_get(item, "scope"), "stage"), stage) == 0)
            (void)snprintf(word, sizeof word, "%s", json_text(json_get(item, "status"), "state"));
    }
    cJSON_Delete(record);
    free(key);
    return word;
}

void world_expect_data(const struct sent *ev, const char *json)
{
    cJSON *expected = cJSON_Parse(json);
    assert_non_null(expected);
    if (!cJSON_Compare(expected, ev->data, true)) {
        char *seen = print_json(ev->data);
        fail_msg("%s has data %s, not %s", ev->type, seen, json);
    }
    cJSON_Delete(expected);
}
