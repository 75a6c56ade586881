/* cli/demo.h: `drawbridge demo`: the tutorial with real parts: an upstream repository, drawbridged, jobs, a
 * deployed service. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "cli/cli.h"

struct cli_args;

/* On a terminal it opens the dashboard at the waiting approval; else it prints each step and approves by
 * itself. */
MUST_CHECK enum status cli_demo(struct cli_context *ctx, const struct cli_args *args, struct error *err);

#endif
