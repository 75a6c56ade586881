/* daemon/options.h: the command line of drawbridged. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

struct options {
    char *data, *listen, *upstream_root; /* upstream_root NULL: no file:// upstreams */
    int64_t task_timeout_ns;
    bool insecure_listen;
    int command; /* index in argv of the first word that is no option; words: none */
    int words;   /* argc, less the --data DIR that stood behind the command */
    bool done;   /* --help or --version was printed */
};

MUST_CHECK enum status options_read(int argc, char **argv, struct options *out, struct error *err);
void options_free(struct options *o);

#endif
