/* What the files of the view share. A screen is a `const struct view_ops`; it draws from the const model into
 * the grid and moves only its own cursor. Rows point into the model and are made anew when its revision has
 * grown, so nothing here outlives a change of the model; what must (the cursor, folds, the box) is kept by
 * name. */
#ifndef VIEW_INTERNAL_H
#define VIEW_INTERNAL_H

#include "base/arena.h"
#include "base/map.h"
#include "view/grid.h"
#include "view/input.h"
#include "view/term.h"
#include "view/theme.h"
#include "view/view.h"

#define SPLIT_MIN_WIDTH    100 /* from here on the detail stands beside the tree */
#define COMPACT_MAX_WIDTH  39  /* up to here, or to the height, one line a waiting sequence is all there is */
#define COMPACT_MAX_HEIGHT 9

enum { /* what a key did; the driver acts on it */
       VIEW_KEY_USED = 1,
       VIEW_KEY_BACK = 2, /* leave this screen */
};

struct view_ops {
    const char *name;
    void (*draw)(struct view *v, struct rect area);
    unsigned (*key)(struct view *v, const struct input_event *ev);
    const char *const *keys; /* pairs of key and what it does, most important first, ended by NULL */
};
extern const struct view_ops tree_screen, detail_screen, log_screen, help_screen;

/* ---- tree.c ---- */
enum row_kind { ROW_PROJECT, ROW_STAGE, ROW_SEQUENCE, ROW_EARLIER };

struct row {
    enum row_kind kind;
    const struct model_project *project;
    const struct model_stage *stage;
    const struct model_sequence *seq;
    size_t earlier; /* ROW_EARLIER: how many are folded away */
};

struct row_id { /* of the row under the cursor, by name; the row's number means nothing */
    enum row_kind kind;
    char *project, *stage, *context, *sequence, *triggered_id;
};

struct tree {
    struct row *rows;
    size_t count, capacity;
    size_t cursor, top;
    struct row_id id;
    bool has_id;
    struct row_id detail_id; /* of the row that the detail pane shows */
    int64_t
        settles_ms; /* from then on it follows the cursor; a held arrow key does not draw it at each step */
    bool moved;     /* the operator has moved the cursor: it goes nowhere by itself any more */
    bool built;
    uint64_t revision; /* of the model that rows were made from */
    struct map folds; /* "project" or "project/stage": folded; with "+" in front: all of its finished ones are
                         shown */
    size_t failed;    /* services whose newest ended run of a stage failed */
    int name_w, service_w, version_w, task_w; /* widest seen, so that columns do not jump */
};

void tree_sync(struct view *v); /* rows as the model is now; before each key and frame */
const struct model_sequence *tree_selected(const struct view *v); /* NULL: the cursor is on something else */
bool tree_next_waiting(struct view *v, int direction);
const struct row *tree_detail_row(struct view *v); /* what the detail shows; NULL: nothing */
int64_t tree_settle_wait(const struct view *v);    /* ms until the detail follows the cursor; -1: it does */
void tree_free(struct tree *t);
size_t tree_failed_in(const struct model_stage *stage); /* services whose newest ended run here failed */

/* ---- facts.c: what an operator must know before deciding ---- */
struct fact {
    const char *label, *text, *right; /* right: stands at the right end, "" none */
    enum role role;
    bool must; /* the decision box does not fit without it */
};
#define FACTS_MAX 8
size_t facts_of(struct view *v, const struct model_sequence *seq, struct fact out[FACTS_MAX]);

/* ---- detail.c, stages.c ---- */
struct pen { /* writes line after line into an area; lines above and below it are counted and not seen */
    struct view *v;
    struct rect area;
    int y;
};
/* The stage line of the run, with tasks and executors. */
void stages_draw(struct pen *pen, const struct model_sequence *seq);
/* The newest task of the whole run with output worth a look; *seq becomes the sequence that it is of. NULL:
 * none. */
const struct model_task *stages_log_task(const struct model_sequence **seq);
int stages_height(struct view *v, int width, const struct model_sequence *seq);
const struct model_task *
detail_log_task(const struct model_sequence *seq); /* whose output is worth a look; NULL: none */
/* Breaks text into lines of at most width cells, at blanks where there are any. Returns their number, at most
 * max. */
size_t view_wrap(struct view *v, const char *text, int width, const char **lines, size_t max);

/* ---- box.c ---- */
enum box_kind { BOX_APPROVE, BOX_DECLINE, BOX_PAUSE, BOX_RESUME, BOX_ABORT };
enum box_phase { BOX_ASKING, BOX_SENDING, BOX_FAILED, BOX_OVERTAKEN };
enum box_field { BOX_FIELD_CONFIRM, BOX_FIELD_COMMENT };

#define BOX_COMMENT_MAX 400 /* bytes */

struct box {
    bool open;
    enum box_kind kind;
    enum box_phase phase;
    char *project, *stage, *service, *context, *sequence, *version, *triggered_id;
    char *confirm_text; /* service@stage, where it must be typed; NULL: a key is enough */
    struct buffer confirm, comment;
    enum box_field field;
    char *notice;     /* how it was overtaken, or why it failed */
    const char *told; /* one line about a key that did not count; static text */
    enum decision_state state;
    bool fits; /* all that must be read is on the terminal */
    bool drawn, armed,
        asked; /* on the terminal; answered for, or not answered at all; a position report was asked for */
    int64_t drawn_ms;
    int64_t early_ms;       /* when a confirming key came that did not count; 0: none */
    int cursor_x, cursor_y; /* of the text field; -1: none */
};

void box_open(struct view *v, enum box_kind kind);
void box_close(struct view *v);
void box_sync(struct view *v); /* is what it asks about still open? */
void box_draw(struct view *v, struct rect area);
const char *const *box_keys(const struct view *v); /* for the key line, as those of a screen */
void box_key(struct view *v, const struct input_event *ev);
void box_decision_changed(struct view *v, const char *triggered_id, enum decision_state state,
                          const char *text);

/* ---- log.c ---- */
#define LOG_KEEP 65536 /* bytes of a job's output that are kept */

struct job_log {
    char *triggered_id, *title; /* of the task that is shown; NULL: none */
    struct buffer text;
    uint64_t offset; /* in the job's output, of the byte after text */
    bool growing, answered, asked;
    int64_t asked_ms, answered_ms;
    int scroll; /* lines from the end; 0 follows */
};
void log_show(struct view *v, const struct model_sequence *seq, const struct model_task *task);
void log_free(struct job_log *log);
/* The last lines of the output, as far as they fit into the area. */
void log_draw_tail(struct view *v, struct rect area);
int64_t log_tick(struct view *v,
                 int64_t now_ms); /* asks for more where it is due. Returns when to come again, -1: never */

/* ---- topbar.c ---- */
void topbar_draw(struct view *v, int y, int w);
void keyline_draw(struct view *v, int y, int w);
void message_draw(struct view *v, int y, int w);
bool message_is_shown(const struct view *v);

/* ---- decisions that were sent ---- */
struct sent {
    char *triggered_id, *what; /* "approval of helloservice v0.1.1 into production" */
    char *text;
    bool approve;
    enum decision_state state;
};
#define SENT_MAX 32
const struct sent *view_sent(const struct view *v,
                             const char *triggered_id); /* NULL: none was sent from here */

/* ---- view.c: the driver ---- */
#define SCREENS_MAX 4

struct view {
    const struct model *model;
    struct view_ports ports;
    struct terminal *term;
    struct theme theme;
    struct grid grid;
    struct arena arena; /* texts of one frame or key */
    struct input input;
    bool read_only, ascii, closing;
    char *context_name, *hint;
    char *user, *role;
    enum view_link link;
    int64_t link_since_ns;
    char *link_why;
    char *message;
    bool message_is_error, quit_asked;

    const struct view_ops *screens[SCREENS_MAX];
    size_t screen_count;
    struct tree tree;
    struct box box;
    struct job_log log;
    int detail_scroll, help_scroll;
    char *detail_for; /* context of what the detail shows, for its scroll */
    struct sent sent[SENT_MAX];
    size_t sent_count;

    unsigned reports_due; /* position reports that were asked for and have not come */
    int64_t report_ms;    /* when the last one was asked for */
    bool reports_come;    /* this terminal has answered one */
    bool dirty, frame_armed;
    int64_t last_frame_ms;
    int64_t next_change_ns; /* server time at which a text of the frame changes by itself; INT64_MAX: never */
    uv_loop_t *loop;
    uv_timer_t frame_timer, wake_timer, input_timer;
    uv_poll_t poll;
    uv_signal_t resized;
    int open_handles;
};

int64_t view_now_ms(const struct view *v);
int64_t view_now_ns(const struct view *v); /* the server's clock */
void view_say(struct view *v, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));
void view_push_screen(struct view *v, const struct view_ops *screen);
bool view_is_split(const struct view *v);
bool view_is_compact(const struct view *v);
void view_plan_wake(struct view *v);  /* sets the timer for what changes by itself */
bool view_may_decide(struct view *v); /* false: says why not */

/* ---- draw.c: helpers. Text of the model is raw until view_safe ---- */
const char *view_safe(struct view *v, const char *raw); /* one frame's */
const char *view_printf(struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *view_glyph(const struct view *v, enum glyph glyph);
const char *view_age(struct view *v, int64_t since_ns, bool with_seconds); /* notes when it changes */
const char *view_clock(struct view *v, int64_t ns); /* "09:26", with the day where it is not today */
const char *view_duration(struct view *v, int64_t from_ns, int64_t to_ns); /* to 0: until now */
const char *view_cut(struct view *v, const char *text, int width_cells);
const char *view_cut_left(struct view *v, const char *text, int width_cells); /* keeps the end */
int view_width(const char *text);
int draw_text(struct view *v, struct rect clip, int x, int y, enum role role, const char *text);
int draw_cut(struct view *v, struct rect clip, int x, int y, enum role role,
             const char *text); /* cut at the clip's right, with an ellipsis */
void draw_right(struct view *v, struct rect clip, int y, enum role role, const char *text);
void draw_horizontal(struct view *v, int x, int y, int w);
void draw_frame(struct view *v, struct rect area, enum role role, const char *title);

#endif
