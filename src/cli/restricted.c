/* restricted.c: a session that sshd starts for somebody who gets the dashboard and nothing else. Whatever
 * comes with the login is ignored: the command that was asked for, and the environment but for the terminal
 * and the language. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/demo.h"
#include "cli/setup.h"

extern char **environ;

/* HOME is not among them: terminfo and themes are not taken from there. */
static const char *const kept[] = {"TERM",     "COLORTERM", "LANG", "LANGUAGE",
                                   "NO_COLOR", "TMUX",      "STY",  "DRAWBRIDGE_COLUMNS"};

static bool is_kept(const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strcmp(name, kept[i]) == 0)
            return true;
    if (strcmp(name, "TZ") == 0) /* a zone by name, no file */
        return value[0] != ':' && value[0] != '/' && strstr(value, "..") == NULL;
    return strncmp(name, "LC_", 3) == 0;
}

void restricted_clean_environment(void)
{
    size_t count = 0, dropped = 0;
    while (environ != NULL && environ[count] != NULL)
        count++;
    char **names = mem_alloc((count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(environ[i], "=");
        char *name = mem_string_n(environ[i], len);
        if (environ[i][len] == '=' && is_kept(name, environ[i] + len + 1))
            free(name);
        else
            names[dropped++] = name;
    }
    for (size_t i = 0; i < dropped; i++) {
        (void)unsetenv(names[i]); /* fails for a name that is none, which nobody asks for either */
        free(names[i]);
    }
    free(names);
}

enum status restricted_check_options(const struct cli_args *args, struct error *err)
{
    static const char *const refused[] = {"config", "token-file", "replay"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (cli_has(args, refused[i]))
            return error_set(err, STATUS_FORBIDDEN,
                             "--%s is not for a restricted session, which has its settings from %s",
                             refused[i], setup_system_file);
    return STATUS_OK;
}

/* Commands that work on this machine rather than on the server. */
static const struct {
    cli_run *run;
    const char *why;
} local_commands[] = {
    {cli_demo, "it starts programs"},
    {cli_record, "it writes a file"},
    {cli_context_add, "it writes the settings"},
    {cli_context_remove, "it writes the settings"},
    {cli_context_use, "it writes the settings"},
};

enum status cli_may_run(const struct cli_context *ctx, const struct cli_command *command, struct error *err)
{
    int len = (int)strcspn(command->words, "|");
    if (command->changes && ctx->read_only)
        return error_set(err, STATUS_FORBIDDEN,
                         "%.*s changes something, which --read-only does not allow: nothing was sent", len,
                         command->words);
    for (size_t i = 0; ctx->restricted && i < sizeof local_commands / sizeof *local_commands; i++)
        if (local_commands[i].run == command->run)
            return error_set(err, STATUS_FORBIDDEN, "%.*s is not for a restricted session: %s", len,
                             command->words, local_commands[i].why);
    return STATUS_OK;
}
