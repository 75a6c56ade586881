/* cli/cli.h: the command line of drawbridge: what every subcommand, the dashboard and the demo get, and the
 * entry that main calls. Source: interfaces.md, "drawbridge". */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "http/http.h"

enum cli_glyphs { CLI_GLYPHS_AUTO, CLI_GLYPHS_UNICODE, CLI_GLYPHS_CONSOLE, CLI_GLYPHS_ASCII };

/* What the options, the environment and the defaults say. All borrowed; lives as long as the program. */
struct cli_context {
    uv_loop_t *loop;
    struct http_client *http;
    const char *server; /* root of the API, without a slash at its end: "http://127.0.0.1:8080/api" */
    const char *stream; /* "auto" or a ws(s) URL */
    const char *token;  /* NULL: none */
    const char *name;   /* of this connection, for the top line: "127.0.0.1:8080" */
    const char *const *projects; /* NULL-terminated; NULL: all */
    bool read_only;              /* nothing may change anything on the server */
    bool mouse;
    const char *theme; /* NULL: the default */
    enum cli_glyphs glyphs;
    const char *program; /* argv[0] */
    /* Files that are looked at instead of a server, NULL-terminated; NULL: none. With them nothing can be
     * changed. */
    const char *const *replays;
    double speed; /* of the replay; 0: at once */
};

/* The whole program. Returns the exit status. */
int cli_main(int argc, char **argv);

/* The token that a start of drawbridged on this machine has written: $XDG_STATE_HOME/drawbridged/admin-token,
 * or /var/lib/drawbridged/admin-token. NULL: none that can be read. The caller's (free). */
char *cli_local_token(void);
/* Reads a token file (at most 4 KiB; blanks around it are dropped). */
MUST_CHECK enum status cli_read_token(const char *path, char **token, struct error *err);
/* Reads a whole file of at most limit bytes; "-": standard input. *text is the caller's (free). */
MUST_CHECK enum status cli_read_file(const char *path, size_t limit, char **text, size_t *len,
                                     struct error *err);

/* One line on standard error, "drawbridge: …", and one on standard output; both sanitised. */
void cli_complain(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_print(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
