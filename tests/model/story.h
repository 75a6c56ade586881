/* tests/model/story.h: events and states as texts, told to a model. */
#ifndef TESTS_MODEL_STORY_H
#define TESTS_MODEL_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* 2023-11-14T22:13:20Z; times in stories are milliseconds after it. */
#define STORY_ZERO_MS INT64_C(1700000000000)
#define STORY_NS(ms)  ((STORY_ZERO_MS + (ms)) * INT64_C(1000000))

enum story_kind { STORY_EVENT, STORY_STATE, STORY_OPEN, STORY_PROJECT };

struct story_item {
    enum story_kind kind;
    char *text;      /* JSON */
    uint64_t number; /* 0: unknown */
};
struct story {
    struct story_item *items;
    size_t count, capacity;
    uint64_t number; /* of the newest item; each that is added gets the next one; UINT64_MAX: none gets one */
    const char *project, *service;
};

void story_free(struct story *s);
struct story_item *story_add(struct story *s, enum story_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An event. type: "production.delivery.triggered", "approval.started"; data: more members of data, with a
 * leading comma, or "". id, triggeredid: any text ("" is none). */
struct story_item *story_event(struct story *s, int64_t ms, const char *context, const char *stage,
                               const char *type, const char *id, const char *triggeredid, const char *data);
/* The same with more attributes, with a leading comma. */
struct story_item *story_event_with(struct story *s, int64_t ms, const char *context, const char *stage,
                                    const char *type, const char *id, const char *triggeredid,
                                    const char *data, const char *attributes);
/* A state of one stage: word of the whole and of the stage, latest event (type "" is none). */
struct story_item *story_state(struct story *s, int64_t first_ms, const char *context, const char *overall,
                               const char *stage, const char *word, const char *latest_type,
                               const char *latest_id, int64_t latest_ms);

enum status story_apply(struct model *m, const struct story_item *item, struct error *err);
void story_tell(struct model *m,
                const struct story *s); /* all, in order; each must be taken; model_check after each */

char *story_read_file(const char *name); /* tests/model/data/NAME; the caller's */
const struct model_sequence *story_find(const struct model *m, const char *context, const char *stage);

#endif
