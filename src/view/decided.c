/* Who decided what, when and why, and what became of it: for handing over a shift. */
#include "config.h"

#include "view/decided.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

struct decided_row {
    struct pick pick;
    size_t decision; /* of the sequence's */
};

enum {
    COLUMN_WHEN,
    COLUMN_CONNECTION,
    COLUMN_PROJECT,
    COLUMN_STAGE,
    COLUMN_SERVICE,
    COLUMN_CHANGE,
    COLUMN_RESULT,
    COLUMN_BY,
    COLUMN_BECAME,
    COLUMN_COMMENT,
    COLUMN_HOW,
    COLUMN_RUN,
    COLUMN_COUNT
};

static const struct list_column columns[COLUMN_COUNT] = {
    [COLUMN_WHEN] = {.name = "when", .least = 11, .most = 11, .rank = 4},
    [COLUMN_CONNECTION] = {.name = "connection", .least = 6, .most = 16, .rank = 6, .of_several = true},
    [COLUMN_PROJECT] = {.name = "project", .least = 8, .most = 20, .rank = 7},
    [COLUMN_STAGE] = {.name = "stage", .least = 10, .most = 16, .rank = 3},
    [COLUMN_SERVICE] = {.name = "service", .least = 10, .most = 24, .primary = true},
    [COLUMN_CHANGE] = {.name = "change", .least = 15, .most = 32, .rank = 2},
    [COLUMN_RESULT] = {.name = "decision", .least = 8, .most = 8},
    [COLUMN_BY] = {.name = "by", .least = 5, .most = 16, .rank = 1},
    [COLUMN_BECAME] = {.name = "became", .least = 9, .most = 20, .rank = 5},
    [COLUMN_COMMENT] = {.name = "comment", .least = 20, .most = 200, .rank = 8},
    [COLUMN_HOW] = {.name = "how", .least = 10, .most = 20, .rank = 9},
    [COLUMN_RUN] = {.name = "run", .least = 8, .most = 8, .rank = 9, .on_demand = true},
};

static const struct decided_row *at(const struct view *v, size_t row)
{
    return &v->decided.rows[row];
}

static const struct model_decision *decision_at(const struct view *v, size_t row)
{
    return &at(v, row)->pick.seq->decisions[at(v, row)->decision];
}

static const struct settings_list *wanted(const struct settings *s)
{
    return &s->columns.decided;
}

/* Several persons may have decided on one approval. */
static struct list_key key(const struct view *v, size_t row)
{
    const struct decided_row *r = at(v, row);
    return (struct list_key){.number = (uint64_t)r->pick.source->number << 32 | r->decision,
                             .text = decision_at(v, row)->triggered_id};
}

static bool is_pass(const struct model_decision *d)
{
    return !d->result || strcmp(d->result, "fail") != 0;
}

/* ---- rows ---- */

static bool fits(struct view *v, struct pick pick, const struct model_decision *d)
{
    struct filter_row row = {0};
    if (!filtering_is_on(v))
        return true;
    filtering_row_of(v, pick, &row);
    memset(row.texts[FILTER_RESULT], 0, sizeof row.texts[FILTER_RESULT]);
    row.texts[FILTER_RESULT][0] = d->result;
    row.texts[FILTER_RESULT][1] = is_pass(d) ? "approved" : "declined";
    memset(row.texts[FILTER_BY], 0, sizeof row.texts[FILTER_BY]);
    row.texts[FILTER_BY][0] = d->by; /* who triggered it has decided nothing */
    row.other = d->comment;
    row.since_ns = d->time_ns;
    return view_fits_row(v, pick.source, &row);
}

static size_t add_sequence(struct view *v, struct pick pick, size_t count)
{
    struct decided *d = &v->decided;
    for (size_t i = 0; i < pick.seq->decision_count; i++) {
        if (!pick.seq->decisions[i].by_person)
            continue;
        d->all++;
        if (!fits(v, pick, &pick.seq->decisions[i]))
            continue;
        MEM_GROW(d->rows, count, d->capacity);
        d->rows[count++] = (struct decided_row){.pick = pick, .decision = i};
    }
    return count;
}

static int newest_first(const void *a, const void *b)
{
    const struct decided_row *x = a, *y = b;
    const int64_t left = x->pick.seq->decisions[x->decision].time_ns,
                  right = y->pick.seq->decisions[y->decision].time_ns;
    return (left < right) - (left > right);
}

static void sync_rows(struct view *v)
{
    struct decided *d = &v->decided;
    if (d->built && d->revision == v->revision)
        return;
    size_t count = 0;
    d->all = 0;
    for (size_t s = 0; s < v->source_count; s++) {
        struct pick pick = {.source = v->sources[s]};
        for (struct model_walk walk = {0}; (pick.seq = model_next_sequence(pick.source->model, &walk));)
            count = add_sequence(v, pick, count);
    }
    if (count > 1)
        qsort(d->rows, count, sizeof *d->rows, newest_first);
    d->built = true;
    d->revision = v->revision;
    list_place(v, &d->list, &decided_list, count);
}

void decided_free(struct decided *d)
{
    free(d->rows);
    list_free(&d->list);
    *d = (struct decided){0};
}

/* ---- cells ---- */

static const char *became(struct view *v, const struct model_sequence *seq, const struct model_decision *d,
                          enum role *role)
{
    *role = theme_state_role(seq->state);
    if (seq->state == MODEL_SUCCEEDED || seq->state == MODEL_WARNING)
        return "delivered";
    if (!is_pass(d) && seq->state > MODEL_WARNING) {
        *role = ROLE_DIM;
        return "stopped";
    }
    if (seq->paused && seq->state < MODEL_SUCCEEDED)
        return "paused";
    if (seq->state == MODEL_RUNNING && seq->task)
        return view_printf(v, "runs %s", view_safe(v, seq->task));
    return model_state_name(seq->state);
}

static void cell_of_sequence(struct view *v, struct pick pick, size_t column, struct list_cell *out)
{
    switch (column) {
    case COLUMN_CONNECTION:
        out->text = view_safe(v, source_label(pick.source));
        out->role = source_role(pick.source);
        break;
    case COLUMN_PROJECT:
        out->text = view_safe(v, pick.seq->stage->project->name);
        break;
    case COLUMN_STAGE:
        out->text = view_safe(v, pick.seq->stage->name);
        break;
    case COLUMN_SERVICE:
        out->text = view_safe(v, pick.seq->service);
        break;
    case COLUMN_CHANGE:
        out->text = view_change_of(v, pick);
        out->keep_end = true;
        break;
    case COLUMN_RUN:
        out->text = view_printf(v, "%.8s", view_safe(v, pick.seq->context));
        break;
    default:
        break;
    }
}

static void cell(struct view *v, size_t row, size_t column, struct list_cell *out)
{
    const struct pick pick = at(v, row)->pick;
    const struct model_decision *d = decision_at(v, row);
    v->clock = pick.source;
    switch (column) {
    case COLUMN_WHEN:
        out->text = view_stamp(v, d->time_ns);
        out->role = ROLE_DIM;
        break;
    case COLUMN_RESULT:
        out->text = is_pass(d) ? "approved" : "declined";
        out->role = is_pass(d) ? ROLE_SUCCEEDED : ROLE_FAILED;
        break;
    case COLUMN_BY:
        out->text = d->by ? view_safe(v, d->by) : view_source_name(v, d->source);
        break;
    case COLUMN_HOW:
        out->text = view_source_name(v, d->via ? d->via : d->source);
        out->role = ROLE_DIM;
        break;
    case COLUMN_BECAME:
        out->text = became(v, pick.seq, d, &out->role);
        break;
    case COLUMN_COMMENT:
        out->text = view_safe_line(v, d->comment);
        break;
    default:
        cell_of_sequence(v, pick, column, out);
        break;
    }
}

const struct list_ops decided_list = {
    .columns = columns, .column_count = COLUMN_COUNT, .wanted = wanted, .key = key, .cell = cell};

/* ---- the screen ---- */

static struct pick selected(const struct view *v)
{
    const struct list *l = &v->decided.list;
    return l->cursor < l->count ? at(v, l->cursor)->pick : (struct pick){0};
}

static void draw(struct view *v, struct rect area)
{
    list_draw(v, &v->decided.list, &decided_list, area,
              v->decided.all > 0 ? "no decision fits the filter" : "nobody has decided anything yet");
}

static const char *title(struct view *v)
{
    const struct decided *d = &v->decided;
    return filtering_is_on(v) ? view_printf(v, "decided  %zu of %zu fit", d->list.count, d->all)
                              : view_printf(v, "decided  %zu", d->all);
}

static unsigned act(struct view *v, enum action action)
{
    struct list *l = &v->decided.list;
    if (action == ACTION_LEFT)
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    if (l->count == 0)
        return 0;
    if (list_act(v, l, &decided_list, action))
        return VIEW_KEY_USED;
    if (action != ACTION_OPEN && action != ACTION_RIGHT)
        return 0;
    tree_go_to(v, selected(v));
    view_push_screen(v, &detail_screen);
    return VIEW_KEY_USED;
}

static bool click(struct view *v, int x, int y)
{
    (void)x;
    return list_click(v, &v->decided.list, &decided_list, y);
}

static const struct hint hints[] = {{.action = ACTION_OPEN},      {.action = ACTION_DIFFERENCE},
                                    {.action = ACTION_RAW_EVENT}, {.action = ACTION_JOB_LOG},
                                    {.action = ACTION_FILTER},    {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},      {.action = ACTION_NONE}};
static const struct own_action own[] = {
    {ACTION_UP, NULL},  {ACTION_DOWN, NULL},   {ACTION_PAGE_UP, NULL},         {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL}, {ACTION_BOTTOM, NULL}, {ACTION_OPEN, "opens the run"}, {ACTION_NONE, NULL}};
const struct view_ops decided_screen = {.name = "decided",
                                        .draw = draw,
                                        .act = act,
                                        .selected = selected,
                                        .keys = hints,
                                        .own = own,
                                        .title = title,
                                        .sync = sync_rows,
                                        .click = click};
