/* What was delivered to the run's stage against what it delivers: field by field, and the shipyard's text,
 * which is fetched at both commits. `-` is what was there, `+` what comes; what is the same stands once. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define LABEL_WIDTH   16
#define AROUND        3 /* unchanged lines that are shown around a change */
#define SHIPYARD_MAX  (1024 * 1024)
#define HUNK          ((size_t)1 << (sizeof(size_t) * 8 - 1))
#define SHIPYARD_FILE "shipyard.yaml"

/* ---- fetching ---- */

static void forget_diff(struct difference *d)
{
    linediff_free(&d->diff);
    free(d->shown);
    d->shown = NULL;
    d->shown_count = 0;
    d->compared = false;
}

void difference_free(struct difference *d)
{
    forget_diff(d);
    for (int i = 0; i < 2; i++) {
        free(d->sides[i].commit);
        free(d->sides[i].text);
    }
    free(d->project);
    free(d->stage);
    free(d->context);
    free(d->sequence);
    free(d->why);
    *d = (struct difference){0};
}

void difference_tidy(struct view *v)
{
    for (size_t i = 0; i < v->screen_count; i++)
        if (v->screens[i] == &difference_screen)
            return;
    if (v->difference.source)
        difference_free(&v->difference);
}

static bool is_near_change(const struct linediff *d, size_t line)
{
    const size_t from = line > AROUND ? line - AROUND : 0;
    for (size_t i = from; i <= line + AROUND && i < d->count; i++)
        if (d->lines[i].kind != ' ')
            return true;
    return false;
}

static void choose_shown(struct difference *d)
{
    bool was_near = false;
    d->shown = mem_alloc((d->diff.count * 2 + 1) * sizeof *d->shown);
    for (size_t i = 0; i < d->diff.count; i++) {
        const bool near = is_near_change(&d->diff, i);
        if (near && !was_near)
            d->shown[d->shown_count++] = i | HUNK;
        if (near)
            d->shown[d->shown_count++] = i;
        was_near = near;
    }
}

static void compare(struct difference *d)
{
    const struct shipyard_text *old = &d->sides[0], *new = &d->sides[1];
    if (!linediff_make(old->text, old->len, new->text, new->len, &d->diff)) {
        d->why = mem_printf("more than %d lines", LINEDIFF_LINES_MAX);
        return;
    }
    choose_shown(d);
    d->compared = true;
}

/* Asks for the first text that is not there; compares when both are. */
static void ask_next(struct view *v)
{
    struct difference *d = &v->difference;
    for (int i = 0; i < 2; i++) {
        const struct view_query query = {.kind = VIEW_QUERY_RESOURCE,
                                         .project = d->project,
                                         .uri = SHIPYARD_FILE,
                                         .commit = d->sides[i].commit};
        if (d->sides[i].text)
            continue;
        if (!view_ask(v, d->source, &query, &d->ticket))
            d->why = mem_string("there is no server to ask");
        return;
    }
    compare(d);
}

bool difference_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer)
{
    struct difference *d = &v->difference;
    if (ticket == 0 || ticket != d->ticket)
        return false;
    struct shipyard_text *side = d->sides[0].text ? &d->sides[1] : &d->sides[0];
    d->ticket = 0;
    if (!answer->came) {
        d->why = mem_string(answer->why);
    } else if (answer->len > SHIPYARD_MAX) {
        d->why = mem_string("it is longer than 1 MiB");
    } else {
        side->text = mem_string_n(answer->body, answer->len);
        side->len = answer->len;
        ask_next(v);
    }
    view_model_changed(v);
    return true;
}

static const struct model_sequence *sequence_of(const struct difference *d)
{
    if (!d->source)
        return NULL;
    return model_find_sequence(d->source->model, d->context, d->project, d->stage, d->sequence);
}

void difference_open(struct view *v, struct pick pick)
{
    struct difference *d = &v->difference;
    const struct model_sequence *seq = pick.seq;
    struct model_delivery delivery = {0};
    model_delivery_of(pick.source->model, seq, &delivery);
    difference_free(d);
    d->source = pick.source;
    d->project = mem_string(seq->stage->project->name);
    d->stage = mem_string(seq->stage->name);
    d->context = mem_string(seq->context);
    d->sequence = mem_string(seq->name);
    d->sides[0].commit = mem_string(delivery.last ? delivery.last->shipyard_commit : NULL);
    d->sides[1].commit = mem_string(seq->shipyard_commit);
    if (d->sides[0].commit && d->sides[1].commit && strcmp(d->sides[0].commit, d->sides[1].commit) != 0)
        ask_next(v);
    view_push_screen(v, &difference_screen);
}

/* ---- fields ---- */

static void put(struct pen *pen, const char *label, char sign, const char *text)
{
    struct view *v = pen->v;
    const enum role role = sign == '-' ? ROLE_FAILED : sign == '+' ? ROLE_SUCCEEDED : ROLE_DIM;
    const int label_w = pen->area.w >= 60 ? LABEL_WIDTH : 0;
    const struct rect line = {.x = pen->area.x, .y = pen->y, .w = pen->area.w, .h = 1};
    if (pen_is_seen(pen)) {
        const struct rect left = {.x = line.x, .y = line.y, .w = LABEL_WIDTH - 1, .h = 1};
        if (label_w)
            (void)draw_cut(v, left, line.x, line.y, ROLE_DIM, label);
        else
            text = *label ? view_printf(v, "%s %s", label, text) : text;
        (void)draw_cut(v, line, line.x + label_w, line.y, role, view_printf(v, "%c %s", sign, text));
    }
    pen->y++;
}

/* Empty texts are not there. */
static void put_pair(struct pen *pen, const char *label, const char *old, const char *new)
{
    if (strcmp(old, new) == 0) {
        if (*old)
            put(pen, label, ' ', old);
        return;
    }
    if (*old)
        put(pen, label, '-', old);
    if (*new)
        put(pen, *old ? "" : label, '+', new);
}

static const char *text_of(struct view *v, const char *raw)
{
    return raw ? view_safe(v, raw) : "";
}

static const char *triggered(struct view *v, const struct model_sequence *seq)
{
    const char *by =
        seq && seq->triggered_by ? view_printf(v, " by %s", view_source_name(v, seq->triggered_by)) : "";
    return seq ? view_printf(v, "%s%s", view_clock(v, seq->triggered_ns), by) : "";
}

static const char *evaluation(struct view *v, const struct model_sequence *seq)
{
    const char *result = seq ? seq->evaluation_result : NULL;
    double score = seq ? seq->evaluation_score : 0;
    if (!result && seq && seq->approval.triggered_id) {
        result = seq->approval.evaluation_result;
        score = seq->approval.evaluation_score;
    }
    return result ? view_printf(v, "%s %.1f", view_safe(v, result), score) : "";
}

static const char *commit(struct view *v, const char *raw)
{
    return raw ? view_printf(v, "%.12s", view_safe(v, raw)) : "";
}

static const struct model_label *find_label(const struct model_sequence *seq, const char *name)
{
    for (size_t i = 0; seq && i < seq->label_count; i++)
        if (strcmp(seq->labels[i].key, name) == 0)
            return &seq->labels[i];
    return NULL;
}

static const char *label_text(struct view *v, const struct model_label *label)
{
    return label ? view_printf(v, "%s=%s", view_safe(v, label->key), view_safe(v, label->value)) : "";
}

static void put_labels(struct pen *pen, const struct model_sequence *last, const struct model_sequence *seq)
{
    const char *label = "labels";
    for (size_t i = 0; last && i < last->label_count; i++) {
        put_pair(pen, label, label_text(pen->v, &last->labels[i]),
                 label_text(pen->v, find_label(seq, last->labels[i].key)));
        label = "";
    }
    for (size_t i = 0; i < seq->label_count; i++) {
        if (find_label(last, seq->labels[i].key))
            continue;
        put_pair(pen, label, "", label_text(pen->v, &seq->labels[i]));
        label = "";
    }
}

static void put_fields(struct pen *pen, const struct model_sequence *last, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    put_pair(pen, "image", text_of(v, last ? last->image : NULL), text_of(v, seq->image));
    put_pair(pen, "version", last ? view_version(v, last) : "", view_version(v, seq));
    put_labels(pen, last, seq);
    put_pair(pen, "run", last ? view_printf(v, "%.8s", view_safe(v, last->context)) : "",
             view_printf(v, "%.8s", view_safe(v, seq->context)));
    put_pair(pen, "triggered", triggered(v, last), triggered(v, seq));
    put_pair(pen, "stage commit", commit(v, last ? last->stage_commit : NULL), commit(v, seq->stage_commit));
    put_pair(pen, "shipyard commit", commit(v, last ? last->shipyard_commit : NULL),
             commit(v, seq->shipyard_commit));
    put_pair(pen, "evaluation", evaluation(v, last), evaluation(v, seq));
}

/* ---- the shipyard ---- */

static void put_diff_line(struct pen *pen, const struct linediff_line *line)
{
    const enum role role = line->kind == '-' ? ROLE_FAILED : line->kind == '+' ? ROLE_SUCCEEDED : ROLE_TEXT;
    if (pen_is_seen(pen)) {
        size_t len = line->len < 1000 ? line->len : 1000; /* a line of the terminal is shorter */
        char *text = mem_string_n(line->text, len);
        for (char *c = text; *c; c++)
            if (*c == '\t' || (*c == '\r' && c[1] == '\0'))
                *c = ' ';
        (void)draw_cut(pen->v, pen->area, pen->area.x, pen->y, role,
                       view_printf(pen->v, "%c %s", line->kind, view_safe(pen->v, text)));
        free(text);
    }
    pen->y++;
}

static void put_shown(struct pen *pen, const struct difference *d)
{
    struct view *v = pen->v;
    for (size_t i = 0; i < d->shown_count; i++) {
        const struct linediff_line *line = &d->diff.lines[d->shown[i] & ~HUNK];
        if (d->shown[i] & HUNK)
            pen_line(pen, ROLE_DIM, view_printf(v, "@@ -%zu +%zu @@", line->old_line, line->new_line));
        else
            put_diff_line(pen, line);
    }
    if (d->diff.rough)
        pen_line(pen, ROLE_WARNING, "too different to be compared line by line");
}

static void put_shipyard(struct pen *pen, const struct difference *d, bool is_first)
{
    struct view *v = pen->v;
    const char *old = d->sides[0].commit, *new = d->sides[1].commit;
    pen->y++;
    if (is_first)
        return;
    if (!old || !new) {
        pen_line(pen, ROLE_DIM, SHIPYARD_FILE ": the server has not told its commits");
    } else if (strcmp(old, new) == 0) {
        pen_line(pen, ROLE_DIM, view_printf(v, SHIPYARD_FILE ": the same, %.7s", view_safe(v, new)));
    } else {
        pen_line(pen, ROLE_TITLE,
                 view_printf(v, SHIPYARD_FILE "  %.7s %s %.7s", view_safe(v, old), view_glyph(v, GLYPH_ARROW),
                             view_safe(v, new)));
        if (d->why)
            pen_line(pen, ROLE_WARNING, view_printf(v, "cannot be shown: %s", view_safe(v, d->why)));
        else if (!d->compared)
            pen_line(pen, ROLE_DIM, "asking the server for both");
        else if (d->shown_count == 0)
            pen_line(pen, ROLE_DIM, "no line of it has changed");
        else
            put_shown(pen, d);
    }
}

/* ---- the screen ---- */

static void put_head(struct pen *pen, const struct model_sequence *last, const struct model_sequence *seq)
{
    struct view *v = pen->v;
    const bool ended = seq->state >= MODEL_SUCCEEDED;
    if (last)
        pen_line(pen, ROLE_FAILED,
                 view_printf(v, "- delivered %s: %s",
                             view_ago(v, last->finished_ns ? last->finished_ns : last->since_ns),
                             view_version(v, last)));
    else
        pen_line(pen, ROLE_DIM, "nothing was delivered here before");
    pen_line(pen, ROLE_SUCCEEDED,
             view_printf(v, "+ %s: %s", ended ? model_state_name(seq->state) : "to deliver",
                         view_version(v, seq)));
    pen->y++;
}

static void draw(struct view *v, struct rect area)
{
    struct difference *d = &v->difference;
    const struct model_sequence *seq = sequence_of(d);
    struct model_delivery delivery = {0};
    const int pad = area.w > 4 ? 1 : 0;
    struct pen pen = {.v = v, .area = {.x = area.x + pad, .y = area.y, .w = area.w - 2 * pad, .h = area.h}};
    if (!seq) {
        pen.y = area.y;
        pen_line(&pen, ROLE_DIM, "this run is no longer known");
        return;
    }
    pen.y = area.y - d->scroll;
    v->clock = d->source;
    model_delivery_of(d->source->model, seq, &delivery);
    put_head(&pen, delivery.last, seq);
    put_fields(&pen, delivery.last, seq);
    put_shipyard(&pen, d, delivery.last == NULL);
    d->height = pen.y + d->scroll - area.y;
    const int most = d->height > area.h ? d->height - area.h : 0;
    if (d->scroll > most) {
        d->scroll = most;
        grid_fill(&v->grid, area, ROLE_TEXT, " ");
        draw(v, area); /* once: it is in its bounds now */
    }
}

static const char *title(struct view *v)
{
    const struct model_sequence *seq = sequence_of(&v->difference);
    return seq ? view_printf(v, "difference  %s %s %s", view_safe(v, seq->service),
                             view_glyph(v, GLYPH_ARROW), view_safe(v, seq->stage->name))
               : "difference";
}

static struct pick selected(const struct view *v)
{
    const struct model_sequence *seq = sequence_of(&v->difference);
    return seq ? (struct pick){.source = v->difference.source, .seq = seq} : (struct pick){0};
}

/* The next that waits, where the filter leaves one; from a run that does not wait, the oldest. */
static void show_next_waiting(struct view *v, bool forward)
{
    const size_t count = view_waiting_count(v), step = forward ? 1 : count - 1;
    const struct model_sequence *now = sequence_of(&v->difference);
    size_t at = forward ? count - 1 : 0;
    for (size_t i = 0; i < count; i++)
        at = view_waiting_at(v, i).seq == now ? i : at;
    for (size_t i = 0; i < count; i++) {
        at = (at + step) % count;
        if (view_fits(v, view_waiting_at(v, at))) {
            difference_open(v, view_waiting_at(v, at));
            return;
        }
    }
    view_say(v, false, "nothing that could be shown is waiting");
}

static unsigned act(struct view *v, enum action action)
{
    struct difference *d = &v->difference;
    const int page = v->grid.h > 6 ? v->grid.h - 6 : 1;
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        d->scroll += action == ACTION_UP ? -1 : 1;
        break;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        d->scroll += action == ACTION_PAGE_UP ? -page : page;
        break;
    case ACTION_TOP:
    case ACTION_BOTTOM:
        d->scroll = action == ACTION_TOP ? 0 : d->height;
        break;
    case ACTION_NEXT_WAITING:
    case ACTION_PREVIOUS_WAITING:
        show_next_waiting(v, action == ACTION_NEXT_WAITING);
        break;
    case ACTION_DIFFERENCE:
    case ACTION_LEFT:
        return VIEW_KEY_USED | VIEW_KEY_BACK;
    default:
        return 0;
    }
    d->scroll = d->scroll < 0 ? 0 : d->scroll;
    return VIEW_KEY_USED;
}

static const struct hint hints[] = {{.action = ACTION_APPROVE},      {.action = ACTION_DECLINE},
                                    {.action = ACTION_NEXT_WAITING}, {ACTION_UP, "scroll", "arrows"},
                                    {.action = ACTION_JOB_LOG},      {.action = ACTION_HELP},
                                    {.action = ACTION_QUIT},         {.action = ACTION_NONE}};
static const struct own_action own[] = {{ACTION_UP, NULL},        {ACTION_DOWN, NULL}, {ACTION_PAGE_UP, NULL},
                                        {ACTION_PAGE_DOWN, NULL}, {ACTION_TOP, NULL},  {ACTION_BOTTOM, NULL},
                                        {ACTION_NONE, NULL}};
const struct view_ops difference_screen = {.name = "difference",
                                           .draw = draw,
                                           .act = act,
                                           .selected = selected,
                                           .keys = hints,
                                           .own = own,
                                           .title = title};
