#include "config.h"

#include "view/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

struct row_hash {
    uint64_t all, text;
};

struct terminal {
    SCREEN *screen;
    WINDOW *input; /* a pad: wgetch on a window would draw it first */
    int epoll_fd;
    enum theme_depth depth;
    enum theme_glyphs glyphs;
    bool bracketed_paste, asks_position, cursor_shown, redraw;
    attr_t attributes[ROLE_COUNT];
    int pairs[ROLE_COUNT];
    int width, height;
    struct row_hash *rows; /* of what each row shows; 0: unknown */
    cchar_t *line;
    struct termios saved;
};

/* What a fatal signal needs: no pointers into the heap, no ncurses. */
static struct {
    volatile sig_atomic_t active;
    struct termios saved;
    char bytes[256];
    size_t len;
} emergency;

/* ncurses takes over signals that nobody has taken; the loop will. */
static const int kept_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
#define KEPT_SIGNALS (sizeof kept_signals / sizeof *kept_signals)

static void keep_signals(struct sigaction kept[KEPT_SIGNALS], bool restore)
{
    for (size_t i = 0; i < KEPT_SIGNALS; i++)
        (void)sigaction(kept_signals[i], restore ? &kept[i] : NULL,
                        restore ? NULL : &kept[i]); /* fails only for signals that do not exist */
}

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text == (const char *)-1 ? NULL : text;
}

/* Looks at the terminal's description without writing anything. */
static enum status check_terminal(struct error *err)
{
    const char *name = getenv("TERM");
    int found = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, STATUS_INVALID,
                         "the dashboard needs a terminal on standard input and output; for text use "
                         "'drawbridge list' or 'drawbridge watch'");
    if (!name || !*name)
        return error_set(err, STATUS_INVALID,
                         "TERM is not set, so nobody knows what this terminal can do; set it, for example "
                         "TERM=xterm-256color, or use 'drawbridge list'");
    if (setupterm(name, STDOUT_FILENO, &found) != OK)
        return error_set(
            err, STATUS_INVALID,
            "the terminal type TERM=%.60s is not known on this machine; install ncurses-term, set TERM to "
            "a known one such as xterm, or use 'drawbridge list'",
            name);
    const bool can_move = capability("cup") != NULL;
    (void)del_curterm(cur_term);
    if (!can_move)
        return error_set(
            err, STATUS_INVALID,
            "the terminal TERM=%.60s cannot move its cursor, which a dashboard needs; set TERM to what it "
            "really is, or use 'drawbridge list' and 'drawbridge approve'",
            name);
    return STATUS_OK;
}

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return; /* the terminal is gone; reading says so */
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

static void add_emergency(const char *text)
{
    const size_t len = text ? strlen(text) : 0;
    if (emergency.len + len > sizeof emergency.bytes)
        return;
    if (len > 0)
        memcpy(emergency.bytes + emergency.len, text, len);
    emergency.len += len;
}

static void prepare_emergency(const struct terminal *t)
{
    emergency.saved = t->saved;
    emergency.len = 0;
    if (t->bracketed_paste)
        add_emergency(PASTE_OFF);
    add_emergency(capability("sgr0"));
    add_emergency(capability("op"));
    add_emergency(capability("rmcup"));
    add_emergency(capability("cnorm"));
    add_emergency("\r\n");
    emergency.active = 1;
}

void term_emergency_restore(void)
{
    if (!emergency.active)
        return;
    emergency.active = 0;
    if (write(STDOUT_FILENO, emergency.bytes, emergency.len) < 0)
        return;
    (void)tcsetattr(STDOUT_FILENO, TCSANOW, &emergency.saved); /* nobody is left to tell */
}

static enum theme_depth find_depth(void)
{
    const char *no_color = getenv("NO_COLOR");
    if ((no_color && *no_color) || !has_colors() || COLORS < 8)
        return THEME_NO_COLOUR;
    if (COLORS > 256 && tigetflag("RGB") > 0)
        return THEME_TRUECOLOR;
    return COLORS >= 256 ? THEME_256 : COLORS >= 16 ? THEME_16 : THEME_8;
}

static enum theme_glyphs find_glyphs(void)
{
    const char *name = getenv("TERM");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        return THEME_ASCII;
    return name && (strcmp(name, "linux") == 0 || strncmp(name, "linux-", 6) == 0) ? THEME_CONSOLE
                                                                                   : THEME_UNICODE;
}

static void set_modes(struct terminal *t)
{
    const char *cup = capability("cup"), *report = capability("u7");
    (void)raw(); /* these fail only without a screen */
    (void)noecho();
    (void)nonl();
    (void)curs_set(0);
    (void)typeahead(-1); /* a frame is drawn to its end, whatever is typed */
    (void)leaveok(stdscr, TRUE);
    if (has_colors()) {
        (void)start_color();
        (void)use_default_colors();
    }
    t->input = newpad(1, 1);
    if (t->input) {
        (void)nodelay(t->input, TRUE);
        (void)keypad(t->input, FALSE); /* bytes, not ncurses's keys: input.c knows the sequences */
    }
    t->bracketed_paste = cup && strncmp(cup, "\033[", 2) == 0;
    t->asks_position = report && strcmp(report, "\033[6n") == 0;
    t->depth = find_depth();
}

/* newterm asks for the character set once. Where it is not UTF-8, ncurses sends runs as REP, which several
 * emulators lack or end a column too far: so it is told UTF-8, and given nothing but ASCII all the same. */
static SCREEN *make_screen(void)
{
    char *before = mem_string(setlocale(LC_CTYPE, NULL));
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* where there is none, REP it is */
    SCREEN *screen = newterm(NULL, stdout, stdin);
    (void)setlocale(LC_CTYPE, before); /* it was in effect, so it is known */
    free(before);
    return screen;
}

static bool watch_input(struct terminal *t)
{
    struct epoll_event wanted = {.events = EPOLLIN};
    /* An epoll descriptor of our own stands for standard input: libuv would make that one non-blocking, and
     * standard output with it, since both are one open file. */
    t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return t->epoll_fd >= 0 && epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &wanted) == 0;
}

enum status term_open(struct terminal **out, struct error *err)
{
    struct sigaction kept[KEPT_SIGNALS];
    const enum status status = check_terminal(err);
    if (status != STATUS_OK)
        return status;
    struct terminal *t = MEM_NEW(struct terminal);
    t->epoll_fd = -1;
    (void)tcgetattr(STDOUT_FILENO, &t->saved); /* it is a terminal */
    if (!watch_input(t)) {
        term_close(t);
        return error_set(err, STATUS_INVALID, "cannot wait for keys on standard input: %s", strerror(errno));
    }
    use_env(FALSE); /* LINES and COLUMNS of a shell are older than the window */
    use_tioctl(TRUE);
    keep_signals(kept, false);
    t->glyphs = find_glyphs();
    t->screen = make_screen();
    if (t->screen)
        set_modes(t);
    keep_signals(kept, true);
    if (!t->screen || !t->input) {
        term_close(t);
        return error_set(err, STATUS_INVALID, "cannot set up the terminal (TERM=%.60s)", getenv("TERM"));
    }
    prepare_emergency(t);
    if (t->bracketed_paste)
        write_all(PASTE_ON, strlen(PASTE_ON));
    t->width = t->height = -1;
    (void)term_resize(t); /* the first size is always new */
    *out = t;
    return STATUS_OK;
}

void term_close(struct terminal *t)
{
    if (!t)
        return;
    if (t->screen) {
        (void)tcflush(STDIN_FILENO, TCIFLUSH); /* answers and keys for us are not for the shell */
        if (t->bracketed_paste)
            write_all(PASTE_OFF, strlen(PASTE_OFF));
        if (t->input)
            (void)delwin(t->input);
        (void)curs_set(1);
        (void)endwin();
        delscreen(t->screen);
        (void)tcsetattr(STDOUT_FILENO, TCSADRAIN, &t->saved);
    }
    emergency.active = 0;
    if (t->epoll_fd >= 0)
        (void)close(t->epoll_fd);
    free(t->rows);
    free(t->line);
    free(t);
}

enum theme_depth term_depth(const struct terminal *t)
{
    return t->depth;
}

enum theme_glyphs term_glyphs(const struct terminal *t)
{
    return t->glyphs;
}

/* The number of a colour as the terminal's description takes it. A terminal of direct colours takes the first
 * eight as a palette. */
static int colour_number(const struct terminal *t, int32_t colour)
{
    if (colour == STYLE_DEFAULT)
        return -1;
    if (colour & STYLE_RGB)
        return (colour & 0xffffff) < 8 ? 0 : colour & 0xffffff;
    return t->depth == THEME_TRUECOLOR ? colour & 7 : colour;
}

void term_set_styles(struct terminal *t, const struct style styles[ROLE_COUNT])
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        const unsigned a = styles[i].attributes;
        t->attributes[i] = (a & STYLE_BOLD ? A_BOLD : 0) | (a & STYLE_DIM ? A_DIM : 0) |
                           (a & STYLE_UNDERLINE ? A_UNDERLINE : 0) | (a & STYLE_REVERSE ? A_REVERSE : 0) |
                           (a & STYLE_ITALIC ? A_ITALIC : 0);
        t->pairs[i] = 0;
        if (t->depth == THEME_NO_COLOUR || (styles[i].fg == STYLE_DEFAULT && styles[i].bg == STYLE_DEFAULT))
            continue;
        const int pair = i + 1;
        if (pair < COLOR_PAIRS &&
            init_extended_pair(pair, colour_number(t, styles[i].fg), colour_number(t, styles[i].bg)) == OK)
            t->pairs[i] = pair;
    }
    term_redraw(t);
}

void term_size(const struct terminal *t, int *w, int *h)
{
    *w = t->width;
    *h = t->height;
}

bool term_resize(struct terminal *t)
{
    struct winsize size = {0};
    int w = COLS, h = LINES;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        w = size.ws_col;
        h = size.ws_row;
    }
    w = w < 1 ? 1 : w > GRID_SIZE_MAX ? GRID_SIZE_MAX : w;
    h = h < 1 ? 1 : h > GRID_SIZE_MAX ? GRID_SIZE_MAX : h;
    if (w == t->width && h == t->height)
        return false;
    if (w != COLS || h != LINES)
        (void)resizeterm(h, w); /* what it cannot do shows as a screen that is smaller */
    t->width = w;
    t->height = h;
    free(t->rows);
    free(t->line);
    t->rows = mem_alloc((size_t)h * sizeof *t->rows);
    t->line = mem_alloc((size_t)(w + 1) * sizeof *t->line);
    term_redraw(t);
    return true;
}

void term_redraw(struct terminal *t)
{
    t->redraw = true;
}

static void set_cell(const struct terminal *t, cchar_t *out, const struct grid *g, const struct cell *c)
{
    char text[64];
    wchar_t wide[CCHARW_MAX + 1] = {0};
    size_t len = grid_cell_text(g, c, text);
    const char *p = text;
    for (int i = 0; i < CCHARW_MAX && len > 0; i++) {
        uint32_t cp = 0;
        const int n = utf8_decode(p, len, &cp);
        if (n <= 0)
            break;
        wide[i] = (wchar_t)cp;
        p += n;
        len -= (size_t)n;
    }
    const int pair = t->pairs[c->role];
    if (setcchar(out, wide, t->attributes[c->role], (short)pair, NULL) != OK)
        (void)setcchar(out, L" ", t->attributes[c->role], (short)pair, NULL); /* a blank can always be had */
}

static void touch_row(struct terminal *t, const struct grid *g, int y, int width)
{
    int count = 0;
    for (int x = 0; x < width; x++) {
        const struct cell *c = grid_cell(g, x, y);
        if (c->width > 0)
            set_cell(t, &t->line[count++], g, c);
    }
    (void)mvwadd_wchnstr(stdscr, y, 0, t->line, count); /* fails only outside of the screen */
}

/* Would ncurses find that text has moved from one row to another? It would scroll then, with sequences (SD,
 * SU) that not every emulator has and that in a split screen save nothing. */
static bool has_moved_rows(const struct terminal *t, const struct row_hash *next, int height)
{
    for (int y = 0; y < height; y++)
        for (int old = 0; next[y].text != t->rows[y].text && old < height; old++)
            if (old != y && next[y].text == t->rows[old].text)
                return true;
    return false;
}

/* Touches the rows that differ. each: one at a time, so that no row is ever seen to have moved. */
static bool touch_rows(struct terminal *t, const struct grid *g, int width, int height)
{
    bool changed = false;
    struct row_hash *next = mem_alloc((size_t)height * sizeof *next);
    for (int y = 0; y < height; y++)
        next[y] = (struct row_hash){.all = grid_row_hash(g, y, true), .text = grid_row_hash(g, y, false)};
    const bool each = !t->redraw && has_moved_rows(t, next, height);
    for (int y = 0; y < height; y++) {
        if (next[y].all == t->rows[y].all)
            continue;
        t->rows[y] = next[y];
        touch_row(t, g, y, width);
        changed = true;
        if (each)
            (void)wrefresh(stdscr);
    }
    free(next);
    return changed;
}

void term_present(struct terminal *t, const struct grid *g, int cursor_x, int cursor_y)
{
    const int width = g->w < t->width ? g->w : t->width;
    const int height = g->h < t->height ? g->h : t->height;
    bool changed = t->redraw;
    if (t->redraw) {
        (void)wclear(stdscr); /* the next refresh paints every cell */
        memset(t->rows, 0, (size_t)t->height * sizeof *t->rows);
    }
    const bool shown = cursor_x >= 0 && cursor_x < width && cursor_y >= 0 && cursor_y < height;
    if (!shown && t->cursor_shown) {
        (void)curs_set(0);
        (void)leaveok(stdscr, TRUE);
        changed = true;
    }
    if (touch_rows(t, g, width, height))
        changed = true;
    t->redraw = false;
    if (shown && !t->cursor_shown) {
        (void)curs_set(1);
        (void)leaveok(stdscr, FALSE);
    }
    t->cursor_shown = shown;
    if (shown)
        (void)wmove(stdscr, cursor_y, cursor_x);
    if (changed || shown)
        (void)wrefresh(stdscr);
}

bool term_can_write(const struct terminal *t)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    (void)t;
    return poll(&out, 1, 0) != 0; /* an error is for the one who writes to find */
}

bool term_ask_position(struct terminal *t)
{
    const char *request = capability("u7");
    if (!t->asks_position || !request)
        return false;
    write_all(request, strlen(request)); /* wrefresh has flushed what stands before it */
    return true;
}

int term_read(struct terminal *t, char *bytes, size_t size)
{
    size_t len = 0;
    while (len < size) {
        const int byte = wgetch(t->input);
        if (byte == ERR)
            break;
        if (byte >= 0 && byte < 256) /* ncurses's own codes (KEY_RESIZE) are none of ours */
            bytes[len++] = (char)byte;
    }
    if (len > 0)
        return (int)len;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    (void)poll(&in, 1, 0);
    return in.revents & (POLLHUP | POLLERR | POLLNVAL) ? -1 : 0;
}

int term_input_fd(const struct terminal *t)
{
    return t->epoll_fd;
}
