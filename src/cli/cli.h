/* cli/cli.h: the command line of drawbridge: what every subcommand, the dashboard and the demo get, and the
 * entry that main calls. Source: interfaces.md, "drawbridge". */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "http/http.h"
#include "settings/settings.h"

struct token_source;

enum cli_glyphs { CLI_GLYPHS_AUTO, CLI_GLYPHS_UNICODE, CLI_GLYPHS_CONSOLE, CLI_GLYPHS_ASCII };

/* One server. All borrowed; lives as long as the program. */
struct cli_connection {
    const char *name;   /* of its context in the settings; NULL: it is made of options */
    const char *label;  /* for screens: "Production EU", "127.0.0.1:8080" */
    const char *colour; /* as settings.h has it; NULL: none */
    const char *server; /* root of the API, without a slash at its end: "http://127.0.0.1:8080/api" */
    const char *stream; /* "auto" or a ws(s) URL */
    const char *token;  /* NULL: none */
    const struct token_source *token_source; /* where it came from, to read it again when it has expired */
    const char *problem; /* why its token could not be had; NULL: no problem. Only where there are several */
    const char *const *projects; /* NULL-terminated; NULL: all */
    bool read_only;              /* nothing may change anything on this server */
    struct http_client *http;
};

/* What the options, the environment, the settings and the defaults say. All borrowed; lives as long as the
 * program. */
struct cli_context {
    uv_loop_t *loop;
    /* Of the first connection, which is the one that commands use. */
    struct http_client *http;
    const char *server;
    const char *stream;
    const char *token;
    const char *name; /* its label, for the top line */
    const char *const *projects;
    bool read_only;

    struct cli_connection *connections; /* at least one; several only for the dashboard */
    size_t connection_count;
    const struct settings *settings; /* never NULL */
    const struct error
        *settings_error; /* a command that asks no server runs also with a broken settings file;
                            settings are then the defaults. STATUS_OK: it is not broken */
    const char
        *settings_path; /* the file in use, whether it exists or not; NULL: there is no place for one */
    bool restricted; /* for sshd's ForceCommand: no suspend, no files of the user's choosing, no commands */
    bool mouse;
    bool linear;            /* lines instead of screens */
    bool wall, wall_locked; /* a screen on a wall: connections are read-only; keys mean nothing */
    const char *theme;      /* NULL: the default */
    enum cli_glyphs glyphs;
    const char *program; /* argv[0] */
    /* Files that are looked at instead of a server, NULL-terminated; NULL: none. With them nothing can be
     * changed. */
    const char *const *replays;
    double speed;        /* of the replay; 0: at once */
    int64_t replayed_ns; /* its clock, after cli_replay_picture */
};

/* The whole program. Returns the exit status. */
int cli_main(int argc, char **argv);

/* Reads a whole file of at most limit bytes; "-": standard input. *text is the caller's (free).
 * STATUS_FORBIDDEN in a restricted session: a user's choice of a file is never read there. */
MUST_CHECK enum status cli_read_file(const char *path, size_t limit, char **text, size_t *len,
                                     struct error *err);

/* Where themes/ is. The caller's (free). */
char *cli_data_directory(void);

/* One line on standard error, "drawbridge: …", and one on standard output; both sanitised. */
void cli_complain(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_print(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
