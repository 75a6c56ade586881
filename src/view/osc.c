#include "config.h"

#include "view/osc.h"

#include <string.h>

#include "base/utf8.h"

#define SCREEN_CHUNK 256 /* screen(1) takes 768 bytes in one string at most */

enum osc_envelope osc_envelope(const char *tmux, const char *sty, const char *term)
{
    if (tmux && *tmux)
        return OSC_TMUX;
    return (sty && *sty) || (term && (strcmp(term, "screen") == 0 || strncmp(term, "screen.", 7) == 0 ||
                                      strncmp(term, "screen-", 7) == 0))
               ? OSC_SCREEN
               : OSC_DIRECT;
}

/* One line without controls, and without ';' where that ends a field. */
static void add_text(struct buffer *out, const char *raw, bool ascii, bool is_field)
{
    struct buffer clean = BUFFER_LIMIT(OSC_TEXT_MAX);
    utf8_sanitize(raw, strlen(raw), ascii, &clean);
    for (size_t i = 0; is_field && i < clean.len; i++)
        clean.data[i] = clean.data[i] == ';' ? ',' : clean.data[i];
    (void)buffer_add(out, clean.data, clean.len); /* out->overflow tells */
    buffer_free(&clean);
}

/* BEL ends a sequence inside of an envelope: ESC \ would end that. */
static void add_enveloped(struct buffer *out, enum osc_envelope in, const struct buffer *sequence)
{
    switch (in) {
    case OSC_DIRECT:
        (void)buffer_add(out, sequence->data, sequence->len);
        break;
    case OSC_TMUX: /* every ESC twice */
        (void)buffer_add_text(out, "\033Ptmux;");
        for (size_t i = 0; i < sequence->len; i++)
            (void)buffer_printf(out, sequence->data[i] == '\033' ? "\033\033" : "%c", sequence->data[i]);
        (void)buffer_add_text(out, "\033\\");
        break;
    case OSC_SCREEN:
        for (size_t i = 0; i < sequence->len; i += SCREEN_CHUNK) {
            const size_t left = sequence->len - i;
            (void)buffer_add_text(out, "\033P");
            (void)buffer_add(out, sequence->data + i, left < SCREEN_CHUNK ? left : SCREEN_CHUNK);
            (void)buffer_add_text(out, "\033\\");
        }
        break;
    }
}

void osc_title(struct buffer *out, const char *raw, bool ascii)
{
    (void)buffer_add_text(out, "\033]2;");
    add_text(out, raw, ascii, false);
    (void)buffer_add_char(out, '\a');
}

void osc_notify_9(struct buffer *out, enum osc_envelope in, const char *raw, bool ascii)
{
    struct buffer sequence = BUFFER_LIMIT(4096);
    /* The name in front also keeps a text of digits from being one of ConEmu's commands (OSC 9;4). */
    (void)buffer_add_text(&sequence, "\033]9;drawbridge: ");
    add_text(&sequence, raw, ascii, false);
    (void)buffer_add_char(&sequence, '\a');
    add_enveloped(out, in, &sequence);
    buffer_free(&sequence);
}

void osc_notify_777(struct buffer *out, enum osc_envelope in, const char *raw, bool ascii)
{
    struct buffer sequence = BUFFER_LIMIT(4096);
    (void)buffer_add_text(&sequence, "\033]777;notify;drawbridge;");
    add_text(&sequence, raw, ascii, true);
    (void)buffer_add_char(&sequence, '\a');
    add_enveloped(out, in, &sequence);
    buffer_free(&sequence);
}

static void add_base64(struct buffer *out, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        const size_t left = len - i;
        const unsigned long three = (unsigned long)(unsigned char)bytes[i] << 16 |
                                    (left > 1 ? (unsigned long)(unsigned char)bytes[i + 1] << 8 : 0) |
                                    (left > 2 ? (unsigned long)(unsigned char)bytes[i + 2] : 0);
        (void)buffer_add_char(out, digits[three >> 18]);
        (void)buffer_add_char(out, digits[three >> 12 & 63]);
        (void)buffer_add_char(out, left > 1 ? digits[three >> 6 & 63] : '=');
        (void)buffer_add_char(out, left > 2 ? digits[three & 63] : '=');
    }
}

bool osc_copy(struct buffer *out, enum osc_envelope in, const char *bytes, size_t len)
{
    struct buffer sequence = BUFFER_LIMIT(2 * OSC_COPY_MAX);
    if (len > OSC_COPY_MAX)
        return false;
    (void)buffer_add_text(&sequence, "\033]52;c;");
    add_base64(&sequence, bytes, len);
    (void)buffer_add_char(&sequence, '\a');
    if (in == OSC_TMUX) /* which has a clipboard of its own; it takes one or the other, by its settings */
        add_enveloped(out, OSC_DIRECT, &sequence);
    add_enveloped(out, in, &sequence);
    buffer_free(&sequence);
    return true;
}
