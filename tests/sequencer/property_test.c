/* Random orders of legal and illegal inputs. After each, world.c compares with a restored sequencer and walks
 * both; here: one task at a time in a scope, each triggered sequence ends exactly once, and a replay of all
 * inputs gives the same. */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "sequencer/internal.h"

#define SEEDS 10 /* SEQUENCER_SEEDS in the environment for more */
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

static void step(struct dice *d, struct world *w)
{
    const struct sent *found = pick_task(d, w);
    const struct sent task = found != NULL ? *found : (struct sent){0};
    size_t face = roll(d, 24);
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
    else if (d->with_pauses)
        (void)world_control(w, PICK(d, contexts), PICK(d, stages),
                            roll(d, 2) ? SEQUENCER_PAUSE : SEQUENCER_RESUME);
}

/* Of a run without pauses: with them a run that was paused in a task goes on beside the one that overtook it.
 */
static void check_one_task_a_scope(const struct world *w)
{
    for (size_t i = 0; i < w->sent_count; i++) {
        const struct sent *a = &w->sent[i];
        if (!is_task(a) || !world_is_open(w, a->id) || strstr(a->type, ".approval.") != NULL)
            continue;
        for (size_t j = i + 1; j < w->sent_count; j++) {
            const struct sent *b = &w->sent[j];
            if (!is_task(b) || !world_is_open(w, b->id) || strstr(b->type, ".approval.") != NULL)
                continue;
            bool same = strcmp(json_text(a->data, "stage"), json_text(b->data, "stage")) == 0 &&
                        strcmp(json_text(a->data, "service"), json_text(b->data, "service")) == 0;
            assert_false(same);
        }
    }
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

/* Every sequence triggered that went in has exactly one finished. */
static void check_ends(const struct world *w)
{
    struct map ends = {0};
    for (size_t i = 0; i < w->sent_count; i++)
        if (w->sent[i].triggeredid != NULL)
            assert_null(map_put(&ends, w->sent[i].triggeredid, &w->sent[i]));
    for (size_t i = 0; i < w->log_count; i++) {
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
    struct world *w = world_new(yard);
    for (int i = 0; i < STEPS; i++) {
        step(&d, w);
        if (!with_pauses)
            check_one_task_a_scope(w);
    }
    drain(w);
    check_ends(w);
    world_expect_replay(w, yard);
    world_free(w);
}

static void run_seeds(bool with_pauses)
{
    const char *text = getenv("SEQUENCER_SEEDS");
    unsigned long seeds = text != NULL ? strtoul(text, NULL, 10) : SEEDS;
    for (unsigned long seed = 1; seed <= seeds; seed++) {
        print_message("# seed %lu\n", seed); /* the last one printed is the one that failed */
        run_seed(seed, with_pauses);
    }
}

static void any_order_of_inputs_loses_nothing_and_doubles_nothing(void **unused)
{
    (void)unused;
    run_seeds(false);
}

static void any_order_of_inputs_with_pauses_loses_nothing_and_doubles_nothing(void **unused)
{
    (void)unused;
    run_seeds(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_inputs_loses_nothing_and_doubles_nothing),
        cmocka_unit_test(any_order_of_inputs_with_pauses_loses_nothing_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
