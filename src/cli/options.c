/* options.c: the command line through getopt_long, from the tables of the commands. */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "cli/internal.h"

#define OPTIONS_MAX 64 /* of one command together with the global ones */

const struct cli_option cli_global_options[] = {
    {"server", 0, "URL",
     "root of a Keptn v1 API (default http://127.0.0.1:8080/api; also DRAWBRIDGE_SERVER)"},
    {"stream", 0, "URL", "auto (default), or ws:// or wss:// of the event stream"},
    {"token-file", 0, "FILE",
     "API token (also in DRAWBRIDGE_TOKEN; default for this machine: drawbridged's own)"},
    {"context", 0, "NAME", "a connection of the settings file; repeatable for the dashboard"},
    {"config", 0, "FILE", "settings file (default $XDG_CONFIG_HOME/drawbridge/config.yaml)"},
    {"only-project", 0, "NAME", "look at this project only; repeatable"},
    {"read-only", 0, NULL, "change nothing on the server"},
    {"replay", 0, "FILE",
     "look at a recording, or at recorded answers of Keptn, and at no server; repeatable"},
    {"speed", 0, "N", "of the replay: N times as fast as recorded (default 1; 0: at once)"},
    {"restricted", 0, NULL, "for sshd's ForceCommand: the system's settings, no files, no commands"},
    {"theme", 0, "NAME", "of the dashboard: dark, mono, or one of your own"},
    {"glyphs", 0, "SET", "unicode, console or ascii"},
    {"wall", 0, "[locked]", "for a screen on a wall: read-only; --wall=locked ignores the keyboard"},
    {"linear", 0, NULL, "for screen readers: a line a change, a prompt for decisions"},
    {"no-mouse", 0, NULL, "leave the mouse to the terminal"},
    {"help", 'h', NULL, "show help"},
    {"version", 'V', NULL, "show the version"},
    {NULL, 0, NULL, NULL},
};

struct option_set {
    const struct cli_option *known[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 3];
    size_t count;
};

static void add_options(struct option_set *set, const struct cli_option *options)
{
    size_t at = strlen(set->shorts);
    for (const struct cli_option *o = options; o != NULL && o->name != NULL && set->count < OPTIONS_MAX;
         o++) {
        set->known[set->count] = o;
        set->longs[set->count] = (struct option){.name = o->name,
                                                 .has_arg = o->value == NULL   ? no_argument
                                                            : *o->value == '[' ? optional_argument
                                                                               : required_argument,
                                                 .val = 256 + (int)set->count};
        set->count++;
        if (o->letter != 0) {
            set->shorts[at++] = o->letter;
            if (o->value != NULL)
                set->shorts[at++] = ':';
            set->shorts[at] = '\0';
        }
    }
}

static const struct cli_option *option_of(const struct option_set *set, int found)
{
    if (found >= 256)
        return set->known[found - 256];
    for (size_t i = 0; i < set->count; i++)
        if (set->known[i]->letter == found)
            return set->known[i];
    return NULL;
}

enum status cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
                      int *next, struct error *err)
{
    struct option_set *set = MEM_NEW(struct option_set);
    enum status status = STATUS_OK;
    /* '+': stop at the first word; ':': tell a missing value apart */
    memcpy(set->shorts, command == NULL ? "+:" : ":", command == NULL ? 3 : 2);
    add_options(set, cli_global_options);
    add_options(set, command != NULL ? command->options : NULL);
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    for (int found; status == STATUS_OK;) {
        int at = optind > 0 ? optind : 1;
        found = getopt_long(argc, argv, set->shorts, set->longs, NULL);
        if (found == -1)
            break;
        const struct cli_option *option = found == '?' || found == ':' ? NULL : option_of(set, found);
        if (found == ':') {
            status = error_set(err, STATUS_USAGE, "%s needs a value", argv[at]);
        } else if (option == NULL) {
            status = error_set(err, STATUS_USAGE, "%s is no option %s; --help lists them",
                               argv[at < argc ? at : argc - 1],
                               command != NULL ? "of this command" : "of drawbridge");
        } else {
            MEM_GROW(args->given, args->given_count, args->given_capacity);
            args->given[args->given_count++] = (struct cli_given){option, optarg != NULL ? optarg : ""};
        }
    }
    if (next != NULL)
        *next = optind;
    free(set);
    return status;
}

void cli_args_free(struct cli_args *args)
{
    free(args->given);
    free(args->owned);
    *args = (struct cli_args){0};
}

const char *cli_value(const struct cli_args *args, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].option->name, name) == 0)
            value = args->given[i].value;
    return value;
}

bool cli_has(const struct cli_args *args, const char *name)
{
    return cli_value(args, name) != NULL;
}

const char *cli_value_at(const struct cli_args *args, const char *name, size_t i)
{
    for (size_t k = 0; k < args->given_count; k++)
        if (strcmp(args->given[k].option->name, name) == 0 && i-- == 0)
            return args->given[k].value;
    return NULL;
}

enum status cli_need(const struct cli_args *args, const char *name, const char **value, struct error *err)
{
    *value = cli_value(args, name);
    if (*value == NULL || **value == '\0')
        return error_set(err, STATUS_USAGE, "--%s is missing", name);
    return STATUS_OK;
}

/* Reads up to a comma or a '=' outside of quotes; quotes are dropped. */
static const char *read_part(const char *p, bool stop_at_equals, struct buffer *out)
{
    bool quoted = false;
    for (; *p != '\0'; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (!quoted && (*p == ',' || (*p == '=' && stop_at_equals)))
            break;
        else
            buffer_add_char(out, *p);
    }
    return p;
}

enum status cli_parse_pairs(const char *option, const char *text, cJSON *object, struct error *err)
{
    struct buffer key = BUFFER_LIMIT(4096), value = BUFFER_LIMIT(64 * 1024);
    enum status status = STATUS_OK;
    for (const char *p = text; status == STATUS_OK;) {
        buffer_clear(&key);
        buffer_clear(&value);
        p = read_part(p, true, &key);
        if (*p != '=' || key.len == 0) {
            status = error_set(err, STATUS_USAGE,
                               "--%s %s: must be key=value, several with commas between them", option, text);
            break;
        }
        p = read_part(p + 1, false, &value);
        if (key.overflow || value.overflow) {
            status = error_set(err, STATUS_USAGE, "--%s: a key or a value is too long", option);
            break;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(object, buffer_text(&key)); /* the last one of a key counts */
        cJSON_AddStringToObject(object, buffer_text(&key), buffer_text(&value));
        if (*p != ',')
            break;
        p++;
    }
    buffer_free(&key);
    buffer_free(&value);
    return status;
}

/* True where the words of argv begin with name, which may have blanks in it. *used: how many of them. */
static bool words_match(const char *name, size_t name_len, int argc, char **argv, int *used)
{
    const char *p = name, *end = name + name_len;
    for (int i = 0; i < argc; i++) {
        size_t len = strcspn(p, " |");
        if (strlen(argv[i]) != len || strncmp(argv[i], p, len) != 0)
            return false;
        p += len;
        if (p >= end) {
            *used = i + 1;
            return true;
        }
        p++; /* the blank */
    }
    return false;
}

const struct cli_command *cli_find_command(int argc, char **argv, int *used)
{
    const struct cli_command *best = NULL;
    *used = 0;
    for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
        for (const char *name = c->words; *name != '\0';) {
            size_t len = strcspn(name, "|");
            int words = 0;
            if (words_match(name, len, argc, argv, &words) && words > *used) {
                best = c;
                *used = words;
            }
            name += len + (name[len] == '|');
        }
    }
    return best;
}

const struct cli_command *cli_command_of(const char *const *words, size_t count)
{
    int used = 0;
    char **copies = mem_alloc((count + 1) * sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = mem_string(words[i]);
    const struct cli_command *command = cli_find_command((int)count, copies, &used);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    free(copies);
    return command;
}
