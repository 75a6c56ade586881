/* view/view.h: the dashboard on the terminal. It draws a const model, keeps only its own cursor, folds and
 * boxes, and asks for decisions through decide's interface. One file, term.c, includes ncurses. Source:
 * screens.md; interfaces.md, "Keys". */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "decide/decide.h"
#include "model/model.h"

struct view;

enum view_glyphs { VIEW_GLYPHS_AUTO, VIEW_GLYPHS_UNICODE, VIEW_GLYPHS_CONSOLE, VIEW_GLYPHS_ASCII };
enum view_link {
    VIEW_LINK_CONNECTING,
    VIEW_LINK_LIVE,
    VIEW_LINK_STALE,
    VIEW_LINK_POLLING,
    VIEW_LINK_OFFLINE,
    VIEW_LINK_REFUSED
};

struct view_settings {
    const char
        *theme; /* name; NULL: "dark", or "mono" where the terminal has no colours or NO_COLOR is set */
    enum view_glyphs glyphs; /* AUTO: by locale and TERM */
    bool read_only, mouse;
    const char *context_name;   /* shown in the top line: "demo", "prod-eu" */
    const char *hint;           /* one line over the tree that says what to do (the demo); NULL: none */
    const char *data_directory; /* where themes/NAME.yaml is, when not below $XDG_CONFIG_HOME/drawbridge */
};

struct view_ports {
    void *arg;
    /* Begins a decision; reports come back through view_decision_changed. */
    void (*decide)(void *arg, const struct decision_request *request);
    void (*control)(void *arg, const struct model_sequence *seq, const char *verb); /* pause, resume, abort */
    void (*reload)(void *arg);
    void (*quit)(void *arg);
    /* Fetches the output of the job that serves a task (from byte offset); comes back through view_job_log.
     */
    void (*job_log)(void *arg, const char *triggered_id, uint64_t offset);
    int64_t (*now_ns)(void *arg); /* the server's clock, as far as it is known */
};

/* Opens the terminal (the process's own) and draws. STATUS_INVALID with a sentence for a person where it
 * cannot be used (TERM=dumb or unknown, no terminal). */
MUST_CHECK enum status view_new(uv_loop_t *loop, const struct model *model,
                                const struct view_settings *settings, const struct view_ports *ports,
                                struct view **out, struct error *err);
void view_free(struct view *v);    /* restores the terminal */
void view_emergency_restore(void); /* async-signal-safe enough for abort and fatal signals: leaves the
                                      alternate screen, shows the cursor */

void view_model_changed(
    struct view *v); /* cheap: draws at once after a quiet time, else at the next frame (30 a second) */
void view_set_link(struct view *v, enum view_link link, int64_t since_ns, const char *why);
void view_set_identity(struct view *v, const char *name, const char *role); /* role NULL: unknown */
void view_decision_changed(struct view *v, const char *triggeredid, enum decision_state state,
                           const char *text);
void view_job_log(struct view *v, const char *triggered_id, uint64_t offset, const char *bytes, size_t len,
                  bool growing);
void view_message(struct view *v, bool is_error,
                  const char *text); /* one line above the key line, until a key */

#endif
