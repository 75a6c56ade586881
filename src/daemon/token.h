/* daemon/token.h: API tokens: 256 random bits, shown once, kept as a hash. */
#ifndef DAEMON_TOKEN_H
#define DAEMON_TOKEN_H

#include "base/error.h"
#include "store/store.h"

#define TOKEN_SIZE   48
#define TOKEN_NOTICE "tokens-changed" /* below the data directory: written when tokens have changed */

/* The first start: an admin token in DIRECTORY/admin-token, mode 0600. Nothing where the store has tokens and
 * the file is there. *made tells whether one was made. */
MUST_CHECK enum status token_ensure_admin(struct store *store, const char *directory, bool *made,
                                          struct error *err);

/* `drawbridged token create|list|revoke …` on the data directory; returns the exit status. */
int token_command(const char *directory, int argc, char **argv);

#endif
