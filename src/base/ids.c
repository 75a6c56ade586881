#include "config.h"

#include "base/ids.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *out, size_t len)
{
    char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        at += got;
        len -= (size_t)got;
    }
}

static void format_v4(unsigned char bytes[16], char out[UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
    out[at] = '\0';
}

void uuid_new(char out[UUID_SIZE])
{
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    format_v4(bytes, out);
}

bool uuid_is_valid(const char *text)
{
    if (text == NULL || strlen(text) != UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < UUID_SIZE - 1; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

void uuid_from_context(const char *text, char out[UUID_SIZE])
{
    if (text == NULL || text[0] == '\0') {
        uuid_new(out);
        return;
    }
    if (uuid_is_valid(text)) {
        for (size_t i = 0; i < UUID_SIZE; i++)
            out[i] = (char)tolower((unsigned char)text[i]);
        return;
    }
    unsigned char bytes[16];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, text, strnlen(text, sizeof bytes));
    format_v4(bytes, out);
}
