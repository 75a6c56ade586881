/* api/misc.c: health, who one is, what this server is, and the output of a job. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define LOG_CHUNK (256 * 1024) /* bytes of a job's output in one answer */

void api_get_health(struct api_request *rq)
{
    api_answer_json(rq, 200, "");
}

void api_get_nginx_health(struct api_request *rq)
{
    api_answer_text(rq, 200, "text/plain", "OK", 2);
}

void api_get_ready(struct api_request *rq)
{
    const struct api *a = rq->api;
    if (!a->stopping && a->ports.ready(a->ports.arg))
        api_answer_json(rq, 200, "");
    else
        api_answer_error(
            rq, 503, "drawbridged is not ready: it is starting or stopping, or its store cannot be written");
}

void api_any_auth(struct api_request *rq)
{
    api_answer_json(rq, 200, "");
}

void api_any_blocked(struct api_request *rq)
{
    static const char page[] = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>"
                               "<p>This path is not open to clients.</p></body></html>\n";
    api_answer_text(rq, 403, "text/html", page, sizeof page - 1);
}

void api_get_metadata(struct api_request *rq)
{
    api_answer_json(rq, 200,
                    "{\"namespace\":\"keptn\",\"keptnversion\":\"1.4.5\",\"keptnlabel\":\"keptn\","
                    "\"bridgeversion\":\"N/A\","
                    "\"shipyardversion\":\"0.2.0\",\"automaticprovisioning\":true}");
}

void api_get_whoami(struct api_request *rq)
{
    struct buffer out = BUFFER_LIMIT(API_ANSWER_MAX);
    char now[CLOCK_TEXT_SIZE];
    clock_format(clock_now_ns(), now);
    (void)buffer_add_text(&out, "{\"name\":");
    (void)json_print_text(rq->token->name, &out);
    (void)buffer_printf(&out, ",\"role\":\"%s\",\"projects\":", api_role_name(rq->token->role));
    if (rq->token->all_projects) {
        (void)buffer_add_text(&out, "null");
    } else {
        (void)buffer_add_char(&out, '[');
        for (size_t i = 0; i < rq->token->project_count; i++) {
            (void)buffer_add_text(&out, i > 0 ? "," : "");
            (void)json_print_text(rq->token->projects[i], &out);
        }
        (void)buffer_add_char(&out, ']');
    }
    (void)buffer_add_text(&out, ",\"server\":\"drawbridged\",\"version\":");
    (void)json_print_text(rq->api->version, &out);
    (void)buffer_printf(&out, ",\"stream\":\"/v1/event/stream\",\"time\":\"%s\"", now);
    if (rq->token->expires_ns != 0) {
        clock_format(rq->token->expires_ns, now);
        (void)buffer_printf(&out, ",\"expires\":\"%s\"", now);
    }
    (void)buffer_add_char(&out, '}');
    api_answer_buffer(rq, 200, &out);
}

/* Whether a job is there, of a project that the token sees. */
struct sight {
    struct api_request *rq;
    bool seen;
};

static bool look_at_job(void *arg, const struct store_job *job)
{
    struct sight *sight = arg;
    sight->seen = api_request_sees(sight->rq, job->project);
    return false;
}

/* Reads a piece of a file; a log that is not there yet is empty. */
static bool read_piece(const char *path, uint64_t offset, struct buffer *out, uint64_t *size)
{
    char chunk[16 * 1024];
    struct stat st;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    *size = ok ? (uint64_t)st.st_size : 0;
    while (ok && offset < *size && out->len < LOG_CHUNK) {
        ssize_t got = pread(fd, chunk, sizeof chunk, (off_t)offset);
        if (got <= 0) {
            ok = got == 0;
            break;
        }
        (void)buffer_add(out, chunk, (size_t)got); /* within the limit, which is a chunk more */
        offset += (uint64_t)got;
    }
    (void)close(fd); /* only read */
    return ok;
}

void api_get_job_log(struct api_request *rq)
{
    const struct api *a = rq->api;
    const char *id = rq->params[0], *offset_text = api_query(rq, "offset");
    bool growing = false;
    struct sight sight = {.rq = rq};
    if (offset_text != NULL &&
        (strlen(offset_text) > 15 || strspn(offset_text, "0123456789") != strlen(offset_text))) {
        api_answer_error(rq, 400, "offset \"%s\" is not a number of bytes", offset_text);
        return;
    }
    (void)store_find_job(a->store, id, look_at_job, &sight); /* none: not seen */
    char *path = sight.seen ? a->ports.job_log(a->ports.arg, id, &growing) : NULL;
    if (path == NULL) {
        api_answer_error(
            rq, 404, "no job for the task %s: no action of job/config.yaml fits it, or it has not begun", id);
        return;
    }
    struct buffer out = BUFFER_LIMIT(LOG_CHUNK + 16 * 1024);
    uint64_t size = 0, offset = offset_text != NULL ? strtoull(offset_text, NULL, 10) : 0;
    if (read_piece(path, offset, &out, &size)) {
        rq->answer.header[0][0] = "x-drawbridge-log-size";
        rq->answer.header[0][1] = arena_printf(&rq->arena, "%llu", (unsigned long long)size);
        rq->answer.header[1][0] = "x-drawbridge-log-growing";
        rq->answer.header[1][1] = growing ? "true" : "false";
        api_answer_text(rq, 200, "text/plain; charset=utf-8", buffer_text(&out), out.len);
    } else {
        log_write(LOG_ERROR, "reading the job log %s: %s", path, strerror(errno));
        api_answer_error(rq, 500, "the log of the job %s cannot be read: see drawbridged's own log", id);
    }
    buffer_free(&out);
    free(path);
}
