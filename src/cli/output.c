/* output.c: results on standard output: lines, tables, JSON. Nothing from outside gets there as it came. */
#include "config.h"

#include <assert.h>
#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/internal.h"

#define LINE_MAX_BYTES (64 * 1024)
#define CELL_MAX_BYTES 4096
#define JSON_OUT_MAX   (256 * 1024 * 1024)
#define WIDTH_DEFAULT  80
#define GAP            2 /* cells between two columns */
#define COLUMN_MIN     4 /* cells that a column keeps when the table shrinks */

static bool output_lost, ascii_glyphs, wide_ambiguous;

static bool locale_is_ascii(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

void cli_use_ascii_glyphs(void)
{
    ascii_glyphs = true;
}

void cli_use_wide_ambiguous(void)
{
    wide_ambiguous = true;
}

bool cli_glyphs_are_ascii(void)
{
    return ascii_glyphs || locale_is_ascii();
}

void cli_add_clean(struct buffer *out, const char *raw)
{
    utf8_sanitize(raw, strlen(raw), locale_is_ascii(), out);
}

void cli_write(const char *text, size_t len)
{
    if (fwrite(text, 1, len, stdout) != len)
        output_lost = true;
}

void cli_write_clean(const char *raw, size_t len)
{
    struct buffer line = BUFFER_LIMIT(4 * LINE_MAX_BYTES);
    for (const char *p = raw, *end = raw + len; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t part = newline != NULL ? (size_t)(newline - p) : (size_t)(end - p);
        size_t text =
            part > 0 && p[part - 1] == '\r' ? part - 1 : part; /* a program that writes for Windows */
        buffer_clear(&line);
        utf8_sanitize(p, text < LINE_MAX_BYTES ? text : LINE_MAX_BYTES, locale_is_ascii(), &line);
        cli_write(buffer_text(&line), line.len);
        if (newline != NULL)
            cli_write("\n", 1);
        p += part + (newline != NULL);
    }
    buffer_free(&line);
}

bool cli_output_is_lost(void)
{
    if (fflush(stdout) != 0)
        output_lost = true;
    return output_lost;
}

PRINTF_LIKE(3, 0)
static void print_line(FILE *file, const char *prefix, const char *format, va_list args)
{
    struct buffer raw = BUFFER_LIMIT(LINE_MAX_BYTES), line = BUFFER_LIMIT(4 * LINE_MAX_BYTES);
    char small[1024];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    if (len >= (int)sizeof small && len < LINE_MAX_BYTES) {
        char *large = mem_alloc((size_t)len + 1);
        vsnprintf(large, (size_t)len + 1, format, again);
        buffer_add(&raw, large, (size_t)len);
        free(large);
    } else {
        buffer_add_text(&raw, small);
    }
    va_end(again);
    buffer_add_text(&line, prefix);
    cli_add_clean(&line, buffer_text(&raw));
    buffer_add_char(&line, '\n');
    if (file == stdout)
        cli_write(line.data, line.len);
    else
        (void)fwrite(line.data, 1, line.len, file); /* a lost complaint has nowhere to go */
    buffer_free(&line);
    buffer_free(&raw);
}

void cli_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(stderr, "drawbridge: ", format, args);
    va_end(args);
}

void cli_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(stdout, "", format, args);
    va_end(args);
}

/* --- JSON --- */

/* What a terminal could take for a command, or does not show, becomes \uXXXX: the same JSON to every reader.
 */
static void add_escaped_json(struct buffer *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp = 0;
        int n = utf8_decode(text + i, len - i, &cp);
        if (n <= 0) { /* cJSON prints what it was given, and that was checked */
            buffer_add_text(out, "\\ufffd");
            i++;
            continue;
        }
        if (cp < 0x7f) {
            buffer_add_char(out, text[i]);
        } else {
            struct buffer clean = BUFFER_LIMIT(64);
            utf8_sanitize(text + i, (size_t)n, false, &clean);
            if (clean.len == (size_t)n && memcmp(clean.data, text + i, clean.len) == 0)
                buffer_add(out, text + i, (size_t)n);
            else if (cp < 0x10000)
                buffer_printf(out, "\\u%04x", (unsigned)cp);
            else
                buffer_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((cp - 0x10000) >> 10)),
                              (unsigned)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
            buffer_free(&clean);
        }
        i += (size_t)n;
    }
}

void cli_print_json(const cJSON *value, bool indent)
{
    struct buffer text = BUFFER_LIMIT(JSON_OUT_MAX), out = BUFFER_LIMIT(JSON_OUT_MAX);
    if (indent) {
        char *printed = cJSON_Print(value);
        if (printed != NULL)
            buffer_add_text(&text, printed);
        free(printed);
    } else if (!json_print(value, &text)) {
        cli_complain("a result is too long to be printed");
    }
    add_escaped_json(&out, buffer_text(&text), text.len);
    buffer_add_char(&out, '\n');
    cli_write(out.data, out.len);
    buffer_free(&out);
    buffer_free(&text);
}

void cli_print_items(const cJSON *array, enum cli_format format)
{
    if (format == CLI_JSON) {
        cli_print_json(array, true);
        return;
    }
    for (const cJSON *item = array != NULL ? array->child : NULL; item != NULL; item = item->next)
        cli_print_json(item, false);
}

enum status cli_format(const struct cli_args *args, enum cli_format *format, struct error *err)
{
    const char *word = cli_value(args, "output");
    *format = CLI_TABLE;
    if (word == NULL || strcmp(word, "table") == 0 || strcmp(word, "text") == 0)
        return STATUS_OK;
    if (strcmp(word, "json") == 0)
        *format = CLI_JSON;
    else if (strcmp(word, "ndjson") == 0)
        *format = CLI_NDJSON;
    else
        return error_set(err, STATUS_USAGE, "--output %s: must be table, json or ndjson", word);
    return STATUS_OK;
}

/* --- tables --- */

void cli_table_begin(struct cli_table *t, const char *const *titles)
{
    *t = (struct cli_table){.titles = titles};
    while (titles[t->columns] != NULL)
        t->columns++;
    for (size_t i = 0; i < t->columns; i++)
        cli_table_add(t, titles[i]);
}

void cli_table_add(struct cli_table *t, const char *raw)
{
    struct buffer cell = BUFFER_LIMIT(CELL_MAX_BYTES);
    cli_add_clean(&cell, raw != NULL && *raw != '\0' ? raw : "-");
    MEM_GROW(t->cells, t->rows, t->capacity);
    t->cells[t->rows++] = buffer_take(&cell, NULL);
}

void cli_table_add_line(struct cli_table *t, const char *raw)
{
    size_t first = t->rows;
    cli_table_add(t, raw);
    while (t->rows % t->columns != 0) {
        MEM_GROW(t->cells, t->rows, t->capacity);
        t->cells[t->rows++] = NULL;
    }
    assert(t->rows - first == t->columns); /* it began where a row begins */
}

static bool is_line(const struct cli_table *t, size_t row)
{
    return t->columns > 1 && t->cells[row + 1] == NULL;
}

static int terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO)) { /* as wide as it gets, but for the dashboard's pane */
        const char *pane = getenv("DRAWBRIDGE_COLUMNS");
        return pane != NULL ? (int)strtol(pane, NULL, 10) : 0;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return WIDTH_DEFAULT;
}

/* Takes cells from the widest column until the table fits. The first one tells which row it is: it gives way
 * once the others cannot. */
static void shrink(int *widths, size_t columns, int width)
{
    for (;;) {
        int sum = widths[0];
        size_t widest = columns > 1 ? 1 : 0;
        for (size_t i = 1; i < columns; i++) {
            sum += widths[i] + GAP;
            if (widths[i] > widths[widest])
                widest = i;
        }
        if (widths[widest] <= COLUMN_MIN)
            widest = 0;
        if (sum <= width || widths[widest] <= COLUMN_MIN)
            return;
        widths[widest]--;
    }
}

static void print_row(const struct cli_table *t, size_t row, const int *widths, int width)
{
    const char *ellipsis = cli_glyphs_are_ascii() ? "~" : "…";
    struct buffer line = BUFFER_LIMIT(LINE_MAX_BYTES);
    int blanks = 0;
    if (is_line(t, row)) {
        (void)utf8_cut(t->cells[row], width > 0 ? width : INT_MAX, ellipsis, wide_ambiguous, &line);
    } else {
        for (size_t i = 0; i < t->columns; i++) {
            buffer_printf(&line, "%*s", blanks, "");
            int used = utf8_cut(t->cells[row + i], widths[i], ellipsis, wide_ambiguous, &line);
            blanks = widths[i] - used + GAP;
        }
    }
    buffer_add_char(&line, '\n');
    cli_write(line.data, line.len);
    buffer_free(&line);
}

void cli_table_drop(struct cli_table *t)
{
    for (size_t i = 0; i < t->rows; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = (struct cli_table){0};
}

void cli_table_end(struct cli_table *t)
{
    int *widths = mem_alloc((t->columns + 1) * sizeof *widths);
    int width = terminal_width();
    for (size_t row = 0; row + t->columns <= t->rows; row += t->columns) {
        for (size_t i = 0; i < t->columns && !is_line(t, row); i++) {
            int cells = utf8_width_cells(t->cells[row + i], wide_ambiguous);
            if (cells > widths[i])
                widths[i] = cells;
        }
    }
    if (width > 0)
        shrink(widths, t->columns, width);
    for (size_t row = 0; row + t->columns <= t->rows; row += t->columns)
        print_row(t, row, widths, width);
    free(widths);
    cli_table_drop(t);
}
