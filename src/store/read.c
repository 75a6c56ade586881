/* Reading everything that is no event: records and states, decisions, jobs, tokens. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

#define CONTEXTS_TEXT_MAX ((size_t)8 * 1024 * 1024) /* bytes; a body is smaller */

/* For functions that cannot tell: what went wrong is in the log. */
static bool step_or_log(struct store *s, sqlite3_stmt *stmt)
{
    enum status status = STATUS_OK;
    struct error err = ERROR_NONE;
    bool row = stmt != NULL && db_step(s->reader, stmt, &status, &err);
    if (status != STATUS_OK)
        log_write(LOG_ERROR, "%s", err.text);
    return row;
}

static sqlite3_stmt *prepare_or_log(struct store *s, const char *sql)
{
    struct error err = ERROR_NONE;
    sqlite3_stmt *stmt = db_prepare(s->reader, sql, &err);
    if (stmt == NULL)
        log_write(LOG_ERROR, "%s", err.text);
    return stmt;
}

/* Rows of (project, context, text). */
static enum status walk_texts(struct store *s, sqlite3_stmt *stmt, store_text_fn fn, void *arg,
                              struct error *err)
{
    enum status status = STATUS_FAILED;
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err))
        more = fn(arg, db_text(stmt, 0), db_text(stmt, 1), db_text(stmt, 2));
    db_release(s->reader, stmt);
    return status;
}

/* --- records and states --- */

enum status store_open_records(struct store *s, store_text_fn fn, void *arg, struct error *err)
{
    return walk_texts(s,
                      db_prepare(s->reader,
                                 "SELECT project, context, record FROM records INDEXED BY records_open"
                                 " WHERE open = 1 AND record IS NOT NULL ORDER BY row",
                                 err),
                      fn, arg, err);
}

char *store_record(struct store *s, const char *project, const char *context)
{
    char *record = NULL;
    sqlite3_stmt *stmt = prepare_or_log(s, "SELECT record FROM records WHERE project = ?1 AND context = ?2");
    if (stmt == NULL)
        return NULL;
    db_bind_text(stmt, 1, project);
    db_bind_text(stmt, 2, context);
    if (step_or_log(s, stmt))
        record = mem_string(db_text(stmt, 0));
    db_release(s->reader, stmt);
    return record;
}

/* "a,b" as a JSON array: an IN that is looked up, whatever its length. */
static bool contexts_to_json(const char *contexts, struct buffer *out)
{
    bool fits = buffer_add_char(out, '[');
    for (const char *at = contexts; fits && *at != '\0';) {
        size_t len = strcspn(at, ",");
        char *one = mem_string_n(at, len);
        if (len > 0)
            fits = (out->len == 1 || buffer_add_char(out, ',')) && json_print_text(one, out);
        free(one);
        at += len + (at[len] == ',');
    }
    return fits && buffer_add_char(out, ']');
}

/* Every filter is a parameter; those that are absent (NULL) let all pass. Only the project and the contexts
 * choose the way to walk. */
#define STATE_FILTERS                                                                                        \
    " WHERE view IS NOT NULL%s%s AND (?1 IS NULL OR name = ?1) AND (?2 IS NULL OR state = ?2)"               \
    " AND time_ns > ?3 AND time_ns < ?4"

#define STATE_COUNT "count(*)"

static sqlite3_stmt *prepare_states(struct store *s, const struct store_state_query *q, const char *columns,
                                    const char *contexts, struct error *err)
{
    bool count = strcmp(columns, STATE_COUNT) == 0;
    char sql[640];
    (void)snprintf(sql, sizeof sql, "SELECT %s FROM records" STATE_FILTERS "%s", columns,
                   q->project != NULL ? " AND project = ?5" : "",
                   contexts != NULL ? " AND context IN (SELECT value FROM json_each(?6))" : "",
                   count ? "" : " ORDER BY time_ns DESC, row DESC LIMIT ?7 OFFSET ?8");
    sqlite3_stmt *stmt = db_prepare(s->reader, sql, err);
    if (stmt == NULL)
        return NULL;
    db_bind_text(stmt, 1, q->name);
    db_bind_text(stmt, 2, q->state);
    sqlite3_bind_int64(stmt, 3, q->from_ns != 0 ? q->from_ns : INT64_MIN);
    sqlite3_bind_int64(stmt, 4, q->before_ns != 0 ? q->before_ns : INT64_MAX);
    if (q->project != NULL)
        db_bind_text(stmt, 5, q->project);
    if (contexts != NULL)
        db_bind_text(stmt, 6, contexts);
    if (!count) {
        sqlite3_bind_int64(stmt, 7, q->limit == 0 || q->limit > INT64_MAX ? -1 : (int64_t)q->limit);
        sqlite3_bind_int64(stmt, 8, (int64_t)q->offset);
    }
    return stmt;
}

static enum status walk_states(struct store *s, const struct store_state_query *q, const char *columns,
                               store_text_fn fn, void *arg, size_t *total, struct error *err)
{
    enum status status = STATUS_OK;
    struct buffer list = BUFFER_LIMIT(CONTEXTS_TEXT_MAX);
    const char *contexts = NULL;
    if (q->contexts != NULL) {
        if (!contexts_to_json(q->contexts, &list)) {
            buffer_free(&list);
            return error_set(err, STATUS_TOO_LARGE, "the list of contexts is too long");
        }
        contexts = buffer_text(&list);
    }
    if (total != NULL) {
        sqlite3_stmt *stmt = prepare_states(s, q, STATE_COUNT, contexts, err);
        status = STATUS_FAILED;
        if (stmt != NULL && db_step(s->reader, stmt, &status, err))
            *total = (size_t)sqlite3_column_int64(stmt, 0);
        db_release(s->reader, stmt);
    }
    if (status == STATUS_OK)
        status = walk_texts(s, prepare_states(s, q, columns, contexts, err), fn, arg, err);
    buffer_free(&list);
    return status;
}

enum status store_states(struct store *s, const struct store_state_query *q, store_text_fn fn, void *arg,
                         size_t *total, struct error *err)
{
    return walk_states(s, q, "project, context, view", fn, arg, total, err);
}

enum status store_records(struct store *s, const struct store_state_query *q, store_text_fn fn, void *arg,
                          struct error *err)
{
    return walk_states(s, q, "project, context, record", fn, arg, NULL, err);
}

/* --- decisions --- */

static cJSON *decision_of_row(sqlite3_stmt *stmt)
{
    static const char *const keys[] = {"eventid", "decisionid", "by", "via", "result", "comment"};
    char time[CLOCK_TEXT_SIZE];
    cJSON *decision = cJSON_CreateObject();
    for (int i = 0; i < (int)(sizeof keys / sizeof *keys); i++)
        if (db_text(stmt, i) != NULL)
            cJSON_AddStringToObject(decision, keys[i], db_text(stmt, i));
    clock_format(sqlite3_column_int64(stmt, 6), time);
    cJSON_AddStringToObject(decision, "time", time);
    return decision;
}

cJSON *store_decisions(struct store *s, const char *triggeredid)
{
    cJSON *decisions = cJSON_CreateArray();
    sqlite3_stmt *stmt = prepare_or_log(s, "SELECT event_id, decisionid, by, via, result, comment, time_ns"
                                           " FROM decisions WHERE triggeredid = ?1 ORDER BY row LIMIT ?2");
    if (stmt == NULL)
        return decisions;
    db_bind_text(stmt, 1, triggeredid);
    sqlite3_bind_int64(stmt, 2, STORE_DECISIONS_MAX);
    while (step_or_log(s, stmt))
        cJSON_AddItemToArray(decisions, decision_of_row(stmt));
    db_release(s->reader, stmt);
    return decisions;
}

/* --- jobs --- */

#define JOB_COLUMNS "id, project, stage, service, context, task, state, log_path, pid, start_time"

static struct store_job job_of(sqlite3_stmt *stmt)
{
    return (struct store_job){.id = db_text(stmt, 0),
                              .project = db_text(stmt, 1),
                              .stage = db_text(stmt, 2),
                              .service = db_text(stmt, 3),
                              .context = db_text(stmt, 4),
                              .task = db_text(stmt, 5),
                              .state = db_text(stmt, 6),
                              .log_path = db_text(stmt, 7),
                              .pid = sqlite3_column_int64(stmt, 8),
                              .start_time = sqlite3_column_int64(stmt, 9)};
}

enum status store_jobs(struct store *s, store_job_fn fn, void *arg, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt =
        db_prepare(s->reader, "SELECT " JOB_COLUMNS " FROM jobs WHERE state <> 'ended' ORDER BY rowid", err);
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err)) {
        struct store_job job = job_of(stmt);
        more = fn(arg, &job);
    }
    db_release(s->reader, stmt);
    return status;
}

bool store_find_job(struct store *s, const char *id, store_job_fn fn, void *arg)
{
    sqlite3_stmt *stmt = prepare_or_log(s, "SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?1");
    if (stmt == NULL)
        return false;
    db_bind_text(stmt, 1, id);
    bool found = step_or_log(s, stmt);
    if (found) {
        struct store_job job = job_of(stmt);
        (void)fn(arg, &job); /* there is no next one */
    }
    db_release(s->reader, stmt);
    return found;
}

/* --- tokens --- */

enum status store_tokens(struct store *s, store_token_fn fn, void *arg, struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt =
        db_prepare(s->reader, "SELECT name, role, hash, projects, expires_ns FROM tokens ORDER BY name", err);
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err)) {
        cJSON *projects = db_text(stmt, 3) != NULL ? cJSON_Parse(db_text(stmt, 3)) : NULL;
        struct store_token token = {.name = db_text(stmt, 0),
                                    .role = db_text(stmt, 1),
                                    .hash = db_text(stmt, 2),
                                    .projects = projects,
                                    .expires_ns = sqlite3_column_int64(stmt, 4)};
        if (db_text(stmt, 3) != NULL && projects == NULL) {
            /* Never read as "all projects". */
            status = error_set(err, STATUS_FAILED, "%s: the projects of token %s cannot be read; revoke it",
                               s->path, token.name);
            break;
        }
        more = fn(arg, &token);
        cJSON_Delete(projects);
    }
    db_release(s->reader, stmt);
    return status;
}
