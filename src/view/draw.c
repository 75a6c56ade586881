/* Helpers for screens. Every text from outside passes view_safe before it reaches a cell. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "view/internal.h"

#define RAW_MAX 1024 /* bytes of one text from outside that are looked at; a screen is not wider */

const char *view_safe(struct view *v, const char *raw)
{
    if (!raw || !*raw)
        return "";
    struct buffer clean = BUFFER_LIMIT(RAW_MAX * 4);
    size_t len = strnlen(raw, RAW_MAX + 1);
    if (len > RAW_MAX) {
        for (len = RAW_MAX; len > RAW_MAX - 4 && ((unsigned char)raw[len] & 0xc0) == 0x80; len--)
            ;
    }
    utf8_sanitize(raw, len, v->ascii, &clean);
    const char *text = arena_string(&v->arena, buffer_text(&clean));
    buffer_free(&clean);
    return text;
}

const char *view_safe_line(struct view *v, const char *raw)
{
    if (!raw)
        return "";
    char *line = arena_string(&v->arena, raw), *to = line;
    for (const char *p = raw; *p; p++) {
        const bool breaks = *p == '\n' || *p == '\r' || *p == '\t' || *p == ' ';
        if (!breaks)
            *to++ = *p;
        else if (to > line && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
    return view_safe(v, line);
}

const char *view_printf(struct view *v, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0)
        return "";
    if ((size_t)len < sizeof small)
        return arena_string(&v->arena, small);
    char *text = arena_alloc(&v->arena, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

const char *view_glyph(const struct view *v, enum glyph glyph)
{
    return v->theme.glyphs[glyph];
}

/* The frame must be drawn again once the server's clock has reached this. */
void view_note_change(struct view *v, int64_t at_ns)
{
    if (at_ns < v->next_change_ns)
        v->next_change_ns = at_ns;
}

bool view_break_down(const struct view *v, int64_t ns, struct tm *out)
{
    const time_t seconds = (time_t)(ns / CLOCK_S);
    return ns > 0 && (v->settings->times_utc ? gmtime_r(&seconds, out) : localtime_r(&seconds, out)) != NULL;
}

/* A moment in five cells: "09:26" today, "05-04" this year, " 2022" before. */
static const char *short_moment(struct view *v, int64_t ns)
{
    char text[16];
    struct tm then, now;
    if (!view_break_down(v, ns, &then) || !view_break_down(v, view_now_ns(v), &now))
        return view_glyph(v, GLYPH_NONE);
    const bool this_year = then.tm_year == now.tm_year, today = this_year && then.tm_yday == now.tm_yday;
    (void)strftime(text, sizeof text, today ? "%H:%M" : this_year ? "%m-%d" : "%Y", &then); /* fits */
    const int left_s = 24 * 3600 - (now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec);
    view_note_change(v, view_now_ns(v) + left_s * CLOCK_S);
    return arena_string(&v->arena, text);
}

const char *view_ago(struct view *v, int64_t ns)
{
    return v->settings->times_absolute ? view_clock(v, ns) : view_printf(v, "%s ago", view_age(v, ns, false));
}

int view_age_width(const struct view *v)
{
    return v->settings->times_absolute ? 5 : 4;
}

const char *view_age(struct view *v, int64_t since_ns, bool with_seconds)
{
    char text[16];
    if (since_ns <= 0)
        return view_glyph(v, GLYPH_NONE);
    if (v->settings->times_absolute && !with_seconds)
        return short_moment(v, since_ns);
    int64_t age_ns = view_now_ns(v) - since_ns;
    age_ns = age_ns < 0 ? 0 : age_ns;
    const int64_t minute_ns = 60 * CLOCK_S, hour_ns = 60 * minute_ns;
    int64_t step_ns = age_ns < hour_ns ? minute_ns : age_ns < 24 * hour_ns ? hour_ns : 24 * hour_ns;
    if (with_seconds && age_ns < hour_ns)
        step_ns = CLOCK_S;
    view_note_change(v, since_ns + (age_ns / step_ns + 1) * step_ns);
    clock_format_age(age_ns, with_seconds, text);
    return arena_string(&v->arena, text);
}

const char *view_duration(struct view *v, int64_t from_ns, int64_t to_ns)
{
    char text[16];
    if (to_ns == 0)
        return view_age(v, from_ns, true);
    if (from_ns <= 0)
        return view_glyph(v, GLYPH_NONE);
    clock_format_age(to_ns - from_ns, true, text);
    return arena_string(&v->arena, text);
}

/* False: there is no such time. today: it is of the day that it is now. */
static bool local_time(struct view *v, int64_t ns, struct tm *then, bool *today)
{
    struct tm tm_now;
    if (!view_break_down(v, ns, then) || !view_break_down(v, view_now_ns(v), &tm_now))
        return false;
    *today = then->tm_yday == tm_now.tm_yday && then->tm_year == tm_now.tm_year;
    return true;
}

static const char *moment(struct view *v, int64_t ns, bool with_year, bool with_seconds)
{
    char day[24] = "", clock[16];
    struct tm then;
    bool today;
    if (!local_time(v, ns, &then, &today))
        return view_glyph(v, GLYPH_NONE);
    if (!today && strftime(day, sizeof day, with_year ? "%Y-%m-%d " : "%m-%d ", &then) == 0)
        return view_glyph(v, GLYPH_NONE); /* a year of more digits than there ever will be */
    (void)strftime(clock, sizeof clock, with_seconds ? "%H:%M:%S" : "%H:%M", &then); /* fits */
    return view_printf(v, "%s%s", day, clock);
}

const char *view_clock(struct view *v, int64_t ns)
{
    return moment(v, ns, true, false);
}

const char *view_stamp(struct view *v, int64_t ns)
{
    return moment(v, ns, false, false);
}

const char *view_time(struct view *v, int64_t ns)
{
    return moment(v, ns, false, true);
}

int view_width(const char *text)
{
    return utf8_width_cells(text, grid_wide_ambiguous());
}

const char *view_cut(struct view *v, const char *text, int width_cells)
{
    if (width_cells <= 0)
        return "";
    struct buffer cut = BUFFER_LIMIT(RAW_MAX * 8);
    (void)utf8_cut(text, width_cells, view_glyph(v, GLYPH_ELLIPSIS), grid_wide_ambiguous(), &cut);
    const char *kept = arena_string(&v->arena, buffer_text(&cut));
    buffer_free(&cut);
    return kept;
}

const char *view_cut_left(struct view *v, const char *text, int width_cells)
{
    const char *ellipsis = view_glyph(v, GLYPH_ELLIPSIS);
    int width = view_width(text), cluster = 0;
    if (width <= width_cells)
        return text;
    const int room = width_cells - view_width(ellipsis);
    if (room <= 0)
        return view_cut(v, text, width_cells);
    while (width > room) {
        const size_t n = utf8_next_grapheme(text, grid_wide_ambiguous(), &cluster);
        if (n == 0)
            break;
        text += n;
        width -= cluster;
    }
    return view_printf(v, "%s%s", ellipsis, text);
}

int draw_text(struct view *v, struct rect clip, int x, int y, enum role role, const char *text)
{
    return grid_text(&v->grid, clip, x, y, (int)role, text);
}

int draw_cut(struct view *v, struct rect clip, int x, int y, enum role role, const char *text)
{
    const int room = clip.x + clip.w - x;
    if (view_width(text) > room)
        text = view_cut(v, text, room);
    return draw_text(v, clip, x, y, role, text);
}

void draw_right(struct view *v, struct rect clip, int y, enum role role, const char *text)
{
    const int x = clip.x + clip.w - view_width(text);
    (void)draw_text(v, clip, x, y, role, text);
}

static void fill_line(struct view *v, int x, int y, int w, enum role role)
{
    grid_fill(&v->grid, (struct rect){.x = x, .y = y, .w = w, .h = 1}, (int)role,
              view_glyph(v, GLYPH_HORIZONTAL));
}

void draw_horizontal(struct view *v, int x, int y, int w)
{
    fill_line(v, x, y, w, ROLE_BORDER);
}

void draw_frame(struct view *v, struct rect area, enum role role, const char *title)
{
    const int right = area.x + area.w - 1, bottom = area.y + area.h - 1;
    const struct rect inner = {.x = area.x + 1, .y = area.y, .w = area.w - 2, .h = area.h};
    const char *side = view_glyph(v, GLYPH_VERTICAL);
    if (area.w < 2 || area.h < 2)
        return;
    fill_line(v, area.x, area.y, area.w, role);
    fill_line(v, area.x, bottom, area.w, role);
    grid_fill(&v->grid, (struct rect){.x = area.x, .y = area.y + 1, .w = 1, .h = area.h - 2}, (int)role,
              side);
    grid_fill(&v->grid, (struct rect){.x = right, .y = area.y + 1, .w = 1, .h = area.h - 2}, (int)role, side);
    (void)draw_text(v, area, area.x, area.y, role, view_glyph(v, GLYPH_TOP_LEFT));
    (void)draw_text(v, area, right, area.y, role, view_glyph(v, GLYPH_TOP_RIGHT));
    (void)draw_text(v, area, area.x, bottom, role, view_glyph(v, GLYPH_BOTTOM_LEFT));
    (void)draw_text(v, area, right, bottom, role, view_glyph(v, GLYPH_BOTTOM_RIGHT));
    if (title && *title && inner.w > 4)
        (void)draw_text(v, inner, area.x + 1, area.y, ROLE_TITLE,
                        view_printf(v, " %s ", view_cut(v, title, inner.w - 2)));
}
