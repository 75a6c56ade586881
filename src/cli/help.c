/* help.c: help, from the same tables as the parser. */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "cli/internal.h"

#define LEFT_WIDTH 26 /* cells of the column with names */

static void print_row(const char *name, const char *text)
{
    if (strlen(name) > LEFT_WIDTH - 2) {
        cli_print("  %s", name);
        name = "";
    }
    cli_print("  %-*s%s", LEFT_WIDTH, name, text);
}

static void print_options(const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        struct buffer name = BUFFER_LIMIT(256);
        if (o->letter != 0)
            buffer_printf(&name, "-%c, ", o->letter);
        buffer_printf(&name, "--%s%s", o->name, o->value == NULL ? "" : *o->value == '[' ? "[=" : " ");
        if (o->value != NULL)
            buffer_add_text(&name, *o->value == '[' ? o->value + 1 : o->value);
        print_row(buffer_text(&name), o->help);
        buffer_free(&name);
    }
}

void cli_print_help(const struct cli_command *command)
{
    if (command != NULL) {
        cli_print("usage: drawbridge [options] %.*s %s", (int)strcspn(command->words, "|"), command->words,
                  command->arguments);
        cli_print("%s", command->summary);
        if (command->options != NULL) {
            cli_print("%s", "");
            print_options(command->options);
        }
        cli_print("%s", "");
        cli_print("and the options of drawbridge itself: drawbridge --help");
        return;
    }
    cli_print("usage: drawbridge [options]                      the dashboard");
    cli_print("       drawbridge [options] COMMAND [arguments]");
    cli_print("%s", "");
    for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
        char words[64] = "";
        size_t len = strcspn(c->words, "|");
        memcpy(words, c->words, len < sizeof words ? len : sizeof words - 1);
        print_row(words, c->summary);
    }
    cli_print("%s", "");
    print_options(cli_global_options);
    cli_print("%s", "");
    cli_print("exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 "
              "server not reachable, 7 timed out");
}

enum status cli_help(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    (void)ctx;
    int used = 0;
    if (args->word_count == 0) {
        cli_print_help(NULL);
        return STATUS_OK;
    }
    const struct cli_command *command = cli_find_command((int)args->word_count, args->words, &used);
    if (command == NULL)
        return error_set(err, STATUS_USAGE, "there is no command %s; drawbridge help lists them",
                         args->words[0]);
    cli_print_help(command);
    return STATUS_OK;
}
