/* The statements that batches are made of. What a write depends on (whether an event is the first of its
 * context, the image of the deployment that has finished) is looked up by the statement itself, in the
 * transaction that writes. Each look-up names its index: left to itself, the planner takes the project's, and
 * each event then costs a walk over all of the project's. */
#include "config.h"

#include "store/internal.h"

#define VOID_TYPE "sh.drawbridge.number.void"

struct write_form {
    int capacity;        /* parameters */
    const char *missing; /* not NULL: a row must change; else this is what is wrong */
    const char *sql;
};

#define DELETE_OF_PROJECT(table)                                                                             \
    {                                                                                                        \
        .capacity = 1, .sql = "DELETE FROM " table " WHERE project = ?1"                                     \
    }
#define DELETE_OF_SERVICE(table)                                                                             \
    {                                                                                                        \
        .capacity = 2, .sql = "DELETE FROM " table " WHERE project = ?1 AND service = ?2"                    \
    }

static const struct write_form forms[WRITE_KIND_COUNT] = {
    [WRITE_EVENT] =
        {.capacity = 14,
         .sql = "INSERT INTO events(number, id, type, source, context, triggeredid, project, stage,"
                " service, result, image, time_ns, internal, text, root)"
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                " ?13 = 0 AND ?5 IS NOT NULL AND NOT EXISTS(SELECT 1 FROM events INDEXED BY events_context"
                " WHERE context = ?5 AND project IS ?7 AND internal = 0))"},
    [WRITE_PENDING] = {.capacity = 2,
                       .sql = "INSERT OR IGNORE INTO pending(consumer, number) VALUES(?1, ?2)"},
    [WRITE_HANDLED] = {.capacity = 2, .sql = "DELETE FROM pending WHERE consumer = ?1 AND number = ?2"},
    [WRITE_LAST_EVENT] =
        {.capacity = 7,
         .sql = "INSERT INTO last_events(project, service, stage, type, event_id, context, time_ns)"
                " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
                " WHERE EXISTS(SELECT 1 FROM services WHERE project = ?1 AND name = ?2)"
                " ON CONFLICT(project, service, stage, type) DO UPDATE SET"
                " event_id = excluded.event_id, context = excluded.context,"
                " time_ns = excluded.time_ns"},
    [WRITE_DEPLOYED] =
        {.capacity = 5,
         .sql = "INSERT INTO deployed(project, service, stage, image)"
                " SELECT ?1, ?2, ?3, image FROM events INDEXED BY events_id WHERE id = ?4 AND context = ?5"
                " AND project = ?1 AND service = ?2 AND stage = ?3 AND image IS NOT NULL"
                " AND EXISTS(SELECT 1 FROM services WHERE project = ?1 AND name = ?2) LIMIT 1"
                " ON CONFLICT(project, service, stage) DO UPDATE SET image = excluded.image"},
    [WRITE_OPEN_EVENT] =
        {.capacity = 1,
         .missing = "an event is to be open that is not stored",
         .sql = "INSERT INTO open_events(id, number, type, project)"
                " SELECT ?1, number, type, project FROM events INDEXED BY events_id WHERE id = ?1"
                " ORDER BY number DESC LIMIT 1"
                " ON CONFLICT(id) DO UPDATE SET number = excluded.number"},
    [WRITE_CLOSE_EVENT] = {.capacity = 1, .sql = "DELETE FROM open_events WHERE id = ?1"},
    [WRITE_RECORD] =
        {.capacity = 9,
         .sql = "INSERT INTO records(project, context, open, name, service, state, time_ns, view, record)"
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(project, context) DO UPDATE"
                " SET open = excluded.open, name = excluded.name, service = excluded.service,"
                " state = excluded.state, time_ns = excluded.time_ns, view = excluded.view,"
                " record = excluded.record"},
    [WRITE_DECISION] =
        {.capacity = 10,
         .sql = "INSERT INTO decisions(triggeredid, event_id, decisionid, project, context, by, via,"
                " result, comment, time_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
    [WRITE_JOB] =
        {.capacity = 10,
         .sql = "INSERT OR REPLACE INTO jobs(id, project, stage, service, context, task, state, log_path,"
                " pid, start_time) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
    [WRITE_PROJECT] = {.capacity = 7,
                       .sql =
                           "INSERT INTO projects(name, shipyard, shipyard_version, credentials, box, stages,"
                           " created_ns, events_after) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                           " (SELECT coalesce(max(number), 0) FROM events)) ON CONFLICT(name) DO UPDATE SET"
                           " shipyard = excluded.shipyard, shipyard_version = excluded.shipyard_version,"
                           " stages = excluded.stages, created_ns = excluded.created_ns"},
    [WRITE_CREDENTIALS] = {.capacity = 3,
                           .sql = "UPDATE projects SET credentials = ?2, box = ?3 WHERE name = ?1"},
    [WRITE_DELETE_PROJECT] = {.capacity = 1, .sql = "DELETE FROM projects WHERE name = ?1"},
    [WRITE_DELETE_PROJECT_SERVICES] = DELETE_OF_PROJECT("services"),
    [WRITE_DELETE_PROJECT_LAST_EVENTS] = DELETE_OF_PROJECT("last_events"),
    [WRITE_DELETE_PROJECT_DEPLOYED] = DELETE_OF_PROJECT("deployed"),
    [WRITE_DELETE_PROJECT_RECORDS] = DELETE_OF_PROJECT("records"),
    [WRITE_DELETE_PROJECT_OPEN_EVENTS] = DELETE_OF_PROJECT("open_events"),
    [WRITE_SERVICE] = {.capacity = 3,
                       .sql = "INSERT OR IGNORE INTO services(project, name, created_ns) VALUES(?1, ?2, ?3)"},
    [WRITE_DELETE_SERVICE] = {.capacity = 2, .sql = "DELETE FROM services WHERE project = ?1 AND name = ?2"},
    [WRITE_DELETE_SERVICE_LAST_EVENTS] = DELETE_OF_SERVICE("last_events"),
    [WRITE_DELETE_SERVICE_DEPLOYED] = DELETE_OF_SERVICE("deployed"),
    [WRITE_TOKEN] = {.capacity = 5,
                     .sql = "INSERT OR REPLACE INTO tokens(name, role, hash, projects, expires_ns)"
                            " VALUES(?1, ?2, ?3, ?4, ?5)"},
    [WRITE_DELETE_TOKEN] = {.capacity = 1, .sql = "DELETE FROM tokens WHERE name = ?1"},
    /* Numbered after the head, not only after what is there: rows that were removed leave a gap. */
    [WRITE_AUDIT] =
        {.capacity = 6,
         .sql = "INSERT INTO audit(row, time_ns, who, what, project, origin, why, hash)"
                " SELECT row, ?1, ?2, ?3, ?4, ?5, ?6, audit_hash(before, row, ?1, ?2, ?3, ?4, ?5, ?6)"
                " FROM (SELECT 1 + max(coalesce((SELECT max(row) FROM audit), 0), coalesce((SELECT"
                " CAST(json_extract(value, '$.row') AS INTEGER) FROM meta WHERE key = 'audit'), 0)) AS row,"
                " coalesce((SELECT hash FROM audit ORDER BY row DESC LIMIT 1), '') AS before)"},
    /* A head whose seal does not fit is not sealed again, nor is one made that is gone: going on heals
     * nothing. */
    [WRITE_AUDIT_HEAD] =
        {.capacity = 0,
         .sql = "UPDATE meta SET value = json_object('row', row, 'hash', hash, 'seal', CASE WHEN"
                " json_extract(value, '$.seal') = audit_seal(CAST(json_extract(value, '$.row') AS INTEGER),"
                " json_extract(value, '$.hash')) THEN audit_seal(row, hash) ELSE"
                " json_extract(value, '$.seal') END)"
                " FROM (SELECT row, hash FROM audit ORDER BY row DESC LIMIT 1) WHERE key = 'audit'"},
    [WRITE_AUDIT_SEAL] =
        {.capacity = 0,
         .sql = "UPDATE meta SET value = json_set(value, '$.seal',"
                " audit_seal(CAST(json_extract(value, '$.row') AS INTEGER), json_extract(value, '$.hash')))"
                " WHERE key = 'audit' AND json_extract(value, '$.seal') = ''"},
    [WRITE_INTEGRATION] =
        {.capacity = 10,
         .sql = "INSERT INTO integrations(id, name, namespace, hostname, version, distributor, location, pod,"
                " deployment, seen_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
                " ON CONFLICT DO UPDATE SET version = excluded.version, distributor = excluded.distributor,"
                " seen_ns = excluded.seen_ns"},
    [WRITE_FIRST_SUBSCRIPTIONS] =
        {.capacity = 3,
         .sql = "INSERT INTO subscriptions(integration, id, text)"
                " SELECT i.id, json_extract(s.value, '$.id'), s.value FROM integrations i, json_each(?3) s"
                " WHERE i.name = ?1 AND i.namespace = ?2"
                " AND NOT EXISTS(SELECT 1 FROM subscriptions WHERE integration = i.id)"},
    [WRITE_PING] = {.capacity = 2, .sql = "UPDATE integrations SET seen_ns = ?2 WHERE id = ?1"},
    [WRITE_DELETE_INTEGRATION] = {.capacity = 1, .sql = "DELETE FROM integrations WHERE id = ?1"},
    [WRITE_DELETE_SUBSCRIPTIONS] = {.capacity = 1, .sql = "DELETE FROM subscriptions WHERE integration = ?1"},
    [WRITE_FORGET_INTEGRATIONS] = {.capacity = 1, .sql = "DELETE FROM integrations WHERE seen_ns < ?1"},
    [WRITE_FORGET_SUBSCRIPTIONS] =
        {.capacity = 0,
         .sql = "DELETE FROM subscriptions WHERE integration NOT IN (SELECT id FROM integrations)"},
    [WRITE_SUBSCRIPTION] = {.capacity = 3,
                            .sql = "INSERT INTO subscriptions(integration, id, text) SELECT ?1, ?2, ?3"
                                   " WHERE EXISTS(SELECT 1 FROM integrations WHERE id = ?1)"
                                   " ON CONFLICT(integration, id) DO UPDATE SET text = excluded.text"},
    [WRITE_DELETE_SUBSCRIPTION] = {.capacity = 2,
                                   .sql = "DELETE FROM subscriptions WHERE integration = ?1 AND id = ?2"},
    [WRITE_LOG] = {.capacity = 3, .sql = "INSERT INTO logs(integration, time_ns, text) VALUES(?1, ?2, ?3)"},
    [WRITE_FORGET_LOGS] = {.capacity = 1, .sql = "DELETE FROM logs WHERE time_ns < ?1"},
    [WRITE_TRIM_LOGS] = {.capacity = 1,
                         .sql = "DELETE FROM logs WHERE row <= (SELECT max(row) FROM logs) - ?1"},
    [WRITE_SECRET] = {.capacity = 4,
                      .sql = "INSERT OR REPLACE INTO secrets(scope, name, keys, box) VALUES(?1, ?2, ?3, ?4)"},
    [WRITE_DELETE_SECRET] = {.capacity = 2, .sql = "DELETE FROM secrets WHERE scope = ?1 AND name = ?2"},
};

int write_capacity(enum write_kind kind)
{
    return forms[kind].capacity;
}

static void bind_values(sqlite3_stmt *stmt, const struct write_op *op)
{
    for (int i = 0; i < op->count; i++) {
        const struct write_value *value = &op->values[i];
        if (value->kind == WRITE_INT)
            sqlite3_bind_int64(stmt, i + 1, value->number);
        else if (value->kind == WRITE_TEXT)
            sqlite3_bind_text64(stmt, i + 1, value->text, value->len, SQLITE_STATIC, SQLITE_UTF8);
    }
}

enum status write_run(struct db *db, const struct write_op *op, struct error *err)
{
    const struct write_form *form = &forms[op->kind];
    enum status status = STATUS_OK;
    sqlite3_stmt *stmt = db_prepare(db, form->sql, err);
    if (stmt == NULL)
        return STATUS_FAILED;
    bind_values(stmt, op);
    if (sqlite3_step(stmt) != SQLITE_DONE)
        status = db_error(db, err, "write to");
    else if (form->missing != NULL && sqlite3_changes(db->handle) == 0)
        status = error_set(err, STATUS_NOT_FOUND, "cannot write to %s: %s (%s)", db->path, form->missing,
                           op->values[0].kind == WRITE_TEXT ? op->values[0].text : "no id");
    db_release(db, stmt);
    return status;
}

enum status write_void(struct db *db, uint64_t number, struct error *err)
{
    static const char sql[] =
        "INSERT INTO events(number, type, source, time_ns, internal, root, text, id) VALUES(?1, '" VOID_TYPE
        "', 'drawbridged', 0, 1, 0, '{\"specversion\":\"1.0\",\"id\":\"void-' || ?1 ||"
        " '\",\"source\":\"drawbridged\",\"type\":\"" VOID_TYPE "\",\"data\":{}}', 'void-' || ?1)";
    sqlite3_stmt *stmt = db_prepare(db, sql, err);
    if (stmt == NULL)
        return STATUS_FAILED;
    sqlite3_bind_int64(stmt, 1, (int64_t)number);
    enum status status = sqlite3_step(stmt) == SQLITE_DONE ? STATUS_OK : db_error(db, err, "write to");
    db_release(db, stmt);
    return status;
}
