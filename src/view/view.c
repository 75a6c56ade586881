/* The dashboard as one thing: its clocks and signals, its looks, its birth and death. What it draws is in
 * frame.c, what keys do in keys.c. */
#include "config.h"

#include "view/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/columns.h"
#include "view/internal.h"

#define TIMERS 4

int64_t view_now_ms(const struct view *v)
{
    (void)v;
    return clock_monotonic_ns() / CLOCK_MS;
}

int64_t view_now_ns(const struct view *v)
{
    return v->ports.now_ns ? v->ports.now_ns(v->ports.arg, v->clock ? v->clock->number : 0) : clock_now_ns();
}

void view_reload(struct view *v)
{
    view_say(v, false, "asking the server for everything again");
    if (v->ports.reload)
        v->ports.reload(v->ports.arg);
}

/* ---- signals ---- */

static void on_resized(uv_signal_t *signal, int number)
{
    struct view *v = signal->data;
    (void)number;
    if (term_resize(v->term))
        frame_arm(v);
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
    frame_arm(v);
}

void view_model_changed(struct view *v)
{
    frame_arm(v);
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

/* ---- looks ---- */

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

/* ---- birth and death ---- */

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
    return uv_poll_start(&v->poll, UV_READABLE, keys_read) == 0;
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
    v->touched_ms = v->last_frame_ms = v->typing.decide_ms = v->typing.ended_ms = INT64_MIN / 2;
    v->filtering.changes_ns = INT64_MAX;
    v->events.ring.limit = EVENTS_KEEP;
    v->may_suspend = settings->may_suspend;
    start_theme(v, settings);
    term_set_mouse(term, settings->mouse && !settings->wall);
    term_set_focus(term, true);
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
