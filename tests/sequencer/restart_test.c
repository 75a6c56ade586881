/* Records: what is stored, restored, refused and forgotten. That every step of every run is the same after a
 * restart, world.c checks in all tests. */
#include "config.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define GATED                                                                                                \
    YARD("  - {name: s, sequences: [{name: d, tasks: [{name: approval, properties: {pass: manual}}, {name: " \
         "one}]}]}\n")

static void an_open_approval_is_still_open_after_a_restart(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    const struct sent approval = *world_last(w, "A", "approval.triggered");
    world_restart(w);
    assert_true(sequencer_task_is_open(w->sequencer, "p", "A", approval.id));
    assert_false(sequencer_task_is_open(w->sequencer, "p", "B", approval.id));
    assert_false(sequencer_task_is_open(w->sequencer, "q", "A", approval.id));
    assert_false(sequencer_task_is_open(w->sequencer, "p", "A", "another"));
    assert_false(sequencer_task_is_open(w->sequencer, NULL, NULL, NULL));
    world_finished(w, &approval, "succeeded", "pass");
    world_expect(w, "approval.triggered one.triggered");
    world_free(w);
}

static void data_as_deep_as_an_event_may_be_survives_a_restart(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    struct buffer deep = BUFFER_LIMIT(1024);
    buffer_add_text(&deep, "\"deep\":");
    for (int i = 0; i < 56; i++)
        buffer_add_text(&deep, "{\"d\":");
    buffer_add_text(&deep, "1");
    for (int i = 0; i < 56; i++)
        buffer_add_char(&deep, '}');
    world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                   .context = "A",
                                   .stage = "s",
                                   .data = buffer_text(&deep)});
    world_expect(w, "approval.triggered");
    world_restart(w);
    world_finished(w, world_last(w, "A", "approval.triggered"), "succeeded", "pass");
    world_expect(w, "one.triggered");
    buffer_free(&deep);
    world_free(w);
}

/* As deep as the codec lets in, deeper than a task's triggered could be. */
static void data_too_deep_for_a_task_ends_the_run_with_a_reason(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    struct buffer deep = BUFFER_LIMIT(1024);
    buffer_add_text(&deep, "\"deep\":");
    for (int i = 0; i < 61; i++)
        buffer_add_char(&deep, '[');
    for (int i = 0; i < 61; i++)
        buffer_add_char(&deep, ']');
    world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                   .context = "A",
                                   .stage = "s",
                                   .data = buffer_text(&deep)});
    world_expect(w, "s.d.finished(errored/fail)");
    buffer_free(&deep);
    world_free(w);
}

static void restoring_a_record_twice_is_refused(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    struct error err = ERROR_NONE;
    world_trigger(w, "A", "s.d");
    world_restart(w);
    uint64_t digest = sequencer_digest(w->sequencer);
    assert_int_equal(sequencer_restore(w->sequencer, map_get(&w->records, "p/A"), &err), STATUS_CONFLICT);
    assert_int_equal(sequencer_digest(w->sequencer), digest);
    world_free(w);
}

/* Whatever stands in the database, a start tells what is wrong instead of crashing: every cut, and each key
 * gone or changed. */
static void a_damaged_record_is_refused_or_read_but_never_crashes(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    const char *text = map_get(&w->records, "p/A");
    size_t len = strlen(text), refused = 0;
    for (size_t i = 0; i < len; i++) {
        char *damaged = mem_string(text);
        damaged[i] = damaged[i] == '"' ? ' ' : '"';
        for (int cut = 0; cut < 2; cut++) {
            struct sequencer *s = sequencer_new(&(struct sequencer_ports){0});
            struct error err = ERROR_NONE;
            if (sequencer_restore(s, damaged, &err) != STATUS_OK) {
                refused++;
                assert_true(err.text[0] != '\0');
            }
            sequencer_free(s);
            damaged[i] = '\0';
        }
        free(damaged);
    }
    assert_true(refused > len);
    world_free(w);
}

struct damage_row {
    const char *from, *to;
};
static const struct damage_row damage_rows[] = {
    {"\"version\":1", "\"version\":2"},
    {"\"index\":0", "\"index\":7"},
    {"\"state\":\"waitingForApproval\"", "\"state\":\"dreaming\""},
    {"\"state\":\"waitingForApproval\"", "\"state\":\"triggered\""},
    {"\"state\":\"waitingForApproval\"", "\"state\":\"paused\""},
    {"\"name\":\"approval\"", "\"nome\":\"approval\""},
    {"\"project\":\"p\"", "\"project\":5"},
    {"\"_id\":", "\"id\":"},
};

static void a_record_that_does_not_hold_together_is_refused(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    const char *text = map_get(&w->records, "p/A");
    for (size_t i = 0; i < sizeof damage_rows / sizeof *damage_rows; i++) {
        const char *at = strstr(text, damage_rows[i].from);
        assert_non_null(at);
        char *damaged = mem_printf("%.*s%s%s", (int)(at - text), text, damage_rows[i].to,
                                   at + strlen(damage_rows[i].from));
        struct sequencer *s = sequencer_new(&(struct sequencer_ports){0});
        struct error err = ERROR_NONE;
        if (sequencer_restore(s, damaged, &err) != STATUS_INVALID)
            fail_msg("%s is taken", damage_rows[i].to);
        sequencer_free(s);
        free(damaged);
    }
    world_free(w);
}

static void an_unreadable_record_of_an_ended_context_does_not_stop_a_new_run(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    free(map_put(&w->records, "p/A", mem_string("{\"version\":1")));
    world_trigger(w, "A", "s.d");
    world_expect(w, "approval.triggered");
    world_free(w);
}

/* The port is asked for what has ended; what it has may be older than that. */
static void a_stale_record_from_the_port_counts_as_ended(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    world_trigger(w, "A", "s.d");
    char *stale = mem_string(map_get(&w->records, "p/A"));
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    free(map_put(&w->records, "p/A", stale));
    world_restart(w);
    world_control(w, "A", NULL, SEQUENCER_ABORT);
    assert_int_equal(w->effects_of_last, 0);
    world_trigger(w, "A", "s.d");
    world_expect(w, "approval.triggered s.d.finished(aborted/pass) approval.triggered");
    world_free(w);
}

static void ended_contexts_leave_memory_and_are_known_all_the_same(void **unused)
{
    (void)unused;
    struct world *w = world_new(GATED);
    struct input first = {.type = "sh.keptn.event.s.d.triggered", .context = "c0", .stage = "s"};
    first.id = world_apply(w, &first);
    world_control(w, "c0", NULL, SEQUENCER_ABORT);
    for (int i = 1; i < 200; i++) {
        char context[16];
        (void)snprintf(context, sizeof context, "c%d", i);
        world_trigger(w, context, "s.d");
        world_control(w, context, NULL, SEQUENCER_ABORT);
    }
    world_apply(w, &first);
    assert_int_equal(w->effects_of_last, 0);
    world_free(w);
}

/* One input that ends more contexts than are remembered. */
static void many_contexts_may_end_in_one_input(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}]}]}\n"));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 70; i++) {
            char context[16], service[16];
            (void)snprintf(context, sizeof context, "c%d", i);
            (void)snprintf(service, sizeof service, "svc%d", i);
            world_apply(w, &(struct input){.type = "sh.keptn.event.s.d.triggered",
                                           .context = context,
                                           .stage = "s",
                                           .service = service});
        }
        world_pass_time(w, 3600 * CLOCK_S);
        assert_int_equal(world_count(w, NULL, "s.d.finished"), (size_t)(round + 1) * 70);
        assert_int_equal(w->opened.count, 0);
    }
    world_free(w);
}

static void a_forgotten_project_holds_nobody(void **unused)
{
    (void)unused;
    struct world *w = world_new(YARD("  - {name: s, sequences: [{name: d, tasks: [{name: one}]}]}\n"));
    world_trigger(w, "A", "s.d");
    world_trigger(w, "B", "s.d");
    world_apply(w, &(struct input){
                       .type = "sh.keptn.event.s.d.triggered", .context = "C", .stage = "s", .project = "q"});
    const struct sent task = *world_last(w, "A", "one.triggered");
    sequencer_forget_project(w->sequencer, "p");
    map_remove(&w->opened, "p/A");
    map_remove(&w->opened, "p/B");
    free(map_remove(&w->records, "p/A"));
    free(map_remove(&w->records, "p/B"));
    assert_false(sequencer_task_is_open(w->sequencer, "p", "A", task.id));
    world_finished(w, &task, "succeeded", "pass");
    assert_int_equal(w->effects_of_last, 0);
    world_trigger(w, "D", "s.d");
    assert_int_equal(world_count(w, "D", "one.triggered"), 1);
    world_done(w, world_last(w, "C", "one.triggered"), "pass");
    assert_int_equal(world_count(w, "C", "s.d.finished"), 1);
    sequencer_forget_project(w->sequencer, "p");
    sequencer_forget_project(w->sequencer, "unknown");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_approval_is_still_open_after_a_restart),
        cmocka_unit_test(data_as_deep_as_an_event_may_be_survives_a_restart),
        cmocka_unit_test(data_too_deep_for_a_task_ends_the_run_with_a_reason),
        cmocka_unit_test(restoring_a_record_twice_is_refused),
        cmocka_unit_test(a_damaged_record_is_refused_or_read_but_never_crashes),
        cmocka_unit_test(a_record_that_does_not_hold_together_is_refused),
        cmocka_unit_test(an_unreadable_record_of_an_ended_context_does_not_stop_a_new_run),
        cmocka_unit_test(a_stale_record_from_the_port_counts_as_ended),
        cmocka_unit_test(ended_contexts_leave_memory_and_are_known_all_the_same),
        cmocka_unit_test(many_contexts_may_end_in_one_input),
        cmocka_unit_test(a_forgotten_project_holds_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
