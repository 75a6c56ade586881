/* view/view.h: the dashboard on the terminal. It draws const models, keeps only its own cursor, folds and
 * boxes, and asks for decisions through its ports. One file, paint.c, includes ncurses. Source:
 * screens.md; interfaces.md, "Keys". */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "decide/decide.h"
#include "event/event.h"
#include "model/model.h"
#include "settings/settings.h"

struct view;

enum view_glyphs { VIEW_GLYPHS_AUTO, VIEW_GLYPHS_UNICODE, VIEW_GLYPHS_CONSOLE, VIEW_GLYPHS_ASCII };
enum view_link {
    VIEW_LINK_CONNECTING,
    VIEW_LINK_LIVE,
    VIEW_LINK_STALE,
    VIEW_LINK_POLLING,
    VIEW_LINK_OFFLINE,
    VIEW_LINK_REFUSED,
    VIEW_LINK_REPLAY,  /* a recording, not a server: the top line says of when */
    VIEW_LINK_REPLAYED /* the same, at its end */
};

struct view_settings {
    const char
        *theme; /* name; NULL: "dark", or "mono" where the terminal has no colours or NO_COLOR is set */
    enum view_glyphs glyphs; /* AUTO: by locale and TERM */
    bool read_only, mouse;
    bool may_suspend;       /* Ctrl-Z gives the terminal to the shell; false: there must be no way to one */
    bool wall, wall_locked; /* begin with the wall, and come back to it; nothing can be changed. locked: keys
                               mean nothing */
    const struct settings *settings; /* borrowed as long as the view; NULL: defaults */
    const char *hint;                /* one line over the tree that says what to do (the demo); NULL: none */
    const char *data_directory; /* where themes/NAME.yaml is, when not below $XDG_CONFIG_HOME/drawbridge */
};

/* A connection whose model is shown. Sources are numbered as they were added, from 0. */
struct view_source {
    const char *name;          /* of the context: "prod-eu"; unique among the sources */
    const char *label;         /* for persons; NULL: the name */
    const char *colour;        /* of the label, a colour word of a theme; NULL: as other titles */
    const struct model *model; /* borrowed as long as the view */
    bool read_only;            /* nothing of it can be changed from here */
};

/* What is asked of a server beside its stream; each answer comes back through view_fetched. */
enum view_query_kind {
    VIEW_QUERY_EVENTS,   /* all events of project and context, as the event store has them */
    VIEW_QUERY_RESOURCE, /* the text of a resource (uri) at a commit; stage NULL: of the project */
    VIEW_QUERY_JOB_LOG   /* the output of the job that serves the task `id`, from byte `offset` */
};
struct view_query {
    enum view_query_kind kind;
    const char *project, *stage, *context, *id, *uri, *commit; /* NULL where the kind has no use for it */
    uint64_t offset;
};
struct view_answer {
    bool came;        /* false: `why` says why not; body is "" then */
    bool more;        /* another answer with this ticket follows: of events, a page each */
    const char *body; /* terminated; of a resource: decoded */
    size_t len;
    const char *why;
};

/* What a word of a command line may be. */
enum view_word {
    VIEW_WORD_TEXT,
    VIEW_WORD_PROJECT,
    VIEW_WORD_STAGE,
    VIEW_WORD_SERVICE,
    VIEW_WORD_SEQUENCE, /* a sequence's name */
    VIEW_WORD_RUN,      /* the keptn context of one */
    VIEW_WORD_CONNECTION,
    VIEW_WORD_THEME,
    VIEW_WORD_ACTION
};
/* text: a candidate; NULL: all that the view knows of this kind. */
typedef void view_word_fn(void *to, enum view_word kind, const char *text);

struct view_ports {
    void *arg;
    /* Begins a decision; reports come back through view_decision_changed. */
    void (*decide)(void *arg, size_t source, const struct decision_request *request);
    void (*control)(void *arg, size_t source, const struct model_sequence *seq,
                    const char *verb); /* pause, resume, abort */
    /* A decision begins (pending) or ends to wait for its undo window, in words: kept on the disk, so that
     * the next start can say that it was not sent, whatever ends the program meanwhile. */
    void (*note)(void *arg, const char *what, bool pending);
    void (*reload)(void *arg);
    void (*quit)(void *arg);
    /* Asks; the ticket comes back with the answer, never before this returns. query is borrowed. */
    void (*fetch)(void *arg, size_t source, const struct view_query *query, uint64_t ticket);
    int64_t (*now_ns)(void *arg, size_t source); /* the server's clock, as far as it is known */
    /* Commands of the program, for the output pane; each may be NULL. words are those of a command line,
     * NULL-terminated. check: may it run for this source, and does it change something on the server? run:
     * STATUS_OK; output and end then come through view_output and view_command_ended, never before it
     * returns. stop ends it with all that it has started; nothing more comes. complete tells what may stand
     * in place of the last word, "" where nothing of it has been typed. */
    enum status (*check)(void *arg, size_t source, const char *const *words, size_t count, bool *changes,
                         struct error *err);
    enum status (*run)(void *arg, size_t source, const char *const *words, size_t count, int columns,
                       uint64_t ticket, struct error *err);
    void (*stop)(void *arg, uint64_t ticket);
    void (*complete)(void *arg, const char *const *words, size_t count, view_word_fn *each, void *to);
};

/* Opens the terminal (the process's own). STATUS_INVALID with a sentence for a person where it cannot be used
 * (TERM=dumb or unknown, no terminal). The first frame comes with the first source. */
MUST_CHECK enum status view_new(uv_loop_t *loop, const struct view_settings *settings,
                                const struct view_ports *ports, struct view **out, struct error *err);
size_t view_add_source(struct view *v, const struct view_source *source); /* copies; returns its number */
/* The theme that was asked for while it ran, on its command line; NULL: none was. Valid until the next key.
 */
const char *view_chosen_theme(const struct view *v);
/* What was folded in an earlier run: a key that view_folds gave then. */
void view_fold(struct view *v, const char *key);
/* Fills keys with at most `most` of what is folded now, valid until the next key; returns how many there are.
 * changed (may be NULL): whether that is another set than view_fold made. */
size_t view_folds(const struct view *v, const char **keys, size_t most, bool *changed);
void view_free(struct view *v);    /* restores the terminal */
void view_emergency_restore(void); /* async-signal-safe enough for abort and fatal signals: leaves the
                                      alternate screen, shows the cursor */

void view_model_changed(
    struct view *v); /* cheap: draws at once after a quiet time, else at the next frame (30 a second) */
void view_set_link(struct view *v, size_t source, enum view_link link, int64_t since_ns, const char *why);
void view_set_identity(struct view *v, size_t source, const char *name,
                       const char *role); /* role NULL: unknown */
/* When the token of a source ends; 0: never, or nobody knows. */
void view_set_expiry(struct view *v, size_t source, int64_t expires_ns);
void view_decision_changed(struct view *v, size_t source, const char *triggeredid, enum decision_state state,
                           const char *text);
/* What the server said to a pause, a resume or an abort; text: why it was refused. */
void view_control_changed(struct view *v, size_t source, const char *project, const char *stage,
                          const char *context, bool accepted, const char *text);
void view_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer);
/* An event as it came, with its text: kept for the screens of raw events, as far as they go back. Cheap;
 * draws nothing: view_model_changed does. */
void view_event(struct view *v, size_t source, const struct event *ev, const char *text, size_t len);
void view_output(struct view *v, uint64_t ticket, const char *bytes, size_t len);
/* how: "done", "exit status 3: not found" */
void view_command_ended(struct view *v, uint64_t ticket, bool failed, const char *how);
/* Another look, from now on. STATUS_NOT_FOUND, STATUS_INVALID: as it was, and why. */
MUST_CHECK enum status view_set_theme(struct view *v, const char *name, struct error *err);
/* For somebody who looks elsewhere: nothing is done while the window is known to have the focus and keys are
 * typed into it. text may come from anywhere; terminals without such a thing get nothing. */
void view_bell(struct view *v);
void view_notify(struct view *v, bool osc9, bool osc777, const char *text);
void view_set_title(struct view *v, const char *text); /* the former one comes back at the end */
bool view_copy(struct view *v,
               const char *text); /* to the clipboard; false: this terminal has no way to it */

void view_message(struct view *v, bool is_error,
                  const char *text); /* one line above the key line, until a key */
/* The same about one connection. */
void view_message_of(struct view *v, size_t source, bool is_error, const char *text);

#endif
