/* cli/setup.h: from options, environment and settings file to connections. The command line beats the
 * environment, which beats the file. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/internal.h"

struct setup; /* owns what the context borrows */

/* The settings file of a restricted session; tests have one of their own. */
extern const char *setup_system_file;

/* Reads settings and tokens. command NULL: the dashboard, which alone may have several connections. Says on
 * standard error what is doubtful but no error. args, program  borrowed as long as the set-up *out also after
 * an error; the caller's (setup_free) Returns        STATUS_OK; STATUS_USAGE; STATUS_NOT_FOUND: no such
 * context or file; STATUS_INVALID: the settings file; STATUS_FORBIDDEN: --restricted; what token_read returns
 */
MUST_CHECK enum status setup_open(const struct cli_command *command, const struct cli_args *args,
                                  const char *program, struct setup **out, struct error *err);
/* Makes the loop and a client for each connection. */
MUST_CHECK enum status setup_start(struct setup *s, struct error *err);
struct cli_context *setup_context(struct setup *s);
/* Frees the clients and lets handles close. False: something still runs after a while; that can only be a
 * name look-up, which nobody can cancel, and the process must then end without waiting for it. */
bool setup_stop(struct setup *s);
void setup_free(struct setup *s);

/* --- restricted.c --- */

/* Leaves of the environment what a terminal and a locale need. */
void restricted_clean_environment(void);
/* Refuses options that choose a file. */
MUST_CHECK enum status restricted_check_options(const struct cli_args *args, struct error *err);

#endif
