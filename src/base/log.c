#include "config.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 4096

static enum log_level threshold = LOG_INFO;
static void (*log_sink)(void *arg, enum log_level level, const char *text);
static void *log_sink_arg;

static const char *const names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_parse_level(const char *text, enum log_level *level)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_sink(void (*sink)(void *arg, enum log_level level, const char *text), void *arg)
{
    log_sink = sink;
    log_sink_arg = arg;
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level > threshold)
        return;
    char *raw = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&raw, format, args);
    va_end(args);
    if (len < 0)
        return;
    struct buffer line = BUFFER_LIMIT(LINE_MAX_BYTES);
    utf8_sanitize(raw, (size_t)len, false, &line);
    free(raw);
    if (log_sink != NULL) {
        log_sink(log_sink_arg, level, buffer_text(&line));
    } else {
        char when[CLOCK_TEXT_SIZE];
        clock_format_ms(clock_now_ns(), when);
        (void)fprintf(stderr, "%s %-5s %s\n", when, names[level],
                      buffer_text(&line)); /* nowhere else to say it */
    }
    buffer_free(&line);
}
