/* cli.c: from the command line to one running subcommand, and its end. */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/dashboard.h"
#include "cli/internal.h"

#define SERVER_DEFAULT  "http://127.0.0.1:8080/api"
#define TOKEN_MAX_BYTES 4096
#define DRAIN_MS        1000

/* What cli_main owns; the context borrows from it. */
struct setup {
    struct cli_context context;
    uv_loop_t loop;
    char *server, *token, *name;
    const char **projects, **replays;
};

enum status cli_read_file(const char *path, size_t limit, char **text, size_t *len, struct error *err)
{
    struct buffer content = BUFFER_LIMIT(limit);
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum status status = STATUS_OK;
    char chunk[64 * 1024];
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

/* Blanks around a token are dropped; one that could not stand in a header is refused. */
static enum status clean_token(const char *from, char **token, struct error *err)
{
    const char *blanks = " \t\r\n";
    const char *text = from + strspn(from, blanks);
    size_t len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]) != NULL)
        len--;
    if (len == 0)
        return error_set(err, STATUS_INVALID, "there is no token in it");
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return error_set(err, STATUS_INVALID, "its token has a character that no token has (at byte %zu)",
                             i + 1);
    *token = mem_string_n(text, len);
    return STATUS_OK;
}

enum status cli_read_token(const char *path, char **token, struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    enum status status = cli_read_file(path, TOKEN_MAX_BYTES, &text, &len, err);
    if (status == STATUS_OK && memchr(text, '\0', len) != NULL)
        status = error_set(err, STATUS_INVALID, "it is no text");
    if (status == STATUS_OK)
        status = clean_token(text, token, err);
    if (status != STATUS_OK)
        error_prefix(err, "token file %s", path);
    free(text);
    return status;
}

char *cli_local_token(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *paths[] = {
        state != NULL && state[0] == '/' ? mem_printf("%s/drawbridged/admin-token", state)
        : home != NULL && home[0] == '/' ? mem_printf("%s/.local/state/drawbridged/admin-token", home)
                                         : NULL,
        mem_string("/var/lib/drawbridged/admin-token"),
    };
    char *token = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (token == NULL && paths[i] != NULL && access(paths[i], R_OK) == 0) {
            if (cli_read_token(paths[i], &token, NULL) != STATUS_OK)
                token = NULL; /* a broken one is none: the server then says 401 */
        }
        free(paths[i]);
    }
    return token;
}

/* Drops slashes at the end; an address without a path gets Keptn's /api. */
static enum status set_server(struct setup *s, const char *given, struct error *err)
{
    const char *host = strncmp(given, "http://", 7) == 0    ? given + 7
                       : strncmp(given, "https://", 8) == 0 ? given + 8
                                                            : NULL;
    if (host == NULL || *host == '\0' || *host == '/' || strpbrk(given, " ?#@\\\"'<>\t\r\n") != NULL)
        return error_set(err, STATUS_USAGE,
                         "the server's address %s must look like https://keptn.example/api", given);
    size_t len = strlen(given);
    while (given[len - 1] == '/')
        len--;
    bool has_path = memchr(host, '/', (size_t)(given + len - host)) != NULL;
    s->server = mem_printf("%.*s%s", (int)len, given, has_path ? "" : "/api");
    s->name = mem_string_n(host, strcspn(host, "/"));
    s->context.server = s->server;
    s->context.name = s->name;
    return STATUS_OK;
}

static enum status set_token(struct setup *s, const char *file, struct error *err)
{
    const char *from_environment = getenv("DRAWBRIDGE_TOKEN");
    enum status status = STATUS_OK;
    if (file != NULL) {
        status = cli_read_token(file, &s->token, err);
    } else if (from_environment != NULL && *from_environment != '\0') {
        status = clean_token(from_environment, &s->token, err);
        if (status != STATUS_OK)
            error_prefix(err, "DRAWBRIDGE_TOKEN");
    } else if (http_is_loopback(s->server)) {
        s->token = cli_local_token();
    }
    if (status != STATUS_OK)
        err->status = status = STATUS_USAGE;
    s->context.token = s->token;
    return status;
}

static enum status set_look(struct setup *s, const struct cli_args *args, struct error *err)
{
    static const char *const names[] = {"auto", "unicode", "console", "ascii"};
    const char *glyphs = cli_value(args, "glyphs");
    s->context.theme = cli_value(args, "theme");
    s->context.mouse = !cli_has(args, "no-mouse");
    if (glyphs == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(glyphs, names[i]) == 0) {
            s->context.glyphs = (enum cli_glyphs)i;
            if (s->context.glyphs == CLI_GLYPHS_ASCII)
                cli_use_ascii_glyphs();
            return STATUS_OK;
        }
    }
    return error_set(err, STATUS_USAGE, "--glyphs %s: must be unicode, console or ascii", glyphs);
}

static enum status set_up(struct setup *s, const struct cli_args *args, const char *program,
                          struct error *err)
{
    const char *server = cli_value(args, "server"), *stream = cli_value(args, "stream");
    size_t projects = 0;
    enum status status;
    if (server == NULL || *server == '\0')
        server = getenv("DRAWBRIDGE_SERVER");
    if (server == NULL || *server == '\0')
        server = SERVER_DEFAULT;
    status = set_server(s, server, err);
    if (status == STATUS_OK)
        status = set_token(s, cli_value(args, "token-file"), err);
    if (status == STATUS_OK)
        status = set_look(s, args, err);
    if (status != STATUS_OK)
        return status;
    s->context.stream = stream != NULL ? stream : "auto";
    if (strcmp(s->context.stream, "auto") != 0 && strncmp(s->context.stream, "ws://", 5) != 0 &&
        strncmp(s->context.stream, "wss://", 6) != 0)
        return error_set(err, STATUS_USAGE, "--stream %s: must be auto, or begin with ws:// or wss://",
                         stream);
    s->context.read_only = cli_has(args, "read-only");
    s->context.program = program;
    status = cli_set_replay(&s->context, args, &s->replays, err);
    if (status != STATUS_OK)
        return status;
    while (cli_value_at(args, "only-project", projects) != NULL)
        projects++;
    if (projects > 0) {
        s->projects = mem_alloc((projects + 1) * sizeof *s->projects);
        for (size_t i = 0; i < projects; i++)
            s->projects[i] = cli_value_at(args, "only-project", i);
        s->context.projects = s->projects;
    }
    return STATUS_OK;
}

static void on_impatience(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Lets handles close. False: something still runs after a while; that can only be a name look-up, which
 * nobody can cancel. */
static bool drain(uv_loop_t *loop)
{
    uv_timer_t impatience;
    uv_timer_init(loop, &impatience);
    uv_timer_start(&impatience, on_impatience, DRAIN_MS, 0);
    uv_unref((uv_handle_t *)&impatience);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&impatience, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return uv_loop_close(loop) == 0;
}

/* Runs with a loop and a client of its own. *drained: nothing is left on the loop. */
static enum status run(struct setup *s, const struct cli_command *command, const struct cli_args *args,
                       bool *drained, struct error *err)
{
    if (uv_loop_init(&s->loop) != 0)
        return error_set(err, STATUS_FAILED, "cannot make an event loop: %s", strerror(errno));
    s->context.loop = &s->loop;
    s->context.http = http_client_new(&s->loop, &(struct http_settings){.ca_file = getenv("SSL_CERT_FILE")});
    enum status status =
        command != NULL ? command->run(&s->context, args, err) : dashboard_run(&s->context, NULL, err);
    http_client_free(s->context.http);
    *drained = drain(&s->loop);
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

int cli_main(int argc, char **argv)
{
    struct setup *s = MEM_NEW(struct setup);
    struct cli_args args = {0};
    struct error err = ERROR_NONE;
    const struct cli_command *command = NULL;
    bool drained = true;
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: JSON has points */
    signal(SIGPIPE, SIG_IGN);
    enum status status = read_command(argc, argv, &args, &command, &err);
    if (status == STATUS_OK && cli_has(&args, "help")) {
        cli_print_help(command);
    } else if (status == STATUS_OK && cli_has(&args, "version")) {
        cli_print("%s %s", PACKAGE_NAME, PACKAGE_VERSION);
    } else if (status == STATUS_OK) {
        status = set_up(s, &args, argv[0], &err);
        if (status == STATUS_OK && command != NULL && command->changes && s->context.read_only)
            status = error_set(&err, STATUS_FORBIDDEN,
                               "%.*s changes something, which --read-only does not allow: nothing was sent",
                               (int)strcspn(command->words, "|"), command->words);
        if (status == STATUS_OK)
            status = cli_check_replay(&s->context, command, &err);
        if (status == STATUS_OK)
            status = run(s, command, &args, &drained, &err);
    }
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
    free(s->projects);
    free(s->replays);
    free(s->server);
    free(s->token);
    free(s->name);
    free(s);
    return status_exit_code(status);
}
