/* The detail of what the cursor is on: who, when, which commit; stages and tasks; what waits for a decision
 * and what speaks against it; the output of the job that runs. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/internal.h"

#define LABEL_WIDTH 16
#define WRAPPED_MAX 4
#define BY_LEAST    8 /* cells of " by name" that still tell something */

size_t view_wrap(struct view *v, const char *text, int width, const char **lines, size_t max)
{
    size_t count = 0;
    if (width < 1)
        width = 1;
    while (*text && count < max) {
        const char *p = text, *blank = NULL;
        int used = 0, cluster = 0;
        size_t n;
        while ((n = utf8_next_grapheme(p, grid_wide_ambiguous(), &cluster)) > 0 && used + cluster <= width) {
            if (*p == ' ')
                blank = p;
            used += cluster;
            p += n;
        }
        if (n == 0 && *p == '\0') {
            lines[count++] = text;
            break;
        }
        if (count + 1 == max) { /* no further line: what is cut off is seen to be */
            lines[count++] = view_cut(v, text, width);
            break;
        }
        if (*p != ' ' && blank && blank > text)
            p = blank;
        if (p == text)
            p += n > 0 ? n : 1; /* not even one fits: it is cut when it is drawn */
        lines[count++] = view_printf(v, "%.*s", (int)(p - text), text);
        text = p + strspn(p, " ");
    }
    return count;
}

const struct model_task *detail_log_task(const struct model_sequence *seq)
{
    const struct model_task *found = NULL;
    for (size_t i = 0; i < seq->task_count; i++) {
        const struct model_task *task = &seq->tasks[i];
        if (!task->triggered_id || task->state == MODEL_NOT_REACHED || strcmp(task->name, "approval") == 0)
            continue;
        found = task;
        if (task->state == MODEL_RUNNING || task->state == MODEL_FAILED)
            break;
    }
    return found;
}

/* ---- lines ---- */

bool pen_is_seen(const struct pen *pen)
{
    return pen->y >= pen->area.y && pen->y < pen->area.y + pen->area.h;
}

void pen_line(struct pen *pen, enum role role, const char *text)
{
    if (pen_is_seen(pen))
        (void)draw_cut(pen->v, pen->area, pen->area.x, pen->y, role, text);
    pen->y++;
}

static void pen_wrapped(struct pen *pen, enum role role, const char *text)
{
    const char *lines[WRAPPED_MAX];
    const size_t n = view_wrap(pen->v, text, pen->area.w, lines, WRAPPED_MAX);
    for (size_t i = 0; i < n; i++)
        pen_line(pen, role, lines[i]);
}

/* ---- parts ---- */

/* Which run, when, by whom, from which commits. What is of least use gives way first: words, then who, then
 * when. */
static void draw_origin(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    const char *dot = view_glyph(v, GLYPH_DOT);
    const char *commits = "";
    if (seq->stage_commit)
        commits = view_printf(v, " %s stage %.7s", dot, view_safe(v, seq->stage_commit));
    if (seq->shipyard_commit)
        commits = view_printf(v, "%s %s shipyard %.7s", commits, dot, view_safe(v, seq->shipyard_commit));
    const char *run = view_printf(v, "%.8s", view_safe(v, seq->context));
    const char *clock = view_clock(v, seq->triggered_ns);
    const char *when = view_printf(v, " %s triggered %s", dot, clock);
    const char *by =
        seq->triggered_by ? view_printf(v, " by %s", view_source_name(v, seq->triggered_by)) : "";
    const int room = pen->area.w - view_width(run) - view_width(commits);
    if (view_width(when) + view_width(by) > room)
        when = view_printf(v, " %s %s", dot, clock);
    const int by_room = room - view_width(when);
    by = view_width(by) <= by_room ? by : by_room >= BY_LEAST ? view_cut(v, by, by_room) : "";
    if (view_width(when) > room)
        when = "";
    pen_line(pen, ROLE_DIM, view_printf(v, "%s%s%s%s", run, when, by, commits));
}

static void draw_head(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    const bool waiting = seq->state == MODEL_WAITING, running = seq->state == MODEL_RUNNING;
    const char *state =
        view_printf(v, "%s%s %s %s%s", waiting ? " " : "", view_glyph(v, theme_state_glyph(seq->state)),
                    model_state_name(seq->state), view_age(v, seq->since_ns, running), waiting ? " " : "");
    const char *title = view_printf(v, "%s of %s %s %s", view_safe(v, seq->name), view_safe(v, seq->service),
                                    view_glyph(v, GLYPH_ARROW), view_safe(v, seq->stage->name));
    const struct rect left = {
        .x = pen->area.x, .y = pen->area.y, .w = pen->area.w - view_width(state) - 2, .h = pen->area.h};
    if (pen_is_seen(pen)) {
        if (left.w > 8)
            (void)draw_cut(v, left, left.x, pen->y, ROLE_TITLE, title);
        draw_right(v, pen->area, pen->y, theme_state_role(seq->state), state);
    }
    pen->y++;
    draw_origin(pen, seq);
    pen->y++;
}

static void draw_fact(struct view *v, struct rect row, const struct fact *fact)
{
    const int right_w = view_width(fact->right);
    int x = row.x;
    if (*fact->label) {
        (void)draw_cut(v, (struct rect){.x = x, .y = row.y, .w = LABEL_WIDTH - 1, .h = 1}, x, row.y, ROLE_DIM,
                       fact->label);
        x += LABEL_WIDTH;
    } else {
        grid_fill(&v->grid, row, (int)fact->role, " ");
    }
    const struct rect text = {
        .x = x, .y = row.y, .w = row.x + row.w - x - (right_w ? right_w + 1 : 0), .h = 1};
    const bool is_image =
        strcmp(fact->label, "last delivered") == 0 || strcmp(fact->label, "to deliver") == 0;
    (void)draw_cut(v, text, x, row.y, fact->role,
                   is_image ? view_cut_left(v, fact->text, text.w) : fact->text);
    if (right_w)
        draw_right(v, row, row.y, fact->role == ROLE_WARNING ? ROLE_WARNING : ROLE_DIM, fact->right);
}

static size_t waiting_lines(struct view *v, const struct model_sequence *seq, struct fact facts[FACTS_MAX],
                            const char **status)
{
    const struct sent *sent = view_sent(v, view_source_of(v, seq), seq->approval.triggered_id);
    *status = sent ? sent_phrase(v, sent) : NULL;
    return facts_of(v, seq, facts);
}

static int waiting_height(struct view *v, const struct model_sequence *seq)
{
    struct fact facts[FACTS_MAX];
    const char *status;
    return (int)waiting_lines(v, seq, facts, &status) + 3;
}

static void draw_waiting_keys(struct view *v, struct rect row, bool denied)
{
    static const enum action offered[] = {ACTION_APPROVE, ACTION_DECLINE, ACTION_DIFFERENCE, ACTION_JOB_LOG};
    int x = row.x;
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++) {
        const char *key = keymap_key(v->keymap, offered[i], 0);
        if (!key || (denied && action_flags(offered[i]) & ACTION_CHANGES))
            continue;
        x += draw_text(v, row, x, row.y, ROLE_KEY, key) + 1;
        x += draw_text(v, row, x, row.y, ROLE_DIM, action_word(offered[i])) + 3;
    }
}

static void draw_waiting(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    struct fact facts[FACTS_MAX];
    const char *status;
    const size_t n = waiting_lines(v, seq, facts, &status);
    const struct rect frame = {.x = pen->area.x, .y = pen->y, .w = pen->area.w, .h = (int)n + 3};
    const int top = pen->y;
    if (frame.w < 20 || (v->box.open && view_is_split(v)))
        return; /* the open box stands here and says the same */
    if (rect_cut(frame, pen->area).h == frame.h) {
        draw_frame(v, frame, ROLE_BOX, "waits for a decision");
        for (size_t i = 0; i < n; i++)
            draw_fact(v, (struct rect){.x = frame.x + 2, .y = top + 1 + (int)i, .w = frame.w - 4, .h = 1},
                      &facts[i]);
        const struct rect last = {.x = frame.x + 2, .y = top + 1 + (int)n, .w = frame.w - 4, .h = 1};
        if (status)
            (void)draw_cut(v, last, last.x, last.y, ROLE_NOTICE, status);
        else
            draw_waiting_keys(v, last, view_why_not(v, view_source_of(v, seq)));
    } else { /* partly scrolled out: without its frame, line by line */
        for (size_t i = 0; i < n; i++) {
            const struct rect row = {.x = frame.x + 2, .y = top + 1 + (int)i, .w = frame.w - 4, .h = 1};
            if (rect_cut(row, pen->area).h > 0)
                draw_fact(v, row, &facts[i]);
        }
    }
    pen->y = top + frame.h + 1;
}

static void draw_decisions(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    for (size_t i = 0; i < seq->decision_count; i++) {
        const struct model_decision *d = &seq->decisions[i];
        const bool passed = d->result && strcmp(d->result, "pass") == 0;
        const char *by = d->by ? view_safe(v, d->by) : d->by_person ? "a person" : "its strategy";
        const char *via = d->via ? view_printf(v, " via %s", view_safe(v, d->via)) : "";
        pen_wrapped(pen, passed ? ROLE_SUCCEEDED : ROLE_FAILED,
                    view_printf(v, "%s by %s%s at %s%s%s", passed ? "approved" : "declined", by, via,
                                view_clock(v, d->time_ns), d->comment && *d->comment ? ": " : "",
                                view_safe_line(v, d->comment)));
    }
}

/* On the line below the stages, which is empty otherwise: nothing moves when it comes and goes. */
static void draw_held(struct pen *pen, const struct model_sequence *seq)
{
    enum role role;
    const char *text = held_by(pen->v, seq, &role);
    pen_line(pen, role, text);
}

static void draw_end(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    const char *version = seq->version ? view_safe(v, seq->version) : view_safe(v, seq->name);
    const char *when = view_clock(v, seq->finished_ns ? seq->finished_ns : seq->since_ns);
    const char *stage = view_safe(v, seq->stage->name);
    if (seq->state == MODEL_SUCCEEDED || seq->state == MODEL_WARNING)
        pen_line(pen, theme_state_role(seq->state),
                 view_printf(v, "%s: %s delivered %s", stage, version, when));
    else if (seq->state > MODEL_WARNING)
        pen_line(pen, theme_state_role(seq->state),
                 view_printf(v, "%s: %s %s %s", stage, version, model_state_name(seq->state), when));
    if (seq->evaluation_result)
        pen_line(pen, ROLE_TEXT,
                 view_printf(v, "evaluation %s %.1f", view_safe(v, seq->evaluation_result),
                             seq->evaluation_score));
    if (seq->message && *seq->message)
        pen_wrapped(pen, ROLE_TEXT, view_safe_line(v, seq->message));
}

static void draw_output(struct pen *pen, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    const struct model_task *task = detail_log_task(seq);
    const int left = pen->area.y + pen->area.h - pen->y;
    if (!task || seq->state == MODEL_WAITING || left < 3)
        return;
    if (task->state != MODEL_RUNNING && task->state != MODEL_FAILED)
        return;
    log_show(v, seq, task);
    pen_line(pen, ROLE_BORDER, "");
    draw_horizontal(v, pen->area.x, pen->y, pen->area.w);
    pen_line(pen, ROLE_DIM, view_printf(v, "output of %s ", view_safe(v, task->name)));
    log_draw_tail(v, (struct rect){.x = pen->area.x, .y = pen->y, .w = pen->area.w, .h = left - 2});
    pen->y = pen->area.y + pen->area.h;
}

static void draw_sequence(struct view *v, struct rect area, const struct model_sequence *seq)
{
    struct pen pen = {.v = v, .area = area, .y = area.y - v->detail_scroll};
    const bool waiting = seq->approval.triggered_id != NULL;
    const int stages_h = stages_height(v, area.w, seq);
    const bool decision_first = waiting && 3 + stages_h + 1 + waiting_height(v, seq) > area.h;
    draw_head(&pen, seq);
    if (decision_first)
        draw_waiting(&pen, seq);
    stages_draw(&pen, seq);
    draw_held(&pen, seq);
    if (waiting && !decision_first)
        draw_waiting(&pen, seq);
    if (!waiting && seq->state == MODEL_WAITING)
        pen_wrapped(&pen, ROLE_WARNING,
                    "waits for a decision, but the server has not told on which approval: r asks again");
    draw_decisions(&pen, seq);
    draw_end(&pen, seq);
    const int height = pen.y + v->detail_scroll - area.y;
    if (v->detail_scroll > 0 && height - v->detail_scroll < area.h)
        v->detail_scroll =
            height > area.h ? height - area.h : 0; /* for the next frame: no emptiness below the end */
    draw_output(&pen, seq);
}

/* ---- a stage or a project under the cursor ---- */

static void draw_services(struct pen *pen, const struct model_stage *stage)
{
    struct view *v = pen->v;
    const char *seen[32];
    size_t seen_count = 0;
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        size_t j = 0;
        if (seq->state != MODEL_SUCCEEDED && seq->state != MODEL_WARNING)
            continue;
        while (j < seen_count && seen[j] != seq->service) /* interned */
            j++;
        if (j < seen_count || seen_count == sizeof seen / sizeof *seen)
            continue;
        seen[seen_count++] = seq->service;
        pen_line(pen, ROLE_TEXT,
                 view_printf(v, "  %s %s %s", view_safe(v, seq->service),
                             seq->version ? view_safe(v, seq->version) : "",
                             view_printf(v, "delivered %s",
                                         view_ago(v, seq->finished_ns ? seq->finished_ns : seq->since_ns))));
    }
    if (seen_count == 0)
        pen_line(pen, ROLE_DIM, "  nothing delivered here yet");
}

static void draw_group(struct view *v, struct rect area, const struct row *row)
{
    struct pen pen = {.v = v, .area = area, .y = area.y - v->detail_scroll};
    const size_t *counts = row->stage ? row->stage->counts : row->project->counts;
    pen_line(&pen, ROLE_TITLE,
             row->stage ? view_printf(v, "stage %s of %s", view_safe(v, row->stage->name),
                                      view_safe(v, row->project->name))
                        : view_printf(v, "project %s", view_safe(v, row->project->name)));
    pen.y++;
    for (int i = 0; i < MODEL_NOT_REACHED; i++) {
        if (counts[i] == 0)
            continue;
        const enum role role = theme_state_role((enum model_state)i);
        pen_line(&pen, role,
                 view_printf(v, " %s %zu %s ", view_glyph(v, theme_state_glyph((enum model_state)i)),
                             counts[i], model_state_name((enum model_state)i)));
    }
    for (size_t i = 0; i < row->project->stage_count; i++) {
        const struct model_stage *stage = row->project->stages[i];
        if (row->stage && row->stage != stage)
            continue;
        pen.y++;
        pen_line(&pen, ROLE_TITLE, view_safe(v, stage->name));
        draw_services(&pen, stage);
    }
}

/* ---- a connection under the cursor ---- */

static void draw_source(struct view *v, struct rect area, const struct source *s)
{
    struct pen pen = {.v = v, .area = area, .y = area.y - v->detail_scroll};
    const struct topbar_part link = topbar_link(v, s);
    pen_line(&pen, source_role(s), view_printf(v, "connection %s", view_safe(v, source_label(s))));
    pen_line(&pen, ROLE_DIM, topbar_who(v, s));
    pen.y++;
    pen_line(&pen, link.role, link.text);
    if (s->link_why && *s->link_why)
        pen_wrapped(&pen, ROLE_TEXT, view_safe(v, s->link_why));
    pen.y++;
    for (size_t i = 0; i < model_project_count(s->model); i++) {
        const struct model_project *project = model_project_at(s->model, i);
        const size_t waiting = project->counts[MODEL_WAITING];
        pen_line(&pen, waiting ? ROLE_WAITING : ROLE_TEXT,
                 waiting ? view_printf(v, " %s %zu %s ", view_glyph(v, GLYPH_WAITING), waiting,
                                       view_safe(v, project->name))
                         : view_printf(v, "     %s", view_safe(v, project->name)));
    }
}

/* ---- the screen ---- */

/* The scroll belongs to what is shown: something else begins at its top. */
static void keep_scroll(struct view *v, const struct row *row)
{
    const char *key = view_printf(v, "%s/%s/%s/%s", row->source->name, row->project ? row->project->name : "",
                                  row->stage ? row->stage->name : "", row->seq ? row->seq->context : "");
    if (v->detail_for && strcmp(v->detail_for, key) == 0)
        return;
    free(v->detail_for);
    v->detail_for = mem_string(key);
    v->detail_scroll = 0;
}

static void detail_draw(struct view *v, struct rect area)
{
    const struct row *row = tree_detail_row(v);
    if (area.w < 1 || area.h < 1 || !row)
        return;
    if (!view_is_split(v) && area.w > 4) {
        area.x += 1;
        area.w -= 2;
    }
    keep_scroll(v, row);
    v->clock = row->source;
    if (row->kind == ROW_SOURCE)
        draw_source(v, area, row->source);
    else if (row->kind == ROW_SEQUENCE)
        draw_sequence(v, area, row->seq);
    else
        draw_group(v, area, row);
}

static unsigned detail_act(struct view *v, enum action action)
{
    const int page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    int by = 0;
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        by = action == ACTION_UP ? -1 : 1;
        break;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        by = action == ACTION_PAGE_UP ? -page : page;
        break;
    case ACTION_TOP:
        by = -v->detail_scroll;
        break;
    case ACTION_BOTTOM:
        by = 1000;
        break;
    case ACTION_PANE:
    case ACTION_LEFT:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return 0;
    }
    v->detail_scroll += by;
    if (v->detail_scroll < 0)
        v->detail_scroll = 0;
    return VIEW_KEY_USED;
}

static const struct hint detail_hints[] = {{.action = ACTION_APPROVE},      {.action = ACTION_DECLINE},
                                           {.action = ACTION_NEXT_WAITING}, {.action = ACTION_DIFFERENCE},
                                           {.action = ACTION_JOB_LOG},      {.action = ACTION_HELP},
                                           {.action = ACTION_QUIT},         {.action = ACTION_NONE}};
static const struct own_action detail_own[] = {
    {ACTION_UP, NULL},  {ACTION_DOWN, NULL},   {ACTION_PAGE_UP, NULL}, {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL}, {ACTION_BOTTOM, NULL}, {ACTION_PANE, NULL},    {ACTION_NONE, NULL}};
const struct view_ops detail_screen = {.name = "detail",
                                       .draw = detail_draw,
                                       .act = detail_act,
                                       .selected = tree_selected,
                                       .keys = detail_hints,
                                       .own = detail_own};
