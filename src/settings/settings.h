/* settings/settings.h: the settings file of drawbridge, read into one struct. Every key is one row of a table
 * (name, type, range, text), which reading, defaults, errors and the manual share. What is wrong in a file is
 * an error with file, line and column. Source: interfaces.md, "Settings file". */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define SETTINGS_UNDO_MIN_MS 5000 /* undo-window where a rule of confirm says none */

enum settings_confirm { SETTINGS_CONFIRM_KEY, SETTINGS_CONFIRM_TYPE, SETTINGS_CONFIRM_NONE };

/* Where something stands in the file, from 1; for errors that are found later, such as unknown actions. */
struct settings_place {
    int line, column;
};

struct settings_list {
    char **items;
    size_t count;
    struct settings_place *places; /* one an item */
};

/* One connection. */
struct settings_context {
    char *name, *label;                 /* label NULL: the name */
    char *colour;                       /* a colour word of the themes, or #rrggbb; NULL: none */
    char *server, *stream;              /* stream NULL: "auto" */
    char *token_file;                   /* may have %u in it, which only a restricted session expands */
    struct settings_list token_command; /* argv; never through a shell; empty: none */
    char *ca_file, *client_cert, *client_key;
    char *proxy; /* http://[user:password@]host[:port]; "none": not even the environment's; NULL: the
                    environment's */
    bool read_only;
    struct settings_list projects; /* as --only-project; empty: all */
    struct settings_place place;
};

/* Patterns of fnmatch(3); NULL: any. */
struct settings_confirm_rule {
    char *context, *project, *stage;
    enum settings_confirm level;
    struct settings_place place;
};

struct settings_key {
    char *action;
    struct settings_list keys; /* in place of the action's own; empty: it has no key */
    struct settings_place place;
};

struct settings_notify {
    bool bell, osc9, osc777;
    bool title;                   /* the waiting count in the terminal's title */
    struct settings_list command; /* argv of a command run for each new approval, the event on its standard
                                     input; empty: none */
    char *shell;                  /* the same, but one text for /bin/sh -c; NULL: none. Never both */
    int per_minute;               /* commands a minute at most */
    int quiet_from, quiet_until;  /* minutes of the local day; -1: no quiet hours; may pass midnight */
};

struct settings_wall {
    int rotation_s; /* a page */
    struct settings_list projects;
    struct settings_list hide; /* of users, labels, comments */
    bool locked;
    int failed_hours; /* how long a failure stays */
};

/* Names of columns in the order wanted; empty: the screen's own. */
struct settings_columns {
    struct settings_list tree, waiting, decided, events;
};

struct settings {
    char *path; /* of the file; for errors found later; NULL: there is none */
    struct settings_context *contexts;
    size_t context_count;
    char *current_context; /* NULL: the first */
    struct settings_list
        shown; /* key `show`: contexts that the dashboard shows together; empty: the current one alone */
    char *theme, *glyphs; /* NULL: by the terminal */
    int ambiguous_width;  /* cells of a character of ambiguous width: 1 or 2 */
    bool mouse;
    bool clipboard; /* y may copy by OSC 52 */
    struct settings_key *keys;
    size_t key_count;
    struct settings_confirm_rule *confirm;
    size_t confirm_count;
    int undo_window_ms; /* 0: none */
    struct settings_notify notify;
    struct settings_wall wall;
    struct settings_columns columns;
    bool times_utc, times_absolute;
};

/* Defaults, and nothing that settings_free must free. */
void settings_init_defaults(struct settings *s);

/* Reads a file. *out: what it says and defaults for the rest; after an error the defaults. In both cases the
 * caller's (settings_free). must_exist false: no file is an empty one. Returns STATUS_OK; STATUS_NOT_FOUND;
 * STATUS_FAILED: cannot be read; STATUS_INVALID, STATUS_TOO_LARGE: what is wrong, as "FILE:LINE:COLUMN: …" */
MUST_CHECK enum status settings_read_file(const char *path, bool must_exist, struct settings *out,
                                          struct error *err);
/* The same from text; path stands in errors, and relative paths in the text are relative to its folder. */
MUST_CHECK enum status settings_parse(const char *text, size_t len, const char *path, struct settings *out,
                                      struct error *err);
void settings_free(struct settings *s); /* what it holds, not s itself; it then holds defaults */

/* Leaves notify without command and shell, where programs must not be started. */
void settings_drop_notify_commands(struct settings *s);

/* How a decision is confirmed: the last rule that fits counts, SETTINGS_CONFIRM_KEY where none does. context
 * may be NULL: a connection without a name, which only a rule without `context` fits. */
enum settings_confirm settings_confirm_of(const struct settings *s, const char *context, const char *project,
                                          const char *stage);

/* NULL: there is none of this name. */
const struct settings_context *settings_find_context(const struct settings *s, const char *name);
/* current-context, else the first; NULL: there are none. */
const struct settings_context *settings_current(const struct settings *s);
/* The i-th of the contexts that the dashboard shows: those of `show`, else the current one. NULL: no more. */
const struct settings_context *settings_shown(const struct settings *s, size_t i);

/* "FILE:LINE:COLUMN: text"; returns STATUS_INVALID. For what only others can judge: actions, keys, columns,
 * themes. */
enum status settings_error(const struct settings *s, struct settings_place place, struct error *err,
                           const char *format, ...) PRINTF_LIKE(4, 5);
/* The name that is likely meant by a word that is none of them; NULL: none is near. Borrowed from names. */
const char *settings_nearest(const char *word, const char *const *names, size_t count);

/* --- the table (options.c) --- */

enum settings_section {
    SETTINGS_ROOT,
    SETTINGS_CONTEXTS,
    SETTINGS_CONFIRM,
    SETTINGS_NOTIFY,
    SETTINGS_WALL,
    SETTINGS_COLUMNS,
    SETTINGS_TIMES,
    SETTINGS_SECTION_COUNT
};

enum settings_type {
    SETTINGS_TEXT,     /* char *; without control characters; min, max: bytes */
    SETTINGS_SCRIPT,   /* char *; any text; min, max: bytes */
    SETTINGS_PATH,     /* char *; ~/ and relative paths are resolved; min, max: bytes */
    SETTINGS_ADDRESS,  /* char *; begins with one of words, or is one of them */
    SETTINGS_COLOUR,   /* char * */
    SETTINGS_WORD,     /* char *; one of words */
    SETTINGS_CHOICE,   /* int (an enum); index in words */
    SETTINGS_EITHER,   /* bool; whether it is the second of words */
    SETTINGS_FLAG,     /* bool */
    SETTINGS_NUMBER,   /* int; min, max */
    SETTINGS_MS,       /* int; a duration, kept in milliseconds; min, max in them */
    SETTINGS_SECONDS,  /* int; the same in seconds */
    SETTINGS_HOURS,    /* two ints, minutes of the day: "22:00-06:30" */
    SETTINGS_LIST,     /* struct settings_list of texts; of words, where there are any; max: items */
    SETTINGS_ARGV,     /* struct settings_list of any texts; max: items */
    SETTINGS_BINDINGS, /* keys: a mapping from actions to a key or a list of keys */
    SETTINGS_ENTRIES,  /* a list of mappings of a section; max: entries */
    SETTINGS_MAPPING   /* a mapping of a section */
};

struct settings_option {
    enum settings_section section; /* that it stands in */
    const char *name;
    enum settings_type type;
    size_t offset;      /* of its field in the section's struct (SETTINGS_CONTEXTS: settings_context; …) */
    const char *words;  /* "dark|light"; NULL: any */
    long long min, max; /* the range, in the type's unit */
    const char *fallback;        /* the default as one would write it; NULL: not set */
    enum settings_section inner; /* SETTINGS_ENTRIES, SETTINGS_MAPPING */
    const char *text;            /* for the manual */
};

extern const struct settings_option settings_options[]; /* in the manual's order; ends with name NULL */
/* What stands in front of the names of a section: "", "contexts", "confirm", … */
const char *settings_section_name(enum settings_section section);

#endif
