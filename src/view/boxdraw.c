/* How the decision box looks. Lines that must be read are there or the box confirms nothing; the others give
 * way on small terminals. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define LINES_MAX    512 /* MARKS_MAX of them, each with a reason of WRAPPED_MAX lines, and the rest */
#define BOX_WIDTH    74
#define WRAPPED_MAX  4
#define LABEL_WIDTH  16
#define LABEL_SHORT  9 /* where a line has less than WIDE_LEAST */
#define WIDE_LEAST   40
#define FIELD_LEAST  8
#define WIDTH_LEAST  20 /* cells: less says nothing */
#define FRAMED_LEAST 30

struct line {
    const char *label, *text, *right;
    enum role role;
    bool must, is_field;
    bool is_member, goes_on; /* one of several, cut with a count where they do not fit; its further lines */
    enum box_field field;
};

struct face {
    const char *title;
    bool title_says_less; /* than the first line, which has the question */
    struct line lines[LINES_MAX];
    size_t count;
};

static void add(struct face *f, struct line line)
{
    if (f->count < LINES_MAX)
        f->lines[f->count++] = line;
}

static void add_wrapped(struct view *v, struct face *f, int width, enum role role, const char *text)
{
    const char *lines[WRAPPED_MAX];
    const size_t n = view_wrap(v, text, width, lines, WRAPPED_MAX);
    for (size_t i = 0; i < n; i++)
        add(f, (struct line){.text = lines[i], .role = role, .must = true});
}

static const char *question(struct view *v)
{
    static const char *const verbs[] = {[BOX_APPROVE] = "Approve",
                                        [BOX_DECLINE] = "Decline",
                                        [BOX_PAUSE] = "Pause",
                                        [BOX_RESUME] = "Resume",
                                        [BOX_ABORT] = "Abort"};
    const struct box *b = &v->box;
    const bool decides = box_is_decision(b->kind);
    const char *label = source_label(b->target.source);
    const char *at = *label ? view_printf(v, " @ %s", view_safe(v, label)) : "";
    const char *version = b->target.version ? view_printf(v, " %s", view_safe(v, b->target.version)) : "";
    return view_printf(v, "%s %s%s %s %s%s?", verbs[b->kind], view_safe(v, b->target.service), version,
                       decides ? "into" : "in", view_safe(v, b->target.stage), at);
}

static void add_title(struct view *v, struct face *f, int width, const char *short_title)
{
    const char *text = question(v);
    f->title = text;
    if (view_width(text) > width - 2 || short_title) {
        f->title = short_title ? short_title : "Decide";
        f->title_says_less = !short_title;
        add_wrapped(v, f, width, ROLE_TITLE, text);
    }
}

/* Which run, from whom; and as whom, where, in the connection's own colour. */
static void add_origin(struct view *v, struct face *f)
{
    const struct target *t = &v->box.target;
    const struct model_sequence *seq = target_sequence(t);
    const char *from = "";
    if (seq && seq->triggered_by)
        from = view_printf(v, "%s by %s", view_clock(v, seq->triggered_ns),
                           view_source_name(v, seq->triggered_by));
    add(f, (struct line){.label = "run",
                         .text = view_printf(v, "%s of %s, %.8s", view_safe(v, t->sequence),
                                             view_safe(v, t->project), view_safe(v, t->context)),
                         .right = from,
                         .role = ROLE_DIM});
    add(f, (struct line){.label = "as",
                         .text = view_printf(v, "%s @ %s", topbar_who(v, t->source),
                                             view_safe(v, source_label(t->source))),
                         .role = source_role(t->source)});
}

static void add_facts(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    struct fact facts[FACTS_MAX];
    const struct model_sequence *seq = b->target.triggered_id ? target_sequence(&b->target) : NULL;
    const size_t n = seq ? facts_of(v, seq, facts) : 0;
    for (size_t i = 0; i < n; i++) {
        if (*facts[i].label)
            add(f, (struct line){.label = facts[i].label,
                                 .text = facts[i].text,
                                 .right = facts[i].right,
                                 .role = facts[i].role,
                                 .must = facts[i].must});
        else
            add_wrapped(v, f, width, facts[i].role, facts[i].text);
    }
    add_origin(v, f);
}

static void add_fields(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    if (b->target.source->link != VIEW_LINK_LIVE && b->target.triggered_id)
        add_wrapped(v, f, width, ROLE_STALE, "this may be old: the server is asked first");
    if (b->confirm_text) {
        const char *type = view_printf(v, "type %s", view_safe(v, b->confirm_text));
        const char *long_type = view_printf(v, "%s, %s", b->warned ? "to go back" : "to confirm", type);
        add_wrapped(v, f, width, ROLE_WARNING, view_width(long_type) > width ? type : long_type);
        add(f, (struct line){.label = "confirm", .must = true, .is_field = true, .field = BOX_FIELD_CONFIRM});
    }
    if (b->target.triggered_id)
        add(f, (struct line){.label = "comment",
                             .must = b->comment.len > 0,
                             .is_field = true,
                             .field = BOX_FIELD_COMMENT});
}

/* About a key that did not count. Only its first line must be there: it comes into a box that was read. */
static void add_told(struct view *v, struct face *f, int width)
{
    const char *lines[WRAPPED_MAX];
    const size_t n = view_wrap(v, v->box.told, width > 30 ? width - 9 : width, lines, WRAPPED_MAX);
    for (size_t i = 0; i < n; i++)
        add(f,
            (struct line){
                .text = lines[i], .right = i == 0 ? "Esc back" : NULL, .role = ROLE_WARNING, .must = i == 0});
}

static void add_keys(struct view *v, struct face *f, int width)
{
    static const char *const does[] = {[BOX_APPROVE] = "Enter or the check mark approves",
                                       [BOX_DECLINE] = "Enter or the cross mark declines",
                                       [BOX_PAUSE] = "Enter pauses it",
                                       [BOX_RESUME] = "Enter lets it go on",
                                       [BOX_ABORT] = "Enter aborts it"};
    const struct box *b = &v->box;
    const char *text = does[b->kind];
    if (b->batch.count > 1)
        text = b->kind == BOX_APPROVE ? "Enter or the check mark approves all"
                                      : "Enter or the cross mark declines all";
    if (view_width(text) + 10 > width)
        text = b->kind == BOX_APPROVE ? "Enter approves" : b->kind == BOX_DECLINE ? "Enter declines" : text;
    add(f, (struct line){
               .text = text, .right = b->told ? NULL : "Esc back", .role = ROLE_KEY, .must = !b->told});
    if (b->told)
        add_told(v, f, width);
}

/* What becomes of what was confirmed here. */
/* ---- several at once ---- */

static const char *padded(struct view *v, const char *text, int width)
{
    const char *cut = view_cut(v, text, width);
    return view_printf(v, "%s%*s", cut, width - view_width(cut), "");
}

static int service_width(struct view *v, const struct batch *batch)
{
    int width = 4;
    for (size_t i = 0; i < batch->count; i++) {
        const int w = view_width(view_safe(v, batch->members[i].service));
        width = w > width ? w : width;
    }
    return width < 24 ? width : 24;
}

static void add_member(struct view *v, struct face *f, const struct target *t, int service_w, int width)
{
    const struct model_sequence *seq = target_sequence(t);
    const struct sent *sent = v->box.phase == BOX_SENDING ? sent_of(v, t) : NULL;
    struct model_delivery d = {0};
    const char *change = t->version ? view_safe(v, t->version) : "";
    if (seq) {
        model_delivery_of(t->source->model, seq, &d);
        change = view_change(v, d.last, seq);
    }
    const bool failed = sent && sent->due_ms == 0 && sent->state > DECISION_ACCEPTED;
    const char *at = view_printf(v, "@ %s", view_safe(v, source_label(t->source)));
    const char *right = sent ? sent_word(v, sent) : at, *stage = view_safe(v, t->stage);
    const enum role role = failed ? ROLE_FAILED : ROLE_TEXT;
    const char *text =
        view_printf(v, "%s  %s  %s", padded(v, view_safe(v, t->service), service_w), stage, change);
    const bool narrow = view_width(text) + 1 + view_width(right) > width;
    if (narrow) /* two lines: nothing of it may be cut */
        text = view_printf(v, "%s %s", view_safe(v, t->service), change);
    add(f, (struct line){.text = text,
                         .right = narrow && !sent ? NULL : right,
                         .role = role,
                         .must = true,
                         .is_member = true});
    if (narrow)
        add(f, (struct line){.text = view_printf(v, "  into %s %s", stage, at),
                             .role = role,
                             .must = true,
                             .is_member = true,
                             .goes_on = true});
    if (failed && sent->text && *sent->text)
        add(f, (struct line){.text = view_printf(v, "  %s", view_safe(v, sent->text)),
                             .role = ROLE_FAILED,
                             .must = true,
                             .is_member = true,
                             .goes_on = true});
}

static void add_batch(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    const struct batch *batch = &b->batch;
    const int service_w = service_width(v, batch);
    const char *verb = b->kind == BOX_APPROVE ? "Approve" : "Decline";
    f->title = batch->count > 1 ? view_printf(v, "%s %zu at once?", verb, batch->count)
                                : view_printf(v, "%s the one that is marked?", verb);
    for (size_t i = 0; i < batch->count; i++)
        add_member(v, f, &batch->members[i], service_w, width);
    for (size_t i = 0; i < batch->left_count; i++)
        add_wrapped(v, f, width, ROLE_WARNING, view_printf(v, "left out: %s", view_safe(v, batch->left[i])));
}

static void add_batch_progress(struct view *v, struct face *f)
{
    const struct batch *batch = &v->box.batch;
    const char *undo = undo_line(v);
    size_t accepted = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct sent *sent = sent_of(v, &batch->members[i]);
        accepted += sent && sent->due_ms == 0 && sent->state == DECISION_ACCEPTED;
    }
    f->title = view_printf(v, "%s %zu", v->box.kind == BOX_APPROVE ? "Approving" : "Declining", batch->count);
    add(f, (struct line){
               .text = undo && batch_is_underway(v)
                           ? "u undoes those that are not sent yet"
                           : view_printf(v, "%zu of %zu accepted by the server", accepted, batch->count),
               .right = "Esc closes",
               .role = ROLE_DIM,
               .must = true});
}

static void add_progress(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    const struct sent *sent = sent_of(v, &b->target);
    if (!sent)
        return;
    const bool undoable = sent->due_ms != 0;
    const char *ellipsis = sent_is_underway(sent) && !undoable ? view_glyph(v, GLYPH_ELLIPSIS) : "";
    const char *text = undoable ? sent_phrase(v, sent) : sent_step(sent);
    add(f, (struct line){.text = view_printf(v, "%s%s", text, ellipsis),
                         .role = undoable ? ROLE_WARNING : ROLE_RUNNING,
                         .must = true});
    if (sent->text && *sent->text)
        add_wrapped(v, f, width, ROLE_DIM, view_safe(v, sent->text));
    add(f, (struct line){.text = box_is_decision(b->kind) ? "Esc closes the box, not the decision"
                                                          : "Esc closes the box alone",
                         .role = ROLE_DIM});
}

static void add_failure(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    const struct sent *sent = sent_of(v, &b->target);
    const bool decides = box_is_decision(b->kind), conflict = sent && sent->state == DECISION_CONFLICT;
    const bool waits = decides && target_sequence(&b->target);
    add_title(v, f, width, !decides ? "Not done" : conflict ? "Decided already" : "Not decided");
    add_wrapped(v, f, width, ROLE_FAILED, view_safe(v, b->notice));
    add(f, (struct line){.text = conflict ? ""
                                 : waits  ? "it still waits: a asks again"
                                          : "the row says how it stands",
                         .right = "Esc back",
                         .role = ROLE_DIM,
                         .must = true});
}

static void make_face(struct view *v, struct face *f, int width)
{
    const struct box *b = &v->box;
    switch (b->phase) {
    case BOX_ASKING:
        if (b->batch.count > 0) {
            add_batch(v, f, width);
        } else {
            add_title(v, f, width, NULL);
            add_facts(v, f, width);
        }
        add_fields(v, f, width);
        add_keys(v, f, width);
        break;
    case BOX_SENDING:
        if (b->batch.count > 0) {
            add_batch(v, f, width);
            add_batch_progress(v, f);
            break;
        }
        add_title(v, f, width, NULL);
        add_progress(v, f, width);
        break;
    case BOX_FAILED:
        add_failure(v, f, width);
        break;
    case BOX_OVERTAKEN:
        add_title(v, f, width, "Overtaken");
        add_wrapped(v, f, width, ROLE_WARNING, view_safe(v, b->notice));
        add(f,
            (struct line){
                .text = "nothing was sent from here", .right = "Esc closes", .role = ROLE_DIM, .must = true});
        break;
    }
}

/* Leaves out what need not be read, from the end, until the rest fits. False: it does not. */
static bool fit(struct face *f, int height)
{
    for (size_t i = f->count; i > 0 && (int)f->count > height; i--) {
        if (f->lines[i - 1].must)
            continue;
        memmove(&f->lines[i - 1], &f->lines[i], (f->count - i) * sizeof *f->lines);
        f->count--;
    }
    return (int)f->count <= height;
}

static void remove_line(struct face *f, size_t i)
{
    f->count--;
    memmove(&f->lines[i], &f->lines[i + 1], (f->count - i) * sizeof *f->lines);
}

/* Several that do not fit: as many as do, and how many do not. Returns how many are not seen. */
static size_t cut_members(struct view *v, struct face *f, int height)
{
    size_t end = f->count, hidden = 0;
    while (end > 0 && !f->lines[end - 1].is_member)
        end--;
    while (end > 0 && f->lines[end - 1].is_member &&
           (int)f->count + 1 > height) { /* and the line that counts */
        for (bool goes_on = true; goes_on && end > 0; end--) {
            goes_on = f->lines[end - 1].goes_on;
            remove_line(f, end - 1);
        }
        hidden++;
    }
    memmove(&f->lines[end + 1], &f->lines[end], (f->count - end) * sizeof *f->lines);
    f->lines[end] =
        (struct line){.text = view_printf(v, "%zu more do not fit: enlarge, or mark fewer", hidden),
                      .role = ROLE_WARNING,
                      .must = true};
    f->count++;
    return hidden;
}

static void draw_field(struct view *v, struct rect row, const struct line *line, int label_w)
{
    struct box *b = &v->box;
    const bool active = b->field == line->field && b->phase == BOX_ASKING;
    const struct buffer *typed = line->field == BOX_FIELD_CONFIRM ? &b->confirm : &b->comment;
    struct rect field = {.x = row.x + label_w, .y = row.y, .w = row.w - label_w, .h = 1};
    const char *text = view_cut_left(v, buffer_text(typed), field.w - 1);
    const bool empty = typed->len == 0;
    grid_fill(&v->grid, field, ROLE_INPUT, " ");
    if (empty && line->field == BOX_FIELD_COMMENT && !active)
        text = "";
    const int width = draw_text(v, field, field.x, row.y, ROLE_INPUT, text);
    if (active) {
        b->cursor_x = field.x + width;
        b->cursor_y = row.y;
    }
}

/* What a line is called where there is so much room. */
static const char *label_for(const struct line *line, int width)
{
    static const struct {
        const char *whole, *short_one;
    } labels[] = {{"last delivered", "last"}, {"to deliver", "new"}, {"since then", "since"}};
    if (line->is_field && line->field == BOX_FIELD_COMMENT && width >= 60)
        return "comment (opt.)";
    for (size_t i = 0; width < WIDE_LEAST && i < sizeof labels / sizeof *labels; i++)
        if (strcmp(line->label, labels[i].whole) == 0)
            return labels[i].short_one;
    return line->label;
}

static void draw_line(struct view *v, struct rect row, const struct line *line)
{
    const int label_w = row.w >= WIDE_LEAST                 ? LABEL_WIDTH
                        : LABEL_SHORT < row.w - FIELD_LEAST ? LABEL_SHORT
                                                            : 0;
    int x = row.x;
    if (line->label) {
        (void)draw_cut(v, (struct rect){.x = x, .y = row.y, .w = label_w - 1, .h = 1}, x, row.y, ROLE_DIM,
                       label_for(line, row.w));
        x += label_w;
    }
    if (line->is_field) {
        draw_field(v, row, line, label_w);
        return;
    }
    if (line->role == ROLE_DANGER)
        grid_fill(&v->grid, row, ROLE_DANGER, " ");
    const int right_w = line->right ? view_width(line->right) : 0;
    struct rect text = {.x = x, .y = row.y, .w = row.x + row.w - x - (right_w ? right_w + 1 : 0), .h = 1};
    const char *shown = line->text;
    if (line->label && (strcmp(line->label, "last delivered") == 0 || strcmp(line->label, "to deliver") == 0))
        shown = view_cut_left(v, shown, text.w); /* an image's tag stands at its end */
    (void)draw_cut(v, text, x, row.y, line->role, shown);
    if (right_w)
        draw_right(v, row, row.y,
                   line->role == ROLE_DANGER   ? ROLE_DANGER
                   : line->must && line->label ? ROLE_TEXT
                                               : ROLE_DIM,
                   line->right);
}

static void draw_too_small(struct view *v, struct rect area)
{
    grid_fill(&v->grid, area, ROLE_ERROR, " ");
    (void)draw_cut(v, area, area.x, area.y, ROLE_ERROR, "too small to decide: enlarge, or Esc");
}

/* Without a frame the title is a line like the others. */
static void title_to_line(struct face *f)
{
    const size_t count = f->count < LINES_MAX ? f->count : LINES_MAX - 1;
    memmove(&f->lines[1], &f->lines[0], count * sizeof *f->lines);
    f->lines[0] = (struct line){.text = f->title, .role = ROLE_TITLE, .must = true};
    f->count = count + 1;
}

static int box_width(struct rect area)
{
    return area.w <= BOX_WIDTH + 12 ? area.w : BOX_WIDTH; /* no slivers of the screen below on both sides */
}

/* Where it does not hide the row that it asks about, if there is such a place. */
static int box_top(const struct view *v, struct rect area, int h)
{
    const struct tree *t = &v->tree;
    const int row = area.y + (int)(t->cursor - t->top), bottom = area.y + area.h - h;
    if (view_is_split(v) || v->screen_count > 1)
        return area.y + (area.h - h) / 2;
    return row < bottom ? bottom : area.y + h <= row ? area.y : bottom;
}

static void draw_face(struct view *v, struct rect area, const struct face *f, bool framed)
{
    const int border = framed ? 2 : 0, pad = framed ? 4 : 0;
    const int w = box_width(area), h = (int)f->count + border;
    const struct rect frame = {.x = area.x + (area.w - w) / 2, .y = box_top(v, area, h), .w = w, .h = h};
    grid_fill(&v->grid, frame, ROLE_TEXT, " ");
    if (framed)
        draw_frame(v, frame, ROLE_BOX, f->title);
    for (size_t i = 0; i < f->count; i++)
        draw_line(
            v,
            (struct rect){.x = frame.x + pad / 2, .y = frame.y + border / 2 + (int)i, .w = w - pad, .h = 1},
            &f->lines[i]);
}

void box_draw(struct view *v, struct rect area)
{
    const int width = box_width(area);
    const bool could_be_read = v->box.fits;
    size_t hidden = 0;
    v->clock = v->box.target.source;
    v->box.fits = area.w >= WIDTH_LEAST;
    for (int framed = 1; v->box.fits && framed >= 0; framed--) {
        struct face f = {0};
        make_face(v, &f, framed ? width - 4 : width);
        if (!framed && !f.title_says_less)
            title_to_line(&f);
        const int height = area.h - (framed ? 2 : 0);
        if (framed && width < FRAMED_LEAST)
            continue;
        if (!fit(&f, height))
            hidden = v->box.batch.count > 0 ? cut_members(v, &f, height) : 0;
        if ((int)f.count > height)
            continue;
        draw_face(v, area, &f, framed != 0);
        v->box.fits = hidden == 0 || v->box.phase != BOX_ASKING; /* nobody confirms what is not seen */
        if (!could_be_read)
            v->box.drawn = v->box.armed = false; /* from this frame on it can be */
        return;
    }
    v->box.fits = false;
    draw_too_small(v, area);
}
