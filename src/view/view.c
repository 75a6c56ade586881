/* The driver: keys in, frames out. The first change after a quiet time is drawn in the loop's next turn, a
 * flood at most 30 times a second; a timer runs only while something on the screen will change by itself. */
#include "config.h"

#include "view/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/columns.h"
#include "view/internal.h"

#define FRAME_MS       33
#define REPORT_WAIT_MS 500  /* a terminal that has never answered a position report */
#define REPORT_LOST_MS 5000 /* one that has, but not this time */
#define TIMERS         4
#define REFRESH_MAX_MS (INT64_C(24) * 3600 * 1000)

static void draw_frame_now(struct view *v);

int64_t view_now_ms(const struct view *v)
{
    (void)v;
    return clock_monotonic_ns() / CLOCK_MS;
}

int64_t view_now_ns(const struct view *v)
{
    return v->ports.now_ns ? v->ports.now_ns(v->ports.arg, v->clock ? v->clock->number : 0) : clock_now_ns();
}

/* ---- frames ---- */

static void on_frame(uv_timer_t *timer)
{
    struct view *v = timer->data;
    v->frame_armed = false;
    draw_frame_now(v);
}

static void arm_frame(struct view *v)
{
    if (v->frame_armed || v->closing)
        return;
    const int64_t since_ms = view_now_ms(v) - v->last_frame_ms;
    const int64_t wait_ms = since_ms >= FRAME_MS ? 0 : FRAME_MS - since_ms;
    uv_update_time(v->loop); /* else a long turn of the loop counts as waited */
    v->frame_armed = uv_timer_start(&v->frame_timer, on_frame, (uint64_t)wait_ms, 0) == 0;
}

bool view_is_split(const struct view *v)
{
    return v->grid.w >= SPLIT_MIN_WIDTH && !view_is_compact(v);
}

bool view_is_compact(const struct view *v)
{
    return v->grid.w <= COMPACT_MAX_WIDTH || v->grid.h <= COMPACT_MAX_HEIGHT;
}

static const struct view_ops *top_screen(const struct view *v)
{
    return v->screens[v->screen_count - 1];
}

static void draw_box(struct view *v, struct rect area)
{
    if (help_is_over_box(v))
        help_of_box_draw(v, area);
    else
        box_draw(v, area);
}

/* Returns where the detail stands. */
static struct rect draw_split(struct view *v, struct rect body, int top, int bottom)
{
    const int tree_w = body.w * 46 / 100 < 80 ? body.w * 46 / 100 : 80;
    const struct rect tree = {.x = body.x, .y = body.y, .w = tree_w, .h = body.h};
    const struct rect detail = {.x = tree_w + 2, .y = body.y, .w = body.w - tree_w - 3, .h = body.h};
    const enum role border = top_screen(v) == &detail_screen ? ROLE_KEY : ROLE_BORDER;
    grid_fill(&v->grid, (struct rect){.x = tree_w, .y = top + 1, .w = 1, .h = bottom - top - 1}, (int)border,
              view_glyph(v, GLYPH_VERTICAL));
    grid_fill(&v->grid, (struct rect){.x = tree_w, .y = top, .w = 1, .h = 1}, ROLE_BORDER,
              view_glyph(v, GLYPH_TEE_DOWN));
    grid_fill(&v->grid, (struct rect){.x = tree_w, .y = bottom, .w = 1, .h = 1}, ROLE_BORDER,
              view_glyph(v, GLYPH_TEE_UP));
    tree_screen.draw(v, tree);
    detail_screen.draw(v, detail);
    return detail;
}

/* On the separator, cut between words. */
static void draw_hint(struct view *v, int y, int w)
{
    const char *lines[2] = {0}, *text = view_safe(v, v->hint), *ellipsis = view_glyph(v, GLYPH_ELLIPSIS);
    const int room = w - 4;
    if (view_width(text) > room && view_wrap(v, text, room - 2, lines, 2) > 0)
        text = view_printf(v, "%s %s", lines[0], ellipsis);
    (void)draw_cut(v, (struct rect){.x = 1, .y = y, .w = w - 2, .h = 1}, 1, y, ROLE_HINT,
                   view_printf(v, " %s ", text));
}

/* Top line, separator, body, separator or message, keys. */
static void draw_full(struct view *v)
{
    const int w = v->grid.w, h = v->grid.h, bottom = h - 2;
    struct rect body = {.y = 2, .w = w, .h = h - 4};
    topbar_draw(v, 0, w);
    draw_horizontal(v, 0, 1, w);
    draw_horizontal(v, 0, bottom, w);
    if (!v->prompt.ops)
        keyline_draw(v, h - 1, w);
    const bool both = top_screen(v) == &tree_screen || top_screen(v) == &detail_screen;
    struct rect box = h < 20 ? (struct rect){.y = 1, .w = w, .h = h - 1} /* over the lines around as well */
                             : body;
    if (both && view_is_split(v))
        box = draw_split(v, body, 1, bottom);
    else
        top_screen(v)->draw(v, body);
    screens_title_draw(v, 1, w);
    if (v->hint && top_screen(v) == &tree_screen && body.h > 6 && !filtering_is_on(v))
        draw_hint(v, 1, w);
    if (message_is_shown(v))
        message_draw(v, bottom, w);
    if (v->prompt.ops)
        prompt_draw(v, h - 1, w);
    if (v->box.open)
        draw_box(v, box); /* over all else: nothing hides what must be read */
}

static void draw_compact(struct view *v)
{
    const int w = v->grid.w, h = v->grid.h;
    const bool filter = filtering_is_on(v) && !message_is_shown(v);
    const int message_h = h > 1 && (filter || message_is_shown(v)) ? 1 : 0;
    const struct rect body = {.y = 1, .w = w, .h = h - 1 - message_h};
    topbar_draw(v, 0, w);
    if (body.h > 0)
        top_screen(v)->draw(v, body);
    if (message_h && filter)
        screens_title_draw(v, h - 1, w);
    else if (message_h)
        message_draw(v, h - 1, w);
    if (v->prompt.ops)
        prompt_draw(v, h - 1, w);
    if (v->box.open)
        draw_box(v, (struct rect){.w = w, .h = h});
}

/* The box has come onto the terminal with this frame: from the answer to this request on, a key was typed by
 * someone who could see it. */
static void box_was_drawn(struct view *v)
{
    struct box *b = &v->box;
    if (!b->open || b->drawn || help_is_over_box(v))
        return;
    b->drawn = true;
    b->drawn_ms = view_now_ms(v);
    b->asked = term_ask_position(v->term);
    if (b->drawn_ms - v->report_ms > REPORT_LOST_MS)
        v->reports_due = 0; /* those have been lost */
    if (b->asked) {
        v->reports_due++;
        v->report_ms = b->drawn_ms;
    }
}

static void draw_frame_now(struct view *v)
{
    int w = 0, h = 0;
    if (!term_can_write(
            v->term)) { /* its backlog is full, drawing would block: the newest state wins, later */
        v->frame_armed = uv_timer_start(&v->frame_timer, on_frame, FRAME_MS, 0) == 0;
        return;
    }
    term_size(v->term, &w, &h);
    v->next_change_ns = INT64_MAX;
    arena_reset(&v->arena);
    v->clock = NULL;
    view_sync(v);
    sent_sync(v);
    box_sync(v);
    grid_resize(&v->grid, w, h);
    v->box.cursor_x = v->box.cursor_y = -1;
    if (wall_is_seen(v))
        wall_screen.draw(v, (struct rect){.w = v->grid.w, .h = v->grid.h});
    else if (view_is_compact(v))
        draw_compact(v);
    else
        draw_full(v);
    if (v->box.open)
        term_present(v->term, &v->grid, v->box.cursor_x, v->box.cursor_y);
    else
        term_present(v->term, &v->grid, v->prompt.ops ? v->prompt.cursor_x : -1, v->prompt.cursor_y);
    v->last_frame_ms = view_now_ms(v);
    box_was_drawn(v);
    typing_shown(v);
    view_plan_wake(v);
}

/* ---- what changes by itself ---- */

static void on_wake(uv_timer_t *timer)
{
    draw_frame_now(timer->data);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

void view_plan_wake(struct view *v)
{
    const int64_t now_ms = view_now_ms(v);
    int64_t wait_ms = -1;
    if (v->next_change_ns != INT64_MAX) {
        const int64_t left_ns = v->next_change_ns - view_now_ns(v);
        wait_ms = left_ns <= 0 ? 50 : left_ns / CLOCK_MS + 1;
    }
    const int64_t log_ms = log_tick(v, now_ms);
    wait_ms = earlier(wait_ms, log_ms);
    wait_ms = earlier(wait_ms, tree_settle_wait(v));
    wait_ms = earlier(wait_ms, wall_tick(v, now_ms));
    wait_ms = earlier(wait_ms, undo_change_ms(v));
    if (wait_ms < 0 || v->closing) {
        (void)uv_timer_stop(&v->wake_timer);
        return;
    }
    wait_ms = wait_ms > REFRESH_MAX_MS ? REFRESH_MAX_MS : wait_ms;
    uv_update_time(v->loop);
    (void)uv_timer_start(&v->wake_timer, on_wake, (uint64_t)wait_ms, 0); /* fails only without a callback */
}

/* ---- keys ---- */

/* source NULL: it is about none. */
static void say(struct view *v, const struct source *source, bool is_error, const char *text)
{
    const bool named = source && v->source_count > 1;
    messages_add(&v->messages, view_now_ns(v), is_error ? MESSAGE_ERROR : MESSAGE_NOTE,
                 source ? source->name : NULL, text);
    free(v->message);
    v->message = mem_printf("%s%s%s", named ? source_label(source) : "", named ? ": " : "", text);
    v->message_is_error = is_error;
}

void view_say(struct view *v, bool is_error, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is too long for a line anyway */
    va_end(args);
    say(v, NULL, is_error, text);
}

void view_push_screen(struct view *v, const struct view_ops *screen)
{
    if (top_screen(v) == screen || v->screen_count == SCREENS_MAX)
        return;
    v->screens[v->screen_count++] = screen;
}

static void go_back(struct view *v)
{
    if (v->screen_count > 1)
        v->screen_count--;
}

static void show_log(struct view *v)
{
    const struct model_sequence *seq = view_selected(v).seq;
    const struct model_task *task = seq ? stages_log_task(&seq) : NULL;
    if (!seq) {
        view_say(v, false, "pick a sequence: a job log belongs to one of its tasks");
    } else if (!task) {
        view_say(v, false, "no job of this run has begun yet: its output is here once a task runs");
    } else {
        v->tree.moved = true;
        log_show(v, seq, task);
        view_push_screen(v, &log_screen);
    }
}

static void pause_or_resume(struct view *v)
{
    const struct model_sequence *seq = view_selected(v).seq;
    box_open(v, seq && seq->paused ? BOX_RESUME : BOX_PAUSE);
}

static void ask_quit(struct view *v, bool had_asked)
{
    if (had_asked) {
        v->quit_asked = true;
        if (v->ports.quit)
            v->ports.quit(v->ports.arg);
        return;
    }
    v->quit_asked = true;
    const size_t pending = undo_count(v);
    if (pending > 0)
        view_say(v, true,
                 "%zu decision%s can still be undone and would not be sent: q again leaves all the same",
                 pending, pending == 1 ? "" : "s");
    else
        view_say(v, false, "q again leaves drawbridge");
}

static void back_key(struct view *v, bool is_q, bool had_asked)
{
    if (v->screen_count > 1)
        go_back(v);
    else if (is_q)
        ask_quit(v, had_asked);
}

void view_reload(struct view *v)
{
    view_say(v, false, "asking the server for everything again");
    if (v->ports.reload)
        v->ports.reload(v->ports.arg);
}

/* What means the same on every screen. */
static void common_act(struct view *v, enum action action, bool had_asked)
{
    switch (action) {
    case ACTION_NEXT_WAITING:
    case ACTION_PREVIOUS_WAITING:
        if (!tree_next_waiting(v, action == ACTION_NEXT_WAITING ? 1 : -1))
            view_say(v, false,
                     v->filtering.hidden_waiting ? "nothing that waits fits the filter"
                                                 : "nothing is waiting");
        break;
    case ACTION_UNDO:
        undo_key(v);
        break;
    case ACTION_PAUSE:
        pause_or_resume(v);
        break;
    case ACTION_ABORT:
        box_open(v, BOX_ABORT);
        break;
    case ACTION_JOB_LOG:
        show_log(v);
        break;
    case ACTION_SCREEN_WALL:
        view_push_screen(v, &wall_screen);
        break;
    case ACTION_HELP:
        v->help_scroll = 0;
        view_push_screen(v, &help_screen);
        break;
    case ACTION_COMMAND:
        command_open(v, NULL);
        break;
    case ACTION_RELOAD:
        view_reload(v);
        break;
    case ACTION_SUSPEND:
        view_suspend(v);
        break;
    case ACTION_BACK:
    case ACTION_QUIT:
        back_key(v, action == ACTION_QUIT, had_asked);
        break;
    default:
        break;
    }
}

static void take_key(struct view *v, const struct input_event *ev, bool had_asked)
{
    const enum action action = keymap_find(v->keymap, ev);
    if (ev->kind == INPUT_PASTE)
        view_say(v, false, "pasted text is never a command: type it, or paste it behind :");
    if (action == ACTION_NONE)
        return;
    const unsigned flags = top_screen(v)->act(v, action);
    if (flags & VIEW_KEY_BACK)
        go_back(v);
    if (flags == 0 && (action == ACTION_APPROVE || action == ACTION_DECLINE))
        confirm_ask(v, action == ACTION_APPROVE ? BOX_APPROVE : BOX_DECLINE, ev->kind);
    else if (flags == 0 && !screens_act(v, action))
        common_act(v, action, had_asked);
}

/* Help stands over the box as a notice that swallows keys; behind it the box is as new: what was typed before
 * it is on the terminal again confirms nothing. */
static void explain_box(struct view *v, bool explained)
{
    struct box *b = &v->box;
    b->explained = explained;
    b->drawn = b->armed = b->asked = false;
}

static void take_box_key(struct view *v, const struct input_event *ev)
{
    const enum action action = keymap_find(v->keymap, ev);
    if (help_is_over_box(v)) {
        if (action == ACTION_HELP || action == ACTION_BACK)
            explain_box(v, false);
    } else if (action == ACTION_HELP && ev->kind != INPUT_CHAR && v->box.phase == BOX_ASKING) {
        explain_box(v, true);
    } else {
        box_key(v, ev);
    }
}

static void take_prompt_key(struct view *v, const struct input_event *ev)
{
    if (ev->kind != INPUT_CHAR && keymap_find(v->keymap, ev) == ACTION_HELP)
        help_of_prompt(v);
    else
        prompt_key(&v->prompt, ev);
}

static void on_report(struct view *v)
{
    if (v->reports_due == 0)
        return;
    v->reports_due--;
    v->reports_come = true;
    if (v->reports_due == 0 && v->box.open && v->box.drawn && v->box.asked)
        v->box.armed = true;
}

/* A terminal that does not answer: the box counts as seen after a while. */
static void arm_unanswered(struct view *v)
{
    struct box *b = &v->box;
    const int64_t wait_ms = b->asked && v->reports_come ? REPORT_LOST_MS : REPORT_WAIT_MS;
    const int64_t taken_ms = term_caught_up_ms(v->term); /* by a terminal that was behind; it may still be */
    const int64_t seen_ms = taken_ms > b->drawn_ms ? taken_ms : b->drawn_ms;
    if (b->open && b->drawn && !b->armed && taken_ms >= 0 && view_now_ms(v) - seen_ms >= wait_ms)
        b->armed = true;
}

/* By a person, as far as one can tell: terminals report mouse and focus by themselves. */
static bool is_typed(const struct input_event *ev)
{
    return ev->kind != INPUT_MOUSE && ev->kind != INPUT_FOCUS_IN && ev->kind != INPUT_FOCUS_OUT;
}

static void on_input(void *arg, const struct input_event *ev)
{
    struct view *v = arg;
    if (v->closing)
        return;
    if (ev->kind == INPUT_REPORT || ev->kind == INPUT_STATUS) {
        term_take_answer(v->term, ev->kind == INPUT_STATUS);
        if (ev->kind == INPUT_STATUS && v->frame_armed) { /* a frame may have waited for this */
            v->frame_armed = false;
            arm_frame(v);
        }
        if (ev->kind == INPUT_REPORT)
            on_report(v);
        return;
    }
    v->wall.key_ms = view_now_ms(v);
    if (v->wall.locked)
        return;
    if (!is_typed(ev)) {
        arena_reset(&v->arena);
        view_sync(v);
        v->dirty = mouse_take(v, ev) || v->dirty;
        return;
    }
    v->dirty = true;
    const bool had_asked = v->quit_asked;
    v->quit_asked = false;
    free(v->message);
    v->message = NULL;
    arena_reset(&v->arena);
    v->clock = NULL;
    view_sync(v);
    sent_sync(v);
    box_sync(v);
    arm_unanswered(v);
    const bool undone = typing_key(v);
    if (keymap_find(v->keymap, ev) == ACTION_REDRAW) {
        term_redraw(v->term);
        box_unseen(v);
    } else if (v->box.open) {
        take_box_key(v, ev);
    } else if (v->prompt.ops) {
        take_prompt_key(v, ev);
    } else {
        take_key(v, ev, had_asked);
    }
    if (undone && v->box.open && v->box.phase == BOX_ASKING)
        box_told(v, "that came in one go with others, as if pasted: once more");
    if (v->box.open && !v->box.drawn && !help_is_over_box(v) && !v->closing)
        draw_frame_now(v); /* before the next key is looked at: what follows in the same bytes was typed
                              before it was seen */
}

static void plan_input(struct view *v);

static void after_input(struct view *v)
{
    if (!v->closing)
        typing_confirm(v);
    if (v->dirty && !v->closing) {
        v->dirty = false;
        draw_frame_now(v);
    }
    if (!v->closing)
        typing_end(v);
    plan_input(v);
}

static void on_input_timer(uv_timer_t *timer)
{
    struct view *v = timer->data;
    typing_begin(v);
    input_tick(&v->input, view_now_ms(v), on_input, v);
    after_input(v);
}

static void plan_input(struct view *v)
{
    const int64_t deadline_ms = input_deadline_ms(&v->input);
    if (v->closing)
        return;
    if (deadline_ms < 0) {
        (void)uv_timer_stop(&v->input_timer);
        return;
    }
    const int64_t left_ms = deadline_ms - view_now_ms(v);
    uv_update_time(v->loop);
    (void)uv_timer_start(&v->input_timer, on_input_timer, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
}

static void terminal_is_gone(struct view *v)
{
    (void)uv_poll_stop(&v->poll);
    if (v->ports.quit)
        v->ports.quit(v->ports.arg);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct view *v = poll->data;
    char bytes[1024];
    (void)events;
    const int n = status < 0 ? -1 : term_read(v->term, bytes, sizeof bytes);
    if (n < 0) {
        terminal_is_gone(v);
        return;
    }
    if (n == 0)
        return;
    typing_begin(v);
    input_feed(&v->input, bytes, (size_t)n, view_now_ms(v), on_input, v);
    after_input(v);
}

static void on_resized(uv_signal_t *signal, int number)
{
    struct view *v = signal->data;
    (void)number;
    if (term_resize(v->term))
        arm_frame(v);
}

/* After our own suspending it has all been done already; once more does no harm. */
static void on_continued(uv_signal_t *signal, int number)
{
    (void)number;
    view_resume(signal->data);
}

static void on_stopped(uv_signal_t *signal, int number)
{
    struct view *v = signal->data;
    (void)number;
    view_suspend(v);
    arm_frame(v);
}

/* ---- what comes from outside ---- */

void view_model_changed(struct view *v)
{
    arm_frame(v);
}

void view_message(struct view *v, bool is_error, const char *text)
{
    say(v, NULL, is_error, text);
    arm_frame(v);
}

void view_message_of(struct view *v, size_t source, bool is_error, const char *text)
{
    say(v, v->sources[source], is_error, text);
    arm_frame(v);
}

void view_emergency_restore(void)
{
    term_emergency_restore();
}

enum status view_use_theme(struct view *v, const char *name, struct error *err)
{
    const enum theme_depth depth = term_depth(v->term);
    struct theme next = {0};
    theme_set_defaults(&next, depth, v->glyph_set);
    const enum status status = theme_load(&next, name, v->data_directory, depth, v->glyph_set, err);
    if (status != STATUS_OK) {
        theme_free(&next);
        return status;
    }
    theme_free(&v->theme);
    v->theme = next;
    term_set_styles(v->term, v->theme.styles);
    source_take_colours(v);
    return STATUS_OK;
}

/* ---- birth and death ---- */

void view_note_theme(struct view *v, const char *name)
{
    free(v->chosen_theme);
    v->chosen_theme = mem_string(name);
}

const char *view_chosen_theme(const struct view *v)
{
    return v->chosen_theme;
}

static void start_theme(struct view *v, const struct view_settings *s)
{
    const enum theme_depth depth = term_depth(v->term);
    struct error err = ERROR_NONE;
    enum theme_glyphs glyphs = term_glyphs(v->term);
    v->ascii = glyphs == THEME_ASCII; /* of the locale: no setting makes it take more */
    if (s->glyphs != VIEW_GLYPHS_AUTO && !v->ascii)
        glyphs = s->glyphs == VIEW_GLYPHS_UNICODE   ? THEME_UNICODE
                 : s->glyphs == VIEW_GLYPHS_CONSOLE ? THEME_CONSOLE
                                                    : THEME_ASCII;
    grid_use_wide_ambiguous(v->settings->ambiguous_width == 2);
    if (grid_wide_ambiguous())
        glyphs = THEME_ASCII; /* those of the other sets are of ambiguous width */
    const char *name = s->theme ? s->theme : depth == THEME_NO_COLOUR ? "mono" : "dark";
    v->grid.ascii = v->prompt.ascii = v->ascii;
    v->glyph_set = glyphs;
    v->data_directory = mem_string(s->data_directory);
    theme_set_defaults(&v->theme, depth, glyphs);
    if (view_use_theme(v, name, &err) != STATUS_OK) {
        view_say(v, true, "%s; a plain look is used, :themes lists others", err.text);
        term_set_styles(v->term, v->theme.styles);
    }
}

static bool start_signal(struct view *v, uv_signal_t *handle, uv_signal_cb callback, int number)
{
    handle->data = v;
    if (uv_signal_init(v->loop, handle) != 0)
        return false;
    v->open_handles++;
    return uv_signal_start(handle, callback, number) == 0;
}

static bool start_handles(struct view *v)
{
    v->open_handles = 0;
    v->frame_timer.data = v->wake_timer.data = v->input_timer.data = v->undo_timer.data = v;
    v->poll.data = v;
    (void)uv_timer_init(v->loop, &v->frame_timer); /* these never fail */
    (void)uv_timer_init(v->loop, &v->wake_timer);
    (void)uv_timer_init(v->loop, &v->input_timer);
    (void)uv_timer_init(v->loop, &v->undo_timer);
    v->open_handles = TIMERS;
    if (!start_signal(v, &v->resized, on_resized, SIGWINCH) ||
        !start_signal(v, &v->continued, on_continued, SIGCONT) ||
        !start_signal(v, &v->stopped, on_stopped, SIGTSTP))
        return false;
    if (uv_poll_init(v->loop, &v->poll, term_input_fd(v->term)) != 0)
        return false;
    v->open_handles++;
    return uv_poll_start(&v->poll, UV_READABLE, on_readable) == 0;
}

enum status view_new(uv_loop_t *loop, const struct view_settings *settings, const struct view_ports *ports,
                     struct view **out, struct error *err)
{
    struct terminal *term = NULL;
    struct keymap *keymap = NULL;
    enum status status = STATUS_OK;
    if (settings->settings)
        status = keymap_from_settings(settings->settings, &keymap, err); /* before the terminal is touched */
    else
        keymap = keymap_new();
    if (status == STATUS_OK && settings->settings)
        status = columns_check(settings->settings, err);
    if (status == STATUS_OK)
        status = term_open(&term, err);
    if (status != STATUS_OK) {
        keymap_free(keymap);
        return status;
    }
    struct view *v = MEM_NEW(struct view);
    v->term = term;
    v->loop = loop;
    v->ports = *ports;
    v->keymap = keymap;
    settings_init_defaults(&v->defaults);
    v->settings = settings->settings ? settings->settings : &v->defaults;
    v->read_only = settings->read_only || settings->wall;
    v->wall.only = settings->wall;
    v->wall.locked = settings->wall && (settings->wall_locked || v->settings->wall.locked);
    v->hint = mem_string(settings->hint);
    v->screens[v->screen_count++] = settings->wall ? &wall_screen : &tree_screen;
    v->last_frame_ms = v->typing.decide_ms = v->typing.ended_ms = INT64_MIN / 2;
    v->filtering.changes_ns = INT64_MAX;
    v->events.ring.limit = EVENTS_KEEP;
    v->may_suspend = settings->may_suspend;
    start_theme(v, settings);
    term_set_mouse(term, settings->mouse && !settings->wall);
    if (!start_handles(v)) {
        view_free(v);
        return error_set(err, STATUS_FAILED,
                         "cannot wait for keys and window changes: no memory or descriptors left");
    }
    (void)term_resize(term); /* it may have changed before the signal was watched */
    *out = v;
    return STATUS_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct view *v = handle->data;
    if (--v->open_handles == 0)
        free(v);
}

void view_free(struct view *v)
{
    if (!v)
        return;
    const int handles = v->open_handles;
    v->closing = true;
    uv_close((uv_handle_t *)&v->frame_timer, on_closed);
    uv_close((uv_handle_t *)&v->wake_timer, on_closed);
    uv_close((uv_handle_t *)&v->input_timer, on_closed);
    uv_close((uv_handle_t *)&v->undo_timer, on_closed);
    uv_handle_t *const others[] = {(uv_handle_t *)&v->resized, (uv_handle_t *)&v->continued,
                                   (uv_handle_t *)&v->stopped, (uv_handle_t *)&v->poll};
    for (int i = 0; i < handles - TIMERS; i++) /* as far as they were opened */
        uv_close(others[i], on_closed);
    term_close(v->term); /* after the loop has let go of its descriptor */
    v->term = NULL;
    theme_free(&v->theme);
    free(v->chosen_theme);
    tree_free(&v->tree);
    waiting_free(&v->waiting_list);
    events_free(&v->events);
    run_events_free(&v->run_events);
    json_view_free(&v->json);
    decided_free(&v->decided);
    difference_free(&v->difference);
    box_close(v);
    log_free(&v->log);
    prompt_free(&v->prompt);
    output_stop(v);
    output_free(&v->output);
    command_free(v);
    free(v->data_directory);
    filtering_free(&v->filtering);
    sent_free(v);
    free(v->typing.shown);
    for (size_t i = 0; i < v->source_count; i++)
        source_free(v->sources[i]);
    free(v->waiting);
    keymap_free(v->keymap);
    settings_free(&v->defaults);
    grid_free(&v->grid);
    arena_free(&v->arena);
    input_free(&v->input);
    free(v->hint);
    free(v->message);
    messages_free(&v->messages);
    links_free(&v->links);
    free(v->detail_for);
}
