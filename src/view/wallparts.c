/* The parts of the wall below its count: the oldest that wait, what failed lately, the last result of every
 * stage. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/wall.h"

#define HOUR_NS     (3600 * CLOCK_S)
#define GAP         3 /* cells between two stages */
#define BIG_ROWS    5 /* of one that waits, in large letters */
#define SERVICE_MAX 24
#define STAGE_MAX   24

/* ---- the oldest that wait ---- */

static const char *of_source(struct view *v, const struct source *s)
{
    return v->source_count < 2 ? "" : view_printf(v, " @ %s", view_safe(v, source_label(s)));
}

static const char *warning_of(struct view *v, const struct model_sequence *seq)
{
    if (seq->goes_back)
        return view_printf(v, "  %s goes BACK", view_glyph(v, GLYPH_BACK));
    if (seq->version_differs && !wall_hides(v, "labels"))
        return view_printf(v, "  %s label", view_glyph(v, GLYPH_DIFFERS));
    return "";
}

/* "helloservice v0.1.1", the version only as far as the wall may tell it. */
static const char *what_of(struct view *v, const struct model_sequence *seq, int service_max)
{
    const char *service = view_cut(v, view_safe(v, seq->service), service_max),
               *version = wall_version(v, seq);
    return view_printf(v, "%s%s%s", service, *version ? " " : "", version);
}

/* "production · 12m · fulltour · last delivered v0.1.0": what must be known comes first. */
static const char *details_of(struct view *v, struct pick pick)
{
    const struct model_sequence *seq = pick.seq;
    struct model_delivery d = {0};
    v->clock = pick.source;
    model_delivery_of(pick.source->model, seq, &d);
    const char *dot = view_glyph(v, GLYPH_DOT);
    const char *last = d.last ? wall_version(v, d.last) : "";
    return view_printf(v, "%s %s %s%s %s %s%s%s%s", view_safe(v, seq->stage->name), dot,
                       view_age(v, seq->since_ns, false), warning_of(v, seq), dot,
                       view_safe(v, seq->stage->project->name), of_source(v, pick.source),
                       *last ? view_printf(v, " %s last delivered ", dot) : "", last);
}

static void draw_plain(struct view *v, struct rect line, struct pick pick)
{
    const struct model_sequence *seq = pick.seq;
    const char *what = view_printf(v, "%s %s", view_glyph(v, GLYPH_WAITING), what_of(v, seq, line.w));
    const int x = line.x + (line.w > 30 ? 1 : 0);
    const int used = draw_cut(v, line, x, line.y, ROLE_WAITING_CURSOR, what);
    (void)draw_cut(v, line, x + used + 2, line.y, ROLE_WAITING, details_of(v, pick));
}

/* The most that can be told in large letters in one line of at most h rows. NULL: nothing. */
static const char *big_words(struct view *v, const struct model_sequence *seq, int w, int h,
                             struct big_type *type, bool *whole)
{
    const struct big_ink ink = wall_ink(v);
    const char *what = what_of(v, seq, GRID_SIZE_MAX);
    const char *words[] = {view_printf(v, "%s %s", what, view_safe(v, seq->stage->name)), what,
                           view_safe(v, seq->service)};
    for (size_t i = 0; i < 3; i++) {
        *whole = i == 0;
        if (big_choose(words[i], w, h, ink.halves, type) && type->font == BIG_LARGE)
            return words[i];
    }
    for (size_t i = 1; i < 3; i++)
        if (big_choose(words[i], w, h, ink.halves, type))
            return words[i];
    return NULL;
}

static int draw_words(struct view *v, struct rect at, struct big_type type, const char *words)
{
    const struct big_ink ink = wall_ink(v);
    at.h = big_height(type, ink.halves);
    big_draw(&v->grid, at, ROLE_WAITING, &ink, type, words);
    return at.h;
}

/* One line of letters, or two where one has not all of it, and one of details. Returns the rows that it took,
 * 0: it does not fit. others: there are some to keep room for. */
static int draw_big(struct view *v, struct rect area, struct pick pick, bool others)
{
    const struct big_ink ink = wall_ink(v);
    const struct rect inner = {.x = area.x + 1, .y = area.y, .w = area.w - 2, .h = area.h};
    const struct model_sequence *seq = pick.seq;
    struct big_type type, below;
    bool whole = false;
    const int most = area.h - 1;
    const char *words =
        most < 3 || area.w < BIG_MIN_WIDTH ? NULL : big_words(v, seq, inner.w, most, &type, &whole);
    if (!words)
        return 0;
    const char *service = view_safe(v, seq->service);
    const char *rest = view_printf(v, "%s %s", wall_version(v, seq), view_safe(v, seq->stage->name));
    const int room = most - (others ? BIG_ROWS : 0);
    struct rect at = inner;
    if (!whole && big_choose(service, inner.w, room / 2, ink.halves, &type) &&
        big_choose(rest, inner.w, room - big_height(type, ink.halves), ink.halves, &below) &&
        below.font == BIG_LARGE) {
        at.y += draw_words(v, at, type, service);
        at.y += draw_words(v, at, below, rest);
    } else {
        words = big_words(v, seq, inner.w, most, &type, &whole);
        at.y += draw_words(v, at, type, words);
    }
    (void)draw_cut(v, inner, at.x, at.y, ROLE_WAITING_CURSOR, details_of(v, pick));
    return at.y + 1 - area.y;
}

void wall_draw_oldest(struct view *v, struct rect area)
{
    const int top = area.y;
    size_t left = 0;
    for (size_t i = 0; i < view_waiting_count(v); i++)
        left += wall_shows(v, view_waiting_at(v, i).seq->stage->project) ? 1 : 0;
    grid_fill(&v->grid, area, ROLE_WAITING, " ");
    for (size_t i = 0; i < view_waiting_count(v) && area.h > 0; i++) {
        const struct pick pick = view_waiting_at(v, i);
        if (!wall_shows(v, pick.seq->stage->project))
            continue;
        /* the others keep a line each, as far as that leaves the first ones their letters */
        const int others = left - 1 > 4 ? 4 : (int)left - 1;
        struct rect room = {.x = area.x, .y = area.y, .w = area.w, .h = area.h - others};
        const int used = draw_big(v, room, pick, others > 0);
        const struct rect line = wall_take_rows(&area, used > 0 ? used : 1);
        if (used == 0 && area.h == 0 && left > 1 && area.y > top + 1)
            (void)draw_cut(v, line, line.x + 1, line.y, ROLE_WAITING, view_printf(v, "and %zu more", left));
        else if (used == 0)
            draw_plain(v, line, pick);
        left--;
        if (used > 0 && area.h > (int)(left < 100 ? left : 100) * BIG_ROWS)
            (void)wall_take_rows(&area, 1); /* air, where nothing else wants it */
    }
}

/* ---- what failed ---- */

struct failure {
    struct source *source;
    const struct model_sequence *seq;
    bool mended; /* a newer run of the service succeeded in the stage */
};
struct failures {
    struct failure *items;
    size_t count, capacity;
};

static int64_t end_ns(const struct model_sequence *seq)
{
    return seq->finished_ns ? seq->finished_ns : seq->since_ns;
}

static bool is_failure(const struct model_sequence *seq)
{
    return seq->state == MODEL_FAILED || seq->state == MODEL_TIMED_OUT;
}

/* The newest one of each service, since what came before it is the same trouble. Ended ones stand newest
 * first.
 */
static void find_in_stage(struct view *v, struct source *s, const struct model_stage *stage,
                          struct failures *f)
{
    const int64_t keep_ns = v->settings->wall.failed_hours * HOUR_NS;
    v->clock = s;
    const int64_t oldest_ns = view_now_ns(v) - keep_ns;
    for (size_t i = 0; i < stage->sequence_count; i++) {
        const struct model_sequence *seq = stage->sequences[i];
        bool known = false, mended = false;
        if (seq->state < MODEL_SUCCEEDED)
            continue;
        if (end_ns(seq) <= oldest_ns)
            return;
        for (size_t k = 0; k < i && is_failure(seq); k++) {
            const struct model_sequence *newer = stage->sequences[k];
            if (newer->state < MODEL_SUCCEEDED || strcmp(newer->service, seq->service) != 0)
                continue;
            known = known || is_failure(newer);
            mended = mended || newer->state == MODEL_SUCCEEDED || newer->state == MODEL_WARNING;
        }
        if (!is_failure(seq) || known)
            continue;
        MEM_GROW(f->items, f->count, f->capacity);
        f->items[f->count++] = (struct failure){.source = s, .seq = seq, .mended = mended};
        view_note_change(v, end_ns(seq) + keep_ns);
    }
}

static int newest_first(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;
    if (x->mended != y->mended)
        return x->mended ? 1 : -1;
    return end_ns(x->seq) > end_ns(y->seq) ? -1 : end_ns(x->seq) < end_ns(y->seq) ? 1 : 0;
}

static struct failures find_failures(struct view *v)
{
    struct failures f = {0};
    for (size_t i = 0; i < v->source_count; i++) {
        const struct model *m = v->sources[i]->model;
        for (size_t p = 0; p < model_project_count(m); p++) {
            const struct model_project *project = model_project_at(m, p);
            for (size_t s = 0; wall_shows(v, project) && s < project->stage_count; s++)
                find_in_stage(v, v->sources[i], project->stages[s], &f);
        }
    }
    if (f.count > 1)
        qsort(f.items, f.count, sizeof *f.items, newest_first);
    return f;
}

static const struct model_decision *declined(const struct model_sequence *seq)
{
    for (size_t i = seq->decision_count; i-- > 0;)
        if (seq->decisions[i].by_person && seq->decisions[i].result &&
            strcmp(seq->decisions[i].result, "fail") == 0)
            return &seq->decisions[i];
    return NULL;
}

/* Why it failed, as far as the wall may tell it. What a person wrote is a comment, wherever it stands. */
static const char *reason_of(struct view *v, const struct model_sequence *seq)
{
    const struct model_decision *d = declined(seq);
    if (d) {
        const char *by =
            d->by && !wall_hides(v, "users") ? view_printf(v, " by %s", view_safe(v, d->by)) : "";
        const bool comment = d->comment && *d->comment && !wall_hides(v, "comments");
        return view_printf(v, "declined%s%s%s", by, comment ? ": " : "",
                           comment ? view_safe_line(v, d->comment) : "");
    }
    for (size_t i = seq->task_count; i-- > 0;) {
        const struct model_task *task = &seq->tasks[i];
        if (task->state != MODEL_FAILED && task->state != MODEL_TIMED_OUT)
            continue;
        const char *message = task->message ? view_safe_line(v, task->message) : "";
        return view_printf(v, "%s%s%s", view_safe(v, task->name), *message ? ": " : "", message);
    }
    return seq->message ? view_safe_line(v, seq->message) : "";
}

static void draw_failure(struct view *v, struct rect line, const struct failure *f)
{
    const struct model_sequence *seq = f->seq;
    v->clock = f->source;
    const char *ago = view_ago(v, end_ns(seq)), *reason = reason_of(v, seq);
    const char *what =
        view_printf(v, "%s %s  %s %s%s  %s%s%s", view_glyph(v, GLYPH_FAILED), what_of(v, seq, line.w),
                    view_safe(v, seq->stage->project->name), view_safe(v, seq->stage->name),
                    of_source(v, f->source), ago, f->mended ? ", delivered since" : "", *reason ? "  " : "");
    const enum role role = f->mended ? ROLE_DIM : ROLE_FAILED;
    const int used = draw_cut(v, line, line.x, line.y, role, what);
    (void)draw_cut(v, line, line.x + used, line.y, f->mended ? ROLE_DIM : ROLE_TEXT, reason);
}

int wall_failed_rows(struct view *v, int most)
{
    struct failures f = find_failures(v);
    const int rows = most < 3 ? 1 : f.count == 0 ? 1 : 1 + (int)(f.count > 99 ? 99 : f.count);
    free(f.items);
    return rows > most ? most : rows;
}

void wall_draw_failed(struct view *v, struct rect area)
{
    struct failures f = find_failures(v);
    struct rect line = wall_take_rows(&area, 1);
    const int hours = v->settings->wall.failed_hours;
    size_t shown = f.count, open = 0;
    for (size_t i = 0; i < f.count; i++)
        open += f.items[i].mended ? 0 : 1;
    if (line.h > 0 && f.count == 0) {
        (void)draw_cut(v, line, line.x, line.y, ROLE_DIM,
                       view_printf(v, "nothing failed in the last %d h", hours));
    } else if (line.h > 0) {
        (void)draw_cut(
            v, line, line.x, line.y, open > 0 ? ROLE_FAILED : ROLE_DIM,
            view_printf(v, "%s %zu failed in the last %d h", view_glyph(v, GLYPH_FAILED), f.count, hours));
    }
    if (area.h > 0 && (size_t)area.h < f.count)
        shown = (size_t)area.h; /* how many there are stands above them */
    for (size_t i = 0; i < shown && area.h > 0; i++)
        draw_failure(v, wall_take_rows(&area, 1), &f.items[i]);
    free(f.items);
}

/* ---- every stage ---- */

struct flow { /* blocks of text, row after row; only rows from `first` on are seen */
    struct view *v;
    struct rect area;
    int x, row, first;
};

static const struct model_sequence *last_ended(const struct model_stage *stage)
{
    for (size_t i = 0; i < stage->sequence_count; i++)
        if (stage->sequences[i]->state >= MODEL_SUCCEEDED)
            return stage->sequences[i];
    return NULL;
}

static void flow_text(struct flow *f, enum role role, const char *text)
{
    const int y = f->area.y + f->row - f->first, w = view_width(text);
    if (f->row >= f->first && y < f->area.y + f->area.h)
        (void)draw_cut(f->v, f->area, f->x, y, role, text);
    f->x += w;
}

static void flow_to_next_row(struct flow *f, int indent)
{
    f->row++;
    f->x = f->area.x + indent;
}

static void flow_stage(struct flow *f, struct source *s, const struct model_stage *stage, int indent)
{
    struct view *v = f->v;
    const struct model_sequence *last = last_ended(stage);
    v->clock = s;
    const char *name = view_cut(v, view_safe(v, stage->name), STAGE_MAX);
    const char *now = "", *result = view_printf(v, "%s nothing yet", view_glyph(v, GLYPH_NOT_REACHED));
    enum role role = ROLE_DIM, now_role = ROLE_RUNNING;
    if (last) {
        role = theme_state_role(last->state);
        result = view_printf(v, "%s %s %s", view_glyph(v, theme_state_glyph(last->state)),
                             what_of(v, last, SERVICE_MAX), view_age(v, end_ns(last), false));
    }
    if (stage->counts[MODEL_WAITING] > 0) {
        now_role = ROLE_WAITING_CURSOR;
        now = view_printf(v, " %s %zu ", view_glyph(v, GLYPH_WAITING), stage->counts[MODEL_WAITING]);
    } else if (stage->counts[MODEL_RUNNING] > 0) {
        now = view_printf(v, "%s %zu", view_glyph(v, GLYPH_RUNNING), stage->counts[MODEL_RUNNING]);
    }
    const int w = view_width(name) + 1 + view_width(now) + (*now ? 1 : 0) + view_width(result);
    if (f->x > f->area.x + indent && f->x + w > f->area.x + f->area.w)
        flow_to_next_row(f, indent);
    flow_text(f, ROLE_TEXT, name);
    f->x++;
    if (*now) {
        flow_text(f, now_role, now);
        f->x++;
    }
    flow_text(f, role, result);
    f->x += GAP;
}

static void flow_project(struct flow *f, struct source *s, const struct model_project *project)
{
    struct view *v = f->v;
    const char *name = view_printf(v, "%s%s", view_safe(v, project->name), of_source(v, s));
    const int most = f->area.w / 3, w = view_width(name) > most ? most : view_width(name);
    flow_text(f, ROLE_TITLE, view_cut(v, name, most));
    f->x = f->area.x + w + 2;
    for (size_t i = 0; i < project->stage_count; i++)
        flow_stage(f, s, project->stages[i], 2);
    flow_to_next_row(f, 0);
}

/* Returns how many rows there are. */
static int flow_all(struct view *v, struct rect area, int first)
{
    struct flow f = {.v = v, .area = area, .x = area.x, .first = first};
    for (size_t i = 0; i < v->source_count; i++) {
        const struct model *m = v->sources[i]->model;
        for (size_t p = 0; p < model_project_count(m); p++)
            if (wall_shows(v, model_project_at(m, p)))
                flow_project(&f, v->sources[i], model_project_at(m, p));
    }
    return f.row;
}

int wall_strip_rows(struct view *v, int width)
{
    return flow_all(v, (struct rect){.w = width}, 0);
}

void wall_draw_strip(struct view *v, struct rect area)
{
    const int rows = wall_strip_rows(v, area.w);
    const struct rect rule = wall_take_rows(&area, 1);
    const int pages = area.h > 0 ? (rows + area.h - 1) / area.h : 0;
    int page = 0;
    draw_horizontal(v, rule.x, rule.y, rule.w);
    if (pages > 1) {
        const int64_t turn_ns = v->settings->wall.rotation_s * CLOCK_S;
        v->clock = NULL;
        const int64_t turn = view_now_ns(v) / turn_ns;
        page = (int)(turn % pages);
        view_note_change(v, (turn + 1) * turn_ns);
        draw_right(v, (struct rect){.x = rule.x, .y = rule.y, .w = rule.w - 1, .h = 1}, rule.y, ROLE_DIM,
                   view_printf(v, " %d of %d ", page + 1, pages));
    }
    (void)flow_all(v, area, page * area.h);
}
