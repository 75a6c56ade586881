/* What the files of the view share. A screen is a `const struct view_ops`; it draws from the const model into
 * the grid and moves only its own cursor. Rows point into the model and are made anew when its revision has
 * grown, so nothing here outlives a change of the model; what must (the cursor, folds, the box) is kept by
 * name. */
#ifndef VIEW_INTERNAL_H
#define VIEW_INTERNAL_H

#include <time.h>

#include "base/arena.h"
#include "base/map.h"
#include "view/decided.h"
#include "view/difference.h"
#include "view/events.h"
#include "view/command.h"
#include "view/filter.h"
#include "view/grid.h"
#include "view/input.h"
#include "view/keymap.h"
#include "view/links.h"
#include "view/messages.h"
#include "view/prompt.h"
#include "view/term.h"
#include "view/theme.h"
#include "view/view.h"
#include "view/waiting.h"

#define SPLIT_MIN_WIDTH    100 /* from here on the detail stands beside the tree */
#define COMPACT_MAX_WIDTH  39  /* up to here, or to the height, one line a waiting sequence is all there is */
#define COMPACT_MAX_HEIGHT 9

enum { /* what a key did; the driver acts on it */
       VIEW_KEY_USED = 1,
       VIEW_KEY_BACK = 2, /* leave this screen */
};

struct source { /* a connection, as it is known here */
    size_t number;
    char *name, *label, *colour;
    const struct model *model;
    bool read_only;
    char *user, *role;
    enum view_link link;
    int64_t link_since_ns;
    char *link_why;
    int64_t expires_ns; /* of its token; 0: never, or unknown */
};
struct pick { /* a sequence, and whose it is; both NULL: none */
    struct source *source;
    const struct model_sequence *seq;
};

struct hint {           /* of the key line */
    enum action action; /* ACTION_NONE ends */
    const char *word;   /* NULL: the action's own */
    const char *key;    /* NULL: as it is bound */
};
struct own_action {     /* what a screen makes of a key */
    enum action action; /* ACTION_NONE ends */
    const char *text;   /* for the help; NULL: the action's own */
};
struct view_ops {
    const char *name;
    void (*draw)(struct view *v, struct rect area);
    unsigned (*act)(struct view *v, enum action action); /* 0: means nothing here */
    struct pick (*selected)(const struct view *v);       /* what a decision is about; NULL: as in the tree */
    const struct hint *keys;                             /* most important first */
    const char *(*title)(struct view *v);                /* stands above the screen; NULL: nothing does */
    void (*sync)(struct view *v); /* rows as the models are now; NULL: it has none of its own */
    bool (*click)(struct view *v, int x, int y); /* what is drawn there is selected; false: nothing is */
    const struct own_action *own; /* which of the actions that move, open or mark it knows; NULL: up, down,
                                     pages, ends, open */
};
extern const struct view_ops tree_screen, detail_screen, log_screen, help_screen, waiting_screen, wall_screen;
extern const struct view_ops events_screen, run_events_screen, event_screen, decided_screen,
    difference_screen;
extern const struct view_ops links_screen, messages_screen, output_screen;

/* ---- source.c ---- */
void source_free(struct source *s);
void view_sync(struct view *v); /* looks at the models; before each key and frame */
struct source *view_source_of(const struct view *v, const struct model_sequence *seq);
struct source *view_current_source(const struct view *v); /* of what is selected; NULL: there is none yet */
bool source_is_fresh(const struct source *s);
void source_take_colours(struct view *v); /* into a theme that is new */
const char *source_label(const struct source *s);
enum role source_role(const struct source *s); /* of its label */
/* Waiting approvals of all sources, oldest first. */
size_t view_waiting_count(const struct view *v);
bool view_waiting_is_known(const struct view *v); /* false: a connection has never told anything */
struct pick view_waiting_at(const struct view *v, size_t i);
size_t view_count(const struct view *v, enum model_state state);
struct pick view_selected(const struct view *v);                  /* on the screen one is in */
bool view_may_change(struct view *v, const struct source *s);     /* false: says why not */
const char *view_why_not(struct view *v, const struct source *s); /* NULL: things may be changed */
/* Asks a server; false: there is no way to ask. *ticket comes back with the answer. */
bool view_ask(struct view *v, const struct source *s, const struct view_query *query, uint64_t *ticket);

/* ---- filtering.c: the filter of all screens ---- */
struct filtering {
    struct filter *filter; /* NULL: all is shown */
    char *text;            /* as it was typed; NULL: none */
    struct prompt_history history;
    int64_t changes_ns;    /* when a term about age will say something else; INT64_MAX: never */
    size_t hidden_waiting; /* of all that waits, as of revision */
    uint64_t revision;
};
void filtering_open(struct view *v); /* the line that it is typed into */
void filtering_clear(struct view *v);
void filtering_set(struct view *v, const char *text); /* says what is wrong with it */
void filtering_free(struct filtering *f);
bool filtering_is_on(const struct view *v);
/* Is it time to look at all rows again, since they have grown older? */
bool filtering_has_aged(const struct view *v);
void filtering_sync(struct view *v); /* after all rows were looked at: counts, and plans the next look */
/* What the filter leaves: nothing else can be selected, marked or decided about. */
bool view_fits(struct view *v, struct pick pick);
bool view_fits_group(struct view *v, const struct source *s, const struct model_project *project,
                     const struct model_stage *stage); /* NULL parts: by what is around them alone */
bool view_fits_row(struct view *v, const struct source *s, struct filter_row *row);
/* What a sequence tells; texts that are costly only where the filter needs them. */
void filtering_row_of(struct view *v, struct pick pick, struct filter_row *out);

/* ---- tree.c ---- */
enum row_kind { ROW_SOURCE, ROW_PROJECT, ROW_STAGE, ROW_SEQUENCE, ROW_EARLIER };

struct row {
    enum row_kind kind;
    struct source *source;
    const struct model_project *project;
    const struct model_stage *stage;
    const struct model_sequence *seq;
    size_t earlier; /* ROW_EARLIER: how many are folded away */
};

struct row_id { /* of the row under the cursor, by name; the row's number means nothing */
    enum row_kind kind;
    char *source, *project, *stage, *context, *sequence, *triggered_id;
};

struct tree {
    struct row *rows;
    size_t count, capacity;
    size_t cursor, top;
    struct rect area; /* where rows were drawn last */
    struct row_id id;
    bool has_id;
    struct row_id detail_id; /* of the row that the detail pane shows */
    int64_t
        settles_ms; /* from then on it follows the cursor; a held arrow key does not draw it at each step */
    bool moved;     /* the operator has moved the cursor: it goes nowhere by itself any more */
    bool built;
    uint64_t revision; /* of the models that rows were made from */
    struct map folds;  /* "source", "source/project" or "source/project/stage": folded; with "+" in front: all
                          of its finished ones are shown */
    bool folds_changed;                       /* since view_fold */
    size_t failed;                            /* services whose newest ended run of a stage failed */
    int name_w, service_w, version_w, task_w; /* widest seen, so that columns do not jump */
};

void tree_sync(struct view *v);                   /* rows as the models are now; before each key and frame */
struct pick tree_selected(const struct view *v);  /* none: the cursor is on something else */
const struct row *tree_row(const struct view *v); /* under the cursor; NULL: there are none */
bool tree_is_folded(struct view *v, const struct row *row, const char *mark);
void tree_go_to(struct view *v, struct pick pick); /* unfolds what hides it */
void tree_go_to_source(struct view *v, struct source *source);
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
#define FACTS_MAX 10
size_t facts_of(struct view *v, const struct model_sequence *seq, struct fact out[FACTS_MAX]);

/* ---- texts.c: what several screens say about a sequence ---- */
const char *view_version(struct view *v, const struct model_sequence *seq); /* with its signs: "v1 ↓" */
/* "v0.1.0 → v0.1.1"; last NULL: nothing was delivered. */
const char *view_change(struct view *v, const struct model_sequence *last, const struct model_sequence *seq);
const char *view_change_of(struct view *v, struct pick pick); /* against what was delivered last */
/* How far a decision of ours about it is; NULL: none was sent. */
const char *view_sent_word(struct view *v, const struct source *source, const struct model_sequence *seq);
/* What a person calls a source: "cli" for "https://github.com/keptn/keptn/cli#approval.finished". */
const char *view_source_name(struct view *v, const char *raw_source);
const char *view_labels(struct view *v, const struct model_label *labels, size_t count); /* "a=1, b=2" */
enum role view_result_role(const char *result); /* of pass, warning, fail; NULL: unknown */

/* ---- detail.c, stages.c ---- */
struct pen { /* writes line after line into an area; lines above and below it are counted and not seen */
    struct view *v;
    struct rect area;
    int y;
};
bool pen_is_seen(const struct pen *pen); /* the line that it is on */
void pen_line(struct pen *pen, enum role role, const char *text);
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

/* ---- target.c: what is asked about, by name; the model may change under it ---- */
struct target {
    struct source *source;
    char *project, *stage, *service, *context, *sequence, *version; /* version NULL: it has none */
    char *triggered_id; /* of the approval; NULL: it is about the run, not about a decision */
};
void target_set(struct target *t, struct pick pick, bool decision);
void target_copy(struct target *to, const struct target *from);
void target_free(struct target *t);
/* Decisions: the sequence that waits on it; else the run. NULL: that is over. */
const struct model_sequence *target_sequence(const struct target *t);
/* How a decision that is not open any more was closed: "declined by tom at 09:44: not today". */
const char *target_outcome(struct view *v, const struct target *t);

/* ---- box.c, field.c, boxdraw.c ---- */
enum box_kind { BOX_APPROVE, BOX_DECLINE, BOX_PAUSE, BOX_RESUME, BOX_ABORT };
enum box_phase { BOX_ASKING, BOX_SENDING, BOX_FAILED, BOX_OVERTAKEN };
enum box_field { BOX_FIELD_CONFIRM, BOX_FIELD_COMMENT };

#define BOX_COMMENT_MAX 400 /* bytes */

/* ---- batch.c: several at once, out of the waiting list ---- */
struct batch {
    struct target *members;
    size_t count; /* 0: the box is about one, its target */
    char **left;  /* those of the marked ones that it is not about, each with the reason; raw text */
    size_t left_count;
};
bool batch_open(struct view *v, enum box_kind kind); /* false: nothing is marked on this screen */
void batch_sync(struct view *v);                     /* drops what was overtaken, ends when all are done */
void batch_confirm(struct view *v);
bool batch_take_back(struct view *v); /* those within their undo window. False: none is */
bool batch_is_underway(const struct view *v);
void batch_free(struct batch *batch);

struct box {
    bool open;
    enum box_kind kind;
    enum box_phase phase;
    struct target target; /* of several: the first one */
    struct batch batch;
    char *confirm_text; /* service@stage, where it must be typed; NULL: a key is enough */
    bool explained;     /* the help stands over it */
    bool warned;        /* it says that this goes back */
    struct buffer confirm, comment;
    bool poured; /* the words came faster than anybody types */
    enum box_field field;
    char *notice;     /* how it was overtaken, or why it failed */
    const char *told; /* one line about a key that did not count; static text */
    bool fits;        /* all that must be read is on the terminal */
    bool drawn, armed,
        asked; /* on the terminal; answered for, or not answered at all; a position report was asked for */
    int64_t drawn_ms, opened_ms;
    enum input_kind opened_with;
    int64_t early_ms;       /* when a confirming key came that did not count; 0: none */
    int cursor_x, cursor_y; /* of the text field; -1: none */
};

bool box_is_decision(enum box_kind kind);
void box_open(struct view *v, enum box_kind kind);
void box_close(struct view *v);
void box_unseen(struct view *v); /* what was typed until it is on the terminal again confirms nothing */
void box_sync(struct view *v);   /* is what it asks about still open? */
void box_draw(struct view *v, struct rect area);
const struct hint *box_keys(const struct view *v); /* for the key line, as those of a screen */
void box_key(struct view *v, const struct input_event *ev);
void box_confirm(struct view *v); /* what box_key has accepted, once nothing else came with it */
void box_overtake(struct view *v, const char *notice); /* it becomes a notice that swallows keys */
void box_told(struct view *v, const char *text);
void box_edit(struct view *v, const struct input_event *ev); /* a key for the text fields */

/* ---- confirm.c: how much it takes to decide, and which keys count ---- */
enum due { DUE_NOTHING, DUE_BOX, DUE_AT_ONCE }; /* what a key has confirmed, if no other came with it */

struct typing {
    size_t in_read;    /* keys in the bytes that are being taken */
    bool after_pause;  /* nothing was typed just before them */
    int64_t ended_ms;  /* when the last keys had been dealt with */
    int64_t decide_ms; /* when a key last asked for a decision; -1: never */
    enum due due;
    char *shown; /* triggered id of the approval that the cursor stands on, on the terminal; NULL: none */
    int64_t shown_ms;
};
void typing_begin(struct view *v);   /* before the keys of one read, or of the escape timer */
bool typing_key(struct view *v);     /* before each. True: it has undone what one before it confirmed */
bool typing_click(struct view *v);   /* the same before the mouse does something */
void typing_confirm(struct view *v); /* behind them: what they confirmed is done */
void typing_end(struct view *v);     /* behind the frame that they made */
bool typing_alone(const struct view *v);
void typing_shown(struct view *v); /* after each frame */
/* After each frame: has the box come onto the terminal with it? Asks the terminal to say so. */
void box_was_drawn(struct view *v);
void box_take_report(struct view *v);    /* the terminal's answer to one such question */
void box_arm_unanswered(struct view *v); /* before each key: for terminals that do not answer */
enum settings_confirm confirm_level(const struct view *v, const struct target *t);
void confirm_ask(struct view *v, enum box_kind kind,
                 enum input_kind key); /* a box, or none where none is wanted */

/* ---- sent.c: what was confirmed here, and what becomes of it ---- */
struct sent {
    struct target target;
    enum box_kind kind;
    char *what;                /* "approval of helloservice v0.1.1 into production" */
    char *comment;             /* never NULL */
    char *text;                /* of the server about its state; NULL: none */
    bool warned;               /* that it goes back was answered for */
    bool settled;              /* the stream has told what came of it */
    int64_t due_ms;            /* when its undo window ends; 0: it is over */
    enum decision_state state; /* means nothing before due_ms */
};
/* NULL: none was confirmed here. */
const struct sent *view_sent(const struct view *v, const struct source *source, const char *triggered_id);
const struct sent *sent_of(const struct view *v, const struct target *t); /* decisions and controls */
/* Confirmed: begins its undo window, or sends it. */
void sent_begin(struct view *v, const struct target *t, enum box_kind kind, const char *comment, bool warned);
void sent_submit(struct view *v, struct sent *sent);
void sent_drop(struct view *v, struct sent *sent, const char *why); /* within its undo window */
void sent_forget(struct view *v, struct sent *sent);
bool sent_is_underway(const struct sent *sent);                   /* without an end that is known */
const char *sent_word(struct view *v, const struct sent *sent);   /* for a row: "undo 4s", "sending", … */
const char *sent_step(const struct sent *sent);                   /* "sending"; static */
const char *sent_phrase(struct view *v, const struct sent *sent); /* for the detail and the box */
void sent_sync(struct view *v); /* looks at what the stream has told since; before each frame */
void sent_free(struct view *v);
const char *held_by(struct view *v, const struct model_sequence *seq, enum role *role); /* "": by nothing */

/* ---- undo.c: the time in which a decision can be taken back ---- */
size_t undo_count(const struct view *v);
void undo_plan(struct view *v);                                     /* sets the timer */
void undo_note(struct view *v, const struct sent *s, bool pending); /* where a crash does not lose it */
void undo_key(struct view *v);
void undo_take_back(struct view *v, const struct target *t); /* it is within its window */
const char *undo_line(struct view *v);        /* for the message line; NULL: nothing can be undone */
int64_t undo_change_ms(const struct view *v); /* until a countdown's text changes; -1: there is none */
const char *undo_left(struct view *v, const struct sent *sent); /* "4s", "3m"; NULL: its window is over */

/* ---- log.c ---- */
#define LOG_KEEP 65536 /* bytes of a job's output that are kept */

struct job_log {
    const struct source *source;
    char *triggered_id, *title; /* of the task that is shown; NULL: none */
    uint64_t ticket;            /* of the question whose answer counts; 0: none */
    struct buffer text;
    uint64_t offset; /* in the job's output, of the byte after text */
    bool growing, answered, asked;
    int64_t asked_ms, answered_ms;
    int scroll; /* lines from the end; 0 follows */
};
void log_show(struct view *v, const struct model_sequence *seq, const struct model_task *task);
void log_free(struct job_log *log);
bool log_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer); /* false: not its own */
/* The last lines of the output, as far as they fit into the area. */
void log_draw_tail(struct view *v, struct rect area);
/* A line of a program's output as a person means it: without colours and what was written over. */
const char *view_plain_line(struct view *v, const char *line, size_t len);
int64_t log_tick(struct view *v,
                 int64_t now_ms); /* asks for more where it is due. Returns when to come again, -1: never */

/* ---- help.c ---- */
#define CHECK_MARK_KEY "✅" /* as the key map names them */
#define CROSS_MARK_KEY "❌"
bool help_is_over_box(const struct view *v); /* it hides the box, which then confirms nothing */
void help_of_box_draw(struct view *v, struct rect area);
void help_of_prompt(struct view *v); /* in its note */

/* ---- topbar.c ---- */
struct topbar_part { /* a piece of the line; the least important one gives way first */
    const char *text;
    enum role role;
    int importance; /* 0: always there */
};
struct topbar_part topbar_link(struct view *v, const struct source *s); /* how fresh it is */
const char *topbar_who(struct view *v, const struct source *s);         /* "maria (approver)" */
void topbar_draw(struct view *v, int y, int w);
void keyline_draw(struct view *v, int y, int w);
void message_draw(struct view *v, int y, int w);
bool message_is_shown(const struct view *v);
void prompt_draw(struct view *v, int y, int w); /* in place of the key line, with a note above it */

/* ---- wall.c ---- */
struct wall {
    bool only, locked; /* nothing else is here (--wall); keys mean nothing */
    int64_t redrawn_ms;
};
bool wall_is_seen(const struct view *v);
/* Goes back to the wall and draws it anew, each where it is due. Returns when to come again, -1: never. */
int64_t wall_tick(struct view *v, int64_t now_ms);

/* ---- view.c ---- */
#define SCREENS_MAX 8
#define SOURCES_MAX 32

struct view {
    struct source *sources[SOURCES_MAX];
    size_t source_count;
    struct pick *waiting; /* of all sources, as of revision */
    size_t waiting_count, waiting_capacity;
    uint64_t revision; /* grows when a model has changed, or a source was added */
    uint64_t model_revisions[SOURCES_MAX], tickets;
    struct view_ports ports;
    struct keymap *keymap;
    const struct settings *settings; /* never NULL */
    struct settings defaults;
    struct terminal *term;
    struct theme theme;
    struct grid grid;
    struct arena arena;         /* texts of one frame or key */
    const struct source *clock; /* whose clock ages are told by just now; NULL: the first one's */
    struct input input;
    bool read_only, ascii, closing;
    bool may_suspend;
    char *hint;
    char *message;
    bool message_is_error, quit_asked;
    struct messages messages;
    struct links links;
    struct command command;
    struct output output;
    char *data_directory; /* where themes are; NULL: as installed */
    enum theme_glyphs glyph_set;

    const struct view_ops *screens[SCREENS_MAX];
    size_t screen_count;
    struct tree tree;
    struct waiting waiting_list;
    struct events events;
    struct run_events run_events;
    struct decided decided;
    struct difference difference;
    struct json_view json; /* of the screen that shows one event */
    struct box box;
    struct filtering filtering;
    struct prompt prompt; /* while it is open, all keys are its own */
    struct job_log log;
    struct wall wall;
    int detail_scroll, help_scroll;
    char *detail_for;   /* what the detail shows, for its scroll */
    struct sent **sent; /* oldest first */
    size_t sent_count, sent_capacity;
    struct typing typing;

    int64_t touched_ms; /* when a key or the mouse was last used */
    bool focused;       /* the terminal has said that its window has the focus, and not yet that it lost it */
    int64_t blurred_ms; /* when it lost it; 0: it has it, or has never said */
    unsigned reports_due; /* position reports that were asked for and have not come */
    int64_t report_ms;    /* when the last one was asked for */
    bool reports_come;    /* this terminal has answered one */
    char *chosen_theme;   /* that was asked for; NULL: none was */
    bool dirty, frame_armed;
    int64_t last_frame_ms;
    int64_t next_change_ns; /* server time at which a text of the frame changes by itself; INT64_MAX: never */
    uv_loop_t *loop;
    uv_timer_t frame_timer, wake_timer, input_timer, undo_timer;
    uv_poll_t poll;
    uv_signal_t resized, continued, stopped;
    int open_handles;
};

int64_t view_now_ms(const struct view *v);
int64_t view_now_ns(const struct view *v); /* the server's clock */
void view_reload(struct view *v);
/* Another theme, at once. After an error the old one stays. */
MUST_CHECK enum status view_use_theme(struct view *v, const char *name, struct error *err);
void view_note_theme(struct view *v, const char *name); /* it was asked for; copies */
/* ---- messages.c: the message line ---- */
void view_say(struct view *v, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- screens.c: from screen to screen ---- */
const struct view_ops *view_top_screen(const struct view *v); /* the one that is seen, and takes the keys */
void view_push_screen(struct view *v, const struct view_ops *screen);
void screens_go_back(struct view *v);
void view_show_screen(struct view *v, const struct view_ops *screen); /* the way back is to the tree */
void screens_sync(struct view *v);                                    /* of all that one may come back to */
bool screens_act(struct view *v, enum action action);                 /* false: the action is another */
void screens_title_draw(struct view *v, int y, int w);                /* on the separator */

/* ---- frame.c ---- */
void frame_draw(struct view *v);          /* now, or once the terminal can take it */
void frame_arm(struct view *v);           /* soon: at once after a quiet time, else with the next frame */
void frame_plan_wake(struct view *v);     /* sets the timer for what changes by itself */
bool view_is_split(const struct view *v); /* the detail stands beside the tree */
bool view_is_compact(const struct view *v);

/* ---- keys.c ---- */
void keys_read(uv_poll_t *poll, int status, int events); /* the terminal has something to read */

/* ---- draw.c: helpers. Text of the model is raw until view_safe ---- */
const char *view_safe(struct view *v, const char *raw);      /* one frame's */
const char *view_safe_line(struct view *v, const char *raw); /* line breaks and tabs become blanks */
const char *view_printf(struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *view_glyph(const struct view *v, enum glyph glyph);
void view_note_change(struct view *v, int64_t at_ns); /* by the clock that view_now_ns reads just now */
/* "12m"; where the settings want clocks, and no seconds are asked for, "09:26". Notes when it changes. */
const char *view_age(struct view *v, int64_t since_ns, bool with_seconds);
/* "2h ago", or the clock where the settings want that. */
const char *view_ago(struct view *v, int64_t ns);
int view_age_width(const struct view *v); /* cells of the longest age, or of what stands in its place */
/* The settings' zone. False: there is no such time. */
bool view_break_down(const struct view *v, int64_t ns, struct tm *out);
const char *view_clock(struct view *v, int64_t ns); /* "09:26", with the day where it is not today */
const char *view_stamp(struct view *v, int64_t ns); /* the same, shorter: without the year */
const char *view_time(struct view *v, int64_t ns);  /* the same with seconds */
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

/* ---- terminal.c ---- */
/* The window has gained or lost the focus. What stands there after a long time without may have been written
 * over or reset: it is drawn anew. Tests wait less. */
void focus_take(struct view *v, bool gained);
extern int64_t focus_redraw_ms;
bool mouse_take(struct view *v, const struct input_event *ev); /* true: something has changed by it */
void view_suspend(struct view *v);
void view_resume(struct view *v); /* somebody else had stopped the process */

#endif
