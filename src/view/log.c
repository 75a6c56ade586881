/* The output of a task's job, asked for piece by piece while it grows. The newest LOG_KEEP bytes are kept. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

#define POLL_MS        1000 /* between two looks at output that grows */
#define UNHEARD_MS     5000 /* an answer that has not come until then is asked for again */
#define TAIL_MAX       400  /* lines of the end that are looked at for one frame */
#define LINE_BYTES_MAX 1000 /* bytes of one line that are looked at */

void log_free(struct job_log *log)
{
    free(log->triggered_id);
    free(log->title);
    buffer_free(&log->text);
    *log = (struct job_log){0};
}

void log_show(struct view *v, const struct model_sequence *seq, const struct model_task *task)
{
    struct job_log *log = &v->log;
    const char *id = task->triggered_id;
    const struct source *source = view_source_of(v, seq);
    if (log->source == source && log->triggered_id && strcmp(log->triggered_id, id) == 0) {
        if (task->state == MODEL_RUNNING)
            log->growing = true;
        return;
    }
    log_free(log);
    log->source = source;
    log->triggered_id = mem_string(id);
    log->title = mem_printf("%s of %s in %s", task->name, seq->service ? seq->service : "", seq->stage->name);
    log->text = BUFFER_LIMIT(LOG_KEEP * 2);
    log->growing = true; /* until an answer says otherwise */
}

static bool log_is_seen(const struct view *v)
{
    const struct view_ops *top = view_top_screen(v);
    return top == &log_screen || (top == &detail_screen) || (top == &tree_screen && view_is_split(v));
}

int64_t log_tick(struct view *v, int64_t now_ms)
{
    struct job_log *log = &v->log;
    if (!log->triggered_id || !log->growing || !log_is_seen(v))
        return -1;
    const int64_t since_ms =
        log->asked && !log->answered ? log->asked_ms + UNHEARD_MS : log->answered_ms + POLL_MS;
    if (log->asked && now_ms < since_ms)
        return since_ms - now_ms;
    const struct view_query query = {
        .kind = VIEW_QUERY_JOB_LOG, .id = log->triggered_id, .offset = log->offset};
    if (!view_ask(v, log->source, &query, &log->ticket))
        return -1;
    log->asked = true;
    log->answered = false;
    log->asked_ms = now_ms;
    return UNHEARD_MS;
}

/* Whether the task goes on, as far as the model knows: the log of one that has ended does not grow. */
static bool task_goes_on(const struct job_log *log)
{
    const struct model_sequence *seq;
    for (struct model_walk walk = {0}; (seq = model_next_sequence(log->source->model, &walk));)
        for (size_t t = 0; t < seq->task_count; t++)
            if (mem_same_text(seq->tasks[t].triggered_id, log->triggered_id))
                return seq->tasks[t].finished_ns == 0;
    return false;
}

static void keep_output(struct job_log *log, const char *bytes, size_t len)
{
    if (len > LOG_KEEP) {
        bytes += len - LOG_KEEP;
        len = LOG_KEEP;
        buffer_clear(&log->text);
    }
    if (log->text.len + len > LOG_KEEP && log->text.len > 0) {
        const size_t over = log->text.len + len - LOG_KEEP;
        buffer_consume(&log->text, over < log->text.len ? over : log->text.len);
    }
    (void)buffer_add(&log->text, bytes, len); /* there is room: twice what is kept */
}

/* One question at a time is asked from where the output ends here, so that an answer always goes on from
 * there. */
bool log_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer)
{
    struct job_log *log = &v->log;
    if (ticket == 0 || ticket != log->ticket)
        return false;
    log->ticket = 0;
    log->answered = true;
    log->answered_ms = view_now_ms(v);
    log->growing = task_goes_on(log) || answer->len > 0;
    keep_output(log, answer->body, answer->len);
    log->offset += answer->len;
    if (answer->len > 0 || !log->growing)
        view_model_changed(v);
    else
        frame_plan_wake(v); /* nothing to draw, but more to ask for */
    return true;
}

/* What stands after the last carriage return, without colour sequences. */
const char *view_plain_line(struct view *v, const char *line, size_t len)
{
    char plain[LINE_BYTES_MAX + 1];
    size_t used = 0, start = 0;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    for (size_t i = 0; i < len; i++)
        if (line[i] == '\r')
            start = i + 1;
    for (size_t i = start; i < len && used < LINE_BYTES_MAX; i++) {
        if (line[i] == '\033' && i + 1 < len && line[i + 1] == '[') {
            size_t end = i + 2;
            while (end < len && ((line[end] >= '0' && line[end] <= '9') || line[end] == ';'))
                end++;
            if (end < len && line[end] == 'm') { /* colour only: everything else stays to be seen */
                i = end;
                continue;
            }
        }
        plain[used++] = line[i] == '\t' ? ' ' : line[i] == '\0' ? '?' : line[i];
    }
    plain[used] = '\0';
    return view_safe(v, plain);
}

/* Draws the last lines, `skip` lines from the end. Returns how many lines stand before the first that is
 * drawn (at most TAIL_MAX). */
static int draw_lines(struct view *v, struct rect area, int skip)
{
    const struct job_log *log = &v->log;
    const char *text = buffer_text(&log->text), *end = text + log->text.len;
    int y = area.y + area.h - 1, before = 0, total = 0;
    if (end > text && end[-1] == '\n')
        end--;
    const char *starts[TAIL_MAX], *ends[TAIL_MAX];
    for (const char *p = end; p >= text && total < TAIL_MAX && end > text;) {
        const char *start = p;
        while (start > text && start[-1] != '\n')
            start--;
        starts[total] = start;
        ends[total++] = p;
        if (start == text)
            break;
        p = start - 1;
    }
    const int first = total - skip < area.h ? (total < area.h ? total : area.h) - 1 : area.h - 1;
    if (total < area.h)
        y = area.y + (total > 0 ? first : 0);
    for (int i = skip; i < total && y >= area.y; i++, y--)
        (void)draw_cut(v, area, area.x, y, ROLE_TEXT,
                       view_plain_line(v, starts[i], (size_t)(ends[i] - starts[i])));
    before = total - area.h - skip;
    return before > 0 ? before : 0;
}

static void draw_none(struct view *v, struct rect area)
{
    const struct job_log *log = &v->log;
    (void)draw_cut(v, area, area.x, area.y, ROLE_DIM,
                   !log->answered && log->offset == 0 ? "asking for the output"
                   : log->growing                     ? "no output yet"
                                                      : "no output");
}

void log_draw_tail(struct view *v, struct rect area)
{
    if (area.h <= 0)
        return;
    if (v->log.text.len == 0)
        draw_none(v, area);
    else
        (void)draw_lines(v, area, 0);
}

static void log_draw(struct view *v, struct rect area)
{
    struct job_log *log = &v->log;
    struct rect body = {.x = area.x + 1, .y = area.y + 2, .w = area.w - 2, .h = area.h - 2};
    const char *state = log->growing ? (log->scroll > 0 ? "growing, End follows" : "following") : "ended";
    const struct rect head = {.x = body.x, .y = area.y, .w = body.w - view_width(state) - 2, .h = 1};
    if (area.h < 4)
        body = area;
    else {
        (void)draw_cut(v, head, head.x, head.y, ROLE_TITLE,
                       view_printf(v, "output of %s", view_safe(v, log->title)));
        draw_right(v, (struct rect){.x = body.x, .y = area.y, .w = body.w, .h = 1}, area.y,
                   log->growing ? ROLE_RUNNING : ROLE_DIM, state);
    }
    if (body.h <= 0 || body.w <= 0)
        return;
    if (log->text.len == 0) {
        draw_none(v, body);
        return;
    }
    if (log->scroll > TAIL_MAX - body.h)
        log->scroll = TAIL_MAX > body.h ? TAIL_MAX - body.h : 0;
    (void)draw_lines(v, body, log->scroll);
}

static unsigned log_act(struct view *v, enum action action)
{
    const int page = v->grid.h > 8 ? v->grid.h - 8 : 1;
    return scroll_from_end(&v->log.scroll, action, page, TAIL_MAX) ? VIEW_KEY_USED : 0;
}

static const struct hint log_hints[] = {{ACTION_UP, "scroll", "arrows"},
                                        {ACTION_BOTTOM, "follow", NULL},
                                        {.action = ACTION_HELP},
                                        {.action = ACTION_QUIT},
                                        {.action = ACTION_NONE}};
static const struct own_action log_own[] = {
    {ACTION_UP, NULL},  {ACTION_DOWN, NULL},   {ACTION_PAGE_UP, NULL}, {ACTION_PAGE_DOWN, NULL},
    {ACTION_TOP, NULL}, {ACTION_BOTTOM, NULL}, {ACTION_NONE, NULL}};
const struct view_ops log_screen = {
    .name = "job log", .draw = log_draw, .act = log_act, .keys = log_hints, .own = log_own};
