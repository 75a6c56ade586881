#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "support/gitserver.h"

#define START_NS (20 * CLOCK_S)

static const char http_settings[] =
    "server.modules = (\"mod_setenv\", \"mod_alias\", \"mod_auth\", \"mod_authn_file\", \"mod_cgi\"%2$s)\n"
    "server.document-root = \"%1$s/repos\"\nserver.bind = \"127.0.0.1\"\nserver.port = %4$d\n"
    "server.errorlog = \"%1$s/http-%4$d.log\"\n%3$s"
    "alias.url = (\"/git\" => \"%5$s/git-http-backend\")\ncgi.assign = (\"\" => \"\")\n"
    "setenv.add-environment = (\"GIT_PROJECT_ROOT\" => \"%1$s/repos\", \"GIT_HTTP_EXPORT_ALL\" => \"1\")\n"
    "auth.backend = \"plain\"\nauth.backend.plain.userfile = \"%1$s/users\"\n"
    "auth.require = (\"\" => (\"method\" => \"basic\", \"realm\" => \"git\", \"require\" => "
    "\"valid-user\"))\n";

static const char ssh_settings[] =
    "Port %2$d\nListenAddress 127.0.0.1\nHostKey %1$s/host_key\nAuthorizedKeysFile %1$s/authorized_keys\n"
    "StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    "PermitRootLogin prohibit-password\nMaxStartups 100\n";

static const char proxy_settings[] =
    "Port %2$d\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nLogFile \"%1$s/proxy.log\"\nLogLevel Info\n"
    "BasicAuth proxyuser " GITSERVER_PROXY_PASSWORD "\n";

static char *shell(const char *directory, const char *script)
{
    const char *const argv[] = {"sh", "-ec", script, NULL};
    struct buffer output = BUFFER_LIMIT(64 * 1024), errors = BUFFER_LIMIT(64 * 1024);
    struct error err = ERROR_NONE;
    int exit_status = -1;
    const struct process_request request = {.argv = argv, .directory = directory, .deadline_ms = 60000};
    if (process_run(&request, &output, &errors, &exit_status, &err) != STATUS_OK || exit_status != 0)
        fail_msg("%s: %s%s", script, err.text, buffer_text(&errors));
    buffer_free(&errors);
    return buffer_take(&output, NULL);
}

const char *gitserver_missing(enum gitserver_kind kind)
{
    static const struct {
        const char *program, *reason;
    } needs[] = {
        [GITSERVER_HTTP] = {"/usr/sbin/lighttpd", "lighttpd is not installed"},
        [GITSERVER_HTTPS] = {"/usr/lib/lighttpd/mod_openssl.so", "lighttpd-mod-openssl is not installed"},
        [GITSERVER_SSH] = {"/usr/sbin/sshd", "openssh-server is not installed"},
        [GITSERVER_PROXY] = {"/usr/bin/tinyproxy", "tinyproxy-bin is not installed"},
    };
    if (kind == GITSERVER_MUTE)
        return NULL;
    return access(needs[kind].program, R_OK) == 0 ? NULL : needs[kind].reason;
}

static void write_text(const char *directory, const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

char *gitserver_file(const char *directory, const char *name)
{
    char *path = mem_printf("%s/%s", directory, name), *text = mem_alloc(64 * 1024);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        fail_msg("no file %s", path);
    size_t len = fread(text, 1, 64 * 1024 - 1, file);
    text[len] = '\0';
    fclose(file);
    free(path);
    return text;
}

void gitserver_prepare(const char *directory)
{
    free(shell(
        directory,
        "umask 077; mkdir -p repos\n"
        "echo maria:" GITSERVER_TOKEN " >users\n"
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca "
        "-keyout ca.key -out ca.pem 2>/dev/null\n"
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other "
        "-keyout other_ca.key -out other_ca.pem 2>/dev/null\n"
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 "
        "-keyout server.key -out server.csr 2>/dev/null\n"
        "echo subjectAltName=IP:127.0.0.1,DNS:localhost >server.ext\n"
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-extfile server.ext -out server.crt 2>/dev/null\n"
        "cat server.crt server.key >server.pem\n"));
    if (gitserver_missing(GITSERVER_SSH) != NULL)
        return;
    free(
        shell(directory,
              "umask 077; ssh-keygen -q -t ed25519 -N '' -f host_key\n"
              "ssh-keygen -q -t ed25519 -N '' -f plain_key; ssh-keygen -q -t rsa -b 2048 -N '' -f other_key\n"
              "ssh-keygen -q -t ed25519 -N " GITSERVER_PASSPHRASE " -f locked_key\n"
              "cat plain_key.pub locked_key.pub >authorized_keys"));
    if (geteuid() == 0)
        (void)mkdir("/run/sshd", 0755); /* sshd wants it; there already: fine */
}

static int listen_somewhere(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static bool accepts(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return there;
}

static void write_settings(enum gitserver_kind kind, const char *directory, int port)
{
    char *text = NULL,
         *tls = mem_printf("ssl.engine = \"enable\"\nssl.pemfile = \"%s/server.pem\"\n", directory);
    char *git = shell(directory, "git --exec-path | tr -d '\\n'");
    if (kind == GITSERVER_HTTP)
        text = mem_printf(http_settings, directory, "", "", port, git);
    else if (kind == GITSERVER_HTTPS)
        text = mem_printf(http_settings, directory, ", \"mod_openssl\"", tls, port, git);
    else
        text = mem_printf(kind == GITSERVER_SSH ? ssh_settings : proxy_settings, directory, port);
    char *name = mem_printf("settings-%d", port);
    write_text(directory, name, text);
    free(name);
    free(git);
    free(tls);
    free(text);
}

/* In the child. */
static void become(enum gitserver_kind kind, const char *directory, int port)
{
    char *settings = mem_printf("%s/settings-%d", directory, port),
         *log = mem_printf("%s/server.log", directory);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* what it starts ends with it */
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (kind == GITSERVER_SSH)
        execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f", settings, (char *)NULL);
    else if (kind == GITSERVER_PROXY)
        execl("/usr/bin/tinyproxy", "tinyproxy", "-d", "-c", settings, (char *)NULL);
    else
        execl("/usr/sbin/lighttpd", "lighttpd", "-D", "-f", settings, (char *)NULL);
    _exit(127);
}

/* Connections are made by the kernel, and nobody reads them. */
static void stay_mute(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    listen(fd, 100);
    for (;;)
        pause();
}

void gitserver_start(struct gitserver *s, enum gitserver_kind kind, const char *directory)
{
    int64_t deadline = clock_monotonic_ns() + START_NS;
    assert_int_equal(s->pid, 0);
    int fd = listen_somewhere(s->port);
    s->port = port_of(fd);
    if (kind != GITSERVER_MUTE) {
        close(fd);
        write_settings(kind, directory, s->port);
    }
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0 && kind == GITSERVER_MUTE)
        stay_mute(fd);
    if (s->pid == 0)
        become(kind, directory, s->port);
    if (kind == GITSERVER_MUTE)
        close(fd);
    while (!accepts(s->port)) {
        if (clock_monotonic_ns() > deadline || waitpid(s->pid, NULL, WNOHANG) != 0)
            fail_msg("the server on port %d does not start: %s", s->port,
                     gitserver_file(directory, "server.log"));
        poll(NULL, 0, 10);
    }
}

void gitserver_stop(struct gitserver *s)
{
    if (s->pid == 0)
        return;
    kill(-s->pid, SIGKILL);
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}
