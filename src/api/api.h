/* api/api.h: HTTP (libmicrohttpd on libuv), authorisation, and the event stream (wslay). It reads from the
 * store itself; every change goes through the ports, which the daemon implements. Source: keptn-api.md;
 * interfaces.md, "HTTP". */
#ifndef API_API_H
#define API_API_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "event/event.h"
#include "store/store.h"

struct api;

enum api_role { API_ROLE_VIEWER, API_ROLE_APPROVER, API_ROLE_INTEGRATION, API_ROLE_OPERATOR, API_ROLE_ADMIN };

struct api_principal {
    const char *name; /* the token's */
    enum api_role role;
    const char *address; /* of the peer */
};

/* The answer of a port. A 2xx becomes the call's own success code (201 where Keptn says so), with the call's
 * usual body where it is empty (NULL or ""). Any other code is passed on; a body that is no JSON object
 * becomes the `message` of one. Runs on the loop thread, perhaps before the call returns, exactly once; it
 * may come after api_free. What a port is handed (events, bodies, files, names, principal) is borrowed for
 * the call. */
typedef void (*api_done)(void *done_arg, int http, const char *body, size_t len);

struct api_file {
    const char *path;
    const char *bytes;
    size_t len;
};

struct api_ports {
    void *arg;
    /* A posted event, decoded with EVENT_FORM_POSTED; id, time and context are the daemon's to set. principal
     * is borrowed. */
    void (*post_event)(void *arg, const struct event *ev, const struct api_principal *who, api_done done,
                       void *done_arg);
    /* verb: "pause", "resume", "abort" */
    void (*control)(void *arg, const char *project, const char *context, const char *stage, const char *verb,
                    const struct api_principal *who, api_done done, void *done_arg);
    /* body: Keptn's project request, parsed, its form checked (unknown fields); `update`: PUT. */
    void (*put_project)(void *arg, const cJSON *body, bool update, const struct api_principal *who,
                        api_done done, void *done_arg);
    void (*delete_project)(void *arg, const char *project, const struct api_principal *who, api_done done,
                           void *done_arg);
    void (*create_service)(void *arg, const char *project, const char *service,
                           const struct api_principal *who, api_done done, void *done_arg);
    void (*delete_service)(void *arg, const char *project, const char *service,
                           const struct api_principal *who, api_done done, void *done_arg);
    /* Resources; stage, service NULL: the level above. bytes NULL in a file: delete it. Content is already
     * decoded from base64. */
    void (*write_resources)(void *arg, const char *project, const char *stage, const char *service,
                            const struct api_file *files, size_t count, const struct api_principal *who,
                            api_done done, void *done_arg); /* body: W of keptn-api.md */
    void (*read_resource)(void *arg, const char *project, const char *stage, const char *service,
                          const char *path, const char *commit, api_done done, void *done_arg); /* body: G */
    void (*list_resources)(
        void *arg, const char *project, const char *stage, const char *service, api_done done,
        void *done_arg); /* body: {"resources":[{"resourceURI":"/x"}…],"totalCount":N}, the api pages it */
    /* Secrets. data: an object of texts, not empty; name and its keys are words. Answers: the secret without
     * its values; empty. */
    void (*put_secret)(void *arg, const char *scope, const char *name, const cJSON *data, bool update,
                       const struct api_principal *who, api_done done, void *done_arg);
    void (*delete_secret)(void *arg, const char *scope, const char *name, const struct api_principal *who,
                          api_done done, void *done_arg);
    /* For what no sequence depends on (integrations, their logs): calls fill, before it returns, with a batch
     * that it then commits. Answers with 200 and an empty body once that is durable. */
    void (*keep)(void *arg, void (*fill)(void *fill_arg, struct store_batch *batch), void *fill_arg,
                 api_done done, void *done_arg);
    /* For GET /v1/job/{triggeredid}/log: its answer is the bytes from `offset` on (256 KiB at most), with the
     * headers x-drawbridge-log-size and x-drawbridge-log-growing. The log file of a job and whether it still
     * grows; NULL: no such job. The caller's. */
    char *(*job_log)(void *arg, const char *triggeredid, bool *growing);
    /* Whether drawbridged can serve: for /ready. */
    bool (*ready)(void *arg);
};

struct api_settings {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0" */
    const char *version;
};

/* Listens. STATUS_CONFLICT: the address is taken, and by what to do about it; STATUS_INVALID: no such
 * address. */
MUST_CHECK enum status api_new(uv_loop_t *loop, struct store *store, const struct api_settings *settings,
                               const struct api_ports *ports, struct api **out, struct error *err);
const char *api_url(const struct api *a); /* "http://127.0.0.1:8080/api", with the port that was taken */
/* An event that is durable now, in order of number: goes to every stream reader that may see it. */
void api_publish(struct api *a, uint64_t number, const char *text, size_t len, const struct event *ev);
void api_tokens_changed(struct api *a); /* reads them again; streams of revoked ones are closed with 4401 */
/* No new requests, streams closed with 1001; done when all are answered; then api_free. */
void api_stop(struct api *a, void (*done)(void *arg), void *arg);
void api_free(struct api *a);

bool api_role_parse(const char *text, enum api_role *role);
const char *api_role_name(enum api_role role);
/* Hex BLAKE2b-256 of a token, as the store keeps it. */
void api_token_hash(const char *token, char out[65]);

#endif
