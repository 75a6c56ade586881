/* api/listen.c: the listening socket. It is opened here and not by MHD, whose errors do not say why. */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/internal.h"
#include "base/mem.h"

#define BACKLOG 511

static enum status refuse(const char *listen, struct error *err)
{
    return error_set(
        err, STATUS_INVALID,
        "cannot listen on \"%s\": it is not ADDRESS:PORT; write it as 127.0.0.1:8080 or [::1]:8080 "
        "(port 0 takes a free one)",
        listen);
}

/* Splits "127.0.0.1:8080" and "[::1]:8080"; both parts are the caller's. */
static bool split(const char *listen, char **host, char **port)
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || colon == listen || colon[1] == '\0' || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtol(colon + 1, NULL, 10) > 65535)
        return false;
    const char *begin = listen;
    size_t len = (size_t)(colon - listen);
    if (begin[0] == '[') {
        if (len < 3 || begin[len - 1] != ']')
            return false;
        begin++;
        len -= 2;
    } else if (memchr(begin, ':', len) != NULL) {
        return false; /* an IPv6 address without brackets: where its port begins cannot be told */
    }
    *host = mem_string_n(begin, len);
    *port = mem_string(colon + 1);
    return true;
}

static enum status explain(const char *listen, int code, struct error *err)
{
    if (code == EADDRINUSE)
        return error_set(
            err, STATUS_CONFLICT,
            "cannot listen on %s: another program, perhaps another drawbridged, already does; stop it "
            "(`ss -ltnp` names it), or choose another address with --listen ADDRESS:PORT (port 0 takes a "
            "free one)",
            listen);
    if (code == EACCES)
        return error_set(
            err, STATUS_FORBIDDEN,
            "cannot listen on %s: ports below 1024 are root's; choose another with --listen ADDRESS:PORT",
            listen);
    if (code == EADDRNOTAVAIL)
        return error_set(
            err, STATUS_INVALID,
            "cannot listen on %s: this machine does not have that address; `ip addr` lists those it has",
            listen);
    return error_set(err, STATUS_FAILED, "cannot listen on %s: %s", listen, strerror(code));
}

static char *url_of(int fd)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char host[64], port[8];
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return NULL;
    bool six = bound.ss_family == AF_INET6;
    return mem_printf("http://%s%s%s:%s/api", six ? "[" : "", host, six ? "]" : "", port);
}

enum status api_listen(const char *listen_on, int *out, char **url, struct error *err)
{
    char *host = NULL, *port = NULL;
    if (!split(listen_on, &host, &port))
        return refuse(listen_on, err);
    struct addrinfo *found = NULL,
                    wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    enum status status = STATUS_OK;
    int fd = -1, one = 1, fault = getaddrinfo(host, port, &wanted, &found);
    if (fault != 0) {
        status = error_set(err, STATUS_INVALID, "cannot listen on %s: no address \"%s\" (%s)", listen_on,
                           host, gai_strerror(fault));
        goto out;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        status = explain(listen_on, errno, err);
        goto out;
    }
    *url = url_of(fd);
    if (*url == NULL) {
        status = explain(listen_on, errno, err);
        goto out;
    }
    *out = fd;
    fd = -1;
out:
    if (fd >= 0)
        (void)close(fd); /* nothing was written to it */
    if (found != NULL)
        freeaddrinfo(found);
    free(host);
    free(port);
    return status;
}
