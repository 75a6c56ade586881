/* A command that is run for a new approval. What the event says reaches it on standard input and in the
 * environment, never as an argument or as part of a shell's text; it is one process group, which is killed
 * when its time is over; its output goes nowhere, since the terminal is taken. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "notify/internal.h"

#define RUNNING_MAX 4
#define VALUE_MAX   1024 /* bytes of a variable's value */
#define FACTS       8

/* What a desktop's or a mail program needs; no token, and nothing of drawbridge's own settings. */
static const char *const passed_on[] = {"PATH",
                                        "HOME",
                                        "USER",
                                        "LOGNAME",
                                        "SHELL",
                                        "LANG",
                                        "LC_ALL",
                                        "LC_CTYPE",
                                        "TZ",
                                        "DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "XAUTHORITY",
                                        "TMPDIR",
                                        "XDG_RUNTIME_DIR",
                                        "DBUS_SESSION_BUS_ADDRESS",
                                        "SSH_AUTH_SOCK"};
#define PASSED_ON (sizeof passed_on / sizeof *passed_on)

struct command {
    struct commands *owner; /* NULL: nobody wants to hear of it */
    uv_process_t process;
    uv_pipe_t input;
    uv_timer_t limit;
    uv_write_t write;
    char *text;
    int open_handles;
    bool running, timed_out;
};

int notify_limit_ms = 30000;

struct commands {
    uv_loop_t *loop;
    const struct settings_notify *settings;
    struct notify_ports ports;
    struct command *running[RUNNING_MAX];
};

static void on_closed(uv_handle_t *handle)
{
    struct command *c = handle->data;
    if (--c->open_handles > 0)
        return;
    free(c->text);
    free(c);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void end_command(struct command *c)
{
    for (size_t i = 0; c->owner && i < RUNNING_MAX; i++)
        if (c->owner->running[i] == c)
            c->owner->running[i] = NULL;
    c->owner = NULL;
    close_handle((uv_handle_t *)&c->input);
    close_handle((uv_handle_t *)&c->limit);
    close_handle((uv_handle_t *)&c->process);
}

static const char *name_of(const struct settings_notify *s)
{
    return s->shell ? "/bin/sh" : s->command.items[0];
}

static void complain(const struct commands *c, const char *format, ...) PRINTF_LIKE(2, 3);
static void complain(const struct commands *c, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where it is too long for a line anyway */
    va_end(args);
    if (c->ports.failed)
        c->ports.failed(c->ports.arg, text);
}

static void on_ended(uv_process_t *process, int64_t status, int signal_number)
{
    struct command *c = process->data;
    const struct commands *owner = c->owner;
    c->running = false;
    if (owner && c->timed_out)
        complain(owner,
                 "the notify command %s ran longer than %d s and was ended; let it go on in the background "
                 "by itself",
                 name_of(owner->settings), notify_limit_ms / 1000);
    else if (owner && signal_number != 0)
        complain(owner, "the notify command %s was ended by signal %d", name_of(owner->settings),
                 signal_number);
    else if (owner && status != 0)
        complain(owner, "the notify command %s failed with exit status %d: run it by hand to see why",
                 name_of(owner->settings), (int)status);
    end_command(c);
}

static void on_limit(uv_timer_t *timer)
{
    struct command *c = timer->data;
    c->timed_out = true;
    (void)uv_kill(-c->process.pid, SIGKILL); /* gone already: then its end is on the way */
}

static void on_written(uv_write_t *write, int status)
{
    struct command *c = write->data;
    (void)status; /* a command need not read it */
    close_handle((uv_handle_t *)&c->input);
}

/* "NAME=value", without what a terminal or a log would obey. NULL: not set. */
static char *variable(const char *name, const char *raw)
{
    struct buffer clean = BUFFER_LIMIT(VALUE_MAX * 4);
    if (!raw)
        return NULL;
    utf8_sanitize(raw, strnlen(raw, VALUE_MAX), false, &clean);
    char *text = mem_printf("%s=%s", name, buffer_text(&clean));
    buffer_free(&clean);
    return text;
}

static char **make_environment(const struct command_facts *f)
{
    char **env = mem_alloc((PASSED_ON + FACTS + 1) * sizeof *env);
    size_t n = 0;
    char held[24];
    (void)snprintf(held, sizeof held, "%zu", f->held_back);
    char *const facts[FACTS] = {variable("DRAWBRIDGE_CONNECTION", f->raw_connection),
                                variable("DRAWBRIDGE_PROJECT", f->raw_project),
                                variable("DRAWBRIDGE_STAGE", f->raw_stage),
                                variable("DRAWBRIDGE_SERVICE", f->raw_service),
                                variable("DRAWBRIDGE_VERSION", f->raw_version),
                                variable("DRAWBRIDGE_SEQUENCE", f->raw_sequence),
                                variable("DRAWBRIDGE_KEPTN_CONTEXT", f->raw_context),
                                variable("DRAWBRIDGE_HELD_BACK", held)};
    for (size_t i = 0; i < PASSED_ON; i++)
        if (getenv(passed_on[i]))
            env[n++] = mem_printf("%s=%s", passed_on[i], getenv(passed_on[i]));
    for (size_t i = 0; i < FACTS; i++)
        if (facts[i])
            env[n++] = facts[i];
    env[n] = NULL;
    return env;
}

static void free_environment(char **env)
{
    for (size_t i = 0; env[i]; i++)
        free(env[i]);
    free(env);
}

/* The caller's (free); what it points to is borrowed. */
static char **make_arguments(const struct settings_notify *s)
{
    static char shell[] = "/bin/sh", option[] = "-c";
    const size_t count = s->shell ? 3 : s->command.count;
    char **argv = mem_alloc((count + 1) * sizeof *argv);
    if (s->shell) {
        argv[0] = shell;
        argv[1] = option;
        argv[2] = s->shell;
    } else {
        memcpy(argv, s->command.items, count * sizeof *argv);
    }
    argv[count] = NULL;
    return argv;
}

static int start(struct commands *c, struct command *command, const struct command_facts *facts)
{
    char **env = make_environment(facts), **argv = make_arguments(c->settings);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&command->input},
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE}};
    const uv_process_options_t options = {.exit_cb = on_ended,
                                          .file = argv[0],
                                          .args = argv,
                                          .env = env,
                                          .flags = UV_PROCESS_DETACHED, /* a group and a session of its own */
                                          .stdio_count = 3,
                                          .stdio = stdio};
    const int code = uv_spawn(c->loop, &command->process, &options);
    free_environment(env);
    free(argv);
    return code;
}

bool commands_are_free(const struct commands *c)
{
    for (size_t i = 0; i < RUNNING_MAX; i++)
        if (!c->running[i])
            return true;
    return false;
}

static void feed_input(struct command *command, const char *text, size_t len)
{
    command->text = mem_string_n(text, len);
    const uv_buf_t bytes = uv_buf_init(command->text, (unsigned)len);
    if (uv_write(&command->write, (uv_stream_t *)&command->input, &bytes, 1, on_written) != 0)
        close_handle((uv_handle_t *)&command->input);
}

void commands_run(struct commands *c, const struct command_facts *facts, const char *text, size_t len)
{
    size_t place = 0;
    while (place < RUNNING_MAX && c->running[place])
        place++;
    if (place == RUNNING_MAX)
        return;
    struct command *command = MEM_NEW(struct command);
    command->owner = c;
    command->process.data = command->input.data = command->limit.data = command->write.data = command;
    (void)uv_pipe_init(c->loop, &command->input, 0); /* these two never fail */
    (void)uv_timer_init(c->loop, &command->limit);
    command->open_handles = 3;
    c->running[place] = command;
    const int code = start(c, command, facts);
    if (code != 0) {
        complain(c, "the notify command %s cannot be run: %s; see notify in the settings",
                 name_of(c->settings), uv_strerror(code));
        end_command(command);
        return;
    }
    command->running = true;
    (void)uv_timer_start(&command->limit, on_limit, (uint64_t)notify_limit_ms, 0);
    feed_input(command, text, len);
}

struct commands *commands_new(uv_loop_t *loop, const struct settings_notify *settings,
                              const struct notify_ports *ports)
{
    struct commands *c = MEM_NEW(struct commands);
    c->loop = loop;
    c->settings = settings;
    c->ports = *ports;
    return c;
}

void commands_free(struct commands *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < RUNNING_MAX; i++) {
        struct command *command = c->running[i];
        if (!command)
            continue;
        if (command->running)
            (void)uv_kill(-command->process.pid, SIGKILL); /* it ends with us; it may have ended by itself */
        end_command(command);
    }
    free(c);
}
