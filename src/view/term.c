#include "config.h"

#include "view/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/osc.h"
#include "view/paint.h"

#define PASTE_ON   "\033[?2004h"
#define PASTE_OFF  "\033[?2004l"
#define MOUSE_ON   "\033[?1000h\033[?1006h"
#define MOUSE_OFF  "\033[?1006l\033[?1000l"
#define FOCUS_ON   "\033[?1004h"
#define FOCUS_OFF  "\033[?1004l"
#define TITLE_PUSH "\033[22;2t"
#define TITLE_POP  "\033[23;2t"
/* ECMA-48's BDSM: letters stay where we put them. A terminal that orders right-to-left text by itself would
 * take the columns beside it along. */
#define BIDI_OFF "\033[8l"
#define BIDI_ON  "\033[8h"
/* Ends whatever sequence has been cut off, and means nothing otherwise. */
#define STRING_END "\033\\"

#define ASK_POSITION "\033[6n"
#define ASK_STATUS   "\033[5n" /* answered with ESC [ 0 n */

#define FRAMES_MAX      (64 << 20) /* bytes; the largest frame there can be has 4 million cells */
#define MODES_MAX       (1 << 20)
#define SHARED_CHUNK    256  /* bytes at once where writing might block */
#define QUEUE_MAX       512  /* bytes in the line's own queue, half a second at 9600 baud */
#define PACE_BYTES      2048 /* drawn without knowing that the terminal is there yet */
#define PACE_WAIT_MS    2000 /* for an answer; after it, drawing goes on without */
#define ANSWERS_LOST_MS 5000 /* requests that old have been lost */
#define LEAVE_WAIT_MS   1000

struct terminal {
    struct paint *paint;
    const struct paint_caps *caps;
    int epoll_fd, out_fd;
    bool out_is_shared;  /* with others who expect it to block */
    bool waits_for_room; /* epoll looks for room in the terminal's queue */
    /* What the terminal has not taken yet: modes, titles and such, and frames with the requests behind them.
     * Frames may be dropped, the others may not. */
    struct buffer modes, frames;
    bool frame_begun;     /* a part of frames has been written: it goes on before anything else */
    int64_t caught_up_ms; /* when the terminal last took what it had not taken at once */
    enum theme_depth depth;
    enum theme_glyphs glyphs;
    enum osc_envelope envelope;
    bool entered, mouse, focus, title_set;
    int width, height;
    struct termios saved;
    size_t answers_due;  /* to requests of any kind */
    int64_t asked_ms;    /* when the newest was made */
    bool status_due;     /* the terminal was asked to say that it is there, and has not */
    int64_t status_ms;   /* when it was asked */
    bool answers;        /* it has done so once */
    size_t since_status; /* bytes of frames since it was asked */
};

/* What a fatal signal needs: no pointers into the heap. */
static struct {
    volatile sig_atomic_t active;
    struct termios saved;
    char bytes[512];
    size_t len;
} emergency;

static int64_t now_ms(void)
{
    return clock_monotonic_ns() / CLOCK_MS;
}

/* ---- output ---- */

static void watch_for_room(struct terminal *t, bool on)
{
    struct epoll_event wanted = {.events = EPOLLOUT};
    if (on == t->waits_for_room)
        return;
    if (epoll_ctl(t->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, t->out_fd, &wanted) == 0)
        t->waits_for_room = on;
}

static bool has_room(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    return poll(&out, 1, 0) != 0; /* an error is for write to find */
}

/* Returns whether all of it was taken. */
static bool write_some(struct terminal *t, struct buffer *from)
{
    while (from->len > 0) {
        size_t len = from->len;
        if (t->out_is_shared && !has_room(t->out_fd))
            return false;
        if (t->out_is_shared && len > SHARED_CHUNK)
            len = SHARED_CHUNK;
        const ssize_t n = write(t->out_fd, from->data, len);
        if (n > 0) {
            t->frame_begun = t->frame_begun || from == &t->frames;
            buffer_consume(from, (size_t)n);
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            buffer_clear(from); /* the terminal is gone; reading says so */
        }
    }
    return true;
}

static bool is_behind(const struct terminal *t)
{
    return t->modes.len + t->frames.len > 0;
}

static void write_out(struct terminal *t)
{
    if ((!t->frame_begun || write_some(t, &t->frames)) && write_some(t, &t->modes) &&
        write_some(t, &t->frames))
        t->frame_begun = false;
    if (t->waits_for_room && !is_behind(t))
        t->caught_up_ms = now_ms();
    watch_for_room(t, is_behind(t));
}

static void say(struct terminal *t, const char *text)
{
    if (text)
        (void)buffer_add_text(&t->modes, text); /* where so much is waiting, the oldest is as good */
}

static void ask(struct terminal *t, const char *request)
{
    if (t->answers_due > 0 && now_ms() - t->asked_ms > ANSWERS_LOST_MS)
        t->answers_due = 0;
    (void)buffer_add_text(&t->frames, request); /* behind all that was drawn */
    t->answers_due++;
    t->asked_ms = now_ms();
}

/* Forgets frames that the terminal has not taken: they are out of date, and the next one draws everything.
 * With them go requests that were never sent. */
static void drop_frames(struct terminal *t)
{
    if (t->frames.len > 0)
        t->status_due = false;
    buffer_clear(&t->frames);
    if (t->frame_begun && t->caps->ansi)
        (void)buffer_add_text(&t->frames, STRING_END);
}

/* A description of our own of the same terminal: one that does not block, which standard output, shared with
 * the shell, must not be. */
static void open_output(struct terminal *t)
{
    static const char *const paths[] = {"/dev/tty", "/proc/self/fd/1"};
    struct stat ours, found;
    unsigned device = 0, ours_device = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && t->out_fd < 0; i++) {
        const int fd = open(paths[i], O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
            continue;
        const bool told =
            ioctl(fd, TIOCGDEV, &device) == 0 && ioctl(STDOUT_FILENO, TIOCGDEV, &ours_device) == 0;
        const bool same = told ? device == ours_device
                               : fstat(fd, &found) == 0 && fstat(STDOUT_FILENO, &ours) == 0 &&
                                     found.st_rdev == ours.st_rdev;
        if (same)
            t->out_fd = fd;
        else
            (void)close(fd);
    }
    t->out_is_shared = t->out_fd < 0;
    if (t->out_is_shared)
        t->out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

/* ---- in case of a fatal signal ---- */

static void add_emergency(const char *text)
{
    const size_t len = text ? strlen(text) : 0;
    if (emergency.len + len > sizeof emergency.bytes)
        return;
    if (len > 0)
        memcpy(emergency.bytes + emergency.len, text, len);
    emergency.len += len;
}

/* What leaving writes, in its order. */
static void for_each_leaving(const struct terminal *t, void (*add)(void *arg, const char *text), void *arg)
{
    const struct paint_caps *c = t->caps;
    add(arg, c->ansi ? STRING_END : NULL);
    add(arg, t->focus && c->mouse ? FOCUS_OFF : NULL);
    add(arg, t->mouse && c->mouse ? MOUSE_OFF : NULL);
    add(arg, c->ansi ? PASTE_OFF : NULL);
    add(arg, c->takes_titles ? BIDI_ON : NULL);
    add(arg, t->title_set ? (t->envelope == OSC_SCREEN ? "\033]2;\a" : TITLE_POP) : NULL);
    add(arg, c->has_region ? "\033[r" : NULL);
    add(arg, c->reset);
    add(arg, c->plain_colours);
    if (!c->leave) /* there is no other screen to go back to: the prompt comes below ours */
        add(arg, c->clear);
    add(arg, c->leave);
    add(arg, c->show_cursor);
}

static void leaving_to_emergency(void *arg, const char *text)
{
    (void)arg;
    add_emergency(text);
}

static void prepare_emergency(const struct terminal *t)
{
    emergency.active = 0;
    emergency.saved = t->saved;
    emergency.len = 0;
    for_each_leaving(t, leaving_to_emergency, NULL);
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

/* ---- entering and leaving ---- */

static void enter(struct terminal *t)
{
    struct termios raw = t->saved;
    raw.c_iflag &= (tcflag_t) ~(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON | PARMRK);
    raw.c_oflag &= (tcflag_t)~OPOST;
    raw.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 0; /* reading never waits: waiting is the loop's */
    raw.c_cc[VTIME] = 0;
    (void)tcsetattr(STDOUT_FILENO, TCSANOW, &raw); /* it is a terminal */
    say(t, t->caps->enter);
    if (t->caps->ansi)
        say(t, PASTE_ON);
    if (t->caps->takes_titles)
        say(t, BIDI_OFF);
    if (t->mouse && t->caps->mouse)
        say(t, MOUSE_ON);
    if (t->focus && t->caps->mouse)
        say(t, FOCUS_ON);
    t->entered = true;
    prepare_emergency(t);
    paint_forget(t->paint);
    write_out(t);
}

static void leaving_to_terminal(void *arg, const char *text)
{
    say(arg, text);
}

/* An answer that comes after the terminal has been given back would stand in the shell's line. */
static void wait_for_answers(struct terminal *t, int64_t end_ms)
{
    char bytes[64];
    while (t->answers && t->answers_due > 0 && now_ms() < end_ms) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        const ssize_t n = poll(&in, 1, 20) == 1 ? read(STDIN_FILENO, bytes, sizeof bytes) : 0;
        if (n < 0 || in.revents & (POLLHUP | POLLERR))
            return;
        for (ssize_t i = 0; i < n && t->answers_due > 0; i++)
            t->answers_due -= bytes[i] == 'R' || bytes[i] == 'n';
    }
}

static void leave(struct terminal *t)
{
    const int64_t end_ms = now_ms() + LEAVE_WAIT_MS;
    drop_frames(t);
    t->frame_begun = false; /* what follows begins with the end of whatever was cut off */
    for_each_leaving(t, leaving_to_terminal, t);
    write_out(t);
    while (is_behind(t) && now_ms() < end_ms) { /* a terminal that is stopped for good keeps nobody here */
        struct pollfd room = {.fd = t->out_fd, .events = POLLOUT};
        (void)poll(&room, 1, 50);
        write_out(t);
    }
    wait_for_answers(t, now_ms() + LEAVE_WAIT_MS / 4);
    buffer_clear(&t->modes);
    buffer_clear(&t->frames);
    t->answers_due = 0;
    t->status_due = false;
    t->entered = false;
    emergency.active = 0;
    (void)tcflush(STDIN_FILENO, TCIFLUSH); /* keys for us are not for the shell */
    (void)tcsetattr(STDOUT_FILENO, TCSANOW, &t->saved);
}

static enum theme_depth find_depth(const struct terminal *t)
{
    const char *no_color = getenv("NO_COLOR"), *colorterm = getenv("COLORTERM");
    const struct paint_caps *c = t->caps;
    const bool told = colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0);
    if ((no_color && *no_color) || c->colours == 0)
        return THEME_NO_COLOUR;
    /* screen(1) takes 38;2 for other attributes, and the console for the nearest of 16; the variable is what
     * they inherited. */
    if (c->ansi && (c->direct || (told && c->takes_titles && t->envelope != OSC_SCREEN)))
        return THEME_TRUECOLOR;
    return c->colours >= 256 ? THEME_256 : c->colours >= 16 ? THEME_16 : THEME_8;
}

/* DEC's own terminals and their kin have no UTF-8, whatever the locale says: bytes of it are controls there.
 */
static enum theme_glyphs find_glyphs(const char *term)
{
    const bool dec = strncmp(term, "vt", 2) == 0 && term[2] >= '0' && term[2] <= '9';
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || dec)
        return THEME_ASCII;
    return strcmp(term, "linux") == 0 || strncmp(term, "linux-", 6) == 0 ? THEME_CONSOLE : THEME_UNICODE;
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
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, STATUS_INVALID,
                         "the dashboard needs a terminal on standard input and output; for text use "
                         "'drawbridge list' or 'drawbridge watch'");
    struct terminal *t = MEM_NEW(struct terminal);
    t->epoll_fd = t->out_fd = -1;
    t->modes = BUFFER_LIMIT(MODES_MAX);
    t->frames = BUFFER_LIMIT(FRAMES_MAX);
    t->width = t->height = -1;
    const enum status status = paint_new(getenv("TERM"), &t->paint, err);
    if (status != STATUS_OK) {
        free(t);
        return status;
    }
    t->caps = paint_caps(t->paint);
    open_output(t);
    if (t->out_fd < 0 || tcgetattr(STDOUT_FILENO, &t->saved) != 0 || !watch_input(t)) {
        const int reason = errno;
        term_close(t);
        return error_set(err, STATUS_INVALID, "cannot wait for keys on standard input: %s", strerror(reason));
    }
    t->envelope = osc_envelope(getenv("TMUX"), getenv("STY"), t->caps->name);
    t->depth = find_depth(t);
    t->glyphs = find_glyphs(t->caps->name);
    if (paint_start(t->paint, t->depth, err) != STATUS_OK) {
        term_close(t);
        return STATUS_INVALID;
    }
    (void)term_resize(t); /* the first size is always new */
    enter(t);
    *out = t;
    return STATUS_OK;
}

void term_close(struct terminal *t)
{
    if (!t)
        return;
    if (t->entered)
        leave(t);
    if (t->epoll_fd >= 0)
        (void)close(t->epoll_fd);
    if (t->out_fd >= 0)
        (void)close(t->out_fd);
    paint_free(t->paint);
    buffer_free(&t->modes);
    buffer_free(&t->frames);
    free(t);
}

void term_suspend(struct terminal *t)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, before;
    leave(t);
    if (sigaction(SIGTSTP, &stop, &before) == 0) {
        (void)kill(0, SIGTSTP); /* the whole job, as the terminal would; where nobody could continue it, the
                                   kernel does not stop it */
        (void)sigaction(SIGTSTP, &before, NULL);
    }
    term_resume(t);
}

void term_resume(struct terminal *t)
{
    struct termios now;
    /* The shell may have changed it meanwhile. Where nobody has, as after kill -STOP from elsewhere, those
     * are our own modes still, and nothing to give back at the end. */
    if (tcgetattr(STDOUT_FILENO, &now) == 0 && now.c_lflag & ICANON)
        t->saved = now;
    drop_frames(t);
    enter(t);
    (void)term_resize(t);
}

void term_retake(struct terminal *t)
{
    drop_frames(t);
    enter(t);
}

/* ---- looks ---- */

enum theme_depth term_depth(const struct terminal *t)
{
    return t->depth;
}

enum theme_glyphs term_glyphs(const struct terminal *t)
{
    return t->glyphs;
}

void term_set_styles(struct terminal *t, const struct style styles[ROLE_COUNT])
{
    paint_set_styles(t->paint, styles);
}

void term_set_mouse(struct terminal *t, bool on)
{
    if (t->mouse == on)
        return;
    t->mouse = on;
    if (t->caps->mouse)
        say(t, on ? MOUSE_ON : MOUSE_OFF);
    prepare_emergency(t);
    write_out(t);
}

void term_set_focus(struct terminal *t, bool on)
{
    if (t->focus == on)
        return;
    t->focus = on;
    if (t->caps->mouse)
        say(t, on ? FOCUS_ON : FOCUS_OFF);
    prepare_emergency(t);
    write_out(t);
}

/* ---- frames ---- */

void term_size(const struct terminal *t, int *w, int *h)
{
    *w = t->width;
    *h = t->height;
}

bool term_resize(struct terminal *t)
{
    struct winsize size = {0};
    int w = 80, h = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        w = size.ws_col;
        h = size.ws_row;
    }
    w = w > GRID_SIZE_MAX ? GRID_SIZE_MAX : w;
    h = h > GRID_SIZE_MAX ? GRID_SIZE_MAX : h;
    if (w == t->width && h == t->height)
        return false;
    t->width = w;
    t->height = h;
    paint_resize(t->paint, w, h);
    return true;
}

void term_redraw(struct terminal *t)
{
    paint_forget(t->paint);
}

/* Asks the terminal to say that what stands before has arrived: through ssh and the like, the line's own
 * queue tells nothing. The first time finds out whether it answers. */
static void pace(struct terminal *t, size_t drawn)
{
    t->since_status += drawn;
    if (!t->caps->asks_position || t->status_due || t->since_status < PACE_BYTES)
        return;
    ask(t, ASK_STATUS);
    t->since_status = 0;
    t->status_ms = now_ms();
    t->status_due = true;
}

void term_present(struct terminal *t, const struct grid *g, int cursor_x, int cursor_y)
{
    if (paint_is_forgotten(t->paint))
        drop_frames(t);
    const size_t before = t->frames.len;
    if (!paint_frame(t->paint, g, cursor_x, cursor_y, &t->frames))
        return;
    if (t->frames.overflow) { /* a part is missing: begin anew when there is room */
        t->frames.overflow = false;
        paint_forget(t->paint);
    }
    pace(t, t->frames.len - before);
    write_out(t);
}

bool term_can_write(struct terminal *t)
{
    int queued = 0;
    write_out(t);
    if (is_behind(t))
        return false;
    if (t->status_due && now_ms() - t->status_ms >= PACE_WAIT_MS)
        t->status_due = t->answers = false; /* until it is heard again */
    const bool arrived = !t->status_due || !t->answers;
    return arrived && (ioctl(t->out_fd, TIOCOUTQ, &queued) != 0 || queued <= QUEUE_MAX);
}

int64_t term_caught_up_ms(const struct terminal *t)
{
    return is_behind(t) ? -1 : t->caught_up_ms;
}

bool term_ask_position(struct terminal *t)
{
    if (!t->caps->asks_position)
        return false;
    ask(t, ASK_POSITION);
    write_out(t);
    return true;
}

void term_take_answer(struct terminal *t, bool status)
{
    if (t->answers_due > 0)
        t->answers_due--;
    if (status && t->status_due) {
        t->status_due = false;
        t->answers = true;
    }
}

/* ---- besides cells ---- */

void term_bell(struct terminal *t)
{
    say(t, "\a");
    write_out(t);
}

void term_notify(struct terminal *t, unsigned kinds, const char *raw)
{
    if (!t->caps->takes_titles)
        return;
    if (kinds & TERM_NOTIFY_OSC9)
        osc_notify_9(&t->modes, t->envelope, raw, t->glyphs == THEME_ASCII);
    if (kinds & TERM_NOTIFY_OSC777)
        osc_notify_777(&t->modes, t->envelope, raw, t->glyphs == THEME_ASCII);
    write_out(t);
}

void term_title(struct terminal *t, const char *raw)
{
    if (!t->caps->takes_titles)
        return;
    if (!t->title_set && t->envelope != OSC_SCREEN)
        say(t, TITLE_PUSH);
    osc_title(&t->modes, raw, t->glyphs == THEME_ASCII);
    t->title_set = true;
    prepare_emergency(t);
    write_out(t);
}

bool term_copy(struct terminal *t, const char *bytes, size_t len)
{
    if (!t->caps->takes_titles || !osc_copy(&t->modes, t->envelope, bytes, len))
        return false;
    write_out(t);
    return true;
}

/* ---- input ---- */

int term_read(struct terminal *t, char *bytes, size_t size)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    write_out(t);
    if (poll(&in, 1, 0) < 1)
        return 0;
    const ssize_t n = in.revents & POLLIN ? read(STDIN_FILENO, bytes, size) : 0;
    if (n > 0)
        return (int)n;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    return n < 0 || in.revents & (POLLHUP | POLLERR | POLLNVAL) ? -1 : 0;
}

int term_input_fd(const struct terminal *t)
{
    return t->epoll_fd;
}
