/* list.c: what is there, as a tree or as a table. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/picture.h"

#define TREE_ENDED 3 /* ended sequences of a stage that the tree shows */

const struct cli_option cli_list_options[] = {
    {"since", 0, "AGE", "only what changed within it: 30m, 12h, 72h"},
    {"output", 'o', "FORMAT", "table, json or ndjson"},
    {NULL, 0, NULL, NULL},
};

struct list {
    const struct model *model;
    enum cli_format format;
    int64_t now_ns, since_ns; /* since: 0: any time */
};

static bool is_recent(const struct list *l, const struct model_sequence *seq)
{
    int64_t newest = seq->since_ns > seq->finished_ns ? seq->since_ns : seq->finished_ns;
    return l->since_ns == 0 || newest >= l->since_ns || seq->triggered_ns >= l->since_ns;
}

/* Prints what was asked for, the table or the items, and frees both. */
static void finish(const struct list *l, struct cli_table *t, cJSON *items)
{
    if (l->format == CLI_TABLE) {
        cli_table_end(t);
    } else {
        cli_table_drop(t);
        cli_print_items(items, l->format);
    }
    cJSON_Delete(items);
}

/* --- the tree --- */

static cJSON *tree_json(const struct list *l)
{
    cJSON *projects = cJSON_CreateArray();
    for (size_t i = 0; i < model_project_count(l->model); i++) {
        const struct model_project *p = model_project_at(l->model, i);
        cJSON *project = cJSON_CreateObject(), *stages = cJSON_CreateArray();
        cJSON_AddItemToArray(projects, project);
        cJSON_AddStringToObject(project, "project", p->name);
        cJSON_AddItemToObject(project, "stages", stages);
        for (size_t k = 0; k < p->stage_count; k++) {
            cJSON *stage = cJSON_CreateObject(), *sequences = cJSON_CreateArray();
            cJSON_AddItemToArray(stages, stage);
            cJSON_AddStringToObject(stage, "stage", p->stages[k]->name);
            cJSON_AddItemToObject(stage, "sequences", sequences);
            for (size_t n = 0; n < p->stages[k]->sequence_count; n++)
                if (is_recent(l, p->stages[k]->sequences[n]))
                    cJSON_AddItemToArray(sequences, cli_sequence_json(l->model, p->stages[k]->sequences[n]));
        }
    }
    return projects;
}

static void add_tree_row(const struct list *l, struct cli_table *t, const struct model_sequence *seq)
{
    char *state = mem_printf("    %s %s", cli_state_glyph(seq->state), model_state_name(seq->state));
    char *version =
        mem_printf("%s%s%s", cli_version_of(seq) != NULL ? cli_version_of(seq) : "-",
                   seq->version_differs ? " (label differs)" : "", seq->goes_back ? " (goes back)" : "");
    bool ended = seq->state >= MODEL_SUCCEEDED;
    cli_table_add(t, state);
    cli_table_add(t, seq->name);
    cli_table_add(t, seq->service);
    cli_table_add(t, version);
    cli_table_add(t, ended ? NULL : seq->task);
    cli_table_add_age(t, seq->since_ns, l->now_ns);
    cli_table_add_id(t, seq->context);
    free(version);
    free(state);
}

static void add_tree_stage(const struct list *l, struct cli_table *t, const struct model_stage *stage)
{
    size_t ended = 0, left = 0;
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        if (!is_recent(l, seq))
            continue;
        if (seq->state >= MODEL_SUCCEEDED && ended >= TREE_ENDED && l->since_ns == 0) {
            left++;
            continue;
        }
        ended += seq->state >= MODEL_SUCCEEDED;
        add_tree_row(l, t, seq);
    }
    if (left > 0) {
        char *text = mem_printf("    %zu earlier", left);
        cli_table_add_line(t, text);
        free(text);
    }
}

static void list_tree(const struct list *l)
{
    static const char *const titles[] = {"STATE", "SEQUENCE", "SERVICE", "VERSION",
                                         "TASK",  "AGE",      "ID",      NULL};
    struct cli_table t;
    cli_table_begin(&t, titles);
    for (size_t i = 0; i < model_project_count(l->model); i++) {
        const struct model_project *p = model_project_at(l->model, i);
        cli_table_add_line(&t, p->name);
        for (size_t k = 0; k < p->stage_count; k++) {
            char *name = mem_printf("  %s", p->stages[k]->name);
            cli_table_add_line(&t, name);
            free(name);
            add_tree_stage(l, &t, p->stages[k]);
        }
    }
    finish(l, &t, tree_json(l));
}

/* --- tables --- */

static void list_waiting(const struct list *l)
{
    static const char *const titles[] = {"ID",      "PROJECT", "STAGE", "SEQUENCE", "SERVICE",
                                         "VERSION", "SO FAR",  "WAITS", NULL};
    struct cli_table t;
    cJSON *items = cJSON_CreateArray();
    cli_table_begin(&t, titles);
    for (size_t i = 0; i < model_waiting_count(l->model); i++) {
        const struct model_sequence *seq = model_waiting_at(l->model, i);
        if (!is_recent(l, seq))
            continue;
        cJSON_AddItemToArray(items, cli_sequence_json(l->model, seq));
        cli_table_add_id(&t, seq->context);
        cli_table_add(&t, seq->stage->project->name);
        cli_table_add(&t, seq->stage->name);
        cli_table_add(&t, seq->name);
        cli_table_add(&t, seq->service);
        cli_table_add(&t, cli_version_of(seq));
        cli_table_add(&t, seq->approval.result);
        cli_table_add_age(&t, seq->since_ns, l->now_ns);
    }
    finish(l, &t, items);
}

static void list_sequences(const struct list *l)
{
    static const char *const titles[] = {"ID",      "PROJECT", "STAGE", "SEQUENCE", "SERVICE",
                                         "VERSION", "STATE",   "TASK",  "AGE",      NULL};
    struct cli_table t;
    struct model_walk walk = {0};
    cJSON *items = cJSON_CreateArray();
    cli_table_begin(&t, titles);
    for (const struct model_sequence *seq; (seq = model_next_sequence(l->model, &walk)) != NULL;) {
        if (!is_recent(l, seq))
            continue;
        cJSON_AddItemToArray(items, cli_sequence_json(l->model, seq));
        cli_table_add_id(&t, seq->context);
        cli_table_add(&t, seq->stage->project->name);
        cli_table_add(&t, seq->stage->name);
        cli_table_add(&t, seq->name);
        cli_table_add(&t, seq->service);
        cli_table_add(&t, cli_version_of(seq));
        cli_table_add(&t, model_state_name(seq->state));
        cli_table_add(&t, seq->state >= MODEL_SUCCEEDED ? NULL : seq->task);
        cli_table_add_age(&t, seq->since_ns, l->now_ns);
    }
    finish(l, &t, items);
}

static cJSON *project_json(const struct model_project *p)
{
    cJSON *project = cJSON_CreateObject(), *stages = cJSON_CreateArray(), *counts = cJSON_CreateObject();
    cJSON_AddStringToObject(project, "project", p->name);
    for (size_t k = 0; k < p->stage_count; k++)
        cJSON_AddItemToArray(stages, cJSON_CreateString(p->stages[k]->name));
    cJSON_AddItemToObject(project, "stages", stages);
    for (int s = 0; s < MODEL_NOT_REACHED; s++)
        cJSON_AddNumberToObject(counts, model_state_name((enum model_state)s), (double)p->counts[s]);
    cJSON_AddItemToObject(project, "sequences", counts);
    return project;
}

static void add_count(struct cli_table *t, size_t count)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%zu", count); /* 20 digits at most */
    cli_table_add(t, text);
}

static void list_projects(const struct list *l)
{
    static const char *const titles[] = {"PROJECT", "STAGES", "WAITING", "RUNNING",
                                         "QUEUED",  "PAUSED", "FAILED",  NULL};
    struct cli_table t;
    cJSON *items = cJSON_CreateArray();
    cli_table_begin(&t, titles);
    for (size_t i = 0; i < model_project_count(l->model); i++) {
        const struct model_project *p = model_project_at(l->model, i);
        struct buffer stages = BUFFER_LIMIT(4096);
        for (size_t k = 0; k < p->stage_count; k++)
            buffer_printf(&stages, "%s%s", k > 0 ? ", " : "", p->stages[k]->name);
        cJSON_AddItemToArray(items, project_json(p));
        cli_table_add(&t, p->name);
        cli_table_add(&t, buffer_text(&stages));
        add_count(&t, p->counts[MODEL_WAITING]);
        add_count(&t, p->counts[MODEL_RUNNING]);
        add_count(&t, p->counts[MODEL_QUEUED]);
        add_count(&t, p->counts[MODEL_PAUSED]);
        add_count(&t, p->counts[MODEL_FAILED] + p->counts[MODEL_TIMED_OUT]);
        buffer_free(&stages);
    }
    finish(l, &t, items);
}

/* --- decided --- */

struct decided {
    const struct model_sequence *seq;
    const struct model_decision *decision;
};

static int newest_first(const void *a, const void *b)
{
    const struct decided *x = a, *y = b;
    return (x->decision->time_ns < y->decision->time_ns) - (x->decision->time_ns > y->decision->time_ns);
}

static size_t collect_decided(const struct list *l, struct decided **out)
{
    struct model_walk walk = {0};
    size_t count = 0, capacity = 0;
    *out = NULL;
    for (const struct model_sequence *seq; (seq = model_next_sequence(l->model, &walk)) != NULL;) {
        for (size_t i = 0; i < seq->decision_count; i++) {
            if (!seq->decisions[i].by_person || seq->decisions[i].time_ns < l->since_ns)
                continue;
            MEM_GROW(*out, count, capacity);
            (*out)[count++] = (struct decided){seq, &seq->decisions[i]};
        }
    }
    if (count > 0)
        qsort(*out, count, sizeof **out, newest_first);
    return count;
}

static cJSON *decided_json(const struct decided *d)
{
    cJSON *item = cJSON_CreateObject();
    const char *const texts[][2] = {
        {"keptnContext", d->seq->context}, {"project", d->seq->stage->project->name},
        {"stage", d->seq->stage->name},    {"sequence", d->seq->name},
        {"service", d->seq->service},      {"image", d->seq->image},
        {"version", d->seq->version},      {"triggeredId", d->decision->triggered_id},
        {"result", d->decision->result},   {"by", d->decision->by},
        {"via", d->decision->via},         {"comment", d->decision->comment}};
    char time[CLOCK_TEXT_SIZE];
    clock_format(d->decision->time_ns, time);
    cJSON_AddStringToObject(item, "time", time);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i][1] != NULL)
            cJSON_AddStringToObject(item, texts[i][0], texts[i][1]);
    return item;
}

static void list_decided(const struct list *l)
{
    static const char *const titles[] = {"TIME",    "ID",       "PROJECT", "STAGE",   "SERVICE",
                                         "VERSION", "DECISION", "BY",      "COMMENT", NULL};
    struct decided *decided;
    size_t count = collect_decided(l, &decided);
    struct cli_table t;
    cJSON *items = cJSON_CreateArray();
    cli_table_begin(&t, titles);
    for (size_t i = 0; i < count; i++) {
        const struct decided *d = &decided[i];
        bool declined = d->decision->result != NULL && strcmp(d->decision->result, "fail") == 0;
        cJSON_AddItemToArray(items, decided_json(d));
        cli_table_add_time(&t, d->decision->time_ns);
        cli_table_add_id(&t, d->seq->context);
        cli_table_add(&t, d->seq->stage->project->name);
        cli_table_add(&t, d->seq->stage->name);
        cli_table_add(&t, d->seq->service);
        cli_table_add(&t, cli_version_of(d->seq));
        cli_table_add(&t, declined ? "declined" : "approved");
        cli_table_add(&t, d->decision->by);
        cli_table_add(&t, d->decision->comment);
    }
    finish(l, &t, items);
    free(decided);
}

/* --- the command --- */

static const struct {
    const char *word;
    void (*print)(const struct list *l);
} lists[] = {
    {"tree", list_tree},         {"waiting", list_waiting}, {"sequences", list_sequences},
    {"projects", list_projects}, {"decided", list_decided},
};

enum status cli_list(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *word = args->word_count > 0 ? args->words[0] : "tree", *since = cli_value(args, "since");
    struct list l = {0};
    struct model *model = NULL;
    int64_t age_ns = 0;
    size_t which = 0;
    enum status status = cli_format(args, &l.format, err);
    while (which < sizeof lists / sizeof *lists && strcmp(lists[which].word, word) != 0)
        which++;
    if (status == STATUS_OK && which == sizeof lists / sizeof *lists)
        status = error_set(err, STATUS_USAGE, "%s cannot be listed: waiting, sequences, projects or decided",
                           word);
    if (status == STATUS_OK && since != NULL && (!clock_parse_duration(since, &age_ns) || age_ns <= 0))
        status = error_set(err, STATUS_USAGE, "--since %s: must be an age such as 30m or 12h", since);
    if (status == STATUS_OK)
        status = cli_take_picture(ctx, NULL, FEED_EVENTS, &model, err);
    if (status != STATUS_OK)
        return status;
    l.model = model;
    l.now_ns = cli_server_now(ctx);
    l.since_ns = since != NULL ? l.now_ns - age_ns : 0;
    lists[which].print(&l);
    model_free(model);
    return STATUS_OK;
}
