/* The scenario is what its header says, and recordings fill a model as the feed did. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "play.h"
#include "scenario.h"
#include "story.h"

static struct model *scenario_model(void)
{
    struct play p = {.model = model_new()};
    struct error err = ERROR_NONE;
    if (play_scenario(&p, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    if (p.left_out > 0)
        fail_msg("%zu parts are left out: %s", p.left_out, p.why);
    assert_true(p.now_ns == SCENARIO_NOW_NS);
    model_check(p.model);
    return p.model;
}

static void it_has_3_projects_6_stages_and_200_sequences(void **state)
{
    (void)state;
    struct model *m = scenario_model();
    size_t stages = 0, sequences = 0;
    assert_int_equal(model_project_count(m), SCENARIO_PROJECTS);
    for (size_t i = 0; i < model_project_count(m); i++) {
        const struct model_project *p = model_project_at(m, i);
        stages += p->stage_count;
        for (size_t k = 0; k < p->stage_count; k++)
            sequences += p->stages[k]->sequence_count;
    }
    assert_int_equal(stages, SCENARIO_STAGES);
    assert_int_equal(sequences, SCENARIO_SEQUENCES);
    model_free(m);
}

static void every_state_is_in_it(void **state)
{
    (void)state;
    struct model *m = scenario_model();
    for (int s = MODEL_WAITING; s < MODEL_NOT_REACHED; s++)
        if (model_count(m, (enum model_state)s) == 0)
            fail_msg("nothing is %s", model_state_name((enum model_state)s));
    assert_int_equal(model_waiting_count(m), SCENARIO_WAITING);
    model_free(m);
}

struct expected {
    enum scenario_context context;
    const char *stage, *service, *version, *sequence;
    enum model_state state;
    int64_t age_ns; /* in its state */
    const char *task;
};
static const struct expected expected[] = {
    {SCENARIO_HELLO, "production", "helloservice", "v0.1.1", "delivery", MODEL_WAITING, MINUTES(12),
     "approval"},
    {SCENARIO_CARTS, "production", "carts", "1.4.0", "delivery", MODEL_WAITING, MINUTES(3), "approval"},
    {SCENARIO_ORDERS, "production", "orders", "2.2.0", "delivery", MODEL_WAITING, MINUTES(47), "approval"},
    {SCENARIO_CATALOGUE, "production", "catalogue", "0.9.3", "delivery", MODEL_WAITING, HOURS(5), "approval"},
    {SCENARIO_LEDGER, "production", "ledger", "v9", "delivery", MODEL_WAITING, 0, "approval"},
    {SCENARIO_BILLING, "production", "账单服务", "3.0.1", "delivery", MODEL_WAITING, 0, "approval"},
    {SCENARIO_PODTATO, "production", "podtato", "v0.4.0", "delivery", MODEL_WAITING, HOURS(1), "approval"},
    {SCENARIO_USER, "production", "user", "1.8.1", "delivery", MODEL_WAITING, MINUTES(35), "approval"},
    {SCENARIO_TESTING, "qa", "helloservice", "v0.1.2", "delivery", MODEL_RUNNING, SECONDS(41), "je-test"},
    {SCENARIO_QUEUED, "qa", "helloservice", "v0.1.3", "delivery", MODEL_QUEUED, SECONDS(35), NULL},
    {SCENARIO_EXECUTORS, "staging", "payment", "1.1.0", "delivery", MODEL_RUNNING, MINUTES(2), "deployment"},
    {SCENARIO_DEPLOYING, "production", "cafe\u0301-app", "12", "delivery", MODEL_RUNNING, MINUTES(6),
     "je-deployment"},
    {SCENARIO_PAUSED, "staging", "shipping", "0.7.0", "delivery", MODEL_PAUSED, MINUTES(18), "test"},
    {SCENARIO_PAUSED_RTL, "production", "\u05d3\u05d5\u05d7\u05d5\u05ea", "5", "delivery", MODEL_PAUSED,
     HOURS(1), "je-deployment"},
    {SCENARIO_FAILED, "production", "gateway", "v9", "delivery", MODEL_FAILED, 0, NULL},
    {SCENARIO_TIMED_OUT, "dev", "session", "0.3.0", "delivery", MODEL_TIMED_OUT, HOURS(3), NULL},
    {SCENARIO_ABORTED, "staging", "shipping", "0.6.9", "delivery", MODEL_ABORTED, MINUTES(50), NULL},
    {SCENARIO_DECLINED, "production", "podtato", "v0.3.0", "delivery", MODEL_FAILED, HOURS(4), NULL},
    {SCENARIO_ROLLED_BACK, "production", "payment", "1.0.9", "delivery", MODEL_FAILED, 0, NULL},
    {SCENARIO_ROLLED_BACK, "production", "payment", "1.0.9", "rollback", MODEL_SUCCEEDED, 0, NULL},
    {SCENARIO_WARNED, "production", "orders", "2.1.0", "delivery", MODEL_WARNING, 0, NULL},
    {SCENARIO_EVALUATED, "staging", "carts", NULL, "evaluation", MODEL_FAILED, 0, NULL},
};

static const struct model_sequence *find(const struct model *m, const struct expected *e)
{
    char context[UUID_SIZE];
    scenario_context(e->context, context);
    const struct model_sequence *seq = model_find_sequence(m, context, NULL, e->stage, e->sequence);
    if (seq == NULL)
        fail_msg("there is no %s of %s", e->sequence, e->service);
    return seq;
}

static void its_named_contexts_are_as_described(void **state)
{
    (void)state;
    struct model *m = scenario_model();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct expected *e = &expected[i];
        const struct model_sequence *seq = find(m, e);
        assert_string_equal(seq->service, e->service);
        if (e->version != NULL)
            assert_string_equal(seq->version, e->version);
        if (seq->state != e->state)
            fail_msg("%s %s is %s", e->service, e->version, model_state_name(seq->state));
        if (e->task != NULL)
            assert_string_equal(seq->task, e->task);
        if (e->age_ns != 0 && (seq->since_ns > SCENARIO_NOW_NS - e->age_ns + SECONDS(5) ||
                               seq->since_ns < SCENARIO_NOW_NS - e->age_ns - SECONDS(5)))
            fail_msg("%s %s is of another age: %lld s", e->service, e->version,
                     (long long)((SCENARIO_NOW_NS - seq->since_ns) / SECONDS(1)));
    }
    model_free(m);
}

static void its_warnings_for_a_person_are_there(void **state)
{
    (void)state;
    struct model *m = scenario_model();
    const struct model_sequence *catalogue = find(m, &expected[3]), *carts = find(m, &expected[1]);
    const struct model_sequence *podtato = find(m, &expected[6]), *user = find(m, &expected[7]);
    const struct model_sequence *executors = find(m, &expected[10]), *declined = find(m, &expected[17]);
    struct model_delivery delivery;
    model_delivery_of(m, catalogue, &delivery);
    assert_true(catalogue->goes_back);
    assert_non_null(delivery.newer);
    assert_string_equal(delivery.newer->version, "0.9.4");
    assert_true(carts->version_differs);
    assert_null(podtato->image);
    assert_true(user->paused);
    assert_int_equal(executors->tasks[0].executor_count, 2);
    assert_int_equal(executors->tasks[0].state, MODEL_RUNNING);
    assert_int_equal(declined->decision_count, 1);
    assert_string_equal(declined->decisions[0].by, "tom");
    assert_non_null(strstr(declined->decisions[0].comment, "wait for v0.4.0"));
    model_free(m);
}

static void people_and_the_service_have_decided(void **state)
{
    (void)state;
    struct model *m = scenario_model();
    size_t maria = 0, tom = 0, automatic = 0, comments = 0, declined = 0;
    for (size_t i = 0; i < model_project_count(m); i++)
        for (size_t k = 0; k < model_project_at(m, i)->stage_count; k++) {
            const struct model_stage *stage = model_project_at(m, i)->stages[k];
            for (size_t n = 0; n < stage->sequence_count; n++)
                for (size_t j = 0; j < stage->sequences[n]->decision_count; j++) {
                    const struct model_decision *d = &stage->sequences[n]->decisions[j];
                    maria += d->by != NULL && strcmp(d->by, "maria") == 0;
                    tom += d->by != NULL && strcmp(d->by, "tom") == 0;
                    automatic += !d->by_person;
                    comments += d->by_person && d->comment != NULL;
                    declined += strcmp(d->result, "fail") == 0;
                }
        }
    assert_true(maria > 10 && tom > 10 && automatic > 5 && comments > 10 && declined >= 2);
    model_free(m);
}

static char *read_file(const char *path)
{
    struct buffer text = BUFFER_LIMIT((size_t)64 * 1024 * 1024);
    FILE *in = fopen(path, "r");
    char chunk[4096];
    assert_non_null(in);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        buffer_add(&text, chunk, n);
    (void)fclose(in); /* read only */
    return buffer_take(&text, NULL);
}

static void it_is_the_same_each_time(void **state)
{
    char path[] = "/tmp/drawbridge-scenario.XXXXXX";
    char *texts[2];
    struct error err = ERROR_NONE;
    (void)state;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scenario_write(path, &err), STATUS_OK);
        texts[i] = read_file(path);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    unlink(path);
}

static void a_load_is_as_long_as_asked(void **state)
{
    char path[] = "/tmp/drawbridge-scenario.XXXXXX";
    struct play p = {.model = model_new()};
    struct error err = ERROR_NONE;
    const char *const files[] = {path, NULL};
    (void)state;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(scenario_write_load(path, 2, 60, &err), STATUS_OK);
    assert_int_equal(play_recordings(&p, files, &err), STATUS_OK);
    assert_int_equal(p.left_out, 0);
    const struct model_project *project = NULL;
    for (size_t i = 0; i < model_project_count(p.model); i++)
        if (strcmp(model_project_at(p.model, i)->name, "fulltour") == 0)
            project = model_project_at(p.model, i);
    assert_non_null(project);
    assert_int_equal(project->stages[0]->sequence_count, 120);
    assert_int_equal(project->stages[1]->sequence_count, 120);
    assert_int_equal(model_waiting_count(p.model), 0);
    assert_true(model_count(p.model, MODEL_FAILED) > 4 && model_count(p.model, MODEL_ABORTED) > 0);
    model_free(p.model);
    unlink(path);
}

/* --- recorded answers of a real Keptn --- */

static void the_recorded_answers_of_keptn_are_shown(void **state)
{
    static const struct {
        const char *name;
        size_t projects, sequences, waiting;
    } rows[] = {{"approval.mock.json", 1, 2, 1},
                {"get.events.cfaadbb1-3c47-46e5-a230-d0f055f4f518.mock.json", 1, 1, 0},
                {"get.project.json", 1, 0, 0},
                {"sequences-page-2.sockshop.json", 1, 11, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *top = getenv("top_srcdir");
        char *path = mem_printf("%s/tests/model/data/%s", top != NULL ? top : ".", rows[i].name);
        const char *const files[] = {path, NULL};
        struct play p = {.model = model_new()};
        struct error err = ERROR_NONE;
        if (play_recordings(&p, files, &err) != STATUS_OK)
            fail_msg("%s", err.text);
        if (p.left_out > 0)
            fail_msg("%s: %s", rows[i].name, p.why);
        size_t sequences = 0;
        for (size_t k = 0; k < model_project_count(p.model); k++)
            for (size_t n = 0; n < model_project_at(p.model, k)->stage_count; n++)
                sequences += model_project_at(p.model, k)->stages[n]->sequence_count;
        assert_int_equal(model_project_count(p.model), rows[i].projects);
        assert_int_equal(sequences, rows[i].sequences);
        assert_int_equal(model_waiting_count(p.model), rows[i].waiting);
        model_free(p.model);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_3_projects_6_stages_and_200_sequences),
        cmocka_unit_test(every_state_is_in_it),
        cmocka_unit_test(its_named_contexts_are_as_described),
        cmocka_unit_test(its_warnings_for_a_person_are_there),
        cmocka_unit_test(people_and_the_service_have_decided),
        cmocka_unit_test(it_is_the_same_each_time),
        cmocka_unit_test(a_load_is_as_long_as_asked),
        cmocka_unit_test(the_recorded_answers_of_keptn_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
