#include "config.h"

#include "view/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Takes one word off; p stands on its first byte. Returns what stands behind it. */
static const char *read_word(const char *p, struct buffer *word, char *quote)
{
    *quote = 0;
    for (; *p && (*quote || *p != ' '); p++) {
        const bool escapes = *p == '\\' && *quote != '\'' && (!*quote || p[1] == '"' || p[1] == '\\');
        if (escapes && !p[1]) {
            *quote = '\\';
            return p + 1;
        }
        if (escapes)
            (void)buffer_add_char(word, *++p);
        else if (*quote ? *p == *quote : *p == '\'' || *p == '"')
            *quote = *quote ? 0 : *p;
        else
            (void)buffer_add_char(word, *p);
    }
    return p;
}

void words_split(const char *line, struct words *out)
{
    *out = (struct words){0};
    for (const char *p = line + strspn(line, " "); *p && out->count < WORDS_MAX; p += strspn(p, " ")) {
        struct buffer word = BUFFER_LIMIT(strlen(line) + 1);
        out->last_at = (size_t)(p - line);
        p = read_word(p, &word, &out->quote);
        out->items[out->count++] = mem_string(buffer_text(&word));
        out->is_open = !*p;
        buffer_free(&word);
    }
}

void words_free(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->items[i]);
    *w = (struct words){0};
}

void words_quote(const char *word, struct buffer *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+";
    if (*word && strspn(word, plain) == strlen(word)) {
        (void)buffer_add_text(out, word);
        return;
    }
    (void)buffer_add_char(out, '\'');
    for (const char *p = word; *p; p++)
        (void)(*p == '\'' ? buffer_add_text(out, "'\\''") : buffer_add_char(out, *p));
    (void)buffer_add_char(out, '\'');
}
