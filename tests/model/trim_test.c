/* Old sequences go, what is open stays, and what is kept does not depend on the order. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/model.h"
#include "story.h"

static void add_ended(struct story *s, int i, const char *stage)
{
    char context[30], type[60], id[30], task[30], other[30];
    int64_t ms = 1000 * i;
    snprintf(context, sizeof context, "c%d", i);
    snprintf(id, sizeof id, "t%d-%s", i, stage);
    snprintf(type, sizeof type, "%s.delivery.triggered", stage);
    story_event(s, ms, context, stage, type, id, "", "");
    snprintf(task, sizeof task, "w%d-%s", i, stage);
    story_event(s, ms + 1, context, stage, "work.triggered", task, "", "");
    snprintf(other, sizeof other, "ws%d-%s", i, stage);
    story_event(s, ms + 2, context, stage, "work.started", other, task, "");
    snprintf(other, sizeof other, "wf%d-%s", i, stage);
    story_event(s, ms + 3, context, stage, "work.finished", other, task, ",\"result\":\"pass\"");
    snprintf(other, sizeof other, "f%d-%s", i, stage);
    snprintf(type, sizeof type, "%s.delivery.finished", stage);
    story_event(s, ms + 4, context, stage, type, other, id, ",\"result\":\"pass\",\"status\":\"succeeded\"");
}

static void add_waiting(struct story *s, int i, const char *stage)
{
    char context[30], id[30];
    snprintf(context, sizeof context, "c%d", i);
    snprintf(id, sizeof id, "a%d-%s", i, stage);
    story_event(s, 1000 * i + 500, context, stage, "approval.triggered", id, "", "");
}

static void apply_all(struct model *m, const struct story *s)
{
    for (size_t i = 0; i < s->count; i++)
        assert_int_equal(story_apply(m, &s->items[i], NULL), STATUS_OK);
    model_check(m);
}

static void the_newest_ended_ones_are_kept_and_the_others_counted(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    for (int i = 0; i < MODEL_ENDED_MAX + 50; i++)
        add_ended(&s, i, "qa");
    add_waiting(&s, 7, "prod"); /* pins its context's run in qa */
    add_waiting(&s, 900, "qa");
    apply_all(m, &s);
    assert_int_equal(model_trim(m), 50);
    model_check(m);
    const struct model_stage *qa = model_project_at(m, 0)->stages[1];
    assert_string_equal(qa->name, "qa");
    assert_int_equal(qa->trimmed, 50);
    assert_int_equal(qa->sequence_count, MODEL_ENDED_MAX + 1);
    assert_string_equal(qa->sequences[0]->context, "c900");
    assert_string_equal(qa->sequences[1]->context, "c249");
    assert_string_equal(qa->sequences[MODEL_ENDED_MAX]->context, "c7");
    assert_null(model_find_sequence(m, "c8", NULL, NULL, NULL));
    assert_int_equal(model_waiting_count(m), 2);
    assert_int_equal(model_trim(m), 0);
    model_free(m);
    story_free(&s);
}

static void what_was_dropped_does_not_come_back(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    for (int i = 0; i < MODEL_ENDED_MAX + 50; i++)
        add_ended(&s, i, "qa");
    story_state(&s, 0, "c3", "finished", "qa", "succeeded", "qa.delivery.finished", "f3-qa", 3004);
    apply_all(m, &s);
    assert_int_equal(model_trim(m), 50);
    uint64_t digest = model_digest(m);
    apply_all(m, &s);
    assert_int_equal(model_digest(m), digest);
    assert_int_equal(model_trim(m), 0);
    /* unless it is triggered again */
    struct story again = {0};
    story_event(&again, 900000, "c3", "qa", "qa.delivery.triggered", "t3-again", "", "");
    story_event(&again, 900001, "c3", "qa", "approval.triggered", "a3-again", "", "");
    apply_all(m, &again);
    assert_int_equal(model_waiting_count(m), 1);
    assert_string_equal(model_waiting_at(m, 0)->name, "delivery");
    model_free(m);
    story_free(&again);
    story_free(&s);
}

static void a_context_that_runs_again_and_again_loses_its_oldest_runs(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    for (int i = 0; i < MODEL_ENDED_MAX + 20; i++) {
        char id[30], task[30], end[30];
        snprintf(id, sizeof id, "t%d", i);
        snprintf(task, sizeof task, "w%d", i);
        snprintf(end, sizeof end, "f%d", i);
        story_event(&s, 10 * i, "nightly", "qa", "qa.delivery.triggered", id, "", "");
        story_event(&s, 10 * i + 1, "nightly", "qa", "work.triggered", task, "", "");
        story_event(&s, 10 * i + 9, "nightly", "qa", "qa.delivery.finished", end, id, ",\"result\":\"pass\"");
    }
    apply_all(m, &s);
    assert_int_equal(model_trim(m), 20);
    model_check(m);
    uint64_t digest = model_digest(m);
    apply_all(m, &s);
    assert_int_equal(model_digest(m), digest);
    assert_int_equal(model_count(m, MODEL_SUCCEEDED), MODEL_ENDED_MAX);
    model_free(m);
    story_free(&s);
}

static uint64_t random_state = 99;

static size_t random_below(size_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % limit;
}

static void what_is_kept_does_not_depend_on_the_order(void **state)
{
    (void)state;
    struct story s = {0};
    for (int i = 0; i < 2 * MODEL_ENDED_MAX; i++)
        add_ended(&s, i, "qa");
    add_waiting(&s, 2000, "qa");
    struct model *straight = model_new();
    apply_all(straight, &s);
    (void)model_trim(straight);
    for (int seed = 0; seed < 4; seed++) {
        struct model *m = model_new();
        for (size_t i = s.count; i > 1; i--) {
            size_t k = random_below(i);
            struct story_item swap = s.items[k];
            s.items[k] = s.items[i - 1];
            s.items[i - 1] = swap;
        }
        for (size_t i = 0; i < s.count; i++) {
            assert_int_equal(story_apply(m, &s.items[i], NULL), STATUS_OK);
            if (random_below(50) == 0) {
                (void)model_trim(m);
                model_check(m);
            }
        }
        (void)model_trim(m);
        model_check(m);
        assert_int_equal(model_digest(m), model_digest(straight));
        model_free(m);
    }
    model_free(straight);
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_ended_ones_are_kept_and_the_others_counted),
        cmocka_unit_test(what_was_dropped_does_not_come_back),
        cmocka_unit_test(a_context_that_runs_again_and_again_loses_its_oldest_runs),
        cmocka_unit_test(what_is_kept_does_not_depend_on_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
