/* api/reader.h: one that reads the stream; shared by handshake.c, which makes it, and stream.c, which serves
 * it.
 *
 * A reader is born in REPLAY or LIVE. In REPLAY it is fed from the store, page by page, and deaf to
 * api_publish; when a page reaches the newest durable event it is LIVE. `last` is the number of the newest
 * event that has been queued or filtered out: LIVE takes last + 1 only, skips what it has had, and falls back
 * to REPLAY where a number is missing. So there is neither a gap nor a repeat, whatever is durable but not
 * yet published at the border. */
#ifndef API_READER_H
#define API_READER_H

#include "api/internal.h"

enum api_reader_state { API_READER_REPLAY, API_READER_LIVE, API_READER_CLOSING, API_READER_ENDED };

struct api_filter {
    const char **values; /* any of them fits; none: all do */
    size_t count;
};

struct api_reader {
    struct api *api;
    struct arena arena; /* of the filters */
    struct api_token *token;
    struct api_filter projects, stages, services, types;
    bool filtered; /* gets watermarks */
    enum api_reader_state state;
    uint64_t last;
    unsigned close_code; /* refused as soon as it is open; 0: not */
    const char *close_reason;

    int fd;
    struct MHD_UpgradeResponseHandle *urh;
    uv_poll_t poll;
    bool polled; /* poll is a handle of the loop */
    int events;  /* that are polled for */
    bool dirty;
    bool broken; /* the socket has ended */
    struct api_reader *next_dirty;
    struct api_queue queue;
    wslay_event_context_ptr websocket;                 /* reads frames, and makes control frames */
    struct buffer control;                             /* what it made, on its way to the queue */
    struct buffer early;                               /* came together with the request */
    size_t budget;                                     /* bytes still to be read in this turn */
    int64_t heard_ns, pinged_ns, marked_ns, linger_ns; /* monotonic */
};

/* From here on it lives in the stream. */
void api_reader_start(struct api_reader *r, int fd, struct MHD_UpgradeResponseHandle *urh);

#endif
