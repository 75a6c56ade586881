/* cli/dashboard.h: the dashboard: feed → model → view, and decisions back. */
#ifndef CLI_DASHBOARD_H
#define CLI_DASHBOARD_H

#include "cli/cli.h"
#include "cli/link.h"

/* Runs until the operator quits, the terminal goes away, or SIGTERM, SIGHUP or SIGINT comes. hint: one line
 * over the tree, NULL: none. The loop holds closing handles when it returns. STATUS_INVALID: the terminal
 * cannot be used, with what to do. */
MUST_CHECK enum status dashboard_run(struct cli_context *ctx, const char *hint, struct error *err);

/* How a connection is made; borrows from both. */
struct link_settings dashboard_link_settings(const struct cli_context *ctx, const struct cli_connection *c);

#endif
