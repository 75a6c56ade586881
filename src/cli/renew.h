/* cli/renew.h: a token read again, off the loop: a file that hangs on a network, or a command that takes its
 * ten seconds, holds up no connection. */
#ifndef CLI_RENEW_H
#define CLI_RENEW_H

#include <uv.h>

#include "cli/token.h"

struct renewal;

/* token: NULL where there is none, with the reason in err, or with STATUS_OK in it where the source has none.
 * Borrowed. */
typedef void (*renewal_done)(void *arg, const char *token, const struct error *err);

/* Whether reading it again could bring another token. */
bool renewal_helps(const struct token_source *source);
/* How long to wait before a source is read again that has brought nothing new, in milliseconds: it costs
 * little to look at a file, and somebody may have to answer a command. */
int renewal_wait_ms(const struct token_source *source);

/* source is copied. done runs on the loop, once, never before this returns. NULL: no thread could be
 * started. */
struct renewal *renewal_start(uv_loop_t *loop, const struct token_source *source, renewal_done done,
                              void *arg);
void renewal_cancel(
    struct renewal *r); /* done will not be called; NULL is fine; a handle closes on the loop's next turns */

#endif
