/* What opens an upstream, in memory. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/internal.h"

static char *copy(const char *text)
{
    return text != NULL && text[0] != '\0' ? mem_string(text) : NULL;
}

struct upstream *upstream_new(const struct repo_upstream *given)
{
    struct upstream *u = MEM_NEW(struct upstream);
    if (given == NULL) {
        u->url = mem_string("");
        return u;
    }
    *u = (struct upstream){.url = mem_string(given->url != NULL ? given->url : ""),
                           .user = copy(given->user),
                           .token = copy(given->token),
                           .certificate = copy(given->certificate),
                           .proxy_scheme = copy(given->proxy_scheme),
                           .proxy_address = copy(given->proxy_address),
                           .proxy_user = copy(given->proxy_user),
                           .proxy_password = copy(given->proxy_password),
                           .private_key = copy(given->private_key),
                           .private_key_pass = copy(given->private_key_pass),
                           .locked = copy(given->locked),
                           .insecure_skip_tls = given->insecure_skip_tls};
    return u;
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void upstream_free(struct upstream *u)
{
    if (u == NULL)
        return;
    wipe(u->token);
    wipe(u->proxy_password);
    wipe(u->private_key);
    wipe(u->private_key_pass);
    free(u->url);
    free(u->user);
    free(u->certificate);
    free(u->proxy_scheme);
    free(u->proxy_address);
    free(u->proxy_user);
    free(u->locked);
    free(u);
}
