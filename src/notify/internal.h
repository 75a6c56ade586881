/* internal.h: the command of a notification. */
#ifndef NOTIFY_INTERNAL_H
#define NOTIFY_INTERNAL_H

#include "notify/notify.h"

extern int notify_limit_ms; /* that a command may run; tests are less patient */

struct commands;

/* What a command is told besides the event: values of environment variables, raw. NULL: not set. */
struct command_facts {
    const char *raw_connection, *raw_project, *raw_stage, *raw_service, *raw_version, *raw_sequence,
        *raw_context;
    size_t held_back; /* approvals since the last command that had none of their own */
};

struct commands *commands_new(uv_loop_t *loop, const struct settings_notify *settings,
                              const struct notify_ports *ports);
void commands_free(struct commands *c);           /* as notify_free */
bool commands_are_free(const struct commands *c); /* one more may run */
/* Runs one. text: goes to its standard input. */
void commands_run(struct commands *c, const struct command_facts *facts, const char *text, size_t len);

/* How many approvals it remembers; for tests. */
size_t notify_known_count(const struct notify *n);

#endif
