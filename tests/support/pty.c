#include "config.h"

#include "support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "base/utf8.h"

#define RAW_KEPT 65536

struct pty {
    struct buffer heard_all;
    char cut[4]; /* the beginning of a character whose rest has not come */
    size_t cut_len;
    pid_t pid;
    int master, tell, hear;
    int columns, rows;
    int rate;             /* bytes a second that are taken; 0: all */
    int64_t rate_from_ms; /* since when `taken` counts */
    size_t taken;
    bool mute, alternate, cursor, exited;
    int status;
    size_t bytes;
    int64_t last_byte_ms;
    VTerm *term;
    VTermScreen *screen;
    struct buffer heard, text, raw;
};

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
    perror(what);
    abort();
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return; /* the program has ended; waiting for it says so */
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

static void on_answer(const char *bytes, size_t len, void *arg)
{
    struct pty *p = arg;
    if (!p->mute)
        write_all(p->master, bytes, len);
}

/* libvterm 0.1.4 crashes where a wide character comes to a screen of one column, as it may just after a
 * resize: it gets a '?' instead. */
static void feed_one_column(struct pty *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp = 0;
        char text[8] = {0};
        const int n = utf8_decode(bytes + i, len - i, &cp);
        const size_t step = n > 0 ? (size_t)n : 1;
        memcpy(text, bytes + i, step);
        const bool wide = n > 1 && utf8_width_cells(text, false) > 1;
        (void)vterm_input_write(p->term, wide ? "?" : text, wide ? 1 : step);
        i += step;
    }
}

static int on_property(VTermProp property, VTermValue *value, void *arg)
{
    struct pty *p = arg;
    if (property == VTERM_PROP_ALTSCREEN)
        p->alternate = value->boolean != 0;
    if (property == VTERM_PROP_CURSORVISIBLE)
        p->cursor = value->boolean != 0;
    return 1;
}

static void set_environment(const char *const *env)
{
    (void)setenv("TERM", "xterm-256color", 1); /* no memory: the child fails, and the test with it */
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    (void)setenv("TZ", "UTC", 1);
    (void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    static const char *const unset[] = {"NO_COLOR", "COLORTERM", "TMUX", "STY", "COLUMNS", "LINES"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        (void)unsetenv(unset[i]);
    for (; env && *env; env++) {
        char *name = mem_string(*env);
        char *value = strchr(name, '=');
        if (value) {
            *value++ = '\0';
            (void)setenv(name, value, 1);
        } else {
            (void)unsetenv(name);
        }
        free(name);
    }
}

static void run_child(const struct pty_options *options, int told, int say, int errors)
{
    const int in = fcntl(told, F_DUPFD, 10), out = fcntl(say, F_DUPFD, 10), err = fcntl(errors, F_DUPFD, 10);
    if (dup2(in, 3) < 0 || dup2(out, 4) < 0 || dup2(err, STDERR_FILENO) < 0)
        _exit(126);
    for (int fd = 5; fd < 64; fd++)
        (void)close(fd); /* mostly not open */
    set_environment(options->env);
    char *argv[32] = {0};
    for (size_t i = 0; options->argv[i] && i < 31; i++)
        argv[i] = mem_string(options->argv[i]);
    (void)execv(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

struct pty *pty_start(const struct pty_options *options)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    struct pty *p = MEM_NEW(struct pty);
    struct winsize size = {.ws_col = (unsigned short)options->columns,
                           .ws_row = (unsigned short)options->rows};
    int tell[2], hear[2];
    if (pipe2(tell, O_CLOEXEC) != 0 || pipe2(hear, O_CLOEXEC) != 0)
        die("pipe");
    *p = (struct pty){
        .columns = options->columns, .rows = options->rows, .mute = options->mute, .cursor = true};
    p->heard = p->heard_all = p->text = BUFFER_LIMIT(1 << 22);
    p->raw = BUFFER_LIMIT(RAW_KEPT * 2);
    const int errors = dup(STDERR_FILENO);
    p->pid = forkpty(&p->master, NULL, NULL, &size);
    if (p->pid < 0 || errors < 0)
        die("forkpty");
    if (p->pid == 0)
        run_child(options, tell[0], hear[1], errors);
    (void)close(errors);
    (void)close(tell[0]);
    (void)close(hear[1]);
    p->tell = tell[1];
    p->hear = hear[0];
    (void)signal(SIGPIPE, SIG_IGN); /* a program that has ended is found by its exit status */
    (void)fcntl(p->master, F_SETFL, O_NONBLOCK);
    (void)fcntl(p->hear, F_SETFL, O_NONBLOCK);
    (void)fcntl(p->master, F_SETFD, FD_CLOEXEC);
    p->term = vterm_new(p->rows, p->columns);
    vterm_set_utf8(p->term, 1);
    vterm_output_set_callback(p->term, on_answer, p);
    p->screen = vterm_obtain_screen(p->term);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_reset(p->screen, 1);
    p->last_byte_ms = now_ms();
    return p;
}

/* Bytes up to the last whole character: libvterm takes the halves of one that two reads cut for two. */
static size_t whole_characters(const char *bytes, size_t len)
{
    uint32_t cp;
    for (size_t back = 1; back <= 3 && back <= len; back++)
        if (utf8_decode(bytes + len - back, back, &cp) == -2)
            return len - back;
    return len;
}

static void feed(struct pty *p, const char *bytes, size_t len)
{
    char text[65536 + 4];
    memcpy(text, p->cut, p->cut_len);
    memcpy(text + p->cut_len, bytes, len);
    len += p->cut_len;
    const size_t whole = whole_characters(text, len);
    p->cut_len = len - whole;
    memcpy(p->cut, text + whole, p->cut_len);
    if (p->columns == 1)
        feed_one_column(p, text, whole);
    else
        (void)vterm_input_write(p->term, text, whole);
}

/* How many bytes a slow terminal takes by now. */
static size_t room(const struct pty *p, size_t most)
{
    const int64_t due = (now_ms() - p->rate_from_ms) * p->rate / 1000 - (int64_t)p->taken;
    if (p->rate == 0)
        return most;
    return due <= 0 ? 0 : (size_t)due < most ? (size_t)due : most;
}

void pty_set_rate(struct pty *p, int bytes_per_s)
{
    p->rate = bytes_per_s;
    p->rate_from_ms = now_ms();
    p->taken = 0;
}

static void take_output(struct pty *p)
{
    char bytes[65536];
    for (;;) {
        const size_t most = room(p, sizeof bytes);
        const ssize_t n = most > 0 ? read(p->master, bytes, most) : 0;
        if (n <= 0)
            return;
        p->bytes += (size_t)n;
        p->taken += (size_t)n;
        p->last_byte_ms = now_ms();
        if (p->raw.len > RAW_KEPT)
            buffer_consume(&p->raw, p->raw.len - RAW_KEPT / 2);
        (void)buffer_add(&p->raw, bytes, (size_t)n < RAW_KEPT ? (size_t)n : RAW_KEPT);
        feed(p, bytes, (size_t)n);
    }
}

static void take_heard(struct pty *p)
{
    char bytes[4096];
    for (;;) {
        const ssize_t n = read(p->hear, bytes, sizeof bytes);
        if (n <= 0)
            return;
        (void)buffer_add(&p->heard, bytes, (size_t)n);
        (void)buffer_add(&p->heard_all, bytes, (size_t)n); /* as much as fits */
    }
}

/* Waits for something to come, at most so long. */
static void pump(struct pty *p, int wait_ms)
{
    struct pollfd fds[] = {{.fd = p->exited || room(p, 1) == 0 ? -1 : p->master, .events = POLLIN},
                           {.fd = p->hear, .events = POLLIN}};
    wait_ms = p->rate > 0 && wait_ms > 10 ? 10 : wait_ms; /* it takes the next ones soon */
    const int n = poll(fds, 2, wait_ms);
    if (n > 0 && (fds[0].revents | fds[1].revents) & POLLHUP && !((fds[0].revents | fds[1].revents) & POLLIN))
        (void)poll(NULL, 0, wait_ms < 10 ? wait_ms : 10); /* its end is closed; do not spin */
    take_output(p);
    take_heard(p);
}

int pty_wait_exit(struct pty *p, int deadline_ms)
{
    const int64_t end_ms = now_ms() + deadline_ms;
    while (!p->exited) {
        int status = 0;
        if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
            p->exited = true;
            p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            pump(p, 0);
        } else if (now_ms() >= end_ms) {
            return -1;
        } else {
            pump(p, 10);
        }
    }
    return p->status;
}

int pty_hang_up(struct pty *p, int deadline_ms)
{
    (void)close(p->master);
    p->master = open("/dev/null", O_RDWR | O_CLOEXEC);
    return pty_wait_exit(p, deadline_ms);
}

int pty_end(struct pty *p)
{
    (void)close(p->tell);
    if (pty_wait_exit(p, 200) < 0) { /* the end of what it is told may be enough */
        (void)kill(p->pid, SIGHUP);
        if (pty_wait_exit(p, 5000) < 0) {
            (void)kill(p->pid, SIGKILL);
            (void)pty_wait_exit(p, 5000);
        }
    }
    const int status = p->exited ? p->status : -1;
    (void)close(p->master);
    (void)close(p->hear);
    vterm_free(p->term);
    buffer_free(&p->heard);
    buffer_free(&p->heard_all);
    buffer_free(&p->text);
    buffer_free(&p->raw);
    free(p);
    return status;
}

void pty_type_n(struct pty *p, const char *bytes, size_t len)
{
    write_all(p->master, bytes, len);
}

void pty_type(struct pty *p, const char *bytes)
{
    pty_type_n(p, bytes, strlen(bytes));
}

void pty_resize(struct pty *p, int columns, int rows)
{
    const struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    take_output(p);
    p->columns = columns;
    p->rows = rows;
    vterm_set_size(p->term, rows, columns);
    (void)ioctl(p->master, TIOCSWINSZ, &size);
}

void pty_tell(struct pty *p, const char *format, ...)
{
    struct buffer line = BUFFER_LIMIT(1 << 22);
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    (void)buffer_add_text(&line, text);
    (void)buffer_add_char(&line, '\n');
    write_all(p->tell, line.data, line.len);
    buffer_free(&line);
    free(text);
}

bool pty_wait_text(struct pty *p, const char *text, int deadline_ms)
{
    const int64_t end_ms = now_ms() + deadline_ms;
    do {
        if (strstr(pty_screen(p), text))
            return true;
        pump(p, 20);
    } while (now_ms() < end_ms);
    return strstr(pty_screen(p), text) != NULL;
}

bool pty_wait_no_text(struct pty *p, const char *text, int deadline_ms)
{
    const int64_t end_ms = now_ms() + deadline_ms;
    do {
        if (!strstr(pty_screen(p), text))
            return true;
        pump(p, 20);
    } while (now_ms() < end_ms);
    return strstr(pty_screen(p), text) == NULL;
}

static const char *heard_line(const struct pty *p, const char *start)
{
    const char *line = buffer_text(&p->heard), *end;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
        if (strncmp(line, start, strlen(start)) == 0)
            return line;
    return NULL;
}

size_t pty_count_heard(struct pty *p, const char *const *starts)
{
    const char *line = buffer_text(&p->heard_all), *end;
    size_t count = 0;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
        for (const char *const *start = starts; *start; start++)
            count += strncmp(line, *start, strlen(*start)) == 0 ? 1 : 0;
    buffer_consume(&p->heard_all, (size_t)(line - buffer_text(&p->heard_all)));
    return count;
}

bool pty_heard(struct pty *p, const char *start)
{
    pump(p, 0);
    return heard_line(p, start) != NULL;
}

bool pty_wait_heard(struct pty *p, const char *start, int deadline_ms)
{
    const int64_t end_ms = now_ms() + deadline_ms;
    const char *line;
    while ((line = heard_line(p, start)) == NULL && now_ms() < end_ms)
        pump(p, 20);
    if (!line)
        return false;
    buffer_consume(&p->heard, (size_t)(strchr(line, '\n') + 1 - buffer_text(&p->heard)));
    return true;
}

void pty_pump(struct pty *p, int ms)
{
    const int64_t end_ms = now_ms() + ms;
    for (int64_t left_ms = ms; left_ms > 0; left_ms = end_ms - now_ms())
        pump(p, (int)left_ms);
}

int pty_pid(const struct pty *p)
{
    return (int)p->pid;
}

void pty_wait_quiet(struct pty *p, int quiet_ms)
{
    p->last_byte_ms = now_ms();
    while (now_ms() - p->last_byte_ms < quiet_ms)
        pump(p, 10);
}

size_t pty_bytes(struct pty *p)
{
    pump(p, 0);
    const size_t bytes = p->bytes;
    p->bytes = 0;
    return bytes;
}

const char *pty_raw(const struct pty *p, size_t *len)
{
    *len = p->raw.len;
    return buffer_text(&p->raw);
}

static size_t encode(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    const int more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (int i = more; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)(lead[more] | cp);
    return (size_t)more + 1;
}

static int colour_of(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
        return PTY_DEFAULT;
    if (VTERM_COLOR_IS_INDEXED(c))
        return c->indexed.idx;
    return 0x1000000 | c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue;
}

void pty_cell(struct pty *p, int row, int column, struct pty_cell *out)
{
    VTermScreenCell cell = {0};
    size_t len = 0;
    *out = (struct pty_cell){0};
    if (!vterm_screen_get_cell(p->screen, (VTermPos){.row = row, .col = column}, &cell))
        return;
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != UINT32_MAX; i++)
        len += encode(cell.chars[i], out->text + len);
    out->width = cell.chars[0] == UINT32_MAX ? 0 : cell.width;
    if (len == 0 && out->width > 0)
        out->text[0] = ' ';
    out->fg = colour_of(&cell.fg);
    out->bg = colour_of(&cell.bg);
    out->bold = cell.attrs.bold;
    out->underline = cell.attrs.underline != 0;
    out->reverse = cell.attrs.reverse;
}

static void add_row(struct pty *p, struct buffer *to, int row)
{
    struct pty_cell cell;
    size_t end = to->len;
    for (int x = 0; x < p->columns; x++) {
        pty_cell(p, row, x, &cell);
        (void)buffer_add_text(to, cell.text);
        if (cell.width > 0 && strcmp(cell.text, " ") != 0)
            end = to->len;
    }
    if (to->data) {
        to->data[end] = '\0';
        to->len = end;
    }
}

const char *pty_screen(struct pty *p)
{
    buffer_clear(&p->text);
    for (int y = 0; y < p->rows; y++) {
        add_row(p, &p->text, y);
        (void)buffer_add_char(&p->text, '\n');
    }
    return buffer_text(&p->text);
}

const char *pty_row(struct pty *p, int row)
{
    buffer_clear(&p->text);
    add_row(p, &p->text, row);
    return buffer_text(&p->text);
}

int pty_find_row(struct pty *p, const char *text)
{
    for (int y = 0; y < p->rows; y++)
        if (strstr(pty_row(p, y), text))
            return y;
    return -1;
}

int pty_columns(const struct pty *p)
{
    return p->columns;
}

int pty_rows(const struct pty *p)
{
    return p->rows;
}

bool pty_alternate_screen(const struct pty *p)
{
    return p->alternate;
}

bool pty_cursor_shown(const struct pty *p)
{
    return p->cursor;
}

/* ---- golden screens ---- */

static void add_colour(struct buffer *to, int colour)
{
    if (colour == PTY_DEFAULT)
        (void)buffer_add_char(to, '-');
    else
        (void)buffer_printf(to, colour & 0x1000000 ? "#%06x" : "%d", (unsigned)colour & 0xffffff);
}

static bool same_look(const struct pty_cell *a, const struct pty_cell *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold && a->underline == b->underline &&
           a->reverse == b->reverse;
}

/* "  12-20 15/4 bold underline": columns, foreground/background, attributes. A blank without background and
 * line looks like any other. */
static void add_look(struct buffer *to, int from, int until, const struct pty_cell *look)
{
    (void)buffer_printf(to, "    %d-%d ", from, until);
    add_colour(to, look->fg);
    (void)buffer_add_char(to, '/');
    add_colour(to, look->bg);
    (void)buffer_printf(to, "%s%s%s\n", look->bold ? " bold" : "", look->underline ? " underline" : "",
                        look->reverse ? " reverse" : "");
}

static void add_looks(struct pty *p, struct buffer *to, int row)
{
    static const struct pty_cell plain = {.fg = PTY_DEFAULT, .bg = PTY_DEFAULT};
    struct pty_cell run = plain, cell;
    int from = 0;
    for (int x = 0; x <= p->columns; x++) {
        if (x < p->columns)
            pty_cell(p, row, x, &cell);
        else
            cell = plain;
        if (strcmp(cell.text, " ") == 0 && cell.bg == PTY_DEFAULT && !cell.underline && !cell.reverse) {
            cell.fg = PTY_DEFAULT;
            cell.bold = false;
        }
        if (x < p->columns && (same_look(&run, &cell) || cell.width == 0))
            continue;
        if (!same_look(&run, &plain))
            add_look(to, from, x - 1, &run);
        run = cell;
        from = x;
    }
}

static void print_golden(struct pty *p, struct buffer *to)
{
    (void)buffer_printf(to, "%dx%d%s\n", p->columns, p->rows, p->cursor ? " cursor" : "");
    for (int y = 0; y < p->rows; y++) {
        (void)buffer_add_char(to, '|');
        add_row(p, to, y);
        (void)buffer_add_text(to, "\n");
        add_looks(p, to, y);
    }
}

static bool read_golden(const char *path, struct buffer *to)
{
    FILE *f = fopen(path, "re");
    char bytes[4096];
    size_t n;
    if (!f)
        return false;
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        (void)buffer_add(to, bytes, n);
    return fclose(f) == 0;
}

static bool write_golden(const char *path, const struct buffer *from)
{
    FILE *f = fopen(path, "we");
    if (!f)
        die(path);
    const bool written = fwrite(from->data, 1, from->len, f) == from->len;
    return fclose(f) == 0 && written;
}

bool pty_golden(struct pty *p, const char *path)
{
    struct buffer is = BUFFER_LIMIT(1 << 20), should = BUFFER_LIMIT(1 << 20);
    const char *update = getenv("UPDATE_GOLDEN");
    bool same;
    print_golden(p, &is);
    if (update && *update) {
        same = write_golden(path, &is);
    } else {
        same = read_golden(path, &should) && strcmp(buffer_text(&is), buffer_text(&should)) == 0;
        if (!same)
            fprintf(stderr, "%s differs (UPDATE_GOLDEN=1 rewrites it)\n--- expected\n%s--- is\n%s---\n", path,
                    buffer_text(&should), buffer_text(&is));
    }
    buffer_free(&is);
    buffer_free(&should);
    return same;
}
