#include "config.h"

#include "cli/demo_parts.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"

#define READY_NS (20 * CLOCK_S)
#define STOP_NS  (10 * CLOCK_S)

#define SHIPYARD(approval)                                                                                   \
    "apiVersion: \"spec.keptn.sh/0.2.2\"\n"                                                                  \
    "kind: \"Shipyard\"\n"                                                                                   \
    "metadata:\n"                                                                                            \
    "  name: \"shipyard-delivery\"\n"                                                                        \
    "spec:\n"                                                                                                \
    "  stages:\n"                                                                                            \
    "    - name: \"qa\"\n"                                                                                   \
    "      sequences:\n"                                                                                     \
    "        - name: \"delivery\"\n"                                                                         \
    "          tasks:\n"                                                                                     \
    "            - name: \"je-deployment\"\n"                                                                \
    "            - name: \"je-test\"\n"                                                                      \
    "\n"                                                                                                     \
    "    - name: \"production\"\n"                                                                           \
    "      sequences:\n"                                                                                     \
    "        - name: \"delivery\"\n"                                                                         \
    "          triggeredOn:\n"                                                                               \
    "            - event: \"qa.delivery.finished\"\n"                                                        \
    "          tasks:\n" approval "            - name: \"je-deployment\"\n"
#define APPROVAL                                                                                             \
    "            - name: \"approval\"\n"                                                                     \
    "              properties:\n"                                                                            \
    "                pass: \"manual\"\n"                                                                     \
    "                warning: \"manual\"\n"

const char *demo_shipyard(bool with_approval)
{
    return with_approval ? SHIPYARD(APPROVAL) : SHIPYARD("");
}

char *demo_job_config(const char *parts, const char *directory, const char *stage, int port)
{
    /* The shell takes the tag out of the image, as the tutorial's helm chart does. */
    return mem_printf(
        "apiVersion: v2\n"
        "actions:\n"
        "  - name: \"Deploy helloservice\"\n"
        "    events:\n"
        "      - name: \"sh.keptn.event.je-deployment.triggered\"\n"
        "    tasks:\n"
        "      - name: \"Restart helloservice in the version of the image\"\n"
        "        env:\n"
        "          - name: IMAGE\n"
        "            value: \"$.data.configurationChange.values.image\"\n"
        "            valueFrom: event\n"
        "        cmd: [\"sh\", \"-ec\"]\n"
        "        args:\n"
        "          - |\n"
        "            echo \"deploying $IMAGE to %2$s\"\n"
        "            '%1$s/helloservice' --stop '%3$s/%2$s.pid'\n"
        "            '%1$s/helloservice' --daemonize --listen 127.0.0.1:%4$d --version \"${IMAGE##*:}\" "
        "--pid-file '%3$s/%2$s.pid'\n"
        "            '%1$s/helloservice' --ask http://127.0.0.1:%4$d/version --expect \"${IMAGE##*:}\"\n"
        "            echo \"%2$s answers with ${IMAGE##*:}\"\n"
        "  - name: \"Test helloservice\"\n"
        "    events:\n"
        "      - name: \"sh.keptn.event.je-test.triggered\"\n"
        "    tasks:\n"
        "      - name: \"Ask helloservice for its version\"\n"
        "        env:\n"
        "          - name: IMAGE\n"
        "            value: \"$.data.configurationChange.values.image\"\n"
        "            valueFrom: event\n"
        "        cmd: [\"sh\", \"-ec\"]\n"
        "        args:\n"
        "          - |\n"
        "            for round in 1 2 3; do\n"
        "              '%1$s/helloservice' --ask http://127.0.0.1:%4$d/version --expect \"${IMAGE##*:}\"\n"
        "              echo \"round $round: %2$s answers with ${IMAGE##*:}\"\n"
        "              sleep 0.3\n"
        "            done\n",
        parts, stage, directory, port);
}

static char *folder_of_self(char *self, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", self, size - 1);
    if (len <= 0)
        return NULL;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    return slash != NULL ? mem_string_n(self, (size_t)(slash - self)) : NULL;
}

static bool has_program(const char *folder, const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    bool has = access(path, X_OK) == 0;
    free(path);
    return has;
}

enum status demo_find_parts(char **self, char **parts, struct error *err)
{
    char path[4096];
    char *folder = folder_of_self(path, sizeof path);
    if (folder == NULL)
        return error_set(err, STATUS_FAILED, "cannot find out where this program is: /proc is not there");
    free(*self);
    *self = mem_string(path);
    if (has_program(folder, "helloservice")) {
        *parts = folder;
        return STATUS_OK;
    }
    free(folder);
    *parts = mem_string(PKGLIBEXECDIR);
    if (has_program(*parts, "helloservice"))
        return STATUS_OK;
    return error_set(
        err, STATUS_NOT_FOUND,
        "the demo's helloservice is neither beside %s nor in %s: run ./bootstrap build, or install", path,
        *parts);
}

/* drawbridged stands beside us, in the build tree and where we are installed. */
static char *find_server(void)
{
    char path[4096];
    char *folder = folder_of_self(path, sizeof path);
    char *server = mem_printf("%s/drawbridged", folder != NULL ? folder : ".");
    free(folder);
    return server;
}

static void run_server(const char *program, const char *directory, int output, pid_t parent)
{
    char *data = mem_printf("%s/data", directory), *log = mem_printf("%s/drawbridged.log", directory);
    int errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);  /* it died before we asked to be told */
    setpgid(0, 0); /* Ctrl-C at the terminal is for the demo, which then ends us in order */
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execl(program, program, "--data", data, "--listen", "127.0.0.1:0", "--upstream-root", directory,
          (char *)NULL);
    _exit(127);
}

/* "ready http://127.0.0.1:PORT/api" */
static enum status read_ready(struct demo_server *server, char **url, const volatile sig_atomic_t *stop,
                              struct error *err)
{
    struct buffer line = BUFFER_LIMIT(1024);
    int64_t deadline = clock_monotonic_ns() + READY_NS;
    char c = 0;
    while (c != '\n' && *stop == 0 && clock_monotonic_ns() < deadline) {
        struct pollfd poll_output = {.fd = server->output, .events = POLLIN};
        if (poll(&poll_output, 1, 100) <= 0)
            continue;
        ssize_t got = read(server->output, &c, 1);
        if (got == 0 || (got < 0 && errno != EINTR) || (got > 0 && c != '\n' && !buffer_add_char(&line, c)))
            break;
    }
    enum status status = STATUS_OK;
    if (c == '\n' && strncmp(buffer_text(&line), "ready http", 10) == 0)
        *url = mem_string(buffer_text(&line) + strlen("ready "));
    else
        status =
            error_set(err, STATUS_UNREACHABLE, "drawbridged did not start%s", *stop != 0 ? ": stopped" : "");
    buffer_free(&line);
    return status;
}

static void add_log_tail(const char *directory, struct error *err)
{
    char *path = mem_printf("%s/drawbridged.log", directory), tail[401];
    FILE *file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return;
    if (fseek(file, -400, SEEK_END) != 0)
        rewind(file);
    size_t got = fread(tail, 1, sizeof tail - 1, file);
    tail[got] = '\0';
    fclose(file);
    char said[ERROR_TEXT_SIZE];
    (void)snprintf(said, sizeof said, "%.400s", err->text); /* cut where it is too long */
    error_set(err, err->status, "%s; it said: %s", said, tail);
}

enum status demo_server_start(struct demo_server *server, const char *directory, const char *parts,
                              char **url, const volatile sig_atomic_t *stop, struct error *err)
{
    int ends[2];
    char *program = find_server();
    pid_t parent = getpid();
    (void)parts;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(program);
        return error_set(err, STATUS_FAILED, "cannot make a pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0)
        run_server(program, directory, ends[1], parent);
    close(ends[1]);
    free(program);
    if (pid < 0) {
        close(ends[0]);
        return error_set(err, STATUS_FAILED, "cannot start drawbridged: %s", strerror(errno));
    }
    *server = (struct demo_server){.pid = pid, .output = ends[0]};
    enum status status = read_ready(server, url, stop, err);
    if (status != STATUS_OK)
        add_log_tail(directory, err);
    return status;
}

void demo_server_stop(struct demo_server *server)
{
    int status;
    if (server->pid <= 0)
        return;
    int64_t deadline = clock_monotonic_ns() + STOP_NS;
    kill(server->pid, SIGTERM);
    while (waitpid(server->pid, &status, WNOHANG) == 0) {
        if (clock_monotonic_ns() > deadline) {
            kill(server->pid, SIGKILL);
            deadline = INT64_MAX;
        }
        poll(NULL, 0, 10);
    }
    close(server->output);
    server->pid = 0;
}

void demo_stop_service(const char *parts, const char *directory, const char *stage)
{
    if (parts == NULL)
        return;
    char *program = mem_printf("%s/helloservice", parts),
         *pid_file = mem_printf("%s/%s.pid", directory, stage);
    const char *const argv[] = {program, "--stop", pid_file, NULL};
    int exit_status;
    struct error err = ERROR_NONE;
    if (access(pid_file, F_OK) == 0 &&
        process_run(&(struct process_request){.argv = argv, .deadline_ms = 10000}, NULL, NULL, &exit_status,
                    &err) != STATUS_OK)
        (void)fprintf(stderr, "drawbridge: the %s service may still run: %s\n", stage, err.text);
    free(program);
    free(pid_file);
}

/* Takes a port; the socket stays open in *fd, so that the next one is another. */
static bool take_port(int *fd, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken = *fd >= 0 && bind(*fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(*fd, (struct sockaddr *)&address, &size) == 0;
    *port = ntohs(address.sin_port);
    return taken;
}

enum status demo_free_ports(int *ports, size_t count, struct error *err)
{
    int fds[8];
    size_t taken = 0;
    enum status status = STATUS_OK;
    assert(count <= sizeof fds / sizeof *fds);
    while (taken < count && status == STATUS_OK) {
        if (!take_port(&fds[taken], &ports[taken]))
            status = error_set(err, STATUS_FAILED, "no free port on 127.0.0.1: %s", strerror(errno));
        taken++;
    }
    while (taken > 0)
        if (fds[--taken] >= 0)
            close(fds[taken]);
    return status;
}

enum status demo_write_file(const char *path, const char *text, struct error *err)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fputs(text, file) >= 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    return written ? STATUS_OK : error_set(err, STATUS_FAILED, "cannot write %s: %s", path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void demo_remove(const char *directory)
{
    if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        (void)fprintf(stderr, "drawbridge: cannot remove %s: %s\n", directory, strerror(errno));
}
