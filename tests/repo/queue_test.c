/* The queue: one project's calls in order, different projects at the same time, on real threads. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "repo/repo.h"

#define DEADLINE_NS (20 * CLOCK_S)

static uv_loop_t loop;
static struct repo_queue *queue;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    queue = repo_queue_new(&loop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(repo_queue_length(queue), 0);
    repo_queue_free(queue);
    assert_int_equal(uv_loop_close(&loop), 0); /* nothing is left on it */
    return 0;
}

/* --- order --- */

struct order {
    atomic_int running; /* calls of this project at the moment */
    int next_work, next_done;
};
struct step {
    struct order *order;
    int number;
    bool again; /* done adds one more */
};

static atomic_int faults;

static void step_work(void *arg)
{
    struct step *step = arg;
    if (atomic_fetch_add(&step->order->running, 1) != 0 ||
        step->order->next_work++ != step->number) /* one at a time: no lock needed */
        atomic_fetch_add(&faults, 1);             /* asserted on the loop's thread */
    atomic_fetch_sub(&step->order->running, 1);
}

static void step_done(void *arg)
{
    struct step *step = arg;
    assert_int_equal(step->order->next_done++, step->number);
    if (step->again) {
        static struct step last;
        last = (struct step){.order = step->order, .number = 100};
        repo_queue_add(queue, "a", step_work, step_done, &last);
    }
}

static void one_projects_calls_run_alone_and_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    static struct order orders[5];
    static struct step steps[5][100];
    for (int i = 0; i < 100; i++) {
        for (int project = 0; project < 5; project++) {
            steps[project][i] =
                (struct step){.order = &orders[project], .number = i, .again = project == 0 && i == 50};
            repo_queue_add(queue, names[project], step_work, step_done, &steps[project][i]);
        }
    }
    assert_int_equal(repo_queue_length(queue), 500);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(faults, 0);
    for (int project = 0; project < 5; project++)
        assert_int_equal(orders[project].next_done, project == 0 ? 101 : 100);
}

/* --- parallel --- */

static atomic_int meeting;

/* Ends when a second call is running too, of another project. */
static void meet(void *arg)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_NS;
    atomic_fetch_add(&meeting, 1);
    while (atomic_load(&meeting) < 2 && clock_monotonic_ns() < deadline)
        uv_sleep(1);
    *(bool *)arg = atomic_load(&meeting) >= 2;
}

static void nothing(void *arg)
{
    (void)arg;
}

static void different_projects_run_at_the_same_time(void **state)
{
    (void)state;
    bool met[2] = {false, false};
    repo_queue_add(queue, "a", meet, nothing, &met[0]);
    repo_queue_add(queue, "b", meet, nothing, &met[1]);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(met[0] && met[1]);
}

/* --- the pool is not taken whole --- */

static atomic_bool other_ran;

static void wait_for_other(void *arg)
{
    int64_t deadline = clock_monotonic_ns() + DEADLINE_NS;
    while (!atomic_load(&other_ran) && clock_monotonic_ns() < deadline)
        uv_sleep(1);
    *(bool *)arg = atomic_load(&other_ran);
}

static void other_work(uv_work_t *request)
{
    (void)request;
    atomic_store(&other_ran, true);
}

static void hung_upstreams_leave_a_thread_to_the_store(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    bool saw[6] = {false};
    uv_work_t other;
    for (int i = 0; i < 6; i++)
        repo_queue_add(queue, names[i], wait_for_other, nothing, &saw[i]);
    assert_int_equal(uv_queue_work(&loop, &other, other_work, NULL), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 6; i++)
        assert_true(saw[i]);
}

int main(void)
{
#define WITH_QUEUE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(one_projects_calls_run_alone_and_in_order),
        WITH_QUEUE(different_projects_run_at_the_same_time),
        WITH_QUEUE(hung_upstreams_leave_a_thread_to_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
