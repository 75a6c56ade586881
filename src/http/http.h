/* http/http.h: HTTP requests without blocking: libcurl's multi interface on a libuv loop. Never follows
 * redirects (a token goes only to the host that it is for). */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"

struct buffer;
struct http_client;
struct http_call;

struct http_settings {
    const char *ca_file; /* NULL: the system's; loaded only when an https URL is first asked for */
    const char *user_agent;
    const char *client_cert; /* PEM; shown to a server that asks for it; NULL: none */
    const char *client_key;  /* PEM; NULL: it stands in client_cert */
    const char *proxy; /* [http://][user:password@]host[:port], also for loopback; "": none; NULL: what the
                          environment says, never for loopback */
};

/* settings: copied; NULL: defaults */
struct http_client *http_client_new(uv_loop_t *loop, const struct http_settings *settings);
void http_client_free(struct http_client *c); /* cancels what is under way, without calling back; handles
                                                 close on the loop's next turns */

uv_loop_t *http_loop(const struct http_client *c);
const struct http_settings *http_client_settings(const struct http_client *c); /* lives as long as c */

struct http_request {
    const char *method; /* "GET", "POST", … */
    const char *url;
    const char *token; /* x-token; NULL: none */
    const char *body;  /* NULL: none */
    size_t body_len;
    int timeout_ms; /* whole call; 0: 10000 */
};
struct http_response {
    enum status status; /* STATUS_OK: an answer came, whatever its code; else UNREACHABLE or TIMED_OUT */
    long code;
    const char *body; /* terminated, at most 64 MiB */
    size_t body_len;
    const char *snapshot_number; /* header x-drawbridge-sequence ("EPOCH:N"), NULL: none */
    const char *date;            /* header Date, NULL: none */
    const char *location;        /* header Location of a redirect, NULL: none */
    const char *error;           /* words of why no answer came */
};
typedef void (*http_done)(void *arg, const struct http_response *response);

/* Copies the request. done runs on the loop thread, never before this returns. */
struct http_call *http_send(struct http_client *c, const struct http_request *request, http_done done,
                            void *arg);
void http_cancel(struct http_call *call); /* done will not be called */

/* The same, blocking, for one-shot commands: runs the loop until the answer is there. body is the caller's
 * (free). */
struct http_answer {
    long code;
    char *body;
    size_t body_len;
};
MUST_CHECK enum status http_ask(struct http_client *c, const struct http_request *request,
                                struct http_answer *out, struct error *err);

/* Appends text with everything escaped that could mean something in a path or a query. False where out's
 * limit is passed. */
bool http_add_escaped(struct buffer *out, const char *text);
/* root followed by format, in which each {} takes the next argument (const char *), escaped. The caller's
 * (free). */
char *http_url(const char *root, const char *format, ...);
char *http_url_args(const char *root, const char *format, va_list args);
/* True for a URL of this machine: localhost, 127.0.0.0/8, ::1. No proxy of the environment's is ever asked
 * for it. */
bool http_is_loopback(const char *url);

/* Turns an answer with a code that is no success into an error with the server's message
 * ({"code","message"}). */
enum status http_error(const struct http_request *request, long code, const char *body, size_t len,
                       struct error *err);

#endif
