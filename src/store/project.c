/* Projects and services, and Keptn's project object (source: keptn-api.md, section 3, "Project"). */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

/* The read connection's rows for a statement with up to three texts; what fails is logged, for these
 * functions cannot tell. */
static sqlite3_stmt *select_texts(struct store *s, const char *sql, const char *first, const char *second,
                                  const char *third)
{
    struct error err = ERROR_NONE;
    sqlite3_stmt *stmt = db_prepare(s->reader, sql, &err);
    if (stmt == NULL) {
        log_write(LOG_ERROR, "%s", err.text);
        return NULL;
    }
    db_bind_text(stmt, 1, first);
    if (second != NULL)
        db_bind_text(stmt, 2, second);
    if (third != NULL)
        db_bind_text(stmt, 3, third);
    return stmt;
}

static bool next_row(struct store *s, sqlite3_stmt *stmt)
{
    enum status status = STATUS_OK;
    struct error err = ERROR_NONE;
    bool row = stmt != NULL && db_step(s->reader, stmt, &status, &err);
    if (status != STATUS_OK)
        log_write(LOG_ERROR, "%s", err.text);
    return row;
}

static bool exists(struct store *s, const char *sql, const char *first, const char *second)
{
    sqlite3_stmt *stmt = select_texts(s, sql, first, second, NULL);
    bool found = next_row(s, stmt);
    db_release(s->reader, stmt);
    return found;
}

bool store_project_exists(struct store *s, const char *name)
{
    return exists(s, "SELECT 1 FROM projects WHERE name = ?1", name, NULL);
}

char *store_project_box(struct store *s, const char *name)
{
    sqlite3_stmt *stmt = select_texts(s, "SELECT box FROM projects WHERE name = ?1", name, NULL, NULL);
    char *box = next_row(s, stmt) ? mem_string(db_text(stmt, 0)) : NULL;
    db_release(s->reader, stmt);
    return box;
}

enum status store_needs_key(struct store *s, bool *needed, struct error *err)
{
    int64_t found = 1;
    enum status status = db_number(s->reader,
                                   "SELECT EXISTS(SELECT 1 FROM secrets)"
                                   " OR EXISTS(SELECT 1 FROM projects WHERE box IS NOT NULL)"
                                   " OR EXISTS(SELECT 1 FROM meta WHERE key = 'audit'"
                                   " AND json_extract(value, '$.seal') <> '')",
                                   &found, err);
    *needed = found != 0;
    return status;
}

bool store_service_exists(struct store *s, const char *project, const char *service)
{
    return exists(s, "SELECT 1 FROM services WHERE project = ?1 AND name = ?2", project, service);
}

enum status store_project_names(struct store *s, store_text_fn fn, void *arg, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = db_prepare(s->reader, "SELECT name FROM projects ORDER BY name", err);
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err))
        more = fn(arg, db_text(stmt, 0), NULL, NULL);
    db_release(s->reader, stmt);
    return status;
}

/* Unix nanoseconds as a string, as Keptn writes them. */
static void add_time(cJSON *object, const char *key, int64_t ns)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, ns);
    cJSON_AddStringToObject(object, key, text);
}

static void add_last_events(struct store *s, cJSON *service, const char *project, const char *name,
                            const char *stage)
{
    cJSON *types = NULL;
    sqlite3_stmt *stmt = select_texts(s,
                                      "SELECT type, event_id, context, time_ns FROM last_events"
                                      " WHERE project = ?1 AND service = ?2 AND stage = ?3 ORDER BY type",
                                      project, name, stage);
    while (next_row(s, stmt)) {
        if (types == NULL)
            types = cJSON_AddObjectToObject(service, "lastEventTypes");
        cJSON *info = cJSON_AddObjectToObject(types, db_text(stmt, 0));
        cJSON_AddStringToObject(info, "eventId", db_text(stmt, 1) != NULL ? db_text(stmt, 1) : "");
        cJSON_AddStringToObject(info, "keptnContext", db_text(stmt, 2) != NULL ? db_text(stmt, 2) : "");
        add_time(info, "time", sqlite3_column_int64(stmt, 3));
    }
    db_release(s->reader, stmt);
}

static void add_services(struct store *s, cJSON *stage, const char *project, const char *stage_name)
{
    cJSON *services = cJSON_AddArrayToObject(stage, "services");
    sqlite3_stmt *stmt =
        select_texts(s,
                     "SELECT s.name, s.created_ns, d.image FROM services s LEFT JOIN deployed d"
                     " ON d.project = s.project AND d.service = s.name AND d.stage = ?2"
                     " WHERE s.project = ?1 ORDER BY s.name",
                     project, stage_name, NULL);
    while (next_row(s, stmt)) {
        cJSON *service = cJSON_CreateObject();
        cJSON_AddItemToArray(services, service);
        cJSON_AddStringToObject(service, "serviceName", db_text(stmt, 0));
        add_time(service, "creationDate", sqlite3_column_int64(stmt, 1));
        if (db_text(stmt, 2) != NULL)
            cJSON_AddStringToObject(service, "deployedImage", db_text(stmt, 2));
        cJSON_AddNullToObject(service, "openRemediations");
        add_last_events(s, service, project, db_text(stmt, 0), stage_name);
    }
    db_release(s->reader, stmt);
}

static void add_stages(struct store *s, cJSON *object, const char *project, const char *stages_text)
{
    cJSON *stored = stages_text != NULL ? cJSON_Parse(stages_text) : NULL;
    cJSON *stages = cJSON_AddArrayToObject(object, "stages");
    const cJSON *from;
    cJSON_ArrayForEach(from, stored)
    {
        const char *name = json_text(from, "stageName");
        const cJSON *parents = json_get(from, "parentStages");
        if (name == NULL)
            continue;
        cJSON *stage = cJSON_CreateObject();
        cJSON_AddItemToArray(stages, stage);
        cJSON_AddStringToObject(stage, "stageName", name);
        if (cJSON_GetArraySize(parents) > 0)
            cJSON_AddItemToObject(stage, "parentStages", cJSON_Duplicate(parents, true));
        add_services(s, stage, project, name);
    }
    cJSON_Delete(stored);
}

cJSON *store_project_json(struct store *s, const char *name)
{
    cJSON *object = NULL;
    sqlite3_stmt *stmt = select_texts(s,
                                      "SELECT created_ns, shipyard, shipyard_version, credentials, stages"
                                      " FROM projects WHERE name = ?1",
                                      name, NULL, NULL);
    if (next_row(s, stmt)) {
        cJSON *credentials = db_text(stmt, 3) != NULL ? cJSON_Parse(db_text(stmt, 3)) : NULL;
        object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "projectName", name);
        add_time(object, "creationDate", sqlite3_column_int64(stmt, 0));
        cJSON_AddStringToObject(object, "shipyard", db_text(stmt, 1) != NULL ? db_text(stmt, 1) : "");
        cJSON_AddStringToObject(object, "shipyardVersion", db_text(stmt, 2) != NULL ? db_text(stmt, 2) : "");
        cJSON_AddBoolToObject(object, "isUpstreamAutoProvisioned", credentials == NULL);
        if (credentials != NULL)
            cJSON_AddItemToObject(object, "gitCredentials", credentials);
        add_stages(s, object, name, db_text(stmt, 4));
    }
    db_release(s->reader, stmt);
    return object;
}
