/* settings/state.h: what the dashboard remembers between two starts: its folds and theme, and decisions that
 * were within their undo window and so are not sent yet. One small JSON file,
 * $XDG_STATE_HOME/drawbridge/view.json, that several dashboards may share: each call locks it, reads it again
 * and replaces it in one step. Source: interfaces.md, "Settings file". */
#ifndef SETTINGS_STATE_H
#define SETTINGS_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define STATE_FOLDS_MAX 4096 /* more are not kept */
#define STATE_NOTES_MAX 64   /* decisions that wait at once */
#define STATE_TEXT_MAX  512  /* bytes of a name or a note; a longer one is not kept */

struct state {
    char *theme; /* NULL: none was chosen */
    char **folded;
    size_t folded_count; /* keys of the view's */
    char **unsent;       /* what dashboards that are gone had noted: raw text, for a person */
    size_t unsent_count;
};

/* Where it is; NULL: there is no place for it. restricted: below the home directory that the system has for
 * the user, whatever the environment says. The caller's (free). */
char *state_path(bool restricted);

/* No file is an empty state. *out is the caller's (state_free), also after an error, when it is empty.
 * Changes nothing. Returns STATUS_OK; STATUS_FAILED, STATUS_INVALID, STATUS_TOO_LARGE: one line that says why
 * the file is ignored; the next write replaces it */
MUST_CHECK enum status state_load(const char *path, struct state *out, struct error *err);
void state_free(struct state *s);

/* Replaces theme (NULL: none) and folds, and leaves the notes. Returns STATUS_OK or STATUS_FAILED. */
MUST_CHECK enum status state_save_view(const char *path, const char *theme, const char *const *folded,
                                       size_t folded_count, struct error *err);

/* Before a decision waits for its undo window to end: what it is, in words, so that the next start can say
 * that it was not sent. On the disk when this returns. Returns STATUS_OK; STATUS_FAILED; STATUS_TOO_LARGE:
 * more than STATE_NOTES_MAX, or longer than STATE_TEXT_MAX */
MUST_CHECK enum status state_note_pending(const char *path, const char *what, struct error *err);
/* It was sent, or taken back: this process's note is gone. */
MUST_CHECK enum status state_forget_pending(const char *path, const char *what, struct error *err);
/* What state_load has told in `unsent` was said. */
MUST_CHECK enum status state_forget_unsent(const char *path, struct error *err);

#endif
