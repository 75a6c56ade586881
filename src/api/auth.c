/* api/auth.c: tokens, roles, and how often an address may guess. A token is looked up by its hash, so that
 * the time of a look-up tells nothing about the tokens that there are. */
#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define FAILURES_A_SECOND 1.0 /* source: keptn-api.md, section 2 */
#define FAILURES_BURST    2.0
#define TOKEN_MAX         512 /* bytes */

static const char *const role_names[] = {[API_ROLE_VIEWER] = "viewer",
                                         [API_ROLE_APPROVER] = "approver",
                                         [API_ROLE_INTEGRATION] = "integration",
                                         [API_ROLE_OPERATOR] = "operator",
                                         [API_ROLE_ADMIN] = "admin"};

bool api_role_parse(const char *text, enum api_role *role)
{
    for (size_t i = 0; text != NULL && i < sizeof role_names / sizeof *role_names; i++)
        if (strcmp(text, role_names[i]) == 0) {
            *role = (enum api_role)i;
            return true;
        }
    return false;
}

const char *api_role_name(enum api_role role)
{
    return role_names[role];
}

void api_token_hash(const char *token, char out[65])
{
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)token, strlen(token), NULL, 0);
    sodium_bin2hex(out, 65, hash, sizeof hash);
}

struct api_token *api_token_hold(struct api_token *t)
{
    t->refs++;
    return t;
}

void api_token_release(struct api_token *t)
{
    if (t == NULL || --t->refs > 0)
        return;
    for (size_t i = 0; i < t->project_count; i++)
        free(t->projects[i]);
    free(t->projects);
    free(t->name);
    free(t);
}

static void release(void *token)
{
    api_token_release(token);
}

static struct api_token *token_new(const struct store_token *from, enum api_role role)
{
    struct api_token *t = MEM_NEW(struct api_token);
    t->refs = 1;
    t->name = mem_string(from->name);
    memcpy(t->hash, from->hash, 64);
    t->role = role;
    t->expires_ns = from->expires_ns;
    t->all_projects = from->projects == NULL || cJSON_IsNull(from->projects);
    int count = t->all_projects ? 0 : cJSON_GetArraySize(from->projects);
    t->projects = mem_alloc(sizeof *t->projects * (size_t)(count + 1));
    const cJSON *project = NULL;
    if (!t->all_projects)
        cJSON_ArrayForEach(project, from->projects)
        {
            if (cJSON_IsString(project))
                t->projects[t->project_count++] = mem_string(project->valuestring);
        }
    return t;
}

static bool add_token(void *arg, const struct store_token *token)
{
    struct map *map = arg;
    enum api_role role = API_ROLE_VIEWER;
    if (!api_role_parse(token->role, &role) || token->hash == NULL || strlen(token->hash) != 64) {
        log_write(LOG_ERROR,
                  "the token \"%s\" has no role that is known (\"%s\"): it is refused; revoke it and make a "
                  "new one",
                  token->name, token->role != NULL ? token->role : "");
        return true;
    }
    struct api_token *t = token_new(token, role);
    api_token_release(map_put(map, t->hash, t));
    return true;
}

enum status api_auth_load(struct api *a, struct error *err)
{
    struct map map = {0};
    enum status status = store_tokens(a->store, add_token, &map, err);
    if (status != STATUS_OK) {
        map_free(&map, release);
        return status;
    }
    map_free(&a->auth.by_hash, release);
    a->auth.by_hash = map;
    return STATUS_OK;
}

void api_auth_free(struct api_auth *auth)
{
    map_free(&auth->by_hash, release);
    auth->by_hash = (struct map){0};
}

struct api_token *api_auth_find_hash(struct api *a, const char *hash)
{
    struct api_token *t = map_get(&a->auth.by_hash, hash);
    if (t == NULL || (t->expires_ns != 0 && t->expires_ns <= clock_now_ns()))
        return NULL;
    return t;
}

struct api_token *api_auth_find(struct api *a, const char *raw_token)
{
    char hash[65];
    if (raw_token[0] == '\0' || strlen(raw_token) > TOKEN_MAX)
        return NULL;
    api_token_hash(raw_token, hash);
    return api_auth_find_hash(a, hash);
}

/* An IPv4 address, or the first half of an IPv6 one, which one host chooses the rest of. */
static void address_key(const struct sockaddr *address, unsigned char key[16])
{
    memset(key, 0, 16);
    if (address != NULL && address->sa_family == AF_INET) {
        memcpy(key, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        key[15] = 4;
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        memcpy(key, six, IN6_IS_ADDR_V4MAPPED(six) ? 16 : 8);
    }
}

/* The entry of an address; the one not seen for the longest time makes room. */
static struct api_address *address_find(struct api_auth *auth, const unsigned char key[16])
{
    struct api_address *oldest = &auth->addresses[0];
    for (size_t i = 0; i < API_ADDRESSES; i++) {
        struct api_address *at = &auth->addresses[i];
        if (at->seen_ns != 0 && memcmp(at->key, key, 16) == 0)
            return at;
        if (at->seen_ns < oldest->seen_ns)
            oldest = at;
    }
    memcpy(oldest->key, key, 16);
    oldest->seen_ns = 0;
    return oldest;
}

bool api_auth_failed(struct api *a, const struct sockaddr *address)
{
    unsigned char key[16];
    address_key(address, key);
    struct api_address *at = address_find(&a->auth, key);
    int64_t now = clock_monotonic_ns();
    if (at->seen_ns == 0)
        at->tokens = FAILURES_BURST;
    else
        at->tokens += FAILURES_A_SECOND * (double)(now - at->seen_ns) / (double)CLOCK_S;
    if (at->tokens > FAILURES_BURST)
        at->tokens = FAILURES_BURST;
    at->seen_ns = now;
    if (at->tokens < 1)
        return true;
    at->tokens -= 1;
    return false;
}

bool api_token_sees(const struct api_token *t, const char *project)
{
    if (t->all_projects)
        return true;
    if (project == NULL || project[0] == '\0')
        return false;
    for (size_t i = 0; i < t->project_count; i++)
        if (strcmp(t->projects[i], project) == 0)
            return true;
    return false;
}
