#include "config.h"

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

extern char **environ;

enum { PIPE_IN, PIPE_OUT, PIPE_ERR, PIPE_COUNT };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int spawn(const struct process_request *request, int child[PIPE_COUNT], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < PIPE_COUNT; i++)
        posix_spawn_file_actions_adddup2(&actions, child[i], i);
    if (request->directory != NULL)
        posix_spawn_file_actions_addchdir_np(&actions, request->directory);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    /* posix_spawnp does not write to its arguments; its prototype only predates const. */
    union {
        const char *const *in;
        char *const *out;
    } argv = {.in = request->argv}, env = {.in = request->env};
    int code = posix_spawnp(pid, request->argv[0], &actions, &attributes, argv.out,
                            request->env != NULL ? env.out : environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

static bool open_pipes(const struct process_request *request, int ours[PIPE_COUNT], int child[PIPE_COUNT])
{
    for (int i = 0; i < PIPE_COUNT; i++) {
        int ends[2];
        if (i == PIPE_IN && request->input == NULL) {
            child[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (child[i] < 0)
                return false;
            continue;
        }
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        ours[i] = ends[i == PIPE_IN ? 1 : 0];
        child[i] = ends[i == PIPE_IN ? 0 : 1];
        fcntl(ours[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

/* Reads what is there. What does not fit is dropped. Closes fd at its end. */
static void read_some(int *fd, struct buffer *into)
{
    char bytes[16384];
    ssize_t got = read(*fd, bytes, sizeof bytes);
    if (got > 0) {
        if (into != NULL) {
            size_t room = into->limit - into->len;
            buffer_add(into, bytes, (size_t)got < room ? (size_t)got : room);
        }
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_fd(fd);
    }
}

static void write_some(int *fd, const struct process_request *request, size_t *written)
{
    ssize_t put = write(*fd, request->input + *written, request->input_len - *written);
    if (put > 0)
        *written += (size_t)put;
    if ((put < 0 && errno != EAGAIN && errno != EINTR) || *written == request->input_len)
        close_fd(fd);
}

static bool is_over(const struct process_request *request, int64_t deadline_ns)
{
    return clock_monotonic_ns() >= deadline_ns || (request->stop != NULL && *request->stop != 0);
}

/* Carries bytes until the child closes its ends. False: it took too long, or was stopped. */
static bool carry(const struct process_request *request, int ours[PIPE_COUNT], struct buffer *output,
                  struct buffer *errors, int64_t deadline_ns)
{
    size_t written = 0;
    while (ours[PIPE_OUT] >= 0 || ours[PIPE_ERR] >= 0) {
        if (is_over(request, deadline_ns))
            return false;
        /* A signal between the look and the wait is noticed at the next look. */
        int64_t left_ms = (deadline_ns - clock_monotonic_ns()) / CLOCK_MS + 1;
        if (request->stop != NULL && left_ms > 200)
            left_ms = 200;
        struct pollfd polls[PIPE_COUNT];
        for (int i = 0; i < PIPE_COUNT; i++)
            polls[i] = (struct pollfd){.fd = ours[i], .events = i == PIPE_IN ? POLLOUT : POLLIN};
        if (poll(polls, PIPE_COUNT, (int)left_ms) < 0 && errno != EINTR)
            return false;
        if (polls[PIPE_IN].revents != 0)
            write_some(&ours[PIPE_IN], request, &written);
        if (polls[PIPE_OUT].revents != 0)
            read_some(&ours[PIPE_OUT], output);
        if (polls[PIPE_ERR].revents != 0)
            read_some(&ours[PIPE_ERR], errors);
    }
    return true;
}

/* Waits for the child's end up to the deadline; then kills its group. */
static bool reap(const struct process_request *request, pid_t pid, bool in_time, int64_t deadline_ns,
                 int *wait_status)
{
    while (in_time) {
        pid_t done = waitpid(pid, wait_status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR))
            return true;
        in_time = !is_over(request, deadline_ns);
        poll(NULL, 0, 1);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
        ;
    return false;
}

enum status process_run(const struct process_request *request, struct buffer *output, struct buffer *errors,
                        int *exit_status, struct error *err)
{
    int ours[PIPE_COUNT] = {-1, -1, -1}, child[PIPE_COUNT] = {-1, -1, -1};
    int64_t deadline_ns = clock_monotonic_ns() + (int64_t)request->deadline_ms * CLOCK_MS;
    enum status status = STATUS_OK;
    pid_t pid = -1;
    int wait_status = 0;
    int code = open_pipes(request, ours, child) ? spawn(request, child, &pid) : errno;
    for (int i = 0; i < PIPE_COUNT; i++)
        close_fd(&child[i]);
    if (code != 0) {
        status = error_set(err, STATUS_FAILED, "cannot start %s: %s", request->argv[0], strerror(code));
        goto out;
    }
    bool in_time = carry(request, ours, output, errors, deadline_ns);
    if (!reap(request, pid, in_time, deadline_ns, &wait_status)) {
        status = request->stop != NULL && *request->stop != 0
                     ? error_set(err, STATUS_FAILED, "%s was ended because we were", request->argv[0])
                     : error_set(err, STATUS_TIMED_OUT, "%s took longer than %d ms and was ended",
                                 request->argv[0], request->deadline_ms);
        goto out;
    }
    *exit_status = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
out:
    for (int i = 0; i < PIPE_COUNT; i++)
        close_fd(&ours[i]);
    return status;
}
