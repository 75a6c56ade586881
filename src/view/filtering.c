/* The one filter of all screens: typed into a line at the bottom, with every key what fits is shown. What it
 * hides cannot be selected, marked or decided about; what waits is counted all the same. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define CANDIDATES_MAX 64 /* values that are offered */
#define EXAMPLES       "words  stage:production  service:  !state:succeeded  age>10m  label:team=x  Tab completes"

bool filtering_is_on(const struct view *v)
{
    return v->filtering.filter != NULL;
}

static int64_t now_of(struct view *v, const struct source *s)
{
    const struct source *clock = v->clock;
    v->clock = s;
    const int64_t now_ns = view_now_ns(v);
    v->clock = clock;
    return now_ns;
}

/* ---- what a row tells ---- */

static void add_text(struct filter_row *row, enum filter_field field, const char *text)
{
    for (size_t i = 0; text && i < FILTER_TEXTS_MAX; i++) {
        if (!row->texts[field][i]) {
            row->texts[field][i] = text;
            return;
        }
    }
}

static void add_source(struct filter_row *row, const struct source *s)
{
    add_text(row, FILTER_CONTEXT, s->name);
    add_text(row, FILTER_CONTEXT, s->label);
}

/* by: with who triggered and decided, which is costly to tell. */
static void row_of(struct view *v, struct pick pick, bool by, struct filter_row *out)
{
    const struct model_sequence *seq = pick.seq;
    add_source(out, pick.source);
    add_text(out, FILTER_PROJECT, seq->stage->project->name);
    add_text(out, FILTER_STAGE, seq->stage->name);
    add_text(out, FILTER_SERVICE, seq->service);
    add_text(out, FILTER_STATE, model_state_name(seq->state));
    add_text(out, FILTER_SEQUENCE, seq->name);
    add_text(out, FILTER_TASK, seq->task);
    add_text(out, FILTER_RUN, seq->context);
    add_text(out, FILTER_VERSION, seq->version);
    add_text(out, FILTER_RESULT, seq->approval.triggered_id ? seq->approval.result : seq->result);
    if (by) {
        if (seq->triggered_by)
            add_text(out, FILTER_BY, view_source_name(v, seq->triggered_by));
        for (size_t i = 0; i < seq->decision_count; i++)
            add_text(out, FILTER_BY, seq->decisions[i].by);
    }
    out->labels = seq->labels;
    out->label_count = seq->label_count;
    out->since_ns = seq->since_ns;
}

void filtering_row_of(struct view *v, struct pick pick, struct filter_row *out)
{
    row_of(v, pick, filter_needs(v->filtering.filter, FILTER_BY), out);
}

bool view_fits_row(struct view *v, const struct source *s, struct filter_row *row)
{
    struct filtering *f = &v->filtering;
    row->now_ns = filter_needs(f->filter, FILTER_AGE) ? now_of(v, s) : 0;
    return filter_fits(f->filter, row, &f->changes_ns);
}

bool view_fits(struct view *v, struct pick pick)
{
    struct filter_row row = {0};
    if (!v->filtering.filter)
        return true;
    filtering_row_of(v, pick, &row);
    return view_fits_row(v, pick.source, &row);
}

bool view_fits_group(struct view *v, const struct source *s, const struct model_project *project,
                     const struct model_stage *stage)
{
    struct filter_row row = {0};
    if (!v->filtering.filter)
        return true;
    add_source(&row, s);
    add_text(&row, FILTER_PROJECT, project ? project->name : NULL);
    add_text(&row, FILTER_STAGE, stage ? stage->name : NULL);
    return view_fits_row(v, s, &row);
}

bool filtering_has_aged(const struct view *v)
{
    return v->filtering.changes_ns != INT64_MAX && view_now_ns(v) >= v->filtering.changes_ns;
}

void filtering_sync(struct view *v)
{
    struct filtering *f = &v->filtering;
    if (f->revision != v->revision) {
        f->revision = v->revision;
        f->hidden_waiting = 0;
        for (size_t i = 0; f->filter && i < view_waiting_count(v); i++)
            f->hidden_waiting += view_fits(v, view_waiting_at(v, i)) ? 0 : 1;
    }
    view_note_change(v, f->changes_ns);
}

/* ---- typing ---- */

/* Takes over what can be read of a text. Returns whether that is all of it. */
static bool set_filter(struct view *v, const char *text, struct error *err)
{
    struct filtering *f = &v->filtering;
    struct filter *filter = NULL;
    const enum status status = filter_parse(text, &filter, err);
    filter_free(f->filter);
    f->filter = filter;
    char *copy = filter ? mem_string(text) : NULL;
    free(f->text);
    f->text = copy;
    f->changes_ns = INT64_MAX;
    v->revision++;
    return status == STATUS_OK;
}

void filtering_clear(struct view *v)
{
    (void)set_filter(v, "", NULL); /* no term can be wrong */
}

void filtering_set(struct view *v, const char *text)
{
    struct error err = ERROR_NONE;
    if (!set_filter(v, text, &err))
        view_say(v, true, "%s", err.text);
}

void filtering_free(struct filtering *f)
{
    filter_free(f->filter);
    free(f->text);
    history_free(&f->history);
    *f = (struct filtering){0};
}

static void on_change(void *arg, struct prompt *p)
{
    struct view *v = arg;
    struct error err = ERROR_NONE;
    if (!set_filter(v, prompt_text(p), &err))
        prompt_note(p, true, err.text);
    else if (*prompt_text(p) == '\0')
        prompt_note(p, false, EXAMPLES);
}

static void open_with(struct view *v, const char *text);

static void on_done(void *arg, struct prompt *p, bool kept)
{
    struct view *v = arg;
    struct error err = ERROR_NONE;
    if (!kept) {
        filtering_clear(v);
        return;
    }
    if (set_filter(v, prompt_text(p), &err))
        return;
    char *text = mem_string(prompt_text(p)); /* half of it would be another filter */
    open_with(v, text);
    free(text);
    prompt_note(p, true, err.text);
}

/* ---- completion ---- */

struct candidates {
    const char *typed; /* what they begin with */
    const char *texts[CANDIDATES_MAX];
    size_t count;
};

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void offer(struct candidates *c, const char *text)
{
    if (!text || !*text || !begins(text, c->typed) || c->count == CANDIDATES_MAX)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->texts[i], text) == 0)
            return;
    c->texts[c->count++] = text;
}

static void offer_of_sequence(struct view *v, struct candidates *c, enum filter_field field, struct pick pick)
{
    struct filter_row row = {0};
    row_of(v, pick, field == FILTER_BY, &row);
    for (size_t i = 0; field < FILTER_TEXT_FIELDS && i < FILTER_TEXTS_MAX && row.texts[field][i]; i++)
        offer(c, row.texts[field][i]);
    for (size_t i = 0; field == FILTER_LABEL && i < row.label_count; i++)
        offer(c, row.labels[i].key);
}

static void offer_values(struct view *v, struct candidates *c, enum filter_field field)
{
    for (int i = 0; field == FILTER_STATE && i < MODEL_NOT_REACHED; i++)
        offer(c, model_state_name((enum model_state)i));
    for (size_t s = 0; s < v->source_count; s++) {
        struct pick pick = {.source = v->sources[s]};
        for (struct model_walk walk = {0}; (pick.seq = model_next_sequence(pick.source->model, &walk));)
            offer_of_sequence(v, c, field, pick);
    }
}

static void offer_fields(struct view *v, struct candidates *c)
{
    for (int i = 0; i < FILTER_FIELDS; i++)
        offer(c,
              view_printf(v, "%s%s", filter_field_name((enum filter_field)i), i == FILTER_AGE ? ">" : ":"));
}

/* Bytes that all of them begin with. */
static size_t common_len(const struct candidates *c)
{
    size_t len = strlen(c->texts[0]);
    for (size_t i = 1; i < c->count; i++) {
        size_t same = 0;
        while (same < len && c->texts[i][same] == c->texts[0][same])
            same++;
        len = same;
    }
    while (len > 0 && ((unsigned char)c->texts[0][len] & 0xc0) == 0x80)
        len--; /* no part of a character */
    return len;
}

static const char *list_of(struct view *v, const struct candidates *c)
{
    const char *all = "";
    for (size_t i = 0; i < c->count && strlen(all) < 300; i++)
        all = view_printf(v, "%s%s%s", all, i ? "  " : "", view_safe(v, c->texts[i]));
    return all;
}

static void complete(void *arg, struct prompt *p, bool back)
{
    struct view *v = arg;
    const char *text = prompt_text(p), *head = view_printf(v, "%.*s", (int)p->cursor, text);
    const char *blank = strrchr(head, ' '), *term = blank ? blank + 1 : head;
    (void)back;
    term += strspn(term, "!");
    const char *colon = strchr(term, ':');
    struct candidates *c = &(struct candidates){.typed = colon ? colon + 1 : term};
    enum filter_field field = FILTER_FIELDS;
    for (int i = 0; colon && i < FILTER_FIELDS; i++)
        if (strlen(filter_field_name((enum filter_field)i)) == (size_t)(colon - term) &&
            begins(term, filter_field_name((enum filter_field)i)))
            field = (enum filter_field)i;
    if (!colon)
        offer_fields(v, c);
    else if (field != FILTER_FIELDS)
        offer_values(v, c, field);
    if (c->count == 0) {
        prompt_note(p, false, "nothing known begins so");
        return;
    }
    const char *done =
        view_printf(v, "%.*s%.*s", (int)(c->typed - head), head, (int)common_len(c), c->texts[0]);
    prompt_set_text(p, view_printf(v, "%s%s", done, text + p->cursor), strlen(done));
    on_change(v, p);
    if (c->count > 1)
        prompt_note(p, false, list_of(v, c));
}

static void open_with(struct view *v, const char *text)
{
    static const struct prompt_ops ops = {
        .sign = "/", .on_change = on_change, .on_done = on_done, .on_tab = complete};
    prompt_open(&v->prompt, &ops, v, &v->filtering.history, text);
}

void filtering_open(struct view *v)
{
    open_with(v, v->filtering.text);
    if (!v->filtering.text)
        prompt_note(&v->prompt, false, EXAMPLES);
}
