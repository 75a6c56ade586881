#include "config.h"

#include "view/pager.h"

#include <string.h>

#include "base/utf8.h"
#include "view/internal.h"

#define KEPT_BYTES (PAGER_BYTES / 8 * 7) /* what a drop leaves, so that not each line moves all others */
#define KEPT_LINES (PAGER_LINES / 8 * 7)
#define SHIFT_STEP 16 /* cells */

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 0;
    for (const char *p = text; (p = memchr(p, '\n', len - (size_t)(p - text))) != NULL; p++)
        lines++;
    return lines;
}

/* Drops whole lines in front, or, of a line that alone is too long, its beginning. */
static void drop_oldest(struct pager *p)
{
    const char *text = buffer_text(&p->text);
    size_t drop = p->text.len > PAGER_BYTES ? p->text.len - KEPT_BYTES : 0;
    size_t lines = count_lines(text, drop);
    while (p->lines - lines > KEPT_LINES) {
        drop = (size_t)((const char *)memchr(text + drop, '\n', p->text.len - drop) - text) + 1;
        lines++;
    }
    const char *end = memchr(text + drop, '\n', p->text.len - drop);
    if (end && drop > 0 && text[drop - 1] != '\n') {
        drop = (size_t)(end - text) + 1;
        lines++;
    }
    buffer_consume(&p->text, drop);
    p->lines -= lines;
    p->gone += lines;
}

void pager_add(struct pager *p, const char *bytes, size_t len)
{
    const size_t lines = count_lines(bytes, len);
    if (p->text.limit == 0)
        p->text = BUFFER_LIMIT(2 * PAGER_BYTES + 1);
    if (len > PAGER_BYTES) { /* all that is there would go as well */
        p->gone += p->lines + count_lines(bytes, len - PAGER_BYTES);
        buffer_clear(&p->text);
        p->lines = 0;
        bytes += len - PAGER_BYTES;
        len = PAGER_BYTES;
        p->lines = count_lines(bytes, len);
    } else {
        p->lines += lines;
    }
    (void)buffer_add(&p->text, bytes, len); /* there is room: drop_oldest keeps it so */
    if (p->scroll > 0)
        p->scroll += (int)lines; /* what one looks at stays where it is */
    if (p->text.len > PAGER_BYTES || p->lines > PAGER_LINES)
        drop_oldest(p);
}

static const char *shifted(const char *line, int cells)
{
    int width = 0;
    while (cells > 0) {
        const size_t n = utf8_next_grapheme(line, false, &width);
        if (n == 0)
            break;
        line += n;
        cells -= width;
    }
    return line;
}

/* Lines as they are told: a line end at the end begins none. */
static size_t line_count(const struct pager *p)
{
    const char *text = buffer_text(&p->text);
    return p->lines + (p->text.len > 0 && text[p->text.len - 1] != '\n' ? 1 : 0);
}

static void keep_scroll(struct pager *p, int height)
{
    const size_t all = line_count(p) + (p->gone > 0 ? 1 : 0);
    const int most = all > (size_t)height ? (int)all - height : 0;
    p->height = height;
    p->scroll = p->scroll > most ? most : p->scroll;
}

void pager_draw(struct view *v, struct pager *p, struct rect area)
{
    if (area.w <= 0 || area.h <= 0)
        return;
    keep_scroll(p, area.h);
    const char *text = buffer_text(&p->text), *end = text + p->text.len;
    const size_t count = line_count(p);
    const int first = p->gone > 0 ? 1 : 0, all = (int)count + first;
    int y = all < area.h ? area.y + all - 1 : area.y + area.h - 1;
    if (end > text && end[-1] == '\n')
        end--;
    for (size_t i = 0; i < count && y >= area.y; i++) {
        const char *start = memrchr(text, '\n', (size_t)(end - text));
        start = start ? start + 1 : text;
        if (i >= (size_t)p->scroll)
            (void)draw_cut(v, area, area.x, y--, ROLE_TEXT,
                           shifted(view_plain_line(v, start, (size_t)(end - start)), p->shift));
        end = start > text ? start - 1 : text;
    }
    if (p->gone > 0 && y >= area.y)
        (void)draw_cut(v, area, area.x, y, ROLE_DIM, view_printf(v, "%zu older lines are gone", p->gone));
}

bool scroll_from_end(int *lines, enum action action, int page, int top)
{
    switch (action) {
    case ACTION_UP:
    case ACTION_DOWN:
        *lines += action == ACTION_UP ? 1 : -1;
        break;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        *lines += action == ACTION_PAGE_UP ? page : -page;
        break;
    case ACTION_TOP:
        *lines = top;
        break;
    case ACTION_BOTTOM:
        *lines = 0;
        break;
    default:
        return false;
    }
    *lines = *lines < 0 ? 0 : *lines;
    return true;
}

bool pager_act(struct pager *p, enum action action)
{
    if (action != ACTION_LEFT && action != ACTION_RIGHT)
        return scroll_from_end(&p->scroll, action, p->height > 2 ? p->height - 1 : 1, PAGER_LINES + 1);
    p->shift += action == ACTION_LEFT ? -SHIFT_STEP : SHIFT_STEP;
    p->shift = p->shift < 0 ? 0 : p->shift > 4096 ? 4096 : p->shift;
    return true;
}

void pager_free(struct pager *p)
{
    buffer_free(&p->text);
    *p = (struct pager){0};
}
