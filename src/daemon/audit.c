#include "config.h"

#include "daemon/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/key.h"
#include "store/store.h"

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "drawbridged: %s\n", err->text);
    return status_exit_code(err->status);
}

static bool same_hash(void *arg, const struct store_audit_entry *entry)
{
    const char **hash = arg;
    if (entry->hash != NULL && strcmp(entry->hash, *hash) == 0)
        *hash = NULL;
    return false;
}

/* A head that somebody noted elsewhere is out of reach of whoever tampers with the data directory. */
static enum status check_noted(struct store *store, const char *noted, struct error *err)
{
    char *end = NULL;
    long long row = strtoll(noted, &end, 10);
    if (row < 1 || *end != ':' || strlen(end + 1) != STORE_AUDIT_HASH_SIZE - 1)
        return error_set(err, STATUS_USAGE, "%s is not ROW:HASH, as `drawbridged audit verify` prints it",
                         noted);
    const char *hash = end + 1;
    const struct store_audit_query q = {.after = row - 1};
    enum status status = store_audit(store, &q, same_hash, &hash, err);
    if (status == STATUS_OK && hash != NULL)
        status = error_set(err, STATUS_CONFLICT,
                           "audit row %lld is not the one that was noted: the trail was written anew", row);
    return status;
}

static enum status verify(struct store *store, const char *noted, struct error *err)
{
    int64_t rows = 0;
    char head[STORE_AUDIT_HASH_SIZE];
    struct key key;
    unsigned char seal[STORE_SEAL_KEY_SIZE];
    bool sealed = key_load(store_directory(store), &key, err) == STATUS_OK;
    if (sealed) {
        key_seal(&key, seal);
        store_seal_audit(store, seal);
    }
    sodium_memzero(&key, sizeof key);
    *err = ERROR_NONE;
    enum status status = store_audit_verify(store, &rows, head, err);
    if (status == STATUS_OK && noted != NULL)
        status = check_noted(store, noted, err);
    if (status != STATUS_OK)
        return status;
    printf("%lld rows, none changed, none missing\n", (long long)rows);
    if (rows > 0)
        printf("head %lld:%s\n", (long long)rows, head);
    if (!sealed)
        puts("The key file is not there: whether the head was sealed by drawbridged is not known.");
    return STATUS_OK;
}

int audit_command(const char *directory, int argc, char **argv)
{
    struct error err = ERROR_NONE;
    struct store *store = NULL;
    if (argc < 1 || argc > 2 || strcmp(argv[0], "verify") != 0) {
        error_set(&err, STATUS_USAGE, "usage: drawbridged [--data DIR] audit verify [ROW:HASH]");
        return fail(&err);
    }
    enum status status = store_open_beside(directory, &store, &err);
    if (status == STATUS_OK)
        status = verify(store, argc == 2 ? argv[1] : NULL, &err);
    store_close(store);
    return status == STATUS_OK ? 0 : fail(&err);
}
