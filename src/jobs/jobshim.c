/* jobshim: stands between drawbridged and one command of a job.
 *
 *   jobshim DIRECTORY KEPTN LOG LOG-MAX-BYTES GRACE-MS COMMAND [ARGUMENT]...
 *
 * The command runs in DIRECTORY. KEPTN is what it sees at /keptn, where that is possible (keptnroot.h); "":
 * nothing. Standard input is a socket to drawbridged. The command is forked at once, into a process group of
 * its own, and told as "forked PID START-TIME"; it is executed only after a 'g' has come, so that drawbridged
 * can first store which processes these are. A 't' ends it. The last line is "exit N", "signal N" or "fault
 * TEXT". The command's output goes to the log file.
 *
 * What ends when:
 * - The command ends by itself: what is left in its process group is killed. A process that has left the
 * group (by setsid) was made to stay, as a service that the job deployed, and lives on.
 * - 't', or a SIGTERM to jobshim: everything below jobshim gets SIGTERM, and after the grace SIGKILL, until
 * nothing is left. Nobody escapes by a new group, session or a second fork, since jobshim is the subreaper of
 * all below it.
 * - drawbridged ends (the socket closes): everything below is killed at once.
 * - jobshim itself is killed: the command gets SIGKILL (parent-death signal). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/keptnroot.h"
#include "jobs/procs.h"

#define CONTROL    0             /* descriptor of the socket */
#define SWEEP_MS   10            /* between two looks at who is still there */
#define GIVE_UP_NS (3 * CLOCK_S) /* for processes that no SIGKILL ends (waiting for a dead disk) */
#define OPEN_FILES 1024          /* the usual soft limit; drawbridged may have raised its own */

enum phase {
    PHASE_RUNNING,
    PHASE_TERMINATING, /* SIGTERM is sent, the grace runs */
    PHASE_KILLING,     /* SIGKILL to everything below until nothing is left */
    PHASE_SWEEPING     /* the command has ended by itself: SIGKILL to its group */
};

struct shim {
    const char *directory, *keptn, *log_path;
    char **command;
    long long log_max;
    int64_t grace_ns, deadline_ns;
    enum phase phase;
    pid_t child;
    bool child_ended;
    int child_status;
    int signals, output, go,
        fault; /* descriptors: signalfd; read ends of output and fault, write end of go */
    int log;
    long long log_size;
    bool dropped;
};

struct exec_fault {
    int error;
    bool in_directory;
};

PRINTF_LIKE(1, 2) static void tell(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len >= (int)sizeof line) {
        len = sizeof line - 1;
        line[len - 1] = '\n';
    }
    (void)send(CONTROL, line, (size_t)len, MSG_NOSIGNAL); /* drawbridged may be gone */
}

/* --- the command's side of the fork --- */

static void run_command(const struct shim *s, int output, int go, int fault)
{
    char byte;
    struct exec_fault why = {.in_directory = true};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ssize_t len;
    do
        len = read(go, &byte, 1);
    while (len < 0 && errno == EINTR);
    if (len != 1)
        _exit(127);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(127);
    if (null > 2)
        close(null);
    struct rlimit files, core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > OPEN_FILES) {
        files.rlim_cur = OPEN_FILES;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    if (*s->keptn != '\0')
        (void)keptnroot_enter(
            s->keptn); /* else what drawbridged has replaced in command and variables is all */
    if (chdir(s->directory) == 0) {
        why.in_directory = false;
        execvp(s->command[0], s->command);
    }
    why.error = errno;
    if (write(fault, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

static bool start_command(struct shim *s)
{
    int output[2], go[2], fault[2];
    if (pipe2(output, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0 || pipe2(fault, O_CLOEXEC) < 0)
        return false;
    s->child = fork();
    if (s->child < 0)
        return false;
    if (s->child == 0) {
        close(go[1]); /* or a closed pipe would not be seen */
        run_command(s, output[1], go[0], fault[1]);
    }
    setpgid(s->child, s->child); /* also here: whoever is first */
    close(output[1]);
    close(go[0]);
    close(fault[1]);
    s->output = output[0];
    s->go = go[1];
    s->fault = fault[0];
    fcntl(s->output, F_SETFL, O_NONBLOCK);
    fcntl(s->fault, F_SETFL, O_NONBLOCK);
    struct procs_entry child;
    if (!procs_read(s->child, &child))
        return false;
    tell("forked %d %" PRId64 "\n", (int)s->child, child.start_time);
    return true;
}

/* --- output --- */

static void write_log(struct shim *s, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(s->log, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return; /* a full disk: the command must not wait for it */
        bytes += put;
        len -= (size_t)put;
        s->log_size += put;
    }
}

static void take_output(struct shim *s)
{
    char bytes[65536], note[120];
    for (int i = 0; i < 64 && s->output >= 0; i++) { /* then look at the rest of the world */
        ssize_t len = read(s->output, bytes, sizeof bytes);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return;
        if (len == 0) {
            close(s->output);
            s->output = -1;
            return;
        }
        long long room = s->log_max - s->log_size;
        write_log(s, bytes, room < len ? (size_t)(room > 0 ? room : 0) : (size_t)len);
        if (room < len && !s->dropped) {
            s->dropped = true;
            int note_len = snprintf(note, sizeof note, "\n[drawbridge: output past %lld bytes is dropped]\n",
                                    s->log_max);
            if (room > 0) /* else an earlier command of the job has said it */
                write_log(s, note, (size_t)note_len);
        }
    }
}

/* --- ending --- */

static void signal_all_below(int number)
{
    struct procs_entry *below;
    size_t count = procs_below(getpid(), &below);
    for (size_t i = 0; i < count; i++) {
        kill(below[i].pid, number);
        if (number == SIGTERM)
            kill(below[i].pid, SIGCONT); /* a stopped one would not hear it */
    }
    free(below);
}

static bool nothing_below(void)
{
    struct procs_entry *below;
    size_t count = procs_below(getpid(), &below);
    free(below);
    return count == 0;
}

static void enter(struct shim *s, enum phase phase, int64_t time_ns)
{
    s->phase = phase;
    s->deadline_ns = clock_monotonic_ns() + time_ns;
}

static void terminate(struct shim *s)
{
    if (s->phase != PHASE_RUNNING)
        return;
    if (s->go >= 0)
        close(s->go); /* not executed yet: then it never is */
    s->go = -1;
    signal_all_below(SIGTERM);
    enter(s, PHASE_TERMINATING, s->grace_ns);
}

static void reap(struct shim *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == s->child) {
            s->child_ended = true;
            s->child_status = status;
        }
}

static void take_control(struct shim *s)
{
    char byte;
    ssize_t len = recv(CONTROL, &byte, 1, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        if (s->phase != PHASE_KILLING)
            enter(s, PHASE_KILLING, GIVE_UP_NS);
    } else if (byte == 'g' && s->go >= 0) {
        if (write(s->go, "g", 1) != 1)
            terminate(s);
        close(s->go);
        s->go = -1;
    } else if (byte == 't') {
        terminate(s);
    }
}

static void take_signals(struct shim *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            terminate(s);
    reap(s);
}

/* Goes on in the phase. False: all is done. */
static bool advance(struct shim *s)
{
    bool late = clock_monotonic_ns() >= s->deadline_ns;
    switch (s->phase) {
    case PHASE_RUNNING:
        if (!s->child_ended)
            return true;
        enter(s, PHASE_SWEEPING, GIVE_UP_NS);
        return kill(-s->child, SIGKILL) == 0;
    case PHASE_TERMINATING:
        if (late)
            enter(s, PHASE_KILLING, GIVE_UP_NS);
        return !nothing_below();
    case PHASE_KILLING:
        signal_all_below(SIGKILL);
        return !late && !nothing_below();
    case PHASE_SWEEPING:
        return kill(-s->child, SIGKILL) == 0 && !late;
    }
    return false;
}

static void supervise(struct shim *s)
{
    bool connected = true;
    do {
        struct pollfd fds[] = {
            {.fd = connected && s->phase != PHASE_KILLING ? CONTROL : -1, .events = POLLIN},
            {.fd = s->signals, .events = POLLIN},
            {.fd = s->output, .events = POLLIN}};
        if (poll(fds, 3, s->phase == PHASE_RUNNING ? -1 : SWEEP_MS) < 0 && errno != EINTR)
            enter(s, PHASE_KILLING, GIVE_UP_NS);
        if (fds[2].revents != 0)
            take_output(s);
        if (fds[0].revents != 0)
            take_control(s);
        take_signals(s);
    } while (advance(s));
    reap(s);
    take_output(s);
}

static void tell_end(const struct shim *s)
{
    struct exec_fault why;
    if (read(s->fault, &why, sizeof why) == (ssize_t)sizeof why) {
        if (why.in_directory)
            tell("fault cannot change to the directory %s: %s\n", s->directory, strerror(why.error));
        else
            tell("fault cannot run %s: %s\n", s->command[0], strerror(why.error));
    } else if (s->child_ended && WIFEXITED(s->child_status)) {
        tell("exit %d\n", WEXITSTATUS(s->child_status));
    } else if (s->child_ended && WIFSIGNALED(s->child_status)) {
        tell("signal %d\n", WTERMSIG(s->child_status));
    } else {
        tell("fault cannot be ended: it does not react to SIGKILL\n");
    }
}

static bool prepare(struct shim *s)
{
    struct stat log;
    sigset_t signals;
    if (close_range(3, ~0U, 0) < 0 || fcntl(CONTROL, F_SETFD, FD_CLOEXEC) < 0)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || (getsid(0) != getpid() && setsid() < 0))
        return false;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    s->log = open(s->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->signals < 0 || s->log < 0 || fstat(s->log, &log) < 0)
        return false;
    s->log_size = log.st_size;
    return true;
}

int main(int argc, char **argv)
{
    struct shim s = {.go = -1, .output = -1};
    if (argc < 7) {
        (void)fprintf(stderr,
                      "usage: jobshim DIRECTORY KEPTN LOG LOG-MAX-BYTES GRACE-MS COMMAND [ARGUMENT]...\n"
                      "drawbridged runs it; standard input must be its socket.\n");
        return 2;
    }
    s.directory = argv[1];
    s.keptn = argv[2];
    s.log_path = argv[3];
    s.log_max = strtoll(argv[4], NULL, 10);
    s.grace_ns = strtoll(argv[5], NULL, 10) * CLOCK_MS;
    s.command = argv + 6;
    if (!prepare(&s) || !start_command(&s)) {
        tell("fault cannot prepare the process: %s\n", strerror(errno));
        return 1;
    }
    supervise(&s);
    tell_end(&s);
    return 0;
}
