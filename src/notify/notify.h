/* notify/notify.h: tells an operator who looks elsewhere that something new waits: by the bell, a
 * notification of the terminal, its title, and a command. Decides what and when; knows no terminal. An
 * approval is new once: not when it was open at the start, and not again after a reconnect. Source:
 * interfaces.md, "Settings file". */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "model/model.h"
#include "settings/settings.h"

struct notify;

struct notify_ports { /* each may be NULL; called from the loop only */
    void *arg;
    void (*bell)(void *arg);
    void (*show)(void *arg, const char *text); /* by the terminal; text is sanitised, one line */
    void (*title)(void *arg, size_t waiting);
    void (*failed)(void *arg, const char *text); /* a command did not do its work: one line for a person */
    int64_t (*now_ns)(void *arg);                /* wall clock of this machine; NULL: that one itself */
};

/* settings: borrowed as long as the notify.
 *   may_run  false: never a command (a restricted session, a replay) */
struct notify *notify_new(uv_loop_t *loop, const struct settings_notify *settings, bool may_run,
                          const struct notify_ports *ports);
/* Kills what still runs. No callback after it; handles close on the loop's next turns. NULL is fine. */
void notify_free(struct notify *n);

/* One connection, by its number; the numbers are those of the calls below, from 0. label: what a person calls
 * it, NULL where there is but one. The model is borrowed as long as the notify. */
void notify_add_source(struct notify *n, size_t source, const char *label, const struct model *model);
/* Its first picture is whole: what waits in it is not new. Later ones change nothing. */
void notify_begin(struct notify *n, size_t source);
/* The text of an approval's triggered event, for a command; kept for a while. Borrowed. */
void notify_keep_event(struct notify *n, size_t source, const char *triggered_id, const char *text,
                       size_t len);
/* Something may have changed. Cheap: looks after a moment, so that several at once are one message. */
void notify_look(struct notify *n);

/* Whether a time lies in the quiet hours of this machine's local time. */
bool notify_is_quiet(const struct settings_notify *settings, int64_t now_ns);

#endif
