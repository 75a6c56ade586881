/* store/store.h: the durable memory of drawbridged, in SQLite (WAL, synchronous=FULL).
 *
 * Writes go in batches: a batch is one transaction, all or nothing. Batches commit in the order of
 * store_commit on libuv's thread pool, several waiting ones together (group commit); each callback runs on
 * the loop thread once its batch is durable. Reads run at once on the loop thread on a connection of their
 * own, and see what is durable. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/error.h"
#include "event/event.h"

struct store;
struct store_batch;

/* Opens or makes DIR/drawbridged.db. Refuses a newer schema untouched, and a directory that another
 * drawbridged has open. loop may be NULL: store_commit then commits at once and calls back before it returns
 * (tests, one-shot commands). */
MUST_CHECK enum status store_open(const char *directory, uv_loop_t *loop, struct store **out,
                                  struct error *err);
/* The same beside a drawbridged that may have it open, for one-shot commands that write tokens and audit rows
 * only (never events: numbers are the one drawbridged's). SQLite keeps the two apart. */
MUST_CHECK enum status store_open_beside(const char *directory, struct store **out, struct error *err);
/* Makes what was handed to store_commit durable, with its callbacks, before it returns; then runs nothing any
 * more. The loop has to turn once more to let go of what was on the thread pool. Not from inside a callback.
 */
void store_close(struct store *s);

const char *store_epoch(const struct store *s);    /* names this numbering; a restore draws a new one */
uint64_t store_last_number(const struct store *s); /* newest number that is durable; 0: none */
/* Takes the next number for an event of a batch. Numbers in the store are contiguous: where a batch with
 * numbers fails, they are given out again, or, where later ones were taken meanwhile, hold an event
 * sh.drawbridge.number.void. */
uint64_t store_next_number(struct store *s);

/* --- writing --- */

struct store_batch *store_batch_new(struct store *s);
void store_batch_free(struct store_batch *b); /* one that was never committed */

enum store_consumer { STORE_FOR_SEQUENCER = 1, STORE_FOR_JOBS = 2 };

/* number from store_next_number, in order. text: the event as JSON, copied. ev: the same decoded. pending:
 * who has yet to handle it (0, or consumers or-ed), remembered over a restart. Also keeps each service's
 * lastEventTypes (triggered, started, finished of tasks) and deployedImage
 * (`configurationChange.values.image` of the deployment.triggered that a deployment.finished refers to:
 * keptn-api.md, section 3). Project, service must be stored for these. */
void store_batch_event(struct store_batch *b, uint64_t number, const char *text, size_t len,
                       const struct event *ev, int pending);
void store_batch_handled(struct store_batch *b, uint64_t number, enum store_consumer who);
/* For event/triggered. The event must be stored, or stand before this in the batch; else the batch fails. */
void store_batch_open_event(struct store_batch *b, const char *event_id);
void store_batch_close_event(struct store_batch *b, const char *event_id);
/* The sequencer's record and Keptn's view of it (an item of the sequence query; its name, service, state and
 * time are filters). */
void store_batch_record(struct store_batch *b, const char *project, const char *context, bool open,
                        const cJSON *record, const cJSON *state);

struct store_decision {
    const char *project, *context, *triggeredid, *event_id, *decisionid, *by, *via, *result, *comment;
    int64_t time_ns;
};
void store_batch_decision(struct store_batch *b, const struct store_decision *d);

/* A job: its process is started only after the batch with state "starting" is durable, so that none ever runs
 * twice. */
struct store_job {
    const char *id; /* the triggered event's id */
    const char *project, *stage, *service, *context, *task;
    const char *state;    /* "starting", "running", "ended" */
    const char *log_path; /* below DIR/jobs */
    int64_t pid,
        start_time; /* of the process group leader; start time in clock ticks (field 22 of /proc/PID/stat) */
};
void store_batch_job(struct store_batch *b, const struct store_job *job); /* inserts or replaces */

struct store_project {
    const char *name, *shipyard, *shipyard_version; /* text */
    /* Of a new project only. gitCredentials as they are answered, JSON; NULL: drawbridged's own repository.
     * box: what opens the upstream, encrypted by the caller. */
    const char *credentials, *box;
    const cJSON *stages; /* [{"stageName":…,"parentStages":[…]}] in the shipyard's order */
    int64_t created_ns;
};
void store_batch_project(struct store_batch *b, const struct store_project *p); /* inserts or replaces */
/* Another upstream, or other keys to it. */
void store_batch_credentials(struct store_batch *b, const char *project, const char *credentials,
                             const char *box);
/* Its services, states, records and open events go with it. Its events stay (numbers are contiguous), but no
 * query for a project of that name made later shows them. */
void store_batch_delete_project(struct store_batch *b, const char *name);
void store_batch_service(struct store_batch *b, const char *project, const char *service, int64_t created_ns);
void store_batch_delete_service(struct store_batch *b, const char *project, const char *service);

struct store_token {
    const char *name, *role, *hash; /* hash: hex of BLAKE2b of the token */
    const cJSON *projects;          /* array of names, NULL: all */
    int64_t expires_ns;             /* 0: never */
};
void store_batch_token(struct store_batch *b, const struct store_token *t);
void store_batch_delete_token(struct store_batch *b, const char *name);
void store_batch_audit(struct store_batch *b, int64_t time_ns, const char *who, const char *what,
                       const char *project, const char *from, const char *why);

/* Keptn's uniform: who has registered, for which events. Source: keptn-api.md, section 3, "Uniform, log". */
struct store_integration {
    const char *id, *name, *namespace, *hostname, *version, *distributor, *location, *pod, *deployment;
    int64_t seen_ns;
    const char *subscriptions; /* [{"id",…}…] as JSON text */
};
/* Of one name and namespace there is one: it keeps its id, takes versions and seen_ns, and subscriptions only
 * where it has none. Those not seen since forget_ns are forgotten. */
void store_batch_integration(struct store_batch *b, const struct store_integration *i, int64_t forget_ns);
void store_batch_ping(struct store_batch *b, const char *integration, int64_t seen_ns);
void store_batch_delete_integration(struct store_batch *b, const char *integration);
/* Inserts or replaces; nothing where there is no such integration. text: JSON. */
void store_batch_subscription(struct store_batch *b, const char *integration, const char *id,
                              const char *text);
void store_batch_delete_subscription(struct store_batch *b, const char *integration, const char *id);
void store_batch_log(struct store_batch *b, const char *integration, int64_t time_ns, const char *text);
/* Forgets what is older, and all but the newest `keep`. */
void store_batch_forget_logs(struct store_batch *b, int64_t before_ns, int64_t keep);

/* A secret: keys as a JSON array of names; box: its values, encrypted by the caller, as text. */
void store_batch_secret(struct store_batch *b, const char *scope, const char *name, const char *keys,
                        const char *box);
void store_batch_delete_secret(struct store_batch *b, const char *scope, const char *name);

/* Takes the batch. done (may be NULL) runs on the loop thread: STATUS_OK, durable; else nothing of it is
 * stored. */
void store_commit(struct store_batch *b, void (*done)(void *arg, enum status status, const struct error *err),
                  void *arg);

/* The same for a store that was opened without a loop: it is durable, or not, when this returns. */
MUST_CHECK enum status store_commit_now(struct store_batch *b, struct error *err);

/* --- reading; every text handed to a callback is borrowed for that call; a callback that returns false ends
 * the walk --- */

struct store_event {
    uint64_t number;
    const char *text; /* as stored */
    size_t len;
    const char *type, *project, *stage, *service;
};
typedef bool (*store_event_fn)(void *arg, const struct store_event *e);

struct store_event_query {
    const char *project; /* NULL: any; "": events that name no project */
    const char *context, *stage, *service, *type, *source, *event_id, *triggeredid; /* NULL: any */
    const char *result;                                                             /* data.result */
    int64_t from_ns, before_ns;                                                     /* exclusive; 0: open */
    bool root_only;       /* the first event of each context */
    bool with_states;     /* also sh.drawbridge.…, which Keptn's own calls never show */
    bool oldest_first;    /* default: newest first */
    size_t offset, limit; /* limit 0: all */
};
MUST_CHECK enum status store_events(struct store *s, const struct store_event_query *q, store_event_fn fn,
                                    void *arg, size_t *total, struct error *err); /* total may be NULL */
/* After number `after`, oldest first, at most limit, everything (for the stream). */
MUST_CHECK enum status store_events_after(struct store *s, uint64_t after, size_t limit, store_event_fn fn,
                                          void *arg, struct error *err);
/* Open triggered events of a type (NULL: all types), newest first. */
MUST_CHECK enum status store_open_events(struct store *s, const struct store_event_query *q,
                                         store_event_fn fn, void *arg, size_t *total, struct error *err);
/* Not yet handled by `who`, oldest first (after a restart). */
MUST_CHECK enum status store_pending(struct store *s, enum store_consumer who, store_event_fn fn, void *arg,
                                     struct error *err);

typedef bool (*store_text_fn)(void *arg, const char *project, const char *context, const char *text);
/* Records that are open (after a restart). */
MUST_CHECK enum status store_open_records(struct store *s, store_text_fn fn, void *arg, struct error *err);
char *store_record(struct store *s, const char *project, const char *context); /* NULL: none; the caller's */

struct store_state_query {
    const char *project;        /* NULL: all */
    const char *name, *state;   /* exact; NULL: any */
    const char *contexts;       /* comma list; NULL: any */
    int64_t from_ns, before_ns; /* exclusive; 0: open */
    size_t offset, limit;       /* limit 0: all */
};
/* States as JSON text, newest `time` first. */
MUST_CHECK enum status store_states(struct store *s, const struct store_state_query *q, store_text_fn fn,
                                    void *arg, size_t *total, struct error *err);

/* The sequencer's records of the contexts that fit, newest `time` of the state first. */
MUST_CHECK enum status store_records(struct store *s, const struct store_state_query *q, store_text_fn fn,
                                     void *arg, struct error *err);

/* Keptn's project object (keptn-api.md, section 3, without gitCredentials' secrets), NULL: no such project.
 * The caller's. */
cJSON *store_project_json(struct store *s, const char *name);
bool store_project_exists(struct store *s, const char *name);
char *store_project_box(struct store *s, const char *name); /* NULL: none; the caller's */
bool store_service_exists(struct store *s, const char *project, const char *service);
MUST_CHECK enum status store_project_names(struct store *s, store_text_fn fn, void *arg,
                                           struct error *err); /* by name, in `project` */

/* The decisions on an approval, oldest first, at most STORE_DECISIONS_MAX: an array of
 * {"eventid","decisionid","by","via","result","comment","time"}; the caller's. */
#define STORE_DECISIONS_MAX 256
cJSON *store_decisions(struct store *s, const char *triggeredid);

/* Jobs whose state is not "ended" (after a restart), and one by id. */
typedef bool (*store_job_fn)(void *arg, const struct store_job *job);
MUST_CHECK enum status store_jobs(struct store *s, store_job_fn fn, void *arg, struct error *err);
bool store_find_job(struct store *s, const char *id, store_job_fn fn, void *arg); /* false: none */

typedef bool (*store_token_fn)(void *arg, const struct store_token *token);
MUST_CHECK enum status store_tokens(struct store *s, store_token_fn fn, void *arg, struct error *err);

/* --- the audit trail (audit.c): who did what, when, from where, why; chained by hashes --- */

#define STORE_SEAL_KEY_SIZE   32
#define STORE_AUDIT_HASH_SIZE 65

struct store_audit_entry {
    int64_t row; /* 1, 2, 3, … */
    int64_t time_ns;
    const char *who, *what, *project, *from, *why; /* NULL: not told */
    const char *hash;                              /* hex, over this row and the one before */
};
struct store_audit_query {
    const char *project; /* NULL: all */
    int64_t from_ns;     /* exclusive; 0: open */
    int64_t after;       /* row; 0: from the first */
};
typedef bool (*store_audit_fn)(void *arg, const struct store_audit_entry *entry);
/* Oldest first. */
MUST_CHECK enum status store_audit(struct store *s, const struct store_audit_query *q, store_audit_fn fn,
                                   void *arg, struct error *err);
/* From here on each row renews the head's seal under this key, and store_audit_verify checks it: every
 * process that adds rows must say this first. Without a key the chain is kept all the same, but whoever can
 * write the database can also write a head that fits. */
void store_seal_audit(struct store *s, const unsigned char key[STORE_SEAL_KEY_SIZE]);
/* False: the head, of `rows` rows, was never sealed: a new store, or one that an earlier version has written.
 * store_batch_seal_audit seals it as it is. */
bool store_audit_is_sealed(struct store *s, int64_t *rows);
void store_batch_seal_audit(struct store_batch *b);
/* Walks the whole trail. *rows and head: how many rows fit, and the hash of the last of them ("": none).
 * STATUS_CONFLICT: err names the first row that does not fit, or what is missing at the end. */
MUST_CHECK enum status store_audit_verify(struct store *s, int64_t *rows, char head[STORE_AUDIT_HASH_SIZE],
                                          struct error *err);

/* Integrations by name; NULL fields of the query: any. */
struct store_integration_query {
    const char *id, *name, *namespace, *hostname;
    int64_t seen_ns; /* only those seen since */
};
typedef bool (*store_integration_fn)(void *arg, const struct store_integration *i);
MUST_CHECK enum status store_integrations(struct store *s, const struct store_integration_query *q,
                                          store_integration_fn fn, void *arg, struct error *err);

struct store_log_query {
    const char *integration;    /* NULL: any */
    int64_t from_ns, before_ns; /* inclusive; 0: open */
    size_t offset, limit;       /* limit 0: all */
};
typedef bool (*store_log_fn)(void *arg, const char *text);
/* Newest first. */
MUST_CHECK enum status store_logs(struct store *s, const struct store_log_query *q, store_log_fn fn,
                                  void *arg, size_t *total, struct error *err);

/* Secrets by scope and name; NULL: any. */
typedef bool (*store_secret_fn)(void *arg, const char *scope, const char *name, const char *keys,
                                const char *box);
MUST_CHECK enum status store_secrets(struct store *s, const char *scope, const char *name, store_secret_fn fn,
                                     void *arg, struct error *err);

/* Whether anything is stored that the caller's key has encrypted or sealed. STATUS_FAILED: unknown. */
MUST_CHECK enum status store_needs_key(struct store *s, bool *needed, struct error *err);

const char *store_directory(const struct store *s);

#endif
