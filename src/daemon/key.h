/* daemon/key.h: the key that belongs to a store. */
#ifndef DAEMON_KEY_H
#define DAEMON_KEY_H

#include <stdbool.h>

#include "daemon/box.h"
#include "store/store.h"

/* Reads DIR/key. make: where there is none, and nothing is stored that needs a former one, one is made.
 * STATUS_FAILED: it is gone, or is no key; err says what to do. */
MUST_CHECK enum status key_of_store(struct store *s, bool make, struct key *key, struct error *err);
/* The audit trail's key (store_seal_audit). */
void key_seal(const struct key *key, unsigned char seal[STORE_SEAL_KEY_SIZE]);
/* For every process that adds rows to the audit trail, before it does: from here on the store seals the
 * trail's head with this key; one that was never sealed is sealed as it is, on record. Without its key the
 * trail goes on, and verifying it says so: that is logged, and no reason not to serve. */
void key_begin_audit(struct store *s);

#endif
