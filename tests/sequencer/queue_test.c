/* Who is held and who goes: each rule of keptn-events.md, 3.1 and 3.2, by itself, then Keptn's own tests of
 * the queue. */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define ONE_TASK                                                                                             \
    YARD("  - {name: s, sequences: [{name: d, tasks: [{name: t}]}, {name: e, tasks: [{name: u}]}]}\n")
#define TWO_TASKS YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}, {name: two}]}]}\n")
#define GATED                                                                                                \
    YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval, properties: {pass: manual}}, {name: " \
         "one}, "                                                                                            \
         "{name: two}]}, {name: plain, tasks: [{name: three}, {name: four}]}]}\n")
#define LATE                                                                                                 \
    YARD("  - {name: s, sequences: [{name: d, tasks: [{name: t, triggeredAfter: 30s}]}, {name: e, tasks: "   \
         "[{name: u}]}]}\n")

/* --- sequences --- */

static void a_sequence_waits_while_one_of_another_context_is_started(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_expect(w, "t.triggered");
    assert_string_equal(world_overall(w, "B"), "waiting");
    assert_string_equal(world_execution(w, "B", "s"), "triggered");
    assert_int_equal(w->state_effects, 1); /* that it waits, no event tells */
    world_done(w, world_last(w, "A", "t.triggered"), "fail");
    world_expect(w, "s.d.finished(succeeded/fail) t.triggered");
    assert_string_equal(world_overall(w, "B"), "started");
    world_free(w);
}

static void another_sequence_name_is_in_the_same_queue(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.e");
    world_expect(w, "t.triggered");
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    world_expect(w, "s.d.finished(succeeded/pass) u.triggered");
    world_free(w);
}

static void another_service_stage_or_project_is_another_queue(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: t}]}]}\n"
                                     "  - {name: r, sequences: [{name: d, tasks: [{name: t}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "r.d");
    world_apply(w, &(struct input){
                       .type = "sh.keptn.event.s.d.triggered", .context = "C", .stage = "s", .service = "x"});
    world_apply(w, &(struct input){
                       .type = "sh.keptn.event.s.d.triggered", .context = "D", .stage = "s", .project = "x"});
    world_expect(w, "t.triggered t.triggered t.triggered t.triggered");
    world_free(w);
}

static void names_with_colons_do_not_share_a_queue(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                   .context = "A",
                                   .stage = "s",
                                   .service = "x",
                                   .project = "a:1:s"});
    world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                   .context = "B",
                                   .stage = "s",
                                   .service = "s:x",
                                   .project = "a:1"});
    world_expect(w, "t.triggered t.triggered");
    world_free(w);
}

static void the_queue_goes_by_the_time_of_the_event_then_by_arrival(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    int64_t start = w->now_ns;
    const char *type = "sh.keptn.event.s.d.triggered";
    world_trigger(w, "A", "s.d");
    world_apply(w, &(struct input){.type = type, .context = "late", .stage = "s", .time_ns = start - 1});
    world_apply(w, &(struct input){.type = type, .context = "early", .stage = "s", .time_ns = start - 2});
    world_apply(w, &(struct input){.type = type, .context = "same", .stage = "s", .time_ns = start - 1});
    world_expect(w, "t.triggered");
    const char *order[] = {"A", "early", "late", "same"};
    for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++) {
        world_done(w, world_last(w, order[i], "t.triggered"), "pass");
        for (size_t j = 0; j < sizeof order / sizeof *order; j++)
            assert_int_equal(world_count(w, order[j], "t.triggered"), j <= i + 1);
    }
    world_free(w);
}

/* Keptn has no bound for events without time: two of them block each other for good. A time in the future
 * does the same. */
static void events_without_time_or_from_the_future_queue_by_arrival(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    const char *type = "sh.keptn.event.s.d.triggered";
    world_trigger(w, "A", "s.d");
    world_apply(w, &(struct input){.type = type, .context = "B", .stage = "s", .time_ns = -1});
    world_apply(w, &(struct input){
                       .type = type, .context = "C", .stage = "s", .time_ns = w->now_ns + 7200 * CLOCK_S});
    world_apply(w, &(struct input){
                       .type = type, .context = "D", .stage = "s", .time_ns = w->now_ns + 3600 * CLOCK_S});
    world_apply(w, &(struct input){.type = type, .context = "E", .stage = "s", .time_ns = -1});
    const char *order[] = {"A", "B", "C", "D", "E"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_int_equal(world_count(w, NULL, "t.triggered"), i + 1);
        world_done(w, world_last(w, order[i], "t.triggered"), "pass");
    }
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void runs_of_one_context_do_not_wait_for_each_other_but_their_tasks_do(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "A", "s.e");
    world_expect(w, "t.triggered");
    assert_string_equal(world_execution(w, "A", "s"), "started"); /* the newer one */
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    world_expect(w, "s.d.finished(succeeded/pass) u.triggered");
    world_free(w);
}

/* Rule 3: A's second run was triggered after B had come, so B goes first. */
static void a_run_of_the_started_context_waits_behind_another_that_came_before_its_time(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_trigger(w, "A", "s.e");
    assert_string_equal(world_execution(w, "A", "s"), "triggered");
    world_done(w, world_last(w, "A", "t.triggered"), "pass");
    world_expect(w, "t.triggered s.d.finished(succeeded/pass) t.triggered");
    world_done(w, world_last(w, "B", "t.triggered"), "pass");
    world_expect(w, "s.d.finished(succeeded/pass) u.triggered");
    world_free(w);
}

/* Rule 3 goes by when the others arrived: one that arrived after this event's time holds nobody. */
static void a_run_of_the_started_context_overtakes_what_arrived_after_its_time(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    int64_t before = w->now_ns; /* the very time at which B arrived */
    world_apply(w,
                &(struct input){
                    .type = "sh.keptn.event.s.e.triggered", .context = "A", .stage = "s", .time_ns = before});
    assert_string_equal(world_execution(w, "A", "s"), "started");
    assert_string_equal(world_overall(w, "B"), "waiting");
    world_free(w);
}

static void several_of_one_context_go_in_order_once_the_other_has_ended(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    int64_t before = w->now_ns;
    const char *type = "sh.keptn.event.s.e.triggered";
    world_trigger(w, "B", "s.d");
    /* Two of A wait behind B, then one whose time lies after their arrival, and one whose time lies before
     * it. */
    world_trigger(w, "A", "s.e");
    world_trigger(w, "A", "s.e");
    world_trigger(w, "A", "s.e");
    world_apply(w, &(struct input){.type = type, .context = "A", .stage = "s", .time_ns = before});
    world_done(w, world_last(w, "B", "t.triggered"), "pass");
    world_expect(w, "t.triggered s.d.finished(succeeded/pass) u.triggered");
    for (int i = 0; i < 4; i++)
        world_done(w, world_last(w, "A", "u.triggered"), "pass");
    assert_int_equal(world_count(w, "A", "s.e.finished"), 4);
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void an_open_approval_blocks_nobody_and_is_overtaken(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    assert_string_equal(world_execution(w, "A", "s"), "waitingForApproval");
    world_trigger(w, "B", "s.plain");
    world_trigger(w, "C", "s.d");
    world_expect(w, "approval.triggered three.triggered");
    assert_string_equal(world_overall(w, "A"), "started");
    assert_string_equal(world_overall(w, "C"), "waiting");
    world_free(w);
}

/* A's next task waits for B, which overtook it; B itself goes on. */
static void after_its_approval_a_run_waits_for_the_one_that_overtook_it(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.plain");
    size_t told = w->state_effects;
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_expect(w, "approval.triggered three.triggered");
    assert_string_equal(world_execution(w, "A", "s"), "started");
    assert_int_equal(w->state_effects, told + 1); /* its task is held: no event tells */
    const char *id = json_text(json_get(world_stage(w, "A", "s"), "latestEvent"), "id");
    assert_false(sequencer_task_is_open(w->sequencer, "p", "A", id)); /* shown, not sent */
    world_done(w, world_last(w, "B", "three.triggered"), "pass");
    world_expect(w, "four.triggered");
    int64_t before_end = w->now_ns;
    world_done(w, world_last(w, "B", "four.triggered"), "pass");
    world_expect(w, "s.plain.finished(succeeded/pass) one.triggered");
    assert_true(world_last(w, "A", "one.triggered")->time_ns > before_end); /* the time of sending */
    world_done(w, world_last(w, "A", "one.triggered"), "pass");
    world_done(w, world_last(w, "A", "two.triggered"), "pass");
    world_expect(w, "two.triggered s.d.finished(succeeded/pass)");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void a_third_run_waits_until_all_that_are_started_have_ended(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.plain");
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_trigger(w, "C", "s.plain");
    world_done(w, world_last(w, "B", "three.triggered"), "pass");
    world_done(w, world_last(w, "B", "four.triggered"), "pass");
    assert_string_equal(world_overall(w, "C"), "waiting");
    world_done(w, world_last(w, "A", "one.triggered"), "pass");
    assert_int_equal(world_count(w, "C", "three.triggered"), 0);
    world_done(w, world_last(w, "A", "two.triggered"), "pass");
    assert_int_equal(world_count(w, "C", "three.triggered"), 1);
    world_free(w);
}

/* Of several that wait with their tasks, the one that has waited since the latest time goes: it overtook the
 * others. */
static void of_several_held_tasks_the_latest_goes_first(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_trigger(w, "C", "s.plain");
    world_finished(w, world_last(w, "B", "approval.triggered"), "succeeded", "pass");
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_expect(w, "approval.triggered approval.triggered three.triggered");
    world_done(w, world_last(w, "C", "three.triggered"), "pass");
    world_done(w, world_last(w, "C", "four.triggered"), "pass");
    assert_int_equal(world_count(w, "A", "one.triggered"), 1);
    assert_int_equal(world_count(w, "B", "one.triggered"), 0);
    world_done(w, world_last(w, "A", "one.triggered"), "pass");
    world_done(w, world_last(w, "A", "two.triggered"), "fail");
    assert_int_equal(world_count(w, "B", "one.triggered"), 1);
    world_free(w);
}

static void several_approvals_may_be_open_at_once(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    for (char name[] = "A"; name[0] <= 'E'; name[0]++)
        world_trigger(w, name, "s.d");
    assert_int_equal(world_count(w, NULL, "approval.triggered"), 5);
    world_finished(w, world_last(w, "C", "approval.triggered"), "succeeded", "pass");
    assert_int_equal(world_count(w, "C", "one.triggered"), 1);
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "fail");
    assert_int_equal(world_count(w, "A", "s.d.finished"), 1);
    world_free(w);
}

/* --- tasks --- */

static void a_delayed_task_is_sent_when_its_time_has_come(void **unused)
{
    (void)unused;
    struct world *w = world_new(LATE);
    world_trigger(w, "A", "s.d");
    int64_t due = w->now_ns + 30 * CLOCK_S;
    world_expect(w, "");
    assert_int_equal(sequencer_next_timer(w->sequencer), due);
    assert_int_equal(w->open.count, 1); /* the sequence's triggered alone: the task is not listed */
    assert_int_equal(w->state_effects, 1);
    assert_string_equal(world_stage_state(w, "A", "s"), "triggered");
    world_pass_time(w, 30 * CLOCK_S - 1);
    world_expect(w, "");
    world_pass_time(w, 1);
    world_expect(w, "t.triggered");
    assert_int_equal(world_last(w, "A", "t.triggered")->time_ns, due);
    assert_int_equal(w->open.count, 2);
    world_free(w);
}

static void a_delayed_task_holds_the_queue(void **unused)
{
    (void)unused;
    struct world *w = world_new(LATE);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.e");
    world_expect(w, "");
    assert_string_equal(world_overall(w, "B"), "waiting");
    world_pass_time(w, 60 * CLOCK_S);
    world_expect(w, "t.triggered");
    world_free(w);
}

static void a_delayed_task_counts_as_waiting_since_it_is_due(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval, "
                                     "properties: {pass: manual}}, {name: t}]}, "
                                     "{name: e, tasks: [{name: u}, {name: v, triggeredAfter: 30s}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.e");
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_done(w, world_last(w, "B", "u.triggered"), "pass");
    /* Nothing runs, yet A's task, which has waited for longer, waits for B's, which is due later. */
    world_expect(w, "approval.triggered u.triggered");
    world_pass_time(w, 30 * CLOCK_S);
    world_expect(w, "v.triggered");
    world_done(w, world_last(w, "B", "v.triggered"), "pass");
    world_expect(w, "s.e.finished(succeeded/pass) t.triggered");
    world_free(w);
}

static void an_approval_in_mid_sequence_waits_for_those_that_run(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval}, {name: "
                                     "t}, {name: approval, properties: {pass: "
                                     "manual}}, {name: u}]}, {name: e, tasks: [{name: v}, {name: x}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    const struct sent t = *world_last(w, "A", "t.triggered");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_trigger(w, "B", "s.e");
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    world_expect(w, "approval.triggered t.triggered v.triggered"); /* both run, as Keptn lets them */
    world_done(w, &t, "pass");
    world_expect(w, ""); /* A's second approval is held by B */
    assert_string_equal(world_execution(w, "A", "s"), "waitingForApproval");
    world_done(w, world_last(w, "B", "v.triggered"), "pass");
    world_expect(w, "x.triggered");
    world_done(w, world_last(w, "B", "x.triggered"), "pass");
    world_expect(w, "s.e.finished(succeeded/pass) approval.triggered");
    world_free(w);
}

static void a_delayed_approval_holds_nobody(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval, triggeredAfter: 30s}]}, "
                       "{name: e, tasks: [{name: u}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.e");
    world_expect(w, "u.triggered");
    world_pass_time(w, 60 * CLOCK_S);
    world_expect(w, ""); /* due, and held by B */
    world_done(w, world_last(w, "B", "u.triggered"), "pass");
    world_expect(w, "s.e.finished(succeeded/pass) approval.triggered");
    world_free(w);
}

/* G Test_SequenceQueue_TriggerMultiple */
static void ten_runs_go_one_by_one_in_order_as_each_is_aborted(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    char name[] = "A";
    for (; name[0] < 'K'; name[0]++)
        world_trigger(w, name, "s.d");
    for (name[0] = 'A'; name[0] < 'K'; name[0]++) {
        assert_int_equal(world_count(w, NULL, "one.triggered"), (size_t)(name[0] - 'A' + 1));
        assert_int_equal(world_count(w, name, "one.triggered"), 1);
        assert_true(world_is_open(w, world_last(w, name, "one.triggered")->id));
        assert_true(world_control(w, name, NULL, SEQUENCER_ABORT));
        assert_false(world_is_open(w, world_last(w, name, "one.triggered")->id));
    }
    assert_int_equal(w->open.count, 0);
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

/* The cost of one change does not grow with how many wait: 3,000 that wait, 3,000 that end, without a step
 * over all of them. */
static void a_long_queue_drains_in_order(void **unused)
{
    (void)unused;
    struct world *w = world_new(ONE_TASK);
    struct sequencer_effects *effects = sequencer_effects_new();
    const struct sequencer_source source = {.shipyard = w->yard};
    const size_t count = 3000;
    char *running = NULL;
    size_t started = 0;
    for (size_t i = 0; i < 2 * count; i++) {
        struct event ev = {0};
        struct error err = ERROR_NONE;
        char *text =
            i < count
                ? mem_printf(
                      "{\"specversion\":\"1.0\",\"id\":\"q%zu\",\"source\":\"x\",\"type\":"
                      "\"sh.keptn.event.s.d.triggered\",\"shkeptncontext\":\"c%zu\",\"data\":{\"project\":"
                      "\"p\",\"stage\":\"s\",\"service\":\"svc\"}}",
                      i, i)
                : mem_string(running);
        assert_int_equal(event_decode(text, strlen(text), EVENT_FORM_COMPLETE, &ev, &err), STATUS_OK);
        sequencer_effects_clear(effects);
        if (i < count) {
            sequencer_apply(w->sequencer, &ev, &source, ++w->now_ns, effects);
        } else {
            char context[32];
            (void)snprintf(context, sizeof context, "c%zu", i - count);
            assert_true(
                sequencer_control(w->sequencer, "p", context, NULL, SEQUENCER_ABORT, ++w->now_ns, effects));
        }
        for (size_t j = 0; j < sequencer_effects_count(effects); j++) {
            const struct sequencer_effect *e = sequencer_effects_at(effects, j);
            if (e->kind != SEQUENCER_EMIT || strcmp(e->event.type, "sh.keptn.event.t.triggered") != 0)
                continue;
            char context[32];
            (void)snprintf(context, sizeof context, "c%zu", started++);
            assert_string_equal(e->context, context);
        }
        if (running == NULL)
            running = mem_string(text);
        event_free(&ev);
        free(text);
    }
    assert_int_equal(started, count);
    free(running);
    sequencer_effects_free(effects);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_waits_while_one_of_another_context_is_started),
        cmocka_unit_test(another_sequence_name_is_in_the_same_queue),
        cmocka_unit_test(another_service_stage_or_project_is_another_queue),
        cmocka_unit_test(names_with_colons_do_not_share_a_queue),
        cmocka_unit_test(the_queue_goes_by_the_time_of_the_event_then_by_arrival),
        cmocka_unit_test(events_without_time_or_from_the_future_queue_by_arrival),
        cmocka_unit_test(runs_of_one_context_do_not_wait_for_each_other_but_their_tasks_do),
        cmocka_unit_test(a_run_of_the_started_context_waits_behind_another_that_came_before_its_time),
        cmocka_unit_test(a_run_of_the_started_context_overtakes_what_arrived_after_its_time),
        cmocka_unit_test(several_of_one_context_go_in_order_once_the_other_has_ended),
        cmocka_unit_test(an_open_approval_blocks_nobody_and_is_overtaken),
        cmocka_unit_test(after_its_approval_a_run_waits_for_the_one_that_overtook_it),
        cmocka_unit_test(a_third_run_waits_until_all_that_are_started_have_ended),
        cmocka_unit_test(of_several_held_tasks_the_latest_goes_first),
        cmocka_unit_test(several_approvals_may_be_open_at_once),
        cmocka_unit_test(a_delayed_task_is_sent_when_its_time_has_come),
        cmocka_unit_test(a_delayed_task_holds_the_queue),
        cmocka_unit_test(a_delayed_task_counts_as_waiting_since_it_is_due),
        cmocka_unit_test(an_approval_in_mid_sequence_waits_for_those_that_run),
        cmocka_unit_test(a_delayed_approval_holds_nobody),
        cmocka_unit_test(ten_runs_go_one_by_one_in_order_as_each_is_aborted),
        cmocka_unit_test(a_long_queue_drains_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
