#include "config.h"

#include "frame.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define BLUE 4 /* of the palette, in the theme "dark" with 256 colours */

const char *const hostile_texts[] = {
    "\033[2J\033[1;1H\033[44mAPPROVED", /* clears, moves, paints */
    "\xc2\x9b"
    "31;44m\xc2\x9d"
    "0;title\xc2\x9c",                                     /* the same in 8 bits */
    "\033]0;title\007\033]52;c;cm0gLXJm\007\033P+q\033\\", /* title, clipboard, a device string */
    "a\nb\r\nc\td\be\x7f",                                 /* lines and tabs */
    "\xe2\x80\xae"
    "evil\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9", /* bidirectional overrides and isolates */
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xaa\xd9\x82\xd8\xa7\xd8\xb1\xd9\x8a\xd8\xb1", /* right to
                                                                                            left */
    "z\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0\xef\xbb\xbf\xc2\xad"
    "w",                                                     /* zero width, soft hyphen */
    "\xe2\x80\x8b",                                          /* nothing but that */
    "\xf3\xa0\x81\x81\xf3\xa0\x81\x82\xf3\xa0\x81\xbf tags", /* U+E0041 … */
    "a\xef\xb8\x8f\xef\xb8\x8e\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91"
    "\xa7", /* selectors
             */
    "o\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88\xcc\x89\xcc\x8a\xcc\x8b\xcc"
    "\x8c\xcc"
    "\x8d\xcc\x8e\xcc\x8f"
    "\xcc\xa0\xcc\xa1\xcc\xa2\xcc\xa3\xcc\xa4\xcc\xa5\xcc\xa6\xcc\xa7\xcc\xa8\xcc\xa9\xcc\xaa\xcc"
    "\xab",                                                                          /* a
                                                                                        flood
                                                                                        of
                                                                                        marks
                                                                                      */
    "v9  approval  \xe2\x96\xa0 12m",                                                /* another row */
    "\xe2\x94\x82 \xe2\x94\x8c\xe2\x94\x80 Approve x into production? \xe2\x94\x90", /* a box and a
                                                                                        border */
    "\xe2\x96\xa0 99 waiting 9d",                                                    /* the top line */
    "\xd0\xb0\xd1\x80\xd1\x80r\xd0\xbev\xd0\xb5",                                    /* homoglyphs */
    "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c\xf0\x9f\x9a\x80\xf0\x9f\x87\xa9\xf0\x9f\x87"
    "\xaa", /* wide
             */
    "%s%n%1000000d",
    "'; rm -rf ~; echo '",
    "a-name-that-is-longer-than-any-column-and-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-"
    "on-and-"
    "on-and-on",
    NULL};

static char fault[300];

/* Has this code point no form of its own on a terminal? */
static bool is_unseen(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff ||
           (cp >= 0xe0000 && cp <= 0xe0fff);
}

static bool cell_has_unseen(const struct pty_cell *cell)
{
    uint32_t cp = 0;
    int n = 0;
    for (const char *text = cell->text; *text; text += n) {
        n = utf8_decode(text, strlen(text), &cp);
        if (n <= 0 || is_unseen(cp))
            return true;
    }
    return false;
}

static bool cell_is(struct pty *p, int row, int column, const char *text)
{
    struct pty_cell cell;
    pty_cell(p, row, column, &cell);
    return strcmp(cell.text, text) == 0;
}

/* Where the tree and the detail stand beside each other a border runs between them. */
static const char *border_fault(struct pty *p)
{
    const int h = pty_rows(p), w = pty_columns(p);
    int border = -1;
    for (int x = 20; x < w && border < 0; x++)
        if (cell_is(p, 1, x, "┬"))
            border = x;
    for (int y = 2; border >= 0 && y < h - 4; y++) { /* a message may stand over the last ones */
        if (!cell_is(p, y, border, "│")) {
            (void)snprintf(fault, sizeof fault, "the border between the panes is broken in row %d", y);
            return fault;
        }
    }
    return NULL;
}

const char *frame_fault(struct pty *p)
{
    const int h = pty_rows(p), w = pty_columns(p);
    struct pty_cell cell;
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            pty_cell(p, y, x, &cell);
            if (cell_has_unseen(&cell)) {
                (void)snprintf(fault, sizeof fault, "something unseen in row %d, column %d", y, x);
                return fault;
            }
        }
    }
    if (w < 100 || h < 12)
        return NULL;
    return border_fault(p);
}

bool frame_is_blue(struct pty *p, int row, int column)
{
    struct pty_cell cell;
    if (column > 0) { /* the right half of a wide character has no colours of its own */
        pty_cell(p, row, column - 1, &cell);
        if (cell.width == 2)
            return cell.bg == BLUE;
    }
    pty_cell(p, row, column, &cell);
    return cell.bg == BLUE;
}
