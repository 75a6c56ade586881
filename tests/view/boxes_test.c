/* Each state of the decision box at three sizes, cells and colours. UPDATE_GOLDEN=1 rewrites
 * tests/view/golden/boxes; the diff is reviewed. */
#include "config.h"

#include "mistakes.h"

#include <stdio.h>
#include <stdlib.h>

#define ID "production.approval.5d1a2b3c"

static void tom_declines(struct buffer *script)
{
    scene_decided(script, &screen_run, "tom", "fail", "not today", 3);
    scene_finished(script, &screen_run, "fail", 2);
}

static void it_is_held(struct buffer *script)
{
    (void)buffer_add_text(
        script,
        "state "
        "{\"name\":\"delivery\",\"service\":\"helloservice\",\"project\":\"fulltour\",\"state\":\"paused\","
        "\"shkeptncontext\":\"5d1a2b3c-0000-4000-8000-000000000000\",\"stages\":[{\"name\":\"production\","
        "\"state\":\"paused\"}]}\n");
}

struct state {
    const char *name;
    struct step steps[MISTAKE_STEPS];
    const char *scene, *settings;
};

static const struct state states[] = {
    {.name = "asking", .steps = {BOX("a")}, .scene = "tour"},
    {.name = "typed", .steps = {BOX("a")}, .settings = "confirm: [{stage: production, level: type}]\n"},
    {.name = "back", .steps = {BOX("a"), WORDS("hello"), TYPE("\r"), SEE("that is not it")}, .scene = "back"},
    {.name = "early", .steps = {TYPE("a\r"), SEE("that came before")}},
    {.name = "stale",
     .steps = {TELL("link stale 40 connection refused"), BOX("D"), TYPE("too late for that")}},
    {.name = "held", .steps = {EVENTS(it_is_held), BOX("a")}},
    {.name = "window", .steps = {BOX("a"), TYPE("\r"), SEE("u undoes")}, .settings = "undo-window: 10m\n"},
    {.name = "sending", .steps = {BOX("a"), TYPE("\r"), SEE("sending")}},
    {.name = "retrying",
     .steps = {BOX("a"), TYPE("\r"), SEE("sending"), TELL("decision " ID " retrying connection refused")}},
    {.name = "conflict",
     .steps = {BOX("a"), TYPE("\r"), SEE("sending"),
               TELL("decision " ID " conflict 409: declined by tom 3s ago")}},
    {.name = "failed",
     .steps = {BOX("a"), TYPE("\r"), SEE("sending"),
               TELL("decision " ID " failed 403: this token may not decide: ask for the role approver")}},
    {.name = "overtaken", .steps = {BOX("a"), EVENTS(tom_declines), SEE("Overtaken")}},
    {.name = "pause", .steps = {BOX("P")}},
    {.name = "pausing",
     .steps = {BOX("P"), TYPE("\r"), SEE("sending"), TELL("controlled 5d1a2b3c accepted"), SEE("accepted")}},
    {.name = "refused",
     .steps = {BOX("X"), TYPE("\r"), SEE("sending"),
               TELL("controlled 5d1a2b3c refused 403: the role approver may not abort"), SEE("403")}},
    {.name = "batch",
     .steps = {TYPE("2"), REST, TYPE(" "), REST, TYPE(" "), REST, BOX("a")},
     .scene = "tour"},
    {.name = "batch-done",
     .steps = {TYPE("2"), REST, TYPE(" "), REST, TYPE(" "), REST, BOX("a"), TYPE("\r"), REST,
               TELL("decision " ID " conflict 409: declined by tom 3s ago"),
               TELL("decision production.approval.c0ffee00 accepted")},
     .scene = "tour"},
};

static void each_state_is_as_recorded(void **given)
{
    static const struct {
        int columns, rows;
    } sizes[] = {{120, 30}, {80, 24}, {40, 10}};
    const struct state *s = *given;
    bool same = true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *arguments[] = {s->settings ? "--settings" : NULL, s->settings, NULL};
        char name[64];
        struct pty *p = screen_start(&(struct screen_options){.scene = s->scene ? s->scene : "waiting",
                                                              .columns = sizes[i].columns,
                                                              .rows = sizes[i].rows,
                                                              .arguments = arguments});
        mistakes_play(p, s->steps);
        (void)snprintf(name, sizeof name, "boxes/%s-%dx%d", s->name, sizes[i].columns, sizes[i].rows);
        same = screen_is_golden(p, name) && same;
        screen_end(p);
    }
    assert_true(same);
}

int main(void)
{
    struct CMUnitTest tests[sizeof states / sizeof *states] = {0};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        union {
            const void *in;
            void *out;
        } row = {.in = &states[i]};
        tests[i] = (struct CMUnitTest){
            .name = states[i].name, .test_func = each_state_is_as_recorded, .initial_state = row.out};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
