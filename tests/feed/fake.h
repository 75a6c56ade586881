/* fake.h: an HTTP and WebSocket server on the test's own loop, which does what a test tells it: also what no
 * good server would do. */
#ifndef TESTS_FEED_FAKE_H
#define TESTS_FEED_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct fake;
struct fake_peer;

struct fake_request {
    const char *method, *target; /* as they came */
    const char *token;           /* x-token; NULL: none */
    const char *key;             /* Sec-WebSocket-Key; NULL: no upgrade */
    const char *head;            /* the whole of it */
};
/* Answers with one of the functions below, at once or later; or with none. */
typedef void (*fake_handler)(void *arg, const struct fake_request *request, struct fake_peer *peer);
/* A WebSocket peer has gone. May be NULL. */
typedef void (*fake_gone)(void *arg, struct fake_peer *peer);

struct fake *fake_start(uv_loop_t *loop, fake_handler handler, fake_gone gone, void *arg);
int fake_port(const struct fake *f);
size_t fake_connections(const struct fake *f); /* accepted so far */
void fake_stop(struct fake *f); /* no handler runs any more; handles close on the loop's next turns */

void fake_answer(struct fake_peer *p, int code, const char *headers,
                 const char *body); /* headers: whole lines, NULL: none */
void fake_answer_bytes(struct fake_peer *p, const char *headers, const char *body, size_t len);
void fake_raw(struct fake_peer *p, const void *bytes, size_t len);
void fake_upgrade(struct fake_peer *p, const struct fake_request *request);
void fake_text(struct fake_peer *p, const char *text);
void fake_frame(struct fake_peer *p, unsigned char first, const void *bytes,
                size_t len);                                          /* first: FIN and opcode */
void fake_goodbye(struct fake_peer *p, int code, const char *reason); /* a close frame */
void fake_hang_up(struct fake_peer *p);
void fake_mute(struct fake_peer *p);                    /* no pong any more */
void fake_cut_after(struct fake_peer *p, size_t bytes); /* hangs up when so many more have been sent */

/* Runs the loop until *done, at most for so long. False: it never came. */
bool fake_run_until(uv_loop_t *loop, const bool *done, int ms);
/* Runs the loop until nothing is left on it. False: something is. */
bool fake_run_empty(uv_loop_t *loop);

#endif
