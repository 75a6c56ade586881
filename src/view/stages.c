/* The stages that a run has reached, side by side, each with its tasks, their executors and how long they
 * took. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

#define STAGES_MAX  16
#define LINES_MAX   40
#define BLOCK_GAP   4
#define INDENT      3
#define TIME_WIDTH  5
#define MESSAGE_MAX 3 /* lines of a failed task's message */

struct entry {
    enum role role;
    const char *glyph, *name, *time;
    const char *note; /* a line of its own, instead of all that */
};
struct block {
    const char *title, *glyph, *time;
    enum role role;
    struct entry entries[LINES_MAX];
    int count, name_w, width;
};

static void add_entry(struct block *b, struct entry entry)
{
    if (b->count < LINES_MAX)
        b->entries[b->count++] = entry;
}

static void add_message(struct view *v, struct block *b, const char *raw, int width)
{
    const char *lines[MESSAGE_MAX];
    const size_t n = view_wrap(v, view_safe_line(v, raw), width - INDENT - 1, lines, MESSAGE_MAX);
    for (size_t i = 0; i < n; i++)
        add_entry(b, (struct entry){.note = lines[i], .role = ROLE_FAILED});
}

static void add_executors(struct view *v, struct block *b, const struct model_task *task)
{
    for (size_t i = 0; i < task->executor_count; i++) {
        const struct model_executor *e = &task->executors[i];
        const bool ended = e->finished_ns > 0;
        const bool passed =
            e->result && (strcmp(e->result, "pass") == 0 || strcmp(e->result, "warning") == 0);
        const enum model_state open_state = task->finished_ns ? MODEL_NOT_REACHED : MODEL_RUNNING;
        const enum model_state state = !ended ? open_state : passed ? MODEL_SUCCEEDED : MODEL_FAILED;
        add_entry(b, (struct entry){.role = theme_state_role(state),
                                    .glyph = view_glyph(v, theme_state_glyph(state)),
                                    .name = view_printf(v, "  %s", view_safe(v, e->source)),
                                    .time = view_duration(v, e->started_ns, e->finished_ns)});
    }
}

static const char *task_time(struct view *v, const struct model_task *task)
{
    if (!task->triggered_id || task->state == MODEL_NOT_REACHED)
        return "";
    if (task->state == MODEL_WAITING)
        return view_age(v, task->triggered_ns, false);
    if (task->state == MODEL_RUNNING)
        return view_age(v, task->triggered_ns, true);
    return task->finished_ns ? view_duration(v, task->triggered_ns, task->finished_ns) : "";
}

/* Where the states stand, of the run and below it of its tasks. */
static int state_x(const struct block *b)
{
    const int title_w = view_width(b->title) + 1, tasks_x = INDENT + b->name_w + 1;
    return title_w + 1 > tasks_x ? title_w + 1 : tasks_x;
}

static void fill_block(struct view *v, struct block *b, const struct model_sequence *seq, int width)
{
    *b = (struct block){.title = view_safe(v, seq->stage->name),
                        .glyph = view_glyph(v, theme_state_glyph(seq->state)),
                        .role = theme_state_role(seq->state),
                        .time = ""};
    if (seq->state >= MODEL_SUCCEEDED)
        b->time = view_duration(v, seq->triggered_ns, seq->finished_ns ? seq->finished_ns : seq->since_ns);
    for (size_t i = 0; i < seq->task_count; i++) {
        const struct model_task *task = &seq->tasks[i];
        add_entry(b, (struct entry){.role = theme_state_role(task->state),
                                    .glyph = view_glyph(v, theme_state_glyph(task->state)),
                                    .name = view_safe(v, task->name),
                                    .time = task_time(v, task)});
        if (task->executor_count > 1 &&
            strcmp(task->name, "approval") != 0) /* its decisions are told in words */
            add_executors(v, b, task);
        if ((task->state == MODEL_FAILED || task->state == MODEL_TIMED_OUT) && task->message &&
            *task->message)
            add_message(v, b, task->message, width);
    }
    for (int i = 0; i < b->count; i++) {
        const int name_w = b->entries[i].name ? view_width(b->entries[i].name) : 0;
        b->name_w = name_w > b->name_w ? name_w : b->name_w;
    }
    b->name_w = b->name_w > 28 ? 28 : b->name_w;
    b->width = state_x(b) + 2 + TIME_WIDTH;
    for (int i = 0; i < b->count; i++) {
        const int note_w = b->entries[i].note ? INDENT + 1 + view_width(b->entries[i].note) : 0;
        b->width = note_w > b->width ? note_w : b->width;
    }
    b->width = b->width > width ? width : b->width;
}

/* The runs of the same context in the project's stages, in their order. */
static size_t runs_of(const struct model_sequence *seq, const struct model_sequence *out[STAGES_MAX])
{
    const struct model_project *project = seq->stage->project;
    size_t n = 0;
    for (size_t i = 0; i < project->stage_count; i++) {
        const struct model_stage *stage = project->stages[i];
        for (size_t j = 0; j < stage->sequence_count && n < STAGES_MAX; j++)
            if (stage->sequences[j]->context == seq->context ||
                strcmp(stage->sequences[j]->context, seq->context) == 0)
                out[n++] = stage->sequences[j];
    }
    return n;
}

static void draw_block(struct view *v, struct rect area, const struct rect *clip, const struct block *b)
{
    const struct rect seen = rect_cut(area, *clip);
    const int x = area.x, states_x = x + state_x(b);
    int y = area.y;
    const int title_room = states_x - 1 - x;
    (void)draw_text(v, seen, x, y, ROLE_TITLE, view_printf(v, "%s ", view_cut(v, b->title, title_room - 1)));
    (void)draw_text(v, seen, states_x - 1, y, b->role,
                    view_printf(v, " %s%s%s ", b->glyph, *b->time ? " " : "", b->time));
    for (int i = 0; i < b->count; i++) {
        const struct entry *e = &b->entries[i];
        y++;
        if (e->note) {
            (void)draw_cut(v, seen, x + INDENT + 1, y, e->role, e->note);
            continue;
        }
        const struct rect name =
            rect_cut((struct rect){.x = x + INDENT, .y = y, .w = b->name_w, .h = 1}, seen);
        (void)draw_cut(v, name, x + INDENT, y, ROLE_TEXT, e->name);
        (void)draw_text(v, seen, states_x, y, e->role, e->glyph);
        (void)draw_text(v, seen, states_x + 2, y, ROLE_DIM, e->time);
    }
}

/* Places the blocks in bands from left to right. Draws where there is a clip; returns the height. */
static int place(struct view *v, struct rect area, const struct rect *clip, const struct model_sequence *seq)
{
    const struct model_sequence *runs[STAGES_MAX];
    const size_t n = runs_of(seq, runs);
    int x = area.x, y = area.y, band = 0;
    struct block b;
    for (size_t i = 0; i < n; i++) {
        fill_block(v, &b, runs[i], area.w);
        if (x > area.x && x + b.width > area.x + area.w) {
            x = area.x;
            y += band + 1;
            band = 0;
        }
        if (clip && x == area.x && rect_cut((struct rect){.x = x, .y = y, .w = 1, .h = 1}, *clip).h > 0)
            draw_horizontal(v, area.x, y, area.w);
        if (clip && x > area.x)
            (void)draw_text(v, *clip, x - 1, y, ROLE_TEXT, " ");
        if (clip)
            draw_block(v, (struct rect){.x = x, .y = y, .w = b.width, .h = b.count + 1}, clip, &b);
        band = b.count + 1 > band ? b.count + 1 : band;
        x += b.width + BLOCK_GAP;
    }
    return y + band - area.y;
}

const struct model_task *stages_log_task(const struct model_sequence **seq)
{
    const struct model_sequence *runs[STAGES_MAX];
    const struct model_task *found = detail_log_task(*seq);
    const size_t n = found ? 0 : runs_of(*seq, runs);
    for (size_t i = 0; i < n; i++) {
        const struct model_task *task = detail_log_task(runs[i]);
        if (!task || (found && task->triggered_ns < found->triggered_ns))
            continue;
        found = task;
        *seq = runs[i];
    }
    return found;
}

int stages_height(struct view *v, int width, const struct model_sequence *seq)
{
    return place(v, (struct rect){.w = width, .h = 1}, NULL, seq);
}

void stages_draw(struct pen *pen, const struct model_sequence *seq)
{
    const struct rect area = {.x = pen->area.x, .y = pen->y, .w = pen->area.w, .h = 1};
    pen->y += place(pen->v, area, &pen->area, seq);
}
