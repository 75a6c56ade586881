/* cli/run_command.h: a command of the dashboard's command line: which may run, how it runs, what completes
 * it. It is this program once more, a child with the connection of the row that one is on: the token goes
 * through the environment, never through its arguments. */
#ifndef CLI_RUN_COMMAND_H
#define CLI_RUN_COMMAND_H

#include <stdint.h>

#include "cli/cli.h"
#include "view/view.h"

struct run_command;

struct run_command_listener {
    void *arg;
    void (*output)(void *arg, uint64_t ticket, const char *bytes, size_t len);
    /* Once, after all output; the run is gone then. */
    void (*ended)(void *arg, uint64_t ticket, bool failed, const char *how);
};

/* Returns STATUS_OK with *changes: it changes something on the server; STATUS_USAGE: no such command, option
 * or number of arguments; STATUS_FORBIDDEN: not with --read-only, --restricted, a replay, or here. */
MUST_CHECK enum status run_command_check(const struct cli_context *ctx, const struct cli_connection *c,
                                         const char *const *words, size_t count, bool *changes,
                                         struct error *err);

/* Starts a command that run_command_check allows.
 *   token    in use for the connection; NULL: none. Borrowed, as all else
 *   columns  of the pane: tables fit it
 *   Runs     listener on the loop, never before this returns */
MUST_CHECK enum status run_command_start(const struct cli_context *ctx, const struct cli_connection *c,
                                         const char *token, const char *const *words, size_t count,
                                         int columns, uint64_t ticket, const struct run_command_listener *to,
                                         struct run_command **out, struct error *err);
/* Kills it with its process group. Nothing is called back; its handles close on the loop's next turns. */
void run_command_stop(struct run_command *r);

/* What may stand in place of the last word. */
void run_command_complete(const struct cli_context *ctx, const char *const *words, size_t count,
                          view_word_fn *each, void *to);

#endif
