/* The property that the model stands on: any order of the same events and states, with any repeats, gives one
 * model. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "model/model.h"
#include "story.h"

#define LABELS ",\"labels\":{\"version\":\"%s\",\"build\":\"7\"}"

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % limit;
}

/* --- stories --- */

static void triggered(struct story *s, int64_t ms, const char *context, const char *stage,
                      const char *sequence, const char *id, const char *version)
{
    char type[200], data[400];
    snprintf(type, sizeof type, "%s.%s.triggered", stage, sequence);
    snprintf(data, sizeof data,
             ",\"configurationChange\":{\"values\":{\"image\":\"ghcr.io/x/hello:%s\"}}" LABELS, version,
             version);
    story_event(s, ms, context, stage, type, id, "", data);
}

static void finished(struct story *s, int64_t ms, const char *context, const char *stage,
                     const char *sequence, const char *id, const char *triggeredid, const char *status,
                     const char *result)
{
    char type[200], data[200];
    snprintf(type, sizeof type, "%s.%s.finished", stage, sequence);
    snprintf(data, sizeof data, ",\"status\":\"%s\",\"result\":\"%s\",\"message\":\"the end of %s\"", status,
             result, id);
    story_event(s, ms, context, stage, type, id, triggeredid, data);
}

/* A task of one executor, or with only its triggered and started where result is NULL. */
static void task(struct story *s, int64_t ms, const char *context, const char *stage, const char *name,
                 const char *id, const char *result)
{
    char type[200], other[200], data[300];
    snprintf(type, sizeof type, "%s.triggered", name);
    snprintf(data, sizeof data,
             LABELS ",\"result\":\"pass\",\"%s\":{\"pass\":\"manual\",\"warning\":\"manual\"}", "v1", name);
    story_event_with(s, ms, context, stage, type, id, "", data, ",\"gitcommitid\":\"4f1c\"");
    snprintf(type, sizeof type, "%s.started", name);
    snprintf(other, sizeof other, "%s-s", id);
    story_event(s, ms + 5, context, stage, type, other, id, ",\"status\":\"succeeded\"");
    if (result == NULL)
        return;
    snprintf(type, sizeof type, "%s.finished", name);
    snprintf(other, sizeof other, "%s-f", id);
    snprintf(data, sizeof data, ",\"status\":\"succeeded\",\"result\":\"%s\",\"message\":\"done %s\"", result,
             id);
    story_event_with(s, ms + 50, context, stage, type, other, id, data,
                     ",\"decidedby\":\"maria\",\"decidedvia\":\"dashboard\"");
}

static void two_stages_with_an_approval(struct story *s)
{
    triggered(s, 0, "c1", "qa", "delivery", "t1", "v1");
    task(s, 10, "c1", "qa", "je-deployment", "d1", "pass");
    story_state(s, 0, "c1", "started", "qa", "triggered", "je-deployment.finished", "d1-f", 60);
    task(s, 100, "c1", "qa", "je-test", "e1", "warning");
    finished(s, 200, "c1", "qa", "delivery", "f1", "t1", "succeeded", "warning");
    triggered(s, 200, "c1", "production", "delivery", "t2", "v1");
    task(s, 210, "c1", "production", "approval", "a2", "pass");
    task(s, 300, "c1", "production", "je-deployment", "d2", "pass");
    finished(s, 400, "c1", "production", "delivery", "f2", "t2", "succeeded", "pass");
    story_state(s, 0, "c1", "finished", "production", "succeeded", "production.delivery.finished", "f2", 400);
    triggered(s, 0, "c8", "qa", "delivery", "t8", "v1");
    task(s, 12, "c8", "qa", "je-test", "e8", "pass");
    finished(s, 100, "c8", "qa", "delivery", "f8", "t8", "succeeded", "pass");
    triggered(s, 100, "c8", "production", "delivery", "t9", "v1");
    task(s, 110, "c8", "production", "approval", "a9", NULL);
    triggered(s, 250, "c2", "production", "delivery", "t3", "v2");
    task(s, 260, "c2", "production", "approval", "a3", NULL);
    triggered(s, 150, "c3", "production", "delivery", "t4", "v0");
    task(s, 270, "c3", "production", "approval", "a4", NULL);
}

static void a_sequence_that_follows_itself(struct story *s)
{
    for (int i = 0; i < 5; i++) {
        char trigger[20], work[20], end[20];
        snprintf(trigger, sizeof trigger, "t%d", i);
        snprintf(work, sizeof work, "w%d", i);
        snprintf(end, sizeof end, "f%d", i);
        triggered(s, 100 * i, "loop", "qa", "repeat", trigger, "v1");
        task(s, 100 * i, "loop", "qa", "mytask", work, i < 4 ? "fail" : "pass");
        if (i == 2)
            task(s, 100 * i + 30, "loop", "qa", "mytask", "again", "pass");
        finished(s, 100 * i + 100, "loop", "qa", "repeat", end, trigger, "succeeded",
                 i < 4 ? "fail" : "pass");
    }
}

static void parallel_stages_and_a_rollback(struct story *s)
{
    triggered(s, 0, "c1", "dev", "delivery", "t1", "v1");
    task(s, 10, "c1", "dev", "deployment", "d1", "pass");
    finished(s, 90, "c1", "dev", "delivery", "f1", "t1", "succeeded", "pass");
    triggered(s, 90, "c1", "eu", "delivery", "t2", "v1");
    triggered(s, 90, "c1", "us", "delivery", "t3", "v1");
    task(s, 95, "c1", "eu", "approval", "a2", "fail");
    task(s, 95, "c1", "us", "deployment", "d3", "fail");
    finished(s, 160, "c1", "eu", "delivery", "f2", "t2", "succeeded", "fail");
    finished(s, 170, "c1", "us", "delivery", "f3", "t3", "succeeded", "fail");
    triggered(s, 170, "c1", "us", "rollback", "t4", "v1");
    task(s, 171, "c1", "us", "rollback", "r4", "pass");
    finished(s, 260, "c1", "us", "rollback", "f4", "t4", "succeeded", "pass");
    story_state(s, 0, "c1", "finished", "us", "succeeded", "us.rollback.finished", "f4", 260);
}

static void several_executors(struct story *s)
{
    triggered(s, 0, "c1", "qa", "delivery", "t1", "v1");
    task(s, 10, "c1", "qa", "deployment", "d1", NULL);
    for (int i = 0; i < 3; i++) {
        char id[20], source[60];
        snprintf(source, sizeof source, ",\"source\":\"exec-%d\"", i / 2);
        snprintf(id, sizeof id, "s%d", i);
        story_event_with(s, 20 + i, "c1", "qa", "deployment.started", id, "d1", "", source);
        snprintf(id, sizeof id, "e%d", i);
        story_event_with(s, 30 + 2 * i, "c1", "qa", "deployment.finished", id, "d1",
                         i == 1 ? ",\"result\":\"fail\",\"status\":\"errored\",\"message\":\"broken\""
                                : ",\"result\":\"pass\",\"status\":\"succeeded\"",
                         source);
    }
    /* equal times, and one that names another stage than its task's */
    story_event_with(s, 40, "c1", "qa", "deployment.started", "x1", "d1", "", ",\"source\":\"late\"");
    story_event_with(s, 40, "c1", "qa", "deployment.started", "x2", "d1", "", ",\"source\":\"late\"");
    story_event_with(s, 40, "c1", "elsewhere", "deployment.finished", "x3", "d1", ",\"result\":\"pass\"",
                     ",\"source\":\"late\"");
    /* answers to a task that is never triggered, in two stages, under two names */
    story_event(s, 60, "c1", "qa", "test.finished", "y2", "unknown", ",\"result\":\"pass\"");
    story_event(s, 55, "c1", "elsewhere", "check.started", "y1", "unknown", "");
    story_event(s, 70, "c1", "third", "other.started", "y3", "unknown", "");
}

static void paused_resumed_queued_and_aborted(struct story *s)
{
    triggered(s, 0, "c1", "qa", "delivery", "t1", "v1");
    task(s, 10, "c1", "qa", "deployment", "d1", NULL);
    story_state(s, 0, "c1", "paused", "qa", "triggered", "deployment.started", "d1-s", 15);
    story_event(s, 40, "c1", "qa", "deployment.finished", "d1-f", "d1", ",\"result\":\"pass\"");
    story_state(s, 0, "c1", "started", "qa", "started", "deployment.finished", "d1-f", 40);
    triggered(s, 45, "c2", "qa", "delivery", "t2", "v2");
    story_state(s, 45, "c2", "waiting", "qa", "", "", "", 0);
    task(s, 50, "c1", "qa", "test", "e1", NULL);
    story_state(s, 45, "c2", "aborted", "qa", "aborted", "qa.delivery.finished", "f2", 60);
    finished(s, 60, "c2", "qa", "delivery", "f2", "t2", "aborted", "pass");
    triggered(s, 70, "c3", "qa", "delivery", "t3", "v3");
    story_state(s, 70, "c3", "paused", "qa", "", "", "", 0);
    triggered(s, 80, "c4", "qa", "delivery", "t4", "v3");
    task(s, 90, "c4", "qa", "approval", "a4", NULL);
    story_state(s, 80, "c4", "timedOut", "qa", "errored", "approval.started", "a4-s", 95);
    story_state(s, 0, "c5", "started", "qa", "triggered", "approval.started", "a5-s", 99);
    story_state(s, 0, "c6", "waiting", "qa", "", "", "", 0);
    /* a second trigger in a context that has ended */
    triggered(s, 700, "c2", "qa", "delivery", "t6", "v2");
    task(s, 710, "c2", "qa", "approval", "a6", NULL);
}

static void decided_twice_and_out_of_step(struct story *s)
{
    triggered(s, 0, "c1", "production", "delivery", "t1", "v1");
    task(s, 10, "c1", "production", "approval", "a1", "fail");
    story_event_with(s, 70, "c1", "production", "approval.finished", "again", "a1", ",\"result\":\"pass\"",
                     ",\"decidedby\":\"tom\"");
    story_event(s, 80, "c1", "production", "approval.started", "late", "a1", "");
    triggered(s, 5, "c2", "production", "delivery", "t2", "v2");
    story_event(s, 20, "c2", "production", "approval.finished", "early", "a2", ",\"result\":\"pass\"");
    story_event(s, 21, "c2", "production", "approval.started", "after", "a2",
                ",\"message\":\"Approval strategy for result 'pass': manual\"");
    story_event(s, 19, "c2", "production", "approval.triggered", "a2", "",
                ",\"result\":\"pass\",\"approval\":{\"pass\":\"automatic\"}");
    task(s, 100, "c3", "production", "approval", "a3", NULL);
    story_add(s, STORY_OPEN, "{\"events\":[],\"nextPageKey\":\"0\"}");
    task(s, 110, "c4", "production", "approval", "a4", NULL);
    /* events after the end of all that is known in their stage */
    finished(s, 120, "c1", "production", "delivery", "f1", "t1", "succeeded", "fail");
    task(s, 200, "c1", "production", "approval", "a5", NULL);
    finished(s, 400, "c1", "production", "delivery", "f9", "unseen", "succeeded", "pass");
    /* ended twice: the first end counts */
    triggered(s, 500, "c9", "production", "delivery", "t9", "v1");
    finished(s, 530, "c9", "production", "delivery", "g3", "t9", "succeeded", "pass");
    finished(s, 520, "c9", "production", "delivery", "g2", "t9", "aborted", "pass");
    finished(s, 520, "c9", "production", "delivery", "g1", "t9", "errored", "fail");
}

static void a_state_of_a_run_that_no_event_told(struct story *s)
{
    triggered(s, 0, "c1", "qa", "delivery", "t1", "v1");
    task(s, 10, "c1", "qa", "test", "e1", "pass");
    finished(s, 100, "c1", "qa", "delivery", "f1", "t1", "succeeded", "pass");
    story_state(s, 0, "c1", "started", "qa", "triggered", "approval.triggered", "a2", 300);
    story_state(s, 0, "c1", "started", "qa", "triggered", "qa.delivery.finished", "f1", 100);
    story_event(s, 350, "c1", "qa", "approval.finished", "a2-f", "a2", ",\"result\":\"pass\"");
    story_state(s, 0, "c1", "finished", "qa", "succeeded", "qa.second.finished", "f2", 390);
    story_add(s, STORY_STATE,
              "{\"name\":\"delivery\",\"service\":\"helloservice\",\"project\":\"fulltour\","
              "\"shkeptncontext\":\"bare\",\"state\":\"aborted\",\"stages\":[]}");
    triggered(s, 0, "bare", "qa", "delivery", "t7", "v1");
}

struct named_story {
    const char *name;
    void (*tell)(struct story *);
};
static const struct named_story stories[] = {
    {"two stages with an approval", two_stages_with_an_approval},
    {"a sequence that follows itself", a_sequence_that_follows_itself},
    {"parallel stages and a rollback", parallel_stages_and_a_rollback},
    {"several executors", several_executors},
    {"paused, resumed, queued, aborted", paused_resumed_queued_and_aborted},
    {"decided twice and out of step", decided_twice_and_out_of_step},
    {"a state of a run that no event told", a_state_of_a_run_that_no_event_told},
};
#define STORY_COUNT (sizeof stories / sizeof stories[0])

static void project(struct story *s)
{
    story_add(s, STORY_PROJECT,
              "{\"projectName\":\"%s\",\"stages\":[{\"stageName\":\"qa\"},{\"stageName\":\"production\"}],"
              "\"shipyard\":\"spec:\\n  stages:\\n  - name: qa\\n    sequences:\\n"
              "    - {name: delivery, tasks: [{name: deployment}, {name: test}, {name: release}]}\\n"
              "  - name: production\\n    sequences:\\n"
              "    - {name: delivery, tasks: [{name: approval}, {name: je-deployment}]}\\n\"}",
              s->project);
}

/* --- the property --- */

static void shuffle(size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = random_below(i), swap = order[k];
        order[k] = order[i - 1];
        order[i - 1] = swap;
    }
}

static void apply(struct model *m, const struct story *s, size_t i)
{
    struct error err = ERROR_NONE;
    if (story_apply(m, &s->items[i], &err) != STATUS_OK)
        fail_msg("%s: %s", err.text, s->items[i].text);
    model_check(m);
}

static void tell_in_order(struct model *m, const struct story *s, const size_t *order, size_t count)
{
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        apply(m, s, order[i]);
        assert_true(model_revision(m) >= before);
        before = model_revision(m);
    }
}

/* Each item once, and as many again, of any. */
static size_t shuffled_with_repeats(size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
        order[count + i] = random_below(count);
    }
    shuffle(order, 2 * count);
    return 2 * count;
}

static void compare_orders(const char *name, const struct story *s, int seeds)
{
    size_t *order = mem_alloc(2 * s->count * sizeof *order);
    struct model *straight = model_new();
    story_tell(straight, s);
    uint64_t wanted = model_digest(straight);
    for (int seed = 1; seed <= seeds; seed++) {
        random_state = (uint64_t)seed * 77;
        struct model *m = model_new();
        tell_in_order(m, s, order, shuffled_with_repeats(order, s->count));
        if (model_digest(m) != wanted)
            fail_msg("%s: seed %d gives another model", name, seed);
        uint64_t revision = model_revision(m);
        for (size_t i = 0; i < s->count; i++)
            if (s->items[i].kind == STORY_EVENT)
                apply(m, s, i);
        assert_int_equal(model_revision(m), revision); /* nothing was new */
        model_free(m);
    }
    model_free(straight);
    free(order);
}

static void any_order_with_repeats_gives_one_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORY_COUNT; i++) {
        struct story s = {0};
        stories[i].tell(&s);
        compare_orders(stories[i].name, &s, 150);
        story_free(&s);
    }
}

static void any_order_gives_one_model_without_numbers_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORY_COUNT; i++) {
        struct story s = {.number = UINT64_MAX};
        stories[i].tell(&s);
        compare_orders(stories[i].name, &s, 100);
        story_free(&s);
    }
}

static void all_stories_with_their_shipyards_in_one_model(void **state)
{
    (void)state;
    static char projects[STORY_COUNT][20];
    struct story s = {0};
    for (size_t i = 0; i < STORY_COUNT; i++) {
        snprintf(projects[i], sizeof projects[i], "project-%zu", i);
        s.project = projects[i]; /* the contexts and ids are the same: nothing may leak from one to another */
        if (stories[i].tell == decided_twice_and_out_of_step)
            continue; /* its answer about open approvals is about all of them */
        project(&s);
        stories[i].tell(&s);
    }
    compare_orders("all stories", &s, 12);
    story_free(&s);
}

static void every_prefix_is_the_model_of_its_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORY_COUNT; i++) {
        struct story s = {0};
        stories[i].tell(&s);
        size_t *order = mem_alloc(s.count * sizeof *order);
        struct model *grown = model_new();
        random_state = 5;
        for (size_t k = 0; k < s.count; k++) {
            apply(grown, &s, k);
            for (size_t n = 0; n <= k; n++)
                order[n] = n;
            shuffle(order, k + 1);
            struct model *m = model_new();
            tell_in_order(m, &s, order, k + 1);
            if (model_digest(m) != model_digest(grown))
                fail_msg("%s: the first %zu items", stories[i].name, k + 1);
            model_free(m);
        }
        model_free(grown);
        free(order);
        story_free(&s);
    }
}

/* --- anything, in any order --- */

static void random_sequence_event(struct story *s, int id, int64_t ms, const char *context, const char *stage)
{
    static const char *const ends[] = {",\"status\":\"succeeded\",\"result\":\"pass\"",
                                       ",\"status\":\"succeeded\",\"result\":\"fail\"",
                                       ",\"status\":\"aborted\",\"result\":\"pass\""};
    static const char *const names[] = {"delivery", "rollback"};
    char type[100], own[30], trigger[30], data[100];
    size_t run = random_below(3), name = run % 2; /* an id has one name and one stage */
    snprintf(trigger, sizeof trigger, "run-%s-%s-%zu", context, stage, run);
    if (random_below(2) == 0) {
        snprintf(type, sizeof type, "%s.%s.triggered", stage, names[name]);
        snprintf(data, sizeof data, ",\"configurationChange\":{\"values\":{\"image\":\"x:v%zu\"}}", run);
        story_event(s, (int64_t)run * 7 + context[1], context, stage, type, trigger, "", data);
    } else {
        snprintf(type, sizeof type, "%s.%s.finished", stage, names[name]);
        snprintf(own, sizeof own, "end-%d", id);
        story_event(s, ms, context, stage, type, own, trigger, ends[random_below(3)]);
    }
}

static void random_task_event(struct story *s, int id, int64_t ms, const char *context, const char *stage)
{
    static const char *const names[] = {"approval", "deploy", "test"};
    static const char *const results[] = {",\"result\":\"pass\"", ",\"result\":\"warning\"", ""};
    char type[100], own[30], trigger[40], source[60];
    size_t task = random_below(6), kind = random_below(3);
    snprintf(trigger, sizeof trigger, "task-%s-%zu", context, task);
    snprintf(own, sizeof own, "word-%d", id);
    snprintf(source, sizeof source, ",\"source\":\"executor-%zu\"", random_below(2));
    if (kind == 0) { /* the stage of its triggered follows from its id; answers may name any */
        snprintf(type, sizeof type, "%s.triggered", names[task % 3]);
        story_event(s, (int64_t)task * 5, context, task < 3 ? "qa" : "prod", type, trigger, "",
                    ",\"result\":\"pass\",\"approval\":{\"pass\":\"manual\"}");
    } else {
        snprintf(type, sizeof type, "%s.%s", names[random_below(8) == 0 ? 2 : task % 3],
                 kind == 1 ? "started" : "finished");
        story_event_with(s, ms, context, stage, type, own, trigger, results[random_below(3)], source);
    }
}

static void random_state_item(struct story *s, int id, int64_t ms, const char *context, const char *stage)
{
    static const char *const words[] = {"triggered", "waiting", "started", "paused",
                                        "finished",  "aborted", "timedOut"};
    static const char *const stage_words[] = {"", "triggered", "succeeded", "paused", "started", "aborted"};
    static const char *const types[] = {"",
                                        "approval.triggered",
                                        "deploy.started",
                                        "test.finished",
                                        "qa.delivery.finished",
                                        "prod.delivery.triggered"};
    char latest[40];
    if (random_below(2) == 0)
        snprintf(latest, sizeof latest, "word-%zu", random_below(60));
    else
        snprintf(latest, sizeof latest, "task-%s-%zu", context, random_below(6));
    struct story_item *item = story_state(s, context[1], context, words[random_below(7)], stage,
                                          stage_words[random_below(6)], types[random_below(6)], latest, ms);
    item->number = random_below(4) == 0 ? (uint64_t)(id / 2) : item->number; /* some have one number */
}

/* event/triggered's answer: some of the approvals, as their events are. */
static void random_open_answer(struct story *s)
{
    struct story known = {.number = UINT64_MAX};
    struct buffer events = BUFFER_LIMIT(1 << 16);
    static const char *const contexts[] = {"c1", "c2", "c3"};
    for (size_t i = 0; i < 6; i++) {
        char trigger[40];
        snprintf(trigger, sizeof trigger, "task-%s-%zu", contexts[i / 2], 3 * (i % 2));
        story_event(&known, 15 * (int64_t)(i % 2), contexts[i / 2], i % 2 == 0 ? "qa" : "prod",
                    "approval.triggered", trigger, "",
                    ",\"result\":\"pass\",\"approval\":{\"pass\":\"manual\"}");
        if (random_below(2) == 0)
            buffer_printf(&events, "%s%s", events.len > 0 ? "," : "", known.items[i].text);
    }
    story_add(s, STORY_OPEN, "{\"events\":[%s],\"nextPageKey\":\"%zu\"}", buffer_text(&events),
              random_below(3) == 0 ? (size_t)20 : (size_t)0);
    buffer_free(&events);
    story_free(&known);
}

static void tell_anything(struct story *s, int count)
{
    static const char *const contexts[] = {"c1", "c2", "c3"};
    static const char *const stages[] = {"qa", "prod"};
    for (int i = 0; i < count; i++) {
        const char *context = contexts[random_below(3)], *stage = stages[random_below(2)];
        int64_t ms = (int64_t)random_below(40);
        size_t what = random_below(11);
        if (what < 3)
            random_sequence_event(s, i, ms, context, stage);
        else if (what < 8)
            random_task_event(s, i, ms, context, stage);
        else if (what < 10)
            random_state_item(s, i, ms, context, stage);
        else
            random_open_answer(s);
    }
}

/* An event keeps its number, however often it is told. */
static void number_by_id(struct story *s)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < i && s->items[i].kind == STORY_EVENT; k++)
            if (strcmp(s->items[i].text, s->items[k].text) == 0)
                s->items[i].number = s->items[k].number;
}

static void anything_in_any_order_gives_one_model(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 160; seed++) {
        char name[30];
        struct story s = {.number = seed % 3 == 0 ? UINT64_MAX : 0};
        random_state = (uint64_t)seed * 1000;
        snprintf(name, sizeof name, "anything %d", seed);
        tell_anything(&s, 10 + seed % 40);
        number_by_id(&s);
        compare_orders(name, &s, 4);
        story_free(&s);
    }
}

/* A harness that cannot fail proves nothing. */
static void another_event_gives_another_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORY_COUNT; i++) {
        struct story s = {0};
        stories[i].tell(&s);
        struct model *m = model_new();
        story_tell(m, &s);
        uint64_t before = model_digest(m);
        story_event(&s, 9999, "c1", "qa", "mytask.triggered", "one-more", "", "");
        apply(m, &s, s.count - 1);
        assert_true(model_digest(m) != before);
        model_free(m);
        story_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_with_repeats_gives_one_model),
        cmocka_unit_test(any_order_gives_one_model_without_numbers_too),
        cmocka_unit_test(all_stories_with_their_shipyards_in_one_model),
        cmocka_unit_test(every_prefix_is_the_model_of_its_events),
        cmocka_unit_test(anything_in_any_order_gives_one_model),
        cmocka_unit_test(another_event_gives_another_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
