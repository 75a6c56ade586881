/* ncurses knows how to draw on hundreds of terminals. Its output goes to a file in memory, from where it is
 * taken frame by frame; the terminal's modes, its signals and its input are term.c's. The description that it
 * draws by is changed where terminals do not keep what it promises, and where we know better. */
#include "config.h"

#include "view/paint.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "view/description.h"
#include "view/palette.h"

#define GAP_MAX 2 /* cells */

struct row_hash {
    uint64_t all;
    bool known;
};

struct paint {
    struct paint_caps caps;
    TERMINAL *own_terminal; /* the description as it was found */
    FILE *memory;
    SCREEN *screen;
    enum theme_depth depth;
    attr_t attributes[ROLE_COUNT];
    int pairs[ROLE_COUNT];
    bool blank[ROLE_COUNT]; /* a blank of this role is just a blank */
    int width, height;
    struct row_hash *rows; /* of what each row shows */
    cchar_t *line;
    bool forgotten, cursor_shown;
};

/* ---- the description ---- */

static const char *text_of(const char *name)
{
    const char *text = tigetstr(name);
    return text == (const char *)-1 ? NULL : text;
}

/* Without "$<5>". The caller's. */
static char *unpadded(const char *text)
{
    if (!text)
        return NULL;
    char *copy = mem_string(text), *to = copy;
    for (const char *p = copy; *p;) {
        const char *end = p[0] == '$' && p[1] == '<' ? strchr(p, '>') : NULL;
        if (end && strspn(p + 2, "0123456789.*/") == (size_t)(end - p - 2))
            p = end + 1;
        else
            *to++ = *p++;
    }
    *to = '\0';
    return copy;
}

static bool text_is(const char *name, const char *expected)
{
    char *text = unpadded(text_of(name));
    const bool same = text && strcmp(text, expected) == 0;
    free(text);
    return same;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What descriptions do not tell: xterm's kin takes titles, and swallows what it does not know. */
static bool takes_titles(const char *name)
{
    static const char *const known[] = {"xterm",     "rxvt",  "screen",     "tmux",    "st-",     "stterm",
                                        "alacritty", "foot",  "gnome",      "vte",     "konsole", "putty",
                                        "mintty",    "iTerm", "wezterm",    "contour", "ghostty", "mlterm",
                                        "Eterm",     "kitty", "terminology"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins(name, known[i]))
            return true;
    return strcmp(name, "st") == 0 || tigetflag("XT") > 0;
}

static void load_caps(struct paint_caps *c, const char *term)
{
    const char *report = text_of("u7");
    c->name = mem_string(term);
    c->colours = text_of("setaf") && text_of("setab") && text_of("op") ? tigetnum("colors") : 0;
    c->colours = c->colours < 8 ? 0 : c->colours;
    c->direct = tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || text_of("RGB") || tigetflag("Tc") > 0;
    c->ansi = text_is("cup", "\033[%i%p1%d;%p2%dH") && (c->colours == 0 || text_is("op", "\033[39;49m"));
    c->takes_titles = c->ansi && takes_titles(term);
    /* The console's reports come from a daemon that few run: what its description promises is not there. */
    c->mouse = c->ansi && (text_of("XM") || text_of("kmous")) && !begins(term, "linux");
    c->asks_position = report && strcmp(report, "\033[6n") == 0;
    c->has_region = text_is("csr", "\033[%i%p1%d;%p2%dr");
    c->enter = unpadded(text_of("smcup"));
    c->leave = unpadded(text_of("rmcup"));
    c->reset = unpadded(text_of("sgr0"));
    c->plain_colours = unpadded(text_of("op"));
    c->clear = unpadded(text_of("clear"));
    c->show_cursor = unpadded(text_of("cnorm"));
}

/* ---- birth and death ---- */

/* Makes the description the current one, without writing anything. */
static enum status read_description(const char *term, struct error *err)
{
    int found = 0;
    if (!term || !*term)
        return error_set(err, STATUS_INVALID,
                         "TERM is not set, so nobody knows what this terminal can do; set it, for example "
                         "TERM=xterm-256color, or use 'drawbridge list'");
    if (setupterm(term, STDOUT_FILENO, &found) != OK)
        return error_set(
            err, STATUS_INVALID,
            "the terminal type TERM=%.60s is not known on this machine; install ncurses-term, set TERM to "
            "a known one such as xterm, or use 'drawbridge list'",
            term);
    if (text_of("cup") && text_of("clear"))
        return STATUS_OK;
    (void)del_curterm(cur_term);
    return error_set(
        err, STATUS_INVALID,
        "the terminal TERM=%.60s cannot move its cursor, which a dashboard needs; set TERM to what it "
        "really is, or use 'drawbridge list' and 'drawbridge approve'",
        term);
}

enum status paint_new(const char *term, struct paint **out, struct error *err)
{
    const enum status status = read_description(term, err);
    if (status != STATUS_OK)
        return status;
    struct paint *p = MEM_NEW(struct paint);
    load_caps(&p->caps, term);
    p->own_terminal = cur_term;
    p->forgotten = true;
    *out = p;
    return STATUS_OK;
}

/* newterm looks for the description in the environment, asks for the character set once, and takes signals
 * that nobody has taken; nobody else is to notice. Where the set is not UTF-8, ncurses would draw runs with
 * REP and have other ideas of widths: so it is told UTF-8, and given nothing but ASCII all the same. */
static SCREEN *make_screen(const char *term, const char *description, FILE *memory)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction kept[sizeof signals / sizeof *signals];
    char *locale = mem_string(setlocale(LC_CTYPE, NULL)), *terminfo = mem_string(getenv("TERMINFO"));
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaction(signals[i], NULL, &kept[i]); /* fails only for signals that do not exist */
    use_env(FALSE);
    use_tioctl(FALSE);
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    SCREEN *screen = NULL;
    if (setenv("TERMINFO", description, 1) == 0)
        screen = newterm(term, memory, stdin);
    (void)setlocale(LC_CTYPE, locale); /* it was in effect, so it is known */
    (void)(terminfo ? setenv("TERMINFO", terminfo, 1)
                    : unsetenv("TERMINFO")); /* it was there, so there is room */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaction(signals[i], &kept[i], NULL);
    free(terminfo);
    free(locale);
    return screen;
}

enum status paint_start(struct paint *p, enum theme_depth depth, struct error *err)
{
    struct buffer description = BUFFER_LIMIT(1 << 17);
    const int fd = memfd_create("drawbridge-screen", MFD_CLOEXEC);
    p->memory = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (!p->memory)
        return error_set(err, STATUS_FAILED, "cannot have a file in memory to draw into: %s",
                         strerror(errno));
    description_compile(p->caps.name, p->caps.ansi, depth == THEME_TRUECOLOR, &description);
    p->screen = make_screen(p->caps.name, buffer_text(&description), p->memory);
    buffer_free(&description);
    if (!p->screen)
        return error_set(err, STATUS_INVALID, "cannot set up the terminal (TERM=%.60s)", p->caps.name);
    (void)nonl();                /* the modes of a terminal: what term.c sets is told to ncurses, */
    (void)typeahead(-1);         /* which looks at no keys: a frame is drawn to its end */
    (void)wresize(stdscr, 1, 1); /* drawn is into the screen to come itself; the copy only takes memory */
    (void)leaveok(newscr, TRUE);
    (void)idlok(newscr, TRUE);
    (void)curs_set(0);
    p->depth = depth;
    if (depth != THEME_NO_COLOUR) {
        (void)start_color(); /* without memory there are no colours */
        (void)use_default_colors();
    }
    return STATUS_OK;
}

void paint_free(struct paint *p)
{
    if (!p)
        return;
    if (p->screen) {
        (void)endwin();
        delscreen(p->screen);
    }
    if (p->memory)
        (void)fclose(p->memory); /* nobody wants what is in it */
    (void)del_curterm(p->own_terminal);
    char *const texts[] = {p->caps.name,          p->caps.enter, p->caps.leave,      p->caps.reset,
                           p->caps.plain_colours, p->caps.clear, p->caps.show_cursor};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(p->rows);
    free(p->line);
    free(p);
}

const struct paint_caps *paint_caps(const struct paint *p)
{
    return &p->caps;
}

/* ---- colours ---- */

static int colour_number(int32_t colour)
{
    if (colour == STYLE_DEFAULT)
        return -1;
    if (!(colour & STYLE_RGB))
        return colour;
    const int rgb = colour & 0xffffff, near = palette_nearest((uint32_t)rgb, 256);
    return palette_rgb(near) == (uint32_t)rgb ? near /* told in fewer bytes */ : DESCRIPTION_RGB(rgb);
}

/* Roles of the same colours share a pair: ncurses would tell the terminal the colours again. */
static int pair_of_role(const struct paint *p, const struct style styles[ROLE_COUNT], int role)
{
    const int32_t fg = styles[role].fg, bg = styles[role].bg;
    const int pair = role + 1;
    if (p->depth == THEME_NO_COLOUR || (fg == STYLE_DEFAULT && bg == STYLE_DEFAULT))
        return 0;
    for (int i = 0; i < role; i++)
        if (p->pairs[i] > 0 && styles[i].fg == fg && styles[i].bg == bg)
            return p->pairs[i];
    return pair < COLOR_PAIRS && init_extended_pair(pair, colour_number(fg), colour_number(bg)) == OK ? pair
                                                                                                      : 0;
}

void paint_set_styles(struct paint *p, const struct style styles[ROLE_COUNT])
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        const unsigned a = styles[i].attributes;
        p->attributes[i] = (a & STYLE_BOLD ? A_BOLD : 0) | (a & STYLE_DIM ? A_DIM : 0) |
                           (a & STYLE_UNDERLINE ? A_UNDERLINE : 0) | (a & STYLE_REVERSE ? A_REVERSE : 0) |
                           (a & STYLE_ITALIC ? A_ITALIC : 0);
        p->blank[i] = styles[i].bg == styles[ROLE_TEXT].bg && !(a & (STYLE_UNDERLINE | STYLE_REVERSE));
        p->pairs[i] = pair_of_role(p, styles, i);
    }
    paint_forget(p);
}

/* ---- frames ---- */

void paint_resize(struct paint *p, int w, int h)
{
    if (w != COLS || h != LINES)
        (void)resizeterm(h, w); /* what it cannot do shows as a screen that is smaller */
    p->width = w;
    p->height = h;
    free(p->rows);
    free(p->line);
    p->rows = mem_alloc((size_t)h * sizeof *p->rows);
    p->line = mem_alloc((size_t)(w + 1) * sizeof *p->line);
    paint_forget(p);
}

void paint_forget(struct paint *p)
{
    p->forgotten = true;
}

bool paint_is_forgotten(const struct paint *p)
{
    return p->forgotten;
}

static void set_cell(const struct paint *p, cchar_t *out, const struct grid *g, const struct cell *c)
{
    char text[64];
    wchar_t wide[CCHARW_MAX + 1] = {0};
    size_t len = grid_cell_text(g, c, text);
    const char *next = text;
    for (int i = 0; i < CCHARW_MAX && len > 0; i++) {
        uint32_t cp = 0;
        const int n = utf8_decode(next, len, &cp);
        if (n <= 0)
            break;
        wide[i] = (wchar_t)cp;
        next += n;
        len -= (size_t)n;
    }
    const short pair = (short)p->pairs[c->role];
    if (setcchar(out, wide, p->attributes[c->role], pair, NULL) != OK)
        (void)setcchar(out, L" ", p->attributes[c->role], pair, NULL); /* a blank can always be had */
}

static bool is_gap(const struct paint *p, const struct grid *g, int x, int y)
{
    const struct cell *c = grid_cell(g, x, y);
    return c->glyph == ' ' && c->width == 1 && p->blank[c->role];
}

/* The role to draw a cell with. A blank or two between words look the same with any colour: with that of the
 * word before, there is one change of the pen less. */
static uint8_t role_to_draw(const struct paint *p, const struct grid *g, int x, int y, int width)
{
    const uint8_t role = grid_cell(g, x, y)->role;
    int from = x, until = x + 1;
    if (!is_gap(p, g, x, y))
        return role;
    while (from > 0 && x - from < GAP_MAX && is_gap(p, g, from - 1, y))
        from--;
    while (until < width && until - x < GAP_MAX && is_gap(p, g, until, y))
        until++;
    if (until - from > GAP_MAX || from == 0 || until == width)
        return role;
    const uint8_t before = grid_cell(g, from - 1, y)->role;
    return p->blank[before] ? before : role;
}

static void touch_row(struct paint *p, const struct grid *g, int y, int width)
{
    int count = 0;
    for (int x = 0; x < width; x++) {
        struct cell c = *grid_cell(g, x, y);
        c.role = role_to_draw(p, g, x, y, width);
        if (c.width > 0)
            set_cell(p, &p->line[count++], g, &c);
    }
    (void)mvwadd_wchnstr(newscr, y, 0, p->line, count); /* fails only outside of the screen */
}

/* Moves what ncurses has written from its file to out. */
static void take_written(struct paint *p, struct buffer *out)
{
    const int fd = fileno(p->memory);
    char bytes[4096];
    ssize_t n;
    for (off_t at = 0; (n = pread(fd, bytes, sizeof bytes, at)) > 0; at += n)
        (void)buffer_add(out, bytes, (size_t)n); /* out->overflow tells */
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        abort(); /* a file of our own in memory */
}

static void place_cursor(struct paint *p, bool shown)
{
    if (shown == p->cursor_shown && !p->forgotten)
        return;
    (void)curs_set(shown ? 1 : 0);
    (void)leaveok(newscr, shown ? FALSE : TRUE);
    p->cursor_shown = shown;
}

bool paint_frame(struct paint *p, const struct grid *g, int cursor_x, int cursor_y, struct buffer *out)
{
    const int width = g->w < p->width ? g->w : p->width;
    const int height = g->h < p->height ? g->h : p->height;
    const bool shown = cursor_x >= 0 && cursor_x < width && cursor_y >= 0 && cursor_y < height;
    const size_t before = out->len;
    if (p->forgotten) {
        (void)curs_set(1); /* else it is taken for hidden already */
        (void)buffer_add_text(out, p->caps.reset ? p->caps.reset : "");
        (void)wclear(newscr); /* the next refresh paints every cell */
        memset(p->rows, 0, (size_t)p->height * sizeof *p->rows);
    }
    if (!shown)
        place_cursor(p, false);
    for (int y = 0; y < height; y++) {
        const struct row_hash hash = {.all = grid_row_hash(g, y, true), .known = true};
        if (p->rows[y].known && p->rows[y].all == hash.all)
            continue;
        p->rows[y] = hash;
        touch_row(p, g, y, width);
    }
    if (shown) {
        place_cursor(p, true);
        (void)wmove(newscr, cursor_y, cursor_x);
    }
    p->forgotten = false;
    (void)doupdate();
    take_written(p, out);
    return out->len > before;
}
