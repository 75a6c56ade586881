/* cli/token.h: where an API token comes from. A token is never on a command line, never in an error. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/settings.h"

#define TOKEN_COMMAND_MS 10000

/* One of the first three, or none. Borrowed. */
struct token_source {
    const char *text;                    /* DRAWBRIDGE_TOKEN */
    const char *file;                    /* token-file */
    const struct settings_list *command; /* token-command; NULL or empty: none */
    bool local;  /* else the one of this machine's drawbridged, where it can be read */
    bool strict; /* restricted: %u in the file's name is the user, whose file it must be, readable by nobody
                    else; no command is run, and no local token is looked for */
};

/* *token: the caller's (free); NULL with STATUS_OK: there is none. Waits for a command for at most
 * TOKEN_COMMAND_MS. Returns STATUS_OK; STATUS_USAGE: text or file, with why; STATUS_FAILED, STATUS_TIMED_OUT:
 * the command; STATUS_FORBIDDEN: strict does not allow it Runs    on any thread */
MUST_CHECK enum status token_read(const struct token_source *source, char **token, struct error *err);

/* True where others than its owner can read the file; *mode: its permissions. */
bool token_file_is_open(const char *path, unsigned *mode);

/* Reads a token file (at most 4 KiB; blanks around the token are dropped). */
MUST_CHECK enum status token_read_file(const char *path, char **token, struct error *err);

#endif
