/* log.c: the output of a sequence's jobs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/picture.h"
#include "event/event.h"

#define FOLLOW_MS 500 /* between two looks at a log that grows */
#define PIECES    10000

const struct cli_option cli_log_options[] = {
    {"follow", 'f', NULL, "go on until the sequence has ended"},
    {NULL, 0, NULL, NULL},
};

void cli_clean_lines(struct buffer *out, const char *raw, size_t len)
{
    for (const char *p = raw, *end = raw + len; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t part = newline != NULL ? (size_t)(newline - p) : (size_t)(end - p);
        utf8_sanitize(p, part, false, out);
        if (newline != NULL)
            buffer_add_char(out, '\n');
        p += part + (newline != NULL);
    }
}

enum status cli_fetch_log(struct cli_context *ctx, const char *triggered_id, size_t offset,
                          struct buffer *out, struct error *err)
{
    enum status status = STATUS_OK;
    if (ctx->replays != NULL)
        return error_set(err, STATUS_NOT_FOUND, "a recording has no output of jobs");
    for (int pieces = 0; status == STATUS_OK && pieces < PIECES; pieces++) {
        char from[32];
        struct http_answer answer = {0};
        (void)snprintf(from, sizeof from, "%zu", offset); /* 20 digits at most */
        char *url = http_url(ctx->server, "/v1/job/{}/log?offset={}", triggered_id, from);
        struct http_request request = {.method = "GET", .url = url, .token = ctx->token};
        status = http_ask(ctx->http, &request, &answer, err);
        if (status == STATUS_OK)
            status = http_error(&request, answer.code, answer.body, answer.body_len, err);
        bool more =
            status == STATUS_OK && answer.body_len > 0 && buffer_add(out, answer.body, answer.body_len);
        offset += answer.body_len;
        free(answer.body);
        free(url);
        if (!more)
            break;
    }
    return status;
}

struct job {
    char *triggered_id, *title;
    size_t offset; /* bytes that were printed */
    bool at_line_start;
};

struct follow {
    struct cli_context *ctx;
    struct cli_target target;
    struct job *jobs;
    size_t count, capacity;
    struct map known; /* by triggered id */
    size_t printed;   /* index of the job that was printed last, + 1 */
};

/* Adds the tasks that were triggered since the last look. */
static void find_jobs(struct follow *f, const cJSON *events)
{
    for (const cJSON *e = events->child; e != NULL; e = e->next) {
        struct event_type type;
        const char *text = json_text(e, "type"), *id = json_text(e, "id"),
                   *stage = json_text(json_get(e, "data"), "stage");
        if (text == NULL || id == NULL || map_get(&f->known, id) != NULL)
            continue;
        event_type_parse(text, &type);
        if (type.class != EVENT_CLASS_TASK || type.kind != EVENT_KIND_TRIGGERED ||
            strcmp(type.name, "approval") == 0)
            continue;
        map_put(&f->known, id, f);
        MEM_GROW(f->jobs, f->count, f->capacity);
        f->jobs[f->count++] = (struct job){
            mem_string(id), mem_printf("%s / %s", stage != NULL ? stage : "?", type.name), 0, true};
    }
}

/* Prints what is new of one job. One without a log has none: another integration does that task. */
static enum status print_job(struct follow *f, size_t i, struct error *err)
{
    struct job *job = &f->jobs[i];
    struct buffer log = BUFFER_LIMIT(CLI_LOG_MAX);
    enum status status = cli_fetch_log(f->ctx, job->triggered_id, job->offset, &log, err);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (status == STATUS_OK && log.len > 0) {
        if (f->printed != i + 1 && f->printed > 0 && !f->jobs[f->printed - 1].at_line_start)
            cli_write("\n", 1);
        if (f->printed != i + 1)
            cli_print("== %s ==", job->title);
        f->printed = i + 1;
        cli_write_clean(log.data, log.len);
        job->at_line_start = log.data[log.len - 1] == '\n';
        job->offset += log.len;
    }
    buffer_free(&log);
    return status;
}

static enum status print_jobs(struct follow *f, struct error *err)
{
    cJSON *events = NULL;
    enum status status = cli_context_events(f->ctx, &f->target, &events, err);
    if (status == STATUS_OK)
        find_jobs(f, events);
    for (size_t i = 0; i < f->count && status == STATUS_OK; i++)
        status = print_job(f, i, err);
    (void)cli_output_is_lost(); /* flushes */
    cJSON_Delete(events);
    return status;
}

enum status cli_log(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct follow f = {.ctx = ctx};
    bool ended = !cli_has(args, "follow");
    enum status status = cli_find_target(ctx, args->words[0], &f.target, err);
    if (status == STATUS_OK && ended)
        status = print_jobs(&f, err);
    while (status == STATUS_OK && !ended && !cli_output_is_lost()) {
        status = cli_context_has_ended(ctx, &f.target, &ended,
                                       err); /* first, so that nothing between the two is missed */
        if (status == STATUS_OK)
            status = print_jobs(&f, err);
        if (status == STATUS_OK && !ended)
            cli_sleep(ctx, FOLLOW_MS);
    }
    if (status == STATUS_OK && f.printed == 0)
        cli_complain("no job of %s has written anything", f.target.context);
    for (size_t i = 0; i < f.count; i++) {
        free(f.jobs[i].triggered_id);
        free(f.jobs[i].title);
    }
    free(f.jobs);
    map_free(&f.known, NULL);
    cli_target_free(&f.target);
    return status;
}
