/* Reading events. A query is put together from its filters; which index it walks is named in it (schema.c
 * says why), so that no planner's guess can turn a page into a walk over everything. */
#include "config.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "store/internal.h"

#define QUERY_TEXT_MAX       4096 /* ours alone: parameters are bound */
#define QUERY_PARAMETERS_MAX 16

struct query {
    struct buffer where;
    const char *index; /* NULL: by number */
    struct {
        const char *text; /* NULL: number */
        int64_t number;
    } parameters[QUERY_PARAMETERS_MAX];
    int count;
};

static void add_clause(struct query *q, const char *clause)
{
    bool fits = buffer_add_text(&q->where, q->where.len == 0 ? " WHERE " : " AND ") &&
                buffer_add_text(&q->where, clause);
    assert(fits);
    (void)fits; /* where assertions are off */
}

static void add_text(struct query *q, const char *clause, const char *value)
{
    if (value == NULL)
        return;
    assert(q->count < QUERY_PARAMETERS_MAX);
    add_clause(q, clause);
    q->parameters[q->count++].text = value;
}

static void add_number(struct query *q, const char *clause, int64_t value)
{
    assert(q->count < QUERY_PARAMETERS_MAX);
    add_clause(q, clause);
    q->parameters[q->count++].number = value;
}

static const char *index_for(const struct store_event_query *q, bool named)
{
    if (q->event_id != NULL)
        return "events_id";
    if (q->triggeredid != NULL)
        return "events_triggeredid";
    if (q->context != NULL)
        return "events_context";
    if (q->root_only && named)
        return "events_root";
    if (q->with_states)
        return NULL;
    if (named && q->type != NULL)
        return "events_project_type";
    if (q->type != NULL)
        return "events_type";
    return q->project != NULL ? "events_project" : NULL;
}

static struct query event_query(const struct store_event_query *q)
{
    struct query out = {.where = BUFFER_LIMIT(QUERY_TEXT_MAX)};
    bool named = q->project != NULL && q->project[0] != '\0';
    out.index = index_for(q, named);
    add_text(&out, "e.id = ?", q->event_id);
    add_text(&out, "e.triggeredid = ?", q->triggeredid);
    add_text(&out, "e.context = ?", q->context);
    if (named) {
        add_text(&out, "e.project = ?", q->project);
        add_text(&out, "e.number > coalesce((SELECT events_after FROM projects WHERE name = ?), 0)",
                 q->project);
    } else if (q->project != NULL) {
        add_clause(&out, "e.project IS NULL");
    }
    add_text(&out, "e.type = ?", q->type);
    add_text(&out, "e.stage = ?", q->stage);
    add_text(&out, "e.service = ?", q->service);
    add_text(&out, "e.source = ?", q->source);
    add_text(&out, "e.result = ?", q->result);
    if (q->from_ns != 0)
        add_number(&out, "e.time_ns > ?", q->from_ns);
    if (q->before_ns != 0)
        add_number(&out, "e.time_ns < ?", q->before_ns);
    if (q->root_only)
        add_clause(&out, "e.root = 1");
    if (!q->with_states)
        add_clause(&out, "e.internal = 0");
    return out;
}

static sqlite3_stmt *prepare(struct store *s, const struct query *q, const char *select, const char *from,
                             const char *tail, struct error *err)
{
    struct buffer sql = BUFFER_LIMIT(QUERY_TEXT_MAX * 2);
    (void)buffer_printf(&sql, "SELECT %s FROM %s%s%s%s%s", select, from,
                        q->index != NULL ? " INDEXED BY " : "", q->index != NULL ? q->index : "",
                        buffer_text(&q->where), tail);
    assert(!sql.overflow); /* the parts are ours */
    sqlite3_stmt *stmt = db_prepare(s->reader, buffer_text(&sql), err);
    buffer_free(&sql);
    for (int i = 0; stmt != NULL && i < q->count; i++) {
        if (q->parameters[i].text != NULL)
            db_bind_text(stmt, i + 1, q->parameters[i].text);
        else
            sqlite3_bind_int64(stmt, i + 1, q->parameters[i].number);
    }
    return stmt;
}

#define EVENT_COLUMNS "e.number, e.text, e.type, e.project, e.stage, e.service"

/* Hands each row to fn until one says stop, and gives the statement back. */
static enum status walk(struct store *s, sqlite3_stmt *stmt, store_event_fn fn, void *arg, struct error *err)
{
    enum status status = STATUS_FAILED;
    bool more = stmt != NULL;
    while (more && db_step(s->reader, stmt, &status, err)) {
        struct store_event e = {.number = (uint64_t)sqlite3_column_int64(stmt, 0),
                                .text = db_text(stmt, 1),
                                .len = (size_t)sqlite3_column_bytes(stmt, 1),
                                .type = db_text(stmt, 2),
                                .project = db_text(stmt, 3),
                                .stage = db_text(stmt, 4),
                                .service = db_text(stmt, 5)};
        more = fn(arg, &e);
    }
    db_release(s->reader, stmt);
    return status;
}

static int64_t sql_limit(size_t limit)
{
    return limit == 0 || limit > INT64_MAX ? -1 : (int64_t)limit;
}

static enum status count_rows(struct store *s, const struct query *q, const char *from, size_t *total,
                              struct error *err)
{
    enum status status = STATUS_FAILED;
    sqlite3_stmt *stmt = prepare(s, q, "count(*)", from, "", err);
    if (stmt != NULL && db_step(s->reader, stmt, &status, err))
        *total = (size_t)sqlite3_column_int64(stmt, 0);
    db_release(s->reader, stmt);
    return status;
}

/* The count and the page are of one moment: a transaction holds it where the connection is not in one. */
static enum status run(struct store *s, const struct query *q, const char *from, const char *tail,
                       const struct store_event_query *form, store_event_fn fn, void *arg, size_t *total,
                       struct error *err)
{
    enum status status = STATUS_OK;
    bool hold = total != NULL && sqlite3_get_autocommit(s->reader->handle) != 0;
    if (hold)
        status = db_exec(s->reader, "BEGIN", err);
    if (status == STATUS_OK && total != NULL)
        status = count_rows(s, q, from, total, err);
    if (status == STATUS_OK) {
        sqlite3_stmt *stmt = prepare(s, q, EVENT_COLUMNS, from, tail, err);
        if (stmt != NULL) {
            sqlite3_bind_int64(stmt, q->count + 1, sql_limit(form->limit));
            sqlite3_bind_int64(stmt, q->count + 2, (int64_t)form->offset);
        }
        status = walk(s, stmt, fn, arg, err);
    }
    if (hold && sqlite3_get_autocommit(s->reader->handle) == 0) {
        struct error ignored = ERROR_NONE;
        (void)!db_exec(s->reader, "COMMIT", &ignored); /* nothing was written */
    }
    return status;
}

enum status store_events(struct store *s, const struct store_event_query *q, store_event_fn fn, void *arg,
                         size_t *total, struct error *err)
{
    struct query query = event_query(q);
    enum status status = run(s, &query, "events e",
                             q->oldest_first ? " ORDER BY e.number LIMIT ? OFFSET ?"
                                             : " ORDER BY e.number DESC LIMIT ? OFFSET ?",
                             q, fn, arg, total, err);
    buffer_free(&query.where);
    return status;
}

enum status store_open_events(struct store *s, const struct store_event_query *q, store_event_fn fn,
                              void *arg, size_t *total, struct error *err)
{
    struct query query = event_query(q);
    query.index = NULL; /* what is open is few: found by type there, each event by its number */
    add_text(&query, "o.type = ?", q->type);
    enum status status = run(s, &query, "open_events o CROSS JOIN events e ON e.number = o.number",
                             q->oldest_first ? " ORDER BY o.number LIMIT ? OFFSET ?"
                                             : " ORDER BY o.number DESC LIMIT ? OFFSET ?",
                             q, fn, arg, total, err);
    buffer_free(&query.where);
    return status;
}

enum status store_events_after(struct store *s, uint64_t after, size_t limit, store_event_fn fn, void *arg,
                               struct error *err)
{
    sqlite3_stmt *stmt = db_prepare(
        s->reader, "SELECT " EVENT_COLUMNS " FROM events e WHERE e.number > ?1 ORDER BY e.number LIMIT ?2",
        err);
    if (stmt != NULL) {
        sqlite3_bind_int64(stmt, 1, after > INT64_MAX ? INT64_MAX : (int64_t)after);
        sqlite3_bind_int64(stmt, 2, sql_limit(limit));
    }
    return walk(s, stmt, fn, arg, err);
}

enum status store_pending(struct store *s, enum store_consumer who, store_event_fn fn, void *arg,
                          struct error *err)
{
    sqlite3_stmt *stmt = db_prepare(s->reader,
                                    "SELECT " EVENT_COLUMNS " FROM pending p CROSS JOIN events e"
                                    " ON e.number = p.number WHERE p.consumer = ?1 ORDER BY p.number",
                                    err);
    if (stmt != NULL)
        sqlite3_bind_int64(stmt, 1, who);
    return walk(s, stmt, fn, arg, err);
}
