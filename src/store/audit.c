/* The audit trail: rows that are only ever added, each with a hash over itself and the row before, and a head
 * that names the last one under a key. A row that was changed, removed or exchanged breaks the chain from
 * there on; rows removed at the end no longer fit the head; and who can write the database but not read the
 * key cannot make a head that fits. */
#include "config.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "store/internal.h"

#define HASH_BYTES 32
#define HASH_SIZE  (2 * HASH_BYTES + 1)
#define COLUMNS    7 /* of FIELDS */
#define FIELDS     "row, time_ns, who, what, project, origin, why"

/* --- hashing, as functions of the writer's SQL: a row's number and its predecessor are known only in the
 * transaction that adds it --- */

static void add_part(crypto_generichash_state *state, const void *bytes, size_t len)
{
    /* Its length first: else "ab","c" and "a","bc" would hash alike. */
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)len >> (8 * i));
    crypto_generichash_update(state, size, sizeof size);
    crypto_generichash_update(state, bytes, len);
}

/* Hex of a hash over SQL values; key may be NULL. Integers are hashed as their decimal digits. */
static void hash_values(int count, sqlite3_value **values, const unsigned char *key, char out[HASH_SIZE])
{
    crypto_generichash_state state;
    unsigned char hash[HASH_BYTES];
    crypto_generichash_init(&state, key, key != NULL ? STORE_SEAL_KEY_SIZE : 0, sizeof hash);
    for (int i = 0; i < count; i++) {
        int type = sqlite3_value_type(values[i]);
        const unsigned char *text = sqlite3_value_text(values[i]);
        add_part(&state, &type, 1);
        add_part(&state, text != NULL ? text : (const unsigned char *)"",
                 text != NULL ? (size_t)sqlite3_value_bytes(values[i]) : 0);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(out, HASH_SIZE, hash, sizeof hash);
}

/* audit_hash(hash of the row before, row, …) */
static void sql_hash(sqlite3_context *context, int count, sqlite3_value **values)
{
    char hex[HASH_SIZE];
    hash_values(count, values, NULL, hex);
    sqlite3_result_text(context, hex, HASH_SIZE - 1, SQLITE_TRANSIENT);
}

/* audit_seal(row, hash): '' where there is no key. */
static void sql_seal(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct db *db = sqlite3_user_data(context);
    char hex[HASH_SIZE] = "";
    if (db->seals)
        hash_values(count, values, db->seal_key, hex);
    sqlite3_result_text(context, hex, -1, SQLITE_TRANSIENT);
}

enum status audit_functions(struct db *db, struct error *err)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    if (sqlite3_create_function(db->handle, "audit_hash", COLUMNS + 1, flags, NULL, sql_hash, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_create_function(db->handle, "audit_seal", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, db, sql_seal,
                                NULL, NULL) != SQLITE_OK)
        return db_error(db, err, "prepare");
    return STATUS_OK;
}

void store_seal_audit(struct store *s, const unsigned char key[STORE_SEAL_KEY_SIZE])
{
    struct db *const both[] = {s->reader, s->writer};
    for (size_t i = 0; i < 2; i++) {
        memcpy(both[i]->seal_key, key, STORE_SEAL_KEY_SIZE);
        both[i]->seals = true;
    }
}

/* --- reading --- */

enum status store_audit(struct store *s, const struct store_audit_query *q, store_audit_fn fn, void *arg,
                        struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt =
        db_prepare(s->reader,
                   q->project != NULL ? "SELECT " FIELDS ", hash FROM audit INDEXED BY audit_project"
                                        " WHERE project = ?2 AND row > ?3 AND time_ns > ?1 ORDER BY row"
                                      : "SELECT " FIELDS
                                        ", hash FROM audit WHERE row > ?3 AND time_ns > ?1 ORDER BY row",
                   err);
    if (stmt == NULL)
        return STATUS_FAILED;
    sqlite3_bind_int64(stmt, 1, q->from_ns != 0 ? q->from_ns : INT64_MIN);
    if (q->project != NULL)
        db_bind_text(stmt, 2, q->project);
    sqlite3_bind_int64(stmt, 3, q->after);
    bool more = true;
    while (more && db_step(s->reader, stmt, &status, err)) {
        struct store_audit_entry entry = {.row = sqlite3_column_int64(stmt, 0),
                                          .time_ns = sqlite3_column_int64(stmt, 1),
                                          .who = db_text(stmt, 2),
                                          .what = db_text(stmt, 3),
                                          .project = db_text(stmt, 4),
                                          .from = db_text(stmt, 5),
                                          .why = db_text(stmt, 6),
                                          .hash = db_text(stmt, 7)};
        more = fn(arg, &entry);
    }
    db_release(s->reader, stmt);
    return status;
}

/* --- verifying --- */

/* Walks the rows in order; the first fault ends it. */
static enum status verify_rows(struct store *s, int64_t *rows, char head[HASH_SIZE], struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt =
        db_prepare(s->reader,
                   "SELECT row, hash, audit_hash(coalesce(lag(hash) OVER (ORDER BY row), ''), " FIELDS ")"
                   " FROM audit ORDER BY row",
                   err);
    *rows = 0;
    head[0] = '\0';
    while (stmt != NULL && db_step(s->reader, stmt, &status, err)) {
        int64_t row = sqlite3_column_int64(stmt, 0);
        const char *stored = db_text(stmt, 1), *made = db_text(stmt, 2);
        if (row != *rows + 1)
            status = error_set(err, STATUS_CONFLICT, "audit row %lld is missing: row %lld follows row %lld",
                               (long long)*rows + 1, (long long)row, (long long)*rows);
        else if (stored == NULL || strcmp(stored, made) != 0)
            status = error_set(err, STATUS_CONFLICT,
                               "audit row %lld is not what was written: it, or the row before it, was "
                               "changed or exchanged",
                               (long long)row);
        if (status != STATUS_OK)
            break;
        *rows = row;
        (void)snprintf(head, HASH_SIZE, "%s", stored);
    }
    db_release(s->reader, stmt);
    return status;
}

/* The head: number of the last row, its hash, and whether the seal fits both. */
static enum status verify_head(struct store *s, int64_t rows, const char *head, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(
        s->reader,
        "SELECT row, hash, seal, audit_seal(row, hash) FROM (SELECT"
        " CAST(json_extract(value, '$.row') AS INTEGER) AS row, json_extract(value, '$.hash') AS hash,"
        " json_extract(value, '$.seal') AS seal FROM meta WHERE key = 'audit')",
        err);
    if (stmt == NULL)
        return STATUS_FAILED;
    if (!db_step(s->reader, stmt, &status, err)) {
        if (status == STATUS_OK)
            status =
                error_set(err, STATUS_CONFLICT, "the audit trail has no head: its last rows may be missing");
    } else {
        int64_t last = sqlite3_column_int64(stmt, 0);
        const char *hash = db_text(stmt, 1), *seal = db_text(stmt, 2), *made = db_text(stmt, 3);
        if (last > rows)
            status =
                error_set(err, STATUS_CONFLICT, "audit rows %lld to %lld are missing at the end of the trail",
                          (long long)rows + 1, (long long)last);
        else if (last < rows || hash == NULL || strcmp(hash, head) != 0)
            status = error_set(err, STATUS_CONFLICT,
                               "the audit trail ends with row %lld, which is not the one that its head names",
                               (long long)rows);
        else if (s->reader->seals && (seal == NULL || strcmp(seal, made) != 0))
            status = error_set(err, STATUS_CONFLICT,
                               "the head of the audit trail was not sealed with this key: rows may have been "
                               "written by something else than drawbridged");
    }
    db_release(s->reader, stmt);
    return status;
}

enum status store_audit_verify(struct store *s, int64_t *rows, char head[STORE_AUDIT_HASH_SIZE],
                               struct error *err)
{
    static_assert(STORE_AUDIT_HASH_SIZE == HASH_SIZE, "a hash in hex");
    /* One view of both: a row that is added meanwhile is not half seen. */
    enum status status = db_exec(s->reader, "BEGIN", err);
    if (status != STATUS_OK)
        return status;
    status = verify_rows(s, rows, head, err);
    if (status == STATUS_OK)
        status = verify_head(s, *rows, head, err);
    struct error ignored = ERROR_NONE;
    (void)!db_exec(s->reader, "COMMIT", &ignored); /* nothing was written */
    return status;
}

bool store_audit_is_sealed(struct store *s, int64_t *rows)
{
    enum status status = STATUS_FAILED;
    struct error err = ERROR_NONE;
    sqlite3_stmt *stmt = db_prepare(
        s->reader,
        "SELECT json_extract(value, '$.seal') = '', CAST(json_extract(value, '$.row') AS INTEGER) FROM meta"
        " WHERE key = 'audit'",
        &err);
    bool found = stmt != NULL && db_step(s->reader, stmt, &status, &err);
    bool sealed = !found || sqlite3_column_int(stmt, 0) == 0;
    *rows = found ? sqlite3_column_int64(stmt, 1) : 0;
    db_release(s->reader, stmt);
    return sealed;
}
