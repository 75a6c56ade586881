/* tests/support/relay.h: a process between a client and a server on loopback: plain, a TLS front, which may
 * want a client certificate, or an HTTP proxy. What passes is logged, a line each: "GET /api/v1/metadata
 * HTTP/1.1" of a request that it can read, "CONNECT host:port", "certificate CN", "authorization …". */
#ifndef SUPPORT_RELAY_H
#define SUPPORT_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/world.h"

enum relay_kind {
    RELAY_PLAIN,
    RELAY_TLS,
    RELAY_TLS_WITH_CERTIFICATE,
    RELAY_PROXY,
    RELAY_PROXY_WITH_PASSWORD
};

struct relay {
    pid_t pid;
    int port;
    char *log; /* name of the file in the world's directory */
};

/* Makes ca.pem, server.pem (for 127.0.0.1, localhost and keptn.invalid) and client.pem with client.key (CN
 * maria), both.pem (those two in one file), and other.pem (another authority) in the world's directory. */
void relay_make_certificates(struct world *w);
/* target_port: of the server; a proxy goes there whatever host it is asked for. It accepts once this returns.
 */
void relay_start(struct relay *r, struct world *w, enum relay_kind kind, int target_port);
bool relay_saw(const struct relay *r, const struct world *w, const char *words); /* somewhere in the log */
void relay_forget(const struct relay *r, const struct world *w);                 /* empties the log */
void relay_stop(struct relay *r);

#endif
