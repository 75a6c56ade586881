/* tests/support/gitserver.h: real Git servers on loopback, in a directory of the test: git http-backend
 * behind lighttpd, plain or with TLS, and OpenSSH's sshd; a tinyproxy; and one that accepts and never says a
 * word. They serve the repositories in DIRECTORY/repos, and end with the test at the latest. */
#ifndef SUPPORT_GITSERVER_H
#define SUPPORT_GITSERVER_H

#include <stdbool.h>
#include <sys/types.h>

enum gitserver_kind { GITSERVER_HTTP, GITSERVER_HTTPS, GITSERVER_SSH, GITSERVER_PROXY, GITSERVER_MUTE };

struct gitserver {
    pid_t pid; /* 0: not running */
    int port;
};

/* Who may do what: at lighttpd maria with GITSERVER_TOKEN (the file `users` holds them, a line each, read
 * again at each request); at the proxy proxyuser with GITSERVER_PROXY_PASSWORD; at sshd whoever runs the test
 * with one of the keys plain_key and locked_key (the file of the latter opens with GITSERVER_PASSPHRASE;
 * other_key is not let in). */
#define GITSERVER_TOKEN          "tok-7c1e9b4f52a0"
#define GITSERVER_PROXY_PASSWORD "prx-19d8e07b63f4"
#define GITSERVER_PASSPHRASE     "phr-a83f5d216c7e"

/* What is missing for the kind on this machine, as a reason to skip; NULL: nothing. */
const char *gitserver_missing(enum gitserver_kind kind);
/* Makes repos/, users, the keys above, host_key, and with openssl(1) ca.pem, server.pem (for 127.0.0.1 and
 * localhost) and other_ca.pem. */
void gitserver_prepare(const char *directory);
/* It accepts once this returns. Twice the same struct: again on the port that it had. Aborts the test where
 * it cannot start. */
void gitserver_start(struct gitserver *s, enum gitserver_kind kind, const char *directory);
void gitserver_stop(struct gitserver *s);
char *gitserver_file(const char *directory, const char *name); /* its text; the caller's */

#endif
