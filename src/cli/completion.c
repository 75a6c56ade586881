/* completion.c: what may stand at the end of a command line of the dashboard, from the tables of commands and
 * options. */
#include "config.h"

#include <string.h>

#include "cli/internal.h"
#include "cli/run_command.h"

#define WORD_BYTES 64

struct sink {
    view_word_fn *each;
    void *to;
};

/* "a|b|c", or "[a|b|c]" */
static void tell_words(const struct sink *sink, const char *words)
{
    char word[WORD_BYTES];
    for (const char *p = words + (*words == '['); *p != '\0' && *p != ']'; p += *p == '|') {
        const size_t len = strcspn(p, "|]");
        if (len < sizeof word) {
            memcpy(word, p, len);
            word[len] = '\0';
            sink->each(sink->to, VIEW_WORD_TEXT, word);
        }
        p += len;
    }
}

static void tell_value(const struct sink *sink, const struct cli_option *option)
{
    static const struct {
        const char *option;
        enum view_word kind;
        const char *words;
    } values[] = {
        {"project", VIEW_WORD_PROJECT, NULL},
        {"only-project", VIEW_WORD_PROJECT, NULL},
        {"stage", VIEW_WORD_STAGE, NULL},
        {"service", VIEW_WORD_SERVICE, NULL},
        {"sequence", VIEW_WORD_SEQUENCE, NULL},
        {"keptn-context", VIEW_WORD_RUN, NULL},
        {"theme", VIEW_WORD_THEME, NULL},
        {"output", VIEW_WORD_TEXT, "table|json|ndjson"},
        {"until", VIEW_WORD_TEXT, "waiting|finished"},
        {"glyphs", VIEW_WORD_TEXT, "unicode|console|ascii"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(values[i].option, option->name) != 0)
            continue;
        if (values[i].words != NULL)
            tell_words(sink, values[i].words);
        else
            sink->each(sink->to, values[i].kind, NULL);
    }
}

/* The option that this word is, and whose value comes next. NULL: none. */
static const struct cli_option *option_with_value(const struct cli_option *options, const char *word)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        const bool is_long = strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0;
        const bool is_short = o->letter != 0 && word[0] == '-' && word[1] == o->letter && word[2] == '\0';
        if (o->value != NULL && (is_long || is_short))
            return o;
    }
    return NULL;
}

static void tell_options(const struct sink *sink, const struct cli_option *options)
{
    char word[WORD_BYTES] = "--";
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        const size_t len = strlen(o->name);
        if (len + 3 > sizeof word)
            continue;
        memcpy(word + 2, o->name, len + 1);
        sink->each(sink->to, VIEW_WORD_TEXT, word);
    }
}

/* The word of each command that follows the words before it. */
static void tell_commands(const struct sink *sink, const char *const *words, size_t count)
{
    for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
        for (const char *name = c->words; *name != '\0'; name += strcspn(name, "|"), name += *name == '|') {
            char word[WORD_BYTES];
            const char *p = name;
            size_t same = 0;
            for (; same < count; same++) {
                const size_t len = strcspn(p, " |");
                if (strlen(words[same]) != len || strncmp(words[same], p, len) != 0 || p[len] != ' ')
                    break;
                p += len + 1;
            }
            const size_t len = strcspn(p, " |");
            if (same < count || len >= sizeof word)
                continue;
            memcpy(word, p, len);
            word[len] = '\0';
            sink->each(sink->to, VIEW_WORD_TEXT, word);
        }
    }
}

static void tell_arguments(const struct cli_context *ctx, const struct sink *sink,
                           const struct cli_command *command)
{
    const char *arguments = command->arguments;
    if (*arguments == '[' && strchr(arguments, '|') != NULL)
        tell_words(sink, arguments);
    else if (strncmp(arguments, "ID", 2) == 0 || strncmp(arguments, "[ID", 3) == 0)
        sink->each(sink->to, VIEW_WORD_RUN, NULL);
    else if (strstr(command->words, "project") != NULL)
        sink->each(sink->to, VIEW_WORD_PROJECT, NULL);
    else if (strstr(command->words, "stage") != NULL)
        sink->each(sink->to, VIEW_WORD_STAGE, NULL);
    else if (strstr(command->words, "service") != NULL)
        sink->each(sink->to, VIEW_WORD_SERVICE, NULL);
    else if (command->run == cli_trigger_sequence)
        sink->each(sink->to, VIEW_WORD_SEQUENCE, NULL);
    else if (command->run == cli_help)
        tell_commands(sink, NULL, 0);
    else if (strstr(command->words, "context") != NULL)
        for (size_t i = 0; i < ctx->settings->context_count; i++)
            sink->each(sink->to, VIEW_WORD_TEXT, ctx->settings->contexts[i].name);
}

void run_command_complete(const struct cli_context *ctx, const char *const *words, size_t count,
                          view_word_fn *each, void *to)
{
    const struct sink sink = {.each = each, .to = to};
    const char *last = words[count - 1], *before = count > 1 ? words[count - 2] : "";
    const struct cli_command *command = cli_command_of(words, count - 1);
    const struct cli_option *option = command != NULL ? option_with_value(command->options, before) : NULL;
    if (option == NULL)
        option = option_with_value(cli_global_options, before);
    if (option != NULL && count > 1) {
        tell_value(&sink, option);
        return;
    }
    tell_commands(&sink, words, count - 1);
    if (command != NULL && last[0] == '-')
        tell_options(&sink, command->options);
    else if (command != NULL)
        tell_arguments(ctx, &sink, command);
}
