#include "config.h"

#include "view/jsonview.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/internal.h"

#define INDENT   2
#define LEFT_MAX 8000 /* cells that can be scrolled to the right */
#define SIDEWAYS 16   /* cells a step */

/* One line: `"key": value,`, where any part may be missing. */
struct json_line {
    int depth;
    const char *key, *value;
    size_t key_len, value_len;
    bool comma;
};

/* ---- walking; the text is valid, so that the next character says all ---- */

static size_t skip_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
        at++;
    return at;
}

/* Behind a string, a number or a word. */
static size_t skip_scalar(const char *text, size_t len, size_t at)
{
    if (at < len && text[at] == '"') {
        for (at++; at < len && text[at] != '"'; at++)
            at += text[at] == '\\' ? 1 : 0;
        return at < len ? at + 1 : len;
    }
    while (at < len && !strchr(",]} \n\r\t", text[at]))
        at++;
    return at;
}

/* Reads the line at `place` and moves it to the next. False: the text has ended. */
static bool next_line(const char *text, size_t len, struct json_place *place, struct json_line *out)
{
    size_t at = skip_blanks(text, len, place->at);
    *out = (struct json_line){.depth = place->depth};
    if (at >= len)
        return false;
    if (text[at] == '"') {
        const size_t end = skip_scalar(text, len, at), colon = skip_blanks(text, len, end);
        if (colon < len && text[colon] == ':') {
            out->key = text + at;
            out->key_len = end - at;
            at = skip_blanks(text, len, colon + 1);
        }
    }
    out->value = text + at;
    size_t end = at + 1;
    if (at < len && (text[at] == '{' || text[at] == '[')) {
        const size_t inside = skip_blanks(text, len, at + 1);
        if (inside < len && (text[inside] == '}' || text[inside] == ']'))
            end = inside + 1;
        else
            place->depth++;
    } else if (at < len && (text[at] == '}' || text[at] == ']')) {
        out->depth = --place->depth;
    } else {
        end = skip_scalar(text, len, at);
    }
    out->value_len = end > len ? 0 : end - at;
    const size_t behind = skip_blanks(text, len, end);
    out->comma = behind < len && text[behind] == ',';
    place->at = out->comma ? behind + 1 : end;
    return true;
}

static size_t skip_value(const char *text, size_t len, size_t at)
{
    struct json_place place = {.at = at};
    struct json_line line;
    size_t end = len;
    while (next_line(text, len, &place, &line)) {
        end = (size_t)(line.value + line.value_len - text);
        if (place.depth <= 0)
            break;
    }
    return end;
}

bool json_next_element(const char *text, size_t len, const char *key, size_t *at, size_t *start, size_t *size)
{
    if (*at == 0) {
        size_t name = skip_blanks(text, len, 0) + 1;
        for (;;) {
            name = skip_blanks(text, len, name);
            const size_t end = skip_scalar(text, len, name);
            if (name >= len || text[name] != '"')
                return false;
            const bool found =
                end - name == strlen(key) + 2 && memcmp(text + name + 1, key, end - name - 2) == 0;
            const size_t value = skip_blanks(text, len, skip_blanks(text, len, end) + 1);
            if (found && value < len && text[value] == '[') {
                *at = value + 1;
                break;
            }
            name = skip_blanks(text, len, skip_value(text, len, value)) + 1;
        }
    }
    *start = skip_blanks(text, len, *at);
    if (*start < len && text[*start] == ',')
        *start = skip_blanks(text, len, *start + 1);
    if (*start >= len || text[*start] == ']')
        return false;
    *at = skip_value(text, len, *start);
    *size = *at - *start;
    return true;
}

/* ---- opening ---- */

void json_view_free(struct json_view *j)
{
    free(j->text);
    free(j->checkpoints);
    *j = (struct json_view){0};
}

static size_t count_lines(const char *text, size_t len)
{
    struct json_place place = {0};
    struct json_line line;
    size_t count = 0;
    while (next_line(text, len, &place, &line))
        count++;
    return count;
}

void json_view_set(struct json_view *j, const char *text, size_t len)
{
    if (j->text && j->len == len && memcmp(j->text, text, len) == 0)
        return;
    json_view_free(j);
    j->text = mem_string_n(text, len);
    j->len = len;
    j->lines = count_lines(text, len);
    j->step = j->lines / JSON_CHECKPOINTS + 1;
    j->checkpoints = mem_alloc((j->lines / j->step + 1) * sizeof *j->checkpoints);
    struct json_place place = {0};
    struct json_line line;
    for (size_t i = 0; i < j->lines; i++) {
        if (i % j->step == 0)
            j->checkpoints[i / j->step] = place;
        (void)next_line(j->text, j->len, &place, &line); /* there are so many */
    }
}

/* ---- drawing ---- */

/* Writes a part of a line, of which the cells left of the area are not seen. Returns the cells up to its end.
 */
static int draw_part(struct view *v, const struct json_view *j, struct rect line, int x, enum role role,
                     const char *raw, size_t len)
{
    const int end = j->left + line.w; /* cells of the whole line that are looked at */
    struct buffer clean = BUFFER_LIMIT((size_t)(LEFT_MAX + GRID_SIZE_MAX) * 16);
    int width = 0, skipped = 0;
    if (x >= end)
        return x;
    const size_t most = (size_t)(end - x) * 16; /* bytes of so many cells, marks and all */
    utf8_sanitize(raw, len < most ? len : most, v->ascii, &clean);
    const char *text = buffer_text(&clean);
    for (size_t n; x + skipped < j->left && (n = utf8_next_grapheme(text, grid_wide_ambiguous(), &width)) > 0;
         text += n)
        skipped += width;
    (void)draw_text(v, line, line.x + x + skipped - j->left, line.y, role, arena_string(&v->arena, text));
    const int total = skipped + view_width(text);
    buffer_free(&clean);
    return x + total;
}

static enum role role_of(const struct json_line *line)
{
    const char first = *line->value;
    return first == '"' ? ROLE_TEXT : strchr("{}[]", first) ? ROLE_DIM : ROLE_RUNNING;
}

static void draw_line(struct view *v, const struct json_view *j, struct rect at, const struct json_line *line)
{
    int x = line->depth * INDENT;
    if (line->key) {
        x = draw_part(v, j, at, x, ROLE_KEY, line->key, line->key_len);
        x = draw_part(v, j, at, x, ROLE_DIM, ": ", 2);
    }
    if (line->value_len > 0)
        x = draw_part(v, j, at, x, role_of(line), line->value, line->value_len);
    if (line->comma)
        x = draw_part(v, j, at, x, ROLE_DIM, ",", 1);
    if (x > j->left + at.w)
        (void)draw_text(v, at, at.x + at.w - 1, at.y, ROLE_DIM, view_glyph(v, GLYPH_ELLIPSIS));
}

static void keep_inside(struct json_view *j)
{
    const size_t h = j->height > 0 ? (size_t)j->height : 1, most = j->lines > h ? j->lines - h : 0;
    j->top = j->top > most ? most : j->top;
}

void json_view_draw(struct view *v, struct json_view *j, struct rect area)
{
    struct json_line line;
    j->height = area.h;
    if (!j->text || area.h <= 0 || area.w <= 0)
        return;
    keep_inside(j);
    struct json_place place = j->checkpoints[j->top / j->step];
    for (size_t i = j->top / j->step * j->step; i < j->top; i++)
        (void)next_line(j->text, j->len, &place, &line);
    for (int y = 0; y < area.h && next_line(j->text, j->len, &place, &line); y++)
        draw_line(v, j, (struct rect){.x = area.x, .y = area.y + y, .w = area.w, .h = 1}, &line);
}

/* ---- keys ---- */

static void scroll_by(struct json_view *j, long lines)
{
    const long top = (long)j->top + lines;
    j->top = top < 0 ? 0 : (size_t)top;
    keep_inside(j);
}

bool json_view_act(struct json_view *j, enum action action)
{
    const long page = j->height > 2 ? j->height - 1 : 1;
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        scroll_by(j, action == ACTION_UP ? -1 : 1);
        return true;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        scroll_by(j, action == ACTION_PAGE_UP ? -page : page);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        j->left += action == ACTION_LEFT ? -SIDEWAYS : SIDEWAYS;
        j->left = j->left < 0 ? 0 : j->left > LEFT_MAX ? LEFT_MAX : j->left;
        return true;
    case ACTION_TOP:
        j->top = 0;
        j->left = 0;
        return true;
    case ACTION_BOTTOM:
        j->top = j->lines;
        keep_inside(j);
        return true;
    default:
        return false;
    }
}
