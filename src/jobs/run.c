/* One process under jobshim (whose head tells the protocol). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "jobs/internal.h"
#include "jobs/procs.h"

#define FALLBACK_MS (JOBS_GRACE_MS + 5000) /* after which jobshim itself is given up */

struct run {
    struct jobs *j;
    struct run_callbacks callbacks;
    pid_t shim;
    uv_signal_t children; /* SIGCHLD: perhaps jobshim has ended */
    uv_pipe_t socket;
    uv_timer_t timer;
    int handles;         /* not closed yet */
    bool exited, at_end; /* jobshim is gone; all that it has told is read */
    bool has_outcome, timed_out, given_up;
    struct buffer told;
    struct run_outcome outcome;
    char *fault;
    pid_t pid;
    int64_t start_time;
};

static void closed(uv_handle_t *handle)
{
    struct run *r = handle->data;
    if (--r->handles > 0)
        return;
    struct run_callbacks callbacks = r->callbacks;
    struct run_outcome outcome = r->outcome;
    char *fault = r->fault;
    outcome.fault = fault;
    buffer_free(&r->told);
    free(r);
    if (callbacks.ended)
        callbacks.ended(callbacks.arg, &outcome);
    free(fault);
}

static void close_handles(struct run *r)
{
    uv_close((uv_handle_t *)&r->children, closed);
    uv_close((uv_handle_t *)&r->socket, closed);
    uv_close((uv_handle_t *)&r->timer, closed);
}

static void set_fault(struct run *r, const char *text)
{
    free(r->fault);
    r->fault = mem_string(text);
    r->outcome.end = RUN_FAULT;
    r->has_outcome = true;
}

/* The group, where its leader is still the process that it was. */
static void kill_group(const struct run *r)
{
    struct procs_entry now;
    if (r->pid > 0 && procs_read(r->pid, &now) && now.start_time == r->start_time)
        (void)kill(-r->pid, SIGKILL); /* it may have ended this moment */
}

static void end_if_complete(struct run *r)
{
    if (!r->exited || !r->at_end)
        return;
    if (!r->has_outcome) {
        kill_group(r); /* jobshim was killed by somebody */
        set_fault(r, "its jobshim ended before it; somebody has killed it");
    }
    if (r->timed_out)
        r->outcome.end = RUN_TIMED_OUT;
    close_handles(r);
}

static void take_line(struct run *r, const char *line)
{
    int pid;
    if (sscanf(line, "forked %d %" SCNd64, &pid, &r->start_time) == 2) {
        r->pid = pid;
        r->callbacks.forked(r->callbacks.arg, r->pid, r->start_time);
    } else if (sscanf(line, "exit %d", &r->outcome.number) == 1) {
        r->outcome.end = RUN_EXITED;
        r->has_outcome = true;
    } else if (sscanf(line, "signal %d", &r->outcome.number) == 1) {
        r->outcome.end = RUN_SIGNALED;
        r->has_outcome = true;
    } else if (strncmp(line, "fault ", 6) == 0) {
        set_fault(r, line + 6);
    }
}

static void give_bytes(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(mem_alloc(1024), 1024);
}

static void take_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct run *r = stream->data;
    if (count > 0)
        (void)buffer_add(&r->told, buf->base, (size_t)count);
    free(buf->base);
    const char *end;
    while (r->told.len > 0 && (end = memchr(r->told.data, '\n', r->told.len)) != NULL) {
        size_t len = (size_t)(end - r->told.data);
        char *line = mem_string_n(r->told.data, len);
        buffer_consume(&r->told, len + 1);
        take_line(r, line);
        free(line);
    }
    if (count < 0) {
        uv_read_stop(stream);
        r->at_end = true;
        end_if_complete(r);
    }
}

static void child_ended(uv_signal_t *handle, int number)
{
    struct run *r = handle->data;
    int status;
    (void)number;
    if (r->exited || waitpid(r->shim, &status, WNOHANG) != r->shim)
        return; /* another child */
    r->exited = true;
    uv_signal_stop(handle);
    end_if_complete(r);
}

static void tell(struct run *r, char command)
{
    int fd;
    if (!r->exited && uv_fileno((uv_handle_t *)&r->socket, &fd) == 0)
        (void)send(fd, &command, 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* gone: its exit is told soon */
}

static void give_up(uv_timer_t *timer)
{
    struct run *r = timer->data;
    log_write(LOG_ERROR, "job process %d does not end; its jobshim is killed", (int)r->pid);
    kill_group(r);
    if (!r->exited)
        (void)kill(r->shim, SIGKILL); /* ours until it is waited for */
    r->at_end = true;                 /* a process that cannot be killed may hold the other end */
    uv_read_stop((uv_stream_t *)&r->socket);
    end_if_complete(r);
}

void run_terminate(struct run *r)
{
    if (r->given_up)
        return;
    r->given_up = true;
    tell(r, 't');
    uv_timer_start(&r->timer, give_up, FALLBACK_MS, 0);
}

static void limit_passed(uv_timer_t *timer)
{
    struct run *r = timer->data;
    r->timed_out = !r->has_outcome;
    run_terminate(r);
}

void run_go(struct run *r, int limit_s)
{
    if (r->given_up)
        return;
    uv_timer_start(&r->timer, limit_passed, (uint64_t)limit_s * 1000, 0);
    tell(r, 'g');
}

/* jobshim's arguments: its own, then the command. The caller's (the list, not the texts). */
static const char **shim_arguments(struct jobs *j, const struct environment *e, const char *log_path,
                                   char *numbers[2])
{
    size_t count = 0;
    while (e->argv[count])
        count++;
    const char **args = mem_alloc((count + 7) * sizeof *args);
    args[0] = j->shim;
    args[1] = e->directory;
    args[2] = e->keptn;
    args[3] = log_path;
    args[4] = numbers[0];
    args[5] = numbers[1];
    memcpy(args + 6, e->argv, count * sizeof *args);
    return args;
}

/* Standard input is the socket, standard output /dev/null; a session of its own, so that a Ctrl-C for
 * drawbridged is not for its jobs. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int socket)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawn_file_actions_adddup2(actions, socket, STDIN_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (code == 0)
        code = posix_spawnattr_setflags(attributes,
                                        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return code;
}

/* posix_spawn shares our memory until the exec; uv_spawn would fork, which costs milliseconds where we have
 * grown large. Returns 0 or an errno. */
static int spawn(struct run *r, const struct environment *e, const char *log_path, int socket)
{
    char *numbers[2] = {mem_printf("%zu", r->j->log_max), mem_printf("%d", JOBS_GRACE_MS)};
    union {
        const char **in;
        char *const *out; /* posix_spawn writes to none of them; its prototype only predates const */
    } args = {.in = shim_arguments(r->j, e, log_path, numbers)};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int code = prepare(&actions, &attributes, socket);
    if (code == 0)
        code = posix_spawn(&r->shim, r->j->shim, &actions, &attributes, args.out, e->env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(args.in);
    free(numbers[0]);
    free(numbers[1]);
    return code;
}

enum status run_start(struct jobs *j, const struct environment *e, const char *log_path,
                      const struct run_callbacks *callbacks, struct run **out, struct error *err)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
        return error_set(err, STATUS_FAILED, "cannot make a socket pair: %s", strerror(errno));
    struct run *r = MEM_NEW(struct run);
    r->j = j;
    r->callbacks = *callbacks;
    r->told = BUFFER_LIMIT(4096);
    r->handles = 3;
    r->children.data = r->socket.data = r->timer.data = r;
    uv_timer_init(j->loop, &r->timer);
    uv_signal_init(j->loop, &r->children);
    uv_pipe_init(j->loop, &r->socket, 0);
    int result = uv_pipe_open(&r->socket, sockets[0]);
    if (result != 0)
        close(sockets[0]);
    if (result == 0)
        result = uv_signal_start(&r->children, child_ended, SIGCHLD); /* before there is one that could end */
    int spawned = result == 0 ? spawn(r, e, log_path, sockets[1]) : ECANCELED;
    close(sockets[1]);
    if (result == 0)
        result = uv_translate_sys_error(spawned);
    if (result == 0)
        result = uv_read_start((uv_stream_t *)&r->socket, give_bytes, take_bytes);
    if (result != 0) {
        r->callbacks.ended = NULL;
        if (spawned == 0) {
            (void)kill(r->shim, SIGKILL); /* it has not executed anything yet */
            (void)waitpid(r->shim, NULL, 0);
        }
        close_handles(r);
        return error_set(err, STATUS_FAILED, "cannot start %s: %s", j->shim, uv_strerror(result));
    }
    *out = r;
    return STATUS_OK;
}
