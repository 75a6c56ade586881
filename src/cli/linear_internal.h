/* What the files of the linear mode share. */
#ifndef CLI_LINEAR_INTERNAL_H
#define CLI_LINEAR_INTERNAL_H

#include <termios.h>

#include "base/buffer.h"
#include "base/map.h"
#include "cli/internal.h"
#include "cli/link.h"
#include "notify/notify.h"
#include "view/plain.h"

#define LINEAR_LINE_MAX  4096 /* bytes of a line that is typed */
#define LINEAR_TIME_SIZE 24
#define LINEAR_SIGNALS   5

struct linear;

/* ---- linear_input.c: lines that are typed, and the prompt ---- */
struct input_lines {
    struct linear *owner;
    bool is_terminal; /* standard input and output both are: there is a prompt, and we echo */
    bool is_file;     /* cannot be waited for */
    bool ended, prompted, in_escape;
    int epoll_fd;
    struct termios saved;
    struct buffer typed;   /* the line so far */
    struct buffer waiting; /* what came before anybody could listen */
    uv_poll_t poll;
    uv_timer_t turn; /* for the next look at a file, or the prompt */
    bool has_poll;
};
MUST_CHECK enum status input_open(struct linear *l, struct error *err);
void input_close(struct linear *l);
void input_ready(struct linear *l);  /* lines are taken from now on */
void input_forget(struct linear *l); /* what was typed so far, and not looked at, means nothing */
void input_resume(struct linear *l); /* after a stop: the terminal's modes, the prompt */
bool input_cancel(struct linear *l); /* drops the line; false: there was none */
/* One line of output. Around a line that is being typed, which is shown again below. */
void linear_say(struct linear *l, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- linear_changes.c: from the model to lines ---- */
struct numbered { /* what a person may name by its number, which never changes */
    size_t number, source;
    char *project, *stage, *context, *sequence;
    char *triggered_id; /* of the approval that was told with it; NULL: none was open */
};
void changes_tell(struct linear *l);      /* what is new since the last time */
void changes_take_note(struct linear *l); /* of all there is, without a word */
void changes_list(struct linear *l);      /* what waits, then what runs or is held */
void changes_summary(struct linear *l);   /* at the start */
const struct numbered *changes_number(struct linear *l, size_t source, const struct model_sequence *seq);
const struct numbered *changes_find(const struct linear *l, size_t number); /* NULL: there is none */
/* "helloservice v0.1.1". Sanitised later. The caller's (free). */
char *changes_what(const struct model_sequence *seq);
char *changes_where(const struct linear *l, size_t source,
                    const struct model_sequence *seq); /* "production" */
void changes_free(struct linear *l);

/* ---- linear_do.c: what can be typed ---- */
enum order { ORDER_APPROVE, ORDER_DECLINE, ORDER_PAUSE, ORDER_RESUME, ORDER_ABORT };
struct question { /* is open: the next line answers it */
    bool open;
    enum order order;
    size_t source;
    char *project, *stage, *context, *sequence, *triggered_id, *what, *comment, *expected;
    int64_t asked_ms;
};
void do_line(struct linear *l, const char *line);
void do_look_at_question(struct linear *l); /* is what it asks about still open? */
bool do_cancel(struct linear *l);           /* the question, or what can be undone; false: there is nothing */
void do_decided(struct linear *l, size_t source, const char *triggered_id, enum decision_state state,
                const char *text);
void do_free(struct linear *l);

/* ---- linear.c ---- */
struct linear_source {
    const char *label;
    struct link *link;
    const struct model *model;
    bool read_only, whole;
    enum view_link state;
    int64_t lost_ns; /* since when it is not live; 0: it is */
    char *user, *role;
};
struct linear {
    struct cli_context *ctx;
    struct linear_source *sources;
    size_t source_count;
    struct plain *plain;
    struct notify *notify;
    struct input_lines input;
    uv_signal_t signals[LINEAR_SIGNALS];
    uv_timer_t gather, patience;
    bool ready, quit;
    char *state_path;

    struct map seen; /* of each sequence, what was told of it last */
    struct numbered *numbered;
    size_t numbered_count, numbered_capacity, next_number;

    struct question question;
    struct question held; /* confirmed, and within its undo window */
    uv_timer_t undo;
    size_t in_flight; /* decisions without a final answer */
};
bool linear_is_fresh(const struct linear_source *s);
int64_t linear_now_ns(const struct linear *l, size_t source);
void linear_clock(const struct linear *l, int64_t ns,
                  char text[LINEAR_TIME_SIZE]); /* "10:02", with the day where it is not today */
void linear_quit(struct linear *l);

#endif
