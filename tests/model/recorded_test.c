/* Answers of a real Keptn, as recorded, must be taken and shown. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "model/model.h"
#include "story.h"

static cJSON *read_json(const char *name)
{
    char *text = story_read_file(name);
    cJSON *json = NULL;
    struct error err = ERROR_NONE;
    if (json_parse(text, strlen(text), &json, &err) != STATUS_OK)
        fail_msg("%s: %s", name, err.text);
    free(text);
    return json;
}

static struct model *model_of_events(const char *name)
{
    cJSON *answer = read_json(name);
    const cJSON *item = NULL;
    struct model *m = model_new();
    cJSON_ArrayForEach(item, json_get(answer, "events"))
    {
        char *text = cJSON_PrintUnformatted(item);
        struct story_item event = {STORY_EVENT, text, 0};
        struct error err = ERROR_NONE;
        if (story_apply(m, &event, &err) != STATUS_OK)
            fail_msg("%s: %s", err.text, text);
        model_check(m);
        cJSON_free(text);
    }
    cJSON_Delete(answer);
    return m;
}

static void a_sequence_that_waits_for_approval_is_shown_as_waiting(void **state)
{
    (void)state;
    struct model *m = model_of_events("approval.mock.json");
    assert_int_equal(model_waiting_count(m), 1);
    const struct model_sequence *seq = model_waiting_at(m, 0);
    assert_string_equal(seq->context, "99a20ef4-d822-4185-bbee-0d7a364c213b");
    assert_string_equal(seq->service, "carts");
    assert_string_equal(seq->stage->name, "production");
    assert_string_equal(seq->stage->project->name, "sockshop");
    assert_string_equal(seq->approval.triggered_id, "c0275a97-fc4f-4279-bc3e-c892482c8dbd");
    assert_string_equal(seq->approval.pass, "manual");
    assert_string_equal(seq->approval.warning, "manual");
    assert_string_equal(seq->task, "approval");
    assert_ptr_equal(model_find_approval(m, seq->approval.triggered_id), seq);
    /* the other context was triggered only */
    seq =
        model_find_sequence(m, "51b96d8c-ff67-4a75-859b-124bcdbb04ff", "sockshop", "production", "delivery");
    assert_non_null(seq);
    assert_int_equal(seq->state, MODEL_QUEUED);
    model_free(m);
}

static void the_same_answer_as_open_approvals_shows_it_too(void **state)
{
    (void)state;
    cJSON *answer = read_json("approval.mock.json");
    struct model *m = model_new();
    assert_int_equal(model_apply_open_approvals(m, answer, 7, NULL), STATUS_OK);
    model_check(m);
    assert_int_equal(model_waiting_count(m), 1);
    assert_string_equal(model_waiting_at(m, 0)->approval.triggered_id,
                        "c0275a97-fc4f-4279-bc3e-c892482c8dbd");
    cJSON_Delete(answer);
    model_free(m);
}

static void a_remediation_with_an_evaluation_is_shown_as_succeeded(void **state)
{
    (void)state;
    struct model *m = model_of_events("get.events.cfaadbb1-3c47-46e5-a230-d0f055f4f518.mock.json");
    const struct model_sequence *seq = model_find_sequence(m, NULL, NULL, NULL, NULL);
    assert_string_equal(seq->name, "remediation");
    assert_int_equal(seq->state, MODEL_SUCCEEDED);
    assert_string_equal(seq->result, "pass");
    assert_string_equal(seq->triggered_by, "dynatrace-service");
    assert_int_equal(seq->task_count, 3);
    static const char *const tasks[] = {"get-action", "action", "evaluation"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(seq->tasks[i].name, tasks[i]);
        assert_int_equal(seq->tasks[i].state, MODEL_SUCCEEDED);
        assert_int_equal(seq->tasks[i].executor_count, 1);
    }
    assert_string_equal(seq->tasks[2].executors[0].source, "lighthouse-service");
    assert_string_equal(seq->evaluation_result, "pass");
    assert_int_equal(seq->label_count, 1);
    assert_string_equal(seq->labels[0].key, "Problem URL");
    assert_string_equal(seq->stage_commit, "64fd7e0079a5624d0e25a4dd40323342022236c7");
    model_free(m);
}

static void states_alone_give_rows(void **state)
{
    (void)state;
    cJSON *answer = read_json("sequences-page-2.sockshop.json");
    struct model *m = model_new();
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(answer, "states"))
    {
        assert_int_equal(model_apply_state(m, item, 3, NULL), STATUS_OK);
        model_check(m);
    }
    const struct model_sequence *seq =
        model_find_sequence(m, "1663de8a-a414-47ba-9566-10a9730f406f", NULL, "dev", NULL);
    assert_non_null(seq);
    assert_string_equal(seq->name, "delivery");
    assert_string_equal(seq->service, "carts");
    assert_string_equal(seq->version, "0.12.3");
    assert_int_equal(seq->state, MODEL_SUCCEEDED);
    assert_string_equal(seq->evaluation_result, "pass");
    seq = model_find_sequence(m, "1663de8a-a414-47ba-9566-10a9730f406f", NULL, "staging", NULL);
    assert_string_equal(seq->name, "rollback");
    assert_int_equal(seq->state, MODEL_SUCCEEDED);
    seq = model_find_sequence(m, "88d5f9c0-1e2c-474b-af27-13fe12e038a7", NULL, "staging", NULL);
    assert_int_equal(seq->state, MODEL_FAILED);
    assert_true(seq->evaluation_score > 66.6 && seq->evaluation_score < 66.7);
    assert_int_equal(model_count(m, MODEL_FAILED), 6);
    assert_int_equal(model_count(m, MODEL_SUCCEEDED), 5);
    assert_int_equal(model_waiting_count(m), 0);
    cJSON_Delete(answer);
    model_free(m);
}

static void a_project_without_sequences_is_listed_with_its_stage(void **state)
{
    (void)state;
    cJSON *answer = read_json("get.project.json");
    struct model *m = model_new();
    assert_int_equal(model_apply_project(m, cJSON_GetArrayItem(json_get(answer, "projects"), 0), 1, NULL),
                     STATUS_OK);
    model_check(m);
    assert_int_equal(model_project_count(m), 1);
    const struct model_project *p = model_project_at(m, 0);
    assert_string_equal(p->name, "dynatrace");
    assert_int_equal(p->stage_count, 1);
    assert_string_equal(p->stages[0]->name, "quality-gate");
    cJSON_Delete(answer);
    model_free(m);
}

/* --- a stream as drawbridged sent it: queues, pauses, aborts, a rollback, a decision against --- */

static size_t read_stream(struct story *s)
{
    char *text = story_read_file("stream.ndjson"), *next = text;
    s->number = UINT64_MAX; /* the events have their own */
    for (char *line = strsep(&next, "\n"); line != NULL; line = strsep(&next, "\n"))
        if (line[0] != '\0')
            story_add(s, STORY_EVENT, "%s", line);
    free(text);
    return s->count;
}

struct step {
    const char *name;
    uint64_t number; /* after the event of this number */
    const char *version, *stage, *sequence;
    enum model_state state;
    const char *task;
    bool paused, back;
};
static const struct step steps[] = {
    {"triggered", 1, "v1", "qa", "delivery", MODEL_QUEUED, NULL, false, false},
    {"its task", 2, "v1", "qa", "delivery", MODEL_RUNNING, "deploy", false, false},
    {"behind it", 4, "v2", "qa", "delivery", MODEL_QUEUED, NULL, false, false},
    {"the second task", 7, "v1", "qa", "delivery", MODEL_RUNNING, "test", false, false},
    {"paused", 9, "v1", "qa", "delivery", MODEL_PAUSED, "test", true, false},
    {"overtaken", 9, "v2", "qa", "delivery", MODEL_RUNNING, "deploy", false, false},
    {"its task ends while it is paused", 12, "v1", "qa", "delivery", MODEL_SUCCEEDED, NULL, false, false},
    {"the follower is paused", 14, "v1", "production", "delivery", MODEL_PAUSED, NULL, true, false},
    {"resumed", 17, "v1", "production", "delivery", MODEL_WAITING, "approval", false, false},
    {"both wait", 26, "v1", "production", "delivery", MODEL_WAITING, "approval", false, true},
    {"the newer one goes nowhere back", 26, "v2", "production", "delivery", MODEL_WAITING, "approval", false,
     false},
    {"the newer one was approved", 28, "v2", "production", "delivery", MODEL_RUNNING, "deploy", false, false},
    {"held behind it", 30, "v1", "production", "delivery", MODEL_QUEUED, "deploy", false, false},
    {"the newer one was delivered", 33, "v2", "production", "delivery", MODEL_SUCCEEDED, NULL, false, false},
    {"now it deploys, and goes back", 35, "v1", "production", "delivery", MODEL_RUNNING, "deploy", false,
     true},
    {"it failed", 37, "v1", "production", "delivery", MODEL_FAILED, NULL, false, false},
    {"a rollback goes nowhere back", 40, "v1", "production", "rollback", MODEL_RUNNING, "undo", false, false},
    {"rolled back", 42, "v1", "production", "rollback", MODEL_SUCCEEDED, NULL, false, false},
    {"aborted in the queue", 48, "v4", "qa", "delivery", MODEL_ABORTED, NULL, false, false},
    {"paused in one stage", 58, "v3", "production", "delivery", MODEL_WAITING, "approval", true, false},
    {"approved, and still paused", 60, "v3", "production", "delivery", MODEL_PAUSED, "deploy", true, false},
    {"aborted", 62, "v3", "production", "delivery", MODEL_ABORTED, NULL, false, false},
    {"with a warning", 70, "v5", "qa", "delivery", MODEL_WARNING, NULL, false, false},
    {"declined", 75, "v5", "production", "delivery", MODEL_FAILED, NULL, false, false},
};

static const struct model_sequence *find_version(const struct model *m, const struct step *step)
{
    const struct model_project *p = model_project_at(m, 0);
    for (size_t i = 0; p != NULL && i < p->stage_count; i++)
        for (size_t k = 0; k < p->stages[i]->sequence_count; k++) {
            const struct model_sequence *seq = p->stages[i]->sequences[k];
            if (strcmp(seq->stage->name, step->stage) == 0 && strcmp(seq->name, step->sequence) == 0 &&
                seq->version != NULL && strcmp(seq->version, step->version) == 0)
                return seq;
        }
    fail_msg("%s: no %s of %s in %s", step->name, step->sequence, step->version, step->stage);
    return NULL;
}

static void check_step(const struct model *m, const struct step *step)
{
    const struct model_sequence *seq = find_version(m, step);
    if (seq->state != step->state)
        fail_msg("%s: %s", step->name, model_state_name(seq->state));
    if ((seq->task == NULL) != (step->task == NULL) ||
        (seq->task != NULL && strcmp(seq->task, step->task) != 0))
        fail_msg("%s: the task is %s", step->name, seq->task != NULL ? seq->task : "none");
    if (seq->paused != step->paused || seq->goes_back != step->back)
        fail_msg("%s: paused %d, goes back %d", step->name, seq->paused, seq->goes_back);
}

static void a_stream_is_followed_step_by_step(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *m = model_new();
    size_t step = 0, count = read_stream(&s);
    for (size_t i = 0; i < count; i++) {
        struct error err = ERROR_NONE;
        if (story_apply(m, &s.items[i], &err) != STATUS_OK)
            fail_msg("event %zu: %s", i + 1, err.text);
        model_check(m);
        for (; step < sizeof steps / sizeof steps[0] && steps[step].number == i + 1; step++)
            check_step(m, &steps[step]);
    }
    assert_int_equal(step, sizeof steps / sizeof steps[0]);
    const struct step declined = {.version = "v5", .stage = "production", .sequence = "delivery"};
    const struct model_sequence *seq = find_version(m, &declined);
    assert_int_equal(seq->decision_count, 1);
    assert_string_equal(seq->decisions[0].result, "fail");
    assert_string_equal(seq->decisions[0].comment, "m");
    assert_true(seq->decisions[0].by_person);
    assert_string_equal(seq->decisions[0].by, "admin");
    model_free(m);
    story_free(&s);
}

static void a_stream_in_any_order_gives_the_same(void **state)
{
    (void)state;
    struct story s = {0};
    struct model *straight = model_new();
    size_t count = read_stream(&s);
    uint64_t random = 4;
    story_tell(straight, &s);
    for (int seed = 0; seed < 40; seed++) {
        struct model *m = model_new();
        for (size_t i = count; i > 1; i--) {
            random = random * UINT64_C(6364136223846793005) + 1;
            size_t k = (size_t)(random >> 33) % i;
            struct story_item swap = s.items[k];
            s.items[k] = s.items[i - 1];
            s.items[i - 1] = swap;
        }
        story_tell(m, &s);
        if (model_digest(m) != model_digest(straight))
            fail_msg("seed %d gives another model", seed);
        model_free(m);
    }
    model_free(straight);
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_that_waits_for_approval_is_shown_as_waiting),
        cmocka_unit_test(the_same_answer_as_open_approvals_shows_it_too),
        cmocka_unit_test(a_remediation_with_an_evaluation_is_shown_as_succeeded),
        cmocka_unit_test(states_alone_give_rows),
        cmocka_unit_test(a_project_without_sequences_is_listed_with_its_stage),
        cmocka_unit_test(a_stream_is_followed_step_by_step),
        cmocka_unit_test(a_stream_in_any_order_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
