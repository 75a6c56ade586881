#include "config.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *words;
    int exit_code, http;
} table[STATUS_COUNT] = {
#define X(name, words, exit_code, http) [STATUS_##name] = {words, exit_code, http},
    STATUS_TABLE(X)
#undef X
};

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    /* Into a text of its own first: an argument may be the old text. */
    char text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (written < 0)
        text[0] = '\0';
    memcpy(err->text, text, sizeof text);
    err->status = status;
    return status;
}

void error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char context[ERROR_TEXT_SIZE], text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(context, sizeof context, format, args);
    va_end(args);
    if (written < 0)
        return;
    size_t used = strnlen(context, sizeof context - 1);
    memcpy(text, context, used);
    size_t i = 0;
    for (const char *rest = ": "; rest[i] != '\0' && used < sizeof text - 1; i++)
        text[used++] = rest[i];
    for (i = 0; err->text[i] != '\0' && used < sizeof text - 1; i++)
        text[used++] = err->text[i];
    text[used] = '\0';
    memcpy(err->text, text, used + 1);
}

const char *status_words(enum status status)
{
    return status < STATUS_COUNT ? table[status].words : "unknown";
}

int status_exit_code(enum status status)
{
    return status < STATUS_COUNT ? table[status].exit_code : 1;
}

int status_http(enum status status)
{
    return status < STATUS_COUNT ? table[status].http : 500;
}

enum status status_from_http(long http)
{
    if (http >= 200 && http < 300)
        return STATUS_OK;
    static const enum status known[] = {STATUS_INVALID,       STATUS_UNAUTHENTICATED, STATUS_FORBIDDEN,
                                        STATUS_NOT_FOUND,     STATUS_CONFLICT,        STATUS_TOO_LARGE,
                                        STATUS_UNPROCESSABLE, STATUS_DEPENDENCY,      STATUS_RATE_LIMITED,
                                        STATUS_UNREACHABLE,   STATUS_TIMED_OUT};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (table[known[i]].http == http)
            return known[i];
    return STATUS_FAILED;
}
