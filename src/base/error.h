/* base/error.h: one status for everything that can fail, and the text that tells a person about it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* name, words, exit status of the command line, HTTP status (source: interfaces.md, "Exit status" and "HTTP")
 */
#define STATUS_TABLE(X)                                                                                      \
    X(OK, "ok", 0, 200)                                                                                      \
    X(FAILED, "failed", 1, 500)                                                                              \
    X(INVALID, "not valid", 2, 400)                                                                          \
    X(USAGE, "wrong usage", 2, 400)                                                                          \
    X(NOT_FOUND, "not found", 3, 404)                                                                        \
    X(UNAUTHENTICATED, "not authenticated", 4, 401)                                                          \
    X(FORBIDDEN, "not allowed", 4, 403)                                                                      \
    X(CONFLICT, "conflict", 5, 409)                                                                          \
    X(UNREACHABLE, "not reachable", 6, 503)                                                                  \
    X(TIMED_OUT, "timed out", 7, 504)                                                                        \
    X(TOO_LARGE, "too large", 2, 413)                                                                        \
    X(UNPROCESSABLE, "cannot be processed", 2, 422)                                                          \
    X(DEPENDENCY, "a needed service failed", 1, 424)                                                         \
    X(RATE_LIMITED, "too many requests", 4, 429)

enum status {
#define X(name, words, exit_code, http) STATUS_##name,
    STATUS_TABLE(X)
#undef X
        STATUS_COUNT
};

#define ERROR_TEXT_SIZE 1024

/* What went wrong, for a person: what was tried, on what, why not, what to do. Plain value; start with
 * ERROR_NONE. */
struct error {
    enum status status;
    char text[ERROR_TEXT_SIZE];
};

#define ERROR_NONE ((struct error){.status = STATUS_OK, .text = ""})

/* Sets err (may be NULL) and returns status, so that a function can `return error_set(err, STATUS_X, …)`. */
enum status error_set(struct error *err, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " in front of the text of an error that a callee has set. */
void error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

const char *status_words(enum status status);
int status_exit_code(enum status status);
int status_http(enum status status);

/* The status that stands for an HTTP status of a server (2xx: STATUS_OK). */
enum status status_from_http(long http);

#endif
