/* Group commit: what waits while one transaction is made durable goes into the next one together. Where a
 * group fails, each of its batches is tried alone, so that one cannot take others with it. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

#define GROUP_MAX 512 /* batches in one transaction: bounds how long the first one waits for the others */

static void queue_add(struct batch_queue *q, struct store_batch *b)
{
    b->next = NULL;
    *q->last = b;
    q->last = &b->next;
}

static struct store_batch *queue_take(struct batch_queue *q)
{
    struct store_batch *b = q->first;
    if (b == NULL)
        return NULL;
    q->first = b->next;
    if (q->first == NULL)
        q->last = &q->first;
    b->next = NULL;
    return b;
}

/* --- the writer's side --- */

static enum status write_batch(struct store *s, const struct store_batch *b, uint64_t *written,
                               struct error *err)
{
    enum status status = STATUS_OK;
    for (const struct write_op *op = b->first; op != NULL && status == STATUS_OK; op = op->next) {
        while (op->event_number > *written + 1 && status == STATUS_OK) {
            status = write_void(s->writer, *written + 1, err); /* its batch failed or was never committed */
            ++*written;
        }
        if (status == STATUS_OK)
            status = write_run(s->writer, op, err);
        if (op->event_number != 0)
            *written = op->event_number;
    }
    return status;
}

/* One transaction with the batches from first up to (not including) end. */
static enum status write_transaction(struct store *s, const struct store_batch *first,
                                     const struct store_batch *end, struct error *err)
{
    uint64_t written = s->written;
    enum status status = db_exec(s->writer, "BEGIN IMMEDIATE", err);
    if (status != STATUS_OK)
        return status;
    for (const struct store_batch *b = first; b != end && status == STATUS_OK; b = b->next)
        status = write_batch(s, b, &written, err);
    if (status == STATUS_OK)
        status = db_exec(s->writer, "COMMIT", err);
    if (status == STATUS_OK) {
        s->written = written;
    } else if (!sqlite3_get_autocommit(s->writer->handle)) {
        struct error second = ERROR_NONE;
        if (db_exec(s->writer, "ROLLBACK", &second) != STATUS_OK)
            log_write(LOG_ERROR, "%s", second.text);
    }
    return status;
}

static void commit_group(struct store *s)
{
    struct error err = ERROR_NONE;
    struct store_batch *first = s->group.first;
    bool alone = first->next == NULL;
    enum status status = write_transaction(s, first, NULL, &err);
    for (struct store_batch *b = first; b != NULL; b = b->next) {
        if (status == STATUS_OK || alone) {
            b->status = status;
            b->error = err;
            continue;
        }
        b->error = ERROR_NONE;
        b->status = write_transaction(s, b, b->next, &b->error);
    }
}

/* --- the loop's side --- */

/* Moves what waits to the writer. False: nothing does. */
static bool take_group(struct store *s)
{
    for (int taken = 0; taken < GROUP_MAX && s->waiting.first != NULL; taken++)
        queue_add(&s->group, queue_take(&s->waiting));
    return s->group.first != NULL;
}

/* Numbers of failed batches that nothing was numbered after are given out again. */
static void give_back_numbers(struct store *s)
{
    uint64_t highest = s->written;
    for (const struct store_batch *b = s->waiting.first; b != NULL; b = b->next)
        highest = b->last_number > highest ? b->last_number : highest;
    uint64_t failed = 0;
    for (const struct store_batch *b = s->group.first; b != NULL; b = b->next)
        failed = b->status != STATUS_OK && b->last_number > failed ? b->last_number : failed;
    if (failed > highest && failed == s->next_number - 1) {
        s->next_number = highest + 1;
        s->submitted = highest;
    }
}

static void finish_group(struct store *s)
{
    struct batch_queue done = {.first = s->group.first};
    s->last_number = s->written;
    give_back_numbers(s);
    s->group = (struct batch_queue){.first = NULL, .last = &s->group.first};
    for (struct store_batch *b = queue_take(&done); b != NULL; b = queue_take(&done)) {
        if (b->done != NULL)
            b->done(b->arg, b->status, b->status == STATUS_OK ? NULL : &b->error);
        else if (b->status != STATUS_OK)
            log_write(LOG_ERROR, "%s", b->error.text);
        store_batch_free(b);
    }
}

static void on_pool(uv_work_t *request)
{
    struct commit_work *work = (struct commit_work *)(void *)request;
    struct store *s = work->store;
    commit_group(s);
    uv_mutex_lock(&s->mutex);
    work->finished = true;
    uv_cond_signal(&s->finished);
    uv_mutex_unlock(&s->mutex);
}

static void start(struct store *s);

static void on_loop(uv_work_t *request, int status)
{
    struct commit_work *work = (struct commit_work *)(void *)request;
    struct store *s = work->store;
    (void)status; /* it is never cancelled */
    free(work);
    if (s == NULL)
        return; /* commit_drain was first */
    s->work = NULL;
    finish_group(s);
    start(s);
}

static void start(struct store *s)
{
    if (s->work != NULL || s->group.first != NULL || !take_group(s))
        return;
    s->work = MEM_NEW(struct commit_work);
    s->work->store = s;
    int code = uv_queue_work(s->loop, &s->work->request, on_pool, on_loop);
    assert(code == 0); /* fails for a NULL callback only */
    (void)code;
}

void commit_drain(struct store *s)
{
    if (s->work != NULL) {
        uv_mutex_lock(&s->mutex);
        while (!s->work->finished)
            uv_cond_wait(&s->finished, &s->mutex);
        uv_mutex_unlock(&s->mutex);
        s->work->store = NULL; /* on_loop frees it when the loop runs again */
        s->work = NULL;
        finish_group(s);
    }
    while (s->group.first == NULL && take_group(s)) {
        commit_group(s);
        finish_group(s);
    }
}

void store_commit(struct store_batch *b, void (*done)(void *arg, enum status status, const struct error *err),
                  void *arg)
{
    struct store *s = b->store;
    assert(b->first_number == 0 || b->first_number > s->submitted); /* numbers go up from batch to batch */
    if (b->last_number != 0)
        s->submitted = b->last_number;
    b->done = done;
    b->arg = arg;
    queue_add(&s->waiting, b);
    if (s->loop == NULL || s->closing)
        commit_drain(s);
    else
        start(s);
}

struct outcome {
    enum status status;
    struct error *err;
};

static void take_outcome(void *arg, enum status status, const struct error *err)
{
    struct outcome *o = arg;
    o->status = status;
    if (err != NULL)
        *o->err = *err;
}

enum status store_commit_now(struct store_batch *b, struct error *err)
{
    struct outcome o = {.status = STATUS_FAILED, .err = err};
    assert(b->store->loop == NULL);
    store_commit(b, take_outcome, &o);
    return o.status;
}
