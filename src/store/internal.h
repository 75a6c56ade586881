/* store/internal.h: what the files of the store share. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

/* --- db.c: one connection and its prepared statements --- */

#define DB_CACHE_MAX 64 /* statements kept; more forms of query than this are prepared anew */

struct db_statement {
    char *sql;
    sqlite3_stmt *stmt;
    bool lent;
};

struct db {
    sqlite3 *handle;
    char *path; /* for messages */
    struct db_statement cache[DB_CACHE_MAX];
    size_t cache_count, cache_next;              /* cache_next: the one to be replaced when all are taken */
    unsigned char seal_key[STORE_SEAL_KEY_SIZE]; /* of the audit trail's head */
    bool seals;                                  /* there is such a key */
};

enum db_role { DB_WRITER, DB_READER };

MUST_CHECK enum status db_open(const char *path, enum db_role role, struct db **out, struct error *err);
void db_close(struct db *db); /* NULL is taken */
/* Sets err from the connection's last error: "cannot <what>: <why> (<path>)". */
enum status db_error(const struct db *db, struct error *err, const char *what);
/* Runs SQL without parameters and rows. */
MUST_CHECK enum status db_exec(struct db *db, const char *sql, struct error *err);
/* Lends the prepared statement for sql, reset; a second walk over the same SQL inside the first gets one of
 * its own. NULL: err says why. Give it back with db_release. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct error *err);
void db_release(struct db *db, sqlite3_stmt *stmt);                    /* NULL is taken */
void db_bind_text(sqlite3_stmt *stmt, int position, const char *text); /* borrowed; NULL binds NULL */
/* One more row? True: it is there. False: *status is STATUS_OK at the end, else err says why. */
bool db_step(struct db *db, sqlite3_stmt *stmt, enum status *status, struct error *err);
const char *db_text(sqlite3_stmt *stmt, int column); /* NULL for NULL; valid until the next step */
/* The first column of the only row, 0 where there is none. */
MUST_CHECK enum status db_number(struct db *db, const char *sql, int64_t *out, struct error *err);

/* --- audit.c --- */

/* Makes audit_hash() and audit_seal() known to the connection. */
MUST_CHECK enum status audit_functions(struct db *db, struct error *err);

/* --- schema.c --- */

/* Refuses, without touching it, a file that is not a store of drawbridged or is newer than this program. */
MUST_CHECK enum status schema_check_file(const char *path, struct error *err);
/* Brings the writer's database to the newest schema; draws an epoch for a new one. */
MUST_CHECK enum status schema_migrate(struct db *db, struct error *err);

/* --- write.c: the statements that batches are made of --- */

/* name, number of parameters, whether a row must change (else `missing` says what is wrong), SQL: in write.c
 */
enum write_kind {
    WRITE_EVENT,
    WRITE_PENDING,
    WRITE_HANDLED,
    WRITE_LAST_EVENT,
    WRITE_DEPLOYED,
    WRITE_OPEN_EVENT,
    WRITE_CLOSE_EVENT,
    WRITE_RECORD,
    WRITE_DECISION,
    WRITE_JOB,
    WRITE_PROJECT,
    WRITE_CREDENTIALS,
    WRITE_DELETE_PROJECT,
    WRITE_DELETE_PROJECT_SERVICES,
    WRITE_DELETE_PROJECT_LAST_EVENTS,
    WRITE_DELETE_PROJECT_DEPLOYED,
    WRITE_DELETE_PROJECT_RECORDS,
    WRITE_DELETE_PROJECT_OPEN_EVENTS,
    WRITE_SERVICE,
    WRITE_DELETE_SERVICE,
    WRITE_DELETE_SERVICE_LAST_EVENTS,
    WRITE_DELETE_SERVICE_DEPLOYED,
    WRITE_TOKEN,
    WRITE_DELETE_TOKEN,
    WRITE_AUDIT,
    WRITE_AUDIT_HEAD,
    WRITE_AUDIT_SEAL,
    WRITE_INTEGRATION,
    WRITE_FIRST_SUBSCRIPTIONS,
    WRITE_PING,
    WRITE_DELETE_INTEGRATION,
    WRITE_DELETE_SUBSCRIPTIONS,
    WRITE_FORGET_INTEGRATIONS,
    WRITE_FORGET_SUBSCRIPTIONS,
    WRITE_SUBSCRIPTION,
    WRITE_DELETE_SUBSCRIPTION,
    WRITE_LOG,
    WRITE_FORGET_LOGS,
    WRITE_TRIM_LOGS,
    WRITE_SECRET,
    WRITE_DELETE_SECRET,
    WRITE_KIND_COUNT
};

struct write_value {
    enum { WRITE_NULL, WRITE_INT, WRITE_TEXT } kind;
    int64_t number;
    const char *text; /* in the batch's arena */
    size_t len;
};

struct write_op {
    struct write_op *next;
    enum write_kind kind;
    uint64_t event_number; /* WRITE_EVENT, else 0 */
    int count, capacity;
    struct write_value values[];
};

/* Parameters of a kind of statement. */
int write_capacity(enum write_kind kind);
/* Runs one operation inside the open transaction. */
MUST_CHECK enum status write_run(struct db *db, const struct write_op *op, struct error *err);
/* Takes a number that no stored event will have, so that numbers stay contiguous for readers. */
MUST_CHECK enum status write_void(struct db *db, uint64_t number, struct error *err);

/* --- batch.c, commit.c --- */

struct store_batch {
    struct store *store;
    struct arena arena;
    struct write_op *first, **last;
    uint64_t first_number, last_number; /* of its events; 0: none */
    struct store_batch *next;           /* in the queue */
    void (*done)(void *arg, enum status status, const struct error *err);
    void *arg;
    enum status status;
    struct error error;
};

struct batch_queue {
    struct store_batch *first, **last;
};

/* What is on its way through the thread pool; outlives the store where that closes first. */
struct commit_work {
    uv_work_t request; /* first: libuv hands this back */
    struct store *store;
    bool finished; /* under the store's mutex */
};

/* --- store.c --- */

struct store {
    char *directory, *path;
    uv_loop_t *loop; /* NULL: commits are made at once */
    int lock_fd;
    char epoch[17];
    struct db *reader; /* loop thread */
    struct db *writer; /* whoever runs commit_group: the pool, one at a time; the loop thread where none is */
    uint64_t last_number;              /* newest durable one; loop thread */
    uint64_t next_number;              /* next to be given out; loop thread */
    uint64_t submitted;                /* highest number of a batch that was handed in; loop thread */
    uint64_t written;                  /* as last_number, as the writer knows it */
    struct batch_queue waiting, group; /* group: being committed, belongs to the writer */
    struct commit_work *work;          /* NULL: nothing is on its way */
    uv_mutex_t mutex;                  /* guards work->finished */
    uv_cond_t finished;
    bool closing;
};

/* Ends what is on its way and commits what waits, on the calling thread, with its callbacks. */
void commit_drain(struct store *s);

#endif
