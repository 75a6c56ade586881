/* A project that is deleted while its sequences and jobs run, and made again under its name. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "daemon/support.h"
#include "support/world.h"

#define C "/controlPlane/v1"
#define ONE_STAGE                                                                                            \
    KEPTN_YARD("    - {name: qa, sequences: [{name: delivery, tasks: [{name: task1}, {name: task2}]}]}\n")

static void open_world(struct world *w)
{
    world_open(w, NULL, true);
    world_project(w, ONE_STAGE, NULL);
}

static long delete_project(struct world *w)
{
    return world_ask(w, "DELETE", C "/project/fulltour", NULL, NULL);
}

static void *deleting(void *arg)
{
    (void)delete_project(arg);
    return NULL;
}

static void make_again(struct world *w)
{
    free(world_run(w, 0, "create", "project", "fulltour", "--shipyard=shipyard.yaml", NULL));
    free(world_run(w, 0, "create", "service", "helloservice", "--project=fulltour", NULL));
}

static size_t sequence_count(struct world *w)
{
    cJSON *answer = world_get(w, C "/sequence/fulltour");
    size_t count = (size_t)cJSON_GetArraySize(json_get(answer, "states"));
    cJSON_Delete(answer);
    return count;
}

static void a_project_made_again_knows_nothing_of_the_runs_of_before(void **state)
{
    struct world w;
    char running[KEPTN_ID], queued[KEPTN_ID], again[KEPTN_ID];
    (void)state;
    open_world(&w);
    keptn_trigger(&w, "qa.delivery", "", running);
    char *id = keptn_wait_event(&w, running, "task1.triggered");
    keptn_trigger(&w, "qa.delivery", "", queued);
    keptn_wait_state(&w, queued, "waiting");
    assert_int_equal(delete_project(&w), 200);
    make_again(&w);
    assert_int_equal(sequence_count(&w), 0);
    assert_int_equal(keptn_open_count(&w, "task1"), 0);
    char *late =
        mem_printf("{\"type\":\"sh.keptn.event.task1.finished\",\"source\":\"late\",\"shkeptncontext\":"
                   "\"%s\",\"triggeredid\":\"%s\",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\","
                   "\"service\":\"helloservice\",\"status\":\"succeeded\",\"result\":\"pass\"}}",
                   running, id);
    assert_int_equal(world_post_event(&w, late, NULL), 200);
    keptn_control(&w, running, "abort");
    keptn_trigger(&w, "qa.delivery", "", again);
    keptn_wait_state(&w, again, "started"); /* nobody holds it */
    assert_int_equal(sequence_count(&w), 1);
    world_kill(&w, SIGKILL);
    world_start(&w);
    assert_int_equal(sequence_count(&w), 1);
    keptn_do(&w, again, "qa", "task1", "fail");
    keptn_wait_state(&w, again, "finished");
    free(late);
    free(id);
    world_close(&w);
}

/* Notes its end. */
#define JOB                                                                                                  \
    "apiVersion: v2\nactions:\n  - name: task1\n    events: [{name: sh.keptn.event.task1.triggered}]\n"      \
    "    tasks:\n      - name: task1\n        cmd: [sh, -ec]\n"                                              \
    "        args: ['cd %s; for i in $(seq 400); do if test -e go; then echo >> done; exit 0; fi; sleep "    \
    "0.05; done; exit 1']\n"

static void write_job(struct world *w, const char *job)
{
    world_write(w, "job.yaml", job);
    free(world_run(w, 0, "add-resource", "--project=fulltour", "--stage=qa", "--service=helloservice",
                   "--resource=job.yaml", "--resourceUri=job/config.yaml", NULL));
}

/* A job that outlives its project: what it answers does not show up in the project that is made again. */
static void a_job_that_outlives_its_project_answers_nobody(void **state)
{
    struct world w;
    char before[KEPTN_ID], after[KEPTN_ID];
    (void)state;
    open_world(&w);
    char *job = mem_printf(JOB, w.directory);
    write_job(&w, job);
    keptn_trigger(&w, "qa.delivery", "", before);
    free(keptn_wait_event(&w, before, "task1.started"));
    assert_int_equal(delete_project(&w), 200);
    make_again(&w);
    write_job(&w, job);
    keptn_trigger(&w, "qa.delivery", "", after);
    free(keptn_wait_event(&w, after, "task1.started"));
    world_write(&w, "go", "");
    assert_int_equal(world_shell(&w, "for i in $(seq 400); do test $(cat done | wc -l) = 2 && exit 0; sleep "
                                     "0.05; done; exit 1"),
                     0);
    keptn_do(&w, after, "qa", "task2", "fail");
    keptn_trigger(&w, "qa.delivery", "", after); /* all that goes by while this one's job runs */
    free(keptn_wait_event(&w, after, "task2.triggered"));
    assert_int_equal(keptn_event_count(&w, NULL, "task1.finished"), 2);
    assert_int_equal(sequence_count(&w), 2);
    free(job);
    world_close(&w);
}

/* Triggers that are on their way while the project goes. */
static void what_is_triggered_while_its_project_is_deleted_starts_nothing(void **state)
{
    static const char trigger[] =
        "{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"test\",\"data\":{\"project\":"
        "\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\"}}";
    struct world w;
    (void)state;
    open_world(&w);
    for (int round = 0; round < 5; round++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, deleting, &w), 0);
        while (world_post_event(&w, trigger, NULL) == 200)
            ;
        assert_int_equal(pthread_join(thread, NULL), 0);
        make_again(&w);
        assert_int_equal(sequence_count(&w), 0);
        assert_int_equal(keptn_open_count(&w, "task1"), 0);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_project_made_again_knows_nothing_of_the_runs_of_before),
        cmocka_unit_test(a_job_that_outlives_its_project_answers_nobody),
        cmocka_unit_test(what_is_triggered_while_its_project_is_deleted_starts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
