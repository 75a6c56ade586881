/* Blocking calls on libuv's thread pool: one at a time for each project, in order. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "repo/repo.h"

/* The pool's threads (libuv: 4 by default) also make the store durable: hung upstreams must not take the last
 * ones. */
#define POOL_DEFAULT 4
#define POOL_RESERVE 2

struct call {
    struct call *next;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct lane {
    uv_work_t request; /* first: libuv hands this back */
    struct repo_queue *queue;
    char *project;
    struct call *first, **last; /* first is running, if running */
    bool running;
    struct lane *next_ready;
};

struct repo_queue {
    uv_loop_t *loop;
    struct map lanes; /* project → struct lane; only those with calls */
    struct lane *ready, **last_ready;
    size_t length, running;
    size_t parallel; /* calls at the same time */
};

struct repo_queue *repo_queue_new(uv_loop_t *loop)
{
    struct repo_queue *q = MEM_NEW(struct repo_queue);
    q->loop = loop;
    q->last_ready = &q->ready;
    const char *pool = getenv("UV_THREADPOOL_SIZE"); /* libuv reads it too */
    long threads = pool != NULL ? strtol(pool, NULL, 10) : POOL_DEFAULT;
    q->parallel = threads > POOL_RESERVE ? (size_t)(threads - POOL_RESERVE) : 1;
    return q;
}

size_t repo_queue_length(const struct repo_queue *q)
{
    return q->length;
}

void repo_queue_free(struct repo_queue *q)
{
    if (q == NULL)
        return;
    assert(q->length == 0 && q->running == 0);
    map_free(&q->lanes, NULL);
    free(q);
}

static void make_ready(struct repo_queue *q, struct lane *lane)
{
    lane->next_ready = NULL;
    *q->last_ready = lane;
    q->last_ready = &lane->next_ready;
}

static void on_pool(uv_work_t *request)
{
    struct lane *lane = (struct lane *)(void *)request;
    lane->first->work(lane->first->arg);
}

static void start_ready(struct repo_queue *q);

static void on_loop(uv_work_t *request, int status)
{
    struct lane *lane = (struct lane *)(void *)request;
    struct repo_queue *q = lane->queue;
    struct call *call = lane->first;
    (void)status; /* it is never cancelled */
    lane->first = call->next;
    if (lane->first == NULL)
        lane->last = &lane->first;
    q->length--;
    call->done(call->arg); /* may add more, to this lane too: it is still running, so they wait in order */
    free(call);
    lane->running = false;
    q->running--;
    if (lane->first != NULL) {
        make_ready(q, lane);
    } else {
        map_remove(&q->lanes, lane->project);
        free(lane->project);
        free(lane);
    }
    start_ready(q);
}

static void start_ready(struct repo_queue *q)
{
    while (q->ready != NULL && q->running < q->parallel) {
        struct lane *lane = q->ready;
        q->ready = lane->next_ready;
        if (q->ready == NULL)
            q->last_ready = &q->ready;
        lane->running = true;
        q->running++;
        int code = uv_queue_work(q->loop, &lane->request, on_pool, on_loop);
        assert(code == 0); /* fails for a NULL callback only */
        (void)code;        /* where assertions are off */
    }
}

void repo_queue_add(struct repo_queue *q, const char *project, void (*work)(void *arg),
                    void (*done)(void *arg), void *arg)
{
    struct call *call = MEM_NEW(struct call);
    struct lane *lane = map_get(&q->lanes, project);
    *call = (struct call){.work = work, .done = done, .arg = arg};
    q->length++;
    if (lane == NULL) {
        lane = MEM_NEW(struct lane);
        lane->queue = q;
        lane->project = mem_string(project);
        lane->last = &lane->first;
        map_put(&q->lanes, project, lane);
        make_ready(q, lane);
    }
    *lane->last = call;
    lane->last = &call->next;
    start_ready(q);
}
