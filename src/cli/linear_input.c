/* Lines that are typed. On a terminal the line is ours to keep, so that a change can be told above it without
 * breaking it: the terminal gives single characters, which we echo. Nothing is drawn again: what is told
 * comes below, and the prompt with what was typed so far after it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/linear_internal.h"

#define PROMPT      "> "
#define FILE_MS     1
#define WAITING_MAX 65536 /* bytes that are kept until somebody listens */
#define WIDTH_MIN   20    /* a narrower terminal wraps by itself */

/* ---- output ---- */

static void write_out(const char *text, size_t len)
{
    cli_write(text, len);
    (void)fflush(stdout); /* a loss is seen by the next write */
}

static void show_prompt(struct linear *l)
{
    struct input_lines *in = &l->input;
    if (!in->is_terminal || in->prompted || !l->ready)
        return;
    write_out(PROMPT, strlen(PROMPT));
    if (in->typed.len > 0)
        write_out(in->typed.data, in->typed.len);
    in->prompted = true;
}

/* Once all that is to be told has been. */
static void on_turn(uv_timer_t *timer);

static void plan_prompt(struct linear *l)
{
    if (l->input.is_terminal)
        (void)uv_timer_start(&l->input.turn, on_turn, 0, 0); /* it has a callback */
}

/* Cells of a line; 0: as long as it is. */
static int line_width(const struct linear *l)
{
    struct winsize size = {0};
    if (!l->input.is_terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < WIDTH_MIN)
        return 0;
    return size.ws_col - 1; /* a terminal may go on by itself after the last one */
}

/* Breaks at blanks, so that no word is cut in two. */
static void add_wrapped(struct buffer *out, const char *text, int width)
{
    int x = 0;
    while (*text) {
        const size_t len = strcspn(text, " ");
        char *word = mem_string_n(text, len);
        const int w = utf8_width_cells(word, false);
        if (width > 0 && x > 0 && x + 1 + w > width) {
            (void)buffer_add_char(out, '\n');
            x = 0;
        } else if (x > 0) {
            (void)buffer_add_char(out, ' ');
            x++;
        }
        (void)buffer_add(out, word, len);
        x += w;
        free(word);
        text += len;
        text += strspn(text, " ");
    }
    (void)buffer_add_char(out, '\n');
}

void linear_say(struct linear *l, const char *format, ...)
{
    struct buffer raw = BUFFER_LIMIT(65536), clean = BUFFER_LIMIT(262144), out = BUFFER_LIMIT(524288);
    va_list args;
    va_start(args, format);
    char text[16384];
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is longer than anybody listens to */
    va_end(args);
    (void)buffer_add_text(&raw, text);
    cli_add_clean(&clean, buffer_text(&raw));
    if (l->input.prompted)
        (void)buffer_add_char(&out, '\n');
    l->input.prompted = false;
    add_wrapped(&out, buffer_text(&clean), line_width(l));
    write_out(out.data, out.len);
    buffer_free(&raw);
    buffer_free(&clean);
    buffer_free(&out);
    plan_prompt(l);
}

/* ---- input ---- */

static void take_line(struct linear *l)
{
    struct input_lines *in = &l->input;
    char *line = mem_string_n(buffer_text(&in->typed), in->typed.len);
    buffer_clear(&in->typed);
    in->prompted = false;
    do_line(l, line);
    free(line);
    plan_prompt(l);
}

static void erase_last(struct input_lines *in)
{
    size_t cut = in->typed.len;
    if (cut == 0)
        return;
    while (cut > 1 && ((unsigned char)in->typed.data[cut - 1] & 0xc0) == 0x80)
        cut--;
    in->typed.len = cut - 1;
    in->typed.data[in->typed.len] = '\0';
    write_out("\b \b", 3); /* as a terminal does it by itself */
}

/* A key that sends a sequence (an arrow) is none that a line has a use for. */
static bool is_of_escape(struct input_lines *in, unsigned char c)
{
    if (c == '\033') {
        in->in_escape = true;
        return true;
    }
    if (!in->in_escape)
        return false;
    if ((c >= 'A' && c <= 'Z' && c != 'O') || (c >= 'a' && c <= 'z') || c == '~')
        in->in_escape = false;
    if (c == '\r' || c == '\n') { /* it was Esc by itself */
        in->in_escape = false;
        return false;
    }
    return true;
}

static void take_typed(struct linear *l, unsigned char c)
{
    struct input_lines *in = &l->input;
    if (is_of_escape(in, c))
        return;
    if (c == '\r' || c == '\n') {
        write_out("\n", 1);
        take_line(l);
    } else if (c == 0x7f || c == '\b') {
        erase_last(in);
    } else if (c == ('u' & 0x1f)) {
        buffer_clear(&in->typed);
        linear_say(l, "line dropped");
    } else if (c == ('d' & 0x1f) && in->typed.len == 0) {
        write_out("\n", 1);
        linear_quit(l);
    } else if (c >= ' ' && in->typed.len < LINEAR_LINE_MAX) {
        (void)buffer_add_char(&in->typed, (char)c); /* within its limit */
        write_out((const char *)&c, 1);
    }
}

static void take_piped(struct linear *l, unsigned char c)
{
    struct input_lines *in = &l->input;
    if (c == '\n')
        take_line(l);
    else if (c >= ' ' && in->typed.len < LINEAR_LINE_MAX)
        (void)buffer_add_char(&in->typed, (char)c); /* within its limit */
}

/* Takes what has come, as far as somebody listens: a question makes what came with the line before it void.
 */
static void take_waiting(struct linear *l)
{
    struct input_lines *in = &l->input;
    while (l->ready && !l->quit && in->waiting.len > 0) {
        const unsigned char c = (unsigned char)in->waiting.data[0];
        buffer_consume(&in->waiting, 1);
        if (in->is_terminal)
            take_typed(l, c);
        else
            take_piped(l, c);
    }
    if (l->ready && in->ended && in->waiting.len == 0 && !l->quit) {
        if (in->typed.len > 0)
            take_line(l); /* without its end */
        linear_quit(l);
    }
}

static void read_some(struct linear *l)
{
    struct input_lines *in = &l->input;
    char bytes[4096];
    const size_t room = WAITING_MAX - in->waiting.len;
    if (room == 0)
        return;
    const ssize_t n = read(STDIN_FILENO, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        in->ended = true;
        if (in->has_poll)
            (void)uv_poll_stop(&in->poll);
    } else {
        (void)buffer_add(&in->waiting, bytes, (size_t)n); /* there is room */
    }
    take_waiting(l);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status; /* reading says what is wrong */
    (void)events;
    read_some(poll->data);
}

static void on_turn(uv_timer_t *timer)
{
    struct linear *l = timer->data;
    if (l->quit)
        return;
    if (!l->input.is_file) {
        show_prompt(l);
        return;
    }
    read_some(l);
    if (!l->input.ended)
        (void)uv_timer_start(timer, on_turn, FILE_MS, 0); /* it has a callback */
}

void input_ready(struct linear *l)
{
    take_waiting(l);
    if (!l->quit)
        plan_prompt(l);
}

void input_forget(struct linear *l)
{
    if (!l->input.is_terminal)
        return; /* a script is no finger that types ahead */
    buffer_clear(&l->input.waiting);
    buffer_clear(&l->input.typed);
    (void)tcflush(STDIN_FILENO, TCIFLUSH); /* it is a terminal */
}

bool input_cancel(struct linear *l)
{
    const bool any = l->input.typed.len > 0;
    buffer_clear(&l->input.typed);
    return any;
}

/* ---- the terminal ---- */

static void set_modes(const struct input_lines *in)
{
    struct termios modes = in->saved;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &modes); /* it is a terminal */
}

void input_resume(struct linear *l)
{
    if (!l->input.is_terminal)
        return;
    set_modes(&l->input);
    l->input.prompted = false;
    plan_prompt(l);
}

enum status input_open(struct linear *l, struct error *err)
{
    struct input_lines *in = &l->input;
    struct epoll_event wanted = {.events = EPOLLIN};
    in->owner = l;
    in->typed = BUFFER_LIMIT(LINEAR_LINE_MAX);
    in->waiting = BUFFER_LIMIT(WAITING_MAX);
    in->is_terminal =
        isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &in->saved) == 0;
    (void)uv_timer_init(l->ctx->loop, &in->turn); /* never fails */
    in->turn.data = in->poll.data = l;
    /* as in view/term.c: libuv would make standard input, and with it perhaps output, non-blocking */
    in->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (in->epoll_fd < 0)
        return error_set(err, STATUS_FAILED, "cannot wait for what is typed: %s", strerror(errno));
    if (epoll_ctl(in->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &wanted) != 0) {
        in->is_file = true;
        (void)uv_timer_start(&in->turn, on_turn, FILE_MS, 0); /* it has a callback */
    } else if (uv_poll_init(l->ctx->loop, &in->poll, in->epoll_fd) == 0) {
        in->has_poll = true;
        (void)uv_poll_start(&in->poll, UV_READABLE, on_readable); /* fails only for a closing handle */
    } else {
        return error_set(err, STATUS_FAILED, "cannot wait for what is typed: no memory or descriptors left");
    }
    if (in->is_terminal)
        set_modes(in);
    return STATUS_OK;
}

void input_close(struct linear *l)
{
    struct input_lines *in = &l->input;
    if (in->is_terminal) {
        if (in->prompted)
            write_out("\n", 1);
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &in->saved); /* it is a terminal, if it is still there */
    }
    uv_close((uv_handle_t *)&in->turn, NULL);
    if (in->has_poll)
        uv_close((uv_handle_t *)&in->poll, NULL);
    if (in->epoll_fd >= 0)
        (void)close(in->epoll_fd);
    buffer_free(&in->typed);
    buffer_free(&in->waiting);
}
