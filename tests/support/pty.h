/* tests/support/pty.h: a program in a pseudo-terminal with libvterm at the other end, for tests that look at
 * cells and colours. The program gets two more descriptors: 3, on which the test tells it things line by
 * line, and 4, on which it tells the test. */
#ifndef SUPPORT_PTY_H
#define SUPPORT_PTY_H

#include <stdbool.h>
#include <stddef.h>

struct pty;

struct pty_options {
    const char *const *argv; /* NULL-terminated; argv[0] is a path */
    const char *const
        *env; /* NAME=VALUE, over what is inherited; NAME alone unsets; NULL: none; NULL-terminated */
    int columns, rows;
    bool mute; /* the terminal answers no requests */
};

/* TERM=xterm-256color, LC_ALL=C.UTF-8, TZ=UTC, no NO_COLOR, no settings of the user. Aborts the test where it
 * cannot start. */
struct pty *pty_start(const struct pty_options *options);
/* Ends the program (SIGHUP, then SIGKILL after 5 s) and returns its exit status, 128+N for a signal. Frees p.
 */
int pty_end(struct pty *p);

/* Takes the terminal away, as a closed window or a lost connection does. Returns the exit status, -1: it goes
 * on. */
int pty_hang_up(struct pty *p, int deadline_ms);

void pty_type(struct pty *p, const char *bytes);
void pty_type_n(struct pty *p, const char *bytes, size_t len);
void pty_resize(struct pty *p, int columns, int rows);
void pty_tell(struct pty *p, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* one line on descriptor 3 */

/* From now on the terminal takes so many bytes a second, as a slow line does; 0: all at once. */
void pty_set_rate(struct pty *p, int bytes_per_s);
void pty_pump(struct pty *p, int ms); /* runs the terminal for so long */
int pty_pid(const struct pty *p);

/* Waits. False: the deadline came first. */
bool pty_wait_text(struct pty *p, const char *text, int deadline_ms); /* somewhere on the screen */
bool pty_wait_no_text(struct pty *p, const char *text, int deadline_ms);
bool pty_wait_heard(struct pty *p, const char *start,
                    int deadline_ms); /* a line on descriptor 4 that begins so; it and those before it are
                                         forgotten */
bool pty_heard(struct pty *p, const char *start); /* has such a line come? Keeps all */
/* Lines since the last call that begin so, with any of these (NULL-terminated), also those that others have
 * forgotten. */
size_t pty_count_heard(struct pty *p, const char *const *starts);
void pty_wait_quiet(struct pty *p, int quiet_ms);  /* until nothing was written for so long */
int pty_wait_exit(struct pty *p, int deadline_ms); /* exit status; -1: still running */

size_t pty_bytes(struct pty *p);                       /* written by the program since the last call */
const char *pty_raw(const struct pty *p, size_t *len); /* the newest bytes that it wrote, at most 64 KiB */
const char *
pty_screen(struct pty *p); /* text, rows end with newlines, trailing blanks cut; valid until the next call */
const char *pty_row(struct pty *p, int row);
int pty_find_row(struct pty *p, const char *text); /* -1: none */
int pty_columns(const struct pty *p);
int pty_rows(const struct pty *p);
bool pty_alternate_screen(const struct pty *p);
bool pty_cursor_shown(const struct pty *p);

#define PTY_DEFAULT (-1)
struct pty_cell {
    char text[32];
    int width;
    int fg, bg; /* index of the palette, 0x1000000 | rgb, PTY_DEFAULT */
    bool bold, underline, reverse;
};
void pty_cell(struct pty *p, int row, int column, struct pty_cell *out);

/* Compares text and attributes of the screen with the file; UPDATE_GOLDEN=1 in the environment rewrites it.
 * On a difference prints both and returns false. */
bool pty_golden(struct pty *p, const char *path);

#endif
