/* show.c: everything about one Keptn context. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/picture.h"

#define LOG_LINES 10 /* of a job's output, at its end, as text */

const struct cli_option cli_show_options[] = {
    {"output", 'o', "FORMAT", "text, json or ndjson"},
    {NULL, 0, NULL, NULL},
};

struct show {
    struct cli_context *ctx;
    struct cli_target target;
    struct model *model;
    const cJSON *events; /* oldest first */
    int64_t now_ns;
};

static void field(const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        cli_print("%-12s%s", name, value);
}

static void time_field(const char *name, int64_t ns, int64_t now_ns)
{
    char text[CLOCK_TEXT_SIZE], age[16];
    if (ns == 0)
        return;
    clock_format(ns, text);
    clock_format_age(now_ns - ns, true, age);
    cli_print("%-12s%s (%s ago)", name, text, age);
}

static void print_labels(const struct model_sequence *seq)
{
    struct buffer text = BUFFER_LIMIT(64 * 1024);
    for (size_t i = 0; i < seq->label_count; i++)
        buffer_printf(&text, "%s%s=%s", i > 0 ? ", " : "", seq->labels[i].key, seq->labels[i].value);
    field("labels", buffer_text(&text));
    buffer_free(&text);
}

static void print_log_tail(struct show *s, const char *triggered_id)
{
    struct buffer log = BUFFER_LIMIT(CLI_LOG_MAX);
    if (cli_fetch_log(s->ctx, triggered_id, 0, &log, NULL) == STATUS_OK && log.len > 0) {
        size_t from = log.len;
        for (int lines = 0; from > 0; from--)
            if (log.data[from - 1] == '\n' && from < log.len && ++lines == LOG_LINES)
                break;
        if (from > 0)
            cli_print("      … drawbridge log %.8s has all of it", s->target.context);
        for (const char *p = log.data + from, *end = log.data + log.len; p < end;) {
            const char *newline = memchr(p, '\n', (size_t)(end - p));
            size_t len = newline != NULL ? (size_t)(newline - p) : (size_t)(end - p);
            cli_print("      | %.*s", (int)len, p);
            p += len + (newline != NULL);
        }
    }
    buffer_free(&log);
}

/* What went wrong; of what went well a message says nothing new. */
static char *fault_of(enum model_state state, const char *message)
{
    char *line = cli_first_line(state == MODEL_SUCCEEDED ? NULL : message);
    char *text = mem_printf("%s%s", *line != '\0' ? "  " : "", line);
    free(line);
    return text;
}

static void print_task(struct show *s, const struct model_task *t)
{
    char took[16] = "";
    char *fault = fault_of(t->state, t->message);
    int64_t end = t->finished_ns != 0 ? t->finished_ns : s->now_ns;
    if (t->triggered_ns != 0)
        clock_format_age(end - t->triggered_ns, true, took);
    cli_print("    %s %s  %s%s%s%s", cli_state_glyph(t->state), t->name, model_state_name(t->state),
              *took != '\0' ? "  " : "", took, fault);
    for (size_t i = 0; i < t->executor_count && t->executor_count > 1 && strcmp(t->name, "approval") != 0;
         i++)
        cli_print("      %s  %s", t->executors[i].source,
                  t->executors[i].result != NULL ? t->executors[i].result : "runs");
    if (t->triggered_id != NULL)
        print_log_tail(s, t->triggered_id);
    free(fault);
}

static void print_approval(const struct show *s, const struct model_sequence *seq)
{
    const struct model_approval *a = &seq->approval;
    struct model_delivery d;
    char age[16];
    if (a->triggered_id == NULL)
        return;
    model_delivery_of(s->model, seq, &d);
    clock_format_age(s->now_ns - a->since_ns, true, age);
    cli_print("    waits for a decision since %s", age);
    cli_print("      approval        %s", a->triggered_id);
    cli_print("      last delivered  %s", d.last == NULL          ? "nothing delivered here yet"
                                          : d.last->image != NULL ? d.last->image
                                                                  : "unknown");
    cli_print("      to deliver      %s", seq->image != NULL ? seq->image : "no image is named");
    cli_print("      so far          %s%s%s%s",
              a->result != NULL && *a->result != '\0' ? a->result : "unknown",
              a->result_task != NULL ? " (" : "", a->result_task != NULL ? a->result_task : "",
              a->result_task != NULL ? ")" : "");
    cli_print("      strategy        pass: %s, warning: %s", a->pass != NULL ? a->pass : "manual",
              a->warning != NULL ? a->warning : "manual");
    if (seq->goes_back)
        cli_print("      this goes BACK: %s is newer", d.newer != NULL && cli_version_of(d.newer) != NULL
                                                           ? cli_version_of(d.newer)
                                                           : "another one");
}

static void print_decisions(const struct model_sequence *seq)
{
    for (size_t i = 0; i < seq->decision_count; i++) {
        const struct model_decision *d = &seq->decisions[i];
        char time[CLOCK_TEXT_SIZE];
        bool declined = d->result != NULL && strcmp(d->result, "fail") == 0;
        clock_format(d->time_ns, time);
        cli_print("    %s by %s, %s%s%s", declined ? "declined" : "approved",
                  d->by != NULL  ? d->by
                  : d->by_person ? "somebody"
                                 : "its strategy",
                  time, d->comment != NULL && *d->comment != '\0' ? ": " : "",
                  d->comment != NULL ? d->comment : "");
    }
}

static void print_stage(struct show *s, const struct model_sequence *seq)
{
    char age[16];
    char *fault = fault_of(seq->state, seq->message);
    clock_format_age(s->now_ns - seq->since_ns, true, age);
    cli_print("%s", "");
    cli_print("  %s %s  %s  %s  %s%s", cli_state_glyph(seq->state), seq->stage->name, seq->name,
              model_state_name(seq->state), age, fault);
    if (seq->stage_commit != NULL || seq->shipyard_commit != NULL)
        cli_print("    stage commit %s, shipyard commit %s",
                  seq->stage_commit != NULL ? seq->stage_commit : "unknown",
                  seq->shipyard_commit != NULL ? seq->shipyard_commit : "unknown");
    for (size_t i = 0; i < seq->task_count; i++)
        print_task(s, &seq->tasks[i]);
    print_approval(s, seq);
    print_decisions(seq);
    free(fault);
}

static void print_events(const cJSON *events)
{
    static const char *const titles[] = {"TIME", "EVENT", "STAGE", "RESULT", "STATUS", "SOURCE", "ID", NULL};
    struct cli_table t;
    cli_print("%s", "");
    cli_table_begin(&t, titles);
    for (const cJSON *e = events->child; e != NULL; e = e->next) {
        const char *type = json_text(e, "type");
        const cJSON *data = json_get(e, "data");
        const char *shown = type != NULL && strncmp(type, "sh.keptn.event.", 15) == 0 ? type + 15 : type;
        cli_table_add(&t, json_text(e, "time"));
        cli_table_add(&t, shown);
        cli_table_add(&t, json_text(data, "stage"));
        cli_table_add(&t, json_text(data, "result"));
        cli_table_add(&t, json_text(data, "status"));
        cli_table_add(&t, json_text(e, "source"));
        cli_table_add(&t, json_text(e, "id"));
    }
    cli_table_end(&t);
}

static int oldest_first(const void *a, const void *b)
{
    const struct model_sequence *x = *(const struct model_sequence *const *)a,
                                *y = *(const struct model_sequence *const *)b;
    return (x->triggered_ns > y->triggered_ns) - (x->triggered_ns < y->triggered_ns);
}

/* The runs of the context, in the order in which they were triggered; the caller's (free). */
static size_t runs_of(const struct show *s, const struct model_sequence ***out)
{
    struct model_walk walk = {0};
    size_t count = 0, capacity = 0;
    *out = NULL;
    for (const struct model_sequence *seq; (seq = model_next_sequence(s->model, &walk)) != NULL;) {
        if (strcmp(seq->context, s->target.context) != 0)
            continue;
        MEM_GROW(*out, count, capacity);
        (*out)[count++] = seq;
    }
    if (count > 1)
        qsort(*out, count, sizeof **out, oldest_first);
    return count;
}

/* What the context as a whole is: the first of its open runs by the model's order, else its newest. */
static const struct model_sequence *overall(const struct model_sequence **runs, size_t count)
{
    const struct model_sequence *best = runs[count - 1];
    for (size_t i = 0; i < count; i++)
        if (runs[i]->state < MODEL_SUCCEEDED &&
            (best->state >= MODEL_SUCCEEDED || runs[i]->state < best->state))
            best = runs[i];
    return best;
}

static void print_text(struct show *s, const struct model_sequence **runs, size_t count)
{
    const struct model_sequence *first = runs[0];
    cli_print("%s of %s: %s", first->name, first->service, model_state_name(overall(runs, count)->state));
    field("context", s->target.context);
    field("project", s->target.project);
    field("image", first->image);
    field("version", first->version);
    if (first->version_differs)
        cli_print("%-12s%s", "", "the label \"version\" is not the image's tag");
    time_field("triggered", first->triggered_ns, s->now_ns);
    field("by", first->triggered_by);
    print_labels(first);
    for (size_t i = 0; i < count; i++)
        print_stage(s, runs[i]);
    print_events(s->events);
}

static void add_logs(struct show *s, cJSON *sequence)
{
    cJSON *tasks = cJSON_GetObjectItemCaseSensitive(sequence, "tasks");
    for (cJSON *task = tasks != NULL ? tasks->child : NULL; task != NULL; task = task->next) {
        struct buffer log = BUFFER_LIMIT(CLI_LOG_MAX), clean = BUFFER_LIMIT(4 * CLI_LOG_MAX);
        const char *id = json_text(task, "triggeredId");
        if (id != NULL && cli_fetch_log(s->ctx, id, 0, &log, NULL) == STATUS_OK) {
            cli_clean_lines(&clean, buffer_text(&log), log.len);
            cJSON_AddStringToObject(task, "log", buffer_text(&clean));
        }
        buffer_free(&clean);
        buffer_free(&log);
    }
}

static void print_as_json(struct show *s, enum cli_format format, const struct model_sequence **runs,
                          size_t count)
{
    cJSON *object = cJSON_CreateObject(), *sequences = cJSON_CreateArray();
    const struct model_sequence *whole = overall(runs, count);
    cJSON_AddStringToObject(object, "keptnContext", s->target.context);
    cJSON_AddStringToObject(object, "project", s->target.project);
    cJSON_AddStringToObject(object, "state", model_state_name(whole->state));
    cJSON_AddStringToObject(object, "keptnState", cli_keptn_state(whole->state));
    for (size_t i = 0; i < count; i++) {
        cJSON *sequence = cli_sequence_json(s->model, runs[i]);
        add_logs(s, sequence);
        cJSON_AddItemToArray(sequences, sequence);
    }
    cJSON_AddItemToObject(object, "stages", sequences);
    cJSON_AddItemToObject(object, "events", cJSON_Duplicate(s->events, true));
    cli_print_json(object, format == CLI_JSON);
    cJSON_Delete(object);
}

enum status cli_show(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    struct show s = {.ctx = ctx};
    enum cli_format format;
    cJSON *events = NULL;
    const struct model_sequence **runs = NULL;
    size_t count = 0;
    enum status status = cli_format(args, &format, err);
    if (status == STATUS_OK)
        status = cli_find_target(ctx, args->words[0], &s.target, err);
    if (status == STATUS_OK)
        status = cli_context_events(ctx, &s.target, &events, err);
    if (status == STATUS_OK) {
        const char *const projects[] = {s.target.project, NULL};
        status = cli_take_picture(ctx, projects, FEED_EVENTS, &s.model, err);
    }
    if (status == STATUS_OK) {
        (void)cli_apply_events(s.model, events); /* what it cannot take is printed all the same */
        s.events = events;
        s.now_ns = cli_server_now(ctx);
        count = runs_of(&s, &runs);
        if (count == 0)
            status = error_set(err, STATUS_NOT_FOUND, "the server knows %s, but no sequence of it",
                               s.target.context);
    }
    if (status == STATUS_OK && format == CLI_TABLE)
        print_text(&s, runs, count);
    else if (status == STATUS_OK)
        print_as_json(&s, format, runs, count);
    free(runs);
    cJSON_Delete(events);
    model_free(s.model);
    cli_target_free(&s.target);
    return status;
}
