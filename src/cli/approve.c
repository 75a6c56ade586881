/* approve.c: approve and decline. What would be deployed is shown before anything is sent; what goes back has
 * to be typed. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/picture.h"
#include "decide/decide.h"
#include "view/plain.h"

const struct cli_option cli_approve_options[] = {
    {"comment", 0, "TEXT", "why; kept with the decision"},
    {"yes", 'y', NULL, "do not ask"},
    {"stage", 's', "NAME", "the stage, where several wait"},
    {NULL, 0, NULL, NULL},
};

struct approving {
    struct cli_context *ctx;
    bool approve, done, no_answer;
    enum decision_state state;
    char text[512];
};

/* --- which one --- */

static enum status nothing_waits(const struct model *m, const struct cli_target *target, struct error *err)
{
    struct model_walk walk = {0};
    const struct model_decision *decided = NULL;
    for (const struct model_sequence *seq; (seq = model_next_sequence(m, &walk)) != NULL;) {
        if (strcmp(seq->context, target->context) != 0)
            continue;
        for (size_t i = 0; i < seq->decision_count; i++)
            if ((target->approval == NULL || strcmp(seq->decisions[i].triggered_id, target->approval) == 0) &&
                (decided == NULL || seq->decisions[i].time_ns > decided->time_ns))
                decided = &seq->decisions[i];
    }
    if (decided == NULL)
        return error_set(err, STATUS_NOT_FOUND, "nothing of %s waits for a decision", target->context);
    char time[CLOCK_TEXT_SIZE];
    clock_format(decided->time_ns, time);
    bool declined = decided->result != NULL && strcmp(decided->result, "fail") == 0;
    return error_set(err, STATUS_CONFLICT, "%s was %s already by %s at %s: nothing was sent", target->context,
                     declined ? "declined" : "approved",
                     decided->by != NULL  ? decided->by
                     : decided->by_person ? "somebody"
                                          : "its strategy",
                     time);
}

/* The waiting sequence that is meant. NULL: none, or several; err says which. */
static const struct model_sequence *choose(const struct model *m, const struct cli_target *target,
                                           const char *stage, struct error *err)
{
    const struct model_sequence *found = NULL;
    for (size_t i = 0; i < model_waiting_count(m); i++) {
        const struct model_sequence *seq = model_waiting_at(m, i);
        bool fits = target->approval != NULL ? strcmp(seq->approval.triggered_id, target->approval) == 0
                                             : strcmp(seq->context, target->context) == 0;
        if (!fits || (stage != NULL && strcmp(seq->stage->name, stage) != 0))
            continue;
        if (found != NULL) {
            error_set(
                err, STATUS_USAGE,
                "%s waits in %s (approval %s) and in %s (approval %s): give the approval's id, or --stage",
                target->context, found->stage->name, found->approval.triggered_id, seq->stage->name,
                seq->approval.triggered_id);
            return NULL;
        }
        found = seq;
    }
    if (found == NULL)
        (void)nothing_waits(m, target, err); /* its words are the result */
    return found;
}

/* --- asking --- */

static int64_t this_clock(void *arg, size_t source)
{
    (void)arg;
    (void)source;
    return clock_now_ns();
}

/* What the dashboard's box shows, in its words. */
static void show_what(const struct model *m, const struct model_sequence *seq)
{
    struct plain *plain = plain_new(cli_glyphs_are_ascii(), this_clock, NULL);
    char *what = mem_printf("sequence: %s of %s in %s of %s", seq->name, seq->service, seq->stage->name,
                            seq->stage->project->name);
    struct buffer lines = BUFFER_LIMIT(64 * 1024);
    plain_add_source(plain, "", NULL, m);
    cli_add_clean(&lines, what);
    (void)buffer_add_char(&lines, '\n');
    plain_add_facts(plain, seq, &lines);
    (void)fputs(buffer_text(&lines), stderr); /* the question itself; the answer goes to standard output */
    buffer_free(&lines);
    free(what);
    plain_free(plain);
}

/* Reads one line of standard input, without its end. */
static bool read_line(char *line, size_t size)
{
    if (fgets(line, (int)size, stdin) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* An older version is approved by typing where it goes, everything else by y. */
static enum status confirm(const struct model_sequence *seq, bool approve, struct error *err)
{
    char line[1024];
    bool type = approve && seq->goes_back;
    char *expected = mem_printf("%s@%s", seq->service, seq->stage->name);
    if (type)
        (void)fprintf(stderr, "type %s to approve: ", expected);
    else
        (void)fprintf(stderr, "%s? [y/N] ", approve ? "approve" : "decline");
    (void)fflush(stderr);
    bool agreed = read_line(line, sizeof line) &&
                  (type ? strcmp(line, expected) == 0
                        : strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 || strcmp(line, "yes") == 0);
    free(expected);
    if (!agreed)
        return error_set(err, STATUS_FAILED, "not confirmed: nothing was sent");
    return STATUS_OK;
}

/* --- sending --- */

static void on_change(void *arg, const char *triggeredid, enum decision_state state, const char *text)
{
    struct approving *a = arg;
    (void)triggeredid;
    a->state = state;
    a->done = state == DECISION_ACCEPTED || state == DECISION_CONFLICT || state == DECISION_FAILED;
    if (a->done)
        uv_stop(a->ctx->loop); /* as http_ask */
    a->no_answer |= state == DECISION_RETRYING;
    (void)snprintf(a->text, sizeof a->text, "%s", text); /* cut where it is too long for a line */
    if (state == DECISION_RETRYING)
        cli_complain("%s", text);
}

/* "403: …": the server's HTTP status stands in front of its words. */
static enum status failed_status(const struct approving *a)
{
    char *end;
    long http = strtol(a->text, &end, 10);
    if (end != a->text && *end == ':' && http >= 400 && http < 600)
        return status_from_http(http);
    return a->no_answer ? STATUS_UNREACHABLE : STATUS_FAILED;
}

static enum status send_decision(struct approving *a, const struct model_sequence *seq, const char *comment,
                                 struct error *err)
{
    struct cli_context *ctx = a->ctx;
    cJSON *labels = cJSON_CreateObject();
    for (size_t i = 0; i < seq->label_count; i++)
        cJSON_AddStringToObject(labels, seq->labels[i].key, seq->labels[i].value);
    const struct decide_settings settings = {
        .server = ctx->server, .token = ctx->token, .read_only = ctx->read_only};
    const struct decision_request request = {.project = seq->stage->project->name,
                                             .stage = seq->stage->name,
                                             .service = seq->service,
                                             .context = seq->context,
                                             .triggeredid = seq->approval.triggered_id,
                                             .triggered_source = seq->approval.triggered_source,
                                             .labels = labels->child != NULL ? labels : NULL,
                                             .approve = a->approve,
                                             .comment = comment,
                                             .stale = false}; /* the picture was taken a moment ago */
    struct decide *d = decide_new(ctx->loop, ctx->http, &settings);
    decide_submit(d, &request, on_change, a);
    while (!a->done)
        uv_run(ctx->loop, UV_RUN_ONCE);
    decide_free(d);
    cJSON_Delete(labels);
    if (a->state == DECISION_ACCEPTED)
        return STATUS_OK;
    if (a->state == DECISION_CONFLICT)
        return error_set(err, STATUS_CONFLICT, "%s", a->text);
    return error_set(err, failed_status(a), "%s", a->text);
}

static enum status run(struct cli_context *ctx, const struct cli_args *args, bool approve, struct error *err)
{
    struct approving a = {.ctx = ctx, .approve = approve};
    struct cli_target target = {0};
    struct model *model = NULL;
    cJSON *events = NULL;
    const struct model_sequence *seq = NULL;
    bool yes = cli_has(args, "yes");
    if (!yes && !isatty(STDIN_FILENO))
        return error_set(err, STATUS_USAGE, "there is no terminal to ask on: --yes is needed");
    enum status status = cli_find_target(ctx, args->words[0], &target, err);
    if (status == STATUS_OK) {
        const char *const projects[] = {target.project, NULL};
        status = cli_take_picture(ctx, projects, FEED_EVENTS, &model, err);
    }
    if (status == STATUS_OK)
        status = cli_context_events(ctx, &target, &events, err);
    if (status == STATUS_OK) {
        (void)cli_apply_events(model, events); /* for a context that is older than what the picture holds */
        seq = choose(model, &target, cli_value(args, "stage"), err);
        status = seq != NULL ? STATUS_OK : err->status;
    }
    if (seq != NULL) {
        show_what(model, seq);
        if (!yes)
            status = confirm(seq, approve, err);
    }
    if (status == STATUS_OK && seq != NULL) {
        status = send_decision(&a, seq, cli_value(args, "comment"), err);
        if (status == STATUS_OK)
            cli_print("%s: %s of %s in %s of %s (%s)", approve ? "approved" : "declined", seq->name,
                      seq->service, seq->stage->name, seq->stage->project->name, seq->context);
    }
    cJSON_Delete(events);
    model_free(model);
    cli_target_free(&target);
    return status;
}

enum status cli_approve(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    return run(ctx, args, true, err);
}

enum status cli_decline(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    return run(ctx, args, false, err);
}
