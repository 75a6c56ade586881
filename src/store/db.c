#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/internal.h"

#define BUSY_MS 5000 /* somebody looks at the store with sqlite3(1), or copies it */

static const char *advice(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; free some space on its file system";
    case SQLITE_IOERR:
        return "; look at the disk and at the kernel's log";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program holds it, end that";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "; restore it from a backup";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "; look at the owner and mode of the file and its directory";
    default:
        return "";
    }
}

enum status db_error(const struct db *db, struct error *err, const char *what)
{
    int code = sqlite3_extended_errcode(db->handle);
    int os = sqlite3_system_errno(db->handle);
    bool tell_os = os != 0 && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);
    return error_set(err, STATUS_FAILED, "cannot %s %s: %s%s%s%s", what, db->path, sqlite3_errmsg(db->handle),
                     tell_os ? ", " : "", tell_os ? strerror(os) : "", advice(code));
}

enum status db_exec(struct db *db, const char *sql, struct error *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return STATUS_OK;
    return db_error(db, err, "write to");
}

enum status db_open(const char *path, enum db_role role, struct db **out, struct error *err)
{
    static const char *const pragmas[] = {
        [DB_WRITER] = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
                      "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864;"
                      "PRAGMA cache_size = -8192",
        [DB_READER] = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096",
    };
    struct db *db = MEM_NEW(struct db);
    db->path = mem_string(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (role == DB_WRITER ? SQLITE_OPEN_CREATE : 0);
    enum status status = STATUS_OK;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        status = db->handle == NULL ? error_set(err, STATUS_FAILED, "cannot open %s: out of memory", path)
                                    : db_error(db, err, "open");
        goto out;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    /* No checkpoint when the last one closes, until schema_migrate allows it: a file that is refused must not
     * change by being looked at. */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    status = db_exec(db, pragmas[role], err);
    if (status == STATUS_OK)
        status = audit_functions(db, err);
out:
    if (status != STATUS_OK) {
        db_close(db);
        db = NULL;
    }
    *out = db;
    return status;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->cache_count; i++) {
        sqlite3_finalize(db->cache[i].stmt);
        free(db->cache[i].sql);
    }
    sqlite3_close(db->handle);
    sodium_memzero(db->seal_key, sizeof db->seal_key);
    free(db->path);
    free(db);
}

/* The slot for one more statement: a new one, or one that nobody uses; NULL: all are lent. */
static struct db_statement *free_slot(struct db *db)
{
    if (db->cache_count < DB_CACHE_MAX)
        return &db->cache[db->cache_count++];
    for (size_t tried = 0; tried < DB_CACHE_MAX; tried++) {
        struct db_statement *slot = &db->cache[db->cache_next];
        db->cache_next = (db->cache_next + 1) % DB_CACHE_MAX;
        if (slot->lent)
            continue;
        sqlite3_finalize(slot->stmt);
        free(slot->sql);
        *slot = (struct db_statement){0};
        return slot;
    }
    return NULL;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct error *err)
{
    for (size_t i = 0; i < db->cache_count; i++) {
        struct db_statement *known = &db->cache[i];
        if (!known->lent && known->sql != NULL && strcmp(known->sql, sql) == 0) {
            known->lent = true;
            return known->stmt;
        }
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        (void)db_error(db, err, "read"); /* the caller sees NULL */
        return NULL;
    }
    struct db_statement *slot = free_slot(db);
    if (slot != NULL)
        *slot = (struct db_statement){.sql = mem_string(sql), .stmt = stmt, .lent = true};
    return stmt;
}

void db_release(struct db *db, sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt); /* its error was told by the step */
    sqlite3_clear_bindings(stmt);
    for (size_t i = 0; i < db->cache_count; i++) {
        if (db->cache[i].stmt == stmt) {
            db->cache[i].lent = false;
            return;
        }
    }
    sqlite3_finalize(stmt);
}

void db_bind_text(sqlite3_stmt *stmt, int position, const char *text)
{
    sqlite3_bind_text(stmt, position, text, -1, SQLITE_STATIC);
}

bool db_step(struct db *db, sqlite3_stmt *stmt, enum status *status, struct error *err)
{
    int code = sqlite3_step(stmt);
    *status = code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : db_error(db, err, "read");
    return code == SQLITE_ROW;
}

const char *db_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

enum status db_number(struct db *db, const char *sql, int64_t *out, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(db, sql, err);
    *out = 0;
    if (stmt != NULL && db_step(db, stmt, &status, err))
        *out = sqlite3_column_int64(stmt, 0);
    db_release(db, stmt);
    return status;
}
