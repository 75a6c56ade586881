/* The tree: project, stage, sequence. Rows are made from the model when it has changed; the cursor stands on
 * a sequence, not on a row. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"
#include "view/rows.h"

#define SETTLE_MS       120 /* after the last step of the cursor the detail follows */
#define FINISHED_SHOWN  3   /* newest ended sequences of a stage that are not folded away */
#define SERVICES_LOOKED 64  /* services of a stage whose newest run is judged */
#define ENDED_LOOKED    256 /* ended sequences of a stage that are looked at for it */

static bool has_ended(const struct model_sequence *seq)
{
    return seq->state >= MODEL_SUCCEEDED && seq->state <= MODEL_ABORTED;
}

/* ---- folds ---- */

static const char *fold_key(struct view *v, const struct row *row, const char *mark)
{
    if (row->kind == ROW_SOURCE)
        return view_printf(v, "%s%s", mark, row->source->name);
    if (row->kind == ROW_PROJECT)
        return view_printf(v, "%s%s/%s", mark, row->source->name, row->project->name);
    return view_printf(v, "%s%s/%s/%s", mark, row->source->name, row->project->name, row->stage->name);
}

bool tree_is_folded(struct view *v, const struct row *row, const char *mark)
{
    return map_get(&v->tree.folds, fold_key(v, row, mark)) != NULL;
}

static void set_folded(struct view *v, const struct row *row, const char *mark, bool folded)
{
    const char *key = fold_key(v, row, mark);
    const bool was = folded ? map_put(&v->tree.folds, key, v) != NULL /* any pointer stands for "yes" */
                            : map_remove(&v->tree.folds, key) != NULL;
    v->tree.folds_changed = v->tree.folds_changed || was != folded;
    v->tree.built = false;
}

void view_fold(struct view *v, const char *key)
{
    (void)map_put(&v->tree.folds, key, v);
    v->tree.built = false;
}

size_t view_folds(const struct view *v, const char **keys, size_t most, bool *changed)
{
    const char *key;
    void *value;
    size_t count = 0;
    for (size_t i = 0; map_next(&v->tree.folds, &i, &key, &value); count++)
        if (count < most)
            keys[count] = key;
    if (changed)
        *changed = v->tree.folds_changed;
    return count;
}

/* ---- the row under the cursor, by name ---- */

static void id_free(struct row_id *id)
{
    free(id->source);
    free(id->project);
    free(id->stage);
    free(id->context);
    free(id->sequence);
    free(id->triggered_id);
    *id = (struct row_id){0};
}

static struct row_id id_of(const struct row *row)
{
    struct row_id id = {.kind = row->kind, .source = mem_string(row->source->name)};
    if (row->project)
        id.project = mem_string(row->project->name);
    if (row->stage)
        id.stage = mem_string(row->stage->name);
    if (row->seq) {
        id.context = mem_string(row->seq->context);
        id.sequence = mem_string(row->seq->name);
        id.triggered_id = mem_string(row->seq->triggered_id);
    }
    return id;
}

static bool id_is_sequence(const struct row_id *id, const struct model_sequence *seq)
{
    return id->kind == ROW_SEQUENCE && mem_same_text(id->context, seq->context) &&
           mem_same_text(id->sequence, seq->name) &&
           (!id->triggered_id || !seq->triggered_id || mem_same_text(id->triggered_id, seq->triggered_id)) &&
           mem_same_text(id->stage, seq->stage->name) &&
           mem_same_text(id->project, seq->stage->project->name);
}

static bool id_is_row(const struct row_id *id, const struct row *row)
{
    if (id->kind != row->kind || !mem_same_text(id->source, row->source->name))
        return false;
    if (row->kind == ROW_SEQUENCE)
        return id_is_sequence(id, row->seq);
    return mem_same_text(id->project, row->project ? row->project->name : NULL) &&
           mem_same_text(id->stage, row->stage ? row->stage->name : NULL);
}

static void set_cursor(struct tree *t, size_t row)
{
    assert(row < t->count);
    t->cursor = row;
    id_free(&t->id);
    t->id = id_of(&t->rows[row]);
    t->has_id = true;
}

/* ---- rows ---- */

static void add_row(struct tree *t, struct row row)
{
    MEM_GROW(t->rows, t->count, t->capacity);
    t->rows[t->count++] = row;
}

static void add_sequences(struct view *v, struct source *source, const struct model_stage *stage)
{
    struct tree *t = &v->tree;
    const struct row earlier = {
        .kind = ROW_EARLIER, .source = source, .project = stage->project, .stage = stage};
    const bool all = tree_is_folded(v, &earlier, "+");
    size_t ended = 0, earlier_row = 0;
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        const bool is_ended = has_ended(seq);
        if (!view_fits(v, (struct pick){.source = source, .seq = seq}))
            continue;
        ended += is_ended ? 1 : 0;
        if (is_ended && ended == FINISHED_SHOWN + 1) {
            earlier_row = t->count;
            add_row(t, earlier);
        }
        if (is_ended && ended > FINISHED_SHOWN) {
            t->rows[earlier_row].earlier++;
            if (!all &&
                !(t->has_id && mem_same_text(t->id.source, source->name) && id_is_sequence(&t->id, seq)))
                continue;
        }
        add_row(t, (struct row){.kind = ROW_SEQUENCE,
                                .source = source,
                                .project = stage->project,
                                .stage = stage,
                                .seq = seq});
    }
    if (stage->trimmed > 0 && ended > FINISHED_SHOWN && !filtering_is_on(v))
        t->rows[earlier_row].earlier += (size_t)stage->trimmed; /* dropped from the model, and said to be */
}

size_t tree_failed_in(const struct model_stage *stage)
{
    const char *seen[SERVICES_LOOKED];
    size_t seen_count = 0, failed = 0;
    const size_t *n = stage->counts; /* those that have not ended are listed first */
    const size_t first = n[MODEL_WAITING] + n[MODEL_RUNNING] + n[MODEL_QUEUED] + n[MODEL_PAUSED];
    for (size_t i = first; i < stage->sequence_count && i < first + ENDED_LOOKED; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        size_t j = 0;
        while (j < seen_count && seen[j] != seq->service) /* the model's strings are interned */
            j++;
        if (j < seen_count || seen_count == SERVICES_LOOKED)
            continue;
        seen[seen_count++] = seq->service;
        failed += seq->state == MODEL_FAILED || seq->state == MODEL_TIMED_OUT ? 1 : 0;
    }
    return failed;
}

/* Does the filter leave anything of a stage? One without sequences speaks for itself. */
static bool stage_fits(struct view *v, struct source *source, const struct model_stage *stage)
{
    if (stage->sequence_count == 0)
        return view_fits_group(v, source, stage->project, stage);
    for (size_t i = 0; i < stage->sequence_count; i++)
        if (view_fits(v, (struct pick){.source = source, .seq = stage->sequences[i]}))
            return true;
    return false;
}

static void add_project(struct view *v, struct source *source, const struct model_project *project)
{
    struct tree *t = &v->tree;
    struct row row = {.kind = ROW_PROJECT, .source = source, .project = project};
    const bool folded = tree_is_folded(v, &row, "");
    const size_t place = t->count;
    bool fits = project->stage_count == 0 && view_fits_group(v, source, project, NULL);
    add_row(t, row);
    for (size_t i = 0; i < project->stage_count; i++) {
        if (!stage_fits(v, source, project->stages[i]))
            continue;
        fits = true;
        if (folded)
            break;
        row = (struct row){
            .kind = ROW_STAGE, .source = source, .project = project, .stage = project->stages[i]};
        add_row(t, row);
        if (!tree_is_folded(v, &row, ""))
            add_sequences(v, source, project->stages[i]);
    }
    if (!fits)
        t->count = place; /* what is around nothing that fits goes, too */
}

static void build_rows(struct view *v)
{
    struct tree *t = &v->tree;
    t->count = 0;
    t->failed = 0;
    for (size_t k = 0; k < v->source_count; k++) {
        struct source *source = v->sources[k];
        const struct row row = {.kind = ROW_SOURCE, .source = source};
        const bool several = v->source_count > 1;
        if (several)
            add_row(t, row);
        for (size_t i = 0; i < model_project_count(source->model); i++) {
            const struct model_project *project = model_project_at(source->model, i);
            for (size_t j = 0; j < project->stage_count; j++)
                t->failed += tree_failed_in(project->stages[j]);
            if (!several || !tree_is_folded(v, &row, ""))
                add_project(v, source, project);
        }
    }
}

static bool find_sequence(const struct tree *t, const struct model_sequence *seq, size_t *row)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].seq == seq && t->rows[i].kind == ROW_SEQUENCE) {
            *row = i;
            return true;
        }
    }
    return false;
}

static bool find_id(const struct tree *t, const struct row_id *id, size_t *row)
{
    for (size_t i = 0; i < t->count; i++) {
        if (id_is_row(id, &t->rows[i])) {
            *row = i;
            return true;
        }
    }
    return false;
}

/* Where the cursor goes while the operator has chosen nothing: to what waits longest, else to what runs. */
static bool find_interesting(const struct view *v, size_t *row)
{
    const struct tree *t = &v->tree;
    for (size_t i = 0; i < view_waiting_count(v); i++)
        if (find_sequence(t, view_waiting_at(v, i).seq, row))
            return true;
    if (view_waiting_count(v) > 0 || tree_selected(v).seq)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].kind == ROW_SEQUENCE && t->rows[i].seq->state == MODEL_RUNNING) {
            *row = i;
            return true;
        }
    }
    return false;
}

/* Where the cursor goes when the filter has hidden what it was on: to what waits, else to any sequence. */
static bool find_fitting(const struct view *v, size_t *row)
{
    const struct tree *t = &v->tree;
    size_t any = t->count;
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].kind != ROW_SEQUENCE)
            continue;
        any = any < i ? any : i;
        *row = i;
        if (t->rows[i].seq->state == MODEL_WAITING)
            return true;
    }
    *row = any;
    return any < t->count;
}

static void place_cursor(struct view *v)
{
    struct tree *t = &v->tree;
    size_t row = 0;
    if (t->count == 0) {
        t->cursor = t->top = 0;
        return; /* the id stays: what it names may come back with the next snapshot */
    }
    if (t->has_id && find_id(t, &t->id, &row))
        t->cursor = row;
    else if (filtering_is_on(v) && find_fitting(v, &row))
        set_cursor(t, row);
    else if (filtering_is_on(v)) /* no sequence fits: the id stays, for when the filter lets it back */
        t->cursor = t->cursor < t->count ? t->cursor : t->count - 1;
    else
        set_cursor(t, t->cursor < t->count ? t->cursor : t->count - 1);
    if (!t->moved && find_interesting(v, &row))
        set_cursor(t, row);
}

void tree_sync(struct view *v)
{
    struct tree *t = &v->tree;
    if (t->built && t->revision == v->revision)
        return;
    build_rows(v);
    t->built = true;
    t->revision = v->revision;
    place_cursor(v);
}

const struct row *tree_row(const struct view *v)
{
    const struct tree *t = &v->tree;
    return t->cursor < t->count ? &t->rows[t->cursor] : NULL;
}

struct pick tree_selected(const struct view *v)
{
    const struct row *row = tree_row(v);
    if (!row || row->kind != ROW_SEQUENCE)
        return (struct pick){0};
    return (struct pick){.source = row->source, .seq = row->seq};
}

int64_t tree_settle_wait(const struct view *v)
{
    const int64_t left_ms = v->tree.settles_ms - view_now_ms(v);
    const bool beside = view_is_split(v) && v->screen_count == 1 && !v->box.open;
    return beside && left_ms > 0 ? left_ms : -1;
}

const struct row *tree_detail_row(struct view *v)
{
    struct tree *t = &v->tree;
    size_t row = t->cursor;
    if (row >= t->count)
        return NULL;
    if (tree_settle_wait(v) >= 0 && t->detail_id.source && find_id(t, &t->detail_id, &row))
        return &t->rows[row];
    id_free(&t->detail_id);
    t->detail_id = id_of(&t->rows[t->cursor]);
    return &t->rows[t->cursor];
}

void tree_free(struct tree *t)
{
    free(t->rows);
    id_free(&t->id);
    id_free(&t->detail_id);
    map_free(&t->folds, NULL);
    *t = (struct tree){0};
}

/* ---- moving ---- */

static void move_to(struct view *v, size_t row)
{
    if (row >= v->tree.count)
        return;
    v->tree.moved = true;
    v->tree.settles_ms = view_now_ms(v) + SETTLE_MS;
    set_cursor(&v->tree, row);
}

static void move_by(struct view *v, long rows)
{
    const struct tree *t = &v->tree;
    if (t->count == 0)
        return;
    long row = (long)t->cursor + rows;
    row = row < 0 ? 0 : row >= (long)t->count ? (long)t->count - 1 : row;
    move_to(v, (size_t)row);
}

void tree_go_to(struct view *v, struct pick pick)
{
    struct tree *t = &v->tree;
    size_t row = 0;
    const struct model_stage *stage = pick.seq->stage;
    const struct row source = {.kind = ROW_SOURCE, .source = pick.source};
    const struct row project = {.kind = ROW_PROJECT, .source = pick.source, .project = stage->project};
    const struct row at = {
        .kind = ROW_STAGE, .source = pick.source, .project = stage->project, .stage = stage};
    const struct row sequence = {.kind = ROW_SEQUENCE,
                                 .source = pick.source,
                                 .project = stage->project,
                                 .stage = stage,
                                 .seq = pick.seq};
    set_folded(v, &source, "", false);
    set_folded(v, &project, "", false);
    set_folded(v, &at, "", false);
    id_free(&t->id); /* one that is folded away as an earlier one is shown while the cursor is on it */
    t->id = id_of(&sequence);
    t->has_id = true;
    tree_sync(v);
    if (find_sequence(t, pick.seq, &row))
        move_to(v, row);
}

void tree_go_to_source(struct view *v, struct source *source)
{
    tree_sync(v);
    for (size_t i = 0; i < v->tree.count; i++) {
        if (v->tree.rows[i].source == source) { /* its own row, or its first project's */
            move_to(v, i);
            return;
        }
    }
}

bool tree_next_waiting(struct view *v, int direction)
{
    const size_t count = view_waiting_count(v);
    const struct model_sequence *current = tree_selected(v).seq;
    size_t next = direction > 0 ? 0 : count - 1;
    for (size_t i = 0; i < count; i++)
        if (view_waiting_at(v, i).seq == current)
            next = (i + (direction > 0 ? 1 : count - 1)) % count;
    for (size_t i = 0; i < count; i++, next = (next + (direction > 0 ? 1 : count - 1)) % count) {
        if (view_fits(v, view_waiting_at(v, next))) {
            tree_go_to(v, view_waiting_at(v, next));
            return true;
        }
    }
    return false;
}

static const struct model_sequence *oldest_waiting_in(struct view *v, const struct row *row)
{
    const struct model_stage *stage = row->stage;
    for (size_t i = 0; i < stage->sequence_count && stage->sequences[i]->state == MODEL_WAITING; i++)
        if (view_fits(v, (struct pick){.source = row->source, .seq = stage->sequences[i]}))
            return stage->sequences[i]; /* listed first, oldest first */
    return NULL;
}

static void fold_here(struct view *v, bool folded)
{
    struct tree *t = &v->tree;
    const struct row row = t->rows[t->cursor];
    t->moved = true;
    if (row.kind == ROW_EARLIER) {
        set_folded(v, &row, "+", !folded); /* kept the other way round: folded is what it is at first */
    } else if (row.kind != ROW_SEQUENCE && tree_is_folded(v, &row, "") != folded) {
        set_folded(v, &row, "", folded);
    } else if (folded && row.kind != t->rows[0].kind) { /* folded already, or no fold: to what is around it */
        const enum row_kind parent = row.kind > ROW_STAGE ? ROW_STAGE : (enum row_kind)(row.kind - 1);
        size_t i = t->cursor;
        while (i > 0 && t->rows[i].kind != parent)
            i--;
        move_to(v, i);
    } else if (!folded && row.kind != ROW_SEQUENCE) {
        move_by(v, 1);
    } else if (!folded) {
        view_push_screen(v, &detail_screen);
    }
    tree_sync(v);
}

static void enter_here(struct view *v)
{
    const struct tree *t = &v->tree;
    const struct row row = t->rows[t->cursor];
    const struct model_sequence *waiting = row.kind == ROW_STAGE ? oldest_waiting_in(v, &row) : NULL;
    v->tree.moved = true;
    if (row.kind == ROW_SEQUENCE)
        view_push_screen(v, &detail_screen);
    else if (waiting)
        tree_go_to(v, (struct pick){.source = row.source, .seq = waiting});
    else if (row.kind == ROW_EARLIER)
        fold_here(v, tree_is_folded(v, &row, "+"));
    else
        fold_here(v, !tree_is_folded(v, &row, ""));
}

static unsigned compact_key(struct view *v, int direction)
{
    (void)tree_next_waiting(v, direction); /* nothing waits: nothing to move to */
    return VIEW_KEY_USED;
}

static bool tree_click(struct view *v, int x, int y)
{
    const struct tree *t = &v->tree;
    const size_t row = t->top + (size_t)(y - t->area.y);
    if (view_is_compact(v) || x < t->area.x || x >= t->area.x + t->area.w || y < t->area.y ||
        y >= t->area.y + t->area.h || row >= t->count)
        return false;
    move_to(v, row);
    return true;
}

static unsigned tree_act(struct view *v, enum action action)
{
    const long page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    if (v->tree.count == 0)
        return 0;
    if (view_is_compact(v) && (action == ACTION_UP || action == ACTION_DOWN))
        return compact_key(v, action == ACTION_DOWN ? 1 : -1);
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        move_by(v, action == ACTION_UP ? -1 : 1);
        return VIEW_KEY_USED;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        move_by(v, action == ACTION_PAGE_UP ? -page : page);
        return VIEW_KEY_USED;
    case ACTION_TOP:
        move_to(v, 0);
        return VIEW_KEY_USED;
    case ACTION_BOTTOM:
        move_to(v, v->tree.count - 1);
        return VIEW_KEY_USED;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        fold_here(v, action == ACTION_LEFT);
        return VIEW_KEY_USED;
    case ACTION_PANE:
        v->tree.moved = true;
        view_push_screen(v, &detail_screen);
        return VIEW_KEY_USED;
    case ACTION_OPEN:
        enter_here(v);
        return VIEW_KEY_USED;
    default:
        return 0;
    }
}

static const struct hint tree_hints[] = {{.action = ACTION_APPROVE},      {.action = ACTION_DECLINE},
                                         {.action = ACTION_NEXT_WAITING}, {.action = ACTION_OPEN},
                                         {.action = ACTION_FILTER},       {.action = ACTION_COMMAND},
                                         {.action = ACTION_JOB_LOG},      {.action = ACTION_HELP},
                                         {ACTION_QUIT, "quit", NULL},     {.action = ACTION_NONE}};
static const struct own_action tree_own[] = {
    {ACTION_UP, NULL},      {ACTION_DOWN, NULL},
    {ACTION_LEFT, NULL},    {ACTION_RIGHT, NULL},
    {ACTION_PAGE_UP, NULL}, {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL},     {ACTION_BOTTOM, NULL},
    {ACTION_PANE, NULL},    {ACTION_OPEN, "opens; on a stage: to its oldest waiting sequence"},
    {ACTION_NONE, NULL}};
const struct view_ops tree_screen = {.name = "tree",
                                     .draw = rows_draw,
                                     .act = tree_act,
                                     .click = tree_click,
                                     .keys = tree_hints,
                                     .own = tree_own};
