/* tests/repo/support.h: a repo, and upstreams that somebody else works on with git(1), in a temporary
 * directory. */
#ifndef TESTS_REPO_SUPPORT_H
#define TESTS_REPO_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "repo/repo.h"

struct fixture {
    char directory[64]; /* holds root/ (upstreams), clone/ (of somebody else) and git/ (ours) */
    char url[128];      /* file://…/root/up.git */
    struct repo *repo;
};

int fixture_open(void **state); /* with an empty bare upstream root/up.git */
int fixture_close(void **state);
void fixture_reopen(struct fixture *f);

/* Runs a shell script in the directory; fails the test where it fails. Returns what it printed, until the
 * next call. */
const char *sh(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* repo_create_project with stages qa and production, and this shipyard text. */
enum status create(struct fixture *f, const char *project, const char *url, struct error *err);
#define SHIPYARD_TEXT "apiVersion: spec.keptn.sh/0.2.2\n"

#define CHECK_OK(call)                                                                                       \
    do {                                                                                                     \
        if ((call) != STATUS_OK)                                                                             \
            fail_msg("%s: %s", #call, err.text);                                                             \
    } while (0)

/* What a level's file says, NULL: not found; until the next call. */
const char *read_text(struct fixture *f, const char *stage, const char *service, const char *path,
                      const char *at);
enum status write_text(struct fixture *f, const char *stage, const char *service, const char *path,
                       const char *text, char commit[REPO_COMMIT_SIZE], struct error *err);
/* All paths of a level, each with a blank after it. */
const char *list_text(struct fixture *f, const char *stage, const char *service);

#endif
