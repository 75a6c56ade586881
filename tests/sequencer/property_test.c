/* Random orders of legal and illegal inputs: events early, late, doubled and misplaced, control verbs, time,
 * restarts, shipyards that break and change, a project that is deleted and made again. Five promises are held
 * against what comes out, by rules written down here anew:
 *
 *   once      no event is emitted twice: one triggered for each task of a run, one finished for each sequence
 *             triggered, and of the followers each that fits, once
 *   alone     no two sequences of one service in one stage at once: none starts, and no task is sent, while
 *             another that is neither paused nor at an approval is under way
 *   nothing lost   each sequence triggered ends, and nothing stays open
 *   replay    all inputs again, without restarts, give the same events and the same records
 *   in order  none starts before one of another context that came before it; what came in before changes
 *             nothing when it comes again; a task that nobody names ends its sequence after ten minutes
 *
 * After each input world.c also compares with a sequencer that was restored from the records just before. */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define SEEDS 4 /* SEQUENCER_SEEDS in the environment for more; `make check-sequencer` */
#define STEPS 100

static const char yard[] = YARD("  - {name: dev, sequences: [{name: delivery, tasks: [{name: deployment}, "
                                "{name: test, triggeredAfter: 20s}]}, "
                                "{name: loop, triggeredOn: [{event: dev.loop.finished, selector: {match: "
                                "{spin.result: warning}}}], tasks: "
                                "[{name: spin}]}]}\n"
                                "  - {name: prod, sequences: [{name: delivery, triggeredOn: [{event: "
                                "dev.delivery.finished}], tasks: [{name: "
                                "approval, properties: {pass: manual, warning: automatic}}, {name: "
                                "deployment}, {name: approval, triggeredAfter: "
                                "5s, properties: {pass: manual}}, {name: release}]}, {name: rollback, "
                                "triggeredOn: [{event: prod.delivery.finished, "
                                "selector: {match: {result: fail}}}, {event: dev.delivery.finished, "
                                "selector: {match: {result: fail}}}], tasks: "
                                "[{name: rollback, triggeredAfter: 30s}]}]}\n"
                                "  - {name: lab, sequences: [{name: check, triggeredOn: [{event: "
                                "dev.delivery.finished}], tasks: [{name: probe}]}]}\n");

/* The same, with other tasks in dev, and without lab. Who follows whom stays as it is. */
static const char changed_yard[] = YARD(
    "  - {name: dev, sequences: [{name: delivery, tasks: [{name: test}, {name: deployment, triggeredAfter: "
    "9s}, "
    "{name: test}]}, {name: loop, triggeredOn: [{event: dev.loop.finished, selector: {match: {spin.result: "
    "warning}}}], tasks: [{name: spin}]}]}\n"
    "  - {name: prod, sequences: [{name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: "
    "[{name: "
    "approval, properties: {pass: automatic}}, {name: deployment}]}, {name: rollback, triggeredOn: [{event: "
    "prod.delivery.finished, selector: {match: {result: fail}}}, {event: dev.delivery.finished, selector: "
    "{match: {other.result: pass, result: fail}}}], tasks: [{name: rollback}]}]}\n");

static const char *const contexts[] = {"A", "B", "C", "D", "E", "F"};
static const char *const services[] = {"one", "two"};
static const char *const sequences[] = {"dev.delivery",  "dev.delivery",  "dev.delivery", "dev.loop",
                                        "prod.delivery", "prod.rollback", "lab.check",    "lab.evaluation",
                                        "moon.delivery", "dev.unknown"};
static const char *const results[] = {"pass",    "pass", "pass",  "pass", "warning",
                                      "warning", "fail", "great", NULL};
static const char *const statuses[] = {"succeeded", "succeeded", "succeeded", "succeeded",
                                       "aborted",   "errored",   "odd",       NULL};
static const char *const stages[] = {NULL, NULL, "dev", "prod", "lab", "moon"};

struct dice {
    uint64_t state;
    bool with_pauses;
};

static size_t roll(struct dice *d, size_t sides)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((d->state >> 33) % sides);
}
#define PICK(d, list) ((list)[roll((d), sizeof(list) / sizeof *(list))])

static bool is_task(const struct sent *e)
{
    struct event_type type;
    event_type_parse(e->type, &type);
    return type.class == EVENT_CLASS_TASK;
}

/* A task that was sent, mostly one that is open; NULL: none. */
static const struct sent *pick_task(struct dice *d, const struct world *w)
{
    const struct sent *found = NULL;
    for (size_t tries = 0; tries < 8 && w->sent_count > 0; tries++) {
        const struct sent *e = &w->sent[roll(d, w->sent_count)];
        if (!is_task(e))
            continue;
        found = e;
        if (world_is_open(w, e->id))
            break;
    }
    return found;
}

static void trigger(struct dice *d, struct world *w)
{
    const char *sequence = PICK(d, sequences);
    char *stage = mem_string_n(sequence, strcspn(sequence, ".")),
         *type = mem_printf("sh.keptn.event.%s.triggered", sequence);
    struct input in = {
        .type = type, .context = PICK(d, contexts), .stage = stage, .service = PICK(d, services)};
    const int64_t times[] = {0, 0, 0, -1, w->now_ns - 5 * CLOCK_S, w->now_ns + 100 * CLOCK_S};
    in.time_ns = PICK(d, times);
    if (roll(d, 4) == 0)
        in.data = "\"status\":\"succeeded\",\"result\":\"warning\",\"n\":[1],\"deep\":{\"x\":1}";
    in.id = world_apply(w, &in);
    if (roll(d, 5) == 0)
        world_apply(w, &in); /* again */
    free(stage);
    free(type);
}

static void finish(struct dice *d, struct world *w, const struct sent *task)
{
    const char *status = PICK(d, statuses), *result = PICK(d, results);
    char *data = mem_printf("\"n\":[2]%s%s%s%s%s%s", status ? ",\"status\":\"" : "", status ? status : "",
                            status ? "\"" : "", result ? ",\"result\":\"" : "", result ? result : "",
                            result ? "\"" : "");
    world_finished_with(w, task, data);
    free(data);
}

static void misplace(struct dice *d, struct world *w, const struct sent *task)
{
    const char *types[] = {"sh.keptn.event.other.finished", "sh.keptn.event.deployment.finished",
                           "sh.keptn.log.error", "sh.keptn.event.test.status.changed",
                           "sh.keptn.event.test.invalidated"};
    const char *ids[] = {task->id, "unknown", NULL};
    world_apply(w, &(struct input){.type = PICK(d, types),
                                   .context = roll(d, 2) ? task->context : PICK(d, contexts),
                                   .stage = "dev",
                                   .triggeredid = PICK(d, ids)});
}

/* An event that came in before, with the id that it had. */
static void repeat(struct dice *d, struct world *w)
{
    const struct logged *in = &w->log[roll(d, w->log_count)];
    struct event ev = {0};
    struct error err = ERROR_NONE;
    if (in->text == NULL)
        return;
    assert_int_equal(event_decode(in->text, strlen(in->text), EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
    struct input again = {.type = ev.type,
                          .context = ev.context,
                          .stage = ev.stage,
                          .service = ev.service,
                          .triggeredid = ev.triggeredid,
                          .id = ev.id,
                          .source = ev.source};
    bool known = true;
    for (size_t i = (size_t)(in - w->log); i < w->log_count; i++)
        known = known && !w->log[i].deleted;
    size_t records = w->record_effects, sent = w->sent_count;
    world_apply(w, &again);
    if (known && (w->record_effects != records || w->sent_count != sent))
        fail_msg("in order: event %s has an effect again", ev.id);
    event_free(&ev);
}

static void disturb(struct dice *d, struct world *w)
{
    switch (roll(d, 6)) {
    case 0:
        w->fault = w->fault != NULL ? NULL : "Unable to retrieve Shipyard file: it is broken";
        break;
    case 1:
    case 2:
        world_set_shipyard(w, roll(d, 2) ? yard : changed_yard);
        break;
    case 3:
    case 4:
        repeat(d, w);
        break;
    default:
        if (roll(d, 6) == 0)
            world_delete_project(w);
    }
}

static void step(struct dice *d, struct world *w)
{
    const struct sent *found = pick_task(d, w);
    const struct sent task = found != NULL ? *found : (struct sent){0};
    size_t face = roll(d, 26);
    if (face < 5 || found == NULL)
        trigger(d, w);
    else if (face < 9)
        world_done(w, &task, PICK(d, results));
    else if (face < 12)
        world_started(w, &task);
    else if (face < 16)
        finish(d, w, &task);
    else if (face == 16)
        misplace(d, w, &task);
    else if (face == 17)
        world_pass_time(w, (int64_t)roll(d, 40) * CLOCK_S);
    else if (face == 18 && roll(d, 8) == 0)
        world_pass_time(w, 700 * CLOCK_S);
    else if (face == 19)
        world_restart(w);
    else if (face == 20)
        (void)world_control(w, PICK(d, contexts), PICK(d, stages), SEQUENCER_ABORT);
    else if (face == 21)
        w->hold_feedback = true;
    else if (face == 22)
        world_feed_back(w);
    else if (face >= 24 && w->log_count > 0)
        disturb(d, w);
    else if (d->with_pauses)
        (void)world_control(w, PICK(d, contexts), PICK(d, stages),
                            roll(d, 2) ? SEQUENCER_PAUSE : SEQUENCER_RESUME);
}

/* --- the promises --- */

struct memory {
    struct map states; /* id of an execution: its state after the input before, as text of one digit */
    struct map sent;   /* execution and number of the task: its triggered was emitted */
    size_t forgotten;  /* what was sent before the project was deleted last */
};

static const char *const digits[] = {"0", "1", "2", "3", "4", "5"};

typedef void (*execution_fn)(const struct world *w, const struct execution *x, void *arg);

static void each_execution(const struct world *w, execution_fn fn, void *arg)
{
    const char *key = NULL;
    void *value = NULL;
    for (size_t i = 0; map_next(&w->sequencer->records, &i, &key, &value);) {
        const struct record *r = value;
        for (size_t k = 0; k < r->execution_count; k++)
            fn(w, r->executions[k], arg);
    }
}

static bool same_scope(const struct execution *a, const struct execution *b)
{
    return a != b && strcmp(a->stage, b->stage) == 0 && strcmp(a->service, b->service) == 0;
}

struct look {
    struct memory *memory;
    const struct execution *about;
    size_t after; /* place in the trace */
    bool own_started;
};

/* An approval that is sent blocks nobody: another task may go out behind it, in the same step. */
static bool is_sent_later(const struct world *w, const char *id, size_t after)
{
    for (size_t i = after + 1; i < w->trace_count; i++)
        if (w->trace[i].kind == SEQUENCER_EMIT && strcmp(w->trace[i].id, id) == 0)
            return true;
    return false;
}

/* about sends a task: nobody else's may be out. */
static void is_not_out(const struct world *w, const struct execution *x, void *arg)
{
    const struct look *look = arg;
    if (same_scope(x, look->about) && x->state == EXECUTION_STARTED && x->task.sent &&
        !is_sent_later(w, x->task.id, look->after))
        fail_msg("alone: task %s is sent while %s is out", look->about->task.id, x->task.id);
}

/* about has started: nobody of another context was under way, or still is. */
static void is_not_started(const struct world *w, const struct execution *x, void *arg)
{
    const struct look *look = arg;
    const char *before = map_get(&look->memory->states, x->id);
    (void)w;
    if (same_scope(x, look->about) && x->record != look->about->record && x->state == EXECUTION_STARTED &&
        before != NULL && before == digits[EXECUTION_STARTED])
        fail_msg("alone: sequence %s starts while %s is under way", look->about->id, x->id);
}

/* about has started: nobody of another context waits whom the rules put before it. */
static void is_not_before(const struct world *w, const struct execution *x, void *arg)
{
    const struct look *look = arg;
    (void)w;
    if (!same_scope(x, look->about) || x->record == look->about->record || x->state != EXECUTION_TRIGGERED)
        return;
    if (x->triggered_ns < look->about->time_ns || (!look->own_started && x->time_ns < look->about->time_ns))
        fail_msg("in order: sequence %s starts, and %s waits", look->about->id, x->id);
}

/* Whether another run of its own context is started in its scope: then only rule 3 of 3.1 counts. */
static void note_own_started(const struct world *w, const struct execution *x, void *arg)
{
    struct look *look = arg;
    (void)w;
    if (same_scope(x, look->about) && x->record == look->about->record &&
        (x->state == EXECUTION_STARTED || map_get(&look->memory->states, x->id) == digits[EXECUTION_STARTED]))
        look->own_started = true;
}

static void look_at_start(const struct world *w, const struct execution *x, void *arg)
{
    struct memory *memory = arg;
    const char *before = map_get(&memory->states, x->id);
    bool waited = before == NULL || before == digits[EXECUTION_TRIGGERED];
    if (!waited || (x->state != EXECUTION_STARTED && x->state != EXECUTION_WAITING))
        return;
    struct look look = {.memory = memory, .about = x};
    each_execution(w, note_own_started, &look);
    each_execution(w, is_not_started, &look);
    each_execution(w, is_not_before, &look);
}

static void remember(const struct world *w, const struct execution *x, void *arg)
{
    struct memory *memory = arg;
    (void)w;
    (void)map_put(&memory->states, x->id, (void *)(uintptr_t)digits[x->state]);
}

static void look_at_task(const struct world *w, struct memory *memory, size_t place)
{
    const struct traced *t = &w->trace[place];
    const struct execution *x = map_get(&w->sequencer->tasks, t->id);
    if (x == NULL)
        fail_msg("once: %s (%s) is of no run", t->type, t->id);
    char *key = mem_printf("%s:%zu", x->id, x->task.index);
    if (map_put(&memory->sent, key, memory) != NULL)
        fail_msg("once: task %zu of %s is triggered twice", x->task.index, x->id);
    free(key);
    each_execution(w, is_not_out, &(struct look){.memory = memory, .about = x, .after = place});
}

/* How many follow when that ends so after its own tasks, by the triggeredOn of both shipyards. */
static size_t followers_of(const struct traced *end)
{
    bool failed = strcmp(end->result, "fail") == 0;
    if (strcmp(end->type, "sh.keptn.event.dev.delivery.finished") == 0)
        return failed ? 1 : SIZE_MAX; /* without lab one, with it two */
    if (strcmp(end->type, "sh.keptn.event.dev.loop.finished") == 0)
        return strcmp(end->result, "warning") == 0;
    return strcmp(end->type, "sh.keptn.event.prod.delivery.finished") == 0 && failed;
}

static bool is_kind(const char *text, enum event_class class, enum event_kind kind)
{
    struct event_type type;
    event_type_parse(text, &type);
    return type.class == class && type.kind == kind;
}

/* Only what answers a task lets others follow; a trigger, a verb or time ends things without. */
static bool answers_a_task(const struct logged *in)
{
    return in->text != NULL && strstr(in->text, "\"triggeredid\"") != NULL;
}

static void look_at_followers(const struct world *w)
{
    size_t most = 0, least = 0, seen = 0;
    bool natural = answers_a_task(&w->log[w->log_count - 1]);
    for (size_t i = 0; i < w->trace_count; i++) {
        const struct traced *t = &w->trace[i];
        if (t->kind != SEQUENCER_EMIT)
            continue;
        seen += is_kind(t->type, EVENT_CLASS_SEQUENCE, EVENT_KIND_TRIGGERED);
        if (!natural || !is_kind(t->type, EVENT_CLASS_SEQUENCE, EVENT_KIND_FINISHED))
            continue;
        size_t count = followers_of(t);
        most += count == SIZE_MAX ? 2 : count;
        least += count == SIZE_MAX ? 1 : count;
    }
    if (seen < least || seen > most)
        fail_msg("once: %zu follow, not %zu to %zu", seen, least, most);
}

static void is_in_time(const struct world *w, const struct execution *x, void *arg)
{
    (void)arg;
    if (x->task.sent && !x->task.referred && w->now_ns - x->task.sent_ns >= 600 * CLOCK_S)
        fail_msg("in order: task %s is overdue", x->task.id);
}

static void look(struct world *w, void *arg)
{
    const struct logged *in = &w->log[w->log_count - 1];
    if (in->text == NULL && in->context == NULL)
        each_execution(w, is_in_time, NULL);
    struct memory *memory = arg;
    if (memory->forgotten != w->sent_before_deletion) { /* an id that comes again is of another run now */
        map_free(&memory->states, NULL);
        map_free(&memory->sent, NULL);
        memory->forgotten = w->sent_before_deletion;
    }
    for (size_t i = 0; i < w->trace_count; i++)
        if (w->trace[i].kind == SEQUENCER_EMIT &&
            is_kind(w->trace[i].type, EVENT_CLASS_TASK, EVENT_KIND_TRIGGERED))
            look_at_task(w, memory, i);
    look_at_followers(w);
    each_execution(w, look_at_start, memory);
    map_free(&memory->states, NULL);
    each_execution(w, remember, memory);
    w->trace_count = 0;
}

/* Without pauses the second promise is plainer: at most one task of a scope is open, approvals apart. */
static void check_one_task_a_scope(const struct world *w)
{
    struct map scopes = {0};
    for (size_t i = 0; i < w->sent_count; i++) {
        const struct sent *e = &w->sent[i];
        if (!is_task(e) || !world_is_open(w, e->id) || strstr(e->type, ".approval.") != NULL)
            continue;
        char *scope = mem_printf("%s/%s", json_text(e->data, "stage"), json_text(e->data, "service"));
        assert_null(map_put(&scopes, scope, w->sequencer));
        free(scope);
    }
    map_free(&scopes, NULL);
}

/* Ends the task as an executor would who knows what is still missing. */
static void complete(struct world *w, const char *id)
{
    for (int i = 0; i < 600 && world_is_open(w, id); i++) {
        const struct execution *x = map_get(&w->sequencer->tasks, id);
        assert_non_null(x);
        size_t finished = 0;
        for (size_t j = 0; j < x->task.event_count; j++)
            finished += x->task.events[j].finished;
        char *type = mem_printf("sh.keptn.event.%s.triggered", x->tasks[x->task.index].name);
        struct sent task = {
            .type = type, .id = id, .context = x->record->context, .data = cJSON_CreateObject()};
        cJSON_AddStringToObject(task.data, "stage", x->stage);
        cJSON_AddStringToObject(task.data, "service", x->service);
        cJSON_AddStringToObject(task.data, "project", "p");
        char *context = mem_string(task.context);
        task.context = context;
        if (finished > x->task.event_count - finished || x->task.event_count == 0)
            world_started(w, &task);
        else
            world_finished(w, &task, "succeeded", "pass");
        cJSON_Delete(task.data);
        free(context);
        free(type);
    }
    assert_false(world_is_open(w, id));
}

/* Resumes all and lets every open task pass, until nothing is open. */
static void drain(struct world *w)
{
    world_feed_back(w);
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++)
        (void)world_control(w, contexts[i], NULL, SEQUENCER_RESUME);
    for (int round = 0; round < 500 && w->opened.count > 0; round++) {
        for (size_t i = 0; i < w->sent_count; i++)
            if (is_task(&w->sent[i]) && world_is_open(w, w->sent[i].id))
                complete(w, w->sent[i].id);
        world_pass_time(w, 40 * CLOCK_S);
    }
    assert_int_equal(w->opened.count, 0);
    assert_int_equal(w->open.count, 0);
    assert_int_equal(sequencer_next_timer(w->sequencer), INT64_MAX);
}

/* Every sequence triggered that went in since the project was made has exactly one finished. */
static void check_ends(const struct world *w)
{
    struct map ends = {0};
    for (size_t i = w->sent_before_deletion; i < w->sent_count; i++)
        if (w->sent[i].triggeredid != NULL)
            assert_null(map_put(&ends, w->sent[i].triggeredid, &w->sent[i]));
    size_t first = 0;
    for (size_t i = 0; i < w->log_count; i++)
        if (w->log[i].deleted)
            first = i;
    for (size_t i = first; i < w->log_count; i++) {
        struct event ev = {0};
        struct error err = ERROR_NONE;
        if (w->log[i].text == NULL)
            continue;
        assert_int_equal(event_decode(w->log[i].text, strlen(w->log[i].text), EVENT_FORM_COMPLETE, &ev, &err),
                         STATUS_OK);
        if (ev.parsed_type.class == EVENT_CLASS_SEQUENCE && ev.parsed_type.kind == EVENT_KIND_TRIGGERED) {
            const struct sent *end = map_get(&ends, ev.id);
            assert_non_null(end);
            assert_string_equal(end->context, ev.context);
        }
        event_free(&ev);
    }
    map_free(&ends, NULL);
}

static void run_seed(uint64_t seed, bool with_pauses)
{
    struct dice d = {.state = seed * 2 + with_pauses, .with_pauses = with_pauses};
    struct memory memory = {0};
    struct world *w = world_new(yard);
    w->watch = look;
    w->watch_arg = &memory;
    for (int i = 0; i < STEPS; i++) {
        step(&d, w);
        if (!with_pauses)
            check_one_task_a_scope(w);
        if (i == STEPS / 2)
            world_expect_replay(w); /* with all that is open */
    }
    world_expect_replay(w);
    drain(w);
    check_ends(w);
    world_expect_replay(w);
    world_free(w);
    map_free(&memory.states, NULL);
    map_free(&memory.sent, NULL);
}

static void run_seeds(bool with_pauses)
{
    const char *text = getenv("SEQUENCER_SEEDS"), *from = getenv("SEQUENCER_FIRST_SEED");
    unsigned long first = from != NULL ? strtoul(from, NULL, 10) : 1;
    unsigned long seeds = text != NULL ? strtoul(text, NULL, 10) : SEEDS;
    for (unsigned long seed = first; seed < first + seeds; seed++) {
        print_message("# seed %lu\n", seed); /* the last one printed is the one that failed */
        run_seed(seed, with_pauses);
    }
}

static void any_order_of_inputs_keeps_its_promises(void **unused)
{
    (void)unused;
    run_seeds(true);
}

static void without_pauses_a_scope_has_at_most_one_open_task(void **unused)
{
    (void)unused;
    run_seeds(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_inputs_keeps_its_promises),
        cmocka_unit_test(without_pauses_a_scope_has_at_most_one_open_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
