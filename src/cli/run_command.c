#include "config.h"

#include "cli/run_command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "cli/demo.h"
#include "cli/internal.h"

extern char **environ;

#define ARGUMENTS_MAX 256
#define CHUNK_BYTES   65536

/* ---- which may run ---- */

/* Options that say which server, or what kind of session: the row that one is on says it here. */
static const char *const refused_options[] = {"server", "stream", "token-file", "context", "config",
                                              "replay", "speed",  "restricted", "wall"};

static enum status refuse_here(const struct cli_command *command, struct error *err)
{
    if (command->run == cli_demo)
        return error_set(err, STATUS_FORBIDDEN,
                         "demo has a terminal of its own: start it in a shell, not in the dashboard");
    if (command->run == cli_record)
        return error_set(err, STATUS_FORBIDDEN,
                         "record writes until it is ended: start it in a shell, not in the dashboard");
    return STATUS_OK;
}

static enum status check_options(const struct cli_args *args, struct error *err)
{
    for (size_t i = 0; i < sizeof refused_options / sizeof *refused_options; i++)
        if (cli_has(args, refused_options[i]))
            return error_set(
                err, STATUS_FORBIDDEN,
                "--%s: a command uses the connection of the row one is on; :connect NAME goes to "
                "another",
                refused_options[i]);
    return STATUS_OK;
}

static enum status check_count(const struct cli_command *command, const struct cli_args *args, size_t count,
                               struct error *err)
{
    const int len = (int)strcspn(command->words, "|");
    if (cli_has(args, "help") || (count >= command->words_min && count <= command->words_max))
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "%s: :%.*s %s; :help %.*s tells more",
                     count < command->words_min ? "something is missing" : "that is one word too many", len,
                     command->words, command->arguments, len, command->words);
}

enum status run_command_check(const struct cli_context *ctx, const struct cli_connection *c,
                              const char *const *words, size_t count, bool *changes, struct error *err)
{
    struct cli_context here = *ctx;
    struct cli_args args = {0};
    int used = 0, rest = 0;
    here.read_only = c->read_only;
    if (count == 0 || words[0][0] == '-')
        return error_set(err, STATUS_USAGE, "a command comes first, options behind it; Tab lists commands");
    char **argv = mem_alloc((count + 2) * sizeof *argv); /* getopt puts it in order */
    for (size_t i = 0; i < count; i++)
        argv[i] = mem_string(words[i]);
    char **given = mem_alloc((count + 2) * sizeof *given);
    memcpy(given, argv, count * sizeof *given);
    const struct cli_command *command = cli_find_command((int)count, given, &used);
    enum status status = STATUS_OK;
    if (command == NULL)
        status = error_set(err, STATUS_USAGE, "there is no command %s; Tab lists them", words[0]);
    if (status == STATUS_OK)
        status = cli_parse(command, (int)count - used + 1, given + used - 1, &args, &rest, err);
    if (status == STATUS_OK)
        status = refuse_here(command, err);
    if (status == STATUS_OK)
        status = check_options(&args, err);
    if (status == STATUS_OK)
        status = check_count(command, &args, count - (size_t)(used - 1) - (size_t)rest, err);
    if (status == STATUS_OK)
        status = cli_may_run(&here, command, err);
    if (status == STATUS_OK)
        status = cli_check_replay(&here, command, err);
    if (status == STATUS_OK)
        *changes = command->changes && !cli_has(&args, "help");
    cli_args_free(&args);
    for (size_t i = 0; i < count; i++)
        free(argv[i]);
    free(argv);
    free(given);
    return status;
}

/* ---- how it runs ---- */

struct run_command {
    uv_process_t process;
    uv_pipe_t pipe;
    uint64_t ticket;
    struct run_command_listener to;
    bool silent, exited, drained;
    int open_handles;
    int64_t exit_status;
    int signal;
    char chunk[CHUNK_BYTES];
};

struct list { /* of texts that are ours, NULL-terminated */
    char *items[ARGUMENTS_MAX + 1];
    size_t count;
};

static void add(struct list *l, char *text)
{
    if (l->count < ARGUMENTS_MAX)
        l->items[l->count++] = text;
    else
        free(text);
}

static void add_option(struct list *l, const char *name, const char *value)
{
    add(l, mem_printf("--%s", name));
    if (value != NULL)
        add(l, mem_string(value));
}

static void drop(struct list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->items[i]);
}

static void add_connection(const struct cli_context *ctx, const struct cli_connection *c, struct list *l)
{
    static const char *const glyphs[] = {NULL, "unicode", "console", "ascii"};
    if (ctx->restricted)
        add_option(l, "restricted", NULL);
    else if (ctx->settings_path != NULL && access(ctx->settings_path, R_OK) == 0)
        add_option(l, "config", ctx->settings_path);
    for (size_t i = 0; ctx->replays != NULL && ctx->replays[i] != NULL; i++)
        add_option(l, "replay", ctx->replays[i]);
    if (ctx->replays == NULL && c->name != NULL)
        add_option(l, "context", c->name);
    else if (ctx->replays == NULL)
        add_option(l, "server", c->server);
    if (ctx->replays == NULL && strcmp(c->stream, "auto") != 0)
        add_option(l, "stream", c->stream);
    for (size_t i = 0; c->projects != NULL && c->projects[i] != NULL; i++)
        add_option(l, "only-project", c->projects[i]);
    if (c->read_only)
        add_option(l, "read-only", NULL);
    if (glyphs[ctx->glyphs] != NULL)
        add_option(l, "glyphs", glyphs[ctx->glyphs]);
}

/* Ours, but for the connection's: a token of the environment may be another one's. */
static void add_environment(struct list *l, const char *token, int columns)
{
    static const char *const ours[] = {"DRAWBRIDGE_TOKEN=", "DRAWBRIDGE_SERVER=", "DRAWBRIDGE_COLUMNS="};
    for (size_t i = 0; environ != NULL && environ[i] != NULL; i++) {
        bool is_ours = false;
        for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
            is_ours = is_ours || strncmp(environ[i], ours[k], strlen(ours[k])) == 0;
        if (!is_ours)
            add(l, mem_string(environ[i]));
    }
    if (l->count > ARGUMENTS_MAX - 2) /* the least known ones give way */
        while (l->count > ARGUMENTS_MAX - 2)
            free(l->items[--l->count]);
    add(l, mem_printf("DRAWBRIDGE_COLUMNS=%d", columns));
    if (token != NULL)
        add(l, mem_printf("DRAWBRIDGE_TOKEN=%s", token));
}

/* Libraries open some that a child would get: connections with our token on them. */
static void keep_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        const long fd = strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO && fd != dirfd(directory))
            (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC); /* fails only where it is closed already */
    }
    if (directory != NULL)
        closedir(directory);
}

static void on_closed(uv_handle_t *handle)
{
    struct run_command *r = handle->data;
    if (--r->open_handles == 0)
        free(r);
}

static const char *how_it_ended(const struct run_command *r, char text[64])
{
    static const char *const words[] = {"done",        "failed",   "wrong usage",          "not found",
                                        "not allowed", "conflict", "server not reachable", "timed out"};
    if (r->signal != 0)
        (void)snprintf(text, 64, "ended by signal %d", r->signal);
    else if (r->exit_status == 0)
        (void)snprintf(text, 64, "done");
    else if (r->exit_status > 0 && r->exit_status < 8)
        (void)snprintf(text, 64, "exit status %d: %s", (int)r->exit_status, words[r->exit_status]);
    else
        (void)snprintf(text, 64, "exit status %d", (int)r->exit_status);
    return text;
}

static void end_when_done(struct run_command *r)
{
    char text[64];
    if (!r->exited || !r->drained)
        return;
    if (!r->silent)
        r->to.ended(r->to.arg, r->ticket, r->signal != 0 || r->exit_status != 0, how_it_ended(r, text));
    uv_close((uv_handle_t *)&r->process, on_closed);
}

static void on_exit_status(uv_process_t *process, int64_t exit_status, int signal)
{
    struct run_command *r = process->data;
    r->exited = true;
    r->exit_status = exit_status;
    r->signal = signal;
    (void)uv_kill(-process->pid, SIGKILL); /* what it has left behind holds the pipe open */
    end_when_done(r);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    struct run_command *r = handle->data;
    (void)size;
    *buf = uv_buf_init(r->chunk, sizeof r->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct run_command *r = stream->data;
    if (n > 0 && !r->silent)
        r->to.output(r->to.arg, r->ticket, buf->base, (size_t)n);
    if (n >= 0 || r->drained)
        return;
    r->drained = true;
    uv_close((uv_handle_t *)&r->pipe, on_closed);
    end_when_done(r);
}

/* file: the end of the pipe that the child writes to. */
static int spawn(struct run_command *r, uv_loop_t *loop, int file, struct list *argv, struct list *env)
{
    uv_stdio_container_t files[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data = {.fd = file}},
        {.flags = UV_INHERIT_FD, .data = {.fd = file}}, /* errors come where they belong in the output */
    };
    const uv_process_options_t options = {
        .file = "/proc/self/exe", /* this very program, also while it is being upgraded */
        .args = argv->items,
        .env = env->items,
        .flags = UV_PROCESS_DETACHED, /* a session of its own: no terminal, and a group to be killed */
        .stdio = files,
        .stdio_count = 3,
        .exit_cb = on_exit_status};
    keep_descriptors();
    return uv_spawn(loop, &r->process, &options);
}

static enum status begin(struct run_command *r, uv_loop_t *loop, struct list *argv, struct list *env,
                         struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, STATUS_FAILED, "the command cannot be started: %s", strerror(errno));
    (void)uv_pipe_init(loop, &r->pipe, 0); /* never fails */
    r->open_handles = 1;
    int code = uv_pipe_open(&r->pipe, ends[0]);
    if (code != 0)
        close(ends[0]);
    if (code == 0) {
        code = spawn(r, loop, ends[1], argv, env);
        r->open_handles = 2; /* uv_spawn has made a handle, whatever became of it */
    }
    close(ends[1]);
    if (code == 0) {
        (void)uv_read_start((uv_stream_t *)&r->pipe, on_alloc, on_read); /* it is open and readable */
        return STATUS_OK;
    }
    if (r->open_handles == 2)
        uv_close((uv_handle_t *)&r->process, on_closed);
    uv_close((uv_handle_t *)&r->pipe, on_closed);
    return error_set(err, STATUS_FAILED, "the command cannot be started: %s", uv_strerror(code));
}

enum status run_command_start(const struct cli_context *ctx, const struct cli_connection *c,
                              const char *token, const char *const *words, size_t count, int columns,
                              uint64_t ticket, const struct run_command_listener *to,
                              struct run_command **out, struct error *err)
{
    struct list *argv = MEM_NEW(struct list), *env = MEM_NEW(struct list);
    struct run_command *r = MEM_NEW(struct run_command);
    r->to = *to;
    r->ticket = ticket;
    r->process.data = r->pipe.data = r;
    add(argv, mem_string(ctx->program));
    add_connection(ctx, c, argv);
    for (size_t i = 0; i < count; i++)
        add(argv, mem_string(words[i]));
    add_environment(env, ctx->restricted ? NULL : token, columns);
    const enum status status = argv->count < ARGUMENTS_MAX
                                   ? begin(r, ctx->loop, argv, env, err)
                                   : error_set(err, STATUS_USAGE, "the command has too many words");
    if (argv->count >= ARGUMENTS_MAX)
        free(r);
    else if (status == STATUS_OK)
        *out = r;
    drop(argv);
    drop(env);
    free(argv);
    free(env);
    return status;
}

void run_command_stop(struct run_command *r)
{
    r->silent = true;
    if (!r->exited)
        (void)uv_kill(-r->process.pid, SIGKILL); /* its end is then on the way */
}
