/* base/process.h: runs a child process to its end on the calling thread, with a deadline (for git(1),
 * token-command, …). */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <signal.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct process_request {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *env;  /* NULL-terminated NAME=VALUE; NULL: inherit */
    const char *directory;   /* NULL: inherit */
    const char *input;       /* written to standard input, then closed; NULL: /dev/null */
    size_t input_len;
    int deadline_ms; /* the process group is killed then */
    const volatile sig_atomic_t
        *stop; /* not 0: the process group is killed now (a signal handler sets it); NULL: none */
};

/* Output and errors are appended up to the buffers' limits, the rest is read and dropped. Both may be NULL.
 * Returns STATUS_OK with *exit_status (128+N for signal N), STATUS_TIMED_OUT, or STATUS_FAILED where it could
 * not start. */
MUST_CHECK enum status process_run(const struct process_request *request, struct buffer *output,
                                   struct buffer *errors, int *exit_status, struct error *err);

#endif
