/* Frames: when one is drawn, and what it is put together from. The first change after a quiet time is drawn
 * in the loop's next turn, a flood at most 30 times a second; a timer runs only while something on the screen
 * will change by itself. */
#include "config.h"

#include "base/clock.h"
#include "view/internal.h"

#define FRAME_MS       33
#define REFRESH_MAX_MS (INT64_C(24) * 3600 * 1000)

static void on_frame(uv_timer_t *timer)
{
    struct view *v = timer->data;
    v->frame_armed = false;
    frame_draw(v);
}

void frame_arm(struct view *v)
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
    const enum role border = view_top_screen(v) == &detail_screen ? ROLE_KEY : ROLE_BORDER;
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
    const bool both = view_top_screen(v) == &tree_screen || view_top_screen(v) == &detail_screen;
    struct rect box = h < 20 ? (struct rect){.y = 1, .w = w, .h = h - 1} /* over the lines around as well */
                             : body;
    if (both && view_is_split(v))
        box = draw_split(v, body, 1, bottom);
    else
        view_top_screen(v)->draw(v, body);
    screens_title_draw(v, 1, w);
    if (v->hint && view_top_screen(v) == &tree_screen && body.h > 6 && !filtering_is_on(v))
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
        view_top_screen(v)->draw(v, body);
    if (message_h && filter)
        screens_title_draw(v, h - 1, w);
    else if (message_h)
        message_draw(v, h - 1, w);
    if (v->prompt.ops)
        prompt_draw(v, h - 1, w);
    if (v->box.open)
        draw_box(v, (struct rect){.w = w, .h = h});
}

void frame_draw(struct view *v)
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
    frame_plan_wake(v);
}

/* ---- what changes by itself ---- */

static void on_wake(uv_timer_t *timer)
{
    frame_draw(timer->data);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

void frame_plan_wake(struct view *v)
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
