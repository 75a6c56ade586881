/* Reading what integrations have told of themselves, and secrets. */
#include "config.h"

#include "store/internal.h"

#define SUBSCRIPTIONS                                                                                        \
    "(SELECT '[' || coalesce(group_concat(text), '') || ']' FROM"                                            \
    " (SELECT text FROM subscriptions WHERE integration = i.id ORDER BY row))"

enum status store_integrations(struct store *s, const struct store_integration_query *q,
                               store_integration_fn fn, void *arg, struct error *err)
{
    const char *const wanted[] = {q->id, q->name, q->namespace, q->hostname};
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(
        s->reader,
        "SELECT id, name, namespace, hostname, version, distributor, location, pod, deployment, seen_ns,"
        " " SUBSCRIPTIONS " FROM integrations i WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR name = ?2)"
        " AND (?3 IS NULL OR namespace = ?3) AND (?4 IS NULL OR hostname = ?4) AND seen_ns >= ?5"
        " ORDER BY name, namespace",
        err);
    if (stmt == NULL)
        return STATUS_FAILED;
    for (int i = 0; i < 4; i++)
        db_bind_text(stmt, i + 1, wanted[i]);
    sqlite3_bind_int64(stmt, 5, q->seen_ns);
    bool more = true;
    while (more && db_step(s->reader, stmt, &status, err)) {
        const struct store_integration i = {.id = db_text(stmt, 0),
                                            .name = db_text(stmt, 1),
                                            .namespace = db_text(stmt, 2),
                                            .hostname = db_text(stmt, 3),
                                            .version = db_text(stmt, 4),
                                            .distributor = db_text(stmt, 5),
                                            .location = db_text(stmt, 6),
                                            .pod = db_text(stmt, 7),
                                            .deployment = db_text(stmt, 8),
                                            .seen_ns = sqlite3_column_int64(stmt, 9),
                                            .subscriptions = db_text(stmt, 10)};
        more = fn(arg, &i);
    }
    db_release(s->reader, stmt);
    return status;
}

/* --- logs --- */

static sqlite3_stmt *prepare_logs(struct store *s, const struct store_log_query *q, bool count,
                                  struct error *err)
{
    static const char *const forms[2][2] = {
        {"SELECT text FROM logs INDEXED BY logs_time WHERE time_ns >= ?1 AND time_ns <= ?2"
         " ORDER BY time_ns DESC, row DESC LIMIT ?4 OFFSET ?5",
         "SELECT count(*) FROM logs INDEXED BY logs_time WHERE time_ns >= ?1 AND time_ns <= ?2"},
        {"SELECT text FROM logs INDEXED BY logs_integration WHERE time_ns >= ?1 AND time_ns <= ?2"
         " AND integration = ?3 ORDER BY time_ns DESC, row DESC LIMIT ?4 OFFSET ?5",
         "SELECT count(*) FROM logs INDEXED BY logs_integration WHERE time_ns >= ?1 AND time_ns <= ?2"
         " AND integration = ?3"}};
    sqlite3_stmt *stmt = db_prepare(s->reader, forms[q->integration != NULL][count], err);
    if (stmt == NULL)
        return NULL;
    sqlite3_bind_int64(stmt, 1, q->from_ns != 0 ? q->from_ns : INT64_MIN);
    sqlite3_bind_int64(stmt, 2, q->before_ns != 0 ? q->before_ns : INT64_MAX);
    if (q->integration != NULL)
        db_bind_text(stmt, 3, q->integration);
    if (!count) {
        sqlite3_bind_int64(stmt, 4, q->limit == 0 || q->limit > INT64_MAX ? -1 : (int64_t)q->limit);
        sqlite3_bind_int64(stmt, 5, (int64_t)q->offset);
    }
    return stmt;
}

enum status store_logs(struct store *s, const struct store_log_query *q, store_log_fn fn, void *arg,
                       size_t *total, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = prepare_logs(s, q, true, err);
    if (stmt != NULL && db_step(s->reader, stmt, &status, err))
        *total = (size_t)sqlite3_column_int64(stmt, 0);
    db_release(s->reader, stmt);
    if (status != STATUS_OK)
        return status;
    stmt = prepare_logs(s, q, false, err);
    status = STATUS_FAILED;
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err))
        more = fn(arg, db_text(stmt, 0));
    db_release(s->reader, stmt);
    return status;
}

/* --- secrets --- */

enum status store_secrets(struct store *s, const char *scope, const char *name, store_secret_fn fn, void *arg,
                          struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt =
        db_prepare(s->reader,
                   "SELECT scope, name, keys, box FROM secrets WHERE (?1 IS NULL OR scope = ?1)"
                   " AND (?2 IS NULL OR name = ?2) ORDER BY scope, name",
                   err);
    if (stmt == NULL)
        return STATUS_FAILED;
    db_bind_text(stmt, 1, scope);
    db_bind_text(stmt, 2, name);
    bool more = true;
    while (more && db_step(s->reader, stmt, &status, err))
        more = fn(arg, db_text(stmt, 0), db_text(stmt, 1), db_text(stmt, 2), db_text(stmt, 3));
    db_release(s->reader, stmt);
    return status;
}
