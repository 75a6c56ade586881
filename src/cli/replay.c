/* replay.c: a recording in place of a server. */
#include "config.h"

#include "feed/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/internal.h"

#define SPEED_MAX 1e9

enum status cli_set_replay(struct cli_context *ctx, const struct cli_args *args, const char ***replays,
                           struct error *err)
{
    const char *speed = cli_value(args, "speed");
    size_t count = 0;
    char *end = NULL;
    while (cli_value_at(args, "replay", count) != NULL)
        count++;
    if (count == 0)
        return speed == NULL ? STATUS_OK : error_set(err, STATUS_USAGE, "--speed is that of a --replay");
    ctx->speed = speed != NULL ? strtod(speed, &end) : 1;
    if (speed != NULL && (end == speed || *end != '\0' || !(ctx->speed >= 0) || ctx->speed > SPEED_MAX))
        return error_set(err, STATUS_USAGE, "--speed %s: must be a number such as 1, 60 or 0.5; 0 is at once",
                         speed);
    *replays = mem_alloc((count + 1) * sizeof **replays);
    for (size_t i = 0; i < count; i++)
        (*replays)[i] = cli_value_at(args, "replay", i);
    ctx->replays = *replays;
    ctx->read_only = true; /* there is nothing that could be changed */
    const char *slash = strrchr((*replays)[0], '/');
    ctx->name = count > 1 ? "recordings" : slash != NULL ? slash + 1 : (*replays)[0];
    return STATUS_OK;
}

enum status cli_check_replay(const struct cli_context *ctx, const struct cli_command *command,
                             struct error *err)
{
    if (ctx->replays == NULL || command == NULL || command->run == cli_help)
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "%.*s asks a server; a --replay is for the dashboard",
                     (int)strcspn(command->words, "|"), command->words);
}
