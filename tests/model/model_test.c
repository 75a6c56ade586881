/* What a sequence shows, how sequences are listed and found. */
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

#define IMAGE(image) ",\"configurationChange\":{\"values\":{\"image\":\"" image "\"}}"

static struct model *told(struct story *s)
{
    struct model *m = model_new();
    story_tell(m, s);
    return m;
}

static void done(struct model *m, struct story *s)
{
    model_free(m);
    story_free(s);
}

/* --- what a sequence shows --- */

static void a_sequence_shows_what_it_was_triggered_with(void **state)
{
    (void)state;
    struct story s = {0};
    story_event_with(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "",
                     IMAGE("ghcr.io/x/hello:v2") ",\"labels\":{\"version\":\"v3\",\"n\":7,\"who\":\"me\"}",
                     ",\"source\":\"https://github.com/keptn/keptn/cli\",\"shipyardcommit\":\"eb5fc3d\"");
    story_event_with(&s, 10, "c1", "qa", "deployment.triggered", "d1", "", IMAGE("other:v9"),
                     ",\"gitcommitid\":\"4f1c\"");
    story_event(&s, 90, "c1", "production", "production.delivery.triggered", "t2", "", "");
    struct model *m = told(&s);
    const struct model_sequence *seq = story_find(m, "c1", "qa");
    assert_string_equal(seq->name, "delivery");
    assert_string_equal(seq->image, "ghcr.io/x/hello:v2");
    assert_string_equal(seq->version, "v2");
    assert_true(seq->version_differs);
    assert_int_equal(seq->label_count, 2); /* one that is no text is none */
    assert_string_equal(seq->labels[1].key, "who");
    assert_string_equal(seq->labels[1].value, "me");
    assert_string_equal(seq->triggered_by, "https://github.com/keptn/keptn/cli");
    assert_string_equal(seq->shipyard_commit, "eb5fc3d");
    assert_string_equal(seq->stage_commit, "4f1c");
    assert_string_equal(seq->triggered_id, "t1");
    assert_int_equal(seq->triggered_ns, STORY_NS(0));
    seq = story_find(m, "c1", "production");
    assert_string_equal(seq->triggered_by, "https://github.com/keptn/keptn/cli"); /* of the context */
    assert_int_equal(seq->context_ns, STORY_NS(0));
    assert_int_equal(seq->triggered_ns, STORY_NS(90));
    assert_null(seq->image);
    assert_null(seq->version);
    done(m, &s);
}

struct version_row {
    const char *name, *data, *version;
    bool differs;
};
static const struct version_row version_rows[] = {
    {"tag", IMAGE("hello:v1"), "v1", false},
    {"label only", ",\"labels\":{\"version\":\"v2\"}", "v2", false},
    {"both the same", IMAGE("hello:v1") ",\"labels\":{\"version\":\"v1\"}", "v1", false},
    {"both, not the same", IMAGE("hello:v1") ",\"labels\":{\"version\":\"1\"}", "v1", true},
    {"a port is no tag", IMAGE("registry:5000/hello") ",\"labels\":{\"version\":\"v4\"}", "v4", false},
    {"neither", "", NULL, false},
    {"labels that are no object", ",\"labels\":\"version\"", NULL, false},
};

static void the_version_is_the_tag_or_else_the_label(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof version_rows / sizeof version_rows[0]; i++) {
        const struct version_row *row = &version_rows[i];
        struct story s = {0};
        story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", row->data);
        struct model *m = told(&s);
        const struct model_sequence *seq = story_find(m, "c1", "qa");
        if ((seq->version == NULL) != (row->version == NULL) ||
            (row->version != NULL && strcmp(seq->version, row->version) != 0) ||
            seq->version_differs != row->differs)
            fail_msg("%s: %s", row->name, seq->version != NULL ? seq->version : "none");
        done(m, &s);
    }
}

static void an_executor_pairs_its_starts_with_its_ends(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c1", "qa", "test.triggered", "e1", "", "");
    story_event_with(&s, 9, "c1", "qa", "test.finished", "f1", "e1", ",\"result\":\"pass\"",
                     ",\"source\":\"a\"");
    story_event_with(&s, 5, "c1", "qa", "test.started", "s2", "e1", "", ",\"source\":\"a\"");
    story_event_with(&s, 3, "c1", "qa", "test.started", "s3", "e1", "", ",\"source\":\"b\"");
    story_event_with(&s, 2, "c1", "qa", "test.started", "s1", "e1", "", ",\"source\":\"a\"");
    struct model *m = told(&s);
    const struct model_task *task = &story_find(m, "c1", "qa")->tasks[0];
    assert_int_equal(task->executor_count, 3);
    assert_string_equal(task->executors[0].source, "a");
    assert_int_equal(task->executors[0].started_ns, STORY_NS(2));
    assert_int_equal(task->executors[0].finished_ns, STORY_NS(9));
    assert_string_equal(task->executors[0].result, "pass");
    assert_string_equal(task->executors[1].source, "b");
    assert_int_equal(task->executors[1].finished_ns, 0);
    assert_null(task->executors[1].result);
    assert_string_equal(task->executors[2].source, "a");
    assert_int_equal(task->executors[2].started_ns, STORY_NS(5));
    assert_int_equal(task->executors[2].finished_ns, 0);
    assert_int_equal(task->state, MODEL_RUNNING);
    done(m, &s);
}

/* Source: keptn-events.md, 3.4, "aggregate". */
struct result_row {
    const char *name, *first, *second;
    enum model_state state;
    const char *result, *message;
};
static const struct result_row result_rows[] = {
    {"both pass", ",\"result\":\"pass\",\"status\":\"succeeded\"",
     ",\"result\":\"pass\",\"status\":\"succeeded\",\"message\":\"two\"", MODEL_SUCCEEDED, "pass", "two"},
    {"one warns", ",\"result\":\"warning\",\"message\":\"one\"", ",\"result\":\"pass\",\"message\":\"two\"",
     MODEL_WARNING, "warning", "two"},
    {"one fails", ",\"result\":\"fail\",\"message\":\"one\"", ",\"result\":\"pass\",\"message\":\"two\"",
     MODEL_FAILED, "fail", "one"},
    {"one errors", ",\"result\":\"pass\",\"status\":\"errored\",\"message\":\"one\"", ",\"result\":\"pass\"",
     MODEL_FAILED, "fail", "one"},
    {"one tells no result", ",\"status\":\"succeeded\"", ",\"result\":\"pass\"", MODEL_FAILED, "fail", NULL},
    {"one is aborted", ",\"result\":\"pass\",\"status\":\"aborted\"", ",\"result\":\"pass\"", MODEL_ABORTED,
     "pass", NULL},
};

static void a_task_has_the_worst_of_its_executors_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof result_rows / sizeof result_rows[0]; i++) {
        const struct result_row *row = &result_rows[i];
        struct story s = {0};
        story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
        story_event(&s, 1, "c1", "qa", "test.triggered", "e1", "", "");
        story_event_with(&s, 2, "c1", "qa", "test.started", "s1", "e1", "", ",\"source\":\"a\"");
        story_event_with(&s, 2, "c1", "qa", "test.started", "s2", "e1", "", ",\"source\":\"b\"");
        story_event_with(&s, 3, "c1", "qa", "test.finished", "f1", "e1", row->first, ",\"source\":\"a\"");
        story_event_with(&s, 4, "c1", "qa", "test.finished", "f2", "e1", row->second, ",\"source\":\"b\"");
        struct model *m = told(&s);
        const struct model_task *task = &story_find(m, "c1", "qa")->tasks[0];
        if (task->state != row->state || strcmp(task->result, row->result) != 0 ||
            (task->message == NULL) != (row->message == NULL) ||
            (row->message != NULL && strcmp(task->message, row->message) != 0))
            fail_msg("%s: %s, %s", row->name, model_state_name(task->state),
                     task->message != NULL ? task->message : "no message");
        assert_int_equal(task->finished_ns, STORY_NS(4));
        done(m, &s);
    }
}

static void a_long_message_is_cut_between_two_characters(void **state)
{
    (void)state;
    struct story s = {0};
    char *text = mem_alloc(5000);
    for (size_t i = 0; i < 2000; i++)
        memcpy(text + 2 * i, "ä", 2);
    char *data = mem_printf(",\"result\":\"fail\",\"message\":\"x%s\"", text);
    story_event(&s, 0, "c1", "qa", "test.finished", "f1", "e1", data);
    struct model *m = told(&s);
    const char *message = story_find(m, "c1", "qa")->tasks[0].executors[0].message;
    assert_true(strlen(message) <= MODEL_MESSAGE_MAX && strlen(message) > MODEL_MESSAGE_MAX - 4);
    assert_string_equal(message + strlen(message) - 5, "ä…");
    free(data);
    free(text);
    done(m, &s);
}

static void an_answer_that_names_another_stage_goes_to_its_task(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 3, "c1", "elsewhere", "approval.finished", "f1", "a1", ",\"result\":\"pass\"");
    story_event(&s, 1, "c1", "production", "approval.triggered", "a1", "", "");
    story_event(&s, 2, "c1", "elsewhere", "approval.started", "s1", "a1", "");
    struct model *m = told(&s);
    assert_null(model_find_sequence(m, "c1", NULL, "elsewhere", NULL));
    assert_int_equal(story_find(m, "c1", "production")->state, MODEL_RUNNING);
    assert_int_equal(story_find(m, "c1", "production")->decision_count, 1);
    done(m, &s);
}

/* --- approvals and decisions --- */

static void an_open_approval_shows_the_result_so_far(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c1", "qa", "je-deployment.triggered", "d1", "", "");
    story_event(&s, 2, "c1", "qa", "je-test.triggered", "e1", "", "");
    story_event(&s, 3, "c1", "qa", "qa.delivery.finished", "f1", "t1", ",\"result\":\"warning\"");
    story_event(&s, 3, "c1", "production", "production.delivery.triggered", "t2", "", "");
    story_event(&s, 3, "c2", "qa", "je-deployment.triggered", "d9", "", "");
    story_event(&s, 4, "c2", "qa", "approval.triggered", "a9", "", "");
    story_event(&s, 4, "c1", "production", "approval.triggered", "a1", "",
                ",\"result\":\"warning\",\"evaluation\":{\"result\":\"warning\",\"score\":66.5},"
                "\"approval\":{\"pass\":\"manual\",\"warning\":\"manual\"}");
    struct model *m = told(&s);
    const struct model_approval *approval = &story_find(m, "c1", "production")->approval;
    assert_string_equal(approval->triggered_id, "a1");
    assert_string_equal(approval->triggered_source, "shipyard-controller");
    assert_string_equal(approval->pass, "manual");
    assert_string_equal(approval->warning, "manual");
    assert_string_equal(approval->result, "warning");
    assert_string_equal(approval->result_task, "je-test"); /* of the stage before */
    assert_string_equal(story_find(m, "c2", "qa")->approval.result_task, "je-deployment");
    assert_string_equal(approval->evaluation_result, "warning");
    assert_true(approval->evaluation_score == 66.5);
    assert_int_equal(approval->since_ns, STORY_NS(4));
    assert_ptr_equal(model_find_approval(m, "a1"), story_find(m, "c1", "production"));
    assert_null(model_find_approval(m, "t2"));
    assert_null(model_find_approval(m, NULL));
    done(m, &s);
}

struct decision_row {
    const char *name, *data, *attributes;
    bool by_person;
    const char *by, *via, *comment, *result;
};
static const struct decision_row decision_rows[] = {
    {"by the service", ",\"result\":\"pass\"", ",\"source\":\"approval-service\"", false, NULL, NULL, NULL,
     "pass"},
    {"in the web", ",\"result\":\"fail\",\"message\":\"no\"", ",\"source\":\"bridge\"", true, NULL, NULL,
     "no", "fail"},
    {"with a name", ",\"result\":\"pass\",\"message\":\"go ahead\"",
     ",\"source\":\"drawbridge\",\"decidedby\":\"maria\",\"decidedvia\":\"dashboard\"", true, "maria",
     "dashboard", "go ahead", "pass"},
};

static void a_decision_tells_who_and_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decision_rows / sizeof decision_rows[0]; i++) {
        const struct decision_row *row = &decision_rows[i];
        struct story s = {0};
        story_event(&s, 0, "c1", "qa", "approval.triggered", "a1", "", "");
        story_event(&s, 1, "c1", "qa", "approval.started", "s1", "a1", "");
        story_event_with(&s, 2, "c1", "qa", "approval.finished", "f1", "a1", row->data, row->attributes);
        /* a second decision changes nothing */
        story_event_with(&s, 3, "c1", "qa", "approval.finished", "f2", "a1", ",\"result\":\"pass\"",
                         ",\"source\":\"late\",\"decidedby\":\"tom\"");
        struct model *m = told(&s);
        const struct model_sequence *seq = story_find(m, "c1", "qa");
        assert_int_equal(seq->decision_count, 1);
        const struct model_decision *d = &seq->decisions[0];
        const char *const pairs[][2] = {
            {d->by, row->by}, {d->via, row->via}, {d->comment, row->comment}, {d->result, row->result}};
        for (size_t k = 0; k < 4; k++)
            if ((pairs[k][0] == NULL) != (pairs[k][1] == NULL) ||
                (pairs[k][0] != NULL && strcmp(pairs[k][0], pairs[k][1]) != 0))
                fail_msg("%s: text %zu is %s", row->name, k, pairs[k][0] != NULL ? pairs[k][0] : "none");
        assert_int_equal(d->by_person, row->by_person);
        assert_int_equal(d->time_ns, STORY_NS(2));
        assert_string_equal(d->triggered_id, "a1");
        done(m, &s);
    }
}

/* --- runs of one context in one stage --- */

static void tasks_go_to_the_newest_run_that_was_triggered_before(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 10, "c1", "qa", "test.triggered", "e1", "", "");
    story_event(&s, 20, "c1", "qa", "qa.delivery.finished", "f1", "t1", ",\"result\":\"fail\"");
    story_event(&s, 20, "c1", "qa", "qa.rollback.triggered", "t2", "", "");
    story_event(&s, 20, "c1", "qa", "rollback.triggered", "r1", "", ""); /* at the same moment */
    story_event(&s, 40, "c1", "qa", "qa.rollback.finished", "f2", "t2",
                ",\"result\":\"pass\",\"status\":\"succeeded\"");
    story_event(&s, 90, "c1", "qa", "approval.triggered", "a1", "", ""); /* of a run that nothing told */
    struct model *m = told(&s);
    const struct model_sequence *seq = model_find_sequence(m, "c1", NULL, "qa", "delivery");
    assert_int_equal(seq->task_count, 1);
    assert_string_equal(seq->tasks[0].triggered_id, "e1");
    assert_int_equal(seq->state, MODEL_FAILED);
    seq = model_find_sequence(m, "c1", NULL, "qa", "rollback");
    assert_int_equal(seq->task_count, 1);
    assert_string_equal(seq->tasks[0].triggered_id, "r1");
    assert_int_equal(seq->state, MODEL_SUCCEEDED);
    assert_int_equal(model_waiting_count(m), 1);
    seq = model_waiting_at(m, 0);
    assert_string_equal(seq->name, MODEL_UNKNOWN);
    assert_null(seq->triggered_id);
    /* its triggered comes late: the same row, now with a name */
    story_event(&s, 80, "c1", "qa", "qa.third.triggered", "t3", "", "");
    assert_int_equal(story_apply(m, &s.items[s.count - 1], NULL), STATUS_OK);
    model_check(m);
    assert_ptr_equal(model_waiting_at(m, 0), seq);
    assert_string_equal(seq->name, "third");
    assert_string_equal(seq->triggered_id, "t3");
    done(m, &s);
}

/* --- the shipyard --- */

#define SHIPYARD                                                                                             \
    "spec:\\n  stages:\\n  - name: qa\\n    sequences:\\n    - name: delivery\\n      tasks:\\n"             \
    "      - name: deploy\\n      - name: test\\n      - name: deploy\\n"                                    \
    "    - {name: delivery, tasks: [{name: wrong}]}\\n"

static void add_project(struct story *s, const char *shipyard, const char *stages)
{
    story_add(s, STORY_PROJECT, "{\"projectName\":\"fulltour\",\"shipyard\":\"%s\",\"stages\":[%s]}",
              shipyard, stages);
}

static void check_tasks(const struct model_sequence *seq, size_t reached, const char *const *names,
                        size_t count)
{
    assert_int_equal(seq->task_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(seq->tasks[i].name, names[i]);
        assert_int_equal(seq->tasks[i].triggered_id != NULL, i < reached);
        assert_int_equal(seq->tasks[i].state == MODEL_NOT_REACHED, i >= reached);
    }
}

static void tasks_to_come_are_the_shipyards(void **state)
{
    (void)state;
    static const char *const names[] = {"deploy", "test", "deploy"};
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 0, "c2", "qa", "qa.other.triggered", "t2", "", "");
    story_event(&s, 0, "c3", "qa", "qa.evaluation.triggered", "t3", "", "");
    add_project(&s, SHIPYARD, "{\"stageName\":\"qa\"}");
    struct model *m = told(&s);
    const struct model_sequence *seq = story_find(m, "c1", "qa");
    check_tasks(seq, 0, names, 3);
    check_tasks(story_find(m, "c2", "qa"), 0, names, 0);
    assert_string_equal(story_find(m, "c3", "qa")->tasks[0].name, "evaluation"); /* implicit */
    size_t before = s.count;
    story_event(&s, 10, "c1", "qa", "deploy.triggered", "d1", "", "");
    story_event(&s, 20, "c1", "qa", "test.triggered", "e1", "", "");
    for (size_t i = before; i < s.count; i++) {
        assert_int_equal(story_apply(m, &s.items[i], NULL), STATUS_OK);
        model_check(m);
        check_tasks(seq, i - before + 1, names, 3);
    }
    story_event(&s, 30, "c1", "qa", "qa.delivery.finished", "f1", "t1", ",\"result\":\"fail\"");
    assert_int_equal(story_apply(m, &s.items[s.count - 1], NULL), STATUS_OK);
    model_check(m);
    check_tasks(seq, 2, names, 2); /* nothing is to come of what has ended */
    done(m, &s);
}

static void a_run_that_began_with_another_shipyard_has_nothing_to_come(void **state)
{
    (void)state;
    struct story s = {0};
    add_project(&s, SHIPYARD, "{\"stageName\":\"qa\"}");
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c1", "qa", "test.triggered", "e1", "", "");
    struct model *m = told(&s);
    check_tasks(story_find(m, "c1", "qa"), 1, (const char *const[]){"test"}, 1);
    done(m, &s);
}

static void a_sequence_that_nothing_names_has_the_name_that_its_task_tells(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 1, "c1", "qa", "approval.triggered", "a1", "", "");
    add_project(&s, "spec: {stages: [{name: qa, sequences: [{name: delivery, tasks: [{name: approval}]}]}]}",
                "{\"stageName\":\"qa\"}");
    struct model *m = told(&s);
    assert_string_equal(story_find(m, "c1", "qa")->name, "delivery");
    /* two have the task: nobody knows */
    add_project(&s,
                "spec: {stages: [{name: qa, sequences: [{name: delivery, tasks: [{name: approval}]}, "
                "{name: other, tasks: [{name: approval}]}]}]}",
                "{\"stageName\":\"qa\"}");
    assert_int_equal(story_apply(m, &s.items[2], NULL), STATUS_OK);
    model_check(m);
    assert_string_equal(story_find(m, "c1", "qa")->name, MODEL_UNKNOWN);
    done(m, &s);
}

static void a_shipyard_that_cannot_be_read_leaves_the_stages(void **state)
{
    (void)state;
    struct story s = {0};
    add_project(&s, "a: [", "{\"stageName\":\"b\"},{\"stageName\":\"a\"}");
    struct model *m = told(&s);
    const struct model_project *p = model_project_at(m, 0);
    assert_int_equal(p->stage_count, 2);
    assert_string_equal(p->stages[0]->name, "b");
    done(m, &s);
}

static void stages_stand_in_the_shipyards_order_then_by_name(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "zoo", "zoo.delivery.triggered", "t1", "", "");
    story_event(&s, 0, "c1", "ant", "ant.delivery.triggered", "t2", "", "");
    story_event(&s, 0, "c1", "prod", "prod.delivery.triggered", "t3", "", "");
    add_project(&s, "", "{\"stageName\":\"qa\"},{\"stageName\":\"prod\"}");
    struct model *m = told(&s);
    const struct model_project *p = model_project_at(m, 0);
    static const char *const names[] = {"qa", "prod", "ant", "zoo"};
    assert_int_equal(p->stage_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(p->stages[i]->name, names[i]);
    /* a newer list has them the other way round; an older one does not count */
    s.number = 10;
    add_project(&s, "", "{\"stageName\":\"prod\"},{\"stageName\":\"qa\"}");
    s.number = 1;
    add_project(&s, "", "{\"stageName\":\"zoo\"}");
    for (size_t i = 4; i < s.count; i++)
        assert_int_equal(story_apply(m, &s.items[i], NULL), STATUS_OK);
    assert_string_equal(p->stages[0]->name, "prod");
    assert_string_equal(p->stages[1]->name, "qa");
    done(m, &s);
}

/* --- lists --- */

static void a_stage_lists_what_waits_first_and_what_ended_last_newest_first(void **state)
{
    (void)state;
    struct story s = {0};
    static const char *const order[] = {"w1", "w2", "r1", "r2", "q1", "q2", "p1", "e3", "e2", "e1"};
    story_event(&s, 10, "r1", "qa", "qa.delivery.triggered", "r1t", "", "");
    story_event(&s, 11, "r2", "qa", "qa.delivery.triggered", "r2t", "", "");
    story_event(&s, 900, "r1", "qa", "test.triggered", "r1e", "", "");
    story_event(&s, 800, "r2", "qa", "test.triggered", "r2e", "", "");
    story_event(&s, 50, "q1", "qa", "qa.delivery.triggered", "q1t", "", "");
    story_event(&s, 60, "q2", "qa", "qa.delivery.triggered", "q2t", "", "");
    story_state(&s, 5, "p1", "paused", "qa", "", "", "", 0);
    for (int i = 1; i <= 3; i++) {
        char context[20], id[20], end[20];
        snprintf(context, sizeof context, "e%d", i);
        snprintf(id, sizeof id, "e%dt", i);
        snprintf(end, sizeof end, "e%df", i);
        story_event(&s, 100 - i, context, "qa", "qa.delivery.triggered", id, "", "");
        story_event(&s, 100 + i, context, "qa", "qa.delivery.finished", end, id,
                    i == 2 ? ",\"result\":\"fail\"" : ",\"result\":\"pass\"");
    }
    story_event(&s, 500, "w2", "qa", "approval.triggered", "w2a", "", "");
    story_event(&s, 400, "w1", "qa", "approval.triggered", "w1a", "", "");
    struct model *m = told(&s);
    const struct model_stage *stage = model_project_at(m, 0)->stages[0];
    assert_int_equal(stage->sequence_count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(stage->sequences[i]->context, order[i]);
    assert_int_equal(stage->counts[MODEL_WAITING], 2);
    assert_int_equal(stage->counts[MODEL_SUCCEEDED], 2);
    assert_int_equal(stage->counts[MODEL_FAILED], 1);
    assert_int_equal(stage->project->counts[MODEL_QUEUED], 2);
    assert_int_equal(model_count(m, MODEL_RUNNING), 2);
    assert_string_equal(model_waiting_at(m, 0)->context, "w1");
    assert_string_equal(model_waiting_at(m, 1)->context, "w2");
    assert_null(model_waiting_at(m, 2));
    done(m, &s);
}

static void the_newest_sequence_that_fits_is_found(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 10, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 20, "c1", "prod", "prod.delivery.triggered", "t2", "", "");
    story_event(&s, 30, "c2", "qa", "qa.other.triggered", "t3", "", "");
    s.project = "another";
    story_event(&s, 40, "c1", "qa", "qa.delivery.triggered", "t4", "", "");
    struct model *m = told(&s);
    static const struct {
        const char *context, *project, *stage, *sequence, *wanted;
    } finds[] = {
        {NULL, NULL, NULL, NULL, "t4"},          {"c1", "fulltour", NULL, NULL, "t2"},
        {"c1", "fulltour", "qa", NULL, "t1"},    {NULL, "fulltour", NULL, NULL, "t3"},
        {NULL, NULL, NULL, "delivery", "t4"},    {NULL, "fulltour", NULL, "delivery", "t2"},
        {"c1", "fulltour", "qa", "other", NULL}, {"c3", NULL, NULL, NULL, NULL},
        {"c1", "nowhere", NULL, NULL, NULL},     {"c1", "another", NULL, NULL, "t4"},
    };
    for (size_t i = 0; i < sizeof finds / sizeof finds[0]; i++) {
        const struct model_sequence *seq =
            model_find_sequence(m, finds[i].context, finds[i].project, finds[i].stage, finds[i].sequence);
        if ((seq == NULL) != (finds[i].wanted == NULL) ||
            (seq != NULL && strcmp(seq->triggered_id, finds[i].wanted) != 0))
            fail_msg("find %zu: %s", i, seq != NULL ? seq->triggered_id : "none");
    }
    assert_int_equal(model_project_count(m), 2);
    assert_string_equal(model_project_at(m, 0)->name, "another");
    assert_null(model_project_at(m, 2));
    done(m, &s);
}

/* --- changes --- */

static void applying_an_event_twice_changes_nothing(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c1", "qa", "approval.triggered", "a1", "", "");
    story_event(&s, 2, "c1", "qa", "approval.started", "a1s", "a1", "");
    story_event(&s, 3, "c2", "qa", "qa.delivery.triggered", "t2", "", "");
    struct model *m = told(&s);
    uint64_t revision = model_revision(m), digest = model_digest(m);
    for (size_t i = 0; i < s.count; i++)
        assert_int_equal(story_apply(m, &s.items[i], NULL), STATUS_OK);
    assert_int_equal(model_revision(m), revision);
    assert_int_equal(model_digest(m), digest);
    done(m, &s);
}

static void a_change_gives_a_new_revision_to_what_it_changes_only(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "qa.delivery.triggered", "t1", "", "");
    story_event(&s, 1, "c2", "prod", "prod.delivery.triggered", "t2", "", "");
    struct model *m = told(&s);
    const struct model_sequence *first = story_find(m, "c1", "qa"), *second = story_find(m, "c2", "prod");
    uint64_t before = model_revision(m), other = second->revision, stage = second->stage->revision;
    story_event(&s, 2, "c1", "qa", "test.triggered", "e1", "", "");
    assert_int_equal(story_apply(m, &s.items[2], NULL), STATUS_OK);
    assert_true(first->revision > before && first->stage->revision > before);
    assert_true(first->stage->project->revision > before && model_revision(m) > before);
    assert_int_equal(second->revision, other);
    assert_int_equal(second->stage->revision, stage);
    done(m, &s);
}

static void clearing_forgets_all_and_the_revision_goes_on(void **state)
{
    (void)state;
    struct story s = {0};
    story_event(&s, 0, "c1", "qa", "approval.triggered", "a1", "", "");
    story_add(&s, STORY_OPEN, "{\"events\":[]}");
    struct model *m = told(&s);
    uint64_t revision = model_revision(m);
    model_clear(m);
    model_check(m);
    assert_true(model_revision(m) > revision);
    assert_int_equal(model_project_count(m), 0);
    assert_int_equal(model_waiting_count(m), 0);
    /* an answer from before does not close what comes now */
    s.items[0].number = 1;
    assert_int_equal(story_apply(m, &s.items[0], NULL), STATUS_OK);
    assert_int_equal(model_waiting_count(m), 1);
    done(m, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_shows_what_it_was_triggered_with),
        cmocka_unit_test(the_version_is_the_tag_or_else_the_label),
        cmocka_unit_test(an_executor_pairs_its_starts_with_its_ends),
        cmocka_unit_test(a_task_has_the_worst_of_its_executors_results),
        cmocka_unit_test(a_long_message_is_cut_between_two_characters),
        cmocka_unit_test(an_answer_that_names_another_stage_goes_to_its_task),
        cmocka_unit_test(an_open_approval_shows_the_result_so_far),
        cmocka_unit_test(a_decision_tells_who_and_how),
        cmocka_unit_test(tasks_go_to_the_newest_run_that_was_triggered_before),
        cmocka_unit_test(tasks_to_come_are_the_shipyards),
        cmocka_unit_test(a_run_that_began_with_another_shipyard_has_nothing_to_come),
        cmocka_unit_test(a_sequence_that_nothing_names_has_the_name_that_its_task_tells),
        cmocka_unit_test(a_shipyard_that_cannot_be_read_leaves_the_stages),
        cmocka_unit_test(stages_stand_in_the_shipyards_order_then_by_name),
        cmocka_unit_test(a_stage_lists_what_waits_first_and_what_ended_last_newest_first),
        cmocka_unit_test(the_newest_sequence_that_fits_is_found),
        cmocka_unit_test(applying_an_event_twice_changes_nothing),
        cmocka_unit_test(a_change_gives_a_new_revision_to_what_it_changes_only),
        cmocka_unit_test(clearing_forgets_all_and_the_revision_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
