/* tests/store/support.h: a store in a temporary directory, and events to put into it. */
#ifndef TESTS_STORE_SUPPORT_H
#define TESTS_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "store/store.h"

struct fixture {
    char directory[64];
    struct store *store;
};

int fixture_open(void **state);  /* loop NULL: each commit is durable when it returns */
int fixture_close(void **state); /* removes the directory */
void fixture_reopen(struct fixture *f);
void remove_tree(const char *directory);

/* NULL fields are left out. */
struct sample {
    const char *id, *type, *context, *triggeredid, *source, *project, *stage, *service, *result, *image;
    int64_t time_ns;
    int pending;
};
/* Adds the event with the next number, which it returns. */
uint64_t add_event(struct store *s, struct store_batch *b, const struct sample *e);
/* Commits; asserts that it went well. */
void commit_ok(struct store_batch *b);
/* One event in a batch of its own. */
uint64_t put_event(struct store *s, const struct sample *e);

/* What came to a callback, as text: numbers "1 2 3 " or other words. */
struct seen {
    char text[4096];
    size_t stop_after; /* 0: never */
    size_t count;
};
bool see_number(void *arg, const struct store_event *e);
bool see_text(void *arg, const char *project, const char *context, const char *text);

#endif
