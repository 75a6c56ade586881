/* options.c: the table of all keys. Who adds a key adds a row here and a field in settings.h, and nothing
 * else. */
#include "config.h"

#include "settings/internal.h"

#define TEXT_MAX   4096  /* bytes */
#define SCRIPT_MAX 65536 /* bytes */
#define ITEMS_MAX  256
#define MINUTE_MS  60000

#define ROOT(field)    SETTINGS_ROOT, offsetof(struct settings, field)
#define CONTEXT(field) SETTINGS_CONTEXTS, offsetof(struct settings_context, field)
#define RULE(field)    SETTINGS_CONFIRM, offsetof(struct settings_confirm_rule, field)
#define NOTIFY(field)  SETTINGS_NOTIFY, offsetof(struct settings_notify, field)
#define WALL(field)    SETTINGS_WALL, offsetof(struct settings_wall, field)
#define COLUMNS(field) SETTINGS_COLUMNS, offsetof(struct settings_columns, field)
#define TIMES(field)   SETTINGS_TIMES, offsetof(struct settings, field)

/* place: section and field, as the macros above have it */
#define ROW(option_name, option_type, place, ...) ROW_(option_name, option_type, place, __VA_ARGS__)
#define ROW_(option_name, option_type, in, at, ...)                                                          \
    {                                                                                                        \
        .name = (option_name), .type = (option_type), .section = (in), .offset = (at), __VA_ARGS__           \
    }
#define TEXTS .min = 1, .max = TEXT_MAX

const struct settings_option settings_options[] = {
    ROW("contexts", SETTINGS_ENTRIES, ROOT(contexts), .inner = SETTINGS_CONTEXTS, .max = 64,
        .text = "The connections, each a mapping."),
    ROW("current-context", SETTINGS_TEXT, ROOT(current_context), TEXTS,
        .text = "Name of the context that is used without --context. Default: the first."),
    ROW("show", SETTINGS_LIST, ROOT(shown), .max = 64,
        .text = "Names of contexts that the dashboard shows together. Default: the current context alone."),
    ROW("theme", SETTINGS_TEXT, ROOT(theme), TEXTS,
        .text = "Theme of the dashboard, as --theme. Default: what :theme chose last, else by the terminal."),
    ROW("glyphs", SETTINGS_WORD, ROOT(glyphs), .words = "unicode|console|ascii",
        .text = "Characters that states and frames are drawn with, as --glyphs. Default: by the terminal."),
    ROW("ambiguous-width", SETTINGS_NUMBER, ROOT(ambiguous_width), .min = 1, .max = 2, .fallback = "1",
        .text = "Cells that the terminal gives a character whose width Unicode calls ambiguous; 2 is "
                "common where fonts for Chinese, Japanese or Korean are used. The dashboard then draws "
                "with ASCII, and shows such a character as ?."),
    ROW("mouse", SETTINGS_FLAG, ROOT(mouse), .fallback = "true",
        .text = "Whether the dashboard takes clicks and the wheel; false leaves them to the terminal, as "
                "--no-mouse."),
    ROW("clipboard", SETTINGS_FLAG, ROOT(clipboard), .fallback = "false",
        .text = "Whether y may copy through the terminal (OSC 52). Some terminals let every program read "
                "what is copied."),
    ROW("keys", SETTINGS_BINDINGS, ROOT(keys),
        .text = "A mapping from actions to a key, or a list of keys, in place of the action's own; an "
                "empty list leaves it without a key. drawbridge keys lists the actions."),
    ROW("confirm", SETTINGS_ENTRIES, ROOT(confirm), .inner = SETTINGS_CONFIRM, .max = 1000,
        .text = "How decisions are confirmed: a list of rules, of which the last one that fits counts. A "
                "decision that goes back to an older version is always confirmed by typing."),
    ROW("undo-window", SETTINGS_MS, ROOT(undo_window_ms), .min = 0, .max = 10 * MINUTE_MS, .fallback = "0s",
        .text = "How long a confirmed decision waits in the dashboard, where u takes it back, before it "
                "is sent. At least 5s where a rule of confirm says none."),
    ROW("notify", SETTINGS_MAPPING, ROOT(notify), .inner = SETTINGS_NOTIFY,
        .text = "What the dashboard does when something new waits for a decision."),
    ROW("wall", SETTINGS_MAPPING, ROOT(wall), .inner = SETTINGS_WALL, .text = "The wall screen."),
    ROW("columns", SETTINGS_MAPPING, ROOT(columns), .inner = SETTINGS_COLUMNS,
        .text = "Columns of the tables, in the order wanted."),
    ROW("times", SETTINGS_MAPPING, SETTINGS_ROOT, 0, .inner = SETTINGS_TIMES, .text = "How times are shown."),

    ROW("name", SETTINGS_TEXT, CONTEXT(name), .min = 1, .max = 64,
        .text = "What the context is called by --context and the commands. Required; no two have the "
                "same."),
    ROW("label", SETTINGS_TEXT, CONTEXT(label), .min = 1, .max = 64,
        .text = "What screens call it. Default: the name."),
    ROW("colour", SETTINGS_COLOUR, CONTEXT(colour),
        .text = "Colour of the label: a colour's name as in themes, a number of the 256 colours, or "
                "#rrggbb in quotes."),
    ROW("server", SETTINGS_ADDRESS, CONTEXT(server), .words = "http://|https://", .min = 1, .max = TEXT_MAX,
        .text = "Root of a Keptn v1 API, as --server. Required."),
    ROW("stream", SETTINGS_ADDRESS, CONTEXT(stream), .words = "auto|ws://|wss://", .min = 1, .max = TEXT_MAX,
        .text = "The event stream, as --stream. Default: auto."),
    ROW("token-file", SETTINGS_PATH, CONTEXT(token_file), TEXTS,
        .text = "File that holds the API token, readable by its owner alone. In a restricted session %u "
                "is the user's name."),
    ROW("token-command", SETTINGS_ARGV, CONTEXT(token_command), .max = ITEMS_MAX,
        .text = "Program and arguments whose output is the API token; run without a shell, for at most 10"
                " seconds. Instead of token-file."),
    ROW("ca-file", SETTINGS_PATH, CONTEXT(ca_file), TEXTS,
        .text = "PEM file with the authorities that may vouch for the server. Default: the system's."),
    ROW("client-cert", SETTINGS_PATH, CONTEXT(client_cert), TEXTS,
        .text = "PEM file with a certificate to show to the server."),
    ROW("client-key", SETTINGS_PATH, CONTEXT(client_key), TEXTS,
        .text = "PEM file with its private key. Default: it stands in client-cert."),
    ROW("proxy", SETTINGS_ADDRESS, CONTEXT(proxy), .words = "http://|none", .min = 1, .max = TEXT_MAX,
        .text = "HTTP proxy, http://[user:password@]host[:port], or none. Default: what the environment "
                "says."),
    ROW("read-only", SETTINGS_FLAG, CONTEXT(read_only), .fallback = "false",
        .text = "Change nothing on this server, as --read-only."),
    ROW("projects", SETTINGS_LIST, CONTEXT(projects), .max = ITEMS_MAX,
        .text = "Look at these projects only, as --only-project. Default: all."),

    ROW("context", SETTINGS_TEXT, RULE(context), TEXTS,
        .text = "Contexts that the rule is for, as a pattern with *, ? and [...]. Default: all."),
    ROW("project", SETTINGS_TEXT, RULE(project), TEXTS, .text = "Projects, likewise."),
    ROW("stage", SETTINGS_TEXT, RULE(stage), TEXTS, .text = "Stages, likewise."),
    ROW("level", SETTINGS_CHOICE, RULE(level), .words = "key|type|none",
        .text = "key: Enter or the check mark in the box; type: service@stage is typed; none: the check "
                "mark or a decides without a box. Required."),

    ROW("bell", SETTINGS_FLAG, NOTIFY(bell), .fallback = "false", .text = "Rings the terminal's bell."),
    ROW("osc9", SETTINGS_FLAG, NOTIFY(osc9), .fallback = "false",
        .text = "Asks the terminal for a desktop notification by OSC 9 (iTerm2, kitty, Windows Terminal)."),
    ROW("osc777", SETTINGS_FLAG, NOTIFY(osc777), .fallback = "false",
        .text = "The same by OSC 777 (urxvt, foot, VTE)."),
    ROW("title", SETTINGS_FLAG, NOTIFY(title), .fallback = "true",
        .text = "Puts the count of what waits into the terminal's title."),
    ROW("command", SETTINGS_ARGV, NOTIFY(command), .max = ITEMS_MAX,
        .text = "Program and arguments to run for each new approval, with the event on its standard "
                "input; without a shell."),
    ROW("shell", SETTINGS_SCRIPT, NOTIFY(shell), .min = 1, .max = SCRIPT_MAX,
        .text = "The same, as one text for /bin/sh -c. Instead of command."),
    ROW("per-minute", SETTINGS_NUMBER, NOTIFY(per_minute), .min = 1, .max = 600, .fallback = "10",
        .text = "Commands a minute at most; more approvals go without."),
    ROW("quiet-hours", SETTINGS_HOURS, NOTIFY(quiet_from),
        .text = "Local time without bell, notifications and commands, such as \"22:00-06:30\"; may pass "
                "midnight."),

    ROW("rotation", SETTINGS_SECONDS, WALL(rotation_s), .min = 1, .max = 3600, .fallback = "10s",
        .text = "Time that each page of projects stays."),
    ROW("projects", SETTINGS_LIST, WALL(projects), .max = ITEMS_MAX,
        .text = "Projects on the wall. Default: all."),
    ROW("hide", SETTINGS_LIST, WALL(hide), .words = "users|labels|comments", .max = 3,
        .text = "What the wall leaves out."),
    ROW("locked", SETTINGS_FLAG, WALL(locked), .fallback = "false",
        .text = "Ignore the keyboard, as --wall=locked."),
    ROW("failed-hours", SETTINGS_NUMBER, WALL(failed_hours), .min = 1, .max = 720, .fallback = "12",
        .text = "Hours that a failure stays on the wall."),

    ROW("tree", SETTINGS_LIST, COLUMNS(tree), .max = 32,
        .text = "Of the tree: sequence, service, version, task, age."),
    ROW("waiting", SETTINGS_LIST, COLUMNS(waiting), .max = 32,
        .text = "Of the waiting list: connection, project, stage, service, change, so far, age; also "
                "sequence, run, by, labels."),
    ROW("decided", SETTINGS_LIST, COLUMNS(decided), .max = 32,
        .text = "Of the decided list: when, connection, project, stage, service, change, decision, by, "
                "became, comment, how; also run."),
    ROW("events", SETTINGS_LIST, COLUMNS(events), .max = 32,
        .text = "Of the event list: time, connection, project, event, stage, service, source, result; also "
                "run."),

    ROW("zone", SETTINGS_EITHER, TIMES(times_utc), .words = "local|utc", .fallback = "local",
        .text = "Time zone of clocks and dates."),
    ROW("format", SETTINGS_EITHER, TIMES(times_absolute), .words = "relative|absolute",
        .fallback = "relative", .text = "Ages such as 12m, or clocks and dates."),
    {.name = NULL},
};

const struct settings_section_shape settings_sections[SETTINGS_SECTION_COUNT] = {
    [SETTINGS_ROOT] = {.name = ""},
    [SETTINGS_CONTEXTS] = {.name = "contexts",
                           .size = sizeof(struct settings_context),
                           .count_offset = offsetof(struct settings, context_count)},
    [SETTINGS_CONFIRM] = {.name = "confirm",
                          .size = sizeof(struct settings_confirm_rule),
                          .count_offset = offsetof(struct settings, confirm_count)},
    [SETTINGS_NOTIFY] = {.name = "notify"},
    [SETTINGS_WALL] = {.name = "wall"},
    [SETTINGS_COLUMNS] = {.name = "columns"},
    [SETTINGS_TIMES] = {.name = "times"},
};

const char *settings_section_name(enum settings_section section)
{
    return settings_sections[section].name;
}
