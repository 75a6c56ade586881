/* view/messages.h: what was said to the operator, kept for the message pane (:log): the message line holds
 * only one, and only until a key. Bounded: the oldest go and are counted. */
#ifndef VIEW_MESSAGES_H
#define VIEW_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGES_KEEP 500

enum message_kind { MESSAGE_NOTE, MESSAGE_ERROR, MESSAGE_LINK };

struct message {
    int64_t at_ns;    /* of the last time */
    char *connection; /* name; NULL: it is about none */
    char *text;       /* raw */
    enum message_kind kind;
    unsigned times; /* that it was said in a row */
};

/* Start with {0}. */
struct messages {
    struct message kept[MESSAGES_KEEP];
    size_t first, count; /* the oldest one's place */
    size_t gone;
    int scroll; /* lines from the end; 0 follows */
};

/* Copies. The same again in a row is counted, not kept twice. */
void messages_add(struct messages *m, int64_t at_ns, enum message_kind kind, const char *connection,
                  const char *text);
const struct message *messages_at(const struct messages *m, size_t i); /* 0: the oldest; i < count */
void messages_free(struct messages *m);

#endif
