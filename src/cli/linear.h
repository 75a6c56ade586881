/* cli/linear.h: the dashboard as lines, for screen readers and terminals that cannot move their cursor: one
 * plain line a change, and a prompt for decisions. Nothing is ever drawn again. Source: interfaces.md,
 * `--linear`. */
#ifndef CLI_LINEAR_H
#define CLI_LINEAR_H

#include "cli/cli.h"

/* Runs until `quit`, the end of the input, SIGTERM or SIGHUP. Needs no terminal. The loop holds closing
 * handles when it returns. */
MUST_CHECK enum status linear_run(struct cli_context *ctx, struct error *err);

#endif
