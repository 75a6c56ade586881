/* event/event.h: the CloudEvent codec and Keptn's event grammar. Pure functions, no I/O.
 * Source: CloudEvents 1.0.2 (JSON format); keptn-events.md, section 1. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum event_class {
    EVENT_CLASS_OTHER,    /* neither; also what has 5 or 6 parts but a kind that is not Keptn's is TASK or
                             SEQUENCE */
    EVENT_CLASS_TASK,     /* sh.keptn.event.<task>.<kind>: 5 parts */
    EVENT_CLASS_SEQUENCE, /* sh.keptn.event.<stage>.<sequence>.<kind>: 6 parts */
    EVENT_CLASS_STATE     /* sh.drawbridge.sequence.state */
};

enum event_kind {
    EVENT_KIND_OTHER,
    EVENT_KIND_TRIGGERED,
    EVENT_KIND_STARTED,
    EVENT_KIND_FINISHED,
    EVENT_KIND_INVALIDATED
};

#define EVENT_NAME_MAX   200 /* bytes of one part of a type */
#define EVENT_TYPE_STATE "sh.drawbridge.sequence.state"

struct event_type {
    enum event_class class;
    enum event_kind kind;
    char stage[EVENT_NAME_MAX + 1]; /* sequence events only, else "" */
    char name[EVENT_NAME_MAX + 1];  /* the task or the sequence */
};

/* Splits a type. Never fails: what does not fit is EVENT_CLASS_OTHER. */
void event_type_parse(const char *type, struct event_type *out);

/* A decoded event. Everything points into its arena and lives until the next event_decode into it, or
 * event_free. Attributes that are absent (or empty) are NULL. Start with {0}; decode into the same one again
 * and again. */
struct event {
    struct arena arena;
    struct event_type parsed_type;
    const char *id, *source, *type, *specversion, *time, *contenttype;
    const char *context;     /* shkeptncontext */
    const char *triggeredid; /* of the task's or sequence's triggered */
    const char *gitcommitid, *shkeptnspecversion;
    const char *shipyardcommit, *decisionid, *decidedby, *decidedvia;  /* drawbridge's extensions */
    int64_t time_ns;                                                   /* 0: none */
    uint64_t number;                                                   /* extension "sequence"; 0: none */
    const char *project, *stage, *service, *status, *result, *message; /* of data */
    const cJSON *data;                                                 /* object, or NULL */
    const cJSON *root;                                                 /* the whole event */
};

enum event_form {
    EVENT_FORM_COMPLETE, /* from a stream or store: specversion 1.x, id, source, type must be there */
    EVENT_FORM_POSTED    /* POST /v1/event: type, source, data must be there (422), the rest is optional */
};

/* Decodes one event of at most JSON_EVENT_MAX bytes. `contenttype` and `datacontenttype` both count. A time
 * of year 1 is none. data must be an object (or absent, or null); names in it that are no strings are
 * refused; so are attributes of wrong kind. A posted source that is empty becomes Keptn's own.
 *   Returns STATUS_OK; STATUS_TOO_LARGE; STATUS_INVALID with the reason; STATUS_UNPROCESSABLE ("type in body
 * is required") Cost    at most 1.3 times cJSON_Parse and cJSON_Delete of the same text (measured: 1.1) Runs
 * on the loop thread, as json_parse_in_arena */
MUST_CHECK enum status event_decode(const char *text, size_t len, enum event_form form, struct event *ev,
                                    struct error *err);
void event_free(struct event *ev);

/* What an event is made of, to print it. NULL or 0: left out. All borrowed. */
struct event_draft {
    const char *id, *source, *type, *context, *triggeredid, *gitcommitid, *shkeptnspecversion;
    const char *shipyardcommit, *decisionid, *decidedby, *decidedvia;
    int64_t time_ns;
    const cJSON *data;       /* NULL: {} */
    const cJSON *extensions; /* Keptn's "extensions" of a posted event, kept as it is */
};

/* Appends the event as JSON: specversion "1.0", datacontenttype "application/json". False where out's limit
 * is passed. */
bool event_print(const struct event_draft *draft, struct buffer *out);

/* {"project":…,"stage":…,"service":…,"labels":…,"status":…,"result":…,"message":…}; NULL or empty ones are
 * left out. The caller's (cJSON_Delete). labels is copied. */
cJSON *event_data_new(const char *project, const char *stage, const char *service, const cJSON *labels,
                      const char *status, const char *result, const char *message);

/* The tag of an image reference ("ghcr.io/x/y:v1.2" → "v1.2"; a digest or a port is no tag). NULL: none.
 * Points into image. */
const char *event_image_tag(const char *image);
/* data.configurationChange.values.image. NULL: none. */
const char *event_image(const cJSON *data);

#endif
