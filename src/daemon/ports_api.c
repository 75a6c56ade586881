#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/internal.h"

struct log_query {
    char *path;
    bool growing;
};

static bool take_log(void *arg, const struct store_job *job)
{
    struct log_query *q = arg;
    q->path = mem_string(job->log_path);
    q->growing = strcmp(job->state, "ended") != 0;
    return false;
}

static char *port_job_log(void *arg, const char *triggeredid, bool *growing)
{
    struct core *core = arg;
    struct log_query q = {0};
    (void)store_find_job(core->store, triggeredid, take_log, &q); /* not there: the path stays NULL */
    *growing = q.growing;
    return q.path;
}

static void port_keep(void *arg, void (*fill)(void *fill_arg, struct store_batch *batch), void *fill_arg,
                      api_done done, void *done_arg)
{
    struct turn *t = turn_new(arg);
    fill(fill_arg, turn_batch(t));
    turn_commit_answer(t, 200, "", done, done_arg);
}

static bool port_ready(void *arg)
{
    const struct core *core = arg;
    return !core->stopping;
}

void core_api_ports(struct core *core, struct api_ports *out)
{
    *out = (struct api_ports){.arg = core,
                              .post_event = port_post_event,
                              .control = port_control,
                              .put_project = port_put_project,
                              .delete_project = port_delete_project,
                              .create_service = port_create_service,
                              .delete_service = port_delete_service,
                              .write_resources = port_write_resources,
                              .read_resource = port_read_resource,
                              .list_resources = port_list_resources,
                              .put_secret = port_put_secret,
                              .delete_secret = port_delete_secret,
                              .keep = port_keep,
                              .job_log = port_job_log,
                              .ready = port_ready};
}
