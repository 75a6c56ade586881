/* Which state a sequence has, as events and states tell it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "story.h"

/* One line of a story: an event of context c1 in stage production. */
struct line {
    const char *type, *id, *triggeredid, *data;
};
#define TRIGGERED                                                                                            \
    {                                                                                                        \
        "production.delivery.triggered", "t1", "", ""                                                        \
    }
#define ENDED(data)                                                                                          \
    {                                                                                                        \
        "production.delivery.finished", "f1", "t1", data                                                     \
    }
#define DEPLOY                                                                                               \
    {                                                                                                        \
        "deployment.triggered", "d1", "", ""                                                                 \
    }
#define DEPLOY_STARTED                                                                                       \
    {                                                                                                        \
        "deployment.started", "d1s", "d1", ""                                                                \
    }
#define DEPLOY_DONE                                                                                          \
    {                                                                                                        \
        "deployment.finished", "d1f", "d1", ",\"result\":\"pass\",\"status\":\"succeeded\""                  \
    }
#define ASKED                                                                                                \
    {                                                                                                        \
        "approval.triggered", "a1", "", ",\"result\":\"pass\",\"approval\":{\"pass\":\"manual\"}"            \
    }
#define ASKED_STARTED                                                                                        \
    {                                                                                                        \
        "approval.started", "a1s", "a1", ""                                                                  \
    }
#define APPROVED                                                                                             \
    {                                                                                                        \
        "approval.finished", "a1f", "a1", ",\"result\":\"pass\",\"status\":\"succeeded\""                    \
    }
#define DECLINED                                                                                             \
    {                                                                                                        \
        "approval.finished", "a1f", "a1", ",\"result\":\"fail\",\"status\":\"succeeded\""                    \
    }

struct row {
    const char *name;
    enum model_state wanted;
    const char *task; /* NULL: none */
    int since;        /* index of the line whose time it is in its state since */
    struct line lines[8];
};

static const struct row event_rows[] = {
    {"triggered only", MODEL_QUEUED, NULL, 0, {TRIGGERED}},
    {"a task triggered", MODEL_RUNNING, "deployment", 1, {TRIGGERED, DEPLOY}},
    {"a task started", MODEL_RUNNING, "deployment", 1, {TRIGGERED, DEPLOY, DEPLOY_STARTED}},
    {"a task done", MODEL_RUNNING, NULL, 3, {TRIGGERED, DEPLOY, DEPLOY_STARTED, DEPLOY_DONE}},
    {"a task done before it was started", MODEL_RUNNING, "deployment", 1, {TRIGGERED, DEPLOY, DEPLOY_DONE}},
    {"finished before started", MODEL_RUNNING, NULL, 3, {TRIGGERED, DEPLOY, DEPLOY_DONE, DEPLOY_STARTED}},
    {"an approval triggered", MODEL_WAITING, "approval", 1, {TRIGGERED, ASKED}},
    {"an approval started", MODEL_WAITING, "approval", 1, {TRIGGERED, ASKED, ASKED_STARTED}},
    {"only an approval's started", MODEL_WAITING, "approval", 0, {ASKED_STARTED}},
    {"approved", MODEL_RUNNING, NULL, 3, {TRIGGERED, ASKED, ASKED_STARTED, APPROVED}},
    {"approved before it started", MODEL_RUNNING, NULL, 3, {TRIGGERED, ASKED, APPROVED, ASKED_STARTED}},
    {"approved, not started yet", MODEL_WAITING, "approval", 1, {TRIGGERED, ASKED, APPROVED}},
    {"another task while it waits", MODEL_WAITING, "approval", 1, {TRIGGERED, ASKED, ASKED_STARTED, DEPLOY}},
    {"declined", MODEL_RUNNING, NULL, 3, {TRIGGERED, ASKED, ASKED_STARTED, DECLINED}},
    {"started again after it was decided",
     MODEL_RUNNING,
     NULL,
     4,
     {TRIGGERED, ASKED, ASKED_STARTED, APPROVED, {"approval.started", "a1s2", "a1", ""}}},
    {"two must finish",
     MODEL_WAITING,
     "approval",
     1,
     {TRIGGERED, ASKED, ASKED_STARTED, {"approval.started", "a1s2", "a1", ""}, APPROVED}},
    {"two have finished",
     MODEL_RUNNING,
     NULL,
     5,
     {TRIGGERED,
      ASKED,
      ASKED_STARTED,
      {"approval.started", "a1s2", "a1", ""},
      APPROVED,
      {"approval.finished", "a1f2", "a1", ",\"result\":\"pass\""}}},
    {"its sequence ends while it waits",
     MODEL_FAILED,
     NULL,
     3,
     {TRIGGERED, ASKED, ASKED_STARTED, ENDED(",\"status\":\"errored\",\"result\":\"fail\"")}},
    {"a stage that is called approval",
     MODEL_QUEUED,
     NULL,
     0,
     {{"approval.delivery.triggered", "t1", "", ""}}},
    {"a sequence that is called approval",
     MODEL_QUEUED,
     NULL,
     0,
     {{"production.approval.triggered", "t1", "", ""}}},
    {"a task whose name begins so", MODEL_RUNNING, "approval-2", 0, {{"approval-2.triggered", "a1", "", ""}}},
    {"another task's data about approval",
     MODEL_RUNNING,
     "deployment",
     1,
     {TRIGGERED, {"deployment.triggered", "d1", "", ",\"approval\":{\"pass\":\"manual\"}"}}},
    {"the service approves by itself",
     MODEL_RUNNING,
     "approval",
     1,
     {TRIGGERED,
      {"approval.triggered", "a1", "", ",\"result\":\"pass\",\"approval\":{\"pass\":\"automatic\"}"}}},
    {"the service declines by itself",
     MODEL_RUNNING,
     "approval",
     1,
     {TRIGGERED,
      {"approval.triggered", "a1", "", ",\"result\":\"fail\",\"approval\":{\"pass\":\"manual\"}"}}},
    {"automatic for another result",
     MODEL_WAITING,
     "approval",
     1,
     {TRIGGERED,
      {"approval.triggered", "a1", "", ",\"result\":\"warning\",\"approval\":{\"pass\":\"automatic\"}"}}},
    {"the evaluation's result counts without one",
     MODEL_RUNNING,
     "approval",
     1,
     {TRIGGERED,
      {"approval.triggered", "a1", "",
       ",\"evaluation\":{\"result\":\"warning\"},\"approval\":{\"warning\":\"automatic\"}"}}},
    {"succeeded",
     MODEL_SUCCEEDED,
     NULL,
     1,
     {TRIGGERED, ENDED(",\"status\":\"succeeded\",\"result\":\"pass\"")}},
    {"with a warning",
     MODEL_WARNING,
     NULL,
     1,
     {TRIGGERED, ENDED(",\"status\":\"succeeded\",\"result\":\"warning\"")}},
    {"failed", MODEL_FAILED, NULL, 1, {TRIGGERED, ENDED(",\"status\":\"succeeded\",\"result\":\"fail\"")}},
    {"errored but pass",
     MODEL_FAILED,
     NULL,
     1,
     {TRIGGERED, ENDED(",\"status\":\"errored\",\"result\":\"pass\"")}},
    {"unknown", MODEL_FAILED, NULL, 1, {TRIGGERED, ENDED(",\"status\":\"unknown\",\"result\":\"fail\"")}},
    {"neither status nor result", MODEL_FAILED, NULL, 1, {TRIGGERED, ENDED("")}},
    {"aborted", MODEL_ABORTED, NULL, 1, {TRIGGERED, ENDED(",\"status\":\"aborted\",\"result\":\"pass\"")}},
    {"timed out",
     MODEL_TIMED_OUT,
     NULL,
     1,
     {TRIGGERED,
      ENDED(",\"status\":\"errored\",\"result\":\"fail\",\"message\":\"sequence timed out while "
            "waiting for task sh.keptn.event.deployment.triggered to receive a correlating .started "
            "or .finished event\"")}},
    {"ended, and nothing else",
     MODEL_SUCCEEDED,
     NULL,
     0,
     {ENDED(",\"status\":\"succeeded\",\"result\":\"pass\"")}},
    {"a late start after the end",
     MODEL_SUCCEEDED,
     NULL,
     2,
     {TRIGGERED, DEPLOY, ENDED(",\"status\":\"succeeded\",\"result\":\"pass\""), DEPLOY_STARTED}},
};

static void tell_row(struct story *s, const struct row *row)
{
    for (size_t i = 0; i < 8 && row->lines[i].type != NULL; i++)
        story_event(s, (int64_t)(10 * i), "c1", "production", row->lines[i].type, row->lines[i].id,
                    row->lines[i].triggeredid, row->lines[i].data);
}

static void check_row(const struct model *m, const struct row *row)
{
    const struct model_sequence *seq = model_find_sequence(m, "c1", NULL, "production", NULL);
    if (seq == NULL || seq->state != row->wanted)
        fail_msg("%s: %s, wanted %s", row->name, seq != NULL ? model_state_name(seq->state) : "nothing",
                 model_state_name(row->wanted));
    if ((seq->task == NULL) != (row->task == NULL) ||
        (row->task != NULL && strcmp(seq->task, row->task) != 0))
        fail_msg("%s: the task is %s", row->name, seq->task != NULL ? seq->task : "none");
    if (seq->since_ns != STORY_NS(10 * row->since))
        fail_msg("%s: since %lld ms", row->name, (long long)(seq->since_ns / 1000000 - STORY_ZERO_MS));
    assert_int_equal(model_waiting_count(m), row->wanted == MODEL_WAITING ? 1 : 0);
    if (row->wanted == MODEL_WAITING)
        assert_string_equal(seq->approval.triggered_id, "a1");
}

static void events_tell_the_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof event_rows / sizeof event_rows[0]; i++) {
        struct story s = {0};
        struct model *m = model_new();
        tell_row(&s, &event_rows[i]);
        story_tell(m, &s);
        check_row(m, &event_rows[i]);
        model_free(m);
        story_free(&s);
    }
}

/* --- states alone --- */

struct state_row {
    const char *name, *overall, *word, *latest_type, *latest_id;
    enum model_state wanted;
    const char *task, *triggered_id;
};
static const struct state_row state_rows[] = {
    {"triggered", "triggered", "", "", "", MODEL_QUEUED, NULL, NULL},
    {"waiting is queued", "waiting", "", "", "", MODEL_QUEUED, NULL, NULL},
    {"started", "started", "", "", "", MODEL_RUNNING, NULL, NULL},
    {"a task triggered", "started", "triggered", "deployment.triggered", "d1", MODEL_RUNNING, "deployment",
     NULL},
    {"a task started", "started", "triggered", "deployment.started", "d1s", MODEL_RUNNING, "deployment",
     NULL},
    {"a task finished", "started", "triggered", "deployment.finished", "d1f", MODEL_RUNNING, NULL, NULL},
    {"an approval triggered", "started", "triggered", "approval.triggered", "a1", MODEL_WAITING, "approval",
     "a1"},
    {"an approval started", "started", "triggered", "approval.started", "a1s", MODEL_WAITING, "approval",
     NULL},
    {"an approval finished", "started", "triggered", "approval.finished", "a1f", MODEL_RUNNING, NULL, NULL},
    {"a stage called approval", "started", "", "approval.delivery.triggered", "t1", MODEL_QUEUED, NULL, NULL},
    {"paused", "paused", "triggered", "deployment.started", "d1s", MODEL_PAUSED, "deployment", NULL},
    {"its stage paused", "started", "paused", "deployment.started", "d1s", MODEL_PAUSED, "deployment", NULL},
    {"paused while it waits", "paused", "triggered", "approval.triggered", "a1", MODEL_WAITING, "approval",
     "a1"},
    {"finished", "finished", "succeeded", "production.delivery.finished", "f1", MODEL_SUCCEEDED, NULL, NULL},
    {"this stage finished", "started", "succeeded", "production.delivery.finished", "f1", MODEL_SUCCEEDED,
     NULL, NULL},
    {"errored", "finished", "errored", "production.delivery.finished", "f1", MODEL_FAILED, NULL, NULL},
    {"aborted", "aborted", "aborted", "production.delivery.finished", "f1", MODEL_ABORTED, NULL, NULL},
    {"aborted before it began", "aborted", "", "", "", MODEL_ABORTED, NULL, NULL},
    {"aborted, then a late word", "aborted", "triggered", "approval.started", "a1s", MODEL_ABORTED, NULL,
     NULL},
    {"aborted after this stage", "aborted", "succeeded", "production.delivery.finished", "f1",
     MODEL_SUCCEEDED, NULL, NULL},
    {"timed out", "timedOut", "errored", "production.delivery.finished", "f1", MODEL_TIMED_OUT, NULL, NULL},
    {"a follower is queued", "finished", "succeeded", "production.delivery.triggered", "t1", MODEL_QUEUED,
     NULL, NULL},
};

static void a_state_alone_gives_a_usable_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof state_rows / sizeof state_rows[0]; i++) {
        const struct state_row *row = &state_rows[i];
        struct story s = {0};
        struct model *m = model_new();
        story_state(&s, 0, "c1", row->overall, "production", row->word, row->latest_type, row->latest_id, 70);
        story_tell(m, &s);
        const struct model_sequence *seq = story_find(m, "c1", "production");
        if (seq->state != row->wanted)
            fail_msg("%s: %s", row->name, model_state_name(seq->state));
        if ((seq->task == NULL) != (row->task == NULL) ||
            (row->task != NULL && strcmp(seq->task, row->task) != 0))
            fail_msg("%s: the task is %s", row->name, seq->task != NULL ? seq->task : "none");
        if (row->triggered_id != NULL)
            assert_string_equal(seq->approval.triggered_id, row->triggered_id);
        else
            assert_null(seq->approval.triggered_id);
        assert_string_equal(seq->name, "delivery");
        assert_string_equal(seq->service, "helloservice");
        assert_string_equal(seq->version, "v1");
        assert_true(seq->triggered_ns == STORY_NS(0) || seq->triggered_ns == STORY_NS(70));
        assert_true(seq->since_ns > 0);
        model_free(m);
        story_free(&s);
    }
}

/* --- events and states together --- */

/* What the model says after each of a story's items, in order. */
static void check_states(struct story *s, const enum model_state *wanted, const char *stage)
{
    struct model *m = model_new();
    for (size_t i = 0; i < s->count; i++) {
        struct error err = ERROR_NONE;
        if (story_apply(m, &s->items[i], &err) != STATUS_OK)
            fail_msg("%s", err.text);
        model_check(m);
        const struct model_sequence *seq = story_find(m, "c1", stage);
        if (seq->state != wanted[i])
            fail_msg("item %zu: %s, wanted %s", i, model_state_name(seq->state), model_state_name(wanted[i]));
    }
    model_free(m);
    story_free(s);
}

static void queued_until_something_was_triggered_later(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_state(&s, 0, "c1", "waiting", "qa", "", "", "", 0);
    story_event(&s, 20, "c1", "qa", "deployment.triggered", "d1", "", "");
    story_event(&s, 20, "c1", "qa", "deployment.started", "d1s", "d1", "");
    check_states(&s, (enum model_state[]){MODEL_QUEUED, MODEL_QUEUED, MODEL_RUNNING, MODEL_RUNNING}, "qa");
}

static void paused_until_a_newer_state_says_otherwise(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 10, "c1", "qa", "deployment.triggered", "d1", "", "");
    story_state(&s, 0, "c1", "paused", "qa", "triggered", "deployment.triggered", "d1", 10);
    story_event(&s, 20, "c1", "qa", "deployment.started", "d1s", "d1", "");
    story_event(&s, 30, "c1", "qa", "deployment.finished", "d1f", "d1", ",\"result\":\"pass\"");
    story_state(&s, 0, "c1", "started", "qa", "started", "deployment.finished", "d1f", 30);
    check_states(&s,
                 (enum model_state[]){MODEL_QUEUED, MODEL_RUNNING, MODEL_PAUSED, MODEL_PAUSED, MODEL_PAUSED,
                                      MODEL_RUNNING},
                 "qa");
}

/* An approved run whose next task is held: no event says so, but a state shows a task that was not sent. */
static void a_task_that_is_held_makes_it_queued(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 10, "c1", "qa", "approval.triggered", "a1", "", "");
    story_event(&s, 11, "c1", "qa", "approval.started", "a1s", "a1", "");
    story_event(&s, 30, "c1", "qa", "approval.finished", "a1f", "a1", ",\"result\":\"pass\"");
    story_state(&s, 0, "c1", "started", "qa", "triggered", "deployment.triggered", "d1", 30);
    story_event(&s, 90, "c1", "qa", "deployment.triggered", "d1", "", "");
    check_states(&s,
                 (enum model_state[]){MODEL_QUEUED, MODEL_WAITING, MODEL_WAITING, MODEL_RUNNING, MODEL_QUEUED,
                                      MODEL_RUNNING},
                 "qa");
}

static void between_two_tasks_a_state_tells_whether_it_is_queued(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 10, "c1", "qa", "deployment.triggered", "d1", "", "");
    story_event(&s, 11, "c1", "qa", "deployment.started", "d1s", "d1", "");
    story_state(&s, 0, "c1", "waiting", "qa", "triggered", "deployment.started", "d1s",
                11); /* another stage's */
    story_event(&s, 30, "c1", "qa", "deployment.finished", "d1f", "d1", ",\"result\":\"pass\"");
    story_state(&s, 0, "c1", "started", "qa", "triggered", "deployment.finished", "d1f", 30);
    check_states(&s,
                 (enum model_state[]){MODEL_QUEUED, MODEL_RUNNING, MODEL_RUNNING, MODEL_RUNNING, MODEL_QUEUED,
                                      MODEL_RUNNING},
                 "qa");
}

static void an_abort_closes_an_approval_that_comes_later(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 10, "c1", "qa", "approval.triggered", "a1", "", "");
    story_state(&s, 0, "c1", "aborted", "qa", "aborted", "qa.delivery.finished", "f1", 20);
    struct story_item first = s.items[0];
    s.items[0] = s.items[1];
    s.items[1] = first;
    story_tell(m, &s);
    assert_int_equal(story_find(m, "c1", "qa")->state, MODEL_ABORTED);
    assert_int_equal(model_waiting_count(m), 0);
    model_free(m);
    story_free(&s);
}

static void an_older_state_changes_nothing(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_state(&s, 0, "c1", "paused", "qa", "triggered", "deployment.started", "d1s", 10);
    story_state(&s, 0, "c1", "started", "qa", "triggered", "test.started", "e1s", 20);
    struct story_item first = s.items[0];
    s.items[0] = s.items[1];
    s.items[1] = first;
    story_tell(m, &s);
    assert_int_equal(story_find(m, "c1", "qa")->state, MODEL_RUNNING);
    assert_string_equal(story_find(m, "c1", "qa")->task, "test");
    model_free(m);
    story_free(&s);
}

static void a_context_that_was_triggered_again_after_an_abort_runs(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_state(&s, 0, "c1", "aborted", "qa", "aborted", "qa.delivery.finished", "f1", 20);
    story_event(&s, 20, "c1", "qa", "qa.delivery.finished", "f1", "t1", ",\"status\":\"aborted\"");
    story_event(&s, 900, "c1", "qa", "qa.delivery.triggered", "t2", "", "");
    story_event(&s, 910, "c1", "qa", "approval.triggered", "a2", "", "");
    story_tell(m, &s);
    assert_int_equal(model_waiting_count(m), 1);
    assert_string_equal(model_waiting_at(m, 0)->triggered_id, "t2");
    assert_int_equal(model_count(m, MODEL_ABORTED), 1);
    model_free(m);
    story_free(&s);
}

/* --- event/triggered --- */

static void an_approval_that_is_not_in_a_newer_answer_is_closed(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 0, "c1", "qa", "approval.triggered", "a1", "", "");
    story_event(&s, 1, "c2", "qa", "approval.triggered", "a2", "", "");
    story_add(&s, STORY_OPEN, "{\"events\":[%s],\"nextPageKey\":\"0\",\"totalCount\":1}", s.items[1].text);
    story_event(&s, 2, "c3", "qa", "approval.triggered", "a3", "", "");
    story_tell(m, &s);
    assert_int_equal(model_waiting_count(m), 2);
    assert_string_equal(model_waiting_at(m, 0)->context, "c2");
    assert_string_equal(model_waiting_at(m, 1)->context, "c3"); /* newer than the answer */
    assert_int_equal(story_find(m, "c1", "qa")->state, MODEL_RUNNING);
    assert_null(model_find_approval(m, "a1"));
    uint64_t revision = model_revision(m);
    s.items[2].number = 50; /* c3's is not in it either; the same answer again tells nothing new */
    assert_int_equal(story_apply(m, &s.items[2], NULL), STATUS_OK);
    model_check(m);
    assert_int_equal(model_waiting_count(m), 1);
    assert_true(model_revision(m) > revision);
    revision = model_revision(m);
    s.items[2].number = 51;
    assert_int_equal(story_apply(m, &s.items[2], NULL), STATUS_OK);
    assert_int_equal(model_revision(m), revision);
    model_free(m);
    story_free(&s);
}

static void a_page_of_several_closes_nothing(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_event(&s, 0, "c1", "qa", "approval.triggered", "a1", "", "");
    story_add(&s, STORY_OPEN, "{\"events\":[],\"nextPageKey\":\"20\"}");
    story_add(&s, STORY_OPEN, "{\"events\":[],\"totalCount\":21}");
    story_tell(m, &s);
    assert_int_equal(model_waiting_count(m), 1);
    model_free(m);
    story_free(&s);
}

static void a_state_that_shows_an_approval_gives_way_to_a_newer_answer(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    story_state(&s, 0, "c1", "started", "qa", "triggered", "approval.started", "a1s", 10);
    story_state(&s, 0, "c2", "started", "qa", "triggered", "approval.triggered", "a2", 10);
    story_tell(m, &s);
    assert_int_equal(model_waiting_count(m), 2);
    story_add(&s, STORY_OPEN, "{\"events\":[]}");
    assert_int_equal(story_apply(m, &s.items[2], NULL), STATUS_OK);
    model_check(m);
    assert_int_equal(model_waiting_count(m), 0);
    assert_int_equal(model_count(m, MODEL_RUNNING), 2);
    model_free(m);
    story_free(&s);
}

/* A polled Keptn has no numbers: the time of the answer stands for one. */
static void a_polled_answer_is_newer_than_what_happened_before_it(void **state)
{
    (void)state;
    struct story s = {.number = UINT64_MAX};
    struct model *m = model_new();
    story_event(&s, 0, "c1", "qa", "approval.triggered", "a1", "", "");
    story_event(&s, 2000, "c2", "qa", "approval.triggered", "a2", "", "");
    story_add(&s, STORY_OPEN, "{\"events\":[]}");
    s.items[2].number = (uint64_t)STORY_NS(1000);
    story_tell(m, &s);
    assert_int_equal(model_waiting_count(m), 1);
    assert_string_equal(model_waiting_at(m, 0)->context, "c2");
    model_free(m);
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_tell_the_state),
        cmocka_unit_test(a_state_alone_gives_a_usable_row),
        cmocka_unit_test(queued_until_something_was_triggered_later),
        cmocka_unit_test(paused_until_a_newer_state_says_otherwise),
        cmocka_unit_test(a_task_that_is_held_makes_it_queued),
        cmocka_unit_test(between_two_tasks_a_state_tells_whether_it_is_queued),
        cmocka_unit_test(an_abort_closes_an_approval_that_comes_later),
        cmocka_unit_test(an_older_state_changes_nothing),
        cmocka_unit_test(a_context_that_was_triggered_again_after_an_abort_runs),
        cmocka_unit_test(an_approval_that_is_not_in_a_newer_answer_is_closed),
        cmocka_unit_test(a_page_of_several_closes_nothing),
        cmocka_unit_test(a_state_that_shows_an_approval_gives_way_to_a_newer_answer),
        cmocka_unit_test(a_polled_answer_is_newer_than_what_happened_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
