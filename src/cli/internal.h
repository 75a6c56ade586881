/* internal.h: what the subcommands share: their table, their options, requests, and output. */
#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/buffer.h"
#include "cli/cli.h"

/* --- options (options.c) --- */

struct cli_option {
    const char *name;  /* "project"; NULL ends a table */
    char letter;       /* 0: none */
    const char *value; /* what its value is called in the help, in [] where it may be left out; NULL: it takes
                          none */
    const char *help;
};

struct cli_given {
    const struct cli_option *option;
    const char *value; /* "" for an option without one */
};
struct cli_args {
    struct cli_given *given; /* in the order of the command line */
    size_t given_count, given_capacity;
    char **words; /* what is no option */
    size_t word_count;
    char **owned; /* the vector that getopt has put in order */
};

struct cli_command {
    const char *words;     /* "create project"; others that mean the same after a '|' */
    const char *arguments; /* "NAME --shipyard FILE" */
    const char *summary;
    const struct cli_option *options; /* its own; NULL: none */
    size_t words_min, words_max;      /* arguments that are no options */
    bool changes;                     /* it changes something on the server: refused with --read-only */
    bool offline;                     /* it asks no server */
    enum status (*run)(struct cli_context *ctx, const struct cli_args *args, struct error *err);
};

extern const struct cli_option cli_global_options[];
extern const struct cli_command cli_commands[]; /* ends with words NULL */

/* Parses options up to the first word that is none (command NULL), or all (command's and global ones mixed).
 * Appends to args. *next: index of that word. Returns STATUS_OK or STATUS_USAGE. argv is borrowed as long as
 * args. */
MUST_CHECK enum status cli_parse(const struct cli_command *command, int argc, char **argv,
                                 struct cli_args *args, int *next, struct error *err);
void cli_args_free(struct cli_args *args);

const char *cli_value(const struct cli_args *args, const char *name); /* the last one given; NULL: none */
bool cli_has(const struct cli_args *args, const char *name);
const char *cli_value_at(const struct cli_args *args, const char *name,
                         size_t i); /* the i-th given; NULL: no more */
/* The value, or STATUS_USAGE "--name is missing". */
MUST_CHECK enum status cli_need(const struct cli_args *args, const char *name, const char **value,
                                struct error *err);
/* key=value pairs, several in one text with commas, quotes around values: a=b,c="d,e". Adds strings to
 * object. */
MUST_CHECK enum status cli_parse_pairs(const char *option, const char *text, cJSON *object,
                                       struct error *err);

/* Whether the command may run at all: not one that changes something with --read-only, not one that works on
 * this machine in a restricted session. STATUS_OK or STATUS_FORBIDDEN. */
MUST_CHECK enum status cli_may_run(const struct cli_context *ctx, const struct cli_command *command,
                                   struct error *err);
void cli_refuse_files(void); /* cli_read_file refuses from now on */

/* Finds the command of argv[0] or argv[0] argv[1]. *used: words that name it. NULL: none. */
const struct cli_command *cli_find_command(int argc, char **argv, int *used);
/* The command that the words begin with. NULL: none. */
const struct cli_command *cli_command_of(const char *const *words, size_t count);

/* --- replay (replay.c) --- */

/* Reads --replay and --speed. *replays: what ctx->replays points to, the caller's (free). */
MUST_CHECK enum status cli_set_replay(struct cli_context *ctx, const struct cli_args *args,
                                      const char ***replays, struct error *err);
/* STATUS_USAGE where the command (NULL: the dashboard) asks a server, and a recording was given. */
MUST_CHECK enum status cli_check_replay(const struct cli_context *ctx, const struct cli_command *command,
                                        struct error *err);

/* --- requests (request.c) --- */

#define CLI_C  "/controlPlane/v1"
#define CLI_M  "/mongodb-datastore"
#define CLI_RS "/resource-service/v1"

/* Asks the server of ctx; {} in format takes the next argument, escaped. An answer that is no success becomes
 * err. *out (may be NULL) gets the parsed body, NULL where it is empty; the caller's. */
MUST_CHECK enum status cli_ask(struct cli_context *ctx, const char *method, const cJSON *body, cJSON **out,
                               struct error *err, const char *format, ...);
/* All pages of a list: *out is the array of that key, of all pages; the caller's. format without pageSize and
 * nextPageKey. */
MUST_CHECK enum status cli_ask_pages(struct cli_context *ctx, const char *key, cJSON **out, struct error *err,
                                     const char *format, ...);
long long cli_next_page(const cJSON *page); /* the offset of the next page; 0: none */
/* POST /v1/event. *context (may be NULL) gets the answer's keptnContext; the caller's (free). */
MUST_CHECK enum status cli_send_event(struct cli_context *ctx, const cJSON *event, char **context,
                                      struct error *err);

/* --git-remote-url and what goes with it, as gitCredentials into a body (upstream.c). STATUS_USAGE. */
MUST_CHECK enum status cli_add_upstream(const struct cli_args *args, cJSON *body, struct error *err);

char *cli_base64(const char *bytes, size_t len); /* the caller's (free) */

/* --- output (output.c) --- */

enum cli_format { CLI_TABLE, CLI_JSON, CLI_NDJSON };
/* Reads --output; STATUS_USAGE for another word than table (text), json, ndjson. */
MUST_CHECK enum status cli_format(const struct cli_args *args, enum cli_format *format, struct error *err);

/* Text from outside, made fit for a terminal, appended to out. */
void cli_add_clean(struct buffer *out, const char *raw);
/* Several lines: each made fit, line breaks kept. */
void cli_write_clean(const char *raw, size_t len);
void cli_use_ascii_glyphs(void);
void cli_use_wide_ambiguous(void);            /* the terminal gives them two cells */
bool cli_glyphs_are_ascii(void);              /* by that, or by the locale */
void cli_write(const char *text, size_t len); /* standard output, as it is */
bool cli_output_is_lost(void);                /* a write to standard output has failed */
/* JSON and a line break; what a terminal could take for a command or does not show is escaped. indent: over
 * several lines. */
void cli_print_json(const cJSON *value, bool indent);
/* An array as the format has it: ndjson one item a line. Not for CLI_TABLE. */
void cli_print_items(const cJSON *array, enum cli_format format);

struct cli_table {
    const char *const *titles; /* NULL-terminated */
    size_t columns;
    char **cells; /* rows * columns, sanitised */
    size_t rows, capacity;
};
void cli_table_begin(struct cli_table *t, const char *const *titles);
/* One cell after the other; NULL is "-". Copies. */
void cli_table_add(struct cli_table *t, const char *raw);
/* A row of its own over all columns. */
void cli_table_add_line(struct cli_table *t, const char *raw);
void cli_table_drop(struct cli_table *t); /* frees without printing */
/* Prints, cut to the terminal's width where standard output is one, and frees. */
void cli_table_end(struct cli_table *t);

/* --- commands --- */

typedef enum status cli_run(struct cli_context *ctx, const struct cli_args *args, struct error *err);
cli_run cli_approve, cli_audit, cli_decline, cli_list, cli_log, cli_record, cli_show, cli_watch,
    cli_add_resource, cli_auth, cli_context_add, cli_context_list, cli_context_remove, cli_context_use,
    cli_create_project, cli_create_service, cli_keys, cli_themes, cli_delete_project, cli_delete_service,
    cli_get_event, cli_get_project, cli_get_service, cli_get_stage, cli_help, cli_abort, cli_pause,
    cli_resume, cli_send, cli_status, cli_trigger_delivery, cli_trigger_sequence, cli_update_project,
    cli_version;

extern const struct cli_option cli_audit_options[], cli_context_add_options[], cli_approve_options[],
    cli_list_options[], cli_log_options[], cli_record_options[], cli_show_options[], cli_watch_options[],
    cli_add_resource_options[], cli_create_project_options[], cli_project_options[],
    cli_update_project_options[], cli_get_event_options[], cli_stage_options[], cli_control_options[],
    cli_send_options[], cli_trigger_delivery_options[], cli_trigger_sequence_options[], cli_output_options[];

/* Help on one command, or on all (NULL). */
void cli_print_help(const struct cli_command *command);

#endif
