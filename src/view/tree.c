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

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- folds ---- */

static const char *fold_key(struct view *v, const struct row *row, const char *mark)
{
    if (row->kind == ROW_PROJECT)
        return view_printf(v, "%s%s", mark, row->project->name);
    return view_printf(v, "%s%s/%s", mark, row->project->name, row->stage->name);
}

static bool is_folded(struct view *v, const struct row *row, const char *mark)
{
    return map_get(&v->tree.folds, fold_key(v, row, mark)) != NULL;
}

static void set_folded(struct view *v, const struct row *row, const char *mark, bool folded)
{
    const char *key = fold_key(v, row, mark);
    if (folded)
        (void)map_put(&v->tree.folds, key, v); /* any pointer stands for "yes" */
    else
        (void)map_remove(&v->tree.folds, key);
    v->tree.built = false;
}

/* ---- the row under the cursor, by name ---- */

static void id_free(struct row_id *id)
{
    free(id->project);
    free(id->stage);
    free(id->context);
    free(id->sequence);
    free(id->triggered_id);
    *id = (struct row_id){0};
}

static struct row_id id_of(const struct row *row)
{
    struct row_id id = {.kind = row->kind, .project = mem_string(row->project->name)};
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
    return id->kind == ROW_SEQUENCE && same_text(id->context, seq->context) &&
           same_text(id->sequence, seq->name) &&
           (!id->triggered_id || !seq->triggered_id || same_text(id->triggered_id, seq->triggered_id)) &&
           same_text(id->stage, seq->stage->name) && same_text(id->project, seq->stage->project->name);
}

static bool id_is_row(const struct row_id *id, const struct row *row)
{
    if (id->kind != row->kind)
        return false;
    if (row->kind == ROW_SEQUENCE)
        return id_is_sequence(id, row->seq);
    return same_text(id->project, row->project->name) &&
           same_text(id->stage, row->stage ? row->stage->name : NULL);
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

static void add_sequences(struct view *v, const struct model_stage *stage)
{
    struct tree *t = &v->tree;
    struct row earlier = {.kind = ROW_EARLIER, .project = stage->project, .stage = stage};
    const bool all = is_folded(v, &earlier, "+");
    size_t ended = 0, earlier_row = 0;
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        const bool is_ended = has_ended(seq);
        ended += is_ended ? 1 : 0;
        if (is_ended && ended == FINISHED_SHOWN + 1) {
            earlier_row = t->count;
            add_row(t, earlier);
        }
        if (is_ended && ended > FINISHED_SHOWN) {
            t->rows[earlier_row].earlier++;
            if (!all && !(t->has_id && id_is_sequence(&t->id, seq)))
                continue;
        }
        add_row(t, (struct row){.kind = ROW_SEQUENCE, .project = stage->project, .stage = stage, .seq = seq});
    }
    if (stage->trimmed > 0 && ended > FINISHED_SHOWN)
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

static void build_rows(struct view *v)
{
    struct tree *t = &v->tree;
    t->count = 0;
    t->failed = 0;
    for (size_t i = 0; i < model_project_count(v->model); i++) {
        const struct model_project *project = model_project_at(v->model, i);
        struct row row = {.kind = ROW_PROJECT, .project = project};
        for (size_t j = 0; j < project->stage_count; j++)
            t->failed += tree_failed_in(project->stages[j]);
        add_row(t, row);
        if (is_folded(v, &row, ""))
            continue;
        for (size_t j = 0; j < project->stage_count; j++) {
            row = (struct row){.kind = ROW_STAGE, .project = project, .stage = project->stages[j]};
            add_row(t, row);
            if (!is_folded(v, &row, ""))
                add_sequences(v, project->stages[j]);
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
    if (model_waiting_count(v->model) > 0)
        return find_sequence(t, model_waiting_at(v->model, 0), row);
    if (tree_selected(v))
        return false;
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].kind == ROW_SEQUENCE && t->rows[i].seq->state == MODEL_RUNNING) {
            *row = i;
            return true;
        }
    }
    return false;
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
    else
        set_cursor(t, t->cursor < t->count ? t->cursor : t->count - 1);
    if (!t->moved && find_interesting(v, &row))
        set_cursor(t, row);
}

void tree_sync(struct view *v)
{
    struct tree *t = &v->tree;
    const uint64_t revision = model_revision(v->model);
    if (t->built && t->revision == revision)
        return;
    build_rows(v);
    t->built = true;
    t->revision = revision;
    place_cursor(v);
}

const struct model_sequence *tree_selected(const struct view *v)
{
    const struct tree *t = &v->tree;
    return t->cursor < t->count && t->rows[t->cursor].kind == ROW_SEQUENCE ? t->rows[t->cursor].seq : NULL;
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
    if (tree_settle_wait(v) >= 0 && t->detail_id.project && find_id(t, &t->detail_id, &row))
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

/* Unfolds what hides a sequence, and goes there. */
static void go_to_sequence(struct view *v, const struct model_sequence *seq)
{
    struct tree *t = &v->tree;
    size_t row = 0;
    const struct model_stage *stage = seq->stage;
    set_folded(v, &(struct row){.kind = ROW_PROJECT, .project = stage->project}, "", false);
    set_folded(v, &(struct row){.kind = ROW_STAGE, .project = stage->project, .stage = stage}, "", false);
    tree_sync(v);
    if (find_sequence(t, seq, &row))
        move_to(v, row);
}

bool tree_next_waiting(struct view *v, int direction)
{
    const size_t count = model_waiting_count(v->model);
    const struct model_sequence *current = tree_selected(v);
    size_t next = direction > 0 ? 0 : count - 1;
    if (count == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (model_waiting_at(v->model, i) == current)
            next = (i + (direction > 0 ? 1 : count - 1)) % count;
    go_to_sequence(v, model_waiting_at(v->model, next));
    return true;
}

static const struct model_sequence *oldest_waiting_in(const struct model_stage *stage)
{
    const struct model_sequence *first = stage->sequence_count > 0 ? stage->sequences[0] : NULL;
    return first && first->state == MODEL_WAITING ? first : NULL; /* listed first, oldest first */
}

static void fold_here(struct view *v, bool folded)
{
    struct tree *t = &v->tree;
    const struct row row = t->rows[t->cursor];
    t->moved = true;
    if (row.kind == ROW_EARLIER) {
        set_folded(v, &row, "+", !folded); /* kept the other way round: folded is what it is at first */
    } else if (row.kind != ROW_SEQUENCE && is_folded(v, &row, "") != folded) {
        set_folded(v, &row, "", folded);
    } else if (folded && row.kind != ROW_PROJECT) { /* folded already, or no fold: to what is around it */
        const enum row_kind parent = row.kind == ROW_STAGE ? ROW_PROJECT : ROW_STAGE;
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
    const struct model_sequence *waiting = row.kind == ROW_STAGE ? oldest_waiting_in(row.stage) : NULL;
    v->tree.moved = true;
    if (row.kind == ROW_SEQUENCE)
        view_push_screen(v, &detail_screen);
    else if (waiting)
        go_to_sequence(v, waiting);
    else if (row.kind == ROW_EARLIER)
        fold_here(v, is_folded(v, &row, "+"));
    else
        fold_here(v, !is_folded(v, &row, ""));
}

static unsigned compact_key(struct view *v, int direction)
{
    (void)tree_next_waiting(v, direction); /* nothing waits: nothing to move to */
    return VIEW_KEY_USED;
}

static unsigned char_key(struct view *v, uint32_t ch)
{
    switch (ch) {
    case 'k':
        move_by(v, -1);
        return VIEW_KEY_USED;
    case 'j':
        move_by(v, 1);
        return VIEW_KEY_USED;
    case 'h':
        fold_here(v, true);
        return VIEW_KEY_USED;
    case 'l':
        fold_here(v, false);
        return VIEW_KEY_USED;
    case 'g':
        move_to(v, 0);
        return VIEW_KEY_USED;
    case 'G':
        move_to(v, v->tree.count - 1);
        return VIEW_KEY_USED;
    default:
        return 0;
    }
}

static unsigned tree_key(struct view *v, const struct input_event *ev)
{
    const long page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    if (v->tree.count == 0)
        return 0;
    if (view_is_compact(v) && (ev->kind == INPUT_UP || ev->kind == INPUT_DOWN))
        return compact_key(v, ev->kind == INPUT_DOWN ? 1 : -1);
    switch (ev->kind) {
    case INPUT_CHAR:
        return char_key(v, ev->ch);
    case INPUT_UP:
        move_by(v, -1);
        return VIEW_KEY_USED;
    case INPUT_DOWN:
        move_by(v, 1);
        return VIEW_KEY_USED;
    case INPUT_PAGE_UP:
        move_by(v, -page);
        return VIEW_KEY_USED;
    case INPUT_PAGE_DOWN:
        move_by(v, page);
        return VIEW_KEY_USED;
    case INPUT_HOME:
        move_to(v, 0);
        return VIEW_KEY_USED;
    case INPUT_END:
        move_to(v, v->tree.count - 1);
        return VIEW_KEY_USED;
    case INPUT_LEFT:
        fold_here(v, true);
        return VIEW_KEY_USED;
    case INPUT_RIGHT:
        fold_here(v, false);
        return VIEW_KEY_USED;
    case INPUT_TAB:
        v->tree.moved = true;
        view_push_screen(v, &detail_screen);
        return VIEW_KEY_USED;
    case INPUT_ENTER:
        enter_here(v);
        return VIEW_KEY_USED;
    default:
        return 0;
    }
}

static const char *const tree_keys[] = {"a", "approve", "D", "decline", "n", "next waiting", "Enter", "open",
                                        "L", "job log", "?", "help",    "q", "quit",         NULL};
const struct view_ops tree_screen = {.name = "tree", .draw = rows_draw, .key = tree_key, .keys = tree_keys};
