/* The line editor. The text is sanitised anew with each change, since a mark that comes may belong to what
 * stands before it; the cursor stays between graphemes. */
#include "config.h"

#include "view/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/grid.h"

#define CLEAN_MAX ((PROMPT_TEXT_MAX + INPUT_PASTE_MAX) * 4) /* bytes; a byte becomes at most U+FFFD */

/* ---- history ---- */

void history_add(struct prompt_history *h, const char *line)
{
    if (!*line || (h->count > 0 && strcmp(h->lines[h->count - 1], line) == 0))
        return;
    if (h->count == PROMPT_HISTORY_MAX) {
        free(h->lines[0]);
        h->count--;
        memmove(h->lines, h->lines + 1, h->count * sizeof *h->lines);
    }
    h->lines[h->count++] = mem_string(line);
}

void history_free(struct prompt_history *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->lines[i]);
    *h = (struct prompt_history){0};
}

/* ---- text ---- */

const char *prompt_text(const struct prompt *p)
{
    return buffer_text(&p->text);
}

/* The last place between two graphemes that is not past `at`. */
static size_t boundary(const char *text, size_t at)
{
    size_t last = 0, n = 0;
    int width = 0;
    while ((n = utf8_next_grapheme(text + last, grid_wide_ambiguous(), &width)) > 0 && last + n <= at)
        last += n;
    return last;
}

static size_t before(const struct prompt *p, size_t at)
{
    return at > 0 ? boundary(prompt_text(p), at - 1) : 0;
}

static size_t after(const struct prompt *p, size_t at)
{
    int width = 0;
    return at + utf8_next_grapheme(prompt_text(p) + at, grid_wide_ambiguous(), &width);
}

/* Makes `head`, then `tail` the text, the cursor between them. False: too long, and nothing has changed. */
static bool replace_text(struct prompt *p, const char *head, size_t head_len, const char *tail)
{
    struct buffer clean = BUFFER_LIMIT(CLEAN_MAX), front = BUFFER_LIMIT(CLEAN_MAX);
    char *line = mem_printf("%.*s%s", (int)head_len, head, tail);
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    utf8_sanitize(line, strlen(line), p->ascii, &clean);
    utf8_sanitize(line, head_len, p->ascii, &front);
    const bool fits = clean.len <= p->text.limit;
    if (fits) {
        buffer_clear(&p->text);
        (void)buffer_add(&p->text, buffer_text(&clean), clean.len); /* it has just been measured */
        p->cursor = boundary(prompt_text(p), front.len);
    }
    buffer_free(&clean);
    buffer_free(&front);
    free(line);
    return fits;
}

void prompt_set_text(struct prompt *p, const char *text, size_t cursor)
{
    const size_t len = strlen(text);
    const size_t at = cursor < len ? cursor : len;
    (void)replace_text(p, text, at, text + at); /* one that is too long is not taken */
}

void prompt_note(struct prompt *p, bool is_error, const char *text)
{
    char *copy = mem_string(text);
    free(p->note);
    p->note = copy;
    p->note_is_error = is_error;
}

static void changed(struct prompt *p)
{
    prompt_note(p, false, NULL);
    if (p->ops->on_change)
        p->ops->on_change(p->arg, p);
}

static void insert(struct prompt *p, const char *text, size_t len)
{
    char *tail = mem_string(prompt_text(p) + p->cursor);
    char *head = mem_printf("%.*s%.*s", (int)p->cursor, prompt_text(p), (int)len, text);
    const bool fits = replace_text(p, head, strlen(head), tail);
    free(head);
    free(tail);
    if (fits)
        changed(p);
    else
        prompt_note(p, true, "that is as long as a line may be");
}

/* Takes out the bytes from `from` up to `to`; the cursor stands there then. */
static void cut_out(struct prompt *p, size_t from, size_t to)
{
    if (from == to)
        return;
    char *head = mem_string_n(prompt_text(p), from), *tail = mem_string(prompt_text(p) + to);
    (void)replace_text(p, head, from, tail); /* shorter than what was there */
    free(head);
    free(tail);
    changed(p);
}

static size_t word_before(const struct prompt *p)
{
    const char *text = prompt_text(p);
    size_t at = p->cursor;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    while (at > 0 && text[at - 1] != ' ')
        at--;
    return at;
}

static void walk_history(struct prompt *p, int by)
{
    const struct prompt_history *h = p->history;
    if (!h || (by < 0 ? p->at == 0 : p->at >= h->count))
        return;
    if (p->at == h->count) {
        free(p->draft);
        p->draft = mem_string(prompt_text(p));
    }
    p->at = by < 0 ? p->at - 1 : p->at + 1;
    prompt_set_text(p, p->at < h->count ? h->lines[p->at] : p->draft, PROMPT_TEXT_MAX);
    changed(p);
}

/* ---- opening, closing ---- */

static void forget(struct prompt *p)
{
    free(p->draft);
    p->draft = NULL;
    prompt_note(p, false, NULL);
}

void prompt_open(struct prompt *p, const struct prompt_ops *ops, void *arg, struct prompt_history *history,
                 const char *text)
{
    forget(p);
    p->ops = ops;
    p->arg = arg;
    p->history = history;
    p->at = history ? history->count : 0;
    p->text.limit = PROMPT_TEXT_MAX;
    prompt_set_text(p, text ? text : "", PROMPT_TEXT_MAX);
}

void prompt_close(struct prompt *p)
{
    p->ops = NULL;
    forget(p);
}

void prompt_free(struct prompt *p)
{
    prompt_close(p);
    buffer_free(&p->text);
}

static void finish(struct prompt *p, bool kept)
{
    const struct prompt_ops *ops = p->ops;
    if (kept && p->history)
        history_add(p->history, prompt_text(p));
    prompt_close(p);
    if (ops->on_done)
        ops->on_done(p->arg, p, kept);
}

/* ---- keys ---- */

static void control_key(struct prompt *p, uint32_t letter)
{
    switch (letter) {
    case 'A':
        p->cursor = 0;
        break;
    case 'E':
        p->cursor = p->text.len;
        break;
    case 'B':
        p->cursor = before(p, p->cursor);
        break;
    case 'F':
        p->cursor = after(p, p->cursor);
        break;
    case 'D':
        cut_out(p, p->cursor, after(p, p->cursor));
        break;
    case 'U':
        cut_out(p, 0, p->cursor);
        break;
    case 'K':
        cut_out(p, p->cursor, p->text.len);
        break;
    case 'W':
        cut_out(p, word_before(p), p->cursor);
        break;
    case 'P':
    case 'N':
        walk_history(p, letter == 'P' ? -1 : 1);
        break;
    case 'C':
        finish(p, false);
        break;
    default:
        break;
    }
}

void prompt_key(struct prompt *p, const struct input_event *ev)
{
    char text[4];
    if (!p->ops)
        return;
    switch (ev->kind) {
    case INPUT_CHAR:
        insert(p, text, utf8_encode(ev->ch, text));
        break;
    case INPUT_PASTE:
        insert(p, ev->text, ev->len);
        break;
    case INPUT_LEFT:
        p->cursor = before(p, p->cursor);
        break;
    case INPUT_RIGHT:
        p->cursor = after(p, p->cursor);
        break;
    case INPUT_HOME:
    case INPUT_END:
        p->cursor = ev->kind == INPUT_HOME ? 0 : p->text.len;
        break;
    case INPUT_BACKSPACE:
        cut_out(p, before(p, p->cursor), p->cursor);
        break;
    case INPUT_DELETE:
        cut_out(p, p->cursor, after(p, p->cursor));
        break;
    case INPUT_UP:
    case INPUT_DOWN:
        walk_history(p, ev->kind == INPUT_UP ? -1 : 1);
        break;
    case INPUT_TAB:
    case INPUT_BACKTAB:
        if (p->ops->on_tab)
            p->ops->on_tab(p->arg, p, ev->kind == INPUT_BACKTAB);
        break;
    case INPUT_CTRL:
        control_key(p, ev->ch);
        break;
    case INPUT_ENTER:
    case INPUT_ESC:
        finish(p, ev->kind == INPUT_ENTER);
        break;
    default: /* marks that decide, the mouse, reports: no text, and no command here */
        break;
    }
}
