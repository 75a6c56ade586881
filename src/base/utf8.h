/* base/utf8.h: UTF-8: validity, graphemes, cell widths, and the one sanitiser that stands before every
 * terminal. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

bool utf8_is_valid(const char *text,
                   size_t len); /* no overlong forms, surrogates, or code points past U+10FFFF */

/* Decodes one code point. Returns its length in bytes (1 to 4); 0 at len 0; -1 where the bytes are not UTF-8;
 * -2 where they are the beginning of a code point that len cuts off. */
int utf8_decode(const char *text, size_t len, uint32_t *code_point);

/* Writes a code point that is none of the surrogates and at most U+10FFFF. Returns its length in bytes. */
size_t utf8_encode(uint32_t code_point, char out[4]);

/* The lower case of a letter, where it is one code point; else the code point itself. */
uint32_t utf8_lower(uint32_t code_point);

/* One line of text that is safe on a terminal: control characters, line breaks, escape sequences,
 * bidirectional controls, zero-width and other invisible characters, unassigned and private code points
 * become U+FFFD (in_ascii: '?'), so that what was replaced is seen; so do characters that the C library (in a
 * UTF-8 locale), and thus ncurses, holds to be wider or narrower than utf8_width_cells, and skin tones. At
 * most 4 combining marks stay on one base character, none without a base; one U+FFFD stands for a run of
 * marks too many. U+FE0F after a pictograph is dropped: it only asks for a form on whose width terminals do
 * not agree. in_ascii: all that is not ASCII becomes '?'. Sanitising twice changes nothing more. Appends to
 * out (cut at its limit between two graphemes). */
void utf8_sanitize(const char *raw, size_t len, bool in_ascii, struct buffer *out);

/* Cells that sanitised text takes, as the C library adds them up (East Asian wide and emoji: 2, a spacing
 * mark: 1, other marks: 0). ambiguous_wide: ambiguous width counts as 2. */
int utf8_width_cells(const char *text, bool ambiguous_wide);

/* The length in bytes of the next grapheme cluster and its width in cells; 0 at the end of the text. */
size_t utf8_next_grapheme(const char *text, bool ambiguous_wide, int *width_cells);

/* Cuts sanitised text to at most width_cells; where something is cut off, ends it with `ellipsis` ("…" or
 * "~"). Appends to out and returns the cells used. */
int utf8_cut(const char *text, int width_cells, const char *ellipsis, bool ambiguous_wide,
             struct buffer *out);

#endif
