#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/relay.h"

#define CHUNK    16384
#define HEAD_MAX 8192
#define PASSWORD "dTpwOnc=" /* u:p:w */

/* One side: a socket, with TLS over it or not. */
struct side {
    int fd;
    SSL *tls;
};

struct passing {
    enum relay_kind kind;
    int target_port, log;
};

static void say(const struct passing *p, const char *what, const char *text, size_t len)
{
    char *line = mem_printf("%s%.*s\n", what, (int)len, text);
    if (write(p->log, line, strlen(line)) < 0)
        _exit(3);
    free(line);
}

static ssize_t side_read(struct side *s, char *bytes, size_t len)
{
    return s->tls != NULL ? SSL_read(s->tls, bytes, (int)len) : read(s->fd, bytes, len);
}

static bool side_write(struct side *s, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = s->tls != NULL ? SSL_write(s->tls, bytes, (int)len) : write(s->fd, bytes, len);
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

static bool is_request(const char *bytes, size_t len)
{
    static const char *const methods[] = {"GET ", "POST ", "PUT ", "DELETE ", "PATCH "};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (len > strlen(methods[i]) && memcmp(bytes, methods[i], strlen(methods[i])) == 0)
            return true;
    return false;
}

static void log_request(const struct passing *p, const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\r', len);
    if (is_request(bytes, len) && end != NULL)
        say(p, "", bytes, (size_t)(end - bytes));
}

/* A request to a proxy names the server: "GET http://host/path". The server wants the path. */
static size_t strip_server(char *bytes, size_t len)
{
    char *blank = is_request(bytes, len) ? memchr(bytes, ' ', len) : NULL;
    if (blank == NULL || (size_t)(bytes + len - blank) < 9 || memcmp(blank + 1, "http://", 7) != 0)
        return len;
    char *path = memchr(blank + 8, '/', (size_t)(bytes + len - blank - 8));
    if (path == NULL)
        return len;
    memmove(blank + 1, path, (size_t)(bytes + len - path));
    return len - (size_t)(path - blank - 1);
}

/* Carries bytes both ways until either side ends. */
static void carry(const struct passing *p, struct side *client, struct side *server)
{
    char bytes[CHUNK];
    for (;;) {
        struct pollfd polls[2] = {{.fd = client->fd, .events = POLLIN}, {.fd = server->fd, .events = POLLIN}};
        bool held = client->tls != NULL && SSL_pending(client->tls) > 0;
        if (!held && poll(polls, 2, -1) < 0)
            return;
        if (held || polls[0].revents != 0) {
            ssize_t got = side_read(client, bytes, sizeof bytes);
            if (got <= 0)
                return;
            log_request(p, bytes, (size_t)got);
            size_t len = p->kind == RELAY_PROXY ? strip_server(bytes, (size_t)got) : (size_t)got;
            if (!side_write(server, bytes, len))
                return;
        }
        if (polls[1].revents != 0) {
            ssize_t got = side_read(server, bytes, sizeof bytes);
            if (got <= 0 || !side_write(client, bytes, (size_t)got))
                return;
        }
    }
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        _exit(2);
    return fd;
}

static SSL *accept_tls(const struct passing *p, int fd)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL || SSL_CTX_use_certificate_chain_file(context, "server.pem") != 1 ||
        SSL_CTX_use_PrivateKey_file(context, "server.key", SSL_FILETYPE_PEM) != 1)
        _exit(4);
    if (p->kind == RELAY_TLS_WITH_CERTIFICATE) {
        if (SSL_CTX_load_verify_locations(context, "ca.pem", NULL) != 1)
            _exit(5);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    if (SSL_accept(tls) != 1) {
        say(p, "refused", "", 0);
        _exit(0);
    }
    X509 *certificate = SSL_get1_peer_certificate(tls);
    if (certificate != NULL) {
        char name[100] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        say(p, "certificate ", name, strlen(name));
        X509_free(certificate);
    }
    return tls;
}

/* Reads up to the end of the head. */
static void read_head(int fd, char head[HEAD_MAX])
{
    size_t len = 0;
    head[0] = '\0';
    while (strstr(head, "\r\n\r\n") == NULL && len < HEAD_MAX - 1) {
        ssize_t got = read(fd, head + len, HEAD_MAX - 1 - len);
        if (got <= 0)
            _exit(0);
        len += (size_t)got;
        head[len] = '\0';
    }
}

static void serve_proxy(const struct passing *p, struct side *client)
{
    char head[HEAD_MAX];
    struct side server = {.fd = -1};
    read_head(client->fd, head);
    const char *authorization = strcasestr(head, "proxy-authorization: Basic ");
    if (authorization != NULL)
        say(p, "authorization ", authorization + 27, strcspn(authorization + 27, "\r"));
    if (p->kind == RELAY_PROXY_WITH_PASSWORD &&
        (authorization == NULL || strncmp(authorization + 27, PASSWORD, strlen(PASSWORD)) != 0)) {
        static const char no[] =
            "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
        (void)side_write(client, no, sizeof no - 1); /* it goes either way */
        return;
    }
    server.fd = connect_to(p->target_port);
    say(p, "", head, strcspn(head, "\r"));
    if (strncmp(head, "CONNECT ", 8) == 0) {
        if (!side_write(client, "HTTP/1.1 200 OK\r\n\r\n", 19))
            return;
    } else if (!side_write(&server, head, strip_server(head, strlen(head)))) {
        return;
    }
    carry(p, client, &server);
}

static void serve(const struct passing *p, int fd)
{
    struct side client = {.fd = fd};
    if (p->kind == RELAY_PROXY || p->kind == RELAY_PROXY_WITH_PASSWORD) {
        serve_proxy(p, &client);
        return;
    }
    if (p->kind != RELAY_PLAIN)
        client.tls = accept_tls(p, fd);
    struct side server = {.fd = connect_to(p->target_port)};
    carry(p, &client, &server);
}

static void run(const struct passing *p, int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            serve(p, fd);
            _exit(0);
        }
        close(fd);
    }
}

void relay_start(struct relay *r, struct world *w, enum relay_kind kind, int target_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *r = (struct relay){.port = ntohs(address.sin_port)};
    r->log = mem_printf("relay-%d.log", r->port);
    char *path = world_path(w, r->log);
    struct passing p = {.kind = kind,
                        .target_port = target_port,
                        .log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    free(path);
    assert_true(p.log >= 0);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        if (chdir(w->directory) != 0)
            _exit(6);
        run(&p, listener);
    }
    close(p.log);
    close(listener);
}

bool relay_saw(const struct relay *r, const struct world *w, const char *words)
{
    char *text = world_read(w, r->log);
    bool found = text != NULL && strstr(text, words) != NULL;
    if (!found)
        print_message("# the relay saw: %s\n", text != NULL ? text : "nothing");
    free(text);
    return found;
}

void relay_forget(const struct relay *r, const struct world *w)
{
    char *path = world_path(w, r->log);
    assert_int_equal(truncate(path, 0), 0);
    free(path);
}

void relay_stop(struct relay *r)
{
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        assert_int_equal(waitpid(r->pid, NULL, 0), r->pid);
    }
    free(r->log);
    *r = (struct relay){0};
}

void relay_make_certificates(struct world *w)
{
    assert_int_equal(
        world_shell(w,
                    "set -e; exec >certificates.log 2>&1\n"
                    "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
                    "openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=ca -days 2\n"
                    "openssl req -x509 $key -keyout other.key -out other.pem -subj /CN=other -days 2\n"
                    "openssl req $key -keyout server.key -out server.csr -subj /CN=localhost -addext "
                    "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:keptn.invalid\n"
                    "openssl req $key -keyout client.key -out client.csr -subj /CN=maria\n"
                    "for name in server client; do openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key "
                    "-CAcreateserial -days 2 -copy_extensions copy -out $name.pem; done\n"
                    "cat client.pem client.key >both.pem\n"),
        0);
}
