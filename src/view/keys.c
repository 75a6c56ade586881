/* Keys: what the terminal sends, to whom it goes (the box, the line that is typed into, the screen), and what
 * means the same everywhere. */
#include "config.h"

#include <stdlib.h>

#include "view/internal.h"

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
        screens_go_back(v);
    else if (is_q)
        ask_quit(v, had_asked);
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
    const unsigned flags = view_top_screen(v)->act(v, action);
    if (flags & VIEW_KEY_BACK)
        screens_go_back(v);
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

static void tell_one_go(struct view *v)
{
    if (v->box.open && v->box.phase == BOX_ASKING)
        box_told(v, "that came in one go with others, as if pasted: once more");
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
            frame_arm(v);
        }
        if (ev->kind == INPUT_REPORT)
            box_take_report(v);
        return;
    }
    if (ev->kind == INPUT_FOCUS_IN || ev->kind == INPUT_FOCUS_OUT) {
        focus_take(v, ev->kind == INPUT_FOCUS_IN);
        return;
    }
    v->touched_ms = view_now_ms(v);
    if (v->wall.locked)
        return;
    if (ev->kind == INPUT_MOUSE) {
        arena_reset(&v->arena);
        view_sync(v);
        const bool stopped = typing_click(v);
        v->dirty = mouse_take(v, ev) || stopped || v->dirty;
        if (stopped)
            tell_one_go(v);
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
    box_arm_unanswered(v);
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
    if (undone)
        tell_one_go(v);
    if (v->box.open && !v->box.drawn && !help_is_over_box(v) && !v->closing)
        frame_draw(v); /* before the next key is looked at: what follows in the same bytes was typed
                              before it was seen */
}

static void plan_input(struct view *v);

static void after_input(struct view *v)
{
    if (!v->closing)
        typing_confirm(v);
    if (v->dirty && !v->closing) {
        v->dirty = false;
        frame_draw(v);
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

void keys_read(uv_poll_t *poll, int status, int events)
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
