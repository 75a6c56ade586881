/* The one key of a data directory, and what is set up with it when a process opens the store: the audit
 * trail's seal. */
#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/key.h"

#define SEAL_PURPOSE "drbaudit"

enum status key_of_store(struct store *s, bool make, struct key *key, struct error *err)
{
    const char *directory = store_directory(s);
    bool needed = true;
    enum status status = key_load(directory, key, err);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = store_needs_key(s, &needed, err);
    if (status == STATUS_OK && (needed || !make))
        status = error_set(err, STATUS_FAILED,
                           "the key file %s/key is gone, and secrets, credentials of upstreams, or the audit "
                           "trail need it: put it back",
                           directory);
    else if (status == STATUS_OK)
        status = key_make(directory, key, err);
    return status;
}

void key_seal(const struct key *key, unsigned char seal[STORE_SEAL_KEY_SIZE])
{
    key_derive(key, SEAL_PURPOSE, seal);
}

static enum status seal_audit(struct store *s, struct store_batch *batch, struct error *err)
{
    struct key key;
    unsigned char seal[STORE_SEAL_KEY_SIZE];
    int64_t rows = 0;
    enum status status = key_of_store(s, true, &key, err);
    if (status == STATUS_OK) {
        key_seal(&key, seal);
        store_seal_audit(s, seal);
        sodium_memzero(seal, sizeof seal);
    }
    sodium_memzero(&key, sizeof key);
    if (status != STATUS_OK || store_audit_is_sealed(s, &rows))
        return status;
    store_batch_seal_audit(batch);
    if (rows > 0) { /* by a version that had no seals, or by somebody who took it off: it is on record */
        char *why = mem_printf("%lld rows were there", (long long)rows);
        store_batch_audit(batch, clock_now_ns(), "drawbridged", "seal audit trail", NULL, "", why);
        free(why);
    }
    return STATUS_OK;
}

void key_begin_audit(struct store *s)
{
    struct error err = ERROR_NONE;
    struct store_batch *batch = store_batch_new(s);
    if (seal_audit(s, batch, &err) != STATUS_OK)
        log_write(LOG_WARN, "the audit trail is not sealed: %s", err.text);
    store_commit(batch, NULL, NULL);
}
