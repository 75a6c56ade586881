/* The text fields of the box: the comment, and the words that must be typed. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/internal.h"

#define TYPED_AT_ONCE 6 /* more keys in one read were not typed, however slow the line */

static struct buffer *field_text(struct box *b)
{
    return b->field == BOX_FIELD_CONFIRM ? &b->confirm : &b->comment;
}

/* Appends what is visible of a text; blanks stand for line ends. All of it is looked at anew, since a mark
 * may belong to what stood last. */
static void type_text(struct view *v, const char *text, size_t len)
{
    struct buffer clean = BUFFER_LIMIT((BOX_COMMENT_MAX + INPUT_PASTE_MAX) * 4);
    struct buffer *field = field_text(&v->box);
    char *line = mem_printf("%s%.*s", buffer_text(field), (int)len, text);
    for (char *p = line; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    utf8_sanitize(line, strlen(line), v->ascii, &clean);
    if (clean.len <= field->limit) {
        buffer_clear(field);
        (void)buffer_add(field, buffer_text(&clean), clean.len); /* it has just been measured */
    } else {
        box_told(v, "that is as long as a comment may be");
    }
    buffer_free(&clean);
    free(line);
}

/* Words that come all at once were pasted by a terminal that does not say so, or filled in by something. */
static void note_haste(struct view *v)
{
    struct box *b = &v->box;
    const size_t len = strlen(b->confirm_text), most = len > TYPED_AT_ONCE ? TYPED_AT_ONCE : len - 1;
    b->poured = b->poured || v->typing.in_read > most;
}

static void type_char(struct view *v, uint32_t ch)
{
    struct grid one = {0}; /* only to encode */
    const struct cell cell = {.glyph = ch, .width = 1};
    char text[64];
    const size_t len = grid_cell_text(&one, &cell, text);
    if (v->box.field == BOX_FIELD_COMMENT || ch > ' ')
        type_text(v, text, len);
    if (v->box.field == BOX_FIELD_CONFIRM)
        note_haste(v);
}

static void erase_last(struct buffer *text)
{
    size_t last = 0, n = 0;
    int width = 0;
    for (size_t i = 0; (n = utf8_next_grapheme(buffer_text(text) + i, grid_wide_ambiguous(), &width)) > 0;
         i += n)
        last = i;
    char *kept = mem_string_n(buffer_text(text), last);
    buffer_clear(text);
    (void)buffer_add_text(text, kept); /* shorter than what was there */
    free(kept);
}

void box_edit(struct view *v, const struct input_event *ev)
{
    struct box *b = &v->box;
    switch (ev->kind) {
    case INPUT_CHAR:
        if (box_is_decision(b->kind))
            type_char(v, ev->ch);
        break;
    case INPUT_BACKSPACE:
        erase_last(field_text(b));
        b->poured = b->poured && b->confirm.len > 0;
        break;
    case INPUT_PASTE:
        if (b->field == BOX_FIELD_CONFIRM || !box_is_decision(b->kind))
            box_told(v, "pasted text confirms nothing: type it");
        else
            type_text(v, ev->text, ev->len);
        break;
    case INPUT_TAB:
    case INPUT_BACKTAB:
    case INPUT_UP:
    case INPUT_DOWN:
        if (b->confirm_text)
            b->field = b->field == BOX_FIELD_CONFIRM ? BOX_FIELD_COMMENT : BOX_FIELD_CONFIRM;
        break;
    case INPUT_CTRL:
        if (ev->ch == 'U')
            buffer_clear(field_text(b));
        b->poured = b->poured && b->confirm.len > 0;
        break;
    default:
        break;
    }
}
