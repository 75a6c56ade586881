/* internal.h: the parts of a feed: one WebSocket connection, one snapshot, the scan of a message. */
#ifndef FEED_INTERNAL_H
#define FEED_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "feed/feed.h"

#define FEED_EPOCH_SIZE 128 /* bytes of an epoch's name, with the NUL */

/* How patient a feed is; tests are less so. */
extern struct feed_limits {
    uint64_t backoff_first_ms,
        backoff_max_ms; /* ceilings of the random wait before the first and the last retry */
    int64_t ping_ms, silence_ms, connect_ms;
    size_t held_bytes; /* of events that wait for the end of a snapshot */
} feed_limits;

/* --- stream.c: a WebSocket connection through libwebsockets, one at a time --- */

struct stream;
struct stream_callbacks {
    void *arg;
    void (*on_open)(void *arg);
    void (*on_text)(void *arg, const char *text, size_t len); /* a whole message, terminated */
    void (*on_heard)(void *arg);                              /* anything came, a pong too */
    /* The connection ended, or never came to be. code: close code of the server, 0: none. Once for each
     * stream_connect, never before it returns. */
    void (*on_closed)(void *arg, bool was_open, int code, const char *why);
};

/* http: files and proxy are used as its client uses them; copied. */
struct stream *stream_new(uv_loop_t *loop, const struct http_settings *http,
                          const struct stream_callbacks *callbacks);
/* url: ws:// or wss://. Gives up after 10 s. A token goes into x-token. Not while one is under way. */
void stream_connect(struct stream *s, const char *url, const char *token);
void stream_ping(struct stream *s);
void stream_drop(struct stream *s); /* ends the connection without on_closed; nothing where there is none */
void stream_free(struct stream *s); /* no callback after it; handles close on the loop's next turns */

/* --- proxy.c: which proxy the settings or the environment name --- */

/* The proxy ("user:password@host:port") for a host, as libcurl would choose it; NULL: none. The caller's
 * (free). */
char *proxy_for(bool tls, const char *host);
/* "user:password@host:port" of a proxy's URL, the first two decoded; NULL: not one that is spoken. The
 * caller's (free).
 */
char *proxy_of_url(const char *url);

/* --- scan.c: what a feed has to know of a message, without parsing all of it --- */

struct scan {
    bool is_object;
    uint64_t number;             /* top-level "sequence"; 0: none */
    bool is_watermark;           /* {"watermark":"EPOCH:N"} */
    char epoch[FEED_EPOCH_SIZE]; /* of the watermark */
    uint64_t watermark;
};
void scan_message(const char *text, size_t len, struct scan *out);
/* Splits "EPOCH:N". False: it is no such text. */
bool scan_position(const char *text, char epoch[FEED_EPOCH_SIZE], uint64_t *number);

/* A piece of a JSON text, as it is; text NULL: there is none. */
struct slice {
    const char *text;
    size_t len;
};
/* The length of the object or list at the beginning (blanks in front of it count); 0: it does not end within
 * len, or there is none. */
size_t scan_value(const char *text, size_t len);
/* The value of a top-level member; blanks around it are left out. */
struct slice scan_member(const char *text, size_t len, const char *key);
/* The next item of a list. Start with *at 0; text NULL: no more, or the list is broken. */
struct slice scan_item(struct slice list, size_t *at);

/* --- recording.c writes, replay_file.c reads (doc/recording.md) --- */

#define RECORDING_VERSION  1
#define RECORDING_RECEIVED "receivedat"   /* extension attribute: when the recorder got it */
#define RECORDING_NUMBER   "answernumber" /* extension attribute: of the snapshot's answer that it came in */

/* --- snapshot.c --- */

struct snapshot;
struct snapshot_callbacks {
    void *arg;
    void (*on_item)(void *arg, const char *what, const char *text, size_t len, const char *epoch,
                    uint64_t number);
    /* STATUS_OK: all came; epoch and number say from where the stream must go on ("", 0: the server does not
     * number). */
    void (*on_done)(void *arg, enum status status, const struct error *err, const char *epoch,
                    uint64_t number);
};
/* Begins; calls back from the loop only. settings are borrowed until on_done or snapshot_cancel. */
struct snapshot *snapshot_begin(struct http_client *http, const struct feed_settings *settings,
                                enum feed_depth depth, const struct snapshot_callbacks *callbacks);
void snapshot_cancel(struct snapshot *s); /* NULL is fine; no callback after it */

#endif
