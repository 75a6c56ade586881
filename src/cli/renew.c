/* renew.c: a thread that reads, and an async that tells. The thread may outlive the wish for its answer:
 * whoever of the two is last frees the rest. */
#include "config.h"

#include "cli/renew.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FILE_WAIT_MS    5000
#define COMMAND_WAIT_MS 60000

struct renewal {
    uv_async_t async;
    pthread_mutex_t mutex;
    struct token_source source; /* a copy: the thread may be the last one that lives */
    char *file;
    struct settings_list command;
    renewal_done done;
    void *arg;
    char *token;
    struct error err;
    int users;   /* the thread; the loop, until the async is closed */
    bool closed; /* the loop does not listen any more */
};

bool renewal_helps(const struct token_source *source)
{
    return source != NULL && source->text == NULL;
}

int renewal_wait_ms(const struct token_source *source)
{
    return source->command != NULL && source->command->count > 0 ? COMMAND_WAIT_MS : FILE_WAIT_MS;
}

static void let_go(struct renewal *r)
{
    pthread_mutex_lock(&r->mutex);
    bool last = --r->users == 0;
    pthread_mutex_unlock(&r->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&r->mutex);
    if (r->token != NULL)
        explicit_bzero(r->token, strlen(r->token));
    free(r->token);
    free(r->file);
    for (size_t i = 0; i < r->command.count; i++)
        free(r->command.items[i]);
    free(r->command.items);
    free(r);
}

static void copy_source(struct renewal *r, const struct token_source *source)
{
    r->source = *source;
    r->source.file = r->file = mem_string(source->file);
    if (source->command == NULL)
        return;
    r->command = (struct settings_list){.items = mem_alloc((source->command->count + 1) * sizeof(char *)),
                                        .count = source->command->count};
    for (size_t i = 0; i < r->command.count; i++)
        r->command.items[i] = mem_string(source->command->items[i]);
    r->source.command = &r->command;
}

static void *work(void *arg)
{
    struct renewal *r = arg;
    if (token_read(&r->source, &r->token, &r->err) != STATUS_OK)
        r->token = NULL;
    pthread_mutex_lock(&r->mutex);
    if (!r->closed)
        uv_async_send(&r->async);
    pthread_mutex_unlock(&r->mutex);
    let_go(r);
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

void renewal_cancel(struct renewal *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->mutex);
    r->closed = true;
    pthread_mutex_unlock(&r->mutex);
    uv_close((uv_handle_t *)&r->async, on_closed);
}

static void on_ready(uv_async_t *async)
{
    struct renewal *r = async->data;
    renewal_cancel(r);
    r->done(r->arg, r->token, &r->err); /* the close callback comes after it */
}

struct renewal *renewal_start(uv_loop_t *loop, const struct token_source *source, renewal_done done,
                              void *arg)
{
    struct renewal *r = MEM_NEW(struct renewal);
    pthread_attr_t attributes;
    pthread_t thread;
    *r = (struct renewal){.done = done, .arg = arg, .users = 2};
    if (uv_async_init(loop, &r->async, on_ready) != 0) {
        free(r);
        return NULL;
    }
    r->async.data = r;
    copy_source(r, source);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &attributes, work, r) == 0;
    pthread_attr_destroy(&attributes);
    if (started)
        return r;
    r->users = 1;
    renewal_cancel(r);
    return NULL;
}
