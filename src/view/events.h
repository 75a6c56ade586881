/* view/events.h: raw events on two screens: those of the stream as they come, and all of one run. */
#ifndef VIEW_EVENTS_H
#define VIEW_EVENTS_H

#include "view/jsonview.h"
#include "view/list.h"
#include "view/ring.h"

#define EVENTS_KEEP (96 * 1024)       /* bytes of the stream's text */
#define RUN_KEEP    (4 * 1024 * 1024) /* of one run's, while it is looked at: its longest event fits whole */

struct pick;
struct source;
struct view_answer;

enum event_column { /* of both lists */
                    EVENT_TIME,
                    EVENT_CONNECTION,
                    EVENT_PROJECT,
                    EVENT_NAME,
                    EVENT_STAGE,
                    EVENT_SERVICE,
                    EVENT_SOURCE,
                    EVENT_RESULT,
                    EVENT_RUN,
                    EVENT_COLUMNS
};

/* Start with .ring.limit = EVENTS_KEEP. */
struct events {
    struct ring ring;
    struct list list;
    uint32_t *rows; /* places in the ring, list.count of them */
    size_t capacity;
    bool built, held;
    uint64_t held_serial;      /* what came later is not listed while it is held */
    uint64_t serial, revision; /* of ring and view, that rows were made from */
    struct event decoded;      /* the row that was looked at last */
    uint64_t decoded_serial;   /* 0: none */
    const struct ring *decoded_of;
};

extern const struct list_ops events_list; /* of the stream */

/* All events of one run. Start with {0}. */
struct run_events {
    struct source *source; /* NULL: nothing is shown */
    char *project, *stage, *context, *sequence, *service;
    struct ring ring;
    struct list list;
    uint64_t serial, ticket; /* ticket 0: nothing is asked */
    bool came;               /* the server has told all */
    bool partly;             /* it has told a part */
    char *why;               /* it has not, and why; NULL: it has, or is asked still */
    struct json_view json;
};

/* ---- events.c ---- */
void events_free(struct events *e);
/* The row's event, decoded; valid until the next call. NULL: its text is none, which cannot be. */
const struct event *events_decoded(struct view *v, const struct ring *ring, const struct ring_row *row);
void events_cell(struct view *v, const struct ring *ring, const struct ring_row *row, size_t column,
                 struct list_cell *out);
const char *events_name(struct view *v, const struct event *ev); /* its type, without what all have */

/* ---- run_events.c ---- */
/* Shows all events of the run: those that came over the stream at once, the server's when they are there. */
void run_events_open(struct view *v, struct source *source, const char *project, const char *context);
void run_events_add(struct view *v, const struct source *source, const struct event *ev, const char *text,
                    size_t len);
bool run_events_fetched(struct view *v, uint64_t ticket, const struct view_answer *answer);
void run_events_tidy(struct view *v); /* forgets all once it is no longer looked at */
void run_events_free(struct run_events *r);

#endif
