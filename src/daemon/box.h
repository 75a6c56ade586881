/* daemon/box.h: what is encrypted at rest, and the key for it: DIR/key, 32 random bytes, mode 0600, in no
 * backup. A box is XSalsa20 and Poly1305 (libsodium's secretbox) in base64. Source: interfaces.md,
 * "drawbridged". */
#ifndef DAEMON_BOX_H
#define DAEMON_BOX_H

#include <sodium.h>
#include <stddef.h>

#include "base/error.h"

/* Wipe it after use (sodium_memzero). */
struct key {
    unsigned char bytes[crypto_secretbox_KEYBYTES];
};

/* STATUS_NOT_FOUND: there is no key file. STATUS_FAILED: it cannot be read, is no key, or others can read it.
 */
MUST_CHECK enum status key_load(const char *directory, struct key *key, struct error *err);
/* Draws one and writes the file, whole or not at all; over an existing one. Only where nothing is stored that
 * needs the former. */
MUST_CHECK enum status key_make(const char *directory, struct key *key, struct error *err);
/* A key for another purpose, which tells nothing of this one. purpose: 8 letters. */
void key_derive(const struct key *key, const char *purpose, unsigned char out[32]);

/* Encrypts; the caller's. What is encrypted should name what it is, so that no box can be passed off as
 * another's. */
char *box_close(const struct key *key, const char *plain, size_t len);
/* NULL: made with another key, or changed. Else *len bytes, terminated; the caller's, to be wiped. */
char *box_open(const struct key *key, const char *box, size_t *len);

#endif
