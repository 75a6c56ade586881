/* Every open approval of every connection, oldest first: what would come, from what, and how it did so far.
 */
#include "config.h"

#include "view/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

enum {
    COLUMN_CONNECTION,
    COLUMN_PROJECT,
    COLUMN_STAGE,
    COLUMN_SERVICE,
    COLUMN_CHANGE,
    COLUMN_RESULT,
    COLUMN_AGE,
    COLUMN_SEQUENCE,
    COLUMN_RUN,
    COLUMN_BY,
    COLUMN_LABELS,
    COLUMN_COUNT
};

static const struct list_column columns[COLUMN_COUNT] = {
    [COLUMN_CONNECTION] = {.name = "connection", .least = 6, .most = 16, .rank = 3, .of_several = true},
    [COLUMN_PROJECT] = {.name = "project", .least = 8, .most = 24, .rank = 4},
    [COLUMN_STAGE] = {.name = "stage", .least = 10, .most = 24, .rank = 2},
    [COLUMN_SERVICE] = {.name = "service", .least = 8, .most = 32, .primary = true},
    [COLUMN_CHANGE] = {.name = "change", .least = 16, .most = 40, .rank = 1},
    [COLUMN_RESULT] = {.name = "so far", .least = 6, .most = 24, .rank = 5},
    [COLUMN_AGE] = {.name = "age", .least = 4, .most = 5, .at_right = true},
    [COLUMN_SEQUENCE] = {.name = "sequence", .least = 6, .most = 24, .rank = 6, .on_demand = true},
    [COLUMN_RUN] = {.name = "run", .least = 8, .most = 8, .rank = 6, .on_demand = true},
    [COLUMN_BY] = {.name = "by", .least = 6, .most = 24, .rank = 7, .on_demand = true},
    [COLUMN_LABELS] = {.name = "labels", .least = 8, .most = 60, .rank = 8, .on_demand = true},
};

static struct pick at(const struct view *v, size_t row)
{
    return v->waiting_list.rows[row];
}

static const struct settings_list *wanted(const struct settings *s)
{
    return &s->columns.waiting;
}

static struct list_key key(const struct view *v, size_t row)
{
    const struct pick pick = at(v, row);
    const char *id = pick.seq->approval.triggered_id;
    return (struct list_key){.number = pick.source->number * 2 + (id ? 1 : 0),
                             .text = id ? id : pick.seq->context};
}

/* ---- marks ---- */

/* Where it stands; mark_count: nowhere. */
static size_t find_mark(const struct waiting *w, struct pick pick)
{
    const char *id = pick.seq->approval.triggered_id;
    size_t i = 0;
    while (i < w->mark_count &&
           !(id && w->marks[i].source == pick.source && strcmp(w->marks[i].triggered_id, id) == 0))
        i++;
    return i;
}

static void drop_mark(struct waiting *w, size_t i)
{
    free(w->marks[i].triggered_id);
    w->mark_count--;
    memmove(&w->marks[i], &w->marks[i + 1], (w->mark_count - i) * sizeof *w->marks);
}

static void toggle_mark(struct view *v, struct pick pick)
{
    struct waiting *w = &v->waiting_list;
    const size_t i = find_mark(w, pick);
    if (!pick.seq->approval.triggered_id) {
        view_say(v, true, "the server has not told which approval this is: r asks for everything again");
    } else if (i < w->mark_count) {
        drop_mark(w, i);
    } else if (w->mark_count == MARKS_MAX) {
        view_say(v, false, "%d are marked, which is the most at once: decide on them first", MARKS_MAX);
    } else {
        w->marks[w->mark_count++] =
            (struct mark){.source = pick.source, .triggered_id = mem_string(pick.seq->approval.triggered_id)};
    }
}

static bool is_open(const struct mark *mark)
{
    const struct model_sequence *seq = model_find_approval(mark->source->model, mark->triggered_id);
    return seq && seq->state == MODEL_WAITING;
}

static void forget_closed(struct waiting *w)
{
    for (size_t i = w->mark_count; i-- > 0;)
        if (!is_open(&w->marks[i]))
            drop_mark(w, i);
}

void waiting_unmark_all(struct view *v)
{
    while (v->waiting_list.mark_count > 0)
        drop_mark(&v->waiting_list, v->waiting_list.mark_count - 1);
}

size_t waiting_marked(struct view *v, struct pick *out, size_t max)
{
    const struct waiting *w = &v->waiting_list;
    size_t count = 0;
    for (size_t i = 0; w->mark_count > 0 && i < view_waiting_count(v) && count < max; i++)
        if (find_mark(w, view_waiting_at(v, i)) < w->mark_count && view_fits(v, view_waiting_at(v, i)))
            out[count++] = view_waiting_at(v, i);
    return count;
}

/* ---- rows ---- */

void waiting_sync(struct view *v)
{
    struct waiting *w = &v->waiting_list;
    if (w->built && w->revision == v->revision)
        return;
    size_t count = 0;
    forget_closed(w);
    for (size_t i = 0; i < view_waiting_count(v); i++) {
        if (!view_fits(v, view_waiting_at(v, i)))
            continue;
        MEM_GROW(w->rows, count, w->capacity);
        w->rows[count++] = view_waiting_at(v, i);
    }
    w->built = true;
    w->revision = v->revision;
    list_place(v, &w->list, &waiting_list, count);
}

void waiting_free(struct waiting *w)
{
    while (w->mark_count > 0)
        drop_mark(w, w->mark_count - 1);
    free(w->rows);
    list_free(&w->list);
    *w = (struct waiting){0};
}

/* ---- cells ---- */

static const char *so_far(struct view *v, struct pick pick)
{
    const struct model_approval *a = &pick.seq->approval;
    const char *sent = view_sent_word(v, pick.source, pick.seq);
    const char *result = a->result && *a->result ? view_safe(v, a->result) : "unknown";
    if (sent)
        return sent;
    if (a->evaluation_result)
        return view_printf(v, "%s %.1f", result, a->evaluation_score);
    return result;
}

static void cell(struct view *v, size_t row, size_t column, struct list_cell *out)
{
    const struct pick pick = at(v, row);
    const struct model_sequence *seq = pick.seq;
    v->clock = pick.source;
    switch (column) {
    case COLUMN_CONNECTION:
        out->text = view_safe(v, source_label(pick.source));
        break;
    case COLUMN_PROJECT:
        out->text = view_safe(v, seq->stage->project->name);
        break;
    case COLUMN_STAGE:
        out->text = view_safe(v, seq->stage->name);
        break;
    case COLUMN_SERVICE:
        out->text = view_safe(v, seq->service);
        break;
    case COLUMN_CHANGE:
        out->text = view_change_of(v, pick);
        out->keep_end = true;
        break;
    case COLUMN_RESULT:
        out->text = so_far(v, pick);
        break;
    case COLUMN_AGE:
        out->text = view_age(v, seq->since_ns, false);
        break;
    case COLUMN_SEQUENCE:
        out->text = view_safe(v, seq->name);
        break;
    case COLUMN_RUN:
        out->text = view_printf(v, "%.8s", view_safe(v, seq->context));
        break;
    case COLUMN_BY:
        out->text = seq->triggered_by ? view_source_name(v, seq->triggered_by) : "";
        break;
    case COLUMN_LABELS:
        out->text = view_labels(v, seq->labels, seq->label_count);
        break;
    default:
        break;
    }
}

static enum role row_role(const struct view *v, size_t row)
{
    (void)v;
    (void)row;
    return ROLE_WAITING;
}

static const char *lead(struct view *v, size_t row)
{
    return find_mark(&v->waiting_list, at(v, row)) < v->waiting_list.mark_count ? "[x]" : "[ ]";
}

const struct list_ops waiting_list = {.columns = columns,
                                      .column_count = COLUMN_COUNT,
                                      .wanted = wanted,
                                      .key = key,
                                      .cell = cell,
                                      .row_role = row_role,
                                      .lead = lead,
                                      .lead_width = 4};

/* ---- the screen ---- */

static struct pick selected(const struct view *v)
{
    const struct list *l = &v->waiting_list.list;
    return l->cursor < l->count ? at(v, l->cursor) : (struct pick){0};
}

static void draw(struct view *v, struct rect area)
{
    list_draw(v, &v->waiting_list.list, &waiting_list, area,
              view_waiting_count(v) > 0  ? "nothing that waits fits the filter"
              : view_waiting_is_known(v) ? "nothing waits for a decision"
                                         : "what waits is not known yet: there is no connection");
}

static const char *title(struct view *v)
{
    struct pick seen[MARKS_MAX];
    const size_t marked = v->waiting_list.mark_count, hidden = marked - waiting_marked(v, seen, MARKS_MAX);
    if (marked == 0)
        return "waiting";
    return hidden == 0 ? view_printf(v, "waiting  %zu marked", marked)
                       : view_printf(v, "waiting  %zu marked, %zu of them hidden", marked, hidden);
}

static void move_round(struct view *v, bool forward)
{
    struct list *l = &v->waiting_list.list;
    const size_t step = forward ? 1 : l->count - 1;
    list_move_to(v, l, &waiting_list, (l->cursor + step) % l->count);
}

static unsigned act(struct view *v, enum action action)
{
    struct list *l = &v->waiting_list.list;
    if (l->count == 0)
        return 0;
    if (list_act(v, l, &waiting_list, action))
        return VIEW_KEY_USED;
    switch (action) {
    case ACTION_NEXT_WAITING:
    case ACTION_PREVIOUS_WAITING:
        move_round(v, action == ACTION_NEXT_WAITING);
        return VIEW_KEY_USED;
    case ACTION_MARK:
        toggle_mark(v, at(v, l->cursor));
        list_move_to(v, l, &waiting_list, l->cursor + 1);
        return VIEW_KEY_USED;
    case ACTION_OPEN:
    case ACTION_RIGHT:
        tree_go_to(v, selected(v));
        view_push_screen(v, &detail_screen);
        return VIEW_KEY_USED;
    case ACTION_LEFT:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return 0;
    }
}

static bool click(struct view *v, int x, int y)
{
    (void)x;
    return list_click(v, &v->waiting_list.list, &waiting_list, y);
}

static const struct hint hints[] = {
    {.action = ACTION_APPROVE}, {.action = ACTION_DECLINE}, {.action = ACTION_MARK}, {.action = ACTION_OPEN},
    {.action = ACTION_FILTER},  {.action = ACTION_HELP},    {.action = ACTION_QUIT}, {.action = ACTION_NONE}};
static const struct own_action own[] = {{ACTION_UP, NULL},
                                        {ACTION_DOWN, NULL},
                                        {ACTION_PAGE_UP, NULL},
                                        {ACTION_PAGE_DOWN, NULL},
                                        {ACTION_TOP, NULL},
                                        {ACTION_BOTTOM, NULL},
                                        {ACTION_OPEN, "opens the run"},
                                        {ACTION_MARK, "marks; a and D then decide on all that are marked"},
                                        {ACTION_NONE, NULL}};
const struct view_ops waiting_screen = {.name = "waiting",
                                        .own = own,
                                        .draw = draw,
                                        .act = act,
                                        .selected = selected,
                                        .keys = hints,
                                        .title = title,
                                        .sync = waiting_sync,
                                        .click = click};
