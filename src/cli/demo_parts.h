/* cli/demo_parts.h: the real parts of the demo: drawbridged, the deployed service, files. */
#ifndef CLI_DEMO_PARTS_H
#define CLI_DEMO_PARTS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct demo_server {
    pid_t pid; /* 0: not started */
    int output;
};

/* This program's path, and the folder that helloservice is in: beside it in a build tree, else where it is
 * installed. */
MUST_CHECK enum status demo_find_parts(char **self, char **parts, struct error *err);
/* Starts drawbridged on a free port with its data in directory/data; *url is the caller's. It ends with us,
 * whatever ends us. */
MUST_CHECK enum status demo_server_start(struct demo_server *server, const char *directory, const char *parts,
                                         char **url, const volatile sig_atomic_t *stop, struct error *err);
void demo_server_stop(
    struct demo_server *server); /* TERM, after 10 s KILL; nothing where it was not started */
void demo_stop_service(const char *parts, const char *directory, const char *stage);

const char *demo_shipyard(bool with_approval);
/* job/config.yaml of one stage. The caller's. */
char *demo_job_config(const char *parts, const char *directory, const char *stage, int port);
/* count different ports on 127.0.0.1 that nobody listens on. */
MUST_CHECK enum status demo_free_ports(int *ports, size_t count, struct error *err);
MUST_CHECK enum status demo_write_file(const char *path, const char *text, struct error *err);
void demo_remove(const char *directory); /* with all that is in it */

#endif
