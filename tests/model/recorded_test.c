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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_that_waits_for_approval_is_shown_as_waiting),
        cmocka_unit_test(the_same_answer_as_open_approvals_shows_it_too),
        cmocka_unit_test(a_remediation_with_an_evaluation_is_shown_as_succeeded),
        cmocka_unit_test(states_alone_give_rows),
        cmocka_unit_test(a_project_without_sequences_is_listed_with_its_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
