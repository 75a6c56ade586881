/* cli.c: from the command line to one running subcommand, and its end. */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/dashboard.h"
#include "cli/internal.h"
#include "cli/linear.h"
#include "cli/setup.h"

static bool files_are_refused;

void cli_refuse_files(void)
{
    files_are_refused = true;
}

enum status cli_read_file(const char *path, size_t limit, char **text, size_t *len, struct error *err)
{
    struct buffer content = BUFFER_LIMIT(limit);
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : files_are_refused ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    enum status status = STATUS_OK;
    char chunk[64 * 1024];
    if (files_are_refused && !standard_input)
        return error_set(err, STATUS_FORBIDDEN, "a restricted session reads no files, %s neither", path);
    if (fd < 0)
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED,
                         "cannot open the file %s: %s", path, strerror(errno));
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = error_set(err, STATUS_FAILED, "cannot read the file %s: %s", path, strerror(errno));
        if (n <= 0)
            break;
        if (!buffer_add(&content, chunk, (size_t)n)) {
            status = error_set(err, STATUS_TOO_LARGE, "the file %s is longer than %zu bytes", path, limit);
            break;
        }
    }
    if (!standard_input)
        close(fd);
    if (status == STATUS_OK)
        *text = buffer_take(&content, len);
    buffer_free(&content);
    return status;
}

/* Finds the command among the words behind the global options, and reads its own. *command NULL: the
 * dashboard. */
static enum status read_command(int argc, char **argv, struct cli_args *args,
                                const struct cli_command **command, struct error *err)
{
    int next = 0, used = 0, rest = 0;
    enum status status = cli_parse(NULL, argc, argv, args, &next, err);
    if (status != STATUS_OK || next >= argc)
        return status;
    *command = cli_find_command(argc - next, argv + next, &used);
    if (*command == NULL)
        return error_set(err, STATUS_USAGE, "there is no command %s%s%s; drawbridge help lists them",
                         argv[next], next + 1 < argc && argv[next + 1][0] != '-' ? " " : "",
                         next + 1 < argc && argv[next + 1][0] != '-' ? argv[next + 1] : "");
    int left = argc - next - used;
    args->owned = mem_alloc(((size_t)left + 2) * sizeof *args->owned);
    args->owned[0] = argv[0];
    memcpy(args->owned + 1, argv + next + used, (size_t)left * sizeof *args->owned);
    status = cli_parse(*command, left + 1, args->owned, args, &rest, err);
    args->words = args->owned + rest;
    args->word_count = (size_t)(left + 1 - rest);
    if (status != STATUS_OK || cli_has(args, "help"))
        return status;
    if (args->word_count < (*command)->words_min)
        return error_set(err, STATUS_USAGE, "something is missing: drawbridge %.*s %s",
                         (int)strcspn((*command)->words, "|"), (*command)->words, (*command)->arguments);
    if (args->word_count > (*command)->words_max)
        return error_set(err, STATUS_USAGE, "%s is one argument too many: drawbridge %.*s %s",
                         args->words[(*command)->words_max], (int)strcspn((*command)->words, "|"),
                         (*command)->words, (*command)->arguments);
    return STATUS_OK;
}

/* With its settings and connections. *drained: nothing is left on the loop. */
static enum status run(const struct cli_command *command, const struct cli_args *args, const char *program,
                       bool *drained, struct error *err)
{
    struct setup *setup = NULL;
    enum status status = setup_open(command, args, program, &setup, err);
    struct cli_context *ctx = setup_context(setup);
    if (status == STATUS_OK && command != NULL)
        status = cli_may_run(ctx, command, err);
    if (status == STATUS_OK)
        status = cli_check_replay(ctx, command, err);
    if (status == STATUS_OK)
        status = setup_start(setup, err);
    if (status == STATUS_OK)
        status = command != NULL ? command->run(ctx, args, err)
                 : ctx->linear   ? linear_run(ctx, err)
                                 : dashboard_run(ctx, NULL, err);
    *drained = setup_stop(setup);
    if (*drained) /* else a thread may still look at it */
        setup_free(setup);
    return status;
}

int cli_main(int argc, char **argv)
{
    struct cli_args args = {0};
    struct error err = ERROR_NONE;
    const struct cli_command *command = NULL;
    bool drained = true;
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: JSON has points */
    signal(SIGPIPE, SIG_IGN);
    enum status status = read_command(argc, argv, &args, &command, &err);
    if (status == STATUS_OK && cli_has(&args, "help"))
        cli_print_help(command);
    else if (status == STATUS_OK && cli_has(&args, "version"))
        cli_print("%s %s", PACKAGE_NAME, PACKAGE_VERSION);
    else if (status == STATUS_OK)
        status = run(command, &args, argv[0], &drained, &err);
    if (status != STATUS_OK && err.text[0] != '\0')
        cli_complain("%s", err.text);
    if (cli_output_is_lost() && status == STATUS_OK) {
        if (errno != EPIPE) /* a reader that has seen enough, as head has, is no news */
            cli_complain("the result could not be written to standard output: %s", strerror(errno));
        status = STATUS_FAILED;
    }
    if (!drained)
        _exit(status_exit_code(status)); /* exit() would wait for the look-up; output is flushed */
    cli_args_free(&args);
    return status_exit_code(status);
}
