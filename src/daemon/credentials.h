/* daemon/credentials.h: gitCredentials of a project, from the request to the box in the store and back.
 * Source: keptn-api.md, section 3, "Project". */
#ifndef DAEMON_CREDENTIALS_H
#define DAEMON_CREDENTIALS_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "daemon/box.h"
#include "repo/repo.h"

struct credentials {
    struct repo_upstream upstream; /* its texts are owned by this struct */
    char *shown;                   /* what is answered: no token, certificate, password, key; JSON */
    cJSON *given;                  /* as it came */
    char *certificate, *private_key;
};

/* Reads gitCredentials, whose form the api has checked. *out NULL: none are given (absent, null, or without
 * remoteURL). STATUS_INVALID with what is wrong. */
MUST_CHECK enum status credentials_read(const cJSON *git, struct credentials **out, struct error *err);
void credentials_free(struct credentials *c); /* wipes; NULL is taken */

/* Encrypted for a project, for the store. The caller's. */
char *credentials_seal(const struct credentials *c, const char *project, const struct key *key);
/* What the store has: `shown`, and box (NULL: nothing secret was ever given). Where the box cannot be opened
 * (key NULL, or another key), the upstream is locked: `locked` says what to do, and the project stays
 * readable. NULL: own repository only. The caller's. */
struct credentials *credentials_open(const char *project, const cJSON *shown, const char *box,
                                     const struct key *key);

#endif
