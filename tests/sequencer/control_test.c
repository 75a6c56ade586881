/* Pause, resume, abort, and time-outs (keptn-events.md, 3.5). */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define TWO_TASKS YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}, {name: two}]}]}\n")
#define TWO_STAGES                                                                                           \
    YARD(                                                                                                    \
        "  - {name: s, sequences: [{name: d, tasks: [{name: one}]}]}\n"                                      \
        "  - {name: b, sequences: [{name: f, triggeredOn: [{event: s.d.finished}], tasks: [{name: tb}]}]}\n" \
        "  - {name: c, sequences: [{name: f, triggeredOn: [{event: s.d.finished}], tasks: [{name: "          \
        "tc}]}]}\n")
#define MINUTE (60 * CLOCK_S)

static const struct sent *task_of(const struct world *w, const char *context, const char *name)
{
    char *type = mem_printf("%s.triggered", name);
    const struct sent *task = world_last(w, context, type);
    free(type);
    return task;
}

/* --- pause and resume --- */

static void a_paused_run_is_overtaken(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    assert_true(world_control(w, "A", NULL, SEQUENCER_PAUSE));
    assert_string_equal(world_overall(w, "A"), "paused");
    assert_string_equal(world_execution(w, "A", "s"), "paused");
    assert_int_equal(w->state_effects, 1);
    world_trigger(w, "B", "s.d");
    world_expect(w, "one.triggered one.triggered");
    world_free(w);
}

static void a_task_that_ends_while_paused_is_followed_only_after_the_resume(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_done(w, task_of(w, "A", "one"), "pass");
    world_expect(w, "one.triggered");
    assert_string_equal(world_execution(w, "A", "s"), "paused");
    assert_int_equal(w->open.count, 1); /* a held task is not listed */
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    world_expect(w, "two.triggered");
    assert_string_equal(world_overall(w, "A"), "started");
    world_free(w);
}

static void a_last_task_that_ends_while_paused_ends_the_run(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_done(w, task_of(w, "A", "one"), "pass");
    world_expect(w, "one.triggered s.d.finished(succeeded/pass) b.f.triggered c.f.triggered");
    assert_string_equal(world_overall(w, "A"), "paused");
    assert_string_equal(world_execution(w, "A", "b"), "paused");
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    world_expect(w, "tb.triggered tc.triggered");
    world_free(w);
}

static void a_queued_run_that_is_paused_is_passed_by_until_it_is_resumed(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_trigger(w, "C", "s.d");
    world_control(w, "B", NULL, SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_int_equal(world_count(w, "C", "one.triggered"), 1);
    world_control(w, "B", NULL, SEQUENCER_RESUME);
    assert_int_equal(world_count(w, "B", "one.triggered"), 0); /* C runs */
    assert_string_equal(world_execution(w, "B", "s"), "triggered");
    world_control(w, "C", NULL, SEQUENCER_ABORT);
    assert_int_equal(world_count(w, "B", "one.triggered"), 1);
    world_free(w);
}

static void a_paused_approval_is_decided_and_goes_on_after_the_resume(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval, "
                                     "properties: {pass: manual}}, {name: one}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_finished(w, task_of(w, "A", "approval"), "succeeded", "pass");
    world_expect(w, "approval.triggered");
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    world_expect(w, "one.triggered");
    world_free(w);
}

static void pausing_a_stage_leaves_the_others_running(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}]}]}\n"
                                     "  - {name: b, sequences: [{name: f, triggeredOn: [{event: "
                                     "s.d.finished}], tasks: [{name: tb}, {name: ub}]}]}\n"
                                     "  - {name: c, sequences: [{name: f, triggeredOn: [{event: "
                                     "s.d.finished}], tasks: [{name: tc}, {name: uc}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_control(w, "A", "b", SEQUENCER_PAUSE);
    assert_string_equal(world_overall(w, "A"), "started");
    assert_string_equal(world_stage_state(w, "A", "b"), "paused");
    assert_string_equal(world_execution(w, "A", "b"), "paused");
    assert_string_equal(world_execution(w, "A", "c"), "started");
    world_done(w, task_of(w, "A", "tb"), "pass");
    world_done(w, task_of(w, "A", "tc"), "pass");
    assert_int_equal(world_count(w, "A", "ub.triggered"), 0);
    assert_int_equal(world_count(w, "A", "uc.triggered"), 1);
    world_control(w, "A", "b", SEQUENCER_RESUME);
    assert_int_equal(world_count(w, "A", "ub.triggered"), 1);
    world_free(w);
}

static void a_stage_can_be_paused_before_the_run_gets_there(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", "b", SEQUENCER_PAUSE);
    assert_string_equal(world_stage_state(w, "A", "b"), "none");
    world_done(w, task_of(w, "A", "one"), "pass");
    assert_int_equal(world_count(w, "A", "tb.triggered"), 0);
    assert_int_equal(world_count(w, "A", "tc.triggered"), 1);
    assert_string_equal(world_stage_state(w, "A", "b"), "paused");
    world_control(w, "A", "b", SEQUENCER_RESUME);
    assert_int_equal(world_count(w, "A", "tb.triggered"), 1);
    world_free(w);
}

static void resuming_a_stage_does_not_lift_the_pause_of_the_whole(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", "s", SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_done(w, task_of(w, "A", "one"), "pass");
    world_control(w, "A", "s", SEQUENCER_RESUME);
    world_expect(w, "one.triggered");
    assert_string_equal(world_execution(w, "A", "s"), "paused");
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    world_expect(w, "two.triggered");
    world_free(w);
}

static void resuming_the_whole_lifts_the_pauses_of_stages(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", "s", SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    assert_string_equal(world_stage_state(w, "A", "s"), "started");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_expect(w, "one.triggered two.triggered");
    world_free(w);
}

static void a_verb_that_changes_nothing_has_no_effects(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_control(w, "A", NULL, SEQUENCER_RESUME);
    assert_int_equal(w->effects_of_last, 0);
    world_control(w, "A", "s", SEQUENCER_RESUME);
    assert_int_equal(w->effects_of_last, 0);
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    assert_int_equal(w->effects_of_last, 0);
    world_control(w, "A", "nowhere", SEQUENCER_ABORT);
    assert_int_equal(w->effects_of_last, 0);
    assert_false(world_control(w, "unknown", NULL, SEQUENCER_ABORT));
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

static void only_so_many_stages_can_be_paused_by_name(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    char name[300];
    world_trigger(w, "A", "s.d");
    for (int i = 0; i < 64; i++) {
        (void)snprintf(name, sizeof name, "stage-%d", i);
        world_control(w, "A", name, SEQUENCER_PAUSE);
        assert_int_not_equal(w->effects_of_last, 0);
    }
    world_control(w, "A", "one-more", SEQUENCER_PAUSE);
    assert_int_equal(w->effects_of_last, 0);
    world_control(w, "A", "stage-1", SEQUENCER_RESUME);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    world_control(w, "A", name, SEQUENCER_PAUSE);
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

/* --- abort --- */

static void aborting_ends_the_run_with_the_triggers_labels(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    const char *id =
        world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                       .context = "A",
                                       .stage = "s",
                                       .data = "\"labels\":{\"build\":\"7\"},\"message\":\"x\""});
    const struct sent task = *task_of(w, "A", "one");
    world_started(w, &task);
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    world_expect(w, "one.triggered s.d.finished(aborted/pass)");
    world_expect_data(
        world_last(w, "A", "s.d.finished"),
        "{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\",\"labels\":{\"build\":\"7\"},\"status\":"
        "\"aborted\",\"result\":\"pass\"}");
    assert_string_equal(world_last(w, "A", "s.d.finished")->triggeredid, id);
    assert_string_equal(world_overall(w, "A"), "aborted");
    assert_string_equal(world_stage_state(w, "A", "s"), "aborted");
    assert_string_equal(world_execution(w, "A", "s"), "finished");
    assert_int_equal(w->open.count, 0);
    assert_int_equal(w->opened.count, 0);
    /* Its executor does not know: what it still says has no effect, and the entry stays aborted (K!). */
    world_finished(w, &task, "succeeded", "pass");
    assert_int_equal(w->effects_of_last, 0);
    assert_string_equal(world_stage_state(w, "A", "s"), "aborted");
    world_free(w);
}

static void a_queued_run_that_is_aborted_never_starts(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_trigger(w, "C", "s.d");
    size_t told = w->state_effects;
    world_control(w, "B", NULL, SEQUENCER_ABORT);
    assert_string_equal(world_overall(w, "B"), "aborted");
    assert_int_equal(w->state_effects, told + 1);
    world_expect(w, "one.triggered s.d.finished(aborted/pass)");
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_int_equal(world_count(w, "B", "one.triggered"), 0);
    assert_int_equal(world_count(w, "C", "one.triggered"), 1);
    world_free(w);
}

static void aborting_a_paused_half_finished_run_lets_the_next_start(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    const struct sent task = *task_of(w, "A", "one");
    world_started(w, &task);
    world_started(w, &task);
    world_finished(w, &task, "succeeded", "pass");
    world_trigger(w, "B", "s.d");
    assert_string_equal(world_overall(w, "B"), "waiting");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_string_equal(world_overall(w, "A"), "aborted");
    assert_int_equal(world_count(w, "B", "one.triggered"), 1);
    assert_string_equal(world_overall(w, "B"), "started");
    world_free(w);
}

static void aborting_a_run_in_two_stages_lets_the_next_go_on_in_both(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_trigger(w, "B", "s.d");
    world_done(w, task_of(w, "B", "one"), "pass");
    assert_int_equal(world_count(w, "B", "tb.triggered") + world_count(w, "B", "tc.triggered"), 0);
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_int_equal(world_count(w, "A", "b.f.finished") + world_count(w, "A", "c.f.finished"), 2);
    assert_int_equal(world_count(w, "B", "tb.triggered"), 1);
    assert_int_equal(world_count(w, "B", "tc.triggered"), 1);
    world_free(w);
}

static void aborting_a_stage_ends_only_its_runs(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_control(w, "A", "b", SEQUENCER_ABORT);
    assert_string_equal(world_overall(w, "A"), "aborted");
    assert_string_equal(world_execution(w, "A", "b"), "finished");
    assert_string_equal(world_execution(w, "A", "c"), "started");
    world_done(w, task_of(w, "A", "tc"), "pass");
    assert_string_equal(world_overall(w, "A"), "aborted");
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void a_held_task_of_an_aborted_run_is_never_sent(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: t, triggeredAfter: 30s}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_int_equal(sequencer_next_timer(w->sequencer), INT64_MAX);
    world_pass_time(w, MINUTE);
    world_expect(w, "s.d.finished(aborted/pass)");
    world_free(w);
}

static void a_follower_on_its_way_when_its_context_is_aborted_does_not_run(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    w->hold_feedback = true;
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_string_equal(world_overall(w, "A"), "aborted");
    world_restart(w);
    world_feed_back(w);
    world_expect(
        w,
        "one.triggered s.d.finished(succeeded/pass) b.f.triggered c.f.triggered b.f.finished(aborted/pass) "
        "c.f.finished(aborted/pass)");
    assert_string_equal(world_overall(w, "A"), "aborted");
    assert_int_equal(w->opened.count, 0);
    assert_int_equal(w->open.count, 0);
    world_free(w);
}

/* Keptn overwrites the overall state of what has ended. */
static void control_does_not_touch_a_run_that_has_ended(void **unused)
{
    (void)unused;
    const enum sequencer_verb verbs[] = {SEQUENCER_PAUSE, SEQUENCER_RESUME, SEQUENCER_ABORT};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct world *w = world_new(TWO_TASKS);
        world_trigger(w, "A", "s.d");
        world_done(w, task_of(w, "A", "one"), "fail");
        assert_true(world_control(w, "A", NULL, verbs[i]));
        assert_int_equal(w->effects_of_last, 0);
        world_restart(w);
        assert_true(world_control(w, "A", NULL, verbs[i]));
        assert_int_equal(w->effects_of_last, 0);
        assert_string_equal(world_overall(w, "A"), "finished");
        world_free(w);
    }
}

/* Keptn drops the pause of a context when one of its branches ends. */
static void a_pause_outlives_the_end_of_one_branch_and_not_of_the_last(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD(
        "  - {name: s, sequences: [{name: d, tasks: [{name: one}]}, {name: again, tasks: [{name: x}]}]}\n"
        "  - {name: b, sequences: [{name: f, triggeredOn: [{event: s.d.finished}], tasks: [{name: tb}]}]}\n"
        "  - {name: c, sequences: [{name: f, triggeredOn: [{event: s.d.finished}], tasks: [{name: tc}, "
        "{name: uc}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_done(w, task_of(w, "A", "tc"), "pass");
    world_control(w, "A", NULL, SEQUENCER_PAUSE);
    world_done(w, task_of(w, "A", "tb"), "pass");
    assert_string_equal(world_overall(w, "A"), "paused");
    assert_string_equal(world_execution(w, "A", "c"), "paused");
    world_done(w, task_of(w, "A", "uc"), "pass");
    assert_string_equal(world_overall(w, "A"), "finished");
    world_trigger(w, "A", "s.again");
    assert_int_equal(world_count(w, "A", "x.triggered"), 1);
    world_free(w);
}

/* --- time-outs --- */

static void a_task_that_nobody_starts_times_out(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    assert_int_equal(sequencer_next_timer(w->sequencer), task_of(w, "A", "one")->time_ns + 10 * MINUTE);
    const char *task = task_of(w, "A", "one")->id;
    world_pass_time(w, 9 * MINUTE);
    world_expect(w, "one.triggered");
    world_pass_time(w, MINUTE);
    world_expect(w, "s.d.finished(errored/fail) one.triggered");
    world_expect_data(
        world_last(w, "A", "s.d.finished"),
        "{\"project\":\"p\",\"stage\":\"s\",\"service\":\"svc\",\"status\":\"errored\",\"result\":\"fail\","
        "\"message\":\"sequence timed out while waiting for task sh.keptn.event.one.triggered to receive a "
        "correlating .started or .finished event\"}");
    assert_string_equal(world_overall(w, "A"), "timedOut");
    assert_string_equal(world_execution(w, "A", "s"), "timedOut");
    assert_false(world_is_open(w, task));
    /* Late, and without effect (K!: Keptn shows the stage as running again). */
    world_apply(w,
                &(struct input){
                    .type = "sh.keptn.event.one.started", .context = "A", .stage = "s", .triggeredid = task});
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

static void after_a_started_there_is_no_limit(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_STAGES);
    world_trigger(w, "A", "s.d");
    world_done(w, task_of(w, "A", "one"), "pass");
    world_started(w, task_of(w, "A", "tb"));
    world_pass_time(w, 12 * MINUTE);
    assert_string_equal(world_execution(w, "A", "b"), "started");
    assert_string_equal(world_execution(w, "A", "c"), "timedOut");
    assert_string_equal(world_overall(w, "A"), "timedOut");
    assert_int_equal(sequencer_next_timer(w->sequencer), INT64_MAX);
    world_finished(w, task_of(w, "A", "tb"), "succeeded", "pass");
    assert_int_equal(world_count(w, "A", "b.f.finished"), 1);
    assert_int_equal(w->opened.count, 0);
    world_free(w);
}

static void any_event_that_names_the_task_stops_the_clock_but_one_of_another_task(void **unused)
{
    (void)unused;
    const char *types[] = {"sh.keptn.event.one.finished", "sh.keptn.event.one.status.changed",
                           "sh.keptn.event.one.invalidated", "sh.keptn.event.two.finished"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct world *w = world_new(TWO_TASKS);
        world_trigger(w, "A", "s.d");
        world_apply(w, &(struct input){.type = types[i],
                                       .context = "A",
                                       .stage = "s",
                                       .triggeredid = task_of(w, "A", "one")->id});
        world_pass_time(w, 11 * MINUTE);
        assert_string_equal(world_execution(w, "A", "s"), i < 3 ? "started" : "timedOut");
        world_free(w);
    }
}

static void a_held_task_does_not_time_out_before_it_is_sent(void **unused)
{
    (void)unused;
    struct world *w =
        world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: t, triggeredAfter: 10m}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_pass_time(w, 10 * MINUTE);
    world_expect(w, "t.triggered");
    world_pass_time(w, 9 * MINUTE);
    world_expect(w, "");
    world_pass_time(w, MINUTE);
    world_expect(w, "s.d.finished(errored/fail)");
    world_free(w);
}

static void nothing_follows_a_time_out_or_an_abort(void **unused)
{
    (void)unused;
    struct world *w = world_new(
        YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}]}, {name: r, triggeredOn: [{event: "
             "s.d.finished, "
             "selector: {match: {result: fail}}}, {event: s.d.finished}], tasks: [{name: x}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_pass_time(w, 10 * MINUTE);
    world_trigger(w, "B", "s.d");
    world_control(w, "B", NULL, SEQUENCER_ABORT);
    world_expect(w, "one.triggered s.d.finished(errored/fail) one.triggered s.d.finished(aborted/pass)");
    world_free(w);
}

static void the_limit_can_be_set_and_the_time_down_does_not_count(void **unused)
{
    (void)unused;
    struct world *w = world_new(TWO_TASKS);
    world_trigger(w, "A", "s.d");
    int64_t sent = w->now_ns;
    sequencer_set_timeout(w->sequencer, MINUTE);
    assert_int_equal(sequencer_next_timer(w->sequencer), sent + MINUTE);
    world_restart(w);
    w->now_ns += 3600 * CLOCK_S;
    sequencer_set_up_since(w->sequencer, w->now_ns);
    assert_int_equal(sequencer_next_timer(w->sequencer), w->now_ns + 10 * MINUTE);
    sequencer_set_timeout(w->sequencer, INT64_MAX);
    assert_int_equal(sequencer_next_timer(w->sequencer), INT64_MAX);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_run_is_overtaken),
        cmocka_unit_test(a_task_that_ends_while_paused_is_followed_only_after_the_resume),
        cmocka_unit_test(a_last_task_that_ends_while_paused_ends_the_run),
        cmocka_unit_test(a_queued_run_that_is_paused_is_passed_by_until_it_is_resumed),
        cmocka_unit_test(a_paused_approval_is_decided_and_goes_on_after_the_resume),
        cmocka_unit_test(pausing_a_stage_leaves_the_others_running),
        cmocka_unit_test(a_stage_can_be_paused_before_the_run_gets_there),
        cmocka_unit_test(resuming_a_stage_does_not_lift_the_pause_of_the_whole),
        cmocka_unit_test(resuming_the_whole_lifts_the_pauses_of_stages),
        cmocka_unit_test(a_verb_that_changes_nothing_has_no_effects),
        cmocka_unit_test(only_so_many_stages_can_be_paused_by_name),
        cmocka_unit_test(aborting_ends_the_run_with_the_triggers_labels),
        cmocka_unit_test(a_queued_run_that_is_aborted_never_starts),
        cmocka_unit_test(aborting_a_paused_half_finished_run_lets_the_next_start),
        cmocka_unit_test(aborting_a_run_in_two_stages_lets_the_next_go_on_in_both),
        cmocka_unit_test(aborting_a_stage_ends_only_its_runs),
        cmocka_unit_test(a_held_task_of_an_aborted_run_is_never_sent),
        cmocka_unit_test(a_follower_on_its_way_when_its_context_is_aborted_does_not_run),
        cmocka_unit_test(control_does_not_touch_a_run_that_has_ended),
        cmocka_unit_test(a_pause_outlives_the_end_of_one_branch_and_not_of_the_last),
        cmocka_unit_test(a_task_that_nobody_starts_times_out),
        cmocka_unit_test(after_a_started_there_is_no_limit),
        cmocka_unit_test(any_event_that_names_the_task_stops_the_clock_but_one_of_another_task),
        cmocka_unit_test(a_held_task_does_not_time_out_before_it_is_sent),
        cmocka_unit_test(nothing_follows_a_time_out_or_an_abort),
        cmocka_unit_test(the_limit_can_be_set_and_the_time_down_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
