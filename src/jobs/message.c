#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "jobs/internal.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

int64_t message_log_size(const char *log_path)
{
    struct stat info;
    return stat(log_path, &info) == 0 ? (int64_t)info.st_size : 0;
}

/* The length of an escape sequence (colours, cursor), 0: none begins here. */
static size_t escape_length(const char *text, size_t len)
{
    if (len < 2 || text[0] != '\033' || text[1] != '[')
        return 0;
    size_t i = 2;
    while (i < len && text[i] >= 0x20 && text[i] < 0x40)
        i++;
    return i < len && text[i] >= 0x40 && text[i] < 0x7f ? i + 1 : 0;
}

/* Text for JSON and for people: line breaks and tabs stay, escape sequences go, other control characters and
 * what is no UTF-8 is seen as U+FFFD. Terminals get it through the sanitiser once more. */
static void add_clean(struct buffer *out, const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        uint32_t c;
        int bytes = utf8_decode(text + i, len - i, &c);
        size_t escape = escape_length(text + i, len - i);
        if (escape > 0) {
            i += escape;
            continue;
        }
        bool control = bytes == 1 && (c < 0x20 || c == 0x7f) && c != '\n' && c != '\t';
        if (bytes <= 0 || (control && c != '\r')) {
            (void)buffer_add_text(out, REPLACEMENT);
            i++;
            continue;
        }
        if (!control)
            (void)buffer_add(out, text + i, (size_t)bytes);
        i += (size_t)bytes;
    }
}

void message_add_tail(struct buffer *out, const char *log_path, int64_t from)
{
    char bytes[JOBS_TAIL_MAX];
    int64_t size = message_log_size(log_path), start = from;
    if (size - start > JOBS_TAIL_MAX)
        start = size - JOBS_TAIL_MAX;
    int fd = open(log_path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : pread(fd, bytes, sizeof bytes, (off_t)start);
    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return;
    const char *text = bytes, *line = start > from ? memchr(bytes, '\n', (size_t)len - 1) : NULL;
    if (line)
        text = line + 1;
    else if (start > from) /* one long line: at least no half character */
        while (text < bytes + 3 && text < bytes + len && ((unsigned char)*text & 0xc0) == 0x80)
            text++;
    if (start > from)
        (void)buffer_printf(out, "[… %lld bytes before this]\n", (long long)(start - from + (text - bytes)));
    add_clean(out, text, (size_t)(bytes + len - text));
}

/* Source: keptn-events.md, section 5: "Success message, per task". */
void message_add_passed(struct buffer *out, const char *task, const char *log_path, int64_t from)
{
    struct buffer part = BUFFER_LIMIT(4 * JOBS_TAIL_MAX);
    (void)buffer_printf(&part, "Task '%s' finished successfully!\n\nLogs:\n", task);
    message_add_tail(&part, log_path, from);
    (void)buffer_add_text(&part, "\n\n");
    if (!buffer_add(out, buffer_text(&part), part.len)) /* many tasks: the log file has it all */
        (void)buffer_printf(out, "Task '%s' finished successfully!\n\n", task);
    buffer_free(&part);
}

void message_set_failed(struct buffer *out, const char *why, const char *log_path, int64_t from)
{
    struct buffer tail = BUFFER_LIMIT(4 * JOBS_TAIL_MAX);
    message_add_tail(&tail, log_path, from);
    buffer_clear(out);
    add_clean(out, why, strlen(why));
    if (tail.len > 0 && buffer_add_text(out, "\n\nLogs:\n"))
        (void)buffer_add(out, tail.data, tail.len);
    buffer_free(&tail);
}

void message_duration(int seconds, char text[32])
{
    int h = seconds / 3600, m = seconds / 60 % 60, s = seconds % 60;
    if (h > 0)
        snprintf(text, 32, "%dh%dm%ds", h, m, s);
    else if (m > 0)
        snprintf(text, 32, "%dm%ds", m, s);
    else
        snprintf(text, 32, "%ds", s);
}
