#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"
#include "store/internal.h"

#define SCHEMA_APPLICATION 0x44726272 /* "Drbr": says whose file it is (file(1) shows it) */

/* One entry takes the schema from its index to the next version, in one transaction. To change the stored
 * form, add an entry; never change one that was released.
 *
 * Which index serves which query (each ends in the row's number, so that "newest first" needs no sorting):
 *   events_id, events_triggeredid   one event, what refers to one
 *   events_context                  a run's events; also whether an event is the first of its context
 *   events_project, _project_type   a project's events, those of one type
 *   events_type                     of one type over all projects
 *   events_root                     the first event of each context of a project
 *   records (primary key), records_time, records_open   sequence queries by context, by time; restart
 *   open_events_type                event/triggered
 *   decisions_triggeredid           the decisions on an approval
 *   jobs_open                       jobs to be looked at after a restart
 *   logs_integration, logs_time     what integrations logged, of one, of all
 * `internal` events (sh.drawbridge.…) are never answered by Keptn's calls: partial indexes leave them out,
 * and so totals are counted from an index alone.
 *
 * projects.events_after: number of the newest event when the project was made. A project that is made again
 * after it was deleted does not show what happened under its name before, while numbers stay contiguous. */
static const char *const migrations[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE events(number INTEGER PRIMARY KEY, id TEXT, type TEXT NOT NULL, source TEXT, context TEXT,"
    " triggeredid TEXT, project TEXT, stage TEXT, service TEXT, result TEXT, image TEXT, time_ns INTEGER NOT "
    "NULL,"
    " internal INTEGER NOT NULL, root INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX events_id ON events(id);"
    "CREATE INDEX events_context ON events(context);"
    "CREATE INDEX events_triggeredid ON events(triggeredid) WHERE triggeredid IS NOT NULL;"
    "CREATE INDEX events_project ON events(project) WHERE internal = 0;"
    "CREATE INDEX events_project_type ON events(project, type) WHERE internal = 0;"
    "CREATE INDEX events_type ON events(type) WHERE internal = 0;"
    "CREATE INDEX events_root ON events(project) WHERE root = 1;"
    "CREATE TABLE pending(consumer INTEGER, number INTEGER, PRIMARY KEY(consumer, number)) WITHOUT ROWID;"
    "CREATE TABLE open_events(id TEXT PRIMARY KEY, number INTEGER NOT NULL, type TEXT NOT NULL, project "
    "TEXT);"
    "CREATE INDEX open_events_type ON open_events(type, number);"
    "CREATE TABLE records(row INTEGER PRIMARY KEY, project TEXT NOT NULL, context TEXT NOT NULL,"
    " open INTEGER NOT NULL, name TEXT, service TEXT, state TEXT, time_ns INTEGER NOT NULL, view TEXT,"
    " record TEXT, UNIQUE(project, context));"
    "CREATE INDEX records_time ON records(project, time_ns);"
    "CREATE INDEX records_open ON records(open) WHERE open = 1;"
    "CREATE TABLE decisions(row INTEGER PRIMARY KEY, triggeredid TEXT, event_id TEXT, decisionid TEXT,"
    " project TEXT, context TEXT, by TEXT, via TEXT, result TEXT, comment TEXT, time_ns INTEGER NOT NULL);"
    "CREATE INDEX decisions_triggeredid ON decisions(triggeredid);"
    "CREATE TABLE jobs(id TEXT PRIMARY KEY, project TEXT, stage TEXT, service TEXT, context TEXT, task TEXT,"
    " state TEXT NOT NULL, log_path TEXT, pid INTEGER NOT NULL, start_time INTEGER NOT NULL);"
    "CREATE INDEX jobs_open ON jobs(state) WHERE state <> 'ended';"
    "CREATE TABLE projects(name TEXT PRIMARY KEY, shipyard TEXT, shipyard_version TEXT, upstream TEXT,"
    " upstream_user TEXT, stages TEXT, created_ns INTEGER NOT NULL, events_after INTEGER NOT NULL);"
    "CREATE TABLE services(project TEXT, name TEXT, created_ns INTEGER NOT NULL, PRIMARY KEY(project, name))"
    " WITHOUT ROWID;"
    "CREATE TABLE last_events(project TEXT, service TEXT, stage TEXT, type TEXT, event_id TEXT, context TEXT,"
    " time_ns INTEGER NOT NULL, PRIMARY KEY(project, service, stage, type)) WITHOUT ROWID;"
    "CREATE TABLE deployed(project TEXT, service TEXT, stage TEXT, image TEXT,"
    " PRIMARY KEY(project, service, stage)) WITHOUT ROWID;"
    "CREATE TABLE tokens(name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, projects TEXT,"
    " expires_ns INTEGER NOT NULL);"
    "CREATE TABLE audit(row INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, who TEXT, what TEXT, project TEXT,"
    " origin TEXT, why TEXT);"
    "CREATE INDEX audit_project ON audit(project);",

    "CREATE TABLE integrations(id TEXT PRIMARY KEY, name TEXT NOT NULL, namespace TEXT NOT NULL, hostname "
    "TEXT,"
    " version TEXT, distributor TEXT, location TEXT, pod TEXT, deployment TEXT, seen_ns INTEGER NOT NULL,"
    " UNIQUE(name, namespace));"
    "CREATE TABLE subscriptions(row INTEGER PRIMARY KEY, integration TEXT NOT NULL, id TEXT NOT NULL,"
    " text TEXT NOT NULL, UNIQUE(integration, id));"
    "CREATE TABLE logs(row INTEGER PRIMARY KEY, integration TEXT, time_ns INTEGER NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE INDEX logs_integration ON logs(integration, time_ns);"
    "CREATE INDEX logs_time ON logs(time_ns);"
    "CREATE TABLE secrets(scope TEXT, name TEXT, keys TEXT NOT NULL, box TEXT NOT NULL,"
    " PRIMARY KEY(scope, name)) WITHOUT ROWID;",

    /* Rows of before are chained as they are found; the head has no seal yet. */
    "ALTER TABLE audit ADD COLUMN hash TEXT;"
    "WITH RECURSIVE chain(row, hash) AS (SELECT 0, '' UNION ALL SELECT a.row, audit_hash(chain.hash, a.row,"
    " a.time_ns, a.who, a.what, a.project, a.origin, a.why) FROM chain JOIN audit a ON a.row = (SELECT"
    " min(row) FROM audit WHERE row > chain.row))"
    " UPDATE audit SET hash = chain.hash FROM chain WHERE chain.row = audit.row;"
    "INSERT INTO meta SELECT 'audit', json_object('row', coalesce(max(row), 0), 'hash', coalesce((SELECT hash"
    " FROM audit ORDER BY row DESC LIMIT 1), ''), 'seal', '') FROM audit;",

    "ALTER TABLE projects ADD COLUMN credentials TEXT;"
    "ALTER TABLE projects ADD COLUMN box TEXT;"
    "UPDATE projects SET credentials = CASE coalesce(upstream_user, '') WHEN '' THEN json_object('remoteURL',"
    " upstream, 'https', json('{\"insecureSkipTLS\":false}')) ELSE json_object('remoteURL', upstream, 'user',"
    " upstream_user, 'https', json('{\"insecureSkipTLS\":false}')) END WHERE coalesce(upstream, '') <> '';"
    "ALTER TABLE projects DROP COLUMN upstream;"
    "ALTER TABLE projects DROP COLUMN upstream_user;",
};

#define SCHEMA_VERSION ((int64_t)(sizeof migrations / sizeof *migrations))

static enum status refuse(const char *path, int64_t application, int64_t version, struct error *err)
{
    if (application != SCHEMA_APPLICATION)
        return error_set(
            err, STATUS_CONFLICT,
            "%s is not a store of drawbridged; it is left as it is; give another directory with --data",
            path);
    if (version > SCHEMA_VERSION)
        return error_set(
            err, STATUS_CONFLICT,
            "%s was written by a newer drawbridged (schema %lld, this one knows up to %lld); it is left "
            "as it is; install that version, or give another directory with --data",
            path, (long long)version, (long long)SCHEMA_VERSION);
    return STATUS_OK;
}

/* A number in SQLite's file header (source: sqlite.org/fileformat2.html, section 1.3). */
static uint32_t header_number(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Looks at the file itself: opening it with SQLite could already write (a log left by a crash is taken over).
 */
enum status schema_check_file(const char *path, struct error *err)
{
    unsigned char header[100];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return STATUS_OK;
        return error_set(err, STATUS_FAILED, "cannot open %s: %s", path, strerror(errno));
    }
    ssize_t got = read(fd, header, sizeof header);
    int code = errno;
    close(fd);
    if (got < 0)
        return error_set(err, STATUS_FAILED, "cannot read %s: %s", path, strerror(code));
    if (got == 0)
        return STATUS_OK; /* made, and nothing committed yet: the first start ended early */
    if (got < (ssize_t)sizeof header || memcmp(header, "SQLite format 3", 16) != 0)
        return refuse(path, 0, 0, err);
    uint32_t application = header_number(header + 68), version = header_number(header + 60);
    if (application == 0 && version == 0)
        return STATUS_OK; /* the first transaction is still in the log; schema_migrate looks again */
    return refuse(path, application, version, err);
}

static enum status draw_epoch(struct db *db, struct error *err)
{
    unsigned char bytes[8];
    char epoch[17], statement[80];
    random_bytes(bytes, sizeof bytes);
    for (int i = 0; i < 8; i++)
        (void)snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
    (void)snprintf(statement, sizeof statement, "INSERT INTO meta VALUES('epoch', '%s')", epoch);
    return db_exec(db, statement, err);
}

/* One step. Another process (a one-shot command beside the first start) may have made it meanwhile: looked at
 * again once nobody else can write. */
static enum status migrate_one(struct db *db, int64_t from, struct error *err)
{
    char pragmas[120];
    int64_t now = from;
    enum status status = db_exec(db, "BEGIN IMMEDIATE", err);
    if (status != STATUS_OK)
        return status;
    status = db_number(db, "PRAGMA user_version", &now, err);
    if (status == STATUS_OK && now > from)
        return db_exec(db, "ROLLBACK", err);
    if (status == STATUS_OK)
        status = db_exec(db, migrations[from], err);
    if (status == STATUS_OK && from == 0)
        status = draw_epoch(db, err);
    (void)snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                   SCHEMA_APPLICATION, (long long)from + 1);
    if (status == STATUS_OK)
        status = db_exec(db, pragmas, err);
    if (status == STATUS_OK)
        status = db_exec(db, "COMMIT", err);
    if (status != STATUS_OK) {
        struct error ignored = ERROR_NONE;
        (void)!db_exec(db, "ROLLBACK", &ignored); /* the first error is the one to tell */
        error_prefix(err, "cannot bring the store to schema %lld", (long long)from + 1);
    }
    return status;
}

static enum status use_log(struct db *db, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(db, "PRAGMA journal_mode = WAL", err);
    if (stmt == NULL)
        return STATUS_FAILED;
    if (db_step(db, stmt, &status, err) && strcmp(db_text(stmt, 0), "wal") != 0)
        status =
            error_set(err, STATUS_FAILED,
                      "cannot use a write-ahead log for %s: its file system has no shared memory (a network "
                      "file system?); give a directory on a local disk with --data",
                      db->path);
    db_release(db, stmt);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return status;
}

enum status schema_migrate(struct db *db, struct error *err)
{
    int64_t application = 0, version = 0, tables = 0;
    enum status status = db_number(db, "PRAGMA application_id", &application, err);
    if (status == STATUS_OK)
        status = db_number(db, "PRAGMA user_version", &version, err);
    if (status == STATUS_OK)
        status = db_number(db, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status == STATUS_OK && (tables > 0 || application != 0 || version != 0))
        status = refuse(db->path, application, version, err);
    if (status != STATUS_OK)
        return status;
    /* Only now, for it writes: the log of a file that was refused stays as it was. */
    status = use_log(db, err);
    bool moved = version < SCHEMA_VERSION;
    for (; status == STATUS_OK && version < SCHEMA_VERSION; version++)
        status = migrate_one(db, version, err);
    if (status == STATUS_OK && moved)
        /* The version belongs into the file's header, where schema_check_file looks. */
        status = db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", err);
    return status;
}
